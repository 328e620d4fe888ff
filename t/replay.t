#!/usr/bin/perl

# What a shop's file could not read is kept, and read again when the file was
# mended; other letters stay where they are.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(slurp spew);
use Wismo::Shop;

my $secret = 'whsec_d2lzbW8tdGVzdC1vbmx5LXNlY3JldC0wMDE=';

my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 1, start => 0,
    server => <<'EOT');
        location = /wismo/hooks/mine {
            wismo_hook mine shop=%%DIR%%/mine.json;
            wismo_hook_secret_file %%DIR%%/mine.hook;
        }
EOT

my $dir = $t->dir;
my $good = slurp("$Wismo::Test::root/ngx_wismo_module/shops/standard.json");

$t->secret('mine.hook', $secret);
spew("$dir/mine.json", $good =~ s{data/number\|data/order}{data/nothing}gr);
$t->start;

my $shop = Wismo::Shop->new($t, hook => '/wismo/hooks/mine',
    secret => $secret, scheme => 'standard');
my $json = JSON::PP->new->utf8;

sub dead {
    my $n = 0;
    $n += $t->redis->call('XLEN', $_) for @{ $t->redis->call('KEYS', 'wx:*') };
    return $n;
}

sub replay {
    my ($exit, $out, $err) = $t->wismo('replay', '--config',
        "$dir/state/wismo.json", '--json', '--quiet', @_);
    return ($exit, eval { $json->decode($out) } || {}, $err);
}

for my $n (1 .. 120) {
    $shop->send('', { type => 'order.created',
        timestamp => '2026-11-20T10:00:00Z',
        data => { id => $n, number => "N$n", shipments => [] } });
}

ok(wait_until { dead() == 120 } 30, 'a file that is wrong: all are kept');

# one that is none of its business, and one that can't be mended

$t->redis->call('XADD', 'wx:{3}', '*', 'id', '1-0', 'why', 'x', 'kind', 'put',
    'order', 'P1', 'body', '{"shipments":[]}');
$t->redis->call('XADD', 'wx:{3}', '*', 'id', '1-0', 'why', 'x', 'kind', 'hook',
    'carrier', 'mine', 'body', '{"type":"order.created"}');

spew("$dir/mine.json", $good);
$t->nginx->reload;

my ($exit, $told) = replay('--since', '1h', '--shop', 'mine', '--dry-run');
is($exit, 0, 'dry run');
is("$told->{seen} $told->{replayed}", '122 121', 'dry run: counted');
is(dead(), 122, 'dry run: nothing moved');

($exit, $told) = replay('--since', '1h', '--carrier', 'ups');
is("$told->{replayed} $told->{passed}", '0 122', 'of another: none');

my $later = time + 3600;
my @at = gmtime $later;
($exit, $told) = replay('--since', sprintf '%04d-%02d-%02dT%02d:%02d:00Z',
    $at[5] + 1900, $at[4] + 1, $at[3], $at[2], $at[1]);
is($told->{seen}, 0, 'since later: none');

# the fetcher that has the mended file, once the old one is gone

my $err;
ok(wait_until {
    ($exit, $told, $err) = replay('--since', '7d', '--shop', 'mine');
    wait_until { !grep { $t->redis->call('XLEN', $_) }
                 @{ $t->redis->call('KEYS', 'wi:*') } } 20;
    defined $t->order('N120');
} 40, 'replayed') or diag($err);

ok(!(grep { !defined $t->order("N$_") } 1 .. 120), 'all orders are there');
is(dead(), 2, 'what is no use is back, what is not ours has stayed');
is($t->order('P1'), undef, 'an order of long ago is not brought back');

is((replay())[0], 2, 'no time');
is((replay('--since', 'yesterday'))[0], 2, 'no possible time');
is((replay('--since', '1h', '--shop', 'nobody'))[0], 2, 'nobody');

$t->redis->kill;
is((replay('--since', '1h'))[0], 1, 'Redis is away');

done_testing;
