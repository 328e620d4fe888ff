
/*
 * Copyright (C) The Wismo authors
 *
 * What a report says that can't be so.
 */


#ifndef _FETCH_DOUBT_H_INCLUDED_
#define _FETCH_DOUBT_H_INCLUDED_


#include "wismo_order.h"


/*
 * Leaves out of "said", whose events are then in the pool, what an order must
 * not learn: events that lie more than a month ahead or more than a year
 * before the order, and a headline that would follow from these alone.
 * "before" is how many events the last reply had, 0 where that says nothing;
 * "now" is in seconds.  Puts a sentence for the operator into "why" if it
 * found that, or events more than a day ahead, or fewer than before; NULL if
 * there is nothing to wonder about.  WISMO_ERROR: memory is out.
 */
int fetch_doubt(wismo_pool_t *pool, const wismo_order_t *order,
    wismo_report_t *said, unsigned before, int64_t now, const char **why);


#endif /* _FETCH_DOUBT_H_INCLUDED_ */
