package Sim::Dpd;

# DPD's web service for shippers in the Netherlands: a login by SOAP gives the
# token, which goes into the header of each question.  All steps of a life
# stand in the reply, those to come too; American dates of Dutch clocks.

use strict;
use warnings;

use parent -norequire, 'Sim::Xml';
use Sim::Xml;

use constant name => 'dpd';


sub routes {
    return ([ qr{^/soap/services/LoginService/V2_1$} => 'token' ],
            [ qr{^/soap/services/ParcelLifeCycleService/V2_0$} => 'track' ]);
}


sub login_fault {
    my ($code, $text) = @_;

    return Sim::Xml::fault('Server', "Fault occured: $code", Sim::Xml::node(
        'ns:authenticationFault xmlns:ns="http://dpd.com/common/service/types'
        . '/Authentication/2.0"', Sim::Xml::text('errorCode', $code),
        Sim::Xml::text('errorMessage', $text)));
}


sub error_of {
    my ($self, $status, %headers) = @_;

    return login_fault('LOGIN_6', 'The token has expired') if $status == 401;
    return { status => 429, type => 'text/html', headers => \%headers,
             body => '<html><body>Too many requests</body></html>' }
        if $status == 429;

    return Sim::Xml::fault('Server', 'The service is not available', '',
                           status => $status, headers => \%headers);
}


sub token {
    my ($self, $request) = @_;

    my $id = Sim::Xml::value_of($request->{body}, 'delisId');

    return login_fault('LOGIN_5', 'The login data is not known')
        unless $request->{body} =~ /getAuth/
            && $self->account($id, Sim::Xml::value_of($request->{body},
                                                      'password'));

    my $expires = Time::HiRes::time() + $self->{world}{ttl};

    return Sim::Xml::soap(200, Sim::Xml::node('ns2:getAuthResponse xmlns:ns2='
        . '"http://dpd.com/common/service/types/LoginService/2.1"',
        Sim::Xml::node('return', Sim::Xml::text('delisId', $id),
            Sim::Xml::text('customerUid', $id),
            Sim::Xml::text('authToken', $self->give_token),
            Sim::Xml::text('depot', '0522'),
            Sim::Xml::text('authTokenExpires', Sim::World::zoned($expires,
                'Europe/Amsterdam', '%Y-%m-%dT%H:%M:%S.000')))));
}


sub refused {
    my ($self, $request) = @_;

    my $token = Sim::Xml::value_of($request->{body}, 'authToken');

    return $self->error_of(401)
        unless ($self->{tokens}{$token} // 0) > Time::HiRes::time();
    return Sim::Xml::fault('Client', 'No such operation', '')
        unless Sim::Api::header($request, 'SOAPAction')
            =~ m{ParcelLifeCycleService/2\.0/getTrackingData"?$};

    return;
}


sub asked {
    my ($self, $request) = @_;

    return Sim::Xml::value_of($request->{body}, 'parcelLabelNumber');
}


my @steps = qw(SHIPMENT PickedUp Depot Courier Delivered);


sub said {
    my ($self, $request, $item) = @_;

    my @infos;

    if ($item && $item->{n}) {
        my $last = $item->{events}[-1];

        push @infos, map { $self->info($_, $_ == $last) }
            @{ $item->{events} };

        my %done = map { $_->{status} => 1 } @{ $item->{events} };

        push @infos, map { Sim::Xml::node('statusInfo',
            Sim::Xml::text('status', $_),
            Sim::Xml::text('statusHasBeenReached', 'false'),
            Sim::Xml::text('isCurrentStatus', 'false'),
        ) } grep { !$done{$_} && $last->{status} ne 'Delivered' } @steps;
    }

    return Sim::Xml::soap(200, Sim::Xml::node(
        'ns2:getTrackingDataResponse xmlns:ns2="http://dpd.com/common/service/'
        . 'types/ParcelLifeCycleService/2.0"', @infos
            ? Sim::Xml::node('trackingresult',
                Sim::Xml::node('shipmentInfo', Sim::Xml::text(
                    'parcelLabelNumber', $item->{number})), @infos)
            : '<trackingresult/>'));
}


sub content {
    my ($text) = @_;

    return Sim::Xml::text('content', $text) . Sim::Xml::text('bold', 'false');
}


sub info {
    my ($self, $event, $current) = @_;

    my $place = $self->place($event);

    return Sim::Xml::node('statusInfo',
        Sim::Xml::text('status', $event->{status}),
        Sim::Xml::node('label', content($event->{text})),
        Sim::Xml::node('description', Sim::Xml::node('content',
                       content($event->{text}))),
        Sim::Xml::text('statusHasBeenReached', 'true'),
        Sim::Xml::text('isCurrentStatus', $current ? 'true' : 'false'),
        Sim::Xml::node('location', content($place->{city} // '')),
        Sim::Xml::node('date', content($self->american($event))));
}


# 3/2/2026 9:05:00 PM

sub american {
    my ($self, $event) = @_;

    my ($date, $clock) = split / /, $self->clock($event,
        '%m/%d/%Y %I:%M:%S_%p', 'Europe/Amsterdam');

    $date =~ s{\b0}{}g;
    $clock =~ s{^0}{};
    $clock =~ tr/_/ /;

    return "$date $clock";
}


1;
