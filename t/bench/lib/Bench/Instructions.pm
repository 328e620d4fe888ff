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

use Bench::Callgrind;
use Bench::Measure qw(ask);
use Bench::Side;


sub new {
    my ($class, $bench, $name, %opt) = @_;

    my $count = Bench::Callgrind->new($bench->{dir}, $name);

    my $self = bless {
        count => $count,
        side  => Bench::Side->new($bench, $name, %opt,
                                  under => [ $count->argv ]),
    }, $class;

    $self->{side}->start;

    return $self;
}


sub dump {
    my ($self) = @_;

    return $self->{count}->dump($self->{side}{pid});
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
