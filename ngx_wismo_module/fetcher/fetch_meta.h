
/*
 * Copyright (C) The Wismo authors
 *
 * What Redis says of itself in w:meta: whose it is, and who has written to the
 * index of addresses.
 */


#ifndef _FETCH_META_H_INCLUDED_
#define _FETCH_META_H_INCLUDED_


#include "fetch_redis.h"


/* Checks w:meta, and makes it if "create": WISMO_DECLINED when this Redis
 * holds another schema, with the reason in r->error. */
int fetch_meta(fetch_redis_t *r, bool create);

/* Whoever is about to write orders leaves word of its key. */
int fetch_meta_writer(fetch_redis_t *r);

/* Whether the index has all orders: each of its writers had a key we have. */
int fetch_meta_indexed(fetch_redis_t *r, bool *complete);

/* All orders are in the index, with our first key: that of others is none to
 * look for from here on. */
int fetch_meta_complete(fetch_redis_t *r);


#endif /* _FETCH_META_H_INCLUDED_ */
