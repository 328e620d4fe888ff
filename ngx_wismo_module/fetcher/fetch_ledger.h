
/*
 * Copyright (C) The Wismo authors
 *
 * What an order's ledger says, for people to read: its notices and what became
 * of them, and the shopper's feedback.
 */


#ifndef _FETCH_LEDGER_H_INCLUDED_
#define _FETCH_LEDGER_H_INCLUDED_


#include "fetch_redis.h"
#include "wismo_notice.h"


/*
 * {"notices":[{"channel","notice","state","at","when","attempts","text"}],
 * "feedback":{…}}: notices in the order of what they tell, feedback if there
 * is any.  NULL if Redis is down; the caller's to free.
 */
json_t *fetch_ledger(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *order);

/* One of those notices; NULL: memory. */
json_t *fetch_ledger_notice(const wismo_str_t *channel,
    const wismo_notice_entry_t *entry, wismo_pool_t *pool);


#endif /* _FETCH_LEDGER_H_INCLUDED_ */
