
/*
 * Copyright (C) The Wismo authors
 *
 * Calendars as tables: when each day begins in its zone, which are worked,
 * and until when what is ordered is worked on the same day.  Called by
 * whoever commits orders or predicts, and by "wismo calendar".
 *
 * Zones are the system's, by libical; the C library's own time functions must
 * not be used: they depend on the process.
 */


#include "fetch_calendar.h"
#include "fetch_config.h"
#include "fetch_log.h"
#include "fetch_read.h"
#include "fetch_zone.h"
#include "wismo_sign.h"

#include <libical/ical.h>
#include <stdio.h>
#include <strings.h>


#define FETCH_CALENDAR_POOL  ((size_t) 64 * 1024 * 1024)
#define FETCH_CALENDAR_EDGE  (36 * 3600)      /* s: no zone is as far */


/* A calendar, or none, at the places of one zone and week. */

struct fetch_local_s {
    fetch_local_t            *next;
    const wismo_calendar_t   *calendar;
    char                      zone[FETCH_ZONE_NAME];
    unsigned                  week;
    wismo_days_t              days;
};


static const wismo_days_t *fetch_calendars_local(void *data,
    const wismo_calendar_t *calendar, const wismo_str_t *place);
static int fetch_calendars_one(fetch_calendar_t *calendar, json_t *json,
    const char *at, wismo_error_t *err);
static const wismo_days_t *fetch_calendars_zone(fetch_calendars_t *all,
    const wismo_calendar_t *calendar, const wismo_str_t *place);
static void fetch_calendars_told(void *data, unsigned line,
    const char *text);
static void fetch_calendar_starts(const icaltimezone *zone, int64_t first,
    unsigned n, int32_t *offset);
static int32_t fetch_calendar_offset(const icaltimezone *zone, int64_t t);
static void fetch_calendar_mark(wismo_days_t *days, uint8_t *flags,
    int16_t *cutoff, const fetch_calendar_file_t *file);
static void fetch_calendar_log(void *data, unsigned line, const char *text);


static const char *const  fetch_calendar_weekdays[] = {
    "sun", "mon", "tue", "wed", "thu", "fri", "sat"
};

static const char *const  fetch_calendar_kinds[] = {
    "warehouse", "carrier", "destination"
};


int
fetch_calendars_read(fetch_calendars_t *all, wismo_pool_t *pool,
    const json_t *json, wismo_error_t *err)
{
    char    at[40];
    size_t  i, n;

    memset(all, 0, sizeof(fetch_calendars_t));

    n = json_array_size(json);

    if (json == NULL || (json_is_array(json) && n == 0)) {
        return WISMO_OK;
    }

    if (!json_is_array(json) || n > FETCH_CALENDARS_MAX) {
        wismo_error_set(err, "/calendars", "expected an array of at most %d",
                        FETCH_CALENDARS_MAX);
        return WISMO_DECLINED;
    }

    all->calendar = wismo_pcalloc(pool, n * sizeof(fetch_calendar_t));

    if (all->calendar == NULL) {
        wismo_error_set(err, "/calendars", "there is no memory");
        return WISMO_DECLINED;
    }

    for (i = 0; i < n; i++) {
        snprintf(at, sizeof(at), "/calendars/%zu", i);

        if (fetch_calendars_one(&all->calendar[i], json_array_get(json, i),
                                at, err) != WISMO_OK)
        {
            return WISMO_DECLINED;
        }
    }

    all->n = (unsigned) n;

    return WISMO_OK;
}


static int
fetch_calendars_one(fetch_calendar_t *calendar, json_t *json, const char *at,
    wismo_error_t *err)
{
    unsigned     i;
    const char  *text[5];

    static const char *const  names[] = {
        "for", "name", "file", "zone", "days"
    };

    for (i = 0; i < 5; i++) {
        text[i] = json_string_value(json_object_get(json, names[i]));
        text[i] = text[i] ? text[i] : "";
    }

    for (i = 0; i < WISMO_DAYS_KINDS; i++) {
        if (strcmp(text[0], fetch_calendar_kinds[i]) == 0) {
            break;
        }
    }

    if (i == WISMO_DAYS_KINDS || *text[1] == '\0') {
        wismo_error_set(err, at, "expected \"for\" to be warehouse, carrier "
                                 "or destination, and a \"name\"");
        return WISMO_DECLINED;
    }

    calendar->kind = (wismo_days_e) i;
    calendar->name = wismo_str_of(text[1]);
    calendar->file = text[2];
    calendar->zone = text[3];
    calendar->week = *text[4] ? fetch_calendar_week(text[4])
                     : calendar->kind == WISMO_DAYS_CARRIER
                     ? WISMO_DAYS_WEEK : fetch_zone_week(&calendar->name);

    text[0] = json_string_value(json_object_get(json, "cutoff"));
    calendar->cutoff = text[0] && *text[0] ? fetch_calendar_clock(text[0]) : 0;

    if (calendar->week == 0 || calendar->cutoff < 0) {
        wismo_error_set(err, at, "expected \"days\" as \"mon-fri\" and "
                                 "\"cutoff\" as \"14:00\"");
        return WISMO_DECLINED;
    }

    return WISMO_OK;
}


