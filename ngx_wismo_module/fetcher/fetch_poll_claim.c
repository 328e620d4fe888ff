
/*
 * Copyright (C) The Wismo authors
 *
 * The first steps of a parcel's way: claims what is due, as many parcels as
 * the carrier may be asked about now, and loads what is stored of them, in one
 * round trip.  Called by fetch_poll.c in each turn of the loop, for each lane.
 * What is claimed and not asked about is found again when its lease is over.
 */


#include "fetch_poll_int.h"
#include "fetch_crash.h"

#include <stdlib.h>


#define FETCH_POLL_POOL      (64 * 1024 * 1024)
#define FETCH_POLL_CLAIM     512              /* parcels at once */
#define FETCH_POLL_SPREAD    10000            /* ms, after a pause */


static int fetch_poll_claim(fetch_lane_t *lane, unsigned room, int64_t now);
static fetch_poll_t *fetch_poll_first(fetch_lane_t *lane);
static void fetch_poll_put_back(fetch_lane_t *lane, int64_t next,
    int64_t now);
static int fetch_poll_load(fetch_lane_t *lane, fetch_poll_t **polls,
    unsigned npolls, int64_t now);
static unsigned fetch_poll_siblings(fetch_ask_t *const *asks, unsigned n);
static fetch_poll_t *fetch_poll_make(fetch_lane_t *lane,
    const fetch_claim_t *claims, unsigned n);
static int fetch_poll_numbers(fetch_poll_t *poll, int64_t now);


int
fetch_poll_fill(fetch_lane_t *lane, int64_t now)
{
    int            rc;
    unsigned       room;
    fetch_poll_t  *poll;

    if ((lane->nwaiting == 0 && lane->schedule.earliest > now)
        || fetch_lane_full(lane, now))
    {
        return WISMO_OK;
    }

    lane->fill_at = 0;

    room = fetch_quota_take(&lane->quota, lane->lanes->redis,
                            FETCH_LANE_REQUESTS - lane->flying, now);

    if (room == 0) {

        /* a pause may be longer than a lease */

        if (fetch_quota_closed(&lane->quota, now)) {
            fetch_poll_put_back(lane, fetch_quota_closed(&lane->quota, now),
                                now);
        }

        return lane->lanes->redis->c ? WISMO_OK : WISMO_ERROR;
    }

    rc = WISMO_OK;

    if (lane->nwaiting < room && lane->schedule.earliest <= now) {
        rc = fetch_poll_claim(lane, room - lane->nwaiting, now);
    }

    while (rc == WISMO_OK && room && lane->waiting) {
        poll = fetch_poll_first(lane);

        room--;
        lane->flying++;
        fetch_poll_ask(poll);
    }

    fetch_quota_give(&lane->quota, lane->lanes->redis, room);

    return rc;
}


/*
 * Where there are no limits more are claimed than can be asked about at once:
 * one round trip costs both sides as much as several polls.
 */

static int
fetch_poll_claim(fetch_lane_t *lane, unsigned room, int64_t now)
{
    int             got, rc;
    unsigned        i, n, npolls;
    fetch_poll_t   *polls[FETCH_LANE_REQUESTS + FETCH_LANE_AHEAD];
    wismo_pool_t    pool;
    fetch_claim_t   claims[FETCH_POLL_CLAIM];

    if (lane->quota.nlimits == 0 && lane->quota.openings == 0) {
        room += FETCH_LANE_AHEAD;
    }

    n = room * lane->batch;

    if (n > FETCH_POLL_CLAIM) {
        n = FETCH_POLL_CLAIM;
    }

    wismo_pool_init(&pool, FETCH_POLL_POOL, NULL, NULL);

    got = fetch_schedule_claim(&lane->schedule, lane->lanes->redis, &pool,
                               claims, n, now);
    npolls = 0;
    rc = (got < 0) ? WISMO_ERROR : WISMO_OK;

    fetch_crash("claimed");

    for (i = 0; (int) i < got; i += lane->batch) {
        n = (unsigned) got - i;

        polls[npolls] = fetch_poll_make(lane, claims + i,
                                        n < lane->batch ? n : lane->batch);

        if (polls[npolls] == NULL) {
            break;
        }

        npolls++;
    }

    wismo_pool_done(&pool);

    if (rc == WISMO_OK) {
        rc = fetch_poll_load(lane, polls, npolls, now);
    }

    fetch_crash("loaded");

    for (i = 0; i < npolls; i++) {

        if (rc != WISMO_OK || fetch_poll_numbers(polls[i], now) == 0) {
            fetch_poll_free(polls[i]);
            continue;
        }

        *lane->last = polls[i];
        lane->last = &polls[i]->next;
        lane->nwaiting++;
    }

    return rc;
}


static fetch_poll_t *
fetch_poll_first(fetch_lane_t *lane)
{
    fetch_poll_t  *poll;

    poll = lane->waiting;
    lane->waiting = poll->next;
    lane->nwaiting--;

    if (lane->waiting == NULL) {
        lane->last = &lane->waiting;
    }

    return poll;
}


/* All that wait are due now, or later at "next", ms, but not all at once. */

static void
fetch_poll_put_back(fetch_lane_t *lane, int64_t next, int64_t now)
{
    unsigned       i;
    fetch_poll_t  *poll;

    while (lane->waiting) {
        poll = fetch_poll_first(lane);

        for (i = 0; i < poll->nasks; i++) {
            if (poll->asks[i].state == FETCH_ASK_READY) {
                fetch_ask_later(lane, &poll->pool, &poll->asks[i], false,
                                (next > now) ? next + fetch_poll_spread(lane)
                                             : now, now);
            }
        }

        fetch_poll_free(poll);
    }
}


