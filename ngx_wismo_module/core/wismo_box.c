
/*
 * Copyright (C) The Wismo authors
 *
 * Letters sealed to a public key: an agreement of X25519 (RFC 7748) between a
 * key of a minute and the key that is made of the secret, HKDF-SHA256 (RFC
 * 5869) for a key and a nonce of each letter, AES-256-GCM.  Called by
 * nginx/ngx_http_wismo_inbox.c, which seals, and fetcher/fetch_envelope.c.
 *
 * A sender's agreement serves all its letters of a minute: each has 128
 * random bits of salt, so that no two have the same key.  Its own private key
 * is gone once it has agreed.
 *
 * Nothing of a letter, a secret or a key may get into an error's text.
 */


#include "wismo_box.h"
#include "wismo_aead.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>


#define WISMO_BOX_MAGIC      "WL1 "
#define WISMO_BOX_SALT       16
#define WISMO_BOX_FIXED      (WISMO_BOX_KEY + WISMO_BOX_SALT + WISMO_AEAD_TAG)
#define WISMO_BOX_TIME       60               /* seconds, of an agreement */

#define WISMO_BOX_LABEL      "wismo letters"
#define WISMO_BOX_INFO       "wismo letter"


/* What HKDF makes of the secret and a letter's salt. */

typedef struct {
    unsigned char             key[WISMO_AEAD_KEY];
    unsigned char             nonce[WISMO_AEAD_NONCE];
} wismo_box_made_t;


static int wismo_box_pair(const wismo_key_t *key, wismo_box_key_t *public,
    unsigned char private[WISMO_BOX_KEY]);
static int wismo_box_agree(EVP_PKEY *own,
    const unsigned char peer[WISMO_BOX_KEY],
    unsigned char shared[WISMO_BOX_KEY]);
static int wismo_box_make(const unsigned char shared[WISMO_BOX_KEY],
    const unsigned char *salt, const unsigned char from[WISMO_BOX_KEY],
    const unsigned char to[WISMO_BOX_KEY], wismo_box_made_t *made);
static int wismo_box_shared(wismo_box_opener_t *opener, unsigned i,
    const unsigned char from[WISMO_BOX_KEY], unsigned *slot);
static unsigned wismo_box_find(const wismo_box_opener_t *opener,
    const wismo_str_t *kid);
static void wismo_box_beside(const wismo_box_name_t *name,
    wismo_str_t aad[4]);


int
wismo_box_key(const wismo_keys_t *keys, wismo_box_key_t *key)
{
    int            rc;
    unsigned char  private[WISMO_BOX_KEY];

    memset(key, 0, sizeof(wismo_box_key_t));

    if (keys->n == 0) {
        return WISMO_ERROR;
    }

    rc = wismo_box_pair(&keys->keys[0], key, private);

    OPENSSL_cleanse(private, sizeof(private));

    return rc;
}


/* Any 32 bytes are a private key of X25519. */

static int
wismo_box_pair(const wismo_key_t *key, wismo_box_key_t *public,
    unsigned char private[WISMO_BOX_KEY])
{
    int           rc;
    size_t        len;
    EVP_PKEY     *pkey;
    wismo_str_t   label;

    memset(public, 0, sizeof(wismo_box_key_t));

    wismo_str_set(&label, WISMO_BOX_LABEL);

    if (key->kid.len > WISMO_KID_MAX
        || wismo_hmac_sha256(&key->secret, &label, private) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    public->len = key->kid.len;
    memcpy(public->kid, key->kid.data, key->kid.len);

    pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private,
                                        WISMO_BOX_KEY);
    len = WISMO_BOX_KEY;

    rc = (pkey && EVP_PKEY_get_raw_public_key(pkey, public->key, &len) == 1
          && len == WISMO_BOX_KEY)
         ? WISMO_OK : WISMO_ERROR;

    EVP_PKEY_free(pkey);

    return rc;
}


int
wismo_box_ready(wismo_box_t *box, const wismo_box_key_t *to, int64_t now)
{
    int        rc;
    size_t     len;
    EVP_PKEY  *pkey;

    /* a clock that was set back must not make a minute long */

    if (now < box->until && box->until - now <= WISMO_BOX_TIME
        && memcmp(&box->to, to, sizeof(wismo_box_key_t)) == 0)
    {
        return WISMO_OK;
    }

    OPENSSL_cleanse(box, sizeof(wismo_box_t));

    pkey = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    len = WISMO_BOX_KEY;

    rc = (pkey && EVP_PKEY_get_raw_public_key(pkey, box->from, &len) == 1
          && len == WISMO_BOX_KEY)
         ? wismo_box_agree(pkey, to->key, box->shared) : WISMO_ERROR;

    EVP_PKEY_free(pkey);

    if (rc == WISMO_OK) {
        box->to = *to;
        box->until = now + WISMO_BOX_TIME;
    }

    return rc;
}


/* libcrypto refuses what would agree on zeroes with anybody. */

