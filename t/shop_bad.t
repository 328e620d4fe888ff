#!/usr/bin/perl

# What a shop's hook does not take: wrong signatures, old times, other types,
# too much; and what it takes and passes over.  Nothing of it changes an order.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Box qw(opened);
use Wismo::Test;
use Wismo::Shop;

use Time::HiRes qw(time);

my %secret = (
    shopify     => 'shopify-client-secret-for-tests',
    woocommerce => 'woocommerce-webhook-secret-for-tests',
    standard    => 'whsec_d2lzbW8tdGVzdC1vbmx5LXNlY3JldC0wMDE=',
);
my $other = 'whsec_YW5vdGhlci1zZWNyZXQtb2YtYWxsLXRlc3RzLTE=';

my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 1, start => 0,
    server => join '', map { <<EOT } sort keys %secret);
        location = /wismo/hooks/$_ {
            wismo_hook $_;
            wismo_hook_secret_file %%DIR%%/$_.hook;
        }
EOT

$t->secret("$_.hook", "new:$other\nold:$secret{$_}") for keys %secret;
$t->start;

my %shop = map { $_ => Wismo::Shop->new($t, hook => "/wismo/hooks/$_",
    secret => $secret{$_}, scheme => $_) } keys %secret;

my %order = (
    shopify => [ 'orders/create', { id => 1, name => '#S1',
        updated_at => '2026-11-20T09:05:00Z' } ],
    woocommerce => [ 'order.created', { id => 1, number => 'W1',
        date_modified_gmt => '2026-11-20T09:05:00' } ],
    standard => [ '', { type => 'order.created',
        timestamp => '2026-11-20T09:05:00Z', data => { id => 1, number => 'N1' } } ],
);

sub letters {
    my $n = 0;
    $n += $t->redis->call('XLEN', $_) for @{ $t->redis->call('KEYS', 'wi:*') };
    return $n;
}

for my $name (sort keys %shop) {
    my $shop = $shop{$name};
    my ($topic, $data) = @{ $order{$name} };
    my $body = JSON::PP->new->canonical->encode($data);

    # both secrets of a rotation

    is($shop->request($topic, $body)->status, 202, "$name: the old secret");
    is($shop->request($topic, $body, secret => $other)->status, 202,
       "$name: the new secret");

    # wrong ones, all with one answer

    my $wrong = $shop->request($topic, $body, secret => 'whsec_' . 'QUFB' x 8);

    is($wrong->status, 401, "$name: another secret");
    is($wrong->header('content-type'), 'application/problem+json',
       "$name: a problem");

    my %headers = %{ $shop->headers($topic, $body) };
    my ($signature) = grep { /hmac|signature/i } keys %headers;

    for my $value (undef, '', 'x', substr($headers{$signature}, 0, -2),
                   $headers{$signature} . 'A', 'v1,', '=' x 44)
    {
        my $r = $shop->request($topic, $body,
                               headers => { $signature => $value });

        is($r->status, 401, "$name: signature " . ($value // 'none'));
        is($r->body, $wrong->body, "$name: the same answer");
    }

    is($t->request('POST', "/wismo/hooks/$name", body => "$body ",
           headers => \%headers)->status, 401, "$name: one byte more");

    # of another type

    for my $type (undef, 'text/plain', 'application/xml',
                  'application/x-www-form-urlencoded', 'application/jsonx')
    {
        is($shop->request($topic, $body, headers => { 'Content-Type' => $type })
               ->status, 415, "$name: type " . ($type // 'none'));
    }

    is($shop->request($topic, $body, headers => {
           'Content-Type' => 'Application/JSON; charset=utf-8' })->status, 202,
       "$name: JSON by another spelling");

    is($t->request('GET', "/wismo/hooks/$name")->status, 405, "$name: GET");

    # 1 MB is taken, 2 MB and more are not

    my $pad = { %$data, pad => 'x' x (1024 * 1024 - length($body) - 9) };
    my $large = JSON::PP->new->canonical->encode($pad);

    is(length $large, 1024 * 1024, "$name: 1 MB");
    is($shop->request($topic, $large)->status, 202, "$name: is taken");
    is($shop->request($topic, $large . ' ' x 500_000)->status, 202,
       "$name: so is more than nginx takes elsewhere");

    my $refused = $shop->request($topic, $large . ' ' x (1024 * 1024 + 1));

    is($refused->status, 413, "$name: more than 2 MB is not");
    like($refused->body, qr/more than wismo_hook_body_max/,
         "$name: which is told");
}


# A time that is signed must be near

for my $off (-301, 301) {
    is($shop{standard}->send(@{ $order{standard} }, at => int(time) + $off)
        ->status, 401, "$off s off");
}

is($shop{standard}->send(@{ $order{standard} }, at => int(time) - 200)->status,
   202, 'a little late');


# The sender is not told what is wrong with it; whoever runs it is

for my $why ('standard" is not signed as it should: the time it was signed at',
             'shopify" is not signed as it should: there is no header "X-Shop',
             'woocommerce" is not signed as it should: it was signed with ano')
{
    like($t->nginx->log, qr/push to hook "\Q$why\E/, "the log: $why");
}


# Topics that nobody knows are taken, counted and passed over; so are bodies
# that are no use, with their reason, among the dead letters

is($shop{shopify}->send('carts/update', { id => 1 })->status, 202,
   'a topic that nobody knows');
is($shop{shopify}->send('', { id => 1 })->status, 202, 'no topic at all');
is($shop{woocommerce}->send('coupon.created', { id => 1 })->status, 202,
   'of another shop, too');
is($shop{shopify}->request('orders/create', 'no JSON')->status, 202,
   'no JSON, but signed');
is($shop{shopify}->send('orders/create', { id => 5 })->status, 202,
   'an order without a number');
is($shop{shopify}->send('orders/create', { id => 5, name => '.' x 80 })->status,
   202, 'an order of no possible number');

ok(wait_until { letters() == 0 } 20, 'all are applied');

my %count = @{ $t->redis->call('HGETALL', 'wq:{shopify}:u') };
ok(exists $count{'carts/update'} || wait_until {
       %count = @{ $t->redis->call('HGETALL', 'wq:{shopify}:u') };
       exists $count{'carts/update'};
   } 10, 'the topic is counted');
ok(exists $count{'(no topic)'}, 'as is the one that is not there');

my %why;

for my $stream (@{ $t->redis->call('KEYS', 'wx:*') }) {
    for (@{ $t->redis->call('XRANGE', $stream, '-', '+') }) {
        my %letter = %{ opened({ @{ $_->[1] } }) };
        $why{$letter{body}} = $letter{why};
        like($letter{headers}, qr{^X-Shopify-Topic: orders/create\n},
             'a dead letter keeps its topic');
    }
}

like($why{'no JSON'}, qr/topic orders\/create: .*expected a JSON object/,
     'no JSON: why');
like($why{'{"id":5}'}, qr/expected the order's number/, 'no number: why');
is(scalar keys %why, 3, 'no other letter is dead');

for my $number (qw(S1 W1 N1)) {
    my $o = $t->order($number);
    ok($o, "$number is there") && is($o->{version}, 1, "$number: once");
}


# Redis cannot take it: the platform has to come again

$t->redis->call('CONFIG', 'SET', 'maxmemory', '1');
is($shop{shopify}->send(@{ $order{shopify} })->status, 503, 'Redis is full');
$t->redis->call('CONFIG', 'SET', 'maxmemory', '0');

done_testing;
