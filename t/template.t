#!/usr/bin/perl

# "wismo template": what it prints for good input, and that whatever it is
# given, it ends soon, with a status that tells, a place in a file, and no
# half page.

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp;
use FindBin;
use Test::More;
use Time::HiRes qw(time);

my $root = "$FindBin::Bin/..";
my $build = $ENV{WISMO_BUILD} || "$root/build";
my $program = $ENV{WISMO_PROGRAM} || "$build/wismo";
my $dir = File::Temp->newdir;

$ENV{UBSAN_OPTIONS} = 'print_stacktrace=1:halt_on_error=1';

sub put {
    my ($name, $text) = @_;
    my $path = "$dir/$name";

    make_path(dirname($path));
    open my $fh, '>:raw', $path or die "$path: $!\n";
    print $fh $text;
    close $fh or die "$path: $!\n";

    return $path;
}

sub slurp {
    my ($path) = @_;

    open my $fh, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$fh> // '';
}

# Runs the call; returns status, output and errors.

sub wismo {
    my (@args) = @_;

    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        chdir $dir or die "chdir: $!\n";
        open STDOUT, '>', 'out' or die "out: $!\n";
        open STDERR, '>', 'err' or die "err: $!\n";
        exec 'timeout', '60', $program, 'template', @args;
        die "exec: $!\n";
    }

    waitpid $pid, 0;

    return ($? >> 8 || $? & 127, slurp("$dir/out"), slurp("$dir/err"));
}

sub renders {
    my ($name, $template, $data, $want, @options) = @_;

    put('t', $template);
    put('d', $data);

    my ($status, $out, $err) = wismo('render', @options, 't', 'd');

    subtest $name => sub {
        is($status, 0, 'status');
        is($out, $want, 'output');
        is($err, '', 'no errors');
    };
}

sub refuses {
    my ($name, $template, $data, $want, @options) = @_;

    put('t', $template);
    put('d', $data);

    my $start = time;
    my ($status, $out, $err) = wismo('render', @options, 't', 'd');

    subtest $name => sub {
        is($status, 1, 'status');
        is($out, '', 'no output');
        like($err, qr/\A$want[^\n]*\n\z/, 'one line with the place');
        cmp_ok(time - $start, '<', 30, 'soon');
    };
}

my @raw = ('--allow-raw');
my @partials = ('--partials', 'p');


# What it renders

renders('values are escaped', 'a {{x}} {{y.z}}',
        '{"x":"<\"&\'>","y":{"z":1.50}}',
        'a &lt;&quot;&amp;&#39;&gt; 1.50');
renders('raw, if allowed', '{{{x}}}{{&x}}', '{"x":"<b>"}', '<b><b>', @raw);
renders('sections', "{{#a}}\n- {{.}}\n{{/a}}\n{{^b}}none{{/b}}\n",
        '{"a":[1,"zwei",true]}', "- 1\n- zwei\n- true\nnone\n");
renders('any data', '{{#.}}{{.}},{{/.}}', '[1,2]', '1,2,');
renders('empty template', '', '{}', '');

put('p/line.mustache', "<{{x}}>\n");
put('p/style.css', "a{b:c}\n");
put('p/deep/er.mustache', "{{>line}}");
put('p/both.mustache', 'first');
put('p/both', 'second');
put('secret', 'secret');

renders('partials', "  {{>line}}\n{{>deep/er}}", '{"x":1}', "  <1>\n<1>\n",
        @partials);
renders('a name with its suffix', '<style>{{>style.css}}</style>', '{}',
        "<style>a{b:c}\n</style>", @partials);
renders('NAME.mustache before NAME', '{{>both}}', '{}', 'first', @partials);
renders('a missing partial is nothing', '({{>none}})', '{}', '()', @partials);
renders('no directory, no partials', '({{>line}})', '{}', '()');
renders('options after the files', '{{{x}}}', '{"x":"<"}', '<', @raw);

{
    my ($status, $out) = wismo('render', 't', '--allow-raw', 'd');
    is("$status $out", '0 <', 'options between the files');
}


# What is rendered need not be a page

my @values = ('{{a}}|{{n}}|{{none}}',
              '{"a":"<a & b>; \\"c\\",\\n\\\\ é","n":1}');

renders('text', @values, qq{<a & b>; "c",\n\\ é|1|}, '--escape', 'text');
renders('JSON', @values,
        '"\u003ca & b>; \"c\",\n\\\\ é"|1|null', '--escape', 'json');
renders('a form', @values, '%3Ca%20%26%20b%3E%3B%20%22c%22%2C%0A%5C%20%C3%A9|1|',
        '--escape', 'form');
renders('a calendar', @values, '<a & b>\\; "c"\\,\\n\\\\ é|1|', '--escape', 'ical');

renders('a feed', @values,
        '&lt;a &amp; b&gt;; &quot;c&quot;,' . "\n\\ é|1|", '--escape', 'xml');

{
    my ($status, undef, $err) = wismo('render', 't', 'd', '--escape', 'yaml');
    is($status, 2, 'no such escape: exit status');
    like($err, qr/"html", "text".* not "yaml"/, 'no such escape: told');
}


# What it refuses, and where

refuses('raw, if not allowed', "a\n {{{x}}}", '{}', 't:2:2: raw output');
refuses('raw by &', '{{&x}}', '{}', 't:1:1: raw output');
refuses('an open tag', "a\nbc{{x", '{}', 't:2:3: ');
refuses('an open section', "{{#a}}\n{{#b}}{{/b}}", '{}', 't:1:1: .*"a"');
refuses('a section closed twice', "{{#a}}{{/a}}\n{{/a}}", '{}', 't:2:1: ');
refuses('sections that cross', '{{#a}}{{#b}}{{/a}}{{/b}}', '{}', 't:1:13: ');
refuses('a bad delimiter', '{{=a=}}', '{}', 't:1:1: two delimiters');
refuses('an empty name', '{{ }}', '{}', 't:1:1: ');
refuses('a name with a space', '{{a b}}', '{}', 't:1:1: ');
refuses('what is not Mustache\'s core', '{{<layout}}{{/layout}}', '{}',
        't:1:1: ');

