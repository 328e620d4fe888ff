#!/usr/bin/perl

# What a shopper sends back is a parcel of its own: it comes in through the
# API beside the one that was delivered, the fetcher asks the carrier, and it
# has a card that tells how far it is.  Nothing that is said of the delivery
# changes for it, and nobody is told that a return was delivered.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Receiver;

use Encode ();
use utf8;

my $shop = Wismo::Receiver->new;
my $json = JSON::PP->new->utf8->canonical;

my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 1, scale => 3600,
    exceptions => 'on', start => 0, sim => { start => '-1h', scale => 0 },
    http => <<"EOT");
    wismo_notify shop {
        type webhook;
        url ${\ $shop->url}hooks;
        secret_file %%DIR%%/shop.hook;
        private on;
    }
EOT

$t->secret('shop.hook', 'a-secret-of-the-shop-that-is-long');
$t->start;

my ($out, $back) = qw(1ZW15M090345000001 1ZW15M090345000002);

my @order = (
    placed_at => '2026-11-01T09:00:00Z',
    customer  => { email => 'ada@shop.example' },
    ship_to   => { city => 'Ghent', country => 'BE' },
    items     => [ { id => 'lamp', name => 'Reading lamp', quantity => 2 } ],
);

my $sent = { carrier => 'ups', tracking_number => $out,
             items => [ { id => 'lamp', quantity => 2 } ] };
my $return = { carrier => 'ups', tracking_number => $back, leg => 'return',
               items => [ { id => 'lamp', quantity => 1 } ] };


sub types { map { $json->decode($_->{body})->{type} } @{ $shop->got } }

sub page {
    my ($path, %headers) = @_;

    return Encode::decode('UTF-8', $t->get($path, %headers)->body);
}

sub signed {
    my ($number) = @_;
    my $r = $t->get($t->link($number));

    return (Cookie => $t->pair($r));
}


# Only these two legs

my $r = $t->api('PUT', '/orders/R0', { shipments => [
    { %$return, leg => 'back' } ] });

is($r->status, 422, 'another leg is refused');
is($r->json->{errors}[0]{pointer}, '/shipments/0/leg', 'by its place');
like($r->json->{errors}[0]{detail}, qr/"outbound" or "return"/,
     'with what there is');


$r = $t->api('POST', '/orders:batch', [
    { number => 'RB', shipments => [
        { %$return, tracking_number => '1ZW15M090345000009' } ] },
    { number => 'RC', shipments => [ { %$return, leg => 1 } ] } ]);

is_deeply([ map { $_->{status} } sort { $a->{index} <=> $b->{index} }
            @{ $r->json->{results} } ], [ 202, 422 ], 'in a batch likewise');
is($t->wait_order('RB', sub { 1 }, 10)->{parcels}[0]{leg}, 'return',
   'and there it is');


# Delivered, then registered

$t->sim->load(script => 'ups-delivered', number => $out, age => '90h');
$t->put_order('R1', { @order, shipments => [ $sent ] });

my $order = $t->wait_order('R1', sub { $_->{status} eq 'delivered' }, 30);

is($order->{parcels}[0]{leg}, 'outbound', 'a parcel goes out');

ok(wait_until(sub { grep { $_ eq 'shipment.delivered' } types() }, 20),
   'its delivery is told');

my %cookie = signed('R1');

like(page('/track/R1', %cookie), qr/Not there\?/, 'it is asked whether it came');

$t->put_order('R1', { @order, shipments => [ $sent, $return ] });
$order = $t->wait_order('R1', sub { @{ $_->{parcels} } == 2 }, 10);

is($order->{status}, 'delivered', 'a return: the order is delivered');
is($order->{severity}, 'green', 'and good');
is($order->{parcels_total}, 1, 'of one parcel');
is($order->{parcels_delivered}, 1, 'one is delivered');
is($order->{returns_total}, 1, 'and one is sent back');
is($order->{items_unshipped}, 0, 'nothing is missing');
is($order->{parcels}[1]{leg}, 'return', 'its leg');
is($order->{parcels}[1]{act}, 'recipient', 'the shopper has to send it');
is($order->{parcels}[1]{id}, 'p2', 'its id');


# The carrier has it

$t->sim->load(script => 'ups-delivered', number => $back, age => '30h');

$order = $t->wait_order('R1', sub { $_->{parcels}[1]{milestone} >= 1 }, 60);

is($order->{status}, 'delivered', 'on its way back: the order is delivered');

ok(wait_until(sub { grep { $_ eq 'shipment.return_sent' } types() }, 20),
   'that it is on its way is told');

my $page = page('/track/R1', %cookie);

