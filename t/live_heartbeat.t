#!/usr/bin/perl

# A stream in which nothing happens is not silent: something comes at least
# every half a minute, which proxies and mobile networks take for life.
#
# Lane: plain

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Live;
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1);

seed($t, order('1001'));

my @streams = map { Wismo::Live->new($t->port, '/track/1001/live') } 1 .. 40;

$_->event for @streams;

my $lively = 0;

for my $s (@streams) {
    wait_until { !$s->quiet(0.1) || $s->comments } 30;
    $lively++ if $s->comments;
}

is($lively, 40, 'each has heard something');

my $version = newer($t, '1001');

is(scalar(grep { my $e = $_->event; $e && $e->{version} == $version }
          @streams), 40, 'and goes on');

done_testing;
