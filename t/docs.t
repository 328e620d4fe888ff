#!/usr/bin/perl

# Lane: plain
#
# What README.md and docs/ say is done as they say it: every command is run,
# every configuration goes through "nginx -t", every link leads somewhere, and
# the directives are those of the command table.  docs/hacking.md tells how a
# block has to look.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Process qw(run slurp spew);
use Wismo::Test;

use JSON::PP ();

my $root = $Wismo::Test::root;
my @docs = ("$root/README.md", sort glob "$root/docs/*.md");

my $t = Wismo::Test->new(carriers => [qw(ups fedex easypost)], fetcher => 1,
    exceptions => 'on',
    scale => 3600, redis => { appendonly => 1 }, start => 0,
    sim => { map { $_ => undef } qw(ups-client fedex-client easypost-key) });

my $dir = $t->dir;
my $secrets = qr/link\.key|contact\.key|api\.keys|\w+\.secret|easypost\.hook/;

# The quickstart makes the secrets in a directory that is theirs alone.

mkdir "$dir/etc";
chmod 0755, "$dir/etc";
$t->secret("etc/$_", slurp("$dir/$_"))
    for map { m{/($secrets)$} ? $1 : () } glob "$dir/*";

$t->{opt}{conf} = $t->conf =~ s{%%DIR%%/($secrets)}{%%DIR%%/etc/$1}gr;
$t->start;

wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';

$t->sim->load(script => 'ups-out', number => '1Z999AA10123456784',
              age => '4d');

my $url = 'http://127.0.0.1:' . $t->port;
my $group = $> == 0 ? 'www-data' : (split ' ', `id -gn`)[0];


# Blocks of a document: [ line, language, text ]

sub blocks {
    my ($file) = @_;
    my (@blocks, $block);
    my $n = 0;

    for my $line (split /\n/, slurp($file), -1) {
        $n++;

        if ($block) {
            if ($line =~ /^\s*```\s*$/) {
                push @blocks, $block;
                undef $block;

            } else {
                $block->[2] .= "$line\n";
            }

        } elsif ($line =~ /^\s*```(\S*)/) {
            $block = [ $n, $1, '' ];
        }
    }

    return @blocks;
}


# The documents speak of a machine of its own.  Here its places are in the
# test's directory, its site is the test's nginx.

my %place = (
    '/etc/wismo'             => "$dir/etc",
    '/var/lib/nginx/wismo'   => "$dir/state",
    '/run/redis/redis.sock'  => "$dir/redis.sock",
    '/usr/share/wismo'       => "$dir/share",
    '/usr/bin/wismo'         => "$dir/bin/wismo",
    'https://shop.example'   => $url,
    'http://localhost'       => $url,
    'www-data'               => $group,
    'Bearer KEY'             => 'Bearer ' . Wismo::Test::API_KEY,
);

sub here {
    my ($text) = @_;

    for my $from (sort { length $b <=> length $a } keys %place) {
        $text =~ s/\Q$from\E/$place{$from}/g;
    }

    return $text;
}


# Commands that would touch the machine, or never end, do here what they do
# within bounds.  "make test" is this suite and "make demo" is t/demo.t.

spew("$dir/prelude", <<EOT);
export PATH=$dir/bin:\$PATH WISMO_CONFIG=$dir/state/wismo.json
export WISMO_SHARE=$dir/share WISMO_URL=$url

make() {
    case \$1 in
        install)  command make -s install BUILD=$Wismo::Test::build \\
                      DESTDIR=$dir/root ;;
        *)        command make -n BUILD=$Wismo::Test::build "\$@" >/dev/null ;;
    esac
}

nginx() {
    if [ "\$1" = -t ]; then
        /usr/sbin/nginx -t -p $dir/ -e stderr -c $dir/nginx.conf
    else
        /usr/sbin/nginx -p $dir/ -e stderr -c $dir/nginx.conf "\$@" && sleep 1
    fi
}
EOT


# A "console" block: lines after a prompt are commands (a backslash goes on),
# the others are what the command before them prints; an ellipsis stands for
# anything.  Blocks of one document are one session.

