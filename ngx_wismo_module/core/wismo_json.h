
/*
 * Copyright (C) The Wismo authors
 *
 * The JSON codec of our own documents: read on every page view, so it reads
 * in one pass into a pool, with strings left in place where they hold no
 * escape.  It is also the value that templates walk.  Hostile JSON (bodies
 * of the API, carriers' replies) is jansson's work, not this file's; still
 * no input may crash it: depth and nodes are bounded, UTF-8 is checked.
 */


#ifndef _WISMO_JSON_H_INCLUDED_
#define _WISMO_JSON_H_INCLUDED_


#include "wismo_word.h"


#define WISMO_JSON_DEPTH     32


typedef enum {
    WISMO_JSON_NULL = 0,
    WISMO_JSON_FALSE,
    WISMO_JSON_TRUE,
    WISMO_JSON_NUMBER,
    WISMO_JSON_STRING,
    WISMO_JSON_ARRAY,
    WISMO_JSON_OBJECT,
    WISMO_JSON_MARKUP,                /* made by code, never read: a text that
                                         is printed as it is, */
    WISMO_JSON_SCAN                   /* and what wismo_scan() takes */
} wismo_json_type_e;


typedef struct wismo_json_s  wismo_json_t;

struct wismo_json_s {
    wismo_json_type_e     type;
    unsigned              count;      /* children of an array or object; of a
                                         string, if one: HTML escapes nothing
                                         in it */
    uint64_t              head;       /* of the name, its first bytes */
    wismo_str_t           key;        /* name, when a member of an object */
    wismo_str_t           text;       /* of a string (unescaped) or number */
    wismo_json_t         *first;
    wismo_json_t         *last;
    wismo_json_t         *next;
};


/*
 * Reads one value that fills "in".  The tree and unescaped strings live in
 * the pool, the rest points into "in", which must outlive the tree.
 * WISMO_DECLINED sets err->line and err->column.
 */
int wismo_json_read(wismo_pool_t *pool, const wismo_str_t *in,
    unsigned max_nodes, wismo_json_t **value, wismo_error_t *err);

/*
 * The same without members that are null, which are half of a document's: for
 * whoever takes null for nothing.
 */
int wismo_json_read_lean(wismo_pool_t *pool, const wismo_str_t *in,
    unsigned max_nodes, wismo_json_t **value, wismo_error_t *err);

/*
 * Looking up and building.  Names are literals nearly everywhere: what only
 * hands them on is inline, so that lengths and heads are known when compiled.
 */

static inline bool
wismo_json_is(const wismo_json_t *v, uint64_t head, const void *name,
    size_t len)
{
    return v->head == head && v->key.len == len
           && (len <= WISMO_WORD || wismo_word_same(v->key.data, name, len));
}


static inline bool
wismo_json_named(const wismo_json_t *v, const char *name)
{
    size_t  len = strlen(name);

    return wismo_json_is(v, wismo_word_head(name, len), name, len);
}


static inline const wismo_json_t *
wismo_json_find(const wismo_json_t *object, uint64_t head, const void *name,
    size_t len)
{
    const wismo_json_t  *v;

    if (object == NULL || object->type != WISMO_JSON_OBJECT) {
        return NULL;
    }

    for (v = object->first; v; v = v->next) {
        if (wismo_json_is(v, head, name, len)) {
            break;
        }
    }

    return v;
}


const wismo_json_t *wismo_json_member(const wismo_json_t *object,
    uint64_t head, const void *name, size_t len);
int64_t wismo_json_integer(const wismo_json_t *v, int64_t otherwise);
wismo_json_t *wismo_json_append(wismo_pool_t *pool, wismo_json_t *parent,
    uint64_t head, const char *name, size_t len, wismo_json_type_e type);


/* The member of an object, or NULL; "object" may be NULL or no object. */

static inline const wismo_json_t *
wismo_json_get(const wismo_json_t *object, const char *name)
{
    size_t  len = strlen(name);

    return wismo_json_member(object, wismo_word_head(name, len), name, len);
}


/* The text of a string member, or an empty string. */

static inline wismo_str_t
wismo_json_str(const wismo_json_t *object, const char *name)
{
    wismo_str_t          empty;
    const wismo_json_t  *v;

    v = wismo_json_get(object, name);

    if (v && v->type == WISMO_JSON_STRING) {
        return v->text;
    }

    wismo_str_null(&empty);

    return empty;
}


/* The integer of a number member, or "otherwise". */

static inline int64_t
wismo_json_int(const wismo_json_t *object, const char *name,
    int64_t otherwise)
{
    return wismo_json_integer(wismo_json_get(object, name), otherwise);
}


static inline bool
wismo_json_bool(const wismo_json_t *object, const char *name)
{
    const wismo_json_t  *v;

    v = wismo_json_get(object, name);

    return v && v->type == WISMO_JSON_TRUE;
}


/* Puts a node behind the last one of an object or array. */

static inline void
wismo_json_attach(wismo_json_t *v, wismo_json_t *parent)
{
    if (parent->last) {
        parent->last->next = v;

    } else {
        parent->first = v;
    }

    parent->last = v;
    parent->count++;
}


/*
 * Building a tree by hand, for view models.  "parent" is an object or array;
 * "name" and "text" are not copied.  NULL when memory is out; a NULL parent
 * is passed through, so that a chain of calls is checked once at its end.
 */

wismo_json_t *wismo_json_new(wismo_pool_t *pool, wismo_json_type_e type);
wismo_json_t *wismo_json_add_int(wismo_pool_t *pool, wismo_json_t *parent,
    const char *name, int64_t value);


static inline wismo_json_t *
wismo_json_add(wismo_pool_t *pool, wismo_json_t *parent, const char *name,
    wismo_json_type_e type)
{
    size_t  len = name ? strlen(name) : 0;

    return wismo_json_append(pool, parent, wismo_word_head(name, len), name,
                             len, type);
}


static inline wismo_json_t *
wismo_json_add_str(wismo_pool_t *pool, wismo_json_t *parent, const char *name,
    const wismo_str_t *text)
{
    wismo_json_t  *v;

    v = wismo_json_add(pool, parent, name, WISMO_JSON_STRING);

    if (v) {
        v->text = *text;
    }

    return v;
}


static inline wismo_json_t *
wismo_json_add_bool(wismo_pool_t *pool, wismo_json_t *parent,
    const char *name, bool value)
{
    return wismo_json_add(pool, parent, name,
                          value ? WISMO_JSON_TRUE : WISMO_JSON_FALSE);
}


#endif /* _WISMO_JSON_H_INCLUDED_ */
