# DPD: steps that lie ahead are listed too, and 12 hours of the clock twice.

use strict;
use warnings;

is(scalar @{parcel('dpd/label')->{events}}, 1, 'what lies ahead is no event');
is(status('dpd/label'), 'label_created announced no -',
   'a "Delivered" that is not reached yet');
is(clock('dpd/delivered', 0),
   'zone 2026-03-03T13:12:40 2026-03-03T12:12:40Z', '1:12 PM');
is(clock('dpd/delivered', 3),
   'zone 2026-03-03T00:15:00 2026-03-02T23:15:00Z', '12:15 AM');
is(clock('dpd/failure', 0),
   'zone 2026-03-03T12:05:00 2026-03-03T11:05:00Z', '12:05 PM');
is(clock('dpd/summer_time', 0),
   'zone 2026-03-29T12:00:01 2026-03-29T10:00:01Z', 'summer');
is(clock('dpd/summer_time', 1),
   'zone 2026-03-28T23:59:00 2026-03-28T22:59:00Z', 'winter, the day before');
is(status('dpd/parcelshop'), 'ready_for_pickup waiting no -',
   'a shop is not the buyer');
is(status('dpd/failure'), 'attempt_failed generic no -', 'not delivered');
is(status('dpd/back_at_depot'), 'attempt_failed generic no -',
   'back at the depot is not back at the sender');
is(status('dpd/delivered'), 'delivered generic yes -', 'delivered');
is_deeply(parcel('dpd/unmapped')->{unmapped_codes}, [ 'Airship' ],
          'an unknown status');

for my $case (qw(not_found:not_found token_expired:auth fault:retry
                 fault_in_200:retry throttled:throttled doctype:retry))
{
    my ($name, $want) = split /:/, $case;

    is(outcome("dpd/$name"), $want, "dpd/$name: $want");
}

# As the carrier really sends it.

is(clock('dpd/with_commas', 2),
   'zone 2026-03-10T00:10:00 2026-03-09T23:10:00Z',
   'DPD: midnight on a clock of twelve hours, after a comma');
is(outcome('dpd/not_found_fault'), 'not_found',
   'DPD: a fault that says the parcel is not there');
is(status('dpd/neighbour'), 'delivered neighbour yes neighbour',
   'DPD: who has it is in the sentence, and what is true may be True');

1;
