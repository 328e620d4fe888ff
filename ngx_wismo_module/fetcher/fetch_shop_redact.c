
/*
 * Copyright (C) The Wismo authors
 *
 * What a shop asks for in the name of privacy: a customer, or all of its own
 * orders, are erased, by the one way that erases; who asks for a customer's
 * data gets it into a file of the operator's, who has to hand it on.
 *
 * fetch_shop_letter.c calls it.  A customer of one shop is nobody of another:
 * only orders of the same hook are looked at.  Nothing of a person may get
 * into a log.
 */


#include "fetch_shop_letter.h"
#include "fetch_args.h"
#include "fetch_commit_int.h"
#include "fetch_customer.h"
#include "fetch_log.h"
#include "fetch_meta.h"
#include "fetch_shop_request.h"

#include <stdio.h>


#define FETCH_REDACT_SCAN    "500"            /* keys looked at in one go */
#define FETCH_REDACT_CURSOR  "wismo_cursor"


static fetch_letter_e fetch_redact_customer(fetch_lanes_t *lanes,
    wismo_pool_t *pool, const fetch_letter_t *letter,
    const fetch_shop_t *shop, const fetch_shop_message_t *message);
static fetch_letter_e fetch_redact_request(fetch_lanes_t *lanes,
    wismo_pool_t *pool, const fetch_letter_t *letter,
    const fetch_shop_t *shop, const fetch_shop_message_t *message);
static int fetch_redact_find(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_shop_t *shop, const fetch_shop_message_t *message,
    fetch_person_t *person, bool *known, fetch_customer_t *customer);
static int fetch_redact_person(wismo_pool_t *pool,
    const fetch_shop_message_t *message, const char *name,
    wismo_factor_e factor, fetch_person_t *person, bool *known);
static int fetch_redact_take(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_shop_t *shop, const fetch_person_t *person,
    fetch_customer_t *customer);
static bool fetch_redact_is(const fetch_customer_t *customer,
    const wismo_str_t *number);
static int fetch_redact_done(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_shop_t *shop, const fetch_shop_message_t *message,
    bool *done);
static int fetch_redact_mark(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_shop_t *shop, const fetch_shop_message_t *message);
static fetch_letter_e fetch_redact_order(fetch_lanes_t *lanes,
    wismo_pool_t *pool, const fetch_letter_t *letter,
    const wismo_str_t *number);
static fetch_letter_e fetch_redact_shop(fetch_lanes_t *lanes,
    wismo_pool_t *pool, const fetch_letter_t *letter,
    const fetch_shop_t *shop);
static fetch_letter_e fetch_redact_key(fetch_lanes_t *lanes,
    wismo_pool_t *pool, const fetch_letter_t *letter,
    const fetch_shop_t *shop, const redisReply *key);
static fetch_letter_e fetch_redact_on(fetch_lanes_t *lanes,
    wismo_pool_t *pool, const fetch_letter_t *letter, const char *cursor);


fetch_letter_e
fetch_shop_redact(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, const fetch_shop_t *shop,
    const fetch_shop_message_t *message)
{
    switch (message->kind) {

    case FETCH_SHOP_REDACT_SHOP:
        return fetch_redact_shop(lanes, pool, letter, shop);

    case FETCH_SHOP_DATA_REQUEST:
        return fetch_redact_request(lanes, pool, letter, shop, message);

    default:
        return fetch_redact_customer(lanes, pool, letter, shop, message);
    }
}


/*
 * The same message again would erase what the customer has ordered since, so
 * each order it names keeps a mark, set at the end: one that was stopped goes
 * on, one that is done does nothing.
 */

