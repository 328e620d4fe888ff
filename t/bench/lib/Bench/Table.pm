package Bench::Table;

# Numbers for people: a table in Markdown, its columns aligned.

use strict;
use warnings;

use Exporter 'import';

our @EXPORT_OK = qw(table spread);


sub table {
    my (@rows) = @_;
    my @width = (3) x @{ $rows[0] };

    for my $row (@rows) {
        for my $i (0 .. $#$row) {
            $row->[$i] //= '–';
            utf8::decode(my $text = $row->[$i]);
            $width[$i] = length $text if length $text > $width[$i];
        }
    }

    splice @rows, 1, 0, [ map { $_ ? '-' x ($width[$_] - 1) . ':'
                                   : '-' x $width[$_] } 0 .. $#width ];

    return join '', map {
        my $row = $_;

        '| ' . join(' | ', map {
            utf8::decode(my $text = $row->[$_]);
            my $pad = ' ' x ($width[$_] - length $text);

            $_ ? $pad . $row->[$_] : $row->[$_] . $pad
        } 0 .. $#$row) . " |\n"
    } @rows;
}


# "12.3 (11.8-14.0)": the median and what it lies between

sub spread {
    my ($format, $median, @all) = @_;

    return undef unless defined $median;

    my ($min, $max) = (sort { $a <=> $b } @all)[0, -1];

    return sprintf $format, $median if @all < 2;
    return sprintf "$format ($format-$format)", $median, $min, $max;
}


1;
