
/*
 * Copyright (C) The Wismo authors
 *
 * A push whose sender proves itself by a JSON Web Token (RFC 7519) of HS256
 * in a header: Vonage's signed webhooks, and the status reports that Bird
 * took over from MessageBird.  Called by wismo_verify.c.
 *
 * It must never look at a claim before the signature was found good, nor take
 * a token's word for how it is signed.
 */


#include "wismo_verify.h"


#define WISMO_JWT_MAX        4096


static json_t *wismo_jwt_part(const wismo_str_t *text);
static int wismo_jwt_signed(const wismo_keys_t *secrets,
    const wismo_str_t *text, const wismo_str_t *signature);
static bool wismo_jwt_now(const wismo_verifier_t *v, const json_t *claims,
    int64_t now);
static int wismo_jwt_hash(const json_t *claims, const wismo_str_t *name,
    const wismo_str_t *of);


int
wismo_verify_jwt(const wismo_verifier_t *v, const wismo_keys_t *secrets,
    const wismo_str_t *token, wismo_header_pt header, void *data,
    const wismo_str_t *body, int64_t now)
{
    int           rc;
    json_t       *json;
    const char   *alg;
    wismo_str_t   head, claims, text, signature, url;

    if (token->len > WISMO_JWT_MAX) {
        return WISMO_DECLINED;
    }

    head = *token;
    claims.data = memchr(head.data, '.', head.len);

    if (claims.data == NULL) {
        return WISMO_DECLINED;
    }

    head.len = (size_t) (claims.data++ - head.data);
    claims.len = token->len - head.len - 1;

    signature.data = memchr(claims.data, '.', claims.len);

    if (signature.data == NULL) {
        return WISMO_DECLINED;
    }

    text.data = token->data;
    text.len = (size_t) (signature.data - text.data);

    claims.len = (size_t) (signature.data++ - claims.data);
    signature.len = token->len - text.len - 1;

    json = wismo_jwt_part(&head);
    alg = json_string_value(json_object_get(json, "alg"));
    rc = (alg && strcmp(alg, "HS256") == 0) ? WISMO_OK : WISMO_DECLINED;
    json_decref(json);

    if (rc == WISMO_OK) {
        rc = wismo_jwt_signed(secrets, &text, &signature);
    }

    if (rc != WISMO_OK) {
        return rc;
    }

    json = wismo_jwt_part(&claims);
    rc = wismo_jwt_now(v, json, now) ? WISMO_OK : WISMO_DECLINED;

    if (rc == WISMO_OK && v->url_claim.len) {
        rc = header(data, WISMO_VERIFY_URL, &url)
             ? wismo_jwt_hash(json, &v->url_claim, &url) : WISMO_DECLINED;
    }

    /* of no body there need not be a hash, if there is that of the address */

    if (rc == WISMO_OK && v->body_claim.len
        && (body->len || v->url_claim.len == 0))
    {
        rc = body->len ? wismo_jwt_hash(json, &v->body_claim, body)
                       : WISMO_DECLINED;
    }

    if (rc == WISMO_OK && v->body_claim.len == 0 && body->len) {
        rc = WISMO_DECLINED;
    }

    json_decref(json);

    return rc;
}


static json_t *
wismo_jwt_part(const wismo_str_t *text)
{
    int            n;
    unsigned char  buf[WISMO_JWT_MAX];

    n = wismo_unbase64(text, buf, sizeof(buf));

    return n > 0 ? json_loadb((char *) buf, (size_t) n,
                              JSON_REJECT_DUPLICATES, NULL)
                 : NULL;
}


static int
wismo_jwt_signed(const wismo_keys_t *secrets, const wismo_str_t *text,
    const wismo_str_t *signature)
{
    bool           found;
    unsigned       i;
    unsigned char  mac[32], given[32];

    if (wismo_unbase64(signature, given, sizeof(given)) != sizeof(given)) {
        return WISMO_DECLINED;
    }

    found = false;

    for (i = 0; i < secrets->n; i++) {

        if (secrets->keys[i].secret.len == 0) {
            continue;
        }

        if (wismo_hmac_sha256(&secrets->keys[i].secret, text, mac)
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }

        if (wismo_same(given, mac, sizeof(mac))) {
            found = true;
        }
    }

    return found ? WISMO_OK : WISMO_DECLINED;
}


/* One of both is what makes it old some time. */

static bool
wismo_jwt_now(const wismo_verifier_t *v, const json_t *claims, int64_t now)
{
    json_t  *iat, *exp, *nbf;

    iat = json_object_get(claims, "iat");
    exp = json_object_get(claims, "exp");
    nbf = json_object_get(claims, "nbf");

    if ((iat && !json_is_number(iat)) || (exp && !json_is_number(exp))
        || (nbf && !json_is_number(nbf)) || (iat == NULL && exp == NULL))
    {
        return false;
    }

    if (exp && json_number_value(exp) < (double) (now - v->tolerance)) {
        return false;
    }

    if (nbf && json_number_value(nbf) > (double) (now + v->tolerance)) {
        return false;
    }

    return iat == NULL
           || (json_number_value(iat) <= (double) (now + v->tolerance)
               && (exp
                   || json_number_value(iat)
                      >= (double) (now - v->tolerance)));
}


static int
wismo_jwt_hash(const json_t *claims, const wismo_str_t *name,
    const wismo_str_t *of)
{
    wismo_str_t    text;
    const json_t  *claim;
    unsigned char  sum[32], given[32];

    claim = json_object_getn(claims, (char *) name->data, name->len);

    text.data = (unsigned char *) json_string_value(claim);
    text.len = json_string_length(claim);

    if (wismo_sha256(of, sum) != WISMO_OK) {
        return WISMO_ERROR;
    }

    return (text.data && wismo_unhex(&text, given, sizeof(given))
                         == sizeof(given)
            && wismo_same(given, sum, sizeof(sum)))
           ? WISMO_OK : WISMO_DECLINED;
}
