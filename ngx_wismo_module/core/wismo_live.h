
/*
 * Copyright (C) The Wismo authors
 *
 * What a client of a live page says it knows already.
 */


#ifndef _WISMO_LIVE_H_INCLUDED_
#define _WISMO_LIVE_H_INCLUDED_


#include "wismo_core.h"


/*
 * The version in a Last-Event-ID, or in the address of the stream: decimal
 * digits of a number that fits into 63 bits.  0, which is no version, for
 * anything else: who says nonsense is told the present state.
 */
uint64_t wismo_live_version(const wismo_str_t *id);


#endif /* _WISMO_LIVE_H_INCLUDED_ */
