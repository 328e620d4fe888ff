package Sim::Australiapost;

# Australia Post: Basic and an account number; ten numbers, errors in the
# items, no codes but words, and every clock that of the one who asks.

use strict;
use warnings;

use parent -norequire, 'Sim::Api';
use Sim::Api;

use constant { name => 'australiapost', BATCH => 10 };


sub routes { [ qr{^/shipping/v1/track$} => 'track' ] }


sub error_of {
    my ($self, $status, %headers) = @_;

    return Sim::Carrier::answer($status, { errors => [ {
        code => $status == 401 ? 'API_002' : "API_$status",
        name => $status == 401 ? 'Authentication' : 'Error',
        message => 'The request was not processed' } ] }, %headers);
}


sub refused {
    my ($self, $request) = @_;

    return if $self->account(Sim::Carrier::basic($request),
                             Sim::Api::header($request, 'Account-Number'));

    return $self->error_of(401);
}


sub asked {
    my ($self, $request) = @_;

    my @numbers = split /,/, $request->{query}{tracking_ids} // '';

    return $self->error_of(400) if !@numbers || @numbers > BATCH;
    return @numbers;
}


sub said {
    my ($self, $request, @items) = @_;

    my $reply = Sim::Carrier::answer(200, { tracking_results => [ map {
        my $item = $_;

        $item->{n} ? {
            tracking_id     => $item->{number},
            status          => $item->{events}[-1]{status},
            trackable_items => [ {
                article_id   => $item->{number},
                product_type => 'Parcel Post',
                status       => $item->{events}[-1]{status},
                events       => [ map { $self->event($_) }
                                  reverse @{ $item->{events} } ],
                %{ $item->{fields} },
            } ],
        } : {
            tracking_id => $item->{number},
            errors      => [ { code => 'ESB-10001',
                               name => 'Invalid tracking ID' } ],
        }
    } @items ] });

    $reply->{headers}{'X-RateLimit-Remaining'} = 100;

    return $reply;
}


sub event {
    my ($self, $event) = @_;

    my $place = $self->place($event);

    return {
        description => $event->{text},
        date        => $self->iso($event, 'Australia/Sydney'),
        $place->{city} ? (location => uc "$place->{city} $place->{state}")
                       : (),
    };
}


1;
