package Sim::Server;

# The event loop: a non-blocking HTTP/1.1 server, and a client for pushes.  A
# handler returns a response; how it goes out (late, in drops, cut off) is
# part of the response.

use strict;
use warnings;

use Errno qw(EAGAIN EINPROGRESS EINTR);
use IO::Select;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_ERROR TCP_NODELAY IPPROTO_TCP SOMAXCONN);
use Time::HiRes qw(time);

use constant MAX_REQUEST => 4 * 1024 * 1024;


sub new {
    my ($class, $port, $handler) = @_;

    my $listen = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $port, Proto => 'tcp',
        Listen => SOMAXCONN, ReuseAddr => 1, Blocking => 0,
    ) or die "port $port: $!\n";

    return bless {
        listen  => $listen,
        handler => $handler,
        conns   => {},
        read    => IO::Select->new($listen),
        write   => IO::Select->new,
        timers  => [],
    }, $class;
}


sub after {
    my ($self, $seconds, $code) = @_;

    push @{ $self->{timers} }, [ time() + $seconds, $code ];
}


sub run {
    my ($self, $tick) = @_;
    my $next = 0;

    while (1) {
        my ($r, $w) = IO::Select::select($self->{read}, $self->{write}, undef,
                                         0.02);

        for my $sock (@{ $r || [] }) {
            $sock == $self->{listen} ? $self->accept : $self->readable($sock);
        }

        for my $sock (@{ $w || [] }) {
            $self->writable($sock) if $self->{conns}{ fileno($sock) // -1 };
        }

        my $now = time();

        if (@{ $self->{timers} }) {
            my @due = grep { $_->[0] <= $now } @{ $self->{timers} };

            @{ $self->{timers} } = grep { $_->[0] > $now }
                @{ $self->{timers} };
            $_->[1]->() for @due;
        }

        if ($now >= $next) {
            $next = $now + 0.05;
            $tick->();
        }
    }
}


sub accept {
    my ($self) = @_;

    for (1 .. 64) {
        my $sock = $self->{listen}->accept or return;

        $sock->blocking(0);
        setsockopt $sock, IPPROTO_TCP, TCP_NODELAY, 1;
        $self->{conns}{ fileno $sock } = {
            sock => $sock, in => '', out => '', id => ++$self->{serial},
        };
        $self->{read}->add($sock);
    }
}


sub close {
    my ($self, $conn) = @_;

    my $sock = $conn->{sock} or return;

    $self->{read}->remove($sock);
    $self->{write}->remove($sock);
    delete $self->{conns}{ fileno $sock };
    delete $conn->{sock};
    CORE::close $sock;
}


sub readable {
    my ($self, $sock) = @_;

    my $conn = $self->{conns}{ fileno($sock) // -1 } or return;
    my $n = sysread $sock, $conn->{in}, 65536, length $conn->{in};

    if (!defined $n) {
        return if $! == EAGAIN || $! == EINTR;
        $n = 0;
    }

    if ($conn->{done}) {
        return $self->pushed($conn, $n);
    }

    if ($n == 0 || length $conn->{in} > MAX_REQUEST) {
        return $self->close($conn);
    }

    $self->requests($conn);
}


# One request at a time on a connection: the next waits for the reply.

sub requests {
    my ($self, $conn) = @_;

    while ($conn->{sock} && !$conn->{busy}
           && $conn->{in} =~ /^(.*?)\r\n\r\n/s)
    {
        my $head = $1;
        my ($line, @lines) = split /\r\n/, $head;
        my ($method, $target) = split / /, $line;
        my %headers;

        for (@lines) {
            $headers{ lc $1 } = $2 if /^([^:]+):\s*(.*?)\s*$/;
        }

        my $length = $headers{'content-length'} || 0;

        return if length $conn->{in} < length($head) + 4 + $length;

        my $body = substr $conn->{in}, length($head) + 4, $length;
        substr $conn->{in}, 0, length($head) + 4 + $length, '';

        my ($path, $query) = split /\?/, $target // '/', 2;
        my %query;

        for (split /&/, $query // '') {
            my ($k, $v) = map { s/\+/ /gr =~ s/%(..)/chr hex $1/ger }
                split /=/, $_, 2;
            $query{$k} = $v // '';
        }

        $conn->{keep} = lc($headers{connection} // '') ne 'close';

        my $reply = $self->{handler}->({
            method => $method, path => $path, query => \%query,
            search => $query, headers => \%headers, body => $body,
            connection => $conn->{id},
        });

        $self->reply($conn, $reply);
    }
}


my %reason = (
    200 => 'OK', 201 => 'Created', 302 => 'Found', 400 => 'Bad Request',
    401 => 'Unauthorized', 403 => 'Forbidden', 404 => 'Not Found',
    405 => 'Method Not Allowed', 422 => 'Unprocessable Entity',
    429 => 'Too Many Requests', 500 => 'Internal Server Error',
    502 => 'Bad Gateway', 503 => 'Service Unavailable',
    504 => 'Gateway Timeout',
);


# reply: status, type, headers, body; and of faults: delay (seconds), drip
# (seconds for the whole body), cut (bytes of the body that are sent)

sub reply {
    my ($self, $conn, $reply) = @_;

    my $body = $reply->{body};
    my $head = "HTTP/1.1 $reply->{status} "
             . ($reason{ $reply->{status} } || 'Unknown') . "\r\n"
             . 'Content-Type: ' . ($reply->{type} || 'application/json')
             . "\r\nContent-Length: " . length($body) . "\r\n";

    $head .= "$_: $reply->{headers}{$_}\r\n"
        for sort keys %{ $reply->{headers} || {} };

    $conn->{keep} = 0 if defined $reply->{cut};
    $head .= "Connection: close\r\n" unless $conn->{keep};

    $body = substr $body, 0, $reply->{cut} if defined $reply->{cut};
    $conn->{busy} = 1;

    if ($reply->{drip}) {
        my $step = $reply->{drip} / (length($body) || 1);

        $self->send($conn, "$head\r\n", 1);
        $self->drip($conn, $body, $step);

    } elsif ($reply->{delay}) {
        $self->after($reply->{delay},
                     sub { $self->send($conn, "$head\r\n$body") });

    } else {
        $self->send($conn, "$head\r\n$body");
    }
}


sub drip {
    my ($self, $conn, $body, $step) = @_;

    return unless $conn->{sock};

    my $n = $step < 0.05 ? int(0.05 / $step) + 1 : 1;

    $self->send($conn, substr($body, 0, $n), length $body > $n);

    $self->after($step * $n, sub { $self->drip($conn, substr($body, $n),
                                               $step) })
        if length $body > $n;
}


sub send {
    my ($self, $conn, $bytes, $more) = @_;

    return unless $conn->{sock};

    $conn->{out} .= $bytes;
    $conn->{more} = $more;
    $self->writable($conn->{sock});
}


sub writable {
    my ($self, $sock) = @_;

    my $conn = $self->{conns}{ fileno $sock } or return;

    while (length $conn->{out}) {
        my $n = syswrite $sock, $conn->{out}, 262144;

        if (!defined $n) {
            if ($! == EAGAIN || $! == EINTR || $! == EINPROGRESS) {
                $self->{write}->add($sock);
                return;
            }

            return $conn->{done} ? $self->pushed($conn, 0)
                                 : $self->close($conn);
        }

        substr $conn->{out}, 0, $n, '';
    }

    $self->{write}->remove($sock);

    return if $conn->{more} || $conn->{done};
    return $self->close($conn) if !$conn->{keep};

    $conn->{busy} = 0;
    $self->requests($conn);
}


# Posts a body; "done" gets the status of the answer, 0 if there was none.

sub post {
    my ($self, $url, $headers, $body, $done) = @_;

    my ($host, $port, $path) = $url =~ m{^http://([^:/]+):(\d+)(/.*)$};
    my $sock = $host && IO::Socket::INET->new(
        PeerAddr => $host, PeerPort => $port, Proto => 'tcp', Blocking => 0,
    );

    return $done->(0) unless $sock;

    my $head = "POST $path HTTP/1.1\r\nHost: $host:$port\r\n"
             . "Connection: close\r\nContent-Type: application/json\r\n"
             . 'Content-Length: ' . length($body) . "\r\n"
             . join('', map { "$_: $headers->{$_}\r\n" } sort keys %$headers);

    my $conn = $self->{conns}{ fileno $sock } = {
        sock => $sock, in => '', out => "$head\r\n$body", done => $done,
        id => ++$self->{serial},
    };

    $self->{read}->add($sock);
    $self->{write}->add($sock);
    $self->after(10, sub { $self->pushed($conn, 0) if $conn->{sock} });
}


sub pushed {
    my ($self, $conn, $n) = @_;

    my ($status) = $conn->{in} =~ m{^HTTP/1\.[01] (\d{3})};

    return if $n && !$status;

    my $done = $conn->{done};

    $self->close($conn);
    $done->($status || 0);
}


1;
