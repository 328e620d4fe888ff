
/*
 * Copyright (C) The Wismo authors
 *
 * Applying letters, but those of shops (fetch_shop_letter.c).  Each may come
 * twice, or late: an order and an erasure carry their stream id into the
 * ledger, where the commit finds what is older than that; a push is merged,
 * which a second time changes nothing.
 *
 * Nothing of a letter's contents may get into a log.
 */


#include "fetch_letter.h"
#include "fetch_attention.h"
#include "fetch_args.h"
#include "fetch_customer.h"
#include "fetch_doubt.h"
#include "fetch_link.h"
#include "fetch_message.h"
#include "fetch_shop_letter.h"
#include "wismo_feedback.h"

#include <stdio.h>


#define FETCH_LETTER_TRIES   8
#define FETCH_LETTER_DIGITS  7                /* of a count */
#define FETCH_LETTER_ORDERS  "32"             /* with one tracking number */
#define FETCH_LETTER_MS      18               /* digits of an id */


static fetch_letter_e fetch_letter_put(fetch_lanes_t *lanes,
    wismo_pool_t *pool, const fetch_letter_t *letter, char *why,
    size_t size);
static fetch_letter_e fetch_letter_order(fetch_lanes_t *lanes,
    wismo_pool_t *pool, const fetch_letter_t *letter, wismo_order_t *order);
static fetch_letter_e fetch_letter_unsigned(fetch_lanes_t *lanes,
    const fetch_letter_t *letter);
static fetch_letter_e fetch_letter_stop(fetch_lanes_t *lanes,
    wismo_pool_t *pool, const fetch_letter_t *letter);
static fetch_letter_e fetch_letter_feedback(fetch_lanes_t *lanes,
    wismo_pool_t *pool, const fetch_letter_t *letter);
static int fetch_letter_said(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_letter_t *letter);
static fetch_letter_e fetch_letter_push(fetch_lanes_t *lanes,
    wismo_pool_t *pool, const fetch_letter_t *letter, char *why,
    size_t size);
static fetch_letter_e fetch_letter_part(fetch_lanes_t *lanes,
    wismo_pool_t *pool, const fetch_carrier_t *carrier,
    const fetch_part_t *part, int64_t at, const char **doubt);
static fetch_letter_e fetch_letter_news(fetch_lanes_t *lanes,
    wismo_pool_t *pool, const fetch_carrier_t *carrier,
    const wismo_str_t *order, const wismo_str_t *number,
    const wismo_report_t *report, int64_t at, const char **doubt);


fetch_letter_e
fetch_letter(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, char *why, size_t size)
{
    bool            found;
    fetch_erased_t  erased;

    if (wismo_str_is(&letter->kind, "hook")) {
        return fetch_letter_push(lanes, pool, letter, why, size);
    }

    if (wismo_str_is(&letter->kind, "message")) {
        return fetch_message(lanes, pool, letter, why, size);
    }

    if (wismo_str_is(&letter->kind, "unsigned")) {
        return fetch_letter_unsigned(lanes, letter);
    }

    if (!wismo_str_is(&letter->kind, "put")
        && !wismo_str_is(&letter->kind, "delete")
        && !wismo_str_is(&letter->kind, "view")
        && !wismo_str_is(&letter->kind, "feedback")
        && !wismo_str_is(&letter->kind, "stop")
        && !wismo_str_is(&letter->kind, "link"))
    {
        snprintf(why, size, "the kind is none of put, delete, hook, view, "
                            "feedback, stop, link, message, unsigned");
        return FETCH_LETTER_DEAD;
    }

    if (!wismo_order_number_ok(&letter->order)) {
        snprintf(why, size, "the order's number is not acceptable");
        return FETCH_LETTER_DEAD;
    }

    if (wismo_str_is(&letter->kind, "view")) {
        return fetch_attention_view(lanes, pool, &letter->order);
    }

    if (wismo_str_is(&letter->kind, "feedback")) {
        return fetch_letter_feedback(lanes, pool, letter);
    }

    if (wismo_str_is(&letter->kind, "stop")) {
        return fetch_letter_stop(lanes, pool, letter);
    }

    if (wismo_str_is(&letter->kind, "link")) {
        return fetch_link(lanes, pool, letter);
    }

    if (wismo_str_is(&letter->kind, "put")) {
        return fetch_letter_put(lanes, pool, letter, why, size);
    }

    return fetch_letter_result(fetch_erase_traces(lanes->redis, pool,
                                                  &letter->order,
                                                  &letter->id, &found,
                                                  &erased));
}


