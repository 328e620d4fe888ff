
/*
 * Copyright (C) The Wismo authors
 *
 * Orders read again after an adapter or a shop's file was mended.  What tables
 * know now replaces what they said then; what they do not know stays.  "wismo
 * replay" calls it for one order after the other, beside running fetchers:
 * the order's version tells who was faster.
 *
 * Nothing of a person may get into what is told: carriers, codes, statuses.
 */


#include "fetch_replay.h"
#include "fetch_commit_int.h"
#include "fetch_private.h"
#include "fetch_shop_letter.h"

#include <stdio.h>


#define FETCH_REPLAY_TRIES   8


/* What an order has changed, until it is committed. */

typedef struct {
    fetch_replay_t           *replay;
    json_t                   *codes;
    uint64_t                  events;
    bool                      failed;         /* memory */
} fetch_replay_work_t;


static fetch_replay_e fetch_replay_try(fetch_replay_t *replay,
    wismo_pool_t *pool, const wismo_str_t *number);
static fetch_replay_e fetch_replay_carriers(fetch_replay_work_t *work,
    wismo_pool_t *pool, fetch_stored_t *stored);
static unsigned fetch_replay_due(fetch_lanes_t *lanes, wismo_order_t *order,
    wismo_parcel_t *parcel, int64_t now, fetch_due_t *due);
static fetch_replay_e fetch_replay_shop(fetch_replay_work_t *work,
    wismo_pool_t *pool, const wismo_str_t *number, fetch_stored_t *stored);
static int fetch_replay_strip(wismo_pool_t *pool, wismo_parcel_t *parcel,
    const wismo_parcel_t *made);
static bool fetch_replay_event_is(const wismo_event_t *a,
    const wismo_event_t *b);
static void fetch_replay_differ(fetch_replay_work_t *work,
    const fetch_shop_t *shop, const wismo_order_t *was,
    const wismo_order_t *is);
static fetch_replay_e fetch_replay_commit(fetch_replay_work_t *work,
    wismo_pool_t *pool, fetch_stored_t *stored, fetch_change_t *change);
static void fetch_replay_told(void *data, const wismo_parcel_t *parcel,
    const wismo_str_t *code, const wismo_substatus_t *was,
    const wismo_substatus_t *is);
static void fetch_replay_count(fetch_replay_work_t *work,
    const wismo_str_t *of, const wismo_str_t *code,
    const wismo_substatus_t *was, const wismo_substatus_t *is);
static void fetch_replay_sum(fetch_replay_work_t *work);
static json_t *fetch_replay_member(json_t *object, const char *name);


fetch_replay_e
fetch_replay_order(fetch_replay_t *replay, wismo_pool_t *pool,
    const wismo_str_t *number)
{
    unsigned         tries;
    fetch_replay_e   rc;

    rc = FETCH_REPLAY_UNREAD;

    /* conflicts are rare: who loses so often leaves it to the next call */

    for (tries = 0; tries < FETCH_REPLAY_TRIES; tries++) {

        rc = fetch_replay_try(replay, pool, number);

        if (rc != FETCH_REPLAY_UNREAD) {
            break;
        }
    }

    return rc;
}


static fetch_replay_e
fetch_replay_try(fetch_replay_t *replay, wismo_pool_t *pool,
    const wismo_str_t *number)
{
    fetch_redis_t        *r;
    fetch_replay_e        rc, shop;
    fetch_stored_t        stored;
    fetch_replay_work_t   work;

    r = replay->lanes->redis;

    switch (fetch_load(r, pool, number, &stored)) {

    case WISMO_ERROR:
        return r->c ? FETCH_REPLAY_UNREAD : FETCH_REPLAY_DOWN;

    case WISMO_DECLINED:
        return FETCH_REPLAY_UNREAD;

    default:
        break;
    }

    if (!stored.found) {
        return FETCH_REPLAY_GONE;
    }

    if (stored.doc.updated_at < replay->since) {
        return FETCH_REPLAY_OLD;
    }

    memset(&work, 0, sizeof(fetch_replay_work_t));

    work.replay = replay;
    work.codes = json_object();

    shop = FETCH_REPLAY_SAME;

    if (replay->lanes->conf->nshops) {
        shop = fetch_replay_shop(&work, pool, number, &stored);

        if (shop == FETCH_REPLAY_CHANGED) {
            fetch_replay_sum(&work);

            if (!replay->dry_run
                && fetch_load(r, pool, number, &stored) != WISMO_OK)
            {
                shop = r->c ? FETCH_REPLAY_UNREAD : FETCH_REPLAY_DOWN;

            } else if (!stored.found) {
                shop = FETCH_REPLAY_GONE;
            }
        }
    }

    rc = shop;

    if (shop == FETCH_REPLAY_SAME || shop == FETCH_REPLAY_CHANGED) {
        rc = fetch_replay_carriers(&work, pool, &stored);

        if (rc == FETCH_REPLAY_CHANGED) {
            fetch_replay_sum(&work);

        } else if (rc == FETCH_REPLAY_SAME) {
            rc = shop;
        }
    }

    json_decref(work.codes);

    return rc;
}


