
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
#include "fetch_walk.h"

#include <stdio.h>


#define FETCH_RELETTER_POOL   (256 * 1024 * 1024)


typedef struct {
    fetch_reseal_t           *counts;
    bool                      look;
    const char               *key;            /* of the stream */
    size_t                    len;
} fetch_reletter_t;


static int fetch_reletter_dead(fetch_walk_t *walk,
    const redisReply *entries);
static int fetch_reletter_batch(fetch_redis_t *r, wismo_pool_t *pool,
    const char *key, size_t len, const redisReply *entries,
    fetch_reseal_t *counts, bool look);
static int fetch_reletter_one(fetch_redis_t *r, wismo_pool_t *pool,
    const redisReply *entry, fetch_reseal_t *counts, wismo_str_t *body);
static int fetch_reletter_waiting(fetch_walk_t *walk,
    const redisReply *entries);
static int fetch_reletter_samples(fetch_walk_t *walk,
    const redisReply *list);
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
    char               key[WISMO_KEY_MAX];
    unsigned           i;
    fetch_walk_t       walk;
    fetch_reletter_t   w;

    if (!r->conf->sealed || r->conf->letters == NULL) {
        return WISMO_OK;
    }

    w.counts = counts;
    w.look = look;
    w.key = key;

    /* those that wait first: what dies meanwhile is met with the dead */

    fetch_walk_init(&walk, r, fetch_reletter_waiting, &w);

    for (i = 0; i < WISMO_INBOXES && !counts->waiting; i++) {
        if (fetch_walk_stream(&walk, key, wismo_key_inbox(key, i), "-", "+")
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    fetch_walk_init(&walk, r, fetch_reletter_dead, &w);

    for (i = 0; i < WISMO_INBOXES; i++) {
        w.len = wismo_key_dead(key, i);

        if (fetch_walk_stream(&walk, key, w.len, "-", "+") != WISMO_OK) {
            return WISMO_ERROR;
        }
    }

    fetch_walk_init(&walk, r, fetch_reletter_samples, &w);

    return fetch_walk_samples(&walk);
}


static int
fetch_reletter_dead(fetch_walk_t *walk, const redisReply *entries)
{
    int                rc;
    wismo_pool_t       pool;
    fetch_reletter_t  *w = walk->data;

    wismo_pool_init(&pool, FETCH_RELETTER_POOL, NULL, NULL);

    rc = fetch_reletter_batch(walk->redis, &pool, w->key, w->len, entries,
                              w->counts, w->look);

    wismo_pool_done(&pool);

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


static int
fetch_reletter_waiting(fetch_walk_t *walk, const redisReply *entries)
{
    size_t             i;
    wismo_str_t        kid, first;
    fetch_letter_t     letter;
    fetch_reletter_t  *w = walk->data;

    for (i = 0; i < entries->elements; i++) {
        memset(&letter, 0, sizeof(fetch_letter_t));
        fetch_envelope_fields(entries->element[i]->element[1], &letter,
                              &first);

        if (wismo_box_kid(&letter.body, &kid)
            && !fetch_reletter_first(walk->redis, &kid))
        {
            w->counts->waiting = true;
            return WISMO_DECLINED;
        }
    }

    return WISMO_OK;
}


static int
fetch_reletter_samples(fetch_walk_t *walk, const redisReply *list)
{
    int                rc;
    char               key[WISMO_KEY_MAX];
    size_t             i;
    wismo_str_t        record, anew;
    wismo_pool_t       pool;
    fetch_args_t       args;
    fetch_reletter_t  *w = walk->data;

    wismo_pool_init(&pool, FETCH_RELETTER_POOL, NULL, NULL);

    fetch_args_init(&args, &pool, 1 + 2 * (unsigned) list->elements);
    fetch_args_add(&args, key, wismo_key_rejects(key, walk->name));

    rc = WISMO_OK;

    for (i = 0; rc == WISMO_OK && i < list->elements; i++) {
        record = fetch_redis_str(list->element[i]);

        rc = fetch_reletter_sample(walk->redis, &pool, walk->name, &record,
                                   w->counts, &anew);

        if (rc == WISMO_OK && anew.len) {
            fetch_args_add(&args, record.data, record.len);
            fetch_args_add(&args, anew.data, anew.len);
        }
    }

    if (rc == WISMO_OK && args.failed) {
        rc = WISMO_ERROR;
    }

    if (rc == WISMO_OK && !w->look && args.n > 1) {
        rc = fetch_reletter_script(walk->redis, FETCH_SCRIPT_RESAMPLE, &args);
    }

    wismo_pool_done(&pool);

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
    return fetch_redis_taken(r, fetch_redis_script(r, script, 1,
                                                   (int) args->n,
                                                   args->argv));
}
