
/*
 * Copyright (C) The Wismo authors
 *
 * The private body of an order: what the shop sent, contact data too, as it
 * is stored.  The commit seals it, whoever reads it opens it here.
 */


#ifndef _FETCH_PRIVATE_H_INCLUDED_
#define _FETCH_PRIVATE_H_INCLUDED_


#include "fetch_redis.h"


/*
 * What is stored of "body", and the MACs of whom it says, which are empty if
 * it says nobody, or there is no key.  WISMO_DECLINED: it ought to be sealed,
 * and there are no keys; nothing may be written.
 */
int fetch_private_seal(const fetch_config_t *conf, wismo_pool_t *pool,
    const wismo_str_t *order, const wismo_str_t *body, wismo_str_t *record,
    wismo_str_t *macs);

/* WISMO_DECLINED: it can't be opened, err->text tells why and what to do;
 * WISMO_ERROR: memory. */
int fetch_private_open(const fetch_config_t *conf, wismo_pool_t *pool,
    const wismo_str_t *order, const wismo_str_t *record, wismo_str_t *body,
    wismo_error_t *err);

/* The same of Redis's reply, which may be freed then; no body if there is no
 * record. */
int fetch_private_read(const fetch_config_t *conf, wismo_pool_t *pool,
    const wismo_str_t *order, const redisReply *reply, wismo_str_t *body,
    wismo_error_t *err);

/* The same, asked for here; WISMO_ERROR also if Redis is down. */
int fetch_private_load(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *order, wismo_str_t *body, wismo_error_t *err);


#endif /* _FETCH_PRIVATE_H_INCLUDED_ */
