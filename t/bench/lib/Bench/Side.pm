package Bench::Side;

# One server under test: nginx with a configuration of peers/NAME/nginx.conf,
# or node with peers/node/server.js, on the server's core.
#
#   my $side = Bench::Side->new($bench, 'lua', vars => { ... }, cpu => 1);
#   my $side = Bench::Side->new($bench, 'zone', peer => 'wismo', ...);
#   $side->start; $side->port; $side->pids; $side->worker; $side->stop;
#
# "under" puts a program in front of a single-process nginx (valgrind).

use strict;
use warnings;

use Wismo::Http;
use Wismo::Process qw(spawn alive end children wait_until free_port slurp
    spew);


sub new {
    my ($class, $bench, $name, %opt) = @_;

    my $self = bless {
        bench => $bench,
        name  => $name,
        peer  => $name,
        dir   => "$bench->{dir}/$name",
        port  => free_port(),
        %opt,
    }, $class;

    $self->{dir} .= '-under' if $opt{under};
    mkdir $self->{dir};

    return $self;
}


sub port { $_[0]{port} }
sub log  { slurp("$_[0]{dir}/out") . slurp("$_[0]{dir}/error.log") }


sub expand {
    my ($self, $text) = @_;

    my %vars = (%{ $self->{bench}{vars} }, PORT => $self->{port},
                PEER => "$self->{bench}{root}/peers/$self->{peer}",
                %{ $self->{vars} || {} });

    $text =~ s{%%(\w+)%%}{ $vars{$1} // die "no value for %%$1%%\n" }ge;

    return $text;
}


sub argv {
    my ($self) = @_;
    my $dir = $self->{dir};
    my $peer = "$self->{bench}{root}/peers/$self->{peer}";

    return ('node', "$self->{bench}{node}/server.js")
        if $self->{peer} eq 'node';

    my $user = $> == 0 ? 'user www-data;' : '';
    my $conf = $self->expand(slurp("$peer/nginx.conf"));

    # load_module comes first of all, and so before this

    $conf =~ s/^http \{/<<EOT . 'http {'/me;
worker_processes 1;
worker_rlimit_nofile 20000;
pid $dir/nginx.pid;
error_log $dir/error.log warn;
$user
events { worker_connections @{[ $self->{connections} // 4096 ]}; }

EOT
    spew("$dir/nginx.conf", $conf);

    my $extra = 'daemon off;' . ($self->{under} ? ' master_process off;' : '');

    return (@{ $self->{under} || [] }, '/usr/sbin/nginx', '-e',
            "$dir/error.log", '-c', "$dir/nginx.conf", '-g', $extra);
}


sub start {
    my ($self) = @_;

    $self->{pid} = spawn("$self->{dir}/out",
        { PORT => $self->{port}, REDIS => $self->{bench}{vars}{REDIS},
          DIR => $self->{bench}{dir}, NODE_ENV => 'production' },
        'taskset', '-c', $self->{cpu} // $self->{bench}{server_cpu},
        $self->argv);

    wait_until {
        !alive($self->{pid}) || eval { Wismo::Http::open($self->{port}) }
    } $self->{under} ? 60 : 15;

    die "$self->{name} did not start:\n" . $self->log
        unless alive($self->{pid})
               && eval { Wismo::Http::open($self->{port}) };

    return $self;
}


sub pids {
    my ($self) = @_;

    return ($self->{pid}, children($self->{pid}));
}


# The process that answers.

sub worker {
    my ($self) = @_;
    my ($worker) = children($self->{pid});

    return $worker // $self->{pid};
}


sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;

    end($pid, 'TERM', 10);
}


1;
