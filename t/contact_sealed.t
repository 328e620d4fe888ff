#!/usr/bin/perl

# Contact data is stored sealed, with a key of its own.  Keys change without a
# gap; a key that is missing and a record that was tampered with are told, and
# hold up nothing else.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed qw(key order seed);

use JSON::PP ();

my $t = Wismo::Test->new(fetcher => 1);
my $redis = $t->redis;
my $json = JSON::PP->new->utf8->canonical;

sub record { $redis->call('GET', key($_[0]) =~ s/^wo/wp/r) }
sub store { $redis->call('SET', key($_[0]) =~ s/^wo/wp/r, $_[1]) }

sub export {
    my ($email) = @_;
    my ($status, $out, $err) =
        $t->wismo(qw(customer export --json), $email);

    return { status => $status, err => $err,
             %{ scalar(eval { $json->decode($out) }) || {} } };
}

sub reencrypt {
    my (@args) = @_;
    my ($status, $out, $err) =
        $t->wismo(qw(customer reencrypt --json --quiet), @args);

    return { status => $status, err => $err,
             %{ scalar(eval { $json->decode($out) }) || {} } };
}

sub keys_are {
    my (@lines) = @_;

    $t->secret('contact.key', join "\n", @lines);
    $t->nginx->reload;
}

sub doctor {
    my (undef, $out) = $t->wismo(qw(doctor --json));

    return +{ map { $_->{check} => $_ } @{ $json->decode($out)->{checks} } };
}


# Sealed, whichever way it comes

{
    seed($t, order('1001'));
    $t->put_order('1002', { customer => { name => 'Jo Doe',
        email => 'Jo@Shop.example', phone => '+44 20 7946 0123' },
        shipments => [] });
    ok($t->wait_order('1002'), 'an order by the API');

    for my $number ('1001', '1002') {
        like(record($number), qr/^WP1 c1\n/, "$number: the key's name");
        unlike(record($number), qr/shop\.example|Customer|Jo Doe|7946 01/i,
               "$number: nothing that can be read");
    }

    my ($all) = export('jo@shop.example')->{orders};

    is(scalar @$all, 1, 'export: the order');
    is($all->[0]{order}, '1002', 'export: which');
    is($all->[0]{sent}{customer}{email}, 'Jo@Shop.example',
       'export: as the shop has sent it');
    is($all->[0]{shown}{view}, 'full', 'export: and as it is shown');

    my ($status, $out) = $t->wismo(qw(customer export jo@shop.example));
    is($status, 0, 'export for people');
    like($out, qr/^order +1002$/m, 'names the order');
    unlike($out, qr/Jo Doe/, 'and no more than that there is something');

    is(scalar @{ export('nobody@shop.example')->{orders} }, 0,
       'nothing of nobody');

    my $plain = join ' ', map { $redis->call('ZRANGE', $_, 0, -1)->@* }
        @{ $redis->call('KEYS', 'wc:*') };
    like($plain, qr/^\S{16}:100\d \S{16}:100\d \S{16}:100\d$/,
         'the index has MACs of two addresses and a number');
    is(doctor()->{'contact data'}{result}, 'ok', 'the doctor is content');
}


# An address that changes is found by the new one alone

{
    $t->put_order('1002', { customer => { email => 'new@shop.example' },
                            shipments => [] });
    ok((wait_until { scalar @{ export('new@shop.example')->{orders} } } 10, 'found'),
       'by the new address');
    is(scalar @{ export('jo@shop.example')->{orders} }, 0, 'not by the old');
}


# Numbers of two countries that end alike are two persons'

{
    $t->put_order("p$_->[0]", { customer => { phone => $_->[1] },
                                shipments => [] })
        for [ 1, '+49 30 123456789' ], [ 2, '+33 0 123456789' ],
            [ 3, '30123456789' ];
    $t->wait_order("p$_") for 1 .. 3;

    my ($status, $out) =
        $t->wismo(qw(customer export --json --phone), '0049 30123456789');

    is(join(' ', sort map { $_->{order} }
            @{ $json->decode($out)->{orders} }), 'p1 p3',
       'the same country, or none told');
}


# A number is known without a word; what is written without its country is by
# where it goes, and a family is seen

