
/*
 * Copyright (C) The Wismo authors
 *
 * An order made up, to look at.
 */


#ifndef _FETCH_SAMPLE_H_INCLUDED_
#define _FETCH_SAMPLE_H_INCLUDED_


#include "wismo_leg.h"

#include <time.h>


#define FETCH_SAMPLE_ORDER   "1001"


/* The ids of its parcel, and of what is sent back. */
#define FETCH_SAMPLE_PARCEL  "p1"
#define FETCH_SAMPLE_RETURN  "r1"


/*
 * The full view's JSON of an order in this state; or of one that has arrived,
 * with a return in it.
 */
void fetch_sample_json(const wismo_substatus_t *row, wismo_leg_e leg,
    time_t now, wismo_out_t *out);


#endif /* _FETCH_SAMPLE_H_INCLUDED_ */
