# Ship24: four forms of a time in one parcel; a code is often missing, the
# milestone never.

use strict;
use warnings;

is(clock('ship24/four_times', 0),
   'offset 2026-03-04T08:10:00 2026-03-04T13:10:00Z', 'an offset');
is(clock('ship24/four_times', 1),
   'offset 2026-03-03T07:40:00 2026-03-03T07:40:00Z', 'UTC');
is(clock('ship24/four_times', 2), 'local 2026-03-02T16:20:00 -', 'bare');
is(clock('ship24/four_times', 3), 'date 2026-03-01 -', 'a day');
is(edd('ship24/four_times'),
   'local 2026-03-04T17:00:00 2026-03-04T18:00:00 -',
   'the courier\'s own estimate, without a zone');
is(edd('ship24/estimate_day'), 'date - - 2026-03-05', 'an estimated day');
is(status('ship24/pending'), 'unknown no_info no -', 'pending');
is(status('ship24/exception'), 'delayed customs no -', 'customs');
is(status('ship24/attempt'), 'attempt_failed generic no -', 'an attempt');
is(status('ship24/pickup'), 'ready_for_pickup waiting no -', 'at a shop');
is(status('ship24/delivered'), 'delivered generic yes -', 'delivered');
is(status('ship24/returned'), 'returned received no returned_to_sender',
   'delivered on the way back');
is(status('ship24/delivered_to_sender'),
   'returned received no returned_to_sender', 'delivered to the sender');
is(parcel('ship24/slot_proposed')->{events}[0]{status}, undef,
   'a slot that is proposed moves nothing');
is(status('ship24/slot_proposed'), 'in_transit moving no -',
   'the milestone stays');
is_deeply(parcel('ship24/unmapped')->{unmapped_codes},
          [ 'transit_submarine' ], 'an unknown code beside a known milestone');
is_deeply(parcel('ship24/every_code')->{unmapped_codes}, [],
          'every code is known');

for my $case (qw(not_found:not_found invalid:refuse bad_key:auth
                 quota:throttled throttled:throttled push:ok
                 push_wrong_secret:auth push_unsigned:auth push_other:refuse))
{
    my ($name, $want) = split /:/, $case;

    is(outcome("ship24/$name"), $want, "ship24/$name: $want");
}

# As the carrier really sends it.

is(outcome('ship24/no_trackings'), 'not_found',
   'Ship24: no trackings yet');
is(partner('ship24/partner'), 'usps 92419900000033499522966220',
   'Ship24: whose number the newest event has');

1;
