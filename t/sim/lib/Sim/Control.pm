package Sim::Control;

# Finds whom a request is for, keeps the book, puts faults in the way, and
# serves the control interface under /_sim/.

use strict;
use warnings;

use IO::Compress::Gzip ();
use Sim::Carrier;
use Sim::World;

use constant KEPT => 1000;

my $json = JSON::PP->new->utf8->canonical->allow_nonref;


sub new {
    my ($class, $world, $carriers) = @_;

    return bless {
        world => $world, carriers => $carriers, faults => [], requests => [],
    }, $class;
}


sub handle {
    my ($self, $request) = @_;

    if ($request->{path} =~ m{^/_sim/(\w+)$}) {
        my $reply = eval { $self->control($request, $1) };

        return { status => 400, body => $json->encode({ error => "$@" }) }
            unless $reply;

        return { status => 200, body => $json->encode($reply) };
    }

    for my $name (sort keys %{ $self->{carriers} }) {
        my $what = $self->{carriers}{$name}->handles($request->{path})
            or next;

        return $self->carrier($request, $name, $what);
    }

    return { status => 404, type => 'text/plain', body => "not found\n" };
}


sub carrier {
    my ($self, $request, $name, $what) = @_;

    my $carrier = $self->{carriers}{$name};
    my $entry = {
        carrier => $name, what => $what,
        method => $request->{method}, path => $request->{path},
        query => $request->{query}, headers => { %{ $request->{headers} } },
        body => $request->{body}, connection => $request->{connection},
    };

    $carrier->{counts}{$what}++;
    push @{ $self->{requests} }, $entry;
    shift @{ $self->{requests} } if @{ $self->{requests} } > KEPT;

    my $fault = $self->fault_for($name, $what);
    my $reply;

    if ($what eq 'track' && $carrier->throttled) {
        my $retry = $carrier->{quota}{retry};

        $carrier->{counts}{throttled}++;
        $reply = $carrier->error_of(429,
            defined $retry ? ('Retry-After' => $retry) : ());

    } elsif ($fault) {
        $carrier->{counts}{faults}++;
        $reply = $self->broken($carrier, $what, $request, $fault);

    } else {
        $reply = $carrier->$what($request);
    }

    $entry->{status} = $reply->{status};

    return $reply;
}


sub fault_for {
    my ($self, $name, $what) = @_;

    for my $fault (@{ $self->{faults} }) {
        next if $fault->{carrier} && $fault->{carrier} ne $name;

        my $path = $fault->{path} || 'track';
        next if $path ne 'any' && $path ne $what;

        if ($fault->{times} && !--$fault->{times}) {
            @{ $self->{faults} } = grep { $_ != $fault }
                @{ $self->{faults} };
        }

        return $fault;
    }

    return;
}


sub broken {
    my ($self, $carrier, $what, $request, $fault) = @_;

    my $kind = $fault->{kind};

    if ($kind eq 'status') {
        return $carrier->error_of($fault->{status},
            defined $fault->{retry_after}
                ? ('Retry-After' => $fault->{retry_after}) : ());
    }

    return $carrier->error_of(401) if $kind eq 'expired';

    return { status => 200, type => 'text/html', body =>
        "<!DOCTYPE html>\n<html><head><title>Down for maintenance</title>"
        . "</head><body><h1>We will be back shortly</h1></body></html>\n" }
        if $kind eq 'html';

    return { status => 200, body => "\xff\xfe{\"trackResponse\":\x00" }
        if $kind eq 'garbage';
    return { status => 200, body => '' } if $kind eq 'empty';
    return { status => 302, body => '', headers => {
        Location => $fault->{to} } } if $kind eq 'redirect';
    return { status => 200, body => '[' . '0,' x ($fault->{bytes} / 2) . '0]' }
        if $kind eq 'huge';

    if ($kind eq 'bomb') {
        my $plain = ' ' x $fault->{bytes};
        my $packed;

        IO::Compress::Gzip::gzip(\$plain => \$packed);

        return { status => 200, body => $packed,
                 headers => { 'Content-Encoding' => 'gzip' } };
    }

    if ($kind eq 'truncate' || $kind eq 'cut') {

        # plain, so that it is the JSON that is cut

        delete $request->{headers}{'accept-encoding'};
    }

    my $reply = $carrier->$what($request,
        $kind eq 'missing' ? $fault->{number} : ());
    my $half = int(length($reply->{body}) / 2);

    if ($kind eq 'truncate') {
        substr $reply->{body}, $half, length($reply->{body}) - $half, '';

    } elsif ($kind eq 'cut') {
        $reply->{cut} = $half;

    } elsif ($kind eq 'slow') {
        $reply->{delay} = $fault->{seconds};

    } elsif ($kind eq 'drip') {
        $reply->{drip} = $fault->{seconds};

    } elsif ($kind eq 'type') {
        $reply->{type} = 'text/plain';
    }

    return $reply;
}


