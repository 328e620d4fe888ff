#!/usr/bin/perl

# A reply of Redis that is older than a change heard of meanwhile: whoever asked
# may get it, nobody else does.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Relay;
use Wismo::Seed;

use Time::HiRes qw(sleep);

my $t = Wismo::Test->new(fetcher => 1, start => 0,
                         http => 'wismo_order_only full;');
my $relay = Wismo::Relay->new($t->dir, $t->redis->path);

$t->nginx->{vars}{REDIS} = 'unix:' . $relay->path . ' timeout=10s';
$t->start;

ok wait_until(sub { $t->get('/wismo/ready')->body =~ /\[\]/ }, 20),
    'the fetcher is heard';

seed($t, map { order($_) } 1001, 1002);


sub asked {
    return $t->redis->call('INFO', 'commandstats')
        =~ /cmdstat_getrange:calls=(\d+)/ ? $1 : 0;
}


sub lamp {
    my ($number) = @_;
    return $t->get("/track/$number")->body =~ /Lamp-(\d+)/ ? $1 : 0;
}


sub change {
    my ($to) = @_;
    damage($t, '1001', sub { s/Lamp-\d{4}/Lamp-$to/ or die });
}


ok kept($t, sub { lamp(1002) }), 'pages are kept';
is lamp(1002), 1002, 'another order';
my $before = asked();
is lamp(1002), 1002, 'again' for 1 .. 3;
is asked() - $before, 0, 'which is kept';

for my $round (1 .. 10) {
    my ($old, $new) = (3000 + $round, 4000 + $round);

    change($old);
    ok wait_until(sub { lamp(1001) == $old }, 10), "$round: as it was";

    # out of the cache again, so that Redis is asked

    change($old);
    sleep 0.05;

    $relay->hold;
    $before = asked();

    my $s = Wismo::Http::open($t->port);
    print $s "GET /track/1001 HTTP/1.1\r\nHost: localhost\r\n"
           . "Connection: close\r\n\r\n";

    ok wait_until(sub { asked() > $before }, 10), "$round: Redis was asked";

    change($new);
    sleep 0.1;
    $relay->release;

    my $r = Wismo::Http::response($s, timeout => 20);

    is $r && $r->status, 200, "$round: who asked gets an answer";
    like $r && $r->body, qr/Lamp-$old/, "$round: of when he asked";
    is lamp(1001), $new, "$round: the next gets the new one" for 1 .. 3;
}


# The same with all of them gone.

$relay->hold;
$before = asked();

change(5001);
sleep 0.05;

my $s = Wismo::Http::open($t->port);
print $s "GET /track/1001 HTTP/1.1\r\nHost: localhost\r\n"
       . "Connection: close\r\n\r\n";
wait_until { asked() > $before } 10;

$t->redis->call('FLUSHALL');
sleep 0.1;
$relay->release;

my $r = Wismo::Http::response($s, timeout => 20);

is $r && $r->status, 200, 'FLUSHALL: who asked before';
is $t->get('/track/1001')->status, 404, 'FLUSHALL: who asks after';
is $t->get('/track/1002')->status, 404, 'FLUSHALL: nor any other';

$t->stop;
$relay->stop;

done_testing;
