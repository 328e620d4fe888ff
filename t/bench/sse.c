
/*
 * Copyright (C) The Wismo authors
 *
 * Load for the bench's streams: opens many, each from an address of its own,
 * sends what makes events, and counts what arrives.  Called by
 * Bench::Live.  It knows nothing of who serves the streams.
 *
 *   sse PORT N PATHS            client i asks for line i of the file PATHS
 *
 * On stdin, one command a line; each is answered by a line:
 *
 *   open                        -> open MS
 *   deliver TO FILE N           sends FILE to port or socket TO and waits for
 *                               N events -> deliver US MEDIAN LAST
 *                               (microseconds from the sending's beginning)
 *   quit
 */


#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>


#define CONNECTING  64         /* at a time */
#define PATIENCE    120        /* seconds, then something is broken */


typedef struct {
    int            fd;
    uint8_t        sent;
    uint8_t        open;
    uint8_t        match;      /* of what an event begins with */
} client_t;


static const char  head[] = "HTTP/1.1 200";
static const char  event[] = "\ndata:";

static int         ep;
static int         port;
static int         n;
static char      **paths;
static int         npaths;
static client_t   *clients;

static int         opened;
static int         wanted;
static int         got;
static int64_t    *times;
static int64_t     start;


static void __attribute__((noreturn, format(printf, 1, 2)))
die(const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    fputs("sse: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);

    exit(1);
}


static int64_t
now(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);

    return (int64_t) t.tv_sec * 1000000 + t.tv_nsec / 1000;
}


static void
watch(int fd, int op, uint32_t events, void *data)
{
    struct epoll_event  ev;

    ev.events = events;
    ev.data.ptr = data;

    if (epoll_ctl(ep, op, fd, &ev) == -1) {
        die("epoll_ctl: %s", strerror(errno));
    }
}


static void
client_connect(client_t *c)
{
    int                 i, on;
    struct sockaddr_in  from, to;

    i = (int) (c - clients);

    c->fd = socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);

    if (c->fd == -1) {
        die("socket: %s", strerror(errno));
    }

    memset(&from, 0, sizeof(from));
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(0x7f010001 + (uint32_t) i);

    on = 1;
    (void) setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

    if (bind(c->fd, (struct sockaddr *) &from, sizeof(from)) == -1) {
        die("bind: %s", strerror(errno));
    }

    to = from;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons((uint16_t) port);

    if (connect(c->fd, (struct sockaddr *) &to, sizeof(to)) == -1
        && errno != EINPROGRESS)
    {
        die("connect: %s", strerror(errno));
    }

    watch(c->fd, EPOLL_CTL_ADD, EPOLLOUT, c);
}


static void
client_ask(client_t *c)
{
    int   len;
    char  buf[1024];

    len = snprintf(buf, sizeof(buf), "GET %s HTTP/1.1\r\n"
                   "Host: shop.example\r\n"
                   "Accept: text/event-stream\r\n"
                   "Accept-Language: en-US,en;q=0.9\r\n"
                   "Accept-Encoding: gzip, deflate, br\r\n"
                   "Cache-Control: no-cache\r\n"
                   "User-Agent: Mozilla/5.0 (X11; Linux x86_64) "
                   "AppleWebKit/537.36 (KHTML, like Gecko) "
                   "Chrome/131.0.0.0 Safari/537.36\r\n\r\n",
                   paths[(c - clients) % npaths]);

    if (write(c->fd, buf, (size_t) len) != len) {
        die("write: %s", strerror(errno));
    }

    c->sent = 1;

    watch(c->fd, EPOLL_CTL_MOD, EPOLLIN, c);
}


static void
client_event(int64_t t)
{
    if (got < wanted) {
        times[got++] = t - start;
    }
}


static void
client_read(client_t *c)
{
    char     buf[4096];
    int64_t  t;
    ssize_t  i, len;

    len = read(c->fd, buf, sizeof(buf));

    if (len == -1 && errno == EAGAIN) {
        return;
    }

    if (len <= 0) {
        die("a stream has ended");
    }

    i = 0;

    if (!c->open) {

        if (len < (ssize_t) sizeof(head)
            || memcmp(buf, head, sizeof(head) - 1) != 0)
        {
            die("no stream: %.40s", buf);
        }

        c->open = 1;
        opened++;
    }

    t = now();

    for ( /* void */ ; i < len; i++) {

        if (buf[i] == event[c->match]) {
            c->match++;

        } else {
            c->match = (buf[i] == event[0]);
        }

        if (c->match == sizeof(event) - 1) {
            c->match = 0;
            client_event(t);
        }
    }
}


static int
turn(int timeout)
{
    int                 i, k;
    client_t           *c;
    struct epoll_event  events[256];

    k = epoll_wait(ep, events, 256, timeout);

    for (i = 0; i < k; i++) {
        c = events[i].data.ptr;

        if (c == NULL) {
            continue;
        }

        if (!c->sent) {
            client_ask(c);

        } else {
            client_read(c);
        }
    }

    return k;
}


