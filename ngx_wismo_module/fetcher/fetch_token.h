
/*
 * Copyright (C) The Wismo authors
 *
 * An account's access token: one for all requests, asked for once however
 * many wait for it, renewed before it expires, kept in memory only.
 */


#ifndef _FETCH_TOKEN_H_INCLUDED_
#define _FETCH_TOKEN_H_INCLUDED_


#include "fetch_config.h"
#include "fetch_http.h"


/* "token" is NULL unless the outcome is OK; "text" then says why. */
typedef void (*fetch_token_done_pt)(void *data, fetch_outcome_e outcome,
    const wismo_str_t *token, int retry_after, const char *text);

typedef struct {
    fetch_token_done_pt       done;
    void                     *data;
} fetch_token_waiter_t;


typedef struct {
    const fetch_carrier_t    *carrier;
    fetch_http_t             *http;
    wismo_pool_t              pool;           /* of the token */
    wismo_str_t               token;
    unsigned                  generation;     /* counts tokens */
    int64_t                   renew_at;       /* seconds */
    bool                      asking;
    fetch_token_waiter_t     *waiters;
    unsigned                  nwaiters;
    unsigned                  max;
    int64_t                   now;            /* when it was asked for */
} fetch_token_t;


void fetch_token_init(fetch_token_t *t, const fetch_carrier_t *carrier,
    fetch_http_t *http);
void fetch_token_done(fetch_token_t *t);

/* Calls "done" at once if there is a token (or the adapter has none: then it
 * is empty), else when there is one.  WISMO_ERROR: it will not be called. */
int fetch_token_get(fetch_token_t *t, int64_t now, fetch_token_done_pt done,
    void *data);

/* The carrier refused it: it is not used again.  A token that has been
 * renewed since is left alone. */
void fetch_token_refused(fetch_token_t *t, unsigned generation);


#endif /* _FETCH_TOKEN_H_INCLUDED_ */
