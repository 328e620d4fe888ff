#!/usr/bin/perl

# What a shop asks for in a customer's name: their data in a file for the
# merchant, then nothing of them anywhere, in whatever order and however often
# the messages come; and nobody else loses anything.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(slurp);
use Wismo::Shop;

my $secret = 'whsec_d2lzbW8tdGVzdC1vbmx5LXNlY3JldC0wMDE=';

my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 1, start => 0,
    patient => 1, server => <<'EOT');
        location = /wismo/hooks/standard {
            wismo_hook standard;
            wismo_hook_secret_file %%DIR%%/standard.hook;
        }
        location = /wismo/hooks/outlet {
            wismo_hook outlet shop=standard prefix=O-;
            wismo_hook_secret_file %%DIR%%/standard.hook;
        }
EOT

my $dir = $t->dir;
my $files = "$dir/state/requests";
my $json = JSON::PP->new->utf8;

$t->secret('standard.hook', $secret);
$t->start;

my %hook = map { $_ => Wismo::Shop->new($t, hook => "/wismo/hooks/$_",
    secret => $secret, scheme => 'standard') } qw(standard outlet);

sub say_it {
    my ($shop, $type, $data, $at) = @_;

    my $r = $hook{$shop}->send('', { type => $type,
        timestamp => $at || '2026-11-20T10:00:00Z', data => $data });
    is($r->status, 202, "$shop: $type is taken") or diag($r->body);
}

sub order {
    my ($shop, $id, $number, $email, $at, $phone) = @_;

    say_it($shop, 'order.created', { id => $id, number => $number,
        updated_at => $at || '2026-11-20T10:00:00Z',
        customer => { name => 'Jo Doe', email => $email,
                      $phone ? (phone => $phone) : () },
        shipments => [ { carrier => 'ups',
            tracking_number => "1ZW15M0903450000$id" } ] });
}

sub everywhere {
    my ($what) = @_;
    my @found;

    for my $key (@{ $t->redis->call('KEYS', '*') }) {
        my $type = $t->redis->call('TYPE', $key);
        my %ask = (string => ['GET'], hash => ['HGETALL'], set => ['SMEMBERS'],
                   zset => ['ZRANGE', 0, -1], list => ['LRANGE', 0, -1],
                   stream => ['XRANGE', '-', '+']);
        my ($call, @args) = @{ $ask{$type} || next };
        my $text = $json->encode([ $t->redis->call($call, $key, @args) ]);

        push @found, $key if $text =~ $what || $key =~ $what;
    }

    return "@found";
}

order(standard => 11, 'S11', 'jo@example.com');
order(standard => 12, 'S12', 'Jo@Example.com');
order(standard => 13, 'S13', 'ada@example.com');
order(outlet => 14, '14', 'jo@example.com');
$t->put_order('P1', { shipments => [],
    customer => { email => 'jo@example.com' } });

ok($t->wait_order($_, sub { 1 }), "$_ is there") for qw(S11 S12 S13 O-14 P1);

# a webhook that can't be read, with the address in it

$hook{standard}->send('', { type => 'order.created', data => {
    customer => { email => 'jo@example.com' } } });
ok(wait_until { everywhere(qr/"why"/) =~ /wx/ } 15, 'a dead letter');


# Their data

sub request {
    say_it('standard', 'customer.data_request', { id => '../77/x',
        email => 'jo@example.com', orders => [ '11' ] },
        '2026-11-21T10:00:00Z');
}

request();
my $file = "$files/standard-___77_x.json";

ok(wait_until { -s $file } 15, 'a file of their data') or diag(`ls -la $files`);
my $all = $json->decode(slurp($file));

is($all->{customer}{email}, 'jo@example.com', 'whose it is');
is(join(' ', sort map { $_->{order} } @{ $all->{orders} }), 'S11 S12',
   'their orders in this shop, by name and by address');
is($all->{orders}[0]{sent}{customer}{name}, 'Jo Doe', 'as the shop sent them');
ok(@{ $all->{letters} } >= 1, 'and letters that name them');
is((stat $file)[2] & 0777, 0600, 'to be read by nobody else');
is((stat $files)[2] & 0777, 0700, 'nor is their directory');

