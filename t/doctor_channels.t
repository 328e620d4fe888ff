#!/usr/bin/perl

# The doctor tries the way to whoever takes notices: host, TLS, password and
# sender of a relay, host and certificate of a service. Nobody gets anything,
# and each fault comes with what to do.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Process qw(free_port slurp spew);
use Wismo::Test;
use Wismo::Mta;
use Wismo::Receiver;
use Wismo::Smtp;

use JSON::PP ();

my $json = JSON::PP->new->utf8->canonical;
my $mta = Wismo::Mta->new;
my $shop = Wismo::Receiver->new;
my $relay = Wismo::Smtp->new;

my $t = Wismo::Test->new(fetcher => 1, start => 0,
    redis => { appendonly => 1 }, http => <<"EOT");
    wismo_notify mail {
        type mail;
        smtp smtp://127.0.0.1:${\ $mta->port};
        ca_file ${\ $mta->ca};
        user wismo;
        secret_file %%DIR%%/relay.password;
        from orders\@shop.example;
        bounces bounces\@shop.example;
        site https://shop.example;
    }
    wismo_notify shop {
        type webhook;
        url ${\ $shop->url}hooks/in-the-path;
        secret_file %%DIR%%/shop.hook;
        private on;
    }
EOT

my $dir = $t->dir;

$t->secret('relay.password', 'relay-password-for-tests');
$t->secret('wrong.password', 'another-password-for-tests');
$t->secret('shop.hook', 'a-webhook-secret-for-tests-only');
$t->start;

sub channels {
    my ($config) = @_;
    my ($status, $out) =
        $t->wismo({ env => { WISMO_CONFIG => $config } }, 'doctor', '--json');

    return { map { $_->{text} =~ /^(\w+)/ ? ($1 => $_) : () }
             grep { $_->{check} eq 'channel' }
             @{ $json->decode($out)->{checks} } };
}

# What a changed channel is told

sub with {
    my ($name, %values) = @_;
    my $config = $json->decode(slurp("$dir/state/wismo.json"));
    my ($channel) = grep { $_->{name} eq $name } @{ $config->{channels} };
    my $file = delete $values{secret_file};

    for (keys %values) {
        $channel->{values}{$_} = $values{$_};
        delete $channel->{values}{$_} unless defined $values{$_};
    }

    $_ = $file for $file ? values %{ $channel->{secret_files} } : ();
    $channel->{secret_files} = {} if exists $values{user} && !$values{user};

    spew("$dir/changed.json", $json->encode($config));

    return channels("$dir/changed.json")->{$name};
}

sub fails {
    my ($said, $text, $fix, $name) = @_;

    is($said->{result}, 'fail', $name) or diag($json->encode($said));
    like($said->{text}, $text, "$name: what");
    like($said->{fix}, $fix, "$name: what to do");
}

my $ok = channels("$dir/state/wismo.json");

is($ok->{mail}{result}, 'ok', 'a relay that takes mail')
    or diag($json->encode($ok->{mail}), $mta->log);
like($ok->{mail}{text}, qr/takes mail, STARTTLS, with a password$/,
     'in which way');
is($ok->{shop}{result}, 'ok', 'a receiver that is there')
    or diag($json->encode($ok->{shop}));
unlike($ok->{shop}{text}, qr/in-the-path/, 'whose path may be a secret');

fails(with('mail', secret_file => "$dir/wrong.password"),
      qr/refuses "user" and its password: 535/, qr/secret_file/,
      'a password that is wrong');
fails(with('mail', ca_file => undef), qr/SSL/i, qr/ca_file/,
      'a certificate that nobody knows');
fails(with('mail', smtp => 'smtp://127.0.0.1:' . free_port()),
      qr/connect/i, qr/firewall/, 'nobody there');
fails(with('mail', smtp => 'smtp://relay.invalid:587'),
      qr/resolve/i, qr/host's name/, 'no such host');
fails(with('mail', smtp => 'smtp://127.0.0.1:' . $relay->port, user => undef),
      qr/SSL|TLS/, qr/STARTTLS/, 'a relay without STARTTLS');

my @plain = (smtp => 'smtp://127.0.0.1:' . $relay->port, tls => 'none',
             ca_file => undef);

fails(with('mail', @plain), qr/offers no AUTH/, qr/port for submission/,
      'a relay without AUTH');
is(with('mail', @plain, user => undef)->{result}, 'ok',
   'which is good without a password');

$relay->answer('550@mail');
fails(with('mail', @plain, user => undef),
      qr/does not take the sender: 550/, qr/"user"/, 'a sender it won\'t have');
$relay->answer('ok');

fails(with('mail', from => 'nobody at all'), qr/tells nobody: from/,
      qr/wismo_notify/, 'a block that can\'t serve');
fails(with('shop', private => 'off', url => 'https://127.0.0.1/'),
      qr/address of the inside/, qr/private on/, 'the inside');
fails(with('shop', url => 'https://shop.invalid/hook'), qr/resolve/i,
      qr/host's name/, 'a service that is not there');
fails(with('shop', url => 'https://localhost:' . $mta->tls_port . '/'),
      qr/localhost: .*SSL/i, qr/certificate/, 'a certificate of its own');

is(scalar @{ $mta->mails }, 0, 'no mail was sent');
is(scalar @{ $relay->got }, 0, 'to nobody');
is(scalar(grep { $_->{method} } @{ $shop->got }), 0, 'no request, either');
unlike($mta->log, qr/<= /, 'the relay has taken nothing');

$_->stop for $mta, $shop, $relay;
done_testing;
