#!/usr/bin/perl

# What a page brings so that it can stay open: a small script of its own,
# kept by browsers for good; and without scripts a reload now and then.
# Neither where nothing can change, or where live pages are off.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1, locations => <<'EOT');
        location /track/ { wismo_track; }
        location /off/ { wismo_track; wismo_live off; }
        location = /wismo/ready { wismo_health ready; }
EOT

wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';

my $done = order('1002');

unshift @{ $done->{shipments}[0]{events} },
    { time => '2026-11-22T10:05:00-05:00', status => 'delivered',
      description => 'Delivered', place => 'City' };
seed($t, order('1001'), $done);


sub policy { return $_[0]->header('content-security-policy') }


my $page = $t->get('/track/1001');
my ($script) = $page->body
    =~ m{<script src="(/track/~live-[0-9a-f]{16}\.js)" defer></script>};

ok($script, 'the page names its script');
like(policy($page), qr/; script-src 'self'; connect-src 'self';/,
     'the policy permits it');
like($page->body, qr/<main id="main" data-version="1" data-live>/,
     'and the version it begins with');
like($page->body, qr{<noscript><meta http-equiv="refresh"}, 'or a reload');


# The script

my $js = $t->get($script);

is($js->status, 200, 'the script');
is($js->header('content-type'), 'text/javascript; charset=utf-8', 'its type');
is($js->header('cache-control'), 'public, max-age=31536000, immutable',
   'kept for good');
is($js->header('vary'), 'Accept-Encoding', 'in each form');
like($js->body, qr/EventSource/, 'it is one');
unlike($js->body, qr{https?://|\beval\b|innerHTML}, 'and a harmless one');

my $gz = $t->get($script, 'Accept-Encoding' => 'gzip, br');

is($gz->header('content-encoding'), 'gzip', 'compressed');
cmp_ok(length $gz->body, '<=', 4096, 'at most 4 kB');
is($gz->text, $js->body, 'the same');

is($t->get('/track/~live-0000000000000000.js')->status, 404,
   'no script of another name');
is($t->get('/track/~')->status, 404, 'nor of none');
is($t->request('POST', $script)->status, 405, 'POST');
is($t->request('HEAD', $script)->header('content-length'), length $js->body,
   'HEAD');


# The same as JSON needs none of it.

is(policy($t->get('/track/1001.json')),
   "default-src 'none'; frame-ancestors 'none'", 'JSON: the strictest policy');
unlike(policy($t->get('/track/none')), qr/script-src|connect-src/,
       'a message: no script');


# Nothing can change

my $final = $t->get('/track/1002');

like($final->body, qr/<script /, 'delivered: the script has other uses');
unlike($final->body, qr/http-equiv="refresh"|data-live/,
       'but nothing is waited for');


# Off, in the same words otherwise

my $off = $t->get('/off/1001');

unlike($off->body, qr/<script src|http-equiv="refresh"|data-live/, 'off: nothing');
unlike(policy($off), qr/script-src/, 'off: no policy for it');
is($t->get($script =~ s/track/off/r)->status, 404, 'off: no script');

done_testing;
