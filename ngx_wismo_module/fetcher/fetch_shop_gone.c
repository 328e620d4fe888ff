
/*
 * Copyright (C) The Wismo authors
 *
 * What a shop has to say of an order that was erased, or whose time was over:
 * shops send again for hours what was not taken, and speak of orders that are
 * long past.  fetch_shop_letter.c asks, of an order that is not there.
 *
 * An order that has got the number since must never be taken for the old one.
 */


#include "fetch_shop_letter.h"


static int fetch_shop_unlist(fetch_redis_t *r, wismo_pool_t *pool,
    const char *key, size_t len);


int
fetch_shop_gone(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *number, const fetch_shop_message_t *message,
    const char *key, size_t len, bool *gone)
{
    json_t        *placed;
    int64_t        at;
    wismo_str_t    text;
    wismo_when_t   when;

    if (fetch_erased_at(r, pool, number, &at) != WISMO_OK) {
        return WISMO_ERROR;
    }

    if (at == 0) {
        return WISMO_OK;
    }

    placed = json_object_get(message->fact, "placed_at");

    text.data = (unsigned char *) json_string_value(placed);
    text.len = json_string_length(placed);

    if (text.len == 0) {
        text.data = (unsigned char *) message->at;
        text.len = strcspn(message->at, "|");
    }

    if (wismo_time_iso(&text, &when) != WISMO_OK
        || when.utc == WISMO_TIME_NONE || when.utc > at)
    {
        return WISMO_OK;
    }

    *gone = true;

    return fetch_shop_unlist(r, pool, key, len);
}


/* The mark of a customer who is forgotten stays: a redaction that comes again
 * has to know that it was done. */

static int
fetch_shop_unlist(fetch_redis_t *r, wismo_pool_t *pool, const char *key,
    size_t len)
{
    wismo_str_t  mark;

    if (fetch_redis_field(r, pool, key, len, FETCH_SHOP_REDACTED, &mark)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    return fetch_shop_forget(r, pool, key, len, &mark);
}
