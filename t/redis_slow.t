#!/usr/bin/perl

# Redis is there but silent or slow: a request waits no longer than its
# timeout, other locations not at all, and a late reply reaches nobody.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

use IO::Select;
use Time::HiRes qw(time sleep);

my $t = Wismo::Test->new(fetcher => 1);

seed($t, map { order("slow-$_") } 1 .. 20);


# Silent

$t->redis->pause;

my @open = map {
    my $s = Wismo::Http::open($t->port);
    print $s "GET /track/slow-$_ HTTP/1.1\r\nHost: localhost\r\n\r\n";
    $s;
} 1 .. 20;

my $worst = 0;

for (1 .. 50) {
    my $r = $t->get('/plain');

    $worst = $r->seconds if $r->seconds > $worst;
    die "plain: " . $r->status if $r->status != 200;
}

cmp_ok($worst, '<', 0.25 * $ENV{WISMO_SLOW}, 'other locations do not wait');

my $started = time();

for my $s (@open) {
    my $r = Wismo::Http::response($s);

    is($r->status, 503, 'silent: 503');
    is($r->header('retry-after'), 5, 'silent: Retry-After');
}

cmp_ok(time() - $started, '<', 3 * $ENV{WISMO_SLOW}, 'silent: soon');

cmp_ok($t->get('/track/slow-1')->seconds, '<', 3 * $ENV{WISMO_SLOW},
       'still silent: soon');
is($t->get('/track/slow-1')->status, 503, 'still silent: 503');

$t->redis->cont;

ok(wait_until { $t->get('/track/slow-1')->status == 200 } 20, 'back again');


# What Redis answers late belongs to nobody: each page is the one asked for

my $wrong = 0;
my %seen;

for my $round (1 .. 6) {
    $t->redis->pause;

    my @waiting = map {
        my $s = Wismo::Http::open($t->port);
        print $s "GET /track/slow-$_ HTTP/1.1\r\nHost: localhost\r\n"
               . "Connection: close\r\n\r\n";
        [ $_, $s ];
    } 1 .. 20;

    sleep(0.04 * $round);
    $t->redis->cont;

    for (@waiting) {
        my ($n, $s) = @$_;
        my $r = Wismo::Http::response($s);

        $seen{ $r ? $r->status : 'none' }++;
        $wrong++ if !$r || ($r->status == 200
                            && ($r->body !~ /\bslow-$n\b/
                                || $r->body =~ /\bslow-(?!$n\b)\d+\b/));
        $wrong++ if $r && $r->status != 200 && $r->status != 503;
    }

    wait_until { $t->get('/track/slow-1')->status == 200 } 20, 'Redis';
}

is($wrong, 0, 'no page shows another order')
    or diag(explain(\%seen));
ok($seen{200}, 'some were in time');


# A script that holds Redis up

my $busy = IO::Socket::UNIX->new(Peer => $t->redis->path);
print $busy Wismo::Redis::command('EVAL', 'while true do end', 0);
sleep 0.2;

is($t->get('/track/unseen')->status, 503, 'BUSY: 503');
is($t->get('/plain')->status, 200, 'BUSY: others');

sleep 6;    # from here on Redis says BUSY instead of nothing

is($t->get('/track/unseen')->status, 503, 'BUSY, said: 503');
is($t->get('/track/slow-1')->status, 200, 'BUSY, said: what was seen stays');

{
    my $kill = IO::Socket::UNIX->new(Peer => $t->redis->path);
    print $kill Wismo::Redis::command('SCRIPT', 'KILL');
    IO::Select->new($kill)->can_read(5);
}

ok(wait_until { $t->get('/track/slow-1')->status == 200 } 20,
   'BUSY: back again');

done_testing;
