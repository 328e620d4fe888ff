
/*
 * Copyright (C) The Wismo authors
 *
 * Printed times: a closed list of forms, each with a rule that tells the
 * zone.  Sources are tried in the adapter's order; the first that can be read
 * gives the printed clock, the instant if there is one, and the basis that
 * tells which of them to trust.
 *
 * It must never invent an instant: a clock whose zone is not known stays
 * local, and a day without a clock stays a day.  The C library's own time
 * functions are not used: they depend on the locale and on TZ.
 */


#include "fetch_adapter_int.h"

#include <libical/ical.h>
#include <stdio.h>
#include <strings.h>


#define FETCH_OFFSET_MAX     (14 * 60)


typedef struct {
    wismo_civil_t             civil;
    bool                      clock;
    int16_t                   offset;
} fetch_printed_t;


static bool fetch_time_printed(fetch_form_e form, const wismo_str_t *text,
    fetch_printed_t *printed);
static bool fetch_time_epoch(fetch_form_e form, const wismo_str_t *text,
    wismo_when_t *when);
static const unsigned char *fetch_digits(const unsigned char *p,
    const unsigned char *end, unsigned min, unsigned max, int *value);
static const unsigned char *fetch_date_ymd(const unsigned char *p,
    const unsigned char *end, wismo_civil_t *civil);
static const unsigned char *fetch_date_triple(const unsigned char *p,
    const unsigned char *end, int *first, int *second, int *third);
static const unsigned char *fetch_date_month(const unsigned char *p,
    const unsigned char *end, wismo_civil_t *civil);
static const unsigned char *fetch_clock(const unsigned char *p,
    const unsigned char *end, fetch_printed_t *printed);
static bool fetch_parts_join(const fetch_scope_t *scope,
    const fetch_paths_t *parts, fetch_form_e form, wismo_str_t *text,
    const wismo_str_t **route);
static int16_t fetch_zone_offset(const fetch_scope_t *scope,
    const fetch_zone_t *zone, const wismo_civil_t *civil,
    wismo_basis_e *basis);
static void fetch_time_wall(const fetch_scope_t *scope,
    const fetch_time_t *source, wismo_when_t *when);


bool
fetch_times_read(const fetch_scope_t *scope, const fetch_times_t *times,
    const char *field, wismo_when_t *when)
{
    unsigned      i;
    wismo_when_t  found;

    wismo_time_local(when, WISMO_TIME_NONE, WISMO_OFFSET_NONE,
                     WISMO_BASIS_UNKNOWN);

    for (i = 0; i < times->n; i++) {

        if (!fetch_time_read(scope, &times->sources[i], field, &found)) {
            continue;
        }

        *when = found;

        /* a later source may know the clock, or the day where it was */

        if (found.basis != WISMO_BASIS_DATE
            && found.basis != WISMO_BASIS_UNKNOWN)
        {
            return true;
        }
    }

    return when->basis != WISMO_BASIS_UNKNOWN;
}


bool
fetch_time_read(const fetch_scope_t *scope, const fetch_time_t *source,
    const char *field, wismo_when_t *when)
{
    int64_t             wall;
    wismo_str_t         text;
    wismo_basis_e       basis;
    fetch_printed_t     printed;
    const wismo_str_t  *route;

    if (!fetch_parts_join(scope, &source->parts, source->form, &text,
                          &route))
    {
        return false;
    }

    if (source->form == FETCH_FORM_EPOCH
        || source->form == FETCH_FORM_EPOCH_MS
        || source->form == FETCH_FORM_DOTNET)
    {
        if (!fetch_time_epoch(source->form, &text, when)) {
            return false;
        }

        goto done;
    }

    memset(&printed, 0, sizeof(fetch_printed_t));
    printed.offset = WISMO_OFFSET_NONE;

    if (source->form == FETCH_FORM_ISO) {

        if (wismo_time_iso(&text, when) != WISMO_OK) {
            return false;
        }

        if (when->basis != WISMO_BASIS_LOCAL) {

            /*
             * A text that says its own zone is believed, whatever the rule
             * says of those that do not.
             */

            goto done;
        }

        wall = when->wall;
        wismo_time_civil(wall, &printed.civil);
        printed.clock = true;

    } else {

        if (!fetch_time_printed(source->form, &text, &printed)) {
            return false;
        }

        wall = wismo_time_from_civil(&printed.civil);

        if (wall == WISMO_TIME_NONE) {
            return false;
        }

        if (!printed.clock) {
            wismo_time_local(when, wall, WISMO_OFFSET_NONE,
                             WISMO_BASIS_DATE);
            goto done;
        }

        if (printed.offset != WISMO_OFFSET_NONE) {
            wismo_time_local(when, wall, printed.offset, WISMO_BASIS_OFFSET);
            goto done;
        }
    }

    printed.offset = fetch_zone_offset(scope, &source->zone, &printed.civil,
                                       &basis);

    wismo_time_local(when, wall, printed.offset, basis);

    if (printed.offset == 0 && (source->wall.n || source->offset)) {
        fetch_time_wall(scope, source, when);
    }

done:

    if (source->midnight && when->basis != WISMO_BASIS_DATE
        && when->wall != WISMO_TIME_NONE)
    {
        wismo_time_civil(when->wall, &printed.civil);

        if ((printed.civil.hour == 0 && printed.civil.minute == 0)
            || (printed.civil.hour == 23 && printed.civil.minute == 59))
        {
            wall = when->wall - (printed.civil.hour * 3600
                                 + printed.civil.minute * 60
                                 + printed.civil.second);

            wismo_time_local(when, wall, WISMO_OFFSET_NONE,
                             WISMO_BASIS_DATE);
        }
    }

    fetch_explain(scope, field, route, &text);
    wismo_time_sane(when, scope->now);

    return true;
}


