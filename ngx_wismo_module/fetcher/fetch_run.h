
/*
 * Copyright (C) The Wismo authors
 *
 * The fetcher's loop.
 */


#ifndef _FETCH_RUN_H_INCLUDED_
#define _FETCH_RUN_H_INCLUDED_


#include "fetch_config.h"


/* Until a signal, or the end of "liveness", a descriptor or -1; returns the
 * exit status.  Signals must be open (fetch_signal.h). */
int fetch_run(fetch_config_t *conf, int liveness);

/* Whether "liveness", which is readable, has come to its end: whoever started
 * us is gone. */
bool fetch_run_orphaned(int liveness);


#endif /* _FETCH_RUN_H_INCLUDED_ */
