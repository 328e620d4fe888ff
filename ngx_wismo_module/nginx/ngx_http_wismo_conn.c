
/*
 * Copyright (C) The Wismo authors
 *
 * The life of one connection to Redis, on nginx's own events: greeting,
 * ready, lost, and again.  How it is made is in ngx_http_wismo_connect.c; what
 * is said when it is ready is its type's matter: ngx_http_wismo_redis.c,
 * ngx_http_wismo_watch.c.
 *
 * The descriptor is closed here alone.  A connection ends only from an event
 * of its own, never inside a call of somebody who sends: so no handler finds
 * its own reply's connection gone.
 */


#include "ngx_http_wismo_conn.h"


#define NGX_HTTP_WISMO_CONN_BUFFER    65536
#define NGX_HTTP_WISMO_CONN_READS     16       /* a turn */
#define NGX_HTTP_WISMO_CONN_RETRY     50
#define NGX_HTTP_WISMO_CONN_RETRY_MAX 2000
#define NGX_HTTP_WISMO_CONN_DENIED    30000
#define NGX_HTTP_WISMO_CONN_QUIET     60       /* seconds between lines */


typedef enum {
    NGX_HTTP_WISMO_STEP_AUTH = 0,
    NGX_HTTP_WISMO_STEP_SELECT,
    NGX_HTTP_WISMO_STEP_NAME,
    NGX_HTTP_WISMO_STEP_PING
} ngx_http_wismo_step_e;


typedef struct {
    ngx_uint_t   level;
    const char  *text;
} ngx_http_wismo_fault_t;


static ngx_int_t ngx_http_wismo_conn_greet_reply(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_value_t *value);
static ngx_int_t ngx_http_wismo_conn_greet_more(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_value_t *value);
static void ngx_http_wismo_conn_up(ngx_http_wismo_conn_t *conn);
static void ngx_http_wismo_conn_close(ngx_http_wismo_conn_t *conn);
static ngx_int_t ngx_http_wismo_conn_reply(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_value_t *value);
static ngx_int_t ngx_http_wismo_conn_write(ngx_http_wismo_conn_t *conn);
static ngx_int_t ngx_http_wismo_conn_write_out(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_out_t *out);
static void ngx_http_wismo_conn_flush_handler(ngx_event_t *ev);
static void ngx_http_wismo_conn_timer_handler(ngx_event_t *ev);


/* in the order of ngx_http_wismo_why_e */

static ngx_http_wismo_fault_t  ngx_http_wismo_faults[] = {
    { NGX_LOG_NOTICE, "is ready" },
    { NGX_LOG_ERR, "has a host name that could not be resolved" },
    { NGX_LOG_ERR, "could not be connected to" },
    { NGX_LOG_ERR, "failed the TLS handshake" },
    { NGX_LOG_ERR, "closed the connection" },
    { NGX_LOG_ERR, "does not answer" },
    { NGX_LOG_ERR, "answers later than its \"timeout\" allows" },
    { NGX_LOG_ERR, "sent an unusable answer" },
    { NGX_LOG_ALERT, "has no memory left for it here" },
    { NGX_LOG_WARN, "is loading its data" },
    { NGX_LOG_ERR, "is a replica that lost its master" },
    { NGX_LOG_ERR, "is a read-only replica" },
    { NGX_LOG_ERR, "is a cluster that cannot serve this key here" },
    { NGX_LOG_ERR, "refuses to write" },
    { NGX_LOG_ERR, "is busy with a script" },
    { NGX_LOG_ERR, "refuses the credentials: check \"user\" and "
                   "\"password_file\" of \"wismo_redis\"" },
    { NGX_LOG_ERR, "does not permit a command to this user" },
    { NGX_LOG_ERR, "refuses to serve" }
};


static u_char  ngx_http_wismo_conn_buffer[NGX_HTTP_WISMO_CONN_BUFFER];


void
ngx_http_wismo_conn_init(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_conn_type_t *type, ngx_http_wismo_redis_conf_t *conf,
    ngx_log_t *log)
{
    conn->conf = conf;
    conn->type = type;
    conn->log = log;
    conn->ident = -1;
    conn->state = NGX_HTTP_WISMO_CONN_IDLE;

    conn->timer.handler = ngx_http_wismo_conn_timer_handler;
    conn->timer.data = conn;
    conn->timer.log = log;
    conn->timer.cancelable = 1;

    conn->flush.handler = ngx_http_wismo_conn_flush_handler;
    conn->flush.data = conn;
    conn->flush.log = log;
}


