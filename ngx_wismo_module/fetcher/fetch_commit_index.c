
/*
 * Copyright (C) The Wismo authors
 *
 * Around a commit: the index of tracking numbers, which lives in other slots,
 * and waking those who sleep until a date.  Called by fetch_commit.c and
 * fetch_bulk.c.  None of it may be needed for an order to be right: at worst
 * the index names an order too many, and a date is found by looking.
 */


#include "fetch_clock.h"
#include "fetch_commit_int.h"
#include "fetch_retention.h"

#include <stdio.h>


static void fetch_commit_member(fetch_args_t *args, wismo_pool_t *pool,
    const wismo_parcel_t *parcel, const wismo_str_t *order);


/* The numbers that are new to the order. */

int
fetch_commit_index(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_change_t *change, unsigned *appended)
{
    char                   key[WISMO_KEY_MAX];
    size_t                 len;
    int64_t                ttl;
    unsigned               i;
    fetch_args_t           args;
    const wismo_order_t   *order;
    const wismo_parcel_t  *parcel;

    order = change->order;

    ttl = fetch_retention_from(r->conf, order, change->now) - change->now
          + FETCH_RETENTION_GRACE;

    if (ttl < FETCH_TTL) {
        ttl = FETCH_TTL;
    }

    for (i = 0; i < order->nparcels; i++) {
        parcel = &order->parcels[i];

        if (fetch_commit_find(change->before, parcel)) {
            continue;
        }

        len = wismo_key_tracking(key, &parcel->tracking_number);

        fetch_args_init(&args, pool, 3);
        fetch_args_text(&args, "SADD");
        fetch_args_add(&args, key, len);
        fetch_commit_member(&args, pool, parcel, &order->number);

        if (args.failed || fetch_redis_append(r, 3, args.argv) != WISMO_OK) {
            return WISMO_ERROR;
        }

        fetch_args_init(&args, pool, 3);
        fetch_args_text(&args, "EXPIRE");
        fetch_args_add(&args, key, len);
        fetch_args_number(&args, ttl);

        if (args.failed || fetch_redis_append(r, 3, args.argv) != WISMO_OK) {
            return WISMO_ERROR;
        }

        *appended += 2;
    }

    return WISMO_OK;
}


int
fetch_commit_unindex(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_change_t *change, unsigned *appended)
{
    char                   key[WISMO_KEY_MAX];
    size_t                 len;
    unsigned               i;
    fetch_args_t           args;
    const wismo_parcel_t  *parcel;

    for (i = 0; change->before && i < change->before->nparcels; i++) {
        parcel = &change->before->parcels[i];

        if (fetch_commit_find(change->order, parcel)) {
            continue;
        }

        len = wismo_key_tracking(key, &parcel->tracking_number);

        fetch_args_init(&args, pool, 3);
        fetch_args_text(&args, "SREM");
        fetch_args_add(&args, key, len);
        fetch_commit_member(&args, pool, parcel, &change->before->number);

        if (args.failed || fetch_redis_append(r, 3, args.argv) != WISMO_OK) {
            return WISMO_ERROR;
        }

        (*appended)++;
    }

    return WISMO_OK;
}


/* "<carrier> <order>": two carriers may have a number in common. */

static void
fetch_commit_member(fetch_args_t *args, wismo_pool_t *pool,
    const wismo_parcel_t *parcel, const wismo_str_t *order)
{
    wismo_out_t  out;

    wismo_out_init(&out, pool, parcel->carrier.len + 1 + order->len);
    wismo_out_str(&out, &parcel->carrier);
    wismo_out_text(&out, " ");
    wismo_out_str(&out, order);

    args->failed |= out.failed;

    fetch_args_add(args, out.start, (size_t) (out.pos - out.start));
}


/* Sleeping fetchers hear of dates that others set; a poller, which holds a
 * lease, knows the date it has just set itself.  Thresholds are found by
 * looking, unless they are passed before that. */

static int
fetch_commit_wake_one(fetch_redis_t *r, wismo_pool_t *pool, unsigned bucket,
    const wismo_str_t *carrier, int64_t at, unsigned *appended)
{
    char          text[128];
    fetch_args_t  args;

    snprintf(text, sizeof(text), "%u %.*s %lld", bucket, (int) carrier->len,
             (char *) carrier->data, (long long) at);

    fetch_args_init(&args, pool, 3);
    fetch_args_text(&args, "PUBLISH");
    fetch_args_text(&args, WISMO_CHANNEL_DUE);
    fetch_args_text(&args, text);

    if (args.failed || fetch_redis_append(r, 3, args.argv) != WISMO_OK) {
        return WISMO_ERROR;
    }

    (*appended)++;

    return WISMO_OK;
}


int
fetch_commit_wake(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_change_t *change, unsigned *appended)
{
    unsigned  i, bucket;

    if (change->lease_carrier) {
        return WISMO_OK;
    }

    bucket = wismo_bucket(&change->order->number);

    for (i = 0; i < change->ndue; i++) {

        if (change->due[i].at < 0) {
            continue;
        }

        if (fetch_commit_wake_one(r, pool, bucket, change->due[i].carrier,
                                  change->due[i].at, appended)
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    if (change->clock != WISMO_TIME_NONE
        && change->clock <= change->now + FETCH_CLOCK_LOOK)
    {
        return fetch_commit_wake_one(r, pool, bucket, &fetch_clock_name,
                                     change->clock * 1000, appended);
    }

    return WISMO_OK;
}


int
fetch_drain(fetch_redis_t *r, unsigned n)
{
    redisReply  *reply;

    while (n--) {
        reply = fetch_redis_reply(r);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        freeReplyObject(reply);
    }

    return WISMO_OK;
}


/* The ledger's word for it: "<hook> <id>". */

int
fetch_commit_shop(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *number, wismo_str_t *id)
{
    char  key[WISMO_KEY_MAX];

    return fetch_redis_field(r, pool, key, wismo_key_ledger(key, number),
                             "shop", id);
}


int
fetch_commit_unshop(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *id)
{
    char           key[WISMO_KEY_MAX];
    redisReply    *reply;
    wismo_str_t    hook, rest;
    fetch_args_t   args;

    rest.data = id->len ? memchr(id->data, ' ', id->len) : NULL;

    if (rest.data == NULL) {
        return WISMO_OK;
    }

    hook.data = id->data;
    hook.len = (size_t) (rest.data - id->data);
    rest.data++;
    rest.len = id->len - hook.len - 1;

    fetch_args_init(&args, pool, 2);
    fetch_args_text(&args, "DEL");
    fetch_args_add(&args, key, wismo_key_shop(key, &hook, &rest));

    reply = args.failed ? NULL : fetch_redis_call(r, 2, args.argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    freeReplyObject(reply);

    return WISMO_OK;
}
