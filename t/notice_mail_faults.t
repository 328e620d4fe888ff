#!/usr/bin/perl

# A relay that refuses, hangs, or goes away in the middle. What it did not take
# is sent again; what it may have taken is sent once more, with the same id,
# and never a third time.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Smtp;

my $relay = Wismo::Smtp->new;

my $t = Wismo::Test->new(fetcher => 1, scale => 3600, http => <<"EOT");
    wismo_notify mail {
        type mail;
        smtp smtp://127.0.0.1:${\ $relay->port};
        tls none;
        from orders\@shop.example;
        site https://shop.example;
        events order_confirmed;
        timeout 2s;
    }
EOT

my $n = 1000;


sub said {
    my ($order) = @_;

    my ($key) = grep { /:\Q$order\E$/ } @{ $t->redis->call('KEYS', 'wn:*') };

    return '' unless $key;
    return $t->redis->call('HGET', $key, 'n:mail:order_confirmed') // '';
}


# One order through the steps: what the ledger says at the end, and how many
# copies were taken.

sub through {
    my ($what, $steps, $end, $copies) = @_;

    my $order = ++$n;
    my $said;

    $relay->answer(@$steps);
    $t->put_order($order, { customer => { email => "o$order\@a.example" } });

    ok(wait_until(sub { ($said = said($order)) =~ $end }, 30), $what)
        or diag("$order: $said; ", join ' ', $relay->seen);

    my @got = grep { $_->{to} eq "o$order\@a.example" } @{ $relay->got };
    my %ids = map { $_->{id} => 1 } @got;

    is(scalar @got, $copies, "$what: copies");
    cmp_ok(scalar keys %ids, '<=', 1, "$what: with one id");
}


through('a good one', [ 'ok' ], qr/^sent \d+ 1 \d+ SMTP 250$/, 1);

through('no more than a moment', [ '451@rcpt', 'ok' ],
        qr/^sent \d+ 2 \d+ SMTP 250$/, 1);
through('busy at the beginning', [ '421@mail', '421@mail', 'ok' ],
        qr/^sent \d+ 3 /, 1);
through('no room for the message', [ '452@body', 'ok' ], qr/^sent \d+ 2 /, 2);
through('a person who is not there', [ '550@rcpt', 'ok' ],
        qr/^dead \d+ 1 \d+ SMTP 550 suppressed$/, 0);
through('no message wanted', [ '554@data', 'ok' ],
        qr/^dead \d+ 1 \d+ SMTP 554$/, 0);
through('not this message', [ '554@body', 'ok' ],
        qr/^dead \d+ 1 \d+ SMTP 554$/, 1);
through('a sender that is not known', [ '550@mail', 'ok' ],
        qr/^sent \d+ 2 /, 1);

through('gone at the recipient', [ 'close@rcpt', 'ok' ], qr/^sent \d+ 2 /, 1);
through('gone at the message', [ 'close@data', 'ok' ], qr/^sent \d+ 2 /, 1);
through('silent at the recipient', [ 'hang@rcpt', 'ok' ], qr/^sent \d+ 2 /,
        1);

through('gone after the message', [ 'close@body', 'ok' ],
        qr/^sent \d+ 2 \d+ SMTP 250$/, 2);
through('silent after the message', [ 'hang@body', 'ok' ],
        qr/^sent \d+ [23] /, 2);
through('gone after the message, twice', [ 'close@body', 'close@body', 'ok' ],
        qr/^unknown \d+ 2 /, 2);
through('busy in between', [ 'close@body', '451@rcpt', '421@mail',
                             'close@body', 'ok' ],
        qr/^unknown \d+ 4 /, 2);

is(scalar(grep { $_ !~ /^(?:ok|\w+@\w+)$/ } $relay->seen), 0, 'all steps');
unlike($t->nginx->log, qr/a\.example/, 'no address is in the log');
like($t->nginx->log,
     qr/channel mail: "order_confirmed" .* is given up: SMTP 550/,
     'who is given up is told');

$relay->stop;

done_testing;
