package Sim::Xml;

# Prints XML, and finds an element's text in what a client sent: enough for
# carriers that speak it, written apart from any XML library.

use strict;
use warnings;

use parent -norequire, 'Sim::Api';
use Encode ();
use Sim::Api;


sub escape {
    my ($text) = @_;

    $text //= '';
    $text =~ s/&/&amp;/g;
    $text =~ s/</&lt;/g;
    $text =~ s/>/&gt;/g;
    $text =~ s/"/&quot;/g;

    return $text;
}


sub text {
    my ($name, $text) = @_;

    return "<$name/>" if !length($text // '');

    return "<$name>" . escape($text) . '</' . ($name =~ s/ .*//sr) . '>';
}


sub node {
    my ($name, @children) = @_;

    return "<$name>" . join('', @children) . '</' . ($name =~ s/ .*//sr) . '>';
}


# <name a="b">, closed by the caller or by itself

sub tag {
    my ($name, $attributes, @children) = @_;

    my $open = "<$name" . join('', map { sprintf ' %s="%s"', $_,
        escape($attributes->{$_}) } sort keys %$attributes);

    return "$open/>" unless @children;

    return "$open>" . join('', @children) . "</$name>";
}


sub values_of {
    my ($xml, $name) = @_;

    return map { s/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&#39;|&apos;/'/g;
                 s/&amp;/&/gr }
        $xml =~ m{<(?:[\w.-]+:)?\Q$name\E(?:\s[^>]*)?>([^<]*)</}g;
}


sub value_of {
    return (values_of(@_))[0] // '';
}


sub xml {
    my ($status, $body, %headers) = @_;

    return {
        status  => $status,
        type    => delete $headers{type} || 'text/xml; charset=utf-8',
        headers => \%headers,
        body    => Encode::encode('UTF-8',
            qq(<?xml version="1.0" encoding="UTF-8"?>\n$body)),
    };
}


# Envelopes: with the prefix and the version of SOAP that the carrier has

sub soap {
    my ($status, $body, %opt) = @_;

    my $prefix = $opt{prefix} || 'soap';
    my $space = ($opt{version} || 1.1) == 1.2
        ? 'http://www.w3.org/2003/05/soap-envelope'
        : 'http://schemas.xmlsoap.org/soap/envelope/';

    return xml($status,
        qq(<$prefix:Envelope xmlns:$prefix="$space">)
        . ($opt{header} // '')
        . "<$prefix:Body>$body</$prefix:Body></$prefix:Envelope>",
        %{ $opt{headers} || {} });
}


sub fault {
    my ($code, $text, $detail, %opt) = @_;

    my $prefix = $opt{prefix} || 'soap';

    return soap($opt{status} || 500, node("$prefix:Fault",
        text('faultcode', "$prefix:$code"), text('faultstring', $text),
        length($detail // '') ? node('detail', $detail) : ()), %opt);
}


1;
