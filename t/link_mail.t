#!/usr/bin/perl

# Whose link has expired, or who knows only the number, has a new one sent to
# the address of the order. The answer tells nobody whether there is such an
# order; the letter is sent whatever news its reader does not want; and nobody
# can fill a mailbox by asking.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Mta;
use Wismo::Process qw(slurp spew);
use Wismo::Seed;

my $mta = Wismo::Mta->new;

my $mail = <<"EOT";
        type mail;
        smtp smtp://127.0.0.1:${\ $mta->port};
        ca_file ${\ $mta->ca};
        user wismo;
        secret_file %%DIR%%/relay.password;
        from orders\@shop.example;
        site https://shop.example;
        events delivered;
EOT

my $t = Wismo::Test->new(fetcher => 1, workers => 1, start => 0,
    redis => { appendonly => 1 }, http => <<"EOT", locations => <<'EOT');
    wismo_brands %%DIR%%/brands;
    wismo_notify other { $mail brand other; links gap=1h daily=1; }
    wismo_notify few { $mail brand few; links hourly=1; }
    wismo_notify none { $mail brand none; links off; }
    wismo_notify mail { $mail gap 24h; daily 1; quiet 00:00-23:59; }
EOT
        location /track/  { wismo_track; }
        location /strict/ { wismo_track; wismo_order_only none; }
        location /open/   { wismo_track; wismo_order_only full; }
        location /off/    { wismo_track; wismo_lookup_mail off; }
        location /wismo/api/ { wismo_api; wismo_api_keys %%DIR%%/api.keys; }
        location = /wismo/ready { wismo_health ready; }
EOT

mkdir $t->dir . '/brands';
spew($t->dir . '/brands/other.json', JSON::PP::encode_json({
    name => 'Other & Co.', locale => 'en',
    support => { email => 'help@other.example' },
    tokens => { light => { accent => '#8a1538', accent_tint => '#fbeaf0' } },
}));

$t->secret('relay.password', 'relay-password-for-tests');
$t->start;

wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';

# "stopped" wants no mails, "refusing" never did, "bare" has no address

seed($t, order('1001', locale => 'de'), order('1002', brand => 'other'),
     order('1003', brand => 'none'), order('1006', brand => 'few'),
     order('1007', brand => 'few'), order('1008'), order('1004'), order('1005'),
     order('refusing', consent => { email => JSON::PP::false }),
     order('stopped'), order('bare', customer => { name => 'Jo' }),
     order('refused', customer => { email => 'nobody@shop.example' }));

my $address = 0;


