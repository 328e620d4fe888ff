#!/usr/bin/perl

# Lane: plain
#
# The harness by itself: it must see the alert, the crash, the sanitizer's
# report and the process left behind, or its silence means nothing.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Process qw(run wait_until alive children spawn end);
use Wismo::Test;

my $plain = <<'EOT';
http {
    access_log off;
    server {
        listen 127.0.0.1:%%PORT%%;
        location / { return 200 "ok\n"; }
    }
}
EOT

my $t = Wismo::Test->new(conf => $plain);
my $nginx = $t->nginx;


# The servers it starts, and what can be done to them

is($t->get('/')->body, "ok\n", 'nginx answers');
is($t->redis->call('SET', 'k', "a\r\nb\0c"), 'OK', 'Redis takes any bytes');
is($t->redis->call('GET', 'k'), "a\r\nb\0c", 'and gives them back');
is_deeply($t->redis->call('LRANGE', 'none', 0, -1), [], 'an empty array');
is($t->redis->call('GET', 'none'), undef, 'nothing');
ok(!eval { $t->redis->call('INCR', 'k') }, 'an error dies');
like($@, qr/not an integer/, 'with its text');

$t->redis->kill;
ok(!eval { $t->redis->call('PING') }, 'Redis can be killed');
$t->redis->start;
is($t->redis->call('PING'), 'PONG', 'and started again');

my ($worker) = $nginx->workers;
ok($nginx->reload, 'nginx can be reloaded');
ok(!alive($worker), 'the old worker is gone');

my $master = $nginx->pid;
ok($nginx->upgrade, 'and upgraded');
isnt($nginx->pid, $master, 'to a new master');
is($t->get('/')->status, 200, 'which answers');

my ($status, $out) = $nginx->check('http { nonsense; }');
is($status, 1, 'nginx -t fails');
like($out, qr/unknown directive "nonsense".*:\d+/, 'and says where');

is_deeply([ $nginx->faults ], [], 'so far nothing is wrong');


# The gate

($worker) = $nginx->workers;
kill SEGV => $worker;
wait_until { grep { /exited on signal 11/ } $nginx->faults } 5;
like(join("\n", $nginx->faults), qr/exited on signal 11/, 'a crash is seen');

$nginx->allow(qr/exited on signal 11/);
is_deeply([ $nginx->faults ], [], 'unless it was wanted');

wait_until { $nginx->workers } 5;


# The sanitizers, in Debian's nginx, with faults planted for them

chomp(my $tree = `dirname "\$(dpkg -L nginx-dev | grep '/conf_flags\$')"`);

my $planted = $t->dir . '/planted-asan';
my $so = "$planted/planted.so";
my @include = map { ('-I', $_) } "$Wismo::Test::build/nginx-obj",
    map { "$tree/src/$_" } qw(core event event/modules os/unix http
                              http/modules http/v2);

mkdir $planted;
chmod 0755, $planted;

my ($rc, $said, $err) = run({}, 'gcc', '-g', '-shared', '-fPIC',
    '-fsanitize=address,undefined', @include, '-o', $so,
    "$Wismo::Test::root/t/lib/planted.c");
is($rc, 0, 'the planted module is built') or diag($err);

my $port = Wismo::Process::free_port();

for my $case ([ uaf => qr/AddressSanitizer: heap-use-after-free/ ],
              [ shift => qr/runtime error: shift exponent/ ])
{
    my ($what, $report) = @$case;

    my $other = Wismo::Nginx->new($planted, build => $planted, vars => {
        DIR => $planted, PORT => $port, MODULE => $so, USER => 'www-data' });

    $other->start(<<"EOT");
http {
    access_log off;
    client_body_temp_path %%DIR%%/tmp/b;
    server {
        listen 127.0.0.1:%%PORT%%;
        location / { planted $what; }
    }
}
EOT

    eval { Wismo::Http::request($port, 'GET', '/') };
    wait_until { grep { $_ =~ $report } $other->faults } 10;
    like(join("\n", $other->faults), $report, "a planted $what is reported");

    $other->stop;
    system('rm', '-rf', "$planted/asan");
}


# Processes

my $pid = spawn('/dev/null', {}, '/bin/sleep', 100);
ok((grep { $_ == $pid } children($$)), 'a child left behind is seen');
ok(end($pid), 'and can be ended');

done_testing;
