
/*
 * Copyright (C) The Wismo authors
 *
 * Going through all private bodies.  Each is replaced only if it is still what
 * was read, so that it may run beside fetchers, and beside itself.  Called by
 * "wismo customer reencrypt" and, to count, by the doctor.
 *
 * What does not open must stay as it is: its key may come back.
 */


#include "fetch_reseal.h"
#include "fetch_args.h"
#include "fetch_meta.h"
#include "fetch_private.h"
#include "fetch_walk.h"

#include <stdio.h>


#define FETCH_RESEAL_POOL    (64 * 1024 * 1024)


typedef struct {
    fetch_reseal_t           *counts;
    uint64_t                  look;
    void                    (*at)(void *data, uint64_t keys,
                                  const fetch_reseal_t *counts);
    void                     *data;
    wismo_pool_t              pool;
} fetch_reseal_walk_t;


static int fetch_reseal_part(fetch_walk_t *walk, const redisReply *keys);
static int fetch_reseal_batch(fetch_redis_t *r, wismo_pool_t *pool,
    const redisReply *keys, fetch_reseal_t *counts, bool dry);
static int fetch_reseal_one(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *order, const wismo_str_t *record,
    const redisReply *listed, fetch_reseal_t *counts, bool dry);


int
fetch_reseal(fetch_redis_t *r, fetch_reseal_t *counts, uint64_t look,
    void (*at)(void *data, uint64_t keys, const fetch_reseal_t *counts),
    void *data)
{
    int                   rc;
    fetch_walk_t          walk;
    fetch_reseal_walk_t   w;

    memset(counts, 0, sizeof(fetch_reseal_t));

    w.counts = counts;
    w.look = look;
    w.at = at;
    w.data = data;

    wismo_pool_init(&w.pool, FETCH_RESEAL_POOL, NULL, NULL);

    fetch_walk_init(&walk, r, fetch_reseal_part, &w);
    rc = fetch_walk_keys(&walk, WISMO_MATCH_PRIVATE);

    wismo_pool_done(&w.pool);

    if (rc == WISMO_OK && look == 0 && counts->closed == 0) {
        rc = fetch_meta_complete(r);
    }

    return rc;
}


static int
fetch_reseal_part(fetch_walk_t *walk, const redisReply *keys)
{
    int                   rc;
    fetch_reseal_walk_t  *w = walk->data;

    rc = fetch_reseal_batch(walk->redis, &w->pool, keys, w->counts,
                            w->look != 0);
    wismo_pool_reset(&w->pool);

    if (w->at && rc == WISMO_OK) {
        w->at(w->data, walk->keys, w->counts);
    }

    return (rc == WISMO_OK && w->look && walk->keys >= w->look)
           ? WISMO_DECLINED : rc;
}


/* The records and what the ledgers say of them, in one round trip. */

static int
fetch_reseal_batch(fetch_redis_t *r, wismo_pool_t *pool,
    const redisReply *keys, fetch_reseal_t *counts, bool dry)
{
    int            rc;
    size_t         i, n;
    redisReply   **replies;
    wismo_str_t    key, record, *orders;
    fetch_args_t   args;

    orders = wismo_pcalloc(pool, (keys->elements + 1) * sizeof(wismo_str_t));
    replies = wismo_pcalloc(pool, (2 * keys->elements + 1)
                                  * sizeof(redisReply *));

    if (orders == NULL || replies == NULL) {
        return WISMO_ERROR;
    }

    n = 0;

    for (i = 0; i < keys->elements; i++) {
        key = fetch_redis_str(keys->element[i]);

        if (wismo_key_private_order(&key, &orders[n]) != WISMO_OK
            || !wismo_order_number_ok(&orders[n]))
        {
            continue;
        }

        fetch_args_init(&args, pool, 5);
        fetch_args_text(&args, "GET");
        fetch_args_add(&args, key.data, key.len);
        fetch_args_text(&args, "HGET");
        fetch_args_key(&args, wismo_key_ledger, &orders[n]);
        fetch_args_text(&args, WISMO_LEDGER_CONTACT);

        if (args.failed
            || fetch_redis_append(r, 2, args.argv) != WISMO_OK
            || fetch_redis_append(r, 3, args.argv + 2) != WISMO_OK)
        {
            return WISMO_ERROR;
        }

        n++;
    }

    rc = WISMO_OK;

    for (i = 0; i < 2 * n && rc == WISMO_OK; i++) {
        replies[i] = fetch_redis_reply(r);
        rc = replies[i] ? WISMO_OK : WISMO_ERROR;
    }

    for (i = 0; i < n && rc == WISMO_OK; i++) {

        if (replies[2 * i]->type != REDIS_REPLY_STRING) {
            continue;
        }

        record = fetch_redis_str(replies[2 * i]);

        rc = fetch_reseal_one(r, pool, &orders[i], &record,
                              replies[2 * i + 1], counts, dry);
    }

    for (i = 0; i < 2 * n; i++) {
        if (replies[i]) {
            freeReplyObject(replies[i]);
        }
    }

    return rc;
}


static int
fetch_reseal_one(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *order, const wismo_str_t *record,
    const redisReply *listed, fetch_reseal_t *counts, bool dry)
{
    bool                   sealed, first, same;
    wismo_str_t            kid, body, macs, anew, had;
    fetch_args_t           args;
    wismo_error_t          err;
    const fetch_config_t  *conf;

    conf = r->conf;
    counts->looked++;

    sealed = wismo_seal_kid(record, &kid);
    first = sealed && conf->contact.n
            && wismo_str_eq(&kid, &conf->contact.keys[0].kid);

    counts->plain += !sealed;
    counts->old += sealed && !first;

    switch (fetch_private_open(conf, pool, order, record, &body, &err)) {

    case WISMO_OK:
        break;

    case WISMO_DECLINED:

        if (counts->closed++ == 0) {
            snprintf(counts->why, sizeof(counts->why), "%.200s", err.text);
        }

        return WISMO_OK;

    default:
        return WISMO_ERROR;
    }

    if (fetch_private_seal(conf, pool, order, &body, &anew, &macs)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    had.data = (unsigned char *) listed->str;
    had.len = (listed->type == REDIS_REPLY_STRING) ? (size_t) listed->len : 0;

    same = wismo_str_eq(&had, &macs);

    /* once sealed it is not opened for good, whatever the configuration */

    if (same && (conf->sealed ? first : !sealed)) {
        return WISMO_OK;
    }

    if (!conf->sealed && sealed) {
        anew = *record;
    }

    counts->changed++;

    if (dry) {
        return WISMO_OK;
    }

    fetch_args_init(&args, pool, 5);
    fetch_args_key(&args, wismo_key_private, order);
    fetch_args_key(&args, wismo_key_ledger, order);
    fetch_args_add(&args, record->data, record->len);
    fetch_args_add(&args, anew.data, anew.len);
    fetch_args_add(&args, macs.data, macs.len);

    if (args.failed) {
        return WISMO_ERROR;
    }

    return fetch_redis_taken(r,
                             fetch_redis_script(r, FETCH_SCRIPT_RESEAL, 2,
                                                (int) args.n, args.argv));
}
