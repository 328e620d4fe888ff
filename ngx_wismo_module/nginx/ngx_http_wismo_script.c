
/*
 * Copyright (C) The Wismo authors
 *
 * The script of live pages, html/track/live.js: read, compressed and named
 * once per configuration.  The name has a hash of the bytes in it, so that
 * browsers may keep it for good.
 *
 * Called by ngx_http_wismo_page_conf.c, and by ngx_http_wismo_track.c when it
 * is asked for.  What must never be here: anything of an order.
 */


#include "ngx_http_wismo_page_conf.h"


ngx_int_t
ngx_http_wismo_script_load(ngx_http_wismo_page_load_t *load)
{
    u_char                  *p;
    uint64_t                 hash;
    ngx_str_t                path;
    wismo_str_t              text;
    ngx_http_wismo_pages_t  *pages;

    static const wismo_str_t  name = wismo_string("live.js");

    pages = load->pages;

    if (ngx_http_wismo_page_join(load->cf, &path, &load->wmcf->share,
                                 "/html/track/", &name, "")
        != NGX_OK
        || ngx_http_wismo_page_read(load, &path, &text) != NGX_OK)
    {
        return NGX_ERROR;
    }

    pages->script.len = text.len;
    pages->script.data = text.data;

    if (ngx_http_wismo_gzip(load->cf->pool, &pages->script,
                            &pages->script_gzipped)
        != NGX_OK)
    {
        ngx_str_null(&pages->script_gzipped);
    }

    hash = wismo_hash64(text.data, text.len, 0);

    p = ngx_pnalloc(load->cf->pool, sizeof("~live-.js") + 16);
    if (p == NULL) {
        return NGX_ERROR;
    }

    pages->script_name.data = p;
    pages->script_name.len = ngx_sprintf(p, "%clive-%016xL.js",
                                         NGX_HTTP_WISMO_SCRIPT_FIRST, hash)
                             - p;

    return NGX_OK;
}


ngx_int_t
ngx_http_wismo_script(ngx_http_request_t *r, wismo_str_t *name,
    ngx_uint_t gzip, ngx_http_wismo_response_t *rs)
{
    ngx_http_wismo_pages_t      *pages;
    ngx_http_wismo_main_conf_t  *wmcf;

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);
    pages = wmcf->pages;

    if (name->len != pages->script_name.len
        || ngx_memcmp(name->data, pages->script_name.data, name->len) != 0)
    {
        return NGX_DECLINED;
    }

    ngx_http_wismo_response_init(rs, NGX_HTTP_OK, NGX_HTTP_WISMO_SCRIPT);

    rs->encoded = 1;
    rs->body = pages->script;

    if (gzip && pages->script_gzipped.len) {
        rs->body = pages->script_gzipped;
        rs->gzipped = 1;
    }

    return NGX_OK;
}
