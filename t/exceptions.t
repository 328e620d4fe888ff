#!/usr/bin/perl

# What time alone brings about: an order that nobody asks a carrier about is
# noticed when its moment comes, a parcel without scans by the poll that finds
# none, each told once, and news clear it.  Thresholds are the shop's to set.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(spew);
use Wismo::Receiver;

use POSIX qw(strftime);

my $shop = Wismo::Receiver->new;
my $json = JSON::PP->new->utf8->canonical;

my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 1, scale => 3600,
    exceptions => '%%DIR%%/exceptions.json',
    start => 0, sim => { start => '-20d', scale => 0 }, http => <<"EOT");
    wismo_notify shop {
        type webhook;
        url ${\ $shop->url}hooks;
        secret_file %%DIR%%/shop.hook;
        private on;
    }
EOT

$t->secret('shop.hook', 'a-secret-of-the-shop-that-is-long');

spew($t->dir . '/exceptions.json', <<'EOT');
{
    "thresholds": [
        { "not_dispatched": "2d", "expired": "300d" },
        { "carrier": "ups", "stalled": "1d" },
        { "brand": "slow", "not_dispatched": "100d" }
    ]
}
EOT

$t->start;

my $day = 86400;

sub stamp { strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_[0]) }

sub ledger {
    my ($order) = @_;

    my ($key) = grep { /:\Q$order\E$/ } @{ $t->redis->call('KEYS', 'wn:*') };

    return $key ? +{ @{ $t->redis->call('HGETALL', $key) } } : {};
}

sub told {
    my ($order, $type) = @_;

    return grep {
        my $body = $json->decode($_->{body});
        $body->{type} eq $type && $body->{data}{order} eq $order
    } @{ $shop->got };
}


# An order that nobody ever polls: its moment comes all the same

my $until = time + 4;

$t->put_order('C1', { placed_at => stamp(time - 60),
                      promised => { until => stamp($until) } });

my $order = $t->wait_order('C1', sub { $_->{version} }, 10);

is("$order->{status}.$order->{substatus}", 'ordered.confirmed',
   'in time nothing is wrong');
is($order->{raised}, undef, 'and nothing is raised');

$order = $t->wait_order('C1', sub { $_->{status} eq 'delayed' }, 90);

is($order->{substatus}, 'past_promise', 'then it is past its promise');
is($order->{severity}, 'amber', 'how bad');
is($order->{act}, 'merchant', 'whose matter');
is($order->{raised}{since}, stamp($until), 'since when');
is($order->{version}, 2, 'one version later');

ok(wait_until(sub { told('C1', 'order.past_promise') }, 15), 'it is told');

my $page = $t->get('/track/C1')->body;

like($page, qr/Later than promised/, 'the page says so');
like($page, qr/We are on it/, 'and who acts');

my ($status, $out) = $t->wismo('order', 'show', 'C1');
like($out, qr/^status     delayed\.past_promise\n  since    \S+Z\n/m,
     'so does the program');
like($out, qr/^  severity amber\n  act      merchant\n/m, 'and whose it is');


# What was too late before we heard of it is shown, and is no news

$t->put_order('C2', { placed_at => stamp(time - 20 * $day) });
$order = $t->wait_order('C2', sub { $_->{version} }, 10);
is("$order->{status}.$order->{substatus}", 'ordered.held_up',
   'not dispatched for long');
cmp_ok($order->{raised}{since}, 'lt', stamp(time - 10 * $day), 'long ago');

$t->put_order('C3', { placed_at => stamp(time - 20 * $day),
                      brand => 'slow' });
$order = $t->wait_order('C3', sub { $_->{version} }, 10);
is($order->{substatus}, 'confirmed', 'another brand has more patience');


# A parcel: the poll that finds nothing new since yesterday raises, news clear

my $number = '1ZW15M090345000001';

