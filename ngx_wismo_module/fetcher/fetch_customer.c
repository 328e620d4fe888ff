
/*
 * Copyright (C) The Wismo authors
 *
 * Finding a person's orders and erasing them.  The index has a keyed MAC of
 * each address, in the bucket of each order; what it gives is read and
 * compared, as telephone numbers of two countries may have the same MAC.
 * Called by "wismo customer" and by the hooks of shops that ask for it.
 *
 * Nothing of a person may get into a log, an error's text or a key.
 */


#include "fetch_customer.h"
#include "fetch_args.h"
#include "fetch_private.h"
#include "fetch_reach.h"
#include "fetch_walk.h"

#include <stdio.h>


#define FETCH_CUSTOMER_POOL  (16 * 1024 * 1024)


typedef enum {
    FETCH_WHOSE_ERROR = 0,    /* memory */
    FETCH_WHOSE_THIS,
    FETCH_WHOSE_OTHER,
    FETCH_WHOSE_CLOSED,       /* the record can't be read */
    FETCH_WHOSE_GONE          /* there is none */
} fetch_whose_e;


typedef struct {
    wismo_pool_t             *pool;
    wismo_pool_t              temp;           /* for one record */
    const fetch_person_t     *person;
    fetch_customer_t         *customer;
    void                    (*at)(void *data, uint64_t keys,
                                  uint64_t records);
    void                     *data;
} fetch_customer_walk_t;


static int fetch_customer_list(fetch_redis_t *r, wismo_pool_t *pool,
    const char *mac, fetch_customer_t *customer);
static int fetch_customer_take(wismo_pool_t *pool,
    fetch_customer_t *customer, const wismo_str_t *order);
static int fetch_customer_verify(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_person_t *person, fetch_customer_t *customer);
static int fetch_customer_part(fetch_walk_t *walk, const redisReply *keys);
static int fetch_customer_record(fetch_walk_t *walk, const wismo_str_t *key,
    const redisReply *record);
static fetch_whose_e fetch_customer_whose(fetch_redis_t *r,
    wismo_pool_t *pool, const fetch_person_t *person,
    fetch_customer_t *customer, const wismo_str_t *order,
    const redisReply *record);
static int fetch_customer_unlist(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_person_t *person, const wismo_str_t *order);
static void fetch_customer_address(fetch_customer_t *customer,
    const json_t *body);


/* Whose e-mail address the order has: several share a telephone. */

static void
fetch_customer_address(fetch_customer_t *customer, const json_t *body)
{
    char         form[WISMO_FACTOR_MAX];
    size_t       len;
    uint64_t     hash;
    unsigned     i;
    wismo_str_t  said;

    said = wismo_contact_said(body, WISMO_FACTOR_EMAIL);
    len = said.len ? wismo_factor_form(WISMO_FACTOR_EMAIL, &said, form) : 0;

    if (len == 0) {
        return;
    }

    hash = wismo_hash64((unsigned char *) form, len, 0);

    for (i = 0; i < customer->addresses; i++) {
        if (customer->address[i] == hash) {
            return;
        }
    }

    if (customer->addresses < FETCH_CUSTOMER_ADDRESSES) {
        customer->address[customer->addresses++] = hash;
    }
}


