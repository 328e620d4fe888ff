
/*
 * Copyright (C) The Wismo authors
 *
 * Each order has a date in a schedule of its own, set by the commit that
 * changes it.  When the date has come, the order is looked at with what the
 * configuration says now, and erased as if somebody had asked for it, or gets
 * another date.  A turn does little, so that nothing else waits for it.
 *
 * What does not change any more and has no date, since it came before there
 * were dates, is forgotten by Redis when its time to live is over.
 */


#include "fetch_retention.h"
#include "fetch_args.h"
#include "fetch_customer.h"
#include "fetch_dead.h"
#include "fetch_log.h"

#include <stdio.h>


#define FETCH_RETENTION_POOL     (32 * 1024 * 1024)
#define FETCH_RETENTION_APART    100          /* ms between turns */
#define FETCH_RETENTION_TRIM     3600000      /* ms */
#define FETCH_RETENTION_SEEN     86400        /* s: whatever is written is
                                                 there for so long */
#define FETCH_RETENTION_COUNTED  (26 * 3600)
#define FETCH_RETENTION_HOUR     3600000


static int64_t fetch_retention_at(const fetch_config_t *conf,
    const wismo_order_t *order);
static const fetch_kept_t *fetch_retention_of(const fetch_config_t *conf,
    const wismo_str_t *brand);
static int64_t fetch_retention_event(const wismo_order_t *order);
static int fetch_retention_one(fetch_retention_t *keeper, wismo_pool_t *pool,
    const fetch_claim_t *claim, int64_t now);
static int fetch_retention_later(fetch_retention_t *keeper,
    wismo_pool_t *pool, const fetch_claim_t *claim, int64_t at);
static void fetch_retention_trim(fetch_retention_t *keeper, int64_t now);


const wismo_str_t  fetch_retention_name = wismo_string(WISMO_DUE_RETENTION);


static const fetch_kept_t *
fetch_retention_of(const fetch_config_t *conf, const wismo_str_t *brand)
{
    unsigned             i;
    const fetch_kept_t  *all;

    static const fetch_kept_t  usual = {
        { 0, NULL }, FETCH_KEPT_FINAL, FETCH_KEPT_OPEN
    };

    all = &usual;

    for (i = 0; conf && i < conf->nkept; i++) {

        if (conf->kept[i].brand.len == 0) {
            all = &conf->kept[i];

        } else if (wismo_str_eq(&conf->kept[i].brand, brand)) {
            return &conf->kept[i];
        }
    }

    return all;
}


/* By the calendar: "scale" is for intervals between questions.  After the
 * last event of what has arrived or was cancelled, else the last change. */

static int64_t
fetch_retention_at(const fetch_config_t *conf, const wismo_order_t *order)
{
    bool                 final;
    int64_t              event;
    unsigned             i;
    const fetch_kept_t  *kept;

    kept = fetch_retention_of(conf, &order->brand);
    final = (order->nparcels != 0 || order->cancelled);

    for (i = 0; i < order->nparcels; i++) {

        /* what was never sent back is not waited for */

        if (order->parcels[i].leg == WISMO_LEG_RETURN
            && order->parcels[i].milestone == 0)
        {
            continue;
        }

        if (!order->parcels[i].status || !order->parcels[i].status->final) {
            final = order->cancelled;
        }
    }

    if (!final) {
        return order->updated_at + kept->open;
    }

    event = fetch_retention_event(order);

    if (event == WISMO_TIME_NONE || event > order->updated_at) {
        event = order->updated_at;
    }

    return event + kept->final;
}


int64_t
fetch_retention_from(const fetch_config_t *conf, const wismo_order_t *order,
    int64_t now)
{
    int64_t  at, soonest;

    at = fetch_retention_at(conf, order);
    soonest = now + FETCH_RETENTION_SEEN;

    return at > soonest ? at : soonest;
}


bool
fetch_retention_stays(const fetch_config_t *conf, const wismo_order_t *before,
    const wismo_order_t *order, int64_t now)
{
    int64_t  at;

    if (before == NULL || before->version == 0) {
        return false;
    }

    at = fetch_retention_at(conf, order);

    return at > now + FETCH_RETENTION_SEEN
           && at / WISMO_DAY_SECONDS
              == fetch_retention_at(conf, before) / WISMO_DAY_SECONDS;
}


static int64_t
fetch_retention_event(const wismo_order_t *order)
{
    int64_t              t, last;
    unsigned             i, k;
    const wismo_when_t  *when;

    last = WISMO_TIME_NONE;

    for (i = 0; i < order->nparcels; i++) {
        for (k = 0; k < order->parcels[i].nevents; k++) {
            when = &order->parcels[i].events[k].when;
            t = (when->utc != WISMO_TIME_NONE) ? when->utc : when->wall;

            if (t > last) {
                last = t;
            }
        }
    }

    return last;
}


void
fetch_retention_init(fetch_retention_t *keeper, fetch_redis_t *redis)
{
    memset(keeper, 0, sizeof(fetch_retention_t));

    keeper->redis = redis;

    fetch_schedule_init(&keeper->schedule, &fetch_retention_name);
}


int64_t
fetch_retention_next_at(const fetch_retention_t *keeper)
{
    int64_t  next;

    next = keeper->schedule.earliest;

    return next > keeper->again_at ? next : keeper->again_at;
}


