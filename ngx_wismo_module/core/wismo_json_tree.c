
/*
 * Copyright (C) The Wismo authors
 *
 * The JSON tree: look-ups in what wismo_json.c has read, and the building of
 * trees by hand, as the view models of pages and mails are.
 *
 * It must never trust a type: a look-up of the wrong kind finds nothing.
 */


#include "wismo_json.h"


const wismo_json_t *
wismo_json_member(const wismo_json_t *object, uint64_t head, const void *name,
    size_t len)
{
    return wismo_json_find(object, head, name, len);
}


int64_t
wismo_json_integer(const wismo_json_t *v, int64_t otherwise)
{
    size_t              i;
    int64_t             n;
    const wismo_str_t  *s;

    if (v == NULL || v->type != WISMO_JSON_NUMBER || v->text.len == 0) {
        return otherwise;
    }

    s = &v->text;
    n = 0;

    /* counted downwards, as there is one more below zero */

    for (i = s->data[0] == '-'; i < s->len; i++) {

        if (s->data[i] < '0' || s->data[i] > '9'
            || n < (INT64_MIN + (s->data[i] - '0')) / 10)
        {
            return otherwise;
        }

        n = n * 10 - (s->data[i] - '0');
    }

    if (s->data[0] == '-') {
        return n;
    }

    return n == INT64_MIN ? otherwise : -n;
}


wismo_json_t *
wismo_json_new(wismo_pool_t *pool, wismo_json_type_e type)
{
    wismo_json_t  *v;

    v = wismo_palloc(pool, sizeof(wismo_json_t));

    if (v) {
        *v = (wismo_json_t) { .type = type };
    }

    return v;
}


wismo_json_t *
wismo_json_append(wismo_pool_t *pool, wismo_json_t *parent, uint64_t head,
    const char *name, size_t len, wismo_json_type_e type)
{
    wismo_json_t  *v;

    if (parent == NULL) {
        return NULL;
    }

    v = wismo_json_new(pool, type);

    if (v == NULL) {
        return NULL;
    }

    v->head = head;
    v->key.len = len;
    v->key.data = (unsigned char *) name;

    wismo_json_attach(v, parent);

    return v;
}


wismo_json_t *
wismo_json_add_int(wismo_pool_t *pool, wismo_json_t *parent, const char *name,
    int64_t value)
{
    wismo_out_t    out;
    wismo_json_t  *v;

    v = wismo_json_add(pool, parent, name, WISMO_JSON_NUMBER);

    if (v == NULL) {
        return NULL;
    }

    wismo_out_init(&out, pool, sizeof("-9223372036854775808") - 1);
    wismo_out_int(&out, value);

    if (out.failed) {
        return NULL;
    }

    v->text.data = out.start;
    v->text.len = (size_t) (out.pos - out.start);

    return v;
}
