
/*
 * Copyright (C) The Wismo authors
 *
 * One connection to Redis: what the command connection
 * (ngx_http_wismo_redis.c) and the watch connection (ngx_http_wismo_watch.c)
 * have in common.  Included by the files that make up the Redis client and by
 * no handler: those use ngx_http_wismo_redis.h.
 */


#ifndef _NGX_HTTP_WISMO_CONN_H_INCLUDED_
#define _NGX_HTTP_WISMO_CONN_H_INCLUDED_


#include "ngx_http_wismo_redis.h"


#define NGX_HTTP_WISMO_REDIS_ELTS      4096       /* values in one reply */
#define NGX_HTTP_WISMO_REDIS_OUT       8388608    /* bytes not sent yet */

#define NGX_HTTP_WISMO_REDIS_ORPHAN    1000       /* silence that ends it */
#define NGX_HTTP_WISMO_REDIS_IDLE      10000      /* then is it alive? */


typedef enum {
    NGX_HTTP_WISMO_CONN_IDLE = 0,      /* closed, nothing is planned */
    NGX_HTTP_WISMO_CONN_WAITING,       /* closed, the timer will connect */
    NGX_HTTP_WISMO_CONN_RESOLVING,
    NGX_HTTP_WISMO_CONN_CONNECTING,
    NGX_HTTP_WISMO_CONN_HANDSHAKE,
    NGX_HTTP_WISMO_CONN_GREETING,      /* AUTH, SELECT and the like */
    NGX_HTTP_WISMO_CONN_READY
} ngx_http_wismo_conn_state_e;


/* What is wrong with Redis; each has its own line in the log. */

typedef enum {
    NGX_HTTP_WISMO_WHY_NONE = 0,
    NGX_HTTP_WISMO_WHY_RESOLVE,
    NGX_HTTP_WISMO_WHY_CONNECT,
    NGX_HTTP_WISMO_WHY_TLS,
    NGX_HTTP_WISMO_WHY_LOST,
    NGX_HTTP_WISMO_WHY_SILENT,
    NGX_HTTP_WISMO_WHY_SLOW,
    NGX_HTTP_WISMO_WHY_PROTOCOL,
    NGX_HTTP_WISMO_WHY_MEMORY,
    NGX_HTTP_WISMO_WHY_LOADING,
    NGX_HTTP_WISMO_WHY_STALE,          /* replica without its master */
    NGX_HTTP_WISMO_WHY_READONLY,
    NGX_HTTP_WISMO_WHY_CLUSTER,
    NGX_HTTP_WISMO_WHY_WRITES,         /* OOM, MISCONF, NOREPLICAS */
    NGX_HTTP_WISMO_WHY_BUSY,
    NGX_HTTP_WISMO_WHY_AUTH,
    NGX_HTTP_WISMO_WHY_NOPERM,
    NGX_HTTP_WISMO_WHY_REFUSED
} ngx_http_wismo_why_e;


typedef struct ngx_http_wismo_conn_s  ngx_http_wismo_conn_t;


/* What makes a kind of connection; called by ngx_http_wismo_conn.c. */

typedef struct {
    const char                   *name;

    /*
     * After the common greeting, with a NULL value, and then for each reply
     * as long as it says NGX_AGAIN; NGX_OK means ready, NGX_ERROR that it has
     * called ngx_http_wismo_conn_fail().  May be NULL.
     */
    ngx_int_t                   (*greet)(ngx_http_wismo_conn_t *conn,
                                    ngx_http_wismo_value_t *value);

    void                        (*up)(ngx_http_wismo_conn_t *conn);

    /* Where the reply to come is to be built; NULL: it will be dropped. */
    ngx_pool_t                 *(*pool)(ngx_http_wismo_conn_t *conn);

    /*
     * A reply; NULL if it was dropped, or if its pool had no memory.  After
     * NGX_ERROR the connection isn't there anymore.
     */
    ngx_int_t                   (*reply)(ngx_http_wismo_conn_t *conn,
                                    ngx_http_wismo_value_t *value);

    /* The timer, which "up" has set; it is to be set again. */
    void                        (*tick)(ngx_http_wismo_conn_t *conn);

    /* The connection is gone; may be called without an "up" before. */
    void                        (*down)(ngx_http_wismo_conn_t *conn);
} ngx_http_wismo_conn_type_t;


typedef struct {
    u_char                       *start;
    u_char                       *pos;
    u_char                       *last;
    u_char                       *end;
} ngx_http_wismo_out_t;


struct ngx_http_wismo_conn_s {
    ngx_connection_t             *c;
    ngx_http_wismo_redis_conf_t  *conf;
    ngx_log_t                    *log;

