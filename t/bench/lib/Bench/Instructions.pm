package Bench::Instructions;

# Instructions in user space per request of an nginx, counted by callgrind:
# exact, and the same on a busy machine.  One process, one connection, one
# request after the other.
#
#   my $count = Bench::Instructions->new($bench, 'lua', vars => { ... });
#   $count->of(\@paths);          # per request, or undef
#   $count->stop;

use strict;
use warnings;

use Bench::Measure qw(ask);
use Bench::Side;
use Wismo::Process qw(run wait_until);


sub new {
    my ($class, $bench, $name, %opt) = @_;

    my $out = "$bench->{dir}/callgrind-$name";

    # vgdb's pipes are where nobody else's are

    my $self = bless {
        out  => $out,
        n    => 0,
        side => Bench::Side->new($bench, $name, %opt, under => [
            'valgrind', '-q', '--tool=callgrind', "--callgrind-out-file=$out",
            '--smc-check=all-non-file', "--vgdb-prefix=$bench->{dir}/vgdb",
        ]),
        control => "$bench->{dir}/vgdb",
    }, $class;

    $self->{side}->start;

    return $self;
}


# callgrind writes what it counted since the last time, when it is told to.

sub dump {
    my ($self) = @_;

    my ($status, $out, $err) = run({ timeout => 30 }, 'vgdb',
        "--vgdb-prefix=$self->{control}", "--pid=$self->{side}{pid}",
        'dump', 'bench');

    return if $status != 0;

    my $file = "$self->{out}." . ++$self->{n};
    my $total;

    wait_until {
        open my $fh, '<', $file or return;
        ($total) = map { /^(?:totals|summary): (\d+)/ ? $1 : () } <$fh>;
        $total
    } 30;

    unlink $file;

    return $total;
}


sub of {
    my ($self, $paths) = @_;
    my $port = $self->{side}->port;

    # twice: a cache that has just begun trusts what it has only then

    ask($port, $paths) for 1, 2;
    defined $self->dump or return;

    ask($port, $paths);
    my $total = $self->dump;

    return defined $total ? $total / @$paths : undef;
}


sub stop {
    my ($self) = @_;

    $self->{side}->stop;
}


1;
