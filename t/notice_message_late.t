#!/usr/bin/perl

# Of STOP and START the one that was said last holds, whatever becomes known
# when: a letter that could not be opened is read again when its key is back,
# and a service sends again what it could not deliver.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;

use Digest::SHA qw(hmac_sha256_hex);
use JSON::PP ();
use POSIX ();

my $json = JSON::PP->new->utf8->canonical;
my $token = 'vonage-secret-for-tests-012345678';

my $t = Wismo::Test->new(fetcher => 1, start => 0, server => <<'EOT');
    location /in/vonage {
        wismo_hook vonage-in channel=vonage;
        wismo_hook_secret_file %%DIR%%/message.secret;
    }
EOT

$t->secret('message.secret', $token);
$t->start;

my $redis = $t->redis;


sub say {
    my ($from, $text, $sent) = @_;
    my %field = (msisdn => $from, to => '15005550006', text => $text,
        type => 'text', timestamp => time(),
        $sent ? ('message-timestamp' => POSIX::strftime(
            '%Y-%m-%d %H:%M:%S', gmtime(time() + $sent))) : ());
    my $signed = join '', map { "&$_=$field{$_}" } sort keys %field;

    my $r = $t->request('POST', '/in/vonage', body => join('&', map {
        my $value = $field{$_};
        $value =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ge;
        "$_=$value";
    } sort(keys %field)) . '&sig=' . hmac_sha256_hex($signed, $token),
        headers => {
            'Content-Type' => 'application/x-www-form-urlencoded' });

    is($r->status, 200, "$text is taken") or diag($r->body);
}

# Whether nothing waits, and how many numbers have said STOP

sub stopped {
    my ($want, $name) = @_;
    my $is;

    ok((wait_until {
        my $waiting = grep { $redis->call('XLEN', $_) }
            @{ $redis->call('KEYS', 'wi:*') };

        $is = $json->decode(($t->wismo(qw(notify status --json)))[1])
            ->{suppressed}{stopped};
        !$waiting && $is == $want
    } 20, $name), $name) or diag($is);
}

# The letters that wait, as a fetcher that stands still leaves them

sub letter {
    my ($from, $text) = @_;

    kill STOP => $t->fetchers;
    say($from, $text);

    my ($stream, $entry);

    for my $key (@{ $redis->call('KEYS', 'wi:*') }) {
        for (@{ $redis->call('XRANGE', $key, '-', '+') }) {
            ($stream, $entry) = ($key, $_);
        }
    }

    $redis->call('XDEL', $stream, $entry->[0]);
    kill CONT => $t->fetchers;

    return sub {
        $redis->call('XADD', $stream, '*', @{ $entry->[1] },
                     first => $entry->[0]);
    };
}


# Read again

{
    my $stop = letter('4315550101', 'STOP');
    my $start = letter('4315550102', 'START');

    say('4315550101', 'START');
    say('4315550102', 'STOP');
    stopped(1, 'the newer words hold');

    $stop->();
    stopped(1, 'a STOP that was taken back, and is read later, is none');
    $start->();
    stopped(1, 'nor does an old START take back a newer STOP');

    say('4315550101', 'STOP');
    stopped(2, 'whoever says it anew has said it');
    $stop->();
    stopped(2, 'the old one changes nothing');
}


# An operator's word is one, too

{
    my $stop = letter('4315550101', 'STOP');

    is(($t->wismo(qw(notify allow +4315550101)))[0], 0, 'is allowed again');
    stopped(1, 'it counts');
    $stop->();
    stopped(1, 'for all that was said before');
}


# When the service tells when it was sent

{
    say('4315550103', 'START', -60);
    say('4315550103', 'STOP', -120);
    stopped(1, 'a STOP that comes late');
    say('4315550103', 'STOP', -30);
    stopped(2, 'and a newer one');
    say('4315550103', 'START', 86400);
    stopped(1, 'a START from tomorrow');
    say('4315550103', 'STOP');
    stopped(2, 'is one of today');
}

done_testing;
