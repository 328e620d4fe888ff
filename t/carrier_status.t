#!/usr/bin/perl

# "wismo carrier status": what fetchers do stands in Redis, carrier by carrier,
# and the operator sees it: calls and outcomes, quota, pauses, lag, codes no
# table knows, replies nobody could read, which can be looked at.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;

use JSON::PP ();
use Wismo::Process qw(slurp spew spawn end);

my $json = JSON::PP->new->utf8;
my $t = Wismo::Test->new(carriers => [qw(ups fedex easypost)], start => 0,
    sim => { start => '-3d', scale => 0 });
my ($sim, $dir) = ($t->sim, $t->dir);
my $file = $t->dir . '/share/carriers/ups.json';

spew($file, slurp($file)
     =~ s/"ask"\s*:/"limits": [{"n": 5000, "per": "day"}], "ask":/r);
$t->start;

# A fetcher by itself: its log is JSON

my $conf = $json->decode(slurp("$dir/state/wismo.json"));
$conf->{scale} = 3600;
spew("$dir/fetcher.json", $json->encode($conf));

my $fetcher = spawn("$dir/fetcher.log", {}, "$dir/bin/wismo", '--share',
                    "$dir/share", 'fetch', '--config', "$dir/fetcher.json");


sub status {
    my (@args) = @_;
    my ($exit, $out, $err) = $t->wismo('carrier', 'status', '--json', @args);

    return { exit => $exit, err => $err } if $exit;
    return { exit => 0, map { $_->{carrier} => $_ }
             @{ $json->decode($out)->{carriers} } };
}

sub put {
    my ($number, $carrier, $tracking) = @_;

    $t->put_order($number, { shipments => [ { carrier => $carrier,
        tracking_number => $tracking } ] });
}

sub told(&$) {
    my ($code, $name) = @_;

    ok(scalar(wait_until { local $_ = status(); $code->() } 30), $name)
        or diag($json->encode(status()));
}


# Nothing yet

{
    my $all = status();

    is(join(' ', sort grep { $_ ne 'exit' } keys %$all), 'easypost fedex ups',
       'those that nginx.conf names');
    is($all->{ups}{scheduled}, 0, 'none scheduled');
    is_deeply($all->{ups}{quota}, [ { n => 5000, per_s => 86400,
                                      left => 5000 } ], 'all of its quota');
    is($all->{ups}{pause}, undef, 'no pause');
}


# At work

my @numbers = map { sprintf '1ZW15M0903450%05d', $_ } 1 .. 4;

$sim->load(script => 'ups-delivered', number => $_, age => '21h')
    for @numbers;
put("A$_", ups => $numbers[$_ - 1]) for 1 .. 4;
put('N1', fedex => '489977199999');

$t->wait_order("A$_", sub { $_->{status} eq 'in_transit' }) for 1 .. 4;

told { $_->{ups}{calls} >= 4 && $_->{ups}{outcomes}{ok} >= 4
       && $_->{ups}{changed} >= 4 && $_->{ups}{unchanged} > 0 }
    'calls and outcomes';
told { $_->{fedex}{outcomes}{not_found} > 0 } 'not found';

{
    my $all = status();

    is($all->{ups}{scheduled}, 4, 'scheduled');
    is($all->{fedex}{scheduled}, 1, 'scheduled at another');
    is($all->{easypost}{calls}, 0, 'nothing at a third');
    cmp_ok($all->{ups}{quota}[0]{left}, '<=', 4996, 'quota is used');
    cmp_ok($all->{ups}{lag_s}, '<', 60, 'no lag to speak of');
    is_deeply($all->{ups}{unmapped}, [], 'all codes are known');
    is_deeply($all->{ups}{samples}, [], 'all replies could be read');
}


# A code that no table knows

$sim->load(number => '1ZW15M090345000099', age => '1h', script => {
    carrier => 'ups', number => '1ZW15M090345000099', to => 'seattle',
    events => [ { at => '0h', type => 'I', code => 'Q9', status => '999',
                  text => 'Something new' } ] });
put('U1', ups => '1ZW15M090345000099');
told { grep { $_->{code} eq 'I/Q9' && $_->{n} > 0
              && $_->{seen} =~ /^\d{4}-.*Z$/ } @{ $_->{ups}{unmapped} } }
    'an unknown code, how often and when';


