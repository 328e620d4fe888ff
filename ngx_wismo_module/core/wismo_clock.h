
/*
 * Copyright (C) The Wismo authors
 *
 * What time itself brings: a parcel that is not handed over, not scanned,
 * not delivered in time, not collected (docs/exceptions.md).  Rules and a
 * pure function of the order, the thresholds, the calendars and the time; the
 * fetcher calls it in every commit, and again when the next threshold will
 * be passed.
 */


#ifndef _WISMO_CLOCK_H_INCLUDED_
#define _WISMO_CLOCK_H_INCLUDED_


#include "wismo_days.h"
#include "wismo_order.h"


#define WISMO_CLOCK_RULES_MAX    256
#define WISMO_CLOCK_LIMIT_MAX    (366 * WISMO_DAY_SECONDS)


typedef enum {
    WISMO_CLOCK_NOT_DISPATCHED = 0,
    WISMO_CLOCK_NO_FIRST_SCAN,
    WISMO_CLOCK_NO_FIRST_SCAN_AGAIN,
    WISMO_CLOCK_STALLED,
    WISMO_CLOCK_OUT_FOR_DELIVERY,
    WISMO_CLOCK_CUSTOMS,
    WISMO_CLOCK_AWAITING,
    WISMO_CLOCK_PAST_PROMISE,
    WISMO_CLOCK_PICKUP_KEPT,
    WISMO_CLOCK_PICKUP_REMINDER,
    WISMO_CLOCK_PICKUP_LAST_CALL,
    WISMO_CLOCK_EXPIRED,
    WISMO_CLOCK_LIMITS
} wismo_clock_e;


typedef struct wismo_clock_s  wismo_clock_t;


/*
 * The thresholds: the defaults, and over them those of "json", an object as
 * in docs/exceptions.md; NULL: the defaults alone.  All texts stay in "json".
 * WISMO_DECLINED: err->at is a JSON pointer.
 */
int wismo_clock_create(wismo_pool_t *pool, const json_t *json,
    wismo_clock_t **clock, wismo_error_t *err);

/* The same for a file's text, which is only checked: err->line is set where
 * it is no JSON. */
int wismo_clock_check(wismo_pool_t *pool, const wismo_str_t *text,
    wismo_error_t *err);

/* Which days are worked, and when they begin; NULL, as at the beginning:
 * Monday to Friday, by UTC. */
void wismo_clock_calendars(wismo_clock_t *clock,
    const wismo_calendars_t *calendars);

/* What holds for this parcel (NULL: before there is one), by wismo_clock_e:
 * seconds, or -1 for never. */
void wismo_clock_limits(const wismo_clock_t *clock,
    const wismo_order_t *order, const wismo_parcel_t *parcel,
    int64_t limits[WISMO_CLOCK_LIMITS]);


/*
 * Raises and clears: "status" and "raised" of each parcel become what they are
 * at "now", and the order is rolled up.  Returns when something may change by
 * time alone, or WISMO_TIME_NONE.  Without a clock all is as reported.
 */
int64_t wismo_clock_order(const wismo_clock_t *clock, wismo_order_t *order,
    int64_t now);

/*
 * What is to be expected of the order, given its estimates: order->outlook.
 * Returns when that may change; then our own estimate is to be made anew.
 */
int64_t wismo_clock_outlook(const wismo_clock_t *clock, wismo_order_t *order,
    int64_t now);


/* The earlier one; WISMO_TIME_NONE is none. */

static inline int64_t
wismo_clock_sooner(int64_t a, int64_t b)
{
    if (a == WISMO_TIME_NONE || b == WISMO_TIME_NONE) {
        return a == WISMO_TIME_NONE ? b : a;
    }

    return a < b ? a : b;
}


#endif /* _WISMO_CLOCK_H_INCLUDED_ */
