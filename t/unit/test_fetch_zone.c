
/*
 * Copyright (C) The Wismo authors
 *
 * What time it is where a parcel goes: each country has a zone that the system
 * knows, and regions of large ones their own; each zone of the system's table
 * says what the C library says, on both sides of both changes of the clocks;
 * quiet hours end when they end there, also in a night that is longer or
 * shorter, and in a country of many zones not before they have ended in all.
 */


#include "test.h"
#include "fetch_calendar.h"
#include "fetch_log.h"
#include "fetch_zone.h"
#include "wismo_regions.h"

#include <time.h>
#include <unistd.h>


#define QUIET  { .quiet_from = 20 * 60, .quiet_until = 9 * 60 }


static fetch_zones_t
zones_of(const char *country, const char *region)
{
    const char    *post;
    wismo_str_t    c, r, p;
    fetch_zones_t  zones;

    /* "FL/32501": with a postcode */

    post = strchr(region, '/');

    c = str(country);
    r = str(region);
    p = str(post ? post + 1 : "");
    r.len -= post ? p.len + 1 : 0;

    fetch_zones_of(&c, &r, &p, "Europe/Berlin", &zones);

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
        { "US", "FL/33139", 1, "America/New_York" },
        { "US", "FL/32501", 1, "America/Chicago" },
        { "US", "/90210-1234", 1, "America/Los_Angeles" },
        { "US", "CA/?", 1, "America/Los_Angeles" },
        { "CA", "/v6b 1a1", 2, "America/Vancouver" },
        { "BR", "AM", 2, "America/Manaus" },
        { "BR", "\xc3\x81/69900-000", 1, "America/Rio_Branco" },
        { "BR", "S\xc3\xa3o Paulo", 1, "America/Sao_Paulo" },
        { "MX", "Sonora", 1, "America/Hermosillo" },
        { "RU", "/690000", 1, "Asia/Vladivostok" },
        { "RU", "/101000", 1, "Europe/Moscow" },
        { "ES", "/35001", 1, "Atlantic/Canary" },
        { "PT", "/9500-001", 1, "Atlantic/Azores" },
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


/* Every country has one zone, that the system knows, and one of its own. */

static void
test_every_country(void **state)
{
    char          line[1024], buf[FETCH_ZONE_NAME], path[128];
    FILE         *file;
    size_t        len;
    unsigned      n;
    const char   *zone;
    wismo_str_t   place;

    (void) state;

    file = fopen("/usr/share/zoneinfo/iso3166.tab", "r");
    assert_non_null(file);

    n = 0;

    while (fgets(line, sizeof(line), file)) {

        if (*line == '#') {
            continue;
        }

        place.data = (unsigned char *) line;
        place.len = 2;

        zone = fetch_zone_of(&place, buf);

        if (zone == NULL) {
            fail_msg("%.2s has no zone", line);
        }

        snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", zone);

        if (access(path, R_OK) != 0 || !fetch_calendar_zone_ok(zone)) {
            fail_msg("%.2s: the system doesn't know %s", line, zone);
        }

        n++;
    }

    assert_true(n > 240);

    /* and whatever the core's tables name, the system knows */

    rewind(file);

    while (fgets(line, sizeof(line), file)) {
        unsigned  post;

        if (*line == '#') {
            continue;
        }

        for (post = 0; post < 26 + 1000; post++) {
            wismo_str_t  country, region, code;

            char         text[8];

            if (post < 26) {
                snprintf(text, sizeof(text), "%c0A", (char) ('A' + post));

            } else {
                snprintf(text, sizeof(text), "%03u", post - 26);
            }

            country.data = (unsigned char *) line;
            country.len = 2;
            region = str("");
            code = str(text);

            zone = wismo_region_zones(&country, &region, &code);

            while (zone && *zone) {
                len = strcspn(zone, " ");

                assert_true(len < sizeof(buf));
                memcpy(buf, zone, len);
                buf[len] = '\0';

                if (!fetch_calendar_zone_ok(buf)) {
                    fail_msg("%.2s %s: the system doesn't know %s", line,
                             text, buf);
                }

                zone += len + (zone[len] == ' ');
            }
        }
    }

    fclose(file);
}


static void
test_place(void **state)
{
    char          buf[FETCH_ZONE_NAME];
    size_t        i;
    const char   *zone;
    wismo_str_t   place;

    static const struct {
        const char  *place;
        const char  *zone;
        unsigned     week;
    } cases[] = {
        { "DE", "Europe/Berlin", 0x3e },
        { "DE-BE-101", "Europe/Berlin", 0x3e },
        { "DE--101", "Europe/Berlin", 0x3e },
        { "US", "America/New_York", 0x3e },
        { "US-HI-967", "Pacific/Honolulu", 0x3e },
        { "US-TX", "America/Chicago", 0x3e },
        { "US-TX-799", "America/Denver", 0x3e },
        { "BR-SP-013", "America/Sao_Paulo", 0x3e },
        { "BR-AM-690", "America/Manaus", 0x3e },
        { "BR-XX", "America/Sao_Paulo", 0x3e },
        { "RU", "Europe/Moscow", 0x3e },
        { "RU--690", "Asia/Vladivostok", 0x3e },
        { "AU--600", "Australia/Perth", 0x3e },
        { "CN", "Asia/Shanghai", 0x3e },
        { "GB", "Europe/London", 0x3e },
        { "XK", "Europe/Belgrade", 0x3e },
        { "SA", "Asia/Riyadh", 0x1f },        /* Sunday to Thursday */
        { "IL", "Asia/Jerusalem", 0x1f },
        { "IN", "Asia/Kolkata", 0x7e },       /* Monday to Saturday */
        { "", NULL, 0x3e },
        { "-", NULL, 0x3e },
        { "D", NULL, 0x3e },
        { "XX", NULL, 0x3e },
        { "\xff\xfe", NULL, 0x3e }
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        place = str(cases[i].place);
        zone = fetch_zone_of(&place, buf);

        if ((zone == NULL) != (cases[i].zone == NULL)
            || (zone && strcmp(zone, cases[i].zone) != 0))
        {
            fail_msg("%s: %s", cases[i].place, zone ? zone : "none");
        }

        if (fetch_zone_week(&place) != cases[i].week) {
            fail_msg("%s: 0x%x", cases[i].place, fetch_zone_week(&place));
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
        { "US", "TX", "2026-06-10T14:00:00Z", "2026-06-10T15:00:00Z" },
        { "US", "TX/77001", "2026-06-10T14:00:00Z", "2026-06-10T14:00:00Z" },
        { "RU", "/690000", "2026-06-10T14:00:00Z", "2026-06-10T23:00:00Z" }
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
        cmocka_unit_test(test_every_country),
        cmocka_unit_test(test_place),
        cmocka_unit_test(test_quiet),
        cmocka_unit_test(test_never)
    };

    return test_run("fetch_zone", tests, countof(tests));
}
