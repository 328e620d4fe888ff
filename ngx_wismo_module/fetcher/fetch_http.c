
/*
 * Copyright (C) The Wismo authors
 *
 * libcurl, set up for talking to strangers: TLS to public addresses only, no
 * redirects, no proxy, no credentials from files, bounded in time and, after
 * decompression, in size.  Handles are kept and used again, so that a poll on
 * a warm connection allocates next to nothing.
 */


#include "fetch_http.h"
#include "fetch_cmd.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>


#define FETCH_HTTP_CONNECT   3000L            /* ms */
#define FETCH_HTTP_TIMEOUT   15000L
#define FETCH_HTTP_SLOW      10L              /* bytes a second, for ... */
#define FETCH_HTTP_SLOW_FOR  8L               /* ... so many seconds */
#define FETCH_HTTP_KEPT      64               /* connections */
#define FETCH_HTTP_BODY      8192
#define FETCH_HTTP_URL_MAX   8192
#define FETCH_HTTP_LINE_MAX  16384      /* a header: some tokens have 8 kB */


typedef struct fetch_http_call_s  fetch_http_call_t;

struct fetch_http_call_s {
    CURL                     *easy;
    struct curl_slist        *headers;
    char                     *body;
    size_t                    len;
    size_t                    size;
    bool                      large;          /* too large */
    bool                      here;
    fetch_http_done_pt        done;
    void                     *data;
    fetch_http_call_t        *next;
    fetch_http_call_t        *prev;
};


struct fetch_http_s {
    CURLM                    *multi;
    fetch_http_call_t         active;         /* a ring */
    fetch_http_call_t        *idle;
    unsigned                  nactive;
};


static fetch_http_call_t *fetch_http_call(fetch_http_t *http);
static void fetch_http_free(fetch_http_call_t *call);
static int fetch_http_setup(fetch_http_call_t *call,
    const fetch_request_t *req);
static int fetch_http_header(fetch_http_call_t *call, const char *name,
    size_t len, const wismo_str_t *value);
static void fetch_http_unlink(fetch_http_t *http, fetch_http_call_t *call);
static void fetch_http_finish(fetch_http_t *http, fetch_http_call_t *call,
    CURLcode code);
static size_t fetch_http_body(char *data, size_t size, size_t n, void *ctx);
static curl_socket_t fetch_http_socket(void *ctx, curlsocktype purpose,
    struct curl_sockaddr *addr);
static bool fetch_http_public(const struct sockaddr *sa);
static bool fetch_http_public4(uint32_t addr);


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

    http->multi = curl_multi_init();

    if (http->multi == NULL
        || curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS,
                             (long) FETCH_HTTP_KEPT) != CURLM_OK)
    {
        fetch_http_destroy(http);
        return NULL;
    }

    return http;
}


void
fetch_http_destroy(fetch_http_t *http)
{
    fetch_http_call_t   *call, *next;
    fetch_http_reply_t   reply;

    memset(&reply, 0, sizeof(fetch_http_reply_t));
    reply.error = "the program ends";

    while (http->nactive) {
        call = http->active.next;
        fetch_http_unlink(http, call);
        call->done(call->data, &reply);
        fetch_http_free(call);
    }

    for (call = http->idle; call; call = next) {
        next = call->next;
        fetch_http_free(call);
    }

    if (http->multi) {
        curl_multi_cleanup(http->multi);
    }

    curl_global_cleanup();
    free(http);
}


unsigned
fetch_http_active(const fetch_http_t *http)
{
    return http->nactive;
}


static void
fetch_http_free(fetch_http_call_t *call)
{
    if (call->easy) {
        curl_easy_cleanup(call->easy);
    }

    curl_slist_free_all(call->headers);
    free(call->body);
    free(call);
}


