
/*
 * Copyright (C) The Wismo authors
 *
 * Runs a compiled verifier over a push: its raw body, before anything parses
 * it, and its headers.  Called by the module's hook locations and by
 * "wismo carrier parse --push".
 *
 * It must never accept for want of something: an absent header, an empty
 * signature, an unusable secret or a failing libcrypto all refuse.
 */


#include "wismo_form.h"
#include "wismo_time.h"
#include "wismo_verify.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>


#define WISMO_VERIFY_TIME_MAX    40
#define WISMO_VERIFY_UNIX_MAX    11
#define WISMO_VERIFY_ID_MAX      256
#define WISMO_VERIFY_FIELD_MAX   1024
#define WISMO_VERIFY_FORM_MAX    65536        /* of JSON, read unproven */
#define WISMO_VERIFY_FORM_POOL   (1024 * 1024)

/* Signatures of public keys that are tried: each costs what a hundred MACs
 * do, and anybody may send them. */
#define WISMO_VERIFY_TRIED       4


static int wismo_verify_form(const wismo_verifier_t *v,
    wismo_header_pt header, void *data, const wismo_str_t *body,
    wismo_pool_t *pool, wismo_str_t *form);
static int wismo_verify_request(const wismo_verifier_t *v,
    const wismo_keys_t *secrets, wismo_header_pt header, void *data,
    const wismo_str_t *body, const wismo_str_t *form, int64_t now);
static int wismo_verify_prefix(const wismo_verifier_t *v,
    wismo_str_t *token);
static int wismo_verify_bearer(const wismo_verifier_t *v,
    const wismo_keys_t *secrets, const wismo_str_t *value);
static void wismo_verify_split(const wismo_verifier_t *v,
    const wismo_str_t *value, wismo_verify_request_t *req);
static void wismo_verify_item(const wismo_verifier_t *v, wismo_str_t *item,
    wismo_verify_request_t *req);
static int wismo_verify_time(const wismo_verifier_t *v,
    const wismo_str_t *text, int64_t now);
static int wismo_verify_keyed(const wismo_verifier_t *v,
    const wismo_keys_t *secrets, const wismo_verify_request_t *req);
static int wismo_verify_public(const wismo_verifier_t *v,
    const wismo_keys_t *secrets, const wismo_verify_request_t *req);
static bool wismo_verify_signature(const wismo_verifier_t *v, EVP_PKEY *pkey,
    const wismo_verify_request_t *req, const wismo_str_t *message);
static bool wismo_verify_match(const wismo_verifier_t *v,
    const wismo_verify_request_t *req, const unsigned char *mac, size_t len);
static int wismo_verify_decode(const wismo_verifier_t *v,
    const wismo_str_t *text, unsigned char *mac, size_t len);
static const wismo_str_t *wismo_verify_part(const wismo_verifier_t *v,
    unsigned i, const wismo_str_t *key, const wismo_verify_request_t *req);


int
wismo_verify(const wismo_verifier_t *v, const wismo_keys_t *secrets,
    wismo_header_pt header, void *data, const wismo_str_t *body, int64_t now)
{
    int           rc;
    wismo_str_t   form;
    wismo_pool_t  pool;

    if (v->kind == WISMO_VERIFY_NONE) {
        return WISMO_OK;
    }

    wismo_pool_init(&pool, WISMO_VERIFY_FORM_POOL, NULL, NULL);

    rc = wismo_verify_form(v, header, data, body, &pool, &form);

    if (rc == WISMO_OK) {
        rc = wismo_verify_request(v, secrets, header, data, body, &form, now);
    }

    wismo_pool_done(&pool);

    return rc;
}


/* Some send the same fields as a form, as JSON, or in the query. */

static int
wismo_verify_form(const wismo_verifier_t *v, wismo_header_pt header,
    void *data, const wismo_str_t *body, wismo_pool_t *pool,
    wismo_str_t *form)
{
    *form = *body;

    if (v->field.len == 0 && !wismo_verifier_has(v, WISMO_PART_FIELDS)
        && !wismo_verifier_has(v, WISMO_PART_PAIRS))
    {
        return WISMO_OK;
    }

    if (body->len == 0) {
        (void) header(data, WISMO_VERIFY_QUERY, form);
        return WISMO_OK;
    }

    if (body->data[0] != '{') {
        return WISMO_OK;
    }

    return (body->len <= WISMO_VERIFY_FORM_MAX)
           ? wismo_form_json(pool, body, form) : WISMO_DECLINED;
}