void
fetch_poll_drop(fetch_lanes_t *lanes)
{
    int64_t   now;
    unsigned  i;

    now = fetch_redis_time(lanes->redis);

    for (i = 0; i < lanes->n; i++) {
        fetch_poll_put_back(lanes->lane[i], now, now);
    }

    do {
        (void) fetch_poll_again(lanes);
        (void) fetch_redis_flush(lanes->redis);
    } while (lanes->again);
}


int64_t
fetch_poll_spread(const fetch_lane_t *lane)
{
    return (int64_t) fetch_random(FETCH_POLL_SPREAD / lane->lanes->conf->scale
                                  + 1);
}


static int
fetch_poll_load(fetch_lane_t *lane, fetch_poll_t **polls, unsigned npolls,
    int64_t now)
{
    int            rc;
    unsigned       i, k, n;
    fetch_ask_t   *asks[FETCH_POLL_CLAIM];
    wismo_pool_t  *pools[FETCH_POLL_CLAIM];

    n = 0;

    for (i = 0; i < npolls; i++) {
        for (k = 0; k < polls[i]->nasks; k++) {
            asks[n] = &polls[i]->asks[k];
            pools[n++] = &polls[i]->pool;
        }
    }

    rc = WISMO_OK;

    for (i = 0; i < n && rc == WISMO_OK; i += k) {
        k = fetch_poll_siblings(asks + i, n - i);
        rc = fetch_ask_append(lane, pools[i], asks + i, k);
    }

    for (i = 0; i < n && rc == WISMO_OK; i += k) {
        k = fetch_poll_siblings(asks + i, n - i);
        rc = fetch_ask_load(lane, pools + i, asks + i, k, now);
    }

    for (i = 0; i < n && rc == WISMO_OK; i++) {
        if (fetch_ask_wants(asks[i])) {
            rc = fetch_ask_document_append(lane, pools[i], asks[i]);
        }
    }

    for (i = 0; i < n && rc == WISMO_OK; i++) {
        if (fetch_ask_wants(asks[i])) {
            rc = fetch_ask_document(lane, pools[i], asks[i]);
        }
    }

    if (rc != WISMO_OK) {
        fetch_redis_lost(lane->lanes->redis, "there is no memory");
    }

    return rc;
}


/* Those that begin with parcels of one order: claims are sorted. */

static unsigned
fetch_poll_siblings(fetch_ask_t *const *asks, unsigned n)
{
    unsigned  k;

    for (k = 1; k < n; k++) {
        if (!wismo_str_eq(&asks[0]->claim.order, &asks[k]->claim.order)) {
            break;
        }
    }

    return k;
}


static fetch_poll_t *
fetch_poll_make(fetch_lane_t *lane, const fetch_claim_t *claims, unsigned n)
{
    unsigned       i;
    fetch_poll_t  *poll;

    poll = calloc(1, sizeof(fetch_poll_t));

    if (poll == NULL) {
        return NULL;
    }

    poll->lane = lane;
    wismo_pool_init(&poll->pool, FETCH_POLL_POOL, NULL, NULL);

    poll->asks = wismo_pcalloc(&poll->pool, n * sizeof(fetch_ask_t));
    poll->numbers = wismo_pcalloc(&poll->pool, n * sizeof(wismo_str_t));
    poll->handles = wismo_pcalloc(&poll->pool, n * sizeof(wismo_str_t));
    poll->nasks = n;

    if (poll->asks == NULL || poll->numbers == NULL || poll->handles == NULL) {
        fetch_poll_free(poll);
        return NULL;
    }

    for (i = 0; i < n; i++) {
        poll->asks[i].done = fetch_poll_settled;
        poll->asks[i].poll = poll;

        if (wismo_pstrdup(&poll->pool, &poll->asks[i].claim.order,
                          &claims[i].order) != WISMO_OK
            || wismo_pstrdup(&poll->pool, &poll->asks[i].claim.parcel,
                             &claims[i].parcel) != WISMO_OK
            || wismo_pstrdup(&poll->pool, &poll->asks[i].claim.lease,
                             &claims[i].lease) != WISMO_OK)
        {
            fetch_poll_free(poll);
            return NULL;
        }
    }

    return poll;
}


void
fetch_poll_free(fetch_poll_t *poll)
{
    wismo_pool_done(&poll->pool);
    free(poll);
}


/* The numbers to ask about, each once, though it may be in several orders. */

static int
fetch_poll_numbers(fetch_poll_t *poll, int64_t now)
{
    unsigned      i, k;
    fetch_ask_t  *ask;

    for (i = 0; i < poll->nasks; i++) {
        ask = &poll->asks[i];

        if (ask->state != FETCH_ASK_READY) {
            fetch_ask_drop(poll->lane, &poll->pool, ask, now);
            continue;
        }

        for (k = 0; k < poll->nnumbers; k++) {
            if (wismo_str_eq(&poll->numbers[k], &ask->number)) {
                break;
            }
        }

        if (k == poll->nnumbers) {
            poll->numbers[poll->nnumbers++] = ask->number;
        }

        if (k >= poll->nhandles && ask->handle.len) {
            poll->numbers[k] = poll->numbers[poll->nhandles];
            poll->numbers[poll->nhandles] = ask->number;
            poll->handles[poll->nhandles++] = ask->handle;
        }
    }

    return (int) poll->nnumbers;
}
