#!/usr/bin/perl

# A shop's file that led past something: after it was mended, what the shop
# said last of an order is read again, and tracking numbers that nobody had
# seen are there and asked about.  What is kept for that is sealed, shown to
# whom it is about, and gone with the order.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(slurp spew);
use Wismo::Shop;

my $secret = 'whsec_d2lzbW8tdGVzdC1vbmx5LXNlY3JldC0wMDE=';

my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 1, start => 0,
    scale => 3600, patient => 1, sim => { start => '-1h', scale => 0 },
    server => <<'EOT');
        location = /wismo/hooks/woo {
            wismo_hook woo shop=%%DIR%%/woo.json;
            wismo_hook_secret_file %%DIR%%/shop.hook;
        }
        location = /wismo/hooks/mine {
            wismo_hook mine shop=%%DIR%%/mine.json prefix=M-;
            wismo_hook_secret_file %%DIR%%/shop.hook;
        }
        location = /wismo/hooks/none {
            wismo_hook none shop=%%DIR%%/mine.json prefix=N- keep=off;
            wismo_hook_secret_file %%DIR%%/shop.hook;
        }
EOT

my $dir = $t->dir;
my $json = JSON::PP->new->utf8->canonical;

$t->secret('shop.hook', $secret);


# The shops' files: one looks for its plugin's meta data where another has
# them, one does not know where the numbers and the telephone are

sub shop_file {
    my ($name, $from, $code) = @_;
    my $file = $json->decode(slurp("$dir/share/shops/$from.json"));

    $file->{shop} = $name;
    $code->($file);
    spew("$dir/$name.json", $json->encode($file));
}

my $found = 0;
my $files = sub {
    shop_file(woo => 'woocommerce', sub {
        my $plugin = $found ? '_my_parcels' : '_wc_shipment_tracking_items';
        $_[0]{order}{shipments}{each} = "meta_data[key=$plugin]/value/*";
    });
    shop_file(mine => 'standard', sub {
        return if $found;
        $_[0]{order}{shipments}{tracking_number} = 'awb';
        $_[0]{order}{customer}{phone} = 'data/customer/call';
    });
};

$files->();
$t->start;

my %shop = map {
    $_ => Wismo::Shop->new($t, hook => "/wismo/hooks/$_", secret => $secret,
        scheme => $_ eq 'woo' ? 'woocommerce' : 'standard')
} qw(woo mine none);

my $ups = '1ZW15M090345000042';

$t->sim->load(script => 'ups-delivered', number => $ups, age => '200h');

sub woo {
    my ($modified, %more) = @_;

    $shop{woo}->send('order.updated', {
        id => 727, number => '727', status => 'completed', currency => 'EUR',
        date_created_gmt => '2026-11-20T09:05:00',
        date_modified_gmt => $modified,
        billing => { first_name => 'John', last_name => 'Doe',
                     email => 'john.doe@example.com', country => 'DE' },
        meta_data => [ { key => '_my_parcels', value => [ {
            tracking_provider => 'UPS', tracking_number => $ups,
            date_shipped => '2026-11-21' } ] },
            { key => '_secret_note', value => 'ring-twice' } ],
        line_items => [ { id => 1, name => 'Mug', quantity => 1 } ], %more });
}

sub standard {
    my ($name, $at, %more) = @_;

    $shop{$name}->send('', { type => 'order.updated', timestamp => $at,
        data => { id => 'o-1', number => '1', updated_at => $at,
            customer => { email => 'ann@example.com',
                          phone => '+4915112345678' },
            shipments => [ { id => 's-1', updated_at => $at,
                carrier => 'Bote', tracking_number => 'B4711' } ], %more } });
}

woo('2026-11-20T09:05:00', line_items => []);
woo('2026-11-22T10:00:00');
standard($_, '2026-11-22T10:00:00Z') for qw(mine none);

for my $number ('727', 'M-1', 'N-1') {
    my $o = $t->wait_order($number,
        sub { $number ne '727' || @{ $_->{items} || [] } });
    is(scalar(grep { defined $_->{tracking_number} } @{ $o->{parcels} }), 0,
       "$number: no parcel that could be followed");
}

