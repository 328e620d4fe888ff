package Wismo::Form;

# Forms as they stand in a page, and what a browser would post of them
# (HTML, "constructing the entry list"): nothing that the page doesn't offer.
#
#   my ($form) = grep { $_->action =~ /feedback/ } Wismo::Form::all($html);
#   $form->method; $form->action; $form->names;
#   my $body = $form->fill(rating => 4, comment => 'Quick');  # dies if it
#                                  # has no such field, or not that choice

use strict;
use warnings;

my %entity = (amp => '&', lt => '<', gt => '>', quot => '"', apos => "'");


sub text {
    my ($s) = @_;

    $s =~ s{&(?:\#x([0-9a-fA-F]+)|\#(\d+)|(\w+));}
           { defined $1 ? chr hex $1 : defined $2 ? chr $2
             : $entity{$3} // "&$3;" }gex;

    return $s;
}


sub attributes {
    my ($s) = @_;
    my %attr;

    while ($s =~ m{([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?}g)
    {
        my $value = $2 // $3 // $4;
        $attr{lc $1} //= defined $value ? text($value) : '';
    }

    return \%attr;
}


sub all {
    my ($html) = @_;
    my ($form, @forms);

    utf8::decode($html);
    $html =~ s{<!--.*?-->|<(script|style|noscript)\b.*?</\1>}{}gs;

    while ($html =~ m{<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:[^>"']|"[^"]*"|'[^']*')*)>
                      ([^<]*)}gx)
    {
        my ($end, $tag, $attr, $after) = ($1, lc $2, attributes($3), $4);

        if ($tag eq 'form' && $end) {
            undef $form;

        } elsif ($tag eq 'form') {
            $form = bless { %$attr, controls => [] };
            push @forms, $form;

        } elsif ($form && !$end
                 && $tag =~ /^(?:input|textarea|select|option|button)$/)
        {
            die "forms: no $tag\n" if $tag =~ /^(?:select|option)$/;
            die "forms: a field that belongs to another\n" if $attr->{form};

            push @{ $form->{controls} }, {
                %$attr, tag => $tag,
                type => $tag eq 'input' ? lc($attr->{type} // 'text') : $tag,
                $tag eq 'textarea' ? (value => text($after) =~ s/^\n//r) : (),
            };
        }
    }

    return @forms;
}


sub method { return uc($_[0]{method} // 'GET') }
sub action { return $_[0]{action} }

sub names {
    my %seen;
    return grep { !$seen{$_}++ }
           map { exists $_->{name} ? $_->{name} : () } @{ $_[0]{controls} };
}


sub fill {
    my ($self, %value) = @_;
    my (%left, @entries) = %value;

    die "forms: " . ($self->{enctype} // '') . "\n"
        if ($self->{enctype} // 'application/x-www-form-urlencoded')
           ne 'application/x-www-form-urlencoded';

    for my $c (@{ $self->{controls} }) {
        my $name = $c->{name};

        next if !length($name // '') || exists $c->{disabled}
                || $c->{type} =~ /^(?:submit|button|reset|image)$/;

        if ($c->{type} =~ /^(?:radio|checkbox)$/) {
            my $own = $c->{value} // 'on';

            next unless exists $value{$name} ? $value{$name} eq $own
                                             : exists $c->{checked};
            push @entries, [ $name, $own ];

        } else {
            my $own = $value{$name} // $c->{value} // '';

            die "forms: $name is hidden\n"
                if $c->{type} eq 'hidden' && exists $value{$name};
            die "forms: $name is not that long\n"
                if defined $c->{maxlength} && length $own > $c->{maxlength};

            push @entries, [ $name, $own ];
        }

        delete $left{$name};
    }

    die "forms: no field, or not that choice: @{[ sort keys %left ]}\n"
        if %left;

    return join '&', map {
        join '=', map {
            my $s = $_;
            $s =~ s/\r\n?|\n/\r\n/g;
            utf8::encode($s);
            $s =~ s/([^A-Za-z0-9*._ -])/sprintf '%%%02X', ord $1/ge;
            $s =~ tr/ /+/;
            $s
        } @$_
    } @entries;
}


1;
