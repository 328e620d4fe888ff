#!/usr/bin/perl

# Returns come in as shops tell of them: Shopify's reverse deliveries, which
# know only their return and may come before whoever says which order that is
# of; WooCommerce's among an order's shipments; our own words.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Shop;

use POSIX qw(strftime);

my $secret = 'a-client-secret-for-tests-of-returns';

my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 1, start => 0,
    server => join '', map { <<"EOT" } qw(shopify woocommerce standard));
        location = /wismo/hooks/$_ {
            wismo_hook $_;
            wismo_hook_secret_file %%DIR%%/$_.hook;
        }
EOT

$t->secret("$_.hook", $secret) for qw(shopify woocommerce);
$t->secret('standard.hook', 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=');
$t->start;

my $shop = Wismo::Shop->new($t, hook => '/wismo/hooks/shopify',
    secret => $secret, scheme => 'shopify');

my $number = 0;


sub order {
    my ($id) = @_;

    return {
        id => $id, name => "#$id", updated_at => '2026-11-20T09:05:00-05:00',
        created_at => '2026-11-20T09:05:00-05:00',
        line_items => [ { id => 466157049, name => 'Tea mug', quantity => 2,
                          requires_shipping => JSON::PP::true } ],
        fulfillments => [ {
            id => 255858046, order_id => $id, status => 'success',
            updated_at => '2026-11-21T16:00:00-05:00',
            tracking_company => 'UPS',
            tracking_numbers => ['1Z999AA10123456784'],
            line_items => [ { id => 466157049, quantity => 2 } ],
        } ],
    };
}

sub approved {
    my ($id) = @_;

    return { id => "7$id", admin_graphql_api_id => "gid://shopify/Return/7$id",
             status => 'open', name => "#$id-R1", total_return_line_items => 1,
             order => { id => $id,
                        admin_graphql_api_id => "gid://shopify/Order/$id" } };
}

sub attached {
    my ($id, %more) = @_;

    return { id => "9$id",
             admin_graphql_api_id => "gid://shopify/ReverseDelivery/9$id",
             return => { id => "7$id",
                         admin_graphql_api_id => "gid://shopify/Return/7$id" },
             shipping_deliverable => {
                 label => { public_file_url => undef },
                 tracking => { carrier_name => 'UPS', tracking_url => undef,
                               tracking_number => '1Z999AA10123456793',
                               %more } } };
}

sub returned {
    my ($order) = @_;

    return grep { $_->{leg} eq 'return' } @{ $order->{parcels} };
}


# Whatever order its three messages come in

my %message = (
    O => [ 'orders/create', \&order ],
    A => [ 'returns/approve', \&approved ],
    D => [ 'reverse_deliveries/attach_deliverable', \&attached ],
);

my $id = 5000;

for my $way (qw(OAD ODA AOD ADO DOA DAO)) {
    $id++;

    for (split //, $way) {
        my ($topic, $body) = @{ $message{$_} };
        my $r = $shop->send($topic, $body->($id));

        is($r->status, 202, "$way: $topic is taken");
    }

    my $o = $t->wait_order("$id", sub { returned($_) == 1 }, 20);
    my ($return) = returned($o || {});

    is($return->{tracking_number}, '1Z999AA10123456793', "$way: its number");
    is($return->{carrier}, 'ups', "$way: its carrier");
    is($return->{id}, "ReverseDelivery_9$id", "$way: its id");
    is(scalar @{ $o->{parcels} }, 2, "$way: beside the parcel");
    is($o->{parcels_total}, 1, "$way: which alone is counted");
}


# Another label for the same reverse delivery

is($shop->send('reverse_deliveries/attach_deliverable',
               attached($id, tracking_number => '1Z999AA10123456820'),
               sent => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime time + 60))
       ->status, 202, 'another label is taken');

my $o = $t->wait_order("$id", sub {
    my ($return) = returned($_);
    $return && $return->{tracking_number} eq '1Z999AA10123456820'
}, 20);

is(scalar returned($o), 1, 'and is the one');


# A return of an order that never comes waits, and makes none

$shop->send('reverse_deliveries/attach_deliverable', attached(6000));
$shop->send('returns/approve', approved(6000));
$shop->send('orders/create', order(6001));
$t->wait_order('6001', sub { 1 }, 20);
is($t->order('6000'), undef, 'no order is made of a return');


# WooCommerce

my $woo = Wismo::Shop->new($t, hook => '/wismo/hooks/woocommerce',
    secret => $secret, scheme => 'woocommerce');

$woo->send('order.updated', {
    id => 727, number => '727', status => 'completed',
    date_created_gmt => '2026-03-02T14:05:00',
    date_modified_gmt => '2026-03-12T14:05:00',
    line_items => [ { id => 5, name => 'Mug', quantity => 2 } ],
    shipments => [
        { id => 11, type => 'simple', tracking_id => '1Z999AA10123456784',
          shipping_provider => 'ups', items => [] },
        { id => 12, type => 'return', tracking_id => '1Z999AA10123456793',
          shipping_provider => 'ups', tracking_url => '',
          items => [ { id => 1, order_item_id => 5, quantity => 1 } ] },
    ],
});

$o = $t->wait_order('727', sub { 1 }, 20);

is_deeply([ map { $_->{tracking_number} } returned($o) ],
          [ '1Z999AA10123456793' ], 'WooCommerce: a return of Shiptastic');
is_deeply((returned($o))[0]{items}, [ { id => '5', quantity => 1 } ],
          'WooCommerce: with what is in it');


# Our own words

my $own = Wismo::Shop->new($t, hook => '/wismo/hooks/standard',
    secret => 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
    scheme => 'standard');

$own->send('order.created', {
    type => 'order.created', timestamp => '2026-03-02T14:05:00Z',
    data => { id => 'o-1', number => 'S1', items => [ { id => '1' } ],
              shipments => [ { id => 's-1', carrier => 'ups', leg => 'return',
                               tracking_number => '1Z999AA10123456793' } ] },
});

$o = $t->wait_order('S1', sub { 1 }, 20);
is(scalar returned($o), 1, 'Standard Webhooks: a shipment whose leg is return');

done_testing;
