#!/usr/bin/perl

# Calendars of warehouses, carriers and destinations: what is in a file, what
# is wrong with it, and what becomes of it: days that don't count, a promised
# day that ends where the recipient lives, a cut-off.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(spew);

use POSIX qw(strftime);

my $json = JSON::PP->new->utf8->canonical;
my $day = 86400;

my $t = Wismo::Test->new(carriers => ['ups'], exceptions => 'on', start => 0,
                         fetcher => 1, http => <<'EOT');
    wismo_calendar warehouse * %%DIR%%/shop.ics zone=Europe/Berlin
                   days=mon-sun cutoff=14:00;
    wismo_calendar carrier ups %%DIR%%/closed.ics;
    wismo_calendar destination US-HI zone=Pacific/Honolulu days=mon-sat;
    wismo_calendar destination NZ zone=Pacific/Auckland;
    wismo_calendar destination XX %%DIR%%/bad.ics zone=Nowhere/Nowhere;
    wismo_calendar destination FJ %%DIR%%/closed.ics;
EOT

my $dir = $t->dir;

sub stamp { strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_[0]) }
sub date { strftime('%Y-%m-%d', gmtime $_[0]) }

sub calendar {
    my ($name, @events) = @_;

    spew("$dir/$name", join "\r\n", 'BEGIN:VCALENDAR', 'VERSION:2.0',
         'PRODID:-//shop//EN',
         (map { ('BEGIN:VEVENT', @$_, 'END:VEVENT') } @events),
         'END:VCALENDAR', '');
}

my $basic = strftime '%Y%m%d', gmtime(time - 30 * $day);

calendar('shop.ics', [ 'DTSTART;VALUE=DATE:20201225', 'SUMMARY:Christmas',
                       'RRULE:FREQ=YEARLY' ]);

# The carrier has been on strike for a month

calendar('closed.ics', [ "DTSTART;VALUE=DATE:$basic", 'SUMMARY:Strike',
                         'DURATION:P31D' ]);
calendar('bad.ics', [ 'DTSTART;VALUE=DATE:20261332', 'SUMMARY:?' ],
         [ 'DTSTART;VALUE=DATE:20261225' ]);

$t->start;


# wismo calendar check

my ($status, $out, $err) = $t->wismo('calendar', 'check', '--from',
    '2026-12-01', '--zone', 'Europe/Berlin', "$dir/shop.ics");

is($status, 0, 'check: nothing is wrong') or diag($err);
is($out, "$dir/shop.ics: 1 events, Europe/Berlin\n"
         . "  2026-12-25 Fri  Christmas\n", 'free days, by name');

($status, $out, $err) = $t->wismo('calendar', 'check', '--json', '--from',
    '2026-12-01', "$dir/shop.ics", "$dir/bad.ics");

my $said = $json->decode($out);

is($status, 1, 'check: something is wrong');
is_deeply($said->[0]{free}, [ { date => '2026-12-25', weekday => 'Fri',
                                name => 'Christmas' } ], 'as JSON');
is($said->[1]{errors}[0]{line}, 5, 'which line');
is($said->[1]{free}[0]{date}, '2026-12-25', 'the rest counts');

($status, $out, $err) = $t->wismo('calendar', 'check', "$dir/bad.ics");
like($err, qr{^\Q$dir\E/bad\.ics:5: expected a day that exists}, 'where');
is($status, 1, 'and fails');

is(($t->wismo('calendar', 'check', "$dir/none.ics"))[0], 1, 'no file');
is(($t->wismo('calendar', 'check'))[0], 2, 'none named');
is(($t->wismo('calendar', 'make'))[0], 2, 'another call');
is(($t->wismo('calendar', 'check', '--zone', 'X/Y', "$dir/shop.ics"))[0], 2,
   'no such zone');
is(($t->wismo('calendar', 'check', '--days', 'never', "$dir/shop.ics"))[0], 2,
   'no such days');


# What is wrong with one calendar is told, and holds up nothing

sub import_order {
    my ($number, %order) = @_;

    spew("$dir/o.ndjson", $json->encode({ number => $number, %order }) . "\n");

    my ($status, $out, $err) = $t->wismo('import', '--quiet',
                                         "$dir/o.ndjson");
    is($status, 0, "$number is imported") or diag($err);

    return $t->order($number);
}

my $to_hawaii = { country => 'US', region => 'HI', postal_code => '96801',
                  city => 'Honolulu', line1 => 'x' };
my $to_auckland = { country => 'NZ', postal_code => '1010',
                    city => 'Auckland', line1 => 'x' };

ok(wait_until(sub {
    $t->nginx->log =~ /bad\.ics, line 5: expected a day that exists/
}, 10), 'a fault is told when the fetcher starts');
like($t->nginx->log, qr/bad\.ics: its zone is unknown/,
     'so is a zone that is none');

my $order = import_order('K1', placed_at => stamp(time - 3600));
is($order->{substatus}, 'confirmed', 'an order all the same');


($status, $out) = $t->wismo('doctor');

like($out, qr/^fail  calendar       XX: \S+bad\.ics, line 5: expected a day/m,
     'and the doctor finds it');
like($out, qr/^ok    calendar       \*: 1 events of \S+shop\.ics$/m,
     'one that is sound, too');


# Days on which the carrier does not work are no silence

sub parcel {
    my ($n) = @_;

    return (shipments => [ { id => 'a', carrier => 'ups',
        tracking_number => sprintf('1ZW15M0903450000%02d', $n),
        events => [ { time => stamp(time - 20 * $day),
                      status => 'in_transit' } ] } ]);
}

$order = import_order('K2', placed_at => stamp(time - 25 * $day), parcel(1));
is($order->{status}, 'in_transit', 'nothing is scanned during a strike');

