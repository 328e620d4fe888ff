
/*
 * Copyright (C) The Wismo authors
 *
 * Redis seen from a worker: one command connection, pipelined, on nginx's own
 * events; hiredis only as a codec.  Handlers send one command and get exactly
 * one call back, or none if they cancelled.  Which keys exist is
 * wismo_schema.h's matter.
 */


#ifndef _NGX_HTTP_WISMO_REDIS_H_INCLUDED_
#define _NGX_HTTP_WISMO_REDIS_H_INCLUDED_


#include "ngx_http_wismo_module.h"


#define NGX_HTTP_WISMO_REDIS_PENDING   4096       /* ops in flight */
#define NGX_HTTP_WISMO_REDIS_REPLY     262144     /* bytes of one reply */


typedef enum {
    NGX_HTTP_WISMO_REDIS_NIL = 0,
    NGX_HTTP_WISMO_REDIS_STRING,
    NGX_HTTP_WISMO_REDIS_STATUS,
    NGX_HTTP_WISMO_REDIS_ERROR,
    NGX_HTTP_WISMO_REDIS_INTEGER,
    NGX_HTTP_WISMO_REDIS_ARRAY
} ngx_http_wismo_redis_type_e;


typedef struct ngx_http_wismo_value_s  ngx_http_wismo_value_t;

struct ngx_http_wismo_value_s {
    ngx_http_wismo_redis_type_e  type;
    ngx_str_t                    str;      /* in the op's pool */
    int64_t                      integer;
    ngx_uint_t                   nelts;
    ngx_http_wismo_value_t      *elts;
};


/* Why there is no value. */

typedef enum {
    NGX_HTTP_WISMO_REDIS_OK = 0,
    NGX_HTTP_WISMO_REDIS_DOWN,         /* no connection, or it broke */
    NGX_HTTP_WISMO_REDIS_TIMEOUT,
    NGX_HTTP_WISMO_REDIS_BUSY,         /* too many in flight */
    NGX_HTTP_WISMO_REDIS_REFUSED       /* Redis answered with an error that
                                          makes it unusable now: LOADING,
                                          READONLY, NOAUTH, OOM, MISCONF... */
} ngx_http_wismo_redis_rc_e;


typedef struct ngx_http_wismo_op_s  ngx_http_wismo_op_t;

/*
 * "value" is NULL unless rc is OK or REFUSED; its memory is of the pool that
 * the command was sent with.  An error reply that concerns the key alone
 * (WRONGTYPE) comes with OK and type ERROR.
 *
 * The handler may finish its request, send more commands and cancel others; it
 * must not send commands on behalf of a finished request.  It is called from
 * an event of the Redis connection: after finishing a request it runs the
 * posted requests of that client's connection itself.  With the call its op
 * is gone and must not be cancelled anymore.
 */
typedef void (*ngx_http_wismo_op_pt)(void *data, ngx_http_wismo_redis_rc_e rc,
    ngx_http_wismo_value_t *value);


/*
 * Sends one command; arguments are copied into the output buffer, which is
 * written once per turn of the event loop.  *op serves only for cancelling.
 * While a worker's first connection is being made, commands wait for it, no
 * longer than their timeout; when Redis is known to be down they don't.
 * Anything but OK: nothing was sent and the handler won't be called.
 */
ngx_http_wismo_redis_rc_e ngx_http_wismo_redis_send(ngx_pool_t *pool,
    ngx_uint_t argc, const ngx_str_t *argv, ngx_http_wismo_op_pt handler,
    void *data, ngx_http_wismo_op_t **op);

/* The caller and its pool go away: the reply will be read and dropped. */
void ngx_http_wismo_redis_cancel(ngx_http_wismo_op_t *op);

/* The state for health: ready to take commands; why not otherwise. */
ngx_uint_t ngx_http_wismo_redis_ready(ngx_str_t *reason);

/* A worker's life. */
ngx_int_t ngx_http_wismo_redis_init(ngx_cycle_t *cycle,
    ngx_http_wismo_main_conf_t *wmcf);
void ngx_http_wismo_redis_exit(ngx_cycle_t *cycle);


/*
 * The watch connection (ngx_http_wismo_watch.c): invalidations of documents,
 * commit events, and the canary that tells how old our knowledge may be.
 */
ngx_int_t ngx_http_wismo_watch_init(ngx_cycle_t *cycle,
    ngx_http_wismo_main_conf_t *wmcf);
void ngx_http_wismo_watch_exit(ngx_cycle_t *cycle);

/* Seconds since a fetcher's canary was seen, or -1 if never. */
time_t ngx_http_wismo_watch_canary_age(void);


#endif /* _NGX_HTTP_WISMO_REDIS_H_INCLUDED_ */
