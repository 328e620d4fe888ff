
/*
 * Copyright (C) The Wismo authors
 *
 * What the clock raises and clears (docs/exceptions.md).  Called by the
 * fetcher in every commit, with the order as it will be written.
 *
 * It must depend on nothing but its arguments, so that whoever looks again
 * finds the same; and it must never hide what a carrier has said to be wrong:
 * only where things seem well does time speak.
 */


#include "wismo_clock_int.h"
#include "wismo_merge.h"
#include "wismo_sign.h"


#define WISMO_CLOCK_MORNING   (7 * 3600)  /* when a day's news are told */

/* Nobody is reminded on the day on which a parcel became ready. */
#define WISMO_CLOCK_PICKUP_MIN  WISMO_DAY_SECONDS


typedef struct {
    const wismo_order_t      *order;
    const wismo_parcel_t     *parcel;     /* NULL: before there is one */
    wismo_str_t               from;       /* places */
    wismo_str_t               to;
    int64_t                   now;
    const wismo_days_t       *warehouse;
    const wismo_days_t       *collects;   /* the carrier, where it begins */
    const wismo_days_t       *carrier;
    const wismo_days_t       *destination;
    int64_t                   limits[WISMO_CLOCK_LIMITS];
    int64_t                   next;
    const wismo_substatus_t  *row;        /* what is raised, or NULL */
    wismo_raised_t            raised;
} wismo_clock_case_t;


static void wismo_clock_parcel(wismo_clock_case_t *c);
static void wismo_clock_return(wismo_clock_case_t *c, int64_t heard);
static void wismo_clock_expired(wismo_clock_case_t *c, int64_t heard);
static void wismo_clock_pickup(wismo_clock_case_t *c);
static void wismo_clock_promise(wismo_clock_case_t *c);
static void wismo_clock_raise(wismo_clock_case_t *c, int64_t when,
    const wismo_substatus_t *row, unsigned level);
static int64_t wismo_clock_working(const wismo_clock_case_t *c,
    wismo_clock_e limit, const wismo_days_t *days, int64_t since);
static const wismo_substatus_t *wismo_clock_row(const char *status,
    const char *sub);
static bool wismo_clock_is(const wismo_substatus_t *row, const char *sub);
static int64_t wismo_clock_heard(const wismo_clock_case_t *c);
static int64_t wismo_clock_ready(const wismo_clock_case_t *c);
static int64_t wismo_clock_instant(const wismo_days_t *days,
    const wismo_when_t *when);
static int64_t wismo_clock_expected(const wismo_clock_case_t *c);
static void wismo_clock_edd_days(const wismo_order_t *order, int64_t *from,
    int64_t *to);
static int64_t wismo_clock_wall(const wismo_edd_t *edd, int64_t t);
static void wismo_clock_places(const wismo_clock_t *clock,
    const wismo_order_t *order, wismo_clock_case_t *c);


static inline bool
wismo_clock_is_time(int64_t t)
{
    return t > 0;
}


int64_t
wismo_clock_order(const wismo_clock_t *clock, wismo_order_t *order,
    int64_t now)
{
    int64_t              next;
    unsigned             i;
    wismo_parcel_t      *p;
    wismo_clock_case_t   c;

    if (!wismo_clock_is_time(order->added_at)) {
        order->added_at = now;
    }

    next = WISMO_TIME_NONE;

    wismo_clock_places(clock, order, &c);
    c.now = now;

    for (i = 0; i < order->nparcels; i++) {
        p = &order->parcels[i];

        if (!wismo_clock_is_time(p->added_at)) {
            p->added_at = now;
        }

        if (p->reported == NULL) {
            p->reported = p->status;
        }

        p->status = p->reported;
        memset(&p->raised, 0, sizeof(wismo_raised_t));

        if (clock == NULL || order->cancelled || p->reported == NULL
            || p->reported->final)
        {
            continue;
        }

        c.parcel = p;
        c.collects = wismo_calendars_at(clock->calendars, WISMO_DAYS_CARRIER,
                                        &p->carrier, &c.from);
        c.carrier = wismo_calendars_at(clock->calendars, WISMO_DAYS_CARRIER,
                                       &p->carrier, &c.to);
        c.next = WISMO_TIME_NONE;
        c.row = NULL;
        memset(&c.raised, 0, sizeof(wismo_raised_t));

        wismo_clock_limits(clock, order, p, c.limits);
        wismo_clock_parcel(&c);

        if (c.row) {
            p->status = c.row;
            p->raised = c.raised;
        }

        next = wismo_clock_sooner(next, c.next);
    }

    wismo_merge_rollup(order);

    if (order->nparcels || order->cancelled || clock == NULL) {
        return next;
    }

    c.parcel = NULL;
    c.collects = NULL;
    c.carrier = NULL;
    c.next = WISMO_TIME_NONE;
    c.row = NULL;
    memset(&c.raised, 0, sizeof(wismo_raised_t));

    wismo_clock_limits(clock, order, NULL, c.limits);
    wismo_clock_parcel(&c);

    if (c.row) {
        order->status = c.row;
        order->severity = c.row->severity;
        order->raised = c.raised;
    }

    return c.next;
}


