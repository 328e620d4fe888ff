package Wismo::Relay;

# Stands between nginx and Redis, socket to socket, and can hold back what
# Redis answers to commands, while what it tells by itself goes through: the
# order of events that a test wants and a fast machine seldom has.
#
#   my $relay = Wismo::Relay->new($dir, "$dir/redis.sock");
#   $relay->path;                  # where to connect
#   $relay->hold; $relay->release;
#   $relay->stop;

use strict;
use warnings;

use IO::Select;
use IO::Socket::UNIX;
use POSIX ();
use Socket ();

use Wismo::Process qw(end spew);


sub new {
    my ($class, $dir, $to) = @_;

    my $self = bless { path => "$dir/relay.sock", to => $to,
                       held => "$dir/relay.held", owner => $$ }, $class;

    my $listen = IO::Socket::UNIX->new(Local => $self->{path}, Listen => 64)
        or die "$self->{path}: $!\n";

    chmod 0777, $self->{path};

    defined($self->{pid} = fork) or die "fork: $!\n";

    if ($self->{pid} == 0) {
        $SIG{TERM} = 'DEFAULT';
        eval { $self->serve($listen) };
        POSIX::_exit(0);
    }

    return $self;
}


sub path    { $_[0]{path} }
sub hold    { spew($_[0]{held}, '') }
sub release { unlink $_[0]{held} }


sub serve {
    my ($self, $listen) = @_;
    my $select = IO::Select->new($listen);
    my (%pair, %back, %commands, %waiting);

    local $SIG{PIPE} = 'IGNORE';

    my $drop = sub {
        my ($fh) = @_;
        my $other = $pair{$fh} or return;

        for my $end ($fh, $other) {
            $select->remove($end);
            delete $_->{$end} for \%pair, \%back, \%commands, \%waiting;
            close $end;
        }
    };

    while (1) {
        my $held = -e $self->{held};

        for my $fh ($select->can_read(0.005)) {
            if ($fh == $listen) {
                my $client = $listen->accept or next;
                my $redis = IO::Socket::UNIX->new(Peer => $self->{to});

                if (!$redis) {
                    close $client;
                    next;
                }

                $pair{$client} = $redis;
                $pair{$redis} = $client;
                $back{$redis} = 1;
                $select->add($client, $redis);
                next;
            }

            my $to = $pair{$fh} or next;
            my $n = sysread $fh, my $data, 65536;

            if (!$n) {
                $drop->($fh);
                next;
            }

            $commands{$to} = 1 if !$back{$fh} && $data =~ /wismo-command/;

            if ($back{$fh} && $commands{$fh} && $held) {
                $waiting{$fh} .= $data;
                next;
            }

            $drop->($fh) unless print_all($to, delete($waiting{$fh}) // '',
                                          $data);
        }

        next if $held;

        for my $fh (grep { defined $waiting{$_} } $select->handles) {
            print_all($pair{$fh}, delete $waiting{$fh});
        }
    }
}


sub print_all {
    my ($fh, @parts) = @_;
    my $data = join '', @parts;

    while (length $data) {
        my $n = syswrite $fh, $data or return 0;
        substr $data, 0, $n, '';
    }

    return 1;
}


sub stop {
    my ($self) = @_;

    return if $self->{owner} != $$;

    end(delete $self->{pid}, 'TERM', 5) if $self->{pid};
}


sub DESTROY { $_[0]->stop }


1;
