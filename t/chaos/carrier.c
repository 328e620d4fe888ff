
/*
 * Copyright (C) The Wismo authors
 *
 * A carrier for t/chaos.t, fast enough for tens of thousands of parcels: it
 * answers in UPS's form, has one event more to tell at each question about a
 * number until the parcel is delivered, and counts.  It is no simulator: it
 * knows no faults and believes whatever it is asked.
 *
 *   carrier PORT EVENTS MIN-MAX [SECONDS]...
 *
 * A reply takes between MIN and MAX ms.  GET /counts tells "calls N", for
 * each SECONDS "window SECONDS N", the most calls in any span of that length,
 * and "number NUMBER N".
 */


#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>


#define CARRIER_CONNS        512
#define CARRIER_IN           4096
#define CARRIER_OUT          16384
#define CARRIER_NUMBER       20
#define CARRIER_NUMBERS      (1 << 17)
#define CARRIER_EVENTS       24
#define CARRIER_WINDOWS      4
#define CARRIER_CALLS        (1 << 20)


typedef struct {
    char                  in[CARRIER_IN];
    size_t                len;
    char                 *out;
    size_t                nout;
    int64_t               at;                 /* ms, when it is sent */
} carrier_conn_t;


typedef struct {
    char                  number[CARRIER_NUMBER];
    unsigned              calls;
} carrier_number_t;


typedef struct {
    int64_t               length;             /* ms */
    unsigned              first;              /* call in the last span */
    unsigned              max;
} carrier_window_t;


static int64_t carrier_now(void);
static void carrier_accept(void);
static void carrier_read(unsigned i);
static size_t carrier_request(carrier_conn_t *conn);
static void carrier_answer(carrier_conn_t *conn, FILE *body, char **text,
    size_t *len);
static void carrier_track(FILE *out, const char *number, unsigned stage);
static void carrier_counts(FILE *out);
static unsigned carrier_count(const char *number);
static void carrier_send(unsigned i);
static void carrier_close(unsigned i);
static int carrier_timeout(void);


static struct pollfd      fds[CARRIER_CONNS + 1];
static carrier_conn_t     conns[CARRIER_CONNS + 1];
static nfds_t             nfds;

static carrier_number_t   numbers[CARRIER_NUMBERS];
static carrier_window_t   windows[CARRIER_WINDOWS];
static unsigned           nwindows, calls;
static int64_t            times[CARRIER_CALLS];

static unsigned           events;
static int                delay_min, delay_max;
static time_t             first_event;


int
main(int argc, char **argv)
{
    int                 i, on;
    nfds_t              k;
    struct sockaddr_in  sin;

    if (argc < 4 || argc > 4 + CARRIER_WINDOWS
        || sscanf(argv[3], "%d-%d", &delay_min, &delay_max) != 2
        || delay_min < 0 || delay_max < delay_min)
    {
        fprintf(stderr, "usage: %s PORT EVENTS MIN-MAX [SECONDS]...\n",
                argv[0]);
        return 2;
    }

    events = (unsigned) atoi(argv[2]);

    if (events < 3 || events > CARRIER_EVENTS) {
        fprintf(stderr, "EVENTS: 3 to %d\n", CARRIER_EVENTS);
        return 2;
    }

    for (i = 4; i < argc; i++) {
        windows[nwindows++].length = atoll(argv[i]) * 1000;
    }

    /* delivered more than a day ago: then nobody asks once more */

    first_event = time(NULL) - 4 * 86400;

    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
    sin.sin_port = htons((uint16_t) atoi(argv[1]));
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    on = 1;
    fds[0].fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                       0);
    fds[0].events = POLLIN;
    nfds = 1;

    if (fds[0].fd == -1
        || setsockopt(fds[0].fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on))
           == -1
        || bind(fds[0].fd, (struct sockaddr *) &sin, sizeof(sin)) == -1
        || listen(fds[0].fd, 128) == -1)
    {
        perror("carrier");
        return 1;
    }

    while (poll(fds, nfds, carrier_timeout()) != -1 || errno == EINTR) {

        /* from the end, since closing one moves the last into its place */

        for (k = nfds - 1; k > 0; k--) {

            if (conns[k].out && conns[k].at <= carrier_now()) {
                carrier_send((unsigned) k);

            } else if (fds[k].revents) {
                carrier_read((unsigned) k);
            }
        }

        if (fds[0].revents) {
            carrier_accept();
        }
    }

    perror("poll");

    return 1;
}


