# As the carrier really sends it.

use strict;
use warnings;

is(parcel('easypost/signed_in_text')->{events}[0]{description},
   'Delivered; signed for', 'the name of who signed is not in the sentence');

is_deeply(parcel('easypost/every_code')->{unmapped_codes}, [],
          'EasyPost: every detail is known');
is(scalar @{parcel('easypost/every_code')->{events}}, 116, 'all of them');

1;
