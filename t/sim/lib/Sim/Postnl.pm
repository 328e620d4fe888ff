package Sim::Postnl;

# PostNL: a key in a header, JSON that was made from XML: one event is an
# object, several are a list, nothing is {}.  Dutch dates beside ISO ones.

use strict;
use warnings;

use parent -norequire, 'Sim::Api';
use Sim::Api;

use constant name => 'postnl';


sub routes { [ qr{^/shipment/v2/status/barcode/[^/]+$} => 'track' ] }


sub error_of {
    my ($self, $status, %headers) = @_;

    return Sim::Carrier::answer(401, { fault => { faultstring =>
        'Failed to resolve API Key variable request.header.apikey',
        detail => { errorcode => 'steps.oauth.v2.FailedToResolveAPIKey' } } })
        if $status == 401;
    return Sim::Carrier::answer($status, { fault => { faultstring =>
        'Rate limit quota violation.', detail => { errorcode =>
        'policies.ratelimit.QuotaViolation' } } }, %headers)
        if $status == 429;

    return Sim::Carrier::answer($status, { Errors => [ { Code => "$status",
        Description => 'The service is not available' } ] }, %headers);
}


sub refused {
    my ($self, $request) = @_;

    return if $self->account(Sim::Api::header($request, 'apikey'));

    return $self->error_of(401);
}


sub asked {
    my ($self, $request) = @_;

    return Sim::Api::last_of($request);
}


sub said {
    my ($self, $request, $item) = @_;

    my $detail = ($request->{query}{detail} // '') eq 'true';
    my $root = $detail ? 'CompleteStatus' : 'CurrentStatus';

    return Sim::Carrier::answer(200, { $root => { Shipment => {} },
        Warnings => [ { Code => '2',
            Description => 'No shipment found' } ] })
        unless $item && $item->{n};

    my @events = map { $self->event($_) } @{ $item->{events} };
    my $last = $item->{events}[-1];

    return Sim::Carrier::answer(200, { $root => { Shipment => {
        MainBarcode     => $item->{number},
        Barcode         => $item->{number},
        ShipmentAmount  => '1',
        ShipmentCounter => '1',
        ProductCode     => '003085',
        Dimension       => { Height => '100', Length => '200',
                             Weight => '1250', Width => '150' },
        Address         => { AddressType => '01', City => 'Zwolle',
                             CountryCode => 'NL' },
        Status          => {
            TimeStamp         => $self->dutch($last),
            StatusCode        => $last->{status},
            StatusDescription => $last->{text},
            PhaseCode         => $last->{phase},
            PhaseDescription  => $last->{text},
        },
        OldStatus       => {},
        $detail ? (Event => @events > 1 ? \@events : $events[0]) : (),
        %{ $item->{fields} },
    } } });
}


sub dutch {
    my ($self, $event) = @_;

    return $self->clock($event, '%d-%m-%Y %H:%M:%S', 'Europe/Amsterdam');
}


sub event {
    my ($self, $event) = @_;

    return {
        Code         => $event->{code},
        Description  => $event->{text},
        LocationCode => '160662',
        RouteName    => {},
        TimeStamp    => $event->{form} && $event->{form} eq 'iso'
            ? $self->bare($event, 'Europe/Amsterdam')
            : $self->dutch($event) . '.000',
    };
}


1;
