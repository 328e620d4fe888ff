#!/usr/bin/perl

# An order that has changed since it was last asked for, and then Redis is gone:
# it is shown as it was, with the banner.  What may not be shown any more is
# not: an order that was erased, and one whose links were revoked.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Live;
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1, patient => 1);
my @numbers = qw(polled erased revoked told);
my $banner = qr/We cannot reach our newest records right now/;

seed($t, map { order($_) } @numbers);

my %cookie = map { $_ => $t->pair($t->get($t->link($_))) } @numbers;

sub get {
    my ($number) = @_;

    return $t->get("/track/$number", Cookie => $cookie{$number});
}

ok kept($t, sub { get($_) for @numbers }), 'they are kept';

my %seen = map { $_ => get($_) } @numbers;

# a stream that tells of a change, or ends, is a worker that has heard of it

my %live = map {
    my $live = Wismo::Live->new($t->port, "/track/$_/live",
                                headers => { Cookie => $cookie{$_} });
    $live->event;
    $_ => $live;
} @numbers;

my $version = newer($t, 'polled');

is $live{polled}->event(10)->{version}, $version, 'one changes';

is $t->api('DELETE', '/orders/erased')->status, 202, 'one is erased';
ok $live{erased}->ended(20), 'which is heard of';

my ($status, undef, $err) = $t->wismo('order', 'link', '--revoke', 'revoked');

is $status, 0, 'the links of one are revoked' or diag $err;
ok $live{revoked}->event(20), 'which is heard of, too';


# Where key tracking is refused, what is published has to be enough.

$t->redis->call('PUBLISH', 'w:ev', 'told');
$t->redis->call('SETRANGE', key('polled'), 4, sprintf '%010d', $version + 1);
is $live{polled}->event(10)->{version}, $version + 1, 'another change';

$t->redis->pause;

my $r = get('polled');

is $r->status, 200, 'the one that changed is shown';
like $r->body, $banner, 'with the banner';
like $r->header('age'), qr/^\d+$/, 'and its age';
like $r->header('warning'), qr/^110 /, 'and a warning';
like $r->body, qr/Lamp-polled\b/, 'all of it';

for my $number (qw(erased revoked told)) {
    $r = get($number);

    is $r->status, 503, "$number: not shown";
    unlike $r->body, qr/Lamp-/, "$number: nothing of it";
}

$t->redis->cont;

ok wait_until(sub { get('polled')->body !~ $banner }, 20), 'Redis is back';
is get('polled')->status, 200, 'and the order with it';
isnt get('polled')->header('etag'), $seen{polled}->header('etag'),
    'as it is now';
is get('erased')->status, 404, 'the erased one is gone';
unlike get('revoked')->body, qr/Lamp-revoked/, 'the revoked one is minimal';

done_testing;
