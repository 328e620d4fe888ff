package Wismo::Mta;

# A mail server as shops have them: Debian's Exim with a configuration of its
# own, on a port of its own, with TLS and passwords.  What it takes it keeps
# as it came; nothing leaves the machine.
#
#   my $mta = Wismo::Mta->new;
#   $mta->port; $mta->tls_port;       # submission with STARTTLS; TLS at once
#   $mta->ca;                         # the authority's certificate, a file
#   $mta->mails;                      # [ { path, headers, parts, ... } ]
#   $mta->stop;
#
# The user is "wismo", the password "relay-password-for-tests".  Recipients
# named "nobody" are refused with 550, those named "later" with 451.

use strict;
use warnings;

use File::Temp ();
use IO::Socket::INET;
use JSON::PP ();

use Wismo::Process qw(alive children end free_port run slurp spew spawn wait_until);


sub new {
    my ($class) = @_;

    my $dir = File::Temp->newdir('wismo-mta-XXXXXXXX', TMPDIR => 1);
    chmod 0755, $dir;

    my $self = bless {
        dir => $dir, port => free_port(), tls_port => free_port(),
        owner => $$,
    }, $class;

    mkdir "$dir/$_" for qw(spool log mail);

    my ($uid, $gid) = (getpwnam 'Debian-exim')[2, 3];
    die "there is no Exim: run t/setup.sh test\n" unless defined $uid;

    $self->certificate;
    chown $uid, $gid, map { "$dir/$_" } qw(spool log mail mta.key mta.pem);

    spew("$dir/exim.conf", $self->conf);

    my $config = "$dir/exim.conf";
    chmod 0644, $config;

    $self->{pid} = spawn("$dir/out", {}, '/usr/sbin/exim4', '-bdf', '-q1m',
                         '-C', $config);

    wait_until {
        IO::Socket::INET->new(PeerAddr => "127.0.0.1:$self->{tls_port}")
    } 20, 'Exim' or die "Exim: " . slurp("$dir/out")
                        . slurp("$dir/log/paniclog") . "\n";

    return $self;
}


sub port { $_[0]{port} }
sub tls_port { $_[0]{tls_port} }
sub ca { "$_[0]{dir}/ca.pem" }
sub log { slurp("$_[0]{dir}/log/mainlog") }


sub openssl {
    my ($status, $out, $err) = run({ timeout => 30 }, 'openssl', @_);

    die "openssl @_: $err\n" if $status;
}


sub certificate {
    my ($self) = @_;

    my $dir = $self->{dir};
    my @key = qw(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes);

    openssl(qw(req -x509 -days 2 -subj /CN=ca), @key, '-keyout',
            "$dir/ca.key", '-out', "$dir/ca.pem");
    openssl(qw(req -subj /CN=relay.test -addext), 'subjectAltName='
            . 'DNS:relay.test,DNS:localhost,IP:127.0.0.1', @key, '-keyout',
            "$dir/mta.key", '-out', "$dir/mta.csr");
    openssl(qw(x509 -req -days 2 -copy_extensions copy -in), "$dir/mta.csr",
            '-CA', "$dir/ca.pem", '-CAkey', "$dir/ca.key", '-out',
            "$dir/mta.pem");
    chmod 0600, "$dir/mta.key";
}


sub conf {
    my ($self) = @_;

    return <<"EOT";
primary_hostname = relay.test
spool_directory = $self->{dir}/spool
log_file_path = $self->{dir}/log/%slog
pid_file_path = $self->{dir}/exim.pid
local_interfaces = <; 127.0.0.1.$self->{port} ; 127.0.0.1.$self->{tls_port}
tls_on_connect_ports = $self->{tls_port}
tls_advertise_hosts = *
tls_certificate = $self->{dir}/mta.pem
tls_privatekey = $self->{dir}/mta.key
auth_advertise_hosts = \${if eq{\$tls_in_cipher}{}{}{*}}
acl_smtp_rcpt = rcpt
acl_smtp_data = data
never_users =
keep_environment =
smtp_accept_max_per_connection = 1000
smtp_accept_max = 0
smtp_receive_timeout = 60s
host_lookup =
rfc1413_query_timeout = 0s
queue_only = false

begin acl

rcpt:
  deny    !authenticated = *
          message = 5.7.1 authentication required
  deny    condition = \${if eq{\$local_part}{nobody}}
          message = 5.1.1 no such person: \$local_part@\$domain
  defer   condition = \${if eq{\$local_part}{later}}
          message = 4.2.1 come back later
  accept

data:
  deny    condition = \${if def:header_x_refuse:}
  accept

begin routers

all:
  driver = accept
  transport = keep

begin transports

keep:
  driver = appendfile
  directory = $self->{dir}/mail
  maildir_format
  user = Debian-exim
  return_path_add
  envelope_to_add

begin authenticators

plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{eq{\$auth2}{wismo}}{eq{\$auth3}{relay-password-for-tests}}}}
  server_set_id = \$auth2

login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = <| Username: | Password:
  server_condition = \${if and{{eq{\$auth1}{wismo}}{eq{\$auth2}{relay-password-for-tests}}}}
  server_set_id = \$auth1
EOT
}


# What came, read by Python's library: it shares nothing with what wrote it.

sub mails {
    my ($self) = @_;

    my @files = sort { -M $b <=> -M $a || $a cmp $b }
        glob "$self->{dir}/mail/new/*";

    return [] unless @files;

    return Wismo::Mta::read_mails(@files);
}


sub read_mails {
    my ($status, $out, $err) = run({ timeout => 60 }, '/usr/bin/python3',
        __FILE__ =~ s/Mta\.pm$/read_mail.py/r, @_);

    die "read_mail.py: $err\n" if $status;

    return JSON::PP->new->utf8->decode($out);
}


sub stop {
    my ($self) = @_;

    return if !$self->{pid} || $self->{owner} != $$;

    # one process for each connection, which outlives the first

    my @left = children($self->{pid});

    end($_) for delete $self->{pid}, grep { alive($_) } @left;
}


sub DESTROY { $_[0]->stop }

1;
