
/*
 * Copyright (C) The Wismo authors
 *
 * The command connection: a queue of commands whose replies are due, in the
 * order in which they were sent.  A command is never forgotten before its
 * reply has come or the connection has ended, even if nobody waits for it
 * anymore: so a late reply reaches no one else.
 *
 * Called by the handlers (ngx_http_wismo_redis.h) and by
 * ngx_http_wismo_conn.c, which owns the socket.
 */


#include "ngx_http_wismo_conn.h"


#define NGX_HTTP_WISMO_REDIS_REASK  5000


struct ngx_http_wismo_op_s {
    ngx_queue_t                   queue;
    ngx_pool_t                   *pool;
    ngx_http_wismo_op_pt          handler;
    void                         *data;
    ngx_msec_t                    sent;
    ngx_uint_t                    dropped;    /* nobody waits */
};


static ngx_http_wismo_op_t *ngx_http_wismo_redis_op(void);
static void ngx_http_wismo_redis_free(ngx_http_wismo_op_t *op);
static void ngx_http_wismo_redis_push(ngx_http_wismo_op_t *op,
    ngx_msec_t timeout);
static void ngx_http_wismo_redis_call(ngx_http_wismo_op_t *op,
    ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value);
static void ngx_http_wismo_redis_drop(ngx_http_wismo_op_t *op);
static void ngx_http_wismo_redis_timer_handler(ngx_event_t *ev);
static void ngx_http_wismo_redis_up(ngx_http_wismo_conn_t *conn);
static ngx_pool_t *ngx_http_wismo_redis_pool(ngx_http_wismo_conn_t *conn);
static ngx_int_t ngx_http_wismo_redis_reply(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_value_t *value);
static void ngx_http_wismo_redis_tick(ngx_http_wismo_conn_t *conn);
static void ngx_http_wismo_redis_down(ngx_http_wismo_conn_t *conn);


static ngx_http_wismo_conn_type_t  ngx_http_wismo_redis_type = {
    "wismo-command",
    NULL,                                  /* greet */
    ngx_http_wismo_redis_up,
    ngx_http_wismo_redis_pool,
    ngx_http_wismo_redis_reply,
    ngx_http_wismo_redis_tick,
    ngx_http_wismo_redis_down
};


/* A worker has one; conf is NULL without wismo_redis. */

static ngx_http_wismo_conn_t  ngx_http_wismo_redis;

static ngx_pool_t            *ngx_http_wismo_redis_memory;
static ngx_queue_t            ngx_http_wismo_redis_ops;
static ngx_queue_t            ngx_http_wismo_redis_idle;
static ngx_uint_t             ngx_http_wismo_redis_pending;
static ngx_event_t            ngx_http_wismo_redis_timer;


ngx_int_t
ngx_http_wismo_redis_init(ngx_cycle_t *cycle,
    ngx_http_wismo_main_conf_t *wmcf)
{
    ngx_event_t  *timer;

    ngx_http_wismo_redis_memory = ngx_create_pool(4096, cycle->log);
    if (ngx_http_wismo_redis_memory == NULL) {
        return NGX_ERROR;
    }

    ngx_queue_init(&ngx_http_wismo_redis_ops);
    ngx_queue_init(&ngx_http_wismo_redis_idle);

    timer = &ngx_http_wismo_redis_timer;

    timer->handler = ngx_http_wismo_redis_timer_handler;
    timer->data = &ngx_http_wismo_redis;
    timer->log = cycle->log;
    timer->cancelable = 1;

    ngx_http_wismo_conn_init(&ngx_http_wismo_redis,
                             &ngx_http_wismo_redis_type, &wmcf->redis,
                             cycle->log);

    ngx_http_wismo_conn_open(&ngx_http_wismo_redis);

    return NGX_OK;
}


void
ngx_http_wismo_redis_exit(ngx_cycle_t *cycle)
{
    if (ngx_http_wismo_redis.conf == NULL) {
        return;
    }

    if (ngx_http_wismo_redis_timer.timer_set) {
        ngx_del_timer(&ngx_http_wismo_redis_timer);
    }

    ngx_http_wismo_conn_exit(&ngx_http_wismo_redis);

    ngx_http_wismo_redis.conf = NULL;

    ngx_destroy_pool(ngx_http_wismo_redis_memory);
}