static void
wismo_clock_parcel(wismo_clock_case_t *c)
{
    int64_t                   since, heard, placed;
    const wismo_parcel_t     *p;
    const wismo_substatus_t  *row;

    p = c->parcel;
    row = p ? p->reported : wismo_substatus_of(WISMO_ORDERED);

    placed = wismo_clock_is_time(c->order->placed_at) ? c->order->placed_at
                                                      : c->order->added_at;
    heard = p ? wismo_clock_heard(c) : placed;

    if (p && p->leg == WISMO_LEG_RETURN) {
        wismo_clock_return(c, heard);
        return;
    }

    switch (row->status) {

    case WISMO_ORDERED:

        if (row->act == WISMO_ACT_RECIPIENT) {
            wismo_clock_raise(c, wismo_clock_working(c, WISMO_CLOCK_AWAITING,
                                                     c->destination, heard),
                              row, 1);

        } else if (row->severity == WISMO_GREEN) {
            wismo_clock_raise(c, wismo_clock_working(c,
                                                   WISMO_CLOCK_NOT_DISPATCHED,
                                                   c->warehouse, placed),
                              wismo_clock_row("ordered", "held_up"), 1);
        }

        break;

    case WISMO_UNKNOWN:
    case WISMO_LABEL_CREATED:

        if (row->severity != WISMO_GREEN) {
            break;
        }

        since = wismo_clock_is_time(p->shipped_at) ? p->shipped_at
                : p->nevents ? heard : p->added_at;

        row = wismo_clock_row("label_created", "no_first_scan");

        wismo_clock_raise(c, wismo_clock_working(c, WISMO_CLOCK_NO_FIRST_SCAN,
                                                 c->collects, since), row, 1);
        wismo_clock_raise(c, wismo_clock_working(c,
                                               WISMO_CLOCK_NO_FIRST_SCAN_AGAIN,
                                               c->collects, since), row, 2);
        break;

    case WISMO_PICKED_UP:
    case WISMO_IN_TRANSIT:
    case WISMO_OUT_FOR_DELIVERY:

        if (wismo_clock_is(row, "customs")) {
            wismo_clock_raise(c, wismo_clock_working(c, WISMO_CLOCK_CUSTOMS,
                                                     c->destination, heard),
                              wismo_clock_row("delayed", "customs"), 1);
            break;
        }

        since = heard;

        /* a date was agreed on: until then silence is as it should be */

        if (wismo_clock_is(row, "delivery_scheduled")
            || wismo_clock_is(row, "delivery_rescheduled")
            || wismo_clock_is(row, "appointment"))
        {
            since = wismo_clock_expected(c);
            since = since > heard ? since : heard;
        }

        wismo_clock_raise(c, wismo_clock_working(c,
                                          row->status == WISMO_OUT_FOR_DELIVERY
                                          ? WISMO_CLOCK_OUT_FOR_DELIVERY
                                          : WISMO_CLOCK_STALLED,
                                          c->carrier, since),
                          wismo_clock_row("delayed", "stalled"), 1);
        break;

    case WISMO_READY_FOR_PICKUP:
        wismo_clock_pickup(c);
        break;

    case WISMO_ON_HOLD:

        if (row->act == WISMO_ACT_RECIPIENT) {
            wismo_clock_raise(c, wismo_clock_working(c, WISMO_CLOCK_AWAITING,
                                                     c->destination, heard),
                              row, 1);
        }

        break;

    default:
        break;
    }

    wismo_clock_promise(c);

    if (p && row->severity != WISMO_RED && row->status != WISMO_ORDERED) {
        wismo_clock_expired(c, heard);
    }
}


