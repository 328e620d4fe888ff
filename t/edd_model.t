#!/usr/bin/perl

# What is learnt of delivery times: from history, and from each parcel that
# arrives, once.  An order has our own estimate from the moment it is placed,
# beside the shop's promise and the carrier's estimate, and keeps the first.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;

use JSON::PP ();
use POSIX qw(strftime);
use Wismo::History;
use Wismo::Process qw(spawn end spew slurp);

my $json = JSON::PP->new->utf8->canonical;
my $t = Wismo::Test->new(carriers => ['ups'], sim => { scale => 0 });
my $redis = $t->redis;
my $day = 86400;


sub show { $json->decode(($t->wismo('edd', 'show', '--json', @_))[1]) }

sub stamp { strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_[0]) }

sub event {
    my ($at, $status, %more) = @_;

    return { time => stamp($at), status => $status, %more };
}

sub import_order {
    my ($number, $placed, @events) = @_;

    my $order = {
        number => $number,
        placed_at => stamp($placed),
        ship_from => { country => 'DE', region => 'HE',
                       postal_code => '60311' },
        ship_to => { country => 'DE', region => 'BE', city => 'Berlin',
                     postal_code => '10115', line1 => 'Somewhere 1' },
        promised => { until => substr(stamp($placed + 20 * $day), 0, 10) },
        shipments => @events ? [ {
            id => 'a', carrier => 'ups', tracking_number => '1Z999AA10123456784',
            events => \@events } ] : [],
    };

    spew($t->dir . '/o.ndjson', $json->encode($order) . "\n");

    my ($status, $out, $err) = $t->wismo('import', '--quiet',
                                         $t->dir . '/o.ndjson');
    is($status, 0, "$number is imported") or diag($err);

    return $t->order($number);
}

sub log_length { $redis->call('XLEN', 'we:log') }

sub fetcher {
    return spawn($t->dir . '/fetch.log', {}, $t->dir . '/bin/wismo', 'fetch',
                 '--config', $t->dir . '/state/wismo.json');
}


# Nothing is known

is(show()->{learnt}, 0, 'nothing is learnt');
is(import_order('E0', time)->{own_estimate}, undef, 'so nothing is said');


# History

my @rows = history(n => 2000, per_day => 10, start => time - 230 * $day);

write_history($t->dir . '/history.csv', @rows);

my ($status, $out, $err) = $t->wismo('edd', 'train', '-q', '--json',
                                     $t->dir . '/history.csv');

is($status, 0, 'train: exit status') or diag($err);
is($json->decode($out)->{learnt}, 2000, 'all is learnt');

my $known = show('DE-HE-60311', 'DE-BE-10115', '--carrier', 'ups');

is($known->{learnt}, 2000, 'show: how much');
cmp_ok($known->{purchase}{to}, '>', $known->{purchase}{from}, 'a range');
cmp_ok($known->{purchase}{middle}, '>=', $known->{handover}{middle},
       'handling comes first');
cmp_ok(scalar @{ $known->{handover}{levels} }, '>', 8, 'levels');

($status, $out) = $t->wismo('edd', 'show', 'DE-HE-60311', 'DE-BE-10115');
like($out, qr/^from handover: \d+ to \d+ days, middle \d+\n/m,
     'show: in words');
like($out, qr/^  to region  +\d/m, 'show: a level');

is(($t->wismo('edd', 'show', 'nowhere', 'DE'))[0], 2, 'no place');
is(($t->wismo('edd', 'show', 'DE'))[0], 2, 'one place only');

cmp_ok($redis->call('HLEN', 'we:lanes'), '>', 20, 'a table of lanes');
cmp_ok($redis->call('HSTRLEN', 'we:model', 'bytes'), '<', 2200000,
       'the model is bounded');


# From the moment of purchase

my $placed = time - 3600;
my $order = import_order('E1', $placed);
my $own = $order->{own_estimate};

is($own->{reason}, 'purchase', 'an estimate at purchase');
is($own->{coverage}, 80, 'with what it holds');
like("$own->{from} $own->{to}", qr/^(\d{4}-\d\d-\d\d) (?!\1)\d{4}-\d\d-\d\d$/,
     'a range of days');
is($order->{estimate}, undef, "it is not the carrier's");
like($order->{promised}{until}, qr/^20/, "nor the shop's, which is kept");
is($order->{first_own_estimate}, undef, 'it is the first one');
is($order->{ship_to}, 'DE-BE-101', 'of the postcode no more than a district');
unlike($redis->call('GETRANGE', (grep { /E1$/ } @{
           $redis->call('KEYS', 'wo:*') })[0], 0, -1), qr/10115|Somewhere/,
       'no address in the document');


