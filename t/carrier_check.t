#!/usr/bin/perl

# "wismo carrier check": every fault of an adapter's file is told, with its
# place, and a good file passes.  The faulty ones are made from a small good
# one, a fault at a time.

use strict;
use warnings;

use File::Temp;
use FindBin;
use JSON::PP;
use Test::More;

chdir "$FindBin::Bin/.." or die "chdir: $!\n";

my $build = $ENV{WISMO_BUILD} || 'build';
my $program = $ENV{WISMO_PROGRAM} || "$build/wismo";
my $dir = File::Temp->newdir;

$ENV{UBSAN_OPTIONS} = 'print_stacktrace=1:halt_on_error=1';

sub check {
    my (@args) = @_;

    my $pid = open my $fh, '-|';
    defined $pid or die "fork: $!\n";

    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT;
        exec 'timeout', 10, $program, 'carrier', 'check', @args;
        exit 127;
    }

    local $/;
    my $text = <$fh>;
    close $fh;

    return ($? >> 8, $text);
}

sub put {
    my ($text) = @_;

    open my $fh, '>:raw', "$dir/a.json" or die "$dir/a.json: $!\n";
    print $fh $text;
    close $fh or die "$dir/a.json: $!\n";

    return "$dir/a.json";
}

for my $path (sort glob 'ngx_wismo_module/carriers/*.json') {
    my ($status, $text) = check($path);

    is($status, 0, "$path is good") or diag($text);
    is($text, "$path: ok\n", "$path: and nothing else is said");
}

sub good {
    return {
        adapter => 'post', title => 'Post', base_url => 'https://post.example',
        auth => { kind => 'header', name => 'X-Key', value => '{secret.key}' },
        ask => { method => 'GET', url => '{base}/t/{number}' },
        limits => [ { n => 5, per => 'second' } ],
        outcomes => [ { http => [ 404 ], is => 'not_found' } ],
        items => '/parcels/*', number => 'id',
        status => { policy => 'field', at => 'state',
                    keys => { code => 'code' } },
        events => {
            at => 'events/*', keys => { type => 'type', code => 'code' },
            code => [ 'type', 'code' ],
            time => [ { parts => [ 'at' ], form => 'iso', zone => 'text' } ] },
        codes => {
            keys => [ 'type', 'code' ],
            tables => [
                { by => [ 'type', 'code' ],
                  rows => { 'A/1' => 'in_transit.moving', 'B/*' => 'keep' } },
                { by => [ 'type' ], rows => { A => 'in_transit' } } ] },
        transforms => [ { at => 'back', equals => 'true',
                          map => { delivered => 'returned' } } ],
        delivered_to => { at => 'who', texts => { Porch => 'safe_place' } },
        edd => [ { date => { parts => [ 'eta' ], form => 'ymd' } } ],
        weight => { value => 'w', unit_is => 'kg' },
        push => { verify => { kind => 'none' }, items => '/' },
    };
}

{
    my ($status, $text) = check(put(encode_json(good())));
    is($status, 0, 'the small adapter is good') or diag($text);
}

