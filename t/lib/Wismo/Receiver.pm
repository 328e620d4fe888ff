package Wismo::Receiver;

# Somebody who is told things by HTTP: keeps what came, answers as it is told
# to, and can be slow or silent.  A process of its own, ended with the test.
#
#   my $r = Wismo::Receiver->new;
#   $r->url;                           # http://127.0.0.1:PORT/
#   $r->answer(503, 503, 200);         # the next ones; the last one stays
#   $r->got;                           # [ { method, path, headers, body } ]

use strict;
use warnings;

use File::Temp ();
use IO::Socket::INET;
use JSON::PP ();

use Wismo::Process qw(end free_port slurp spew wait_until);

my $json = JSON::PP->new->canonical;


sub new {
    my ($class) = @_;

    my $dir = File::Temp->newdir('wismo-receiver-XXXXXXXX', TMPDIR => 1);
    my $self = bless {
        port => free_port(), dir => $dir, file => "$dir/got",
    }, $class;

    spew("$self->{file}.answers", '200');
    spew($self->{file}, '');

    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $self->{port}, Listen => 64, ReuseAddr => 1)
        or die "receiver: $!\n";

    my $parent = $$;

    defined($self->{pid} = fork()) or die "fork: $!\n";

    if ($self->{pid} == 0) {
        $SIG{TERM} = 'DEFAULT';
        Wismo::Process::prctl(1, POSIX::SIGKILL());
        $self->serve($listen);
        POSIX::_exit(0);
    }

    $self->{owner} = $parent;

    return $self;
}


sub url { "http://127.0.0.1:$_[0]{port}/" }


sub answer {
    my ($self, @codes) = @_;

    spew("$self->{file}.answers", "@codes");
}


sub got {
    my ($self) = @_;

    return [ map { $json->decode($_) } split /\n/, slurp($self->{file}) ];
}


sub stop {
    my ($self) = @_;

    end($self->{pid}) if $self->{pid} && $self->{owner} == $$;
    delete $self->{pid};
}


sub DESTROY { $_[0]->stop }


sub serve {
    my ($self, $listen) = @_;

    while (my $c = $listen->accept) {
        $self->one($c);
        close $c;
    }
}


# "hang" takes the message and never answers, "close" ends the connection;
# "503+60" asks to come back in a minute.

sub one {
    my ($self, $c) = @_;

    my ($head, %headers) = ('');

    while (my $line = <$c>) {
        last if $line =~ /^\r?\n/;
        $head ||= $line;
        $headers{ lc $1 } = $2 if $line =~ /^([^:\s]+):\s*(.*?)\r?\n/;
    }

    my $body = '';
    read $c, $body, $headers{'content-length'} || 0;

    my ($code, @rest) = split ' ', slurp("$self->{file}.answers");
    spew("$self->{file}.answers", "@rest") if @rest;

    my ($method, $path) = split ' ', $head;

    open my $fh, '>>', $self->{file};
    syswrite $fh, $json->encode({ method => $method, path => $path,
        headers => \%headers, body => $body, answered => $code }) . "\n";
    close $fh;

    if ($code eq 'hang') {
        read $c, my $rest, 1;
        return;
    }

    return if $code eq 'close';

    ($code, my $after) = split /\+/, $code;
    $after = defined $after ? "Retry-After: $after\r\n" : '';

    print $c "HTTP/1.1 $code Told\r\n${after}Content-Length: 2\r\n"
        . "Connection: close\r\n\r\nok";
}

1;