# On the page

my $page = $t->get('/track/E1')->body;

like($page, qr/Worked out from earlier deliveries/, 'the page says whose it is');
like($page, qr/Estimated delivery|Arriving/, 'and when');
unlike($t->get('/track/E0')->body, qr/Worked out from earlier deliveries/,
       'where nothing is known it does not');


# Handed over, then trouble, then late beyond measure

my $lately = time - 3600;
my $bought = time - 3 * $day;

$order = import_order('E2', $bought,
                      event(time - 2 * $day, 'in_transit'));
is($order->{parcels}[0]{own_estimate}{reason}, 'handover', 'handed over');
is($order->{own_estimate}{to}, $order->{parcels}[0]{own_estimate}{to},
   'the order comes with its last parcel');

my $first = $order->{parcels}[0]{own_estimate};

$order = import_order('E2', $bought,
                      event($lately, 'delayed', substatus => 'weather'));

is_deeply($order->{parcels}[0]{first_own_estimate}
          || $order->{parcels}[0]{own_estimate}, $first,
          'the first one is kept');

my $bytes = $redis->call('GETRANGE', (grep { /E2$/ } @{
                $redis->call('KEYS', 'wo:*') })[0], 0, -1);
import_order('E2', $bought,
             event($lately, 'delayed', substatus => 'weather'));
is($redis->call('GETRANGE', (grep { /E2$/ } @{
       $redis->call('KEYS', 'wo:*') })[0], 0, -1), $bytes,
   'no news: not another byte');

$order = import_order('E3', time - 300 * $day,
                      event(time - 290 * $day, 'in_transit'));
is($order->{parcels}[0]{own_estimate}, undef,
   'what should have come long ago has no date');


# Delivered: learnt once

my $before = log_length();

$order = import_order('E2', time - 3 * $day, event(time, 'delivered'));

is($order->{own_estimate}, undef, 'delivered: nothing is expected');
is(log_length(), $before + 1, 'a delivery to learn');
import_order('E2', time - 3 * $day, event(time, 'delivered'));
is(log_length(), $before + 1, 'not twice');

my $entry = $redis->call('XREVRANGE', 'we:log', '+', '-', 'COUNT', 1)->[0][1][1];
my @part = split /\t/, $entry, -1;

is(scalar @part, 12, 'entry: twelve parts');
is("@part[0, 2, 3]", 'ups DE-HE-60311 DE-BE-101', 'entry: the lane');
like("@part[10, 11]", qr/^\d+ \d+$/, 'entry: what had been stated');

my $pid = fetcher();

ok(scalar(wait_until { show()->{learnt} == 2001 } 30, 'learnt'),
   'the fetcher learns it');
is($redis->call('HGET', 'we:model', 'version'), 2, 'and writes it once');


# Rubbish in the log is passed over, and holds up nothing

for my $bad ('', 'x', "\0" x 300, join("\t", ('a') x 12), "\t" x 11,
             "ups\t\tDE-HE-1\tDE\t\t\t99999999999999\t\t\t\t\t")
{
    $redis->call('XADD', 'we:log', '*', 'd', $bad);
}

$redis->call('XADD', 'we:log', '*', 'd', $entry);

ok(scalar(wait_until { show()->{learnt} == 2002 } 40, 'learnt'),
   'what is behind it is learnt');


# A model nobody can read is none; training makes another

$redis->call('HSET', 'we:model', 'bytes', 'x' x 5000);
$redis->call('HINCRBY', 'we:model', 'version', 1);

($status, $out, $err) = $t->wismo('edd', 'show', '--json');
is($status, 0, 'a spoilt model: exit status');
is($json->decode($out)->{learnt}, 0, 'is as good as none');
like($err, qr/is no model of delivery times.*wismo edd train/s, 'told');
is(import_order('E4', time)->{own_estimate}, undef, 'orders go on without');

($status, $out) = $t->wismo('edd', 'train', '-q', $t->dir . '/history.csv');
is($status, 0, 'trained again');
like($out, qr/^200[12] deliveries learnt, [12] of them remembered by Redis/,
     'with what Redis remembers');
is(import_order('E5', time)->{own_estimate}{reason}, 'purchase',
   'estimates are back');

($status, $out) = $t->wismo('edd', 'train', '-q');
is($status, 0, 'without a file');
like($out, qr/^[12] deliveries learnt/, 'Redis alone');

end($pid, 'TERM');

done_testing;
