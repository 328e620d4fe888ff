
/*
 * Copyright (C) The Wismo authors
 *
 * The doctor's looks at receivers: libcurl connects, as it does for a message,
 * and is then told to go no further.  To a relay the sender is named on that
 * connection and taken back.
 *
 * Nothing may be sent that somebody gets.
 */


#include "fetch_probe.h"
#include "fetch_address.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>


#define FETCH_PROBE_WAIT     10000L           /* ms */


typedef struct {
    bool                      here;
    bool                      refused;        /* by the guard */
    bool                      auth;           /* offered, in the last EHLO */
    int                       code;           /* of the last reply */
} fetch_probe_call_t;


static CURL *fetch_probe_easy(const char *url, fetch_probe_call_t *call);
static curl_socket_t fetch_probe_socket(void *ctx, curlsocktype purpose,
    struct curl_sockaddr *addr);
static int fetch_probe_heard(CURL *easy, curl_infotype type, char *text,
    size_t len, void *ctx);
static void fetch_probe_fault(fetch_probe_t *probe, CURLcode code,
    const fetch_probe_call_t *call, const fetch_smtp_relay_t *relay);
static int fetch_probe_say(CURL *easy, const char *line);
static int fetch_probe_reply(CURL *easy);


void
fetch_probe_smtp(const fetch_smtp_relay_t *relay, const char *from,
    fetch_probe_t *probe)
{
    int                  rc;
    char                 line[320];
    CURL                *easy;
    CURLcode             code;
    fetch_probe_call_t   call;

    memset(probe, 0, sizeof(fetch_probe_t));
    memset(&call, 0, sizeof(fetch_probe_call_t));

    call.here = true;

    easy = fetch_probe_easy(relay->url, &call);

    if (easy == NULL
        || curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        || curl_easy_setopt(easy, CURLOPT_USE_SSL,
                            (long) (relay->starttls ? CURLUSESSL_ALL
                                                    : CURLUSESSL_NONE))
        || (relay->user
            && (curl_easy_setopt(easy, CURLOPT_USERNAME, relay->user)
                || curl_easy_setopt(easy, CURLOPT_PASSWORD,
                                    relay->password)))
        || (relay->ca_file
            && curl_easy_setopt(easy, CURLOPT_CAINFO, relay->ca_file)))
    {
        code = CURLE_OUT_OF_MEMORY;

    } else {
        code = curl_easy_perform(easy);
    }

    if (code != CURLE_OK) {
        fetch_probe_fault(probe, code, &call, relay);
        goto done;
    }

    if (relay->user && !call.auth) {
        snprintf(probe->text, sizeof(probe->text), "%s offers no AUTH: "
                 "\"user\" and its password are not asked for", relay->url);
        probe->fix = "use the relay's port for submission, often 587 or 465";
        goto done;
    }

    snprintf(line, sizeof(line), "MAIL FROM:<%.250s>\r\n", from);

    rc = fetch_probe_say(easy, line);

    if (rc / 100 != 2) {
        snprintf(probe->text, sizeof(probe->text), "%s does not take the "
                 "sender: %d", relay->url, rc);
        probe->fix = (rc == 530 || rc == 550 || rc == 554) && !relay->user
                     ? "add \"user\" and \"secret_file\", or let the relay "
                       "take mail from this host"
                     : "allow the address of \"bounces\", or of \"from\", at "
                       "the relay";

    } else {
        snprintf(probe->text, sizeof(probe->text), "%s takes mail%s%s%s",
                 relay->url, relay->starttls ? ", STARTTLS" : "",
                 relay->user ? ", with a password" : "",
                 relay->user || !call.auth ? "" : ", offers AUTH");
    }

    (void) fetch_probe_say(easy, "RSET\r\n");
    (void) fetch_probe_say(easy, "QUIT\r\n");

done:

    curl_easy_cleanup(easy);
}


void
fetch_probe_http(const char *url, bool here, fetch_probe_t *probe)
{
    CURL                *easy;
    CURLU               *u;
    CURLcode             code;
    char                *host;
    fetch_probe_call_t   call;

    memset(probe, 0, sizeof(fetch_probe_t));
    memset(&call, 0, sizeof(fetch_probe_call_t));

    call.here = here;
    host = NULL;

    /* what follows the host may be a secret */

    u = curl_url();

    if (u == NULL || curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK
        || curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
    {
        snprintf(probe->text, sizeof(probe->text), "its address is none");
        probe->fix = "write it as https://host/path";
        curl_url_cleanup(u);
        return;
    }

    easy = fetch_probe_easy(url, &call);

    code = (easy == NULL
            || curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
                                here ? "http,https" : "https"))
           ? CURLE_OUT_OF_MEMORY : curl_easy_perform(easy);

    if (code != CURLE_OK) {
        fetch_probe_fault(probe, code, &call, NULL);

        if (call.refused) {
            snprintf(probe->text, sizeof(probe->text), "%.200s is an address "
                     "of the inside, which gets nothing", host);

        } else {
            snprintf(probe->text, sizeof(probe->text), "%.120s: %.100s", host,
                     curl_easy_strerror(code));
        }

    } else {
        snprintf(probe->text, sizeof(probe->text), "%.200s answers%s", host,
                 strncmp(url, "https://", 8) == 0 ? ", with a good certificate"
                                                  : ", without TLS");
    }

    curl_free(host);
    curl_url_cleanup(u);
    curl_easy_cleanup(easy);
}


