
/*
 * Copyright (C) The Wismo authors
 *
 * Intervals and claims (docs/carrier-flow.md).  A parcel never leaves its
 * schedule while it is asked about, it is only moved to the end of its lease:
 * whoever dies with it loses nothing.
 */


#include "fetch_schedule.h"
#include "fetch_log.h"
#include "fetch_args.h"

#include <stdlib.h>
#include <sys/random.h>


#define FETCH_MINUTE         60
#define FETCH_HOUR           3600
#define FETCH_DAY            86400

#define FETCH_SILENT         (10 * FETCH_DAY)     /* then once a day */
#define FETCH_LOST           (45 * FETCH_DAY)     /* then no more */
#define FETCH_FRESH          (2 * FETCH_DAY)
#define FETCH_PUSHED         (12 * FETCH_HOUR)
#define FETCH_FAILED_MAX     (6 * FETCH_HOUR)
#define FETCH_DATE_MIN       250                  /* ms */

#define FETCH_CLAIM_BUCKETS  32                   /* in one round trip */
#define FETCH_CLAIM_EACH     64                   /* of one, at most */
#define FETCH_CLAIM_POOL     65536


static int fetch_first_append(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *carrier, unsigned bucket);
static int fetch_first_reply(fetch_schedule_t *s, fetch_redis_t *r,
    unsigned bucket);
static void fetch_schedule_first(fetch_schedule_t *s, unsigned bucket,
    const char *score);
static void fetch_schedule_spoilt(fetch_schedule_t *s, unsigned bucket,
    const redisReply *reply);
static int fetch_claim_append(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *carrier, unsigned bucket, unsigned max);
static int fetch_claim_reply(fetch_schedule_t *s, fetch_redis_t *r,
    wismo_pool_t *pool, unsigned bucket, fetch_claim_t *claims, unsigned max);
static bool fetch_claim_read(wismo_pool_t *pool, const redisReply *member,
    const redisReply *lease, fetch_claim_t *claim);
static int64_t fetch_event_at(const wismo_event_t *event);
static int64_t fetch_heard_at(const wismo_order_t *order,
    const wismo_parcel_t *parcel);
static int64_t fetch_silence(int64_t silent, int64_t interval);


void
fetch_schedule_init(fetch_schedule_t *s, const wismo_str_t *carrier)
{
    unsigned  i;

    memset(s, 0, sizeof(fetch_schedule_t));

    s->carrier = carrier;
    s->earliest = FETCH_NEVER;
    s->each = 1;

    for (i = 0; i < WISMO_BUCKETS; i++) {
        s->due[i] = FETCH_NEVER;
    }
}


void
fetch_schedule_note(fetch_schedule_t *s, unsigned bucket, int64_t due)
{
    if (bucket >= WISMO_BUCKETS || due < 0) {
        return;
    }

    if (due < s->due[bucket]) {
        s->due[bucket] = due;
    }

    if (due < s->earliest) {
        s->earliest = due;
    }
}


void
fetch_schedule_want(fetch_schedule_t *s, unsigned bucket)
{
    unsigned  i;

    for (i = 0; i < s->nwanted; i++) {
        if (s->wanted[i] == bucket) {
            return;
        }
    }

    if (s->nwanted < FETCH_WANTED) {
        s->wanted[s->nwanted++] = bucket;
    }
}


int64_t
fetch_schedule_oldest(const fetch_schedule_t *s)
{
    int64_t   oldest;
    unsigned  i;

    oldest = FETCH_NEVER;

    for (i = 0; i < WISMO_BUCKETS; i++) {
        if (s->due[i] > FETCH_SOONEST && s->due[i] < oldest) {
            oldest = s->due[i];
        }
    }

    return oldest;
}


int
fetch_schedule_scan(fetch_schedule_t *s, fetch_redis_t *r, unsigned n)
{
    int           rc;
    unsigned      i, first;
    wismo_pool_t  pool;

    if (n > WISMO_BUCKETS) {
        n = WISMO_BUCKETS;
    }

    wismo_pool_init(&pool, n * 1024 + FETCH_CLAIM_POOL, NULL, NULL);

    first = s->scanned;
    rc = WISMO_OK;

    for (i = 0; i < n && rc == WISMO_OK; i++) {
        rc = fetch_first_append(r, &pool, s->carrier,
                                (first + i) % WISMO_BUCKETS);
    }

    for (i = 0; i < n && rc == WISMO_OK; i++) {
        rc = fetch_first_reply(s, r, (first + i) % WISMO_BUCKETS);
    }

    wismo_pool_done(&pool);

    s->scanned = (first + n) % WISMO_BUCKETS;

    return rc;
}


