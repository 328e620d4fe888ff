package Wismo::Seed;

# Orders with a history, put in by "wismo import": what a page is made of,
# without carriers.  Needs an instance with fetcher => 1.
#
#   seed($t, order('1001'), order('1002', brand => 'acme'));
#   damage($t, '1001', sub { substr $_, 200, 10, 'x' x 10 });
#   kept($t, sub { $t->get('/track/1001') });  # once Redis is not asked for it
#   newer($t, '1001', by => 1, status => 5);   # another version; its number

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();

use Wismo::Process qw(wait_until slurp);

our @EXPORT = qw(order seed key document parts estimated damage
                 newer kept);

my $json = JSON::PP->new->utf8->canonical;


# Every order has its own marker in what only the full view may show.

sub order {
    my ($number, %more) = @_;

    return {
        number    => "$number",
        placed_at => '2026-11-20T09:00:00Z',
        customer  => { name => "Customer-$number",
                       email => "mail-$number\@shop.example" },
        ship_to   => { name => "Customer-$number", line1 => "Street-$number",
                       city => "City-$number", country => 'US' },
        items     => [ { id => 'lamp', name => "Lamp-$number",
                         quantity => 1 } ],
        shipments => [ {
            carrier         => 'ups',
            tracking_number => "1Z" . ($number =~ s{[^A-Za-z0-9]}{}gr),
            items           => [ { id => 'lamp', quantity => 1 } ],
            events          => [
                { time => '2026-11-21T10:05:00-05:00',
                  status => 'in_transit', substatus => 'departed_facility',
                  description => "Departed-$number",
                  place => "Place-$number" },
                { time => '2026-11-20T18:00:00-05:00',
                  status => 'picked_up', description => 'Picked up',
                  place => 'Louisville, KY, US' },
            ],
        } ],
        %more,
    };
}


sub seed {
    my ($t, @orders) = @_;

    my $text = join '', map { $json->encode($_) . "\n" } @orders;

    my ($status, $out, $err) = $t->wismo({ stdin => $text },
        'import', '-', '--any-carrier', '--quiet');

    die "wismo import: $status\n$out$err" if $status != 0;
}


# crc32("default/" order) mod 1024, by the documented scheme

sub key {
    my ($number) = @_;
    my $crc = 0xffffffff;

    for my $byte (unpack 'C*', "default/$number") {
        $crc ^= $byte;
        $crc = $crc & 1 ? ($crc >> 1) ^ 0xedb88320 : $crc >> 1 for 1 .. 8;
    }

    my $bucket = ($crc ^ 0xffffffff) % 1024;

    return "wo:{$bucket}:$number";
}


sub document {
    my ($t, $number) = @_;

    return $t->redis->call('GET', key($number));
}


# A document's header with its parcels' lines, and its two views.

sub parts {
    my ($document) = @_;
    my ($minimal, $full, $parcels) = $document
        =~ /^WO3 .{51} (\d{6}) (\d{6}) .* (\d\d)\n/ or die "no header";
    my ($head) = $document =~ /^((?:[^\n]*\n){@{[1 + $parcels]}})/;

    return ($head, substr($document, length $head, $minimal),
            substr($document, length($head) + $minimal, $full));
}


# The same document with an estimate, which it had none of, and without its
# index.  The lengths of both views are in the header, and after it where each
# parcel's times are, which stand behind the order's estimate.

sub estimated {
    my ($document, $estimate) = @_;
    my ($head, @views) = parts($document);
    my @more = map { -length } @views;

    s/"estimate":null/"estimate":$estimate/ for @views;

    $more[$_] += length $views[$_] for 0, 1;
    substr($head, 51, 4) = sprintf '%04d', substr($head, 51, 4) & ~6;
    substr($head, 56, 13) = sprintf '%06d %06d', map { length } @views;
    $head =~ s/ (\d{6}) (\d{6})$/sprintf ' %06d %06d', $1 + $more[0],
               $2 + $more[1]/gem;

    return join '', $head, @views;
}


sub damage {
    my ($t, $number, $code) = @_;

    local $_ = document($t, $number);

    $code->();
    $t->redis->call('SET', key($number), $_);
}


# The next version of a document, in one command, with the same views: for
# what looks at the header alone.  "WO1" version:10 updated:10 checked:10
# next:10 status:2 ...

sub newer {
    my ($t, $number, %opt) = @_;

    my $version = substr(document($t, $number), 4, 10) + ($opt{by} // 1);
    my $redis = $t->redis;

    $redis->call('SETRANGE', key($number), 4, sprintf('%010d', $version));
    $redis->call('SETRANGE', key($number), 48, sprintf('%02d', $opt{status}))
        if defined $opt{status};

    return $version;
}


# Just after a start, while watch connections come up, nothing is kept.  And
# what one worker keeps, another drives out that hears of an older change only
# now: who has waited for events twice, as the canary lets it each second, has
# heard all that there was to hear.

sub kept {
    my ($t, $code) = @_;
    my $count = sub {
        $t->redis->call('INFO', 'commandstats')
            =~ /cmdstat_getrange:calls=(\d+)/ ? $1 : 0;
    };
    my %waits = map { $_ => waits($_) } $t->nginx->workers;

    wait_until {
        !grep { waits($_) < $waits{$_} + 2 } keys %waits
    } 20, 'workers to have heard of all changes' or return;

    return wait_until {
        my $before = $count->();

        $code->();
        $count->() == $before
    } 20, 'pages to be kept';
}


# How often a process has begun to wait.

sub waits {
    my ($pid) = @_;

    return slurp("/proc/$pid/status") =~ /^voluntary_ctxt_switches:\s+(\d+)/m
        ? $1 : die "no process $pid\n";
}


1;
