# As the carrier really sends it.

use strict;
use warnings;

is(parcel('easypost/signed_in_text')->{events}[0]{description},
   'Delivered; signed for', 'the name of who signed is not in the sentence');

1;
