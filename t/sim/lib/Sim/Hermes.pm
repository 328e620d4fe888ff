package Sim::Hermes;

# Hermes Germany: OAuth with a user's password, renewed by a refresh token;
# tokens of several kilobytes, numbers under one repeated name, oldest first.

use strict;
use warnings;

use parent -norequire, 'Sim::Api';
use Sim::Api;

use constant { name => 'hermes', BATCH => 100 };


sub routes {
    return ([ qr{^/authorization-facade/oauth2/access_token$} => 'token' ],
            [ qr{/shipmentinfo$} => 'track' ]);
}


sub error_of {
    my ($self, $status, %headers) = @_;

    return Sim::Carrier::answer($status, { listOfResultCodes => [ {
        code => "e$status", message => 'The request was not processed' } ] },
        %headers);
}


sub token {
    my ($self, $request) = @_;

    my %form = Sim::Carrier::form($request->{body});
    my $grant = $form{grant_type} // '';

    # Who the client is may stand in Basic or in the form.

    my ($id, $secret) = Sim::Carrier::basic($request);

    $id //= $form{client_id};
    $secret //= $form{client_secret};

    my $good = $grant eq 'password'
            ? $self->account($id, $secret, @form{qw(username password)})
        : $grant eq 'refresh_token' ? $self->{refresh}{
            $form{refresh_token} // '' }
        : 0;

    return Sim::Carrier::answer(400, { error => 'invalid_grant',
        error_description => 'The credentials are not known' }) unless $good;

    my $refresh = Digest::SHA::sha256_hex('refresh/' . ++$self->{serial});

    $self->{refresh}{$refresh} = 1;

    my $token = $self->give_token . 'x' x 6000;

    $self->{tokens}{$token} = Time::HiRes::time() + $self->{world}{ttl};

    return Sim::Carrier::answer(200, {
        access_token => $token, refresh_token => $refresh,
        token_type => 'Bearer', expires_in => 0 + $self->{world}{ttl},
        scope => '',
    });
}


sub refused {
    my ($self, $request) = @_;

    return if $self->token_state($request) eq 'good';

    return $self->error_of(401);
}


sub asked {
    my ($self, $request) = @_;

    my @numbers = Sim::Api::query_all($request, 'shipmentID');

    return $self->error_of(400) if !@numbers || @numbers > BATCH;
    return @numbers;
}


sub said {
    my ($self, $request, @items) = @_;

    return Sim::Carrier::answer(200, { shipmentinfo => [ map {
        my $item = $_;

        $item->{n} ? {
            shipmentID => $item->{number},
            status     => [ map { {
                timestamp    => $self->iso($_),
                code         => $_->{code},
                description  => $_->{text},
                scanningUnit => {
                    name => 'Hermes', city => $self->place($_)->{city} // '',
                    countryCode => 'DEU',
                },
            } } @{ $item->{events} } ],
            deliveryForecast => { fixed => JSON::PP::false(), date => undef,
                                  timeSlot => undef },
            result => { code => 'e000', message => 'OK' },
            %{ $item->{fields} },
        } : {
            shipmentID => $item->{number},
            status     => [],
            result     => { code => 'e001', message => 'Shipment unknown' },
        }
    } @items ] });
}


1;
