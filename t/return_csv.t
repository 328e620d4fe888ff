#!/usr/bin/perl

# Returns in spreadsheets: rows that say that they are one, or columns beside
# those of the parcel; and lines of an import with what happened to them.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(spew);

my $t = Wismo::Test->new(carriers => ['ups', 'fedex'], fetcher => 0);
my $dir = $t->dir;
my $config = "$dir/state/wismo.json";
my $json = JSON::PP->new->utf8;

sub imported {
    my ($text, @args) = @_;

    spew("$dir/file", $text);

    my ($exit, $out, $err) = $t->wismo('import', '--config', $config, '--json',
        '--quiet', @args, "$dir/file");

    is($exit, 0, "@args: taken") or diag($err);
}

sub legs {
    my $order = $t->order($_[0]);

    return join ', ', map { "$_->{leg} $_->{carrier} $_->{tracking_number}" }
        @{ $order->{parcels} };
}


# Our own words, both ways

imported(<<'EOT', '--preset', 'wismo');
number,item,tracking_number,carrier,leg,return_tracking_number
W1,Mug,1Z999AA10123456784,ups,outbound,
W1,,1Z999AA10123456793,ups,return,
W2,Mug,1Z999AA10123456784,ups,,1Z999AA10123456793
EOT

is(legs('W1'), 'outbound ups 1Z999AA10123456784, '
   . 'return ups 1Z999AA10123456793', 'a row of its own');
is(legs('W2'), 'outbound ups 1Z999AA10123456784, '
   . 'return ups 1Z999AA10123456793', 'a column beside, of the same carrier');


# Platforms

imported(<<'EOT', '--preset', 'shipstation');
Order - Number,Carrier - Name,Shipment - Tracking Number,Shipment - Is Return Label
SS1,UPS,1Z999AA10123456784,False
SS1,UPS,1Z999AA10123456793,True
EOT

is(legs('SS1'), 'outbound ups 1Z999AA10123456784, '
   . 'return ups 1Z999AA10123456793', 'ShipStation: a return label');

imported(<<'EOT', '--preset', 'aftership');
order_id,courier,tracking_number,shipment_direction
AS1,ups,1Z999AA10123456784,forward
AS1,fedex,986578788855,return
EOT

is(legs('AS1'), 'outbound ups 1Z999AA10123456784, return fedex 986578788855',
   'AfterShip: the direction');

imported(<<'EOT', '--preset', 'shopify');
Name,Lineitem name,Lineitem quantity,Tracking Number,Tracking Company,Return Tracking Number,Return Tracking Company
#SH1,Mug,1,1Z999AA10123456784,UPS,986578788855,FedEx
EOT

is(legs('SH1'), 'outbound ups 1Z999AA10123456784, return fedex 986578788855',
   'Shopify: with an app\'s columns');


# Lines, with a history

imported($json->encode({ number => 'N1', shipments => [
    { carrier => 'ups', tracking_number => '1Z999AA10123456784',
      events => [ { time => '2026-11-02T12:00:00Z',
                    status => 'delivered' } ] },
    { carrier => 'ups', tracking_number => '1Z999AA10123456793',
      leg => 'return',
      events => [ { time => '2026-11-11T12:00:00Z',
                    status => 'delivered' } ] } ] }) . "\n");

my $o = $t->order('N1');

is($o->{status}, 'delivered', 'NDJSON: the order is delivered');
is($o->{parcels_delivered}, 1, 'NDJSON: one parcel is');
is($o->{parcels}[1]{status}, 'returned', 'NDJSON: and one is back');

my ($exit, undef, $err) = do {
    spew("$dir/file", $json->encode({ number => 'N2', shipments => [
        { carrier => 'ups', tracking_number => '1Z999AA10123456784',
          leg => 'up' } ] }) . "\n");
    $t->wismo('import', '--config', $config, '--quiet', "$dir/file");
};

isnt($exit, 0, 'another leg is refused');
like($err, qr{/shipments/0/leg: expected "outbound" or "return"},
     'with its place');

done_testing;
