#!/usr/bin/perl

# An incident shows on every page it touches, in the page's language, and in
# JSON, at once and in each worker; on no other, not longer than it lasts, and
# no order is written for it.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(spew);

use POSIX qw(strftime);

my $json = JSON::PP->new->utf8->canonical;
my $t = Wismo::Test->new(carriers => [qw(ups fedex)], workers => 2,
                         sim => { scale => 0 });

sub stamp { strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_[0]) }

my $n = 0;

sub import_order {
    my ($number, $carrier, $country, $status) = @_;

    spew($t->dir . '/o.ndjson', $json->encode({
        number => $number, placed_at => stamp(time - 86400),
        ship_to => { country => $country, postal_code => '75001',
                     city => 'X', line1 => 'x' },
        shipments => [ { id => 'a', carrier => $carrier,
            tracking_number => $carrier eq 'ups'
                ? sprintf('1ZW15M09034500%04d', ++$n)
                : sprintf('%012d', 700000000000 + ++$n),
            events => [ { time => stamp(time - 3600),
                          status => $status || 'in_transit' } ] } ],
    }) . "\n");

    my ($rc, $out, $err) = $t->wismo('import', '--quiet',
                                     $t->dir . '/o.ndjson');
    is($rc, 0, "$number is imported") or diag($err);
}

import_order(I1 => 'ups', 'FR');
import_order(I2 => 'ups', 'DE');
import_order(I3 => 'fedex', 'FR');
import_order(I4 => 'ups', 'FR', 'delivered');


# With the link the whole order is shown, without it the short view

my %cookie;

for my $order (qw(I1 I2 I3 I4)) {
    my $r = $t->get($t->link($order));

    $cookie{$order} = $t->pair($r);
}

sub page {
    my ($order, %headers) = @_;

    return $t->get("/track/$order", Cookie => $cookie{$order}, %headers);
}

sub data {
    my ($order) = @_;

    return $json->decode($t->get("/track/$order.json",
                                 Cookie => $cookie{$order})->body);
}

sub shows {
    my ($text, @orders) = @_;

    # both workers, whoever answers

    return !grep { index(page($_)->body, $text) < 0 } map { ($_) x 6 } @orders;
}

sub hides {
    my ($text, @orders) = @_;

    return !grep { index(page($_)->body, $text) >= 0 } map { ($_) x 6 } @orders;
}

my $etag = page('I1')->header('etag');
my $version = data('I1')->{version};

ok($etag, 'a page, before anything happens');
is(data('I1')->{incidents}, undef, 'there are no incidents');


# Declared

my ($status, $out, $err) = $t->wismo('incident', 'add', '--carrier', 'ups',
    '--to', 'FR', '--text', 'en=A strike in <France>: two days longer',
    '--text', 'de=Streik in Frankreich');

is($status, 0, 'an incident is declared') or diag($err);
like($out, qr/^i[0-9a-f]+\n$/, 'and has an id');
chomp(my $id = $out);

ok(wait_until(sub { shows('A strike in &lt;France&gt;', 'I1') }, 10),
   'the page says so');
like(page('I1', 'Accept-Language' => 'de')->body, qr/Streik in Frankreich/,
     'in its language');
like(page('I1', 'Accept-Language' => 'fr')->body, qr/A strike in/,
     'in English where there is no other');
ok(hides('A strike', qw(I2 I3 I4)),
   'other countries, carriers and delivered parcels are not touched');
unlike($t->get('/track/I1')->body, qr/A strike/,
       'nor is told where it goes to who has no link');

my $said = data('I1')->{incidents};

is(scalar @$said, 1, 'JSON says so');
is($said->[0]{id}, $id, 'which');
is($said->[0]{text}{de}, 'Streik in Frankreich', 'in all languages');
is(data('I2')->{incidents}, undef, 'of the orders it touches alone');

isnt(page('I1')->header('etag'), $etag, 'the page is another one');
is(data('I1')->{version}, $version, 'the order is the same');


# Of a carrier, everywhere: who has no link may know

($status, $out) = $t->wismo('incident', 'add', '--json', '--carrier', 'fedex',
                            '--text', 'en=Snow at the hub');
is($json->decode($out)->{carrier}, 'fedex', 'as JSON');
ok(wait_until(sub { shows('Snow at the hub', 'I3') }, 10), 'another incident');
ok(wait_until(sub {
    $t->get('/track/I3')->body =~ /Snow at the hub/
}, 5), 'shows in the short view, too');
ok(hides('Snow', qw(I1 I2)), 'of its carrier alone');


