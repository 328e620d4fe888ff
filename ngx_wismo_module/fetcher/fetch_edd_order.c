
/*
 * Copyright (C) The Wismo authors
 *
 * Orders and the prediction: what it is told of a parcel, our own estimates
 * of an order, and the delivery that is learnt.  Called by every commit.
 *
 * The merchant's promise and the carrier's estimate are never touched here,
 * nor does an estimate change unless the order has.
 */


#include "fetch_commit_int.h"
#include "fetch_edd.h"
#include "wismo_edd_days.h"

#include <stdio.h>


#define FETCH_EDD_DAY        INT64_C(86400)


static void fetch_edd_facts(const wismo_order_t *order,
    const wismo_parcel_t *parcel, const wismo_calendars_t *calendars,
    wismo_edd_parcel_t *facts);
static void fetch_edd_places(const wismo_order_t *order,
    const wismo_calendars_t *calendars, const wismo_days_t **from,
    const wismo_days_t **to);
static int64_t fetch_edd_wall(const wismo_days_t *days, int64_t t);
static int64_t fetch_edd_printed(const wismo_days_t *days,
    const wismo_when_t *when);
static void fetch_edd_clock(const wismo_days_t *days, int64_t t,
    int16_t *offset);
static void fetch_edd_own(wismo_own_t *own, wismo_own_t *first,
    const wismo_calendars_t *calendars, const wismo_edd_parcel_t *facts,
    wismo_own_e reason, int64_t now, int64_t wall, bool today);
static bool fetch_edd_open(const wismo_parcel_t *parcel);
static int64_t fetch_edd_midnight(int64_t t);
static void fetch_edd_stated(char *buf, size_t size, const wismo_own_t *own,
    wismo_own_e reason, int64_t moment);


/* What the prediction knows of a parcel: its moments by the clock of the place
 * where they were.  "parcel" may be NULL. */

static void
fetch_edd_facts(const wismo_order_t *order, const wismo_parcel_t *parcel,
    const wismo_calendars_t *calendars, wismo_edd_parcel_t *facts)
{
    unsigned              i;
    const wismo_days_t   *from, *to;
    const wismo_event_t  *e;

    memset(facts, 0, sizeof(wismo_edd_parcel_t));

    fetch_edd_places(order, calendars, &from, &to);

    facts->id = order->number;
    facts->origin = order->lane_from;
    facts->destination = order->lane_to;
    facts->purchased = fetch_edd_wall(from, order->placed_at);
    facts->promised = order->promised_days
                      ? order->promised_until
                      : fetch_edd_wall(to, order->promised_until);
    facts->shipped = WISMO_TIME_NONE;
    facts->delivered = WISMO_TIME_NONE;

    if (parcel == NULL) {
        return;
    }

    facts->carrier = parcel->carrier;
    facts->service = parcel->service;

    /* newest first */

    for (i = 0; i < parcel->nevents; i++) {
        e = &parcel->events[i];

        if (e->when.wall == WISMO_TIME_NONE || e->return_leg) {
            continue;
        }

        if (e->status->milestone >= 2) {
            facts->shipped = fetch_edd_printed(from, &e->when);
        }

        if (parcel->delivered && e->status->status == WISMO_DELIVERED) {
            facts->delivered = fetch_edd_printed(to, &e->when);
        }
    }

    /* the carrier's first scan is when it was handed over; the shop may only
     * have printed a label */

    if (facts->shipped == WISMO_TIME_NONE) {
        facts->shipped = parcel->milestone >= 2
                         ? fetch_edd_wall(from, parcel->shipped_at)
                         : WISMO_TIME_NONE;
    }

    if (facts->shipped != WISMO_TIME_NONE && facts->shipped <= 0) {
        facts->shipped = WISMO_TIME_NONE;
    }
}


static void
fetch_edd_places(const wismo_order_t *order,
    const wismo_calendars_t *calendars, const wismo_days_t **from,
    const wismo_days_t **to)
{
    wismo_str_t  place[2];

    wismo_order_places(order, &place[0], &place[1]);

    *from = wismo_calendars_at(calendars, WISMO_DAYS_WAREHOUSE,
                               &order->lane_from, &place[0]);
    *to = wismo_calendars_at(calendars, WISMO_DAYS_DESTINATION,
                             order->lane_to.len ? &order->lane_to
                                                : &order->country, &place[1]);
}


static int64_t
fetch_edd_wall(const wismo_days_t *days, int64_t t)
{
    return t > 0 ? wismo_days_wall(days, t) : t;
}


/* As the carrier printed it, which is mostly by the clock of the place. */

static int64_t
fetch_edd_printed(const wismo_days_t *days, const wismo_when_t *when)
{
    return when->basis == WISMO_BASIS_UTC ? fetch_edd_wall(days, when->utc)
                                          : when->wall;
}


