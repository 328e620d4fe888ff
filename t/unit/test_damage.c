
/*
 * Copyright (C) The Wismo authors
 *
 * Whatever bytes Redis may hand us for a document, nothing is read beyond
 * them, nothing half understood is believed, and too much is cut or refused.
 */


#include "test_document.h"


static void
test_bad_headers(void **state)
{
    size_t            i;
    wismo_str_t       bytes, copy;
    wismo_pool_t      pool;
    wismo_error_t     err;
    wismo_order_t     o;
    wismo_document_t  doc;

    static const struct {
        size_t        at;
        const char   *bytes;
        bool          sound;              /* the header alone */
    } cases[] = {
        { 0, "WO1", false },
        { 0, "WO2", false },
        { 0, "WO4", false },
        { 0, "PK\x03", false },
        { 3, "\t", false },
        { 4, "000000000x", false },
        { 4, "0000000000", false },
        { 15, "-000000001", false },
        { 48, "00", false },
        { 48, "17", false },
        { 51, "+001", false },
        { 56, "000001", true },
        { 56, "999999", true },
        { 63, "000000", true },
        { 69, "\n", false },
        { 70, "000000000 ", false },
        { 80, "-", false },
        { 81, "x", false },
        { 104, "+", false },
        { 126, "\n", false },
        { 149, "\n", false },
        { 150, "-1", false },
        { 150, "02", true },
        { 150, "51", false },
        { 152, "\r", false },
        { 153, "n", true },
        { 153, "\"2025-02-29", true },
        { 163, " ", true },
        { 175, "-", true },
        { 176, "null  ", true },
        { 196, "z", true },
        { 198, "-", true },
        { 199, "-00014", true },
        { 199, "000000", true },
        { 199, "000013", true },
        { 205, "-", true },
        { 206, "999999", true },
        { 212, " ", true },
        { 333, "[", true },
        { 334, " ", true }
    };

    (void) state;

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);
    order(&pool, &o);
    bytes = write_order(&pool, &o);

    for (i = 0; i < countof(cases); i++) {
        copy = heap_copy(bytes.data, bytes.len);
        memcpy(copy.data + cases[i].at, cases[i].bytes,
               strlen(cases[i].bytes));

        err.text[0] = '\0';

        assert_int_equal(wismo_document_open(&copy, &doc, &err),
                         WISMO_DECLINED);
        assert_int_not_equal(err.text[0], '\0');
        assert_null(doc.full.data);

        if (cases[i].sound) {
            assert_int_equal(doc.version, 7);
            assert_int_equal(doc.status, o.status->status);
            assert_int_equal(doc.updated_at, T0 + 7200);

        } else {
            assert_int_equal(doc.version, 0);
        }

        free(copy.data);
    }

    wismo_pool_done(&pool);
}


/* Every byte lost, and every byte wrong: an order or a refusal, no more. */

static void
test_damage(void **state)
{
    size_t                   i, j;
    unsigned                 opened, read;
    wismo_str_t              bytes, copy, again;
    wismo_pool_t             pool, work;
    wismo_error_t            err;
    wismo_order_t            o, back;
    wismo_document_t         doc;

    static const unsigned char  wrong[] = { 0, '"', '{', '9', 0xff };

    (void) state;

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);
    wismo_pool_init(&work, 8 << 20, NULL, NULL);

    order(&pool, &o);
    bytes = write_order(&pool, &o);
    opened = 0;
    read = 0;

    for (i = 0; i < bytes.len; i++) {

        wismo_pool_reset(&work);

        copy = heap_copy(bytes.data, i);
        assert_int_equal(wismo_document_open(&copy, &doc, &err),
                         WISMO_DECLINED);
        free(copy.data);

        for (j = 0; j < countof(wrong) + 8; j++) {

            wismo_pool_reset(&work);

            copy = heap_copy(bytes.data, bytes.len);
            copy.data[i] = j < countof(wrong)
                           ? wrong[j]
                           : (unsigned char) (copy.data[i]
                                              ^ (1 << (j - countof(wrong))));

            if (wismo_document_open(&copy, &doc, &err) == WISMO_OK) {
                opened++;

                if (wismo_document_read(&work, &doc, &back, &err)
                    == WISMO_OK)
                {
                    read++;

                    /* what was read can be merged and written */

                    assert_int_equal(wismo_merge_order(&work, &back, &o),
                                     WISMO_OK);
                    back.version = 1;
                    assert_int_equal(wismo_document_write(&work, &back,
                                                          &again),
                                     WISMO_OK);
                }
            }

            free(copy.data);
        }
    }

    assert_true(opened > bytes.len);
    assert_true(read > bytes.len);

    wismo_pool_done(&work);
    wismo_pool_done(&pool);
}


