
/*
 * Copyright (C) The Wismo authors
 *
 * Live pages: GET /track/ORDER/live is a stream of events that tells when the
 * order has a new version, or other incidents touch it.  Here are who may have
 * one, the limits, and the timer that serves all streams of a worker: it keeps
 * silent ones alive, has orders read again after changes may have been missed,
 * and ends the streams of a worker that is about to exit, a few at a time.
 *
 * Called by ngx_http_wismo_track.c, which knows who may see an order, and for
 * a worker's life by the module.  What must never be here: a timer for each
 * client.
 */


#include "ngx_http_wismo_live.h"

#include "wismo_live.h"


#define NGX_HTTP_WISMO_LIVE_SLOTS    16384      /* a power of two */

#define NGX_HTTP_WISMO_LIVE_TICK     1000
#define NGX_HTTP_WISMO_LIVE_HASTE    50         /* there was more to do */
#define NGX_HTTP_WISMO_LIVE_SILENCE  20000
#define NGX_HTTP_WISMO_LIVE_LEAVE    3000       /* the streams of a worker */

#define NGX_HTTP_WISMO_LIVE_RETRY    3000       /* and up to that much more */
#define NGX_HTTP_WISMO_LIVE_JITTER   5000


static ngx_http_wismo_live_client_t *ngx_http_wismo_live_client(
    ngx_http_request_t *r, ngx_http_wismo_track_t *t);
static ngx_uint_t ngx_http_wismo_live_slot(ngx_http_request_t *r,
    uint32_t *slot);
static void ngx_http_wismo_live_cleanup(void *data);
static ngx_int_t ngx_http_wismo_live_ask(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, ngx_http_wismo_live_client_t *client);
static ngx_int_t ngx_http_wismo_live_answer(ngx_http_request_t *r,
    void *data, ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value);
static uint64_t ngx_http_wismo_live_seen(ngx_http_request_t *r,
    uint32_t *mark);

static void ngx_http_wismo_live_timer_handler(ngx_event_t *ev);
static ngx_msec_t ngx_http_wismo_live_leave(void);


ngx_http_wismo_live_t  ngx_http_wismo_live;

/* a comment: proxies and mobile networks forget what is silent */

static ngx_http_wismo_live_frame_t  ngx_http_wismo_live_silence = {
    ngx_string(":\n\n"),
    ngx_string("3" CRLF ":\n\n" CRLF),
    0,
    0,
    ""
};


ngx_int_t
ngx_http_wismo_live_init(ngx_cycle_t *cycle, ngx_http_wismo_main_conf_t *wmcf)
{
    ngx_http_wismo_live_t  *live;

    live = &ngx_http_wismo_live;

    ngx_memzero(live, sizeof(ngx_http_wismo_live_t));

    live->conf = wmcf->live;

    if (live->conf.total == 0) {
        live->conf.total = cycle->connection_n / 2;
    }

    live->slots = ngx_calloc(NGX_HTTP_WISMO_LIVE_SLOTS * sizeof(uint16_t),
                             cycle->log);
    if (live->slots == NULL) {
        return NGX_ERROR;
    }

    live->ident = -1;
    live->seed = ((uint64_t) ngx_random() << 32) ^ (uint64_t) ngx_random();
    live->epoch = 1;
    live->pace = NGX_HTTP_WISMO_LIVE_BATCH;

    ngx_rbtree_init(&live->tree, &live->sentinel,
                    ngx_str_rbtree_insert_value);

    ngx_queue_init(&live->orders);
    ngx_queue_init(&live->changed);
    ngx_queue_init(&live->telling);
    ngx_queue_init(&live->turns);

    live->work.handler = ngx_http_wismo_live_work;
    live->work.data = live;
    live->work.log = cycle->log;

    /* not cancelable: a worker must not exit before its streams have ended */

    live->timer.handler = ngx_http_wismo_live_timer_handler;
    live->timer.data = live;
    live->timer.log = cycle->log;

    return NGX_OK;
}


void
ngx_http_wismo_live_exit(ngx_cycle_t *cycle)
{
    ngx_queue_t                   *q;
    ngx_http_wismo_live_t         *live;
    ngx_http_wismo_live_client_t  *client;

    live = &ngx_http_wismo_live;

    if (live->slots == NULL) {
        return;
    }

    /* a worker that is told to terminate doesn't wait for anything */

    while (!ngx_queue_empty(&live->turns)) {
        q = ngx_queue_head(&live->turns);
        ngx_queue_remove(q);
        ngx_queue_init(q);

        client = ngx_queue_data(q, ngx_http_wismo_live_client_t, turn);

        if (client->request == NULL) {
            ngx_http_wismo_live_end(client);
        }
    }

    if (live->timer.timer_set) {
        ngx_del_timer(&live->timer);
    }
}