/*
 * A return is handed in when the shopper finds the time, nobody has promised
 * it and nobody collects it: only what has begun to move can stand still.
 */

static void
wismo_clock_return(wismo_clock_case_t *c, int64_t heard)
{
    const wismo_substatus_t  *row;

    row = c->parcel->reported;

    switch (row->status) {

    case WISMO_PICKED_UP:
    case WISMO_IN_TRANSIT:
    case WISMO_OUT_FOR_DELIVERY:
    case WISMO_RETURNING:

        if (wismo_clock_is(row, "customs")) {
            wismo_clock_raise(c, wismo_clock_working(c, WISMO_CLOCK_CUSTOMS,
                                                     c->destination, heard),
                              wismo_clock_row("delayed", "customs"), 1);
            break;
        }

        wismo_clock_raise(c, wismo_clock_working(c, WISMO_CLOCK_STALLED,
                                                 c->carrier, heard),
                          wismo_clock_row("delayed", "stalled"), 1);
        break;

    default:
        break;
    }

    if (wismo_leg_severity(c->parcel->leg, row) != WISMO_RED) {
        wismo_clock_expired(c, heard);
    }
}


static void
wismo_clock_expired(wismo_clock_case_t *c, int64_t heard)
{
    if (c->limits[WISMO_CLOCK_EXPIRED] >= 0 && wismo_clock_is_time(heard)) {
        wismo_clock_raise(c, heard + c->limits[WISMO_CLOCK_EXPIRED],
                          wismo_substatus_of(WISMO_EXPIRED), 1);
    }
}


/* A parcel that is ready is told of again before it goes back. */

static void
wismo_clock_pickup(wismo_clock_case_t *c)
{
    int64_t         ready, until, reminder, last;
    const int64_t  *limits;

    limits = c->limits;
    ready = wismo_clock_ready(c);
    until = wismo_clock_instant(c->destination, &c->parcel->pickup_by);

    if (until == WISMO_TIME_NONE) {

        if (ready == WISMO_TIME_NONE || limits[WISMO_CLOCK_PICKUP_KEPT] < 0) {
            return;
        }

        until = ready + limits[WISMO_CLOCK_PICKUP_KEPT];
    }

    reminder = WISMO_TIME_NONE;
    last = WISMO_TIME_NONE;

    if (limits[WISMO_CLOCK_PICKUP_REMINDER] >= 0
        && wismo_clock_is(c->parcel->reported, "waiting"))
    {
        reminder = until - limits[WISMO_CLOCK_PICKUP_REMINDER];

        if (ready != WISMO_TIME_NONE
            && reminder < ready + WISMO_CLOCK_PICKUP_MIN)
        {
            reminder = ready + WISMO_CLOCK_PICKUP_MIN;
        }
    }

    if (limits[WISMO_CLOCK_PICKUP_LAST_CALL] >= 0
        && !wismo_clock_is(c->parcel->reported, "last_call"))
    {
        last = until - limits[WISMO_CLOCK_PICKUP_LAST_CALL];
    }

    if (reminder != WISMO_TIME_NONE
        && (last == WISMO_TIME_NONE || reminder < last))
    {
        wismo_clock_raise(c, reminder,
                          wismo_clock_row("ready_for_pickup", "reminder"), 1);
    }

    wismo_clock_raise(c, last,
                      wismo_clock_row("ready_for_pickup", "last_call"), 1);
}


/* Later than promised is worth more to be known than why. */

static void
wismo_clock_promise(wismo_clock_case_t *c)
{
    int64_t                   until;
    const wismo_order_t      *order;
    const wismo_substatus_t  *row;

    order = c->order;
    row = c->parcel ? c->parcel->reported
                    : wismo_substatus_of(WISMO_ORDERED);

    /* on the van it is about to be there, unless it has been for too long */

    if (!wismo_clock_is_time(order->promised_until)
        || c->limits[WISMO_CLOCK_PAST_PROMISE] < 0
        || row->severity != WISMO_GREEN
        || row->status == WISMO_READY_FOR_PICKUP
        || (row->status == WISMO_OUT_FOR_DELIVERY && c->row == NULL))
    {
        return;
    }

    until = order->promised_until;

    if (order->promised_days) {
        until = wismo_days_start(c->destination, wismo_day(until) + 1);
    }

    wismo_clock_raise(c, until + c->limits[WISMO_CLOCK_PAST_PROMISE],
                      wismo_clock_row("delayed", "past_promise"), 1);
}


