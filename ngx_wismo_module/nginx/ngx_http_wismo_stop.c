
/*
 * Copyright (C) The Wismo authors
 *
 * ORDER/stop?t=TOKEN: no more mails about an order.  Whoever has a mail has
 * the token, and nothing else is asked for: a mail program posts by itself
 * (RFC 8058), a person sees a page with a button.  What was chosen goes into
 * the inbox.
 *
 * A GET must never change anything: scanners of mail follow links.
 */


#include "ngx_http_wismo_inbox.h"
#include "ngx_http_wismo_throttle.h"
#include "ngx_http_wismo_track.h"

#include "wismo_form.h"


#define NGX_HTTP_WISMO_STOP_BODY  4096


typedef struct {
    ngx_http_wismo_letter_t      letter;
    ngx_http_wismo_track_t      *track;
    ngx_uint_t                   start;
} ngx_http_wismo_stop_t;


static ngx_int_t ngx_http_wismo_stop_body(ngx_http_request_t *r, void *data,
    ngx_str_t *body);
static ngx_int_t ngx_http_wismo_stop_posted(ngx_http_request_t *r,
    ngx_http_wismo_letter_t *letter, ngx_int_t rc);


static ngx_str_t  ngx_http_wismo_stop_ending = ngx_string("/stop");


ngx_int_t
ngx_http_wismo_stop_handler(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    size_t                      n;
    ngx_int_t                   rc;
    ngx_str_t                   token;
    wismo_str_t                 text;
    wismo_token_t               said;
    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    n = ngx_http_wismo_stop_ending.len;

    if (r->uri.len <= wlcf->base.len + n
        || ngx_memcmp(r->uri.data, wlcf->base.data, wlcf->base.len) != 0
        || ngx_memcmp(r->uri.data + r->uri.len - n,
                      ngx_http_wismo_stop_ending.data, n)
           != 0
        || !(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD|NGX_HTTP_POST)))
    {
        return NGX_DECLINED;
    }

    t->number.data = r->uri.data + wlcf->base.len;
    t->number.len = r->uri.len - wlcf->base.len - n;

    if (r->method != NGX_HTTP_POST) {
        rc = ngx_http_discard_request_body(r);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (!wismo_order_number_ok(&t->number)
        || ngx_http_arg(r, (u_char *) "t", 1, &token) != NGX_OK)
    {
        return ngx_http_wismo_track_message(r, t, NGX_HTTP_NOT_FOUND,
                                            NGX_HTTP_WISMO_PAGE_BAD_LINK);
    }

    text.len = token.len;
    text.data = token.data;

    if (wlcf->keys == NULL
        || wismo_token_check(wlcf->keys, WISMO_TOKEN_STOP, &t->number, &text,
                             ngx_time(), &said)
           != WISMO_OK)
    {
        return ngx_http_wismo_track_message(r, t, NGX_HTTP_NOT_FOUND,
                                            NGX_HTTP_WISMO_PAGE_BAD_LINK);
    }

    if (r->method != NGX_HTTP_POST) {
        return ngx_http_wismo_track_message(r, t, NGX_HTTP_OK,
                                            NGX_HTTP_WISMO_PAGE_STOP);
    }

    return ngx_http_wismo_read_body(r, NGX_HTTP_WISMO_STOP_BODY,
                                    ngx_http_wismo_stop_body, t);
}


/* Whatever a mail program posts means one thing; only the page's own form has
 * another. */

static ngx_int_t
ngx_http_wismo_stop_body(ngx_http_request_t *r, void *data, ngx_str_t *body)
{
    ngx_http_wismo_track_t *t = data;

    char                    buf[8];
    wismo_str_t             form, value;
    ngx_http_wismo_stop_t  *stop;

    stop = ngx_pcalloc(r->pool, sizeof(ngx_http_wismo_stop_t));
    if (stop == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    stop->track = t;

    if (body) {
        form.len = body->len;
        form.data = body->data;

        stop->start = (wismo_form_value(&form, "start", buf, sizeof(buf),
                                        &value)
                       == WISMO_OK);
    }

    ngx_str_set(&stop->letter.kind, "stop");
    stop->letter.order.len = t->number.len;
    stop->letter.order.data = t->number.data;
    stop->letter.inbox = wismo_bucket(&t->number) % WISMO_INBOXES;
    stop->letter.answer = ngx_http_wismo_stop_posted;

    if (stop->start) {
        ngx_str_set(&stop->letter.body, "start");

    } else {
        ngx_str_set(&stop->letter.body, "stop");
    }

    if (ngx_http_wismo_throttle_kind(r, "stop/", &t->number, 0)) {
        return ngx_http_wismo_track_message(r, t, NGX_HTTP_SERVICE_UNAVAILABLE,
                                            NGX_HTTP_WISMO_PAGE_UNAVAILABLE);
    }

    return ngx_http_wismo_inbox_post(r, &stop->letter);
}


static ngx_int_t
ngx_http_wismo_stop_posted(ngx_http_request_t *r,
    ngx_http_wismo_letter_t *letter, ngx_int_t rc)
{
    ngx_http_wismo_stop_t  *stop;

    stop = (ngx_http_wismo_stop_t *) letter;

    if (rc != NGX_OK) {
        return ngx_http_wismo_track_message(r, stop->track,
                                            NGX_HTTP_SERVICE_UNAVAILABLE,
                                            NGX_HTTP_WISMO_PAGE_UNAVAILABLE);
    }

    return ngx_http_wismo_track_message(r, stop->track, NGX_HTTP_OK,
                                        stop->start
                                        ? NGX_HTTP_WISMO_PAGE_STOP
                                        : NGX_HTTP_WISMO_PAGE_STOPPED);
}
