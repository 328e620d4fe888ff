#!/usr/bin/perl

# What is erased is nowhere any more: in no key of any type, no waiting or dead
# letter, no reply kept for a look, no append-only file after its rewrite, no
# page.  By order, by customer, and through the API.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Box qw(opened record_opened);
use Wismo::Test;
use Wismo::Seed qw(key);

use JSON::PP ();
use Wismo::Process qw(slurp);

my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 1, scale => 3600,
    redis => { appendonly => 1 }, sim => { scale => 0 }, start => 0,
    http => <<'EOT');
    wismo_notify shop {
        type webhook;
        url http://127.0.0.1:1/hooks;
        secret_file %%DIR%%/shop.hook;
        private on;
    }
EOT

$t->secret('shop.hook', 'a-webhook-secret-for-tests-only');
$t->start;

my $redis = $t->redis;
my $json = JSON::PP->new->utf8->canonical;


# Each order has marks of its own, in all that is a person's or a parcel's.

sub tracking { sprintf '1ZW15M0903450%05d', $_[0] }

sub order {
    my ($n, $email) = @_;

    return {
        customer => { name => "Markname$n Doe", email => $email,
                      phone => "+44 20 7946 00$n" },
        ship_to => { name => "Markname$n Doe", line1 => "Markstreet$n 7",
                     city => "Markcity$n", country => 'GB',
                     postal_code => 'SW1A 1AA' },
        items => [ { id => 'i', name => "Markitem$n", quantity => 1 } ],
        metadata => { note => "Marknote$n" },
        shipments => [ { carrier => 'ups', tracking_number => tracking($n) } ],
    };
}

