package Bench::Fetch;

# The second part: what asking costs.  The real fetcher asks nginx, which
# answers as UPS does, about parcels that are all due, several times over: the
# first replies are news, the second ones are not, though parcels of one order
# have changed each other's document; the third are what most polls are, the
# fourth have one event more.  Both over HTTP and over TLS, each measured in
# its midst, when connections are open and the start is over.  Then what a
# claim costs Redis, and Node on the same replies.

use strict;
use warnings;

use JSON::PP ();
use POSIX qw(strftime);
use Time::HiRes qw(sleep time);

use Bench::FetchCount;
use Bench::Measure qw(cpu_us memory_kb median);
use Bench::Progress;
use Bench::Side;
use Wismo::Http;
use Wismo::Process qw(spawn alive end free_port slurp spew);

my $json = JSON::PP->new->canonical;

use constant PER_ORDER => 1.38;           # parcels, see t/bench/orders


# type, code, description, place, hours ago, hours east of UTC: newest first

my @activity = (
    [ 'I', 'AR', 'Arrived at Facility', [ 'Reno', 'NV', 'US' ], 3, -8 ],
    [ 'I', 'DP', 'Departed from Facility', [ 'Denver', 'CO', 'US' ], 17, -7 ],
    [ 'I', 'AR', 'Arrived at Facility', [ 'Denver', 'CO', 'US' ], 21, -7 ],
    [ 'I', 'DP', 'Departed from Facility', [ 'Omaha', 'NE', 'US' ], 30, -6 ],
    [ 'I', 'AR', 'Arrived at Facility', [ 'Omaha', 'NE', 'US' ], 34, -6 ],
    [ 'I', 'DP', 'Departed from Facility', [ 'Gary', 'IN', 'US' ], 43, -6 ],
    [ 'I', 'OR', 'Origin Scan', [ 'Gary', 'IN', 'US' ], 47, -6 ],
    [ 'P', 'XD', 'Drop-Off', [ 'Gary', 'IN', 'US' ], 51, -6 ],
    [ 'M', 'MP', 'Shipper created a label, UPS has not received the package '
                 . 'yet. ', [ '', '', 'US' ], 75, -6 ],
);

my @news = ('I', 'DP', 'Departed from Facility', [ 'Reno', 'NV', 'US' ], 1,
            -8);


my @ways = qw(http https);


sub run {
    my ($bench, %opt) = @_;

    my $self = bless { bench => $bench, now => time(), news => [] },
        __PACKAGE__;

    $self->carrier;
    $bench->redis;

    my $orders = int($opt{parcels} / PER_ORDER) || 1;

    $bench->import_orders($orders, $self->config('http'), 'ups',
        int($self->{now} / 86400 - 4) * 86400);

    my %result = (parcels => $self->due);
    my $progress = Bench::Progress->new(6 + !!$opt{count} + 2 * !!$opt{node});

    $self->pass('http', $result{parcels});
    $progress->step('first replies');

    $self->pass('http', $result{parcels});
    $progress->step('the same again');

    for my $way (@ways) {
        $result{$way}{unchanged} = $self->pass($way, $result{parcels});
        $progress->step("unchanged replies, $way");
    }

    for my $way (@ways) {
        $self->news($way eq 'http' ? 1 : (1, 0.5));
        $result{$way}{changed} = $self->pass($way, $result{parcels});
        $progress->step("replies with news, $way");
    }

    $result{claim} = $self->claim;

    if ($opt{count} && $result{parcels} > Bench::FetchCount::PARCELS) {
        $result{count} = $self->count($opt{parcels});
        $progress->step('instructions');
    }

    if ($opt{node}) {
        $bench->install_node;

        for my $way (@ways) {
            $result{$way}{node} = $self->node($way, $result{parcels});
            $progress->step("Node, $way");
        }
    }

    $self->{carrier}->stop;

    return \%result;
}


# A million parcels that are due later, and some that are due now.

