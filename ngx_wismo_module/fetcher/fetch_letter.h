
/*
 * Copyright (C) The Wismo authors
 *
 * One letter of the inbox, applied: an order as the shop sent it, an erasure,
 * or a carrier's push.
 */


#ifndef _FETCH_LETTER_H_INCLUDED_
#define _FETCH_LETTER_H_INCLUDED_


#include "fetch_lane.h"


typedef struct {
    wismo_str_t               id;             /* of the stream's entry */
    wismo_str_t               kind;
    wismo_str_t               order;
    wismo_str_t               carrier;
    wismo_str_t               body;
    int64_t                   at;             /* when it was appended */
} fetch_letter_t;


typedef enum {
    FETCH_LETTER_DONE = 0,
    FETCH_LETTER_AGAIN,       /* it failed, and may not the next time */
    FETCH_LETTER_DEAD,        /* it never can be applied */
    FETCH_LETTER_DOWN         /* Redis is */
} fetch_letter_e;


/* "why" (of "size" bytes) says why it is dead. */
fetch_letter_e fetch_letter(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, char *why, size_t size);


#endif /* _FETCH_LETTER_H_INCLUDED_ */
