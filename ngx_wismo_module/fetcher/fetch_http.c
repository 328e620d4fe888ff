
/*
 * Copyright (C) The Wismo authors
 *
 * HTTP, set up for talking to strangers: TLS to public addresses only, no
 * redirects, no proxy, no credentials from files, bounded in time and, after
 * decompression, in size.  Handles, connections and TLS sessions are kept and
 * used again, so that a poll on a warm connection allocates next to nothing.
 * Waiting is done in fetch_multi.c.
 */


#include "fetch_multi.h"
#include "fetch_address.h"
#include "fetch_cmd.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>


#define FETCH_HTTP_CONNECT   3000L            /* ms */
#define FETCH_HTTP_TIMEOUT   15000L
#define FETCH_HTTP_SLOW      10L              /* bytes a second, for ... */
#define FETCH_HTTP_SLOW_FOR  8L               /* ... so many seconds */
#define FETCH_HTTP_BODY      8192
#define FETCH_HTTP_URL_MAX   8192
#define FETCH_HTTP_LINE_MAX  16384      /* a header: some tokens have 8 kB */
#define FETCH_HTTP_OWN       3                /* headers of ours */


typedef struct {
    fetch_call_t              call;           /* first */
    CURLU                    *url;
    char                     *server;         /* the URL, as it is set */
    size_t                    server_len;     /* 0: none, or a whole URL */
    struct curl_slist        *headers;        /* their texts are in lines */
    unsigned                  nheaders;
    unsigned                  max;
    char                     *lines;
    size_t                    lines_len;
    size_t                    lines_size;
    char                     *body;
    size_t                    len;
    size_t                    size;
    bool                      large;          /* too large */
    bool                      here;           /* as it is set */
    bool                      get;            /* as it is set */
    fetch_http_done_pt        done;
    void                     *data;
} fetch_http_call_t;


static fetch_http_call_t *fetch_http_call(fetch_http_t *http);
static void fetch_http_free(fetch_call_t *c);
static int fetch_http_setup(fetch_http_call_t *call,
    const fetch_request_t *req, bool here);
static int fetch_http_url(fetch_http_call_t *call, const wismo_str_t *url);
static size_t fetch_http_target(const wismo_str_t *url);
static int fetch_http_headers(fetch_http_call_t *call,
    const fetch_request_t *req, bool post);
static bool fetch_http_has(const fetch_request_t *req,
    const wismo_str_t *name);
static int fetch_http_header(fetch_http_call_t *call,
    const wismo_str_t *name, const wismo_str_t *value);
static void fetch_http_finish(fetch_http_t *http, fetch_call_t *c,
    CURLcode code);
static size_t fetch_http_body(char *data, size_t size, size_t n, void *ctx);
static curl_socket_t fetch_http_socket(void *ctx, curlsocktype purpose,
    struct curl_sockaddr *addr);


static void
fetch_http_free(fetch_call_t *c)
{
    fetch_http_call_t *call = (fetch_http_call_t *) c;

    if (c->easy) {
        curl_easy_cleanup(c->easy);
    }

    curl_url_cleanup(call->url);
    free(call->server);

    if (call->lines) {
        explicit_bzero(call->lines, call->lines_size);
    }

    free(call->lines);
    free(call->headers);
    free(call->body);
    free(call);
}


static fetch_http_call_t *
fetch_http_call(fetch_http_t *http)
{
    CURL               *easy;
    fetch_http_call_t  *call;

    if (http->idle) {
        call = (fetch_http_call_t *) http->idle;
        http->idle = http->idle->next;
        return call;
    }

    call = calloc(1, sizeof(fetch_http_call_t));

    if (call == NULL) {
        return NULL;
    }

    call->call.finish = fetch_http_finish;
    call->call.free = fetch_http_free;
    call->call.easy = curl_easy_init();
    call->get = true;
    call->url = curl_url();
    call->body = malloc(FETCH_HTTP_BODY);
    call->size = FETCH_HTTP_BODY;
    easy = call->call.easy;

    if (easy == NULL || call->url == NULL || call->body == NULL
        || curl_easy_setopt(easy, CURLOPT_CURLU, call->url)
        || curl_easy_setopt(easy, CURLOPT_SHARE, http->share)
        || curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https")
        || curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L)
        || curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L)
        || curl_easy_setopt(easy, CURLOPT_PROXY, "")
        || curl_easy_setopt(easy, CURLOPT_NOPROXY, "*")
        || curl_easy_setopt(easy, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED)
        || curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "")
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
        fetch_http_free(&call->call);
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
    call->large = false;
    call->len = 0;

    if (fetch_http_setup(call, req, here) != WISMO_OK
        || fetch_multi_start(http, &call->call) != WISMO_OK)
    {
        fetch_http_free(&call->call);
        return WISMO_ERROR;
    }

    return WISMO_OK;
}


