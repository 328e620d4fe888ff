#!/usr/bin/perl

# A shop's old orders come in from a file: what is good goes in, what is not
# is named with line and place, and the same file twice changes nothing.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Process qw(slurp spew);
use Wismo::Test;
use Wismo::Seed;

use JSON::PP ();
use POSIX ();

my $json = JSON::PP->new->utf8->canonical;
my $t = Wismo::Test->new(carriers => ['ups']);
my $file = $t->dir . '/orders.ndjson';


sub import_lines {
    my ($lines, @options) = @_;

    spew($file, join '', map { (ref $_ ? $json->encode($_) : $_) . "\n" }
                             @$lines);

    return $t->wismo('import', $file, @options);
}


# What is in the file is on the page

{
    my ($status, $out) = import_lines([ order('1001'), order('1002') ],
                                      '--quiet');

    is($status, 0, 'exit status');
    like($out, qr/^2 orders loaded, 0 unchanged, 0 refused/, 'summary');

    my $order = $t->order('1001');

    is($order->{status}, 'in_transit', 'status');
    is($order->{parcels}[0]{source}, 'import', 'source');
    is(scalar @{ $order->{parcels}[0]{events} }, 2, 'history');
    like($t->get('/track/1001')->body, qr/<h1/, 'page');
}


# Twice is once

{
    my $before = $t->get('/track/1001')->header('etag');
    my ($status, $out) = import_lines([ order('1001'), order('1002') ],
                                      '--quiet', '--json');

    is($status, 0, 'again: exit status');
    is($json->decode($out)->{unchanged}, 2, 'again: nothing changes');
    is($t->get('/track/1001')->header('etag'), $before, 'the same page');
}


# An order that is there keeps its history and gets the new one

{
    my $order = order('1001');

    $order->{shipments}[0]{events} = [
        { time => '2026-11-23T12:00:00-05:00', status => 'delivered',
          description => 'Delivered' } ];

    my ($status) = import_lines([ $order ], '--quiet');

    is($status, 0, 'news: exit status');
    is($t->order('1001')->{status}, 'delivered', 'news: status');
    is(scalar @{ $t->order('1001')->{parcels}[0]{events} }, 3,
       'news: history is kept');
}


# One order twice in a file: both lines count

{
    my ($one, $two) = (order('1010'), order('1010'));

    $two->{shipments}[0]{events} = [
        { time => '2026-11-22T08:00:00-05:00', status => 'out_for_delivery' },
    ];

    my ($status) = import_lines([ $one, $two ], '--quiet');

    is($status, 0, 'twice in a file: exit status');
    is(scalar @{ $t->order('1010')->{parcels}[0]{events} }, 3,
       'twice in a file: nothing is lost');
}


# A faulty line is refused alone, with its place and what was expected

{
    my $typo = order('1103');
    $typo->{shipments}[0]{trackin_number} = 'x';

    my ($status, $out, $err) = import_lines([
        order('1101'), '{"number":', $typo,
        { number => '11 04', shipments => [] },
        { shipments => [] },
        { %{ order('1106') }, placed_at => '2026-02-30' },
        do { my $o = order('1107'); $o->{shipments}[0]{carrier} = 'dhl'; $o },
        '[]', "\xff\xfe", '', order('1110'),
    ], '--quiet', '--rejects', $t->dir . '/rejects');

    is($status, 1, 'faults: exit status');
    like($out, qr/^2 orders loaded, 0 unchanged, 8 refused/, 'faults: summary');
    ok($t->order('1101') && $t->order('1110'), 'good lines are in');

    like($err, qr/^\Q$file\E:2: .*JSON/m, 'broken JSON');
    like($err, qr{^\Q$file\E:3: /shipments/0/trackin_number: }m, 'typo');
    like($err, qr{^\Q$file\E:4: /number: expected}m, 'number');
    like($err, qr{^\Q$file\E:5: /number: expected}m, 'no number');
    like($err, qr{^\Q$file\E:6: /placed_at: expected}m, 'no such day');
    like($err, qr{^\Q$file\E:7: /shipments/0/carrier: .*"dhl"}m, 'carrier');
    like($err, qr/^\Q$file\E:8: /m, 'no object');
    like($err, qr/^\Q$file\E:9: /m, 'no UTF-8');

    is(scalar(() = slurp($t->dir . '/rejects') =~ /\n/g), 8,
       'refused lines are kept');
}


# A line without end, NULs, deep nesting: refused, and the rest goes in

{
    my ($status, $out, $err) = import_lines([
        '{"number":"1201","metadata":' . ('x' x 3_000_000) . '}',
        "\0\0\0", ('[' x 100_000), '{"number":"1204\u0000"}',
        order('1205'),
    ], '--quiet');

    is($status, 1, 'hostile: exit status');
    like($out, qr/^1 orders loaded, 0 unchanged, 4 refused/,
         'hostile: summary');
    like($err, qr/:1: expected a line of at most/, 'hostile: too long');
    ok($t->order('1205'), 'hostile: the good line is in');
}


# A rehearsal writes nothing and needs no Redis

{
    my ($status, $out) = $t->wismo({ env => { WISMO_CONFIG => '/nowhere' },
                                     stdin => $json->encode(order('1301'))
                                              . "\n" },
                                   'import', '-', '--dry-run', '--quiet');

    is($status, 0, 'dry run: exit status');
    like($out, qr/^1 orders checked/, 'dry run: summary');
    is($t->order('1301'), undef, 'dry run: nothing is written');
}


# Unusable arguments

{
    is(($t->wismo('import'))[0], 2, 'no file');
    is(($t->wismo('import', '--nonsense', $file))[0], 2, 'unknown option');

    my ($status, undef, $err) = $t->wismo('import', '/nowhere.ndjson');

    is($status, 1, 'missing file');
    like($err, qr{cannot open "/nowhere.ndjson"}, 'missing file: message');
    like(($t->wismo('import', '--help'))[1], qr/--dry-run/, 'help');
}


# Redis goes away and comes back while a file is read: nothing is lost

{
    my @orders = map { order("20$_") } '000' .. '999';

    spew($file, join '', map { $json->encode($_) . "\n" } @orders);

    $t->redis->pause;

    my $pid = fork // die "fork failed: $!\n";

    if ($pid == 0) {
        my ($status) = $t->wismo('import', '--quiet', $file);
        POSIX::_exit($status);
    }

    select undef, undef, undef, 0.5;
    $t->redis->cont;
    waitpid $pid, 0;

    is($? >> 8, 0, 'a pause of Redis: exit status');
    ok($t->order('20000') && $t->order('20999'),
       'a pause of Redis: all is in');
}


done_testing;
