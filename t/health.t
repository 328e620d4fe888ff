#!/usr/bin/perl

# Health: live without Redis, ready only with it; a silent fetcher is told
# but keeps nobody from the pages.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;

my $t = Wismo::Test->new;

my $r = $t->get('/wismo/live');

is($r->status, 200, 'live');
is($r->header('content-type'), 'application/json', 'live: JSON');
is_deeply($r->json, { status => 'ok' }, 'live: ok');

$r = $t->get('/wismo/ready');

is($r->status, 200, 'ready without a fetcher');
is_deeply($r->json, { status => 'ready', reasons => ['fetcher_silent'] },
          'ready: the fetcher is silent');

is($t->request('HEAD', '/wismo/ready')->status, 200, 'HEAD');

$r = $t->request('POST', '/wismo/live', body => 'x');
is($r->status, 405, 'POST');
is($r->header('allow'), 'GET, HEAD', 'Allow');

$t->redis->kill;

ok(wait_until { $t->get('/wismo/ready')->status == 503 } 10, 'unready');

$r = $t->get('/wismo/ready');

is($r->json->{status}, 'unready', 'unready: says so');
is_deeply([ sort @{ $r->json->{reasons} } ], [ 'fetcher_silent', 'redis' ],
          'unready: why');
is($r->header('retry-after'), 5, 'unready: Retry-After');
unlike($r->body, qr/sock|\Q@{[ $t->dir ]}\E/, 'unready: no detail');
is($t->get('/wismo/live')->status, 200, 'still live');

$t->redis->start;

ok(wait_until { $t->get('/wismo/ready')->status == 200 } 15, 'ready again');

my $with = Wismo::Test->new(fetcher => 1);

ok(wait_until { @{ $with->get('/wismo/ready')->json->{reasons} } == 0 } 15,
   'a fetcher is heard');

done_testing;
