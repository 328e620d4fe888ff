
/*
 * Copyright (C) The Wismo authors
 *
 * The real catalogue and the real templates, and pages made with them, for
 * the tests of the view model.  They run at the root of the tree.
 */


#ifndef _TEST_VIEW_H_INCLUDED_
#define _TEST_VIEW_H_INCLUDED_


#include "test.h"

#include "wismo_view.h"


#define NOW    INT64_C(1795550400)            /* 2026-11-24T20:00:00Z */

#define MINIMAL                                                               \
    "\"order\":\"NW-1\",\"view\":\"minimal\",\"version\":3,"

#define PARCEL                                                                \
    "{\"checked_at\":\"2026-11-24T19:00:00Z\","                               \
    "\"next_check_at\":\"2026-11-24T21:00:00Z\",\"carrier\":\"ups\","

#define EVENT(utc, wall, basis, status, sub, text, place)                     \
    "{\"utc\":" utc ",\"wallclock\":" wall ",\"date\":\"2026-11-23\","        \
    "\"basis\":\"" basis "\",\"status\":\"" status "\",\"substatus\":\"" sub  \
    "\",\"code\":\"X\",\"description\":\"" text "\",\"place\":\"" place "\"}"


typedef struct {
    wismo_pool_t      pool;
    wismo_str_t       files[64];
    unsigned          nfiles;
    wismo_words_t    *words;
    wismo_template_t *order;
    wismo_template_t *message;
} site_t;


static inline wismo_str_t
read_file(site_t *site, const char *name)
{
    char         path[256];
    FILE        *file;
    wismo_str_t  text;

    (void) snprintf(path, sizeof(path), "html/%s", name);

    wismo_str_null(&text);

    file = fopen(path, "rb");

    if (file == NULL) {
        return text;
    }

    text.data = malloc(65536);
    assert_non_null(text.data);
    text.len = fread(text.data, 1, 65536, file);
    assert_true(text.len < 65536);
    fclose(file);

    assert_true(site->nfiles < countof(site->files));
    site->files[site->nfiles++] = text;

    return text;
}


static inline int
find_partial(void *data, wismo_pool_t *pool, const wismo_str_t *name,
    wismo_str_t *source)
{
    char  path[128];

    (void) pool;

    (void) snprintf(path, sizeof(path), "track/%.*s.mustache",
                    (int) name->len, name->data);
    *source = read_file(data, path);

    if (source->data == NULL) {
        (void) snprintf(path, sizeof(path), "track/%.*s", (int) name->len,
                        name->data);
        *source = read_file(data, path);
    }

    return source->data ? WISMO_OK : WISMO_DECLINED;
}


static inline int
setup(void **state)
{
    site_t                 *site;
    wismo_str_t             text;
    wismo_json_t           *json;
    wismo_error_t           err;
    wismo_template_opts_t   opts;

    site = calloc(1, sizeof(site_t));
    assert_non_null(site);

    wismo_pool_init(&site->pool, 8 << 20, NULL, NULL);

    text = read_file(site, "locales/en.json");

    if (wismo_json_read(&site->pool, &text, 10000, &json, &err) != WISMO_OK
        || wismo_words_compile(&site->pool, json, &site->words, &err)
           != WISMO_OK)
    {
        fail_msg("%u:%u: %s", err.line, err.column, err.text);
    }

    memset(&opts, 0, sizeof(wismo_template_opts_t));
    opts.partial = find_partial;
    opts.data = site;

    text = read_file(site, "track/order.mustache");

    if (wismo_template_compile(&site->pool, &text, &opts, &site->order, &err)
        != WISMO_OK)
    {
        fail_msg("%s:%u:%u: %s", err.at, err.line, err.column, err.text);
    }

    text = read_file(site, "track/message.mustache");

    if (wismo_template_compile(&site->pool, &text, &opts, &site->message,
                               &err)
        != WISMO_OK)
    {
        fail_msg("%s:%u:%u: %s", err.at, err.line, err.column, err.text);
    }

    *state = site;

    return 0;
}


static inline int
teardown(void **state)
{
    site_t    *site;
    unsigned   i;

    site = *state;

    for (i = 0; i < site->nfiles; i++) {
        free(site->files[i].data);
    }

    wismo_pool_done(&site->pool);
    free(site);

    return 0;
}


