
/*
 * Copyright (C) The Wismo authors
 *
 * Going through keys, streams and lists.  Called by whoever looks for what no
 * index leads to: erasing a person, keys that have changed, reading anew.
 *
 * Never all at once: neither Redis nor the program may hold up others.
 */


#include "fetch_walk.h"

#include <stdio.h>


#define FETCH_WALK_KEYS      512              /* looked at in one part */
#define FETCH_WALK_ENTRIES   "64"             /* of a stream: each may be
                                                 large */


static int fetch_walk_list(fetch_walk_t *walk, const wismo_str_t *name);
static bool fetch_walk_cursor(const redisReply *reply);
static bool fetch_walk_strings(const redisReply *reply);
static bool fetch_walk_entries(const redisReply *reply);
static int fetch_walk_wrong(fetch_redis_t *r, const redisReply *reply,
    const char *command);


void
fetch_walk_init(fetch_walk_t *walk, fetch_redis_t *r, fetch_walk_pt part,
    void *data)
{
    memset(walk, 0, sizeof(fetch_walk_t));

    walk->redis = r;
    walk->part = part;
    walk->data = data;
    walk->cursor[0] = '0';
}


int
fetch_walk_keys(fetch_walk_t *walk, const char *match)
{
    int           rc;
    char          count[16];
    redisReply   *reply;
    wismo_str_t   argv[6];

    wismo_str_set(&argv[0], "SCAN");
    argv[1].data = (unsigned char *) walk->cursor;
    wismo_str_set(&argv[2], "MATCH");
    argv[3] = wismo_str_of(match);
    wismo_str_set(&argv[4], "COUNT");
    argv[5].data = (unsigned char *) count;
    argv[5].len = (size_t) snprintf(count, sizeof(count), "%d",
                                    FETCH_WALK_KEYS);

    do {
        argv[1].len = strlen(walk->cursor);

        reply = fetch_redis_call(walk->redis, 6, argv);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        if (fetch_walk_cursor(reply)) {
            walk->keys += FETCH_WALK_KEYS;
            rc = walk->part(walk, reply->element[1]);

        } else {
            rc = fetch_walk_wrong(walk->redis, reply, "SCAN");
        }

        if (rc == WISMO_OK) {
            snprintf(walk->cursor, sizeof(walk->cursor), "%s",
                     reply->element[0]->str);
        }

        freeReplyObject(reply);

    } while (rc == WISMO_OK && strcmp(walk->cursor, "0") != 0);

    return rc == WISMO_ERROR ? WISMO_ERROR : WISMO_OK;
}


