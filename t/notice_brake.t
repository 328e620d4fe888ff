#!/usr/bin/perl

# When a channel would tell far more than it ever does, it tells nobody until
# an operator has looked: the log is loud, nothing is lost, and what is wrong
# can be thrown away.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Receiver;

use JSON::PP ();

my $shop = Wismo::Receiver->new;
my $other = Wismo::Receiver->new;

my $t = Wismo::Test->new(fetcher => 1, start => 0, http => <<"EOT");
    wismo_notify shop {
        type webhook;
        url ${\ $shop->url}hooks;
        secret_file %%DIR%%/shop.hook;
        private on;
        brake 5;
    }
    wismo_notify other {
        type webhook;
        url ${\ $other->url}hooks;
        secret_file %%DIR%%/shop.hook;
        private on;
    }
EOT

$t->secret('shop.hook', 'a-webhook-secret-for-tests-only');
$t->start;

my $json = JSON::PP->new->utf8;

sub told { scalar @{ $_[0]->got } }

sub put {
    my (@numbers) = @_;

    $t->put_order($_, { shipments => [] }) for @numbers;
}

sub status {
    my ($exit, $out) = $t->wismo(qw(notify status --json));
    my $all = $json->decode($out);

    return { exit => $exit, waiting => $all->{waiting},
             map { $_->{channel} => $_ } @{ $all->{channels} } };
}

sub states {
    my ($status, $out) =
        $t->wismo(qw(order show --notices --json), $_[0]);

    return { map { $_->{channel} => $_ }
             @{ $json->decode($out)->{notices} } };
}

is(status()->{exit}, 0, 'nothing is held');

put(map { "first-$_" } 1 .. 9);

ok((wait_until { told($other) == 9 } 20, 'all'),
   'a channel without a brake tells all');
ok((wait_until { status()->{shop}{held} } 20, 'held'), 'the other is held');
is(told($shop), 5, 'after as many as it may tell');

my $status = status();

is($status->{exit}, 1, 'which is the exit status, too');
is($status->{shop}{hour}, 5, 'how many there were');
is($status->{shop}{limit}, 5, 'where the brake is');
cmp_ok($status->{waiting}, '>=', 4, 'the others wait');

like(($t->wismo(qw(notify status)))[1],
     qr/^shop +webhook +held, 5 notices this hour, brake at 5$/m,
     'for people');
my @lines = $t->nginx->log =~ /channel shop is held.*/g;

is(scalar @lines, 1, 'the log tells it once');
like($lines[0], qr/5 notices in this hour, its brake is at 5.*notify release/,
     'with the numbers, and what to do');
is((grep { states("first-$_")->{shop}{state} eq 'pending' } 1 .. 9), 4,
   'nothing is lost');

my ($exit, $out) = $t->wismo(qw(notify release shop));

is($exit, 0, 'release');
is($out, "channel shop goes on\n", 'is told');
ok((wait_until { told($shop) == 9 } 50, 'the others'),
   'the others are told, too');
is(scalar(grep { states("first-$_")->{shop}{state} eq 'sent' } 1 .. 9), 9,
   'each once');

# A second time, and what waits is wrong

put(map { "second-$_" } 1 .. 4);
ok((wait_until { status()->{shop}{held} } 20, 'held'), 'held once more');
is(told($shop), 10, 'at twice as many');

sleep 1;
is(($t->wismo(qw(notify discard shop)))[0], 0, 'discard');
ok((wait_until {
    3 == grep { (states("second-$_")->{shop}{text} // '') eq 'discarded' }
         1 .. 4
} 50, 'discarded'), 'what waited is not told any more');
is(told($shop), 10, 'not at all');

put('third');
ok((wait_until { told($shop) == 11 } 20, 'news'), 'what is new is');

is(($t->wismo(qw(notify release nobody)))[0], 2, 'no such channel');
is(($t->wismo(qw(notify release)))[0], 2, 'no channel');

$_->stop for $shop, $other;
done_testing;
