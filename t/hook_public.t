#!/usr/bin/perl

# Pushes signed with private keys, as ShipEngine (RSA) and Standard Webhooks'
# v1a (Ed25519) do: a hook that has the public keys takes what openssl(1) and
# "wismo hook test" sign, and nothing else; and says so at load when it can't.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;

use JSON::PP ();
use MIME::Base64 qw(encode_base64 encode_base64url);
use POSIX qw(strftime);
use Wismo::Process qw(slurp spew);

my $json = JSON::PP->new->utf8->canonical;
my $root = $Wismo::Test::root;
my $generic = $json->decode(
    slurp("$root/ngx_wismo_module/carriers/generic.json"));

my %preset = (shipengine => 'shipengine', own => 'standard-webhooks-v1a');

my $blocks = join '', map {
    "    wismo_carrier $_ { base_url %%SIM%%; secret_file %%DIR%%/any.secret;"
    . " adapter %%DIR%%/$_.json; }\n" } sort keys %preset;
my $hooks = join '', map {
    "        location = /wismo/hooks/$_ {\n            wismo_hook $_;\n"
    . "            wismo_hook_secret_file %%DIR%%/$_.keys;\n        }\n"
} sort keys %preset;

my $t = Wismo::Test->new(start => 0, hook => 0, http => $blocks,
                         server => $hooks, sim => {});
my $dir = $t->dir;

$t->secret('any.secret', 'a-secret-for-tests');

for my $name (keys %preset) {
    $generic->{adapter} = $name;
    $generic->{push}{verify} = { preset => $preset{$name} };
    spew("$dir/$name.json", $json->encode($generic));
}

sub openssl {
    system('openssl', @_) == 0 or die "openssl @_: $?\n";
}

for my $name (qw(old new other)) {
    openssl('genpkey', '-quiet', '-algorithm', 'rsa', '-out',
            "$dir/shipengine.$name");
    openssl('genpkey', '-quiet', '-algorithm', 'ed25519', '-out',
            "$dir/own.$name");
    openssl('pkey', '-in', "$dir/$_.$name", '-pubout', '-out',
            "$dir/$_.$name.pub") for keys %preset;
}

my $modulus = `openssl rsa -pubin -in $dir/shipengine.new.pub -noout -modulus`;
$modulus =~ s/.*=(\w+)\s*/pack 'H*', $1/se;

# the sender's set of keys, as it is published; a file that all may read

spew("$dir/shipengine.keys", $json->encode({ keys => [
    { kty => 'EC', crv => 'P-256', x => 'x', y => 'y' },
    { kty => 'RSA', kid => 'today', e => 'AQAB',
      n => encode_base64url($modulus) } ] }));
spew("$dir/own.keys", slurp("$dir/own.old.pub") . "\n# new\nwhpk_"
     . encode_base64(substr(`openssl pkey -pubin -in $dir/own.new.pub \\
                             -outform DER`, -32)));
chmod 0644, "$dir/$_.keys" for keys %preset;

$t->start;

my $body = '{"data":{"tracking_number":"OWN-000001","status":"in_transit"}}';

sub sign {
    my ($name, $which, $text) = @_;

    spew("$dir/text", $text);

    my $signature = $name eq 'own'
        ? `openssl pkeyutl -sign -inkey $dir/own.$which -rawin -in $dir/text`
        : `openssl dgst -sha256 -sign $dir/$name.$which $dir/text`;

    return encode_base64($signature, '');
}

sub post {
    my ($name, $content, %headers) = @_;

    return $t->request('POST', "/wismo/hooks/$name", body => $content,
        headers => { %headers, 'Content-Type' => 'application/json' })
        ->{status};
}

my $iso = strftime('%Y-%m-%dT%H:%M:%SZ', gmtime);
my $unix = time;

sub shipengine {
    my ($which, $at) = @_;

    return ('X-ShipEngine-Timestamp' => $at,
            'X-ShipEngine-RSA-SHA256-Key-ID' => 'today',
            'X-ShipEngine-RSA-SHA256-Signature'
                => sign('shipengine', $which, "$at.$body"));
}

sub own {
    my ($which, $at, @more) = @_;

    return ('webhook-id' => 'msg_1', 'webhook-timestamp' => $at,
            'webhook-signature'
                => join ' ', @more,
                   'v1a,' . sign('own', $which, "msg_1.$at.$body"));
}

is(post('shipengine', $body, shipengine('new', $iso)), 202,
   'RSA: a push that is signed is taken');
is(post('shipengine', "$body ", shipengine('new', $iso)), 401,
   'RSA: not when it is changed');
is(post('shipengine', $body, shipengine('other', $iso)), 401,
   "RSA: not with another's key");
is(post('shipengine', $body, shipengine('new', '2026-01-01T00:00:00Z')), 401,
   'RSA: not when it is old');
is(post('shipengine', $body), 401, 'RSA: not without a signature');

is(post('own', $body, own($_, $unix)), 202, "Ed25519: the $_ key is good")
    for qw(old new);
is(post('own', $body, own('new', $unix, 'v1,' . 'A' x 43 . '=',
                          'v1a,' . 'A' x 86 . '==')), 202,
   'Ed25519: one of several signatures');
is(post('own', "$body ", own('new', $unix)), 401,
   'Ed25519: not when it is changed');
is(post('own', $body, own('other', $unix)), 401,
   "Ed25519: not with another's key");
is(post('own', $body, own('new', $unix - 3600)), 401,
   'Ed25519: not when it is old');

# signed by us

for my $name (sort keys %preset) {
    my $url = 'http://127.0.0.1:' . $t->port . "/wismo/hooks/$name";

    for my $adapter ($preset{$name}, "$dir/$name.json") {
        my ($exit, $out) = $t->wismo('hook', 'test', $adapter, '--url', $url,
                                     '--secret-file', "$dir/$name.new");

        is($exit, 0, "wismo hook test $adapter: taken") or diag($out);

        ($exit) = $t->wismo('hook', 'test', $adapter, '--url', $url,
                            '--secret-file', "$dir/$name.other");
        is($exit, 1, "wismo hook test $adapter: another key is refused");
    }

    for my $file ("$name.new.pub", 'any.secret',
                  $name eq 'own' ? 'shipengine.new' : 'own.new')
    {
        my ($exit, undef, $out) = $t->wismo('hook', 'test', $preset{$name}, '--print',
                                     '--secret-file', "$dir/$file");

        is($exit, 2, "$preset{$name}: $file cannot sign");
        like($out, qr/no private key of this kind/, 'and that is said');
    }
}

# files that a hook cannot use are told at load, with their line

my %keys = map { $_ => slurp("$dir/$_.keys") } keys %preset;

for my $case ([ 'own', slurp("$dir/own.new"), qr/:1: this is not a public/ ],
    [ 'own', $keys{own} . "\nwhsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\n",
      qr/:8: this is no public key/ ],
    [ 'shipengine', $keys{own}, qr/:1: this is not an RSA key/ ],
    [ 'shipengine', '{"keys":[]}', qr/:1: no key of this kind/ ])
{
    my ($name, $text, $like) = @$case;

    spew("$dir/$name.keys", $text);
    like(($t->nginx->check($t->conf))[1], qr/$name\.keys$like.*-----BEGIN PUBLIC KEY-----/s,
         "$name.keys: $like");
    spew("$dir/$name.keys", $keys{$name});
}

done_testing;
