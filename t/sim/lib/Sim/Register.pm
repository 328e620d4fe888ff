package Sim::Register;

# Aggregators: a number has to be told to them before they say anything about
# it, and telling them twice is their error, not ours.  What they know of it
# goes to the hook, too.

use strict;
use warnings;

use parent -norequire, 'Sim::Push', 'Sim::Api';
use Digest::SHA ();
use Sim::Api;
use Sim::Push;


# True if it was new.

sub add {
    my ($self, $number) = @_;

    return 0 if $self->{known}{$number};

    my $id = substr Digest::SHA::sha1_hex("$self->{name}/$number"), 0, 32;

    $self->{known}{$number} = { id => $id, number => $number,
                                created => int $self->world->now };
    $self->{by_id}{$id} = $self->{known}{$number};

    return 1;
}


sub listens { $_[0]{known}{ $_[1] } }


sub refused {
    my ($self, $request) = @_;

    return if $self->account($self->key_of($request));

    return $self->error_of(401);
}


1;
