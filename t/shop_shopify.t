#!/usr/bin/perl

# Shopify: orders, fulfilments and their events come in by webhooks, in the
# platform's own shape, and make the order that shoppers see.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Shop;

my $secret = 'shopify-client-secret-for-tests';

my $t = Wismo::Test->new(carriers => ['ups', 'fedex'], fetcher => 1,
    start => 0, server => <<'EOT');
        location = /wismo/hooks/shopify {
            wismo_hook shopify;
            wismo_hook_secret_file %%DIR%%/shopify.hook;
        }
EOT

$t->secret('shopify.hook', "new:$secret\nold:the-secret-before");
$t->start;

my $shop = Wismo::Shop->new($t, hook => '/wismo/hooks/shopify',
    secret => $secret, scheme => 'shopify');

sub order {
    my (%more) = @_;

    return {
        id => 820982911946154508,
        admin_graphql_api_id => 'gid://shopify/Order/820982911946154508',
        name => '#1001', order_number => 1001,
        email => 'jon@example.com', contact_email => 'jon@example.com',
        phone => undef, buyer_accepts_marketing => JSON::PP::true,
        created_at => '2026-11-20T09:05:00-05:00',
        processed_at => '2026-11-20T09:05:00-05:00',
        updated_at => '2026-11-20T09:05:00-05:00',
        cancelled_at => undef, cancel_reason => undef,
        currency => 'USD', customer_locale => 'en-CA',
        total_price => '40.00', financial_status => 'paid',
        fulfillment_status => undef,
        order_status_url => 'https://example.myshopify.com/1/orders/a/authenticate?key=b',
        line_items => [
            { id => 466157049, variant_id => 39072856, title => 'Tea mug',
              variant_title => 'green', name => 'Tea mug - green',
              sku => 'MUG-G', quantity => 2, current_quantity => 2,
              requires_shipping => JSON::PP::true, price => '10.00' },
            { id => 518995019, title => 'Tea pot', name => 'Tea pot',
              sku => 'POT', quantity => 1, current_quantity => 1,
              requires_shipping => JSON::PP::true, price => '20.00' },
            { id => 703073504, title => 'Gift card', name => 'Gift card',
              sku => '', quantity => 1, current_quantity => 1,
              requires_shipping => JSON::PP::false, price => '0.00' },
        ],
        shipping_lines => [ { title => 'Standard', price => '0.00' } ],
        shipping_address => {
            first_name => 'Jon', last_name => 'Doe', name => 'Jon Doe',
            address1 => '1 Elm Street', address2 => undef, phone => undef,
            city => 'Louisville', zip => '40202', province => 'Kentucky',
            province_code => 'KY', country => 'United States',
            country_code => 'US', latitude => 38.2, longitude => -85.7,
        },
        customer => { id => 115310627314723954, email => 'jon@example.com' },
        fulfillments => [], refunds => [],
        %more,
    };
}

sub fulfilment {
    my (%more) = @_;

    return {
        id => 255858046, order_id => 820982911946154508, name => '#1001.1',
        status => 'success', service => 'manual', shipment_status => undef,
        created_at => '2026-11-21T16:00:00-05:00',
        updated_at => '2026-11-21T16:00:00-05:00',
        tracking_company => 'UPS', tracking_number => '1Z999AA10123456784',
        tracking_numbers => ['1Z999AA10123456784'],
        tracking_url => 'https://www.ups.com/track?tracknum=1Z999AA10123456784',
        tracking_urls => ['https://www.ups.com/track?tracknum=1Z999AA10123456784'],
        line_items => [ { id => 466157049, quantity => 2,
                          requires_shipping => JSON::PP::true } ],
        origin_address => {}, receipt => {},
        %more,
    };
}


# An order, as it is placed

my $r = $shop->send('orders/create', order());

is($r->status, 202, 'an order is taken') or diag($r->body);
ok($t->wait_order('1001', sub { 1 }), 'and is there');

my $o = $t->order('1001');

