#!/usr/bin/perl

# A master that is killed can end nobody: its workers go on serving, as nginx
# has it, but a fetcher without a master must not go on asking carriers.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(alive end);

my $t = Wismo::Test->new(fetcher => 1);
my $nginx = $t->nginx;

ok wait_until(sub { $t->fetchers == 1 }, 5), 'one fetcher';

my $master = $nginx->pid;
my ($fetcher) = $t->fetchers;
my $manager = $nginx->manager;
my @workers = $nginx->workers;

kill KILL => $master;

ok wait_until(sub { !alive($master) }, 5), 'the master is killed';
ok wait_until(sub { !alive($fetcher) }, 5), 'the fetcher ends';
ok wait_until(sub { !alive($manager) }, 5), 'and the cache manager';
like $nginx->log, qr/\[notice\].*the master is gone, stopping the fetcher/,
    'which says why';
is $t->get('/wismo/ready')->status, 200, 'the workers go on';

end($_, 'QUIT', 10) for @workers;

is scalar($t->fetchers), 0, 'no fetcher came back';

$t->start;
ok wait_until(sub { $t->fetchers == 1 }, 5), 'a new nginx has a fetcher';

done_testing;
