#!/usr/bin/perl

# Aggregators, who hear of a number before they are asked about it: once, and
# again when they have dropped it.  Pushes as old as their letters.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;

use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(time);
use Wismo::Http;
use Wismo::Process qw(alive end slurp spew);
use Wismo::Seed qw(key);

my $json = JSON::PP->new->utf8->canonical;
my $when = POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time - 7200));


# The aggregators.  AfterShip takes one number at a time, "collector" takes
# ten and leaves out what begins with BAD; both give handles.  17TRACK has
# none.  /_set says what the next registrations get, and what is dropped.

sub parcel {
    return { tracking_number => $_[0], status => 'in_transit', events => [ {
        status => 'in_transit', text => 'Departed',
        time => $when } ] };
}


sub answer {
    my ($state, $method, $path, $body) = @_;

    my $data = length $body ? $json->decode($body) : undef;
    my $known = $state->{known};

    if ($path eq '/_set') {
        $state->{fault} = $data->{fault} if $data->{fault};
        delete @$known{ @{ $data->{drop} || [] } };
        $known->{$_} = "$_-old" for @{ $data->{know} || [] };
        return (200, {});
    }

    return (200, $state->{log}) if $path eq '/_log';

    push @{ $state->{log} }, { at => time, what => "$method $path",
                               data => $data };

    if ($method eq 'POST' && $path =~ m{/(?:register|trackings)$}
        && $state->{fault})
    {
        return (delete $state->{fault}, {});
    }

    if ("$method $path" eq 'POST /aftership/trackings') {
        my $number = $data->{tracking_number};
        my $old = $known->{$number};
        my $id = $known->{$number} //= 'id' . ++$state->{serial};

        return ($old ? 400 : 201, { meta => { code => $old ? 4003 : 201 },
            data => { id => $id, tracking_number => $number } });
    }

    if ($path =~ m{^/aftership/trackings/(.*)}) {
        my ($number) = grep { $known->{$_} eq $1 } keys %$known;

        return (404, { meta => { code => 4004 }, data => {} }) if !$number;
        return (200, { meta => { code => 200 }, data => {
            id => $1, tracking_number => $number, tag => 'InTransit',
            subtag => 'InTransit_003', checkpoints => [ {
                checkpoint_time => $when, tag => 'InTransit',
                subtag => 'InTransit_003', message => 'Departed' } ] } });
    }

    if ($path eq '/collector/register') {
        return (200, { items => [ map { { number => $_,
            handle => $known->{$_} //= 'h' . ++$state->{serial} } }
            grep { !/^BAD/ } map { $_->{number} } @$data ] });
    }

    if ($path eq '/collector/read') {
        my %number = reverse %$known;

        return (200, { parcels => [ map { parcel($_) } grep { defined }
                                    map { $number{ $_->{handle} } } @$data ] });
    }

    if ($path eq '/17track/register') {
        my @new = grep { !$known->{$_} } map { $_->{number} } @$data;
        my %new = map { $_ => 1 } @new;

        @$known{@new} = @new;
        return (200, { code => 0, data => {
            accepted => [ map { { number => $_ } } @new ],
            rejected => [ map { { number => $_, error => {
                code => -18019901 } } } grep { !$new{$_} }
                map { $_->{number} } @$data ] } });
    }

    if ($path eq '/17track/gettrackinfo') {
        my (@yes, @no);

        push @{ $known->{$_} ? \@yes : \@no }, $_
            for map { $_->{number} } @$data;

        return (200, { code => 0, data => {
            accepted => [ map { { number => $_, track_info => {
                latest_status => { status => 'InTransit',
                                   sub_status => 'InTransit_Other' },
                tracking => { providers => [ { events => [ {
                    time_iso => $when, stage => 'InTransit',
                    sub_status => 'InTransit_Other',
                    description => 'Departed' } ] } ] } } } } @yes ],
            rejected => [ map { { number => $_, error => {
                code => -18019902 } } } @no ] } });
    }

    return (500, {});
}


sub serve {
    my ($listen) = @_;
    my $state = { known => {}, log => [] };

    while (1) {
        my $s = $listen->accept or next;
        my $in = '';

        while ($in !~ /\r\n\r\n/) {
            sysread $s, $in, 65536, length $in or last;
        }

        my ($head, $body) = split /\r\n\r\n/, $in, 2;
        my ($length) = ($head // '') =~ /^Content-Length: *(\d+)/mi;

        while (length $body < ($length || 0)) {
            sysread $s, $body, 65536, length $body or last;
        }

        my ($method, $path) = split / /, $head // '';
        my ($status, $data) = answer($state, $method, $path, $body);
        my $out = $json->encode($data);

        print $s "HTTP/1.1 $status X\r\nContent-Type: application/json\r\n"
            . 'Content-Length: ' . length($out)
            . "\r\nConnection: close\r\n\r\n$out";
        close $s;
    }
}


my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Proto => 'tcp',
    Listen => 64) or die "listen: $!\n";
my $port = $listen->sockport;
defined(my $pid = fork()) or die "fork: $!\n";

if ($pid == 0) {
    local $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
    Wismo::Process::prctl(1, POSIX::SIGKILL());
    eval { serve($listen) };
    POSIX::_exit(1);
}

close $listen;


sub set { Wismo::Http::request($port, 'POST', '/_set',
                               body => $json->encode({@_})) }

# Of one aggregator, from the n-th on: [ what, its data ]

sub asked {
    my ($carrier, $what, $from) = @_;
    my @log = @{ Wismo::Http::request($port, 'GET', '/_log')->json };

    return grep { $_->{what} =~ m{/$carrier/} && $_->{what} =~ $what }
        @log[($from || 0) .. $#log];
}


my @carriers = qw(aftership 17track collector courier);

my $t = Wismo::Test->new(fetcher => 1, scale => 7200, start => 0,
    vars => { PEER => "http://127.0.0.1:$port" },
    http => join '', map { "    wismo_carrier $_ {\n"
        . "        secret_file %%DIR%%/peer.secret;\n"
        . "        base_url %%PEER%%/$_;\n    }\n" } @carriers);

$t->secret('peer.secret', 'a-secret-of-the-peer');

my $dir = $t->dir . '/share/carriers';
my $generic = $json->decode(slurp("$dir/generic.json"));

my %collector = (%$generic, adapter => 'collector',
    register => { method => 'POST', url => '{base}/register',
        body => ['{numbers}'],
        batch => { size => 10, each => { number => '{number}' } },
        items => '/items/*', number => 'number', handle => 'handle' },
    ask => { method => 'POST', url => '{base}/read', body => ['{numbers}'],
        batch => { size => 50, each => { handle => '{handle}' } } });

my %courier = (%$generic, adapter => 'courier');
delete @courier{qw(auth ask)};

spew("$dir/$_->{adapter}.json", $json->encode($_)) for \%collector, \%courier;

$t->start;

my $redis = $t->redis;


sub ledger { key($_[0]) =~ s/^wo/wn/r }

sub handle { $redis->call('HGET', ledger($_[0]), "reg:$_[1]") }

sub put {
    my ($number, $carrier, @numbers) = @_;

    $t->put_order($number, { shipments => [ map { {
        carrier => $carrier, tracking_number => $_ } } @numbers ] });
}

sub soon(&$;$) {
    my ($code, $name, $timeout) = @_;

    ok(scalar(wait_until { $code->() } $timeout || 15), $name);
}


# Once, then read straight away

put('A1', aftership => 'AFT1000001');
ok($t->wait_order('A1', sub { $_->{status} eq 'in_transit' }),
   'registered and read');
is(handle('A1', 'p1'), 'aftership AFT1000001 id1', 'the ledger has it');
cmp_ok($redis->call('TTL', ledger('A1')), '>', 86400, 'for as long as it is');
soon { asked('aftership', qr{/id1$}) >= 3 } 'read three times';
is(scalar(asked('aftership', qr{^POST})), 1, 'registered once');


# Dropped over there: what is stored stays, the number is registered again

my $before = $t->order('A1');

set(drop => ['AFT1000001']);
soon { asked('aftership', qr{^POST}) == 2 } 'dropped: registered again';
soon { asked('aftership', qr{/id2$}) >= 2 } 'dropped: read with the new one';
is(handle('A1', 'p1'), 'aftership AFT1000001 id2', 'dropped: it is kept');
is(scalar(asked('aftership', qr{^POST})), 2, 'dropped: once');
is($t->order('A1')->{version}, $before->{version},
   'dropped: the order does not change');


# There already

set(know => ['AFT1000003']);
put('A3', aftership => 'AFT1000003');
ok($t->wait_order('A3', sub { $_->{status} eq 'in_transit' }),
   'there already: read');
is(handle('A3', 'p1'), 'aftership AFT1000003 AFT1000003-old',
   'there already: what is there is used');
soon { asked('aftership', qr{/AFT1000003-old$}) >= 2 } 'there already: again';
is(scalar(grep { $_->{data}{tracking_number} eq 'AFT1000003' }
          asked('aftership', qr{^POST})), 1, 'there already: registered once');


# A ledger that says something else

my @odd = ('', ' ', 'x', 'aftership', 'aftership AFT2000%02d',
           'aftership AFT2000%02d ', 'aftership AFT1000001 id2',
           'collector AFT2000%02d id2',
           'aftership AFT2000%02d ' . 'x' x 513, "\0" x 2000);

for my $i (0 .. $#odd) {
    my $value = $odd[$i] =~ s/%02d/sprintf '%02d', $i/er;

    $redis->call('HSET', ledger("O$i"), 'reg:p1', $value);
    put("O$i", aftership => sprintf 'AFT2000%02d', $i);
}

for my $i (0 .. $#odd) {
    my $number = sprintf 'AFT2000%02d', $i;

    ok($t->wait_order("O$i", sub { $_->{status} eq 'in_transit' }, 30),
       "odd ledger $i: read");
    like(handle("O$i", 'p1'), qr/^aftership $number id\d+$/,
         "odd ledger $i: registered");
}

my @times = sort { $a <=> $b } map { $_->{at} } asked('aftership', qr{});
my @close = grep { $times[$_] - $times[$_ - 5] < 1 } 5 .. $#times;

cmp_ok(@times, '>', 30, 'many requests');
is(@close, 0, 'registering counts: never more than the limit in a second');


# The ledger of an order that is erased has nothing of it

is($t->api('DELETE', '/orders/A3')->status, 202, 'erased');
soon { !$redis->call('EXISTS', key('A3')) } 'erased: the document goes';
is(join(' ', sort { $a cmp $b } @{ $redis->call('HKEYS', ledger('A3')) }),
   'body erased', 'erased: the handle, too');


# A batch: one that is not taken holds up nobody

put('B1', collector => 'COL1', 'BAD2', 'COL3');

my $order = $t->wait_order('B1', sub {
    2 == grep { $_->{status} eq 'in_transit' } @{ $_->{parcels} } });

ok($order, 'batch: those that were taken are read');
is($order->{parcels}[1]{checked_at}, undef, 'batch: the other was not');

my ($reg) = asked('collector', qr{register});
my ($read) = asked('collector', qr{read});

is(join(' ', map { $_->{number} } @{ $reg->{data} }), 'COL1 BAD2 COL3',
   'batch: all in one');
is(@{ $read->{data} }, 2, 'batch: read in one');
is(handle('B1', 'p2'), undef, 'batch: nothing to keep of the other');
soon { 2 <= grep { $_->{data}[0]{number} eq 'BAD2' }
       asked('collector', qr{register}) } 'batch: it is tried again';
is(scalar(grep { grep { $_->{number} =~ /^COL/ } @{ $_->{data} } }
          asked('collector', qr{register})), 1, 'batch: alone');

# what goes on being tried would share its batch, and its fault, with others

is(($t->wismo(qw(order erase --yes B1)))[0], 0, 'batch: its order is erased');


# A registration that fails as a whole holds up nobody who is registered

for my $status (500, 429, 400) {
    my ($old, $new) = ("OLD$status", "NEW$status");
    my $n = @{ Wismo::Http::request($port, 'GET', '/_log')->json };

    set(know => [$old], fault => $status);
    $redis->call('HSET', ledger("M$status"), 'reg:p1',
                 "collector $old $old-old");
    put("M$status", collector => $old, $new);

    ok($t->wait_order("M$status", sub {
        $_->{parcels}[0]{status} eq 'in_transit' }), "$status: read");

    my ($try) = grep { grep { $_->{number} eq $new } @{ $_->{data} } }
        asked('collector', qr{register}, $n);

    is(join(' ', map { $_->{number} } @{ $try->{data} }), $new,
       "$status: only the new one was to be registered");

    if ($status == 400) {
        soon { !grep { $_ eq "M$status#p2" } map {
            @{ $redis->call('ZRANGE', $_, 0, -1) } }
            @{ $redis->call('KEYS', 'wd:*:collector') || [] } }
            "$status: which is not tried again";
        next;
    }

    ok($t->wait_order("M$status", sub {
        $_->{parcels}[1]{status} eq 'in_transit' }), "$status: registered");
}

unlike($t->nginx->log, qr/carrier collector is not asked for/,
       'the carrier was not left alone for that');


# Without handles: the number is kept as its own

set(know => ['TRK2']);
put('T1', '17track' => 'TRK1', 'TRK2');
ok($t->wait_order('T1', sub {
    2 == grep { $_->{status} eq 'in_transit' } @{ $_->{parcels} } }),
   'no handles: read, one of them there already');
is(handle('T1', "p$_"), "17track TRK$_ TRK$_", "no handles: p$_ is kept")
    for 1, 2;
soon { asked('17track', qr{gettrackinfo}) >= 3 } 'no handles: read again';
is(scalar(asked('17track', qr{register})), 1, 'no handles: registered once');
set(drop => ['TRK1']);
soon { asked('17track', qr{register}) == 2 } 'no handles: dropped';
is(join(' ', map { $_->{number} }
        @{ (asked('17track', qr{register}))[1]{data} }), 'TRK1',
   'no handles: only that one again');


# A push is as old as its letter, whatever the node's clock said; one about
# something else is no dead letter

my $push = sub {
    my ($id, %fields) = @_;

    for my $inbox (0 .. 15) {
        my $key = "wi:{$inbox}";

        my %info = @{ $redis->call('XINFO', 'STREAM', $key) };

        if ($info{'last-generated-id'} eq '0-0') {
            return [ $key, $redis->call('XADD', $key, $id, kind => 'hook',
                                        %fields) ];
        }
    }

    die "each inbox has been used\n";
};

my $at = int(time) - 3600;

put('P1', courier => 'COU1');
ok($t->wait_order('P1'), 'an order');

my $letter = $push->($at . '123-0', carrier => 'courier', at => $at + 1800,
    body => $json->encode({ parcel => parcel('COU1') }));

$order = $t->wait_order('P1', sub { $_->{status} eq 'in_transit' });
is($order->{parcels}[0]{source}, 'push', 'push: told');
is($order->{parcels}[0]{checked_at},
   POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $at),
   'push: the time is that of the letter');

$letter = $push->('*', carrier => 'aftership', at => int(time),
    body => '{"event":"something_else","msg":{}}');
soon { $redis->call('XLEN', $letter->[0]) == 0 } 'refused: acknowledged';
is($redis->call('XPENDING', $letter->[0], 'fetch')->[0], 0,
   'refused: not pending');
is_deeply($redis->call('KEYS', 'wx:*'), [], 'refused: no dead letter');

unlike($t->nginx->log, qr/fetcher: .*(?:AFT|COL|TRK|COU)\d/,
       'no tracking number in the log');

end($pid, 'TERM', 5);

done_testing;
