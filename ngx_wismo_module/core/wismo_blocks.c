
/*
 * Copyright (C) The Wismo authors
 *
 * The retailer's blocks: a file's JSON becomes nodes that a model can take as
 * they are, with the conditions under which it does.  Compiled when the
 * configuration is loaded, chosen from for each page.
 *
 * A block with a fault is refused there, so that no page has half of one.  A
 * promotion must never stand beside bad news.
 */


#include "wismo_blocks.h"

#include <stdio.h>


#define WISMO_BLOCKS_ITEMS   12


typedef enum {
    WISMO_BLOCK_NOTICE = 0,
    WISMO_BLOCK_PROMOTION,
    WISMO_BLOCK_RECOMMENDATION,
    WISMO_BLOCK_CONTENT,
    WISMO_BLOCK_KINDS
} wismo_block_kind_e;


/* Arrays of strings; NULL: any. */

typedef struct {
    wismo_block_kind_e        kind;
    const wismo_json_t       *status;
    const wismo_json_t       *carrier;
    const wismo_json_t       *country;
    const wismo_json_t       *language;
    wismo_json_t             *model;
} wismo_block_t;


struct wismo_blocks_s {
    wismo_block_t            *list;
    unsigned                  n;
};


typedef struct {
    wismo_pool_t             *pool;
    wismo_error_t            *err;
    char                      at[96];     /* where we are */
} wismo_blocks_reader_t;


static int wismo_block_read(wismo_blocks_reader_t *r,
    const wismo_json_t *json, wismo_block_t *block);
static int wismo_block_when(wismo_blocks_reader_t *r,
    const wismo_json_t *json, wismo_block_t *block);
static int wismo_block_list(wismo_blocks_reader_t *r,
    const wismo_json_t *when, const char *name, const wismo_json_t **list);
static int wismo_block_items(wismo_blocks_reader_t *r,
    const wismo_json_t *json, wismo_json_t *model);
static int wismo_block_link(wismo_blocks_reader_t *r,
    const wismo_json_t *json, wismo_json_t *model);
static int wismo_block_image(wismo_blocks_reader_t *r,
    const wismo_json_t *json, wismo_json_t *model);
static int wismo_block_text(wismo_blocks_reader_t *r,
    const wismo_json_t *json, const char *name, bool required,
    const char *as, wismo_json_t *model);
static int wismo_block_address(wismo_blocks_reader_t *r, const char *name,
    const wismo_str_t *url, bool own);
static int wismo_block_known(wismo_blocks_reader_t *r,
    const wismo_json_t *json, const char *const *names);
static int wismo_block_bad(wismo_blocks_reader_t *r, const char *name,
    const char *text);
static int wismo_block_done(wismo_blocks_reader_t *r,
    const wismo_json_t *model);
static bool wismo_block_is_status(const wismo_str_t *name,
    const wismo_substatus_t *row);
static bool wismo_block_fits(const wismo_block_t *block,
    const wismo_blocks_case_t *c);
static bool wismo_block_has(const wismo_json_t *list,
    const wismo_str_t *text, bool part);


static const char *const  wismo_block_kinds[WISMO_BLOCK_KINDS] = {
    "notice", "promotion", "recommendation", "content"
};

static const char *const  wismo_block_flags[WISMO_BLOCK_KINDS] = {
    "is_notice", "is_promotion", "is_recommendation", "is_content"
};


