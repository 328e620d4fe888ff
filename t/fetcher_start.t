#!/usr/bin/perl

# nginx starts the fetcher by itself, as a child of its cache manager and as
# the workers' user, tells it what nginx.conf says, and ends it with itself.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(alive end run slurp);

use JSON::PP ();

my $t = Wismo::Test->new(fetcher => 1, scale => 60, workers => 2,
    carriers => ['easypost'],
    http => 'resolver 127.0.0.1:1; proxy_cache_path %%DIR%%/cache'
          . ' keys_zone=c:1m;');
my $dir = $t->dir;

ok wait_until(sub { $t->fetchers == 1 }, 5), 'one fetcher';

my ($pid) = $t->fetchers;
my $status = slurp("/proc/$pid/status");

is +($status =~ /^PPid:\s*(\d+)/m)[0], $t->nginx->manager,
    'it is a child of the cache manager';
is +($status =~ /^SigBlk:\s*(\w+)/m)[0] =~ tr/0//cdr, '0' x 16,
    'no signal is blocked';

my @uids = $status =~ /^Uid:\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)/m;
is_deeply \@uids, [ ($> == 0 ? scalar getpwnam 'www-data' : $>) x 4 ],
    'it is the workers\' user for good';

is slurp("/proc/$pid/cmdline"), "$dir/bin/wismo\0fetch\0--nginx\0--stdin\0",
    'it is started as agreed';

my %nginx = map { $_ => 1 } grep { !/^pipe:|^anon_inode:/ }
    map { $t->fds($_) } $t->nginx->pid, $t->nginx->manager;

is_deeply [ grep { $nginx{$_} } $t->fds($pid) ], [],
    'it has no descriptor of nginx\'s';
is scalar(grep { /^pipe:/ } map { readlink "/proc/$pid/fd/$_" } 0, 1, 2), 3,
    'its standard descriptors are pipes';


# What it is told.

my $json = slurp("$dir/state/wismo.json");
my $told = JSON::PP::decode_json($json);

is_deeply $told, {
    v => 1,
    state => "$dir/state",
    share => "$dir/share",
    brands => '',
    redis => { url => "unix:$dir/redis.sock", user => '',
               password_file => '', db => 0 },
    carriers => [ {
        name => 'easypost',
        adapter => 'easypost',
        base_url => $t->sim->url,
        values => {},
        secret_files => { secret_file => "$dir/easypost.secret" },
        hook_secret_file => "$dir/easypost.hook",
    } ],
    shops => [],
    channels => [],
    inbound => [],
    hooks => [],
    exceptions => JSON::PP::false,
    secret_file => "$dir/link.key",
    contact_key_file => "$dir/contact.key",
    retention => [],
    track => '/track/',
    scale => 60,
    api_keys => "$dir/api.keys",
}, 'wismo.json holds what nginx.conf says' or diag $json;

unlike $json, qr/secret-for-tests/, 'and no secret';

my @stat = stat "$dir/state/wismo.json";

is sprintf('%04o', $stat[2] & 07777), '0640', 'it is not for everybody';
is $stat[4], $uids[0], 'but for the fetcher';
is_deeply [ glob "$dir/state/wismo.json?*" ], [], 'nothing half written';


# It ends with nginx, whichever way that ends.

for my $signal (qw(QUIT TERM)) {
    ok $t->nginx->stop($signal), "nginx ends on $signal";
    ok wait_until(sub { !$t->fetchers }, 5), "and so does the fetcher";

    next if $signal eq 'TERM';

    $t->start;
    ok wait_until(sub { $t->fetchers == 1 }, 5), 'it is started again';
}


# "nginx -t" starts none, and writes nothing.

unlink "$dir/state/wismo.json";
is +($t->nginx->check($t->conf))[0], 0, 'nginx -t';
is scalar($t->fetchers), 0, 'starts no fetcher';
ok !-e "$dir/state/wismo.json", 'tells nobody';


# With "off" there is none either, but the program's other calls find all.

$t->{opt}{fetcher} = 0;
$t->start;
sleep 1;

is scalar($t->fetchers), 0, '"wismo_fetcher off" starts none';
ok -s "$dir/state/wismo.json", 'wismo.json is there';

done_testing;