static inline wismo_view_ctx_t
context(bool stale)
{
    wismo_view_ctx_t  ctx;

    memset(&ctx, 0, sizeof(wismo_view_ctx_t));

    ctx.now = NOW;
    ctx.base = str("/track/");
    ctx.brand = str("Northwind & Sons");
    ctx.stale = stale;

    return ctx;
}


/* The page of a document, as a C string. */

static inline char *
page(site_t *site, wismo_pool_t *pool, const char *text, wismo_view_e view,
    bool stale)
{
    wismo_out_t        out;
    wismo_str_t        in;
    wismo_json_t      *json, *model;
    wismo_error_t      err;
    wismo_view_ctx_t   ctx;
    wismo_document_t   doc;

    in = str(text);

    if (wismo_json_read(pool, &in, 10000, &json, &err) != WISMO_OK) {
        fail_msg("%u:%u: %s", err.line, err.column, err.text);
    }

    memset(&doc, 0, sizeof(wismo_document_t));
    doc.checked_at = NOW - 3600;
    doc.next_check_at = NOW + 3600;
    doc.updated_at = NOW - 7200;

    ctx = context(stale);

    assert_int_equal(wismo_view_make(pool, &doc, json, view, site->words,
                                     &ctx, &model),
                     WISMO_OK);

    wismo_out_init(&out, pool, 16384);

    assert_int_equal(wismo_template_render(site->order, model, &out),
                     WISMO_OK);

    wismo_out_bytes(&out, "", 1);
    assert_false(out.failed);

    return (char *) out.start;
}


static inline void
has(const char *page, const char *text)
{
    if (strstr(page, text) == NULL) {
        fail_msg("\"%s\" is not in the page", text);
    }
}


static inline void
has_not(const char *page, const char *text)
{
    if (strstr(page, text)) {
        fail_msg("\"%s\" is in the page", text);
    }
}


static inline unsigned
count(const char *page, const char *text)
{
    unsigned  n;

    for (n = 0; (page = strstr(page, text)) != NULL; n++) {
        page++;
    }

    return n;
}


/* What each page must be, whatever it shows. */

static inline void
sound(const char *page)
{
    size_t                    i;
    const char               *data;
    wismo_str_t               text;
    wismo_pool_t              pool;
    wismo_json_t             *json;
    wismo_error_t             err;

    static const char *const  pairs[] = {
        "main", "section", "aside", "details", "summary", "svg", "fieldset",
        "legend", "label", "button", "bdi", "small", "textarea", "b", "script",
        "article", "ol", "ul", "li", "dl", "dt", "dd", "p",
        "h1", "h2", "h3", "h4", "header", "footer", "body", "html", "style",
        "div", "time", "bdi", "form", "title", "a"
    };

    has(page, "<meta name=\"robots\" content=\"noindex,nofollow,noarchive\">");
    has(page, "<html lang=\"en\" dir=\"ltr\">");
    assert_int_equal(count(page, "<h1"), 1);
    assert_int_equal(count(page, "<style>"), 1);
    has_not(page, "{{");
    has_not(page, "<script>");
    has_not(page, "src=\"h");
    has_not(page, "style=");
    has_not(page, " id=\"\"");
    has_not(page, "href=\"\"");

    for (i = 0; i < countof(pairs); i++) {
        char  open[16], more[16], close[16];

        (void) snprintf(open, sizeof(open), "<%s>", pairs[i]);
        (void) snprintf(more, sizeof(more), "<%s ", pairs[i]);
        (void) snprintf(close, sizeof(close), "</%s>", pairs[i]);

        if (count(page, open) + count(page, more) != count(page, close)) {
            fail_msg("<%s> is not closed, or too often", pairs[i]);
        }
    }

    /* the one script is data, and whole */

    data = strstr(page, "<script type=\"application/ld+json\">");

    assert_int_equal(count(page, "<script"), data ? 1 : 0);

    if (data == NULL) {
        return;
    }

    text.data = (unsigned char *) strchr(data, '>') + 1;
    text.len = (size_t) (strstr(data, "</script>") - (char *) text.data);

    assert_null(memchr(text.data, '<', text.len));

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);
    assert_int_equal(wismo_json_read(&pool, &text, 10000, &json, &err),
                     WISMO_OK);
    assert_non_null(wismo_json_get(json, "@graph"));
    wismo_pool_done(&pool);
}


#endif /* _TEST_VIEW_H_INCLUDED_ */
