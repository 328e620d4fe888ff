#!/usr/bin/perl

# Many orders in one request: an array, or one a line.  Each is accepted or
# refused by itself, with the faults a PUT would name.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;

my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 1);
my $json = JSON::PP->new->utf8->canonical;

sub batch {
    my ($body, %headers) = @_;
    return $t->api('POST', '/orders:batch', ref $body ? $json->encode($body)
                                                      : $body, %headers);
}

sub ndjson { batch(join('', map { $json->encode($_) . "\n" } @_),
                   'Content-Type' => 'application/x-ndjson') }

sub order {
    my ($number, %more) = @_;
    return { number => $number, shipments => [ { carrier => 'ups',
        tracking_number => '1Z' . substr($number . '9' x 16, 0, 16) } ], %more };
}


# All good

for my $form (qw(array lines)) {
    my @orders = map { order(uc(substr $form, 0, 1) . $_) } 1 .. 70;
    my $r = $form eq 'array' ? batch(\@orders) : ndjson(@orders);

    is($r->status, 202, "$form: all are accepted") or diag($r->body);
    my $told = $r->json;

    is("$told->{accepted} $told->{refused}", '70 0', "$form: counted");
    is_deeply([ map { $_->{index} } @{ $told->{results} } ], [ 0 .. 69 ],
        "$form: in their order");
    is(scalar(grep { $_->{status} == 202 && $_->{inbox_id} =~ /^\d+-\d+$/
                     && $_->{order} eq $orders[$_->{index}]{number} }
              @{ $told->{results} }), 70, "$form: each with its letter");
    ok($t->wait_order($orders[-1]{number}, sub { 1 }), "$form: is there");
}


# Some faulty: the others go in

my $r = batch([ order('G1'), order('G2', placed_at => 'yesterday'),
    { shipments => [] }, 'x', order('../x'), order('G3',
        shipments => [ { carrier => 'nobody', tracking_number => '1' } ]),
    { number => 'G4', shipments => [ {
        tracking_number => '1Z999AA10123456784' } ] } ]);
my $told = $r->json;

is($r->status, 207, 'some faulty');
is("$told->{accepted} $told->{refused}", '2 5', 'counted');

my %by = map { $_->{index} => $_ } @{ $told->{results} };

is($by{0}{status}, 202, 'a good one');
is($by{1}{status}, 422, 'a faulty one');
is($by{1}{order}, 'G2', 'its number');
is($by{1}{errors}[0]{pointer}, '/placed_at', 'where');
like($by{1}{errors}[0]{detail}, qr/expected a date/, 'what');
is($by{2}{errors}[0]{pointer}, '/number', 'no number');
is($by{3}{status}, 400, 'no order');
is($by{4}{errors}[0]{pointer}, '/number', 'no possible number');
is($by{5}{errors}[0]{pointer}, '/shipments/0/carrier', 'no such carrier');
is($by{6}{status}, 202, 'a carrier that is guessed');
ok($t->wait_order('G4', sub { $_->{parcels}[0]{carrier} eq 'ups' }),
   'and stored');
is($t->order('G2'), undef, 'a faulty one is not there');


# What is no JSON is so by itself, with its line

my $good = $json->encode(order('N1'));

$r = batch("$good\n{\"number\":\"N2\",,}\n\n$good\n",
           'Content-Type' => 'application/x-ndjson');
$told = $r->json;
is($r->status, 207, 'a line that is no JSON');
is_deeply([ map { $_->{status} } sort { $a->{index} <=> $b->{index} }
    @{ $told->{results} } ], [ 202, 400, 202 ], 'alone');
my ($bad) = grep { $_->{status} == 400 } @{ $told->{results} };
is($bad->{errors}[0]{line}, 2, 'its line');

$r = batch("[\n$good,\n{\"number\":\"N3\",\"number\":\"N4\"},\n$good]");
($bad) = grep { $_->{status} == 400 } @{ $r->json->{results} };
is($bad->{errors}[0]{line}, 3, 'a name twice: the line in an array');

