#!/usr/bin/perl

# Redis starts again, empty or not, or is frozen, replaced and demoted: what is
# shown is what the one in charge has, or says that it is old.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Redis;
use Wismo::Seed;

use Time::HiRes qw(sleep);

my $t = Wismo::Test->new(fetcher => 1, workers => 2, redis => { tcp => 1 },
                         http => 'wismo_order_only full;');

seed($t, map { order($_) } 1001 .. 1003);

my $banner = qr/We cannot reach our newest records right now/;


my $last;

sub lamp {
    return $last = look(@_);
}


sub look {
    my ($number) = @_;
    my $r = $t->get("/track/$number");

    return $r->status unless $r->status == 200;
    return ($r->body =~ /Lamp-(\w+)/)[0] . ($r->body =~ $banner ? ' old' : '');
}


is lamp($_), $_, "$_: at first" for 1001 .. 1003;
ok kept($t, sub { lamp($_) for 1001 .. 1003 }), 'they are kept';
is lamp($_), $_, "$_: kept" for 1001 .. 1003;


# Frozen, replaced, and back as a replica of the one that has gone on

mkdir $t->dir . '/other';

my $a = $t->redis;
my $b = Wismo::Redis->new($t->dir . '/other', tcp => 1);

$b->call('REPLICAOF', '127.0.0.1', $a->port);
ok wait_until(sub { $b->call('INFO', 'replication') =~ /link_status:up/ }, 20),
    'a replica';

$a->pause;
$b->call('REPLICAOF', 'NO', 'ONE');

my $text = $b->call('GET', key('1001'));
$text =~ s/Lamp-1001/Lamp-4001/ or die;
$b->call('SET', key('1001'), $text);
$b->call('DEL', key('1002'));

ok wait_until(sub { lamp(1001) eq '1001 old' }, 20),
    'frozen: the page says that it is old' or diag $last;
is lamp(1002), '1002 old', 'frozen: so do others';

$a->cont;
$a->call('REPLICAOF', '127.0.0.1', $b->port);

ok wait_until(sub { lamp(1001) eq '4001' }, 20),
    'demoted: the page is that of the new master';
ok wait_until(sub { lamp(1002) eq '404' }, 20), 'demoted: what went has gone';

my %seen;
$seen{ lamp(1001) }++ for 1 .. 20;
delete $seen{'4001 old'};
is_deeply [ keys %seen ], [ '4001' ], 'and does not come back';

$a->call('REPLICAOF', 'NO', 'ONE');
$b->stop;


# Started again with nothing: not even what was kept

ok wait_until(sub { lamp(1003) eq '1003' }, 20), 'one in charge again';
$a->kill;
unlink $t->dir . '/redis/dump.rdb';        # what the replica was sent
ok wait_until(sub { lamp(1003) eq '1003 old' }, 20), 'killed: kept';
$a->start;
ok wait_until(sub { lamp(1003) eq '404' }, 20), 'empty: gone';

# a worker may be later than the other to hear of it

ok wait_until(sub { lamp(1001) eq '404' }, 20), 'empty: all of them';

done_testing;