ngx_http_wismo_redis_rc_e
ngx_http_wismo_redis_send(ngx_pool_t *pool, ngx_uint_t argc,
    const ngx_str_t *argv, ngx_http_wismo_op_pt handler, void *data,
    ngx_http_wismo_op_t **opp)
{
    ngx_http_wismo_op_t    *op;
    ngx_http_wismo_shm_t   *sh;
    ngx_http_wismo_conn_t  *conn;

    conn = &ngx_http_wismo_redis;

    if (conn->conf == NULL) {
        return NGX_HTTP_WISMO_REDIS_DOWN;
    }

    /* a worker about to exit has closed it and has one more request */

    if (conn->state == NGX_HTTP_WISMO_CONN_IDLE) {
        ngx_http_wismo_conn_open(conn);
    }

    /* a first attempt is worth waiting for, after it Redis is down */

    if (conn->state != NGX_HTTP_WISMO_CONN_READY
        && (conn->failures || conn->state == NGX_HTTP_WISMO_CONN_IDLE))
    {
        return NGX_HTTP_WISMO_REDIS_DOWN;
    }

    op = ngx_http_wismo_redis_op();
    if (op == NULL) {
        return NGX_HTTP_WISMO_REDIS_BUSY;
    }

    if (ngx_http_wismo_conn_command(conn, &conn->out, argc, argv) != NGX_OK) {
        ngx_http_wismo_redis_free(op);
        return NGX_HTTP_WISMO_REDIS_BUSY;
    }

    sh = ngx_http_wismo_shm();

    if (sh) {
        (void) ngx_atomic_fetch_add(&sh->redis_commands, 1);
    }

    op->pool = pool;
    op->handler = handler;
    op->data = data;
    op->dropped = 0;

    /* a graceful exit waits for it: nothing else tells of the request */

    if (conn->busy++ == 0) {
        ngx_http_wismo_redis_timer.cancelable = 0;
    }

    ngx_http_wismo_redis_push(op, conn->conf->timeout);

    *opp = op;

    return NGX_HTTP_WISMO_REDIS_OK;
}


void
ngx_http_wismo_redis_cancel(ngx_http_wismo_op_t *op)
{
    if (!op->dropped) {
        ngx_http_wismo_redis_drop(op);
    }
}


ngx_uint_t
ngx_http_wismo_redis_ready(ngx_str_t *reason)
{
    ngx_http_wismo_conn_t  *conn;

    conn = &ngx_http_wismo_redis;

    if (conn->conf == NULL) {
        ngx_str_set(reason, "is not configured");
        return 0;
    }

    if (conn->state == NGX_HTTP_WISMO_CONN_READY) {
        ngx_str_null(reason);
        return 1;
    }

    ngx_http_wismo_conn_reason(conn, reason);

    return 0;
}


static ngx_http_wismo_op_t *
ngx_http_wismo_redis_op(void)
{
    ngx_queue_t          *q;
    ngx_http_wismo_op_t  *op;

    if (ngx_http_wismo_redis_pending >= NGX_HTTP_WISMO_REDIS_PENDING) {
        return NULL;
    }

    if (ngx_queue_empty(&ngx_http_wismo_redis_idle)) {

        op = ngx_palloc(ngx_http_wismo_redis_memory,
                        sizeof(ngx_http_wismo_op_t));
        if (op == NULL) {
            return NULL;
        }

    } else {
        q = ngx_queue_head(&ngx_http_wismo_redis_idle);
        ngx_queue_remove(q);

        op = ngx_queue_data(q, ngx_http_wismo_op_t, queue);
    }

    op->dropped = 1;

    ngx_http_wismo_redis_pending++;

    return op;
}


static void
ngx_http_wismo_redis_free(ngx_http_wismo_op_t *op)
{
    ngx_http_wismo_redis_pending--;

    ngx_queue_insert_head(&ngx_http_wismo_redis_idle, &op->queue);
}


