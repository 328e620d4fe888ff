#!/usr/bin/perl

# What is asked for is what the address says: with dots in a base address,
# which are resolved, and for accounts with other addresses, asked in turn
# over the same handles.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;

my $t = Wismo::Test->new(sim => { start => '-3d', scale => 0 }, start => 0,
    fetcher => 1, scale => 7200, http => <<'EOT');
    wismo_carrier plain {
        adapter ups; client_id ups-client; secret_file %%DIR%%/ups.secret;
        base_url %%SIM%%;
    }
    wismo_carrier dots {
        adapter ups; client_id ups-client; secret_file %%DIR%%/ups.secret;
        base_url %%SIM%%/a/b/.././../;
    }
    wismo_carrier elsewhere {
        adapter ups; client_id ups-client; secret_file %%DIR%%/ups.secret;
        base_url %%SIM%%/elsewhere;
    }
EOT

my @of = qw(plain dots);
my %number;

for my $n (0 .. 5) {
    $number{$n} = sprintf '1ZW15M0905%08d', $n;
    $t->sim->load(script => 'ups-delivered', number => $number{$n},
                  age => '21h');
}

$t->start;

for my $n (0 .. 5) {
    $t->put_order("T$n", { shipments => [ { carrier => $of[$n % 2],
        tracking_number => $number{$n} } ] });
}

$t->put_order('T9', { shipments => [ { carrier => 'elsewhere',
    tracking_number => '1ZW15M090500000009' } ] });

for my $n (0 .. 5) {
    my $order = $t->wait_order("T$n", sub { $_->{status} eq 'in_transit' });

    ok($order, "$of[$n % 2]: the carrier was asked as it wants to be");
}

my $first = $t->order('T0')->{checked_at};

ok($t->wait_order('T0', sub { $_->{checked_at} gt $first }),
   'and once more');
is($t->order('T9')->{checked_at}, undef,
   'another address is another: nobody answers there');

done_testing;