static fetch_letter_e
fetch_redact_customer(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, const fetch_shop_t *shop,
    const fetch_shop_message_t *message)
{
    bool               done, known;
    fetch_redis_t     *r;
    fetch_erased_t     erased;
    fetch_person_t     person;
    fetch_customer_t   customer;

    r = lanes->redis;

    if (fetch_redact_done(lanes, pool, shop, message, &done) != WISMO_OK) {
        return r->c ? FETCH_LETTER_AGAIN : FETCH_LETTER_DOWN;
    }

    if (done) {
        return FETCH_LETTER_DONE;
    }

    if (fetch_redact_find(lanes, pool, shop, message, &person, &known,
                          &customer)
            != WISMO_OK
        || fetch_customer_erase(r, pool, known ? &person : NULL, &customer,
                                &letter->id, &erased) != WISMO_OK
        || fetch_redact_mark(lanes, pool, shop, message) != WISMO_OK)
    {
        return r->c ? FETCH_LETTER_AGAIN : FETCH_LETTER_DOWN;
    }

    fetch_shop_request_forget(lanes->conf, pool, shop,
                              known ? &person : NULL, &customer);

    fetch_log(FETCH_NOTICE, "a customer of the shop %.*s is erased, as it has "
              "asked for: %u orders, %u letters", (int) shop->name.len,
              (char *) shop->name.data, erased.orders, erased.traces);

    return FETCH_LETTER_DONE;
}


static fetch_letter_e
fetch_redact_request(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, const fetch_shop_t *shop,
    const fetch_shop_message_t *message)
{
    int                rc;
    bool               known, complete;
    json_t            *all;
    fetch_redis_t     *r;
    fetch_person_t     person;
    fetch_customer_t   customer;

    r = lanes->redis;

    if (fetch_meta_indexed(r, &complete) != WISMO_OK
        || fetch_redact_find(lanes, pool, shop, message, &person, &known,
                             &customer)
           != WISMO_OK)
    {
        return r->c ? FETCH_LETTER_AGAIN : FETCH_LETTER_DOWN;
    }

    all = fetch_customer_export(r, pool, known ? &person : NULL, &customer,
                                complete && customer.closed == 0);

    if (all == NULL) {
        return r->c ? FETCH_LETTER_AGAIN : FETCH_LETTER_DOWN;
    }

    rc = fetch_shop_request(lanes->conf, shop,
             json_string_value(json_object_get(message->fact, "request")),
             &letter->id, all, customer.n);

    json_decref(all);

    return (rc == WISMO_OK) ? FETCH_LETTER_DONE : FETCH_LETTER_AGAIN;
}


/* The orders that are named, and those of this hook that are the person's, by
 * e-mail and by telephone; "person" is the first that is told. */

