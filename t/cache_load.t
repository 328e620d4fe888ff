#!/usr/bin/perl

# A zone of one megabyte under load, far too small for the orders that are asked
# for, while orders change, nginx reloads and workers are killed: every page is
# whole, is the right one, and none is an error.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(slurp spew);
use Wismo::Seed;

use IO::Uncompress::Gunzip ();
use POSIX ();
use Time::HiRes qw(sleep time);

# WISMO_CACHE_RELOADS=100 is the long form

my $reloads = $ENV{WISMO_CACHE_RELOADS} || 10;

alarm((120 + 10 * $reloads) * $ENV{WISMO_SLOW}) unless $ENV{WISMO_TIMEOUT};

my $kills = 6;
my $clients = 3;

my $t = Wismo::Test->new(fetcher => 1, workers => 2, start => 0, patient => 1,
                         http => 'wismo_order_only full;');
my $nginx = $t->nginx;

$t->{opt}{conf} = $t->conf =~ s/wismo_zone wismo:8m/wismo_zone wismo:1m/r;
$nginx->start($t->conf);
wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'nginx';

$nginx->allow(qr/worker process \d+ exited on signal 9/,
              qr/shared memory zone "wismo" was locked by \d+/);

my @numbers = map { sprintf 'load-%03d', $_ } 1 .. 150;
seed($t, map { order($_) } @numbers);

my @pids;
my $dir = $t->dir;

END { kill KILL => @pids if @pids }

for my $client (1 .. $clients) {
    defined(my $pid = fork) or die "fork: $!\n";

    if ($pid == 0) {
        eval { client($client) };
        POSIX::_exit($@ ? 1 : 0);
    }

    push @pids, $pid;
}


# Every text of an order has its number: any other is a leak.  A connection may
# be cut when a worker is killed, so the count of these is told apart.

sub client {
    my ($client) = @_;
    my (%seen, @wrong);
    my %etag;

    srand $client;

    until (-e "$dir/stop") {
        my $number = $numbers[int(@numbers * rand() ** 2)];
        my $json = rand() < 0.2 ? '.json' : '';
        my %headers = rand() < 0.6 ? ('Accept-Encoding' => 'gzip') : ();
        my $tag = $etag{"$number$json@{[%headers]}"};

        $headers{'If-None-Match'} = $tag if $tag && rand() < 0.3;

        my $r = eval { $t->get("/track/$number$json", %headers) };

        if (!$r || $r->status == 0 || $r->error) {
            $seen{cut}++;
            sleep 0.01;
            next;
        }

        $seen{ $r->status }++;

        next if $r->status == 304;

        if ($r->status != 200) {
            push @wrong, "$number$json: " . $r->status;
            next;
        }

        delete $headers{'If-None-Match'};
        $etag{"$number$json@{[%headers]}"} = $r->header('etag');

        my $text = $r->text // '';
        my @foreign = grep { $_ ne $number }
            $text =~ /(?:Lamp|City|Place|Departed)-(load-\d+)/g;

        push @wrong, "$number$json: @foreign" if @foreign;
        push @wrong, "$number$json: torn"
            unless $text =~ /Lamp-$number\b/
                   && $text =~ ($json ? qr/^\{.*\}\n?$/s
                                      : qr{^<!doctype.*</html>\s*$}s);
    }

    spew("$dir/client-$client", join '', map({ "$_ $seen{$_}\n" } keys %seen),
         map { "wrong $_\n" } @wrong);
}


# Meanwhile: changes, reloads, deaths

my $some = sub {
    for (1 .. 20) {
        my $number = $numbers[rand @numbers];

        damage($t, $number, sub { });
        sleep 0.005;
    }
};

my $reloaded = 0;

for (1 .. $reloads) {
    $some->();
    $reloaded++ if $nginx->reload;
}

is $reloaded, $reloads, 'reloads';

for (1 .. $kills) {
    $some->();

    my @workers = $nginx->workers;

    kill KILL => $workers[rand @workers];
    wait_until { 2 == (() = $nginx->workers) } 10;
}

$some->();

spew("$dir/stop", '');
waitpid $_, 0 for @pids;
@pids = ();

my (%seen, @wrong);

for my $client (1 .. $clients) {
    for (split /\n/, slurp("$dir/client-$client")) {
        /^wrong (.*)/ ? push @wrong, $1 : /^(\w+) (\d+)/ ? $seen{$1} += $2 : 0;
    }
}

is_deeply \@wrong, [], 'every page is whole and the right one'
    or diag join "\n", @wrong[0 .. ($#wrong > 9 ? 9 : $#wrong)];
cmp_ok $seen{200} || 0, '>', 500, 'pages were seen';
cmp_ok $seen{304} || 0, '>', 0, 'and those who had them already';
cmp_ok $seen{cut} || 0, '<=', 40 * $kills,
    'connections were cut by nothing but deaths';
diag join ', ', map { "$_: $seen{$_}" } sort keys %seen;

is $t->get("/track/$_")->status, 200, "$_ at the end" for @numbers[0 .. 4];

done_testing;
