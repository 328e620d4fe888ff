package Wismo::Process;

# Processes, ports and patience for the harness: starting a child with its
# output in a file, seeing whether a process still lives (a zombie does not),
# ending it in bounded time.  It knows nothing of nginx, Redis or Wismo.

use strict;
use warnings;

use File::Temp ();

use Exporter 'import';
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(spawn run alive children adopt end wait_until free_port
    slurp spew);


# Orphans become children of this process instead of init's, so that a test
# sees what a dead nginx or fetcher left behind.

sub prctl {
    my $number = (POSIX::uname())[4] =~ /^(aarch64|riscv64)$/ ? 167 : 157;

    syscall($number, @_, 0, 0, 0);
}


sub adopt {
    prctl(36, 1);
}


sub wait_until(&;$$) {
    my ($code, $timeout, $what) = @_;
    my $slow = $ENV{WISMO_SLOW} || 1;
    my $end = time() + ($timeout || 10) * $slow;

    while (1) {
        my $value = $code->();

        return $value if $value;
        last if time() > $end;

        sleep 0.02;
    }

    Test::More::diag("timed out waiting for $what")
        if defined $what && defined &Test::More::diag;

    return;
}


# Ports given out by one process are never given out twice by it.

my %given;

sub free_port {
    for (1 .. 100) {
        my $s = IO::Socket::INET->new(
            LocalAddr => '127.0.0.1', Proto => 'tcp', Listen => 1,
        ) or next;

        my $port = $s->sockport;
        close $s;

        return $port unless $given{$port}++;
    }

    die "no free port\n";
}


sub spawn {
    my ($output, $env, @argv) = @_;

    defined(my $pid = fork()) or die "fork: $!\n";

    return $pid if $pid;

    # whatever becomes of the harness, this one does not outlive it

    prctl(1, POSIX::SIGKILL());

    $SIG{$_} = 'DEFAULT' for qw(INT TERM PIPE ALRM);
    $ENV{$_} = $env->{$_} for keys %$env;

    open STDIN, '<', '/dev/null';
    open STDOUT, '>>', $output;
    open STDERR, '>&', \*STDOUT;

    # a descriptor inherited from the harness would hide a leak, or be one

    POSIX::close($_) for 3 .. 255;

    exec { $argv[0] } @argv or POSIX::_exit(127);
}


# Runs a command to its end: (exit status, stdout, stderr).

sub run {
    my ($opt, @argv) = @_;

    my ($out, $err) = map { File::Temp->new(SUFFIX => ".$_") } qw(out err);
    my ($in_read, $in_write);

    pipe($in_read, $in_write) or die "pipe: $!\n";
    defined(my $pid = fork()) or die "fork: $!\n";

    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM PIPE ALRM);
        $ENV{$_} = $opt->{env}{$_} for keys %{ $opt->{env} || {} };

        chdir $opt->{dir} if $opt->{dir};

        close $in_write;
        open STDIN, '<&', $in_read;
        open STDOUT, '>&', $out;
        open STDERR, '>&', $err;

        POSIX::close($_) for 3 .. 255;

        exec { $argv[0] } @argv or POSIX::_exit(127);
    }

    close $in_read;

    {
        local $SIG{PIPE} = 'IGNORE';
        syswrite $in_write, $opt->{stdin} if defined $opt->{stdin};
        close $in_write;
    }

    my $done = wait_until(
        sub { waitpid($pid, POSIX::WNOHANG()) == $pid ? [ $? ] : undef },
        $opt->{timeout} || 60, "@argv");

    if (!$done) {
        kill KILL => $pid;
        waitpid $pid, 0;
        $done = [ $? ];
    }

    my $status = $done->[0] & 127 ? 128 + ($done->[0] & 127)
                                  : $done->[0] >> 8;

    return ($status, slurp("$out"), slurp("$err"));
}


sub slurp {
    my ($path) = @_;

    open my $fh, '<:raw', $path or return '';
    local $/;

    return scalar(<$fh>) // '';
}


sub spew {
    my ($path, $text) = @_;

    open my $fh, '>:raw', $path or die "$path: $!\n";
    print $fh $text;
    close $fh or die "$path: $!\n";
}


sub stat_of {
    my ($pid) = @_;

    return slurp("/proc/$pid/stat") =~ /^\d+ \((.*)\) (\S) (\d+)/s
        ? { name => $1, state => $2, parent => $3 } : undef;
}


sub alive {
    my ($pid) = @_;

    waitpid $pid, POSIX::WNOHANG();

    my $stat = stat_of($pid) or return 0;

    return $stat->{state} !~ /[ZX]/;
}


# Living children of a process, newest last.

sub children {
    my ($parent) = @_;
    my @pids;

    for (glob '/proc/[0-9]*') {
        my ($pid) = m{/(\d+)$};
        my $stat = stat_of($pid) or next;

        push @pids, $pid
            if $stat->{parent} == $parent && $stat->{state} !~ /[ZX]/;
    }

    return sort { $a <=> $b } @pids;
}


# Ends a process: true if it went by itself within the time.

sub end {
    my ($pid, $signal, $timeout) = @_;

    return 1 unless alive($pid);

    kill $signal || 'TERM', $pid;

    return 1 if wait_until { !alive($pid) } $timeout || 10;

    kill KILL => $pid;
    wait_until { !alive($pid) } 5;

    return 0;
}


1;
