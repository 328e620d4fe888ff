
/*
 * Copyright (C) The Wismo authors
 *
 * What is known of a carrier or a shop in Redis: its schedules, what fetchers
 * have counted and kept, limits and pauses.  For "wismo carrier status" and
 * "wismo shop status".
 */


#ifndef _FETCH_STATUS_H_INCLUDED_
#define _FETCH_STATUS_H_INCLUDED_


#include "fetch_count.h"
#include "fetch_quota.h"
#include "fetch_schedule.h"

#include <argp.h>


typedef struct {
    wismo_str_t           text;
    uint64_t              n;
    int64_t               seen;           /* ms */
} fetch_status_code_t;


typedef struct {
    int64_t               at;             /* seconds */
    int                   http;
    size_t                size;
    wismo_str_t           why;
    wismo_str_t           body;
} fetch_status_sample_t;


/* One carrier. */

typedef struct {
    fetch_carrier_t      *carrier;
    bool                  asked;
    uint64_t              scheduled;
    uint64_t              due;            /* of them, now */
    int64_t               oldest;         /* ms, or NEVER */
    uint64_t              n[FETCH_COUNTS];
    fetch_quota_t         quota;
    fetch_quota_state_t   state;
    fetch_status_code_t  *codes;
    unsigned              ncodes;
    fetch_status_sample_t samples[FETCH_SAMPLES];
    unsigned              nsamples;
} fetch_status_t;


typedef struct {
    fetch_redis_t        *redis;
    wismo_pool_t         *pool;
    int64_t               now;            /* ms */
    long                  hours;
} fetch_status_from_t;


/* Reads all of it; "status" has its carrier and quota.  WISMO_ERROR: Redis is
 * down, or memory is. */
int fetch_status_read(fetch_status_from_t *from, fetch_status_t *status);

/* Schedules and counts alone: of orders that are to be erased, too. */
int fetch_status_dates(fetch_status_from_t *from, fetch_status_t *status);

/* "2026-11-24T12:00:00Z" in "buf", of WISMO_TIME_UTC_LEN + 1 bytes. */
void fetch_status_time(int64_t t, char *buf);

/* What --sample[=N] says: 1 is the newest.  The bytes of one, on stdout; the
 * exit status. */
long fetch_status_option(struct argp_state *state, const char *arg);
int fetch_status_print(const fetch_status_sample_t *sample);

/* An array of { code, n, seen }. */
json_t *fetch_status_codes_json(const fetch_status_t *c);


#endif /* _FETCH_STATUS_H_INCLUDED_ */
