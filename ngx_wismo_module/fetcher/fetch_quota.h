
/*
 * Copyright (C) The Wismo authors
 *
 * How much one account may ask: the carrier's own limits, counted in Redis
 * for all fetchers together, and a breaker that stops asking who does not
 * answer.  Neither counts against a parcel.
 */


#ifndef _FETCH_QUOTA_H_INCLUDED_
#define _FETCH_QUOTA_H_INCLUDED_


#include "fetch_redis.h"


typedef struct {
    const wismo_str_t        *carrier;
    const fetch_limit_t      *limits;
    unsigned                  nlimits;
    int64_t                   closed_until;   /* ms; 0: open */
    int64_t                   checked_at;     /* when Redis was asked, ms */
    unsigned                  failures;       /* in a row */
    uint32_t                  last;           /* a bit for each, 1: failed */
    unsigned                  nlast;
    unsigned                  openings;       /* of the breaker, in a row */
    bool                      probing;        /* one request, to see */
    bool                      shared;         /* the pause is in Redis */
    bool                      refused;        /* credentials, noted there */
} fetch_quota_t;


#define FETCH_LIMITS_MAX     8

/* What is known in Redis: for whoever looks. */

typedef struct {
    int64_t                   paused;         /* ms to come */
    char                      why[128];
    int64_t                   refused;        /* ms, credentials */
    int64_t                   left[FETCH_LIMITS_MAX];
} fetch_quota_state_t;


void fetch_quota_init(fetch_quota_t *q, const wismo_str_t *carrier,
    const fetch_adapter_t *adapter);

/* How many requests may be sent now, at most "wanted"; they count as sent. */
unsigned fetch_quota_take(fetch_quota_t *q, fetch_redis_t *r,
    unsigned wanted, int64_t now);

/* Gives back what was taken and not sent. */
void fetch_quota_give(fetch_quota_t *q, fetch_redis_t *r, unsigned n);

/* The state; WISMO_ERROR: Redis is down. */
int fetch_quota_look(const fetch_quota_t *q, fetch_redis_t *r,
    fetch_quota_state_t *state);

/* When it is worth asking again, ms; 0: now. */
int64_t fetch_quota_closed(const fetch_quota_t *q, int64_t now);

/* What became of a request. */
void fetch_quota_good(fetch_quota_t *q, fetch_redis_t *r);
void fetch_quota_bad(fetch_quota_t *q, fetch_redis_t *r, int64_t now,
    const char *why);

/* Nothing is asked for a while, -1 if the carrier did not say how long.  That
 * goes for everybody who uses the account. */
void fetch_quota_pause(fetch_quota_t *q, fetch_redis_t *r, int64_t now,
    int seconds, const char *why);

/* Our credentials are refused.  That is this host's matter: others may have
 * better ones, and so may we, started anew. */
void fetch_quota_refuse(fetch_quota_t *q, fetch_redis_t *r, int64_t now,
    int seconds);


#endif /* _FETCH_QUOTA_H_INCLUDED_ */
