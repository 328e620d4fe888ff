#!/usr/bin/perl

# The orders API refuses: who has no key, what is no order, what is too much;
# always as a problem document, always before anything is written.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;

my $t = Wismo::Test->new(carriers => ['ups']);

my $key = 'Bearer ' . Wismo::Test::API_KEY;
my $order = '{"shipments":[{"carrier":"ups","tracking_number":"1Z1"}]}';


sub problem {
    my ($r, $status, $what) = @_;

    is($r->status, $status, $what) or diag($r->body);
    is($r->header('content-type'), 'application/problem+json',
       "$what: a problem document");

    my $p = $r->json || {};

    is($p->{status}, $status, "$what: its status");
    ok(length($p->{title} // '') && length($p->{detail} // ''),
       "$what: title and detail");
    is($r->header('cache-control'), 'private, no-cache', "$what: private");

    return $p;
}


# Keys

for my $authorization (undef, '', 'Bearer', 'Bearer ', 'Bearer x',
                       "$key.", substr($key, 0, -1), lc $key . 'X',
                       'Basic dGVzdHM6dGVzdHM=', Wismo::Test::API_KEY,
                       'Bearer tests', 'Bearer ' . 'x' x 3000)
{
    for my $path ('/orders/1001', '/orders/%00', '/nowhere', '?q=1') {
        my $r = $t->api('PUT', $path, $order,
                        Authorization => $authorization);

        next if $path =~ /%00/ && $r->status == 400;

        problem($r, 401, 'key ' . ($authorization // 'none') . " at $path");
        is($r->header('www-authenticate'), 'Bearer realm="wismo"',
           'WWW-Authenticate');
    }
}

is($t->api('PUT', '/orders/1', $order, Authorization => "bearer   "
           . Wismo::Test::API_KEY)->status, 202, 'any case, any space');

my $r = $t->api('PUT', '/orders/1', 'x' x 100000, Authorization => 'Bearer x');
problem($r, 401, 'a large body without a key');


# Paths and methods

problem($t->api('GET', $_), 404, "path $_")
    for '', '/', '/orders', '/orders/', '/orders/1/2', '/orders/1/',
        '/order/1', '/../v2/orders/1', '/orders:all';

problem($t->api('PUT', "/orders/$_", $order), 400, "number $_")
    for 'a%20b', '.x', 'x' x 65, '%ff', '1.json', 'a%0a', '{1}', '*', '%2e1';

for my $method (qw(POST PATCH OPTIONS MKCOL)) {
    $r = $t->api($method, '/orders/1', $order);
    problem($r, 405, $method);
    is($r->header('allow'), 'GET, HEAD, PUT, DELETE', "$method: Allow");
}

problem($t->api('PUT', '/orders/1?x=1', $order), 400, 'a query');
problem($t->api('GET', '/orders/1?fields=all'), 400, 'a query of a GET');

problem($t->api('PUT', '/orders/1', $order, @$_), 400, "$_->[0]")
    for [ 'If-Match' => '"1"' ], [ 'If-None-Match' => '*' ],
        [ 'If-Unmodified-Since' => 'Tue, 24 Nov 2026 12:00:00 GMT' ];

problem($t->api('DELETE', '/orders/1', '{}'), 400, 'DELETE with a body');

problem($t->api('PUT', '/orders/1', $order, 'Content-Type' => $_), 415,
        'type ' . ($_ // 'none'))
    for undef, '', 'text/plain', 'application/jsonx', 'application/xml',
        'application/x-www-form-urlencoded';


# Too much: refused as soon as it is known

{
    my $s = Wismo::Http::open($t->port);
    print $s "PUT /wismo/api/v1/orders/1 HTTP/1.1\r\nHost: localhost\r\n"
           . "Authorization: $key\r\nContent-Type: application/json\r\n"
           . "Content-Length: 70000\r\nExpect: 100-continue\r\n\r\n";
    my $r = Wismo::Http::response($s);
    problem($r, 413, 'by length, before the body');
    like($r->{line}, qr/413/, 'and without an invitation');

    problem($t->api('PUT', '/orders/1', '"' . 'x' x 65535 . '"'), 413,
            'one byte too many');

    $s = Wismo::Http::open($t->port);
    print $s "PUT /wismo/api/v1/orders/1 HTTP/1.1\r\nHost: localhost\r\n"
           . "Authorization: $key\r\nContent-Type: application/json\r\n"
           . "Transfer-Encoding: chunked\r\n\r\n";
    local $SIG{PIPE} = 'IGNORE';
    print $s "2000\r\n" . 'x' x 0x2000 . "\r\n" for 1 .. 9;
    problem(Wismo::Http::response($s), 413, 'by counting');

    problem($t->api('PUT', '/orders/1', 'x' x 1_000_000), 413, '1 MB');

    my $big = $t->api('PUT', '/orders/1', 'x' x 3_000_000);
    is($big->status, 413, "beyond nginx's own limit");
}


# What is no JSON: where

my %syntax = (
    'empty'          => '',
    'space'          => ' ',
    'text'           => 'hello',
    'cut'            => '{"shipments":[',
    'two'            => '{} {}',
    'comma'          => '{"shipments":[],}',
    'duplicate'      => '{"shipments":[],"shipments":[]}',
    'invalid UTF-8'  => qq({"brand":"\xff\xfe"}),
    'overlong UTF-8' => qq({"brand":"\xc0\x80"}),
    'surrogate'      => qq({"brand":"\xed\xa0\x80"}),
    'lone escape'    => '{"brand":"\ud800"}',
    'NUL'            => qq({"brand":"a\0b"}),
    'escaped NUL'    => '{"brand":"a\u0000b"}',
    'NUL after'      => "$order\0",
    'deep'           => '[' x 30000,
    'deep objects'   => '{"a":' x 10000,
    'NaN'            => '{"shipments":NaN}',
    'huge number'    => '{"placed_at":1' . '0' x 400 . '}',
);

for my $name (sort keys %syntax) {
    my $p = problem($t->api('PUT', '/orders/1', $syntax{$name}), 400, $name);

    is(ref $p->{errors}, 'ARRAY', "$name: errors");
    ok(length $p->{errors}[0]{detail}, "$name: a sentence");
    is($p->{errors}[0]{pointer}, '', "$name: a pointer");
}

my $p = $t->api('PUT', '/orders/1', "{\n  \"shipments\": [\n  x")->json;
is($p->{errors}[0]{line}, 3, 'the line of a fault');
is($p->{errors}[0]{column}, 3, 'and its column');


# What is JSON, but no order: a pointer and a sentence for each fault

my %content = (
    ''                                => '[]',
    '/shipments'                      => '{"shipments":{}}',
    '/shipments/0/tracking_number'    => '{"shipments":[{"carrier":"ups"}]}',
    '/shipments/0/carrier'            =>
        '{"shipments":[{"carrier":"nobody","tracking_number":"1"}]}',
    '/shipments/1'                    =>
        '{"shipments":[{"carrier":"ups","tracking_number":"1Z1"},'
        . '{"carrier":"ups","tracking_number":"1Z1"}]}',
    '/items/0/quantity'               =>
        '{"shipments":[],"items":[{"id":"a","name":"b","quantity":"1"}]}',
    '/placed_at'                      =>
        '{"shipments":[],"placed_at":"yesterday"}',
    '/nonsense'                       => '{"shipments":[],"nonsense":1}',
    '/shipments/0/events'             =>
        '{"shipments":[{"carrier":"ups","tracking_number":"1","events":[]}]}',
    '/a~1b~0c'                        => '{"shipments":[],"a/b~c":1}',
);

for my $pointer (sort keys %content) {
    my $p = problem($t->api('PUT', '/orders/1', $content{$pointer}), 422,
                    "content at \"$pointer\"");

    my ($error) = grep { index($_->{pointer}, $pointer) == 0
                         && ($pointer ne '' || $_->{pointer} eq '') }
        @{ $p->{errors} || [] };

    ok($error, "\"$pointer\" is pointed at")
        or diag(explain($p->{errors}));
    ok(length(($error || {})->{detail} // ''), "\"$pointer\": a sentence");
}

$p = problem($t->api('PUT', '/orders/1', '{"shipments":[1,2,3],"items":4}'),
             422, 'several faults');
cmp_ok(scalar @{ $p->{errors} }, '>=', 4, 'all of them are told');

$p = problem($t->api('PUT', '/orders/1',
                     '{"shipments":[' . join(',', (1) x 1000) . ']}'),
             422, 'very many faults');
cmp_ok(scalar @{ $p->{errors} }, '<=', 32, 'told in bounds');


# Nothing of all that was written

my $letters = 0;
$letters += $t->redis->call('XLEN', $_)
    for @{ $t->redis->call('KEYS', 'wi:*') };

is($letters, 1, 'only what was accepted is in the inbox');

done_testing;
