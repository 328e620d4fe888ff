#!/usr/bin/perl

# What services report of messages that they took: Twilio's status callbacks,
# Vonage's delivery receipts, Bird's status reports, and what mail providers
# say of mails. What arrived is delivered, what came back is dead, and whoever
# can't be reached or complains gets no more. A report that is not signed, that
# comes again, or that names what there is not, changes nothing.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Gateway;
use Wismo::Mta;
use Wismo::Process qw(run slurp spew);

use Digest::SHA qw(hmac_sha1 hmac_sha256 hmac_sha256_hex sha256_hex);
use JSON::PP ();
use MIME::Base64 qw(encode_base64 encode_base64url);

my $gateway = Wismo::Gateway->new;
my $mta = Wismo::Mta->new;
my $json = JSON::PP->new->utf8->canonical;
my $token = 'service-token-for-tests-0123456789';

my $sms = <<"EOT";
        type sms;
        secret_file %%DIR%%/gateway.secret;
        site https://shop.example;
        base_url ${\ $gateway->url};
        private on;
        events order_confirmed;
        quiet off;
        gap 0;
        daily 0;
EOT

my $server = join '', map {
    "location /in/$_->[0] { wismo_hook $_->[0]-in channel=$_->[1];"
    . " wismo_hook_secret_file %%DIR%%/$_->[2].secret; }\n"
} ['twilio', 'twilio url=https://shop.example/in/twilio', 'hook'],
    ['vonage', 'vonage', 'hook'],
    ['bird', 'bird url=https://shop.example/in/bird', 'hook'],
    ['postmark', 'postmark', 'postmark'],
    ['sendgrid', 'sendgrid', 'sendgrid'], ['resend', 'resend', 'svix'],
    ['standard', 'standard', 'svix'], ['own', '%%DIR%%/own.json', 'hook'];

my $t = Wismo::Test->new(fetcher => 1, start => 0, http => <<"EOT",
    wismo_notify twilio {
        preset twilio;
        account ${\ Wismo::Gateway::ACCOUNT};
        sender +15005550006;
        callback https://shop.example/in/twilio;
$sms    }
    wismo_notify vonage {
        preset vonage;
        account key;
        sender Northwind;
$sms    }
    wismo_notify bird {
        preset bird;
        sender Northwind;
        callback https://shop.example/in/bird;
$sms    }
    wismo_notify mail {
        type mail;
        smtp smtp://127.0.0.1:${\ $mta->port};
        ca_file ${\ $mta->ca};
        user wismo;
        secret_file %%DIR%%/relay.password;
        from orders\@shop.example;
        site https://shop.example;
        events order_confirmed;
        gap 0;
        daily 0;
    }
EOT
    server => $server);

my $svix = 'c3ZpeC1zZWNyZXQtZm9yLXRlc3RzLTAxMjM0NTY3ODk=';

$t->secret('gateway.secret', Wismo::Gateway::SECRET);
$t->secret('hook.secret', $token);
$t->secret('relay.password', 'relay-password-for-tests');
$t->secret('postmark.secret', encode_base64('wismo:' . $token, ''));
$t->secret('svix.secret', "whsec_$svix");

my $key = $t->dir . '/sendgrid.key';
openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', $key);
$t->secret('sendgrid.secret', encode_base64(openssl('ec', '-in', $key,
    '-pubout', '-outform', 'DER'), ''));

spew($t->dir . '/own.json', $json->encode({ type => 'mail',
    inbound => { verify => { kind => 'hmac', header => 'X-Sign' },
                 answer => { json => "ok\n" } },
    receipts => { each => '/events', to => 'mail', status => 'event',
                  failed => ['bounce'], invalid => ['bounce'] } }));
$t->start;


sub form {
    my (%field) = @_;

    return join '&', map {
        my ($name, $value) = ($_, $field{$_});
        $value =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;
        "$name=$value";
    } sort keys %field;
}

use constant FORM => 'application/x-www-form-urlencoded';

sub post {
    my ($uri, $type, $body, %headers) = @_;

    return $t->request('POST', $uri, body => $body, headers => {
        'Content-Type' => $type, %headers });
}


sub openssl {
    my ($status, $out, $err) = run({ timeout => 30 }, 'openssl', @_);

    die "openssl @_: $err\n" if $status;
    return $out;
}


# As each service's own document has it