static int
wismo_verify_request(const wismo_verifier_t *v, const wismo_keys_t *secrets,
    wismo_header_pt header, void *data, const wismo_str_t *body,
    const wismo_str_t *form, int64_t now)
{
    int                      rc;
    char                     field[WISMO_VERIFY_FIELD_MAX];
    wismo_str_t              value;
    unsigned char            sum[32];
    wismo_verify_request_t   req;

    if (v->field.len) {
        rc = wismo_form_value(form, (const char *) v->field.data, field,
                              sizeof(field), &value);

        if (rc != WISMO_OK) {
            return rc;
        }

    } else if (!header(data, (const char *) v->header.data, &value)) {
        return WISMO_DECLINED;
    }

    if (value.len == 0) {
        return WISMO_DECLINED;
    }

    if (v->kind == WISMO_VERIFY_BEARER) {
        return wismo_verify_bearer(v, secrets, &value);
    }

    if (v->kind == WISMO_VERIFY_JWT) {
        return wismo_verify_prefix(v, &value) == WISMO_OK
               ? wismo_verify_jwt(v, secrets, &value, header, data, body, now)
               : WISMO_DECLINED;
    }

    memset(&req, 0, sizeof(wismo_verify_request_t));
    req.body = *body;

    wismo_verify_split(v, &value, &req);

    if (v->time_header.len
        && !header(data, (const char *) v->time_header.data, &req.time))
    {
        return WISMO_DECLINED;
    }

    if (v->id_header.len
        && (!header(data, (const char *) v->id_header.data, &req.id)
            || req.id.len == 0 || req.id.len > WISMO_VERIFY_ID_MAX))
    {
        return WISMO_DECLINED;
    }

    if (v->time_header.len || v->time_field.len) {
        rc = wismo_verify_time(v, &req.time, now);

        if (rc != WISMO_OK) {
            return rc;
        }
    }

    if (req.nmacs == 0) {
        return WISMO_DECLINED;
    }

    if (wismo_verifier_has(v, WISMO_PART_URL)
        && !header(data, WISMO_VERIFY_URL, &req.url))
    {
        return WISMO_DECLINED;
    }

    if (wismo_verifier_has(v, WISMO_PART_SHA256)) {
        req.digest.data = sum;
        req.digest.len = 32;

        if (wismo_sha256(body, sum) != WISMO_OK) {
            return WISMO_ERROR;
        }
    }

    if (wismo_verifier_has(v, WISMO_PART_FIELDS)
        || wismo_verifier_has(v, WISMO_PART_PAIRS))
    {
        rc = wismo_verify_fields(form, &v->field,
                                 wismo_verifier_has(v, WISMO_PART_PAIRS),
                                 &req.fields);

        if (rc != WISMO_OK) {
            OPENSSL_free(req.fields.data);
            return rc;
        }
    }

    rc = wismo_verifier_public(v) ? wismo_verify_public(v, secrets, &req)
                                  : wismo_verify_keyed(v, secrets, &req);

    OPENSSL_free(req.fields.data);

    return rc;
}


void
wismo_verify_why(const wismo_verifier_t *v, wismo_header_pt header,
    void *data, int64_t now, wismo_error_t *err)
{
    size_t                   i;
    wismo_str_t              value;
    wismo_verify_request_t   req;

    const unsigned char *const  names[] = {
        v->header.data, v->time_header.data, v->id_header.data
    };

    memset(&req, 0, sizeof(wismo_verify_request_t));
    wismo_str_null(&value);

    for (i = 0; i < 3; i++) {
        value.len = 0;

        if (names[i] && *names[i]
            && (!header(data, (const char *) names[i], &value)
                || value.len == 0))
        {
            wismo_error_set(err, "", "there is no header \"%s\"", names[i]);
            return;
        }

        if (i == 0 && v->kind != WISMO_VERIFY_BEARER
            && v->kind != WISMO_VERIFY_JWT)
        {
            wismo_verify_split(v, &value, &req);

        } else if (i == 1 && value.len) {
            req.time = value;
        }
    }

    if (req.time.len && wismo_verify_time(v, &req.time, now) != WISMO_OK) {
        wismo_error_set(err, "", "the time it was signed at is not within %d "
                        "seconds of now", (int) v->tolerance);
        return;
    }

    wismo_error_set(err, "", "it was signed with another secret than the "
                    "hook's, or is not what was signed");
}