void
ngx_http_wismo_conn_exit(ngx_http_wismo_conn_t *conn)
{
    ngx_http_wismo_conn_close(conn);

    conn->state = NGX_HTTP_WISMO_CONN_IDLE;

    if (conn->hello.start) {
        ngx_free(conn->hello.start);
        ngx_memzero(&conn->hello, sizeof(ngx_http_wismo_out_t));
    }

    if (conn->out.start) {
        ngx_free(conn->out.start);
        ngx_memzero(&conn->out, sizeof(ngx_http_wismo_out_t));
    }
}


void
ngx_http_wismo_conn_greet(ngx_http_wismo_conn_t *conn)
{
    ngx_int_t                     rc;
    ngx_str_t                     argv[3];
    ngx_uint_t                    n;
    ngx_http_wismo_out_t         *out;
    ngx_http_wismo_redis_conf_t  *conf;

    u_char                        db[NGX_INT_T_LEN];

    conf = conn->conf;
    out = &conn->hello;

    conn->state = NGX_HTTP_WISMO_CONN_GREETING;
    conn->step = 0;
    conn->nsteps = 0;

    rc = NGX_OK;

    if (conf->password.len) {
        n = 0;

        ngx_str_set(&argv[n], "AUTH");
        n++;

        if (conf->user.len) {
            argv[n++] = conf->user;
        }

        argv[n++] = conf->password;

        rc = ngx_http_wismo_conn_command(conn, out, n, argv);
        conn->steps[conn->nsteps++] = NGX_HTTP_WISMO_STEP_AUTH;
    }

    if (rc == NGX_OK && conf->db) {
        ngx_str_set(&argv[0], "SELECT");
        argv[1].data = db;
        argv[1].len = ngx_sprintf(db, "%ui", conf->db) - db;

        rc = ngx_http_wismo_conn_command(conn, out, 2, argv);
        conn->steps[conn->nsteps++] = NGX_HTTP_WISMO_STEP_SELECT;
    }

    if (rc == NGX_OK) {
        ngx_str_set(&argv[0], "CLIENT");
        ngx_str_set(&argv[1], "SETNAME");
        argv[2].data = (u_char *) conn->type->name;
        argv[2].len = ngx_strlen(conn->type->name);

        rc = ngx_http_wismo_conn_command(conn, out, 3, argv);
        conn->steps[conn->nsteps++] = NGX_HTTP_WISMO_STEP_NAME;
    }

    if (rc == NGX_OK) {
        ngx_str_set(&argv[0], "PING");

        rc = ngx_http_wismo_conn_command(conn, out, 1, argv);
        conn->steps[conn->nsteps++] = NGX_HTTP_WISMO_STEP_PING;
    }

    if (rc != NGX_OK) {
        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_MEMORY, 0, NULL);
        return;
    }

    ngx_http_wismo_conn_timer(conn, NGX_HTTP_WISMO_REDIS_ORPHAN);
}


static ngx_int_t
ngx_http_wismo_conn_greet_reply(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_value_t *value)
{
    ngx_uint_t            step;
    ngx_http_wismo_why_e  why;

    if (value == NULL) {
        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_MEMORY, 0, NULL);
        return NGX_ERROR;
    }

    if (conn->step == conn->nsteps) {
        return ngx_http_wismo_conn_greet_more(conn, value);
    }

    step = conn->steps[conn->step++];

    if (value->type == NGX_HTTP_WISMO_REDIS_ERROR) {

        why = ngx_http_wismo_codec_error(&value->str);

        if (step == NGX_HTTP_WISMO_STEP_AUTH
            && why == NGX_HTTP_WISMO_WHY_NONE)
        {
            why = NGX_HTTP_WISMO_WHY_AUTH;
        }

        /* a user who may not say PING has still been answered */

        if (step == NGX_HTTP_WISMO_STEP_SELECT
            || (why != NGX_HTTP_WISMO_WHY_NONE
                && why != NGX_HTTP_WISMO_WHY_NOPERM))
        {
            if (why == NGX_HTTP_WISMO_WHY_NONE) {
                why = NGX_HTTP_WISMO_WHY_REFUSED;
            }

            ngx_http_wismo_conn_fail(conn, why, 0, &value->str);
            return NGX_ERROR;
        }
    }

    if (conn->step < conn->nsteps) {
        return NGX_OK;
    }

    return ngx_http_wismo_conn_greet_more(conn, NULL);
}


