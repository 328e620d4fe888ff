
/*
 * Copyright (C) The Wismo authors
 *
 * The verifier of pushes.  The first line is the adapter's "verify" block, the
 * second one a secret; then come the request's headers up to an empty line,
 * and the body.  Only what holds the secret's own signature may pass: a body with
 * one byte changed must not.
 */


#include "fuzz.h"

#include "wismo_sign.h"


typedef struct {
    wismo_str_t               name;
    wismo_str_t               value;
} fuzz_header_t;


typedef struct {
    fuzz_header_t             headers[16];
    unsigned                  n;
} fuzz_headers_t;


static bool fuzz_find(void *data, const char *name, wismo_str_t *value);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
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

    headers.n = 0;

    while (rest.len) {
        line = fuzz_line(&rest);

        if (line.len == 0) {
            break;
        }

        if (headers.n < 16) {
            headers.headers[headers.n].name = line;
            headers.headers[headers.n].value = line;

            while (headers.headers[headers.n].value.len
                   && *headers.headers[headers.n].value.data++ != ':')
            {
                headers.headers[headers.n].value.len--;
            }

            if (headers.headers[headers.n].value.len) {
                headers.headers[headers.n].value.len--;
                headers.headers[headers.n].name.len
                    -= headers.headers[headers.n].value.len + 1;
                headers.n++;
            }
        }
    }

    body = fuzz_copy(&rest);

    if (wismo_verifier_compile(&pool, block, &v, &err) == WISMO_OK) {
        (void) wismo_verifier_header(v);

        if (wismo_keys_read(&pool, &secret, &keys, &err) == WISMO_OK
            && wismo_verifier_secret_ok(v, &keys.keys[0].secret, &err)
               == WISMO_OK
            && wismo_verify(v, &keys, fuzz_find, &headers, &body, FUZZ_NOW)
               == WISMO_OK
            && body.len && headers.n
            && strstr(json_string_value(json_object_get(block, "kind"))
                      ? json_string_value(json_object_get(block, "kind")) : "",
                      "hmac")
            && json_object_get(block, "signed") == NULL)
        {
            body.data[0] ^= 1;
            fuzz_check(wismo_verify(v, &keys, fuzz_find, &headers, &body,
                                    FUZZ_NOW) != WISMO_OK);
        }
    }

    free(body.data);
    json_decref(block);
    wismo_pool_done(&pool);

    return 0;
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
