package Sim::Generic;

# A retailer's own fleet, as the adapter "generic" describes it: asked by one
# number, and pushing what is new by the rules of Standard Webhooks.

use strict;
use warnings;

use Digest::SHA ();
use MIME::Base64 ();
use parent -norequire, 'Sim::Push', 'Sim::Api';
use Sim::Api;
use Sim::Push;

use constant name => 'generic';


sub routes { [ qr{^/parcels/[^/]+$} => 'track' ] }


sub error_of {
    my ($self, $status, %headers) = @_;

    return Sim::Carrier::answer($status, { error => { code => "e$status",
        message => 'The request was not processed' } }, %headers);
}


sub refused {
    my ($self, $request) = @_;

    return if $self->account(Sim::Api::header($request, 'Authorization')
                             =~ /^Bearer (\S+)$/ ? $1 : '');

    return $self->error_of(401);
}


sub asked { Sim::Api::last_of($_[1]) }


sub said {
    my ($self, $request, $item) = @_;

    return $self->error_of(404) unless $item && $item->{n};

    return Sim::Carrier::answer(200, { parcel => $self->parcel($item, 0) });
}


sub parcel {
    my ($self, $item, $from) = @_;

    my @events = @{ $item->{events} };

    return {
        tracking_number => $item->{number},
        status          => $events[-1]{code},
        events          => [ map { {
            status      => $_->{code},
            description => $_->{text},
            time        => $self->iso($_),
            place       => $self->place($_)->{city},
        } } reverse @events[$from .. $#events] ],
    };
}


sub news {
    my ($self, $item, $told) = @_;

    return $Sim::Carrier::json->encode({
        type      => 'parcel.updated',
        timestamp => Sim::World::utc($self->world->now),
        data      => $self->parcel($item, $told),
    });
}


sub signature {
    my ($self, $body, $secret) = @_;

    my $id = 'msg_' . Digest::SHA::sha1_hex($body);
    my $now = int time;

    return ('webhook-id' => $id, 'webhook-timestamp' => $now,
        'webhook-signature' => 'v1,' . MIME::Base64::encode_base64(
            Digest::SHA::hmac_sha256("$id.$now.$body",
                MIME::Base64::decode_base64($secret)), ''));
}


1;