int
wismo_blocks_compile(wismo_pool_t *pool, const wismo_json_t *json,
    wismo_blocks_t **blocks, wismo_error_t *err)
{
    int                     rc;
    wismo_blocks_t         *b;
    const wismo_json_t     *list, *block;
    wismo_blocks_reader_t   r;

    static const char *const  names[] = { "blocks", NULL };

    *blocks = NULL;

    r.pool = pool;
    r.err = err;
    r.at[0] = '\0';

    err->line = 0;
    err->column = 0;

    if (json->type != WISMO_JSON_OBJECT) {
        return wismo_block_bad(&r, NULL, "an object is expected");
    }

    rc = wismo_block_known(&r, json, names);

    if (rc != WISMO_OK) {
        return rc;
    }

    list = wismo_json_get(json, "blocks");

    if (list == NULL || list->type != WISMO_JSON_ARRAY
        || list->count > WISMO_BLOCKS_MAX)
    {
        return wismo_block_bad(&r, "blocks", "an array of at most 100 "
                               "blocks is expected");
    }

    b = wismo_pcalloc(pool, sizeof(wismo_blocks_t));

    if (b) {
        b->list = wismo_pcalloc(pool, list->count * sizeof(wismo_block_t));
    }

    if (b == NULL || b->list == NULL) {
        wismo_error_set(err, "", "out of memory");
        return WISMO_ERROR;
    }

    for (block = list->first; block; block = block->next) {

        (void) snprintf(r.at, sizeof(r.at), "/blocks/%u", b->n);

        rc = wismo_block_read(&r, block, &b->list[b->n++]);

        if (rc != WISMO_OK) {
            return rc;
        }
    }

    *blocks = b;

    return WISMO_OK;
}


static int
wismo_block_read(wismo_blocks_reader_t *r, const wismo_json_t *json,
    wismo_block_t *block)
{
    int            rc;
    unsigned       i;
    wismo_str_t    kind;
    wismo_json_t  *model;

    static const char *const  names[] = {
        "kind", "when", "title", "body", "link", "image", "items", NULL
    };

    if (json->type != WISMO_JSON_OBJECT) {
        return wismo_block_bad(r, NULL, "an object is expected");
    }

    rc = wismo_block_known(r, json, names);

    if (rc != WISMO_OK) {
        return rc;
    }

    kind = wismo_json_str(json, "kind");

    for (i = 0; i < WISMO_BLOCK_KINDS; i++) {
        if (wismo_str_is(&kind, wismo_block_kinds[i])) {
            break;
        }
    }

    if (i == WISMO_BLOCK_KINDS) {
        return wismo_block_bad(r, "kind", "\"notice\", \"promotion\", "
                               "\"recommendation\" or \"content\" is "
                               "expected");
    }

    block->kind = (wismo_block_kind_e) i;

    rc = wismo_block_when(r, json, block);

    if (rc != WISMO_OK) {
        return rc;
    }

    model = wismo_json_new(r->pool, WISMO_JSON_OBJECT);

    block->model = model;

    (void) wismo_json_add_str(r->pool, model, "kind", &kind);

    for (i = 0; i < WISMO_BLOCK_KINDS; i++) {
        (void) wismo_json_add_bool(r->pool, model, wismo_block_flags[i],
                                   i == block->kind);
    }

    rc = wismo_block_text(r, json, "title", true, "title", model);

    if (rc == WISMO_OK) {
        rc = wismo_block_text(r, json, "body", false, "body", model);
    }

    if (rc == WISMO_OK) {
        rc = wismo_block_link(r, json, model);
    }

    if (rc == WISMO_OK) {
        rc = wismo_block_image(r, json, model);
    }

    if (rc == WISMO_OK) {
        rc = wismo_block_items(r, json, model);
    }

    return (rc == WISMO_OK) ? wismo_block_done(r, model) : rc;
}


