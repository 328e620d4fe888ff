#!/usr/bin/perl

# What became of notices is listed over all orders, and what failed is sent
# again when an operator says so, after seeing what would go out: what people
# got never is, and what is no news any more isn't, either. A program that has
# lost what it got can have it again.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Receiver;
use Wismo::Smtp;

use JSON::PP ();

my $shop = Wismo::Receiver->new;
my $relay = Wismo::Smtp->new;

my $t = Wismo::Test->new(fetcher => 1, start => 0, http => <<"EOT");
    wismo_notify shop {
        type webhook;
        url ${\ $shop->url}hooks;
        secret_file %%DIR%%/shop.hook;
        private on;
    }
    wismo_notify mail {
        type mail;
        smtp smtp://127.0.0.1:${\ $relay->port};
        tls none;
        from orders\@shop.example;
        site https://shop.example;
        events order_confirmed;
    }
EOT

$t->secret('shop.hook', 'a-webhook-secret-for-tests-only');
$t->start;

my $json = JSON::PP->new->utf8;

sub put {
    my ($number) = @_;

    $t->put_order($number, { shipments => [],
                             customer => { email => "o$number\@a.example" } });
}

sub list {
    my @args = @_;
    my ($status, $out) = $t->wismo(qw(notify list --json), @args);

    return $status ? [] : $json->decode($out)->{notices};
}

sub states {
    return join ' ', sort map { "$_->{order}:$_->{channel}:$_->{state}" }
                     @{ list(@_) };
}

sub settle {
    my ($want, $name) = @_;
    my $is;

    ok((wait_until { ($is = states()) eq $want } 30, $name), $name)
        or diag($is);
}

is(states(), '', 'nothing yet');

$shop->answer(200, 410, 200);
put('1001');
settle('1001:mail:sent 1001:shop:sent', 'one was told');
put('1002');
settle('1001:mail:sent 1001:shop:sent 1002:mail:sent 1002:shop:dead',
       'the next one was refused');

my ($one) = @{ list('--state', 'dead') };

is("$one->{order} $one->{channel} $one->{notice}",
   '1002 shop order_confirmed', 'by state: what');
like($one->{text}, qr/410/, 'and why');
is(states('1001'), '1001:mail:sent 1001:shop:sent', 'of one order');
is(states('--channel', 'shop'), '1001:shop:sent 1002:shop:dead',
   'of a channel');
is(states('--since', '1h', '--state', 'sent', '--channel', 'mail'),
   '1001:mail:sent 1002:mail:sent', 'by time');
is(states('--since', '2037-01-01T00:00Z'), '', 'later ones');
is(states('--event', 'delivered'), '', 'of another kind');
like(($t->wismo(qw(notify list --state dead)))[1],
     qr/^1002 +shop +order_confirmed +dead +\d{4}-\d\d-\d\dT\S+Z HTTP 410\n$/,
     'for people');

# Not by accident

is(($t->wismo(qw(notify retry)))[0], 2, 'what is to be sent has to be said');
is(($t->wismo(qw(notify retry --all --state pending)))[0], 2,
   'what waits is not sent again');
is(($t->wismo(qw(notify list --state lost)))[0], 2, 'no such state');

my ($status, $out, $err) = $t->wismo(qw(notify retry 1002));
is($status, 2, 'nor without being asked');
like($err, qr/--yes, or --dry-run/, 'which is told');

($status, $out) = $t->wismo(qw(notify retry --all --dry-run));
is($status, 0, 'a look');
like($out, qr/^1002 +shop .*\n1 would be sent again\n$/s,
     'what would be sent');
is(scalar @{ $shop->got }, 2, 'which sends nothing');

($status, $out) = $t->wismo(qw(notify retry --yes 1002));
is($status, 0, 'once more');
like($out, qr/\n1 sent again\n$/, 'is told');
settle('1001:mail:sent 1001:shop:sent 1002:mail:sent 1002:shop:sent',
       'it arrives');
is(scalar @{ $shop->got }, 3, 'once');
is($shop->got->[2]{headers}{'webhook-id'},
   $shop->got->[1]{headers}{'webhook-id'},
   'by the same id');

($status, $out) = $t->wismo(qw(notify retry --yes 1002));
is($status, 1, 'a second time there is nothing to send');
is(scalar @{ $shop->got }, 3, 'and nothing is sent');

# A program has lost what it got; people keep theirs

($status, $out) = $t->wismo(qw(notify retry --yes 1001 --state sent));
is($status, 0, 'what was sent, to a program');
like($out, qr/^1001 +shop .*\n1 sent again, 1 that people have got\n$/s,
     'is told');
settle('1001:mail:sent 1001:shop:sent 1002:mail:sent 1002:shop:sent',
       'it gets it again');
is(scalar @{ $shop->got }, 4, 'once, too');
is($shop->got->[3]{headers}{'webhook-id'},
   $shop->got->[0]{headers}{'webhook-id'}, 'by the id that it knows');

# Of which nobody knows

$relay->answer(qw(close@body close@body ok));
put('1003');
ok((wait_until { states('1003') =~ /mail:unknown/ } 30, 'unknown'),
   'nobody knows whether it arrived') or diag(states('1003'));

my $before = @{ $relay->got };
($status, $out) = $t->wismo(qw(notify retry --yes --json 1003 order_confirmed));
is($json->decode($out)->{again}, 1, 'an operator decides');
ok((wait_until { states('1003') =~ /mail:sent/ } 30, 'sent'), 'to send it')
    or diag(states('1003'));
is(scalar @{ $relay->got }, $before + 1, 'once');

# What is too old is no news

my ($key) = grep { /:1002$/ } @{ $t->redis->call('KEYS', 'wn:*') };
my $old = time() - 30 * 86400;
$t->redis->call('HSET', $key, 'n:shop:order_confirmed',
                "dead $old 1 $old HTTP 410");
($status, $out) = $t->wismo(qw(notify retry --all --yes));
is($status, 1, 'nothing to send');
like($out, qr/^0 sent again, 1 too old to be news$/m, 'as it is too old');
is(scalar @{ $shop->got }, 5, 'nor is it');

$_->stop for $shop, $relay;
done_testing;
