# 17TRACK: events of several carriers, an error beside each number that was
# rejected, and a digest that looks like an HMAC and is none.

use strict;
use warnings;

is_deeply([ map { $_->{utc} } @{parcel('17track/two_providers')->{events}} ],
          [ '2026-03-05T13:12:00Z', '2026-03-05T02:12:00Z',
            '2026-03-04T06:00:00Z', '2026-03-03T14:10:00Z',
            '2026-03-02T21:10:00Z', '2026-03-01T21:10:00Z',
            '2026-02-28T21:10:00Z' ],
          'the events of two carriers in one order');
is(clock('17track/two_providers', 3),
   'offset 2026-03-03T22:10:00 2026-03-03T14:10:00Z', 'the printed clock');
is(clock('17track/no_zone', 0), 'local 2026-03-03T09:30:00 -',
   'a zone that is not known');
is(clock('17track/no_zone', 1), 'local 2026-03-02T08:00:00 -',
   'an ISO time without one');
is(clock('17track/no_zone', 2), 'date 2026-03-01 -', 'a day');
is(edd('17track/two_providers'),
   'offset 2026-03-05T13:00:00-05:00 2026-03-05T17:00:00-05:00 -',
   'an estimated window');
is(status('17track/notfound'), 'unknown no_info no -', 'not found yet');
is(status('17track/invalid_number'), 'unknown invalid_number no -',
   'a number that is none');
is(status('17track/customs_information'), 'on_hold documents no -',
   'customs wants papers: in transit only by name');
is(status('17track/exception'), 'attempt_failed absent no -', 'absent');
is(status('17track/delivered'), 'delivered safe_place yes mailbox',
   'in the mailbox');
is(status('17track/returned'), 'returned received no returned_to_sender',
   'returned');
is(status('17track/expired'), 'expired no_updates no -',
   'no news is no exception');
is_deeply(parcel('17track/unmapped')->{unmapped_codes},
          [ 'InTransit_Teleported', 'Blue' ], 'unknown sub-statuses');
is_deeply(parcel('17track/every_code')->{unmapped_codes}, [],
          'every sub-status is known');
is(scalar @{parcel('17track/every_code')->{events}}, 30, 'all of them');
is(errors('17track/rejected'),
   'RR000000119CN not_found, 1 refuse, RR000000122CN retry',
   'each number that was not accepted has its own outcome');
is(parcel('17track/two_providers')->{weight_g}, 450, 'a weight');

for my $case (qw(not_registered:not_found no_info_yet:not_found
                 already_registered:retry no_carrier:refuse quota:throttled
                 bad_key:auth bad_request:refuse internal:retry
                 throttled:throttled rejected:ok push:ok push_hmac:auth
                 push_unsigned:auth push_stopped:refuse))
{
    my ($name, $want) = split /:/, $case;

    is(outcome("17track/$name"), $want, "17track/$name: $want");
}

# As the carrier really sends it.

is(clock('17track/two_carriers_raw_zone', 1),
   'offset 2026-03-11T15:00:00 2026-03-11T22:00:00Z',
   '17TRACK: the zone is in the raw time only');
is(partner('17track/partner'), 'dhl_unified 00340434234112345678',
   '17TRACK: the local provider');

1;