{
    my @family = (
        [ 4, '+44 20 7946 0555', 'ada@shop.example', 'GB' ],
        [ 5, '020 7946 0555', 'bob@shop.example', 'GB' ],
        [ 6, '020 7946 0555', 'cyd@shop.example', 'DE' ],
    );

    $t->put_order("p$_->[0]", { customer => { phone => $_->[1],
                                              email => $_->[2] },
                                ship_to => { country => $_->[3] },
                                shipments => [] }) for @family;
    $t->wait_order("p$_->[0]") for @family;

    my $found = sub {
        my ($status, $out, $err) = $t->wismo(qw(customer export --json), @_);

        return (join(' ', sort map { $_->{order} }
                     @{ $json->decode($out)->{orders} }), $err);
    };

    my ($orders, $err) = $found->('(0044) 20-7946 0555');
    is($orders, 'p4 p5', 'no "@": a number, in the country it goes to');
    like($err, qr/1 more orders have a number that ends alike/, 'told');
    like($err, qr/2 different e-mail addresses: several people may share/,
         'several people\'s');

    ($orders) = $found->('--country', 'DE', '020 79460555');
    is($orders, 'p6', 'the country is said');
    ($orders) = $found->('020 79460555');
    is($orders, 'p4 p5 p6', 'or not known');

    my ($status, $out);
    ($status, $out, $err) = $t->wismo(qw(customer erase --dry-run --json),
                                      '+442079460555');
    is_deeply([ @{ $json->decode($out) }{qw(orders addresses)} ], [ 2, 2 ],
              'what would be erased');
    like($err, qr/several people may share/, 'said before');
    ($status, $out, $err) = $t->wismo({ stdin => '' }, qw(customer erase),
                                      '+442079460555');
    is($status, 2, 'and not without --yes');
    ok(defined $t->order('p4'), 'nothing is erased');

    ($status) = $t->wismo(qw(customer erase --yes), '+442079460555');
    ok(!defined $t->order('p4') && !defined $t->order('p5')
       && defined $t->order('p6'), 'erased, and nobody else');

    ($status) = $t->wismo(qw(customer erase --yes --country DE),
                          '020 7946 0555');
    ok(!defined $t->order('p6'), 'the other one by its country');
    is(($t->wismo(qw(customer export --country ZZ 020-79460555)))[0], 2,
       'no such country');
    is(($t->wismo(qw(customer export --country GB jo@shop.example)))[0], 2,
       'an address has none');
}


# A new key in front of the old one

{
    keys_are('c2:another-contact-key-for-tests', 'c1:a-contact-key-for-tests-only');

    is(scalar @{ export('new@shop.example')->{orders} }, 1,
       'found by the old key');
    is(doctor()->{'contact data'}{result}, 'warn', 'the doctor knows');
    like(doctor()->{'contact data'}{text}, qr/5 have an older key/, 'how many');

    my $dry = reencrypt('--dry-run');
    is($dry->{status}, 0, 'reencrypt --dry-run');
    is($dry->{changed}, 5, 'tells how many there are');
    like(record('1002'), qr/^WP1 c1\n/, 'and changes nothing');

    my $done = reencrypt();
    is($done->{status}, 0, 'reencrypt');
    is($done->{changed}, 5, 'all of them');
    like(record($_), qr/^WP1 c2\n/, "$_ has the new key") for 1001, 1002;
    is(reencrypt()->{changed}, 0, 'again: nothing to do');

    keys_are('c2:another-contact-key-for-tests');
    is(scalar @{ export('new@shop.example')->{orders} }, 1,
       'without the old key');
    is(export('mail-1001@shop.example')->{orders}[0]{sent}{ship_to}{line1},
       'Street-1001', 'all of it');
    is(doctor()->{'contact data'}{result}, 'ok', 'the doctor is content');
}


# A key that is missing: told, and nothing is lost

