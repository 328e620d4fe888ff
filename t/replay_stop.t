#!/usr/bin/perl

# "wismo replay" over some hundred orders, stopped in its middle: asked to, it
# tells where to go on; killed, it is begun anew.  In the end all is, to the
# byte, as if nothing had happened, and each order was changed once.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(slurp spew spawn);
use Wismo::Redis;
use Wismo::Shop;

use IO::Socket::UNIX;

my $orders = 300;
my $secret = 'whsec_d2lzbW8tdGVzdC1vbmx5LXNlY3JldC0wMDE=';

my $t = Wismo::Test->new(fetcher => 1, start => 0, patient => 1,
    server => <<'EOT');
        location = /wismo/hooks/mine {
            wismo_hook mine shop=%%DIR%%/mine.json;
            wismo_hook_secret_file %%DIR%%/mine.hook;
        }
EOT

my $dir = $t->dir;
my $redis = $t->redis;
my $json = JSON::PP->new->utf8->canonical;


# The shop's file does not know its courier's word

my $words = $json->decode(slurp("$dir/share/shops/standard.json"));

$words->{shop} = 'mine';
$words->{codes} = { keys => ['code'], tables => [
    { by => ['code'], rows => { unterwegs => 'in_transit.moving' } } ] };
spew("$dir/mine.json", $json->encode($words));
$t->secret('mine.hook', $secret);
$t->start;

my $shop = Wismo::Shop->new($t, hook => '/wismo/hooks/mine',
    secret => $secret, scheme => 'standard');

for my $n (1 .. $orders) {
    $shop->send('', { type => 'order.created',
        timestamp => '2026-11-20T10:00:00Z', data => {
            id => "o-$n", number => "S$n",
            customer => { email => "s$n\@example.com" },
            shipments => [ { id => "s-$n", carrier => 'Bote',
                tracking_number => "B$n", events => [
                    { time => '2026-11-20T18:00:00+01:00',
                      code => 'unterwegs' },
                    { time => '2026-11-21T08:00:00+01:00',
                      code => 'am Ziel' } ] } ] } });
}

sub documents { @{ $redis->call('KEYS', 'wo:*:S*') } }

ok(wait_until(sub { documents() == $orders }, 60), 'orders of a shop');
ok(wait_until(sub { !grep { $_ } map { $redis->call('XLEN', "wi:{$_}") }
                    0 .. 15 }, 60), 'all of them are applied');
$t->nginx->stop;

$words->{codes}{tables}[0]{rows}{'am Ziel'} = 'delivered.generic';
spew("$dir/mine.json", $json->encode($words));


# What is to be compared: documents, what is due, ledgers, what was learnt.  Of
# an order that is written the time is another one, and nothing else.

my @keys = sort @{ $redis->call('KEYS', 'w*') };
my @dumps = $redis->pipeline(map { [ 'DUMP', $_ ] } @keys);

sub restore {
    $redis->call('FLUSHALL');
    $redis->pipeline(map { [ 'RESTORE', $keys[$_], 0, $dumps[$_] ] }
                     0 .. $#keys);
}

sub value {
    my ($key) = @_;
    my $type = $redis->call('TYPE', $key);

    return join ' ', @{ $redis->call('HGETALL', $key) } if $type eq 'hash';
    return join ' ', @{ $redis->call('ZRANGE', $key, 0, -1, 'WITHSCORES') }
        if $type eq 'zset';
    return $redis->call('XLEN', $key) if $type eq 'stream';
    return $type if $key !~ /^wo:\{\d+\}:S/;

    # the time is in the sums, too, which are last

    my $document = $redis->call('GET', $key);
    my ($flags) = $document =~ /^WO3 (?:\d+ ){5}(\d+)/;

    die "$key has no sums\n" unless $flags & 4;

    return substr($document, 0, -16) =~ s/^(WO3 \d+ )\d+/$1/r
        =~ s/"updated_at":"[^"]+"/"updated_at"/gr;
}

sub state {
    my %state = map { $_ => value($_) }
        grep { $_ ne 'w:meta' } @{ $redis->call('KEYS', 'w*') };

    return \%state;
}

sub differ {
    my ($is, $was) = @_;

    return grep { ($is->{$_} // '') ne ($was->{$_} // '') }
        sort keys %{ { %$is, %$was } };
}


# A whole run, and one that is stopped when it has changed so many orders:
# (exit status, signal, what it says)

sub replay {
    my ($exit, $out, $err) = $t->wismo('replay', '--since', '1h', '--json',
                                       '--quiet', @_);

    return ($exit, eval { $json->decode($out) } || {}, $err);
}

sub stopped {
    my ($signal, $after, @args) = @_;
    my $sock = IO::Socket::UNIX->new(Peer => $redis->path);

    syswrite $sock, Wismo::Redis::command('SUBSCRIBE', 'w:ev');
    Wismo::Redis::reply($sock);

    my $pid = spawn("$dir/replay.out",
        { WISMO_CONFIG => "$dir/state/wismo.json", TERM => 'dumb' },
        "$dir/bin/wismo", '--share', "$dir/share", 'replay', '--since', '1h',
        @args);

    Wismo::Redis::reply($sock) for 1 .. $after;
    kill $signal => $pid;
    waitpid $pid, 0;

    my ($status, $said) = ($?, slurp("$dir/replay.out"));

    unlink "$dir/replay.out";

    return ($status >> 8, $status & 127, $said);
}

sub changed {
    return scalar grep { /^WO3 0*2 / }
        map { $redis->call('GET', $_) } documents();
}


# Without a stop

restore();
my ($exit, $r) = replay();
is("$exit $r->{orders}{changed} $r->{orders}{events}", "0 $orders $orders",
   'a run without a stop changes all orders');
my $whole = state();


# Asked to stop, and gone on with

restore();

my ($runs, $done, $cursor, $said, $signal) = (0, 0);
my @from;

for my $sig ('TERM', 'INT') {
    ($exit, $signal, $said) = stopped($sig, 40, @from);
    $done += 40;

    is("$exit $signal", '1 0', "SIG$sig ends it, with a status that says so");
    ($cursor) = $said =~ /go on with --orders --from (\d+)$/m;
    ok(defined $cursor, "SIG$sig: it tells where to go on") or diag($said);

    my $n = changed();

    cmp_ok($n, '>=', $done, "SIG$sig: what it did is done");
    cmp_ok($n, '<', $orders, "SIG$sig: and it did not do all");
    like($said, qr/^\d+ of \d+ orders are different, \d+ events$/m,
         "SIG$sig: it tells what it did");
    unlike($said, qr/^100%.* orders/m, "SIG$sig: and not that this is all");

    $done = $n;
    @from = ('--orders', '--from', $cursor);
}

($exit, $r) = replay(@from);
is("$exit $r->{orders}{changed} $r->{orders}{cursor}",
   join(' ', 0, $orders - $done, 0), 'the rest, and no order twice');
is_deeply([ differ(state(), $whole) ], [], 'all is as without a stop');


# Killed, twice: it has told nothing, and is begun anew

restore();
$done = 0;

for my $round (1, 2) {
    ($exit, $signal, $said) = stopped('KILL', 40);
    is($signal, 9, "killed, $round");

    my $n = changed();

    cmp_ok($n, '>=', $done + 40, 'it has gone on by some');
    cmp_ok($n, '<', $orders, 'not all');
    $done = $n;
}

($exit, $r) = replay();
is("$exit $r->{orders}{changed}", join(' ', 0, $orders - $done),
   'begun anew it does the rest, and no order twice');
is_deeply([ differ(state(), $whole) ], [], 'all is as without a stop');

done_testing;
