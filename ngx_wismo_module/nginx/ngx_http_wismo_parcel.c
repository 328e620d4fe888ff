
/*
 * Copyright (C) The Wismo authors
 *
 * A tracking number alone: which order has the parcel, so that a page can be
 * made of the parcel by itself.  Called by the tracking page for what is no
 * order, and by the look-up form for what looks like a tracking number.
 *
 * Numbers of parcels are guessed one after the other, so misses are counted
 * by client; not with those of the form, which nobody's pictures or links on
 * other sites may shut for a shopper.
 *
 * What must never be here: a word of the order, or a way out that is shorter
 * for an order that exists.
 */


#include "ngx_http_wismo_throttle.h"
#include "ngx_http_wismo_track.h"


/* More of them with one number than that are not looked at. */
#define NGX_HTTP_WISMO_PARCEL_ORDERS  "16"

#define NGX_HTTP_WISMO_PARCEL_MEMORY  (8 * 1024 * 1024)


typedef struct {
    ngx_http_wismo_track_t      *track;
    ngx_http_wismo_parcel_pt     handler;
    void                        *data;
    wismo_str_t                  number;
    ngx_http_wismo_throttle_t    throttle;
} ngx_http_wismo_parcel_t;


static ngx_int_t ngx_http_wismo_parcel_answer(ngx_http_request_t *r,
    void *data, ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value);
static ngx_int_t ngx_http_wismo_parcel_order(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, ngx_http_wismo_value_t *value);


ngx_int_t
ngx_http_wismo_parcel_find(ngx_http_request_t *r, ngx_http_wismo_track_t *t,
    const wismo_str_t *number, ngx_http_wismo_parcel_pt handler, void *data)
{
    char                       key[WISMO_KEY_MAX];
    uint64_t                  *client;
    ngx_str_t                  argv[3];
    wismo_pool_t               wp;
    ngx_http_wismo_parcel_t   *parcel;
    ngx_http_wismo_redis_rc_e  rc;

    parcel = ngx_palloc(r->pool, sizeof(ngx_http_wismo_parcel_t));
    if (parcel == NULL) {
        return NGX_ERROR;
    }

    ngx_http_wismo_pool(&wp, r->pool, WISMO_KEY_MAX);

    parcel->track = t;
    parcel->handler = handler;
    parcel->data = data;
    parcel->number = *number;

    if (wismo_clean_number(&wp, &parcel->number) != WISMO_OK) {
        return NGX_DECLINED;
    }

    /* by client alone, and apart from the form's */

    ngx_http_wismo_throttle_keys(r, &parcel->throttle, number, number);

    client = &parcel->throttle.keys[NGX_HTTP_WISMO_LIMIT_CLIENT];

    if (*client) {
        *client = wismo_hash64(client, sizeof(uint64_t), *client);
    }

    parcel->throttle.keys[NGX_HTTP_WISMO_LIMIT_ORDER] = 0;
    parcel->throttle.keys[NGX_HTTP_WISMO_LIMIT_FACTOR] = 0;

    ngx_str_set(&argv[0], "SRANDMEMBER");
    argv[1].data = (u_char *) key;
    argv[1].len = wismo_key_tracking(key, &parcel->number);
    ngx_str_set(&argv[2], NGX_HTTP_WISMO_PARCEL_ORDERS);

    rc = ngx_http_wismo_ask(r, 3, argv, ngx_http_wismo_parcel_answer, parcel);

    return (rc == NGX_HTTP_WISMO_REDIS_OK) ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_wismo_parcel_answer(ngx_http_request_t *r, void *data,
    ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value)
{
    ngx_http_wismo_parcel_t *parcel = data;

    ngx_int_t                found;
    ngx_uint_t               throttled;
    ngx_http_wismo_track_t  *t;

    t = parcel->track;

    /* a user that may not read the index finds nothing in it */

    if (rc != NGX_HTTP_WISMO_REDIS_OK
        && !(rc == NGX_HTTP_WISMO_REDIS_REFUSED && value
             && value->str.len >= 6
             && ngx_strncmp(value->str.data, "NOPERM", 6) == 0))
    {
        return parcel->handler(r, parcel->data, NGX_ERROR);
    }

    throttled = ngx_http_wismo_throttled(r, &parcel->throttle);
    found = ngx_http_wismo_parcel_order(r, t, value);

    if (found == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (found != NGX_OK || throttled) {
        ngx_http_wismo_throttle_count(r, &parcel->throttle);

        return parcel->handler(r, parcel->data, NGX_DECLINED);
    }

    t->parcel = parcel->number;

    return parcel->handler(r, parcel->data, NGX_OK);
}


/* Any of them tells the same of the parcel: always the same one is asked. */

static ngx_int_t
ngx_http_wismo_parcel_order(ngx_http_request_t *r, ngx_http_wismo_track_t *t,
    ngx_http_wismo_value_t *value)
{
    ngx_uint_t   i;
    wismo_str_t  member, carrier, order, first, *least;

    if (value->type != NGX_HTTP_WISMO_REDIS_ARRAY) {
        return NGX_DECLINED;
    }

    least = NULL;

    for (i = 0; i < value->nelts; i++) {

        if (value->elts[i].type != NGX_HTTP_WISMO_REDIS_STRING) {
            continue;
        }

        member.len = value->elts[i].str.len;
        member.data = value->elts[i].str.data;

        if (wismo_tracking_member(&member, &carrier, &order) != WISMO_OK
            || !wismo_order_number_ok(&order))
        {
            continue;
        }

        if (least == NULL
            || ngx_memn2cmp(member.data, first.data, member.len, first.len)
               < 0)
        {
            first = member;
            least = &first;
            t->order = order;
        }
    }

    return least ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_http_wismo_parcel_document(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, const wismo_document_t *doc,
    wismo_document_t *alone)
{
    wismo_pool_t  wp;

    ngx_http_wismo_pool(&wp, r->pool, NGX_HTTP_WISMO_PARCEL_MEMORY);

    switch (wismo_document_alone(&wp, doc, &t->parcel, alone)) {

    case WISMO_OK:
        return NGX_OK;

    case WISMO_DECLINED:
        return NGX_DECLINED;

    default:
        return NGX_ERROR;
    }
}
