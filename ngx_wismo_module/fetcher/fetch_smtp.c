
/*
 * Copyright (C) The Wismo authors
 *
 * SMTP by libcurl, over the handle that everything else is in: connections to
 * a relay are kept and used again.  Called by fetch_mail.c.
 *
 * How far a message got decides whether it may be sent again, and libcurl's
 * codes don't say it, so the dialogue is followed.  None of it may be kept or
 * told but the codes: it holds passwords and addresses.
 */


#include "fetch_multi.h"
#include "fetch_smtp.h"

#include <stdlib.h>


#define FETCH_SMTP_CONNECT   10000L           /* ms */


typedef struct {
    fetch_call_t              call;           /* first */
    struct curl_slist        *to;
    wismo_str_t               message;
    size_t                    sent;
    fetch_smtp_phase_e        phase;
    int                       code;
    int                       subject;
    int                       detail;
    bool                      quit;           /* it is being left */
    fetch_smtp_done_pt        done;
    void                     *data;
} fetch_smtp_call_t;


static int fetch_smtp_setup(fetch_http_t *http, fetch_smtp_call_t *call,
    const fetch_smtp_relay_t *relay, const char *from);
static size_t fetch_smtp_read(char *buf, size_t size, size_t n, void *ctx);
static int fetch_smtp_heard(CURL *easy, curl_infotype type, char *text,
    size_t len, void *ctx);
static void fetch_smtp_enhanced(fetch_smtp_call_t *call, const char *text,
    size_t len);
static size_t fetch_smtp_ignore(char *buf, size_t size, size_t n, void *ctx);
static void fetch_smtp_finish(fetch_http_t *http, fetch_call_t *c,
    CURLcode code);
static void fetch_smtp_free(fetch_call_t *c);


int
fetch_smtp_send(fetch_http_t *http, const fetch_smtp_relay_t *relay,
    const char *from, const char *to, const wismo_str_t *message,
    fetch_smtp_done_pt done, void *data)
{
    fetch_smtp_call_t  *call;

    call = calloc(1, sizeof(fetch_smtp_call_t));

    if (call == NULL) {
        return WISMO_ERROR;
    }

    call->call.finish = fetch_smtp_finish;
    call->call.free = fetch_smtp_free;
    call->call.easy = curl_easy_init();
    call->to = curl_slist_append(NULL, to);
    call->message = *message;
    call->done = done;
    call->data = data;

    if (call->call.easy == NULL || call->to == NULL
        || fetch_smtp_setup(http, call, relay, from) != WISMO_OK
        || fetch_multi_start(http, &call->call) != WISMO_OK)
    {
        fetch_smtp_free(&call->call);
        return WISMO_ERROR;
    }

    return WISMO_OK;
}


static int
fetch_smtp_setup(fetch_http_t *http, fetch_smtp_call_t *call,
    const fetch_smtp_relay_t *relay, const char *from)
{
    CURL  *easy;

    easy = call->call.easy;

    if (curl_easy_setopt(easy, CURLOPT_URL, relay->url)
        || curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        || curl_easy_setopt(easy, CURLOPT_SHARE, http->share)
        || curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L)
        || curl_easy_setopt(easy, CURLOPT_PROXY, "")
        || curl_easy_setopt(easy, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED)
        || curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                            FETCH_SMTP_CONNECT)
        || curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, relay->timeout)
        || curl_easy_setopt(easy, CURLOPT_SSLVERSION,
                            (long) CURL_SSLVERSION_TLSv1_2)
        || curl_easy_setopt(easy, CURLOPT_USE_SSL,
                            (long) (relay->starttls ? CURLUSESSL_ALL
                                                    : CURLUSESSL_NONE))
        || curl_easy_setopt(easy, CURLOPT_MAIL_FROM, from)
        || curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, call->to)
        || curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L)
        || curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                            (curl_off_t) call->message.len)
        || curl_easy_setopt(easy, CURLOPT_READFUNCTION, fetch_smtp_read)
        || curl_easy_setopt(easy, CURLOPT_READDATA, call)
        || curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, fetch_smtp_ignore)
        || curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, fetch_smtp_heard)
        || curl_easy_setopt(easy, CURLOPT_DEBUGDATA, call)
        || curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L))
    {
        return WISMO_ERROR;
    }

    if (relay->user
        && (curl_easy_setopt(easy, CURLOPT_USERNAME, relay->user)
            || curl_easy_setopt(easy, CURLOPT_PASSWORD, relay->password)))
    {
        return WISMO_ERROR;
    }

    return (relay->ca_file
            && curl_easy_setopt(easy, CURLOPT_CAINFO, relay->ca_file))
           ? WISMO_ERROR : WISMO_OK;
}


