#!/usr/bin/perl

# Any shop: orders come in signed as Standard Webhooks says, in our own words
# as they are, in the shop's words by a file of its own.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Shop;
use Wismo::Process qw(slurp spew);

my $secret = 'whsec_d2lzbW8tdGVzdC1vbmx5LXNlY3JldC0wMDE=';

my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 1, start => 0,
    server => <<'EOT');
        location = /wismo/hooks/standard {
            wismo_hook standard;
            wismo_hook_secret_file %%DIR%%/standard.hook;
        }
        location = /wismo/hooks/mine {
            wismo_hook mine shop=%%DIR%%/mine.json;
            wismo_hook_secret_file %%DIR%%/standard.hook;
        }
EOT

my $dir = $t->dir;

$t->secret('standard.hook', $secret);

spew("$dir/mine.json", <<'EOT');
{
  "shop": "mine", "title": "Our own shop",
  "verify": {"preset": "standard-webhooks"},
  "topic": {"at": "/event"},
  "topics": {"bestellung": "order", "lieferung": "event"},
  "order": {
    "number": {"at": ["bestellung/jahr", "bestellung/nr"], "join": "-"},
    "at": [{"parts": ["stand"], "form": "iso"}],
    "brand": {"const": "laden"},
    "items": {"each": "bestellung/artikel/*", "id": "nr", "name": "was",
              "quantity": "menge"},
    "shipments": {"each": "bestellung/pakete/*", "carrier": "dienst",
                  "tracking_number": "nummer"}
  },
  "event": {
    "number": {"at": ["jahr", "nr"], "join": "-"},
    "shipment_id": "nummer",
    "time": [{"parts": ["wann"], "form": "dmy", "zone": "Europe/Berlin"}],
    "code": "was"
  },
  "codes": {"keys": ["code"], "tables": [
    {"by": ["code"], "rows": {"unterwegs": "in_transit.moving",
                              "beim Nachbarn": "delivered.neighbour to neighbour"}}
  ]}
}
EOT

my ($exit, $out) = $t->wismo('shop', 'check', "$dir/mine.json");
is($exit, 0, 'a file of one\'s own is good') or diag($out);

$t->start;


# Our own words

my $shop = Wismo::Shop->new($t, hook => '/wismo/hooks/standard',
    secret => $secret, scheme => 'standard');

my %order = (id => 'o-9', number => '2001',
    updated_at => '2026-11-20T10:00:00.250Z',
    placed_at => '2026-11-20T09:00:00+01:00',
    customer => { email => 'ada@example.com' },
    ship_to => { city => 'Wien', postal_code => '1010', country => 'AT' },
    promised => { from => '2026-11-23', until => '2026-11-25' },
    items => [ { id => '1', name => 'Tea mug', quantity => 2 } ],
    shipments => [ { id => 's-1', carrier => 'ups',
        tracking_number => '1Z999AA10123456784',
        items => [ { id => '1', quantity => 2 } ] } ]);

sub envelope { { type => $_[0], timestamp => '2026-11-20T10:00:01Z', data => $_[1] } }

is($shop->send('', envelope('order.created', \%order))->status, 202,
   'an order is taken');
my $o = $t->wait_order('2001', sub { 1 });
is($o->{placed_at}, '2026-11-20T09:00:00+01:00', 'when it was placed');
is_deeply($o->{promised}, { from => '2026-11-23', until => '2026-11-25' },
    'what was promised');
is($o->{parcels}[0]{carrier}, 'ups', 'its parcel');

$shop->send('', envelope('shipment.event', { id => 'e-1', number => '2001',
    order_id => 'o-9', shipment_id => 's-1', time => '2026-11-21T08:00:00+01:00',
    status => 'in_transit', substatus => 'departed_facility',
    description => 'On its way', place => 'Linz' }));
$o = $t->wait_order('2001', sub { @{ $_->{parcels}[0]{events} } });
is($o->{parcels}[0]{events}[0]{substatus}, 'departed_facility',
   'an event in our own words');

$shop->send('', envelope('order.cancelled', { %order, status => 'cancelled',
    updated_at => '2026-11-21T10:00:00Z' }));
ok($t->wait_order('2001', sub { $_->{cancelled} }), 'and cancelled');


# The shop's words; its event is about the parcel by its number

my $mine = Wismo::Shop->new($t, hook => '/wismo/hooks/mine',
    secret => $secret, scheme => 'standard');

is($mine->send('', { event => 'bestellung', stand => '2026-11-20T10:00:00Z',
    bestellung => { jahr => 2026, nr => 17,
        artikel => [ { nr => 'T', was => 'Teekanne', menge => 3 } ],
        pakete => [ { dienst => 'Bote', nummer => 'B 4711' } ] } })->status,
   202, 'an order in its own words');
$o = $t->wait_order('2026-17', sub { @{ $_->{parcels} } });
is($o->{brand}, 'laden', 'a word that is always the same');
is("$o->{items}[0]{quantity} $o->{items}[0]{name}", '3 Teekanne', 'its items');
is("$o->{parcels}[0]{carrier} $o->{parcels}[0]{tracking_number}", 'bote B4711',
   'its parcel');

$mine->send('', { event => 'lieferung', jahr => 2026, nr => 17,
    nummer => 'B 4711', wann => '24.11.2026 15:30', was => 'beim Nachbarn' });
$o = $t->wait_order('2026-17', sub { $_->{status} eq 'delivered' });
is($o->{parcels}[0]{delivered_to}, 'neighbour', 'who has it');
is($o->{parcels}[0]{events}[0]{utc}, '2026-11-24T14:30:00Z', 'by the shop\'s clock');
ok($o->{parcels}[0]{checked_at}, 'the shop has told of it: it is fresh');


# What is wrong in a file is told with its place

my %wrong = (
    '/verify: an object is expected' => sub { s/"verify".*\n// },
    '/verify/kind: orders are believed only if they are signed'
        => sub { s/"preset": "standard-webhooks"/"kind": "bearer", "header": "X"/ },
    '/order/colour: unknown member' => sub { s/"brand"/"colour"/ },
    '/topics/bestellung: "orders" is none of' => sub { s/: "order"/: "orders"/ },
    '/topics/lieferung: there is no "removed"' => sub { s/"event",/"removed",/;
        s/"lieferung": "event"/"lieferung": "removed"/ },
    '/order/items/each: the path of the elements is missing'
        => sub { s/"each": "bestellung\/artikel\/\*", // },
    '/codes/tables/0/rows/unterwegs: ' => sub { s/in_transit.moving/flying/ },
);

for my $what (sort keys %wrong) {
    local $_ = slurp("$dir/mine.json");
    $wrong{$what}->();
    spew("$dir/wrong.json", $_);

    ($exit, $out) = $t->wismo('shop', 'check', "$dir/wrong.json");
    is($exit, 1, "$what: refused");
    like($out, qr/wrong\.json:\Q$what\E/, "$what: told");
}

done_testing;
