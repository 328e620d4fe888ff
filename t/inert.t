#!/usr/bin/perl

# Loaded and not used, the module does nothing: without http{}, with an http{}
# that says nothing of it, and with directives that no location uses.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(wait_until alive);

my $t = Wismo::Test->new(start => 0);
my $nginx = $t->nginx;
my $dir = $t->dir;

my $temp = <<'EOT';
    access_log off;
    client_body_temp_path %%DIR%%/tmp/body;
    proxy_temp_path %%DIR%%/tmp/proxy;
    fastcgi_temp_path %%DIR%%/tmp/fastcgi;
    uwsgi_temp_path %%DIR%%/tmp/uwsgi;
    scgi_temp_path %%DIR%%/tmp/scgi;
EOT

my $server = <<'EOT';
    server {
        listen 127.0.0.1:%%PORT%%;
        location / { return 200 "plain\n"; }
    }
EOT


sub clients {
    return grep { /name=wismo-/ }
        split /\n/, $t->redis->call('CLIENT', 'LIST');
}


for my $case (
    [ 'without http{}', '' ],
    [ 'with another http{}', "http {\n$temp$server}\n" ],
    [ 'with an empty http{}', "http {\n$temp}\n" ],
    [ 'with directives of no location',
      "http {\n$temp    wismo_redis %%REDIS%%;\n"
      . "    wismo_share %%SHARE%%;\n"
      . "    wismo_secret_file %%DIR%%/link.key;\n"
      . "    wismo_fetcher off state=%%DIR%%/state;\n$server}\n" ],
) {
    my ($name, $conf) = @$case;

    is +($nginx->check($conf))[0], 0, "$name: the configuration is right";

    $nginx->start($conf);
    ok scalar($nginx->workers), "$name: nginx runs";

    if ($conf =~ /server/) {
        is $t->get('/')->body, "plain\n", "$name: and serves";
    }

    ok $nginx->reload, "$name: reload";
    ok $nginx->upgrade, "$name: upgrade";
    is scalar(clients()), 0, "$name: no connection to Redis";
    is scalar($t->fetchers), 0, "$name: no fetcher";
    is $nginx->manager, undef, "$name: no helper process";
    ok $nginx->stop('QUIT'), "$name: quit";
}


# From nothing to everything and back, in one nginx's life.

$nginx->start("http {\n$temp$server}\n");
ok $nginx->reload($t->conf), 'reload into use';
ok wait_until(sub { $t->get('/wismo/ready')->status == 200 }, 5), 'ready';
ok $nginx->reload("http {\n$temp$server}\n"), 'and out of use';
is $t->get('/')->body, "plain\n", 'nginx serves';
ok wait_until(sub { !clients() }, 5), 'no connection to Redis is left';


# Without a master: for who debugs, and for the smallest containers.

ok $nginx->stop('QUIT'), 'quit';

$t->{opt}{fetcher} = 1;
$t->{opt}{main} = "master_process off;\n";

my $single = $nginx->whole($t->conf);

Wismo::Process::spew($nginx->{conf}, $single);
is +($nginx->nginx('-c', $nginx->{conf}))[0], 0, 'one process alone';
ok wait_until(sub { $t->get('/wismo/ready')->status == 200 }, 5), 'is ready';
ok wait_until(sub { $t->fetchers == 1 }, 5), 'has a fetcher';

my $pid = $nginx->pid;
kill QUIT => $pid;

ok wait_until(sub { !alive($pid) }, 5), 'quits';
ok wait_until(sub { !$t->fetchers }, 5), 'and its fetcher with it';

done_testing;