/* What is as it was for the request before is not set again. */

static int
fetch_http_setup(fetch_http_call_t *call, const fetch_request_t *req,
    bool here)
{
    CURL                 *easy;
    char                  method[16];
    bool                  post, get;

    if (req->method.len >= sizeof(method)) {
        return WISMO_ERROR;
    }

    memcpy(method, req->method.data, req->method.len);
    method[req->method.len] = '\0';

    easy = call->call.easy;
    post = (strcmp(method, "GET") != 0);

    if (fetch_http_headers(call, req, post) != WISMO_OK) {
        return WISMO_ERROR;
    }

    if (fetch_http_url(call, &req->url) != WISMO_OK
        || curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers)
        || (here != call->here
            && curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
                                here ? "http,https" : "https")))
    {
        return WISMO_ERROR;
    }

    get = call->get;
    call->here = here;
    call->get = !post;

    if (!post) {
        return (!get && (curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL)
                         || curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L)))
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


/*
 * What follows the server's name changes with each request, and is given as
 * the target, which libcurl copies.  As part of the URL it would be parsed,
 * taken to pieces and printed again, a fifth of all that a poll costs.
 */

static int
fetch_http_url(fetch_http_call_t *call, const wismo_str_t *url)
{
    CURL    *easy;
    char     text[FETCH_HTTP_URL_MAX], *server;
    size_t   len;

    if (url->len >= sizeof(text)) {
        return WISMO_ERROR;
    }

    memcpy(text, url->data, url->len);
    text[url->len] = '\0';

    easy = call->call.easy;
    len = fetch_http_target(url);

    if (curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET,
                         len ? text + len : NULL))
    {
        return WISMO_ERROR;
    }

    if (len && len == call->server_len
        && memcmp(text, call->server, len) == 0)
    {
        return WISMO_OK;
    }

    call->server_len = 0;

    if (len) {
        server = realloc(call->server, len);

        if (server == NULL) {
            return WISMO_ERROR;
        }

        memcpy(server, text, len);
        call->server = server;
        text[len] = '\0';
    }

    /* both: given one only, libcurl makes the other of it each time */

    if (curl_url_set(call->url, CURLUPART_URL, text, 0)
        || curl_easy_setopt(easy, CURLOPT_URL, text))
    {
        return WISMO_ERROR;
    }

    call->server_len = len;

    return WISMO_OK;
}


/* Where it begins, or 0 if libcurl should see it: a fragment, which is not
 * sent, dots, which it resolves, and what has no place in a URL. */

static size_t
fetch_http_target(const wismo_str_t *url)
{
    size_t                i, target;
    const unsigned char  *p;

    p = url->data;
    target = 0;

    for (i = 0; i + 3 < url->len; i++) {
        if (memcmp(p + i, "://", 3) == 0) {
            target = i + 3;
            break;
        }
    }

    while (target && target < url->len && p[target] != '/'
           && p[target] != '?' && p[target] != '#')
    {
        target++;
    }

    if (target == 0 || target == url->len || p[target] != '/') {
        return 0;
    }

    for (i = target; i < url->len; i++) {
        if (p[i] <= ' ' || p[i] >= 0x7f || p[i] == '#'
            || (p[i] == '/' && i + 1 < url->len && p[i + 1] == '.'))
        {
            return 0;
        }
    }

    return target;
}


/*
 * A list of libcurl's, but in memory that is used again.  What libcurl would
 * add by itself is faster as a header: it prints letter by letter.
 */

