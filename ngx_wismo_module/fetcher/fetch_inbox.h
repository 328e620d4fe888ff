
/*
 * Copyright (C) The Wismo authors
 *
 * The inbox: what the module has accepted, orders, erasures and carriers'
 * pushes, is taken from Redis's streams and applied.  A letter leaves its
 * stream only when its change is committed.
 */


#ifndef _FETCH_INBOX_H_INCLUDED_
#define _FETCH_INBOX_H_INCLUDED_


#include "fetch_lane.h"


typedef struct {
    fetch_lanes_t            *lanes;
    fetch_redis_t             ear;            /* waits for new letters */
    char                      consumer[96];
    bool                      asked;          /* XREADGROUP is under way */
    bool                      made;           /* groups are there */
    bool                      gone;           /* the streams were deleted */
    char                      spared[48];     /* id whose last chance was
                                                 none, in ... */
    unsigned                  stream;
    int64_t                   again_at;       /* ms: old letters, NEVER */
    int64_t                   stale_at;       /* ms: those of dead fetchers */
} fetch_inbox_t;


void fetch_inbox_init(fetch_inbox_t *inbox, fetch_lanes_t *lanes,
    const char *consumer);
void fetch_inbox_done(fetch_inbox_t *inbox);

/* Readable when there are new letters; -1 while not connected. */
int fetch_inbox_fd(const fetch_inbox_t *inbox);

/* Does what is to be done now: connects, asks for letters, takes old ones up
 * again, and with "readable" applies the new ones. */
void fetch_inbox_turn(fetch_inbox_t *inbox, bool readable, int64_t now);


#endif /* _FETCH_INBOX_H_INCLUDED_ */
