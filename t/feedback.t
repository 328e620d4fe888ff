#!/usr/bin/perl

# After the delivery a shopper says whether it arrived, how it was, and what
# they like, with one form and no script.  It is kept once, with the order,
# and goes with it; nobody else can say it for them.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1, workers => 1, carriers => ['ups'],
    sim => { 'ups-client' => undef }, redis => { appendonly => 1 },
    locations => <<'EOT');
        location /track/ { wismo_track; }
        location /off/   { wismo_track; wismo_feedback off; }
        location /wismo/api/ { wismo_api; wismo_api_keys %%DIR%%/api.keys; }
        location = /wismo/ready { wismo_health ready; }
EOT

wait_until { $t->get('/wismo/ready')->status == 200 } 10, 'ready';

sub delivered {
    my ($number) = @_;

    my $order = order($number);

    unshift @{ $order->{shipments}[0]{events} }, {
        time => '2026-11-22T12:00:00-05:00', status => 'delivered',
        description => 'Delivered' };

    return $order;
}

seed($t, map { delivered($_) } 1001 .. 1006);

my $page = $t->pair($t->get($t->link('1001')));


sub say_it {
    my ($number, $field, %opt) = @_;

    my $key = $opt{key} // $t->token($number, purpose => 'feedback',
                                     issued => 0, expires => 9999999999);

    return $t->form(($opt{path} // '/track/') . "$number/feedback",
                    { key => $key, %$field }, headers => {
        Cookie => $opt{cookie} // $t->pair($t->get($t->link($number))),
        %{ $opt{headers} || {} } });
}

sub told {
    my ($number) = @_;

    my ($status, $out) = $t->wismo('order', 'show', $number, '--json');

    return $status == 0 ? JSON::PP->new->utf8->decode($out)->{feedback}
                        : undef;
}

sub settled {
    my $left;

    wait_until {
        $left = 0;
        $left += $t->redis->call('XLEN', "wi:{$_}") for 0 .. 15;
        !$left
    } 10, 'an empty inbox';
}


# The page has the form, with what it must hold

{
    my $body = $t->get('/track/1001', Cookie => $page)->body;

    like($body, qr{<form\ method="post"\ action="/track/1001/feedback">}x,
         'the form');

    my ($key) = $body =~ /name="key" value="([^"]+)"/;

    is($key, $t->token('1001', purpose => 'feedback', issued => 0,
                       expires => 9999999999), 'its key');
    like($body, qr{<p[^>]*\ id="thanks"}, 'thanks, for who comes back');
    unlike($t->get('/track/1001')->body, qr/feedback"/,
           'not for who sees less');
    unlike($t->get('/off/1001', Cookie => $page)->body, qr/feedback"/,
           'nor where it is off');
}


# Said, kept, shown, and said better

{
    my $r = say_it('1001', { arrived => 'yes', rating => 4, comment =>
        "Quick, <b>thank</b> you \xe2\x80\x94 \"Jo\"\r\n\xe2\x80\xae!" });

    is($r->status, 303, 'posted');
    is($r->header('location'), 'http://localhost:' . $t->port
                               . '/track/1001#thanks', 'back to the page');

    my $said;
    ok((wait_until { $said = told('1001') } 10, 'feedback'), 'kept');

    is($said->{arrived}, JSON::PP::true, 'arrived');
    is($said->{rating}, 4, 'rating');
    is($said->{comment}, "Quick, <b>thank</b> you \x{2014} \"Jo\" !",
       'words, without what turns them round');
    like($said->{at}, qr/^\d{4}-\d\d-\d\dT/, 'when');

    my ($status, $out) = $t->wismo('order', 'show', '1001');

    like($out, qr/^feedback\s+\d{4}-.*\n\s+arrived\s+yes\n
                  \s+rating\s+4\ of\ 5\n\s+words\s+Quick/xm, 'as text');

    my $version = $t->order('1001')->{version};

    say_it('1001', { arrived => 'no' });
    ok((wait_until { !told('1001')->{arrived} } 10, 'the other'), 'the last');
    is(told('1001')->{rating}, undef, 'is what counts');
    is($t->order('1001')->{version}, $version, 'the order is as it was');
    is($t->order('1001')->{feedback}, undef, 'and says nothing of it');
    unlike($t->get('/track/1001', Cookie => $page)->body, qr/Quick/,
           'nor does the page');
}


