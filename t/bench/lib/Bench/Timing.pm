package Bench::Timing;

# What the time of an answer tells who guesses: failures of each kind, one of
# each at the same moment, so that whatever else the machine does falls on all
# of them.  What each costs the server, too: CPU, and instructions, which are the
# same on a busy machine.
#
#   form    a look-up that fails: each waits for its 100 ms
#   page    an address that opens nothing: answered at once

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256);
use IO::Select;
use JSON::PP ();
use List::Util qw(shuffle sum);
use MIME::Base64 qw(encode_base64url);
use Time::HiRes qw(time);

use Bench::Instructions;
use Bench::Measure qw(cpu_us median);
use Bench::Progress;
use Bench::Side;
use Bench::Table qw(table spread);
use Wismo::Http;
use Wismo::Process qw(run spew);

use constant SECRET => 'a-link-secret-for-benchmarks-only';
use constant ORDERS => 2000;
use constant AT_ONCE => 128;
use constant COUNTED => 200;      # requests whose instructions are counted

my $json = JSON::PP->new->utf8->canonical;

my %kinds = (
    form => [ 'unknown order', 'wrong proof', 'erased order',
              'right proof, throttled' ],
    page => [ 'unknown order', 'order that may not be seen',
              'unknown tracking number', 'erased order' ],
    link => [ 'forged, unknown order', 'forged', 'expired' ],
);


sub run_timing {
    my ($bench, %opt) = @_;

    my $self = bless { bench => $bench, %opt }, __PACKAGE__;

    $bench->redis;
    $self->orders;

    my %result;

    $self->{side} = Bench::Side->new($bench, 'timing',
                                     vars => { ZONE => '64k' })->start;
    $self->throttle($self->{side}->port);

    my $progress = Bench::Progress->new(3 * $opt{rounds});

    for my $group (sort keys %kinds) {
        my %times;
        my %cpu;

        for my $round (1 .. $opt{rounds}) {
            $self->latency($group, \%times, $opt{samples} / $opt{rounds});
            $self->cpu($group, \%cpu, $round);
            $progress->step($group);
        }

        $result{$group} = [ map { {
            kind => $_, times => $times{$_}, cpu => $cpu{$_}
        } } @{ $kinds{$group} } ];
    }

    $self->{side}->stop;
    $self->instructions(\%result) if $opt{count};

    return summary(\%result);
}


# Orders with an address each; the first is tried too often, the last is
# erased.

sub orders {
    my ($self) = @_;
    my $bench = $self->{bench};
    my $config = $bench->config;
    my $file = "$bench->{dir}/timing.ndjson";

    print STDERR 'importing ' . ORDERS . " orders\n";

    spew($file, join '', map {
        $json->encode({
            number => "R-$_", customer => { email => "mail-$_\@shop.example" },
            items => [ { name => 'Lamp', quantity => 1 } ],
            shipments => [ { carrier => 'ups', tracking_number => "1ZBENCH$_",
                events => [ { time => '2026-11-20T10:00:00-05:00',
                              status => 'in_transit' } ] } ],
        }) . "\n"
    } 0 .. ORDERS - 1);

    for my $argv ([ qw(import --quiet --any-carrier), '--config', $config,
                    $file ],
                  map { [ qw(order erase), 'R-' . (ORDERS - $_), '--yes',
                          '--config', $config ] } 1 .. 100)
    {
        my ($status, $out, $err) = run({ timeout => 60 },
            "$bench->{build}/wismo", '--share', "$bench->{dir}/share", @$argv);

        die "wismo @$argv: $status\n$out$err" if $status != 0;
    }
}


sub throttle {
    my ($self, $port) = @_;

    print STDERR "failing a thousand times\n";
    $self->ask($port, AT_ONCE,
               map { [ post('R-0', "no-$_\@shop.example") ] } 1 .. 1001);
}


