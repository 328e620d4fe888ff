
/*
 * Copyright (C) The Wismo authors
 *
 * What time it is where a parcel goes: each zone of the system's table says
 * what the C library says, on both sides of both changes of the clocks; quiet
 * hours end when they end there, also in a night that is longer or shorter,
 * and in a country of many zones not before they have ended in all.
 */


#include "test.h"
#include "fetch_log.h"
#include "fetch_zone.h"

#include <time.h>


#define QUIET  { .quiet_from = 20 * 60, .quiet_until = 9 * 60 }


static fetch_zones_t
zones_of(const char *country, const char *region)
{
    wismo_str_t    c, r;
    fetch_zones_t  zones;

    c = str(country);
    r = str(region);

    fetch_zones_of(&c, &r, "Europe/Berlin", &zones);

    return zones;
}


/* 2026-03-29T01:00:00Z and the like */

static int64_t
at(const char *text)
{
    wismo_str_t   s;
    wismo_when_t  when;

    s = str(text);
    assert_int_equal(wismo_time_iso(&s, &when), WISMO_OK);

    return when.utc;
}


static void
test_every_zone(void **state)
{
    FILE       *file;
    char        line[1024], *name;
    time_t      t;
    unsigned    n, month;
    struct tm   tm;

    (void) state;

    file = fopen("/usr/share/zoneinfo/zone.tab", "r");
    assert_non_null(file);

    n = 0;

    while (fgets(line, sizeof(line), file)) {

        if (*line == '#') {
            continue;
        }

        name = strchr(strchr(line, '\t') + 1, '\t') + 1;
        name[strcspn(name, "\t\n")] = '\0';

        setenv("TZ", name, 1);
        tzset();

        /* each week of two years, and the hours around each month's end */

        for (t = 1767225600; t < 1767225600 + 2 * 366 * 86400;
             t += 7 * 86400 - 1800)
        {
            localtime_r(&t, &tm);

            if (fetch_zone_offset(name, t) != tm.tm_gmtoff) {
                fail_msg("%s at %lld: %d instead of %ld", name,
                         (long long) t, fetch_zone_offset(name, t),
                         tm.tm_gmtoff);
            }
        }

        /* both sides of each change */

        for (t = 1767225600, month = 0; month < 24 * 366; month++) {
            long  before;

            localtime_r(&t, &tm);
            before = tm.tm_gmtoff;
            t += 3600;
            localtime_r(&t, &tm);

            if (tm.tm_gmtoff != before) {
                assert_int_equal(fetch_zone_offset(name, t), tm.tm_gmtoff);
                assert_int_equal(fetch_zone_offset(name, t - 3600), before);
            }
        }

        n++;
    }

    fclose(file);
    unsetenv("TZ");
    tzset();

    assert_true(n > 300);
}


static void
test_where(void **state)
{
    size_t         i;
    fetch_zones_t  zones;

    static const struct {
        const char  *country;
        const char  *region;
        unsigned     n;           /* 0: several */
        const char  *first;
    } cases[] = {
        { "JP", "", 1, "Asia/Tokyo" },
        { "FR", "Paris", 1, "Europe/Paris" },
        { "US", "CA", 1, "America/Los_Angeles" },
        { "US", "us-tx", 2, "America/Chicago" },
        { "US", "US-NY", 1, "America/New_York" },
        { "US", "new york", 1, "America/New_York" },
        { "US", "", 0, "America/New_York" },
        { "US", "XX", 0, "America/New_York" },
        { "CA", "Quebec", 2, "America/Toronto" },
        { "AU", "NSW", 2, "Australia/Sydney" },
        { "AU", "WA", 1, "Australia/Perth" },
        { "", "", 1, "Europe/Berlin" },
        { "XX", "CA", 1, "Europe/Berlin" }
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        zones = zones_of(cases[i].country, cases[i].region);

        if ((cases[i].n ? zones.n != cases[i].n : zones.n < 2)
            || strcmp(zones.name[0], cases[i].first) != 0)
        {
            fail_msg("%s/%s: %u, %s", cases[i].country, cases[i].region,
                     zones.n, zones.name[0]);
        }
    }
}


static void
test_quiet(void **state)
{
    size_t         i;
    int64_t        until;
    fetch_zones_t  zones;

    const wismo_notice_rules_t  quiet = QUIET;

    static const struct {
        const char  *country;
        const char  *region;
        const char  *now;
        const char  *until;
    } cases[] = {
        { "DE", "", "2026-06-10T10:00:00Z", "2026-06-10T10:00:00Z" },
        { "DE", "", "2026-06-10T18:00:00Z", "2026-06-11T07:00:00Z" },
        { "DE", "", "2026-06-10T17:59:59Z", "2026-06-10T17:59:59Z" },
        { "DE", "", "2026-06-11T06:59:59Z", "2026-06-11T07:00:00Z" },
        { "DE", "", "2026-12-10T19:00:00Z", "2026-12-11T08:00:00Z" },

        /* clocks go forward, and back, in that night */

        { "DE", "", "2026-03-28T22:00:00Z", "2026-03-29T07:00:00Z" },
        { "DE", "", "2026-10-24T20:00:00Z", "2026-10-25T08:00:00Z" },
        { "US", "NY", "2026-03-08T02:00:00Z", "2026-03-08T13:00:00Z" },
        { "US", "NY", "2026-11-01T02:00:00Z", "2026-11-01T14:00:00Z" },
        { "AU", "SA", "2026-10-03T14:00:00Z", "2026-10-03T22:30:00Z" },

        /* from sea to sea: when it is nine in Hawaii, and before eight in
         * the East */

        { "US", "", "2026-06-10T14:00:00Z", "2026-06-10T19:00:00Z" },
        { "US", "", "2026-06-11T00:30:00Z", "2026-06-11T19:00:00Z" },
        { "US", "HI", "2026-06-11T00:30:00Z", "2026-06-11T00:30:00Z" },
        { "US", "TX", "2026-06-10T14:00:00Z", "2026-06-10T15:00:00Z" }
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        zones = zones_of(cases[i].country, cases[i].region);
        until = fetch_zones_quiet(&zones, &quiet, at(cases[i].now));

        if (until != at(cases[i].until)) {
            fail_msg("%s/%s at %s: %lld s instead of %lld",
                     cases[i].country, cases[i].region, cases[i].now,
                     (long long) (until - at(cases[i].now)),
                     (long long) (at(cases[i].until) - at(cases[i].now)));
        }
    }
}


/* An hour that there is nowhere is that of the first zone; none is none. */

static void
test_never(void **state)
{
    fetch_zones_t         zones;
    wismo_notice_rules_t  rules = { .quiet_from = 1, .quiet_until = 0 };

    (void) state;

    zones = zones_of("RU", "");
    assert_true(zones.n > 8);
    assert_true(fetch_zones_quiet(&zones, &rules, 1780000000)
                < 1780000000 + 86400);

    rules.quiet_from = 0;
    assert_int_equal(fetch_zones_quiet(&zones, &rules, 1780000000),
                     1780000000);

    assert_int_equal(fetch_zone_offset("None/Of_It", 1780000000), 0);
    assert_int_equal(fetch_zone_offset("UTC", 1780000000), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_every_zone),
        cmocka_unit_test(test_where),
        cmocka_unit_test(test_quiet),
        cmocka_unit_test(test_never)
    };

    return test_run("fetch_zone", tests, countof(tests));
}