const wismo_calendars_t *
fetch_calendars(fetch_calendars_t *all, int64_t now)
{
    unsigned                i;
    wismo_calendar_t       *c;
    fetch_calendar_file_t   file;

    if (all->at && now >= all->at && now < all->at + WISMO_DAY_SECONDS) {
        return &all->compiled;
    }

    if (all->at) {
        wismo_pool_done(&all->pool);
    }

    wismo_pool_init(&all->pool, FETCH_CALENDAR_POOL, NULL, NULL);

    all->at = now > 0 ? now : 1;
    all->local = NULL;
    memset(all->places, 0, sizeof(all->places));
    all->compiled.n = 0;
    all->compiled.local = fetch_calendars_local;
    all->compiled.data = all;
    all->compiled.calendars = wismo_pcalloc(&all->pool, (all->n + 1)
                                            * sizeof(wismo_calendar_t));

    if (all->compiled.calendars == NULL) {
        return NULL;
    }

    for (i = 0; i < all->n; i++) {
        c = &all->compiled.calendars[all->compiled.n];

        c->kind = all->calendar[i].kind;
        c->name = all->calendar[i].name;

        if (fetch_calendar_compile(&all->pool, &all->calendar[i], now, now,
                                   &c->days, &file, fetch_calendar_log,
                                   &all->calendar[i])
            != WISMO_ERROR)
        {
            c->local = *all->calendar[i].zone == '\0' && *file.zone == '\0';
            all->compiled.n++;
        }
    }

    return &all->compiled;
}


static const wismo_days_t *
fetch_calendars_local(void *data, const wismo_calendar_t *calendar,
    const wismo_str_t *place)
{
    fetch_calendars_t *all = data;

    uint64_t             hash;
    const wismo_days_t  *days;
    fetch_place_days_t  *known;

    if (place->len == 0) {
        return NULL;
    }

    if (place->len > sizeof(known->place)) {
        return fetch_calendars_zone(all, calendar, place);
    }

    hash = wismo_hash64(place->data, place->len, (uintptr_t) calendar);
    known = &all->places[hash % FETCH_PLACES];

    if (known->calendar == calendar && known->len == place->len
        && memcmp(known->place, place->data, place->len) == 0)
    {
        return known->days;
    }

    days = fetch_calendars_zone(all, calendar, place);

    if (days) {
        known->calendar = calendar;
        known->days = days;
        known->len = place->len;
        memcpy(known->place, place->data, place->len);
    }

    return days;
}


/* Few zones are asked for, and each of them for many parcels. */

static const wismo_days_t *
fetch_calendars_zone(fetch_calendars_t *all, const wismo_calendar_t *calendar,
    const wismo_str_t *place)
{
    char               buf[FETCH_ZONE_NAME];
    unsigned           i, week;
    const char        *zone;
    fetch_local_t     *local;
    fetch_calendar_t   own;

    zone = fetch_zone_of(place, buf);

    if (zone == NULL) {
        return NULL;
    }

    week = calendar ? calendar->days.week : fetch_zone_week(place);

    for (local = all->local; local; local = local->next) {
        if (local->calendar == calendar && local->week == week
            && strcmp(local->zone, zone) == 0)
        {
            return &local->days;
        }
    }

    memset(&own, 0, sizeof(fetch_calendar_t));
    own.file = "";

    for (i = 0; calendar && i < all->n; i++) {
        if (all->calendar[i].kind == calendar->kind
            && wismo_str_eq(&all->calendar[i].name, &calendar->name))
        {
            own = all->calendar[i];
        }
    }

    local = wismo_pcalloc(&all->pool, sizeof(fetch_local_t));

    if (local == NULL) {
        return NULL;
    }

    snprintf(local->zone, sizeof(local->zone), "%s", zone);
    local->calendar = calendar;
    local->week = week;

    own.zone = local->zone;
    own.week = week;

    /* what is wrong with the file has been told */

    if (fetch_calendar_compile(&all->pool, &own, all->at, all->at,
                               &local->days, NULL, fetch_calendars_told, NULL)
        == WISMO_ERROR)
    {
        return NULL;
    }

    local->next = all->local;
    all->local = local;

    return &local->days;
}