put('p/bad.mustache', "x\n\n  {{#y}}");
refuses('a fault in a partial', '{{>bad}}', '{}', 'p/bad\.mustache:3:3: ',
        @partials);

for my $name ('../secret', '/etc/passwd', 'a/../../secret', '.secret',
              './line', 'a//b', "a\x00b", '*line')
{
    refuses("partial \"$name\"" =~ s/\0/\\0/r, "{{>$name}}", '{}',
            't:1:1: the name of a partial', @partials);
}

refuses('data that is no JSON', 'x', "{\n  \"a\": }", 'd:2:8: ');
refuses('data that ends early', 'x', '{"a":[1,', 'd:1:9: ');
refuses('two values', 'x', "{}\n{}", 'd:2:1: ');
refuses('no data', 'x', '', 'd:1:1: ');


# Hostile input

refuses('a template that is not UTF-8', "ok\n\xff\xfe{{x}}", '{}', 't:2:1: ');
refuses('a name that is not UTF-8', "{{a\xc3}}", '{}', 't:1:4: ');
refuses('an overlong form', "\xc0\xaf", '{}', 't:1:1: ');
refuses('data that is not UTF-8', '{{x}}', "{\"x\":\"a\xff\"}", 'd:1:\d+: ');
refuses('half a surrogate', '{{x}}', '{"x":"\ud800"}', 'd:1:\d+: ');
refuses('data nested deeply', '{{x}}', '[' x 100_000, 'd:1:\d+: ');
refuses('sections nested deeply', '{{#x}}' x 100_000, '{"x":1}',
        't:1:385: more than 64 sections');
refuses('a dotted name with nothing', '{{' . '.' x 10_000 . '}}', '{}',
        't:1:1: ');

put('p/self.mustache', '{{>self}}');
put('p/twice.mustache', '{{#x}}{{>twice}}{{>twice}}{{/x}}');
put('p/wider.mustache', "x\n  {{>wider}}\n");
put('p/bomb0.mustache', '{{x}}');
put("p/bomb$_.mustache", "{{>bomb@{[$_ - 1]}}}" x 10) for 1 .. 20;

refuses('a partial of itself', '{{>self}}', '{}', 't: .*nested', @partials);
refuses('two of itself', '{{>twice}}', '{"x":1}', 't: .*nested', @partials);
refuses('wider and wider', '{{>wider}}', '{}', 't: .*nested', @partials);
refuses('10^20 partials', '{{>bomb20}}', '{"x":""}', 't: .*repeat', @partials);
refuses('one partial too many', join('', map { "{{>p$_}}" } 0 .. 300), '{}',
        't:1:\d+: more than 256 partials', @partials);

renders('a name of 1 MB', '{{' . 'a.' x 500_000 . 'b}}', '{"a":{"a":1}}', '');
renders('a template of 1 MB', '{{x}}{{!}} ' x 95_000, '{"x":1}',
        '1 ' x 95_000);
renders('data of 1 MB', '{{#a}}{{.}}{{/a}}',
        '{"a":[' . join(',', (1) x 500_000) . ']}', '1' x 500_000);
renders('a text of 1 MB', '{{x}}', '{"x":"' . '<' x 1_000_000 . '"}',
        '&lt;' x 1_000_000);
renders('a tree as deep as data goes', '{{>tree}}',
        '{"n":' x 30 . '{"n":null}' . '}' x 30, '.' x 31, @partials)
    if put('p/tree.mustache', '.{{#n}}{{>tree}}{{/n}}');


# Files and arguments

put('t', 'x');
put('d', '{}');

for my $case (
    [ 'no template', 'no: No such file', 'render', 'no', 'd' ],
    [ 'no data', 'no: No such file', 'render', 't', 'no' ],
    [ 'a directory', 'p: Is a directory', 'render', 'p', 'd' ],
    [ 'check finds no partial', 'c:1:1: there is no partial', 'check',
      put('c', '{{>none}}') && 'c' ],
    [ 'check refuses raw', 'r:1:1: raw', 'check', put('r', '{{{x}}}') && 'r' ])
{
    my ($name, $want, @args) = @$case;
    my ($status, $out, $err) = wismo(@args);

    is($status, 1, "$name: status");
    is($out, '', "$name: no output");
    like($err, qr/\A\Q$want\E/, "$name: the reason");
}

for my $args ([], ['render'], ['render', 't'], ['render', 't', 'd', 'x'],
              ['check'], ['check', 't', 'd'], ['paint', 't', 'd'],
              ['--no-such', 'render', 't', 'd'], ['render', '--partials'])
{
    my ($status, $out, $err) = wismo(@$args);

    is($status, 2, "unusable: @$args");
    is($out, '', 'no output');
    isnt($err, '', 'a hint');
}

{
    my ($status, $out, $err) = wismo('--help');

    is($status, 0, 'help');
    like($out, qr/--partials=DIR/, 'help tells the options');
}

is(system("cd $dir && $program template render t d >/dev/full 2>err") >> 8,
   1, 'a page that cannot be written');
like(slurp("$dir/err"), qr/No space left/, 'and why');


# The pages that we ship are good templates.

for my $page (qw(order message)) {
    my ($status, $out, $err) =
        wismo('check', '--partials', "$root/html/track",
              "$root/html/track/$page.mustache");

    is("$status$out$err", '0', "$page.mustache");
}

done_testing;
