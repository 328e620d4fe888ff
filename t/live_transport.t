#!/usr/bin/perl

# Streams over TLS and over HTTP/2, where the request stays: the state, each
# change, a client that reads nothing for a while, and a proper end.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(spawn end run slurp free_port alive);
use Wismo::Seed;

my ($tls, $h2) = (free_port(), free_port());
my $t = Wismo::Test->new(fetcher => 1, start => 0, server => <<EOT);
        listen 127.0.0.1:$tls ssl http2 sndbuf=4k;
        listen 127.0.0.1:$h2 http2;
        ssl_certificate %%DIR%%/tls.pem;
        ssl_certificate_key %%DIR%%/tls.key;
EOT
my $dir = $t->dir;

my ($failed, undef, $err) = run({ timeout => 30 }, qw(openssl req -x509 -newkey
    ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj
    /CN=shop.example -keyout), "$dir/tls.key", '-out', "$dir/tls.pem");
die "openssl: $err\n" if $failed;

$t->start;
seed($t, order('1001'));

my %stream = (
    'TLS, HTTP/1.1' => [ '--http1.1', "https://127.0.0.1:$tls" ],
    'TLS, HTTP/2'   => [ '--http2', "https://127.0.0.1:$tls" ],
    'HTTP/2'        => [ '--http2-prior-knowledge', "http://127.0.0.1:$h2" ],
);
my (%pid, %file);


sub events {
    my ($name) = @_;
    return slurp($file{$name}) =~ /^data: \{"version":(\d+),/mg;
}


sub last_is {
    my ($name, $version, $what) = @_;

    ok(wait_until(sub {
        my @events = events($name);
        @events && $events[-1] == $version
    }, 10), "$name: $what") or diag(slurp($file{$name}));
}


for my $name (sort keys %stream) {
    my ($http, $url) = @{ $stream{$name} };

    $file{$name} = "$dir/" . ($name =~ s/\W+/-/gr);
    $pid{$name} = spawn("$file{$name}.err", {}, 'curl', '-skNi', $http,
        '-o', $file{$name}, "$url/track/1001/live");
}

my $version = newer($t, '1001', by => 0);
last_is($_, $version, 'the state') for sort keys %stream;

for my $name (sort keys %stream) {
    like(slurp($file{$name}), qr/^content-type: text\/event-stream\r$/mi,
         "$name: type");
}

for my $n (1 .. 3) {
    $version = newer($t, '1001');
    last_is($_, $version, "change $n") for sort keys %stream;
}


# They stop reading, for more changes than all buffers take.

kill STOP => values %pid;
$version = newer($t, '1001') for 1 .. 4000;
kill CONT => values %pid;

last_is($_, $version, 'the latest state, late') for sort keys %stream;

for my $name (sort keys %stream) {
    my @events = events($name);

    is_deeply(\@events, [ sort { $a <=> $b } @events ], "$name: in order");
}

$version = newer($t, '1001');
last_is($_, $version, 'the next change') for sort keys %stream;


# The old worker ends them.

my ($old) = $t->nginx->workers;

$t->nginx->reload;
ok(wait_until(sub { !alive($pid{$_}) }, 10), "$_: ended")
    for sort keys %stream;
is(slurp("$file{$_}.err"), '', "$_: properly") for sort keys %stream;
ok(wait_until(sub { !alive($old) }, 10), 'and the worker is gone');


# Clients that go without a word

for my $name (sort keys %stream) {
    my ($http, $url) = @{ $stream{$name} };

    unlink $file{$name};
    my @pids = map {
        spawn("$file{$name}.err", {}, 'curl', '-skNi', $http, '-o',
              $file{$name}, "$url/track/1001/live")
    } 1 .. 3;

    last_is($name, $version, 'again');
    end($_, 'KILL', 5) for @pids;
    newer($t, '1001', by => 0);
    $version = newer($t, '1001');
}

is($t->get('/wismo/ready')->status, 200, 'the worker lives');

done_testing;
