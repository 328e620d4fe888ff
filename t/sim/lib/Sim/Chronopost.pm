package Sim::Chronopost;

# Chronopost: account and password in the body; what went wrong is a number in
# a 200; times with their offset, oldest first.

use strict;
use warnings;

use parent -norequire, 'Sim::Xml';
use Sim::Xml;

use constant name => 'chronopost';

my %opt = (prefix => 'soap');


sub routes { [ qr{^/tracking-cxf/TrackingServiceWS$} => 'track' ] }


sub error_of {
    my ($self, $status, %headers) = @_;

    return Sim::Xml::fault('Server', 'The service is not available', '', %opt,
                           status => $status, headers => \%headers);
}


sub response {
    my (@children) = @_;

    return Sim::Xml::soap(200, Sim::Xml::node('ns2:trackSkybillV2Response '
        . 'xmlns:ns2="http://cxf.tracking.soap.chronopost.fr/"',
        Sim::Xml::node('return', @children)), %opt);
}


sub refused {
    my ($self, $request) = @_;

    return if $self->account(map { Sim::Xml::value_of($request->{body}, $_) }
                             qw(accountNumber password));

    return $self->error_of(401);
}


sub asked {
    my ($self, $request) = @_;

    return Sim::Xml::value_of($request->{body}, 'skybillNumber');
}


sub said {
    my ($self, $request, $item) = @_;

    return response(Sim::Xml::text('errorCode', '2'),
        Sim::Xml::text('errorMessage', "Le num\x{e9}ro est inconnu"))
        unless $item && $item->{n};

    return response(Sim::Xml::text('errorCode', '0'),
        Sim::Xml::node('listEventInfoComp', map { Sim::Xml::node('events',
            Sim::Xml::text('code', $_->{code}),
            Sim::Xml::text('eventDate', $self->iso($_, 'Europe/Paris')),
            Sim::Xml::text('eventLabel', $_->{text}),
            Sim::Xml::text('highPriority', 'false'),
            Sim::Xml::text('officeLabel',
                           uc($self->place($_)->{city} // '')),
            Sim::Xml::text('zipCode', $self->place($_)->{postal}))
        } @{ $item->{events} }),
        Sim::Xml::text('skybillNumber', $item->{number}));
}


1;
