#!/usr/bin/perl

# Whoever answers STOP to a text message gets none any more, about any order,
# until START: in whichever language, however often it comes, and from none but
# the service itself, which gets the answer that it wants.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Gateway;

use Digest::SHA qw(hmac_sha1 hmac_sha256 hmac_sha256_hex sha256);
use Encode qw(encode);
use JSON::PP ();
use MIME::Base64 qw(encode_base64);

my $gateway = Wismo::Gateway->new;
my $json = JSON::PP->new->utf8->canonical;
my $token = 'twilio-token-for-tests-0123456789';

my $t = Wismo::Test->new(fetcher => 1, start => 0, http => <<"EOT",
    wismo_notify text {
        type sms;
        preset twilio;
        account ${\ Wismo::Gateway::ACCOUNT};
        sender +15005550006;
        secret_file %%DIR%%/gateway.secret;
        site https://shop.example;
        base_url ${\ $gateway->url};
        private on;
        events order_confirmed;
        quiet off;
        gap 0;
        daily 0;
    }
EOT
    server => <<'EOT');
    location /in/twilio {
        wismo_hook twilio-in channel=twilio
                   url=https://shop.example/in/twilio?shop=1;
        wismo_hook_secret_file %%DIR%%/message.secret;
    }
    location /in/plain {
        wismo_hook twilio-plain channel=twilio;
        wismo_hook_secret_file %%DIR%%/message.secret;
    }
    location /in/vonage {
        wismo_hook vonage-in channel=vonage;
        wismo_hook_secret_file %%DIR%%/message.secret;
    }
    location /in/bird {
        wismo_hook bird-in channel=bird url=https://shop.example/in/bird;
        wismo_hook_secret_file %%DIR%%/message.secret;
    }
EOT

$t->secret('gateway.secret', Wismo::Gateway::SECRET);
$t->secret('message.secret', $token);
$t->start;

sub form {
    my (%field) = @_;

    return join '&', map {
        my ($name, $value) = ($_, encode('UTF-8', $field{$_}));
        $value =~ s/([^A-Za-z0-9 ])/sprintf '%%%02X', ord $1/ge;
        $value =~ tr/ /+/;
        "$name=$value";
    } reverse sort keys %field;
}

sub post {
    my ($uri, $type, $body, %headers) = @_;

    return $t->request('POST', $uri, body => $body, headers => {
        'Content-Type' => $type, %headers });
}

use constant FORM => 'application/x-www-form-urlencoded';

# As each service's own document has it

