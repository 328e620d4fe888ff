
/*
 * Copyright (C) The Wismo authors
 *
 * What a request may wait for: its own body, Redis, and a moment.  A client
 * that goes away while it waits is noticed, and what was asked for it is
 * cancelled.
 *
 * A handler called back here answers as a content handler does: with what
 * ngx_http_wismo_reply() returned, or NGX_DONE if it waits again.
 */


#ifndef _NGX_HTTP_WISMO_WAIT_H_INCLUDED_
#define _NGX_HTTP_WISMO_WAIT_H_INCLUDED_


#include "ngx_http_wismo_module.h"
#include "ngx_http_wismo_redis.h"


/* "body" is one block of r->pool, or NULL if it is larger than allowed. */
typedef ngx_int_t (*ngx_http_wismo_body_pt)(ngx_http_request_t *r,
    void *data, ngx_str_t *body);

/* See ngx_http_wismo_op_pt. */
typedef ngx_int_t (*ngx_http_wismo_answer_pt)(ngx_http_request_t *r,
    void *data, ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value);


/*
 * Reads at most "max" bytes of body into memory, never into a file.  To be
 * called by a content handler, and its result returned.
 */
ngx_int_t ngx_http_wismo_read_body(ngx_http_request_t *r, size_t max,
    ngx_http_wismo_body_pt handler, void *data);

/*
 * Sends a command and makes the request wait for its answer: the caller
 * returns NGX_DONE.  A content handler that did not read a body must add to
 * r->main->count then.  Anything but OK: nothing was sent.
 */
ngx_http_wismo_redis_rc_e ngx_http_wismo_ask(ngx_http_request_t *r,
    ngx_uint_t argc, const ngx_str_t *argv, ngx_http_wismo_answer_pt handler,
    void *data);

typedef ngx_int_t (*ngx_http_wismo_later_pt)(ngx_http_request_t *r,
    void *data);

/*
 * Calls the handler when "ms" have passed; others are served meanwhile.  To
 * be called by a handler that was called back here, and its result returned.
 */
ngx_int_t ngx_http_wismo_later(ngx_http_request_t *r, ngx_msec_t ms,
    ngx_http_wismo_later_pt handler, void *data);


#endif /* _NGX_HTTP_WISMO_WAIT_H_INCLUDED_ */
