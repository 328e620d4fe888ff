#!/usr/bin/perl

# Lane: plain
#
# The simulated carriers below /NAME/ by themselves: who is let in, what an
# unknown number is answered with, how many go into one question, and the
# traps of each format, as a client without an adapter sees them.

use strict;
use warnings;

use FindBin;
use File::Temp ();
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use Test::More;

use lib "$FindBin::Bin/lib";
use Wismo::Http;
use Wismo::Process qw(spew);
use Wismo::Sim;

alarm 120;

my $dir = File::Temp::tempdir(CLEANUP => 1);
my $json = JSON::PP->new->utf8;

my %account = (map { $_ => 'id:secret' }
    qw(usps gls royalmail dhl_express canadapost dpd chronopost));

$account{$_} = 'key' for qw(dhl_unified laposte postnl postnord generic
    aftership shippo 17track ship24);
$account{australiapost} = 'id:secret:42';
$account{purolator} = 'id:secret:user';
$account{dhl_parcel_de} = 'id:secret:app:pass';
$account{hermes} = 'id:secret:user:pass';
$account{amazon_shipping} = 'id:secret:refresh';

spew("$dir/accounts.json", $json->encode(\%account));

my $sim = Wismo::Sim->new($dir, root => "$FindBin::Bin/..", scale => 0,
    start => '2026-01-12T12:00:00Z', accounts => "$dir/accounts.json");


sub call {
    my ($method, $path, %headers) = @_;
    my $body = delete $headers{body};

    return Wismo::Http::request($sim->port, $method, $path,
        headers => \%headers, defined $body ? (body => $body) : ());
}

sub basic { (Authorization => 'Basic ' . encode_base64("$_[0]:$_[1]", '')) }
sub bearer { (Authorization => "Bearer $_[0]") }

sub load { $sim->load(script => "$_[0]-life", number => $_[1], age => $_[2]) }


# USPS

my $r = call(POST => '/usps/oauth2/v3/token', body => $json->encode({
    grant_type => 'client_credentials', client_id => 'id',
    client_secret => 'wrong', scope => 'tracking' }));
is($r->status, 401, 'USPS: a wrong secret');

$r = call(POST => '/usps/oauth2/v3/token', body => 'grant_type='
    . 'client_credentials&client_id=id&client_secret=secret&scope=tracking');
is($r->status, 200, 'USPS: a token for a form, too');
is($r->json->{scope}, 'tracking', 'USPS: with its scope');

my %usps = bearer($r->json->{access_token});
my $path = '/usps/tracking/v3/tracking';

is(call(GET => "$path/1")->status, 401, 'USPS: not without it');
is(call(GET => "$path/1", %usps)->json->{error}{code}, '404',
   'USPS: unknown, as a 404');

load('usps', 'U1', '40h');
is(ref call(GET => "$path/U1", %usps)->json->{eventSummaries}, 'ARRAY',
   'USPS: sentences only');

my $event = call(GET => "$path/U1?expand=DETAIL", %usps)
    ->json->{trackingEvents}[0];
is("$event->{eventTimestamp} $event->{GMTTimestamp}",
   '2026-01-11T18:00:00 2026-01-12T02:00:00Z', 'USPS: local, and Greenwich');
like($event->{GMTOffset}, qr/^-0?8:00$/, 'USPS: with the offset');
is($event->{authorizedAgent}, 'false', 'USPS: a boolean is a text');


# DHL

my %dhl = ('DHL-API-Key' => 'key');
$path = '/dhl_unified/track/shipments?trackingNumber';

$r = call(GET => "$path=1", %dhl);
is($r->status . ' ' . $r->header('content-type'),
   '404 application/problem+json', 'DHL Unified: unknown, as a problem');
is(call(GET => "$path=1")->status, 401, 'DHL Unified: a key is needed');

load('dhl_unified', '7777777770', '40h');
my $shipment = call(GET => "$path=7777777770", %dhl)->json->{shipments}[0];
like($json->encode($shipment), qr/"id":7777777770\b/,
     'DHL Unified: a number that is a number');