/* The name of an authentication scheme has no case. */

static int
wismo_verify_prefix(const wismo_verifier_t *v, wismo_str_t *token)
{
    size_t         i;
    unsigned char  a, b;

    if (token->len <= v->prefix.len) {
        return WISMO_DECLINED;
    }

    for (i = 0; i < v->prefix.len; i++) {
        a = token->data[i];
        b = v->prefix.data[i];

        if (a != b
            && ((a | 0x20) != (b | 0x20) || (a | 0x20) < 'a'
                || (a | 0x20) > 'z'))
        {
            return WISMO_DECLINED;
        }
    }

    token->data += v->prefix.len;
    token->len -= v->prefix.len;

    return WISMO_OK;
}


static int
wismo_verify_bearer(const wismo_verifier_t *v, const wismo_keys_t *secrets,
    const wismo_str_t *value)
{
    int            rc;
    bool           found;
    unsigned       k;
    wismo_str_t    token;
    unsigned char  given[32], kept[32];

    token = *value;

    if (wismo_verify_prefix(v, &token) != WISMO_OK) {
        return WISMO_DECLINED;
    }

    /* digests are compared, so that not even the length shows */

    if (wismo_sha256(&token, given) != WISMO_OK) {
        return WISMO_ERROR;
    }

    found = false;

    for (k = 0; k < secrets->n; k++) {
        rc = wismo_sha256(&secrets->keys[k].secret, kept);

        if (rc != WISMO_OK) {
            return rc;
        }

        if (secrets->keys[k].secret.len && wismo_same(given, kept, 32)) {
            found = true;
        }
    }

    return found ? WISMO_OK : WISMO_DECLINED;
}


/*
 * Senders that rotate keys put several signatures into one header, between
 * spaces or commas; a comma in the prefix ("v1,") leaves only spaces.
 */

static void
wismo_verify_split(const wismo_verifier_t *v, const wismo_str_t *value,
    wismo_verify_request_t *req)
{
    size_t         i;
    wismo_str_t    item;
    unsigned char  comma;

    comma = v->prefix.len && memchr(v->prefix.data, ',', v->prefix.len)
            ? ' ' : ',';

    item.data = value->data;

    for (i = 0; i <= value->len; i++) {

        if (i < value->len && value->data[i] != ' '
            && value->data[i] != comma)
        {
            continue;
        }

        item.len = (size_t) (value->data + i - item.data);

        if (item.len) {
            wismo_verify_item(v, &item, req);
        }

        item.data = value->data + i + 1;
    }
}


static void
wismo_verify_item(const wismo_verifier_t *v, wismo_str_t *item,
    wismo_verify_request_t *req)
{
    size_t       n;
    wismo_str_t  name;

    if (v->time_field.len) {

        for (n = 0; n < item->len && item->data[n] != '='; n++) {
            /* void */
        }

        if (n == item->len) {
            return;
        }

        name.data = item->data;
        name.len = n;

        item->data += n + 1;
        item->len -= n + 1;

        if (wismo_str_eq(&name, &v->time_field)) {

            /* the first one: a second one could only confuse */

            if (req->time.len == 0) {
                req->time = *item;
            }

            return;
        }

        if (!wismo_str_eq(&name, &v->signature_field)) {
            return;
        }

    } else if (v->prefix.len) {

        if (item->len < v->prefix.len
            || memcmp(item->data, v->prefix.data, v->prefix.len) != 0)
        {
            return;
        }

        item->data += v->prefix.len;
        item->len -= v->prefix.len;
    }

    if (item->len && req->nmacs < WISMO_VERIFY_MACS) {
        req->macs[req->nmacs++] = *item;
    }
}