static fetch_http_call_t *
fetch_http_call(fetch_http_t *http)
{
    CURL               *easy;
    fetch_http_call_t  *call;

    call = http->idle;

    if (call) {
        http->idle = call->next;
        return call;
    }

    call = calloc(1, sizeof(fetch_http_call_t));

    if (call == NULL) {
        return NULL;
    }

    call->easy = curl_easy_init();
    call->body = malloc(FETCH_HTTP_BODY);
    call->size = FETCH_HTTP_BODY;
    easy = call->easy;

    if (easy == NULL || call->body == NULL
        || curl_easy_setopt(easy, CURLOPT_PRIVATE, call)
        || curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L)
        || curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L)
        || curl_easy_setopt(easy, CURLOPT_PROXY, "")
        || curl_easy_setopt(easy, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED)
        || curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "")
        || curl_easy_setopt(easy, CURLOPT_USERAGENT, "wismo/" WISMO_VERSION)
        || curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                            FETCH_HTTP_CONNECT)
        || curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, FETCH_HTTP_TIMEOUT)
        || curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, FETCH_HTTP_SLOW)
        || curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, FETCH_HTTP_SLOW_FOR)
        || curl_easy_setopt(easy, CURLOPT_SSLVERSION,
                            (long) CURL_SSLVERSION_TLSv1_2)
        || curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, fetch_http_body)
        || curl_easy_setopt(easy, CURLOPT_WRITEDATA, call)
        || curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION,
                            fetch_http_socket)
        || curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call))
    {
        fetch_http_free(call);
        return NULL;
    }

    return call;
}


int
fetch_http_send(fetch_http_t *http, const fetch_request_t *req, bool here,
    fetch_http_done_pt done, void *data)
{
    fetch_http_call_t  *call;

    call = fetch_http_call(http);

    if (call == NULL) {
        return WISMO_ERROR;
    }

    call->done = done;
    call->data = data;
    call->here = here;
    call->large = false;
    call->len = 0;

    if (fetch_http_setup(call, req) != WISMO_OK
        || curl_multi_add_handle(http->multi, call->easy) != CURLM_OK)
    {
        fetch_http_free(call);
        return WISMO_ERROR;
    }

    call->next = &http->active;
    call->prev = http->active.prev;
    call->prev->next = call;
    http->active.prev = call;
    http->nactive++;

    return WISMO_OK;
}


static int
fetch_http_setup(fetch_http_call_t *call, const fetch_request_t *req)
{
    CURL                 *easy;
    char                  url[FETCH_HTTP_URL_MAX], method[16];
    bool                  post;
    unsigned              i;
    const fetch_header_t *h;

    if (req->url.len >= sizeof(url) || req->method.len >= sizeof(method)) {
        return WISMO_ERROR;
    }

    memcpy(url, req->url.data, req->url.len);
    url[req->url.len] = '\0';
    memcpy(method, req->method.data, req->method.len);
    method[req->method.len] = '\0';

    easy = call->easy;
    post = (strcmp(method, "GET") != 0);

    for (i = 0; i < req->nheaders; i++) {
        h = &req->headers[i];

        if (fetch_http_header(call, (char *) h->name.data, h->name.len,
                              &h->value) != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    /* a small body is not worth a round trip of its own */

    if (post) {
        wismo_str_t  none = wismo_string("");

        if (fetch_http_header(call, "Expect", 6, &none) != WISMO_OK) {
            return WISMO_ERROR;
        }
    }

    if (curl_easy_setopt(easy, CURLOPT_URL, url)
        || curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
                            call->here ? "http,https" : "https")
        || curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers))
    {
        return WISMO_ERROR;
    }

    if (!post) {
        return (curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL)
                || curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L))
               ? WISMO_ERROR : WISMO_OK;
    }

    if (curl_easy_setopt(easy, CURLOPT_POST, 1L)
        || curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                            (curl_off_t) req->body.len)
        || curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS,
                            req->body.len ? (char *) req->body.data : "")
        || curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
                            strcmp(method, "POST") == 0 ? NULL : method))
    {
        return WISMO_ERROR;
    }

    return WISMO_OK;
}


