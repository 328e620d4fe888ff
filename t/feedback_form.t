#!/usr/bin/perl

# The feedback form as the page has it, filled in and posted as a browser does
# without a script: one POST, kept once; posted again, from the same page or
# by going back, it is still there once.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Form;
use Wismo::Process qw(slurp);
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1, workers => 2, locations => <<'EOT');
        location /track/ { wismo_track; wismo_order_only none; }
        location /shop/orders/ { wismo_track; }
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

seed($t, order('1001'), map { delivered($_) } 1002 .. 1004);


sub told {
    my ($number) = @_;

    my ($status, $out) = $t->wismo('order', 'show', $number, '--json');

    return $status == 0 ? JSON::PP->new->utf8->decode($out)->{feedback}
                        : undef;
}


sub entries {
    my ($number) = @_;

    return grep { /feedback/ } @{ $t->redis->call('HKEYS',
                                     key($number) =~ s/^wo/wn/r) };
}


sub version {
    return 0 + $t->redis->call('GETRANGE', key($_[0]), 4, 13);
}


sub settled {
    my $left;

    wait_until {
        $left = 0;
        $left += $t->redis->call('XLEN', "wi:{$_}") for 0 .. 15;
        !$left
    } 10, 'an empty inbox';
}


sub posts {
    return scalar(() = slurp($t->dir . '/access.log')
                       =~ m{"POST /\S+/feedback HTTP}g);
}


# As a browser: the form's own method, address and fields, and its cookie.  A
# page whose policy is "no-referrer" has no origin to tell, either.

sub browse {
    my ($path, $number) = @_;

    my $cookie = $t->pair($t->get($t->link($number) =~ s{^/track/}{$path}r));
    my $r = $t->get("$path$number", Cookie => $cookie);
    my @forms = grep { $_->action =~ /feedback/ } Wismo::Form::all($r->body);

    return ($forms[0], $cookie, scalar @forms);
}


sub post {
    my ($form, $cookie, %value) = @_;

    my ($path) = $form->action =~ m{^(?:http://[^/]+)?(/.*)};

    return $t->request($form->method, $path, body => $form->fill(%value),
        headers => {
            Cookie => $cookie, Origin => 'null',
            'Sec-Fetch-Site' => 'same-origin',
            'Content-Type' => 'application/x-www-form-urlencoded',
        });
}


# Before the delivery nobody is asked

is((browse('/track/', '1001'))[2], 0, 'no form before the delivery');


for my $path ('/track/', '/shop/orders/') {
    my $number = $path eq '/track/' ? '1002' : '1003';
    my ($form, $cookie, $n) = browse($path, $number);

    is($n, 1, "$path: one form");
    is($form->method, 'POST', 'which is posted');
    is_deeply([ sort $form->names ], [qw(arrived comment key rating)],
              'its fields');

    for (qw(arrived=yes arrived=no rating=1 rating=5)) {
        my ($name, $value) = split /=/;
        ok(eval { $form->fill($name => $value) }, "the choice $_") or diag($@);
    }

    my $r = post($form, $cookie, arrived => 'yes', rating => 5, comment =>
                 "Na\xefve & quick, 100 % = \"good\"\n+1; thanks?");

    is($r->status, 303, 'posted');
    like($r->header('location'), qr{^http://localhost(?::\d+)?
                                    \Q$path$number\E\#thanks$}x, 'back');

    my $said;
    ok((wait_until { $said = told($number) } 10, 'feedback'), 'it is kept');
    is($said->{arrived}, JSON::PP::true, 'that it arrived');
    is($said->{rating}, 5, 'the rating');
    is($said->{comment}, "Na\xefve & quick, 100 % = \"good\" +1; thanks?",
       'the words');
    is(scalar(my @once = entries($number)), 1, 'once');

    # the same again, as by a reload, and a second thought from the same page

    my $before = version($number);

    is(post($form, $cookie, arrived => 'yes', rating => 5,
            comment => 'The same')->status, 303, 'again') for 1 .. 2;
    is(post($form, $cookie, rating => 2)->status, 303, 'other than before');
    settled();

    is(scalar(my @still = entries($number)), 1, 'it is there once');
    is(told($number)->{rating}, 2, 'the last that was said');
    is(told($number)->{arrived}, undef, 'and nothing of what was before');
    is(version($number), $before, 'the order is as it was');
}

is(posts(), 8, 'each time it was one POST');


# As it is, with nothing filled in, it says nothing

{
    my ($form, $cookie) = browse('/track/', '1004');

    is(post($form, $cookie)->status, 303, 'posted empty');
    settled();
    is(told('1004'), undef, 'nothing is kept');
    is(scalar(grep { /^wx:/ } @{ $t->redis->call('KEYS', 'wx:*') }), 0,
       'and nothing is wrong');
}


# As much as the field takes, in any writing: nobody's words are cut

{
    my ($form, $cookie) = browse('/track/', '1004');
    my $words = "\x{3042}" x 1000;
    my $said;

    is(post($form, $cookie, comment => $words)->status, 303, 'much to say');
    ok((wait_until { $said = told('1004') } 10, 'feedback'), 'it is kept');
    is(length $said->{comment}, 1000, 'to the last letter');
}

done_testing;
