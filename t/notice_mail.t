#!/usr/bin/perl

# What happens to an order is told by mail: through a relay that wants TLS and
# a password, in the order's language and the brand's looks, as a message that
# other libraries read without a fault, once. No address is in any log.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Mta;
use Wismo::Process qw(slurp spew);

use POSIX qw(strftime);

my $mta = Wismo::Mta->new;
my $port = $mta->port;
my $tls_port = $mta->tls_port;
my $ca = $mta->ca;

my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 1, scale => 3600,
    start => 0, sim => { start => '-1h', scale => 0 }, http => <<"EOT");
    wismo_brands %%DIR%%/brands;
    wismo_notify mail {
        type mail;
        smtp smtp://127.0.0.1:$port;
        ca_file $ca;
        user wismo;
        secret_file %%DIR%%/relay.password;
        from orders\@shop.example;
        bounces bounces\@shop.example;
        site https://shop.example;
        gap 0;
        daily 0;
    }
    wismo_notify tls {
        type mail;
        smtp smtps://localhost:$tls_port;
        ca_file $ca;
        user wismo;
        secret_file %%DIR%%/relay.password;
        from "Müller & Söhne <orders\@other.example>";
        reply_to help\@other.example;
        site https://other.example/;
        brand other;
        events order_confirmed;
        gap 0;
    }
    wismo_notify stranger {
        type mail;
        smtp smtp://localhost:$port;
        user wismo;
        secret_file %%DIR%%/relay.password;
        from orders\@shop.example;
        site https://shop.example;
        brand stranger;
        gap 0;
        daily 0;
    }
    wismo_notify wrong {
        type mail;
        smtp smtp://127.0.0.1:$port;
        ca_file $ca;
        user wismo;
        secret_file %%DIR%%/wrong.password;
        from orders\@shop.example;
        site https://shop.example;
        brand wrong;
        gap 0;
        daily 0;
    }
EOT

mkdir $t->dir . '/brands';
spew($t->dir . '/brands/northwind.json', JSON::PP::encode_json({
    name => 'Northwind & Co.', locale => 'en',
    support => { email => 'help@northwind.example' },
    urls => { contact => 'https://northwind.example/help?o={order}' },
    tokens => { light => { accent => '#8a1538', accent_tint => '#fbeaf0' } },
}));

$t->secret('relay.password', 'relay-password-for-tests');
$t->secret('wrong.password', 'another-password-for-tests');
$t->start;


sub ledger {
    my ($order) = @_;

    my ($key) = grep { /:\Q$order\E$/ } @{ $t->redis->call('KEYS', 'wn:*') };

    return {} unless $key;
    return +{ @{ $t->redis->call('HGETALL', $key) } };
}


sub mails {
    my ($subject) = @_;

    return grep { $_->{headers}{subject} =~ $subject } @{ $mta->mails };
}


sub part {
    my ($mail, $type) = @_;

    my @parts = grep { $_->{type} eq $type } @{ $mail->{parts} };

    return $parts[0];
}


# An order in German, of a brand, from its confirmation to its delivery

my $jo = 'jo.loo@kunden.example';

$t->put_order('1001', {
    brand => 'northwind', locale => 'de-AT',
    placed_at => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time() - 20000)),
    customer => { email => $jo, name => 'Jo Loo', phone => '+43 1 234567' },
    items => [ { id => 'a', name => "Schuhe, Gr\x{f6}\x{df}e 42",
                 quantity => 2 } ],
    shipments => [
        { carrier => 'ups', tracking_number => '1ZW15M090345000001' } ],
});

my $mail;

ok(wait_until(sub { ($mail) = mails(qr/^Danke f\x{fc}r Ihre Bestellung/) }, 20),
   'an order is confirmed') or diag($mta->log, $t->nginx->log);

is_deeply($mail->{faults}, [], 'without a fault');
is_deeply($mail->{from}, [ [ 'Northwind & Co.', 'orders@shop.example' ] ],
          'from the brand');
is_deeply($mail->{to}, [ [ '', $jo ] ], 'to the address of the order');
is($mail->{headers}{'reply-to'}, 'help@northwind.example',
   'answers go to the brand');
is($mail->{headers}{'return-path'}, '<bounces@shop.example>',
   'bounces do not');
