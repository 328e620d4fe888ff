
/*
 * Copyright (C) The Wismo authors
 *
 * One parcel that is asked about: what is stored of it, what the ledger keeps
 * of the last reply, and what is done with the new one.  fetch_poll.c gathers
 * them into requests.
 */


#ifndef _FETCH_ASK_H_INCLUDED_
#define _FETCH_ASK_H_INCLUDED_


#include "fetch_lane.h"
#include "fetch_seen.h"


#define FETCH_HANDLE_MAX     512


typedef enum {
    FETCH_ASK_READY = 0,
    FETCH_ASK_GONE,           /* nothing to ask about: take it out */
    FETCH_ASK_BROKEN,         /* the document can't be read: later */
    FETCH_ASK_AGAIN,          /* there is a reply: the document is wanted,
                                 again if somebody else was faster */
    FETCH_ASK_SENT,           /* its commit */
    FETCH_ASK_OVER            /* done with */
} fetch_ask_e;


typedef struct fetch_ask_s  fetch_ask_t;

/* The commit that was sent is known to have happened, or not. */
typedef void (*fetch_ask_done_pt)(fetch_ask_t *ask);


struct fetch_ask_s {
    fetch_claim_t             claim;
    fetch_ask_e               state;
    wismo_str_t               number;         /* to ask with */
    wismo_str_t               handle;         /* that registering it gave */
    fetch_seen_t              seen;           /* version 0: there is none */
    fetch_stored_t            stored;
    bool                      read;           /* stored.order is there */
    bool                      known;          /* the parcel's place: */
    unsigned                  index;

    /* from the reply to the commit */

    fetch_lane_t             *lane;
    fetch_outcome_e           outcome;
    const wismo_report_t     *report;
    uint64_t                  order;          /* its hash */
    bool                      wanted;         /* the document */
    unsigned                  tries;
    const char               *doubt;          /* or NULL: of this reply */
    uint64_t                  hash;
    int64_t                   next;           /* ms */
    fetch_change_t            change;
    fetch_due_t               due;
    fetch_field_t             field;
    fetch_ask_done_pt         done;
    void                     *poll;
    fetch_ask_t              *again;          /* the next one */
};


/* What is stored of "n" parcels of one order, in two halves for pipelines;
 * WISMO_ERROR: Redis is down or memory is out. */
int fetch_ask_append(fetch_lane_t *lane, wismo_pool_t *pool,
    fetch_ask_t *const *asks, unsigned n);
int fetch_ask_load(fetch_lane_t *lane, wismo_pool_t *const *pools,
    fetch_ask_t *const *asks, unsigned n, int64_t now);

/* Mostly a document's header is enough, before the reply and after it.  If
 * not: the whole, in two halves as well. */
bool fetch_ask_wants(const fetch_ask_t *ask);
int fetch_ask_document_append(fetch_lane_t *lane, wismo_pool_t *pool,
    const fetch_ask_t *ask);
int fetch_ask_document(fetch_lane_t *lane, wismo_pool_t *pool,
    fetch_ask_t *ask);

/* Keeps what registering the number gave, of at most FETCH_HANDLE_MAX bytes,
 * for the polls to come. */
void fetch_ask_registered(fetch_lane_t *lane, wismo_pool_t *pool,
    fetch_ask_t *ask, const wismo_str_t *handle);

/* Takes a gone or broken parcel out of the schedule, or puts it off. */
void fetch_ask_drop(fetch_lane_t *lane, wismo_pool_t *pool, fetch_ask_t *ask,
    int64_t now);

/* The reply is the same as last time: true if that was enough to know. */
bool fetch_ask_same(fetch_lane_t *lane, wismo_pool_t *pool, fetch_ask_t *ask,
    uint64_t hash, int64_t now);

/* What a reply said; "hash" is 0 if it can't be known again.  If there may be
 * something to write the state is FETCH_ASK_AGAIN and ask->done is called;
 * the part must live until it is another one. */
void fetch_ask_answer(fetch_lane_t *lane, wismo_pool_t *pool,
    fetch_ask_t *ask, const fetch_part_t *part, uint64_t hash, int64_t now);

/* After FETCH_ASK_AGAIN, with the document if it was wanted: merges.  With
 * news the state is FETCH_ASK_SENT, and ask->done is called when it is another
 * one. */
void fetch_ask_again(fetch_lane_t *lane, wismo_pool_t *pool,
    fetch_ask_t *ask, int64_t now);

/* Puts it off without a word from the carrier, until "next" (ms). */
void fetch_ask_later(fetch_lane_t *lane, wismo_pool_t *pool,
    fetch_ask_t *ask, bool failed, int64_t next, int64_t now);


#endif /* _FETCH_ASK_H_INCLUDED_ */
