package Sim::World;

# The simulated clock and the parcels.  A parcel's script is a list of events
# in its carrier's own codes, each at a time relative to the parcel's start;
# what has happened is what is not after the clock.  Carriers' modules render
# it; nothing here knows a code.

use strict;
use warnings;

use JSON::PP ();
use POSIX ();
use Time::HiRes ();
use Time::Local ();

my $json = JSON::PP->new->utf8->canonical;


sub new {
    my ($class, %opt) = @_;

    my $self = bless {
        scripts => $opt{scripts},
        places  => $json->decode(slurp($opt{places})),
        scale   => $opt{scale},
        ceiling => $opt{ceiling},
        ttl     => $opt{'token-ttl'},
        parcels => {},
    }, $class;

    $self->{real} = Time::HiRes::time();
    $self->{base} = when($opt{start} // 'now', $self->{real});

    return $self;
}


sub slurp {
    my ($path) = @_;

    open my $fh, '<:raw', $path or die "$path: $!\n";
    local $/;

    return scalar <$fh>;
}


# "2d4h30m", "-3h", "90" (seconds)

sub span {
    my ($text) = @_;

    my ($sign, $rest) = $text =~ /^([-+]?)(.*)$/;
    my %unit = (d => 86400, h => 3600, m => 60, s => 1);
    my $total = 0;

    return ($sign eq '-' ? -$rest : $rest) if $rest =~ /^[\d.]+$/;

    while ($rest =~ s/^([\d.]+)([dhms])//) {
        $total += $1 * $unit{$2};
    }

    die "not a span of time: \"$text\"\n" if length $rest;

    return $sign eq '-' ? -$total : $total;
}


sub when {
    my ($text, $now) = @_;

    return $now if $text eq 'now';
    return $text if $text =~ /^\d{9,}(\.\d+)?$/;

    if ($text =~ /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/) {
        return Time::Local::timegm($6, $5, $4, $3, $2 - 1, $1);
    }

    return $now + span($text);
}


sub now {
    my ($self) = @_;

    my $real = Time::HiRes::time();
    my $now = $self->{base} + ($real - $self->{real}) * $self->{scale};

    if ($self->{ceiling} && $now >= $real) {
        ($self->{base}, $self->{real}, $self->{scale}) = ($real, $real, 1);
        return $real;
    }

    return $now;
}


sub set {
    my ($self, %opt) = @_;

    my $now = $self->now;

    $now = when($opt{set}, $now) if defined $opt{set};
    $now += span($opt{advance}) if defined $opt{advance};

    $self->{scale} = $opt{scale} if defined $opt{scale};
    $self->{base} = $now;
    $self->{real} = Time::HiRes::time();

    return $self->now;
}


sub load {
    my ($self, %opt) = @_;

    my $script = $opt{script};

    if (!ref $script) {
        $script =~ /^[\w-]+$/ or die "no such script\n";
        $script = $json->decode(slurp("$self->{scripts}/$script.json"));
    }

    my $carrier = $script->{carrier} || $opt{carrier}
        or die "the script names no carrier\n";
    my $number = $opt{number} // $script->{number}
        // die "the script has no number: give one\n";

    my $start = POSIX::floor($self->now)
              - ($opt{age} ? span($opt{age}) : 0);

    my @events = sort { $a->{time} <=> $b->{time} }
        map { { %$_, time => $start + span($_->{at}) } }
        @{ $script->{events} || [] };

    my $parcel = {
        carrier => $carrier,
        number  => $number,
        script  => $script,
        start   => $start,
        events  => \@events,
        cache   => {},
    };

    my $list = $self->{parcels}{$carrier}{$number} ||= [];

    @$list = () unless $opt{again};
    push @$list, $parcel;

    return $parcel;
}


sub find {
    my ($self, $carrier, $number) = @_;

    return @{ $self->{parcels}{$carrier}{$number} || [] };
}


# How many of the events have happened.

sub seen {
    my ($self, $parcel) = @_;

    my $now = $self->now;
    my $events = $parcel->{events};
    my $n = 0;

    $n++ while $n < @$events && $events->[$n]{time} <= $now;

    return $n;
}


# Renders once per number of events seen: polls of a quiet parcel are cheap.

sub rendered {
    my ($self, $parcel, $code) = @_;

    my $n = $self->seen($parcel);

    return $parcel->{cache}{$n} //= $code->($parcel, $n);
}


# The parcel-wide fields: the script's own, then those that events bring.

sub fields {
    my ($self, $parcel, $n) = @_;

    my %fields = map { %{ $_->{parcel} || {} } }
        $parcel->{script}, @{ $parcel->{events} }[0 .. $n - 1];

    return $self->fill($parcel, \%fields);
}


# "{date8:4d}" and the like in a text stand for a time of the parcel's life
# as the place of delivery's clock shows it.

sub fill {
    my ($self, $parcel, $value) = @_;

    if (ref $value eq 'HASH') {
        return { map { $_ => $self->fill($parcel, $value->{$_}) }
                 keys %$value };
    }

    if (ref $value eq 'ARRAY') {
        return [ map { $self->fill($parcel, $_) } @$value ];
    }

    return $value if ref $value || !defined $value || $value !~ /\{/;

    my $offset = $self->place($parcel->{script}{to})->{offset} || '+00:00';

    $value =~ s[\{(date8|day|iso|utc):(\w+)\}][
        my $time = $parcel->{start} + span($2);

        $1 eq 'utc' ? utc($time)
            : $1 eq 'iso' ? local_time($time, $offset, '%Y-%m-%dT%H:%M:%S')
                            . $offset
            : $1 eq 'day' ? local_time($time, $offset, '%Y-%m-%d')
            : local_time($time, $offset, '%Y%m%d')
    ]ge;

    return $value;
}


sub place {
    my ($self, $name) = @_;

    return {} unless defined $name;

    return $self->{places}{$name} || die "no such place: \"$name\"\n";
}


sub minutes {
    my ($offset) = @_;

    my ($sign, $h, $m) = $offset =~ /^([-+])(\d\d):(\d\d)$/
        or die "not an offset: \"$offset\"\n";

    return ($sign eq '-' ? -1 : 1) * ($h * 60 + $m);
}


sub local_time {
    my ($time, $offset, $format) = @_;

    return POSIX::strftime($format, gmtime($time + 60 * minutes($offset)));
}


# A clock of a zone by its name ("Europe/Berlin") or by its offset.

sub zoned {
    my ($time, $zone, $format) = @_;

    $zone = sprintf '<%s%s>%s%s', $1, "$2$3", $1 eq '-' ? '' : '-', "$2:$3"
        if $zone =~ /^([-+])(\d\d):(\d\d)$/;

    local $ENV{TZ} = $zone;

    POSIX::tzset();

    return POSIX::strftime($format, localtime $time);
}


sub utc {
    my ($time) = @_;

    return POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $time);
}


1;
