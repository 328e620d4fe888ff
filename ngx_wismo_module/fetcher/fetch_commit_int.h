
/*
 * Copyright (C) The Wismo authors
 *
 * The steps of a commit, which fetch_commit.c takes for one order and
 * fetch_bulk.c for many at once; fetch_edd_order.c is one of them.  Nobody
 * else includes this.
 */


#ifndef _FETCH_COMMIT_INT_H_INCLUDED_
#define _FETCH_COMMIT_INT_H_INCLUDED_


#include "fetch_args.h"
#include "fetch_commit.h"


/* What the order has become by now: what the clock says, our own estimates,
 * whether anything is new.  The version becomes that of what is written. */
fetch_commit_e fetch_commit_settle(const fetch_redis_t *r,
    wismo_pool_t *pool, fetch_change_t *change);

/* Makes the command that stages the document, and the script's arguments. */
fetch_commit_e fetch_commit_prepare(const fetch_redis_t *r,
    wismo_pool_t *pool, fetch_change_t *change, fetch_args_t *stage,
    fetch_args_t *args, int *nkeys);

/* Adds a version as the script compares it. */
void fetch_commit_version(fetch_args_t *args, uint64_t version);

fetch_commit_e fetch_commit_result(const redisReply *reply,
    const wismo_str_t *number);

/* Before and after: appended commands are counted, fetch_drain() takes
 * their replies. */
int fetch_commit_index(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_change_t *change, unsigned *appended);
int fetch_commit_unindex(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_change_t *change, unsigned *appended);
int fetch_commit_wake(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_change_t *change, unsigned *appended);
int fetch_drain(fetch_redis_t *r, unsigned n);

/* The same parcel (carrier and tracking number) in "order", or NULL. */
const wismo_parcel_t *fetch_commit_find(const wismo_order_t *order,
    const wismo_parcel_t *parcel);


/* Where the shop that an order came from knows it by its own id, and that
 * index no longer: "id" is empty if there is none. */
int fetch_commit_shop(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *number, wismo_str_t *id);
int fetch_commit_unshop(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *id);


#endif /* _FETCH_COMMIT_INT_H_INCLUDED_ */