my %kinds = map { $_ => 1 } qw(status html truncate cut slow drip type garbage
    empty missing redirect huge bomb expired);


sub control {
    my ($self, $request, $what) = @_;

    my $get = $request->{method} eq 'GET';
    my $delete = $request->{method} eq 'DELETE';
    my $in = length $request->{body} ? $json->decode($request->{body}) : {};
    my $world = $self->{world};

    die "an object is expected\n" unless ref $in eq 'HASH';

    if ($what eq 'clock') {
        my $now = $get ? $world->now : $world->set(%$in);

        return { now => $now, utc => Sim::World::utc($now),
                 scale => 0 + $world->{scale} };
    }

    if ($what eq 'load') {
        return $self->state($world->load(%$in));
    }

    if ($what eq 'parcels') {
        return [ map { $self->state($_) } map { map { @$_ } values %$_ }
                 values %{ $world->{parcels} } ];
    }

    if ($what eq 'fault' && $delete) {
        $self->{faults} = [];

        for my $carrier (values %{ $self->{carriers} }) {
            $carrier->{quota} = $carrier->{first};
            $carrier->{times} = [];
        }

        return {};
    }

    if ($what eq 'fault') {
        $kinds{ $in->{kind} // '' } or die "no such kind of fault\n";
        push @{ $self->{faults} }, $in;

        return {};
    }

    if ($what eq 'quota') {
        my $carrier = $self->named($in);
        my $first = $carrier->{first};

        $carrier->quota(@$in{qw(n per retry_after)});
        $carrier->{first} = $first;

        return {};
    }

    if ($what eq 'revoke') {
        $self->named($in)->{tokens} = {};
        return {};
    }

    if ($what eq 'hook') {
        $self->sender(delete $in->{sender})->hook(%$in);
        return {};
    }

    if ($what eq 'push') {
        $self->sender($in->{sender})->again($in->{number} // '',
                                            $in->{carrier});
        return {};
    }

    if ($what eq 'pushes') {
        my $sender = $self->sender($request->{query}{sender});

        return {
            attempts  => $sender->{counts}{pushes} || 0,
            delivered => $sender->{counts}{delivered} || 0,
            waiting   => ($sender->{waiting} || 0)
                         + @{ $sender->{queue} || [] },
            last      => $sender->{last},
        };
    }

    if ($what eq 'counters') {
        return { map { $_ => $self->{carriers}{$_}{counts} }
                 keys %{ $self->{carriers} } };
    }

    if ($what eq 'requests' && $delete) {
        $self->{requests} = [];
        $_->{counts} = {} for values %{ $self->{carriers} };

        return {};
    }

    if ($what eq 'requests') {
        my $name = $request->{query}{carrier};

        return [ grep { !$name || $_->{carrier} eq $name }
                 @{ $self->{requests} } ];
    }

    die "no such control\n";
}


sub named {
    my ($self, $in) = @_;

    return $self->{carriers}{ $in->{carrier} // '' }
        || die "no such carrier\n";
}


sub sender {
    my ($self, $name) = @_;

    my $carrier = $self->named({ carrier => $name // 'easypost' });

    return $carrier->can('again') ? $carrier
                                  : die "this carrier pushes nothing\n";
}


sub state {
    my ($self, $parcel) = @_;

    return {
        carrier => $parcel->{carrier},
        number  => $parcel->{number},
        start   => Sim::World::utc($parcel->{start}),
        seen    => $self->{world}->seen($parcel),
        events  => scalar @{ $parcel->{events} },
    };
}


1;
