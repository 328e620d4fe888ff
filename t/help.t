#!/usr/bin/perl

# Lane: plain
#
# Each call of the program explains itself under the name it is called by, and
# says where that is when it doesn't understand.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Wismo::Process qw(run slurp);

my $build = $ENV{WISMO_BUILD} || "$FindBin::Bin/../build";

sub wismo { return run({ timeout => 60 }, "$build/wismo", @_) }


my ($status, $out, $err) = wismo('--help');

is $status, 0, 'help: done';

my @calls = $out =~ /^  (\w+)  +\w/mg;

cmp_ok scalar(@calls), '>', 10, 'there are calls';

for my $call (@calls, 'carrier status', 'carrier detect', 'carrier parse',
              'carrier check', 'edd backtest', 'edd train', 'edd show',
              'calendar check', 'notify status', 'notify release',
              'notify allow', 'notify list', 'notify retry')
{
    my @words = split / /, $call;

    ($status, $out, $err) = wismo(@words, '--help');

    is "$status$err", '0', "$call --help: done";
    like $out, qr/^Usage: wismo $words[0]\b/, "$call --help: how to call it";

    ($status, $out, $err) = wismo(@words, '--no-such-option');

    is $out, '', "$call: what it doesn't know is not for a pipe";
    isnt $status, 0, "$call: nor done";
    is $status, 2, "$call: but unusable" if $call ne 'fetch';
    like $err, qr/wismo $words[0]\b/, "$call: and says who tells more";
}

# What one may write is in the manual.

my $man = slurp("$FindBin::Bin/../docs/wismo.1") =~ s/Fl -/--/gr;

for my $call (@calls, 'carrier status', 'edd backtest', 'edd train',
              'edd show', 'notify list', 'notify allow', 'notify status')
{
    next if $call =~ /^(?:carrier|edd|calendar)$/;

    ($status, $out, $err) = wismo(split(/ /, $call), '--help');

    my @absent = grep { $man !~ /\Q$_\E\b/ && !/^--(?:help|usage|version)$/ }
        $out =~ /^ +(?:-\w, +)?(--[a-z-]+)/mg;

    is "@absent", '', "$call: its options are in wismo(1)";
}

($status, $out, $err) = wismo('no-such-call');

is "$status $out", '2 ', 'no such call';
like $err, qr/"no-such-call", try "wismo --help"/, 'and what to try';

done_testing;
