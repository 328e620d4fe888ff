#!/usr/bin/perl

# A shopper reads the page in their language: the one they chose, else the
# order's, else the one their browser likes, else the brand's.

use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1);

seed($t, order('L-1'), order('L-2', locale => 'ja_JP'),
     order('L-3', locale => 'xx'));


sub lang {
    my ($path, %headers) = @_;

    my $r = $t->get($path, %headers);
    my ($lang, $dir) = $r->body =~ /<html lang="([\w-]+)" dir="(\w+)">/;

    return wantarray ? ($lang, $dir, $r) : $lang;
}


sub cookie {
    my ($r) = @_;
    my ($cookie) = join("\n", $r->headers('set-cookie')) =~ /(wismo_lang=[\w-]+)/;

    return $cookie;
}


# The browser's

is(lang('/track/L-1'), 'en', 'English, for who says nothing');
is(lang('/track/L-1', 'Accept-Language' => 'de-CH,de;q=0.9,en;q=0.8'), 'de',
   'German of Switzerland is German');
is(lang('/track/L-1', 'Accept-Language' => 'tlh, fr;q=0.5, it;q=0.7'), 'it',
   'the one that is liked more');
is(lang('/track/L-1', 'Accept-Language' => 'pt-PT'), 'pt-BR',
   'Portuguese as it is spoken elsewhere');
is(lang('/track/L-1', 'Accept-Language' => 'tlh, *'), 'en',
   'none of them: the usual one');
is(lang('/track/L-1', 'Accept-Language' => 'en-XA'), 'en',
   'the pseudo-language is for those who ask for it in a brand');

my ($lang, $dir, $r) = lang('/track/L-1', 'Accept-Language' => 'ar');

is("$lang $dir", 'ar rtl', 'Arabic runs from right to left');
like($r->header('vary'), qr/\bAccept-Language\b/, 'caches are told');
ok(!cookie($r), 'what the browser likes is not kept');


# The order's

is(lang('/track/L-2'), 'ja', 'the language of the order');
is(lang('/track/L-2', 'Accept-Language' => 'de'), 'ja',
   '... goes before what the browser likes');
is(lang('/track/L-3', 'Accept-Language' => 'de'), 'de',
   '... unless there is no such page');


# The shopper's

($lang, $dir, $r) = lang('/track/L-2?lang=he', 'Accept-Language' => 'de');

is("$lang $dir", 'he rtl', 'what was chosen goes before all');
is(cookie($r), 'wismo_lang=he', '... and is kept');
like($r->header('set-cookie'),
     qr{; Path=/track/; Max-Age=\d+; HttpOnly; SameSite=Lax$},
     '... for these pages only');

is(lang('/track/L-2', Cookie => 'a=b; wismo_lang=he'), 'he',
   'the next page is in that language');
is(lang('/track/', Cookie => 'wismo_lang=he'), 'he', '... and the form');
is(lang('/track/L-2?lang=sv', Cookie => 'wismo_lang=he'), 'sv',
   '... until another is chosen');

for my $bad ('xx', '', '*', '%00', 'e' x 2000, "de%0d%0aX:%20y") {
    ($lang, $dir, $r) = lang("/track/L-2?lang=$bad");
    is($lang, 'ja', 'no choice: ' . substr $bad, 0, 10);
    ok(!cookie($r), '... is kept');
}

is(lang('/track/L-2', Cookie => 'wismo_lang=xx'), 'ja', 'a strange cookie');

$r = $t->get($t->link('L-1') . '&lang=fr');
is($r->status, 303, 'a link that says the language');
like(join("\n", $r->headers('set-cookie')), qr/wismo_lang=fr/,
     '... is as good as a choice');


# The switch

for my $path ('/track/', '/track/L-1', '/track/NONE') {
    my $html = $t->get($path)->body;

    my @tags = $html =~ /<a href="\?lang=([\w-]+)"/g;

    is("@tags", 'en ar de es fr he it ja nl pl pt-BR sv',
       "$path: the other languages are one click away");
    like($html, qr{lang="de">Deutsch</a>}, '... under their own names');
    like($html, qr{lang="en" aria-current="true">English</a>},
         '... and this one is marked');
}


# Each answer is kept under its language, and no other.

my %etag;

for my $tag (qw(en ar de ja en de)) {
    ($lang, $dir, $r) = lang('/track/L-1', 'Accept-Language' => $tag);
    is($lang, $tag, "$tag after another");
    $etag{ $r->header('etag') } = $tag;
}

is(scalar keys %etag, 4, 'each has an ETag of its own');

($etag{$_} ne 'de') && is(
    $t->get('/track/L-1', 'Accept-Language' => 'de', 'If-None-Match' => $_)
      ->status, 200, "the ETag of $etag{$_} is not good for de")
    for sort keys %etag;


# Days, digits and words of each

my %says = (
    ar => qr/٢٠٢٦|[٠-٩]/,
    de => qr/Lieferung|Sendung|Paket/,
    pl => qr/paczk|przesyłk/i,
    ja => qr/お届け|荷物/,
);

for my $tag (sort keys %says) {
    my $html = $t->get('/track/L-1', 'Accept-Language' => $tag)->body;
    utf8::decode($html);
    like($html, $says{$tag}, "$tag speaks");
}

done_testing;
