package Sim::Postnord;

# PostNord: the key in the query, events in the items of a shipment, and for
# an unknown number a reply without shipments.

use strict;
use warnings;

use parent -norequire, 'Sim::Api';
use Sim::Api;

use constant name => 'postnord';


sub routes {
    return [ qr{^/rest/shipment/v5/trackandtrace/findByIdentifier\.json$}
             => 'track' ];
}


sub fault {
    my ($status, $code, $text, %headers) = @_;

    return Sim::Carrier::answer($status, { TrackingInformationResponse => {
        compositeFault => { faults => [ { faultCode => $code,
            explanationText => $text } ] } } }, %headers);
}


sub error_of {
    my ($self, $status, %headers) = @_;

    return fault($status, "HTTP_$status", 'The request was not processed',
                 %headers);
}


sub refused {
    my ($self, $request) = @_;

    return if $self->account($request->{query}{apikey});

    return $self->error_of(403);
}


sub asked {
    my ($self, $request) = @_;

    return $request->{query}{id} // $self->error_of(400);
}


sub said {
    my ($self, $request, $item) = @_;

    return Sim::Carrier::answer(200, { TrackingInformationResponse => {
        shipments => [] } }) unless $item && $item->{n};

    my $last = $item->{events}[-1];
    my $status = { status => $last->{status},
                   statusText => { header => $last->{text},
                                   body => "$last->{text}." } };

    return Sim::Carrier::answer(200, { TrackingInformationResponse => {
        shipments => [ {
            shipmentId  => $item->{number},
            %$status,
            totalWeight => { value => '1.2', unit => 'kg' },
            assessedNumberOfItems => 1,
            service     => { code => '19', name => 'MyPack Collect' },
            items       => [ {
                itemId => $item->{number},
                %$status,
                events => [ map { $self->event($_) } @{ $item->{events} } ],
            } ],
            %{ $item->{fields} },
        } ],
    } });
}


sub event {
    my ($self, $event) = @_;

    my $place = $self->place($event);

    return {
        eventTime        => $event->{form} && $event->{form} eq 'utc'
            ? Sim::Api::utc($event) : $self->bare($event),
        eventCode        => $event->{code},
        status           => $event->{status},
        eventDescription => $event->{text},
        location         => {
            displayName => $place->{city} // '', name => 'Terminal',
            city => $place->{city} // '', countryCode => 'SWE',
            locationType => 'HUB',
        },
    };
}


1;
