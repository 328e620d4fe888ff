
/*
 * Copyright (C) The Wismo authors
 *
 * The watch connection: Redis tells which documents have changed, by tracking
 * (any change, whoever made it) and by what a fetcher publishes with each
 * commit.  Both are delivered at most once, so that a new connection means
 * that something may have been missed: then the epoch moves, and nothing
 * older is trusted.  A fetcher's canary, written each second, proves that the
 * whole way works.
 *
 * Called by ngx_http_wismo_conn.c and, for a worker's life, by the module.
 * Never sends a command that reads data.
 */


#include "ngx_http_wismo_conn.h"
#include "ngx_http_wismo_cache.h"
#include "ngx_http_wismo_incident.h"


#define NGX_HTTP_WISMO_WATCH_TICK  5000
#define NGX_HTTP_WISMO_WATCH_DEAD  15000
#define NGX_HTTP_WISMO_WATCH_LOOK  12             /* ticks */


typedef enum {
    NGX_HTTP_WISMO_WATCH_START = 0,
    NGX_HTTP_WISMO_WATCH_ID,
    NGX_HTTP_WISMO_WATCH_TRACKING,
    NGX_HTTP_WISMO_WATCH_INVALIDATE,       /* SUBSCRIBE, where tracking is */
    NGX_HTTP_WISMO_WATCH_EVENTS            /* SUBSCRIBE */
} ngx_http_wismo_watch_step_e;


static ngx_int_t ngx_http_wismo_watch_greet(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_value_t *value);
static ngx_int_t ngx_http_wismo_watch_track(ngx_http_wismo_conn_t *conn,
    int64_t id);
static ngx_int_t ngx_http_wismo_watch_subscribe(ngx_http_wismo_conn_t *conn,
    ngx_str_t *channel);
static void ngx_http_wismo_watch_refused(ngx_http_wismo_conn_t *conn,
    ngx_str_t *error);
static void ngx_http_wismo_watch_up(ngx_http_wismo_conn_t *conn);
static ngx_pool_t *ngx_http_wismo_watch_pool(ngx_http_wismo_conn_t *conn);
static ngx_int_t ngx_http_wismo_watch_reply(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_value_t *value);
static void ngx_http_wismo_watch_invalidate(ngx_http_wismo_value_t *keys);
static void ngx_http_wismo_watch_event(ngx_str_t *text);
static void ngx_http_wismo_watch_changed(wismo_str_t *order,
    uint64_t version, ngx_uint_t gone);
static void ngx_http_wismo_watch_canary(void);
static void ngx_http_wismo_watch_epoch(void);
static void ngx_http_wismo_watch_tick(ngx_http_wismo_conn_t *conn);
static void ngx_http_wismo_watch_down(ngx_http_wismo_conn_t *conn);


static ngx_http_wismo_conn_type_t  ngx_http_wismo_watch_type = {
    "wismo-watch",
    ngx_http_wismo_watch_greet,
    ngx_http_wismo_watch_up,
    ngx_http_wismo_watch_pool,
    ngx_http_wismo_watch_reply,
    ngx_http_wismo_watch_tick,
    ngx_http_wismo_watch_down
};


static ngx_http_wismo_conn_t        ngx_http_wismo_watch;
static ngx_http_wismo_watch_step_e  ngx_http_wismo_watch_step;


static ngx_str_t  ngx_http_wismo_watch_invalidations =
    ngx_string("__redis__:invalidate");
static ngx_str_t  ngx_http_wismo_watch_events =
    ngx_string(WISMO_CHANNEL_EVENT);
static ngx_str_t  ngx_http_wismo_watch_key = ngx_string(WISMO_KEY_CANARY);


ngx_int_t
ngx_http_wismo_watch_init(ngx_cycle_t *cycle,
    ngx_http_wismo_main_conf_t *wmcf)
{
    ngx_http_wismo_conn_init(&ngx_http_wismo_watch,
                             &ngx_http_wismo_watch_type, &wmcf->redis,
                             cycle->log);

    ngx_http_wismo_conn_open(&ngx_http_wismo_watch);

    return NGX_OK;
}


