#!/usr/bin/perl

# Orders are kept for as long as the configuration says, by brand, and then
# erased by the fetcher, wholly; what is still under way is kept for longer.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed qw(key order seed);

use JSON::PP ();

my $t = Wismo::Test->new(fetcher => 1, http => <<'EOT');
    wismo_retention 20d open=300d;
    wismo_retention 1d open=300d brand=short;
EOT

my $redis = $t->redis;
my $json = JSON::PP->new->utf8;

sub dates { 'wd:{' . (key($_[0]) =~ /(\d+)/)[0] . '}:!retention' }
sub date { $redis->call('ZSCORE', dates($_[0]), "$_[0]#") }

# Days pass for the date alone: that it has come is for the fetcher to check.

sub elapse {
    my ($number, $days) = @_;

    $redis->call('ZADD', dates($number), 'XX',
                 date($number) - 86_400_000 * $days, "$number#");
}

# Both are delivered; one was long ago.

my $old = { time => '2026-01-10T10:00:00Z', status => 'delivered' };

sub delivered {
    my ($number, %more) = @_;
    my $order = order($number, %more);

    $order->{shipments}[0]{events} = [ $old ];

    return $order;
}

my $begin = time;

seed($t, delivered('gone-1', brand => 'short'),
         delivered('gone-2', brand => 'short', customer => {
             email => 'gone@shop.example' }),
         delivered('late-1'), order('open-1', brand => 'short'));

for my $case ([ 'gone-1', 1 ], [ 'late-1', 1 ], [ 'open-1', 300 ]) {
    my ($number, $days) = @$case;
    my $at = date($number) / 1000 - $begin;

    cmp_ok($at, '>', $days * 86400 - 2, "$number is not forgotten at once");
    cmp_ok($at, '<', $days * 86400 + 60, "$number has its date");

    for my $type ('wo', 'wp') {
        my $ttl = $redis->call('TTL', key($number) =~ s/^wo/$type/r);

        cmp_ok(abs($ttl - (7 + $days) * 86400), '<', 60,
               "$number: $type ends by itself, a week after that");
    }
}

ok($t->order($_), "$_ is there") for qw(gone-1 gone-2 late-1 open-1);

elapse($_, 2) for qw(gone-1 gone-2 late-1 open-1);

ok((wait_until { !$t->order('gone-1') && !$t->order('gone-2')
                 && !$t->order('late-1') } 60, 'erased'),
   'what has arrived long ago goes');
ok($t->order('open-1'), 'what has not arrived is there');

my @keys = grep { /(?:gone|late)-/ } map {
    my $type = $redis->call('TYPE', $_);
    my $all = $type eq 'zset' ? $redis->call('ZRANGE', $_, 0, -1)
            : $type eq 'set' ? $redis->call('SMEMBERS', $_) : [];
    $_, @$all
} @{ $redis->call('KEYS', '*') };

is_deeply([ grep { !/^wn:/ } @keys ], [], 'nothing but the tombstones is left');

my ($status, $out) = $t->wismo(qw(customer export --json gone@shop.example));
is_deeply($json->decode($out)->{orders}, [], 'nor is the customer known');

my $told;

ok((wait_until {
    $told = $json->decode(($t->wismo(qw(carrier status --json)))[1])
        ->{retention};
    $told->{erased} == 3
} 90, 'the count'), 'carrier status: erased') or diag($json->encode($told));
is($told->{scheduled}, 1, 'carrier status: with a date');
is($told->{due}, 0, 'carrier status: overdue');

like(($t->wismo(qw(carrier status)))[1],
     qr/^Orders: 1 with a date to be erased, 0 overdue, 3 erased\.$/m,
     'carrier status, for people');

# A change sets the date anew; a time that was made longer is heeded

$t->put_order('new-1', { brand => 'short', cancelled => JSON::PP::true,
                         shipments => [] });
$t->wait_order('new-1');
ok(date('new-1'), 'a cancelled order has a date');

$t->{opt}{http} =~ s/1d open/20d open/;
$t->nginx->reload($t->conf);
elapse('new-1', 2);

ok((wait_until { date('new-1') / 1000 > time + 15 * 86400 } 60, 'put off'),
   'it is put off when it is looked at');
ok($t->order('new-1'), 'and is still there');

done_testing;
