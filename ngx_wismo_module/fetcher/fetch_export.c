
/*
 * Copyright (C) The Wismo authors
 *
 * All that is kept of a person, as one JSON object: for each order what the
 * shop sent and what pages have shown, notices, feedback; letters and replies
 * that name the person, an order or a parcel.  Called by "wismo customer" and
 * by the hooks of shops that ask for it.
 *
 * None of it may get into a log.
 */


#include "fetch_customer.h"
#include "fetch_args.h"
#include "fetch_ledger.h"
#include "fetch_private.h"
#include "fetch_shop_letter.h"

#include <stdio.h>


static int fetch_export_order(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *number, json_t *list);
static int fetch_export_letter(void *data, const fetch_trace_found_t *found);
static json_t *fetch_export_text(const wismo_str_t *s);


json_t *
fetch_customer_export(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_person_t *person, const fetch_customer_t *customer,
    bool complete)
{
    json_t         *all, *orders, *letters;
    unsigned        i, closed;
    fetch_trace_t   trace;

    orders = json_array();
    letters = json_array();

    all = json_pack("{s:{}, s:b, s:o, s:o}", "customer", "complete", complete,
                    "orders", orders, "letters", letters);

    if (all == NULL) {
        snprintf(r->error, sizeof(r->error), "there is no memory");
        return NULL;
    }

    if (person) {
        (void) json_object_set_new(json_object_get(all, "customer"),
                                   wismo_factor_name(person->factor),
                                   fetch_export_text(&person->typed));
    }

    for (i = 0; i < customer->n; i++) {
        if (fetch_export_order(r, pool, &customer->orders[i], orders)
            != WISMO_OK)
        {
            json_decref(all);
            return NULL;
        }
    }

    closed = 0;

    if (fetch_customer_trace(r, pool, person, customer, &trace) != WISMO_OK) {
        json_decref(all);
        return NULL;
    }

    trace.closed = &closed;

    if (fetch_trace_walk(r, &trace, FETCH_TRACE_ALL, false,
                         fetch_export_letter, letters)
        < 0)
    {
        json_decref(all);
        return NULL;
    }

    if (closed) {
        (void) json_object_set_new(all, "complete", json_false());
        (void) json_object_set_new(all, "unopened", json_integer(closed));
    }

    return all;
}


static int
fetch_export_order(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *number, json_t *list)
{
    json_t          *order, *sent, *full, *ledger;
    redisReply      *reply;
    wismo_str_t      record, body;
    fetch_args_t     args;
    wismo_error_t    err;
    fetch_stored_t   stored;

    if (fetch_load(r, pool, number, &stored) == WISMO_ERROR) {
        return WISMO_ERROR;
    }

    fetch_args_init(&args, pool, 2);
    fetch_args_text(&args, "GET");
    fetch_args_key(&args, wismo_key_private, number);

    reply = args.failed ? NULL : fetch_redis_call(r, 2, args.argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    /* it has come to its end by itself */

    if (!stored.found && reply->type != REDIS_REPLY_STRING) {
        freeReplyObject(reply);
        return WISMO_OK;
    }

    memset(&err, 0, sizeof(wismo_error_t));
    sent = NULL;

    if (reply->type == REDIS_REPLY_STRING) {
        record = fetch_redis_str(reply);

        if (fetch_private_open(r->conf, pool, number, &record, &body,
                               &err)
            == WISMO_OK)
        {
            sent = json_loadb((char *) body.data, body.len, 0, NULL);
            fetch_shop_last_show(pool, sent);
        }
    }

    freeReplyObject(reply);

    full = NULL;

    if (stored.found && stored.error.text[0] == '\0') {
        full = json_loadb((char *) stored.doc.full.data, stored.doc.full.len,
                          0, NULL);
    }

    ledger = fetch_ledger(r, pool, number);

    if (ledger == NULL) {
        json_decref(sent);
        json_decref(full);
        return WISMO_ERROR;
    }

    order = json_pack("{s:o, s:o, s:o}", "order", fetch_export_text(number),
                      "sent", sent ? sent : json_null(),
                      "shown", full ? full : json_null());

    /* what can't be opened is told in its place */

    if (err.text[0]) {
        (void) json_object_set_new(order, "unreadable",
                                   json_string(err.text));
    }

    (void) json_object_update(order, ledger);
    json_decref(ledger);

    return json_array_append_new(list, order) ? WISMO_ERROR : WISMO_OK;
}


static int
fetch_export_letter(void *data, const fetch_trace_found_t *found)
{
    json_t  *letter, *letters = data;

    static const char *const  places[] = { "inbox", "dead letters",
                                           "replies" };

    letter = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}",
                       "place", places[found->place],
                       "id", fetch_export_text(&found->letter.id),
                       "kind", fetch_export_text(&found->letter.kind),
                       "order", fetch_export_text(&found->letter.order),
                       "carrier", fetch_export_text(&found->letter.carrier),
                       "body", fetch_export_text(&found->letter.body));

    return json_array_append_new(letters, letter) ? WISMO_ERROR : WISMO_OK;
}


/* What came from outside may be no UTF-8: then as U+FFFD. */

static json_t *
fetch_export_text(const wismo_str_t *s)
{
    json_t       *json;
    wismo_out_t   out;
    wismo_pool_t  pool;

    if (s->len == 0) {
        return json_null();
    }

    json = json_stringn((char *) s->data, s->len);

    if (json) {
        return json;
    }

    wismo_pool_init(&pool, 16 * s->len + 4096, NULL, NULL);
    wismo_out_init(&out, &pool, s->len + 2);
    wismo_out_json_str(&out, s);

    json = out.failed ? NULL
           : json_loadb((char *) out.start, (size_t) (out.pos - out.start),
                        JSON_DECODE_ANY, NULL);

    wismo_pool_done(&pool);

    return json ? json : json_null();
}