static int
wismo_verify_time(const wismo_verifier_t *v, const wismo_str_t *text,
    int64_t now)
{
    size_t        i;
    int64_t       t;
    wismo_when_t  when;

    if (text->len == 0 || text->len > WISMO_VERIFY_TIME_MAX) {
        return WISMO_DECLINED;
    }

    t = 0;

    if (v->time_form == WISMO_TIME_ISO) {

        /* a clock without its zone is no time */

        if (wismo_time_iso(text, &when) != WISMO_OK
            || when.utc == WISMO_TIME_NONE)
        {
            return WISMO_DECLINED;
        }

        t = when.utc;

    } else if (text->len > WISMO_VERIFY_UNIX_MAX) {
        return WISMO_DECLINED;

    } else {

        for (i = 0; i < text->len; i++) {

            if (text->data[i] < '0' || text->data[i] > '9') {
                return WISMO_DECLINED;
            }

            t = t * 10 + (text->data[i] - '0');
        }
    }

    return t >= now - v->tolerance && t <= now + v->tolerance
           ? WISMO_OK : WISMO_DECLINED;
}


static int
wismo_verify_keyed(const wismo_verifier_t *v, const wismo_keys_t *secrets,
    const wismo_verify_request_t *req)
{
    int            rc;
    size_t         len;
    unsigned       i;
    wismo_str_t    key;
    unsigned char  buf[WISMO_VERIFY_KEY_MAX];
    unsigned char  mac[WISMO_VERIFY_MAC_MAX];

    for (i = 0; i < secrets->n; i++) {

        if (wismo_verifier_key(v, &secrets->keys[i].secret, buf, &key)
            != WISMO_OK)
        {
            continue;
        }

        rc = wismo_verify_mac(v, &key, req, mac, &len);

        if (rc != WISMO_OK) {
            return rc;
        }

        if (wismo_verify_match(v, req, mac, len)) {
            return WISMO_OK;
        }
    }

    return WISMO_DECLINED;
}


static int
wismo_verify_public(const wismo_verifier_t *v, const wismo_keys_t *secrets,
    const wismo_verify_request_t *req)
{
    int           rc;
    unsigned      i;
    EVP_PKEY     *pkey;
    wismo_str_t   message;

    if (wismo_verify_message(v, req, &message) != WISMO_OK) {
        return WISMO_ERROR;
    }

    /* what libcrypto says of a forged signature is nobody else's error */

    ERR_set_mark();

    rc = WISMO_DECLINED;

    for (i = 0; i < secrets->n && rc == WISMO_DECLINED; i++) {

        pkey = wismo_verifier_pkey(v, &secrets->keys[i].secret);

        if (pkey == NULL) {
            rc = WISMO_ERROR;

        } else if (wismo_verify_signature(v, pkey, req, &message)) {
            rc = WISMO_OK;
        }

        EVP_PKEY_free(pkey);
    }

    ERR_pop_to_mark();
    OPENSSL_free(message.data);

    return rc;
}


static bool
wismo_verify_signature(const wismo_verifier_t *v, EVP_PKEY *pkey,
    const wismo_verify_request_t *req, const wismo_str_t *message)
{
    int             n;
    bool            found;
    size_t          len;
    unsigned        i, tried;
    EVP_MD_CTX     *ctx;
    unsigned char   mac[WISMO_VERIFY_MAC_MAX];

    found = false;
    tried = 0;
    len = (size_t) EVP_PKEY_get_size(pkey);

    for (i = 0; i < req->nmacs && tried < WISMO_VERIFY_TRIED && !found; i++) {

        n = wismo_verify_decode(v, &req->macs[i], mac, len);

        /* of ecdsa the numbers in it have no zeros before them */

        if (n <= 0
            || ((size_t) n != len && v->kind != WISMO_VERIFY_ECDSA))
        {
            continue;
        }

        tried++;
        ctx = EVP_MD_CTX_new();

        found = ctx
                && EVP_DigestVerifyInit_ex(ctx, NULL, v->algorithm, NULL,
                                           NULL, pkey, NULL) == 1
                && EVP_DigestVerify(ctx, mac, (size_t) n, message->data,
                                    message->len) == 1;

        EVP_MD_CTX_free(ctx);
    }

    return found;
}


