#!/usr/bin/perl

# Lane: plain
#
# Replays the fuzz targets' seeds, and whatever "make fuzz" has ever found
# (t/fuzz/cases/), under ASan and UBSan: an old fault does not come back.

use strict;
use warnings;

use Cwd ();
use File::Temp ();
use FindBin;
use Test::More;

chdir "$FindBin::Bin/.." or die "chdir: $!\n";

delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS)};

my $jobs = `nproc`;
chomp $jobs;

my $made = `make -s --no-print-directory -k -j$jobs SAN=1 fuzz-build 2>&1`;
is($?, 0, 'the targets are built') or diag($made);

$ENV{ASAN_OPTIONS} = 'detect_leaks=1:allocator_may_return_null=1';
$ENV{UBSAN_OPTIONS} = 'print_stacktrace=1:halt_on_error=1';

my $seeds = File::Temp::tempdir(CLEANUP => 1);

is(system('t/fuzz/seeds', $seeds), 0, 'the seeds are made');

my @targets = map { m{fuzz_(\w+)\.c$} } glob 't/fuzz/fuzz_*.c';
ok(@targets > 0, 'there are targets');

for my $target (@targets) {
    my @from = grep { -d } "$seeds/$target", "t/fuzz/cases/$target";

    ok(@from && $from[0] eq "$seeds/$target", "$target has seeds");

    my @lines = `timeout 120 build-asan/fuzz/$target @from 2>&1`;

    chomp(my $last = $lines[-1] // '');
    is($?, 0, "$target: $last") or diag(@lines > 40
        ? @lines[-40 .. -1] : @lines);
}

# What was found is kept with those who can read it

for my $case (glob 't/fuzz/cases/*/*') {
    my ($target) = $case =~ m{cases/([^/]+)/};

    ok(grep({ $_ eq $target } @targets), "$case belongs to a target");
    cmp_ok(-s $case, '<', 65536, 'and is small');
}

done_testing;
