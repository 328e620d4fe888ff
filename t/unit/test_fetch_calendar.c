
/*
 * Copyright (C) The Wismo authors
 *
 * Calendars: days begin where the clock on the wall says so, in every zone of
 * the system and on both sides of a change of the clock; what an iCalendar
 * file says is on the days it says, and what is wrong with it has a line.
 */


#define _GNU_SOURCE

#include "test.h"

#include "fetch_calendar.h"
#include "fetch_zone.h"
#include "wismo_edd_days.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>


#define DAY       86400
#define FROM      INT64_C(1704067200)     /* 2024-01-01 */
#define UNTIL     INT64_C(1861920000)     /* 2029-01-01 */


static char  faults[4096];


static void
fault(void *data, unsigned line, const char *text)
{
    size_t  len;

    (void) data;

    len = strlen(faults);
    snprintf(faults + len, sizeof(faults) - len, "%u %s\n", line, text);
}


static int64_t
day(int year, int month, int mday)
{
    wismo_civil_t  c;

    memset(&c, 0, sizeof(wismo_civil_t));

    c.year = year;
    c.month = month;
    c.day = mday;

    return wismo_day(wismo_time_from_civil(&c));
}


static int64_t
local_day(int64_t t)
{
    time_t     at;
    struct tm  tm;

    at = (time_t) t;
    assert_non_null(localtime_r(&at, &tm));

    return day(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}


/* The system's own table is asked by the C library, which reads it its own
 * way. */

static unsigned
zone_differs(const char *name)
{
    int64_t            d, start;
    unsigned           bad;
    wismo_pool_t       pool;
    wismo_days_t       days;
    fetch_calendar_t   calendar;

    memset(&calendar, 0, sizeof(fetch_calendar_t));

    calendar.file = "";
    calendar.zone = name;
    calendar.week = WISMO_DAYS_WEEK;

    wismo_pool_init(&pool, 16 << 20, NULL, NULL);

    assert_int_equal(fetch_calendar_compile(&pool, &calendar, FROM, UNTIL,
                                            &days, NULL, fault, NULL),
                     WISMO_OK);

    setenv("TZ", name, 1);
    tzset();

    bad = 0;

    for (d = wismo_day(FROM); d < wismo_day(UNTIL); d++) {
        start = wismo_days_start(&days, d);

        if (local_day(start) < d || local_day(start - 1) >= d) {
            bad++;
        }

        if (wismo_days_of(&days, start) != d
            || wismo_days_of(&days, start - 1) != d - 1)
        {
            bad++;
        }
    }

    wismo_pool_done(&pool);

    return bad;
}


static void
test_every_zone(void **state)
{
    char       line[256], name[64];
    FILE      *table;
    unsigned   n, bad, wrong;

    (void) state;

    table = fopen("/usr/share/zoneinfo/tzdata.zi", "r");
    assert_non_null(table);

    n = 0;
    wrong = 0;

    while (fgets(line, sizeof(line), table)) {

        /* "Z Europe/Berlin ...", "L Europe/Berlin Europe/Oslo" */

        if (sscanf(line, "Z %63s", name) != 1
            && sscanf(line, "L %*s %63s", name) != 1)
        {
            continue;
        }

        if (strchr(name, '/') == NULL || strncmp(name, "Etc/", 4) == 0) {
            continue;
        }

        n++;
        bad = zone_differs(name);

        if (bad) {
            print_error("# %s: %u days begin elsewhere\n", name, bad);
            wrong++;
        }
    }

    fclose(table);

    setenv("TZ", "UTC", 1);
    tzset();

    assert_true(n > 400);
    assert_int_equal(wrong, 0);
}


/*
 * Places without a calendar go by their own clock and week: days begin where
 * the C library says, and the clock on the wall is what it says, but for some
 * hours of a day on which it is set.
 */

static void
test_places(void **state)
{
    char                  line[256], buf[FETCH_ZONE_NAME];
    FILE                 *table;
    time_t                at;
    int64_t               t, wall;
    unsigned              n, off;
    struct tm             tm;
    const char           *zone;
    wismo_str_t           place, none;
    const wismo_days_t   *days;
    fetch_calendars_t     all;

    (void) state;

    memset(&all, 0, sizeof(fetch_calendars_t));
    none = str("");

    table = fopen("/usr/share/zoneinfo/iso3166.tab", "r");
    assert_non_null(table);

    n = 0;

    while (fgets(line, sizeof(line), table)) {

        if (*line == '#') {
            continue;
        }

        place.data = (unsigned char *) line;
        place.len = 2;

        zone = fetch_zone_of(&place, buf);
        days = wismo_calendars_at(fetch_calendars(&all, FROM),
                                  WISMO_DAYS_DESTINATION, &place, &place);

        if (zone == NULL || days == NULL) {
            fail_msg("%.2s has no days of its own", line);
        }

        /* the same of one zone is made once */

        assert_ptr_equal(days, wismo_calendars_at(fetch_calendars(&all, FROM),
                                                  WISMO_DAYS_CARRIER, &none,
                                                  &place));

        setenv("TZ", zone, 1);
        tzset();

        off = 0;

        for (t = FROM; t < FROM + 366 * DAY; t += 1800) {
            at = (time_t) t;
            assert_non_null(localtime_r(&at, &tm));

            wall = wismo_days_wall(days, t);

            if (wismo_day(wall) != local_day(t)
                || wismo_days_of(days, t) != local_day(t))
            {
                fail_msg("%.2s at %lld is on another day", line,
                         (long long) t);
            }

            off += wall != t + tm.tm_gmtoff;
        }

        if (off > 2 * 24) {
            fail_msg("%.2s: %u half hours of other clocks", line, off);
        }

        n++;
    }

    fclose(table);

    setenv("TZ", "UTC", 1);
    tzset();

    assert_true(n > 240);

    /* Fridays are free in one place, Sundays in the other */

    place = str("SA");
    days = wismo_calendars_at(fetch_calendars(&all, FROM),
                              WISMO_DAYS_WAREHOUSE, &place, &place);
    assert_false(wismo_days_works(days, day(2024, 3, 1)));
    assert_true(wismo_days_works(days, day(2024, 3, 3)));

    place = str("DE");
    days = wismo_calendars_at(fetch_calendars(&all, FROM),
                              WISMO_DAYS_WAREHOUSE, &place, &place);
    assert_true(wismo_days_works(days, day(2024, 3, 1)));
    assert_false(wismo_days_works(days, day(2024, 3, 3)));

    /* nobody knows where that is */

    place = str("XX");
    assert_null(wismo_calendars_at(fetch_calendars(&all, FROM),
                                   WISMO_DAYS_WAREHOUSE, &place, &place));

    /* predictions have the weekends in their weights already */

    assert_null(wismo_calendars_find(fetch_calendars(&all, FROM),
                                     WISMO_DAYS_DESTINATION, &place));

    fetch_calendars_done(&all);
}


/* A calendar without a zone is by the clock of each place. */

static void
test_local(void **state)
{
    json_t               *json;
    wismo_str_t           place[3];
    wismo_pool_t          pool;
    wismo_error_t         err;
    const wismo_days_t   *days[3];
    fetch_calendars_t     all;

    (void) state;

    wismo_pool_init(&pool, 16 << 20, NULL, NULL);

    json = json_loads("[{\"for\":\"destination\",\"name\":\"*\","
                      "\"days\":\"mon-sat\"},"
                      "{\"for\":\"destination\",\"name\":\"US\","
                      "\"zone\":\"America/Chicago\"}]", 0, NULL);
    assert_int_equal(fetch_calendars_read(&all, &pool, json, &err), WISMO_OK);

    place[0] = str("JP");
    place[1] = str("US-HI");
    place[2] = str("XX");

    for (int i = 0; i < 3; i++) {
        days[i] = wismo_calendars_at(fetch_calendars(&all, FROM),
                                     WISMO_DAYS_DESTINATION, &place[i],
                                     &place[i]);
        assert_non_null(days[i]);
    }

    assert_int_equal(wismo_days_start(days[0], day(2024, 3, 1)),
                     day(2024, 3, 1) * DAY - 9 * 3600);
    assert_int_equal(wismo_days_start(days[1], day(2024, 3, 1)),
                     day(2024, 3, 1) * DAY + 6 * 3600);
    assert_int_equal(wismo_days_start(days[2], day(2024, 3, 1)),
                     day(2024, 3, 1) * DAY);

    assert_true(wismo_days_works(days[0], day(2024, 3, 2)));
    assert_false(wismo_days_works(days[1], day(2024, 3, 2)));

    fetch_calendars_done(&all);
    wismo_pool_done(&pool);
    json_decref(json);
}


/* "20261225 off, ..." of the days that a text is about, in 2026. */

static const char *
read_days(const char *events, int expected)
{
    int                     rc;
    size_t                  len;
    unsigned                i;
    char                    text[8192];
    wismo_str_t             in;
    wismo_civil_t           c;
    wismo_pool_t            pool;
    fetch_calendar_file_t   file;

    static char             out[8192];
    static const char      *const what[] = { "", "+", "@" };

    snprintf(text, sizeof(text), "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n%s"
             "END:VCALENDAR\r\n", events);

    faults[0] = '\0';
    out[0] = '\0';

    wismo_pool_init(&pool, 64 << 20, NULL, NULL);

    in = str(text);
    rc = fetch_ical_read(&pool, &in, day(2026, 1, 1), 365, &file, fault,
                         NULL);
    assert_int_equal(rc, expected);

    for (i = 0; i < file.n && i < 40; i++) {
        len = strlen(out);
        wismo_time_civil(file.days[i].day * DAY, &c);

        snprintf(out + len, sizeof(out) - len, "%s%s%02d%02d",
                 len ? " " : "", what[file.days[i].what], c.month, c.day);

        if (file.days[i].what == FETCH_DAY_CUTOFF) {
            len = strlen(out);
            snprintf(out + len, sizeof(out) - len, "/%d",
                     file.days[i].minute);
        }
    }

    wismo_pool_done(&pool);

    return out;
}


#define event(lines)  "BEGIN:VEVENT\r\n" lines "END:VEVENT\r\n"

static void
test_events(void **state)
{
    (void) state;

    assert_string_equal(read_days("", WISMO_OK), "");

    /* once, every year since long ago, until, but not then */

    assert_string_equal(read_days(
        event("DTSTART;VALUE=DATE:20261225\r\nSUMMARY:Christmas\r\n"),
        WISMO_OK), "1225");
    assert_string_equal(read_days(
        event("DTSTART;VALUE=DATE:19700501\r\nRRULE:FREQ=YEARLY\r\n"),
        WISMO_OK), "0501");
    assert_string_equal(read_days(
        event("DTSTART;VALUE=DATE:20200501\r\n"
              "RRULE:FREQ=YEARLY;UNTIL=20250501\r\n"), WISMO_OK), "");
    assert_string_equal(read_days(
        event("DTSTART;VALUE=DATE:20260105\r\n"
              "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=4\r\n"
              "EXDATE;VALUE=DATE:20260112,\r\n 20260126\r\n"), WISMO_OK),
        "0105 0119");
    assert_string_equal(read_days(
        event("DTSTART;VALUE=DATE:20201126\r\n"
              "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\r\n"), WISMO_OK),
        "1126");

    /* several days; a part of one is none */

    assert_string_equal(read_days(
        event("DTSTART;VALUE=DATE:20261224\r\n"
              "DTEND;VALUE=DATE:20261227\r\n"), WISMO_OK),
        "1224 1225 1226");
    assert_string_equal(read_days(
        event("DTSTART;VALUE=DATE:20261224\r\nDURATION:P2D\r\n"), WISMO_OK),
        "1224 1225");
    assert_string_equal(read_days(
        event("DTSTART;TZID=Europe/Berlin:20261224T100000\r\n"
              "DTEND;TZID=Europe/Berlin:20261224T120000\r\n"), WISMO_OK), "");
    assert_string_equal(read_days(
        event("DTSTART:20261224T000000\r\nDTEND:20261225T000000\r\n"),
        WISMO_OK), "1224");

    /* a working day, a cut-off, one that was called off */

    assert_string_equal(read_days(
        event("DTSTART;VALUE=DATE:20261219\r\nCATEGORIES:X,WORKING-DAY\r\n")
        event("DTSTART:20261218T120000\r\nCATEGORIES:CUT-OFF\r\n")
        event("DTSTART;VALUE=DATE:20261220\r\nSTATUS:CANCELLED\r\n")
        event("DTSTART;VALUE=DATE:20261221\r\n"
              "CATEGORIES:NON-WORKING-DAY\r\n"), WISMO_OK),
        "+1219 @1218/720 1221");

    /* what is within an event, and other components, are not our matter */

    assert_string_equal(read_days(
        "BEGIN:VTODO\r\nDTSTART:nonsense\r\nEND:VTODO\r\n"
        event("DTSTART;VALUE=DATE:20260101\r\nBEGIN:VALARM\r\n"
              "DURATION:nonsense\r\nEND:VALARM\r\n"), WISMO_OK), "0101");
}


static void
test_faults(void **state)
{
    wismo_str_t             in;
    wismo_pool_t            pool;
    fetch_calendar_file_t   file;

    (void) state;

    /* one that is wrong takes no other along, and has its line */

    assert_string_equal(read_days(
        event("DTSTART;VALUE=DATE:20260230\r\n")
        event("DTSTART;VALUE=DATE:20260102\r\nRRULE:FREQ=SOMETIMES\r\n")
        event("SUMMARY:when?\r\n")
        event("DTSTART;VALUE=DATE:20261225\r\n"), WISMO_DECLINED), "1225");

    assert_non_null(strstr(faults, "4 expected a day that exists"));
    assert_non_null(strstr(faults, "8 expected a recurrence"));
    assert_non_null(strstr(faults, "10 an event that begins here has no"));

    (void) read_days(event("DTSTART;VALUE=DATE:20260110\r\n"
                           "DTEND;VALUE=DATE:20260109\r\n"), WISMO_DECLINED);
    assert_non_null(strstr(faults, "4 the event ends before it begins"));

    (void) read_days(event("DTSTART:19700101T000000\r\n"
                           "DTEND:19700102T000000\r\n"
                           "RRULE:FREQ=SECONDLY\r\n"), WISMO_DECLINED);
    assert_non_null(strstr(faults, "6 it recurs too often"));

    (void) read_days(event("DTSTART;VALUE=DATE:20260105\r\n"
                           "CATEGORIES:CUT-OFF\r\n"), WISMO_DECLINED);
    assert_non_null(strstr(faults, "4 a cut-off needs a time"));

    (void) read_days("BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260105\r\n",
                     WISMO_DECLINED);
    assert_non_null(strstr(faults, "5 expected \"END:VEVENT\""));

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    in = str("<html>\n");
    assert_int_equal(fetch_ical_read(&pool, &in, 0, 100, &file, fault, NULL),
                     WISMO_DECLINED);
    in = str("");
    assert_int_equal(fetch_ical_read(&pool, &in, 0, 100, &file, NULL, NULL),
                     WISMO_DECLINED);

    wismo_pool_done(&pool);
}


static void
test_week(void **state)
{
    (void) state;

    assert_int_equal(fetch_calendar_week("mon-fri"), WISMO_DAYS_WEEK);
    assert_int_equal(fetch_calendar_week("sat-mon"), 0x43);
    assert_int_equal(fetch_calendar_week("Sun,Thu"), 0x11);
    assert_int_equal(fetch_calendar_week("mon-sun"), 0x7f);
    assert_int_equal(fetch_calendar_week(""), 0);
    assert_int_equal(fetch_calendar_week("mon-"), 0);
    assert_int_equal(fetch_calendar_week("monday"), 0);
    assert_int_equal(fetch_calendar_week("mon,"), 0);

    assert_int_equal(fetch_calendar_clock("14:05"), 845);
    assert_int_equal(fetch_calendar_clock("24:00"), -1);
    assert_int_equal(fetch_calendar_clock("2pm"), -1);
}


/* The cut-off, holidays and days without deliveries, in the dates. */

static void
test_dates(void **state)
{
    unsigned             i, k;
    int64_t              at;
    wismo_days_t         days[2];
    wismo_calendar_t     list[2];
    wismo_calendars_t    all = { .n = 0 };
    wismo_edd_range_t    plain, range;
    wismo_edd_model_t   *model;
    wismo_edd_parcel_t   p;

    static uint8_t       flags[2][800];
    static int16_t       cutoff[2][800];
    static int32_t       offset[800];

    (void) state;

    memset(list, 0, sizeof(list));

    for (i = 0; i < 2; i++) {
        memset(&days[i], 0, sizeof(wismo_days_t));

        days[i].first = day(2026, 1, 1);
        days[i].n = 800;
        days[i].offset = offset;
        days[i].flags = flags[i];
        days[i].cutoff = cutoff[i];
        days[i].week = 0x7f;

        list[i].kind = i ? WISMO_DAYS_DESTINATION : WISMO_DAYS_WAREHOUSE;
        list[i].name = str(i ? "DE" : "*");

        for (k = 0; k < 800; k++) {
            cutoff[0][k] = 14 * 60;
        }

        list[i].days = days[i];
    }

    all.calendars = list;
    all.n = 2;

    /* parcels that take three days, whenever they are bought */

    model = wismo_edd_create();
    assert_non_null(model);

    memset(&p, 0, sizeof(wismo_edd_parcel_t));

    p.origin = str("DE-HE-60311");
    p.destination = str("DE-BE-10115");
    p.shipped = WISMO_TIME_NONE;
    p.promised = WISMO_TIME_NONE;

    for (i = 0; i < 400; i++) {
        p.purchased = (day(2026, 2, 1) + i / 4) * DAY + 10 * 3600;
        p.delivered = p.purchased + 3 * DAY;

        assert_int_equal(wismo_edd_remember(model, &all, &p, NULL), WISMO_OK);
    }

    p.delivered = WISMO_TIME_NONE;
    at = day(2026, 6, 3) * DAY + 10 * 3600;
    p.purchased = at;

    assert_int_equal(wismo_edd_predict(model, &p, WISMO_EDD_PURCHASE, at,
                                       &plain), WISMO_OK);
    assert_int_equal(wismo_edd_expect(model, NULL, &p, WISMO_EDD_PURCHASE, at,
                                      &range), WISMO_OK);
    assert_int_equal(range.to, plain.to);
    assert_int_equal(wismo_edd_expect(model, &all, &p, WISMO_EDD_PURCHASE, at,
                                      &range), WISMO_OK);
    assert_int_equal(range.middle, 3);
    assert_int_equal(range.to, plain.to);

    /* after the cut-off it is the next day's */

    p.purchased = at + 5 * 3600;
    assert_int_equal(wismo_edd_expect(model, &all, &p, WISMO_EDD_PURCHASE, at,
                                      &range), WISMO_OK);
    assert_int_equal(range.middle, 4);

    /* a holiday on the way moves what is behind it */

    p.purchased = at;
    flags[1][day(2026, 6, 5) - days[1].first] = WISMO_DAY_REST
                                                |WISMO_DAY_HOLIDAY;
    assert_int_equal(wismo_edd_expect(model, &all, &p, WISMO_EDD_PURCHASE, at,
                                      &range), WISMO_OK);
    assert_int_equal(range.middle, 4);

    /* nobody delivers on the day */

    flags[1][day(2026, 6, 7) - days[1].first] = WISMO_DAY_REST;
    assert_int_equal(wismo_edd_expect(model, &all, &p, WISMO_EDD_PURCHASE, at,
                                      &range), WISMO_OK);
    assert_int_equal(range.middle, 5);

    /* other places have other calendars */

    p.destination = str("FR--75001");
    assert_int_equal(wismo_edd_expect(model, &all, &p, WISMO_EDD_PURCHASE, at,
                                      &range), WISMO_OK);
    assert_in_range(range.middle, 3, 4);

    /* and what takes four days over a holiday has taken three */

    p.destination = str("DE-BE-10115");

    for (i = 0; i < 200; i++) {
        flags[1][day(2026, 7, 2) + i - days[1].first] = i % 7 == 0
            ? WISMO_DAY_REST|WISMO_DAY_HOLIDAY : 0;
    }

    for (i = 0; i < 100; i++) {
        p.purchased = (day(2026, 7, 1) + 7 * (i / 10)) * DAY + 10 * 3600;
        p.delivered = p.purchased + 4 * DAY;
        assert_int_equal(wismo_edd_remember(model, &all, &p, NULL), WISMO_OK);
    }

    p.delivered = WISMO_TIME_NONE;
    p.purchased = day(2026, 10, 1) * DAY + 10 * 3600;
    assert_int_equal(wismo_edd_expect(model, NULL, &p, WISMO_EDD_PURCHASE,
                                      p.purchased, &range), WISMO_OK);
    assert_int_equal(range.middle, 3);

    wismo_edd_free(model);
}


/* Beside the table of lanes: written, read, and as the model would say. */

static void
test_table(void **state)
{
    char               field[WISMO_EDD_DAYS_NAME + 3];
    size_t             i;
    int64_t            first;
    wismo_out_t        out;
    wismo_str_t        text, name;
    wismo_days_t       days, read;
    wismo_pool_t       pool;
    wismo_edd_range_t  table[7], range;

    static uint8_t     flags[400];
    static int16_t     cutoff[400];

    static const char *const  bad[] = {
        "", "1", "20000 62 0", "20000 62 0 ", "20000 128 0 00",
        "20000 62 1440 00", "x 62 0 00", "20000 62 0 00x", "20000 62 0 00 1",
        "20000 62 0 00 1:", "20000 62 0 00 1:99999", "99999999 62 0 00",
        "20000 62 0 00  1:60"
    };

    (void) state;

    first = day(2026, 6, 1);

    memset(&days, 0, sizeof(wismo_days_t));

    days.first = first;
    days.n = 400;
    days.flags = flags;
    days.cutoff = cutoff;
    days.week = WISMO_DAYS_WEEK;

    for (i = 0; i < 400; i++) {
        cutoff[i] = 14 * 60;
        flags[i] = 0;
    }

    cutoff[12] = 12 * 60;
    flags[13] = WISMO_DAY_REST|WISMO_DAY_HOLIDAY;
    flags[14] = WISMO_DAY_REST;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);
    wismo_out_init(&out, &pool, 64);
    wismo_edd_days_write(&out, &days, first + 10);

    text.data = out.start;
    text.len = (size_t) (out.pos - out.start);

    assert_int_equal(wismo_edd_days_read(&text, first + 12, &read), WISMO_OK);
    assert_int_equal(read.usual, 12 * 60);
    assert_int_equal(wismo_edd_days_read(&text, first + 11, &read), WISMO_OK);
    assert_int_equal(read.usual, 14 * 60);
    assert_int_equal(read.first, first + 10);
    assert_int_equal(read.n, WISMO_EDD_DAYS_MAX);

    for (i = 10; i < 10 + WISMO_EDD_DAYS_MAX; i++) {
        assert_int_equal(wismo_days_works(&read, first + (int64_t) i),
                         (flags[i] & WISMO_DAY_REST) == 0);
        assert_int_equal(wismo_days_holiday(&read, first + (int64_t) i),
                         (flags[i] & WISMO_DAY_HOLIDAY) != 0);
    }

    for (i = 0; i < countof(bad); i++) {
        text = str(bad[i]);
        assert_int_equal(wismo_edd_days_read(&text, 20000, &read),
                         WISMO_DECLINED);
    }

    /* two days from each weekday; none of them known, all is as it is */

    for (i = 0; i < 7; i++) {
        table[i].from = 1;
        table[i].middle = 2;
        table[i].to = 3;
    }

    wismo_edd_table(NULL, NULL, NULL, table, (first + 12) * DAY, &range);
    assert_int_equal(range.to, 3);

    wismo_edd_table(NULL, &days, &days, table, (first + 12) * DAY, &range);
    assert_int_equal(range.from, 3);
    assert_int_equal(range.middle, 3);
    assert_int_equal(range.to, 4);

    wismo_edd_table(&days, NULL, NULL, table,
                    (first + 12) * DAY + 12 * 3600, &range);
    assert_int_equal(range.from, 4);

    name = str("DE-BE");
    assert_int_equal(wismo_edd_days_field(field, WISMO_DAYS_DESTINATION,
                                          &name), 8);
    assert_memory_equal(field, "=d|DE-BE", 8);

    wismo_pool_done(&pool);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_every_zone),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_local),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_week),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_table),
    };

    return test_run("calendar", tests, countof(tests));
}
