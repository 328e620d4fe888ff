#!/usr/bin/perl

# Each brand has pages of its own on its hosts: name, logo, colours, languages,
# partials.  What is wrong in its file is told before it is used, and the
# program says and shows the same.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;
use Wismo::Process qw(spew slurp);

my $t = Wismo::Test->new(fetcher => 1, start => 0,
    http => 'wismo_brands %%DIR%%/brands;',
    locations => 'location /track/ { wismo_track; }'
        . 'location /acme/ { wismo_track; wismo_brand acme; }'
        . 'location /arg/ { wismo_track; wismo_brand $arg_brand; }');
my $dir = $t->dir . '/brands';

mkdir $_ for $dir, "$dir/templates", map "$dir/templates/$_", 'acme',
    'acme/partials';

spew("$dir/acme.json", '{
  "name": "Acme & Co",
  "server_names": ["shop.acme.example", "*.acme.test"],
  "urls": { "shop": "https://acme.example/", "privacy": "https://acme.example/p" },
  "logo": { "src": "https://cdn.acme.example/l.svg", "dark": "/d.svg",
            "width": 120, "height": 30 },
  "locales": ["de", "en", "en-XA"],
  "css": "acme.css",
  "tokens": { "light": { "accent": "#8a1538" } }
}');
spew("$dir/acme.css", ".brand{letter-spacing:.1em}\n");
spew("$dir/templates/acme/partials/form.mustache",
     "<p>our own form</p>\n");
spew("$dir/default.json", '{ "name": "Everything", "locales": ["en", "sv"] }');

$t->start;
seed($t, order('1001'));


sub page {
    my ($path, $host, %headers) = @_;

    return $t->get($path, Host => $host, %headers);
}


# Which brand

for my $case ([ '/track/', 'shop.acme.example', 'Acme &amp; Co', 'de' ],
              [ '/track/', 'a.b.acme.test', 'Acme &amp; Co', 'de' ],
              [ '/track/', 'SHOP.acme.example', 'Acme &amp; Co', 'de' ],
              [ '/track/', 'other.example', 'Everything', 'en' ],
              [ '/track/', 'acme.example', 'Everything', 'en' ],
              [ '/acme/', 'other.example', 'Acme &amp; Co', 'de' ],
              [ '/arg/?brand=acme', 'other.example', 'Acme &amp; Co', 'de' ],
              [ '/arg/?brand=default', 'shop.acme.example', 'Everything',
                'en' ],
              [ '/arg/?brand=none', 'shop.acme.example', 'Acme &amp; Co',
                'de' ])
{
    my ($path, $host, $name, $lang) = @$case;
    my $html = page($path, $host)->body;

    like($html, qr{<title>[^<]*\Q$name\E}, "$path on $host: $name");
    like($html, qr{<html lang="$lang"}, '... in its language');
}

unlike(page('/track/', 'other.example', 'Accept-Language' => 'de')->body,
       qr{<html lang="de"}, 'a brand speaks only what it names');
