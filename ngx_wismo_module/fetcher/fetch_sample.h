
/*
 * Copyright (C) The Wismo authors
 *
 * An order made up, to look at.
 */


#ifndef _FETCH_SAMPLE_H_INCLUDED_
#define _FETCH_SAMPLE_H_INCLUDED_


#include "wismo_status.h"

#include <time.h>


#define FETCH_SAMPLE_ORDER   "1001"


/* The full view's JSON of an order in this state. */
void fetch_sample_json(const wismo_substatus_t *row, time_t now,
    wismo_out_t *out);


#endif /* _FETCH_SAMPLE_H_INCLUDED_ */
