package Bench;

# The bench as a whole: its directory, Redis, orders and what all servers
# share.  The parts (Bench::Pages, Bench::Fetch) are given it.

use strict;
use warnings;

use File::Path ();
use File::Temp ();
use JSON::PP ();
use Time::HiRes qw(time);

use Wismo::Process qw(run spawn end slurp spew);
use Wismo::Redis;

my $json = JSON::PP->new->utf8->canonical;


sub new {
    my ($class, %opt) = @_;

    my $dir = File::Temp::tempdir('wismo-bench-XXXXXXXX', TMPDIR => 1);
    chmod 0755, $dir;

    my $self = bless {
        dir        => $dir,
        server_cpu => $ENV{BENCH_SERVER_CPU} // 0,
        client_cpu => $ENV{BENCH_CLIENT_CPU} // 1,
        owner      => $$,
        %opt,
    }, $class;

    # The workers are another user, who may not see the checkout.

    mkdir "$dir/$_" for qw(share state pages tmp);
    chmod 0777, "$dir/tmp";
    $self->must('cp', '-RL', (glob "$self->{build}/share/*"), "$dir/share");

    spew("$dir/link.key", "k1:a-link-secret-for-benchmarks-only\n");
    chmod 0640, "$dir/link.key";

    spew("$dir/http.conf", <<EOT
access_log off;
tcp_nodelay on;
keepalive_requests 100000000;
keepalive_timeout 600s;
EOT
        . join '', map { "${_}_temp_path $dir/tmp/$_;\n" }
          qw(client_body proxy fastcgi uwsgi scgi));

    my ($lua) = glob '/usr/lib/*/lua/5.1';

    $self->{vars} = {
        DIR     => $dir,
        MODULE  => "$self->{build}/ngx_wismo_module.so",
        MODULES => '/usr/lib/nginx/modules',
        LUA_C   => $lua // '',
        ZONE    => '32m',
    };

    return $self;
}


sub must {
    my ($self, @argv) = @_;
    my ($status, $out, $err) = run({ timeout => 900 }, @argv);

    die "@argv: $status\n$out$err" if $status != 0;

    return $out;
}


# What npm gives stays in the build directory for the next time.

sub install_node {
    my ($self) = @_;
    my $dir = $self->{node} = "$self->{build}/bench/node";
    my $peer = "$self->{root}/peers/node";

    my $lock = slurp("$peer/package-lock.json");
    my $stamp = "$dir/installed";

    $self->must('mkdir', '-p', $dir);
    $self->must('cp', (glob "$peer/*"), $dir);

    return if slurp($stamp) eq $lock;

    print STDERR "installing fastify, ioredis and undici\n";
    $self->must('npm', 'ci', '--prefix', $dir, '--no-audit', '--no-fund',
                '--ignore-scripts', '--loglevel', 'error');
    spew($stamp, $lock);
}


# A Redis of its own, on the core of the load.

sub redis {
    my ($self) = @_;

    $self->silence;
    $self->{redis}->stop if $self->{redis};

    $self->{redis} = Wismo::Redis->new($self->{dir},
        args => [ '--tcp-backlog', 511 ]);
    $self->{vars}{REDIS} = $self->{redis}->path;

    $self->must('taskset', '-acp', $self->{client_cpu},
                $self->{redis}->pid);

    # the fetcher's canary, while no fetcher is measured

    $self->{canary} = spawn("$self->{dir}/canary.out", {}, 'taskset', '-c',
        $self->{client_cpu}, 'redis-cli', '-s', $self->{redis}->path,
        '-r', -1, '-i', 1, 'SET', 'wo:{0}:!hb', 1, 'EX', 15);

    return $self->{redis};
}


sub silence {
    my ($self) = @_;

    end(delete $self->{canary}, 'TERM', 5) if $self->{canary};
}


sub config {
    my ($self, @carriers) = @_;
    my $file = "$self->{dir}/wismo.json";

    spew($file, $json->encode({
        v           => 1,
        state       => "$self->{dir}/state",
        redis       => { url => 'unix:' . $self->{redis}->path },
        carriers    => \@carriers,

        # peers show what was reported, however long ago

        @carriers ? () : (exceptions => JSON::PP::false),

        secret_file => "$self->{dir}/link.key",
    }));

    return $file;
}


