
/*
 * Copyright (C) The Wismo authors
 *
 * The only way a response leaves the module.  Callers say what it is; status
 * line, security headers, caching, ETag and the body's chain are made here.
 */


#ifndef _NGX_HTTP_WISMO_REPLY_H_INCLUDED_
#define _NGX_HTTP_WISMO_REPLY_H_INCLUDED_


#include "ngx_http_wismo_module.h"


typedef enum {
    NGX_HTTP_WISMO_HTML = 0,
    NGX_HTTP_WISMO_JSON,
    NGX_HTTP_WISMO_PROBLEM,
    NGX_HTTP_WISMO_TEXT
} ngx_http_wismo_type_e;


typedef struct {
    ngx_uint_t               status;
    ngx_http_wismo_type_e    type;
    ngx_str_t                body;           /* not copied: r->pool or static */
    ngx_str_t                csp;            /* empty: the strictest */
    ngx_str_t                etag;           /* with quotes; empty: none */
    ngx_str_t                location;
    ngx_str_t                cookie;         /* whole Set-Cookie value */
    ngx_str_t                allow;          /* of a 405 */
    time_t                   last_modified;  /* -1: none */
    ngx_int_t                retry_after;    /* seconds, -1: none */
} ngx_http_wismo_response_t;


void ngx_http_wismo_response_init(ngx_http_wismo_response_t *rs,
    ngx_uint_t status, ngx_http_wismo_type_e type);

/* Sends headers and body; returns what a content handler returns. */
ngx_int_t ngx_http_wismo_reply(ngx_http_request_t *r,
    ngx_http_wismo_response_t *rs);

/* A problem document of RFC 9457; "errors" may be NULL. */
ngx_int_t ngx_http_wismo_reply_problem(ngx_http_request_t *r,
    ngx_uint_t status, const char *detail, const wismo_error_t *errors,
    ngx_uint_t n, ngx_int_t retry_after);


#endif /* _NGX_HTTP_WISMO_REPLY_H_INCLUDED_ */
