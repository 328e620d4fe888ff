
/*
 * Copyright (C) The Wismo authors
 *
 * Arithmetic with working days (wismo_days.h).  Called by the clock's rules,
 * by the prediction and by the fetcher.
 *
 * It must never run through more days than a threshold can be long: whatever
 * a table says, even that nobody ever works, ends.
 */


#include "wismo_days.h"


#define WISMO_DAYS_MAX       1500     /* in a row */


const wismo_days_t *
wismo_calendars_find(const wismo_calendars_t *all, wismo_days_e kind,
    const wismo_str_t *name)
{
    const wismo_calendar_t  *best;

    best = wismo_calendars_best(all, kind, name);

    return best ? &best->days : NULL;
}


const wismo_calendar_t *
wismo_calendars_best(const wismo_calendars_t *all, wismo_days_e kind,
    const wismo_str_t *name)
{
    size_t                   len;
    unsigned                 i;
    const wismo_calendar_t  *c, *best;

    best = NULL;
    len = 0;

    for (i = 0; all && i < all->n; i++) {
        c = &all->calendars[i];

        if (c->kind != kind) {
            continue;
        }

        if (wismo_str_is(&c->name, "*")) {
            best = best ? best : c;
            continue;
        }

        if (c->name.len > len
            && (kind == WISMO_DAYS_CARRIER
                ? wismo_str_eq(&c->name, name)
                : wismo_days_place_in(name, &c->name)))
        {
            best = c;
            len = c->name.len;
        }
    }

    return best;
}


const wismo_days_t *
wismo_calendars_at(const wismo_calendars_t *all, wismo_days_e kind,
    const wismo_str_t *name, const wismo_str_t *place)
{
    const wismo_days_t      *days;
    const wismo_calendar_t  *calendar;

    calendar = wismo_calendars_best(all, kind, name);
    days = NULL;

    if (all && all->local && (calendar == NULL || calendar->local)) {
        days = all->local(all->data, calendar, place);
    }

    return days ? days : calendar ? &calendar->days : NULL;
}


bool
wismo_days_place_in(const wismo_str_t *place, const wismo_str_t *in)
{
    size_t  i, dashes;

    if (place->len < in->len
        || (in->len && memcmp(place->data, in->data, in->len) != 0))
    {
        return false;
    }

    if (place->len == in->len || place->data[in->len] == '-') {
        return true;
    }

    /* of a postcode its beginning will do */

    dashes = 0;

    for (i = 0; i < in->len; i++) {
        dashes += (in->data[i] == '-');
    }

    return dashes == 2 && in->data[in->len - 1] != '-';
}


static int64_t
wismo_days_offset(const wismo_days_t *days, int64_t day)
{
    if (days == NULL || days->n == 0 || days->offset == NULL) {
        return 0;
    }

    if (day < days->first) {
        return days->offset[0];
    }

    if (day >= days->first + (int64_t) days->n) {
        return days->offset[days->n - 1];
    }

    return days->offset[day - days->first];
}


static unsigned
wismo_days_flags(const wismo_days_t *days, int64_t day)
{
    unsigned  weekday, week;

    if (days && day >= days->first && day < days->first + (int64_t) days->n) {
        return days->flags[day - days->first];
    }

    /* 1970 began on a Thursday */

    weekday = (unsigned) (((day + 4) % 7 + 7) % 7);
    week = days ? days->week : WISMO_DAYS_WEEK;

    return (week >> weekday) & 1 ? 0 : WISMO_DAY_REST;
}


int64_t
wismo_days_start(const wismo_days_t *days, int64_t day)
{
    return day * WISMO_DAY_SECONDS - wismo_days_offset(days, day);
}


int64_t
wismo_days_of(const wismo_days_t *days, int64_t t)
{
    int64_t  day;

    day = wismo_day(t + wismo_days_offset(days, wismo_day(t)));

    /* where the offset changes, or a zone has left a day out */

    while (wismo_days_start(days, day) > t) {
        day--;
    }

    while (wismo_days_start(days, day + 1) <= t) {
        day++;
    }

    return day;
}


bool
wismo_days_works(const wismo_days_t *days, int64_t day)
{
    return (wismo_days_flags(days, day) & WISMO_DAY_REST) == 0;
}


bool
wismo_days_holiday(const wismo_days_t *days, int64_t day)
{
    return (wismo_days_flags(days, day) & WISMO_DAY_HOLIDAY) != 0;
}


int64_t
wismo_days_next(const wismo_days_t *days, int64_t day)
{
    unsigned  i;

    for (i = 0; i < WISMO_DAYS_MAX; i++) {
        if (wismo_days_works(days, day + i)) {
            return day + i;
        }
    }

    return day;
}


int64_t
wismo_days_instant(const wismo_days_t *days, int64_t wall)
{
    int64_t  t, day, next;

    day = wismo_day(wall);
    t = wall - wismo_days_offset(days, day);
    next = wismo_days_start(days, day + 1);

    /* a day on which the clock changes is shorter, or goes by the next one's
     * offset in the end; where exactly is not in the table, and noon is
     * always behind it */

    if (wall - day * WISMO_DAY_SECONDS >= WISMO_DAY_SECONDS / 2) {
        t = wall - wismo_days_offset(days, day + 1);
    }

    return t < next ? t : next - 1;
}


/* As that: noon is behind any change of the clock. */

int64_t
wismo_days_wall(const wismo_days_t *days, int64_t t)
{
    int64_t  day, wall;

    day = wismo_days_of(days, t);
    wall = t + wismo_days_offset(days, day + 1);

    if (wall - day * WISMO_DAY_SECONDS < WISMO_DAY_SECONDS / 2) {
        wall = t + wismo_days_offset(days, day);
    }

    if (wall < day * WISMO_DAY_SECONDS) {
        return day * WISMO_DAY_SECONDS;
    }

    return wall < (day + 1) * WISMO_DAY_SECONDS
           ? wall : (day + 1) * WISMO_DAY_SECONDS - 1;
}


int64_t
wismo_days_after(const wismo_days_t *days, int64_t from, int64_t seconds)
{
    int64_t   t, day, end;
    unsigned  i;

    t = from;
    day = wismo_days_of(days, from);

    for (i = 0; i < WISMO_DAYS_MAX; i++) {
        end = wismo_days_start(days, day + 1);

        if (wismo_days_works(days, day)) {

            if (seconds <= end - t) {
                return t + seconds;
            }

            seconds -= end - t;
        }

        t = end;
        day++;
    }

    return t + seconds;
}


int64_t
wismo_days_taken(const wismo_days_t *days, int64_t wall)
{
    int      cutoff;
    int64_t  day;

    day = wismo_day(wall);

    if (days && day >= days->first && day < days->first + (int64_t) days->n) {
        cutoff = days->cutoff ? days->cutoff[day - days->first]
                              : days->usual;

        if (cutoff && (wall - day * WISMO_DAY_SECONDS) / 60 >= cutoff) {
            day++;
        }
    }

    return wismo_days_next(days, day);
}
