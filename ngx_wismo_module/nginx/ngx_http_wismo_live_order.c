
/*
 * Copyright (C) The Wismo authors
 *
 * The orders that are watched in this worker, and how a change of one reaches
 * its clients.  The watch connection tells that an order has changed; one
 * command reads the header of its document, however many watch it; one frame
 * is made of that and given to all.  A frame has the version and the status
 * and nothing else: a page that learns of a new version asks for itself, by
 * the way of every other request.
 *
 * Incidents are no changes of an order.  When there are others than there
 * were, all orders are read, a few at a time, to see which they touch; while
 * there are any, a document is read whole.
 *
 * Called by ngx_http_wismo_live.c and, for changes, by
 * ngx_http_wismo_watch.c.  What must never be here: a queue of frames, or
 * anything that takes longer the more clients there are in one turn of the
 * event loop.
 */


#include "ngx_http_wismo_live.h"

#include "wismo_live.h"


#define NGX_HTTP_WISMO_LIVE_READS    1024       /* commands in flight */

/* a page that is made anew costs more than a frame, and can wait */
#define NGX_HTTP_WISMO_LIVE_CALM     64


static ngx_http_wismo_live_order_t *ngx_http_wismo_live_find(
    const wismo_str_t *number, uint32_t *hash);
static void ngx_http_wismo_live_order_changed(
    ngx_http_wismo_live_order_t *order);
static ngx_http_wismo_redis_rc_e ngx_http_wismo_live_read(
    ngx_http_wismo_live_order_t *order);
static void ngx_http_wismo_live_read_done(void *data,
    ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value);
static ngx_uint_t ngx_http_wismo_live_tell_some(
    ngx_http_wismo_live_order_t *order, ngx_uint_t n);
static ngx_uint_t ngx_http_wismo_live_is_revoked(
    ngx_http_wismo_live_client_t *client);


static ngx_http_wismo_live_order_t *
ngx_http_wismo_live_find(const wismo_str_t *number, uint32_t *hash)
{
    ngx_str_t  s;

    s.len = number->len;
    s.data = number->data;

    *hash = (uint32_t) wismo_hash64(s.data, s.len, ngx_http_wismo_live.seed);

    return (ngx_http_wismo_live_order_t *)
           ngx_str_rbtree_lookup(&ngx_http_wismo_live.tree, &s, *hash);
}


ngx_http_wismo_live_order_t *
ngx_http_wismo_live_order(const wismo_str_t *number)
{
    uint32_t                      hash;
    ngx_http_wismo_live_t        *live;
    ngx_http_wismo_live_order_t  *order;

    live = &ngx_http_wismo_live;

    order = ngx_http_wismo_live_find(number, &hash);

    if (order) {
        order->refs++;
        return order;
    }

    order = ngx_calloc(sizeof(ngx_http_wismo_live_order_t) + number->len,
                       ngx_cycle->log);
    if (order == NULL) {
        return NULL;
    }

    order->sn.node.key = hash;
    order->sn.str.len = number->len;
    order->sn.str.data = (u_char *) order
                         + sizeof(ngx_http_wismo_live_order_t);
    ngx_memcpy(order->sn.str.data, number->data, number->len);

    order->refs = 1;
    order->epoch = live->epoch;

    ngx_queue_init(&order->clients);

    ngx_rbtree_insert(&live->tree, &order->sn.node);
    ngx_queue_insert_tail(&live->orders, &order->queue);

    return order;
}


void
ngx_http_wismo_live_order_unref(ngx_http_wismo_live_order_t *order)
{
    ngx_http_wismo_live_t  *live;

    if (--order->refs) {
        return;
    }

    live = &ngx_http_wismo_live;

    if (order->op) {
        ngx_http_wismo_redis_cancel(order->op);
        ngx_destroy_pool(order->pool);

        live->reading--;
    }

    if (order->is_changed) {
        ngx_queue_remove(&order->changed);
    }

    if (order->is_telling) {
        ngx_queue_remove(&order->telling);
    }

    ngx_queue_remove(&order->queue);
    ngx_rbtree_delete(&live->tree, &order->sn.node);

    ngx_free(order);
}


