
/*
 * Copyright (C) The Wismo authors
 *
 * Who is told, and how much.  Called by fetch_tell.c before a notice is marked
 * as begun: the place is taken first, in one script, then the notice is
 * claimed in its ledger.  Both can't be one script, as in a Redis Cluster a
 * person and an order are in different slots; but a place is taken for one
 * notice and by its name, so whoever tries again has it already, and two who
 * want the last one get it once.
 *
 * No address may get into Redis from here, nor the number of an order.
 */


#include "fetch_reach.h"

#include "fetch_args.h"
#include "fetch_sms.h"

#include <stdio.h>


#define FETCH_REACH_DAY      86400


static int fetch_reach_mac(const fetch_config_t *conf, unsigned i,
    const wismo_str_t *text, char mac[WISMO_CONTACT_MAC]);
static int fetch_reach_moved(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_reach_t *reach);
static int fetch_reach_say(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_reach_t *reach, const wismo_str_t *why, int64_t at,
    bool *changed);
static redisReply *fetch_reach_call(fetch_redis_t *r, wismo_pool_t *pool,
    const char *command, const fetch_reach_t *reach, unsigned i,
    const wismo_str_t *value);
static void fetch_reach_key(fetch_args_t *args, const fetch_reach_t *reach,
    unsigned i, bool suppressed);


