
/*
 * Copyright (C) The Wismo authors
 *
 * Limits, pauses and the breaker of one account.  fetch_poll.c asks before it
 * claims parcels, so that nothing is claimed that can't be asked about.
 */


#include "fetch_quota.h"
#include "fetch_args.h"
#include "fetch_crash.h"
#include "fetch_log.h"

#include <stdio.h>


#define FETCH_QUOTA_LOOK       1000           /* ms between looks at pauses */
#define FETCH_QUOTA_FAILURES   5
#define FETCH_QUOTA_LAST       20
#define FETCH_QUOTA_OPEN       30             /* seconds, doubling */
#define FETCH_QUOTA_OPEN_MAX   900
#define FETCH_QUOTA_PAUSE      60             /* if the carrier did not say */
#define FETCH_QUOTA_PAUSE_MAX  (6 * 3600)
#define FETCH_QUOTA_POOL       8192


static unsigned fetch_quota_ask(fetch_quota_t *q, fetch_redis_t *r,
    unsigned wanted, int64_t now);
static void fetch_quota_args(const fetch_quota_t *q, fetch_args_t *args,
    wismo_pool_t *pool, char *key, int64_t wanted);
static bool fetch_quota_close(fetch_quota_t *q, int64_t now, int seconds,
    const char *why);
static void fetch_quota_tell(fetch_quota_t *q, fetch_redis_t *r, int64_t ms,
    const char *why);
static void fetch_quota_note(fetch_quota_t *q, fetch_redis_t *r,
    int64_t until);


void
fetch_quota_init(fetch_quota_t *q, const wismo_str_t *carrier,
    const fetch_adapter_t *adapter)
{
    memset(q, 0, sizeof(fetch_quota_t));

    q->carrier = carrier;
    q->nlimits = fetch_adapter_limits(adapter, &q->limits);
}


unsigned
fetch_quota_take(fetch_quota_t *q, fetch_redis_t *r, unsigned wanted,
    int64_t now)
{
    unsigned  n;

    if (now < q->closed_until || wanted == 0) {
        return 0;
    }

    /* the first request after a pause shows whether there can be more */

    if (q->openings) {
        if (q->probing) {
            return 0;
        }

        wanted = 1;
    }

    /* without limits only another fetcher's pause is of interest */

    n = wanted;

    if (q->nlimits || now - q->checked_at >= FETCH_QUOTA_LOOK
        || now < q->checked_at)
    {
        n = fetch_quota_ask(q, r, wanted, now);
    }

    if (n && q->openings) {
        q->probing = true;
    }

    return n;
}


static unsigned
fetch_quota_ask(fetch_quota_t *q, fetch_redis_t *r, unsigned wanted,
    int64_t now)
{
    char          key[WISMO_KEY_MAX];
    int64_t       granted, wait;
    redisReply   *reply;
    fetch_args_t  args;
    wismo_pool_t  pool;

    wismo_pool_init(&pool, FETCH_QUOTA_POOL, NULL, NULL);

    fetch_quota_args(q, &args, &pool, key, wanted);

    reply = args.failed ? NULL
            : fetch_redis_script(r, FETCH_SCRIPT_QUOTA, 1, (int) args.n,
                                 args.argv);

    granted = 0;
    wait = FETCH_QUOTA_LOOK;

    if (reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 3
        && reply->element[0]->type == REDIS_REPLY_INTEGER
        && reply->element[1]->type == REDIS_REPLY_INTEGER
        && reply->element[2]->type == REDIS_REPLY_INTEGER)
    {
        granted = reply->element[0]->integer;
        wait = reply->element[1]->integer;

        /* another fetcher's pause is over, and we are to see */

        if (granted && reply->element[2]->integer > 0) {
            q->shared = true;

            if (q->openings < (unsigned) reply->element[2]->integer) {
                q->openings = (unsigned) reply->element[2]->integer;
            }
        }
    }

    if (reply) {
        freeReplyObject(reply);
    }

    wismo_pool_done(&pool);

    fetch_crash("granted");

    q->checked_at = now;

    if (granted < 1 || granted > (int64_t) wanted) {
        q->closed_until = now + (wait < 50 ? 50 : wait);
        return 0;
    }

    return (unsigned) granted;
}


