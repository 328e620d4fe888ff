#!/usr/bin/perl

# Replies of megabytes, plain and packed: the fetcher takes no more of them
# than a reply may have, in no time, and says so; what is stored stays, and
# whoever answers as usual is asked as usual.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;

use JSON::PP ();
use Wismo::Process qw(slurp);

my $json = JSON::PP->new->utf8->canonical;
my $t = Wismo::Test->new(carriers => [qw(ups fedex)], fetcher => 1,
    scale => 7200, sim => { start => '-3d', scale => 0 });
my $sim = $t->sim;
my ($ups, $fedex) = ('1ZW15M090345000012', '489977300001');

# a sanitizer's shadow is memory, too
my $room = ($ENV{WISMO_BUILD} // '') =~ /asan/ ? 64_000 : 6_000;

sub said {
    my $text = $json->encode($t->order($_[0]));

    return $text =~ s/"(?:next_)?check(?:ed)?_at":(?:null|"[^"]*"),?//gr;
}

sub of_fetcher {
    my ($field) = @_;
    my ($pid) = $t->fetchers;

    return slurp("/proc/$pid/status") =~ /^$field:\s+(\d+)/m ? $1 : undef;
}

sub cpu {
    my ($pid) = $t->fetchers;
    my @stat = split / /, slurp("/proc/$pid/stat") =~ s/.*\) //sr;

    return ($stat[11] + $stat[12]) / 100;
}

sub status {
    my ($exit, $out) = $t->wismo('carrier', 'status', '--json', 'ups');

    return $json->decode($out)->{carriers}[0];
}

$sim->load(script => 'ups-delivered', number => $ups, age => '21h');
$sim->load(script => 'fedex-transit', number => $fedex, age => '30h');
$t->put_order('U1', { shipments => [ { carrier => 'ups',
    tracking_number => $ups } ] });
$t->put_order('F1', { shipments => [ { carrier => 'fedex',
    tracking_number => $fedex } ] });
$t->wait_order($_, sub { $_->{status} eq 'in_transit' }) for qw(U1 F1);

my $good = said('U1');
my ($pid) = $t->fetchers;

for my $kind ([ huge => 5_000_000 ], [ bomb => 5_000_000 ],
              [ huge => 50_000_000 ], [ bomb => 100_000_000 ])
{
    my $name = sprintf '%s of %d MB', $kind->[0], $kind->[1] / 1e6;
    my ($most, $cpu) = (of_fetcher('VmHWM'), cpu());
    my $faults = $sim->count('ups', 'faults');
    my $others = $sim->count('fedex');
    my $failed = status()->{outcomes}{retry};

    $sim->fault(carrier => 'ups', kind => $kind->[0], bytes => $kind->[1],
                times => 2);

    ok(scalar(wait_until { $sim->count('ups', 'faults') >= $faults + 2 } 60),
       "$name: was sent");
    ok(scalar(wait_until { status()->{outcomes}{retry} >= $failed + 2 } 30),
       "$name: counted as failed") or diag($json->encode(status()));

    my $checked = $t->order('U1')->{checked_at};

    $t->wait_order('U1', sub { $_->{checked_at} gt $checked });
    is(said('U1'), $good, "$name: what is stored stays");

    my $grown = of_fetcher('VmHWM') - $most;
    cmp_ok($grown, '<', $room, "$name: takes $grown kB of memory");

    my $spent = cpu() - $cpu;
    cmp_ok($spent, '<', 5, "$name: takes $spent s");

    cmp_ok($sim->count('fedex'), '>', $others, "$name: others are asked");
}

is(join(' ', $t->fetchers), $pid, 'it is the same fetcher');
ok($t->nginx->log =~ /carrier ups: the reply is too large/,
   'the log says what was wrong');

done_testing;
