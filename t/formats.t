#!/usr/bin/perl

# The forms of an order: page, JSON, plain text, calendar and feed, by the end
# of the path or by Accept; each with its type, its ETag and its place in the
# page cache, and none that tells more than the view allows.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

use JSON::PP ();

my $t = Wismo::Test->new(fetcher => 1);

seed($t, order('1001'), order('1002'));

my %type = (
    ''    => 'text/html; charset=utf-8',
    json  => 'application/json',
    txt   => 'text/plain; charset=utf-8',
    ics   => 'text/calendar; charset=utf-8',
    atom  => 'application/atom+xml; charset=utf-8',
);

my @secret = map { "$_-1001" } qw(Customer mail Street City Lamp Departed
                                  Place);

sub path { return '/track/1001' . ($_[0] eq '' ? '' : ".$_[0]") }


# Each is itself, and private

my %etag;

for my $form (sort keys %type) {
    my $r = $t->get(path($form));
    my $what = $form || 'page';

    is($r->status, 200, $what);
    is($r->header('content-type'), $type{$form}, "$what: type");
    is($r->header('vary'),
       'Accept, Accept-Encoding, Accept-Language, Cookie', "$what: Vary");
    is($r->header('cache-control'), 'private, no-cache', "$what: private");
    is($r->header('x-content-type-options'), 'nosniff', "$what: nosniff");
    like($r->body, qr/1001/, "$what: has the number")
        if $form ne '';

    for my $secret (@secret, '1Z1001') {
        unlike($r->body, qr/$secret/i, "$what: the minimal view hides $secret");
    }

    my $etag = $r->header('etag');

    like($etag, qr/^"/, "$what: ETag");
    ok(!$etag{$etag}++, "$what: an ETag of its own");
    is($t->get(path($form), 'If-None-Match' => $etag)->status, 304,
       "$what: 304");

    my $again = $t->get(path($form));

    is($again->body, $r->body, "$what: the same out of the cache");

    my $head = $t->request('HEAD', path($form));

    is($head->header('content-length'), length $r->body, "$what: HEAD");

    my $zipped = $t->get(path($form), 'Accept-Encoding' => 'gzip');

    is($zipped->header('content-encoding'), 'gzip', "$what: compressed")
        if length $r->body > 1000;
    isnt($zipped->header('etag'), $etag, "$what: with another ETag");
}


# Accept

for my $case (
    [ 'text/plain' => 'txt' ], [ 'text/calendar' => 'ics' ],
    [ 'application/atom+xml' => 'atom' ], [ 'application/json' => 'json' ],
    [ 'text/plain, */*;q=0.1' => 'txt' ], [ '*/*' => '' ], [ 'text/*' => '' ],
    [ 'application/json, text/plain, */*' => 'json' ],
    [ 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', '' ],
    [ 'image/png', '' ])
{
    my ($accept, $form) = @$case;

    is($t->get('/track/1001', Accept => $accept)->header('content-type'),
       $type{$form}, "Accept: $accept");
}

is($t->get('/track/1001.ics', Accept => 'text/html')->header('content-type'),
   $type{ics}, 'the path goes before Accept');


# A signed link opens a form at once: who asks for it keeps no cookies

my ($token) = $t->link('1001') =~ /\?t=(.*)/;

for my $form (qw(json txt ics atom)) {
    my $r = $t->get(path($form) . "?t=$token");

    is($r->status, 200, "$form: with a link");
    is($r->header('set-cookie'), undef, "$form: no cookie");
    like($r->body, qr/Departed-1001|Place-1001/, "$form: the full view")
        if $form ne 'ics';
    unlike($t->get(path($form))->body, qr/Place-1001/,
           "$form: the next one has the minimal view");

    is($t->get("/track/1002.$form?t=$token")->status, 404,
       "$form: a link is for one order");
    is($t->get(path($form) . '?t=x')->status, 404, "$form: a bad link");
}

like($t->get('/track/1001.txt?t=' . ($t->link('1001', scope => 'm')
                                     =~ /\?t=(.*)/)[0])->body,
     qr/short view|Order 1001/, 'a link to the minimal view');
unlike($t->get('/track/1001.txt?t=' . ($t->link('1001', scope => 'm')
                                       =~ /\?t=(.*)/)[0])->body,
       qr/Place-1001/, '... shows no more');

is($t->get("/track/1001?t=$token")->status, 303, 'a page still redirects');


# What the page tells machines: previews of a link know nothing of the order,
# and JSON-LD has the types and members of schema.org, no person in them

{
    my ($pair) = $t->pair($t->get($t->link('1001')));
    my $body = $t->get('/track/1001', Cookie => $pair)->body;
    my @previews = $body =~ /<meta property="og:\w+" content="([^"]*)">/g;

    cmp_ok(scalar @previews, '>=', 3, 'OpenGraph');
    unlike("@previews", qr/1001|Lamp|transit/i, '... without the order');

    my ($data) = $body =~ m{<script type="application/ld\+json">(.*?)</script>};
    my $graph = JSON::PP::decode_json($data)->{'@graph'};
    my ($of) = grep { $_->{'@type'} eq 'Order' } @$graph;
    my ($parcel) = grep { $_->{'@type'} eq 'ParcelDelivery' } @$graph;

    is($of->{orderStatus}, 'https://schema.org/OrderInTransit', 'JSON-LD');
    is($parcel->{partOfOrder}{'@id'}, $of->{'@id'}, '... a parcel of it');
    is($parcel->{trackingNumber}, '1Z1001', '... with its number');
    is($parcel->{carrier}{'@type'}, 'Organization', '... and its carrier');
    unlike($data, qr/Customer|mail-|Street/, '... and no person');
}


# What is not there

for my $form (qw(txt ics atom)) {
    my $r = $t->get("/track/nobody.$form");

    is($r->status, 404, "$form: no such order");
    is($r->header('content-type'), 'application/problem+json',
       "$form: a problem");
}


# A terminal is told nothing that it would obey

damage($t, '1002', sub { s/Departed-1002/Dep\\u001b[2J2/g });

my $text = $t->get('/track/1002.txt' . ($t->link('1002') =~ /(\?t=.*)/)[0]);

is($text->status, 200, 'a text with a control character in it');
like($text->body, qr/Place-1002/, 'is shown');
unlike($text->body, qr/[\x00-\x08\x0b-\x1f\x7f]/, 'without it');

done_testing;
