package Wismo::Shop;

# Webhooks of shop platforms, signed as the platforms say: nothing of it comes
# from the product.
#
#   my $shop = Wismo::Shop->new($t, hook => '/wismo/hooks/shopify',
#                               secret => '...', scheme => 'shopify');
#   $shop->send('orders/create', { id => 1, ... }, sent => '2026-...');
#   $shop->request('orders/create', $bytes, headers => {...});
#
# Both give the answer.  Numbers in what is sent stay numbers.

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256);
use JSON::PP ();
use MIME::Base64 qw(encode_base64 decode_base64);

my $json = JSON::PP->new->utf8->canonical->allow_bignum;
my $n = 0;


sub new {
    my ($class, $t, %opt) = @_;

    return bless { t => $t, %opt }, $class;
}


sub headers {
    my ($self, $topic, $body, %opt) = @_;
    my $secret = $opt{secret} // $self->{secret};
    my $mac = encode_base64(hmac_sha256($body, $secret), '');

    $n++;

    return {
        'Content-Type' => 'application/json',
        'X-Shopify-Topic' => $topic,
        'X-Shopify-Hmac-Sha256' => $mac,
        'X-Shopify-Shop-Domain' => 'example.myshopify.com',
        'X-Shopify-Webhook-Id' => sprintf('b54557e4-bdd9-4b37-8a5f-%012d', $n),
        defined $opt{sent} ? ('X-Shopify-Triggered-At' => $opt{sent}) : (),
    } if $self->{scheme} eq 'shopify';

    return {
        'Content-Type' => 'application/json',
        'X-WC-Webhook-Topic' => $topic,
        'X-WC-Webhook-Signature' => $mac,
        'X-WC-Webhook-Source' => 'https://shop.example/',
        'X-WC-Webhook-ID' => '7',
        'X-WC-Webhook-Delivery-ID' => sprintf('%032x', $n),
    } if $self->{scheme} eq 'woocommerce';

    my $id = $opt{id} // "msg_$n";
    my $at = $opt{at} // time;

    return {
        'Content-Type' => 'application/json',
        'webhook-id' => $id,
        'webhook-timestamp' => $at,
        'webhook-signature' => 'v1,' . encode_base64(hmac_sha256(
            "$id.$at.$body", decode_base64($secret =~ s/^whsec_//r)), ''),
    };
}


sub request {
    my ($self, $topic, $body, %opt) = @_;

    return $self->{t}->request('POST', $self->{hook}, body => $body,
        headers => { %{ $self->headers($topic, $body, %opt) },
                     %{ $opt{headers} || {} } });
}


sub send {
    my ($self, $topic, $data, %opt) = @_;

    return $self->request($topic, $json->encode($data), %opt);
}

1;
