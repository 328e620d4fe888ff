#!/usr/bin/perl

# A shipment that names no carrier gets the one that its number looks like, if
# exactly one of those fits that are configured.  One that was named stays.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Process qw(spew);
use Wismo::Box qw(opened);
use Wismo::Test;

use JSON::PP ();

my $json = JSON::PP->new->utf8->canonical;
my $t = Wismo::Test->new(carriers => [qw(ups fedex)]);

my $ups = '1Z0WM0000300000011';
my $fedex = '212188882642';                   # Purolator's as well
my $nobody = '1Z0WM0000300000012';


sub letter {
    my ($order) = @_;

    for my $stream (@{ $t->redis->call('KEYS', 'wi:*') }) {
        for my $entry (@{ $t->redis->call('XRANGE', $stream, '-', '+') }) {
            my $letter = opened({ @{ $entry->[1] } });

            return $letter->{body} if $letter->{order} eq $order;
        }
    }

    return '';
}


# The API

{
    my $r = $t->api('PUT', '/orders/1', { shipments => [
        { tracking_number => '1z 0wm 0000-300000.011' },
        { tracking_number => $fedex, carrier => undef },
        { tracking_number => '1', carrier => 'fedex' },
        { tracking_number => $ups, carrier => 'fedex' },
    ], metadata => { note => "\x{e9}\"<" } });

    is($r->status, 202, 'PUT');

    my $body = $json->decode(letter('1'));

    is_deeply([ map { $_->{carrier} } @{ $body->{shipments} } ],
              [qw(ups fedex fedex fedex)], 'the inbox has the carriers');
    is($body->{shipments}[0]{tracking_number}, '1z 0wm 0000-300000.011',
       'and the number as it came');
    is($body->{metadata}{note}, "\x{e9}\"<", 'and all else');
}

{
    my $body = "{ \"shipments\" : [ { \"carrier\":\"ups\",\n"
             . "\"tracking_number\":\"$nobody\" } ] }";

    is($t->api('PUT', '/orders/2', $body)->status, 202,
       'no number is refused for its looks');
    is(letter('2'), $body, 'without a guess the bytes are as they came');
}

for my $case ([ { tracking_number => $nobody }, 'fits nobody' ],
              [ { tracking_number => '12345678901234' },
                'fits one that is not configured' ],
              [ { tracking_number => $ups, carrier => '' },
                'a carrier without a name' ],
              [ { tracking_number => $ups, carrier => 7 },
                'a carrier that is no text' ],
              [ { tracking_number => $ups, carrier => 'dhl' },
                'a carrier that is not configured' ])
{
    my ($shipment, $what) = @$case;
    my $r = $t->api('PUT', '/orders/3', { shipments => [ $shipment ] });

    is($r->status, 422, "$what: 422");
    is($r->json->{errors}[0]{pointer}, '/shipments/0/carrier',
       "$what: at the carrier");
}

{
    my $r = $t->api('PUT', '/orders/4', { shipments => [
        { tracking_number => $ups },
        { tracking_number => $ups, carrier => 'ups' },
    ] });

    is($r->status, 422, 'the same parcel twice, once without its carrier');

    $r = $t->api('PUT', '/orders/5', { shipments => [ 1, [], undef, {},
        { tracking_number => {} }, { tracking_number => '' } ] });

    is($r->status, 422, 'no shipments at all');
}


# The import

{
    my $file = $t->dir . '/orders.ndjson';

    spew($file, join '', map { $json->encode($_) . "\n" }
        { number => '11', shipments => [ { tracking_number => $ups } ] },
        { number => '12', shipments => [ { tracking_number => $nobody } ] });

    my ($status, $out, $err) = $t->wismo('import', $file, '--quiet');

    is($status, 1, 'import: one of two is refused');
    like($err, qr{^\Q$file\E:2: /shipments/0/carrier: }m, 'import: which');
    is($t->order('11')->{parcels}[0]{carrier}, 'ups', 'import: the carrier');

    ($status, $out, $err) = $t->wismo('import', $file, '--quiet',
                                      '--any-carrier', '--dry-run');

    like($err, qr{:1: /shipments/0/carrier: }, '--any-carrier: none is chosen');
}

done_testing;
