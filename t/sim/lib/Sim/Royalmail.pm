package Sim::Royalmail;

# Royal Mail: two headers, one mail piece as an object under /events, up to 30
# as a list under /summary; a 200 may say 503.

use strict;
use warnings;

use parent -norequire, 'Sim::Api';
use Sim::Api;

use constant { name => 'royalmail', BATCH => 30 };


sub routes { [ qr{^/mailpieces/v2/(?:summary|[^/]+/events)$} => 'track' ] }


sub errors {
    my ($status, $http, $text, $code, $said, %headers) = @_;

    return Sim::Carrier::answer($status, {
        httpCode => "$http", httpMessage => $text,
        moreInformation => 'See errors.',
        $code ? (errors => [ { errorCode => $code,
            errorDescription => $said, errorCause => $said,
            errorResolution => 'Please try again.' } ]) : (),
    }, %headers);
}


sub error_of {
    my ($self, $status, %headers) = @_;

    return errors(401, 401, 'Unauthorized') if $status == 401;
    return errors(429, 429, 'Too Many Requests', undef, undef, %headers)
        if $status == 429;
    return errors(200, 503, 'Service Unavailable', 'E1307',
        'The service is not available just now') if $status == 503;

    return errors($status, $status, 'Internal Server Error', 'E0009',
        'A technical fault', %headers);
}


sub refused {
    my ($self, $request) = @_;

    return $self->error_of(401) unless $self->account(
        map { Sim::Api::header($request, "X-IBM-Client-$_") } qw(Id Secret));
    return errors(400, 400, 'Bad Request', 'E0013', 'The terms')
        unless Sim::Api::header($request, 'X-Accept-RMG-Terms') eq 'yes';

    return;
}


sub asked {
    my ($self, $request) = @_;

    my ($number) = $request->{path} =~ m{/([^/]+)/events$};

    return $number if defined $number;

    my @numbers = split /,/, $request->{query}{mailPieceId} // '';

    return errors(400, 400, 'Bad Request', 'E0010', 'Too many')
        if @numbers > BATCH;

    return @numbers;
}


sub said {
    my ($self, $request, @items) = @_;

    return Sim::Carrier::answer(200, { mailPieces => [
        map { $self->piece($_) } @items ] })
        if $request->{path} =~ m{/summary$};

    my ($item) = @items;

    return errors(404, 404, 'Not Found', 'E1142', 'Barcode reference '
        . 'mailPieceId isn\'t recognised') unless $item && $item->{n};

    return Sim::Carrier::answer(200, { mailPieces => {
        %{ $self->piece($item) },
        events => [ map { {
            eventCode     => $_->{code},
            eventName     => $_->{text},
            eventDateTime => $self->iso($_),
            locationName  => $self->place($_)->{city} // '',
        } } reverse @{ $item->{events} } ],
    } });
}


sub piece {
    my ($self, $item) = @_;

    return {
        mailPieceId => $item->{number},
        status      => '404',
        error       => { errorCode => 'E1142',
                         errorDescription => 'Barcode is not recognised' },
    } unless $item->{n};

    my $last = $item->{events}[-1];

    return {
        mailPieceId      => $item->{number},
        carrierShortName => 'RM',
        carrierFullName  => 'Royal Mail Group Ltd',
        summary => {
            uniqueItemId  => '090367574000000FE1E1B',
            oneDBarcode   => $item->{number},
            productId     => 'SD2',
            productName   => 'Special Delivery Guaranteed',
            destinationCountryCode => 'GBR',
            lastEventCode => $last->{code},
            lastEventName => $last->{text},
            lastEventDateTime => $self->iso($last),
            lastEventLocationName => $self->place($last)->{city} // '',
            statusCategory    => $last->{category} // 'IN TRANSIT',
            statusDescription => $last->{text},
        },
        %{ $item->{fields} },
    };
}


1;
