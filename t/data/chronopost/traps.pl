# Chronopost: the offset is in the text; failures have a code and status 200.

use strict;
use warnings;

is(clock('chronopost/delivered', 0),
   'offset 2026-03-03T11:42:00 2026-03-03T10:42:00Z', 'winter');
is(clock('chronopost/delivered_summer', 0),
   'offset 2026-07-03T11:42:00 2026-07-03T09:42:00Z', 'summer');
is(status('chronopost/label'), 'label_created announced no -', 'announced');
is(status('chronopost/out'), 'out_for_delivery on_vehicle no -', 'with the driver');
is(status('chronopost/absent'), 'attempt_failed absent no -', 'absent');
is(status('chronopost/pickup'), 'ready_for_pickup waiting no -', 'at a shop');
is(status('chronopost/delivered'), 'delivered generic yes -', 'delivered');
is(status('chronopost/returned'), 'returned received no returned_to_sender',
   'delivered on the way back');
is_deeply(parcel('chronopost/unmapped')->{unmapped_codes}, [ 'ZZ' ],
          'an unknown code');

for my $case (qw(not_found:not_found no_events:not_found system_error:retry
                 unauthorised:auth fault:retry throttled:throttled))
{
    my ($name, $want) = split /:/, $case;

    is(outcome("chronopost/$name"), $want, "chronopost/$name: $want");
}

1;
