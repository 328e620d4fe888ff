#!/usr/bin/perl

# The page cache: what was asked for once is answered without Redis, in each
# of its forms, until it changes.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1, workers => 2, locations => <<'EOT');
        location /track/ { wismo_track; }
        location /other/ { wismo_track; }
        location = /wismo/ready { wismo_health ready; }
EOT

ok wait_until(sub { $t->get('/wismo/ready')->body =~ /\[\]/ }, 20),
    'the fetcher is heard';
seed($t, map { order($_) } 1001 .. 1003);

my ($cookie) = $t->get($t->link('1001'))->header('set-cookie') =~ /^([^;]+)/;


# How often Redis was asked for a document meanwhile.

sub asked {
    my ($code) = @_;
    my $count = sub {
        $t->redis->call('INFO', 'commandstats')
            =~ /cmdstat_getrange:calls=(\d+)/ ? $1 : 0;
    };
    my $before = $count->();

    $code->();

    return $count->() - $before;
}


my @gzip = ('Accept-Encoding' => 'gzip, deflate, br');
my %form = (
    'page'                => [ '/track/1001' ],
    'page, gzip'          => [ '/track/1001', @gzip ],
    'full page'           => [ '/track/1001', Cookie => $cookie ],
    'full page, gzip'     => [ '/track/1001', Cookie => $cookie, @gzip ],
    'JSON'                => [ '/track/1001.json' ],
    'JSON, gzip'          => [ '/track/1001.json', @gzip ],
    'full JSON'           => [ '/track/1001.json', Cookie => $cookie ],
    'full JSON, gzip'     => [ '/track/1001.json', Cookie => $cookie, @gzip ],
    'elsewhere'           => [ '/other/1001' ],
);

my %first;

ok kept($t, sub { $t->get('/track/1003') }), 'what is asked for is kept';

cmp_ok asked(sub {
    for my $name (sort keys %form) {
        my ($path, @headers) = @{ $form{$name} };
        my $r = $first{$name} = $t->get($path, @headers);

        is $r->status, 200, $name;
        is $r->header('vary'), 'Accept, Accept-Encoding, Accept-Language, Cookie',
            "$name: varies";
        is $r->header('content-encoding'), $name =~ /gzip/ ? 'gzip' : undef,
            "$name: its encoding";
        is $r->header('accept-ranges'), undef, "$name: no ranges";
        like $r->text, $name =~ /JSON/ ? qr/^\{.*\}$/s
                                       : qr{^<!doctype.*</html>\s*$}s,
            "$name: whole";
        is scalar(() = $r->text =~ /Lamp-1001/), $name =~ /full/ ? 1 : 0,
            "$name: what it may show";
    }
}), '<=', 1, 'one question for all forms of an order';

is asked(sub {
    for my $name (sort keys %form) {
        my ($path, @headers) = @{ $form{$name} };
        my $one = $first{$name};

        for my $i (1 .. 4) {
            my $r = $t->get($path, @headers);

            is $r->status, 200, "$name: again";
            is $r->body, $one->body, "$name: the same";
            is $r->header('etag'), $one->header('etag'),
                "$name: the same ETag";
            is $r->header('content-security-policy'),
                $one->header('content-security-policy'),
                "$name: the same policy";
            is $r->header('age'), undef, "$name: no age";
        }

        my $head = $t->request('HEAD', $path, headers => { @headers });

        is $head->status, 200, "$name: HEAD";
        is $head->header('content-length'), length $one->body,
            "$name: HEAD: the length";
        is $head->body, '', "$name: HEAD: no body";

        my $r = $t->get($path, @headers,
                        'If-None-Match' => $one->header('etag'));

        is $r->status, 304, "$name: 304";
        is $r->body, '', "$name: 304: no body";

        $r = $t->get($path, @headers, 'If-None-Match' => '"other"');

        is $r->status, 200, "$name: another ETag";
        is $r->body, $one->body, "$name: another ETag: the body";

        $r = $t->get($path, @headers, Range => 'bytes=0-9');

        is $r->status, 200, "$name: no ranges";
        is $r->body, $one->body, "$name: no ranges: all of it";
    }
}), 0, 'none for what is there';

is_deeply [ sort map { $first{$_}->header('etag') } grep { !/else/ } keys %form ],
    [ sort keys %{ { map { $first{$_}->header('etag') => 1 }
                     grep { !/else/ } keys %form } } ],
    'an ETag for each';
like $first{elsewhere}->body, qr{/other/}, 'each location has its own links';
unlike $first{page}->body, qr{/other/}, 'and no other\'s';


# A change is seen at once, and only by those who ask for what changed.

$t->get("/track/$_") for 1002, 1003;
seed($t, order('1002', items => [
    { id => 'lamp', name => 'A green lamp', quantity => 1 } ]));

ok wait_until(sub {
    my ($cookie) = $t->get($t->link('1002'))->header('set-cookie')
        =~ /^([^;]+)/;
    $t->get('/track/1002', Cookie => $cookie)->body =~ /A green lamp/
}, 3), 'a change is seen';
is asked(sub { $t->get('/track/1003') for 1 .. 4 }), 0,
    'the others are where they were';

$t->redis->call('DEL', key('1002'));
ok wait_until(sub { $t->get('/track/1002')->status == 404 }, 2),
    'one that is gone is gone';

$t->redis->call('FLUSHALL');
ok wait_until(sub { $t->get('/track/1003')->status == 404 }, 2),
    'FLUSHALL: all are';
is $t->get('/track/1001', Cookie => $cookie)->status, 404, 'and stay so';

done_testing;