$t->sim->load(script => 'ups-delivered', number => $number, age => '30h');
$t->put_order('C4', { placed_at => stamp(time - 24 * $day),
    shipments => [ { carrier => 'ups', tracking_number => $number } ] });

$order = $t->wait_order('C4', sub { $_->{status} eq 'delayed' }, 30);
is($order->{substatus}, 'stalled', 'no scan for longer than usual');
is($order->{act}, 'carrier', "the carrier's matter");
like($order->{parcels}[0]{raised}{reported}, qr/^(?:in_transit|picked_up)\./,
     'what the carrier said last is kept');
is($order->{parcels}[0]{raised}{level}, 1, 'level');

my $since = $order->{raised}{since};
my $version = $order->{version};
my $checked = $order->{checked_at};

$order = $t->wait_order('C4', sub { $_->{checked_at} gt $checked }, 60);
is($order->{version}, $version, 'polls without news change nothing');
is($order->{raised}{since}, $since, 'nor since when');

$t->sim->clock(advance => '60h');

$order = $t->wait_order('C4', sub { $_->{status} eq 'delivered' }, 60);
is($order->{raised}, undef, 'delivered: nothing is raised any more');
is($order->{parcels}[0]{raised}, undef, 'nor of the parcel');


# A stalled one that was told stays told: an order put again is no news

$t->put_order('C1', { placed_at => stamp(time - 60),
                      promised => { until => stamp($until) } });
$t->put_order('C5', { placed_at => stamp(time - 60) });
$t->wait_order('C5', sub { $_->{version} }, 10);

is($t->order('C1')->{version} > 3, '', 'put again, it is the same');
is(scalar(told('C1', 'order.past_promise')), 1, 'and told once');
is(scalar(told('C2', 'order.held_up')), 0, 'the past is not told');


# An import finds what is late, too, and the next thing that is due

spew($t->dir . '/o.ndjson', $json->encode({
    number => 'C6', placed_at => stamp(time - 30 * $day),
    promised => { until => stamp(time + 3600) },
    shipments => [ { id => 'a', carrier => 'ups',
        tracking_number => '1ZW15M090345000002',
        events => [ { time => stamp(time - 20 * $day),
                      status => 'in_transit' } ] } ] }) . "\n");

my $err;
($status, $out, $err) = $t->wismo('import', '--quiet', $t->dir . '/o.ndjson');
is($status, 0, 'an import') or diag($err);
is($t->order('C6')->{substatus}, 'stalled', 'is looked at by the clock');

my @due = grep { /!clock$/ } @{ $t->redis->call('KEYS', 'wd:*') };
my %due = map { @{ $t->redis->call('ZRANGE', $_, 0, -1, 'WITHSCORES') } } @due;

cmp_ok(abs($due{'C6#'} / 1000 - time - 3600), '<', 120,
       'and is due when its promise is over');
is($due{'C4#'}, undef, 'what is delivered is not due any more');

my ($before) = map { $_->{version} } $t->order('C6');
($status) = $t->wismo('import', '--quiet', $t->dir . '/o.ndjson');
is($t->order('C6')->{version}, $before, 'imported again, it is the same');


# What is erased is not due for long, and does not come back

$t->redis->call('ZADD', $_, 1, 'C6#')
    for grep { $t->redis->call('ZSCORE', $_, 'C6#') } @due;
is($t->api('DELETE', '/orders/C6')->status, 202, 'erased');
ok(wait_until(sub { !$t->order('C6') }, 15), 'it is gone');

my ($bucket) = map { /\{(\d+)\}/ }
    grep { $t->redis->call('ZSCORE', $_, 'C6#') } @due;

$t->redis->call('PUBLISH', 'w:due', "$bucket !clock 1") if defined $bucket;
ok(wait_until(sub {
    !grep { $t->redis->call('ZSCORE', $_, 'C6#') } @due
}, 90), 'its date goes');
is($t->order('C6'), undef, 'and it stays away');

$shop->stop;

done_testing;
