
/*
 * Copyright (C) The Wismo authors
 *
 * The fetcher's life.  nginx has one helper process per instance that the
 * master makes, respawns and ends, the cache manager; it calls us because
 * our state directory is a path with a manager.  In it the fetcher is
 * started, fed with its configuration, listened to, and started again.
 *
 *     master --- cache manager ==pipes== wismo fetch --nginx --stdin
 *
 * The pipe to the fetcher's stdin stays open for as long as it shall live;
 * its death is told by the other pipe, the log.  nginx itself reaps it: a
 * waitpid() here would find nothing.
 *
 * The helper may serve proxy_cache, too: nothing here may take long.
 */


#include "ngx_http_wismo_module.h"

#if (NGX_LINUX)
#include <sys/prctl.h>
#endif


#define NGX_HTTP_WISMO_FETCHER_CHECK    1000
#define NGX_HTTP_WISMO_FETCHER_RETRY    300
#define NGX_HTTP_WISMO_FETCHER_MAX      30000
#define NGX_HTTP_WISMO_FETCHER_GROWN    60000    /* then it was healthy */
#define NGX_HTTP_WISMO_FETCHER_LINE     1024
#define NGX_HTTP_WISMO_FETCHER_LINES    200      /* a second */


typedef struct {
    ngx_http_wismo_main_conf_t  *wmcf;
    ngx_cycle_t                 *cycle;
    ngx_log_t                   *log;

    /* event ident must be after 3 pointers as in ngx_connection_t */
    ngx_int_t                    ident;

    ngx_pid_t                    pid;
    ngx_connection_t            *in;         /* its stdin */
    ngx_connection_t            *out;        /* its stdout and stderr */

    size_t                       sent;       /* of the configuration */

    ngx_uint_t                   failures;
    ngx_msec_t                   started;
    ngx_event_t                  timer;

    time_t                       second;
    ngx_uint_t                   lines;      /* in that second */
    ngx_uint_t                   lost;

    size_t                       len;
    u_char                       line[NGX_HTTP_WISMO_FETCHER_LINE];
} ngx_http_wismo_fetcher_t;


static void ngx_http_wismo_fetcher_start(ngx_http_wismo_fetcher_t *f);
static void ngx_http_wismo_fetcher_stop(ngx_http_wismo_fetcher_t *f);
static void ngx_http_wismo_fetcher_again(ngx_http_wismo_fetcher_t *f);
static ngx_int_t ngx_http_wismo_fetcher_spawn(ngx_http_wismo_fetcher_t *f,
    int in[2], int out[2]);
static void ngx_http_wismo_fetcher_exec(ngx_http_wismo_fetcher_t *f,
    ngx_pid_t parent, int in, int out);
static ngx_connection_t *ngx_http_wismo_fetcher_connection(
    ngx_http_wismo_fetcher_t *f, int fd);
static void ngx_http_wismo_fetcher_close(int *fd);
static void ngx_http_wismo_fetcher_timer_handler(ngx_event_t *ev);
static void ngx_http_wismo_fetcher_feed_handler(ngx_event_t *wev);
static void ngx_http_wismo_fetcher_log_handler(ngx_event_t *rev);
static void ngx_http_wismo_fetcher_dummy_handler(ngx_event_t *ev);
static void ngx_http_wismo_fetcher_lines(ngx_http_wismo_fetcher_t *f,
    u_char *p, u_char *last);
static void ngx_http_wismo_fetcher_line(ngx_http_wismo_fetcher_t *f);


static ngx_http_wismo_fetcher_t  ngx_http_wismo_fetcher;


/* the names of nginx's levels, in their order */

static ngx_str_t  ngx_http_wismo_fetcher_levels[] = {
    ngx_string("stderr"),
    ngx_string("emerg"),
    ngx_string("alert"),
    ngx_string("crit"),
    ngx_string("error"),
    ngx_string("warn"),
    ngx_string("notice"),
    ngx_string("info"),
    ngx_string("debug"),
    ngx_null_string
};


