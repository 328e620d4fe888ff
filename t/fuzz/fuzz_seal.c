
/*
 * Copyright (C) The Wismo authors
 *
 * Sealed records as Redis may give them back.  The first line is the name
 * under which the record stands, the rest the record, and at the same time a
 * text to be sealed.  Nothing opens but what was written, under its own name.
 */


#include "fuzz.h"

#include "wismo_seal.h"


#define FUZZ_NAME            128              /* more than orders have */


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool            sealed;
    wismo_str_t     name, other, rest, kid, record, text, file;
    wismo_keys_t    keys;
    wismo_pool_t    pool;
    wismo_error_t   err;

    rest.data = (unsigned char *) data;
    rest.len = size;
    name = fuzz_line(&rest);

    if (name.len > FUZZ_NAME) {
        return 0;
    }

    rest = fuzz_copy(&rest);

    wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);
    memset(&err, 0, sizeof(wismo_error_t));

    wismo_str_set(&file, "k2:a-new-secret-of-some-length\n"
                         "k1:an-old-secret-of-some-length\n");
    fuzz_check(wismo_keys_read(&pool, &file, &keys, &err) == WISMO_OK);

    sealed = wismo_seal_kid(&rest, &kid);

    switch (wismo_unseal(&pool, &keys, &name, &rest, &text, &err)) {

    case WISMO_OK:
        fuzz_check(!sealed);
        fuzz_check(text.len == rest.len
                   && memcmp(text.data, rest.data, text.len) == 0);
        break;

    default:
        fuzz_check(err.text[0] != '\0');
    }

    if (!sealed) {
        fuzz_check(wismo_seal(&pool, &keys, &name, &rest, &record)
                   == WISMO_OK);
        fuzz_check(wismo_unseal(&pool, &keys, &name, &record, &text, &err)
                   == WISMO_OK);
        fuzz_check(text.len == rest.len
                   && memcmp(text.data, rest.data, text.len) == 0);

        wismo_str_set(&other, "another");
        fuzz_check(wismo_unseal(&pool, &keys, &other, &record, &text, &err)
                   == WISMO_DECLINED || name.len == other.len);

        record.data[record.len - 1 - size % 16] ^= 1;
        fuzz_check(wismo_unseal(&pool, &keys, &name, &record, &text, &err)
                   == WISMO_DECLINED);
    }

    wismo_pool_done(&pool);
    free(rest.data);

    return 0;
}
