package Bench::FetchCount;

# Instructions of a poll in user space, of the fetcher and of Redis, whatever
# else this machine does meanwhile.  Only one of the two is counted at a time,
# so that the other one answers as fast as ever and what is sent together
# stays together.
#
#   my $figures = Bench::FetchCount::run($fetch, $parcels, 'http');

use strict;
use warnings;

use Time::HiRes qw(sleep time);

use Bench::Callgrind;
use Wismo::Process qw(spawn alive end slurp wait_until);

# all buckets have been looked at by then

use constant { FROM => 1500, POLLS => 1000, PARCELS => 3000 };


sub run {
    my ($fetch, $parcels, $way) = @_;
    my (%result, @news);

    for my $what (qw(unchanged changed)) {
        for my $who (qw(fetcher redis)) {

            # parcels of one order have changed each other's document

            $fetch->due;
            $fetch->pass($way, $parcels, 1);

            if ($what eq 'changed') {
                push @news, @news ? 0.5 : 1;
                $fetch->news(@news);
            }

            $result{$what}{$who} = pass($fetch, $way, $who);
        }
    }

    return \%result;
}


# What a poll took between two moments of the pass.  As many parcels are due as
# ever, but few of them are asked about, since valgrind takes its time.

sub pass {
    my ($fetch, $way, $who) = @_;
    my $bench = $fetch->{bench};
    my $redis = $bench->{redis};
    my $count = Bench::Callgrind->new($bench->{dir}, "fetch-$who");

    under($redis, $count->argv) if $who eq 'redis';

    $fetch->due;

    my $first = $fetch->requests;
    my $log = "$bench->{dir}/fetch.log";
    my $pid = spawn($log, {}, 'taskset', '-c', $bench->{server_cpu},
        $who eq 'fetcher' ? $count->argv : (),
        $fetch->program($way));

    my ($from, $to);
    my $until = time() + 600;

    while (!$to) {
        sleep 0.02;

        die "wismo fetch ended:\n" . slurp($log) unless alive($pid);
        die "the fetcher asks no more:\n" . slurp($log) if time() > $until;

        my $n = $fetch->requests - $first;

        next if $n < ($from ? $from->{n} + POLLS : FROM);

        my $spent = $count->dump($who eq 'redis' ? $redis->pid : $pid);
        my $mark = { n => ($n + $fetch->requests - $first) / 2,
                     spent => $spent };

        $from ? ($to = $mark) : ($from = $mark);
    }

    end($pid, 'TERM', 30);

    under($redis) if $who eq 'redis';

    return $to->{spent} ? $to->{spent} / ($to->{n} - $from->{n}) : undef;
}


# The same Redis again, under something else.

sub under {
    my ($redis, @argv) = @_;

    $redis->call('SAVE');
    $redis->stop;
    $redis->{opt}{under} = \@argv;
    $redis->start;

    wait_until { eval { $redis->call('PING') } } 120, 'Redis, loading';
}


1;
