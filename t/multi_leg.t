#!/usr/bin/perl

# A journey of two carriers: the first tells who delivers and under which
# number, and a shopper reads both, with the way to either.  The order that
# comes again from the shop, which knows of one, takes nothing away.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;

use Digest::SHA qw(hmac_sha256_base64);
use JSON::PP ();

my $json = JSON::PP->new->utf8->canonical;
my ($number, $theirs) = ('794644790138', '92419900000033499522966220');

my $t = Wismo::Test->new(carriers => ['fedex'], fetcher => 1, start => 0,
    patient => 1, sim => { start => '-3d', scale => 0 },
    server => <<'EOT');
        location /full/ { wismo_track; wismo_order_only full; }
        location = /wismo/hooks/fedex {
            wismo_hook fedex;
            wismo_hook_secret_file %%DIR%%/fedex.hook;
        }
EOT

$t->secret('fedex.hook', 'fedex-hook-for-tests');
$t->start;

sub alert {
    my (%result) = @_;

    my $body = $json->encode({ output => { completeTrackResults => [
        { trackingNumber => $number, trackResults => [ {
            trackingNumberInfo => { trackingNumber => $number },
            latestStatusDetail => { code => 'IT' }, %result } ] } ] } });

    return $t->request('POST', '/wismo/hooks/fedex', body => $body,
        headers => { 'fdx-signature' =>
            hmac_sha256_base64($body, 'fedex-hook-for-tests') . '=' });
}

sub scan {
    my ($hours, $text) = @_;
    my @t = gmtime time - $hours * 3600;

    return { eventType => 'AR', eventDescription => $text,
        date => sprintf('%04d-%02d-%02dT%02d:%02d:00+00:00', $t[5] + 1900,
                        $t[4] + 1, @t[3, 2, 1]) };
}

my %order = (shipments => [ { carrier => 'fedex',
                              tracking_number => $number } ]);

$t->put_order('M-1', \%order);
$t->wait_order('M-1', sub { $_->{order} });

is(alert(scanEvents => [ scan(9, 'Arrived') ])->status, 202, 'a push');

my $doc = $t->wait_order('M-1', sub { $_->{status} eq 'in_transit' });

is($doc->{parcels}[0]{partner}, undef, 'one carrier');
unlike($t->get('/full/M-1')->body, qr/does the last stretch/,
       'and a page that names one');

is(alert(scanEvents => [ scan(4, 'Tendered'), scan(9, 'Arrived') ],
         additionalTrackingInfo => { packageIdentifiers => [
             { type => 'PARTNER_CARRIER_NUMBER', values => [ $theirs ] } ] })
       ->status, 202, 'the hand-over');

$doc = $t->wait_order('M-1', sub { $_->{parcels}[0]{partner} });

is_deeply($doc->{parcels}[0]{partner},
          { carrier => 'usps', tracking_number => $theirs }, 'who has it now');

my $page;

ok(wait_until { ($page = $t->get('/full/M-1')->body) =~ /last stretch/ } 10,
   'the page tells it');
like($page, qr/\Q$number\E.*USPS does the last stretch.*\Q$theirs\E/s,
     'both carriers and both numbers');
like($page, qr/href="https:[^"]*usps[^"]*\Q$theirs\E/,
     'and the way to the second one\'s page');

$t->put_order('M-1', { %order, items => [ { id => 'a', name => 'Lamp' } ] });

$doc = $t->wait_order('M-1', sub { @{ $_->{items} } });

is($doc->{parcels}[0]{partner}{tracking_number}, $theirs,
   'the order again, which knows nothing of it');

done_testing;
