
/*
 * Copyright (C) The Wismo authors
 *
 * Events that a change leaves as they were are written by copying: the
 * document is the one that would have been made of them, whatever has become
 * of an event, and however it was written before.
 */


#include "test_document.h"


static void
read_back(wismo_pool_t *pool, const wismo_str_t *bytes, wismo_order_t *o)
{
    wismo_error_t     err;
    wismo_document_t  doc;

    assert_int_equal(wismo_document_open(bytes, &doc, &err), WISMO_OK);
    assert_int_equal(wismo_document_read(pool, &doc, o, &err), WISMO_OK);
}


static wismo_str_t
written(wismo_pool_t *pool, const wismo_order_t *o)
{
    wismo_str_t  bytes;

    assert_int_equal(wismo_document_write(pool, o, &bytes), WISMO_OK);

    return bytes;
}


static unsigned
forget(wismo_order_t *o)
{
    unsigned  i, j, n;

    n = 0;

    for (i = 0; i < o->nparcels; i++) {
        for (j = 0; j < o->parcels[i].nevents; j++) {
            n += o->parcels[i].events[j].written != NULL;
            o->parcels[i].events[j].written = NULL;
        }
    }

    return n;
}


static void
assert_same(const wismo_str_t *a, const wismo_str_t *b)
{
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->data, b->data, a->len);
}


static void
test_kept(void **state)
{
    unsigned       n;
    wismo_str_t    first, again, made;
    wismo_pool_t   pool;
    wismo_order_t  o;

    (void) state;

    wismo_pool_init(&pool, 64 << 20, NULL, NULL);

    order(&pool, &o);
    first = written(&pool, &o);

    read_back(&pool, &first, &o);
    again = written(&pool, &o);
    n = forget(&o);
    made = written(&pool, &o);

    assert_same(&again, &first);
    assert_same(&made, &first);

    /* of its 22 events two have texts with escapes */

    assert_int_equal(n, 20);

    wismo_pool_done(&pool);
}


/* Whatever changes of an event is in the document. */

static void
test_changed(void **state)
{
    unsigned        i;
    wismo_str_t     first, kept, made;
    wismo_pool_t    pool;
    wismo_order_t   o;
    wismo_event_t  *e;

    (void) state;

    for (i = 0; i < 9; i++) {
        wismo_pool_init(&pool, 64 << 20, NULL, NULL);

        order(&pool, &o);
        first = written(&pool, &o);
        read_back(&pool, &first, &o);

        e = &o.parcels[0].events[3];
        assert_non_null(e->written);

        switch (i) {

        case 0:
            wismo_time_local(&e->when, e->when.wall - 60, e->when.offset,
                             (wismo_basis_e) e->when.basis);
            break;

        case 1:
            wismo_time_local(&e->when, e->when.wall, WISMO_OFFSET_NONE,
                             WISMO_BASIS_LOCAL);
            break;

        case 2:
            e->status = row("delayed", "weather");
            break;

        case 3:
            e->code = str("I/AR");
            break;

        case 4:
            e->text.len -= 2;
            break;

        case 5:
            e->place = str("");
            break;

        case 6:
            e->raw = str("type=I");
            break;

        case 7:
            e->delivered_to = WISMO_TO_LOCKER;
            break;

        default:
            e->return_leg = true;
            break;
        }

        kept = written(&pool, &o);
        assert_true(forget(&o) > 0);
        made = written(&pool, &o);

        assert_same(&kept, &made);
        assert_false(wismo_str_eq(&kept, &first));

        wismo_pool_done(&pool);
    }
}


/* Other bytes where "is" stands first, as many of them. */

static void
swap(wismo_str_t *bytes, const char *is, const char *becomes)
{
    size_t          len;
    unsigned char  *p;

    len = strlen(is);
    assert_int_equal(strlen(becomes), len);

    for (p = bytes->data; memcmp(p, is, len) != 0; p++) {
        assert_true(p + len < bytes->data + bytes->len);
    }

    memcpy(p, becomes, len);
}


/* What we would not have written so is read, and written as it should be. */