sub post {
    my ($order, $proof) = @_;
    my $body = "order=$order&proof=$proof";

    return "POST /track/ HTTP/1.1\r\nHost: shop.example\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}


sub get {
    return "GET /track/$_[0] HTTP/1.1\r\nHost: shop.example\r\n\r\n";
}


sub link_to {
    my ($order, $expires, $secret) = @_;
    my $said = 'f.' . ($expires - 86400) . ".$expires";
    my $mac = hmac_sha256("link\0$order\0$said", $secret);

    return get("$order?t=k1.$said." . encode_base64url(substr $mac, 0, 16));
}


# All requests of a group are of the same length.

sub request {
    my ($group, $kind) = @_;

    my $there = sprintf 'R-%04d', 1000 + int rand 800;
    my $gone = sprintf 'R-%04d', ORDERS - 1 - int rand 100;
    my $none = sprintf 'Q-%04d', 1000 + int rand 800;
    my $mail = 'mail-' . substr($there, 2) . '@shop.example';
    my $soon = time() + 86400;

    return $group eq 'form' ? (
        $kind eq 'unknown order' ? post($none, $mail)
        : $kind eq 'wrong proof' ? post($there, "nope-1234\@shop.example")
        : $kind eq 'erased order' ? post($gone, $mail)
        : post('R-0', 'mail-0@shop.example')
    ) : $group eq 'page' ? (
        $kind eq 'unknown order' ? get($none)
        : $kind eq 'order that may not be seen' ? get($there)
        : $kind eq 'unknown tracking number' ? get('1Z' . substr $none, 2)
        : get($gone)
    ) : (
        $kind eq 'forged, unknown order' ? link_to($none, int $soon, 'no')
        : $kind eq 'forged' ? link_to($there, int $soon, 'no')
        : link_to($there, int($soon - 2 * 86400), SECRET)
    );
}


# Sends requests, those of one list at the same moment, and takes their
# answers: what each took, in microseconds, in lists as they came.

sub ask {
    my ($self, $port, $at_once, @lists) = @_;

    my $select = IO::Select->new;
    my (%sock, @took);
    my $next = 0;

    my $send = sub {
        my (@socks) = @_;
        my $n = $next++;

        for my $i (0 .. $#socks) {
            $sock{ $socks[$i] } = { n => $n, i => $i, all => \@socks,
                                    at => time() };
            syswrite $socks[$i], $lists[$n][$i];
        }
    };

    for (1 .. $at_once) {
        last if $next == @lists;

        my @socks = map { Wismo::Http::open($port) } @{ $lists[0] };

        $select->add(@socks);
        $send->(@socks);
    }

    while ($select->count) {
        my @ready = $select->can_read(10) or die "no answer\n";
        my $now = time();

        for my $sock (@ready) {
            my $s = $sock{$sock};

            sysread $sock, $s->{in}, 65536, length($s->{in} // '')
                or die "closed: " . ($s->{in} // '') . "\n";
            $s->{in} =~ m{^HTTP/1\.1\ (\d+)\ .*?
                          ^Content-Length:\ (\d+)\b.*?\r\n\r\n}xsmi
                or next;
            next if length($s->{in}) < $+[0] + $2;
            die "status $1, not 404\n" if $1 != 404;

            $took[ $s->{n} ][ $s->{i} ] = ($now - $s->{at}) * 1e6;
            $s->{in} = '';
            $s->{done} = 1;

            next if grep { !$sock{$_}{done} } @{ $s->{all} };

            if ($next < @lists) {
                $send->(@{ $s->{all} });

            } else {
                $select->remove(@{ $s->{all} });
            }
        }
    }

    return @took;
}


# One of each kind at the same moment, in an order drawn by lot: nginx counts
# its 100 ms in whole ones, so two that come apart differ by more than what is
# looked for.

sub latency {
    my ($self, $group, $times, $n) = @_;

    my @kinds = @{ $kinds{$group} };
    my @orders = map { [ shuffle(0 .. $#kinds) ] } 1 .. $n;
    my @took = $self->ask($self->{side}->port, $group eq 'form' ? 16 : 1,
        map { [ map { request($group, $kinds[$_]) } @$_ ] } @orders);

    for my $n (0 .. $#orders) {
        for my $i (0 .. $#kinds) {
            push @{ $times->{ $kinds[ $orders[$n][$i] ] } }, $took[$n][$i];
        }
    }
}


sub cpu {
    my ($self, $group, $cpu, $round) = @_;

    my @kinds = @{ $kinds{$group} };
    @kinds = reverse @kinds if $round % 2;

    for my $kind (@kinds) {
        my $n = 4 * AT_ONCE;
        my @requests = map { [ request($group, $kind) ] } 1 .. $n;
        my $before = cpu_us($self->{side}->worker);

        $self->ask($self->{side}->port, AT_ONCE, @requests);

        push @{ $cpu->{$kind} },
            (cpu_us($self->{side}->worker) - $before) / $n;
    }
}


sub instructions {
    my ($self, $result) = @_;

    my $count = Bench::Instructions->new($self->{bench}, 'timing',
                                         vars => { ZONE => '64k' });
    my $port = $count->{side}->port;

    $self->throttle($port);

    for my $group (sort keys %$result) {
        for my $row (@{ $result->{$group} }) {
            my $at_once = $group eq 'form' ? COUNTED : 1;
            my @requests = map { [ request($group, $row->{kind}) ] }
                1 .. COUNTED;

            $self->ask($port, $at_once, @requests);
            defined $count->dump or return;

            $self->ask($port, $at_once, @requests);
            my $total = $count->dump;

            $row->{instructions} = $total / COUNTED if defined $total;
        }
    }

    $count->stop;
}


# The chance that two such samples, or more different ones, are of the same
# distribution (Kolmogorov and Smirnov, for many).

sub same {
    my ($one, $two) = @_;
    my @all = sort { $a->[0] <=> $b->[0] }
        (map { [ $_, 1 / @$one ] } @$one), (map { [ $_, -1 / @$two ] } @$two);
    my ($sum, $most) = (0, 0);

    for my $i (0 .. $#all) {
        $sum += $all[$i][1];
        next if $i < $#all && $all[$i + 1][0] == $all[$i][0];
        $most = abs $sum if abs $sum > $most;
    }

    my $n = @$one * @$two / (@$one + @$two);
    my $l = (sqrt($n) + 0.12 + 0.11 / sqrt $n) * $most;
    my $p = 2 * sum(map { (-1) ** ($_ - 1) * exp(-2 * $_ ** 2 * $l ** 2) }
                    1 .. 100);

    return $p < 0 ? 0 : $p > 1 ? 1 : $p;
}


sub summary {
    my ($result) = @_;

    for my $group (values %$result) {
        my $first = $group->[0];

        for my $row (@$group) {
            my @times = sort { $a <=> $b } @{ $row->{times} };

            $row->{n} = @times;
            $row->{latency} = median(@times);
            $row->{quartiles} = [ @times[ @times / 4, 3 * @times / 4 ] ];
            $row->{same} = same($first->{times}, \@times) if $row != $first;
            $row->{cpu_us} = { median => median(@{ $row->{cpu} }),
                               all => $row->{cpu} };
        }

        for my $row (@$group) {
            $row->{apart} = median(map {
                $row->{times}[$_] - $first->{times}[$_]
            } 0 .. $row->{n} - 1);
            $row->{cpu_apart} = median(map {
                $row->{cpu}[$_] - $first->{cpu}[$_]
            } 0 .. $#{ $row->{cpu} });
        }

        delete $_->{times} for @$group;
    }

    return $result;
}


sub text {
    my ($r) = @_;
    my %title = (form => 'Look-up form, answered after 100 ms',
                 page => 'Address that opens nothing',
                 link => 'Signed link');

    return join '', map {
        my $group = $_;

        "\n" . table(
            [ $title{$group}, 'times', 'client, us', 'apart', 'p',
              'server CPU, us', 'apart', 'instructions' ],
            map {
                [ $_->{kind}, $_->{n},
                  sprintf('%.0f (%.0f-%.0f)', $_->{latency},
                          @{ $_->{quartiles} }),
                  sprintf('%+.1f', $_->{apart}),
                  defined $_->{same} ? sprintf('%.2f', $_->{same}) : undef,
                  spread('%.1f', $_->{cpu_us}{median}, @{ $_->{cpu} }),
                  sprintf('%+.1f', $_->{cpu_apart}),
                  defined $_->{instructions}
                      ? sprintf('%.0f', $_->{instructions}) : undef ]
            } @{ $r->{$group} })
    } qw(form page link);
}


sub targets {
    my ($r) = @_;
    my ($most) = sort { $b <=> $a } map { map { abs $_->{apart} } @$_ }
        values %$r;

    return [ 'failures, medians apart, us', $most, 20 ];
}


1;
