#!/usr/bin/perl

# GET /wismo/api/v1/estimate: what a product page says before anybody has
# bought.  The finest lane that is known answers; a question that cannot be
# understood is told why; what is in Redis is not trusted.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;

use POSIX qw(strftime);
use Wismo::History;

my $t = Wismo::Test->new(carriers => ['ups']);
my $redis = $t->redis;
my $day = 86400;

# Seconds east of UTC, by the system's tables

sub east {
    my ($zone) = @_;
    my ($sign, $h, $m) = `TZ=$zone date +%z` =~ /^([-+])(\d\d)(\d\d)/;

    return "${sign}1" * ($h * 3600 + $m * 60);
}

sub estimate { $t->api('GET', '/estimate?' . join '&', @_) }

sub days {
    my $json = estimate(@_)->json;
    return $json->{days} ? join ' ', @{ $json->{days} }{qw(from middle to)}
                         : $json->{detail};
}

# A district that somebody has been sent something to

my @rows = history(n => 2500, per_day => 10, start => time - 260 * $day);
my ($to) = map { substr $_->{destination}, 0, 9 }
           grep { $_->{destination} =~ /^DE-BE/ && $_->{carrier} eq 'dhl'
                  && $_->{origin} eq 'DE-HE-60311' } @rows;

my @berlin = ('origin=DE-HE-60311', "destination=${to}15", 'carrier=dhl',
              'service=standard');


# Nothing is known

my $r = estimate(@berlin);
is($r->status, 404, 'nothing is known');
like($r->header('content-type'), qr/problem\+json/, 'a problem document');


# Trained

write_history($t->dir . '/history.csv', @rows);
is(($t->wismo('edd', 'train', '-q', $t->dir . '/history.csv'))[0], 0,
   'trained');

$r = estimate(@berlin);
is($r->status, 200, 'an estimate');
like($r->header('content-type'), qr{^application/json}, 'JSON');

my $json = $r->json;

is($json->{coverage}, 80, 'what it holds');
is($json->{source}, 'predicted', 'where it is from');
is("@{ $json->{lane} }{qw(carrier service origin)}",
   'dhl standard DE-HE-60311', 'of that lane');
cmp_ok($json->{days}{from}, '<=', $json->{days}{middle}, 'the range');
cmp_ok($json->{days}{middle}, '<=', $json->{days}{to}, 'has a middle');

my $today = strftime('%Y-%m-%d', gmtime);
cmp_ok($json->{from}, 'ge', $today, 'not before today');

$json = estimate(@berlin, 'at=2026-12-28T09:00:00%2B01:00')->json;
is($json->{from}, strftime('%Y-%m-%d', gmtime(1798416000
                                              + $day * $json->{days}{from})),
   'days after the day that is asked for, over the year');


# Now is where the warehouse is, as far as that is known

sub clock {
    my ($hours, @of) = @_;
    my $at = estimate(@of, 'destination=DE-BE-10115')->json->{at} // '';
    my %near = map { strftime('%Y-%m-%dT%H:%M', gmtime(time + $_ + 3600
                                                       * $hours)) => 1 }
               -60, 0;

    ok($near{ substr $at, 0, 16 }, "@of: now is $hours h from UTC") or diag($at);
}

my $berlin = east('Europe/Berlin') / 3600;

clock($berlin, 'origin=DE-HE-60311');
clock($berlin, 'origin=DE-BY-80331');
clock(0);
clock(0, 'origin=JP-13-1000001');

is(estimate(@berlin, 'at=2026-12-28T09:00')->json->{at},
   '2026-12-28T09:00:00', 'unless it is said');

# What is stored of a clock is not trusted, either

for (['540 0 540', 9], ['0 99999999999 0', 0], ['-300 9999999999 0', -5],
     ['0 9999999999 0x', 0], ['90000 0 90000', 0], ['', 0], ['x' x 100, 0],
     ['60', 0])
{
    $redis->call('HSET', 'we:lanes', '=z|AQ', $_->[0]);
    clock($_->[1], 'origin=AQ-X-1');
}


