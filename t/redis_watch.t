#!/usr/bin/perl

# The connections while all is well, and when they are lost: what the watching
# one hears, and that a loss of either is mended before anybody notices.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;

use Time::HiRes qw(sleep);

my $t = Wismo::Test->new(workers => 2, patient => 1);
my $redis = $t->redis;


sub clients {
    my ($name) = @_;

    return grep { /name=wismo-$name / }
        split /\n/, $redis->call('CLIENT', 'LIST');
}


sub ids { return map { /^id=(\d+)/ } clients(@_) }


sub silent { $t->get('/wismo/ready')->body =~ /fetcher_silent/ }


ok wait_until(sub { clients('command') == 2 && clients('watch') == 2 }, 5),
    'each worker has two connections';


# The canary, by the way that invalidations take.

ok silent(), 'no fetcher was seen';
$redis->call('SET', 'wo:{0}:!hb', 1, 'EX', 15);
ok wait_until(sub { !silent() }, 5), 'its canary is heard';
$redis->call('FLUSHALL');
ok !silent(), 'and not forgotten with the data';


# Messages that a worker does not expect: all there is may be published.

$redis->call('PUBLISH', 'w:ev', $_)
    for '', 'x', '1001 7', "\0\r\n\$-1\r\n", 'y' x 100_000;
$redis->call('MSET', map { ("wo:{$_}:many", 1) } 1 .. 2000);
$redis->call('FLUSHDB');

is $t->get('/track/none.json')->status, 404, 'the worker lives';
is scalar(clients('watch')), 2, 'and so do the connections';


# More keys in one message than a reply may have.

my @before = ids('watch');

$redis->call('MSET', map { ("wo:{$_}:too-many", 1) } 1 .. 10_000);

ok wait_until(sub {
    my %old = map { $_ => 1 } @before;
    2 == grep { !$old{$_} } ids('watch')
}, 10), 'too many keys at once: the connections are made anew';
is $t->get('/track/none.json')->status, 404, 'the worker lives';


# Lost one after the other, under requests: none is noticed.  One that has
# served for less than a second is not opened again at once, and since when it
# serves the worker tells.

my %seen;

sub served {
    my ($n) = @_;

    wait_until { $n <= (() = $t->nginx->log =~ /ready: wismo-command/g) } 10,
        "$n connections";
    sleep 1.1;
}

for (1 .. 5) {
    served(2 * $_);
    $redis->call('CLIENT', 'KILL', 'ID', $_) for ids('command');
    $seen{ $t->get('/track/none.json')->status }++ for 1 .. 20;
}

is_deeply \%seen, { 404 => 100 }, 'killed 5 times: pages go on'
    or diag explain \%seen;

$redis->call('CLIENT', 'KILL', 'ID', $_) for ids('watch');
ok wait_until(sub { clients('watch') == 2 }, 5), 'the watching ones are back';

$redis->call('CLIENT', 'KILL', 'TYPE', 'pubsub');
ok wait_until(sub { clients('watch') == 2 }, 5), 'and again';
ok wait_until(sub {
    2 == grep { /sub=2 .*redir=[1-9]/ } clients('watch')
}, 5), 'and listen';


# Redis closes what is idle.

served(12);
$redis->call('CONFIG', 'SET', 'timeout', 1);
my ($id) = ids('command');

ok wait_until(sub { !grep { $_ == $id } ids('command') }, 10),
    'an idle connection is closed by Redis';
is $t->get('/track/none.json')->status, 404, 'and opened again unnoticed'
    for 1 .. 3;
$redis->call('CONFIG', 'SET', 'timeout', 0);


# Redis starts with much to load, until it is told to hurry: connections are
# taken, questions are not.

$redis->call('DEBUG', 'POPULATE', 100_000, 'k');
$redis->call('SAVE');
$redis->kill;
push @{ $redis->{opt}{args} }, '--key-load-delay', 1000,
    '--loading-process-events-interval-bytes', 1024;
$redis->start;

my $r = $t->get('/track/none.json');
is $r->status, 503, 'LOADING: no page';
is $t->get('/wismo/ready')->status, 503, 'LOADING: not ready';
ok wait_until(sub { $t->nginx->log =~ /\[warn\].*is loading its data/ }, 10),
    'LOADING: told';
$redis->call('CONFIG', 'SET', 'key-load-delay', 0);
ok wait_until(sub { $t->get('/wismo/ready')->status == 200 }, 20), 'ready';
ok wait_until(sub { $t->get('/track/none.json')->status == 404 }, 10),
    'and answering';
ok wait_until(sub { clients('watch') == 2 }, 5), 'and watching';

done_testing;
