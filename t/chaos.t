#!/usr/bin/perl

# Lane: plain
#
# Fetchers that are killed and stopped all the time, at random and at named
# places, while orders come, change and go: no parcel is lost, nothing is
# written twice, the carrier is hardly asked in vain and never too often.
# The short form is a test like any other; "make chaos" is the long one.
#
# WISMO_CHAOS=long, WISMO_CHAOS_SEED=N (told at the beginning) to repeat what
# was done to whom; when it hits remains the scheduler's affair.

use FindBin;
use lib "$FindBin::Bin/lib";

my ($long, $seed, %form);

BEGIN {
    $long = ($ENV{WISMO_CHAOS} // '') eq 'long';
    $seed = $ENV{WISMO_CHAOS_SEED} // (time() ^ $$ << 4) & 0xffffff;

    # seconds that orders are put, and that an interval of four hours takes

    %form = $long
        ? (orders => 8400, fetchers => 6, kills => 110, stops => 110,
           events => 8, put => 60, interval => 16, chaos => 190, quota => 900,
           patience => 240)
        : (orders => 300, fetchers => 4, kills => 10, stops => 8,
           events => 5, put => 4, interval => 1.5, chaos => 12, quota => 300,
           patience => 25);

    $ENV{WISMO_TIMEOUT} ||= $long ? 1200 : 120;
}

use Wismo::Test;

use IO::Select;
use IO::Socket::UNIX;
use Time::HiRes qw(sleep time);
use Wismo::Http;
use Wismo::Process qw(spawn end alive free_port slurp spew);
use Wismo::Redis;
use Wismo::Seed qw(key);

use constant LEASE => 2;              # seconds, as the chaos build has it
use constant FLYING => 16;            # questions of a fetcher at once

my @places = qw(granted claimed loaded replied indexed committed erased
                applied);

diag("WISMO_CHAOS_SEED=$seed");
srand $seed;

{
    local %ENV = %ENV;
    delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS)};

    my $made = `make -s --no-print-directory -C $Wismo::Test::root \\
        BUILD=$Wismo::Test::build chaos-build 2>&1`;
    is($?, 0, 'the program with its crash points is built') or diag($made);
}


# A carrier that counts, with the limit of an adapter of our own

my $port = free_port();
my $t = Wismo::Test->new(start => 0, http => <<EOT);
    keepalive_requests 1000000;
    keepalive_timeout 1h;

    wismo_carrier ups {
        adapter %%DIR%%/share/carriers/ups.json;
        client_id chaos;
        secret_file %%DIR%%/ups.secret;
        base_url http://127.0.0.1:$port;
    }
EOT
my ($redis, $dir) = ($t->redis, $t->dir);

my $adapter = slurp("$dir/share/carriers/ups.json");
$adapter =~ s/"ask"\s*:/"limits": [{"n": $form{quota}, "per": "second"},
    {"n": @{[ $form{quota} * 50 ]}, "per": "minute"}],\n  "ask":/;
spew("$dir/share/carriers/ups.json", $adapter);

my $carrier = spawn("$dir/carrier.log", {},
    "$Wismo::Test::build/chaos/carrier", $port, $form{events}, '1-12', 1, 60);

system('install', '-m', '755', "$Wismo::Test::build/chaos/wismo",
       "$dir/bin/wismo");

$t->start;


# What is done to whom is drawn before it begins

my @orders = map {
    my $i = $_;

    { number => "C$i", parcels => 1 + ($i % 2) + ($i % 8 == 0),
      put_at => rand($form{put}),
      again  => rand() < 0.1,           # the shop sends it once more
      erase  => rand() < 0.05,
      back   => rand() < 0.5 }          # and orders it anew
} 1 .. $form{orders};

my %order = map { $_->{number} => $_ } @orders;

my @deeds = sort { $a->{at} <=> $b->{at} } map {
    my $what = $_ <= $form{kills} ? 'kill' : 'stop';

    { at => 1 + rand($form{chaos}), what => $what,
      fetcher => int(rand($form{fetchers})),
      place => rand() < 0.4 ? $places[rand @places] . ':' . int(1 + rand 20)
                            : undef }
} 1 .. $form{kills} + $form{stops};