like($page, qr{<h1>Left at the reception</h1>}, 'the headline is that of the delivery');
like($page, qr{href="#returns">Your return: }, 'with a line on the return');
like($page, qr{<h3 id="return-1">Your return</h3>}, 'a card of its own');
like($page, qr{<h4>In this return</h4>\s*<ul class="items">\s*<li>Reading lamp},
     'with what is in it');
like($page, qr{<li class="done"><span>Sent back</span>|<li class="now" aria-current="step"><span>(?:Sent back|On its way)</span>},
     'and its steps');
unlike($page, qr/Not there\?/, 'nobody has to look around the door');
unlike($page, qr/id="parcel-2"/, 'it is none of the parcels');
unlike($page, qr/parcels delivered/, 'nor counted with them');
like($page, qr/data-live/, 'the page stays open for it');

my ($card) = $page =~ m{(<article class="card \w+" aria-labelledby="return-1">.*?</article>)}s;

like($card, qr/\Q$back\E/, 'its number');
unlike($card, qr/Estimated delivery|No delivery date|out for delivery/i,
       'no date is promised');

my ($data) = $page =~ m{<script type="application/ld\+json">(.*?)</script>}s;
my ($one) = grep { ($_->{trackingNumber} // '') eq $back }
    @{ JSON::PP->new->decode($data)->{'@graph'} };

is($one->{name}, 'Your return', 'for machines: its name');
ok(!exists $one->{expectedArrivalUntil}, 'without an arrival');

my $text = page('/track/R1.txt', %cookie);

like($text, qr/^Your return: \S/m, 'as text: a line');
like($text, qr/^== Your return · UPS .*==$/m, 'and a part of its own');
like(page('/track/R1.atom', %cookie), qr/· Your return · UPS/,
     'in the feed: its scans');

like(page('/track/R1?lang=de', %cookie), qr{<h3 id="return-1">Ihre Rücksendung</h3>},
     'in German');
like(page('/track/R1?lang=ar', %cookie), qr{<h3 id="return-1">إرجاعك</h3>},
     'in Arabic');

my $minimal = $t->get('/track/R1.json')->json;

is($minimal->{view}, 'minimal', 'by the number alone');
is($minimal->{parcels}[1]{leg}, 'return', 'the leg is there');
unlike($json->encode($minimal), qr/\Q$back\E/, 'the number is not');


# The shop has it

$t->sim->clock(advance => '80h');

$order = $t->wait_order('R1',
                        sub { $_->{parcels}[1]{status} eq 'returned' }, 60);

is($order->{parcels}[1]{substatus}, 'received', 'received');
is($order->{parcels}[1]{delivered}, JSON::PP::false, 'not delivered');
is($order->{parcels}[1]{delivered_to}, 'returned_to_sender', 'but to the shop');
is($order->{parcels}[1]{milestone}, 3, 'the last step');
is($order->{parcels}[1]{severity}, 'green', 'which is good');
is($order->{parcels_delivered}, 1, 'still one is delivered');
is("$order->{status}.$order->{substatus}", $order->{parcels}[0]{status} . '.'
   . $order->{parcels}[0]{substatus}, 'the order is as it was');

ok(wait_until(sub { grep { $_ eq 'shipment.return_received' } types() }, 20),
   'that it is there is told');
is(scalar(grep { $_ eq 'shipment.delivered' } types()), 1,
   'one delivery was told, no other');
is(scalar(grep { $_ eq 'order.all_delivered' } types()), 0, 'nor that of all');

my ($told) = grep { $_->{body} =~ /return_received/ } @{ $shop->got };
is($json->decode($told->{body})->{data}{shipments}[0]{leg}, 'return',
   'with its leg');

$page = page('/track/R1', %cookie);

like($page, qr{<p class="tag">Received by us</p>}, 'the page says it');
like($page, qr{<li class="done"><span>Received by us</span>}, 'as the last step');
unlike($page, qr/data-live/, 'and is done');

my ($status, $shown) = $t->wismo('order', 'show', 'R1');

like($shown, qr/^parcels    1, 1 delivered\nreturns    1$/m,
     'the program counts apart');
like($shown, qr/^return     p2$/m, 'and says which');


# A return alone, by its number

$t->put_order('R2', { @order, shipments => [
    { %$return, tracking_number => '1ZW15M090345000003' } ] });
$order = $t->wait_order('R2', sub { $_->{version} }, 10);

is($order->{status}, 'returning', 'a return of which nothing else is known');
is($order->{severity}, 'green', 'is no trouble');
is($order->{items_unshipped}, 0, 'and nothing is to be shipped');

$page = page('/track/R2', signed('R2'));

like($page, qr{<h1>Waiting for you to send it</h1>}, 'the page is about it');
unlike($page, qr/No delivery date|Nothing has been handed/, 'and nothing else');


# Nothing is learnt of it

is($t->redis->call('XLEN', 'we:log') // 0, 0, 'no lane to Ghent has learnt');

$shop->stop;

done_testing;
