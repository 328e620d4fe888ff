
/*
 * Copyright (C) The Wismo authors
 *
 * Thresholds in the schedule.  Each commit of an order leaves the time of its
 * next threshold (core/wismo_clock.h), in the same step; when that has come
 * the order is claimed like a parcel that is due, looked at again and
 * committed under the lease.  Called by the fetcher's loop.
 *
 * Nothing is decided here: what a threshold means is the core's matter, and
 * whoever commits an order for another reason finds the same.
 */


#include "fetch_clock.h"

#include "fetch_log.h"
#include "fetch_touch.h"


#define FETCH_CLOCK_ORDERS   32               /* in one turn */
#define FETCH_CLOCK_POOL     (64 * 1024 * 1024)
#define FETCH_CLOCK_BROKEN   86400            /* s, until it is tried again */


typedef struct {
    fetch_clock_t            *clock;
    fetch_claim_t             claim;
    fetch_stored_t            stored;
    fetch_change_t            change;
} fetch_clock_order_t;


static const wismo_str_t  fetch_clock_parcel = { 0, (unsigned char *) "" };

const wismo_str_t  fetch_clock_name = wismo_string(WISMO_DUE_CLOCK);


static void fetch_clock_commit(fetch_clock_order_t *o, wismo_pool_t *pool,
    int64_t now);
static void fetch_clock_leave(fetch_clock_order_t *o, int64_t next);
static void fetch_clock_committed(void *data, const redisReply *reply);


int
fetch_clock_args(wismo_pool_t *pool, const fetch_change_t *change,
    fetch_args_t *args, unsigned key)
{
    wismo_str_t  member;

    if (fetch_member(pool, &change->order->number, &fetch_clock_parcel,
                     &member)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    fetch_args_number(args, key);
    fetch_args_add(args, member.data, member.len);

    if (change->clock == WISMO_TIME_NONE) {
        fetch_args_text(args, "-");

    } else {
        fetch_args_number(args, change->clock * 1000);
    }

    return WISMO_OK;
}


void
fetch_clock_init(fetch_clock_t *clock, fetch_redis_t *redis)
{
    clock->redis = redis;

    fetch_schedule_init(&clock->schedule, &fetch_clock_name);
}


int64_t
fetch_clock_next_at(const fetch_clock_t *clock)
{
    return clock->schedule.earliest;
}


int
fetch_clock(fetch_clock_t *clock)
{
    int                   n, i, rc;
    int64_t               now;
    wismo_pool_t          pool;
    fetch_claim_t         claims[FETCH_CLOCK_ORDERS];
    fetch_clock_order_t   orders[FETCH_CLOCK_ORDERS];

    now = fetch_redis_time(clock->redis);

    if (fetch_clock_next_at(clock) > now) {
        return WISMO_OK;
    }

    wismo_pool_init(&pool, FETCH_CLOCK_POOL, NULL, NULL);

    n = fetch_schedule_claim(&clock->schedule, clock->redis, &pool, claims,
                             FETCH_CLOCK_ORDERS, now);

    rc = n < 0 ? WISMO_ERROR : WISMO_OK;

    /* what is left alone is due again when its lease is over */

    for (i = 0; rc == WISMO_OK && i < n; i++) {
        rc = fetch_load_append(clock->redis, &pool, &claims[i].order);
    }

    for (i = 0; rc == WISMO_OK && i < n; i++) {
        memset(&orders[i], 0, sizeof(fetch_clock_order_t));

        orders[i].clock = clock;
        orders[i].claim = claims[i];

        rc = fetch_load_reply(clock->redis, &pool, &claims[i].order,
                              &orders[i].stored);

        if (rc == WISMO_DECLINED) {
            memset(&orders[i].stored.order, 0, sizeof(wismo_order_t));
            rc = WISMO_OK;
        }
    }

    for (i = 0; rc == WISMO_OK && i < n; i++) {
        fetch_clock_commit(&orders[i], &pool, now / 1000);
    }

    /* the pool holds what the replies are about */

    if (n > 0 && fetch_redis_flush(clock->redis) != WISMO_OK) {
        rc = WISMO_ERROR;
    }

    wismo_pool_done(&pool);

    return rc;
}


static void
fetch_clock_commit(fetch_clock_order_t *o, wismo_pool_t *pool, int64_t now)
{
    fetch_change_t  *change;

    /* it was erased */

    if (!o->stored.found) {
        fetch_clock_leave(o, -1);
        return;
    }

    if (o->stored.order.number.len == 0) {
        fetch_log(FETCH_ERR, "the document of an order in bucket %u can't be "
                  "read: %s", wismo_bucket(&o->claim.order),
                  o->stored.error.text);
        fetch_clock_leave(o, (now + FETCH_CLOCK_BROKEN) * 1000);
        return;
    }

    change = &o->change;

    change->order = &o->stored.order;
    change->before = &o->stored.before;
    change->bytes = o->stored.bytes;
    change->again = true;
    change->lease_carrier = &fetch_clock_name;
    change->lease_parcel = &fetch_clock_parcel;
    change->lease = o->claim.lease;
    change->now = now;

    (void) fetch_commit_defer(o->clock->redis, pool, change,
                              fetch_clock_committed, o);
}


static void
fetch_clock_leave(fetch_clock_order_t *o, int64_t next)
{
    fetch_touch_t    touch;
    fetch_touches_t  touches;

    memset(&touch, 0, sizeof(fetch_touch_t));

    touch.order = &o->claim.order;
    touch.carrier = &fetch_clock_name;
    touch.parcel = &fetch_clock_parcel;
    touch.lease = o->claim.lease;
    touch.next = next;

    fetch_touches_init(&touches, o->clock->redis);

    if (fetch_touch(&touches, &touch) == WISMO_OK) {
        (void) fetch_touches_send(&touches);
    }

    fetch_touches_done(&touches);
}


static void
fetch_clock_committed(void *data, const redisReply *reply)
{
    fetch_clock_order_t *o = data;

    /* who was faster has looked at the clock as well, and left a date */

    if (fetch_commit_done(&o->change, reply) == FETCH_COMMIT_DONE
        && o->change.clock != WISMO_TIME_NONE)
    {
        fetch_schedule_note(&o->clock->schedule,
                            wismo_bucket(&o->claim.order),
                            o->change.clock * 1000);
    }
}
