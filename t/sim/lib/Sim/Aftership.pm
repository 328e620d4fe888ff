package Sim::Aftership;

# AfterShip: a key in a header, trackings made by POST (4003: made already)
# and read by their id; envelopes with a "meta" of their own codes; times with
# and without an offset; pushes with an HMAC in base64.

use strict;
use warnings;

use MIME::Base64 ();
use parent -norequire, 'Sim::Register';
use Sim::Register;

use constant name => 'aftership';


sub routes {
    return ([ qr{^/tracking/2025-01/trackings$} => 'register' ],
            [ qr{^/tracking/2025-01/trackings/[^/]+$} => 'track' ]);
}


sub meta {
    my ($status, $code, $type, $message, $data, %headers) = @_;

    return Sim::Carrier::answer($status, {
        meta => { code => $code,
                  $type ? (type => $type, message => $message) : () },
        data => $data // {},
    }, 'X-RateLimit-Limit' => 10, 'X-RateLimit-Remaining' => 9, %headers);
}


sub error_of {
    my ($self, $status, %headers) = @_;

    return meta($status, $status, $status == 401 ? 'Unauthorized'
        : $status == 429 ? 'TooManyRequests' : 'InternalError',
        'The request was not processed.', undef, %headers);
}


sub key_of { Sim::Api::header($_[1], 'as-api-key') }


sub register {
    my ($self, $request) = @_;

    my $refused = $self->refused($request);
    return $refused if $refused;

    my $in = Sim::Api::json_of($request);
    my $number = ref $in eq 'HASH' ? $in->{tracking_number} // '' : '';

    return meta(400, 4005, 'BadRequest', 'The tracking number is invalid.')
        unless $number =~ /^[A-Za-z0-9]{5,50}$/;

    my $new = $self->add($number);
    my $data = $self->tracking($self->item($number));

    return $new ? meta(201, 201, undef, undef, $data)
        : meta(400, 4003, 'BadRequest', 'Tracking already exists.', $data);
}


sub asked {
    my ($self, $request) = @_;

    my $known = $self->{by_id}{ Sim::Api::last_of($request) }
        or return meta(404, 4004, 'NotFound', 'Tracking does not exist.');

    return $known->{number};
}


sub said {
    my ($self, $request, $item) = @_;

    return meta(200, 200, undef, undef, $self->tracking($item));
}


sub tracking {
    my ($self, $item) = @_;

    my $known = $self->{known}{ $item->{number} } || { id => 'none',
        created => 0 };
    my $last = $item->{n} ? $item->{events}[-1] : undef;

    return {
        id              => $known->{id},
        tracking_number => $item->{number},
        slug            => $item->{script}{slug} // 'usps',
        active          => JSON::PP::true(),
        tag             => $last ? $last->{tag} : 'Pending',
        subtag          => $last ? $last->{subtag} : 'Pending_001',
        created_at      => Sim::World::utc($known->{created}) =~ s/Z$/+00:00/r,
        updated_at      => Sim::World::utc($last ? $last->{time}
            : $known->{created}) =~ s/Z$/+00:00/r,
        return_to_sender => JSON::PP::false(),
        signed_by       => undef,
        courier_estimated_delivery_date => undef,
        latest_estimated_delivery => undef,
        checkpoints     => [ map { $self->checkpoint($_) }
                             @{ $item->{events} || [] } ],
        %{ $item->{fields} || {} },
    };
}


sub checkpoint {
    my ($self, $event) = @_;
    my $place = $self->place($event);

    return {
        created_at      => Sim::World::utc($event->{time} + 7200),
        checkpoint_time => $event->{form} && $event->{form} eq 'bare'
            ? $self->bare($event) : $self->iso($event),
        slug            => 'usps',
        tag             => $event->{tag},
        subtag          => $event->{subtag},
        raw_tag         => $event->{code} // '',
        message         => $event->{text},
        city            => $place->{city},
        state           => $place->{state},
        country_region  => $place->{country} ? 'USA' : undef,
        zip             => $place->{postal},
    };
}


sub news {
    my ($self, $item) = @_;

    return $Sim::Carrier::json->encode({
        ts       => int $self->world->now,
        event    => 'tracking_update',
        event_id => $self->uuid,
        is_tracking_first_tag => JSON::PP::true(),
        msg      => $self->tracking($item),
    });
}


sub signature {
    my ($self, $body, $secret) = @_;

    return ('aftership-hmac-sha256' => MIME::Base64::encode_base64(
        Digest::SHA::hmac_sha256($body, $secret), ''));
}


1;
