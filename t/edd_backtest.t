#!/usr/bin/perl

# Lane: plain
#
# "wismo edd backtest": how good predictions would have been.  No prediction
# may know what happened later, whatever the order of the rows; ranges must
# hold what they say while the level drifts; a file with faults is told where.

use strict;
use warnings;

use File::Temp;
use FindBin;
use JSON::PP;
use Test::More;

use lib "$FindBin::Bin/lib";
use Wismo::History;

chdir "$FindBin::Bin/.." or die "chdir: $!\n";

my $build = $ENV{WISMO_BUILD} || 'build';
my $program = $ENV{WISMO_PROGRAM} || "$build/wismo";
my $dir = File::Temp->newdir;

$ENV{UBSAN_OPTIONS} = 'print_stacktrace=1:halt_on_error=1';

sub run {
    my (@args) = @_;

    my $status = system "timeout 120 $program edd backtest -q @args "
                        . ">$dir/out 2>$dir/err";

    return ($status >> 8, map {
        open my $fh, '<:raw', "$dir/$_" or die "$dir/$_: $!\n";
        local $/;
        scalar(<$fh>) // '';
    } qw(out err));
}

sub backtest {
    my ($name, @args) = @_;

    my ($status, $out, $err) = run(@args);

    is($status, 0, "$name: exit status") or diag($err);

    return eval { decode_json($out) } || {};
}

sub text_file {
    my ($text) = @_;

    open my $fh, '>:raw', "$dir/text.csv" or die "$dir/text.csv: $!\n";
    print $fh $text;
    close $fh or die "$dir/text.csv: $!\n";

    return "$dir/text.csv";
}

sub lines {
    my ($file) = @_;

    open my $fh, '<:raw', $file or die "$file: $!\n";

    return <$fh>;
}


# Drift: the level rises to 1.6 times and falls to 0.6, twice.

my @rows = history(n => 5000, drift => 0.5);

write_history("$dir/drift.csv", @rows);

my $told = backtest('drift', "$dir/drift.csv --from 2017-05-01",
                    "-p $dir/all.csv");

for my $stage (qw(purchase handover)) {
    my $own = $told->{$stage};

    cmp_ok($own->{n}, '>', 3000, "$stage: parcels are scored");
    cmp_ok($own->{mae_ratio}, '<', 0.95,
           "$stage: nearer than the lane's median");
    cmp_ok($own->{coverage80}, '>', 0.76, "$stage: ranges hold");
    cmp_ok($own->{coverage80}, '<', 0.86, "$stage: and not by being wide");
    cmp_ok($own->{mean_width_days}, '<', $own->{lane_median}{mean_width_days},
           "$stage: they are narrower than the lane's");
    is($own->{promise}{n}, $own->{n}, "$stage: the promise is measured");
}


# The order of the rows is nobody's business.

write_history("$dir/shuffled.csv",
              sort { reverse($a->{order_id}) cmp reverse($b->{order_id}) }
              @rows);

my $again = backtest('shuffled', "$dir/shuffled.csv --from 2017-05-01");

delete @$_{'seconds'} for $told, $again;
is_deeply($again, $told, 'rows in another order say the same');


# What is not known yet has no say.  Of the parcels that were not delivered at
# a moment all that comes later is changed: what was said until then stays.

my $moment = '2017-11-01T00:00:00';
my $none = 0;

for my $row (@rows) {
    next if $row->{delivered_at} lt $moment;

    $row->{delivered_at} = '2018-12-24T12:00:00';
    $row->{shipped_at} = '2018-12-23T12:00:00'
        if $row->{shipped_at} ge $moment;

    if ($row->{purchased_at} ge $moment) {
        $row->{destination} = 'US-NY-10001';
        $row->{promised_at} = '';
    }

    $none++;
}

cmp_ok($none, '>', 500, 'the future is another');

write_history("$dir/other.csv", @rows);
backtest('other future', "$dir/other.csv --from 2017-05-01",
         "-p $dir/changed.csv");

my %bought = map { $_->{order_id} => $_->{purchased_at} } @rows;
my %shipped = map { $_->{order_id} => $_->{shipped_at} } @rows;

