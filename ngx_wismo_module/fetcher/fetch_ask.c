
/*
 * Copyright (C) The Wismo authors
 *
 * From a reply to a commit.  "now" is in ms, of Redis's clock.  Whatever goes
 * wrong here leaves what is stored as it is: the lease ends and the parcel is
 * asked about again.
 */


#include "fetch_ask.h"
#include "fetch_args.h"
#include "fetch_doubt.h"
#include "fetch_log.h"


#define FETCH_ASK_HEAD_LAST  "152"            /* WISMO_DOC_HEADER - 1 */
#define FETCH_ASK_TRIES      5
#define FETCH_ASK_KNOWN      (6 * 3600)       /* s, then read it again */
#define FETCH_ASK_BROKEN_IN  3600             /* s, then look again */


static void fetch_ask_field(fetch_args_t *args, const fetch_ask_t *ask,
    const char *prefix);
static int fetch_ask_name(wismo_pool_t *pool, const fetch_ask_t *ask,
    const char *prefix, wismo_str_t *name);
static int fetch_ask_head(fetch_redis_t *r, fetch_ask_t *ask);
static const redisReply *fetch_ask_said(const redisReply *fields,
    unsigned k);
static int fetch_ask_seen(wismo_pool_t *pool, fetch_ask_t *ask,
    const redisReply *reply);
static int fetch_ask_handle(wismo_pool_t *pool, fetch_ask_t *ask,
    const redisReply *reply);
static void fetch_ask_place(fetch_lane_t *lane, fetch_ask_t *ask,
    int64_t now);
static bool fetch_ask_own(fetch_lane_t *lane, fetch_ask_t *ask);
static void fetch_ask_keep(fetch_lane_t *lane, wismo_pool_t *pool,
    const fetch_ask_t *ask);
static void fetch_ask_parcel(fetch_lane_t *lane, fetch_ask_t *ask,
    bool again);
static int fetch_ask_news(fetch_lane_t *lane, wismo_pool_t *pool,
    fetch_ask_t *ask, int64_t now);
static int fetch_ask_change(fetch_lane_t *lane, wismo_pool_t *pool,
    fetch_ask_t *ask, int64_t interval, int64_t now);
static void fetch_ask_unknown(fetch_lane_t *lane, wismo_pool_t *pool,
    fetch_ask_t *ask, int64_t now);
static void fetch_ask_committed(void *data, const redisReply *reply);
static void fetch_ask_touch(fetch_lane_t *lane, wismo_pool_t *pool,
    fetch_ask_t *ask, const fetch_seen_t *seen, int64_t checked_at,
    int64_t next);


