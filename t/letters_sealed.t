#!/usr/bin/perl

# Between a worker and the fetcher a letter is sealed, whatever it is about:
# who reads Redis or its files meanwhile finds nobody in them.  A letter that
# was written before there was a key is read, too.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Box qw(opened record_opened);
use Wismo::Test;
use Wismo::Shop;
use Wismo::Process qw(end spawn slurp);
use Wismo::Seed qw(key order seed);

use Digest::SHA qw(hmac_sha1 hmac_sha256_hex);
use JSON::PP ();
use MIME::Base64 qw(encode_base64);

my $json = JSON::PP->new->utf8->canonical;
my $standard = 'whsec_d2lzbW8tdGVzdC1vbmx5LXNlY3JldC0wMDE=';

# No fetcher until there is one: letters wait.

my $t = Wismo::Test->new(carriers => ['easypost'], start => 0, hook => 0,
    redis => { appendonly => 1, args => [qw(--appendfsync always)] },
    http => <<'EOT', server => <<'EOT2');
    wismo_notify text {
        type sms;
        preset twilio;
        account AC00000000000000000000000000000001;
        sender +15005550006;
        secret_file %%DIR%%/message.secret;
        site https://shop.example;
        base_url http://127.0.0.1:1/;
        private on;
        events delivered;
    }
EOT
        location = /wismo/hooks/shop {
            wismo_hook shop shop=standard;
            wismo_hook_secret_file %%DIR%%/shop.hook;
        }
        location /in/twilio {
            wismo_hook twilio-in channel=twilio
                       url=https://shop.example/in/twilio;
            wismo_hook_secret_file %%DIR%%/message.secret;
        }
EOT2

$t->secret('shop.hook', $standard);
$t->secret('message.secret', 'twilio-token-for-tests-0123456789');
$t->start;

my $redis = $t->redis;
my $shop = Wismo::Shop->new($t, hook => '/wismo/hooks/shop',
                            secret => $standard, scheme => 'standard');

# Nothing of this may be read in Redis, however it is written.

my @marks = ('Markname', 'markmail', '7946 0123', '79460123', 'Markstreet',
             'Markwords', 'Markitem');

sub customer {
    return { customer => { name => "Markname $_[0]", phone =>
        '+44 20 7946 0123', email => "markmail-$_[0]\@shop.example" },
        ship_to => { line1 => "Markstreet $_[0]", city => 'Leeds',
                     country => 'GB' },
        items => [ { name => 'Markitem', quantity => 1 } ],
        shipments => [] };
}

# Everything in Redis's keys, and in its files

sub raw {
    my %read = (string => [ 'GET' ], hash => [ 'HGETALL' ],
        set => [ 'SMEMBERS' ], zset => [ 'ZRANGE', 0, -1 ],
        list => [ 'LRANGE', 0, -1 ], stream => [ 'XRANGE', '-', '+' ]);

    return map {
        my ($call, @args) = @{ $read{$redis->call('TYPE', $_)} };
        [ $_, join ' ', flat($redis->call($call, $_, @args)) ];
    } grep { !/^wo:/ } @{ $redis->call('KEYS', '*') };
}

