package Wismo::History;

# Delivered parcels that never were: the same numbers make the same rows.  A
# shop with a few warehouses, lanes of their own length, weekends, handling, a
# level that drifts, and accidents.
#
#   my @rows = history(n => 3000, seed => 1, drift => 0.5);
#   write_history("$dir/history.csv", @rows);

use strict;
use warnings;

use Exporter qw(import);
use POSIX qw(strftime);

our @EXPORT = qw(history write_history @history_columns);

our @history_columns = qw(order_id carrier service origin destination
                          purchased_at shipped_at delivered_at promised_at);

my @origins = qw(DE-HE-60311 DE-BY-80331 DE-NW-50667);
my @regions = qw(DE-HE DE-BY DE-NW DE-BE DE-SN AT-9 CH-ZH FR-IDF);
my %service = (standard => 1, express => 0.4);


# A generator of our own: perl's differs between builds.

sub history {
    my (%arg) = (n => 3000, seed => 1, drift => 0, per_day => 12,
                 start => 1483228800, @_);

    my $state = $arg{seed} * 2654435761 % 4294967296;

    my $random = sub {
        $state = ($state * 1664525 + 1013904223) % 4294967296;
        return ($state + 0.5) / 4294967296;
    };

    my $normal = sub {
        return sqrt(-2 * log $random->()) * cos(6.283185307 * $random->());
    };

    my @rows;

    for my $i (0 .. $arg{n} - 1) {
        my $share = $i / $arg{n};
        my $bought = $arg{start} + int($i * 86400 / $arg{per_day});
        my $from = $random->();
        $from = $origins[$from * $from * @origins];

        my $to = $regions[$random->() * @regions];
        my $service = $random->() < 0.3 ? 'express' : 'standard';
        my $near = substr($from, 0, 5) eq $to;
        my $far = (unpack('%32C*', $to) * 7 % 5) * 0.18;

        my $level = exp($arg{drift} * sin(6.283185307 * $share * 2));
        my $handling = 0.4 * exp(0.6 * $normal->())
                       * ($from =~ /BY/ ? 3 : 1);
        my $days = $service{$service} * ($near ? 2 : 4 + 4 * $far) * $level
                   * exp(0.35 * $normal->());
        $days *= 3 if $random->() < 0.03;

        my $shipped = int($bought + $handling * 86400);
        my $arrived = int($shipped + $days * 86400);
        $arrived += 86400 while (gmtime $arrived)[6] == 0;

        push @rows, {
            order_id => sprintf('h%06d', $i),
            carrier => $service eq 'express' ? 'ups' : 'dhl',
            service => $service,
            origin => $from,
            destination => sprintf('%s-%05d', $to, $random->() * 99999),
            purchased_at => stamp($bought),
            shipped_at => stamp($shipped),
            delivered_at => stamp($arrived),
            promised_at => substr(stamp($bought + 10 * 86400), 0, 10),
        };
    }

    return @rows;
}


sub stamp {
    return strftime('%Y-%m-%dT%H:%M:%S', gmtime $_[0]);
}


sub write_history {
    my ($file, @rows) = @_;

    open my $fh, '>:raw', $file or die "$file: $!\n";
    print $fh join(',', @history_columns), "\n";

    for my $row (@rows) {
        print $fh join(',', map { $_ // '' } @$row{@history_columns}), "\n";
    }

    close $fh or die "$file: $!\n";
}

1;
