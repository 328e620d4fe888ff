
/*
 * Copyright (C) The Wismo authors
 *
 * Hashes and MACs, by libcrypto.  Called for every link, cookie and form that
 * is made or checked, and for every page that has a form.
 *
 * It must never compare in variable time, or take the failure of libcrypto
 * for a match.
 */


#include "wismo_sign.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>


/* The longest key that is remembered: a block of the hash. */
#define WISMO_MAC_KEY        64


int
wismo_hmac_sha256(const wismo_str_t *key, const wismo_str_t *data,
    unsigned char mac[32])
{
    size_t                len;
    EVP_MAC              *hmac;
    OSSL_PARAM            params[2];
    const unsigned char  *k;

    /* finding what it is made of costs more than it does */

    static _Thread_local EVP_MAC_CTX    *ctx;

    /* and half of what it does is to take in a key */

    static _Thread_local bool           keyed;
    static _Thread_local size_t         size;
    static _Thread_local unsigned char  last[WISMO_MAC_KEY];

    static const unsigned char          none[1];

    if (ctx == NULL) {
        params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                     (char *) "SHA256", 0);
        params[1] = OSSL_PARAM_construct_end();

        hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
        ctx = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
        EVP_MAC_free(hmac);

        if (ctx && EVP_MAC_CTX_set_params(ctx, params) != 1) {
            EVP_MAC_CTX_free(ctx);
            ctx = NULL;
        }
    }

    /*
     * A NULL key means to go on with the last one.  Both are our own, and what
     * is to be seen of their likeness is which request came before.
     */

    if (keyed && size == key->len && memcmp(last, key->data, size) == 0) {
        k = NULL;

    } else {
        k = key->len ? key->data : none;
        keyed = false;
    }

    if (ctx == NULL
        || EVP_MAC_init(ctx, k, k ? key->len : 0, NULL) != 1
        || EVP_MAC_update(ctx, data->data, data->len) != 1
        || EVP_MAC_final(ctx, mac, &len, 32) != 1)
    {
        keyed = false;
        memset(mac, 0, 32);
        return WISMO_ERROR;
    }

    if (k && key->len && key->len <= WISMO_MAC_KEY) {
        memcpy(last, key->data, key->len);
        size = key->len;
        keyed = true;
    }

    return WISMO_OK;
}


int
wismo_sha256(const wismo_str_t *data, unsigned char digest[32])
{
    /* what EVP_sha256() gives would be looked for each time */

    static _Thread_local EVP_MD  *md;

    if (md == NULL) {
        md = EVP_MD_fetch(NULL, "SHA256", NULL);
    }

    if (md == NULL
        || EVP_Digest(data->data, data->len, digest, NULL, md, NULL) != 1)
    {
        memset(digest, 0, 32);
        return WISMO_ERROR;
    }

    return WISMO_OK;
}


bool
wismo_same(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}
