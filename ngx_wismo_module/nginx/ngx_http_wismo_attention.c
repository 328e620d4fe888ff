
/*
 * Copyright (C) The Wismo authors
 *
 * Attention: a page is looked at, and its order has not been checked for a
 * while.  A small letter tells the fetcher, who asks the carrier sooner.
 *
 * Called for every page that is served, so it costs a comparison where there
 * is nothing to tell, and an atomic look into the zone where there may be.
 * What must never happen here: waiting, an answer that depends on it, a letter
 * where nobody reads them.
 */


#include "ngx_http_wismo_inbox.h"
#include "ngx_http_wismo_redis.h"


#define NGX_HTTP_WISMO_ATTENTION_AGE     1800  /* s: the shortest interval */
#define NGX_HTTP_WISMO_ATTENTION_SOON    90    /* s: it is checked anyway */
#define NGX_HTTP_WISMO_ATTENTION_READER  15    /* s since the last sign of a
                                                  fetcher */
#define NGX_HTTP_WISMO_ATTENTION_MIN     64
#define NGX_HTTP_WISMO_ATTENTION_PART    64    /* of the zone: so much */


static ngx_uint_t ngx_http_wismo_attention_new(wismo_str_t *number,
    time_t period);


static ngx_str_t  ngx_http_wismo_attention_kind = ngx_string("view");


/*
 * An order's place holds a hash of its number and of the time, in periods as
 * long as the shortest interval.  Orders that share a place tell more often
 * than they need to: that is harmless, and bounds the memory.
 */

ngx_int_t
ngx_http_wismo_attention_init(ngx_slab_pool_t *shpool,
    ngx_http_wismo_shm_t *sh, size_t size)
{
    ngx_uint_t  n;

    n = size / NGX_HTTP_WISMO_ATTENTION_PART / sizeof(ngx_atomic_t);

    if (n < NGX_HTTP_WISMO_ATTENTION_MIN) {
        n = NGX_HTTP_WISMO_ATTENTION_MIN;
    }

    sh->views = ngx_slab_calloc(shpool, n * sizeof(ngx_atomic_t));
    if (sh->views == NULL) {
        return NGX_ERROR;
    }

    sh->nviews = n;

    return NGX_OK;
}


void
ngx_http_wismo_attention(ngx_http_request_t *r, wismo_str_t *number,
    int64_t checked_at, int64_t next_check_at)
{
    time_t                       now, period, age;
    wismo_str_t                  order;
    ngx_http_wismo_letter_t     *letter;
    ngx_http_wismo_main_conf_t  *wmcf;

    /* whoever is not asked about any more is not asked about sooner */

    if (next_check_at == WISMO_TIME_NONE || checked_at == WISMO_TIME_NONE) {
        return;
    }

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);

    now = ngx_time();
    period = NGX_HTTP_WISMO_ATTENTION_AGE;

    if (wmcf->fetcher.scale > 1) {
        period = ngx_max(period / (time_t) wmcf->fetcher.scale, 1);
    }

    if (now - checked_at < period
        || (next_check_at > now
            && next_check_at - now < ngx_min(period,
                                             NGX_HTTP_WISMO_ATTENTION_SOON)))
    {
        return;
    }

    age = ngx_http_wismo_watch_canary_age();

    if (age == -1 || age > NGX_HTTP_WISMO_ATTENTION_READER) {
        return;
    }

    if (!ngx_http_wismo_attention_new(number, now / period)) {
        return;
    }

    order = *number;

    letter = ngx_pcalloc(r->pool, sizeof(ngx_http_wismo_letter_t));
    if (letter == NULL) {
        return;
    }

    letter->kind = ngx_http_wismo_attention_kind;
    letter->order.len = order.len;
    letter->order.data = order.data;
    letter->inbox = wismo_bucket(&order) % WISMO_INBOXES;

    ngx_http_wismo_inbox_note(r, letter);
}


static ngx_uint_t
ngx_http_wismo_attention_new(wismo_str_t *number, time_t period)
{
    uint64_t               hash;
    ngx_atomic_t          *view;
    ngx_atomic_uint_t      old, mark;
    ngx_http_wismo_shm_t  *sh;

    sh = ngx_http_wismo_shm();

    if (sh == NULL || sh->nviews == 0) {
        return 0;
    }

    hash = wismo_hash64(number->data, number->len, 0);

    view = &sh->views[hash % sh->nviews];
    mark = (ngx_atomic_uint_t) wismo_hash64(number->data, number->len,
                                            (uint64_t) period);
    old = *view;

    if (old == mark) {
        return 0;
    }

    /* of two workers at once one tells */

    return ngx_atomic_cmp_set(view, old, mark);
}
