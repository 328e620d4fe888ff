#!/usr/bin/perl

# The orders API: what it takes goes to the inbox as it came, and 202 is said
# only when Redis has it.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Box qw(opened);
use Wismo::Test;
use Wismo::Seed;

my $h2 = Wismo::Process::free_port();
my $t = Wismo::Test->new(carriers => ['ups'],
    server => "        listen 127.0.0.1:$h2 http2;\n");

my $key = 'Bearer ' . Wismo::Test::API_KEY;
my $body = '{"shipments":[{"carrier":"ups","tracking_number":"1Z1"}],'
         . ' "items": [] }';


# All letters in the inbox, as hashes, in the order in which they were seen:
# each stream counts for itself, so that ids of two of them may be the same.

my (@letters, %seen);

sub letters {
    for my $stream (@{ $t->redis->call('KEYS', 'wi:*') }) {
        for my $entry (@{ $t->redis->call('XRANGE', $stream, '-', '+') }) {
            push @letters, { id => $entry->[0], stream => $stream,
                             %{ opened({ @{ $entry->[1] } }) } }
                unless $seen{"$stream $entry->[0]"}++;
        }
    }

    return @letters;
}


# PUT

{
    my $r = $t->api('PUT', '/orders/1001', $body);

    is($r->status, 202, 'PUT');
    is($r->header('content-type'), 'application/json', 'PUT: JSON');
    is($r->header('location'),
       'http://localhost:' . $t->port . '/wismo/api/v1/orders/1001',
       'PUT: Location');
    is($r->json->{order}, '1001', 'PUT: order');
    is($r->json->{status}, 'accepted', 'PUT: accepted');

    my ($letter, @more) = letters();

    is(@more, 0, 'PUT: one letter');
    is($letter->{id}, $r->json->{inbox_id}, 'PUT: its id');
    is($letter->{kind}, 'put', 'PUT: kind');
    is($letter->{order}, '1001', 'PUT: order');
    is($letter->{body}, $body, 'PUT: the bytes as they came');
    cmp_ok(abs($letter->{at} - time()), '<', 5, 'PUT: when');

    my ($bucket) = key('1001') =~ /\{(\d+)\}/;
    my $inbox = $bucket % 16;
    like($letter->{stream}, qr/\b$inbox\b/, 'PUT: the stream of its bucket');
}

is($t->api('PUT', '/orders/1002', $body,
           'Content-Type' => 'application/json; charset=utf-8')->status, 202,
   'a charset');
is(scalar(letters()), 2, 'a charset: a letter');


# DELETE

{
    my $r = $t->api('DELETE', '/orders/1001');

    is($r->status, 202, 'DELETE');
    is((letters())[-1]{kind}, 'delete', 'DELETE: kind');
    is((letters())[-1]{order}, '1001', 'DELETE: order');
    ok(!exists((letters())[-1]{body}), 'DELETE: no body');
}


# Bodies in every way that HTTP knows