like(page('/track/', 'shop.acme.example', 'Accept-Language' => 'en-XA')->body,
     qr{<html lang="en-XA".*<h1>\[}s, 'the pseudo-language, where it is named');


# What it looks like

for my $path ('/track/', '/track/1001') {
    my $r = page($path, 'shop.acme.example');
    my ($style) = $r->body =~ m{<style>(.*?)</style>}s;

    require Digest::SHA;
    my $hash = Digest::SHA::sha256_base64($style) . '=';

    like($style, qr/\.info\{--tone:#8a1538\}/, "$path: its colours");
    like($style, qr/\.brand\{letter-spacing:\.1em\}\s*\z/,
         '... and its style sheet, last');
    like($r->header('content-security-policy'), qr/'sha256-\Q$hash\E'/,
         '... are in the policy');
    like($r->header('content-security-policy'),
         qr{img-src 'self' data: https://cdn\.acme\.example[; ]},
         '... as is the host of its logo');
    like($r->body, qr{<img src="https://cdn\.acme\.example/l\.svg" alt="Acme },
         '... which is there');

    unlike(page($path, 'other.example')->body, qr/8a1538|acme/i,
           '... and none of it elsewhere');
}

like(page('/track/', 'shop.acme.example')->body, qr/our own form/,
     'a partial of its own');
unlike(page('/track/', 'other.example')->body, qr/our own form/,
       '... is not that of others');


# What is wrong

my @faults = (
    [ '{ "name": "x" ', qr/bad\.json:1:\d+: / ],
    [ '{}', qr/the brand's name/ ],
    [ "{ \"name\": \"x\",\n  \"nam\": 1 }", qr/bad\.json:2:4: .*one of/ ],
    [ '{ "name": "x", "urls": { "shop": "javascript:1" } }', qr/https/ ],
    [ '{ "name": "x", "urls": { "contact": "mailto:a@b?{x}" } }',
      qr/\{order\}/ ],
    [ '{ "name": "x", "logo": { "src": "https://a b/c" } }', qr/image/ ],
    [ '{ "name": "x", "tokens": { "light": { "accent": "red;}" } } }',
      qr/colour/ ],
    [ '{ "name": "x", "tokens": { "light": { "acent": "#000" } } }',
      qr/one of background/ ],
    [ '{ "name": "x", "tokens": { "font": "x}</style>" } }', qr/font/ ],
    [ '{ "name": "x", "locales": ["xx"] }', qr/no catalogue.*"xx"/ ],
    [ '{ "name": "x", "locales": ["en"], "locale": "de" }',
      qr/one of "locales"/ ],
    [ '{ "name": "x", "css": "../x.css" }', qr/name of a file/ ],
    [ '{ "name": "x", "css": "none.css" }', qr/none\.css.*No such file/ ],
    [ '{ "name": "x", "lookup": ["shoe"] }', qr/"postcode"/ ],
);

my $conf = slurp($t->dir . '/nginx.conf')
    =~ s/^.*?(?=^http\b)//msr;

for my $fault (@faults) {
    my ($text, $message) = @$fault;

    spew("$dir/bad.json", $text);

    my ($status, $out) = $t->nginx->check($conf);

    isnt($status, 0, "refused: $text");
    like($out, $message, '... nginx says why');

    ($status) = $t->wismo('brand', 'check', "$dir/bad.json");

    is($status, 1, '... so does the program');
}

unlink "$dir/bad.json";


# The program

my ($status, $out, $err) = $t->wismo('brand', 'check', "$dir/acme.json");

is($status, 0, 'a good one');
like($out, qr/Acme & Co, 3 languages/, '... is told');

spew("$dir/pale.json", "{ \"name\": \"Pale\",\n"
    . '  "tokens": { "light": { "text": "#999" } } }');

($status, $out, $err) = $t->wismo('brand', 'check', "$dir/pale.json");
is($status, 0, 'a pale one may be');
like($err, qr/pale\.json:2:\d+: warning: .*contrast of 2\.\d\d/,
     '... but not without a warning');
($status) = $t->wismo('brand', 'check', '--strict', "$dir/pale.json");
is($status, 1, '... and not with --strict');

my $look = $t->dir . '/look';

($status, $out) = $t->wismo('preview', '--brand', "$dir/acme.json", '--out',
                            $look);
is($status, 0, 'preview');
is($out, "$look/index.html\n", '... says where');

for my $lang (qw(de en en-XA)) {
    my $index = slurp("$look/$lang/index.html");
    my @pages = $index =~ /<iframe class="dark"[^>]* src="([^"]+)"/g;

    cmp_ok(scalar @pages, '>', 70, "$lang: all states");

    my @bad = grep {
        !-e "$look/$lang/$_" || slurp("$look/$lang/$_") !~ /8a1538/
    } @pages;

    is("@bad", '', '... in the colours of the brand');
}

done_testing;
