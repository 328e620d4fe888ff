#!/usr/bin/perl

# A return without a label is handed in with a code: page, text, JSON and mail
# show it with its QR and the place, to nobody but who holds the order's link,
# and until it has been handed in.  A spreadsheet may bring it, too.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Mta;
use Wismo::Process qw(spew);
use Wismo::Seed;

use POSIX qw(strftime);

my $mta = Wismo::Mta->new;
my ($port, $ca) = ($mta->port, $mta->ca);

my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 1, scale => 3600,
    start => 0, patient => 1, sim => { start => '-1h', scale => 0 },
    server => <<'EOS', http => <<"EOT");
        location /full/ { wismo_track; wismo_order_only full; }
EOS
    wismo_notify mail {
        type mail;
        smtp smtp://127.0.0.1:$port;
        ca_file $ca;
        user wismo;
        secret_file %%DIR%%/relay.password;
        from orders\@shop.example;
        site https://shop.example;
        events return_registered;
        gap 0;
        daily 0;
    }
EOT
my $dir = $t->dir;
my $json = JSON::PP->new->utf8;

$t->secret('relay.password', 'relay-password-for-tests');
$t->start;

my ($out, $back) = qw(1ZW15M090345000001 1ZW15M090345000002);
my $sent = { carrier => 'ups', tracking_number => $out };
my %counter = (name => 'Corner shop', address => '1 High St',
               hours => 'Mon-Sat 8-20', code => 'RT-4711');
my $return = { carrier => 'ups', tracking_number => $back, leg => 'return',
               drop_off => \%counter };


# What is refused

for my $case (
    [ { %$sent, drop_off => \%counter }, '/shipments/0/drop_off',
      qr/"leg" is "return"/ ],
    [ { %$return, pickup => \%counter }, '/shipments/0/drop_off',
      qr/without "pickup"/ ],
    [ { %$return, drop_off => { code => 'x' x 65 } },
      '/shipments/0/drop_off/code', qr/./ ],
    [ { %$return, drop_off => { door => 1 } }, '/shipments/0/drop_off/door',
      qr/./ ])
{
    my ($shipment, $pointer, $why) = @$case;
    my $r = $t->api('PUT', '/orders/C0', { shipments => [ $shipment ] });

    is($r->status, 422, $pointer) or diag($r->body);
    is($r->json->{errors}[0]{pointer}, $pointer, 'by its place');
    like($r->json->{errors}[0]{detail}, $why, 'and why');
}


# Registered: the page, its other forms, the mail

my @order = (customer => { email => 'ada@kunden.example' },
    placed_at => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time() - 90000)));

$t->put_order('C1', { @order, shipments => [ $sent ] });
$t->wait_order('C1', sub { 1 });
$t->put_order('C1', { @order, shipments => [ $sent, $return ] });

my $doc = $t->wait_order('C1', sub { @{ $_->{parcels} } == 2 });

is($doc->{parcels}[1]{pickup}{code}, 'RT-4711', 'the document has it');

my $page;

ok(wait_until { ($page = $t->get('/full/C1')->body) =~ /RT-4711/ } 10,
   'the page shows the code');
like($page, qr{<svg class="qr".*<path d="M4 4\.5h7.*RT-4711}s, 'with its QR');
like($page, qr{At Corner shop</b><br>1 High St}, 'and where');
like($page, qr{Opening hours: Mon-Sat 8-20}, 'and when');
is(scalar(() = $page =~ /RT-4711/g), 1, 'once');

like($t->get('/full/C1.txt')->body, qr/^Your code: RT-4711$/m, 'text');

my $told = $t->get('/full/C1.json')->json->{parcels}[1]{pickup};

is($told->{code}, 'RT-4711', 'JSON');
like($told->{qr} // '', qr/^29 M4 4\.5h7/, 'and its QR');

unlike($t->get("/track/$_")->body, qr/RT-4711|Corner|High St/,
       "nobody else: $_") for 'C1', 'C1.json', 'C1.txt';

my $mail;

ok(wait_until(sub { ($mail) = @{ $mta->mails } }, 30), 'a mail')
    or diag($mta->log, $t->nginx->log);

for my $part (grep { defined $_->{text} } @{ $mail->{parts} }) {
    like($part->{text}, qr/Your code: (?:<b[^>]*>)?RT-4711/, $part->{type});
    like($part->{text}, qr/At Corner shop/, 'and where');
}


# Handed in

seed($t, order('C2', shipments => [
    { carrier => 'ups', tracking_number => '1ZW15M090345000003' },
    { %$return, tracking_number => '1ZW15M090345000004',
      events => [ { time => strftime('%Y-%m-%dT%H:%M:%SZ',
                                     gmtime(time() - 3600)),
                    status => 'picked_up' } ] } ]));

$page = $t->get('/full/C2')->body;

like($page, qr/1ZW15M090345000004/, 'one that is on its way');
unlike($page, qr/RT-4711|Corner shop/, 'needs no code any more');


# A spreadsheet

spew("$dir/file", <<'EOT');
number,item,tracking_number,carrier,leg,drop_off_code,return_tracking_number,return_drop_off_code
W1,Mug,1Z999AA10123456784,ups,outbound,OUT-1,,
W1,,1Z999AA10123456793,ups,return,ROW-2,,
W2,Mug,1Z999AA10123456784,ups,,,1Z999AA10123456793,COL-3
EOT

my ($exit, undef, $err) = $t->wismo('import', '--config',
    "$dir/state/wismo.json", '--quiet', '--preset', 'wismo', "$dir/file");

is($exit, 0, 'an import') or diag($err);

for my $case ([ 'W1', 'ROW-2' ], [ 'W2', 'COL-3' ]) {
    my ($number, $code) = @$case;
    my $parcels = $t->order($number)->{parcels};

    is_deeply([ map { $_->{pickup} && $_->{pickup}{code} } @$parcels ],
              [ undef, $code ], "$number: the return's, and no other's");
}

$mta->stop;

done_testing;
