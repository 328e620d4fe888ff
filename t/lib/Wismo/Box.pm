package Wismo::Box;

# What stands sealed in Redis, opened by docs/privacy.md and another library
# than the product's: letters, and records under the name of a key.

use strict;
use warnings;

use Crypt::AuthEnc::GCM qw(gcm_decrypt_verify);
use Crypt::KeyDerivation qw(hkdf);
use Crypt::PK::X25519;
use Digest::SHA qw(hmac_sha256);
use Exporter qw(import);

our @EXPORT_OK = qw(opened record_opened);


# The fields of a letter, with its body in the clear.  Secrets by their kid.

sub opened {
    my ($letter, %secret) = @_;

    %secret = (c1 => 'a-contact-key-for-tests-only') unless %secret;

    my %letter = %$letter;
    my ($kid, $from, $salt, $text, $tag) = ($letter{body} // '') =~
        /\AWL1 ([\w-]{1,8})\n(.{32})(.{16})(.*)(.{16})\z/s
        or return \%letter;

    my $own = Crypt::PK::X25519->new->import_key_raw(
        hmac_sha256('wismo letters', $secret{$kid}
                    // die "no secret of $kid\n"), 'private');
    my $shared = $own->shared_secret(
        Crypt::PK::X25519->new->import_key_raw($from, 'public'));
    my $made = hkdf($shared, $salt, 'SHA256', 44, "wismo letter\0$from"
                    . $own->export_key_raw('public'));

    my ($key, $nonce) = unpack 'a32 a12', $made;
    my $beside = join "\0", map { $letter{$_} // '' }
                            qw(kind order carrier headers);

    $letter{body} = gcm_decrypt_verify('AES', $key, $nonce, $beside, $text,
                                       $tag)
        // die "a letter of $kid does not open\n";

    return \%letter;
}


# A record; what is not sealed is its own text.

sub record_opened {
    my ($name, $record, %secret) = @_;

    %secret = (c1 => 'a-contact-key-for-tests-only') unless %secret;

    my ($kid, $nonce, $text, $tag) = $record =~
        /\AWP1 ([\w-]{1,8})\n(.{12})(.*)(.{16})\z/s
        or return $record;

    my $key = hmac_sha256("wismo contact data\0$name",
                          $secret{$kid} // die "no secret of $kid\n");

    return gcm_decrypt_verify('AES', $key, $nonce, $name, $text, $tag)
        // die "a record of $kid does not open\n";
}

1;
