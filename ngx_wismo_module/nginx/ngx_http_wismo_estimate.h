
/*
 * Copyright (C) The Wismo authors
 *
 * When something would arrive that nobody has ordered yet.
 */


#ifndef _NGX_HTTP_WISMO_ESTIMATE_H_INCLUDED_
#define _NGX_HTTP_WISMO_ESTIMATE_H_INCLUDED_


#include "ngx_http_wismo_module.h"


/* Whether a request below wismo_api is for v1/estimate. */
ngx_uint_t ngx_http_wismo_estimate_is(ngx_http_request_t *r);

/* Its handler; the key was checked. */
ngx_int_t ngx_http_wismo_estimate(ngx_http_request_t *r);


#endif /* _NGX_HTTP_WISMO_ESTIMATE_H_INCLUDED_ */
