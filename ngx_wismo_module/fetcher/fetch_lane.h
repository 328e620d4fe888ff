
/*
 * Copyright (C) The Wismo authors
 *
 * A lane for each carrier that is asked: its account, schedules, quota and
 * token.  What blocks one carrier holds up no other.
 */


#ifndef _FETCH_LANE_H_INCLUDED_
#define _FETCH_LANE_H_INCLUDED_


#include "fetch_commit.h"
#include "fetch_count.h"
#include "fetch_http.h"
#include "fetch_quota.h"
#include "fetch_schedule.h"
#include "fetch_token.h"
#include "fetch_touch.h"


#define FETCH_LANE_REQUESTS  16               /* at once, for each carrier */
#define FETCH_LANE_AHEAD     48               /* more may be claimed */
#define FETCH_LANE_FILL      5                /* ms */
#define FETCH_LANE_GATHER    20               /* ms, or as many polls, */
#define FETCH_LANE_GATHERED  48
#define FETCH_LANE_FAST      500              /* where so many come in 1 s */
#define FETCH_LANE_PACE      50               /* ms: which is looked at */


typedef struct fetch_lanes_s  fetch_lanes_t;

typedef struct {
    fetch_lanes_t            *lanes;
    fetch_carrier_t          *carrier;
    fetch_schedule_t          schedule;
    fetch_quota_t             quota;
    fetch_token_t             token;
    fetch_count_t            *count;
    unsigned                  batch;
    unsigned                  flying;         /* requests */
    struct fetch_poll_s      *waiting;        /* claimed, for a place */
    struct fetch_poll_s     **last;
    unsigned                  nwaiting;
    int64_t                   fill_at;        /* ms: places that became free
                                                 are filled together */
    bool                      refused;        /* our credentials, told */
} fetch_lane_t;


struct fetch_lanes_s {
    fetch_config_t           *conf;
    fetch_redis_t            *redis;
    fetch_http_t             *http;
    fetch_lane_t            **lane;
    unsigned                  n;
    struct fetch_ask_s       *again;          /* their replies are to be
                                                 merged */
    fetch_touches_t           touches;        /* of others */
    unsigned                  gathered;       /* of both */
    int64_t                   gathered_at;    /* ms: the first of them */
    bool                      fast;           /* replies come, that is */
    unsigned                  paced;          /* so many since ... */
    int64_t                   paced_at;
    struct fetch_hints_s     *hints;          /* to be taken up again */
    bool                      ending;         /* what fails is put back */
    fetch_counts_t            counts;         /* of all carriers */
};


/* A lane for each carrier whose adapter is loaded and asks. */
int fetch_lanes_init(fetch_lanes_t *lanes, fetch_config_t *conf,
    fetch_redis_t *redis, fetch_http_t *http);
void fetch_lanes_done(fetch_lanes_t *lanes);

fetch_lane_t *fetch_lane(fetch_lanes_t *lanes, const wismo_str_t *carrier);

/* Looks for dates in the next "n" buckets of each lane. */
int fetch_lanes_scan(fetch_lanes_t *lanes, unsigned n);

/* Somebody has set a date. */
void fetch_lanes_hear(fetch_lanes_t *lanes, const wismo_str_t *carrier,
    unsigned bucket, int64_t due);

/* One more reply is to be told to Redis; it is time to do so. */
void fetch_lanes_gather(fetch_lanes_t *lanes);
bool fetch_lanes_ripe(const fetch_lanes_t *lanes, int64_t now);

/* Nothing is to be sent now: too much is under way, or more places will be
 * free in a moment. */
bool fetch_lane_full(const fetch_lane_t *lane, int64_t now);

/* Tells the log, in a line for each carrier, what was done since the last
 * time, and of those that can't be asked. */
void fetch_lanes_tell(fetch_lanes_t *lanes, int64_t now);

/* When there is something to do again, ms. */
int64_t fetch_lanes_next(const fetch_lanes_t *lanes, int64_t now);


#endif /* _FETCH_LANE_H_INCLUDED_ */
