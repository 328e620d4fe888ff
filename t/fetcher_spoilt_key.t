#!/usr/bin/perl

# A key that somebody has spoilt costs the orders of its bucket their polls,
# and nobody else anything.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Process qw(slurp);
use Wismo::Test;

my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 1, start => 0);

$t->redis->call('SET', 'wd:{7}:ups', 'spoilt');
$t->start;

$t->put_order('1001', { shipments => [ {
    carrier => 'ups', tracking_number => '1Z999AA10123456784' } ] });

ok($t->wait_order('1001', sub { $_->{checked_at} }), 'others are asked about');
like(slurp($t->dir . '/error.log'),
     qr/\[error\].*schedule of bucket 7 cannot be used: .*WRONGTYPE/,
     'the operator is told which');

done_testing;
