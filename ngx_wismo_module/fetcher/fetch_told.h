
/*
 * Copyright (C) The Wismo authors
 *
 * What became of a channel's notices: counted in memory, added to Redis every
 * few seconds for "wismo notify status".
 */


#ifndef _FETCH_TOLD_H_INCLUDED_
#define _FETCH_TOLD_H_INCLUDED_


#include "fetch_channel.h"
#include "fetch_redis.h"


#define FETCH_TOLD_HOURS     24               /* that are kept */


/* One more of the channel's notices came to this. */
static inline void
fetch_told(const fetch_channel_t *channel, fetch_told_e what)
{
    ((fetch_channel_t *) channel)->told.n[what]++;
}


/* "sent", "retried" and so on, as in Redis. */
const char *fetch_told_name(fetch_told_e what);

/* Adds to Redis what is not there yet: deferred.  "now" is in ms. */
void fetch_told_write(fetch_redis_t *r, fetch_channels_t *channels,
    int64_t now);

/* Over all fetchers, in the hour that is, and in 24 hours with it. */

typedef struct {
    int64_t                   hour[FETCH_TOLDS];
    int64_t                   day[FETCH_TOLDS];
} fetch_told_sum_t;

int fetch_told_read(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_channel_t *channel, int64_t now, fetch_told_sum_t *sum);


#endif /* _FETCH_TOLD_H_INCLUDED_ */