static void
ngx_http_wismo_redis_push(ngx_http_wismo_op_t *op, ngx_msec_t timeout)
{
    ngx_event_t  *timer;

    timer = &ngx_http_wismo_redis_timer;

    op->sent = ngx_current_msec;

    ngx_queue_insert_tail(&ngx_http_wismo_redis_ops, &op->queue);

    /*
     * The timer is mostly set, and early enough: it ticks on while there is
     * traffic, so that not every command moves it.
     */

    if (timer->timer_set) {

        if ((ngx_msec_int_t) (timer->timer.key - (op->sent + timeout)) <= 0) {
            return;
        }

        ngx_del_timer(timer);
    }

    ngx_add_timer(timer, timeout);
}


static void
ngx_http_wismo_redis_call(ngx_http_wismo_op_t *op,
    ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value)
{
    ngx_http_wismo_redis_drop(op);

    op->handler(op->data, rc, value);
}


static void
ngx_http_wismo_redis_drop(ngx_http_wismo_op_t *op)
{
    op->dropped = 1;

    if (--ngx_http_wismo_redis.busy == 0) {
        ngx_http_wismo_redis_timer.cancelable = 1;
    }
}


static void
ngx_http_wismo_redis_timer_handler(ngx_event_t *ev)
{
    ngx_msec_t              now, next, age, timeout;
    ngx_queue_t            *q, *ops;
    ngx_uint_t              late;
    ngx_http_wismo_op_t    *op;
    ngx_http_wismo_shm_t   *sh;
    ngx_http_wismo_conn_t  *conn;

    static ngx_uint_t       quiet;

    conn = &ngx_http_wismo_redis;
    ops = &ngx_http_wismo_redis_ops;

    timeout = conn->conf->timeout;
    now = ngx_current_msec;
    next = timeout;
    late = 0;

    /* a handler may send, which appends, but nothing is removed here */

    for (q = ngx_queue_head(ops);
         q != ngx_queue_sentinel(ops);
         q = ngx_queue_next(q))
    {
        op = ngx_queue_data(q, ngx_http_wismo_op_t, queue);

        if (op->dropped) {
            continue;
        }

        age = now - op->sent;

        if ((ngx_msec_int_t) age < (ngx_msec_int_t) timeout) {
            next = timeout - age;
            break;
        }

        late++;

        ngx_http_wismo_redis_call(op, NGX_HTTP_WISMO_REDIS_TIMEOUT, NULL);
    }

    if (late) {
        sh = ngx_http_wismo_shm();

        if (sh) {
            (void) ngx_atomic_fetch_add(&sh->redis_timeouts, late);
        }

        if (conn->state == NGX_HTTP_WISMO_CONN_READY) {
            ngx_http_wismo_conn_note(conn, NGX_HTTP_WISMO_WHY_SLOW, 0, NULL);
        }
    }

    if (ngx_queue_empty(ops)) {

        /* one more tick, and then only the next command sets it */

        if (quiet++) {
            quiet = 0;
            return;
        }

        goto set;
    }

    quiet = 0;

    if (conn->state == NGX_HTTP_WISMO_CONN_READY) {

        q = ngx_queue_head(ops);
        op = ngx_queue_data(q, ngx_http_wismo_op_t, queue);

        age = now - op->sent;

        /* those that waited for the connection were sent when it was ready */

        age = ngx_min(age, now - conn->since);

        if (age >= NGX_HTTP_WISMO_REDIS_ORPHAN) {
            ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_SILENT, 0,
                                     NULL);

            if (ngx_queue_empty(ops)) {
                return;
            }

            next = timeout;
        }
    }

set:

    if (!ev->timer_set) {
        ngx_add_timer(ev, next);
    }
}


static void
ngx_http_wismo_redis_up(ngx_http_wismo_conn_t *conn)
{
    ngx_http_wismo_conn_timer(conn, NGX_HTTP_WISMO_REDIS_IDLE);
}


static ngx_pool_t *
ngx_http_wismo_redis_pool(ngx_http_wismo_conn_t *conn)
{
    ngx_queue_t          *q;
    ngx_http_wismo_op_t  *op;

    if (ngx_queue_empty(&ngx_http_wismo_redis_ops)) {
        return NULL;
    }

    q = ngx_queue_head(&ngx_http_wismo_redis_ops);
    op = ngx_queue_data(q, ngx_http_wismo_op_t, queue);

    return op->dropped ? NULL : op->pool;
}