sub scale {
    my ($bench, %opt) = @_;

    my $self = bless { bench => $bench, now => time(), news => [] },
        __PACKAGE__;

    $self->carrier;
    $bench->redis;
    $bench->import_orders(2000, $self->config('http'), 'ups',
        int($self->{now} / 86400 - 4) * 86400);

    my $due = $self->due;

    print STDERR "scheduling $opt{scheduled} more\n";

    for (my $i = 0; $i < $opt{scheduled}; $i += 10000) {
        my $to = $i + 10000 < $opt{scheduled} ? $i + 10000 : $opt{scheduled};

        $bench->{redis}->call('EVAL', <<'EOT', 0, $i + 1, $to, int(time()));
for i = ARGV[1], ARGV[2] do
    redis.call('ZADD', 'wd:{' .. i % 1024 .. '}:ups',
               (ARGV[3] + 3600 + i % 14400) * 1000, 'S' .. i .. '#p1')
end
EOT
    }

    my $pass = $self->pass('http', $due, 1);

    $self->{carrier}->stop;

    return { scheduled => $opt{scheduled} + $due, rss_kb => $pass->{rss_kb},
             polls => $due };
}


sub carrier {
    my ($self) = @_;
    my $bench = $self->{bench};

    $self->certificate;
    $self->{tls_port} = free_port();
    $self->{carrier} = Bench::Side->new($bench, 'carrier',
        cpu => $bench->{client_cpu},
        vars => { REPLY => $self->reply, TLS_PORT => $self->{tls_port} })
        ->start;

    spew("$bench->{dir}/ups.secret", "a-secret-for-benchmarks\n");
    chmod 0640, "$bench->{dir}/ups.secret";
}


# The carrier's certificate, and a directory of those that are believed with
# nothing else in it.

sub certificate {
    my ($self) = @_;
    my $bench = $self->{bench};
    my ($dir, $file) = ("$bench->{dir}/certs", "$bench->{dir}/carrier.crt");

    mkdir $dir;
    $bench->must('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:prime256v1', '-nodes', '-days', 2, '-subj',
        '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost',
        '-keyout', "$file.key", '-out', $file);
    spew("$dir/ca-certificates.crt", slurp($file));
    spew($file, slurp($file) . slurp("$file.key"));
    $bench->must('openssl', 'rehash', $dir);
}


sub url {
    my ($self, $way) = @_;

    return $way eq 'http' ? 'http://127.0.0.1:' . $self->{carrier}->port
                          : "https://localhost:$self->{tls_port}";
}


sub config {
    my ($self, $way) = @_;
    my $bench = $self->{bench};

    return $bench->config({
        name         => 'ups',
        adapter      => 'ups',
        base_url     => $self->url($way),
        values       => { client_id => 'bench' },
        secret_files => { secret => "$bench->{dir}/ups.secret" },
    });
}


sub program {
    my ($self, $way) = @_;
    my $bench = $self->{bench};

    return ("$bench->{build}/wismo", '--share', "$bench->{dir}/share",
            'fetch', '--config', $self->config($way));
}


# As UPS writes it; the number is the one that was asked for.

sub reply {
    my ($self) = @_;

    my @list = map {
        my ($type, $code, $text, $place, $ago, $east) = @$_;
        my $t = $self->{now} - $ago * 3600;
        my @local = gmtime $t + $east * 3600;
        my @utc = gmtime $t;

        {
            location => { address => { city => $place->[0],
                                       stateProvince => $place->[1],
                                       countryCode => $place->[2],
                                       country => $place->[2] } },
            status => { type => $type, code => $code, description => $text,
                        statusCode => '005' },
            date => strftime('%Y%m%d', @local),
            time => strftime('%H%M%S', @local),
            gmtDate => strftime('%Y%m%d', @utc),
            gmtTime => strftime('%H:%M:%S', @utc),
            gmtOffset => sprintf('%+03d:00', $east),
        }
    } reverse(@{ $self->{news} }), @activity;

    my $text = $json->encode({ trackResponse => { shipment => [ {
        inquiryNumber => '$number',
        package => [ {
            trackingNumber => '$number',
            deliveryDate => [ { type => 'SDD', date => strftime('%Y%m%d',
                                gmtime $self->{now} + 86400) } ],
            deliveryTime => { type => 'EOD', endTime => '230000' },
            activity => \@list,
            currentStatus => { type => 'I', code => '005',
                               description => 'On the Way',
                               simplifiedTextDescription => 'On the Way',
                               statusCode => '005' },
            weight => { unitOfMeasurement => 'LBS', weight => '2.60' },
            service => { code => '003', description => 'UPS Ground' },
            packageCount => 1,
        } ],
    } ] } });

    die "the reply is too long for nginx\n" if length $text > 4000;

    return $text;
}


