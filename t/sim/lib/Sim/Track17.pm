package Sim::Track17;

# 17TRACK: a token in a header, lists of up to 40 numbers, what was taken and
# what was not side by side in a 200 (-18019901: registered already); several
# carriers' events for one parcel; pushes with a digest that is no HMAC.

use strict;
use warnings;

use parent -norequire, 'Sim::Register';
use Sim::Register;

use constant { name => '17track', BATCH => 40 };


sub routes {
    return ([ qr{^/track/v2\.2/register$} => 'register' ],
            [ qr{^/track/v2\.2/gettrackinfo$} => 'track' ]);
}


sub failed {
    my ($status, $code, $message, %headers) = @_;

    return Sim::Carrier::answer($status, { code => $code,
        data => { errors => [ { code => $code, message => $message } ] } },
        %headers);
}


sub error_of {
    my ($self, $status, %headers) = @_;

    return failed(401, -18010002, 'Invalid security token.')
        if $status == 401;

    return { status => $status, type => 'text/plain', headers => \%headers,
             body => "Too Many Requests\n" } if $status == 429;

    return failed($status, -18010003, 'Internal service error.', %headers);
}


sub key_of { Sim::Api::header($_[1], '17token') }


sub asked {
    my ($self, $request) = @_;

    my $in = Sim::Api::json_of($request);

    return failed(200, -18010013, 'Submitted data is invalid.')
        unless ref $in eq 'ARRAY' && @$in && @$in <= BATCH;

    return map { $_->{number} // '' } @$in;
}


sub both {
    my ($accepted, $rejected) = @_;

    return Sim::Carrier::answer(200, { code => 0, data => {
        accepted => $accepted, rejected => [ map { {
            number => $_->[0],
            error  => { code => $_->[1], message => $_->[2] },
        } } @$rejected ] } });
}


sub register {
    my ($self, $request) = @_;

    my $refused = $self->refused($request);
    return $refused if $refused;

    my @numbers = $self->asked($request);
    return $numbers[0] if ref $numbers[0];

    my (@accepted, @rejected);

    for my $number (@numbers) {
        if ($self->add($number)) {
            push @accepted, { origin => 1, number => $number,
                              carrier => 21051 };

        } else {
            push @rejected, [ $number, -18019901, 'The tracking number '
                . "'$number' has been registered, don't need to repeat "
                . 'registration.' ];
        }
    }

    return both(\@accepted, \@rejected);
}


sub said {
    my ($self, $request, @items) = @_;

    my (@accepted, @rejected);

    for my $item (@items) {
        my $number = $item->{number};

        if (!$self->{known}{$number}) {
            push @rejected, [ $number, -18019902, "The tracking number "
                . "'$number' does not register, please register first." ];

        } elsif (!$item->{n}) {
            push @rejected, [ $number, -18019909,
                'No tracking information at this time.' ];

        } else {
            push @accepted, $self->parcel($item);
        }
    }

    return both(\@accepted, \@rejected);
}


sub parcel {
    my ($self, $item) = @_;

    my @events = reverse @{ $item->{events} };
    my $last = $events[0];

    # The newest half is the delivering carrier's, the rest the first one's.

    my @second = splice @events, 0, int(@events / 2);

    return {
        number     => $item->{number},
        carrier    => 21051,
        param      => undef,
        tag        => '',
        track_info => {
            shipping_info => {},
            latest_status => { status => $last->{status},
                sub_status => $last->{sub}, sub_status_descr => undef },
            latest_event  => $self->event($last),
            time_metrics  => { estimated_delivery_date =>
                { source => undef, from => undef, to => undef } },
            milestone     => [],
            misc_info     => { weight_kg => '1.2', pieces => undef },
            tracking      => { providers_hash => 1, providers => [
                map { {
                    provider => { key => $_->[0], name => $_->[1] },
                    events   => [ map { $self->event($_) } @{ $_->[2] } ],
                } } grep { @{ $_->[2] } } [ 21051, 'USPS', \@second ],
                    [ 3011, 'China Post', \@events ],
            ] },
        },
    };
}


sub event {
    my ($self, $event) = @_;

    my $bare = $event->{form} && $event->{form} eq 'bare';
    my $place = $self->place($event);

    return {
        time_iso    => $bare ? $self->bare($event) : $self->iso($event),
        time_utc    => $bare ? undef : Sim::Api::utc($event),
        time_raw    => { date => $self->clock($event, '%Y-%m-%d'),
                         time => $self->clock($event, '%H:%M:%S'),
                         timezone => $bare ? undef : $self->offset($event) },
        description => $event->{text},
        location    => $place->{city} ? uc "$place->{city}, $place->{country}"
                                      : undef,
        stage       => $event->{stage},
        sub_status  => $event->{sub},
        address     => { country => $place->{country}, state => undef,
                         city => $place->{city} },
    };
}


sub news {
    my ($self, $item) = @_;

    return $Sim::Carrier::json->encode({ event => 'TRACKING_UPDATED',
        data => $self->parcel($item) });
}


sub signature {
    my ($self, $body, $secret) = @_;

    return (sign => Digest::SHA::sha256_hex("$body/$secret"));
}


1;
