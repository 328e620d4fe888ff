
/*
 * Copyright (C) The Wismo authors
 *
 * The keys of a verifier: reads the file of secrets or public keys when a
 * configuration is loaded, and makes of each what libcrypto takes.
 *
 * It must never take a key for another kind of key, accept one that is too
 * weak, or ask anybody for a passphrase.
 */


#include "wismo_verify.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/pem.h>


#define WISMO_RSA_BITS_MIN   2048
#define WISMO_RSA_BITS_MAX   4096
#define WISMO_RSA_E          8                /* bytes before the modulus */
#define WISMO_ED25519_KEY    32
#define WISMO_ECDSA_KEY      91               /* RFC 5480, of P-256 */

#define WISMO_PEM_BEGIN      "-----BEGIN "
#define WISMO_PEM_END        "-----END "


static int wismo_verifier_secret(const wismo_verifier_t *v,
    const wismo_str_t *secret, wismo_error_t *err);
static int wismo_verifier_lines(wismo_pool_t *pool, const wismo_verifier_t *v,
    const wismo_str_t *file, wismo_keys_t *keys, wismo_error_t *err);
static int wismo_verifier_pem(wismo_pool_t *pool, const wismo_verifier_t *v,
    const wismo_str_t *pem, wismo_keys_t *keys, wismo_error_t *err);
static int wismo_verifier_ec(wismo_pool_t *pool, EVP_PKEY *pkey,
    wismo_keys_t *keys, wismo_error_t *err);
static int wismo_verifier_raw(wismo_pool_t *pool, const wismo_verifier_t *v,
    const wismo_str_t *line, wismo_keys_t *keys, wismo_error_t *err);
static int wismo_verifier_jwks(wismo_pool_t *pool, const wismo_verifier_t *v,
    const wismo_str_t *file, wismo_keys_t *keys, wismo_error_t *err);
static int wismo_verifier_jwk(wismo_pool_t *pool, const wismo_verifier_t *v,
    const json_t *jwk, wismo_keys_t *keys, wismo_error_t *err);
static int wismo_verifier_rsa(wismo_pool_t *pool, const BIGNUM *modulus,
    const BIGNUM *exponent, wismo_keys_t *keys, wismo_error_t *err);
static int wismo_verifier_add(wismo_pool_t *pool, const unsigned char *data,
    size_t len, wismo_keys_t *keys, wismo_error_t *err);
static int wismo_verifier_refuse_key(wismo_error_t *err, const char *text);
static bool wismo_verifier_begins(const wismo_str_t *s, const char *text);
static bool wismo_verifier_block(const wismo_str_t *line, wismo_str_t *rest,
    wismo_str_t *pem, unsigned *n);
static int wismo_verifier_text64(const wismo_str_t *line, const char *mark,
    unsigned char *key, size_t size);
static int wismo_verifier_no_password(char *buf, int size, int rwflag,
    void *data);


int
wismo_verifier_keys(wismo_pool_t *pool, const wismo_verifier_t *v,
    const wismo_str_t *file, wismo_keys_t *keys, wismo_error_t *err)
{
    int       rc;
    unsigned  i;

    wismo_error_set(err, "", "%s", "");

    if (wismo_verifier_public(v)) {
        keys->n = 0;

        ERR_set_mark();

        for (i = 0; i < file->len && file->data[i] <= ' '; i++) { /* void */ }

        rc = i < file->len && file->data[i] == '{'
             && v->kind != WISMO_VERIFY_ECDSA
             ? wismo_verifier_jwks(pool, v, file, keys, err)
             : wismo_verifier_lines(pool, v, file, keys, err);

        ERR_pop_to_mark();

        return rc;
    }

    rc = wismo_keys_read(pool, file, keys, err);

    for (i = 0; rc == WISMO_OK && i < keys->n; i++) {
        rc = wismo_verifier_secret(v, &keys->keys[i].secret, err);

        if (rc != WISMO_OK) {
            err->line = keys->keys[i].line;
        }
    }

    return rc;
}


