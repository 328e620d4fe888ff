#!/usr/bin/perl

# Lane: plain
#
# Builds t/unit/test_*.c under ASan and UBSan and runs them; each is a cmocka
# program that prints TAP.  Their results are this file's subtests.

use strict;
use warnings;

use Cwd ();
use FindBin;
use Test::More;

chdir "$FindBin::Bin/.." or die "chdir: $!\n";

delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS)};

my $jobs = `nproc`;
chomp $jobs;

my $made = `make -s --no-print-directory -k -j$jobs SAN=1 unit 2>&1`;
is($?, 0, 'the units are built') or diag($made);

$ENV{CMOCKA_MESSAGE_OUTPUT} = 'TAP';
$ENV{ASAN_OPTIONS} = 'detect_leaks=1';
$ENV{UBSAN_OPTIONS} = 'print_stacktrace=1:halt_on_error=1';

my @sources = glob 't/unit/test_*.c';
ok(@sources > 0, 'there are units');

for my $source (@sources) {
    my ($name) = $source =~ m{/(test_\w+)\.c$};

    subtest $name => sub {
        my $binary = "build-asan/unit/$name";

        if (!-x $binary) {
            return fail("$name was built");
        }

        # Tests of one program are many and small: their lines are passed on.

        open my $run, '-|', "timeout 300 $binary 2>&1" or die "$binary: $!\n";

        my ($plan, $seen, @other) = (0, 0);

        while (my $line = <$run>) {
            if ($line =~ /^(not )?ok \d+(?: - (.*))?$/) {
                ok(!$1, $2) or diag(splice @other);
                @other = ();
                $seen++;

            } elsif ($line =~ /^1\.\.(\d+)/) {
                $plan += $1;

            } else {
                push @other, $line;
            }
        }

        close $run;

        is($? >> 8 || $? & 127, 0, 'exit status') or diag(@other);
        ok($seen && $seen == $plan, "all $plan tests ran") or diag(@other);
    };
}

done_testing;