    /* event ident must be after 3 pointers as in ngx_connection_t */
    ngx_int_t                     ident;

    ngx_http_wismo_conn_type_t   *type;
    ngx_http_wismo_conn_state_e   state;
    ngx_http_wismo_why_e          why;        /* of not being ready */

    ngx_peer_connection_t         peer;
    ngx_resolver_ctx_t           *resolving;
    ngx_sockaddr_t                sockaddr;
    ngx_str_t                     peer_name;
    u_char                        peer_text[NGX_SOCKADDR_STRLEN];
    ngx_log_t                     quiet;      /* for connect()'s own lines */

    void                         *reader;     /* redisReader */
    u_char                       *pos;        /* what was read, and the */
    u_char                       *last;       /* reader does not have yet */
    ngx_pool_t                   *scratch;    /* greeting, pushes */
    ngx_uint_t                    nelts;      /* values in this reply */
    size_t                        nbytes;
    ngx_uint_t                    nomem;

    ngx_http_wismo_out_t          hello;
    ngx_http_wismo_out_t          out;

    ngx_uint_t                    step;       /* of the greeting */
    ngx_uint_t                    steps[8];
    ngx_uint_t                    nsteps;

    ngx_uint_t                    tries;      /* addresses take turns */
    ngx_uint_t                    failures;   /* since it was last ready */
    ngx_uint_t                    busy;       /* so many wait for a reply */
    ngx_msec_t                    since;      /* when it became ready */
    ngx_msec_t                    heard;      /* when it last spoke */

    ngx_event_t                   timer;
    ngx_event_t                   flush;
};


void ngx_http_wismo_conn_init(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_conn_type_t *type, ngx_http_wismo_redis_conf_t *conf,
    ngx_log_t *log);
void ngx_http_wismo_conn_exit(ngx_http_wismo_conn_t *conn);
void ngx_http_wismo_conn_open(ngx_http_wismo_conn_t *conn);

/* Closes and plans the next attempt; "down" is called before it returns. */
void ngx_http_wismo_conn_fail(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_why_e why, ngx_err_t err, ngx_str_t *text);

/*
 * A fault that doesn't end the connection.  At most one line a minute and
 * kind of fault, for all workers together.
 */
void ngx_http_wismo_conn_note(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_why_e why, ngx_err_t err, ngx_str_t *text);

/* What is wrong, in words; a static string. */
void ngx_http_wismo_conn_reason(ngx_http_wismo_conn_t *conn,
    ngx_str_t *reason);

/* Sets the timer anew. */
void ngx_http_wismo_conn_timer(ngx_http_wismo_conn_t *conn, ngx_msec_t timer);

/*
 * Formats a command; it is sent at the end of this turn of the event loop,
 * or, in "out", when the greeting is over.  NGX_DECLINED: too much waits.
 */
ngx_int_t ngx_http_wismo_conn_command(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_out_t *out, ngx_uint_t argc, const ngx_str_t *argv);


/* Between ngx_http_wismo_conn.c and ngx_http_wismo_connect.c. */

void ngx_http_wismo_conn_connected(ngx_http_wismo_conn_t *conn);
ngx_int_t ngx_http_wismo_conn_test(ngx_http_wismo_conn_t *conn);
void ngx_http_wismo_conn_greet(ngx_http_wismo_conn_t *conn);
void ngx_http_wismo_conn_read_handler(ngx_event_t *rev);
void ngx_http_wismo_conn_write_handler(ngx_event_t *wev);


/* ngx_http_wismo_codec.c: RESP, by hiredis and to nginx's pools. */

ngx_int_t ngx_http_wismo_codec_init(ngx_http_wismo_conn_t *conn);
void ngx_http_wismo_codec_free(ngx_http_wismo_conn_t *conn);
/* What was read; it is not copied and must stay until NGX_AGAIN. */
void ngx_http_wismo_codec_feed(ngx_http_wismo_conn_t *conn, u_char *data,
    size_t len);

/*
 * NGX_OK, NGX_AGAIN, NGX_ERROR: not RESP, or larger than allowed, or
 * NGX_ABORT: there is no memory.
 */
ngx_int_t ngx_http_wismo_codec_reply(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_value_t **value);

ngx_int_t ngx_http_wismo_codec_format(ngx_http_wismo_out_t *out,
    ngx_uint_t argc, const ngx_str_t *argv);
void ngx_http_wismo_codec_out_free(ngx_http_wismo_out_t *out);

/* What an error reply says about Redis; NONE: it is about the key alone. */
ngx_http_wismo_why_e ngx_http_wismo_codec_error(ngx_str_t *error);


#endif /* _NGX_HTTP_WISMO_CONN_H_INCLUDED_ */
