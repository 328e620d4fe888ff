
/*
 * Copyright (C) The Wismo authors
 *
 * What the ledger keeps of a parcel's last reply.
 */


#ifndef _FETCH_SEEN_H_INCLUDED_
#define _FETCH_SEEN_H_INCLUDED_


#include "fetch_commit.h"


#define FETCH_SEEN_MAX       192


/*
 * The ledger's field "seen:<parcel>".  While the document has the version it
 * names, neither the document nor an equal reply has to be read again; until
 * its time is over, since intervals depend on the time, too.
 */

typedef struct {
    uint64_t                  hash;           /* of the last reply */
    uint64_t                  version;        /* of the document */
    unsigned                  index;          /* of the parcel in it */
    int64_t                   interval;       /* seconds */
    int64_t                   until;          /* seconds since 1970 */
    unsigned                  failures;       /* in a row */
    unsigned                  events;         /* that the last reply had */
} fetch_seen_t;


/* What was written, which ends with a zero; false: somebody else wrote it, and
 * nothing is known.  "number" points into it. */
bool fetch_seen_read(const char *p, fetch_seen_t *seen, wismo_str_t *number);

/* The field's name and its value; WISMO_ERROR if memory is out. */
int fetch_seen_write(wismo_pool_t *pool, const wismo_str_t *parcel,
    const wismo_str_t *number, const fetch_seen_t *seen,
    fetch_field_t *field);


#endif /* _FETCH_SEEN_H_INCLUDED_ */
