#!/usr/bin/perl

# JSON is given away as it is stored, so a document in which bytes have changed
# gives none: no bit of a view may be another one than was written, for shoppers
# as for the API; and what polls change in place is no such change.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1, patient => 1,
                         http => 'wismo_order_only full;');
my $redis = $t->redis;
my $key = key('1001');

seed($t, order('1001'));

my $document = document($t, '1001');
my ($head, $minimal, $full) = parts($document);
my $was = $t->get('/track/1001.json');

is $was->status, 200, 'JSON';
is $was->body, $full, 'as it is stored';

# Nobody has the order in the page cache: it would be shown stale.

sub stored {
    my ($bytes) = @_;

    $redis->call('FLUSHDB');
    $redis->call('SET', $key, $bytes);
}

srand 7;

my (%seen, @wrong);

for (1 .. 300) {
    my $bytes = $document;
    my $at = length($head) + length($minimal) + int rand length $full;

    vec($bytes, 8 * $at + int rand 8, 1) ^= 1;
    stored($bytes);

    for my $r ($t->get('/track/1001.json'), $t->api('GET', '/orders/1001')) {
        $seen{$r->status}++;

        push @wrong, "$at: " . $r->body if $r->status == 200;
    }
}

# a flip in a time that polls patch is put right again

is_deeply [ grep { !/"checked_at":/ } @wrong ], [], 'none is given away';
is_deeply [ grep { substr($_, index($_, '{')) ne $full } @wrong ], [],
    'unless it is right after all';
cmp_ok $seen{503} // 0, '>', 500, 'but 503';

my $r = do {
    my $bytes = $document;

    substr $bytes, index($bytes, 'Lamp-1001'), 4, 'Camp';
    stored($bytes);
    $t->get('/track/1001.json');
};

is $r->status, 503, 'one letter: 503';
is $r->header('content-type'), 'application/problem+json', 'a problem';
is $t->get('/track/1001')->status, 200, 'the page, which reads what it shows';
is $t->get('/track/1001.json')->status, 503, 'from the page cache, too';


# What a poll without news does

my $checked = '"2026-11-29T11:12:13Z"';

stored($document);
$redis->call('SETRANGE', $key, 153, $checked);
$r = $t->get('/track/1001.json');
is $r->status, 200, 'other times in place';
like $r->body, qr/^\{"checked_at":\Q$checked\E,/, 'are told';
is $r->body =~ s/\Q$checked\E/null                  /gr, $full,
    'and the rest is as it was';


# Documents of before have no sums: they are read.

my $older = substr $document, 0, -16;

substr $older, 51, 4, '0002';
stored($older);
$r = $t->get('/track/1001.json');
is $r->status, 200, 'an older document';
is $r->body, $full, 'as it is';

for my $what ([ '"Lamp-1001"', "\"Lamp-\x01001\"" ], [ ':false', ':fulse' ],
              [ '"items":[{', '"items":{{' ], [ 'Lamp', "La\xff\xfe" ])
{
    my $bytes = $older;
    my ($from, $to) = @$what;
    my $at = index $bytes, $from, length($head) + length $minimal;

    substr $bytes, $at, length $from, substr $to, 0, length $from;
    stored($bytes);
    is $t->get('/track/1001.json')->status, 503, "with $to: 503";
}

done_testing;
