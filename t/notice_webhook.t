#!/usr/bin/perl

# A shop's own systems hear by webhook of everything that happens to an order:
# signed as Standard Webhooks wants it, each once, again while it fails, and
# never to an address of the inside unless the operator says so.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Receiver;

use Digest::SHA qw(hmac_sha256);
use MIME::Base64 qw(decode_base64 encode_base64);

my $shop = Wismo::Receiver->new;
my $second = Wismo::Receiver->new;

my $secret = encode_base64('0123456789abcdef0123456789abcdef', '');
my $inside = $second->url =~ s/^http/https/r;

my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 1, scale => 3600,
    start => 0, sim => { start => '-1h', scale => 0 }, http => <<"EOT");
    wismo_notify shop {
        type webhook;
        url ${\ $shop->url}hooks;
        secret_file %%DIR%%/shop.hook;
        private on;
    }
    wismo_notify second {
        type webhook;
        url ${\ $second->url}hooks;
        secret_file %%DIR%%/shop.hook;
        private on;
        events delivered lost;
    }
    wismo_notify inside {
        type webhook;
        url ${inside}inside;
        secret_file %%DIR%%/shop.hook;
        events order_confirmed;
    }
EOT

$t->secret('shop.hook', "old:another-secret-of-the-shop\nnew:whsec_$secret\n");
$t->start;


sub types { map { JSON::PP::decode_json($_->{body})->{type} } @{ $_[0]->got } }


sub ledger {
    my ($order) = @_;

    my ($key) = grep { /:\Q$order\E$/ } @{ $t->redis->call('KEYS', 'wn:*') };

    return {} unless $key;
    return +{ @{ $t->redis->call('HGETALL', $key) } };
}


# Confirmed, shipped, delivered: told as it happens

my @shipments = (shipments => [
    { carrier => 'ups', tracking_number => '1ZW15M090345000001' } ]);

$t->put_order('1001', { @shipments });

ok(wait_until(sub { grep { $_ eq 'order.order_confirmed' } types($shop) }, 15),
   'a new order is told of');

$t->sim->load(script => 'ups-delivered', number => '1ZW15M090345000001',
              age => '80h');

ok(wait_until(sub { grep { $_ eq 'shipment.out_for_delivery' } types($shop) },
              30), 'that it is out for delivery');

$t->sim->clock(advance => '2h');

ok(wait_until(sub { grep { $_ eq 'shipment.delivered' } types($shop) }, 30),
   'and that it was delivered');

my ($delivered) = grep { $_->{body} =~ /"shipment\.delivered"/ }
    @{ $shop->got };
my $h = $delivered->{headers};
my $body = JSON::PP::decode_json($delivered->{body});

is($delivered->{method}, 'POST', 'a POST');
is($delivered->{path}, '/hooks', 'to the address of the block');
is($h->{'content-type'}, 'application/json', 'of JSON');
is($h->{'ce-type'}, 'shipment.delivered', 'CloudEvents: type');
is($h->{'ce-specversion'}, '1.0', 'CloudEvents: version');
is($h->{'ce-id'}, $h->{'webhook-id'}, 'CloudEvents: the same id');
is($body->{data}{order}, '1001', 'which order');
is($body->{data}{shipments}[0]{tracking_number}, '1ZW15M090345000001',
   'which parcel');
unlike($h->{'webhook-id'}, qr/\./, 'an id without dots');
cmp_ok(abs($h->{'webhook-timestamp'} - time()), '<', 120, 'signed just now');

my $signed = join '.', $h->{'webhook-id'}, $h->{'webhook-timestamp'},
    $delivered->{body};

is($h->{'webhook-signature'}, join(' ', map {
    'v1,' . encode_base64(hmac_sha256($signed, $_), '')
} 'another-secret-of-the-shop', decode_base64($secret)),
   'signed with both secrets: the receiver may have either');

ok(wait_until(sub { types($second) == 1 }, 10), 'who wants less hears less');
is_deeply([ types($second) ], [ 'shipment.delivered' ], 'and that alone');

ok(wait_until(sub {
    (ledger('1001')->{'n:shop:delivered.p1'} // '')
        =~ /^sent \d+ 1 \d+ HTTP 200$/
}, 5), 'the ledger says so');


# Each once, whatever comes again

my $before = @{ $shop->got };

$t->put_order('1001', { @shipments });
$t->put_order('1002', { @shipments });

ok(wait_until(sub { grep { $_->{body} =~ /"1002"/ } @{ $shop->got } }, 10),
   'the next order is told of');
is(scalar(grep { $_->{body} =~ /"1001"/ } @{ $shop->got }), $before,
   'the same order again is no news');


# What fails is tried again with the same id

$t->{n} = 3;

sub fresh {
    my ($number) = @_;

    $t->put_order($number, { shipments => [ { carrier => 'ups',
        tracking_number => sprintf '1ZW15M09034500%04d', $t->{n}++ } ] });
}

wait_until {
    my $ledger = ledger('1002');
    !grep { /^n:shop:/ && $ledger->{$_} =~ /^(pending|sending|retry)/ }
        keys %$ledger
} 15, 'the second order';

$shop->answer(503, 'close', 500, 200);
fresh('1003');

my @tries;
ok(wait_until(sub {
    @tries = grep { $_->{body} =~ /"1003"/
                    && $_->{body} =~ /order_confirmed/ } @{ $shop->got };
    @tries == 4
}, 30), 'after three failures it is taken');

is_deeply([ map { $_->{answered} } @tries ], [ 503, 'close', 500, 200 ],
          'one after the other');

my %ids = map { $_->{headers}{'webhook-id'} => 1 } @tries;
is(keys %ids, 1, 'with one id');

ok(wait_until(sub {
    (ledger('1003')->{'n:shop:order_confirmed'} // '')
        =~ /^sent \d+ 4 \d+ HTTP 200$/
}, 5), 'the ledger counts them');


# A receiver that says when to come back

$shop->answer('503+3000', 200);
fresh('1006');

my $next = 0;
ok(wait_until(sub {
    ($next) = (ledger('1006')->{'n:shop:order_confirmed'} // '')
        =~ /^retry \d+ 1 (\d+) HTTP 503$/;
}, 10), 'one that is busy');
cmp_ok(abs($next - time() - 3000), '<', 100, 'is left alone for that long');


# A receiver that wants no more

$shop->answer(410, 200);
fresh('1004');

ok(wait_until(sub {
    (ledger('1004')->{'n:shop:order_confirmed'} // '') =~ /^dead .* HTTP 410$/
}, 10), '410 ends it');
ok(wait_until(sub {
    $t->nginx->log =~ /channel shop: "order_confirmed" .* given up: HTTP 410/
}, 5), 'and is told');


# Nothing inside is reached by an address that is not said to be there

ok(wait_until(sub {
    (ledger('1004')->{'n:inside:order_confirmed'} // '') =~ /^(retry|dead) /
}, 10), 'an address of the inside is refused');
is(scalar(grep { ($_->{path} // '') eq '/inside' } @{ $second->got }), 0,
   'and gets nothing');


# An order that is erased takes its notices along

$shop->answer('hang', 200);
fresh('1005');
ok(wait_until(sub { grep { $_->{body} =~ /"1005"/ } @{ $shop->got } }, 10),
   'one that is being told of');
is($t->api('DELETE', '/orders/1005')->status, 202, 'is erased');
ok(wait_until(sub { !grep { /^n:/ } keys %{ ledger('1005') } }, 10),
   'its notices are gone');

$_->stop for $shop, $second;

done_testing;