static int
wismo_box_agree(EVP_PKEY *own, const unsigned char peer[WISMO_BOX_KEY],
    unsigned char shared[WISMO_BOX_KEY])
{
    int            rc;
    size_t         len;
    EVP_PKEY      *pkey;
    EVP_PKEY_CTX  *ctx;

    len = WISMO_BOX_KEY;

    pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer,
                                       WISMO_BOX_KEY);
    ctx = EVP_PKEY_CTX_new(own, NULL);

    rc = (pkey && ctx && EVP_PKEY_derive_init(ctx) == 1
          && EVP_PKEY_derive_set_peer(ctx, pkey) == 1
          && EVP_PKEY_derive(ctx, shared, &len) == 1
          && len == WISMO_BOX_KEY)
         ? WISMO_OK : WISMO_ERROR;

    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(pkey);

    return rc;
}


static int
wismo_box_make(const unsigned char shared[WISMO_BOX_KEY],
    const unsigned char *salt, const unsigned char from[WISMO_BOX_KEY],
    const unsigned char to[WISMO_BOX_KEY], wismo_box_made_t *made)
{
    int             rc;
    EVP_KDF        *kdf;
    OSSL_PARAM      params[5];
    EVP_KDF_CTX    *ctx;
    unsigned char   info[sizeof(WISMO_BOX_INFO) + 2 * WISMO_BOX_KEY];

    /* the NUL between them is part of it */

    memcpy(info, WISMO_BOX_INFO, sizeof(WISMO_BOX_INFO));
    memcpy(info + sizeof(WISMO_BOX_INFO), from, WISMO_BOX_KEY);
    memcpy(info + sizeof(WISMO_BOX_INFO) + WISMO_BOX_KEY, to, WISMO_BOX_KEY);

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
                                                 (char *) "SHA256", 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
                                                  (void *) shared,
                                                  WISMO_BOX_KEY);
    params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
                                                  (void *) salt,
                                                  WISMO_BOX_SALT);
    params[3] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info,
                                                  sizeof(info));
    params[4] = OSSL_PARAM_construct_end();

    kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;

    rc = (ctx && EVP_KDF_derive(ctx, (unsigned char *) made,
                                sizeof(wismo_box_made_t), params)
                 == 1)
         ? WISMO_OK : WISMO_ERROR;

    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);

    return rc;
}