void
ngx_http_wismo_watch_exit(ngx_cycle_t *cycle)
{
    if (ngx_http_wismo_watch.conf == NULL) {
        return;
    }

    ngx_http_wismo_conn_exit(&ngx_http_wismo_watch);
    ngx_http_wismo_incident_exit();

    ngx_http_wismo_watch.conf = NULL;
}


time_t
ngx_http_wismo_watch_canary_age(void)
{
    ngx_msec_t             seen;
    ngx_http_wismo_shm_t  *sh;

    sh = ngx_http_wismo_shm();

    if (sh == NULL || sh->canary == 0) {
        return -1;
    }

    /* another worker's clock may have been read a moment later */

    seen = sh->canary - 1;

    if ((ngx_msec_int_t) (ngx_current_msec - seen) < 0) {
        return 0;
    }

    return (ngx_current_msec - seen) / 1000;
}


static ngx_int_t
ngx_http_wismo_watch_greet(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_value_t *value)
{
    ngx_int_t             rc;
    ngx_str_t             argv[2];
    ngx_uint_t            refused;
    ngx_http_wismo_why_e  why;

    refused = 0;

    if (value == NULL) {
        ngx_http_wismo_watch_step = NGX_HTTP_WISMO_WATCH_START;

    } else if (value->type == NGX_HTTP_WISMO_REDIS_ERROR) {

        why = ngx_http_wismo_codec_error(&value->str);

        if (ngx_http_wismo_watch_step == NGX_HTTP_WISMO_WATCH_EVENTS
            || (why != NGX_HTTP_WISMO_WHY_NONE
                && why != NGX_HTTP_WISMO_WHY_NOPERM))
        {
            if (why == NGX_HTTP_WISMO_WHY_NONE) {
                why = NGX_HTTP_WISMO_WHY_REFUSED;
            }

            ngx_http_wismo_conn_fail(conn, why, 0, &value->str);
            return NGX_ERROR;
        }

        ngx_http_wismo_watch_refused(conn, &value->str);

        refused = 1;
    }

    switch (ngx_http_wismo_watch_step) {

    case NGX_HTTP_WISMO_WATCH_START:
        ngx_http_wismo_watch_step = NGX_HTTP_WISMO_WATCH_ID;

        ngx_str_set(&argv[0], "CLIENT");
        ngx_str_set(&argv[1], "ID");

        rc = ngx_http_wismo_conn_command(conn, &conn->hello, 2, argv);
        break;

    case NGX_HTTP_WISMO_WATCH_ID:

        if (!refused) {
            ngx_http_wismo_watch_step = NGX_HTTP_WISMO_WATCH_TRACKING;
            rc = ngx_http_wismo_watch_track(conn, value->integer);
            break;
        }

        ngx_http_wismo_watch_step = NGX_HTTP_WISMO_WATCH_EVENTS;
        rc = ngx_http_wismo_watch_subscribe(conn,
                                            &ngx_http_wismo_watch_events);
        break;

    case NGX_HTTP_WISMO_WATCH_TRACKING:

        if (!refused) {
            ngx_http_wismo_watch_step = NGX_HTTP_WISMO_WATCH_INVALIDATE;
            rc = ngx_http_wismo_watch_subscribe(conn,
                                         &ngx_http_wismo_watch_invalidations);
            break;
        }

        /* fall through */

    case NGX_HTTP_WISMO_WATCH_INVALIDATE:
        ngx_http_wismo_watch_step = NGX_HTTP_WISMO_WATCH_EVENTS;
        rc = ngx_http_wismo_watch_subscribe(conn,
                                            &ngx_http_wismo_watch_events);
        break;

    default: /* NGX_HTTP_WISMO_WATCH_EVENTS */

        /* an invalidation may come before the answer to SUBSCRIBE */

        if (value->type != NGX_HTTP_WISMO_REDIS_ARRAY || value->nelts != 3
            || value->elts[2].type != NGX_HTTP_WISMO_REDIS_INTEGER)
        {
            return NGX_AGAIN;
        }

        return NGX_OK;
    }

    if (rc != NGX_OK) {
        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_MEMORY, 0, NULL);
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


static ngx_int_t
ngx_http_wismo_watch_track(ngx_http_wismo_conn_t *conn, int64_t id)
{
    ngx_str_t  argv[8];

    u_char     number[NGX_INT64_LEN];

    /* RESP2 sends invalidations by way of a subscriber: this very client */

    ngx_str_set(&argv[0], "CLIENT");
    ngx_str_set(&argv[1], "TRACKING");
    ngx_str_set(&argv[2], "ON");
    ngx_str_set(&argv[3], "REDIRECT");
    argv[4].data = number;
    argv[4].len = ngx_sprintf(number, "%L", id) - number;
    ngx_str_set(&argv[5], "BCAST");
    ngx_str_set(&argv[6], "PREFIX");
    ngx_str_set(&argv[7], WISMO_PREFIX_DOCUMENT);

    return ngx_http_wismo_conn_command(conn, &conn->hello, 8, argv);
}


static ngx_int_t
ngx_http_wismo_watch_subscribe(ngx_http_wismo_conn_t *conn,
    ngx_str_t *channel)
{
    ngx_str_t  argv[2];

    ngx_str_set(&argv[0], "SUBSCRIBE");
    argv[1] = *channel;

    return ngx_http_wismo_conn_command(conn, &conn->hello, 2, argv);
}


static void
ngx_http_wismo_watch_refused(ngx_http_wismo_conn_t *conn, ngx_str_t *error)
{
    static ngx_uint_t  told;

    if (told++) {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, conn->log, 0,
                  "redis \"%V\" refuses key tracking: %V; changes are known "
                  "from fetchers alone, permit \"+client|id +client|tracking "
                  "+subscribe\" and \"&%V\"",
                  &conn->conf->url, error,
                  &ngx_http_wismo_watch_invalidations);
}


static void
ngx_http_wismo_watch_up(ngx_http_wismo_conn_t *conn)
{
    ngx_http_wismo_watch_epoch();

    ngx_http_wismo_conn_timer(conn, NGX_HTTP_WISMO_WATCH_TICK);
}


static ngx_pool_t *
ngx_http_wismo_watch_pool(ngx_http_wismo_conn_t *conn)
{
    return conn->scratch;
}


static ngx_int_t
ngx_http_wismo_watch_reply(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_value_t *value)
{
    ngx_str_t               *channel;
    ngx_http_wismo_value_t  *elts;

    if (value == NULL) {

        /* what it was is lost */

        ngx_http_wismo_watch_epoch();
        return NGX_OK;
    }

    if (value->type == NGX_HTTP_WISMO_REDIS_ERROR) {
        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_REFUSED, 0,
                                 &value->str);
        return NGX_ERROR;
    }

    if (value->type != NGX_HTTP_WISMO_REDIS_ARRAY || value->nelts != 3
        || value->elts[0].type != NGX_HTTP_WISMO_REDIS_STRING
        || value->elts[1].type != NGX_HTTP_WISMO_REDIS_STRING)
    {
        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_PROTOCOL, 0, NULL);
        return NGX_ERROR;
    }

    elts = value->elts;

    if (elts[0].str.len != sizeof("message") - 1
        || ngx_strncmp(elts[0].str.data, "message", sizeof("message") - 1)
           != 0)
    {
        return NGX_OK;
    }

    channel = &elts[1].str;

    if (channel->len == ngx_http_wismo_watch_invalidations.len
        && ngx_strncmp(channel->data, ngx_http_wismo_watch_invalidations.data,
                       channel->len)
           == 0)
    {
        ngx_http_wismo_watch_invalidate(&elts[2]);

    } else if (elts[2].type == NGX_HTTP_WISMO_REDIS_STRING) {
        ngx_http_wismo_watch_event(&elts[2].str);
    }

    return NGX_OK;
}


