#!/usr/bin/perl

# Lane: plain
#
# "wismo carrier detect": one line of JSON per number, from arguments or from
# the standard input, whatever the bytes.  The formats themselves are the
# business of t/unit/test_number.c.

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

sub run {
    my ($input, @args) = @_;

    open my $in, '>:raw', "$dir/in" or die "$dir/in: $!\n";
    print $in $input;
    close $in or die "$dir/in: $!\n";

    my $pid = fork;
    defined $pid or die "fork: $!\n";

    if ($pid == 0) {
        open STDIN, '<', "$dir/in" or die;
        open STDOUT, '>', "$dir/out" or die;
        open STDERR, '>', "$dir/err" or die;
        exec 'timeout', 30, $program, 'carrier', 'detect', @args;
        exit 127;
    }

    waitpid $pid, 0;
    my $status = $? >> 8;

    my ($out, $err) = map {
        open my $fh, '<:raw', "$dir/$_" or die "$dir/$_: $!\n";
        local $/;
        scalar(<$fh>) // '';
    } qw(out err);

    return ($status, $out, $err);
}

sub detect {
    my ($input, @args) = @_;

    my ($status, $out, $err) = run($input, @args);

    is($status, 0, "@args: exit status") or diag($err);
    is($err, '', "@args: nothing is wrong");

    return map { decode_json($_) } split /\n/, $out;
}

my $ups = { number => '1Z0WM0000300000011',
            candidates => [ { carrier => 'ups', format => '1z' } ] };


# What is printed, to the letter

my ($status, $out, $err) = run('', '1z 0WM-000.0300000011', '1');

is($status, 0, 'exit status');
is($out, '{"number":"1Z0WM0000300000011","candidates":'
         . "[{\"carrier\":\"ups\",\"format\":\"1z\"}]}\n"
         . "{\"number\":\"1\",\"candidates\":[]}\n", 'one line per number');
is($err, '', 'and nothing else');

is_deeply([ detect('', '1Z0WM0000300000012') ],
          [ { number => '1Z0WM0000300000012', candidates => [] } ],
          'a wrong check digit');

# One number may be several carriers'.

my ($both) = detect('', '212188882642');

is_deeply([ map { $_->{carrier} } @{ $both->{candidates} } ],
          [qw(fedex purolator)], 'two carriers');


# The standard input

is_deeply([ detect("1Z0WM0000300000011\n", '-') ], [ $ups ], 'a line');
is_deeply([ detect("1z 0wm0000300000011\r\n\n\r\n1Z0WM0000300000011", '-') ],
          [ $ups, $ups ], 'line ends of any kind, and none at the end');
is_deeply([ detect('', '-') ], [], 'nothing');
is_deeply([ map { $_->{number} } detect("2\n", '1', '-', '3') ], [ 1 .. 3 ],
          'between arguments');

my @many = detect("1Z0WM0000300000011\n" x 20_000, '-');

is(scalar @many, 20_000, 'many numbers');
is_deeply($many[-1], $ups, 'the last one of many');


# Bytes of any kind are told as they are, and fit nothing.

for my $case ([ "1Z0WM0000300000011\0\n", 'NUL' ],
              [ "\xff\xfe\x80\n", 'no UTF-8' ],
              [ "\xe2\x80\xaeABC\n", 'the direction turned' ],
              [ "\"},\\u0000{\n", 'JSON' ],
              [ "</script>\n", 'markup' ],
              [ ('9' x 49) . "\xc3\xa4\n", 'a character cut in two' ],
              [ ('9' x 10_000_000) . "\n", 'a long line' ],
              [ (' ' x 10_000_000) . "1\n", 'blanks' ],
              [ '1Z0WM0000300000011' . ('9' x 40) . "\n", 'a long number' ])
{
    my ($input, $what) = @$case;
    my ($status, $out) = run($input . "1Z0WM0000300000011\n", '-');
    my @lines = split /\n/, $out;

    is($status, 0, "$what: exit status");
    is(scalar @lines, 2, "$what: two lines");

    my ($first, $second) = map { eval { decode_json($_) } } @lines;

    ok($first && @{ $first->{candidates} } == 0
       && length $first->{number} <= 50, "$what: no candidates")
        or diag($lines[0]);
    is_deeply($second, $ups, "$what: the next one is told");
}

my ($long) = detect('', '9' x 60);
is($long->{number}, '9' x 50, 'no more than 50 characters');

($long) = detect('', '');
is_deeply($long, { number => '', candidates => [] }, 'an empty one');


# Arguments

($status, $out, $err) = run('');
is($status, 2, 'no number: exit status');
is($out, '', 'no number: nothing is printed');
like($err, qr/^Usage: wismo carrier detect/, 'no number: usage');

($status, $out, $err) = run('', '--help');
is($status, 0, 'help: exit status');
like($out, qr/^Usage: wismo carrier detect/, 'help');

is((run('', '--wrong', '1'))[0], 2, 'an unknown option');
is_deeply([ map { $_->{number} } detect('', '--', '-1-2') ], [ '12' ],
          'a number that begins with a dash');

system "timeout 10 $program carrier detect 1 2>$dir/err >/dev/full";
is($? >> 8, 1, 'a full disk: exit status');

done_testing;