sub twilio {
    my ($ref, $status, %opt) = @_;
    my %field = (AccountSid => Wismo::Gateway::ACCOUNT,
        MessageSid => $opt{sid} // 'SM0123456789abcdef0123456789abcdef',
        From => '+15005550006', To => $opt{to} // '+4312345670',
        MessageStatus => $status,
        $opt{error} ? (ErrorCode => $opt{error}) : ());
    my $uri = '/in/twilio' . ($ref ? '?' . form(ref => $ref) : '');
    my $mac = encode_base64(hmac_sha1("https://shop.example$uri"
        . join('', map { $_ . $field{$_} } sort keys %field),
        $opt{token} // $token), '');

    return post($opt{uri} // $uri, FORM, form(%field),
                'X-Twilio-Signature' => $mac);
}

sub vonage_fields {
    my ($ref, $status, $error, $to) = @_;

    return (msisdn => $to // '4312345670', to => 'Northwind',
        'network-code' => '23201', messageId => '0A0000000123ABCD1',
        price => '0.03330000', status => $status, scts => '2611301201',
        'err-code' => $error // '0', 'client-ref' => $ref,
        'message-timestamp' => '2026-11-30 12:00:00', timestamp => time(),
        nonce => 'a=b&c');
}

sub signed {
    my (%field) = @_;
    my $text = join '', map { "&$_=" . $field{$_} =~ tr/&=/__/r }
        sort keys %field;

    return (%field, sig => uc hmac_sha256_hex($text, $token));
}

sub jwt {
    my ($key, %claims) = @_;
    my $text = join '.', map { encode_base64url($json->encode($_)) }
        { alg => $claims{alg} // 'HS256', typ => 'JWT' },
        { iss => 'them', iat => time(), jti => rand, %claims };

    return "$text." . encode_base64url(hmac_sha256($text, $key));
}

sub bird {
    my ($ref, $status, %opt) = @_;
    my $uri = '/in/bird?' . form(id => 'e8077d803532c0b5937c639b60216938',
        reference => $ref, recipient => $opt{to} // '4312345670',
        status => $status, statusDatetime => '2026-11-30T12:00:00+00:00',
        $opt{error} ? (statusErrorCode => $opt{error}) : ());
    my $signed = $opt{signed} // $uri;

    return $t->request('GET', $uri, headers => {
        'MessageBird-Signature-JWT' => jwt($opt{token} // $token,
            nbf => time(), exp => $opt{exp} // time() + 60,
            url_hash => sha256_hex("https://shop.example$signed")) });
}

sub svix {
    my ($uri, $data, $prefix, $when) = @_;
    my $body = $json->encode($data);
    $when //= time();
    my $mac = encode_base64(hmac_sha256("msg_1.$when.$body",
        MIME::Base64::decode_base64($svix)), '');

    return post($uri, 'application/json', $body, "$prefix-id" => 'msg_1',
        "$prefix-timestamp" => $when, "$prefix-signature" => "v1,$mac");
}

sub postmark {
    my ($data, $auth) = @_;

    return post('/in/postmark', 'application/json', $json->encode($data),
        Authorization => 'Basic '
            . encode_base64($auth // "wismo:$token", ''));
}


sub said {
    my ($order, $channel) = @_;
    my ($status, $out) = $t->wismo('notify', 'list', $order, '--channel',
                                   $channel, '--json');
    my $all = $status ? [] : $json->decode($out)->{notices};

    return @$all ? "$all->[0]{state} $all->[0]{text}" : '';
}

sub says {
    my ($order, $channel, $value, $name) = @_;
    my $said;

    ok((wait_until { ($said = said($order, $channel)) =~ $value } 20, $name),
       $name) or diag("$order $channel: $said");
}

sub status { $json->decode(($t->wismo(qw(notify status --json)))[1]) }

sub suppressed {
    my ($want, $name) = @_;
    my $is;

    ok((wait_until {
        my $s = status()->{suppressed};
        $is = "$s->{email} $s->{phone} $s->{complaints}";
        $is eq $want
    } 20, $name), $name) or diag($is);
}

my $n = 1000;

sub order {
    my ($phone, $email) = @_;

    $t->put_order(++$n, { shipments => [], customer => {
        $phone ? (phone => $phone) : (), $email ? (email => $email) : () } });

    for ($phone ? qw(twilio vonage bird) : (), $email ? 'mail' : ()) {
        says($n, $_, qr/^sent /, "$n is told by $_");
    }

    return $n;
}


# Delivered

my $order = order('+43 1 2345670');

my ($asked) = grep { $_->{field}{StatusCallback} } @{ $gateway->got('twilio') };
is($asked->{field}{StatusCallback},
   'https://shop.example/in/twilio?ref=1001%3Dtwilio%3Dorder_confirmed',
   'Twilio is told where to report');
is($gateway->got('vonage')->[0]{field}{'client-ref'},
   '1001=vonage=order_confirmed', 'and Vonage by what');
ok(!exists $gateway->got('vonage')->[0]{field}{callback},
   'what there is not is left out');
is($gateway->got('bird')->[0]{field}{reference}, '1001=bird=order_confirmed',
   'and Bird');

is(twilio("$order=twilio=order_confirmed", 'sent')->status, 200, 'Twilio');
is(twilio("$order=twilio=order_confirmed", 'delivered', token => 'x' x 32)
   ->status, 401, 'Twilio, with another token');
is(twilio("$order=twilio=order_confirmed", 'delivered',
          uri => '/in/twilio?ref=1002')->status, 401,
   'Twilio, about something else than was signed');
is(twilio("$order=twilio=order_confirmed", 'delivered', sid => 'SM99')->status,
   200, 'Twilio, of another message');
like(said($order, 'twilio'), qr/^sent HTTP 201 SM0123\w+$/, 'all of it');

my $r = twilio("$order=twilio=order_confirmed", 'delivered');
is($r->status, 200, 'delivered');
like($r->body, qr/<Response/, 'Twilio is answered as always');
says($order, 'twilio', qr/^delivered HTTP 201 SM0123\w+$/,
     'and the ledger says so');

my %field = vonage_fields("$order=vonage=order_confirmed", 'delivered');
is(post('/in/vonage', FORM, form(%field, sig => 'AB' x 32))->status, 401,
   'Vonage, forged');
is(post('/in/vonage', FORM, form(signed(%field)))->status, 200,
   'Vonage, as a form');
says($order, 'vonage', qr/^delivered /, 'is delivered');

is(bird("$order=bird=order_confirmed", 'delivered', token => 'x' x 32)
   ->status, 401, 'Bird, with another token');
is(bird("$order=bird=order_confirmed", 'delivered',
        signed => '/in/bird?status=sent')->status, 401,
   'Bird, with the token of another address');
is(bird("$order=bird=order_confirmed", 'delivered', exp => time() - 3600)
   ->status, 401, 'Bird, too old');
is(bird("$order=bird=order_confirmed", 'delivered')->status, 200, 'Bird');
says($order, 'bird', qr/^delivered /, 'is delivered');

is($t->request('GET', '/in/twilio')->status, 405,
   'Twilio does not come in a query');


# Vonage in whatever form its account is set to

sub vonage {
    my ($name, $call, $want) = @_;
    my $order = order('+43 1 234567' . $n % 10);
    my $r = $call->(vonage_fields("$order=vonage=order_confirmed",
                                  'delivered'));

    is($r->status, $want // 200, "Vonage: $name");

    return if $want;
    says($order, 'vonage', qr/^delivered /, "Vonage: $name is delivered");
}

vonage('JSON', sub {
    post('/in/vonage', 'application/json', $json->encode({ signed(@_) }));
});
vonage('a query', sub {
    $t->request('GET', '/in/vonage?' . form(signed(@_)));
});
vonage('JSON with a token', sub {
    my $body = $json->encode({ @_ });

    post('/in/vonage', 'application/json', $body, Authorization =>
         'Bearer ' . jwt($token, payload_hash => sha256_hex($body)));
});
vonage('a token of another body', sub {
    post('/in/vonage', 'application/json', $json->encode({ @_ }),
         Authorization => 'Bearer '
             . jwt($token, payload_hash => sha256_hex('{}')));
}, 401);
vonage('a token that is not signed', sub {
    my $body = $json->encode({ @_ });

    post('/in/vonage', 'application/json', $body, Authorization =>
         'Bearer ' . jwt($token, alg => 'none',
                         payload_hash => sha256_hex($body)));
}, 401);
vonage('a query with a token that does not cover it', sub {
    $t->request('GET', '/in/vonage?' . form(@_), headers => {
        Authorization => 'Bearer ' . jwt($token,
            payload_hash => sha256_hex('')) });
}, 401);
vonage('a query beside what was signed', sub {
    $t->request('GET', '/in/vonage?' . form(@_), body => form(signed(
        vonage_fields('1001=vonage=order_confirmed', 'delivered'))));
}, 401);
vonage('JSON in JSON', sub {
    post('/in/vonage', 'application/json',
         $json->encode({ signed(@_), more => {} }));
}, 401);


# What came back, and whoever is not to be reached

suppressed('0 0 0', 'all of them can be reached');

$order = order('+43 1 2345679');
is(twilio("$order=twilio=order_confirmed", 'undelivered', error => 30003,
          to => '+4312345679')->status, 200, 'unreachable for now');
says($order, 'twilio', qr/^dead HTTP 201 SM\w+ failed 30003$/, 'is dead');
suppressed('0 0 0', 'but still a number');

my %gone = vonage_fields("$order=vonage=order_confirmed", 'failed', '3',
                         '4312345679');
is(post('/in/vonage', FORM, form(signed(%gone)))->status, 200, 'gone');
says($order, 'vonage', qr/^dead HTTP 200 0A\w+ failed 3 suppressed$/,
     'is dead, and says so');
suppressed('0 1 0', 'and no number any more');

$t->put_order(++$n, { shipments => [],
                      customer => { phone => '+43 1 2345679' } });
says($n, 'twilio', qr/^skipped suppressed$/, 'nor for other orders');

is(($t->wismo(qw(notify allow +4312345679)))[0], 0, 'until it is allowed');
suppressed('0 0 0', 'it is');
is(post('/in/vonage', FORM, form(signed(%gone)))->status, 200,
   'the same report again');
is(twilio("$order=twilio=order_confirmed", 'delivered',
          to => '+4312345679')->status, 200, 'and an older one, late');
is(twilio('9999=twilio=order_confirmed', 'failed', error => 30005)->status,
   200, 'one about no order');
is(twilio('1001=other=order_confirmed', 'failed', error => 30005)->status,
   200, 'about no channel');
is(twilio('../../x', 'failed', error => 30005)->status, 200, 'about nothing');

is(post('/in/vonage', FORM, form(signed(vonage_fields(
    "$order=bird=order_confirmed", 'delivered'))))->status, 200,
   'and one that is applied after them');
is(bird("$order=bird=order_confirmed", 'delivery_failed', error => 1,
        to => '4312345671')->status, 200, 'Bird: an unknown subscriber');
says($order, 'bird', qr/^dead .* failed 1 suppressed$/, 'is dead');
suppressed('0 1 0', 'and of all these that one alone is not reached');
like(said($order, 'twilio'), qr/^dead .* failed 30003$/,
     'what came back stays so');


# Mails

my $mailed = order(undef, 'jo@kunden.example');
my $ref;
wait_until { ($ref) = map { $_->{headers}{'message-id'} } @{ $mta->mails } }
    20, 'a mail';
is($ref, "<$mailed=mail=order_confirmed\@shop.example>",
   'a mail says by what it is reported');

sub standard {
    my ($type, %data) = @_;

    return svix('/in/standard', { type => $type,
        timestamp => '2026-11-30T12:00:00Z', data => \%data }, 'webhook');
}

is(standard('message.delivered', message_id => $ref)->status, 200,
   'Standard Webhooks');
says($mailed, 'mail', qr/^delivered SMTP 250$/, 'is delivered');
is(standard('message.complained', message_id => '<1@other.example>',
            to => 'jo@kunden.example')->status, 200, 'no mail of ours');
is(standard('message.complained', message_id => $ref,
            to => 'jo@kunden.example')->status, 200, 'a complaint');
says($mailed, 'mail', qr/^delivered SMTP 250 complaint suppressed$/,
     'is in the ledger');
suppressed('1 1 1', 'and means the address');

is(postmark({ RecordType => 'Bounce', Type => 'HardBounce',
              Email => 'gone@kunden.example' }, 'wismo:wrong')->status, 401,
   'Postmark, with another password');
is(postmark({ RecordType => 'Bounce', Type => $_->[0], ID => 42,
              Email => $_->[1] })->status, 200, "Postmark: $_->[0]")
    for ['HardBounce', 'gone@kunden.example'],
        ['SoftBounce', 'full@kunden.example'],
        ['AutoResponder', 'away@kunden.example'];
is(postmark({ RecordType => 'Delivery',
              Recipient => 'there@kunden.example' })->status, 200,
   'Postmark: Delivery');
is(postmark({ RecordType => 'SpamComplaint',
              Email => 'angry@kunden.example' })->status, 200,
   'Postmark: SpamComplaint');
suppressed('3 1 2', 'Postmark: two of them get no more');

sub resend {
    my ($type, $to, $bounce, @when) = @_;

    return svix('/in/resend', { type => $type, data => {
        email_id => '56761188-7520-42d8-8898-ff6fc54ce618', to => [$to],
        $bounce ? (bounce => { type => $bounce }) : () } }, 'svix', @when);
}

is(resend('email.bounced', 'b@kunden.example', 'Permanent', time() - 3600)
   ->status, 401, 'Resend, too old');
is(resend('email.bounced', 'b@kunden.example', 'Permanent')->status, 200,
   'Resend: bounced');
is(resend('email.opened', 'c@kunden.example')->status, 200, 'Resend: opened');
suppressed('4 1 2', 'Resend: one of them gets no more');

sub sendgrid {
    my ($events, %opt) = @_;
    my $body = $json->encode([map { { email => 'jo@kunden.example',
        'sg_event_id' => 'x', timestamp => time(), %$_ } } @$events]);
    my $when = $opt{when} // time();

    spew($t->dir . '/signed', $when . ($opt{signed} // $body));

    return post('/in/sendgrid', 'application/json', $body,
        'X-Twilio-Email-Event-Webhook-Timestamp' => $when,
        'X-Twilio-Email-Event-Webhook-Signature' => encode_base64(
            openssl('dgst', '-sha256', '-sign', $key,
                    $t->dir . '/signed'), ''));
}

my $bounced = order(undef, 'sent@kunden.example');
my $blocked = order(undef, 'block@kunden.example');
my @bounce = ({ event => 'bounce', type => 'bounce', status => '5.1.1',
    email => 'sent@kunden.example',
    'smtp-id' => "<$bounced=mail=order_confirmed\@shop.example>" });

is(sendgrid(\@bounce, signed => '[]')->status, 401,
   'SendGrid, signed was another');
is(sendgrid(\@bounce, when => time() - 3600)->status, 401,
   'SendGrid, too old');
is(sendgrid([@bounce, { event => 'processed', 'smtp-id' => '<1@x.example>' },
    { event => 'bounce', type => 'blocked', email => 'block@kunden.example',
      'smtp-id' => "<$blocked=mail=order_confirmed\@shop.example>" },
    { event => 'spamreport', email => 'report@kunden.example' },
    { event => 'bounce', type => 'bounce', email => 'else@kunden.example',
      'smtp-id' => '<letter@shop.example>' } ])->status, 200, 'SendGrid');
says($bounced, 'mail', qr/^dead SMTP 250 failed bounce suppressed$/,
     'SendGrid: what bounced is dead');
says($blocked, 'mail', qr/^dead SMTP 250 failed blocked$/,
     'SendGrid: and what was blocked');
suppressed('6 1 3', 'SendGrid: two of them get no more');

my $own = $json->encode({ events => [
    map { { mail => "own$_\@kunden.example", event => 'bounce' } } 1 .. 3
] });
is(post('/in/own', 'application/json', $own,
        'X-Sign' => hmac_sha256_hex($own, $token))->status, 200,
   'a file of our own, several at once');
suppressed('9 1 3', 'a file of our own: all of them');

is(post('/in/own', 'application/json', $_,
        'X-Sign' => hmac_sha256_hex($_, $token))->status, 200, 'nonsense')
    for '[]', '{"events":7}', '{"events":[1,null,[],{"event":{}}]}', "{\0",
        '{"events":[{"event":"bounce","mail":"' . 'x' x 4000 . '"}]}';


# What an operator sees

my $count;
ok((wait_until {
    ($count) = grep { $_->{channel} eq 'mail' } @{ status()->{channels} };
    $count->{counts}{day}{failed} == 2
} 20, 'counts'), 'it is counted');
is($count->{counts}{day}{sent}, 3, 'what was sent');
is($count->{counts}{day}{failed}, 2, 'what came back');
is($count->{counts}{day}{delivered}, 1, 'one was delivered');
is($count->{counts}{day}{complaints}, 1, 'and complained of');

unlike(join('', grep { !/\[debug\]/ } split /^/, $t->nginx->log),
       qr/kunden|234567|$token/, 'nobody is in the log');
is(scalar @{ $t->redis->call('KEYS', 'wx:*') }, 0, 'nothing was left over');

$gateway->stop;
$mta->stop;
done_testing;
