
/*
 * Copyright (C) The Wismo authors
 *
 * An order that is being told of: fetch_tell.c takes it up, judges its notices
 * and sends them, fetch_tell_mark.c writes down what became of each.  Nobody
 * else includes this.
 */


#ifndef _FETCH_TELL_INT_H_INCLUDED_
#define _FETCH_TELL_INT_H_INCLUDED_


#include "fetch_reach.h"
#include "fetch_rules.h"
#include "fetch_tell.h"
#include "fetch_told.h"


/* A field of the ledger that is to change, and how. */

typedef struct {
    wismo_str_t               field;
    wismo_str_t               old;
    wismo_str_t               value;
} fetch_tell_mark_t;


typedef struct {
    const fetch_channel_t    *channel;
    wismo_notice_entry_t      entry;
    wismo_str_t               field;
    wismo_str_t               value;
    wismo_str_t               name;           /* the same at each attempt */
    fetch_reach_t             reach;          /* whom it tells, if a person */
    int64_t                   held_until;     /* for their sake */
} fetch_tell_entry_t;


typedef struct {
    fetch_teller_t           *teller;
    wismo_pool_t              pool;
    fetch_claim_t             claim;
    fetch_stored_t            stored;
    wismo_str_t               body;
    fetch_rules_t             rules;
    fetch_tell_entry_t       *entries;
    unsigned                  n;
    fetch_tell_mark_t        *marks;
    unsigned                  nmarks;
    fetch_tell_entry_t       *sending;
    fetch_message_t           message;
} fetch_tell_t;


/* The entry's new state after a try. */
int fetch_tell_outcome(fetch_tell_t *tell, fetch_tell_entry_t *e,
    const fetch_sent_t *sent, int64_t now);

/*
 * Nobody knows whether the message arrived.  Where a second one does less
 * harm than none it is sent again, once: what may be the second is marked.
 */
void fetch_tell_unsure(fetch_tell_entry_t *e, int64_t now);

/* It may be the second one. */
bool fetch_tell_doubted(const wismo_notice_entry_t *entry);

/* What the ledger is to say of the entry, if it still says what was read. */
int fetch_tell_mark(fetch_tell_t *tell, fetch_tell_entry_t *e);

/*
 * Writes all marks, and when the order is due: "" keeps the lease, "-" is
 * never.  WISMO_DECLINED: the last mark was not set, somebody else was faster.
 */
int fetch_tell_write(fetch_tell_t *tell, const char *next);


#endif /* _FETCH_TELL_INT_H_INCLUDED_ */
