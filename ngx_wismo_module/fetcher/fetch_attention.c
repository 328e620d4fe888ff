
/*
 * Copyright (C) The Wismo authors
 *
 * Pulling parcels forward, from letters (fetch_letter.c).  Limits, pauses and
 * leases stay what they are: a date is moved, nothing is asked here.  Nothing
 * here may change a document, and what gets lost is only a date.
 */


#include "fetch_attention.h"
#include "fetch_args.h"


#define FETCH_ATTENTION_HINT  300             /* s between questions */


typedef struct {
    fetch_lanes_t            *lanes;
    wismo_pool_t             *pool;
    const wismo_str_t        *order;
    const fetch_carrier_t    *carrier;        /* NULL: any */
    const wismo_str_t        *number;
    fetch_lane_t             *lane[WISMO_PARCELS_MAX];
    wismo_str_t               member[WISMO_PARCELS_MAX];
    int64_t                   at[WISMO_PARCELS_MAX];
    unsigned                  n;
} fetch_attention_t;


static fetch_letter_e fetch_attention(fetch_attention_t *a);
static int fetch_attention_parcels(fetch_attention_t *a,
    const wismo_order_t *order);
static fetch_letter_e fetch_attention_move(fetch_attention_t *a);
static void fetch_attention_moved(fetch_attention_t *a, unsigned i,
    int64_t at);


fetch_letter_e
fetch_attention_view(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const wismo_str_t *order)
{
    fetch_attention_t  a;

    memset(&a, 0, sizeof(fetch_attention_t));

    a.lanes = lanes;
    a.pool = pool;
    a.order = order;

    return fetch_attention(&a);
}


fetch_letter_e
fetch_attention_hint(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_carrier_t *carrier, const wismo_str_t *order,
    const wismo_str_t *number)
{
    fetch_attention_t  a;

    memset(&a, 0, sizeof(fetch_attention_t));

    a.lanes = lanes;
    a.pool = pool;
    a.order = order;
    a.carrier = carrier;
    a.number = number;

    return fetch_attention(&a);
}


static fetch_letter_e
fetch_attention(fetch_attention_t *a)
{
    int             rc;
    fetch_stored_t  stored;

    rc = fetch_load(a->lanes->redis, a->pool, a->order, &stored);

    if (rc == WISMO_ERROR) {
        return a->lanes->redis->c ? FETCH_LETTER_AGAIN : FETCH_LETTER_DOWN;
    }

    if (rc == WISMO_DECLINED || !stored.found) {
        return FETCH_LETTER_DONE;
    }

    if (fetch_attention_parcels(a, &stored.order) != WISMO_OK) {
        return FETCH_LETTER_AGAIN;
    }

    return a->n ? fetch_attention_move(a) : FETCH_LETTER_DONE;
}


static int
fetch_attention_parcels(fetch_attention_t *a, const wismo_order_t *order)
{
    int64_t          now, interval;
    unsigned         i;
    fetch_lane_t    *lane;
    wismo_parcel_t  *parcel;

    now = fetch_redis_time(a->lanes->redis);

    for (i = 0; i < order->nparcels; i++) {
        parcel = &order->parcels[i];
        lane = fetch_lane(a->lanes, &parcel->carrier);

        if (lane == NULL) {
            continue;
        }

        if (a->carrier) {

            if (lane->carrier != a->carrier
                || !wismo_str_eq(&parcel->tracking_number, a->number))
            {
                continue;
            }

            interval = FETCH_ATTENTION_HINT;

        } else {
            interval = fetch_interval_watched(parcel, now / 1000);
        }

        if (interval == 0) {
            continue;
        }

        a->at[a->n] = now;

        if (parcel->checked_at != WISMO_TIME_NONE) {
            a->at[a->n] = parcel->checked_at * 1000
                          + interval * 1000 / a->lanes->conf->scale;
        }

        a->lane[a->n] = lane;

        if (fetch_member(a->pool, a->order, &parcel->id, &a->member[a->n])
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }

        a->n++;
    }

    return WISMO_OK;
}


static fetch_letter_e
fetch_attention_move(fetch_attention_t *a)
{
    unsigned       i;
    redisReply    *reply;
    fetch_args_t   args;

    fetch_args_init(&args, a->pool, 1 + 3 * a->n);

    for (i = 0; i < a->n; i++) {
        fetch_args_due(&args, wismo_bucket(a->order),
                       &a->lane[i]->carrier->name);
    }

    fetch_args_number(&args, FETCH_LEASE);

    for (i = 0; i < a->n; i++) {
        fetch_args_add(&args, a->member[i].data, a->member[i].len);
        fetch_args_number(&args, a->at[i]);
    }

    if (args.failed) {
        return FETCH_LETTER_AGAIN;
    }

    reply = fetch_redis_script(a->lanes->redis, FETCH_SCRIPT_SOONER,
                               (int) a->n, (int) args.n, args.argv);

    if (reply == NULL) {
        return FETCH_LETTER_DOWN;
    }

    for (i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements
                && i < a->n; i++)
    {
        if (reply->element[i]->type == REDIS_REPLY_INTEGER
            && reply->element[i]->integer > 0)
        {
            fetch_attention_moved(a, i, reply->element[i]->integer);
        }
    }

    freeReplyObject(reply);

    return FETCH_LETTER_DONE;
}


static void
fetch_attention_moved(fetch_attention_t *a, unsigned i, int64_t at)
{
    unsigned       bucket;
    fetch_lane_t  *lane;

    lane = a->lane[i];
    bucket = wismo_bucket(a->order);

    fetch_schedule_note(&lane->schedule, bucket, at);

    if (at == FETCH_SOONEST) {
        fetch_schedule_want(&lane->schedule, bucket);
    }

    fetch_count(lane->count, a->carrier ? FETCH_COUNT_HINTS
                                        : FETCH_COUNT_VIEWS);
}
