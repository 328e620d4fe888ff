package Wismo::Http;

# A small HTTP/1.1 client that sends exactly what it is told to.
#
#   my $r = Wismo::Http::request($port, 'GET', '/track/1001',
#               headers => { Accept => 'application/json' }, body => '...',
#               from => '127.0.0.2');
#   $r->status; $r->header('etag'); $r->headers('set-cookie'); $r->body;
#   $r->json; $r->text;            # body after gzip, if it was gzipped
#
#   my $s = Wismo::Http::open($port);        # a raw socket, for bad clients
#   print $s "GET / HTTP/1.1\r\n...";
#   my $r = Wismo::Http::response($s);       # undef if the peer just closed

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use IO::Uncompress::Gunzip ();
use JSON::PP ();
use Time::HiRes qw(time);


sub open {
    my ($port, $timeout, $from) = @_;

    my $s = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $port, Proto => 'tcp',
        Timeout => $timeout || 10, $from ? (LocalAddr => $from) : (),
    ) or die "connect to port $port: $!\n";

    $s->autoflush(1);

    return $s;
}


sub request {
    my ($port, $method, $path, %opt) = @_;

    my $sock = Wismo::Http::open($port, $opt{timeout}, $opt{from});
    my %headers = (Host => 'localhost', Connection => 'close',
                   %{ $opt{headers} || {} });
    my $body = $opt{body};

    $headers{'Content-Length'} //= length $body if defined $body;

    my $head = "$method $path HTTP/1.1\r\n";

    for my $name (sort keys %headers) {
        next unless defined $headers{$name};

        $head .= "$name: $_\r\n"
            for ref $headers{$name} ? @{ $headers{$name} } : $headers{$name};
    }

    local $SIG{PIPE} = 'IGNORE';

    # A server may answer and close before it has read a refused body.

    my $out = "$head\r\n" . ($body // '');

    while (length $out) {
        my $n = syswrite $sock, $out, 65536 or last;
        substr $out, 0, $n, '';
    }

    my $started = time();
    my $r = response($sock, head => $method eq 'HEAD',
                     timeout => $opt{timeout})
        || bless { status => 0, headers => [], body => '' },
               'Wismo::Http::Response';

    $r->{seconds} = time() - $started;

    return $r;
}


# Reads one response.  What follows it stays in ${*$sock}{wismo_rest}.

sub response {
    my ($sock, %opt) = @_;

    my $end = time() + ($opt{timeout} || 10) * ($ENV{WISMO_SLOW} || 1);
    my $in = delete ${*$sock}{wismo_rest} // '';
    my $eof = 0;

    my $more = sub {
        my $left = $end - time();

        return 0 if $eof || $left <= 0
                    || !IO::Select->new($sock)->can_read($left);

        my $n = sysread $sock, $in, 65536, length $in;
        $eof = 1 unless $n;

        return $n;
    };

    while ($in !~ /\r\n\r\n/) {
        $more->() or return;
    }

    my ($head, $rest) = split /\r\n\r\n/, $in, 2;
    $in = $rest;

    my ($line, @lines) = split /\r\n/, $head;
    my ($status) = $line =~ m{^HTTP/1\.[01] (\d{3})} or return;

    if ($status == 100) {
        ${*$sock}{wismo_rest} = $in;
        return response($sock, %opt);
    }

    my $r = bless {
        status  => $status,
        line    => $line,
        headers => [ map { [ /^([^:]+):\s*(.*?)\s*$/ ] } @lines ],
        body    => '',
    }, 'Wismo::Http::Response';

    my $length = $r->header('content-length');

    if ($opt{head} || $status == 204 || $status == 304) {
        # no body

    } elsif (($r->header('transfer-encoding') // '') =~ /chunked/i) {

        while (1) {
            while ($in !~ /\r\n/) {
                $more->() or return bad($r, 'cut in a chunk');
            }

            $in =~ s/^([0-9a-fA-F]+)[^\r\n]*\r\n//
                or return bad($r, 'bad chunk');
            my $size = hex $1;

            while (length $in < $size + 2) {
                $more->() or return bad($r, 'cut in a chunk');
            }

            $r->{body} .= substr $in, 0, $size, '';
            substr $in, 0, 2, '';

            last if $size == 0;
        }

    } elsif (defined $length) {

        while (length $in < $length) {
            $more->() or return bad($r, 'cut in the body');
        }

        $r->{body} = substr $in, 0, $length, '';

    } else {
        1 while $more->();
        $r->{body} = $in;
        $in = '';
    }

    ${*$sock}{wismo_rest} = $in;

    return $r;
}


sub bad {
    my ($r, $what) = @_;

    $r->{error} = $what;

    return $r;
}


package Wismo::Http::Response;

sub status  { $_[0]{status} }
sub body    { $_[0]{body} }
sub error   { $_[0]{error} }
sub seconds { $_[0]{seconds} }


sub header {
    my ($self, $name) = @_;

    return ($self->headers($name))[0];
}


sub headers {
    my ($self, $name) = @_;

    return map { $_->[1] } grep { lc $_->[0] eq lc $name }
        @{ $self->{headers} };
}


sub text {
    my ($self) = @_;

    return $self->{body}
        unless ($self->header('content-encoding') // '') eq 'gzip';

    my $text;
    IO::Uncompress::Gunzip::gunzip(\$self->{body} => \$text);

    return $text;
}


sub json {
    my ($self) = @_;

    return eval { JSON::PP->new->utf8->decode($self->text) };
}


1;
