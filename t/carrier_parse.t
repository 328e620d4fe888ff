#!/usr/bin/perl

# "wismo carrier parse": what the adapters make of replies and pushes.  Each
# sample in t/data/<carrier>/ is an .in with its .args and the whole .out that
# is expected.  The traps are named one by one, so that a wrong golden file does
# not hide one: below, and in t/data/<carrier>/traps.pl.

use strict;
use warnings;

use FindBin;
use JSON::PP;
use Test::More;

chdir "$FindBin::Bin/.." or die "chdir: $!\n";

my $build = $ENV{WISMO_BUILD} || 'build';
my $program = $ENV{WISMO_PROGRAM} || "$build/wismo";

$ENV{UBSAN_OPTIONS} = 'print_stacktrace=1:halt_on_error=1';
$ENV{TZ} = 'Pacific/Auckland';

sub slurp {
    my ($path) = @_;

    open my $fh, '<:raw', $path or die "$path: $!\n";
    local $/;

    return scalar <$fh>;
}

sub run {
    my (@args) = @_;

    my $pid = open my $fh, '-|';
    defined $pid or die "fork: $!\n";

    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT;
        exec 'timeout', 10, $program, '--share', 'ngx_wismo_module',
            'carrier', @args;
        exit 127;
    }

    local $/;
    my $text = <$fh>;
    close $fh;

    return ($? >> 8, $text);
}

sub parse {
    my ($name) = @_;

    my ($carrier) = $name =~ m{^(\w+)/};
    my @args = split /\n/, slurp("t/data/$name.args");

    return run('parse', @args, $carrier, "t/data/$name.in");
}

my %made;

for my $in (sort glob 't/data/*/*.in') {
    my ($name) = $in =~ m{^t/data/(.*)\.in$};
    my ($status, $text) = parse($name);

    is($status, 0, "$name: exit status") or diag($text);

    $made{$name} = eval { decode_json($text) };
    is_deeply($made{$name}, decode_json(slurp("t/data/$name.out")), $name)
        or diag($text);
}

sub parcel {
    my ($name) = @_;

    return $made{$name}{parcels}[0] || {};
}

sub status {
    my ($name) = @_;
    my $parcel = parcel($name);

    return join ' ', map { defined $_ ? "$_" : '-' }
        @$parcel{qw(status substatus)}, $parcel->{delivered} ? 'yes' : 'no',
        $parcel->{delivered_to};
}

sub outcome {
    my ($name) = @_;

    return $made{$name}{outcome};
}

sub errors {
    my ($name) = @_;

    return join ', ', map { "$_->{number} $_->{outcome}" }
        @{$made{$name}{errors}};
}

# The code and the status of each event, newest first.

sub events {
    my ($name) = @_;

    return [ map { join ' ', map { defined $_ ? $_ : '-' } @$_{qw(code status)} }
             @{parcel($name)->{events}} ];
}

# An event's basis, the clock as printed (or the day), the instant.

sub clock {
    my ($name, $number) = @_;
    my $event = parcel($name)->{events}[$number];

    return join ' ', map { defined $_ ? $_ : '-' } $event->{basis},
        $event->{wallclock} || $event->{date}, $event->{utc};
}

sub edd {
    my ($name) = @_;
    my $edd = parcel($name)->{edd} || return '-';

    return join ' ', map { defined $_ ? $_ : '-' } @$edd{qw(basis from to date)};
}

# Who does the last stretch, and the number there.

sub partner {
    my ($name) = @_;
    my $partner = parcel($name)->{partner} || return '-';

    return join ' ', map { defined $_ ? $_ : '-' }
        @$partner{qw(carrier tracking_number)};
}

# Where it is to be collected.

sub place {
    my ($name) = @_;
    my $pickup = parcel($name)->{pickup} || return '-';

    return join ' | ', map { defined $_ ? $_ : '-' } @$pickup{qw(name address)};
}

for my $traps (sort glob 't/data/*/traps.pl') {
    defined do "./$traps" or die "$traps: " . ($@ || $!) . "\n";
}

# Five that look delivered and are not, and those that are.

is(status('ups/access_point'), 'ready_for_pickup waiting no -',
   'a pickup point is not the buyer');
