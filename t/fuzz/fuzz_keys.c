
/*
 * Copyright (C) The Wismo authors
 *
 * Secrets and what they sign.  The first line is the order, the second one the
 * token or key that somebody presents, the rest a file of secrets.  Only what
 * was made with one of them passes, and only for that order and purpose.
 */


#include "fuzz.h"

#include "wismo_sign.h"


static void fuzz_token(const wismo_keys_t *keys, const wismo_str_t *order);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned                n;
    wismo_str_t             file, order, token;
    wismo_token_t           said;
    wismo_keys_t            keys;
    wismo_pool_t            pool;
    wismo_error_t           err;
    wismo_api_key_t        *api;
    const wismo_api_key_t  *found;

    file.data = (unsigned char *) data;
    file.len = size;

    order = fuzz_line(&file);
    token = fuzz_line(&file);

    order = fuzz_copy(&order);
    token = fuzz_copy(&token);
    file = fuzz_copy(&file);

    wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);

    if (wismo_keys_read(&pool, &file, &keys, &err) == WISMO_OK) {
        fuzz_check(keys.n <= WISMO_KEYS_MAX);

        for (n = 0; n < keys.n; n++) {
            fuzz_check(keys.keys[n].secret.len >= WISMO_SECRET_MIN);
            fuzz_check(keys.keys[n].kid.len <= WISMO_KID_MAX);
        }

        if (order.len <= WISMO_ORDER_NUMBER_MAX) {
            (void) wismo_token_check(&keys, WISMO_TOKEN_LINK, &order, &token,
                                     FUZZ_NOW, &said);
            fuzz_token(&keys, &order);
        }

    } else {
        fuzz_check(err.text[0] != '\0');
    }

    if (wismo_api_keys_read(&pool, &file, &api, &n, &err) == WISMO_OK) {
        found = wismo_api_key_find(api, n, &token);
        fuzz_check(found == NULL || (found >= api && found < api + n));
    }

    free(order.data);
    free(token.data);
    free(file.data);
    wismo_pool_done(&pool);

    return 0;
}


static void
fuzz_token(const wismo_keys_t *keys, const wismo_str_t *order)
{
    char           buf[WISMO_TOKEN_MAX];
    wismo_str_t    token;
    wismo_token_t  made, said;

    made.full = (order->len & 1);
    made.issued = FUZZ_NOW;
    made.expires = FUZZ_NOW + 60;

    token.data = (unsigned char *) buf;
    token.len = wismo_token_make(keys, WISMO_TOKEN_LINK, order, &made, buf);

    if (token.len == 0) {
        return;
    }

    fuzz_check(token.len <= WISMO_TOKEN_MAX);
    fuzz_check(wismo_token_check(keys, WISMO_TOKEN_LINK, order, &token,
                                 FUZZ_NOW, &said) == WISMO_OK);
    fuzz_check(said.full == made.full && said.issued == made.issued
               && said.expires == made.expires);
    fuzz_check(wismo_token_check(keys, WISMO_TOKEN_COOKIE, order, &token,
                                 FUZZ_NOW, &said) != WISMO_OK);
    fuzz_check(wismo_token_check(keys, WISMO_TOKEN_LINK, order, &token,
                                 FUZZ_NOW + 61, &said) != WISMO_OK);

    buf[token.len - 2] ^= 1;
    fuzz_check(wismo_token_check(keys, WISMO_TOKEN_LINK, order, &token,
                                 FUZZ_NOW, &said) != WISMO_OK);
}
