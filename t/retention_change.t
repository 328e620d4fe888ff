#!/usr/bin/perl

# News of an order make it be kept for longer: document, private data and
# ledger alike, also where a poll has brought them, which writes no more of it
# than it must.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed qw(key);

my $t = Wismo::Test->new(fetcher => 1, carriers => ['ups'],
    sim => { start => '-3d', scale => 0 }, http => <<'EOC');
    wismo_retention 20d open=300d;
EOC

my ($redis, $sim) = ($t->redis, $t->sim);
my $number = '1ZW15M090345000012';
my %key = map { $_ => key('news-1') =~ s/^wo/$_/r } qw(wo wp wn);
my $dates = 'wd:{' . ($key{wo} =~ /(\d+)/)[0] . '}:!retention';

sub date { $redis->call('ZSCORE', $dates, 'news-1#') / 1000 - time }

sub kept {
    my ($when) = @_;

    cmp_ok(abs($redis->call('TTL', $key{$_}) - 307 * 86400), '<', 86400,
           "$when: $_ lives for its time and a week") for sort keys %key;
    cmp_ok(abs(date() - 300 * 86400), '<', 86400, "$when: it has its date");
}

# What is stored says that it was written two days ago.

sub age {
    $redis->call('SETRANGE', $key{wo}, 15, sprintf('%010d',
                 $redis->call('GETRANGE', $key{wo}, 15, 24) - 2 * 86400));
    $redis->call('EXPIRE', $_, 305 * 86400) for values %key;
    $redis->call('ZADD', $dates, 'XX', (time + 298 * 86400) * 1000,
                 'news-1#');
}

sub events { scalar @{ $t->order('news-1')->{parcels}[0]{events} } }

$sim->load(script => 'ups-delivered', number => $number, age => '4h');
$t->put_order('news-1', { customer => { email => 'news@shop.example' },
    shipments => [ { carrier => 'ups', tracking_number => $number } ] });
$t->wait_order('news-1', sub { @{ $_->{parcels}[0]{events} } });
kept('after the first poll');

my $before = events();

age();
$sim->clock(advance => '18h');
$t->wismo(qw(order recheck news-1));
ok((wait_until { events() > $before } 40, 'news'), 'a poll brings news');
kept('after news on another day');

# What keeps an order is there again where it was lost.

$before = events();
$redis->call('DEL', $key{wn});
$sim->clock(advance => '24h');
$t->wismo(qw(order recheck news-1));
ok((wait_until { events() > $before } 40, 'more news'), 'more news');
kept('after news on the same day, without a ledger');

done_testing;
