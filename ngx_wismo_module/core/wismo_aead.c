
/*
 * Copyright (C) The Wismo authors
 *
 * AES-256-GCM by libcrypto.  Called by wismo_seal.c and wismo_box.c alone.
 *
 * What does not authenticate must never be read: it is wiped here.
 */


#include "wismo_aead.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>


static int wismo_aead_beside(EVP_CIPHER_CTX *ctx, const wismo_str_t *aad,
    unsigned naad);


int
wismo_aead_seal(const unsigned char key[WISMO_AEAD_KEY],
    const unsigned char nonce[WISMO_AEAD_NONCE], const wismo_str_t *aad,
    unsigned naad, const wismo_str_t *text, unsigned char *out)
{
    int              n, rc;
    EVP_CIPHER_CTX  *ctx;

    if (text->len > INT_MAX / 2) {
        return WISMO_ERROR;
    }

    rc = WISMO_ERROR;
    ctx = EVP_CIPHER_CTX_new();

    if (ctx
        && EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) == 1
        && wismo_aead_beside(ctx, aad, naad) == 1
        && (text->len == 0
            || EVP_EncryptUpdate(ctx, out, &n, text->data, (int) text->len)
               == 1)
        && EVP_EncryptFinal_ex(ctx, out + text->len, &n) == 1
        && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, WISMO_AEAD_TAG,
                               out + text->len)
           == 1)
    {
        rc = WISMO_OK;
    }

    EVP_CIPHER_CTX_free(ctx);

    return rc;
}


int
wismo_aead_open(const unsigned char key[WISMO_AEAD_KEY],
    const unsigned char nonce[WISMO_AEAD_NONCE], const wismo_str_t *aad,
    unsigned naad, const unsigned char *in, size_t len, unsigned char *text)
{
    int              n, rc;
    unsigned char    tag[WISMO_AEAD_TAG];
    EVP_CIPHER_CTX  *ctx;

    if (len > INT_MAX / 2) {
        return WISMO_DECLINED;
    }

    memcpy(tag, in + len, WISMO_AEAD_TAG);

    rc = WISMO_ERROR;
    ctx = EVP_CIPHER_CTX_new();

    if (ctx
        && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) == 1
        && wismo_aead_beside(ctx, aad, naad) == 1
        && (len == 0
            || EVP_DecryptUpdate(ctx, text, &n, in, (int) len) == 1)
        && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, WISMO_AEAD_TAG,
                               tag)
           == 1)
    {
        rc = (EVP_DecryptFinal_ex(ctx, text + len, &n) == 1) ? WISMO_OK
                                                             : WISMO_DECLINED;
    }

    /* what is not genuine was not read */

    if (rc != WISMO_OK && len) {
        OPENSSL_cleanse(text, len);
    }

    EVP_CIPHER_CTX_free(ctx);

    return rc;
}


static int
wismo_aead_beside(EVP_CIPHER_CTX *ctx, const wismo_str_t *aad,
    unsigned naad)
{
    int       n;
    unsigned  i;

    static const unsigned char  nul[1];

    for (i = 0; i < naad; i++) {

        if (aad[i].len > INT_MAX / 2) {
            return 0;
        }

        if (i && EVP_CipherUpdate(ctx, NULL, &n, nul, 1) != 1) {
            return 0;
        }

        if (aad[i].len
            && EVP_CipherUpdate(ctx, NULL, &n, aad[i].data, (int) aad[i].len)
               != 1)
        {
            return 0;
        }
    }

    return 1;
}
