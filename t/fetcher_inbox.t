#!/usr/bin/perl

# The inbox: what was accepted is applied once, in order, whoever dies when;
# what nobody can read goes aside and holds up nothing.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Box qw(opened);
use Wismo::Test;

use Time::HiRes qw(sleep);
use Wismo::Process qw(spawn end alive slurp);
use Wismo::Seed qw(key);

# With "everysec" Redis puts a write off while the disk is busy syncing: what
# it has acknowledged may be lost for two seconds, if it is killed.

my $t = Wismo::Test->new(carriers => [qw(ups easypost)],
    redis => { appendonly => 1, args => [qw(--appendfsync always)] },
    sim => { start => '-3d', scale => 0 });
my $redis = $t->redis;
my $log = $t->dir . '/fetch.log';


sub soon(&$$) {
    my ($code, $timeout, $name) = @_;

    ok(scalar(wait_until { eval { $code->() } } $timeout), $name);
}


# The fetcher by hand: a test may kill it

sub fetcher {
    return spawn($log, {}, $t->dir . '/bin/wismo', 'fetch', '--config',
                 $t->dir . '/state/wismo.json');
}


sub waiting {
    my $n = 0;

    $n += $redis->call('XLEN', $_) for grep { $_ } @{ $redis->call('KEYS',
                                                                  'wi:*') };
    return $n;
}


sub letter {
    my ($inbox, %fields) = @_;

    return $redis->call('XADD', "wi:{$inbox}", '*', %fields);
}


sub inbox { (key($_[0]) =~ /\{(\d+)\}/)[0] % 16 }

sub version { substr $redis->call('GETRANGE', key($_[0]), 4, 13) || 0, 0 }

sub dead { map { @{ $redis->call('XRANGE', $_, '-', '+') } }
           @{ $redis->call('KEYS', 'wx:*') } }

my $body = '{"shipments":[{"carrier":"ups","tracking_number":"1ZW15M09%08d"}]}';


# Accepted while there was no fetcher

$t->put_order("W$_", { shipments => [] }) for 1 .. 5;
is(waiting(), 5, 'five letters wait');

my $pid = fetcher();
soon { waiting() == 0 } 10, 'they are taken up';
is(version("W$_") + 0, 1, "W$_ is there") for 1 .. 5;


# Bad ones beside good ones

letter(inbox('D1'), kind => 'put', order => 'D1', at => time, body => '{');
letter(inbox('D2'), kind => 'put', order => 'D2', at => time,
       body => '{"shipments":7}');
letter(inbox('D3'), kind => 'put', order => '../D3', at => time, body => '{}');
letter(3, kind => 'nonsense');
letter(4, x => 'y');
letter(5, kind => 'hook', carrier => 'nobody', body => '{}');
letter(5, kind => 'hook', carrier => 'easypost', body => '<html>');
letter(6, kind => 'put', order => 'D4', at => time,
       body => '[' x 100_000);
$t->put_order('G1', { shipments => [] });

soon { waiting() == 0 } 10, 'bad letters leave the streams';
is(version('G1') + 0, 1, 'a good one is applied');
is(scalar(dead()), 8, 'bad ones are kept aside');
ok(!(grep { my %f = @{ $_->[1] }; !length $f{why} } dead()),
   'each with the reason');

my ($d2) = grep { $_->{order} eq 'D2' } map { { @{ $_->[1] } } } dead();
like($d2->{why}, qr{^/shipments: }, 'with the place of the fault');
unlike($d2->{body}, qr/shipments/, 'sealed');
is(opened($d2)->{body}, '{"shipments":7}', 'and what came');
is($redis->call('EXISTS', key('D1'), key('D2')), 0, 'nothing half written');


# What is older than what was applied

my ($ledger) = map { s/^wo/wn/r } key('W1');
my $now = $redis->call('HGET', $ledger, 'body');

$redis->call('HSET', $ledger, 'body', '99999999999999-0');
$t->put_order('W1', { shipments => [ { carrier => 'ups',
    tracking_number => '1ZW15M090345000012' } ] });
soon { waiting() == 0 } 10, 'an old letter leaves its stream';
is(version('W1') + 0, 1, 'and changes nothing');

$redis->call('HSET', $ledger, 'body', $now);
$t->put_order('W1', { shipments => [ { carrier => 'ups',
    tracking_number => '1ZW15M090345000012' } ] });
soon { version('W1') >= 2 } 10, 'a newer one is applied';


# The same tracking number is found by a push, an unknown one is passed over

$t->sim->load(script => 'easypost-transit', number => 'EZ1000001',
              age => '12h');
$t->put_order('E1', { shipments => [ { carrier => 'easypost',
    tracking_number => 'EZ1000001' } ] });

my $order = $t->wait_order('E1', sub { $_->{status} eq 'picked_up' });
my $asked = $t->sim->count('easypost');

$t->sim->clock(advance => '20h');
$t->sim->push(number => 'EZ1000001');
$order = $t->wait_order('E1', sub { $_->{status} eq 'in_transit' });
is($order->{parcels}[0]{source}, 'push', 'told by a push');
is($t->sim->count('easypost'), $asked, 'and not asked about');