/* What carriers have said. */

static fetch_replay_e
fetch_replay_carriers(fetch_replay_work_t *work, wismo_pool_t *pool,
    fetch_stored_t *stored)
{
    bool              any, changed;
    int64_t           now;
    unsigned          i;
    const char       *only;
    fetch_lanes_t    *lanes;
    fetch_change_t    change;
    wismo_order_t    *order;
    wismo_parcel_t   *parcel;
    fetch_carrier_t  *carrier;

    order = &stored->order;
    lanes = work->replay->lanes;
    only = work->replay->only;

    memset(&change, 0, sizeof(fetch_change_t));

    change.due = wismo_palloc(pool, (order->nparcels + 1)
                                    * sizeof(fetch_due_t));
    if (change.due == NULL) {
        return FETCH_REPLAY_UNREAD;
    }

    now = fetch_redis_time(lanes->redis);
    any = false;

    for (i = 0; i < order->nparcels; i++) {
        parcel = &order->parcels[i];
        carrier = fetch_config_carrier(lanes->conf, &parcel->carrier);

        if (carrier == NULL || carrier->adapter == NULL
            || (only && !wismo_str_is(&carrier->name, only)))
        {
            continue;
        }

        if (fetch_adapter_again(carrier->adapter, pool, parcel,
                                fetch_replay_told, work, &changed)
            != WISMO_OK)
        {
            return FETCH_REPLAY_UNREAD;
        }

        if (changed) {
            any = true;
            change.ndue += fetch_replay_due(lanes, order, parcel, now,
                                            change.due + change.ndue);
        }
    }

    if (!any) {
        return FETCH_REPLAY_SAME;
    }

    wismo_merge_rollup(order);

    change.order = order;
    change.before = &stored->before;
    change.now = now / 1000;

    return fetch_replay_commit(work, pool, stored, &change);
}


/* What has not arrived after all is asked about again, and what has is not. */

static unsigned
fetch_replay_due(fetch_lanes_t *lanes, wismo_order_t *order,
    wismo_parcel_t *parcel, int64_t now, fetch_due_t *due)
{
    int64_t  next;

    if (fetch_lane(lanes, &parcel->carrier) == NULL) {
        return 0;
    }

    next = fetch_date(now, fetch_interval(order, parcel, now / 1000),
                      lanes->conf->scale);

    parcel->next_check_at = (next < 0) ? WISMO_TIME_NONE : next / 1000;

    memset(due, 0, sizeof(fetch_due_t));

    due->carrier = &parcel->carrier;
    due->parcel = &parcel->id;
    due->at = next;

    return 1;
}


/* What its shop has said: the order is made anew of what is kept. */

