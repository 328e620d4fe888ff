
/*
 * Copyright (C) The Wismo authors
 *
 * Erasing an order: everything that has its name, in the one script that all
 * changes go through, and then its place in the index of tracking numbers.
 * What carriers and shops sent and nobody could use is fetch_trace.c's matter.
 *
 * What is left is a tombstone, so that what was sent before and is still on
 * its way brings nothing back, and no old link opens another order.  Nobody
 * and nothing of the order is in it.
 */


#include "fetch_commit_int.h"
#include "fetch_clock.h"
#include "fetch_crash.h"
#include "fetch_notice.h"
#include "fetch_retention.h"
#include "wismo_sign.h"

#include <stdio.h>
#include <stdlib.h>


#define FETCH_ERASE_TRIES    8
#define FETCH_ERASED         "erased"


fetch_commit_e
fetch_erase(fetch_redis_t *r, wismo_pool_t *pool, const wismo_str_t *number,
    bool *found)
{
    char         text[32];
    wismo_str_t  id;

    id.data = (unsigned char *) text;
    id.len = (size_t) snprintf(text, sizeof(text), "%lld-0",
                               (long long) fetch_redis_time(r));

    return fetch_erase_as(r, pool, number, &id, found);
}


fetch_commit_e
fetch_erase_as(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *number, const wismo_str_t *id, bool *found)
{
    int              rc, tries;
    int64_t          at;
    unsigned         i, appended, nkeys, bucket;
    redisReply      *reply;
    wismo_str_t      member, none, shop;
    fetch_args_t     args;
    fetch_stored_t   stored;
    fetch_commit_e   result;
    fetch_change_t   change;
    wismo_order_t    nothing;

    bucket = wismo_bucket(number);

    /* when it was asked for: links that were made since may be good for an
     * order that waits behind this letter */

    at = 0;

    for (i = 0; i < id->len && id->data[i] != '-'; i++) {
        at = at * 10 + (id->data[i] - '0');
    }

    if (fetch_commit_shop(r, pool, number, &shop) != WISMO_OK) {
        return FETCH_COMMIT_DOWN;
    }

    for (tries = 0; tries < FETCH_ERASE_TRIES; tries++) {

        rc = fetch_load(r, pool, number, &stored);

        if (rc == WISMO_ERROR) {
            return FETCH_COMMIT_DOWN;
        }

        *found = stored.found;

        if (rc == WISMO_DECLINED) {
            stored.order.nparcels = 0;
        }

        fetch_args_init(&args, pool, 30 + 4 * stored.order.nparcels);
        fetch_args_key(&args, wismo_key_document, number);
        fetch_args_key(&args, wismo_key_ledger, number);
        fetch_args_staged(&args, bucket, r->writer);

        for (i = 0; i < stored.order.nparcels; i++) {
            fetch_args_due(&args, bucket, &stored.order.parcels[i].carrier);
        }

        fetch_args_due(&args, bucket, &fetch_notices);
        fetch_args_due(&args, bucket, &fetch_clock_name);
        fetch_args_due(&args, bucket, &fetch_retention_name);

        nkeys = args.n;

        fetch_commit_version(&args, stored.doc.version);
        fetch_args_text(&args, "");
        fetch_args_number(&args, WISMO_LINK_MAX + WISMO_TOKEN_SKEW);
        fetch_args_add(&args, number->data, number->len);
        fetch_args_text(&args, "");
        fetch_args_number(&args, 2);
        fetch_args_text(&args, "body");
        fetch_args_add(&args, id->data, id->len);
        fetch_args_text(&args, FETCH_ERASED);
        fetch_args_number(&args, at / 1000);

        for (i = 0; i < stored.order.nparcels; i++) {

            if (fetch_member(pool, number, &stored.order.parcels[i].id,
                             &member) != WISMO_OK)
            {
                return FETCH_COMMIT_FAILED;
            }

            fetch_args_number(&args, 4 + i);
            fetch_args_add(&args, member.data, member.len);
            fetch_args_text(&args, "-");
        }

        wismo_str_null(&none);

        if (fetch_member(pool, number, &none, &member) != WISMO_OK) {
            return FETCH_COMMIT_FAILED;
        }

        for (i = nkeys - 2; i <= nkeys; i++) {
            fetch_args_number(&args, i);
            fetch_args_add(&args, member.data, member.len);
            fetch_args_text(&args, "-");
        }

        if (args.failed) {
            return FETCH_COMMIT_FAILED;
        }

        reply = fetch_redis_script(r, FETCH_SCRIPT_COMMIT, (int) nkeys,
                                   (int) args.n, args.argv);

        if (reply == NULL) {
            return FETCH_COMMIT_DOWN;
        }

        result = fetch_commit_result(reply, number);
        freeReplyObject(reply);

        if (result == FETCH_COMMIT_CONFLICT) {
            continue;
        }

        fetch_crash("erased");

        if (result == FETCH_COMMIT_DONE
            && fetch_commit_unshop(r, pool, &shop) != WISMO_OK)
        {
            return FETCH_COMMIT_DOWN;
        }

        if (result == FETCH_COMMIT_DONE && stored.order.nparcels) {
            memset(&nothing, 0, sizeof(wismo_order_t));
            memset(&change, 0, sizeof(fetch_change_t));

            change.order = &nothing;
            change.before = &stored.order;
            appended = 0;

            if (fetch_commit_unindex(r, pool, &change, &appended) != WISMO_OK
                || fetch_drain(r, appended) != WISMO_OK)
            {
                return FETCH_COMMIT_DOWN;
            }
        }

        return result;
    }

    return FETCH_COMMIT_CONFLICT;
}


int
fetch_erased_at(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *number, int64_t *at)
{
    char         key[WISMO_KEY_MAX];
    wismo_str_t  said;

    if (fetch_redis_field(r, pool, key, wismo_key_ledger(key, number),
                          FETCH_ERASED, &said)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    *at = said.len ? strtoll((char *) said.data, NULL, 10) : 0;

    return WISMO_OK;
}
