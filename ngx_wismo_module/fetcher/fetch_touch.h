
/*
 * Copyright (C) The Wismo authors
 *
 * Polls without news.  They are gathered, and those of one claim are told to
 * Redis in one script.
 */


#ifndef _FETCH_TOUCH_H_INCLUDED_
#define _FETCH_TOUCH_H_INCLUDED_


#include "fetch_commit.h"


/*
 * The parcel's next date, and when it was asked about, patched into the
 * document in place; what the ledger keeps of the reply.  Or, with "hold", a
 * field of the ledger alone.
 */

typedef struct {
    const wismo_str_t        *order;
    const wismo_str_t        *carrier;        /* outlives the touch */
    const wismo_str_t        *parcel;
    wismo_str_t               lease;
    bool                      fresh;          /* "index" is its place in a
                                                 document with lines */
    unsigned                  index;
    int64_t                   checked_at;     /* s; NONE: as it is */
    int64_t                   next;           /* ms; -1: not asked again */
    bool                      hold;           /* the lease stays instead */
    fetch_field_t             field;          /* no name: the ledger stays;
                                                 no value: it is taken out */
} fetch_touch_t;


typedef struct fetch_touched_s  fetch_touched_t;

typedef struct {
    fetch_redis_t            *redis;
    wismo_pool_t              pool;           /* until they are sent */
    fetch_touched_t          *first;
    fetch_touched_t         **last;
} fetch_touches_t;


void fetch_touches_init(fetch_touches_t *touches, fetch_redis_t *r);
void fetch_touches_done(fetch_touches_t *touches);

/* Gathers one more, whose strings are copied.  It is lost with the process,
 * or if memory is out: then the lease ends. */
int fetch_touch(fetch_touches_t *touches, const fetch_touch_t *touch);

/* Sends all, deferred: the reply of Redis changes nothing. */
int fetch_touches_send(fetch_touches_t *touches);


#endif /* _FETCH_TOUCH_H_INCLUDED_ */
