
/*
 * Copyright (C) The Wismo authors
 *
 * A compiled verifier, as wismo_verifier.c makes and wismo_verify.c runs it;
 * wismo_verify_key.c reads its keys, wismo_verify_sign.c is its counterpart.
 * No other file looks inside.
 */


#ifndef _WISMO_VERIFY_H_INCLUDED_
#define _WISMO_VERIFY_H_INCLUDED_


#include "wismo_sign.h"

#include <openssl/evp.h>


#define WISMO_VERIFY_PARTS       8


typedef enum {
    WISMO_VERIFY_HMAC = 0,
    WISMO_VERIFY_DIGEST,
    WISMO_VERIFY_RSA,
    WISMO_VERIFY_ED25519,
    WISMO_VERIFY_ECDSA,
    WISMO_VERIFY_JWT,
    WISMO_VERIFY_BEARER,
    WISMO_VERIFY_NONE
} wismo_verify_kind_e;


typedef enum {
    WISMO_ENCODING_HEX = 0,
    WISMO_ENCODING_BASE64,
    WISMO_ENCODING_ANY
} wismo_verify_encoding_e;


typedef enum {
    WISMO_FORM_RAW = 0,
    WISMO_FORM_ASCII,
    WISMO_FORM_HEX,
    WISMO_FORM_BASE64
} wismo_verify_form_e;


typedef enum {
    WISMO_TIME_UNIX = 0,
    WISMO_TIME_ISO
} wismo_verify_time_e;


typedef enum {
    WISMO_PART_LITERAL = 0,
    WISMO_PART_BODY,
    WISMO_PART_TIME,
    WISMO_PART_ID,
    WISMO_PART_KEY,
    WISMO_PART_URL,
    WISMO_PART_SHA256,                        /* of the body, its bytes */
    WISMO_PART_FIELDS,                        /* of a form, in order */
    WISMO_PART_PAIRS
} wismo_verify_part_e;


typedef struct {
    wismo_verify_part_e       type;
    wismo_str_t               text;
} wismo_verify_part_t;


struct wismo_verifier_s {
    wismo_verify_kind_e       kind;
    wismo_verify_encoding_e   encoding;
    wismo_verify_form_e       form;
    wismo_verify_time_e       time_form;
    const char               *algorithm;
    wismo_str_t               header;         /* of the signature, or */
    wismo_str_t               field;          /* ... of a form */
    wismo_str_t               prefix;
    wismo_str_t               time_header;
    wismo_str_t               time_field;
    wismo_str_t               signature_field;
    wismo_str_t               id_header;
    wismo_str_t               body_claim;     /* of a JWT */
    wismo_str_t               url_claim;
    int64_t                   tolerance;
    wismo_verify_part_t       parts[WISMO_VERIFY_PARTS];
    unsigned                  nparts;
};


#define WISMO_VERIFY_KEY_MAX     512
#define WISMO_VERIFY_MACS        16
#define WISMO_VERIFY_MAC_MAX     512      /* bytes of one: RSA's, 4096 bits */


/* What a request brought: the parts to sign, the signatures to compare. */

typedef struct {
    wismo_str_t               body;
    wismo_str_t               time;
    wismo_str_t               id;
    wismo_str_t               url;
    wismo_str_t               digest;
    wismo_str_t               fields;
    wismo_str_t               macs[WISMO_VERIFY_MACS];
    unsigned                  nmacs;
} wismo_verify_request_t;


/* The key that a secret stands for, in "buf" of WISMO_VERIFY_KEY_MAX bytes
 * where it is not the secret itself. */
int wismo_verifier_key(const wismo_verifier_t *v, const wismo_str_t *secret,
    unsigned char *buf, wismo_str_t *key);

/* A key of wismo_verifier_keys() as libcrypto wants it; a private one from
 * the text of its file.  NULL if it can't serve; who asks frees it. */
EVP_PKEY *wismo_verifier_pkey(const wismo_verifier_t *v,
    const wismo_str_t *key);
EVP_PKEY *wismo_verifier_private(const wismo_verifier_t *v,
    const wismo_str_t *file);

/* The signature of a request's parts, in "mac" of WISMO_VERIFY_MAC_MAX. */
int wismo_verify_mac(const wismo_verifier_t *v, const wismo_str_t *key,
    const wismo_verify_request_t *req, unsigned char *mac, size_t *len);

/*
 * A JWT (RFC 7519) of HS256, which has to have the hash of the body or of the
 * address among its claims: else it would go with any.
 */
int wismo_verify_jwt(const wismo_verifier_t *v, const wismo_keys_t *secrets,
    const wismo_str_t *token, wismo_header_pt header, void *data,
    const wismo_str_t *body, int64_t now);

/* A signed part of this type. */
bool wismo_verifier_has(const wismo_verifier_t *v, wismo_verify_part_e type);

/*
 * The fields of a form, but for one, in the order of their names: "namevalue",
 * or with "pairs" "&name=value", where "&" and "=" of a value are "_".  To be
 * freed with OPENSSL_free().  WISMO_DECLINED if it has too many.
 */
int wismo_verify_fields(const wismo_str_t *form, const wismo_str_t *but,
    bool pairs, wismo_str_t *text);

/* The parts one after the other, to be freed with OPENSSL_free(). */
int wismo_verify_message(const wismo_verifier_t *v,
    const wismo_verify_request_t *req, wismo_str_t *message);


#endif /* _WISMO_VERIFY_H_INCLUDED_ */
