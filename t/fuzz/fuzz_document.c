
/*
 * Copyright (C) The Wismo authors
 *
 * Documents as Redis may return them, from the first byte to the page.  Bytes
 * that begin with "WO" are taken as they are; else the first line becomes the
 * minimal view, the rest the full one, and the header is made to fit.  No text
 * may break out of the page's markup.  What reads as an order must be written
 * the same way twice.
 */


#include "fuzz.h"

#include "wismo_document.h"
#include "wismo_view.h"


#define FUZZ_NODES           20000


static wismo_str_t fuzz_wrap(wismo_str_t text);
static void fuzz_page(wismo_pool_t *pool, const wismo_document_t *doc,
    const wismo_str_t *text, wismo_view_e view);
static bool fuzz_render(wismo_pool_t *pool, const wismo_document_t *doc,
    const wismo_json_t *json, wismo_view_e view, wismo_out_t *out);
static void fuzz_index(const wismo_document_t *doc, bool written);
static void fuzz_again(wismo_pool_t *pool, const wismo_document_t *doc);
static unsigned fuzz_count(const wismo_out_t *out, const char *text);
static int fuzz_partial(void *data, wismo_pool_t *pool,
    const wismo_str_t *name, wismo_str_t *source);


static wismo_pool_t       site;
static wismo_words_t     *words;
static wismo_template_t  *page;


int LLVMFuzzerInitialize(int *argc, char ***argv);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    wismo_str_t            text;
    wismo_json_t          *json;
    wismo_error_t          err;
    wismo_template_opts_t  opts;

    (void) argc;
    (void) argv;

    wismo_pool_init(&site, FUZZ_POOL, NULL, NULL);

    text = fuzz_file("html/locales/en.json");
    fuzz_check(wismo_json_read(&site, &text, FUZZ_NODES, &json, &err)
               == WISMO_OK);
    fuzz_check(wismo_words_compile(&site, json, &words, &err) == WISMO_OK);

    memset(&opts, 0, sizeof(wismo_template_opts_t));
    opts.partial = fuzz_partial;
    opts.constants = wismo_words_constants(words);

    text = fuzz_file("html/track/order.mustache");
    fuzz_check(wismo_template_compile(&site, &text, &opts, &page, &err)
               == WISMO_OK);

    return 0;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wismo_str_t       bytes, copy;
    wismo_pool_t      pool;
    wismo_error_t     err;
    wismo_document_t  doc;

    bytes.data = (unsigned char *) data;
    bytes.len = size;

    copy = (size >= 3 && memcmp(data, "WO", 2) == 0) ? fuzz_copy(&bytes)
                                                     : fuzz_wrap(bytes);

    wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);

    if (wismo_document_open(&copy, &doc, &err) == WISMO_OK) {

        fuzz_page(&pool, &doc, &doc.minimal, WISMO_VIEW_MINIMAL);
        fuzz_page(&pool, &doc, &doc.full, WISMO_VIEW_FULL);
        fuzz_index(&doc, false);
        fuzz_again(&pool, &doc);
    }

    free(copy.data);
    wismo_pool_done(&pool);

    return 0;
}


static wismo_str_t
fuzz_wrap(wismo_str_t text)
{
    char         header[WISMO_DOC_HEADER + 1];
    wismo_str_t  minimal, bytes;

    minimal = fuzz_line(&text);

    (void) snprintf(header, sizeof(header), "WO3 %010d %010d %010d %010d "
                    "05 0000 %06zu %06zu %010d %s %s %s 00\n", 7, 1764007200,
                    1764007200, 1764014400, minimal.len % 1000000,
                    text.len % 1000000, 0, "......................",
                    "......................", "......................");

    bytes.len = WISMO_DOC_HEADER + minimal.len + text.len;
    bytes.data = malloc(bytes.len);
    fuzz_check(bytes.data != NULL);

    memcpy(bytes.data, header, WISMO_DOC_HEADER);
    memcpy(bytes.data + WISMO_DOC_HEADER, minimal.data, minimal.len);
    memcpy(bytes.data + WISMO_DOC_HEADER + minimal.len, text.data, text.len);

    return bytes;
}


static void
fuzz_page(wismo_pool_t *pool, const wismo_document_t *doc,
    const wismo_str_t *text, wismo_view_e view)
{
    wismo_out_t     out;
    wismo_json_t   *json;
    wismo_error_t   err;

    if (wismo_json_read(pool, text, FUZZ_NODES, &json, &err) == WISMO_OK) {
        (void) fuzz_render(pool, doc, json, view, &out);
    }
}


