
/*
 * Copyright (C) The Wismo authors
 *
 * Times: a day wrong by one is a promise broken, an instant made up out of a
 * local clock is a lie.  The C library's own calendar is the judge.
 */


#define _GNU_SOURCE

#include "test.h"

#include "wismo_time.h"

#include <time.h>


#define NONE    WISMO_TIME_NONE
#define NO      WISMO_OFFSET_NONE


typedef struct {
    const char     *text;
    int64_t         utc;
    int64_t         wall;
    int             offset;
    wismo_basis_e   basis;
} iso_t;


static void
assert_when(const char *text, const wismo_when_t *when, const iso_t *want)
{
    if (when->utc != want->utc || when->wall != want->wall
        || when->offset != want->offset || when->basis != want->basis)
    {
        fail_msg("%s: utc %lld, wall %lld, offset %d, %s", text,
                 (long long) when->utc, (long long) when->wall, when->offset,
                 wismo_time_basis(when->basis));
    }
}


static void
test_calendar(void **state)
{
    time_t         t;
    int64_t        i;
    struct tm      tm;
    wismo_civil_t  c;

    (void) state;

    /* every day of ten thousand years, at an hour that moves on */

    for (i = -62167219200; i <= 253402300799; i += 86400 + 47) {
        t = (time_t) i;
        assert_non_null(gmtime_r(&t, &tm));

        wismo_time_civil(i, &c);

        if (c.year != tm.tm_year + 1900 || c.month != tm.tm_mon + 1
            || c.day != tm.tm_mday || c.hour != tm.tm_hour
            || c.minute != tm.tm_min || c.second != tm.tm_sec
            || c.weekday != tm.tm_wday
            || wismo_time_from_civil(&c) != i)
        {
            fail_msg("%lld", (long long) i);
        }
    }
}


static void
test_calendar_refuses(void **state)
{
    size_t         i;
    wismo_civil_t  c;

    static const wismo_civil_t  bad[] = {
        { 2026, 2, 29, 0, 0, 0, 0 },
        { 2100, 2, 29, 0, 0, 0, 0 },
        { 2024, 2, 30, 0, 0, 0, 0 },
        { 2026, 4, 31, 0, 0, 0, 0 },
        { 2026, 1, 32, 0, 0, 0, 0 },
        { 2026, 1, 0, 0, 0, 0, 0 },
        { 2026, 0, 1, 0, 0, 0, 0 },
        { 2026, 13, 1, 0, 0, 0, 0 },
        { 2026, 1, -1, 0, 0, 0, 0 },
        { -1, 1, 1, 0, 0, 0, 0 },
        { 10000, 1, 1, 0, 0, 0, 0 },
        { 2026, 1, 1, 25, 0, 0, 0 },
        { 2026, 1, 1, 24, 0, 1, 0 },
        { 2026, 1, 1, 24, 1, 0, 0 },
        { 2026, 1, 1, -1, 0, 0, 0 },
        { 2026, 1, 1, 0, 60, 0, 0 },
        { 2026, 1, 1, 0, -1, 0, 0 },
        { 2026, 1, 1, 0, 0, 61, 0 },
        { 2026, 1, 1, 0, 0, -1, 0 },
        { 9999, 12, 31, 24, 0, 0, 0 },
        { INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX, 0, 0, 0 },
        { INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, 0, 0, 0 },
    };

    static const wismo_civil_t  leap = { 2000, 2, 29, 24, 0, 0, 0 };

    (void) state;

    for (i = 0; i < countof(bad); i++) {
        if (wismo_time_from_civil(&bad[i]) != NONE) {
            fail_msg("row %u", (unsigned) i);
        }
    }

    assert_true(wismo_time_from_civil(&leap) == 951868800);

    /* what no calendar shows becomes its first or last second */

    wismo_time_civil(INT64_MIN, &c);
    assert_int_equal(c.year, 0);
    assert_int_equal(c.month, 1);

    wismo_time_civil(INT64_MAX, &c);
    assert_int_equal(c.year, 9999);
    assert_int_equal(c.second, 59);
}


