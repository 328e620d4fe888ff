#!/usr/bin/perl

# A page says one thing: what its headline tells is not denied by the steps,
# the date, the help or the parcels below it.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

use POSIX qw(strftime);

my $t = Wismo::Test->new(fetcher => 1, locations => <<'EOT');
        location /track/ { wismo_track; wismo_order_only full; }
EOT

my $n = 0;

sub shipment {
    my ($status, $sub, %more) = @_;

    return { carrier => 'ups', tracking_number => sprintf('1Z%08d', ++$n),
             events => [
                 { time => '2026-11-21T10:05:00-05:00', status => $status,
                   substatus => $sub, description => 'As the carrier says' },
                 $status eq 'unknown' ? () : {
                   time => '2026-11-20T18:00:00-05:00',
                   status => 'picked_up', description => 'Picked up' } ],
             %more };
}

sub page {
    my ($number, @shipments) = @_;

    seed($t, order($number, shipments => \@shipments));

    return $t->get("/track/$number")->body;
}

sub help {
    return $_[0] =~ m{<summary>Where is my order\?</summary><p>([^<]*)} ? $1
                                                                       : '';
}


# What will never come is at no step, and does not wait for anything

my $body = page('C1', shipment('failed', 'lost'));

unlike($body, qr{class="steps"}, 'lost: no step is the one it is at');
like(help($body), qr{no longer on its way}, 'nor does it lie somewhere');

$body = page('C2', shipment('failed', 'refused'));

like(help($body), qr{on its way back to us}, 'refused: it comes back');
unlike(page('C3', shipment('returned', 'received')), qr{class="steps"},
       'and once it is back it is not in transit');
like(page('C4', shipment('failed', 'lost'),
          shipment('in_transit', 'moving')), qr{class="steps"},
     'steps are those of the other parcel');


# Nor does it go anywhere any more

unlike(page("B$_->[1]", shipment(@$_)), qr{Going to}, "$_->[1]: it has ended")
    for [qw(failed lost)], [qw(failed refused)], [qw(returning to_sender)],
        [qw(cancelled by_merchant)], [qw(delivered generic)];
like(page('B6', shipment('delayed', 'weather')), qr{Going to City-B6, US},
     'late: it is still to come');


# Who cancelled it

$body = page('C5', shipment('cancelled', 'by_recipient'));

like($body, qr{<h1>Cancelled at your request</h1>}, 'cancelled by the buyer');
like(page('C6', shipment('cancelled', 'by_recipient'),
          shipment('cancelled', 'by_merchant')), qr{<h1>Cancelled</h1>},
     'or by several');

$body = page('C7', shipment('cancelled', 'by_merchant'),
             shipment('in_transit', 'moving'));

unlike($body, qr{0 of 1}, 'one parcel that is left is not counted');

seed($t, order('C8', shipments => [], cancelled => JSON::PP::true));
unlike($t->get('/track/C8')->body, qr{Nothing has been handed},
       'what is cancelled will not be shipped later');


# Dates: a day that was agreed on, none that anybody will tell

for my $case ([ 'in_transit', 'delivery_rescheduled' ],
              [ 'in_transit', 'delivery_scheduled' ])
{
    unlike(page("D-$case->[1]", shipment(@$case)), qr{No delivery date},
           "$case->[1]: there is a date, though nobody told us which");
}

for my $case ([ 'expired', 'no_updates' ], [ 'unknown', 'untrackable' ]) {
    unlike(page("D-$case->[1]", shipment(@$case)),
           qr{as soon as there is one\.</p>\s*</div>|There will be one},
           "$case->[1]: no date is promised");
}

my @day = map { strftime('%Y-%m-%d', gmtime(time + $_ * 86400)) } -9, 9;

for my $i (0, 1) {
    seed($t, order("E$i", promised => { until => $day[$i] }));

    my $got = $t->get("/track/E$i")->body =~ m{Add to calendar} ? 1 : 0;

    is($got, $i, $i ? 'a day to come is for the calendar'
                    : 'one that is over is not');
}

unlike(page('E2', shipment('delivered', 'generic')), qr{Add to calendar},
       'nor is what has arrived');


# What is in no parcel yet, by name

seed($t, order('F1', items => [
        { id => 'lamp', name => 'Lamp', quantity => 2 },
        { id => 'shade', name => 'Shade', quantity => 1 },
        { id => 'bulb', name => 'Bulb', quantity => 3 } ],
    shipments => [ shipment('in_transit', 'moving',
        items => [ { id => 'lamp', quantity => 2 },
                   { id => 'bulb', quantity => 1 } ]) ]));
$body = $t->get('/track/F1')->body;

like($body, qr{Shade <small>Still to be shipped: 1<}, 'what is not shipped');
like($body, qr{Bulb <small>Still to be shipped: 2<}, 'or only in part');
unlike($body, qr{Lamp <small>}, 'and not what is under way');

my $text = $t->get('/track/F1', Accept => 'text/plain')->body;

like($text, qr{^Still to be shipped: 3$}m, 'as text: how many');
like($text, qr{^- Bulb \(3 .*\)\. Still to be shipped: 2$}m, 'and which');


# As text: the last stretch, and when the counter is open

seed($t, order('G1', shipments => [ shipment('in_transit', 'partner_carrier',
    partner => { carrier => 'usps', tracking_number => '94001118' }) ]));
$text = $t->get('/track/G1', Accept => 'text/plain')->body;

like($text, qr{^USPS does the last stretch: 94001118$}m, 'the local carrier');
like($text, qr{^https://tools\.usps\.com/\S+94001118$}m, 'and its page');

seed($t, order('G2', shipments => [ shipment('ready_for_pickup', 'waiting',
    pickup => { name => 'Shop', hours => 'Mon-Sat 8-20' }) ]));
like($t->get('/track/G2', Accept => 'text/plain')->body,
     qr{^  Opening hours: Mon-Sat 8-20$}m, 'opening hours');

done_testing();
