package Sim::Carrier;

# What the three carriers have in common: tokens that expire and can be
# revoked, a request quota, and the book of what was asked.

use strict;
use warnings;

use Digest::SHA ();
use JSON::PP ();
use MIME::Base64 ();
use Time::HiRes ();

our $json = JSON::PP->new->utf8->canonical;


sub new {
    my ($class, $world, %opt) = @_;

    return bless {
        world  => $world,
        tokens => {},
        counts => {},
        times  => [],
        serial => 0,
        %opt,
    }, $class;
}


sub world { $_[0]{world} }


sub quota {
    my ($self, $n, $per, $retry) = @_;

    $self->{quota} = { n => $n, per => $per, retry => $retry };
    $self->{first} ||= $self->{quota};
    $self->{times} = [];
}


# Quotas and tokens go by the real clock: it is what the client has.

sub throttled {
    my ($self) = @_;
    my $quota = $self->{quota} or return 0;
    my $now = Time::HiRes::time();
    my $times = $self->{times};

    shift @$times while @$times && $times->[0] <= $now - $quota->{per};

    return 1 if @$times >= $quota->{n};

    push @$times, $now;

    return 0;
}


sub give_token {
    my ($self) = @_;

    my $token = Digest::SHA::sha256_hex(
        join '/', ref $self, ++$self->{serial}, Time::HiRes::time(), $$);

    $self->{tokens}{$token} = Time::HiRes::time() + $self->{world}{ttl};

    return $token;
}


# "good", "expired" or "unknown"

sub token_state {
    my ($self, $request) = @_;

    my ($token) = ($request->{headers}{authorization} // '')
        =~ /^Bearer (\S+)$/ or return 'none';
    my $expires = $self->{tokens}{$token} or return 'unknown';

    return $expires > Time::HiRes::time() ? 'good' : 'expired';
}


sub basic {
    my ($request) = @_;

    my ($text) = ($request->{headers}{authorization} // '')
        =~ /^Basic ([A-Za-z0-9+\/=]+)$/ or return;

    return split /:/, MIME::Base64::decode_base64($text), 2;
}


sub form {
    my ($body) = @_;

    return map {
        my ($k, $v) = map { s/\+/ /gr =~ s/%(..)/chr hex $1/ger }
            split /=/, $_, 2;
        ($k => $v // '')
    } split /&/, $body;
}


sub client_ok {
    my ($self, $id, $secret) = @_;

    return defined $id && defined $secret && length $secret
        if !defined $self->{client};

    return "$id:$secret" eq $self->{client}
        if defined $id && defined $secret;

    return 0;
}


sub answer {
    my ($status, $data, %headers) = @_;

    return {
        status  => $status,
        headers => \%headers,
        body    => ref $data ? $json->encode($data) : $data,
    };
}


sub uuid {
    my ($self) = @_;

    return join '-', unpack 'A8 A4 A4 A4 A12',
        Digest::SHA::sha1_hex(join '/', ref $self, ++$self->{serial}, $$);
}


1;