/* A text that is the whole time; its own zone or none. */

bool
fetch_time_text(fetch_form_e form, const wismo_str_t *text,
    wismo_when_t *when)
{
    int64_t          wall;
    fetch_printed_t  printed;

    memset(&printed, 0, sizeof(fetch_printed_t));

    if (!fetch_time_printed(form, text, &printed)) {
        return false;
    }

    wall = wismo_time_from_civil(&printed.civil);

    if (wall == WISMO_TIME_NONE) {
        return false;
    }

    wismo_time_local(when, wall, printed.offset,
                     !printed.clock ? WISMO_BASIS_DATE
                     : printed.offset == WISMO_OFFSET_NONE
                       ? WISMO_BASIS_LOCAL : WISMO_BASIS_OFFSET);

    return true;
}


/*
 * The source gave the instant in UTC, other fields the clock as it was
 * printed: what lies between them is the offset, if it can be one.
 */

static void
fetch_time_wall(const fetch_scope_t *scope, const fetch_time_t *source,
    wismo_when_t *when)
{
    int16_t             said;
    int64_t             wall, offset;
    wismo_str_t         text;
    wismo_when_t        local;
    fetch_printed_t     printed;
    const wismo_str_t  *route;

    if (when->utc == WISMO_TIME_NONE) {
        return;
    }

    if (fetch_parts_join(scope, &source->wall, source->form, &text, &route))
    {
        memset(&printed, 0, sizeof(fetch_printed_t));
        wall = WISMO_TIME_NONE;

        if (source->form == FETCH_FORM_ISO) {

            if (wismo_time_iso(&text, &local) == WISMO_OK
                && local.basis != WISMO_BASIS_DATE)
            {
                wall = local.wall;
            }

        } else if (fetch_time_printed(source->form, &text, &printed)
                   && printed.clock)
        {
            wall = wismo_time_from_civil(&printed.civil);
        }

        if (wall != WISMO_TIME_NONE) {
            offset = wall - when->utc;

            /* seconds may differ where one of the clocks shows none */

            offset = (offset + (offset < 0 ? -30 : 30)) / 60;

            if (offset >= -FETCH_OFFSET_MAX && offset <= FETCH_OFFSET_MAX
                && offset % 15 == 0)
            {
                when->wall = wall;
                when->offset = (int16_t) offset;
                when->basis = WISMO_BASIS_OFFSET;
                return;
            }
        }
    }

    if (fetch_path_text(scope, source->offset, &text, &route)
        && fetch_offset(&text, &said))
    {
        when->wall = when->utc + said * 60;
        when->offset = said;
        when->basis = WISMO_BASIS_OFFSET;
    }
}


static bool
fetch_parts_join(const fetch_scope_t *scope, const fetch_paths_t *parts,
    fetch_form_e form, wismo_str_t *text, const wismo_str_t **route)
{
    unsigned            i;
    wismo_out_t         out;
    wismo_str_t         part;
    const wismo_str_t  *other;

    if (parts->n == 0
        || !fetch_path_text(scope, &parts->paths[0], text, route))
    {
        return false;
    }

    if (parts->n == 1) {
        return true;
    }

    wismo_out_init(&out, scope->pool, 40);
    wismo_out_str(&out, text);

    for (i = 1; i < parts->n; i++) {
        if (fetch_path_text(scope, &parts->paths[i], &part, &other)) {
            wismo_out_text(&out, " ");
            wismo_out_str(&out, &part);
        }
    }

    if (out.failed) {
        return false;
    }

    text->data = out.start;
    text->len = (size_t) (out.pos - out.start);

    if (form == FETCH_FORM_ISO && text->len > 10 && text->data[10] == ' ') {
        text->data[10] = 'T';
    }

    return true;
}