static CURL *
fetch_probe_easy(const char *url, fetch_probe_call_t *call)
{
    CURL  *easy;

    easy = curl_easy_init();

    if (easy == NULL) {
        return NULL;
    }

    if (curl_easy_setopt(easy, CURLOPT_URL, url)
        || curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L)
        || curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L)
        || curl_easy_setopt(easy, CURLOPT_PROXY, "")
        || curl_easy_setopt(easy, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED)
        || curl_easy_setopt(easy, CURLOPT_SSLVERSION,
                            (long) CURL_SSLVERSION_TLSv1_2)
        || curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, FETCH_PROBE_WAIT)
        || curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, FETCH_PROBE_WAIT)
        || curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION,
                            fetch_probe_socket)
        || curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call)
        || curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, fetch_probe_heard)
        || curl_easy_setopt(easy, CURLOPT_DEBUGDATA, call)
        || curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L))
    {
        curl_easy_cleanup(easy);
        return NULL;
    }

    return easy;
}


static curl_socket_t
fetch_probe_socket(void *ctx, curlsocktype purpose,
    struct curl_sockaddr *addr)
{
    fetch_probe_call_t *call = ctx;

    (void) purpose;

    if (!call->here && !fetch_address_public(&addr->addr)) {
        call->refused = true;
        return CURL_SOCKET_BAD;
    }

    return socket(addr->family, addr->socktype | SOCK_CLOEXEC,
                  addr->protocol);
}


/* What is offered before STARTTLS does not count after it. */

static int
fetch_probe_heard(CURL *easy, curl_infotype type, char *text, size_t len,
    void *ctx)
{
    fetch_probe_call_t *call = ctx;

    (void) easy;

    if (type == CURLINFO_HEADER_OUT && len >= 4
        && memcmp(text, "EHLO", 4) == 0)
    {
        call->auth = false;

    } else if (type == CURLINFO_HEADER_IN && len >= 4) {
        call->code = atoi(text);

        if (len >= 8 && memcmp(text, "250", 3) == 0
            && memcmp(text + 4, "AUTH", 4) == 0)
        {
            call->auth = true;
        }
    }

    return 0;
}


static void
fetch_probe_fault(fetch_probe_t *probe, CURLcode code,
    const fetch_probe_call_t *call, const fetch_smtp_relay_t *relay)
{
    snprintf(probe->text, sizeof(probe->text), "%.100s: %.100s",
             relay ? relay->url : "", curl_easy_strerror(code));

    switch (code) {

    case CURLE_COULDNT_RESOLVE_HOST:
        probe->fix = "correct the host's name, or /etc/resolv.conf";
        break;

    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
        probe->fix = call->refused
                     ? "\"private on\" if this host is yours to be told"
                     : "correct host and port, or open the firewall to them";
        break;

    case CURLE_USE_SSL_FAILED:
        probe->fix = "the relay offers no STARTTLS: let it, or use "
                     "smtps://host:465";
        break;

    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR:
        probe->fix = relay ? "name the relay as its certificate does, and the "
                             "authority's file with \"ca_file\""
                           : "let the host have a certificate that others "
                             "know";
        break;

    case CURLE_LOGIN_DENIED:
        snprintf(probe->text, sizeof(probe->text), "%.100s refuses \"user\" "
                 "and its password: %d", relay ? relay->url : "",
                 call->code);
        probe->fix = "correct \"user\" or the file of \"secret_file\"";
        break;

    default:
        probe->fix = "correct the address in \"wismo_notify\"";
    }
}


/* A command, and the code of the answer; 0: there was none. */

static int
fetch_probe_say(CURL *easy, const char *line)
{
    size_t  n, sent, len;

    len = strlen(line);

    for (sent = 0; sent < len; sent += n) {
        if (curl_easy_send(easy, line + sent, len - sent, &n) != CURLE_OK) {
            return 0;
        }
    }

    return fetch_probe_reply(easy);
}


static int
fetch_probe_reply(CURL *easy)
{
    char           buf[2048];
    size_t         n, len, start, i;
    CURLcode       code;
    curl_socket_t  fd;
    struct pollfd  p;

    len = 0;
    start = 0;

    if (curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK) {
        return 0;
    }

    while (len < sizeof(buf)) {
        code = curl_easy_recv(easy, buf + len, sizeof(buf) - len, &n);

        if (code == CURLE_AGAIN) {
            p.fd = fd;
            p.events = POLLIN;

            if (poll(&p, 1, (int) FETCH_PROBE_WAIT) <= 0) {
                return 0;
            }

            continue;
        }

        if (code != CURLE_OK || n == 0) {
            return 0;
        }

        len += n;

        /* "250-…" goes on, "250 …" ends it */

        for (i = start; i < len; i++) {
            if (buf[i] != '\n') {
                continue;
            }

            if (i - start >= 4 && buf[start + 3] != '-') {
                return atoi(buf + start);
            }

            start = i + 1;
        }
    }

    return 0;
}
