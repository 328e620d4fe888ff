#!/usr/bin/perl

# The link by mail is offered where somebody would send it: on the pages of
# brands that a mail channel is for. Elsewhere who asks all the same posts a
# look-up like any other, and nothing is put into the inbox. A reload that adds
# a channel changes pages that are kept.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(slurp spew);
use Wismo::Seed;

my $channel = <<'EOT';
        type mail;
        smtp smtp://127.0.0.1:2525;
        tls none;
        from orders@shop.example;
        site https://shop.example;
EOT

my $t = Wismo::Test->new(workers => 1, start => 0,
                         http => <<"EOT", locations => <<'EOT');
    wismo_brands %%DIR%%/brands;
    wismo_notify two { $channel brand two three; }
    wismo_notify off { $channel brand five; links off; }
    #more
EOT
        location /track/  { wismo_track; }
        location /two/    { wismo_track; wismo_brand two; }
        location /three/  { wismo_track; wismo_brand three; }
        location /four/   { wismo_track; wismo_brand four; }
        location /five/   { wismo_track; wismo_brand five; }
        location /said/   { wismo_track; wismo_brand four;
                            wismo_lookup_mail on; }
        location /unsaid/ { wismo_track; wismo_brand two;
                            wismo_lookup_mail off; }
EOT

mkdir $t->dir . '/brands';
spew($t->dir . "/brands/$_.json", JSON::PP::encode_json({ name => "Shop $_" }))
    for qw(two three four five);

$t->start;
seed($t, order('1001'));

my $button = qr{<button[^>]* name="mail" value="1"};

sub letters {
    my @inboxes = @{ $t->redis->call('KEYS', 'wi:{*}') };
    my $n = 0;

    $n += $t->redis->call('XLEN', $_) for @inboxes;

    return $n;
}

sub ask {
    my ($path) = @_;

    return $t->form($path, { order => '1001', mail => 1 },
                    from => '127.4.1.' . ++$t->{asked});
}

for (qw(two three said)) {
    like($t->get("/$_/")->body, $button, "/$_/: the form offers it");
    like($t->get("/$_/1001")->body, $button, "/$_/: the short view, too");
}

for (qw(track four five unsaid)) {
    my $before = letters();

    unlike($t->get("/$_/")->body, $button, "/$_/: the form doesn't offer it");
    unlike($t->get("/$_/1001")->body, $button, "/$_/: nor does the short view");

    ask("/$_/");
    is(letters(), $before, "/$_/: and nobody is asked to send it");
}

my $before = letters();
is(ask('/two/')->status, 200, 'who is offered it may ask');
is(letters(), $before + 1, 'and it is asked for');


# A reload that brings a channel for everybody

my $conf = $t->dir . '/nginx.conf';

spew($conf, slurp($conf) =~ s/#more/wismo_notify all { $channel }/r);
$t->nginx->reload;

ok(wait_until(sub { $t->get('/four/1001')->body =~ $button }, 10),
   'a channel more: a page that was kept has it');
like($t->get('/track/')->body, $button, 'so has the form');


# Without brands all orders are at one place, whosever they are

spew($conf, slurp($conf) =~ s/wismo_notify all \{[^}]*\}//r
     =~ s/wismo_brands [^;]*;//r =~ s/wismo_brand \w+;//gr);
$t->nginx->reload;

ok(wait_until(sub { $t->get('/unsaid/')->status == 200
                    && $t->get('/four/')->body =~ $button }, 10),
   'one brand: a channel for any will do');

done_testing;
