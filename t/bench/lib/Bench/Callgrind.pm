package Bench::Callgrind;

# Instructions of one process in user space, counted by callgrind: exact, and
# the same on a busy machine.
#
#   my $count = Bench::Callgrind->new($dir, 'name');
#   my $pid = spawn($log, {}, $count->argv, 'program', ...);
#   $count->dump($pid);           # since the last time, or undef

use strict;
use warnings;

use Wismo::Process qw(run slurp wait_until);


# vgdb's pipes are where nobody else's are.

sub new {
    my ($class, $dir, $name) = @_;

    return bless {
        out     => "$dir/callgrind-$name",
        control => "$dir/vgdb",
        n       => 0,
    }, $class;
}


sub argv {
    my ($self) = @_;

    return ('valgrind', '-q', '--tool=callgrind',
            "--callgrind-out-file=$self->{out}",
            '--smc-check=all-non-file', "--vgdb-prefix=$self->{control}");
}


# callgrind writes what it counted since the last time, when it is told to.

sub dump {
    my ($self, $pid) = @_;

    my ($status, $out, $err) = run({ timeout => 30 }, 'vgdb',
        "--vgdb-prefix=$self->{control}", "--pid=$pid", 'dump', 'bench');

    return if $status != 0;

    my $file = "$self->{out}." . ++$self->{n};
    my $total;

    wait_until {
        ($total) = slurp($file) =~ /^(?:totals|summary): (\d+)/m;
        $total
    } 30;

    unlink $file unless $ENV{BENCH_KEEP};

    return $total;
}


1;
