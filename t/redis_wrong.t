#!/usr/bin/perl

# Redis answers, but not with what it should: another type, damaged and huge
# values, refusals.  One order is concerned, never another, and never do raw
# bytes reach a client.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1);
my $marker = 'NEVER-SHOWN';

seed($t, order('good'), order('bad'));

my $document = document($t, 'bad');
my ($head) = $document =~ /^([^\n]*\n)/;

my ($cookie) = $t->get($t->link('bad'))->header('set-cookie') =~ /^([^;]+)/;


sub others_ok {
    my ($what) = @_;

    is($t->get('/track/good')->status, 200, "$what: another order");
}


# Another type

for my $command ([ 'HSET', 'f', $marker ], [ 'RPUSH', $marker ],
                 [ 'XADD', '*', 'f', $marker ], [ 'ZADD', 1, $marker ])
{
    my ($name, @args) = @$command;

    $t->redis->call('DEL', key('bad'));
    $t->redis->call($name, key('bad'), @args);

    my $r = $t->get('/track/bad');

    is($r->status, 503, "$name: page");
    is($r->header('retry-after'), 5, "$name: Retry-After");
    is($t->get('/track/bad.json')->status, 503, "$name: JSON");
    is($t->api('GET', '/orders/bad')->status, 503, "$name: API");
    others_ok($name);
}

my $lines = () = $t->nginx->log =~ /\[error\].*unusable/g;
cmp_ok($lines, '>=', 1, 'the log tells');
cmp_ok($lines, '<=', 3, 'and does not repeat itself');


# Damaged: the header alone may still be an answer

my %damage = (
    'empty header'    => sub { substr $_, 0, length($head), '' },
    'text'            => sub { $_ = $marker },
    'one byte'        => sub { $_ = 'W' },
    'header alone'    => sub { $_ = $head },
    'cut'             => sub { $_ = substr $_, 0, -10 },
    'longer'          => sub { $_ .= $marker },
    'another schema'  => sub { s/^WO3/WO4/ },
    'lengths'         => sub { substr $_, 56, 13, '999999 999999' },
    'broken JSON'     => sub { substr $_, length($head) + 5, 20,
                               "$marker\x00\xff{{{" },
    'NUL'             => sub { $_ = "\0" x 4096 },
    'no newline'      => sub { substr $_, length($head) - 1, 1, ' ' },
    'letters'         => sub { substr $_, 6, 3, 'abc' },
    'huge'            => sub { $_ .= $marker x 1_000_000 },
    'status'          => sub { substr $_, 48, 2, '99' },
);

for my $name (sort keys %damage) {
    $t->redis->call('SET', key('bad'), $document);
    damage($t, 'bad', $damage{$name});

    for my $path ('/track/bad', '/track/bad.json') {
        for my $full (0, 1) {
            my $r = $t->get($path, $full ? (Cookie => $cookie) : ());
            my $what = "$name: $path" . ($full ? ', full' : '');

            # a view that is whole may be served beside one that is not

            ok($r->status == 503 || $r->status == 200, "$what: status")
                or diag($r->status);
            unlike($r->body, qr/$marker/, "$what: no raw bytes");
            ok(length $r->body, "$what: not blank");
        }
    }

    others_ok($name);
}

$t->redis->call('SET', key('bad'), $head);
my $r = $t->get('/track/bad');
is($r->status, 200, 'header alone: a page');
like($r->body, qr/in transit|on its way/i, 'header alone: the status');
ok(!$r->header('etag'), 'header alone: no ETag');


# A thousand random bit flips

{
    my ($blank, $raw, $crash) = (0, 0, 0);

    srand 1;

    for (1 .. 300) {
        my $bytes = $document;

        for (0 .. int rand 4) {
            vec($bytes, int rand 8 * ($_ ? length $bytes : length $head), 1)
                ^= 1;
        }

        $t->redis->call('SET', key('bad'), $bytes);

        my $r = $t->get('/track/bad');

        $crash++ unless $r->status == 200 || $r->status == 503;
        $blank++ unless $r->body =~ m{</html>\s*$};
        $raw++ if $r->body =~ /^WO3|Lamp-bad|Street-bad/;
    }

    is($crash, 0, 'bit flips: answered');
    is($blank, 0, 'bit flips: whole pages');
    is($raw, 0, 'bit flips: nothing leaks');
    others_ok('bit flips');
}


