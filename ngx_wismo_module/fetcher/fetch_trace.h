
/*
 * Copyright (C) The Wismo authors
 *
 * Traces: what letters that wait or are dead, and replies that could not be
 * read, hold of an order or of a person.  Found to be handed out, or to be
 * erased with them.
 */


#ifndef _FETCH_TRACE_H_INCLUDED_
#define _FETCH_TRACE_H_INCLUDED_


#include "fetch_letter.h"


#define FETCH_TRACE_ORDERS   1024
#define FETCH_TRACE_NUMBERS  (4 * FETCH_TRACE_ORDERS)


/* What to look for; all of it lives in the caller's pool. */

typedef struct {
    wismo_str_t               email;          /* in its one form, or empty */
    wismo_str_t               phone;
    wismo_str_t              *orders;
    unsigned                  norders;
    wismo_str_t              *numbers;        /* of parcels */
    unsigned                  nnumbers;
    int64_t                   until;          /* ms: letters that wait and
                                                 came later are left alone */
    unsigned                 *closed;         /* what could not be opened and
                                                 looked into is counted here,
                                                 or NULL */
} fetch_trace_t;


typedef enum {
    FETCH_TRACE_INBOX = 0,    /* letters nobody has taken yet, of orders:
                                 pushes may be about others', too */
    FETCH_TRACE_DEAD,         /* letters that could not be applied */
    FETCH_TRACE_SAMPLE        /* replies that could not be read */
} fetch_trace_place_e;


typedef struct {
    fetch_trace_place_e       place;
    fetch_letter_t            letter;         /* opened; a sample has only
                                                 "carrier" and "body" */
} fetch_trace_found_t;

/* WISMO_ERROR ends the walk. */
typedef int (*fetch_trace_pt)(void *data, const fetch_trace_found_t *found);


int fetch_trace_init(fetch_trace_t *trace, wismo_pool_t *pool);

/* The order, and its parcels if they are known. */
int fetch_trace_add(fetch_trace_t *trace, wismo_pool_t *pool,
    const wismo_str_t *number, const wismo_order_t *order);

/*
 * Walks through one place after the other: "places" is a mask of 1 << place.
 * What is found is told to "found", which may be NULL, and, with "remove",
 * taken away.  Returns how many, or WISMO_ERROR if Redis is down.  Empty
 * places cost a round trip for all of them.
 */
#define FETCH_TRACE_ALL      7

int fetch_trace_walk(fetch_redis_t *r, const fetch_trace_t *trace,
    unsigned places, bool remove, fetch_trace_pt found, void *data);


#endif /* _FETCH_TRACE_H_INCLUDED_ */