static void
ngx_http_wismo_watch_invalidate(ngx_http_wismo_value_t *keys)
{
    ngx_str_t             *key;
    ngx_uint_t             i, n;
    wismo_str_t            s, order;
    ngx_http_wismo_shm_t  *sh;

    if (keys->type != NGX_HTTP_WISMO_REDIS_ARRAY) {

        /* FLUSHALL, or a replica that is filled anew: all keys */

        ngx_http_wismo_watch_epoch();
        ngx_http_wismo_cache_flush();
        return;
    }

    n = keys->nelts;

    for (i = 0; i < keys->nelts; i++) {

        if (keys->elts[i].type != NGX_HTTP_WISMO_REDIS_STRING) {
            continue;
        }

        key = &keys->elts[i].str;

        if (key->len == ngx_http_wismo_watch_key.len
            && ngx_memcmp(key->data, ngx_http_wismo_watch_key.data, key->len)
               == 0)
        {
            ngx_http_wismo_watch_canary();
            n--;
            continue;
        }

        s.len = key->len;
        s.data = key->data;

        if (wismo_str_is(&s, WISMO_KEY_INCIDENTS)) {
            ngx_http_wismo_incident_look();
            continue;
        }

        if (wismo_key_order(&s, &order) == WISMO_OK) {
            ngx_http_wismo_watch_changed(&order, 0, 0);
        }
    }

    sh = ngx_http_wismo_shm();

    if (sh && n) {
        (void) ngx_atomic_fetch_add(&sh->invalidations, n);
    }
}