static void
fetch_calendars_told(void *data, unsigned line, const char *text)
{
    (void) data;
    (void) line;
    (void) text;
}


void
fetch_calendars_done(fetch_calendars_t *all)
{
    if (all->at) {
        wismo_pool_done(&all->pool);
    }

    memset(all, 0, sizeof(fetch_calendars_t));
}


static void
fetch_calendar_log(void *data, unsigned line, const char *text)
{
    const fetch_calendar_t *calendar = data;

    if (line) {
        fetch_log(FETCH_ERR, "calendar %s, line %u: %s", calendar->file,
                  line, text);

    } else {
        fetch_log(FETCH_ERR, "calendar %s: %s", calendar->file, text);
    }
}


int
fetch_calendar_compile(wismo_pool_t *pool, const fetch_calendar_t *calendar,
    int64_t from, int64_t until, wismo_days_t *days,
    fetch_calendar_file_t *file, fetch_calendar_fault_pt fault, void *data)
{
    int                     rc;
    int16_t                *cutoff;
    int32_t                *offset;
    uint8_t                *flags;
    unsigned                i;
    const char             *name;
    wismo_str_t             text;
    wismo_error_t           err;
    const icaltimezone     *zone;
    fetch_calendar_file_t   own;

    file = file ? file : &own;
    memset(file, 0, sizeof(fetch_calendar_file_t));
    memset(days, 0, sizeof(wismo_days_t));

    days->first = wismo_day(from) - FETCH_CALENDAR_DAYS;
    days->n = (unsigned) (wismo_day(until) + FETCH_CALENDAR_DAYS + 1
                          - days->first);
    days->week = calendar->week;

    offset = wismo_pcalloc(pool, days->n * sizeof(int32_t));
    flags = wismo_pcalloc(pool, days->n);
    cutoff = wismo_pcalloc(pool, days->n * sizeof(int16_t));

    if (offset == NULL || flags == NULL || cutoff == NULL) {
        return WISMO_ERROR;
    }

    days->offset = offset;
    days->flags = flags;
    days->cutoff = cutoff;

    rc = WISMO_OK;

    if (*calendar->file) {

        if (fetch_read_file(pool, calendar->file, FETCH_CALENDAR_MAX, &text,
                            &err)
            == WISMO_OK)
        {
            rc = fetch_ical_read(pool, &text, days->first, days->n, file,
                                 fault, data);

        } else {
            fault(data, 0, err.text);
            rc = WISMO_DECLINED;
        }

        if (rc == WISMO_ERROR) {
            return rc;
        }
    }

    name = *calendar->zone ? calendar->zone : file->zone;

    if (*name && strcmp(name, "UTC") != 0) {
        zone = icaltimezone_get_builtin_timezone(name);

        if (zone) {
            fetch_calendar_starts(zone, days->first, days->n, offset);

        } else {
            fault(data, 0, "its zone is unknown to this system: days are "
                           "those of UTC");
            rc = WISMO_DECLINED;
        }
    }

    for (i = 0; i < days->n; i++) {
        flags[i] = ((days->week
                     >> (((days->first + i + 4) % 7 + 7) % 7)) & 1)
                   ? 0 : WISMO_DAY_REST;
        cutoff[i] = (int16_t) calendar->cutoff;
    }

    fetch_calendar_mark(days, flags, cutoff, file);

    return rc;
}


/* Days off first: what is worked though it is one is said on top. */

static void
fetch_calendar_mark(wismo_days_t *days, uint8_t *flags, int16_t *cutoff,
    const fetch_calendar_file_t *file)
{
    int64_t             at;
    unsigned            i;
    const fetch_day_t  *d;

    for (i = 0; i < file->n; i++) {
        d = &file->days[i];
        at = d->day - days->first;

        if (d->what == FETCH_DAY_OFF && (flags[at] & WISMO_DAY_REST) == 0) {
            flags[at] = WISMO_DAY_REST|WISMO_DAY_HOLIDAY;

        } else if (d->what == FETCH_DAY_CUTOFF) {
            cutoff[at] = (int16_t) (d->minute ? d->minute : 1);
        }
    }

    for (i = 0; i < file->n; i++) {
        d = &file->days[i];

        if (d->what == FETCH_DAY_WORKED) {
            flags[d->day - days->first] = 0;
        }
    }
}


