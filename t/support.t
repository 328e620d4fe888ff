#!/usr/bin/perl

# Whoever looks for an order and cannot find it finds whom to ask: the shop's
# address and telephone number are at the foot of each page.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;
use Wismo::Process qw(spew);

my $t = Wismo::Test->new(fetcher => 1, start => 0,
    http => 'wismo_brands %%DIR%%/brands;', locations => <<'EOT');
        location /track/ { wismo_track; }
        location /other/ { wismo_track; wismo_brand other; }
        location = /wismo/ready { wismo_health ready; }
EOT

my $dir = $t->dir . '/brands';

mkdir $dir or die "$dir: $!\n";
spew("$dir/default.json", '{"name": "Northwind", "support":
    {"email": "help@shop.example", "phone": "+32 9 123 45 67"}}');
spew("$dir/other.json", '{"name": "Other"}');

$t->start;
wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';
seed($t, order('1001'));

for my $page ([ 'an order' => '/track/1001' ],
              [ 'no order' => '/track/nobody' ],
              [ 'a link that is over' => '/track/1001?t=x' ],
              [ 'the form' => '/track/?lang=ar' ])
{
    my ($name, $path) = @$page;
    my $body = $t->get($path)->body;

    like($body, qr{<a href="mailto:help\@shop\.example">help\@shop\.example</a>},
         "$name: an address to write to");
    like($body, qr{<a href="tel:\+32 9 123 45 67"><bdi dir="ltr">\+32 9},
         'and a number to call, which is read from the left');
}

unlike($t->get('/other/1001')->body, qr{mailto:|tel:},
       'and nothing where the brand says nothing');

done_testing();