ngx_int_t
ngx_http_wismo_live_handler(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    ngx_int_t                      rc;
    ngx_http_cleanup_t            *cln;
    ngx_http_wismo_response_t      rs;
    ngx_http_wismo_live_client_t  *client;

    if (r != r->main) {
        return ngx_http_wismo_track_message(r, t, NGX_HTTP_NOT_FOUND,
                                            NGX_HTTP_WISMO_PAGE_NOT_FOUND);
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    client = ngx_http_wismo_live_client(r, t);

    if (client == NULL) {

        /* the one answer after which an EventSource doesn't try again */

        ngx_http_wismo_response_init(&rs, NGX_HTTP_NO_CONTENT,
                                     NGX_HTTP_WISMO_PROBLEM);

        return ngx_http_wismo_reply(r, &rs);
    }

    cln->handler = ngx_http_wismo_live_cleanup;
    cln->data = client;

    t->ctx.live = client;

    rc = ngx_http_wismo_live_ask(r, t, client);

    if (rc == NGX_DONE) {
        r->main->count++;
        return NGX_DONE;
    }

    return ngx_http_wismo_track_message(r, t, NGX_HTTP_SERVICE_UNAVAILABLE,
                                        NGX_HTTP_WISMO_PAGE_UNAVAILABLE);
}


/*
 * The client is counted, and its order known, before Redis is asked: what
 * changes between the answer and its arrival is heard.
 */

static ngx_http_wismo_live_client_t *
ngx_http_wismo_live_client(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    uint32_t                       slot;
    ngx_uint_t                     exempt;
    ngx_http_wismo_live_t         *live;
    ngx_http_wismo_live_order_t   *order;
    ngx_http_wismo_live_client_t  *client;

    live = &ngx_http_wismo_live;

    exempt = ngx_http_wismo_live_slot(r, &slot);

    if (live->clients >= live->conf.total
        || (!exempt && live->slots[slot] >= live->conf.client))
    {
        return NULL;
    }

    order = ngx_http_wismo_live_order(&t->number);
    if (order == NULL) {
        return NULL;
    }

    client = NULL;

    if (order->refs <= live->conf.order) {
        client = ngx_calloc(sizeof(ngx_http_wismo_live_client_t),
                            r->connection->log);
    }

    if (client == NULL) {
        ngx_http_wismo_live_order_unref(order);
        return NULL;
    }

    client->order = order;
    client->request = r;
    client->connection = r->connection;
    client->slot = slot;
    client->exempt = exempt;

    ngx_queue_init(&client->queue);
    ngx_queue_init(&client->turn);

    live->clients++;

    if (!exempt) {
        live->slots[slot]++;
    }

    if (!live->timer.timer_set) {
        ngx_add_timer(&live->timer, NGX_HTTP_WISMO_LIVE_TICK);
    }

    return client;
}


/*
 * Clients are counted by address in a table of fixed size, without the
 * addresses: some share a count, which the secret seed makes a matter of
 * chance.  A local socket tells nothing of who is behind it.
 */

static ngx_uint_t
ngx_http_wismo_live_slot(ngx_http_request_t *r, uint32_t *slot)
{
    size_t                len;
    u_char               *p;
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    *slot = 0;

    switch (r->connection->sockaddr->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) r->connection->sockaddr;
        p = (u_char *) &sin->sin_addr.s_addr;
        len = 4;
        break;

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) r->connection->sockaddr;
        p = sin6->sin6_addr.s6_addr;
        len = 8;       /* a client has a network */

        if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
            p += 12;
            len = 4;
        }

        break;
#endif

    default:
        return 1;
    }

    *slot = (uint32_t) (wismo_hash64(p, len, ngx_http_wismo_live.seed)
                        % NGX_HTTP_WISMO_LIVE_SLOTS);

    return 0;
}


/* The request ends: with a stream that was let go it has done so before. */

static void
ngx_http_wismo_live_cleanup(void *data)
{
    ngx_http_wismo_live_client_t *client = data;

    if (client->request) {
        ngx_http_wismo_live_forget(client);
    }
}


void
ngx_http_wismo_live_forget(ngx_http_wismo_live_client_t *client)
{
    ngx_http_wismo_shm_t   *sh;
    ngx_http_wismo_live_t  *live;

    live = &ngx_http_wismo_live;

    ngx_queue_remove(&client->queue);
    ngx_queue_remove(&client->turn);

    ngx_http_wismo_live_order_unref(client->order);

    live->clients--;

    if (!client->exempt) {
        live->slots[client->slot]--;
    }

    if (client->open) {
        sh = ngx_http_wismo_shm();

        if (sh) {
            (void) ngx_atomic_fetch_add(&sh->live_clients, -1);
        }
    }

    if (client->start) {
        ngx_free(client->start);
    }

    ngx_free(client);
}


