#!/usr/bin/perl

# Lane: plain
#
# The carrier simulator by itself: if it were not what carriers are on the
# wire, every test above it would prove little.

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256_hex);
use FindBin;
use File::Temp ();
use IO::Socket::INET;
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use Test::More;

use lib "$FindBin::Bin/lib";
use Wismo::Http;
use Wismo::Process qw(wait_until free_port);
use Wismo::Sim;

alarm 120;

my $dir = File::Temp::tempdir(CLEANUP => 1);
my $sim = Wismo::Sim->new($dir, root => "$FindBin::Bin/..", start => '-10d',
    scale => 0, 'ups-client' => 'id:secret', 'fedex-client' => 'id:secret',
    'easypost-key' => 'key');

my $json = JSON::PP->new->utf8;

sub call {
    my ($method, $path, %opt) = @_;
    return Wismo::Http::request($sim->port, $method, $path, %opt);
}


# UPS

sub ups_token {
    my ($secret) = @_;
    return call('POST', '/security/v1/oauth/token',
        headers => { Authorization => 'Basic '
                     . encode_base64("id:$secret", '') },
        body => 'grant_type=client_credentials');
}

is(ups_token('wrong')->status, 401, 'UPS: wrong secret');

my $token = ups_token('secret')->json;
is($token->{expires_in}, '14399', 'UPS: the TTL is a string');
like($json->encode($token), qr/"expires_in":"14399"/, 'in the JSON too');

sub ups {
    my ($number, %headers) = @_;
    return call('GET', "/api/track/v1/details/$number", headers => {
        Authorization => "Bearer $token->{access_token}", transId => 1,
        transactionSrc => 'test', %headers });
}

is(ups('1ZW15M090345000014')->status, 404, 'UPS: not known as 404');
is(ups('1ZW15M090345000015')->json->{trackResponse}{shipment}[0]{warnings}[0]
   {code}, 'TW0001', 'UPS: not known as a warning in a 200');
is(ups('x')->status, 400, 'UPS: bad number');
is(ups('1ZW15M090345000014', transId => undef)->status, 400,
   'UPS: transId is required');
is(ups('1ZW15M090345000014', Authorization => 'Bearer x')->json
   ->{response}{errors}[0]{code}, '250003', 'UPS: unknown token');

sub package_of {
    return ups($_[0])->json->{trackResponse}{shipment}[0]{package}[0];
}

$sim->load(script => 'ups-access-point', number => '1ZAAAAAAAA');

my $package = package_of('1ZAAAAAAAA');
is(@{ $package->{activity} }, 1, 'a life begins with its first event');
is($package->{currentStatus}{type}, 'M', 'as the label');

$sim->clock(advance => '57h');
$package = package_of('1ZAAAAAAAA');
is(@{ $package->{activity} }, 4, 'the clock moves parcels');
is($package->{activity}[0]{status}{code}, 'OT', 'newest first');
is($package->{activity}[0]{gmtOffset}, '-08:00', 'with the offset');

my $local = $package->{activity}[0]{date} . $package->{activity}[0]{time};
my $gmt = $package->{activity}[0]{gmtDate} . $package->{activity}[0]{gmtTime};
isnt($local, $gmt, 'the printed clock is the place\'s');

$sim->load(script => 'ups-local-clock', number => '1ZBBBBBBBB', age => '2d');
ok(!exists package_of('1ZBBBBBBBB')->{activity}[0]{gmtDate},
   'an older reply has no GMT fields');

$sim->revoke('ups');
is(ups('1ZAAAAAAAA')->status, 401, 'a revoked token is refused');
$token = ups_token('secret')->json;
is(ups('1ZAAAAAAAA')->status, 200, 'a new one serves');


# FedEx

my $fedex = call('POST', '/oauth/token', body =>
    'grant_type=client_credentials&client_id=id&client_secret=secret')->json;
is($fedex->{expires_in}, 14399, 'FedEx: the TTL is a number');

sub fedex {
    my ($numbers, %headers) = @_;
    return call('POST', '/track/v1/trackingnumbers', headers => {
        Authorization => "Bearer $fedex->{access_token}", %headers },
        body => $json->encode({ trackingInfo => [ map { {
            trackingNumberInfo => { trackingNumber => $_ } } } @$numbers ] }));
}

$sim->load(script => 'fedex-attempt', number => '489977100049', age => '9d');

my $r = fedex([ '489977100049', '999999999999' ]);
my $results = $r->json->{output}{completeTrackResults};
is($r->status, 200, 'FedEx: a batch');
is($results->[0]{trackResults}[0]{latestStatusDetail}{ancillaryDetails}[0]
   {reason}, '08', 'FedEx: the exception stands in the headline');
is($results->[1]{trackResults}[0]{error}{code},
   'TRACKING.TRACKINGNUMBER.NOTFOUND', 'FedEx: an error in the item');
is($r->header('content-encoding'), undef, 'plain unless asked for');

$r = fedex([ '489977100049' ], 'Accept-Encoding' => 'gzip');
is($r->header('content-encoding'), 'gzip', 'gzip when taken');
is($r->json->{output}{completeTrackResults}[0]{trackingNumber},
   '489977100049', 'and it unpacks');
