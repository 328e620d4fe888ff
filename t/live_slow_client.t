#!/usr/bin/perl

# A client that reads nothing holds up nobody, costs no memory that grows, and
# when it reads again gets whole frames and in the end the latest state: those
# between are gone.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Live;
use Wismo::Process qw(slurp);
use Wismo::Seed;

use Socket qw(SOL_SOCKET SO_RCVBUF IPPROTO_TCP);
use Socket ();

# small socket buffers on both sides, or a change a second would take a day

my $t = Wismo::Test->new(fetcher => 1, start => 0);
$t->{opt}{conf} = $t->conf =~ s/(listen [^;]*)/$1 sndbuf=4k/r;
$t->nginx->start($t->conf);
wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';

seed($t, order('1001'));


sub slow {
    my (%opt) = @_;

    my $sock = IO::Socket::INET->new(Proto => 'tcp');
    setsockopt $sock, SOL_SOCKET, SO_RCVBUF, pack('i', 1);
    $sock->connect(Socket::pack_sockaddr_in($t->port,
        Socket::inet_aton('127.0.0.1'))) or die "connect: $!\n";

    return Wismo::Live->new($t->port, '/track/1001/live', socket => $sock,
                            %opt);
}


my $fast = Wismo::Live->new($t->port, '/track/1001/live');
my @slow = map { slow(lazy => 1) } 1 .. 5;
my ($worker) = $t->nginx->workers;

ok($fast->event, 'a client that reads');


sub rss { slurp("/proc/$worker/status") =~ /^VmRSS:\s+(\d+)/m; $1 }


# More than all buffers take

my ($seen, $before) = (0, rss());
my $last;

for my $n (1 .. 3000) {
    $last = newer($t, '1001');

    next if $n % 50;

    # no faster than the one who reads: it need not get each of them

    while (my $event = $fast->event(5)) {
        $seen++;
        last if $event->{version} == $last;
    }
}

cmp_ok($seen, '>', 50, 'it got them, whoever else does not read');
# a sanitizer keeps what was freed for a while

cmp_ok(rss() - $before, '<', $t->nginx->{asan} ? 32768 : 2048,
       'nothing was gathered for those');


# Now they read.

for my $slow (@slow) {
    $slow->head;

    my ($count, $version, $up) = (0, 0, 1);

    while (my $event = $slow->event(5)) {
        $up = 0 if $event->{version} <= $version;
        $version = $event->{version};
        $count++;
        last if $version == $last;
    }

    is($slow->{bad}, undef, 'whole frames');
    ok($up, 'versions that rise');
    is($version, $last, 'and the latest state');
    cmp_ok($count, '<', 2500, 'without all that was between');
    cmp_ok($count, '>', 1, 'but with what had been sent');
}

ok($slow[0]->quiet(0.3), 'nothing follows');

my $next = newer($t, '1001');
is($slow[0]->event->{version}, $next, 'but the next change');

done_testing;
