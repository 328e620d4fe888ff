
/*
 * Copyright (C) The Wismo authors
 *
 * Days as somebody's calendar has them: when each begins, and on which of them
 * nobody works.  Pure arithmetic over tables that the fetcher compiles from
 * zones and calendars; of whom nothing is known, not even where, works from
 * Monday to Friday, in UTC.
 */


#ifndef _WISMO_DAYS_H_INCLUDED_
#define _WISMO_DAYS_H_INCLUDED_


#include "wismo_core.h"
#include "wismo_time.h"


#define WISMO_DAY_SECONDS    INT64_C(86400)
#define WISMO_DAYS_WEEK      0x3e     /* bit n: weekday n, Sunday is 0 */

#define WISMO_DAY_REST       0x01     /* nobody works */
#define WISMO_DAY_HOLIDAY    0x02     /* though the weekday is a working one */


/*
 * "offset", "flags" and "cutoff" have an entry for each of "n" days from day
 * "first" on (days since 1970).  A day begins at day * 86400 - offset.  What
 * is before or behind goes by the nearest day's offset and the week.
 */

typedef struct {
    int64_t                   first;
    unsigned                  n;
    const int32_t            *offset;     /* seconds east of UTC */
    const uint8_t            *flags;
    const int16_t            *cutoff;     /* minutes after which what is done
                                             is the next day's; 0: none */
    int                       usual;      /* the same of all, without that */
    unsigned                  week;       /* days that are worked */
} wismo_days_t;


/* Whose days they are, and which they go by. */

typedef enum {
    WISMO_DAYS_WAREHOUSE = 0,             /* a place, where it is sent from */
    WISMO_DAYS_CARRIER,                   /* its name */
    WISMO_DAYS_DESTINATION,               /* a place */
    WISMO_DAYS_KINDS
} wismo_days_e;

typedef struct {
    wismo_days_e              kind;
    wismo_str_t               name;       /* "DE-BE", "ups"; "*": of all */
    wismo_days_t              days;
    bool                      local;      /* by the clock of each place */
} wismo_calendar_t;

/* Days of a place by its own clock: those of the calendar, or its country's
 * week if that is NULL.  NULL: nobody knows the place. */
typedef const wismo_days_t *(*wismo_days_local_pt)(void *data,
    const wismo_calendar_t *calendar, const wismo_str_t *place);

typedef struct {
    wismo_calendar_t         *calendars;
    unsigned                  n;
    wismo_days_local_pt       local;      /* may be NULL */
    void                     *data;
} wismo_calendars_t;

/* The one whose name says most about "name", or NULL; and its days. */
const wismo_calendar_t *wismo_calendars_best(const wismo_calendars_t *all,
    wismo_days_e kind, const wismo_str_t *name);
const wismo_days_t *wismo_calendars_find(const wismo_calendars_t *all,
    wismo_days_e kind, const wismo_str_t *name);

/* The days by which "name" goes at "place": as that says, or the place's own
 * where there is no calendar. */
const wismo_days_t *wismo_calendars_at(const wismo_calendars_t *all,
    wismo_days_e kind, const wismo_str_t *name, const wismo_str_t *place);

/* "DE-BE-10115" is in "DE", in "DE-BE" and in "DE-BE-10". */
bool wismo_days_place_in(const wismo_str_t *place, const wismo_str_t *in);


/* "days" may be NULL in all of these. */

/* When the day begins, and the day of an instant. */
int64_t wismo_days_start(const wismo_days_t *days, int64_t day);
int64_t wismo_days_of(const wismo_days_t *days, int64_t t);

bool wismo_days_works(const wismo_days_t *days, int64_t day);
bool wismo_days_holiday(const wismo_days_t *days, int64_t day);

/* The day itself if it is worked, else the next one that is. */
int64_t wismo_days_next(const wismo_days_t *days, int64_t day);

/* The instant of a wall clock of this calendar's place, and the other way. */
int64_t wismo_days_instant(const wismo_days_t *days, int64_t wall);
int64_t wismo_days_wall(const wismo_days_t *days, int64_t t);

/*
 * When "seconds" of working days have passed since "from": a working day
 * counts from midnight to midnight, any other not at all.
 */
int64_t wismo_days_after(const wismo_days_t *days, int64_t from,
    int64_t seconds);

/* The day on which what is done at "wall" is worked on: the next one if the
 * cut-off has passed, and one that is worked. */
int64_t wismo_days_taken(const wismo_days_t *days, int64_t wall);


static inline int64_t
wismo_day(int64_t wall)
{
    return wall / WISMO_DAY_SECONDS - (wall % WISMO_DAY_SECONDS < 0);
}


#endif /* _WISMO_DAYS_H_INCLUDED_ */