# Once for certain: a reply comes when another fetcher has the parcel.

unshift @deeds, { at => 1, what => 'stop', fetcher => 0, place => 'replied:9',
                  late => 1 };


sub parcel { sprintf '1ZC4A050%02d%08d', $_[1], substr $_[0]{number}, 1 }

sub body {
    my ($order, $service) = @_;

    return '{"shipments":[' . join(',', map {
        '{"carrier":"ups","tracking_number":"' . parcel($order, $_) . '"'
        . ($service ? qq(,"service":"$service") : '') . '}'
    } 1 .. $order->{parcels}) . ']}';
}


# The shop: one connection, many requests on their way.  What is answered
# with 202 is acknowledged.

my ($shop, @sent, @again, %acked);

sub shop {
    my ($method, $order, $body) = @_;

    $shop ||= Wismo::Http::open($t->port);

    my $out = "$method /wismo/api/v1/orders/$order->{number} HTTP/1.1\r\n"
        . "Host: localhost\r\nAuthorization: Bearer "
        . Wismo::Test::API_KEY . "\r\n"
        . (defined $body ? "Content-Type: application/json\r\n"
                           . 'Content-Length: ' . length($body) . "\r\n" : '')
        . "\r\n" . ($body // '');

    push @sent, [ $order, $method, $body ];
    syswrite $shop, $out;
}


sub heard {
    while (@sent && (length(${*$shop}{wismo_rest} // '')
                     || IO::Select->new($shop)->can_read(0)))
    {
        my $r = Wismo::Http::response($shop, timeout => 10)
            or die "the shop's connection broke\n";
        my ($order, $method, $body) = @{ shift @sent };

        $acked{"$method " . $r->status}++;

        # Redis too slow for once: the shop sends it again, as shops do, but
        # nobody can say how often it was written

        if ($r->status == 503) {
            $order->{unsure} = 1;
            push @again, [ $method, $order, $body ];
        }
    }
}


# The watcher: hears of each commit, in their order

my $watch = IO::Socket::UNIX->new(Peer => $redis->path) or die;
my ($said, $commits) = ('', 0);
my (%version, @wrong);

print $watch Wismo::Redis::command('SUBSCRIBE', 'w:ev');
$watch->flush;

sub watch {
    while (IO::Select->new($watch)->can_read(0)) {
        sysread $watch, $said, 65536, length $said or die "deaf\n";
    }

    while ($said =~ /\*3\r\n\$7\r\nmessage\r\n\$4\r\nw:ev\r\n
                     \$\d+\r\n(C\d+)(?:[ ](\d+))?\r\n/gcx)
    {
        my ($order, $version) = ($1, $2);

        if (!defined $version) {
            $order{$order}{erased}++;
            delete $version{$order};
            next;
        }

        $commits++;
        push @wrong, "$order: version $version after "
                     . ($version{$order} // 'none')
            if $version != ($version{$order} // 0) + 1;
        $version{$order} = $version;
    }

    $said = substr $said, pos($said) // 0;
}


# The fetchers

my (@fetchers, %done);

sub config {
    my ($i) = @_;

    my $conf = JSON::PP::decode_json(slurp("$dir/state/wismo.json"));
    $conf->{state} = "$dir/state-$i";
    $conf->{scale} = int(14400 / $form{interval});

    spew("$dir/fetcher-$i.json", JSON::PP::encode_json($conf));
}


# With a place, the next start is one that kills or stops itself there.

sub start {
    my ($f) = @_;
    my $deed = delete $f->{next};
    my %env;

    if ($deed) {
        $env{ $deed->{what} eq 'kill' ? 'WISMO_CRASH_AT' : 'WISMO_STOP_AT' }
            = $deed->{place};
        $f->{waits} = $deed;
        $f->{patience} = time() + ($long ? 8 : 3);
    }

    $f->{pid} = spawn("$dir/fetcher-$f->{i}.log", \%env, "$dir/bin/wismo",
                      'fetch', '--config', "$dir/fetcher-$f->{i}.json");
    delete @$f{qw(stopped restart)};
}


sub state_of { (slurp("/proc/$_[0]/stat") =~ /^\d+ \(.*\) (\S)/s)[0] // '' }


sub tend {
    my ($now) = @_;

    for my $f (@fetchers) {

        if ($f->{restart}) {
            start($f) if $now >= $f->{restart};
            next;
        }

        if (!alive($f->{pid})) {
            my $deed = delete $f->{waits};

            $done{ $deed ? $deed->{place} =~ s/:.*//r : 'ended' }++;
            $done{kill}++ if $deed;
            $f->{restart} = $now + rand(0.4);
            next;
        }

        # a place that is not reached in time: then anywhere

        if ($f->{waits} && !$f->{stopped} && $now > $f->{patience}) {
            $f->{waits}{place} = 'elsewhere';
            $f->{patience} = $now + 3600;
            kill $f->{waits}{what} eq 'kill' ? 'KILL' : 'STOP', $f->{pid};
            next;
        }

        if (!$f->{stopped} && state_of($f->{pid}) eq 'T') {
            my $deed = delete $f->{waits};

            $done{stop}++;
            $done{ $deed->{place} =~ s/:.*//r }++ if $deed;
            $f->{stopped} = $now + LEASE + 0.5 + rand(1);

            if ($deed && $deed->{late}) {
                $f->{stopped} += 1;
                $f->{late} = 1;
            }
        }

        # one that starts looks into all schedules at once

        if ($f->{late} && $now > $f->{stopped} - 1) {
            my ($other) = grep { $_ != $f && !$_->{stopped} && !$_->{restart}
                                 && !$_->{waits} } @fetchers or next;

            delete $f->{late};
            end($other->{pid}, 'TERM', 5);
            start($other);
        }

        if ($f->{stopped} && $now >= $f->{stopped}) {
            kill CONT => $f->{pid};
            wait_until { state_of($f->{pid}) ne 'T' } 2;
            delete $f->{stopped};
        }
    }
}


# One that is stopped, or about to do something to itself, is left alone.

sub deed {
    my ($deed, $now) = @_;
    my ($f) = grep { !$_->{stopped} && !$_->{restart} && !$_->{waits} }
        @fetchers[ map { ($_ + $deed->{fetcher}) % @fetchers }
                   0 .. $#fetchers ];

    return 0 unless $f;

    my $last = LEASE + 0.5 + rand(1);

    if ($deed->{place}) {
        $f->{next} = $deed;
        end($f->{pid}, 'TERM', 5);
        start($f);

    } elsif ($deed->{what} eq 'kill') {
        kill KILL => $f->{pid};
        $done{kill}++;
        waitpid $f->{pid}, 0;
        $f->{restart} = $now + rand(0.4);

    } else {
        kill STOP => $f->{pid};
        $done{stop}++;
        $f->{stopped} = $now + $last;
    }

    return 1;
}


# Everything at one moment: which members are in which schedule, and which
# parcels the documents have that are not final

my $look = <<'EOT';
local members, docs = {}, {}
for _, key in ipairs(redis.call('KEYS', 'wd:*:[a-z]*')) do
  for _, m in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    table.insert(members, key .. ' ' .. m)
  end
end
for _, key in ipairs(redis.call('KEYS', 'wo:*:C*')) do
  local doc = redis.call('GET', key)
  local head = 153 + 60 * tonumber(string.sub(doc, 151, 152))
  local minimal = tonumber(string.sub(doc, 57, 62))
  local full = tonumber(string.sub(doc, 64, 69))
  table.insert(docs, string.sub(doc, head + minimal + 1,
                                head + minimal + full))
end
return {members, docs}
EOT

sub parcels {
    my ($doc) = @_;

    my ($number) = $doc =~ /"order":"(C\d+)"/;
    my ($list) = $doc =~ /"parcels":\[(.*)\]/s;
    my @parcels = split /(?=\{"checked_at":)/, $list // '';

    return ($number, map { {
        id     => (/"id":"([^"]+)"/)[0],
        number => (/"tracking_number":"([^"]+)"/)[0],
        status => (/"status":"([^"]+)"/)[0],
        stops  => join(' ', sort { $a <=> $b } /"place":"Stop (\d+)/g),
    } } @parcels);
}


sub look {
    my ($when) = @_;

    my ($members, $docs) = @{ $redis->call('EVAL', $look, 0) };
    my (%in, @faults);

    push @{ $in{ (split / /, $_)[1] } }, $_ for @$members;
    push @faults, map { "twice: @{ $in{$_} }" } grep { @{ $in{$_} } > 1 }
        keys %in;

    for my $doc (@$docs) {
        my ($order, @parcels) = parcels($doc);

        for my $p (@parcels) {
            my $member = delete $in{"$order#$p->{id}"};

            push @faults, "$order#$p->{id}, $p->{status}, is in no schedule"
                if !$member && $p->{status} ne 'delivered';
            push @faults, "$order#$p->{id} is delivered and in a schedule"
                if $member && $p->{status} eq 'delivered';
        }
    }

    push @faults, map { "$_ is scheduled and has no order" } keys %in;

    ok(!@faults, "$when: each active parcel is in one schedule ("
                 . @$members . ' of ' . @$docs . ' orders)')
        or diag(join "\n", splice @faults, 0, 10);

    return $docs;
}


sub bar {
    my ($part, $text) = @_;

    return unless -t STDERR;

    my $n = int(40 * ($part > 1 ? 1 : $part));
    print STDERR "\r[", '#' x $n, ' ' x (40 - $n), "] $text\e[K";
}


# It begins

config($_), push @fetchers, { i => $_ } for 0 .. $form{fetchers} - 1;
start($_) for @fetchers;

my @puts = sort { $a->{put_at} <=> $b->{put_at} } @orders;
my @later = grep { $_->{again} || $_->{erase} } @orders;
my $began = time();
my ($looked, $due_look, $wish) = (0, $form{chaos} / 4, 0);
my $told = 0;
my $all = 0;
my $end = $began + $form{chaos} + $form{patience};

$all += $_->{parcels} for @orders;

sub quiet {
    return !@puts && !@later && !@deeds && !@sent && !@again
        && !grep { $_->{restart} || $_->{stopped} || $_->{waits} } @fetchers;
}

while (time() < $end) {
    my $now = time();
    my $at = $now - $began;

    watch();

    while (@puts && $puts[0]{put_at} <= $at && @sent < 50) {
        my $order = shift @puts;

        shop(PUT => $order, body($order));
        $order->{puts} = 1;
    }

    # The next letter of an order only after the one before has been seen:
    # then it is known how many commits are the shop's.

    @later = grep {
        my $o = $_;
        my $version = $version{ $o->{number} } // 0;

        if (@sent > 50) {
            # not now

        } elsif ($o->{again} && $version) {
            shop(PUT => $o, body($o, 'Ground'));
            $o->{puts}++;
            $o->{again} = 0;

        } elsif ($o->{erase} && !$o->{again} && $version > 1 + rand(4)) {
            shop(DELETE => $o);
            $o->{gone} = 1;
            $o->{erase} = 0;

        } elsif ($o->{gone} && $o->{back} && $o->{erased}) {
            shop(PUT => $o, body($o));
            $o->{returned} = 1;
            $o->{back} = 0;
        }

        $o->{again} || $o->{erase} || $o->{gone} && $o->{back}
    } @later;

    heard() if @sent;
    shop(@{ shift @again }) if @again && @sent < 50;

    tend($now);

    shift @deeds while @deeds && $deeds[0]{at} <= $at && deed($deeds[0], $now);

    # not while the shop waits: a look keeps Redis busy

    if ($at >= $due_look && $looked < 3 && !@sent) {
        $looked++;
        $due_look += $form{chaos} / 4;
        look(sprintf 'after %d s', $at);
    }

    if ($now - $told > 0.5) {
        $told = $now;

        my $left = 0;
        $left += $redis->call('ZCARD', $_) for @{ $redis->call('KEYS',
                                                     'wd:*:[a-z]*') };
        bar($at / ($form{chaos} + 20), sprintf '%d kills, %d stops, '
            . '%d commits, %d parcels scheduled', $done{kill} // 0,
            $done{stop} // 0, $commits, $left);

        last if $left == 0 && quiet();
    }

    sleep 0.01;
}

print STDERR "\n" if -t STDERR;

watch();


# What has become of it

note(sprintf '%.0f s; %s', time() - $began,
     join ', ', map { "$_ $done{$_}" } sort keys %done);

ok(quiet(), 'all was done that was to be done');
is($done{kill}, $form{kills}, 'fetchers were killed');
is($done{stop}, $form{stops} + 1, 'and stopped past the lease');
is($done{ended} // 0, 0, 'no fetcher ended by itself');

is_deeply([ grep { !/ (?:202|503)$/ } keys %acked ], [],
          'each letter was accepted, or was to be sent again')
    or diag(explain(\%acked));

my $docs = look('at the end');
my (%stored, @lost, @events, @numbers);
my $want = join ' ', 1 .. $form{events};

for my $doc (@$docs) {
    my ($number, @parcels) = parcels($doc);

    $stored{$number} = 1;

    push @events, map { "$number $_->{number}: $_->{status}, $_->{stops}" }
        grep { $_->{status} ne 'delivered' || $_->{stops} ne $want } @parcels;
    push @numbers, $number
        if join(' ', map { $_->{number} } @parcels)
           ne join(' ', map { parcel($order{$number}, $_) }
                        1 .. $order{$number}{parcels});
}

for my $o (@orders) {
    my $gone = $o->{gone} && !$o->{returned};

    push @lost, "$o->{number} is missing"
        if !$stored{ $o->{number} } && !$gone;
    push @lost, "$o->{number} is there, though erased"
        if $stored{ $o->{number} } && $gone;
}

ok(!@lost, 'each order that was put is there, each that was erased is not')
    or diag(join "\n", splice @lost, 0, 10);
ok(!@numbers, 'with its parcels') or diag(join ' ', splice @numbers, 0, 10);
ok(!@events, "each parcel is delivered, with $form{events} events")
    or diag(join "\n", splice @events, 0, 10);
ok(!@wrong, 'each version came once, after the one before it')
    or diag(join "\n", splice @wrong, 0, 10);

my $waiting = 0;
$waiting += $redis->call('XLEN', $_) for @{ $redis->call('KEYS', 'wi:*') };
is($waiting, 0, 'no letter is left in the inbox');
is(scalar @{ $redis->call('KEYS', 'wx:*') }, 0, 'nor with the dead ones');


# The carrier's side.  An order that was never erased has as many versions as
# the shop's letters and the polls with news, and each poll has news.

my %calls;
my $counts = Wismo::Http::request($port, 'GET', '/counts')->body;

$calls{$1} = $2 while $counts =~ /^number (\S+) (\d+)$/mg;

my ($needed, $made) = (0, 0);

for my $o (grep { !$_->{gone} && !$_->{unsure} } @orders) {
    $needed += ($version{ $o->{number} } // 0) - $o->{puts};
    $made += $calls{ parcel($o, $_) } // 0 for 1 .. $o->{parcels};
}

my ($total) = $counts =~ /^calls (\d+)$/m;
my $extra = $made - $needed;

note(sprintf '%d parcels, %d calls; %d commits; %d calls needed, %d (%.2f %%) '
     . 'in vain', $all, $total, $commits, $needed, $extra,
     100 * $extra / ($needed || 1));

cmp_ok($extra, '>=', 0, 'no commit without a call');

# Too few calls for a share of them to say much: then no more than were on
# their way.

cmp_ok($extra, '<=', $long ? 0.005 * $needed
                           : FLYING * ($form{kills} + $form{stops} + 1),
       'calls in vain');

for ([ 1, $form{quota} ], [ 60, $form{quota} * 50 ]) {
    my ($most) = $counts =~ /^window $_->[0] (\d+)$/m;

    cmp_ok($most, '<=', $_->[1], "no more than $_->[1] calls in $_->[0] s");
}

my $logs = join '', map { slurp("$dir/fetcher-$_->{i}.log") } @fetchers;
my $fences = () = $logs =~ /the lease of a parcel .* was over/g;

cmp_ok($fences, '>', 0, "late replies were not taken: $fences");
unlike($logs, qr/"level":"(?:emerg|alert|crit|error)"/, 'no error was logged');
unlike($logs, qr/Sanitizer|runtime error/, 'no sanitizer has spoken');

ok(end($_->{pid}, 'TERM', 5), 'ends on TERM') for @fetchers;
end($carrier, 'KILL');

done_testing;