int64_t
fetch_letter_came(const fetch_letter_t *letter)
{
    size_t   i;
    int64_t  ms;

    ms = 0;

    for (i = 0; i < letter->id.len && i < FETCH_LETTER_MS
                && letter->id.data[i] >= '0' && letter->id.data[i] <= '9';
         i++)
    {
        ms = ms * 10 + (letter->id.data[i] - '0');
    }

    return (ms == 0 || ms / 1000 > letter->at) ? letter->at * 1000 : ms;
}


fetch_letter_e
fetch_letter_result(fetch_commit_e rc)
{
    switch (rc) {

    case FETCH_COMMIT_DONE:
    case FETCH_COMMIT_FENCED:
        return FETCH_LETTER_DONE;

    case FETCH_COMMIT_DOWN:
        return FETCH_LETTER_DOWN;

    default:
        return FETCH_LETTER_AGAIN;
    }
}


static fetch_letter_e
fetch_letter_put(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, char *why, size_t size)
{
    int                 n, tries;
    json_t             *json;
    json_error_t        error;
    wismo_order_t       order;
    wismo_error_t       err;
    fetch_letter_e      rc;
    wismo_body_rules_t  rules;

    json = json_loadb((char *) letter->body.data, letter->body.len,
                      JSON_REJECT_DUPLICATES, &error);

    if (json == NULL) {
        snprintf(why, size, "the body is no JSON, line %d", error.line);
        return FETCH_LETTER_DEAD;
    }

    /* the module knew the carriers when it accepted the order: one that was
     * removed since is not asked, that is all */

    memset(&rules, 0, sizeof(wismo_body_rules_t));
    rules.now = fetch_redis_time(lanes->redis) / 1000;

    rc = FETCH_LETTER_AGAIN;

    for (tries = 0; tries < FETCH_LETTER_TRIES; tries++) {

        memset(&err, 0, sizeof(wismo_error_t));
        n = wismo_order_body(pool, json, &rules, &order, &err, 1);

        if (n > 0) {
            snprintf(why, size, "%s: %s", err.at, err.text);
            rc = FETCH_LETTER_DEAD;
            break;
        }

        if (n < 0) {
            break;
        }

        order.number = letter->order;

        if (wismo_proofs_make(&lanes->conf->peppers, &order.number, json,
                              &order.proofs)
            != WISMO_OK)
        {
            break;
        }

        rc = fetch_letter_order(lanes, pool, letter, &order);

        if (rc != FETCH_LETTER_AGAIN) {
            break;
        }
    }

    json_decref(json);

    return rc;
}


