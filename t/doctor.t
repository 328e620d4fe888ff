#!/usr/bin/perl

# The doctor says what is wrong with an installation, and what to do about it.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Process qw(slurp spew);
use Wismo::Test;

use JSON::PP ();

my $json = JSON::PP->new->utf8;
my $t = Wismo::Test->new(carriers => [qw(ups fedex easypost)], fetcher => 1,
                         redis => { appendonly => 1 });
my $config = $t->dir . '/state/wismo.json';


sub doctor {
    my (%env) = @_;
    my ($status, $out) = $t->wismo({ env => \%env }, 'doctor', '--json');
    my $told = $json->decode($out);

    return ($status, $told,
            { map { $_->{check} => $_ } @{ $told->{checks} } });
}


# A changed copy of the configuration

sub with {
    my ($code) = @_;

    local $_ = $json->decode(slurp($config));
    $code->();
    spew($t->dir . '/changed.json', $json->encode($_));

    return (WISMO_CONFIG => $t->dir . '/changed.json');
}


# All is well

{
    wait_until { (doctor())[0] == 0 } 10, 'the fetcher to be at work';

    my ($status, $told) = doctor();

    is($status, 0, 'exit status');
    is($told->{failures}, 0, 'no failure');
    is($told->{warnings}, 0, 'no warning')
        or diag($json->encode($told));

    like(($t->wismo('doctor'))[1], qr/^ok\s+redis\s/m, 'for people');
}


# What is wrong is named, with its fix

{
    my ($status, undef, $check) = doctor(WISMO_CONFIG => '/nowhere');

    is($status, 1, 'no configuration');
    like($check->{configuration}{fix}, qr/wismo_fetcher/, 'its fix');

    spew($t->dir . '/broken.json', '{"v":1,"redis":{"url":7}}');
    (undef, undef, $check) = doctor(WISMO_CONFIG => $t->dir . '/broken.json');
    like($check->{configuration}{text}, qr{/redis/url expected},
         'broken configuration: a JSON pointer');

    ($status, undef, $check) = doctor(with(sub {
        $_->{redis}{url} = 'unix:/nowhere.sock';
    }));
    is($status, 1, 'no Redis');
    is($check->{redis}{result}, 'fail', 'no Redis: fail');
    like($check->{redis}{fix}, qr/wismo_redis/, 'no Redis: its fix');

    (undef, undef, $check) = doctor(with(sub {
        $_->{carriers} = [ { name => 'acme' } ];
    }));
    like($check->{carrier}{text}, qr/acme/, 'an adapter that is not there');

    (undef, undef, $check) = doctor(with(sub {
        $_->{secret_file} = '/nowhere.key';
    }));
    is($check->{links}{result}, 'fail', 'no secret file');

    spew($t->dir . '/short.key', "short\n");
    (undef, undef, $check) = doctor(with(sub {
        $_->{secret_file} = $t->dir . '/short.key';
    }));
    like($check->{links}{text}, qr/short\.key:1: /, 'a short secret: its line');
}


# Redis that would lose orders

{
    $t->redis->call('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    $t->redis->call('CONFIG', 'SET', 'appendonly', 'no');

    my ($status, undef, $check) = doctor();

    is($status, 1, 'eviction: exit status');
    is($check->{eviction}{result}, 'fail', 'eviction');
    like($check->{eviction}{fix}, qr/noeviction/, 'eviction: its fix');
    is($check->{persistence}{result}, 'warn', 'persistence');

    $t->redis->call('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
}


# Another program's database

{
    $t->redis->call('HSET', 'w:meta', 'schema', '99');

    my ($status, undef, $check) = doctor();

    is($status, 1, 'another schema: exit status');
    like($check->{schema}{text}, qr/another schema/, 'another schema');

    $t->redis->call('HSET', 'w:meta', 'schema', '1');
}


is(($t->wismo('doctor', 'x'))[0], 2, 'unusable arguments');

done_testing;
