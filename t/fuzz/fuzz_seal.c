
/*
 * Copyright (C) The Wismo authors
 *
 * Sealed records and letters as Redis may give them back.  The first line is
 * the name under which the record stands, or the order that the letter is
 * about, the rest the record or the body, and at the same time a text to be
 * sealed.  Nothing opens but what was written, under its own name.
 */


#include "fuzz.h"

#include "wismo_box.h"
#include "wismo_seal.h"


#define FUZZ_NAME            128              /* more than orders have */


static void fuzz_letter(wismo_pool_t *pool, const wismo_keys_t *keys,
    const wismo_str_t *order, const wismo_str_t *rest, size_t size);


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

    fuzz_letter(&pool, &keys, &name, &rest, size);

    wismo_pool_done(&pool);
    free(rest.data);

    return 0;
}


/* The agreement is made once: it is what takes the time. */

static void
fuzz_letter(wismo_pool_t *pool, const wismo_keys_t *keys,
    const wismo_str_t *order, const wismo_str_t *rest, size_t size)
{
    bool              sealed;
    wismo_str_t       kid, body, text;
    wismo_error_t     err;
    wismo_box_name_t  name;

    static bool                ready;
    static wismo_box_t         box;
    static wismo_box_key_t     key;
    static wismo_box_opener_t  opener;

    if (!ready) {
        ready = true;
        fuzz_check(wismo_box_key(keys, &key) == WISMO_OK);
        fuzz_check(wismo_box_ready(&box, &key, 1000) == WISMO_OK);
        fuzz_check(wismo_box_opener(&opener, keys) == WISMO_OK);
    }

    memset(&err, 0, sizeof(wismo_error_t));
    memset(&name, 0, sizeof(wismo_box_name_t));

    wismo_str_set(&name.kind, "put");
    name.order = *order;

    sealed = wismo_box_kid(rest, &kid);

    if (wismo_box_open(pool, &opener, &name, rest, &text, &err) == WISMO_OK) {
        fuzz_check(!sealed);
        fuzz_check(text.len == rest->len
                   && memcmp(text.data, rest->data, text.len) == 0);

    } else {
        fuzz_check(err.text[0] != '\0');
    }

    fuzz_check(wismo_box_seal(pool, &box, &name, rest, &body) == WISMO_OK);
    fuzz_check(wismo_box_open(pool, &opener, &name, &body, &text, &err)
               == WISMO_OK);
    fuzz_check(text.len == rest->len
               && memcmp(text.data, rest->data, text.len) == 0);

    wismo_str_set(&name.kind, "hook");
    fuzz_check(wismo_box_open(pool, &opener, &name, &body, &text, &err)
               == WISMO_DECLINED);

    wismo_str_set(&name.kind, "put");
    body.data[8 + size % (body.len - 8)] ^= 1;
    fuzz_check(wismo_box_open(pool, &opener, &name, &body, &text, &err)
               == WISMO_DECLINED);
}
