
/*
 * Copyright (C) The Wismo authors
 *
 * Talking to carriers: any number of requests at once over one libcurl multi
 * handle, and the place where the fetcher waits.  Knows nothing of adapters'
 * contents; a request comes in, its reply goes to a function.
 */


#ifndef _FETCH_HTTP_H_INCLUDED_
#define _FETCH_HTTP_H_INCLUDED_


#include "fetch_adapter.h"


#define FETCH_HTTP_HEADERS   1
#define FETCH_HTTP_FDS       8


typedef struct fetch_http_s  fetch_http_t;


typedef struct {
    int                       status;         /* 0: there was no reply */
    wismo_str_t               body;
    fetch_header_t            headers[FETCH_HTTP_HEADERS];    /* that count */
    unsigned                  nheaders;
    const char               *error;          /* set if status is 0 */
    bool                      sent;           /* some of the request was */
} fetch_http_reply_t;


/* The reply lives until the function returns, which may send again. */
typedef void (*fetch_http_done_pt)(void *data,
    const fetch_http_reply_t *reply);


fetch_http_t *fetch_http_create(void);

/* What is in flight fails: those called may not send again. */
void fetch_http_destroy(fetch_http_t *http);


/*
 * Sends a request, which need not outlive the call.  "here" says that the
 * address is the operator's own choice: it may then be private, and plain
 * HTTP if it is loopback.  Else only public addresses, over TLS.
 * WISMO_ERROR: not sent, nobody will be called.
 */
int fetch_http_send(fetch_http_t *http, const fetch_request_t *req, bool here,
    fetch_http_done_pt done, void *data);

/*
 * The one place where the fetcher waits: until replies come, one of the
 * descriptors is readable ("ready" gets its bit) or time is up.  Calls for
 * the replies that are there.
 */
int fetch_http_wait(fetch_http_t *http, const int *fds, unsigned nfds,
    int timeout, unsigned *ready);

unsigned fetch_http_active(const fetch_http_t *http);


#endif /* _FETCH_HTTP_H_INCLUDED_ */