static void
test_iso(void **state)
{
    size_t         i;
    wismo_str_t    s;
    wismo_when_t   when;

    static const iso_t  cases[] = {
        { "2026-03-02", NONE, 1772409600, NO, WISMO_BASIS_DATE },
        { "2024-02-29", NONE, 1709164800, NO, WISMO_BASIS_DATE },
        { "1969-12-31", NONE, -86400, NO, WISMO_BASIS_DATE },
        { "2026-03-02T14:05:00Z", 1772460300, 1772460300, 0,
          WISMO_BASIS_UTC },
        { "2026-03-02t14:05:00z", 1772460300, 1772460300, 0,
          WISMO_BASIS_UTC },
        { "2026-03-02 14:05:00Z", 1772460300, 1772460300, 0,
          WISMO_BASIS_UTC },
        { "2026-03-02T14:05:00.123456789Z", 1772460300, 1772460300, 0,
          WISMO_BASIS_UTC },
        { "2026-03-02T14:05:00,5Z", 1772460300, 1772460300, 0,
          WISMO_BASIS_UTC },
        { "2026-03-02T14:05Z", 1772460300, 1772460300, 0, WISMO_BASIS_UTC },
        { "2026-03-02T14:05:00", NONE, 1772460300, NO, WISMO_BASIS_LOCAL },
        { "2026-03-02 14:05", NONE, 1772460300, NO, WISMO_BASIS_LOCAL },
        { "2026-03-02T14:05:00.000", NONE, 1772460300, NO,
          WISMO_BASIS_LOCAL },
        { "2026-03-02T09:05:00-05:00", 1772460300, 1772442300, -300,
          WISMO_BASIS_OFFSET },
        { "2026-03-02T09:05:00-0500", 1772460300, 1772442300, -300,
          WISMO_BASIS_OFFSET },
        { "2026-03-02T09:05:00-05", 1772460300, 1772442300, -300,
          WISMO_BASIS_OFFSET },
        { "2026-03-02T09:05-05:00", 1772460300, 1772442300, -300,
          WISMO_BASIS_OFFSET },
        { "2026-03-02T19:35:00.7+05:30", 1772460300, 1772480100, 330,
          WISMO_BASIS_OFFSET },
        { "2026-03-02T14:05:00+00:00", 1772460300, 1772460300, 0,
          WISMO_BASIS_OFFSET },
        { "2026-03-02T14:05:00-00:00", 1772460300, 1772460300, 0,
          WISMO_BASIS_OFFSET },
        { "2026-03-02T00:00:00+14:59", 1772355660, 1772409600, 899,
          WISMO_BASIS_OFFSET },
        { "2026-03-02T00:00:00-14:59", 1772463540, 1772409600, -899,
          WISMO_BASIS_OFFSET },
        { "2026-03-01T24:00:00", NONE, 1772409600, NO, WISMO_BASIS_LOCAL },
        { "2026-03-01T24:00", NONE, 1772409600, NO, WISMO_BASIS_LOCAL },
        { "2025-12-31T24:00:00Z", 1767225600, 1767225600, 0,
          WISMO_BASIS_UTC },
        { "2016-12-31T23:59:60Z", 1483228799, 1483228799, 0,
          WISMO_BASIS_UTC },
        { "2026-01-01T00:30:00+01:00", 1767223800, 1767227400, 60,
          WISMO_BASIS_OFFSET },
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        s = heap_str(cases[i].text);

        if (wismo_time_iso(&s, &when) != WISMO_OK) {
            fail_msg("refused: %s", cases[i].text);
        }

        assert_when(cases[i].text, &when, &cases[i]);
        free(s.data);
    }
}