ngx_msec_t
ngx_http_wismo_fetcher_manager(void *data)
{
    ngx_http_wismo_main_conf_t *wmcf = data;

    ngx_http_wismo_fetcher_t  *f;

    f = &ngx_http_wismo_fetcher;

    /* a master that was killed leaves its helpers behind */

    if (getppid() != ngx_parent) {

        if (!ngx_terminate) {
            ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                          "the master is gone, stopping the fetcher");

            ngx_http_wismo_fetcher_stop(f);
            ngx_terminate = 1;
        }

        return NGX_HTTP_WISMO_FETCHER_CHECK;
    }

    if (f->wmcf == NULL
        && ngx_http_wismo_fetcher_init((ngx_cycle_t *) ngx_cycle, wmcf)
           != NGX_OK)
    {
        return NGX_HTTP_WISMO_FETCHER_MAX;
    }

    return NGX_HTTP_WISMO_FETCHER_CHECK;
}


ngx_int_t
ngx_http_wismo_fetcher_init(ngx_cycle_t *cycle,
    ngx_http_wismo_main_conf_t *wmcf)
{
    ngx_http_wismo_fetcher_t  *f;

    if (!wmcf->fetcher.enable) {
        return NGX_OK;
    }

    f = &ngx_http_wismo_fetcher;

    f->wmcf = wmcf;
    f->cycle = cycle;
    f->log = cycle->log;
    f->ident = -1;

    f->timer.handler = ngx_http_wismo_fetcher_timer_handler;
    f->timer.data = f;
    f->timer.log = cycle->log;
    f->timer.cancelable = 1;

    ngx_http_wismo_fetcher_start(f);

    return NGX_OK;
}


void
ngx_http_wismo_fetcher_exit(ngx_cycle_t *cycle)
{
    if (ngx_http_wismo_fetcher.wmcf) {
        ngx_http_wismo_fetcher_stop(&ngx_http_wismo_fetcher);
        ngx_http_wismo_fetcher.wmcf = NULL;
    }
}


static void
ngx_http_wismo_fetcher_start(ngx_http_wismo_fetcher_t *f)
{
    int  in[2], out[2];

    in[0] = in[1] = out[0] = out[1] = -1;

    f->started = ngx_current_msec;
    f->sent = 0;
    f->len = 0;

    if (ngx_http_wismo_fetcher_spawn(f, in, out) == NGX_OK) {
        ngx_http_wismo_fetcher_feed_handler(f->in->write);
        return;
    }

    ngx_http_wismo_fetcher_close(&in[0]);
    ngx_http_wismo_fetcher_close(&in[1]);
    ngx_http_wismo_fetcher_close(&out[0]);
    ngx_http_wismo_fetcher_close(&out[1]);

    ngx_http_wismo_fetcher_again(f);
}


/*
 * Without its stdin the fetcher ends by itself, after what it is at.  It may
 * have something to say about that, so the other pipe stays.
 */

static void
ngx_http_wismo_fetcher_stop(ngx_http_wismo_fetcher_t *f)
{
    if (f->timer.timer_set) {
        ngx_del_timer(&f->timer);
    }

    if (f->in) {
        ngx_close_connection(f->in);
        f->in = NULL;
    }
}


static void
ngx_http_wismo_fetcher_again(ngx_http_wismo_fetcher_t *f)
{
    ngx_msec_t  delay;

    ngx_http_wismo_fetcher_stop(f);

    if (f->out) {
        ngx_close_connection(f->out);
        f->out = NULL;
    }

    if (f->wmcf == NULL || ngx_terminate || ngx_quit || ngx_exiting) {
        return;
    }

    if (ngx_current_msec - f->started >= NGX_HTTP_WISMO_FETCHER_GROWN) {
        f->failures = 0;
    }

    delay = NGX_HTTP_WISMO_FETCHER_RETRY << ngx_min(f->failures, 7);
    delay = ngx_min(delay, NGX_HTTP_WISMO_FETCHER_MAX);
    delay += ngx_random() % (delay / 4 + 1);

    f->failures++;

    ngx_log_error(NGX_LOG_ERR, f->log, 0,
                  "the fetcher, process %P, has ended, it will be started "
                  "again in %M ms", f->pid, delay);

    ngx_add_timer(&f->timer, delay);
}