calendar('closed.ics');
$order = import_order('K3', placed_at => stamp(time - 25 * $day), parcel(2));
is($order->{substatus}, 'stalled', 'without one it would have been');


# A promised day is over when it is over where the recipient lives

my $today = date(time);

my %late = map { $_ => scalar import_order("K4$_", ship_to => $_ eq 'hi'
    ? $to_hawaii : $to_auckland, placed_at => stamp(time - $day),
    promised => { until => $today }) } qw(hi nz);

my %due = map { @{ $t->redis->call('ZRANGE', $_, 0, -1, 'WITHSCORES') } }
    grep { /!clock$/ } @{ $t->redis->call('KEYS', 'wd:*') };

sub over {
    my ($zone) = @_;

    local $ENV{TZ} = $zone;
    POSIX::tzset();

    my ($y, $m, $d) = split /-/, $today;
    my $end = POSIX::mktime(0, 0, 0, $d + 1, $m - 1, $y - 1900);

    return $end;
}

my ($hawaii, $auckland) = (over('Pacific/Honolulu'), over('Pacific/Auckland'));
$ENV{TZ} = 'UTC';
POSIX::tzset();

is($due{'K4hi#'}, $hawaii * 1000, 'in Hawaii it is long');

if ($auckland > time) {
    is($due{'K4nz#'}, $auckland * 1000, 'in New Zealand it is short');

} else {
    is($t->order('K4nz')->{substatus}, 'past_promise',
       'in New Zealand it is over');
}

cmp_ok($hawaii - $auckland, '>', 20 * 3600, 'nearly a day lies between');


# Without a calendar, too, and with one that says no zone

my %places = (
    jp => [ 'Asia/Tokyo', country => 'JP', postal_code => '100-0001' ],
    am => [ 'America/Manaus', country => 'BR', region => 'AM',
            postal_code => '69005-070' ],
    yk => [ 'Asia/Yakutsk', country => 'RU', postal_code => '677000' ],
    fj => [ 'Pacific/Fiji', country => 'FJ' ],
);

for my $name (sort keys %places) {
    my ($zone, %address) = @{ $places{$name} };

    my $late = import_order("K5$name", placed_at => stamp(time - $day),
        ship_to => { city => 'x', line1 => 'x', %address },
        promised => { until => $today });

    my $over = over($zone);
    $ENV{TZ} = 'UTC';
    POSIX::tzset();

    my ($schedule) = grep {
        defined $t->redis->call('ZSCORE', $_, "K5$name#")
    } grep { /!clock$/ } @{ $t->redis->call('KEYS', 'wd:*') };

    if ($over > time) {
        is($t->redis->call('ZSCORE', $schedule // 'wd:none', "K5$name#"),
           $over * 1000, "the day is over when it is in $zone");

    } else {
        is($late->{substatus}, 'past_promise', "it is over in $zone");
    }
}


# So does what a product page asks: the carrier's strike, the cut-off

$t->redis->call('DEL', 'we:lanes');

my @lane = ('destination=US-HI-96801', 'carrier=ups', 'at=2026-12-01T10:00:00');

sub estimate {
    my $json = $t->api('GET', '/estimate?' . join '&', @_)->json;

    return join ' ', @{ $json->{days} }{qw(from middle to)};
}

$t->redis->call('HSET', 'we:lanes', '/||US', '1' . ' 2,3,4' x 7);

is(estimate(@lane), '2 3 4', 'estimate: without calendars the table says it');

$t->redis->call('HSET', 'we:lanes', '=w|*', '20786 127 840 ' . '0' x 300);
is(estimate(@lane[0, 1], 'at=2026-12-01T15:00:00'), '3 4 5',
   'estimate: after the cut-off');
is(estimate(@lane), '2 3 4', 'estimate: before it');

$t->redis->call('HSET', 'we:lanes', '=c|ups',
                '20786 62 0 ' . '0' x 3 . '3' x 2 . '0' x 300);
is(estimate(@lane), '4 5 6', 'estimate: holidays do not count');
is(estimate(@lane[0, 2]), '2 3 4', 'estimate: of the carrier alone');

$t->redis->call('HSET', 'we:lanes', '=c|ups', 'nonsense');
is(estimate(@lane), '2 3 4', 'estimate: what cannot be read is none');


# The backtest takes them, too

use Wismo::History;

my @rows = history(n => 600, per_day => 10, start => time - 100 * $day);

write_history("$dir/history.csv", @rows);

($status, $out, $err) = $t->wismo('edd', 'train', '-q', "$dir/history.csv");
is($status, 0, 'train') or diag($err);
like($t->redis->call('HGET', 'we:lanes', '=d|US-HI'), qr/^\d+ 126 0 [0-3]+$/,
     'a new table has the calendars beside it');

($status, $out, $err) = $t->wismo('edd', 'backtest', "$dir/history.csv");
is($status, 0, 'backtest') or diag($err);

my $plain = $json->decode($out)->{purchase};

$basic = strftime '%Y%m%d', gmtime(time - 70 * $day);

calendar('off.ics', [ "DTSTART;VALUE=DATE:$basic", 'DURATION:P9D' ]);

($status, $out, $err) = $t->wismo('edd', 'backtest', '--calendar',
    "carrier:*=$dir/off.ics", "$dir/history.csv");
is($status, 0, 'with a calendar') or diag($err);
isnt($json->decode($out)->{purchase}{mae_days}, $plain->{mae_days},
     'it is gone by');
is(($t->wismo('edd', 'backtest', '--calendar', 'x', "$dir/history.csv"))[0],
   2, 'a calendar that is none');
is(($t->wismo('edd', 'backtest', '--calendar', "carrier:*=$dir/bad.ics",
              "$dir/history.csv"))[0], 1, 'one with faults');

done_testing;
