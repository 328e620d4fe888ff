#!/usr/bin/perl

# An adapter's table, or a shop's, that was wrong: after it was mended, orders
# that were read by it are read anew, also those that nobody asks about any
# more.  What has long happened is told to nobody.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(slurp spew);
use Wismo::Receiver;
use Wismo::Shop;

my $secret = 'whsec_d2lzbW8tdGVzdC1vbmx5LXNlY3JldC0wMDE=';
my $told = Wismo::Receiver->new;

my $t = Wismo::Test->new(carriers => ['ups', 'fedex'], fetcher => 1,
    scale => 3600, start => 0, patient => 1,
    sim => { start => '-1h', scale => 0 },
    server => <<'EOT', http => <<"EOT");
        location = /wismo/hooks/mine {
            wismo_hook mine shop=%%DIR%%/mine.json;
            wismo_hook_secret_file %%DIR%%/mine.hook;
        }
EOT
    wismo_notify shop {
        type webhook;
        url ${\ $told->url}hooks;
        secret_file %%DIR%%/mine.hook;
        private on;
        events delivered lost out_for_delivery;
    }
EOT

my $dir = $t->dir;
my $json = JSON::PP->new->utf8->canonical;
my ($file, $mine) = ("$dir/share/carriers/ups.json", "$dir/mine.json");

$t->secret('mine.hook', $secret);


# UPS: deliveries are taken for losses, the van is not known

my $good = slurp($file);
my $wrong = $json->decode($good);

splice @{ $wrong->{codes}{tables} }, 1;
delete $wrong->{codes}{tables}[0]{rows}{'I/OT'};
$wrong->{codes}{tables}[0]{rows}{'D/FS'} = 'failed.lost';
spew($file, $json->encode($wrong));


# The shop: its courier's word is not known

my $words = $json->decode(slurp("$dir/share/shops/standard.json"));

$words->{shop} = 'mine';
$words->{codes} = { keys => ['code'], tables => [
    { by => ['code'], rows => { unterwegs => 'in_transit.moving' } } ] };
spew($mine, $json->encode($words));

$t->start;

my @orders = map { "A$_" } 1 .. 3;

for my $i (1 .. 3) {
    my $number = sprintf '1ZW15M0903450%05d', $i;

    $t->sim->load(script => 'ups-delivered', number => $number, age => '200h');
    $t->put_order("A$i", { shipments => [ { carrier => 'ups',
        tracking_number => $number } ],
        customer => { email => "a$i\@example.com" } });
}

for (@orders) {
    my $o = $t->wait_order($_, sub { $_->{status} eq 'failed' }, 40);
    is($o->{substatus}, 'lost', "$_ is read wrongly") or next;
    is($o->{parcels}[0]{events}[1]{status}, 'note', "$_: a code not known");
}

my $shop = Wismo::Shop->new($t, hook => '/wismo/hooks/mine',
    secret => $secret, scheme => 'standard');

$shop->send('', { type => 'order.created', timestamp => '2026-11-20T10:00:00Z',
    data => { id => 'o-1', number => 'S1', customer => { email =>
        's1@example.com' }, shipments => [ { id => 's-1', carrier => 'Bote',
        tracking_number => 'B4711' } ] } });
$shop->send('', { type => 'shipment.event',
    timestamp => '2026-11-20T10:00:01Z', data => { id => 'e-1',
        number => 'S1', order_id => 'o-1', shipment_id => 's-1',
        time => '2026-11-21T08:00:00+01:00', code => 'am Ziel' } });
ok($t->wait_order('S1', sub { @{ $_->{parcels}[0]{events} || [] } }, 20),
   'an event of the shop');


# The carrier is gone, the tables are good

$t->sim->stop;
spew($file, $good);
$words->{codes}{tables}[0]{rows}{'am Ziel'} = 'delivered.generic';
spew($mine, $json->encode($words));
$t->nginx->reload;

sub replay {
    my ($exit, $out, $err) = $t->wismo('replay', '--since', '1h', '--json',
        '--quiet', @_);
    return ($exit, eval { $json->decode($out) } || {}, $err);
}

my %before = map { $_ => $t->order($_) } @orders;
my ($exit, $r, $err) = replay('--dry-run');

is($exit, 0, 'dry run') or diag($err);
is($r->{orders}{changed}, 4, 'dry run: how many orders');
is_deeply($r->{orders}{codes}, {
    ups => {
        'D/FS' => { 'failed.lost > delivered.generic' => 3 },
        'I/OT' => { 'note > out_for_delivery.on_vehicle' => 3 },
    },
    mine => { 'am Ziel' => { 'note > delivered.generic' => 1 } },
}, 'dry run: which codes, and what they are') or diag($json->encode($r));
is($t->order('A1')->{version}, $before{A1}{version}, 'dry run: all is as it was');

($exit, $r) = replay('--carrier', 'fedex');
is("$exit $r->{orders}{changed}", '0 0', 'another carrier: none');

($exit, $r) = replay('--letters');
ok($exit == 0 && !exists $r->{orders}, 'letters only');

my $later = time + 7200;
my @at = gmtime $later;
($exit, $r) = replay('--since', sprintf '%04d-%02d-%02dT%02d:%02d:00Z',
    $at[5] + 1900, $at[4] + 1, $at[3], $at[2], $at[1]);
is("$r->{orders}{changed} $r->{orders}{older}", '0 4', 'since later: none');


# Now

($exit, $r, $err) = replay();
is($exit, 0, 'replayed') or diag($err);
is("$r->{orders}{changed} $r->{orders}{events} $r->{orders}{cursor}", '4 7 0',
   'what was changed');

for (@orders) {
    my $o = $t->order($_);

    is("$o->{status}.$o->{substatus}", 'delivered.generic', "$_ has arrived");
    is($o->{milestone}, 4, "$_: its milestone");
    is($o->{parcels_delivered}, 1, "$_: counted");
    is($o->{parcels}[0]{events}[1]{status}, 'out_for_delivery', "$_: the van");
    is($o->{version}, $before{$_}{version} + 1, "$_: one version on");
}

my $o = $t->order('S1');
is($o->{status}, 'delivered', 'the shop\'s, too');
is($o->{parcels}[0]{delivered}, JSON::PP::true, 'its parcel');

my $page = $t->get('/track/A1');
like($page->body, qr/Delivered/, 'pages show it');

($exit, $r) = replay();
is("$r->{orders}{changed} $r->{orders}{read}", '0 4',
   'again: nothing is left to change');

is(scalar(@{ $told->got }), 0, 'what happened a week ago is told to nobody');


# An order that can't be read holds up no other

spew($file, $json->encode($wrong));
$t->redis->call('SET', grep({ /:A2$/ } @{ $t->redis->call('KEYS', 'wo:*') }),
    'WO3 spoilt');
($exit, $r) = replay('--orders');
is("$exit $r->{orders}{changed} $r->{orders}{unreadable}", '1 2 1',
   'one is spoilt: it is told, the others are read');


# Unusable

is((replay('--from', 'x'))[0], 2, 'no cursor');
is((replay('--letters', '--orders'))[0], 2, 'only both');

$t->redis->kill;
is((replay('--orders'))[0], 1, 'Redis is away');

$told->stop;
done_testing;
