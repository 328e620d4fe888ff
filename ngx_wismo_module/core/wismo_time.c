
/*
 * Copyright (C) The Wismo authors
 *
 * Calendar arithmetic, the reading of ISO 8601 and the writing of our own
 * fixed-width forms.  Whoever meets a printed time calls it: the adapter
 * engine, the orders API, the document.
 *
 * It must never invent an instant: a time without offset or zone stays
 * local.
 */


#include "wismo_time.h"


#define WISMO_DAY            86400

/* 0000-01-01T00:00:00 and 9999-12-31T23:59:59: what four digits can show */
#define WISMO_TIME_FIRST     INT64_C(-62167219200)
#define WISMO_TIME_LAST      INT64_C(253402300799)

#define WISMO_TIME_2000      INT64_C(946684800)

#define WISMO_OFFSET_MAX     (14 * 60 + 59)


static int wismo_time_digits(const wismo_str_t *s, size_t at, size_t n,
    int *value);
static int wismo_time_iso_offset(const wismo_str_t *s, size_t at,
    int16_t *offset);
static void wismo_time_unknown(wismo_when_t *when);
static void wismo_time_pad_date(unsigned char *p, const wismo_civil_t *c);
static void wismo_time_pad_clock(unsigned char *p, const wismo_civil_t *c);


static const char  *wismo_time_bases[] = {
    "unknown", "utc", "offset", "zone", "local", "date"
};


/* Below 100. */

static inline void
wismo_time_two(unsigned char *p, unsigned n)
{
    p[0] = (unsigned char) ('0' + n / 10);
    p[1] = (unsigned char) ('0' + n % 10);
}


/* Two digits, or less than 0. */

static inline int
wismo_time_two_of(const unsigned char *p)
{
    unsigned  a, b;

    a = p[0] - (unsigned) '0';
    b = p[1] - (unsigned) '0';

    return a > 9 || b > 9 ? -1 : (int) (10 * a + b);
}


static inline bool
wismo_time_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}


void
wismo_time_civil(int64_t t, wismo_civil_t *civil)
{
    int64_t   day, second;
    uint32_t  days, clock, era, doe, yoe, doy, month;

    if (t < WISMO_TIME_FIRST) {
        t = WISMO_TIME_FIRST;

    } else if (t > WISMO_TIME_LAST) {
        t = WISMO_TIME_LAST;
    }

    /*
     * Years are counted from 1 March, so that the leap day comes last, in
     * eras of 400 years, which are all of 146097 days.  719468 days lie
     * between 0000-03-01 and 1970-01-01; one era more keeps all positive.
     */

    second = t % WISMO_DAY;
    day = t / WISMO_DAY;

    if (second < 0) {
        second += WISMO_DAY;
        day--;
    }

    clock = (uint32_t) second;

    civil->hour = (int) (clock / 3600);
    civil->minute = (int) (clock / 60 % 60);
    civil->second = (int) (clock % 60);

    days = (uint32_t) (day + 719468 + 146097);

    /* 1970-01-01 was a Thursday */
    civil->weekday = (int) ((days + 4 + 7 * 146097 - 719468 - 146097) % 7);

    era = days / 146097;
    doe = days % 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    month = (5 * doy + 2) / 153;

    civil->day = (int) (doy - (153 * month + 2) / 5 + 1);
    civil->month = (int) (month < 10 ? month + 3 : month - 9);
    civil->year = (int) (yoe + era * 400 + (month >= 10)) - 400;
}


