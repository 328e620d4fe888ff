
/*
 * Copyright (C) The Wismo authors
 *
 * The progress bar of the operator's calls.  Called by their loops for every
 * item; must never cost more than a look at the clock.
 */


#include "fetch_progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>


#define FETCH_PROGRESS_WIDTH     24
#define FETCH_PROGRESS_INTERVAL  200000000ull       /* ns between drawings */


static uint64_t
fetch_progress_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000ull + (uint64_t) ts.tv_nsec;
}


void
fetch_progress_begin(fetch_progress_t *p, const char *what, uint64_t size,
    bool quiet)
{
    const char  *term;

    term = getenv("TERM");

    p->what = what;
    p->size = size;
    p->quiet = quiet;
    p->terminal = isatty(STDERR_FILENO) && term && *term;
    p->tenths = 0;
    p->begun = fetch_progress_now();
    p->drawn = p->begun;
}


void
fetch_progress_at(fetch_progress_t *p, uint64_t at, uint64_t count,
    uint64_t failed)
{
    char      bar[FETCH_PROGRESS_WIDTH + 1];
    double    rate, seconds, left;
    uint64_t  now;
    unsigned  i, done, tenths;

    if (p->quiet || p->size == 0) {
        return;
    }

    if (!p->terminal) {
        tenths = (unsigned) (at * 10 / p->size);

        if (tenths > p->tenths) {
            p->tenths = tenths;
            fprintf(stderr, "%3u%%  %llu %s, %llu refused\n", tenths * 10,
                    (unsigned long long) count, p->what,
                    (unsigned long long) failed);
        }

        return;
    }

    now = fetch_progress_now();

    if (now - p->drawn < FETCH_PROGRESS_INTERVAL) {
        return;
    }

    p->drawn = now;

    seconds = (double) (now - p->begun) / 1e9;
    rate = (double) count / seconds;
    left = at ? seconds * (double) (p->size - at) / (double) at : 0;
    done = (unsigned) (at * FETCH_PROGRESS_WIDTH / p->size);

    for (i = 0; i < FETCH_PROGRESS_WIDTH; i++) {
        bar[i] = (i < done) ? '#' : '.';
    }

    bar[i] = '\0';

    fprintf(stderr, "\r[%s] %3u%%  %llu %s  %.0f/s  %llu refused  "
                    "%.0f s left \033[K", bar,
            (unsigned) (at * 100 / p->size), (unsigned long long) count,
            p->what, rate, (unsigned long long) failed, left);
    fflush(stderr);
}


double
fetch_progress_end(fetch_progress_t *p)
{
    if (p->terminal && !p->quiet) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }

    return (double) (fetch_progress_now() - p->begun) / 1e9;
}
