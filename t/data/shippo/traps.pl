# Shippo: six statuses, and what happened in the sub-status.

use strict;
use warnings;

is(clock('shippo/transit', 0),
   'utc 2026-03-03T03:40:00 2026-03-03T03:40:00Z', 'UTC');
is(edd('shippo/transit'), 'utc - 2026-03-05T22:00:00Z -', 'the newest eta');
is(edd('shippo/original_eta'), 'date - - 2026-03-04', 'else the first one');
is(status('shippo/out'), 'out_for_delivery on_vehicle no -',
   'TRANSIT and out for delivery');
is(status('shippo/pickup'), 'ready_for_pickup waiting no -',
   'TRANSIT and to be collected');
is(status('shippo/notice_left'), 'attempt_failed notice_left no -',
   'TRANSIT and nobody home');
is(status('shippo/address'), 'on_hold address no -', 'FAILURE and why');
is(status('shippo/delivered'), 'delivered safe_place yes safe_place',
   'at the door');
is(status('shippo/no_substatus'), 'delivered generic yes -',
   'no sub-status');
is_deeply(parcel('shippo/no_substatus')->{unmapped_codes}, [],
          'is nothing unknown');
is(status('shippo/returned'), 'returned received no returned_to_sender',
   'delivered on the way back');
is(status('shippo/to_sender'), 'returned received no returned_to_sender',
   'delivered to the sender');
is(parcel('shippo/other')->{events}[0]{status}, undef,
   '"other" changes nothing');
is(status('shippo/other'), 'out_for_delivery on_vehicle no -',
   'and the status before it stays');
is(status('shippo/unknown'), 'unknown no_info no -', 'UNKNOWN');
is_deeply(parcel('shippo/unmapped')->{unmapped_codes},
          [ 'BEAMED', 'TRANSIT/package_beamed' ],
          'unknown statuses and sub-statuses');
is_deeply(parcel('shippo/every_code')->{unmapped_codes}, [],
          'every sub-status is known');

for my $case (qw(null_status:not_found not_found:not_found bad_carrier:refuse
                 bad_key:auth throttled:throttled push:ok push_forged:auth
                 push_old:auth push_unsigned:auth push_other:refuse))
{
    my ($name, $want) = split /:/, $case;

    is(outcome("shippo/$name"), $want, "shippo/$name: $want");
}

1;
