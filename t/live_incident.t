#!/usr/bin/perl

# A page that is open learns of an incident when it begins, when there is
# another one, and when it is over, by one event each; whoever it does not
# touch, or who may not know where an order goes, is told nothing.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Live;
use Wismo::Seed;

use POSIX qw(strftime);

my $t = Wismo::Test->new(workers => 2, carriers => ['ups'], locations => <<'EOT');
        location /track/ { wismo_track; }
        location /open/ { wismo_track; wismo_order_only full; }
        location = /wismo/ready { wismo_health ready; }
        location /wismo/api/ { wismo_api; wismo_api_keys %%DIR%%/api.keys; }
EOT

wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';

sub to {
    my ($number, $country, @more) = @_;

    my $o = order($number, @more);
    $o->{ship_to}{country} = $country;

    return $o;
}

my $over = [ { carrier => 'ups', tracking_number => '1Z4004', events => [
    { time => '2026-11-22T10:05:00-05:00', status => 'delivered' } ] } ];

seed($t, to(1001, 'FR'), to(2002, 'DE'), to(3003, 'FR'),
     to(4004, 'FR', shipments => $over));


# On a busy machine Redis may be late: then a client is told to come again.

sub opened {
    my ($path, %headers) = @_;

    for (1 .. 10) {
        my $s = Wismo::Live->new($t->port, $path, headers => \%headers);
        return $s if $s->status != 503;
    }
}

sub streams {
    my ($n, @more) = @_;

    my @s = map { opened(@more) } 1 .. $n;
    $_->event for @s;

    return @s;
}

sub incident {
    my ($status, $out, $err) = $t->wismo('incident', @_);

    is($status, 0, "incident @_[0 .. 1]") or diag($err);
    chomp $out;

    return $out;
}

my $cookie = $t->pair($t->get($t->link(1001)));
my @touched = (streams(28, '/track/1001/live', Cookie => $cookie),
               streams(2, '/open/1001/live'), streams(2, '/open/3003/live'));
my @others = (streams(4, '/open/2002/live'), streams(2, '/open/4004/live'),
              streams(2, '/track/1001/live'));
my $page = $t->get('/open/1001');

my ($plain) = $page->body =~ /<main[^>]* data-version="(\d+)"/;
ok($plain, 'a page has the order\'s version');


# Declared

sub reads {
    my ($calls) = $t->redis->call('INFO', 'commandstats')
        =~ /^cmdstat_getrange:calls=(\d+)/m;

    return $calls;
}

my $reads = reads();
my $id = incident('add', '--carrier', 'ups', '--to', 'FR',
                  '--text', 'en=A strike in France');
my @told = map { $_->event(10) } @touched;

is(scalar(grep { defined } @told), 32, 'all who watch such orders are told');
is(scalar(grep { $_ && $_->{version} == $plain } @told), 32,
   'of an order that is the same');

# 40 streams of four orders, two workers, two texts of incidents

cmp_ok(reads() - $reads, '<=', 2 * (4 + 2), 'an order is read once a worker');

my ($mark) = map { $_->{incidents} } grep { defined } @told;

like($mark, qr/^[0-9a-f]{8}$/, 'that something else is new');
is($told[0]{id}, "$plain-$mark", 'the id tells one from the other');
is(scalar(grep { $_->{incidents} eq $mark } @told), 32, 'the same to all');
is(scalar(grep { $_->quiet(0.02) } @touched), 32, 'once');
is(scalar(grep { $_->quiet(0.2) } @others), 8,
   'and nobody else: not another country, what is delivered, or who may not '
   . 'know where it goes');

like($t->get('/open/1001')->body,
     qr/<main[^>]* data-version="\Q$told[0]{id}\E"/, 'the page knows it');
like($t->get('/track/1001')->body, qr/<main[^>]* data-version="$plain"/,
     'the short page doesn\'t');


# Who comes now

my $new = opened('/open/1001/live');

