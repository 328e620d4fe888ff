
/*
 * Copyright (C) The Wismo authors
 *
 * Signals that end the fetcher, as a descriptor its loop can wait for.
 */


#ifndef _FETCH_SIGNAL_H_INCLUDED_
#define _FETCH_SIGNAL_H_INCLUDED_


#include "wismo_core.h"


/* TERM and INT make the descriptor readable; HUP and PIPE do nothing. */
int fetch_signals_open(void);

/* -1 while it is not open. */
int fetch_signals_fd(void);
void fetch_signals_close(void);


#endif /* _FETCH_SIGNAL_H_INCLUDED_ */
