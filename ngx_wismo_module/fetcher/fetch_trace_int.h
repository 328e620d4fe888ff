
/*
 * Copyright (C) The Wismo authors
 *
 * Between the two halves of looking for traces: fetch_trace.c walks,
 * fetch_trace_match.c judges.  No other file includes this.
 */


#ifndef _FETCH_TRACE_INT_H_INCLUDED_
#define _FETCH_TRACE_INT_H_INCLUDED_


#include "fetch_trace.h"


#define FETCH_TRACE_SHORTEST 5                /* digits, letters: of what is
                                                 looked for in any text */


bool fetch_trace_match(const fetch_trace_t *trace,
    const fetch_trace_found_t *found);


#endif /* _FETCH_TRACE_INT_H_INCLUDED_ */