static void
command_open(void)
{
    int      next;
    int64_t  t;

    t = now();

    for (next = 0; opened < n; /* void */ ) {

        while (next < n && next - opened < CONNECTING) {
            client_connect(&clients[next++]);
        }

        (void) turn(100);

        if (now() - t > PATIENCE * 1000000L) {
            die("%d of %d streams after %d s", opened, n, PATIENCE);
        }
    }

    printf("open %ld\n", (long) ((now() - t) / 1000));
}


static int
sender(const char *to)
{
    int                 fd;
    struct sockaddr_in  in;
    struct sockaddr_un  un;

    if (to[0] == '/') {
        memset(&un, 0, sizeof(un));
        un.sun_family = AF_UNIX;
        snprintf(un.sun_path, sizeof(un.sun_path), "%s", to);

        fd = socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0);

        if (connect(fd, (struct sockaddr *) &un, sizeof(un)) == -1) {
            die("%s: %s", to, strerror(errno));
        }

    } else {
        memset(&in, 0, sizeof(in));
        in.sin_family = AF_INET;
        in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        in.sin_port = htons((uint16_t) atoi(to));

        fd = socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0);

        if (connect(fd, (struct sockaddr *) &in, sizeof(in)) == -1) {
            die("%s: %s", to, strerror(errno));
        }
    }

    (void) fcntl(fd, F_SETFL, O_NONBLOCK);

    return fd;
}


static int
time_order(const void *one, const void *two)
{
    int64_t  a, b;

    a = *(const int64_t *) one;
    b = *(const int64_t *) two;

    return (a > b) - (a < b);
}


static void
command_deliver(const char *to, const char *file, int count)
{
    int       fd;
    char     *text, buf[65536];
    FILE     *f;
    size_t    len, sent;
    ssize_t   k;
    int64_t   t;

    f = fopen(file, "rb");

    if (f == NULL || fseek(f, 0, SEEK_END) == -1) {
        die("%s: %s", file, strerror(errno));
    }

    len = (size_t) ftell(f);
    rewind(f);

    text = malloc(len + 1);

    if (text == NULL || fread(text, 1, len, f) != len) {
        die("%s: cannot be read", file);
    }

    fclose(f);

    fd = sender(to);

    watch(fd, EPOLL_CTL_ADD, EPOLLIN, NULL);

    times = malloc(sizeof(int64_t) * (size_t) count);

    if (times == NULL) {
        die("no memory");
    }

    wanted = count;
    got = 0;
    sent = 0;
    start = now();

    while (got < wanted) {

        if (sent < len) {
            k = send(fd, text + sent,
                     len - sent > 16384 ? 16384 : len - sent, MSG_NOSIGNAL);

            if (k > 0) {
                sent += (size_t) k;

            } else if (errno != EAGAIN) {
                die("send: %s", strerror(errno));
            }
        }

        /* answers are of no interest, but must be taken */

        while ((k = read(fd, buf, sizeof(buf))) > 0) { /* void */ }

        if (k == 0) {
            die("the sender's connection has ended");
        }

        (void) turn(sent < len ? 0 : 100);

        if (now() - start > PATIENCE * 1000000L) {
            die("%d of %d events after %d s", got, wanted, PATIENCE);
        }
    }

    t = now() - start;

    qsort(times, (size_t) got, sizeof(int64_t), time_order);

    printf("deliver %ld %ld %ld\n", (long) t, (long) times[got / 2],
           (long) times[got - 1]);

    close(fd);
    free(times);
    free(text);
    times = NULL;
    wanted = got = 0;
}


static void
read_paths(const char *file)
{
    char   *line;
    FILE   *f;
    size_t  size;
    ssize_t len;

    f = fopen(file, "r");

    if (f == NULL) {
        die("%s: %s", file, strerror(errno));
    }

    line = NULL;
    size = 0;

    while ((len = getline(&line, &size, f)) > 0) {

        if (line[len - 1] == '\n') {
            line[len - 1] = '\0';
        }

        paths = realloc(paths, sizeof(char *) * (size_t) (npaths + 1));
        paths[npaths++] = strdup(line);
    }

    free(line);
    fclose(f);

    if (npaths == 0) {
        die("%s: no paths", file);
    }
}


int
main(int argc, char **argv)
{
    int            count;
    char           line[1024], to[256], file[512];
    struct rlimit  limit;

    if (argc != 4) {
        fprintf(stderr, "usage: sse PORT N PATHS\n");
        return 2;
    }

    port = atoi(argv[1]);
    n = atoi(argv[2]);
    read_paths(argv[3]);

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);

    clients = calloc((size_t) n, sizeof(client_t));
    ep = epoll_create1(EPOLL_CLOEXEC);

    setvbuf(stdout, NULL, _IOLBF, 0);

    while (fgets(line, sizeof(line), stdin)) {

        if (strcmp(line, "open\n") == 0) {
            command_open();

        } else if (sscanf(line, "deliver %255s %511s %d", to, file, &count)
                   == 3)
        {
            command_deliver(to, file, count);

        } else if (strcmp(line, "quit\n") == 0) {
            break;

        } else {
            die("unknown command: %s", line);
        }
    }

    return 0;
}
