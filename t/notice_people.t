#!/usr/bin/perl

# How much somebody is told goes by their address, not by the order: over all
# orders, brands and channels of a type, whichever fetcher sends. Who can't be
# reached is not tried again, until an operator or another address says so; a
# refusal that passes changes nothing. Nobody's address is in a key.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Mta;
use Wismo::Smtp;

use JSON::PP ();

my $mta = Wismo::Mta->new;
my $relay = Wismo::Smtp->new;

sub mail {
    my ($name, $more) = @_;

    return <<"EOT";
    wismo_notify $name {
        type mail;
        smtp smtp://127.0.0.1:${\ $mta->port};
        ca_file ${\ $mta->ca};
        user wismo;
        secret_file %%DIR%%/relay.password;
        from orders\@shop.example;
        site https://shop.example;
        $more
    }
EOT
}

my $t = Wismo::Test->new(fetcher => 1, start => 0, http =>
    mail('north', 'brand north; events order_confirmed payment_due; gap 1h;')
    . mail('south', 'brand south; events order_confirmed; gap 0; daily 2;')
    . <<"EOT");
    wismo_notify angry {
        type mail;
        smtp smtp://127.0.0.1:${\ $relay->port};
        tls none;
        from orders\@shop.example;
        site https://shop.example;
        brand angry;
        events order_confirmed;
        gap 0;
        daily 0;
    }
EOT

$t->secret('relay.password', 'relay-password-for-tests');
$t->start;

my $json = JSON::PP->new->utf8;

sub put {
    my ($number, $brand, $email, %more) = @_;

    $t->put_order($number, { brand => $brand, shipments => [],
                             customer => { email => $email }, %more });
}

sub state_of {
    my ($number, $notice) = @_;
    my ($status, $out) = $t->wismo(qw(order show --notices --json), $number);

    return '' if $status;

    my ($one) = grep { !$notice || $_->{notice} eq $notice }
                @{ $json->decode($out)->{notices} };

    return $one ? "$one->{state} $one->{text}" : '';
}

sub becomes {
    my ($number, $value, $name) = @_;
    my $state;

    ok((wait_until { ($state = state_of($number)) =~ $value } 20, $name),
       $name) or diag("$number: $state");
}

sub due {
    my ($number) = @_;

    for (@{ $t->redis->call('KEYS', 'wd:*:!notices') }) {
        my $at = $t->redis->call('ZSCORE', $_, "$number#");

        return $at / 1000 - time() if $at && $at % 2 == 0;
    }

    return 0;
}

# whoever was looked at has its next date

sub waits {
    my ($number, $from, $until, $name) = @_;

    ok((wait_until { due($number) > 30 } 20, $name), $name);
    cmp_ok(due($number), '>', $from, "$name: for so long");
    cmp_ok(due($number), '<=', $until, "$name: and no longer");
    is(state_of($number), 'pending ', "$name: and is to be told");
}


# The same address, however it is written, and another one

put('1001', 'north', 'jo@kunden.example');
becomes('1001', qr/^sent /, 'one order is confirmed');
put('1002', 'north', 'Jo@Kunden.example');
waits('1002', 3400, 3600, 'a second one waits for the gap');
put('1003', 'north', 'kim@kunden.example');
becomes('1003', qr/^sent /, 'somebody else is told');

put('1004', 'south', 'jo@kunden.example');
becomes('1004', qr/^sent /, 'another brand, which keeps no gap');
put('1005', 'south', 'jo@kunden.example');
waits('1005', 86000, 86400, 'its third message of the day is too much');

my ($ids) = scalar @{ $t->redis->call('KEYS', 'wr:*') };
is($ids, 2, 'two people');
unlike(join(' ', @{ $t->redis->call('KEYS', 'w[ru]:*') },
            map { @{ $t->redis->call('ZRANGE', $_, 0, -1) } }
            @{ $t->redis->call('KEYS', 'wr:*') }),
       qr/kunden|jo|100\d/i, 'whose names and orders are in no key');
is(scalar(grep { my $ttl = $t->redis->call('TTL', $_);
                 $ttl <= 0 || $ttl > 86400 }
          @{ $t->redis->call('KEYS', 'wr:*') }), 0, 'and not for ever');


# Refused for good, and for now

put('2001', 'north', 'nobody@kunden.example');
becomes('2001', qr/^dead SMTP 550 suppressed$/, 'there is no such person');
put('2002', 'south', 'Nobody@kunden.example');
becomes('2002', qr/^skipped suppressed$/, 'who is not tried again');
put('2003', 'south', 'later@kunden.example');
becomes('2003', qr/^retry SMTP 451$/, 'somebody whose mailbox is full');
put('2004', 'south', 'later@kunden.example');
becomes('2004', qr/^retry SMTP 451$/, 'is tried again');

my ($exit, $out) = $t->wismo(qw(notify status --json));
my $status = $json->decode($out);
is_deeply($status->{suppressed}, { email => 1, phone => 0, stopped => 0,
                                   complaints => 0 },
          'status tells how many there are');
like(($t->wismo(qw(notify status)))[1],
     qr/^1 address and 0 numbers get no messages/m, 'for people');

put('2002', 'south', 'somebody@kunden.example', currency => 'EUR');
$t->wait_order('2002', sub { ($_->{currency} // '') eq 'EUR' });
put('2005', 'south', 'somebody@kunden.example');
becomes('2005', qr/^sent /, 'another address is another one');

is(($t->wismo(qw(notify allow nobody@kunden.example)))[0], 0, 'allow');
($exit, $out) = $t->wismo(qw(notify allow --json nobody@kunden.example));
is($out, "{\"allowed\":true,\"was\":false}\n", 'a second time');
put('2006', 'south', 'nobody@kunden.example');
becomes('2006', qr/^dead SMTP 550 suppressed$/, 'it is tried again then');
is(($t->wismo(qw(notify allow --order 2006)))[1],
   "whoever 2006 is for is told again\n", 'allow by an order');
is(($t->wismo(qw(notify allow)))[0], 2, 'allow whom?');
is(($t->wismo(qw(notify allow jo)))[0], 2, 'that is no address');
is(($t->wismo(qw(notify allow --order nowhere)))[0], 1, 'no such order');


# A message that came to nothing does not count, and a relay that refuses all
# is not believed

$relay->answer('451@rcpt');
put('3000', 'angry', 'a0@angry.example');
becomes('3000', qr/^retry /, 'not taken');
is(scalar @{ $t->redis->call('KEYS', 'wr:*') }, 3,
   'which is none of the messages that somebody got');

$relay->answer('550@rcpt');
put("31$_", 'angry', "a$_\@angry.example") for 10 .. 17;
becomes("31$_", qr/^dead SMTP 550/, "refused: $_") for 10 .. 17;
is(scalar(grep { state_of("31$_") =~ /suppressed/ } 10 .. 17), 5,
   'a relay that refuses everybody is not believed');
like($t->nginx->log, qr/channel angry: .*the relay refuses whoever/,
     'and that is told');
unlike($t->nginx->log, qr/kunden|angry\.example/, 'nobody is in the log');


# Who is erased was told nothing

my $were = @{ $t->redis->call('KEYS', 'wr:*') };
is(($t->wismo(qw(customer erase --yes kim@kunden.example)))[0], 0, 'erased');
is(scalar @{ $t->redis->call('KEYS', 'wr:*') }, $were - 1,
   'nobody knows what somebody got who is erased');

$_->stop for $mta, $relay;
done_testing;
