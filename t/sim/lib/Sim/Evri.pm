package Sim::Evri;

# Evri's documents as somebody who has them may pass them on: there is no open
# interface to ask.  Stage codes, and Standard Webhooks around them.

use strict;
use warnings;

use parent -norequire, 'Sim::Generic';
use Sim::Api;
use Sim::Generic;

use constant name => 'evri';


sub routes { () }


sub news {
    my ($self, $item) = @_;

    return $Sim::Carrier::json->encode({ results => [ {
        barcode        => $item->{number},
        returnParcel   => JSON::PP::false(),
        trackingEvents => [ map { {
            dateTime      => $self->iso($_),
            trackingStage => { trackingStageCode => $_->{code},
                               description => $_->{text} },
            trackingPoint => { trackingPointCode => $_->{point} // '',
                               description => $_->{text} },
        } } reverse @{ $item->{events} } ],
    } ] });
}


1;
