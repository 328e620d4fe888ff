
/*
 * Copyright (C) The Wismo authors
 *
 * Counting what became of notices.  Whoever tells (fetch_tell.c) or is told of
 * receipts (fetch_receipt.c) counts; fetch_count.c has it written.
 *
 * Nothing of a person or an order may be counted by name.
 */


#include "fetch_told.h"
#include "fetch_args.h"

#include <stdlib.h>


#define FETCH_TOLD_HOUR      3600000
#define FETCH_TOLD_TTL       (25 * 3600)
#define FETCH_TOLD_POOL      65536


static void fetch_told_write_one(fetch_redis_t *r, fetch_channel_t *channel,
    int64_t now);


static const char *const  fetch_told_names[FETCH_TOLDS] = {
    "sent", "links", "retried", "dead", "skipped", "unknown", "delivered",
    "failed", "complaints"
};


const char *
fetch_told_name(fetch_told_e what)
{
    return fetch_told_names[what];
}


void
fetch_told_write(fetch_redis_t *r, fetch_channels_t *channels, int64_t now)
{
    unsigned  i;

    for (i = 0; i < channels->n; i++) {
        fetch_told_write_one(r, &channels->channel[i], now);
    }
}


static void
fetch_told_write_one(fetch_redis_t *r, fetch_channel_t *channel, int64_t now)
{
    int            ok;
    char           key[WISMO_KEY_MAX];
    bool           any;
    size_t         len;
    uint64_t      *n;
    unsigned       i;
    wismo_pool_t   pool;
    fetch_args_t   args;

    any = false;
    wismo_pool_init(&pool, FETCH_TOLD_POOL, NULL, NULL);
    len = wismo_key_told(key, &channel->name, now / FETCH_TOLD_HOUR);

    for (i = 0; i < FETCH_TOLDS; i++) {
        n = &channel->told.n[i];

        if (*n == 0) {
            continue;
        }

        fetch_args_init(&args, &pool, 4);
        fetch_args_text(&args, "HINCRBY");
        fetch_args_add(&args, key, len);
        fetch_args_text(&args, fetch_told_names[i]);
        fetch_args_number(&args, (int64_t) *n);

        ok = args.failed ? WISMO_ERROR : fetch_redis_defer(r, 4, args.argv);

        if (ok == WISMO_OK) {
            *n = 0;
            any = true;
        }
    }

    fetch_args_init(&args, &pool, 3);
    fetch_args_text(&args, "EXPIRE");
    fetch_args_add(&args, key, len);
    fetch_args_number(&args, FETCH_TOLD_TTL);

    if (any && !args.failed) {
        (void) fetch_redis_defer(r, 3, args.argv);
    }

    wismo_pool_done(&pool);
}


int
fetch_told_read(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_channel_t *channel, int64_t now, fetch_told_sum_t *sum)
{
    int            rc;
    char           key[WISMO_KEY_MAX];
    int64_t        n;
    unsigned       h, i;
    redisReply    *reply;
    fetch_args_t   args;

    memset(sum, 0, sizeof(fetch_told_sum_t));
    rc = WISMO_OK;

    for (h = 0; h < FETCH_TOLD_HOURS; h++) {

        fetch_args_init(&args, pool, 2 + FETCH_TOLDS);
        fetch_args_text(&args, "HMGET");
        fetch_args_add(&args, key, wismo_key_told(key, &channel->name,
                                                  now / FETCH_TOLD_HOUR - h));

        for (i = 0; i < FETCH_TOLDS; i++) {
            fetch_args_text(&args, fetch_told_names[i]);
        }

        if (args.failed
            || fetch_redis_append(r, (int) args.n, args.argv) != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    for (h = 0; h < FETCH_TOLD_HOURS; h++) {
        reply = fetch_redis_reply(r);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        for (i = 0; reply->type == REDIS_REPLY_ARRAY
                    && i < reply->elements && i < FETCH_TOLDS; i++)
        {
            n = reply->element[i]->str
                ? strtoll(reply->element[i]->str, NULL, 10) : 0;

            sum->day[i] += n;
            sum->hour[i] += (h == 0) ? n : 0;
        }

        freeReplyObject(reply);
    }

    return rc;
}
