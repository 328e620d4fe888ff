
/*
 * Copyright (C) The Wismo authors
 *
 * All contact data under the first key: sealed if it is not, sealed anew if it
 * is under another one, and in the index.  For a new key, and for orders that
 * came before there was one.
 */


#ifndef _FETCH_RESEAL_H_INCLUDED_
#define _FETCH_RESEAL_H_INCLUDED_


#include "fetch_redis.h"


typedef struct {
    uint64_t                  looked;         /* records that were read */
    uint64_t                  changed;        /* ... written anew */
    uint64_t                  plain;          /* ... that were not sealed */
    uint64_t                  old;            /* ... under another key */
    uint64_t                  closed;         /* ... that do not open */
    bool                      waiting;        /* letters with an older key
                                                 are still to be applied */
    char                      why[256];       /* the first of these */
} fetch_reseal_t;


/*
 * Reads all, writes what has to be.  An order that changes meanwhile is right
 * by that.  Stopped in between it is begun anew and finds little to do.  "at"
 * is told how far it is, of the keys in Redis; it may be NULL.  At the end, if
 * nothing is left, the index is known to be complete.
 *
 * With "look" nothing is written, and no more than so many keys are looked at.
 */
int fetch_reseal(fetch_redis_t *r, fetch_reseal_t *counts, uint64_t look,
    void (*at)(void *data, uint64_t keys, const fetch_reseal_t *counts),
    void *data);


#endif /* _FETCH_RESEAL_H_INCLUDED_ */
