package Wismo::Sim;

# Starts the carrier simulator (t/sim/carrier-sim) and talks to its control
# interface.  See "t/sim/carrier-sim --help" for what each call means.
#
#   my $sim = Wismo::Sim->new($dir, root => $checkout, scale => 60);
#   $sim->load(script => 'ups-delivered', number => '1Z...', age => '3d');
#   $sim->load(script => { carrier => 'ups', events => [ ... ] }, number => ..)
#   $sim->clock(advance => '2h');  $sim->clock(scale => 0);  $sim->clock;
#   $sim->fault(carrier => 'ups', kind => 'status', status => 503,
#               times => 2);
#   $sim->clear;                       # no faults, quotas as at the start
#   $sim->quota(carrier => 'ups', n => 10, per => 60);
#   $sim->hook(url => ..., secret => ...);      # where EasyPost pushes,
#   $sim->hook(sender => 'shippo', ...);        # or another
#   $sim->push(number => 'EZ...');              # push once more, now
#   $sim->revoke('ups');                        # tokens given so far
#   $sim->count('ups'); $sim->count('ups', 'token');
#   $sim->requests('ups');                      # [ { method, path, ... } ]

use strict;
use warnings;

use JSON::PP ();
use Wismo::Http;
use Wismo::Process qw(spawn end free_port wait_until slurp alive);

my $json = JSON::PP->new->utf8->canonical->allow_nonref;


sub new {
    my ($class, $dir, %opt) = @_;

    my $self = bless {
        port  => $opt{port} || free_port(),
        log   => "$dir/sim.log",
        owner => $$,
    }, $class;

    my $root = delete $opt{root};
    my @args = map { ("--$_", $opt{$_}) }
        grep { $_ ne 'port' && defined $opt{$_} } sort keys %opt;

    $self->{pid} = spawn($self->{log}, {}, $^X, "$root/t/sim/carrier-sim",
        '--port', $self->{port}, @args);

    wait_until {
        !alive($self->{pid}) || eval { $self->ask('GET', 'clock') }
    } 10, 'the carrier simulator';

    die "the carrier simulator did not start:\n" . slurp($self->{log})
        unless alive($self->{pid});

    return $self;
}


sub port { $_[0]{port} }
sub pid  { $_[0]{pid} }
sub url  { "http://127.0.0.1:$_[0]{port}" }
sub log  { slurp($_[0]{log}) }


sub ask {
    my ($self, $method, $what, $body) = @_;

    my $r = Wismo::Http::request($self->{port}, $method, "/_sim/$what",
        defined $body ? (body => $json->encode($body)) : ());

    die "simulator: $method $what: " . $r->status . ' ' . $r->body . "\n"
        unless $r->status == 200;

    return $r->json;
}


sub load  { my $self = shift; $self->ask(POST => 'load', {@_}) }
sub fault { my $self = shift; $self->ask(POST => 'fault', {@_}) }
sub quota { my $self = shift; $self->ask(POST => 'quota', {@_}) }
sub hook  { my $self = shift; $self->ask(POST => 'hook', {@_}) }
sub push  { my $self = shift; $self->ask(POST => 'push', {@_}) }
sub clear { $_[0]->ask(DELETE => 'fault') }
sub parcels { $_[0]->ask(GET => 'parcels') }
sub forget  { $_[0]->ask(DELETE => 'requests') }
sub revoke  { $_[0]->ask(POST => 'revoke', { carrier => $_[1] }) }


sub clock {
    my ($self, %opt) = @_;

    return %opt ? $self->ask(POST => 'clock', \%opt)
                : $self->ask(GET => 'clock');
}


sub requests {
    my ($self, $carrier) = @_;

    return $self->ask(GET => 'requests'
                             . ($carrier ? "?carrier=$carrier" : ''));
}


sub count {
    my ($self, $carrier, $what) = @_;

    return $self->ask(GET => 'counters')->{$carrier}{ $what || 'track' } || 0;
}


sub stop {
    my ($self) = @_;

    return unless $self->{pid} && $self->{owner} == $$;

    end(delete $self->{pid}, 'TERM', 5);
}


1;
