
/*
 * Copyright (C) The Wismo authors
 *
 * The verifier of pushes.  The first line is the adapter's "verify" block, the
 * second one a secret, or a file of public keys with "|" for each line end;
 * then come the request's headers up to an empty line, and the body.
 *
 * What is signed with that secret verifies, whatever the block, and no more
 * with any byte of its headers or its body changed; so with what came in, if
 * it verifies.  For blocks with public keys, private ones are in t/fuzz/keys.
 */


#include "fuzz.h"

#include "wismo_sign.h"

#include <strings.h>


typedef struct {
    wismo_str_t               name;
    wismo_str_t               value;
} fuzz_header_t;


typedef struct {
    fuzz_header_t             headers[16];
    unsigned                  n;
} fuzz_headers_t;


#define FUZZ_ID      "msg_2rAe"
#define FUZZ_KEYS    "t/fuzz/keys/"
#define FUZZ_KINDS   3


static bool fuzz_find(void *data, const char *name, wismo_str_t *value);
static void fuzz_headers(wismo_str_t *rest, fuzz_headers_t *headers);
static void fuzz_round_trip(wismo_pool_t *pool, const wismo_verifier_t *v,
    const wismo_str_t *secret, const wismo_str_t *body);
static void fuzz_changed(const wismo_verifier_t *v, const wismo_keys_t *keys,
    fuzz_headers_t *headers, const wismo_str_t *body, bool all);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t             i;
    json_t            *block;
    wismo_str_t        rest, line, secret, body;
    wismo_keys_t       keys;
    wismo_pool_t       pool;
    wismo_error_t      err;
    fuzz_headers_t     headers;
    wismo_verifier_t  *v;

    rest.data = (unsigned char *) data;
    rest.len = size;
    line = fuzz_line(&rest);
    secret = fuzz_line(&rest);

    if (line.len > 16384 || secret.len > 4096) {
        return 0;
    }

    block = json_loadb((char *) line.data, line.len, JSON_REJECT_DUPLICATES,
                       NULL);

    if (block == NULL) {
        return 0;
    }

    wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);

    fuzz_headers(&rest, &headers);
    body = fuzz_copy(&rest);
    secret = fuzz_copy(&secret);

    if (wismo_verifier_compile(&pool, block, &v, &err) == WISMO_OK) {

        for (i = 0; wismo_verifier_public(v) && i < secret.len; i++) {
            if (secret.data[i] == '|') {
                secret.data[i] = '\n';
            }
        }

        if (wismo_verifier_keys(&pool, v, &secret, &keys, &err) == WISMO_OK) {

            if (wismo_verify(v, &keys, fuzz_find, &headers, &body, FUZZ_NOW)
                == WISMO_OK)
            {
                fuzz_changed(v, &keys, &headers, &body, false);
            }

            if (!wismo_verifier_public(v)) {
                fuzz_round_trip(&pool, v, &keys.keys[0].secret, &body);
            }
        }

        if (wismo_verifier_public(v)) {
            fuzz_round_trip(&pool, v, NULL, &body);
        }
    }

    free(secret.data);
    free(body.data);
    json_decref(block);
    wismo_pool_done(&pool);

    return 0;
}


static void
fuzz_headers(wismo_str_t *rest, fuzz_headers_t *headers)
{
    wismo_str_t     line;
    fuzz_header_t  *header;

    headers->n = 0;

    while (rest->len) {
        line = fuzz_line(rest);

        if (line.len == 0) {
            break;
        }

        if (headers->n == 16) {
            continue;
        }

        header = &headers->headers[headers->n];
        header->name = line;
        header->value = line;

        while (header->value.len && *header->value.data++ != ':') {
            header->value.len--;
        }

        if (header->value.len) {
            header->value.len--;
            header->name.len -= header->value.len + 1;
            headers->n++;
        }
    }
}