static bool
fetch_time_epoch(fetch_form_e form, const wismo_str_t *text,
    wismo_when_t *when)
{
    int64_t               t;
    int16_t               offset;
    wismo_str_t           number, zone;
    unsigned char        *p, *end;

    number = *text;
    offset = WISMO_OFFSET_NONE;

    if (form == FETCH_FORM_DOTNET) {

        /* "/Date(1772460300000-0500)/" */

        p = memchr(text->data, '(', text->len);
        end = memchr(text->data, ')', text->len);

        if (p == NULL || end == NULL || end < p + 2) {
            return false;
        }

        number.data = ++p;

        for (p++; p < end && *p >= '0' && *p <= '9'; p++) { /* void */ }

        number.len = (size_t) (p - number.data);

        if (p < end) {
            zone.data = p;
            zone.len = (size_t) (end - p);

            if (!fetch_offset(&zone, &offset)) {
                return false;
            }
        }
    }

    p = memchr(number.data, '.', number.len);

    if (p && form != FETCH_FORM_DOTNET) {
        number.len = (size_t) (p - number.data);
    }

    t = fetch_int(&number, WISMO_TIME_NONE);

    if (t == WISMO_TIME_NONE) {
        return false;
    }

    if (form != FETCH_FORM_EPOCH) {
        t = (t - (t < 0 ? 999 : 0)) / 1000;
    }

    if (t < INT64_C(-62000000000) || t > INT64_C(253000000000)) {
        return false;
    }

    if (offset == WISMO_OFFSET_NONE) {
        wismo_time_local(when, t, 0, WISMO_BASIS_UTC);

    } else {
        wismo_time_local(when, t + offset * 60, offset, WISMO_BASIS_OFFSET);
    }

    return true;
}


static bool
fetch_time_printed(fetch_form_e form, const wismo_str_t *text,
    fetch_printed_t *printed)
{
    const unsigned char  *p, *end;

    p = text->data;
    end = p + text->len;
    printed->offset = WISMO_OFFSET_NONE;

    switch (form) {

    case FETCH_FORM_YMD:
        p = fetch_date_ymd(p, end, &printed->civil);
        break;

    case FETCH_FORM_DMY:
        p = fetch_date_triple(p, end, &printed->civil.day,
                              &printed->civil.month, &printed->civil.year);
        break;

    case FETCH_FORM_MDY:
        p = fetch_date_triple(p, end, &printed->civil.month,
                              &printed->civil.day, &printed->civil.year);
        break;

    default: /* FETCH_FORM_MONTH */
        p = fetch_date_month(p, end, &printed->civil);
        break;
    }

    if (p == NULL) {
        return false;
    }

    while (p < end && (*p == ' ' || *p == ',' || *p == 'T')) {
        p++;
    }

    if (p == end) {
        return true;
    }

    return fetch_clock(p, end, printed) == end;
}


static const unsigned char *
fetch_digits(const unsigned char *p, const unsigned char *end, unsigned min,
    unsigned max, int *value)
{
    unsigned  n;

    *value = 0;

    for (n = 0; n < max && p < end && *p >= '0' && *p <= '9'; n++) {
        *value = *value * 10 + (*p++ - '0');
    }

    return n >= min ? p : NULL;
}


/* "20260302", "2026-03-02", "2026/3/2" */

static const unsigned char *
fetch_date_ymd(const unsigned char *p, const unsigned char *end,
    wismo_civil_t *civil)
{
    bool  separated;

    p = fetch_digits(p, end, 4, 4, &civil->year);

    if (p == NULL || p == end) {
        return NULL;
    }

    separated = *p == '-' || *p == '/' || *p == '.';

    if (separated) {
        p++;
    }

    p = fetch_digits(p, end, separated ? 1 : 2, 2, &civil->month);

    if (p == NULL || p == end) {
        return NULL;
    }

    if (separated) {
        if (*p != '-' && *p != '/' && *p != '.') {
            return NULL;
        }

        p++;
    }

    p = fetch_digits(p, end, separated ? 1 : 2, 2, &civil->day);

    if (p == NULL || (p < end && *p >= '0' && *p <= '9')) {
        return NULL;
    }

    return p;
}


