
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


#define FETCH_ASK_TRIES      5
#define FETCH_ASK_KNOWN      (6 * 3600)       /* s, then read it again */
#define FETCH_ASK_BROKEN_IN  3600             /* s, then look again */


static int fetch_ask_field(fetch_lane_t *lane, wismo_pool_t *pool,
    const fetch_ask_t *ask, const char *prefix);
static int fetch_ask_name(wismo_pool_t *pool, const fetch_ask_t *ask,
    const char *prefix, wismo_str_t *name);
static int fetch_ask_bytes(fetch_redis_t *r, wismo_pool_t *pool,
    fetch_ask_t *ask);
static int fetch_ask_seen(fetch_redis_t *r, wismo_pool_t *pool,
    fetch_ask_t *ask);
static int fetch_ask_handle(fetch_redis_t *r, wismo_pool_t *pool,
    fetch_ask_t *ask);
static bool fetch_ask_own(fetch_lane_t *lane, fetch_ask_t *ask);
static void fetch_ask_keep(fetch_lane_t *lane, wismo_pool_t *pool,
    const fetch_ask_t *ask);
static int fetch_ask_parcel(fetch_lane_t *lane, wismo_pool_t *pool,
    fetch_ask_t *ask, bool again);
static int fetch_ask_news(fetch_lane_t *lane, wismo_pool_t *pool,
    fetch_ask_t *ask, bool again, int64_t now);
static int fetch_ask_change(fetch_lane_t *lane, wismo_pool_t *pool,
    fetch_ask_t *ask, int64_t interval, int64_t now);
static void fetch_ask_committed(void *data, const redisReply *reply);
static void fetch_ask_result(fetch_ask_t *ask, fetch_commit_e rc);
static void fetch_ask_touch(fetch_lane_t *lane, wismo_pool_t *pool,
    fetch_ask_t *ask, const fetch_seen_t *seen, int64_t checked_at,
    int64_t next);