void
ngx_http_wismo_live_changed(const wismo_str_t *number, uint64_t version)
{
    uint32_t                      hash;
    ngx_http_wismo_live_order_t  *order;

    if (ngx_http_wismo_live.clients == 0) {
        return;
    }

    order = ngx_http_wismo_live_find(number, &hash);

    if (order && (version == 0 || version != order->version)) {
        ngx_http_wismo_live_order_changed(order);
    }
}


void
ngx_http_wismo_live_missed(void)
{
    ngx_http_wismo_live.epoch++;
    ngx_http_wismo_live.pace = NGX_HTTP_WISMO_LIVE_BATCH;
}


void
ngx_http_wismo_live_incidents(void)
{
    uint32_t                hash;
    ngx_http_wismo_live_t  *live;

    live = &ngx_http_wismo_live;

    (void) ngx_http_wismo_incidents(&hash);

    if (hash != live->incidents) {
        live->incidents = hash;
        live->epoch++;
        live->pace = NGX_HTTP_WISMO_LIVE_CALM;
    }
}


ngx_uint_t
ngx_http_wismo_live_reread(ngx_uint_t n)
{
    ngx_queue_t                  *q;
    ngx_http_wismo_live_t        *live;
    ngx_http_wismo_live_order_t  *order;

    live = &ngx_http_wismo_live;

    while (n && !ngx_queue_empty(&live->orders)) {

        q = ngx_queue_head(&live->orders);
        order = ngx_queue_data(q, ngx_http_wismo_live_order_t, queue);

        if (order->epoch == live->epoch) {
            break;
        }

        order->epoch = live->epoch;

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&live->orders, q);

        ngx_http_wismo_live_order_changed(order);

        n--;
    }

    return n;
}


static void
ngx_http_wismo_live_order_changed(ngx_http_wismo_live_order_t *order)
{
    ngx_http_wismo_live_t  *live;

    live = &ngx_http_wismo_live;

    /* a reply that is on its way may be older */

    if (order->op) {
        order->again = 1;
        return;
    }

    if (!order->is_changed) {
        order->is_changed = 1;
        ngx_queue_insert_tail(&live->changed, &order->changed);
    }

    /* at the end of this turn: a change is told in two ways */

    ngx_post_event(&live->work, &ngx_posted_events);
}


/*
 * What is to be done for orders that have changed: they are read, and their
 * clients told, no more of either than a turn of the event loop bears.
 */

void
ngx_http_wismo_live_work(ngx_event_t *ev)
{
    ngx_uint_t                    n;
    ngx_queue_t                  *q;
    ngx_http_wismo_live_t        *live;
    ngx_http_wismo_live_order_t  *order;

    live = ev->data;

    while (!ngx_queue_empty(&live->changed)
           && live->reading < NGX_HTTP_WISMO_LIVE_READS)
    {
        q = ngx_queue_head(&live->changed);
        order = ngx_queue_data(q, ngx_http_wismo_live_order_t, changed);

        ngx_queue_remove(q);
        order->is_changed = 0;

        if (ngx_http_wismo_live_read(order) != NGX_HTTP_WISMO_REDIS_OK) {

            /* the timer tries again */

            order->epoch = live->epoch - 1;

            ngx_queue_remove(&order->queue);
            ngx_queue_insert_head(&live->orders, &order->queue);
        }
    }

    n = NGX_HTTP_WISMO_LIVE_BATCH;

    while (n && !ngx_queue_empty(&live->telling)) {
        q = ngx_queue_head(&live->telling);
        order = ngx_queue_data(q, ngx_http_wismo_live_order_t, telling);

        n = ngx_http_wismo_live_tell_some(order, n);
    }

    if (!ngx_queue_empty(&live->telling)) {
        ngx_post_event(ev, &ngx_posted_next_events);
    }
}


static ngx_http_wismo_redis_rc_e
ngx_http_wismo_live_read(ngx_http_wismo_live_order_t *order)
{
    char                       key[WISMO_KEY_MAX];
    ngx_str_t                  argv[4];
    ngx_http_wismo_redis_rc_e  rc;

    order->pool = ngx_create_pool(512, ngx_cycle->log);
    if (order->pool == NULL) {
        return NGX_HTTP_WISMO_REDIS_BUSY;
    }

    ngx_http_wismo_live_argv(argv, key, order);

    rc = ngx_http_wismo_redis_send(order->pool, 4, argv,
                                   ngx_http_wismo_live_read_done, order,
                                   &order->op);

    if (rc != NGX_HTTP_WISMO_REDIS_OK) {
        ngx_destroy_pool(order->pool);
        return rc;
    }

    order->again = 0;
    order->epoch = ngx_http_wismo_live.epoch;

    ngx_http_wismo_live.reading++;

    ngx_queue_remove(&order->queue);
    ngx_queue_insert_tail(&ngx_http_wismo_live.orders, &order->queue);

    return NGX_HTTP_WISMO_REDIS_OK;
}


