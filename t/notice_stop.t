#!/usr/bin/perl

# Whoever gets mails about an order can end them: with one click of the mail
# program (RFC 8058), without a cookie or a question, and on a page that asks
# first. Looking at the link changes nothing, since scanners follow links.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Mta;

my $mta = Wismo::Mta->new;

my $t = Wismo::Test->new(carriers => ['ups'], fetcher => 1, scale => 3600,
    start => 0, sim => { start => '-1h', scale => 0 }, http => <<"EOT");
    wismo_notify mail {
        type mail;
        smtp smtp://127.0.0.1:${\ $mta->port};
        ca_file ${\ $mta->ca};
        user wismo;
        secret_file %%DIR%%/relay.password;
        from orders\@shop.example;
        site https://shop.example;
        events all;
        gap 0;
        daily 0;
    }
EOT

$t->secret('relay.password', 'relay-password-for-tests');
$t->start;


sub ledger {
    my ($order) = @_;

    my ($key) = grep { /:\Q$order\E$/ } @{ $t->redis->call('KEYS', 'wn:*') };

    return {} unless $key;
    return +{ @{ $t->redis->call('HGETALL', $key) } };
}


my @order = (
    customer => { email => 'jo@kunden.example' },
    shipments => [
        { carrier => 'ups', tracking_number => '1ZW15M090345000001' } ]);

$t->put_order('1001', { @order });

my $mail;
ok(wait_until(sub { ($mail) = @{ $mta->mails } }, 20), 'a mail');

my ($stop) = $mail->{headers}{'list-unsubscribe'}
    =~ m{^<https://shop\.example(/track/1001/stop\?t=\S+)>$};
ok($stop, 'says how to end it') or BAIL_OUT('no link');

my $html = (grep { $_->{type} eq 'text/html' } @{ $mail->{parts} })[0]{text};
like($html, qr{href="https://shop\.example\Q$stop\E"}, 'for people, too');


# A look at it

my $page = $t->get($stop);
is($page->status, 200, 'a page');
like($page->body, qr/<h1>Stop the e-mails about this order\?/, 'that asks');
like($page->body, qr/<form method="post"><button>Stop the e-mails</,
     'with a button');
is($t->request('HEAD', $stop)->status, 200, 'HEAD, too');
like($page->header('cache-control'), qr/no-store|private/, 'kept by nobody');
ok(!$page->header('set-cookie'), 'no cookie');

is($t->order('1001')->{mail_stopped_at}, undef, 'which has changed nothing');


# Not with another link, and not about another order

(my $other = $stop) =~ s/1001/1002/;
my ($token) = $t->link('1001') =~ /t=(.*)/;

for ([ $other, 'another order' ], [ "/track/1001/stop?t=$token", 'a page\'s' ],
     [ '/track/1001/stop', 'none' ], [ substr($stop, 0, -1), 'cut off' ])
{
    is($t->get($_->[0])->status, 404, "no page for a link: $_->[1]");
    is($t->form($_->[0], { 'List-Unsubscribe' => 'One-Click' })->status, 404,
       "nothing taken: $_->[1]");
}

is($t->request('PUT', $stop)->status, 405, 'nor with another method');


# One click

my $one = $t->form($stop, { 'List-Unsubscribe' => 'One-Click' });
is($one->status, 200, 'one click') or diag($one->body);
like($one->body, qr/<h1>No more e-mails about this order/, 'and it is said');

ok($t->wait_order('1001', sub { $_->{mail_stopped_at} }), 'it is noted');

$t->sim->load(script => 'ups-delivered', number => '1ZW15M090345000001',
              age => '80h');

ok(wait_until(sub {
    grep { /^skipped .* stopped$/ } values %{ ledger('1001') }
}, 30), 'what follows is not told') or diag(explain(ledger('1001')));

is(scalar @{ $mta->mails }, 1, 'not by mail');

my $link = $t->get($t->link('1001'));
my $shown = $t->get('/track/1001', Cookie => $t->pair($link));
like($shown->body, qr/You get no e-mails about this order\./, 'the page says');
unlike($t->get('/track/1001')->body, qr/You get no e-mails/,
       'but not to who knows only the number');

$t->put_order('1001', { @order, currency => 'EUR' });
ok($t->wait_order('1001', sub { ($_->{currency} // '') eq 'EUR' }),
   'the shop changes the order');
ok($t->order('1001')->{mail_stopped_at}, 'which keeps the choice');


# As mail programs post it, too

is($t->request('POST', $stop, body => "--b\r\nContent-Disposition: form-data; "
    . "name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n", headers => {
        'Content-Type' => 'multipart/form-data; boundary=b' })->status, 200,
   'in another form');


# And back

is($t->form($stop, { start => 1 })->status, 200, 'once more, please');
ok($t->wait_order('1001', sub { !$_->{mail_stopped_at} }), 'it is noted');

$t->sim->clock(advance => '2h');

ok(wait_until(sub { @{ $mta->mails } == 2 }, 30), 'mails come again')
    or diag(explain(ledger('1001')));

$mta->stop;

done_testing;