sub flat { map { ref ? flat(@$_) : $_ // '' } @_ }

sub found {
    my @all = (@_, map { [ $_, slurp($_) ] }
                   glob $t->dir . '/redis/appendonlydir/*');

    return map { my ($where, $text) = @$_;
                 map { "$where: $_" } grep { $text =~ /\Q$_\E/i } @marks }
           @all;
}

sub letters {
    my ($prefix) = @_;

    return map { my $key = $_;
                 map { { id => $_->[0], key => $key, @{ $_->[1] } } }
                 @{ $redis->call('XRANGE', $key, '-', '+') } }
           sort @{ $redis->call('KEYS', "$prefix:*") };
}


# One of each kind

seed($t, order('F1'));

{
    is($t->api('PUT', '/orders/P1', customer('P1'))->status, 202, 'an order');
    is($t->api('POST', '/orders:batch',
               [ map { { number => "B$_", %{ customer("B$_") } } } 1 .. 40 ])
           ->status, 202, 'a batch');

    my $push = $json->encode({ object => 'Event', description =>
        'tracker.updated', result => { object => 'Tracker', tracking_code =>
        'EZ1000001', signed_by => 'Markname', status => 'in_transit',
        tracking_details => [ { object => 'TrackingDetail',
            message => 'Departed', status => 'in_transit',
            datetime => '2026-11-21T10:00:00Z' } ],
        carrier_detail => { destination_location => 'Markstreet 7' } } });
    is($t->request('POST', '/wismo/hooks/easypost', body => $push, headers => {
           'Content-Type' => 'application/json', 'X-Hmac-Signature' =>
           'hmac-sha256-hex=' . hmac_sha256_hex($push,
               'easypost-hook-secret-for-tests') })->status,
       202, "a carrier's push");

    is($shop->send('', { type => 'order.created',
           timestamp => '2026-11-20T09:05:00Z',
           data => { id => 1, number => 'N1', %{ customer('N1') } } })->status,
       202, "a shop's webhook");

    my %field = (From => '+442079460123', To => '+15005550006',
                 Body => 'STOP');
    my $mac = encode_base64(hmac_sha1('https://shop.example/in/twilio'
        . join('', map { "$_$field{$_}" } sort keys %field),
        'twilio-token-for-tests-0123456789'), '');
    is($t->request('POST', '/in/twilio',
           body => 'From=%2B442079460123&To=%2B15005550006'
                   . '&Body=STOP',
           headers => { 'Content-Type' => 'application/x-www-form-urlencoded',
                        'X-Twilio-Signature' => $mac })->status,
       200, 'a text message');

    my $pair = $t->pair($t->get($t->link('F1')));
    my $key = $t->token('F1', purpose => 'feedback', issued => 0,
                        expires => 9999999999);
    $t->form('/track/F1/feedback', { key => $key, rating => 4,
             comment => 'Markwords' }, headers => { Cookie => $pair });
}


# They wait, and say nothing

{
    my @letters = letters('wi');
    my %kind;
    $kind{$_->{kind}}++ for @letters;

    is_deeply(\%kind, { put => 41, hook => 2, message => 1, feedback => 1 },
              'all wait');
    is_deeply([ grep { $_->{body} !~ /^WL1 c1\n/ } @letters ], [],
              'all are sealed');
    is_deeply([ found(raw()) ], [], 'nothing can be read');

    my ($put) = grep { ($_->{order} // '') eq 'P1' } @letters;
    is($json->decode(opened($put)->{body})->{customer}{name}, 'Markname P1',
       'whoever has the key opens one');

    my %open = map { $_ => 1 } map { opened($_)->{body} =~
        /(Markname|Markwords)/g } @letters;
    is(join(' ', sort keys %open), 'Markname Markwords',
       'what the test looks for was there to be found');

    # one agreement for many, and no two letters with the same salt

    my %from = map { substr($_->{body}, 7, 32) => 1 } @letters;
    my %salt = map { substr($_->{body}, 39, 16) => 1 } @letters;
    cmp_ok(scalar keys %from, '<=', 2, 'few agreements');
    is(scalar keys %salt, scalar @letters, 'a salt of its own for each');
}


# Beside them, what an older worker has put there

$redis->call('XADD', key('O1') =~ s/^wo:\{(\d+)\}.*/'wi:{' . $1 % 16 . '}'/er,
             '*', kind => 'put', order => 'O1',
             body => $json->encode({ shipments => [] }));


# A fetcher comes: all are applied

my $pid = spawn($t->dir . '/fetch.log', {}, $t->dir . '/bin/wismo', 'fetch',
                '--config', $t->dir . '/state/wismo.json');

ok((wait_until { !letters('wi') } 30), 'all are taken');
is_deeply([ map { "$_->{kind}: $_->{why}" } letters('wx') ], [],
          'none is dead');
ok($t->order($_), "order $_") for qw(P1 B1 B40 N1 O1);

{
    my ($status, $out) = $t->wismo(qw(customer export --json),
                                   'markmail-n1@shop.example');
    is(eval { $json->decode($out)->{orders}[0]{sent}{ship_to}{line1} },
       'Markstreet N1', 'with what they said');
    ok((wait_until { (($t->wismo(qw(order show F1 --json)))[1] // '')
                     =~ /Markwords/ } 10), 'feedback');

    ok((wait_until { "@{[ flat(map { $redis->call('HGETALL', $_) }
                                   @{ $redis->call('KEYS', 'wu:*') }) ]}"
                     =~ /\bphone\b/ } 10), 'whose number gets no messages');
}


# What can't be used is kept, sealed; and so is a sample of it

{
    my $bad = '<html>Markname, Markstreet 7, 020 7946 0123</html>';

    $t->request('POST', '/wismo/hooks/easypost', body => $bad, headers => {
        'Content-Type' => 'application/json', 'X-Hmac-Signature' =>
        'hmac-sha256-hex=' . hmac_sha256_hex($bad,
            'easypost-hook-secret-for-tests') });

    # and one that came as it is

    $redis->call('XADD', 'wi:{3}', '*', kind => 'hook', carrier => 'none',
                 body => '{"to":"Markname, Markstreet 8"}');

    ok((wait_until { scalar(letters('wx')) == 2 } 20), 'two are dead');
    is_deeply([ grep { $_->{body} !~ /^WL1 c1\n/ } letters('wx') ], [],
              'both are sealed');

    my ($letter) = grep { $_->{carrier} eq 'easypost' } letters('wx');
    is(opened($letter)->{body}, $bad, 'as it came');

    my @samples = @{ $redis->call('LRANGE', 'wq:{easypost}:r', 0, -1) };
    is(scalar @samples, 1, 'a sample');
    like($samples[0], qr/^WP1 c1\n/, 'sealed');
    like(record_opened('wq:{easypost}:r', $samples[0]),
         qr/^\d+ 0 \d+ [^\n]+\n\Q$bad\E\z/, 'of what came');

    my ($status, $out) = $t->wismo(qw(carrier status easypost --sample));
    is($out, $bad, 'the operator sees it');

    is_deeply([ grep { !/redis/ } found(grep { $_->[0] =~ /^w[xq]:/ } raw()) ],
              [], 'nothing of either can be read');
}

end($pid);

done_testing;
