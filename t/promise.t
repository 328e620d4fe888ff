#!/usr/bin/perl

# What the shop promised is told as the buyer has it in mind: the day, and the
# hours, of the buyer's clock and not of Greenwich's.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

use POSIX qw(strftime);

my $t = Wismo::Test->new(fetcher => 1);

sub says {
    my ($number, $to, $placed, %promised) = @_;

    seed($t, order($number, shipments => [], placed_at => $placed,
        promised => \%promised, ship_to => $to));

    return $t->get("/track/$number")->body;
}

# A day to come, its neighbours, and how a page says them

my @days = map { strftime('%Y-%m-%d', gmtime(time + 86400 * $_)) } 59 .. 61;
my ($before, $said, $after) = map {
    strftime('%a %-d %b', gmtime(time + 86400 * $_))
} 59 .. 61;
my $day = $days[1];

# no clock of theirs is ever changed

my %phoenix = (city => 'Phoenix', country => 'US', region => 'AZ',
               postal_code => '85001');
my %tokyo = (city => 'Tokyo', country => 'JP', postal_code => '100-0001');


# Midnights of where the shop is, with their offset

my $body = says('P1', \%phoenix, '2026-11-20T23:30:00-07:00',
                until => "${day}T23:59:00-07:00");

like($body, qr{$said}, 'the day that was promised, in the west');
unlike($body, qr{$after}, 'and not the one that it was in Greenwich');
like($body, qr{Placed on Fri 20 Nov}, 'nor was it ordered the day after');

$body = says('P2', \%tokyo, '2026-11-20T08:30:00+09:00',
             from => "${day}T00:00:00+09:00",
             until => "${day}T23:59:59+09:00");

like($body, qr{$said}, 'the day that was promised, in the east');
unlike($body, qr{$before}, 'and not the one before');
like($body, qr{Placed on Fri 20 Nov}, 'nor was it ordered the day before');


# Instants without a clock: by that of the destination

$body = says('P3', \%phoenix, '2026-11-21T06:30:00Z',
             from => "$days[2]T03:00:00Z", until => "$days[2]T05:00:00Z");

like($body, qr{$said}, 'an evening in Arizona is no next day');
like($body, qr{20:00[^<]+22:00}, 'with its hours');
like($body, qr{Placed on Fri 20 Nov}, 'as is the one of the order');


# Days are days wherever they are read

$body = says('P4', \%phoenix, '2026-11-20', until => "${day}");

like($body, qr{$said}, 'a day');
like($body, qr{Placed on Fri 20 Nov}, 'and that of the order');

$body = says('P5', \%tokyo, '2026-11-20', until => "${day}T23:59:59Z");

like($body, qr{$said}, 'the last second of a day is how it is sent');
unlike($body, qr{$after}, 'and no morning of the next one');


# The API has the instants that it was given

my $order = $t->order('P1');

is($order->{promised}{until}, "${day}T23:59:00-07:00", 'as it was sent');
is($t->order('P3')->{promised}{until}, "${day}T22:00:00-07:00",
   'or with the clock it is told by');

done_testing();