# As the model says it

$json = JSON::PP->new->utf8->decode(($t->wismo('edd', 'show', '--json',
    'DE-HE-60311', $to, '--carrier', 'dhl', '--service',
    'standard'))[1]);
is(days(@berlin, "at=$today"),
   join(' ', @{ $json->{purchase} }{qw(from middle to)}),
   'the same as the model predicts');


# Coarser lanes

is(estimate(@berlin[0, 2, 3], 'destination=DE-BE')->json
   ->{lane}{destination}, 'DE-BE', 'a region');
is(estimate(@berlin[0, 2, 3], 'destination=' . lc($to) . '15')->json
   ->{lane}{destination}, $to, 'lower case is the same');
$json = estimate('destination=DE-BE-10115', 'carrier=none',
                 'origin=DE-BY-80331')->json;
is("$json->{lane}{carrier}|$json->{lane}{origin}|$json->{lane}{destination}",
   '|DE-BY-80331|DE-BE', 'a new carrier: those there are');
is(estimate('destination=JP-13-1000001')->json->{lane}{destination}, '',
   'where nobody was: anywhere');
is(estimate('destination=DE')->json->{lane}{destination}, 'DE', 'a country');


# Questions

for my $case (
    ['nothing', '', 400, qr/destination/],
    ['no destination', 'origin=DE', 400, qr/destination/],
    ['an empty one', 'destination=', 400, qr/COUNTRY-REGION-POSTCODE/],
    ['no place', 'destination=Berlin', 400, qr/COUNTRY-REGION-POSTCODE/],
    ['an unknown name', 'destination=DE&colour=red', 400, qr/nothing else/],
    ['twice', 'destination=DE&destination=FR', 400, qr/is there twice/],
    ['no value', 'destination', 400, qr/NAME=VALUE/],
    ['no time', 'destination=DE&at=soon', 400, qr/2026-12-01T16:30:00/],
    ['a quote', 'destination=DE&service=%22', 400, qr/without quotes/],
    ['bytes', 'destination=DE&service=%ff%00', 400, qr/without quotes/],
    ['too long', 'destination=DE&service=' . 'a' x 65, 400, qr/64 bytes/],
) {
    my ($name, $query, $status, $text) = @$case;
    my $r = estimate($query);

    is($r->status, $status, $name);
    like($r->body, $text, "$name: told");
}

is($t->api('PUT', '/estimate?destination=DE', {})->status, 405, 'no PUT');
is($t->get('/wismo/api/v1/estimate?destination=DE')->status, 401, 'no key');
is($t->api('HEAD', '/estimate?destination=DE')->body, '', 'HEAD');


# What is stored

my $field = "dhl/standard|DE-HE-60311|$to";

ok($redis->call('HEXISTS', 'we:lanes', $field), 'the lane has a field');

my $region = days(@berlin[0, 2, 3], 'destination=DE-BE');

for my $bad ('', 'x', '1', '1 1,2,3', '1' . ' 3,2,1' x 7, '1' . ' 1,2,366' x 7,
             '1' . ' 1,2,3' x 7 . ' ', "\0" x 5000, '2' . ' 1,2,3' x 7)
{
    $redis->call('HSET', 'we:lanes', $field, $bad);
    is(days(@berlin), $region, 'a spoilt lane: the next one');
}

$redis->call('HSET', 'we:lanes', $field, '1' . ' 1,2,3' x 7);
is(days(@berlin), '1 2 3', 'a whole one answers');

$redis->call('DEL', 'we:lanes');
$redis->call('SET', 'we:lanes', 'x');
is(estimate(@berlin)->status, 503, 'no table at all');
$redis->call('DEL', 'we:lanes');
is(estimate(@berlin)->status, 404, 'an empty one');

done_testing;
