#!/usr/bin/perl

# A wrong configuration must be refused by "nginx -t" with a sentence of its
# own that says what is wrong, where, and what was expected instead.  This is
# the corpus: each has one line marked "# <-- here" and the message that must
# name it.  Redis does not run: a test of the configuration asks nobody.
#
# Lane: plain

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(spew slurp);

my $t = Wismo::Test->new(start => 0, redis => 0);
my $dir = $t->dir;

my @base = (
    redis    => 'wismo_redis unix:%%DIR%%/redis.sock;',
    secret   => 'wismo_secret_file %%DIR%%/link.key;',
    share    => 'wismo_share %%SHARE%%;',
    fetcher  => 'wismo_fetcher off state=%%DIR%%/state;',
);


# Parts of a configuration by name; what a case gives replaces or adds.

sub conf {
    my ($part) = @_;
    my %part = (@base, http => '', server => '', locations => '',
                track => 'location /track/ { wismo_track; }', %$part);

    return "http {\naccess_log off;\n"
        . join('', map { "$part{$_}\n" } qw(redis secret share fetcher http))
        . "server { listen 127.0.0.1:%%PORT%%;\n"
        . join('', map { "$part{$_}\n" } qw(server track locations))
        . "}\n}\n";
}


my %refused;

sub check {
    my ($name, $part, $message) = @_;
    my ($status, $out) = $t->nginx->check(conf($part));

    $refused{$_}++ for $out =~ /"(wismo_\w+)[ "]/g;

    my @lines = split /\n/, slurp("$dir/check.conf");
    my ($line) = grep { $lines[$_ - 1] =~ /# <-- here/ } 1 .. @lines;

    die "$name: no line is marked\n" unless $line;

    subtest $name => sub {
        isnt $status, 0, 'is refused';
        like $out, $message, 'says what is wrong';
        like $out, qr/ in \Q$dir\E\/check\.conf:$line$/m, 'says where';
        is scalar(() = $out =~ /\[emerg\]/g), 1, 'says it once';
        unlike $out, qr/\[alert\]/, 'and nothing else';
    };
}


sub accept_conf {
    my ($name, $part) = @_;
    my ($status, $out) = $t->nginx->check(conf($part));

    is $status, 0, "$name is accepted" or diag $out;
}


$t->secret('empty', '');
spew("$dir/nothing", '');
chmod 0640, "$dir/nothing";
$t->secret('short', 'k1:short');
$t->secret('password', 'correct horse');
$t->secret('lines', "one\ntwo");
spew("$dir/open.key", "k1:a-secret-that-everybody-can-read\n");
chmod 0644, "$dir/open.key";
spew("$dir/wide.key", "k1:a-secret-that-the-group-can-write\n");
chmod 0660, "$dir/wide.key";
spew("$dir/private.key", "k1:a-secret-that-only-root-can-read\n");
chmod 0600, "$dir/private.key";
spew("$dir/keys.bad", "shop:not-a-digest\n");
chmod 0640, "$dir/keys.bad";
mkdir "$dir/folder";
chmod 0640, "$dir/folder";
spew("$dir/plain.txt", '');

# In real life the program and the carriers' adapters are installed.

spew("$dir/program", "#!/bin/sh\n");
chmod 0755, "$dir/program";

# Brands: one that is sound, and what can be wrong with others

my %brand = (
    good     => '{"name":"Northwind","server_names":["shop.example"]}',
    sister   => '{"name":"Sister","server_names":["shop.example"]}',
    broken   => qq({\n  "name": "Northwind",\n}),
    strange  => qq({\n  "name": "Northwind",\n  "nmae": "x"\n}),
    Capital  => '{"name":"Northwind"}',
);

for (keys %brand) {
    mkdir "$dir/brands-$_";
    spew("$dir/brands-$_/$_.json", "$brand{$_}\n");
}

spew("$dir/brands-sister/good.json", "$brand{good}\n");

my $fetch = "wismo_fetcher on program=%%DIR%%/program state=%%DIR%%/state";
my $ups = 'client_id c; secret_file %%DIR%%/ups.secret;';


accept_conf 'the least that makes a page', {};

accept_conf 'every directive', {
    redis => 'wismo_redis redis://web@127.0.0.1:6380/3 timeout=50ms'
           . ' connect_timeout=1s password_file=%%DIR%%/password;',
    fetcher => "$fetch scale=60;",
    http => "wismo_zone w:8m;\n"
          . 'wismo_order_only none; wismo_hook_body_max 64k;'
          . "wismo_carrier easypost { secret_file %%DIR%%/ups.secret;\n"
          . 'base_url http://127.0.0.1:1/x/; }',
    locations => 'location /a/ { wismo_api; wismo_order_only full;'
               . ' wismo_api_keys %%DIR%%/api.keys; }'
               . 'location /h { wismo_hook easypost;'
               . ' wismo_hook_secret_file %%DIR%%/easypost.hook; }'
               . 'location /l { wismo_health live; }'
               . 'location /r { wismo_health ready; }',
};