static ngx_int_t
ngx_http_wismo_conn_greet_more(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_value_t *value)
{
    ngx_int_t  rc;

    rc = conn->type->greet ? conn->type->greet(conn, value) : NGX_OK;

    if (rc == NGX_AGAIN) {
        return NGX_OK;
    }

    if (rc == NGX_OK) {
        ngx_http_wismo_conn_up(conn);
    }

    return rc;
}


static void
ngx_http_wismo_conn_up(ngx_http_wismo_conn_t *conn)
{
    conn->state = NGX_HTTP_WISMO_CONN_READY;
    conn->since = ngx_current_msec;
    conn->heard = ngx_current_msec;

    if (conn->failures) {
        ngx_http_wismo_conn_note(conn, NGX_HTTP_WISMO_WHY_NONE, 0, NULL);
    }

    conn->why = NGX_HTTP_WISMO_WHY_NONE;

    ngx_http_wismo_codec_out_free(&conn->hello);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, conn->log, 0,
                   "wismo redis \"%V\" ready: %s", &conn->conf->url,
                   conn->type->name);

    ngx_post_event(&conn->flush, &ngx_posted_events);

    conn->type->up(conn);
}


void
ngx_http_wismo_conn_fail(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_why_e why, ngx_err_t err, ngx_str_t *text)
{
    ngx_uint_t  n;
    ngx_msec_t  delay;

    ngx_http_wismo_conn_note(conn, why, err, text);

    /*
     * One that served for a while and breaks has perhaps just been idle for
     * too long: it is opened again at once, and who asks meanwhile waits.
     */

    if (conn->state == NGX_HTTP_WISMO_CONN_READY
        && why == NGX_HTTP_WISMO_WHY_LOST
        && ngx_current_msec - conn->since >= NGX_HTTP_WISMO_REDIS_ORPHAN)
    {
        conn->failures = 0;
        delay = 1;

    } else if (why == NGX_HTTP_WISMO_WHY_AUTH
               || why == NGX_HTTP_WISMO_WHY_NOPERM)
    {
        conn->failures++;
        delay = NGX_HTTP_WISMO_CONN_DENIED;

    } else {
        n = conn->failures++;

        delay = NGX_HTTP_WISMO_CONN_RETRY << ngx_min(n, 6);
        delay = ngx_min(delay, NGX_HTTP_WISMO_CONN_RETRY_MAX);
        delay = delay / 2 + ngx_random() % (delay / 2 + 1);
    }

    conn->why = why;

    ngx_http_wismo_conn_close(conn);

    if (ngx_exiting || ngx_terminate || ngx_quit) {
        conn->state = NGX_HTTP_WISMO_CONN_IDLE;

    } else {
        conn->state = NGX_HTTP_WISMO_CONN_WAITING;
    }

    conn->type->down(conn);

    if (conn->state == NGX_HTTP_WISMO_CONN_WAITING) {
        ngx_http_wismo_conn_timer(conn, delay);
    }
}


void
ngx_http_wismo_conn_note(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_why_e why, ngx_err_t err, ngx_str_t *text)
{
    ngx_uint_t               level;
    ngx_atomic_t            *last;
    ngx_atomic_uint_t        now, then;
    ngx_http_wismo_shm_t    *sh;
    ngx_http_wismo_fault_t  *fault;

    static ngx_str_t         none = ngx_null_string;

    fault = &ngx_http_wismo_faults[why];
    level = fault->level;

    sh = ngx_http_wismo_shm();

    if (sh) {
        if (why != NGX_HTTP_WISMO_WHY_NONE) {
            (void) ngx_atomic_fetch_add(&sh->redis_errors[why], 1);
        }

        /* seconds from 1: zero is never */

        now = ngx_current_msec / 1000 + 1;

        last = &sh->redis_noted[why];
        then = *last;

        if ((then && now - then < NGX_HTTP_WISMO_CONN_QUIET)
            || !ngx_atomic_cmp_set(last, then, now))
        {
            level = NGX_LOG_DEBUG;
        }
    }

    if (level == NGX_LOG_DEBUG) {
        ngx_log_debug3(NGX_LOG_DEBUG_HTTP, conn->log, err,
                       "wismo redis \"%V\" %s: %s", &conn->conf->url,
                       fault->text, conn->type->name);
        return;
    }

    ngx_log_error(level, conn->log, err, "redis \"%V\" %s%s%V%s",
                  &conn->conf->url, fault->text,
                  text ? ": " : "", text ? text : &none,
                  conn->state == NGX_HTTP_WISMO_CONN_READY
                  ? "" : ", will be tried again");
}


