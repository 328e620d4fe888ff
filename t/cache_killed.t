#!/usr/bin/perl

# A worker dies while it has the page cache's lock and has begun to change it:
# the others go on, with an empty cache.  What a crash there leaves behind is
# written into the shared memory, as no signal comes at the right moment.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

use Time::HiRes qw(time sleep);

use constant MARK => 'wismo-c2';

my $t = Wismo::Test->new(fetcher => 1, workers => 2, patient => 1,
                         http => 'wismo_order_only full;');
my @numbers = map { "kill-$_" } 1 .. 40;

$t->nginx->allow(qr/worker process \d+ exited on signal 9/,
                 qr/shared memory zone "wismo" was locked by \d+/);
seed($t, map { order($_) } @numbers);


# Where the zone is in a worker, and where in it the cache is.

sub zone {
    my ($pid) = @_;

    for my $line (split /\n/, Wismo::Process::slurp("/proc/$pid/maps")) {
        my ($from, $to) = $line =~ /^(\w+)-(\w+) rw-s \S+ 00:01 / or next;

        no warnings 'portable';
        ($from, $to) = (hex $from, hex $to);
        return ($from, $to - $from) if $to - $from == 8 << 20;
    }

    die "no zone of 8 MB\n";
}


sub memory {
    my ($pid, $at, $n, $new) = @_;

    open(my $fh, defined $new ? '+<:raw' : '<:raw', "/proc/$pid/mem")
        or die "/proc/$pid/mem: $!\n";
    sysseek($fh, $at, 0);

    if (defined $new) {
        syswrite($fh, $new) == length $new or die "write: $!\n";
        return;
    }

    my $data;
    my $got = sysread($fh, $data, $n);
    die "read: $!\n" unless defined $got && $got == $n;

    return $data;
}


sub page {
    my ($number, $timeout) = @_;
    my $r = Wismo::Http::request($t->port, 'GET', "/track/$number",
                                 timeout => $timeout);

    return $r->status == 200
        ? $r->body =~ /Lamp-(\S+?)</ && $1 eq $number ? 'ok' : 'foreign'
        : $r->status;
}


for my $round (1 .. 3) {
    my %seen;
    $seen{ page($_) }++ for @numbers, @numbers;
    is_deeply \%seen, { ok => 80 }, "$round: pages are kept";

    wait_until { 2 == (() = $t->nginx->workers) } 10;

    my ($victim, $other) = $t->nginx->workers;
    my ($from, $size) = zone($victim);
    my $at = index memory($victim, $from, $size), MARK;

    cmp_ok $at, '>', 0, "$round: the cache is found";

    # It stops where it has no lock, then gets it, and is torn

    kill STOP => $victim;
    wait_until { Wismo::Process::slurp("/proc/$victim/stat") =~ /\) T/ } 5;

    ok wait_until(sub { memory($victim, $from, 8) eq pack 'Q', 0 }, 5),
        "$round: the lock is free";

    memory($victim, $from, 8, pack 'Q', $victim);
    memory($victim, $from + $at + 8, 8, pack 'Q', 1);

    # ... in what it changes: the order of use, what is free of orders, answers
    # and texts, and a bucket

    memory($victim, $from + $at + 40, 16, "\xff" x 16);
    memory($victim, $from + $at + $_, 24, "\xff" x 24) for 80, 128, 176;
    memory($victim, unpack('Q', memory($victim, $from + $at + 24, 8)), 512,
           "\xff" x 512);

    # The other one waits for it, at most until the master has heard

    my $s = Wismo::Http::open($t->port);
    print $s "GET /track/$numbers[0] HTTP/1.1\r\nHost: localhost\r\n"
           . "Connection: close\r\n\r\n";
    sleep 0.3;

    my $start = time();
    kill KILL => $victim;

    # what the victim had accepted is lost with it

    my $r = Wismo::Http::response($s, timeout => 5);
    ok !$r || $r->status =~ /^(?:200|503)$/,
        "$round: who waited is answered, or cut off";

    my @after = map { page($_, 10) } @numbers, @numbers;
    my @bad = grep { $_ ne 'ok' } @after;

    is scalar(@bad), 0, "$round: all pages are right afterwards"
        or diag "@bad";
    cmp_ok time() - $start, '<', 10 * $ENV{WISMO_SLOW}, "$round: soon";

    my @workers = $t->nginx->workers;
    ok scalar(grep({ $_ == $other } @workers)), "$round: the other one lives";

    is memory($other, $from + $at + 8, 8), pack('Q', 0),
        "$round: the cache is whole again";
}

done_testing;
