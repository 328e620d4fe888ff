#!/usr/bin/perl

# Lane: plain
#
# The house rules that a compiler does not check: which ring may include
# which, one place for each thing, and the shape of a file (docs/hacking.md).

use strict;
use warnings;

use FindBin;
use Test::More;

chdir "$FindBin::Bin/.." or die "chdir: $!\n";

my $src = 'ngx_wismo_module';
my %text;

for my $file (glob "$src/{core,nginx,fetcher}/*.[ch] t/unit/*.[ch]") {
    open my $fh, '<:raw', $file or die "$file: $!\n";
    local $/;
    $text{$file} = <$fh>;
}

my @all = sort keys %text;
my %ring = map {
    my $ring = $_;
    $ring => [ grep { m{^$src/$ring/} } @all ]
} qw(core nginx fetcher);


# Lines that match, as "file:line: text".  Comments are not code: they may
# speak of what the code must not do.

sub code {
    my ($file) = @_;

    my $text = $text{$file};
    $text =~ s{(/\*.*?\*/)}{ $1 =~ s/[^\n]//gr }gse;

    return split /\n/, $text;
}


sub hits {
    my ($files, $pattern) = @_;
    my @hits;

    for my $file (@$files) {
        my $n = 0;

        for my $line (code($file)) {
            $n++;
            push @hits, "$file:$n: $line" if $line =~ $pattern;
        }
    }

    return @hits;
}


sub none {
    my ($what, @hits) = @_;

    ok(!@hits, $what) or diag(join "\n", @hits);
}


cmp_ok(scalar @{ $ring{$_} }, '>', 0, "$_ has files") for sort keys %ring;


# nginx -> core <- fetcher

my $own = qr/^\s*#\s*include\s+"(?!wismo_)/;

none('core includes nothing of the project but core',
     hits($ring{core}, $own));
none('core includes libc, jansson, libcrypto and ICU only',
     hits($ring{core}, qr{^\s*\#\s*include\s+<(?!(?:std\w+|string|limits|ctype
         |emmintrin|errno|float|inttypes|math|jansson|openssl/\w+
         |unicode/\w+|sanitizer/asan_interface)\.h>)}x));
none('ICU is in wismo_locale.c only',
     hits([ grep { !m{/wismo_locale\.c$|^t/} } @all ],
          qr{^\s*\#\s*include\s+<unicode/}));
none('core does no I/O and reads no clock',
     hits($ring{core}, qr/\b(?:fopen|fread|fwrite|open|read|write|socket
         |connect|time|clock_gettime|gettimeofday|getenv|localtime|gmtime
         |mktime|setlocale|printf|fprintf|puts)\s*\(/x));
none('nginx includes nginx and core only',
     hits($ring{nginx}, qr/^\s*#\s*include\s+"(?!ngx_http_wismo_|wismo_)/));
none('nginx takes the codec of hiredis and nothing else',
     hits($ring{nginx}, qr{^\s*\#\s*include\s+<(?:hiredis/(?!hiredis\.h|read\.h)
         |curl|libxml|libical)}x),
     hits($ring{nginx}, qr/\bredis(?:Async|Connect|Command\s*\(|Append
         |GetReply|Buffer)/x));
none('fetcher includes core and itself only',
     hits($ring{fetcher}, qr/^\s*#\s*include\s+"(?!fetch_|wismo_)/));
none('only nginx/ knows nginx',
     hits([ @{ $ring{core} }, @{ $ring{fetcher} } ], qr/\bngx_\w+/));


# One place for each thing

my @not_schema = grep { !m{/wismo_schema(?:_\w+)?\.[ch]$|^t/} } @all;

none('Redis keys are written in wismo_schema only',
     hits(\@not_schema, qr/"[^"]*\bw(?:[opcndixtqbk]:(?:\{|%)|e:\w|:meta|:ev\b|:due\b
         |h:f:)/x));
none('Lua is in wismo_schema only',
     hits(\@not_schema, qr/redis\.call/));
none('responses are sent in ngx_http_wismo_reply.c only',
     hits([ grep { !m{/ngx_http_wismo_reply\.c$} } @{ $ring{nginx} } ],
          qr/\bngx_http_(?:send_header|output_filter)\s*\(/));
none('nginx versions are told apart in ngx_http_wismo_compat.h only',
     hits([ grep { !m{_compat\.h$} } @{ $ring{nginx} } ],
          qr/\bnginx_version\b/));


# What may not be there at all

none('no assert in the module',
     hits([ @{ $ring{core} }, @{ $ring{nginx} } ],
          qr/\b(?:ngx_)?assert\s*\(|<assert\.h>/));
none('no call that cannot be told its bound',
     hits(\@all, qr/\b(?:sprintf|vsprintf|strcpy|strcat|strtok|gets|alloca)
         \s*\(/x));
none('no line comments',
     hits(\@all, qr{^(?:[^"'/]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|/(?!/))*//}));


# The shape of a file

for my $file (@all) {
    my @lines = split /\n/, $text{$file}, -1;
    my @faults;
    my $n = 0;
    my $before = '';

    pop @lines if @lines && $lines[-1] eq '';

    for my $line (@lines) {
        $n++;

        my $columns = length(($line =~ s/[\x80-\xbf]//gr));

        push @faults, "$n: $columns columns" if $columns > 79;
        push @faults, "$n: a tab" if $line =~ /\t/;
        push @faults, "$n: blanks at the end" if $line =~ /\s$/;
        push @faults, "$n: unfinished work"
            if $line =~ /\b(?:TODO|FIXME|XXX)\b/;
        push @faults, "$n: no blank line before else"
            if $line =~ /^\s+\} else\b/ && $before ne '';
        push @faults, "$n: a function's brace has its own line"
            if $line =~ /^\w[^=#"]*\)\s*\{$/;

        $before = $line;
    }

    push @faults, scalar(@lines) . ' lines' if @lines > 900;
    push @faults, 'does not end in a newline' if $text{$file} !~ /\n\z/;

    my ($head) = $text{$file} =~ m{\A\n/\*\n(.*?)\n \*/}s;
    my @said = grep { /\w/ && !/Copyright/ } split /\n/, $head // '';

    push @faults, 'the head does not say what it owns' if @said < ($file =~ /\.h$/ ? 1 : 2);
    push @faults, 'the head is longer than a head' if @said > 40;

    ok(!@faults, $file) or diag(join "\n", @faults);
}


# Each file of the core compiles alone: headers too.

for my $file (@{ $ring{core} }) {
    my $out = `gcc -std=c11 -Wall -Wextra -Wconversion -Werror -fsyntax-only \\
        -I$src/core -x c $file 2>&1`;

    is($?, 0, "$file compiles alone") or diag($out);
}

done_testing;
