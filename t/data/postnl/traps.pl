# PostNL: an object or a list, {} for nothing, two forms of time in one reply,
# a code that is seen on both ends.

use strict;
use warnings;

is_deeply(events('postnl/delivered')->[0], '01B delivered',
          'PostNL: 01B at the door');
is_deeply(events('postnl/delivered')->[3], '01B picked_up',
          'and 01B at the counter');
is(status('postnl/neighbour'), 'delivered neighbour yes neighbour',
   'the event knows who has it');
is(status('postnl/collect'), 'ready_for_pickup waiting no -',
   'phase 4 is also a parcel to be collected');
is(status('postnl/returned'), 'returned received no returned_to_sender',
   'PostNL: delivered on the way back');
is(status('postnl/label'), 'label_created announced no -',
   'a lone event is an object');
is(scalar @{parcel('postnl/old_status')->{events}}, 2,
   'what is not applicable is skipped');
is(clock('postnl/moving', 0),
   'zone 2026-03-29T05:10:00 2026-03-29T03:10:00Z', 'in summer');
is(clock('postnl/moving', 1),
   'zone 2026-03-28T19:30:00 2026-03-28T18:30:00Z', 'in winter');
is(edd('postnl/moving'),
   'zone 2026-03-30T12:15:00+02:00 2026-03-30T14:45:00+02:00 -', 'a window');
is(join(' ', map { parcel('postnl/pieces')->{$_} }
        qw(status pieces_total pieces_delivered)), 'in_transit 2 1',
   'PostNL: the slowest piece');
is_deeply(parcel('postnl/unknown_code')->{unmapped_codes}, [ '99Q' ],
          'PostNL: unknown codes are listed');

for my $case (qw(not_found:not_found not_found_bare:not_found
                 warning_one:not_found bad_key:auth throttled:throttled
                 unavailable:retry))
{
    my ($name, $want) = split /:/, $case;

    is(outcome("postnl/$name"), $want, "postnl/$name: $want");
}

# As the carrier really sends it.

is(status('postnl/every_field'), 'out_for_delivery on_vehicle no -',
   'PostNL: events in no order');
is(outcome('postnl/not_found_404'), 'not_found', 'PostNL: 404');
is(place('postnl/pickup_place'), 'Primera | Dorpsstraat, 12, 6711AA, Ede',
   'PostNL: the address of the counter, not of the home');

1;
