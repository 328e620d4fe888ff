#!/usr/bin/perl

# Streams while Redis is lost, restarted and emptied: they stay, and what has
# changed meanwhile is told as soon as it can be known.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Live;
use Wismo::Seed;

my $t = Wismo::Test->new(workers => 2, fetcher => 1,
    redis => { appendonly => 1 });
my $redis = $t->redis;

seed($t, order('1001'), order('1002'), order('1003'));


sub live {
    my ($number) = @_;

    my $s = Wismo::Live->new($t->port, "/track/$number/live");
    $s->event;

    return $s;
}


sub watching {
    return 2 == grep { /name=wismo-watch .*sub=2/ }
        split /\n/, $redis->call('CLIENT', 'LIST');
}


my @one = map { live('1001') } 1 .. 8;
my @two = map { live('1002') } 1 .. 8;


# The connection that hears of changes is lost, and with it a change.

$redis->call('CLIENT', 'PAUSE', 100, 'ALL');
$redis->call('CLIENT', 'KILL', 'TYPE', 'pubsub');
my $version = newer($t, '1001');

is(scalar(grep { my $e = $_->event(10); $e && $e->{version} == $version }
          @one), 8, 'a change that nobody was told of');
ok($two[0]->quiet(0.3), 'and none where there was none');
ok(wait_until(sub { watching() }, 10), 'the connections are back');


# What cannot be read is not told, and hurts no other order.

my $document = document($t, '1002');

for my $bad ('x', 'WO1 ' . '9' x 80, substr($document, 0, 69)) {
    $redis->call('SET', key('1002'), $bad);
    ok($two[0]->quiet(0.2), 'a spoilt document');
}

$redis->call('DEL', key('1003'));
$redis->call('LPUSH', key('1003'), 'x');
is(Wismo::Live->new($t->port, '/track/1003/live')->status, 503,
   'a key of another type');
$redis->call('SET', key('1002'), $document);
$version = newer($t, '1002');
is($two[0]->event->{version}, $version, 'a sound one');


# Redis goes away and comes back.

$redis->kill;
is(Wismo::Live->new($t->port, '/track/1001/live')->status, 503,
   'no new streams without it');
ok($one[0]->quiet(0.5), 'those there are stay');
$redis->start;
ok(wait_until(sub { watching() }, 20), 'Redis is back');

$version = newer($t, '1001');
is(scalar(grep { my $e = $_->event(10); $e && $e->{version} == $version }
          @one), 8, 'and changes are told');


# Everything is lost.

$redis->call('FLUSHALL');
is(scalar(grep { $_->ended(10) } @one, @two), 16, 'without orders, no streams');

done_testing;