{
    my $before = record('1001');

    keys_are('c3:a-third-contact-key-for-tests');
    ok((wait_until {
        $t->put_order('1003', { customer => {
            email => 'third@shop.example' }, shipments => [] });
        $t->wait_order('1003');
        record('1003') =~ /^WP1 c3\n/
    } 20, 'the new fetcher'), 'new orders come in');
    is($t->get('/track/1001')->status, 200, 'pages are served');

    my $found = export('third@shop.example');
    is($found->{status}, 1, 'a search that can\'t look everywhere says so');
    is(scalar @{ $found->{orders} }, 1, 'and gives what it has found');
    like($found->{err}, qr/of 5 orders can't be opened/, 'how many it can\'t');

    my $done = reencrypt();
    is($done->{status}, 1, 'reencrypt fails');
    like($done->{err}, qr/does not hold: put it back/, 'and tells why');
    is(record('1001'), $before, 'what can\'t be opened stays as it is');

    my $check = doctor()->{'contact data'};
    is($check->{result}, 'fail', 'the doctor tells');
    like($check->{text}, qr/5 of 6 records can't be opened/, 'how many');

    keys_are('c3:a-third-contact-key-for-tests',
             'c2:another-contact-key-for-tests');
    is(reencrypt()->{status}, 0, 'the key is back');
    is(scalar @{ export('mail-1001@shop.example')->{orders} }, 1,
       'and so is all');
}


# Tampered with, or taken from another order

{
    my ($first, $second) = (record('1001'), record('1002'));

    store('1002', $first);
    my $done = reencrypt();
    is($done->{status}, 1, 'a record of another order does not open');
    like($done->{err}, qr/was changed where it is stored/, 'told');
    is($done->{closed}, 1, 'that one alone');

    store('1002', $second =~ s/(.)\z/$1 ^ "\1"/ser);
    is(reencrypt()->{closed}, 1, 'nor does a changed one');

    for my $bad ('WP1 ', "WP1 c3\n", "WP1 c3\nxx", 'WP1 ' . 'x' x 100) {
        store('1002', $bad);
        is(reencrypt()->{closed}, 1, 'nor a damaged one');
    }

    my $found = export('new@shop.example');
    is($found->{orders}[0]{order}, '1002', 'its order is still found');
    is($found->{orders}[0]{sent}, undef, 'without what can\'t be read');

    is(($t->wismo(qw(customer erase --yes new@shop.example)))[0], 0,
       'and can be erased');
    is($t->order('1002'), undef, 'is gone');
}


# What was stored before there was a key

{
    my $body = '{"customer":{"email":"old@shop.example"},"shipments":[]}';

    $redis->call('DEL', key('1003') =~ s/^wo/wn/r);
    $redis->call('DEL', @{ $redis->call('KEYS', 'wc:*') });
    store('1003', $body);
    $redis->call('EXPIRE', key('1003') =~ s/^wo/wp/r, 1000);
    $redis->call('HDEL', 'w:meta', 'contacts');

    my $found = export('old@shop.example');
    is($found->{orders}[0]{sent}{customer}{email}, 'old@shop.example',
       'an older record is read, though no index has it');
    like(doctor()->{'contact data'}{text}, qr/1 are not encrypted/,
       'the doctor tells');

    is(reencrypt()->{plain}, 1, 'reencrypt finds it');
    like(record('1003'), qr/^WP1 c3\n/, 'it is sealed');
    cmp_ok($redis->call('TTL', key('1003') =~ s/^wo/wp/r), '<=', 1000,
           'lives no longer than before');
    is(scalar @{ export('old@shop.example')->{orders} }, 1,
       'and is in the index');
    is($redis->call('HGET', 'w:meta', 'contacts'), 1, 'which is complete');
}


# Without a key nothing is written as it comes

{
    chmod 0, $t->dir . '/contact.key';
    unlink $t->dir . '/contact.key';

    my ($status, undef, $err) = $t->wismo({ stdin =>
        $json->encode(order('1009')) . "\n" }, qw(import - --any-carrier));
    is($status, 1, 'an import without the key');
    like($err, qr/contact data can't be sealed.*contact\.key/, 'is refused');
    is($t->order('1009'), undef, 'nothing of it is there');
}


# Unusable arguments

{
    for my $args ([], ['export'], ['dance'], ['reencrypt', 'x@y.example'],
                  ['export', 'no-address'], ['erase', '--phone', 'x'],
                  ['export', 'a@b.example', 'c@d.example'])
    {
        is(($t->wismo({ stdin => '' }, 'customer', @$args))[0], 2,
           "customer @$args");
    }
}

done_testing;
