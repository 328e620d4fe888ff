package Sim::Api;

# What the carriers below /NAME/ have in common: who may ask, which parcels a
# request is about, and the clocks of places.  A carrier says in its own module
# how it is asked and what it prints; scripts hold its own words.
#
#   routes   [ [ qr/path below \/NAME/ => method ], ... ]
#   refused  a reply if the request may not be answered, else nothing
#   asked    the numbers a request is about, or a reply
#   said     the reply about items: number, and if known parcel, n, events,
#            script and fields

use strict;
use warnings;

use POSIX ();
use parent -norequire, 'Sim::Carrier';
use Sim::Carrier;
use Sim::World;


sub handles {
    my ($self, $path) = @_;

    $path =~ s{^/\Q$self->{name}\E(?=/)}{} or return;

    for my $route ($self->routes) {
        my ($pattern, $method) = @$route;

        return $method if $path =~ $pattern;
    }

    return;
}


sub track {
    my ($self, $request, $missing) = @_;

    my $refused = $self->refused($request);
    return $refused if $refused;

    my @numbers = $self->asked($request);
    return $numbers[0] if @numbers && ref $numbers[0];

    return $self->said($request, map { $self->item($_) }
        grep { !defined $missing || $_ ne $missing } @numbers);
}


sub item {
    my ($self, $number) = @_;

    my $world = $self->world;
    my $parcel = ($world->find($self->{name}, $number))[-1];
    my $n = $parcel ? $world->seen($parcel) : 0;

    return { number => $number } unless $n;

    return {
        number => $number,
        parcel => $parcel,
        n      => $n,
        events => [ @{ $parcel->{events} }[0 .. $n - 1] ],
        script => $parcel->{script},
        fields => $world->fields($parcel, $n),
    };
}


# The account is "a:b:c", what the carrier was told when it began; without it
# everybody is let in who shows something.

sub account {
    my ($self, @shown) = @_;

    return 0 if grep { !length($_ // '') } @shown;
    return 1 if !defined $self->{account};

    return join(':', @shown) eq $self->{account};
}


sub header {
    my ($request, $name) = @_;

    return $request->{headers}{ lc $name } // '';
}


# All values of a name in the query: some carriers repeat it.

sub query_all {
    my ($request, $name) = @_;

    return map { s/\+/ /gr =~ s/%(..)/chr hex $1/ger }
        map { /^\Q$name\E=(.*)$/s ? $1 : () }
        split /&/, $request->{search} // '';
}


sub json_of {
    my ($request) = @_;

    return eval { $Sim::Carrier::json->decode($request->{body}) };
}


sub last_of {
    my ($request) = @_;

    my ($last) = $request->{path} =~ m{([^/]*)/?$};

    return $last =~ s/%(..)/chr hex $1/ger;
}


# Clocks

sub place {
    my ($self, $event) = @_;

    return $self->world->place($event->{place});
}


sub clock {
    my ($self, $event, $format, $zone) = @_;

    return Sim::World::zoned($event->{time},
        $zone || $self->zone($event), $format);
}


sub zone {
    my ($self, $event) = @_;
    my $place = $self->place($event);

    return $event->{zone} || $place->{zone} || $place->{offset}
        || $self->{zone} || 'UTC';
}


# "+01:00", or with another separator between hours and minutes

sub offset {
    my ($self, $event, $separator, $zone) = @_;

    my $text = $self->clock($event, '%z', $zone);

    return substr($text, 0, 3) . ($separator // ':') . substr($text, 3);
}


sub iso {
    my ($self, $event, $zone) = @_;

    return $self->clock($event, '%Y-%m-%dT%H:%M:%S', $zone)
         . $self->offset($event, ':', $zone);
}


sub bare {
    my ($self, $event, $zone) = @_;

    return $self->clock($event, '%Y-%m-%dT%H:%M:%S', $zone);
}


sub utc {
    my ($event) = @_;

    return Sim::World::utc($event->{time});
}


1;