static bool
fuzz_render(wismo_pool_t *pool, const wismo_document_t *doc,
    const wismo_json_t *json, wismo_view_e view, wismo_out_t *out)
{
    wismo_json_t      *model;
    wismo_view_ctx_t   ctx;

    memset(&ctx, 0, sizeof(wismo_view_ctx_t));
    ctx.now = FUZZ_NOW;
    wismo_str_set(&ctx.base, "/track/");
    wismo_str_set(&ctx.brand, "Northwind & Sons");

    if (wismo_view_make(pool, doc, json, view, words, &ctx, &model)
        != WISMO_OK)
    {
        return false;
    }

    wismo_out_init(out, pool, 16384);

    if (wismo_template_render(page, model, out) != WISMO_OK || out->failed) {
        return false;
    }

    /* facts for machines, and the page's own; "src" may be empty here */

    fuzz_check(fuzz_count(out, "<script")
               == fuzz_count(out, "<script type=\"application/ld+json\">")
                  + fuzz_count(out, "<script src=\"\" defer>"));
    fuzz_check(fuzz_count(out, "<script") <= 2);
    fuzz_check(fuzz_count(out, "<style>") == 1);
    fuzz_check(fuzz_count(out, "</main>") == 1);
    fuzz_check(fuzz_count(out, "<img ") == 0);
    fuzz_check(fuzz_count(out, "=\"javascript:") == 0);
    fuzz_check(fuzz_count(out, "<li") == fuzz_count(out, "</li>")
                                          + fuzz_count(out, "<link"));
    fuzz_check(fuzz_count(out, "<a ") == fuzz_count(out, "</a>"));

    return true;
}


/* A page with the index shows what the view says; a forged one crashes none. */

static void
fuzz_index(const wismo_document_t *doc, bool written)
{
    wismo_out_t    one, two;
    wismo_json_t  *json;
    wismo_pool_t   pool;
    wismo_error_t  err;

    wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);

    if (wismo_document_json(&pool, doc, FUZZ_NODES, &json, &err) == WISMO_OK
        && fuzz_render(&pool, doc, json, WISMO_VIEW_FULL, &one)
        && written
        && wismo_json_read(&pool, &doc->full, FUZZ_NODES, &json, &err)
           == WISMO_OK
        && fuzz_render(&pool, doc, json, WISMO_VIEW_FULL, &two))
    {
        fuzz_check(one.pos - one.start == two.pos - two.start);
        fuzz_check(memcmp(one.start, two.start,
                          (size_t) (one.pos - one.start))
                   == 0);
    }

    wismo_pool_done(&pool);
}


static void
fuzz_again(wismo_pool_t *pool, const wismo_document_t *doc)
{
    unsigned          i, j;
    wismo_str_t       one, two;
    wismo_order_t     order, back;
    wismo_error_t     err;
    wismo_document_t  again, alone;

    if (wismo_document_read(pool, doc, &order, &err) != WISMO_OK) {
        return;
    }

    if (wismo_document_write(pool, &order, &one) != WISMO_OK) {
        return;
    }

    /* what is copied is what would have been made */

    for (i = 0; i < order.nparcels; i++) {
        for (j = 0; j < order.parcels[i].nevents; j++) {
            order.parcels[i].events[j].written = NULL;
        }
    }

    fuzz_check(wismo_document_write(pool, &order, &two) == WISMO_OK);
    fuzz_check(wismo_str_eq(&one, &two));

    fuzz_check(wismo_document_open(&one, &again, &err) == WISMO_OK);
    fuzz_index(&again, true);

    if (wismo_document_read(pool, &again, &back, &err) != WISMO_OK) {
        fprintf(stderr, "%s: %s\n", err.at, err.text);
        fuzz_check(0);
    }

    fuzz_check(wismo_document_write(pool, &back, &two) == WISMO_OK);
    fuzz_check(wismo_str_eq(&one, &two));

    for (i = 0; i < back.nparcels; i++) {

        /* nobody asks by one that could not stand in an address */

        if (wismo_order_number_ok(&back.parcels[i].tracking_number)
            && wismo_document_alone(pool, &again,
                                    &back.parcels[i].tracking_number, &alone)
               == WISMO_OK)
        {
            fuzz_check(wismo_document_read(pool, &alone, &order, &err)
                       == WISMO_OK);
            fuzz_check(order.nparcels == 1 && order.nitems == 0
                       && order.city.len == 0);
        }
    }
}


static unsigned
fuzz_count(const wismo_out_t *out, const char *text)
{
    size_t          len;
    unsigned        n;
    unsigned char  *p;

    len = strlen(text);
    n = 0;

    for (p = out->start; (size_t) (out->pos - p) >= len; p++) {
        p = memchr(p, text[0], (size_t) (out->pos - p) - len + 1);

        if (p == NULL) {
            break;
        }

        n += memcmp(p, text, len) == 0;
    }

    return n;
}


static int
fuzz_partial(void *data, wismo_pool_t *pool, const wismo_str_t *name,
    wismo_str_t *source)
{
    char   path[128];
    FILE  *f;

    (void) data;
    (void) pool;

    (void) snprintf(path, sizeof(path), "html/track/%.*s.mustache",
                    (int) name->len, (char *) name->data);
    f = fopen(path, "rb");

    if (f == NULL) {
        (void) snprintf(path, sizeof(path), "html/track/%.*s",
                        (int) name->len, (char *) name->data);
        f = fopen(path, "rb");
    }

    if (f == NULL) {
        return WISMO_DECLINED;
    }

    fclose(f);
    *source = fuzz_file(path);

    return WISMO_OK;
}
