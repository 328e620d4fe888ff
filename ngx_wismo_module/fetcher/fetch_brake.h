
/*
 * Copyright (C) The Wismo authors
 *
 * The brake: a channel that is about to tell far more than it ever does, as
 * after a mapping that went wrong, tells nobody until an operator has looked.
 */


#ifndef _FETCH_BRAKE_H_INCLUDED_
#define _FETCH_BRAKE_H_INCLUDED_


#include "fetch_channel.h"
#include "fetch_redis.h"


/* By itself: so many times the busiest hour of a week, and at least. */
#define FETCH_BRAKE_FACTOR   5
#define FETCH_BRAKE_FLOOR    500
#define FETCH_BRAKE_WAIT     30               /* s between looks while held */


/*
 * Leave to tell one notice more, counted over all fetchers.  False: the
 * channel is held (channel->held_until), or what is older than
 * channel->discarded is not told any more, or enough links were asked for in
 * this hour (channel->links.full_until); the entry is to be judged anew.
 */
bool fetch_brake_leave(fetch_redis_t *r, fetch_channel_t *channel,
    const wismo_notice_entry_t *entry, int64_t now);


typedef struct {
    int64_t                   held;           /* since, seconds; 0: not */
    int64_t                   n;              /* this hour */
    int64_t                   limit;          /* 0: none */
    int64_t                   discarded;      /* seconds; 0: never */
    int64_t                   links;          /* this hour, asked for */
} fetch_brake_t;

/* What it says now; WISMO_ERROR if Redis is down. */
int fetch_brake_look(fetch_redis_t *r, const fetch_channel_t *channel,
    fetch_brake_t *brake);

/* Lets go: as many may follow as have been told in this hour, and the limit.
 * With "discard" what has happened until now is not told any more. */
int fetch_brake_release(fetch_redis_t *r, const fetch_channel_t *channel,
    bool discard);


#endif /* _FETCH_BRAKE_H_INCLUDED_ */
