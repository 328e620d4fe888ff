#!/usr/bin/perl

# An order whose time is over is gone: whoever comes with its old link gets what
# everybody gets who asks for no order at all; no carrier, shop or letter that
# is late brings it back; and what is kept to know that tells of nobody.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed qw(key order seed);
use Wismo::Shop;

use JSON::PP ();
use POSIX qw(strftime);

my $secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

my $t = Wismo::Test->new(carriers => ['easypost'], fetcher => 1, start => 0,
    hook => 0, server => <<'EOT');
        location = /wismo/hooks/standard {
            wismo_hook standard;
            wismo_hook_secret_file %%DIR%%/standard.hook;
        }
EOT

$t->secret('standard.hook', $secret);
$t->start;

my $redis = $t->redis;
my $json = JSON::PP->new->utf8->canonical;
my $shop = Wismo::Shop->new($t, hook => '/wismo/hooks/standard',
    secret => $secret, scheme => 'standard');


sub utc { strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_[0]) }

sub bucket { (key($_[0]) =~ /(\d+)/)[0] }

sub ledger { +{ @{ $redis->call('HGETALL', key($_[0]) =~ s/^wo/wn/r) } } }

# Time passes for the date alone: that it has come is for the fetcher to check

sub elapse {
    my ($number) = @_;

    $redis->call('ZADD', 'wd:{' . bucket($number) . '}:!retention', 'XX',
                 (time - 60) * 1000, "$number#");
}

sub news {
    my ($number, $status) = @_;

    my $body = $json->encode({ object => 'Event',
        description => 'tracker.updated', result => { object => 'Tracker',
        id => "trk_$number", tracking_code => $number, carrier => 'USPS',
        status => $status, tracking_details => [ { object => 'TrackingDetail',
            status => $status, message => ucfirst $status,
            datetime => utc(time - 60), tracking_location => {
                city => 'CHICAGO', state => 'IL', country => 'US' } } ] } });

    $redis->call('XADD', 'wi:{3}', '*', qw(kind hook carrier easypost at),
                 time, 'body', $body);
}

sub quiet {
    wait_until {
        !grep { $redis->call('XLEN', "wi:{$_}") } 0 .. 15
    } 20, 'letters';
}

sub told {
    my ($r) = @_;

    return join "\n", $r->{line},
        (map { "$_->[0]: $_->[1]" } grep { lc $_->[0] ne 'date' }
         @{ $r->{headers} }), '', $r->body;
}


# What was delivered long ago, from an import and from a shop; and one that lives

my $then = '2026-01-10T10:00:00Z';

sub old {
    my ($number, $tracking) = @_;

    return order($number, placed_at => '2026-01-05T09:00:00Z', shipments => [ {
        carrier => 'easypost', tracking_number => $tracking,
        events => [ { time => $then, status => 'delivered',
                      description => 'Delivered' } ] } ]);
}

my @told = (
    { type => 'order.created', timestamp => '2026-01-05T09:00:00Z', data => {
        id => 'o-2', number => '1002', placed_at => '2026-01-05T09:00:00Z',
        updated_at => '2026-01-05T09:00:00Z',
        customer => { email => 'jo@shop.example' },
        items => [ { id => 'a', name => 'Lamp-1002', quantity => 1 } ],
        shipments => [ { id => 's-2', carrier => 'ups',
                         tracking_number => '1ZW15M090345000002' } ] } },
    { type => 'shipment.event', timestamp => $then, data => {
        id => 'e-2', number => '1002', order_id => 'o-2',
        shipment_id => 's-2', time => $then, status => 'delivered',
        description => 'Delivered' } });

seed($t, old('1001', 'EZ1000000001'), old('1004', 'EZ1000000004'),
     order('1003', shipments => [ { carrier => 'easypost',
                                    tracking_number => 'EZ1000000003' } ]));

is($shop->send('', $_)->status, 202, "$_->{type} of a shop") for @told;
ok($t->wait_order('1002', sub { $_->{status} eq 'delivered' }), 'is an order');

my %link = map { $_ => $t->link($_) } qw(1001 1002 nobody);
my $cookie = $t->pair($t->get($link{1001}));

like($t->get('/track/1001', Cookie => $cookie)->body, qr/Lamp-1001/,
     'a link opens it');


# Their time is over. Of another nobody was there to erase it, so Redis forgot
# it by itself

$redis->call('DEL', map { key('1004') =~ s/^wo/$_/r } qw(wo wp wn));

# again and again: a commit that was still on its way sets the date anew

