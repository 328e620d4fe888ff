
/*
 * Copyright (C) The Wismo authors
 *
 * The one place where an order changes: reads what is stored, and writes
 * document, private data, ledger and schedule in one step.  The poller, the
 * inbox, the import and the operator's calls come here; nobody else writes.
 */


#ifndef _FETCH_COMMIT_H_INCLUDED_
#define _FETCH_COMMIT_H_INCLUDED_


#include "fetch_redis.h"
#include "wismo_document.h"
#include "wismo_merge.h"


/* Seconds, of what is only touched; orders: fetch_retention.h. */
#define FETCH_TTL            (400 * 86400)


typedef enum {
    FETCH_COMMIT_DONE = 0,
    FETCH_COMMIT_CONFLICT,    /* another writer was faster: read again */
    FETCH_COMMIT_FENCED,      /* lease lost, or overtaken: drop it */
    FETCH_COMMIT_DOWN,        /* Redis can't, or there is no key to seal
                                 with: nothing was written */
    FETCH_COMMIT_FAILED       /* memory, or the order is too large */
} fetch_commit_e;


/* What is stored of an order; strings live in the caller's pool. */

typedef struct {
    bool                      found;
    wismo_str_t               bytes;
    wismo_document_t          doc;
    wismo_order_t             order;          /* version 0: there is none */
    wismo_order_t             before;         /* the same; the other one is
                                                 there to be changed */
    wismo_error_t             error;          /* why it is unreadable */
} fetch_stored_t;

/* WISMO_OK also if there is none; WISMO_DECLINED: what is there is corrupt
 * (stored->doc.version is set if the header was sound); WISMO_ERROR: Redis
 * is down. */
int fetch_load(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *number, fetch_stored_t *stored);

/* The order of a document that was opened, and what it was before. */
int fetch_stored_read(wismo_pool_t *pool, fetch_stored_t *stored);

/* Reading in two halves, for pipelines. */
int fetch_load_append(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *number);
int fetch_load_reply(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *number, fetch_stored_t *stored);


/* A parcel's next date. */

typedef struct {
    const wismo_str_t        *carrier;
    const wismo_str_t        *parcel;
    int64_t                   at;             /* ms; -1 takes it out */
    bool                      sooner;         /* only if that is earlier */
    bool                      absent;         /* only if it has none */
} fetch_due_t;


typedef struct {
    wismo_str_t               name;
    wismo_str_t               value;
} fetch_field_t;


typedef struct {
    wismo_order_t            *order;          /* merged and rolled up; its
                                                 version as it was read */
    const wismo_order_t      *before;         /* or NULL: for the index of
                                                 tracking numbers, and what
                                                 is worth telling */
    wismo_str_t               bytes;          /* document as it was read, or
                                                 empty: an order that would
                                                 give it again keeps its
                                                 version and is no event */
    wismo_str_t               body;           /* private; empty leaves it */
    fetch_field_t            *ledger;
    unsigned                  nledger;
    fetch_due_t              *due;
    unsigned                  ndue;
    fetch_field_t            *notices;        /* set by the commit itself, */
    unsigned                  nnotices;
    int64_t                   clock;          /* and when the clock may have
                                                 something to say, s or NONE */
    bool                      same;           /* the document stays as it is */
    bool                      again;          /* our own estimates are made
                                                 anew, news or not */
    const wismo_str_t        *lease_carrier;  /* NULL: no lease to hold */
    const wismo_str_t        *lease_parcel;
    wismo_str_t               lease;
    int64_t                   now;            /* seconds */
} fetch_change_t;

/* Writes a change: order->version and updated_at become the stored ones. */
fetch_commit_e fetch_commit(fetch_redis_t *r, wismo_pool_t *pool,
    fetch_change_t *change);


/*
 * The same in two halves, for changes under a lease: the script is deferred,
 * "done" gets its reply and hands it to fetch_commit_done().  The change and
 * what it points to must live until then.  A conflict is also what Redis says
 * when it has forgotten the script.
 */
fetch_commit_e fetch_commit_defer(fetch_redis_t *r, wismo_pool_t *pool,
    fetch_change_t *change, fetch_redis_done_pt done, void *data);
fetch_commit_e fetch_commit_done(const fetch_change_t *change,
    const redisReply *reply);


/* This process has written a version of the order that is not "version": what
 * was read before is to be read again. */
bool fetch_overtaken(const wismo_str_t *order, uint64_t version);


/* Removes all that is known of an order, its schedule and index entries too,
 * and leaves a tombstone ("erased": "at") in the ledger, so that older news
 * doesn't bring it back, nor older links open another order of this number:
 * it lives for as long as they can. */
fetch_commit_e fetch_erase(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *number, bool *found);

/* The same for a letter of the inbox: FENCED if "id" is not the newest. */
fetch_commit_e fetch_erase_as(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *number, const wismo_str_t *id, bool *found);

/* What the tombstone says: when it was asked for, in seconds, or 0 if there is
 * none. */
int fetch_erased_at(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *number, int64_t *at);


/*
 * Many orders at once: each is read, merged with what is stored and written.
 * Parcels that are new get their first date, if their carrier is configured.
 * WISMO_ERROR: Redis is down, and the results not yet set are DOWN.  An order
 * that lost a race has CONFLICT, and is used up: the caller makes it again.
 */

#define FETCH_BULK           128

typedef struct {
    wismo_order_t            *order;
    wismo_str_t               body;           /* private data */
    fetch_commit_e            result;
    bool                      unchanged;
} fetch_bulk_t;

int fetch_bulk_commit(fetch_redis_t *r, wismo_pool_t *pool,
    fetch_bulk_t *orders, unsigned n, int64_t now);


/* Builds "<order>#<parcel>", a schedule's member. */
int fetch_member(wismo_pool_t *pool, const wismo_str_t *order,
    const wismo_str_t *parcel, wismo_str_t *member);


#endif /* _FETCH_COMMIT_H_INCLUDED_ */
