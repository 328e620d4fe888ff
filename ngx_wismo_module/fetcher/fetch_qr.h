
/*
 * Copyright (C) The Wismo authors
 *
 * The QR code of a pickup code: drawn once, when an order is committed, so
 * that a page only copies it.
 */


#ifndef _FETCH_QR_H_INCLUDED_
#define _FETCH_QR_H_INCLUDED_


#include "wismo_order.h"


/*
 * Draws the codes of an order's parcels that have none yet.  A code that no
 * QR of our sizes can hold stays without.  WISMO_ERROR: no memory.
 */
int fetch_qr_order(wismo_pool_t *pool, wismo_order_t *order);


#endif /* _FETCH_QR_H_INCLUDED_ */
