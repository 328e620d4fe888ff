
/*
 * Copyright (C) The Wismo authors
 *
 * The directory of carriers: what each is called and where its own tracking
 * page is, out of all adapters.  Read when the configuration is loaded and a
 * page needs it; a carrier that is configured has its own name first, those
 * that are not stand under their adapters'.
 *
 * It must not judge adapters: that is "wismo carrier check".  One that cannot
 * be read has no name here, and a warning says so.
 */


#include "ngx_http_wismo_module.h"


#define NGX_HTTP_WISMO_DIRECTORY_MEMORY  (1024 * 1024)


static ngx_int_t ngx_http_wismo_directory_file(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf, wismo_pool_t *wp, ngx_str_t *id,
    ngx_str_t *path);


ngx_int_t
ngx_http_wismo_directory_load(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf)
{
    ngx_int_t                  rc;
    ngx_str_t                  path, id;
    ngx_uint_t                 i;
    ngx_glob_t                 gl;
    wismo_pool_t               wp;
    ngx_http_wismo_carrier_t  *carrier;

    ngx_http_wismo_pool(&wp, cf->pool, NGX_HTTP_WISMO_DIRECTORY_MEMORY);

    path.len = wmcf->share.len + sizeof("/carriers/*.json") - 1;

    path.data = ngx_pnalloc(cf->pool, path.len + 1);
    if (path.data == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf(path.data, "%V/carriers/*.json%Z", &wmcf->share);

    ngx_memzero(&gl, sizeof(ngx_glob_t));

    gl.pattern = path.data;
    gl.log = cf->log;
    gl.test = 1;

    rc = (ngx_open_glob(&gl) == NGX_OK) ? NGX_OK : NGX_DECLINED;

    while (rc == NGX_OK && ngx_read_glob(&gl, &path) == NGX_OK) {

        id.data = path.data + path.len;

        while (id.data[-1] != '/') {
            id.data--;
        }

        id.len = path.data + path.len - id.data - (sizeof(".json") - 1);

        rc = ngx_http_wismo_directory_file(cf, wmcf, &wp, &id, &path);
    }

    if (rc != NGX_DECLINED) {
        ngx_close_glob(&gl);
    }

    carrier = wmcf->carriers.elts;

    for (i = 0; rc != NGX_ERROR && i < wmcf->carriers.nelts; i++) {

        rc = ngx_http_wismo_carrier_adapter(cf, wmcf, &carrier[i], &path);

        if (rc == NGX_OK) {
            rc = ngx_http_wismo_directory_file(cf, wmcf, &wp,
                                               &carrier[i].name, &path);
        }
    }

    return (rc == NGX_ERROR) ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
ngx_http_wismo_directory_file(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf, wismo_pool_t *wp, ngx_str_t *id,
    ngx_str_t *path)
{
    int            rc;
    json_t        *adapter, *v;
    wismo_str_t    name, title, link;
    json_error_t   error;
    wismo_error_t  err;

    adapter = json_load_file((char *) path->data, JSON_REJECT_DUPLICATES,
                             &error);

    if (adapter == NULL) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0, "%V:%d:%d: %s",
                      path, error.line, error.column, error.text);
        return NGX_OK;
    }

    v = json_object_get(adapter, "title");

    title.data = (u_char *) json_string_value(v);
    title.len = json_string_length(v);

    v = json_object_get(adapter, "tracking_url");

    link.data = (u_char *) json_string_value(v);
    link.len = json_string_length(v);

    name.data = id->data;
    name.len = id->len;

    rc = WISMO_OK;

    if (title.len) {
        rc = wismo_carriers_add(wp, &wmcf->directory, &name, &title, &link,
                                &err);
    }

    if (rc == WISMO_DECLINED) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0, "%V: /tracking_url: %s",
                      path, err.text);

        wismo_str_null(&link);
        rc = wismo_carriers_add(wp, &wmcf->directory, &name, &title, &link,
                                &err);
    }

    /* pages in a cache have the former names */

    wmcf->generation += ngx_crc32_long(title.data, title.len)
                        + ngx_crc32_long(link.data, link.len);

    json_decref(adapter);

    return (rc == WISMO_OK) ? NGX_OK : NGX_ERROR;
}
