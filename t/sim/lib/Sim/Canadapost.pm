package Sim::Canadapost;

# Canada Post: Basic, one number, an XML type of its own in Accept; the zone
# of a clock is an abbreviation beside it, which may be missing; codes have
# leading zeros.

use strict;
use warnings;

use parent -norequire, 'Sim::Xml';
use Sim::Xml;

use constant {
    name => 'canadapost',
    TYPE => 'application/vnd.cpc.track-v2+xml',
};


sub routes { [ qr{^/vis/track/pin/[^/]+/detail$} => 'track' ] }


sub message {
    my ($status, $code, $text, %headers) = @_;

    return Sim::Xml::xml($status, Sim::Xml::node(
        'messages xmlns="http://www.canadapost.ca/ws/messages"',
        Sim::Xml::node('message', Sim::Xml::text('code', $code),
                       Sim::Xml::text('description', $text))),
        type => TYPE, %headers);
}


# Throttling names no number: it is a gateway that has had enough.

sub error_of {
    my ($self, $status, %headers) = @_;

    return message(500, 'Server', 'Rejected by SLM Monitor', %headers)
        if $status == 429;
    return message(401, 'AA001', 'User or password is not valid')
        if $status == 401;

    return { status => $status, type => 'text/html', headers => \%headers,
             body => "<html><body>Service Unavailable</body></html>\n" };
}


sub refused {
    my ($self, $request) = @_;

    return $self->error_of(401)
        unless $self->account(Sim::Carrier::basic($request));
    return message(406, 'E002', 'The type of the reply is not possible')
        unless Sim::Api::header($request, 'Accept') eq TYPE;

    return;
}


sub asked {
    my ($self, $request) = @_;

    return $request->{path} =~ m{/pin/([^/]+)/detail$} ? $1 : ();
}


sub said {
    my ($self, $request, $item) = @_;

    return message(404, '004', 'No Pin History')
        unless $item && $item->{n};

    # Their order is not promised: here the second is the first.

    my @events = reverse @{ $item->{events} };
    @events[0, 1] = @events[1, 0] if @events > 1;

    return Sim::Xml::xml(200, Sim::Xml::node(
        'tracking-detail xmlns="http://www.canadapost.ca/ws/track-v2"',
        Sim::Xml::text('pin', $item->{number}),
        Sim::Xml::text('active-exists', 1),
        Sim::Xml::text('changed-expected-date',
                       $item->{fields}{'changed-expected-date'}),
        Sim::Xml::text('destination-postal-id', 'M5V'),
        Sim::Xml::text('expected-delivery-date',
                       $item->{fields}{'expected-delivery-date'}),
        Sim::Xml::text('service-name', 'Expedited Parcels'),
        Sim::Xml::node('significant-events',
            map { $self->occurrence($_) } @events)), type => TYPE);
}


sub occurrence {
    my ($self, $event) = @_;

    my $place = $self->place($event);

    return Sim::Xml::node('occurrence',
        Sim::Xml::text('event-identifier', $event->{code}),
        Sim::Xml::text('event-date', $self->clock($event, '%Y-%m-%d')),
        Sim::Xml::text('event-time', $self->clock($event, '%H:%M:%S')),
        Sim::Xml::text('event-time-zone', $event->{form}
            && $event->{form} eq 'bare' ? '' : $self->clock($event, '%Z')),
        Sim::Xml::text('event-description', $event->{text}),
        Sim::Xml::text('signatory-name', $event->{name}),
        Sim::Xml::text('event-site', uc($place->{city} // '')),
        Sim::Xml::text('event-province', $place->{state}),
        Sim::Xml::text('event-retail-location-id', ''),
        Sim::Xml::text('event-retail-name', ''));
}


1;
