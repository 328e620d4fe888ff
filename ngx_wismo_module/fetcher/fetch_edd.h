
/*
 * Copyright (C) The Wismo authors
 *
 * The stored model of delivery times: one of a process, read from Redis,
 * taught with what is delivered, asked when an order is committed.
 */


#ifndef _FETCH_EDD_H_INCLUDED_
#define _FETCH_EDD_H_INCLUDED_


#include "fetch_args.h"
#include "fetch_commit.h"
#include "wismo_edd.h"


typedef struct {
    uint64_t                  version;    /* 0: there is none stored */
    char                      upto[48];   /* of the log, "0-0": nothing */
    int64_t                   at;         /* ms, when it was written */
    bool                      spoilt;     /* there is one nobody can read */
} fetch_edd_stored_t;


/* The model of this process, NULL before one was read. */
const wismo_edd_model_t *fetch_edd_model(fetch_edd_stored_t *stored);

/* Reads the stored model if it is another than that of this process.
 * WISMO_ERROR: Redis is down; one that can't be read is logged and as good
 * as none. */
int fetch_edd_load(fetch_redis_t *r);

/* Each turn of the loop: now and then reads what others have learnt, learns
 * what is in the log, and writes the model.  "now" in ms. */
void fetch_edd_turn(fetch_redis_t *r, int64_t now);

/* Makes "model" the stored one, whatever there was, and this process's. */
int fetch_edd_replace(fetch_redis_t *r, wismo_edd_model_t *model,
    const char *upto, int64_t now);

/*
 * Of the entries after "*upto" at most "max" parcels, in the order they were
 * delivered in, with the ranges that had been stated; "*upto" moves on.
 * Returns how many, or WISMO_ERROR.
 */

typedef struct {
    wismo_edd_parcel_t        parcel;
    wismo_edd_range_t         range[WISMO_EDD_STAGES];
    bool                      stated[WISMO_EDD_STAGES];
} fetch_edd_delivery_t;

int fetch_edd_read_log(fetch_redis_t *r, wismo_pool_t *pool, char upto[48],
    fetch_edd_delivery_t *deliveries, unsigned max);


/* After a commit: parcels that it delivered go to the log.  Appended. */
int fetch_edd_log(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_change_t *change, unsigned *appended);

/* The configuration's calendars go beside the table of lanes: now and then,
 * "now" in ms; or at once, in seconds.  Deferred. */
void fetch_edd_days_turn(fetch_redis_t *r, int64_t now);
void fetch_edd_days(fetch_redis_t *r, int64_t now);

/* The clock of a place, as a field and a value of the table: two arguments.
 * Nothing is added for a place that nobody knows. */
void fetch_edd_zone(fetch_args_t *args, const wismo_calendars_t *all,
    const wismo_str_t *place, int64_t now);

/* Before one: by whose clock the shop's times are told; our own estimates,
 * made anew. */
void fetch_edd_clocks(wismo_order_t *order,
    const wismo_calendars_t *calendars);
void fetch_edd_estimate(wismo_order_t *order,
    const wismo_calendars_t *calendars, int64_t now);


/* The table that /api/v1/estimate answers from: lanes of these parcels are
 * written anew.  With "all" the table is begun anew. */
int fetch_edd_lanes(fetch_redis_t *r, const wismo_edd_model_t *model,
    const wismo_edd_parcel_t *parcels, size_t n, bool all, int64_t now);


#endif /* _FETCH_EDD_H_INCLUDED_ */
