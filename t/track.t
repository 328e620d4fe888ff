#!/usr/bin/perl

# The tracking page and its form: what a shopper with nothing but an order
# number sees, and the headers that keep it private.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

use Digest::SHA qw(sha256_base64);

my $t = Wismo::Test->new(fetcher => 1, locations => <<'EOT');
        location /track/ { wismo_track; }
        location "/a path/" { wismo_track; }
        location = /wismo/ready { wismo_health ready; }
EOT

wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';
seed($t, order('1001'));

my @secret = map { "$_-1001" } qw(Customer mail Street City Lamp Departed
                                  Place);


sub headers_ok {
    my ($r, $what) = @_;

    my %want = (
        'cache-control'              => 'private, no-cache',
        'x-content-type-options'     => 'nosniff',
        'referrer-policy'            => 'no-referrer',
        'cross-origin-opener-policy' => 'same-origin',
        'x-robots-tag'               => 'noindex, nofollow, noarchive',
    );

    is_deeply({ map { $_ => $r->header($_) } keys %want }, \%want,
              "$what: security headers");
    like($r->header('content-security-policy'),
         qr/^default-src 'none'; .*frame-ancestors 'none'/,
         "$what: policy");
}


# The minimal view

{
    my $r = $t->get('/track/1001');

    is($r->status, 200, 'page');
    is($r->header('content-type'), 'text/html; charset=utf-8', 'its type');
    is($r->header('vary'), 'Accept, Accept-Encoding, Accept-Language, Cookie', 'it varies');
    headers_ok($r, 'page');
    like($r->body, qr{^<!doctype html>.*</html>\s*$}s, 'a whole page');
    like($r->body, qr/1001/, 'it names the order');

    for my $secret (@secret, '1Z1001') {
        unlike($r->body, qr/$secret/i, "minimal page hides $secret");
    }

    my ($style) = $r->body =~ m{<style>(.*?)</style>}s;
    my $hash = sha256_base64($style) . '=';

    like($r->header('content-security-policy'),
         qr/style-src 'sha256-\Q$hash\E'/, 'the policy knows the style');

    # one script is data (JSON-LD), which no browser runs

    my $body = $r->body;

    is($body =~ s{<script type="application/ld\+json">[^<]*</script>}{}g, 1,
       'facts for machines');
    unlike($body, qr/<script>|\son\w+=|\sstyle=|https?:/i,
           'no inline script, no inline style, nothing from elsewhere');

    my $head = $t->request('HEAD', '/track/1001');

    is($head->status, 200, 'HEAD');
    is($head->header('content-length'), length $r->body, 'HEAD: length');
    is($head->header('etag'), $r->header('etag'), 'HEAD: ETag');
}


is($t->get('/track/1001?utm_source=mail')->status, 200, 'other arguments');
headers_ok($t->get('/track/nobody'), 'unknown order');


# Who leaves out the slash

{
    my $r = $t->get('/track?lang=de');

    is($r->status, 301, 'without a slash: sent on');
    like($r->header('location'), qr{^http://[^/]+/track/\?lang=de$}, 'to it');
}


# The form

{
    my $r = $t->get('/track/');

    is($r->status, 200, 'form');
    headers_ok($r, 'form');
    like($r->body, qr{<form[^>]*method="post"[^>]*action="/track/"}, 'posts');

    like($t->get('/a%20path/')->body, qr{action="/a%20path/"},
         'a form in another location');

    my $post = sub {
        my ($body, $path) = @_;

        return $t->request('POST', $path || '/track/', body => $body,
            headers => { 'Content-Type' =>
                         'application/x-www-form-urlencoded' });
    };

    for my $body ('order=1001', 'x=1&order=1001', 'order=+1001%0a',
                  'order=%231001', 'order=%31%30%30%31&y=')
    {
        $r = $post->($body);
        is($r->status, 303, "look-up: $body");
        is($r->header('location'),
           'http://localhost:' . $t->port . '/track/1001', 'where to');
        headers_ok($r, 'look-up');
    }

    is($post->('order=1001', '/a%20path/')->header('location'),
       'http://localhost:' . $t->port . '/a%20path/1001', 'escaped');

    for my $body ('order=..%2f..%2f', "order=1\r\nX: y", 'order=%',
                  'order=%4', 'order=//evil.example/', 'order=1%c3%a9')
    {
        $r = $post->($body);
        is($r->status, 404, "refused look-up: $body");
        like($r->body, qr/<form/, 'with the form');
    }

    for my $body ('', 'order=', 'order', 'order=+', 'number=1001',
                  'order=%00', 'order=' . 'x' x 1100)
    {
        $r = $post->($body);
        is($r->status, 422, 'look-up without a number: '
                            . substr $body, 0, 20);
        like($r->body, qr/id="order-error"/, 'says what is missing');
        like($r->body, qr/aria-describedby="order-error [^"]*"
                          \ aria-invalid="true"/x, 'where it is missing');
    }

    is($post->('order=' . 'x' x 2100)->status, 413, 'a long look-up');

    for my $method (qw(PUT DELETE PATCH OPTIONS)) {
        $r = $t->request($method, '/track/');
        is($r->status, 405, "$method of the form");
        is($r->header('allow'), 'GET, HEAD, POST', 'Allow');
    }

    $r = $t->request('POST', '/track/1001', body => 'x');
    is($r->status, 405, 'POST of an order');
    is($r->header('allow'), 'GET, HEAD', 'Allow');
}

done_testing;
