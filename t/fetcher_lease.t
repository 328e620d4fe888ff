#!/usr/bin/perl

# Several fetchers, and those that die: each parcel is asked about by one, a
# late answer is not taken, and no parcel is forgotten.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;

use JSON::PP ();
use Time::HiRes qw(sleep time);
use Wismo::Process qw(spawn end alive slurp spew);
use Wismo::Seed qw(key);

my $t = Wismo::Test->new(carriers => [qw(ups)],
    sim => { start => '-3d', scale => 0 });
my ($redis, $sim, $dir) = ($t->redis, $t->sim, $t->dir);


sub soon(&$$) {
    my ($code, $timeout, $name) = @_;

    ok(scalar(wait_until { eval { $code->() } } $timeout), $name);
}


# A fetcher of its own name; the same name means the same state directory.

sub fetcher {
    my ($name) = @_;

    my $conf = JSON::PP::decode_json(slurp("$dir/state/wismo.json"));
    $conf->{state} = "$dir/state-$name";
    spew("$dir/$name.json", JSON::PP::encode_json($conf));

    return spawn("$dir/$name.log", {}, "$dir/bin/wismo", 'fetch', '--config',
                 "$dir/$name.json");
}


sub log_of { slurp("$dir/$_[0].log") }

sub number { sprintf '1ZW15M0904%08d', $_[0] }

sub put {
    my ($order, $n) = @_;

    $sim->load(script => 'ups-delivered', number => number($n), age => '21h');
    $t->put_order($order, { shipments => [ { carrier => 'ups',
        tracking_number => number($n) } ] });
}


sub due { (key($_[0]) =~ s/^wo(:\{\d+\}:).*/wd$1ups/r) }
sub score { $redis->call('ZSCORE', due($_[0]), "$_[0]#p1") }
sub version { ($redis->call('GETRANGE', key($_[0]), 4, 13) || 0) + 0 }

sub asked {
    my ($n) = @_;

    return scalar grep { $_->{path} =~ /\Q@{[ number($n) ]}\E/ }
        @{ $sim->requests('ups') };
}


# One is active, the other stands by

my $one = fetcher('a');
soon { log_of('a') =~ /"active"/ } 5, 'the first is active';

