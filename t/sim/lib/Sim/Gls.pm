package Sim::Gls;

# GLS: OAuth by client credentials in Basic, ten numbers in the path, errors
# in the items, offsets without a colon; the gateway's own faults around it.

use strict;
use warnings;

use parent -norequire, 'Sim::Api';
use Sim::Api;

use constant { name => 'gls', BATCH => 10 };


sub routes {
    return ([ qr{^/oauth2/v2/token$} => 'token' ],
            [ qr{^/track-and-trace-v1/tracking/simple/trackids/[^/]*$}
              => 'track' ]);
}


sub fault {
    my ($status, $text, $code, %headers) = @_;

    return Sim::Carrier::answer($status, { fault => { faultstring => $text,
        detail => { errorcode => $code } } }, %headers);
}


sub error_of {
    my ($self, $status, %headers) = @_;

    return fault(429, 'Rate limit quota violation.',
        'policies.ratelimit.QuotaViolation', %headers) if $status == 429;
    return fault(401, 'Invalid access token',
        'keymanagement.service.invalid_access_token') if $status == 401;

    return fault($status, 'The Service is temporarily unavailable',
        'messaging.adaptors.http.flow.ServiceUnavailable', %headers);
}


sub token {
    my ($self, $request) = @_;

    my %form = Sim::Carrier::form($request->{body});

    return fault(401, 'ClientId is Invalid', 'oauth.v2.InvalidClientId')
        unless $self->account(Sim::Carrier::basic($request))
            && ($form{grant_type} // '') eq 'client_credentials';

    return Sim::Carrier::answer(200, {
        access_token => $self->give_token, token_type => 'Bearer',
        expires_in => 0 + $self->{world}{ttl},
    });
}


sub refused {
    my ($self, $request) = @_;

    return if $self->token_state($request) eq 'good';

    return $self->error_of(401);
}


sub asked {
    my ($self, $request) = @_;

    return split /,/, Sim::Api::last_of($request);
}


sub said {
    my ($self, $request, @items) = @_;

    my $many = @items > BATCH;
    my $events = ($request->{query}{showEvents} // '') eq 'true';

    return Sim::Carrier::answer(200, { parcels => [ map {
        my $item = $_;
        my $last = $item->{n} ? $item->{events}[-1] : undef;

        $many ? { requested => $item->{number}, errorCode => 'E_400_02',
                  errorMessage => 'Too many parcels' }
        : !$last ? { requested => $item->{number}, errorCode => 'E_404_01',
                     errorMessage => 'Parcel not found' }
        : {
            requested      => $item->{number},
            unitno         => substr("00000000000$item->{number}", -11),
            status         => $last->{status},
            statusDateTime => $self->time($last),
            $events ? (events => [ map { $self->event($_) }
                                   reverse @{ $item->{events} } ]) : (),
        }
    } @items ] });
}


sub time {
    my ($self, $event) = @_;

    return $self->bare($event) . $self->offset($event, '');
}


sub event {
    my ($self, $event) = @_;

    my $place = $self->place($event);

    return {
        code          => $event->{code},
        description   => $event->{text},
        eventDateTime => $self->time($event),
        city          => $place->{city} // '',
        postalCode    => $place->{postal} // '',
        country       => $place->{country} // '',
    };
}


1;