static fetch_letter_e
fetch_letter_order(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, wismo_order_t *order)
{
    int              rc;
    int64_t          now;
    unsigned         i;
    fetch_due_t     *due;
    fetch_field_t    field;
    fetch_change_t   change;
    fetch_stored_t   stored;

    rc = fetch_load(lanes->redis, pool, &letter->order, &stored);

    if (rc == WISMO_ERROR) {
        return lanes->redis->c ? FETCH_LETTER_AGAIN : FETCH_LETTER_DOWN;
    }

    /* what can't be read is written anew */

    if (rc == WISMO_DECLINED) {
        stored.found = false;
    }

    for (i = 0; i < order->nparcels; i++) {
        wismo_str_set(&order->parcels[i].source, "api");
    }

    due = wismo_palloc(pool, (order->nparcels + 1) * sizeof(fetch_due_t));

    if (due == NULL
        || wismo_merge_order(pool, order, stored.found ? &stored.order : NULL)
           != WISMO_OK)
    {
        return FETCH_LETTER_AGAIN;
    }

    now = fetch_redis_time(lanes->redis);
    order->version = stored.doc.version;
    order->revoked_at = stored.doc.revoked_at;

    memset(&change, 0, sizeof(fetch_change_t));

    change.ndue = fetch_letter_due(lanes, order, now, due);

    wismo_merge_rollup(order);

    wismo_str_set(&field.name, "body");
    field.value = letter->id;

    change.order = order;
    change.before = stored.found ? &stored.order : NULL;
    change.body = letter->body;

    if (stored.found) {
        change.bytes = stored.bytes;
    }

    change.ledger = &field;
    change.nledger = 1;
    change.due = due;
    change.now = now / 1000;

    return fetch_letter_result(fetch_commit(lanes->redis, pool, &change));
}


unsigned
fetch_letter_due(fetch_lanes_t *lanes, wismo_order_t *order, int64_t now,
    fetch_due_t *due)
{
    unsigned         i, n;
    fetch_lane_t    *lane;
    wismo_parcel_t  *parcel;

    n = 0;

    for (i = 0; i < order->nparcels; i++) {
        parcel = &order->parcels[i];
        lane = fetch_lane(lanes, &parcel->carrier);

        if (lane == NULL) {
            continue;
        }

        due[n].absent = (parcel->next_check_at != WISMO_TIME_NONE);

        if (parcel->next_check_at == WISMO_TIME_NONE) {

            /* it was asked for the last time */

            if (parcel->status && parcel->status->final) {
                continue;
            }

            parcel->next_check_at = now / 1000;
        }

        due[n].carrier = &parcel->carrier;
        due[n].parcel = &parcel->id;
        due[n].at = parcel->next_check_at * 1000;
        due[n].sooner = !due[n].absent;

        fetch_schedule_note(&lane->schedule, wismo_bucket(&order->number),
                            due[n].at);
        n++;
    }

    return n;
}


/*
 * What a shopper said goes into the ledger, in the place of what was said
 * before; the order itself stays as it is.  About an order that is gone
 * nothing is kept, nor what says nothing.
 */

static fetch_letter_e
fetch_letter_feedback(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter)
{
    int                rc, tries;
    wismo_out_t        out;
    fetch_field_t      field;
    fetch_letter_e     result;
    fetch_change_t     change;
    fetch_stored_t     stored;
    wismo_feedback_t   feedback;

    rc = wismo_feedback_form(pool, &letter->body, &feedback);

    if (rc != WISMO_OK) {
        return (rc == WISMO_DECLINED) ? FETCH_LETTER_DONE
                                      : FETCH_LETTER_AGAIN;
    }

    feedback.at = letter->at;

    wismo_out_init(&out, pool, 512);
    wismo_feedback_write(&out, &feedback);

    if (out.failed) {
        return FETCH_LETTER_AGAIN;
    }

    wismo_str_set(&field.name, "feedback");
    field.value.data = out.start;
    field.value.len = (size_t) (out.pos - out.start);

    result = FETCH_LETTER_AGAIN;

    for (tries = 0; tries < FETCH_LETTER_TRIES; tries++) {

        rc = fetch_load(lanes->redis, pool, &letter->order, &stored);

        if (rc == WISMO_ERROR) {
            return lanes->redis->c ? FETCH_LETTER_AGAIN : FETCH_LETTER_DOWN;
        }

        if (rc == WISMO_DECLINED || !stored.found) {
            return FETCH_LETTER_DONE;
        }

        rc = fetch_letter_said(lanes->redis, pool, letter);

        if (rc != WISMO_OK) {
            return (rc == WISMO_DECLINED) ? FETCH_LETTER_DONE
                   : lanes->redis->c ? FETCH_LETTER_AGAIN : FETCH_LETTER_DOWN;
        }

        memset(&change, 0, sizeof(fetch_change_t));

        change.order = &stored.order;
        change.before = &stored.before;
        change.bytes = stored.bytes;
        change.ledger = &field;
        change.nledger = 1;
        change.now = fetch_redis_time(lanes->redis) / 1000;

        result = fetch_letter_result(fetch_commit(lanes->redis, pool,
                                                  &change));

        if (result != FETCH_LETTER_AGAIN) {
            break;
        }
    }

    return result;
}


