
/*
 * Copyright (C) The Wismo authors
 *
 * A parcel's way (docs/carrier-flow.md): claimed when it is due, asked about
 * together with others, answered, and put back with its next date.
 */


#ifndef _FETCH_POLL_H_INCLUDED_
#define _FETCH_POLL_H_INCLUDED_


#include "fetch_lane.h"


/* Claims what is due and may be asked, and sends the questions; what becomes
 * of them is done as replies come.  WISMO_ERROR: Redis is down. */
int fetch_poll(fetch_lanes_t *lanes);

/* Writes what replies have brought; fetch_poll() does it, too.  Without Redis
 * that comes to nothing: leases end.  Where somebody else was faster there is
 * the same to do again, when Redis has said so: lanes->again is not NULL. */
int fetch_poll_again(fetch_lanes_t *lanes);

/* Puts back what was claimed and not asked about, and sees all written. */
void fetch_poll_drop(fetch_lanes_t *lanes);


#endif /* _FETCH_POLL_H_INCLUDED_ */
