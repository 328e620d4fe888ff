#!/usr/bin/perl

# Every adapter against its carrier: an order goes in through the API, the
# fetcher asks the simulator, and what the carrier says in its own words and
# clocks stands in the order and on the page: label, moving, in trouble,
# delivered.  Then the same told by pushes.  The list of carriers is the
# directory of adapters: one without a simulator fails here.
#
# WISMO_CARRIERS="usps gls" picks some.

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/sim/lib";
use Wismo::Test;

use Encode ();
use File::Temp ();
use JSON::PP ();
use MIME::Base64 qw(encode_base64);

use Sim::World;
use Wismo::Process qw(slurp spew);

my $root = $Wismo::Test::root;
my $json = JSON::PP->new->utf8->canonical;
my $dir = File::Temp::tempdir(CLEANUP => 1);
my $places = $json->decode(slurp("$root/t/sim/places.json"));


# What the account of each is made of, in the order in which the carrier gets
# to see it.

my %account = (
    ups             => [qw(client_id secret)],
    fedex           => [qw(client_id secret)],
    usps            => [qw(client_id secret)],
    gls             => [qw(client_id secret)],
    royalmail       => [qw(client_id secret)],
    dhl_express     => [qw(username secret)],
    dhl_parcel_de   => [qw(client_id secret appname password)],
    canadapost      => [qw(username secret)],
    australiapost   => [qw(username secret account)],
    hermes          => [qw(client_id secret username password)],
    amazon_shipping => [qw(client_id secret refresh_token)],
    dpd             => [qw(delis_id secret)],
    purolator       => [qw(key secret user_token)],
    chronopost      => [qw(account secret)],
    canpar          => [],
);

# What else it is told.

my %more = (
    amazon_shipping => 'carrier_id AMZN_US; business_id AmazonShipping_US;',
    shippo          => 'carrier usps;',
);

my %secret = map { $_ => 1 } qw(secret password refresh_token);

# The simulator's older carriers have no prefix; some addresses have a path.

my %base = (
    ups => '', fedex => '', easypost => '',
    '17track' => '/17track/track/v2.2',
    aftership => '/aftership/tracking/2025-01',
);


# The stages of a life, what they are in Wismo's words, and where a carrier's
# own words say something else.

my @stages = (
    [ label     => 0,  { '' => 'label_created', dhl_express => 'picked_up' } ],
    [ moving    => 10, { '' => 'in_transit', canadapost => 'picked_up',
                         purolator => 'picked_up' } ],
    [ exception => 20, { '' => 'attempt_failed', laposte => 'on_hold',
                         evri => 'on_hold', postnord => 'failed' } ],
    [ delivered => 20, { '' => 'delivered' } ],
);


my %adapters = map {
    my ($name) = m{([^/]+)\.json$};
    ($name => $json->decode(slurp($_)))
} glob "$root/ngx_wismo_module/carriers/*.json";

# Without a question in it an adapter only reads what is pushed.

my @names = sort keys %adapters;

@names = grep { " $ENV{WISMO_CARRIERS} " =~ / \Q$_\E / } @names
    if $ENV{WISMO_CARRIERS};

my @asked = grep { $adapters{$_}{ask} } @names;
my @senders = grep { $adapters{$_}{push} } @names;


sub account_of {
    return @{ $account{$_[0]} || ($adapters{$_[0]}{ask} ? ['secret'] : []) };
}


# What the adapter puts into requests, apart from what all may see.

