package Sim::AmazonShipping;

# Amazon Shipping: a token for a refresh token, in a header of its own; one
# number with its carrier; words in CamelCase, milliseconds of UTC, oldest
# first.

use strict;
use warnings;

use parent -norequire, 'Sim::Api';
use Sim::Api;

use constant name => 'amazon_shipping';


sub routes {
    return ([ qr{^/auth/o2/token$} => 'token' ],
            [ qr{^/shipping/v2/tracking$} => 'track' ]);
}


sub errors {
    my ($status, $code, $message, %headers) = @_;

    return Sim::Carrier::answer($status, { errors => [ { code => $code,
        message => $message, details => '' } ] },
        'x-amzn-RateLimit-Limit' => '80.0', %headers);
}


sub error_of {
    my ($self, $status, %headers) = @_;

    return errors(429, 'QuotaExceeded',
        'You exceeded your quota for the requested resource.', %headers)
        if $status == 429;
    return errors(403, 'Unauthorized',
        'The access token you provided has expired.') if $status == 401;

    return errors($status, 'InternalFailure', 'We encountered an internal '
        . 'error. Please try again.', %headers);
}


sub token {
    my ($self, $request) = @_;

    my %form = Sim::Carrier::form($request->{body});

    return Sim::Carrier::answer(400, { error => 'invalid_grant',
        error_description => 'The request has an invalid grant' })
        unless ($form{grant_type} // '') eq 'refresh_token'
            && $self->account(
                @form{qw(client_id client_secret refresh_token)});

    return Sim::Carrier::answer(200, {
        access_token => $self->give_token, token_type => 'bearer',
        refresh_token => $form{refresh_token},
        expires_in => 0 + $self->{world}{ttl},
    });
}


sub refused {
    my ($self, $request) = @_;

    my $token = Sim::Api::header($request, 'x-amz-access-token');

    return $self->error_of(401)
        unless ($self->{tokens}{$token} // 0) > Time::HiRes::time();
    return errors(400, 'InvalidInput', 'The business is missing')
        unless length Sim::Api::header($request,
                                       'x-amzn-shipping-business-id');
    return;
}


sub asked {
    my ($self, $request) = @_;

    my $query = $request->{query};

    return errors(400, 'InvalidInput', 'trackingId and carrierId')
        unless length($query->{trackingId} // '')
            && length($query->{carrierId} // '');

    return $query->{trackingId};
}


sub said {
    my ($self, $request, $item) = @_;

    return errors(404, 'NotFound', 'The tracking id was not found')
        unless $item && $item->{n};

    my $last = $item->{events}[-1];

    return Sim::Carrier::answer(200, { payload => {
        trackingId             => $item->{number},
        alternateLegTrackingId => 'null',
        promisedDeliveryDate   => Sim::World::utc($item->{parcel}{start}
                                                  + 60 * 3600),
        eventHistory => [ map { {
            eventCode    => $_->{code},
            eventTime    => Sim::Api::utc($_) =~ s/Z$/.000Z/r,
            shipmentType => $_->{type} // 'FORWARD',
            location     => $self->location($_),
        } } @{ $item->{events} } ],
        summary => {
            status => $last->{status} // $last->{code},
            trackingDetailCodes => { forward => $last->{detail} // [],
                                     returns => [] },
        },
        %{ $item->{fields} },
    } }, 'x-amzn-RateLimit-Limit' => '80.0');
}


sub location {
    my ($self, $event) = @_;
    my $place = $self->place($event);

    return { city => $place->{city}, stateOrRegion => $place->{state},
             countryCode => $place->{country},
             postalCode => $place->{postal} };
}


1;
