#!/usr/bin/perl

# Lane: plain
#
# "make demo", as a newcomer runs it: it gets ready, its pages answer, its
# parcels move, and after INT or TERM nothing of it is left.

use strict;
use warnings;

use Cwd ();
use File::Temp ();
use FindBin;
use JSON::PP ();
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use lib "$FindBin::Bin/lib";
use Wismo::Http;
use Wismo::Process qw(wait_until free_port slurp alive adopt end);

my $root = Cwd::abs_path("$FindBin::Bin/..");
my $tmp = File::Temp::tempdir(CLEANUP => 1);
my $pid;

adopt();
alarm 300;

# The demo makes its directory in TMPDIR: this one is looked at afterwards.

chmod 0755, $tmp;
delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS)};


sub demo {
    my ($port, $name) = @_;
    my $log = "$tmp/$name.log";

    mkdir "$tmp/$name";
    chmod 0755, "$tmp/$name";

    $pid = fork() // die "fork: $!\n";

    if (!$pid) {
        setpgrp;

        # what runs the tests may ignore what a terminal would not

        $SIG{$_} = 'DEFAULT' for qw(INT TERM);

        chdir $root;
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', $log;
        open STDERR, '>&', \*STDOUT;
        $ENV{TMPDIR} = "$tmp/$name";
        $ENV{DEMO_PORT} = $port;
        $ENV{DEMO_SPEED} = 7200;
        exec 'make', '--no-print-directory', 'demo' or POSIX::_exit(127);
    }

    wait_until { slurp($log) =~ /^ready /m || !alive($pid) } 150;

    return slurp($log);
}


# Everything below the demo's make, by the process group it was put in, and
# what daemons of it may have left their group, by the directory.

sub left {
    my ($name) = @_;
    my @left;

    for my $proc (glob '/proc/[0-9]*') {
        my ($p) = $proc =~ m{/(\d+)$};

        next if $p == $$ || !alive($p);

        my $group = (split ' ', slurp("$proc/stat") =~ s/^.*\) //sr)[2] // 0;
        my $where = slurp("$proc/cmdline") . (readlink("$proc/cwd") // '')
                  . join '', map { readlink($_) // '' } glob "$proc/fd/*";

        push @left, "$p " . slurp("$proc/cmdline")
            if $group == $pid || $where =~ m{^.*\Q$tmp/$name\E/}s;
    }

    return @left;
}


sub end_and_look {
    my ($name, $signal, $whom, $port) = @_;
    my $started = time();

    kill $signal, $whom;
    wait_until { !alive($pid) && !left($name) } 10;

    cmp_ok(time() - $started, '<', 5.5, "$signal ends all within 5 s");
    is_deeply([ left($name) ], [], 'no process is left');
    is_deeply([ glob "$tmp/$name/*" ], [], 'no directory is left');
    ok(!eval { Wismo::Http::open($port, 1) }, 'nobody listens');
}


my $port = free_port();
my $out = demo($port, 'first');

like($out, qr{^ready http://127\.0\.0\.1:$port/track/$}m, 'it gets ready')
    or diag($out);

my %link = $out =~ m{^(\d{4})\s.*?(/track/\S+\?t=\S+)$}mg;
cmp_ok(scalar keys %link, '>=', 12, 'with a dozen orders');

my $json = JSON::PP->new->utf8;

sub page {
    my ($path, %headers) = @_;
    return Wismo::Http::request($port, 'GET', $path, headers => \%headers);
}

for my $number (sort keys %link) {
    my $r = page("/track/$number");

    is($r->status, 200, "the page of $number");
    like($r->body, qr/<h1/, "$number: says it in a sentence");

    my $signed = page($link{$number});
    my ($cookie) = ($signed->header('set-cookie') // '') =~ /^([^;]+)/;

    is($signed->status, 303, "$number: the link is traded for a cookie");
    is(page("/track/$number", Cookie => $cookie)->status, 200,
       "$number: the full page");
}

is(page('/track/')->status, 200, 'the form');
is(page('/track/nobody-has-this')->status, 404, 'an order nobody has');


# Parcels move: the same page tells something else a little later.

sub statuses {
    return join ' ', map {
        (page("/track/$_.json")->json || {})->{status} // '?'
    } sort keys %link;
}

my $before = statuses();
ok((wait_until { statuses() ne $before } 40), 'parcels move')
    or diag("still $before");

ok((wait_until { statuses() =~ /\bdelivered\b/ } 90),
   'and some arrive') or diag(statuses());

end_and_look('first', 'INT', -$pid, $port);


# TERM to make alone, and INT to make alone

for my $signal (qw(TERM INT)) {
    $port = free_port();
    like(demo($port, "only-$signal"), qr/^ready /m, "again, for $signal");
    end_and_look("only-$signal", $signal, $pid, $port);
}

done_testing;

END {
    my $status = $?;

    if ($pid && alive($pid)) {
        kill TERM => -$pid;
        end($pid, 'TERM', 8);
    }

    $? = $status;
}
