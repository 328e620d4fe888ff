
/*
 * Copyright (C) The Wismo authors
 *
 * Looks at a report before it is merged.  Called for each reply and push that
 * could be read; whoever calls counts the doubts and keeps the bytes for the
 * operator.
 *
 * It must never take anything from what is stored: a list that has become
 * shorter is worth a look, and no more than that.
 */


#include "fetch_doubt.h"


#define FETCH_DOUBT_DAY      86400

/* carriers' clocks, and zones they forget, are off by less than a day ... */
#define FETCH_DOUBT_AHEAD    FETCH_DOUBT_DAY

/* ... but not a day and a month that were swapped */
#define FETCH_DOUBT_NEVER    (31 * FETCH_DOUBT_DAY)

/* a number that is given out again was another order's before */
#define FETCH_DOUBT_OLD      (365 * FETCH_DOUBT_DAY)

/* a wall clock without its zone may be that far ahead of UTC */
#define FETCH_DOUBT_EAST     (14 * 3600)


static int64_t fetch_doubt_at(const wismo_when_t *when);


int
fetch_doubt(wismo_pool_t *pool, const wismo_order_t *order,
    wismo_report_t *said, unsigned before, int64_t now, const char **why)
{
    bool            last;
    int64_t         t, newest;
    unsigned        i, n, ahead, never, old;
    wismo_event_t  *events;

    *why = NULL;

    ahead = 0;
    never = 0;
    old = 0;
    last = false;
    newest = WISMO_TIME_NONE;

    for (i = 0; i < said->nevents; i++) {
        t = fetch_doubt_at(&said->events[i].when);

        if (t == WISMO_TIME_NONE) {
            continue;
        }

        ahead += (t > now + FETCH_DOUBT_AHEAD);
        never += (t > now + FETCH_DOUBT_NEVER);
        old += (order->placed_at != WISMO_TIME_NONE
                && t < order->placed_at - FETCH_DOUBT_OLD);

        if (newest == WISMO_TIME_NONE || t > newest) {
            newest = t;
            last = (t > now + FETCH_DOUBT_NEVER);
        }
    }

    if (ahead) {
        *why = "an event is more than a day ahead";

    } else if (old) {
        *why = "an event is a year older than its order";

    } else if (said->nevents < before) {
        *why = "there are fewer events than last time";
    }

    if (never + old == 0) {
        return WISMO_OK;
    }

    /* all of it is about another parcel */

    if (old == said->nevents) {
        memset(said, 0, sizeof(wismo_report_t));
        said->weight_g = -1;
        said->edd.from = WISMO_TIME_NONE;
        said->edd.to = WISMO_TIME_NONE;
        said->edd.date = WISMO_TIME_NONE;
        wismo_time_local(&said->pickup_by, WISMO_TIME_NONE, WISMO_OFFSET_NONE,
                         WISMO_BASIS_UNKNOWN);
        return WISMO_OK;
    }

    events = wismo_palloc(pool, said->nevents * sizeof(wismo_event_t));

    if (events == NULL) {
        return WISMO_ERROR;
    }

    n = 0;

    for (i = 0; i < said->nevents; i++) {
        t = fetch_doubt_at(&said->events[i].when);

        if (t == WISMO_TIME_NONE
            || (t <= now + FETCH_DOUBT_NEVER
                && (order->placed_at == WISMO_TIME_NONE
                    || t >= order->placed_at - FETCH_DOUBT_OLD)))
        {
            events[n++] = said->events[i];
        }
    }

    said->events = events;
    said->nevents = n;

    if (last) {
        said->status = NULL;
        said->delivered_to = WISMO_TO_NONE;
    }

    return WISMO_OK;
}


/* The instant, or the earliest that a wall clock may have been. */

static int64_t
fetch_doubt_at(const wismo_when_t *when)
{
    if (when->utc != WISMO_TIME_NONE) {
        return when->utc;
    }

    return when->wall != WISMO_TIME_NONE ? when->wall - FETCH_DOUBT_EAST
                                         : WISMO_TIME_NONE;
}
