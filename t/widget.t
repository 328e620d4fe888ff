#!/usr/bin/perl

# The element <wismo-track>: the status of an order in pages of other sites,
# in a real browser, without anything that their policy refuses; and no site
# reads it that wismo_embed_origins does not name.
#
# Lane: plain

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Browser;
use Wismo::Process qw(run spew slurp);
use Wismo::Seed;

use Compress::Zlib ();
use JSON::PP ();

my $json = JSON::PP->new->utf8->canonical;
my $other = Wismo::Process::free_port();
my $third = Wismo::Process::free_port();
my $t = Wismo::Test->new(fetcher => 1, start => 0, http => <<"EOT",
    server {
        listen 127.0.0.1:$other;
        listen 127.0.0.1:$third;
        location / {
            root %%DIR%%/site;
            default_type text/html;
            add_header Content-Security-Policy "default-src 'none'; script-src http://127.0.0.1:%%PORT%% 'self'; connect-src http://127.0.0.1:%%PORT%%";
        }
    }
EOT
    locations => <<"EOT");
        location /track/ {
            wismo_track;
            wismo_embed_origins http://127.0.0.1:$other http://x.example;
        }
        location /alone/ { wismo_track; }
        location = /wismo/ready { wismo_health ready; }
EOT

my $dir = $t->dir;

$t->{opt}{conf} = $t->conf
    =~ s/(wismo_redis %%REDIS%%)/$1 timeout=5s connect_timeout=5s/r;
$t->start;
wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';
seed($t, order('1001'), order('1002'));

my $base = 'http://127.0.0.1:' . $t->port;
my $site = "http://127.0.0.1:$other";
my ($token) = $t->link('1001') =~ /\?t=(.*)/;


# The script

{
    my $r = $t->get('/track/~widget.js');

    is($r->status, 200, 'the script');
    is($r->header('content-type'), 'text/javascript; charset=utf-8', 'type');
    is($r->header('cache-control'), 'public, max-age=3600', 'kept for a while');

    my $zipped = $t->get('/track/~widget.js', 'Accept-Encoding' => 'gzip');

    is($zipped->header('content-encoding'), 'gzip', 'compressed');
    cmp_ok(length $zipped->body, '<=', 6144, 'at most 6 kB');
    is(Compress::Zlib::memGunzip($zipped->body), $r->body, 'the same text');
    unlike($r->body, qr{https?://}, 'no address of anybody');

    is($t->get('/track/~widget.js', 'If-None-Match' => $r->header('etag'))
       ->status, 304, 'known');
    is($t->get('/track/~widget.js', 'Accept-Encoding' => 'gzip',
               'If-None-Match' => $r->header('etag'))->status, 304,
       'known, compressed');

    my ($hash) = $r->header('etag') =~ /"(\w+)"/;
    my $named = $t->get("/track/~widget-$hash.js");

    is($named->body, $r->body, 'by a name with its hash');
    is($named->header('cache-control'),
       'public, max-age=31536000, immutable', '... for good');
    is($t->get('/track/~widget-0000000000000000.js')->status, 404,
       'no other');
}


# Who may read

sub allowed {
    my ($path, $origin) = @_;
    my $r = $t->get($path, Origin => $origin);

    return $r->header('access-control-allow-origin');
}

for my $path ('/track/1001?fragment=status', '/track/1001.json',
              '/track/nobody?fragment=status', '/track/nobody.json',
              "/track/1001.json?t=$token")
{
    is(allowed($path, $site), $site, "$path: a site that is named");
    is(allowed($path, "http://127.0.0.1:$third"), undef, 'one that is not');
    is(allowed($path, "$site.evil.example"), undef, 'one that looks alike');
    is(allowed($path, 'null'), undef, 'no site');
    like(join(', ', $t->get($path)->headers('vary')), qr/\bOrigin\b/, 'Vary');
    is($t->get($path, Origin => $site)
       ->header('access-control-allow-credentials'), undef, 'no cookies');
}

is(allowed('/track/1001', $site), undef, 'a page is not read');
is(allowed('/alone/1001.json', $site), undef, 'off by default');
unlike(join(', ', $t->get('/alone/1001.json')->headers('vary')), qr/Origin/,
       '... and Vary as ever');

for my $bad ('shop.example', 'https://shop.example/', 'https://Shop.example',
             '*', 'https://', 'https://*.example')
{
    my ($status, $err) = $t->nginx->check(<<"EOT");
http { wismo_redis %%REDIS%%; wismo_embed_origins $bad; }
EOT

    isnt($status, 0, "no origin: $bad");
    like($err, qr/invalid origin "\Q$bad\E" in "wismo_embed_origins"/,
         'said so');
}


# In a browser

my $chromium = chromium();

{
    my $modules = npm("$FindBin::Bin/browser");

    mkdir "$dir/site";
    spew("$dir/site/count.js", <<'EOT');
window.updates = 0;
document.addEventListener('wismo-update', () => { window.updates++; });
EOT

    my $page = sub {
        my ($name, $body, $where) = @_;

        spew("$dir/site/$name.html", <<"EOT");
<!doctype html><html lang="en"><head><title>x</title>
<script src="/count.js"></script>
<script src="$base/@{[ $where // 'track' ]}/~widget.js" defer></script></head>
<body>$body</body></html>
EOT
        return "$site/$name.html";
    };

    my $link = '<a href="https://shop.example/">Where is my order?</a>';
    my $element = "<wismo-track order=\"1001\" token=\"$token\">$link"
        . '</wismo-track>';

    my @pages = (
        { address => $page->('full', $element
            . "<wismo-track order=\"1002\" lang=\"de\">$link</wismo-track>"),
          updates => 2 },
        { address => $page->('missing',
            "<wismo-track order=\"nobody\">$link</wismo-track>") },
        { address => $page->('without', $element),
          script => JSON::PP::false },
    );

    chmod 0755, "$dir/site";
    chmod 0644, glob "$dir/site/*";

    spew("$dir/widget.json", $json->encode({ chromium => $chromium,
                                             pages => \@pages }));

    my ($status, $out, $err) = run({ timeout => 120,
        env => { NODE_PATH => "$modules/node_modules" } },
        'node', "$FindBin::Bin/browser/widget.js", "$dir/widget.json");

    is($status, 0, 'the browser') or diag($err);

    my @seen = map { $json->decode($_) } split /\n/, $out;

    is(scalar @seen, 3, 'the pages');

    my ($full, $missing, $without) = @seen;

    is_deeply($full->{faults}, [], 'nothing is refused, nothing fails');
    like($full->{seen}[0]{text}, qr/Order 1001.*In transit|Order 1001.*way/s,
         'another site shows the status');
    is($full->{seen}[0]{links}[0], "$base/track/1001?t=$token",
       'and the way to the page');
    is($full->{seen}[0]{border}, '1px', 'with a style of its own');
    ok(!$full->{seen}[0]{fallback}, 'in the place of what stood there');
    like($full->{seen}[1]{text}, qr/Bestellung 1002/, 'in another language');

    is($missing->{seen}[0]{text}, '', 'no such order: nothing is shown');
    ok($missing->{seen}[0]{fallback}, 'but what stood there');
    is(scalar(grep { !/status of 404/ } @{ $missing->{faults} }), 0,
       'and nothing fails');

    is($without->{seen}, 'Where is my order?', 'without scripts: the link');
}

done_testing;