is(parcel('ups/access_point')->{pickup_by}, '2026-03-11', 'collect until');
is(status('ups/to_sender'), 'returned received no returned_to_sender',
   'delivered back to the sender');
is(status('ups/return_leg'), 'returned received no returned_to_sender',
   'delivered on the way back');
is(status('ups/agent'), 'in_transit partner_carrier no -',
   'handed to an agent');
is(status('ups/type_d_out'), 'out_for_delivery on_vehicle no -',
   'type D is delivery information, not delivered');
is(status('fedex/returned'), 'returned received no returned_to_sender',
   'FedEx: delivered on the way back');
is(status('easypost/is_return'), 'returned received no returned_to_sender',
   'EasyPost: a return that arrived');
is(status('easypost/to_sender'), 'returned received no returned_to_sender',
   'EasyPost: delivered to the original sender');
is(status('easypost/pickup_point'), 'ready_for_pickup waiting no -',
   'EasyPost: delivered to a pickup point');
is(status('ups/delivered_neighbour'), 'delivered neighbour yes neighbour',
   'a neighbour has it');
is(status('ups/delivered_front_door'), 'delivered safe_place yes safe_place',
   'left at the door');
is(status('fedex/delivered'), 'delivered reception yes reception',
   'reception has it');
is(status('easypost/delivered'), 'delivered safe_place yes mailbox',
   'in the mailbox');

# A code means nothing alone.

is_deeply([ map { "$_->{code} $_->{status}" }
            @{parcel('ups/same_codes')->{events}} ],
          [ 'D/MP delivered', 'X/OT delayed', 'I/OT out_for_delivery',
            'I/DP in_transit', 'M/DP label_created', 'M/MP label_created' ],
          'the type tells the meaning of a code');
is(parcel('ups/retracted')->{events}[0]{status}, undef,
   'a retraction changes no status');
is(status('ups/retracted'), 'in_transit arrived_facility no -',
   'and the status before it stays');
is_deeply(parcel('ups/unmapped')->{unmapped_codes}, [ 'D/Q9', 'I/Q8' ],
          'unknown codes are listed');
is_deeply(parcel('fedex/unknown_codes')->{unmapped_codes}, [ 'Q7', 'ow' ],
          'FedEx: unknown codes are listed, case matters');
is(status('fedex/not_home'), 'attempt_failed absent no -',
   'a delivery exception is read by its reason');
is(status('fedex/refused'), 'failed refused no -', 'refused at the door');
is(status('fedex/delayed'), 'delayed weather no -',
   'the headline knows of a delay that no scan shows');
is(status('easypost/detail_tells_more'), 'delayed weather no -',
   'the detail tells more than the status');

# Times.

my $events = parcel('ups/transit')->{events};

is($events->[0]{utc}, '2026-03-04T07:47:00Z', 'gmtTime that lost its zero');
is($events->[0]{wallclock}, '2026-03-04T02:47:00', 'the printed clock');
is($events->[1]{utc}, '2026-03-04T05:05:00Z', 'gmtTime as a number');
is($events->[1]{date}, '2026-03-03', 'the day is the local one');
is($events->[3]{utc}, undef, 'a bare local clock is no instant');
is($events->[3]{basis}, 'local', 'and says so');

$events = parcel('ups/odd_times')->{events};

is($events->[0]{utc}, '2026-03-04T05:15:00Z', 'an offset with a dot');
is($events->[1]{utc}, '2026-03-04T04:05:09Z', 'clocks with colons');
is($events->[2]{wallclock}, '2026-03-02T20:00:00',
   'a clock made from UTC and offset');
is($events->[3]{basis}, 'unknown', '31 February');
is($events->[4]{basis}, 'unknown', 'a year before carriers');
is(scalar @$events, 5, 'an event with an impossible time stays an event');

$events = parcel('ups/local_times')->{events};

is($events->[0]{basis}, 'date', 'an impossible clock leaves the day');
is($events->[1]{wallclock}, '2026-03-03T09:30:15', 'a clock without its zero');
is($events->[2]{wallclock}, undef, 'a day has no clock');

is(parcel('fedex/no_offset')->{events}[0]{basis}, 'local',
   'FedEx: no offset, no instant');
is(parcel('easypost/in_transit')->{events}[0]{basis}, 'utc', 'UTC');

