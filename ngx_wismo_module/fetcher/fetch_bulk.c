
/*
 * Copyright (C) The Wismo authors
 *
 * Many orders at once, for the import: the steps of fetch_commit.c, each step
 * for all orders before the next one, so that a round trip to Redis serves
 * them all.
 */


#include "fetch_commit_int.h"
#include "fetch_edd.h"


/*
 * The import's part: dates for the parcels that are new and can be asked
 * about, all of them now; quotas spread them out.
 */

static void
fetch_bulk_due(fetch_bulk_t *one, const wismo_order_t *before,
    const fetch_config_t *conf, int64_t now, fetch_due_t *due, unsigned *n)
{
    unsigned         i;
    wismo_parcel_t  *parcel;

    *n = 0;

    for (i = 0; i < one->order->nparcels; i++) {
        parcel = &one->order->parcels[i];

        if (fetch_commit_find(before, parcel)
            || (parcel->status && parcel->status->final)
            || fetch_config_carrier((fetch_config_t *) conf, &parcel->carrier)
               == NULL)
        {
            continue;
        }

        parcel->next_check_at = now;

        due[*n].carrier = &parcel->carrier;
        due[*n].parcel = &parcel->id;
        due[*n].at = now * 1000;
        due[*n].sooner = false;
        due[*n].absent = false;
        (*n)++;
    }
}


/* Merges with what is stored; true if that changes anything. */

static bool
fetch_bulk_merge(const fetch_redis_t *r, wismo_pool_t *pool,
    fetch_bulk_t *one, const fetch_stored_t *stored, fetch_change_t *change)
{
    if (wismo_merge_order(pool, one->order, stored->found ? &stored->order
                                                          : NULL)
        != WISMO_OK)
    {
        one->result = FETCH_COMMIT_FAILED;
        return false;
    }

    one->order->version = stored->doc.version;
    one->order->updated_at = stored->doc.updated_at;
    one->order->revoked_at = stored->doc.revoked_at;

    if (stored->found) {
        change->before = &stored->order;
        change->bytes = stored->bytes;
    }

    change->order = one->order;
    change->body = one->body;

    fetch_bulk_due(one, change->before, r->conf, change->now, change->due,
                   &change->ndue);

    one->result = fetch_commit_settle(r, pool, change);

    if (one->result == FETCH_COMMIT_DONE && change->same) {
        one->unchanged = true;
    }

    return one->result == FETCH_COMMIT_DONE && !change->same;
}


int
fetch_bulk_commit(fetch_redis_t *r, wismo_pool_t *pool, fetch_bulk_t *orders,
    unsigned n, int64_t now)
{
    int              nkeys;
    unsigned         i, appended;
    redisReply      *reply;
    fetch_due_t     *due;
    fetch_args_t     args, stage;
    fetch_change_t   change[FETCH_BULK];
    fetch_stored_t  *stored;

    if (n > FETCH_BULK) {
        return WISMO_ERROR;
    }

    stored = wismo_pcalloc(pool, n * sizeof(fetch_stored_t));
    due = wismo_palloc(pool, n * WISMO_PARCELS_MAX * sizeof(fetch_due_t));

    if (stored == NULL || due == NULL) {
        return WISMO_ERROR;
    }

    /* a script that is not loaded yet can't be pipelined */

    if (r->sha[FETCH_SCRIPT_COMMIT][0] == '\0'
        && fetch_redis_load(r, FETCH_SCRIPT_COMMIT) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    for (i = 0; i < n; i++) {
        orders[i].result = FETCH_COMMIT_DOWN;
        orders[i].unchanged = false;

        if (fetch_load_append(r, pool, &orders[i].order->number)
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    for (i = 0; i < n; i++) {
        if (fetch_load_reply(r, pool, &orders[i].order->number, &stored[i])
            == WISMO_ERROR)
        {
            return WISMO_ERROR;
        }

        /* what can't be read is written anew */

        if (stored[i].error.text[0]) {
            memset(&stored[i].order, 0, sizeof(wismo_order_t));
            stored[i].found = false;
        }
    }

    appended = 0;

    for (i = 0; i < n; i++) {
        memset(&change[i], 0, sizeof(fetch_change_t));
        orders[i].result = FETCH_COMMIT_CONFLICT;

        change[i].now = now;
        change[i].due = due + i * WISMO_PARCELS_MAX;

        if (!fetch_bulk_merge(r, pool, &orders[i], &stored[i], &change[i])) {
            change[i].order = NULL;
            continue;
        }

        orders[i].result = FETCH_COMMIT_CONFLICT;

        if (fetch_commit_index(r, pool, &change[i], &appended) != WISMO_OK) {
            return WISMO_ERROR;
        }
    }

    if (fetch_drain(r, appended) != WISMO_OK) {
        return WISMO_ERROR;
    }

    for (i = 0; i < n; i++) {

        if (change[i].order == NULL) {
            continue;
        }

        orders[i].result = fetch_commit_prepare(r, pool, &change[i], &stage,
                                                &args, &nkeys);

        if (orders[i].result != FETCH_COMMIT_DONE) {
            change[i].order = NULL;
            continue;
        }

        if (fetch_redis_append(r, (int) stage.n, stage.argv) != WISMO_OK
            || fetch_redis_append_script(r, FETCH_SCRIPT_COMMIT, nkeys,
                                         (int) args.n, args.argv)
               != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    appended = 0;

    for (i = 0; i < n; i++) {

        if (change[i].order == NULL) {
            continue;
        }

        if (fetch_drain(r, 1) != WISMO_OK) {
            return WISMO_ERROR;
        }

        reply = fetch_redis_reply(r);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        if (fetch_redis_noscript(reply)) {
            orders[i].result = FETCH_COMMIT_CONFLICT;
            r->sha[FETCH_SCRIPT_COMMIT][0] = '\0';

        } else {
            orders[i].result = fetch_commit_result(reply,
                                                   &orders[i].order->number);
        }

        freeReplyObject(reply);
    }

    for (i = 0; i < n; i++) {

        if (change[i].order == NULL) {
            continue;
        }

        if (orders[i].result == FETCH_COMMIT_CONFLICT) {
            continue;
        }

        if (fetch_commit_unindex(r, pool, &change[i], &appended) != WISMO_OK
            || fetch_commit_wake(r, pool, &change[i], &appended) != WISMO_OK
            || fetch_edd_log(r, pool, &change[i], &appended) != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    if (fetch_drain(r, appended) != WISMO_OK) {
        return WISMO_ERROR;
    }

    return WISMO_OK;
}
