package Sim::Purolator;

# Purolator: Basic and a token of the user in the header of the envelope;
# several PINs, dates and clocks apart and bare, scans that may come twice.

use strict;
use warnings;

use parent -norequire, 'Sim::Xml';
use Sim::Xml;

use constant name => 'purolator';

my %opt = (prefix => 's');


sub routes { [ qr{^/PWS/V1/Tracking/TrackingService\.asmx$} => 'track' ] }


sub error_of {
    my ($self, $status, %headers) = @_;

    return { status => 401, type => 'text/html', headers => \%headers,
             body => '<html><body>Unauthorized</body></html>' }
        if $status == 401;

    return Sim::Xml::fault('Server', $status == 429 ? 'Too many requests'
        : 'The service is not available', '', %opt, status => $status,
        headers => \%headers);
}


sub refused {
    my ($self, $request) = @_;

    return $self->error_of(401) unless $self->account(
        Sim::Carrier::basic($request),
        Sim::Xml::value_of($request->{body}, 'UserToken'));
    return Sim::Xml::fault('Client', 'No such action', '', %opt)
        unless Sim::Api::header($request, 'SOAPAction')
            =~ m{/TrackPackagesByPin"?$};

    return;
}


sub asked {
    my ($self, $request) = @_;

    return Sim::Xml::values_of($request->{body}, 'Value');
}


sub said {
    my ($self, $request, @items) = @_;

    my @known = grep { $_->{n} } @items;
    my @errors = map { Sim::Xml::node('Error',
        Sim::Xml::text('Code', '3001126'),
        Sim::Xml::text('Description', 'The PIN is not valid'),
        Sim::Xml::text('AdditionalInformation', $_->{number}))
    } grep { !$_->{n} } @items;

    return Sim::Xml::soap(200, Sim::Xml::node('TrackPackagesByPinResponse '
        . 'xmlns="http://purolator.com/pws/datatypes/v1" xmlns:i='
        . '"http://www.w3.org/2001/XMLSchema-instance"',
        Sim::Xml::node('ResponseInformation',
            @errors ? Sim::Xml::node('Errors', @errors) : '<Errors/>',
            '<InformationalMessages i:nil="true"/>'),
        @known ? Sim::Xml::node('TrackingInformationList',
                                map { $self->information($_) } @known)
               : '<TrackingInformationList i:nil="true"/>'), %opt,
        header => '<s:Header><h:ResponseContext xmlns:h="http://purolator.com'
            . '/pws/datatypes/v1"><h:ResponseReference>r'
            . '</h:ResponseReference></h:ResponseContext></s:Header>');
}


sub information {
    my ($self, $item) = @_;

    my @events = reverse @{ $item->{events} };

    # The oldest scan is sent again word by word.

    return Sim::Xml::node('TrackingInformation',
        Sim::Xml::node('PIN', Sim::Xml::text('Value', $item->{number})),
        Sim::Xml::node('Scans', map { $self->scan($item, $_) }
                       @events, @events > 1 ? $events[-1] : ()));
}


sub scan {
    my ($self, $item, $event) = @_;

    my $delivery = $event->{type} eq 'Delivery';

    return Sim::Xml::node("Scan i:type=\"$event->{type}Scan\"",
        Sim::Xml::text('ScanType', $event->{type}),
        Sim::Xml::node('PIN', Sim::Xml::text('Value', $item->{number})),
        Sim::Xml::node('Depot', Sim::Xml::text('Name', uc(
            $self->place($event)->{city} // ''))),
        Sim::Xml::text('ScanDate', $self->clock($event, '%Y-%m-%d')),
        Sim::Xml::text('ScanTime', $self->clock($event, '%H%M%S')),
        Sim::Xml::text('Description', $event->{text}),
        Sim::Xml::text('Comment', ''),
        '<SummaryScanIndicator>false</SummaryScanIndicator>',
        $delivery ? Sim::Xml::node('ScanDetails',
            Sim::Xml::text('DeliverySignature', $event->{name}),
            '<SignatureImage i:nil="true"/>') : ());
}


1;
