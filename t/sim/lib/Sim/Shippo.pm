package Sim::Shippo;

# Shippo: "ShippoToken", a track made by POST and read by carrier and number;
# a number it does not know is UNKNOWN without a history; pushes with the time
# in what is signed.

use strict;
use warnings;

use parent -norequire, 'Sim::Register';
use Sim::Register;

use constant name => 'shippo';


sub routes {
    return ([ qr{^/tracks/?$} => 'register' ],
            [ qr{^/tracks/[^/]+/[^/]+$} => 'track' ]);
}


sub error_of {
    my ($self, $status, %headers) = @_;

    return Sim::Carrier::answer($status, { detail => $status == 401
        ? 'Token does not exist' : 'The request was not processed' },
        %headers);
}


sub key_of {
    my ($self, $request) = @_;

    return Sim::Api::header($request, 'Authorization')
        =~ /^ShippoToken (\S+)$/ ? $1 : '';
}


sub register {
    my ($self, $request) = @_;

    my $refused = $self->refused($request);
    return $refused if $refused;

    my $in = Sim::Api::json_of($request);

    return Sim::Carrier::answer(400, { carrier => [ 'Required' ] })
        unless ref $in eq 'HASH' && length($in->{carrier} // '')
            && length($in->{tracking_number} // '');

    $self->add($in->{tracking_number});

    return Sim::Carrier::answer(201,
        $self->document($self->item($in->{tracking_number})));
}


sub asked { Sim::Api::last_of($_[1]) }


sub said {
    my ($self, $request, $item) = @_;

    return Sim::Carrier::answer(200, $self->document($item));
}


sub document {
    my ($self, $item) = @_;

    my @history = map { $self->status($_) } @{ $item->{events} || [] };

    return {
        tracking_number  => $item->{number},
        carrier          => 'usps',
        messages         => [],
        metadata         => undef,
        eta              => undef,
        original_eta     => undef,
        address_from     => { city => 'Brooklyn', state => 'NY',
                              zip => '11222', country => 'US' },
        address_to       => { city => 'Portland', state => 'OR',
                              zip => '97217', country => 'US' },
        servicelevel     => { token => 'usps_priority', name => 'Priority' },
        tracking_status  => $item->{n} ? $history[-1]
            : { status => 'UNKNOWN', substatus => undef,
                status_details => '', status_date => undef,
                location => undef },
        tracking_history => \@history,
        %{ $item->{fields} || {} },
    };
}


sub status {
    my ($self, $event) = @_;
    my $place = $self->place($event);

    return {
        object_created => Sim::Api::utc($event),
        object_updated => Sim::Api::utc($event),
        object_id      => Digest::SHA::sha1_hex("$event->{time}"),
        status         => $event->{status},
        substatus      => $event->{code} ? { code => $event->{code},
            text => $event->{text}, action_required => JSON::PP::false() }
            : undef,
        status_details => $event->{text},
        status_date    => Sim::Api::utc($event),
        location       => { city => $place->{city}, state => $place->{state},
            zip => $place->{postal}, country => $place->{country} },
    };
}


sub news {
    my ($self, $item) = @_;

    return $Sim::Carrier::json->encode({
        event => 'track_updated', test => JSON::PP::false(),
        data => $self->document($item), carrier => 'usps',
    });
}


sub signature {
    my ($self, $body, $secret) = @_;

    my $now = int time;

    return ('Shippo-Auth-Signature' => "t=$now,v1="
        . Digest::SHA::hmac_sha256_hex("$now.$body", $secret));
}


1;