static int64_t
carrier_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_REALTIME, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


static int
carrier_timeout(void)
{
    nfds_t   k;
    int64_t  now, next;

    now = carrier_now();
    next = now + 1000;

    for (k = 1; k < nfds; k++) {
        if (conns[k].out && conns[k].at < next) {
            next = conns[k].at;
        }
    }

    return (next > now) ? (int) (next - now) : 0;
}


static void
carrier_accept(void)
{
    int  fd;

    while (nfds <= CARRIER_CONNS
           && (fd = accept4(fds[0].fd, NULL, NULL,
                            SOCK_CLOEXEC | SOCK_NONBLOCK)) != -1)
    {
        memset(&conns[nfds], 0, sizeof(carrier_conn_t));
        fds[nfds].fd = fd;
        fds[nfds].events = POLLIN;
        fds[nfds].revents = 0;
        nfds++;
    }
}


static void
carrier_close(unsigned i)
{
    close(fds[i].fd);
    free(conns[i].out);

    nfds--;
    fds[i] = fds[nfds];
    conns[i] = conns[nfds];
}


static void
carrier_read(unsigned i)
{
    size_t           used;
    ssize_t          n;
    carrier_conn_t  *conn;

    conn = &conns[i];

    n = recv(fds[i].fd, conn->in + conn->len, CARRIER_IN - 1 - conn->len, 0);

    if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }

    if (n <= 0) {
        carrier_close(i);
        return;
    }

    conn->len += (size_t) n;
    conn->in[conn->len] = '\0';

    used = carrier_request(conn);

    if (used == 0) {

        if (conn->len == CARRIER_IN - 1) {
            carrier_close(i);
        }

        return;
    }

    conn->len -= used;
    memmove(conn->in, conn->in + used, conn->len);
}


/* How long the request at the beginning is; 0: there is no whole one. */

static size_t
carrier_request(carrier_conn_t *conn)
{
    char    *end, *text, *line;
    FILE    *body;
    size_t   len, used;

    end = strstr(conn->in, "\r\n\r\n");

    if (end == NULL) {
        return 0;
    }

    used = (size_t) (end + 4 - conn->in);
    line = strcasestr(conn->in, "\r\nContent-Length:");

    if (line && line < end) {
        used += strtoul(line + sizeof("\r\nContent-Length:") - 1, NULL, 10);
    }

    if (used > conn->len) {
        return 0;
    }

    body = open_memstream(&text, &len);

    if (body == NULL) {
        exit(1);
    }

    carrier_answer(conn, body, &text, &len);
    free(text);

    return used;
}


static void
carrier_answer(carrier_conn_t *conn, FILE *body, char **text, size_t *len)
{
    int    n;
    char   number[CARRIER_NUMBER];
    FILE  *out;

    conn->at = carrier_now() + delay_min;

    if (delay_max > delay_min) {
        conn->at += random() % (delay_max - delay_min + 1);
    }

    n = 200;

    if (strstr(conn->in, "/oauth/token ")) {
        fputs("{\"access_token\":\"chaos\",\"expires_in\":\"14399\"}", body);

    } else if (strncmp(conn->in, "GET /counts ", 12) == 0) {
        carrier_counts(body);
        conn->at = 0;

    } else if (sscanf(conn->in, "GET /api/track/v1/details/%19[A-Z0-9]",
                      number) == 1)
    {
        carrier_track(body, number, carrier_count(number));

    } else {
        n = 404;
    }

    fclose(body);

    out = open_memstream(&conn->out, &conn->nout);

    if (out == NULL) {
        exit(1);
    }

    fprintf(out, "HTTP/1.1 %d -\r\nContent-Type: application/json\r\n"
                 "Content-Length: %zu\r\n\r\n", n, *len);
    fwrite(*text, 1, *len, out);
    fclose(out);
}