static int
fetch_redact_find(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_shop_t *shop, const fetch_shop_message_t *message,
    fetch_person_t *person, bool *known, fetch_customer_t *customer)
{
    bool             called;
    size_t           i;
    json_t          *one;
    wismo_str_t      number;
    fetch_person_t   phone;

    memset(customer, 0, sizeof(fetch_customer_t));
    *known = false;

    customer->orders = wismo_palloc(pool, FETCH_TRACE_ORDERS
                                          * sizeof(wismo_str_t));
    if (customer->orders == NULL) {
        return WISMO_ERROR;
    }

    json_array_foreach(json_object_get(message->fact, "orders"), i, one) {

        if (fetch_shop_number(lanes->redis, pool, shop,
                              json_string_value(one), &number) != WISMO_OK)
        {
            return WISMO_ERROR;
        }

        if (number.len && customer->n < FETCH_TRACE_ORDERS
            && !fetch_redact_is(customer, &number))
        {
            customer->orders[customer->n++] = number;
        }
    }

    if (fetch_redact_person(pool, message, "email", WISMO_FACTOR_EMAIL, person,
                            known)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if (*known && fetch_redact_take(lanes, pool, shop, person, customer)
                  != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if (fetch_redact_person(pool, message, "phone", WISMO_FACTOR_PHONE,
                            &phone, &called)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if (!called) {
        return WISMO_OK;
    }

    /* of a number that several people have, what is this one's */

    if (*known) {
        phone.email = person->form;

    } else {
        *person = phone;
        *known = true;
    }

    return fetch_redact_take(lanes, pool, shop, &phone, customer);
}


static int
fetch_redact_person(wismo_pool_t *pool, const fetch_shop_message_t *message,
    const char *name, wismo_factor_e factor, fetch_person_t *person,
    bool *known)
{
    int           rc;
    const char   *text;
    wismo_str_t   typed;

    *known = false;

    text = json_string_value(json_object_get(message->fact, name));

    if (text == NULL) {
        return WISMO_OK;
    }

    typed = wismo_str_of(text);

    rc = fetch_person(person, pool, factor, &typed);

    *known = (rc == WISMO_OK);

    return (rc == WISMO_ERROR) ? WISMO_ERROR : WISMO_OK;
}


/* Those of the person's orders that this hook has brought. */

static int
fetch_redact_take(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_shop_t *shop, const fetch_person_t *person,
    fetch_customer_t *customer)
{
    size_t            n;
    unsigned          i;
    wismo_str_t       of;
    fetch_customer_t  all;

    if (fetch_customer_find(lanes->redis, pool, person, &all) != WISMO_OK) {
        return WISMO_ERROR;
    }

    customer->closed += all.closed;
    customer->looked += all.looked;

    n = shop->name.len;

    for (i = 0; i < all.n && customer->n < FETCH_TRACE_ORDERS; i++) {

        if (fetch_commit_shop(lanes->redis, pool, &all.orders[i], &of)
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }

        if (of.len > n && of.data[n] == ' '
            && memcmp(of.data, shop->name.data, n) == 0
            && !fetch_redact_is(customer, &all.orders[i]))
        {
            customer->orders[customer->n++] = all.orders[i];
        }
    }

    return WISMO_OK;
}


static bool
fetch_redact_is(const fetch_customer_t *customer, const wismo_str_t *number)
{
    unsigned  i;

    for (i = 0; i < customer->n; i++) {
        if (wismo_str_eq(&customer->orders[i], number)) {
            return true;
        }
    }

    return false;
}


static int
fetch_redact_done(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_shop_t *shop, const fetch_shop_message_t *message, bool *done)
{
    char          key[WISMO_KEY_MAX];
    size_t        i;
    json_t       *one;
    wismo_str_t   id, mark;

    *done = json_array_size(json_object_get(message->fact, "orders")) > 0;

    json_array_foreach(json_object_get(message->fact, "orders"), i, one) {
        id.data = (unsigned char *) json_string_value(one);
        id.len = json_string_length(one);

        if (fetch_redis_field(lanes->redis, pool, key,
                              wismo_key_shop(key, &shop->name, &id),
                              FETCH_SHOP_REDACTED, &mark)
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }

        if (mark.len == 0
            || strncmp((char *) mark.data, message->at, FETCH_SHOP_AT) < 0)
        {
            *done = false;
        }
    }

    return WISMO_OK;
}


/* What the shop has said of such an order up to then comes to nothing, also if
 * it is still on its way: fetch_shop_letter.c looks for the mark. */

static int
fetch_redact_mark(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_shop_t *shop, const fetch_shop_message_t *message)
{
    char          key[WISMO_KEY_MAX];
    size_t        i, len;
    json_t       *one;
    wismo_str_t   id, mark;

    json_array_foreach(json_object_get(message->fact, "orders"), i, one) {
        id.data = (unsigned char *) json_string_value(one);
        id.len = json_string_length(one);
        len = wismo_key_shop(key, &shop->name, &id);

        mark.data = (unsigned char *) message->at;
        mark.len = strnlen(message->at, FETCH_SHOP_AT);

        if (fetch_shop_forget(lanes->redis, pool, key, len, &mark)
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    return WISMO_OK;
}


static fetch_letter_e
fetch_redact_order(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, const wismo_str_t *number)
{
    bool            found;
    fetch_erased_t  erased;

    return fetch_letter_result(fetch_erase_traces(lanes->redis, pool, number,
                                                  &letter->id, &found,
                                                  &erased));
}


/*
 * A shop has any number of orders: so many at a time, then a letter to go on
 * from there, so that nobody waits for all of them.
 */

static fetch_letter_e
fetch_redact_shop(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, const fetch_shop_t *shop)
{
    char             pattern[WISMO_KEY_MAX], cursor[32];
    size_t           i;
    json_t          *body;
    redisReply      *reply, *keys;
    const char      *from;
    fetch_args_t     args;
    fetch_letter_e   rc;

    body = json_loadb((char *) letter->body.data, letter->body.len, 0, NULL);
    from = json_string_value(json_object_get(body, FETCH_REDACT_CURSOR));

    snprintf(cursor, sizeof(cursor), "%s", from ? from : "0");
    json_decref(body);

    fetch_args_init(&args, pool, 6);
    fetch_args_text(&args, "SCAN");
    fetch_args_text(&args, cursor);
    fetch_args_text(&args, "MATCH");
    fetch_args_add(&args, pattern, wismo_key_shops(pattern, &shop->name));
    fetch_args_text(&args, "COUNT");
    fetch_args_text(&args, FETCH_REDACT_SCAN);

    reply = args.failed ? NULL
            : fetch_redis_call(lanes->redis, 6, args.argv);

    if (reply == NULL) {
        return FETCH_LETTER_DOWN;
    }

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2
        || reply->element[0]->type != REDIS_REPLY_STRING
        || reply->element[1]->type != REDIS_REPLY_ARRAY)
    {
        freeReplyObject(reply);
        return FETCH_LETTER_AGAIN;
    }

    rc = FETCH_LETTER_DONE;
    keys = reply->element[1];

    for (i = 0; i < keys->elements && rc == FETCH_LETTER_DONE; i++) {

        if (keys->element[i]->type == REDIS_REPLY_STRING) {
            rc = fetch_redact_key(lanes, pool, letter, shop,
                                  keys->element[i]);
        }
    }

    if (rc == FETCH_LETTER_DONE
        && strcmp(reply->element[0]->str, "0") != 0)
    {
        rc = fetch_redact_on(lanes, pool, letter, reply->element[0]->str);

    } else if (rc == FETCH_LETTER_DONE) {
        fetch_shop_request_forget(lanes->conf, pool, shop, NULL, NULL);

        fetch_log(FETCH_NOTICE, "all orders of the shop %.*s are erased, as "
                  "it has asked for", (int) shop->name.len,
                  (char *) shop->name.data);
    }

    freeReplyObject(reply);

    return rc;
}


static fetch_letter_e
fetch_redact_key(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, const fetch_shop_t *shop,
    const redisReply *key)
{
    redisReply      *reply;
    const char      *id;
    wismo_str_t      number;
    fetch_args_t     args;
    fetch_letter_e   rc;

    /* ids hold no colon */

    id = strrchr(key->str, ':');
    rc = FETCH_LETTER_DONE;

    if (id == NULL) {
        return rc;
    }

    if (fetch_shop_number(lanes->redis, pool, shop, id + 1, &number)
        != WISMO_OK)
    {
        return FETCH_LETTER_DOWN;
    }

    if (number.len) {
        rc = fetch_redact_order(lanes, pool, letter, &number);
    }

    if (rc != FETCH_LETTER_DONE) {
        return rc;
    }

    fetch_args_init(&args, pool, 2);
    fetch_args_text(&args, "DEL");
    fetch_args_add(&args, key->str, (size_t) key->len);

    reply = args.failed ? NULL
            : fetch_redis_call(lanes->redis, 2, args.argv);

    if (reply == NULL) {
        return FETCH_LETTER_DOWN;
    }

    freeReplyObject(reply);

    return FETCH_LETTER_DONE;
}


static fetch_letter_e
fetch_redact_on(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, const char *cursor)
{
    char             key[WISMO_KEY_MAX], body[64];
    redisReply      *reply;
    fetch_args_t     args;
    fetch_letter_e   rc;

    snprintf(body, sizeof(body), "{\"" FETCH_REDACT_CURSOR "\":\"%.24s\"}",
             cursor);

    fetch_args_init(&args, pool, 11);
    fetch_args_text(&args, "XADD");
    fetch_args_add(&args, key, wismo_key_inbox(key, 0));
    fetch_args_text(&args, "*");
    fetch_args_text(&args, WISMO_INBOX_KIND);
    fetch_args_add(&args, letter->kind.data, letter->kind.len);
    fetch_args_text(&args, WISMO_INBOX_CARRIER);
    fetch_args_add(&args, letter->carrier.data, letter->carrier.len);
    fetch_args_text(&args, WISMO_INBOX_HEADERS);
    fetch_args_add(&args, letter->headers.data, letter->headers.len);
    fetch_args_text(&args, WISMO_INBOX_BODY);
    fetch_args_text(&args, body);

    reply = args.failed ? NULL
            : fetch_redis_call(lanes->redis, (int) args.n, args.argv);

    if (reply == NULL) {
        return FETCH_LETTER_DOWN;
    }

    rc = (reply->type == REDIS_REPLY_STRING) ? FETCH_LETTER_DONE
                                             : FETCH_LETTER_AGAIN;

    freeReplyObject(reply);

    return rc;
}