int
wismo_box_seal(wismo_pool_t *pool, const wismo_box_t *box,
    const wismo_box_name_t *name, const wismo_str_t *text, wismo_str_t *body)
{
    int                rc;
    wismo_str_t        aad[4];
    unsigned char     *p, *salt;
    wismo_box_made_t   made;

    if (box->to.len == 0 || text->len > INT_MAX / 2) {
        return WISMO_ERROR;
    }

    body->len = sizeof(WISMO_BOX_MAGIC) - 1 + box->to.len + 1
                + WISMO_BOX_FIXED + text->len;
    body->data = wismo_palloc(pool, body->len);

    if (body->data == NULL) {
        return WISMO_ERROR;
    }

    p = body->data;
    memcpy(p, WISMO_BOX_MAGIC, sizeof(WISMO_BOX_MAGIC) - 1);
    p += sizeof(WISMO_BOX_MAGIC) - 1;
    memcpy(p, box->to.kid, box->to.len);
    p += box->to.len;
    *p++ = '\n';
    memcpy(p, box->from, WISMO_BOX_KEY);
    p += WISMO_BOX_KEY;
    salt = p;
    p += WISMO_BOX_SALT;

    if (RAND_bytes(salt, WISMO_BOX_SALT) != 1
        || wismo_box_make(box->shared, salt, box->from, box->to.key, &made)
           != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    wismo_box_beside(name, aad);

    rc = wismo_aead_seal(made.key, made.nonce, aad, 4, text, p);

    OPENSSL_cleanse(&made, sizeof(wismo_box_made_t));

    return rc;
}


int
wismo_box_opener(wismo_box_opener_t *opener, const wismo_keys_t *keys)
{
    unsigned  i;

    memset(opener, 0, sizeof(wismo_box_opener_t));

    for (i = 0; i < keys->n; i++) {

        if (wismo_box_pair(&keys->keys[i], &opener->keys[i].public,
                           opener->keys[i].private)
            != WISMO_OK)
        {
            wismo_box_opener_done(opener);
            return WISMO_ERROR;
        }
    }

    opener->n = keys->n;

    return WISMO_OK;
}


void
wismo_box_opener_done(wismo_box_opener_t *opener)
{
    OPENSSL_cleanse(opener, sizeof(wismo_box_opener_t));
}


bool
wismo_box_kid(const wismo_str_t *body, wismo_str_t *kid)
{
    size_t                i, n;
    const unsigned char  *lf;

    n = sizeof(WISMO_BOX_MAGIC) - 1;

    if (body->len < n || memcmp(body->data, WISMO_BOX_MAGIC, n) != 0) {
        return false;
    }

    kid->data = body->data + n;
    kid->len = body->len - n;

    if (kid->len > WISMO_KID_MAX + 1) {
        kid->len = WISMO_KID_MAX + 1;
    }

    lf = memchr(kid->data, '\n', kid->len);
    kid->len = lf ? (size_t) (lf - kid->data) : 0;

    /* it is told to people */

    for (i = 0; i < kid->len; i++) {
        if (kid->data[i] <= ' ' || kid->data[i] >= 0x7f) {
            kid->len = 0;
        }
    }

    return true;
}


bool
wismo_box_has(const wismo_box_opener_t *opener, const wismo_str_t *kid)
{
    return wismo_box_find(opener, kid) < opener->n;
}


static unsigned
wismo_box_find(const wismo_box_opener_t *opener, const wismo_str_t *kid)
{
    unsigned                i;
    const wismo_box_key_t  *key;

    for (i = 0; i < opener->n; i++) {
        key = &opener->keys[i].public;

        if (key->len == kid->len && memcmp(key->kid, kid->data, kid->len) == 0)
        {
            break;
        }
    }

    return i;
}


int
wismo_box_open(wismo_pool_t *pool, wismo_box_opener_t *opener,
    const wismo_box_name_t *name, const wismo_str_t *body, wismo_str_t *text,
    wismo_error_t *err)
{
    int                   rc;
    size_t                len;
    unsigned              i, slot;
    wismo_str_t           kid, aad[4];
    wismo_box_made_t      made;
    const unsigned char  *p;

    if (!wismo_box_kid(body, &kid)) {
        *text = *body;
        return WISMO_OK;
    }

    wismo_str_null(text);

    len = body->len - (size_t) (kid.data - body->data);

    if (kid.len == 0 || len < kid.len + 1 + WISMO_BOX_FIXED) {
        wismo_error_set(err, "", "the letter is sealed and not whole: it was "
                                 "damaged where it is stored; whoever sent "
                                 "it has to send it again");
        return WISMO_DECLINED;
    }

    p = kid.data + kid.len + 1;
    len -= kid.len + 1 + WISMO_BOX_FIXED;

    i = wismo_box_find(opener, &kid);

    if (i == opener->n) {
        wismo_error_set(err, "", "the letter is sealed with the key \"%.*s\", "
                                 "which the file of "
                                 "\"wismo_contact_key_file\" does not hold: "
                                 "put it back below the first one, then "
                                 "\"wismo replay\"",
                        (int) kid.len, (char *) kid.data);
        return WISMO_DECLINED;
    }

    text->len = len;
    text->data = wismo_palloc(pool, len + 1);

    if (text->data == NULL) {
        return WISMO_ERROR;
    }

    rc = wismo_box_shared(opener, i, p, &slot);

    if (rc == WISMO_OK) {
        rc = wismo_box_make(opener->kept[slot].shared, p + WISMO_BOX_KEY, p,
                            opener->keys[i].public.key, &made);
    }

    if (rc == WISMO_OK) {
        wismo_box_beside(name, aad);

        rc = wismo_aead_open(made.key, made.nonce, aad, 4,
                             p + WISMO_BOX_KEY + WISMO_BOX_SALT, len,
                             text->data);

        OPENSSL_cleanse(&made, sizeof(wismo_box_made_t));
    }

    if (rc != WISMO_OK) {
        wismo_str_null(text);
    }

    if (rc == WISMO_DECLINED) {
        wismo_error_set(err, "", "the letter does not open with its key: it "
                                 "was changed where it is stored, or the key "
                                 "has another text than before; whoever sent "
                                 "it has to send it again");
    }

    return rc;
}


/* A point that agrees on nothing was not written by whoever seals. */

static int
wismo_box_shared(wismo_box_opener_t *opener, unsigned i,
    const unsigned char from[WISMO_BOX_KEY], unsigned *slot)
{
    int        rc;
    unsigned   k;
    EVP_PKEY  *pkey;

    for (k = 0; k < WISMO_BOX_KEPT; k++) {

        if (opener->kept[k].key == i + 1
            && memcmp(opener->kept[k].from, from, WISMO_BOX_KEY) == 0)
        {
            *slot = k;
            return WISMO_OK;
        }
    }

    k = opener->next;

    opener->kept[k].key = 0;

    pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL,
                                        opener->keys[i].private,
                                        WISMO_BOX_KEY);
    if (pkey == NULL) {
        return WISMO_ERROR;
    }

    rc = wismo_box_agree(pkey, from, opener->kept[k].shared);

    EVP_PKEY_free(pkey);

    if (rc != WISMO_OK) {
        return WISMO_DECLINED;
    }

    opener->kept[k].key = i + 1;
    memcpy(opener->kept[k].from, from, WISMO_BOX_KEY);

    opener->next = (k + 1) % WISMO_BOX_KEPT;
    *slot = k;

    return WISMO_OK;
}


/* None of them has a NUL in it. */

static void
wismo_box_beside(const wismo_box_name_t *name, wismo_str_t aad[4])
{
    aad[0] = name->kind;
    aad[1] = name->order;
    aad[2] = name->carrier;
    aad[3] = name->headers;
}