is(join(' ', map { $_->{timestamp} } @{ $shipment->{events} }),
   '2026-01-12T02:00:00Z 2026-01-11T07:00:00+01:00 2026-01-10T21:00:00',
   'DHL Unified: three ways to write a time');

my %express = basic('id', 'secret');
$path = '/dhl_express/mydhlapi/tracking?shipmentTrackingNumber';

load('dhl_express', $_, '40h') for 'E1', 'E2';
is(call(GET => "$path=E9", %express)->json->{status}, '404',
   'DHL Express: unknown, and the status a text');
$r = call(GET => join('&shipmentTrackingNumber=', "$path=E1", 'E9', 'E2'),
          %express)->json;
is(join(' ', map { $_->{shipmentTrackingNumber} } @{ $r->{shipments} }),
   'E1 E2', 'DHL Express: an unknown one is left out of several');
ok(!exists $r->{shipments}[0]{events}[0]{GMTOffset},
   'DHL Express: no offset');
is(call(GET => "$path=E1&requestGMTOffsetPerEvent=true", %express)
   ->json->{shipments}[0]{events}[0]{GMTOffset}, '+01:00',
   'DHL Express: but for who asks');
is(call(GET => "$path=x" . '&shipmentTrackingNumber=x' x 200, %express)
   ->status, 400, 'DHL Express: not more than 200');


sub parcel_de {
    my ($numbers, $password, $app) = @_;
    my $xml = qq(<data appname="$app" language-code="en" password="pass" )
            . qq(piece-code="$numbers" request="d-get-piece-detail"/>);

    $xml =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ge;

    return call(GET => '/dhl_parcel_de/parcel/de/tracking/v0/shipments'
                     . "?xml=$xml", basic('id', $password));
}

load('dhl_parcel_de', 'P1', '60h');
is(parcel_de('P1', 'wrong', 'app')->status, 401, 'DHL DE: the gateway');
like(parcel_de('P1', 'secret', 'wrong')->body, qr/code="5"/,
     'DHL DE: the account behind it');
like(parcel_de('P9', 'secret', 'app')->body, qr/code="100".*No data found/,
     'DHL DE: unknown');
$r = parcel_de('P1;P9', 'secret', 'app')->body;
like($r, qr/ code="0".*error-status="0".*error-status="100"/s,
     'DHL DE: two pieces, one known');
like($r, qr/event-timestamp="10\.01\.2026 01:00".*ric="NGHBR"/s,
     'DHL DE: dates as in Berlin, and to whom');


# Posts

my %rm = ('X-IBM-Client-Id' => 'id', 'X-IBM-Client-Secret' => 'secret',
          'X-Accept-RMG-Terms' => 'yes');
$path = '/royalmail/mailpieces/v2';

load('royalmail', 'RM1', '40h');
is(call(GET => "$path/RM9/events", %rm)->json->{errors}[0]{errorCode},
   'E1142', 'Royal Mail: unknown');
is(ref call(GET => "$path/RM1/events", %rm)->json->{mailPieces}, 'HASH',
   'Royal Mail: an object');
is(call(GET => "$path/summary?mailPieceId=RM1,RM9", %rm)
   ->json->{mailPieces}[1]{error}{errorCode}, 'E1142',
   'Royal Mail: a list, with an error in it');
$sim->fault(carrier => 'royalmail', kind => 'status', status => 503,
            times => 1);
$r = call(GET => "$path/RM1/events", %rm);
is($r->status . ' ' . $r->json->{httpCode}, '200 503',
   'Royal Mail: a 200 that says 503');

my %cp = (basic('id', 'secret'), 'Accept-language' => 'en-CA',
          Accept => 'application/vnd.cpc.track-v2+xml');
$path = '/canadapost/vis/track/pin';

load('canadapost', 'C1', '40h');
is(call(GET => "$path/C1/detail", %cp, Accept => '*/*')->status, 406,
   'Canada Post: not just any type');
like(call(GET => "$path/C9/detail", %cp)->body, qr{<code>004</code>},
     'Canada Post: unknown');
$r = call(GET => "$path/C1/detail", %cp)->body;
like($r, qr{<event-time-zone>PST</event-time-zone>},
     'Canada Post: a zone by its name');