my $two = fetcher('a');
soon { log_of('a') =~ /"standby:/ } 5, 'the second stands by';

kill KILL => $one;
my $killed = time();
soon { (() = log_of('a') =~ /"active"/g) == 2 } 5, 'and takes over';
cmp_ok(time() - $killed, '<', 2, 'at once');
wait_until { !alive($one) } 5;


# Two hosts: no parcel twice

$one = fetcher('b');
put("A$_", $_) for 1 .. 40;

ok($t->wait_order("A$_", sub { $_->{status} eq 'in_transit' }), "A$_")
    for 1 .. 40;
is($sim->count('ups'), 40, 'two fetchers, each parcel asked about once');

ok(end($_, 'TERM', 5), 'ends on TERM') for $one, $two;


# Killed with a question in flight: the lease ends, another one asks

$sim->forget;
$sim->fault(carrier => 'ups', kind => 'slow', seconds => 30, times => 1);

$one = fetcher('c');
put('K1', 101);
soon { asked(101) == 1 } 10, 'asked';

my $lease = score('K1');
cmp_ok($lease, '>', time() * 1000 + 60_000, 'under a lease');

kill KILL => $one;
wait_until { !alive($one) } 5;
is(score('K1'), $lease, 'killed: the parcel is still in its schedule');
is(version('K1'), 1, 'killed: nothing was written');

$redis->call('ZADD', due('K1'), 'XX', 1, 'K1#p1');    # the lease is over
$sim->clear;
$one = fetcher('c');
ok($t->wait_order('K1', sub { $_->{status} eq 'in_transit' }),
   'killed: another one asks again');


# Too late: the lease has ended and somebody else has the parcel

$sim->fault(carrier => 'ups', kind => 'slow', seconds => 2, times => 1);
put('L1', 102);
soon { asked(102) == 1 } 10, 'asked, and the reply is slow';

my $other = int(time() * 1000) + 500_000;
$redis->call('ZADD', due('L1'), 'XX', $other, 'L1#p1');
soon { log_of('c') =~ /was over before the reply: dropped/ } 15,
    'late: the reply comes';
is(version('L1'), 1, 'late: it is not taken');
is(score('L1'), $other, 'late: the other\'s lease is left alone');


# The order changes while its parcel is asked about: both are kept

$sim->fault(carrier => 'ups', kind => 'slow', seconds => 2, times => 1);
put('M1', 103);
soon { asked(103) == 1 } 10, 'asked, and the reply is slow';

$t->put_order('M1', { shipments => [ { carrier => 'ups', service => 'Ground',
    tracking_number => number(103) } ] });
soon { version('M1') >= 2 } 5, 'the shop sends more';

my $order = $t->wait_order('M1', sub { $_->{status} eq 'in_transit' });
is($order->{parcels}[0]{service}, 'Ground', 'both are kept');
is(asked(103), 1, 'and it was asked about once');


# Another place in the order: the date stays, a reply on its way does not count

$sim->load(script => 'ups-delivered', number => number($_), age => '21h')
    for 107, 108;

my @two = map { { carrier => 'ups', tracking_number => number($_) } }
    107, 108;

$t->put_order('P1', { shipments => \@two });
$t->wait_order('P1', sub { 2 == grep { $_->{status} eq 'in_transit' }
                               @{ $_->{parcels} } });

sub part { $redis->call('ZSCORE', due('P1'), "P1#$_[0]") }

$sim->fault(carrier => 'ups', kind => 'slow', seconds => 2, times => 1);
my ($before, $was, $date) = (asked(107), version('P1'), part('p2'));
my $held;

$redis->call('ZADD', due('P1'), 'XX', 1, 'P1#p1');
$redis->call('PUBLISH', 'w:due', (due('P1') =~ /(\d+)/)[0] . ' ups 1');

soon { asked(107) > $before && ($held = part('p1')) % 2 } 10,
    'one is asked about, and the reply is slow';

$t->put_order('P1', { shipments => [ reverse @two ] });
soon { version('P1') > $was } 5, 'the shop lists them the other way';

is(part('p1'), $held - 1, 'the lease is over, the parcel due when it ends');
is(part('p2'), $date, 'the date of the other one stays');

sleep 3;
is(part('p1'), $held - 1, 'the reply does not count');


# Erased while it is asked about: it does not come back

$sim->fault(carrier => 'ups', kind => 'slow', seconds => 2, times => 1);
put('E1', 104);
soon { asked(104) == 1 } 10, 'asked, and the reply is slow';
$t->api('DELETE', '/orders/E1');
soon { !$redis->call('EXISTS', key('E1')) } 5, 'erased';
sleep 3;
is($redis->call('EXISTS', key('E1')), 0, 'and stays so');
is(score('E1'), undef, 'without a date');


# Ended with a question in flight: in time, and the next one need not wait

$sim->fault(carrier => 'ups', kind => 'slow', seconds => 30, times => 1);
put('T1', 105);
soon { asked(105) == 1 } 10, 'asked, and the reply will not come';

my $began = time();
ok(end($one, 'TERM', 10), 'ends on TERM');
cmp_ok(time() - $began, '<', 3.5, 'within three seconds');
cmp_ok(score('T1'), '<=', time() * 1000 + 1000, 'the parcel is due again');


# With its configuration on stdin: the end of it ends the fetcher

pipe(my $read, my $write) or die;

my $pid = fork();

if ($pid == 0) {
    close $write;
    open STDIN, '<&', $read;
    open STDERR, '>', "$dir/d.log";
    open STDOUT, '>&', \*STDERR;
    exec "$dir/bin/wismo", 'fetch', '--nginx', '--stdin';
}

close $read;
syswrite $write, slurp("$dir/c.json") . "\n";
soon { log_of('d') =~ /^notice\|active$/m } 5, 'active, told as nginx wants';
soon { version('T1') >= 2 } 10, 'and at work';
close $write;
soon { !alive($pid) } 5, 'ends with its stdin';


# What it can't start with

for ([ '{', qr/is no JSON/ ], [ '[]', qr/expected an object/ ],
     [ '{"v":2}', qr{/v: expected 1} ],
     [ '{"v":1,"state":7}', qr{/state: expected a string} ],
     [ '{"v":1,"state":"/tmp"}', qr{/redis: expected an object} ],
     [ '{"v":1,"state":"","redis":{"url":"unix:/x"}}', qr{/state: } ],
     [ '{"v":1,"state":"/x","redis":{"url":"unix:/x","db":-1}}',
       qr{/redis/db: expected a whole number} ],
     [ '{"v":1,"state":"/x","redis":{"url":"unix:/x"},"carriers":[{}]}',
       qr{/carriers/0: expected a \\"name} ],
     [ '{"v":1,"state":"/x","redis":{"url":"unix:/x"},"carriers":'
       . '[{"name":"ups","base_url":"http://carrier.example"}]}',
       qr{/carriers/0/base_url: expected https} ],
     [ '{"v":1,"v":1}', qr/is no JSON: duplicate/ ])
{
    my ($text, $expected) = @$_;

    spew("$dir/bad.json", $text);
    my ($status, $out, $err) = $t->wismo('fetch', '--config',
                                         "$dir/bad.json");
    is($status, 1, "$text: refused");
    like($err, $expected, 'with the reason');
}

my ($status) = $t->wismo('fetch', '--nonsense');
is($status, 1, 'never 2, which nginx would take amiss');

$redis->call('HSET', 'w:meta', 'schema', '99');
my ($refused, undef, $why) = $t->wismo('fetch', '--config', "$dir/c.json");
is($refused, 1, 'another schema is refused');
like($why, qr/another schema/, 'with the reason');

unlike(join('', map { log_of($_) } 'a' .. 'd'), qr/Sanitizer|runtime error/,
       'no sanitizer has spoken');

done_testing;