is($o->{status}, 'ordered', 'it is ordered');
is($o->{placed_at}, '2026-11-20T09:05:00-05:00', 'when it was placed');
is($o->{locale}, 'en-CA', 'the language of its customer');
is($o->{currency}, 'USD', 'currency');
is("$o->{city} $o->{country}", 'Louisville US', 'where it goes');
is_deeply([ map { "$_->{quantity} $_->{name} $_->{sku}" } @{ $o->{items} } ],
    [ '2 Tea mug - green MUG-G', '1 Tea pot POT' ],
    'what is in it, without what is not sent');
is_deeply($o->{parcels}, [], 'no parcel yet');

$r = $t->form('/track/', { order => '1001', email => 'JON@example.com' });
is($r->status, 303, 'the look-up form knows its e-mail address');

unlike(join('', map { @{ $_->[1] } } map { @{ $t->redis->call('XRANGE', $_,
    '-', '+') } } @{ $t->redis->call('KEYS', 'wi:*') }), qr/jon\@example/,
    'nothing is left in the inbox');


# A part of it is sent, then the other part in two boxes, by another carrier

is($shop->send('fulfillments/create', fulfilment())->status, 202,
   'a fulfilment is taken');
$o = $t->wait_order('1001', sub { @{ $_->{parcels} } == 1 });

my ($p) = @{ $o->{parcels} };

is($p->{carrier}, 'ups', 'its carrier, by the name that shops use');
is($p->{tracking_number}, '1Z999AA10123456784', 'its number');
is($p->{id}, '255858046', 'its id');
is($p->{shipped_at}, '2026-11-21T21:00:00Z', 'when it was sent');
is_deeply($p->{items}, [ { id => '466157049', quantity => 2 } ],
    'what is in it');
is($o->{items_unshipped}, 1, 'the rest is not sent yet');

is($shop->send('fulfillments/create', fulfilment(
    id => 255858047, name => '#1001.2',
    created_at => '2026-11-22T10:00:00-05:00',
    updated_at => '2026-11-22T10:00:00-05:00',
    tracking_company => 'FedEx', tracking_number => '986578788855',
    tracking_numbers => [ '986578788855', '111111111111' ],
    tracking_urls => [ 'https://fedex.example/1', 'http://unsafe.example' ],
    line_items => [ { id => 518995019, quantity => 1 } ]))->status, 202,
   'another one, of two boxes');

$o = $t->wait_order('1001', sub { @{ $_->{parcels} } == 3 });
is_deeply([ map { "$_->{carrier} $_->{id}" } @{ $o->{parcels} } ],
    [ 'ups 255858046', 'fedex 255858047', 'fedex 255858047-2' ],
    'a parcel for each');
is($o->{parcels}[1]{tracking_url}, 'https://fedex.example/1', 'its own link');
is($o->{parcels}[2]{tracking_url}, undef, 'a link that is not safe is left out');
is($o->{items_unshipped}, 0, 'now all is sent');


# An event, of a status that is known and of one that is not

sub event {
    my ($id, $status, $at, %more) = @_;

    return { id => $id, order_id => 820982911946154508,
        fulfillment_id => 255858046, status => $status, message => "It is $status",
        happened_at => $at, created_at => $at, updated_at => $at,
        city => 'Ottawa', province => 'Ontario', country => 'CA',
        zip => 'K2P1L4', address1 => undef, latitude => 45.4,
        longitude => -75.7, estimated_delivery_at => undef, shop_id => 1,
        %more };
}

is($shop->send('fulfillment_events/create',
    event(944956391, 'out_for_delivery', '2026-11-24T08:00:00-05:00'))->status,
   202, 'an event is taken');
$o = $t->wait_order('1001', sub {
    grep { $_->{code} && $_->{code} eq 'out_for_delivery' }
        @{ $_->{parcels}[0]{events} } });