static int
wismo_verifier_secret(const wismo_verifier_t *v, const wismo_str_t *secret,
    wismo_error_t *err)
{
    wismo_str_t    key;
    unsigned char  buf[WISMO_VERIFY_KEY_MAX];

    static const char  *wanted[] = {
        "1 to 512 bytes", "1 to 512 ASCII characters, as the sender "
        "normalizes all others", "hexadecimal digits", "base64"
    };

    if (v->kind == WISMO_VERIFY_NONE
        || wismo_verifier_key(v, secret, buf, &key) == WISMO_OK)
    {
        return WISMO_OK;
    }

    wismo_error_set(err, "", "the secret must be %s", wanted[v->form]);

    return WISMO_DECLINED;
}


int
wismo_verifier_key(const wismo_verifier_t *v, const wismo_str_t *secret,
    unsigned char *buf, wismo_str_t *key)
{
    int          n;
    size_t       i;
    wismo_str_t  text;

    *key = *secret;

    switch (v->form) {

    case WISMO_FORM_HEX:
        n = wismo_unhex(secret, buf, WISMO_VERIFY_KEY_MAX);
        break;

    case WISMO_FORM_BASE64:
        text = *secret;

        /* the mark that Standard Webhooks puts before their secrets */

        if (text.len > 6 && memcmp(text.data, "whsec_", 6) == 0) {
            text.data += 6;
            text.len -= 6;
        }

        n = wismo_unbase64(&text, buf, WISMO_VERIFY_KEY_MAX);
        break;

    case WISMO_FORM_ASCII:

        for (i = 0; i < secret->len; i++) {
            if (secret->data[i] >= 0x80) {
                return WISMO_DECLINED;
            }
        }

        /* fall through */

    default:
        return secret->len && secret->len <= WISMO_VERIFY_KEY_MAX
               ? WISMO_OK : WISMO_DECLINED;
    }

    if (n <= 0) {
        return WISMO_DECLINED;
    }

    key->data = buf;
    key->len = (size_t) n;

    return WISMO_OK;
}


static int
wismo_verifier_lines(wismo_pool_t *pool, const wismo_verifier_t *v,
    const wismo_str_t *file, wismo_keys_t *keys, wismo_error_t *err)
{
    int          rc;
    unsigned     n;
    wismo_str_t  rest, line, pem;

    rest = *file;
    n = 0;

    while (wismo_file_line(&rest, &line, &n)) {

        err->line = n;

        rc = wismo_verifier_block(&line, &rest, &pem, &n)
             ? wismo_verifier_pem(pool, v, &pem, keys, err)
             : wismo_verifier_raw(pool, v, &line, keys, err);

        if (rc != WISMO_OK) {
            return rc;
        }
    }

    if (keys->n == 0) {
        err->line = 1;
        return wismo_verifier_refuse_key(err, "the file holds no key");
    }

    return WISMO_OK;
}


/* Lines from "-----BEGIN" to "-----END", or to the end if it has none. */

static bool
wismo_verifier_block(const wismo_str_t *line, wismo_str_t *rest,
    wismo_str_t *pem, unsigned *n)
{
    wismo_str_t  next;

    if (!wismo_verifier_begins(line, WISMO_PEM_BEGIN)) {
        return false;
    }

    *pem = *line;
    next = *line;

    while (!wismo_verifier_begins(&next, WISMO_PEM_END)
           && wismo_file_line(rest, &next, n))
    {
        /* void */
    }

    pem->len = (size_t) (next.data + next.len - pem->data);

    return true;
}


static int
wismo_verifier_pem(wismo_pool_t *pool, const wismo_verifier_t *v,
    const wismo_str_t *pem, wismo_keys_t *keys, wismo_error_t *err)
{
    int             rc;
    BIO            *bio;
    BIGNUM         *modulus, *exponent;
    size_t          len;
    EVP_PKEY       *pkey;
    wismo_str_t     head;
    unsigned char   raw[WISMO_ED25519_KEY];

    head = *pem;
    head.data += sizeof(WISMO_PEM_BEGIN) - 1;
    head.len -= sizeof(WISMO_PEM_BEGIN) - 1;

    if (!wismo_verifier_begins(&head, "PUBLIC KEY-----")) {
        return wismo_verifier_refuse_key(err, "this is not a public key");
    }

    bio = BIO_new_mem_buf(pem->data, (int) pem->len);
    pkey = bio ? PEM_read_bio_PUBKEY(bio, NULL, wismo_verifier_no_password,
                                     NULL)
               : NULL;
    BIO_free(bio);

    if (pkey == NULL) {
        return wismo_verifier_refuse_key(err, "the key is damaged");
    }

    modulus = NULL;
    exponent = NULL;
    len = sizeof(raw);

    if (v->kind == WISMO_VERIFY_RSA) {

        rc = EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA
             && EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &modulus)
             && EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &exponent)
             ? wismo_verifier_rsa(pool, modulus, exponent, keys, err)
             : wismo_verifier_refuse_key(err, "this is not an RSA key");

    } else if (v->kind == WISMO_VERIFY_ECDSA) {
        rc = wismo_verifier_ec(pool, pkey, keys, err);

    } else {

        rc = EVP_PKEY_get_base_id(pkey) == EVP_PKEY_ED25519
             && EVP_PKEY_get_raw_public_key(pkey, raw, &len) == 1
             ? wismo_verifier_add(pool, raw, len, keys, err)
             : wismo_verifier_refuse_key(err, "this is not an Ed25519 key");
    }

    BN_free(modulus);
    BN_free(exponent);
    EVP_PKEY_free(pkey);

    return rc;
}


