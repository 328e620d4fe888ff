
/*
 * Copyright (C) The Wismo authors
 *
 * The one place that says the zone of an address.  Regions and postcodes of
 * large countries are the core's tables; of all others the system's
 * zone1970.tab or zone.tab knows the zone, read once; zones themselves are
 * libical's, from the same place.  Called where notices are judged, and for
 * the days of places that have no calendar.  The process's own zone plays no
 * part in it.
 */


#include "fetch_zone.h"
#include "fetch_log.h"
#include "wismo_locale.h"
#include "wismo_regions.h"

#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>


#define FETCH_ZONE_DIR       "/usr/share/zoneinfo/"
#define FETCH_ZONE_ROWS      1024
#define FETCH_ZONE_LINE      1024
#define FETCH_ZONE_STEPS     (4 * FETCH_ZONES_MAX)
#define FETCH_ZONE_WEEKS     300
#define FETCH_ZONE_LONGEST   (2 * 86400)


typedef struct {
    char                      country[2];
    char                      name[FETCH_ZONE_NAME];
} fetch_zone_row_t;


static struct {
    fetch_zone_row_t         *rows;
    unsigned                  n;
    bool                      read;
} fetch_zone_table;


static void fetch_zone_read(void);
static void fetch_zone_line(char *line);
static void fetch_zone_parts(const wismo_str_t *place, wismo_str_t part[3]);
static void fetch_zones_add(fetch_zones_t *zones, const char *name,
    size_t len);
static int64_t fetch_zone_quiet(const char *name,
    const wismo_notice_rules_t *rules, int64_t t);


void
fetch_zones_of(const wismo_str_t *country, const wismo_str_t *region,
    const wismo_str_t *postcode, const char *otherwise, fetch_zones_t *zones)
{
    size_t       len;
    unsigned     i;
    const char  *p;

    zones->n = 0;

    p = wismo_region_zones(country, region, postcode);

    while (p && *p) {
        len = strcspn(p, " ");
        fetch_zones_add(zones, p, len);
        p += len;
        p += strspn(p, " ");
    }

    if (zones->n == 0 && country->len == 2) {
        fetch_zone_read();

        for (i = 0; i < fetch_zone_table.n; i++) {
            if (memcmp(fetch_zone_table.rows[i].country, country->data, 2)
                == 0)
            {
                p = fetch_zone_table.rows[i].name;
                fetch_zones_add(zones, p, strlen(p));
            }
        }
    }

    if (zones->n == 0) {
        fetch_zones_add(zones, otherwise, strlen(otherwise));
    }
}


const char *
fetch_zone_of(const wismo_str_t *place, char *buf)
{
    size_t        len;
    unsigned      i;
    const char   *zone;
    wismo_str_t   part[3];

    fetch_zone_parts(place, part);

    if (part[0].len != 2) {
        return NULL;
    }

    zone = wismo_region_zones(&part[0], &part[1], &part[2]);
    zone = zone ? zone : wismo_country_zone(&part[0]);

    if (zone) {
        len = strcspn(zone, " ");
        memcpy(buf, zone, len);
        buf[len] = '\0';
        return buf;
    }

    fetch_zone_read();

    for (i = 0; i < fetch_zone_table.n; i++) {
        if (memcmp(fetch_zone_table.rows[i].country, part[0].data, 2) == 0) {
            return fetch_zone_table.rows[i].name;
        }
    }

    return NULL;
}


/* "BR-SP-01310", of which all but the country may be missing */

static void
fetch_zone_parts(const wismo_str_t *place, wismo_str_t part[3])
{
    size_t    i, start;
    unsigned  n;

    memset(part, 0, 3 * sizeof(wismo_str_t));

    for (i = 0, start = 0, n = 0; i <= place->len && n < 3; i++) {

        if (i == place->len || (place->data[i] == '-' && n < 2)) {
            part[n].data = place->data + start;
            part[n].len = i - start;
            start = i + 1;
            n++;
        }
    }
}


unsigned
fetch_zone_week(const wismo_str_t *place)
{
    unsigned     i;
    wismo_str_t  part[3];

    static struct {
        char      country[2];
        unsigned  week;
    } known[FETCH_ZONE_WEEKS];

    fetch_zone_parts(place, part);

    if (part[0].len != 2) {
        return WISMO_LOCALE_WEEK;
    }

    for (i = 0; i < FETCH_ZONE_WEEKS && known[i].week; i++) {
        if (memcmp(known[i].country, part[0].data, 2) == 0) {
            return known[i].week;
        }
    }

    /* more countries than there are: from the beginning again */

    if (i == FETCH_ZONE_WEEKS) {
        memset(known, 0, sizeof(known));
        i = 0;
    }

    memcpy(known[i].country, part[0].data, 2);
    known[i].week = wismo_locale_week(&part[0]);

    return known[i].week;
}


