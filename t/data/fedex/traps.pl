# As the carrier really sends it.

use strict;
use warnings;

is(edd('fedex/every_field'),
   'local 2026-10-01T08:00:00 2026-10-15T00:00:00 -',
   'FedEx: a window that began at a clock ends at one, midnight too');
is(status('fedex/delivered_ground'), 'delivered safe_place yes safe_place',
   'FedEx: a reason of Ground that no table knows, but its words');
is(status('fedex/initiated'), 'label_created announced no -',
   'FedEx: a label without a scan');
is(outcome('fedex/alert_only'), 'not_found',
   'FedEx: an alert, and no results');
is(status('fedex/mailroom'), 'delivered reception yes reception',
   'FedEx: the words say more than the type of the place');
is(outcome('fedex/not_found_skeleton'), 'not_found',
   'FedEx: empty members around an error are no data');
is(status('fedex/hold_after_refusal'), 'ready_for_pickup waiting no -',
   'FedEx: held for its recipient');
is_deeply(parcel('fedex/case')->{unmapped_codes}, [ 'OW' ],
          'FedEx: Ow is a code, and OW is another');
is(partner('fedex/partner'), 'usps 92419900000033499522966220',
   'FedEx: the number of the partner, who is known by it');
is(place('fedex/hold_place'), 'FedEx OnSite 4711 | 1 HIGH ST, DALLAS, TX, 75201',
   'FedEx: where it is held');

1;