int
wismo_verify_message(const wismo_verifier_t *v,
    const wismo_verify_request_t *req, wismo_str_t *message)
{
    unsigned            i;
    const wismo_str_t  *s;

    message->len = 0;

    for (i = 0; i < v->nparts; i++) {
        message->len += wismo_verify_part(v, i, NULL, req)->len;
    }

    message->data = OPENSSL_malloc(message->len + 1);

    if (message->data == NULL) {
        return WISMO_ERROR;
    }

    message->len = 0;

    for (i = 0; i < v->nparts; i++) {
        s = wismo_verify_part(v, i, NULL, req);

        if (s->len) {
            memcpy(message->data + message->len, s->data, s->len);
            message->len += s->len;
        }
    }

    return WISMO_OK;
}


static const wismo_str_t *
wismo_verify_part(const wismo_verifier_t *v, unsigned i,
    const wismo_str_t *key, const wismo_verify_request_t *req)
{
    switch (v->parts[i].type) {

    case WISMO_PART_BODY:
        return &req->body;

    case WISMO_PART_TIME:
        return &req->time;

    case WISMO_PART_ID:
        return &req->id;

    case WISMO_PART_KEY:
        return key;

    case WISMO_PART_URL:
        return &req->url;

    case WISMO_PART_SHA256:
        return &req->digest;

    case WISMO_PART_FIELDS:
    case WISMO_PART_PAIRS:
        return &req->fields;

    default:
        return &v->parts[i].text;
    }
}


int
wismo_verify_mac(const wismo_verifier_t *v, const wismo_str_t *key,
    const wismo_verify_request_t *req, unsigned char *mac, size_t *len)
{
    int                 ok;
    EVP_MD             *md;
    EVP_MAC            *hmac;
    unsigned            i, n;
    OSSL_PARAM          params[2];
    EVP_MD_CTX         *digest;
    EVP_MAC_CTX        *ctx;
    const wismo_str_t  *s;

    md = NULL;
    hmac = NULL;
    digest = NULL;
    ctx = NULL;

    if (v->kind == WISMO_VERIFY_DIGEST) {
        md = EVP_MD_fetch(NULL, v->algorithm, NULL);
        digest = EVP_MD_CTX_new();
        ok = md && digest && EVP_DigestInit_ex2(digest, md, NULL) == 1;

    } else {
        params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                     (char *) v->algorithm,
                                                     0);
        params[1] = OSSL_PARAM_construct_end();

        hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
        ctx = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
        ok = ctx && EVP_MAC_init(ctx, key->data, key->len, params) == 1;
    }

    for (i = 0; ok && i < v->nparts; i++) {
        s = wismo_verify_part(v, i, key, req);

        if (s->len) {
            ok = digest ? EVP_DigestUpdate(digest, s->data, s->len) == 1
                        : EVP_MAC_update(ctx, s->data, s->len) == 1;
        }
    }

    if (ok && digest) {
        ok = EVP_DigestFinal_ex(digest, mac, &n) == 1;
        *len = n;

    } else if (ok) {
        ok = EVP_MAC_final(ctx, mac, len, EVP_MAX_MD_SIZE) == 1;
    }

    EVP_MD_CTX_free(digest);
    EVP_MD_free(md);
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(hmac);

    return ok ? WISMO_OK : WISMO_ERROR;
}


static bool
wismo_verify_match(const wismo_verifier_t *v,
    const wismo_verify_request_t *req, const unsigned char *mac, size_t len)
{
    int            n;
    bool           found;
    unsigned       i;
    unsigned char  given[EVP_MAX_MD_SIZE];

    found = false;

    for (i = 0; i < req->nmacs; i++) {
        n = wismo_verify_decode(v, &req->macs[i], given, len);

        if (n > 0 && (size_t) n == len && wismo_same(given, mac, len)) {
            found = true;
        }
    }

    return found;
}


/* The bytes of a signature that should have "len"; the room is as large. */

static int
wismo_verify_decode(const wismo_verifier_t *v, const wismo_str_t *text,
    unsigned char *mac, size_t len)
{
    wismo_verify_encoding_e  encoding;

    encoding = v->encoding;

    if (encoding == WISMO_ENCODING_ANY) {
        encoding = text->len == 2 * len ? WISMO_ENCODING_HEX
                                        : WISMO_ENCODING_BASE64;
    }

    return encoding == WISMO_ENCODING_HEX ? wismo_unhex(text, mac, len)
                                          : wismo_unbase64(text, mac, len);
}
