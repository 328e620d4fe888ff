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

1;