static unsigned
carrier_count(const char *number)
{
    int64_t            now;
    uint32_t           h;
    unsigned           i, n;
    const char        *p;
    carrier_window_t  *w;

    h = 2166136261u;

    for (p = number; *p; p++) {
        h = (h ^ (unsigned char) *p) * 16777619u;
    }

    for (i = h % CARRIER_NUMBERS;
         numbers[i].calls && strcmp(numbers[i].number, number) != 0;
         i = (i + 1) % CARRIER_NUMBERS)
    {
        /* void */
    }

    if (numbers[i].calls == 0) {
        snprintf(numbers[i].number, CARRIER_NUMBER, "%s", number);
    }

    if (calls == CARRIER_CALLS) {
        exit(1);
    }

    now = carrier_now();
    times[calls++] = now;

    for (w = windows; w < windows + nwindows; w++) {
        while (times[w->first] <= now - w->length) {
            w->first++;
        }

        n = calls - w->first;
        w->max = (n > w->max) ? n : w->max;
    }

    return ++numbers[i].calls;
}


static void
carrier_track(FILE *out, const char *number, unsigned stage)
{
    char         date[16], hour[16];
    time_t       at;
    unsigned     i;
    struct tm    tm;
    const char  *type, *code, *text;

    static const char  *const moves[][2] = {
        { "AR", "Arrived at Facility" }, { "DP", "Departed from Facility" }
    };

    if (stage > events) {
        stage = events;
    }

    fprintf(out, "{\"trackResponse\":{\"shipment\":[{\"inquiryNumber\":\"%s\","
                 "\"package\":[{\"trackingNumber\":\"%s\",\"activity\":[",
            number, number);

    type = code = text = "";

    for (i = stage; i > 0; i--) {

        if (i == 1) {
            type = "M";
            code = "MP";
            text = "Shipper created a label";

        } else if (i == events) {
            type = "D";
            code = "FS";
            text = "DELIVERED";

        } else if (i == 2) {
            type = "I";
            code = "OR";
            text = "Origin Scan";

        } else {
            type = "I";
            code = moves[i % 2][0];
            text = moves[i % 2][1];
        }

        at = first_event + (time_t) i * 1800;
        gmtime_r(&at, &tm);
        strftime(date, sizeof(date), "%Y%m%d", &tm);
        strftime(hour, sizeof(hour), "%H%M%S", &tm);

        fprintf(out, "%s{\"location\":{\"address\":{\"city\":\"Stop %u\","
                     "\"countryCode\":\"US\"}},\"status\":{\"type\":\"%s\","
                     "\"code\":\"%s\",\"description\":\"%s\"},"
                     "\"date\":\"%s\",\"time\":\"%s\",\"gmtDate\":\"%s\","
                     "\"gmtTime\":\"%s\",\"gmtOffset\":\"+00:00\"}",
                i == stage ? "" : ",", i, type, code, text, date, hour, date,
                hour);
    }

    fputs("],\"packageCount\":1}]}]}}", out);
}


static void
carrier_counts(FILE *out)
{
    unsigned  i;

    fprintf(out, "calls %u\n", calls);

    for (i = 0; i < nwindows; i++) {
        fprintf(out, "window %lld %u\n",
                (long long) (windows[i].length / 1000), windows[i].max);
    }

    for (i = 0; i < CARRIER_NUMBERS; i++) {
        if (numbers[i].calls) {
            fprintf(out, "number %s %u\n", numbers[i].number,
                    numbers[i].calls);
        }
    }
}


/* The counts are larger than a socket's buffer: their reader is waited for. */

static void
carrier_send(unsigned i)
{
    size_t           sent;
    ssize_t          n;
    struct pollfd    fd;
    carrier_conn_t  *conn;

    conn = &conns[i];
    sent = 0;

    while (sent < conn->nout) {
        n = send(fds[i].fd, conn->out + sent, conn->nout - sent,
                 MSG_NOSIGNAL);

        if (n > 0) {
            sent += (size_t) n;
            continue;
        }

        if (n == -1 && errno == EAGAIN) {
            fd.fd = fds[i].fd;
            fd.events = POLLOUT;

            if (poll(&fd, 1, 5000) == 1) {
                continue;
            }
        }

        carrier_close(i);
        return;
    }

    free(conn->out);
    conn->out = NULL;
}
