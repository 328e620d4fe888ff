package Wismo::Gateway;

# Who takes text messages and events: Twilio, Bird, Vonage, Slack and Klaviyo,
# as their own documents describe requests and answers. Each checks what it
# gets as the real one does, and answers wrong requests as that would.
#
#   my $g = Wismo::Gateway->new;
#   $g->url;                 # http://127.0.0.1:PORT
#   $g->got;                 # [ { who, path, headers, field, answered } ]
#
# Numbers that end in 0001 are busy the first time, in 0002 no numbers, in 0003
# taken without an answer.

use strict;
use warnings;

use File::Temp ();
use IO::Socket::INET;
use JSON::PP ();
use MIME::Base64 qw(decode_base64);

use Wismo::Process qw(end free_port slurp spew);

my $utf8 = JSON::PP->new->canonical->utf8;

use constant {
    ACCOUNT => 'AC00000000000000000000000000000001',
    SECRET  => 'gateway-secret-for-tests',
};


sub new {
    my ($class) = @_;

    my $dir = File::Temp->newdir('wismo-gateway-XXXXXXXX', TMPDIR => 1);
    my $self = bless { port => free_port(), dir => $dir, owner => $$ },
        $class;

    spew("$dir/got", '');

    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $self->{port}, Listen => 64, ReuseAddr => 1)
        or die "gateway: $!\n";

    defined($self->{pid} = fork()) or die "fork: $!\n";

    if ($self->{pid} == 0) {
        $SIG{TERM} = 'DEFAULT';
        Wismo::Process::prctl(1, POSIX::SIGKILL());

        while (my $c = $listen->accept) {
            $self->one($c);
            close $c;
        }

        POSIX::_exit(0);
    }

    return $self;
}


sub url { "http://127.0.0.1:$_[0]{port}" }


sub got {
    my ($self, $who) = @_;

    return [ grep { !$who || $_->{who} eq $who }
             map { $utf8->decode($_) } split /\n/, slurp("$self->{dir}/got") ];
}


sub stop {
    my ($self) = @_;

    end($self->{pid}) if $self->{pid} && $self->{owner} == $$;
    delete $self->{pid};
}


sub DESTROY { $_[0]->stop }


sub one {
    my ($self, $c) = @_;

    my ($head, %headers) = ('');

    while (my $line = <$c>) {
        last if $line =~ /^\r?\n/;
        $head ||= $line;
        $headers{ lc $1 } = $2 if $line =~ /^([^:\s]+):\s*(.*?)\r?\n/;
    }

    my $body = '';
    read $c, $body, $headers{'content-length'} || 0;

    my ($method, $path) = split ' ', $head;
    my ($who, $number, $status, $answer, $field)
        = answer($method, $path, \%headers, $body);

    if ($number =~ /0001$/ && !$self->{busy}{"$who $number"}++) {
        ($status, $answer) = $who eq 'vonage'
            ? (200, vonage('1', 'Throttled')) : (429, '{"code":20429}');
    }

    open my $fh, '>>', "$self->{dir}/got";
    syswrite $fh, $utf8->encode({ who => $who, path => $path,
        headers => \%headers, field => $field, answered => $status }) . "\n";
    close $fh;

    return if $number =~ /0003$/;

    print $c "HTTP/1.1 $status Told\r\nContent-Type: application/json\r\n"
        . 'Content-Length: ' . length($answer) . "\r\n"
        . "Connection: close\r\n\r\n$answer";
}


sub form {
    my %field;

    for (split /&/, $_[0]) {
        my ($name, $value) = split /=/, $_, 2;

        $value =~ tr/+/ /;
        $value =~ s/%([0-9a-fA-F]{2})/chr hex $1/ge;
        utf8::decode($value);
        $field{$name} = $value;
    }

    return \%field;
}


sub vonage {
    my ($status, $text) = @_;

    return $utf8->encode({ 'message-count' => '1', messages => [
        $status eq '0' ? { status => '0', 'message-id' => '0A0000000123ABCD1',
                           'remaining-balance' => '3.14' }
                       : { status => $status, 'error-text' => $text } ] });
}


# (who, number, status, body, fields)

sub answer {
    my ($method, $path, $headers, $body) = @_;

    my $auth = $headers->{authorization} // '';
    my $type = $headers->{'content-type'} // '';
    my $field = $type =~ /form/ ? form($body)
                                : eval { $utf8->decode($body) } || {};

    if ($path =~ m{^/2010-04-01/Accounts/(\w+)/Messages\.json$}) {
        my $to = $field->{To} // '';
        my @common = ('twilio', $to);

        return (@common, 401, '{"code":20003,"message":"Authenticate"}',
                $field)
            unless $1 eq ACCOUNT && $auth =~ /^Basic (.*)/
                && decode_base64($1) eq ACCOUNT . ':' . SECRET;
        return (@common, 400, '{"code":21211,"message":"Invalid To"}', $field)
            if $to !~ /^\+[1-9]\d{6,14}$/ || $to =~ /0002$/;
        return (@common, 400, '{"code":21602,"message":"no Body"}', $field)
            unless length($field->{Body} // '') && $field->{From};
        return (@common, 201, '{"sid":"SM0123456789abcdef0123456789abcdef",'
                . '"status":"queued","error_code":null}', $field);
    }

    if ($path eq '/messages') {
        my $to = $field->{recipients}[0] // '';
        my @common = ('bird', $to);

        return (@common, 401, '{"errors":[{"code":2,"description":"access"}]}',
                $field) unless $auth eq 'AccessKey ' . SECRET;
        return (@common, 422, '{"errors":[{"code":9,"parameter":"recipients"'
                . '}]}', $field)
            if $to !~ /^[1-9]\d{6,14}$/ || $to =~ /0002$/
                || length($field->{originator} // '') > 11
                || !length($field->{body} // '');
        return (@common, 201, '{"id":"e8077d803532c0b5937c639b60216938",'
                . '"recipients":{"totalCount":1}}', $field);
    }

    if ($path eq '/sms/json') {
        my $to = $field->{to} // '';
        my @common = ('vonage', $to, 200);

        return (@common, vonage('4', 'Bad Credentials'), $field)
            unless ($field->{api_secret} // '') eq SECRET
                && ($field->{api_key} // '') eq 'key';
        return (@common, vonage('3', 'to is invalid'), $field)
            if $to !~ /^[1-9]\d{6,14}$/ || $to =~ /0002$/;
        return (@common, vonage('6', 'unroutable'), $field)
            if ($field->{text} // '') =~ /[^\x00-\xff]/
                && $field->{type} ne 'unicode';
        return (@common, vonage('0'), $field);
    }

    if ($path eq '/services/T0/B0/' . SECRET) {
        return ('slack', '', 400, 'invalid_payload', $field)
            unless length($field->{text} // '');
        return ('slack', '', 200, 'ok', $field);
    }

    if ($path eq '/api/events') {
        my $a = $field->{data}{attributes} || {};

        return ('klaviyo', '', 401, '{"errors":[{"code":"not_authenticated"}'
                . ']}', $field)
            unless $auth eq 'Klaviyo-API-Key ' . SECRET;
        return ('klaviyo', '', 400, '{"errors":[{"code":"invalid"}]}', $field)
            unless $headers->{revision} =~ /^\d{4}-\d\d-\d\d$/
                && $type eq 'application/vnd.api+json'
                && $a->{profile}{data}{attributes}{email}
                && $a->{metric}{data}{attributes}{name} && $a->{unique_id};
        return ('klaviyo', '', 202, '', $field);
    }

    return ('nobody', '', 404, '{}', $field);
}

1;
