package Bench::Pages;

# The first part: a page, its JSON and a 304 with one read of Redis, beside
# those who do the same and those who do less.  The sides take turns, slice
# by slice, forth and back, so that a machine that slows down slows all of
# them, and what is compared is the ratio within one round.

use strict;
use warnings;

use POSIX ();

use IO::Compress::Gzip ();
use JSON::PP ();

use Bench::Instructions;
use Bench::Measure qw(slice syscalls instructions_perf median ask);
use Bench::Progress;
use Bench::Side;
use Bench::Table qw(table spread);
use Wismo::Process qw(slurp spew);

my $json = JSON::PP->new->utf8;

use constant FILES => 2000;               # pages that are also files
use constant POPULAR => 20;               # of these, where they are kept
use constant COUNTED => 400;              # requests, for their instructions


# group, row, who answers, the beginning and the end of the path, and what is
# accepted; the first of a group is Wismo, and "than" says whom the others are
# held against

my @rows = (
    [ page => 'Wismo', 'wismo', '/track/', '' ],
    [ page => 'Lua, lua-resty-redis', 'lua', '/track/', '' ],
    [ page => 'Node, fastify, ioredis', 'node', '/track/', '' ],
    [ gzip => 'Wismo', 'wismo', '/track/', '', 'gzip' ],
    [ gzip => 'Lua, lua-resty-redis, gzip', 'lua', '/gzip/', '', 'gzip' ],
    [ zone => 'Wismo', 'zone', '/track/', '' ],
    [ zone => 'Lua, shared dictionary', 'lua', '/kept/', '' ],
    [ zone => 'nginx, file', 'nginx', '/files/', '' ],
    [ zone => 'nginx, file, open_file_cache', 'nginx', '/cached/', '' ],
    [ zone => 'nginx, return', 'nginx', '/return/', '' ],
    [ zonegzip => 'Wismo', 'zone', '/track/', '', 'gzip' ],
    [ zonegzip => 'Lua, shared dictionary, gzip', 'lua', '/kept/', '', 'gzip' ],
    [ zonegzip => 'nginx, file, gzip_static', 'nginx', '/gzip/', '', 'gzip' ],
    [ zonegzip => 'nginx, file, gzip_static, open_file_cache', 'nginx',
      '/cachedgzip/', '', 'gzip' ],
    [ zonegzip => 'nginx, return, not compressed', 'nginx', '/return/', '' ],
    [ json => 'Wismo', 'wismo', '/track/', '.json' ],
    [ json => 'Wismo, from the zone', 'zone', '/track/', '.json' ],
    [ json => 'Lua, lua-resty-redis', 'lua', '/json/', '' ],
    [ json => 'Lua, what Redis has', 'lua', '/stored/', '' ],
    [ json => 'Node, fastify, ioredis', 'node', '/json/', '' ],
    [ 304 => 'Wismo', 'zone', '/track/', '' ],
    [ 304 => 'Wismo, one read of Redis', 'wismo', '/track/', '' ],
    [ 304 => 'nginx, file', 'nginx', '/files/', '' ],
    [ 304 => 'nginx, file, open_file_cache', 'nginx', '/cached/', '' ],
);

my @groups = qw(page gzip zone zonegzip json 304);

my %than = (
    page     => 'Lua, lua-resty-redis',
    gzip     => 'Lua, lua-resty-redis, gzip',
    zone     => 'nginx, return',
    zonegzip => 'nginx, return, not compressed',
    json     => 'Lua, lua-resty-redis',
    304      => 'nginx, file, open_file_cache',
);

my %title = (
    page     => 'Page, one read of Redis',
    gzip     => 'The same, compressed',
    zone     => 'Page, kept',
    zonegzip => 'The same, compressed',
    json     => 'JSON',
    304      => '304',
);

# Which servers a peer's name stands for, and how Wismo's differ: a zone that
# is too small to keep a page, and one that keeps all that are asked for.

my %servers = (wismo => [ qw(wismo zone) ]);
my %zone = (wismo => '64k', zone => '256m');


sub run {
    my ($bench, %opt) = @_;

    my $self = bless { bench => $bench, %opt }, __PACKAGE__;

    $bench->redis;

    my $import = $bench->import_orders($opt{orders}, $bench->config);

    return { import => $import, rows => [] } unless @{ $opt{only} };

    $self->{names} = [ map { @{ $servers{$_} || [ $_ ] } } 'wismo',
                       sort keys %{ $opt{peers} } ];
    $self->{rows} = [ grep {
        my $row = $_;
        grep { $_ eq $row->[2] } @{ $self->{names} }
    } @rows ];

    $bench->install_node if $opt{peers}{node};

    $self->{numbers} = $bench->peers_data;
    $self->{words} = $bench->words;

    print STDERR "starting and checking the servers\n";

    $self->sides;
    $self->check;

    my $results = $self->measure;

    $_->stop for values %{ $self->{side} };

    $self->instructions($results) if $opt{count};

    return { import => $import, rows => $results };
}


