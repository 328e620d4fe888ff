#!/usr/bin/perl

# When a parcel is not asked about any more: delivered, after one more look a
# day later; silent for 45 days.  "wismo order recheck" asks all the same, once.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 1, scale => 3600,
    sim => { start => '-100d', scale => 0 });
my ($sim, $redis) = ($t->sim, $t->redis);

sub scheduled {
    my ($order) = @_;
    my $due = (key($order) =~ s/^wo(:\{\d+\}:).*/wd$1ups/r);

    return defined $redis->call('ZSCORE', $due, "$order#p1");
}

sub asked {
    my ($number) = @_;

    return scalar grep { $_->{path} =~ /\Q$number\E/ }
        @{ $sim->requests('ups') };
}

sub put {
    my ($order, $number, %load) = @_;

    $sim->load(number => $number, %load);
    $t->put_order($order, { shipments => [ { carrier => 'ups',
        tracking_number => $number } ] });
}

# The simulated world is as old as its clock: events of today or of long ago

$sim->clock(advance => '100d');

my %number = (
    new    => '1ZW15M090345000012', over => '1ZW15M090345000021',
    silent => '1ZW15M090345000031', quiet => '1ZW15M090345000041',
);

put('new', $number{new}, script => 'ups-delivered', age => '83h');
put('over', $number{over}, script => 'ups-delivered', age => '9d');
put('silent', $number{silent}, script => 'ups-label', age => '50d');
put('quiet', $number{quiet}, script => 'ups-label', age => '20d');


# Delivered

ok($t->wait_order('new', sub { $_->{status} eq 'delivered' }), 'delivered');
ok(wait_until { asked($number{new}) >= 2 } 40,
   'delivered today: looked at once more');
ok($t->wait_order('over', sub { $_->{status} eq 'delivered' }),
   'delivered long ago');
ok(wait_until { !scheduled('over') } 10, '... and not asked again');
is($t->order('over')->{next_check_at}, undef, '... as the page says');


# Silent

ok($t->wait_order('silent', sub { $_->{status} eq 'label_created' }),
   'silent for 50 days');
ok(wait_until { !scheduled('silent') } 10, '... not asked again');
is($t->order('silent')->{next_check_at}, undef, '... as the page says');
ok($t->wait_order('quiet', sub { $_->{status} eq 'label_created' }),
   'silent for 20 days');
ok(scheduled('quiet'), '... still asked');


# Asked all the same, once

for my $order (qw(over silent)) {
    my $before = asked($number{$order});

    is(($t->wismo('order', 'recheck', $order))[0], 0, "$order: recheck");
    ok(wait_until { asked($number{$order}) == $before + 1 } 15,
       "$order: asked");
    ok(wait_until { !scheduled($order) } 10, "$order: and not again");
    is($t->order($order)->{next_check_at}, undef, "$order: as the page says");
}

# Who looks at them makes nobody ask

my $before = asked($number{silent});

$t->get('/track/silent') for 1 .. 3;
ok(wait_until { !grep { $redis->call('XLEN', $_) }
                    @{ $redis->call('KEYS', 'wi:*') } } 10, 'no letter waits');
is(asked($number{silent}), $before, 'a look asks nobody any more');

done_testing;
