package Sim::DhlUnified;

# DHL Unified: a key in a header, one number a request, five codes and texts,
# and three ways to write a time in one reply.  Errors are problem documents.

use strict;
use warnings;

use parent -norequire, 'Sim::Api';
use Sim::Api;

use constant name => 'dhl_unified';


sub routes { [ qr{^/track/shipments$} => 'track' ] }


sub problem {
    my ($status, $title, $detail, %headers) = @_;

    my $reply = Sim::Carrier::answer($status, { title => $title,
        detail => $detail, status => $status, instance => '/shipment' },
        %headers);

    $reply->{type} = 'application/problem+json';

    return $reply;
}


sub error_of {
    my ($self, $status, %headers) = @_;

    return problem(429, 'Too many requests',
        'Too many requests within defined time period, please try again later',
        %headers) if $status == 429;
    return problem(401, 'Unauthorized', 'Unauthorized for given resource.')
        if $status == 401;

    return problem($status, 'Error', 'The service is not available.',
                   %headers);
}


sub refused {
    my ($self, $request) = @_;

    return if $self->account(Sim::Api::header($request, 'DHL-API-Key'));

    return $self->error_of(401);
}


sub asked {
    my ($self, $request) = @_;

    return $request->{query}{trackingNumber}
        // problem(400, 'Bad request', 'trackingNumber is missing');
}


sub said {
    my ($self, $request, $item) = @_;

    return problem(404, 'No result found',
        'No shipment with given tracking number found.')
        unless $item && $item->{n};

    my @events = map { $self->event($_) } reverse @{ $item->{events} };
    my $number = $item->{number};

    return Sim::Carrier::answer(200, {
        url       => '/shipments?limit=5&offset=0',
        shipments => [ {
            id      => $number =~ /^[1-9]\d{0,14}$/ ? 0 + $number : $number,
            service => $item->{script}{service},
            status  => $events[0],
            events  => \@events,
            origin      => { address => { countryCode => 'DE' } },
            destination => { address => { countryCode => 'DE' } },
            details => { totalNumberOfPieces => 1,
                weight => { value => 2.5, unitText => 'kg' } },
            %{ $item->{fields} },
        } ],
    });
}


sub event {
    my ($self, $event) = @_;

    my $place = $self->place($event);
    my $form = $event->{form} // 'bare';

    return {
        timestamp   => $form eq 'utc' ? Sim::Api::utc($event)
            : $form eq 'offset' ? $self->iso($event)
            : $self->bare($event),
        statusCode  => $event->{code},
        status      => $event->{status} // uc $event->{code},
        description => $event->{text},
        $place->{city} ? (location => { address => {
            addressLocality => $place->{city},
            countryCode     => $place->{country},
        } }) : (),
    };
}


1;
