# The mapping to copy: our own words, and Standard Webhooks.

use strict;
use warnings;

is(clock('generic/transit', 0),
   'offset 2026-03-02T18:00:00 2026-03-02T17:00:00Z',
   'the offset in another field');
is(clock('generic/local_clock', 0), 'local 2026-03-03T11:00:00 -',
   'no zone, no instant');
is(clock('generic/local_clock', 2), 'date 2026-03-01 -', 'a day');
is(edd('generic/transit'), 'date - - 2026-03-03', 'an estimated day');
is(edd('generic/window'),
   'offset 2026-03-03T10:00:00+01:00 2026-03-03T12:00:00+01:00 -',
   'an estimated window');
is(status('generic/attempt'), 'attempt_failed absent no -', 'absent');
is(status('generic/delivered'), 'delivered neighbour yes neighbour',
   'a neighbour has it');
is(status('generic/locker'), 'delivered safe_place yes locker',
   'said beside the events');
is(status('generic/to_sender'), 'returned received no returned_to_sender',
   'delivered to the sender');
is(status('generic/is_return'), 'returned received no returned_to_sender',
   'a return that arrived');
is(status('generic/note'), 'out_for_delivery on_vehicle no -',
   'a note changes nothing');
is_deeply(parcel('generic/unmapped')->{unmapped_codes},
          [ 'in_transit/by_bicycle', 'juggled' ], 'unknown words');

for my $case (qw(not_found:not_found unauthorised:auth throttled:throttled
                 push:ok push_two_signatures:ok push_forged:auth
                 push_old:auth push_other_id:auth push_other:refuse))
{
    my ($name, $want) = split /:/, $case;

    is(outcome("generic/$name"), $want, "generic/$name: $want");
}

1;
