#!/usr/bin/perl

# A stream that a link or a look-up has opened ends when that is taken back,
# before anything more is told; who got a new one goes on hearing.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Live;
use Wismo::Process qw(spawn end slurp free_port alive);
use Wismo::Seed;

my $h2 = free_port();
my $t = Wismo::Test->new(workers => 2, fetcher => 1,
    server => "        listen 127.0.0.1:$h2 http2;\n", locations => <<'EOT');
        location /track/ { wismo_track; wismo_order_only none; }
        location /minimal/ { wismo_track; }
        location /open/ { wismo_track; wismo_order_only full; }
        location = /wismo/ready { wismo_health ready; }
        location /wismo/api/ { wismo_api; wismo_api_keys %%DIR%%/api.keys; }
EOT

wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';
seed($t, map { order($_) } 1001 .. 1003);


# On a busy machine Redis may be late: then a client is told to come again.

sub opened {
    my ($path, $cookie) = @_;
    my $s;

    for (1 .. 10) {
        $s = Wismo::Live->new($t->port, $path,
                              headers => { Cookie => $cookie // '' });
        last if $s->status != 503;
    }

    return $s;
}


sub by_link {
    my ($number, %opt) = @_;
    return $t->pair($t->get($t->link($number, %opt)));
}


sub by_form {
    my ($number) = @_;
    return $t->pair($t->form('/track/', { order => $number,
        proof => "mail-$number\@shop.example" }));
}


my $cookie = by_link('1001');
my %void = (
    map({ ("link $_" => opened('/track/1001/live', $cookie)) } 1 .. 4),
    'minimal link' => opened('/track/1001/live', by_link('1001',
                                                         scope => 'm')),
    'form'         => opened('/track/1001/live', by_form('1001')),
);
my %other = (
    'another order'   => opened('/track/1002/live', by_link('1002')),
    'no link needed'  => opened('/minimal/1001/live', $cookie),
    'no cookie'       => opened('/minimal/1001/live'),
    'open to all'     => opened('/open/1001/live', $cookie),
);

for (\%void, \%other) {
    for my $name (sort keys %$_) {
        is($_->{$name}->status, 200, "$name: a stream");
        ok($_->{$name}->event, "$name: the state");
    }
}

my $file = $t->dir . '/h2';
my $pid = spawn("$file.err", {}, 'curl', '-sN', '--http2-prior-knowledge',
    '-b', $cookie, '-o', $file, "http://127.0.0.1:$h2/track/1001/live");

ok(wait_until(sub { slurp($file) =~ /^data: /m }, 10), 'HTTP/2: the state');


# Revoked: no event, but the end

is(($t->wismo(qw(order link 1001 --revoke)))[0], 0, 'revoked');

for my $name (sort keys %void) {
    ok($void{$name}->ended(10), "$name: the stream ends");
    is($void{$name}->event(0), undef, "$name: and tells no more");
}

ok(wait_until(sub { !alive($pid) }, 10), 'HTTP/2: the stream ends');
is(scalar(() = slurp($file) =~ /^data: /mg), 1, 'HTTP/2: and tells no more');

is(opened('/track/1001/live', $cookie)->status, 404, 'there is no other');

for my $name (grep { $_ ne 'another order' } sort keys %other) {
    ok($other{$name}->event(10), "$name: told of the new version");
}

ok($other{'another order'}->quiet(0.3), 'another order: nothing is told');


# A new link opens a stream that hears

my $new = opened('/track/1001/live', by_link('1001'));
ok($new->event, 'a new link: the state');

my $version = newer($t, '1001');
my $event = $new->event(10);
is($event && $event->{version}, $version, 'and a change');
$event = $other{'open to all'}->event(10);
is($event && $event->{version}, $version, 'as the others');


# The order is erased and its number used again at once: with the same version
# it is still another order.

{
    my $old = opened('/track/1003/live', by_link('1003'));
    my $first = $old->event;
    my $document = document($t, '1003');

    substr $document, 70, 10, sprintf '%010d', time + 1;

    $t->redis->call('SET', key('1003'), $document);
    ok($old->ended(10), 'an order with a used number: the stream ends');
    is($first && $first->{version} + 0, substr($document, 4, 10) + 0,
       'of the same version');
}

end($pid, 'TERM', 5);
done_testing;
