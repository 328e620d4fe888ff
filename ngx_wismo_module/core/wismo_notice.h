
/*
 * Copyright (C) The Wismo authors
 *
 * What is worth telling a shopper: the kinds of notices (docs/notices.md),
 * and which of them a change of an order gives rise to.  A table and a pure
 * function; when, whether and by what channel a notice goes out is decided in
 * the fetcher.
 */


#ifndef _WISMO_NOTICE_H_INCLUDED_
#define _WISMO_NOTICE_H_INCLUDED_


#include "wismo_order.h"


/* Who hears of a kind unless the shop has chosen otherwise. */

#define WISMO_NOTICE_MAIL     0x01
#define WISMO_NOTICE_SMS      0x02


typedef struct {
    const char               *name;       /* "out_for_delivery" */
    int64_t                   max_age;    /* seconds: older news is no news */
    unsigned                  defaults;   /* webhooks hear of all */
    bool                      again;      /* may come back another day */
    bool                      urgent;     /* somebody has to act: not held
                                             back for a gap between notices */
} wismo_notice_kind_t;


typedef struct {
    const wismo_notice_kind_t  *kind;
    const wismo_parcel_t       *parcel;   /* NULL: about the order */
    int64_t                     at;       /* when it happened, at the latest */
} wismo_notice_t;


/* All kinds, ended by one with a NULL name; NULL if there is no such kind. */
const wismo_notice_kind_t *wismo_notice_kinds(void);
const wismo_notice_kind_t *wismo_notice_kind(const wismo_str_t *name);


/*
 * The notices that the step from "before" to "order" gives rise to, the
 * weightiest last; "before" is NULL for an order that is new.  Only what is
 * now counts: what was passed through between two looks, what an import brings
 * of the past, and what is older than its kind's age are no news.
 *
 * An order has few parcels, each gives one at most, and the order a few more:
 * the array has room for WISMO_NOTICES_MAX.  WISMO_ERROR if memory is out.
 */

#define WISMO_NOTICES_MAX     (WISMO_PARCELS_MAX + 8)

int wismo_notice_find(wismo_pool_t *pool, const wismo_order_t *before,
    const wismo_order_t *order, int64_t now, wismo_notice_t **notices,
    unsigned *n);

/*
 * What makes a notice the same as another one: "<kind>", for a parcel's
 * "<kind>.<parcel>", and for a kind that may come again ".<yyyymmdd>" of the
 * day it happened on.  Writes at most WISMO_NOTICE_ID_MAX bytes.
 */

#define WISMO_NOTICE_ID_MAX   128

size_t wismo_notice_id(char *buf, const wismo_notice_t *notice);


#endif /* _WISMO_NOTICE_H_INCLUDED_ */
