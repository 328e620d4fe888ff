#!/usr/bin/perl

# Nobody can have all streams: the limits per order, per client and in total,
# after which 204 tells an EventSource to stop; and what is closed is free.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Live;
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1,
    http => 'wismo_live_limit order=5 client=3 total=9;');

seed($t, map { order("100$_") } 1 .. 4);


sub live {
    my ($from, $number) = @_;

    return Wismo::Live->new($t->port, "/track/$number/live",
        from => "127.0.0.$from");
}


my @open = map { live(2, '1001') } 1 .. 3;

is_deeply([ map { $_->status } @open ], [ 200, 200, 200 ], 'three a client');
is(live(2, '1002')->status, 204, 'a fourth, of whatever order');

push @open, live(3, '1001'), live(4, '1001');
is($open[-1]->status, 200, 'five an order');
is(live(5, '1001')->status, 204, 'a sixth, of whatever client');
is(live(5, '1002')->status, 200, 'another order');

ok(wait_until(sub {
    my $s = live(6, '1002');
    $s->close;
    $s->status == 200
}, 5), 'a client that leaves');


# A refusal costs nothing and leaves nothing: the count comes down again.

live(2, '1003')->close for 1 .. 20;

(shift @open)->close;
my $again;
ok(wait_until(sub { ($again = live(2, '1002'))->status == 200 }, 5),
   'one for one that was closed');
push @open, $again;


# Unknown orders and HEAD take nobody's place.

is(live(7, "none$_")->status, 404, 'no such order') for 1 .. 5;
is($t->request('HEAD', '/track/1001/live')->status, 200, 'HEAD') for 1 .. 5;

my @more;
ok(wait_until(sub {
    push @more, live(10 + @more, '1004');
    $more[-1]->status == 204
}, 5), 'the total');
is(scalar(grep { $_->status == 200 } @open, @more), 9, 'of nine');


# Those that are open go on.

my $version = newer($t, '1004');
is($more[0]->event(5) && $more[0]->event(5)->{version}, $version,
   'open streams go on');


# The directive

for my $bad ('order=0', 'client=x', 'total=', 'orders=5', 'client=65536',
             'order=-1')
{
    my ($status, $out) = $t->nginx->check(
        $t->conf =~ s/wismo_live_limit .*?;/wismo_live_limit $bad;/r);

    isnt($status, 0, $bad);
    like($out, qr/invalid parameter "\Q$bad\E" in "wismo_live_limit" /,
         'it says which');
    like($out, qr/directive: expected "order=N".* in .*:\d+$/m,
         'what is expected, and where');
}

done_testing;
