
/*
 * Copyright (C) The Wismo authors
 *
 * Failed look-ups, counted in the zone: by client, by order and by what was
 * claimed to belong to it.  It works without Redis and outlives a reload.
 */


#ifndef _NGX_HTTP_WISMO_THROTTLE_H_INCLUDED_
#define _NGX_HTTP_WISMO_THROTTLE_H_INCLUDED_


#include "ngx_http_wismo_module.h"


/* What a look-up is counted by; a number that is 0 is not counted. */

typedef struct {
    uint64_t                     keys[NGX_HTTP_WISMO_LIMITS];
} ngx_http_wismo_throttle_t;


/* The table's part of a zone of "size" bytes. */
ngx_int_t ngx_http_wismo_throttle_init(ngx_slab_pool_t *shpool,
    ngx_http_wismo_shm_t *sh, size_t size);

/* "claim" is what was typed, in one form. */
void ngx_http_wismo_throttle_keys(ngx_http_request_t *r,
    ngx_http_wismo_throttle_t *th, const wismo_str_t *order,
    const wismo_str_t *claim);

/* Too many have failed already, by any of the three. */
ngx_uint_t ngx_http_wismo_throttled(ngx_http_request_t *r,
    ngx_http_wismo_throttle_t *th);

/* One more, of what is not a look-up. */
void ngx_http_wismo_throttle_count(ngx_http_request_t *r,
    ngx_http_wismo_throttle_t *th);

/* One more has failed. */
void ngx_http_wismo_throttle_failed(ngx_http_request_t *r,
    ngx_http_wismo_throttle_t *th);

/*
 * Something else than a look-up is done for an order, "link/" or so: tells
 * whether that was done too often, and counts it.  It has numbers of its own,
 * as an order that no order can be called like; and, with "clients", so has
 * who does it.  The inbox is for others, too.
 */
ngx_uint_t ngx_http_wismo_throttle_kind(ngx_http_request_t *r,
    const char *kind, const wismo_str_t *order, ngx_uint_t clients);


#endif /* _NGX_HTTP_WISMO_THROTTLE_H_INCLUDED_ */