static fetch_replay_e
fetch_replay_shop(fetch_replay_work_t *work, wismo_pool_t *pool,
    const wismo_str_t *number, fetch_stored_t *stored)
{
    json_t               *body;
    unsigned              i;
    wismo_str_t           text, name;
    fetch_lanes_t        *lanes;
    wismo_order_t         order, first;
    wismo_error_t         err;
    fetch_shop_t         *shop;
    fetch_change_t        change;
    fetch_commit_e        rc;
    wismo_parcel_t       *parcel, *parcels;
    fetch_shop_rules_t    rules;
    const wismo_parcel_t *made;

    lanes = work->replay->lanes;

    if (fetch_commit_shop(lanes->redis, pool, number, &name) != WISMO_OK) {
        return lanes->redis->c ? FETCH_REPLAY_UNREAD : FETCH_REPLAY_DOWN;
    }

    for (i = 0; i < name.len && name.data[i] != ' '; i++) { /* void */ }

    name.len = i;
    shop = name.len ? fetch_config_shop(lanes->conf, &name) : NULL;

    if (shop == NULL || shop->adapter == NULL
        || (work->replay->only
            && !wismo_str_is(&shop->name, work->replay->only)))
    {
        return FETCH_REPLAY_SAME;
    }

    if (fetch_private_load(lanes->redis, pool, number, &text, &err)
        != WISMO_OK)
    {
        return lanes->redis->c ? FETCH_REPLAY_UNREAD : FETCH_REPLAY_DOWN;
    }

    body = text.len ? json_loadb((char *) text.data, text.len, 0, NULL)
                    : NULL;

    /* a PUT came after it, which holds */

    if (!json_is_object(json_object_get(body, "shop"))) {
        json_decref(body);
        return FETCH_REPLAY_SAME;
    }

    /* members that its file had not led to */

    if (fetch_shop_last_read(shop, pool, number, body) != WISMO_OK) {
        json_decref(body);
        return FETCH_REPLAY_UNREAD;
    }

    memset(&change, 0, sizeof(fetch_change_t));

    /* once for its events, whose old statuses must not come in by the merge */

    rc = fetch_shop_make(lanes, pool, shop, number, body, NULL, &rules,
                         &first, &change.body);

    parcels = wismo_palloc(pool, (stored->order.nparcels + 1)
                                 * sizeof(wismo_parcel_t));

    if (rc != FETCH_COMMIT_DONE || parcels == NULL) {
        json_decref(body);
        return FETCH_REPLAY_UNREAD;
    }

    order = stored->order;
    order.parcels = parcels;

    for (i = 0; i < order.nparcels; i++) {
        parcel = &parcels[i];
        *parcel = stored->order.parcels[i];

        made = fetch_commit_find(&first, parcel);

        if (made && fetch_replay_strip(pool, parcel, made) != WISMO_OK) {
            json_decref(body);
            return FETCH_REPLAY_UNREAD;
        }
    }

    rc = fetch_shop_make(lanes, pool, shop, number, body, &order, &rules,
                         &first, &change.body);
    json_decref(body);

    change.due = wismo_palloc(pool, (first.nparcels + 1)
                                    * sizeof(fetch_due_t));

    if (rc != FETCH_COMMIT_DONE || change.due == NULL) {
        return FETCH_REPLAY_UNREAD;
    }

    first.version = stored->doc.version;
    first.revoked_at = stored->doc.revoked_at;

    wismo_merge_rollup(&first);

    change.order = &first;
    change.before = &stored->before;
    change.bytes = stored->bytes;
    change.now = rules.now;

    /* settling tells whether it would be the same document */

    if (fetch_commit_settle(lanes->redis, pool, &change) != FETCH_COMMIT_DONE)
    {
        return FETCH_REPLAY_UNREAD;
    }

    if (change.same) {
        return FETCH_REPLAY_SAME;
    }

    first.version = stored->doc.version;
    first.updated_at = stored->order.updated_at;

    fetch_replay_differ(work, shop, &stored->order, &first);

    change.ndue = fetch_letter_due(lanes, &first,
                                   fetch_redis_time(lanes->redis),
                                   change.due);

    return fetch_replay_commit(work, pool, stored, &change);
}


/* Leaves out the events that are made anew. */

static int
fetch_replay_strip(wismo_pool_t *pool, wismo_parcel_t *parcel,
    const wismo_parcel_t *made)
{
    unsigned        i, k, n;
    wismo_event_t  *events;

    events = wismo_palloc(pool, (parcel->nevents + 1)
                                * sizeof(wismo_event_t));
    if (events == NULL) {
        return WISMO_ERROR;
    }

    for (i = 0, n = 0; i < parcel->nevents; i++) {

        for (k = 0; k < made->nevents; k++) {
            if (fetch_replay_event_is(&parcel->events[i], &made->events[k])) {
                break;
            }
        }

        if (k == made->nevents) {
            events[n++] = parcel->events[i];
        }
    }

    parcel->events = events;
    parcel->nevents = n;

    return WISMO_OK;
}


/* A shop's event; what a carrier said at that time is another's. */

static bool
fetch_replay_event_is(const wismo_event_t *a, const wismo_event_t *b)
{
    return a->raw.len == 0 && a->when.utc == b->when.utc
           && a->when.wall == b->when.wall && wismo_str_eq(&a->code, &b->code)
           && (a->code.len || wismo_str_eq(&a->text, &b->text));
}


