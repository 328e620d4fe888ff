
/*
 * Copyright (C) The Wismo authors
 *
 * Dead letters: those that could not be applied.
 */


#ifndef _FETCH_DEAD_H_INCLUDED_
#define _FETCH_DEAD_H_INCLUDED_


#include "fetch_letter.h"


#define FETCH_DEAD_TTL       (30 * 86400)     /* seconds */


/* FETCH_LETTER_DEAD: it is buried, and may leave the inbox. */
fetch_letter_e fetch_dead_bury(fetch_lanes_t *lanes, wismo_pool_t *pool,
    unsigned stream, const fetch_letter_t *letter, const char *why);


#endif /* _FETCH_DEAD_H_INCLUDED_ */