my $version = version('E1');
$t->sim->push(number => 'EZ1000001');
$t->sim->push(number => 'EZ7777777');
soon { $t->sim->ask(GET => 'pushes')->{waiting} == 0 && waiting() == 0 } 15,
    'pushed again, and for a stranger';
is(version('E1'), $version, 'nothing new, nothing written');


# Erased: nothing is left but the tombstone

is($t->api('DELETE', '/orders/E1')->status, 202, 'erase');
soon { !$redis->call('EXISTS', key('E1')) } 10, 'the document goes';
soon { waiting() == 0 } 10, 'the letter goes';

my @left = grep { /E1\b|EZ1000001/ } @{ $redis->call('KEYS', '*') };
is("@left", key('E1') =~ s/^wo/wn/r, 'only the ledger is left');

my %tomb = @{ $redis->call('HGETALL', $left[0]) };
is(join(' ', sort keys %tomb), 'body erased', 'with the tombstone');
cmp_ok($redis->call('TTL', $left[0]), '>', 0, 'which goes, too');
is(scalar(grep { /^E1#/ } map { @{ $redis->call('ZRANGE', $_, 0, -1) } }
          @{ $redis->call('KEYS', 'wd:*') }), 0, 'no date is left');


# Killed at any moment: each letter is applied, and applied once

end($pid, 'TERM', 10);

for my $n (1 .. 1500) {
    letter(inbox("K$n"), kind => 'put', order => "K$n", at => time,
           body => sprintf($body, $n));
}

my $kills = 0;

while (waiting() && $kills < 60) {
    $pid = fetcher();
    sleep 0.01 + rand 0.1;
    kill KILL => $pid;
    wait_until { !alive($pid) } 5;
    $kills++;
}

$pid = fetcher();
soon { waiting() == 0 } 30, "all are applied, after $kills kills";
cmp_ok($kills, '>', 1, 'it was killed at work');
is(scalar(grep { version("K$_") != 1 } 1 .. 1500), 0,
   'each of them, and none twice');
is(scalar(grep { $redis->call('XPENDING', "wi:{$_}", 'fetch')->[0] } 0 .. 15),
   0, 'nothing is pending');

my %dates = map { $_ => 1 } map { @{ $redis->call('ZRANGE', $_, 0, -1) } }
    @{ $redis->call('KEYS', 'wd:*') };
is(scalar(grep { !$dates{"K$_#p1"} } 1 .. 1500), 0, 'each parcel has a date');


# Redis killed

for my $n (1 .. 200) {
    letter(inbox("R$n"), kind => 'put', order => "R$n", at => time,
           body => sprintf($body, 1000 + $n));
}

$redis->kill;
sleep 0.3;
$redis->start;

soon { waiting() == 0 } 20, 'after a restart of Redis it goes on';
is(scalar(grep { version("R$_") != 1 } 1 .. 200), 0, 'nothing was lost')
    or diag('R1 has version ' . version('R1') . ', ' . dead() . ' are dead, '
            . $redis->call('DBSIZE') . ' keys');
ok(alive($pid), 'by the same fetcher');
is(scalar(() = slurp($log) =~ /redis is not usable/g), 1, 'told once');


# Letters of another fetcher that is no more; one that kills its reader

end($pid, 'TERM', 10);

my $stale = letter(inbox('S1'), kind => 'put', order => 'S1', at => time,
                   body => '{"shipments":[]}');
my $poison = letter(inbox('S2'), kind => 'put', order => 'S2', at => time,
                    body => '{"shipments":[]}');
my $unlucky = letter(inbox('S3'), kind => 'put', order => 'S3', at => time,
                     body => '{"shipments":[]}');

for ([ S1 => $stale, 1 ], [ S2 => $poison, 5_000_000 ], [ S3 => $unlucky, 9 ])
{
    my ($number, $id, $tries) = @$_;
    my $stream = 'wi:{' . inbox($number) . '}';

    $redis->call('XREADGROUP', 'GROUP', 'fetch', 'gone', 'STREAMS', $stream,
                 '>');
    $redis->call('XCLAIM', $stream, 'fetch', 'gone', 0, $id, 'IDLE', 100_000,
                 'RETRYCOUNT', $tries);
}

my $before = dead();
$pid = fetcher();
soon { version('S1') == 1 } 10, 'a dead fetcher\'s letter is taken over';
soon { version('S3') == 1 } 10, 'one that failed often has last chances';
soon { dead() == $before + 1 } 10, 'one that ended so many fetchers has not';
is($redis->call('EXISTS', key('S2')), 0, 'and is not tried again');
is(waiting(), 0, 'none is left');


# Emptied

$redis->call('FLUSHALL');
soon { slurp($log) =~ /the inbox is gone/ } 15, 'an emptied Redis is told';
soon { $t->api('PUT', '/orders/Z1', { shipments => [] })->status == 202 } 15,
    'new orders are accepted';
soon { version('Z1') == 1 } 15, 'and taken';
soon { $redis->call('HGET', 'w:meta', 'schema') } 5, 'it is marked as ours';

ok(end($pid, 'TERM', 5), 'ends on TERM');
unlike(slurp($log), qr/Sanitizer|runtime error/, 'no sanitizer has spoken');

done_testing;
