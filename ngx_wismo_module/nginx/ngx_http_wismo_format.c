
/*
 * Copyright (C) The Wismo authors
 *
 * The forms of an order: which of them a request wants, by the end of its
 * path, an argument, or what the client accepts.  Called by the tracking page
 * before it is known who may see what.
 *
 * What must never be here: anything that depends on the order.
 */


#include "ngx_http_wismo_track.h"

#include "wismo_accept.h"


typedef struct {
    ngx_str_t                  ending;
    ngx_http_wismo_type_e      type;
} ngx_http_wismo_format_t;


static ngx_uint_t ngx_http_wismo_format_ends(ngx_http_wismo_track_t *t,
    ngx_str_t *ending);
static ngx_http_wismo_type_e ngx_http_wismo_format_accept(
    ngx_http_request_t *r);


/* No order's number ends in one of these: wismo_order_number_ok(). */

static ngx_http_wismo_format_t  ngx_http_wismo_formats[] = {
    { ngx_string(".json"), NGX_HTTP_WISMO_JSON },
    { ngx_string(".txt"), NGX_HTTP_WISMO_TEXT },
    { ngx_string(".ics"), NGX_HTTP_WISMO_CALENDAR },
    { ngx_string(".atom"), NGX_HTTP_WISMO_FEED },
    { ngx_null_string, NGX_HTTP_WISMO_HTML }
};


static ngx_str_t  ngx_http_wismo_format_live = ngx_string("/live");
static ngx_str_t  ngx_http_wismo_format_status = ngx_string("status");


void
ngx_http_wismo_format(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    ngx_str_t                   value;
    ngx_http_wismo_format_t    *format;
    ngx_http_wismo_loc_conf_t  *wlcf;

    for (format = ngx_http_wismo_formats; format->ending.len; format++) {

        if (ngx_http_wismo_format_ends(t, &format->ending)) {
            t->type = format->type;
            return;
        }
    }

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    if (wlcf->live
        && ngx_http_wismo_format_ends(t, &ngx_http_wismo_format_live))
    {
        t->live = 1;
        t->type = NGX_HTTP_WISMO_JSON;
        return;
    }

    if (r->args.len
        && ngx_http_arg(r, (u_char *) "fragment", 8, &value) == NGX_OK
        && value.len == ngx_http_wismo_format_status.len
        && ngx_memcmp(value.data, ngx_http_wismo_format_status.data, value.len)
           == 0)
    {
        t->type = NGX_HTTP_WISMO_FRAGMENT;
        return;
    }

    t->type = ngx_http_wismo_format_accept(r);
}


static ngx_uint_t
ngx_http_wismo_format_ends(ngx_http_wismo_track_t *t, ngx_str_t *ending)
{
    size_t   n;
    u_char  *p;

    n = ending->len;

    if (t->number.len <= n) {
        return 0;
    }

    p = t->number.data + t->number.len - n;

    if (*p != *ending->data || ngx_memcmp(p, ending->data, n) != 0) {
        return 0;
    }

    t->number.len -= n;

    return 1;
}


/* HTML if others are liked as well.  A part of another page has its Accept. */

static ngx_http_wismo_type_e
ngx_http_wismo_format_accept(ngx_http_request_t *r)
{
    int          rc;
    wismo_str_t  accept;

    static const char *const  names[] = {
        "text/html",
        "application/json",
        "text/plain",
        "text/calendar",
        "application/atom+xml"
    };

    static const ngx_http_wismo_type_e  types[] = {
        NGX_HTTP_WISMO_HTML,
        NGX_HTTP_WISMO_JSON,
        NGX_HTTP_WISMO_TEXT,
        NGX_HTTP_WISMO_CALENDAR,
        NGX_HTTP_WISMO_FEED
    };

    if (r->headers_in.accept == NULL || r != r->main) {
        return NGX_HTTP_WISMO_HTML;
    }

    accept.len = r->headers_in.accept->value.len;
    accept.data = r->headers_in.accept->value.data;

    rc = wismo_accept_choose(&accept, names,
                             sizeof(names) / sizeof(names[0]));

    return rc > 0 ? types[rc] : NGX_HTTP_WISMO_HTML;
}


/* What is included in another page must be as that is. */

ngx_uint_t
ngx_http_wismo_format_gzip(ngx_http_request_t *r)
{
#if (NGX_HTTP_GZIP)

    wismo_str_t  accept;

    static const char *const  names[] = { "gzip", "identity" };

    if (r->headers_in.accept_encoding == NULL || r != r->main) {
        return 0;
    }

    accept.len = r->headers_in.accept_encoding->value.len;
    accept.data = r->headers_in.accept_encoding->value.data;

    return wismo_accept_choose(&accept, names, 2) == 0;

#else

    return 0;

#endif
}
