# Purolator: bare clocks, scans told twice, nil elements.

use strict;
use warnings;

is(clock('purolator/transit', 0), 'local 2026-03-02T21:30:00 -',
   'no zone, no instant');
is(clock('purolator/short_time', 0), 'local 2026-03-03T06:30:00 -',
   'a clock that lost its zero');
is(scalar @{parcel('purolator/repeated')->{events}}, 2,
   'a scan told twice is one');
is(status('purolator/label'), 'label_created announced no -',
   '"Other" is read by its text');
is(status('purolator/undeliverable'), 'attempt_failed absent no -', 'absent');
is(status('purolator/closed'), 'attempt_failed closed no -', 'closed');
is(status('purolator/pickup'), 'ready_for_pickup waiting no -', 'at a counter');
is(status('purolator/delivered'), 'delivered generic yes -', 'delivered');
is(parcel('purolator/delivered')->{signed_by}, 'D MARTIN', 'who signed');
is(status('purolator/to_sender'), 'returned received no returned_to_sender',
   'a delivery to the sender');
is(errors('purolator/batch'), '329000000619 not_found, 329000000627 retry',
   'one without scans, one left out');
is_deeply(parcel('purolator/unmapped')->{unmapped_codes}, [ 'Drone' ],
          'an unknown type');

for my $case (qw(not_found:not_found bad_key:auth fault:retry
                 throttled:throttled batch:ok))
{
    my ($name, $want) = split /:/, $case;

    is(outcome("purolator/$name"), $want, "purolator/$name: $want");
}

1;
