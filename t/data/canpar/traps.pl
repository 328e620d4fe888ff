# Canpar: the flag that says "delivered" is not believed.

use strict;
use warnings;

is(status('canpar/flag_lies'), 'out_for_delivery on_vehicle no -',
   'delivered by its flag, on the vehicle by its events');
is(status('canpar/delivered_flag_false'), 'delivered generic yes -',
   'and the other way round');
is(status('canpar/to_sender'), 'returned received no returned_to_sender',
   'delivered to the sender');
is(status('canpar/attempt'), 'attempt_failed notice_left no -',
   'a text helps where the code is not known');
is(clock('canpar/delivered', 0), 'local 2026-03-03T13:15:00 -',
   'time_shift tells no zone');
is(edd('canpar/transit'), 'date - - 2026-03-06', 'an estimated day');
is(edd('canpar/delivered_flag_false'), '-', 'none');
is(parcel('canpar/delivered')->{signed_by}, 'MARTIN', 'who signed');
is_deeply(parcel('canpar/unmapped')->{unmapped_codes}, [ 'ZZZ', 'MAN' ],
          'unknown codes, also those with a text that is understood');

for my $case (qw(not_found:not_found no_events:not_found forbidden:auth
                 fault:retry throttled:throttled))
{
    my ($name, $want) = split /:/, $case;

    is(outcome("canpar/$name"), $want, "canpar/$name: $want");
}

1;
