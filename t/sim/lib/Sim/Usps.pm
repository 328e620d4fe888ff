package Sim::Usps;

# USPS: a token for the scope "tracking", one number a request; statuses are
# sentences with markup in them, clocks are local to the minute with Greenwich
# beside them.

use strict;
use warnings;

use Digest::SHA ();
use parent -norequire, 'Sim::Push', 'Sim::Api';
use Sim::Api;
use Sim::Push;

use constant name => 'usps';


sub routes {
    return ([ qr{^/oauth2/v3/token$} => 'token' ],
            [ qr{^/tracking/v3/tracking/[^/]+$} => 'track' ]);
}


sub error {
    my ($status, $message, %headers) = @_;

    return Sim::Carrier::answer($status, {
        apiVersion => 'v3',
        error      => { code => "$status", message => $message,
                        errors => [] },
    }, %headers);
}


sub error_of {
    my ($self, $status, %headers) = @_;

    return error($status, $status == 429 ? 'Too Many Requests'
        : $status == 401 ? 'The access token is not valid'
        : 'Service Unavailable', %headers);
}


sub token {
    my ($self, $request) = @_;

    my $in = Sim::Api::json_of($request);
    my %form = ref $in eq 'HASH' ? %$in : Sim::Carrier::form($request->{body});

    return Sim::Carrier::answer(401, { error => 'invalid_client',
        error_description => 'The client is not known' })
        unless $self->account(@form{qw(client_id client_secret)});
    return Sim::Carrier::answer(400, { error => 'unsupported_grant_type' })
        unless ($form{grant_type} // '') eq 'client_credentials';

    return Sim::Carrier::answer(200, {
        access_token => $self->give_token,
        token_type   => 'Bearer',
        issued_at    => int(Time::HiRes::time() * 1000),
        expires_in   => 0 + $self->{world}{ttl},
        status       => 'approved',
        scope        => $form{scope} // '',
    });
}


sub refused {
    my ($self, $request) = @_;

    return if $self->token_state($request) eq 'good';

    return $self->error_of(401);
}


sub asked {
    my ($self, $request) = @_;

    return Sim::Api::last_of($request);
}


sub said {
    my ($self, $request, $item) = @_;

    return error(404, 'A record of this item is not found')
        unless $item && $item->{n};

    my @events = reverse @{ $item->{events} };
    my $last = $events[0];
    my $reply = {
        trackingNumber   => $item->{number},
        status           => $last->{text},
        statusCategory   => $last->{category},
        statusSummary    => "Your item: $last->{text}.",
        mailClass        => 'USPS Ground Advantage<SUP>&#153;</SUP>',
        mailType         => 'DM',
        uniqueMailPieceID => '92' . $item->{number},
        mailPieceIntakeDate => Sim::World::zoned($item->{parcel}{start},
            'America/Chicago', '%Y-%m-%d %H:%M:%S.000000'),
        proofOfDeliveryEnabled => 'false',
        %{ $item->{fields} },
    };

    if (($request->{query}{expand} // '') eq 'DETAIL') {
        $reply->{trackingEvents} = [ map { $self->event($_) } @events ];

    } else {
        $reply->{eventSummaries} = [ map {
            $_->{text} . ', ' . $self->clock($_, '%B %e, %Y, %l:%M %P')
        } @events ];
    }

    return Sim::Carrier::answer(200, $reply);
}


sub event {
    my ($self, $event) = @_;

    my $place = $self->place($event);
    my $offset = $self->offset($event);

    # both ways of writing it are in use

    $offset =~ s/^([-+])0/$1/ if $event->{time} % 2;

    return {
        eventType      => $event->{text},
        eventCode      => $event->{code},
        eventTimestamp => $self->clock($event, '%Y-%m-%dT%H:%M:00'),
        GMTTimestamp   => Sim::Api::utc($event),
        GMTOffset      => $offset,
        eventCity      => uc($place->{city} // ''),
        eventState     => $place->{state},
        eventZIP       => $place->{postal},
        eventCountry   => undef,
        firm           => undef,
        name           => $event->{name},
        authorizedAgent => 'false',
        actionCode     => undef,
        reasonCode     => undef,
    };
}


# Subscriptions: the same document

sub news {
    my ($self, $item) = @_;

    return $self->said({ query => { expand => 'DETAIL' } }, $item)->{body};
}


sub signature {
    my ($self, $body, $secret) = @_;

    return ('X-USPS-Hmac-Signature' => Digest::SHA::hmac_sha256_hex($body,
                                                                    $secret));
}


1;
