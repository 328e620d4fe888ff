
/*
 * Copyright (C) The Wismo authors
 *
 * An order read again by the tables of today: the codes that are kept with its
 * events (fetch_adapter_raw.c), and what its shop has said.
 */


#ifndef _FETCH_REPLAY_H_INCLUDED_
#define _FETCH_REPLAY_H_INCLUDED_


#include "fetch_lane.h"


#define FETCH_REPLAY_CODES   1000             /* told apart; others are one */


typedef enum {
    FETCH_REPLAY_SAME = 0,
    FETCH_REPLAY_CHANGED,
    FETCH_REPLAY_OLD,         /* it changed last before "since" */
    FETCH_REPLAY_GONE,
    FETCH_REPLAY_UNREAD,      /* it can't be read, or not be written */
    FETCH_REPLAY_DOWN         /* Redis is */
} fetch_replay_e;


typedef struct {
    fetch_lanes_t            *lanes;
    int64_t                   since;          /* s */
    const char               *only;           /* a carrier or shop, or NULL */
    bool                      dry_run;

    /* {carrier: {code: {"was > is": events}}}, of what has changed */
    json_t                   *codes;
    unsigned                  ncodes;
    uint64_t                  events;
} fetch_replay_t;


/*
 * Reads an order and asks again; what is different is committed, as any news
 * is, unless it is a dry run.  Whoever commits the order meanwhile is not
 * undone: it is read once more.
 */
fetch_replay_e fetch_replay_order(fetch_replay_t *replay, wismo_pool_t *pool,
    const wismo_str_t *number);


#endif /* _FETCH_REPLAY_H_INCLUDED_ */