/* Only looks what comes first: a claim costs five times as much. */

static int
fetch_first_append(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *carrier, unsigned bucket)
{
    fetch_args_t  args;

    fetch_args_init(&args, pool, 5);
    fetch_args_text(&args, "ZRANGE");
    fetch_args_due(&args, bucket, carrier);
    fetch_args_text(&args, "0");
    fetch_args_text(&args, "0");
    fetch_args_text(&args, "WITHSCORES");

    if (args.failed) {
        return WISMO_ERROR;
    }

    return fetch_redis_append(r, (int) args.n, args.argv);
}


static int
fetch_first_reply(fetch_schedule_t *s, fetch_redis_t *r, unsigned bucket)
{
    redisReply  *reply;

    reply = fetch_redis_reply(r);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 0) {
        s->due[bucket] = FETCH_NEVER;

    } else if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2
               && reply->element[1]->type == REDIS_REPLY_STRING)
    {
        fetch_schedule_first(s, bucket, reply->element[1]->str);

    } else {
        fetch_schedule_spoilt(s, bucket, reply);
    }

    freeReplyObject(reply);

    return WISMO_OK;
}


/* A score as Redis prints it; what was never a date of ours is none. */

static void
fetch_schedule_first(fetch_schedule_t *s, unsigned bucket, const char *score)
{
    char     *end;
    int64_t   due;

    due = strtoll(score, &end, 10);

    if (end == score || (*end != '\0' && *end != '.') || due < 0) {
        due = FETCH_NEVER;
    }

    s->due[bucket] = due;

    if (due < s->earliest) {
        s->earliest = due;
    }
}


/* One spoilt key stops nobody else: the next scan looks again. */

static void
fetch_schedule_spoilt(fetch_schedule_t *s, unsigned bucket,
    const redisReply *reply)
{
    fetch_log(FETCH_ERR, "schedule of bucket %u cannot be used: %s", bucket,
              (reply->type == REDIS_REPLY_ERROR) ? reply->str
                                                 : "unexpected reply");

    s->due[bucket] = FETCH_NEVER;
}


int
fetch_schedule_claim(fetch_schedule_t *s, fetch_redis_t *r,
    wismo_pool_t *pool, fetch_claim_t *claims, unsigned max, int64_t now)
{
    int           got;
    bool          jumped;
    unsigned      i, k, n, b, taken, room, each, full, from;
    unsigned      buckets[FETCH_CLAIM_BUCKETS];
    wismo_pool_t  temp;

    if (s->earliest > now || max == 0) {
        return 0;
    }

    taken = 0;
    k = 0;
    from = s->claimed;
    jumped = s->nwanted && ++s->turns % 2;

    if (jumped) {
        from = s->wanted[--s->nwanted];
    }

    while (k < WISMO_BUCKETS && taken < max) {

        /*
         * Together never more than there is room for.  A call costs as much
         * as several parcels: where many are due in each bucket, few buckets
         * are asked for many.
         */

        room = max - taken;
        each = (s->each < room) ? s->each : room;
        n = 0;

        /* nor so few of the last one that it has to be asked again */

        if (taken && room < s->each) {
            break;
        }

        for ( /* void */ ; k < WISMO_BUCKETS; k++) {

            if (n == FETCH_CLAIM_BUCKETS || n == room / each) {
                break;
            }

            b = (from + k) % WISMO_BUCKETS;

            if (s->due[b] <= now) {
                buckets[n++] = b;
            }
        }

        if (n == 0) {
            break;
        }

        each = room / n;
        full = 0;

        wismo_pool_init(&temp, FETCH_CLAIM_POOL, NULL, NULL);

        for (i = 0; i < n; i++) {
            if (fetch_claim_append(r, &temp, s->carrier, buckets[i], each)
                != WISMO_OK)
            {
                wismo_pool_done(&temp);
                return WISMO_ERROR;
            }
        }

        for (i = 0; i < n; i++) {
            got = fetch_claim_reply(s, r, pool, buckets[i], claims + taken,
                                    each);

            if (got < 0) {
                wismo_pool_done(&temp);
                return WISMO_ERROR;
            }

            taken += (unsigned) got;
            full += ((unsigned) got == each);
        }

        wismo_pool_done(&temp);

        if (full == n) {
            s->each = (s->each < FETCH_CLAIM_EACH / 2) ? 2 * s->each
                                                       : FETCH_CLAIM_EACH;

        } else if (taken + room - max < n * s->each / 2) {
            s->each = (s->each + 1) / 2;
        }
    }

    if (!jumped) {
        s->claimed = (s->claimed + k) % WISMO_BUCKETS;
    }

    s->earliest = FETCH_NEVER;

    for (i = 0; i < WISMO_BUCKETS; i++) {
        if (s->due[i] < s->earliest) {
            s->earliest = s->due[i];
        }
    }

    return (int) taken;
}