static int
wismo_verifier_ec(wismo_pool_t *pool, EVP_PKEY *pkey, wismo_keys_t *keys,
    wismo_error_t *err)
{
    int             len;
    char            group[32];
    unsigned char  *p, der[WISMO_ECDSA_KEY];

    if (pkey == NULL || EVP_PKEY_get_base_id(pkey) != EVP_PKEY_EC
        || EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) != 1
        || strcmp(group, SN_X9_62_prime256v1) != 0)
    {
        return wismo_verifier_refuse_key(err, "this is no key of P-256");
    }

    p = der;
    len = i2d_PUBKEY(pkey, NULL);

    if (len <= 0 || (size_t) len > sizeof(der)
        || i2d_PUBKEY(pkey, &p) != len)
    {
        return wismo_verifier_refuse_key(err, "the key is damaged");
    }

    return wismo_verifier_add(pool, der, (size_t) len, keys, err);
}


/* "[name:]whpk_base64", or of ecdsa base64 alone */

static int
wismo_verifier_raw(wismo_pool_t *pool, const wismo_verifier_t *v,
    const wismo_str_t *line, wismo_keys_t *keys, wismo_error_t *err)
{
    int             n, rc;
    EVP_PKEY       *pkey;
    wismo_str_t     public;
    unsigned char   key[WISMO_ED25519_KEY], der[WISMO_ECDSA_KEY];

    if (v->kind == WISMO_VERIFY_ECDSA) {
        n = wismo_unbase64(line, der, sizeof(der));

        public.data = der;
        public.len = n > 0 ? (size_t) n : 0;

        pkey = wismo_verifier_pkey(v, &public);
        rc = wismo_verifier_ec(pool, pkey, keys, err);
        EVP_PKEY_free(pkey);

        return rc;
    }

    if (v->kind == WISMO_VERIFY_ED25519
        && wismo_verifier_text64(line, "whpk_", key, sizeof(key))
           == WISMO_ED25519_KEY)
    {
        return wismo_verifier_add(pool, key, sizeof(key), keys, err);
    }

    return wismo_verifier_refuse_key(err, "this is no public key");
}


/* RFC 7517: a key, or {"keys": [...]}; keys of other kinds are passed over. */

static int
wismo_verifier_jwks(wismo_pool_t *pool, const wismo_verifier_t *v,
    const wismo_str_t *file, wismo_keys_t *keys, wismo_error_t *err)
{
    int           rc;
    size_t        i;
    json_t       *json, *list;
    json_error_t  error;

    json = json_loadb((char *) file->data, file->len, JSON_REJECT_DUPLICATES,
                      &error);

    err->line = 1;

    if (json == NULL) {

        if (error.line > 0) {
            err->line = (unsigned) error.line;
        }

        return wismo_verifier_refuse_key(err, error.text);
    }

    rc = WISMO_OK;
    list = json_object_get(json, "keys");

    if (list == NULL) {
        rc = wismo_verifier_jwk(pool, v, json, keys, err);
    }

    for (i = 0; rc == WISMO_OK && i < json_array_size(list); i++) {
        rc = wismo_verifier_jwk(pool, v, json_array_get(list, i), keys, err);
    }

    json_decref(json);

    if (rc == WISMO_OK && keys->n == 0) {
        return wismo_verifier_refuse_key(err, "no key of this kind is there");
    }

    return rc;
}