int
fetch_reach(const fetch_config_t *conf, wismo_pool_t *pool,
    wismo_factor_e factor, const wismo_str_t *text, fetch_reach_t *reach)
{
    int          rc;
    char         form[WISMO_FACTOR_MAX];
    size_t       len;
    unsigned     i;
    wismo_str_t  number;

    reach->n = 0;
    reach->keyed = true;
    reach->factor = factor;

    if (text->len == 0 || conf->index.n == 0) {
        return WISMO_OK;
    }

    /* the look-up form's numbers have no country, here two would be one */

    if (factor == WISMO_FACTOR_PHONE) {
        rc = fetch_sms_number(pool, text, &number);

        if (rc != WISMO_OK) {
            return rc == WISMO_DECLINED ? WISMO_OK : rc;
        }

        len = number.len;
        memcpy(form, number.data, len);

    } else {
        len = wismo_factor_form(factor, text, form);
    }

    if (len == 0) {
        return WISMO_OK;
    }

    for (i = 0; i < conf->index.n; i++) {
        if (wismo_contact_mac(&conf->index, i, factor, form, len,
                              reach->mac[i])
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    reach->n = i;

    return WISMO_OK;
}


int
fetch_reach_order(const fetch_config_t *conf, wismo_pool_t *pool,
    const fetch_channel_t *channel, const wismo_str_t *order,
    const json_t *body, fetch_reach_t *reach)
{
    int             rc;
    wismo_str_t     text;
    wismo_factor_e  factor;

    factor = (channel->type == &fetch_mail_type) ? WISMO_FACTOR_EMAIL
                                                 : WISMO_FACTOR_PHONE;
    text = wismo_contact_said(body, factor);

    rc = fetch_reach(conf, pool, factor, &text, reach);

    if (rc != WISMO_OK || text.len == 0 || conf->index.n) {
        return rc;
    }

    reach->keyed = false;
    reach->n = 1;

    return fetch_reach_mac(conf, 0, order, reach->mac[0]);
}


/* By the key of the index, if there is one: it only has to be short. */

static int
fetch_reach_mac(const fetch_config_t *conf, unsigned i,
    const wismo_str_t *text, char mac[WISMO_CONTACT_MAC])
{
    wismo_str_t    key;
    unsigned char  sum[32];

    key.data = (unsigned char *) conf->index.key[i];
    key.len = (i < conf->index.n) ? 32 : 0;

    if (wismo_hmac_sha256(&key, text, sum) != WISMO_OK) {
        return WISMO_ERROR;
    }

    (void) wismo_base64url(sum, 12, mac);

    return WISMO_OK;
}


fetch_reach_e
fetch_reach_take(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_reach_t *reach, const fetch_channel_t *channel,
    const wismo_notice_kind_t *kind, const wismo_str_t *id, int64_t *until)
{
    bool           asked;
    char           member[WISMO_CONTACT_MAC];
    redisReply    *reply;
    fetch_args_t   args;
    fetch_reach_e  rc;

    if (fetch_reach_mac(r->conf, 0, id, member) != WISMO_OK
        || fetch_reach_moved(r, pool, reach) != WISMO_OK)
    {
        return FETCH_REACH_DOWN;
    }

    asked = wismo_notice_asked(kind);

    fetch_args_init(&args, pool, 7);
    fetch_reach_key(&args, reach, 0, false);
    fetch_reach_key(&args, reach, 0, true);
    fetch_args_add(&args, reach->mac[0], WISMO_CONTACT_MAC);
    fetch_args_add(&args, member, WISMO_CONTACT_MAC);
    fetch_args_number(&args, (kind->urgent || asked) ? 0 : channel->gap);
    fetch_args_number(&args, asked ? 0 : channel->daily);
    fetch_args_number(&args, channel->gap > FETCH_REACH_DAY
                             ? channel->gap : FETCH_REACH_DAY);

    reply = args.failed ? NULL
                        : fetch_redis_script(r, FETCH_SCRIPT_REACH, 2, 7,
                                             args.argv);

    if (reply == NULL) {
        return FETCH_REACH_DOWN;
    }

    rc = FETCH_REACH_DOWN;

    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2) {

        switch (reply->element[0]->integer) {

        case 1:
            rc = FETCH_REACH_TAKEN;
            break;

        case 0:
            rc = FETCH_REACH_LATER;
            *until = reply->element[1]->integer;
            break;

        default:
            rc = (reply->element[1]->type == REDIS_REPLY_STRING
                  && strstr(reply->element[1]->str, " " FETCH_REACH_STOP))
                 ? FETCH_REACH_STOPPED : FETCH_REACH_SUPPRESSED;
        }
    }

    freeReplyObject(reply);

    return rc;
}


/* What was written by a key that is not the first any more. */

static int
fetch_reach_moved(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_reach_t *reach)
{
    unsigned      i;
    redisReply   *reply, *set;
    wismo_str_t   value;

    for (i = 1; i < reach->n; i++) {
        reply = fetch_reach_call(r, pool, "HGET", reach, i, NULL);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        if (reply->type == REDIS_REPLY_STRING) {
            value = fetch_redis_str(reply);

            set = fetch_reach_call(r, pool, "HSETNX", reach, 0, &value);

            if (set) {
                freeReplyObject(set);
            }
        }

        freeReplyObject(reply);
    }

    return WISMO_OK;
}


void
fetch_reach_return(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_reach_t *reach, const wismo_str_t *id)
{
    char           member[WISMO_CONTACT_MAC];
    redisReply    *reply;
    fetch_args_t   args;

    if (fetch_reach_mac(r->conf, 0, id, member) != WISMO_OK) {
        return;
    }

    fetch_args_init(&args, pool, 3);
    fetch_args_text(&args, "ZREM");
    fetch_reach_key(&args, reach, 0, false);
    fetch_args_add(&args, member, WISMO_CONTACT_MAC);

    reply = args.failed ? NULL : fetch_redis_call(r, 3, args.argv);

    if (reply) {
        freeReplyObject(reply);
    }
}


int
fetch_reach_suppress(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_reach_t *reach, const wismo_str_t *why, int64_t at)
{
    bool  changed;

    if (reach->n == 0 || !reach->keyed) {
        return WISMO_DECLINED;
    }

    return fetch_reach_say(r, pool, reach, why, at, &changed);
}


int
fetch_reach_allow(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_reach_t *reach, int64_t at, bool *was)
{
    unsigned      i;
    redisReply   *reply;
    wismo_str_t   allowed;

    *was = false;

    if (reach->n == 0) {
        return WISMO_OK;
    }

    wismo_str_set(&allowed, WISMO_REACH_ALLOWED);

    if (fetch_reach_say(r, pool, reach, &allowed, at, was) != WISMO_OK) {
        return WISMO_ERROR;
    }

    for (i = 1; i < reach->n; i++) {
        reply = fetch_reach_call(r, pool, "HDEL", reach, i, NULL);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        freeReplyObject(reply);
    }

    return WISMO_OK;
}


/* Under the first key, where what was said under others is before. */

static int
fetch_reach_say(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_reach_t *reach, const wismo_str_t *why, int64_t at,
    bool *changed)
{
    char           when[32];
    redisReply    *reply;
    fetch_args_t   args;

    if (fetch_reach_moved(r, pool, reach) != WISMO_OK) {
        return WISMO_ERROR;
    }

    snprintf(when, sizeof(when), "%lld.%03lld", (long long) (at / 1000),
             (long long) (at % 1000));

    fetch_args_init(&args, pool, 5);
    fetch_reach_key(&args, reach, 0, true);
    fetch_args_add(&args, reach->mac[0], WISMO_CONTACT_MAC);
    fetch_args_text(&args, wismo_factor_name(reach->factor));
    fetch_args_text(&args, when);
    fetch_args_add(&args, why->data, why->len);

    reply = args.failed ? NULL
                        : fetch_redis_script(r, FETCH_SCRIPT_SUPPRESS, 1, 5,
                                             args.argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    *changed = (reply->type == REDIS_REPLY_INTEGER && reply->integer == 1);

    freeReplyObject(reply);

    return WISMO_OK;
}


int
fetch_reach_forget(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_reach_t *reach)
{
    unsigned       i;
    redisReply    *reply;
    fetch_args_t   args;

    for (i = 0; i < reach->n; i++) {
        fetch_args_init(&args, pool, 2);
        fetch_args_text(&args, "DEL");
        fetch_reach_key(&args, reach, i, false);

        reply = args.failed ? NULL : fetch_redis_call(r, 2, args.argv);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        freeReplyObject(reply);
    }

    return WISMO_OK;
}


static redisReply *
fetch_reach_call(fetch_redis_t *r, wismo_pool_t *pool, const char *command,
    const fetch_reach_t *reach, unsigned i, const wismo_str_t *value)
{
    fetch_args_t  args;

    fetch_args_init(&args, pool, 4);
    fetch_args_text(&args, command);
    fetch_reach_key(&args, reach, i, true);
    fetch_args_add(&args, reach->mac[i], WISMO_CONTACT_MAC);

    if (value) {
        fetch_args_add(&args, value->data, value->len);
    }

    return args.failed ? NULL : fetch_redis_call(r, (int) args.n, args.argv);
}


static void
fetch_reach_key(fetch_args_t *args, const fetch_reach_t *reach, unsigned i,
    bool suppressed)
{
    char         *key;
    wismo_str_t   mac;

    mac.data = (unsigned char *) reach->mac[i];
    mac.len = WISMO_CONTACT_MAC;

    key = wismo_palloc(args->pool, WISMO_KEY_MAX);

    if (key == NULL) {
        args->failed = true;
        return;
    }

    fetch_args_add(args, key, suppressed
                   ? wismo_key_suppressed(key, wismo_bucket(&mac))
                   : wismo_key_reached(key, &mac));
}


int
fetch_reach_count(fetch_redis_t *r, fetch_reach_count_t *count)
{
    char          key[WISMO_KEY_MAX];
    size_t        k;
    unsigned      i;
    redisReply   *reply;
    const char   *text;
    wismo_str_t   argv[2];

    memset(count, 0, sizeof(fetch_reach_count_t));

    wismo_str_set(&argv[0], "HVALS");
    argv[1].data = (unsigned char *) key;

    for (i = 0; i < WISMO_BUCKETS; i++) {
        argv[1].len = wismo_key_suppressed(key, i);

        if (fetch_redis_append(r, 2, argv) != WISMO_OK) {
            return WISMO_ERROR;
        }
    }

    for (i = 0; i < WISMO_BUCKETS; i++) {
        reply = fetch_redis_reply(r);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        for (k = 0; reply->type == REDIS_REPLY_ARRAY && k < reply->elements;
             k++)
        {
            text = reply->element[k]->str;

            if (text == NULL || strstr(text, " " WISMO_REACH_ALLOWED)) {
                continue;
            }

            count->email += (strncmp(text, "email ", 6) == 0);
            count->phone += (strncmp(text, "phone ", 6) == 0);
            count->stopped += (strstr(text, " " FETCH_REACH_STOP) != NULL);
            count->complaints += (strstr(text, " " FETCH_REACH_COMPLAINT)
                                  != NULL);
        }

        freeReplyObject(reply);
    }

    return WISMO_OK;
}
