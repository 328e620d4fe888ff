#!/usr/bin/perl

# wismo_lookup waits without holding anybody up: after access and limits,
# before try_files and upstreams, in subrequests, with a slow Redis, with
# clients that go away, and with a body still to be read.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(spew);
use Wismo::Seed;

use IO::Socket::INET;

my $t = Wismo::Test->new(fetcher => 1, start => 0, http => <<'EOT',
    limit_req_zone $arg_key zone=few:1m rate=1r/m;

    map $wismo_status $file {
        default      /unknown.txt;
        in_transit   /moving.txt;
    }
EOT
    locations => <<'EOT');
        location /track/ { wismo_track; }
        location = /try {
            wismo_lookup $arg_order;
            root %%DIR%%/www;
            try_files $file =404;
        }
        location = /limited {
            limit_req zone=few;
            wismo_lookup $arg_order;
            add_header X-Status $wismo_status;
            root %%DIR%%/www;
        }
        location = /denied { deny all; wismo_lookup $arg_order; }
        location = /proxied {
            wismo_lookup $arg_order;
            proxy_set_header X-Status $wismo_status;
            proxy_pass http://127.0.0.1:%%PORT%%/echo;
        }
        location = /echo {
            add_header X-Length $content_length;
            return 200 "$http_x_status\n";
        }
        location = /guarded {
            auth_request /guard;
            auth_request_set $known $wismo_status;
            add_header X-Known $known;
            root %%DIR%%/www;
        }
        location = /guard {
            internal;
            wismo_lookup $arg_order;
            root %%DIR%%/www;
        }
        location /outer/ {
            wismo_lookup $arg_order;
            location = /outer/inner {
                add_header X-Status $wismo_status;
                alias %%DIR%%/www/limited;
            }
        }
        location = /wismo/ready { wismo_health ready; }
EOT

my $dir = $t->dir;

mkdir "$dir/www";
spew("$dir/www/$_", "$_\n")
    for qw(moving.txt unknown.txt limited guarded guard);
chmod 0755, "$dir/www";
chmod 0644, glob "$dir/www/*";

$t->{opt}{conf} = $t->conf
    =~ s/(wismo_redis %%REDIS%%)/$1 timeout=5s connect_timeout=5s/r;
$t->start;
wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';

seed($t, map { order($_) } 1001 .. 1012);


sub commands {
    my $info = $t->redis->call('INFO', 'commandstats');

    return $info =~ /cmdstat_getrange:calls=(\d+)/ ? $1 : 0;
}


is($t->get('/try?order=1001')->body, "moving.txt\n", 'try_files');
is($t->get('/try?order=x')->body, "unknown.txt\n", 'of no order');
is($t->get('/proxied?order=1002')->body, "in_transit\n", 'proxy_pass');
is($t->get('/guarded?order=1003')->status, 200, 'auth_request');
is($t->get('/outer/inner?order=1004')->header('x-status'), 'in_transit',
   'a nested location inherits it');

{
    my $r = $t->request('POST', '/proxied?order=1005', body => 'b' x 100_000);

    is($r->body, "in_transit\n", 'a request with a body');
}


# What is refused costs Redis nothing

my $before = commands();

is($t->get('/denied?order=1006')->status, 403, 'deny');
is($t->get('/limited?order=1001&key=a')->status, 200, 'within the limit');
is($t->get('/limited?order=1006&key=a')->status, 503, 'beyond it');
is(commands(), $before, 'Redis was not asked');


# Redis takes its time: other requests go on, the waiting one, too

sub start {
    my ($path) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                  PeerPort => $t->port) or die $!;

    print $s "GET $path HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        . "\r\n";

    return $s;
}

$t->redis->pause;

my $waiting = start('/limited?order=1007&key=b');
my $gone = start('/limited?order=1008&key=c');

select undef, undef, undef, 0.2;
close $gone;

is($t->get('/echo')->status, 200, 'others are served meanwhile');

$t->redis->cont;

my $answer = join '', <$waiting>;

like($answer, qr{^HTTP/1.1 200 .*\r\nX-Status: in_transit\r\n.*limited$}s,
     'the answer came after all');
is($t->get('/limited?order=1009&key=d')->header('x-status'), 'in_transit',
   'a client that went away took nothing with it');


# Without wismo_redis there is nothing to look up

my ($status, $err) = $t->nginx->check(<<'EOT');
http {
    server { location / { wismo_lookup $arg_order; } }
}
EOT

isnt($status, 0, 'without wismo_redis');
like($err, qr/"wismo_lookup" without "wismo_redis".*check\.conf:\d+/,
     'said where');

done_testing;
