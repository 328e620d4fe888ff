
/*
 * Copyright (C) The Wismo authors
 *
 * A text message that somebody has sent: STOP ends messages to their number,
 * START begins them again, all else is not ours.
 */


#ifndef _FETCH_MESSAGE_H_INCLUDED_
#define _FETCH_MESSAGE_H_INCLUDED_


#include "fetch_letter.h"


fetch_letter_e fetch_message(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, char *why, size_t size);


#endif /* _FETCH_MESSAGE_H_INCLUDED_ */