/* Bounded, whatever somebody has put there; empty if there is no key. */

void
ngx_http_wismo_live_argv(ngx_str_t *argv, char *key,
    ngx_http_wismo_live_order_t *order)
{
    uint32_t     hash;
    ngx_uint_t   len;
    wismo_str_t  number;

    static u_char  last[NGX_INT_T_LEN];

    number.len = order->sn.str.len;
    number.data = order->sn.str.data;

    ngx_str_set(&argv[0], "GETRANGE");
    argv[1].data = (u_char *) key;
    argv[1].len = wismo_key_document(key, &number);
    ngx_str_set(&argv[2], "0");

    len = ngx_http_wismo_incidents(&hash) ? WISMO_DOC_MAX : WISMO_DOC_HEADER;

    argv[3].data = last;
    argv[3].len = ngx_sprintf(last, "%ui", len - 1) - last;
}


static void
ngx_http_wismo_live_read_done(void *data, ngx_http_wismo_redis_rc_e rc,
    ngx_http_wismo_value_t *value)
{
    ngx_http_wismo_live_order_t *order = data;

    ngx_pool_t             *pool;
    ngx_http_wismo_live_t  *live;

    live = &ngx_http_wismo_live;

    pool = order->pool;

    order->op = NULL;

    live->reading--;

    if (rc == NGX_HTTP_WISMO_REDIS_OK) {
        (void) ngx_http_wismo_live_learn(order, value, pool);

    } else {

        /* the timer tries again */

        order->epoch--;

        ngx_queue_remove(&order->queue);
        ngx_queue_insert_head(&live->orders, &order->queue);
    }

    ngx_destroy_pool(pool);

    if (order->again) {
        ngx_http_wismo_live_order_changed(order);
    }

    if (!ngx_queue_empty(&live->changed)) {
        ngx_post_event(&live->work, &ngx_posted_events);
    }
}


ngx_int_t
ngx_http_wismo_live_learn(ngx_http_wismo_live_order_t *order,
    ngx_http_wismo_value_t *value, ngx_pool_t *pool)
{
    uint32_t                marks[NGX_HTTP_WISMO_INCIDENT_VIEWS];
    ngx_int_t               rc;
    wismo_str_t             bytes;
    wismo_error_t           err;
    wismo_document_t        doc;
    ngx_http_wismo_live_t  *live;

    live = &ngx_http_wismo_live;

    if (value->type != NGX_HTTP_WISMO_REDIS_STRING) {
        return NGX_ERROR;
    }

    if (value->str.len == 0) {
        rc = NGX_DECLINED;

        order->gone = 1;
        order->version = 0;

    } else {
        bytes.len = value->str.len;
        bytes.data = value->str.data;

        if ((bytes.len > WISMO_DOC_HEADER
             ? wismo_document_open(&bytes, &doc, &err)
             : wismo_document_head(&bytes, &doc, &err))
            != WISMO_OK)
        {
            return NGX_ERROR;
        }

        rc = NGX_OK;

        order->gone = 0;

        /* of a header alone none: if there are some now, it is read again */

        ngx_http_wismo_incident_marks(pool, &doc, marks);

        /* another order may have got the number, and the version */

        if (doc.version == order->version
            && doc.revoked_at == order->revoked_at
            && ngx_memcmp(marks, order->marks, sizeof(marks)) == 0)
        {
            return NGX_OK;
        }

        ngx_memcpy(order->marks, marks, sizeof(marks));

        order->revoked_at = doc.revoked_at;
        order->version = doc.version;
        order->status = doc.status;
    }

    if (ngx_queue_empty(&order->clients)) {
        return rc;
    }

    order->untold = order->refs;

    if (!order->is_telling) {
        order->is_telling = 1;
        ngx_queue_insert_tail(&live->telling, &order->telling);
    }

    ngx_post_event(&live->work, &ngx_posted_events);

    return rc;
}