like($r, qr{<event-time-zone/>}, 'Canada Post: or none');
like($r, qr{<event-identifier>0107<}, 'Canada Post: a code with its zero');
$sim->quota(carrier => 'canadapost', n => 1, per => 60);
call(GET => "$path/C1/detail", %cp);
like(call(GET => "$path/C1/detail", %cp)->body, qr/Rejected by SLM Monitor/,
     'Canada Post: a gateway that has had enough');

my %ap = (basic('id', 'secret'), 'Account-Number' => '42');
$path = '/australiapost/shipping/v1/track?tracking_ids';

load('australiapost', 'A1', '40h');
$r = call(GET => "$path=A1,A9", %ap)->json->{tracking_results};
is($r->[0]{trackable_items}[0]{events}[0]{date}, '2026-01-12T13:00:00+11:00',
   'Australia Post: the clock of who asks, not of Perth');
is($r->[1]{errors}[0]{code}, 'ESB-10001', 'Australia Post: unknown');
is(call(GET => "$path=A1", %ap, 'Account-Number' => 41)->status, 401,
   'Australia Post: the account counts');

my %lp = ('X-Okapi-Key' => 'key');
$path = '/laposte/suivi/v2/idships';

load('laposte', '6A12345678901', '40h');
is(ref call(GET => "$path/6A12345678901", %lp)->json, 'HASH',
   'La Poste: an object for one');
$r = call(GET => "$path/6A12345678901,6A99999999999", %lp);
is($r->status . ' ' . ref $r->json, '207 ARRAY', 'La Poste: a list for two');
is($r->json->[1]{returnCode}, 404, 'La Poste: unknown');
is(call(GET => "$path/x", %lp)->body, "Not Found\n",
   'La Poste: a 404 in plain text');

my %nl = (apikey => 'key');
$path = '/postnl/shipment/v2/status/barcode';

load('postnl', 'N1', '1h');
load('postnl', 'N2', '40h');
is(ref call(GET => "$path/N1?detail=true", %nl)
   ->json->{CompleteStatus}{Shipment}{Event}, 'HASH', 'PostNL: one event');
is(ref call(GET => "$path/N2?detail=true", %nl)
   ->json->{CompleteStatus}{Shipment}{Event}, 'ARRAY', 'PostNL: several');
is($json->encode(call(GET => "$path/N9", %nl)->json->{CurrentStatus}
   {Shipment}), '{}', 'PostNL: nothing is {}');

load('postnord', 'S1', '60h');
$path = '/postnord/rest/shipment/v5/trackandtrace/findByIdentifier.json';
is(call(GET => "$path?id=S1&apikey=no")->status, 403, 'PostNord: the key');
is($json->encode(call(GET => "$path?id=S9&apikey=key")
   ->json->{TrackingInformationResponse}{shipments}), '[]',
   'PostNord: unknown');
is(call(GET => "$path?id=S1&apikey=key")->json->{TrackingInformationResponse}
   {shipments}[0]{items}[0]{events}[3]{eventCode}, '113',
   'PostNord: events are the item\'s');


# Parcels

$r = call(POST => '/gls/oauth2/v2/token', basic('id', 'secret'),
          body => 'grant_type=client_credentials');
my %gls = bearer($r->json->{access_token});
$path = '/gls/track-and-trace-v1/tracking/simple/trackids';

load('gls', 'G1', '40h');
$r = call(GET => "$path/G1,G9?showEvents=true", %gls)->json->{parcels};
is($r->[0]{events}[0]{eventDateTime}, '2026-01-12T03:00:00+0100',
   'GLS: no colon in the offset');
is($r->[1]{errorCode}, 'E_404_01', 'GLS: unknown');
is(call(GET => "$path/" . join(',', 1 .. 11), %gls)
   ->json->{parcels}[0]{errorCode}, 'E_400_02', 'GLS: not more than ten');

sub hermes_token {
    return call(POST => '/hermes/authorization-facade/oauth2/access_token',
                body => "client_id=id&client_secret=secret&$_[0]")->json;
}