# From now on the carrier knows of these events, too, so many hours ago.

sub news {
    my ($self, @ago) = @_;

    $self->{news} = [ map { [ @news[0 .. 3], $_, $news[5] ] } @ago ];

    $self->{carrier}->stop;
    $self->{carrier}{vars}{REPLY} = $self->reply;
    $self->{carrier}->start;
}


# Orders of their own, of which the carrier has told nothing yet.

sub count {
    my ($self, $parcels) = @_;
    my $bench = $self->{bench};

    $self->news;
    $bench->{redis}->call('FLUSHALL');
    $bench->import_orders(int($parcels / PER_ORDER) || 1,
        $self->config('http'), 'ups', int($self->{now} / 86400 - 4) * 86400);

    $parcels = $self->due;
    $self->pass('http', $parcels, 1);

    return Bench::FetchCount::run($self, $parcels, 'http');
}


# Everything is due; how many that is.

sub due {
    my ($self) = @_;

    return $self->{bench}{redis}->call('EVAL', <<'EOT', 0,
local n = 0
for i = 0, 1023 do
    local key = 'wd:{' .. i .. '}:ups'
    for _, parcel in ipairs(redis.call('ZRANGE', key, 0, -1)) do
        redis.call('ZADD', key, ARGV[1], parcel)
        n = n + 1
    end
end
return n
EOT
        int(time() * 1000));
}


# Without those of this function.

sub requests {
    my ($self) = @_;

    my $r = Wismo::Http::request($self->{carrier}->port, 'GET', '/requests');

    my ($n) = $r->body =~ /^\s*\d+\s+\d+\s+(\d+)\s*$/m
        or die "the carrier does not count\n";

    return $n - ++$self->{looked};
}


# Until each parcel was asked about once; figures between a tenth of them and
# nine.  "few" are too few for that.

sub pass {
    my ($self, $way, $parcels, $few) = @_;
    my $bench = $self->{bench};
    my $log = "$bench->{dir}/fetch.log";

    $self->due unless $few;

    # only the program sees the bench's certificates

    my @see = $way eq 'http' ? () : ('unshare', '-m', 'sh', '-c',
        'mount --bind "$0" /etc/ssl/certs && exec "$@"',
        "$bench->{dir}/certs");

    my $first = $self->requests;
    my $pid = spawn($log, {}, @see, 'taskset', '-c', $bench->{server_cpu},
        $self->program($way));

    my $sample = sub {
        return { requests => $self->requests - $first, time => time(),
                 cpu => cpu_us($pid),
                 redis => cpu_us($bench->{redis}->pid) };
    };

    my ($from, $to);
    my $last = { requests => 0, time => time() };

    while (1) {
        sleep 0.05;

        die "wismo fetch ended:\n" . slurp($log) unless alive($pid);

        my $now = $sample->();

        $from ||= $now if $now->{requests} >= $parcels * 0.1;

        if ($now->{requests} >= $parcels * 0.9) {
            $to ||= $now;
        }

        last if $now->{requests} >= $parcels;

        $last = $now if $now->{requests} > $last->{requests} + 10;

        die "the fetcher asks no more after $now->{requests} of $parcels:\n"
            . slurp($log) if $now->{time} > $last->{time} + 20;
    }

    my $rss = memory_kb($pid);

    # the last replies are still to be written

    sleep 0.5;
    end($pid, 'TERM', 10);

    return { rss_kb => $rss } if $few;

    my $n = $to->{requests} - $from->{requests};

    return {
        polls   => $n,
        rate    => $n / ($to->{time} - $from->{time}),
        cpu     => ($to->{cpu} - $from->{cpu}) / $n,
        redis   => ($to->{redis} - $from->{redis}) / $n,
        rss_kb  => $rss,
    };
}


# The fetcher's own script on its own schedules, called as it does where many
# are due, with a lease that is over at once: in us of Redis for a parcel.

sub claim {
    my ($self) = @_;
    my $redis = $self->{bench}{redis};

    $self->due;

    my $sha = $self->script;
    my @figures;

    $self->due;

    for my $round (1 .. 5) {
        my ($before, $got) = (cpu_us($redis->pid), 0);

        for my $first (0 .. 63) {
            for my $reply ($redis->pipeline(map {
                [ 'EVALSHA', $sha, 1, "wd:{$_}:ups", 16, 0 ]
            } map { $first * 16 + $_ } 0 .. 15)) {
                $got += @{ $reply->[2] };
            }
        }

        push @figures, (cpu_us($redis->pid) - $before) / ($got || 1);
    }

    return median(@figures);
}


