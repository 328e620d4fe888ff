
/*
 * Copyright (C) The Wismo authors
 *
 * Secrets and signatures: HMAC, hex and base64url, constant-time compare,
 * the keys of a secret file, the tokens of signed links and cookies, hashed
 * API keys, and the one verifier of pushes, driven by an adapter's data.
 */


#ifndef _WISMO_SIGN_H_INCLUDED_
#define _WISMO_SIGN_H_INCLUDED_


#include "wismo_core.h"

#include <jansson.h>


#define WISMO_KEYS_MAX       8
#define WISMO_KID_MAX        8
#define WISMO_SECRET_MIN     16


typedef struct {
    wismo_str_t               kid;
    wismo_str_t               secret;
    unsigned                  line;       /* in its file */
} wismo_key_t;


/* The first key signs, all verify. */
typedef struct {
    wismo_key_t               keys[WISMO_KEYS_MAX];
    unsigned                  n;
} wismo_keys_t;


/* WISMO_ERROR if libcrypto fails: then nothing may be taken for a match. */
int wismo_hmac_sha256(const wismo_str_t *key, const wismo_str_t *data,
    unsigned char mac[32]);
int wismo_sha256(const wismo_str_t *data, unsigned char digest[32]);

/* In constant time. */
bool wismo_same(const void *a, const void *b, size_t len);

/* The un* return the bytes written or WISMO_DECLINED, also for want of room.
 * wismo_unbase64() takes both alphabets, with or without padding. */
void wismo_hex(const unsigned char *src, size_t len, char *dst);
int wismo_unhex(const wismo_str_t *src, unsigned char *dst, size_t size);
size_t wismo_base64url(const unsigned char *src, size_t len, char *dst);
int wismo_unbase64(const wismo_str_t *src, unsigned char *dst, size_t size);

/* The next line that is neither empty nor a comment, without outer space;
 * "number" counts them all. */
bool wismo_file_line(wismo_str_t *rest, wismo_str_t *line, unsigned *number);

/* Fast, the same on all machines, not cryptographic. */
uint64_t wismo_hash64(const void *data, size_t len, uint64_t seed);


/*
 * Reads a secret file.  Text: one key per line, "[kid:]secret", '#' comments;
 * a file that is not printable text is one raw secret.  A secret shorter
 * than WISMO_SECRET_MIN bytes is refused with its line.  A key without a kid
 * has the first four hexadecimal digits of its SHA-256.
 */
int wismo_keys_read(wismo_pool_t *pool, const wismo_str_t *file,
    wismo_keys_t *keys, wismo_error_t *err);


/*
 * The token of a signed link (docs/links.md):
 *
 *   <kid>.<scope>.<issued>.<expires>.<mac, base64url>
 *
 * Scope is "f", all of the order, or "m", the minimal view.  The MAC covers
 * purpose, order, scope and both times, which are seconds since 1970; the
 * order stands in the path.  Cookies are the same with another purpose, so
 * that neither serves as the other.
 */

#define WISMO_TOKEN_MAX      64
#define WISMO_TOKEN_LINK     "link"
#define WISMO_TOKEN_COOKIE   "cookie"
#define WISMO_TOKEN_FEEDBACK "feedback"
#define WISMO_TOKEN_STOP     "stop"
#define WISMO_LINK_TTL       (90 * 86400)
#define WISMO_LINK_MAX       (400 * 86400)  /* whenever it expires: what was
                                               erased is remembered for as
                                               long */
#define WISMO_COOKIE_TTL     86400
#define WISMO_TOKEN_SKEW     300      /* seconds the issuer's clock may be
                                         ahead of ours */

typedef struct {
    bool                      full;
    int64_t                   issued;     /* what is revoked goes by this */
    int64_t                   expires;
} wismo_token_t;

/* At most WISMO_TOKEN_MAX bytes; 0 without a key or with no such time. */
size_t wismo_token_make(const wismo_keys_t *keys, const char *purpose,
    const wismo_str_t *order, const wismo_token_t *token, char *buf);

/* Constant time in the MAC; anything but WISMO_OK is a refusal. */
int wismo_token_check(const wismo_keys_t *keys, const char *purpose,
    const wismo_str_t *order, const wismo_str_t *text, int64_t now,
    wismo_token_t *token);


/*
 * API keys: lines "name:sha256-hex-of-the-key", "name sha256-hex" or the bare
 * digits, whose name is then "key<line>" ('#' comments).  The name goes into
 * the access log, the key nowhere.
 */

typedef struct {
    wismo_str_t               name;
    unsigned char             digest[32];
} wismo_api_key_t;

int wismo_api_keys_read(wismo_pool_t *pool, const wismo_str_t *file,
    wismo_api_key_t **keys, unsigned *n, wismo_error_t *err);

/* Compares with all keys, whichever matches; NULL if none does. */
const wismo_api_key_t *wismo_api_key_find(const wismo_api_key_t *keys,
    unsigned n, const wismo_str_t *presented);