static int
fetch_claim_append(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *carrier, unsigned bucket, unsigned max)
{
    fetch_args_t  args;

    fetch_args_init(&args, pool, 3);
    fetch_args_due(&args, bucket, carrier);
    fetch_args_number(&args, max);
    fetch_args_number(&args, FETCH_LEASE);

    if (args.failed) {
        return WISMO_ERROR;
    }

    return fetch_redis_append_script(r, FETCH_SCRIPT_CLAIM, 1, (int) args.n,
                                     args.argv);
}


static int
fetch_claim_reply(fetch_schedule_t *s, fetch_redis_t *r, wismo_pool_t *pool,
    unsigned bucket, fetch_claim_t *claims, unsigned max)
{
    size_t       i;
    unsigned     n;
    redisReply  *reply, *members;

    reply = fetch_redis_reply(r);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    if (fetch_redis_noscript(reply)) {

        /* the next connection loads it again */

        fetch_redis_lost(r, reply->str);
        freeReplyObject(reply);
        return WISMO_ERROR;
    }

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3
        || reply->element[0]->type != REDIS_REPLY_STRING
        || reply->element[1]->type != REDIS_REPLY_STRING
        || reply->element[2]->type != REDIS_REPLY_ARRAY)
    {
        fetch_schedule_spoilt(s, bucket, reply);
        freeReplyObject(reply);

        return 0;
    }

    fetch_schedule_first(s, bucket, reply->element[1]->str);

    members = reply->element[2];
    n = 0;

    for (i = 0; i < members->elements && n < max; i++) {
        if (fetch_claim_read(pool, members->element[i], reply->element[0],
                             &claims[n]))
        {
            n++;
        }
    }

    freeReplyObject(reply);

    return (int) n;
}


static bool
fetch_claim_read(wismo_pool_t *pool, const redisReply *member,
    const redisReply *lease, fetch_claim_t *claim)
{
    unsigned char  *hash;
    wismo_str_t     text, held;

    if (member->type != REDIS_REPLY_STRING) {
        return false;
    }

    text = fetch_redis_str(member);
    held = fetch_redis_str(lease);

    if (wismo_pstrdup(pool, &claim->order, &text) != WISMO_OK
        || wismo_pstrdup(pool, &claim->lease, &held) != WISMO_OK)
    {
        return false;
    }

    hash = memchr(claim->order.data, '#', claim->order.len);

    if (hash == NULL) {
        claim->parcel.data = claim->order.data + claim->order.len;
        claim->parcel.len = 0;
        return true;
    }

    claim->parcel.data = hash + 1;
    claim->parcel.len = claim->order.len
                        - (size_t) (hash + 1 - claim->order.data);
    claim->order.len = (size_t) (hash - claim->order.data);

    return true;
}


int64_t
fetch_interval(const wismo_order_t *order, const wismo_parcel_t *parcel,
    int64_t now)
{
    int64_t         silent, interval;
    wismo_status_e  status;

    status = parcel->status ? parcel->status->status : WISMO_UNKNOWN;
    silent = now - fetch_heard_at(order, parcel);

    if (status == WISMO_DELIVERED) {

        /* once more, a day later: carriers do take it back */

        if (silent < FETCH_DAY) {
            interval = FETCH_DAY - silent;
            return (interval < FETCH_HOUR) ? FETCH_HOUR : interval;
        }

        return 0;
    }

    interval = fetch_interval_watched(parcel, now);

    if (interval == 0) {
        return 0;
    }

    /* where pushes tell, asking is for the case that they stop */

    if (wismo_str_is(&parcel->source, "push") && interval < FETCH_PUSHED) {
        interval = FETCH_PUSHED;
    }

    return fetch_silence(silent, interval);
}


