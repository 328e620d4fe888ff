#!/usr/bin/perl

# nginx replaced by another binary while it runs: for a while there are two
# masters and two fetchers, of which one works and one stands by.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(alive slurp);

my $t = Wismo::Test->new(fetcher => 1);
my $nginx = $t->nginx;

ok wait_until(sub { $t->fetchers == 1 }, 5), 'one fetcher';

my ($first) = $t->fetchers;
my $old = $nginx->pid;

kill USR2 => $old;

ok wait_until(sub { $nginx->pid && $nginx->pid != $old && $nginx->workers },
    10), 'a new master';
ok wait_until(sub { $t->fetchers == 2 }, 5), 'has a fetcher of its own';
ok alive($first), 'beside the first';
is $t->get('/wismo/ready')->status, 200, 'the page is ready';

my ($second) = grep { $_ != $first } $t->fetchers;

sleep 1;
is_deeply [ sort { $a <=> $b } holders() ], [ $first ],
    'the first one still holds the lock';

kill QUIT => $old;

ok wait_until(sub { !alive($old) }, 10), 'the old master quits';
ok wait_until(sub { my @now = $t->fetchers; @now == 1 && $now[0] == $second },
    5), 'the second fetcher remains';
ok wait_until(sub { join(',', holders()) eq $second }, 5), 'and has the lock';
is $t->get('/wismo/ready')->status, 200, 'the page is ready';

ok $nginx->upgrade, 'once more';
ok wait_until(sub { my @now = $t->fetchers; @now == 1 && $now[0] != $second },
    10), 'one fetcher, another one';


# Who holds the lock, by the kernel's own list.

sub holders {
    my @stat = stat $t->dir . '/state/fetcher.lock' or return;

    return map { /FLOCK\s+\S+\s+\S+\s+(\d+)\s+[\da-f]+:[\da-f]+:$stat[1]\s/
                 && $_ !~ /->/ ? $1 : () }
        split /\n/, slurp('/proc/locks');
}


done_testing;
