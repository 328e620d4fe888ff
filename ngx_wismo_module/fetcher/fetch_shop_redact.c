
/*
 * Copyright (C) The Wismo authors
 *
 * What a shop asks for in the name of privacy: a customer's orders, or all of
 * its own, are erased, by the one way that erases orders; who asks for a
 * customer's data is told to the operator, who has to give it.
 *
 * fetch_shop_letter.c calls it.
 */


#include "fetch_shop_letter.h"
#include "fetch_args.h"
#include "fetch_log.h"

#include <stdio.h>


#define FETCH_REDACT_SCAN    "500"            /* keys looked at in one go */
#define FETCH_REDACT_CURSOR  "wismo_cursor"
#define FETCH_REDACT_TOLD    16               /* orders, in a log line */


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
static fetch_letter_e fetch_redact_request(fetch_lanes_t *lanes,
    wismo_pool_t *pool, const fetch_shop_t *shop,
    const fetch_shop_message_t *message);


fetch_letter_e
fetch_shop_redact(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, const fetch_shop_t *shop,
    const fetch_shop_message_t *message)
{
    size_t           i;
    json_t          *one;
    wismo_str_t      number;
    fetch_letter_e   rc;

    if (message->kind == FETCH_SHOP_REDACT_SHOP) {
        return fetch_redact_shop(lanes, pool, letter, shop);
    }

    if (message->kind == FETCH_SHOP_DATA_REQUEST) {
        return fetch_redact_request(lanes, pool, shop, message);
    }

    json_array_foreach(json_object_get(message->fact, "orders"), i, one) {

        if (fetch_shop_number(lanes->redis, pool, shop,
                              json_string_value(one), &number) != WISMO_OK)
        {
            return FETCH_LETTER_DOWN;
        }

        if (number.len == 0) {
            continue;
        }

        rc = fetch_redact_order(lanes, pool, letter, &number);

        if (rc != FETCH_LETTER_DONE) {
            return rc;
        }
    }

    return FETCH_LETTER_DONE;
}


static fetch_letter_e
fetch_redact_order(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, const wismo_str_t *number)
{
    bool  found;

    return fetch_letter_result(fetch_erase_as(lanes->redis, pool, number,
                                              &letter->id, &found));
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


/* Order numbers are no secret; who has asked is. */

static fetch_letter_e
fetch_redact_request(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_shop_t *shop, const fetch_shop_message_t *message)
{
    size_t        i;
    json_t       *one;
    unsigned      n;
    const char   *request;
    wismo_out_t   out;
    wismo_str_t   number;

    n = 0;
    wismo_out_init(&out, pool, 512);

    json_array_foreach(json_object_get(message->fact, "orders"), i, one) {

        if (fetch_shop_number(lanes->redis, pool, shop,
                              json_string_value(one), &number) != WISMO_OK)
        {
            return FETCH_LETTER_DOWN;
        }

        if (number.len == 0 || n == FETCH_REDACT_TOLD) {
            continue;
        }

        wismo_out_text(&out, " ");
        wismo_out_str(&out, &number);
        n++;
    }

    request = json_string_value(json_object_get(message->fact, "request"));

    fetch_log(FETCH_WARN, "a customer of the shop %.*s asks for their data, "
              "request %s: give what \"wismo order show NUMBER --json\" has "
              "of%.*s%s", (int) shop->name.len, (char *) shop->name.data,
              request ? request : "-",
              out.failed ? 0 : (int) (out.pos - out.start),
              (char *) out.start, n ? "" : " none: no order is known");

    return FETCH_LETTER_DONE;
}
