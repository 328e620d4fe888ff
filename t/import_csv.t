#!/usr/bin/perl

# Spreadsheets: rows of CSV become orders, by presets that know the columns of
# platforms; what is wrong is told with its line and given back as it came.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(slurp spew);

use POSIX ();
use Time::HiRes qw(sleep);

my $t = Wismo::Test->new(carriers => ['ups', 'fedex'], fetcher => 0);
my $dir = $t->dir;
my $config = "$dir/state/wismo.json";
my $json = JSON::PP->new->utf8;

sub import_csv {
    my ($text, @args) = @_;
    spew("$dir/file.csv", $text);
    my ($exit, $out, $err) = $t->wismo('import', '--config', $config, '--json',
        '--quiet', @args, "$dir/file.csv");
    return ($exit, eval { $json->decode($out) } || {}, $err);
}


# Shopify's export: an order's rows stand together, a name has a line break,
# an empty cell is as above

my ($exit, $told, $err) = import_csv("\xEF\xBB\xBF" . <<'EOT', '--preset', 'shopify');
Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem sku,Shipping Name,Shipping Street,Shipping City,Shipping Zip,Shipping Province,Shipping Country,Cancelled at,Tracking Number,Tracking Company
#1001,jon@example.com,paid,2026-11-20 09:05:00 -0500,fulfilled,2026-11-21 10:00:00 -0500,USD,2026-11-20 09:05:00 -0500,2,"Mug, green","M""1",Jon Doe,1 Elm Street,Louisville,'40202,KY,US,,1Z999AA10123456784,UPS
#1001,jon@example.com,,,,,,,1,"Tea pot
with a lid",POT,,,,,,,,986578788855,FedEx
#1002,ada@example.com,paid,,unfulfilled,,USD,2026-11-21 09:05:00 -0500,1,Mug,M1,Ada,2 Elm Street,Berlin,10115,,DE,2026-11-22 09:05:00 -0500,,
EOT

is($exit, 0, 'Shopify: all are loaded') or diag($err);
is($told->{loaded}, 2, 'Shopify: two orders');

my $o = $t->order('1001');

is_deeply([ map { "$_->{quantity} $_->{name} $_->{sku}" } @{ $o->{items} } ],
    [ '2 Mug, green M"1', '1 Tea pot with a lid POT' ], 'items of all rows');
is_deeply([ map { "$_->{carrier} $_->{tracking_number}" } @{ $o->{parcels} } ],
    [ 'ups 1Z999AA10123456784', 'fedex 986578788855' ], 'parcels of all rows');
is($o->{placed_at}, '2026-11-20T09:05:00-05:00', 'time with a space before its offset');
is("$o->{city} $o->{country} $o->{currency}", 'Louisville US USD', 'where to');
is($t->order('1002')->{cancelled}, JSON::PP::true, 'a cancelled one');
is((import_csv(slurp("$dir/file.csv")))[1]{unchanged}, 2,
   'the same file again, its preset found: nothing changes');


# Other platforms, other signs

($exit, $told) = import_csv("order_number;order_date;status;billing_email;"
    . "shipping_city;shipping_country;item_name;item_quantity;tracking_number;"
    . "tracking_provider\nW1;2026-11-20 09:05:00;cancelled;a\@example.com;"
    . "M\xc3\xbcnchen;DE;Krug;3;1Z999AA10123456785;ups\n");
is("$exit $told->{loaded}", '0 1', 'WooCommerce, semicolons');
$o = $t->order('W1');
is($o->{city}, "M\x{fc}nchen", 'a city');
is($o->{placed_at}, '2026-11-20T00:00:00Z', 'a clock without a zone is its day');
ok($o->{cancelled}, 'cancelled by its status');

($exit, $told) = import_csv("Order - Number\tDate - Order Date\tCarrier - Name\t"
    . "Shipment - Tracking Number\tShip To - Country\nS1\t11/20/2026 9:05:00 AM\t"
    . "UPS\t1Z999AA10123456786, 1Z999AA10123456787\tUS\n",
    '--preset', 'shipstation');
is("$exit $told->{loaded}", '0 1', 'ShipStation, tabs');
is(scalar @{ $t->order('S1')->{parcels} }, 2, 'two numbers in a cell');
is($t->order('S1')->{placed_at}, '2026-11-20T00:00:00Z', 'month first');

($exit, $told) = import_csv("tracking_number,courier,order_id,destination_country\n"
    . "1Z999AA10123456788,ups,A1,USA\n", '--preset', 'aftership');
is("$exit $told->{loaded}", '0 1', 'AfterShip, a country of three letters');

spew("$dir/mine.json", '{"csv":"mine","columns":{"number":["Bestellung"],'
    . '"shipments.carrier":["Dienst"],"shipments.tracking_number":["Nr"]}}');
($exit, $told, $err) = import_csv("Bestellung|Dienst|Nr\nM1|Fed Ex|986578788866\n",
                            '--preset', "$dir/mine.json");
