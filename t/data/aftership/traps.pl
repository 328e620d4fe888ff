# AfterShip: the sub-tag tells more than the tag; a clock may have no offset;
# what is registered already is no failure.

use strict;
use warnings;

is(clock('aftership/transit', 0),
   'offset 2026-03-04T02:47:00 2026-03-04T07:47:00Z', 'the checkpoint\'s own');
is(clock('aftership/label', 0), 'local 2026-03-01T18:05:00 -',
   'no offset, no instant: created_at is their clock');
is(edd('aftership/transit'), 'date - - 2026-03-06', 'an estimated day');
is(edd('aftership/window'),
   'offset 2026-03-04T13:00:00-05:00 2026-03-04T17:00:00-05:00 -',
   'an estimated window');
is(status('aftership/pending'), 'unknown no_info no -', 'nothing known yet');
is(status('aftership/exception'), 'on_hold payment_due no -',
   'held for payment');
is(status('aftership/attempt'), 'attempt_failed absent no -', 'absent');
is(status('aftership/pickup'), 'ready_for_pickup waiting no -', 'at a shop');
is(status('aftership/delivered'), 'delivered neighbour yes neighbour',
   'a neighbour has it');
is(status('aftership/returned'), 'returned received no returned_to_sender',
   '"Delivered" on the way back');
is(status('aftership/return_flag'),
   'returned received no returned_to_sender', 'return_to_sender');
is(status('aftership/expired'), 'expired no_updates no -',
   'no news is no exception');
is(status('aftership/no_subtag'), 'in_transit moving no -', 'only a tag');
is_deeply(parcel('aftership/no_subtag')->{unmapped_codes}, [],
          'which is known');
is_deeply(parcel('aftership/unmapped')->{unmapped_codes},
          [ 'Sunken', 'InTransit_044' ], 'unknown tags and sub-tags');
is(scalar @{parcel('aftership/one_checkpoint')->{events}}, 1,
   'a checkpoint that is no list');
is_deeply(parcel('aftership/every_code')->{unmapped_codes}, [],
          'every sub-tag is known');
is(scalar @{parcel('aftership/every_code')->{events}}, 49, 'all of them');
is(parcel('aftership/legacy')->{weight_g}, 1134, 'a weight of old versions');

for my $case (qw(not_found:not_found empty_list:not_found bad_number:refuse
                 bad_key:auth throttled:throttled unavailable:retry
                 already_exists:retry push:ok push_forged:auth
                 push_unsigned:auth push_other:refuse))
{
    my ($name, $want) = split /:/, $case;

    is(outcome("aftership/$name"), $want, "aftership/$name: $want");
}

# As the carrier really sends it.

is(edd('aftership/range_of_days'), 'date 2026-03-12 2026-03-14 -',
   'AfterShip: an estimate of several days');
is(parcel('aftership/version_4')->{events}[0]{description},
   'DELIVERED, SIGNED', 'AfterShip: without the name');
is(partner('aftership/partner'), 'usps 92419900000033499522966220',
   'AfterShip: the last mile');
is(partner('aftership/partner_self'), '-',
   'a last mile that is the first one, too');
is(place('aftership/pickup_place'), 'Corner shop, 1 High St | -',
   'AfterShip: the place in one text');

1;