sub ask {
    my ($order, %opt) = @_;
    my $r;

    # a busy machine may leave Redis no time

    for (1 .. 10) {
        $r = $t->form($opt{path} // '/track/',
            { order => $order, mail => 1, %{ $opt{form} // {} } },
            from => $opt{from} // '127.4.0.' . ++$address,
            headers => $opt{headers} // {});

        last if $r->status != 503 || $opt{once};
    }

    return $r;
}


sub answer {
    my ($r) = @_;

    return join "\n", $r->{line},
        (map { "$_->[0]: $_->[1]" } grep { lc $_->[0] ne 'date' }
         @{ $r->{headers} }), '', $r->body;
}


sub inbox { 'wi:{' . (key($_[0]) =~ /(\d+)/)[0] % 16 . '}' }


sub mails {
    my ($order) = @_;

    return grep { $_->{headers}{to} =~ /\Q$order\E/ } @{ $mta->mails };
}


sub ledger {
    my ($order) = @_;

    my %all = @{ $t->redis->call('HGETALL', key($order) =~ s/^wo/wn/r) };

    return map { $all{$_} } grep { /^n:\w+:link_requested\.\d+$/ } keys %all;
}


# Where it is offered

my $button = qr{<button[^>]* name="mail" value="1"[^>]*>Send me the link by e-mail</button>};

like($t->get('/track/')->body, $button, 'the form offers it');
like($t->get('/track/1001?t=k1.f.1.2.AAAAAAAAAAAAAAAAAAAAAA')->body, $button,
     'so does the page for a link that no longer works');
like($t->get('/strict/1001')->body, $button, 'and that for no order');

my $minimal = $t->get('/track/1002')->body;
like($minimal, $button, 'the short view does');
like($minimal, qr{<form method="post" action="/track/">\s*<input type="hidden" name="order" value="1002">},
     'for its order');

my $full = $t->get('/track/1002', Cookie => $t->pair($t->get($t->link('1002'))));
like($full->body, qr/Lamp-1002/, 'who sees everything');
unlike($full->body, $button, 'needs it no more');
unlike($t->get('/track/1Z1002')->body, $button,
       'a parcel by itself knows no order');
unlike($t->get("/$_/")->body, $button, "nor does /$_/ offer it")
    for qw(open off);


# The letter

my $got = ask('1001');
is($got->status, 200, 'it is asked for') or diag($got->body);
like($got->body, qr/<h1>Look into your mailbox/, 'and said so');
ok(!$got->headers('set-cookie'), 'no cookie');
is($got->header('content-security-policy'),
   $t->get('/track/')->header('content-security-policy'),
   'the policy of the form');

my $letter;
ok(wait_until(sub { ($letter) = mails('mail-1001@') }, 20), 'a letter')
    or BAIL_OUT($t->nginx->log);

is_deeply($letter->{faults}, [], 'without a fault');
is($letter->{headers}{subject}, "Der Link zu Ihrer Bestellung \x{b7} "
   . 'Bestellung 1001', 'in the language of the order');
is_deeply($letter->{to}, [ [ '', 'mail-1001@shop.example' ] ],
          'to the address of the order alone');
ok(!$letter->{headers}{'list-unsubscribe'},
   'nothing to unsubscribe: it was asked for');

my ($text) = map { $_->{text} }
    grep { $_->{type} eq 'text/plain' } @{ $letter->{parts} };
my ($html) = map { $_->{text} }
    grep { $_->{type} eq 'text/html' } @{ $letter->{parts} };

my ($link) = $text =~ m{^https://shop\.example(/track/1001\?t=\S+)$}m;
ok($link, 'with a link') or diag($text);
like($html, qr/href="https:\/\/shop\.example\Q$link\E"/, 'for people, too');
like($text, qr/^Der Link gilt bis \w+, \d+\. \w+ \d{4}\.$/m, 'and its end');
unlike($_, qr/Lamp-1001|Place-1001|1Z1001|City-1001/,
       'nothing of the order is in the letter') for $text, $html;

my $r = $t->get($link);
is($r->status, 303, 'the link is good');
like($t->get('/track/1001', Cookie => $t->pair($r))->body, qr/Lamp-1001/,
     'and opens everything');

ok(wait_until(sub { (ledger('1001'))[0] =~ /^sent \d+ 1 \d+ SMTP 250$/ }, 10),
   'it is in the ledger');
like(($t->wismo(qw(order show --notices 1001)))[1],
     qr/Z sent +mail +link_requested\.\d+ SMTP 250$/m, 'where an agent sees it');


# A brand's

is(answer(ask('1002')), answer($got), 'another order, the same answer');
ok(wait_until(sub { ($letter) = mails('mail-1002@') }, 20), 'its letter');
is($letter->{headers}{subject},
   "The link to your order \x{b7} Order 1002 \x{b7} Other & Co.",
   'in the name of its brand');
is($letter->{headers}{'reply-to'}, 'help@other.example', 'with its help');
like((map { $_->{text} } grep { $_->{type} eq 'text/html' }
      @{ $letter->{parts} })[0], qr/#8a1538/, 'in its colours');


# News that is not wanted is another matter

$t->redis->call('XADD', inbox('stopped'), '*',
                qw(kind stop order stopped at), time, qw(body stop));
ok($t->wait_order('stopped', sub { $_->{mail_stopped_at} }),
   'somebody ends the mails');

for my $order (qw(stopped refusing)) {
    is(answer(ask($order)), answer($got), "$order: the same answer");
    ok(wait_until(sub { mails("mail-$order\@") }, 20),
       "$order: a letter all the same");
}


# Nobody learns whether there is an order

for my $case ([ 'unknown' => 'nobody' ], [ 'without an address' => 'bare' ],
              [ 'of a brand without' => '1003' ],
              [ 'whose mailbox is gone' => 'refused' ],
              [ 'asked for just now' => '1001' ])
{
    my ($name, $order) = @$case;
    my $before = $t->redis->call('INFO', 'commandstats');
    my $same = ask($order);
    my $after = $t->redis->call('INFO', 'commandstats');

    is(answer($same), answer($got), "$name: the same answer");
    # the worker's clock may be a few ms behind when the request comes

    cmp_ok($same->seconds, '>', 0.07, "$name: not at once");

    my ($was, $is) = map { /cmdstat_xadd:calls=(\d+)/ } $before, $after;
    is($is - $was, 1, "$name: the same work");
}

ok(wait_until(sub { (ledger('bare'))[0] =~ /^skipped .* no address$/ }, 20),
   'an order without an address has nowhere to send it');
ok(wait_until(sub { (ledger('refused'))[0] =~ /^dead .* SMTP 550\b/ }, 20),
   'a mailbox that is gone gets nothing');

is(ask('', form => { order => '' })->status, 422, 'without a number');
is(ask('1004', headers => { Origin => 'https://evil.example' })->status, 404,
   'from another site');
is(ask('1004', path => '/off/')->status, 303, 'where it is not offered');


# Not twice in a while

is(scalar mails('mail-1001@'), 1, 'who asks again at once gets one letter');

my @now = ledger('1001');
is(@now, 1, 'one is in the ledger') or diag("@now");


# Whatever the nodes let through: the fetcher decides

sub letters {
    my ($order, $n) = @_;
    my $inbox = inbox($order);

    $t->redis->call('XADD', $inbox, '*', qw(kind link order), $order, 'at',
                    time) for 1 .. $n;
    wait_until { $t->redis->call('XLEN', $inbox) == 0 } 20, 'letters';
}

letters('1004', 20);
ok(wait_until(sub { mails('mail-1004@') }, 20), 'of twenty');
is(scalar(ledger('1004')), 1, 'one is sent');

my $wn = key('1005') =~ s/^wo/wn/r;
$t->redis->call('HSET', $wn, 'n:mail:link_requested.' . (time - 3600 * $_),
                'sent ' . (time - 3600 * $_) . ' 1 1 SMTP 250') for 1 .. 3;
letters('1005', 1);
is(scalar(ledger('1005')), 3, 'three a day, not four');
$t->redis->call('DEL', $wn);
$t->redis->call('HSET', $wn, 'n:mail:link_requested.' . (time - 86400 * $_),
                'sent ' . (time - 86400 * $_) . ' 1 1 SMTP 250') for 1, 2, 31;
letters('1005', 1);
ok(wait_until(sub { mails('mail-1005@') }, 20), 'yesterday\'s do not count');
is(scalar(ledger('1005')), 3, 'those of last month are forgotten');

letters('nobody', 1);
is($t->redis->call('EXISTS', key('nobody') =~ s/^wo/wn/r), 0,
   'nothing is kept about what does not exist');


# An address that can't be reached is not written to again

$t->redis->call('DEL', key('refused') =~ s/^wo/wn/r);
letters('refused', 1);
ok(wait_until(sub { (ledger('refused'))[0] =~ /^skipped .* suppressed$/ }, 20),
   'a suppressed address');


# Too many in an hour wait for the next one; a channel that is held sends none

letters($_, 1) for qw(1006 1007);
ok(wait_until(sub { mails('mail-1006@') || mails('mail-1007@') }, 20),
   'one in an hour');
ok(wait_until(sub {
    $t->nginx->log =~ /channel few: 1 links were asked for in this hour, as many as "links hourly=1" allows/
}, 10), 'the next one is told of');
is(join(' ', sort map { /^(\w+)/ } ledger('1006'), ledger('1007')),
   'pending sent', 'and waits');

$t->redis->call('HSET', 'wb:{mail}', 'held', time);
letters('1008', 1);
ok(wait_until(sub { (ledger('1008'))[0] =~ /^pending/ }, 10), 'the brake');
my ($held, $status) = $t->wismo(qw(notify status));
is($held, 1, 'holds links, too');
is(scalar mails('mail-1008@'), 0, 'none is sent');
is(($t->wismo(qw(notify release mail)))[0], 0, 'it is let go');
ok(wait_until(sub { mails('mail-1008@') }, 60), 'and sent');


# A client that asks and asks

{
    my $n = () = $t->redis->call('INFO', 'commandstats')
        =~ /cmdstat_xadd:calls=(\d+)/;
    my $xadd = sub {
        ($t->redis->call('INFO', 'commandstats')
         =~ /cmdstat_xadd:calls=(\d+)/)[0]
    };
    my $before = $xadd->();

    for (1 .. 15) {
        my $r = ask("guess-$_", from => '127.4.1.1');
        is(answer($r), answer($got), "guess $_: the same answer");
    }

    is($xadd->() - $before, 10, 'ten guesses reach the inbox');

    $before = $xadd->();
    is(ask('many', from => "127.4.2.$_")->status, 200, "client $_")
        for 1 .. 8;
    is($xadd->() - $before, 5, 'five for one order, from everywhere');
}


# Without Redis

$t->redis->stop;
ok(wait_until(sub { ask('1004', once => 1)->status == 503 }, 10),
   'Redis is down');
is(ask($_, once => 1)->status, 503, "no promise about $_") for qw(1005 what);
is(answer(ask('many', once => 1)), answer($got), 'the limit still holds');
is(answer(ask('1002', once => 1, from => '127.4.1.1')), answer($got),
   'for a client, too');
$t->redis->start;
ok(wait_until(sub { ask('later', once => 1)->status == 200 }, 20),
   'Redis is back');


# Nobody is in the log

unlike($t->nginx->log, qr/mail-|nobody@|\@shop/, 'no address is in the log');

$mta->stop;

done_testing;
