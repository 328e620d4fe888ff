package Wismo::Test;

# The harness of the system tests: real nginx with the module, real Redis,
# the carrier simulator, in a temporary directory, gone at the end.
#
#   use Wismo::Test;                     # strict, warnings, Test::More too
#
#   my $t = Wismo::Test->new(
#       carriers => [qw(ups fedex easypost)],  # simulator, wismo_carrier blocks
#       fetcher  => 1,                   # wismo_fetcher on; 0 is the default
#       scale    => 3600,                # fetcher: poll intervals are divided
#       exceptions => 'on',              # wismo_exceptions; off is the default,
#                                        # for stories of other times
#       redis    => { appendonly => 1 }, # see Wismo::Redis; 0: no server
#       workers  => 1,
#       main     => '', http => '', server => '',   # more directives
#       locations => '',                 # instead of the usual locations
#       conf     => '...',               # instead of the whole configuration
#       sim      => { scale => 60 },     # options of the simulator; its clock
#                                        # starts ten days ago
#       start    => 0,                   # then $t->start when ready
#   );
#
#   $t->get('/track/1001', Accept => 'application/json');  # Wismo::Http
#   $t->request('POST', '/x', headers => {}, body => '');
#   $t->form('/track/', { order => '1001' });  # as a browser posts it
#   $t->pair($r);                              # the cookie it was given
#   $t->api('GET', '/orders/1001');            # with the key; body: any data
#   $t->put_order('1001', { shipments => [ ... ] });       # dies unless 202
#   $t->order('1001');                         # the API's JSON, or undef
#   $t->wait_order('1001', sub { $_->{status} eq 'delivered' }, 20);
#   $t->link('1001', expires => time());       # '/track/1001?t=...'; also
#                                              # issued, scope => 'm'
#   $t->wismo('order', 'show', '1001');        # (exit status, out, err)
#   $t->redis->call('GET', ...);  $t->sim->clock(advance => '2h');
#   $t->nginx->reload;  $t->fetchers;          # pids of running fetchers
#   $t->nginx->allow(qr/.../);                 # alerts the test provokes
#   wait_until { ... } 10, 'what';             # value, or false and a diag
#   $t->fds($pid);                             # what its descriptors are
#   done_testing;     # stops all; fails on alerts, sanitizers, left processes
#
# %%DIR%% %%PORT%% %%REDIS%% %%SIM%% %%MODULE%% %%PROGRAM%% %%SHARE%% %%USER%%
# stand for their values in all configuration text.
#
# WISMO_BUILD picks the build (build, build-asan); WISMO_KEEP=1 keeps the
# directory and tells where it is.

use strict;
use warnings;

use Cwd ();
use File::Basename ();
use File::Path ();
use File::Temp ();
use JSON::PP ();
use Test::More ();

use Wismo::Http;
use Wismo::Nginx;
use Wismo::Process qw(wait_until alive end children slurp spew run);
use Wismo::Redis;
use Wismo::Sim;

our $root = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/../../..');
our $build = Cwd::abs_path($ENV{WISMO_BUILD} || "$root/build")
    || die "there is no build: run make\n";

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my @instances;

use constant API_KEY => 'a-key-for-tests-only';


sub import {
    my $caller = caller;

    strict->import;
    warnings->import;

    no strict 'refs';

    Test::More->export_to_level(1, 'Test::More',
        grep { $_ ne 'done_testing' } @Test::More::EXPORT);
    *{"${caller}::done_testing"} = \&finish;
    *{"${caller}::wait_until"} = \&wait_until;

    Wismo::Process::adopt();

    # Sanitizers slow everything down; no test may hang for ever.

    $ENV{WISMO_SLOW} ||= $build =~ /-asan$/ ? 3 : 1;

    $SIG{ALRM} = sub { die "the test took too long\n" };
    $SIG{INT} = $SIG{TERM} = $SIG{HUP} = sub { exit 1 };
    $SIG{PIPE} = 'IGNORE';
    alarm(($ENV{WISMO_TIMEOUT} || 180) * $ENV{WISMO_SLOW});
}