my ($e) = grep { ($_->{code} // '') eq 'out_for_delivery' }
    @{ $o->{parcels}[0]{events} };

is($e->{status}, 'out_for_delivery', 'its status');
is($e->{utc}, '2026-11-24T13:00:00Z', 'its time');
is($e->{offset}, -300, 'with its offset');
is($e->{place}, 'Ottawa, Ontario, CA', 'its place');
is($e->{description}, 'It is out_for_delivery', 'its words');

$shop->send('fulfillment_events/create',
    event(944956392, 'teleported', '2026-11-24T09:00:00-05:00'));
$o = $t->wait_order('1001', sub {
    grep { ($_->{code} // '') eq 'teleported' } @{ $_->{parcels}[0]{events} } });
ok($o, 'an event of a status that nobody knows is kept as it came');


# Edited: a mug less, and another address

$shop->send('orders/updated', order(
    updated_at => '2026-11-24T12:00:00-05:00',
    line_items => [
        { id => 466157049, name => 'Tea mug - green', sku => 'MUG-G',
          quantity => 2, current_quantity => 1, requires_shipping => JSON::PP::true },
        { id => 518995019, name => 'Tea pot', sku => 'POT', quantity => 1,
          current_quantity => 0, requires_shipping => JSON::PP::true },
    ],
    fulfillments => [ fulfilment() ]));
$o = $t->wait_order('1001', sub { @{ $_->{items} } == 1 });
is($o->{items}[0]{quantity}, 1, 'edited: what is left of it');
is(scalar @{ $o->{parcels} }, 3, 'edited: its parcels stay');


# A fulfilment is cancelled, then the order

$shop->send('fulfillments/update', fulfilment(status => 'cancelled',
    updated_at => '2026-11-24T13:00:00-05:00'));
$o = $t->wait_order('1001', sub { @{ $_->{parcels} } == 2 });
is_deeply([ map { $_->{carrier} } @{ $o->{parcels} } ], [ 'fedex', 'fedex' ],
    'a cancelled fulfilment goes');

$shop->send('orders/cancelled', order(cancelled_at => '2026-11-24T14:00:00-05:00',
    cancel_reason => 'customer', updated_at => '2026-11-24T14:00:00-05:00'));
$o = $t->wait_order('1001', sub { $_->{cancelled} });
is($o->{status}, 'cancelled', 'a cancelled order is cancelled');


# What came first does not win: an older message changes nothing

$shop->send('orders/updated', order(updated_at => '2026-11-24T12:30:00-05:00'));
$shop->send('orders/create', order(id => 2, name => '#1002'));
$t->wait_order('1002', sub { 1 });
is($t->order('1001')->{version}, $o->{version},
   'an older message that comes late changes nothing');


# Who is to be forgotten

is($shop->send('customers/data_request', { shop_id => 954889,
    shop_domain => 'example.myshopify.com', orders_requested => [ 2 ],
    customer => { id => 191167, email => 'jon@example.com', phone => undef },
    data_request => { id => 9999 } })->status, 202, 'a data request is taken');
ok(wait_until { -s $t->dir . '/state/requests/shopify-9999.json' } 10,
   'and answered in a file');
ok(wait_until { $t->nginx->log =~ m{hand on "[^"]*/shopify-9999\.json"} } 10,
   'which the operator is told of');
unlike($t->nginx->log, qr/jon\@example/, 'without the name of who asks');

is($shop->send('customers/redact', { shop_id => 954889,
    shop_domain => 'example.myshopify.com',
    customer => { id => 191167, email => 'jon@example.com', phone => undef },
    orders_to_redact => [ 820982911946154508 ] })->status, 202,
   'a redaction is taken');
ok(wait_until { !defined $t->order('1001') } 10, 'the order is erased');
is($t->redis->call('EXISTS', @{ $t->redis->call('KEYS', 'wp:*:1001') }, 'none'), 0,
   'and its contact data');
ok(wait_until { !defined $t->order('1002') } 10,
   'and the other one, which is the same customer\'s');

$shop->send('orders/create', order(id => 3, name => '#1003'));
$t->wait_order('1003', sub { 1 });
is($shop->send('shop/redact', { shop_id => 954889,
    shop_domain => 'example.myshopify.com' })->status, 202,
   'the whole shop is to be forgotten');
ok(wait_until { !defined $t->order('1003') } 10,
   'all of its orders are erased');
is_deeply($t->redis->call('KEYS', 'wk:*'), [], 'and all of their ids');

done_testing;
