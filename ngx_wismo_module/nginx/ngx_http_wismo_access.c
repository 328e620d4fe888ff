
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


static ngx_uint_t ngx_http_wismo_access_cookie(ngx_http_request_t *r,
    ngx_http_wismo_loc_conf_t *wlcf, ngx_http_wismo_track_t *t,
    wismo_token_t *token);
static u_char *ngx_http_wismo_access_cookie_name(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, u_char *buf);


ngx_int_t
ngx_http_wismo_access(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    wismo_token_t               token;
    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    t->view = WISMO_VIEW_FULL;
    t->since = WISMO_TIME_NONE;

    if (wlcf->order_only == NGX_HTTP_WISMO_ORDER_ONLY_FULL) {
        return NGX_OK;
    }

    if (ngx_http_wismo_access_cookie(r, wlcf, t, &token)
        && (token.full
            || wlcf->order_only == NGX_HTTP_WISMO_ORDER_ONLY_NONE))
    {
        t->view = token.full ? WISMO_VIEW_FULL : WISMO_VIEW_MINIMAL;
        t->since = token.issued;

        return NGX_OK;
    }

    t->view = WISMO_VIEW_MINIMAL;

    return wlcf->order_only == NGX_HTTP_WISMO_ORDER_ONLY_MINIMAL
           ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_http_wismo_access_revoked(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, int64_t revoked_at)
{
    ngx_http_wismo_loc_conf_t  *wlcf;

    if (t->since == WISMO_TIME_NONE || t->since >= revoked_at) {
        return NGX_OK;
    }

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    t->view = WISMO_VIEW_MINIMAL;
    t->since = WISMO_TIME_NONE;

    return wlcf->order_only == NGX_HTTP_WISMO_ORDER_ONLY_MINIMAL
           ? NGX_OK : NGX_DECLINED;
}


/*
 * A signed link is traded for a cookie, so that its token leaves the address
 * bar; calendars, feeds and programs have neither.  It is checked before Redis
 * is asked anything: garbage costs a MAC.
 */

ngx_int_t
ngx_http_wismo_access_link(ngx_http_request_t *r, ngx_http_wismo_track_t *t,
    ngx_str_t *text)
{
    wismo_str_t    s;
    wismo_token_t  token;

    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    s.len = text->len;
    s.data = text->data;

    if (wlcf->keys == NULL
        || wismo_token_check(wlcf->keys, WISMO_TOKEN_LINK, &t->number, &s,
                             ngx_time(), &token)
           != WISMO_OK)
    {
        return ngx_http_wismo_track_message(r, t, NGX_HTTP_NOT_FOUND,
                                            NGX_HTTP_WISMO_PAGE_BAD_LINK);
    }

    if (t->type != NGX_HTTP_WISMO_HTML || r != r->main) {
        if (wlcf->order_only == NGX_HTTP_WISMO_ORDER_ONLY_FULL) {
            t->view = WISMO_VIEW_FULL;
            t->since = WISMO_TIME_NONE;

        } else {
            t->view = token.full ? WISMO_VIEW_FULL : WISMO_VIEW_MINIMAL;
            t->since = token.issued;
        }

        return NGX_DECLINED;
    }

    /* what is revoked goes by when the link was made, not the cookie */

    return ngx_http_wismo_access_grant(r, t, &token);
}


ngx_int_t
ngx_http_wismo_access_grant(ngx_http_request_t *r, ngx_http_wismo_track_t *t,
    wismo_token_t *token)
{
    char        value[WISMO_TOKEN_MAX];
    size_t      n;
    u_char     *p, name[64];
    int64_t     left;
    ngx_str_t   cookie;

    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    left = token->expires - ngx_time();

    if (left > WISMO_COOKIE_TTL) {
        left = WISMO_COOKIE_TTL;
        token->expires = ngx_time() + left;
    }

    n = wismo_token_make(wlcf->keys, WISMO_TOKEN_COOKIE, &t->number, token,
                         value);

    p = ngx_pnalloc(r->pool, sizeof(name) + n + t->base.len
                    + sizeof("=; Path=; Max-Age=; HttpOnly; SameSite=Lax; "
                             "Secure") + NGX_INT64_LEN);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cookie.data = p;

    p = ngx_cpymem(p, name,
                   ngx_http_wismo_access_cookie_name(r, t, name) - name);

    *p++ = '=';
    p = ngx_cpymem(p, value, n);
    p = ngx_sprintf(p, "; Max-Age=%L; HttpOnly; SameSite=Lax", left);

    if (ngx_http_wismo_is_tls(r)) {
        p = ngx_cpymem(p, "; Path=/; Secure", sizeof("; Path=/; Secure") - 1);

    } else {
        p = ngx_sprintf(p, "; Path=%V", &t->base);
    }

    cookie.len = p - cookie.data;

    return ngx_http_wismo_track_redirect(r, t, &cookie);
}


static ngx_uint_t
ngx_http_wismo_access_cookie(ngx_http_request_t *r,
    ngx_http_wismo_loc_conf_t *wlcf, ngx_http_wismo_track_t *t,
    wismo_token_t *token)
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
                             ngx_time(), token)
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