/* Views that are JSON, but no order. */

static void
test_hostile_views(void **state)
{
    size_t             i, len;
    char               text[4096], full[2048];
    wismo_str_t        bytes;
    wismo_pool_t       pool;
    wismo_error_t      err;
    wismo_order_t      o;
    wismo_document_t   doc;

#define HEAD   "\"order\":\"1\",\"status\":\"in_transit\",\"items\":[],"
#define PARCEL "\"carrier\":\"ups\",\"status\":\"in_transit\","              \
               "\"id\":\"p1\",\"tracking_number\":\"1\",\"items\":[],"

    static const struct {
        const char  *full;
        const char  *at;                  /* NULL: acceptable */
    } cases[] = {
        { "{}", "/order" },
        { "{\"order\":7}", "/order" },
        { "{\"order\":\"../x\"}", "/order" },
        { "{\"order\":\"1\",\"status\":\"happy\"}", "/status" },
        { "{\"order\":\"1\",\"status\":\"note\"}", "/status" },
        { "{\"order\":\"1\",\"status\":\"in_transit\",\"milestone\":5}",
          "/milestone" },
        { "{\"order\":\"1\",\"status\":\"in_transit\",\"items\":{}}",
          "/items" },
        { "{\"order\":\"1\",\"status\":\"in_transit\",\"items\":[1]}",
          "/items" },
        { "{" HEAD "\"parcels\":7}", "/parcels" },
        { "{" HEAD "\"parcels\":[7]}", "/parcels" },
        { "{" HEAD "\"parcels\":[{}]}", "/parcels/status" },
        { "{" HEAD "\"parcels\":[{\"status\":\"delivered\"}]}",
          "/parcels/id" },
        { "{" HEAD "\"parcels\":[{" PARCEL "\"events\":[1]}]}",
          "/parcels/events" },
        { "{" HEAD "\"parcels\":[{" PARCEL "\"events\":[{}]}]}",
          "/parcels/events" },
        { "{" HEAD "\"parcels\":[],\"parcels_delivered\":1}",
          "/parcels_delivered" },
        { "{" HEAD "\"parcels\":[]}", NULL },
        { "{" HEAD "\"parcels\":[{" PARCEL "\"events\":[]}]}", NULL },
        { "{" HEAD "\"parcels\":[{" PARCEL "\"events\":[{\"status\":\"note\","
          "\"offset\":99999999999999999999,\"basis\":\"offset\","
          "\"wallclock\":\"2025-02-30T00:00:00\"}],\"weight_g\":-5,"
          "\"pieces_total\":1e9,\"milestone\":-3,\"estimate\":{\"basis\":"
          "\"utc\",\"from\":\"nonsense\"},\"carrier_status\":\"x\"}]}", NULL }
    };

    (void) state;

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);

    for (i = 0; i < countof(cases); i++) {

        len = (size_t) snprintf(full, sizeof(full), "%s", cases[i].full);
        len = (size_t) snprintf(text, sizeof(text),
                 "WO2 0000000001 1764000000 0000000000 0000000000 05 0000 "
                 "000002 %06zu 0000000000 %s %s %s\n{}%s", len,
                 NO_PROOF, NO_PROOF, NO_PROOF, full);

        bytes = heap_copy(text, len);

        assert_int_equal(wismo_document_open(&bytes, &doc, &err), WISMO_OK);

        if (cases[i].at) {
            assert_int_equal(wismo_document_read(&pool, &doc, &o, &err),
                             WISMO_DECLINED);

            if (strcmp(err.at, cases[i].at) != 0) {
                fail_msg("%s: %s instead of %s", full, err.at, cases[i].at);
            }

        } else {
            assert_int_equal(wismo_document_read(&pool, &doc, &o, &err),
                             WISMO_OK);
            (void) write_order(&pool, &o);
        }

        free(bytes.data);
    }

    wismo_pool_done(&pool);
}