static void
wismo_clock_raise(wismo_clock_case_t *c, int64_t when,
    const wismo_substatus_t *row, unsigned level)
{
    if (when == WISMO_TIME_NONE) {
        return;
    }

    if (c->now < when) {
        c->next = wismo_clock_sooner(c->next, when);
        return;
    }

    if (c->row != row) {
        c->raised.since = when;
    }

    c->row = row;
    c->raised.level = level;
    c->raised.at = when;
}


static int64_t
wismo_clock_working(const wismo_clock_case_t *c, wismo_clock_e limit,
    const wismo_days_t *days, int64_t since)
{
    if (c->limits[limit] < 0 || !wismo_clock_is_time(since)) {
        return WISMO_TIME_NONE;
    }

    return wismo_days_after(days, since, c->limits[limit]);
}


static const wismo_substatus_t *
wismo_clock_row(const char *status, const char *sub)
{
    wismo_str_t  s[2];

    s[0] = wismo_str_of(status);
    s[1] = wismo_str_of(sub);

    return wismo_substatus(&s[0], &s[1]);
}


static bool
wismo_clock_is(const wismo_substatus_t *row, const char *sub)
{
    return strcmp(row->sub, sub) == 0;
}


/* The last sign of life; of the headline, where there are no events. */

static int64_t
wismo_clock_heard(const wismo_clock_case_t *c)
{
    int64_t                at, heard;
    unsigned               i;
    const wismo_parcel_t  *p;

    p = c->parcel;
    heard = WISMO_TIME_NONE;

    for (i = 0; i < p->nevents; i++) {
        at = wismo_clock_instant(c->destination, &p->events[i].when);

        if (at > heard) {
            heard = at;
        }
    }

    if (heard == WISMO_TIME_NONE && p->headline
        && wismo_clock_is_time(p->headline_said.at))
    {
        heard = p->headline_said.at;
    }

    if (heard == WISMO_TIME_NONE) {
        heard = wismo_clock_is_time(p->shipped_at) ? p->shipped_at
                                                   : p->added_at;
    }

    /* a clock that is ahead is no reason to wait longer */

    return heard < c->now ? heard : c->now;
}


/* When it became ready: the oldest of the newest events that say so. */

static int64_t
wismo_clock_ready(const wismo_clock_case_t *c)
{
    int64_t               at, ready;
    unsigned              i;
    const wismo_event_t  *e;

    ready = WISMO_TIME_NONE;

    for (i = 0; i < c->parcel->nevents; i++) {
        e = &c->parcel->events[i];

        if (e->status->status == WISMO_STATUS_NONE) {
            continue;
        }

        if (e->status->status != WISMO_READY_FOR_PICKUP) {
            break;
        }

        at = wismo_clock_instant(c->destination, &e->when);

        if (at != WISMO_TIME_NONE) {
            ready = at;
        }
    }

    return ready;
}


/* An instant, or the latest that it can be, or NONE. */

static int64_t
wismo_clock_instant(const wismo_days_t *days, const wismo_when_t *when)
{
    if (when->basis == WISMO_BASIS_UNKNOWN || when->wall == WISMO_TIME_NONE) {
        return WISMO_TIME_NONE;
    }

    if (when->basis == WISMO_BASIS_DATE) {
        return wismo_days_start(days, wismo_day(when->wall) + 1);
    }

    return when->utc != WISMO_TIME_NONE ? when->utc
                                        : wismo_days_instant(days, when->wall);
}


/* When the carrier's estimate is over. */

static int64_t
wismo_clock_expected(const wismo_clock_case_t *c)
{
    int64_t             t;
    const wismo_edd_t  *edd;

    edd = &c->parcel->edd;

    if (edd->basis == WISMO_BASIS_UNKNOWN) {
        return WISMO_TIME_NONE;
    }

    t = edd->to != WISMO_TIME_NONE ? edd->to
        : edd->date != WISMO_TIME_NONE ? edd->date : edd->from;

    return wismo_days_start(c->destination,
                            wismo_day(wismo_clock_wall(edd, t)) + 1);
}


/* The days on which it is expected, or NONE: ours if there are no others. */