sub new {
    my ($class, %opt) = @_;

    my $dir = File::Temp::tempdir('wismo-XXXXXXXX', TMPDIR => 1);
    chmod 0755, $dir;

    my $self = bless { dir => $dir, opt => \%opt, owner => $$ }, $class;
    push @instances, $self;

    # Workers run as another user, who may not be able to see the checkout.

    mkdir "$dir/share";
    system('cp', '-RL', (glob "$build/share/*"), "$dir/share") == 0
        or die "cp of $build/share failed\n";
    mkdir "$dir/bin";
    system('install', '-m', '755', "$build/wismo", "$dir/bin/wismo")
        if -e "$build/wismo";

    $self->{port} = Wismo::Process::free_port();

    $self->secret('link.key', 'k1:a-link-secret-for-tests-only');
    $self->secret('api.keys', 'tests:'
        . do { require Digest::SHA; Digest::SHA::sha256_hex(API_KEY) });
    $self->secret('contact.key', 'c1:a-contact-key-for-tests-only');
    $self->secret("$_.secret", "$_-secret-for-tests")
        for qw(ups fedex easypost);
    $self->secret('easypost.hook', 'easypost-hook-secret-for-tests');

    my $redis = $opt{redis} // {};

    $self->{redis} = Wismo::Redis->new($dir, %$redis) if ref $redis;

    if ($opt{carriers} || $opt{sim}) {
        $self->{sim} = Wismo::Sim->new($dir, root => $root, start => '-10d',
            'ups-client' => 'ups-client:ups-secret-for-tests',
            'fedex-client' => 'fedex-client:fedex-secret-for-tests',
            'easypost-key' => 'easypost-secret-for-tests',
            %{ $opt{sim} || {} });
        $self->{sim}->hook(
            url => "http://127.0.0.1:$self->{port}/wismo/hooks/easypost",
            secret => 'easypost-hook-secret-for-tests')
            unless exists $opt{hook} && !$opt{hook};
    }

    $self->{nginx} = Wismo::Nginx->new($dir, build => $build, vars => {
        DIR     => $dir,
        PORT    => $self->{port},
        REDIS   => "unix:$dir/redis.sock",
        SIM     => $self->{sim} ? $self->{sim}->url : 'http://127.0.0.1:1',
        MODULE  => "$build/ngx_wismo_module.so",
        PROGRAM => "$dir/bin/wismo",
        SHARE   => "$dir/share",
        USER    => 'www-data',
        %{ $opt{vars} || {} },
    });

    $self->start unless exists $opt{start} && !$opt{start};

    return $self;
}


sub dir   { $_[0]{dir} }
sub port  { $_[0]{port} }
sub redis { $_[0]{redis} }
sub sim   { $_[0]{sim} }
sub nginx { $_[0]{nginx} }


# A secret file as an operator would have it: root's, readable by the worker.