void
ngx_http_wismo_conn_reason(ngx_http_wismo_conn_t *conn, ngx_str_t *reason)
{
    if (conn->why == NGX_HTTP_WISMO_WHY_NONE) {
        ngx_str_set(reason, "is being connected to");
        return;
    }

    reason->data = (u_char *) ngx_http_wismo_faults[conn->why].text;
    reason->len = ngx_strlen(reason->data);
}


void
ngx_http_wismo_conn_timer(ngx_http_wismo_conn_t *conn, ngx_msec_t timer)
{
    /* not ngx_add_timer() alone, which leaves a timer that is near enough */

    if (conn->timer.timer_set) {
        ngx_del_timer(&conn->timer);
    }

    ngx_add_timer(&conn->timer, timer);
}


ngx_int_t
ngx_http_wismo_conn_command(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_out_t *out, ngx_uint_t argc, const ngx_str_t *argv)
{
    ngx_int_t  rc;

    rc = ngx_http_wismo_codec_format(out, argc, argv);
    if (rc != NGX_OK) {
        return rc;
    }

    if (conn->c && !conn->flush.posted) {
        ngx_post_event(&conn->flush, &ngx_posted_events);
    }

    return NGX_OK;
}


static void
ngx_http_wismo_conn_close(ngx_http_wismo_conn_t *conn)
{
    ngx_pool_t        *pool;
    ngx_connection_t  *c;

    if (conn->resolving) {
        ngx_resolve_name_done(conn->resolving);
        conn->resolving = NULL;
    }

    if (conn->timer.timer_set) {
        ngx_del_timer(&conn->timer);
    }

    if (conn->flush.posted) {
        ngx_delete_posted_event(&conn->flush);
    }

    ngx_http_wismo_codec_free(conn);
    ngx_http_wismo_codec_out_free(&conn->hello);
    ngx_http_wismo_codec_out_free(&conn->out);

    c = conn->c;

    if (c) {
        conn->c = NULL;

#if (NGX_SSL)

        if (c->ssl) {
            c->ssl->no_wait_shutdown = 1;
            c->ssl->no_send_shutdown = 1;

            (void) ngx_ssl_shutdown(c);
        }

#endif

        pool = c->pool;

        ngx_close_connection(c);

        if (pool) {
            ngx_destroy_pool(pool);
        }
    }

    if (conn->scratch) {
        ngx_destroy_pool(conn->scratch);
        conn->scratch = NULL;
    }
}


static ngx_int_t
ngx_http_wismo_conn_reply(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_value_t *value)
{
    ngx_int_t  rc;

    if (conn->state == NGX_HTTP_WISMO_CONN_GREETING) {
        rc = ngx_http_wismo_conn_greet_reply(conn, value);

    } else {
        rc = conn->type->reply(conn, value);
    }

    if (rc == NGX_OK) {
        ngx_reset_pool(conn->scratch);
    }

    return rc;
}


static ngx_int_t
ngx_http_wismo_conn_write(ngx_http_wismo_conn_t *conn)
{
    ngx_int_t     rc;
    ngx_event_t  *wev;

    rc = ngx_http_wismo_conn_write_out(conn, &conn->hello);

    if (rc == NGX_OK && conn->state == NGX_HTTP_WISMO_CONN_READY) {
        rc = ngx_http_wismo_conn_write_out(conn, &conn->out);
    }

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    wev = conn->c->write;

    /*
     * It would be told of each command that Redis has taken from the socket:
     * a turn of the event loop for nothing.
     */

    if (rc == NGX_OK && wev->active
        && (ngx_event_flags & NGX_USE_CLEAR_EVENT))
    {
        return ngx_del_event(wev, NGX_WRITE_EVENT, NGX_CLEAR_EVENT);
    }

    return ngx_handle_write_event(wev, 0);
}


static ngx_int_t
ngx_http_wismo_conn_write_out(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_out_t *out)
{
    ssize_t            n;
    ngx_connection_t  *c;

    c = conn->c;

    while (out->pos < out->last) {

        if (!c->write->ready) {
            return NGX_AGAIN;
        }

        n = c->send(c, out->pos, out->last - out->pos);

        if (n == NGX_AGAIN || n == 0) {
            return NGX_AGAIN;
        }

        if (n < 0) {
            return NGX_ERROR;
        }

        out->pos += n;
    }

    ngx_http_wismo_codec_out_free(out);

    return NGX_OK;
}


