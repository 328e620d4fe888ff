package Bench::Live;

# Live pages beside nchan: what an open page costs in memory, and what a
# change costs that goes to all who watch one order, or that each of as many
# orders has, with one who watches it.  The sides take turns.

use strict;
use warnings;

use IPC::Open2 ();
use Bench::Measure qw(cpu_us memory_kb median);
use Bench::Progress;
use Bench::Side;
use Bench::Table qw(table spread);
use Wismo::Http;
use Wismo::Process qw(spew end children wait_until);
use Wismo::Seed ();

my @sides = (
    { name => 'Wismo', conf => 'wismo' },
    { name => 'nchan', conf => 'nchan' },
);


sub run {
    my ($bench, %opt) = @_;

    my $self = bless { bench => $bench, n => $opt{streams},
                       rounds => $opt{rounds} }, __PACKAGE__;

    $self->{sse} = "$bench->{dir}/sse";
    $bench->must('gcc', '-std=gnu11', '-O2', '-o', $self->{sse},
                 "$bench->{root}/sse.c");

    $bench->redis;
    $bench->import_orders($self->{n}, $bench->config);

    open my $fh, '<', "$bench->{dir}/orders/numbers" or die $!;
    chomp(my @numbers = <$fh>);
    $self->{numbers} = \@numbers;
    $self->{version} = 1;

    my @peers = $opt{nchan} ? @sides : $sides[0];
    my $progress = Bench::Progress->new(2 * @peers * (1 + $self->{rounds}));
    my @results;

    for my $mode (qw(one each)) {

        for my $side (@peers) {
            $progress->step("streams: $side->{name}, $mode");
            push @results, $self->measure($side, $mode, $progress);
        }
    }

    return { streams => $self->{n}, rows => \@results };
}


sub measure {
    my ($self, $which, $mode, $progress) = @_;
    my $bench = $self->{bench};

    my $side = Bench::Side->new($bench, $which->{conf},
                                connections => 16384)->start;

    wait_until { children($side->{pid}) } 10;

    my @pids = $side->pids;
    my @redis = $bench->{redis}->pid;
    my $worker = $side->worker;

    my $file = "$bench->{dir}/paths";
    my @channels = $mode eq 'one' ? $self->{numbers}[0]
                                  : @{ $self->{numbers} };

    spew($file, join '', map { "$_\n" } map {
        $which->{conf} eq 'nchan' ? "/sub/$_"
                                  : "/track/$_/live?v=9999999999"
    } @channels);

    # The first requests find what a worker allocates once.

    Wismo::Http::request($side->port, 'GET', '/none') for 1 .. 5;

    my ($out, $in);
    my $pid = IPC::Open2::open2($out, $in, 'taskset', '-c',
        $bench->{client_cpu}, $self->{sse}, $side->port, $self->{n}, $file);

    my $ask = sub {
        print $in "@_\n";
        my $line = <$out> // die "sse ended: " . $side->log . "\n";
        return split ' ', $line;
    };

    my $before = memory_kb($worker);

    $ask->('open');

    my %result = (
        name => $which->{name},
        mode => $mode,
        idle => 1024 * (memory_kb($worker) - $before) / $self->{n},
    );

    # the first events, which make what the later ones find

    for my $round (0 .. $self->{rounds}) {
        my ($to, $text) = $self->events($which, $side, @channels);

        spew("$file.send", $text);

        my ($cpu, $redis) = (cpu_us(@pids), cpu_us(@redis));
        my (undef, $us, $median) = $ask->('deliver', $to, "$file.send",
                                          $self->{n});

        next unless $round;

        push @{ $result{cpu}{all} }, (cpu_us(@pids) - $cpu) / $self->{n};
        push @{ $result{redis}{all} }, (cpu_us(@redis) - $redis) / $self->{n};
        push @{ $result{wall}{all} }, $us / 1000;
        push @{ $result{half}{all} }, $median / 1000;

        $progress->step("streams: $which->{name}, $mode");
    }

    $result{$_}{median} = median(@{ $result{$_}{all} })
        for qw(cpu redis wall half);
    $result{after} = 1024 * (memory_kb($worker) - $before) / $self->{n};

    print $in "quit\n";
    end($pid, 'TERM', 10);
    $side->stop;

    return \%result;
}


# A new version of each order, as a commit writes and tells it; for nchan the
# same words, published.

sub events {
    my ($self, $which, $side, @numbers) = @_;
    my $version = ++$self->{version};

    if ($which->{conf} eq 'nchan') {
        my $body = qq({"version":$version,"status":"in_transit"});

        return ($side->port, join '', map {
            "POST /pub/$_ HTTP/1.1\r\nHost: shop.example\r\n"
            . "Content-Type: application/json\r\nContent-Length: "
            . length($body) . "\r\n\r\n$body"
        } @numbers);
    }

    return ($self->{bench}{redis}->path, join '', map {
        join '', map { command(@$_) }
            [ 'MULTI' ],
            [ 'SETRANGE', Wismo::Seed::key($_), 4,
              sprintf '%010d', $version ],
            [ 'PUBLISH', 'w:ev', "$_ $version" ],
            [ 'EXEC' ]
    } @numbers);
}


sub command {
    return join '', '*' . @_ . "\r\n",
                map { '$' . length($_) . "\r\n$_\r\n" } @_;
}


sub text {
    my ($result) = @_;

    return "\n" . table(
        [ "$result->{streams} streams", 'memory of an idle one, kB',
          'after changes, kB', 'server CPU a delivery, us',
          'Redis CPU a delivery, us', 'until half have it, ms',
          'until all have it, ms' ],
        map {
            my $r = $_;
            my $f = sub {
                my ($format, $name) = @_;
                return spread($format, $r->{$name}{median},
                              @{ $r->{$name}{all} });
            };

            [ "$r->{name}, " . ($r->{mode} eq 'one' ? 'one order'
                                                    : 'an order each'),
              sprintf('%.2f', $r->{idle} / 1024),
              sprintf('%.2f', $r->{after} / 1024),
              $f->('%.1f', 'cpu'),
              $r->{redis}{median} < 0.05 ? undef : $f->('%.1f', 'redis'),
              $f->('%.0f', 'half'), $f->('%.0f', 'wall') ]
        } @{ $result->{rows} });
}


sub targets {
    my ($result) = @_;
    my %row = map { ("$_->{name} $_->{mode}" => $_) } @{ $result->{rows} };
    my ($one, $each, $nchan) = @row{'Wismo one', 'Wismo each', 'nchan one'};

    return (
        [ 'an idle stream, kB', $one->{idle} / 1024, 6 ],
        [ 'one commit to all, ms', $one->{wall}{median},
          130 * $result->{streams} / 10000 ],
        $nchan ? [ '... beside nchan', $one->{wall}{median}
                   / $nchan->{wall}{median}, 0.96 ] : (),
        [ '... CPU a delivery, us', $one->{cpu}{median}, 12 ],
        [ 'a commit to each, CPU a delivery, us', $each->{cpu}{median}, 25 ],
    );
}


1;