sub sides {
    my ($self) = @_;
    my $bench = $self->{bench};

    my $side = $self->{side} = {
        map { $_ => Bench::Side->new($bench, $_, how($_))->start }
        grep { $_ ne 'nginx' } @{ $self->{names} }
    };

    # Wismo's own pages are the files

    my @numbers = @{ $self->{numbers} };
    splice @numbers, FILES if @numbers > FILES;

    my (%size, $sum);

    ask($side->{wismo}->port, [ map { "/track/$_" } @numbers ], sub {
        my ($r, $path) = @_;
        my ($number) = $path =~ m{([^/]+)$};

        die "Wismo: $path: " . $r->status . "\n" if $r->status != 200;

        spew("$bench->{dir}/pages/$number", $r->body);
        IO::Compress::Gzip::gzip(\$r->{body} =>
            "$bench->{dir}/pages/$number.gz", -Level => 6);
        $sum += $size{$number} = length $r->body;
    });

    my $mean = $sum / @numbers;
    my ($usual) = sort { abs($size{$a} - $mean) <=> abs($size{$b} - $mean) }
        @numbers;

    $self->{nginx_vars} = pieces(slurp("$bench->{dir}/pages/$usual"));
    $side->{nginx} = Bench::Side->new($bench, 'nginx',
        vars => $self->{nginx_vars})->start if $self->{peers}{nginx};

    $self->{some} = \@numbers;
}


sub how {
    my ($name) = @_;

    return $zone{$name} ? (peer => 'wismo', vars => { ZONE => $zone{$name} })
                        : ();
}


# A page as values of "set": nginx takes no word of more than 4096 bytes.

