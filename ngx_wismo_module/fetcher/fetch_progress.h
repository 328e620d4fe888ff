
/*
 * Copyright (C) The Wismo authors
 *
 * What an operator sees of long work: on a terminal a bar with share, rate
 * and remaining time, redrawn a few times a second; elsewhere one line for
 * every tenth.  Goes to stderr, so that stdout stays the result.
 */


#ifndef _FETCH_PROGRESS_H_INCLUDED_
#define _FETCH_PROGRESS_H_INCLUDED_


#include <stdbool.h>
#include <stdint.h>


typedef struct {
    const char           *what;       /* "orders" */
    uint64_t              size;       /* of the whole, 0: not known */
    bool                  quiet;
    bool                  terminal;
    unsigned              tenths;     /* printed so far */
    uint64_t              begun;      /* ns */
    uint64_t              drawn;      /* ns */
} fetch_progress_t;


/* "size" is in whatever unit "at" is told in (bytes of a file). */
void fetch_progress_begin(fetch_progress_t *p, const char *what,
    uint64_t size, bool quiet);

/* Cheap: draws only when enough time has passed. */
void fetch_progress_at(fetch_progress_t *p, uint64_t at, uint64_t count,
    uint64_t failed);

/* Clears the bar; returns the seconds since the beginning. */
double fetch_progress_end(fetch_progress_t *p);


#endif /* _FETCH_PROGRESS_H_INCLUDED_ */
