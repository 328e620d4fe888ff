#!/usr/bin/perl

# Limits of an adapter: what was not asked is not counted, and no span of
# time has more questions than the carrier allows, however many fetchers.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;

use JSON::PP ();
use Time::HiRes qw(sleep time);
use Wismo::Process qw(spawn end slurp spew);

my $t = Wismo::Test->new(sim => { start => '-3d', scale => 0 }, start => 0,
    http => <<'EOT');
    wismo_carrier ups {
        adapter %%DIR%%/share/carriers/ups.json;
        client_id ups-client;
        secret_file %%DIR%%/ups.secret;
        base_url %%SIM%%;
    }
EOT
my ($redis, $sim, $dir) = ($t->redis, $t->sim, $t->dir);
my $ups = slurp("$dir/share/carriers/ups.json");

sub limits {
    my ($limits) = @_;

    spew("$dir/share/carriers/ups.json",
         $ups =~ s/"ask"\s*:/"limits": $limits, "ask":/r);
}

sub fetcher {
    my ($name) = @_;

    my $conf = JSON::PP::decode_json(slurp("$dir/state/wismo.json"));
    $conf->{state} = "$dir/state-$name";
    spew("$dir/$name.json", JSON::PP::encode_json($conf));

    return spawn("$dir/$name.log", {}, "$dir/bin/wismo", 'fetch', '--config',
                 "$dir/$name.json");
}

sub put {
    my ($n) = @_;
    my $number = sprintf '1ZW15M0905%08d', $n;

    $sim->load(script => 'ups-delivered', number => $number, age => '21h');
    $t->put_order("Q$n", { shipments => [ { carrier => 'ups',
        tracking_number => $number } ] });
}

sub used { ($redis->call('HGET', 'wq:ups', 'used:86400') // '') =~ s/.*://r }


# A day's budget: 16 questions may be under way at once, but one was asked

limits('[{"n": 1000, "per": "day"}]');
$t->start;

my $one = fetcher('a');

put($_) for 1 .. 3;
ok($t->wait_order("Q$_", sub { $_->{status} eq 'in_transit' }), "Q$_ is told")
    for 1 .. 3;
is(used(), 3, 'each question counts once, and nothing else does');

sleep 1.5;
is(used(), 3, 'nothing is used up by waiting');
ok(end($one, 'TERM', 5), 'ends');


# A limit for a short time, and two fetchers

limits('[{"n": 8, "per": 2}]');

my @both = map { fetcher($_) } 'b', 'c';

put($_) for 11 .. 40;

my (@at, $seen);
my $began = time();
$sim->forget;

while (time() - $began < 9 && @at < 60) {
    my $n = $sim->count('ups');

    push @at, (time()) x ($n - ($seen // $n));
    $seen = $n;
    sleep 0.02;
}

# we see them a little late: that must not make two spans one

my $most = 0;

for my $from (@at) {
    my $n = grep { $_ >= $from && $_ < $from + 1.7 } @at;
    $most = $n if $n > $most;
}

cmp_ok($most, '<=', 8, 'no two seconds have more than eight questions');
cmp_ok(scalar @at, '>=', 15, 'and little is left unused: ' . @at);

ok(end($_, 'TERM', 5), 'ends') for @both;

done_testing;