my $token = hermes_token('grant_type=password&username=user&password=pass');
cmp_ok(length $token->{access_token}, '>', 6000, 'Hermes: a long token');
is(hermes_token('grant_type=password&username=user&password=x')->{error},
   'invalid_grant', 'Hermes: the password');
ok(hermes_token('grant_type=refresh_token&refresh_token='
                . $token->{refresh_token})->{access_token},
   'Hermes: renewed');
$r = call(GET => '/hermes/shipmentinfo?shipmentID=1&shipmentID=2',
          bearer($token->{access_token}))->json->{shipmentinfo};
is(join(' ', map { "$_->{shipmentID} $_->{result}{code}" } @$r),
   '1 e001 2 e001', 'Hermes: unknown, both');

$r = call(POST => '/amazon_shipping/auth/o2/token', body => 'grant_type='
    . 'refresh_token&refresh_token=refresh&client_id=id&client_secret=secret');
my %amazon = ('x-amz-access-token' => $r->json->{access_token},
              'x-amzn-shipping-business-id' => 'AmazonShipping_US');
$path = '/amazon_shipping/shipping/v2/tracking?carrierId=AMZN_US&trackingId';

load('amazon_shipping', 'Z1', '40h');
is(call(GET => "$path=Z9", %amazon)->json->{errors}[0]{code}, 'NotFound',
   'Amazon: unknown');
$r = call(GET => "$path=Z1", %amazon)->json->{payload};
is($r->{alternateLegTrackingId}, 'null', 'Amazon: "null"');
is($r->{eventHistory}[0]{eventTime}, '2026-01-10T20:00:00.000Z',
   'Amazon: oldest first, with milliseconds');


# SOAP

sub dpd {
    my ($service, $action, $body) = @_;

    return call(POST => "/dpd/soap/services/$service", SOAPAction =>
        "http://dpd.com/common/service/$action", body => $body);
}

my $login = '<s:getAuth><delisId>id</delisId><password>%s</password>'
          . '</s:getAuth>';

like(dpd('LoginService/V2_1', 'LoginService/2.1/getAuth',
         sprintf $login, 'x')->body, qr{<errorCode>LOGIN_5<}, 'DPD: no login');
my ($dpd) = dpd('LoginService/V2_1', 'LoginService/2.1/getAuth',
    sprintf $login, 'secret')->body =~ m{<authToken>(\w+)<};

sub dpd_parcel {
    return dpd('ParcelLifeCycleService/V2_0',
        'ParcelLifeCycleService/2.0/getTrackingData',
        "<authToken>$_[0]</authToken><n:parcelLabelNumber>$_[1]"
        . '</n:parcelLabelNumber>')->body;
}

load('dpd', 'D1', '60h');
like(dpd_parcel('x', 'D1'), qr{authenticationFault}, 'DPD: another token');
like(dpd_parcel($dpd, 'D9'), qr{<trackingresult/>}, 'DPD: unknown');
like(dpd_parcel($dpd, 'D1'), qr{<content>1/10/2026 1:00:00 AM</content>},
     'DPD: American dates');

sub purolator {
    return call(POST => '/purolator/PWS/V1/Tracking/TrackingService.asmx',
        basic('id', $_[0]),
        SOAPAction => '"http://purolator.com/pws/service/v1/'
                    . 'TrackPackagesByPin"', body => '<UserToken>user'
        . '</UserToken>' . join '', map { "<v:Value>$_</v:Value>" } @_[1, 2]);
}

load('purolator', 'O1', '40h');
is(purolator('x', 1, 2)->status, 401, 'Purolator: the key');
$r = purolator('secret', 'O1', 'O9')->body;
like($r, qr{<Errors><Error>.*O9}, 'Purolator: unknown, beside a known one');
is(scalar(() = $r =~ m{<ScanType>Other</ScanType>}g), 2,
   'Purolator: a scan comes twice');
like(purolator('secret', 'O8', 'O9')->body,
     qr{<TrackingInformationList i:nil="true"/>}, 'Purolator: nothing');

