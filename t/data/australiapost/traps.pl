# Australia Post: sentences and no codes, a status that is "Unknown" beside
# good events, articles alone or in a consignment.

use strict;
use warnings;

is(status('australiapost/unknown_with_events'),
   'out_for_delivery on_vehicle no -', '"Unknown" does not hide the events');
is(status('australiapost/redelivery'), 'in_transit delivery_rescheduled no -',
   'the status where a sentence is new');
is(status('australiapost/delivered'), 'delivered safe_place yes safe_place',
   'the sentence knows the place');
is(status('australiapost/collection'), 'ready_for_pickup waiting no -',
   'awaiting collection');
is(join(' ', map { parcel('australiapost/consignment')->{$_} }
        qw(status pieces_total pieces_delivered)), 'in_transit 2 1',
   'a consignment is as far as its slowest article');
is(clock('australiapost/moving', 0),
   'offset 2026-04-02T04:11:00 2026-04-01T17:11:00Z',
   'the instant of a scan in Chicago');
is(errors('australiapost/batch'), 'WMZ1000000024 not_found, '
   . 'WMZ1000000031 retry, WMZ1000000048 retry', 'faults inside items');

for my $case (qw(not_found:not_found bad_login:auth throttled:throttled)) {
    my ($name, $want) = split /:/, $case;

    is(outcome("australiapost/$name"), $want, "australiapost/$name: $want");
}

# As the carrier really sends it.

is(outcome('australiapost/not_found_404'), 'not_found',
   'Australia Post: 404 for an unknown number');
is(join(' ', map { parcel('australiapost/articles')->{$_} }
        qw(status pieces_total pieces_delivered)), 'in_transit 2 1',
   'Australia Post: the slowest article');
is_deeply(parcel('australiapost/redelivery')->{unmapped_codes},
          [ 'New sentence' ], 'a sentence where there are no codes');

1;