/* "02.03.2026", "3/2/2026", "02-03-26" */

static const unsigned char *
fetch_date_triple(const unsigned char *p, const unsigned char *end,
    int *first, int *second, int *third)
{
    int                  *parts[3];
    unsigned              i;
    const unsigned char  *start;

    parts[0] = first;
    parts[1] = second;
    parts[2] = third;

    for (i = 0; i < 3; i++) {
        start = p;
        p = fetch_digits(p, end, 1, i == 2 ? 4 : 2, parts[i]);

        if (p == NULL) {
            return NULL;
        }

        if (i == 2) {
            if (p - start == 2) {
                *third += 2000;

            } else if (p - start != 4) {
                return NULL;
            }

            break;
        }

        if (p == end || (*p != '.' && *p != '/' && *p != '-')) {
            return NULL;
        }

        p++;
    }

    return p;
}


/* "March 2, 2026", "2 Mar 2026", "Monday, March 2, 2026" */

static const unsigned char *
fetch_date_month(const unsigned char *p, const unsigned char *end,
    wismo_civil_t *civil)
{
    int                   i;
    size_t                len;
    const unsigned char  *word;

    static const char  *names[] = {
        "january", "february", "march", "april", "may", "june", "july",
        "august", "september", "october", "november", "december"
    };

    while (p < end) {

        if (*p == ' ' || *p == ',' || *p == '.') {
            p++;
            continue;
        }

        if (*p >= '0' && *p <= '9') {

            if (civil->day == 0) {
                p = fetch_digits(p, end, 1, 2, &civil->day);
                continue;
            }

            if (civil->month == 0) {
                return NULL;
            }

            return fetch_digits(p, end, 4, 4, &civil->year);
        }

        for (word = p; p < end && (*p | 0x20) >= 'a' && (*p | 0x20) <= 'z';
             p++)
        { /* void */ }

        len = (size_t) (p - word);

        if (len < 3) {
            return NULL;
        }

        for (i = 0; i < 12; i++) {
            if (len <= strlen(names[i])
                && strncasecmp((const char *) word, names[i], len) == 0)
            {
                civil->month = i + 1;
                break;
            }
        }

        /* the name of a weekday is passed over */
    }

    return NULL;
}


/*
 * "14:05", "14:05:09.120", "2:05 PM", "140509"; digits alone may have lost
 * their zeros on the left: "74700" is 07:47:00.  An offset may follow.
 */

static const unsigned char *
fetch_clock(const unsigned char *p, const unsigned char *end,
    fetch_printed_t *printed)
{
    int                   value, hour;
    size_t                n;
    wismo_str_t           zone;
    wismo_civil_t        *civil;
    const unsigned char  *digits;

    civil = &printed->civil;
    digits = p;

    while (p < end && *p >= '0' && *p <= '9') {
        p++;
    }

    n = (size_t) (p - digits);

    if (n == 0 || n > 6) {
        return NULL;
    }

    (void) fetch_digits(digits, end, 1, 6, &value);

    if (p < end && (*p == ':' || *p == '.') && n <= 2) {
        civil->hour = value;
        p = fetch_digits(p + 1, end, 2, 2, &civil->minute);

        if (p == NULL) {
            return NULL;
        }

        if (p < end && (*p == ':' || *p == '.')) {
            p = fetch_digits(p + 1, end, 2, 2, &civil->second);

            if (p == NULL) {
                return NULL;
            }
        }

        if (p < end && *p == '.') {
            for (p++; p < end && *p >= '0' && *p <= '9'; p++) { /* void */ }
        }

    } else if (n == 4 || n == 3) {
        civil->hour = value / 100;
        civil->minute = value % 100;

    } else {
        civil->hour = value / 10000;
        civil->minute = value / 100 % 100;
        civil->second = value % 100;
    }

    if (civil->hour > 24 || civil->minute > 59 || civil->second > 60) {
        return NULL;
    }

    while (p < end && *p == ' ') {
        p++;
    }

    if (end - p >= 2 && ((p[0] | 0x20) == 'a' || (p[0] | 0x20) == 'p')) {
        hour = (p[0] | 0x20) == 'p' ? 12 : 0;
        p++;

        if (*p == '.') {
            p++;
        }

        if (p == end || (*p | 0x20) != 'm' || civil->hour < 1
            || civil->hour > 12)
        {
            return NULL;
        }

        p++;

        if (p < end && *p == '.') {
            p++;
        }

        civil->hour = civil->hour % 12 + hour;

        while (p < end && *p == ' ') {
            p++;
        }
    }

    printed->clock = true;

    if (p < end) {
        zone.data = (unsigned char *) p;
        zone.len = (size_t) (end - p);

        if (!fetch_offset(&zone, &printed->offset)) {
            return NULL;
        }
    }

    return end;
}