sub canpar {
    return call(POST => '/canpar/canshipws/services/CanparAddonsService.x/',
        'Content-Type' => 'application/soap+xml',
        body => "<w:trackByBarcodeV2><x:barcode>$_[0]</x:barcode>")->body;
}

load('canpar', 'K1', '60h');
like(canpar('K1'), qr{<ax:delivered>false<.*<ax:code>DEL<}s,
     'Canpar: a flag that lies');
like(canpar('K1'), qr{<ax:local_date_time>20260109 190000<},
     'Canpar: a clock without a zone');
like(canpar('K9'), qr{<ax:result xsi:nil="true"/>}, 'Canpar: unknown');

sub chronopost {
    return call(POST => '/chronopost/tracking-cxf/TrackingServiceWS', body =>
        "<accountNumber>id</accountNumber><password>secret</password>"
        . "<skybillNumber>$_[0]</skybillNumber>")->body;
}

load('chronopost', 'F1', '60h');
like(chronopost('F9'), qr{<errorCode>2<}, 'Chronopost: unknown');
like(chronopost('F1'), qr{<errorCode>0<.*2026-01-10T01:00:00\+01:00}s,
     'Chronopost: times with their offset');


# Aggregators

my %as = ('as-api-key' => 'key');
$path = '/aftership/tracking/2025-01/trackings';

load('aftership', 'AS123', '40h');
my $new = $json->encode({ tracking_number => 'AS123' });
$r = call(POST => $path, %as, body => $new);
is($r->status, 201, 'AfterShip: a new one');
is(call(POST => $path, %as, body => $new)->json->{meta}{code}, 4003,
   'AfterShip: exists already');
is(call(GET => "$path/none", %as)->json->{meta}{code}, 4004,
   'AfterShip: no such tracking');
$r = call(GET => "$path/" . $r->json->{data}{id}, %as)->json->{data};
is($r->{checkpoints}[1]{checkpoint_time}, '2026-01-11T01:00:00',
   'AfterShip: a time without an offset');

my %t17 = ('17token' => 'key');

load('17track', 'T1', '40h');
sub t17 { call(POST => "/17track/track/v2.2/$_[0]", %t17,
               body => $json->encode([ map { { number => $_ } }
                                       @_[1 .. $#_] ]))->json->{data} }

is(t17('gettrackinfo', 'T1')->{rejected}[0]{error}{code}, -18019902,
   '17TRACK: register first');
is(t17('register', 'T1')->{accepted}[0]{number}, 'T1', '17TRACK: taken');
is(t17('register', 'T1')->{rejected}[0]{error}{code}, -18019901,
   '17TRACK: registered already');
is(scalar @{ t17('gettrackinfo', 'T1')->{accepted}[0]{track_info}{tracking}
             {providers} }, 2, '17TRACK: events of two carriers');
is(t17('gettrackinfo', 1 .. 41)->{errors}[0]{code}, -18010013,
   '17TRACK: not more than 40');

my %s24 = bearer('key');

load('ship24', 'S24-1', '40h');
sub s24 { call(POST => '/ship24/public/v1/trackers/bulk', %s24,
               body => $json->encode([ map { { trackingNumber => $_ } }
                                       @_ ])) }

$r = s24('S24-1', '!');
is($r->status . ' ' . join(' ', map { $_->{itemStatus} }
    @{ $r->json->{data} }), '207 created error', 'Ship24: a part is taken');
is(s24('S24-1')->json->{data}[0]{itemStatus}, 'existing', 'Ship24: again');
$r = call(GET => '/ship24/public/v1/trackers/'
    . $r->json->{data}[0]{tracker}{trackerId} . '/results', %s24);
is($r->json->{data}{trackings}[0]{events}[0]{occurrenceDatetime},
   '2026-01-12T03:00:00', 'Ship24: a time without an offset');

my %shippo = (Authorization => 'ShippoToken key');

is(call(GET => '/shippo/tracks/usps/1', %shippo)->json->{tracking_status}
   {status}, 'UNKNOWN', 'Shippo: unknown');
is(call(GET => '/shippo/tracks/usps/1', bearer('key'))->status, 401,
   'Shippo: a scheme of its own');

$sim->stop;
done_testing;