static ngx_int_t
ngx_http_wismo_live_ask(ngx_http_request_t *r, ngx_http_wismo_track_t *t,
    ngx_http_wismo_live_client_t *client)
{
    char       key[WISMO_KEY_MAX];
    ngx_str_t  argv[4];

    ngx_http_wismo_live_argv(argv, key, client->order);

    if (ngx_http_wismo_ask(r, 4, argv, ngx_http_wismo_live_answer, t)
        != NGX_HTTP_WISMO_REDIS_OK)
    {
        return NGX_ERROR;
    }

    return NGX_DONE;
}


static ngx_int_t
ngx_http_wismo_live_answer(ngx_http_request_t *r, void *data,
    ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value)
{
    ngx_http_wismo_track_t *t = data;

    u_char                        *p, text[NGX_HTTP_WISMO_LIVE_FRAME + 32];
    uint32_t                       mark;
    ngx_int_t                      learnt;
    ngx_str_t                      first;
    ngx_http_wismo_shm_t          *sh;
    ngx_http_wismo_live_t         *live;
    ngx_http_wismo_loc_conf_t     *wlcf;
    ngx_http_wismo_live_order_t   *order;
    ngx_http_wismo_live_frame_t    frame;
    ngx_http_wismo_live_client_t  *client;

    live = &ngx_http_wismo_live;
    client = t->ctx.live;
    order = client->order;

    learnt = (rc == NGX_HTTP_WISMO_REDIS_OK)
             ? ngx_http_wismo_live_learn(order, value, r->pool) : NGX_ERROR;

    if (learnt == NGX_OK
        && ngx_http_wismo_access_revoked(r, t, order->revoked_at) != NGX_OK)
    {
        learnt = NGX_DECLINED;
    }

    if (learnt == NGX_DECLINED) {
        return ngx_http_wismo_reply_problem(r, NGX_HTTP_NOT_FOUND,
                           "There is no such order, or it may not be seen.",
                           NULL, 0, -1);
    }

    if (learnt != NGX_OK) {
        return ngx_http_wismo_reply_problem(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                       "The order cannot be looked up now.",
                                       NULL, 0, NGX_HTTP_WISMO_RETRY_AFTER);
    }

    /* they all come back after a reload, but not at the same moment */

    p = ngx_sprintf(text, "retry: %ui\n\n",
                    (ngx_uint_t) (NGX_HTTP_WISMO_LIVE_RETRY + ngx_random()
                                  % NGX_HTTP_WISMO_LIVE_JITTER));

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    client->linked = (wlcf->order_only == NGX_HTTP_WISMO_ORDER_ONLY_NONE);
    client->since = t->since;
    client->full = (t->view == WISMO_VIEW_FULL);

    mark = ngx_http_wismo_live_mark(client);

    client->version = ngx_http_wismo_live_seen(r, &client->mark);

    if (client->version < order->version || client->mark != mark) {
        ngx_http_wismo_live_state(order, mark, &frame);
        p = ngx_cpymem(p, frame.text.data, frame.text.len);
    }

    client->version = order->version;
    client->mark = mark;
    client->said = ngx_current_msec;

    first.len = p - text;
    first.data = ngx_pnalloc(r->pool, first.len);
    if (first.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(first.data, text, first.len);

    ngx_queue_insert_tail(&order->clients, &client->queue);
    ngx_queue_insert_tail(&live->turns, &client->turn);

    sh = ngx_http_wismo_shm();

    if (sh) {
        (void) ngx_atomic_fetch_add(&sh->live_clients, 1);
    }

    client->open = 1;

    return ngx_http_wismo_live_open(client, &first);
}


/*
 * The version that the client has: an EventSource that connects again tells
 * the last one it was told, a page that has just been opened its own.
 */

static uint64_t
ngx_http_wismo_live_seen(ngx_http_request_t *r, uint32_t *mark)
{
    ngx_str_t         value;
    ngx_uint_t        i;
    wismo_str_t       id;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    static ngx_str_t  name = ngx_string("last-event-id");

    ngx_str_null(&value);

    part = &r->headers_in.headers.part;
    header = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {

            if (part->next == NULL) {
                break;
            }

            part = part->next;
            header = part->elts;
            i = 0;
        }

        if (header[i].key.len == name.len
            && ngx_strncmp(header[i].lowcase_key, name.data, name.len) == 0)
        {
            value = header[i].value;
            break;
        }
    }

    if (value.len == 0
        && ngx_http_arg(r, (u_char *) "v", 1, &value) != NGX_OK)
    {
        *mark = 0;
        return 0;
    }

    id.len = value.len;
    id.data = value.data;

    return wismo_live_version(&id, mark);
}


