package Sim::Canpar;

# Canpar: SOAP 1.2 without any account, one barcode, dates and clocks without
# separators or zone, and a flag "delivered" that is not to be believed.

use strict;
use warnings;

use parent -norequire, 'Sim::Xml';
use Sim::Xml;

use constant name => 'canpar';

my %opt = (prefix => 'soapenv', version => 1.2,
           headers => { type => 'application/soap+xml; charset=utf-8' });


sub routes {
    return [ qr{^/canshipws/services/CanparAddonsService\b} => 'track' ];
}


sub error_of {
    my ($self, $status, %headers) = @_;

    return Sim::Xml::soap($status, Sim::Xml::node('soapenv:Fault',
        Sim::Xml::node('soapenv:Code',
                       Sim::Xml::text('soapenv:Value', 'soapenv:Receiver')),
        Sim::Xml::node('soapenv:Reason', Sim::Xml::text(
            'soapenv:Text xml:lang="en-US"', 'The service is not available'))),
        %opt, headers => { %{ $opt{headers} }, %headers });
}


sub refused {
    my ($self, $request) = @_;

    return if $request->{body} =~ /trackByBarcodeV2/
        && Sim::Api::header($request, 'Content-Type')
            =~ m{^application/soap\+xml};

    return $self->error_of(400);
}


sub asked {
    my ($self, $request) = @_;

    return Sim::Xml::value_of($request->{body}, 'barcode');
}


sub said {
    my ($self, $request, $item) = @_;

    my $space = 'xmlns:ax="http://ws.dto.canshipws.canpar.com/xsd" xmlns:xsi='
              . '"http://www.w3.org/2001/XMLSchema-instance"';

    return Sim::Xml::soap(200, Sim::Xml::node('ns:trackByBarcodeV2Response '
        . 'xmlns:ns="http://ws.onlinerating.canshipws.canpar.com"',
        Sim::Xml::node("ns:return $space", '<ax:error xsi:nil="true"/>',
            $item && $item->{n} ? $self->result($item)
                                : '<ax:result xsi:nil="true"/>')), %opt);
}


sub result {
    my ($self, $item) = @_;

    return Sim::Xml::node('ax:result',
        Sim::Xml::text('ax:barcode', $item->{number}),
        Sim::Xml::text('ax:delivered', 'false'),
        Sim::Xml::text('ax:estimated_delivery_date', Sim::World::zoned(
            $item->{parcel}{start} + 60 * 3600, 'America/Toronto', '%Y%m%d')),
        (map { $self->event($_) } reverse @{ $item->{events} }),
        Sim::Xml::text('ax:service_description_en', 'GROUND'),
        Sim::Xml::text('ax:signed_by', $item->{events}[-1]{name}),
        Sim::Xml::text('ax:tracking_url_en', ''));
}


sub event {
    my ($self, $event) = @_;
    my $place = $self->place($event);

    return Sim::Xml::node('ax:events',
        Sim::Xml::node('ax:address',
            Sim::Xml::text('ax:city', uc($place->{city} // '')),
            Sim::Xml::text('ax:country', $place->{country}),
            Sim::Xml::text('ax:province', $place->{state})),
        Sim::Xml::text('ax:code', $event->{code}),
        Sim::Xml::text('ax:code_description_en', $event->{text}),
        Sim::Xml::text('ax:code_description_fr', $event->{text}),
        Sim::Xml::text('ax:local_date_time',
                       $self->clock($event, '%Y%m%d %H%M%S')),
        Sim::Xml::text('ax:time_shift', '0'));
}


1;