# 100 MB: only what a document may have is read

{
    my $rss = sub {
        my ($worker) = $t->nginx->workers;
        Wismo::Process::slurp("/proc/$worker/status") =~ /VmRSS:\s+(\d+)/;
        return $1;
    };

    $t->redis->call('SETRANGE', key('large'), 100_000_000, 'x');

    my $before = $rss->();
    my $r = $t->get('/track/large');

    is($r->status, 503, '100 MB');
    cmp_ok($r->seconds, '<', 1, '100 MB: soon');
    cmp_ok($rss->() - $before, '<', 4096, '100 MB: not read');
    $t->redis->call('DEL', key('large'), key('bad'));
}


# Refusals: reading goes on where it can, nothing is acknowledged

sub refused {
    my ($what, $reads) = @_;

    # what Redis is not asked for is there all the same

    is($t->get('/track/good')->status, 200, "$what: page");
    is($t->get('/track/none')->status, $reads ? 404 : 503, "$what: no page");

    my $r = $t->api('DELETE', '/orders/good');
    is($r->status, 503, "$what: nothing is taken");
    is($r->header('retry-after'), 5, "$what: Retry-After");
}

sub back {
    my ($what) = @_;

    ok(wait_until { $t->get('/track/none')->status == 404 } 40,
       "$what: back again");
}

$t->redis->call('CONFIG', 'SET', 'maxmemory', '1');
refused('OOM', 1);
$t->redis->call('CONFIG', 'SET', 'maxmemory', '0');
back('OOM');

$t->redis->call('CONFIG', 'SET', 'min-replicas-to-write', '3');
refused('NOREPLICAS', 1);
$t->redis->call('CONFIG', 'SET', 'min-replicas-to-write', '0');
back('NOREPLICAS');

$t->redis->call('REPLICAOF', '127.0.0.1', '1');
refused('READONLY', 1);
$t->redis->call('REPLICAOF', 'NO', 'ONE');
back('READONLY');

$t->redis->call('CONFIG', 'SET', 'replica-serve-stale-data', 'no');
$t->redis->call('REPLICAOF', '127.0.0.1', '1');
refused('MASTERDOWN', 0);
$t->redis->call('REPLICAOF', 'NO', 'ONE');
back('MASTERDOWN');

$t->redis->call('ACL', 'SETUSER', 'default', '-getrange', '-xadd');
refused('NOPERM', 0);
$t->redis->call('ACL', 'SETUSER', 'default', '+@all');
back('NOPERM');

$t->redis->call('CONFIG', 'SET', 'requirepass', 'secret');
$t->redis->call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
refused('NOAUTH', 0);
$t->redis->call('CONFIG', 'SET', 'requirepass', '');
back('NOAUTH');


# An inbox that is no stream, and one that is full

my ($bucket) = key('good') =~ /\{(\d+)\}/;
my ($stream) = grep { /\b@{[ $bucket % 16 ]}\b/ }
    @{ $t->redis->call('KEYS', 'wi:*') };

$stream //= 'wi:{' . $bucket % 16 . '}';

my $off = Wismo::Test->new;

$off->redis->call('SET', $stream, 'x');
is($off->api('DELETE', '/orders/good')->status, 503, 'an inbox of wrong type');
$off->redis->call('DEL', $stream);
is($off->api('DELETE', '/orders/good')->status, 202, 'and of the right one');

$off->redis->call('EVAL', "for i = 1, 100000 do redis.call('XADD', KEYS[1],
    '*', 'kind', 'x') end", 1, $stream);
sleep 1;

my %answers;
$answers{ $off->api('DELETE', '/orders/good')->status }++ for 1 .. 20;
cmp_ok($answers{503} || 0, '>=', 17, 'a full inbox refuses')
    or diag(explain(\%answers));

$off->redis->call('XTRIM', $stream, 'MAXLEN', 10);
ok(wait_until { $off->api('DELETE', '/orders/good')->status == 202 } 5,
   'and takes again when there is room');

done_testing;