# What nobody can mean

{
    for my $field ({}, { rating => 9 }, { rating => '44' },
                   { arrived => 'maybe' }, { comment => " \t\r\n" },
                   { other => 'x' })
    {
        say_it('1002', $field);
    }

    settled();
    is(told('1002'), undef, 'nothing said, nothing kept');
    is(scalar(grep { /^wx:/ } @{ $t->redis->call('KEYS', 'wx:*') }), 0,
       'nor buried');

    is(say_it('1002', { comment => 'x' x 20_000 })->status, 413, 'too much');
}


# Not who may not

{
    my %no = (
        'without a cookie'  => [ cookie => 'a=b' ],
        'a minimal link'    => [ cookie => $t->pair($t->get($t->link('1003',
                                 scope => 'm'))) ],
        'another order\'s'  => [ cookie => $page ],
        'without its key'   => [ key => '' ],
        'another\'s key'    => [ key => $t->token('1004',
                                 purpose => 'feedback', issued => 0,
                                 expires => 9999999999) ],
        'a link as key'     => [ key => $t->token('1003') ],
        'another site'      => [ headers => { 'Sec-Fetch-Site' =>
                                              'cross-site' } ],
        'a sister site'     => [ headers => { 'Sec-Fetch-Site' =>
                                              'same-site' } ],
        'another origin'    => [ headers => { Origin =>
                                              'https://evil.example' } ],
        'hidden elsewhere'  => [ headers => { Origin => 'null',
                                 'Sec-Fetch-Site' => 'cross-site' } ],
        'origin with more'  => [ headers => { Origin =>
                                              'http://localhost.evil' } ],
        'where it is off'   => [ path => '/off/' ],
    );

    for my $name (sort keys %no) {
        my $r = say_it('1003', { rating => 1 }, @{ $no{$name} });

        like($r->status, qr/^40[45]$/, "refused: $name");
    }

    settled();
    is(told('1003'), undef, 'nothing is kept');

    is($t->get('/track/1003/feedback')->status, 404, 'there is no such page');

    my $cookie = $t->pair($t->get($t->link('1003')));
    $t->wismo(qw(order link 1003 --revoke));
    ok((wait_until {
        say_it('1003', { rating => 1 }, cookie => $cookie)->status == 404
    } 6, 'revoked'), 'nor with a link that was revoked');

    is(say_it('1003', { rating => 5 }, headers => {
           'Sec-Fetch-Site' => 'same-origin', Origin => 'http://localhost' })
       ->status, 303, 'a browser of ours');
    ok((wait_until { told('1003') } 10, 'feedback'), 'is heard');
}


# Nobody fills the inbox with it

{
    is(say_it('1004', { rating => 1 + $_ % 5 })->status, 303, 'again')
        for 1 .. 12;
    settled();
    is(told('1004')->{rating}, 1, 'five times are enough');
}


# Redis is away: told, and nothing is lost that was accepted

{
    my $cookie = $t->pair($t->get($t->link('1005')));

    $t->redis->stop;
    ok((wait_until { say_it('1005', { rating => 2 }, cookie => $cookie)
                     ->status == 503 } 10, 'no Redis'), 'Redis is down');
    $t->redis->start;
    ok((wait_until { say_it('1005', { rating => 3 }, cookie => $cookie)
                     ->status == 303 } 20, 'Redis'), 'and back');
    ok((wait_until { (told('1005') || {})->{rating} } 10, 'it'), 'it is kept');
}


# It goes with the order

{
    say_it('1006', { comment => 'Words-1006' });
    ok((wait_until { told('1006') } 10, 'feedback'), 'said');

    is(($t->wismo(qw(order erase 1006 --yes)))[0], 0, 'erased');
    is(scalar(grep { ($t->redis->call('TYPE', $_) eq 'hash')
                     && "@{ $t->redis->call('HGETALL', $_) }" =~ /Words/ }
              @{ $t->redis->call('KEYS', 'wn:*1006') }), 0, 'so is it');
}

done_testing;
