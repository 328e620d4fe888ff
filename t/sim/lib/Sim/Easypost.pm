package Sim::Easypost;

# EasyPost: the key as user of Basic, a tracker is made by POST and then read
# or pushed.  Pushes are signed over the raw body and repeated until a 2xx.

use strict;
use warnings;

use Digest::SHA ();
use parent -norequire, 'Sim::Push', 'Sim::Carrier';
use Sim::Carrier;
use Sim::Push;
use Sim::World;


sub error {
    my ($status, $code, $message, %headers) = @_;

    return Sim::Carrier::answer($status,
        { error => { code => $code, message => $message, errors => [] } },
        %headers);
}


sub error_of {
    my ($self, $status, %headers) = @_;

    return error(429, 'RATE_LIMITED', 'You have been rate limited due to '
        . 'excessive resource consumption.', %headers) if $status == 429;
    return unauthorized() if $status == 401;

    return error($status, 'INTERNAL_SERVER_ERROR',
        'We are unable to process the request at this time.', %headers);
}


sub unauthorized {
    return error(401, 'UNAUTHORIZED', 'This request is not authorized: '
        . 'check the API key.');
}


sub handles {
    my ($self, $path) = @_;

    return 'track' if $path =~ m{^/v2/trackers(/|$)};

    return;
}


sub track {
    my ($self, $request) = @_;

    my ($key) = Sim::Carrier::basic($request);

    return unauthorized()
        unless defined $key && length $key
            && (!defined $self->{key} || $key eq $self->{key});

    return $self->create($request) if $request->{method} eq 'POST';

    if ($request->{path} =~ m{^/v2/trackers/(.+)$}) {
        my $tracker = $self->{by_id}{$1}
            or return error(404, 'NOT_FOUND',
                'The requested resource could not be found.');

        return Sim::Carrier::answer(200, $self->text($tracker));
    }

    return $self->list($request->{query});
}


sub create {
    my ($self, $request) = @_;

    my $body = eval { $Sim::Carrier::json->decode($request->{body}) };
    my $wanted = ref $body eq 'HASH' ? $body->{tracker} : undef;

    return error(422, 'PARAMETER.REQUIRED', 'Missing required parameter.')
        unless ref $wanted eq 'HASH';

    my $number = $wanted->{tracking_code} // '';

    return error(422, 'TRACKER.TRACKING_CODE.INVALID',
        'A tracking code is required.')
        unless $number =~ /^[A-Za-z0-9]{4,40}$/;

    my $known = $self->{by_number}{$number};
    my $tracker = $known || $self->add($number, $wanted->{carrier});

    $self->later($tracker, 'tracker.created') unless $known;

    return Sim::Carrier::answer($known ? 200 : 201, $self->text($tracker));
}


sub add {
    my ($self, $number, $carrier) = @_;

    my $id = 'trk_' . substr Digest::SHA::sha1_hex("easypost/$number"), 0, 32;
    my $tracker = {
        id      => $id,
        number  => $number,
        carrier => $carrier // 'USPS',
        created => $self->world->now,
    };

    push @{ $self->{trackers} }, $tracker;
    $self->{by_id}{$id} = $self->{by_number}{$number} = $tracker;
    $tracker->{pushed} = $self->seen($tracker);

    return $tracker;
}


# Newest first; "before_id" pages on.

sub list {
    my ($self, $query) = @_;

    my $size = $query->{page_size} || 30;
    my @trackers = reverse @{ $self->{trackers} || [] };

    if (my $code = $query->{tracking_code}) {
        @trackers = grep { $_->{number} eq $code } @trackers;
    }

    if (my $id = $query->{before_id}) {
        shift @trackers while @trackers && $trackers[0]{id} ne $id;
        shift @trackers;
    }

    my $more = @trackers > $size;
    splice @trackers, $size if $more;

    return Sim::Carrier::answer(200,
        '{"trackers":[' . join(',', map { $self->text($_) } @trackers)
        . '],"has_more":' . ($more ? 'true' : 'false') . '}');
}


