# Amazon Shipping: the same codes forward and on the way back, and a summary
# that says "Delivered" of both.

use strict;
use warnings;

is(status('amazon_shipping/returns'),
   'returned received no returned_to_sender', 'RETURNS: delivered back');
is_deeply(events('amazon_shipping/returns'),
          [ 'Delivered returned', 'OutForDelivery returning',
            'Departed returning', 'Rejected failed',
            'OutForDelivery out_for_delivery', 'Departed in_transit',
            'PickupDone picked_up' ], 'each leg is its own');
is(status('amazon_shipping/return_leg_only'),
   'returned received no returned_to_sender', 'only the way back is told');
is(status('amazon_shipping/returns_summary'),
   'returned received no returned_to_sender', 'only the summary is told');
is(status('amazon_shipping/return_moving'), 'returning to_sender no -',
   'on the way back');
is(status('amazon_shipping/delivered'), 'delivered neighbour yes neighbour',
   'a neighbour has it');
is(status('amazon_shipping/two_details'), 'delivered reception yes reception',
   'the place is the second detail');
is(status('amazon_shipping/signed'), 'delivered signed yes -', 'signed for');
is(status('amazon_shipping/attempt'), 'attempt_failed closed no -',
   'the cause is in the summary');
is(status('amazon_shipping/undeliverable'), 'failed prohibited no -',
   'hazardous');
is(status('amazon_shipping/pickup'), 'ready_for_pickup waiting no -',
   'to be collected');
is(clock('amazon_shipping/transit', 2),
   'utc 2026-03-02T10:12:01 2026-03-02T10:12:01Z', 'milliseconds');
is(edd('amazon_shipping/transit'), 'utc - 2026-03-05T05:59:59Z -',
   'promised');
is_deeply(parcel('amazon_shipping/unmapped')->{unmapped_codes},
          [ 'Levitated' ], 'an unknown code');
is_deeply(parcel('amazon_shipping/every_code')->{unmapped_codes}, [],
          'every code is known');

for my $case (qw(not_found:not_found empty_history:not_found invalid:refuse
                 unauthorised:auth throttled:throttled internal:retry))
{
    my ($name, $want) = split /:/, $case;

    is(outcome("amazon_shipping/$name"), $want,
       "amazon_shipping/$name: $want");
}

1;
