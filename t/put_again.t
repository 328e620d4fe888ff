#!/usr/bin/perl

# Shops send the same order again and again.  What says nothing new makes no
# new version: no cache is emptied, no page is loaded again for nothing.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;

my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 1);
my $order = {
    customer  => { email => 'ann@shop.example' },
    shipments => [ { carrier => 'ups',
                     tracking_number => '1Z999AA10123456784' } ],
};


# Letters of one order are taken in their turn: when the last one has been
# answered for, all have.

sub settled {
    my $left;

    wait_until {
        $left = 0;
        $left += $t->redis->call('XLEN', "wi:{$_}") for 0 .. 15;
        !$left
    } 10, 'an empty inbox';
}

$t->put_order('1001', $order);
my $before = $t->wait_order('1001', sub { $_->{checked_at} });

$t->put_order('1001', $order);
settled();
is($t->order('1001')->{version}, $before->{version}, 'the same order');

$t->put_order('1001', { %$order, customer => { name => 'Ann',
    email => 'ann@shop.example' } });
settled();
is($t->order('1001')->{version}, $before->{version}, 'a name is on no page');
like(($t->wismo('customer', 'export', '--json', 'ann@shop.example'))[1],
     qr/"Ann"/, 'but it is kept');

# What the look-up form asks for is proved by the document.

$t->put_order('1001', { %$order, customer => { email => 'a@shop.example' } });
$before = $t->wait_order('1001',
                         sub { $_->{version} == $before->{version} + 1 });
ok($before, 'another address');

$t->put_order('1001', { %$order, customer => { email => ' A@shop.example' } });
settled();
is($t->order('1001')->{version}, $before->{version}, 'the same address');

$t->put_order('1001', { %$order, locale => 'de' });
ok($t->wait_order('1001', sub { $_->{version} > $before->{version} }),
   'another order');

done_testing;
