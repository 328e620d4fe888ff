#!/usr/bin/perl

# The poller against the simulated carriers: asks when it is time, with one
# token for all, writes only what is new, and never lets a bad reply touch
# what is stored.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;

my $t = Wismo::Test->new(carriers => [qw(ups fedex)], fetcher => 1,
    scale => 7200, sim => { start => '-3d', scale => 0 });
my $sim = $t->sim;


# What stays the same when nobody has said anything new

sub said {
    my ($order) = @_;

    my $text = JSON::PP->new->canonical->encode($order);
    $text =~ s/"(?:next_)?check(?:ed)?_at":(?:null|"[^"]*"),?//g;

    return $text;
}


sub put {
    my ($number, @parcels) = @_;

    $t->put_order($number, { shipments => [ map { {
        carrier => $_->[0], tracking_number => $_->[1] } } @parcels ] });
}


sub polls { $sim->count($_[0] || 'ups') }

sub polled_again {
    my ($carrier) = @_;
    my $before = polls($carrier);

    return wait_until { polls($carrier) > $before } 15, 'another poll';
}

sub soon(&$$) {
    my ($code, $timeout, $name) = @_;

    ok(scalar(&wait_until($code, $timeout)), $name);
}


sub log_has { $t->nginx->log =~ $_[0] }


# The first time: at once, and with one token for all

my @numbers = map { sprintf '1ZW15M0903450%05d', $_ } 1 .. 6;

$sim->load(script => 'ups-delivered', number => $_, age => '21h')
    for @numbers;
put("A$_", [ ups => $numbers[$_ - 1] ]) for 1 .. 6;

for (1 .. 6) {
    my $order = $t->wait_order("A$_", sub { $_->{status} eq 'in_transit' });
    is($order->{parcels}[0]{source}, 'poll', "A$_: source");
}

is($sim->count('ups', 'token'), 1, 'one token for all requests');
like($t->redis->call('HGET', ($t->redis->call('KEYS', 'wn:*')->[0]),
     'body'), qr/^\d+-\d+$/, 'the ledger names the letter');


# Nothing new: the same version, but a fresh look

my $first = $t->order('A1');
my $later = $t->wait_order('A1', sub {
    $_->{checked_at} gt $first->{checked_at} });

is($later->{version}, $first->{version}, 'unchanged: the same version');
is(said($later), said($first), 'unchanged: only the times differ');
cmp_ok($later->{next_check_at}, 'ge', $later->{checked_at},
       'unchanged: the next date follows');


# News

$sim->clock(advance => '5h');
$later = $t->wait_order('A1', sub { $_->{version} > $first->{version} });
cmp_ok(@{ $later->{parcels}[0]{events} }, '>',
       scalar @{ $first->{parcels}[0]{events} }, 'news: more events');
is($later->{parcels}[0]{events}[-1]{description},
   $first->{parcels}[0]{events}[-1]{description}, 'news: the old ones stay');


# A token taken back before its time: one new one, nobody notices

my $tokens = $sim->count('ups', 'token');
$sim->revoke('ups');
soon { $sim->count('ups', 'token') > $tokens } 10, 'a new token';
ok(polled_again('ups'), 'and asked again');
cmp_ok($sim->count('ups', 'token') - $tokens, '<=', 2,
       'but not one for each request');
ok(!log_has(qr/refuses our credentials/), 'no alarm');


# Replies nobody can use change nothing, and pass

my $good = said($t->order('A1'));

for my $fault ({ kind => 'html' }, { kind => 'truncate' }, { kind => 'cut' },
               { kind => 'garbage' }, { kind => 'empty' },
               { kind => 'status', status => 503 },
               { kind => 'redirect', to => 'http://127.0.0.1:1/' },
               { kind => 'huge', bytes => 600_000 },
               { kind => 'bomb', bytes => 5_000_000 })
{
    my $before = $sim->count('ups', 'faults');

    $sim->fault(carrier => 'ups', times => 2, %$fault);
    soon { $sim->count('ups', 'faults') >= $before + 2 } 20,
       "$fault->{kind}: was sent";

    my $checked = $t->order('A1')->{checked_at};
    my $order = $t->wait_order('A1', sub { $_->{checked_at} gt $checked });
    is(said($order), $good, "$fault->{kind}: nothing has changed");
}


# The carrier's quota

$sim->clear;
$sim->fault(carrier => 'ups', kind => 'status', status => 429,
            retry_after => 3, times => 1);