static void
wismo_clock_edd_days(const wismo_order_t *order, int64_t *from, int64_t *to)
{
    const wismo_edd_t  *edd;

    edd = &order->edd;

    *from = WISMO_TIME_NONE;
    *to = WISMO_TIME_NONE;

    if (edd->basis == WISMO_BASIS_UNKNOWN) {

        if (order->own.reason != WISMO_OWN_NONE) {
            *from = wismo_day(order->own.from);
            *to = wismo_day(order->own.to);
        }

        return;
    }

    if (edd->from != WISMO_TIME_NONE) {
        *from = wismo_day(wismo_clock_wall(edd, edd->from));

    } else if (edd->date != WISMO_TIME_NONE) {
        *from = wismo_day(edd->date);
    }

    if (edd->to != WISMO_TIME_NONE) {
        *to = wismo_day(wismo_clock_wall(edd, edd->to));

    } else {
        *to = *from;
    }
}


static int64_t
wismo_clock_wall(const wismo_edd_t *edd, int64_t t)
{
    if (edd->offset == WISMO_OFFSET_NONE || t == WISMO_TIME_NONE
        || edd->basis == WISMO_BASIS_LOCAL || edd->basis == WISMO_BASIS_DATE)
    {
        return t;
    }

    return t + edd->offset * 60;
}


static void
wismo_clock_places(const wismo_clock_t *clock, const wismo_order_t *order,
    wismo_clock_case_t *c)
{
    memset(c, 0, sizeof(wismo_clock_case_t));

    c->order = order;

    wismo_order_places(order, &c->from, &c->to);

    if (clock) {
        c->warehouse = wismo_calendars_at(clock->calendars,
                                          WISMO_DAYS_WAREHOUSE,
                                          &order->lane_from, &c->from);
        c->destination = wismo_calendars_at(clock->calendars,
                                            WISMO_DAYS_DESTINATION,
                                            order->lane_to.len
                                            ? &order->lane_to
                                            : &order->country, &c->to);
    }
}


int64_t
wismo_clock_outlook(const wismo_clock_t *clock, wismo_order_t *order,
    int64_t now)
{
    int64_t              day, from, today, at, next, until;
    wismo_outlook_e      outlook;
    wismo_clock_case_t   c;
    const wismo_days_t  *days;

    at = WISMO_TIME_NONE;
    next = WISMO_TIME_NONE;
    outlook = WISMO_OUTLOOK_NONE;

    if (clock == NULL || order->cancelled || order->milestone > 2
        || order->status == NULL || order->status->final)
    {
        goto done;
    }

    wismo_clock_places(clock, order, &c);

    days = c.destination;
    today = wismo_days_of(days, now);

    wismo_clock_edd_days(order, &from, &day);

    /* each change of the day brings other news, told in the morning */

    if (day != WISMO_TIME_NONE && day == from && day >= today
        && order->severity == WISMO_GREEN)
    {
        if (day <= today + 1) {
            at = wismo_days_start(days, today) + WISMO_CLOCK_MORNING;
            outlook = day == today ? WISMO_OUTLOOK_TODAY
                                   : WISMO_OUTLOOK_TOMORROW;

            if (at > now) {
                next = at;
                outlook = WISMO_OUTLOOK_NONE;

            } else if (day > today) {
                next = wismo_days_start(days, day) + WISMO_CLOCK_MORNING;

            } else {
                next = wismo_days_start(days, day + 1);
            }

        } else {
            next = wismo_days_start(days, day - 1) + WISMO_CLOCK_MORNING;
        }
    }

    /* a range that has begun is another one tomorrow: it still isn't there;
     * not all of them at midnight */

    if (order->own.reason != WISMO_OWN_NONE) {
        day = wismo_day(order->own.from);
        day = wismo_days_start(days, day > today ? day : today + 1);
        day += (int64_t) (wismo_hash64(order->number.data, order->number.len,
                                       0)
                          % WISMO_CLOCK_MORNING);

        next = wismo_clock_sooner(next, day);
    }

    if (!wismo_clock_is_time(order->promised_until)
        || from == WISMO_TIME_NONE)
    {
        goto done;
    }

    until = order->promised_until;
    until = order->promised_days ? wismo_day(until)
                                 : wismo_days_of(days, until);

    if (from > until && wismo_days_start(days, until + 1) > now) {
        outlook = WISMO_OUTLOOK_LATE;
        at = now;
    }

done:

    if (outlook != order->outlook) {
        order->outlook = outlook;
        order->outlook_since = at;
    }

    if (outlook == WISMO_OUTLOOK_NONE) {
        order->outlook_since = WISMO_TIME_NONE;
    }

    return next;
}
