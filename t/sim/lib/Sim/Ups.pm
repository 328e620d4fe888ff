package Sim::Ups;

# UPS: OAuth by client credentials in Basic, one number a request, bare local
# clocks (with GMT fields beside them unless the script says "gmt": false),
# errors as 404, as 400 or as a warning in a 200.  Track Alert pushes one event
# at a time, in a shape of its own, to who gave it a secret.

use strict;
use warnings;

use parent -norequire, 'Sim::Push', 'Sim::Carrier';
use Sim::Api;
use Sim::Carrier;
use Sim::Push;
use Sim::World;


sub errors {
    my ($status, $code, $message, %headers) = @_;

    return Sim::Carrier::answer($status,
        { response => { errors => [ { code => $code,
                                      message => $message } ] } },
        %headers);
}


sub error_of {
    my ($self, $status, %headers) = @_;

    return errors(429, '10429', 'Too Many Requests', %headers)
        if $status == 429;
    return errors(401, '251004', 'Expired token', %headers)
        if $status == 401;

    return errors($status, "10$status", 'The service is unavailable',
                  %headers);
}


sub handles {
    my ($self, $path) = @_;

    return 'token' if $path eq '/security/v1/oauth/token';
    return 'track' if $path =~ m{^/api/track/v1/details/};

    return;
}


sub token {
    my ($self, $request) = @_;

    my %form = Sim::Carrier::form($request->{body});
    my ($id, $secret) = Sim::Carrier::basic($request);

    return errors(401, '10401', 'ClientId is Invalid')
        unless $self->client_ok($id, $secret);
    return errors(400, '10400', 'Invalid/Missing grant_type')
        unless ($form{grant_type} // '') eq 'client_credentials';

    # every value a string, as UPS has it

    return Sim::Carrier::answer(200, {
        token_type   => 'Bearer',
        issued_at    => sprintf('%d', Time::HiRes::time() * 1000),
        client_id    => $id,
        access_token => $self->give_token,
        expires_in   => "$self->{world}{ttl}",
        status       => 'approved',
    });
}


sub track {
    my ($self, $request) = @_;

    my $state = $self->token_state($request);

    return errors(401, '250002', 'Invalid Authentication Information.')
        if $state eq 'none';
    return errors(401, '250003', 'Invalid Access Token')
        if $state eq 'unknown';
    return errors(401, '251004', 'Expired token') if $state eq 'expired';

    for my $name (qw(transId transactionSrc)) {
        return errors(400, '10400', "Missing request header $name")
            unless length($request->{headers}{ lc $name } // '');
    }

    my ($number) = $request->{path} =~ m{/details/([^/]+)$};
    $number //= '';
    $number =~ s/%(..)/chr hex $1/ge;

    return errors(400, 'TV1002', 'Invalid inquiry number')
        unless $number =~ /^[A-Za-z0-9]{7,34}$/;

    my ($parcel) = $self->world->find('ups', $number);

    if (!$parcel || $self->world->seen($parcel) == 0) {

        # both answers are in use at UPS; which one, the number decides

        return errors(404, 'TW0001', 'Tracking Information Not Found')
            unless $number =~ /[13579]$/;

        return Sim::Carrier::answer(200, { trackResponse => { shipment => [ {
            inquiryNumber => $number,
            warnings => [ { code => 'TW0001',
                message => 'Tracking Information Not Found' } ],
        } ] } });
    }

    return Sim::Carrier::answer(200,
        $self->world->rendered($parcel, sub { $self->render(@_) }));
}


sub render {
    my ($self, $parcel, $n) = @_;

    my $script = $parcel->{script};
    my @activity = map { $self->activity($parcel, $_) }
        reverse @{ $parcel->{events} }[0 .. $n - 1];
    my $fields = $self->world->fields($parcel, $n);
    my $latest = $activity[0]{status};
    my $to = $self->world->place($script->{to});

    my $package = {
        trackingNumber => $parcel->{number},
        activity       => \@activity,
        currentStatus  => {
            description => $latest->{description},
            code        => $latest->{statusCode},
            statusCode  => $latest->{statusCode},
            type        => $latest->{type},
            simplifiedTextDescription => $latest->{description},
        },
        packageCount   => 1,
        weight         => { unitOfMeasurement => 'LBS', weight => '3.50' },
        service        => { code => '003', levelCode => '003',
                            description => 'UPS Ground' },
        packageAddress => [ {
            type    => 'DESTINATION',
            address => { city => $to->{city} // '',
                         stateProvince => $to->{state} // '',
                         countryCode => $to->{country} // '' },
        } ],
        %$fields,
    };

    return $Sim::Carrier::json->encode({ trackResponse => { shipment => [ {
        inquiryNumber => $parcel->{number},
        package       => [ $package ],
    } ] } });
}


sub activity {
    my ($self, $parcel, $event) = @_;

    my $place = $self->world->place($event->{place});
    my $offset = $event->{offset} || $place->{offset} || '+00:00';
    my $time = $event->{time};

    my $activity = {
        location => { address => $place->{city} ? {
            city          => $place->{city},
            stateProvince => $place->{state},
            countryCode   => $place->{country},
            country       => $place->{country},
        } : { countryCode => 'US', country => 'US' }, slic => '' },
        status   => {
            type        => $event->{type},
            description => $event->{text},
            code        => $event->{code},
            statusCode  => $event->{status},
        },
        date => Sim::World::local_time($time, $offset, '%Y%m%d'),
        time => Sim::World::local_time($time, $offset, '%H%M%S'),
    };

    if ($parcel->{script}{gmt} // 1) {
        $activity->{gmtDate} = Sim::World::local_time($time, '+00:00',
                                                      '%Y%m%d');
        $activity->{gmtTime} = Sim::World::local_time($time, '+00:00',
                                                      '%H%M%S');
        $activity->{gmtOffset} = $offset;
    }

    return $activity;
}


# Track Alert

sub item { Sim::Api::item(@_) }


sub news {
    my ($self, $item, $told) = @_;

    return map { $Sim::Carrier::json->encode($self->alert($item, $_)) }
        @{ $item->{events} }[$told .. $item->{n} - 1];
}


sub alert {
    my ($self, $item, $event) = @_;

    my $activity = $self->activity($item->{parcel}, $event);
    my $address = $activity->{location}{address};

    return {
        trackingNumber    => $item->{number},
        localActivityDate => $activity->{date},
        localActivityTime => $activity->{time},
        gmtActivityDate   => $activity->{gmtDate},
        gmtActivityTime   => $activity->{gmtTime},
        gmtOffset         => $activity->{gmtOffset} =~ tr/:/./r,
        activityLocation  => {
            city          => $address->{city} // '',
            stateProvince => $address->{stateProvince} // '',
            postalCode    => '',
            country       => $address->{countryCode},
        },
        activityStatus    => $activity->{status},
        scheduledDeliveryDate => '',
        actualDeliveryDate    => '',
        actualDeliveryTime    => '',
    };
}


sub signature {
    my ($self, $body, $secret) = @_;

    return (Authorization => "Bearer $secret",
            'User-Agent'  => 'UPSPubSubTrackingService');
}


1;
