
/*
 * Copyright (C) The Wismo authors
 *
 * Live pages: what their files share.  ngx_http_wismo_live.c knows who may
 * have a stream, ngx_http_wismo_live_order.c what is watched and how a change
 * is told, ngx_http_wismo_live_client.c one client's stream.  All of it is a
 * worker's own; each worker hears of all changes.
 */


#ifndef _NGX_HTTP_WISMO_LIVE_H_INCLUDED_
#define _NGX_HTTP_WISMO_LIVE_H_INCLUDED_


#include "ngx_http_wismo_incident.h"
#include "ngx_http_wismo_track.h"


#define NGX_HTTP_WISMO_LIVE_FRAME  256
#define NGX_HTTP_WISMO_LIVE_BATCH  256      /* frames sent in one turn */

/* a stream ends if the client has taken nothing of a frame for so long */
#define NGX_HTTP_WISMO_LIVE_SEND   30000


/* A piece of a stream, made once for all who get it; "chunk" is around it. */

typedef struct {
    ngx_str_t                       text;
    ngx_str_t                       chunk;
    uint64_t                        version;   /* 0: none is told */
    uint32_t                        mark;
    u_char                          buf[NGX_HTTP_WISMO_LIVE_FRAME];
} ngx_http_wismo_live_frame_t;


typedef struct {
    ngx_str_node_t                  sn;        /* the number */
    ngx_queue_t                     queue;     /* of all, by last reading */
    ngx_queue_t                     changed;   /* to be read */
    ngx_queue_t                     telling;
    ngx_queue_t                     clients;   /* told the longest ago first */
    ngx_uint_t                      refs;      /* clients, and those to be */
    ngx_uint_t                      untold;    /* clients to be looked at */
    ngx_uint_t                      epoch;
    uint64_t                        version;   /* 0: not known yet */
    int64_t                         revoked_at;
    wismo_status_e                  status;
    uint32_t                        marks[NGX_HTTP_WISMO_INCIDENT_VIEWS];
    ngx_pool_t                     *pool;      /* of the reading */
    ngx_http_wismo_op_t            *op;
    unsigned                        is_changed:1;
    unsigned                        is_telling:1;
    unsigned                        again:1;   /* changed while it was read */
    unsigned                        gone:1;
} ngx_http_wismo_live_order_t;


typedef struct {
    ngx_queue_t                     queue;     /* of the order */
    ngx_queue_t                     turn;      /* of all, by last sending */
    ngx_http_wismo_live_order_t    *order;
    ngx_connection_t               *connection;
    ngx_http_request_t             *request;   /* NULL: it was let go */
    ngx_buf_t                      *buf;       /* the request's */
    u_char                         *start;     /* what didn't fit in: */
    u_char                         *pos;       /* ours to free */
    u_char                         *last;
    uint64_t                        version;   /* that it was told */
    int64_t                         since;     /* when its link was made */
    ngx_msec_t                      said;
    uint32_t                        mark;      /* that it was told */
    uint32_t                        slot;
    unsigned                        full:1;    /* it sees the whole order */
    unsigned                        linked:1;  /* it needs its link */
    unsigned                        open:1;
    unsigned                        chunked:1;
    unsigned                        exempt:1;  /* from the limit a client */
} ngx_http_wismo_live_client_t;


/* A worker has one. */

typedef struct {
    ngx_http_wismo_live_conf_t      conf;

    /* event ident must be after 3 pointers as in ngx_connection_t */
    ngx_int_t                       ident;

    ngx_rbtree_t                    tree;       /* of orders, by number */
    ngx_rbtree_node_t               sentinel;
    ngx_queue_t                     orders;     /* by last reading */
    ngx_queue_t                     changed;
    ngx_queue_t                     telling;
    ngx_queue_t                     turns;      /* of clients */
    ngx_uint_t                      clients;
    ngx_uint_t                      reading;
    ngx_uint_t                      epoch;
    ngx_uint_t                      pace;       /* orders read in one turn */
    uint32_t                        incidents;  /* that are active */
    ngx_uint_t                      leaving;    /* clients to end at a time */
    ngx_event_t                     work;
    ngx_event_t                     timer;
    uint64_t                        seed;
    uint16_t                       *slots;      /* clients by address */
} ngx_http_wismo_live_t;


extern ngx_http_wismo_live_t  ngx_http_wismo_live;


/* Finds an order or makes it known; it is to be unreferenced. */
ngx_http_wismo_live_order_t *ngx_http_wismo_live_order(
    const wismo_str_t *number);
void ngx_http_wismo_live_order_unref(ngx_http_wismo_live_order_t *order);

/* Of the command that reads an order's header, or all of it while there are
 * incidents; the key has WISMO_KEY_MAX. */
void ngx_http_wismo_live_argv(ngx_str_t *argv, char *key,
    ngx_http_wismo_live_order_t *order);

/*
 * What Redis says of an order now.  Replies come in the order in which they
 * were asked for, so that the last one is the latest.  NGX_DECLINED if there
 * is no such order, NGX_ERROR if what there is can't be read.
 */
ngx_int_t ngx_http_wismo_live_learn(ngx_http_wismo_live_order_t *order,
    ngx_http_wismo_value_t *value, ngx_pool_t *pool);

/* Handler of the "work" event. */
void ngx_http_wismo_live_work(ngx_event_t *ev);

/* Has all orders looked at again if there are other incidents now. */
void ngx_http_wismo_live_incidents(void);

/*
 * After changes may have been missed: has some of the orders read that were
 * not since.  Returns how many are left of n, 0 if there is more to do.
 */
ngx_uint_t ngx_http_wismo_live_reread(ngx_uint_t n);

/* Whether what the client was told is not the order's state any more. */
ngx_uint_t ngx_http_wismo_live_is_behind(ngx_http_wismo_live_client_t *client);

/* Makes the frame of the order's state, for who sees this of it. */
void ngx_http_wismo_live_state(ngx_http_wismo_live_order_t *order,
    uint32_t mark, ngx_http_wismo_live_frame_t *frame);

/* The mark of incidents that the client may know of. */
uint32_t ngx_http_wismo_live_mark(ngx_http_wismo_live_client_t *client);

/* The client gets this frame now, and the next when its turn comes. */
void ngx_http_wismo_live_said(ngx_http_wismo_live_client_t *client,
    ngx_http_wismo_live_frame_t *frame);

/* The client is gone: it is taken out of everything and freed. */
void ngx_http_wismo_live_forget(ngx_http_wismo_live_client_t *client);


/*
 * Begins a stream whose first text is "text".  Returns what a content handler
 * returns; the client is open after NGX_DONE.
 */
ngx_int_t ngx_http_wismo_live_open(ngx_http_wismo_live_client_t *client,
    ngx_str_t *text);

/*
 * Sends a frame, or nothing if the client still has one to take: then it gets
 * the order's state when it has.  Both calls may end and free the client.
 */
void ngx_http_wismo_live_tell(ngx_http_wismo_live_client_t *client,
    ngx_http_wismo_live_frame_t *frame);
void ngx_http_wismo_live_end(ngx_http_wismo_live_client_t *client);


#endif /* _NGX_HTTP_WISMO_LIVE_H_INCLUDED_ */