sub session {
    my ($file) = @_;
    my @steps;

    for my $block (blocks($file)) {
        my ($line, $language, $text) = @$block;
        my $more = 0;

        next unless $language eq 'console' && $text =~ /^[\$#] /m;

        for my $l (split /\n/, $text) {
            $line++;

            if ($more) {
                $steps[-1]{command} .= "\n$l";

            } elsif ($l =~ /^[\$#] (.*)$/) {
                push @steps, { line => $line, command => $1, out => '' };

            } elsif (@steps) {
                $steps[-1]{out} .= "$l\n";
                next;
            }

            $more = $l =~ /\\$/;
        }
    }

    return @steps;
}


sub like_said {
    my ($out, $said) = @_;

    $said =~ s/\s+$//;

    return 1 if $said eq '';

    my $pattern = join '.*?', map { quotemeta }
        split /\s*\xe2\x80\xa6\s*/, here($said), -1;

    return $out =~ /$pattern/s;
}


# They are run where the checkout is to be seen, and what they write is not.

my $clone = "$dir/clone";

mkdir $clone;
symlink $_, "$clone/" . s{.*/}{}r for glob "$root/*";


for my $file (@docs) {
    my ($name) = $file =~ m{([^/]+)$};
    my @steps = session($file) or next;

    subtest "commands of $name" => sub {
        my $script = ". $dir/prelude\ncd $clone\n";

        for my $i (0 .. $#steps) {
            $script .= "{ " . here($steps[$i]{command})
                . "\n} >$dir/step.$i.out 2>$dir/step.$i.err </dev/null\n"
                . "echo \$? >$dir/step.$i.rc\n";
        }

        spew("$dir/session", $script);
        run({ timeout => 150 }, '/bin/bash', "$dir/session");

        for my $i (0 .. $#steps) {
            my ($step, $base) = ($steps[$i], "$dir/step.$i");
            my ($out, $err, $rc) = map { slurp("$base.$_") } qw(out err rc);
            my $where = "$name:$step->{line}: "
                      . (split /\n/, $step->{command})[0];

            ok($rc =~ /^0$/ && like_said($out, $step->{out}), $where)
                or diag("exit status: $rc\nstdout: $out\nstderr: $err\n"
                        . ($step->{out} ? "expected: $step->{out}" : ''));

            unlink map { "$base.$_" } qw(out err rc);
        }
    };
}


# An "nginx" block is a whole file, or what stands in http, server, location
# or in a carrier's block.

sub conf_of {
    my ($text) = @_;

    $text = here($text);

    for my $name ($text =~ m{\Q$dir\E/etc/([\w.-]+)}g) {
        $t->secret("etc/$name", 'a-secret-that-the-document-names')
            unless -e "$dir/etc/$name";
    }

    $text =~ s{^\s*load_module\s+modules/ngx_wismo_module\.so;}
              {load_module %%MODULE%%;}mg;
    $text =~ s{listen\s+80;}{listen 127.0.0.1:%%PORT%%;}g;
    $text =~ s{(wismo_fetcher\s+on)\s*;}
              {$1 state=%%DIR%%/state program=%%PROGRAM%%;}g;
    $text =~ s{(wismo_share\s+)/usr/share/wismo;}{$1%%SHARE%%;}g;
    $text =~ s{(http\s*\{)}{$1 wismo_share %%SHARE%%;}
        if $text !~ /wismo_share/;

    return $text;
}


my %settings = (
    wismo_share       => 'wismo_share %%SHARE%%;',
    wismo_redis       => 'wismo_redis unix:%%DIR%%/redis.sock;',
    wismo_secret_file => 'wismo_secret_file %%DIR%%/link.key;',
);

sub frames {
    my ($text) = @_;

    my $base = join "\n", map { $settings{$_} }
        grep { $text !~ /\b$_\b/ } sort keys %settings;
    my $hook = 'wismo_carrier easypost { secret_file '
             . '%%DIR%%/easypost.secret; }';

    $hook = '' if $text =~ /wismo_carrier\s+easypost/;

    return (
        $text,
        "http { $base\n$text\n}",
        "http { $base\n$hook\n$text\n}",
        "http { $base\n$hook\nserver { listen 127.0.0.1:%%PORT%%;\n$text\n}}",
        "http { $base\n$hook\nserver { listen 127.0.0.1:%%PORT%%;\n"
            . "location /x/ {\n$text\n}}}",
        $text =~ /^\s*wismo_/m ? () : "http { $base\nwismo_carrier ups {\n"
            . "client_id x; secret_file %%DIR%%/ups.secret;\n$text\n}}",
    );
}


for my $file (@docs) {
    my ($name) = $file =~ m{([^/]+)$};

    for my $block (grep { $_->[1] eq 'nginx' } blocks($file)) {
        my $text = conf_of($block->[2]);
        my @tries = $text =~ /^\s*http\s*\{/m ? $text : frames($text);
        my ($good, $first);

        for my $try (@tries) {
            my ($status, $out) = $t->nginx->check($try);

            $good = 1 if $status == 0 && $out !~ /\[warn\]/;
            last if $good;

            $first = $out if !defined $first || $out !~ /is not allowed here/;
        }

        ok($good, "$name:$block->[0]: nginx -t") or diag($first);
    }

    for my $block (grep { $_->[1] eq 'json' } blocks($file)) {
        my $text = $block->[2];

        next if $text =~ /\xe2\x80\xa6/;

        my $json = JSON::PP->new->utf8;
        my $n = 0;

        while ($text =~ /\S/) {
            my $used = eval { ($json->decode_prefix($text))[1] };

            last if !$used;
            substr $text, 0, $used, '';
            $n++;
        }

        ok($n && $text !~ /\S/, "$name:$block->[0]: JSON") or diag($@);
    }

    # Links within the project, with their anchors

    my @faults;

    for my $link (slurp($file) =~ /\]\(([^)\s]+)\)/g) {
        next if $link =~ m{^(?:https?:|mailto:)};

        my ($path, $anchor) = split /#/, $link, 2;
        my $target = length $path
            ? ($file =~ s{[^/]+$}{}r) . $path : $file;

        if (!-e $target) {
            push @faults, "$link: there is no such file";

        } elsif (defined $anchor) {
            my %anchors = map {
                lc(s/[^\w\s-]//gr) =~ s/\s/-/gr => 1
            } slurp($target) =~ /^#+\s+(.*?)\s*$/mg;

            push @faults, "$link: there is no such heading"
                if !$anchors{ lc $anchor };
        }
    }

    ok(!@faults, "$name: links") or diag(join "\n", @faults);
}


# README: 200 lines, and a whole configuration of twelve

my $readme = slurp("$root/README.md");
my ($conf) = map { $_->[2] } grep { $_->[1] eq 'nginx' }
    blocks("$root/README.md");

cmp_ok(($readme =~ tr/\n//), '<=', 200, 'README.md has at most 200 lines');
cmp_ok(($conf // '') =~ tr/\n//, '<=', 12, 'its nginx.conf at most 12');
ok(-s "$root/docs/page.png", 'its picture is there');


# Directives: the table of the source against docs/directives.md

my %table;

for my $file (glob "$root/ngx_wismo_module/nginx/*.c") {
    my $text = slurp($file);

    while ($text =~ /\{\s*ngx_string\("(\w+)"\),\s*\n\s*((?:[^,]|\n)+?),/g) {
        my ($name, $flags) = ($1, $2);

        next unless $flags =~ /NGX_/;

        push @{ $table{$name} }, map { $flags =~ /$_->[0]/ ? $_->[1] : () }
            [ qr/NGX_HTTP_MAIN_CONF/, 'http' ],
            [ qr/NGX_HTTP_SRV_CONF/, 'server' ],
            [ qr/NGX_HTTP_LOC_CONF/, 'location' ],
            [ qr/NGX_MAIN_CONF/, 'main' ];
    }
}

my %said;
my $heading;

for (split /\n/, slurp("$root/docs/directives.md")) {
    $heading = $1 if /^#+\s+`?(\w+)`?/;

    next unless defined $heading && $heading =~ /^wismo_/;

    $said{$heading} ||= {};
    $said{$heading}{ lc $1 } = $2
        if /(Syntax|Default|Context)\W+(.*)/;
}

my @wismo = grep { /^wismo_/ } sort keys %table;

cmp_ok(scalar @wismo, '>=', 9, 'the command table has been found');
is_deeply([ sort keys %said ], \@wismo, 'all directives, and no others');

for my $name (@wismo) {
    my $doc = $said{$name} || {};

    ok($doc->{syntax} && $doc->{syntax} =~ /\b$name\b/
       && defined $doc->{default}, "$name: syntax and default");
    is(join(' ', sort(($doc->{context} // '')
                      =~ /\b(main|http|server|location)\b/g)),
       join(' ', sort @{ $table{$name} }), "$name: context");
}

done_testing;