ok((wait_until {
    elapse($_) for qw(1001 1002 1004);
    !grep { $t->api('GET', "/orders/$_")->status != 404 } qw(1001 1002)
} 60, 'erased'), 'they are erased') or BAIL_OUT($t->nginx->log);
ok((wait_until { ledger('1004')->{erased} } 60, 'a tombstone'),
   'what has ended by itself has its tombstone, too');

for my $number (qw(1001 1002 1004)) {
    my $ttl = $redis->call('TTL', key($number) =~ s/^wo/wn/r);

    is_deeply([ sort keys %{ ledger($number) } ], [qw(body erased)],
              "$number: when, and no more");
    like(join(' ', values %{ ledger($number) }), qr/^[\d-]+ [\d-]+$/,
         "$number: nothing of anybody");
    cmp_ok(abs($ttl - 400 * 86400), '<', 3600,
           "$number: for as long as a link can live");
}

is_deeply($redis->call('KEYS', 'wk:*'), [], 'the shop\'s id of it is gone');


# Old links: as if there had never been such an order

sub same {
    my ($what, $path, $number, %headers) = @_;

    is(told($t->get($path =~ s/NUMBER/$number/r, %headers)),
       told($t->get($path =~ s/NUMBER/nobody/r, %headers)), $what);
}

is($t->get($link{1001})->status, $t->get($link{nobody})->status,
   'a link that has not ended');
same('who had followed it', '/track/NUMBER', '1001', Cookie => $cookie);
same('the page', '/track/NUMBER', '1002');
same('JSON', '/track/NUMBER.json', '1001', Cookie => $cookie);
same('the live page', '/track/NUMBER/live', '1001', Cookie => $cookie);
is($t->get('/track/1001', Cookie => $cookie)->status, 404, 'is a 404');
is(told($t->form('/track/', { order => '1001',
                              proof => 'mail-1001@shop.example' })),
   told($t->form('/track/', { order => 'nobody',
                              proof => 'mail-1001@shop.example' })),
   'a look-up with the right proof');


# What is late: a carrier's push

news("EZ100000000$_", 'in_transit') for 1, 3, 4;
ok($t->wait_order('1003', sub { @{ $_->{parcels}[0]{events} } }),
   'a carrier\'s push about an order that is there') or diag($t->nginx->log);
quiet();
ok(!$t->order($_), "brings $_ not back") for qw(1001 1002 1004);


# ... a letter that was sent before, and taken up only now

$redis->call('XADD', 'wi:{7}', '1000-1', qw(kind put order 1001 at 1 body),
             $json->encode({ shipments => [], currency => 'EUR' }));
quiet();
ok(!$t->order('1001'), 'nor does an old letter');


# ... a webhook that the shop sends once more

is($shop->send('', $_)->status, 202, "$_->{type}, once more") for @told;
$told[0]{data}{updated_at} = utc(time + 5);
is($shop->send('', $told[0])->status, 202, 'and changed since');
quiet();
ok(!$t->order('1002'), 'nor does the shop');
is_deeply([ grep { $redis->call('HEXISTS', $_, 'number') }
            @{ $redis->call('KEYS', 'wk:*') } ], [],
          'and its id of it leads nowhere');
is_deeply([ sort keys %{ ledger('1002') } ], [qw(body erased)],
          'the tombstone stays');


# Another order of that number is another one

$told[0]{data}{$_} = utc(time + 5) for qw(placed_at updated_at);
$told[0]{data}{id} = 'o-3';
$told[0]{data}{items}[0]{name} = 'Another';
is($shop->send('', $told[0])->status, 202, 'the number is given again');
ok($t->wait_order('1002', sub { 1 }), 'and there is an order');
unlike($t->get('/track/1002', Cookie => $t->pair($t->get($link{1002})))->body,
       qr/Another/, 'which the old link does not open');

wait_until { $t->get('/track/1002', Cookie => $t->pair($t->get($t->link('1002'))))
             ->body =~ /Another/ } 10, 'the second to be over';
like($t->get('/track/1002', Cookie => $t->pair($t->get($t->link('1002'))))->body,
     qr/Another/, 'but a new one does');


# And the shop may want it back, by its own program

$t->put_order('1001', { shipments => [], items => [ { id => 'b',
    name => 'Returned', quantity => 1 } ] });
ok($t->wait_order('1001', sub { 1 }), 'by the API');
unlike($t->get('/track/1001', Cookie => $cookie)->body, qr/Returned/,
       'without its old links');

done_testing;