void
fetch_retention_turn(fetch_retention_t *keeper, int64_t now)
{
    int            n;
    unsigned       i;
    wismo_pool_t   pool;
    fetch_claim_t  claims[FETCH_RETENTION_ORDERS];

    if (now - keeper->trimmed_at > FETCH_RETENTION_TRIM) {
        keeper->trimmed_at = now;
        fetch_retention_trim(keeper, now);
    }

    if (fetch_retention_next_at(keeper) > now) {
        return;
    }

    keeper->again_at = now + FETCH_RETENTION_APART;

    wismo_pool_init(&pool, FETCH_RETENTION_POOL, NULL, NULL);

    n = fetch_schedule_claim(&keeper->schedule, keeper->redis, &pool, claims,
                             FETCH_RETENTION_ORDERS, now);

    /* one that is left alone is due again when the lease is over */

    for (i = 0; n > 0 && i < (unsigned) n; i++) {
        if (fetch_retention_one(keeper, &pool, &claims[i], now) != WISMO_OK) {
            break;
        }
    }

    wismo_pool_done(&pool);
}


static int
fetch_retention_one(fetch_retention_t *keeper, wismo_pool_t *pool,
    const fetch_claim_t *claim, int64_t now)
{
    bool             found;
    int64_t          at;
    fetch_erased_t   erased;
    fetch_stored_t   stored;

    switch (fetch_load(keeper->redis, pool, &claim->order, &stored)) {

    case WISMO_OK:
        break;

    case WISMO_DECLINED:
        stored.found = false;
        break;

    default:
        return WISMO_ERROR;
    }

    if (stored.found) {
        at = fetch_retention_at(keeper->redis->conf, &stored.order) * 1000;

        if (at > now) {
            return fetch_retention_later(keeper, pool, claim, at);
        }
    }

    if (fetch_erase_traces(keeper->redis, pool, &claim->order, NULL, &found,
                           &erased)
        != FETCH_COMMIT_DONE)
    {
        return WISMO_ERROR;
    }

    keeper->erased++;
    keeper->counted++;

    return WISMO_OK;
}


/* The configuration is another one than when the date was set. */

static int
fetch_retention_later(fetch_retention_t *keeper, wismo_pool_t *pool,
    const fetch_claim_t *claim, int64_t at)
{
    unsigned      bucket;
    redisReply   *reply;
    wismo_str_t   member;
    fetch_args_t  args;

    bucket = wismo_bucket(&claim->order);

    if (fetch_member(pool, &claim->order, &claim->parcel, &member)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    fetch_args_init(&args, pool, 5);
    fetch_args_due(&args, bucket, &fetch_retention_name);
    fetch_args_key(&args, wismo_key_ledger, &claim->order);
    fetch_args_add(&args, member.data, member.len);
    fetch_args_add(&args, claim->lease.data, claim->lease.len);
    fetch_args_number(&args, at);

    reply = args.failed ? NULL
            : fetch_redis_script(keeper->redis, FETCH_SCRIPT_TOLD, 2,
                                 (int) args.n, args.argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    freeReplyObject(reply);

    fetch_schedule_note(&keeper->schedule, bucket, at);

    return WISMO_OK;
}


/* A stream in which something is always dead would never end by itself. */

static void
fetch_retention_trim(fetch_retention_t *keeper, int64_t now)
{
    char          key[WISMO_INBOXES][WISMO_KEY_MAX], id[24];
    unsigned      i;
    wismo_str_t   argv[4];

    wismo_str_set(&argv[0], "XTRIM");
    wismo_str_set(&argv[2], "MINID");
    argv[3].data = (unsigned char *) id;
    argv[3].len = (size_t) snprintf(id, sizeof(id), "%lld",
                                    (long long) (now - FETCH_DEAD_TTL
                                                       * INT64_C(1000)));

    for (i = 0; i < WISMO_INBOXES; i++) {
        argv[1].data = (unsigned char *) key[i];
        argv[1].len = wismo_key_dead(key[i], i);

        if (fetch_redis_defer(keeper->redis, 4, argv) != WISMO_OK) {
            return;
        }
    }
}


void
fetch_retention_tell(fetch_retention_t *keeper, int64_t now)
{
    char          counts[WISMO_KEY_MAX], codes[WISMO_KEY_MAX];
    wismo_pool_t  pool;
    fetch_args_t  args;

    if (keeper->counted) {
        wismo_pool_init(&pool, 8192, NULL, NULL);

        fetch_args_init(&args, &pool, 7);
        fetch_args_add(&args, counts,
                       wismo_key_counts(counts, &fetch_retention_name,
                                        now / FETCH_RETENTION_HOUR));
        fetch_args_add(&args, codes,
                       wismo_key_unmapped(codes, &fetch_retention_name));
        fetch_args_number(&args, FETCH_RETENTION_COUNTED);
        fetch_args_number(&args, FETCH_RETENTION_COUNTED);
        fetch_args_number(&args, 1);
        fetch_args_text(&args, "gone");
        fetch_args_number(&args, (int64_t) keeper->counted);

        if (!args.failed
            && fetch_redis_defer_script(keeper->redis, FETCH_SCRIPT_COUNT, 2,
                                        (int) args.n, args.argv)
               == WISMO_OK)
        {
            keeper->counted = 0;
        }

        wismo_pool_done(&pool);
    }

    if (keeper->erased == 0) {
        return;
    }

    fetch_log(FETCH_INFO, "%llu orders were erased, as their time was over",
              (unsigned long long) keeper->erased);

    keeper->erased = 0;
}
