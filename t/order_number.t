#!/usr/bin/perl

# Order numbers in URLs: any bytes may come, only the documented alphabet
# reaches Redis, and whoever asks for what is not there learns nothing.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1, locations => <<'EOT');
        location /track/ { wismo_track; }
        location /none/ { wismo_track; wismo_order_only none; }
        location = /wismo/ready { wismo_health ready; }
EOT

wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';
seed($t, order('1001'), order('a.b_C-9'));


sub commands {
    my $info = $t->redis->call('INFO', 'commandstats');

    return $info =~ /cmdstat_getrange:calls=(\d+)/ ? $1 : 0;
}


is($t->get('/track/a.b_C-9')->status, 200, 'every kind of character');
is($t->get('/track/%31001')->status, 200, 'percent-encoded');


# Paths that are no orders: one answer, and Redis is not asked

{
    my $missing = $t->get('/track/nobody');
    is($missing->status, 404, 'unknown order');
    like($missing->body, qr{<form[^>]*action="/track/"}, 'with the form');

    my $before = commands();

    for my $path ('1001/', '1001/x', 'a%20b', '%00', '1001%00', '1001%2f',
                  '%2e1001', 'x' x 65, '%ff%fe', "%0d%0aX-A:b", '*', '[1]',
                  '{1}:1001', '.hidden', '1001.ics/', '1001/live/', '1001;x',
                  '%E2%80%AE1001', '-?t', "1001'", '<script>', '.json')
    {
        my $r = $t->get("/track/$path");

        if ($path eq '-?t') {
            is($r->status, 404, 'a hyphen is in the alphabet');
            $before = commands();
            next;
        }

        is($r->status, $path =~ /%00/ ? 400 : 404, "no order: $path")
            or diag($r->body);
        is($r->body, $missing->body, "the same answer: $path")
            if $r->status == 404 && $path ne '.json';
    }

    # what a form ends in is no end of a number

    for my $path ('1001.ics.ics', '1001.txt.json', '.atom.atom') {
        is($t->get("/track/$path")->status, 404, "no order: $path");
    }

    is(commands(), $before, 'Redis was not asked');

    is($t->get('/none/1001')->body, $t->get('/none/nobody')->body,
       'order_only none: known and unknown are the same');
    is($t->get('/none/1001')->status, 404, 'order_only none: 404');
    is(commands(), $before, 'and Redis was not asked');
}

done_testing;
