
/*
 * Copyright (C) The Wismo authors
 *
 * The JSON reader: what it takes must be a tree that can be walked, of valid
 * texts, within its bounds, and be what jansson takes, too.
 */


#include "fuzz.h"

#include "wismo_json.h"


#define FUZZ_NODES           5000


static unsigned fuzz_walk(const wismo_json_t *v, unsigned depth);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t         *other;
    wismo_str_t     text, copy;
    wismo_pool_t    pool;
    json_error_t    error;
    wismo_json_t   *json;
    wismo_error_t   err;

    text.data = (unsigned char *) data;
    text.len = size;
    copy = fuzz_copy(&text);

    wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);

    if (wismo_json_read(&pool, &copy, FUZZ_NODES, &json, &err) == WISMO_OK) {
        fuzz_check(fuzz_walk(json, 0) <= FUZZ_NODES);

        other = json_loadb((char *) copy.data, copy.len,
                           JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);

        /* numbers too large for a double are jansson's own matter */

        fuzz_check(other || json_error_code(&error)
                            == json_error_numeric_overflow);
        json_decref(other);

    } else {
        fuzz_check(err.line > 0 && err.column > 0 && err.text[0]);
    }

    free(copy.data);
    wismo_pool_done(&pool);

    return 0;
}


static unsigned
fuzz_walk(const wismo_json_t *v, unsigned depth)
{
    size_t                n;
    unsigned              count, total;
    const wismo_json_t   *child;
    const unsigned char  *p, *end;

    fuzz_check(depth <= WISMO_JSON_DEPTH);
    fuzz_check(v->type <= WISMO_JSON_OBJECT);

    total = 1;
    count = 0;

    if (v->type == WISMO_JSON_STRING) {
        for (p = v->text.data, end = p + v->text.len; p < end; p += n) {
            n = wismo_utf8(p, end);
            fuzz_check(n > 0);
        }
    }

    if (v->type == WISMO_JSON_ARRAY || v->type == WISMO_JSON_OBJECT) {

        for (child = v->first; child; child = child->next) {
            total += fuzz_walk(child, depth + 1);
            fuzz_check(child->next || child == v->last);
            count++;
        }

        fuzz_check(count == v->count);
    }

    return total;
}
