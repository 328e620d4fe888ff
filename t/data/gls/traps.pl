# GLS: offsets without a colon, a parcel shop that is no delivery, ten numbers
# with a fault for each.

use strict;
use warnings;

is(status('gls/parcelshop'), 'ready_for_pickup waiting no -',
   'GLS: delivered to a parcel shop');
is(status('gls/moving'), 'in_transit arrived_facility no -',
   'the event knows more than the headline');
is(status('gls/exception_unmapped'), 'attempt_failed generic no -',
   'the headline knows more than an unknown event');
is(status('gls/final'), 'delivered generic yes -',
   'a closed history keeps what it was');
is(status('gls/label_no_events'), 'label_created announced no -',
   'a headline without events');
is(clock('gls/label', 0),
   'offset 2026-03-02T10:00:00 2026-03-02T09:00:00Z', '+0100');
is(errors('gls/batch'), '90000000024 not_found, 9 refuse, 90000000048 retry, '
   . '90000000055 retry', 'GLS: each number has its own outcome');
is_deeply(parcel('gls/exception_unmapped')->{unmapped_codes}, [ 'NODELI.X7' ],
          'GLS: unknown codes are listed');

for my $case (qw(not_found:not_found not_found_404:not_found bad_token:auth
                 throttled:throttled throttled_500:throttled))
{
    my ($name, $want) = split /:/, $case;

    is(outcome("gls/$name"), $want, "gls/$name: $want");
}

# As the carrier really sends it.

is(status('gls/sentences'), 'returned received no returned_to_sender',
   'GLS: on its way back, then delivered');
is(status('gls/lower_case'), 'out_for_delivery on_vehicle no -',
   'GLS: codes in another case of letters');

1;
