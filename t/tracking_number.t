#!/usr/bin/perl

# Who has nothing but a tracking number sees what its carrier tells of that
# parcel, and never the order, whom it is for, or another parcel; and learns
# nothing by guessing.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

use JSON::PP ();

my $t = Wismo::Test->new(fetcher => 1, workers => 1, locations => <<'EOT');
        location /track/ { wismo_track; wismo_order_only none; }
        location /minimal/ { wismo_track; }
        location /off/ { wismo_track; wismo_order_only none;
                         wismo_tracking_number off; }
        location = /wismo/ready { wismo_health ready; }
EOT

wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';

my $number = '1Z5R89390357567127';
my $other = '1Z12345E6605272234';
my $stranger = '1Z879E930346834440';      # of nobody, with its check digit


sub secret_order {
    my ($order, @shipments) = @_;
    my $n;

    return order($order, brand => "brand-$order", locale => 'de',
        promised => { from => '2026-12-11', until => '2026-12-12' },
        shipments => [ map { {
            carrier => 'ups', service => 'UPS Ground', id => "Box-$order-" . ++$n,
            tracking_url => "https://shop.example/Own-$order",
            items => [ { id => 'lamp', quantity => 1 } ],
            pickup => { name => "Locker-$order", code => "Code-$order",
                        address => "Corner-$order" },
            %$_,
        } } @shipments ]);
}


my @events = (
    { time => '2026-11-23T10:05:00-05:00', status => 'delivered',
      substatus => 'neighbour', description => 'Left with Person-1001',
      place => 'Door-1001', delivered_to => 'neighbour' },
    { time => '2026-11-22T09:00:00-05:00', status => 'out_for_delivery',
      description => 'On its way to Person-1001', place => 'Town-1001' },
    { time => '2026-11-21T18:00:00-05:00', status => 'picked_up',
      description => 'Picked up', place => 'Louisville, KY, US' },
);

seed($t,
    secret_order('A-1001',
        { tracking_number => $number, events => [ @events[1, 2] ] },
        { tracking_number => $other, events => \@events,
          partner => { carrier => 'usps',
                       tracking_number => '9400111899223197428490' } }),
    order('A-1002'));

my @secrets = ('A-1001', 'Customer', 'mail-', 'Street', 'City-', 'Lamp',
    'Person-', 'Door-', 'Town-', 'Louisville', 'Box-', 'Own-', 'Locker', 'Code-',
    'Corner', 'brand-', $other, '94001118992231', '2026-12-11');


# What is seen

my %form = (
    page     => '',
    JSON     => '.json',
    text     => '.txt',
    calendar => '.ics',
    feed     => '.atom',
    fragment => '?fragment=status',
);