static void
test_iso_refuses(void **state)
{
    size_t         i;
    wismo_str_t    s;
    wismo_when_t   when;

    static const iso_t  nothing = { "", NONE, NONE, NO, WISMO_BASIS_UNKNOWN };

    static const char  *cases[] = {
        "", "2", "2026", "2026-03", "2026-03-0", "2026-3-2", "20260302",
        "2026/03/02", "02-03-2026", "26-03-02", "2026-02-29", "2026-04-31",
        "2026-13-01", "2026-00-01", "2026-01-00", "+2026-03-02",
        "-026-03-02", "2026-03-02Z", "2026-03-02 ", " 2026-03-02",
        "2026-03-02T", "2026-03-02T14", "2026-03-02T14:", "2026-03-02T14:0",
        "2026-03-02T14:05:", "2026-03-02T14:05:0", "2026-03-02T1405",
        "2026-03-02T140500Z", "2026-03-02X14:05:00", "2026-03-02  14:05:00",
        "2026-03-02T14:05:00.", "2026-03-02T14:05:00.Z",
        "2026-03-02T14:05.5Z", "2026-03-02T14:05:00ZZ",
        "2026-03-02T14:05:00 Z", "2026-03-02T14:05:00Z ",
        "2026-03-02T14:05:00+", "2026-03-02T14:05:00+1",
        "2026-03-02T14:05:00+1:00", "2026-03-02T14:05:00+01:",
        "2026-03-02T14:05:00+01:0", "2026-03-02T14:05:00+010",
        "2026-03-02T14:05:00+01000", "2026-03-02T14:05:00+01:000",
        "2026-03-02T14:05:00+15:00", "2026-03-02T14:05:00-15:00",
        "2026-03-02T14:05:00+01:60", "2026-03-02T14:05:00*01:00",
        "2026-03-02T14:05:00UTC", "2026-03-02T14:05:00 AM",
        "2026-03-02T25:00:00", "2026-03-02T24:00:01", "2026-03-02T23:60:00",
        "2026-03-02T23:59:61", "2026-03-02T-1:00:00", "9999-12-31T24:00:00",
        "2026-03-02T14:05:00\xe2\x88\x92" "05:00", "0x26-03-02",
        "\xd9\xa2\xd9\xa0\xd9\xa2\xd9\xa6-03-02"
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        s = heap_str(cases[i]);

        if (wismo_time_iso(&s, &when) != WISMO_DECLINED) {
            fail_msg("accepted: %s", cases[i]);
        }

        assert_when(cases[i], &when, &nothing);
        free(s.data);
    }

    s = heap_copy("2026-03-02T14:05:00\0Z", 21);
    assert_int_equal(wismo_time_iso(&s, &when), WISMO_DECLINED);
    free(s.data);
}


static void
test_local(void **state)
{
    size_t         i;
    wismo_when_t   when;

    static const struct {
        int64_t         wall;
        int             offset;
        wismo_basis_e   basis;
        iso_t           want;
    } cases[] = {
        { 1772442300, -300, WISMO_BASIS_OFFSET,
          { "offset", 1772460300, 1772442300, -300, WISMO_BASIS_OFFSET } },
        { 1772442300, -300, WISMO_BASIS_ZONE,
          { "zone", 1772460300, 1772442300, -300, WISMO_BASIS_ZONE } },
        { 1772442300, NO, WISMO_BASIS_ZONE,
          { "zone, offset unknown", NONE, 1772442300, NO,
            WISMO_BASIS_LOCAL } },
        { 1772442300, NO, WISMO_BASIS_OFFSET,
          { "no offset", NONE, 1772442300, NO, WISMO_BASIS_LOCAL } },
        { 1772442300, 900, WISMO_BASIS_OFFSET,
          { "no such offset", NONE, 1772442300, NO, WISMO_BASIS_LOCAL } },
        { 1772442300, NO, WISMO_BASIS_UTC,
          { "utc", 1772442300, 1772442300, 0, WISMO_BASIS_UTC } },
        { 1772442300, 60, WISMO_BASIS_LOCAL,
          { "local", NONE, 1772442300, NO, WISMO_BASIS_LOCAL } },
        { 1772442300, 60, WISMO_BASIS_DATE,
          { "date", NONE, 1772409600, NO, WISMO_BASIS_DATE } },
        { -1, NO, WISMO_BASIS_DATE,
          { "date before 1970", NONE, -86400, NO, WISMO_BASIS_DATE } },
        { NONE, 60, WISMO_BASIS_OFFSET,
          { "no clock", NONE, NONE, NO, WISMO_BASIS_UNKNOWN } },
        { INT64_MAX, 60, WISMO_BASIS_OFFSET,
          { "no such clock", NONE, NONE, NO, WISMO_BASIS_UNKNOWN } },
        { 1772442300, 60, WISMO_BASIS_UNKNOWN,
          { "unknown", NONE, NONE, NO, WISMO_BASIS_UNKNOWN } },
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        wismo_time_local(&when, cases[i].wall, (int16_t) cases[i].offset,
                         cases[i].basis);
        assert_when(cases[i].want.text, &when, &cases[i].want);
    }
}


