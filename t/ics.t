#!/usr/bin/perl

# The calendar of an order, as libical reads it: an event for the day or the
# hours in which it comes, by the clock they were told by; the same event in
# each version; no event where no day is known.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(run spew);
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1);
my $dir = $t->dir;


# Another library's reader prints what it understood, a fact a line.

spew("$dir/read.c", <<'EOT');
#include <libical/ical.h>
#include <stdio.h>

int
main(void)
{
    char            text[65536];
    size_t          n;
    icalproperty   *p;
    icalcomponent  *c, *e;

    n = fread(text, 1, sizeof(text) - 1, stdin);
    text[n] = '\0';

    c = icalparser_parse_string(text);

    if (c == NULL || icalcomponent_isa(c) != ICAL_VCALENDAR_COMPONENT) {
        puts("no calendar");
        return 1;
    }

    icalrestriction_check(c);

    printf("errors=%d\n", icalcomponent_count_errors(c));

    for (e = icalcomponent_get_first_component(c, ICAL_ANY_COMPONENT);
         e;
         e = icalcomponent_get_next_component(c, ICAL_ANY_COMPONENT))
    {
        printf("component=%s\n",
               icalcomponent_kind_to_string(icalcomponent_isa(e)));

        for (p = icalcomponent_get_first_property(e, ICAL_ANY_PROPERTY);
             p;
             p = icalcomponent_get_next_property(e, ICAL_ANY_PROPERTY))
        {
            printf("%s=%s\n", icalproperty_get_property_name(p),
                   icalproperty_get_value_as_string(p));
        }
    }

    return 0;
}
EOT

my ($status, $out, $err) = run({}, 'cc', '-o', "$dir/read", "$dir/read.c",
                               '-lical');
die "cc: $err" if $status;


sub calendar {
    my ($number) = @_;
    my $r = $t->get("/track/$number.ics");

    is($r->status, 200, "calendar of $number");

    unlike($r->body, qr/[^\r]\n/, 'lines end in CRLF');
    is(scalar(grep { length > 75 } split /\r\n/, $r->body), 0, 'and are short');

    my ($failed, $facts) = run({ stdin => $r->body }, "$dir/read");

    is($failed, 0, 'which libical reads');

    my %fact = $facts =~ /^([A-Za-z-]+)=(.*)$/mg;

    is($fact{errors}, 0, 'without an error') or diag($facts . $r->body);

    return \%fact;
}

sub promised {
    my ($number, $from, $until, %more) = @_;

    return order($number, promised => { from => $from, until => $until },
                 %more);
}


seed($t, promised('DAY', '2026-12-03', '2026-12-03'),
         promised('DAYS', '2026-12-03', '2026-12-05'),
         order('NONE'));


# A day, days

my $day = calendar('DAY');

is($day->{component}, 'VEVENT', 'an event');
is($day->{DTSTART}, '20261203', 'on its day');
is($day->{DTEND}, '20261204', 'until the next');
like($day->{SUMMARY}, qr/Order DAY/, 'with the order');
like($day->{UID}, qr/^urn:uuid:[0-9a-f-]{36}$/, 'UID');
unlike($day->{UID}, qr/DAY/, 'without the number');
like($day->{DTSTAMP}, qr/^\d{8}T\d{6}Z$/, 'DTSTAMP');

my $days = calendar('DAYS');

is("$days->{DTSTART} $days->{DTEND}", '20261203 20261206', 'several days');
isnt($days->{UID}, $day->{UID}, 'another order, another event');


# The same event, moved

seed($t, promised('DAY', '2026-12-04', '2026-12-04'));

ok(wait_until { $t->get('/track/DAY.ics')->body =~ /DATE:20261204/ } 10,
   'the day has moved');

my $moved = calendar('DAY');

is($moved->{UID}, $day->{UID}, 'it is the same event');
cmp_ok($moved->{SEQUENCE}, '>', $day->{SEQUENCE}, 'in a later version');


# No day is known: a calendar without an event, which is still one

my $none = calendar('NONE');

is($none->{component}, 'VJOURNAL', 'no event without a day');
is($none->{DTSTART}, undef, 'no date is made up');


# What the carrier says, by its clock; these are the forms of documents

{
    my $doc = document($t, 'NONE');

    for my $case (
        [ '{"from":"2026-12-03T14:00:00","to":"2026-12-03T16:00:00",'
          . '"basis":"local","source":"carrier"}',
          '20261203T140000 20261203T160000', 'floating hours' ],
        [ '{"from":"2026-12-04T14:00:00Z","to":"2026-12-04T16:00:00Z",'
          . '"basis":"utc","source":"carrier"}',
          '20261204T140000Z 20261204T160000Z', 'hours in UTC' ],
        [ '{"from":"2026-12-05T14:00:00+02:00",'
          . '"to":"2026-12-05T16:00:00+02:00",'
          . '"basis":"offset","source":"carrier"}',
          '20261205T120000Z 20261205T140000Z', 'hours with an offset' ],
        [ '{"date":"2026-12-06","basis":"date","source":"carrier"}',
          '20261206 20261207', 'a date' ])
    {
        my ($json, $want, $what) = @$case;

        damage($t, 'NONE', sub { $_ = estimated($doc, $json) });

        ok(wait_until { $t->get('/track/NONE.ics')->body =~ /BEGIN:VEVENT/
                        && $t->get('/track/NONE.ics')->body
                           =~ /:@{[substr $want, 0, 8]}/ } 10, $what);

        my $c = calendar('NONE');

        is("$c->{DTSTART} $c->{DTEND}", $want, $what);
    }
}

done_testing;
