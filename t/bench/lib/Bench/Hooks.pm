package Bench::Hooks;

# How soon who delivers something has an answer, counted from the last byte of
# the body: a carrier's push, a shop's webhook, an order and a hundred of them by
# the API.  Each is signed and different, and sealed by the worker; Redis is real
# and has taken it before the answer.  One after the other, and 16 at once.  Then
# what the clock costs a commit: the same orders imported with it and without, in
# instructions.

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256 hmac_sha256_hex sha256_hex);
use IO::Select;
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(time);

use Bench::Measure qw(cpu_us);
use Bench::Progress;
use Bench::Side;
use Bench::Table qw(table);
use Wismo::Http;
use Wismo::Process qw(run slurp spew);

use constant SECRET => 'a-hook-secret-for-benchmarks';
use constant KEY => 'a-key-for-benchmarks';
use constant CONTACT => 'c0' x 32;
use constant BATCH => 100;
use constant CLOCKED => 500;      # orders

my $json = JSON::PP->new->utf8->canonical;

my @kinds = (
    [ push  => "a carrier's push" ],
    [ shop  => "a shop's order" ],
    [ put   => 'an order by the API' ],
    [ batch => BATCH . ' orders by the API' ],
);


sub run_hooks {
    my ($bench, %opt) = @_;

    my $self = bless { bench => $bench, n => 0 }, __PACKAGE__;
    my $samples = int($opt{samples} / 10) || 1;
    my %result = (samples => $samples);

    for my $file ([ 'hook.key', SECRET ],
                  [ 'api.keys', 'bench:' . sha256_hex(KEY) ],
                  [ 'contact.key', CONTACT ])
    {
        spew("$bench->{dir}/$file->[0]", "$file->[1]\n");
        chmod 0640, "$bench->{dir}/$file->[0]";
        chown 0, scalar(getgrnam('www-data') // 0),
            "$bench->{dir}/$file->[0]" if $> == 0;
    }

    my $progress = Bench::Progress->new(2 * @kinds + 2);

    for my $kind (@kinds) {
        $bench->redis;

        my $side = Bench::Side->new($bench, 'hooks')->start;

        for my $at_once (1, 16) {
            my $before = cpu_us($side->worker);
            my @took = $self->deliver($side->port, $kind->[0], $at_once,
                                      $samples);

            push @{ $result{kinds} }, {
                kind => $kind->[1], at_once => $at_once,
                bytes => $self->{bytes},
                cpu => (cpu_us($side->worker) - $before) / $samples,
                map { ("p$_" => percentile($_, @took)) } 50, 99, 100
            };

            $progress->step($kind->[1]);
        }

        $side->stop;
    }

    $result{clock} = $self->clock($progress) if $opt{count};

    return \%result;
}


sub percentile {
    my ($p, @all) = @_;

    @all = sort { $a <=> $b } @all;

    return $all[ int($p / 100 * $#all + 0.5) ];
}


sub order {
    my ($n) = @_;

    return {
        number => "H-$n", locale => 'en', currency => 'EUR',
        placed_at => '2026-11-28T09:05:00Z',
        customer => { name => 'Ada Bench', email => "ada-$n\@shop.example",
                      phone => '+44 20 7946 0000' },
        ship_to => { name => 'Ada Bench', line1 => '1 Test Street',
                     city => 'London', postal_code => 'N1 9GU',
                     country => 'GB' },
        items => [ map { { id => "i$_", name => "Thing number $_",
                           sku => "SKU-$_", quantity => 1 } } 1 .. 3 ],
        shipments => [ { carrier => 'ups',
            tracking_number => sprintf('1Z999AA1%010d', $n) } ],
    };
}


sub message {
    my ($self, $kind) = @_;
    my $n = ++$self->{n};
    my (%head, $body, $call);

    if ($kind eq 'push') {
        $call = 'POST /hooks/easypost';
        $body = $json->encode({ description => 'tracker.updated',
            id => "evt_$n", mode => 'production', result => {
                id => "trk_$n", object => 'Tracker',
                tracking_code => "EZ$n", status => 'in_transit',
                carrier => 'USPS', tracking_details => [ map { {
                    object => 'TrackingDetail', status => 'in_transit',
                    status_detail => 'arrived_at_facility',
                    message => 'Arrived at a facility on its way',
                    datetime => sprintf('2026-11-%02dT08:00:00Z', $_),
                    tracking_location => { city => 'Memphis', state => 'TN',
                        country => 'US', zip => '38118' } } } 10 .. 19 ] } });
        $head{'X-Hmac-Signature'} = 'hmac-sha256-hex='
            . hmac_sha256_hex($body, SECRET);

    } elsif ($kind eq 'shop') {
        my $o = order($n);

        $call = 'POST /hooks/shopify';
        $body = $json->encode({ id => $n, name => "#$n",
            email => $o->{customer}{email},
            created_at => '2026-11-28T09:05:00Z',
            updated_at => '2026-11-28T09:05:00Z', currency => 'EUR',
            line_items => [ map { { id => $_, title => "Thing number $_",
                name => "Thing number $_", sku => "SKU-$_", quantity => 1,
                current_quantity => 1, price => '10.00',
                requires_shipping => JSON::PP::true,
                properties => [ { name => 'note', value => 'x' x 400 } ] } }
                1 .. 10 ],
            shipping_address => { name => 'Ada Bench', city => 'London',
                zip => 'N1 9GU', country_code => 'GB' } });
        $head{'X-Shopify-Topic'} = 'orders/create';
        $head{'X-Shopify-Hmac-Sha256'}
            = encode_base64(hmac_sha256($body, SECRET), '');

    } elsif ($kind eq 'put') {
        my $o = order($n);
        my $number = delete $o->{number};

        $call = "PUT /wismo/api/v1/orders/$number";
        $body = $json->encode($o);

    } else {
        $call = 'POST /wismo/api/v1/orders:batch';
        $body = join '', map { $json->encode(order($self->{n}++)) . "\n" }
            1 .. BATCH;
    }

    $head{Authorization} = 'Bearer ' . KEY if $call =~ /api/;
    $head{'Content-Type'} = $kind eq 'batch' ? 'application/x-ndjson'
                                             : 'application/json';
    $self->{bytes} = length $body;

    return "$call HTTP/1.1\r\nHost: shop.example\r\n"
        . join('', map { "$_: $head{$_}\r\n" } sort keys %head)
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}


# Milliseconds from the last byte to the whole answer.

sub deliver {
    my ($self, $port, $kind, $at_once, $n) = @_;

    my $select = IO::Select->new;
    my (%of, @took);
    my $left = $n;

    my $send = sub {
        my ($sock) = @_;
        my $text = $self->message($kind);
        my $last = substr $text, -1, 1, '';

        while (length $text) {
            my $sent = syswrite $sock, $text or die "closed: $!\n";
            substr $text, 0, $sent, '';
        }

        $of{$sock} = { at => time(), in => '' };
        syswrite $sock, $last;
        $left--;
    };

    for (1 .. $at_once) {
        last if $left == 0;

        my $sock = Wismo::Http::open($port);

        # the last byte goes out by itself, and at once

        setsockopt $sock, IPPROTO_TCP, TCP_NODELAY, 1;
        $select->add($sock);
        $send->($sock);
    }

    while ($select->count) {
        my @ready = $select->can_read(10) or die "no answer\n";
        my $now = time();

        for my $sock (@ready) {
            my $s = $of{$sock};

            sysread $sock, $s->{in}, 65536, length $s->{in}
                or die "closed: $s->{in}\n";
            $s->{in} =~ m{^HTTP/1\.1\ (\d+)\ .*?\r\n\r\n}xs or next;

            my ($status, $end) = ($1, $+[0]);
            my $head = substr $s->{in}, 0, $end;

            die "$kind: $s->{in}\n" if $status !~ /^20[0-9]$/;

            if ($head =~ /^Content-Length: (\d+)/mi) {
                next if length($s->{in}) < $end + $1;

            } else {
                next if $s->{in} !~ /\r\n0\r\n\r\n\z/;
            }

            push @took, 1e3 * ($now - $s->{at});

            if ($left) {
                $send->($sock);

            } else {
                $select->remove($sock);
            }
        }
    }

    return @took;
}


# Instructions of a whole import, by callgrind, with the clock and without; of
# twice as many orders less, so that the program's start is in neither.

sub clock {
    my ($self, $progress) = @_;
    my $bench = $self->{bench};
    my %result = (orders => CLOCKED);

    for my $on (0, 1) {
        my @total;

        for my $n (CLOCKED, 2 * CLOCKED) {
            $bench->redis;

            my $config = $bench->config;
            my $conf = $json->decode(slurp($config));

            if ($on) {
                delete $conf->{exceptions};

            } else {
                $conf->{exceptions} = JSON::PP::false;
            }

            spew($config, $json->encode($conf));
            spew("$bench->{dir}/clock.ndjson", join '', map {
                my $o = order($_);

                $o->{promised} = { from => '2026-12-01',
                                   until => '2026-12-03' };
                $o->{shipments}[0]{events} = [ {
                    time => '2026-11-29T10:00:00Z',
                    status => 'in_transit' } ];
                $json->encode($o) . "\n"
            } 1 .. $n);

            my $out = "$bench->{dir}/callgrind-clock";

            $bench->must('valgrind', '-q', '--tool=callgrind',
                "--callgrind-out-file=$out", "$bench->{build}/wismo",
                '--share', "$bench->{dir}/share", 'import', '--quiet',
                '--any-carrier', '--config', $config,
                "$bench->{dir}/clock.ndjson");

            push @total, map { /^(?:totals|summary): (\d+)/ ? $1 : () }
                split /\n/, slurp($out);
        }

        $result{ $on ? 'with' : 'without' }
            = ($total[-1] - $total[0]) / CLOCKED;
        $progress->step('what the clock costs');
    }

    return \%result;
}


sub text {
    my ($r) = @_;

    my $text = "\n" . table(
        [ 'an answer after the last byte', 'at once', 'body, bytes',
          'median, ms', '99 %, ms', 'latest, ms', 'CPU of nginx, us' ],
        map { [ $_->{kind}, $_->{at_once}, $_->{bytes},
                map({ sprintf '%.2f', $_ } @$_{qw(p50 p99 p100)}),
                sprintf('%.0f', $_->{cpu}) ] } @{ $r->{kinds} });

    if (my $c = $r->{clock}) {
        $text .= sprintf "\na commit with the clock %.0f instructions, "
            . "without %.0f: %.0f for the clock\n", $c->{with},
            $c->{without}, $c->{with} - $c->{without};
    }

    return $text;
}


sub targets {
    my ($r) = @_;

    return map { [ "$_->{kind}: 99 % of answers, ms", $_->{p99}, 50 ] }
        grep { $_->{at_once} == 1 } @{ $r->{kinds} };
}


1;