static int
fetch_http_headers(fetch_http_call_t *call, const fetch_request_t *req,
    bool post)
{
    char               *lines;
    size_t              size;
    unsigned            i, n;
    struct curl_slist  *headers;

    static const struct {
        wismo_str_t     name;
        wismo_str_t     value;
    } own[FETCH_HTTP_OWN] = {
        { wismo_string("User-Agent"), wismo_string("wismo/" WISMO_VERSION) },
        { wismo_string("Accept-Encoding"), wismo_string("gzip, deflate") },

        /* a small body is not worth a round trip of its own */

        { wismo_string("Expect"), wismo_string("") }
    };

    n = req->nheaders + FETCH_HTTP_OWN;
    size = 128;

    for (i = 0; i < req->nheaders; i++) {
        size += req->headers[i].name.len + req->headers[i].value.len + 3;
    }

    if (n > call->max) {
        headers = realloc(call->headers, n * sizeof(struct curl_slist));

        if (headers == NULL) {
            return WISMO_ERROR;
        }

        call->headers = headers;
        call->max = n;
    }

    if (size > call->lines_size) {
        lines = realloc(call->lines, size);

        if (lines == NULL) {
            return WISMO_ERROR;
        }

        call->lines = lines;
        call->lines_size = size;
    }

    call->nheaders = 0;
    call->lines_len = 0;

    for (i = 0; i < FETCH_HTTP_OWN - (post ? 0 : 1); i++) {
        if (!fetch_http_has(req, &own[i].name)
            && fetch_http_header(call, &own[i].name, &own[i].value)
               != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    for (i = 0; i < req->nheaders; i++) {
        if (fetch_http_header(call, &req->headers[i].name,
                              &req->headers[i].value) != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    return WISMO_OK;
}


static bool
fetch_http_has(const fetch_request_t *req, const wismo_str_t *name)
{
    unsigned            i;
    const wismo_str_t  *other;

    for (i = 0; i < req->nheaders; i++) {
        other = &req->headers[i].name;

        if (other->len == name->len
            && strncasecmp((char *) other->data, (char *) name->data,
                           name->len) == 0)
        {
            return true;
        }
    }

    return false;
}


static int
fetch_http_header(fetch_http_call_t *call, const wismo_str_t *name,
    const wismo_str_t *value)
{
    char               *p;
    size_t              len;
    struct curl_slist  *header;

    /* a secret or a number that held these would add headers of its own */

    if (memchr(value->data, '\r', value->len)
        || memchr(value->data, '\n', value->len)
        || memchr(value->data, '\0', value->len))
    {
        return WISMO_ERROR;
    }

    len = name->len + value->len + 3;

    if (len > FETCH_HTTP_LINE_MAX
        || len > call->lines_size - call->lines_len)
    {
        return WISMO_ERROR;
    }

    p = call->lines + call->lines_len;
    call->lines_len += len;

    header = &call->headers[call->nheaders];
    header->data = p;
    header->next = NULL;

    if (call->nheaders++) {
        header[-1].next = header;
    }

    memcpy(p, name->data, name->len);
    p += name->len;
    *p++ = ':';

    /* nothing after the colon: the header is not sent */

    if (value->len) {
        *p++ = ' ';
        memcpy(p, value->data, value->len);
        p += value->len;
    }

    *p = '\0';

    return WISMO_OK;
}


static void
fetch_http_finish(fetch_http_t *http, fetch_call_t *c, CURLcode code)
{
    fetch_http_call_t *call = (fetch_http_call_t *) c;

    long                 status, bytes;
    fetch_header_t      *h;
    fetch_http_reply_t   reply;
    struct curl_header  *header;

    static const char    wanted[] = "Retry-After";

    memset(&reply, 0, sizeof(fetch_http_reply_t));

    if (code == CURLE_OK
        && curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status)
           == CURLE_OK
        && status > 0)
    {
        reply.status = (int) status;
        reply.body.data = (unsigned char *) call->body;
        reply.body.len = call->len;

        /* the one header that anybody reads */

        if (curl_easy_header(c->easy, wanted, 0, CURLH_HEADER, -1, &header)
            == CURLHE_OK)
        {
            h = &reply.headers[reply.nheaders++];

            wismo_str_set(&h->name, wanted);
            h->value = wismo_str_of(header->value);
        }

    } else {
        reply.error = http->ending ? "the program ends"
                      : call->large ? "the reply is too large"
                                    : curl_easy_strerror(code);
    }

    reply.sent = curl_easy_getinfo(c->easy, CURLINFO_REQUEST_SIZE, &bytes)
                 == CURLE_OK && bytes > 0;

    call->done(call->data, &reply);

    explicit_bzero(call->lines, call->lines_len);

    /* one large reply is no reason to keep the room for ever */

    if (call->size > 4 * FETCH_HTTP_BODY) {
        fetch_http_free(c);
        return;
    }

    c->next = http->idle;
    http->idle = c;
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

    if (!call->here && !fetch_address_public(&addr->addr)) {
        return CURL_SOCKET_BAD;
    }

    return socket(addr->family, addr->socktype | SOCK_CLOEXEC,
                  addr->protocol);
}
