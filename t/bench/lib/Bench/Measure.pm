package Bench::Measure;

# What is measured of one server, and how: a slice of load with the CPU time
# that server and Redis spent on it, its memory, its system calls, its
# instructions.  It knows processes and ports, not what they serve.

use strict;
use warnings;

use Exporter 'import';
use Time::HiRes qw(sleep time);

use Wismo::Http;
use Wismo::Process qw(spawn end run slurp);

our @EXPORT_OK = qw(cpu_us memory_kb slice syscalls instructions_perf median
    ask);


sub median {
    my @x = sort { $a <=> $b } @_;

    return undef unless @x;
    return ($x[$#x / 2] + $x[@x / 2]) / 2;
}


# CPU time of all threads, in microseconds: exact, not sampled.

sub cpu_us {
    my $ns = 0;

    for my $pid (@_) {
        for my $file (glob "/proc/$pid/task/*/schedstat") {
            my ($spent) = split ' ', slurp($file);
            $ns += $spent || 0;
        }
    }

    return $ns / 1000;
}


sub memory_kb {
    my ($pid) = @_;

    my ($kb) = slurp("/proc/$pid/status") =~ /^VmRSS:\s+(\d+)/m;

    return $kb || 0;
}


# One slice of load: "what" names the side, the file of its requests, the
# seconds and a seed.

sub slice {
    my ($bench, %what) = @_;

    my @pids = $what{side}->pids;
    my @redis = $bench->{redis}->pid;
    my ($cpu, $redis) = (cpu_us(@pids), cpu_us(@redis));

    my $load = load($bench, %what);

    $cpu = cpu_us(@pids) - $cpu;
    $redis = cpu_us(@redis) - $redis;

    my $n = $load->{requests} || 1;

    return {
        %$load,
        rate  => $n / ($load->{us} / 1e6),
        cpu   => $cpu / $n,
        redis => $redis / $n,
        both  => ($cpu + $redis) / $n,
        body  => $load->{bytes} / $n,
        rss   => memory_kb($what{side}->worker),
    };
}


sub load {
    my ($bench, %what) = @_;

    my ($status, $out, $err) = run({ timeout => 60 },
        'taskset', '-c', $bench->{client_cpu}, 'wrk', '-t1', '-c32',
        "-d$what{secs}s", '-s', "$bench->{root}/load.lua",
        'http://127.0.0.1:' . $what{side}->port, '--', $what{file},
        $what{seed});

    my %load;
    @load{qw(requests us bytes p50 p99 broken refused late)} =
        $out =~ /^RESULT (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)/m
        or die "wrk: $out$err\n";

    die "$what{side}{name}: $load{broken} broken connections, $load{refused} "
        . "error answers, $load{late} too late\n" . $what{side}->log
        if $load{broken} || $load{refused} || $load{late};

    return \%load;
}


# System calls per request.  Tracing slows the server, so that it finds more
# to do in each turn of its loop than it would otherwise.

sub syscalls {
    my ($bench, %what) = @_;

    my $file = "$bench->{dir}/strace";
    my $pid = spawn("$bench->{dir}/strace.out", {}, 'taskset', '-c',
        $bench->{client_cpu}, 'strace', '-f', '-c', '-o', $file, '-p',
        $what{side}->worker);

    sleep 0.5;

    my $load = load($bench, %what, secs => 1);

    end($pid, 'INT', 10);

    # share, seconds, microseconds of a call, calls, errors if any, "total"

    my ($line) = slurp($file) =~ /^(100\.00 .*) total$/m or return;
    my $total = (split ' ', $line)[3];

    return $total / ($load->{requests} || 1);
}


# Instructions in user space per request, where the machine counts them.

sub instructions_perf {
    my ($bench, %what) = @_;

    my $file = "$bench->{dir}/perf";
    unlink $file;

    my $pid = spawn("$bench->{dir}/perf.out", {}, 'perf', 'stat', '-x,',
        '-e', 'instructions:u', '-o', $file, '-p', $what{side}->worker);

    sleep 0.3;

    my $load = load($bench, %what, secs => 1);

    end($pid, 'INT', 10);

    my ($n) = slurp($file) =~ /^(\d+),[^,]*,instructions/m or return;

    return $n / ($load->{requests} || 1);
}


# Asks for paths, one after the other, on one connection; each may have, after
# tabs, an ETag, an encoding and an API key.  "code" gets each response, and its path.

sub ask {
    my ($port, $paths, $code) = @_;
    my $s = Wismo::Http::open($port, 30);

    for my $path (@$paths) {
        my ($uri, $etag, $encoding, $key) = split /\t/, $path;

        print $s "GET $uri HTTP/1.1\r\nHost: shop.example\r\n",
            'Accept: text/html,application/xhtml+xml,*/*;q=0.8', "\r\n",
            length $etag ? "If-None-Match: $etag\r\n" : '',
            length $encoding ? "Accept-Encoding: $encoding\r\n" : '',
            length $key ? "Authorization: Bearer $key\r\n" : '', "\r\n";

        my $r = Wismo::Http::response($s, timeout => 30)
            or die "$uri: no answer\n";

        $code->($r, $uri) if $code;
    }
}


1;