# Estimates.

is_deeply(parcel('ups/transit')->{edd},
          { from => undef, to => undef, date => '2026-03-06',
            basis => 'date' }, 'a scheduled day');
is(parcel('ups/delivered_neighbour')->{edd}, undef,
   'the day of delivery is no estimate');
is_deeply(parcel('ups/rescheduled_window')->{edd},
          { from => '2026-03-07T09:45:00', to => '2026-03-07T13:45:00',
            date => undef, basis => 'local' },
          'a rescheduled day comes before the scheduled one, with its window');
is(parcel('ups/committed_time')->{edd}{to}, '2026-03-05T12:00:00',
   'a time to deliver by');
is(parcel('fedex/transit')->{edd}{from}, '2026-03-06T09:30:00-05:00',
   'FedEx: a window');
is(parcel('easypost/in_transit')->{edd}{date}, '2026-03-05',
   'EasyPost: midnight is a day');

# Pieces, weights, people.

is(join(' ', map { parcel('ups/pieces')->{$_} }
        qw(status pieces_total pieces_delivered)), 'in_transit 2 1',
   'the slowest piece is the parcel');
is(status('ups/pieces_unseen'), 'delivered generic yes -',
   'pieces that are not shown hold nothing up');
is(parcel('ups/transit')->{weight_g}, 1134, 'pounds');
is(parcel('fedex/transit')->{weight_g}, 2000, 'kilograms before pounds');
is(parcel('easypost/delivered')->{weight_g}, 499, 'ounces');
is(parcel('ups/delivered_neighbour')->{signed_by}, 'BRIDGET', 'who signed');
is(parcel('fedex/left_at_door')->{signed_by}, undef,
   '"Signature not required" is nobody');

# Outcomes.

my %outcome = (
    'ups/not_found' => 'not_found',
    'ups/not_found_warning' => 'not_found',
    'ups/bad_number' => 'refuse',
    'ups/token_expired' => 'auth',
    'ups/throttled' => 'throttled',
    'ups/unavailable' => 'retry',
    'ups/html_in_200' => 'retry',
    'ups/truncated' => 'retry',
    'ups/other_json' => 'retry',
    'ups/empty' => 'retry',
    'fedex/batch' => 'ok',
    'fedex/not_found' => 'not_found',
    'fedex/unauthorised' => 'auth',
    'fedex/unavailable' => 'retry',
    'fedex/errors_in_200' => 'retry',
    'fedex/empty_result' => 'retry',
    'easypost/not_found' => 'not_found',
    'easypost/unprocessable' => 'refuse',
    'easypost/bad_key' => 'auth',
    'easypost/throttled' => 'throttled',
    'easypost/push' => 'ok',
    'easypost/push_forged' => 'auth',
    'easypost/push_unsigned' => 'auth',
    'easypost/push_other' => 'refuse',
);

for my $name (sort keys %outcome) {
    is($made{$name}{outcome}, $outcome{$name}, "$name: $outcome{$name}");
}

is($made{'ups/throttled'}{retry_after_s}, 120, 'Retry-After in seconds');
is($made{'ups/throttled_date'}{retry_after_s}, 90, 'Retry-After as a date');

is_deeply([ map { "$_->{number} $_->{outcome}" }
            @{$made{'fedex/batch'}{errors}} ],
          [ '770000000024 not_found', '12 refuse', '770000000035 retry' ],
          'FedEx: each number of a batch has its own outcome');
is(status('fedex/reused'), 'out_for_delivery on_vehicle no -',
   'a number given out again: the newer parcel');
is(status('fedex/data_beside_error'), 'picked_up collected no -',
   'an error beside data does not hide the data');

# Texts are fit to be shown.

my $text = parcel('ups/hostile_text')->{events}[0]{description};

like($text, qr/Arrived/, 'the text is there');
unlike($text, qr/[\x00-\x1f\x7f\x{202a}-\x{202e}\x{2066}-\x{2069}]/,
       'without controls and turns of the writing');

# The call itself.

my @ok = ('--number', 'X', 'ups', 't/data/ups/transit.in');

