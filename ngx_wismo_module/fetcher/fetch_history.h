
/*
 * Copyright (C) The Wismo authors
 *
 * Delivered parcels from a CSV file, as the prediction learns them.
 */


#ifndef _FETCH_HISTORY_H_INCLUDED_
#define _FETCH_HISTORY_H_INCLUDED_


#include "wismo_edd.h"


typedef struct {
    wismo_pool_t             *pool;
    wismo_edd_parcel_t       *parcels;
    size_t                    n;
    size_t                    room;
    uint64_t                  rows;
    uint64_t                  refused;
    uint64_t                  open;       /* not delivered: passed over */
    uint64_t                  odd;        /* handed over at no possible time:
                                             that time is passed over */
} fetch_history_t;


/*
 * Reads "file", "-" for the standard input.  Faulty rows are told on stderr
 * with their line and column and counted.  WISMO_DECLINED, told as well, when
 * it is no such file at all.  fetch_history_done() frees the array; strings
 * are the pool's.
 */
int fetch_history_read(fetch_history_t *history, wismo_pool_t *pool,
    const char *file);
int fetch_history_push(fetch_history_t *history,
    const wismo_edd_parcel_t *parcel);
void fetch_history_done(fetch_history_t *history);


#endif /* _FETCH_HISTORY_H_INCLUDED_ */
