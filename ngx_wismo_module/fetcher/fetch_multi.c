
/*
 * Copyright (C) The Wismo authors
 *
 * Where the fetcher waits: one libcurl multi handle for all that is asked and
 * sent, its sockets beside the fetcher's own.  What a call says, and what its
 * reply means, is known to fetch_http.c and its siblings.
 *
 * libcurl says which sockets it waits for and until when; only those that are
 * ready are given back to it, so that a reply costs the same however many
 * requests are under way.
 */


#include "fetch_multi.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>


#define FETCH_HTTP_KEPT      64               /* connections */
#define FETCH_HTTP_SOCKETS   32               /* to begin with */


static int fetch_http_timer(fetch_http_t *http);
static int fetch_http_watch(CURL *easy, curl_socket_t fd, int what, void *ctx,
    void *socketp);
static int fetch_http_alarm(CURLM *multi, long timeout, void *ctx);
static bool fetch_http_room(fetch_http_t *http);
static int64_t fetch_http_now(void);
static unsigned fetch_http_replies(fetch_http_t *http);
static void fetch_http_unlink(fetch_http_t *http, fetch_call_t *call);


fetch_http_t *
fetch_http_create(void)
{
    fetch_http_t  *http;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return NULL;
    }

    http = calloc(1, sizeof(fetch_http_t));

    if (http == NULL) {
        return NULL;
    }

    http->active.next = &http->active;
    http->active.prev = &http->active;

    http->timer_at = -1;
    http->multi = curl_multi_init();
    http->share = curl_share_init();

    if (http->multi == NULL || http->share == NULL
        || !fetch_http_room(http)
        || curl_share_setopt(http->share, CURLSHOPT_SHARE,
                             CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK
        || curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS,
                             (long) FETCH_HTTP_KEPT) != CURLM_OK
        || curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION,
                             fetch_http_watch) != CURLM_OK
        || curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http)
           != CURLM_OK
        || curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION,
                             fetch_http_alarm) != CURLM_OK
        || curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http)
           != CURLM_OK)
    {
        fetch_http_destroy(http);
        return NULL;
    }

    return http;
}


void
fetch_http_destroy(fetch_http_t *http)
{
    fetch_call_t  *call;

    http->ending = true;

    while (http->nactive) {
        call = http->active.next;
        fetch_http_unlink(http, call);
        call->finish(http, call, CURLE_ABORTED_BY_CALLBACK);
    }

    while (http->idle) {
        call = http->idle;
        http->idle = call->next;
        call->free(call);
    }

    if (http->multi) {
        curl_multi_cleanup(http->multi);
    }

    if (http->share) {
        (void) curl_share_cleanup(http->share);
    }

    curl_global_cleanup();
    free(http->sockets);
    free(http->ready);
    free(http);
}


unsigned
fetch_http_active(const fetch_http_t *http)
{
    return http->nactive;
}


int
fetch_multi_start(fetch_http_t *http, fetch_call_t *call)
{
    if (curl_easy_setopt(call->easy, CURLOPT_PRIVATE, call)
        || curl_multi_add_handle(http->multi, call->easy) != CURLM_OK)
    {
        return WISMO_ERROR;
    }

    call->next = &http->active;
    call->prev = http->active.prev;
    call->prev->next = call;
    http->active.prev = call;
    http->nactive++;

    return WISMO_OK;
}


int
fetch_http_wait(fetch_http_t *http, const int *fds, unsigned nfds,
    int timeout, unsigned *ready)
{
    int             running, what;
    int64_t         left;
    unsigned        i, n;
    struct pollfd  *socket;

    *ready = 0;

    /* requests that were added start now; some may be over at once */

    if (fetch_http_timer(http) != WISMO_OK) {
        return WISMO_ERROR;
    }

    if (fetch_http_replies(http)) {
        timeout = 0;

    } else if (http->timer_at >= 0) {
        left = http->timer_at - fetch_http_now();
        left = (left < 0) ? 0 : left;
        timeout = (left < timeout) ? (int) left : timeout;
    }

    for (i = 0; i < nfds && i < FETCH_HTTP_FDS; i++) {
        http->ready[i].fd = fds[i];
        http->ready[i].events = POLLIN;
    }

    nfds = i;
    n = nfds + http->nsockets;

    memcpy(http->ready + nfds, http->sockets,
           http->nsockets * sizeof(struct pollfd));

    if (poll(http->ready, n, timeout) == -1 && errno != EINTR) {
        return WISMO_ERROR;
    }

    for (i = 0; i < nfds; i++) {
        if (http->ready[i].revents) {
            *ready |= 1u << i;
        }
    }

    /* sockets come and go meanwhile, but libcurl knows its own */

    for ( /* void */ ; i < n; i++) {
        socket = &http->ready[i];

        if (socket->revents == 0) {
            continue;
        }

        what = ((socket->revents & (POLLIN | POLLHUP)) ? CURL_CSELECT_IN : 0)
               | ((socket->revents & POLLOUT) ? CURL_CSELECT_OUT : 0)
               | ((socket->revents & (POLLERR | POLLNVAL))
                  ? CURL_CSELECT_ERR : 0);

        if (curl_multi_socket_action(http->multi, socket->fd, what, &running)
            != CURLM_OK)
        {
            return WISMO_ERROR;
        }
    }

    if (fetch_http_timer(http) != WISMO_OK) {
        return WISMO_ERROR;
    }

    (void) fetch_http_replies(http);

    return http->nomem ? WISMO_ERROR : WISMO_OK;
}


