#!/usr/bin/perl

# Pages in a real browser: every state, accessible at WCAG 2.2 AA, with
# nothing its policy refuses and nothing from elsewhere; by keyboard, at 400 %,
# without scripts, on paper; and a change that is seen without a reload.
#
# "make browser" has every state in every language, theme and width, and
# Lighthouse; WISMO_BROWSER=lighthouse only that, WISMO_BROWSER=shots makes the
# pictures of the documents.
#
# Lane: plain

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Browser;
use Wismo::Process qw(run spew slurp);
use Wismo::Seed qw(seed);

use JSON::PP ();
use POSIX qw(strftime);

my $json = JSON::PP->new->utf8->canonical;
my $how = $ENV{WISMO_BROWSER} // '';
my $chromium = chromium();

alarm($how ? 2400 : 600);


my $source = "$FindBin::Bin/browser";
my $modules = npm($source);


# The languages that there are, of those that differ most

my @langs = ('en', (grep { -e "$FindBin::Bin/../html/locales/$_.json" }
                    qw(de ar)), 'en-XA');

my $t = Wismo::Test->new(fetcher => 1, start => 0,
    http => 'wismo_brands %%DIR%%/brands;', locations => <<'EOT');
        location /full/ { wismo_track; wismo_order_only full; }
        location /track/ { wismo_track; wismo_lookup_mail on; }
        location /closed/ { wismo_track; wismo_order_only none;
                            wismo_lookup_mail on; }
        location = /wismo/ready { wismo_health ready; }
EOT
my $dir = $t->dir;

mkdir "$dir/brands";
spew("$dir/brands/default.json", $json->encode({
    name    => 'Northwind',
    locales => \@langs,
    urls    => { shop => 'https://shop.example/',
                 privacy => 'https://shop.example/privacy',
                 contact => 'mailto:help@shop.example?subject={order}' },
    support => { email => 'help@shop.example', phone => '+32 9 123 45 67' },
}));

# The browser keeps the machine busy: what Redis says late is still right.

$t->{opt}{conf} = $t->conf
    =~ s/(wismo_redis %%REDIS%%)/$1 timeout=5s connect_timeout=5s/r;
$t->nginx->start($t->conf);
wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';


# An order for each sub-status that an event can have

sub ago { return strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time - 3600 * $_[0])) }

sub events {
    my ($status, $sub, $more) = @_;

    return [
        { time => ago(3), status => $status, substatus => $sub,
          description => 'What the carrier says of it, "as is" & whole',
          place => 'Louisville, KY, US', %{ $more || {} } },
        { time => ago(20), status => 'in_transit',
          substatus => 'departed_facility', place => 'Newark, NJ, US',
          description => 'Departed from a facility with quite a long name' },
        { time => ago(30), status => 'picked_up', description => 'Picked up',
          place => 'Newark, NJ, US' },
    ];
}

sub one {
    my ($number, @shipments) = @_;
    my $n = 0;

    return {
        number => $number, placed_at => ago(50),
        customer => { name => 'Ann Example', email => 'ann@shop.example' },
        ship_to => { name => 'Ann Example', line1 => '1 Main Street',
                     city => 'Springfield', postal_code => '12345',
                     country => 'US' },
        items => [ { id => 'lamp', name => 'Desk lamp with a long name',
                     quantity => 2, sku => 'LAMP-7' },
                   { id => 'shade', name => 'Shade', quantity => 1 } ],
        shipments => [ map {
            { carrier => 'ups',
              tracking_number => sprintf('1Z9999%04d%d', length $number, ++$n),
              items => [ { id => 'lamp', quantity => 1 } ],
              events => $_ }
        } @shipments ],
    };
}

my $words = $json->decode(slurp("$FindBin::Bin/../html/locales/en.json"));
my @states = map {
    my $status = $_;
    map { [ $status, $_ ] } sort keys %{ $words->{status}{$status} }
} sort keys %{ $words->{status} };

# those that only our own clock can tell are refused

$t->wismo({ stdin => join '', map {
    $json->encode(one("S-$_->[0]-$_->[1]", events(@$_))) . "\n"
} @states }, 'import', '-', '--any-carrier', '--quiet');

my @orders = grep { $t->get("/track/$_.json")->status == 200 }
    map { "S-$_->[0]-$_->[1]" } @states;

cmp_ok(scalar @orders, '>=', 60, 'the states');


# And one for each that a return can be in, beside what has arrived

