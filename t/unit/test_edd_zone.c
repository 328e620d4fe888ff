
/*
 * Copyright (C) The Wismo authors
 *
 * What time it is at a warehouse: before and after the night in which its
 * clock changes, as the fetcher writes it and the module reads it.
 */


#include "test.h"

#include "wismo_edd_zone.h"


#define DAYS   200
#define FIRST  INT64_C(20500)         /* days since 1970 */
#define CHANGE 100                    /* days later, at 01:00 UTC */


static void
test_change(void **state)
{
    int16_t        cutoff[DAYS];
    int32_t        offset[DAYS];
    uint8_t        flags[DAYS];
    int64_t        now, change, wall;
    unsigned       i, k;
    wismo_out_t    out;
    wismo_str_t    text;
    wismo_days_t   days;
    wismo_pool_t   pool;

    static const int32_t  zones[][2] = {
        { 3600, 7200 }, { -18000, -14400 }, { 39600, 37800 }, { 0, 0 }
    };

    (void) state;

    memset(cutoff, 0, sizeof(cutoff));
    memset(flags, 0, sizeof(flags));

    for (k = 0; k < countof(zones); k++) {

        for (i = 0; i < DAYS; i++) {
            offset[i] = zones[k][i > CHANGE];
        }

        memset(&days, 0, sizeof(wismo_days_t));
        days.first = FIRST;
        days.n = DAYS;
        days.offset = offset;
        days.flags = flags;
        days.cutoff = cutoff;

        wismo_pool_init(&pool, 65536, NULL, NULL);
        wismo_out_init(&out, &pool, 64);

        now = (FIRST + 10) * WISMO_DAY_SECONDS + 7200;
        wismo_edd_zone_write(&out, &days, now);

        text.data = out.start;
        text.len = (size_t) (out.pos - out.start);

        assert_int_equal(wismo_edd_zone_wall(&text, now, &wall), WISMO_OK);
        assert_int_equal(wall - now, zones[k][0]);

        /* with a day to spare, on both sides */

        change = (FIRST + CHANGE) * WISMO_DAY_SECONDS;

        assert_int_equal(wismo_edd_zone_wall(&text, change - 86400, &wall),
                         WISMO_OK);
        assert_int_equal(wall - (change - 86400), zones[k][0]);
        assert_int_equal(wismo_edd_zone_wall(&text, change + 2 * 86400,
                                             &wall), WISMO_OK);
        assert_int_equal(wall - (change + 2 * 86400), zones[k][1]);

        wismo_pool_done(&pool);
    }
}


static void
test_hostile(void **state)
{
    size_t       i;
    int64_t      wall;
    wismo_str_t  text;

    static const char  *const texts[] = {
        "", " ", "60", "60 1", "60 1 60 ", "60 1 60x", "2000 9 2000",
        "-1081 9999999999 0", "0 1 1081",
        "1111111111111111111111111111111111111111111111111"
    };

    (void) state;

    for (i = 0; i < countof(texts); i++) {
        text = str(texts[i]);
        assert_int_equal(wismo_edd_zone_wall(&text, 1800000000, &wall),
                         WISMO_DECLINED);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_change),
        cmocka_unit_test(test_hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
