#!/usr/bin/perl

# Attention: who looks at an order makes its next check come sooner.  One small
# letter for an order and a node, nobody waits for it, and no limit is broken.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

use POSIX qw(strftime);
use Time::Local qw(timegm);

# When the first parcel of a document was asked about, and will be: in the
# line of the header that is its own.  And its date.

use constant LINE => 153;

sub checked {
    my ($line) = substr document(@_), LINE;
    my ($y, $m, $d, $h, $i, $s) =
        $line =~ /^"(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)Z"/ or return 0;

    return timegm($s, $i, $h, $d, $m - 1, $y);
}

sub set_checked {
    my ($t, $number, @ago) = @_;

    $t->redis->call('SETRANGE', key($number), LINE, join ' ',
        map { strftime('"%Y-%m-%dT%H:%M:%SZ"', gmtime(time - $_)) } @ago);
}

sub due_key { (key($_[0]) =~ s/^wo(:\{\d+\}:).*/wd$1ups/r) }

sub score {
    my ($t, $number) = @_;

    return $t->redis->call('ZSCORE', due_key($number), "$number#p1") / 1000;
}

sub put_off {
    my ($t, $number, $seconds) = @_;

    $t->redis->call('ZADD', due_key($number), 'XX',
                    1000 * (time + $seconds), "$number#p1");
}

sub appended {
    my ($t) = @_;
    my ($n) = $t->redis->call('INFO', 'commandstats')
        =~ /^cmdstat_xadd:calls=(\d+)/m;

    return $n // 0;
}

sub put {
    my ($t, $number, $tracking) = @_;

    $t->sim->load(script => 'ups-delivered', number => $tracking,
                  age => '21h');
    $t->put_order($number, { shipments => [ { carrier => 'ups',
        tracking_number => $tracking } ] });

    return $t->wait_order($number, sub { $_->{status} eq 'in_transit' });
}


# A parcel whose date is far away, and whose last check is long ago

{
    my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 1,
        scale => 3600, sim => { start => '-3d', scale => 0 });

    put($t, 'A1', '1ZW15M090345000012');

    ok(wait_until { put_off($t, 'A1', 3600);
                    return time - checked($t, 'A1') > 6 } 20,
       'not checked for a while');

    my $before = $t->sim->count('ups');
    my $checked = checked($t, 'A1');

    is($t->get('/track/A1')->status, 200, 'somebody looks');
    ok(wait_until { $t->sim->count('ups') > $before } 10,
       'the carrier is asked');
    ok(wait_until { checked($t, 'A1') > $checked } 10,
       'and the page is fresh');
}


# At the pace of life

{
    my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 1,
        workers => 2, sim => { start => '-3d', scale => 0 });
    my $redis = $t->redis;

    put($t, $_, "1ZW15M0903450000$_") for 21, 22;

    my $polls = $t->sim->count('ups');

    # letters are counted by half hours: not over the end of one

    wait_until { time % 1800 < 1770 } 40;

    # just checked: nothing to do

    my $before = appended($t);

    $t->get('/track/21') for 1 .. 5;
    is(appended($t), $before, 'a fresh page tells nobody');

    # asked about a while ago, and not again for long

    for my $number (21, 22) {
        put_off($t, $number, 12 * 3600);
        set_checked($t, $number, 3600);
    }

    ok(wait_until { $t->get('/track/21'); return appended($t) > $before } 10,
       'an old one does');
    $t->get('/track/21') for 1 .. 20;
    $t->get('/track/21.json') for 1 .. 5;
    is(appended($t), $before + 1, 'once, however many look');

    ok(wait_until { $t->get('/track/22'); return appended($t) > $before + 1 }
           10, 'another order by itself');

    for my $number (21, 22) {
        ok(wait_until { score($t, $number) < time + 5 * 3600 } 10,
           "$number: its date is moved");
        cmp_ok(score($t, $number), '>', time + 1800,
               "$number: but its interval is kept");
    }

    is($t->sim->count('ups'), $polls, 'nobody is asked too early');
    ok(wait_until { !grep { $redis->call('XLEN', $_) }
                        @{ $redis->call('KEYS', 'wi:*') } } 10,
       'no letter is left');
    is(@{ $redis->call('KEYS', 'wx:*') }, 0, 'and none was unreadable');

    # one that is being asked about, or will be soon, stays as it is

    put_off($t, '21', 60);

    my $soon = score($t, '21');

    $redis->call('XADD', 'wi:{0}', '*', kind => 'view', order => '21',
                 at => time);
    ok(wait_until { !$redis->call('XLEN', 'wi:{0}') } 10, 'a letter more');
    is(score($t, '21'), $soon, 'what is due within a lease is left alone');

    # nonsense does no harm

    $redis->call('XADD', 'wi:{0}', '*', kind => 'view', order => $_,
                 at => time) for 'nobody', '';
    ok(wait_until { !$redis->call('XLEN', 'wi:{0}') } 10,
       'letters about nothing');
    ok($t->order('21'), 'the order is there');
}


# Nobody is there to read

{
    my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 0);

    seed($t, order('1001'));
    set_checked($t, '1001', 7200, 3600);

    is($t->get('/track/1001')->status, 200, 'without a fetcher: the page');
    is(appended($t), 0, 'without a fetcher: no letter');

    $t->redis->kill;
    is($t->get('/track/1001')->status, 200,
       'without Redis: the page as it was');
}

done_testing;