static int
wismo_block_when(wismo_blocks_reader_t *r, const wismo_json_t *json,
    wismo_block_t *block)
{
    int                       rc;
    const wismo_json_t       *when, *name;
    const wismo_substatus_t  *row;

    static const char *const  names[] = {
        "status", "carrier", "country", "language", NULL
    };

    when = wismo_json_get(json, "when");

    if (when == NULL) {
        return WISMO_OK;
    }

    if (when->type != WISMO_JSON_OBJECT) {
        return wismo_block_bad(r, "when", "an object is expected");
    }

    rc = wismo_block_known(r, when, names);

    if (rc == WISMO_OK) {
        rc = wismo_block_list(r, when, "status", &block->status);
    }

    if (rc == WISMO_OK) {
        rc = wismo_block_list(r, when, "carrier", &block->carrier);
    }

    if (rc == WISMO_OK) {
        rc = wismo_block_list(r, when, "country", &block->country);
    }

    if (rc == WISMO_OK) {
        rc = wismo_block_list(r, when, "language", &block->language);
    }

    if (rc != WISMO_OK || block->status == NULL) {
        return rc;
    }

    /* a status nobody has would keep the block away for ever */

    for (name = block->status->first; name; name = name->next) {

        for (row = wismo_substatus_table(); row->name; row++) {
            if (wismo_block_is_status(&name->text, row)) {
                break;
            }
        }

        if (row->name == NULL) {
            return wismo_block_bad(r, "when/status", "a status such as "
                                   "\"in_transit\" or one with its "
                                   "sub-status, \"delivered.neighbour\", is "
                                   "expected");
        }
    }

    return WISMO_OK;
}


static int
wismo_block_list(wismo_blocks_reader_t *r, const wismo_json_t *when,
    const char *name, const wismo_json_t **list)
{
    char                 at[32];
    const wismo_json_t  *v, *item;

    *list = NULL;

    v = wismo_json_get(when, name);

    if (v == NULL) {
        return WISMO_OK;
    }

    (void) snprintf(at, sizeof(at), "when/%s", name);

    if (v->type != WISMO_JSON_ARRAY || v->count == 0) {
        return wismo_block_bad(r, at, "an array of strings is expected");
    }

    for (item = v->first; item; item = item->next) {
        if (item->type != WISMO_JSON_STRING || item->text.len == 0) {
            return wismo_block_bad(r, at, "an array of strings is expected");
        }
    }

    *list = v;

    return WISMO_OK;
}


/* What is recommended: a list of links. */

static int
wismo_block_items(wismo_blocks_reader_t *r, const wismo_json_t *json,
    wismo_json_t *model)
{
    int                  rc;
    char                 at[sizeof(r->at)];
    unsigned             n;
    wismo_json_t        *items, *item;
    const wismo_json_t  *list, *v;

    static const char *const  names[] = {
        "title", "body", "link", "image", NULL
    };

    list = wismo_json_get(json, "items");

    if (list && (list->type != WISMO_JSON_ARRAY
                 || list->count > WISMO_BLOCKS_ITEMS))
    {
        return wismo_block_bad(r, "items", "an array of at most 12 objects "
                               "is expected");
    }

    items = wismo_json_add(r->pool, model, "items", WISMO_JSON_ARRAY);
    (void) wismo_json_add_bool(r->pool, model, "has_items",
                               list && list->count);

    if (list == NULL) {
        return WISMO_OK;
    }

    memcpy(at, r->at, sizeof(at));

    n = 0;

    for (v = list->first; v; v = v->next) {

        (void) snprintf(r->at, sizeof(r->at), "%.64s/items/%u", at, n++);

        if (v->type != WISMO_JSON_OBJECT) {
            return wismo_block_bad(r, NULL, "an object is expected");
        }

        item = wismo_json_add(r->pool, items, NULL, WISMO_JSON_OBJECT);

        rc = wismo_block_known(r, v, names);

        if (rc == WISMO_OK) {
            rc = wismo_block_text(r, v, "title", true, "title", item);
        }

        if (rc == WISMO_OK) {
            rc = wismo_block_text(r, v, "body", false, "body", item);
        }

        if (rc == WISMO_OK) {
            rc = wismo_block_link(r, v, item);
        }

        if (rc == WISMO_OK) {
            rc = wismo_block_image(r, v, item);
        }

        if (rc == WISMO_OK) {
            rc = wismo_block_done(r, item);
        }

        if (rc != WISMO_OK) {
            return rc;
        }
    }

    memcpy(r->at, at, sizeof(at));

    return WISMO_OK;
}