/* Tells at most n clients; returns how many are left of n. */

static ngx_uint_t
ngx_http_wismo_live_tell_some(ngx_http_wismo_live_order_t *order,
    ngx_uint_t n)
{
    ngx_uint_t                     told;
    uint32_t                       mark;
    ngx_queue_t                   *q;
    ngx_http_wismo_shm_t          *sh;
    ngx_http_wismo_live_frame_t    frame;
    ngx_http_wismo_live_client_t  *client;

    /* the last client may go, and with it the order */

    order->refs++;

    ngx_http_wismo_live_state(order, 0, &frame);

    told = 0;

    while (n && order->untold && !ngx_queue_empty(&order->clients)) {

        q = ngx_queue_head(&order->clients);
        client = ngx_queue_data(q, ngx_http_wismo_live_client_t, queue);

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&order->clients, q);

        order->untold--;
        n--;

        if (order->gone
            || (client->linked && ngx_http_wismo_live_is_revoked(client)))
        {
            ngx_http_wismo_live_end(client);
            continue;
        }

        if (!ngx_http_wismo_live_is_behind(client)) {
            continue;
        }

        mark = ngx_http_wismo_live_mark(client);

        if (frame.mark != mark) {
            ngx_http_wismo_live_state(order, mark, &frame);
        }

        ngx_http_wismo_live_tell(client, &frame);
        told++;
    }

    sh = ngx_http_wismo_shm();

    if (sh && told) {
        (void) ngx_atomic_fetch_add(&sh->live_frames, told);
    }

    if (n || order->untold == 0) {
        order->untold = 0;
        order->is_telling = 0;
        ngx_queue_remove(&order->telling);
    }

    ngx_http_wismo_live_order_unref(order);

    return n;
}


/* As ngx_http_wismo_access_revoked() has it, of a stream that is open. */

static ngx_uint_t
ngx_http_wismo_live_is_revoked(ngx_http_wismo_live_client_t *client)
{
    return client->since != WISMO_TIME_NONE
           && client->since < client->order->revoked_at;
}


ngx_uint_t
ngx_http_wismo_live_is_behind(ngx_http_wismo_live_client_t *client)
{
    ngx_http_wismo_live_order_t  *order;

    order = client->order;

    return !order->gone
           && (client->version != order->version
               || client->mark != ngx_http_wismo_live_mark(client));
}


uint32_t
ngx_http_wismo_live_mark(ngx_http_wismo_live_client_t *client)
{
    wismo_view_e  view;

    view = (client->full && !ngx_http_wismo_live_is_revoked(client))
           ? WISMO_VIEW_FULL : WISMO_VIEW_MINIMAL;

    return client->order->marks[view];
}


void
ngx_http_wismo_live_state(ngx_http_wismo_live_order_t *order, uint32_t mark,
    ngx_http_wismo_live_frame_t *frame)
{
    char                      id[WISMO_LIVE_ID_MAX];
    u_char                   *p, *last;
    const wismo_substatus_t  *sub;

    /* the chunk's size, in two digits, stands before it */

    frame->chunk.data = frame->buf;
    frame->text.data = frame->buf + 4;

    sub = wismo_substatus_of(order->status);

    (void) wismo_live_id(id, order->version, mark);

    last = frame->buf + NGX_HTTP_WISMO_LIVE_FRAME - 4;

    p = ngx_slprintf(frame->text.data, last,
                     "id: %s\n"
                     "data: {\"version\":%uL,\"status\":\"%s\"",
                     id, order->version, sub ? sub->name : "unknown");

    if (mark) {
        p = ngx_slprintf(p, last, ",\"incidents\":\"%08xD\"", mark);
    }

    p = ngx_slprintf(p, last, "}\n\n");

    frame->text.len = p - frame->text.data;

    (void) ngx_sprintf(frame->buf, "%02xi", frame->text.len);
    frame->buf[2] = CR;
    frame->buf[3] = LF;

    *p++ = CR;
    *p++ = LF;

    frame->chunk.len = p - frame->chunk.data;
    frame->version = order->version;
    frame->mark = mark;
}
