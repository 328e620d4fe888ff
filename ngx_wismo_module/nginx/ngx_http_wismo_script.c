
/*
 * Copyright (C) The Wismo authors
 *
 * The scripts, html/track/live.js of live pages and widget.js of the element
 * <wismo-track>: read, compressed and named once per configuration.  A name
 * has a hash of the bytes in it, so that browsers may keep it for good.
 *
 * Called by ngx_http_wismo_page_conf.c, and by ngx_http_wismo_track.c when
 * one is asked for.  What must never be here: anything of an order.
 */


#include "ngx_http_wismo_page_conf.h"


static ngx_str_t  ngx_http_wismo_script_alias = ngx_string("~widget.js");


ngx_int_t
ngx_http_wismo_script_load(ngx_http_wismo_page_load_t *load)
{
    u_char                   *p;
    uint64_t                  hash;
    ngx_str_t                 path;
    ngx_uint_t                i;
    wismo_str_t               text;
    ngx_http_wismo_script_t  *script;

    static const wismo_str_t  names[NGX_HTTP_WISMO_SCRIPTS] = {
        wismo_string("live"),
        wismo_string("widget")
    };

    for (i = 0; i < NGX_HTTP_WISMO_SCRIPTS; i++) {
        script = &load->pages->scripts[i];

        if (ngx_http_wismo_page_join(load->cf, &path, &load->wmcf->share,
                                     "/html/track/", &names[i], ".js")
            != NGX_OK
            || ngx_http_wismo_page_read(load, &path, &text) != NGX_OK)
        {
            return NGX_ERROR;
        }

        script->text.len = text.len;
        script->text.data = text.data;

        if (ngx_http_wismo_gzip(load->cf->pool, NULL, &script->text,
                                &script->gzipped, 1)
            != NGX_OK)
        {
            ngx_str_null(&script->gzipped);
        }

        hash = wismo_hash64(text.data, text.len, 0);

        p = ngx_pnalloc(load->cf->pool, 2 * (sizeof("~-.js") + 17)
                                        + names[i].len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        script->name.data = p;
        p = ngx_sprintf(p, "%c%*s-%016xL.js", NGX_HTTP_WISMO_SCRIPT_FIRST,
                        names[i].len, names[i].data, hash);
        script->name.len = p - script->name.data;

        script->etag.data = p;
        p = ngx_sprintf(p, "W/\"%016xL\"", hash);
        script->etag.len = p - script->etag.data;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_wismo_script(ngx_http_request_t *r, wismo_str_t *name,
    ngx_uint_t gzip, ngx_http_wismo_response_t *rs)
{
    ngx_str_t                    etag;
    ngx_uint_t                   i;
    ngx_http_wismo_type_e        type;
    ngx_http_wismo_script_t     *script;
    ngx_http_wismo_loc_conf_t   *wlcf;
    ngx_http_wismo_main_conf_t  *wmcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);
    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);

    script = wmcf->pages->scripts;

    if (name->len == ngx_http_wismo_script_alias.len
        && ngx_memcmp(name->data, ngx_http_wismo_script_alias.data, name->len)
           == 0)
    {
        script = &script[NGX_HTTP_WISMO_SCRIPT_WIDGET];
        type = NGX_HTTP_WISMO_ALIAS;

    } else {

        for (i = wlcf->live ? 0 : NGX_HTTP_WISMO_SCRIPT_WIDGET;
             i < NGX_HTTP_WISMO_SCRIPTS;
             i++)
        {
            if (name->len == script[i].name.len
                && ngx_memcmp(name->data, script[i].name.data, name->len) == 0)
            {
                break;
            }
        }

        if (i == NGX_HTTP_WISMO_SCRIPTS) {
            return NGX_DECLINED;
        }

        script = &script[i];
        type = NGX_HTTP_WISMO_SCRIPT;
    }

    ngx_http_wismo_response_init(rs, NGX_HTTP_OK, type);

    rs->encoded = 1;

    if (type == NGX_HTTP_WISMO_ALIAS) {
        rs->etag = script->etag;

        etag.len = script->etag.len - 2;
        etag.data = script->etag.data + 2;

        if (ngx_http_wismo_etag_matches(r, &etag)) {
            rs->status = NGX_HTTP_NOT_MODIFIED;
            return NGX_OK;
        }
    }

    rs->body = script->text;

    if (gzip && script->gzipped.len) {
        rs->body = script->gzipped;
        rs->gzipped = 1;
    }

    return NGX_OK;
}