my @faults = (
    [ '/colour', 'unknown key', sub { $_[0]{colour} = 'red' } ],
    [ '/events/colour', 'unknown key', sub { $_[0]{events}{colour} = 1 } ],
    [ '/events/time/0/colour', 'unknown key',
      sub { $_[0]{events}{time}[0]{colour} = 1 } ],
    [ '/ask/colour', 'unknown key', sub { $_[0]{ask}{colour} = 1 } ],
    [ '/push/colour', 'unknown key', sub { $_[0]{push}{colour} = 1 } ],
    [ '/outcomes/0/colour', 'unknown key',
      sub { $_[0]{outcomes}[0]{colour} = 1 } ],
    [ '/codes/tables/0/rows/A~11', 'there is no status "lost"',
      sub { $_[0]{codes}{tables}[0]{rows}{'A/1'} = 'lost' } ],
    [ '/codes/tables/0/rows/A~11', 'there is no status "in_transit.flying"',
      sub { $_[0]{codes}{tables}[0]{rows}{'A/1'} = 'in_transit.flying' } ],
    [ '/codes/tables/0/rows/A~11', 'raised by our own clock',
      sub { $_[0]{codes}{tables}[0]{rows}{'A/1'} = 'delayed.stalled' } ],
    [ '/codes/tables/0/rows/A~11', 'nobody a parcel can be delivered to',
      sub { $_[0]{codes}{tables}[0]{rows}{'A/1'} = 'delivered to cat' } ],
    [ '/codes/tables/0/rows/A', 'fewer than 2 parts',
      sub { $_[0]{codes}{tables}[0]{rows}{A} = 'in_transit' } ],
    [ '/codes/tables/2/rows/A', 'never reached',
      sub { push @{$_[0]{codes}{tables}},
                { by => [ 'type' ], rows => { A => 'delivered' } } } ],
    [ '/codes/tables/2/rows/B~12', 'never reached',
      sub { push @{$_[0]{codes}{tables}},
                { by => [ 'type', 'code' ],
                  rows => { 'B/2' => 'delivered' } } } ],
    [ '/codes/tables/2/rows/7', 'stands twice',
      sub { push @{$_[0]{codes}{tables}},
                { by => [ 'code' ], compare => 'int',
                  rows => { 7 => 'delivered', '007' => 'in_transit' } } } ],
    [ '/codes/tables/2/rows/', 'stands twice',
      sub { push @{$_[0]{codes}{tables}},
                { by => [ 'code' ], compare => 'prefix',
                  rows => { Out => 'delivered', OUT => 'in_transit' } } } ],
    [ '/codes/tables/1/by', 'is not among "keys"',
      sub { $_[0]{codes}{tables}[1]{by} = [ 'colour' ] } ],
    [ '/codes/tables/1/fallback', 'is not among "keys"',
      sub { $_[0]{codes}{tables}[1]{fallback} = 'colour' } ],
    [ '/codes/tables/1/compare', 'is none of word, exact, int, prefix',
      sub { $_[0]{codes}{tables}[1]{compare} = 'regex' } ],
    [ '/codes', 'code tables are missing', sub { delete $_[0]{codes} } ],
    [ '/events/keys/colour', 'not among the "keys"',
      sub { $_[0]{events}{keys}{colour} = 'x' } ],
    [ '/events/at', 'a path is expected', sub { $_[0]{events}{at} = 7 } ],
    [ '/events/at', 'a name is missing',
      sub { $_[0]{events}{at} = 'a//b' } ],
    [ '/events/at', 'a name is missing at its end',
      sub { $_[0]{events}{at} = 'a/' } ],
    [ '/events/at', 'a filter is expected',
      sub { $_[0]{events}{at} = 'a[b]' } ],
    [ '/events/at', 'an alternative of the path is empty',
      sub { $_[0]{events}{at} = 'a||b' } ],
    [ '/events/time', 'sources of the events', sub {
        delete $_[0]{events}{time} } ],
    [ '/events/time/0/form', 'is none of iso',
      sub { $_[0]{events}{time}[0]{form} = 'stardate' } ],
    [ '/events/time/0/zone', 'the name of a zone',
      sub { $_[0]{events}{time}[0]{zone} = 'Europe/Atlantis' } ],
    [ '/outcomes/0/is', 'is none of ok, not_found',
      sub { $_[0]{outcomes}[0]{is} = 'maybe' } ],
    [ '/outcomes/0/http', 'a status is expected',
      sub { $_[0]{outcomes}[0]{http} = 'never' } ],
    [ '/outcomes/0/at', 'does not say what',
      sub { $_[0]{outcomes}[0]{equals} = 'x' } ],
    [ '/outcomes/1', 'never reached',
      sub { unshift @{$_[0]{outcomes}}, { is => 'retry' } } ],
    [ '/items', 'the path of the parcels', sub { delete $_[0]{items} } ],
    [ '/adapter', 'a name of a-z', sub { $_[0]{adapter} = 'My Post' } ],
    [ '/title', 'a text is expected', sub { delete $_[0]{title} } ],
    [ '/base_url', 'https://', sub { $_[0]{base_url} = 'http://x' } ],
    [ '/ask/url', 'begins with', sub { $_[0]{ask}{url} = 'ftp://x' } ],
    [ '/ask/url', 'there is no slot {colour}',
      sub { $_[0]{ask}{url} = '{base}/{colour}' } ],
    [ '/ask/method', 'is none of GET',
      sub { $_[0]{ask}{method} = 'TRACE' } ],
    [ '/ask/batch/size', 'from 1 to',
      sub { $_[0]{ask}{batch} = { size => 0 } } ],
    [ '/auth/kind', 'is none of none, header',
      sub { $_[0]{auth}{kind} = 'magic' } ],
    [ '/auth/token_at', 'path of the token',
      sub { $_[0]{auth} = { kind => 'token',
                            request => { url => '{base}/token' } } } ],
    [ '/limits/0/per', 'is none of second',
      sub { $_[0]{limits}[0]{per} = 'moon' } ],
    [ '/limits/0/n', 'from 1 to', sub { $_[0]{limits}[0]{n} = 0 } ],
    [ '/status/at', 'the carrier\'s own status',
      sub { delete $_[0]{status}{at} } ],
    [ '/transforms/0/map/lost', 'there is no status',
      sub { $_[0]{transforms}[0]{map}{lost} = 'returned' } ],
    [ '/delivered_to/texts/Porch', 'nobody a parcel can be delivered to',
      sub { $_[0]{delivered_to}{texts}{Porch} = 'cat' } ],
    [ '/edd/0', '"from", "to" or "date"', sub { $_[0]{edd}[0] = {} } ],
    [ '/weight/unit_is', 'is none of g, kg',
      sub { $_[0]{weight}{unit_is} = 'stone' } ],
    [ '/push/verify', 'an object is expected',
      sub { delete $_[0]{push}{verify} } ],
    [ '/push/verify/kind', '', sub { $_[0]{push}{verify}{kind} = 'magic' } ],
    [ '', 'neither "ask" nor "push"',
      sub { delete @{$_[0]}{qw(ask push)} } ],
);