/*
 * A shop that writes UTC has said nothing of the clock that its buyer goes by,
 * and an evening of theirs may be another day: it is told by the clock where
 * the order goes to.  But the first second of a day, and its last minute, are
 * how systems write a day.
 */

void
fetch_edd_clocks(wismo_order_t *order, const wismo_calendars_t *calendars)
{
    const wismo_days_t  *from, *to;

    fetch_edd_places(order, calendars, &from, &to);

    fetch_edd_clock(to, order->placed_at, &order->placed_offset);

    if (!order->promised_days) {
        fetch_edd_clock(to, order->promised_from, &order->from_offset);
        fetch_edd_clock(to, order->promised_until, &order->until_offset);
    }
}


static void
fetch_edd_clock(const wismo_days_t *days, int64_t t, int16_t *offset)
{
    if (*offset == 0 && t > 0 && t % FETCH_EDD_DAY != 0
        && t % FETCH_EDD_DAY < FETCH_EDD_DAY - 60)
    {
        *offset = (int16_t) ((fetch_edd_wall(days, t) - t) / 60);
    }
}


void
fetch_edd_estimate(wismo_order_t *order, const wismo_calendars_t *calendars,
    int64_t now)
{
    bool                 open;
    int64_t              wall;
    unsigned             i;
    wismo_own_t         *latest;
    wismo_own_e          reason;
    wismo_parcel_t      *p;
    wismo_edd_parcel_t   facts;
    const wismo_days_t  *from, *to;

    if (fetch_edd_model(NULL) == NULL) {
        return;
    }

    fetch_edd_places(order, calendars, &from, &to);
    wall = wismo_days_wall(to, now);

    latest = NULL;
    open = false;

    for (i = 0; i < order->nparcels; i++) {
        p = &order->parcels[i];

        if (!fetch_edd_open(p)) {
            p->own.reason = WISMO_OWN_NONE;
            continue;
        }

        open = true;
        fetch_edd_facts(order, p, calendars, &facts);

        if (p->status->severity > WISMO_GREEN) {
            reason = WISMO_OWN_EXCEPTION;

        } else if (facts.shipped == WISMO_TIME_NONE) {
            reason = WISMO_OWN_PURCHASE;

        } else if (p->own.reason == WISMO_OWN_NONE
                   || p->own.reason == WISMO_OWN_PURCHASE)
        {
            reason = WISMO_OWN_HANDOVER;

        } else {
            reason = WISMO_OWN_EVENT;
        }

        fetch_edd_own(&p->own, &p->own_first, calendars, &facts, reason, now,
                      wall, p->status->status == WISMO_OUT_FOR_DELIVERY);

        if (p->own.reason != WISMO_OWN_NONE
            && (latest == NULL || p->own.to > latest->to))
        {
            latest = &p->own;
        }
    }

    /* before anything is shipped the order itself has one */

    if (order->nparcels == 0 && !order->cancelled) {
        fetch_edd_facts(order, NULL, calendars, &facts);
        fetch_edd_own(&order->own, &order->own_first, calendars, &facts,
                      WISMO_OWN_PURCHASE, now, wall, false);
        return;
    }

    if (latest && open) {
        order->own = *latest;

        if (order->own_first.reason == WISMO_OWN_NONE) {
            order->own_first = order->own;
        }

    } else {
        order->own.reason = WISMO_OWN_NONE;
    }
}


/* Only what is on its way to the buyer will come. */

static bool
fetch_edd_open(const wismo_parcel_t *parcel)
{
    return parcel->leg == WISMO_LEG_OUTBOUND
           && parcel->status && !parcel->status->final && !parcel->delivered
           && parcel->status->status != WISMO_READY_FOR_PICKUP
           && parcel->status->status != WISMO_RETURNING
           && parcel->status->status != WISMO_CANCELLED;
}


