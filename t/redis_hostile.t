#!/usr/bin/perl

# What no real Redis sends: another server at its address, or one that was
# taken over.  Whatever the bytes, a worker neither crashes nor hangs nor
# grows, and no client sees them.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(slurp);

use IO::Socket::UNIX;
use IO::Select;
use Time::HiRes qw(sleep);

my $t = Wismo::Test->new(start => 0, redis => 0);
my $path = $t->dir . '/redis.sock';
my $say = $t->dir . '/say';
my $marker = 'NEVER-SHOWN';


# A server that is polite while it is greeted, and when it is asked for other
# things; asked for a document, it answers with the bytes of the file "say";
# after "cut", the connection ends.

my $listen = IO::Socket::UNIX->new(Local => $path, Listen => 64)
    or die "$path: $!\n";
chmod 0777, $path;

defined(my $server = fork) or die "fork: $!\n";

END { kill TERM => $server if $server }

if ($server == 0) {
    local $SIG{PIPE} = 'IGNORE';
    $SIG{TERM} = 'DEFAULT';
    alarm 0;

    my $select = IO::Select->new($listen);
    my %in;

    while (1) {
        for my $s ($select->can_read) {

            if ($s == $listen) {
                my $new = $listen->accept or next;
                $select->add($new);
                next;
            }

            if (!sysread $s, $in{$s}, 65536, length($in{$s} // '')) {
                $select->remove($s);
                delete $in{$s};
                close $s;
                next;
            }

            while ($in{$s} =~ s/\A\*(\d+)\r\n((?:\$\d+\r\n[^\r]*\r\n)*)//) {
                my $command = $2;

                if ($command !~ /GETRANGE\r\n\$\d+\r\nwo:\{\d+\}:[^!]/)
                {
                    syswrite $s, $command =~ /PING/ ? "+PONG\r\n"
                               : $command =~ /GETRANGE/ ? "\$0\r\n\r\n"
                               : $command =~ /\r\nID\r/ ? ":7\r\n"
                               : $command =~ /SUBSCRIBE\r\n\$\d+\r\n([^\r]*)/
                               ? "*3\r\n\$9\r\nsubscribe\r\n\$"
                                 . length($1) . "\r\n$1\r\n:1\r\n"
                               : "+OK\r\n";
                    next;
                }

                my $text = slurp($say);

                if ($text =~ s/^bytewise //) {
                    for (split //, $text) {
                        syswrite $s, $_;
                        sleep 0.0005;
                    }

                } else {
                    my $cut = $text =~ s/ cut\z//;

                    for (my $at = 0; $at < length $text; ) {
                        my $n = syswrite $s, $text, 65536, $at or last;
                        $at += $n;
                    }

                    if ($cut) {
                        $select->remove($s);
                        delete $in{$s};
                        close $s;
                        last;
                    }
                }
            }
        }
    }
}

close $listen;

$t->nginx->start($t->conf);


sub rss {
    my ($worker) = $t->nginx->workers;

    return slurp("/proc/$worker/status") =~ /VmRSS:\s*(\d+)/ && $1;
}


sub ready { $t->get('/wismo/ready')->status == 200 }


sub says {
    my ($name, $bytes, @status) = @_;

    wait_until \&ready, 10, "$name: the connection";
    Wismo::Process::spew($say, $bytes);

    my $r = $t->get('/track/none.json');

    ok scalar(grep { $r->status == $_ } @status), "$name: @status"
        or diag $r->status;
    unlike $r->body, qr/$marker/, "$name: not shown";
    cmp_ok $r->seconds, '<', 3 * $ENV{WISMO_SLOW}, "$name: in time";
}


ok wait_until(\&ready, 10), 'ready';

my ($worker) = $t->nginx->workers;
my $before = rss();

says 'nil', "\$-1\r\n", 404, 503;
says 'an empty string', "\$0\r\n\r\n", 404;
says 'byte by byte', "bytewise \$0\r\n\r\n", 404, 503;
says 'an integer', ":12\r\n", 503;
says 'an array', "*2\r\n\$1\r\na\r\n:1\r\n", 503;
says 'an empty array', "*0\r\n", 503;
says 'no array', "*-1\r\n", 503, 404;
says 'a status', "+OK\r\n", 503;
says 'an error', "-WRONGTYPE $marker\r\n", 503;
says 'an unknown error', "-XYZ $marker\r\n", 503;
says 'an empty error', "-\r\n", 503;
says 'another text', "\$11\r\n$marker\r\n", 503;
says 'arrays in arrays', "*1\r\n" x 6 . ":1\r\n", 503;
says 'deep nesting', "*1\r\n" x 100 . ":1\r\n", 503;
says 'no protocol', "HTTP/1.1 200 OK\r\n\r\n$marker", 503;
says 'NUL', "\0" x 1000, 503;
says 'a negative length', "\$-2\r\n", 503;
says 'a length of letters', "\$abc\r\n", 503;
says 'a length beyond all', "\$99999999999999999999\r\n", 503;
says 'a large length', "\$2147483647\r\n" . 'x' x 1_000_000, 503;
says 'many elements', "*2147483647\r\n", 503;
says 'as many as allowed, thrice', "*4000\r\n" x 6, 503;
says 'a million elements', "*1000000\r\n" . ":1\r\n" x 1_000_000, 503;
says 'in pieces', "*4000\r\n" . ("\$1000\r\n" . 'x' x 1000 . "\r\n") x 4000,
    503;
says 'a line without end', '+' . 'x' x 1_000_000, 503;
says 'half a reply', "\$100\r\nabc", 503;
says 'half a reply and the end', "\$100\r\nabc cut", 503;
says 'the end', ' cut', 503;
says 'two replies', "\$-1\r\n\$11\r\n$marker\r\n", 404, 503;
says 'RESP3', "%1\r\n+a\r\n+b\r\n", 503;
says 'a push of RESP3', ">2\r\n+a\r\n+b\r\n", 503;


# Half a reply while the client has gone.

for (1 .. 20) {
    wait_until \&ready, 10, 'the connection';
    Wismo::Process::spew($say, "*3\r\n\$1\r\na\r\n");

    my $s = Wismo::Http::open($t->port);
    print $s "GET /track/none.json HTTP/1.1\r\nHost: x\r\n\r\n";
    sleep 0.02;
    close $s;

    Wismo::Process::spew($say, "\$1\r\nb\r\n:3\r\n\$-1\r\n");
    $t->get('/track/none.json');
}

says 'after clients that left', "\$0\r\n\r\n", 404;

my ($now) = $t->nginx->workers;

is $now, $worker, 'it is the same worker';
cmp_ok rss(), '<', $before + 8192 * $ENV{WISMO_SLOW} ** 2,
    'and it has not grown' or diag "$before kB, " . rss() . ' kB';

$t->nginx->stop('QUIT');
kill TERM => $server;
waitpid $server, 0;
$server = 0;

done_testing;
