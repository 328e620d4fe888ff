package Sim::Laposte;

# La Poste: a key in a header; one number gives an object, several a list with
# a code for each; for what is no number at all a 404 without any JSON.

use strict;
use warnings;

use parent -norequire, 'Sim::Api';
use Sim::Api;

use constant { name => 'laposte', BATCH => 10 };


sub routes { [ qr{^/suivi/v2/idships/[^/]*$} => 'track' ] }


sub error_of {
    my ($self, $status, %headers) = @_;

    return Sim::Carrier::answer($status, { code => $status == 401
        ? 'UNAUTHORIZED' : $status == 429 ? 'TOO_MANY_REQUESTS'
        : 'INTERNAL_SERVER_ERROR', message => 'The request was not '
        . 'processed' }, %headers);
}


sub refused {
    my ($self, $request) = @_;

    return if $self->account(Sim::Api::header($request, 'X-Okapi-Key'));

    return $self->error_of(401);
}


sub asked {
    my ($self, $request) = @_;

    my @numbers = split /,/, Sim::Api::last_of($request);

    return $self->error_of(400) if @numbers > BATCH;
    return { status => 404, type => 'text/plain', body => "Not Found\n" }
        if @numbers == 1 && $numbers[0] !~ /^[A-Z0-9]{11,15}$/;

    return @numbers;
}


sub said {
    my ($self, $request, @items) = @_;

    my @replies = map { $self->reply($_) } @items;
    my %codes = map { $_->{returnCode} => 1 } @replies;
    my ($code) = keys %codes;

    return Sim::Carrier::answer(keys %codes > 1 ? 207 : $code,
                                @replies == 1 ? $replies[0] : \@replies);
}


sub reply {
    my ($self, $item) = @_;

    return {
        lang => 'fr_FR', scope => 'open', returnCode => 404,
        returnMessage => "Num\x{e9}ro inconnu", idShip => $item->{number},
    } unless $item->{n};

    return {
        lang => 'fr_FR', scope => 'open', returnCode => 200,
        shipment => {
            idShip   => $item->{number},
            holder   => 4,
            product  => 'Colissimo',
            isFinal  => $item->{events}[-1]{code} =~ /^DI/
                ? JSON::PP::true() : JSON::PP::false(),
            entryDate => $self->iso($item->{events}[0]),
            event    => [ map { {
                code => $_->{code}, label => $_->{text},
                date => $self->iso($_), order => 0,
            } } reverse @{ $item->{events} } ],
            timeline => [],
            contextData => { originCountry => 'FR', arrivalCountry => 'FR' },
            url => 'https://www.laposte.fr/suivi',
            %{ $item->{fields} },
        },
    };
}


1;