static size_t
fetch_smtp_read(char *buf, size_t size, size_t n, void *ctx)
{
    fetch_smtp_call_t *call = ctx;

    n *= size;

    if (n > call->message.len - call->sent) {
        n = call->message.len - call->sent;
    }

    memcpy(buf, call->message.data + call->sent, n);
    call->sent += n;

    if (call->sent == call->message.len) {
        call->phase = FETCH_SMTP_HANDED;
        call->code = 0;
    }

    return n;
}


/* Commands go out one by one, each is answered before the next. */

static int
fetch_smtp_heard(CURL *easy, curl_infotype type, char *text, size_t len,
    void *ctx)
{
    fetch_smtp_call_t *call = ctx;

    (void) easy;

    /* what comes after "QUIT" answers that */

    if (call->quit) {
        return 0;
    }

    if (type == CURLINFO_HEADER_OUT) {

        if (len >= 4 && memcmp(text, "QUIT", 4) == 0) {
            call->quit = true;
            return 0;
        }

        call->code = 0;

        if (len >= 4 && memcmp(text, "RCPT", 4) == 0) {
            call->phase = FETCH_SMTP_RECIPIENT;

        } else if (len >= 4 && memcmp(text, "DATA", 4) == 0) {
            call->phase = FETCH_SMTP_BODY;
        }

    } else if (type == CURLINFO_HEADER_IN) {

        if (len >= 4 && text[3] != '-' && text[0] >= '2' && text[0] <= '5'
            && text[1] >= '0' && text[1] <= '9'
            && text[2] >= '0' && text[2] <= '9')
        {
            call->code = (text[0] - '0') * 100 + (text[1] - '0') * 10
                         + (text[2] - '0');
            fetch_smtp_enhanced(call, text + 4, len - 4);
        }
    }

    return 0;
}


/* "5.1.1 ", of which the first digit is that of the code. */

static void
fetch_smtp_enhanced(fetch_smtp_call_t *call, const char *text, size_t len)
{
    int     part[3];
    size_t  i, n;

    call->subject = 0;
    call->detail = 0;

    i = 0;

    for (n = 0; n < 3; n++) {

        if (n && (i == len || text[i++] != '.')) {
            return;
        }

        if (i == len || text[i] < '0' || text[i] > '9') {
            return;
        }

        part[n] = 0;

        while (i < len && text[i] >= '0' && text[i] <= '9' && part[n] < 100) {
            part[n] = part[n] * 10 + (text[i++] - '0');
        }
    }

    if (part[0] == call->code / 100) {
        call->subject = part[1];
        call->detail = part[2];
    }
}


/* Else libcurl writes to stdout what it is answered. */

static size_t
fetch_smtp_ignore(char *buf, size_t size, size_t n, void *ctx)
{
    (void) buf;
    (void) ctx;

    return size * n;
}


static void
fetch_smtp_finish(fetch_http_t *http, fetch_call_t *c, CURLcode code)
{
    fetch_smtp_call_t *call = (fetch_smtp_call_t *) c;

    fetch_smtp_reply_t  reply;

    reply.phase = call->phase;
    reply.code = call->code;
    reply.subject = call->subject;
    reply.detail = call->detail;
    reply.error = NULL;

    if (code != CURLE_OK || call->phase != FETCH_SMTP_HANDED
        || call->code / 100 != 2)
    {
        reply.error = http->ending ? "the program ends"
                      : (code != CURLE_OK) ? curl_easy_strerror(code)
                                           : "the relay did not answer";
    }

    call->done(call->data, &reply);

    fetch_smtp_free(c);
}


static void
fetch_smtp_free(fetch_call_t *c)
{
    fetch_smtp_call_t *call = (fetch_smtp_call_t *) c;

    if (c->easy) {
        curl_easy_cleanup(c->easy);
    }

    curl_slist_free_all(call->to);
    free(call);
}