{
    my $large = '{"shipments":[],"items":[' . join(',', map {
        '{"id":"' . $_ . '","name":"' . 'x' x 280 . '","quantity":1}'
    } 1 .. 190) . ']}';
    my $before = letters();
    my $send = sub {
        my ($head, @parts) = @_;
        my $s = Wismo::Http::open($t->port);

        print $s "PUT /wismo/api/v1/orders/9 HTTP/1.1\r\nHost: localhost\r\n"
               . "Authorization: $key\r\nContent-Type: application/json\r\n"
               . "$head\r\n";

        for my $part (@parts) {
            select undef, undef, undef, 0.01;
            print $s $part;
        }

        return Wismo::Http::response($s);
    };
    my $chunks = sub {
        my ($size, $text) = @_;
        my @chunks;

        while (length $text) {
            my $chunk = substr $text, 0, $size, '';
            push @chunks, sprintf("%x\r\n%s\r\n", length $chunk, $chunk);
        }

        return (@chunks, "0\r\n\r\n");
    };

    is($send->('Content-Length: ' . length($body) . "\r\n",
               split //, $body)->status, 202, 'byte by byte');
    is((letters())[-1]{body}, $body, 'byte by byte: whole');

    is($send->("Transfer-Encoding: chunked\r\n", $chunks->(7, $body))->status,
       202, 'chunked');
    is((letters())[-1]{body}, $body, 'chunked: whole');

    is($send->("Transfer-Encoding: chunked\r\n",
               join '', $chunks->(3, $body))->status, 202, 'small chunks');
    is((letters())[-1]{body}, $body, 'small chunks: whole');

    is($send->('Content-Length: ' . length($large) . "\r\n",
               $large =~ /(.{1,9000})/gs)->status, 202, 'large');
    ok((letters())[-1]{body} eq $large, 'large: whole');

    is($send->("Transfer-Encoding: chunked\r\n",
               $chunks->(9000, $large))->status, 202, 'large, chunked');
    ok((letters())[-1]{body} eq $large, 'large, chunked: whole');

    my $s = Wismo::Http::open($t->port);
    print $s "PUT /wismo/api/v1/orders/9 HTTP/1.1\r\nHost: localhost\r\n"
           . "Authorization: $key\r\nContent-Type: application/json\r\n"
           . 'Content-Length: ' . length($body) . "\r\n"
           . "Expect: 100-continue\r\n\r\n";
    sysread $s, my $continue, 100;
    like($continue, qr{^HTTP/1.1 100 }, '100-continue: invited');
    print $s $body;
    is(Wismo::Http::response($s)->status, 202, '100-continue: taken');

    is(scalar(letters()), $before + 6, 'no letter too many or too few');

    # two requests in one packet: the connection stays in step

    $s = Wismo::Http::open($t->port);
    my $request = "PUT /wismo/api/v1/orders/9 HTTP/1.1\r\nHost: localhost\r\n"
                . "Authorization: $key\r\nContent-Type: application/json\r\n"
                . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
    print $s $request x 3;
    is(Wismo::Http::response($s)->status, 202, "pipelined $_") for 1 .. 3;

    my @temp = glob $t->dir . '/tmp/body/*';
    is(@temp, 0, 'no body was written to a file');


    # HTTP/2: nginx reads the body in another way

    my $put = sub {
        my ($text, @more) = @_;

        my ($status, $out, $err) = Wismo::Process::run({ stdin => $text },
            qw(curl -sS --http2-prior-knowledge -w %{http_version}:%{http_code}
               -o /dev/null -X PUT --data-binary @- -m 10), @more,
            '-H', "Authorization: $key", '-H',
            'Content-Type: application/json',
            "http://127.0.0.1:$h2/wismo/api/v1/orders/9");

        return $out;
    };

    is($put->($body), '2:202', 'HTTP/2');
    is((letters())[-1]{body}, $body, 'HTTP/2: whole');
    is($put->($large), '2:202', 'HTTP/2, large');
    ok((letters())[-1]{body} eq $large, 'HTTP/2, large: whole');
    is($put->($large, '-H', 'Expect: 100-continue'), '2:202',
       'HTTP/2, 100-continue');

    # an answer before the end of a body: curl may see only the reset

    like($put->('x' x 70000), qr/^(?:2:413|0:000)/, 'HTTP/2, too large');
    ok((letters())[-1]{body} eq $large, 'HTTP/2, too large: not taken');
}


# Reading

{
    my $with = Wismo::Test->new(fetcher => 1);

    seed($with, order('1001'));

    my $document = document($with, '1001');
    my $r = $with->api('GET', '/orders/1001');

    is($r->status, 200, 'GET');
    is($r->header('content-type'), 'application/json', 'GET: JSON');
    cmp_ok(index($document, $r->body), '>', 0, 'GET: stored bytes');
    is($r->json->{order}, '1001', 'GET: the order');
    is($r->json->{parcels}[0]{tracking_number}, '1Z1001',
       'GET: the full view');
    is($with->api('HEAD', '/orders/1001')->header('content-length'),
       length $r->body, 'HEAD');
    is($with->api('GET', '/orders/nobody')->status, 404, 'GET: none');

    # deleted through the API, taken by the fetcher

    is($with->api('DELETE', '/orders/1001')->status, 202, 'DELETE');
    ok(wait_until { $with->api('GET', '/orders/1001')->status == 404 } 10,
       'it is gone');
    is($with->get('/track/1001')->status, 404, 'its page too');
}

done_testing;
