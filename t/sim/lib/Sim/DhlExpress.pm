package Sim::DhlExpress;

# MyDHL: Basic, up to 200 numbers under one repeated name, local clocks with
# the offset beside them for who asks for it.  "Success" is about the request.

use strict;
use warnings;

use parent -norequire, 'Sim::Api';
use Sim::Api;

use constant { name => 'dhl_express', BATCH => 200 };


sub routes { [ qr{^/mydhlapi/tracking$} => 'track' ] }


sub problem {
    my ($status, $title, $detail, %headers) = @_;

    return Sim::Carrier::answer($status, {
        instance => '/expressapi/tracking', detail => $detail,
        title => $title, status => "$status" }, %headers);
}


sub error_of {
    my ($self, $status, %headers) = @_;

    return problem($status, $status == 429 ? 'Too many requests'
        : $status == 401 ? 'Unauthorized' : 'Internal error',
        'The request was not processed', %headers);
}


sub refused {
    my ($self, $request) = @_;

    return if $self->account(Sim::Carrier::basic($request));

    return $self->error_of(401);
}


sub asked {
    my ($self, $request) = @_;

    my @numbers = Sim::Api::query_all($request, 'shipmentTrackingNumber');

    return problem(400, 'Bad request', 'Wrong number of shipments')
        if !@numbers || @numbers > BATCH;

    return @numbers;
}


sub said {
    my ($self, $request, @items) = @_;

    my @known = grep { $_->{n} } @items;

    return problem(404, 'No Shipments Found', 'No data found for the request')
        unless @known;

    my $offset = $request->{query}{requestGMTOffsetPerEvent} // '';

    return Sim::Carrier::answer(200, { shipments => [ map { {
        shipmentTrackingNumber => $_->{number},
        status      => 'Success',
        shipmentTimestamp => Sim::World::zoned($_->{parcel}{start},
            'Europe/Berlin', '%Y-%m-%dT%H:%M:%S'),
        productCode => 'P',
        description => 'Goods',
        totalWeight => 1.5,
        unitOfMeasurements => 'metric',
        numberOfPieces => 1,
        events      => [ map { $self->event($_, $offset eq 'true') }
                         @{ $_->{events} } ],
        %{ $_->{fields} },
    } } @known ] });
}


sub event {
    my ($self, $event, $offset) = @_;

    my $place = $self->place($event);

    return {
        date        => $self->clock($event, '%Y-%m-%d'),
        time        => $self->clock($event, '%H:%M:%S'),
        typeCode    => $event->{code},
        description => $event->{text},
        serviceArea => [ { code => uc substr($place->{city} // '', 0, 3),
                           description => $place->{city} // '' } ],
        $event->{name} ? (signedBy => $event->{name}) : (),
        $offset ? (GMTOffset => $self->offset($event)) : (),
    };
}


1;
