
/*
 * Copyright (C) The Wismo authors
 *
 * The index of a document: a page that is made with it is the page that is
 * made of the whole view, whatever the view says; an index that is damaged
 * takes nothing away, and one that is forged shows nothing but the view.
 */


#include "test_document.h"
#include "test_view.h"

#include "wismo_document_index.h"
#include "wismo_sign.h"


/* Of WISMO_INDEX_FORM: what its numbers stand for. */
#define NUMBERS  UINT64_C(0x10701efced5f6a82)


static wismo_str_t
page_with(site_t *site, wismo_pool_t *pool, const wismo_document_t *doc,
    const wismo_json_t *json)
{
    wismo_out_t        out;
    wismo_str_t        text;
    wismo_json_t      *model;
    wismo_view_ctx_t   ctx;

    memset(&ctx, 0, sizeof(wismo_view_ctx_t));
    ctx.now = NOW;
    ctx.base = str("/track/");

    assert_int_equal(wismo_view_make(pool, doc, json, WISMO_VIEW_FULL,
                                     site->words, &ctx, &model), WISMO_OK);

    wismo_out_init(&out, pool, 16384);

    assert_int_equal(wismo_template_render(site->order, model, &out),
                     WISMO_OK);

    text.data = out.start;
    text.len = wismo_document_at(&out);

    return text;
}


static wismo_str_t
page_of_view(site_t *site, wismo_pool_t *pool, const wismo_document_t *doc)
{
    wismo_json_t   *json;
    wismo_error_t   err;

    assert_int_equal(wismo_json_read_lean(pool, &doc->full, 65536, &json,
                                          &err), WISMO_OK);

    return page_with(site, pool, doc, json);
}


static wismo_str_t
page_of_document(site_t *site, wismo_pool_t *pool,
    const wismo_document_t *doc)
{
    wismo_json_t   *json;
    wismo_error_t   err;

    assert_int_equal(wismo_document_json(pool, doc, 65536, &json, &err),
                     WISMO_OK);

    return page_with(site, pool, doc, json);
}


static bool
indexed(wismo_pool_t *pool, const wismo_document_t *doc)
{
    wismo_str_t          parcels;
    wismo_json_t        *json;
    wismo_error_t        err;
    const wismo_json_t  *list;

    assert_int_equal(wismo_document_json(pool, doc, 65536, &json, &err),
                     WISMO_OK);

    parcels = str("parcels");
    list = wismo_json_member(json, wismo_word_head(parcels.data, parcels.len),
                             parcels.data, parcels.len);
    list = wismo_json_get(list->first, "events");

    return list->first->type == WISMO_JSON_SCAN;
}


static void
open_order(const wismo_str_t *bytes, wismo_document_t *doc)
{
    wismo_error_t  err;

    if (wismo_document_open(bytes, doc, &err) != WISMO_OK) {
        fail_msg("%s", err.text);
    }
}


static void
test_same_page(void **state)
{
    site_t            *site = *state;
    unsigned           i;
    wismo_str_t        bytes, one, two;
    wismo_pool_t       pool;
    wismo_order_t      o;
    wismo_event_t     *e;
    wismo_document_t   doc;

    wismo_pool_init(&pool, 64 << 20, NULL, NULL);
    order(&pool, &o);

    for (i = 0; i < 4; i++) {

        if (i == 1) {

            /* longer than an entry can tell, and far apart */

            e = o.parcels[0].events;
            e[3].raw.len = 1024;
            e[3].raw.data = wismo_palloc(&pool, 1024);
            memset(e[3].raw.data, 'r', 1024);
            o.items[1].name.len = 6000;
            o.items[1].name.data = wismo_palloc(&pool, 6000);
            memset(o.items[1].name.data, 'n', 6000);
        }

        if (i == 2) {
            o.cancelled = true;
            o.parcels[1].events = NULL;
            o.parcels[1].nevents = 0;
        }

        if (i == 3) {
            o.nparcels = 0;
            o.nitems = 0;
        }

        bytes = write_order(&pool, &o);
        open_order(&bytes, &doc);

        assert_true(doc.index.len != 0);

        if (i < 3) {
            assert_true(indexed(&pool, &doc));
        }

        one = page_of_view(site, &pool, &doc);
        two = page_of_document(site, &pool, &doc);

        assert_int_equal(two.len, one.len);
        assert_memory_equal(two.data, one.data, one.len);
    }

    wismo_pool_done(&pool);
}


/* Times that were null when the index was written, and the other way round. */

static void
test_patched_times(void **state)
{
    site_t                  *site = *state;
    wismo_str_t              bytes, one, two;
    wismo_pool_t             pool;
    wismo_order_t            o;
    wismo_document_t         doc;
    wismo_document_patch_t   patch;

    wismo_pool_init(&pool, 64 << 20, NULL, NULL);
    order(&pool, &o);
    bytes = write_order(&pool, &o);

    assert_int_equal(wismo_document_patch(&pool, 2, T0 + 900, T0 + 9000,
                                          &patch), WISMO_OK);
    memcpy(bytes.data + patch.offset, patch.bytes.data, patch.bytes.len);

    assert_int_equal(wismo_document_patch(&pool, 0, T0 + 950, WISMO_TIME_NONE,
                                          &patch), WISMO_OK);
    memcpy(bytes.data + patch.offset, patch.bytes.data, patch.bytes.len);

    open_order(&bytes, &doc);
    assert_true(indexed(&pool, &doc));

    one = page_of_view(site, &pool, &doc);
    two = page_of_document(site, &pool, &doc);

    assert_int_equal(two.len, one.len);
    assert_memory_equal(two.data, one.data, one.len);

    wismo_pool_done(&pool);
}