static void
test_sane(void **state)
{
    size_t         i;
    wismo_str_t    s;
    wismo_when_t   when;

    static const int64_t  now = 1772460300;

    static const struct {
        const char     *text;
        wismo_basis_e   basis;
    } cases[] = {
        { "2026-03-02T14:05:00Z", WISMO_BASIS_UTC },
        { "2000-01-01T00:00:00Z", WISMO_BASIS_UTC },
        { "1999-12-31T23:59:59Z", WISMO_BASIS_UNKNOWN },
        { "1999-12-31", WISMO_BASIS_UNKNOWN },
        { "1970-01-01T00:00:00", WISMO_BASIS_UNKNOWN },
        { "0001-01-01T00:00:00Z", WISMO_BASIS_UNKNOWN },
        { "2027-03-02", WISMO_BASIS_DATE },
        { "2027-04-02", WISMO_BASIS_UNKNOWN },
        { "9999-12-31T23:59:59Z", WISMO_BASIS_UNKNOWN },
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        s = str(cases[i].text);
        assert_int_equal(wismo_time_iso(&s, &when), WISMO_OK);

        wismo_time_sane(&when, now);

        if (when.basis != cases[i].basis) {
            fail_msg("%s", cases[i].text);
        }

        if (when.basis == WISMO_BASIS_UNKNOWN) {
            assert_true(when.utc == NONE && when.wall == NONE);
        }

        wismo_time_sane(&when, INT64_MAX);
        assert_int_equal(when.basis, cases[i].basis);
    }
}


static void
test_out(void **state)
{
    size_t         i;
    wismo_out_t    out;
    wismo_str_t    s;
    wismo_when_t   when;
    wismo_pool_t   pool;

    static const struct {
        int64_t        t;
        const char    *text;
    } cases[] = {
        { 0, "1970-01-01T00:00:00Z" },
        { 1772460300, "2026-03-02T14:05:00Z" },
        { -1, "1969-12-31T23:59:59Z" },
        { 951782399, "2000-02-28T23:59:59Z" },
        { INT64_MIN, "0000-01-01T00:00:00Z" },
        { INT64_MAX, "9999-12-31T23:59:59Z" },
    };

    (void) state;

    wismo_pool_init(&pool, 1 << 16, NULL, NULL);

    for (i = 0; i < countof(cases); i++) {
        wismo_out_init(&out, &pool, 0);

        wismo_time_out_utc(&out, cases[i].t);
        assert_int_equal(out.pos - out.start, WISMO_TIME_UTC_LEN);
        assert_memory_equal(out.start, cases[i].text, 20);

        s.data = out.start;
        s.len = 20;
        assert_int_equal(wismo_time_iso(&s, &when), WISMO_OK);

        wismo_time_out_wall(&out, cases[i].t);
        assert_int_equal(out.pos - out.start, 39);
        assert_memory_equal(out.pos - 19, cases[i].text, 19);

        wismo_time_out_date(&out, cases[i].t);
        assert_int_equal(out.pos - out.start, 49);
        assert_memory_equal(out.pos - 10, cases[i].text, 10);
    }

    wismo_pool_done(&pool);
}


static void
test_basis_names(void **state)
{
    int           i;
    wismo_str_t   s;

    static const char  *names[] = {
        "unknown", "utc", "offset", "zone", "local", "date"
    };

    (void) state;

    for (i = WISMO_BASIS_UNKNOWN; i <= WISMO_BASIS_DATE; i++) {
        assert_string_equal(wismo_time_basis((wismo_basis_e) i), names[i]);
        s = str(names[i]);
        assert_int_equal(wismo_time_basis_of(&s), i);
    }

    s = str("UTC");
    assert_int_equal(wismo_time_basis_of(&s), WISMO_BASIS_UNKNOWN);
    s = str("");
    assert_int_equal(wismo_time_basis_of(&s), WISMO_BASIS_UNKNOWN);
    assert_string_equal(wismo_time_basis((wismo_basis_e) 77), "unknown");
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_calendar_refuses),
        cmocka_unit_test(test_iso),
        cmocka_unit_test(test_iso_refuses),
        cmocka_unit_test(test_local),
        cmocka_unit_test(test_sane),
        cmocka_unit_test(test_out),
        cmocka_unit_test(test_basis_names),
    };

    return test_run("time", tests, countof(tests));
}
