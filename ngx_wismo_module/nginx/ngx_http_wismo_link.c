
/*
 * Copyright (C) The Wismo authors
 *
 * The look-up form's other button: the link to an order, by mail.  Whoever
 * knows the number may ask; only the address that came with the order gets
 * anything.  What was asked for goes into the inbox, and the fetcher decides.
 *
 * Nothing is known here of whether there is such an order, so nothing can be
 * learnt of it: neither from the answer, which is one page, nor from its
 * time or its work.
 *
 * What must never be here: a look at a document.
 */


#include "ngx_http_wismo_inbox.h"
#include "ngx_http_wismo_throttle.h"
#include "ngx_http_wismo_track.h"


/* Counted beside failed look-ups, and not with them. */

#define NGX_HTTP_WISMO_LINK_KIND  "link/"


typedef struct {
    ngx_http_wismo_letter_t      letter;
    ngx_http_wismo_track_t      *track;
} ngx_http_wismo_link_t;


static ngx_uint_t ngx_http_wismo_link_enough(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);
static ngx_int_t ngx_http_wismo_link_posted(ngx_http_request_t *r,
    ngx_http_wismo_letter_t *letter, ngx_int_t rc);
static ngx_int_t ngx_http_wismo_link_answer(ngx_http_request_t *r,
    void *data);


ngx_int_t
ngx_http_wismo_link_handler(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    ngx_http_wismo_link_t  *link;

    /* visitors of another site are not to ask without knowing */

    if (!ngx_http_wismo_feedback_ours(r)) {
        return ngx_http_wismo_track_message(r, t, NGX_HTTP_NOT_FOUND,
                                            NGX_HTTP_WISMO_PAGE_NOT_FOUND);
    }

    if (ngx_http_wismo_link_enough(r, t)) {
        return ngx_http_wismo_lookup_later(r, ngx_http_wismo_link_answer, t);
    }

    link = ngx_pcalloc(r->pool, sizeof(ngx_http_wismo_link_t));
    if (link == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    link->track = t;

    ngx_str_set(&link->letter.kind, "link");
    link->letter.order.len = t->number.len;
    link->letter.order.data = t->number.data;
    link->letter.inbox = wismo_bucket(&t->number) % WISMO_INBOXES;
    link->letter.spare = 1;
    link->letter.answer = ngx_http_wismo_link_posted;

    return ngx_http_wismo_inbox_post(r, &link->letter);
}


static ngx_uint_t
ngx_http_wismo_link_enough(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    u_char                     *p;
    u_char                      buf[sizeof(NGX_HTTP_WISMO_LINK_KIND)
                                    + WISMO_ORDER_NUMBER_MAX];
    wismo_str_t                 name, kind;
    ngx_http_wismo_throttle_t   th;

    kind.data = (u_char *) NGX_HTTP_WISMO_LINK_KIND;
    kind.len = sizeof(NGX_HTTP_WISMO_LINK_KIND) - 1;

    p = ngx_cpymem(buf, kind.data, kind.len);
    p = ngx_cpymem(p, t->number.data, t->number.len);

    name.data = buf;
    name.len = p - buf;

    ngx_http_wismo_throttle_keys(r, &th, &name, &kind);

    if (th.keys[NGX_HTTP_WISMO_LIMIT_CLIENT]) {
        th.keys[NGX_HTTP_WISMO_LIMIT_CLIENT] ^=
                                         th.keys[NGX_HTTP_WISMO_LIMIT_FACTOR];
    }

    th.keys[NGX_HTTP_WISMO_LIMIT_FACTOR] = 0;

    if (ngx_http_wismo_throttled(r, &th)) {
        return 1;
    }

    ngx_http_wismo_throttle_count(r, &th);

    return 0;
}


static ngx_int_t
ngx_http_wismo_link_posted(ngx_http_request_t *r,
    ngx_http_wismo_letter_t *letter, ngx_int_t rc)
{
    ngx_http_wismo_link_t  *link;

    link = (ngx_http_wismo_link_t *) letter;

    if (rc != NGX_OK) {
        return ngx_http_wismo_track_message(r, link->track,
                                            NGX_HTTP_SERVICE_UNAVAILABLE,
                                            NGX_HTTP_WISMO_PAGE_UNAVAILABLE);
    }

    return ngx_http_wismo_lookup_later(r, ngx_http_wismo_link_answer,
                                       link->track);
}


static ngx_int_t
ngx_http_wismo_link_answer(ngx_http_request_t *r, void *data)
{
    ngx_http_wismo_track_t *t = data;

    return ngx_http_wismo_track_message(r, t, NGX_HTTP_OK,
                                        NGX_HTTP_WISMO_PAGE_MAILED);
}
