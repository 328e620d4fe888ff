#!/usr/bin/perl

# WooCommerce: orders come in by its webhooks, tracking numbers by the meta
# data that shipment tracking plugins keep; a deleted order is cancelled and a
# restored one is not.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Shop;

my $secret = 'q;ov}WzS51ng7Kv_QcVb3>Z0Y%4eKdrHXK}O2C>QsB3_Hn9DCH';

my $t = Wismo::Test->new(carriers => ['ups', 'fedex'], fetcher => 1,
    start => 0, server => <<'EOT');
        location = /wismo/hooks/woo {
            wismo_hook store shop=woocommerce brand=acme prefix=W-;
            wismo_hook_secret_file %%DIR%%/woo.hook;
        }
EOT

$t->secret('woo.hook', $secret);
$t->start;

my $shop = Wismo::Shop->new($t, hook => '/wismo/hooks/woo',
    secret => $secret, scheme => 'woocommerce');

sub order {
    my ($tracking, %more) = @_;

    return {
        id => 727, parent_id => 0, number => '727', order_key => 'wc_order_58d2',
        created_via => 'rest-api', version => '9.8.0', status => 'processing',
        currency => 'EUR', date_created => '2026-11-20T10:05:00',
        date_created_gmt => '2026-11-20T09:05:00',
        date_modified => '2026-11-20T10:05:00',
        date_modified_gmt => '2026-11-20T09:05:00', total => '40.00',
        customer_id => 0, customer_note => '',
        billing => { first_name => 'John', last_name => 'Doe', company => '',
            address_1 => 'Hauptstrasse 1', address_2 => '', city => 'Berlin',
            state => 'BE', postcode => '10115', country => 'DE',
            email => 'john.doe@example.com', phone => '(030) 555-5555' },
        shipping => { first_name => '', last_name => '', company => '',
            address_1 => '', address_2 => '', city => '', state => '',
            postcode => '', country => '' },
        meta_data => [
            { id => 13106, key => '_download_permissions_granted', value => 'yes' },
            $tracking ? { id => 13110, key => '_wc_shipment_tracking_items',
                          value => $tracking } : (),
        ],
        line_items => [ { id => 315, name => 'Woo Single #1', product_id => 93,
            variation_id => 0, quantity => 2, sku => 'WOO-1', total => '6.00',
            meta_data => [], price => 3,
            image => { id => '84', src => 'https://shop.example/single.jpg' } } ],
        shipping_lines => [], refunds => [],
        %more,
    };
}

sub track {
    my ($provider, $number, $shipped, %more) = @_;

    return { tracking_provider => $provider, custom_tracking_provider => '',
             custom_tracking_link => '', tracking_number => $number,
             date_shipped => $shipped, tracking_id => "id$number", %more };
}


# The ping that a new webhook sends, which nobody signs

my $ping = sub {
    $t->request('POST', '/wismo/hooks/woo', body => $_[0], headers => {
        'Content-Type' => 'application/x-www-form-urlencoded' });
};

is($ping->('webhook_id=7')->status, 200, 'the ping is answered');
is($ping->('webhook_id=7&x=1')->status, 415, 'but nothing like it');
is($t->redis->call('XLEN', $_), 0, "$_: no letter")
    for @{ $t->redis->call('KEYS', 'wi:*') };


# An order without a parcel, then with two, by both forms of a date

is($shop->send('order.created', order())->status, 202, 'an order is taken');
my $o = $t->wait_order('W-727', sub { 1 });

is($o->{status}, 'ordered', 'it is ordered');
is($o->{brand}, 'acme', 'of the brand that the hook names');
is($o->{placed_at}, '2026-11-20T10:05:00+01:00', 'when it was placed');
is("$o->{city} $o->{country}", 'Berlin DE', 'billed is sent to');
is_deeply([ map { "$_->{quantity} $_->{name} $_->{image_url}" }
    @{ $o->{items} } ],
    [ '2 Woo Single #1 https://shop.example/single.jpg' ], 'what is in it');

my @two = (track('ups', '1Z999AA10123456784', '1795222800'),
           track('', '998877665544', '2026-11-22',
                 custom_tracking_provider => 'Pony Express Inc.',
                 custom_tracking_link => 'https://pony.example/998877665544'));

$shop->send('order.updated', order(\@two, status => 'completed',
    date_modified_gmt => '2026-11-22T09:05:00'));
$o = $t->wait_order('W-727', sub { @{ $_->{parcels} } == 2 });

is_deeply([ map { "$_->{carrier} $_->{tracking_number}" } @{ $o->{parcels} } ],
    [ 'ups 1Z999AA10123456784', 'pony-express-inc 998877665544' ],
    'its parcels, one by a carrier that nobody knows');
is($o->{parcels}[0]{shipped_at}, '2026-11-21T01:00:00Z', 'sent at a second');
is($o->{parcels}[1]{shipped_at}, '2026-11-22T00:00:00Z', 'sent on a day');
is($o->{parcels}[1]{tracking_url}, 'https://pony.example/998877665544',
   'with its own link');


# A number that was wrong is taken back

$shop->send('order.updated', order([ $two[1] ], status => 'completed',
    date_modified_gmt => '2026-11-22T10:05:00'));
$o = $t->wait_order('W-727', sub { @{ $_->{parcels} } == 1 });
is($o->{parcels}[0]{carrier}, 'pony-express-inc', 'the other one stays');

my $version = $o->{version};

$shop->send('order.updated', order(\@two, status => 'completed',
    date_modified_gmt => '2026-11-22T09:05:00'));
$shop->send('order.created', order(undef, id => 728, number => '728'));
$t->wait_order('W-728', sub { 1 });
is($t->order('W-727')->{version}, $version, 'what is older changes nothing');


# Deleted and restored; a draft is nothing

$shop->send('order.deleted', { id => 727 });
ok($t->wait_order('W-727', sub { $_->{cancelled} }), 'a deleted order is cancelled');

$shop->send('order.restored', order([ $two[1] ], status => 'processing',
    date_modified_gmt => '2027-11-01T00:00:00'));
ok($t->wait_order('W-727', sub { !$_->{cancelled} }), 'a restored one is not');

$shop->send('order.created', order(undef, id => 729, number => '729',
    status => 'checkout-draft'));
$shop->send('order.updated', order(undef, id => 728, number => '728',
    status => 'cancelled', date_modified_gmt => '2026-11-22T11:05:00'));
ok($t->wait_order('W-728', sub { $_->{cancelled} }), 'a cancelled one is');
is($t->order('W-729'), undef, 'a draft is no order');

done_testing;
