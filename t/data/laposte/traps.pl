# La Poste: an object for one number and a list for several, 207 with a code
# for each, "final" also at the sender's.

use strict;
use warnings;

is(status('laposte/to_sender'), 'returned received no returned_to_sender',
   'La Poste: final, at the sender');
is(status('laposte/to_sender_only'),
   'returned received no returned_to_sender', 'also if nothing told before');
is(status('laposte/counter'), 'ready_for_pickup waiting no -', 'at a counter');
is(status('laposte/moving'), 'in_transit moving no -',
   'in process is not out for delivery');
is(status('laposte/resolved'), 'in_transit resumed no -', 'a problem solved');
is(status('laposte/one_event'), 'picked_up collected no -',
   'one event is an object');
is(status('laposte/batch'), 'delivered generic yes -', 'a list');
is(errors('laposte/batch'), '6A00000000024 not_found, 6A1 refuse, '
   . '6A00000000048 retry', 'La Poste: each number has its own outcome');
is(clock('laposte/moving', 0),
   'offset 2026-03-29T05:00:00 2026-03-29T03:00:00Z', 'in summer');
is(clock('laposte/moving', 1),
   'offset 2026-03-28T17:00:00 2026-03-28T16:00:00Z', 'in winter');
is(edd('laposte/moving'), 'date - - 2026-03-30', 'La Poste: a day');
is_deeply(parcel('laposte/unknown_code')->{unmapped_codes}, [ 'ZZ9' ],
          'La Poste: unknown codes are listed');

for my $case (qw(not_found:not_found not_found_text:not_found
                 known_no_event:not_found bad_key:auth throttled:throttled
                 unavailable:retry))
{
    my ($name, $want) = split /:/, $case;

    is(outcome("laposte/$name"), $want, "laposte/$name: $want");
}

# As the carrier really sends it.

is(errors('laposte/partial'), '4P36276770836 not_found, '
   . '114111111111111 refuse', 'La Poste: each number has its own outcome');
is(partner('laposte/partner'), 'dhl_unified 003404342341',
   'La Poste: who delivers abroad');
is(partner('laposte/partner_self'), '-', 'itself is nobody else');
is(place('laposte/removal_point'), 'TABAC DE LA GARE | -',
   'La Poste: the point, by name alone');

1;