soon { log_has(qr/carrier ups is not asked for 3 s: its quota/) } 15,
   'throttled: told once';
ok($t->redis->call('HGET', 'wq:ups', 'until'), 'throttled: told to others');

my $calm = polls();
select undef, undef, undef, 1.5;
cmp_ok(polls() - $calm, '<=', 1, 'throttled: nobody asks');
soon { log_has(qr/carrier ups answers again/) } 15,
   'throttled: then it goes on';
is(said($t->order('A1')), $good, 'throttled: nothing has changed');


# Two carriers, one order: neither's check gets lost in the other's news

for my $n (1 .. 10) {
    my @number = (sprintf('1ZW15M0903500%05d', $n),
                  sprintf('489977300%03d', $n), sprintf('489977400%03d', $n));

    $sim->load(script => 'ups-delivered', number => $number[0],
               age => '21h');
    $sim->load(script => 'fedex-transit', number => $number[1],
               age => '30h');
    put("P$n", [ ups => $number[0] ], map { [ fedex => $_ ] } @number[1, 2]);
}

for my $n (1 .. 10) {
    my $order = $t->wait_order("P$n", sub {
        !grep { !$_->{checked_at} } @{ $_->{parcels} } });
    ok($order, "P$n: each parcel was looked at");
    is(scalar(grep { ($_->{next_check_at} // '') lt $_->{checked_at} }
              @{ $order->{parcels} }), 0, "P$n: each has its next date");
}


# Five failures in a row: the breaker, and others are not held up

$sim->load(script => 'fedex-transit', number => '489977100050', age => '30h');
$sim->fault(carrier => 'ups', kind => 'status', status => 500);
soon { log_has(qr/carrier ups is not asked for 30 s: its replies/) }
    30, 'breaker: opens';
$calm = polls();
put('B1', [ fedex => '489977100050' ]);
ok($t->wait_order('B1', sub { $_->{status} eq 'in_transit' }),
   'breaker: another carrier goes on');
cmp_ok(polls() - $calm, '<=', 1, 'breaker: nobody asks');


# Batches: each number once, one that is missing is asked about again

$sim->clear;
$sim->forget;

my @fedex = map { sprintf '4899771%05d', $_ } 1 .. 40;

$sim->load(script => 'fedex-transit', number => $_, age => '30h') for @fedex;
$sim->fault(carrier => 'fedex', kind => 'missing', number => $fedex[3],
            times => 1);

put("F$_", [ fedex => $fedex[$_ - 1] ]) for 1 .. 40;
put('F41', [ fedex => $fedex[0] ], [ fedex => $fedex[1] ]);

ok($t->wait_order("F$_", sub { $_->{status} eq 'in_transit' }), "F$_")
    for 1 .. 41;

my @requests = grep { $_->{what} eq 'track' } @{ $sim->requests('fedex') };
my $sizes = join ' ', map {
    scalar @{ JSON::PP::decode_json($_->{body})->{trackingInfo} } } @requests;
ok(!(grep { $_ > 30 } split / /, $sizes), "no batch above 30: $sizes");

my @twice = grep {
    my %n;
    grep { $n{ $_->{trackingNumberInfo}{trackingNumber} }++ }
        @{ JSON::PP::decode_json($_->{body})->{trackingInfo} }
} @requests;
is(@twice, 0, 'no number twice in a request');


# Not known yet, and delivered long ago

put('C1', [ fedex => '489977199999' ]);
my $checked = $t->wait_order('C1', sub { $_->{checked_at} });
is($checked->{status}, 'unknown', 'not found: nothing is made up');
is(@{ $checked->{parcels}[0]{events} }, 0, 'not found: no events');
ok($checked->{next_check_at}, 'not found: asked again');

$sim->load(script => 'fedex-delivered', number => '489977100777',
           age => '9d');
put('C2', [ fedex => '489977100777' ]);
$checked = $t->wait_order('C2', sub { $_->{status} eq 'delivered' });
is($checked->{next_check_at}, undef, 'delivered: not asked again');

my @dates = map { @{ $t->redis->call('ZRANGE', $_, 0, -1) } }
    @{ $t->redis->call('KEYS', 'wd:*:[a-z]*') };
ok(!(grep { /^C2#/ } @dates), 'delivered: out of the schedule');
ok((grep { /^C1#/ } @dates), 'the others are in it');


# Logs hold no number

ok(!log_has(qr/fetcher: .*(?:1ZW15M0903450|48997710|48997719|489977300)/),
   'no tracking number in the log');

done_testing;
