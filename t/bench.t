#!/usr/bin/perl

# "make bench" works: a run so small that its figures mean nothing, but every
# part is there, the facts on the page were found and the sums are possible.
# The other harness's orders become lines that "wismo import" takes.
#
# Lane: plain

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(run spew);

use File::Temp;
use JSON::PP ();

my $build = $Wismo::Test::build;
my $dir = File::Temp->newdir;


sub bench {
    return run({ timeout => 60, env => { WISMO_BUILD => $build,
                 BENCH_SERVER_CPU => 0, BENCH_CLIENT_CPU => 0 } },
               "$FindBin::Bin/bench/run", @_);
}


{
    my ($status, $out, $err) = bench('--only', 'json,304', '--peers', 'nginx',
        qw(--orders 50 --rounds 1 --no-count --json));

    is($status, 0, 'a small run') or diag($out, $err);

    my $result = eval { JSON::PP->new->utf8->decode($out) } || {};
    my %row = map { ("$_->{group} $_->{name}" => $_) }
        @{ $result->{pages}{rows} };

    is_deeply([ sort keys %row ],
              [ sort 'json Wismo', 'json Wismo, from the zone', '304 Wismo',
                '304 Wismo, one read of Redis', '304 nginx, file',
                '304 nginx, file, open_file_cache' ], 'its rows');

    for my $name (sort keys %row) {
        my $row = $row{$name};

        cmp_ok($row->{cpu}{median}, '>', 1, "$name: CPU");
        cmp_ok($row->{rate}{median}, '>', 10, "$name: rate");
        cmp_ok($row->{rss}{median}, '>', 1000, "$name: memory");
    }

    cmp_ok($row{'json Wismo'}{body}{median}, '>',
           2 * $row{'304 Wismo'}{body}{median}, 'a 304 has no body');
    cmp_ok($row{'json Wismo'}{redis}{median}, '>', 1, 'Redis is asked');
    is($result->{pages}{import}{orders}, 50, 'orders were imported');
    like($err, qr/^100%/m, 'it tells how far it is');
}


{
    my ($status, $out, $err) = bench(qw(--only sse --streams 40 --rounds 1
                                        --json));

    is($status, 0, 'live pages') or diag($out, $err);

    my $result = eval { JSON::PP->new->utf8->decode($out) } || {};

    for my $row (@{ $result->{sse}{rows} }) {
        cmp_ok($row->{$_}{median}, '>', 0, "$row->{name}, $row->{mode}: $_")
            for qw(cpu wall half);
    }

    is(scalar @{ $result->{sse}{rows} || [] }, 4, 'of both sides, both ways');
}


{
    my ($status, $out, $err) = bench(qw(--only timing --samples 20 --rounds 2
                                        --no-count --json));

    is($status, 0, 'failures') or diag($out, $err);

    my $timing = (eval { JSON::PP->new->utf8->decode($out) } || {})->{timing};

    is(join(' ', map { scalar @{ $timing->{$_} || [] } } qw(form page link)),
       '4 4 3', 'of all kinds');

    for my $row (map { @{ $timing->{$_} || [] } } qw(form page link)) {
        cmp_ok($row->{n}, '==', 20, "$row->{kind}: as often as it was said");
        cmp_ok($row->{latency}, '>', 5, "$row->{kind}: it takes its time");
        cmp_ok($row->{cpu_us}{median}, '>', 1, "$row->{kind}: and CPU");
    }

    cmp_ok($_->{latency}, '>', 99_000, "$_->{kind}: after 100 ms")
        for @{ $timing->{form} };
}


{
    my ($status, $out, $err) = bench('--only', 'nothing');

    isnt($status, 0, 'an unknown part');
    like($err, qr/"nothing" is no part.*--only LIST/s, 'says so');
}


# The same order twice is the same, whatever the number of orders.

{
    mkdir "$dir/$_" for qw(a b);

    for my $made ([ 3, 'a' ], [ 2, 'b' ]) {
        my ($status) = run({}, "$FindBin::Bin/bench/orders", $made->[0],
                           "$dir/$made->[1]");
        is($status, 0, "$made->[0] orders");
    }

    my ($status, $out) = run({}, 'sh', '-c',
        "head -n 2 $dir/a/orders.ndjson | cmp - $dir/b/orders.ndjson");

    is($status, 0, 'orders are the same every time') or diag($out);
}


{
    my $event = { t => 1767650705, tz => -300, st => 'exception',
                  loc => 'Here', desc => 'A "note"' };

    spew("$dir/other", JSON::PP->new->canonical->encode({
        v => 1, id => 'X-1', status => 'exception', placed => 1767600000,
        promised => 1767900000, edd => 1767900000, tz => 90,
        first_name => 'Ann',
        items => [ { sku => 'S-1', name => 'Thing', qty => 2 } ],
        parcels => [ { carrier => 'royalmail', carrier_name => 'Royal Mail',
                       tracking => 'AB1', url => 'https://shop.example/AB1',
                       status => 'exception', events => [ $event ] } ],
    }) . "\n");

    my ($status, $out, $err) = run({}, 'jq', '-c', '-f',
        "$FindBin::Bin/bench/convert.jq", "$dir/other");

    is($status, 0, 'conversion') or diag($err);

    my $order = eval { JSON::PP->new->utf8->decode($out) };

    is($order->{number}, 'X-1', 'number');
    is($order->{placed_at}, '2026-01-05T09:30:00+01:30', 'time, east');
    is_deeply($order->{items}, [ { id => 'i1', sku => 'S-1', name => 'Thing',
                                   quantity => 2 } ], 'items');
    is_deeply($order->{shipments}[0]{events},
              [ { time => '2026-01-05T17:05:05-05:00', place => 'Here',
                  status => 'attempt_failed', description => 'A "note"' } ],
              'events');

    spew("$dir/lines", $out);
    ($status, $out, $err) = run({}, "$build/wismo", 'import', '--dry-run',
                                '--any-carrier', "$dir/lines");
    is($status, 0, '"wismo import" takes it') or diag($err);
}


{
    my ($status, $out, $err) = bench(qw(--only hooks --samples 200 --no-count
                                        --json));

    is($status, 0, 'deliveries are timed') or diag($out, $err);

    my $result = eval { JSON::PP->new->utf8->decode($out) } || {};

    is(scalar @{ $result->{hooks}{kinds} || [] }, 8,
       'of four kinds, alone and at once');

    for my $row (@{ $result->{hooks}{kinds} || [] }) {
        cmp_ok($row->{p99}, '>=', $row->{p50},
               "$row->{kind}, $row->{at_once} at once: times");
        cmp_ok($row->{p50}, '>', 0, '... above nothing');
    }
}


done_testing;