void
ngx_http_wismo_live_said(ngx_http_wismo_live_client_t *client,
    ngx_http_wismo_live_frame_t *frame)
{
    if (frame->version) {
        client->version = frame->version;
        client->mark = frame->mark;
    }

    client->said = ngx_current_msec;

    ngx_queue_remove(&client->turn);
    ngx_queue_insert_tail(&ngx_http_wismo_live.turns, &client->turn);
}


static void
ngx_http_wismo_live_timer_handler(ngx_event_t *ev)
{
    ngx_str_t                      reason;
    ngx_uint_t                     n;
    ngx_msec_t                     next;
    ngx_queue_t                   *q;
    ngx_http_wismo_live_t         *live;
    ngx_http_wismo_live_client_t  *client;

    live = ev->data;
    next = NGX_HTTP_WISMO_LIVE_TICK;

    if (ngx_exiting || ngx_terminate) {
        next = ngx_http_wismo_live_leave();
        goto done;
    }

    for (n = NGX_HTTP_WISMO_LIVE_BATCH; !ngx_queue_empty(&live->turns); n--) {

        q = ngx_queue_head(&live->turns);
        client = ngx_queue_data(q, ngx_http_wismo_live_client_t, turn);

        if ((ngx_msec_int_t) (ngx_current_msec - client->said)
            < NGX_HTTP_WISMO_LIVE_SILENCE)
        {
            break;
        }

        if (n == 0) {
            next = NGX_HTTP_WISMO_LIVE_HASTE;
            break;
        }

        /* one that can't be told anything has its turn, too */

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&live->turns, q);
        client->said = ngx_current_msec;

        ngx_http_wismo_live_tell(client, &ngx_http_wismo_live_silence);
    }

    ngx_http_wismo_live_incidents();

    if (!ngx_http_wismo_redis_ready(&reason)) {
        goto done;
    }

    if (ngx_http_wismo_live_reread(live->pace) == 0) {
        next = NGX_HTTP_WISMO_LIVE_HASTE;
    }

done:

    if (live->clients) {
        ngx_add_timer(ev, next);
    }
}


/*
 * A worker that is about to exit ends its streams a few at a time, so that
 * the clients don't come to the new one all at once.
 */

static ngx_msec_t
ngx_http_wismo_live_leave(void)
{
    ngx_uint_t                     n;
    ngx_queue_t                   *q;
    ngx_http_wismo_live_t         *live;
    ngx_http_wismo_live_client_t  *client;

    live = &ngx_http_wismo_live;

    if (live->leaving == 0) {
        live->leaving = 1 + live->clients * NGX_HTTP_WISMO_LIVE_HASTE
                            / NGX_HTTP_WISMO_LIVE_LEAVE;
    }

    for (n = live->leaving; n && !ngx_queue_empty(&live->turns); n--) {

        q = ngx_queue_head(&live->turns);
        client = ngx_queue_data(q, ngx_http_wismo_live_client_t, turn);

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&live->turns, q);

        ngx_http_wismo_live_end(client);
    }

    return NGX_HTTP_WISMO_LIVE_HASTE;
}



char *
ngx_http_wismo_live_limit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wismo_main_conf_t *wmcf = conf;

    ngx_int_t    n;
    ngx_str_t   *value, s;
    ngx_uint_t   i, k;

    static ngx_str_t  names[] = {
        ngx_string("order="), ngx_string("client="), ngx_string("total=")
    };

    ngx_uint_t  *fields[] = {
        &wmcf->live.order, &wmcf->live.client, &wmcf->live.total
    };

    if (wmcf->live.order || wmcf->live.client || wmcf->live.total) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        for (k = 0; k < 3; k++) {
            if (ngx_strncmp(value[i].data, names[k].data, names[k].len) == 0)
            {
                break;
            }
        }

        n = NGX_ERROR;

        if (k < 3) {
            s.data = value[i].data + names[k].len;
            s.len = value[i].len - names[k].len;

            n = ngx_atoi(s.data, s.len);
        }

        if (n < 1 || (k == 1 && n > 65535)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" in "
                               "\"wismo_live_limit\" directive: expected "
                               "\"order=N\", \"client=N\" or \"total=N\", as "
                               "in \"wismo_live_limit client=64;\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        *fields[k] = (ngx_uint_t) n;
    }

    return NGX_CONF_OK;
}
