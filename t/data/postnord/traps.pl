# PostNord: events of each item; "available for delivery" waits for its
# recipient, and the event 113 is the courier.

use strict;
use warnings;

is(status('postnord/out'), 'out_for_delivery on_vehicle no -',
   'PostNord: the event 113');
is(status('postnord/moving'), 'in_transit moving no -',
   'and the same status without it');
is(status('postnord/service_point'), 'ready_for_pickup waiting no -',
   'available for delivery');
is(status('postnord/returned'), 'returning to_sender no -',
   'on the way back');
is(status('postnord/return_arrived'),
   'returned received no returned_to_sender', 'PostNord: arrived there');
is(join(' ', map { parcel('postnord/pieces')->{$_} }
        qw(status pieces_total pieces_delivered)), 'in_transit 2 1',
   'PostNord: the slowest item');
is(status('postnord/one_item'), 'in_transit moving no -',
   'PostNord: objects for lists');
is(status('postnord/headline_only'), 'in_transit moving no -',
   'PostNord: no items');
is(clock('postnord/moving', 0),
   'utc 2026-03-28T20:00:00 2026-03-28T20:00:00Z', 'with Z');
is(clock('postnord/moving', 1), 'local 2026-03-27T10:00:00 -',
   'and without it');
is(edd('postnord/moving'), 'local - 2026-03-30T16:00:00 -', 'to arrive by');
is(edd('postnord/delivered'), '-', 'the day of delivery is no estimate');
is(parcel('postnord/moving')->{weight_g}, 2400, 'a weight as a text');
is_deeply(parcel('postnord/unknown_code')->{unmapped_codes},
          [ 'HOVERING/999' ], 'PostNord: unknown codes are listed');

for my $case (qw(not_found:not_found fault:retry bad_key:auth
                 throttled:throttled))
{
    my ($name, $want) = split /:/, $case;

    is(outcome("postnord/$name"), $want, "postnord/$name: $want");
}
is(place('postnord/counter'), 'Corner shop | Storgatan 1, 14171, Segeltorp',
   'PostNord: the service point');

1;