# A reply nobody can read: kept, for whoever can

$sim->fault(carrier => 'ups', kind => 'html', times => 1);
told { $_->{ups}{rejects} >= 1 && @{ $_->{ups}{samples} } } 'a reject';

{
    my ($sample) = @{ status('ups')->{ups}{samples} };

    is($sample->{http}, 200, 'sample: its status');
    ok(length $sample->{why}, 'sample: why');

    my ($exit, $out) = $t->wismo('carrier', 'status', 'ups', '--sample');

    is($exit, 0, 'sample: shown');
    is(length $out, $sample->{bytes}, 'sample: whole');
    like($out, qr/<html/i, 'sample: as it came');
    is(($t->wismo('carrier', 'status', 'fedex', '--sample'))[0], 1,
       'sample: none of another');

    my ($key) = grep { /^wq:.*:r$/ } @{ $t->redis->call('KEYS', 'wq:*') };
    my $ttl = $t->redis->call('TTL', $key);

    ok($ttl > 6 * 86400 && $ttl <= 7 * 86400, 'sample: for seven days');
}


# Large ones are cut, and few are kept

{
    my $key = 'wq:{ups}:r';

    $sim->fault(carrier => 'ups', kind => 'huge', bytes => 200_000,
                times => 1);
    told { @{ $_->{ups}{samples} } >= 2
           || $_->{ups}{outcomes}{retry} >= 2 } 'a large one';

    cmp_ok(length, '<=', 65536 + 256, 'a sample has a bound')
        for @{ $t->redis->call('LRANGE', $key, 0, -1) };
}


# A pause is seen, and why

$sim->fault(carrier => 'ups', kind => 'status', status => 429,
            retry_after => 600);
told { $_->{ups}{pause} && $_->{ups}{pause}{s} > 300
       && $_->{ups}{pause}{why} =~ /quota/ } 'a pause, its length and reason';
told { $_->{ups}{outcomes}{throttled} > 0 } 'throttled';


# With parcels due that may not be asked about: lag

told { $_->{ups}{due} >= 1 && $_->{ups}{lag_s} >= 1 } 'lag';


# For people

{
    my ($exit, $out) = $t->wismo('carrier', 'status');

    is($exit, 0, 'the table');
    like($out, qr/^CARRIER\s+SCHEDULED/, 'its head');
    like($out, qr/^ups\s+5\s.*\d+\/5000\s+paused for .*quota/m, 'its lines');
    like($out, qr{^ups: no table knows the code "I/Q9"}m, 'codes');
    like($out, qr/^ups: could not be read, or believed: \d+ bytes/m, 'rejects');
}


# The log, for programs: at the latest when the fetcher ends

{
    ok(end($fetcher, 'TERM', 10), 'the fetcher ends');

    my @lines = grep { $_->{msg} eq 'carrier' && $_->{carrier} eq 'ups' }
        map { $json->decode($_) } split /\n/, slurp("$dir/fetcher.log");
    my ($sum, @paused) = 0;

    cmp_ok(@lines, '>=', 1, 'a line for each carrier');

    for my $line (@lines) {
        $sum += $line->{calls} // 0;
        push @paused, $line if $line->{paused_s};
    }

    cmp_ok($sum, '>=', 4, 'its calls');
    ok((grep { $_->{unmapped}{'I/Q9'} } @lines), 'its unknown codes');
    ok((grep { $_->{rejects} } @lines), 'its rejects');
    like($paused[0]{why} // '', qr/quota/, 'why it may not be asked');
    is($lines[-1]{quota}[0]{n}, 5000, 'its quota');
    cmp_ok($lines[-1]{lag_s}, '>=', 1, 'its lag');
}


# Calls nobody can mean

for my $case ([ 2, 'nobody' ], [ 2, '--hours', '0' ], [ 2, '--hours', 'x' ],
              [ 2, '--sample', 'ups', 'fedex' ], [ 2, '--sample=9', 'ups' ],
              [ 2, '--nonsense' ], [ 0, '--help' ], [ 0, '--hours', '1' ])
{
    my ($want, @args) = @$case;

    is(($t->wismo('carrier', 'status', @args))[0], $want, "status @args");
}

$t->redis->kill;
is(status()->{exit}, 1, 'without Redis: exit status');

done_testing;