/*
 * When days begin: mostly where midnight is, by an offset that does not
 * change around it; else where the day of the clock on the wall changes.
 */

static void
fetch_calendar_starts(const icaltimezone *zone, int64_t first, unsigned n,
    int32_t *offset)
{
    int64_t   day, low, high, middle;
    int32_t   before, after;
    unsigned  i;

    for (i = 0; i < n; i++) {
        day = first + i;
        low = day * WISMO_DAY_SECONDS - FETCH_CALENDAR_EDGE;
        high = day * WISMO_DAY_SECONDS + FETCH_CALENDAR_EDGE;

        before = fetch_calendar_offset(zone, low);
        after = fetch_calendar_offset(zone, high);

        if (before == after) {
            offset[i] = before;
            continue;
        }

        while (high - low > 1) {
            middle = low + (high - low) / 2;

            if (wismo_day(middle + fetch_calendar_offset(zone, middle)) >= day)
            {
                high = middle;

            } else {
                low = middle;
            }
        }

        offset[i] = (int32_t) (day * WISMO_DAY_SECONDS - high);
    }
}


static int32_t
fetch_calendar_offset(const icaltimezone *zone, int64_t t)
{
    int                   daylight;
    wismo_civil_t         civil;
    struct icaltimetype   utc;

    wismo_time_civil(t, &civil);

    utc = icaltime_null_time();
    utc.year = civil.year;
    utc.month = civil.month;
    utc.day = civil.day;
    utc.hour = civil.hour;
    utc.minute = civil.minute;
    utc.second = civil.second;

    return icaltimezone_get_utc_offset_of_utc_time((icaltimezone *) zone,
                                                   &utc, &daylight);
}


int
fetch_calendar_of(char *text, fetch_calendar_t *calendar)
{
    char      *name, *file;
    unsigned   i;

    memset(calendar, 0, sizeof(fetch_calendar_t));

    name = strchr(text, ':');
    file = name ? strchr(name, '=') : NULL;

    if (file == NULL || file == name + 1 || file[1] == '\0') {
        return WISMO_DECLINED;
    }

    for (i = 0; i < WISMO_DAYS_KINDS; i++) {
        if (strlen(fetch_calendar_kinds[i]) == (size_t) (name - text)
            && strncmp(text, fetch_calendar_kinds[i], (size_t) (name - text))
               == 0)
        {
            break;
        }
    }

    if (i == WISMO_DAYS_KINDS) {
        return WISMO_DECLINED;
    }

    calendar->kind = (wismo_days_e) i;
    calendar->name.data = (unsigned char *) name + 1;
    calendar->name.len = (size_t) (file - name - 1);
    calendar->file = file + 1;
    calendar->zone = "";
    calendar->week = WISMO_DAYS_WEEK;

    return WISMO_OK;
}


bool
fetch_calendar_zone_ok(const char *zone)
{
    return strcmp(zone, "UTC") == 0
           || icaltimezone_get_builtin_timezone(zone) != NULL;
}


unsigned
fetch_calendar_week(const char *text)
{
    unsigned  from, to, week;

    week = 0;

    for ( ;; ) {

        for (from = 0; from < 7; from++) {
            if (strncasecmp(text, fetch_calendar_weekdays[from], 3) == 0) {
                break;
            }
        }

        if (from == 7) {
            return 0;
        }

        text += 3;
        to = from;

        if (*text == '-') {

            for (to = 0; to < 7; to++) {
                if (strncasecmp(text + 1, fetch_calendar_weekdays[to], 3)
                    == 0)
                {
                    break;
                }
            }

            if (to == 7) {
                return 0;
            }

            text += 4;
        }

        week |= 1u << from;

        while (from != to) {
            from = (from + 1) % 7;
            week |= 1u << from;
        }

        if (*text == '\0') {
            return week;
        }

        if (*text++ != ',') {
            return 0;
        }
    }
}


int
fetch_calendar_clock(const char *text)
{
    int  hour, minute;

    if (strlen(text) != 5 || strspn(text, "0123456789:") != 5
        || text[2] != ':' || sscanf(text, "%2d:%2d", &hour, &minute) != 2
        || hour > 23 || minute > 59)
    {
        return -1;
    }

    return hour * 60 + minute;
}
