#!/usr/bin/perl

# Logs know no order, person or link: neither the access log in the documented
# format nor any line of the error log, whatever goes wrong.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed qw(damage key order seed);

my $format = do {
    my ($block) = Wismo::Process::slurp("$Wismo::Test::root/docs/variables.md")
        =~ /```nginx\n(log_format wismo .*?;)\n/s;
    $block or die "docs/variables.md has no log_format\n";
};

my $t = Wismo::Test->new(fetcher => 1, workers => 1, http => <<"EOT",
    $format
    limit_req_zone \$binary_remote_addr zone=slow:64k rate=1r/m;
EOT
    server => <<'EOT', locations => <<'EOT');
        access_log %%DIR%%/wismo.log wismo;
        error_log %%DIR%%/wismo-error.log info;
EOT
        location /track/ { wismo_track; }
        location /none/  { wismo_track; wismo_order_only none; }
        location /slow/  { wismo_track; limit_req zone=slow; }
        location /wismo/api/ { wismo_api; wismo_api_keys %%DIR%%/api.keys; }
        location /plain { return 200 "plain\n"; }
        location = /wismo/ready { wismo_health ready; }
EOT

wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';
seed($t, order('Secret-1001'));

my $mail = 'mail-Secret-1001@shop.example';
my $link = $t->link('Secret-1001');
my ($token) = $link =~ /t=(.*)/;
my %from = (Referer => "https://shop.example$link");


# All there is to ask for, right and wrong

my $pair = $t->pair($t->get($link, %from));

for my $path ('/track/Secret-1001', '/none/Secret-1001',
              '/track/Secret-1001.json', '/track/Secret-1001?lang=de&x=Secret',
              '/track/Secret-unknown', '/track/Secret%20name@shop.example',
              '/track/Secret-1001?t=Secret-token', '/track/%0aSecret%0d',
              '/slow/Secret-1001', '/slow/Secret-1001', '/slow/Secret-1001',
              '/wismo/api/v1/orders/Secret-1001', '/wismo/api/Secret')
{
    $t->get($path, %from, Cookie => $pair);
}

$t->form('/track/', { order => 'Secret-1001', proof => $mail });
$t->form('/track/', { order => 'Secret-1001', proof => "no-$mail" });
$t->form('/track/?Secret=1', { order => 'Secret-1001' });
$t->api('GET', '/orders/Secret-1001');
$t->api('PUT', '/orders/Secret-1001', '{"Secret":1}');
$t->request('DELETE', '/track/Secret-1001');

# what is handed out, sealed anew, erased, dead, or can't be opened

my $told = '';

sub wismo {
    my (undef, undef, $err) = $t->wismo({ stdin => '' }, @_);
    $told .= $err;
}

wismo(qw(customer export), $mail);
wismo(qw(customer export --phone), 'Secret');
wismo(qw(customer erase), $mail);

seed($t, order('Secret-1003'), order('Secret-1004'));
$t->redis->call('XADD', 'wi:{0}', '*', kind => 'put', order => 'Secret-1005',
                body => "{\"customer\":{\"email\":\"$mail\"},\"Secret\":1}");
$t->redis->call('SET', key('Secret-1003') =~ s/^wo/wp/r,
                "WP1 Secret\n" . 'Secret' x 20);
wismo(qw(customer reencrypt));
wismo(qw(customer export), 'mail-Secret-1003@shop.example');
wismo(qw(doctor));
wismo(qw(customer erase --yes), 'mail-Secret-1004@shop.example');
wait_until { $t->redis->call('XLEN', 'wx:{0}') } 10, 'a dead letter';

# what is stored is damaged; a client goes away; a body that is too long

damage($t, 'Secret-1001', sub { substr $_, 200, 40, 'Secret' x 6 });
$t->get('/track/Secret-1001', Cookie => $pair);
damage($t, 'Secret-1001', sub { $_ = 'Secret' });
$t->get('/track/Secret-1001', Cookie => $pair);

for my $path ('/track/Secret-1001', '/track/') {
    my $s = Wismo::Http::open($t->port);
    print $s "POST $path HTTP/1.1\r\nHost: localhost\r\n"
        . "Content-Length: 100\r\n\r\nSecret";
    close $s;
}

$t->form('/track/', { order => 'Secret' x 1000 });

# Redis goes

$t->redis->stop;
wait_until { $t->get('/track/Secret-1001')->status == 503 } 10, 'no Redis';
$t->get("/track/Secret-1002?t=" . $t->token('Secret-1002'));
$t->redis->start;

is($t->get('/plain?Shown=1')->status, 200, 'another location');

my ($access, $errors) = ('', '');

ok((wait_until {
    $access = Wismo::Process::slurp($t->dir . '/wismo.log');
    $access =~ m{/plain};
} 10, 'log lines'), 'the log is written');

$t->nginx->stop;
$errors = Wismo::Process::slurp($t->dir . '/wismo-error.log');


for my $log ([ 'access log', $access ], [ 'error log', $errors ],
             [ 'the fetcher\'s', $t->nginx->log ])
{
    my ($name, $text) = @$log;
    my @found = grep { /Secret|\Q$token\E|shop\.example/i } split /\n/, $text;

    is(scalar @found, 0, "$name: nobody is in it") or diag(@found[0 .. 2]);
}

like($told, qr/order Secret-1003: contact data is sealed with a key/,
     'the program names an order, as it was asked to');
unlike($told, qr/shop\.example|Customer|Street/, 'but no person');

unlike($access, qr/\r|\n\n|Name/, 'nor a line of somebody\'s own');
like($errors, qr/unusable/, 'what went wrong is told');
like($errors, qr{request: "GET /track/[0-9a-f]{8}"}, 'of a pseudonym');
like($errors, qr{limiting requests.*request: "GET /slow/[0-9a-f]{8}"},
     'by nginx, too');

my %name;
$name{$_}++ for $access =~ m{GET /track/([0-9a-f]{8})(?:\.json)?(?:\?\.\.\.)? }g;
cmp_ok(scalar keys %name, '>=', 4, 'different ones for different orders');

my ($most) = sort { $name{$b} <=> $name{$a} } keys %name;
like($access, qr{/none/$most }, 'the same one for the same order');
like($access, qr{/wismo/api/v1/orders/$most }, 'the API\'s, too');
like($access, qr{/track/$most\.json "?.* full}, 'what was seen');
like($access, qr{/track/[0-9a-f]{8} .* minimal}, 'or less');
like($access, qr{/none/\?\.\.\.|/track/\?\.\.\. .* none}, 'or nothing');
like($access, qr{/plain\?Shown=1}, 'others are as they were');

done_testing;
