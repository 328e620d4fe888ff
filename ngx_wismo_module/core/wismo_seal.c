
/*
 * Copyright (C) The Wismo authors
 *
 * Contact data at rest: AES-256-GCM with a fresh nonce for each record, keys
 * derived by HMAC-SHA256 from the secrets of a file of their own, and the MACs
 * under which a person's orders are listed.
 *
 * Each record has a key of its own, so that the bound on random nonces of one
 * key (NIST SP 800-38D, 8.3) is that of one order's versions.  Nothing of a
 * record, its text or a key may get into an error's text.
 */


#include "wismo_seal.h"
#include "wismo_aead.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>


#define WISMO_SEAL_MAGIC     "WP1 "
#define WISMO_SEAL_NONCE     WISMO_AEAD_NONCE
#define WISMO_SEAL_TAG       WISMO_AEAD_TAG
#define WISMO_SEAL_NAME_MAX  256

#define WISMO_SEAL_LABEL     "wismo contact data"
#define WISMO_CONTACT_LABEL  "wismo contact index"


static int wismo_seal_key(const wismo_str_t *secret, const wismo_str_t *name,
    unsigned char key[32]);


bool
wismo_seal_kid(const wismo_str_t *record, wismo_str_t *kid)
{
    size_t                n;
    const unsigned char  *lf;

    n = sizeof(WISMO_SEAL_MAGIC) - 1;

    if (record->len < n || memcmp(record->data, WISMO_SEAL_MAGIC, n) != 0) {
        return false;
    }

    kid->data = record->data + n;
    kid->len = record->len - n;

    if (kid->len > WISMO_KID_MAX + 1) {
        kid->len = WISMO_KID_MAX + 1;
    }

    lf = memchr(kid->data, '\n', kid->len);
    kid->len = lf ? (size_t) (lf - kid->data) : 0;

    return true;
}


