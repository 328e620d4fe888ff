# Evri: a stage means another thing on the way back.

use strict;
use warnings;

is(status('evri/label'), 'label_created announced no -', 'announced');
is(status('evri/out'), 'out_for_delivery on_vehicle no -', '4_COURIER');
is(status('evri/shop'), 'ready_for_pickup waiting no -', '4_SHOP');
is(status('evri/locker'), 'ready_for_pickup waiting no -', '4_LOCKER');
is(status('evri/delivered'), 'delivered generic yes -', '5_COURIER');
is(status('evri/collected'), 'delivered collected yes recipient', '5_SHOP');
is(status('evri/problem'), 'on_hold generic no -', '6 and what follows');
is(status('evri/returning'), 'returning to_sender no -', 'A');
is(status('evri/return_moving'), 'returning to_sender no -',
   'returnParcel, moving');
is(status('evri/return_parcel'), 'returned received no returned_to_sender',
   'returnParcel, arrived');
is(clock('evri/out', 1), 'local 2026-03-02T21:20:00 -',
   'a zone that is sometimes missing');
is(parcel('evri/other_name')->{tracking_number}, 'T00AAA0000000901',
   'one parcel was asked about, by another of its numbers');
is_deeply(parcel('evri/unmapped')->{unmapped_codes}, [ '9/90' ],
          'an unknown stage');

for my $case (qw(nothing:not_found no_events:not_found push:ok
                 push_forged:auth))
{
    my ($name, $want) = split /:/, $case;

    is(outcome("evri/$name"), $want, "evri/$name: $want");
}

# As the carrier really sends it.

is(status('evri/safe_place'), 'delivered safe_place yes safe_place',
   'Evri: where it was left');

1;
