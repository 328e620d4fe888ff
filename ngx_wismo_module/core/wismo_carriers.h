
/*
 * Copyright (C) The Wismo authors
 *
 * What carriers are called and where their own tracking pages are.  The facts
 * are the adapters' ("title" and "tracking_url"); who reads those files fills
 * a directory once, and a view looks up in it.
 */


#ifndef _WISMO_CARRIERS_H_INCLUDED_
#define _WISMO_CARRIERS_H_INCLUDED_


#include "wismo_core.h"


typedef struct {
    wismo_str_t               id;         /* as orders have it: "ups" */
    wismo_str_t               title;
    wismo_str_t               before;     /* the link, on both sides of */
    wismo_str_t               after;      /* the number; empty: no link */
} wismo_carrier_t;


typedef struct {
    wismo_carrier_t          *list;
    unsigned                  n;
    unsigned                  size;
} wismo_carriers_t;


/*
 * Adds a carrier, or replaces what is known of it.  "link" is empty or an
 * address that begins with https:// and holds {number} once.  All texts are
 * copied.  WISMO_DECLINED tells what is wrong with the link.
 */
int wismo_carriers_add(wismo_pool_t *pool, wismo_carriers_t *carriers,
    const wismo_str_t *id, const wismo_str_t *title, const wismo_str_t *link,
    wismo_error_t *err);

/* WISMO_DECLINED, with a sentence, unless "link" is as said above. */
int wismo_carriers_link_ok(const wismo_str_t *link, wismo_error_t *err);

/* NULL if it is not known; "carriers" may be NULL. */
const wismo_carrier_t *wismo_carriers_find(const wismo_carriers_t *carriers,
    const wismo_str_t *id);

/* The page of one parcel, in the pool; empty if the carrier has none. */
int wismo_carrier_link(wismo_pool_t *pool, const wismo_carrier_t *carrier,
    const wismo_str_t *number, wismo_str_t *link);


#endif /* _WISMO_CARRIERS_H_INCLUDED_ */
