
/*
 * Copyright (C) The Wismo authors
 *
 * Between an order's private body and its record in Redis.  Called by
 * fetch_commit.c, which writes it, and by those who tell people, hand their
 * data out or erase it.
 *
 * A body must never be written as it is where keys are configured, and no
 * word of it may get into a log.
 */


#include "fetch_private.h"
#include "fetch_args.h"
#include "fetch_log.h"


int
fetch_private_seal(const fetch_config_t *conf, wismo_pool_t *pool,
    const wismo_str_t *order, const wismo_str_t *body, wismo_str_t *record,
    wismo_str_t *macs)
{
    char          key[WISMO_KEY_MAX];
    json_t       *json;
    wismo_str_t   name;

    *record = *body;
    wismo_str_null(macs);

    if (body->len == 0 || conf == NULL) {
        return WISMO_OK;
    }

    if (conf->sealed && conf->contact.n == 0) {
        return WISMO_DECLINED;
    }

    if (conf->index.n) {
        macs->data = wismo_palloc(pool, WISMO_CONTACT_MACS);

        if (macs->data == NULL) {
            return WISMO_ERROR;
        }

        /* it has been checked before; what is no JSON says nobody */

        json = json_loadb((char *) body->data, body->len, 0, NULL);

        macs->len = wismo_contact_macs(&conf->index, json,
                                       (char *) macs->data);
        json_decref(json);
    }

    if (!conf->sealed) {
        return WISMO_OK;
    }

    name.data = (unsigned char *) key;
    name.len = wismo_key_private(key, order);

    return wismo_seal(pool, &conf->contact, &name, body, record);
}


int
fetch_private_open(const fetch_config_t *conf, wismo_pool_t *pool,
    const wismo_str_t *order, const wismo_str_t *record, wismo_str_t *body,
    wismo_error_t *err)
{
    char          key[WISMO_KEY_MAX];
    wismo_str_t   name;

    name.data = (unsigned char *) key;
    name.len = wismo_key_private(key, order);

    return wismo_unseal(pool, &conf->contact, &name, record, body, err);
}


int
fetch_private_read(const fetch_config_t *conf, wismo_pool_t *pool,
    const wismo_str_t *order, const redisReply *reply, wismo_str_t *body,
    wismo_error_t *err)
{
    wismo_str_t  text, record;

    wismo_str_null(body);

    if (reply->type != REDIS_REPLY_STRING) {
        return WISMO_OK;
    }

    text = fetch_redis_str(reply);

    if (wismo_pstrdup(pool, &record, &text) != WISMO_OK) {
        return WISMO_ERROR;
    }

    return fetch_private_open(conf, pool, order, &record, body, err);
}


int
fetch_private_load(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *order, wismo_str_t *body, wismo_error_t *err)
{
    int            rc;
    redisReply    *reply;
    fetch_args_t   args;

    wismo_str_null(body);

    fetch_args_init(&args, pool, 2);
    fetch_args_text(&args, "GET");
    fetch_args_key(&args, wismo_key_private, order);

    reply = args.failed ? NULL : fetch_redis_call(r, 2, args.argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    rc = fetch_private_read(r->conf, pool, order, reply, body, err);

    freeReplyObject(reply);

    return rc;
}
