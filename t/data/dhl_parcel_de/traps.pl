# DHL Paket: all in attributes, the oldest first, Berlin's clock; ICE and RIC
# together tell what was delivered, and to whom.

use strict;
use warnings;

my %to = (
    delivered => 'delivered generic yes household',
    neighbour => 'delivered neighbour yes neighbour',
    household => 'delivered generic yes household',
    locker => 'delivered safe_place yes locker',
    service_point => 'ready_for_pickup waiting no -',
    agent => 'in_transit partner_carrier no -',
    damaged => 'delivered damaged yes -',
    incomplete => 'delivered partial no -',
    at_customs => 'in_transit customs no -',
    to_sender => 'returned received no returned_to_sender',
    return_shipment => 'returned received no returned_to_sender',
    collect => 'ready_for_pickup waiting no -',
    out => 'out_for_delivery on_vehicle no -',
    moving => 'in_transit moving no -',
    storno_delivered => 'out_for_delivery on_vehicle no -',
    one_event => 'picked_up dropped_off no -',
);

for my $name (sort keys %to) {
    is(status("dhl_parcel_de/$name"), $to{$name},
       "dhl_parcel_de/$name: $to{$name}");
}

is(clock('dhl_parcel_de/moving', 0),
   'zone 2026-03-29T06:00:00 2026-03-29T04:00:00Z', 'Berlin in summer');
is(clock('dhl_parcel_de/moving', 2),
   'zone 2026-03-28T19:20:00 2026-03-28T18:20:00Z', 'and in winter');
is(parcel('dhl_parcel_de/neighbour')->{signed_by}, 'Schmidt',
   "the neighbour's name");
is(errors('dhl_parcel_de/batch'), '00340434612300000025 not_found, '
   . '00340434612300000049 retry', 'one not known, one left out');
is_deeply(parcel('dhl_parcel_de/unknown_code')->{unmapped_codes},
          [ 'QQQQQ/SSSSS', 'QQQQQ/RRRRR' ],
          'DHL Paket: unknown codes are listed');

for my $case (qw(not_found:not_found bad_login:auth bad_gateway_login:auth
                 throttled:throttled unavailable:retry))
{
    my ($name, $want) = split /:/, $case;

    is(outcome("dhl_parcel_de/$name"), $want, "dhl_parcel_de/$name: $want");
}

# As the carrier really sends it.

is(status('dhl_parcel_de/every_attribute'), 'delivered generic yes household',
   'DHL Paket: somebody else in the house');
is(parcel('dhl_parcel_de/every_attribute')->{events}[1]{status},
   'out_for_delivery', 'DHL Paket: sorted into the van');

1;
