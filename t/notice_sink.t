#!/usr/bin/perl

# Notices by text message, and to whoever takes an HTTP request: Twilio, Bird,
# Vonage, Slack and Klaviyo, each in its own form, and any other by a file. A
# text message that may have been sent is not sent again.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Gateway;
use Wismo::Process qw(slurp spew);

my $gateway = Wismo::Gateway->new;
my $url = $gateway->url;
my $account = Wismo::Gateway::ACCOUNT;

my $common = <<"EOT";
        site https://shop.example;
        private on;
        base_url $url;
        gap 0;
        daily 0;
EOT

my $t = Wismo::Test->new(fetcher => 1, scale => 3600, start => 0,
    http => <<"EOT");
    wismo_notify twilio {
        type sms;
        preset twilio;
        account $account;
        sender +15005550006;
        secret_file %%DIR%%/gateway.secret;
        quiet off;
        events order_confirmed;
$common    }
    wismo_notify bird {
        type sms;
        preset bird;
        sender Northwind;
        secret_file %%DIR%%/gateway.secret;
        quiet off;
        events order_confirmed;
$common    }
    wismo_notify vonage {
        type sms;
        preset vonage;
        account key;
        sender Northwind;
        secret_file %%DIR%%/gateway.secret;
        quiet off;
        events order_confirmed;
$common    }
    wismo_notify slack {
        type http;
        preset slack;
        secret_file %%DIR%%/slack.secret;
        site https://shop.example;
        private on;
        events order_confirmed;
    }
    wismo_notify klaviyo {
        type http;
        preset klaviyo;
        secret_file %%DIR%%/gateway.secret;
        events order_confirmed;
$common    }
    wismo_notify own {
        type http;
        preset %%DIR%%/own.json;
        events order_confirmed;
$common    }
    wismo_notify bad {
        type sms;
        preset slack;
        secret_file %%DIR%%/gateway.secret;
        brand none;
$common    }
    wismo_notify inside {
        type http;
        preset slack;
        secret_file %%DIR%%/slack.secret;
        site https://shop.example;
        brand inside;
        events order_confirmed;
    }
EOT

my $dir = $t->dir;
my $secret = Wismo::Gateway::SECRET;

$t->secret('gateway.secret', $secret);
$t->secret('slack.secret', "$url/services/T0/B0/$secret");
spew("$dir/own.json", '{"type":"http","url":"https://own.example/sms/json",'
     . '"form":{"api_key":"key","api_secret":"' . $secret
     . '","to":"431234567","from":"x","text":"{{kind}} {{order}}",'
     . '"type":"text"},"success":{"status":[200]}}');
$t->start;


sub said {
    my ($order, $channel) = @_;

    my ($key) = grep { /:\Q$order\E$/ } @{ $t->redis->call('KEYS', 'wn:*') };

    return '' unless $key;
    return $t->redis->call('HGET', $key, "n:$channel:order_confirmed") // '';
}


sub says {
    my ($order, $channel, $value, $what) = @_;
    my $said;

    ok(wait_until(sub { ($said = said($order, $channel)) =~ $value }, 20),
       $what) or diag("$order $channel: $said");
}


my @sms = qw(twilio bird vonage);

$t->put_order('1001', { locale => 'de', customer => {
    email => 'jo@kunden.example', phone => '+43 (0)1 234-5670' } });

says('1001', 'twilio', qr/^sent \d+ 1 \d+ HTTP 201 SM\w+$/, 'Twilio');
says('1001', 'bird', qr/^sent \d+ 1 \d+ HTTP 201 e8077\w+$/, 'Bird');
says('1001', 'vonage', qr/^sent \d+ 1 \d+ HTTP 200 0A\w+$/, 'Vonage');
says('1001', 'slack', qr/^sent \d+ 1 \d+ HTTP 200$/, 'Slack');
says('1001', 'klaviyo', qr/^sent \d+ 1 \d+ HTTP 202$/, 'Klaviyo');
says('1001', 'own', qr/^sent \d+ 1 \d+ HTTP 200$/, 'one of our own');

my ($twilio) = @{ $gateway->got('twilio') };
is($twilio->{field}{To}, '+4312345670', 'in international form');
like($twilio->{field}{Body}, qr/^Danke f\x{fc}r Ihre Bestellung\. Bestellung /,
     'in their language');
like($twilio->{field}{Body}, qr{ 1001 https://shop\.example/track/1001\?t=},
     'with a link');
is($gateway->got('bird')->[0]{field}{recipients}[0], '4312345670',
   'as Bird wants it');

my ($event) = map { $_->{field}{data}{attributes} }
    @{ $gateway->got('klaviyo') };
is($event->{profile}{data}{attributes}{email}, 'jo@kunden.example',
   'whose event it is');
is($event->{properties}{order}, '1001', 'and what it says');
like($event->{unique_id}, qr/^1001_klaviyo_order_confirmed$/, 'by its id');
ok((grep { ($_->{field}{text} // '') eq 'order_confirmed 1001' }
        @{ $gateway->got }), 'our own says what it was told to');


# Letters that need another alphabet

$t->put_order('1002', { locale => 'ja', customer => {
    email => 'jo@kunden.example', phone => '0043 1 2345671' } });

says('1002', $_, qr/^sent /, "in Japanese: $_") for @sms;

my ($ja) = grep { $_->{field}{type} eq 'unicode' } @{ $gateway->got('vonage') };
ok($ja, 'which Vonage has to be told');


# Busy, not a number, and no answer. What one has said of a number the others
# need not find out.

sub like_refused {
    my ($channel, $end) = @_;

    says('1004', $channel, qr/^(?:dead \d+ $end|skipped .* suppressed)$/,
         "not a number: $channel");
}


$t->put_order('1003', { customer => { phone => '+43 1 20001' } });
$t->put_order('1004', { customer => { phone => '+43 1 20002' } });
$t->put_order('1005', { customer => { phone => '+43 1 20003' } });
$t->put_order('1006', { customer => { phone => '01 234567' } });

says('1003', $_, qr/^sent \d+ 2 /, "busy: $_") for @sms;
like_refused('twilio', '1 \d+ HTTP 400 21211 suppressed');
like_refused('bird', '1 \d+ HTTP 422 9 suppressed');
like_refused('vonage', '1 \d+ HTTP 200 3');
says('1005', $_, qr/^unknown \d+ 1 /, "no answer: $_") for @sms;
says('1006', $_, qr/^skipped .* no number with its country's code$/,
     "a number of nowhere: $_") for @sms;
says('1006', 'klaviyo', qr/^skipped .* no address$/, 'nobody\'s event');

is(scalar(grep { ($_->{field}{To} // '') =~ /0003$/ } @{ $gateway->got }), 1,
   'what may have been sent is not sent again');


# Not to the inside, unless it is said

$t->put_order('1007', { brand => 'inside' });
ok(wait_until(sub { said('1007', 'inside') =~ /^(?:retry|dead) / }, 20),
   'an address of the inside is refused');

like($t->nginx->log,
     qr{channel bad tells nobody: preset: .*/slack\.json: /type: expected "sms"},
     'a preset of another type is told');
unlike($t->nginx->log . slurp("$dir/access.log"),
       qr/kunden|234567|gateway-secret|2000[123]/, 'no person is in a log');

$gateway->stop;

done_testing;