is("$exit $told->{loaded}", '0 1', 'columns of one\'s own') or diag($err);
is($t->order('M1')->{parcels}[0]{carrier}, 'fedex', 'a carrier by its name');


# What is wrong

my $bad = <<'EOT';
number,placed_at,carrier,tracking_number,item,quantity
G1,2026-11-20,ups,1Z999AA10123456001,Mug,1
B1,soon,ups,1Z999AA10123456002,"Mug
in two lines",1
G2,2026-11-20,nobody,1Z999AA10123456003,Mug,1
,2026-11-20,ups,,Mug,1
G3,2026-11-20,ups,1Z999AA10123456004,Mug,many
G1,2026-11-20,ups,1Z999AA10123456005,Mug,1
G4,2026-11-20,ups,1Z999AA10123456006,Mug,1
EOT

($exit, $told, $err) = import_csv($bad, '--rejects', "$dir/rejects.csv");
is($exit, 1, 'some are wrong');
is("$told->{loaded} $told->{refused}", '2 4', 'the others are loaded') or diag($err);
like($err, qr/file\.csv:3: \/placed_at: expected a date.*, in the column "[^"]+"/,
     'file, line, pointer, column');
like($err, qr{file\.csv:5: /shipments/0/carrier: .*--any-carrier},
     'after a cell of two lines, and what else can be done with a carrier');
like($err, qr/file\.csv:7: \/items\/0\/quantity: /, 'a quantity');
like($err, qr/file\.csv:8: \/number: expected the rows of an order to stand together/,
     'an order that was there already');

my $rejects = slurp("$dir/rejects.csv");
like($rejects, qr/\Anumber,placed_at.*\nB1,soon.*"Mug\nin two lines",1\nG2/s,
     'rejects: the header and the rows as they came');

spew("$dir/rejects.csv", $rejects =~ s/soon/2026-11-20/r);
($exit, $told) = import_csv(slurp("$dir/rejects.csv"));
is($told->{loaded}, 2, 'mended rejects are an input again');

($exit, $told, $err) = import_csv($bad, '--dry-run');
is("$exit $told->{loaded}", '1 2', 'a dry run tells the same');

for my $case (
    [ 'UTF-16', "\xFF\xFEn\0u\0", qr/is UTF-16: expected UTF-8/ ],
    [ 'no known column', "a,b\n1,2\n", qr/line 1: no column is known to hold/ ],
    [ 'empty', '', qr/is empty/ ],
    [ 'a quote that never ends', "number,item\nQ1,\"" . "x\n" x 600_000,
      qr/line 2: a row of more than .*is a quote missing/ ])
{
    ($exit, $told, $err) = import_csv($case->[1]);
    is($exit, 1, "$case->[0]: exit status 1");
    like($err, $case->[2], "$case->[0]: told");
}

($exit, $told, $err) = import_csv("number,item\nL1,Caf\xe9\nL2,Mug\n");
is("$told->{loaded} $told->{refused}", '1 1', 'Latin 1: that row alone');
like($err, qr/:2: expected rows .* in UTF-8/, 'and told');

is(($t->wismo('import', '--preset', 'nobody', '--config', $config,
              "$dir/file.csv"))[0], 1, 'no such preset');
is(($t->wismo('import', '--format', 'xml', 'x'))[0], 2, 'no such format');


# Stopped and resumed: a hundredth of it has been done when it is stopped

my $rows = "number,carrier,tracking_number\n"
    . join '', map { sprintf "R%05d,ups,1Z999AA1%08d\n", $_, $_ } 1 .. 12000;
spew("$dir/long.csv", $rows);

my $pid = fork // die;

if ($pid == 0) {
    open STDOUT, '>', '/dev/null';
    exec "$dir/bin/wismo", 'import', '--config', $config, '--resume', '--quiet',
        "$dir/long.csv";
    exit 1;
}

sleep 0.002
    until -e "$dir/long.csv.resume" || waitpid $pid, POSIX::WNOHANG;
kill KILL => $pid;
waitpid $pid, 0;

ok(-e "$dir/long.csv.resume", 'stopped on its way');

($exit, my $out, $err) = $t->wismo('import', '--config', $config, '--resume',
    '--json', "$dir/long.csv");

is($exit, 0, 'resumed') or diag($err);
cmp_ok($json->decode($out)->{loaded} + $json->decode($out)->{unchanged}, '<',
       12000, 'only what was left');
like($err, qr/goes on where it was stopped/, 'and told');

ok(!-e "$dir/long.csv.resume", 'nothing is left of it');
ok(defined $t->order(sprintf 'R%05d', $_), "R$_ is there") 
    for 1, 128, 129, 1500, 12000;



# A quote that has no end

($exit, $told, $err) = import_csv("number,email,item name\n"
    . qq(Q1,a\@example.com,Mug\nQ2,b\@example.com,"Pot\nQ3,,Cup\n));
is("$exit $told->{loaded} $told->{refused}", '1 1 1',
   'a quote without an end: what is before it goes in');
like($err, qr/file\.csv:3: .*quote that has no end/, 'and where it is is told');

done_testing;
