#!/usr/bin/perl

# A part of another page: ?fragment=status is HTML without a head, through SSI
# and in subrequests, several in a page and in their order, with the rights of
# whoever asks for the page; and something short where there is no order.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(spew);
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1, start => 0, locations => <<'EOT');
        location /track/ { wismo_track; }
        location /none/ { wismo_track; wismo_order_only none; }
        location /pages/ { ssi on; root %%DIR%%; }
        location = /guarded {
            auth_request /full/1001;
            root %%DIR%%/pages;
        }
        location /full/ { internal; wismo_track; wismo_order_only full; }
        location = /added {
            add_before_body /track/1001?fragment=status;
            root %%DIR%%/pages;
        }
        location = /wismo/ready { wismo_health ready; }
EOT

my $dir = $t->dir;

mkdir "$dir/pages";
chmod 0755, "$dir/pages";

sub put {
    my ($name, $text) = @_;

    spew("$dir/pages/$name", $text);
    chmod 0644, "$dir/pages/$name";
}

sub include { return qq{<!--# include virtual="$_[0]" -->} }

put('guarded', 'secret');
put('one.html', '<html><body>' . include('/track/1001?fragment=status')
                . '</body></html>');
put('many.html', join '', map { "<i>$_</i>"
                                . include("/track/$_?fragment=status") }
                 1001 .. 1005, 'nobody', 1001);
put('none.html', '<b>' . include('/none/1001?fragment=status') . '</b>');
put('whole.html', include('/track/1001.txt'));

$t->start;
wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';
seed($t, map { order($_) } 1001 .. 1005);


# By itself

my $r = $t->get('/track/1001?fragment=status');

is($r->status, 200, 'a fragment');
is($r->header('content-type'), 'text/html; charset=utf-8', 'HTML');
like($r->body, qr{^<section\ class="wismo\ info"\ lang="en"\ dir="ltr".*
                  </section>\s*$}sx, 'a section');
unlike($r->body, qr{<(?:html|head|body|title|style|script|link|meta|main)\b}i,
       'without what a page has once');
unlike($r->body, qr{\sid=}, 'and no names that the page may have');
like($r->body, qr{href="/track/1001"}, 'a link to the page');
isnt($r->header('etag'), $t->get('/track/1001')->header('etag'), 'ETag');
is($t->get('/track/1001?fragment=status',
           'If-None-Match' => $r->header('etag'))->status, 304,
   'known');
like($t->get('/track/1001?fragment=other')->body, qr/^<!doctype html>/,
     'another argument is none of ours');

my $none = $t->get('/track/nobody?fragment=status');

is($none->status, 404, 'no such order');
like($none->body, qr{^<section class="wismo info".*</section>\s*$}s,
     'a fragment all the same');


# SSI

my $part = $r->body;
my $page = $t->get('/pages/one.html');

is($page->body, "<html><body>$part</body></html>", 'SSI: what it is by itself');
is($t->get('/pages/one.html', 'Accept-Encoding' => 'gzip',
           'If-None-Match' => $r->header('etag'),
           Accept => 'application/json', Range => 'bytes=0-3')->body
   =~ s/\A.*?(<section)/$1/sr, "$part</body></html>",
   'SSI: the headers are those of the page');

my $many = $t->get('/pages/many.html')->body;

is(join(' ', map { $_ // '' } $many =~ m{<i>(\w+)</i><section [^>]*>\s*<p[^>]*>
                        (?:<strong>)?[^<]*?(\d{4})?</}gx),
   '1001 1001 1002 1002 1003 1003 1004 1004 1005 1005 nobody  1001 1001',
   'SSI: each in its place') or diag($many);
unlike($many, qr/<html|<head/, 'nothing of a whole page');

my ($lost) = $t->get('/pages/none.html')->body;

unlike($lost, qr/1001</, 'SSI: no more than may be seen');

my $pair = $t->pair($t->get($t->link('1001')));

like($t->get('/track/1001?fragment=status', Cookie => $pair)->body,
     qr/1001/, 'with a cookie');
like($t->get('/pages/whole.html')->body, qr/^Order 1001/,
     'SSI: other forms');


# A signed link in a subrequest needs no redirection

my ($token) = $t->link('1001') =~ /\?(t=.*)/;

put('link.html', include("/none/1001?fragment=status&$token"));
like($t->get('/pages/link.html')->body, qr/Order 1001/, 'SSI: a signed link');


# Other subrequests

is($t->get('/guarded')->body, 'secret', 'auth_request: the order is there');


# HEAD, a pipeline, and a Redis that is gone

is($t->request('HEAD', '/pages/one.html')->status, 200, 'HEAD');

$t->redis->stop;

ok(wait_until { $t->get('/track/1009?fragment=status')->status == 503 } 10,
   'without Redis');
like($t->get('/track/1009?fragment=status')->body,
     qr{^<section class="wismo info"}, 'a fragment, too');
like($t->get('/pages/one.html')->body, qr{<section.*Order 1001}s,
     'what is known is shown');

done_testing;