static void
ngx_http_wismo_watch_event(ngx_str_t *text)
{
    u_char                *p, *last;
    off_t                  version;
    wismo_str_t            order;
    ngx_http_wismo_shm_t  *sh;

    if (text->len == sizeof(WISMO_EVENT_INCIDENTS) - 1
        && ngx_memcmp(text->data, WISMO_EVENT_INCIDENTS, text->len) == 0)
    {
        ngx_http_wismo_incident_look();
        return;
    }

    /* where tracking is refused, the canary may still sing here */

    if (text->len && text->data[0] == '!') {
        ngx_http_wismo_watch_canary();
        return;
    }

    sh = ngx_http_wismo_shm();

    if (sh) {
        (void) ngx_atomic_fetch_add(&sh->events, 1);
    }

    /* "<order> <version>", with a word more, or without a version: "<order>",
     * if what was shown of it before may not be shown any more */

    last = text->data + text->len;

    p = ngx_strlchr(text->data, last, ' ');
    version = p ? ngx_atoof(p + 1, last - (p + 1)) : 0;

    order.data = text->data;
    order.len = p ? (size_t) (p - text->data) : text->len;

    ngx_http_wismo_watch_changed(&order, version > 0 ? version : 0,
                                 version <= 0);
}


/*
 * An order is another one now; its key may have told it, or its fetcher, who
 * tells the version too.
 */

static void
ngx_http_wismo_watch_changed(wismo_str_t *order, uint64_t version,
    ngx_uint_t gone)
{
    if (!wismo_order_number_ok(order)) {
        return;
    }

    ngx_http_wismo_cache_drop(order, gone);
    ngx_http_wismo_live_changed(order, version);
}


static void
ngx_http_wismo_watch_canary(void)
{
    ngx_http_wismo_shm_t  *sh;

    sh = ngx_http_wismo_shm();

    if (sh) {
        sh->canary = ngx_current_msec + 1;
    }
}


static void
ngx_http_wismo_watch_epoch(void)
{
    ngx_http_wismo_shm_t  *sh;

    sh = ngx_http_wismo_shm();

    if (sh) {
        (void) ngx_atomic_fetch_add(&sh->epoch, 1);
    }

    ngx_http_wismo_live_missed();
    ngx_http_wismo_incident_look();
}


static void
ngx_http_wismo_watch_tick(ngx_http_wismo_conn_t *conn)
{
    ngx_msec_t         age;

    static ngx_uint_t  ticks;

    if (++ticks % NGX_HTTP_WISMO_WATCH_LOOK == 0) {
        ngx_http_wismo_incident_look();
    }

    age = ngx_current_msec - conn->heard;

    if (age >= NGX_HTTP_WISMO_WATCH_DEAD) {
        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_SILENT, 0, NULL);
        return;
    }

    /* a subscriber may not say PING in every version, but this it may */

    if (age >= NGX_HTTP_WISMO_WATCH_TICK
        && ngx_http_wismo_watch_subscribe(conn, &ngx_http_wismo_watch_events)
           != NGX_OK)
    {
        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_MEMORY, 0, NULL);
        return;
    }

    ngx_http_wismo_conn_timer(conn, NGX_HTTP_WISMO_WATCH_TICK);
}


static void
ngx_http_wismo_watch_down(ngx_http_wismo_conn_t *conn)
{
    /* the epoch moves when it is back: until then nothing is confirmed */
}