int
fetch_walk_size(fetch_redis_t *r, uint64_t *size)
{
    redisReply   *reply;
    wismo_str_t   argv[1];

    wismo_str_set(&argv[0], "DBSIZE");

    reply = fetch_redis_call(r, 1, argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    *size = (reply->type == REDIS_REPLY_INTEGER) ? (uint64_t) reply->integer
                                                 : 0;
    freeReplyObject(reply);

    return WISMO_OK;
}


int
fetch_walk_read(fetch_walk_t *walk, const redisReply *keys,
    const char *command, int (*record)(fetch_walk_t *walk,
    const wismo_str_t *key, const redisReply *reply))
{
    int           rc;
    size_t        i;
    redisReply   *reply;
    wismo_str_t   argv[2];

    argv[0] = wismo_str_of(command);

    for (i = 0; i < keys->elements; i++) {
        argv[1] = fetch_redis_str(keys->element[i]);

        if (fetch_redis_append(walk->redis, 2, argv) != WISMO_OK) {
            return WISMO_ERROR;
        }
    }

    rc = WISMO_OK;

    /* all of them are read: they are what comes next */

    for (i = 0; i < keys->elements; i++) {
        reply = fetch_redis_reply(walk->redis);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        if (rc == WISMO_OK) {
            argv[1] = fetch_redis_str(keys->element[i]);

            rc = record(walk, &argv[1], reply);
        }

        freeReplyObject(reply);
    }

    return rc;
}


int
fetch_walk_stream(fetch_walk_t *walk, const char *key, size_t len,
    const char *from, const char *to)
{
    int           rc;
    char          after[FETCH_WALK_ID + 1];
    size_t        n;
    redisReply   *reply;
    wismo_str_t   argv[6];

    wismo_str_set(&argv[0], "XRANGE");
    argv[1].data = (unsigned char *) key;
    argv[1].len = len;
    argv[2] = wismo_str_of(from);
    argv[3] = wismo_str_of(to);
    wismo_str_set(&argv[4], "COUNT");
    wismo_str_set(&argv[5], FETCH_WALK_ENTRIES);

    do {
        reply = fetch_redis_call(walk->redis, 6, argv);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        n = reply->elements;

        if (!fetch_walk_entries(reply)) {
            rc = fetch_walk_wrong(walk->redis, reply, "XRANGE");

        } else if (n) {
            argv[2].data = (unsigned char *) after;
            argv[2].len = (size_t) snprintf(after, sizeof(after), "(%s",
                                   reply->element[n - 1]->element[0]->str);

            rc = walk->part(walk, reply);

        } else {
            rc = WISMO_DECLINED;
        }

        freeReplyObject(reply);

    } while (rc == WISMO_OK);

    return rc == WISMO_ERROR ? WISMO_ERROR : WISMO_OK;
}


int
fetch_walk_samples(fetch_walk_t *walk)
{
    int                    rc;
    unsigned               i;
    const fetch_config_t  *conf;

    conf = walk->redis->conf;
    rc = WISMO_OK;

    for (i = 0; rc == WISMO_OK && i < conf->ncarriers; i++) {
        rc = fetch_walk_list(walk, &conf->carriers[i].name);
    }

    for (i = 0; rc == WISMO_OK && i < conf->nshops; i++) {
        rc = fetch_walk_list(walk, &conf->shops[i].name);
    }

    return rc == WISMO_ERROR ? WISMO_ERROR : WISMO_OK;
}


static int
fetch_walk_list(fetch_walk_t *walk, const wismo_str_t *name)
{
    int           rc;
    char          key[WISMO_KEY_MAX];
    redisReply   *reply;
    wismo_str_t   argv[4];

    wismo_str_set(&argv[0], "LRANGE");
    argv[1].data = (unsigned char *) key;
    argv[1].len = wismo_key_rejects(key, name);
    wismo_str_set(&argv[2], "0");
    wismo_str_set(&argv[3], "-1");

    reply = fetch_redis_call(walk->redis, 4, argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    walk->name = name;

    if (!fetch_walk_strings(reply)) {
        rc = fetch_walk_wrong(walk->redis, reply, "LRANGE");

    } else {
        rc = reply->elements ? walk->part(walk, reply) : WISMO_OK;
    }

    freeReplyObject(reply);

    return rc;
}


static bool
fetch_walk_cursor(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == 2
           && reply->element[0]->type == REDIS_REPLY_STRING
           && fetch_walk_strings(reply->element[1]);
}


static bool
fetch_walk_strings(const redisReply *reply)
{
    size_t  i;

    if (reply->type != REDIS_REPLY_ARRAY) {
        return false;
    }

    for (i = 0; i < reply->elements; i++) {
        if (reply->element[i]->type != REDIS_REPLY_STRING) {
            return false;
        }
    }

    return true;
}


static bool
fetch_walk_entries(const redisReply *reply)
{
    size_t             i;
    const redisReply  *entry;

    if (reply->type != REDIS_REPLY_ARRAY) {
        return false;
    }

    for (i = 0; i < reply->elements; i++) {
        entry = reply->element[i];

        if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2
            || entry->element[0]->type != REDIS_REPLY_STRING
            || entry->element[0]->len >= FETCH_WALK_ID
            || entry->element[1]->type != REDIS_REPLY_ARRAY)
        {
            return false;
        }
    }

    return true;
}


static int
fetch_walk_wrong(fetch_redis_t *r, const redisReply *reply,
    const char *command)
{
    snprintf(r->error, sizeof(r->error), "%s was answered with \"%.200s\"",
             command, reply->type == REDIS_REPLY_ERROR ? reply->str
                                                       : "something else");

    return WISMO_ERROR;
}