sub pieces {
    my ($page) = @_;
    my (@sets, @names);

    $page =~ tr/$/S/;

    for my $piece ($page =~ /((?:[^\xc0-\xff]|[\xc0-\xff][\x80-\xbf]*){1,1000})/gs) {
        $piece =~ s/([\\'])/\\$1/g;
        push @names, '$piece' . @names;
        push @sets, "            set $names[-1] '$piece';";
    }

    return { PIECES => join("\n", @sets), PIECE_NAMES => join('', @names) };
}


# The file with the requests of a row.  ETags are asked for just before they
# are used: a page's changes with the quarter of an hour.

sub requests {
    my ($self, $row) = @_;
    my ($group, undef, $side, $before, $after, $encoding) = @$row;

    my $file = "$self->{bench}{dir}/requests-" . join '-', $group, $side,
        $before =~ /(\w+)/;
    my $some = $side =~ /^(?:nginx|zone)$/ || $group eq '304';
    my @some = @{ $some ? $self->{some} : $self->{numbers} };

    # "return" has one page, which is in the processor's cache

    splice @some, POPULAR if $group =~ /^zone/ && @some > POPULAR;

    my @paths = map { "$before$_$after" . ($encoding ? "\t\t$encoding" : '') }
        @some;

    return $file if -e $file && $group ne '304';

    if ($group eq '304') {
        my @asked;

        ask($self->{side}{$side}->port, \@paths, sub {
            my ($r, $path) = @_;
            push @asked, "$path\t" . $r->header('etag');
        });

        @paths = @asked;
    }

    spew($file, join '', map { "$_\n" } @paths);

    return $file;
}


# Before anything is timed: all who answer from Redis say the same.

sub check {
    my ($self) = @_;
    my $n = @{ $self->{some} };
    my @sample = @{ $self->{some} }[map { $_ * ($n - 1) / 24 } 0 .. 24];

    for my $number (@sample) {
        my $order = $json->decode(
            $self->{bench}{redis}->call('GET', "order:$number"));

        my @facts = facts($order);
        my @shown = (@facts, $self->shown($order));

        for my $row (@{ $self->{rows} }) {
            my ($group, $name, $side, $before, $after, $encoding) = @$row;

            next if $group eq '304' || $side eq 'nginx' || $before eq '/stored/';

            my $path = "$before$number$after"
                . ($encoding ? "\t\t$encoding" : '');

            ask($self->{side}{$side}->port, [ $path ], sub {
                my ($r) = @_;

                die "$name: $before$number$after: " . $r->status . "\n"
                    if $r->status != 200;

                my $text = $group eq 'json'
                    ? join("\n", strings($r->json)) : visible($r->text);

                die "$name: $before$number$after: not compressed\n"
                    if $encoding && !$r->header('content-encoding');

                for my $fact ($group eq 'json' ? @facts : @shown) {
                    my @forms = ref $fact ? @$fact : $fact;

                    next if grep { index($text, $_) >= 0 } @forms;

                    $fact = $forms[0];
                    utf8::encode($fact);
                    die "$name, $group of order $number: \"$fact\" is "
                        . "missing\n";
                }
            });
        }
    }
}


# Characters, not bytes.

sub facts {
    my ($order) = @_;

    return $order->{number},
        (map { $_->{name} } @{ $order->{items} }),
        map {
            my $p = $_;
            ($p->{number}, map { @$_{qw(text place)} } @{ $p->{events} })
        } @{ $order->{parcels} };
}


sub shown {
    my ($self, $order) = @_;
    my $words = $self->{words};
    my $status = $words->{status}{ $order->{status} };

    my $date = sub {
        my ($time, $tz) = @_;
        my @t = gmtime $time + $tz * 60;

        # a day may be a heading, and then it is written out

        return ([ "$words->{days}[$t[6]] $t[3] $words->{months}[$t[4]]",
                  POSIX::strftime('%A, ', @t) . $t[3]
                  . POSIX::strftime(' %B', @t) ],
                sprintf '%02d:%02d', @t[2, 1]);
    };

    return (
        $status->{headline}, $status->{next},
        ($date->(@$order{qw(placed tz)}))[0],
        $order->{status} eq 'delivered' ? ()
            : ($date->(@$order{qw(promised tz)}))[0],
        @{ $words->{steps}{labels} },
        (map { "$_->{quantity} \x{d7} " } grep { $_->{quantity} > 1 }
            @{ $order->{items} }),
        map {
            my $p = $_;
            my $s = $words->{status}{ $p->{status} };

            ($p->{name}, $s->{headline}, map {
                my $e = $words->{status}{ $_->{status} };
                ($e->{scan} // $e->{headline}, $date->(@$_{qw(t tz)}))
            } @{ $p->{events} })
        } @{ $order->{parcels} },
    );
}


sub visible {
    my ($html) = @_;

    utf8::decode($html);

    $html =~ s{<style>.*?</style>}{}s;
    $html =~ s/<[^>]*>//g;

    my %entity = (amp => '&', lt => '<', gt => '>', quot => '"', '#39' => "'");
    $html =~ s/&(amp|lt|gt|quot|#39);/$entity{$1}/g;
    $html =~ s/\s+/ /g;

    return $html;
}


sub strings {
    my ($value) = @_;

    return map { strings($_) } values %$value if ref $value eq 'HASH';
    return map { strings($_) } @$value if ref $value eq 'ARRAY';
    return $value // ();
}


sub measure {
    my ($self) = @_;
    my $bench = $self->{bench};
    my @chosen = grep {
        my $group = $_->[0];
        grep { $_ eq $group } @{ $self->{only} }
    } @{ $self->{rows} };

    my $progress = Bench::Progress->new(
        @chosen * (1 + $self->{rounds} + ($self->{count} ? 1 : 0)));
    my %slices;

    my $one = sub {
        my ($row, $seed) = @_;

        return slice($bench, side => $self->{side}{ $row->[2] },
            file => $self->requests($row), secs => $self->{secs},
            seed => $seed);
    };

    for my $row (@chosen) {
        $one->($row, 1);
        $progress->step('warming up');
    }

    for my $round (1 .. $self->{rounds}) {
        for my $row ($round % 2 ? @chosen : reverse @chosen) {
            push @{ $slices{"@$row"} }, $one->($row, $round + 1);
            $progress->step("round $round: $title{$row->[0]}, $row->[1]");
        }
    }

    my @results;

    for my $row (@chosen) {
        my @mine = @{ $slices{"@$row"} };
        my ($base) = grep { $_->[0] eq $row->[0]
                            && $_->[1] eq $than{ $row->[0] } } @chosen;

        my %result = (group => $row->[0], name => $row->[1], row => $row);

        for my $figure (qw(rate cpu redis both body rss p50 p99)) {
            my @all = map { $_->{$figure} } @mine;

            $result{$figure} = { median => median(@all), all => \@all };
        }

        for my $figure (qw(cpu both)) {
            my @all = map {
                $mine[$_]{$figure} / $slices{"@$base"}[$_]{$figure}
            } $base ? 0 .. $#mine : ();

            $result{"${figure}_ratio"} = { median => median(@all),
                                           all => \@all };
        }

        if ($self->{count}) {
            my %what = (side => $self->{side}{ $row->[2] },
                        file => $self->requests($row), secs => 1, seed => 99);

            $result{syscalls} = syscalls($bench, %what);
            $result{instructions} = instructions_perf($bench, %what)
                if $self->{perf};
            $progress->step("counting: $title{$row->[0]}, $row->[1]");
        }

        push @results, \%result;
    }

    return \@results;
}


# Where the machine has no counters: callgrind, for those that are nginx.

sub instructions {
    my ($self, $results) = @_;

    return if $self->{perf};

    my @names = grep { $_ ne 'node' } @{ $self->{names} };
    my $progress = Bench::Progress->new(scalar @names);

    for my $name (@names) {
        my @mine = grep { $_->{row}[2] eq $name } @$results;

        if (@mine) {
            my $count = Bench::Instructions->new($self->{bench}, $name,
                vars => $self->{nginx_vars}, how($name));

            $self->{side}{$name} = $count->{side};

            for my $result (@mine) {
                my @paths = split /\n/,
                    slurp($self->requests($result->{row}));

                # some are few: the connection, and the clock's next second,
                # would count

                @paths = (@paths) x POSIX::ceil(COUNTED / @paths);
                splice @paths, COUNTED;

                $result->{instructions} = $count->of(\@paths);
            }

            $count->stop;
        }

        $progress->step("counting instructions: $name");
    }
}


sub text {
    my ($result) = @_;
    my $text = '';

    for my $group (@groups) {
        my @mine = grep { $_->{group} eq $group } @{ $result->{rows} };

        next unless @mine;

        $text .= "\n" . table(
            [ $title{$group}, 'req/s', 'server CPU, us', 'Redis CPU, us',
              'ratio, server', 'ratio, both', 'instructions', 'system calls',
              'RSS, MB', 'bytes' ],
            map {
                my $r = $_;
                my $f = sub {
                    my ($format, $name) = @_;
                    return spread($format, $r->{$name}{median},
                                  @{ $r->{$name}{all} });
                };

                [ $r->{name}, $f->('%.0f', 'rate'), $f->('%.1f', 'cpu'),
                  $r->{redis}{median} < 0.5 ? undef
                      : sprintf('%.1f', $r->{redis}{median}),
                  $f->('%.2f', 'cpu_ratio'),
                  defined $r->{both_ratio}{median}
                      ? sprintf('%.2f', $r->{both_ratio}{median}) : undef,
                  defined $r->{instructions}
                      ? sprintf('%.0f', $r->{instructions}) : undef,
                  defined $r->{syscalls}
                      ? sprintf('%.2f', $r->{syscalls}) : undef,
                  sprintf('%.1f', $r->{rss}{median} / 1024),
                  sprintf('%.0f', $r->{body}{median}) ]
            } @mine);
    }

    return $text;
}


# What was aimed at: a figure of Wismo's row in a group, its ratio to the row
# that the group is held against or to another one.

sub targets {
    my ($result) = @_;

    my $row = sub {
        my ($group, $name) = @_;
        return (grep { $_->{group} eq $group && $_->{name} eq $name }
                @{ $result->{rows} })[0];
    };

    my $ratio = sub {
        my ($figure, $group, $name) = @_;
        my ($wismo, $other) = ($row->($group, 'Wismo'), $row->($group, $name));

        return undef unless $wismo && $other;

        my @all = map { $wismo->{$figure}{all}[$_] / $other->{$figure}{all}[$_] }
            0 .. $#{ $wismo->{$figure}{all} };

        return median(@all);
    };

    my $return = 'nginx, return';
    my $dict = 'Lua, shared dictionary';
    my $rate = do {
        my ($zone, $lua) = ($row->('zone', 'Wismo'), $row->('page', $than{page}));
        $zone && $lua ? $zone->{rate}{median} / $lua->{rate}{median} : undef;
    };

    return grep { defined $_->[1] } (
        [ 'page, server and Redis CPU beside Lua',
          $ratio->('both', 'page', $than{page}), 0.5 ],
        [ 'page compressed, server and Redis CPU beside Lua',
          $ratio->('both', 'gzip', $than{gzip}), 0.5 ],
        [ 'page kept, CPU beside nginx return',
          $ratio->('cpu', 'zone', $return), 1.1 ],
        [ 'page kept, compressed, CPU beside nginx return',
          $ratio->('cpu', 'zonegzip', $than{zonegzip}), 1.1 ],
        [ 'page kept, CPU beside a page kept by Lua',
          $ratio->('cpu', 'zone', $dict), 0.55 ],
        [ 'page kept, requests per second beside Lua with Redis', $rate, 8, 1 ],
        [ 'JSON, server CPU beside Lua', $ratio->('cpu', 'json', $than{json}),
          0.25 ],
        [ '304, CPU beside nginx', $ratio->('cpu', '304', $than{304}), 1.05 ],
        (map {
            my $kept = $row->($_, 'Wismo');
            [ "page kept" . ($_ eq 'zone' ? '' : ', compressed')
              . ', instructions', $kept && $kept->{instructions}, 13500 ]
        } qw(zone zonegzip)),
        [ 'import, orders a second of CPU, Redis included',
          1e6 / ($result->{import}{cpu} + $result->{import}{redis}), 5000,
          1 ],
    );
}


1;
