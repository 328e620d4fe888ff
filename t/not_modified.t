#!/usr/bin/perl

# ETags: what a client has already is not sent again, and whatever changes a
# response changes its ETag.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1, http => <<'EOT');
    gzip on;
    gzip_types application/json;
EOT

seed($t, order('1001'));

my ($cookie) = $t->get($t->link('1001'))->header('set-cookie') =~ /^([^;]+)/;

my %form = (
    'page'         => [ '/track/1001' ],
    'full page'    => [ '/track/1001', Cookie => $cookie ],
    'JSON'         => [ '/track/1001.json' ],
    'full JSON'    => [ '/track/1001.json', Cookie => $cookie ],
    'API'          => [ '/wismo/api/v1/orders/1001', Authorization =>
                        'Bearer ' . Wismo::Test::API_KEY ],
);

my %etag;

for my $name (sort keys %form) {
    my ($path, @headers) = @{ $form{$name} };
    my $r = $t->get($path, @headers);
    my $etag = $r->header('etag');

    like($etag, qr/^"[\w-]+"$/, "$name: a strong ETag");
    push @{ $etag{$etag} }, $name;

    my $same = sub {
        my ($value, $what, $want, @more) = @_;

        my $r = $t->get($path, @headers, 'If-None-Match' => $value, @more);

        is($r->status, 304, "$name: $what");
        is($r->body, '', "$name: $what: no body");
        is($r->header('etag'), $want // $etag, "$name: $what: the ETag again");
        is($r->header('cache-control'), 'private, no-cache',
           "$name: $what: private");
        ok(!defined $r->header('content-length')
           && !defined $r->header('content-type'), "$name: $what: no entity");
    };

    $same->($etag, 'same');
    $same->("W/$etag", 'weak');
    $same->("\"a\", W/\"b\" ,$etag", 'one of several');
    $same->('*', 'any');

    for my $other ('"x"', substr($etag, 0, -2) . '"', $etag . 'x', 'W/',
                   substr($etag, 1), '', ',,,', '"', "x$etag")
    {
        is($t->get($path, @headers, 'If-None-Match' => $other)->status, 200,
           "$name: other: $other");
    }

    is($t->get($path, @headers, 'If-Match' => '"x"')->status, 412,
       "$name: If-Match fails");

    # what is kept compressed has an ETag of its own; nginx's gzip weakens
    # what it sends

    my @accept = ('Accept-Encoding' => 'gzip');
    my $gzip = $t->get($path, @headers, @accept);
    my $tag = $gzip->header('etag');

    is($gzip->header('content-encoding'), 'gzip', "$name: gzip");
    is($gzip->text, $r->body, "$name: gzip: the same");

    if ($name eq 'API') {
        is($tag, "W/$etag", "$name: gzip: weak");
        $same->($tag, 'gzip');
        next;
    }

    like($tag, qr/^"[\w-]+"$/, "$name: gzip: strong");
    isnt($tag, $etag, "$name: gzip: of its own");
    $same->($tag, 'gzip', $tag, @accept);
    is($t->get($path, @headers, 'If-None-Match' => $tag)->status, 200,
       "$name: gzip: not what others get");
}

is_deeply([ map { join ' ', sort @$_ } sort { "@$a" cmp "@$b" } values %etag ],
          [ 'API', 'JSON', 'full JSON', 'full page', 'page' ],
          'each form has an ETag of its own');


# A change is seen

my %before = map {
    my ($path, @headers) = @{ $form{$_} };
    $_ => $t->get($path, @headers)->header('etag');
} keys %form;

seed($t, order('1001', items => [
    { id => 'lamp', name => 'A green lamp', quantity => 1 } ]));

for my $name (sort keys %form) {
    my ($path, @headers) = @{ $form{$name} };

    is($t->get($path, @headers, 'If-None-Match' => $before{$name})->status,
       200, "$name: changed");
}

done_testing;