int
fetch_customer_find(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_person_t *person, fetch_customer_t *customer)
{
    char      mac[WISMO_CONTACT_MAC];
    unsigned  i;

    memset(customer, 0, sizeof(fetch_customer_t));

    customer->orders = wismo_palloc(pool, FETCH_TRACE_ORDERS
                                          * sizeof(wismo_str_t));

    if (customer->orders == NULL) {
        return WISMO_ERROR;
    }

    for (i = 0; i < r->conf->index.n; i++) {

        if (wismo_contact_mac(&r->conf->index, i, person->factor,
                              (char *) person->form.data, person->form.len,
                              mac)
            != WISMO_OK
            || fetch_customer_list(r, pool, mac, customer) != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    return fetch_customer_verify(r, pool, person, customer);
}


/* What begins with the MAC, in every bucket; ";" is what follows ":". */

static int
fetch_customer_list(fetch_redis_t *r, wismo_pool_t *pool, const char *mac,
    fetch_customer_t *customer)
{
    int           rc;
    char          key[WISMO_KEY_MAX], from[24], to[24];
    size_t        i;
    unsigned      b;
    redisReply   *reply;
    wismo_str_t   order, argv[4];

    wismo_str_set(&argv[0], "ZRANGEBYLEX");
    argv[1].data = (unsigned char *) key;
    argv[2].data = (unsigned char *) from;
    argv[2].len = (size_t) snprintf(from, sizeof(from), "[%.*s:",
                                    WISMO_CONTACT_MAC, mac);
    argv[3].data = (unsigned char *) to;
    argv[3].len = (size_t) snprintf(to, sizeof(to), "(%.*s;",
                                    WISMO_CONTACT_MAC, mac);

    for (b = 0; b < WISMO_BUCKETS; b++) {
        argv[1].len = wismo_key_contacts(key, b);

        if (fetch_redis_append(r, 4, argv) != WISMO_OK) {
            return WISMO_ERROR;
        }
    }

    rc = WISMO_OK;

    for (b = 0; b < WISMO_BUCKETS; b++) {
        reply = fetch_redis_reply(r);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        for (i = 0; rc == WISMO_OK && reply->type == REDIS_REPLY_ARRAY
                    && i < reply->elements; i++)
        {
            if (reply->element[i]->len <= WISMO_CONTACT_MAC + 1) {
                continue;
            }

            order.data = (unsigned char *) reply->element[i]->str
                         + WISMO_CONTACT_MAC + 1;
            order.len = (size_t) reply->element[i]->len
                        - WISMO_CONTACT_MAC - 1;

            rc = fetch_customer_take(pool, customer, &order);
        }

        freeReplyObject(reply);
    }

    return rc;
}


static int
fetch_customer_take(wismo_pool_t *pool, fetch_customer_t *customer,
    const wismo_str_t *order)
{
    unsigned  i;

    if (!wismo_order_number_ok(order)
        || customer->n == FETCH_TRACE_ORDERS)
    {
        return WISMO_OK;
    }

    for (i = 0; i < customer->n; i++) {
        if (wismo_str_eq(&customer->orders[i], order)) {
            return WISMO_OK;
        }
    }

    return wismo_pstrdup(pool, &customer->orders[customer->n++], order);
}


/* What can't be read is the person's by its MAC alone. */

static int
fetch_customer_verify(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_person_t *person, fetch_customer_t *customer)
{
    unsigned       i, n;
    redisReply    *reply;
    fetch_args_t   args;
    fetch_whose_e  whose;

    n = 0;

    for (i = 0; i < customer->n; i++) {
        fetch_args_init(&args, pool, 2);
        fetch_args_text(&args, "GET");
        fetch_args_key(&args, wismo_key_private, &customer->orders[i]);

        reply = args.failed ? NULL : fetch_redis_call(r, 2, args.argv);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        whose = fetch_customer_whose(r, pool, person, customer,
                                     &customer->orders[i], reply);
        freeReplyObject(reply);

        if (whose == FETCH_WHOSE_ERROR) {
            return WISMO_ERROR;
        }

        customer->looked++;
        customer->closed += (whose == FETCH_WHOSE_CLOSED);

        if (whose != FETCH_WHOSE_OTHER) {
            customer->orders[n++] = customer->orders[i];
        }
    }

    customer->n = n;

    return WISMO_OK;
}


static fetch_whose_e
fetch_customer_whose(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_person_t *person, fetch_customer_t *customer,
    const wismo_str_t *order, const redisReply *record)
{
    json_t         *json;
    wismo_str_t     text, body;
    wismo_error_t   err;
    fetch_whose_e   whose;
    fetch_person_e  match;

    if (record->type != REDIS_REPLY_STRING) {
        return FETCH_WHOSE_GONE;
    }

    text = fetch_redis_str(record);

    switch (fetch_private_open(r->conf, pool, order, &text, &body, &err)) {

    case WISMO_OK:
        break;

    case WISMO_DECLINED:
        return FETCH_WHOSE_CLOSED;

    default:
        return FETCH_WHOSE_ERROR;
    }

    json = json_loadb((char *) body.data, body.len, 0, NULL);

    if (json == NULL) {
        return FETCH_WHOSE_CLOSED;
    }

    match = fetch_person_match(person, json);

    whose = (match == FETCH_PERSON_IS) ? FETCH_WHOSE_THIS : FETCH_WHOSE_OTHER;

    if (match == FETCH_PERSON_IS) {
        fetch_customer_address(customer, json);
    }

    customer->elsewhere += (match == FETCH_PERSON_ELSEWHERE);

    json_decref(json);

    return whose;
}


int
fetch_customer_scan(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_person_t *person, fetch_customer_t *customer,
    void (*at)(void *data, uint64_t keys, uint64_t records), void *data)
{
    int                     rc;
    fetch_walk_t            walk;
    fetch_customer_walk_t   w;

    w.pool = pool;
    w.person = person;
    w.customer = customer;
    w.at = at;
    w.data = data;

    wismo_pool_init(&w.temp, FETCH_CUSTOMER_POOL, NULL, NULL);

    fetch_walk_init(&walk, r, fetch_customer_part, &w);
    rc = fetch_walk_keys(&walk, WISMO_MATCH_PRIVATE);

    wismo_pool_done(&w.temp);

    return rc;
}


static int
fetch_customer_part(fetch_walk_t *walk, const redisReply *keys)
{
    int                     rc;
    fetch_customer_walk_t  *w = walk->data;

    rc = fetch_walk_read(walk, keys, "GET", fetch_customer_record);

    if (w->at && rc == WISMO_OK) {
        w->at(w->data, walk->keys, w->customer->looked);
    }

    return rc;
}


static int
fetch_customer_record(fetch_walk_t *walk, const wismo_str_t *key,
    const redisReply *record)
{
    int                     rc;
    wismo_str_t             order;
    fetch_customer_walk_t  *w = walk->data;

    if (record->type != REDIS_REPLY_STRING
        || wismo_key_private_order(key, &order) != WISMO_OK
        || !wismo_order_number_ok(&order))
    {
        return WISMO_OK;
    }

    rc = WISMO_OK;
    w->customer->looked++;

    switch (fetch_customer_whose(walk->redis, &w->temp, w->person,
                                 w->customer, &order, record))
    {

    case FETCH_WHOSE_THIS:
        rc = fetch_customer_take(w->pool, w->customer, &order);
        break;

    case FETCH_WHOSE_CLOSED:
        w->customer->closed++;
        break;

    case FETCH_WHOSE_ERROR:
        rc = WISMO_ERROR;
        break;

    default:
        break;
    }

    wismo_pool_reset(&w->temp);

    return rc;
}


/* The traces go first: what they are known by is in the orders. */

int
fetch_customer_erase(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_person_t *person, const fetch_customer_t *customer,
    const wismo_str_t *id, fetch_erased_t *erased)
{
    int              n;
    bool             found;
    unsigned         i, places;
    fetch_reach_t    reach;
    fetch_trace_t    trace;
    fetch_commit_e   rc;

    memset(erased, 0, sizeof(fetch_erased_t));

    if (fetch_customer_trace(r, pool, person, customer, &trace)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    trace.closed = &erased->closed;

    /* what waits in front of a letter has been taken, or will be in vain */

    places = FETCH_TRACE_ALL;

    if (id) {
        places &= ~(1U << FETCH_TRACE_INBOX);
    }

    n = fetch_trace_walk(r, &trace, places, true, NULL, NULL);

    if (n < 0) {
        return WISMO_ERROR;
    }

    erased->traces = (unsigned) n;

    for (i = 0; i < customer->n; i++) {

        rc = id ? fetch_erase_as(r, pool, &customer->orders[i], id, &found)
                : fetch_erase(r, pool, &customer->orders[i], &found);

        /* what is newer than the letter is not its to erase */

        if (id && rc == FETCH_COMMIT_FENCED) {
            continue;
        }

        if (rc != FETCH_COMMIT_DONE
            || (person && fetch_customer_unlist(r, pool, person,
                                                &customer->orders[i])
                          != WISMO_OK))
        {
            return WISMO_ERROR;
        }

        erased->orders += found;
    }

    if (person
        && (fetch_reach(r->conf, pool, person->factor, &person->form, &reach)
                != WISMO_OK
            || fetch_reach_forget(r, pool, &reach) != WISMO_OK))
    {
        return WISMO_ERROR;
    }

    return WISMO_OK;
}


int
fetch_customer_trace(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_person_t *person, const fetch_customer_t *customer,
    fetch_trace_t *trace)
{
    unsigned        i;
    fetch_stored_t  stored;

    if (fetch_trace_init(trace, pool) != WISMO_OK) {
        return WISMO_ERROR;
    }

    if (person && person->factor == WISMO_FACTOR_EMAIL) {
        trace->email = person->form;

    } else if (person) {
        trace->phone = person->form;
    }

    trace->until = fetch_redis_time(r);

    for (i = 0; i < customer->n; i++) {

        /* of what can't be read no parcels are known */

        if (fetch_load(r, pool, &customer->orders[i], &stored)
            == WISMO_ERROR
            || fetch_trace_add(trace, pool, &customer->orders[i],
                               stored.error.text[0] ? NULL : &stored.order)
               != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    return WISMO_OK;
}


/* An order whose ledger is gone is still in the list: it ended by itself. */

static int
fetch_customer_unlist(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_person_t *person, const wismo_str_t *order)
{
    char          key[WISMO_KEY_MAX], mac[WISMO_CONTACT_MAC];
    size_t        len;
    unsigned      i;
    wismo_out_t   member;
    redisReply   *reply;
    fetch_args_t  args;

    len = wismo_key_contacts(key, wismo_bucket(order));

    for (i = 0; i < r->conf->index.n; i++) {

        if (wismo_contact_mac(&r->conf->index, i, person->factor,
                              (char *) person->form.data, person->form.len,
                              mac)
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }

        wismo_out_init(&member, pool, WISMO_CONTACT_MAC + 1 + order->len);
        wismo_out_bytes(&member, mac, WISMO_CONTACT_MAC);
        wismo_out_text(&member, ":");
        wismo_out_str(&member, order);

        fetch_args_init(&args, pool, 3);
        fetch_args_text(&args, "ZREM");
        fetch_args_add(&args, key, len);
        fetch_args_add(&args, member.start,
                       (size_t) (member.pos - member.start));

        reply = (args.failed || member.failed)
                ? NULL : fetch_redis_call(r, 3, args.argv);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        freeReplyObject(reply);
    }

    return WISMO_OK;
}


fetch_commit_e
fetch_erase_traces(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *number, const wismo_str_t *id, bool *found,
    fetch_erased_t *erased)
{
    int              n;
    unsigned         places;
    fetch_trace_t    trace;
    fetch_commit_e   rc;
    fetch_stored_t   stored;

    memset(erased, 0, sizeof(fetch_erased_t));

    if (fetch_trace_init(&trace, pool) != WISMO_OK) {
        return FETCH_COMMIT_FAILED;
    }

    trace.until = fetch_redis_time(r);
    trace.closed = &erased->closed;

    if (fetch_load(r, pool, number, &stored) == WISMO_ERROR) {
        return FETCH_COMMIT_DOWN;
    }

    if (fetch_trace_add(&trace, pool, number,
                        stored.error.text[0] ? NULL : &stored.order)
        != WISMO_OK)
    {
        return FETCH_COMMIT_FAILED;
    }

    /* what waits in front of a letter has been taken, or will be in vain */

    places = FETCH_TRACE_ALL;

    if (id) {
        places &= ~(1U << FETCH_TRACE_INBOX);
    }

    n = fetch_trace_walk(r, &trace, places, true, NULL, NULL);

    if (n < 0) {
        return FETCH_COMMIT_DOWN;
    }

    erased->traces = (unsigned) n;

    rc = id ? fetch_erase_as(r, pool, number, id, found)
            : fetch_erase(r, pool, number, found);

    erased->orders = (rc == FETCH_COMMIT_DONE && *found);

    return rc;
}


void
fetch_customer_closed(unsigned closed)
{
    if (closed) {
        fprintf(stderr, "wismo: %u letters or replies can't be opened, so "
                        "nobody knows whose they are: put their key back "
                        "into the file of \"wismo_contact_key_file\" and "
                        "call again, or wait: they go after 30 days\n",
                closed);
    }
}