static int
wismo_block_link(wismo_blocks_reader_t *r, const wismo_json_t *json,
    wismo_json_t *model)
{
    int                  rc;
    wismo_str_t          url, text;
    const wismo_json_t  *link;

    static const char *const  names[] = { "url", "text", NULL };

    link = wismo_json_get(json, "link");

    if (link && link->type != WISMO_JSON_OBJECT) {
        return wismo_block_bad(r, "link", "an object is expected");
    }

    if (link) {
        rc = wismo_block_known(r, link, names);

        if (rc != WISMO_OK) {
            return rc;
        }
    }

    url = wismo_json_str(link, "url");
    text = wismo_json_str(link, "text");

    if (link) {
        rc = wismo_block_address(r, "link/url", &url, false);

        if (rc != WISMO_OK) {
            return rc;
        }

        if (text.len == 0) {
            return wismo_block_bad(r, "link/text", "a text that says where "
                                   "the link leads is expected");
        }
    }

    (void) wismo_json_add_str(r->pool, model, "url", &url);
    (void) wismo_json_add_str(r->pool, model, "url_text", &text);

    return WISMO_OK;
}


/* With its size, so that nothing moves when it has loaded. */

static int
wismo_block_image(wismo_blocks_reader_t *r, const wismo_json_t *json,
    wismo_json_t *model)
{
    int                  rc;
    int64_t              width, height;
    wismo_str_t          url, alt;
    const wismo_json_t  *image;

    static const char *const  names[] = {
        "url", "alt", "width", "height", NULL
    };

    image = wismo_json_get(json, "image");
    width = 0;
    height = 0;

    if (image && image->type != WISMO_JSON_OBJECT) {
        return wismo_block_bad(r, "image", "an object is expected");
    }

    if (image) {
        rc = wismo_block_known(r, image, names);

        if (rc != WISMO_OK) {
            return rc;
        }
    }

    url = wismo_json_str(image, "url");
    alt = wismo_json_str(image, "alt");

    if (image) {
        rc = wismo_block_address(r, "image/url", &url, true);

        if (rc != WISMO_OK) {
            return rc;
        }

        width = wismo_json_int(image, "width", 0);
        height = wismo_json_int(image, "height", 0);

        if (width < 1 || height < 1 || width > 4096 || height > 4096) {
            return wismo_block_bad(r, "image", "\"width\" and \"height\" in "
                                   "pixels, 1 to 4096, are expected");
        }
    }

    (void) wismo_json_add_str(r->pool, model, "image_url", &url);
    (void) wismo_json_add_str(r->pool, model, "image_alt", &alt);
    (void) wismo_json_add_int(r->pool, model, "image_width", width);
    (void) wismo_json_add_int(r->pool, model, "image_height", height);

    return WISMO_OK;
}


static int
wismo_block_text(wismo_blocks_reader_t *r, const wismo_json_t *json,
    const char *name, bool required, const char *as, wismo_json_t *model)
{
    wismo_str_t          text;
    const wismo_json_t  *v;

    v = wismo_json_get(json, name);
    text = wismo_json_str(json, name);

    if ((v && v->type != WISMO_JSON_STRING) || (required && text.len == 0)) {
        return wismo_block_bad(r, name, "a text is expected");
    }

    (void) wismo_json_add_str(r->pool, model, as, &text);

    return WISMO_OK;
}


/* Of an image a path alone: a page loads nothing from other hosts. */

static int
wismo_block_address(wismo_blocks_reader_t *r, const char *name,
    const wismo_str_t *url, bool own)
{
    size_t  i;

    /* what has to be escaped in an address: RFC 3986 */

    for (i = 0; i < url->len && url->data[i] > ' ' && url->data[i] < 0x7f
                && strchr("\"<>\\^`{|}", url->data[i]) == NULL; i++)
    {
        /* void */
    }

    if (i == url->len
        && ((!own && url->len > 8 && memcmp(url->data, "https://", 8) == 0)
            || (url->len && url->data[0] == '/'
                && (url->len == 1
                    || (url->data[1] != '/' && url->data[1] != '\\')))))
    {
        return WISMO_OK;
    }

    return wismo_block_bad(r, name, own
                           ? "a path of the same host, that begins with "
                             "\"/\", is expected"
                           : "an https:// address, or a path that begins "
                             "with \"/\", is expected");
}


