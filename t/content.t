#!/usr/bin/perl

# What a page offers, from what the shop sent to what a browser gets: the
# pickup code with its QR, links to carriers out of their adapters, the last
# stretch, the retailer's blocks; and no text of anybody breaks out of it.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;
use Wismo::Process qw(spew);

my $t = Wismo::Test->new(fetcher => 1, start => 0,
    http => 'wismo_brands %%DIR%%/brands;', locations => <<'EOT');
        location /track/ { wismo_track; wismo_order_only full; }
        location /short/ { wismo_track; }
        location = /wismo/ready { wismo_health ready; }
EOT

my $dir = $t->dir . '/brands';
my $blocks = '{"blocks": [
    {"kind": "notice", "title": "Strike in France",
     "when": {"country": ["FR"]}},
    {"kind": "promotion", "title": "Sale of lamps",
     "link": {"url": "/sale", "text": "To the sale"}}
]}';

mkdir $dir or die "$dir: $!\n";
spew("$dir/default.json", '{"name": "Northwind", "blocks": "lamps.blocks",
    "urls": {"contact": "mailto:a@shop.example?subject={order}"}}');


# Blocks with a fault never get into a page

for my $case (
    ['{"blocks": [', qr{lamps\.blocks:1:\d+: }],
    ['{"blocks": [{"kind": "advert", "title": "x"}]}',
     qr{lamps\.blocks: /blocks/0/kind: "notice", "promotion", .* expected}],
    ['{"blocks": [{"kind": "notice", "title": "x",
       "image": {"url": "https://cdn.example/x.png"}}]}',
     qr{lamps\.blocks: /blocks/0/image/url: a path of the same host}])
{
    spew("$dir/lamps.blocks", $case->[0]);

    my ($status, $out) = $t->nginx->check(<<'EOT');
http {
    wismo_redis unix:%%DIR%%/redis.sock;
    wismo_secret_file %%DIR%%/link.key;
    wismo_share %%SHARE%%;
    wismo_fetcher off;
    wismo_brands %%DIR%%/brands;
    server { listen 127.0.0.1:%%PORT%%; location /track/ { wismo_track; } }
}
EOT

    isnt($status, 0, "refused: $case->[0]");
    like($out, $case->[1], 'told where and why');
}

spew("$dir/lamps.blocks", $blocks);
$t->start;
wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';


sub shipment {
    my ($status, $sub, %more) = @_;

    return { carrier => 'ups', tracking_number => '1Z999AA10123456784',
             events => [ { time => '2026-11-21T10:05:00-05:00',
                           status => $status, substatus => $sub,
                           description => 'As the carrier says' } ],
             %more };
}


# A parcel to be collected

seed($t, order('2001', shipments => [
    shipment('ready_for_pickup', 'waiting',
             pickup => { name => 'Corner shop', address => '1 High St',
                         hours => 'Mon-Sat 8-20', code => 'PK-4711' },
             partner => { carrier => 'usps',
                          tracking_number => '9400 1118' }) ]));

{
    my $body = $t->get('/track/2001')->body;

    like($body, qr{<h1>Ready for you to collect</h1>}, 'headline');
    like($body, qr{<bdi class="big" dir="ltr">PK-4711</bdi>}, 'code');
    like($body, qr{viewBox="0 0 29 29".*<path d="M4 4\.5h7}, 'and its QR');
    like($body, qr{At Corner shop</b><br>1 High St}, 'where');
    like($body, qr{href="https://www\.ups\.com/track\?tracknum=1Z999AA1\w+"
                   [^>]*>Track\ it\ with\ UPS}x, "the carrier's link");
    like($body, qr{href="https://tools\.usps\.com/[^"]*=94001118"},
         'that of the last stretch');
    like($body, qr{href="mailto:a\@shop\.example\?subject=2001"}, 'contact');
    like($body, qr{<summary>Where is my order\?</summary>}, 'help');

    my $short = $t->get('/short/2001')->body;

    like($short, qr{Collect your parcel}, 'the short view says what to do');
    unlike($short, qr{PK-4711|<path|High St|1Z999|94001118}, 'and no more');

    my $json = $t->get('/short/2001.json')->body;
    unlike($json, qr{PK-4711|High St|1Z999|94001118}, 'nor does its JSON');
}

# another code is another drawing

my ($first) = $t->get('/track/2001.json')->body =~ /"qr":"([^"]+)"/;

seed($t, order('2001', shipments => [
    shipment('ready_for_pickup', 'waiting', pickup => { code => '0815' }) ]));

my ($second) = $t->get('/track/2001.json')->body =~ /"qr":"([^"]+)"/;

ok($first && $second && $first ne $second, 'a new code has a new QR');


# The retailer's blocks

seed($t, order('2002', ship_to => { country => 'FR' }),
     order('2003'),
     order('2004', ship_to => { country => 'FR' },
           shipments => [ shipment('on_hold', 'payment_due') ]));

for my $case (['2002', 1, 1], ['2003', 0, 1], ['2004', 1, 0]) {
    my ($number, $notice, $sale) = @$case;
    my $body = $t->get("/track/$number")->body;

    is($body =~ /Strike in France/ ? 1 : 0, $notice, "$number: notice");
    is($body =~ /Sale of lamps/ ? 1 : 0, $sale, "$number: promotion");
}


# Whatever is said is text (control characters and overrides of the writing
# direction are refused when they come)

my $evil = q{"'></script></style></title><img src=x onerror=alert(1)>}
           . '{{t.next}}';

seed($t, order('2005', brand => 'acme', locale => 'de',
    ship_to => { city => substr($evil, 0, 80), country => 'US' },
    items => [ { id => "lamp", name => $evil, sku => $evil, quantity => 1,
                 url => 'https://x.example/?q=%22' } ],
    shipments => [ shipment('ready_for_pickup', 'waiting',
        service => $evil, tracking_url => 'https://x.example/?a=1&b=2',
        pickup => { map { $_ => substr $evil, 0, 64 }
                    qw(name address hours code) },
        events => [
            { time => '2026-11-21T10:05:00-05:00', status => 'delayed',
              code => $evil, description => $evil, place => $evil },
            { time => '2026-11-21T10:06:00-05:00', status => 'note',
              code => 'X', description => $evil, place => $evil } ]) ]));

for my $path ('/track/2005', '/short/2005') {
    my $r = $t->get($path);

    is($r->status, 200, "$path: hostile texts");
    is($r->header('set-cookie'), undef, 'no header of theirs');
    unlike($r->body, qr{<img|<script>}, 'no markup of theirs');
    is(scalar(() = $r->body =~ m{</title>}g), 1, 'one title');
    is(scalar(() = $r->body =~ m{</style>}g), 1, 'one style sheet');
    is(scalar(() = $r->body =~ m{</html>}g), 1, 'one page');
    unlike($r->body, qr{<b>What happens next}, 'no template of theirs');
}

done_testing;
