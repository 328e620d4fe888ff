package Wismo::Live;

# An EventSource: a stream that stays open, read event by event.
#
#   my $s = Wismo::Live->new($port, '/track/1001/live',
#               headers => { 'Last-Event-ID' => 3 }, from => '127.0.0.9');
#   $s->status; $s->header('content-type'); $s->retry;
#   $s->event(5);          # { id, data, version, status }, or undef
#   $s->quiet(0.5);        # true if nothing comes for so long
#   $s->comments;          # how many came so far
#   $s->ended(5);          # true if the stream ends properly
#   $s->close;

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use Socket qw(SOL_SOCKET SO_RCVBUF);
use Time::HiRes qw(time);


sub new {
    my ($class, $port, $path, %opt) = @_;

    my $sock = $opt{socket} || IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $port, Proto => 'tcp',
        LocalAddr => $opt{from}, Timeout => 10,
    ) or die "connect to port $port: $!\n";

    $sock->autoflush(1);

    my %headers = (Host => 'localhost', Accept => 'text/event-stream',
                   %{ $opt{headers} || {} });
    my $version = $opt{version} || '1.1';

    print $sock "GET $path HTTP/$version\r\n",
        (map { "$_: $headers{$_}\r\n" } sort keys %headers), "\r\n";

    my $self = bless { sock => $sock, in => '', text => '', events => [],
                       comments => 0, end => 0 }, $class;

    $self->head unless $opt{lazy};

    return $self;
}


sub sock     { $_[0]{sock} }
sub status   { $_[0]{status} }
sub retry    { $_[0]{retry} }
sub comments { $_[0]{comments} }


sub header {
    my ($self, $name) = @_;
    return $self->{headers}{ lc $name };
}


sub head {
    my ($self) = @_;
    my $until = time() + 10 * ($ENV{WISMO_SLOW} || 1);

    while ($self->{in} !~ /\r\n\r\n/) {
        $self->more($until) or return;
    }

    $self->{in} =~ s/^(.*?)\r\n\r\n//s;

    my ($line, @lines) = split /\r\n/, $1;

    ($self->{status}) = $line =~ m{^HTTP/1\.[01] (\d{3})};
    $self->{headers} = { map { /^([^:]+):\s*(.*)$/ ? (lc $1, $2) : () }
                         @lines };
    $self->{chunked} = ($self->header('transfer-encoding') // '')
        =~ /chunked/;

    $self->parse;
}


sub more {
    my ($self, $until) = @_;
    my $left = $until - time();

    return 0 if $self->{eof} || $left < 0
                || !IO::Select->new($self->{sock})->can_read($left);

    my $n = sysread $self->{sock}, $self->{in}, 65536, length $self->{in};

    $self->{eof} = 1 unless $n;

    return $n;
}


sub parse {
    my ($self) = @_;

    if ($self->{chunked}) {
        while ($self->{in} =~ /^([0-9a-fA-F]+)\r\n/) {
            my ($size, $skip) = (hex $1, length($1) + 2);

            last if length $self->{in} < $skip + $size + 2;

            $self->{text} .= substr $self->{in}, $skip, $size;
            substr $self->{in}, 0, $skip + $size + 2, '';
            $self->{end} = 1 if $size == 0;
        }

    } else {
        $self->{text} .= $self->{in};
        $self->{in} = '';
        $self->{end} = 1 if $self->{eof};
    }

    while ($self->{text} =~ s/^(.*?)\n\n//s) {
        my %event;

        for my $line (split /\n/, $1) {
            if ($line =~ /^:/)                { $self->{comments}++ }
            elsif ($line =~ /^retry: (\d+)$/) { $self->{retry} = $1 }
            elsif ($line =~ /^(\w+): ?(.*)$/) { $event{$1} = $2 }
            else                              { $self->{bad} = $line }
        }

        next unless defined $event{data};

        my $data = eval { JSON::PP->new->utf8->decode($event{data}) } || {};
        push @{ $self->{events} }, { %event, %$data };
    }
}


sub event {
    my ($self, $timeout) = @_;
    my $until = time() + ($timeout // 5) * ($ENV{WISMO_SLOW} || 1);

    $self->parse;

    while (!@{ $self->{events} }) {
        $self->more($until) or return;
        $self->parse;
    }

    return shift @{ $self->{events} };
}


sub quiet {
    my ($self, $seconds) = @_;

    return !$self->event($seconds / ($ENV{WISMO_SLOW} || 1));
}


# In chunks there is a last one, and then the connection ends.

sub ended {
    my ($self, $timeout) = @_;
    my $until = time() + ($timeout // 5) * ($ENV{WISMO_SLOW} || 1);

    while (!$self->{eof}) {
        $self->more($until) or last;
        $self->parse;
    }

    $self->parse;

    return $self->{eof} && $self->{end} && !length $self->{in};
}


sub close {
    my ($self) = @_;
    close $self->{sock};
}


1;
