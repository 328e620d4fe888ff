#!/usr/bin/perl

# Live pages: a stream tells each new version of an order to whoever may see
# it, whichever worker has the client, and says nothing else.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Live;
use Wismo::Process qw(slurp);
use Wismo::Seed;

my $t = Wismo::Test->new(workers => 2, fetcher => 1, locations => <<'EOT');
        location /track/ { wismo_track; }
        location /off/ { wismo_track; wismo_live off; }
        location /closed/ { wismo_track; wismo_order_only none; }
        location /raw/ { wismo_track; chunked_transfer_encoding off; }
        location = /wismo/ready { wismo_health ready; }
EOT

wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';
seed($t, order('1001'), order('1002'));


sub live {
    my ($path, %opt) = @_;
    return Wismo::Live->new($t->port, $path, %opt);
}


# On a busy machine Redis may be late: then a client is told to come again.

sub opened {
    my ($path) = @_;

    for (1 .. 10) {
        my $s = live($path);
        return $s if $s->status != 503;
    }
}


my $s = live('/track/1001/live');

is($s->status, 200, 'a stream');
is($s->header('content-type'), 'text/event-stream', 'its type');
is($s->header('cache-control'), 'no-store', 'it is not stored');
is($s->header('x-accel-buffering'), 'no', 'nor gathered by a proxy');
is($s->header('x-content-type-options'), 'nosniff', 'and private');
is($s->header('content-length'), undef, 'it has no length');

my $first = $s->event;

is($first->{status}, 'in_transit', 'the state comes first');
is($first->{id}, $first->{version}, 'the version is the event\'s id');
is_deeply([ sort keys %$first ], [qw(data id status version)],
          'and there is nothing else in it');
cmp_ok($s->retry, '>=', 3000, 'when to come again');
ok($s->quiet(0.3), 'nothing more');


# A client each, in either worker: all get the same.

my @all = ($s, map { opened('/track/1001/live') } 1 .. 20);

is(scalar(grep { $_->event } @all[1 .. $#all]), 20, 'each has its stream');

my $other = live('/track/1002/live');
$other->event;

my $version = newer($t, '1001');
my @got = map { $_->event } @all;

is(scalar(grep { $_ && $_->{version} == $version } @got), 21,
   'a change reaches all who watch the order');
ok($other->quiet(0.3), 'and nobody else');


# A commit by the fetcher's own way, which tells in two ways.

seed($t, order('1002', shipments => [ {
    carrier => 'ups', tracking_number => '1Z1002',
    events => [ { time => '2026-11-22T10:05:00-05:00', status => 'delivered',
                  description => 'Delivered', place => 'City' } ],
} ]));

my $event = $other->event;

is($event && $event->{status}, 'delivered', 'a commit is told');
ok($other->quiet(0.5), 'once');


# Told without tracking: what a fetcher publishes is enough; and what is
# published may be anything.

$t->redis->call('PUBLISH', 'w:ev', $_)
    for '1001', '1001 ', '1001 x', ' 1', "\0 1", '1001 1', '../x 1',
        '1001 99999999999999999999';
ok($all[0]->quiet(0.5), 'messages without a change');


# The views that differ do so in the page, not in the stream

is(live('/closed/1001/live')->status, 404, 'an order that may not be seen');
is(live('/track/nobody/live')->status, 404, 'no such order');
is(live('/track/no:body/live')->status, 404, 'no order number');
is(live('/track//live')->status, 404, 'none at all');
is(live('/off/1001/live')->status, 404, 'wismo_live off');
is($t->request('POST', '/track/1001/live')->status, 405, 'POST');

my $head = $t->request('HEAD', '/track/1001/live');

is($head->status, 200, 'HEAD');
is($head->header('content-type'), 'text/event-stream', 'HEAD: type');


# Older clients have no chunks

for ([ '/track/1001/live', '1.0' ], [ '/raw/1001/live', '1.1' ]) {
    my ($path, $http) = @$_;
    my $old = live($path, version => $http);

    is($old->header('transfer-encoding'), undef, "$path, $http: no chunks");
    ok($old->event, 'the state');

    my $next = newer($t, '1001');

    is($old->event->{version}, $next, 'a change');
}


# The request is in the log when the stream has begun.

ok(wait_until(sub {
    slurp($t->dir . '/access.log') =~ m{"GET /track/1001/live HTTP/1.1" 200}
}, 5), 'the log has it');


# What a client sends after its request is none of our concern.

my $talks = live('/track/1001/live');
$talks->event;
print { $talks->sock } "GET / HTTP/1.1\r\n\r\n" x 100;
my $again = newer($t, '1001');
is($talks->event->{version}, $again, 'a client that goes on talking');


# Clients come and go.

for my $round (1 .. 3) {
    my @many = map { live('/track/1001/live', lazy => 1) } 1 .. 50;
    $_->close for @many[0 .. 24];
    $_->head for @many[25 .. 49];
    $_->event for @many[25 .. 49];
    newer($t, '1001');
    is(scalar(grep { $_->event } @many[25 .. 49]), 25, "round $round");
    $_->close for @many[25 .. 49];
}

is($t->get('/wismo/ready')->status, 200, 'the workers live');


# An order is erased: its streams end, and asking again says 404.

$t->redis->call('DEL', key('1001'));
ok($talks->ended(5), 'an erased order\'s stream ends');
is(live('/track/1001/live')->status, 404, 'and there is no other');

done_testing;
