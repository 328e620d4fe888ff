
/*
 * Copyright (C) The Wismo authors
 *
 * Pulling parcels forward, from letters (fetch_letter.c).  Limits, pauses and
 * leases stay what they are: a date is moved, nothing is asked here.  Nothing
 * here may change a document, and what gets lost is only a date.
 */


#include "fetch_attention.h"
#include "fetch_args.h"

#include <stdlib.h>


#define FETCH_ATTENTION_HINT  300             /* s between questions */
#define FETCH_ATTENTION_LOOK  2000            /* ms between looks */
#define FETCH_ATTENTION_LATE  256             /* hints that are kept */
#define FETCH_ATTENTION_POOL  (64 * 1024 * 1024)


/*
 * Hints about what was being asked just then, a ring: the oldest make way.  A
 * lease is over after its time, whatever became of the question.
 */

typedef struct {
    const fetch_carrier_t    *carrier;
    int64_t                   until;
    size_t                    order_len;
    size_t                    number_len;
    unsigned char             order[WISMO_ORDER_NUMBER_MAX];
    unsigned char             number[WISMO_TRACKING_MAX];
} fetch_hint_t;


typedef struct fetch_hints_s  fetch_hints_t;

struct fetch_hints_s {
    fetch_hint_t              hint[FETCH_ATTENTION_LATE];
    unsigned                  first;
    unsigned                  n;
    int64_t                   look_at;
};


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
    int64_t                   until;          /* a hint is kept, 0: new */
} fetch_attention_t;


static fetch_letter_e fetch_attention(fetch_attention_t *a);
static int fetch_attention_parcels(fetch_attention_t *a,
    const wismo_order_t *order);
static fetch_letter_e fetch_attention_move(fetch_attention_t *a);
static void fetch_attention_moved(fetch_attention_t *a, unsigned i,
    int64_t at);
static void fetch_attention_late(const fetch_attention_t *a);
static bool fetch_attention_again(fetch_lanes_t *lanes,
    const fetch_hint_t *hint);


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

        } else if (reply->element[i]->type == REDIS_REPLY_INTEGER
                   && reply->element[i]->integer < 0 && a->carrier)
        {
            fetch_attention_late(a);
            break;
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


static void
fetch_attention_late(const fetch_attention_t *a)
{
    int64_t         until;
    fetch_hint_t   *hint;
    fetch_hints_t  *hints;

    if (a->order->len > WISMO_ORDER_NUMBER_MAX
        || a->number->len > WISMO_TRACKING_MAX)
    {
        return;
    }

    until = a->until ? a->until
                     : fetch_redis_time(a->lanes->redis) + FETCH_LEASE;

    hints = a->lanes->hints;

    if (hints == NULL) {
        hints = calloc(1, sizeof(fetch_hints_t));
        if (hints == NULL) {
            return;
        }

        a->lanes->hints = hints;
    }

    if (hints->n == FETCH_ATTENTION_LATE) {
        hints->first = (hints->first + 1) % FETCH_ATTENTION_LATE;
        hints->n--;
    }

    hint = &hints->hint[(hints->first + hints->n++) % FETCH_ATTENTION_LATE];

    hint->carrier = a->carrier;
    hint->until = until;
    hint->order_len = a->order->len;
    hint->number_len = a->number->len;
    memcpy(hint->order, a->order->data, a->order->len);
    memcpy(hint->number, a->number->data, a->number->len);
}


void
fetch_attention_turn(fetch_lanes_t *lanes)
{
    int64_t         now;
    unsigned        n;
    fetch_hint_t    hint;
    fetch_hints_t  *hints;

    hints = lanes->hints;

    if (hints == NULL || hints->n == 0 || lanes->redis->c == NULL) {
        return;
    }

    now = fetch_redis_time(lanes->redis);

    if (now < hints->look_at) {
        return;
    }

    hints->look_at = now + FETCH_ATTENTION_LOOK;

    /* those that are still too early are put behind the others */

    for (n = hints->n; n > 0; n--) {
        hint = hints->hint[hints->first];
        hints->first = (hints->first + 1) % FETCH_ATTENTION_LATE;
        hints->n--;

        if (now < hint.until && !fetch_attention_again(lanes, &hint)) {
            break;
        }
    }
}


static bool
fetch_attention_again(fetch_lanes_t *lanes, const fetch_hint_t *hint)
{
    wismo_str_t         order, number;
    wismo_pool_t        pool;
    fetch_letter_e      rc;
    fetch_attention_t   a;

    order.data = (unsigned char *) hint->order;
    order.len = hint->order_len;
    number.data = (unsigned char *) hint->number;
    number.len = hint->number_len;

    memset(&a, 0, sizeof(fetch_attention_t));

    wismo_pool_init(&pool, FETCH_ATTENTION_POOL, NULL, NULL);

    a.lanes = lanes;
    a.pool = &pool;
    a.order = &order;
    a.carrier = hint->carrier;
    a.number = &number;
    a.until = hint->until;

    rc = fetch_attention(&a);

    if (rc != FETCH_LETTER_DONE) {
        fetch_attention_late(&a);
    }

    wismo_pool_done(&pool);

    return rc != FETCH_LETTER_DOWN;
}


void
fetch_attention_done(fetch_lanes_t *lanes)
{
    free(lanes->hints);
    lanes->hints = NULL;
}
