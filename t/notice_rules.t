#!/usr/bin/perl

# People are told when it is day where they are, and only if they have not said
# that they want none; what waits is to be seen, and loses nothing.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Mta;

use JSON::PP ();

my $mta = Wismo::Mta->new;
my ($port, $ca) = ($mta->port, $mta->ca);

# It is quiet now in Tokyo, where clocks are never set, and not at the other
# side of the world.

my $hour = ((gmtime)[2] + 9) % 24;
my $quiet = sprintf '%02d:00-%02d:00', ($hour + 23) % 24, ($hour + 2) % 24;

my $t = Wismo::Test->new(fetcher => 1, start => 0, http => <<"EOT");
    wismo_notify mail {
        type mail;
        smtp smtp://127.0.0.1:$port;
        ca_file $ca;
        user wismo;
        secret_file %%DIR%%/relay.password;
        from orders\@shop.example;
        site https://shop.example;
        events order_confirmed;
        quiet $quiet;
    }
EOT

$t->secret('relay.password', 'relay-password-for-tests');
$t->start;

my $json = JSON::PP->new->utf8;

sub put {
    my ($number, %more) = @_;

    $t->put_order($number, { customer => { email => "$number\@shop.example" },
                             shipments => [], %more });
}

sub notices {
    my ($number) = @_;
    my ($status, $out) =
        $t->wismo(qw(order show --notices --json), $number);

    return $status == 0 ? $json->decode($out)->{notices} : [];
}

sub is_told {
    my ($number, $state, $text, $name) = @_;
    my $all;

    ok((wait_until {
        $all = notices($number);
        @$all == 1 && $all->[0]{state} eq $state
    } 20, $name), $name) or diag($json->encode($all));
    is($all->[0]{text}, $text, "$name: why") if defined $text;

    return $all->[0];
}

put('tokyo', ship_to => { country => 'JP' });
put('rio', ship_to => { country => 'US', region => 'NY' });
put('nowhere');
put('no-mail', consent => { email => JSON::PP::false });
put('no-text', consent => { sms => JSON::PP::false, email => undef });

my $one = is_told('rio', 'sent', undef, 'where it is day, it is told');

is($one->{channel}, 'mail', 'by which channel');
is($one->{notice}, 'order_confirmed', 'what');
like($one->{when}, qr/^\d{4}-\d\d-\d\dT/, 'when');

is_told('nowhere', 'sent', undef, 'nothing known: by the channel\'s zone');
is_told('no-text', 'sent', undef, 'who wants no text messages has mail');
is_told('no-mail', 'skipped', 'consent', 'who wants no mail has none');
is_told('tokyo', 'pending', '', 'where it is night, it waits');

like(($t->wismo(qw(order show --notices), 'rio'))[1],
     qr/^notices +1\n +\S+Z sent +mail +order_confirmed /m, 'for people');

my ($bucket, $due) = map {
    my $at = $t->redis->call('ZSCORE', $_, 'tokyo#');
    $at ? ($_, $at / 1000) : ()
} @{ $t->redis->call('KEYS', 'wd:*:!notices') };

my $ends = ((gmtime($due))[2] + 9) % 24;
is($ends, ($hour + 2) % 24, 'until the hour it ends there');
is((gmtime($due))[1], 0, 'to the minute');


# What is no consent

my $r = $t->api('PUT', '/orders/bad', { shipments => [],
    consent => { email => 'yes', fax => JSON::PP::true } });

is($r->status, 422, 'consent is true or false');
like($r->body, qr{/consent/email}, 'told where');
like($r->body, qr{/consent/fax}, 'and that there is no such channel');

$mta->stop;
done_testing;
