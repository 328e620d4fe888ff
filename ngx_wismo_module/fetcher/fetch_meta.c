
/*
 * Copyright (C) The Wismo authors
 *
 * What Redis says of itself in w:meta: whether it is ours, and of this
 * schema.  Whoever connects asks before touching anything else.
 */


#include "fetch_redis.h"

#include <stdio.h>
#include <sys/random.h>
#include <time.h>


int
fetch_redis_meta(fetch_redis_t *r, bool create)
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
    argv[3].data = (unsigned char *) schema;
    argv[3].len = strlen(schema);
    wismo_str_set(&argv[4], "buckets");
    argv[5].data = (unsigned char *) buckets;
    argv[5].len = strlen(buckets);
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
