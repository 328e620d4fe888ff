package Bench::Fetch;

# The second part: what asking costs.  The real fetcher asks nginx, which
# answers as UPS does, about parcels that are all due.  Four times over: the
# first replies are news, the second ones are not, though parcels of one order
# have changed each other's document; the third are what most polls are, the
# fourth have one event more.  The last two are measured, each in its midst,
# when connections are open and the start is over.

use strict;
use warnings;

use JSON::PP ();
use POSIX qw(strftime);
use Time::HiRes qw(sleep time);

use Bench::Measure qw(cpu_us memory_kb);
use Bench::Progress;
use Bench::Side;
use Wismo::Http;
use Wismo::Process qw(spawn alive end slurp spew);

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


sub run {
    my ($bench, %opt) = @_;

    my $self = bless { bench => $bench, now => time() }, __PACKAGE__;

    $self->{carrier} = Bench::Side->new($bench, 'carrier',
        cpu => $bench->{client_cpu},
        vars => { REPLY => $self->reply(@activity) })->start;

    spew("$bench->{dir}/ups.secret", "a-secret-for-benchmarks\n");
    chmod 0640, "$bench->{dir}/ups.secret";

    $bench->redis;

    my $config = $bench->config({
        name         => 'ups',
        adapter      => 'ups',
        base_url     => 'http://127.0.0.1:' . $self->{carrier}->port,
        values       => { client_id => 'bench' },
        secret_files => { secret => "$bench->{dir}/ups.secret" },
    });

    my $orders = int($opt{parcels} / PER_ORDER) || 1;

    $bench->import_orders($orders, $config, 'ups',
        int($self->{now} / 86400 - 4) * 86400);

    my %result = (parcels => $self->due);
    my $progress = Bench::Progress->new(4);

    $self->pass($config, $result{parcels});
    $progress->step('first replies');

    $self->pass($config, $result{parcels});
    $progress->step('the same again');

    $result{unchanged} = $self->pass($config, $result{parcels});
    $progress->step('unchanged replies');

    $self->{carrier}->stop;
    $self->{carrier}{vars}{REPLY} = $self->reply([ @news ], @activity);
    $self->{carrier}->start;

    $result{changed} = $self->pass($config, $result{parcels});
    $progress->step('replies with news');

    $self->{carrier}->stop;

    return \%result;
}


# As UPS writes it; the number is the one that was asked for.

sub reply {
    my ($self, @activity) = @_;

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
    } @activity;

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


sub requests {
    my ($self) = @_;

    my $r = Wismo::Http::request($self->{carrier}->port, 'GET', '/requests');

    my ($n) = $r->body =~ /^\s*\d+\s+\d+\s+(\d+)\s*$/m
        or die "the carrier does not count\n";

    return $n;
}


# Until a parcel was asked about once; figures between a tenth of them and
# nine.

sub pass {
    my ($self, $config, $parcels) = @_;
    my $bench = $self->{bench};
    my $log = "$bench->{dir}/fetch.log";

    $self->due;

    my $first = $self->requests;
    my $pid = spawn($log, {}, 'taskset', '-c', $bench->{server_cpu},
        "$bench->{build}/wismo", '--share', "$bench->{dir}/share", 'fetch',
        '--config', $config);

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

    my $n = $to->{requests} - $from->{requests};

    return {
        polls   => $n,
        rate    => $n / ($to->{time} - $from->{time}),
        cpu     => ($to->{cpu} - $from->{cpu}) / $n,
        redis   => ($to->{redis} - $from->{redis}) / $n,
        rss_kb  => $rss,
    };
}


sub text {
    my ($result) = @_;

    return "\n" . Bench::Table::table(
        [ sprintf('Fetcher, %d parcels', $result->{parcels}),
          'polls per CPU second', 'CPU, us', 'Redis CPU, us', 'polls/s',
          'RSS, MB' ],
        map {
            my $r = $result->{$_};

            [ "$_ reply", map { sprintf '%.0f', $_ } 1e6 / $r->{cpu},
              @$r{qw(cpu redis rate)}, $r->{rss_kb} / 1024 ]
        } qw(unchanged changed));
}


sub targets {
    my ($result) = @_;

    return (
        [ 'unchanged poll, CPU in us', $result->{unchanged}{cpu}, 45 ],
        [ 'changed poll, CPU in us', $result->{changed}{cpu}, 90 ],
        [ 'fetcher, RSS in MB', $result->{changed}{rss_kb} / 1024, 48 ],
    );
}


1;
