package Sim::DhlParcelDe;

# DHL Parcel DE: Basic for the gateway and a second account inside the XML
# that is a value in the query; 20 numbers with semicolons; all that is said
# stands in attributes, by clocks of Berlin, oldest first.

use strict;
use warnings;

use parent -norequire, 'Sim::Xml';
use Sim::Xml;

use constant { name => 'dhl_parcel_de', BATCH => 20 };


sub routes { [ qr{^/parcel/de/tracking/v0/shipments$} => 'track' ] }


sub error_of {
    my ($self, $status, %headers) = @_;

    my $reply = Sim::Carrier::answer($status, { title => $status == 401
        ? 'Unauthorized' : $status == 429 ? 'Too many requests' : 'Error',
        status => $status, detail => 'The request was not processed' },
        %headers);

    $reply->{type} = 'application/problem+json';

    return $reply;
}


sub answer {
    my ($code, $error, @pieces) = @_;

    return Sim::Xml::xml(200, Sim::Xml::tag('data', {
        name => 'piece-shipment-list', code => $code,
        'request-id' => '5f3e51a2-7c31-4e43-9c34-3e1a2b7c9d10',
        length $error ? (error => $error) : (),
    }, @pieces), type => 'application/xml');
}


sub xml_of {
    my ($request, $name) = @_;

    my ($value) = ($request->{query}{xml} // '')
        =~ /\s\Q$name\E="([^"]*)"/;

    return $value // '';
}


sub refused {
    my ($self, $request) = @_;

    my ($user, $password) = Sim::Carrier::basic($request);

    return $self->error_of(401) if !length($user // '')
        || (defined $self->{account}
            && index("$self->{account}:", "$user:$password:"));

    return if $self->account($user, $password, xml_of($request, 'appname'),
                             xml_of($request, 'password'));

    return answer(5, 'Login failed');
}


sub asked {
    my ($self, $request) = @_;

    return answer(6, 'Unknown request')
        unless xml_of($request, 'request') eq 'd-get-piece-detail';

    my @numbers = split /;/, xml_of($request, 'piece-code');

    return answer(7, 'Too many pieces') if @numbers > BATCH;
    return @numbers;
}


sub said {
    my ($self, $request, @items) = @_;

    return answer(100, 'No data found') unless grep { $_->{n} } @items;

    return answer(0, '', map { $self->piece($_) } @items);
}


sub piece {
    my ($self, $item) = @_;

    return Sim::Xml::tag('data', {
        name => 'piece-shipment', 'error-status' => 100,
        'searched-piece-code' => $item->{number},
        'piece-code' => $item->{number},
        'piece-status' => 100, 'piece-status-desc' => 'No data found',
    }) unless $item->{n};

    my $last = $item->{events}[-1];

    return Sim::Xml::tag('data', {
        name           => 'piece-shipment',
        'error-status' => 0,
        'piece-id'     => '3b048653-aaa9-485b-b0dd-d16e068230e9',
        'piece-code'   => $item->{number},
        'searched-piece-code' => $item->{number},
        'leitcode'     => '4414500000000',
        'status'       => $last->{text},
        'short-status' => $last->{text},
        'status-timestamp' => $self->berlin($last),
        'ice'          => $last->{code},
        'ric'          => $last->{reason},
        'standard-event-code' => $last->{ttpro},
        'delivery-event-flag' => $last->{code} eq 'DLVRD' ? 1 : 0,
        'ruecksendung' => $last->{return} ? 'true' : 'false',
        'shipment-weight' => '1.5',
        'recipient-id' => '1', 'recipient-id-text' => '',
        'pan-recipient-name' => $last->{name} // '',
        'dest-country' => 'DE', 'origin-country' => 'DE',
        %{ $item->{fields} },
    }, Sim::Xml::tag('data', {
        name => 'piece-event-list',
        'piece-identifier' => $item->{number},
    }, map { Sim::Xml::tag('data', {
        name              => 'piece-event',
        'event-timestamp' => $self->berlin($_),
        'event-status'    => $_->{text},
        'event-text'      => $_->{text},
        'event-short-status' => $_->{text},
        'ice'             => $_->{code},
        'ric'             => $_->{reason},
        'standard-event-code' => $_->{ttpro},
        'event-location'  => $self->place($_)->{city} // '',
        'event-country'   => 'Deutschland',
        'ruecksendung'    => $_->{return} ? 'true' : 'false',
    }) } @{ $item->{events} }));
}


sub berlin {
    my ($self, $event) = @_;

    return $self->clock($event, '%d.%m.%Y %H:%M', 'Europe/Berlin');
}


1;
