
/*
 * Copyright (C) The Wismo authors
 *
 * A shopper has asked for the link to an order, by mail: the letter that the
 * look-up form makes.
 */


#ifndef _FETCH_LINK_H_INCLUDED_
#define _FETCH_LINK_H_INCLUDED_


#include "fetch_letter.h"


/* Puts it into the order's ledger, if there is such an order and nothing is
 * to be said against it; nobody learns which. */
fetch_letter_e fetch_link(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter);


#endif /* _FETCH_LINK_H_INCLUDED_ */