sub marks {
    my ($n, $email) = @_;

    return ("Markname$n", "Markstreet$n", "Markcity$n", "Markitem$n",
            "Marknote$n", "Markwords$n", tracking($n), "7946 00$n",
            "794600$n", $email // ());
}


# Everything in Redis, as text: what of it is sealed, opened

sub all_of {
    my ($key) = @_;
    my $type = $redis->call('TYPE', $key);

    my %read = (string => sub { $redis->call('GET', $key) },
        hash => sub { $redis->call('HGETALL', $key) },
        set => sub { $redis->call('SMEMBERS', $key) },
        zset => sub { $redis->call('ZRANGE', $key, 0, -1) },
        list => sub { [ map { record_opened($key, $_) }
                        @{ $redis->call('LRANGE', $key, 0, -1) } ] },
        stream => sub { [ map { [ $_->[0], %{ opened({ @{ $_->[1] } }) } ] }
                          @{ $redis->call('XRANGE', $key, '-', '+') } ] });

    die "a $type: what is in it?\n" unless $read{$type};

    return $json->allow_nonref->encode([ $read{$type}->() ])
        =~ s/\\"/"/gr;
}

sub where {
    my (@marks) = @_;
    my @found;

    for my $key (@{ $redis->call('KEYS', '*') }) {
        my $text = eval { all_of($key) } // next;

        for my $mark (@marks) {
            push @found, "$key: $mark" if "$key $text" =~ /\Q$mark\E/i;
        }
    }

    return @found;
}

sub on_disk {
    my (@marks) = @_;
    my @found;

    my $before = $redis->call('INFO', 'persistence');

    wait_until { eval { $redis->call('BGREWRITEAOF') } } 10, 'a rewrite';
    wait_until {
        my $info = $redis->call('INFO', 'persistence');
        $info =~ /aof_rewrite_in_progress:0/
            && $info =~ /aof_rewrite_scheduled:0/
    } 30, 'the rewrite';

    for my $file (glob $t->dir . '/redis/appendonlydir/*') {
        my $text = slurp($file);

        push @found, map { "$file: $_" }
            grep { $text =~ /\Q$_\E/i } @marks;
    }

    return @found;
}

sub settled {
    wait_until {
        my $left = 0;
        $left += $redis->call('XLEN', "wi:{$_}") for 0 .. 15;
        !$left
    } 20, 'an empty inbox';
}

sub letter {
    my (%field) = @_;

    $redis->call('XADD', 'wi:{' . ((key($field{order} // 'x')
        =~ /(\d+)/)[0] % 16) . '}', '*', at => time, %field);
}


# An order that leaves something everywhere: a letter about it that is dead,
# another one of a carrier, a reply nobody could read, a page in the cache, a
# shopper's words, notices.

sub planted {
    my ($number, $n, $email) = @_;

    $t->put_order($number, order($n, $email));
    $t->sim->load(script => 'ups-out', number => tracking($n), age => '4d');
    $t->wait_order($number, sub { @{ $_->{parcels}[0]{events} || [] } });

    letter(kind => 'feedback', order => $number,
           body => "rating=4&comment=Markwords$n");
    letter(kind => 'put', order => $number, body => $json->encode(
        { %{ order($n, $email) }, unknown => 1 }));
    letter(kind => 'hook', carrier => 'none', body => $json->encode(
        { parcel => { number => lc tracking($n), to => "Markname$n" } }));
    letter(kind => 'hook', carrier => 'none',
           body => 'number=' . tracking($n) . "&to=Markname$n");
    $redis->call('LPUSH', 'wq:{ups}:r',
        "1 200 9 no JSON\n<n>" . tracking($n) . "</n> Markname$n");

    settled();
    wait_until { grep { /^wn:/ && all_of($_) =~ /Markwords$n/ }
                 @{ $redis->call('KEYS', "wn:*:$number") } } 10, 'feedback';

    my $pair = $t->pair($t->get($t->link($number)));

    like($t->get("/track/$number", Cookie => $pair)->body, qr/Markitem$n/,
         "$number has a page");

    return $pair;
}

sub gone {
    my ($number, $n, $pair, $email) = @_;

    is_deeply([ where(marks($n, $email)) ], [], "$number: in no key");
    is_deeply([ on_disk(marks($n, $email)) ], [], "$number: in no file");

    my @keys = grep { !/^wn:/ } map { $_, "$_ " . all_of($_) }
        @{ $redis->call('KEYS', '*') };

    is_deeply([ grep { /(?<![0-9A-Za-z])\Q$number\E(?![0-9A-Za-z])/ } @keys ],
              [], "$number: its number is in no key but the tombstone");

    for my $path ("/track/$number", "/track/$number.json",
                  "/track/$number.atom")
    {
        my $r = $t->get($path, Cookie => $pair);

        is($r->status, 404, "$number: no page at $path");
        unlike($r->body, qr/Mark|7946/, 'and nothing on what is there');
    }

    is($t->api('GET', "/orders/$number")->status, 404,
       "$number: nor in the API");
}


my $ann = 'markann@shop.example';
my $eve = 'markeve@shop.example';

my %pair = map { $_->[0] => planted(@$_) }
    [ 'first-1', 11, $eve ], [ 'first-2', 12, $ann ], [ 'first-3', 13, $ann ],
    [ 'first-4', 14, $eve ], [ 'first-5', 15, $eve ];

ok((where(marks(11, $eve))) > 8, 'the marks are found');
is_deeply([ on_disk($eve) ], [],
          'on the disk nothing can be read, as dead letters are sealed');

my ($sealed) = grep { /^wp:.*first-1/ } @{ $redis->call('KEYS', 'wp:*') };
unlike($redis->call('GET', $sealed), qr/Mark|shop\.example|7946/,
       'contact data is not to be read where it is stored');


# One order, by the program

{
    my ($status, $out) = $t->wismo(qw(order erase first-1 --yes));

    is($status, 0, 'order erase');
    gone('first-1', 11, $pair{'first-1'});
    ok($t->order('first-4'), 'the other orders are there');
    ok((where($eve)) > 0, 'and so are their letters');
}


# A customer

{
    my ($status, $out) = $t->wismo(qw(customer erase --dry-run --json), $ann);
    my $told = $json->decode($out);

    is($status, 0, 'customer erase --dry-run');
    is($told->{orders}, 2, 'finds both orders');
    cmp_ok($told->{letters}, '>=', 8, 'and the letters');
    ok($t->order('first-2'), 'and does nothing');

    is(($t->wismo({ stdin => '' }, qw(customer erase), $ann))[0], 2,
       'it asks for --yes where nobody can be asked');

    ($status, $out) = $t->wismo({ stdin => uc("$ann\n") },
                                qw(customer erase --yes --json -));
    is($status, 0, 'customer erase, the address from standard input');
    is_deeply($json->decode($out), { %$told, dry_run => JSON::PP::false },
              'erases what it has found');

    gone('first-2', 12, $pair{'first-2'}, $ann);
    gone('first-3', 13, $pair{'first-3'}, $ann);
    ok($t->order('first-4'), 'the other customer\'s order is there');

    ($status, $out) = $t->wismo(qw(customer erase --yes), $ann);

    is($status, 0, 'the same again is no fault');
    like($out, qr/nothing is known/, 'and finds nothing');
}


# Through the API

{
    is($t->api('DELETE', '/orders/first-4')->status, 202, 'DELETE');
    settled();
    ok((wait_until { $t->get('/track/first-4')->status == 404 } 10, 'gone'),
       'is done');
    gone('first-4', 14, $pair{'first-4'});
}


# By telephone; what was not taken yet goes, too

{
    $t->nginx->stop;
    letter(kind => 'put', order => 'first-6',
           body => $json->encode(order(15, $eve)));

    my ($status, $out) = $t->wismo(qw(customer erase --yes --json --phone),
                                   '020 794600-15');
    my $told = $json->decode($out);

    is($status, 0, 'customer erase --phone');
    is($told->{orders}, 1, 'one order');
    is_deeply([ where(marks(15, $eve)) ], [], 'in no key');
    is_deeply([ grep { /^wc:/ } @{ $redis->call('KEYS', '*') } ], [],
              'the index is empty');
}

done_testing;