void
ngx_http_wismo_conn_read_handler(ngx_event_t *rev)
{
    ssize_t                  n;
    ngx_int_t                rc;
    ngx_uint_t               i;
    ngx_connection_t        *c;
    ngx_http_wismo_why_e     why;
    ngx_http_wismo_conn_t   *conn;
    ngx_http_wismo_value_t  *value;

    c = rev->data;
    conn = c->data;

    if (c->close) {

        /*
         * A graceful exit has begun.  Who waits gets its reply; after that,
         * ngx_http_wismo_conn_exit() closes, or a new command opens again.
         */

        c->close = 0;

        if (conn->busy == 0) {
            ngx_http_wismo_conn_close(conn);
            conn->state = NGX_HTTP_WISMO_CONN_IDLE;
            conn->type->down(conn);
        }

        return;
    }

    if (conn->state == NGX_HTTP_WISMO_CONN_CONNECTING) {

        /* an error may be told by a read event first */

        (void) ngx_http_wismo_conn_test(conn);
        return;
    }

    for (i = 0; i < NGX_HTTP_WISMO_CONN_READS; i++) {

        n = c->recv(c, ngx_http_wismo_conn_buffer,
                    NGX_HTTP_WISMO_CONN_BUFFER);

        if (n == NGX_AGAIN) {

            if (ngx_handle_read_event(rev, 0) != NGX_OK) {
                ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_MEMORY, 0,
                                         NULL);
            }

            return;
        }

        if (n == 0 || n == NGX_ERROR) {
            ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_LOST, 0, NULL);
            return;
        }

        conn->heard = ngx_current_msec;

        ngx_http_wismo_codec_feed(conn, ngx_http_wismo_conn_buffer, n);

        for ( ;; ) {
            rc = ngx_http_wismo_codec_reply(conn, &value);

            if (rc == NGX_AGAIN) {
                break;
            }

            if (rc != NGX_OK) {
                why = (rc == NGX_ABORT) ? NGX_HTTP_WISMO_WHY_MEMORY
                                        : NGX_HTTP_WISMO_WHY_PROTOCOL;

                ngx_http_wismo_conn_fail(conn, why, 0, NULL);
                return;
            }

            if (ngx_http_wismo_conn_reply(conn, value) != NGX_OK) {
                return;
            }
        }
    }

    /* others have their turn */

    ngx_post_event(rev, &ngx_posted_next_events);
}


void
ngx_http_wismo_conn_write_handler(ngx_event_t *wev)
{
    ngx_connection_t       *c;
    ngx_http_wismo_conn_t  *conn;

    c = wev->data;
    conn = c->data;

    if (conn->state == NGX_HTTP_WISMO_CONN_CONNECTING) {

        if (ngx_http_wismo_conn_test(conn) == NGX_OK) {
            ngx_http_wismo_conn_connected(conn);
        }

        return;
    }

    if (ngx_http_wismo_conn_write(conn) != NGX_OK) {
        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_LOST, 0, NULL);
    }
}


static void
ngx_http_wismo_conn_flush_handler(ngx_event_t *ev)
{
    ngx_http_wismo_conn_t  *conn;

    conn = ev->data;

    if (conn->c == NULL || conn->state < NGX_HTTP_WISMO_CONN_GREETING) {
        return;
    }

    if (ngx_http_wismo_conn_write(conn) != NGX_OK) {
        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_LOST, 0, NULL);
    }
}


static void
ngx_http_wismo_conn_timer_handler(ngx_event_t *ev)
{
    ngx_http_wismo_conn_t  *conn;

    conn = ev->data;

    switch (conn->state) {

    case NGX_HTTP_WISMO_CONN_WAITING:

        if (!ngx_exiting || conn->busy) {
            ngx_http_wismo_conn_open(conn);
        }

        break;

    case NGX_HTTP_WISMO_CONN_CONNECTING:
    case NGX_HTTP_WISMO_CONN_HANDSHAKE:
        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_CONNECT,
                                 NGX_ETIMEDOUT, conn->peer.name);
        break;

    case NGX_HTTP_WISMO_CONN_GREETING:
        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_SILENT, 0, NULL);
        break;

    case NGX_HTTP_WISMO_CONN_READY:
        conn->type->tick(conn);
        break;

    default:  /* IDLE, RESOLVING: no timer of ours */
        break;
    }
}
