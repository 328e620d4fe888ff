
/*
 * Copyright (C) The Wismo authors
 *
 * What a shopper says after the delivery: whether it arrived, how it was, and
 * words.  An order has one of these, the last.
 */


#ifndef _WISMO_FEEDBACK_H_INCLUDED_
#define _WISMO_FEEDBACK_H_INCLUDED_


#include "wismo_core.h"


#define WISMO_RATING_MAX        5
#define WISMO_COMMENT_MAX       4000   /* bytes */
#define WISMO_FEEDBACK_BODY     16384  /* of the form: words are escaped */


typedef enum {
    WISMO_ARRIVED_UNSAID = 0,
    WISMO_ARRIVED_YES,
    WISMO_ARRIVED_NO
} wismo_arrived_e;


typedef struct {
    wismo_arrived_e           arrived;
    int                       rating;     /* 1 to 5, 0: unsaid */
    wismo_str_t               comment;
    int64_t                   at;
} wismo_feedback_t;


/*
 * Reads the form: fields "arrived" (yes, no), "rating" and "comment", whose
 * words are made fit to be shown.  A field that cannot be is as one that is
 * not there; WISMO_DECLINED if none is left.
 */
int wismo_feedback_form(wismo_pool_t *pool, const wismo_str_t *form,
    wismo_feedback_t *feedback);

/* As JSON, the way it is kept; and back. */
void wismo_feedback_write(wismo_out_t *out, const wismo_feedback_t *feedback);
int wismo_feedback_read(wismo_pool_t *pool, const wismo_str_t *json,
    wismo_feedback_t *feedback);


#endif /* _WISMO_FEEDBACK_H_INCLUDED_ */