my %returns = (
    registered => [ 'label_created', 'announced' ],
    sent       => [ 'picked_up', 'dropped_off' ],
    moving     => [ 'in_transit', 'moving' ],
    late       => [ 'delayed', 'generic' ],
    problem    => [ 'on_hold', 'generic' ],
    received   => [ 'delivered', 'generic' ],
    refunded   => [ 'returned', 'refunded' ],
    cancelled  => [ 'cancelled', 'by_recipient' ],
);

is_deeply([ sort keys %returns ], [ sort keys %{ $words->{returns} } ],
          'all that a return can be');

for (sort keys %returns) {
    my $order = one("R-$_", events('delivered', 'signed'),
                    events(@{ $returns{$_} }));

    $order->{shipments}[1]{leg} = 'return';
    seed($t, $order);
    push @orders, "R-$_";
}

seed($t, one('LONG', events('delivered', 'neighbour'),
                     events('out_for_delivery', 'on_vehicle')),
         one('PHONE', events('delivered', 'neighbour')),
         one('LIVE', events('in_transit', 'moving')),
         one('REVOKED', events('in_transit', 'moving')),
         one('SAID', events('delivered', 'generic')));


# What is committed while the browser looks

my @commits;

for my $next ([ 'out_for_delivery', 'on_vehicle' ],
              [ 'attempt_failed', 'absent' ], [ 'delivered', 'generic' ])
{
    my $file = "$dir/commit-" . @commits . '.json';

    # a later event goes before those that were known

    my $n = @commits;
    my $order = one('LIVE', [
        { time => ago(2 - $n / 2), status => $next->[0],
          substatus => $next->[1], description => 'News', place => 'Here' } ]);

    spew($file, $json->encode($order) . "\n");
    push @commits, [ 'env', "WISMO_CONFIG=$dir/state/wismo.json",
        "$dir/bin/wismo", 'import', '--quiet', '--any-carrier', $file ];
}

my $base = 'http://127.0.0.1:' . $t->port;

sub closed { return $base . $t->link($_[0]) =~ s{^/track/}{/closed/}r }

spew("$dir/browser.json", $json->encode({
    base     => "$base/full/",
    minimal  => "$base/track/",
    closed   => "$base/closed/",
    orders   => \@orders,
    langs    => \@langs,
    all      => $how eq 'all' ? JSON::PP::true : JSON::PP::false,
    live     => { number => 'LIVE', commits => \@commits },
    revoked  => { link => closed('REVOKED'), revoke => [ 'env',
                  "WISMO_CONFIG=$dir/state/wismo.json", "$dir/bin/wismo",
                  qw(order link REVOKED --revoke) ] },
    feedback => closed('SAID'),
    long     => 'LONG',
    phone    => 'PHONE',
    chromium => $chromium,
    $how eq 'shots' ? (shots => "$FindBin::Bin/../docs") : (),
}));

if ($how ne 'lighthouse') {
    my ($status, $out, $err) = run({
        timeout => $how ? 1700 : 400,
        env => { NODE_PATH => "$modules/node_modules" },
    }, 'node', "$source/run.js", "$dir/browser.json");

    is($status, 0, 'the browser') or diag($err);

    while ($out =~ /^(not )?ok \d+ - (.*)\n((?:#.*\n)*)/mg) {
        ok(!$1, $2) or diag($3 =~ s/^# //mgr);
    }

    like($out, qr/^1\.\.\d+$/m, 'all of it') or diag($out);

    my $said;

    wait_until {
        ($said) = map { $_ eq '' ? () : $json->decode($_)->{feedback} || () }
                  ($t->wismo(qw(order show SAID --json)))[1];
    } 10, 'feedback' if $how ne 'shots';
    is($said->{comment}, 'Quick, & "well" packed', 'feedback: it is kept')
        if $how ne 'shots';
}


# Lighthouse, on a phone as it sees one

if ($how =~ /^(?:all|lighthouse)$/) {
    my $lighthouse = npm("$source/lighthouse");
    my ($failed, $report, $why) = run({
        timeout => 180, env => { CHROME_PATH => $chromium },
    }, 'node', "$lighthouse/node_modules/lighthouse/cli/index.js",
        "$base/full/LONG", '--quiet', '--output=json', '--output-path=stdout',
        '--only-categories=performance,accessibility',
        '--skip-audits=is-crawlable', '--chrome-flags=--headless=new '
        . '--no-sandbox --disable-gpu --disable-dev-shm-usage');

    is($failed, 0, 'Lighthouse') or diag($why);

    my $score = eval { $json->decode($report)->{categories} } || {};

    for my $name (qw(performance accessibility)) {
        cmp_ok($score->{$name}{score} // 0, '>=', 0.99, "Lighthouse: $name");
    }
}

done_testing;
