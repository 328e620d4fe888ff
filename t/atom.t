#!/usr/bin/perl

# The Atom feed of an order: well-formed whatever a carrier says, with names
# that stay, an entry for each scan, and no order number in any of them.

use FindBin;
use lib "$FindBin::Bin/lib";
use Wismo::Test;
use Wismo::Process qw(run spew);
use Wismo::Seed;

my $t = Wismo::Test->new(fetcher => 1);

my $hostile = order('1002');

$hostile->{shipments}[0]{events}[0]{description} = q{<b a="1'">]]>&amp; & x};
$hostile->{shipments}[0]{events}[1]{description} = 'x' x 20;
$hostile->{shipments}[0]{events}[0]{place} = '</entry><entry>';

seed($t, order('1001'), $hostile);


sub feed {
    my ($number) = @_;
    my ($query) = $t->link($number) =~ /(\?t=.*)/;
    my $r = $t->get("/track/$number.atom$query");

    is($r->status, 200, "feed of $number");

    return $r->body;
}

sub xpath {
    my ($xml, $path) = @_;

    $path =~ s{/(\w+)\b(?!\()}{/*[local-name()='$1']}g;
    spew($t->dir . '/feed.xml', $xml);

    my ($status, $out, $err) = run({}, 'xmllint', '--nonet', '--xpath', $path,
                                   $t->dir . '/feed.xml');

    is($status, 0, "xmllint: $path") or diag($err);

    return $out =~ s/\s+$//r;
}


my $feed = feed('1001');

is(xpath($feed, 'namespace-uri(/*)'), 'http://www.w3.org/2005/Atom', 'Atom');
is(xpath($feed, 'count(/feed/entry)'), 2, 'an entry for each scan');
is(xpath($feed, 'string(/feed/title)'), 'Order 1001', 'its title');
like(xpath($feed, 'string(/feed/updated)'), qr/^\d{4}-\d\d-\d\dT[\d:]{8}Z$/,
     'when it was updated');
is(xpath($feed, 'string(/feed/entry[1]/updated)'), '2026-11-21T15:05:00Z',
   'when a scan was');
like(xpath($feed, 'string(/feed/entry[1]/title)'), qr/Place-1001/, 'where');
isnt(xpath($feed, 'string(/feed/author/name)'), '', 'an author');

my @ids = $feed =~ m{<id>(.*?)</id>}g;

is(scalar @ids, 3, 'names');
is(scalar(grep { /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}
                   -[89ab][0-9a-f]{3}-[0-9a-f]{12}$/x } @ids), 3,
   'which are URNs');
is(scalar(keys %{{ map { $_ => 1 } @ids }}), 3, 'all different');
is(join(' ', feed('1001') =~ m{<id>(.*?)</id>}g), "@ids", 'and stay');


# A new scan is a new entry; the others keep their names

my $next = order('1001');

unshift @{ $next->{shipments}[0]{events} },
    { time => '2026-11-22T08:00:00-05:00', status => 'out_for_delivery',
      description => 'On the van', place => 'Springfield' };
seed($t, $next);

ok(wait_until { scalar(() = feed('1001') =~ /<entry>/g) == 3 } 10, 'news');
is(join(' ', (feed('1001') =~ m{<id>(.*?)</id>}g)[0, 2, 3]), "@ids",
   'what was there has its old name');


# Whatever a carrier says

my $wild = feed('1002');

is(xpath($wild, 'count(/feed/entry)'), 2, 'markup is text');
like(xpath($wild, 'string(/feed/entry[1]/title)'), qr{</entry><entry>$},
     'as it was said');

damage($t, '1002', sub { s/x{20}/\\u0001x\\uffff\\u001bx/ });
is(xpath(feed('1002'), 'count(/feed/entry)'), 2,
   'what is no character of XML is left out');


# Without the right to see scans, the state is the only news

my $r = $t->get('/track/1001.atom');

is(xpath($r->body, 'count(/feed/entry)'), 1, 'the minimal view: one entry');
unlike($r->body, qr/Place|Springfield/, 'without places');

my $other = $t->get('/track/1002.atom')->body;

isnt(($other =~ m{<id>(.*?)</id>})[0], $ids[0], 'orders have other names');

done_testing;
