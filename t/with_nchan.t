#!/usr/bin/perl

# nginx opens modules into one namespace, and nchan brings a hiredis of another
# version with it.  Loaded in either order both must use their own: nchan talks
# to the same Redis here, and a message goes through it.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(run);

my $nchan = '/usr/lib/nginx/modules/ngx_nchan_module.so';

my $t = Wismo::Test->new(start => 0, redis => { tcp => 1 });
my $redis = 'redis://127.0.0.1:' . $t->redis->port;

my $upstream = "upstream nchan { nchan_redis_server $redis; }\n";
my $locations = <<'EOT';
        location = /pub {
            nchan_publisher;
            nchan_channel_id x;
            nchan_redis_pass nchan;
        }
        location = /sub {
            nchan_subscriber;
            nchan_channel_id x;
            nchan_subscriber_first_message oldest;
            nchan_redis_pass nchan;
        }
EOT

my $wismo = "$Wismo::Test::build/ngx_wismo_module.so";

for my $module ($wismo) {
    my ($status, $symbols) = run({}, 'nm', '-D', '--defined-only', $module);

    is $status, 0, 'the module\'s symbols';
    unlike $symbols, qr/redis|sds|json_|wismo/i,
        'it shows nothing but what nginx looks for';
}

my (undef, $symbols) = run({}, 'nm', '-D', '--defined-only', $nchan);
like $symbols, qr/ redisReaderFeed$/m, 'nchan shows its hiredis';


for my $order ([ $nchan, $wismo ], [ $wismo, $nchan ]) {
    my $first = $order->[0] eq $nchan ? 'nchan first' : 'nchan last';
    my $load = join '', map { "load_module $_;\n" } @$order;
    $load .= "events { worker_connections 512; }\n";

    my $conf = $load . $t->conf
        =~ s/http \{/http { $upstream/r
        =~ s/(?=location = .plain)/$locations/r;

    $t->nginx->start($conf);

    ok wait_until(sub { $t->get('/wismo/ready')->status == 200 }, 10),
        "$first: ready";
    is $t->get('/track/none.json')->status, 404, "$first: Redis was asked";

    is scalar(grep { /name=wismo-/ } split /\n/,
              $t->redis->call('CLIENT', 'LIST')), 2,
        "$first: by our connections";

    ok wait_until(sub {
        $t->request('POST', '/pub', body => 'a message')->status =~ /^20/
    }, 10), "$first: nchan publishes by Redis";

    is $t->get('/sub', Accept => 'text/plain')->body, 'a message',
        "$first: and delivers";

    # Only ours: nchan by itself does not always survive a lost Redis.

    for (split /\n/, $t->redis->call('CLIENT', 'LIST')) {
        $t->redis->call('CLIENT', 'KILL', 'ID', $1)
            if /^id=(\d+) .*name=wismo-/;
    }

    ok wait_until(sub {
        $t->get('/track/none.json')->status == 404
            && 2 == grep { /name=wismo-/ } split /\n/,
                    $t->redis->call('CLIENT', 'LIST')
    }, 10), "$first: our connections are cut and made again";

    ok $t->nginx->stop('QUIT'), "$first: quit";

    # A reload with nchan only loaded: one that uses Redis may crash by it.

    $t->nginx->start($load . $t->conf);
    ok $t->nginx->reload, "$first: reload";
    ok wait_until(sub { $t->get('/track/none.json')->status == 404 }, 10),
        "$first: Redis was asked";
    ok $t->nginx->stop('QUIT'), "$first: quit";
}

done_testing;
