
/*
 * Copyright (C) The Wismo authors
 *
 * A request that waits: for its body, for Redis, for a moment.  Called by the
 * location handlers; all reference counting of requests in the module is here,
 * except for the one increment that ngx_http_wismo_wait.h mentions.
 *
 * A body is read unbuffered in nginx's sense, so that it is never written to
 * a temporary file and one that is too large is refused as soon as the limit
 * is passed, whatever client_body_buffer_size says.
 *
 * What must never be here: knowledge of what is asked or answered.
 */


#include "ngx_http_wismo_wait.h"


typedef struct {
    ngx_http_request_t         *request;
    ngx_http_wismo_op_t        *op;
    ngx_http_wismo_answer_pt    handler;
    void                       *data;
} ngx_http_wismo_wait_t;


typedef struct {
    u_char                     *start;
    size_t                      len;
    size_t                      size;
    size_t                      max;
    ngx_http_wismo_body_pt      handler;
    void                       *data;
} ngx_http_wismo_body_t;


typedef struct {
    ngx_event_t                 timer;
    ngx_http_request_t         *request;
    ngx_http_wismo_later_pt     handler;
    void                       *data;
} ngx_http_wismo_later_t;


static void ngx_http_wismo_answer(void *data, ngx_http_wismo_redis_rc_e rc,
    ngx_http_wismo_value_t *value);
static void ngx_http_wismo_wait_cleanup(void *data);
static void ngx_http_wismo_later_handler(ngx_event_t *ev);
static void ngx_http_wismo_later_cleanup(void *data);
static ngx_int_t ngx_http_wismo_watch_client(ngx_http_request_t *r);
static void ngx_http_wismo_body_start(ngx_http_request_t *r);
static void ngx_http_wismo_body_read(ngx_http_request_t *r);
static ngx_int_t ngx_http_wismo_body_take(ngx_http_request_t *r,
    ngx_http_wismo_body_t *body);
static void ngx_http_wismo_body_done(ngx_http_request_t *r,
    ngx_http_wismo_body_t *body, ngx_int_t rc);


ngx_http_wismo_redis_rc_e
ngx_http_wismo_ask(ngx_http_request_t *r, ngx_uint_t argc,
    const ngx_str_t *argv, ngx_http_wismo_answer_pt handler, void *data)
{
    ngx_http_cleanup_t         *cln;
    ngx_http_wismo_wait_t      *w;
    ngx_http_wismo_redis_rc_e   rc;

    cln = ngx_http_cleanup_add(r, sizeof(ngx_http_wismo_wait_t));
    if (cln == NULL) {
        return NGX_HTTP_WISMO_REDIS_BUSY;
    }

    w = cln->data;
    w->request = r;
    w->op = NULL;
    w->handler = handler;
    w->data = data;

    rc = ngx_http_wismo_redis_send(r->pool, argc, argv, ngx_http_wismo_answer,
                                   w, &w->op);

    if (rc != NGX_HTTP_WISMO_REDIS_OK) {
        return rc;
    }

    cln->handler = ngx_http_wismo_wait_cleanup;

    if (ngx_http_wismo_watch_client(r) != NGX_OK) {
        ngx_http_wismo_redis_cancel(w->op);
        w->op = NULL;

        return NGX_HTTP_WISMO_REDIS_BUSY;
    }

    return NGX_HTTP_WISMO_REDIS_OK;
}


/* Without this a client that has gone is noticed only when Redis answers. */

static ngx_int_t
ngx_http_wismo_watch_client(ngx_http_request_t *r)
{
    ngx_event_t  *rev;

    if (r->discard_body) {
        return NGX_OK;
    }

    r->read_event_handler = ngx_http_test_reading;

    rev = r->connection->read;

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);
        return NGX_OK;
    }

    return ngx_handle_read_event(rev, 0);
}


