
/*
 * Copyright (C) The Wismo authors
 *
 * What was done for each carrier: counted in memory, added to Redis every few
 * seconds for "wismo carrier status", told in the log once a minute.
 */


#ifndef _FETCH_COUNT_H_INCLUDED_
#define _FETCH_COUNT_H_INCLUDED_


#include "fetch_redis.h"
#include "wismo_order.h"


#define FETCH_COUNT_CODES    64               /* unmapped, of a carrier */
#define FETCH_COUNT_CODE     64               /* bytes of one */
#define FETCH_COUNT_HOURS    24               /* that are kept */

#define FETCH_SAMPLES        5                /* of a carrier */
#define FETCH_SAMPLE_MAX     65536            /* bytes of one */


/* The first are outcomes, for parcels; the names are those in Redis. */

typedef enum {
    FETCH_COUNT_OUTCOME = 0,
    FETCH_COUNT_CALLS = FETCH_REFUSE + 1,
    FETCH_COUNT_CHANGED,                      /* parcels, of those "ok" */
    FETCH_COUNT_UNCHANGED,
    FETCH_COUNT_SAME,                         /* known by the reply's hash */
    FETCH_COUNT_GONE,                         /* erased while scheduled */
    FETCH_COUNT_PUSHES,
    FETCH_COUNT_HINTS,                        /* ... that made a poll sooner */
    FETCH_COUNT_STRANGERS,                    /* about numbers nobody knows */
    FETCH_COUNT_PASSED,                       /* about no parcel */
    FETCH_COUNT_VIEWS,                        /* pages that did */
    FETCH_COUNT_REJECTS,                      /* replies, pushes of no use */
    FETCH_COUNT_DOUBTS,                       /* ... that can't all be so */
    FETCH_COUNT_UNSIGNED,                     /* pushes that were refused */
    FETCH_COUNTS
} fetch_count_e;


typedef struct {
    char                      text[FETCH_COUNT_CODE];
    unsigned                  len;
    uint64_t                  n;
    uint64_t                  written;
    uint64_t                  told;
} fetch_code_t;


typedef struct {
    const wismo_str_t        *name;           /* of the carrier */
    bool                      shop;           /* it is a shop's hook */
    bool                      hook;           /* or one for messages */
    uint64_t                  n[FETCH_COUNTS];
    uint64_t                  written[FETCH_COUNTS];
    uint64_t                  told[FETCH_COUNTS];
    fetch_code_t             *codes;
    unsigned                  ncodes;
    int64_t                   sampled_at;     /* ms */
} fetch_count_t;


typedef struct {
    fetch_config_t           *conf;
    fetch_redis_t            *redis;
    fetch_count_t            *carriers;       /* as those of conf, then its
                                                 shops, then its hooks */
    unsigned                  n;
    uint64_t                  letters;
    uint64_t                  dead;           /* letters nobody can read */
} fetch_counts_t;


int fetch_counts_init(fetch_counts_t *counts, fetch_config_t *conf,
    fetch_redis_t *redis);
void fetch_counts_done(fetch_counts_t *counts);
fetch_count_t *fetch_counts_of(const fetch_counts_t *counts,
    const fetch_carrier_t *carrier);
fetch_count_t *fetch_counts_shop(const fetch_counts_t *counts,
    const fetch_shop_t *shop);
/* By the name of a hook, whosever it is; NULL: there is none. */
fetch_count_t *fetch_counts_hook(const fetch_counts_t *counts,
    const wismo_str_t *name);
/* Letters of a channel, which do not name their hook: of all it may be. */
void fetch_counts_message(fetch_counts_t *counts,
    const wismo_str_t *channel);
const char *fetch_count_name(unsigned i);


static inline void
fetch_count(fetch_count_t *count, unsigned what)
{
    count->n[what]++;
}


/* Codes that no table knows; each is told in the log once in a process's
 * life. */
void fetch_count_unmapped(fetch_count_t *count, const wismo_report_t *report);

/*
 * A reply, or a push ("http" is 0), that could not be read or, as "what" says,
 * believed, because of "why".  Of those that come within ten seconds one is
 * kept as a sample.  "now" is in ms.
 */
void fetch_count_reject(fetch_counts_t *counts, fetch_count_t *count,
    fetch_count_e what, int http, const wismo_str_t *body,
    const wismo_str_t *why, int64_t now);

/* Adds to Redis what is not there yet: deferred. */
void fetch_counts_write(fetch_counts_t *counts, int64_t now);

/* The fields of a log line, without braces: what was done since it was last
 * asked.  False if that is nothing. */
bool fetch_count_tell(fetch_count_t *count, wismo_out_t *out);


#endif /* _FETCH_COUNT_H_INCLUDED_ */
