
/*
 * Copyright (C) The Wismo authors
 *
 * Who may see what: the right to see more than the minimum comes out of a
 * signed link or the cookie it was traded for.  Called by the tracking page
 * before Redis is asked anything.
 *
 * What must never happen here: an answer that tells an order that does not
 * exist from one that may not be seen.
 */


#include "ngx_http_wismo_track.h"


static ngx_uint_t ngx_http_wismo_access_has_cookie(ngx_http_request_t *r,
    ngx_http_wismo_loc_conf_t *wlcf, ngx_http_wismo_track_t *t);
static u_char *ngx_http_wismo_access_cookie_name(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, u_char *buf);


ngx_int_t
ngx_http_wismo_access(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    if (wlcf->order_only == NGX_HTTP_WISMO_ORDER_ONLY_FULL
        || ngx_http_wismo_access_has_cookie(r, wlcf, t))
    {
        t->view = WISMO_VIEW_FULL;
        return NGX_OK;
    }

    if (wlcf->order_only == NGX_HTTP_WISMO_ORDER_ONLY_MINIMAL) {
        t->view = WISMO_VIEW_MINIMAL;
        return NGX_OK;
    }

    return NGX_DECLINED;
}


/*
 * A signed link is traded for a cookie, so that its token leaves the address
 * bar.  It is checked before Redis is asked anything: garbage costs a MAC.
 */

ngx_int_t
ngx_http_wismo_access_link(ngx_http_request_t *r, ngx_http_wismo_track_t *t,
    ngx_str_t *token)
{
    char         value[WISMO_TOKEN_MAX];
    size_t       n;
    time_t       now;
    u_char      *p, name[64];
    ngx_str_t    cookie;
    wismo_str_t  s;

    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    now = ngx_time();

    s.len = token->len;
    s.data = token->data;

    if (wlcf->keys == NULL
        || wismo_token_check(wlcf->keys, WISMO_TOKEN_LINK, &t->number, &s,
                             now)
           != WISMO_OK)
    {
        return ngx_http_wismo_track_message(r, t, NGX_HTTP_NOT_FOUND,
                                            NGX_HTTP_WISMO_PAGE_BAD_LINK);
    }

    n = wismo_token_make(wlcf->keys, WISMO_TOKEN_COOKIE, &t->number,
                         now + WISMO_COOKIE_TTL, value);

    p = ngx_pnalloc(r->pool, sizeof(name) + n + t->base.len
                    + sizeof("=; Path=; Max-Age=; HttpOnly; SameSite=Lax; "
                             "Secure") + NGX_INT_T_LEN);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cookie.data = p;

    p = ngx_cpymem(p, name,
                   ngx_http_wismo_access_cookie_name(r, t, name) - name);

    *p++ = '=';
    p = ngx_cpymem(p, value, n);
    p = ngx_sprintf(p, "; Max-Age=%d; HttpOnly; SameSite=Lax",
                    WISMO_COOKIE_TTL);

    if (ngx_http_wismo_is_tls(r)) {
        p = ngx_cpymem(p, "; Path=/; Secure", sizeof("; Path=/; Secure") - 1);

    } else {
        p = ngx_sprintf(p, "; Path=%V", &t->base);
    }

    cookie.len = p - cookie.data;

    return ngx_http_wismo_track_redirect(r, t, &cookie);
}


static ngx_uint_t
ngx_http_wismo_access_has_cookie(ngx_http_request_t *r,
    ngx_http_wismo_loc_conf_t *wlcf, ngx_http_wismo_track_t *t)
{
    u_char       buf[64];
    ngx_str_t    name, value;
    wismo_str_t  s;

    if (wlcf->keys == NULL || !ngx_http_wismo_cookies(r)) {
        return 0;
    }

    name.data = buf;
    name.len = ngx_http_wismo_access_cookie_name(r, t, buf) - buf;

    if (!ngx_http_wismo_cookie(r, &name, &value)) {
        return 0;
    }

    s.len = value.len;
    s.data = value.data;

    return wismo_token_check(wlcf->keys, WISMO_TOKEN_COOKIE, &t->number, &s,
                             ngx_time())
           == WISMO_OK;
}


/*
 * Each order has a cookie of its own, so that a shopper may look at several;
 * the name's prefix makes browsers refuse one that another host has set.
 */

static u_char *
ngx_http_wismo_access_cookie_name(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, u_char *buf)
{
    uint64_t  hash;

    hash = wismo_hash64(t->number.data, t->number.len, 0);

    return ngx_sprintf(buf, "%swismo_%08xD",
                       ngx_http_wismo_is_tls(r) ? "__Host-" : "",
                       (uint32_t) hash);
}


/* The look-up form: its one field becomes the path of the page. */

ngx_int_t
ngx_http_wismo_access_form(ngx_http_request_t *r, void *data, ngx_str_t *body)
{
    ngx_http_wismo_track_t *t = data;

    u_char       ch, *p, *dst, *src, *last;
    ngx_str_t    args, value;

    if (body == NULL) {
        return ngx_http_wismo_track_message(r, t,
                                            NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                            NGX_HTTP_WISMO_PAGE_NOT_FOUND);
    }

    args = r->args;
    r->args = *body;

    if (ngx_http_arg(r, (u_char *) "order", 5, &value) != NGX_OK) {
        value.len = 0;
    }

    r->args = args;

    if (value.len) {
        p = value.data;
        last = p + value.len;

        for (src = p; src < last; src++) {
            if (*src == '+') {
                *src = ' ';
            }
        }

        dst = p;
        src = p;
        ngx_unescape_uri(&dst, &src, value.len, 0);

        /* people paste a number with what stood around it */

        while (p < dst && (*p == ' ' || *p == '#' || *p == '\t')) {
            p++;
        }

        while (p < dst) {
            ch = dst[-1];

            if (ch != ' ' && ch != '\t' && ch != CR && ch != LF) {
                break;
            }

            dst--;
        }

        t->number.data = p;
        t->number.len = dst - p;

        if (wismo_order_number_ok(&t->number)) {
            return ngx_http_wismo_track_redirect(r, t, NULL);
        }
    }

    return ngx_http_wismo_track_message(r, t, NGX_HTTP_NOT_FOUND,
                                        NGX_HTTP_WISMO_PAGE_NOT_FOUND);
}