# Makes orders and imports them on the server's core; what it took.

sub import_orders {
    my ($self, $count, $config, @carrier) = @_;
    my $dir = "$self->{dir}/orders";

    mkdir $dir;

    print STDERR "making $count orders\n";
    $self->must("$self->{root}/orders", $count, $dir, @carrier);

    print STDERR "importing them\n";

    my @before = times;
    my $redis = Bench::Measure::cpu_us($self->{redis}->pid);
    my $start = time();

    $self->must('taskset', '-c', $self->{server_cpu}, "$self->{build}/wismo",
        '--share', "$self->{dir}/share", 'import', '--quiet', '--config',
        $config, @carrier ? () : '--any-carrier', "$dir/orders.ndjson");

    my $took = time() - $start;
    my @after = times;

    return {
        orders => $count,
        rate   => $count / $took,
        cpu    => 1e6 * ($after[2] + $after[3] - $before[2] - $before[3])
                  / $count,
        redis  => (Bench::Measure::cpu_us($self->{redis}->pid) - $redis)
                  / $count,
    };
}


# What the same orders look like to a peer, and their numbers.

sub peers_data {
    my ($self) = @_;
    my $file = "$self->{dir}/orders/peers.resp";

    my ($status, $out, $err) = run({ timeout => 300 }, 'sh', '-c',
        'exec redis-cli -s "$0" --pipe <"$1"', $self->{redis}->path, $file);

    die "redis-cli --pipe: $out$err\n" unless $out =~ /errors: 0/;

    return [ split /\n/, slurp("$self->{dir}/orders/numbers") ];
}


# The words of Wismo's page that its peers use as well.

sub words {
    my ($self) = @_;

    my $all = $json->decode(slurp("$self->{dir}/share/html/locales/en.json"));
    my %step = (label_created => 0, picked_up => 1, in_transit => 2,
                out_for_delivery => 3, delivered => 4);
    my %sub = (label_created => 'announced', picked_up => 'collected',
               in_transit => 'moving', out_for_delivery => 'on_vehicle',
               delivered => 'generic');
    my %status;

    for my $status (keys %step) {
        $status{$status} = {
            %{ $all->{status}{$status}{ $sub{$status} } },
            milestone => $step{$status},
        };
    }

    my $words = {
        status => \%status,
        map({ $_ => $all->{$_} } qw(t steps)),
        days => [qw(Sun Mon Tue Wed Thu Fri Sat)],
        months => [qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec)],
    };

    spew("$self->{dir}/words.json", $json->encode($words));
    spew("$self->{dir}/style.css",
         slurp("$self->{dir}/share/html/track/style.css"));

    return $words;
}


sub machine {
    my $first = sub {
        my ($file, $pattern) = @_;
        return slurp($file) =~ $pattern ? $1 : '?';
    };

    my $version = sub {
        my ($pattern, @argv) = @_;
        my (undef, $out, $err) = eval { run({ timeout => 10 }, @argv) };
        return ($out // '') . ($err // '') =~ $pattern ? $1 : undef;
    };

    my @cpus = slurp('/proc/cpuinfo') =~ /^processor\b/mg;

    return {
        date   => do { my @t = gmtime;
                       sprintf '%04d-%02d-%02d', $t[5] + 1900, $t[4] + 1,
                               $t[3] },
        cpu    => $first->('/proc/cpuinfo', qr/^model name\s*:\s*(.*)$/m),
        cores  => scalar @cpus,
        kernel => $first->('/proc/sys/kernel/osrelease', qr/^(\d+\.\d+)/),
        nginx  => $version->(qr{nginx/([\d.]+)}, '/usr/sbin/nginx', '-v'),
        redis  => $version->(qr{v=([\d.]+)}, 'redis-server', '-v'),
        node   => $version->(qr{v([\d.]+)}, 'node', '-v'),
    };
}


sub DESTROY {
    my ($self) = @_;

    return if $self->{owner} != $$;

    $self->silence;
    $self->{redis}->stop if $self->{redis};
    File::Path::remove_tree($self->{dir}) unless $ENV{BENCH_KEEP};
    print STDERR "kept: $self->{dir}\n" if $ENV{BENCH_KEEP};
}


1;