/*
 * "-05:00", "-04.00", "-7:00", "+0200", "+02", "Z", "UTC": minutes east of
 * UTC.
 */

bool
fetch_offset(const wismo_str_t *text, int16_t *offset)
{
    int                   hour, minute, sign;
    const unsigned char  *p, *end;

    p = text->data;
    end = p + text->len;

    while (p < end && *p == ' ') {
        p++;
    }

    while (end > p && end[-1] == ' ') {
        end--;
    }

    if ((end - p == 1 && (*p | 0x20) == 'z')
        || (end - p == 3
            && (strncasecmp((const char *) p, "utc", 3) == 0
                || strncasecmp((const char *) p, "gmt", 3) == 0)))
    {
        *offset = 0;
        return true;
    }

    if (end - p > 3 && (strncasecmp((const char *) p, "utc", 3) == 0
                        || strncasecmp((const char *) p, "gmt", 3) == 0))
    {
        p += 3;
    }

    if (p == end || (*p != '+' && *p != '-')) {
        return false;
    }

    sign = *p == '-' ? -1 : 1;
    minute = 0;

    p = fetch_digits(p + 1, end, 1, 2, &hour);

    if (p == NULL) {
        return false;
    }

    if (p < end && (*p == ':' || *p == '.')) {
        p++;
    }

    if (p < end) {
        p = fetch_digits(p, end, 2, 2, &minute);
    }

    if (p != end || minute > 59 || hour * 60 + minute > FETCH_OFFSET_MAX) {
        return false;
    }

    *offset = (int16_t) (sign * (hour * 60 + minute));

    return true;
}


bool
fetch_zone_find(const wismo_str_t *name, fetch_zone_t *zone)
{
    char  buf[64];

    if (fetch_offset(name, &zone->offset)) {
        zone->kind = FETCH_ZONE_FIXED;
        return true;
    }

    if (name->len >= sizeof(buf)) {
        return false;
    }

    memcpy(buf, name->data, name->len);
    buf[name->len] = '\0';

    zone->kind = FETCH_ZONE_NAMED;
    zone->tz = icaltimezone_get_builtin_timezone(buf);

    return zone->tz != NULL;
}


static int16_t
fetch_zone_offset(const fetch_scope_t *scope, const fetch_zone_t *zone,
    const wismo_civil_t *civil, wismo_basis_e *basis)
{
    int                   seconds, daylight;
    int16_t               offset;
    unsigned              i;
    wismo_str_t           text;
    const wismo_str_t    *route;
    struct icaltimetype   t;

    switch (zone->kind) {

    case FETCH_ZONE_UTC:
        *basis = WISMO_BASIS_UTC;
        return 0;

    case FETCH_ZONE_FIXED:
        *basis = WISMO_BASIS_ZONE;
        return zone->offset;

    case FETCH_ZONE_NAMED:
        t = icaltime_null_time();
        t.year = civil->year;
        t.month = civil->month;
        t.day = civil->day;
        t.hour = civil->hour;
        t.minute = civil->minute;
        t.second = civil->second;

        /* rules beyond these years are anybody's guess */

        if (civil->year < 1990 || civil->year > 2037) {
            break;
        }

        seconds = icaltimezone_get_utc_offset(zone->tz, &t, &daylight);

        *basis = WISMO_BASIS_ZONE;
        return (int16_t) (seconds / 60);

    case FETCH_ZONE_AT:

        if (fetch_path_text(scope, zone->at, &text, &route)) {

            if (fetch_offset(&text, &offset)) {
                *basis = WISMO_BASIS_OFFSET;
                return offset;
            }

            for (i = 0; i < zone->nnames; i++) {
                if (wismo_str_eq(&zone->names[i].name, &text)) {
                    return fetch_zone_offset(scope, zone->names[i].zone,
                                             civil, basis);
                }
            }
        }

        if (zone->otherwise) {
            return fetch_zone_offset(scope, zone->otherwise, civil, basis);
        }

        break;

    default:
        break;
    }

    *basis = WISMO_BASIS_LOCAL;

    return WISMO_OFFSET_NONE;
}