static ngx_int_t
ngx_http_wismo_redis_reply(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_value_t *value)
{
    ngx_queue_t                *q;
    ngx_uint_t                  end;
    ngx_http_wismo_op_t        *op;
    ngx_http_wismo_why_e        why;
    ngx_http_wismo_redis_rc_e   rc;

    if (ngx_queue_empty(&ngx_http_wismo_redis_ops)) {
        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_PROTOCOL, 0, NULL);
        return NGX_ERROR;
    }

    q = ngx_queue_head(&ngx_http_wismo_redis_ops);
    op = ngx_queue_data(q, ngx_http_wismo_op_t, queue);

    ngx_queue_remove(q);

    if (op->dropped) {
        ngx_http_wismo_redis_free(op);
        return NGX_OK;
    }

    rc = NGX_HTTP_WISMO_REDIS_OK;
    why = NGX_HTTP_WISMO_WHY_NONE;
    end = 0;

    if (value == NULL) {
        rc = NGX_HTTP_WISMO_REDIS_DOWN;

    } else if (value->type == NGX_HTTP_WISMO_REDIS_ERROR) {
        why = ngx_http_wismo_codec_error(&value->str);
    }

    if (why != NGX_HTTP_WISMO_WHY_NONE) {
        rc = NGX_HTTP_WISMO_REDIS_REFUSED;

        switch (why) {

        case NGX_HTTP_WISMO_WHY_LOADING:
        case NGX_HTTP_WISMO_WHY_STALE:
        case NGX_HTTP_WISMO_WHY_AUTH:
            end = 1;
            break;

        case NGX_HTTP_WISMO_WHY_READONLY:

            /* behind a name there may be another master by now */

            end = conn->conf->resolve
                  && ngx_current_msec - conn->since
                     >= NGX_HTTP_WISMO_REDIS_REASK;
            break;

        default:
            break;
        }

        if (!end) {
            ngx_http_wismo_conn_note(conn, why, 0, &value->str);
        }
    }

    /* the value is of the request's pool and may go with it */

    ngx_http_wismo_redis_call(op, rc, value);
    ngx_http_wismo_redis_free(op);

    if (end) {
        ngx_http_wismo_conn_fail(conn, why, 0, NULL);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_wismo_redis_tick(ngx_http_wismo_conn_t *conn)
{
    ngx_str_t             argv[1];
    ngx_http_wismo_op_t  *op;

    ngx_http_wismo_conn_timer(conn, NGX_HTTP_WISMO_REDIS_IDLE);

    if (ngx_current_msec - conn->heard < NGX_HTTP_WISMO_REDIS_IDLE / 2
        || !ngx_queue_empty(&ngx_http_wismo_redis_ops))
    {
        return;
    }

    op = ngx_http_wismo_redis_op();
    if (op == NULL) {
        return;
    }

    ngx_str_set(&argv[0], "PING");

    if (ngx_http_wismo_conn_command(conn, &conn->out, 1, argv) != NGX_OK) {
        ngx_http_wismo_redis_free(op);
        return;
    }

    ngx_http_wismo_redis_push(op, NGX_HTTP_WISMO_REDIS_ORPHAN);
}


static void
ngx_http_wismo_redis_down(ngx_http_wismo_conn_t *conn)
{
    ngx_queue_t           gone, *q;
    ngx_http_wismo_op_t  *op;

    if (ngx_queue_empty(&ngx_http_wismo_redis_ops)) {
        return;
    }

    /* handlers may send: what they send is for the next connection */

    ngx_queue_init(&gone);
    ngx_queue_add(&gone, &ngx_http_wismo_redis_ops);
    ngx_queue_init(&ngx_http_wismo_redis_ops);

    while (!ngx_queue_empty(&gone)) {

        q = ngx_queue_head(&gone);
        op = ngx_queue_data(q, ngx_http_wismo_op_t, queue);

        ngx_queue_remove(q);

        if (!op->dropped) {
            ngx_http_wismo_redis_call(op, NGX_HTTP_WISMO_REDIS_DOWN, NULL);
        }

        ngx_http_wismo_redis_free(op);
    }
}
