
/*
 * Copyright (C) The Wismo authors
 *
 * How much one person is told: the least time between two messages, the most
 * in a day, and addresses and numbers that get none.  All of it goes by a
 * keyed MAC of the address, over all orders, brands and channels of a type.
 */


#ifndef _FETCH_REACH_H_INCLUDED_
#define _FETCH_REACH_H_INCLUDED_


#include "fetch_redis.h"


/* Why an address is suppressed, beside what receivers have said of it. */
#define FETCH_REACH_STOP       WISMO_REACH_STOP
#define FETCH_REACH_COMPLAINT  "complaint"


/* An address, by all keys that there are; n is 0 if there is none. */

typedef struct {
    char                      mac[WISMO_KEYS_MAX][WISMO_CONTACT_MAC];
    unsigned                  n;
    bool                      keyed;          /* else an order stands for it */
    wismo_factor_e            factor;
} fetch_reach_t;


/* Of an address, or of a number with its country's code; anything else gives
 * none.  WISMO_ERROR: memory. */
int fetch_reach(const fetch_config_t *conf, wismo_pool_t *pool,
    wismo_factor_e factor, const wismo_str_t *text, fetch_reach_t *reach);

/* Whom the channel tells of an order.  Without a key to make a MAC the order
 * stands for its recipient. */
int fetch_reach_order(const fetch_config_t *conf, wismo_pool_t *pool,
    const fetch_channel_t *channel, const wismo_str_t *order,
    const json_t *body, fetch_reach_t *reach);


typedef enum {
    FETCH_REACH_TAKEN = 0,
    FETCH_REACH_LATER,        /* *until is set, s */
    FETCH_REACH_SUPPRESSED,
    FETCH_REACH_STOPPED,      /* by its owner */
    FETCH_REACH_DOWN
} fetch_reach_e;

/*
 * Takes a message out of what the address may get, for the notice "id"; twice
 * for the same one is once.  Who does not send it has to give it back, and who
 * sends what was asked for, too: that is never too much, and does not count.
 */
fetch_reach_e fetch_reach_take(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_reach_t *reach, const fetch_channel_t *channel,
    const wismo_notice_kind_t *kind, const wismo_str_t *id, int64_t *until);
void fetch_reach_return(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_reach_t *reach, const wismo_str_t *id);

/* No more messages, as somebody has said "at", in ms; WISMO_DECLINED: there is
 * no key.  Nothing changes if what is known is newer; that somebody has said
 * so takes the place of another reason, no other one does. */
int fetch_reach_suppress(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_reach_t *reach, const wismo_str_t *why, int64_t at);

/* Messages again, in the same way; *was tells whether there were none. */
int fetch_reach_allow(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_reach_t *reach, int64_t at, bool *was);

/*
 * Nobody knows any more what somebody got, who is erased.  That nothing may be
 * sent there stays: who has said STOP has not taken it back by that.
 */
int fetch_reach_forget(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_reach_t *reach);


/* How many are suppressed. */

typedef struct {
    int64_t                   email;
    int64_t                   phone;
    int64_t                   stopped;        /* of these numbers */
    int64_t                   complaints;     /* of both */
} fetch_reach_count_t;

int fetch_reach_count(fetch_redis_t *r, fetch_reach_count_t *count);


#endif /* _FETCH_REACH_H_INCLUDED_ */