static void
fetch_zones_add(fetch_zones_t *zones, const char *name, size_t len)
{
    if (zones->n == FETCH_ZONES_MAX || len >= FETCH_ZONE_NAME) {
        return;
    }

    memcpy(zones->name[zones->n], name, len);
    zones->name[zones->n][len] = '\0';
    zones->n++;
}


/* Without the table countries have no zones, and the channel's counts. */

static void
fetch_zone_read(void)
{
    FILE      *file;
    char       line[FETCH_ZONE_LINE];
    unsigned   i;

    static const char *const  files[] = {
        FETCH_ZONE_DIR "zone1970.tab", FETCH_ZONE_DIR "zone.tab", NULL
    };

    if (fetch_zone_table.read) {
        return;
    }

    fetch_zone_table.read = true;
    fetch_zone_table.rows = calloc(FETCH_ZONE_ROWS, sizeof(fetch_zone_row_t));

    if (fetch_zone_table.rows == NULL) {
        return;
    }

    for (i = 0; files[i] && fetch_zone_table.n == 0; i++) {
        file = fopen(files[i], "re");

        if (file == NULL) {
            continue;
        }

        while (fgets(line, sizeof(line), file)) {
            fetch_zone_line(line);
        }

        fclose(file);
    }

    if (fetch_zone_table.n == 0) {
        fetch_log(FETCH_ERR, FETCH_ZONE_DIR " has no table of countries, "
                             "install tzdata: quiet hours are those of the "
                             "channel's zone, days without a calendar those "
                             "of UTC");
    }
}


/* "US,CA<tab>coordinates<tab>America/New_York[<tab>comments]" */

static void
fetch_zone_line(char *line)
{
    char              *countries, *name;
    fetch_zone_row_t  *row;

    if (*line == '#') {
        return;
    }

    countries = line;
    line += strcspn(line, "\t\n");
    line += strspn(line, "\t");
    line += strcspn(line, "\t\n");

    if (*line != '\t') {
        return;
    }

    name = ++line;
    name[strcspn(name, "\t\r\n")] = '\0';

    while (countries[0] >= 'A' && countries[0] <= 'Z'
           && fetch_zone_table.n < FETCH_ZONE_ROWS
           && strlen(name) < FETCH_ZONE_NAME)
    {
        row = &fetch_zone_table.rows[fetch_zone_table.n++];
        memcpy(row->country, countries, 2);
        snprintf(row->name, FETCH_ZONE_NAME, "%s", name);

        if (countries[2] != ',') {
            break;
        }

        countries += 3;
    }
}


int32_t
fetch_zone_offset(const char *name, int64_t t)
{
    int                   daylight;
    icaltimezone         *zone;
    wismo_civil_t         civil;
    struct icaltimetype   utc;

    if (strcmp(name, "UTC") == 0) {
        return 0;
    }

    zone = icaltimezone_get_builtin_timezone(name);

    if (zone == NULL) {
        return 0;
    }

    wismo_time_civil(t, &civil);

    utc = icaltime_null_time();
    utc.year = civil.year;
    utc.month = civil.month;
    utc.day = civil.day;
    utc.hour = civil.hour;
    utc.minute = civil.minute;
    utc.second = civil.second;

    return icaltimezone_get_utc_offset_of_utc_time(zone, &utc, &daylight);
}


int64_t
fetch_zones_quiet(const fetch_zones_t *zones,
    const wismo_notice_rules_t *rules, int64_t now)
{
    int64_t   t, end;
    unsigned  i, steps;

    t = now;

    if (rules->quiet_from == rules->quiet_until || zones->n == 0) {
        return now;
    }

    for (steps = 0; steps < FETCH_ZONE_STEPS; steps++) {

        end = t;

        for (i = 0; i < zones->n && end == t; i++) {
            end = fetch_zone_quiet(zones->name[i], rules, t);
        }

        if (end == t) {
            return t;
        }

        t = end;

        if (t - now > FETCH_ZONE_LONGEST) {
            break;
        }
    }

    return fetch_zone_quiet(zones->name[0], rules, now);
}


/* When it ends there; clocks may be set meanwhile. */

static int64_t
fetch_zone_quiet(const char *name, const wismo_notice_rules_t *rules,
    int64_t t)
{
    int64_t               end;
    int32_t               here, there;
    wismo_notice_rules_t  local;

    here = fetch_zone_offset(name, t);

    local = *rules;
    local.offset = here / 60;

    end = t + wismo_notice_quiet(&local, t);

    if (end != t) {
        there = fetch_zone_offset(name, end);
        end += here - there;
    }

    return end > t ? end : t;
}
