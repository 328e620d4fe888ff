package Wismo::Nginx;

# A real nginx with the module in a directory of its own: start, reload,
# binary upgrade, stop, and what its logs must not say.  The configuration is
# the caller's; %%NAME%% in it stands for a value of "vars".
#
#   my $nginx = Wismo::Nginx->new($dir, build => 'build', vars => { ... });
#   $nginx->start($conf);
#   $nginx->check($conf);        # (exit status, output) of "nginx -t"
#   $nginx->reload($conf);       # the same conf without an argument
#   $nginx->upgrade; $nginx->stop('QUIT');
#   $nginx->pid; $nginx->workers; $nginx->manager; $nginx->log;
#   $nginx->allow(qr/.../);      # an alert that this test provokes
#   $nginx->faults;              # lines the log should not have

use strict;
use warnings;

use Wismo::Process qw(run alive end children wait_until slurp spew);


sub new {
    my ($class, $dir, %opt) = @_;

    my $self = bless {
        dir   => $dir,
        conf  => "$dir/nginx.conf",
        allow => [],
        %opt,
    }, $class;

    $self->{binary} = $ENV{WISMO_NGINX}
        || (-x "$opt{build}/nginx-obj/nginx" ? "$opt{build}/nginx-obj/nginx"
                                             : '/usr/sbin/nginx');
    $self->{asan} = $opt{build} =~ /-asan$/;

    spew("$dir/error.log", '');
    mkdir "$dir/tmp";
    mkdir "$dir/asan";
    chmod 0777, "$dir/tmp", "$dir/asan";

    return $self;
}


sub pid { slurp("$_[0]{dir}/nginx.pid") =~ /(\d+)/ ? $1 : undef }
sub log { slurp("$_[0]{dir}/error.log") }


# Debian's nginx is not built with sanitizers: their runtimes come first by
# LD_PRELOAD.  Its own leaks at exit are not ours to report.

sub env {
    my ($self) = @_;

    return {} unless $self->{asan};

    my $common = "log_path=$self->{dir}/asan/report";
    my @libs = map { chomp(my $l = `gcc -print-file-name=$_`); $l }
        qw(libasan.so libubsan.so);

    return {
        LD_PRELOAD    => "@libs",
        ASAN_OPTIONS  => "detect_leaks=0:abort_on_error=1:$common",
        UBSAN_OPTIONS => "print_stacktrace=1:$common",
    };
}


sub expand {
    my ($self, $text) = @_;

    $text =~ s{%%(\w+)%%}{
        $self->{vars}{$1} // die "unknown %%$1%% in a configuration\n"
    }ge;

    return $text;
}


# What every configuration starts with.  A file that loads the module itself,
# or others in a certain order, says so.

sub whole {
    my ($self, $conf) = @_;

    my $head = "pid %%DIR%%/nginx.pid;\n"
             . "error_log %%DIR%%/error.log debug;\n";

    $head = "load_module %%MODULE%%;\n$head" unless $conf =~ /load_module/;
    $head .= "user %%USER%%;\n" if $> == 0 && $conf !~ /^user\s/m;
    $head .= "worker_processes 1;\n" unless $conf =~ /worker_processes/;
    $head .= "events { worker_connections 512; }\n"
        unless $conf =~ /^\s*events\s*\{/m;
    $head .= "env $_;\n" for sort keys %{ $self->env };

    return $self->expand($head . $conf);
}


sub nginx {
    my ($self, @args) = @_;

    return run({ env => $self->env, timeout => 30 }, $self->{binary},
               '-p', "$self->{dir}/", '-e', "$self->{dir}/error.log", @args);
}


# "nginx -t" of another configuration; nothing of the running one changes.

sub check {
    my ($self, $conf) = @_;
    my $file = "$self->{dir}/check.conf";

    my $text = $self->whole($conf);
    $text =~ s/nginx\.pid;/check.pid;/;
    $text =~ s/error\.log debug;/check.log info;/;
    spew($file, $text);

    my ($status, $out, $err) = run({ env => $self->env, timeout => 30 },
        $self->{binary}, '-t', '-p', "$self->{dir}/", '-e', 'stderr',
        '-c', $file);

    return ($status, $out . $err);
}


sub start {
    my ($self, $conf) = @_;

    spew($self->{conf}, $self->whole($conf)) if defined $conf;
    unlink "$self->{dir}/nginx.pid";

    $self->{owner} = $$;

    my ($status, $out, $err) = $self->nginx('-c', $self->{conf});

    die "nginx did not start:\n$out$err" . $self->log if $status != 0;

    wait_until { $self->pid && $self->workers } 10, 'the first worker'
        or die "nginx did not start:\n" . $self->log;
}


sub helpers {
    my ($self, $title) = @_;
    my $master = $self->pid or return;

    return grep { slurp("/proc/$_/cmdline") =~ /\Q$title\E/ }
        children($master);
}


sub workers { $_[0]->helpers('worker process') }
sub manager { ($_[0]->helpers('cache manager process'))[0] }


# Waits until the workers of the old configuration are gone.

sub reload {
    my ($self, $conf) = @_;

    spew($self->{conf}, $self->whole($conf)) if defined $conf;

    my %old = map { $_ => 1 } $self->workers;
    my $before = -s "$self->{dir}/error.log" || 0;

    kill HUP => $self->pid;

    # of a log that may be long, only what is new

    return wait_until {
        my @now = $self->workers;

        open my $fh, '<:raw', "$self->{dir}/error.log" or return 0;
        seek $fh, $before, 0;
        my $reported = grep { /reconfiguring/ } <$fh>;

        $reported && @now && !grep { $old{$_} } @now
    } 15, 'the reload';
}


# The old master keeps serving until the new one is up, then quits.

sub upgrade {
    my ($self) = @_;
    my $old = $self->pid;

    kill USR2 => $old;

    wait_until { $self->pid && $self->pid != $old && $self->workers } 15,
        'the new master' or return;

    kill QUIT => $old;

    return wait_until { !alive($old) } 15, 'the old master to quit';
}


sub stop {
    my ($self, $signal) = @_;
    my $pid = $self->pid;

    return 1 unless $pid && alive($pid);
    return 1 if defined $self->{owner} && $self->{owner} != $$;

    my $ended = end($pid, $signal || 'QUIT', 15);

    push @{ $self->{stuck} }, "nginx did not end on " . ($signal || 'QUIT')
        unless $ended;

    return $ended;
}


sub allow {
    my ($self, @patterns) = @_;

    push @{ $self->{allow} }, @patterns;
}


sub faults {
    my ($self) = @_;
    my @lines = @{ $self->{stuck} || [] };

    for my $file ("$self->{dir}/error.log", glob "$self->{dir}/asan/*") {
        push @lines, grep {
            /\[(?:alert|emerg)\]|Sanitizer|runtime\ error:
             |exited\ on\ signal|open\ socket\ \#/x
        } split /\n/, slurp($file);
    }

    for my $pattern (@{ $self->{allow} }) {
        @lines = grep { $_ !~ $pattern } @lines;
    }

    return @lines;
}


1;