request();
ok(wait_until { (() = $t->nginx->log =~ /hand on "/g) == 2 } 15,
   'asked twice: told twice');
is(scalar(() = glob "$files/*"), 1, '... and one file');


# Forgotten; an order that is named and has not come yet, too

sub redact {
    say_it('standard', 'customer.redact', {
        email => 'jo@example.com', orders => [ '11', '15' ] },
        '2026-11-22T10:00:00Z');
}

redact();
ok(wait_until { !defined $t->order('S11') && !defined $t->order('S12') } 15,
   'their orders are erased');
ok(wait_until { !-e $file } 15, 'the file is gone');
ok(defined $t->order('S13'), 'another\'s stays');
ok(defined $t->order('O-14'), 'another shop\'s stays');
ok(defined $t->order('P1'), 'what no shop has sent stays');
ok(wait_until { $t->nginx->log =~ /shop standard is erased.*: 2 orders/ } 15,
   'it is told');

for my $key (qw(O-14 P1)) {
    my ($exit) = $t->wismo('order', 'erase', '--yes', $key);
    is($exit, 0, "$key is erased, for what is left then");
}

is(everywhere(qr/jo\@example/i), '', 'no address in Redis');
is(everywhere(qr/1ZW15M090345000011/), '', 'no parcel');
unlike($t->nginx->log, qr/jo\@example|Jo Doe/i, 'nobody in the log');


# What was sent before, and comes late, brings nobody back

order(standard => 11, 'S11', 'jo@example.com', '2026-11-22T09:59:59Z');
order(standard => 15, 'S15', 'jo@example.com', '2026-11-20T10:00:00Z');
order(standard => 16, 'S16', 'ada@example.com', '2026-11-20T10:00:00Z');
ok($t->wait_order('S16', sub { 1 }), 'another order comes in');
wait_until { !grep { $t->redis->call('XLEN', $_) }
             @{ $t->redis->call('KEYS', 'wi:*') } } 20;
ok(!defined $t->order('S11'), 'the order that was erased does not');
ok(!defined $t->order('S15'), 'nor the one that had not come yet');
is(everywhere(qr/jo\@example/i), '', 'and there is no address');


# Who orders again is a customer again, whatever is repeated

order(standard => 17, 'S17', 'jo@example.com', '2026-11-23T10:00:00Z');
ok($t->wait_order('S17', sub { 1 }), 'a new order comes in');
order(standard => 11, 'S11', 'jo@example.com', '2026-11-23T10:00:00Z');
order(standard => 15, 'S15', 'jo@example.com', '2026-11-23T10:00:00Z');
ok($t->wait_order('S15', sub { 1 }),
   'so does what is newer of one that had not come');

redact();
order(standard => 18, 'S18', 'ada@example.com');
ok($t->wait_order('S18', sub { 1 }), 'the same redaction again');
ok(defined $t->order('S17'), '... takes nothing of what came after it');
ok(!defined $t->order('S11'), 'what was erased stays so, whatever is said of it');


# By telephone, too: what has no address; of a number that a family has, what is
# another's stays as long as the shop tells whose it asks for

order(standard => 21, 'S21', 'kim@example.com', undef, '+44 20 7946 0111');
order(standard => 22, 'S22', undef, undef, '0044 20 7946 0111');
order(standard => 23, 'S23', 'lee@example.com', undef, '+44 (0)20-7946 0111');
order(standard => 24, 'S24', undef, undef, '+49 20 7946 0111');
order(outlet => 25, '25', undef, undef, '+44 20 7946 0111');
ok($t->wait_order($_, sub { 1 }), "$_ is there")
    for qw(S21 S22 S23 S24 O-25);

say_it('standard', 'customer.data_request', { id => 'phone',
    email => 'kim@example.com', phone => '+442079460111' },
    '2026-11-24T10:00:00Z');
ok(wait_until { -s "$files/standard-phone.json" } 15, 'a file by both');
is(join(' ', sort map { $_->{order} }
        @{ $json->decode(slurp("$files/standard-phone.json"))->{orders} }),
   'S21 S22', '... of theirs by address and by number');

say_it('standard', 'customer.redact', { email => 'kim@example.com',
    phone => '+442079460111' }, '2026-11-24T11:00:00Z');
ok(wait_until { !defined $t->order('S21') && !defined $t->order('S22') } 15,
   'erased by both');
ok(defined $t->order('S23'), 'not who shares the number');

say_it('standard', 'customer.redact', { phone => '+442079460111' },
       '2026-11-24T12:00:00Z');
ok(wait_until { !defined $t->order('S23') } 15, 'the number alone is enough');
ok(defined $t->order('S24'), 'a number of another country is another');
ok(defined $t->order('O-25'), 'another shop\'s stays again');


# The whole shop

request();
ok(wait_until { -s $file } 15, 'a file again');
say_it('standard', 'shop.redact', {});
ok(wait_until { !grep { defined $t->order($_) } qw(S13 S16 S17 S18) } 20,
   'all of a shop');
ok(wait_until { !glob "$files/*" } 15, 'no file is left');

done_testing;