static int
fetch_http_timer(fetch_http_t *http)
{
    int  running;

    if (http->timer_at < 0 || http->timer_at > fetch_http_now()) {
        return WISMO_OK;
    }

    http->timer_at = -1;

    return (curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0,
                                     &running) == CURLM_OK)
           ? WISMO_OK : WISMO_ERROR;
}


/* Called by libcurl: "fd" is to be watched, no longer, or otherwise.  What is
 * kept with it is its place in the list and one. */

static int
fetch_http_watch(CURL *easy, curl_socket_t fd, int what, void *ctx,
    void *socketp)
{
    fetch_http_t *http = ctx;

    uintptr_t       at;
    struct pollfd  *socket;

    (void) easy;

    at = (uintptr_t) socketp;

    if (what == CURL_POLL_REMOVE) {

        if (at == 0) {
            return 0;
        }

        socket = &http->sockets[--http->nsockets];

        if (at - 1 != http->nsockets) {
            http->sockets[at - 1] = *socket;
            (void) curl_multi_assign(http->multi, socket->fd, socketp);
        }

        return 0;
    }

    if (at == 0) {

        if (!fetch_http_room(http)) {
            http->nomem = true;
            return -1;
        }

        at = ++http->nsockets;
        http->sockets[at - 1].fd = fd;
        http->sockets[at - 1].revents = 0;
        (void) curl_multi_assign(http->multi, fd, (void *) at);
    }

    http->sockets[at - 1].events =
        (short) (((what & CURL_POLL_IN) ? POLLIN : 0)
                 | ((what & CURL_POLL_OUT) ? POLLOUT : 0));

    return 0;
}


static int
fetch_http_alarm(CURLM *multi, long timeout, void *ctx)
{
    fetch_http_t *http = ctx;

    (void) multi;

    http->timer_at = (timeout < 0) ? -1 : fetch_http_now() + timeout;

    return 0;
}


/* For one more socket, and those of the caller when it waits. */

static bool
fetch_http_room(fetch_http_t *http)
{
    unsigned        max;
    struct pollfd  *sockets, *ready;

    if (http->nsockets < http->max) {
        return true;
    }

    max = http->max ? 2 * http->max : FETCH_HTTP_SOCKETS;

    sockets = realloc(http->sockets, max * sizeof(struct pollfd));

    if (sockets == NULL) {
        return false;
    }

    http->sockets = sockets;

    ready = realloc(http->ready, (max + FETCH_HTTP_FDS)
                                 * sizeof(struct pollfd));

    if (ready == NULL) {
        return false;
    }

    http->ready = ready;
    http->max = max;

    return true;
}


static int64_t
fetch_http_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


/* Calls for the replies that are there; how many they were. */

static unsigned
fetch_http_replies(fetch_http_t *http)
{
    int            left;
    CURLMsg       *msg;
    CURLcode       code;
    unsigned       n;
    fetch_call_t  *call;

    n = 0;

    while ((msg = curl_multi_info_read(http->multi, &left)) != NULL) {

        if (msg->msg != CURLMSG_DONE
            || curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE,
                                 (char **) &call) != CURLE_OK)
        {
            continue;
        }

        /* the message is gone with the handle */

        code = msg->data.result;

        fetch_http_unlink(http, call);
        call->finish(http, call, code);
        n++;
    }

    return n;
}


static void
fetch_http_unlink(fetch_http_t *http, fetch_call_t *call)
{
    call->next->prev = call->prev;
    call->prev->next = call->next;
    http->nactive--;

    curl_multi_remove_handle(http->multi, call->easy);
}