static void
ngx_http_wismo_answer(void *data, ngx_http_wismo_redis_rc_e rc,
    ngx_http_wismo_value_t *value)
{
    ngx_http_wismo_wait_t *w = data;

    ngx_int_t            n;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = w->request;
    c = r->connection;

    w->op = NULL;

    ngx_http_set_log_request(c->log, r);

    n = w->handler(r, w->data, rc, value);

    if (n != NGX_DONE) {
        ngx_http_finalize_request(r, n);
    }

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_wismo_wait_cleanup(void *data)
{
    ngx_http_wismo_wait_t *w = data;

    if (w->op) {
        ngx_http_wismo_redis_cancel(w->op);
        w->op = NULL;
    }
}


ngx_int_t
ngx_http_wismo_later(ngx_http_request_t *r, ngx_msec_t ms,
    ngx_http_wismo_later_pt handler, void *data)
{
    ngx_http_cleanup_t      *cln;
    ngx_http_wismo_later_t  *later;

    cln = ngx_http_cleanup_add(r, sizeof(ngx_http_wismo_later_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    later = cln->data;

    ngx_memzero(later, sizeof(ngx_http_wismo_later_t));

    later->request = r;
    later->handler = handler;
    later->data = data;
    later->timer.handler = ngx_http_wismo_later_handler;
    later->timer.data = later;
    later->timer.log = r->connection->log;

    cln->handler = ngx_http_wismo_later_cleanup;

    if (ngx_http_wismo_watch_client(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_add_timer(&later->timer, ms);

    return NGX_DONE;
}


static void
ngx_http_wismo_later_handler(ngx_event_t *ev)
{
    ngx_http_wismo_later_t *later = ev->data;

    ngx_int_t            n;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = later->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    n = later->handler(r, later->data);

    if (n != NGX_DONE) {
        ngx_http_finalize_request(r, n);
    }

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_wismo_later_cleanup(void *data)
{
    ngx_http_wismo_later_t *later = data;

    if (later->timer.timer_set) {
        ngx_del_timer(&later->timer);
    }
}


ngx_int_t
ngx_http_wismo_read_body(ngx_http_request_t *r, size_t max,
    ngx_http_wismo_body_pt handler, void *data)
{
    ngx_int_t               rc;
    ngx_http_wismo_ctx_t   *ctx;
    ngx_http_wismo_body_t  *body;

    if (r->headers_in.content_length_n > (off_t) max) {
        return handler(r, data, NULL);
    }

    body = ngx_pcalloc(r->pool, sizeof(ngx_http_wismo_body_t));
    if (body == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body->max = max;
    body->handler = handler;
    body->data = data;

    if (r->headers_in.content_length_n > 0) {
        body->size = (size_t) r->headers_in.content_length_n;

        body->start = ngx_pnalloc(r->pool, body->size);
        if (body->start == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_wismo_module);

    if (ctx == NULL) {
        ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_wismo_ctx_t));
        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ngx_http_set_ctx(r, ctx, ngx_http_wismo_module);
    }

    ctx->body = body;

    r->request_body_no_buffering = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_wismo_body_start);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


static void
ngx_http_wismo_body_start(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_http_wismo_ctx_t   *ctx;
    ngx_http_wismo_body_t  *body;

    ctx = ngx_http_get_module_ctx(r, ngx_http_wismo_module);
    body = ctx->body;

    rc = ngx_http_wismo_body_take(r, body);

    if (rc == NGX_OK && r->reading_body) {
        r->read_event_handler = ngx_http_wismo_body_read;
        ngx_http_wismo_body_read(r);
        return;
    }

    ngx_http_wismo_body_done(r, body, rc);
}


static void
ngx_http_wismo_body_read(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_connection_t       *c;
    ngx_http_wismo_ctx_t   *ctx;
    ngx_http_wismo_body_t  *body;

    c = r->connection;

    if (c->read->timedout) {
        c->timedout = 1;
        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_wismo_module);
    body = ctx->body;

    do {
        rc = ngx_http_read_unbuffered_request_body(r);

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            ngx_http_finalize_request(r, rc);
            return;
        }

        if (rc == NGX_AGAIN && r->request_body->bufs == NULL) {
            return;
        }

        rc = ngx_http_wismo_body_take(r, body);

    } while (rc == NGX_OK && r->reading_body);

    ngx_http_wismo_body_done(r, body, rc);
}


/* Moves what nginx has read so far to the block. */

static ngx_int_t
ngx_http_wismo_body_take(ngx_http_request_t *r, ngx_http_wismo_body_t *body)
{
    size_t        n, size;
    u_char       *p;
    ngx_buf_t    *b;
    ngx_chain_t  *cl, *ln;

    if (r->request_body == NULL) {
        return NGX_OK;
    }

    cl = r->request_body->bufs;

    while (cl) {
        b = cl->buf;

        if (b->in_file) {
            ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                          "wismo: request body in a file");
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        n = b->last - b->pos;

        if (n > body->max - body->len) {
            return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
        }

        if (n > body->size - body->len) {
            size = ngx_min(ngx_max(2 * body->size, body->len + n), body->max);

            p = ngx_pnalloc(r->pool, size);
            if (p == NULL) {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }

            ngx_memcpy(p, body->start, body->len);

            body->start = p;
            body->size = size;
        }

        ngx_memcpy(body->start + body->len, b->pos, n);

        body->len += n;
        b->pos = b->last;

        ln = cl;
        cl = cl->next;
        ngx_free_chain(r->pool, ln);
    }

    r->request_body->bufs = NULL;

    return NGX_OK;
}


static void
ngx_http_wismo_body_done(ngx_http_request_t *r, ngx_http_wismo_body_t *body,
    ngx_int_t rc)
{
    ngx_str_t  text;

    if (rc == NGX_OK || rc == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE) {
        text.data = body->start;
        text.len = body->len;

        rc = body->handler(r, body->data, rc == NGX_OK ? &text : NULL);
    }

    if (rc != NGX_DONE) {
        ngx_http_finalize_request(r, rc);
    }
}