static ngx_int_t
ngx_http_wismo_fetcher_spawn(ngx_http_wismo_fetcher_t *f, int in[2],
    int out[2])
{
    ngx_pid_t  pid, parent;

    if (pipe2(in, O_CLOEXEC) == -1 || pipe2(out, O_CLOEXEC) == -1) {
        ngx_log_error(NGX_LOG_ERR, f->log, ngx_errno, "pipe2() failed");
        return NGX_ERROR;
    }

    if (ngx_nonblocking(in[1]) == -1 || ngx_nonblocking(out[0]) == -1) {
        ngx_log_error(NGX_LOG_ALERT, f->log, ngx_errno,
                      ngx_nonblocking_n " failed");
        return NGX_ERROR;
    }

    f->in = ngx_http_wismo_fetcher_connection(f, in[1]);
    if (f->in == NULL) {
        return NGX_ERROR;
    }

    in[1] = -1;

    f->in->read->handler = ngx_http_wismo_fetcher_dummy_handler;
    f->in->write->handler = ngx_http_wismo_fetcher_feed_handler;
    f->in->write->ready = 1;

    f->out = ngx_http_wismo_fetcher_connection(f, out[0]);
    if (f->out == NULL) {
        return NGX_ERROR;
    }

    out[0] = -1;

    f->out->read->handler = ngx_http_wismo_fetcher_log_handler;
    f->out->write->handler = ngx_http_wismo_fetcher_dummy_handler;

    if (ngx_handle_read_event(f->out->read, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    parent = ngx_getpid();

    pid = fork();

    switch (pid) {

    case -1:
        ngx_log_error(NGX_LOG_ERR, f->log, ngx_errno, "fork() failed");
        return NGX_ERROR;

    case 0:
        ngx_http_wismo_fetcher_exec(f, parent, in[0], out[1]);
        _exit(127);

    default:
        break;
    }

    ngx_http_wismo_fetcher_close(&in[0]);
    ngx_http_wismo_fetcher_close(&out[1]);

    f->pid = pid;

    ngx_log_error(NGX_LOG_NOTICE, f->log, 0, "start fetcher process %P", pid);

    return NGX_OK;
}


/* In the child: only what is safe after fork(). */

static void
ngx_http_wismo_fetcher_exec(ngx_http_wismo_fetcher_t *f, ngx_pid_t parent,
    int in, int out)
{
    char      *argv[5];
    sigset_t   set;

    static char  failed[] = "error|execv() failed, is \"program\" of "
                            "\"wismo_fetcher\" right?\n";

#if (NGX_LINUX)

    (void) prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);

    if (getppid() != parent) {
        return;
    }

#endif

    /* in case that 0-2 were closed and the pipes have got their numbers */

    in = fcntl(in, F_DUPFD, 3);
    out = fcntl(out, F_DUPFD, 3);

    if (dup2(in, STDIN_FILENO) == -1
        || dup2(out, STDOUT_FILENO) == -1
        || dup2(out, STDERR_FILENO) == -1)
    {
        return;
    }

#ifdef CLOSE_RANGE_UNSHARE
    (void) close_range(3, ~0U, 0);
#else
    for (in = sysconf(_SC_OPEN_MAX) - 1; in > 2; in--) {
        (void) close(in);
    }
#endif

    sigemptyset(&set);
    (void) sigprocmask(SIG_SETMASK, &set, NULL);

    (void) signal(SIGPIPE, SIG_DFL);
    (void) signal(SIGSYS, SIG_DFL);

    argv[0] = (char *) f->wmcf->fetcher.program.data;
    argv[1] = "fetch";
    argv[2] = "--nginx";
    argv[3] = "--stdin";
    argv[4] = NULL;

    (void) execv(argv[0], argv);

    (void) ngx_write_fd(STDERR_FILENO, failed, sizeof(failed) - 1);
}


static ngx_connection_t *
ngx_http_wismo_fetcher_connection(ngx_http_wismo_fetcher_t *f, int fd)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(fd, f->log);
    if (c == NULL) {
        return NULL;
    }

    c->data = f;
    c->log = f->log;
    c->read->log = f->log;
    c->write->log = f->log;

    return c;
}


static void
ngx_http_wismo_fetcher_close(int *fd)
{
    if (*fd != -1) {
        (void) close(*fd);
        *fd = -1;
    }
}


