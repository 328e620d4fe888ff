#!/usr/bin/perl

# Hooks: a push is taken for its signature over the raw bytes and for nothing
# else, kept as it came, and acknowledged when Redis has it.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Box qw(opened);
use Wismo::Test;

use Digest::SHA qw(hmac_sha256_hex);

my $secret = 'easypost-hook-secret-for-tests';
my $hook = '/wismo/hooks/easypost';

my $t = Wismo::Test->new(carriers => ['easypost']);


sub signed {
    my ($body, %opt) = @_;

    return $t->request('POST', $hook, body => $body, headers => {
        'Content-Type' => 'application/json',
        'X-Hmac-Signature' => 'hmac-sha256-hex='
            . hmac_sha256_hex($body, $opt{secret} // $secret),
        %{ $opt{headers} || {} },
    });
}


# In the order in which they were seen: each stream has ids of its own.

my (@letters, %seen);

sub letters {
    for my $stream (@{ $t->redis->call('KEYS', 'wi:*') }) {
        push @letters, map { { id => $_->[0], %{ opened({ @{ $_->[1] } }) } } }
            grep { !$seen{"$stream $_->[0]"}++ }
            @{ $t->redis->call('XRANGE', $stream, '-', '+') };
    }

    return @letters;
}


# Good ones

my %body = (
    plain     => '{"result":{"id":"trk_1"}}',
    empty     => '',
    'no JSON' => "\x00\xff\r\n\r\n",
    large     => join('', map { chr(int rand 256) } 1 .. 200_000),
);

for my $name (sort keys %body) {
    my $r = signed($body{$name});

    is($r->status, 202, $name) or diag($r->body);
    is($r->json->{status}, 'accepted', "$name: accepted");

    my $letter = (letters())[-1];

    is($letter->{id}, $r->json->{inbox_id}, "$name: its id");
    is($letter->{kind}, 'hook', "$name: kind");
    is($letter->{carrier}, 'easypost', "$name: carrier");
    ok(($letter->{body} // '') eq $body{$name}, "$name: the bytes as they came");
    ok(!exists $letter->{order}, "$name: no order");
}

is(signed($body{plain}, headers => {
       'X-Hmac-Signature' => undef,
       'x-hmac-SIGNATURE' => 'hmac-sha256-hex='
                             . hmac_sha256_hex($body{plain}, $secret),
   })->status, 202, 'a header in any case');


# Bad ones: all get the same answer

my $before = letters();
my $wrong = signed($body{plain}, secret => 'x');

is($wrong->status, 401, 'wrong secret');
is($wrong->header('content-type'), 'application/problem+json', 'a problem');

my $right = hmac_sha256_hex($body{plain}, $secret);

for my $signature (undef, '', $right, 'hmac-sha256-hex=', "sha256=$right",
                   'hmac-sha256-hex=' . substr($right, 0, -1),
                   "hmac-sha256-hex=${right}0",
                   "hmac-sha256-hex=$right$right",
                   'hmac-sha256-hex=' . 'g' x 64,
                   'hmac-sha256-hex=' . '0' x 64, 'x' x 4000)
{
    my $r = signed($body{plain}, headers => {
        'X-Hmac-Signature' => $signature });

    is($r->status, 401, 'signature ' . ($signature // 'none'));
    is($r->body, $wrong->body, 'the same answer');
}

is(signed($body{plain} . ' ', headers => {
        'X-Hmac-Signature' => "hmac-sha256-hex=$right" })->status, 401,
   'one byte more');

for my $method (qw(GET PUT DELETE)) {
    my $r = $t->request($method, $hook, headers => {
        'X-Hmac-Signature' => "hmac-sha256-hex=$right" });

    is($r->status, 405, $method);
    is($r->header('allow'), 'POST', "$method: Allow");
}

{
    my $s = Wismo::Http::open($t->port);
    print $s "POST $hook HTTP/1.1\r\nHost: localhost\r\n"
           . "Content-Length: 900000\r\nExpect: 100-continue\r\n\r\n";
    my $r = Wismo::Http::response($s);
    is($r->status, 413, 'too large: refused before the body');

    $s = Wismo::Http::open($t->port);
    print $s "POST $hook HTTP/1.1\r\nHost: localhost\r\n"
           . "Transfer-Encoding: chunked\r\n\r\n";
    local $SIG{PIPE} = 'IGNORE';

    for (1 .. 40) {
        print $s "4000\r\n" . 'x' x 0x4000 . "\r\n" or last;
    }

    is(Wismo::Http::response($s)->status, 413, 'too large: by counting');
}

is(scalar(grep { $_->{kind} ne 'unsigned' } letters()), $before,
   'none of them was kept');


# Rotation: an old secret still serves beside the new one

$t->secret('easypost.hook', "new:another-secret-for-tests-only\nold:$secret");
$t->nginx->reload;

is(signed($body{plain})->status, 202, 'rotated: the old secret');
is(signed($body{plain}, secret => 'another-secret-for-tests-only')->status,
   202, 'rotated: the new secret');
is(signed($body{plain}, secret => 'x')->status, 401, 'rotated: another');


# Redis cannot take it: the sender has to come again

$t->redis->call('CONFIG', 'SET', 'maxmemory', '1');
my $r = signed($body{plain});
is($r->status, 503, 'Redis is full');
is($r->header('retry-after'), 5, 'Redis is full: Retry-After');

$t->redis->call('CONFIG', 'SET', 'maxmemory', '0');
ok(wait_until { signed($body{plain})->status == 202 } 5, 'and takes again');

$t->redis->kill;
$r = signed($body{plain});
is($r->status, 503, 'Redis is down');
is($r->header('retry-after'), 5, 'Redis is down: Retry-After');
is(signed($body{plain}, secret => 'x')->status, 401,
   'a bad signature is told also then');

$t->redis->start;
ok(wait_until { signed($body{plain})->status == 202 } 15, 'and up again');

done_testing;
