#!/usr/bin/perl

# What a link opened can be shut again: for one order, whatever was issued
# until now; for a key, whatever it signed.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1, workers => 2, locations => <<'EOT');
        location /track/ { wismo_track; wismo_order_only none; }
        location /minimal/ { wismo_track; }
        location = /wismo/ready { wismo_health ready; }
        location /wismo/api/ { wismo_api; wismo_api_keys %%DIR%%/api.keys; }
EOT

wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';
seed($t, map { order($_) } 1001 .. 1003);


sub shown {
    my ($path, $cookie) = @_;

    my $r = $t->get($path, Cookie => $cookie);

    return $r->status != 200 ? $r->status
         : $r->body =~ /Lamp-/ ? 'full' : 'minimal';
}


# Per order

{
    my $link = $t->link('1001');
    my $held = $t->pair($t->get($link));
    my $proved = $t->pair($t->form('/track/', { order => '1001',
        proof => 'mail-1001@shop.example' }));
    my $other = $t->pair($t->get($t->link('1002')));

    # seen more than once, so that whatever keeps pages has it

    is(shown('/track/1001', $held), 'full', 'before') for 1 .. 5;
    is(shown('/track/1001', $proved), 'full', 'by the form, too');

    my ($status, $out) = $t->wismo(qw(order link 1001 --revoke));
    is($status, 0, 'revoked');
    like($out, qr/no link or session of order 1001 until now/, 'told');

    # bounded by what may be kept of a page

    ok((wait_until { shown('/track/1001', $held) eq 404 } 6, 'shut'),
       'the session is over');

    is(shown('/track/1001', $held), 404, 'for good') for 1 .. 10;
    is(shown('/track/1001', $proved), 404, 'the other session is over');
    is(shown('/track/1001.json', $held), 404, 'JSON');
    is(shown('/minimal/1001', $held), 'minimal', 'back to what the number '
       . 'opens') for 1 .. 5;

    my $again = $t->pair($t->get($link));
    is(shown('/track/1001', $again), 404, 'the link is traded in vain');

    is(shown('/track/1002', $other), 'full', 'another order');

    my $fresh = $t->pair($t->get($t->link('1001')));
    is(shown('/track/1001', $fresh), 'full', 'a new link');
    is(shown('/track/1001', $held), 404, 'does not help the old one')
        for 1 .. 3;

    my $form = $t->pair($t->form('/track/', { order => '1001',
        proof => 'mail-1001@shop.example' }));
    is(shown('/track/1001', $form), 'full', 'nor does the form mind');

    # it outlives what the shop and the carrier say

    $t->put_order('1001', { locale => 'de', items => [
        { id => 'i', name => 'Lamp-1001', quantity => 1 } ] });
    ok((wait_until { $t->order('1001')->{locale} } 10, 'an update'), 'updated');
    is(shown('/track/1001', $held), 404, 'still shut after an update');
    is(shown('/track/1001', $fresh), 'full', 'and open');

    is(($t->wismo(qw(order link 1001 --revoke)))[0], 0, 'revoked again');
    ok((wait_until { shown('/track/1001', $fresh) eq 404 } 6, 'shut'),
       'the new one, too');

    ($status, undef, my $err) = $t->wismo(qw(order link nobody --revoke));
    is($status, 1, 'no such order');
    like($err, qr/there is no order "nobody"/, 'told');
}


# An order that was erased: who held a link to it doesn't see the next one of
# its number, in whatever way that comes.

for my $way (qw(api import)) {
    my $number = "again-$way";

    seed($t, order($number));

    my $link = $t->link($number);
    my $held = $t->pair($t->get($link));
    my $minimal = $t->pair($t->get($t->link($number, scope => 'm')));
    is(shown("/track/$number", $held), 'full', "$way: before");

    if ($way eq 'api') {
        is($t->api('DELETE', "/orders/$number")->status, 202, 'DELETE');

    } else {
        is(($t->wismo('order', 'erase', $number, '--yes'))[0], 0, 'erased');
    }

    ok((wait_until { !$t->order($number) } 10, 'an erasure'), 'gone');
    ok((wait_until { shown("/track/$number", $held) eq 404 } 6, 'gone'),
       'so is the page');

    my ($ledger) = key($number) =~ s/^wo/wn/r;
    my $erased = $t->redis->call('HGET', $ledger, 'erased');

    cmp_ok($t->redis->call('TTL', $ledger), '>', 399 * 86400,
           'remembered for as long as a link can live');

    # a link of the same second is void: whoever makes one comes later

    wait_until { time > $erased } 5, 'the next second';

    if ($way eq 'api') {
        my $next = order($number);
        delete $next->{$_} for qw(number shipments);
        $t->put_order($number, $next);
        ok((wait_until { $t->order($number) } 10, 'the next order'), 'next');

    } else {
        seed($t, order($number));
    }

    is(shown("/track/$number", $held), 404, 'the old session is void');
    is(shown("/track/$number", $minimal), 404, 'the other, too');
    is(shown("/minimal/$number", $held), 'minimal', 'back to the number\'s');
    is(shown("/track/$number", $t->pair($t->get($link))), 404,
       'the old link is traded in vain');
    is($t->get($link =~ s/\?/.json?/r)->status, 404, 'nor JSON');
    is(shown("/track/$number", $t->pair($t->get($t->link($number)))), 'full',
       'a new link is good');
    is(shown("/track/$number", $t->pair($t->form('/track/', {
        order => $number, proof => "mail-$number\@shop.example" }))), 'full',
       'so is the form');

    # erased and sent again, once more

    seed($t, order($number, locale => 'de'));
    is(shown("/track/$number", $held), 404, 'still void after an update');
    is(substr($t->redis->call('GETRANGE', key($number), 4, 13), 0) + 0, 2,
       'which was a second version');
}


# The form in the second in which it was revoked: what is proved now is good

{
    seed($t, order('1004'));

    my $proved;

    ok((wait_until {
        damage($t, '1004', sub {
            substr $_, 70, 10, sprintf '%010d', time + 1
        });
        $proved = $t->pair($t->form('/track/', { order => '1004',
            proof => 'mail-1004@shop.example' }));
        shown('/track/1004', $proved) eq 'full';
    } 10, 'a look-up within a second'), 'a look-up opens at once');
}


# Per key: a new one signs, the old one goes

{
    my $old = $t->link('1003');
    my $held = $t->pair($t->get($old));

    $t->secret('link.key', "k2:a-new-link-secret-for-tests\n"
                           . "k1:a-link-secret-for-tests-only\n");
    $t->nginx->reload;

    is(shown('/track/1003', $held), 'full', 'both keys');
    is($t->get($old)->status, 303, 'the old link');

    my $new = $t->link('1003');
    like($new, qr/\?t=k2\./, 'the first key signs');
    is($t->get($new)->status, 303, 'the new link');

    $t->secret('link.key', "k2:a-new-link-secret-for-tests\n");
    $t->nginx->reload;

    is($t->get($old)->status, 404, 'the old link is no more');
    is(shown('/track/1003', $held), 404, 'nor the session');
    is($t->get($new)->status, 303, 'the new one is');
}

done_testing;