is($mail->{headers}{subject}, "Danke f\x{fc}r Ihre Bestellung \x{b7} "
   . "Bestellung 1001 \x{b7} Northwind & Co.", 'with a subject');
is($mail->{headers}{'content-language'}, 'de', 'in a language');
is($mail->{headers}{'auto-submitted'}, 'auto-generated', 'by a program');
like($mail->{headers}{'message-id'},
     qr/^<1001=\w+=order_confirmed\@shop\.example>$/, 'with an id');
like($mail->{headers}{received}, qr/esmtpsa/, 'through TLS, with a password');
cmp_ok(abs($mail->{date} - time()), '<', 300, 'just now');

is($mail->{headers}{'list-unsubscribe-post'}, 'List-Unsubscribe=One-Click',
   'it can be ended with one click');
like($mail->{headers}{'list-unsubscribe'},
     qr{^<https://shop\.example/track/1001/stop\?t=[\w.-]+>$}, 'there');
like($mail->{raw}, qr{^List-Unsubscribe: <https://[^\n]+>$}m, 'on one line');

my $text = part($mail, 'text/plain')->{text};
my $html = part($mail, 'text/html')->{text};
my ($link) = $text =~ m{(https://\S+/track/1001\?t=\S+)};

like($text, qr/Danke f\x{fc}r Ihre Bestellung/, 'text: its news');
like($text, qr/- Schuhe, Gr\x{f6}\x{df}e 42 \(2/, 'text: what was ordered');
like($text, qr{https://northwind\.example/help\?o=1001}, 'text: help');
like($html, qr{<h1[^>]*>Danke f\x{fc}r Ihre Bestellung</h1>}, 'HTML: news');
like($html, qr/#8a1538/, 'HTML: in the colours of the brand');
like($html, qr{<html lang="de" dir="ltr">}, 'HTML: in German');
unlike($html, qr{<img|<link|url\(|\@import|<script(?! type="application/ld)}i,
       'HTML: nothing is loaded');
unlike($_, qr/\Q$jo\E|234567/, 'no address in the text') for $text, $html;

my @links = $html =~ m{href="([^"]+)"}g;
is(scalar(grep { !m{^https://(?:(?:shop|northwind)\.example|www\.ups\.com)/} }
              @links), 0, 'HTML: links lead to the shop and the carrier')
    or diag("@links");

my $got = $t->get($link =~ s{^https://shop\.example}{}r);
is($got->status, 303, 'the link is good') or diag($link);

my ($ld) = $html =~ m{<script type="application/ld\+json">(.*?)</script>}s;
my $graph = JSON::PP->new->decode($ld)->{'@graph'};
is($graph->[0]{orderNumber}, '1001', 'for machines: the order');


# What follows

$t->sim->load(script => 'ups-delivered', number => '1ZW15M090345000001',
              age => '80h');

ok(wait_until(sub { grep { /^n:mail:out_for_delivery/ }
                        keys %{ ledger('1001') } }, 30),
   'that it is out for delivery');

my $out;
ok(wait_until(sub { ($out) = mails(qr/^(?!Danke)/) }, 20), 'and that is told')
    or diag(explain(ledger('1001')));
is_deeply($out->{faults}, [], 'without a fault');

$t->sim->clock(advance => '2h');

my $done;
ok(wait_until(sub { ($done) = mails(qr/^Am Empfang abgegeben/) }, 30), 'it is there')
    or diag(join "\n", map { $_->{headers}{subject} } @{ $mta->mails });

is_deeply($done->{faults}, [], 'without a fault');

my $ics = part($done, 'text/calendar');
ok($ics, 'with the day for the calendar') or diag($done->{raw});
is($ics->{method}, 'PUBLISH', 'that nobody has to answer');
is($ics->{disposition}, 'attachment', 'as a file');
like($ics->{text}, qr/BEGIN:VEVENT\r?\nUID:urn:uuid:/, 'which is one');
is($done->{parts}[0]{type}, 'multipart/mixed', 'beside the text');
is($done->{parts}[1]{type}, 'multipart/alternative', 'in two forms');

($ld) = part($done, 'text/html')->{text}
    =~ m{<script type="application/ld\+json">(.*?)</script>}s;
my ($parcel) = grep { $_->{'@type'} eq 'ParcelDelivery' }
    @{ JSON::PP->new->decode($ld)->{'@graph'} };
is($parcel->{trackingNumber}, '1ZW15M090345000001', 'for machines: a parcel');

ok(wait_until(sub {
    (ledger('1001')->{'n:mail:delivered.p1'} // '')
        =~ /^sent \d+ 1 \d+ SMTP 250$/
}, 5), 'the ledger says so');

my %ids = map { $_->{headers}{'message-id'} => 1 } @{ $mta->mails };
is(keys %ids, @{ $mta->mails }, 'each message has its own id');


# Another brand, TLS from the beginning, a name in letters of its own

$t->put_order('1002', { brand => 'other', locale => 'ja',
    customer => { email => "kai\@b\xfccher.example" } });

ok(wait_until(sub { ($mail) = grep { $_->{from}[0][1] =~ /other/ }
                        @{ $mta->mails } }, 20), 'another brand')
    or diag($t->nginx->log);
is_deeply($mail->{faults}, [], 'without a fault');
is_deeply($mail->{from}, [ [ "M\x{fc}ller & S\x{f6}hne",
                             'orders@other.example' ] ], 'by its name');
is_deeply($mail->{to}, [ [ '', 'kai@xn--bcher-kva.example' ] ],
          'to a domain in another script');
is($mail->{headers}{'reply-to'}, 'help@other.example', 'with its own help');
is($mail->{headers}{'content-language'}, 'ja', 'in Japanese');
like(part($mail, 'text/plain')->{text}, qr{https://other\.example/track/1002},
     'with links to its own site');
is(part($mail, 'text/plain')->{encoding}, 'quoted-printable', 'in ASCII');
is(scalar(grep { /^n:other:/ } keys %{ ledger('1001') }), 0,
   'one brand hears nothing of another');


# Recipients that are refused, and some that cannot be

my $n = 3;

sub fresh {
    my ($number, %order) = @_;

    $t->put_order($number, { shipments => [ { carrier => 'ups',
        tracking_number => sprintf '1ZW15M09034500%04d', $n++ } ], %order });
}

fresh('1003', customer => { email => 'nobody@kunden.example' });
fresh('1004', customer => { email => 'later@kunden.example' });
fresh('1005', customer => { phone => '+43 1 234567' });
fresh('1006', customer => { email => "j\xf6\@kunden.example" });

sub says {
    my ($order, $value, $what) = @_;

    my $field = 'n:mail:order_confirmed';
    my $said;

    ok(wait_until(sub {
        $said = ledger($order)->{$field} // '';
        $said =~ $value
    }, 20), $what) or diag($said);
}

says('1003', qr/^dead \d+ 1 \d+ SMTP 550 suppressed$/,
     'a person who is not there');
says('1004', qr/^(?:retry|dead) \d+ [2-9]\d* \d+ SMTP 451$/, 'a mailbox that is full');
says('1005', qr/^skipped .* no address$/, 'an order without an address');
says('1006', qr/^skipped .* no address that mail can be sent to$/,
     'an address that servers do not take');


# A relay that nobody knows, and a password that is wrong

fresh('1007', brand => 'stranger', customer => { email => $jo });
fresh('1008', brand => 'wrong', customer => { email => $jo });

ok(wait_until(sub {
    (ledger('1007')->{'n:stranger:order_confirmed'} // '') =~ /^retry .*SSL/
}, 20), 'nothing is sent to a relay whose certificate is not known')
    or diag(ledger('1007')->{'n:stranger:order_confirmed'});
ok(wait_until(sub {
    (ledger('1008')->{'n:wrong:order_confirmed'} // '')
        =~ /^retry .* relay: SMTP 535$/
}, 20), 'a wrong password is no message\'s fault')
    or diag(ledger('1008')->{'n:wrong:order_confirmed'});
ok(wait_until(sub {
    $t->nginx->log =~ /channel wrong: mail cannot be sent: relay: SMTP 535/
}, 5), 'and is told');


# Nothing personal in the logs

my $log = $t->nginx->log . slurp($t->dir . '/access.log');
unlike($log, qr/kunden\.example|Jo Loo|234567|b.cher|relay-password/,
       'no person is in a log');

my $wn = join ' ', map { %{ ledger($_) } } 1001 .. 1008;
unlike($wn, qr/kunden|@/, 'nor in a ledger');

$mta->stop;

done_testing;