static void
test_damaged(void **state)
{
    int                n;
    size_t             i, len;
    wismo_str_t        bytes;
    unsigned char     *p, was;
    wismo_json_t      *json;
    wismo_pool_t       pool, work;
    wismo_order_t      o;
    wismo_error_t      err;
    wismo_document_t   doc;

    (void) state;

    wismo_pool_init(&pool, 64 << 20, NULL, NULL);
    wismo_pool_init(&work, 64 << 20, NULL, NULL);
    order(&pool, &o);
    bytes = write_order(&pool, &o);
    open_order(&bytes, &doc);

    p = doc.index.data;
    len = doc.index.len;

    for (i = 0; i < len; i++) {
        was = p[i];

        for (n = 0; n < 8; n++) {
            p[i] = (unsigned char) (was ^ (1 << n));

            assert_int_equal(wismo_document_json(&work, &doc, 65536, &json,
                                                 &err), WISMO_OK);
            wismo_pool_reset(&work);
        }

        p[i] = was;
    }

    for (i = 8; i < len; i++) {
        doc.index.len = i;
        assert_int_equal(wismo_document_json(&work, &doc, 65536, &json, &err),
                         WISMO_OK);
        wismo_pool_reset(&work);
    }

    doc.index.len = len;
    p[0] ^= 1;
    assert_false(indexed(&work, &doc));

    wismo_pool_done(&work);
    wismo_pool_done(&pool);
}


/* The document says whether there is one, and then there must be one. */

static void
test_missing(void **state)
{
    wismo_str_t        bytes;
    wismo_pool_t       pool;
    wismo_order_t      o;
    wismo_error_t      err;
    wismo_document_t   doc;

    (void) state;

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);
    order(&pool, &o);
    bytes = write_order(&pool, &o);
    open_order(&bytes, &doc);

    /* without sums */

    bytes.len -= 16;
    bytes.data[54] = '2';
    open_order(&bytes, &doc);

    bytes.len -= doc.index.len;
    assert_int_equal(wismo_document_open(&bytes, &doc, &err), WISMO_DECLINED);
    assert_int_equal(doc.index.len, 0);

    /* less of it than it says */

    bytes.len += 40;
    assert_int_equal(wismo_document_open(&bytes, &doc, &err), WISMO_DECLINED);
    bytes.len -= 40;

    bytes.data[54] = '0';
    open_order(&bytes, &doc);
    assert_int_equal(doc.index.len, 0);
    assert_false(indexed(&pool, &doc));

    wismo_pool_done(&pool);
}


/* A view whose bytes are no text is none, however well it is indexed. */

static void
test_broken_view(void **state)
{
    wismo_str_t        bytes;
    unsigned char     *p;
    wismo_json_t      *json;
    wismo_pool_t       pool;
    wismo_order_t      o;
    wismo_error_t      err;
    wismo_document_t   doc;

    (void) state;

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);
    order(&pool, &o);
    bytes = write_order(&pool, &o);
    open_order(&bytes, &doc);

    p = doc.full.data;

    while (memcmp(p, "Secret shop", 11) != 0) {
        p++;
    }

    *p = 0x01;
    assert_int_equal(wismo_document_json(&pool, &doc, 65536, &json, &err),
                     WISMO_DECLINED);

    *p = 0xff;
    assert_int_equal(wismo_document_json(&pool, &doc, 65536, &json, &err),
                     WISMO_DECLINED);

    wismo_pool_done(&pool);
}


/* Documents are read by other versions, too. */

static void
test_numbers(void **state)
{
    unsigned                  i;
    uint64_t                  sum;
    const wismo_substatus_t  *row;

    (void) state;

    sum = WISMO_INDEX_FORM;

    for (i = 1; i < WISMO_INDEX_NAMES; i++) {
        sum = wismo_hash64(wismo_index_names[i].text,
                           wismo_index_names[i].len, sum);
    }

    for (i = 0; (row = wismo_substatus_row(i)) != NULL; i++) {
        sum = wismo_hash64(row->name, strlen(row->name), sum);
        sum = wismo_hash64(row->sub, strlen(row->sub), sum);

        assert_int_equal(wismo_substatus_number(row), i);
    }

    if (sum != NUMBERS) {
        fail_msg("names or rows have got other numbers: WISMO_INDEX_FORM "
                 "needs another value, and this test 0x%llx",
                 (unsigned long long) sum);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_same_page, setup, teardown),
        cmocka_unit_test_setup_teardown(test_patched_times, setup, teardown),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_broken_view),
        cmocka_unit_test(test_numbers)
    };

    return test_run("document index", tests, countof(tests));
}
