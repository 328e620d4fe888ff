#!/usr/bin/perl

# A stream that is resumed: who has an older version gets the present state
# once, who has the present one gets nothing, and nonsense counts as nothing.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Live;
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1);

seed($t, order('1001'));

my $now = newer($t, '1001', by => 10);


sub live {
    my ($id, $args) = @_;

    return Wismo::Live->new($t->port, '/track/1001/live' . ($args // ''),
        headers => { defined $id ? ('Last-Event-ID' => $id) : () });
}


my %state = (
    'no version'      => live(),
    'an older one'    => live($now - 3),
    'a page\'s own'   => live(undef, '?v=1'),
    'of both, the id' => live($now - 1, "?v=$now"),
);

for my $name (sort keys %state) {
    my $event = $state{$name}->event;

    is($event && $event->{version}, $now, "$name: the state");
    ok($state{$name}->quiet(0.2), "$name: once");
}

my %none = (
    'the present version'  => live($now),
    'one that is to come'  => live($now + 5),
    'a page\'s present'    => live(undef, "?v=$now"),
);

for my $name (sort keys %none) {
    ok($none{$name}->quiet(0.2), "$name: nothing");
}

my $next = newer($t, '1001');

is($_->event->{version}, $next, 'a change reaches it')
    for values %state, values %none;


# Nonsense

for my $id ('', '0', '-1', 'x', '1e3', '99999999999999999999999', "\x80\xff",
            '7 7', 'a' x 900, '00000000000000000000000000000000001')
{
    my $s = live($id);

    is($s->status, 200, 'an id of nonsense');
    ok($s->event, 'gets the state') if $id !~ /^9/;
}

for my $args ('?v', '?v=', '?v=%00', '?v=1&v=9', '?t=forged', '?' . 'v' x 900) {
    my $s = live(undef, $args);

    is($s->status, 200, 'arguments of nonsense');
    ok($s->event, 'get the state');
}

done_testing;
