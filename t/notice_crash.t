#!/usr/bin/perl

# Lane: plain
#
# Fetchers that die at named places around each message, and at random: no
# notice is lost, none is sent three times, and a second copy has the id of
# the first. "WISMO_CHAOS=long" sends 96,000 through 100 kills.

use FindBin;
use lib "$FindBin::Bin/lib";

my ($long, %form);

BEGIN {
    $long = ($ENV{WISMO_CHAOS} // '') eq 'long';

    %form = $long ? (orders => 24000, kills => 100, every => 2,
                     patience => 600)
                  : (orders => 240, kills => 12, every => 0.5,
                     patience => 60);

    $ENV{WISMO_TIMEOUT} ||= $long ? 2400 : 240;
}

use Wismo::Test;

use Time::HiRes qw(sleep time);
use Wismo::Process qw(alive end slurp spawn spew);
use Wismo::Smtp;

use constant CHANNELS => 4;

{
    local %ENV = %ENV;
    delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS)};

    my $made = `make -s --no-print-directory -C $Wismo::Test::root \\
        BUILD=$Wismo::Test::build chaos-build 2>&1`;
    is($?, 0, 'the program with its crash points is built') or diag($made);
}

my $relay = Wismo::Smtp->new;

my $t = Wismo::Test->new(start => 0, http => join '', map { <<"EOT" }
    wismo_notify mail$_ {
        type mail;
        smtp smtp://127.0.0.1:${\ $relay->port};
        tls none;
        from orders$_\@shop.example;
        site https://shop.example;
        events order_confirmed;
        gap 0;
        daily 0;
        brake off;
    }
EOT
    1 .. CHANNELS);

my $dir = $t->dir;

system('install', '-m', '755', "$Wismo::Test::build/chaos/wismo",
       "$dir/bin/wismo");

$t->start;

# two fetchers, each with a directory of its own, as on two machines

my @pids;

for my $i (0, 1) {
    mkdir "$dir/state$i";
    spew("$dir/state$i.json", slurp("$dir/state/wismo.json")
        =~ s{"state":"[^"]*"}{"state":"$dir/state$i"}r);
}


sub fetcher {
    my ($i, %env) = @_;

    $pids[$i] = spawn("$dir/fetcher$i.log",
        { %{ $t->nginx->env }, WISMO_CRASH_AT => '', %env },
        "$dir/bin/wismo", '--share', "$dir/share", 'fetch', '--config',
        "$dir/state$i.json");
}


# The ledgers' words on the notices of all orders

sub states {
    my %state;

    for my $key (@{ $t->redis->call('KEYS', 'wn:*') }) {
        my %field = @{ $t->redis->call('HGETALL', $key) };
        my ($order) = $key =~ /:([^:]+)$/;

        for (keys %field) {
            $state{"$order/$1"} = $field{$_}
                if m{^n:mail(\d):order_confirmed$};
        }
    }

    return \%state;
}


sub settled {
    my ($n) = @_;
    my $states;

    wait_until {
        $states = states();
        keys %$states == $n
            && !grep { !/^(?:sent|unknown) / } values %$states
    } $form{patience}, 'all notices to be told';

    return $states;
}


# An order has one address, a message's id tells the channels apart.

sub judge {
    my ($what, $orders, $kills) = @_;

    my $states = settled($orders * CHANNELS);
    my %got;

    $got{ $_->{to} }{ $_->{id} }++ for @{ $relay->got };

    my ($lost, $twice, $more, $unknown) = (0, 0, 0, 0);

    my %unknown;
    $unknown{ $_ =~ s{/.*}{}r }++
        for grep { $states->{$_} =~ /^unknown/ } keys %$states;

    for my $order (map { s{/1$}{}r } grep { m{/1$} } keys %$states) {
        my $ids = $got{"o$order\@a.example"} || {};

        $lost += CHANNELS - keys(%$ids) - ($unknown{$order} || 0)
            if keys(%$ids) + ($unknown{$order} || 0) < CHANNELS;

        for (values %$ids) {
            $twice++ if $_ == 2;
            $more++ if $_ > 2;
        }
    }

    is($lost, 0, "$what: none is lost");
    is($more, 0, "$what: none is sent three times");
    cmp_ok($twice, '<=', $kills * 16, "$what: second copies ($twice)");
    cmp_ok(scalar keys %unknown, '<=', $kills,
           "$what: of few nobody knows (@{[ scalar keys %unknown ]})");
}


# Named places, one after the other

my $n = 1000;
my $orders = 0;

for my $place (qw(marked sent told)) {

    fetcher(0, WISMO_CRASH_AT => "$place:2");

    $t->put_order(++$n, { customer => { email => "o$n\@a.example" } });
    $orders++;

    ok(wait_until(sub { !alive($pids[0]) }, 20), "$place: it died");
    waitpid $pids[0], 0;

    fetcher(0);
    settled($orders * CHANNELS);
    end($pids[0]);
}

judge('at named places', $orders, 3);

diag(scalar(@{ $relay->got }) . " messages for " . $orders * CHANNELS);


# At random, and in the middle of it

my $began = time();
fetcher($_) for 0, 1;

my $pid = fork() // die "fork: $!\n";

if ($pid == 0) {
    for (1 .. $form{orders}) {
        my $number = "R$_";
        eval {
            $t->put_order($number,
                          { customer => { email => "o$number\@a.example" } });
        };
        redo if $@;
    }

    POSIX::_exit(0);
}

for (1 .. $form{kills}) {
    sleep $form{every} * (0.5 + rand);

    my $i = int rand 2;

    kill KILL => $pids[$i];
    waitpid $pids[$i], 0;
    fetcher($i);
}

waitpid $pid, 0;
is($?, 0, 'all orders were put');

$orders += $form{orders};
judge('at random', $orders, 3 + $form{kills});

diag(sprintf '%d notices, %d messages, %.0f s', $orders * CHANNELS,
     scalar @{ $relay->got }, time() - $began);

end($_) for @pids;
$relay->stop;

done_testing;
