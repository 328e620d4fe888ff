#!/usr/bin/perl

# A link or a cookie with any bit changed is none: nothing is opened, nothing
# is given, and Redis is asked nothing.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1, workers => 1, locations => <<'EOT');
        location /track/ { wismo_track; wismo_order_only none; }
        location = /wismo/ready { wismo_health ready; }
EOT

wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';
seed($t, order('1001'));


sub commands {
    my $info = $t->redis->call('INFO', 'commandstats');

    return $info =~ /cmdstat_getrange:calls=(\d+)/ ? $1 : 0;
}


# One connection for all: there are thousands.

my $sock;

sub ask {
    my ($path, $cookie) = @_;

    $sock //= Wismo::Http::open($t->port);
    print $sock "GET $path HTTP/1.1\r\nHost: localhost\r\n"
        . ($cookie ? "Cookie: $cookie\r\n" : '') . "\r\n";

    my $r = Wismo::Http::response($sock);

    undef $sock
        if !$r || ($r->header('connection') // '') eq 'close';

    return $r;
}


my $token = $t->token('1001');
my $pair = $t->pair($t->get("/track/1001?t=$token"));
my ($name, $cookie) = split /=/, $pair, 2;

is(ask("/track/1001?t=$token")->status, 303, 'the link');
is(ask('/track/1001', $pair)->status, 200, 'the cookie');

my $before = commands();
my ($accepted, $refused, $given) = (0, 0, 0);

for my $bit (0 .. 8 * length($token) - 1) {
    my $changed = $token;

    vec($changed, $bit, 1) ^= 1;

    # what can't be in a URL as it is comes escaped, and as it is

    my $escaped = $changed =~ s/([^\w.-])/sprintf '%%%02x', ord $1/ger;

    for my $form ($escaped, $changed =~ /^[!-~]+$/ && $changed !~ /[#&%]/
                            ? $changed : ())
    {
        my $r = ask("/track/1001?t=$form") or next;

        $r->status == 404 ? $refused++ : $accepted++;
        $given++ if $r->headers('set-cookie');
    }
}

cmp_ok($refused, '>=', 8 * length $token, 'links with a bit changed');
is($accepted, 0, 'none is accepted');

my $links = $refused;
$refused = 0;

for my $bit (0 .. 8 * length($cookie) - 1) {
    my $changed = $cookie;

    vec($changed, $bit, 1) ^= 1;
    next if $changed =~ /[\0\r\n]/;

    my $r = ask('/track/1001', "$name=$changed") or next;

    $r->status == 404 ? $refused++ : $accepted++;
    $given++ if $r->headers('set-cookie');
}

cmp_ok($refused, '>=', 7 * length $cookie, 'cookies with a bit changed');
is($accepted, 0, 'none is accepted');
is($given, 0, 'nor anything given');
is(commands(), $before, 'Redis was not asked');

is(ask("/track/1001?t=$token")->status, 303, 'the link still is one');
is(ask('/track/1001', $pair)->status, 200, 'so is the cookie');

done_testing;
