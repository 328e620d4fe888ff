
/*
 * Copyright (C) The Wismo authors
 *
 * Finds what an adapter's requests name of an account.  The module asks when
 * nginx reads its configuration, the fetcher when it loads an account, so
 * that both say the same.  Of an adapter nothing else is judged here, and
 * whatever is no slot stands for itself: bodies are full of braces.
 */


#include "wismo_account.h"


#define WISMO_ACCOUNT_DEPTH  64


typedef struct {
    wismo_pool_t             *pool;
    wismo_need_t             *needs;
    unsigned                  n;
    unsigned                  size;
} wismo_needs_t;


static int wismo_needs_value(wismo_needs_t *needs, const json_t *value,
    unsigned depth);
static int wismo_needs_text(wismo_needs_t *needs, const char *text);
static int wismo_needs_slot(wismo_needs_t *needs, const char *name,
    size_t len);
static int wismo_needs_add(wismo_needs_t *needs, bool secret,
    const char *slot, size_t len, const char *suffix);


int
wismo_account_needs(wismo_pool_t *pool, const json_t *adapter,
    wismo_need_t **list, unsigned *n)
{
    unsigned       i;
    wismo_needs_t  needs;

    static const char  *const parts[] = { "auth", "ask", "register" };

    memset(&needs, 0, sizeof(wismo_needs_t));
    needs.pool = pool;

    if (json_string_length(json_object_get(adapter, "base_url")) == 0
        && wismo_needs_add(&needs, false, "base_url", 8, "") != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (wismo_needs_value(&needs, json_object_get(adapter, parts[i]), 0)
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    *list = needs.needs;
    *n = needs.n;

    return WISMO_OK;
}


static int
wismo_needs_value(wismo_needs_t *needs, const json_t *value, unsigned depth)
{
    size_t       i;
    json_t      *element;
    const char  *name;

    if (depth == WISMO_ACCOUNT_DEPTH) {
        return WISMO_ERROR;
    }

    if (json_is_string(value)) {
        return wismo_needs_text(needs, json_string_value(value));
    }

    json_array_foreach(value, i, element) {
        if (wismo_needs_value(needs, element, depth + 1) != WISMO_OK) {
            return WISMO_ERROR;
        }
    }

    json_object_foreach((json_t *) value, name, element) {
        if (wismo_needs_value(needs, element, depth + 1) != WISMO_OK) {
            return WISMO_ERROR;
        }
    }

    return WISMO_OK;
}


static int
wismo_needs_text(wismo_needs_t *needs, const char *text)
{
    size_t       len;
    const char  *p;

    for (p = strchr(text, '{'); p; p = strchr(p + 1, '{')) {
        len = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz0123456789_.");

        if (p[1 + len] == '}'
            && wismo_needs_slot(needs, p + 1, len) != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    return WISMO_OK;
}


static int
wismo_needs_slot(wismo_needs_t *needs, const char *name, size_t len)
{
    if (len > 8 && memcmp(name, "account.", 8) == 0) {
        return wismo_needs_add(needs, false, name + 8, len - 8, "");
    }

    if (len > 7 && memcmp(name, "secret.", 7) == 0) {
        return wismo_needs_add(needs, true, name + 7, len - 7, "_file");
    }

    return WISMO_OK;
}


static int
wismo_needs_add(wismo_needs_t *needs, bool secret, const char *slot,
    size_t len, const char *suffix)
{
    size_t          tail;
    unsigned        i;
    wismo_need_t   *need;
    unsigned char  *p;

    for (i = 0; i < needs->n; i++) {
        need = &needs->needs[i];

        if (need->secret == secret && need->slot.len == len
            && memcmp(need->slot.data, slot, len) == 0)
        {
            return WISMO_OK;
        }
    }

    if (needs->n == needs->size) {
        needs->size = needs->size ? needs->size * 2 : 8;

        need = wismo_palloc(needs->pool, needs->size * sizeof(wismo_need_t));
        if (need == NULL) {
            return WISMO_ERROR;
        }

        if (needs->n) {
            memcpy(need, needs->needs, needs->n * sizeof(wismo_need_t));
        }

        needs->needs = need;
    }

    tail = strlen(suffix);

    p = wismo_palloc(needs->pool, len + tail + 1);
    if (p == NULL) {
        return WISMO_ERROR;
    }

    memcpy(p, slot, len);
    memcpy(p + len, suffix, tail);
    p[len + tail] = '\0';

    need = &needs->needs[needs->n++];
    need->name.data = p;
    need->name.len = len + tail;
    need->slot.data = p;
    need->slot.len = len;
    need->secret = secret;

    return WISMO_OK;
}
