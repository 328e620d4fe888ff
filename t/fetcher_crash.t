#!/usr/bin/perl

# Whatever dies, there is a fetcher again: itself, the cache manager that
# watches it, a worker that has nothing to do with it.  One that dies at once
# is started more and more rarely.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(spew slurp);

my $t = Wismo::Test->new(fetcher => 1);
my $dir = $t->dir;

# nginx reaps the fetcher without having heard of it, and says so

$t->nginx->allow(qr/unknown process \d+ exited on signal (9|15)/);
$t->nginx->allow(qr/process \d+ exited on signal 9/);


sub one {
    my (@not) = @_;

    return wait_until {
        my @now = $t->fetchers;

        @now == 1 && !grep({ $_ == $now[0] } @not) && $now[0]
    } 10;
}


my $first = one();
ok $first, 'one fetcher';

kill KILL => $first;
my $second = one($first);
ok $second, 'killed: another one';

kill TERM => $second;
my $third = one($first, $second);
ok $third, 'ended: another one';
like $t->nginx->log, qr/\[error\].*fetcher, process $first, has ended/,
    'and that is told';

my $manager = $t->nginx->manager;
kill KILL => $manager;
my $fourth = one($first, $second, $third);
ok $fourth, 'the cache manager killed: another fetcher';
ok $t->nginx->manager && $t->nginx->manager != $manager,
    'under another cache manager';

my ($worker) = $t->nginx->workers;
kill KILL => $worker;
ok wait_until(sub { my ($w) = $t->nginx->workers; $w && $w != $worker }, 5),
    'a worker killed: another worker';
ok wait_until(sub { $t->get('/wismo/ready')->status == 200 }, 5),
    'which is ready';
is one(), $fourth, 'and the same fetcher';

kill STOP => $fourth;
is $t->get('/wismo/ready')->status, 200, 'a stopped fetcher stops nobody';
kill CONT => $fourth;
is one(), $fourth, 'and goes on';


# A program that fails at once, with what it has to say about it.

spew("$dir/broken", <<'EOT');
#!/bin/sh
echo "crit|it is broken"
printf 'warn|with a %1000s line and no end' long
exit 1
EOT
chmod 0755, "$dir/broken";

my $conf = $t->conf =~ s/program=\S+/program=%%DIR%%\/broken;/r;

ok $t->nginx->reload($conf), 'reload with a program that fails';

my @delays;
my $began = time;

ok wait_until(sub {
    @delays = $t->nginx->log =~
        /fetcher, process \d+, has ended.* again in (\d+) ms/g;
    splice @delays, 0, 2;
    return @delays >= 3;
}, 20), 'it was tried again';
cmp_ok scalar(@delays), '<=', 5 + (time - $began), 'but not in a loop';
cmp_ok $delays[$_], '>', 1.3 * $delays[$_ - 1], 'later than before'
    for 1 .. $#delays;

like $t->nginx->log, qr/\[crit\].* fetcher: it is broken/, 'its words';
like $t->nginx->log, qr/\[warn\].* fetcher: with a .* lon/, 'without an end';

unlink "$dir/broken";
spew("$dir/broken", "no program at all\n");
chmod 0755, "$dir/broken";

ok $t->nginx->reload($conf), 'reload with no program at all';
ok wait_until(sub { $t->nginx->log =~ /\[error\].*fetcher: execv\(\) failed/ },
    5), 'is told';

ok $t->nginx->reload($t->conf), 'reload with the right one';
ok one(), 'and there is a fetcher';

done_testing;
