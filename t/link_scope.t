#!/usr/bin/perl

# A link shows what it was made for: one with the minimal scope, for whoever
# gets the parcel, never shows what was bought.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1, locations => <<'EOT');
        location /track/ { wismo_track; wismo_order_only none; }
        location /minimal/ { wismo_track; }
        location = /wismo/ready { wismo_health ready; }
EOT

wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';
seed($t, order('1001'));


sub opened {
    my ($link, $path) = @_;

    my $r = $t->get($link);
    return $r->status unless $r->status == 303;

    my $page = $t->get($path // '/track/1001', Cookie => $t->pair($r));

    return $page->status != 200 ? $page->status
         : $page->body =~ /Lamp-|1Z1001|Place-|City-/ ? 'full' : 'minimal';
}


is($t->get('/track/1001')->status, 404, 'without a link');
is(opened($t->link('1001')), 'full', 'full');
is(opened($t->link('1001', scope => 'm')), 'minimal', 'minimal');
is(opened($t->link('1001', scope => 'x')), 404, 'another scope');
is(opened($t->link('1001', scope => 'm') =~ s/\.m\./.f./r), 404,
   'a scope that was changed');

is(opened($t->link('1001') =~ s/track/minimal/r, '/minimal/1001'), 'full',
   'full, where the number opens the minimal view');
is(opened($t->link('1001', scope => 'm') =~ s/track/minimal/r,
          '/minimal/1001'), 'minimal', 'minimal, there');

{
    my $r = $t->get('/track/1001.json', Cookie =>
                    $t->pair($t->get($t->link('1001', scope => 'm'))));

    is($r->json->{view}, 'minimal', 'JSON, too');
}


# The program makes both

{
    my ($status, $out) = $t->wismo(qw(order link 1001 --scope minimal));
    is($status, 0, 'the program makes one');
    chomp $out;
    is(opened($out), 'minimal', 'minimal');

    ($status, $out) = $t->wismo(qw(order link 1001 --scope full));
    chomp $out;
    is(opened($out), 'full', 'full');

    is(($t->wismo(qw(order link 1001 --scope all)))[0], 2, 'no other scope');
    is(JSON::PP::decode_json(
           ($t->wismo(qw(order link 1001 --scope minimal --json)))[1])
       ->{scope}, 'minimal', 'told as JSON');
}


# A cookie lasts no longer than its link

{
    my $r = $t->get($t->link('1001', expires => time() + 60));
    my ($age) = ($r->headers('set-cookie'))[0] =~ /Max-Age=(\d+)/;

    cmp_ok($age, '<=', 60, 'a link that ends soon');
    cmp_ok($age, '>', 40, 'a cookie that ends with it');
}

done_testing;