sub said_before {
    my ($file) = @_;
    my %said;

    for my $line (lines($file)) {
        my ($id, $stage, @days) = split /,/, $line =~ tr/"\n//dr;
        next if $id eq 'order_id';

        my $at = $stage eq 'purchase' ? $bought{$id} : $shipped{$id};
        next if $at ge $moment;

        $said{"$id $stage"} = join ' ', @days[0 .. 2];
    }

    return \%said;
}

my ($then, $now) = map { said_before($_) } "$dir/all.csv", "$dir/changed.csv";

cmp_ok(scalar(keys %$now), '>', 4000, 'predictions before that moment');
is_deeply($now, $then, 'say the same whatever comes later');


# What is not a file of parcels.

my $head = "order_id,destination,purchased_at,shipped_at,delivered_at\n";

for my $case (
    ['an empty file', '', qr/is empty: expected a header/],
    ['no header', "a,b,c\n1,2,3\n",
     qr/text\.csv:1: expected a header .*"destination" is missing/],
    ['a column twice', "destination,destination\n",
     qr/:1: the column "destination" is there twice/],
    ['no rows', $head, qr/there is no delivered parcel/],
    ['fields are missing', $head . "1,DE\n",
     qr/:2: expected 5 fields as in the header, got 2/],
    ['no time', $head . "1,DE,yesterday,,2018-01-01\n",
     qr/:2: purchased_at "yesterday": expected a time/],
    ['no such day', $head . "1,DE,2018-02-30,,2018-03-01\n",
     qr/:2: purchased_at "2018-02-30": expected a time/],
    ['delivered before it was bought',
     $head . "\n1,DE,2018-02-03,,2018-02-01\n",
     qr/:3: delivered_at "2018-02-01": is before purchased_at/],
    ['no place', $head . "1,Berlin,2018-02-03,,2018-02-05\n",
     qr/:2: destination "Berlin": expected a place/],
    ['a quote that does not close',
     $head . "1,DE,2018-02-03,,\"2018-02-05\n1,DE,2018-02-03,,2018-02-05\n",
     qr/:2: a quote that opens here and does not close/],
    ['a quote within', $head . "1,D\"E,2018-02-03,,2018-02-05\n",
     qr/:2: a quote where none may be/],
    ['bytes', "\0\xff\xfe" x 400, qr/:1: expected a header/],
) {
    my ($name, $text, $expected) = @$case;
    my ($status, $out, $err) = run(text_file($text));

    is($status, 1, "$name: exit status");
    like($err, $expected, "$name: told");
    is($out, '', "$name: no figures") unless $name =~ /^zz/;
}


# A fault takes its row and no other; a quote and a byte order mark are CSV.

my ($status, $out, $err) = run(text_file(
    "\xef\xbb\xbfdelivered_at;purchased_at;note;destination\r\n"
    . join('', map { "2018-03-0$_;\"2018-03-01\";\"a \"\"b\"\"\";DE\r\n" }
           1 .. 9)
    . "never;2018-03-01;;DE\r\n;2018-03-01;;DE\r\n"));

my $json = eval { decode_json($out) } || {};

is($status, 1, 'a refused row: exit status');
like($err, qr/text\.csv:11: delivered_at "never"/, 'a refused row: told');
is($json->{rows}, 11, 'all rows are read');
is($json->{refused}, 1, 'one is refused');
is($json->{undelivered}, 1, 'one is not delivered yet');
is($json->{purchase}{n}, 0, 'nothing is said before enough is learnt');
is($json->{purchase}{unsaid}, 9, 'which is counted');
is($json->{purchase}{mae_days}, undef, 'and no figure made of it');

my $many = text_file($head . "1,DE,x,,2018-01-01\n" x 100);
($status, $out, $err) = run($many);
is(() = $err =~ /^\S+:\d+: /mg, 20, 'many faults: the first are told');
like($err, qr/80 more rows are refused/, 'many faults: the rest counted');

($status) = run("$dir/drift.csv --from yesterday");
is($status, 2, '--from without a day: unusable arguments');
($status, $out, $err) = run("$dir/none.csv");
is($status, 1, 'no such file');
like($err, qr/cannot open ".*none\.csv"/, 'no such file: told');

done_testing;