for my $case (
    [ 0, [ 'parse', @ok ], 'a good call' ],
    [ 0, [ 'parse', '--help' ], 'help' ],
    [ 0, [ '--help' ], 'help of all' ],
    [ 2, [ ], 'nothing' ],
    [ 2, [ 'nonsense' ], 'an unknown call' ],
    [ 2, [ 'parse', 'ups' ], 'no file' ],
    [ 2, [ 'parse', 'no-such-carrier', 't/data/ups/transit.in' ],
      'an unknown adapter' ],
    [ 2, [ 'parse', 'ups', 't/data/ups/no_such_file' ], 'no such file' ],
    [ 2, [ 'parse', '--status', '99', @ok ], 'an impossible status' ],
    [ 2, [ 'parse', '--now', 'soon', @ok ], 'an impossible time' ],
    [ 2, [ 'parse', '--header', 'nothing', @ok ], 'an impossible header' ],
    [ 2, [ 'parse', '--wrong', @ok ], 'an unknown option' ],
    [ 2, [ 'parse', '--push', 'gls', 't/data/ups/transit.in' ],
      'a push where there are none' ],
    [ 2, [ 'parse', '--push', '--secret-file', 't/data/no_such_key',
           'easypost', 't/data/easypost/push.in' ], 'no such key' ])
{
    my ($want, $args, $what) = @$case;
    my ($status, $out) = run(@$args);

    is($status, $want, "$what: exit status $want") or diag($out);
    ok(length $out, "$what: says something");
}

my ($status, $out) = run('parse', '--explain', @ok);
my $explain = eval { decode_json($out)->{explain} } || [];
my ($time) = grep { $_->{field} eq 'events/0/time' } @$explain;

is($time->{path}, 'gmtDate', '--explain: the path behind a field');
is($time->{value}, '20260304 74700', '--explain: and what was there');

# Every field has its path, whatever the format and the way it came.

sub explained {
    my (@args) = @_;
    my ($status, $out) = run('parse', '--explain', @args);

    # unless it has a secret, it says that it looks at no signature

    $out =~ s/^wismo .*\n//;

    return { map { $_->{field} => $_ }
             @{ (eval { decode_json($out) } || {})->{explain} || [] } };
}

for my $case (
    [ 'JSON', { 'tracking_number' => 'package/*/trackingNumber',
                'status/type' => 'type',
                'edd/from' => 'deliveryDate[type=SDD]/date',
                'weight_g' => qr/weight/, 'events/0/place' => qr/address/,
                'events/0/description' => qr/description/,
                'events/0/code' => qr/status/ }, @ok ],
    [ 'XML', { 'tracking_number' => qr/./, 'signed_by' => qr/signatory/,
               'events/0/time' => qr/event-date/,
               'events/0/code' => 'event-identifier',
               'events/0/place' => qr/event/ },
      'canadapost', 't/data/canadapost/delivered.in' ],
    [ 'an attribute of XML', { 'tracking_number' => qr/\@/,
               'events/0/time' => qr/\@/ },
      'dhl_parcel_de', 't/data/dhl_parcel_de/delivered.in' ],
    [ 'SOAP', { 'events/0/time' => qr/./, 'events/0/code' => qr/./,
                'events/0/description' => qr/./ },
      'dpd', 't/data/dpd/delivered.in' ],
    [ 'a push', { 'tracking_number' => 'trackingNumber',
                  'events/0/time' => 'gmtActivityDate',
                  'events/0/code' => qr{^activityStatus/} },
      '--push', 'ups', 't/data/ups/push_event.in' ],
    [ 'an error', { 'errors/code' => qr/./, 'errors/text' => qr/./ },
      '--status', '404', 'ups', 't/data/ups/not_found.in' ])
{
    my ($what, $want, @args) = @$case;
    my $have = explained(@args);

    for my $field (sort keys %$want) {
        my $path = ($have->{$field} || {})->{path} // '(none)';

        ok(ref $want->{$field} ? $path =~ $want->{$field}
                               : $path eq $want->{$field},
           "--explain of $what: $field") or diag($path);
    }
}

ok(explained('fedex', 't/data/fedex/batch.in')->{'item 1: tracking_number'},
   '--explain of a batch tells the items apart');

$out = `$program --share ngx_wismo_module carrier parse ups - < t/data/ups/transit.in`;
is(eval { decode_json($out)->{outcome} }, 'ok', 'the standard input');

done_testing;
