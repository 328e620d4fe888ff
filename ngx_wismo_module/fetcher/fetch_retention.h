
/*
 * Copyright (C) The Wismo authors
 *
 * How long orders are kept, and forgetting them when that is over.
 */


#ifndef _FETCH_RETENTION_H_INCLUDED_
#define _FETCH_RETENTION_H_INCLUDED_


#include "fetch_commit.h"
#include "fetch_schedule.h"


#define FETCH_RETENTION_ORDERS  16            /* at once */
#define FETCH_RETENTION_GRACE   (7 * 86400)   /* s: then Redis forgets by
                                                 itself, without a fetcher */


extern const wismo_str_t  fetch_retention_name;


/* When an order that is written now is to be forgotten, seconds: not before it
 * could be seen. */
int64_t fetch_retention_from(const fetch_config_t *conf,
    const wismo_order_t *order, int64_t now);

/* Whether what "before" was written with will do: it is of the same day.  Who
 * looks when that has come finds the rest of it. */
bool fetch_retention_stays(const fetch_config_t *conf,
    const wismo_order_t *before, const wismo_order_t *order, int64_t now);


typedef struct {
    fetch_redis_t            *redis;
    fetch_schedule_t          schedule;
    int64_t                   again_at;       /* ms */
    int64_t                   trimmed_at;     /* ms */
    uint64_t                  erased;         /* since it was told */
    uint64_t                  counted;        /* ... not yet in Redis */
} fetch_retention_t;


void fetch_retention_init(fetch_retention_t *keeper, fetch_redis_t *redis);

/* Forgets some of what is due, and dead letters that are too old. */
void fetch_retention_turn(fetch_retention_t *keeper, int64_t now);

int64_t fetch_retention_next_at(const fetch_retention_t *keeper);

/* Writes what was counted, tells what was done since the last time. */
void fetch_retention_tell(fetch_retention_t *keeper, int64_t now);


#endif /* _FETCH_RETENTION_H_INCLUDED_ */
