# DHL Express: the shipment's status is about the request; the clock is local
# unless the offset was asked for and given.

use strict;
use warnings;

is(status('dhl_express/moving'), 'in_transit departed_facility no -',
   'DHL Express: "Success" is no delivery');
is(clock('dhl_express/moving', 0),
   'offset 2026-03-03T04:32:00 2026-03-03T03:32:00Z', 'its offset');
is(clock('dhl_express/no_offset', 0), 'local 2026-03-03T02:10:00 -',
   'no offset, no instant');
is(status('dhl_express/exception'), 'attempt_failed absent no -',
   'nobody at home');
is(status('dhl_express/delivered_damaged'), 'delivered damaged yes -',
   'delivered damaged');
is(status('dhl_express/delivered_part'), 'delivered partial no -',
   'a part is not all');
is(status('dhl_express/returned'), 'returned received no returned_to_sender',
   'returned');
is(parcel('dhl_express/delivered')->{signed_by}, 'R. Kazlauskas',
   'who signed');
is(edd('dhl_express/moving'), 'date - - 2026-03-05', 'a day is estimated');
is(join(' ', map { parcel('dhl_express/pieces')->{$_} }
        qw(status pieces_total pieces_delivered)), 'delayed 2 1',
   'a piece astray');
is(errors('dhl_express/batch'), '4412360048 not_found, 4412360059 retry',
   'one not known, one left out');
is_deeply(parcel('dhl_express/unknown_code')->{unmapped_codes},
          [ 'Q8', 'Q7' ], 'DHL Express: unknown codes are listed');

for my $case (qw(no_events:not_found not_found:not_found bad_login:auth
                 throttled:throttled unavailable:retry))
{
    my ($name, $want) = split /:/, $case;

    is(outcome("dhl_express/$name"), $want, "dhl_express/$name: $want");
}

# As the carrier really sends it.

is(parcel('dhl_express/signed')->{events}[0]{description},
   'Delivered - Signed for', 'DHL Express: without the name of who signed');
is(parcel('dhl_express/signed')->{signed_by}, 'H. MUELLER',
   'DHL Express: it is told where names belong');
is(parcel('dhl_express/imperial')->{weight_g}, 4536,
   'DHL Express: pounds');
is(errors('dhl_express/no_shipment_found'), '1234567890 not_found',
   'DHL Express: one of two is not there');

1;
