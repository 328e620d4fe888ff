#!/usr/bin/perl

# Replies that can be read and can't be so: a list of events that has become
# shorter, events that lie ahead, events of the parcel that had the number
# before.  What is stored stays, the operator is told, and has the bytes.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;

use JSON::PP ();
use POSIX qw(strftime);
use Wismo::Process qw(slurp spew);

my $json = JSON::PP->new->utf8->canonical;
my $t = Wismo::Test->new(carriers => [qw(ups easypost)], fetcher => 1,
    scale => 7200, sim => { start => '-3d', scale => 0 });
my ($sim, $dir) = ($t->sim, $t->dir);

sub number { sprintf '1ZW15M0903450%05d', 70 + $_[0] }

sub load {
    my ($n, $age, @events) = @_;

    $sim->load(number => number($n), age => $age, script => {
        carrier => 'ups', number => number($n), to => 'seattle',
        events  => [ map { { at => $_->[0], place => 'hodgkins',
            type => $_->[1], code => $_->[2], status => '005',
            text => "Scan $_->[0]" } } @events ] });
}

sub put {
    my ($n, %more) = @_;

    $t->put_order("D$n", { %more, shipments => [ { carrier => 'ups',
        tracking_number => number($n) } ] });
}

sub events { scalar @{ $_[0]{parcels}[0]{events} || [] } }

sub status {
    my ($exit, $out) = $t->wismo('carrier', 'status', '--json', @_);

    return $exit ? { } : $json->decode($out)->{carriers}[0];
}

# That reason, among those whose replies are kept

sub told {
    my ($why, $carrier) = @_;
    my $found;

    ok(scalar(wait_until {
        my $now = status($carrier // 'ups');
        my ($at) = grep { $now->{samples}[$_]{why} =~ $why }
            0 .. $#{ $now->{samples} || [] };

        $found = defined $at ? $at + 1 : undef;
        $found && $now->{doubts} > 0;
    } 60), "$why: counted, and kept") or diag($json->encode(status()));

    return $found;
}

my @scans = ([ '0h', 'M', 'MP' ], [ '7h', 'I', 'OR' ], [ '24h', 'I', 'DP' ]);


# A shorter list

load(1, '30h', @scans);
put(1);
$t->wait_order('D1', sub { events($_) == 3 });
is(status('ups')->{doubts}, 0, 'nothing to wonder about');

load(1, '30h', @scans[0, 1]);
told(qr/fewer events/);

my $order = $t->order('D1');
is(events($order), 3, 'a shorter list takes no event');
is($order->{status}, 'in_transit', 'nor the status');


# The parcel that had the number before

load(2, '500d', @scans, [ '80h', 'D', 'FS' ]);
put(2, placed_at => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time - 86400)));

my $sample = told(qr/a year older/);

$order = $t->order('D2');
is(events($order), 0, "another parcel's events are not the order's");
isnt($order->{status}, 'delivered', 'and it is not delivered');
ok($order->{parcels}[0]{checked_at}, 'it was asked about');

my ($exit, $body) = $t->wismo('carrier', 'status', 'ups',
                              "--sample=$sample");
like($body, qr/trackResponse/, 'the reply as it came');
is(status('ups')->{rejects}, 0, 'these are not replies nobody could read');


# What lies ahead: two days, six weeks

load(3, '1h', [ '0h', 'M', 'MP' ], [ '5d', 'I', 'OR' ]);
load(4, '1h', [ '0h', 'M', 'MP' ], [ '45d', 'D', 'FS' ]);
put($_) for 3, 4;
$t->wait_order("D$_", sub { events($_) == 1 }) for 3, 4;
$sim->clock(advance => '46d');
told(qr/a day ahead/);
$t->wait_order('D3', sub { events($_) == 2 });

my $calls = $sim->count('ups');
wait_until { $sim->count('ups') > $calls + 10 } 60, 'more polls';
$order = $t->order('D4');
is(events($order), 1, 'an event six weeks ahead is not taken');
isnt($order->{status}, 'delivered', 'nor what would follow from it');


# The same by a push

my $tracked = 'EZ4000004000';

$t->put_order('P1', { shipments => [ { carrier => 'easypost',
    tracking_number => $tracked } ] });

(undef, $body) = $t->wismo('hook', 'test', 'easypost', '--print',
    '--secret-file', "$dir/easypost.hook");
my $push = $json->decode($body =~ s/.*?\n\n//sr);

$push->{result}{tracking_code} = $tracked;
$push->{result}{status} = 'delivered';
$push->{result}{tracking_details} = [ map { {
    object => 'TrackingDetail', message => "Scan $_->[1]",
    status => $_->[1], datetime => strftime('%Y-%m-%dT%H:%M:%SZ',
                                            gmtime(time + $_->[0])) } }
    [ -7200, 'in_transit' ], [ 50 * 86400, 'delivered' ] ];
spew("$dir/push", $json->encode($push));

($exit) = $t->wismo('hook', 'test', 'easypost', '--secret-file',
    "$dir/easypost.hook", '--body', "$dir/push", '--url',
    'http://127.0.0.1:' . $t->port . '/wismo/hooks/easypost');
is($exit, 0, 'the push is taken');

told(qr/a day ahead/, 'easypost');
$order = $t->wait_order('P1', sub { events($_) == 1 });
is($order->{status}, 'in_transit', 'a push of what is to come');

done_testing;
