#!/usr/bin/perl

# A compressed page is put together of what all pages begin with, compressed
# when nginx starts, and the rest, compressed once for each version.  Whoever
# reads it must not see that: it is one sound gzip stream, and what comes out
# is the page.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;
use Wismo::Process qw(spew run);

use Compress::Raw::Zlib ();

my $t = Wismo::Test->new(fetcher => 1, start => 0,
    http => 'wismo_brands %%DIR%%/brands;',
    locations => join '', map("location /$_/ { wismo_track; wismo_brand $_; "
                              . 'wismo_order_only full; }',
                              qw(whole none tiny text)),
        'location /track/ { wismo_track; wismo_order_only full; }');
my $dir = $t->dir . '/brands';

mkdir $_ for $dir, "$dir/templates",
    map "$dir/templates/$_", qw(whole none tiny text);

# pages of one's own: all of it the same for every order, nothing of it, and
# too little to be compressed

my %own = (
    whole => '<!doctype html><p>' . 'Closed for the holidays. ' x 100,
    none  => '{{order.number}}' . ' is on its way' x 100,
    tiny  => '<b>{{order.number}}</b>',
    text  => 'x' x 40000 . '{{order.number}}' . 'y' x 100,
);

for my $name (sort keys %own) {
    spew("$dir/$name.json", "{ \"name\": \"$name\" }");
    spew("$dir/templates/$name/order.mustache", $own{$name});
}

$t->start;
seed($t, order('1001'), order('1002', locale => 'de'), order('1003'));


# By a program that is not the harness's, and to the last byte.

sub unpacked {
    my ($bytes) = @_;
    my $file = $t->dir . '/page.gz';

    spew($file, $bytes);

    my ($status, $out, $err) = run({ timeout => 10 }, 'gzip', '-dc', $file);

    return $status == 0 && $err eq '' ? $out : "gzip: $status: $err";
}


# As a browser does: piece by piece, as they come in.

sub streamed {
    my ($bytes) = @_;
    my ($z) = Compress::Raw::Zlib::Inflate->new(
        -WindowBits => Compress::Raw::Zlib::WANT_GZIP());
    my ($text, $status) = ('', 0);

    for my $piece ($bytes =~ /(.{1,100})/gs) {
        return 'there is more behind its end'
            if $status == Compress::Raw::Zlib::Z_STREAM_END();

        $status = $z->inflate(my $part = $piece, my $out);
        $text .= $out // '';
    }

    return $status == Compress::Raw::Zlib::Z_STREAM_END() ? $text
                                                          : "zlib: $status";
}


for my $case ([ '/track/1001' ],
              [ '/track/1001', 'Accept-Language' => 'ar' ],
              [ '/track/1001?lang=ja' ],
              [ '/track/1002' ],
              [ '/track/1002', 'Accept-Language' => 'fr' ],
              [ '/track/1001.json' ],
              [ '/track/1001.txt' ],
              [ '/whole/1001' ],
              [ '/none/1001' ],
              [ '/text/1001' ])
{
    my ($path, @headers) = @$case;
    my $what = join ' ', @$case;

    for my $turn ('made', 'kept') {
        my $plain = $t->get($path, @headers);
        my $r = $t->get($path, @headers, 'Accept-Encoding' => 'gzip');

        is($plain->status . $r->status, '200200', "$what, $turn: there");
        is($r->header('content-encoding'), 'gzip',
           "$what, $turn: compressed");
        is(unpacked($r->body), $plain->body, "$what, $turn: by gzip");
        is(streamed($r->body), $plain->body, "$what, $turn: by zlib");
        is($r->header('content-length'), length $r->body,
           "$what, $turn: its length");
        cmp_ok(length $r->body, "<", length $plain->body,
               "$what, $turn: shorter");
        is($t->request('HEAD', $path, headers => { @headers,
               'Accept-Encoding' => 'gzip' })->header('content-length'),
           length $r->body, "$what, $turn: HEAD tells the same length");
    }
}

like($t->get('/track/1002')->body, qr/^<!doctype html>\s*<html lang="de"/,
     'in the language of the order, from its beginning on');
like($t->get('/track/1002', 'Accept-Language' => 'fr')->body,
     qr/<html lang="de"/, '... again when it is kept');

my $tiny = $t->get('/tiny/1003', 'Accept-Encoding' => 'gzip');

is($tiny->header('content-encoding'), undef, 'what is short is left as it is');
is($tiny->body, '<b>1003</b>', '... as it is');

is($t->get('/none/1003')->body, '1003' . ' is on its way' x 100,
   'a page without a beginning of its own');
is($t->get('/whole/1003')->body, $own{whole}, 'a page that is nothing else');

done_testing;
