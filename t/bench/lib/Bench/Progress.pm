package Bench::Progress;

# How far it is: on a terminal a bar with share, rate and remaining time,
# elsewhere a line for every tenth.  On stderr, so that the result can be
# taken from stdout.

use strict;
use warnings;

use Time::HiRes qw(time);


sub new {
    my ($class, $total) = @_;

    return bless {
        total => $total,
        done  => 0,
        told  => 0,
        tty   => -t STDERR,
        start => time(),
    }, $class;
}


sub step {
    my ($self, $what) = @_;

    $self->{done}++;

    my $share = $self->{done} / $self->{total};
    my $left = (time() - $self->{start}) * (1 / $share - 1);
    my $text = sprintf '%3d%%  %d:%02d left  %s', $share * 100, $left / 60,
                       $left % 60, $what;

    if ($self->{tty}) {
        my $n = int($share * 30);

        printf STDERR "\r[%s%s] %-44.44s", '#' x $n, '.' x (30 - $n), $text;
        print STDERR "\n" if $self->{done} == $self->{total};

    } elsif (int($share * 10) > $self->{told}) {
        $self->{told} = int($share * 10);
        print STDERR "$text\n";
    }
}


1;
