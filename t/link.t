#!/usr/bin/perl

# Signed links: checked before Redis is asked, traded for a cookie that is
# good for one order and one day, and nothing else opens the full view.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

my $tls = Wismo::Process::free_port();
my $t = Wismo::Test->new(fetcher => 1, start => 0, server => <<"EOT",
        listen 127.0.0.1:$tls ssl;
        ssl_certificate %%DIR%%/tls.pem;
        ssl_certificate_key %%DIR%%/tls.pem;
EOT
    locations => <<'EOT');
        location /track/ { wismo_track; }
        location /none/ { wismo_track; wismo_order_only none; }
        location /full/ { wismo_track; wismo_order_only full; }
        location = /wismo/ready { wismo_health ready; }
EOT

my ($made, $out, $err) = Wismo::Process::run({},
    qw(openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost
       -keyout), $t->dir . '/tls.key', '-out', $t->dir . '/tls.crt');
die "openssl: $err" if $made != 0;

Wismo::Process::spew($t->dir . '/tls.pem',
    join '', map { Wismo::Process::slurp($t->dir . "/tls.$_") } qw(crt key));

$t->start;
wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';
seed($t, order('1001'), order('1002'));


sub commands {
    my $info = $t->redis->call('INFO', 'commandstats');

    return $info =~ /cmdstat_getrange:calls=(\d+)/ ? $1 : 0;
}


# A signed link is traded for a cookie

{
    my $r = $t->get($t->link('1001'));

    is($r->status, 303, 'link');
    is($r->header('location'),
       'http://localhost:' . $t->port . '/track/1001', 'clean URL');

    my ($cookie) = $r->headers('set-cookie');
    like($cookie, qr{^wismo_[0-9a-f]{8}=k1\.f\.\d+\.\d+\.[\w-]+;
        \ Max-Age=86(?:400|39\d);\ HttpOnly;\ SameSite=Lax;\ Path=/track/$}x,
         'cookie');

    my ($pair) = $cookie =~ /^([^;]+)/;
    my $full = $t->get('/track/1001', Cookie => "a=b; $pair; c=d");

    is($full->status, 200, 'with the cookie');

    for my $secret (qw(Lamp-1001 1Z1001 Departed-1001 Place-1001)) {
        like($full->body, qr/$secret/, "full page shows $secret");
    }

    for my $secret (qw(Customer-1001 mail-1001 Street-1001)) {
        unlike($full->body, qr/$secret/, "full page hides $secret");
    }

    unlike($t->get('/track/1002', Cookie => $pair)->body, qr/Lamp-1002/,
           'the cookie is for one order');

    my ($name, $value) = split /=/, $pair, 2;

    like($t->get('/none/1001', Cookie => $pair)->body, qr/Lamp-1001/,
         'order_only none: with the cookie');
    like($t->get('/full/1001')->body, qr/Lamp-1001/, 'order_only full');

    unlike($t->get('/track/1001', Cookie => "$name=" . $t->token('1001'))
           ->body, qr/Lamp/, 'a link is no cookie');
    is($t->get("/track/1001?t=$value")->status, 404, 'a cookie is no link');

    unlike($t->get('/track/1001', Cookie => "$name="
                   . $t->token('1001', purpose => 'cookie',
                               expires => time() - 1))
           ->body, qr/Lamp/, 'an expired cookie');
    like($t->get('/track/1001', Cookie => "$name="
                 . $t->token('1001', purpose => 'cookie'))
         ->body, qr/Lamp/, 'the documented scheme makes the same cookie');
}


# Over TLS the cookie is bound to the host and never leaves TLS

sub tls {
    my ($path, @args) = @_;

    my ($status, $out) = Wismo::Process::run({}, qw(curl -sk -i -m 10),
        @args, "https://localhost:$tls$path", '--resolve',
        "localhost:$tls:127.0.0.1");

    return $out;
}

{
    my ($cookie) = tls($t->link('1001')) =~ /^set-cookie: (.*?)\r?$/mi;

    like($cookie, qr{^__Host-wismo_[0-9a-f]{8}=k1\.f\.\d+\.\d+\.[\w-]+;
        \ Max-Age=86(?:400|39\d);\ HttpOnly;\ SameSite=Lax;\ Path=/;
        \ Secure$}x,
         'TLS: cookie');

    my ($pair) = $cookie =~ /^([^;]+)/;
    my ($plain) = $pair =~ /^__Host-(.*)/;

    like(tls('/track/1001', '-H', "Cookie: $pair"), qr/Lamp-1001/,
         'TLS: with the cookie');
    unlike(tls('/track/1001', '-H', "Cookie: $plain"), qr/Lamp-1001/,
           'TLS: not without its prefix');
}


# Links that do not hold

{
    my $before = commands();
    my $good = $t->token('1001');
    my $bad = $t->get('/track/1001?t=x');

    is($bad->status, 404, 'bad link');
    ok(!$bad->headers('set-cookie'), 'no cookie');

    my %token = (
        expired    => $t->token('1001', expires => time() - 1),
        other      => $t->token('1002'),
        purpose    => $t->token('1001', purpose => 'cookie'),
        cut        => substr($good, 0, -1),
        longer     => $good . 'A',
        changed    => $good =~ s/(.)$/$1 eq 'A' ? 'B' : 'A'/er,
        later      => $good =~ s/(\d)\.([\w-]+)$/9 - $1 . ".$2"/er,
        scope      => $t->token('1001', scope => 'm') =~ s/\.m\./.f./r,
        future     => $t->token('1001', issued => time() + 3600),
        kid        => $good =~ s/^\w+/k2/r,
        'no kid'   => $good =~ s/^\w+\.//r,
        dots       => '...',
        empty      => '',
        long       => 'A' x 4000,
        bytes      => '%00%ff%0d%0a',
    );

    for my $name (sort keys %token) {
        my $r = $t->get("/track/1001?t=$token{$name}");

        is($r->status, 404, "link: $name");
        is($r->body, $bad->body, "the same answer: $name");
        is($t->get("/track/nobody?t=$token{$name}")->body, $bad->body,
           "and of an unknown order: $name");
    }

    is(commands(), $before, 'Redis was not asked');
}

done_testing;
