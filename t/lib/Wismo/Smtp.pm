package Wismo::Smtp;

# A relay that does what it is told to, above all what a good one never does.
# Each message takes the next step; the last one stays:
#
#   my $relay = Wismo::Smtp->new;
#   $relay->port;
#   $relay->answer(qw(451@rcpt close@body ok));
#   $relay->got;         # [ { id, to, step } ], what was taken as a whole
#   $relay->seen;        # the steps that were taken
#
# CODE@PHASE answers with the code, close@PHASE ends the connection, hang@PHASE
# says nothing any more. The phases are mail, rcpt, data, half (in the middle
# of the message) and body: all of it has come, its dot, too.

use strict;
use warnings;

use File::Temp ();
use Fcntl qw(:flock);
use IO::Socket::INET;

use Wismo::Process qw(end free_port slurp spew);


sub new {
    my ($class, %opt) = @_;

    my $dir = File::Temp->newdir('wismo-smtp-XXXXXXXX', TMPDIR => 1);
    my $self = bless { port => free_port(), dir => $dir, owner => $$ },
        $class;

    spew("$dir/$_", '') for qw(got seen lock);
    spew("$dir/steps", 'ok');

    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $self->{port}, Listen => 128, ReuseAddr => 1)
        or die "relay: $!\n";

    defined($self->{pid} = fork()) or die "fork: $!\n";

    if ($self->{pid} == 0) {
        $SIG{TERM} = 'DEFAULT';
        $SIG{CHLD} = 'IGNORE';
        Wismo::Process::prctl(1, POSIX::SIGKILL());
        $self->serve($listen);
        POSIX::_exit(0);
    }

    return $self;
}


sub port { $_[0]{port} }


sub answer {
    my ($self, @steps) = @_;

    spew("$self->{dir}/steps", "@steps");
}


sub got {
    my ($self) = @_;

    return [ map {
        my ($step, $to, $id) = split / /;
        { step => $step, to => $to, id => $id }
    } split /\n/, slurp("$self->{dir}/got") ];
}


sub seen { split /\n/, slurp("$_[0]{dir}/seen") }


sub stop {
    my ($self) = @_;

    end($self->{pid}) if $self->{pid} && $self->{owner} == $$;
    delete $self->{pid};
}


sub DESTROY { $_[0]->stop }


sub serve {
    my ($self, $listen) = @_;

    while (my $c = $listen->accept) {

        defined(my $pid = fork()) or next;

        if ($pid == 0) {
            Wismo::Process::prctl(1, POSIX::SIGKILL());
            close $listen;
            $self->talk($c);
            POSIX::_exit(0);
        }

        close $c;
    }
}


sub note {
    my ($self, $file, $line) = @_;

    open my $fh, '>>', "$self->{dir}/$file";
    syswrite $fh, "$line\n";
    close $fh;
}


# Connections take their steps one by one, too.

sub step {
    my ($self) = @_;

    open my $lock, '<', "$self->{dir}/lock";
    flock $lock, LOCK_EX;

    my ($step, @rest) = split ' ', slurp("$self->{dir}/steps");
    spew("$self->{dir}/steps", "@rest") if @rest;

    $self->note('seen', $step);

    return $step;
}


sub talk {
    my ($self, $c) = @_;

    my $say = sub { print $c "$_[0]\r\n" };
    my ($step, $what, $phase, $to) = ('ok', '', '', '');

    my $does = sub {
        return 0 if $phase ne $_[0];

        POSIX::_exit(0) if $what eq 'close';

        if ($what eq 'hang') {
            read $c, my $rest, 1 while 1 && !eof $c;
            POSIX::_exit(0);
        }

        $say->("$what as it was told");

        return 1;
    };

    $say->('220 relay.test');

    while (my $line = <$c>) {

        if ($line =~ /^EHLO|^HELO/i) {
            $say->('250-relay.test');
            $say->('250 SIZE 1000000');

        } elsif ($line =~ /^MAIL FROM/i) {
            $step = $self->step;
            ($what, $phase) = $step =~ /^(\w+)@(\w+)$/ ? ($1, $2) : ('', '');

            $does->('mail') or $say->('250 ok');

        } elsif ($line =~ /^RCPT TO:<([^>]*)>/i) {
            $to = $1;
            $does->('rcpt') or $say->('250 ok');

        } elsif ($line =~ /^DATA/i) {

            next if $does->('data');

            $say->('354 go on');

            my ($id, $whole) = ('', 0);

            while (my $text = <$c>) {
                $whole = $text eq ".\r\n";
                last if $whole;
                $id = $1 if $text =~ /^Message-ID: (\S+)/;
                $does->('half') if $text eq "\r\n";
            }

            # who died in the middle of it has sent nothing

            return unless $whole;

            $self->note('got', "$step $to $id");

            $does->('body') or $say->('250 taken');

        } elsif ($line =~ /^QUIT/i) {
            $say->('221 bye');
            return;

        } elsif ($line =~ /^RSET|^NOOP/i) {
            $say->('250 ok');

        } else {
            $say->('500 what?');
        }
    }
}

1;
