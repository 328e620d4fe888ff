
/*
 * Copyright (C) The Wismo authors
 *
 * Signs a push as its sender would, by the very verifier that checks it, so
 * that "wismo hook test" can show whether a hook takes what it should.
 * Nothing that serves requests may call this.
 */


#include "wismo_time.h"
#include "wismo_verify.h"

#include <openssl/err.h>


static int wismo_sign_message(const wismo_verifier_t *v,
    const wismo_str_t *file, const wismo_verify_request_t *req,
    unsigned char *mac, size_t *len);
static int wismo_sign_time(wismo_pool_t *pool, const wismo_verifier_t *v,
    int64_t now, wismo_str_t *time);
static int wismo_sign_encode(wismo_pool_t *pool, const wismo_verifier_t *v,
    const wismo_str_t *time, const unsigned char *mac, size_t len,
    wismo_str_t *value);
static int wismo_sign_header(wismo_pool_t *pool, const wismo_str_t *name,
    const wismo_str_t *value, wismo_signed_t *headers, unsigned *n);


int
wismo_verifier_sign(wismo_pool_t *pool, const wismo_verifier_t *v,
    const wismo_str_t *secret, const wismo_str_t *id,
    const wismo_str_t *body, int64_t now, wismo_signed_t *headers,
    unsigned *n)
{
    int                      rc;
    size_t                   len;
    wismo_out_t              out;
    wismo_str_t              key, value;
    unsigned char            buf[WISMO_VERIFY_KEY_MAX];
    unsigned char            mac[WISMO_VERIFY_MAC_MAX];
    wismo_verify_request_t   req;

    *n = 0;

    if (v->kind == WISMO_VERIFY_NONE) {
        return WISMO_OK;
    }

    if (v->kind == WISMO_VERIFY_BEARER) {
        wismo_out_init(&out, pool, v->prefix.len + secret->len);
        wismo_out_str(&out, &v->prefix);
        wismo_out_str(&out, secret);

        value.data = out.start;
        value.len = (size_t) (out.pos - out.start);

        return out.failed ? WISMO_ERROR
               : wismo_sign_header(pool, &v->header, &value, headers, n);
    }

    /* whoever signs addresses or forms sends what we never send */

    if (v->kind == WISMO_VERIFY_JWT
        || wismo_verifier_has(v, WISMO_PART_URL)
        || wismo_verifier_has(v, WISMO_PART_SHA256)
        || wismo_verifier_has(v, WISMO_PART_FIELDS)
        || wismo_verifier_has(v, WISMO_PART_PAIRS))
    {
        return WISMO_DECLINED;
    }

    memset(&req, 0, sizeof(wismo_verify_request_t));

    req.body = *body;
    req.id = *id;

    if ((v->time_header.len || v->time_field.len)
        && wismo_sign_time(pool, v, now, &req.time) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if (wismo_verifier_public(v)) {
        rc = wismo_sign_message(v, secret, &req, mac, &len);

    } else if (wismo_verifier_key(v, secret, buf, &key) == WISMO_OK) {
        rc = wismo_verify_mac(v, &key, &req, mac, &len);

    } else {
        rc = WISMO_DECLINED;
    }

    if (rc == WISMO_OK) {
        rc = wismo_sign_encode(pool, v, &req.time, mac, len, &value);
    }

    if (rc == WISMO_OK && v->id_header.len) {
        rc = wismo_sign_header(pool, &v->id_header, id, headers, n);
    }

    if (rc == WISMO_OK && v->time_header.len) {
        rc = wismo_sign_header(pool, &v->time_header, &req.time, headers, n);
    }

    if (rc == WISMO_OK) {
        rc = wismo_sign_header(pool, &v->header, &value, headers, n);
    }

    return rc;
}


static int
wismo_sign_message(const wismo_verifier_t *v, const wismo_str_t *file,
    const wismo_verify_request_t *req, unsigned char *mac, size_t *len)
{
    int          ok;
    EVP_PKEY    *pkey;
    EVP_MD_CTX  *ctx;
    wismo_str_t  message;

    pkey = wismo_verifier_private(v, file);

    if (pkey == NULL) {
        return WISMO_DECLINED;
    }

    ERR_set_mark();

    ctx = NULL;
    *len = WISMO_VERIFY_MAC_MAX;
    ok = wismo_verify_message(v, req, &message) == WISMO_OK;

    if (ok) {
        ctx = EVP_MD_CTX_new();

        ok = ctx
             && EVP_DigestSignInit_ex(ctx, NULL, v->algorithm, NULL, NULL,
                                      pkey, NULL) == 1
             && EVP_DigestSign(ctx, mac, len, message.data, message.len) == 1;

        OPENSSL_free(message.data);
    }

    ERR_pop_to_mark();
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);

    return ok ? WISMO_OK : WISMO_DECLINED;
}


static int
wismo_sign_time(wismo_pool_t *pool, const wismo_verifier_t *v, int64_t now,
    wismo_str_t *time)
{
    char          digits[WISMO_DIGITS];
    wismo_out_t   out;
    wismo_str_t   s;

    wismo_out_init(&out, pool, WISMO_DIGITS);

    if (v->time_form == WISMO_TIME_ISO) {
        wismo_time_out_utc(&out, now);

    } else {
        wismo_digits(digits, now, &s);
        wismo_out_str(&out, &s);
    }

    time->data = out.start;
    time->len = (size_t) (out.pos - out.start);

    return out.failed ? WISMO_ERROR : WISMO_OK;
}


/* "prefix" and the signature, or "t=...,v1=..." */

static int
wismo_sign_encode(wismo_pool_t *pool, const wismo_verifier_t *v,
    const wismo_str_t *time, const unsigned char *mac, size_t len,
    wismo_str_t *value)
{
    size_t         i;
    wismo_out_t    out;
    unsigned char  text[2 * WISMO_VERIFY_MAC_MAX];

    wismo_out_init(&out, pool, sizeof(text) + 64);

    if (v->time_field.len) {
        wismo_out_str(&out, &v->time_field);
        wismo_out_text(&out, "=");
        wismo_out_str(&out, time);
        wismo_out_text(&out, ",");
        wismo_out_str(&out, &v->signature_field);
        wismo_out_text(&out, "=");

    } else {
        wismo_out_str(&out, &v->prefix);
    }

    /* where the verifier takes both, senders say base64 */

    if (v->encoding == WISMO_ENCODING_HEX) {

        for (i = 0; i < len; i++) {
            wismo_out_printf(&out, "%02x", mac[i]);
        }

    } else {
        wismo_out_bytes(&out, text,
                        (size_t) EVP_EncodeBlock(text, mac, (int) len));
    }

    value->data = out.start;
    value->len = (size_t) (out.pos - out.start);

    return out.failed ? WISMO_ERROR : WISMO_OK;
}


static int
wismo_sign_header(wismo_pool_t *pool, const wismo_str_t *name,
    const wismo_str_t *value, wismo_signed_t *headers, unsigned *n)
{
    unsigned      i;
    wismo_out_t   out;
    wismo_str_t  *to;

    for (i = 0; i < 2; i++) {
        wismo_out_init(&out, pool, 128);
        wismo_out_str(&out, i ? value : name);
        wismo_out_bytes(&out, "", 1);

        if (out.failed) {
            return WISMO_ERROR;
        }

        to = i ? &headers[*n].value : &headers[*n].name;
        to->data = out.start;
        to->len = (size_t) (out.pos - out.start) - 1;
    }

    (*n)++;

    return WISMO_OK;
}
