# Royal Mail: an object or a list, a fault inside a 200, a window whose day
# stands elsewhere; both sides of a change of the clocks.

use strict;
use warnings;

is(status('royalmail/collection_point'), 'ready_for_pickup waiting no -',
   'delivered to a collection point');
is(status('royalmail/neighbour'), 'delivered neighbour yes neighbour',
   'Royal Mail: a neighbour has it');
is(status('royalmail/returned'), 'returned received no returned_to_sender',
   'Royal Mail: delivered on the way back');
is(status('royalmail/summary'), 'delivered safe_place yes safe_place',
   'a summary is a list');
is(errors('royalmail/summary'), 'WM123456799GB not_found, '
   . 'WM123456808GB retry, WM123456811GB retry', 'with faults beside it');
is(clock('royalmail/moving', 0),
   'offset 2026-03-29T03:10:00 2026-03-29T02:10:00Z', 'in summer');
is(clock('royalmail/moving', 1),
   'offset 2026-03-28T20:14:11 2026-03-28T20:14:11Z', 'in winter');
is(edd('royalmail/moving'),
   'offset 2026-03-30T08:00:00+01:00 2026-03-30T11:15:00+01:00 -',
   'a window of a day and two clocks');
is(edd('royalmail/estimated_day'), 'date - - 2026-03-30', 'a day alone');
is_deeply(parcel('royalmail/unknown_code')->{unmapped_codes}, [ 'EVXYZ' ],
          'Royal Mail: unknown codes are listed');

for my $case (qw(not_found:not_found not_found_400:not_found
                 no_update:not_found unavailable_in_200:retry bad_key:auth
                 throttled:throttled technical:retry))
{
    my ($name, $want) = split /:/, $case;

    is(outcome("royalmail/$name"), $want, "royalmail/$name: $want");
}

# As the carrier really sends it.

is(parcel('royalmail/without_number')->{tracking_number}, 'FQ087430672GB',
   'Royal Mail: the number on the label, not the one inside');
is(parcel('royalmail/signed')->{events}[0]{description},
   'Delivered, signed for', 'Royal Mail: without the name');
is(partner('royalmail/partner'), 'dhl_unified LX000000021GB',
   'Royal Mail: who delivers abroad');
is(partner('royalmail/partner_self'), '-', 'and at home nobody else');

1;
