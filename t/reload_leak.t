#!/usr/bin/perl

# A hundred reloads under load, with Redis going away in between: every worker
# goes, with its connections, its requests answered, and nothing grows.
#
# Lane: plain

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(slurp spew);

use Time::HiRes qw(sleep);

# The machine may be busy: here a late answer is none too late.

my $t = Wismo::Test->new(workers => 2, start => 0,
    http => 'error_log %%DIR%%/http.log notice;');
my $nginx = $t->nginx;

$t->{opt}{conf} = $t->conf
    =~ s/(wismo_redis %%REDIS%%)/$1 timeout=5s connect_timeout=5s/r;
$nginx->start($t->conf);
wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'nginx';

my $master = $nginx->pid;


sub clients {
    my @clients = grep { /name=wismo-/ }
        split /\n/, $t->redis->call('CLIENT', 'LIST');

    return scalar @clients;
}


# Load from a child: what is not answered 404 it writes down.

my $answers = $t->dir . '/answers';

defined(my $load = fork) or die "fork: $!\n";

END { kill TERM => $load if $load }

if ($load == 0) {
    open my $out, '>', $answers;
    my %seen;

    # a signal would interrupt a request

    until (-e "$answers.stop") {
        my $r = eval { $t->get('/track/none.json') };
        $seen{ $r ? $r->status : "no answer: $@" }++;
        sleep 0.001;
    }

    print $out "$_ $seen{$_}\n" for sort keys %seen;
    close $out;
    POSIX::_exit(0);
}

wait_until { clients() == 4 } 5, 'the first connections';

my @fds = $t->fds($master);
my $rss = slurp("/proc/$master/status") =~ /VmRSS:\s*(\d+)/ && $1;

for my $i (1 .. 100) {
    my %old = map { $_ => 1 } $nginx->workers;

    kill HUP => $master;

    wait_until { grep { !$old{$_} } $nginx->workers } 10, "reload $i" or last;

    if ($i == 10) {
        $rss = slurp("/proc/$master/status") =~ /VmRSS:\s*(\d+)/ && $1;
    }
}

ok wait_until(sub { $nginx->workers == 2 }, 20), '100 reloads leave 2 workers';

spew("$answers.stop", '');
waitpid $load, 0;
$load = 0;

my %answers = map { /^(.*) (\d+)$/ } split /\n/, slurp($answers);

cmp_ok $answers{404}, '>', 100, 'there was load';
is_deeply [ keys %answers ], [ 404 ], 'and every request had its answer'
    or diag explain \%answers;

ok wait_until(sub { clients() == 4 }, 5), 'Redis has 4 connections of ours'
    or diag clients();
is scalar($t->fds($master)), scalar(@fds), 'the master has no more descriptors'
    or diag join "\n", $t->fds($master);

my $now = slurp("/proc/$master/status") =~ /VmRSS:\s*(\d+)/ && $1;
cmp_ok $now, '<', $rss + 4096, 'and is no larger' or diag "$rss kB, $now kB";


# While Redis is silent, and while it is not there.

$t->redis->pause;

for (1 .. 5) {
    kill HUP => $master;
    sleep 0.3;
    $t->get('/track/none.json');
}

$t->redis->cont;
$t->redis->kill;

for (1 .. 5) {
    kill HUP => $master;
    sleep 0.3;
    $t->get('/track/none.json');
}

ok wait_until(sub { $nginx->workers == 2 }, 20),
    'reloads without Redis leave 2 workers';

$t->redis->start;
ok wait_until(sub { $t->get('/wismo/ready')->status == 200 }, 10), 'ready';
ok wait_until(sub { clients() == 4 }, 5), 'Redis has 4 connections of ours';


# Exits with a request that waits for a silent Redis: it gets its answer.

$t->redis->pause;

my @waiting = map {
    my $s = Wismo::Http::open($t->port);
    print $s "GET /track/none.json HTTP/1.0\r\nHost: x\r\n\r\n";
    $s
} 1 .. 20;

sleep 0.02;
kill HUP => $master;

is_deeply [ map { my $r = Wismo::Http::response($_); $r ? $r->status : 0 }
            @waiting ], [ (503) x 20 ],
    'requests that wait while their worker is told to go';

$t->redis->cont;
ok wait_until(sub { $t->get('/wismo/ready')->status == 200 }, 10), 'ready';

done_testing;
