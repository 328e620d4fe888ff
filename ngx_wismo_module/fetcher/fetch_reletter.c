
/*
 * Copyright (C) The Wismo authors
 *
 * Going through letters and samples after a key has changed.  Called by
 * "wismo customer reencrypt" and, to count, by the doctor.
 *
 * What does not open must stay as it is: its key may come back.
 */


#include "fetch_reletter.h"
#include "fetch_args.h"
#include "fetch_envelope.h"

#include <stdio.h>


#define FETCH_RELETTER_COUNT  "64"
#define FETCH_RELETTER_POOL   (256 * 1024 * 1024)
#define FETCH_RELETTER_ID     48


static int fetch_reletter_stream(fetch_redis_t *r, const char *key,
    size_t len, bool dead, fetch_reseal_t *counts, bool look);
static int fetch_reletter_batch(fetch_redis_t *r, wismo_pool_t *pool,
    const char *key, size_t len, const redisReply *entries,
    fetch_reseal_t *counts, bool look);
static int fetch_reletter_one(fetch_redis_t *r, wismo_pool_t *pool,
    const redisReply *entry, fetch_reseal_t *counts, wismo_str_t *body);
static bool fetch_reletter_waits(const fetch_redis_t *r,
    const redisReply *entries);
static int fetch_reletter_samples(fetch_redis_t *r, const wismo_str_t *name,
    fetch_reseal_t *counts, bool look);
static int fetch_reletter_sample(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *name, const wismo_str_t *record,
    fetch_reseal_t *counts, wismo_str_t *anew);
static bool fetch_reletter_first(const fetch_redis_t *r,
    const wismo_str_t *kid);
static void fetch_reletter_closed(fetch_reseal_t *counts,
    const wismo_error_t *err);
static int fetch_reletter_script(fetch_redis_t *r, fetch_script_e script,
    fetch_args_t *args);