is($new->event->{id}, "$plain-$mark", 'a new stream tells it');
ok(opened("/open/1001/live?v=$plain-$mark")->quiet(0.3),
   'not to a page that shows it');
ok(opened('/open/1001/live', 'Last-Event-ID' => "$plain-$mark")->quiet(0.3),
   'nor to whom it was told');
is(opened('/open/1001/live', 'Last-Event-ID' => $plain)->event->{id},
   "$plain-$mark", 'but to who was away meanwhile');
is(opened('/track/1001/live', 'Last-Event-ID' => "$plain-$mark")->event->{id},
   $plain, 'and who may not know it is led back');


# The API

my $api = sub {
    my ($number, %headers) = @_;

    return $t->get("/wismo/api/v1/orders/$number",
                   Authorization => 'Bearer ' . Wismo::Test::API_KEY, %headers);
};

my $answer = $api->(1001);
my $etag = $answer->header('etag');

is(JSON::PP::decode_json($answer->body)->{incidents}[0]{id}, $id,
   'the API shows it');
is(JSON::PP::decode_json($api->(2002)->body)->{incidents}, undef,
   'of orders that it touches');
is($api->(1001, 'If-None-Match' => $etag)->status, 304,
   'and has another one\'s tag');


# A new version while there is one

my $next = newer($t, '1001');

is(scalar(grep { my $e = $_->event; $e && $e->{id} eq "$next-$mark" }
          @touched[0 .. 29]), 30, 'a change of the order tells both');
is($touched[30]->quiet(0.2), 1, 'to who watches it');
$_->event for $new, @others[6, 7];


# Changed: another text is told, another end alone is not

incident('change', $id, '--until', strftime('%Y-%m-%dT%H:%M:%SZ',
                                            gmtime(time + 9 * 86400)));
ok(wait_until(sub {
    my $said = JSON::PP::decode_json($api->(1001)->body)->{incidents}[0];
    $said->{until} ge strftime('%Y-%m-%d', gmtime(time + 8 * 86400))
}, 10), 'it lasts longer');
is(scalar(grep { $_->quiet(0.02) } @touched), 32,
   'which no page shows, and nobody is told');

incident('change', $id, '--text', 'en=The strike is over on Friday');

my @now = map { my $e = $_->event(10); $e ? $e->{incidents} // '' : '' }
    @touched;

is(scalar(grep { $_ && $_ ne $mark } @now), 32, 'another text is told');
like($t->get('/open/1001')->body, qr/over on Friday/, 'and shown');
$mark = $now[0];


# Two at once; both over

my $second = incident('add', '--all', '--text', 'en=A flood');
my @both = map { my $e = $_->event(10); $e ? $e->{incidents} : '' } @touched;

is(scalar(grep { $_ && $_ ne $mark } @both), 32, 'another one');
is(scalar(grep { $_->event(10) } @others[0 .. 3, 6, 7]), 6,
   'of all orders, to all');
ok($others[4]->quiet(0.2), 'but what is delivered');

incident('end', $_) for $second, $id;

sub last_of {
    my ($s) = @_;
    my $last;

    while (my $e = $s->event($last ? 0.5 : 10)) {
        $last = $e;
        last if !$e->{incidents};
    }

    return $last ? $last->{id} : '';
}

is(scalar(grep { last_of($_) eq $next } @touched[0 .. 29]), 30, 'ended');
is(JSON::PP::decode_json($api->(1001)->body)->{incidents}, undef,
   'in the API, too');
isnt($api->(1001, 'If-None-Match' => $etag)->status, 304,
     'which has another tag then');


# One that ends by itself

$_->quiet(0.1) for @others;
my @fresh = streams(4, '/open/2002/live');

incident('add', '--to', 'DE', '--until',
         strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + 8)), '--text', 'en=Snow');
is(scalar(grep { my $e = $_->event(10); $e && $e->{incidents} } @fresh), 4,
   'a short one');
is(scalar(grep { my $e = $_->event(20); $e && !$e->{incidents} } @fresh), 4,
   'is told to be over');

done_testing;