# Its hash: that of the one call whose only key is a schedule.

sub script {
    my ($self) = @_;
    my $bench = $self->{bench};
    my $log = "$bench->{dir}/monitor.log";

    my $monitor = spawn($log, {}, 'redis-cli', '-s', $bench->{redis}->path,
                        'MONITOR');
    my $fetcher = spawn("$bench->{dir}/fetch.log", {},
        $self->program('http'));

    my $sha;

    for (1 .. 200) {
        sleep 0.05;
        ($sha) = slurp($log) =~ /"evalsha" "(\w{40})" "1" "wd:\{/i and last;
    }

    end($fetcher, 'TERM', 10);
    end($monitor, 'TERM', 10);

    die "the fetcher claims nothing\n" unless $sha;

    return $sha;
}


sub node {
    my ($self, $way, $parcels) = @_;
    my $bench = $self->{bench};
    my $file = "$bench->{dir}/parcels";

    spew($file, join '', map { sprintf "1Z%016d\n", $_ } 1 .. $parcels);

    my ($status, $out, $err) = Wismo::Process::run({ timeout => 600,
        env => { URL => $self->url($way), NUMBERS => $file,
                 REDIS => $bench->{redis}->path, CONNECTIONS => 16,
                 CA => $way eq 'http' ? ''
                       : "$bench->{dir}/certs/ca-certificates.crt" } },
        'taskset', '-c', $bench->{server_cpu}, 'node',
        "$bench->{node}/fetch.js");

    die "node: $out$err\n" if $status != 0;

    return $json->decode($out);
}


sub text {
    my ($result) = @_;

    my $count = $result->{count};

    return "\n" . Bench::Table::table(
        [ sprintf('Fetcher, %d parcels', $result->{parcels}),
          'polls per CPU second', 'CPU, us', 'Redis CPU, us', 'polls/s',
          'RSS, MB' ],
        map {
            my $way = $_;

            map {
                my ($name, $r) = ($_, $result->{$way}{$_});

                $r ? [ ($name eq 'node' ? 'Node, undici' : "$name reply")
                       . ", $way",
                       (map { defined $_ ? sprintf '%.0f', $_ : '' }
                        1e6 / $r->{cpu}, @$r{qw(cpu redis rate)}),
                       sprintf('%.0f', $r->{rss_kb} / 1024) ] : ()
            } qw(unchanged changed node)
        } @ways)
        . sprintf("\nclaiming: %.1f us of Redis for a parcel\n",
                  $result->{claim})
        . (!$count ? '' : "\n" . Bench::Table::table(
            [ 'instructions of a poll', qw(fetcher Redis) ],
            map { [ "$_ reply", map { defined $_ ? sprintf '%.0f', $_ : '' }
                    @{ $count->{$_} }{qw(fetcher redis)} ] }
            qw(unchanged changed)));
}


sub scale_text {
    my ($result) = @_;

    return sprintf "\nfetcher with %d parcels scheduled: %.0f MB after %d "
        . "polls\n", $result->{scheduled}, $result->{rss_kb} / 1024,
        $result->{polls};
}


sub targets {
    my ($result) = @_;
    my $http = $result->{http};

    return (
        [ 'unchanged poll, CPU in us', $http->{unchanged}{cpu}, 45 ],
        [ 'changed poll, CPU in us', $http->{changed}{cpu}, 90 ],
        [ 'unchanged poll, CPU of Redis in us', $http->{unchanged}{redis},
          10 ],
        [ 'changed poll, CPU of Redis in us', $http->{changed}{redis}, 40 ],
        [ 'claiming a parcel, CPU of Redis in us', $result->{claim}, 3 ],
        $http->{node}
            ? [ 'unchanged poll, times cheaper than Node',
                $http->{node}{cpu} / $http->{unchanged}{cpu}, 2.6, 1 ] : (),
    );
}


sub scale_targets {
    my ($result) = @_;

    return [ sprintf('fetcher, RSS in MB, %d scheduled', $result->{scheduled}),
             $result->{rss_kb} / 1024, 48 ];
}


1;