/*
 * The verifier of pushes, compiled from an adapter's
 * push.verify block (docs/adapters.md):
 *
 *   kind       hmac, digest, rsa (PKCS #1 v1.5), ed25519, ecdsa (P-256),
 *              jwt (of HS256), bearer (the header is the secret) or none
 *   header     the one that carries the signature, or
 *   field      the field of the form that is sent
 *   prefix     what stands before it; other signatures are passed over
 *   algorithm  sha256 (default), sha512; sha1 for hmac and digest
 *   encoding   hex (default), base64, or any: told by the length
 *   key        how the secret's text becomes the key: raw (default), ascii
 *              (for senders who normalize theirs), hex, base64
 *   signed     parts, "{body}" "{time}" "{id}" "{key}" "{url}" "{sha256}"
 *              (of the body, 32 bytes) "{fields}" "{pairs}" (of a form, in
 *              the order of their names, as "namevalue" or "&name=value") or
 *              literal; default is the body alone
 *   time       {"field":"t","signature":"v1"}: the header is like t=1,v1=ab;
 *              or {"header":"webhook-timestamp"}; seconds since 1970, or
 *              with "form":"iso" as in ISO 8601
 *   id         {"header":"webhook-id"}
 *   body, url  the claims of a jwt with their SHA-256 in hexadecimal
 *   tolerance  seconds the time may be off, 300 by default
 */

typedef struct wismo_verifier_s  wismo_verifier_t;

/* err->at is a JSON pointer from the block on. */
int wismo_verifier_compile(wismo_pool_t *pool, const json_t *verify,
    wismo_verifier_t **verifier, wismo_error_t *err);

/*
 * The request header that carries the signature, empty for kind none: its
 * absence is worth a log line of its own.
 */
const wismo_str_t *wismo_verifier_header(const wismo_verifier_t *v);

/* It covers the body: a shared secret alone tells who sends, not what. */
bool wismo_verifier_signs(const wismo_verifier_t *v);

/* Its keys are public ones: their file is no secret. */
bool wismo_verifier_public(const wismo_verifier_t *v);

/* The verifier's JSON of a scheme that has a name of its own, as in {"preset":
 * "standard-webhooks"}; NULL if there is none. */
const char *wismo_verifier_preset(const char *name);

/*
 * Reads the file that pushes are verified by: secrets as wismo_keys_read()
 * reads them, or, for the others, the sender's public keys: PEM, of rsa and
 * ed25519 a JWK or a set of them (RFC 7517), lines "[name:]whpk_base64" of
 * ed25519, lines of base64 of ecdsa (RFC 5480, DER).
 * WISMO_DECLINED, with err->line, where one can't serve.
 */
int wismo_verifier_keys(wismo_pool_t *pool, const wismo_verifier_t *v,
    const wismo_str_t *file, wismo_keys_t *keys, wismo_error_t *err);

/*
 * Finds a request header by its name, in any case; false if it is absent.
 * Schemes sign other headers than the one with the signature, too, and the
 * address as the sender knows it, which is asked for by WISMO_VERIFY_URL.
 */
#define WISMO_VERIFY_URL         ":url"
#define WISMO_VERIFY_QUERY       ":query"     /* of a request without body */

typedef bool (*wismo_header_pt)(void *data, const char *name,
    wismo_str_t *value);

/*
 * "secrets" are those of wismo_verifier_keys().
 * WISMO_OK if one of the secrets made the signature of these very bytes;
 * WISMO_DECLINED for a wrong, absent or garbled one, or one whose time is
 * out of tolerance; WISMO_ERROR only for memory.
 */
int wismo_verify(const wismo_verifier_t *v, const wismo_keys_t *secrets,
    wismo_header_pt header, void *data, const wismo_str_t *body, int64_t now);

/* Of what was declined: what about it is wrong, for the log, without a byte
 * of what was sent; its sender is not told. */
void wismo_verify_why(const wismo_verifier_t *v, wismo_header_pt header,
    void *data, int64_t now, wismo_error_t *err);


/*
 * The sender's side: the headers that make a push of this body genuine, each
 * name and value ending in a zero; "id" is of the sender's own choice.  For
 * rsa and ed25519 the secret is the text of a private key's file: PEM, or
 * "whsk_" and base64.  WISMO_DECLINED: the secret or the id can't serve.
 * Tries hooks; nothing that serves shoppers signs.
 */

#define WISMO_SIGNED_MAX     3

typedef struct {
    wismo_str_t               name;
    wismo_str_t               value;
} wismo_signed_t;

int wismo_verifier_sign(wismo_pool_t *pool, const wismo_verifier_t *v,
    const wismo_str_t *secret, const wismo_str_t *id,
    const wismo_str_t *body, int64_t now, wismo_signed_t *headers,
    unsigned *n);


#endif /* _WISMO_SIGN_H_INCLUDED_ */