static int
fetch_http_header(fetch_http_call_t *call, const char *name, size_t len,
    const wismo_str_t *value)
{
    int                 n;
    char                line[FETCH_HTTP_LINE_MAX];
    struct curl_slist  *headers;

    /* a secret or a number that held these would add headers of its own */

    if (memchr(value->data, '\r', value->len)
        || memchr(value->data, '\n', value->len))
    {
        return WISMO_ERROR;
    }

    n = snprintf(line, sizeof(line), value->len ? "%.*s: %.*s" : "%.*s:",
                 (int) len, name, (int) value->len, (char *) value->data);

    if (n < 0 || (size_t) n >= sizeof(line)) {
        return WISMO_ERROR;
    }

    headers = curl_slist_append(call->headers, line);
    explicit_bzero(line, sizeof(line));

    if (headers == NULL) {
        return WISMO_ERROR;
    }

    call->headers = headers;

    return WISMO_OK;
}


int
fetch_http_wait(fetch_http_t *http, const int *fds, unsigned nfds,
    int timeout, unsigned *ready)
{
    int                 running, left;
    CURLMsg            *msg;
    unsigned            i;
    fetch_http_call_t  *call;
    struct curl_waitfd  wait[FETCH_HTTP_FDS];

    *ready = 0;

    memset(wait, 0, sizeof(wait));

    for (i = 0; i < nfds && i < FETCH_HTTP_FDS; i++) {
        wait[i].fd = fds[i];
        wait[i].events = CURL_WAIT_POLLIN;
    }

    if (curl_multi_perform(http->multi, &running) != CURLM_OK) {
        return WISMO_ERROR;
    }

    /* a reply may be there already, and nothing would wake us for it */

    if (running < (int) http->nactive) {
        timeout = 0;
    }

    if (curl_multi_poll(http->multi, wait, i, timeout, NULL) != CURLM_OK
        || curl_multi_perform(http->multi, &running) != CURLM_OK)
    {
        return WISMO_ERROR;
    }

    while (i-- > 0) {
        if (wait[i].revents) {
            *ready |= 1u << i;
        }
    }

    while ((msg = curl_multi_info_read(http->multi, &left)) != NULL) {

        if (msg->msg != CURLMSG_DONE
            || curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE,
                                 (char **) &call) != CURLE_OK)
        {
            continue;
        }

        fetch_http_finish(http, call, msg->data.result);
    }

    return WISMO_OK;
}


static void
fetch_http_unlink(fetch_http_t *http, fetch_http_call_t *call)
{
    call->next->prev = call->prev;
    call->prev->next = call->next;
    http->nactive--;

    curl_multi_remove_handle(http->multi, call->easy);
}


static void
fetch_http_finish(fetch_http_t *http, fetch_http_call_t *call, CURLcode code)
{
    long                 status;
    fetch_header_t      *h;
    fetch_http_reply_t   reply;
    struct curl_header  *header;

    fetch_http_unlink(http, call);

    memset(&reply, 0, sizeof(fetch_http_reply_t));

    if (code == CURLE_OK
        && curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status)
           == CURLE_OK
        && status > 0)
    {
        reply.status = (int) status;
        reply.body.data = (unsigned char *) call->body;
        reply.body.len = call->len;

        header = NULL;

        while (reply.nheaders < FETCH_HTTP_HEADERS
               && (header = curl_easy_nextheader(call->easy, CURLH_HEADER, -1,
                                                 header)) != NULL)
        {
            h = &reply.headers[reply.nheaders++];

            h->name.data = (unsigned char *) header->name;
            h->name.len = strlen(header->name);
            h->value.data = (unsigned char *) header->value;
            h->value.len = strlen(header->value);
        }

    } else {
        reply.error = call->large ? "the reply is too large"
                                  : curl_easy_strerror(code);
    }

    call->done(call->data, &reply);

    curl_slist_free_all(call->headers);
    call->headers = NULL;

    /* one large reply is no reason to keep the room for ever */

    if (call->size > 4 * FETCH_HTTP_BODY) {
        fetch_http_free(call);
        return;
    }

    call->next = http->idle;
    http->idle = call;
}


