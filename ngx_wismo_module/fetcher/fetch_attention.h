
/*
 * Copyright (C) The Wismo authors
 *
 * Attention: somebody looks at an order, or a carrier hints at news.  The
 * document stays as it is; its parcels are asked about sooner.
 */


#ifndef _FETCH_ATTENTION_H_INCLUDED_
#define _FETCH_ATTENTION_H_INCLUDED_


#include "fetch_letter.h"


/* A page was opened: parcels that were last checked longer ago than their
 * status' interval are asked about now, the others when that is over. */
fetch_letter_e fetch_attention_view(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const wismo_str_t *order);

/* A carrier says that there is news of its "number" in this order, but not in
 * a way that could be believed: it is asked, soon.  If it is being asked it
 * may have answered before there was news: then once more. */
fetch_letter_e fetch_attention_hint(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_carrier_t *carrier, const wismo_str_t *order,
    const wismo_str_t *number);

/* Takes up hints that came while their parcels were under way. */
void fetch_attention_turn(fetch_lanes_t *lanes);
void fetch_attention_done(fetch_lanes_t *lanes);


#endif /* _FETCH_ATTENTION_H_INCLUDED_ */
