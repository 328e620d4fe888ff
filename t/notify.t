#!/usr/bin/perl

# "wismo notify": all notices in all languages, to look at, as messages without
# a fault; and one of them to an address, to see whether a channel works.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Mta;
use Wismo::Process qw(slurp spew);
use Wismo::Receiver;

my $mta = Wismo::Mta->new;
my $shop = Wismo::Receiver->new;

my $t = Wismo::Test->new(start => 0, http => <<"EOT");
    wismo_notify mail {
        type mail;
        smtp smtp://127.0.0.1:${\ $mta->port};
        ca_file ${\ $mta->ca};
        user wismo;
        secret_file %%DIR%%/relay.password;
        from orders\@shop.example;
        site https://shop.example;
    }
    wismo_notify shop {
        type webhook;
        url ${\ $shop->url}hooks;
        secret_file %%DIR%%/shop.hook;
        private on;
    }
    wismo_notify odd {
        type mail;
        smtp http://127.0.0.1;
        from orders\@shop.example;
        site https://shop.example;
    }
EOT

my $dir = $t->dir;

$t->secret('relay.password', 'relay-password-for-tests');
$t->secret('shop.hook', 'a-secret-of-the-shop');
$t->start;

mkdir "$dir/brands";
spew("$dir/brands/acme.json", '{"name":"Acme <b>","locales":["fr","ar"],'
     . '"support":{"email":"help@acme.example"}}');


# All of them

my ($status, $out, $err) = $t->wismo('notify', 'preview', '--out',
                                     "$dir/look");
is($status, 0, 'preview') or diag($err);
is($out, "$dir/look/index.html\n", 'says where');

my @mails = glob "$dir/look/*/*.eml";
my @langs = glob "$dir/look/*/";

is(scalar @langs, 12, 'all languages');
cmp_ok(scalar @mails, '>=', 12 * 50, 'all notices');

my $read = Wismo::Mta::read_mails(@mails);
my @faulty = grep { @{ $_->{faults} } } @$read;
is(scalar @faulty, 0, 'all messages are without a fault')
    or diag("$faulty[0]{path}: @{ $faulty[0]{faults} }");

my @empty = grep {
    my $m = $_;
    !length $m->{headers}{subject}
        || grep { exists $_->{text} && $_->{text} !~ /1001/ }
            @{ $m->{parts} }[1, 2]
} @$read;
is(scalar @empty, 0, 'all of them say something') or diag($empty[0]{path});

my @english = grep {
    $_->{path} !~ m{/en/} && slurp($_->{path} =~ s/eml$/txt/r)
        =~ /Your order|e-mails about|Tracking number/
} @$read;
is(scalar @english, 0, 'and none in English that is not')
    or diag($english[0]{path});

like(slurp("$dir/look/index.html"), qr/1 message<\/a>, \d+ of GSM 7/,
     'text messages are counted');


# Of a brand

($status, $out, $err) = $t->wismo(qw(notify preview --brand acme --event),
    'delivered', '--brands', "$dir/brands", '--out', "$dir/acme");
is($status, 0, 'of a brand') or diag($err);
is_deeply([ map { s{^\Q$dir\E/}{}r } glob "$dir/acme/*/*.eml" ],
          [ 'acme/ar/delivered.eml', 'acme/fr/delivered.eml' ],
          'in its languages');
like(slurp("$dir/acme/ar/delivered.html"), qr/<html lang="ar" dir="rtl">/,
     'from right to left');
like(slurp("$dir/acme/fr/delivered.html"), qr/Acme &lt;b&gt;/, 'escaped');
like(slurp("$dir/acme/fr/delivered.eml"), qr/^Reply-To: help\@acme/m,
     'with its help');

($status, $out, $err) = $t->wismo(qw(notify preview --lang xx --out),
                                  "$dir/xx");
is($status, 1, 'no such language');
like($err, qr/no such language/, 'and that is said');

is(($t->wismo(@$_))[0], 2, "unusable: @$_")
    for [ 'notify' ], [ 'notify', 'preview' ], [ 'notify', 'test' ],
        [ 'notify', 'look' ],
        [ qw(notify preview --out x --event nonsense) ];


# Does a channel work?

($status, $out, $err) = $t->wismo(qw(notify test mail jo@kunden.example
                                     --lang de --event out_for_delivery));
is($status, 0, 'a mail') or diag($out, $err);
is($out, "mail: sent: SMTP 250\n", 'was taken');

my $mail;
ok(wait_until(sub { ($mail) = @{ $mta->mails } }, 10), 'and is there');
is($mail->{to}[0][1], 'jo@kunden.example', 'at that address');
is($mail->{headers}{'content-language'}, 'de', 'in that language');

($status, $out) = $t->wismo(qw(notify test mail nobody@kunden.example
                               --json));
is($status, 1, 'one that is refused');
is_deeply(JSON::PP::decode_json($out), { channel => 'mail',
    outcome => 'refused', text => 'SMTP 550' }, 'is told as JSON');

($status, $out) = $t->wismo(qw(notify test mail jo));
is($status, 1, 'no address');
is($out, "mail: skipped: no address that mail can be sent to\n",
   'and that is said');

($status, $out, $err) = $t->wismo(qw(notify test mail));
is($status, 1, 'nobody');
like($err, qr/an address is expected/, 'and that is said');

($status, $out) = $t->wismo(qw(notify test shop));
is($status, 0, 'a webhook');
is($out, "shop: sent: HTTP 200\n", 'was taken');
like($shop->got->[0]{body}, qr/"type":"order\.delivered"/, 'and is there');

($status, $out, $err) = $t->wismo(qw(notify test odd jo@kunden.example));
is($status, 1, 'a channel that cannot serve');
like($err, qr{channel odd: smtp: expected smtp://}, 'says what is wrong');

($status, $out, $err) = $t->wismo(qw(notify test none));
is($status, 1, 'a channel that is not there');
like($err, qr/nginx\.conf has no "wismo_notify none"/, 'is told');

$_->stop for $mta, $shop;

done_testing;
