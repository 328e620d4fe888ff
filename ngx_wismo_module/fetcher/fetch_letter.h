
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
    wismo_str_t               id;             /* of the stream's entry, when
                                                 it came for the first time */
    wismo_str_t               kind;
    wismo_str_t               order;
    wismo_str_t               carrier;        /* or shop */
    wismo_str_t               headers;        /* of a shop's webhook */
    wismo_str_t               body;           /* sealed until it is opened
                                                 (fetch_envelope.h) */
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


/*
 * When it was appended, in milliseconds, which its id tells; what is read
 * again has another id and only "at".
 */
int64_t fetch_letter_came(const fetch_letter_t *letter);


/* What a commit's result means for the letter that it was for. */
fetch_letter_e fetch_letter_result(fetch_commit_e rc);

/* A parcel that is new is asked about at once.  One that has a date keeps it,
 * or its lease, and gets it again only if it is not in its schedule.  Fills
 * "due" and returns how many there are. */
unsigned fetch_letter_due(fetch_lanes_t *lanes, wismo_order_t *order,
    int64_t now, fetch_due_t *due);


#endif /* _FETCH_LETTER_H_INCLUDED_ */
