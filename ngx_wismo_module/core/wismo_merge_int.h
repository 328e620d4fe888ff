
/*
 * Copyright (C) The Wismo authors
 *
 * What the files of the merge share; all others see wismo_merge.h.
 */


#ifndef _WISMO_MERGE_INT_H_INCLUDED_
#define _WISMO_MERGE_INT_H_INCLUDED_


#include "wismo_merge.h"


#define WISMO_TIME_MAX       INT64_C(9999999999)
#define WISMO_PIECES_MAX     1000000      /* more is no parcel's */


/*
 * "key" is first the event's own time (instant, else wall clock) and settles
 * identity and what is kept; then its place on the parcel's time line.
 */

typedef struct {
    wismo_event_t            *event;
    int64_t                   key;
    bool                      keep;
} wismo_slot_t;


int wismo_merge_ids(wismo_pool_t *pool, wismo_order_t *body,
    const wismo_order_t *stored);
int wismo_merge_union(wismo_pool_t *pool, wismo_parcel_t *parcel,
    const wismo_event_t *more, unsigned n);
void wismo_merge_when(wismo_when_t *when);
int wismo_merge_recipient(wismo_pool_t *pool,
    const wismo_report_t *report, wismo_event_t **events);
void wismo_merge_derive(wismo_parcel_t *parcel,
    const wismo_slot_t *slots, unsigned n, int64_t offset);
void wismo_merge_said(const wismo_report_t *report,
    wismo_said_t *said);
void wismo_merge_said_status(wismo_parcel_t *parcel,
    const wismo_report_t *report, const wismo_said_t *said);
void wismo_merge_said_edd(wismo_parcel_t *parcel,
    const wismo_edd_t *edd, const wismo_said_t *said);
void wismo_merge_pickup(wismo_parcel_t *parcel,
    const wismo_when_t *when);
void wismo_merge_partner(wismo_parcel_t *parcel,
    const wismo_report_t *report);
void wismo_merge_place(wismo_parcel_t *parcel, const wismo_pickup_t *place);
void wismo_merge_edd_clean(wismo_edd_t *edd);
int wismo_merge_edd_cmp(const wismo_edd_t *a, const wismo_edd_t *b);


static inline int
wismo_merge_int_cmp(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}


static inline int
wismo_merge_str_cmp(const wismo_str_t *a, const wismo_str_t *b)
{
    int     rc;
    size_t  len;

    len = a->len < b->len ? a->len : b->len;
    rc = len ? memcmp(a->data, b->data, len) : 0;

    return rc ? rc : (a->len > b->len) - (a->len < b->len);
}


/* Of two questions that gave the same answer the one that says more. */

static inline int
wismo_merge_raw_cmp(const wismo_str_t *a, const wismo_str_t *b)
{
    return (a->len != b->len) ? (a->len > b->len) - (a->len < b->len)
                              : wismo_merge_str_cmp(a, b);
}


static inline bool
wismo_merge_is_general(const wismo_substatus_t *row)
{
    return row == wismo_substatus_of(row->status);
}


static inline int64_t
wismo_merge_key(const wismo_when_t *when)
{
    return when->utc != WISMO_TIME_NONE ? when->utc : when->wall;
}


#endif /* _WISMO_MERGE_INT_H_INCLUDED_ */
