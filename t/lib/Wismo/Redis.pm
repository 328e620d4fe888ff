package Wismo::Redis;

# A real redis-server on a unix socket in the test's directory, and a plain
# RESP client to look into it and to break it.
#
#   my $redis = Wismo::Redis->new($dir, appendonly => 1, tcp => 1,
#                                 args => ['--maxmemory', '10mb']);
#   $redis->call('SET', 'k', 'v');           # 'OK'
#   $redis->call('GET', 'none');             # undef
#   $redis->call('LRANGE', 'l', 0, -1);      # [ ... ]
#   $redis->call('BAD');                     # dies: "ERR unknown command ..."
#   $redis->pipeline([ 'SET', 'a', 1 ], [ 'GET', 'a' ]);
#   $redis->pause; $redis->cont;             # SIGSTOP, SIGCONT
#   $redis->kill;  $redis->start;            # -9, and again (same socket)
#   $redis->path; $redis->port; $redis->pid; $redis->log
#
# "under" puts a program in front of it (valgrind).

use strict;
use warnings;

use IO::Socket::INET;
use IO::Socket::UNIX;
use Wismo::Process qw(spawn alive end wait_until free_port slurp);


sub new {
    my ($class, $dir, %opt) = @_;

    my $self = bless {
        dir  => "$dir/redis",
        path => "$dir/redis.sock",
        port => $opt{tcp} ? free_port() : 0,
        opt  => \%opt,
    }, $class;

    mkdir $self->{dir};

    $self->start unless exists $opt{start} && !$opt{start};

    return $self;
}


sub path { $_[0]{path} }
sub port { $_[0]{port} }
sub pid  { $_[0]{pid} }
sub log  { slurp("$_[0]{dir}/redis.log") }


sub start {
    my ($self) = @_;
    my $opt = $self->{opt};

    return if $self->{pid} && alive($self->{pid});

    unlink $self->{path};
    $self->{owner} = $$;

    $self->{pid} = spawn("$self->{dir}/redis.log", {},
        @{ $opt->{under} || [] }, '/usr/bin/redis-server', '--port', $self->{port},
        '--bind', '127.0.0.1', '--unixsocket', $self->{path},
        '--unixsocketperm', 777, '--dir', $self->{dir},
        '--save', '', '--appendonly', $opt->{appendonly} ? 'yes' : 'no',
        '--enable-debug-command', 'local', '--daemonize', 'no',
        @{ $opt->{args} || [] });

    wait_until {
        !alive($self->{pid})
            || eval { $self->call('PING') eq 'PONG' }
            || ($@ || '') =~ /NOAUTH|LOADING/
    } $opt->{under} ? 120 : 20, 'redis-server';

    die "redis-server did not start:\n" . $self->log
        unless alive($self->{pid});
}


sub stop {
    my ($self) = @_;

    return unless $self->{pid} && $self->{owner} == $$;

    $self->disconnect;
    CORE::kill(CONT => $self->{pid});
    end($self->{pid}, 'TERM', 10);
    delete $self->{pid};
}


sub kill {
    my ($self) = @_;

    $self->disconnect;
    end($self->{pid}, 'KILL', 5);
    delete $self->{pid};
}


sub pause { CORE::kill(STOP => $_[0]{pid}) }
sub cont  { CORE::kill(CONT => $_[0]{pid}) }


sub disconnect {
    my ($self) = @_;

    close delete $self->{sock} if $self->{sock};
}


sub connection {
    my ($self) = @_;

    return $self->{sock} ||= IO::Socket::UNIX->new(Peer => $self->{path})
        || die "redis: connect $self->{path}: $!\n";
}


sub call {
    my ($self, @command) = @_;

    my ($reply) = $self->pipeline(\@command);

    die "$$reply\n" if ref $reply eq 'SCALAR';

    return $reply;
}


# All replies; an error is a reference to its text.

sub pipeline {
    my ($self, @commands) = @_;
    my $sock = $self->connection;
    my @replies;

    my $ok = eval {
        my $out = join '', map { command(@$_) } @commands;

        local $SIG{PIPE} = 'IGNORE';

        while (length $out) {
            my $n = syswrite $sock, $out or die "redis: write: $!\n";
            substr $out, 0, $n, '';
        }

        push @replies, reply($sock) for @commands;
        1;
    };

    if (!$ok) {
        my $error = $@;
        $self->disconnect;
        die $error;
    }

    return @replies;
}


sub command {
    my @parts = map { utf8::encode(my $s = "$_") if utf8::is_utf8($_); "$_" }
        @_;

    return join '', '*' . @parts . "\r\n",
        map { '$' . length($_) . "\r\n$_\r\n" } @parts;
}


sub reply {
    my ($sock) = @_;

    local $/ = "\r\n";

    my $line = <$sock> // die "redis: connection closed\n";
    chomp $line;

    my ($type, $rest) = $line =~ /^(.)(.*)$/s;

    return $rest if $type eq '+';
    return \$rest if $type eq '-';
    return 0 + $rest if $type eq ':';

    if ($type eq '$') {
        return undef if $rest < 0;

        my ($data, $want) = ('', $rest + 2);

        while (length $data < $want) {
            read($sock, $data, $want - length $data, length $data)
                or die "redis: connection closed\n";
        }

        return substr $data, 0, $rest;
    }

    if ($type eq '*') {
        return $rest < 0 ? undef : [ map { reply($sock) } 1 .. $rest ];
    }

    die "redis: unexpected reply \"$line\"\n";
}


1;
