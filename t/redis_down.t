#!/usr/bin/perl

# Redis is not there: nginx starts, every order gets the same 503, nothing is
# accepted, everything comes back by itself, and the log stays readable.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;

my $t = Wismo::Test->new(carriers => ['ups'], start => 0);
my $order = { shipments => [ { carrier => 'ups', tracking_number => '1Z1' } ] };

$t->redis->kill;
$t->nginx->start($t->conf);


sub down {
    my ($what) = @_;

    my $r = $t->get('/track/1001');

    is($r->status, 503, "$what: page");
    is($r->header('retry-after'), 5, "$what: Retry-After");
    is($r->header('cache-control'), 'private, no-cache', "$what: private");
    like($r->header('content-security-policy'), qr/default-src 'none'/,
         "$what: policy");
    like($r->body, qr{^<!doctype html>.*</html>\s*$}s, "$what: a whole page");
    cmp_ok($r->seconds, '<', 1, "$what: at once");

    is($t->get('/track/nobody')->body, $r->body, "$what: the same for all");

    for my $path ('/track/1001.json', '/track/nobody.json') {
        my $json = $t->get($path);

        is($json->status, 503, "$what: $path");
        is($json->header('content-type'), 'application/problem+json',
           "$what: $path: a problem");
    }

    for my $call ([ 'GET' ], [ 'PUT', $order ], [ 'DELETE' ]) {
        my ($method, $body) = @$call;
        my $api = $t->api($method, '/orders/1001', $body);

        is($api->status, 503, "$what: API $method");
        is($api->header('retry-after'), 5, "$what: API $method: Retry-After");
    }

    is($t->get('/track/')->status, 200, "$what: the form");
    is($t->get('/track/1001?t=x')->status, 404, "$what: a bad link");
    is($t->get($t->link('1001'))->status, 303, "$what: a good link");
    is($t->get('/plain')->body, "plain\n", "$what: others");
    is($t->get('/wismo/live')->status, 200, "$what: live");
    is($t->get('/wismo/ready')->status, 503, "$what: ready");
}


sub up {
    my ($what) = @_;

    ok(wait_until { $t->get('/wismo/ready')->status == 200 } 20,
       "$what: ready again");
    is($t->get('/track/nobody')->status, 404, "$what: pages");
    is($t->api('PUT', '/orders/1001', $order)->status, 202, "$what: taken");
}


down('at the start');
$t->redis->start;
up('started');

$t->redis->kill;
down('while running');
$t->redis->start;
up('started again');


# A flood against a dead Redis is no flood in the log

$t->redis->kill;

my $before = () = $t->nginx->log =~ /\[(?:warn|error|crit)\]/g;

$t->get('/track/1001') for 1 .. 200;
$t->api('PUT', '/orders/1001', $order) for 1 .. 50;

my $after = () = $t->nginx->log =~ /\[(?:warn|error|crit)\]/g;

cmp_ok($after - $before, '<=', 5, 'few lines about it');

$t->redis->start;
up('after the flood');

done_testing;
