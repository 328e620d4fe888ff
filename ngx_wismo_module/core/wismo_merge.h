
/*
 * Copyright (C) The Wismo authors
 *
 * The merge: what a parcel is, given all that was ever said of it.  A pure
 * function of the set of events: neither the order in which they arrived nor
 * how often changes the result, byte for byte.
 *
 * The rules (docs/merge.md):
 *  - an event's identity is its carrier and number (the parcel), its time
 *    (instant, else wall clock) and its raw code, or its text where a carrier
 *    gives no code; never its place.  Equal identities merge into one;
 *  - the status is that of the newest event that has one; equal times are
 *    settled by milestone, then by code, so that no arrival order shows;
 *  - a final status is sticky: only returning, returned or another delivered
 *    may follow it;
 *  - the milestone is the highest ever reached and never falls;
 *  - nothing said is ever replaced by nothing: an empty report changes
 *    nothing.
 */


#ifndef _WISMO_MERGE_H_INCLUDED_
#define _WISMO_MERGE_H_INCLUDED_


#include "wismo_order.h"


/*
 * Merges a report into a parcel and derives its status again.  *changed tells
 * whether anything a reader could see is different now.  Texts are not
 * copied: the report's must live as long as the parcel.
 */
int wismo_merge_report(wismo_pool_t *pool, wismo_parcel_t *parcel,
    const wismo_report_t *report, bool *changed);

/*
 * Takes over what the shop says now: the order of "body" with the history of
 * "stored", parcel by parcel (same carrier and number), "stored" may be NULL.
 * A parcel the shop no longer names goes; one that stays keeps its id unless
 * the shop gave another.  The result is in "body", rolled up, with the version
 * and update time of "stored".
 */
int wismo_merge_order(wismo_pool_t *pool, wismo_order_t *body,
    const wismo_order_t *stored);

/* Derives a parcel anew after statuses of its events, or its headline, have
 * been changed, as when tables say otherwise now. */
int wismo_merge_again(wismo_pool_t *pool, wismo_parcel_t *parcel);

/*
 * Derives the order's status from its parcels: the least advanced parcel that
 * is not cancelled gives the stage, the worst severity the colour.  Returns
 * count only where there is nothing else.
 */
void wismo_merge_rollup(wismo_order_t *order);

/*
 * Which events stay when there is room for "keep" only: the newest, and those
 * that tell what happened at all (first of each milestone, first on the way
 * back, last final).  Newest first; none is invented, equal ones merge.
 */
int wismo_merge_trim(wismo_pool_t *pool, const wismo_event_t *events,
    unsigned n, unsigned keep, wismo_event_t **kept, unsigned *nkept);


#endif /* _WISMO_MERGE_H_INCLUDED_ */
