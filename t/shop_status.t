#!/usr/bin/perl

# "wismo shop status": whoever runs a shop's hook sees what became of its
# webhooks, what its file does not know, and what could not be read.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Shop;

my $secret = 'whsec_d2lzbW8tdGVzdC1vbmx5LXNlY3JldC0wMDE=';
my $t = Wismo::Test->new(fetcher => 1, start => 0, server => <<'EOT');
        location = /wismo/hooks/mine {
            wismo_hook mine shop=standard;
            wismo_hook_secret_file %%DIR%%/shop.hook;
        }
        location = /wismo/hooks/other {
            wismo_hook other shop=standard prefix=O-;
            wismo_hook_secret_file %%DIR%%/shop.hook;
        }
EOT

$t->secret('shop.hook', $secret);
$t->start;

my $json = JSON::PP->new->utf8;
my $shop = Wismo::Shop->new($t, hook => '/wismo/hooks/mine',
    secret => $secret, scheme => 'standard');
my %order = (type => 'order.created', timestamp => '2026-11-20T10:00:00Z',
    data => { id => 'o-1', number => '1', customer => { email =>
        'ann@shop.example' } });

$shop->send('', \%order);
$t->wait_order('1');
$shop->send('', \%order);
$shop->send('', { %order, type => 'cart.created' }) for 1, 2;
$shop->send('', { %order, data => { note => 'nobody' } });

sub status {
    my ($exit, $out, $err) = $t->wismo('shop', 'status', @_);
    return ($exit, $out, $err);
}

my $told;

ok(wait_until(sub {
    my ($exit, $out) = status('--json');
    $told = $exit == 0 && $json->decode($out)->{shops}[0];
    $told && $told->{webhooks} == 5
}, 20), 'all webhooks are counted');

is_deeply([ map { "$_ $told->{$_}" }
            qw(shop changed unchanged passed unreadable) ],
    [ 'shop mine', 'changed 1', 'unchanged 1', 'passed 2', 'unreadable 1' ],
    'by what became of them') or diag($json->encode($told));
is("$told->{unknown}[0]{code} $told->{unknown}[0]{n}", 'cart.created 2',
   'a topic that its file does not know');
like($told->{samples}[0]{why}, qr/expected the order's id or number/,
     'why one could not be read');

my ($exit, $out) = status();

is($exit, 0, 'for people');
like($out, qr/^mine +5 +1 +1 +2 +1$/m, 'a line for a shop');
like($out, qr/^other +0 +0 +0 +0 +0$/m, 'and for another one');
like($out, qr/^mine: its file does not know "cart\.created": 2 times/m,
     'what is not known');
like($out, qr/^mine: could not be read: \d+ bytes .*; --sample=1 shows it$/m,
     'what could not be read');
unlike($out, qr/nobody|ann\@/, 'and no word of it');

($exit, $out) = status('--sample', 'mine');
is("$exit " . $json->decode($out)->{data}{note}, '0 nobody', 'the sample');
($exit, $out) = status('--json', 'other');
is($json->decode($out)->{shops}[0]{webhooks}, 0, 'of one shop');

($exit, $out, my $err) = status('--sample=2', 'mine');
is("$exit $err", "1 wismo: of \"mine\" 1 webhook is kept that could not be "
   . "read\n", 'no such sample');
($exit, $out, $err) = status('nobody');
is($exit, 2, 'no such shop');
like($err, qr/no shop "nobody": nginx\.conf has no "wismo_hook nobody"/,
     'is told');
is((status('--sample'))[0], 2, 'a sample of which?');
$t->redis->kill;
is((status())[0], 1, 'Redis is away');

done_testing;
