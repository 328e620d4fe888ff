
/*
 * Copyright (C) The Wismo authors
 *
 * The beginning of a connection, for fetch_redis.c.  Nobody else includes
 * this.
 */


#ifndef _FETCH_REDIS_INT_H_INCLUDED_
#define _FETCH_REDIS_INT_H_INCLUDED_


#include "fetch_redis.h"


/* NULL: r->error tells why. */
redisContext *fetch_redis_connect(fetch_redis_t *r);

/* "refused": Redis has answered, and will not have us. */
int fetch_redis_greet(fetch_redis_t *r, bool *refused);


#endif /* _FETCH_REDIS_INT_H_INCLUDED_ */