for my $fault (@faults) {
    my ($at, $says, $break) = @$fault;
    my $adapter = good();

    $break->($adapter);

    my $path = put(JSON::PP->new->canonical->encode($adapter));
    my ($status, $text) = check($path);

    is($status, 1, "$at $says: exit status 1") or diag($text);
    my $place = $at eq '' ? '' : qr/\Q$at\E[^\n]*:/;

    like($text, qr/^\Q$path\E:$place [^\n]*\Q$says\E/m,
         "$at $says: told with its place");
}

# Several faults are told at once, and machines can read them.

{
    my $adapter = good();

    $adapter->{colour} = 'red';
    $adapter->{items} = 7;
    $adapter->{codes}{tables}[1]{rows}{B} = 'lost';

    my ($status, $text) = check('--json', put(encode_json($adapter)));
    my $said = eval { decode_json($text) } || {};

    is($status, 1, '--json: exit status 1');
    ok(defined $said->{ok} && !$said->{ok}, '--json: not ok');

    my %at = map { $_->{at} => 1 } @{$said->{faults} || []};

    ok($at{$_}, "--json: $_ is told")
        for '/colour', '/items', '/codes/tables/1/rows/B';

    ($status, $text) = check('--json', put(encode_json(good())));
    $said = eval { decode_json($text) } || {};
    is($status, 0, '--json: a good one');
    ok($said->{ok}, '--json: ok');
}

# Texts that are no adapter.

for my $case ([ '', 'empty' ], [ '[]', 'a list' ], [ '"x"', 'a text' ],
              [ '{"adapter":"a","adapter":"b"}', 'a key that stands twice' ],
              [ "{\"a\":\xff}", 'no UTF-8' ], [ '{', 'cut' ],
              [ '[' x 100000, 'nested' ], [ 'x' x 1100000, 'too large' ])
{
    my ($text, $what) = @$case;
    my ($status, $said) = check(put($text));

    is($status, 1, "$what: exit status 1") or diag($said);
    like($said, qr/^\Q$dir\E/, "$what: the file is named");
}

my ($status, $text) = check("$dir/none.json");

is($status, 1, 'no such file: exit status 1');
like($text, qr/none\.json.*No such file/, 'no such file: says so');

is((check('--help'))[0], 0, 'help');
is((check())[0], 2, 'nothing to check');
is((check('--wrong', "$dir/a.json"))[0], 2, 'an unknown option');

done_testing;