static size_t
fetch_http_body(char *data, size_t size, size_t n, void *ctx)
{
    fetch_http_call_t *call = ctx;

    char    *body;
    size_t   more;

    n *= size;

    if (n > FETCH_REPLY_MAX || call->len > FETCH_REPLY_MAX - n) {
        call->large = true;
        return 0;
    }

    if (call->size - call->len < n) {
        more = call->size;

        while (more - call->len < n) {
            more *= 2;
        }

        body = realloc(call->body, more);

        if (body == NULL) {
            return 0;
        }

        call->body = body;
        call->size = more;
    }

    memcpy(call->body + call->len, data, n);
    call->len += n;

    return n;
}


/* Checked is the address that is used: a name that points elsewhere at the
 * second look-up gains nothing. */

static curl_socket_t
fetch_http_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *addr)
{
    fetch_http_call_t *call = ctx;

    (void) purpose;

    if (!call->here && !fetch_http_public(&addr->addr)) {
        return CURL_SOCKET_BAD;
    }

    return socket(addr->family, addr->socktype | SOCK_CLOEXEC,
                  addr->protocol);
}


static bool
fetch_http_public(const struct sockaddr *sa)
{
    uint32_t                    v4;
    const unsigned char        *p;
    const struct sockaddr_in   *sin;
    const struct sockaddr_in6  *sin6;

    if (sa->sa_family == AF_INET) {
        sin = (const struct sockaddr_in *) (const void *) sa;
        return fetch_http_public4(ntohl(sin->sin_addr.s_addr));
    }

    if (sa->sa_family != AF_INET6) {
        return false;
    }

    sin6 = (const struct sockaddr_in6 *) (const void *) sa;
    p = sin6->sin6_addr.s6_addr;

    if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
        memcpy(&v4, p + 12, 4);
        return fetch_http_public4(ntohl(v4));
    }

    /* 2000::/3 is all that is routed, but for 6to4 and documentation */

    return (p[0] & 0xe0) == 0x20
           && !(p[0] == 0x20 && p[1] == 0x02)
           && !(p[0] == 0x20 && p[1] == 0x01 && p[2] == 0x0d && p[3] == 0xb8)
           && !(p[0] == 0x20 && p[1] == 0x01 && p[2] == 0 && p[3] == 0);
}


static bool
fetch_http_public4(uint32_t addr)
{
    unsigned  i;

    static const struct {
        uint32_t  net;
        uint32_t  mask;
    } closed[] = {
        { 0x00000000, 0xff000000 },           /* 0/8 */
        { 0x0a000000, 0xff000000 },           /* 10/8 */
        { 0x64400000, 0xffc00000 },           /* 100.64/10 */
        { 0x7f000000, 0xff000000 },           /* 127/8 */
        { 0xa9fe0000, 0xffff0000 },           /* 169.254/16 */
        { 0xac100000, 0xfff00000 },           /* 172.16/12 */
        { 0xc0000000, 0xffffff00 },           /* 192.0.0/24 */
        { 0xc0000200, 0xffffff00 },           /* 192.0.2/24 */
        { 0xc0a80000, 0xffff0000 },           /* 192.168/16 */
        { 0xc6120000, 0xfffe0000 },           /* 198.18/15 */
        { 0xc6336400, 0xffffff00 },           /* 198.51.100/24 */
        { 0xcb007100, 0xffffff00 },           /* 203.0.113/24 */
        { 0xe0000000, 0xe0000000 }            /* 224/3 */
    };

    for (i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
        if ((addr & closed[i].mask) == closed[i].net) {
            return false;
        }
    }

    return true;
}
