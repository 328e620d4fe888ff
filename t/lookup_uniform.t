#!/usr/bin/perl

# Who guesses learns nothing: an order that is unknown, a wrong proof, too many
# tries and a damaged order have the same answer, to the byte, for the same
# work, and none comes early.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

use Time::HiRes qw(time);

my $t = Wismo::Test->new(fetcher => 1, workers => 1, locations => <<'EOT');
        location /track/ { wismo_track; wismo_order_only none; }
        location = /wismo/ready { wismo_health ready; }
EOT

wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';
seed($t, map { order($_) } qw(1001 1002 1003 1004 1005));

my $good = { order => '1001', proof => 'mail-1001@shop.example' };


# What Redis was asked; the watch connection asks other things.

sub commands {
    my $info = $t->redis->call('INFO', 'commandstats');
    my %n = $info =~ /cmdstat_(\w+):calls=(\d+)/g;

    return join ' ', map { "$_ $n{$_}" }
        grep { /^(?:get|mget|getrange|xadd|hget)$/ } sort keys %n;
}


sub answer {
    my ($r) = @_;

    return join "\n", $r->{line},
        (map { "$_->[0]: $_->[1]" } grep { lc $_->[0] ne 'date' }
         @{ $r->{headers} }), '', $r->body;
}


# too many tries: one order, and one client

$t->form('/track/', { order => '1003', proof => "no-$_\@shop.example" },
         from => "127.0.1.$_") for 1 .. 5;
$t->form('/track/', { order => "nobody-$_", proof => 'no@shop.example' },
         from => '127.0.2.1') for 1 .. 10;

is($t->form('/track/', $good)->status, 303, 'a right look-up');

my ($erased) = $t->wismo('order', 'erase', '1004', '--yes');
is($erased, 0, 'one is erased');

damage($t, '1005', sub { substr $_, 0, 10, 'garbage-go' });

my %case = (
    'unknown'          => [ 'nobody', 'mail-1001@shop.example' ],
    'wrong'            => [ '1001', 'mail-1002@shop.example' ],
    'wrong, a phone'   => [ '1001', '+44 20 7946 0000' ],
    'nonsense'         => [ '1001', "\xff<>" ],
    'throttled order'  => [ '1003', 'mail-1003@shop.example' ],
    'throttled client' => [ '1001', 'mail-1001@shop.example', '127.0.2.1' ],
    'erased'           => [ '1004', 'mail-1004@shop.example' ],
    'damaged'          => [ '1005', 'mail-1005@shop.example' ],
);

my ($same, $work, $n);

for my $name (sort keys %case) {
    my ($order, $proof, $from) = @{ $case{$name} };
    my $before = commands();
    my $r = $t->form('/track/', { order => $order, proof => $proof },
                     from => $from // '127.0.3.' . ++$n);
    my $after = commands();

    is($r->status, 404, "$name: status");
    ok(!$r->headers('set-cookie'), "$name: no cookie");
    cmp_ok($r->seconds, '>', 0.095, "$name: not at once");

    $same //= answer($r);
    is(answer($r), $same, "$name: the same answer");

    my ($was) = $before =~ /getrange (\d+)/;
    my ($is) = $after =~ /getrange (\d+)/;

    is($is - $was, 1, "$name: one command");
    is($after =~ s/getrange \d+//r, $before =~ s/getrange \d+//r,
       "$name: no other");
}


# A worker that holds back an answer serves others meanwhile

{
    my @held = map {
        my $s = Wismo::Http::open($t->port, 10, "127.0.4.$_");
        my $body = "order=nobody&proof=no\@shop.example";

        print $s "POST /track/ HTTP/1.1\r\nHost: localhost\r\n"
            . "Content-Length: " . length($body) . "\r\n"
            . "Connection: close\r\n\r\n$body";
        $s;
    } 1 .. 20;

    my $start = time;
    $t->get('/track/') for 1 .. 5;
    my $free = time - $start;

    is(scalar(grep { Wismo::Http::response($_)->status == 404 } @held), 20,
       'all are answered');

    my $all = time - $start;

    cmp_ok($free, '<', $all, 'others were first');
    cmp_ok($all, '<', 20 * 0.1, 'they waited together');
}


# Who does not wait for the answer leaves nothing behind

{
    for (1 .. 20) {
        my $s = Wismo::Http::open($t->port);
        my $body = "order=nobody&proof=no\@shop.example";

        print $s "POST /track/ HTTP/1.1\r\nHost: localhost\r\n"
            . "Content-Length: " . length($body) . "\r\n\r\n$body";
        close $s;
    }

    is($t->get('/track/')->status, 200, 'it goes on');
}

done_testing;
