#!/usr/bin/perl

# Somebody guesses, from many addresses, at orders with numbers in a row, with
# what most people might have: nobody's order is opened, the error log tells,
# and shoppers with a link notice nothing.
#
# WISMO_GUESSES=100000 is the long form, over ten times as many orders.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

use IO::Select;

my $guesses = $ENV{WISMO_GUESSES} || 10_000;
my $orders = $guesses / 10;
my $clients = 1000;

# On a busy machine Redis may be late.  An answer that says "not now" has tried
# nothing, so the guess is made again, until it was one.

my $t = Wismo::Test->new(fetcher => 1, workers => 2, start => 0,
    http => "    keepalive_requests 1000000;\n", locations => <<'EOT');
        location /track/ { wismo_track; wismo_order_only none; }
        location = /wismo/ready { wismo_health ready; }
EOT

$t->{opt}{conf} = $t->conf
    =~ s/(wismo_redis %%REDIS%%)/$1 timeout=5s connect_timeout=5s/r;
$t->start;

alarm 60 + $guesses / 50;
wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';

# 24 postcodes cover half of the orders, and everybody's mailbox is at one
# provider.

my @postcodes = map { sprintf '%05d', 10_000 + 37 * $_ } 0 .. 499;

sub postcode { my ($n) = @_; return $postcodes[$n % 2 ? $n % 24 : $n % 500] }

seed($t, map {
    my $order = order($_);

    $order->{customer}{email} = "shopper$_\@mail.example";
    $order->{ship_to}{postal_code} = postcode($_);
    $order;
} 1 .. $orders);


# Guesses: an order, and a likely postcode or one of the addresses of a leaked
# list, on which one in 200 is a shopper's.

my $state = 20261130;

sub pick {
    my ($n) = @_;

    $state = ($state * 1103515245 + 12345) & 0x7fffffff;

    return ($state >> 8) % $n;
}

sub guess {
    my $order = 1 + pick($orders);

    return ($order, pick(2) ? $postcodes[pick(24)]
                            : 'shopper' . (1 + pick(200 * $orders))
                              . '@mail.example');
}


# Many at once: each waits for its 100 ms.

my %sock;
my (%status, %opened, @again, $full, $minimal);
my ($sent, $done) = (0, 0);
($full, $minimal) = (0, 0);

my $select = IO::Select->new;

sub launch {
    my ($sock) = @_;

    my $guess = shift @again || [ guess() ];
    my $body = "order=$guess->[0]&proof=$guess->[1]";

    $sock{$sock}{guess} = $guess;

    print $sock "POST /track/ HTTP/1.1\r\nHost: localhost\r\n"
        . "Content-Length: " . length($body) . "\r\n\r\n$body";
    $sent++;
}

my $at_once = 200;

while ($done < $guesses) {

    while ($select->count < $at_once && $sent < $guesses) {
        my $n = ++$sock{n};
        my $from = sprintf '127.9.%d.%d', ($n % $clients) / 250,
                           $n % 250 + 1;
        my $sock = Wismo::Http::open($t->port, 10, $from);

        $sock{$sock} = { left => 5 };
        $select->add($sock);
        launch($sock);
    }

    for my $sock ($select->can_read(5)) {
        my $r = Wismo::Http::response($sock);
        my $s = $sock{$sock};

        $status{ $r ? $r->status : 0 }++;

        if (!$r || $r->status == 503) {
            push @again, $s->{guess};
            $sent--;

        } else {
            $done++;
        }

        if ($r && $r->status == 303) {
            my $pair = $t->pair($r);

            $pair =~ /=k1\.f\./ ? $full++ : $minimal++;
            $opened{ $s->{guess}[0] } = 1;
        }

        if (--$s->{left} && $r && $sent < $guesses) {
            launch($sock);
            next;
        }

        $select->remove($sock);
        delete $sock{$sock};
        close $sock;
    }
}

is($done, $guesses, 'all guesses are answered');
is(join(' ', grep { !/^(?:303|404|503)$/ } sort keys %status), '',
   'found or not found, or not now') or diag(explain(\%status));
cmp_ok($status{503} // 0, '<', $guesses / 10, 'nearly always now');
is(($status{303} // 0) + $status{404}, $guesses, 'found or not found');
cmp_ok($status{404}, '>', 0.9 * $guesses, 'mostly not');
is($full, 0, 'no order is opened');

# With five failures an order a day, guessing postcodes finds the minimal view
# of an order that has one of the most frequent ones, once in a while.

diag("$guesses guesses, $orders orders, $clients addresses: $full full, "
     . "$minimal minimal views");

cmp_ok($minimal, '<', $orders / 20, 'few minimal views');

like($t->nginx->log, qr/\[warn\].*wismo: 100 look-ups failed within a minute/,
     'somebody is told');

my ($some) = grep { !$opened{$_} } 1 .. $orders;
my $cookie = $t->pair($t->get($t->link($some)));

like($t->get("/track/$some", Cookie => $cookie)->body, qr/Lamp-$some\b/,
     'a link works');

done_testing;
