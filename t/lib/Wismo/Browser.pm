package Wismo::Browser;

# A real browser for tests: where Chromium is, and the npm packages that drive
# it, installed once into the build directory.
#
#   use Wismo::Browser;
#   my $chromium = chromium();          # dies where there is none
#   my $dir = npm("$FindBin::Bin/browser");
#   ... NODE_PATH => "$dir/node_modules"

use strict;
use warnings;

use Fcntl qw(LOCK_EX);

use Exporter 'import';

use Wismo::Process qw(run spew slurp);

our @EXPORT = qw(chromium npm);


# Both come with t/setup.sh: a machine without them tests nothing here, and that
# is a failure.

sub chromium {
    my ($chromium) = grep { -x } qw(/usr/bin/chromium /usr/bin/chromium-browser);

    die "there is no chromium: t/setup.sh test\n" unless $chromium;
    die "there is no node: t/setup.sh test\n"
        if system('node --version >/dev/null 2>&1') != 0;

    return $chromium;
}


# What npm gives stays in the build directory for the next time.

sub npm {
    my ($source) = @_;
    my $dir = "$Wismo::Test::build/" . ($source =~ s{.*/t/}{}r);
    my $lock = slurp("$source/package-lock.json");

    mkdir "$Wismo::Test::build/browser";
    mkdir $dir;

    # tests run side by side, and one of them installs

    open my $turn, '>>', "$dir/turn" or die "$dir/turn: $!\n";
    flock $turn, LOCK_EX or die "flock: $!\n";

    if (slurp("$dir/installed") ne $lock) {
        run({}, 'cp', "$source/package.json", "$source/package-lock.json",
            $dir);

        my ($status, $out, $err) = run({ timeout => 300 }, 'npm', 'ci',
            '--prefix', $dir, '--no-audit', '--no-fund', '--ignore-scripts',
            '--loglevel', 'error');

        die "npm ci: $out$err" if $status;
        spew("$dir/installed", $lock);
    }

    return $dir;
}


1;