# It ends by itself

($status, $out) = $t->wismo('incident', 'add', '--all', '--until',
                            stamp(time + 6), '--text', 'en=For a moment');
is($status, 0, 'one that is short');
ok(wait_until(sub { shows('For a moment', qw(I1 I2 I3)) }, 5),
   'touches every order on its way');
ok(wait_until(sub { hides('For a moment', qw(I1 I2 I3)) }, 15),
   'and ends by itself');

# One that is to come

($status, $out) = $t->wismo('incident', 'add', '--all', '--from',
    stamp(time + 3600), '--text', 'en=Tomorrow perhaps');
($status, $out) = $t->wismo('incident', 'list');

like($out, qr/^\Q$id\E  active  \S+Z to \S+Z  ups to FR\n  en: A strike/m,
     'list: what there is');
like($out, qr/  to come  .*all orders\n  en: Tomorrow perhaps$/m,
     'list: what is to come');
unlike($out, qr/For a moment/, 'list: what is over is gone');
ok(hides('Tomorrow perhaps', 'I1'), 'shows nowhere yet');


# Ended

is(($t->wismo('incident', 'end', $id))[0], 0, 'ended');
ok(wait_until(sub { hides('A strike', 'I1') }, 10), 'it shows no more');
is(data('I1')->{incidents}, undef, 'nor in JSON');
is(($t->wismo('incident', 'end', $id))[0], 1, 'there is none to end');


# What cannot be

for my $case ([ 'no text' => '--all' ],
              [ 'nobody' => '--text', 'en=x' ],
              [ 'no carrier of ours' => '--carrier', 'x', '--text', 'en=x' ],
              [ 'no place' => '--to', 'France!', '--text', 'en=x' ],
              [ 'no language' => '--all', '--text', 'x' ],
              [ 'no words' => '--all', '--text', 'en=' ],
              [ 'too many' => '--all', '--text', 'en=' . 'x' x 500 ],
              [ 'no time' => '--all', '--until', 'soon', '--text', 'en=x' ],
              [ 'the past' => '--all', '--until', '2020-01-01',
                '--text', 'en=x' ])
{
    my ($name, @options) = @$case;
    my ($rc, $out, $err) = $t->wismo('incident', 'add', @options);

    is($rc, 2, "refused: $name");
    like($err, qr/expected|there is no carrier/, "$name: says why");
}

is(($t->wismo('incident', 'make'))[0], 2, 'another call');

for my $case ([ 1, 'no such incident', 'i0', '--until', '2027-01-09' ],
              [ 2, 'none at all', ],
              [ 2, 'nothing to change', 'i0' ])
{
    my ($exit, $name, @args) = @$case;

    is(($t->wismo('incident', 'change', @args))[0], $exit, "change: $name");
}

($status, $out) = $t->wismo('incident', 'add', '--carrier', 'ups', '--text',
                            'en=One', '--text', 'de=Eins');
chomp $out;
($status, $out) = $t->wismo('incident', 'change', $out, '--json', '--to', 'FR',
                            '--text', 'de=Zwei', '--text', 'fr=Deux');
my $changed = $json->decode($out);

is("$status $changed->{carrier} $changed->{to}", '0 ups FR',
   'changed: what is said, and what is not');
is_deeply($changed->{text}, { en => 'One', de => 'Zwei', fr => 'Deux' },
          'changed: texts');
is(($t->wismo('incident', 'change', $changed->{id}, '--until',
              '2020-01-01'))[0], 2, 'change: into the past');
$t->wismo('incident', 'end', $changed->{id});


# Rubbish in its place shows nowhere, is told, and makes room for the next

my $key = 'wo:{0}:!incidents';

$t->redis->call('SET', $key, '[{"id":"x","text":{"en":"Rubbish"}}]');
ok(wait_until(sub { $t->nginx->log =~ /stored of incidents is unusable/ }, 10),
   'rubbish is told');
ok(hides('Rubbish', 'I1'), 'and shows nowhere');
is($t->get('/track/I1')->status, 200, 'pages go on');

($status, $out, $err) = $t->wismo('incident', 'add', '--all', '--text',
                                  'en=After that');
like($err, qr/unusable/, 'the program says so, too');
ok(wait_until(sub { shows('After that', 'I1') }, 10), 'and the next one shows');
cmp_ok($t->redis->call('TTL', $key), '<=', 7 * 86400, 'no longer than a week');

# a worker that is new knows it as well

$t->nginx->reload;
ok(wait_until(sub { shows('After that', 'I1') }, 10), 'after a reload');

done_testing;