$r = batch([ { shipments => [] } ]);
is($r->status, 422, 'all faulty');


# What is no batch at all

for my $case ([ 'nothing', '' ], [ 'an empty array', '[]' ],
    [ 'an order', $good ], [ 'no end', "[$good" ],
    [ 'something behind it', "[$good] x" ], [ 'a comma too many', "[$good,]" ],
[ 'half a string', '["' ],
    [ 'brackets', '[' x 1000 ])
{
    $r = batch($case->[1]);
    is($r->status, 400, "$case->[0]: 400") or diag($r->body);
    is($r->header('content-type'), 'application/problem+json',
       "$case->[0]: a problem");
}

is(batch("[$good $good]")->status, 422, 'no comma between two: one that is bad');
is(batch("\n \n", 'Content-Type' => 'application/x-ndjson')->status, 400,
   'empty lines');


# Limits

is(batch([ map { order("L$_") } 1 .. 501 ])->status, 413, '501 orders');
is(batch([ order('L1', metadata => { map { $_ => 'x' x 500 } 'a' .. 't' }) ])
       ->status, 202, 'a large one');
is(batch('[' . ' ' x (1024 * 1024) . ']')->status, 413, 'more than 1 MB');

{
    my $r = batch("[{\"number\": \"1\"},\n {\"number\": 2,]");

    is($r->status, 400, 'no JSON');
    is_deeply([ @{ $r->json->{errors}[0] }{qw(line column)} ], [ 2, 15 ],
              'no JSON: where not');
}

$r = batch([ order('L2', x => 'x' x 70_000), order('L3') ]);
is(join(' ', sort map { $_->{status} } @{ $r->json->{results} }), '202 413',
   'one of more than 64 kB alone');

$r = batch([ map { order("M$_") } 1 .. 500 ]);
is($r->status, 202, '500 orders');
ok($t->wait_order('M500', sub { 1 }), 'are there');


# As for the rest of the API

is($t->request('POST', '/wismo/api/v1/orders:batch', body => '[]', headers => {
       'Content-Type' => 'application/json' })->status, 401, 'no key');
is(batch([ order('X') ], 'Content-Type' => 'text/plain')->status, 415, 'type');
is($t->api('GET', '/orders:batch')->status, 405, 'GET');
is($t->api('GET', '/orders:batch')->header('allow'), 'POST', 'Allow');
is($t->api('POST', '/orders:batch?x=1', '[]')->status, 400, 'a query');


# A client that goes away in the middle takes nothing with it

{
    my $s = Wismo::Http::open($t->port);
    my $body = $json->encode([ map { order("C$_") } 1 .. 500 ]);

    print $s "POST /wismo/api/v1/orders:batch HTTP/1.1\r\nHost: localhost\r\n"
        . 'Authorization: Bearer ' . Wismo::Test::API_KEY . "\r\n"
        . "Content-Type: application/json\r\nContent-Length: "
        . length($body) . "\r\n\r\n$body";
    close $s;
    ok($t->wait_order('C1', sub { 1 }), 'what was sent before is there');
    is($t->get('/plain')->status, 200, 'and the worker serves');
}


# Redis away, and full

$t->redis->call('CONFIG', 'SET', 'maxmemory', '1');
$r = batch([ order('R1'), order('R2') ]);
is($r->status, 503, 'Redis is full');
is($r->header('retry-after'), 5, 'Retry-After');
is($r->json->{results}[0]{status}, 503, 'each of them');
$t->redis->call('CONFIG', 'SET', 'maxmemory', '0');

$t->redis->kill;
is(batch([ map { order("R$_") } 1 .. 40 ])->status, 503, 'Redis is down');
$t->redis->start;
ok(wait_until { batch([ order('R1') ])->status == 202 } 15, 'and up again');

done_testing;
