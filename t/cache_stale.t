#!/usr/bin/perl

# Redis is not there: what was asked for before is answered, with a word about
# its age, in every form; what was not gets 503 at once; and no answer holds
# anything of another order.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

use Time::HiRes qw(sleep time);

# seconds that Redis is stopped under load
my $secs = $ENV{WISMO_CACHE_STOPPED} || 10;

my $t = Wismo::Test->new(fetcher => 1, workers => 2);
my @warm = map { "warm-$_" } 1 .. 20;
my @cold = map { "cold-$_" } 1 .. 20;

seed($t, map { order($_) } @warm, @cold);

my %cookie = map {
    my ($cookie) = $t->get($t->link($_))->header('set-cookie') =~ /^([^;]+)/;
    $_ => $cookie;
} @warm, @cold;


sub get {
    my ($number, %headers) = @_;

    return $t->get("/track/$number", Cookie => $cookie{$number}, %headers);
}


# Every text of an order has its number: any other is a leak.

sub foreign {
    my ($number, $text) = @_;

    return grep { $_ ne $number }
        $text =~ /(?:Lamp|City|Place|Departed)-((?:warm|cold)-\d+)/g;
}


my $banner = qr/We cannot reach our newest records right now/;

for my $number (@warm) {
    my $r = get($number);

    is $r->status, 200, "$number: before";
    like $r->body, qr/Lamp-$number\b/, "$number: it is the one";
    unlike $r->body, $banner, "$number: no banner";
}

ok kept($t, sub { get($_) for @warm }), 'they are kept';

my %etag = map { $_ => get($_)->header('etag') } @warm;

$t->redis->pause;

my $end = time() + $secs * ($ENV{WISMO_SLOW} || 1);
my $start = time();
my (%seen, @wrong);
my ($n, $late, $banners) = (0, 0, 0);
my @cold_took;

while (time() < $end) {
    my $number = $warm[rand @warm];
    my $r = get($number, rand() < 0.5 ? ('Accept-Encoding' => 'gzip') : ());
    my $text = $r->text // '';

    $n++;
    $seen{$r->status}++;
    push @wrong, "$number: " . join ' ', foreign($number, $text)
        if foreign($number, $text) || $text !~ /Lamp-$number\b.*<\/html>\s*$/s;

    my $stale = $text =~ $banner;

    $banners++ if $stale;
    $late++ if !$stale && time() - $start > 6;
    push @wrong, "$number: banner and Age differ"
        if $stale xor defined $r->header('age');

    if ($n % 20 == 0) {
        my $cold = $cold[rand @cold];
        $r = get($cold);

        push @wrong, "$cold: " . $r->status if $r->status != 503;
        push @wrong, "$cold: no Retry-After"
            unless ($r->header('retry-after') // '') eq '5';
        push @cold_took, $r->seconds / ($ENV{WISMO_SLOW} || 1);
    }

    sleep 0.005;
}

is_deeply \%seen, { 200 => $n }, "$n requests: every warm order";
is_deeply \@wrong, [], 'each whole, with nothing of another, cold ones 503'
    or diag join "\n", @wrong[0 .. ($#wrong > 9 ? 9 : $#wrong)];
# a machine with other things to do may let one of fifty wait, itself

@cold_took = sort { $a <=> $b } @cold_took;
cmp_ok scalar(grep { $_ > 0.15 } @cold_took), '<=', @cold_took / 50,
    sprintf 'cold ones within 150 ms: %d, half in %.1f ms, all in %.1f ms',
    scalar @cold_took, map { 1000 * $_ } @cold_took[$#cold_took / 2, -1];

is $late, 0, 'after six seconds each has its banner';
cmp_ok $banners, '>', 0, 'banners were seen';

for my $number (@warm[0 .. 4]) {
    my $r = get($number, 'If-None-Match' => $etag{$number});

    is $r->status, 200, "$number: a page without banner is not the same";
    like $r->header('warning'), qr/^110 /, "$number: Warning";
    like $r->header('age'), qr/^\d+$/, "$number: Age";
    isnt $r->header('etag'), $etag{$number}, "$number: another ETag";
    is get($number, 'If-None-Match' => $r->header('etag'))->status, 304,
        "$number: which is as good as any";

    $r = $t->get("/track/$number.json", Cookie => $cookie{$number});

    is $r->status, 200, "$number: JSON, which nobody had asked for";
    is $r->json->{order}, $number, "$number: JSON: the order";
    like $r->header('warning'), qr/^110 /, "$number: JSON: Warning";
    is $t->get("/track/$number")->status, 200,
        "$number: the minimum, which nobody had asked for";
    unlike $t->get("/track/$number")->body, qr/Lamp-/,
        "$number: the minimum is no more than that";
}

is $t->get('/track/nobody')->status, 503, 'no order: as a cold one';

$t->redis->cont;

ok wait_until(sub { get($cold[0])->status == 200 }, 20), 'it answers again';

for my $number (@warm) {
    ok wait_until(sub { get($number)->body !~ $banner }, 10),
        "$number: the banner has gone";
    is get($number)->header('age'), undef, "$number: and its age";
}

done_testing;
