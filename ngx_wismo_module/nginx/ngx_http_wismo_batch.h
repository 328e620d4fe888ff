
/*
 * Copyright (C) The Wismo authors
 *
 * Many orders in one request, and what it shares with the request for one.
 */


#ifndef _NGX_HTTP_WISMO_BATCH_H_INCLUDED_
#define _NGX_HTTP_WISMO_BATCH_H_INCLUDED_


#include "ngx_http_wismo_module.h"

#include <jansson.h>


/* Whether a request below wismo_api is for v1/orders:batch. */
ngx_uint_t ngx_http_wismo_batch_is(ngx_http_request_t *r);

/* Its handler; the key was checked. */
ngx_int_t ngx_http_wismo_batch(ngx_http_request_t *r);


/* The type of a body, with or without parameters (ngx_http_wismo_api.c). */
ngx_uint_t ngx_http_wismo_api_is_type(ngx_http_request_t *r,
    const char *type);

/*
 * Checks an order, and gives carriers to shipments that name none: *rewritten
 * tells whether there were any.  Returns the number of faults, at most "max",
 * or WISMO_ERROR for memory.
 */
int ngx_http_wismo_api_order(ngx_http_request_t *r, wismo_pool_t *wp,
    json_t *json, wismo_error_t *errors, int max, ngx_uint_t *rewritten);


#endif /* _NGX_HTTP_WISMO_BATCH_H_INCLUDED_ */
