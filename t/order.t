#!/usr/bin/perl

# What a service agent's script asks of one order: show it, make its link, ask
# the carriers at once, erase it for good.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

use JSON::PP ();

my $t = Wismo::Test->new(carriers => ['ups']);
my $json = JSON::PP->new->utf8;

seed($t, order('1001'), order('1002'));


# Show

{
    my ($status, $out) = $t->wismo('order', 'show', '1001');

    is($status, 0, 'show');
    like($out, qr/^status\s+in_transit\.departed_facility$/m, 'status');
    like($out, qr/2026-11-21T10:05:00-05:00.*Departed-1001/, 'time line');

    ($status, $out) = $t->wismo('order', 'show', '1001', '--json');

    is($json->decode($out)->{order}, '1001', 'JSON is the stored full view');
    unlike($out, qr/mail-1001|Street-1001/, 'without contact data');

    ($status, undef, my $err) = $t->wismo('order', 'show', 'nope');

    is($status, 1, 'no such order');
    like($err, qr/there is no order "nope"/, 'no such order: message');
}


# A link that the program makes opens the full view in nginx

{
    my ($status, $out) = $t->wismo('order', 'link', '1001');

    is($status, 0, 'link');
    chomp $out;

    my $r = $t->get($out);
    is($r->status, 303, 'the link is accepted');

    my ($cookie) = $r->header('set-cookie') =~ /^([^;]+)/;
    like($t->get('/track/1001', Cookie => $cookie)->body, qr/Lamp-1001/,
         'and shows everything');

    like(($t->wismo('order', 'link', '1001', '--base',
                    'https://shop.example/'))[1],
         qr{^https://shop\.example/track/1001\?t=\S+\n$}, 'base');

    my $told = $json->decode(($t->wismo('order', 'link', '1001', '--days',
                                        '2', '--json'))[1]);

    ok(abs($told->{expires} - time - 2 * 86400) < 60, 'days');
    is(($t->wismo('order', 'link', '1001', '--days', '0'))[0], 2,
       'no such number of days');
    is(($t->wismo('order', 'link', '1001', '--days', '401'))[0], 2,
       'nor that many');
}


# Recheck: the parcel is due now

{
    my ($status, $out) = $t->wismo('order', 'recheck', '1001');

    is($status, 0, 'recheck');
    like($out, qr/^1 parcel will be asked about now/, 'recheck: message');

    my $due = $t->order('1001')->{next_check_at};
    like($due, qr/^\d{4}-.*Z$/, 'the page says so');
}


# Erase: nothing is left but the tombstone

{
    is(($t->wismo({ stdin => '' }, 'order', 'erase', '1001'))[0], 2,
       'erase asks for --yes where nobody can be asked');
    ok($t->order('1001'), 'and does nothing');

    my ($status) = $t->wismo('order', 'erase', '1001', '--yes');

    is($status, 0, 'erase');
    is($t->order('1001'), undef, 'the order is gone');
    is($t->get('/track/1001')->status, 404, 'so is its page');

    my @keys = grep { /1001/ } @{ $t->redis->call('KEYS', '*') };

    is(scalar(grep { !/^wn:/ } @keys), 0, 'no key but the tombstone')
        or diag("@keys");
    ok($t->order('1002'), 'the other order is there');
    is(($t->wismo('order', 'erase', '1001', '--yes'))[0], 1, 'not twice');
}


# A damaged document is said to be damaged

{
    damage($t, '1002', sub { substr $_, 0, 10, 'garbage-go' });

    my ($status, undef, $err) = $t->wismo('order', 'show', '1002');

    is($status, 1, 'damaged');
    like($err, qr/is damaged: .*send the order again/, 'damaged: message');
}


# Unusable arguments

{
    is(($t->wismo('order'))[0], 2, 'no call');
    is(($t->wismo('order', 'show'))[0], 2, 'no number');
    is(($t->wismo('order', 'dance', '1001'))[0], 2, 'unknown call');

    for my $number ('../x', 'a b', '.x', 'x' x 65, "a\nb", 'x.json') {
        is(($t->wismo('order', 'show', $number))[0], 2,
           'number ' . $json->allow_nonref->encode($number));
    }
}


done_testing;
