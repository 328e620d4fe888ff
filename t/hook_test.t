#!/usr/bin/perl

# "wismo hook test": a push signed as its sender signs, for each adapter that
# takes pushes and for Standard Webhooks; the hook takes it with any of its
# secrets, and refuses it with another.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;

use Digest::SHA qw(hmac_sha256 hmac_sha256_hex sha256_hex);
use JSON::PP ();
use MIME::Base64 qw(encode_base64 decode_base64);
use Wismo::Process qw(slurp spew);

my $json = JSON::PP->new->utf8;
my $root = $Wismo::Test::root;

my %adapters = map { $_->{adapter} => $_ }
    grep { $_->{push} } map { $json->decode(slurp($_)) }
    glob "$root/ngx_wismo_module/carriers/*.json";
my @names = sort keys %adapters;

cmp_ok(scalar @names, '>=', 10, 'adapters with pushes');

sub secret {
    my ($name, $which) = @_;
    my $secret = "$which-secret-of-$name-for-tests";

    return ($adapters{$name}{push}{verify}{key} // '') eq 'base64'
        ? 'whsec_' . encode_base64($secret, '') : $secret;
}

# In the order of the directories' names, as all accounts have a secret

my $blocks = join '', map {
    "    wismo_carrier $_ { base_url %%SIM%%; secret_file %%DIR%%/any.secret; "
    . "client_id x; carrier usps; }\n"
} @names;

my $hooks = join '', map {
    "        location = /wismo/hooks/$_ {\n            wismo_hook $_;\n"
    . "            wismo_hook_secret_file %%DIR%%/$_.hook;\n        }\n"
} @names;

my $t = Wismo::Test->new(start => 0, hook => 0, http => $blocks,
                         server => $hooks, sim => {});
my $dir = $t->dir;

$t->secret('any.secret', 'a-secret-for-tests');

for my $name (@names) {
    $t->secret("$name.hook", 'new:' . secret($name, 'new') . "\nold:"
                             . secret($name, 'old'));
    spew("$dir/$name.$_", secret($name, $_) . "\n") for qw(new old other);
}

$t->start;


sub hook {
    my ($name, $which, @args) = @_;

    return $t->wismo('hook', 'test', $name, '--secret-file',
        "$dir/$name.$which", '--url',
        'http://127.0.0.1:' . $t->port . "/wismo/hooks/$name", @args);
}

sub printed {
    my ($name, @args) = @_;
    my ($exit, $out) = $t->wismo('hook', 'test', $name, '--print', @args);
    my ($head, $body) = split /\n\n/, $out, 2;

    return ({ map { /^([^:]+): (.*)/ ? (lc $1 => $2) : () }
              split /\n/, $head // '' }, $body, $exit);
}


for my $name (@names) {
    for my $which (qw(new old)) {
        my ($exit, $out) = hook($name, $which);

        is($exit, 0, "$name: the $which secret") or diag($out);
        like($out, qr/^taken: 202 after [\d.]+ ms: /, "$name: told");
    }

    my ($exit, $out) = hook($name, 'other', '--json');
    my $told = $json->decode($out);

    is($exit, 1, "$name: another secret");
    is($told->{status}, 401, "$name: is refused");

    # what it sends is of use

    my (undef, $body) = printed($name, '--secret-file', "$dir/$name.new");
    spew("$dir/body", $body);

    ($exit, $out) = $t->wismo('carrier', 'parse', '--push', $name,
                              "$dir/body");
    $told = $json->decode($out =~ s/^[^{]+//r);
    is($told->{outcome}, 'ok', "$name: the sample can be read");
    is(scalar @{ $told->{parcels}[0]{events} }, 1, "$name: an event in it");
    is_deeply($told->{parcels}[0]{unmapped_codes}, [],
              "$name: of a known kind");
}


# The signatures themselves, as their senders document them

{
    my $own = "$dir/own.json";
    my $text = '{"x": "\u00e9"}';

    spew($own, $text);

    my %made = map { $_ => (printed($_, '--body', $own, '--id', 'msg_1',
                                    '--secret-file', "$dir/$_.new"))[0] }
        @names;
    my $key = sub { secret($_[0], 'new') };

    is($made{easypost}{'x-hmac-signature'}, 'hmac-sha256-hex='
       . hmac_sha256_hex($text, $key->('easypost')), 'EasyPost');
    is($made{aftership}{'aftership-hmac-sha256'},
       encode_base64(hmac_sha256($text, $key->('aftership')), ''),
       'AfterShip');
    is($made{fedex}{'fdx-signature'},
       encode_base64(hmac_sha256($text, $key->('fedex')), ''), 'FedEx');
    is($made{'17track'}{sign}, sha256_hex("$text/" . $key->('17track')),
       '17TRACK');
    is($made{ship24}{authorization}, 'Bearer ' . $key->('ship24'), 'Ship24');
    is($made{ups}{authorization}, 'Bearer ' . $key->('ups'), 'UPS');

    my ($at, $mac) = $made{shippo}{'shippo-auth-signature'}
        =~ /^t=(\d+),v1=(\w+)$/;
    is($mac, hmac_sha256_hex("$at.$text", $key->('shippo')), 'Shippo');

    my $whsec = "$dir/whsec";
    spew($whsec, $key->('generic') . "\n");

    my ($h) = printed('standard-webhooks', '--body', $own, '--id', 'msg_1',
                      '--secret-file', $whsec);

    is($h->{'webhook-id'}, 'msg_1', 'Standard Webhooks: id');
    cmp_ok(abs($h->{'webhook-timestamp'} - time), '<', 60,
           'Standard Webhooks: time');
    is($h->{'webhook-signature'}, 'v1,' . encode_base64(hmac_sha256(
           "msg_1.$h->{'webhook-timestamp'}.$text",
           decode_base64($key->('generic') =~ s/^whsec_//r)), ''),
       'Standard Webhooks: signature');

    # the same scheme by its name in an adapter

    my $generic = slurp("$root/ngx_wismo_module/carriers/generic.json");

    my $changed = $json->decode($generic);
    $changed->{push}{verify} = { preset => 'standard-webhooks' };
    spew("$dir/preset.json", $json->encode($changed));
    is(($t->wismo('carrier', 'check', "$dir/preset.json"))[0], 0,
       'a preset in an adapter');

    $changed->{push}{verify} = { preset => 'standard-webhook' };
    spew("$dir/preset.json", $json->encode($changed));
    like((join '', $t->wismo('carrier', 'check', "$dir/preset.json")),
         qr{/push/verify/preset: one of these is expected: standard-webhooks},
         'a preset that is none');
}


# Shops: signed as they sign, with the topic that the sample has

{
    spew("$dir/shop.new", "a-client-secret-for-tests\n");

    my ($h, $body) = printed('shopify', '--secret-file', "$dir/shop.new");

    is($h->{'x-shopify-topic'}, 'orders/create', 'Shopify: topic');
    is($h->{'x-shopify-hmac-sha256'},
       encode_base64(hmac_sha256($body, 'a-client-secret-for-tests'), ''),
       'Shopify: signature');
    like($h->{'x-shopify-triggered-at'}, qr/^\d{4}-\d\d-\d\dT[\d:]+Z$/,
         'Shopify: time');

    ($h, $body) = printed('woocommerce', '--topic', 'order.deleted',
                          '--secret-file', "$dir/shop.new");
    is($h->{'x-wc-webhook-topic'}, 'order.deleted', 'WooCommerce: topic');
    is($h->{'x-wc-webhook-signature'},
       encode_base64(hmac_sha256($body, 'a-client-secret-for-tests'), ''),
       'WooCommerce: signature');
    is($body, '{"id":727}', 'WooCommerce: the topic\'s sample');

    ($h, $body) = printed('standard', '--secret-file', "$dir/generic.new",
                          '--id', 'msg_1');
    is($h->{'webhook-id'}, 'msg_1', 'Standard: id');
    is($json->decode($body)->{type}, 'order.created', 'Standard: sample');
}


# No answer, and calls nobody can mean

is(($t->wismo('hook', 'test', 'ups', '--secret-file', "$dir/ups.new",
              '--url', 'http://127.0.0.1:1/x'))[0], 1, 'nobody answers');
is(($t->wismo('hook', 'test', 'ups', '--secret-file', "$dir/ups.new",
              '--url', 'http://192.0.2.1/'))[0], 1,
   'no secret goes out in the open');
spew("$dir/no-base64", "a secret, but not in base64\n");

for my $case ([ ], [ 'test' ], [ 'test', 'ups' ], [ 'dance', 'ups' ],
    [ 'test', 'nobody', '--print' ], [ 'test', 'gls', '--print' ],
    [ 'test', 'ups', '--print' ],
    [ 'test', 'ups', '--print', '--secret-file', "$dir/none" ],
    [ 'test', 'ups', '--print', '--secret-file', "$dir/ups.new", '--body',
      "$dir/none" ],
    [ 'test', 'ups', '--print', '--secret-file', "$dir/ups.new", '--id',
      "a\nb" ],
    [ 'test', 'shopify', '--print' ],
    [ 'test', 'shopify', '--print', '--topic', 'none', '--secret-file',
      "$dir/ups.new" ],
    [ 'test', 'generic', '--print', '--secret-file', "$dir/no-base64" ])
{
    is(($t->wismo('hook', @$case))[0], 2,
       "hook @{[ map { s/\n/ /r } @$case ]}: exit status 2");
}

done_testing;