accept_conf 'a literal IPv6 address', {
    redis => 'wismo_redis redis://[::1]:6379;' };

accept_conf 'TLS', {
    redis => 'wismo_redis rediss://localhost ssl_verify=off ssl_name=r;' };

accept_conf 'a name for the resolver', {
    redis => 'wismo_redis redis://redis.example.invalid;',
    http => 'resolver 127.0.0.1:1;' };


# wismo_redis

my $form = 'expected ' . quotemeta
    'redis://[user@]host[:port][/db], rediss://... or unix:/path';

check $_->[0], { redis => "wismo_redis $_->[1]; # <-- here" }, $_->[2] for (

    [ 'another scheme', 'http://x',
      qr/invalid URL "http:\/\/x" in "wismo_redis" directive: $form/ ],

    [ 'no scheme', 'localhost:6379', qr/invalid URL "localhost:6379".*$form/ ],
    [ 'no host', 'redis://:6379', qr/no host, $form/ ],
    [ 'nothing after the scheme', 'redis://', qr/invalid URL "redis:.*$form/ ],
    [ 'a bad port', 'redis://h:99999', qr/invalid port.*$form/ ],
    [ 'a bad database', 'redis://127.0.0.1/x', qr/not a number.*$form/ ],
    [ 'a relative socket', 'unix:redis.sock', qr/starts with "\/".*$form/ ],
    [ 'an empty user', 'redis://@127.0.0.1', qr/user is empty.*$form/ ],

    [ 'a password in the URL', 'redis://u:hunter2@127.0.0.1',
      qr/password in the URL.*expect password_file=FILE/ ],

    [ 'an unknown parameter', 'redis://127.0.0.1 keepalive=16',
      qr/unknown parameter "keepalive=16".*expected timeout=/ ],

    [ 'a bare word', 'redis://127.0.0.1 tls', qr/unknown parameter "tls"/ ],

    [ 'a time that is none', 'redis://127.0.0.1 timeout=fast',
      qr/invalid value "fast" of "timeout".*expected a time/ ],

    [ 'no time at all', 'redis://127.0.0.1 timeout=0',
      qr/invalid value "0" of "timeout".*from 1ms to 10s/ ],

    [ 'too long a time', 'redis://127.0.0.1 connect_timeout=1h',
      qr/invalid value "1h" of "connect_timeout"/ ],

    [ 'a parameter without value', 'redis://127.0.0.1 user=',
      qr/parameter "user=".*has no value/ ],

    [ 'a user without password', 'redis://web@127.0.0.1',
      qr/user "web".*no password: add password_file=FILE/ ],

    [ 'two users', 'redis://a@127.0.0.1 user=b',
      qr/has two users: one in the URL/ ],

    [ 'two databases', 'redis://127.0.0.1/1 db=2', qr/has two databases/ ],

    [ 'a negative database', 'redis://127.0.0.1 db=-1',
      qr/invalid database "-1".*a number from 0/ ],

    [ 'no password file', 'redis://127.0.0.1 password_file=none',
      qr/cannot open file "\S+none" of "wismo_redis"/ ],

    [ 'a password file of two lines',
      'redis://127.0.0.1 password_file=%%DIR%%/lines',
      qr/unusable password file.*the password alone, on one line/ ],

    [ 'TLS parameters without TLS', 'redis://127.0.0.1 ssl_verify=off',
      qr/need TLS: expected a URL that starts with "rediss:/ ],

    [ 'a switch that is none', 'rediss://127.0.0.1 ssl_verify=maybe',
      qr/"maybe" of "ssl_verify".*expected "on" or "off"/ ],

    [ 'no certificates', 'rediss://127.0.0.1 ssl_ca=none.pem',
      qr/no file "\S+none.pem" of "ssl_ca"/ ],

    [ 'a name nobody knows', 'redis://redis.example.invalid',
      qr/host not found in "wismo_redis".*or a "resolver" in http/ ],
);

check 'two Redis servers', {
    http => 'wismo_redis redis://127.0.0.1; # <-- here' },
    qr/"wismo_redis" directive is duplicate: one nginx has one Redis/;


# wismo_zone, wismo_share

check "zone: $_->[0]", { http => "wismo_zone $_->[1]; # <-- here" }, $_->[2]
for (
    [ 'no size', 'wismo', qr/invalid zone "wismo".*expected NAME:SIZE/ ],
    [ 'no name', ':1m', qr/invalid zone ":1m".*expected NAME:SIZE/ ],
    [ 'not a size', 'w:big', qr/invalid zone "w:big".*NAME:SIZE/ ],
    [ 'too small', 'w:4k', qr/"w:4k".*too small: expected at least 32k/ ],
);

check 'two zones', { http => "wismo_zone a:1m;\nwismo_zone b:1m; # <-- here" },
    qr/"wismo_zone" directive is duplicate/;

check 'no share', { share => 'wismo_share /none/of/it; # <-- here' },
    qr/no directory "\/none\/of\/it" of "wismo_share".*"carriers" and "html"/;


# wismo_secret_file

check "secret: $_->[0]", { secret => "wismo_secret_file $_->[1]; # <-- here" },
    $_->[2]
for (
    [ 'no file', '%%DIR%%/none', qr/cannot open file "\S+none" of "wismo_s/ ],
    [ 'a directory', '%%DIR%%/folder', qr/is not a regular file/ ],
    [ 'for everybody', '%%DIR%%/open.key',
      qr/open\.key".*mode 0644: expected 0640.*"chmod 0640 \S+open.key"/ ],
    [ 'for the group to write', '%%DIR%%/wide.key', qr/has mode 0660/ ],
    [ 'empty', '%%DIR%%/empty', qr/invalid secret.*"openssl rand -hex 32"/ ],
    [ 'nothing', '%%DIR%%/nothing', qr/invalid secret.*rand -hex 32"/ ],
    [ 'too short', '%%DIR%%/short', qr/invalid secret in line 1 of.*short"/ ],
);


# wismo_contact_key_file

check "contact key: $_->[0]", { http => "wismo_contact_key_file $_->[1]; "
                                      . '# <-- here' }, $_->[2]
for (
    [ 'no file', '%%DIR%%/none', qr/cannot open file "\S+none" of "wismo_c/ ],
    [ 'for everybody', '%%DIR%%/open.key', qr/mode 0644: expected 0640/ ],
    [ 'too short', '%%DIR%%/short', qr/invalid secret in line 1 of.*short"/ ],
);

check 'two contact keys', { http => 'wismo_contact_key_file '
        . "%%DIR%%/link.key;\nwismo_contact_key_file %%DIR%%/link.key; "
        . '# <-- here' },
    qr/"wismo_contact_key_file" directive is duplicate/;


# wismo_retention

check "retention: $_->[0]", { http => "wismo_retention $_->[1]; # <-- here" },
    $_->[2]
for (
    [ 'no time', 'long', qr/invalid time "long".*expected 1d to 3650d/ ],
    [ 'an hour', '1h', qr/invalid time "1h"/ ],
    [ 'for ever', '9999d', qr/invalid time "9999d"/ ],
    [ 'open for an hour', '9d open=1h', qr/invalid time "open=1h"/ ],
    [ 'something else', '9d brands=a', qr/"brands=a".*"brand=NAME"/ ],
    [ 'a brand without a name', '9d brand=', qr/"brand=" in "wismo_re/ ],
);

check 'a brand\'s retention twice', {
    http => "wismo_retention 9d;\nwismo_retention 9d brand=a;\n"
          . "wismo_retention 8d brand=b;\nwismo_retention 7d brand=a; "
          . '# <-- here' }, qr/"wismo_retention" directive is duplicate/;


# wismo_track, wismo_order_only

check "page: $_->[0]", { track => $_->[1] }, $_->[2] for (

    [ 'no slash at the end', 'location /track { wismo_track; } # <-- here',
      qr/"\/track" of "wismo_track" doesn't end.*"location \/track\/ \{"/ ],

    [ 'an exact location', 'location = /t/ { wismo_track; } # <-- here',
      qr/can't be in the exact location "\/t\/".*expected "location/ ],

    [ 'a regex location', 'location ~ ^/t/ { wismo_track; } # <-- here',
      qr/can't be in the regex location/ ],

    [ 'a named location', 'location @t/ { wismo_track; } # <-- here',
      qr/can't be in the named location/ ],

    [ 'twice', "location /t/ { wismo_track;\nwismo_track; } # <-- here",
      qr/"wismo_track" directive is duplicate/ ],

    [ 'an argument', 'location /t/ { wismo_track yes; } # <-- here',
      qr/invalid number of arguments in "wismo_track"/ ],

    [ 'an unknown view', "location /t/ { wismo_track;\n"
      . 'wismo_order_only some; } # <-- here',
      qr/"some" in "wismo_order_only".*"none", "minimal" or "full"/ ],

    [ 'with the API', "location /t/ { wismo_track;\nwismo_api; } # <-- here",
      qr/"wismo_api" can't share location "\/t\/" with "wismo_track"/ ],

    [ 'with a proxy', "location /t/ { wismo_track; # <-- here\n"
      . 'proxy_pass http://127.0.0.1; }',
      qr/"wismo_track" can't share location "\/t\/".*location of its own/ ],

    [ 'after a proxy', "location /t/ { proxy_pass http://127.0.0.1;\n"
      . 'wismo_track; } # <-- here',
      qr/"wismo_track" can't share location "\/t\/".*location of its own/ ],
);

check 'a page in the server', { server => 'wismo_track; # <-- here' },
    qr/"wismo_track" directive is not allowed here/;

check 'a page without Redis', { redis => '',
    track => 'location /track/ { wismo_track; } # <-- here' },
    qr/"wismo_track" without "wismo_redis": expected.*unix:/;

check 'a page without secret', { secret => '',
    track => 'location /track/ { wismo_track; } # <-- here' },
    qr/"wismo_track" without "wismo_secret_file": expected.*openssl rand/;


# wismo_api, wismo_health

check "API: $_->[0]", { locations => $_->[1] }, $_->[2] for (

    [ 'no keys', 'location /a/ { wismo_api; } # <-- here',
      qr/"wismo_api" without "wismo_api_keys": expected.*SHA256/ ],

    [ 'no file', 'location /a/ { wismo_api; wismo_api_keys none; } # <-- here',
      qr/cannot open file "\S+none" of "wismo_api_keys"/ ],

    [ 'a key in the clear', 'location /a/ { wismo_api; '
      . 'wismo_api_keys %%DIR%%/keys.bad; } # <-- here',
      qr/keys\.bad:1: .*SHA-256.*"wismo_api_keys"/ ],

    [ 'health of nothing', 'location /h { wismo_health well; } # <-- here',
      qr/"well" in "wismo_health".*expected "live" or "ready"/ ],
);

check 'ready without Redis', { redis => '', track => '',
    locations => 'location /r { wismo_health ready; } # <-- here' },
    qr/"wismo_health" without "wismo_redis"/;


# wismo_carrier, wismo_hook

check "carrier: $_->[0]", { http => $_->[1] }, $_->[2] for (

    [ 'a name in capitals', 'wismo_carrier UPS { # <-- here' . "\n}",
      qr/invalid name "UPS".*expected at most 32 of a-z/ ],

    [ 'unknown', "wismo_carrier pigeon { # <-- here\n $ups }",
      qr/unknown adapter "pigeon".*one of .*easypost.*path of a file/ ],

    [ 'an adapter that is no file',
      "wismo_carrier x { # <-- here\n adapter /none.json; }",
      qr/unknown adapter "\/none.json" of "wismo_carrier x"/ ],

    [ 'twice', "wismo_carrier easypost { $ups }\n"
      . "wismo_carrier easypost { # <-- here\n $ups }",
      qr/duplicate "wismo_carrier easypost".*also in \S+check\.conf:\d+/ ],

    [ 'a value twice', "wismo_carrier easypost {\nclient_id a;\n"
      . "client_id b; # <-- here\n}",
      qr/duplicate "client_id" in "wismo_carrier easypost"/ ],

    [ 'two values', "wismo_carrier easypost {\nclient_id a b; # <-- here\n}",
      qr/invalid number of values of "client_id"/ ],

    [ 'no value', "wismo_carrier easypost {\nclient_id ''; # <-- here\n}",
      qr/empty value of "client_id"/ ],

    [ 'a strange name', "wismo_carrier easypost {\nCLIENT a; # <-- here\n}",
      qr/invalid name "CLIENT" in "wismo_carrier easypost"/ ],

    [ 'a block inside', "wismo_carrier easypost {\nx { # <-- here\n} }",
      qr/unexpected "\{"/ ],

    [ 'no secret', "wismo_carrier easypost {\nsecret_file none; # <-- here\n}",
      qr/cannot open file "\S+none" of "wismo_carrier"/ ],

    [ 'an open secret', "wismo_carrier easypost {\n"
      . "secret_file %%DIR%%/open.key; # <-- here\n}", qr/has mode 0644/ ],

    [ 'an empty secret', "wismo_carrier easypost {\n"
      . "secret_file %%DIR%%/nothing; # <-- here\n}",
      qr/of "secret_file" in "wismo_carrier easypost" is empty/ ],

    [ 'in the clear', "wismo_carrier easypost {\n"
      . "base_url http://api.example.com; # <-- here\n}",
      qr/in the clear: expected https:/ ],

    [ 'nearly this host', "wismo_carrier easypost {\n"
      . "base_url http://127.0.0.1.example.com; # <-- here\n}",
      qr/in the clear: expected https:/ ],

    [ 'a password in base_url', "wismo_carrier easypost {\n"
      . "base_url https://u:p\@h; # <-- here\n}",
      qr/invalid "base_url \S+" of "wismo_carrier easypost"/ ],

    [ 'another scheme', "wismo_carrier easypost {\n"
      . "base_url ftp://h; # <-- here\n}", qr/expected https:\/\/host/ ],
);

check "hook: $_->[0]", { locations => $_->[1],
    http => "wismo_carrier easypost { $ups }" }, $_->[2] for (

    [ 'no carrier', 'location /h { wismo_hook ups; } # <-- here',
      qr/"wismo_hook ups" without "wismo_carrier ups": expected in http/ ],

    [ 'no secret', 'location /h { wismo_hook easypost; } # <-- here',
      qr/wismo_hook_secret_file/ ],

    [ 'a secret that is no file', 'location /h { wismo_hook easypost;'
      . ' wismo_hook_secret_file none; } # <-- here',
      qr/cannot open file "\S+none"/ ],

    [ 'a body of no size', "location /h { wismo_hook easypost;\n"
      . 'wismo_hook_body_max 1; } # <-- here',
      qr/invalid size "1" in "wismo_hook_body_max".*from 1k to 4m/ ],

    [ 'no name', 'location /h { wismo_hook; } # <-- here',
      qr/invalid number of arguments in "wismo_hook"/ ],
);


# wismo_fetcher

check "fetcher: $_->[0]", { fetcher => "$_->[1] # <-- here" }, $_->[2] for (

    [ 'neither on nor off', 'wismo_fetcher yes;',
      qr/"yes" in "wismo_fetcher".*expected "on" or "off"/ ],

    [ 'twice', "wismo_fetcher off;\nwismo_fetcher on;",
      qr/"wismo_fetcher" directive is duplicate/ ],

    [ 'an unknown parameter', "$fetch nice=19;",
      qr/unknown parameter "nice=19".*expected state=, program= or scale=/ ],

    [ 'no program', 'wismo_fetcher on program=/none/wismo;',
      qr/no program "\/none\/wismo".*expected the executable/ ],

    [ 'not executable', 'wismo_fetcher on program=%%DIR%%/plain.txt;',
      qr/no program "\S+plain.txt"/ ],

    [ 'no state directory', "wismo_fetcher on state=;",
      qr/parameter "state=".*has no value/ ],

    [ 'a state directory that is a file',
      'wismo_fetcher off state=%%DIR%%/plain.txt;',
      qr/plain.txt" is not a directory: expected.*state=DIR/ ],

    [ 'a scale that is none', "$fetch scale=fast;",
      qr/invalid "scale=fast".*a number from 1/ ],
);

check 'a fetcher without Redis', { redis => '', track => '',
    fetcher => "$fetch; # <-- here" },
    qr/"wismo_fetcher on" without "wismo_redis"/;

# What an adapter asks with is looked for where it can be mended

spew("$dir/torn.json", qq({\n"adapter": "torn",\n));
spew("$dir/roving.json", '{"adapter":"roving","format":"json"}');

check "account: $_->[0]", { fetcher => "$fetch;", http => $_->[1] }, $_->[2]
    for (

    [ 'nothing of it', "wismo_carrier ups { # <-- here\n}",
      qr/"wismo_carrier\ ups"\ lacks\ what\ its\ adapter\ "ups"\ asks\ with:
         \ expected\ "client_id\ VALUE;"\ and\ "secret_file\ FILE;"\ in/x ],

    [ 'no client_id', "wismo_carrier shop { # <-- here\nadapter ups;\n"
      . 'secret_file %%DIR%%/ups.secret; }',
      qr/shop" lacks what its adapter "ups" .* "client_id VALUE;" in the/ ],

    [ 'no address', "wismo_carrier x { # <-- here\n"
      . "adapter %%DIR%%/roving.json;\n$ups }",
      qr/x" lacks .* asks with: expected "base_url VALUE;" in the block/ ],

    [ 'an adapter that is torn', "wismo_carrier x { # <-- here\n"
      . 'adapter %%DIR%%/torn.json; }',
      qr{torn\.json:3:\d+: .*used by "wismo_carrier x"} ],
);

accept_conf 'what may be missing in the account of an adapter', {
    fetcher => "$fetch;", http => "wismo_carrier easypost { $ups }" };

{
    my ($status, $out) = $t->nginx->check(conf({
        http => "wismo_carrier ups {\n}" }));

    is $status, 0, 'an nginx that only takes pushes needs no account';
    like $out, qr/\[warn\].*"wismo_carrier ups" lacks what/, '... is told';
}

# Only root's nginx has another user for its workers.

if ($> == 0) {
    check 'a secret that the fetcher cannot read', {
        fetcher => "$fetch;",
        http => "wismo_carrier easypost { # <-- here\n"
              . 'secret_file %%DIR%%/private.key; }' },
        qr/can't be read by the user.*"chgrp www-data \S+ && chmod 0640 \S+"/;
}


# Nothing of it may leave anything behind.

is scalar(() = glob "$dir/*/wismo.json*"), 0, 'nothing was told to a fetcher';

# wismo_exceptions

spew("$dir/late.json", qq({\n"thresholds": [ { "stalled": "soon" } ]\n}));
spew("$dir/json.json", qq({\n"thresholds": [\n}));

check "exceptions: $_->[0]", { http => "wismo_exceptions $_->[1] # <-- here" },
    $_->[2] for (

    [ 'no file', '/none/late.json;',
      qr/cannot open file "\/none\/late.json" of "wismo_exceptions"/ ],

    [ 'no JSON', '%%DIR%%/json.json;',
      qr/invalid JSON in \S+json.json:3:\d+ of "wismo_exceptions"/ ],

    [ 'no time', '%%DIR%%/late.json;',
      qr{late.json".*: /thresholds/0/stalled: expected a time of.*"36h"} ],

    [ 'twice', "on;\nwismo_exceptions off;",
      qr/"wismo_exceptions" directive is duplicate/ ],
);


# wismo_calendar

check "calendar: $_->[0]", { http => "wismo_calendar $_->[1] # <-- here" },
    $_->[2] for (

    [ 'of nobody', 'planet DE;',
      qr/"planet" in "wismo_calendar".*warehouse, carrier or destination/ ],

    [ 'no name', 'carrier;', qr/number of arguments in "wismo_calendar"/ ],

    [ 'no file', 'carrier ups /none/x.ics;',
      qr/no file "\/none\/x.ics".*wismo calendar check/ ],

    [ 'twice', "carrier ups zone=UTC;\nwismo_calendar carrier ups zone=UTC;",
      qr/duplicate "wismo_calendar carrier ups"/ ],

    [ 'a zone that is a path', 'carrier ups zone=../../etc/passwd;',
      qr/invalid "zone=.*zone=Europe\/Berlin/ ],

    [ 'days that are none', 'carrier ups days=mon-fri-sun;',
      qr/invalid "days=mon-fri-sun".*"days=mon-fri"/ ],

    [ 'no time', 'warehouse DE cutoff=2pm;',
      qr/invalid "cutoff=2pm".*"cutoff=14:00"/ ],

    [ 'a cut-off of others', 'carrier ups cutoff=14:00;',
      qr/"cutoff=" of "wismo_calendar carrier".*"warehouse" only/ ],

    [ 'something else', 'carrier ups speed=9;',
      qr/unknown parameter "speed=9".*zone=, days= or cutoff=/ ],
);


# Channels

sub notify { (http => "wismo_notify shop {\n$_[0]\n}") }

my $hook = 'url https://shop.example/x; secret_file %%DIR%%/link.key;';

accept_conf('a webhook', { notify("type webhook; $hook events delivered lost;") });

check('wismo_notify: name', { http =>
    'wismo_notify Shop { # <-- here' . "\ntype webhook;\n}" },
    qr/invalid name "Shop" in "wismo_notify"/);
check('wismo_notify: no type', { http =>
    "wismo_notify shop {\n$hook\n} # <-- here" },
    qr/no "type" in "wismo_notify shop": expected one/);
check('wismo_notify: type', { notify('type pigeon; # <-- here') },
    qr/unknown "type pigeon" in "wismo_notify shop": expected one of "webhook"/);
check('wismo_notify: unknown', { notify("type webhook;\ncolour red; # <-- here") },
    qr/unknown "colour" in "wismo_notify shop"/);
check('wismo_notify: twice', { notify("type webhook;\n$hook\n"
    . 'url https://b/; # <-- here') },
    qr/duplicate "url" in "wismo_notify shop"/);
check('wismo_notify: no url', { http => "wismo_notify shop {\ntype webhook;\n"
    . "secret_file %%DIR%%/link.key;\n} # <-- here" },
    qr/no "url" in "wismo_notify shop": expected it, as in "url https:/);
check('wismo_notify: values', { notify("type webhook;\nurl a b; # <-- here") },
    qr/invalid number of values of "url" in "wismo_notify shop"/);
check('wismo_notify: no such file', { notify("type webhook;\n"
    . 'secret_file %%DIR%%/none; # <-- here') }, qr/cannot open file ".*none" of "wismo_notify"/);
for (['gap 2x', 'a time such as 2h'], ['gap 2h30m', 'a time such as 2h'],
     ['daily many', 'a number'], ['daily 1001', 'a number'],
     ['brake fast', 'the most notices in an hour'],
     ['brake 5x', 'the most notices in an hour'],
     ['links gap=5s', 'off, or gap='], ['links daily=0', 'off, or gap='],
     ['links gap=1h hourly=many', 'off, or gap='],
     ['links on', 'off, or gap='],
     ['quiet 20:00', 'hours such as 20:00-09:00'],
     ['quiet 24:00-09:00', 'hours such as'],
     ['quiet 20:00-09:60', 'hours such as'],
     ['zone Europe/Berlyn', 'the name of a time zone'],
     ['zone ../../etc/passwd', 'the name of a time zone'])
{
    my ($entry, $expected) = @$_;

    check("wismo_notify: $entry", { notify("type webhook;\n$hook\n"
        . "$entry; # <-- here") },
        qr{in "wismo_notify shop": "\Q$entry\E": expected \Q$expected\E});
}

check('wismo_notify: event', { notify("type webhook;\n$hook\n"
    . 'events delivered vanished; # <-- here') },
    qr/in "wismo_notify shop": "vanished" is no event/);
accept_conf('rules of a channel', { notify("type webhook; $hook gap 90m; "
    . 'daily 0; brake off; quiet 9:00-17:30; zone Europe/Berlin; '
    . 'events all;') });

check('wismo_notify: the same name', { http =>
    "wismo_notify shop {\ntype webhook; $hook\n}\n"
    . "wismo_notify shop { # <-- here\ntype webhook; $hook\n}" },
    qr/duplicate "wismo_notify shop", it is also in/);


# wismo_brands, wismo_brand

accept_conf 'brands', {
    http => 'wismo_brands %%DIR%%/brands-good/; wismo_brand default;',
    server => 'wismo_brand good;',
    locations => 'location /b/ { wismo_track; wismo_brand $host; }' };

check "brands: $_->[0]", { http => "wismo_brands $_->[1]; # <-- here" },
    $_->[2]
for (
    [ 'no directory', '/none/of/it',
      qr{no directory "/none/of/it" of "wismo_brands".*NAME\.json each} ],
    [ 'a file', '%%DIR%%/plain.txt', qr/no directory "\S+plain\.txt"/ ],
    [ 'none named', '', qr/invalid number of arguments in "wismo_brands"/ ],
);

check 'brands: twice', { http => "wismo_brands %%DIR%%/brands-good;\n"
    . 'wismo_brands %%DIR%%/brands-good; # <-- here' },
    qr/"wismo_brands" directive is duplicate/;

check 'brands: in a server', {
    server => 'wismo_brands %%DIR%%/brands-good; # <-- here' },
    qr/"wismo_brands" directive is not allowed here/;

check 'brand: there are none', { server => 'wismo_brand good; # <-- here' },
    qr/"wismo_brand" without "wismo_brands": expected in http/;

check "brand: $_->[0]", { http => 'wismo_brands %%DIR%%/brands-good;',
    server => $_->[1] }, $_->[2]
for (
    [ 'unknown', 'wismo_brand other; # <-- here',
      qr{no brand "other" for "wismo_brand": expected "\S+/other\.json"} ],
    [ 'a path', 'wismo_brand ../brands-good/good; # <-- here',
      qr{no brand "\.\./brands-good/good" for "wismo_brand"} ],
    [ 'twice', "wismo_brand good;\nwismo_brand good; # <-- here",
      qr/"wismo_brand" directive is duplicate/ ],
    [ 'two', 'wismo_brand good other; # <-- here',
      qr/invalid number of arguments in "wismo_brand"/ ],
);

# The fault is in a brand's file: that is where it is said to be.

for ([ 'broken', qr{broken\.json:3:\d+: .*, used by "wismo_brands"} ],
     [ 'strange', qr{strange\.json:3:\d+: .*nmae.*, used by "wismo_brands"} ],
     [ 'Capital', qr{Capital\.json: a brand's name is made of a-z} ],
     [ 'sister', qr{server name "shop\.example" is another brand's already} ])
{
    my ($name, $message) = @$_;
    my ($status, $out) = $t->nginx->check(conf({
        http => "wismo_brands %%DIR%%/brands-$name;" }));

    isnt $status, 0, "brand, $name: is refused";
    like $out, $message, 'says what is wrong, and where';
    is scalar(() = $out =~ /\[emerg\]/g), 1, 'says it once';
}


# What else pages have

check "page: $_->[0]", { track => $_->[1] =~ s/;$/; # <-- here/r
    =~ s/^(.*)$/location \/track\/ {\nwismo_track;\n$1\n}/sr }, $_->[2]
for (
    [ 'live', 'wismo_live yes;',
      qr/invalid value "yes" in "wismo_live" directive, it must be "on" or/ ],
    [ 'live twice', "wismo_live on;\nwismo_live off;",
      qr/"wismo_live" directive is duplicate/ ],
    [ 'tracking numbers', 'wismo_tracking_number full;',
      qr/invalid value "full" in "wismo_tracking_number" directive/ ],
    [ 'feedback', 'wismo_feedback maybe;',
      qr/invalid value "maybe" in "wismo_feedback" directive/ ],
    [ 'links by mail', 'wismo_lookup_mail maybe;',
      qr/invalid value "maybe" in "wismo_lookup_mail" directive/ ],
    [ 'no such proof', 'wismo_lookup_factors email birthday;',
      qr/invalid factor "birthday" in "wismo_lookup_factors".*"postcode"/ ],
    [ 'a proof twice', 'wismo_lookup_factors email email=full;',
      qr/invalid factor "email=full" in "wismo_lookup_factors"/ ],
    [ 'a proof of nothing', 'wismo_lookup_factors email=some;',
      qr/invalid factor "email=some".*"=full" or "=minimal"/ ],
    [ 'off, and not', 'wismo_lookup_factors off email;',
      qr/invalid factor "off" in "wismo_lookup_factors"/ ],
    [ 'a case', 'wismo_lookup_number Upper;',
      qr/invalid parameter "Upper" in "wismo_lookup_number".*"prefix="/ ],
    [ 'a prefix', 'wismo_lookup_number prefix=a/b;',
      qr{invalid parameter "prefix=a/b" in "wismo_lookup_number"} ],
    [ 'an empty prefix', 'wismo_lookup_number prefix=;',
      qr/invalid parameter "prefix=" in "wismo_lookup_number"/ ],
    [ 'a limit', 'wismo_lookup_limit order=0/1d;',
      qr/invalid limit "order=0\/1d" in "wismo_lookup_limit".*FAILURES\/TIME/ ],
    [ 'a limit without a time', 'wismo_lookup_limit client=5;',
      qr/invalid limit "client=5" in "wismo_lookup_limit"/ ],
    [ 'a limit for too long', 'wismo_lookup_limit client=5/31d;',
      qr/invalid limit "client=5\/31d".*in at most 30d/ ],
    [ 'a limit of something', 'wismo_lookup_limit person=5/1d;',
      qr/invalid limit "person=5\/1d" in "wismo_lookup_limit"/ ],
    [ 'limits twice', "wismo_lookup_limit client=5/1d;\n"
      . 'wismo_lookup_limit client=off;',
      qr/"wismo_lookup_limit" directive is duplicate/ ],
    [ 'a frame', 'wismo_frame_ancestors shop.example;',
      qr/invalid source "shop\.example" in "wismo_frame_ancestors".*"self"/ ],
    [ 'more than a frame', q(wismo_frame_ancestors 'https://a; script-src *';),
      qr/invalid source "https:\/\/a; script-src \*"/ ],
    [ 'an origin', 'wismo_embed_origins https://shop.example/account;',
      qr/origin "\S+account" in "wismo_embed_origins".*without a path/ ],
    [ 'all origins', 'wismo_embed_origins *;',
      qr/invalid origin "\*" in "wismo_embed_origins"/ ],
);

check "streams: $_->[0]", { http => "wismo_live_limit $_->[1]; # <-- here" },
    $_->[2]
for (
    [ 'no number', 'order=many',
      qr/"order=many" in "wismo_live_limit" directive/ ],
    [ 'of something', 'person=1', qr/"person=1" in "wismo_live_limit"/ ],
    [ 'nothing', '', qr/invalid number of arguments in "wismo_live_limit"/ ],
);

check "status: $_->[0]", {
    locations => "location /s {\n$_->[1] # <-- here\n}" }, $_->[2]
for (
    [ 'no number', 'wismo_lookup;',
      qr/invalid number of arguments in "wismo_lookup"/ ],
    [ 'twice', "wismo_lookup \$arg_a;\nwismo_lookup \$arg_b;",
      qr/"wismo_lookup" directive is duplicate/ ],
);


# Each directive has been refused at least once.

{
    my $source = join '', map { slurp($_) }
        glob "$FindBin::Bin/../ngx_wismo_module/nginx/*_module.c";
    my @names = $source =~ /ngx_string\("(wismo_\w+)"\),\s*NGX_HTTP_/g;

    cmp_ok scalar @names, '>=', 25, 'the command table';
    is "@{[ grep { !$refused{$_} } @names ]}", '', 'none without a case';
}


done_testing;
