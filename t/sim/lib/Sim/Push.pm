package Sim::Push;

# Pushes: what a carrier has to tell goes to its hook, signed as the carrier
# signs, again until a 2xx; and on bad days twice, in reverse, held back, or
# with a signature of another secret.
#
#   signature(body, secret)   the headers that show who sent it

use strict;
use warnings;

use Sim::Carrier;
use Sim::World;


sub hook {
    my ($self, %opt) = @_;

    $self->{$_} = $opt{$_} for keys %opt;
}


# Whatever the hook has not heard yet

sub tick {
    my ($self) = @_;

    if ($self->{url} && $self->can('news')) {
        my $parcels = $self->world->{parcels}{ $self->{name} } || {};

        for my $number (sort keys %$parcels) {
            my $item = $self->item($number);
            my $n = $item->{n} || 0;
            my $told = $item->{parcel}{told} // 0;

            next if $n <= $told || !$self->listens($number);

            $item->{parcel}{told} = $n;
            $self->enqueue($_) for $self->news($item, $told);
        }
    }

    $self->flush;
}


sub listens { 1 }


# Once more, all that is known

sub again {
    my ($self, $number) = @_;

    my $item = $self->item($number);

    $item = $self->unknown($number) if !$item->{n};
    $self->enqueue($_) for $self->news($item, 0);
}


# A number that is nobody's: the same document about something else.

sub unknown {
    my ($self, $number) = @_;

    my $event = { time => int $self->world->now, code => '', text => 'x' };

    return { number => $number, n => 1, events => [ $event ], fields => {},
             script => {}, parcel => { number => $number, script => {},
                                       events => [ $event ] } };
}


sub enqueue {
    my ($self, $body) = @_;

    return unless $self->{url};

    push @{ $self->{queue} },
        map { { body => $body, tries => 0 } } 0 .. ($self->{twice} ? 1 : 0);
}


sub flush {
    my ($self) = @_;

    return if $self->{hold} || !$self->{queue};

    my @queue = splice @{ $self->{queue} };
    @queue = reverse @queue if $self->{reverse};

    $self->deliver($_) for @queue;
}


sub deliver {
    my ($self, $push) = @_;

    my $secret = $self->{secret} // '';
    $secret = reverse $secret if $self->{forge};

    $self->{counts}{pushes}++;

    $self->{server}->post($self->{url},
        { 'User-Agent' => 'carrier-sim',
          $self->signature($push->{body}, $secret) },
        $push->{body}, sub {

        my ($status) = @_;

        $self->{last} = $status;

        if ($status >= 200 && $status < 300) {
            $self->{counts}{delivered}++;
            return;
        }

        # sooner than in life, so that a test can wait for it

        my $wait = 0.5 * 2 ** ($push->{tries}++ > 6 ? 6 : $push->{tries});

        $self->{waiting}++;
        $self->{server}->after($wait, sub {
            $self->{waiting}--;
            push @{ $self->{queue} }, $push;
        });
    });
}


1;
