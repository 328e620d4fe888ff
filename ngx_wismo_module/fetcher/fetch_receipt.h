
/*
 * Copyright (C) The Wismo authors
 *
 * What services report of messages that they took from us: delivered, come
 * back, complained of.
 */


#ifndef _FETCH_RECEIPT_H_INCLUDED_
#define _FETCH_RECEIPT_H_INCLUDED_


#include "fetch_inbound.h"
#include "fetch_letter.h"


/*
 * Applies what the letter reports, as "receipts" of the service's file says
 * where it stands; NULL: it has none.  False: it is no report.
 */
bool fetch_receipt(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, const json_t *receipts,
    const fetch_inbound_t *in, fetch_letter_e *rc);


#endif /* _FETCH_RECEIPT_H_INCLUDED_ */
