# USPS: sentences, a clock without a zone beside one in UTC, numbers that are
# given out again.

use strict;
use warnings;

is(status('usps/to_sender'), 'returned received no returned_to_sender',
   'USPS: delivered to its sender');
is(status('usps/return_leg'), 'returning to_sender no -',
   'USPS: an arrival on the way back');
is(status('usps/delivered'), 'delivered safe_place yes locker',
   'the sentence knows the place, the code does not');
is(status('usps/delivered_mailbox'), 'delivered safe_place yes mailbox',
   'in the mailbox');
is(status('usps/notice'), 'attempt_failed absent no -', 'a notice left');
is(status('usps/summary'), 'delivered reception yes reception',
   'a summary has sentences only');
is(status('usps/category_only'), 'on_hold generic no -',
   'a category where the sentence is new');
is(status('usps/batch'), 'in_transit arrived_facility no -',
   'a number given out again');
is(clock('usps/moving', 0),
   'offset 2026-03-04T03:10:05 2026-03-04T11:10:05Z',
   'the instant is the one in UTC, the clock the printed one');
is(clock('usps/local_times', 0), 'local 2026-03-05T05:00:00 -',
   'a bare clock');
is(clock('usps/local_times', 1),
   'offset 2026-03-04T05:00:00 2026-03-04T12:00:00Z',
   'an offset without its zero');
is(edd('usps/moving'), 'local 2026-03-05T10:15:00 2026-03-05T14:15:00 -',
   'a predicted window');
is(edd('usps/expected'), 'local - 2026-03-05T21:00:00 -', 'expected by');
is_deeply(parcel('usps/unknown_code')->{unmapped_codes}, [ 'ZZ', 'Z9' ],
          'USPS: unknown codes are listed');

for my $case (qw(not_found:not_found no_scope:auth throttled:throttled
                 unavailable:retry bad_request:refuse))
{
    my ($name, $want) = split /:/, $case;

    is(outcome("usps/$name"), $want, "usps/$name: $want");
}

# As the carrier really sends it.

is(outcome('usps/not_located'), 'not_found',
   'USPS: 400 with the old number before the sentence');
is(errors('usps/batch_missing'), '9400100000000000000024 not_found, '
   . '9400100000000000000031 not_found', 'USPS: numbers missing in a batch');
is(status('usps/upper_case'), 'delivered safe_place yes safe_place',
   'USPS: sentences in capitals');
is(edd('usps/version_3r2'),
   'local 2026-03-21T10:30:00 2026-03-21T14:30:00 -',
   'USPS: the estimates of version 3r2 stand apart');
is(errors('usps/version_3r2'), '9400100000000000000024 not_found',
   'USPS: 207, and one of two is not there');

1;
