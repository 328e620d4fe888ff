
/*
 * Copyright (C) The Wismo authors
 *
 * What Redis says of itself in w:meta: whether it is ours, and of this
 * schema.  Whoever connects asks before touching anything else; whoever writes
 * orders leaves word of the key that it lists them by.
 */


#include "fetch_meta.h"

#include <stdio.h>
#include <sys/random.h>
#include <time.h>


#define FETCH_META_WRITER    (sizeof(WISMO_META_WRITER) + WISMO_CONTACT_ID)


static size_t fetch_meta_field(const fetch_redis_t *r,
    char field[FETCH_META_WRITER]);
static redisReply *fetch_meta_all(fetch_redis_t *r);
static const char *fetch_meta_by(const redisReply *field);


int
fetch_meta(fetch_redis_t *r, bool create)
{
    int              rc;
    char             id[17], now[24], schema[12], buckets[12];
    uint64_t         seed;
    redisReply      *reply;
    wismo_str_t      argv[12];
    struct timespec  ts;

    snprintf(schema, sizeof(schema), "%d", WISMO_SCHEMA);
    snprintf(buckets, sizeof(buckets), "%d", WISMO_BUCKETS);

    wismo_str_set(&argv[0], "HMGET");
    wismo_str_set(&argv[1], WISMO_KEY_META);
    wismo_str_set(&argv[2], "schema");
    wismo_str_set(&argv[3], "buckets");

    reply = fetch_redis_call(r, 4, argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2) {
        snprintf(r->error, sizeof(r->error), WISMO_KEY_META " is no hash: "
                 "this Redis holds something else, use another database");
        freeReplyObject(reply);
        return WISMO_DECLINED;
    }

    if (reply->element[0]->type == REDIS_REPLY_STRING) {
        rc = WISMO_OK;

        if (reply->element[1]->type != REDIS_REPLY_STRING
            || strcmp(reply->element[0]->str, schema) != 0
            || strcmp(reply->element[1]->str, buckets) != 0)
        {
            snprintf(r->error, sizeof(r->error),
                     WISMO_KEY_META " holds another schema than %s with %s "
                     "buckets: this program is of another version",
                     schema, buckets);
            rc = WISMO_DECLINED;
        }

        freeReplyObject(reply);
        return rc;
    }

    freeReplyObject(reply);

    if (!create) {
        snprintf(r->error, sizeof(r->error),
                 WISMO_KEY_META " is missing: no fetcher has run yet");
        return WISMO_DECLINED;
    }

    if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) {
        seed = (uint64_t) fetch_redis_time(r);
    }

    clock_gettime(CLOCK_REALTIME, &ts);

    wismo_str_set(&argv[0], "HSET");
    wismo_str_set(&argv[2], "schema");
    argv[3] = wismo_str_of(schema);
    wismo_str_set(&argv[4], "buckets");
    argv[5] = wismo_str_of(buckets);
    wismo_str_set(&argv[6], "id");
    argv[7].data = (unsigned char *) id;
    argv[7].len = (size_t) snprintf(id, sizeof(id), "%016llx",
                                    (unsigned long long) seed);
    wismo_str_set(&argv[8], "created");
    argv[9].data = (unsigned char *) now;
    argv[9].len = (size_t) snprintf(now, sizeof(now), "%lld",
                                    (long long) ts.tv_sec);

    /* from the first one on, all orders are in the index */

    wismo_str_set(&argv[10], WISMO_META_INDEXED);
    wismo_str_set(&argv[11], "1");

    reply = fetch_redis_call(r, 12, argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    rc = WISMO_OK;

    if (reply->type == REDIS_REPLY_ERROR) {
        snprintf(r->error, sizeof(r->error), "%.200s", reply->str);
        rc = WISMO_DECLINED;
    }

    freeReplyObject(reply);

    return rc;
}


int
fetch_meta_writer(fetch_redis_t *r)
{
    char          field[FETCH_META_WRITER], at[24];
    wismo_str_t   argv[4];

    if (r->conf->sealed && r->conf->contact.n == 0) {
        return WISMO_OK;
    }

    wismo_str_set(&argv[0], "HSET");
    wismo_str_set(&argv[1], WISMO_KEY_META);
    argv[2].data = (unsigned char *) field;
    argv[2].len = fetch_meta_field(r, field);
    argv[3].data = (unsigned char *) at;
    argv[3].len = (size_t) snprintf(at, sizeof(at), "%lld",
                                    (long long) time(NULL));

    return fetch_redis_taken(r, fetch_redis_call(r, 4, argv));
}


static size_t
fetch_meta_field(const fetch_redis_t *r, char field[FETCH_META_WRITER])
{
    return (size_t) snprintf(field, FETCH_META_WRITER, WISMO_META_WRITER "%s",
                             r->conf->index.n ? r->conf->index.id[0]
                                              : "none");
}


int
fetch_meta_indexed(fetch_redis_t *r, bool *complete)
{
    bool                         known, from_first;
    size_t                       i;
    unsigned                     k;
    redisReply                  *reply;
    const char                  *id;
    const wismo_contact_keys_t  *index;

    index = &r->conf->index;
    reply = fetch_meta_all(r);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    known = true;
    from_first = false;

    for (i = 0; i + 1 < reply->elements; i += 2) {

        if (strcmp(reply->element[i]->str, WISMO_META_INDEXED) == 0) {
            from_first = true;
        }

        id = fetch_meta_by(reply->element[i]);

        if (id == NULL) {
            continue;
        }

        for (k = 0; k < index->n; k++) {
            if (strcmp(id, index->id[k]) == 0) {
                break;
            }
        }

        known = known && k < index->n;
    }

    freeReplyObject(reply);

    *complete = known && from_first;

    return WISMO_OK;
}


static redisReply *
fetch_meta_all(fetch_redis_t *r)
{
    wismo_str_t  argv[2];

    wismo_str_set(&argv[0], "HGETALL");
    wismo_str_set(&argv[1], WISMO_KEY_META);

    return fetch_redis_call(r, 2, argv);
}


/* The id of a writer's key, or NULL. */

static const char *
fetch_meta_by(const redisReply *field)
{
    size_t  n;

    n = sizeof(WISMO_META_WRITER) - 1;

    return strncmp(field->str, WISMO_META_WRITER, n) == 0 ? field->str + n
                                                          : NULL;
}


int
fetch_meta_complete(fetch_redis_t *r)
{
    int           rc;
    char          field[FETCH_META_WRITER];
    size_t        i;
    redisReply   *reply;
    wismo_str_t   argv[4];

    reply = fetch_meta_all(r);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    wismo_str_set(&argv[0], "HSET");
    wismo_str_set(&argv[1], WISMO_KEY_META);
    wismo_str_set(&argv[2], WISMO_META_INDEXED);
    wismo_str_set(&argv[3], "1");

    rc = fetch_meta_writer(r);

    if (rc == WISMO_OK) {
        rc = fetch_redis_taken(r, fetch_redis_call(r, 4, argv));
    }

    (void) fetch_meta_field(r, field);
    wismo_str_set(&argv[0], "HDEL");

    for (i = 0; rc == WISMO_OK && i + 1 < reply->elements; i += 2) {

        if (fetch_meta_by(reply->element[i]) == NULL
            || strcmp(reply->element[i]->str, field) == 0)
        {
            continue;
        }

        argv[2] = fetch_redis_str(reply->element[i]);

        rc = fetch_redis_taken(r, fetch_redis_call(r, 3, argv));
    }

    freeReplyObject(reply);

    return rc;
}
