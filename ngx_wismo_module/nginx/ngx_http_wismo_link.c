
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


typedef struct {
    ngx_http_wismo_letter_t      letter;
    ngx_http_wismo_track_t      *track;
} ngx_http_wismo_link_t;


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

    /* counted beside failed look-ups, and not with them */

    if (ngx_http_wismo_throttle_kind(r, "link/", &t->number, 1)) {
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
