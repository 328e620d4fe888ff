#!/usr/bin/perl

# Keys of letters change without a gap.  A letter whose key is missing is not
# lost: it waits, goes to the dead ones, and is read again when the key is
# back, with the time it came at.  One that was tampered with is never applied.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Box qw(opened record_opened);
use Wismo::Test;
use Wismo::Process qw(end spawn slurp);
use Wismo::Seed qw(key);

use Digest::SHA qw(hmac_sha256_hex);
use JSON::PP ();

my $json = JSON::PP->new->utf8->canonical;

my %key = (c1 => 'a-contact-key-for-tests-only',
           c2 => 'another-contact-key-for-tests',
           c3 => 'a-third-contact-key-for-tests');

# The fetcher is started by hand, so that letters wait when they should.

my $t = Wismo::Test->new(carriers => ['easypost'], hook => 0);
my $redis = $t->redis;
my $pid;

sub fetcher {
    $pid = spawn($t->dir . '/fetch.log', {}, $t->dir . '/bin/wismo', 'fetch',
                 '--config', $t->dir . '/state/wismo.json');
}

sub stop { end($pid) if $pid; undef $pid }

# nginx has read the file when it seals with the first of them.

sub keys_are {
    my @kids = @_;

    $t->secret('contact.key', join "\n", map { "$_:$key{$_}" } @kids);
    $t->nginx->reload;

    # a worker that has no connection yet takes nothing

    wait_until {
        eval { put('probe'); 1 } or return;
        my ($probe) = reverse grep { ($_->{order} // '') eq 'probe' } letters('wi');
        $redis->call('XDEL', $_->{key}, $_->{id})
            for grep { ($_->{order} // '') eq 'probe' } letters('wi');
        ($probe->{body} // '') =~ /^WL1 $kids[0]\n/
    } 20, 'the new key';
}

sub letters {
    my ($prefix) = @_;

    return map { my $key = $_;
                 map { { @{ $_->[1] }, id => $_->[0], key => $key } }
                 @{ $redis->call('XRANGE', $key, '-', '+') } }
           sort @{ $redis->call('KEYS', "$prefix:*") };
}

sub waiting { scalar letters('wi') }

sub put {
    my ($number, $name) = @_;

    $name //= $number;
    return $t->put_order($number, { customer => { name => "Name $name",
        email => "\L$name\E\@shop.example" }, shipments => [] });
}

sub push_of {
    my ($body) = @_;

    return $t->request('POST', '/wismo/hooks/easypost', body => $body,
        headers => { 'Content-Type' => 'application/json',
            'X-Hmac-Signature' => 'hmac-sha256-hex='
                . hmac_sha256_hex($body, 'easypost-hook-secret-for-tests') });
}

sub sent {
    my ($number) = @_;
    my $name = key($number) =~ s/^wo/wp/r;
    my $record = $redis->call('GET', $name) // return undef;

    return $json->decode(record_opened($name, $record, %key))->{customer}{name};
}

sub customer {
    my ($status, $out, $err) = $t->wismo('customer', @_);

    return { status => $status, out => $out, err => $err,
             %{ scalar(eval { $json->decode($out) }) || {} } };
}

sub doctor {
    my (undef, $out) = $t->wismo(qw(doctor --json));

    return +{ map { $_->{check} => $_ } @{ $json->decode($out)->{checks} } }
           ->{'letters sealed'};
}

sub replay {
    my ($status, $out) = $t->wismo(qw(replay --since 1h --letters --json
                                      --quiet));
    return { status => $status, %{ $json->decode($out) } };
}

sub kids { join ' ', sort map { ($_->{body} // '') =~ /^WL1 (\w+)\n/ } @_ }


# A new key in front: letters under both are applied, by a fetcher that has
# read the file before it changed, too

{
    put('R1');
    fetcher();
    ok((wait_until { !waiting() && sent('R1') } 20), 'under the first key');

    keys_are('c2', 'c1');
    put('R2');
    ok((wait_until { (sent('R2') // '') eq 'Name R2' } 20),
       'under the new one, which this fetcher had not read');
    is(scalar(letters('wx')), 0, 'none is dead');
    is(doctor()->{result}, 'ok', 'the doctor is content');
    like(doctor()->{text}, qr/with the key "c2"/, 'and tells the key');
    stop();
}


# Dead letters and samples under the new key: the old one can go

{
    keys_are('c1');
    push_of('<p>Jo Doe, jo@shop.example</p>');
    fetcher();
    ok((wait_until { scalar letters('wx') == 1 } 20), 'a dead letter');
    stop();

    keys_are('c2', 'c1');
    is(doctor()->{result}, 'warn', 'the doctor sees an older key');
    like(doctor()->{text}, qr/of 2 .* 2 have an older key/, 'twice');

    my $before = (letters('wx'))[0];
    my $dry = customer(qw(reencrypt --json --quiet --dry-run));
    is($dry->{status}, 0, 'reencrypt --dry-run');
    is((letters('wx'))[0]{body}, $before->{body}, 'changes nothing');

    put('R3');
    is(customer(qw(reencrypt --json --quiet))->{status}, 0,
       'a letter under the new key may wait');
    is(kids(letters('wx')), 'c2', 'the dead one has the new key');

    my $after = (letters('wx'))[0];
    is($after->{id}, $before->{id}, 'under its id, so that its time holds');
    is($redis->call('TTL', $after->{key}) > 0, 1, 'and has an end');
    is_deeply({ %{ opened($after, %key) }, body => 0 },
              { %$before, body => 0 }, 'nothing else is different');
    is(opened($after, %key)->{body}, opened($before, %key)->{body},
       'nor is what it says');

    my ($sample) = @{ $redis->call('LRANGE', 'wq:{easypost}:r', 0, -1) };
    like($sample, qr/^WP1 c2\n/, 'so has the sample');
    like(record_opened('wq:{easypost}:r', $sample, %key), qr/Jo Doe/,
         'which says the same');
    is(doctor()->{result}, 'ok', 'the doctor is content');
}


# As long as one waits that has the old key, it may not go

{
    keys_are('c1', 'c2');
    put('R4');
    $t->secret('contact.key', "c2:$key{c2}\nc1:$key{c1}");

    my $not = customer(qw(reencrypt --json --quiet));
    is($not->{status}, 1, 'reencrypt with a letter under the old key');
    like($not->{err}, qr/letters wait that are sealed with an older key/, 'why');
    is($not->{waiting}, JSON::PP::true, 'for programs, too');

    keys_are('c2', 'c1');
    fetcher();
    ok((wait_until { !waiting() && sent('R4') && sent('R3') } 20), 'applied');
    is(customer(qw(reencrypt --json --quiet))->{status}, 0, 'now it may');
    stop();
    $redis->call('DEL', $_->{key}) for letters('wx');
    $redis->call('DEL', 'wq:{easypost}:r');
}


# A key that is missing

{
    keys_are('c1');
    put('M1', 'Old');
    put('M2');
    push_of('<p>Jo Doe, jo@shop.example</p>');

    keys_are('c3');
    put('M1', 'New');
    fetcher();

    ok((wait_until { (sent('M1') // '') eq 'Name New' } 20),
       'what can be opened is not held up');
    ok((wait_until { !waiting() } 60), 'the others do not wait for ever');

    my @dead = letters('wx');
    is(scalar @dead, 3, 'they are kept');
    is(join(' ', map { $_->{kid} // '' } @dead), 'c1 c1 c1',
       'each with the key that it needs');
    is_deeply([ grep { $_->{why} !~ /the key "c1".*does not hold: put it back/ }
                @dead ], [], 'and what is to be done');
    is(kids(@dead), 'c1 c1 c1', 'sealed as they came');
    is(sent('M2'), undef, 'nothing of them is applied');
    unlike(slurp($t->dir . '/fetch.log'), qr/shop\.example|Jo Doe/,
           'nothing of them is in the log');

    my $found = customer(qw(export --json jo@shop.example));
    is($found->{status}, 1, 'whose they are can\'t be told');
    is($found->{complete}, JSON::PP::false, 'which is not passed over');
    is($found->{unopened}, 3, 'but counted');
    like($found->{err}, qr/3 letters or replies can't be opened/, 'and told');
    is(doctor()->{result}, 'fail', 'the doctor knows');
    is(customer(qw(reencrypt --json --quiet))->{status}, 1,
       'reencrypt leaves them');
    is(kids(letters('wx')), 'c1 c1 c1', 'as they are');
    is(replay()->{replayed}, 0, 'without the key nothing goes back');

    # back

    my $version = $t->order('M1')->{version};
    keys_are('c3', 'c2', 'c1');

    is(customer(qw(export --json jo@shop.example))->{status}, 0,
       'with the key all can be looked into');
    is(scalar @{ customer(qw(export --json jo@shop.example))->{letters} }, 1,
       'and the person is found');

    is(replay()->{replayed}, 3, 'all are read again');
    ok((wait_until { !waiting() && (sent('M2') // '') eq 'Name M2' } 60),
       'what came is there');
    is(sent('M1'), 'Name New', 'what came later stays');
    is($t->order('M1')->{version}, $version, 'untouched');
    is(join(' ', map { $_->{kind} } letters('wx')), 'hook',
       'what is no use returns');
    is((letters('wx'))[0]{kid}, undef, 'for another reason');

    is(customer(qw(erase --yes jo@shop.example))->{status}, 0, 'erase');
    is(scalar letters('wx'), 0, 'finds it by what is in it');
    stop();
}


# Tampered with, or moved

{
    put($_) for qw(T1 T2 T3);
    my %body = map { $_->{order} => $_ } letters('wi');

    for my $letter (values %body) {
        $redis->call('XDEL', $letter->{key}, $letter->{id});
    }

    my %moved = (
        T1 => $body{T2}{body},
        T2 => $body{T2}{body} =~ s/(.)\z/$1 ^ "\1"/ser,
        T3 => substr($body{T3}{body}, 0, 50),
        T4 => "WL1 \xff\xff\n" . 'x' x 100,
        T5 => 'WL1 ',
    );

    $redis->call('XADD', 'wi:{' . (key($_) =~ /(\d+)/)[0] % 16 . '}', '*',
                 kind => 'put', order => $_, body => $moved{$_})
        for sort keys %moved;
    put('T6');

    fetcher();
    ok((wait_until { !waiting() && sent('T6') } 30), 'a good one is applied');

    my %why = map { $_->{order} => $_->{why} } letters('wx');
    is(join(' ', sort keys %why), 'T1 T2 T3 T4 T5', 'the others are dead');
    like($why{$_}, qr/does not open with its key: it was changed/, "$_: why")
        for qw(T1 T2);
    like($why{$_}, qr/is sealed and not whole/, "$_: why") for qw(T3 T4 T5);
    ok(!defined $t->order($_), "$_: nothing is applied") for qw(T1 T2 T3 T4 T5);
    is_deeply([ grep { exists $_->{kid} } letters('wx') ], [],
              'no key would help');
    is(replay()->{replayed}, 0, 'and none goes back');
}


stop();

done_testing;