static int
wismo_verifier_jwk(wismo_pool_t *pool, const wismo_verifier_t *v,
    const json_t *jwk, wismo_keys_t *keys, wismo_error_t *err)
{
    int            n, rc;
    size_t         i;
    BIGNUM        *bn[2];
    wismo_str_t    text, kty;
    unsigned char  buf[WISMO_RSA_BITS_MAX / 8 + 1];

    static const char *const  members[] = { "n", "e" };

    kty.data = (unsigned char *) json_string_value(json_object_get(jwk,
                                                                   "kty"));
    kty.len = json_string_length(json_object_get(jwk, "kty"));

    if (!wismo_str_is(&kty, v->kind == WISMO_VERIFY_RSA ? "RSA" : "OKP")) {
        return WISMO_OK;
    }

    if (json_object_get(jwk, "d")) {
        return wismo_verifier_refuse_key(err, "this is a private key");
    }

    if (v->kind == WISMO_VERIFY_ED25519) {

        text.data = (unsigned char *) json_string_value(json_object_get(jwk,
                                                                        "x"));
        text.len = json_string_length(json_object_get(jwk, "x"));

        return wismo_unbase64(&text, buf, WISMO_ED25519_KEY)
               == WISMO_ED25519_KEY
               ? wismo_verifier_add(pool, buf, WISMO_ED25519_KEY, keys, err)
               : wismo_verifier_refuse_key(err, "the key is damaged");
    }

    bn[0] = NULL;
    bn[1] = NULL;

    for (i = 0; i < 2; i++) {
        text.data = (unsigned char *) json_string_value(
                                          json_object_get(jwk, members[i]));
        text.len = json_string_length(json_object_get(jwk, members[i]));

        n = wismo_unbase64(&text, buf, sizeof(buf));
        bn[i] = n > 0 ? BN_bin2bn(buf, n, NULL) : NULL;
    }

    rc = bn[0] && bn[1]
         ? wismo_verifier_rsa(pool, bn[0], bn[1], keys, err)
         : wismo_verifier_refuse_key(err, "the key is damaged");

    BN_free(bn[0]);
    BN_free(bn[1]);

    return rc;
}


/*
 * Kept as exponent and modulus in the machine's own order, as libcrypto wants
 * them: it makes a key of these in microseconds, and of DER in a hundred.
 */

static int
wismo_verifier_rsa(wismo_pool_t *pool, const BIGNUM *modulus,
    const BIGNUM *exponent, wismo_keys_t *keys, wismo_error_t *err)
{
    int            len;
    unsigned char  buf[WISMO_RSA_E + WISMO_RSA_BITS_MAX / 8];

    if (BN_num_bits(modulus) < WISMO_RSA_BITS_MIN
        || BN_num_bits(modulus) > WISMO_RSA_BITS_MAX
        || !BN_is_odd(modulus))
    {
        return wismo_verifier_refuse_key(err, "an RSA key has 2048 to 4096 "
                                              "bits");
    }

    if (!BN_is_odd(exponent) || BN_is_one(exponent)
        || BN_num_bits(exponent) > WISMO_RSA_E * 8)
    {
        return wismo_verifier_refuse_key(err, "the key is damaged");
    }

    len = BN_num_bytes(modulus);

    if (BN_bn2nativepad(exponent, buf, WISMO_RSA_E) < 0
        || BN_bn2nativepad(modulus, buf + WISMO_RSA_E, len) < 0)
    {
        wismo_error_set(err, "", "out of memory");
        return WISMO_ERROR;
    }

    return wismo_verifier_add(pool, buf, (size_t) (WISMO_RSA_E + len), keys,
                              err);
}


static int
wismo_verifier_add(wismo_pool_t *pool, const unsigned char *data, size_t len,
    wismo_keys_t *keys, wismo_error_t *err)
{
    unsigned      line;
    wismo_str_t   s;
    wismo_key_t  *key;

    if (keys->n == WISMO_KEYS_MAX) {
        line = err->line;
        wismo_error_set(err, "", "at most %d keys are accepted: remove old "
                                 "ones", WISMO_KEYS_MAX);
        err->line = line;
        return WISMO_DECLINED;
    }

    key = &keys->keys[keys->n];
    memset(key, 0, sizeof(wismo_key_t));

    s.data = (unsigned char *) data;
    s.len = len;

    if (wismo_pstrdup(pool, &key->secret, &s) != WISMO_OK) {
        wismo_error_set(err, "", "out of memory");
        return WISMO_ERROR;
    }

    key->line = err->line;
    keys->n++;

    return WISMO_OK;
}


