
/*
 * Copyright (C) The Wismo authors
 *
 * Which order a shop means by an id: the index that webhooks write and read.
 * fetch_shop_letter.c and fetch_shop_redact.c call it.
 *
 * Nothing but order numbers may get into a log.
 */


#include "fetch_shop_letter.h"
#include "fetch_log.h"


int
fetch_shop_number(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_shop_t *shop, const char *id, wismo_str_t *number)
{
    char         key[WISMO_KEY_MAX];
    wismo_str_t  text;

    text = wismo_str_of(id);

    if (fetch_redis_field(r, pool, key,
                          wismo_key_shop(key, &shop->name, &text),
                          FETCH_SHOP_NUMBER, number)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if (!wismo_order_number_ok(number)) {
        wismo_str_null(number);
    }

    return WISMO_OK;
}


int
fetch_shop_call(fetch_redis_t *r, fetch_args_t *args)
{
    redisReply  *reply;

    reply = args->failed ? NULL
            : fetch_redis_call(r, (int) args->n, args->argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        fetch_log(FETCH_ERR, "redis: a shop's index: %s", reply->str);
        freeReplyObject(reply);
        return WISMO_ERROR;
    }

    freeReplyObject(reply);

    return WISMO_OK;
}


int
fetch_shop_forget(fetch_redis_t *r, wismo_pool_t *pool, const char *key,
    size_t len, const wismo_str_t *mark)
{
    fetch_args_t  args;

    fetch_args_init(&args, pool, 2);
    fetch_args_text(&args, "DEL");
    fetch_args_add(&args, key, len);

    if (fetch_shop_call(r, &args) != WISMO_OK) {
        return WISMO_ERROR;
    }

    if (mark->len == 0) {
        return WISMO_OK;
    }

    fetch_args_init(&args, pool, 4);
    fetch_args_text(&args, "HSET");
    fetch_args_add(&args, key, len);
    fetch_args_text(&args, FETCH_SHOP_REDACTED);
    fetch_args_add(&args, (char *) mark->data, mark->len);

    if (fetch_shop_call(r, &args) != WISMO_OK) {
        return WISMO_ERROR;
    }

    fetch_args_init(&args, pool, 3);
    fetch_args_text(&args, "EXPIRE");
    fetch_args_add(&args, key, len);
    fetch_args_number(&args, FETCH_TTL);

    return fetch_shop_call(r, &args);
}
