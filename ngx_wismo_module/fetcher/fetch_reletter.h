
/*
 * Copyright (C) The Wismo authors
 *
 * All dead letters and samples of replies under the first key, as
 * fetch_reseal.h does with private bodies.
 */


#ifndef _FETCH_RELETTER_H_INCLUDED_
#define _FETCH_RELETTER_H_INCLUDED_


#include "fetch_reseal.h"


/*
 * Adds to "counts"; with "look" nothing is written.  Letters that wait are
 * left to those who apply them, and told: with an older key in the inbox it
 * can't go yet.
 */
int fetch_reletter(fetch_redis_t *r, fetch_reseal_t *counts, bool look);


#endif /* _FETCH_RELETTER_H_INCLUDED_ */