static int
wismo_block_known(wismo_blocks_reader_t *r, const wismo_json_t *json,
    const char *const *names)
{
    unsigned             i;
    const wismo_json_t  *v;

    for (v = json->first; v; v = v->next) {

        for (i = 0; names[i] && !wismo_str_is(&v->key, names[i]); i++) {
            /* void */
        }

        if (names[i] == NULL) {
            wismo_error_set(r->err, r->at, "\"%.*s\" is not known here",
                            (int) (v->key.len < 64 ? v->key.len : 64),
                            v->key.data);
            return WISMO_DECLINED;
        }
    }

    return WISMO_OK;
}


static int
wismo_block_bad(wismo_blocks_reader_t *r, const char *name, const char *text)
{
    char  at[sizeof(r->err->at)];

    (void) snprintf(at, sizeof(at), "%s%s%s", r->at, name ? "/" : "",
                    name ? name : "");

    wismo_error_set(r->err, at, "%s", text);

    return WISMO_DECLINED;
}


/* The last member tells whether there was memory for all. */

static int
wismo_block_done(wismo_blocks_reader_t *r, const wismo_json_t *model)
{
    if (model && model->last
        && wismo_json_get(model, "image_height") != NULL)
    {
        return WISMO_OK;
    }

    wismo_error_set(r->err, "", "out of memory");

    return WISMO_ERROR;
}


unsigned
wismo_blocks_choose(const wismo_blocks_t *blocks,
    const wismo_blocks_case_t *c,
    const wismo_json_t *chosen[WISMO_BLOCKS_SHOWN])
{
    unsigned  i, n;

    n = 0;

    for (i = 0; i < blocks->n && n < WISMO_BLOCKS_SHOWN; i++) {
        if (wismo_block_fits(&blocks->list[i], c)) {
            chosen[n++] = blocks->list[i].model;
        }
    }

    return n;
}


static bool
wismo_block_fits(const wismo_block_t *block, const wismo_blocks_case_t *c)
{
    wismo_str_t          carrier;
    const wismo_json_t  *name, *parcel;

    if (c->trouble && block->kind != WISMO_BLOCK_NOTICE) {
        return false;
    }

    if (block->status) {

        for (name = block->status->first; name; name = name->next) {
            if (wismo_block_is_status(&name->text, c->status)) {
                break;
            }
        }

        if (name == NULL) {
            return false;
        }
    }

    if ((block->country && !wismo_block_has(block->country, &c->country,
                                            false))
        || (block->language && !wismo_block_has(block->language, &c->lang,
                                                true)))
    {
        return false;
    }

    if (block->carrier == NULL) {
        return true;
    }

    if (c->parcels) {

        for (parcel = c->parcels->first; parcel; parcel = parcel->next) {

            carrier = wismo_json_str(parcel, "carrier");

            if (wismo_block_has(block->carrier, &carrier, false)) {
                return true;
            }
        }
    }

    return false;
}


static bool
wismo_block_is_status(const wismo_str_t *name, const wismo_substatus_t *row)
{
    size_t  len;

    len = strlen(row->name);

    if (name->len < len || memcmp(name->data, row->name, len) != 0) {
        return false;
    }

    return name->len == len
           || (name->data[len] == '.'
               && name->len - len - 1 == strlen(row->sub)
               && memcmp(name->data + len + 1, row->sub, strlen(row->sub))
                  == 0);
}


/* "pt" in a list stands for "pt-BR", too, if a "part" will do. */

static bool
wismo_block_has(const wismo_json_t *list, const wismo_str_t *text, bool part)
{
    const wismo_json_t  *v;

    for (v = list->first; v; v = v->next) {

        if (wismo_str_eq(&v->text, text)
            || (part && text->len > v->text.len
                && text->data[v->text.len] == '-'
                && memcmp(text->data, v->text.data, v->text.len) == 0))
        {
            return true;
        }
    }

    return false;
}