int
fetch_ask_append(fetch_lane_t *lane, wismo_pool_t *pool,
    const fetch_ask_t *ask)
{
    fetch_args_t  args;

    fetch_args_init(&args, pool, 4);
    fetch_args_text(&args, "GETRANGE");
    fetch_args_key(&args, wismo_key_document, &ask->claim.order);
    fetch_args_number(&args, 0);
    fetch_args_number(&args, WISMO_DOC_MAX - 1);

    if (args.failed
        || fetch_redis_append(lane->lanes->redis, 4, args.argv) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if (fetch_ask_field(lane, pool, ask, "seen:") != WISMO_OK) {
        return WISMO_ERROR;
    }

    if (!fetch_adapter_has_register(lane->carrier->adapter)) {
        return WISMO_OK;
    }

    return fetch_ask_field(lane, pool, ask, "reg:");
}


static int
fetch_ask_field(fetch_lane_t *lane, wismo_pool_t *pool,
    const fetch_ask_t *ask, const char *prefix)
{
    wismo_str_t   name;
    fetch_args_t  args;

    if (fetch_ask_name(pool, ask, prefix, &name) != WISMO_OK) {
        return WISMO_ERROR;
    }

    fetch_args_init(&args, pool, 3);
    fetch_args_text(&args, "HGET");
    fetch_args_key(&args, wismo_key_ledger, &ask->claim.order);
    fetch_args_add(&args, name.data, name.len);

    if (args.failed) {
        return WISMO_ERROR;
    }

    return fetch_redis_append(lane->lanes->redis, 3, args.argv);
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
fetch_ask_load(fetch_lane_t *lane, wismo_pool_t *pool, fetch_ask_t *ask,
    int64_t now)
{
    fetch_redis_t  *r;

    r = lane->lanes->redis;
    ask->state = FETCH_ASK_READY;

    if (fetch_ask_bytes(r, pool, ask) != WISMO_OK
        || fetch_ask_seen(r, pool, ask) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if (fetch_adapter_has_register(lane->carrier->adapter)
        && fetch_ask_handle(r, pool, ask) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if (ask->state != FETCH_ASK_READY) {
        return WISMO_OK;
    }

    if (ask->seen.version == ask->stored.doc.version
        && now / 1000 < ask->seen.until && ask->number.len)
    {
        ask->index = ask->seen.index;

    } else if (fetch_ask_parcel(lane, pool, ask, false) != WISMO_OK) {
        return WISMO_ERROR;
    }

    if (!fetch_ask_own(lane, ask)) {
        wismo_str_null(&ask->handle);
    }

    return WISMO_OK;
}


static int
fetch_ask_bytes(fetch_redis_t *r, wismo_pool_t *pool, fetch_ask_t *ask)
{
    int           rc;
    redisReply   *reply;
    wismo_str_t   bytes;

    reply = fetch_redis_reply(r);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    rc = WISMO_OK;

    if (reply->type != REDIS_REPLY_STRING) {
        ask->state = FETCH_ASK_BROKEN;

    } else if (reply->len == 0) {
        ask->state = FETCH_ASK_GONE;

    } else {
        bytes.data = (unsigned char *) reply->str;
        bytes.len = (size_t) reply->len;

        rc = wismo_pstrdup(pool, &ask->stored.bytes, &bytes);
        ask->stored.found = true;
    }

    freeReplyObject(reply);

    if (rc == WISMO_OK && ask->state == FETCH_ASK_READY
        && wismo_document_open(&ask->stored.bytes, &ask->stored.doc,
                               &ask->stored.error) != WISMO_OK)
    {
        ask->state = FETCH_ASK_BROKEN;
    }

    return rc;
}


static int
fetch_ask_seen(fetch_redis_t *r, wismo_pool_t *pool, fetch_ask_t *ask)
{
    int           rc;
    redisReply   *reply;
    wismo_str_t   text;

    reply = fetch_redis_reply(r);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    rc = WISMO_OK;
    memset(&ask->seen, 0, sizeof(fetch_seen_t));

    if (reply->type == REDIS_REPLY_STRING && reply->len < FETCH_SEEN_MAX
        && fetch_seen_read(reply->str, &ask->seen, &text))
    {
        rc = wismo_pstrdup(pool, &ask->number, &text);
    }

    freeReplyObject(reply);

    return rc;
}


static int
fetch_ask_handle(fetch_redis_t *r, wismo_pool_t *pool, fetch_ask_t *ask)
{
    int           rc;
    redisReply   *reply;
    wismo_str_t   text;

    reply = fetch_redis_reply(r);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    rc = WISMO_OK;
    wismo_str_null(&ask->handle);

    if (reply->type == REDIS_REPLY_STRING && reply->len > 0) {
        text.data = (unsigned char *) reply->str;
        text.len = (size_t) reply->len;

        rc = wismo_pstrdup(pool, &ask->handle, &text);
    }

    freeReplyObject(reply);

    return rc;
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

    (void) fetch_touch(lane->lanes->redis, pool, &touch);
}


/* Reads the document, or with "again" fetches it first, and finds the parcel
 * in it. */

static int
fetch_ask_parcel(fetch_lane_t *lane, wismo_pool_t *pool, fetch_ask_t *ask,
    bool again)
{
    int              rc;
    unsigned         i;
    wismo_parcel_t  *parcel;

    if (again) {
        rc = fetch_load(lane->lanes->redis, pool, &ask->claim.order,
                        &ask->stored);

    } else {
        rc = fetch_stored_read(pool, &ask->stored);
    }

    if (rc == WISMO_ERROR) {
        return WISMO_ERROR;
    }

    if (rc == WISMO_DECLINED) {
        ask->state = FETCH_ASK_BROKEN;
        return WISMO_OK;
    }

    if (!ask->stored.found) {
        ask->state = FETCH_ASK_GONE;
        return WISMO_OK;
    }

    ask->read = true;

    for (i = 0; i < ask->stored.order.nparcels; i++) {
        parcel = &ask->stored.order.parcels[i];

        if (wismo_str_eq(&parcel->id, &ask->claim.parcel)
            && wismo_str_eq(&parcel->carrier, &lane->carrier->name))
        {
            ask->index = i;

            /* the shop has given the parcel another number meanwhile */

            if (again && ask->number.len
                && !wismo_str_eq(&ask->number, &parcel->tracking_number))
            {
                break;
            }

            ask->number = parcel->tracking_number;
            return WISMO_OK;
        }
    }

    ask->state = FETCH_ASK_GONE;

    return WISMO_OK;
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

        wismo_str_null(&ask->stored.bytes);
        fetch_ask_touch(lane, pool, ask, NULL, 0,
                        fetch_date(now, FETCH_ASK_BROKEN_IN,
                                   lane->lanes->conf->scale));
        return;
    }

    fetch_count(lane->count, FETCH_COUNT_GONE);

    wismo_str_null(&ask->stored.bytes);
    fetch_ask_touch(lane, pool, ask, NULL, 0, -1);
}


bool
fetch_ask_same(fetch_lane_t *lane, wismo_pool_t *pool, fetch_ask_t *ask,
    uint64_t hash, int64_t now)
{
    if (hash == 0 || ask->seen.hash != hash
        || ask->seen.version != ask->stored.doc.version
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
    int64_t         interval;
    fetch_seen_t    seen;
    fetch_lanes_t  *lanes;

    lanes = lane->lanes;
    fetch_count(lane->count, part->outcome);

    if (part->outcome == FETCH_OK && part->report) {
        fetch_count_unmapped(lane->count, part->report);

        ask->lane = lane;
        ask->report = part->report;
        ask->hash = hash;

        if (fetch_ask_news(lane, pool, ask, false, now) == WISMO_OK
            && fetch_commit_defer(lanes->redis, pool, &ask->change,
                                  fetch_ask_committed, ask)
               == FETCH_COMMIT_DONE)
        {
            ask->state = FETCH_ASK_SENT;
        }

        return;
    }

    if (!ask->read && fetch_ask_parcel(lane, pool, ask, false) != WISMO_OK) {
        return;
    }

    if (ask->state != FETCH_ASK_READY) {
        fetch_ask_drop(lane, pool, ask, now);
        return;
    }

    if (part->outcome == FETCH_NOT_FOUND || part->outcome == FETCH_REFUSE) {
        interval = 0;

        /* it is not registered there any more */

        if (ask->handle.len) {
            wismo_str_null(&ask->handle);
            fetch_ask_keep(lane, pool, ask);
        }

        if (part->outcome == FETCH_NOT_FOUND) {
            interval = fetch_interval_unknown(&ask->stored.order,
                               &ask->stored.order.parcels[ask->index],
                               now / 1000);

        } else {
            fetch_log(FETCH_WARN, "carrier %.*s will not answer about a "
                      "parcel of bucket %u: %.*s %.*s, it is not asked again",
                      (int) lane->carrier->name.len,
                      (char *) lane->carrier->name.data,
                      wismo_bucket(&ask->claim.order), (int) part->code.len,
                      (char *) part->code.data,
                      (int) (part->text.len < 200 ? part->text.len : 200),
                      (char *) part->text.data);
        }

        memset(&seen, 0, sizeof(fetch_seen_t));
        seen.interval = interval;

        fetch_ask_touch(lane, pool, ask, &seen, now / 1000,
                        fetch_date(now, interval, lanes->conf->scale));
        return;
    }

    fetch_ask_later(lane, pool, ask, true, -1, now);
}


void
fetch_ask_later(fetch_lane_t *lane, wismo_pool_t *pool, fetch_ask_t *ask,
    bool failed, int64_t next, int64_t now)
{
    int64_t       checked_at;
    fetch_seen_t  seen;

    if (!ask->read && fetch_ask_parcel(lane, pool, ask, false) != WISMO_OK) {
        return;
    }

    if (ask->state != FETCH_ASK_READY) {
        fetch_ask_drop(lane, pool, ask, now);
        return;
    }

    seen = ask->seen;
    seen.until = 0;

    if (failed) {
        next = fetch_date(now, fetch_interval_failed(seen.failures),
                          lane->lanes->conf->scale);
        seen.failures++;
    }

    /* nobody has looked: the page says since when */

    checked_at = ask->stored.order.parcels[ask->index].checked_at;

    fetch_ask_touch(lane, pool, ask, &seen, checked_at, next);
}


void
fetch_ask_again(fetch_lane_t *lane, wismo_pool_t *pool, fetch_ask_t *ask,
    int64_t now)
{
    int             tries;
    fetch_commit_e  rc;

    for (tries = 0; tries < FETCH_ASK_TRIES; tries++) {

        ask->state = FETCH_ASK_READY;

        if (fetch_ask_news(lane, pool, ask, true, now) != WISMO_OK) {
            break;
        }

        rc = fetch_commit(lane->lanes->redis, pool, &ask->change);

        fetch_ask_result(ask, rc);

        if (rc != FETCH_COMMIT_CONFLICT) {
            break;
        }
    }

    ask->state = FETCH_ASK_OVER;
}


/* WISMO_OK: there is a change to commit.  WISMO_DECLINED: all is done. */

static int
fetch_ask_news(fetch_lane_t *lane, wismo_pool_t *pool, fetch_ask_t *ask,
    bool again, int64_t now)
{
    bool             changed;
    int64_t          interval;
    fetch_seen_t     seen;
    fetch_lanes_t   *lanes;
    wismo_order_t   *order;
    wismo_parcel_t  *parcel;
    wismo_report_t   said;

    lanes = lane->lanes;

    /* another parcel of the order may have been faster */

    again = again || fetch_overtaken(&ask->claim.order,
                                     ask->stored.doc.version);

    if ((again || !ask->read)
        && fetch_ask_parcel(lane, pool, ask, again) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if (ask->state != FETCH_ASK_READY) {
        fetch_ask_drop(lane, pool, ask, now);
        return WISMO_DECLINED;
    }

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

    if (changed) {
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

    fetch_commit_e  rc;

    rc = fetch_commit_done(&ask->change, reply);

    fetch_ask_result(ask, rc);

    ask->state = (rc == FETCH_COMMIT_CONFLICT) ? FETCH_ASK_AGAIN
                                               : FETCH_ASK_OVER;
    ask->done(ask);
}


static void
fetch_ask_result(fetch_ask_t *ask, fetch_commit_e rc)
{
    unsigned       bucket;
    fetch_lane_t  *lane;

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
}


/* "seen" without version and place, which are those of the document, or NULL
 * to leave the ledger as it is. */

static void
fetch_ask_touch(fetch_lane_t *lane, wismo_pool_t *pool, fetch_ask_t *ask,
    const fetch_seen_t *seen, int64_t checked_at, int64_t next)
{
    fetch_seen_t   keep;
    fetch_touch_t  touch;

    /* news of another parcel of the order have come meanwhile */

    if (ask->stored.bytes.len
        && fetch_overtaken(&ask->claim.order, ask->stored.doc.version))
    {
        if (fetch_ask_parcel(lane, pool, ask, true) != WISMO_OK) {
            return;
        }

        if (ask->state != FETCH_ASK_READY) {
            wismo_str_null(&ask->stored.bytes);
            next = -1;
        }
    }

    memset(&touch, 0, sizeof(fetch_touch_t));

    touch.order = &ask->claim.order;
    touch.carrier = &lane->carrier->name;
    touch.parcel = &ask->claim.parcel;
    touch.lease = ask->claim.lease;
    touch.bytes = ask->stored.bytes;
    touch.version = ask->stored.doc.version;
    touch.index = ask->index;
    touch.checked_at = checked_at;
    touch.next = next;

    if (seen) {
        keep = *seen;
        keep.version = touch.version;
        keep.index = touch.index;

        if (fetch_seen_write(pool, &ask->claim.parcel, &ask->number, &keep,
                             &touch.field) != WISMO_OK)
        {
            return;
        }
    }

    ask->state = FETCH_ASK_OVER;

    if (fetch_touch(lane->lanes->redis, pool, &touch) == FETCH_COMMIT_DONE
        && next >= 0)
    {
        fetch_schedule_note(&lane->schedule, wismo_bucket(&ask->claim.order),
                            next);
    }
}
