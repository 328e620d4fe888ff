#!/usr/bin/perl

# Redis by a name that only nginx's resolver knows: asked when connecting, and
# again for each new connection, so that a name that moves is followed.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(free_port);

use IO::Socket::INET;

my $t = Wismo::Test->new(start => 0, redis => { tcp => 1 });
my $redis = $t->redis;
my $zone = $t->dir . '/zone';

my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Proto => 'udp')
    or die "socket: $!\n";
my $dns = $socket->sockport;


# A name server: one A record, as long as the file "zone" has an address.

defined(my $server = fork) or die "fork: $!\n";

END { kill TERM => $server if $server }

if ($server == 0) {
    $SIG{TERM} = 'DEFAULT';

    while (my $peer = recv $socket, my $query, 512, 0) {
        open my $file, '<', $zone;
        my $address = $file && <$file>;

        my ($id, $flags) = unpack 'nn', $query;
        my $question = substr $query, 12;
        my ($name, $type) = unpack '(C/a)*', $question;
        my $a = unpack('n', substr $question, -4, 2) == 1;

        send $socket, pack('nnnnnn', $id, $address ? 0x8180 : 0x8183, 1,
                           $address && $a ? 1 : 0, 0, 0)
            . $question
            . ($address && $a ? pack 'nnnNnC4', 0xc00c, 1, 1, 1, 4,
                                     split /\./, $address : ''), 0, $peer;
    }

    exit 0;
}

close $socket;


sub address {
    my ($address) = @_;

    open my $file, '>', $zone or die "$zone: $!\n";
    print $file $address;
    close $file;
}


sub ready { $t->get('/wismo/ready')->status == 200 }


address('127.0.0.1');

$t->nginx->start(<<"EOT");
http {
    access_log off;
    client_body_temp_path %%DIR%%/tmp/body;
    proxy_temp_path %%DIR%%/tmp/proxy;
    fastcgi_temp_path %%DIR%%/tmp/fastcgi;
    uwsgi_temp_path %%DIR%%/tmp/uwsgi;
    scgi_temp_path %%DIR%%/tmp/scgi;

    resolver 127.0.0.1:$dns valid=1s ipv6=off;
    resolver_timeout 2s;

    wismo_redis redis://redis.test:@{[ $redis->port ]};
    wismo_secret_file %%DIR%%/link.key;
    wismo_share %%SHARE%%;
    wismo_fetcher off state=%%DIR%%/state;

    server {
        listen 127.0.0.1:%%PORT%%;
        location /track/ { wismo_track; }
        location = /wismo/ready { wismo_health ready; }
    }
}
EOT

ok wait_until(\&ready, 5), 'ready';
is $t->get('/track/none.json')->status, 404, 'Redis was asked';

address('');
sleep 2;
$redis->kill;

ok wait_until(sub { !ready() }, 5), 'Redis is gone';

$redis->start;
sleep 1;

is $t->get('/track/none.json')->status, 503, 'its name is gone, too';
like $t->nginx->log, qr/\[error\].*has a host name that could not be resolved/,
    'and that is told';

address('127.0.0.1');

ok wait_until(\&ready, 10), 'the name is back: ready';
is $t->get('/track/none.json')->status, 404, 'Redis was asked';
ok $t->nginx->reload, 'reload';
ok wait_until(\&ready, 5), 'ready again';

kill TERM => $server;
waitpid $server, 0;
$server = 0;

done_testing;