sub wants {
    my ($name) = @_;
    my %slots = map { $_ => 1 }
        $json->encode($adapters{$name}) =~ /\{(?:account|secret)\.(\w+)\}/g;

    delete $slots{$_} for ($more{$name} // '') =~ /(\w+) \S+;/g;

    return sort keys %slots;
}


sub value { "$_[1]-of-the-account-at-$_[0]" }

sub hook_secret {
    my ($name) = @_;
    my $secret = value($name, 'hook');

    return ($adapters{$name}{push}{verify}{key} // '') eq 'base64'
        ? encode_base64($secret, '') : $secret;
}

my %shown = map {
    my $name = $_;
    ($name => join ':', map { value($name, $_) } account_of($name))
} @names;

spew("$dir/accounts.json", $json->encode(\%shown));

my $blocks = join '', map {
    my $name = $_;
    my $path = $base{$name} // "/$name";

    "    wismo_carrier $name {\n        base_url %%SIM%%$path;\n"
    . join('', map {
          $secret{$_} ? "        ${_}_file %%DIR%%/$name.$_;\n"
                      : "        $_ " . value($name, $_) . ";\n"
      } account_of($name))
    . ($more{$name} ? "        $more{$name}\n" : '')
    . "    }\n"
} @names;

my $hooks = join '', map {
    "        location = /wismo/hooks/$_ {\n            wismo_hook $_;\n"
    . "            wismo_hook_secret_file %%DIR%%/$_.hook;\n        }\n"
} @senders;

# The clock stands, on a full minute: some carriers tell no seconds.

my $t = Wismo::Test->new(start => 0, hook => 0, fetcher => 1, scale => 60,
    http => $blocks, server => $hooks, sim => {
        start => 60 * int(time / 60) - 5 * 86400, scale => 0,
        accounts => "$dir/accounts.json",
        'ups-client' => $shown{ups}, 'fedex-client' => $shown{fedex},
        'easypost-key' => $shown{easypost},
    });

my $sim = $t->sim;
my $simulated = $sim->ask(GET => 'counters');

for my $name (@names) {
    ok($simulated->{$name}, "$name: there is a simulator");
    is(join(' ', wants($name)), join(' ', sort(account_of($name))),
       "$name: its account");
    $t->secret("$name.$_", value($name, $_)) for account_of($name);
    $t->secret("$name.hook", hook_secret($name));
}

# Some carriers' tokens come from another host than their answers.

for my $file (glob $t->dir . '/share/carriers/*.json') {
    my $text = slurp($file);

    spew($file, $text) if $text =~ s{"url": "https://[^/"]+}{"url": "{base}}g;
}

$t->start;

@$_ = grep { $simulated->{$_} } @$_ for \(@names, @asked, @senders);

my %script = map {
    $_ => $json->decode(slurp("$root/t/sim/scripts/$_-life.json"))
} @names;

my %start;


# A number like the script's own, with another digit at its end.

sub number {
    my ($name, $n) = @_;

    return $script{$name}{number} =~ s/(\d)(?=\D*$)/($1 + $n) % 10/re;
}


sub load {
    my ($name, $n) = @_;

    $start{$name} = $sim->load(script => "$name-life",
                               number => number($name, $n))->{start};
}


sub put {
    my ($order, $name, $n) = @_;

    $t->put_order($order, { shipments => [ { carrier => $name,
        tracking_number => number($name, $n) } ] });
}


sub wanted {
    my ($stage, $name) = @_;
    my $words = $stage->[2];

    return $words->{$name} || $words->{''};
}


# All the events that the carrier knows by now, at the times at which they
# were: as instants where they are told as such, else by the place's clock.

sub same_times {
    my ($name, $order, $hours) = @_;

    my @told = @{ $order->{parcels}[0]{events} };
    my $start = Sim::World::when($start{$name});
    my @happened = grep { $_->{at} <= $hours } map {
        { %$_, at => $_->{at} =~ s/h$//r }
    } reverse @{ $script{$name}{events} };

    my @got = map { $_->{utc} || $_->{wallclock} } @told;
    my @want;

    for my $i (0 .. $#happened) {
        my $event = $happened[$i];
        my $time = $start + 3600 * $event->{at};
        my $place = $places->{ $event->{place} // '' } || {};

        push @want, ($told[$i] || {})->{utc} ? Sim::World::utc($time)
            : Sim::World::zoned($time, $event->{zone} || $place->{zone}
                || $place->{offset} || 'UTC',
                '%Y-%m-%dT%H:%M:%S');
    }

    return is("@got", "@want", "$name: every event at its time");
}


# Many are waited for at once, so they have their time together.

my $patience;

sub patience { time + 25 * ($ENV{WISMO_SLOW} || 1) }

sub reached {
    my ($stage, $name, $order, $hours) = @_;
    my ($what) = @$stage;
    my $again = time + 5;

    # on a busy machine the first recheck may meet a question under way

    my $now = $t->wait_order($order, sub {
        my $done = $_->{parcels}[0]{status} eq wanted($stage, $name);

        if (!$done && $order =~ /^C-/ && time >= $again) {
            $t->wismo('order', 'recheck', $order);
            $again = time + 5;
        }

        return $done;
    }, $patience > time ? $patience - time : 0.5);

    ok($now, "$name: $what: " . wanted($stage, $name)) or return;

    my @unmapped = grep { !defined $_->{status} }
        @{ $now->{parcels}[0]{events} };

    is(scalar(@unmapped), 0, "$name: $what: every code says something");
    same_times($name, $now, $hours);

    return $now;
}


# Asked.  Each time something is in the way first: the carrier has had enough
# for now, is down or talks nonsense, or takes its tokens back.  It costs a
# little time and nothing else.

my @nonsense = qw(html truncate cut empty garbage);

my %hurdle = (
    moving    => sub { (kind => 'status', status => 429, retry_after => 1) },
    exception => sub { (kind => $nonsense[ $_[0] % @nonsense ]) },
    delivered => sub { (kind => 'status', status => 503) },
);


sub faults { $sim->ask(GET => 'counters')->{ $_[0] }{faults} || 0 }

for my $name (@asked) {
    load($name, 0);
    put("C-$name", $name, 0);
    put("N-$name", $name, 1);
}

my $hours = 0;
my $faults = 0;

for my $stage (@stages) {
    my ($what, $later) = @$stage;

    if ($later) {
        $sim->clock(advance => "${later}h");
        $hours += $later;

        for my $i (0 .. $#asked) {
            $sim->fault(carrier => $asked[$i], times => 1,
                        $hurdle{$what}->($i));
            $sim->revoke($asked[$i]) if $what eq 'delivered';
        }

        for my $name (@asked) {
            my ($status) = $t->wismo('order', 'recheck', "C-$name");

            is($status, 0, "$name: recheck") if $status;
        }
    }

    $patience = patience();

    for my $name (@asked) {
        my $order = reached($stage, $name, "C-$name", $hours) or next;

        is($order->{parcels}[0]{source}, 'poll', "$name: $what: asked");
    }

    is(join(' ', grep { faults($_) != $faults } @asked), '',
       "$what: each has had its fault") if $later;
    $faults++;
}


# On the page, in the carrier's words

for my $name (@asked) {
    my ($cookie) = $t->get($t->link("C-$name"))->header('set-cookie')
        =~ /^([^;]+)/;
    my $page = $t->get("/track/C-$name", Cookie => $cookie);
    my $last = $script{$name}{events}[-1];
    my $text = Encode::encode('UTF-8', $last->{text});

    ok(index($page->body, $text) >= 0, "$name: on the page, in its words");
}


# Asked about what nobody has heard of

$patience = patience();

for my $name (@asked) {
    my $order = $t->wait_order("N-$name", sub { $_->{checked_at} },
        $patience > time ? $patience - time : 0.5);

    is($order && $order->{parcels}[0]{status}, 'unknown',
       "$name: a number nobody knows");
}


# Pushed: the carrier tells, in order and out of it, twice, and a stranger in
# its name.

sub hook { $sim->hook(sender => shift, @_) }
sub pushes { $sim->ask(GET => "pushes?sender=$_[0]") }
my ($yes, $no) = (JSON::PP::true, JSON::PP::false);

for my $name (@senders) {
    load($name, 2);
    put("P-$name", $name, 2);
}

# What nobody has signed is not believed: the carrier is asked.

sub hints {
    my ($name) = @_;
    my $push = $adapters{$name}{push};

    return $push->{hint} // ($push->{verify}{kind} eq 'bearer');
}

my ($label) = @stages;

$patience = patience();

for my $name (@senders) {
    reached($label, $name, "P-$name", 0) if $adapters{$name}{ask};
}

hook($_, url => 'http://127.0.0.1:' . $t->port . "/wismo/hooks/$_",
     secret => hook_secret($_)) for @senders;

$patience = patience();
reached($label, $_, "P-$_", 0) for @senders;

$hours = 0;

for my $stage (@stages[1 .. $#stages]) {
    my ($what, $later) = @$stage;

    if ($what eq 'exception') {
        hook($_, forge => $yes) for @senders;

    } elsif ($what eq 'delivered') {
        hook($_, twice => $yes, reverse => $yes) for @senders;
    }

    my %before = map { $_ => ($t->order("P-$_") || {})->{version} } @senders;

    $sim->clock(advance => "${later}h");
    $hours += $later;

    if ($what eq 'exception') {
        for my $name (@senders) {
            my $refused = wait_until {
                return (pushes($name)->{last} // 0) == 401
            } 10;

            ok($refused, "$name: a stranger's push is refused");
            is($t->order("P-$name")->{version}, $before{$name},
               "$name: and changes nothing");
        }

        hook($_, forge => $no) for @senders;
    }

    $patience = patience();

    for my $name (@senders) {
        my $order = reached($stage, $name, "P-$name", $hours) or next;

        is($order->{parcels}[0]{source}, hints($name) ? 'poll' : 'push',
           "$name: $what: " . (hints($name) ? 'asked at once' : 'told'));
    }
}


# Told again, and about a parcel that is nobody's: taken, and nothing changes

my %versions;

for my $name (@senders) {
    my $taken = wait_until { return !pushes($name)->{waiting} } 10;

    ok($taken, "$name: all was taken");
}

my $read = sub {
    return wait_until {
        my @left = grep { $t->redis->call('XLEN', $_) }
            @{ $t->redis->call('KEYS', 'wi:*') };
        return !@left;
    } 10;
};

ok($read->(), 'every letter was read');

for my $name (@senders) {
    my $before = pushes($name)->{delivered};

    $versions{$name} = $t->order("P-$name")->{version};
    $sim->push(sender => $name, number => number($name, $_)) for 2, 3;

    my $taken = wait_until {
        return pushes($name)->{delivered} >= $before + 2;
    } 10;

    ok($taken, "$name: told again, and of a stranger: taken");
}

ok($read->(), 'these were read, too');

for my $name (@senders) {
    is($t->order("P-$name")->{version}, $versions{$name},
       "$name: the order is as it was");
}

is(scalar(map { @{ $t->redis->call('XRANGE', $_, '-', '+') } }
          @{ $t->redis->call('KEYS', 'wx:*') }), 0,
   'none of them is unreadable');

done_testing;
