package Sim::Ship24;

# Ship24: a bearer, trackers made in bulk (what is there already is "existing")
# and read by their id; four ways to write a time; pushes with a shared secret
# that hold only what is new.

use strict;
use warnings;

use parent -norequire, 'Sim::Register';
use Sim::Register;

use constant { name => 'ship24', BATCH => 100 };


sub routes {
    return ([ qr{^/public/v1/trackers/bulk$} => 'register' ],
            [ qr{^/public/v1/trackers/[^/]+/results$} => 'track' ]);
}


sub errors {
    my ($status, $code, $message, %headers) = @_;

    return Sim::Carrier::answer($status, { errors => [ { code => $code,
        message => $message } ], data => undef }, %headers);
}


sub error_of {
    my ($self, $status, %headers) = @_;

    return errors($status, $status == 401 ? 'auth_bearer_token_mismatch'
        : $status == 429 ? 'too_many_requests' : 'internal_error',
        'The request was not processed', 'RateLimit-Limit' => 10, %headers);
}


sub key_of {
    my ($self, $request) = @_;

    return Sim::Api::header($request, 'Authorization') =~ /^Bearer (\S+)$/
        ? $1 : '';
}


sub register {
    my ($self, $request) = @_;

    my $refused = $self->refused($request);
    return $refused if $refused;

    my $in = Sim::Api::json_of($request);

    return errors(400, 'validation_error', 'A list is expected')
        unless ref $in eq 'ARRAY' && @$in && @$in <= BATCH;

    my (@results, %seen);

    for my $wanted (@$in) {
        my $number = $wanted->{trackingNumber} // '';
        my $good = $number =~ /^[A-Za-z0-9-]{5,50}$/;
        my $what = !$good ? 'error'
            : $self->add($number) ? 'created' : 'existing';

        $seen{$what}++;
        push @results, {
            itemStatus => $what,
            inputData  => $wanted,
            $good ? (tracker => $self->tracker($number)) : (errors => [ {
                code => 'validation_error', message => 'Not a number' } ]),
        };
    }

    return Sim::Carrier::answer(!$seen{error} ? 201
        : $seen{error} == @results ? 400 : 207, {
        status  => !$seen{error} ? 'success'
            : $seen{error} == @results ? 'error' : 'partial',
        summary => { total => scalar @results,
            map { $_ => $seen{$_} || 0 } qw(created existing error) },
        data    => \@results,
    });
}


sub tracker {
    my ($self, $number) = @_;

    my $known = $self->{known}{$number} || { id => 'none', created => 0 };

    return { trackerId => $known->{id}, trackingNumber => $number,
             shipmentReference => undef, isSubscribed => JSON::PP::true(),
             createdAt => Sim::World::utc($known->{created})
                          =~ s/Z$/.000Z/r };
}


sub asked {
    my ($self, $request) = @_;

    my ($id) = $request->{path} =~ m{/trackers/([^/]+)/results$};
    my $known = $self->{by_id}{$id}
        or return errors(404, 'tracker_not_found', 'Tracker not found');

    return $known->{number};
}


sub said {
    my ($self, $request, $item) = @_;

    return Sim::Carrier::answer(200, { data => { trackings => [
        $self->tracking($item, 0) ] } }, 'RateLimit-Limit' => 10);
}


sub tracking {
    my ($self, $item, $from) = @_;

    my $n = $item->{n} || 0;
    my $last = $n ? $item->{events}[-1] : undef;

    return {
        tracker  => $self->tracker($item->{number}),
        shipment => {
            shipmentId      => "s-$item->{number}",
            statusCode      => $last ? $last->{code} : undef,
            statusCategory  => $last ? $last->{code} =~ s/_.*//r : undef,
            statusMilestone => $last ? $last->{milestone} : 'pending',
            originCountryCode => 'DE', destinationCountryCode => 'DE',
            delivery        => { estimatedDeliveryDate => undef,
                courierEstimatedDeliveryDate => undef, service => undef,
                signedBy => undef },
            trackingNumbers => [ { tn => $item->{number} } ],
            recipient       => { name => undef },
        },
        events => [ map { $self->event($item, $_) }
                    reverse $from .. $n - 1 ],
        statistics => { timestamps => {} },
    };
}


sub event {
    my ($self, $item, $i) = @_;

    my $event = $item->{events}[$i];
    my $form = $event->{form} // 'utc';
    my $place = $self->place($event);

    return {
        eventId         => Digest::SHA::sha1_hex("$item->{number}/$i"),
        trackingNumber  => $item->{number},
        eventTrackingNumber => $item->{number},
        status          => $event->{text},
        occurrenceDatetime => $form eq 'utc' ? Sim::Api::utc($event)
            : $form eq 'offset' ? $self->iso($event)
            : $form eq 'date' ? $self->clock($event, '%Y-%m-%d')
            : $self->bare($event),
        order           => $i,
        datetime        => $self->bare($event),
        hasNoTime       => $form eq 'date' ? JSON::PP::true()
                                           : JSON::PP::false(),
        location        => $place->{city},
        sourceCode      => 'dhl',
        courierCode     => 'dhl',
        statusCode      => $event->{code},
        statusCategory  => $event->{code} =~ s/_.*//r,
        statusMilestone => $event->{milestone},
    };
}


sub news {
    my ($self, $item, $told) = @_;

    return $Sim::Carrier::json->encode({ trackings => [ {
        metadata => { generatedAt => Sim::World::utc($self->world->now),
                      messageId => $self->uuid, topic => 'shipment' },
        %{ $self->tracking($item, $told) },
    } ] });
}


sub signature {
    my ($self, $body, $secret) = @_;

    return (Authorization => "Bearer $secret");
}


1;
