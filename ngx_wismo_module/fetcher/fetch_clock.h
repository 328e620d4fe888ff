
/*
 * Copyright (C) The Wismo authors
 *
 * The clock: orders of which time alone has something to say are taken up
 * when a threshold is passed, whether their parcels are asked about or not.
 */


#ifndef _FETCH_CLOCK_H_INCLUDED_
#define _FETCH_CLOCK_H_INCLUDED_


#include "fetch_args.h"
#include "fetch_commit.h"
#include "fetch_schedule.h"


#define FETCH_CLOCK_LOOK     60               /* s: all are looked at */


/* The schedule of thresholds, in the place of a carrier. */
extern const wismo_str_t  fetch_clock_name;


/* Adds the order's next threshold to the arguments of its commit; "key" is
 * the place of the schedule among the keys. */
int fetch_clock_args(wismo_pool_t *pool, const fetch_change_t *change,
    fetch_args_t *args, unsigned key);


typedef struct {
    fetch_redis_t            *redis;
    fetch_schedule_t          schedule;
} fetch_clock_t;


void fetch_clock_init(fetch_clock_t *clock, fetch_redis_t *redis);

/* Commits the orders whose threshold has been passed: what is raised or
 * cleared is written, and the next threshold. */
int fetch_clock(fetch_clock_t *clock);

/* When there is more to do, ms. */
int64_t fetch_clock_next_at(const fetch_clock_t *clock);


#endif /* _FETCH_CLOCK_H_INCLUDED_ */