sub parcel {
    my ($self, $tracker) = @_;

    return ($self->world->find('easypost', $tracker->{number}))[0];
}


sub seen {
    my ($self, $tracker) = @_;

    my $parcel = $self->parcel($tracker) or return 0;

    return $self->world->seen($parcel);
}


sub text {
    my ($self, $tracker) = @_;

    my $parcel = $self->parcel($tracker);

    return $self->world->rendered($parcel,
        sub { $Sim::Carrier::json->encode($self->render($tracker, @_)) })
        if $parcel;

    return $Sim::Carrier::json->encode($self->render($tracker));
}


sub render {
    my ($self, $tracker, $parcel, $n) = @_;

    my @events = $n ? @{ $parcel->{events} }[0 .. $n - 1] : ();
    my @details = map { $self->detail($tracker, $_) } @events;
    my $fields = $n ? $self->world->fields($parcel, $n) : {};

    # An event without a status is for information: the headline stays.

    my ($last) = grep { length($_->{status} // '') } reverse @events;

    return {
        id               => $tracker->{id},
        object           => 'Tracker',
        mode             => 'production',
        tracking_code    => $tracker->{number},
        carrier          => $tracker->{carrier},
        status           => $last ? $last->{status} : 'unknown',
        status_detail    => $last ? $last->{detail} : 'unknown',
        created_at       => Sim::World::utc($tracker->{created}),
        updated_at       => Sim::World::utc($n ? $events[-1]{time}
                                               : $tracker->{created}),
        signed_by        => undef,
        weight           => 28.2,
        est_delivery_date => undef,
        shipment_id      => undef,
        tracking_details => \@details,
        fees             => [],
        is_return        => JSON::PP::false(),
        finalized        => JSON::PP::false(),
        public_url       => "https://track.easypost.com/$tracker->{id}",
        carrier_detail   => undef,
        %$fields,
    };
}


sub detail {
    my ($self, $tracker, $event) = @_;

    my $place = $self->world->place($event->{place});

    return {
        object            => 'TrackingDetail',
        message           => $event->{text},
        description       => $event->{description},
        status            => $event->{status},
        status_detail     => $event->{detail},
        datetime          => Sim::World::utc($event->{time}),
        source            => $tracker->{carrier},
        carrier_code      => $event->{code} // '',
        tracking_location => {
            object  => 'TrackingLocation',
            city    => $place->{city},
            state   => $place->{state},
            country => $place->{country},
            zip     => $place->{postal},
        },
    };
}


# Pushes

sub tick {
    my ($self) = @_;

    for my $tracker (@{ $self->{trackers} || [] }) {
        my $n = $self->seen($tracker);

        if ($n > $tracker->{pushed}) {
            $tracker->{pushed} = $n;
            $self->later($tracker, 'tracker.updated');
        }
    }

    $self->flush;
}


sub later {
    my ($self, $tracker, $what) = @_;

    return unless $self->{url};

    my $now = Sim::World::utc($self->world->now);
    my $id = 'evt_' . substr Digest::SHA::sha1_hex(
        join '/', $tracker->{id}, ++$self->{serial}), 0, 32;

    my $body = $Sim::Carrier::json->encode({
        id                  => $id,
        object              => 'Event',
        mode                => 'production',
        description         => $what,
        created_at          => $now,
        updated_at          => $now,
        previous_attributes => { status => 'unknown' },
        pending_urls        => [],
        completed_urls      => [],
        status              => 'pending',
        user_id             => 'user_simulated',
        result => $Sim::Carrier::json->decode($self->text($tracker)),
    });

    $self->enqueue($body);
}


sub again {
    my ($self, $number, $courier) = @_;

    $self->later($self->{by_number}{$number}
                 || $self->add($number, $courier), 'tracker.updated');
}


sub signature {
    my ($self, $body, $secret) = @_;

    return (
        'X-Hmac-Signature' => 'hmac-sha256-hex='
            . Digest::SHA::hmac_sha256_hex($body, $secret),
        'User-Agent' => 'EasyPost Web Hooks',
    );
}


1;
