#!/usr/bin/perl

# "wismo carrier parse" with what nobody should send: whatever the bytes, the
# program ends by itself, at once, with status 0 and one JSON document that
# has an outcome.  t/unit/test_fetch_hostile.c goes through far more of it
# inside one process; here the program is what it is for its user.

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

my %known = map { $_ => 1 } qw(ok not_found retry throttled auth refuse);
my %seen;

sub slurp {
    my ($path) = @_;

    open my $fh, '<:raw', $path or die "$path: $!\n";
    local $/;

    return scalar <$fh>;
}

# What is wrong with the answer, or nothing.

sub wrong {
    my ($carrier, $body, @args) = @_;

    open my $fh, '>:raw', "$dir/in" or die "$dir/in: $!\n";
    print $fh $body;
    close $fh or die "$dir/in: $!\n";

    my $text = do {
        my $pid = open my $out, '-|';
        defined $pid or die "fork: $!\n";

        if ($pid == 0) {
            open STDERR, '>', "$dir/err";
            exec 'timeout', 20, $program, '--share', 'ngx_wismo_module',
                'carrier', 'parse', @args, $carrier, "$dir/in";
            exit 127;
        }

        local $/;
        my $all = <$out>;
        close $out;
        $all;
    };

    if ($?) {
        return "status $?: " . slurp("$dir/err");
    }

    my $said = eval { decode_json($text) };

    if (!$said) {
        return "no JSON: $text";
    }

    if (!$known{$said->{outcome} || ''}) {
        return "no outcome: $text";
    }

    if (-s "$dir/err") {
        return 'on stderr: ' . slurp("$dir/err");
    }

    $seen{$said->{outcome}}++;

    return;
}

sub all_right {
    my ($what, @cases) = @_;
    my @bad;

    for my $case (@cases) {
        my ($name, @call) = @$case;
        my $why = wrong(@call);

        push @bad, "$name: $why" if defined $why;
    }

    ok(@cases > 0 && @bad == 0, "$what (" . @cases . ')')
        or diag(join "\n", @bad > 5 ? @bad[0 .. 4] : @bad);
}

# Cut anywhere.

for my $sample (qw(ups/delivered_neighbour ups/pieces fedex/batch
                   fedex/delivered easypost/delivered))
{
    my ($carrier) = $sample =~ m{^(\w+)/};
    my $body = slurp("t/data/$sample.in");
    my @cases;

    for (my $len = 0; $len < length $body; $len += 37) {
        push @cases, [ "cut at $len", $carrier, substr($body, 0, $len) ];
    }

    all_right("$sample, cut", @cases);
}

# Every value of one reply becomes something else.

my @others = (
    [ 'null', undef ], [ 'true', JSON::PP::true ], [ 'a number', -1 ],
    [ 'a text', "a\0b\x{202e}" ], [ 'a list', [ [ ] ] ],
    [ 'an object', { '' => { } } ] );

sub places {
    my ($node) = @_;
    my @places;

    if (ref $node eq 'HASH') {
        for my $key (sort keys %$node) {
            push @places, \$node->{$key}, places($node->{$key});
        }

    } elsif (ref $node eq 'ARRAY') {
        for my $i (0 .. $#$node) {
            push @places, \$node->[$i], places($node->[$i]);
        }
    }

    return @places;
}

my $json = JSON::PP->new->canonical->utf8;

for my $sample (qw(ups/access_point fedex/left_at_door easypost/in_transit)) {
    my ($carrier) = $sample =~ m{^(\w+)/};
    my $root = decode_json(slurp("t/data/$sample.in"));
    my ($i, @cases);

    for my $place (places($root)) {
        my ($what, $other) = @{$others[$i++ % @others]};
        my $old = $$place;

        $$place = $other;
        push @cases, [ "place $i is $what", $carrier, $json->encode($root) ];
        $$place = $old;
    }

    all_right("$sample, of other types", @cases);
}

# Sizes, depths and bytes.

for my $carrier (qw(ups fedex easypost)) {
    my $body = slurp((glob "t/data/$carrier/*.in")[0]);

    all_right("$carrier, swollen and broken",
        [ 'empty', $carrier, '' ],
        [ 'lists in lists', $carrier, '[' x 1_000_000 ],
        [ 'objects in objects', $carrier, '{"a":' x 200_000 ],
        [ 'well nested', $carrier, ('[' x 2000) . (']' x 2000) ],
        [ 'a long text', $carrier, '{"a":"' . 'x' x 1_000_000 . '"}' ],
        [ 'many members', $carrier,
          '{' . join(',', map { qq{"k$_":$_} } 1 .. 50_000) . '}' ],
        [ 'NUL', $carrier, "\0" x 1000 ],
        [ 'NUL inside', $carrier, $body =~ s/"/"\0/r ],
        [ 'NUL escaped', $carrier, $body =~ s/: "/: "\\u0000/gr ],
        [ 'no UTF-8', $carrier, $body =~ s/: "/: "\xff\xc0\xaf/gr ],
        [ 'half a pair', $carrier, $body =~ s/: "/: "\\ud800/gr ],
        [ 'UTF-16', $carrier, "\xff\xfe{\0}\0" ],
        [ 'BOM', $carrier, "\xef\xbb\xbf$body" ],
        [ 'XML', $carrier, '<?xml version="1.0"?><a/>' ],
        [ 'HTML', $carrier, '<!DOCTYPE html><html></html>' ],
        [ 'a huge number', $carrier, '{"a":' . '9' x 10_000 . '}' ],
        [ 'gzip', $carrier, "\x1f\x8b\x08\0\0\0\0\0" ],
        [ 'a text only', $carrier, '"ok"' ],
        [ 'null', $carrier, 'null' ],
        [ 'twice', $carrier, $body . $body ],
        map { [ "status $_", $carrier, $body, '--status', $_ ] }
            100, 204, 301, 304, 400, 401, 403, 404, 408, 409, 410, 418, 429,
            500, 502, 503, 504, 599);
}

# Numbers and headers are the caller's, and no less wild.

all_right('numbers and headers',
    map { [ "$_", 'ups', slurp('t/data/ups/transit.in'), @$_ ] }
        [ '--number', '' ], [ '--number', "\xff\xfe" ],
        [ '--number', 'x' x 5000 ], [ map { ('--number', $_) } 1 .. 100 ],
        [ '--header', 'Retry-After: -1' ],
        [ '--header', 'Retry-After: 99999999999999999999' ],
        [ '--header', 'Retry-After: Mon, 99 Foo 2026 99:99:99 GMT' ],
        [ '--header', 'Retry-After:' ], [ '--now', '0' ],
        [ '--now', '-62167219200' ], [ '--now', '253402300799' ]);

ok($seen{$_}, "the outcome \"$_\" was seen")
    for qw(ok retry throttled auth refuse);

done_testing;