void
fetch_quota_give(fetch_quota_t *q, fetch_redis_t *r, unsigned n)
{
    char          key[WISMO_KEY_MAX];
    fetch_args_t  args;
    wismo_pool_t  pool;

    if (n == 0) {
        return;
    }

    if (q->probing && q->shared) {
        fetch_quota_tell(q, r, -1, "");
    }

    q->probing = false;

    if (q->nlimits == 0) {
        return;
    }

    wismo_pool_init(&pool, FETCH_QUOTA_POOL, NULL, NULL);

    fetch_quota_args(q, &args, &pool, key, - (int64_t) n);

    if (!args.failed) {
        (void) fetch_redis_defer_script(r, FETCH_SCRIPT_QUOTA, 1,
                                        (int) args.n, args.argv);
    }

    wismo_pool_done(&pool);
}


static void
fetch_quota_args(const fetch_quota_t *q, fetch_args_t *args,
    wismo_pool_t *pool, char *key, int64_t wanted)
{
    unsigned  i;

    fetch_args_init(args, pool, 2 + 2 * q->nlimits);
    fetch_args_add(args, key, wismo_key_quota(key, q->carrier));
    fetch_args_number(args, wanted);

    for (i = 0; i < q->nlimits; i++) {
        fetch_args_number(args, q->limits[i].n);
        fetch_args_number(args, q->limits[i].seconds);
    }
}


int
fetch_quota_look(const fetch_quota_t *q, fetch_redis_t *r,
    fetch_quota_state_t *state)
{
    int            rc;
    char           key[WISMO_KEY_MAX];
    size_t         i;
    redisReply    *reply, **said;
    fetch_args_t   args;
    wismo_pool_t   pool;

    memset(state, 0, sizeof(fetch_quota_state_t));

    wismo_pool_init(&pool, FETCH_QUOTA_POOL, NULL, NULL);

    fetch_quota_args(q, &args, &pool, key, 0);

    reply = args.failed ? NULL
            : fetch_redis_script(r, FETCH_SCRIPT_QUOTA, 1, (int) args.n,
                                 args.argv);

    wismo_pool_done(&pool);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    rc = WISMO_DECLINED;

    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 3 + q->nlimits
        && reply->element[0]->type == REDIS_REPLY_INTEGER
        && reply->element[1]->type == REDIS_REPLY_STRING
        && reply->element[2]->type == REDIS_REPLY_INTEGER)
    {
        said = reply->element;

        state->paused = said[0]->integer;
        state->refused = said[2]->integer;
        snprintf(state->why, sizeof(state->why), "%s", said[1]->str);

        for (i = 3; i < reply->elements && i - 3 < FETCH_LIMITS_MAX; i++) {
            state->left[i - 3] = said[i]->integer;
        }

        rc = WISMO_OK;
    }

    freeReplyObject(reply);

    return rc;
}


int64_t
fetch_quota_closed(const fetch_quota_t *q, int64_t now)
{
    return (q->closed_until > now) ? q->closed_until : 0;
}


void
fetch_quota_good(fetch_quota_t *q, fetch_redis_t *r)
{
    /* one that was sent before the pause doesn't end it */

    if (q->openings && !q->probing) {
        return;
    }

    if (q->openings) {
        fetch_log(FETCH_NOTICE, "carrier %.*s answers again",
                  (int) q->carrier->len, (char *) q->carrier->data);

        if (q->shared) {
            fetch_quota_tell(q, r, 0, "");
        }

        if (q->refused) {
            fetch_quota_note(q, r, 0);
        }

        q->shared = false;
        q->refused = false;
        q->openings = 0;
        q->closed_until = 0;
        q->last = 0;
        q->nlast = 0;
    }

    q->probing = false;
    q->failures = 0;
    q->last <<= 1;

    if (q->nlast < FETCH_QUOTA_LAST) {
        q->nlast++;
    }
}