static void
fuzz_round_trip(wismo_pool_t *pool, const wismo_verifier_t *v,
    const wismo_str_t *secret, const wismo_str_t *body)
{
    int              rc;
    unsigned         i, n, k;
    wismo_str_t      id, file;
    wismo_keys_t     keys;
    wismo_error_t    err;
    wismo_signed_t   sent[WISMO_SIGNED_MAX];
    fuzz_headers_t   headers;

    static wismo_str_t        private[FUZZ_KINDS], public[FUZZ_KINDS];
    static const char *const  files[FUZZ_KINDS][2] = {
        { FUZZ_KEYS "rsa.pem", FUZZ_KEYS "rsa.pub" },
        { FUZZ_KEYS "ed25519.pem", FUZZ_KEYS "ed25519.pub" },
        { FUZZ_KEYS "ecdsa.pem", FUZZ_KEYS "ecdsa.pub" }
    };

    wismo_str_set(&id, FUZZ_ID);

    for (k = 0; k < FUZZ_KINDS && public[FUZZ_KINDS - 1].data == NULL; k++) {
        private[k] = fuzz_file(files[k][0]);
        public[k] = fuzz_file(files[k][1]);
    }

    if (secret) {
        keys.n = 1;
        keys.keys[0].secret = *secret;

    } else {

        /* the kind is known by which of the keys it takes */

        for (k = 0; k < FUZZ_KINDS; k++) {
            if (wismo_verifier_keys(pool, v, &public[k], &keys, &err)
                == WISMO_OK)
            {
                break;
            }
        }

        fuzz_check(k < FUZZ_KINDS);
        secret = &private[k];
    }

    file = fuzz_copy(secret);
    rc = wismo_verifier_sign(pool, v, &file, &id, body, FUZZ_NOW, sent, &n);
    free(file.data);

    /* forms, addresses and tokens are never sent by us */

    fuzz_check(rc != WISMO_ERROR);

    if (rc != WISMO_OK || n == 0) {
        return;
    }

    headers.n = n;

    for (i = 0; i < n; i++) {
        headers.headers[i].name = sent[i].name;
        headers.headers[i].value = fuzz_copy(&sent[i].value);
    }

    fuzz_check(wismo_verify(v, &keys, fuzz_find, &headers, body, FUZZ_NOW)
               == WISMO_OK);

    fuzz_changed(v, &keys, &headers, body, true);

    for (i = 0; i < n; i++) {
        free(headers.headers[i].value.data);
    }
}


/*
 * One bit of a byte of the body; of all headers, if they are known to be of
 * what is signed.  Bit 0 makes no letter of another alphabet of base64, nor
 * another case.  Up to 40 places: the rest comes with the next input.
 */

static void
fuzz_changed(const wismo_verifier_t *v, const wismo_keys_t *keys,
    fuzz_headers_t *headers, const wismo_str_t *body, bool all)
{
    size_t        at, step;
    unsigned      i;
    wismo_str_t  *s, copy;

    if (body->len && wismo_verifier_signs(v)) {
        copy = fuzz_copy(body);
        step = 1 + copy.len / 8;

        for (at = (copy.len * 7) % step; at < copy.len; at += step) {
            copy.data[at] ^= 1;
            fuzz_check(wismo_verify(v, keys, fuzz_find, headers, &copy,
                                    FUZZ_NOW) == WISMO_DECLINED);
            copy.data[at] ^= 1;
        }

        copy.len--;
        fuzz_check(wismo_verify(v, keys, fuzz_find, headers, &copy, FUZZ_NOW)
                   == WISMO_DECLINED);
        free(copy.data);
    }

    for (i = 0; all && i < headers->n; i++) {
        s = &headers->headers[i].value;
        step = 1 + s->len / 10;

        for (at = (body->len * 7) % step; at < s->len; at += step) {
            s->data[at] ^= 1;
            fuzz_check(wismo_verify(v, keys, fuzz_find, headers, body,
                                    FUZZ_NOW) == WISMO_DECLINED);
            s->data[at] ^= 1;
        }
    }
}


static bool
fuzz_find(void *data, const char *name, wismo_str_t *value)
{
    fuzz_headers_t *headers = data;

    size_t    len;
    unsigned  i;

    len = strlen(name);

    for (i = 0; i < headers->n; i++) {
        if (headers->headers[i].name.len == len
            && strncasecmp((char *) headers->headers[i].name.data, name, len)
               == 0)
        {
            *value = headers->headers[i].value;
            return true;
        }
    }

    return false;
}
