
/*
 * Copyright (C) The Wismo authors
 *
 * Whose page it is and in which language: the choice for a request.  The
 * brand is the location's, or that of the host; the language is what the
 * shopper has chosen (?lang, then the cookie that it leaves), or what the
 * browser likes.  That of the order, which goes between them, is known to
 * ngx_http_wismo_page.c only.
 *
 * What must never be here: an allocation for who has chosen nothing.
 */


#include "ngx_http_wismo_track.h"

#include "wismo_accept.h"


#define NGX_HTTP_WISMO_LANG_AGE  31536000


static ngx_uint_t ngx_http_wismo_brand_of(ngx_http_request_t *r,
    ngx_http_wismo_pages_t *pages);
static ngx_int_t ngx_http_wismo_brand_lang(ngx_http_wismo_brand_t *brand,
    ngx_str_t *tags);
static void ngx_http_wismo_brand_keep(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, ngx_http_wismo_brand_t *brand);


void
ngx_http_wismo_brand_choose(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    ngx_int_t                    lang;
    ngx_str_t                    value;
    ngx_http_wismo_brand_t      *brand;
    ngx_http_wismo_main_conf_t  *wmcf;

    static ngx_str_t  cookie = ngx_string("wismo_lang");

    if (t->known) {
        return;
    }

    t->known = 1;

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);

    t->brand = ngx_http_wismo_brand_of(r, wmcf->pages);

    brand = wmcf->pages->brands.elts;
    brand += t->brand;

    t->lang = brand->lang;

    if (brand->n < 2) {
        t->lang_chosen = 1;
        return;
    }

    if (r->args.len
        && ngx_http_arg(r, (u_char *) "lang", 4, &value) == NGX_OK)
    {
        lang = ngx_http_wismo_brand_lang(brand, &value);

        if (lang >= 0) {
            t->lang = lang;
            t->lang_chosen = 1;

            ngx_http_wismo_brand_keep(r, t, brand);

            return;
        }
    }

    if (ngx_http_wismo_cookie(r, &cookie, &value)) {
        lang = ngx_http_wismo_brand_lang(brand, &value);

        if (lang >= 0) {
            t->lang = lang;
            t->lang_chosen = 1;

            return;
        }
    }

#if (NGX_HTTP_HEADERS)

    if (r->headers_in.accept_language) {
        lang = ngx_http_wismo_brand_lang(brand,
                                       &r->headers_in.accept_language->value);

        if (lang >= 0) {
            t->lang = lang;
        }
    }

#endif
}


ngx_uint_t
ngx_http_wismo_brand_factors(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    ngx_uint_t                   factors;
    ngx_http_wismo_brand_t      *brand;
    ngx_http_wismo_loc_conf_t   *wlcf;
    ngx_http_wismo_main_conf_t  *wmcf;

    ngx_http_wismo_brand_choose(r, t);

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);
    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);

    brand = wmcf->pages->brands.elts;

    factors = wlcf->factors & brand[t->brand].brand.lookup;

    return factors ? factors : wlcf->factors;
}


ngx_uint_t
ngx_http_wismo_brand_mail(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    ngx_http_wismo_brand_t      *brand;
    ngx_http_wismo_loc_conf_t   *wlcf;
    ngx_http_wismo_main_conf_t  *wmcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    if (!(wlcf->form & NGX_HTTP_WISMO_FORM_MAIL_BRAND)) {
        return (wlcf->form & NGX_HTTP_WISMO_FORM_MAIL) != 0;
    }

    ngx_http_wismo_brand_choose(r, t);

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);

    brand = wmcf->pages->brands.elts;

    return brand[t->brand].links;
}


static ngx_uint_t
ngx_http_wismo_brand_of(ngx_http_request_t *r, ngx_http_wismo_pages_t *pages)
{
    ngx_str_t                   name, *host;
    ngx_uint_t                  i;
    ngx_http_wismo_brand_t     *brand, *found;
    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    brand = pages->brands.elts;

    if (wlcf->brand) {

        if (wlcf->brand->lengths == NULL) {
            return wlcf->brand_index;
        }

        /* an unknown name is no name */

        if (ngx_http_complex_value(r, wlcf->brand, &name) == NGX_OK) {

            for (i = 0; i < pages->brands.nelts; i++) {
                if (brand[i].brand.id.len == name.len
                    && ngx_memcmp(brand[i].brand.id.data, name.data, name.len)
                       == 0)
                {
                    return i;
                }
            }
        }
    }

    if (pages->named == 0) {
        return 0;
    }

    host = &r->headers_in.server;

    found = ngx_hash_find_combined(&pages->hosts,
                                   ngx_hash_key(host->data, host->len),
                                   host->data, host->len);

    return found ? (ngx_uint_t) (found - brand) : 0;
}


static ngx_int_t
ngx_http_wismo_brand_lang(ngx_http_wismo_brand_t *brand, ngx_str_t *tags)
{
    wismo_str_t  list;

    list.len = tags->len;
    list.data = tags->data;

    return wismo_accept_language(&list, brand->tags, brand->n);
}


/* Whoever chooses does so once. */

static void
ngx_http_wismo_brand_keep(ngx_http_request_t *r, ngx_http_wismo_track_t *t,
    ngx_http_wismo_brand_t *brand)
{
    u_char     *p;
    ngx_str_t   tag;

    tag.len = brand->tags[t->lang].len;
    tag.data = brand->tags[t->lang].data;

    p = ngx_pnalloc(r->pool, sizeof("wismo_lang=; Path=; Max-Age=; HttpOnly; "
                                    "SameSite=Lax; Secure")
                             + tag.len + t->base.len + NGX_INT_T_LEN);
    if (p == NULL) {
        return;
    }

    t->lang_cookie.data = p;
    t->lang_cookie.len = ngx_sprintf(p, "wismo_lang=%V; Path=%V; Max-Age=%d; "
                                     "HttpOnly; SameSite=Lax%s",
                                     &tag, &t->base, NGX_HTTP_WISMO_LANG_AGE,
                                     ngx_http_wismo_is_tls(r) ? "; Secure"
                                                              : "")
                         - p;
}
