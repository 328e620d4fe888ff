#!/usr/bin/perl

# Failures are counted by client, by order and by what is claimed; who is over
# a limit fails even with the right proof, and nobody is locked out of an
# order by others: signed links and sessions always work.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1, workers => 2,
    redis => { appendonly => 1 }, locations => <<'EOT');
        location /track/ { wismo_track; wismo_order_only none; }
        location /six/   { wismo_track; wismo_order_only none;
                           set_real_ip_from 127.0.0.1;
                           real_ip_header X-Forwarded-For; }
        location /lax/   { wismo_track; wismo_order_only none;
                           wismo_lookup_limit order=off client=off
                                              factor=3/1h; }
        location = /wismo/ready { wismo_health ready; }
EOT

wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';
seed($t, map { order($_) } 1001 .. 1020);

my $address = 0;

sub address { $address++; return '127.1.' . int($address / 250) . '.'
                                 . ($address % 250 + 1) }

sub look {
    my ($order, $proof, %opt) = @_;
    my $from = $opt{from} // address();
    my $status;

    # a busy machine may leave Redis no time; that counts as no failure

    for (1 .. 10) {
        $status = $t->form($opt{path} // '/track/',
            { order => $order, proof => $proof }, from => $from,
            $opt{for} ? (headers => { 'X-Forwarded-For' => $opt{for} })
                      : ())->status;

        last if $status != 503;
    }

    return $status;
}

sub right { "mail-$_[0]\@shop.example" }

my $claim = 0;
sub wrong { 'no-' . $claim++ . '@shop.example' }


# An order: five failures, whoever makes them

{
    my $held = $t->pair($t->form('/track/', { order => '1001',
                                              proof => right('1001') }));

    look('1001', wrong()) for 1 .. 4;
    is(look('1001', right('1001')), 303, 'after four failures');
    look('1001', wrong());
    is(look('1001', right('1001')), 404, 'after five');
    is(look('1002', right('1002')), 303, 'another order');

    is($t->get('/track/1001', Cookie => $held)->status, 200,
       'who was in before stays in');

    my $r = $t->get($t->link('1001'));
    is($r->status, 303, 'a signed link');
    is($t->get('/track/1001', Cookie => $t->pair($r))->status, 200,
       'opens it all the same');
    is(look('1001', right('1001')), 404, 'the form still does not');

    # what one location counts counts for all

    is(look('1001', right('1001'), path => '/six/'), 404, 'nor elsewhere');
}


# A client: ten failures, whatever it asks for; others are not concerned

{
    look("nobody-$_", wrong(), from => '127.2.0.1') for 1 .. 9;
    is(look('1003', right('1003'), from => '127.2.0.1'), 303,
       'a client after nine failures');
    look('nobody-10', wrong(), from => '127.2.0.1');
    is(look('1003', right('1003'), from => '127.2.0.1'), 404, 'after ten');
    is(look('1003', right('1003'), from => '127.2.0.2'), 303,
       'its neighbour');
}


# IPv6: a network is a client

{
    look("other-$_", wrong(), path => '/six/', for => "2001:db8:1:2::$_",
         from => '127.0.0.1') for 1 .. 10;

    is(look('1004', right('1004'), path => '/six/', from => '127.0.0.1',
            for => '2001:db8:1:2:ffff::1'), 404, 'the same network');
    is(look('1004', right('1004'), path => '/six/', from => '127.0.0.1',
            for => '2001:db8:1:3::1'), 303, 'the next one');
}


# A claim: ten orders tried with one address, in any form of it

{
    look("any-$_", $_ % 2 ? right('1005') : ' MAIL-1005@Shop.example.')
        for 1 .. 10;

    is(look('1005', right('1005')), 404, 'after ten orders');
    is(look('1006', right('1006')), 303, 'another claim');
}


# Limits are what is configured

{
    look('1007', wrong(), path => '/lax/', from => '127.3.0.1') for 1 .. 12;
    is(look('1007', right('1007'), path => '/lax/', from => '127.3.0.1'), 303,
       'limits that are off');

    look("some-$_", right('1008'), path => '/lax/') for 1 .. 3;
    is(look('1008', right('1008'), path => '/lax/'), 404, 'one that is lower');
}


# Neither a reload nor Redis makes it forget

{
    $t->nginx->reload;
    is(look('1001', right('1001')), 404, 'after a reload');

    $t->redis->stop;
    ok(wait_until { look('1009', right('1009')) == 503 } 10, 'Redis is down');
    $t->redis->start;
    ok(wait_until { look('1009', right('1009')) == 303 } 20, 'and back');
    is(look('1001', right('1001')), 404, 'it was not forgotten');
}


done_testing;