static int
wismo_verifier_refuse_key(wismo_error_t *err, const char *text)
{
    unsigned  line;

    line = err->line;

    wismo_error_set(err, "", "%s: the sender's public keys are expected, as "
                             "\"-----BEGIN PUBLIC KEY-----\", JWK or "
                             "\"whpk_...\"", text);
    err->line = line;

    return WISMO_DECLINED;
}


EVP_PKEY *
wismo_verifier_pkey(const wismo_verifier_t *v, const wismo_str_t *key)
{
    EVP_PKEY             *pkey;
    OSSL_PARAM            params[3];
    EVP_PKEY_CTX         *ctx;
    const unsigned char  *der;

    if (v->kind == WISMO_VERIFY_ECDSA) {
        der = key->data;
        return d2i_PUBKEY(NULL, &der, (long) key->len);
    }

    if (v->kind == WISMO_VERIFY_ED25519) {
        return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->data,
                                           key->len);
    }

    params[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, key->data,
                                        WISMO_RSA_E);
    params[1] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N,
                                        key->data + WISMO_RSA_E,
                                        key->len - WISMO_RSA_E);
    params[2] = OSSL_PARAM_construct_end();

    pkey = NULL;
    ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);

    if (ctx == NULL
        || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
    {
        pkey = NULL;
    }

    EVP_PKEY_CTX_free(ctx);

    return pkey;
}


EVP_PKEY *
wismo_verifier_private(const wismo_verifier_t *v, const wismo_str_t *file)
{
    int             type, n;
    BIO            *bio;
    unsigned        number;
    EVP_PKEY       *pkey;
    wismo_str_t     rest, line;
    unsigned char   raw[2 * WISMO_ED25519_KEY];

    ERR_set_mark();

    type = v->kind == WISMO_VERIFY_RSA ? EVP_PKEY_RSA
           : v->kind == WISMO_VERIFY_ECDSA ? EVP_PKEY_EC : EVP_PKEY_ED25519;
    pkey = NULL;
    rest = *file;
    number = 0;

    if (wismo_file_line(&rest, &line, &number)
        && v->kind == WISMO_VERIFY_ED25519)
    {
        /* the seed alone, or with the public key behind it */

        n = wismo_verifier_text64(&line, "whsk_", raw, sizeof(raw));

        if (n == WISMO_ED25519_KEY || n == 2 * WISMO_ED25519_KEY) {
            pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, raw,
                                                WISMO_ED25519_KEY);
        }
    }

    if (pkey == NULL && file->len <= INT32_MAX) {
        bio = BIO_new_mem_buf(file->data, (int) file->len);
        pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL,
                                             wismo_verifier_no_password, NULL)
                   : NULL;
        BIO_free(bio);
    }

    if (pkey && (EVP_PKEY_get_base_id(pkey) != type
                 || EVP_PKEY_get_size(pkey) > WISMO_VERIFY_MAC_MAX))
    {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }

    ERR_pop_to_mark();

    return pkey;
}


static bool
wismo_verifier_begins(const wismo_str_t *s, const char *text)
{
    size_t  len;

    len = strlen(text);

    return s->len >= len && memcmp(s->data, text, len) == 0;
}


/* The bytes of "[name:][mark]base64", or WISMO_DECLINED. */

static int
wismo_verifier_text64(const wismo_str_t *line, const char *mark,
    unsigned char *key, size_t size)
{
    size_t          n;
    wismo_str_t     text;
    unsigned char  *colon;

    text = *line;
    colon = memchr(text.data, ':', text.len);

    if (colon) {
        n = (size_t) (colon + 1 - text.data);
        text.data += n;
        text.len -= n;
    }

    while (text.len && *text.data == ' ') {
        text.data++;
        text.len--;
    }

    if (wismo_verifier_begins(&text, mark)) {
        text.data += strlen(mark);
        text.len -= strlen(mark);
    }

    return wismo_unbase64(&text, key, size);
}


/* libcrypto's own way would be to ask at the terminal. */

static int
wismo_verifier_no_password(char *buf, int size, int rwflag, void *data)
{
    (void) buf;
    (void) size;
    (void) rwflag;
    (void) data;

    return -1;
}
