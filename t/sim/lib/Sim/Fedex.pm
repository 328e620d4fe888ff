package Sim::Fedex;

# FedEx: OAuth by client credentials in the form, up to 30 numbers a request,
# one error per number inside a 200, times with the offset of the place, gzip
# whenever the client takes it.  Pushes hold the same document, signed.

use strict;
use warnings;

use IO::Compress::Gzip ();
use Digest::SHA ();
use MIME::Base64 ();
use parent -norequire, 'Sim::Push', 'Sim::Carrier';
use Sim::Api;
use Sim::Carrier;
use Sim::Push;
use Sim::World;

use constant BATCH => 30;


sub errors {
    my ($self, $status, $code, $message, %headers) = @_;

    return Sim::Carrier::answer($status, {
        transactionId => $self->uuid,
        errors => [ { code => $code, message => $message } ],
    }, %headers);
}


sub error_of {
    my ($self, $status, %headers) = @_;

    return $self->errors(429, 'TOO.MANY.REQUESTS.ERROR', 'We have received '
        . 'too many requests in a short duration. Please wait a while to try '
        . 'again.', %headers) if $status == 429;
    return $self->unauthorized if $status == 401;

    return $self->errors($status, 'SERVICE.UNAVAILABLE.ERROR',
        'The service is currently unavailable and we are working to resolve '
        . 'the issue.', %headers);
}


sub unauthorized {
    my ($self) = @_;

    return $self->errors(401, 'NOT.AUTHORIZED.ERROR', 'The given client '
        . 'credentials were not valid. Please modify your request and try '
        . 'again.');
}


sub handles {
    my ($self, $path) = @_;

    return 'token' if $path eq '/oauth/token';
    return 'track' if $path eq '/track/v1/trackingnumbers';

    return;
}