int64_t
wismo_time_from_civil(const wismo_civil_t *civil)
{
    int      days, second;
    int64_t  t, year, month, era, yoe, doy, doe;

    static const int  length[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    if (civil->year < 0 || civil->year > 9999
        || civil->month < 1 || civil->month > 12 || civil->day < 1)
    {
        return WISMO_TIME_NONE;
    }

    days = length[civil->month - 1];

    if (civil->month == 2 && wismo_time_leap(civil->year)) {
        days++;
    }

    if (civil->day > days) {
        return WISMO_TIME_NONE;
    }

    if (civil->hour < 0 || civil->hour > 24
        || civil->minute < 0 || civil->minute > 59
        || civil->second < 0 || civil->second > 60)
    {
        return WISMO_TIME_NONE;
    }

    if (civil->hour == 24 && (civil->minute || civil->second)) {
        return WISMO_TIME_NONE;
    }

    second = civil->second < 60 ? civil->second : 59;

    /* as in wismo_time_civil(), the other way round */

    year = civil->month > 2 ? civil->year : civil->year - 1;
    month = civil->month > 2 ? civil->month - 3 : civil->month + 9;

    era = (year + 400) / 400 - 1;
    yoe = year - era * 400;
    doy = (153 * month + 2) / 5 + civil->day - 1;
    doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

    t = (era * 146097 + doe - 719468) * WISMO_DAY
        + civil->hour * 3600 + civil->minute * 60 + second;

    return t <= WISMO_TIME_LAST ? t : WISMO_TIME_NONE;
}


int
wismo_time_iso(const wismo_str_t *s, wismo_when_t *when)
{
    size_t         at;
    int16_t        offset;
    int64_t        wall;
    wismo_civil_t  c;

    wismo_time_unknown(when);
    memset(&c, 0, sizeof(wismo_civil_t));

    if (s->len < 10 || s->data[4] != '-' || s->data[7] != '-'
        || wismo_time_digits(s, 0, 4, &c.year) != WISMO_OK
        || wismo_time_digits(s, 5, 2, &c.month) != WISMO_OK
        || wismo_time_digits(s, 8, 2, &c.day) != WISMO_OK)
    {
        return WISMO_DECLINED;
    }

    if (s->len == 10) {
        wall = wismo_time_from_civil(&c);

        if (wall == WISMO_TIME_NONE) {
            return WISMO_DECLINED;
        }

        wismo_time_local(when, wall, WISMO_OFFSET_NONE, WISMO_BASIS_DATE);

        return WISMO_OK;
    }

    if (s->len < 16
        || (s->data[10] != 'T' && s->data[10] != 't' && s->data[10] != ' ')
        || s->data[13] != ':'
        || wismo_time_digits(s, 11, 2, &c.hour) != WISMO_OK
        || wismo_time_digits(s, 14, 2, &c.minute) != WISMO_OK)
    {
        return WISMO_DECLINED;
    }

    at = 16;

    if (at < s->len && s->data[at] == ':') {

        if (wismo_time_digits(s, at + 1, 2, &c.second) != WISMO_OK) {
            return WISMO_DECLINED;
        }

        at += 3;

        if (at < s->len && (s->data[at] == '.' || s->data[at] == ',')) {
            at++;

            if (at == s->len || s->data[at] < '0' || s->data[at] > '9') {
                return WISMO_DECLINED;
            }

            while (at < s->len && s->data[at] >= '0' && s->data[at] <= '9') {
                at++;
            }
        }
    }

    wall = wismo_time_from_civil(&c);

    if (wall == WISMO_TIME_NONE) {
        return WISMO_DECLINED;
    }

    if (at == s->len) {
        wismo_time_local(when, wall, WISMO_OFFSET_NONE, WISMO_BASIS_LOCAL);

        return WISMO_OK;
    }

    if (s->data[at] == 'Z' || s->data[at] == 'z') {

        if (at + 1 != s->len) {
            return WISMO_DECLINED;
        }

        wismo_time_local(when, wall, 0, WISMO_BASIS_UTC);

        return WISMO_OK;
    }

    if (wismo_time_iso_offset(s, at, &offset) != WISMO_OK) {
        return WISMO_DECLINED;
    }

    wismo_time_local(when, wall, offset, WISMO_BASIS_OFFSET);

    return WISMO_OK;
}


bool
wismo_time_wall_of(const unsigned char *p, int64_t *wall)
{
    int  hour, minute, second;

    if (p[10] != 'T' || p[13] != ':' || p[16] != ':'
        || !wismo_time_date_of(p, wall))
    {
        return false;
    }

    hour = wismo_time_two_of(p + 11);
    minute = wismo_time_two_of(p + 14);
    second = wismo_time_two_of(p + 17);

    *wall += hour * 3600 + minute * 60 + second;

    return hour >= 0 && hour < 24 && minute >= 0 && minute < 60
           && second >= 0 && second < 60;
}


bool
wismo_time_date_of(const unsigned char *p, int64_t *wall)
{
    int            century, year;
    wismo_civil_t  c;

    century = wismo_time_two_of(p);
    year = wismo_time_two_of(p + 2);

    if (century < 0 || year < 0 || p[4] != '-' || p[7] != '-') {
        return false;
    }

    memset(&c, 0, sizeof(wismo_civil_t));

    c.year = century * 100 + year;
    c.month = wismo_time_two_of(p + 5);
    c.day = wismo_time_two_of(p + 8);

    *wall = wismo_time_from_civil(&c);

    return *wall != WISMO_TIME_NONE;
}


static int
wismo_time_digits(const wismo_str_t *s, size_t at, size_t n, int *value)
{
    int     v;
    size_t  i;

    if (s->len < at + n) {
        return WISMO_DECLINED;
    }

    v = 0;

    for (i = at; i < at + n; i++) {

        if (s->data[i] < '0' || s->data[i] > '9') {
            return WISMO_DECLINED;
        }

        v = v * 10 + (s->data[i] - '0');
    }

    *value = v;

    return WISMO_OK;
}


static int
wismo_time_iso_offset(const wismo_str_t *s, size_t at, int16_t *offset)
{
    int     hours, minutes;
    size_t  left;

    left = s->len - at;
    minutes = 0;

    if ((s->data[at] != '+' && s->data[at] != '-')
        || wismo_time_digits(s, at + 1, 2, &hours) != WISMO_OK)
    {
        return WISMO_DECLINED;
    }

    if (left == 6 && s->data[at + 3] == ':') {

        if (wismo_time_digits(s, at + 4, 2, &minutes) != WISMO_OK) {
            return WISMO_DECLINED;
        }

    } else if (left == 5) {

        if (wismo_time_digits(s, at + 3, 2, &minutes) != WISMO_OK) {
            return WISMO_DECLINED;
        }

    } else if (left != 3) {
        return WISMO_DECLINED;
    }

    if (minutes > 59 || hours * 60 + minutes > WISMO_OFFSET_MAX) {
        return WISMO_DECLINED;
    }

    minutes += hours * 60;
    *offset = (int16_t) (s->data[at] == '-' ? -minutes : minutes);

    return WISMO_OK;
}


static void
wismo_time_unknown(wismo_when_t *when)
{
    when->utc = WISMO_TIME_NONE;
    when->wall = WISMO_TIME_NONE;
    when->offset = WISMO_OFFSET_NONE;
    when->basis = WISMO_BASIS_UNKNOWN;
}


void
wismo_time_local(wismo_when_t *when, int64_t wall, int16_t offset,
    wismo_basis_e basis)
{
    int64_t  clock;

    wismo_time_unknown(when);

    if (wall < WISMO_TIME_FIRST || wall > WISMO_TIME_LAST) {
        return;
    }

    if (offset != WISMO_OFFSET_NONE
        && (offset < -WISMO_OFFSET_MAX || offset > WISMO_OFFSET_MAX))
    {
        offset = WISMO_OFFSET_NONE;
    }

    switch (basis) {

    case WISMO_BASIS_UTC:
        when->offset = 0;
        break;

    case WISMO_BASIS_OFFSET:
    case WISMO_BASIS_ZONE:

        if (offset == WISMO_OFFSET_NONE) {
            basis = WISMO_BASIS_LOCAL;
            break;
        }

        when->offset = offset;
        break;

    case WISMO_BASIS_LOCAL:
        break;

    case WISMO_BASIS_DATE:
        clock = wall % WISMO_DAY;
        wall -= clock < 0 ? clock + WISMO_DAY : clock;
        break;

    default:
        return;
    }

    when->wall = wall;
    when->basis = (uint8_t) basis;

    if (when->offset != WISMO_OFFSET_NONE) {
        when->utc = wall - (int64_t) when->offset * 60;
    }
}


void
wismo_time_sane(wismo_when_t *when, int64_t now)
{
    int64_t  t, last;

    t = when->utc != WISMO_TIME_NONE ? when->utc : when->wall;
    last = now < INT64_MAX - 366 * WISMO_DAY ? now + 366 * WISMO_DAY : now;

    if (t < WISMO_TIME_2000 || t > last) {
        wismo_time_unknown(when);
    }
}


const char *
wismo_time_basis(wismo_basis_e basis)
{
    if ((unsigned) basis > WISMO_BASIS_DATE) {
        return wismo_time_bases[WISMO_BASIS_UNKNOWN];
    }

    return wismo_time_bases[basis];
}


wismo_basis_e
wismo_time_basis_of(const wismo_str_t *name)
{
    int  i;

    for (i = WISMO_BASIS_UTC; i <= WISMO_BASIS_DATE; i++) {
        if (wismo_str_is(name, wismo_time_bases[i])) {
            return (wismo_basis_e) i;
        }
    }

    return WISMO_BASIS_UNKNOWN;
}


void
wismo_time_out_utc(wismo_out_t *out, int64_t t)
{
    unsigned char  buf[WISMO_TIME_UTC_LEN];
    wismo_civil_t  c;

    wismo_time_civil(t, &c);

    wismo_time_pad_date(buf, &c);
    wismo_time_pad_clock(buf + 10, &c);
    buf[19] = 'Z';

    wismo_out_bytes(out, buf, WISMO_TIME_UTC_LEN);
}


void
wismo_time_out_wall(wismo_out_t *out, int64_t wall)
{
    unsigned char  buf[WISMO_TIME_WALL_LEN];

    wismo_time_wall(buf, wall);
    wismo_out_bytes(out, buf, WISMO_TIME_WALL_LEN);
}


void
wismo_time_wall(unsigned char *buf, int64_t wall)
{
    wismo_civil_t  c;

    wismo_time_civil(wall, &c);

    wismo_time_pad_date(buf, &c);
    wismo_time_pad_clock(buf + WISMO_TIME_DATE_LEN, &c);
}


void
wismo_time_out_date(wismo_out_t *out, int64_t wall)
{
    unsigned char  buf[10];
    wismo_civil_t  c;

    wismo_time_civil(wall, &c);
    wismo_time_pad_date(buf, &c);

    wismo_out_bytes(out, buf, 10);
}


static void
wismo_time_pad_date(unsigned char *p, const wismo_civil_t *c)
{
    wismo_time_two(p, (unsigned) c->year / 100);
    wismo_time_two(p + 2, (unsigned) c->year % 100);
    p[4] = '-';
    wismo_time_two(p + 5, (unsigned) c->month);
    p[7] = '-';
    wismo_time_two(p + 8, (unsigned) c->day);
}


static void
wismo_time_pad_clock(unsigned char *p, const wismo_civil_t *c)
{
    p[0] = 'T';
    wismo_time_two(p + 1, (unsigned) c->hour);
    p[3] = ':';
    wismo_time_two(p + 4, (unsigned) c->minute);
    p[6] = ':';
    wismo_time_two(p + 7, (unsigned) c->second);
}
