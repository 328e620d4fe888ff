
/*
 * Copyright (C) The Wismo authors
 *
 * Going through what Redis has much of, a part at a time: keys of one kind,
 * entries of a stream, samples of what could not be read.
 */


#ifndef _FETCH_WALK_H_INCLUDED_
#define _FETCH_WALK_H_INCLUDED_


#include "fetch_redis.h"


#define FETCH_WALK_ID        48               /* an entry's, with its NUL */


typedef struct fetch_walk_s  fetch_walk_t;

/* WISMO_DECLINED ends the walk, which is right so far; WISMO_ERROR fails. */
typedef int (*fetch_walk_pt)(fetch_walk_t *walk, const redisReply *part);


struct fetch_walk_s {
    fetch_redis_t            *redis;
    fetch_walk_pt             part;
    void                     *data;
    char                      cursor[24];     /* of keys: the first part that
                                                 was not gone through; "0" at
                                                 the end */
    uint64_t                  keys;           /* about as many were looked at,
                                                 this part's too */
    const wismo_str_t        *name;           /* whose samples they are */
};


void fetch_walk_init(fetch_walk_t *walk, fetch_redis_t *r,
    fetch_walk_pt part, void *data);

/*
 * From walk->cursor on; parts are arrays of keys.  One that is there all the
 * time is met at least once, whatever comes and goes meanwhile.  WISMO_ERROR:
 * a part has failed, or Redis has, which r->error tells.
 */
int fetch_walk_keys(fetch_walk_t *walk, const char *match);

/* How many keys there are at all. */
int fetch_walk_size(fetch_redis_t *r, uint64_t *size);

/* What "command" says of each key of a part, in one round trip. */
int fetch_walk_read(fetch_walk_t *walk, const redisReply *keys,
    const char *command, int (*record)(fetch_walk_t *walk,
    const wismo_str_t *key, const redisReply *reply));

/* Ids from "from" to "to", or "-" to "+"; parts are arrays of entries, each of
 * them an id and an array of fields. */
int fetch_walk_stream(fetch_walk_t *walk, const char *key, size_t len,
    const char *from, const char *to);

/* Of all carriers and shops; parts are arrays of samples, see walk->name. */
int fetch_walk_samples(fetch_walk_t *walk);


#endif /* _FETCH_WALK_H_INCLUDED_ */
