#!/usr/bin/perl

# Variables of an order: in logs, headers, maps and SSI, for wismo_track
# and after wismo_lookup; empty where nothing may be told.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(slurp spew);
use Wismo::Seed;

my $all = '$wismo_status|$wismo_substatus|$wismo_eta|$wismo_carrier'
    . '|$wismo_view|$wismo_cache|$wismo_age';

my $t = Wismo::Test->new(fetcher => 1, start => 0,
    http => <<"EOT", locations => <<"EOT2");
    log_format wismo '\$uri|\$status|$all';

    map \$wismo_status \$mood {
        default     unknown;
        in_transit  patient;
    }
EOT
        location /track/ { wismo_track; access_log %%DIR%%/vars.log wismo; }
        location = /ask {
            wismo_lookup \$arg_order;
            access_log %%DIR%%/vars.log wismo;
            add_header X-All "$all" always;
            add_header X-Mood \$mood always;
            root %%DIR%%/www;
        }
        location = /none {
            wismo_lookup \$arg_order;
            wismo_order_only none;
            add_header X-All "$all" always;
            root %%DIR%%/www;
        }
        location = /page.html {
            ssi on;
            wismo_lookup \$arg_order;
            root %%DIR%%/www;
        }
        location = /other { add_header X-All "$all"; return 200 "x"; }
        location = /wismo/ready { wismo_health ready; }
EOT2

my $dir = $t->dir;

mkdir "$dir/www";
spew("$dir/www/ask", "content\n");
spew("$dir/www/none", "content\n");
spew("$dir/www/page.html", '<p><!--# echo var="wismo_status" --></p>');
chmod 0755, "$dir/www";
chmod 0644, glob "$dir/www/*";

$t->start;
wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';

seed($t, order('1001'), order('1002'));

sub told { return [ split /\|/, $t->get($_[0])->header('x-all') // '', -1 ] }


# After wismo_lookup

my $told = told('/ask?order=1001');

is("@$told[0, 1]", 'in_transit departed_facility', 'status');
is($told->[3], 'ups', 'carrier');
is($told->[4], 'minimal', 'view');
is($told->[5], 'MISS', 'cache: read from Redis');
like($told->[6], qr/^\d+$/, 'age');
is(told('/ask?order=1001')->[5], 'HIT', 'cache: not again');

my $r = $t->get('/ask?order=1001');

is($r->body, "content\n", 'the location answers as ever');
is($r->header('x-mood'), 'patient', 'map');
is($t->get('/page.html?order=1001')->body, '<p>in_transit</p>', 'SSI');


# An estimate of our own, or the carrier's: when it ends

like(told('/ask?order=1001')->[2], qr/^(?:|\d{4}-\d\d-\d\d(?:T.*)?)$/, 'ETA');

damage($t, '1002', sub {
    $_ = estimated($_, '{"from":"2026-12-03T14:00:00",'
        . '"to":"2026-12-03T16:00:00","basis":"local","source":"carrier"}');
});

is(told('/ask?order=1002')->[2], '2026-12-03T16:00:00', 'the carrier\'s');


# Nothing to tell

for my $number ('nobody', '', '..', 'a%20b', '%0d%0aX:y', 'x' x 65) {
    $r = $t->get("/ask?order=$number");

    is($r->status, 200, "no order \"$number\": the location answers");
    is($r->header('x-all'), '||||none||', 'and the variables are empty');
    is($r->header('x-mood'), 'unknown', 'map');
}

is(join('|', @{ told('/none?order=1001') }), '||||none||',
   'the number alone opens nothing');

my $pair = $t->pair($t->get($t->link('1001')));

is((split /\|/, $t->get('/none?order=1001', Cookie => $pair)
    ->header('x-all'))[0], 'in_transit', 'a cookie does');
is($t->get('/none?order=1002', Cookie => $pair)->header('x-all'),
   '||||none||', 'for its order');
is($t->get('/other')->header('x-all'), '||||||', 'another location');


# In wismo_track

$t->get('/track/1001');
$t->get('/track/1001');
$t->get('/track/nobody');

ok(wait_until { slurp("$dir/vars.log") =~ m{^/track/nobody}m } 5, 'log');

my @log = slurp("$dir/vars.log") =~ m{^(/track/.*)$}mg;

like($log[-3], qr{^/track/1001\|200\|in_transit\|-\|-\|-\|minimal
                  \|(?:HIT|MISS)\|\d+$}x, 'a page');
like($log[-2], qr/\|HIT\|/, 'out of the cache');
is($log[-1], '/track/nobody|404|-|-|-|-|none|-|-', 'no order');


# Redis is gone: what is known is told, as stale

$t->redis->stop;

ok(wait_until { (told('/ask?order=1001')->[5] // '') eq 'STALE' } 15, 'stale');
is(told('/ask?order=1001')->[0], 'in_transit', 'the last known status');
is($t->get('/ask?order=new')->status, 200, 'nothing known: still answered');

done_testing;
