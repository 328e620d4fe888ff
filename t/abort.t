#!/usr/bin/perl

# Clients that go away while their request waits, many at once, and inside
# subrequests: noticed, dropped, nothing left behind, nobody else disturbed.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

use IO::Select;
use Time::HiRes qw(sleep);

my $t = Wismo::Test->new(fetcher => 1, carriers => ['ups'],
    server => <<'EOT');
        location = /ssi.html { ssi on; root %%DIR%%; }
        location /auth/ { auth_request /track/1; return 200 "in\n"; }
        location /mirror/ { mirror /track/2; return 200 "mirrored\n"; }
EOT

seed($t, map { order($_) } 1 .. 50);

my $body = '{"shipments":[{"carrier":"ups","tracking_number":"1Z1"}]}';
my $head = "Host: localhost\r\nAuthorization: Bearer "
         . Wismo::Test::API_KEY . "\r\nContent-Type: application/json\r\n";

my ($worker) = $t->nginx->workers;


sub connections {
    my @sockets = grep { /^socket:/ } $t->fds($worker);

    return scalar @sockets;
}

my $idle = connections();


sub settled {
    my ($what) = @_;

    ok(wait_until { connections() <= $idle } 10, "$what: no connection left");
    ok(wait_until { $t->get('/track/1')->status == 200 } 20,
       "$what: pages as before");
    is(($t->nginx->workers)[0], $worker, "$what: the same worker");
}


# While Redis is silent

for my $request ("GET /track/1 HTTP/1.1\r\n$head\r\n",
                 "GET /track/1.json HTTP/1.1\r\n$head\r\n",
                 "GET /ssi.html HTTP/1.1\r\n$head\r\n",
                 "GET /auth/ HTTP/1.1\r\n$head\r\n",
                 "PUT /wismo/api/v1/orders/1 HTTP/1.1\r\n${head}"
                 . 'Content-Length: ' . length($body) . "\r\n\r\n$body",
                 "GET /wismo/api/v1/orders/1 HTTP/1.1\r\n$head\r\n")
{
    my ($name) = $request =~ /^(\S+ \S+)/;

    Wismo::Process::spew($t->dir . '/ssi.html',
        '<p><!--# include virtual="/track/3" --></p>'
        . '<p><!--# include virtual="/track/4" --></p>');
    chmod 0644, $t->dir . '/ssi.html';

    $t->redis->pause;

    my @clients = map {
        my $s = Wismo::Http::open($t->port);
        print $s $request;
        $s;
    } 1 .. 30;

    sleep 0.02;
    close $_ for @clients[ 0 .. 14 ];
    shutdown $_, 1 for @clients[ 15 .. 19 ];
    setsockopt($_, Socket::SOL_SOCKET(), Socket::SO_LINGER(),
               pack('ii', 1, 0)), close $_ for @clients[ 20 .. 29 ];

    sleep 0.02;
    $t->redis->cont;
    close $_ for @clients[ 15 .. 19 ];

    settled("aborted: $name");
}


# In the middle of a body

for my $part (0, 1, 20) {
    my @clients = map {
        my $s = Wismo::Http::open($t->port);
        print $s "PUT /wismo/api/v1/orders/1 HTTP/1.1\r\n${head}"
               . 'Content-Length: ' . length($body) . "\r\n\r\n"
               . substr($body, 0, $part);
        $s;
    } 1 .. 10;

    sleep 0.02;
    close $_ for @clients;
    settled("aborted after $part bytes of body");
}


# Subrequests

{
    my $r = $t->get('/ssi.html');

    like($r->body, qr/order 3.*order 4/is, 'SSI: both orders, in order')
        or diag($r->body);
    is($t->get('/auth/')->status, 200, 'auth_request: an order that is there');
    is($t->get('/mirror/')->body, "mirrored\n", 'mirror');
}


# 200 at once, each its own

{
    my @clients = map {
        my $n = 1 + $_ % 50;
        my $s = Wismo::Http::open($t->port);
        [ $n, $s ];
    } 1 .. 200;

    for (@clients) {
        my ($n, $s) = @$_;
        print $s "GET /track/$n.json HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }

    my $wrong = 0;

    for (@clients) {
        my ($n, $s) = @$_;
        my $r = Wismo::Http::response($s);

        $wrong++ unless $r && $r->status == 200 && $r->json
                        && $r->json->{order} eq $n;
    }

    is($wrong, 0, '200 at once: each gets its own');

    # and 50 on one connection, pipelined

    my $s = Wismo::Http::open($t->port);
    print $s join '', map {
        "GET /track/$_.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    } 1 .. 50;

    $wrong = 0;

    for my $n (1 .. 50) {
        my $r = Wismo::Http::response($s);

        $wrong++ unless $r && $r->status == 200 && $r->json->{order} eq $n;
    }

    is($wrong, 0, '50 pipelined: in order');
}

settled('after all');

done_testing;
