# DHL Unified: five codes for ten divisions; times with Z, with an offset and
# bare in one reply; a number that is a JSON number.

use strict;
use warnings;

is(status('dhl_unified/locker'), 'ready_for_pickup waiting no -',
   'DHL: delivered to a locker station is to be collected');
is(status('dhl_unified/collected'), 'delivered collected yes recipient',
   'and collected from there');
is(status('dhl_unified/returned'), 'returned received no returned_to_sender',
   'DHL: delivered on the way back');
is(status('dhl_unified/out'), 'out_for_delivery on_vehicle no -',
   'out for delivery is a kind of transit');
is(status('dhl_unified/exception'), 'attempt_failed absent no -',
   'the description tells why');
is(status('dhl_unified/headline_knows'), 'delivered generic yes -',
   'the headline is ahead of the events');
is(status('dhl_unified/two_services'), 'picked_up origin_facility no -',
   'one number in two divisions: the newer parcel');
is(parcel('dhl_unified/express')->{tracking_number}, '4412360026',
   'a number as a number');
is(clock('dhl_unified/express', 1), 'local 2026-03-04T08:55:00 -',
   'DHL: a bare clock is no instant');
is(clock('dhl_unified/express', 2),
   'utc 2026-03-03T09:00:00 2026-03-03T09:00:00Z', 'and one with Z is');
is(edd('dhl_unified/out'),
   'offset 2026-03-04T11:00:00+01:00 2026-03-04T14:30:00+01:00 -',
   'the window comes before the day');
is(edd('dhl_unified/moving'), 'date - - 2026-03-05', 'midnight is a day');
is_deeply(parcel('dhl_unified/unknown_code')->{unmapped_codes},
          [ 'hovering/H1' ], 'DHL: unknown codes are listed');

for my $case (qw(not_found:not_found empty_list:not_found bad_key:auth
                 throttled:throttled bad_request:refuse))
{
    my ($name, $want) = split /:/, $case;

    is(outcome("dhl_unified/$name"), $want, "dhl_unified/$name: $want");
}

# As the carrier really sends it.

is(edd('dhl_unified/every_field'), 'utc - 2026-03-03T22:00:00Z -',
   'a window from midnight on says only by when');
is(status('dhl_unified/words'), 'delivered neighbour yes neighbour',
   'who has it is in the words');
is(parcel('dhl_unified/express')->{events}[0]{description},
   'Delivered - Signed for', 'and the name is left out');
is(clock('dhl_unified/time_forms', 0),
   'offset 2026-03-12T14:32:00 2026-03-12T13:32:00Z',
   'the name of a zone behind its offset');
is(clock('dhl_unified/time_forms', 1),
   'offset 2026-03-12T12:32:00 2026-03-12T11:32:00Z',
   'a space before the offset');
is(clock('dhl_unified/time_forms', 5), 'date 2026-03-11 -',
   'a day with an offset is a day');
is(status('dhl_unified/any_case'), 'delivered neighbour yes neighbour',
   'DHL: codes and sentences in whatever case of letters');
is_deeply(parcel('dhl_unified/any_case')->{unmapped_codes}, [],
          'all of them known');
is(partner('dhl_unified/partner'), 'usps 92419900000033499522966220',
   'DHL: the number of the local carrier, who is known by it');
is(partner('dhl_unified/partner_one'), '-',
   'a local number that may be anybody\'s');
is(status('dhl_unified/status_alone'), 'delivered generic yes -',
   'DHL: a status without its code');

1;
