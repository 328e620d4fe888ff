
/*
 * Copyright (C) The Wismo authors
 *
 * What a page that is open shows, as its events name it, and what a client
 * says it knows already.
 */


#ifndef _WISMO_LIVE_H_INCLUDED_
#define _WISMO_LIVE_H_INCLUDED_


#include "wismo_core.h"


#define WISMO_LIVE_ID_MAX  32      /* bytes, one of them is 0 */


/*
 * The id of an event, of what a page shows: the order's version and, where
 * incidents touch it, "-" and their mark (wismo_incident.h) in hexadecimal
 * digits.  "buf" has WISMO_LIVE_ID_MAX bytes; returns how many the id has.
 */
size_t wismo_live_id(char *buf, uint64_t version, uint32_t mark);

/*
 * The version in a Last-Event-ID, or in the address of the stream, one that
 * fits into 63 bits.  0, which is no version, for anything else: who says
 * nonsense is told the present state.
 */
uint64_t wismo_live_version(const wismo_str_t *id, uint32_t *mark);


#endif /* _WISMO_LIVE_H_INCLUDED_ */