sub secret {
    my ($self, $name, $text) = @_;
    my $file = "$self->{dir}/$name";

    spew($file, "$text\n");
    chmod 0640, $file;
    chown 0, scalar(getgrnam('www-data') // 0), $file if $> == 0;

    return $file;
}


sub conf {
    my ($self) = @_;
    my $opt = $self->{opt};

    return $opt->{conf} if defined $opt->{conf};

    my $fetcher = 'off state=%%DIR%%/state';

    if ($opt->{fetcher}) {
        $fetcher = 'on state=%%DIR%%/state program=%%PROGRAM%%';
        $fetcher .= " scale=$opt->{scale}" if $opt->{scale};
    }

    my %account = (ups => 'client_id ups-client;',
                   fedex => 'client_id fedex-client;');

    my $carriers = join '', map {
        "    wismo_carrier $_ {\n"
        . "        " . ($account{$_} || '') . "\n"
        . "        secret_file %%DIR%%/$_.secret;\n"
        . "        base_url %%SIM%%;\n"
        . "    }\n"
    } @{ $opt->{carriers} || [] };

    my $hook = grep({ $_ eq 'easypost' } @{ $opt->{carriers} || [] })
        ? "        location = /wismo/hooks/easypost {\n"
        . "            wismo_hook easypost;\n"
        . "            wismo_hook_secret_file %%DIR%%/easypost.hook;\n"
        . "        }\n" : '';

    my $locations = $opt->{locations} // <<EOT . $hook;
        location /track/ { wismo_track; }
        location /wismo/api/ {
            wismo_api;
            wismo_api_keys %%DIR%%/api.keys;
        }
        location = /wismo/live { wismo_health live; }
        location = /wismo/ready { wismo_health ready; }
        location = /plain { return 200 "plain\\n"; }
EOT

    # on a busy machine a late reply of Redis is none too late

    my $patience = $opt->{patient} ? ' timeout=10s connect_timeout=10s' : '';

    return 'worker_processes ' . ($opt->{workers} || 1) . ";\n"
        . ($opt->{main} || '') . <<EOT;
http {
    access_log %%DIR%%/access.log;
    client_body_temp_path %%DIR%%/tmp/body;
    proxy_temp_path %%DIR%%/tmp/proxy;
    fastcgi_temp_path %%DIR%%/tmp/fastcgi;
    uwsgi_temp_path %%DIR%%/tmp/uwsgi;
    scgi_temp_path %%DIR%%/tmp/scgi;

    wismo_redis %%REDIS%%$patience;
    wismo_zone wismo:8m;
    wismo_secret_file %%DIR%%/link.key;
    wismo_contact_key_file %%DIR%%/contact.key;
    wismo_share %%SHARE%%;
    wismo_fetcher $fetcher;
    wismo_exceptions @{[ $opt->{exceptions} || 'off' ]};
$carriers
@{[ $opt->{http} || '' ]}
    server {
        listen 127.0.0.1:%%PORT%%;
@{[ $opt->{server} || '' ]}
$locations
    }
}
EOT
}


sub start {
    my ($self) = @_;

    $self->{nginx}->start($self->conf);
    return if defined $self->{opt}{conf} || defined $self->{opt}{locations};

    # A worker answers before it has its Redis connection: tests begin after.

    wait_until { $self->get('/wismo/ready')->status == 200 } 10,
        'the worker to be ready' if $self->{redis};
}


sub request {
    my ($self, $method, $path, %opt) = @_;

    return Wismo::Http::request($self->{port}, $method, $path, %opt);
}


sub get {
    my ($self, $path, %headers) = @_;

    return $self->request('GET', $path, headers => \%headers);
}


# What a browser sends for a form without files; a cookie's pair is what it
# keeps of an answer.

sub form {
    my ($self, $path, $field, %opt) = @_;

    my $body = join '&', map {
        "$_=" . $field->{$_} =~ s/([^A-Za-z0-9])/sprintf '%%%02x', ord $1/ger
    } sort keys %$field;

    return $self->request('POST', $path, %opt, body => $body, headers => {
        'Content-Type' => 'application/x-www-form-urlencoded',
        %{ $opt{headers} || {} } });
}


sub pair {
    my ($self, $r) = @_;

    my ($set) = $r->headers('set-cookie');

    return ($set // '') =~ /^([^;]+)/ ? $1 : '';
}


sub api {
    my ($self, $method, $path, $data, %headers) = @_;

    my $body = ref $data ? $json->encode($data) : $data;

    return $self->request($method, "/wismo/api/v1$path", body => $body,
        headers => {
            Authorization => 'Bearer ' . API_KEY,
            defined $body ? ('Content-Type' => 'application/json') : (),
            %headers,
        });
}


sub put_order {
    my ($self, $number, $order) = @_;

    my $r = $self->api('PUT', "/orders/$number", $order);

    die "PUT of order $number: " . $r->status . ' ' . $r->body . "\n"
        unless $r->status == 202;

    return $r;
}


sub order {
    my ($self, $number) = @_;

    my $r = $self->api('GET', "/orders/$number");

    return $r->status == 200 ? $r->json : undef;
}


sub wait_order {
    my ($self, $number, $code, $timeout) = @_;
    my $order;

    return $order if wait_until {
        local $_ = $order = $self->order($number);
        $_ && (!$code || $code->())
    } $timeout || 15, "order $number";

    Test::More::diag('the order is ' . $json->encode($order));

    return;
}


# The program, with this instance's Redis, share and secrets.

sub wismo {
    my ($self, @args) = @_;
    my $opt = ref $args[0] ? shift @args : {};

    my %env = (%{ $self->{nginx}->env },
               WISMO_CONFIG => "$self->{dir}/state/wismo.json");
    delete $env{LD_PRELOAD};
    $env{ASAN_OPTIONS} = 'detect_leaks=1' if $env{ASAN_OPTIONS};

    return run({ %$opt, env => { %env, %{ $opt->{env} || {} } } },
        "$self->{dir}/bin/wismo", '--share', "$self->{dir}/share", @args);
}


# A signed link as the shop's mail would hold it, made here by the documented
# scheme and not by the program: what one signs the other has to accept.

sub link {
    my ($self, $number, %opt) = @_;

    return "/track/$number?t=" . $self->token($number, %opt);
}


sub token {
    my ($self, $number, %opt) = @_;

    require Digest::SHA;
    require MIME::Base64;

    my ($kid, $secret) = slurp("$self->{dir}/link.key") =~ /^(\w+):(.*)$/m;
    my $said = join '.', $opt{scope} || 'f', int($opt{issued} // time()),
                         int($opt{expires} // time() + 86400);

    my $mac = Digest::SHA::hmac_sha256(
        join("\0", $opt{purpose} || 'link', $number, $said), $secret);

    return "$kid.$said." . MIME::Base64::encode_base64url(substr $mac, 0, 16);
}


sub fetchers {
    my ($self) = @_;

    return grep {
        slurp("/proc/$_/cmdline") =~ m{^\Q$self->{dir}\E/bin/wismo\0}
            && alive($_)
    } map { m{/(\d+)$} } glob '/proc/[0-9]*';
}


sub fds {
    my ($self, $pid) = @_;

    return map { readlink($_) // () } glob "/proc/$pid/fd/*";
}


sub stop {
    my ($self) = @_;

    return if $self->{stopped}++ || $self->{owner} != $$;

    $self->{nginx}->stop if $self->{nginx};

    wait_until { !$self->fetchers } 10;

    my @left = $self->fetchers;

    $self->{sim}->stop if $self->{sim};
    $self->{redis}->stop if $self->{redis};

    end($_, 'KILL', 5) for @left;

    push @{ $self->{faults} }, map { "fetcher $_ outlived nginx" } @left;
    push @{ $self->{faults} }, $self->{nginx}->faults if $self->{nginx};
}


# Instead of Test::More's: one more test for each instance, then the plan.

sub finish {

    for my $self (@instances) {
        next if $self->{owner} != $$;

        $self->stop;

        my @faults = @{ $self->{faults} || [] };

        Test::More::ok(!@faults, 'the log has no alert, nothing is left')
            or Test::More::diag(join "\n", @faults[0 .. ($#faults > 19
                                                         ? 19 : $#faults)]);
    }

    my @left = grep { alive($_) } children($$);

    Test::More::diag("left: $_: " . slurp("/proc/$_/cmdline")) for @left;
    Test::More::ok(!@left, 'no process is left');

    Test::More::done_testing(@_);
}


END {
    my $status = $?;

    for my $self (@instances) {
        next if $self->{owner} != $$;

        $self->stop;

        if ($ENV{WISMO_KEEP}) {
            Test::More::diag("kept: $self->{dir}");

        } else {
            Test::More::diag("error.log ends:\n"
                . join "\n", (split /\n/, $self->{nginx}->log)[-20 .. -1])
                if $status && $ENV{WISMO_VERBOSE} && $self->{nginx};
            File::Path::remove_tree($self->{dir});
        }
    }

    $? = $status;
}


1;
