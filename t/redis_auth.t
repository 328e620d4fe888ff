#!/usr/bin/perl

# The module's Redis user: over TCP and a unix socket, in another database,
# with the right password, a wrong one, none, and with permissions missing.
# Wrong credentials are told once and tried rarely, not in a loop.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;

my $t = Wismo::Test->new(start => 0, redis => { tcp => 1 });
my $redis = $t->redis;
my $port = $redis->port;

$t->secret('right', 'correct horse battery');
$t->secret('wrong', 'incorrect');

my @rights = qw(~wo:* +getrange +ping +client|setname +client|id
                +client|tracking +select +subscribe &w:ev
                &__redis__:invalidate);

$redis->call('ACL', 'SETUSER', 'web', 'on', '>correct horse battery',
             @rights);
$redis->call('ACL', 'SETUSER', 'deaf', 'on', '>correct horse battery',
             grep { !/client\|id|tracking|invalidate/ } @rights);
$redis->call('ACL', 'SETUSER', 'blind', 'on', '>correct horse battery',
             grep { !/getrange/ } @rights);
$redis->call('ACL', 'SETUSER', 'admin', 'on', 'nopass', '~*', '&*', '+@all');
$redis->pipeline([ 'AUTH', 'admin', 'any' ]);
$redis->call('ACL', 'SETUSER', 'default', 'off');


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

    wismo_redis $url;
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


sub clients {
    return grep { /name=wismo-/ }
        split /\n/, $redis->call('CLIENT', 'LIST');
}


sub ready { $t->get('/wismo/ready')->status == 200 }


my $started;

sub use_url {
    my ($url) = @_;

    $started++ ? $t->nginx->reload(conf($url)) : $t->nginx->start(conf($url));
}


my $file = 'password_file=%%DIR%%/right';

for my $case (
    [ 'TCP', "redis://web\@127.0.0.1:$port $file", 'web', 0 ],
    [ 'another database', "redis://web\@127.0.0.1:$port/3 $file", 'web', 3 ],
    [ 'a unix socket', "%%REDIS%% user=web $file db=2", 'web', 2 ],
    [ 'a host of this machine', "redis://localhost:$port user=web $file",
      'web', 0 ],
) {
    my ($name, $url, $user, $db) = @$case;

    use_url($url);

    ok wait_until(\&ready, 5), "$name: ready";
    is $t->get('/track/none.json')->status, 404, "$name: Redis was asked";

    ok wait_until(sub {
        my @clients = grep { /user=$user / && /db=$db / } clients();

        grep({ /name=wismo-command / } @clients) == 1
            && grep({ /name=wismo-watch .*sub=2 .*redir=[1-9]/ } @clients) == 1
    }, 5), "$name: one command and one watching connection, as \"$user\""
        or diag clients();
}

unlike $t->nginx->log, qr/correct horse/, 'the password is in no log';


# Without tracking it works, by what fetchers publish.

use_url("%%REDIS%% user=deaf $file");

ok wait_until(\&ready, 5), 'a user without tracking: ready';
is $t->get('/track/none.json')->status, 404, 'and Redis was asked';
ok wait_until(sub {
    grep { /name=wismo-watch .*sub=1 .*redir=-1/ } clients()
}, 5), 'it watches the published events' or diag clients();
is scalar(() = $t->nginx->log =~ /\[warn\].*refuses key tracking/g), 1,
    'and says so, once';

$redis->call('PUBLISH', 'w:ev', '!hb');
ok wait_until(sub {
    $t->get('/wismo/ready')->body !~ /fetcher_silent/
}, 5), 'a published canary is seen';


# A command that is not permitted is refused; the rest stays as it is.

use_url("%%REDIS%% user=blind $file");

ok wait_until(\&ready, 5), 'a user without GETRANGE: ready';
is $t->get('/track/none.json')->status, 503, 'the page is not';
is $t->get('/track/none.json')->status, 503, 'and stays so';
ok grep({ /name=wismo-command / } clients()), 'the connection was kept';
like $t->nginx->log, qr/\[error\].*does not permit a command.*NOPERM/,
    'it is told what is missing';


# Wrong credentials: said once, and not tried again soon.

for my $case (
    [ 'a wrong password', '%%REDIS%% user=web password_file=%%DIR%%/wrong',
      qr/\[error\].*refuses the credentials: check "user".*WRONGPASS/ ],
    [ 'an unknown user', "%%REDIS%% user=nobody $file", undef ],
    [ 'no password', '%%REDIS%%', undef ],
) {
    my ($name, $url, $log) = @$case;

    my $before = $redis->call('INFO', 'stats') =~
        /total_connections_received:(\d+)/ && $1;

    use_url($url);

    is $t->get('/track/none.json')->status, 503, "$name: no page";
    select undef, undef, undef, 1;

    my $after = $redis->call('INFO', 'stats') =~
        /total_connections_received:(\d+)/ && $1;

    is $t->get('/wismo/ready')->status, 503, "$name: not ready";
    cmp_ok $after - $before, '<=', 2, "$name: tried once by each connection";
    like $t->nginx->log, $log, "$name: told" if $log;
}

is scalar(() = $t->nginx->log =~ /\[error\].*refuses the credentials/g), 1,
    'one line a minute, for all workers and attempts';


# A user who is taken away under our feet.

use_url("%%REDIS%% user=web $file");
ok wait_until(\&ready, 5), 'with the right password again: ready';

$redis->call('ACL', 'DELUSER', 'web');
ok wait_until(sub { !ready() }, 5), 'the user is deleted: not ready';
is $t->get('/track/none.json')->status, 503, 'no page';

done_testing;
