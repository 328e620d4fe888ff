#!/usr/bin/perl

# Pushes that nobody has signed are hints: the carrier is asked sooner, and
# only what it answers is believed.  Twice, late, about strangers: taken, and
# nothing changes.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

use JSON::PP ();

my $json = JSON::PP->new->utf8->canonical;
my $number = '1ZW15M090345000012';

my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 1, scale => 60,
    start => 0, sim => { start => '-3d', scale => 0 }, server => <<'EOT');
        location = /wismo/hooks/ups {
            wismo_hook ups;
            wismo_hook_secret_file %%DIR%%/ups.hook;
        }
EOT
my ($sim, $redis) = ($t->sim, $t->redis);

$t->secret('ups.hook', 'ups-hook-for-tests');
$t->start;

sub alert {
    my (%opt) = @_;

    return $t->request('POST', '/wismo/hooks/ups', headers => {
        Authorization => 'Bearer ' . ($opt{secret} // 'ups-hook-for-tests') },
        body => $json->encode({
            trackingNumber    => $opt{number} // $number,
            localActivityDate => '20261127', localActivityTime => '101500',
            gmtActivityDate   => '20261127', gmtActivityTime => '151500',
            gmtOffset         => '-05.00',
            activityLocation  => { city => 'NOWHERE', country => 'US' },
            activityStatus    => { type => 'D', code => 'FS',
                                   description => 'FORGED DELIVERY' } }));
}

sub read_all {
    return wait_until { !grep { $redis->call('XLEN', $_) }
                            @{ $redis->call('KEYS', 'wi:*') } } 10;
}

sub said {
    my $text = $json->encode($t->order('H1'));

    return $text =~ s/"(?:next_)?check(?:ed)?_at":(?:null|"[^"]*"),?//gr;
}

$sim->load(script => 'ups-delivered', number => $number, age => '21h');
$t->put_order('H1', { shipments => [ { carrier => 'ups',
    tracking_number => $number } ] });

my $first = $t->wait_order('H1', sub { $_->{status} eq 'in_transit' });
my $before = said();
my $polls = $sim->count('ups');
my $due = (key('H1') =~ s/^wo(:\{\d+\}:).*/wd$1ups/r);

cmp_ok($redis->call('ZSCORE', $due, 'H1#p1') / 1000 - time, '>', 60,
       'the next check is a while ahead');


# A hint: asked soon, after five minutes (of a scaled clock) at the least

is(alert()->status, 202, 'taken');
ok(wait_until { $sim->count('ups') > $polls } 20, 'the carrier is asked');
ok(read_all(), 'it was read');
is(said(), $before, 'what it claims is not believed');
unlike($t->get($t->link('H1'))->body . said(), qr/FORGED|NOWHERE/,
       'nothing of it is shown');


# The carrier says so itself: believed

$sim->clock(advance => '5h');
alert();

my $later = $t->wait_order('H1', sub { $_->{version} > $first->{version} });

is($later->{parcels}[0]{source}, 'poll', 'news, as the carrier tells it');
$before = said();


# Many times: no more questions than the shortest interval allows

ok(read_all(), 'all was read');
$polls = $sim->count('ups');

my $began = time;

is(alert()->status, 202, 'a replay') for 1 .. 20;
ok(read_all(), 'all were read');
cmp_ok($sim->count('ups') - $polls, '<=', 1 + (time - $began) / 5,
       'the carrier is not asked for each');
is(said(), $before, 'replays change nothing');


# While the carrier is being asked: it may have answered before it had news

my $known = $t->order('H1');

$sim->fault(carrier => 'ups', kind => 'slow', seconds => 3, times => 1);
$polls = $sim->count('ups');
alert();
ok(wait_until(sub { $sim->count('ups') > $polls }, 20),
   'asked, it takes its time');
$sim->clock(advance => '50h');
is(alert()->status, 202, 'meanwhile there is news');

ok($t->wait_order('H1', sub { $_->{version} > $known->{version} }, 30),
   'it is asked once more');
$before = said();


# Strangers

is(alert(number => '1ZW15M090345999999')->status, 202,
   'a number nobody ordered is taken');
is(alert(secret => 'wrong')->status, 401, 'another secret is not');
ok(read_all(), 'all was read');
is(said(), $before, 'neither changes anything');
is(@{ $redis->call('KEYS', 'wx:*') }, 0, 'and none is a dead letter');

done_testing;
