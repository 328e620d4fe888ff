#!/usr/bin/perl

# The doctor says when a carrier refuses every call, when a hook refuses every
# signature, and when the file by which reports are read can't read any: each
# of these is configured without a fault, and yet nothing comes in.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(spew);
use Wismo::Shop;

use JSON::PP ();

my $json = JSON::PP->new->utf8->canonical;
my $secret = 'whsec_d2lzbW8tdGVzdC1vbmx5LXNlY3JldC0wMDE=';
my $wrong = 'whsec_d2lzbW8tdGVzdC1vbmx5LXNlY3JldC0wMDI=';

my $t = Wismo::Test->new(carriers => [qw(ups fedex)], fetcher => 1,
    scale => 3600, start => 0, redis => { appendonly => 1 },
    server => <<'EOT');
        location = /in/mine {
            wismo_hook mine shop=standard;
            wismo_hook_secret_file %%DIR%%/shop.hook;
        }
        location = /in/own {
            wismo_hook own shop=%%DIR%%/own.json prefix=O- keep=off;
            wismo_hook_secret_file %%DIR%%/shop.hook;
        }
        location = /in/mail {
            wismo_hook mail channel=%%DIR%%/mails.json;
            wismo_hook_secret_file %%DIR%%/shop.hook;
        }
EOT

my $dir = $t->dir;

my %reports = (
    inbound => { verify => { preset => 'standard-webhooks' },
                 answer => { json => '{}' } },
    receipts => { ref => '/data/message_id', status => 'type',
                  delivered => ['message.delivered'] });
my %own = %{ $json->decode(Wismo::Process::slurp(
    "$dir/share/shops/standard.json")) };

sub file {
    my ($name, $data) = @_;

    spew("$dir/$name.json", $json->encode($data));
    chmod 0644, "$dir/$name.json";
}

file('mails', \%reports);
file('own', { %own, shop => 'own' });
$t->secret('shop.hook', $secret);
$t->secret('ups.secret', 'not-what-ups-has-given-us');
$t->start;


# Of each check those that are about a name

sub doctor {
    my ($check, $name) = @_;
    my ($status, $out) = $t->wismo('doctor', '--json');
    my $told = $json->decode($out);

    return grep { $_->{check} eq $check && $_->{text} =~ /\Q$name\E/ }
        @{ $told->{checks} };
}

sub said {
    my ($check, $name, $like) = @_;
    my $last;

    wait_until {
        ($last) = doctor($check, $name);
        $last && $last->{text} =~ $like
    } 30, "the doctor to say $like";

    return $last || {};
}


# A carrier that refuses us

$t->put_order('1', { shipments => [
    { carrier => 'ups', tracking_number => '1ZW15M090345000001' } ] });

{
    my $said = said('calls', 'ups', qr/^ups refuses our credentials/);

    is($said->{result}, 'fail', 'a wrong secret is a failure');
    like($said->{fix}, qr/"wismo_carrier" block and the secret's file/,
         'which says where to look');
    is((doctor('calls', 'fedex'))[0]{result}, 'ok',
       'of who was not asked nothing bad is said');
    is(($t->wismo('doctor'))[0], 1, 'exit status');
}


# A hook that takes nothing

my $shop = Wismo::Shop->new($t, hook => '/in/mine', scheme => 'standard',
                            secret => $secret);
my %order = (type => 'order.created', timestamp => '2026-11-20T10:00:00Z',
    data => { id => 'o-1', number => '2' });

is($t->request('POST', '/in/mine', body => '{}', headers => {
    'Content-Type' => 'application/json' })->status, 401,
    'who signs nothing is refused');
is(scalar(doctor('hook', 'mine')), 0, '... which tells nothing of the secret');

is($shop->send('', \%order, secret => $wrong)->status, 401,
   'another secret');

{
    my $said = said('hook', 'mine', qr/of 1 signatures none matches/);

    is($said->{result}, 'fail', 'is a failure, if nothing else has come');
    like($said->{fix}, qr/"wismo_hook_secret_file"/, 'with its fix');
}

is($t->request('POST', '/in/mail', body => '{}', headers => {
    'Content-Type' => 'application/json', 'webhook-id' => 'm1',
    'webhook-timestamp' => time, 'webhook-signature' => 'v1,AAAA' })->status,
    401, 'a report with a wrong signature');
is(said('hook', 'mail', qr/none matches/)->{result}, 'fail',
   'hooks of services, too');

$shop->send('', \%order);

like(said('hook', 'mine', qr/1 taken/)->{text}, qr/, 1 with a wrong signature/,
     'one that matches shows that the secret is right');

{
    my ($status, $out) = $t->wismo('shop', 'status', '--json', 'mine');
    is($json->decode($out)->{shops}[0]{unsigned}, 1, 'shop status counts it');
    ($status, $out) = $t->wismo('shop', 'status', 'mine');
    like($out, qr/^mine: 1 webhook had a signature that did not match$/m,
         'and tells people');
}


# Files

like((doctor('shop', 'mine'))[0]{text}, qr/webhooks are kept for "wismo rep/,
     'whether webhooks are kept');
like((doctor('shop', 'own'))[0]{text}, qr/not kept: keep=off/, 'or not');
is((doctor('receipts', 'mails.json'))[0]{result}, 'ok',
   'a file by which reports are read');

file('own', { %own, shop => 'own', order => { nubmer => 'x' } });
like((doctor('shop', 'own'))[0]{text},
     qr{go to the dead letters: \S+own\.json:/order/nubmer:? },
     'a shop\'s file that was spoilt');

for ([ { %{ $reports{receipts} }, delievered => ['x'] },
       '/receipts/delievered: there is no such member' ],
     [ { %{ $reports{receipts} }, failed => 'x' },
       '/receipts/failed: expected a list of texts' ],
     [ { ref => 'x' }, '/receipts/status: expected where' ],
     [ { status => 'x' }, '/receipts/ref: expected where the reference' ])
{
    file('mails', { %reports, receipts => $_->[0] });

    my ($said) = doctor('receipts', 'mails.json');

    is($said->{result}, 'fail', "told: $_->[1]");
    like($said->{text}, qr{mails\.json:$_->[1]}, '... with its place');

    my ($status, $out) = $t->nginx->check($t->conf);
    isnt($status, 0, 'nginx -t refuses it');
    like($out, qr{mails\.json:/receipts/\w+: \w+ .*"wismo_hook mail"},
         '... and says where');
}

done_testing;