sub token {
    my ($self, $request) = @_;

    my %form = Sim::Carrier::form($request->{body});

    return $self->unauthorized
        unless ($form{grant_type} // '') eq 'client_credentials'
            && $self->client_ok($form{client_id}, $form{client_secret});

    return Sim::Carrier::answer(200, {
        access_token => $self->give_token,
        token_type   => 'bearer',
        expires_in   => 0 + $self->{world}{ttl},
        scope        => 'CXS',
    });
}


sub track {
    my ($self, $request, $missing) = @_;

    return $self->unauthorized
        unless $self->token_state($request) eq 'good';

    my $body = eval { $Sim::Carrier::json->decode($request->{body}) };
    my $list = ref $body eq 'HASH' ? $body->{trackingInfo} : undef;

    return $self->errors(400, 'INVALID.INPUT.EXCEPTION',
        'Invalid field value in the input') unless ref $list eq 'ARRAY';
    return $self->errors(400, 'TRACKING.TRACKINGNUMBER.EMPTY',
        'Please provide tracking number.') unless @$list;
    return $self->errors(400, 'TRACKING.TRACKINGNUMBERS.LIMITEXCEEDED',
        'Please limit your inquiry to 30 tracking numbers.')
        if @$list > BATCH;

    my @results;

    for my $info (@$list) {
        my $number = eval { $info->{trackingNumberInfo}{trackingNumber} };
        $number //= '';

        next if defined $missing && $missing eq $number;

        push @results, $self->result($number);
    }

    my $reply = Sim::Carrier::answer(200,
        '{"transactionId":"' . $self->uuid . '",'
        . '"output":{"completeTrackResults":[' . join(',', @results) . ']}}');

    if (($request->{headers}{'accept-encoding'} // '') =~ /gzip/) {
        my $packed;

        IO::Compress::Gzip::gzip(\$reply->{body} => \$packed);
        $reply->{body} = $packed;
        $reply->{headers}{'Content-Encoding'} = 'gzip';
    }

    return $reply;
}


sub result {
    my ($self, $number) = @_;

    my @parcels = grep { $self->world->seen($_) }
        $self->world->find('fedex', $number);

    if (!@parcels) {
        my ($code, $message) =
            $number eq '' ? ('EMPTY', 'Please provide tracking number.')
            : $number !~ /^\d{12,34}$/
                ? ('INVALID', 'Invalid tracking numbers.   Please check the '
                   . 'following numbers and resubmit.')
            : ('NOTFOUND', 'Tracking number cannot be found. Please correct '
               . 'the tracking number and try again.');

        return $Sim::Carrier::json->encode({
            trackingNumber => $number,
            trackResults   => [ {
                trackingNumberInfo => { trackingNumber => $number,
                    trackingNumberUniqueId => '', carrierCode => '' },
                error => { code => "TRACKING.TRACKINGNUMBER.$code",
                           message => $message },
            } ],
        });
    }

    return '{"trackingNumber":' . qq("$number") . ',"trackResults":['
        . join(',', map { $self->world->rendered($_,
                              sub { $self->render(@_) }) } @parcels)
        . ']}';
}


sub render {
    my ($self, $parcel, $n) = @_;

    my $script = $parcel->{script};
    my @scans = map { $self->scan($_) }
        reverse @{ $parcel->{events} }[0 .. $n - 1];
    my $last = $parcel->{events}[$n - 1];
    my ($code, $text) = @{ $last->{status} };
    my $to = $self->world->place($script->{to});

    my $latest = {
        code           => $code,
        derivedCode    => $code,
        statusByLocale => $text,
        description    => $text,
        scanLocation   => $scans[0]{scanLocation},
    };

    $latest->{ancillaryDetails} = [ {
        reason            => $last->{exception}[0],
        reasonDescription => $last->{exception}[1],
    } ] if $last->{exception};

    return $Sim::Carrier::json->encode({
        trackingNumberInfo => {
            trackingNumber         => $parcel->{number},
            trackingNumberUniqueId => "$parcel->{start}~$parcel->{number}~FX",
            carrierCode            => 'FDXG',
        },
        latestStatusDetail => $latest,
        scanEvents         => \@scans,
        serviceDetail      => { type => 'FEDEX_GROUND',
                                description => 'FedEx Ground' },
        packageDetails     => {
            count => '1',
            weightAndDimensions => { weight => [
                { value => '4.2', unit => 'LB' },
                { value => '1.9', unit => 'KG' },
            ] },
        },
        recipientInformation => { address => {
            city => $to->{city} // '',
            stateOrProvinceCode => $to->{state} // '',
            countryCode => $to->{country} // '',
            residential => JSON::PP::false(),
        } },
        %{ $self->world->fields($parcel, $n) },
    });
}


sub scan {
    my ($self, $event) = @_;

    my $place = $self->world->place($event->{place});
    my $offset = $event->{offset} || $place->{offset} || '+00:00';
    my $exception = $event->{exception} || [ '', '' ];

    return {
        date => Sim::World::local_time($event->{time}, $offset,
                                       '%Y-%m-%dT%H:%M:%S') . $offset,
        eventType            => $event->{type},
        eventDescription     => $event->{text},
        exceptionCode        => $exception->[0],
        exceptionDescription => $exception->[1],
        derivedStatusCode    => $event->{status}[0],
        derivedStatus        => $event->{status}[1],
        locationType         => $event->{location} // 'FEDEX_FACILITY',
        scanLocation         => {
            streetLines         => [ '' ],
            city                => $place->{city} // '',
            stateOrProvinceCode => $place->{state} // '',
            postalCode          => $place->{postal} // '',
            countryCode         => $place->{country} // '',
            residential         => JSON::PP::false(),
        },
    };
}


# Pushes

sub item { Sim::Api::item(@_) }


sub news {
    my ($self, $item) = @_;

    return '{"transactionId":"' . $self->uuid . '","output":'
        . '{"completeTrackResults":[' . $self->result($item->{number})
        . ']}}';
}


sub signature {
    my ($self, $body, $secret) = @_;

    return ('fdx-signature' => MIME::Base64::encode_base64(
        Digest::SHA::hmac_sha256($body, $secret), ''));
}


1;