static void
fetch_edd_own(wismo_own_t *own, wismo_own_t *first,
    const wismo_calendars_t *calendars, const wismo_edd_parcel_t *facts,
    wismo_own_e reason, int64_t now, int64_t wall, bool today)
{
    int64_t             day;
    wismo_own_t         new;
    wismo_edd_range_t   range;
    wismo_edd_stage_e   stage;

    stage = (facts->shipped != WISMO_TIME_NONE) ? WISMO_EDD_HANDOVER
                                                : WISMO_EDD_PURCHASE;

    if (wismo_edd_expect(fetch_edd_model(NULL), calendars, facts, stage, wall,
                         &range)
        != WISMO_OK)
    {
        own->reason = WISMO_OWN_NONE;
        return;
    }

    day = fetch_edd_midnight(stage == WISMO_EDD_HANDOVER ? facts->shipped
                                                         : facts->purchased);

    new.reason = reason;
    new.from = day + range.from * FETCH_EDD_DAY;
    new.to = day + range.to * FETCH_EDD_DAY;
    new.at = now;
    new.coverage = (int) (WISMO_EDD_COVERAGE * 100 + 0.5);

    /* on the van: whatever others took */

    if (today && new.to > fetch_edd_midnight(wall) + FETCH_EDD_DAY) {
        new.to = fetch_edd_midnight(wall) + FETCH_EDD_DAY;

        if (new.from > new.to) {
            new.from = new.to;
        }
    }

    if (own->reason == WISMO_OWN_NONE || own->from != new.from
        || own->to != new.to)
    {
        *own = new;
    }

    if (first->reason == WISMO_OWN_NONE) {
        *first = *own;
    }
}


int
fetch_edd_log(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_change_t *change, unsigned *appended)
{
    int                    n;
    char                   stated[2][48], times[4][24], *text;
    unsigned               i, k;
    fetch_args_t           args;
    wismo_edd_parcel_t     f;
    const wismo_parcel_t  *p, *was;

    for (i = 0; i < change->order->nparcels; i++) {
        p = &change->order->parcels[i];

        if (!p->delivered) {
            continue;
        }

        was = change->before ? fetch_commit_find(change->before, p) : NULL;

        if (was && was->delivered) {
            continue;
        }

        fetch_edd_facts(change->order, p,
                        fetch_calendars(r->conf->calendars, change->now), &f);

        if (f.delivered == WISMO_TIME_NONE || f.destination.len == 0
            || (f.purchased == WISMO_TIME_NONE
                && f.shipped == WISMO_TIME_NONE))
        {
            continue;
        }

        fetch_edd_stated(stated[0], sizeof(stated[0]),
                         &change->order->own_first, WISMO_OWN_PURCHASE,
                         f.purchased);
        fetch_edd_stated(stated[1], sizeof(stated[1]), &p->own_first,
                         WISMO_OWN_HANDOVER, f.shipped);

        const int64_t  t[] = {
            f.purchased, f.shipped, f.delivered, f.promised
        };

        for (k = 0; k < 4; k++) {
            times[k][0] = '\0';

            if (t[k] != WISMO_TIME_NONE) {
                snprintf(times[k], sizeof(times[k]), "%lld",
                         (long long) t[k]);
            }
        }

        text = wismo_palloc(pool, 512);

        if (text == NULL) {
            return WISMO_ERROR;
        }

        n = snprintf(text, 512, "%.*s\t%.*s\t%.*s\t%.*s\t%s\t%s\t%s\t%s\t"
                     "%s\t%s",
                     (int) (f.carrier.len < 64 ? f.carrier.len : 64),
                     (char *) f.carrier.data,
                     (int) (f.service.len < 64 ? f.service.len : 64),
                     f.service.len ? (char *) f.service.data : "",
                     (int) f.origin.len,
                     f.origin.len ? (char *) f.origin.data : "",
                     (int) f.destination.len, (char *) f.destination.data,
                     times[0], times[1], times[2], times[3], stated[0],
                     stated[1]);

        fetch_args_init(&args, pool, 8);
        fetch_args_text(&args, "XADD");
        fetch_args_text(&args, WISMO_KEY_EDD_LOG);
        fetch_args_text(&args, "MAXLEN");
        fetch_args_text(&args, "~");
        fetch_args_number(&args, WISMO_EDD_LOG_MAX);
        fetch_args_text(&args, "*");
        fetch_args_text(&args, "d");
        fetch_args_add(&args, text, (n > 0 && n < 512) ? (size_t) n : 0);

        if (args.failed
            || fetch_redis_append(r, (int) args.n, args.argv) != WISMO_OK)
        {
            return WISMO_ERROR;
        }

        (*appended)++;
    }

    return WISMO_OK;
}


/* What was stated at a moment, in days after it, "" if nothing was. */

static void
fetch_edd_stated(char *buf, size_t size, const wismo_own_t *own,
    wismo_own_e reason, int64_t moment)
{
    snprintf(buf, size, "\t");

    if (own->reason == reason && moment != WISMO_TIME_NONE) {
        snprintf(buf, size, "%lld\t%lld",
                 (long long) ((own->from - fetch_edd_midnight(moment))
                              / FETCH_EDD_DAY),
                 (long long) ((own->to - fetch_edd_midnight(moment))
                              / FETCH_EDD_DAY));
    }
}


static int64_t
fetch_edd_midnight(int64_t t)
{
    return t - ((t % FETCH_EDD_DAY) + FETCH_EDD_DAY) % FETCH_EDD_DAY;
}
