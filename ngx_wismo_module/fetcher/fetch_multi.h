
/*
 * Copyright (C) The Wismo authors
 *
 * What the files that speak a protocol share: a call, which is one transfer
 * of libcurl's, and the handle that all of them are in.  All others see
 * fetch_http.h and its siblings.
 */


#ifndef _FETCH_MULTI_H_INCLUDED_
#define _FETCH_MULTI_H_INCLUDED_


#include "fetch_http.h"

#include <curl/curl.h>
#include <poll.h>


typedef struct fetch_call_s  fetch_call_t;

struct fetch_call_s {
    CURL                     *easy;

    /* It is over, and no longer in the list. */
    void                    (*finish)(fetch_http_t *http, fetch_call_t *call,
                                      CURLcode code);
    void                    (*free)(fetch_call_t *call);

    fetch_call_t             *next;
    fetch_call_t             *prev;
};


struct fetch_http_s {
    CURLM                    *multi;
    CURLSH                   *share;
    fetch_call_t              active;         /* a ring */
    fetch_call_t             *idle;           /* fetch_http.c's, kept */
    unsigned                  nactive;
    bool                      ending;

    struct pollfd            *sockets;        /* libcurl's */
    struct pollfd            *ready;          /* and ours, while we wait */
    unsigned                  nsockets;
    unsigned                  max;
    bool                      nomem;
    int64_t                   timer_at;       /* ms, or -1 */
};


/* Starts a call that is set up.  WISMO_ERROR: it is not, and the caller's. */
int fetch_multi_start(fetch_http_t *http, fetch_call_t *call);


#endif /* _FETCH_MULTI_H_INCLUDED_ */
