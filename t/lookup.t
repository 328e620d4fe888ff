#!/usr/bin/perl

# A shopper without a link gets in with the order's number and what only the
# buyer knows, however it is typed; what a place asks for is its own affair.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1, locations => <<'EOT');
        location /track/ { wismo_track; }
        location /none/ { wismo_track; wismo_order_only none; }
        location /mail/ { wismo_track; wismo_order_only none;
                          wismo_lookup_factors email; }
        location /post/ { wismo_track; wismo_order_only none;
                          wismo_lookup_factors postcode=full; }
        location /off/  { wismo_track; wismo_lookup_factors off; }
        location /shop/ { wismo_track;
                          wismo_lookup_number upper prefix=W-; }
        location /wismo/api/ { wismo_api; wismo_api_keys %%DIR%%/api.keys; }
        location = /wismo/ready { wismo_health ready; }
EOT

wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';

sub with {
    my ($number, %customer) = @_;

    my $order = order($number);

    $order->{customer} = { name => "Customer-$number", %customer };
    $order->{ship_to}{postal_code} = 'SW1A 1AA';

    return $order;
}

seed($t, with('1001', email => 'Jo@Shop.example',
              phone => '+44 (0)20 7946 0000'),
     with('W-77A', email => 'jo@shop.example'), order('1002'));


sub page {
    my ($path, $cookie) = @_;

    my $r = $t->get($path, Cookie => $cookie);

    return $r->status != 200 ? $r->status
         : $r->body =~ /Lamp-/ ? 'full' : 'minimal';
}


# What proves an order, and what it opens

my %typed = (
    'jo@shop.example'           => 'full',
    ' JO@shop.example '         => 'full',
    'Jo Doe <jo@shop.example>'  => 'full',
    '020 7946 0000'             => 'full',
    '0044 20-79460000'          => 'full',
    '+442079460000'             => 'full',
    "\xe2\x80\x8b020\xc2\xa079460000" => 'full',
    'SW1A 1AA'                  => 'minimal',
    'sw1a-1aa'                  => 'minimal',
);

for my $typed (sort keys %typed) {
    my $r = $t->form('/none/', { order => '1001', proof => $typed });

    is($r->status, 303, "look-up: $typed");
    is($r->header('location'), 'http://localhost:' . $t->port . '/none/1001',
       'where to');
    is(page('/none/1001', $t->pair($r)), $typed{$typed}, 'what it opens');
}

is(page('/none/1001', ''), 404, 'without a cookie');
is(page('/none/1002', $t->pair($t->form('/none/',
       { order => '1001', proof => 'jo@shop.example' }))), 404,
   'another order');

for my $number ('#1001', ' 1001 ', 'Order no. 1001', "10\xc2\xa001",
                "\xef\xbc\x91\xef\xbc\x90\xef\xbc\x90\xef\xbc\x91")
{
    is($t->form('/none/', { order => $number, proof => 'jo@shop.example' })
       ->status, 303, "number: $number");
}

for my $number ('w-77a', 'W-77A', '77a', '#W 77A' =~ s/ /-/r) {
    is($t->form('/shop/', { order => $number, proof => 'jo@shop.example' })
       ->header('location'), 'http://localhost:' . $t->port . '/shop/W-77A',
       "in the shop's form: $number");
}


# What a place takes

{
    my $mail = 'jo@shop.example';

    is($t->form('/mail/', { order => '1001', proof => $mail })->status, 303,
       'e-mail');
    is($t->form('/mail/', { order => '1001', proof => 'SW1A 1AA' })->status,
       404, 'where only the e-mail counts');
    is($t->form('/post/', { order => '1001', proof => $mail })->status, 404,
       'where only the postcode counts');

    my $r = $t->form('/post/', { order => '1001', proof => 'SW1A 1AA' });
    is(page('/post/1001', $t->pair($r)), 'full', 'the postcode opens everything');

    $r = $t->form('/off/', { order => '1001', proof => 'nonsense' });
    is($r->status, 303, 'nothing is checked');
    ok(!$t->pair($r), 'nor given');

    $r = $t->form('/track/', { order => '1001', proof => '' });
    is($r->status, 303, 'the number alone');
    ok(!$t->pair($r), 'gives nothing more');
    is(page('/track/1001', ''), 'minimal', 'than there was');
}


# The form says what it wants and what went wrong, where it went wrong

{
    my $form = $t->get('/none/')->body;

    like($form, qr{<label\ for="proof">E-mail\ address\ /\ Postcode\ /
                   \ Phone\ number</label>}x, 'label');
    like($form, qr/<input id="proof"[^>]* required/, 'required');
    unlike($form, qr/aria-invalid/, 'nothing is wrong yet');
    unlike($t->get('/track/')->body, qr/<input id="proof"[^>]* required/,
           'not where the number will do');
    unlike($t->get('/off/')->body, qr/id="proof"/, 'nor where it is off');
    like($t->get('/mail/')->body, qr/for="proof">E-mail address</, 'one');
    like($t->get('/mail/')->body, qr/autocomplete="email"/, 'filled in');

    my $r = $t->form('/none/', { order => '1001' });

    is($r->status, 422, 'no proof');
    like($r->body, qr{<input\ id="proof"[^>]*aria-describedby=
                      "proof-error\ proof-hint"\ aria-invalid="true"}x,
         'the field is marked');
    like($r->body, qr/<p id="proof-error" class="error">\w/, 'and told of');
    unlike($r->body, qr/order-error/, 'the other one is not');

    $r = $t->form('/none/', { order => '1001', proof => 'no@shop.example' });

    is($r->status, 404, 'no match');
    like($r->body, qr{id="order"[^>]*aria-describedby=
                      "order-error\ order-hint"\ aria-invalid="true"}x,
         'both fields');
    like($r->body, qr{id="proof"[^>]*aria-invalid="true"}, 'are marked');
    unlike($r->body, qr/no\@shop|1001/, 'what was typed is not repeated');
}


# New contact data prove the order from then on, the old no more

{
    $t->put_order('1001', { customer => { email => 'new@shop.example' } });

    ok((wait_until {
        $t->form('/mail/', { order => '1001', proof => 'new@shop.example' })
            ->status == 303
    } 10, 'a new address'), 'the new address');
    is($t->form('/mail/', { order => '1001', proof => 'jo@shop.example' })
       ->status, 404, 'the old one');
}

done_testing;