int
wismo_seal(wismo_pool_t *pool, const wismo_keys_t *keys,
    const wismo_str_t *name, const wismo_str_t *text, wismo_str_t *record)
{
    int                 rc;
    size_t              head;
    unsigned char       key[32], *p;
    const wismo_str_t  *kid;

    if (keys->n == 0 || text->len > INT_MAX / 2) {
        return WISMO_ERROR;
    }

    kid = &keys->keys[0].kid;
    head = sizeof(WISMO_SEAL_MAGIC) - 1 + kid->len + 1;

    record->len = head + WISMO_SEAL_NONCE + text->len + WISMO_SEAL_TAG;
    record->data = wismo_palloc(pool, record->len);

    if (record->data == NULL) {
        return WISMO_ERROR;
    }

    p = record->data;
    memcpy(p, WISMO_SEAL_MAGIC, sizeof(WISMO_SEAL_MAGIC) - 1);
    p += sizeof(WISMO_SEAL_MAGIC) - 1;
    memcpy(p, kid->data, kid->len);
    p += kid->len;
    *p++ = '\n';

    if (RAND_bytes(p, WISMO_SEAL_NONCE) != 1
        || wismo_seal_key(&keys->keys[0].secret, name, key) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    rc = wismo_aead_seal(key, p, name, 1, text, p + WISMO_SEAL_NONCE);

    OPENSSL_cleanse(key, sizeof(key));

    return rc;
}


int
wismo_unseal(wismo_pool_t *pool, const wismo_keys_t *keys,
    const wismo_str_t *name, const wismo_str_t *record, wismo_str_t *text,
    wismo_error_t *err)
{
    int                   rc;
    size_t                len;
    unsigned              i;
    wismo_str_t           kid;
    unsigned char         key[32];
    const unsigned char  *p;

    if (!wismo_seal_kid(record, &kid)) {
        *text = *record;
        return WISMO_OK;
    }

    wismo_str_null(text);

    p = kid.data + kid.len + 1;
    len = record->len - (size_t) (kid.data - record->data);

    if (kid.len == 0
        || len < kid.len + 1 + WISMO_SEAL_NONCE + WISMO_SEAL_TAG)
    {
        wismo_error_set(err, "", "contact data that is no whole record: it "
                                 "was damaged where it is stored; send the "
                                 "order again");
        return WISMO_DECLINED;
    }

    len -= kid.len + 1 + WISMO_SEAL_NONCE + WISMO_SEAL_TAG;

    for (i = 0; i < keys->n; i++) {
        if (wismo_str_eq(&keys->keys[i].kid, &kid)) {
            break;
        }
    }

    if (i == keys->n) {
        wismo_error_set(err, "", "contact data is sealed with a key that the "
                                 "file of \"wismo_contact_key_file\" does "
                                 "not hold: put it back, below the first "
                                 "one");
        return WISMO_DECLINED;
    }

    text->len = len;
    text->data = wismo_palloc(pool, len + 1);

    if (text->data == NULL
        || wismo_seal_key(&keys->keys[i].secret, name, key) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    rc = wismo_aead_open(key, p, name, 1, p + WISMO_SEAL_NONCE, len,
                         text->data);

    OPENSSL_cleanse(key, sizeof(key));

    if (rc == WISMO_DECLINED) {
        wismo_str_null(text);
        wismo_error_set(err, "", "contact data does not open with its key: "
                                 "the record was changed where it is stored, "
                                 "or the key has another text than before; "
                                 "send the order again");
    }

    return rc;
}


static int
wismo_seal_key(const wismo_str_t *secret, const wismo_str_t *name,
    unsigned char key[32])
{
    size_t         n;
    wismo_str_t    data;
    unsigned char  buf[sizeof(WISMO_SEAL_LABEL) + WISMO_SEAL_NAME_MAX];

    if (name->len > WISMO_SEAL_NAME_MAX) {
        return WISMO_ERROR;
    }

    /* the NUL between them is part of it */

    n = sizeof(WISMO_SEAL_LABEL);
    memcpy(buf, WISMO_SEAL_LABEL, n);
    memcpy(buf + n, name->data, name->len);

    data.data = buf;
    data.len = n + name->len;

    return wismo_hmac_sha256(secret, &data, key);
}


int
wismo_contact_keys(const wismo_keys_t *keys, wismo_contact_keys_t *ck)
{
    unsigned       i;
    wismo_str_t    key, label;
    unsigned char  mac[32];

    memset(ck, 0, sizeof(wismo_contact_keys_t));

    for (i = 0; i < keys->n; i++) {
        wismo_str_set(&label, WISMO_CONTACT_LABEL);

        if (wismo_hmac_sha256(&keys->keys[i].secret, &label, ck->key[i])
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }

        key.data = ck->key[i];
        key.len = 32;
        wismo_str_set(&label, "id");

        if (wismo_hmac_sha256(&key, &label, mac) != WISMO_OK) {
            return WISMO_ERROR;
        }

        wismo_hex(mac, WISMO_CONTACT_ID / 2, ck->id[i]);
    }

    ck->n = keys->n;

    return WISMO_OK;
}


int
wismo_contact_mac(const wismo_contact_keys_t *ck, unsigned i,
    wismo_factor_e factor, const char *form, size_t len,
    char mac[WISMO_CONTACT_MAC])
{
    size_t         n;
    const char    *what;
    wismo_str_t    key, data;
    unsigned char  sum[32], buf[16 + WISMO_FACTOR_MAX];

    what = wismo_factor_name(factor);
    n = strlen(what) + 1;

    if (i >= ck->n || len == 0 || len > WISMO_FACTOR_MAX) {
        return WISMO_ERROR;
    }

    memcpy(buf, what, n);
    memcpy(buf + n, form, len);

    key.data = (unsigned char *) ck->key[i];
    key.len = 32;
    data.data = buf;
    data.len = n + len;

    if (wismo_hmac_sha256(&key, &data, sum) != WISMO_OK) {
        return WISMO_ERROR;
    }

    (void) wismo_base64url(sum, 12, mac);

    return WISMO_OK;
}


size_t
wismo_contact_macs(const wismo_contact_keys_t *ck, const json_t *body,
    char *buf)
{
    char         form[WISMO_FACTOR_MAX];
    size_t       len, n;
    unsigned     i;
    wismo_str_t  text;

    static const wismo_factor_e  factors[] = {
        WISMO_FACTOR_EMAIL, WISMO_FACTOR_PHONE
    };

    n = 0;

    for (i = 0; ck->n && i < 2; i++) {
        text = wismo_contact_said(body, factors[i]);
        len = text.len ? wismo_factor_form(factors[i], &text, form) : 0;

        if (len == 0) {
            continue;
        }

        if (n) {
            buf[n++] = ' ';
        }

        if (wismo_contact_mac(ck, 0, factors[i], form, len, buf + n)
            != WISMO_OK)
        {
            return 0;
        }

        n += WISMO_CONTACT_MAC;
    }

    return n;
}


wismo_str_t
wismo_contact_said(const json_t *body, wismo_factor_e factor)
{
    wismo_str_t    text;
    const json_t  *value;

    value = json_object_get(json_object_get(body, "customer"),
                            wismo_factor_name(factor));

    wismo_str_null(&text);

    if (json_is_string(value)) {
        text.data = (unsigned char *) json_string_value(value);
        text.len = json_string_length(value);
    }

    return text;
}