static void
fetch_replay_differ(fetch_replay_work_t *work, const fetch_shop_t *shop,
    const wismo_order_t *was, const wismo_order_t *is)
{
    unsigned               i, k, m;
    const wismo_event_t   *e;
    const wismo_parcel_t  *p, *q;

    for (i = 0; i < is->nparcels; i++) {
        p = &is->parcels[i];
        q = fetch_commit_find(was, p);

        for (k = 0; q && k < p->nevents; k++) {
            e = &p->events[k];

            for (m = 0; m < q->nevents; m++) {

                if (fetch_replay_event_is(&q->events[m], e)
                    && q->events[m].status != e->status)
                {
                    fetch_replay_count(work, &shop->name, &e->code,
                                       q->events[m].status, e->status);
                    break;
                }
            }
        }
    }
}


static fetch_replay_e
fetch_replay_commit(fetch_replay_work_t *work, wismo_pool_t *pool,
    fetch_stored_t *stored, fetch_change_t *change)
{
    if (work->failed) {
        return FETCH_REPLAY_UNREAD;
    }

    if (work->replay->dry_run) {
        return FETCH_REPLAY_CHANGED;
    }

    change->order->version = stored->doc.version;

    switch (fetch_commit(work->replay->lanes->redis, pool, change)) {

    case FETCH_COMMIT_DONE:
        return FETCH_REPLAY_CHANGED;

    case FETCH_COMMIT_DOWN:
        return FETCH_REPLAY_DOWN;

    case FETCH_COMMIT_FENCED:
        return FETCH_REPLAY_GONE;

    default:
        json_object_clear(work->codes);
        work->events = 0;
        return FETCH_REPLAY_UNREAD;
    }
}


static void
fetch_replay_told(void *data, const wismo_parcel_t *parcel,
    const wismo_str_t *code, const wismo_substatus_t *was,
    const wismo_substatus_t *is)
{
    fetch_replay_count(data, &parcel->carrier, code, was, is);
}


static void
fetch_replay_count(fetch_replay_work_t *work, const wismo_str_t *of,
    const wismo_str_t *code, const wismo_substatus_t *was,
    const wismo_substatus_t *is)
{
    char      name[64], text[128], change[128];
    json_t   *object, *n;

    snprintf(name, sizeof(name), "%.*s", (int) of->len, (char *) of->data);
    snprintf(text, sizeof(text), "%.*s", (int) code->len,
             code->len ? (char *) code->data : "");
    snprintf(change, sizeof(change), "%s%s%s > %s%s%s", was->name,
             *was->sub ? "." : "", was->sub, is->name, *is->sub ? "." : "",
             is->sub);

    work->events++;

    object = fetch_replay_member(fetch_replay_member(work->codes, name),
                                 text);

    /* a code that was cut within a character is told by its beginning */

    if (object == NULL) {
        object = fetch_replay_member(fetch_replay_member(work->codes, name),
                                     "?");
    }

    n = json_object_get(object, change);

    if (n) {
        (void) json_integer_set(n, json_integer_value(n) + 1);

    } else if (json_object_set_new(object, change, json_integer(1)) != 0) {
        work->failed = true;
    }
}


static void
fetch_replay_sum(fetch_replay_work_t *work)
{
    json_t          *codes, *changes, *n, *to, *sum;
    const char      *name, *code, *change;
    fetch_replay_t  *replay;

    replay = work->replay;
    replay->events += work->events;

    json_object_foreach(work->codes, name, codes) {

        json_object_foreach(codes, code, changes) {
            to = fetch_replay_member(replay->codes, name);

            if (json_object_get(to, code) == NULL
                && replay->ncodes++ >= FETCH_REPLAY_CODES)
            {
                to = fetch_replay_member(to, "...");

            } else {
                to = fetch_replay_member(to, code);
            }

            json_object_foreach(changes, change, n) {
                sum = json_object_get(to, change);

                if (sum) {
                    (void) json_integer_set(sum, json_integer_value(sum)
                                                 + json_integer_value(n));

                } else {
                    (void) json_object_set_new(to, change,
                                  json_integer(json_integer_value(n)));
                }
            }
        }
    }

    json_object_clear(work->codes);
    work->events = 0;
}


static json_t *
fetch_replay_member(json_t *object, const char *name)
{
    json_t  *member;

    member = json_object_get(object, name);

    if (member == NULL) {
        member = json_object();

        if (json_object_set_new(object, name, member) != 0) {
            return NULL;
        }
    }

    return member;
}
