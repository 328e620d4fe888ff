
/*
 * Copyright (C) The Wismo authors
 *
 * A request about some parcels, from the claim to its end: fetch_poll_claim.c
 * makes it, fetch_poll.c sends it and has the reply.  Nobody else includes
 * this.
 */


#ifndef _FETCH_POLL_INT_H_INCLUDED_
#define _FETCH_POLL_INT_H_INCLUDED_


#include "fetch_ask.h"
#include "fetch_poll.h"


typedef struct fetch_poll_s  fetch_poll_t;

struct fetch_poll_s {
    fetch_lane_t             *lane;
    wismo_pool_t              pool;
    fetch_ask_t              *asks;
    unsigned                  nasks;
    wismo_str_t              *numbers;
    unsigned                  nnumbers;
    wismo_str_t              *handles;        /* of the first numbers, */
    unsigned                  nhandles;       /* those registered */
    bool                      registering;
    int                       status;         /* of the reply, and its body: */
    wismo_str_t               body;           /* what may be news is in it */
    unsigned                  generation;     /* of the token sent */
    bool                      renewed;        /* the token, for this */
    bool                      over;           /* but for commits under way */
    fetch_poll_t             *next;           /* in lane->waiting */
};


/* Asks about what was claimed, or is now, as far as there are places;
 * WISMO_ERROR: Redis is down. */
int fetch_poll_fill(fetch_lane_t *lane, int64_t now);

/* ms: not all at once when a pause is over. */
int64_t fetch_poll_spread(const fetch_lane_t *lane);

/* Asks for the token, and with it the question. */
void fetch_poll_ask(fetch_poll_t *poll);

/* ask->done of all. */
void fetch_poll_settled(fetch_ask_t *ask);

void fetch_poll_free(fetch_poll_t *poll);


#endif /* _FETCH_POLL_INT_H_INCLUDED_ */