sub twilio {
    my ($from, $text, %opt) = @_;
    my %field = (From => $from, To => '+15005550006', Body => $text,
                 MessageSid => 'SM1', NumMedia => '0', %{ $opt{more} || {} });
    my $signed = $opt{signed}
        // 'https://shop.example/in/twilio?shop=1';
    my $mac = encode_base64(hmac_sha1($signed . join('', map {
        $_ . encode('UTF-8', $field{$_}) } sort keys %field),
        $opt{token} // $token), '');

    $field{Body} = $opt{changed} if defined $opt{changed};

    return post($opt{uri} // '/in/twilio?shop=1', FORM, form(%field),
                'X-Twilio-Signature' => $mac);
}

sub vonage {
    my ($from, $text) = @_;
    my %field = (msisdn => $from, to => '15005550006', text => $text,
                 type => 'text', nonce => 'a=b&c', timestamp => time());
    my $signed = join '', map {
        my $value = encode('UTF-8', $field{$_});
        "&$_=" . $value =~ tr/&=/__/r;
    } sort keys %field;

    return post('/in/vonage', FORM,
                form(%field, sig => uc hmac_sha256_hex($signed, $token)));
}

sub bird {
    my ($from, $text, $when) = @_;
    $when //= time();
    my $body = $json->encode({ service => 'channels', event => 'sms.inbound',
        payload => { direction => 'incoming',
            sender => { contact => { identifierKey => 'phonenumber',
                                     identifierValue => $from } },
            body => { type => 'text', text => { text => $text } } } });
    my $mac = encode_base64(hmac_sha256(join("\n", $when,
        'https://shop.example/in/bird', sha256($body)), $token), '');

    return post('/in/bird', 'application/json', $body,
                'MessageBird-Signature' => $mac,
                'MessageBird-Request-Timestamp' => $when);
}

my $n = 1000;

sub told {
    my ($phone, $value, $name) = @_;
    my $order = ++$n;
    my $said;

    $t->put_order($order, { shipments => [],
                            customer => { phone => $phone } });

    ok((wait_until {
        my ($status, $out) = $t->wismo(qw(notify list --json), $order);
        my $all = $status ? [] : $json->decode($out)->{notices};
        ($said = @$all ? "$all->[0]{state} $all->[0]{text}" : '') =~ $value
    } 20, $name), $name) or diag("$phone: $said");
}

sub stopped {
    my ($want, $name) = @_;
    my $is;

    ok((wait_until {
        $is = $json->decode(($t->wismo(qw(notify status --json)))[1])
            ->{suppressed}{stopped};
        $is == $want
    } 20, $name), $name) or diag($is);
}


# Twilio

told('+43 1 5550101', qr/^sent /, 'a number gets text messages');

my $r = twilio('+4315550101', " Stop.\n");
is($r->status, 200, 'STOP is taken');
like($r->header('content-type'), qr{^text/xml}, 'and answered as XML');
like($r->body, qr{<Response/>}, 'that says nothing');
stopped(1, 'it counts');
told('0043 (0)1 555 0101', qr/^skipped stopped$/,
     'no more messages, however the number is written');
told('(+43) 1 555-0101', qr/^skipped stopped$/, 'nor if it begins in brackets');
told('(+43) 1 5550102', qr/^sent /, 'somebody else gets theirs');

is(twilio('+4315550101', 'STOP')->status, 200, 'a second time');
is(twilio('+4315550102', 'Stop by the shop tomorrow?')->status, 200,
   'a message that only begins so');
is(twilio('+4315550103', "arr\x{ea}t")->status, 200, 'in French');
stopped(2, 'is one number more');

is(twilio('+4315550101', 'Start')->status, 200, 'START');
stopped(1, 'counts, too');
told('+43 1 5550101', qr/^sent /, 'messages again');


# From nobody else

is(twilio('+4315550102', 'STOP', token => 'another-token-of-32-bytes-0123')
   ->status, 401, 'another token');
is(twilio('+4315550102', 'hello', changed => 'STOP')->status, 401,
   'another text');
is(twilio('+4315550102', 'STOP', signed => 'https://other.example/')->status,
   401, 'another address');
is(post('/in/twilio?shop=1', FORM, form(From => '+4315550102',
                                        Body => 'STOP'))->status, 401,
   'no signature');
is(twilio('+4315550104', 'STOP', uri => '/in/plain?a=1',
          signed => 'http://localhost/in/plain?a=1')->status, 200,
   'without a proxy the address is our own');
stopped(2, 'of these only what was signed');


# Vonage and Bird

$r = vonage('4315550105', 'STOP');
is($r->status, 200, 'Vonage: STOP') or diag($r->body);
like($r->header('content-type'), qr/json/, 'Vonage: answered');
stopped(3, 'Vonage: it counts');
is(vonage('4315550105', 'START')->status, 200, 'Vonage: START');
stopped(2, 'Vonage: it counts, too');

is(bird('+4315550105', "\x{505c}\x{6b62}")->status, 200, 'Bird: in Japanese');
stopped(3, 'Bird: it counts');
is(bird('+4315550106', 'STOP', time() - 3600)->status, 401, 'Bird: too old');


# By an operator, and by whom nobody knows

is(($t->wismo(qw(notify allow +4315550105)))[0], 0, 'an operator');
stopped(2, 'can take it back');

is(twilio('Northwind', 'STOP')->status, 200, 'a sender without a number');
is(twilio('+4315550107', 'STOP')->status, 200, 'and another one');
stopped(3, 'changes nothing');

unlike($t->nginx->log, qr/555010\d|arr\x{ea}t/, 'nobody is in the log');
is(scalar @{ $t->redis->call('KEYS', 'wx:*') }, 0, 'nothing was left over');

$gateway->stop;
done_testing;
