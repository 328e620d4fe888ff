#!/usr/bin/perl

# Redis is away: a look-up says so, the same for all, whether the order exists,
# the proof is right or the client has tried too often; and failures that were
# counted before are remembered after.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1, workers => 1,
    redis => { appendonly => 1 }, locations => <<'EOT');
        location /track/ { wismo_track; wismo_order_only none; }
        location = /wismo/ready { wismo_health ready; }
EOT

wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';
seed($t, order('1001'), order('1002'));


sub look {
    my ($order, $proof, $from) = @_;

    return $t->form('/track/', { order => $order, proof => $proof },
                    from => $from);
}

look('1001', "no-$_\@shop.example", "127.5.0.$_") for 1 .. 5;
look("nobody-$_", 'x@shop.example', '127.5.1.1') for 1 .. 10;

$t->redis->stop;

ok((wait_until { look('1002', 'mail-1002@shop.example', '127.5.2.1')
                 ->status == 503 } 10, 'no Redis'), 'Redis is down');

my %case = (
    'right'            => [ '1002', 'mail-1002@shop.example', '127.5.2.2' ],
    'wrong'            => [ '1002', 'no@shop.example', '127.5.2.3' ],
    'unknown'          => [ 'nobody', 'no@shop.example', '127.5.2.4' ],
    'throttled order'  => [ '1001', 'mail-1001@shop.example', '127.5.2.5' ],
    'throttled client' => [ '1002', 'mail-1002@shop.example', '127.5.1.1' ],
);

my $same;

for my $name (sort keys %case) {
    my $r = look(@{ $case{$name} });

    $same //= $r->body;

    is($r->status, 503, $name);
    is($r->header('retry-after'), 5, "$name: Retry-After");
    is($r->body, $same, "$name: the same page");
    ok(!$r->headers('set-cookie'), "$name: no cookie");
}

is($t->get($t->link('1001'))->status, 303, 'a link is traded all the same');

$t->redis->start;

ok((wait_until { look('1002', 'mail-1002@shop.example', '127.5.3.1')
                 ->status == 303 } 20, 'Redis'), 'Redis is back');
is(look('1001', 'mail-1001@shop.example', '127.5.3.2')->status, 404,
   'the order is still throttled');
is(look('1002', 'mail-1002@shop.example', '127.5.1.1')->status, 404,
   'so is the client');

# what failed for want of Redis was nobody's failure

is(look('1002', 'mail-1002@shop.example', "127.5.2.$_")->status, 303,
   "client $_") for 2 .. 4;

done_testing;
