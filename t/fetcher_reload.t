#!/usr/bin/perl

# A reload replaces the fetcher by one of the new configuration, and after it
# there is exactly one, whatever happened how fast.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(alive slurp);

my $t = Wismo::Test->new(fetcher => 1, workers => 2);
my $dir = $t->dir;


sub one {
    my ($not) = @_;

    return wait_until {
        my @now = $t->fetchers;
        @now == 1 && $now[0] != ($not || 0) && $now[0]
    } 10;
}


my $old = one();
ok $old, 'one fetcher';

ok $t->nginx->reload, 'reload';
my $new = one($old);
ok $new, 'another fetcher';
ok wait_until(sub { !alive($old) }, 5), 'instead of the old one';

$t->{opt}{scale} = 7;
ok $t->nginx->reload($t->conf), 'reload with another scale';
$new = one($new);
ok $new, 'another fetcher';
like slurp("$dir/state/wismo.json"), qr/"scale":7,/, 'with another scale';

ok $t->nginx->reload, "reload $_ of 5, one after the other" for 1 .. 5;
ok one(), 'one fetcher';

my $before = () = $t->nginx->log =~ /start worker process \d/g;

for (1 .. 10) {
    kill HUP => $t->nginx->pid;
    select undef, undef, undef, 0.05;
}

ok wait_until(sub {
    my $now = () = $t->nginx->log =~ /start worker process \d/g;
    $now > $before && $t->nginx->workers == 2
}, 20), '10 reloads within half a second';

# Signals that came together count once or twice: until nothing moves anymore.

$new = 0;

ok wait_until(sub {
    my $last = $new;
    sleep 1;
    $new = one();
    $new == $last
}, 20), 'one fetcher';

my $bad = $t->conf =~ s/wismo_redis [^;]+/wismo_redis http:\/\/x/r;
$t->nginx->allow(qr/invalid URL "http:\/\/x"/);

kill HUP => $t->nginx->pid
    if Wismo::Process::spew($t->nginx->{conf}, $t->nginx->whole($bad)) || 1;
ok wait_until(sub { $t->nginx->log =~ /\[emerg\].*invalid URL/ }, 5),
    'a broken configuration is refused';
is one(), $new, 'and the fetcher stays';

$t->{opt}{fetcher} = 0;
ok $t->nginx->reload($t->conf), 'reload with "off"';
ok wait_until(sub { !$t->fetchers }, 5), 'no fetcher';

$t->{opt}{fetcher} = 1;
ok $t->nginx->reload($t->conf), 'reload with "on"';
ok one(), 'one fetcher';

done_testing;
