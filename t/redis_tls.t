#!/usr/bin/perl

# Redis behind TLS, by its own TLS port: with a certificate that is verified,
# one of another name, one of an unknown authority, and a port that speaks no
# TLS at all.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(free_port run);

my $tls = free_port();
my $t = Wismo::Test->new(start => 0, redis => { start => 0, tcp => 1 });
my $dir = $t->dir;


sub openssl {
    my ($status, $out, $err) = run({ timeout => 30 }, 'openssl', @_);

    die "openssl @_: $err\n" if $status;
}


for my $name (qw(ca other)) {
    openssl(qw(req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1
               -nodes -days 2 -subj), "/CN=$name", '-keyout',
            "$dir/$name.key", '-out', "$dir/$name.pem");
}

openssl(qw(req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes
           -subj /CN=redis.test -addext),
        'subjectAltName=DNS:redis.test,IP:127.0.0.1',
        '-keyout', "$dir/redis.key", '-out', "$dir/redis.csr");
openssl(qw(x509 -req -days 2 -copy_extensions copy -in), "$dir/redis.csr",
        '-CA', "$dir/ca.pem", '-CAkey', "$dir/ca.key", '-out',
        "$dir/redis.pem");

my $redis = $t->redis;

$redis->{opt}{args} = [
    '--tls-port', $tls, '--tls-auth-clients', 'no',
    '--tls-cert-file', "$dir/redis.pem", '--tls-key-file', "$dir/redis.key",
    '--tls-ca-cert-file', "$dir/ca.pem" ];
$redis->start;


sub conf {
    my ($url) = @_;

    return <<"EOT";
http {
    access_log off;
    client_body_temp_path %%DIR%%/tmp/body;
    proxy_temp_path %%DIR%%/tmp/proxy;
    fastcgi_temp_path %%DIR%%/tmp/fastcgi;
    uwsgi_temp_path %%DIR%%/tmp/uwsgi;
    scgi_temp_path %%DIR%%/tmp/scgi;

    wismo_redis $url connect_timeout=2s timeout=2s;
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
}


my $ca = 'ssl_ca=%%DIR%%/ca.pem';
my $started;

sub use_url {
    my ($url) = @_;

    $started++ ? $t->nginx->reload(conf($url)) : $t->nginx->start(conf($url));
}


for my $case (
    [ 'verified by address', "rediss://127.0.0.1:$tls $ca" ],
    [ 'verified by name',
      "rediss://127.0.0.1:$tls $ca ssl_name=redis.test" ],
    [ 'not verified', "rediss://localhost:$tls ssl_verify=off" ],
) {
    my ($name, $url) = @$case;

    use_url($url);

    ok wait_until(sub { $t->get('/wismo/ready')->status == 200 }, 10),
        "$name: ready";
    is $t->get('/track/none.json')->status, 404, "$name: Redis was asked";
}

is scalar(grep { /name=wismo-/ && /laddr=127.0.0.1:$tls / }
          split /\n/, $redis->call('CLIENT', 'LIST')), 2,
    'both connections are on the TLS port';


# A large value takes many records.

$redis->call('SET', 'wo:{' . bucket('1001') . '}:1001', 'x' x 1_000_000);
is $t->get('/track/1001.json')->status, 503, 'no document: 503';
is $t->get('/track/none.json')->status, 404, 'the connection is as it was';


for my $case (
    [ 'another name', "rediss://127.0.0.1:$tls $ca ssl_name=x.test",
      qr/failed the TLS handshake: its certificate is for another name/ ],

    [ 'another authority',
      "rediss://127.0.0.1:$tls ssl_ca=%%DIR%%/other.pem", undef ],

    [ 'no TLS there', 'rediss://127.0.0.1:' . $redis->port . " $ca", undef ],
) {
    my ($name, $url, $log) = @$case;

    use_url($url);

    is $t->get('/track/none.json')->status, 503, "$name: no page";
    is $t->get('/wismo/ready')->status, 503, "$name: not ready";
    like $t->nginx->log, $log, "$name: told" if $log;
}

is scalar(() = $t->nginx->log =~ /\[error\].*failed the TLS handshake/g), 1,
    'one line a minute';


sub bucket {
    my ($order) = @_;

    require Compress::Zlib;

    return Compress::Zlib::crc32("default/$order") % 1024;
}


done_testing;
