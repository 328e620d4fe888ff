#!/usr/bin/perl

# A shop's messages in any order, some of them twice, an event before anybody
# knows its order: the order ends the same.  Two fetchers share the work.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(slurp spew);
use Wismo::Shop;

my $secret = 'shopify-client-secret-for-tests';

my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 1, start => 0,
    server => <<'EOT');
        location = /wismo/hooks/shopify {
            wismo_hook shopify;
            wismo_hook_secret_file %%DIR%%/shopify.hook;
        }
EOT

$t->secret('shopify.hook', $secret);
$t->start;

my $shop = Wismo::Shop->new($t, hook => '/wismo/hooks/shopify',
    secret => $secret, scheme => 'shopify');

my $seed = $ENV{WISMO_SEED} || time;
srand $seed;


# What a shop has to say of one order, in no order

sub messages {
    my ($n) = @_;
    my $id = 5_000_000 + $n;

    my $part = sub {
        my ($f, $at, $number, %more) = @_;
        return { id => $id * 10 + $f, order_id => $id, name => "#L$n.$f",
            status => 'success', created_at => "2026-11-21T10:00:0${f}Z",
            updated_at => "2026-11-21T1$at:00:00Z", tracking_company => 'DPD',
            tracking_numbers => [ $number ],
            line_items => [ { id => $f, quantity => 1 } ], %more };
    };
    my $order = sub {
        my ($at, $mugs, %more) = @_;
        return { id => $id, name => "#L$n", email => "a$at\@example.com",
            created_at => '2026-11-20T09:00:00Z',
            updated_at => "2026-11-21T1$at:00:00Z", cancelled_at => undef,
            line_items => [ { id => 1, name => 'Mug', quantity => 3,
                              current_quantity => $mugs },
                            { id => 2, name => 'Pot', quantity => 1 } ], %more };
    };
    my $event = sub {
        my ($e, $f, $status) = @_;
        return { id => $id * 100 + $e, order_id => $id,
            fulfillment_id => $id * 10 + $f, status => $status,
            happened_at => "2026-11-22T1$e:00:00Z",
            updated_at => "2026-11-22T1$e:00:01Z", city => 'Ghent' };
    };

    return (
        [ 'orders/create', $order->(0, 3) ],
        [ 'orders/updated', $order->(1, 3, fulfillments => [
            $part->(1, 1, '0150123') ]) ],
        [ 'orders/updated', $order->(4, 1, fulfillments => [
            $part->(1, 3, '0150124'), $part->(2, 2, '0250123') ]) ],
        [ 'fulfillments/create', $part->(1, 1, '0150123') ],
        [ 'fulfillments/update', $part->(1, 3, '0150124') ],
        [ 'fulfillments/create', $part->(2, 2, '0250123') ],
        [ 'fulfillments/create', $part->(3, 2, '0350123') ],
        [ 'fulfillments/update', $part->(3, 3, '0350123', status => 'cancelled') ],
        [ 'fulfillment_events/create', $event->(1, 1, 'in_transit') ],
        [ 'fulfillment_events/create', $event->(2, 1, 'delivered') ],
        [ 'fulfillment_events/create', $event->(3, 2, 'out_for_delivery') ],
    );
}

# What differs between orders by their numbers alone, and by when we heard

sub same {
    my ($o, $n) = @_;
    my $text = JSON::PP->new->canonical->encode($o);
    my $id = 5_000_000 + $n;

    $text =~ s/"L$n"/"L"/g;
    $text =~ s/$id/ID/g;
    $text =~ s/"(?:updated_at|checked_at|added_at|since)":"[^"]*"/"":""/g;
    $text =~ s/"version":\d+/"":0/g;

    return $text;
}

my $orders = 24;
my $config = $t->dir . '/second.json';
my $state = $t->dir . '/state2';

mkdir $state;
spew($config, slurp($t->dir . '/state/wismo.json')
    =~ s{"state":"[^"]*"}{"state":"$state"}r);

my $pid = fork // die;

if ($pid == 0) {
    open STDIN, '<', $config;
    open STDERR, '>', $t->dir . '/second.log';
    exec $t->dir . '/bin/wismo', 'fetch', '--config', $config;
    exit 1;
}

my @all;

for my $n (1 .. $orders) {
    my @m = messages($n);
    push @m, @m[ map { int rand @m } 1 .. 4 ];
    push @all, [ rand, $n, $_ ] for @m;
}

# each order's in an order of its own, all of them mixed

my $sent = 0;

for my $m (sort { $a->[0] <=> $b->[0] } @all) {
    my $r = $shop->send(@{ $m->[2] });
    $sent++ if $r->status == 202;
}

is($sent, scalar @all, 'all are taken');

ok(wait_until {
    my $n = 0;
    $n += $t->redis->call('XLEN', $_) for @{ $t->redis->call('KEYS', 'wi:*') };
    $n == 0;
} 60, 'and applied');

my $first = $t->order('L1');

is_deeply([ map { $_->{tracking_number} } @{ $first->{parcels} } ],
    [ '0150124', '0250123' ], 'the newest numbers, without what is cancelled');
is($first->{items}[0]{quantity}, 1, 'the newest quantity');
is($first->{parcels}[0]{status}, 'delivered', 'events of the parcel');
is(scalar @{ $first->{parcels}[0]{events} }, 2, 'all of them');

for my $n (2 .. $orders) {
    my ($is, $was) = (same($t->order("L$n"), $n), same($first, 1));

    ok($is eq $was, "order $n is like the first")
        or diag("seed $seed: ", substr($is ^ $was, 0) =~ /^(\0*)/
                ? "from " . substr($is, length $1, 200) : '');
}

is_deeply([ grep { /^e:/ } map { @{ $t->redis->call('HKEYS', $_) } }
    @{ $t->redis->call('KEYS', 'wk:*') } ], [], 'nobody waits any more');

is($t->redis->call('XLEN', $_), 0, "$_: no dead letter")
    for @{ $t->redis->call('KEYS', 'wx:*') };

kill TERM => $pid;
waitpid $pid, 0;

done_testing;
