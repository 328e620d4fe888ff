
/*
 * Copyright (C) The Wismo authors
 *
 * When parcels are asked about: the intervals, and one carrier's schedules,
 * of which there is one in each bucket.  What is due next is remembered, so
 * that Redis is asked only where something is due.
 */


#ifndef _FETCH_SCHEDULE_H_INCLUDED_
#define _FETCH_SCHEDULE_H_INCLUDED_


#include "fetch_redis.h"
#include "wismo_order.h"


#ifndef FETCH_LEASE                           /* tests have a shorter one */
#define FETCH_LEASE          90000            /* ms: longer than any poll */
#endif
#define FETCH_NEVER          INT64_MAX
#define FETCH_SOONEST        1                /* ms: before all others */
#define FETCH_WANTED         32


typedef struct {
    const wismo_str_t        *carrier;
    int64_t                   due[WISMO_BUCKETS];     /* ms, or NEVER */
    int64_t                   earliest;       /* not later than any of them */
    unsigned                  claimed;        /* bucket to go on from */
    unsigned                  each;           /* parcels to ask one for */
    unsigned                  scanned;
    unsigned                  wanted[FETCH_WANTED];   /* buckets to begin */
    unsigned                  nwanted;                /* with, now and then */
    unsigned                  turns;
} fetch_schedule_t;


/* A parcel that is ours until the lease is over. */

typedef struct {
    wismo_str_t               order;
    wismo_str_t               parcel;
    wismo_str_t               lease;
} fetch_claim_t;


void fetch_schedule_init(fetch_schedule_t *s, const wismo_str_t *carrier);

/* Somebody has set a date. */
void fetch_schedule_note(fetch_schedule_t *s, unsigned bucket, int64_t due);

/* Somebody wants to know of a parcel in this bucket: every second claim begins
 * with those, so that it need not wait for its turn where there are more due
 * than may be asked about. */
void fetch_schedule_want(fetch_schedule_t *s, unsigned bucket);

/* When the parcel is due that waits the longest, ms, or NEVER; those that
 * were pulled to the front don't count. */
int64_t fetch_schedule_oldest(const fetch_schedule_t *s);

/* Looks what is due next in the next "n" buckets. */
int fetch_schedule_scan(fetch_schedule_t *s, fetch_redis_t *r, unsigned n);

/* Claims up to "max" parcels that are due, strings in the pool; returns how
 * many, or WISMO_ERROR when Redis is down. */
int fetch_schedule_claim(fetch_schedule_t *s, fetch_redis_t *r,
    wismo_pool_t *pool, fetch_claim_t *claims, unsigned max, int64_t now);


/*
 * Seconds until a parcel is asked about again, by what is known of it; 0: not
 * any more.
 */
int64_t fetch_interval(const wismo_order_t *order,
    const wismo_parcel_t *parcel, int64_t now);

/* The shortest there is, while somebody looks at it: pushes, silence and
 * failures don't make it longer. */
int64_t fetch_interval_watched(const wismo_parcel_t *parcel, int64_t now);

/* The same when the carrier did not know it, and after "failures" failed
 * attempts in a row. */
int64_t fetch_interval_unknown(const wismo_order_t *order,
    const wismo_parcel_t *parcel, int64_t now);
int64_t fetch_interval_failed(unsigned failures);

/* The date, ms, "interval" seconds after "now" (ms), spread by 15 % to both
 * sides and divided by "scale"; -1 for the interval 0. */
int64_t fetch_date(int64_t now, int64_t interval, unsigned scale);

/* A random number below "n". */
uint64_t fetch_random(uint64_t n);


#endif /* _FETCH_SCHEDULE_H_INCLUDED_ */
