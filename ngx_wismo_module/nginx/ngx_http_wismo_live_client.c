
/*
 * Copyright (C) The Wismo authors
 *
 * One client's stream.  It begins as any response does; then, in HTTP/1, the
 * request is let go, as it is between two requests of a connection that is
 * kept alive: what an open page costs is a socket and what is in
 * ngx_http_wismo_live_client_t, not the request with its pools and buffers.
 * From there on frames go to the socket in one piece, made once for all.  In
 * HTTP/2 and HTTP/3 the request stays, and frames go through the filters.
 *
 * A client that is slow is not queued for: what didn't fit into the socket is
 * kept, and when it has been taken, the order's state of that time follows.
 *
 * Called by ngx_http_wismo_live.c.  What must never be here: knowledge of
 * Redis, or a decision who may have a stream.
 */


#include "ngx_http_wismo_live.h"


static ngx_uint_t ngx_http_wismo_live_may_let_go(ngx_http_request_t *r);
static void ngx_http_wismo_live_let_go(ngx_http_wismo_live_client_t *client);
static void ngx_http_wismo_live_free_buffers(ngx_connection_t *c,
    ngx_http_connection_t *hc);
static void ngx_http_wismo_live_request_tell(
    ngx_http_wismo_live_client_t *client,
    ngx_http_wismo_live_frame_t *frame);
static ngx_int_t ngx_http_wismo_live_request_wait(ngx_http_request_t *r);
static void ngx_http_wismo_live_request_handler(ngx_http_request_t *r);
static void ngx_http_wismo_live_request_close(ngx_http_request_t *r,
    ngx_int_t rc);
static void ngx_http_wismo_live_send(ngx_http_wismo_live_client_t *client,
    u_char *data, size_t len);
static void ngx_http_wismo_live_write_handler(ngx_event_t *wev);
static void ngx_http_wismo_live_read_handler(ngx_event_t *rev);
static void ngx_http_wismo_live_close(ngx_http_wismo_live_client_t *client);


static ngx_str_t  ngx_http_wismo_live_last_chunk =
    ngx_string("0" CRLF CRLF);


ngx_int_t
ngx_http_wismo_live_open(ngx_http_wismo_live_client_t *client,
    ngx_str_t *text)
{
    ngx_int_t                   rc;
    ngx_http_request_t         *r;
    ngx_http_wismo_response_t   rs;

    r = client->request;

    client->buf = ngx_create_temp_buf(r->pool, NGX_HTTP_WISMO_LIVE_FRAME);
    if (client->buf == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_wismo_response_init(&rs, NGX_HTTP_OK, NGX_HTTP_WISMO_STREAM);

    rs.body = *text;

    rc = ngx_http_wismo_reply(r, &rs);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    if (ngx_http_wismo_live_may_let_go(r)) {
        ngx_http_wismo_live_let_go(client);

        return NGX_DONE;
    }

    r->write_event_handler = ngx_http_wismo_live_request_handler;

    if (ngx_http_wismo_live_request_wait(r) != NGX_OK) {
        return NGX_ERROR;
    }

    return NGX_DONE;
}


/*
 * Nobody else may have anything to do with the request anymore, and what has
 * been said of it must have left: then nginx's filters have nothing to add to
 * what follows but the chunks.
 */

static ngx_uint_t
ngx_http_wismo_live_may_let_go(ngx_http_request_t *r)
{
    ngx_connection_t  *c;

    c = r->connection;

    return r->http_version <= NGX_HTTP_VERSION_11
           && r == r->main
           && r->count == 1
           && r->out == NULL
           && r->postponed == NULL
           && r->posted_requests == NULL
           && r->headers_out.content_encoding == NULL
           && !r->buffered
           && !r->discard_body
           && !c->buffered
           && !c->error;
}


static void
ngx_http_wismo_live_let_go(ngx_http_wismo_live_client_t *client)
{
    ngx_event_t            *rev, *wev;
    ngx_connection_t       *c;
    ngx_http_request_t     *r;
    ngx_http_connection_t  *hc;

    r = client->request;
    c = client->connection;
    hc = r->http_connection;

    client->request = NULL;
    client->buf = NULL;
    client->chunked = r->chunked;

    /* it is logged now; c->destroyed keeps others from looking for it */

    ngx_http_free_request(r, 0);

    c->data = client;
    c->log->action = "streaming changes";

    ngx_http_wismo_live_free_buffers(c, hc);

    rev = c->read;
    wev = c->write;

    rev->handler = ngx_http_wismo_live_read_handler;
    wev->handler = ngx_http_wismo_live_write_handler;

    if (rev->timer_set) {
        ngx_del_timer(rev);
    }

    if (wev->timer_set) {
        ngx_del_timer(wev);
    }

    /* a page that is open gives way to requests if connections run out */

    ngx_reusable_connection(c, 1);

    if (c->tcp_nodelay != NGX_TCP_NODELAY_DISABLED) {
        (void) ngx_tcp_nodelay(c);
    }

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);

    } else if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        c->error = 1;
        ngx_post_event(rev, &ngx_posted_events);
    }
}