int
fetch_reletter(fetch_redis_t *r, fetch_reseal_t *counts, bool look)
{
    char                   key[WISMO_KEY_MAX];
    unsigned               i;
    const fetch_config_t  *conf;

    conf = r->conf;

    if (!conf->sealed || conf->letters == NULL) {
        return WISMO_OK;
    }

    /* those that wait first: what dies meanwhile is met with the dead */

    for (i = 0; i < WISMO_INBOXES && !counts->waiting; i++) {
        if (fetch_reletter_stream(r, key, wismo_key_inbox(key, i), false,
                                  counts, look)
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    for (i = 0; i < WISMO_INBOXES; i++) {
        if (fetch_reletter_stream(r, key, wismo_key_dead(key, i), true,
                                  counts, look)
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    for (i = 0; i < conf->ncarriers; i++) {
        if (fetch_reletter_samples(r, &conf->carriers[i].name, counts, look)
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    for (i = 0; i < conf->nshops; i++) {
        if (fetch_reletter_samples(r, &conf->shops[i].name, counts, look)
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    return WISMO_OK;
}


static int
fetch_reletter_stream(fetch_redis_t *r, const char *key, size_t len,
    bool dead, fetch_reseal_t *counts, bool look)
{
    int           rc;
    char          after[FETCH_RELETTER_ID + 1];
    size_t        n;
    redisReply   *reply, *last;
    wismo_str_t   argv[6];
    wismo_pool_t  pool;

    wismo_str_set(&argv[0], "XRANGE");
    argv[1].data = (unsigned char *) key;
    argv[1].len = len;
    wismo_str_set(&argv[2], "-");
    wismo_str_set(&argv[3], "+");
    wismo_str_set(&argv[4], "COUNT");
    wismo_str_set(&argv[5], FETCH_RELETTER_COUNT);

    do {
        reply = fetch_redis_call(r, 6, argv);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        rc = WISMO_OK;
        n = (reply->type == REDIS_REPLY_ARRAY) ? reply->elements : 0;

        if (n && dead) {
            wismo_pool_init(&pool, FETCH_RELETTER_POOL, NULL, NULL);
            rc = fetch_reletter_batch(r, &pool, key, len, reply, counts,
                                      look);
            wismo_pool_done(&pool);

        } else if (n) {
            counts->waiting = fetch_reletter_waits(r, reply);
        }

        if (n) {
            last = reply->element[n - 1];

            if (last->type != REDIS_REPLY_ARRAY || last->elements != 2
                || last->element[0]->type != REDIS_REPLY_STRING)
            {
                rc = WISMO_ERROR;

            } else {
                argv[2].data = (unsigned char *) after;
                argv[2].len = (size_t) snprintf(after, sizeof(after),
                                                "(%.40s",
                                                last->element[0]->str);
            }
        }

        freeReplyObject(reply);

    } while (rc == WISMO_OK && n && !(counts->waiting && !dead));

    return rc;
}


static int
fetch_reletter_batch(fetch_redis_t *r, wismo_pool_t *pool, const char *key,
    size_t len, const redisReply *entries, fetch_reseal_t *counts, bool look)
{
    size_t            i;
    wismo_str_t       body;
    fetch_args_t      args;
    const redisReply *entry;

    fetch_args_init(&args, pool, 2 + 2 * (unsigned) entries->elements);
    fetch_args_add(&args, key, len);
    fetch_args_add(&args, r->conf->letters->key.kid,
                   r->conf->letters->key.len);

    for (i = 0; i < entries->elements; i++) {
        entry = entries->element[i];

        if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2
            || entry->element[0]->type != REDIS_REPLY_STRING
            || entry->element[1]->type != REDIS_REPLY_ARRAY)
        {
            continue;
        }

        if (fetch_reletter_one(r, pool, entry, counts, &body) != WISMO_OK) {
            return WISMO_ERROR;
        }

        if (body.len) {
            fetch_args_add(&args, entry->element[0]->str,
                           (size_t) entry->element[0]->len);
            fetch_args_add(&args, body.data, body.len);
        }
    }

    if (args.failed) {
        return WISMO_ERROR;
    }

    return (look || args.n == 2)
           ? WISMO_OK : fetch_reletter_script(r, FETCH_SCRIPT_RELETTER, &args);
}


/* Empty if it stays as it is. */

static int
fetch_reletter_one(fetch_redis_t *r, wismo_pool_t *pool,
    const redisReply *entry, fetch_reseal_t *counts, wismo_str_t *body)
{
    bool              sealed;
    wismo_str_t       kid, text, first;
    wismo_error_t     err;
    fetch_letter_t    letter;
    wismo_box_name_t  name;

    wismo_str_null(body);

    memset(&letter, 0, sizeof(fetch_letter_t));
    fetch_envelope_fields(entry->element[1], &letter, &first);

    if (letter.body.len == 0) {
        return WISMO_OK;
    }

    counts->looked++;

    sealed = wismo_box_kid(&letter.body, &kid);

    if (sealed && fetch_reletter_first(r, &kid)) {
        return WISMO_OK;
    }

    counts->plain += !sealed;
    counts->old += sealed;

    name = fetch_envelope_name(&letter);

    switch (fetch_envelope_open(r->conf, pool, &name, &letter.body, &text,
                                &err))
    {
    case WISMO_OK:
        break;

    case WISMO_DECLINED:
        fetch_reletter_closed(counts, &err);
        return WISMO_OK;

    default:
        return WISMO_ERROR;
    }

    counts->changed++;

    return fetch_envelope_seal(r->conf, pool, &name, &text, body);
}


static bool
fetch_reletter_waits(const fetch_redis_t *r, const redisReply *entries)
{
    size_t             i;
    wismo_str_t        kid, first;
    fetch_letter_t     letter;
    const redisReply  *entry;

    for (i = 0; i < entries->elements; i++) {
        entry = entries->element[i];

        if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2
            || entry->element[1]->type != REDIS_REPLY_ARRAY)
        {
            continue;
        }

        memset(&letter, 0, sizeof(fetch_letter_t));
        fetch_envelope_fields(entry->element[1], &letter, &first);

        if (wismo_box_kid(&letter.body, &kid)
            && !fetch_reletter_first(r, &kid))
        {
            return true;
        }
    }

    return false;
}


static int
fetch_reletter_samples(fetch_redis_t *r, const wismo_str_t *name,
    fetch_reseal_t *counts, bool look)
{
    int            rc;
    char           key[WISMO_KEY_MAX];
    size_t         i;
    redisReply    *list;
    wismo_str_t    argv[4], record, anew;
    wismo_pool_t   pool;
    fetch_args_t   args;

    wismo_str_set(&argv[0], "LRANGE");
    argv[1].data = (unsigned char *) key;
    argv[1].len = wismo_key_rejects(key, name);
    wismo_str_set(&argv[2], "0");
    wismo_str_set(&argv[3], "-1");

    list = fetch_redis_call(r, 4, argv);

    if (list == NULL) {
        return WISMO_ERROR;
    }

    rc = WISMO_OK;

    wismo_pool_init(&pool, FETCH_RELETTER_POOL, NULL, NULL);

    fetch_args_init(&args, &pool, 1 + 2 * (unsigned) list->elements);
    fetch_args_add(&args, key, argv[1].len);

    for (i = 0; rc == WISMO_OK && list->type == REDIS_REPLY_ARRAY
                && i < list->elements; i++)
    {
        record.data = (unsigned char *) list->element[i]->str;
        record.len = (size_t) list->element[i]->len;

        rc = fetch_reletter_sample(r, &pool, name, &record, counts, &anew);

        if (rc == WISMO_OK && anew.len) {
            fetch_args_add(&args, record.data, record.len);
            fetch_args_add(&args, anew.data, anew.len);
        }
    }

    if (rc == WISMO_OK && args.failed) {
        rc = WISMO_ERROR;
    }

    if (rc == WISMO_OK && !look && args.n > 1) {
        rc = fetch_reletter_script(r, FETCH_SCRIPT_RESAMPLE, &args);
    }

    wismo_pool_done(&pool);
    freeReplyObject(list);

    return rc;
}


static int
fetch_reletter_sample(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *name, const wismo_str_t *record,
    fetch_reseal_t *counts, wismo_str_t *anew)
{
    bool           sealed;
    wismo_str_t    kid, text;
    wismo_error_t  err;

    wismo_str_null(anew);

    counts->looked++;

    sealed = wismo_seal_kid(record, &kid);

    if (sealed && fetch_reletter_first(r, &kid)) {
        return WISMO_OK;
    }

    counts->plain += !sealed;
    counts->old += sealed;

    switch (fetch_envelope_sample_open(r->conf, pool, name, record, &text,
                                       &err))
    {
    case WISMO_OK:
        break;

    case WISMO_DECLINED:
        fetch_reletter_closed(counts, &err);
        return WISMO_OK;

    default:
        return WISMO_ERROR;
    }

    counts->changed++;

    return fetch_envelope_sample(r->conf, pool, name, &text, anew);
}


static bool
fetch_reletter_first(const fetch_redis_t *r, const wismo_str_t *kid)
{
    return wismo_str_eq(kid, &r->conf->contact.keys[0].kid);
}


static void
fetch_reletter_closed(fetch_reseal_t *counts, const wismo_error_t *err)
{
    if (counts->closed++ == 0) {
        snprintf(counts->why, sizeof(counts->why), "%.255s", err->text);
    }
}


static int
fetch_reletter_script(fetch_redis_t *r, fetch_script_e script,
    fetch_args_t *args)
{
    redisReply  *reply;

    reply = fetch_redis_script(r, script, 1, (int) args->n, args->argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        snprintf(r->error, sizeof(r->error), "%.200s", reply->str);
        freeReplyObject(reply);
        return WISMO_ERROR;
    }

    freeReplyObject(reply);

    return WISMO_OK;
}