int
fetch_ask_append(fetch_lane_t *lane, wismo_pool_t *pool,
    fetch_ask_t *const *asks, unsigned n)
{
    bool          reg;
    unsigned      i;
    fetch_args_t  args;

    fetch_args_init(&args, pool, 4);
    fetch_args_text(&args, "GETRANGE");
    fetch_args_key(&args, wismo_key_document, &asks[0]->claim.order);
    fetch_args_text(&args, "0");
    fetch_args_text(&args, FETCH_ASK_HEAD_LAST);

    if (args.failed
        || fetch_redis_append(lane->lanes->redis, 4, args.argv) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    reg = fetch_adapter_has_register(lane->carrier->adapter);

    fetch_args_init(&args, pool, 2 + 2 * n);
    fetch_args_text(&args, "HMGET");
    fetch_args_key(&args, wismo_key_ledger, &asks[0]->claim.order);

    for (i = 0; i < n; i++) {
        fetch_ask_field(&args, asks[i], "seen:");

        if (reg) {
            fetch_ask_field(&args, asks[i], "reg:");
        }
    }

    if (args.failed) {
        return WISMO_ERROR;
    }

    return fetch_redis_append(lane->lanes->redis, (int) args.n, args.argv);
}


static void
fetch_ask_field(fetch_args_t *args, const fetch_ask_t *ask,
    const char *prefix)
{
    wismo_str_t  name;

    if (fetch_ask_name(args->pool, ask, prefix, &name) != WISMO_OK) {
        args->failed = true;
        return;
    }

    fetch_args_add(args, name.data, name.len);
}


static int
fetch_ask_name(wismo_pool_t *pool, const fetch_ask_t *ask,
    const char *prefix, wismo_str_t *name)
{
    size_t  len;

    len = strlen(prefix);

    name->len = len + ask->claim.parcel.len;
    name->data = wismo_palloc(pool, name->len);

    if (name->data == NULL) {
        return WISMO_ERROR;
    }

    memcpy(name->data, prefix, len);

    if (ask->claim.parcel.len) {
        memcpy(name->data + len, ask->claim.parcel.data,
               ask->claim.parcel.len);
    }

    return WISMO_OK;
}


int
fetch_ask_load(fetch_lane_t *lane, wismo_pool_t *const *pools,
    fetch_ask_t *const *asks, unsigned n, int64_t now)
{
    int                rc;
    bool               reg;
    unsigned           i, k;
    redisReply        *fields;
    fetch_ask_t       *ask;
    const redisReply  *seen, *handle;

    if (fetch_ask_head(lane->lanes->redis, asks[0]) != WISMO_OK) {
        return WISMO_ERROR;
    }

    fields = fetch_redis_reply(lane->lanes->redis);

    if (fields == NULL) {
        return WISMO_ERROR;
    }

    rc = WISMO_OK;
    reg = fetch_adapter_has_register(lane->carrier->adapter);
    k = 0;

    for (i = 0; i < n && rc == WISMO_OK; i++) {
        ask = asks[i];

        if (i) {
            ask->state = asks[0]->state;
            ask->stored.doc = asks[0]->stored.doc;
            ask->stored.error = asks[0]->stored.error;
        }

        seen = fetch_ask_said(fields, k++);
        handle = reg ? fetch_ask_said(fields, k++) : NULL;

        rc = fetch_ask_seen(pools[i], ask, seen);

        if (rc == WISMO_OK && handle) {
            rc = fetch_ask_handle(pools[i], ask, handle);
        }

        if (rc == WISMO_OK && ask->state == FETCH_ASK_READY) {
            fetch_ask_place(lane, ask, now);
        }
    }

    freeReplyObject(fields);

    return rc;
}


/* A field of the ledger, or NULL. */

static const redisReply *
fetch_ask_said(const redisReply *fields, unsigned k)
{
    if (fields->type != REDIS_REPLY_ARRAY || k >= fields->elements
        || fields->element[k]->type != REDIS_REPLY_STRING)
    {
        return NULL;
    }

    return fields->element[k];
}


/* The parcel's, if the document is still that of the last reply. */

static void
fetch_ask_place(fetch_lane_t *lane, fetch_ask_t *ask, int64_t now)
{
    if (ask->seen.version != ask->stored.doc.version
        || ask->stored.doc.schema != WISMO_DOC_SCHEMA
        || ask->seen.index >= ask->stored.doc.nparcels
        || now / 1000 >= ask->seen.until || ask->number.len == 0)
    {
        return;
    }

    ask->index = ask->seen.index;
    ask->known = true;

    if (!fetch_ask_own(lane, ask)) {
        wismo_str_null(&ask->handle);
    }
}


bool
fetch_ask_wants(const fetch_ask_t *ask)
{
    if (ask->state == FETCH_ASK_READY) {
        return !ask->known;
    }

    /* nor is it, if nothing has changed since: the reply may */

    return ask->state == FETCH_ASK_AGAIN
           && (!ask->read || ask->tries
               || fetch_overtaken(&ask->claim.order,
                                  ask->stored.doc.version));
}


int
fetch_ask_document_append(fetch_lane_t *lane, wismo_pool_t *pool,
    const fetch_ask_t *ask)
{
    return fetch_load_append(lane->lanes->redis, pool, &ask->claim.order);
}


int
fetch_ask_document(fetch_lane_t *lane, wismo_pool_t *pool, fetch_ask_t *ask)
{
    int   rc;
    bool  again;

    again = (ask->state == FETCH_ASK_AGAIN);

    rc = fetch_load_reply(lane->lanes->redis, pool, &ask->claim.order,
                          &ask->stored);

    if (rc == WISMO_ERROR) {
        return WISMO_ERROR;
    }

    if (rc == WISMO_DECLINED) {
        ask->state = FETCH_ASK_BROKEN;

    } else if (!ask->stored.found) {
        ask->state = FETCH_ASK_GONE;

    } else {
        fetch_ask_parcel(lane, ask, again);
    }

    if (!again && !fetch_ask_own(lane, ask)) {
        wismo_str_null(&ask->handle);
    }

    return WISMO_OK;
}


static int
fetch_ask_head(fetch_redis_t *r, fetch_ask_t *ask)
{
    redisReply   *reply;
    wismo_str_t   bytes;

    reply = fetch_redis_reply(r);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    ask->state = FETCH_ASK_READY;

    if (reply->type != REDIS_REPLY_STRING) {
        ask->state = FETCH_ASK_BROKEN;

    } else if (reply->len == 0) {
        ask->state = FETCH_ASK_GONE;

    } else {
        bytes.data = (unsigned char *) reply->str;
        bytes.len = (size_t) reply->len;

        if (wismo_document_head(&bytes, &ask->stored.doc, &ask->stored.error)
            != WISMO_OK)
        {
            ask->state = FETCH_ASK_BROKEN;
        }
    }

    freeReplyObject(reply);

    return WISMO_OK;
}


static int
fetch_ask_seen(wismo_pool_t *pool, fetch_ask_t *ask, const redisReply *reply)
{
    wismo_str_t  text;

    memset(&ask->seen, 0, sizeof(fetch_seen_t));

    if (reply == NULL || reply->len >= FETCH_SEEN_MAX
        || !fetch_seen_read(reply->str, &ask->seen, &text))
    {
        return WISMO_OK;
    }

    return wismo_pstrdup(pool, &ask->number, &text);
}


static int
fetch_ask_handle(wismo_pool_t *pool, fetch_ask_t *ask,
    const redisReply *reply)
{
    wismo_str_t  text;

    text.data = (unsigned char *) reply->str;
    text.len = (size_t) reply->len;

    return text.len ? wismo_pstrdup(pool, &ask->handle, &text) : WISMO_OK;
}


/* Leaves the handle itself of what the ledger says, if that is about this
 * number: the shop may have given the parcel another one, or moved it. */

static bool
fetch_ask_own(fetch_lane_t *lane, fetch_ask_t *ask)
{
    unsigned            i;
    const wismo_str_t  *words[2];

    words[0] = &lane->carrier->name;
    words[1] = &ask->number;

    for (i = 0; i < 2; i++) {

        if (ask->handle.len <= words[i]->len
            || memcmp(ask->handle.data, words[i]->data, words[i]->len) != 0
            || ask->handle.data[words[i]->len] != ' ')
        {
            return false;
        }

        ask->handle.data += words[i]->len + 1;
        ask->handle.len -= words[i]->len + 1;
    }

    return ask->handle.len <= FETCH_HANDLE_MAX;
}


void
fetch_ask_registered(fetch_lane_t *lane, wismo_pool_t *pool,
    fetch_ask_t *ask, const wismo_str_t *handle)
{
    ask->handle = *handle;

    fetch_ask_keep(lane, pool, ask);
}


/* An empty handle is forgotten.  Should this get lost, the number is
 * registered once more, or forgotten the next time. */

static void
fetch_ask_keep(fetch_lane_t *lane, wismo_pool_t *pool, const fetch_ask_t *ask)
{
    wismo_out_t    out;
    fetch_touch_t  touch;

    memset(&touch, 0, sizeof(fetch_touch_t));

    touch.order = &ask->claim.order;
    touch.carrier = &lane->carrier->name;
    touch.parcel = &ask->claim.parcel;
    touch.lease = ask->claim.lease;
    touch.hold = true;

    if (fetch_ask_name(pool, ask, "reg:", &touch.field.name) != WISMO_OK) {
        return;
    }

    if (ask->handle.len) {
        wismo_out_init(&out, pool, 128);
        wismo_out_str(&out, &lane->carrier->name);
        wismo_out_text(&out, " ");
        wismo_out_str(&out, &ask->number);
        wismo_out_text(&out, " ");
        wismo_out_str(&out, &ask->handle);

        if (out.failed) {
            return;
        }

        touch.field.value.data = out.start;
        touch.field.value.len = (size_t) (out.pos - out.start);
    }

    fetch_lanes_gather(lane->lanes);

    (void) fetch_touch(&lane->lanes->touches, &touch);
}


/* Finds the parcel in the document that was read. */

static void
fetch_ask_parcel(fetch_lane_t *lane, fetch_ask_t *ask, bool again)
{
    unsigned         i;
    wismo_parcel_t  *parcel;

    ask->read = true;

    for (i = 0; i < ask->stored.order.nparcels; i++) {
        parcel = &ask->stored.order.parcels[i];

        if (wismo_str_eq(&parcel->id, &ask->claim.parcel)
            && wismo_str_eq(&parcel->carrier, &lane->carrier->name))
        {
            ask->index = i;
            ask->known = true;

            /* the shop has given the parcel another number meanwhile */

            if (again && ask->number.len
                && !wismo_str_eq(&ask->number, &parcel->tracking_number))
            {
                break;
            }

            ask->number = parcel->tracking_number;
            return;
        }
    }

    ask->state = FETCH_ASK_GONE;
}


void
fetch_ask_drop(fetch_lane_t *lane, wismo_pool_t *pool, fetch_ask_t *ask,
    int64_t now)
{
    if (ask->state == FETCH_ASK_BROKEN) {
        fetch_log(FETCH_ERR, "the document of an order in bucket %u can't be "
                             "read: %s", wismo_bucket(&ask->claim.order),
                  ask->stored.error.text[0] ? ask->stored.error.text
                                            : "it is no string");

        ask->known = false;
        fetch_ask_touch(lane, pool, ask, NULL, WISMO_TIME_NONE,
                        fetch_date(now, FETCH_ASK_BROKEN_IN,
                                   lane->lanes->conf->scale));
        return;
    }

    fetch_count(lane->count, FETCH_COUNT_GONE);

    ask->known = false;
    fetch_ask_touch(lane, pool, ask, NULL, WISMO_TIME_NONE, -1);
}


bool
fetch_ask_same(fetch_lane_t *lane, wismo_pool_t *pool, fetch_ask_t *ask,
    uint64_t hash, int64_t now)
{
    if (hash == 0 || ask->seen.hash != hash
        || ask->seen.version != ask->stored.doc.version
        || ask->stored.doc.schema != WISMO_DOC_SCHEMA
        || now / 1000 >= ask->seen.until || ask->seen.interval <= 0
        || ask->seen.failures)
    {
        return false;
    }

    /* the ledger says all this already */

    fetch_ask_touch(lane, pool, ask, NULL, now / 1000,
                    fetch_date(now, ask->seen.interval,
                               lane->lanes->conf->scale));

    fetch_count(lane->count, FETCH_COUNT_SAME);
    fetch_count(lane->count, FETCH_COUNT_UNCHANGED);
    fetch_count(lane->count, FETCH_OK);

    return true;
}


void
fetch_ask_answer(fetch_lane_t *lane, wismo_pool_t *pool, fetch_ask_t *ask,
    const fetch_part_t *part, uint64_t hash, int64_t now)
{
    fetch_count(lane->count, part->outcome);

    ask->lane = lane;
    ask->outcome = part->outcome;
    ask->report = NULL;
    ask->hash = hash;

    if (part->outcome == FETCH_OK && part->report) {
        fetch_count_unmapped(lane->count, part->report);
        ask->report = part->report;

    } else if (part->outcome == FETCH_NOT_FOUND
               || part->outcome == FETCH_REFUSE)
    {
        /* it is not registered there any more */

        if (ask->handle.len) {
            wismo_str_null(&ask->handle);
            fetch_ask_keep(lane, pool, ask);
        }

        if (part->outcome == FETCH_REFUSE) {
            fetch_log(FETCH_WARN, "carrier %.*s will not answer about a "
                      "parcel of bucket %u: %.*s %.*s, it is not asked again",
                      (int) lane->carrier->name.len,
                      (char *) lane->carrier->name.data,
                      wismo_bucket(&ask->claim.order), (int) part->code.len,
                      (char *) part->code.data,
                      (int) (part->text.len < 200 ? part->text.len : 200),
                      (char *) part->text.data);
        }

    } else {
        fetch_ask_later(lane, pool, ask, true, -1, now);
        return;
    }

    ask->order = wismo_hash64(ask->claim.order.data, ask->claim.order.len, 0);
    ask->state = FETCH_ASK_AGAIN;
    ask->done(ask);
}


void
fetch_ask_later(fetch_lane_t *lane, wismo_pool_t *pool, fetch_ask_t *ask,
    bool failed, int64_t next, int64_t now)
{
    fetch_seen_t  seen;

    seen = ask->seen;
    seen.until = 0;

    if (failed) {
        next = fetch_date(now, fetch_interval_failed(seen.failures),
                          lane->lanes->conf->scale);
        seen.failures++;
    }

    /* nobody has looked: the page says since when */

    fetch_ask_touch(lane, pool, ask, &seen, WISMO_TIME_NONE, next);
}


void
fetch_ask_again(fetch_lane_t *lane, wismo_pool_t *pool, fetch_ask_t *ask,
    int64_t now)
{
    if (ask->state != FETCH_ASK_AGAIN || ask->tries == FETCH_ASK_TRIES) {

        if (ask->state == FETCH_ASK_AGAIN) {
            ask->state = FETCH_ASK_OVER;

        } else {
            fetch_ask_drop(lane, pool, ask, now);
        }

        return;
    }

    ask->state = FETCH_ASK_OVER;
    ask->tries++;

    if (ask->report == NULL) {
        fetch_ask_unknown(lane, pool, ask, now);

    } else if (fetch_ask_news(lane, pool, ask, now) == WISMO_OK
               && fetch_commit_defer(lane->lanes->redis, pool, &ask->change,
                                     fetch_ask_committed, ask)
                  == FETCH_COMMIT_DONE)
    {
        ask->state = FETCH_ASK_SENT;
    }
}


/* The carrier doesn't know the parcel, or will never tell. */

static void
fetch_ask_unknown(fetch_lane_t *lane, wismo_pool_t *pool, fetch_ask_t *ask,
    int64_t now)
{
    int64_t       interval;
    fetch_seen_t  seen;

    interval = 0;

    if (ask->outcome == FETCH_NOT_FOUND) {
        interval = fetch_interval_unknown(&ask->stored.order,
                               &ask->stored.order.parcels[ask->index],
                               now / 1000);
    }

    memset(&seen, 0, sizeof(fetch_seen_t));
    seen.interval = interval;

    fetch_ask_touch(lane, pool, ask, &seen, now / 1000,
                    fetch_date(now, interval, lane->lanes->conf->scale));
}


/* WISMO_OK: there is a change to commit.  WISMO_DECLINED: all is done. */

static int
fetch_ask_news(fetch_lane_t *lane, wismo_pool_t *pool, fetch_ask_t *ask,
    int64_t now)
{
    bool             changed;
    int64_t          interval;
    fetch_seen_t     seen;
    fetch_lanes_t   *lanes;
    wismo_order_t   *order;
    wismo_parcel_t  *parcel;
    wismo_report_t   said;

    lanes = lane->lanes;
    order = &ask->stored.order;
    parcel = &order->parcels[ask->index];

    said = *ask->report;
    changed = false;

    if (fetch_doubt(pool, order, &said, ask->seen.events, now / 1000,
                    &ask->doubt)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    said.as_of = now / 1000;

    if (wismo_merge_report(pool, parcel, &said, &changed) != WISMO_OK) {
        return WISMO_ERROR;
    }

    interval = fetch_interval(order, parcel, now / 1000);

    /* a document of an older schema has no place for its freshness */

    if (changed || ask->stored.doc.schema != WISMO_DOC_SCHEMA) {
        return fetch_ask_change(lane, pool, ask, interval, now);
    }

    memset(&seen, 0, sizeof(fetch_seen_t));

    seen.hash = ask->hash;
    seen.interval = interval;
    seen.until = now / 1000 + FETCH_ASK_KNOWN / lanes->conf->scale;
    seen.events = ask->report->nevents;

    fetch_ask_touch(lane, pool, ask, &seen, now / 1000,
                    fetch_date(now, interval, lanes->conf->scale));
    fetch_count(lane->count, FETCH_COUNT_UNCHANGED);

    return WISMO_DECLINED;
}


static int
fetch_ask_change(fetch_lane_t *lane, wismo_pool_t *pool, fetch_ask_t *ask,
    int64_t interval, int64_t now)
{
    int64_t          next;
    fetch_seen_t     seen;
    wismo_order_t   *order;
    wismo_parcel_t  *parcel;
    fetch_change_t  *change;

    order = &ask->stored.order;
    parcel = &order->parcels[ask->index];
    next = fetch_date(now, interval, lane->lanes->conf->scale);

    parcel->checked_at = now / 1000;
    parcel->next_check_at = (next < 0) ? WISMO_TIME_NONE : next / 1000;
    wismo_str_set(&parcel->source, "poll");

    wismo_merge_rollup(order);

    memset(&seen, 0, sizeof(fetch_seen_t));

    seen.hash = ask->hash;
    seen.version = order->version + 1;
    seen.index = ask->index;
    seen.interval = interval;
    seen.until = now / 1000 + FETCH_ASK_KNOWN / lane->lanes->conf->scale;
    seen.events = ask->report->nevents;

    if (fetch_seen_write(pool, &ask->claim.parcel, &ask->number, &seen,
                         &ask->field) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    ask->next = next;

    ask->due.carrier = &lane->carrier->name;
    ask->due.parcel = &ask->claim.parcel;
    ask->due.at = next;
    ask->due.sooner = false;
    ask->due.absent = false;

    change = &ask->change;

    memset(change, 0, sizeof(fetch_change_t));

    change->order = order;
    change->before = &ask->stored.before;
    change->ledger = &ask->field;
    change->nledger = 1;
    change->due = &ask->due;
    change->ndue = 1;
    change->lease_carrier = &lane->carrier->name;
    change->lease_parcel = &ask->claim.parcel;
    change->lease = ask->claim.lease;
    change->now = now / 1000;

    return WISMO_OK;
}


static void
fetch_ask_committed(void *data, const redisReply *reply)
{
    fetch_ask_t *ask = data;

    unsigned         bucket;
    fetch_lane_t    *lane;
    fetch_commit_e   rc;

    rc = fetch_commit_done(&ask->change, reply);

    lane = ask->lane;
    bucket = wismo_bucket(&ask->claim.order);

    if (rc == FETCH_COMMIT_DONE) {
        fetch_count(lane->count, FETCH_COUNT_CHANGED);

        if (ask->next >= 0) {
            fetch_schedule_note(&lane->schedule, bucket, ask->next);
        }

    } else if (rc == FETCH_COMMIT_FENCED) {
        fetch_log(FETCH_INFO, "carrier %.*s: the lease of a parcel of "
                  "bucket %u was over before the reply: dropped",
                  (int) lane->carrier->name.len,
                  (char *) lane->carrier->name.data, bucket);
    }

    ask->state = (rc == FETCH_COMMIT_CONFLICT) ? FETCH_ASK_AGAIN
                                               : FETCH_ASK_OVER;
    ask->done(ask);
}


/* "seen" without version and place, which are those of the document, or NULL
 * to leave the ledger as it is. */

static void
fetch_ask_touch(fetch_lane_t *lane, wismo_pool_t *pool, fetch_ask_t *ask,
    const fetch_seen_t *seen, int64_t checked_at, int64_t next)
{
    fetch_seen_t   keep;
    fetch_touch_t  touch;

    memset(&touch, 0, sizeof(fetch_touch_t));

    touch.order = &ask->claim.order;
    touch.carrier = &lane->carrier->name;
    touch.parcel = &ask->claim.parcel;
    touch.lease = ask->claim.lease;
    touch.fresh = ask->known
                  && ask->stored.doc.schema == WISMO_DOC_SCHEMA;
    touch.index = ask->index;
    touch.checked_at = checked_at;
    touch.next = next;

    if (seen) {
        keep = *seen;
        keep.version = ask->stored.doc.version;
        keep.index = ask->index;

        if (fetch_seen_write(pool, &ask->claim.parcel, &ask->number, &keep,
                             &touch.field) != WISMO_OK)
        {
            return;
        }
    }

    ask->state = FETCH_ASK_OVER;

    fetch_lanes_gather(lane->lanes);

    if (fetch_touch(&lane->lanes->touches, &touch) == WISMO_OK && next >= 0) {
        fetch_schedule_note(&lane->schedule, wismo_bucket(&ask->claim.order),
                            next);
    }
}
