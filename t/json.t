#!/usr/bin/perl

# The JSON of a tracking page: by suffix or by Accept, the stored bytes of the
# permitted view and nothing else.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1);

seed($t, order('1001'));

my $document = document($t, '1001');
my ($head, $minimal, $full) = parts($document);

is(index($document, $head . $minimal . $full), 0,
   'the document begins with its header and two views');

my $r = $t->get('/track/1001.json');

is($r->status, 200, '.json');
is($r->header('content-type'), 'application/json', 'its type');
is($r->header('vary'), 'Accept, Accept-Encoding, Accept-Language, Cookie',
   'it varies');
is($r->header('cache-control'), 'private, no-cache', 'it is private');
is($r->header('content-security-policy'),
   "default-src 'none'; frame-ancestors 'none'", 'nothing to load');
is($r->body, $minimal, 'the stored minimal view');
is($r->json->{status}, 'in_transit', 'it is JSON');
unlike($r->body, qr/Lamp|Place-|1Z1001|City-|Customer|Street/,
       'the minimal view is minimal');

my ($cookie) = $t->get($t->link('1001'))->header('set-cookie') =~ /^([^;]+)/;

$r = $t->get('/track/1001.json', Cookie => $cookie);

is($r->body, $full, 'the stored full view');
unlike($r->body, qr/Customer-|mail-|Street-/, 'contact data is elsewhere');

$r = $t->get('/track/1001.json?t=' . $t->token('1001'));

is($r->status, 200, 'a link needs no cookie: programs have none');
is($r->body, $full, 'and shows the full view');

is($t->request('HEAD', '/track/1001.json')->header('content-length'),
   length $minimal, 'HEAD');


# Accept

my %json = (
    'application/json'                               => 1,
    'application/json, text/plain, */*'              => 1,
    'application/json;q=0.9, text/html;q=0.8'        => 1,
    'text/html;q=0.1, application/json;q=0.2'        => 1,
    'APPLICATION/JSON'                               => 1,
    'application/json ; q=1.0'                       => 1,
    '*/*;q=0.1, application/json'                    => 1,
    'text/html, application/json'                    => 0,
    'text/html,application/xhtml+xml,*/*;q=0.8'      => 0,
    '*/*'                                            => 0,
    ''                                               => 0,
    'application/json;q=0'                           => 0,
    'application/json;q=0.000, text/html'            => 0,
    'application/jsonx'                              => 0,
    'application/json;q='                            => 1,
    'application/json;q'                             => 1,
    ',;,;;q=,=,'                                     => 0,
    'text/html;q=0.5, application/json;q=0.25'       => 0,
);

for my $accept (sort keys %json) {
    my $type = $t->get('/track/1001', Accept => $accept)
               ->header('content-type');

    is($type, $json{$accept} ? 'application/json'
                             : 'text/html; charset=utf-8',
       "Accept: $accept");
}


# Faults are problem documents

for my $path ('nobody.json', 'a%20b.json', 'nobody?t=x') {
    $r = $t->get("/track/$path", Accept => 'application/json');

    is($r->status, 404, "404: $path");
    is($r->header('content-type'), 'application/problem+json', 'a problem');
    is($r->json->{status}, 404, 'that says so');
    is($r->json->{title}, 'Not Found', 'with its title');
}

is($t->get('/track/nobody.json')->body, $t->get('/track/a%20b.json')->body,
   'unknown and impossible are the same');

done_testing;
