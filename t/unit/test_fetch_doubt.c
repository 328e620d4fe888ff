
/*
 * Copyright (C) The Wismo authors
 *
 * Reports that can't be so: what is left of them, and what the operator is
 * told; and the ledger's memory of how many events there were.
 */


#include "test.h"

#include "fetch_doubt.h"
#include "fetch_seen.h"


#define NOW       INT64_C(1796000000)
#define DAY       INT64_C(86400)


static wismo_order_t
order(int64_t placed_at)
{
    wismo_order_t  o;

    memset(&o, 0, sizeof(wismo_order_t));
    o.placed_at = placed_at;

    return o;
}


static void
test_times(void **state)
{
    int               k;
    size_t            i;
    unsigned          n;
    const char       *why;
    wismo_pool_t      pool;
    wismo_event_t     events[2];
    wismo_order_t     o;
    wismo_report_t    said;

    static const struct {
        int64_t      at;        /* of the second event; the first is of now */
        int64_t      placed_at;
        bool         local;
        unsigned     left;
        const char  *why;
    } cases[] = {
        { NOW, NOW, false, 2, NULL },
        { NOW + DAY, NOW, false, 2, NULL },
        { NOW + DAY + 1, NOW, false, 2, "ahead" },
        { NOW + 31 * DAY, NOW, false, 2, "ahead" },
        { NOW + 31 * DAY + 1, NOW, false, 1, "ahead" },
        { NOW + DAY + 14 * 3600, NOW, true, 2, NULL },
        { NOW + DAY + 14 * 3600 + 1, NOW, true, 2, "ahead" },
        { NOW + 31 * DAY + 14 * 3600 + 1, NOW, true, 1, "ahead" },
        { NOW - 365 * DAY, NOW, false, 2, NULL },
        { NOW - 365 * DAY - 1, NOW, false, 1, "older" },
        { NOW - 3650 * DAY, WISMO_TIME_NONE, false, 2, NULL },
        { WISMO_TIME_NONE, NOW, false, 2, NULL },
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {

        /* the order of the list says nothing */

        for (k = 0; k < 2; k++) {
            wismo_pool_init(&pool, 65536, NULL, NULL);
            memset(&said, 0, sizeof(said));
            memset(events, 0, sizeof(events));

            wismo_time_local(&events[k].when, NOW, 0, WISMO_BASIS_UTC);
            wismo_time_local(&events[1 - k].when, cases[i].at,
                             cases[i].local ? WISMO_OFFSET_NONE : 0,
                             cases[i].at == WISMO_TIME_NONE
                             ? WISMO_BASIS_UNKNOWN
                             : cases[i].local ? WISMO_BASIS_LOCAL
                                              : WISMO_BASIS_UTC);

            said.events = events;
            said.nevents = 2;
            said.status = wismo_substatus_note();
            o = order(cases[i].placed_at);

            assert_int_equal(fetch_doubt(&pool, &o, &said, 0, NOW, &why),
                             WISMO_OK);

            n = said.nevents;

            if (n != cases[i].left) {
                fail_msg("case %u: %u events", (unsigned) i, n);
            }

            if (cases[i].why == NULL) {
                assert_null(why);

            } else {
                assert_non_null(why);
                assert_non_null(strstr(why, cases[i].why));
            }

            if (n == 1) {
                assert_true(said.events[0].when.wall == NOW);

                /* a headline follows the newest event */

                assert_true((said.status == NULL) == (cases[i].at > NOW));
            }

            wismo_pool_done(&pool);
        }
    }
}


static void
test_another_parcel(void **state)
{
    const char       *why;
    wismo_pool_t      pool;
    wismo_event_t     events[2];
    wismo_order_t     o;
    wismo_report_t    said;

    (void) state;

    wismo_pool_init(&pool, 65536, NULL, NULL);
    memset(&said, 0, sizeof(said));
    memset(events, 0, sizeof(events));

    wismo_time_local(&events[0].when, NOW - 500 * DAY, 0, WISMO_BASIS_UTC);
    wismo_time_local(&events[1].when, NOW - 499 * DAY, 0, WISMO_BASIS_UTC);

    said.events = events;
    said.nevents = 2;
    said.status = wismo_substatus_note();
    wismo_str_set(&said.signed_by, "SOMEBODY ELSE");
    said.edd.date = NOW;
    said.weight_g = 5;
    o = order(NOW);

    assert_int_equal(fetch_doubt(&pool, &o, &said, 2, NOW, &why), WISMO_OK);
    assert_non_null(why);
    assert_int_equal(said.nevents, 0);
    assert_null(said.status);
    assert_int_equal(said.signed_by.len, 0);
    assert_true(said.edd.date == WISMO_TIME_NONE);
    assert_int_equal(said.weight_g, -1);

    wismo_pool_done(&pool);
}


static void
test_fewer(void **state)
{
    unsigned          n;
    const char       *why;
    wismo_pool_t      pool;
    wismo_event_t     events[3];
    wismo_order_t     o;
    wismo_report_t    said;

    (void) state;

    wismo_pool_init(&pool, 65536, NULL, NULL);
    memset(events, 0, sizeof(events));
    o = order(NOW);

    for (n = 0; n < 3; n++) {
        wismo_time_local(&events[n].when, NOW, 0, WISMO_BASIS_UTC);
    }

    for (n = 0; n <= 3; n++) {
        memset(&said, 0, sizeof(said));
        said.events = events;
        said.nevents = n;

        assert_int_equal(fetch_doubt(&pool, &o, &said, 2, NOW, &why),
                         WISMO_OK);
        assert_true((why != NULL) == (n < 2));
        assert_int_equal(said.nevents, n);
        assert_ptr_equal(said.events, events);
    }

    wismo_pool_done(&pool);
}


static void
test_memory(void **state)
{
    const char       *why;
    wismo_pool_t      pool;
    wismo_event_t     events[2];
    wismo_order_t     o;
    wismo_report_t    said;

    (void) state;

    wismo_pool_init(&pool, 0, NULL, NULL);
    memset(&said, 0, sizeof(said));
    memset(events, 0, sizeof(events));

    wismo_time_local(&events[0].when, NOW, 0, WISMO_BASIS_UTC);
    wismo_time_local(&events[1].when, NOW + 99 * DAY, 0, WISMO_BASIS_UTC);

    said.events = events;
    said.nevents = 2;
    o = order(NOW);

    assert_int_equal(fetch_doubt(&pool, &o, &said, 0, NOW, &why),
                     WISMO_ERROR);
    wismo_pool_done(&pool);
}


static void
test_seen(void **state)
{
    size_t          i;
    wismo_str_t     parcel, number, got, text;
    fetch_seen_t    seen, read;
    wismo_pool_t    pool;
    fetch_field_t   field;

    /* what earlier versions wrote, and nobody */

    static const struct {
        const char  *text;
        bool         ok;
        unsigned     events;
    } cases[] = {
        { "1f 7 2 3600 1796000000 0 1Z0WM0000300000017", true, 0 },
        { "1f 7 2 3600 1796000000 0 1Z0WM0000300000017 12", true, 12 },
        { "1f 7 2 3600 1796000000 0 1Z0WM0000300000017 x", true, 0 },
        { "1f 7 2 3600 1796000000 0 1Z0WM0000300000017 99999999999", true,
          0 },
        { "1f 7 2 3600 1796000000 0 ", false, 0 },
        { "1f 7 2 3600 1796000000 12", false, 0 },
        { "-1 7 2 3600 1796000000 0 1Z", false, 0 },
        { "", false, 0 },
    };

    (void) state;

    wismo_pool_init(&pool, 65536, NULL, NULL);
    memset(&seen, 0, sizeof(seen));
    memset(&read, 0, sizeof(read));

    seen.hash = UINT64_C(0x123456789abcdef0);
    seen.version = 9;
    seen.index = 3;
    seen.interval = 7200;
    seen.until = NOW;
    seen.failures = 2;
    seen.events = 40;
    parcel = str("p1");
    number = str("1Z0WM0000300000017");

    assert_int_equal(fetch_seen_write(&pool, &parcel, &number, &seen, &field),
                     WISMO_OK);
    assert_str(field.name, "seen:p1");

    text.len = field.value.len + 1;
    text.data = calloc(1, text.len);
    assert_non_null(text.data);
    memcpy(text.data, field.value.data, field.value.len);
    assert_true(fetch_seen_read((char *) text.data, &read, &got));
    assert_memory_equal(&read, &seen, sizeof(seen));
    assert_str(got, "1Z0WM0000300000017");
    free(text.data);

    for (i = 0; i < countof(cases); i++) {
        text = heap_copy(cases[i].text, strlen(cases[i].text) + 1);
        memset(&read, 0, sizeof(read));
        assert_int_equal(fetch_seen_read((char *) text.data, &read, &got),
                         cases[i].ok);
        assert_int_equal(read.events, cases[i].events);
        free(text.data);
    }

    wismo_pool_done(&pool);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_another_parcel),
        cmocka_unit_test(test_fewer),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_seen),
    };

    return test_run("doubt", tests, countof(tests));
}