/* WISMO_DECLINED: something was said since, and this is read again. */

static int
fetch_letter_said(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_letter_t *letter)
{
    char               key[WISMO_KEY_MAX];
    wismo_str_t        text;
    wismo_feedback_t   said;

    if (fetch_redis_field(r, pool, key, wismo_key_ledger(key, &letter->order),
                          "feedback", &text)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    return (text.len && wismo_feedback_read(pool, &text, &said) == WISMO_OK
            && said.at != WISMO_TIME_NONE && said.at > letter->at)
           ? WISMO_DECLINED : WISMO_OK;
}


/* How many pushes to a hook were not signed as they should be. */

static fetch_letter_e
fetch_letter_unsigned(fetch_lanes_t *lanes, const fetch_letter_t *letter)
{
    size_t          i;
    unsigned        n;
    fetch_count_t  *count;

    count = fetch_counts_hook(&lanes->counts, &letter->carrier);
    n = 0;

    for (i = 0; i < letter->body.len && i < FETCH_LETTER_DIGITS; i++) {
        if (letter->body.data[i] < '0' || letter->body.data[i] > '9') {
            break;
        }

        n = n * 10 + letter->body.data[i] - '0';
    }

    if (count) {
        count->n[FETCH_COUNT_UNSIGNED] += n;
    }

    return FETCH_LETTER_DONE;
}


/*
 * Whoever got a mail wants no more, or wants them again: part of the order,
 * since its page says so.
 */

static fetch_letter_e
fetch_letter_stop(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter)
{
    int              rc, tries;
    bool             stop;
    fetch_letter_e   result;
    fetch_change_t   change;
    fetch_stored_t   stored;

    stop = !wismo_str_is(&letter->body, "start");
    result = FETCH_LETTER_AGAIN;

    for (tries = 0; tries < FETCH_LETTER_TRIES; tries++) {

        rc = fetch_load(lanes->redis, pool, &letter->order, &stored);

        if (rc == WISMO_ERROR) {
            return lanes->redis->c ? FETCH_LETTER_AGAIN : FETCH_LETTER_DOWN;
        }

        if (rc == WISMO_DECLINED || !stored.found
            || stop == (stored.order.mail_stopped_at != 0)
            || stored.order.mail_stopped_at > letter->at)
        {
            return FETCH_LETTER_DONE;
        }

        stored.order.mail_stopped_at = stop ? letter->at : 0;

        memset(&change, 0, sizeof(fetch_change_t));

        change.order = &stored.order;
        change.before = &stored.before;
        change.now = fetch_redis_time(lanes->redis) / 1000;

        result = fetch_letter_result(fetch_commit(lanes->redis, pool,
                                                  &change));

        if (result != FETCH_LETTER_AGAIN) {
            break;
        }
    }

    return result;
}


static fetch_letter_e
fetch_letter_push(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, char *why, size_t size)
{
    unsigned          i;
    const char       *doubt;
    wismo_str_t       text;
    fetch_reply_t     reply;
    fetch_count_t    *count;
    fetch_answer_t    push;
    fetch_letter_e    rc;
    fetch_shop_t     *shop;
    fetch_carrier_t  *carrier;

    carrier = fetch_config_carrier(lanes->conf, &letter->carrier);
    shop = carrier ? NULL : fetch_config_shop(lanes->conf, &letter->carrier);

    if (shop && shop->adapter) {
        return fetch_shop_letter(lanes, pool, letter, shop, why, size);
    }

    if (carrier == NULL || carrier->adapter == NULL
        || !fetch_adapter_has_push(carrier->adapter))
    {
        snprintf(why, size, "no such carrier or shop, or its adapter "
                            "takes no pushes");
        return FETCH_LETTER_DEAD;
    }

    memset(&push, 0, sizeof(fetch_answer_t));

    push.http = 200;
    push.body = letter->body;
    push.now = letter->at;

    if (fetch_adapter_push(carrier->adapter, pool, &push, &reply)
        != WISMO_OK)
    {
        return FETCH_LETTER_AGAIN;
    }

    count = fetch_counts_of(&lanes->counts, carrier);

    fetch_count(count, FETCH_COUNT_PUSHES);

    /* about something else: there is nothing wrong with it */

    if (reply.outcome == FETCH_REFUSE) {
        fetch_count(count, FETCH_COUNT_PASSED);
        return FETCH_LETTER_DONE;
    }

    if (reply.outcome != FETCH_OK && reply.outcome != FETCH_NOT_FOUND) {
        fetch_count_reject(&lanes->counts, count, FETCH_COUNT_REJECTS, 0,
                           &letter->body, &reply.text,
                           fetch_redis_time(lanes->redis));
        snprintf(why, size, "the adapter can't use it (%s)",
                 fetch_outcome_name(reply.outcome));
        return FETCH_LETTER_DEAD;
    }

    for (i = 0; i < reply.nparts; i++) {

        if (reply.parts[i].outcome != FETCH_OK || !reply.parts[i].report) {
            continue;
        }

        fetch_count_unmapped(count, reply.parts[i].report);

        doubt = NULL;
        rc = fetch_letter_part(lanes, pool, carrier, &reply.parts[i],
                               letter->at, &doubt);

        if (doubt) {
            text = wismo_str_of(doubt);

            fetch_count_reject(&lanes->counts, count, FETCH_COUNT_DOUBTS, 0,
                               &letter->body, &text,
                               fetch_redis_time(lanes->redis));
        }

        if (rc != FETCH_LETTER_DONE) {
            return rc;
        }
    }

    return FETCH_LETTER_DONE;
}


/* A number's orders; one that has gone meanwhile is passed over. */

static fetch_letter_e
fetch_letter_part(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_carrier_t *carrier, const fetch_part_t *part, int64_t at,
    const char **doubt)
{
    bool             any;
    char             key[WISMO_KEY_MAX];
    size_t           i, n;
    redisReply      *reply;
    wismo_str_t      number, member, name, order;
    fetch_args_t     args;
    fetch_count_t   *count;
    fetch_letter_e   rc;

    number = part->number;

    count = fetch_counts_of(&lanes->counts, carrier);

    if (wismo_clean_number(pool, &number) != WISMO_OK) {
        fetch_count(count, FETCH_COUNT_STRANGERS);
        return FETCH_LETTER_DONE;
    }

    fetch_args_init(&args, pool, 3);
    fetch_args_text(&args, "SRANDMEMBER");
    fetch_args_add(&args, key, wismo_key_tracking(key, &number));
    fetch_args_text(&args, FETCH_LETTER_ORDERS);

    if (args.failed) {
        return FETCH_LETTER_AGAIN;
    }

    reply = fetch_redis_call(lanes->redis, 3, args.argv);

    if (reply == NULL) {
        return FETCH_LETTER_DOWN;
    }

    n = (reply->type == REDIS_REPLY_ARRAY) ? reply->elements : 0;
    any = false;
    rc = FETCH_LETTER_DONE;

    for (i = 0; i < n && rc == FETCH_LETTER_DONE; i++) {

        if (reply->element[i]->type != REDIS_REPLY_STRING) {
            continue;
        }

        member = fetch_redis_str(reply->element[i]);

        if (wismo_tracking_member(&member, &name, &order) != WISMO_OK
            || !wismo_str_eq(&name, &carrier->name)
            || !wismo_order_number_ok(&order))
        {
            continue;
        }

        any = true;

        rc = fetch_adapter_push_hints(carrier->adapter)
             ? fetch_attention_hint(lanes, pool, carrier, &order, &number)
             : fetch_letter_news(lanes, pool, carrier, &order, &number,
                                 part->report, at, doubt);
    }

    freeReplyObject(reply);

    if (!any) {
        fetch_count(count, FETCH_COUNT_STRANGERS);
    }

    return rc;
}


static fetch_letter_e
fetch_letter_news(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_carrier_t *carrier, const wismo_str_t *number,
    const wismo_str_t *tracking, const wismo_report_t *report, int64_t at,
    const char **doubt)
{
    int              rc, tries;
    bool             changed, any;
    int64_t          now, next;
    unsigned         i, ndue;
    fetch_due_t     *due;
    fetch_lane_t    *lane;
    fetch_letter_e   result;
    fetch_change_t   change;
    fetch_stored_t   stored;
    wismo_parcel_t  *parcel;
    wismo_report_t   said;

    lane = fetch_lane(lanes, &carrier->name);

    for (tries = 0; tries < FETCH_LETTER_TRIES; tries++) {

        rc = fetch_load(lanes->redis, pool, number, &stored);

        if (rc == WISMO_ERROR) {
            return lanes->redis->c ? FETCH_LETTER_AGAIN : FETCH_LETTER_DOWN;
        }

        if (rc == WISMO_DECLINED || !stored.found) {
            return FETCH_LETTER_DONE;
        }

        now = fetch_redis_time(lanes->redis);
        due = wismo_palloc(pool, (stored.order.nparcels + 1)
                                  * sizeof(fetch_due_t));

        if (due == NULL) {
            return FETCH_LETTER_AGAIN;
        }

        any = false;
        ndue = 0;

        for (i = 0; i < stored.order.nparcels; i++) {
            parcel = &stored.order.parcels[i];

            if (!wismo_str_eq(&parcel->carrier, &carrier->name)
                || !wismo_str_eq(&parcel->tracking_number, tracking))
            {
                continue;
            }

            said = *report;
            changed = false;

            if (fetch_doubt(pool, &stored.order, &said, 0, at, doubt)
                != WISMO_OK)
            {
                return FETCH_LETTER_AGAIN;
            }

            said.as_of = at;

            if (wismo_merge_report(pool, parcel, &said, &changed)
                != WISMO_OK)
            {
                return FETCH_LETTER_AGAIN;
            }

            if (!changed) {
                continue;
            }

            any = true;
            wismo_str_set(&parcel->source, "push");

            if (parcel->checked_at == WISMO_TIME_NONE
                || parcel->checked_at < at)
            {
                parcel->checked_at = at;
            }

            if (lane == NULL) {
                continue;
            }

            next = fetch_date(now, fetch_interval(&stored.order, parcel,
                                                  now / 1000),
                              lanes->conf->scale);

            parcel->next_check_at = (next < 0) ? WISMO_TIME_NONE
                                               : next / 1000;

            due[ndue].carrier = &parcel->carrier;
            due[ndue].parcel = &parcel->id;
            due[ndue].at = next;
            due[ndue].sooner = false;
            due[ndue].absent = false;
            ndue++;

            if (next >= 0) {
                fetch_schedule_note(&lane->schedule, wismo_bucket(number),
                                    next);
            }
        }

        if (!any) {
            return FETCH_LETTER_DONE;
        }

        wismo_merge_rollup(&stored.order);

        memset(&change, 0, sizeof(fetch_change_t));

        change.order = &stored.order;
        change.before = &stored.before;
        change.due = due;
        change.ndue = ndue;
        change.now = now / 1000;

        result = fetch_letter_result(fetch_commit(lanes->redis, pool,
                                                  &change));

        if (result != FETCH_LETTER_AGAIN) {
            return result;
        }
    }

    return FETCH_LETTER_AGAIN;
}
