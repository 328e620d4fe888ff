# Hermes: chapters of codes, a depot that keeps the cause, mistakes that are
# taken back, returns that arrive.

use strict;
use warnings;

is(status('hermes/exception'), 'attempt_failed absent no -',
   'back at the depot, and why');
is(status('hermes/mistake'), 'out_for_delivery on_vehicle no -',
   'a wrong "delivered" taken back');
is(status('hermes/shop'), 'ready_for_pickup waiting no -',
   'Hermes: in a parcel shop');
is(status('hermes/collected'), 'delivered collected yes recipient',
   'Hermes: and collected there');
is(status('hermes/delivered'), 'delivered safe_place yes mailbox',
   'Hermes: in the letterbox');
is(status('hermes/delivered_long_code'), 'delivered generic yes -',
   'a code of nine digits');
is(status('hermes/returned'), 'returned received no returned_to_sender',
   'a return arrived');
is(status('hermes/informational'), 'out_for_delivery on_vehicle no -',
   'a hint is no step');
is(status('hermes/missing'), 'on_hold generic no -', 'announced, not seen');
is(edd('hermes/moving'), 'local 2026-03-30T10:00:00 2026-03-30T14:00:00 -',
   'a day and two clocks');
is(edd('hermes/forecast_day'), 'date - - 2026-03-30', 'a day');
is(clock('hermes/moving', 0),
   'offset 2026-03-29T05:00:00 2026-03-29T03:00:00Z', 'with fractions');
is(errors('hermes/batch'), 'H1000000000000000024 not_found, '
   . 'H1000000000000000031 retry, H1000000000000000048 retry',
   'Hermes: each number has its own outcome');
is_deeply(parcel('hermes/unknown_code')->{unmapped_codes}, [ '8123' ],
          'Hermes: unknown codes are listed');

for my $case (qw(not_found:not_found bad_token:auth throttled:throttled)) {
    my ($name, $want) = split /:/, $case;

    is(outcome("hermes/$name"), $want, "hermes/$name: $want");
}

# As the carrier really sends it.

is(status('hermes/numeric_code'), 'delivered safe_place yes mailbox',
   'Hermes: a code that is a number');
is(outcome('hermes/no_status'), 'not_found',
   'Hermes: a shipment of which nothing is known');

1;