ok(wait_until(sub { !grep { $_ } map { $t->redis->call('XLEN', "wi:{$_}") }
                    0 .. 15 }, 30), 'all is applied');


# What is kept is nothing that Redis could read

my ($kept) = grep { /:727$/ } @{ $t->redis->call('KEYS', 'wp:*') };
my $sealed = $t->redis->call('GET', $kept);

unlike($sealed, qr/ring-twice|john|Mug|tracking/i, 'what is kept is sealed');
my ($exit, $out) = $t->wismo('customer', 'export', '--json',
                             'john.doe@example.com');
is($json->decode($out)->{orders}[0]{sent}{shop}{last}{body}{meta_data}[1]
   {value}, 'ring-twice', 'it is handed out with all else');


# Mended

$found = 1;
$files->();
$t->nginx->reload;

sub replay {
    my ($exit, $out, $err) = $t->wismo('replay', '--since', '1h', '--json',
                                       '--quiet', '--orders', @_);

    diag($err) if $exit;

    return ($exit, eval { $json->decode($out) } || {});
}

my %before = map { $_ => $t->order($_)->{version} } qw(727 M-1 N-1);
my ($rc, $r) = replay('--dry-run');

is("$rc $r->{orders}{changed}", '0 2', 'dry run: two would be different');
is($t->order('727')->{version}, $before{727}, 'dry run: nothing is');

($rc, $r) = replay('--shop', 'none');
is("$rc $r->{orders}{changed}", '0 0', 'where nothing was kept, nothing is');

($rc, $r) = replay();
is("$rc $r->{orders}{changed}", '0 2', 'replayed');

my $o = $t->wait_order('727', sub { $_->{status} eq 'delivered' }, 40);

is($o->{parcels}[0]{tracking_number}, $ups, 'the parcel is there')
    or diag($json->encode($t->order('727')));
is($o->{parcels}[0]{carrier}, 'ups', 'its carrier is known');
is(scalar @{ $o->{items} }, 1, 'what came last holds');

$o = $t->order('M-1');
is($o->{parcels}[0]{tracking_number}, 'B4711',
   'one with a time of its own, too');
is($o->{version}, $before{'M-1'} + 1, 'one version on');
like(($t->wismo('customer', 'export', '--json', '--phone',
                '+4915112345678'))[1],
     qr/"M-1"/, 'and its customer is found by telephone');
is($t->order('N-1')->{version}, $before{'N-1'}, 'the other one is as it was');

($rc, $r) = replay();
is("$rc $r->{orders}{changed}", '0 0', 'again: nothing is left to change');


# What comes now

standard('mine', '2026-11-22T10:00:00Z');
standard('mine', '2026-11-22T09:00:00Z', shipments => []);
standard('mine', '2026-11-22T11:00:00Z', shipments => [ { id => 's-1',
    updated_at => '2026-11-22T11:00:00Z', carrier => 'Bote',
    tracking_number => 'B4712' } ]);
$o = $t->wait_order('M-1', sub {
    ($_->{parcels}[0]{tracking_number} // '') eq 'B4712' });
is($o && $o->{version}, $before{'M-1'} + 2,
   'repeated and late ones change nothing, a newer one does');


# One that is too large is taken, and not kept; nor what was before it

my $noise = join '', map { chr(33 + rand 90) } 1 .. 60_000;

standard('mine', '2026-11-22T12:00:00Z', note => $noise =~ s/["\\]/x/gr,
         items => [ { id => 1, name => 'Mug', quantity => 1 } ]);
ok($t->wait_order('M-1', sub { @{ $_->{items} } }), 'a large one is taken');
($exit, $out) = $t->wismo('customer', 'export', '--json', 'ann@example.com');
is((grep { $_->{order} eq 'M-1' } @{ $json->decode($out)->{orders} })[0]
   {sent}{shop}{last}, undef, 'and not kept');


# It goes with the order

is(($t->wismo('order', 'erase', '727', '--yes'))[0], 0, 'erased');
ok(wait_until(sub { !$t->redis->call('EXISTS', $kept) }, 15),
   'all that was kept is gone');

done_testing;
