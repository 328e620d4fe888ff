
/*
 * Copyright (C) The Wismo authors
 *
 * The closed list of forms in which carriers print times: dates of three
 * orders, clocks that lost their zeros or have AM and PM, offsets with and
 * without a colon, seconds since 1970.
 *
 * fetch_adapter_time.c calls it.  The C library's own functions are not used:
 * they depend on the locale and on TZ.
 */


#include "fetch_adapter_int.h"

#include <strings.h>


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


bool
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


bool
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

    /* a day with an unreadable clock is still a day */

    if (p < end && fetch_clock(p, end, printed) == NULL) {
        printed->clock = false;
        printed->offset = WISMO_OFFSET_NONE;
        printed->civil.hour = 0;
        printed->civil.minute = 0;
        printed->civil.second = 0;
    }

    return true;
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