for my $path ('/track/', '/minimal/') {
    for my $form (sort keys %form) {
        my $r = $t->get("$path$number$form{$form}");

        is($r->status, 200, "$path, $form");

        my $text = join("\n", map({ "@$_" } @{ $r->{headers} }), $r->body)
            =~ s{<style>.*?</style>}{}sr;
        my @told = grep { $text =~ /\Q$_\E/i } @secrets;

        is("@told", '', "$form: nothing of order or person")
            or diag($text =~ s/<style>.*<\/style>//sr);
    }
}

my $page = $t->get("/track/$number");

like($page->body, qr/>Your parcel $number</, 'the parcel is the title');
like($page->body, qr/Out for delivery/, 'its status');
like($page->body, qr/\bUPS\b.*Ground/s, 'its carrier and service');
like($page->body, qr/Collected by the carrier/, 'what happened to it');
unlike($page->body, qr/data-live|feedback|name="order"/,
       'and nothing that wants an order');
unlike($page->body, qr/<html lang="de"/, 'in the reader\'s language');
is($page->header('cache-control'), 'private, no-cache', 'as private as all');

my $json = $t->get("/track/$number.json")->json;

is($json->{order}, $number, 'JSON: the number that was asked for');
is($json->{view}, 'parcel', 'the view');
is($json->{status}, 'out_for_delivery', 'the status');
is(scalar @{ $json->{parcels} }, 1, 'one parcel');
is(join(' ', map { $_->{status} } @{ $json->{parcels}[0]{events} }),
   'out_for_delivery picked_up', 'its events');
is(scalar(grep { $_->{place} || $_->{description} || $_->{code} }
          @{ $json->{parcels}[0]{events} }), 0, 'without places and words');
is($json->{parcels_total}, 1, 'no other is counted');

$json = $t->get("/track/$other.json")->json;

is($json->{status}, 'delivered', 'the other parcel has its own status');
is($json->{parcels}[0]{delivered_to}, undef, 'and not who took it in');
unlike($t->get("/track/$other.json")->body, qr/neighbour/, 'anywhere');

is($t->get("/track/\L$number")->status, 200, 'in any case');
is($t->get('/track/1Z-5R8-939-03-5756-7127')->status, 200, 'with dashes');
is($t->get("/track/$number", 'If-None-Match' => $page->header('etag'))
   ->status, 304, 'kept by browsers');
is($t->get("/track/$number/live")->status, 404, 'no stream');


# An order's number is an order's, with all that it opens

is($t->get('/minimal/A-1002')->status, 200, 'an order by its number');
unlike($t->get('/minimal/A-1002')->body, qr/1ZA1002/, 'is what it was');
like($t->get('/track/A-1002', Cookie => $t->pair($t->get($t->link('A-1002'))))
     ->body, qr/Lamp-A-1002/, 'with a link, too');


# Whatever is not found is not found in one way, for the same work

sub from {
    my ($address, $path) = @_;
    return $t->request('GET', $path, from => $address);
}


sub answer {
    my ($r) = @_;

    return join "\n", $r->{line},
        (map { "$_->[0]: $_->[1]" } grep { lc $_->[0] ne 'date' }
         @{ $r->{headers} }), '', $r->body;
}


sub work {
    my ($code) = @_;
    my $count = sub {
        my $info = $t->redis->call('INFO', 'commandstats');
        my %n = $info =~ /cmdstat_(\w+):calls=(\d+)/g;
        return map { $n{$_} // 0 } qw(getrange srandmember get mget smembers);
    };

    my @before = $count->();
    my $r = $code->();
    my @after = $count->();

    return ($r, join ' ', map { $after[$_] - $before[$_] } 0 .. $#after);
}

seed($t, order('A-1003', shipments => [ { carrier => 'ups',
    tracking_number => '1ZGONE', events => [] } ]));
my ($failed) = $t->wismo('order', 'erase', 'A-1003', '--yes');
is($failed, 0, 'one is erased');

{
    my ($same, $way);

    for my $what ($stranger, 'A-1002', 'A-9999', 'NOBODY', '1ZGONE', 'A-1003')
    {
        my ($r, $work) = work(sub { from('127.0.3.1', "/track/$what") });

        $r->{line} =~ /404/ or diag($what);
        $same //= answer($r);
        $way //= $work;
        is(answer($r), $same, "$what: the same answer");
        is($work, $way, "$what: the same work");
    }

    is($way, '0 1 0 0 0', 'which is one command');
    is(answer($t->get("/off/$number")), answer($t->get('/off/A-9999')),
       'where it is off, it is nothing');
}

{
    my ($unknown, $one) = work(sub { from('127.0.3.2', '/minimal/A-9998') });
    my ($strange, $two) = work(sub { from('127.0.3.2',
                                                "/minimal/$stranger") });

    is(answer($unknown), answer($strange), 'with the number alone, too');
    is("$one, $two", '1 1 0 0 0, 1 1 0 0 0', 'for the same work');
}


# The form

sub ask {
    my ($order, %opt) = @_;
    return $t->form($opt{path} // '/track/', { order => $order, proof =>
        $opt{proof} // '' }, from => $opt{from} // '127.0.4.1');
}

for my $path ('/track/', '/minimal/') {
    my $r = ask('1z 5r8 939 03 5756 7127', path => $path);

    is($r->status, 303, "$path: the form takes a tracking number");
    like($r->header('location'), qr{^http://localhost(?::\d+)?$path$number$},
         'and shows its parcel');
    ok(!$r->headers('set-cookie'), 'for once');
}

{
    my @miss = map { ask($_) } $stranger, 'A-1002', 'A-9999';

    is($miss[0]->status, 422, 'another: the form asks for more');
    is(answer($miss[1]), answer($miss[0]), 'of an order that there is');
    is(answer($miss[2]), answer($miss[0]), 'and of one that there isn\'t');
    is(ask($number, path => '/off/')->status, 422, 'as where it is off');
    is(ask($number, proof => 'mail-A-1001@shop.example')->status, 404,
       'it is no order with a proof, either');
}


# Guessing: misses shut it for this client, and nothing else

{
    my $from = '127.0.5.1';

    is(from($from, "/track/$number")->status, 200, 'before');
    from($from, "/track/MISS$_") for 1 .. 12;

    my $shut = from($from, "/track/$number");

    is($shut->status, 404, 'after too many misses');
    is(answer($shut), answer(from($from, '/track/A-9999')),
       'as if it was none');
    is(ask('A-1001', proof => 'mail-A-1001@shop.example',
           from => $from)->status, 303, 'the form is as open as before');
    is(from('127.0.5.2', "/track/$number")->status, 200,
       'so it is for others');
}


# It changes with its order, and goes with it

seed($t, secret_order('A-1001',
    { tracking_number => $number, events => [ {
        time => '2026-11-24T10:00:00-05:00', status => 'attempt_failed',
        description => 'Nobody at home' }, @events[1, 2] ] }));

ok((wait_until {
    $t->get("/track/$number.json")->json->{status} eq 'attempt_failed'
} 6, 'the change'), 'a change is seen');
is($t->get("/track/$other")->status, 404,
   'a parcel that the order has no longer');

seed($t, order('A-1004', shipments => [ { carrier => 'ups',
    tracking_number => '1ZDAMAGED', events => [] } ]));
damage($t, 'A-1004', sub {
    substr $_, length(join '', parts($_)) - 20, 10, 'x' x 10;
});
is(from('127.0.6.4', '/track/1ZDAMAGED')->status, 404,
   'an order that is damaged has none');

$t->redis->call('SADD', key($stranger) =~ s/^wo/wt/r, $_)
    for 'ups', 'ups ', ' x', 'ups ../x', "ups A-1001\n", 'ups A-9999';
is(from('127.0.6.1', "/track/$stranger")->status, 404,
   'whatever is in the index');
$t->redis->call('DEL', key($stranger) =~ s/^wo/wt/r);
$t->redis->call('SET', key($stranger) =~ s/^wo/wt/r, 'x');
is(from('127.0.6.1', "/track/$stranger")->status, 404,
   'of whatever type');

($failed) = $t->wismo('order', 'erase', 'A-1001', '--yes');
is($failed, 0, 'erased');
ok((wait_until { from('127.0.6.2', "/track/$number")->status == 404 } 6, 'gone'), 'and gone');

$t->redis->stop;
ok((wait_until { from('127.0.6.3', "/track/$number")->status == 503 } 10, 'no Redis'), 'without Redis: 503');

done_testing;
