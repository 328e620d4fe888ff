
/*
 * Copyright (C) The Wismo authors
 *
 * Named places where the fetcher of a test build dies or stands still
 * (docs/hacking.md): between two steps that a crash must not tear apart.
 * Without WISMO_CRASH_POINTS, that is in every other build, there are none.
 *
 * A name is used at one place only, since each file counts for itself.
 */


#ifndef _FETCH_CRASH_H_INCLUDED_
#define _FETCH_CRASH_H_INCLUDED_


#ifdef WISMO_CRASH_POINTS


#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>


/* "name" or "name:n": the n-th time it is passed. */

static inline bool
fetch_crash_is(const char *spec, const char *name, unsigned passed)
{
    size_t  len;

    len = strlen(name);

    if (spec == NULL || strncmp(spec, name, len) != 0) {
        return false;
    }

    if (spec[len] == '\0') {
        return passed == 1;
    }

    return spec[len] == ':' && strtoul(spec + len + 1, NULL, 10) == passed;
}


static inline void
fetch_crash_pass(const char *name, unsigned *passed)
{
    (*passed)++;

    if (fetch_crash_is(getenv("WISMO_CRASH_AT"), name, *passed)) {
        (void) raise(SIGKILL);
    }

    if (fetch_crash_is(getenv("WISMO_STOP_AT"), name, *passed)) {
        (void) raise(SIGSTOP);
    }
}


#define fetch_crash(name)                                                     \
    do {                                                                      \
        static unsigned  passed_;                                             \
        fetch_crash_pass(name, &passed_);                                     \
    } while (0)

#else

#define fetch_crash(name)

#endif


#endif /* _FETCH_CRASH_H_INCLUDED_ */
