#!/usr/bin/perl

# A reload ends the streams of the old workers properly, a few at a time, and
# their processes go; who comes again misses nothing.  So does the end.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Live;
use Wismo::Process qw(alive);
use Wismo::Seed;

use Time::HiRes qw(time);

my $t = Wismo::Test->new(workers => 2, fetcher => 1,
    http => 'wismo_live_limit client=500;');

seed($t, order('1001'));


sub streams {
    my ($n) = @_;

    my @s = map { Wismo::Live->new($t->port, '/track/1001/live') } 1 .. $n;

    $_->event for @s;

    return @s;
}


for my $round (1 .. 2) {
    my @streams = streams(100);
    my @old = $t->nginx->workers;

    kill HUP => $t->nginx->pid;

    my $start = time();
    my ($ended, @when) = (0);

    for my $s (@streams) {
        $ended++ if $s->ended(10);
        push @when, time() - $start;
    }

    is($ended, 100, "reload $round: all streams end properly");
    cmp_ok($when[-1] - $when[0], '>', 1, 'not all at once');
    cmp_ok($when[-1], '<', 6 * $ENV{WISMO_SLOW}, 'in a few seconds');
    ok(wait_until(sub { !grep { alive($_) } @old }, 10),
       'the old workers are gone');
}


# While nobody listened, something happened.

my ($s) = streams(1);
my $version = newer($t, '1001');

is($s->event->{version}, $version, 'a change');
$t->nginx->reload;
ok($s->ended(10), 'the end');

my $missed = newer($t, '1001');
my $again = Wismo::Live->new($t->port, '/track/1001/live',
    headers => { 'Last-Event-ID' => $version });

is($again->event->{version}, $missed, 'what was missed is told');


# worker_shutdown_timeout is shorter than our own patience.

$t->nginx->reload($t->conf =~ s/^/worker_shutdown_timeout 300ms;\n/r);
ok($again->ended(10), 'the stream of the last configuration');

my @last = streams(20);
my @old = $t->nginx->workers;
my $start = time();

$t->nginx->reload;
is(scalar(grep { $_->ended(10) } @last), 20, 'worker_shutdown_timeout: ended');
ok(wait_until(sub { !grep { alive($_) } @old }, 10), 'and gone');


# nginx stops, gracefully and at once.

@last = streams(20);
$t->nginx->stop('QUIT');
is(scalar(grep { $_->ended(10) } @last), 20, 'QUIT: ended properly');

$t->nginx->start($t->conf);
wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';
@last = streams(20);
$start = time();
$t->nginx->stop('TERM');
$_->ended(10) for @last;
is(scalar(grep { $_->{eof} } @last), 20, 'TERM: closed');
cmp_ok(time() - $start, '<', 2 * $ENV{WISMO_SLOW}, 'at once');

done_testing;