void
fetch_quota_bad(fetch_quota_t *q, fetch_redis_t *r, int64_t now,
    const char *why)
{
    int  seconds;

    q->failures++;
    q->last = (q->last << 1) | 1;

    if (q->nlast < FETCH_QUOTA_LAST) {
        q->nlast++;
    }

    if (!q->probing) {

        /* those sent before it opened tell nothing new */

        if (q->openings) {
            return;
        }

        if (q->failures < FETCH_QUOTA_FAILURES
            && (q->nlast < FETCH_QUOTA_LAST
                || __builtin_popcount(q->last
                                      & ((1u << FETCH_QUOTA_LAST) - 1))
                   <= FETCH_QUOTA_LAST / 2))
        {
            return;
        }
    }

    seconds = FETCH_QUOTA_OPEN << (q->openings < 5 ? q->openings : 5);

    if (seconds > FETCH_QUOTA_OPEN_MAX) {
        seconds = FETCH_QUOTA_OPEN_MAX;
    }

    fetch_quota_pause(q, r, now, seconds, why);
}


void
fetch_quota_pause(fetch_quota_t *q, fetch_redis_t *r, int64_t now,
    int seconds, const char *why)
{
    if (seconds < 0) {
        seconds = FETCH_QUOTA_PAUSE;
    }

    if (seconds < 1) {
        seconds = 1;
    }

    if (seconds > FETCH_QUOTA_PAUSE_MAX) {
        seconds = FETCH_QUOTA_PAUSE_MAX;
    }

    if (fetch_quota_close(q, now, seconds, why)) {
        q->shared = true;
        fetch_quota_tell(q, r, (int64_t) seconds * 1000, why);
    }
}


void
fetch_quota_refuse(fetch_quota_t *q, fetch_redis_t *r, int64_t now,
    int seconds)
{
    if (q->probing && q->shared) {
        fetch_quota_tell(q, r, -1, "");
    }

    if (fetch_quota_close(q, now, seconds, "credentials are refused")) {
        q->refused = true;
        fetch_quota_note(q, r, q->closed_until);
    }
}


/* True if that is longer than before. */

static bool
fetch_quota_close(fetch_quota_t *q, int64_t now, int seconds, const char *why)
{
    bool     longer;
    int64_t  until;

    until = now + (int64_t) seconds * 1000;

    /* several requests in flight say the same: that is one event */

    if (q->closed_until <= now) {
        fetch_log(FETCH_WARN, "carrier %.*s is not asked for %d s: %s",
                  (int) q->carrier->len, (char *) q->carrier->data, seconds,
                  why);

        q->openings++;
    }

    longer = (until > q->closed_until);

    if (longer) {
        q->closed_until = until;
    }

    q->probing = false;

    return longer;
}


static void
fetch_quota_tell(fetch_quota_t *q, fetch_redis_t *r, int64_t ms,
    const char *why)
{
    char          key[WISMO_KEY_MAX];
    fetch_args_t  args;
    wismo_pool_t  pool;

    wismo_pool_init(&pool, FETCH_QUOTA_POOL, NULL, NULL);

    fetch_args_init(&args, &pool, 4);
    fetch_args_add(&args, key, wismo_key_quota(key, q->carrier));
    fetch_args_number(&args, ms);
    fetch_args_text(&args, why);
    fetch_args_number(&args, q->openings);

    if (!args.failed) {
        (void) fetch_redis_defer_script(r, FETCH_SCRIPT_PAUSE, 1,
                                        (int) args.n, args.argv);
        (void) fetch_redis_flush(r);
    }

    wismo_pool_done(&pool);
}


/* When that ends: for whoever looks, nobody waits for it. */

static void
fetch_quota_note(fetch_quota_t *q, fetch_redis_t *r, int64_t until)
{
    char          key[WISMO_KEY_MAX];
    fetch_args_t  args;
    wismo_pool_t  pool;

    wismo_pool_init(&pool, FETCH_QUOTA_POOL, NULL, NULL);

    fetch_args_init(&args, &pool, 4);
    fetch_args_text(&args, "HSET");
    fetch_args_add(&args, key, wismo_key_quota(key, q->carrier));
    fetch_args_text(&args, "refused");
    fetch_args_number(&args, until);

    if (!args.failed) {
        (void) fetch_redis_defer(r, (int) args.n, args.argv);
    }

    wismo_pool_done(&pool);
}