static void
test_too_large(void **state)
{
    unsigned        i, n;
    wismo_str_t     bytes, again;
    wismo_pool_t    pool;
    wismo_order_t   o, back;
    wismo_parcel_t *p;

    (void) state;

    wismo_pool_init(&pool, 512 << 20, NULL, NULL);

    memset(&o, 0, sizeof(wismo_order_t));
    o.number = str("1");
    o.version = 1;

    p = wismo_pcalloc(&pool, WISMO_PARCELS_MAX * sizeof(wismo_parcel_t));
    o.parcels = p;
    o.nparcels = WISMO_PARCELS_MAX;

    for (i = 0; i < o.nparcels; i++) {
        parcel(&pool, &p[i], "p1", "1Z999", 150);
    }

    wismo_merge_rollup(&o);
    bytes = write_order(&pool, &o);

    assert_true(bytes.len <= WISMO_DOC_MAX);

    read_order(&pool, &bytes, &back);

    n = back.parcels[0].nevents;
    assert_true(n > 0 && n < 150);

    /* the newest, and the first of its milestone */

    assert_int_equal(back.parcels[0].events[0].when.utc,
                     p[0].events[0].when.utc);
    assert_int_equal(back.parcels[0].events[n - 1].when.utc,
                     p[0].events[149].when.utc);

    again = write_order(&pool, &back);
    assert_int_equal(bytes.len, again.len);
    assert_memory_equal(bytes.data, again.data, bytes.len);

    /* what no leaving out of events makes small enough */

    o.city.len = WISMO_DOC_MAX;
    o.city.data = wismo_palloc(&pool, o.city.len);
    memset(o.city.data, 'x', o.city.len);

    assert_int_equal(wismo_document_write(&pool, &o, &bytes),
                     WISMO_DECLINED);

    wismo_pool_done(&pool);
}


static void
test_no_memory(void **state)
{
    int                rc;
    size_t             limit;
    wismo_str_t        bytes, again;
    wismo_pool_t       pool, work;
    wismo_error_t      err;
    wismo_order_t      o, back;
    wismo_document_t   doc;

    (void) state;

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);
    order(&pool, &o);
    bytes = write_order(&pool, &o);
    assert_int_equal(wismo_document_open(&bytes, &doc, &err), WISMO_OK);

    rc = WISMO_ERROR;

    for (limit = 0; rc != WISMO_OK; limit += 1024) {
        wismo_pool_init(&work, limit, NULL, NULL);

        rc = wismo_document_read(&work, &doc, &back, &err);
        assert_true(rc == WISMO_OK || rc == WISMO_ERROR);

        if (rc == WISMO_OK) {
            rc = wismo_merge_order(&work, &back, &o);
            back.version = 7;
        }

        if (rc == WISMO_OK) {
            rc = wismo_document_write(&work, &back, &again);
        }

        if (rc == WISMO_OK) {
            assert_true(wismo_str_eq(&bytes, &again));
        }

        wismo_pool_done(&work);
        assert_true(limit < 8 << 20);
    }

    assert_true(limit > 4096);

    wismo_pool_done(&pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_bad_headers),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_hostile_views),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_no_memory)
    };

    return test_run("damage", tests, countof(tests));
}