int64_t
fetch_interval_watched(const wismo_parcel_t *parcel, int64_t now)
{
    int64_t         interval, day;
    wismo_status_e  status;

    status = parcel->status ? parcel->status->status : WISMO_UNKNOWN;

    if (parcel->status && parcel->status->final) {
        return 0;
    }

    switch (status) {

    case WISMO_PICKED_UP:
    case WISMO_IN_TRANSIT:
        interval = 4 * FETCH_HOUR;
        day = WISMO_TIME_NONE;

        if (parcel->edd.date != WISMO_TIME_NONE
            && parcel->edd.basis == WISMO_BASIS_DATE)
        {
            day = parcel->edd.date;

        } else if (parcel->edd.basis != WISMO_BASIS_UNKNOWN) {
            day = (parcel->edd.from != WISMO_TIME_NONE) ? parcel->edd.from
                                                        : parcel->edd.to;
        }

        /* its time zone may be half a day from ours */

        if (day != WISMO_TIME_NONE && now >= day - FETCH_DAY / 2) {
            interval = 2 * FETCH_HOUR;
        }

        break;

    case WISMO_OUT_FOR_DELIVERY:
        interval = 30 * FETCH_MINUTE;
        break;

    case WISMO_READY_FOR_PICKUP:
    case WISMO_RETURNING:
        interval = 4 * FETCH_HOUR;
        break;

    case WISMO_ATTEMPT_FAILED:
    case WISMO_DELAYED:
    case WISMO_ON_HOLD:
    case WISMO_FAILED:
        interval = 2 * FETCH_HOUR;
        break;

    case WISMO_DELIVERED:
    case WISMO_EXPIRED:
        interval = 0;
        break;

    default:
        interval = 6 * FETCH_HOUR;
        break;
    }

    /* nobody waits for a return at the door */

    if (parcel->leg == WISMO_LEG_RETURN && interval
        && interval < 4 * FETCH_HOUR)
    {
        interval = 4 * FETCH_HOUR;
    }

    return interval;
}


int64_t
fetch_interval_unknown(const wismo_order_t *order,
    const wismo_parcel_t *parcel, int64_t now)
{
    int64_t  silent;

    silent = now - fetch_heard_at(order, parcel);

    if (parcel->nevents) {
        return fetch_interval(order, parcel, now);
    }

    return fetch_silence(silent, (silent < FETCH_FRESH) ? 2 * FETCH_HOUR
                                                        : 6 * FETCH_HOUR);
}


int64_t
fetch_interval_failed(unsigned failures)
{
    int64_t  interval;

    interval = 30 << (failures < 10 ? failures : 10);

    if (interval > FETCH_FAILED_MAX) {
        interval = FETCH_FAILED_MAX;
    }

    return interval / 2 + (int64_t) fetch_random((uint64_t) interval / 2 + 1);
}


static int64_t
fetch_event_at(const wismo_event_t *event)
{
    return (event->when.utc != WISMO_TIME_NONE) ? event->when.utc
                                                : event->when.wall;
}


/* The last sign of life, or if there is none the beginning of the wait. */

static int64_t
fetch_heard_at(const wismo_order_t *order, const wismo_parcel_t *parcel)
{
    int64_t   at, heard;
    unsigned  i;

    heard = WISMO_TIME_NONE;

    for (i = 0; i < parcel->nevents; i++) {
        at = fetch_event_at(&parcel->events[i]);

        if (at > heard) {
            heard = at;
        }
    }

    if (heard != WISMO_TIME_NONE) {
        return heard;
    }

    if (parcel->shipped_at != WISMO_TIME_NONE && parcel->shipped_at > 0) {
        return parcel->shipped_at;
    }

    if (order->placed_at != WISMO_TIME_NONE && order->placed_at > 0) {
        return order->placed_at;
    }

    return order->updated_at;
}


static int64_t
fetch_silence(int64_t silent, int64_t interval)
{
    if (silent >= FETCH_LOST) {
        return 0;
    }

    if (silent >= FETCH_SILENT && interval < FETCH_DAY) {
        return FETCH_DAY;
    }

    return interval;
}


int64_t
fetch_date(int64_t now, int64_t interval, unsigned scale)
{
    int64_t  ms;

    if (interval <= 0) {
        return -1;
    }

    ms = interval * 1000 / (scale ? scale : 1);
    ms = ms * 85 / 100 + (int64_t) fetch_random((uint64_t) (ms * 30 / 100)
                                                + 1);

    now += ms < FETCH_DATE_MIN ? FETCH_DATE_MIN : ms;

    /* the odd ones are leases */

    return now - now % 2;
}


/* Spreads load; nothing secret depends on it. */

uint64_t
fetch_random(uint64_t n)
{
    static uint64_t  state;

    if (state == 0
        && (getrandom(&state, sizeof(state), GRND_NONBLOCK) != sizeof(state)
            || state == 0))
    {
        state = 0x9e3779b97f4a7c15;
    }

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;

    return n ? state % n : 0;
}