is(fedex([ (1) x 31 ])->status, 400, 'FedEx: more than 30 are refused');

$sim->load(script => 'fedex-label', number => '489977100049', again => 1);
is(@{ fedex([ '489977100049' ])->json->{output}{completeTrackResults}[0]
      {trackResults} }, 2, 'FedEx: a number used again gives two results');


# Faults and quotas

$sim->fault(carrier => 'ups', kind => 'status', status => 429,
            retry_after => 7, times => 1);
$r = ups('1ZAAAAAAAA');
is($r->status, 429, 'a fault');
is($r->header('retry-after'), 7, 'with Retry-After');
is(ups('1ZAAAAAAAA')->status, 200, 'once');

$sim->fault(kind => 'html', times => 1);
like(ups('1ZAAAAAAAA')->body, qr/^<!DOCTYPE html>/, 'HTML in a 200');
$sim->fault(kind => 'truncate', times => 1);
is(ups('1ZAAAAAAAA')->json, undef, 'JSON cut, HTTP complete');
$sim->fault(kind => 'cut', times => 1);
is(ups('1ZAAAAAAAA')->error, 'cut in the body', 'HTTP cut');
$sim->fault(kind => 'slow', seconds => 0.5, times => 1);
cmp_ok(ups('1ZAAAAAAAA')->seconds, '>', 0.4, 'slow');
$sim->fault(kind => 'missing', number => '489977100049', times => 1);
is(@{ fedex([ '489977100049', '1' ])->json->{output}{completeTrackResults} },
   1, 'a number left out of a batch');
$sim->fault(kind => 'drip', seconds => 0.5, times => 1);
is(ups('1ZAAAAAAAA')->status, 200, 'in drops, but whole');

$sim->quota(carrier => 'ups', n => 2, per => 60, retry_after => 30);
is(join(' ', map { ups('1ZAAAAAAAA')->status } 1 .. 3), '200 200 429',
   'the quota\'s own answer');
$sim->clear;
is(ups('1ZAAAAAAAA')->status, 200, 'cleared');

is($sim->count('ups', 'token'), 3, 'tokens are counted');
is($sim->requests('fedex')->[-1]{method}, 'POST', 'requests are listed');


# EasyPost and its pushes

sub easypost {
    my ($method, $path, $data, $key) = @_;
    return call($method, $path, headers => { Authorization => 'Basic '
        . encode_base64(($key // 'key') . ':', '') },
        defined $data ? (body => $json->encode($data)) : ());
}

is(easypost('GET', '/v2/trackers', undef, 'no')->status, 401,
   'EasyPost: wrong key');

my $port = free_port();
my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
    LocalPort => $port, Listen => 8, ReuseAddr => 1) or die "listen: $!\n";

$sim->hook(url => "http://127.0.0.1:$port/hook", secret => 'shared');
$sim->load(script => 'easypost-delivered', number => 'EZ1000000001');

my $create = { tracker => { tracking_code => 'EZ1000000001' } };
$r = easypost('POST', '/v2/trackers', $create);
is($r->status, 201, 'EasyPost: a tracker is made');
is($r->json->{status}, 'pre_transit', 'with what is known');
is(easypost('POST', '/v2/trackers', $create)->json->{id}, $r->json->{id},
   'the same number is the same tracker');
is(easypost('GET', '/v2/trackers/' . $r->json->{id})->json->{tracking_code},
   'EZ1000000001', 'and can be read');
is(easypost('POST', '/v2/trackers', { tracker => {
    tracking_code => 'EZ7000000007' } })->json->{status}, 'unknown',
   'a number nobody knows');

sub pushed {
    my ($status) = @_;

    my $peer = wait_until {
        IO::Select->new($listen)->can_read(0.1) && $listen->accept
    } 10, 'a push' or return;

    my $in = '';

    while ($in !~ /^Content-Length: (\d+).*?\r\n\r\n/msi
           || length($in) < $+[0] + $1)
    {
        sysread $peer, $in, 65536, length $in or last;
    }

    syswrite $peer, "HTTP/1.1 $status X\r\nContent-Length: 0\r\n\r\n";
    close $peer;

    my ($head, $body) = split /\r\n\r\n/, $in, 2;
    my ($mac) = $head =~ /X-Hmac-Signature: hmac-sha256-hex=(\w+)/i;

    return { body => $body, good => $mac eq hmac_sha256_hex($body, 'shared'),
             json => $json->decode($body) };
}

pushed(200) for 1 .. 2;
$sim->clock(advance => '12h');

my $push = pushed(503);
is($push->{json}{result}{status}, 'in_transit', 'a new event is pushed');
ok($push->{good}, 'signed over the raw body');
my $again = pushed(200);
is($again->{body}, $push->{body}, 'and again until a 2xx');
ok((wait_until { $sim->ask(GET => 'pushes')->{delivered} == 3 } 5),
   'then no more');

$sim->hook(forge => JSON::PP::true);
$sim->push(number => 'EZ1000000001');
ok(!pushed(401)->{good}, 'forged on demand');

$sim->stop;
done_testing;
