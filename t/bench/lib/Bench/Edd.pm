package Bench::Edd;

# Delivery dates: how good they are on a file of deliveries, beside the lane's
# median and the shop's promise; how long a million takes; and what an
# estimate before purchase costs nginx beside a stored order's JSON, both with
# one read of Redis, in CPU, in turn, and in instructions, which are the same on
# a busy machine.

use strict;
use warnings;

use JSON::PP ();
use Time::HiRes ();
use Bench::Instructions;
use Bench::Measure qw(slice median);
use Bench::Side;
use Bench::Table qw(table);
use Digest::SHA qw(sha256_hex);
use Wismo::History;
use Wismo::Process qw(run spew);

use constant KEY => 'a-key-for-benchmarks';
use constant ASKED => 400;
use constant ROUNDS => 8;


sub run_edd {
    my ($bench, %opt) = @_;

    my $self = bless { bench => $bench, %opt }, __PACKAGE__;
    my %result;

    my $made = "$bench->{dir}/history.csv";
    my @rows = history(n => 20000, per_day => 60, drift => 0.4,
                       start => time - 340 * 86400);

    write_history($made, @rows);

    print STDERR "replaying deliveries\n";

    $result{backtest} = $self->wismo('backtest', '-q', '--json',
        $opt{history} || $made, $opt{from} ? ('--from', $opt{from}) : ());
    $result{made} = !$opt{history};
    $result{learn} = $self->million($opt{deliveries}, \@rows);

    $self->estimate(\%result, $made, \@rows) if $opt{count};

    return \%result;
}


sub wismo {
    my ($self, @args) = @_;

    my ($status, $out, $err) = run({ timeout => 600 }, 'taskset', '-c',
        $self->{bench}{server_cpu}, "$self->{bench}{build}/wismo", 'edd',
        @args);

    die "wismo edd @args: $err\n" if $status != 0;

    return JSON::PP::decode_json($out);
}


# The same parcels over and over, each time later.

sub million {
    my ($self, $n, $rows) = @_;
    my $file = "$self->{bench}{dir}/many.csv";

    open my $fh, '>', $file or die "$file: $!\n";
    print $fh join(',', @history_columns), "\n";

    for my $i (0 .. $n - 1) {
        my $row = $rows->[$i % @$rows];
        my $year = 1980 + int($i / @$rows);

        print $fh join(',', map {
            my $v = $row->{$_};
            /_at$/ ? do { $v =~ s/^(\d+)/$1 - 2020 + $year/e; $v } : $v
        } @history_columns), "\n";
    }

    close $fh or die "$file: $!\n";

    # of the children only this one

    my @before = times;
    my $told = $self->wismo('backtest', '-q', '--json', $file);
    my @after = times;

    unlink $file;

    return { deliveries => $n, refused => $told->{refused},
             cpu => $after[2] + $after[3] - $before[2] - $before[3],
             replay => $told->{seconds} };
}


sub estimate {
    my ($self, $result, $made, $rows) = @_;
    my $bench = $self->{bench};

    $bench->redis;

    my $config = $bench->config;

    $bench->import_orders($self->{orders}, $config);
    spew("$bench->{dir}/api.keys", 'bench:' . sha256_hex(KEY) . "\n");
    chmod 0640, "$bench->{dir}/api.keys";
    $self->wismo('train', '-q', '--json', '--config', $config, $made);

    open my $fh, '<', "$bench->{dir}/orders/numbers" or die $!;
    chomp(my @numbers = <$fh>);
    splice @numbers, ASKED;

    my $key = "\t\t\t" . KEY;
    my %paths = (
        json     => [ map { "/track/$_.json" } @numbers ],
        stored   => [ map { "/wismo/api/v1/orders/$_$key" } @numbers ],
        estimate => [ map {
            my $row = $rows->[-$_];
            '/wismo/api/v1/estimate?' . join('&',
                map { "$_=$row->{$_}" } qw(origin destination carrier service))
                . $key
        } 1 .. ASKED ],
    );

    my $count = Bench::Instructions->new($bench, 'edd',
                                         vars => { ZONE => '64k' });

    $result->{instructions} = {
        map { $_ => $count->of($paths{$_}) } sort keys %paths
    };

    $count->stop;

    my $side = Bench::Side->new($bench, 'edd', vars => { ZONE => '64k' })
        ->start;
    my $cpu = sub {
        my ($kind, $seed) = @_;
        my $file = "$bench->{dir}/$kind.paths";

        spew($file, join '', map { "$_\n" } @{ $paths{$kind} })
            unless -e $file;

        return slice($bench, side => $side, file => $file, secs => 1,
                     seed => $seed)->{cpu};
    };

    $cpu->($_, 1) for qw(json estimate);

    $result->{cpu} = [ map { $cpu->(estimate => $_) / $cpu->(json => $_) }
                       2 .. 1 + ROUNDS ];

    $side->stop;
}


sub text {
    my ($r) = @_;
    my @rows;

    for my $stage (qw(purchase handover)) {
        my $own = $r->{backtest}{$stage};

        for my $row ([ "from $stage", $own ],
                     [ 'lane median', $own->{lane_median} ],
                     [ "shop's promise", $own->{promise} ])
        {
            my ($name, $f) = @$row;
            next if !$f->{n};

            push @rows, [ $name, $f->{n}, sprintf('%.2f', $f->{mae_days}),
                map { defined $_ ? sprintf('%.1f', $_) : '' }
                    100 * ($f->{coverage80} // $f->{on_time}),
                    $f->{mean_width_days} ];
        }
    }

    my $text = "\nDelivery dates"
        . ($r->{made} ? ', of parcels that never were' : '') . "\n\n"
        . table([ '', 'n', 'off by, days', 'holds, %', 'wide, days' ], @rows)
        . sprintf("\n%d deliveries learnt and predicted: %.1f s of CPU\n",
                  @{ $r->{learn} }{qw(deliveries cpu)});

    if (my $i = $r->{instructions}) {
        $text .= sprintf("instructions: estimate %.0f, order %.0f, "
            . "page's .json %.0f\n", @$i{qw(estimate stored json)})
            . sprintf("CPU of an estimate beside the .json: %.2f (%s)\n",
                      median(@{ $r->{cpu} }),
                      join ', ', map { sprintf '%.2f', $_ } @{ $r->{cpu} });
    }

    return $text;
}


sub targets {
    my ($r) = @_;
    my @targets = ([ '1,000,000 deliveries, s',
                     $r->{learn}{cpu} * 1e6 / $r->{learn}{deliveries}, 60 ]);

    for my $stage (qw(purchase handover)) {
        my $own = $r->{backtest}{$stage};

        push @targets,
            [ "error from $stage / lane median", $own->{mae_ratio}, 0.85 ],
            [ "$stage: range, days", $own->{mean_width_days}, 15 ];
    }

    push @targets, [ 'estimate / .json, CPU', median(@{ $r->{cpu} }), 1.5 ]
        if $r->{cpu};

    return @targets;
}


1;