static void
ngx_http_wismo_fetcher_timer_handler(ngx_event_t *ev)
{
    ngx_http_wismo_fetcher_start(ev->data);
}


static void
ngx_http_wismo_fetcher_feed_handler(ngx_event_t *wev)
{
    ssize_t                    n;
    ngx_str_t                 *json;
    ngx_connection_t          *c;
    ngx_http_wismo_fetcher_t  *f;

    c = wev->data;
    f = c->data;

    json = &f->wmcf->fetcher.json;

    while (f->sent < json->len) {

        n = ngx_write_fd(c->fd, json->data + f->sent, json->len - f->sent);

        if (n == -1) {

            if (ngx_errno == NGX_EINTR) {
                continue;
            }

            /* another error is the fetcher's death, which the log tells */

            if (ngx_errno == NGX_EAGAIN) {
                wev->ready = 0;
                (void) ngx_handle_write_event(wev, 0);
            }

            return;
        }

        f->sent += n;
    }
}


static void
ngx_http_wismo_fetcher_log_handler(ngx_event_t *rev)
{
    ssize_t                    n;
    ngx_uint_t                 i;
    ngx_connection_t          *c;
    ngx_http_wismo_fetcher_t  *f;

    u_char                     buf[4096];

    c = rev->data;
    f = c->data;

    for (i = 0; i < 64; i++) {

        n = read(c->fd, buf, sizeof(buf));

        if (n == -1) {

            if (ngx_errno == NGX_EINTR) {
                continue;
            }

            if (ngx_errno == NGX_EAGAIN) {
                rev->ready = 0;

                if (ngx_handle_read_event(rev, 0) == NGX_OK) {
                    return;
                }
            }

            break;
        }

        if (n == 0) {
            break;
        }

        ngx_http_wismo_fetcher_lines(f, buf, buf + n);
    }

    if (i == 64) {
        ngx_post_event(rev, &ngx_posted_next_events);
        return;
    }

    if (f->len) {
        ngx_http_wismo_fetcher_line(f);
    }

    ngx_http_wismo_fetcher_again(f);
}


static void
ngx_http_wismo_fetcher_dummy_handler(ngx_event_t *ev)
{
    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, ev->log, 0, "wismo fetcher dummy");
}


static void
ngx_http_wismo_fetcher_lines(ngx_http_wismo_fetcher_t *f, u_char *p,
    u_char *last)
{
    for ( /* void */ ; p < last; p++) {

        if (*p == LF) {
            ngx_http_wismo_fetcher_line(f);
            continue;
        }

        if (f->len == NGX_HTTP_WISMO_FETCHER_LINE) {
            continue;
        }

        f->line[f->len++] = (*p < 0x20 || *p == 0x7f) ? ' ' : *p;
    }
}


static void
ngx_http_wismo_fetcher_line(ngx_http_wismo_fetcher_t *f)
{
    ngx_str_t   text;
    ngx_str_t  *name;
    ngx_uint_t  level, i;

    text.data = f->line;
    text.len = f->len;

    f->len = 0;

    if (text.len == 0) {
        return;
    }

    if (f->second != ngx_time()) {

        if (f->lost) {
            ngx_log_error(NGX_LOG_WARN, f->log, 0,
                          "fetcher: %ui more lines, not logged", f->lost);
        }

        f->second = ngx_time();
        f->lines = 0;
        f->lost = 0;
    }

    if (f->lines++ >= NGX_HTTP_WISMO_FETCHER_LINES) {
        f->lost++;
        return;
    }

    level = NGX_LOG_NOTICE;
    name = ngx_http_wismo_fetcher_levels;

    for (i = NGX_LOG_EMERG; name[i].len; i++) {
        if (text.len > name[i].len
            && text.data[name[i].len] == '|'
            && ngx_strncmp(text.data, name[i].data, name[i].len) == 0)
        {
            level = i;
            text.data += name[i].len + 1;
            text.len -= name[i].len + 1;
            break;
        }
    }

    /* "debug" is not a level of this build's alone: it is for who asked */

    if (level == NGX_LOG_DEBUG) {
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, f->log, 0, "fetcher: %V", &text);
        return;
    }

    ngx_log_error(level, f->log, 0, "fetcher: %V", &text);
}
