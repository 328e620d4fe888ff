# As the carrier really sends it.

use strict;
use warnings;

is(status('ups/every_field'), 'delivered safe_place yes safe_place',
   'UPS: a reply with every field of its documentation');
is(clock('ups/every_field', 0),
   'offset 2026-03-10T11:49:17 2026-03-10T16:49:17Z',
   'UPS: a clock with colons, an offset without its zero');
is(status('ups/single_objects'), 'out_for_delivery on_vehicle no -',
   'UPS: one object where a list is usual');
is(edd('ups/headline_window'),
   'local 2026-03-12T10:45:00 2026-03-12T14:45:00 -',
   'UPS: an estimate before the first scan');
is(status('ups/unknown_delivery'), 'delivered generic yes -',
   'UPS: nobody knows the code, but the headline says where it is');
is_deeply(parcel('ups/unknown_delivery')->{unmapped_codes}, [ 'D/Q7' ],
          'UPS: and the code is listed');
is(status('ups/words'), 'delivered generic yes recipient',
   'UPS: words where no table has the code');
is(partner('ups/every_field'), 'usps 92419900000033499522966220',
   'UPS: the number at the post office of SurePost');

1;