/* As ngx_http_set_keepalive() does. */

static void
ngx_http_wismo_live_free_buffers(ngx_connection_t *c,
    ngx_http_connection_t *hc)
{
    ngx_chain_t  *cl;

    if (c->buffer && ngx_pfree(c->pool, c->buffer->start) == NGX_OK) {
        c->buffer->start = NULL;
        c->buffer->pos = NULL;
        c->buffer->last = NULL;
    }

    for (cl = hc->free; cl; cl = cl->next) {
        (void) ngx_pfree(c->pool, cl->buf->start);
    }

    for (cl = hc->busy; cl; cl = cl->next) {
        (void) ngx_pfree(c->pool, cl->buf->start);
    }

    hc->free = NULL;
    hc->busy = NULL;
    hc->nbusy = 0;

#if (NGX_HTTP_SSL)

    if (c->ssl) {
        ngx_ssl_free_buffer(c);

        /* what didn't fit in is kept elsewhere than where it was */

        SSL_set_mode(c->ssl->connection, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    }

#endif
}


void
ngx_http_wismo_live_tell(ngx_http_wismo_live_client_t *client,
    ngx_http_wismo_live_frame_t *frame)
{
    ngx_str_t  *piece;

    if (client->request) {
        ngx_http_wismo_live_request_tell(client, frame);
        return;
    }

    if (client->pos == client->last) {
        piece = client->chunked ? &frame->chunk : &frame->text;

        ngx_http_wismo_live_said(client, frame);
        ngx_http_wismo_live_send(client, piece->data, piece->len);
    }
}


void
ngx_http_wismo_live_end(ngx_http_wismo_live_client_t *client)
{
    ngx_str_t         *last;
    ngx_connection_t  *c;

    if (client->request) {

        /* it may take a while to leave, and must not be ended again */

        ngx_queue_remove(&client->queue);
        ngx_queue_init(&client->queue);
        ngx_queue_remove(&client->turn);
        ngx_queue_init(&client->turn);

        ngx_http_wismo_live_request_close(client->request,
                                 ngx_http_wismo_reply_end(client->request));
        return;
    }

    c = client->connection;

    if (client->chunked && client->pos == client->last) {
        last = &ngx_http_wismo_live_last_chunk;
        (void) c->send(c, last->data, last->len);
    }

    ngx_http_wismo_live_close(client);
}


static void
ngx_http_wismo_live_request_tell(ngx_http_wismo_live_client_t *client,
    ngx_http_wismo_live_frame_t *frame)
{
    ngx_buf_t           *b;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = client->request;
    c = r->connection;
    b = client->buf;

    if (b->pos != b->last) {
        return;
    }

    ngx_http_set_log_request(c->log, r);

    b->pos = b->start;
    b->last = ngx_cpymem(b->start, frame->text.data, frame->text.len);

    ngx_http_wismo_live_said(client, frame);

    if (ngx_http_wismo_reply_more(r, b) == NGX_ERROR
        || ngx_http_wismo_live_request_wait(r) != NGX_OK)
    {
        ngx_http_wismo_live_request_close(r, NGX_ERROR);
        return;
    }

    ngx_http_run_posted_requests(c);
}


static ngx_int_t
ngx_http_wismo_live_request_wait(ngx_http_request_t *r)
{
    ngx_event_t               *wev;
    ngx_http_core_loc_conf_t  *clcf;

    wev = r->connection->write;

    if (!r->buffered && !r->connection->buffered) {

        if (wev->timer_set) {
            ngx_del_timer(wev);
        }

        return NGX_OK;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (!wev->timer_set) {
        ngx_add_timer(wev, NGX_HTTP_WISMO_LIVE_SEND);
    }

    return ngx_handle_write_event(wev, clcf->send_lowat);
}


static void
ngx_http_wismo_live_request_handler(ngx_http_request_t *r)
{
    ngx_connection_t              *c;
    ngx_http_wismo_ctx_t          *ctx;
    ngx_http_wismo_live_frame_t    frame;
    ngx_http_wismo_live_client_t  *client;

    c = r->connection;
    ctx = ngx_http_get_module_ctx(r, ngx_http_wismo_module);
    client = ctx->live;

    if (c->write->timedout) {
        c->timedout = 1;
        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    if (ngx_http_wismo_reply_more(r, NULL) == NGX_ERROR
        || ngx_http_wismo_live_request_wait(r) != NGX_OK)
    {
        ngx_http_finalize_request(r, NGX_ERROR);
        return;
    }

    if (ngx_http_wismo_live_is_behind(client)) {
        ngx_http_wismo_live_state(client->order,
                                  ngx_http_wismo_live_mark(client), &frame);
        ngx_http_wismo_live_request_tell(client, &frame);
    }
}


static void
ngx_http_wismo_live_request_close(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_connection_t  *c;

    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_wismo_live_send(ngx_http_wismo_live_client_t *client, u_char *data,
    size_t len)
{
    ssize_t            n;
    ngx_connection_t  *c;

    c = client->connection;

    n = c->send(c, data, len);

    if (n == (ssize_t) len) {
        return;
    }

    if (n == NGX_AGAIN) {
        n = 0;
    }

    if (n < 0) {
        ngx_http_wismo_live_close(client);
        return;
    }

    len -= n;

    client->start = ngx_alloc(len, c->log);
    if (client->start == NULL) {
        ngx_http_wismo_live_close(client);
        return;
    }

    client->pos = client->start;
    client->last = ngx_cpymem(client->start, data + n, len);

    ngx_add_timer(c->write, NGX_HTTP_WISMO_LIVE_SEND);

    if (ngx_handle_write_event(c->write, 0) != NGX_OK) {
        ngx_http_wismo_live_close(client);
    }
}


static void
ngx_http_wismo_live_write_handler(ngx_event_t *wev)
{
    ssize_t                        n;
    ngx_connection_t              *c;
    ngx_http_wismo_live_frame_t    frame;
    ngx_http_wismo_live_client_t  *client;

    c = wev->data;
    client = c->data;

    if (wev->timedout) {
        ngx_log_error(NGX_LOG_INFO, c->log, NGX_ETIMEDOUT,
                      "client timed out");
        c->timedout = 1;
        ngx_http_wismo_live_close(client);
        return;
    }

    if (client->pos == client->last) {
        return;
    }

    n = c->send(c, client->pos, client->last - client->pos);

    if (n > 0) {
        client->pos += n;

    } else if (n != NGX_AGAIN) {
        ngx_http_wismo_live_close(client);
        return;
    }

    if (client->pos != client->last) {

        if (ngx_handle_write_event(wev, 0) != NGX_OK) {
            ngx_http_wismo_live_close(client);
        }

        return;
    }

    ngx_free(client->start);

    client->start = NULL;
    client->pos = NULL;
    client->last = NULL;

    ngx_del_timer(wev);

    if ((ngx_event_flags & NGX_USE_LEVEL_EVENT) && wev->active
        && ngx_del_event(wev, NGX_WRITE_EVENT, 0) != NGX_OK)
    {
        ngx_http_wismo_live_close(client);
        return;
    }

    if (ngx_http_wismo_live_is_behind(client)) {
        ngx_http_wismo_live_state(client->order,
                                  ngx_http_wismo_live_mark(client), &frame);
        ngx_http_wismo_live_tell(client, &frame);
    }
}


/* A client has nothing more to say, but its leaving is heard here. */

static void
ngx_http_wismo_live_read_handler(ngx_event_t *rev)
{
    u_char                         buf[512];
    ssize_t                        n;
    ngx_connection_t              *c;
    ngx_http_wismo_live_client_t  *client;

    c = rev->data;
    client = c->data;

    /* connections run out, or worker_shutdown_timeout has come */

    if (c->close) {
        ngx_http_wismo_live_end(client);
        return;
    }

    if (c->error) {
        ngx_http_wismo_live_close(client);
        return;
    }

    do {
        n = c->recv(c, buf, sizeof(buf));

        if (n == NGX_AGAIN) {

            if (ngx_handle_read_event(rev, 0) != NGX_OK) {
                ngx_http_wismo_live_close(client);
            }

            return;
        }

    } while (n > 0);

    ngx_http_wismo_live_close(client);
}


static void
ngx_http_wismo_live_close(ngx_http_wismo_live_client_t *client)
{
    ngx_connection_t  *c;

    c = client->connection;

    ngx_http_wismo_live_forget(client);

    ngx_http_close_connection(c);
}