static void
test_written_otherwise(void **state)
{
    unsigned       i;
    wismo_str_t    first, kept, made;
    wismo_pool_t   pool;
    wismo_order_t  o;

    static const struct {
        const char  *is;
        const char  *becomes;
    } forms[] = {
        { "{\"utc\":\"2025-", "{\"utc\":\"2024-" },
        { "{\"utc\":\"2025-", "{\"utc\":\"2x25-" },
        { ":00Z\",\"wallclock\"", ":60Z\",\"wallclock\"" },
        { "\"date\":\"2025-11-24\",\"offset",
          "\"date\":\"2025-11-23\",\"offset" },
        { ",\"offset\":-300", ",\"offset\":-301" },
        { ",\"offset\":-300", ",\"offset\":  90" },
        { ",\"offset\":-300", ",\"offset\":null" },
        { "\"basis\":\"offset\"", "\"basis\":\"offzet\"" },
        { "\"basis\":\"zone\"", "\"basis\":\"date\"" },
        { "\"basis\":\"date\",\"stat", "\"basis\":\"zone\",\"stat" },
        { "\"departed_facility\",\"code\"",
          "\"Departed_facility\",\"code\"" },
        { "\"code\":\"I/DP\"", "\"code\":\"\"    " },
        { "\"code\":\"I/DP\"", "\"code\":\"<\x7f\xc3\xa4\"" },
        { "\"code\":\"I/DP\"", "\"code\":\"\\/DP\"" },
        { "\"code\":\"I/DP\"", "\"code\":\"\xe2\x80\xa8P\"" },
        { "\"code\":\"I/DP\"", "\"code\": \"I/D\"" },
        { "\"Departed from Facility\"", "\"[{]},Departed Facility\"" },
        { "\"Louisville, KY, United", "\"\\\"}],[{}\\\", KY, United" },
        { "\"delivered_to\":\"neighbour\"}",
          "\"delivered_to\":\"nobodyyyy\"}" },
        { "\"return\":true}", "\"return\": 1.0}" },
        { "\"return\":true}", "\"return\":null}" }
    };

    (void) state;

    for (i = 0; i < countof(forms); i++) {
        wismo_pool_init(&pool, 64 << 20, NULL, NULL);

        order(&pool, &o);
        o.parcels[0].events[0].place = str("Louisville, KY, United States");
        first = written(&pool, &o);
        swap(&first, forms[i].is, forms[i].becomes);

        read_back(&pool, &first, &o);

        kept = written(&pool, &o);
        assert_true(forget(&o) > 0);
        made = written(&pool, &o);

        assert_same(&kept, &made);

        wismo_pool_done(&pool);
    }
}


/* What is no list of events is refused, wherever it is damaged. */

static void
test_damaged(void **state)
{
    unsigned          i;
    wismo_str_t       first;
    wismo_pool_t      pool;
    wismo_order_t     o;
    wismo_error_t     err;
    wismo_document_t  doc;

    static const struct {
        const char  *is;
        const char  *becomes;
    } forms[] = {
        { "\"events\":[{", "\"events\":[0" },
        { "\"events\":[{", "\"events\":[," },
        { "\"events\":[{", "\"events\":{{" },
        { "\"events\":[", "\"eventz\":[" },
        { "\"in_transit\",\"substatus\":\"departed_facility\",\"code\"",
          "\"In_transit\",\"substatus\":\"departed_facility\",\"code\"" }
    };

    (void) state;

    for (i = 0; i < countof(forms); i++) {
        wismo_pool_init(&pool, 64 << 20, NULL, NULL);

        order(&pool, &o);
        first = written(&pool, &o);
        swap(&first, forms[i].is, forms[i].becomes);

        assert_int_equal(wismo_document_open(&first, &doc, &err), WISMO_OK);
        assert_int_equal(wismo_document_read(&pool, &doc, &o, &err),
                         WISMO_DECLINED);
        assert_true(err.text[0] != '\0');

        wismo_pool_done(&pool);
    }
}


/* A list of events that stands elsewhere is nobody's. */

static void
test_elsewhere(void **state)
{
    wismo_str_t    first, kept, made;
    wismo_pool_t   pool;
    wismo_order_t  o;

    (void) state;

    wismo_pool_init(&pool, 64 << 20, NULL, NULL);

    order(&pool, &o);
    o.city = str("12345678901234567890");
    first = written(&pool, &o);

    swap(&first, "\"city\":\"12345678901234567890\"",
         "\"events\":[],\"x\":[7,\"]\",{}]   ");
    read_back(&pool, &first, &o);

    assert_int_equal(o.nparcels, 3);
    assert_int_equal(o.parcels[0].nevents, 12);
    assert_int_equal(o.parcels[2].nevents, 3);

    kept = written(&pool, &o);
    assert_true(forget(&o) > 0);
    made = written(&pool, &o);
    assert_same(&kept, &made);

    wismo_pool_done(&pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_changed),
        cmocka_unit_test(test_written_otherwise),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_elsewhere)
    };

    return test_run("document_event", tests, countof(tests));
}
