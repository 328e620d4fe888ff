# Canada Post: XML, numbers with zeros before them, a zone of its own that may
# be empty or a word, events in any order.

use strict;
use warnings;

is(status('canadapost/delivered'), 'delivered generic yes -',
   'the image of a signature is no step');
is(parcel('canadapost/delivered')->{signed_by}, 'D MARTIN',
   'but says who signed');
is(status('canadapost/unsorted'), 'delivered generic yes -',
   'events in no order');
is(status('canadapost/returned'), 'returned received no returned_to_sender',
   'Canada Post: delivered on the way back');
is(status('canadapost/exception'), 'attempt_failed notice_left no -',
   'a card was left');
is(status('canadapost/mailbox'), 'delivered safe_place yes mailbox',
   'Canada Post: in the mailbox');
is(clock('canadapost/dst', 0),
   'zone 2026-03-09T08:30:00 2026-03-09T12:30:00Z', 'EDT');
is(clock('canadapost/dst', 1),
   'zone 2026-03-07T08:30:00 2026-03-07T13:30:00Z', 'EST');
is(clock('canadapost/zones', 0), 'local 2026-03-09T11:30:00 -',
   'a word is no zone');
is(clock('canadapost/zones', 1), 'local 2026-03-08T11:30:00 -',
   'and nothing is none');
is(clock('canadapost/zones', 2),
   'zone 2026-03-07T11:30:00 2026-03-07T14:00:00Z', 'half an hour');
is(edd('canadapost/moving'), 'date - - 2026-03-11',
   'a changed day comes before the first one');
is_deeply(parcel('canadapost/unknown_code')->{unmapped_codes}, [ '7777' ],
          'Canada Post: unknown codes are listed');

for my $case (qw(not_found:not_found not_found_200:not_found
                 throttled:throttled bad_login:auth doctype:retry))
{
    my ($name, $want) = split /:/, $case;

    is(outcome("canadapost/$name"), $want, "canadapost/$name: $want");
}

# As the carrier really sends it.

is(outcome('canadapost/no_events'), 'not_found',
   'Canada Post: a number without events');
is(status('canadapost/every_element'), 'delivered generic yes -',
   'Canada Post: the signature image after the delivery');
is(status('canadapost/other_prefix'), 'attempt_failed closed no -',
   'Canada Post: another prefix of the namespace');

1;
