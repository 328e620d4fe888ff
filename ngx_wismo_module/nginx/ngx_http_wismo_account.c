
/*
 * Copyright (C) The Wismo authors
 *
 * Whether the block wismo_carrier NAME { ... } has all that its adapter's
 * requests name, so that "nginx -t" tells what else would be found out by the
 * fetcher.  Called by ngx_http_wismo_carrier.c.
 *
 * Where another fetcher than nginx's own does the asking, this nginx may take
 * pushes alone, and what is missing is a warning.
 */


#include "ngx_http_wismo_module.h"
#include "wismo_account.h"


#define NGX_HTTP_WISMO_ACCOUNT_MEMORY   (256 * 1024)
#define NGX_HTTP_WISMO_ACCOUNT_ADAPTER  (1024 * 1024)


static ngx_uint_t ngx_http_wismo_account_has(
    ngx_http_wismo_carrier_t *carrier, wismo_need_t *need);


ngx_int_t
ngx_http_wismo_account_check(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf, ngx_http_wismo_carrier_t *carrier,
    ngx_str_t *path)
{
    int            rc;
    json_t        *adapter;
    unsigned       i, n;
    ngx_str_t      text;
    ngx_uint_t     level, missing;
    wismo_out_t    out;
    wismo_pool_t   wp;
    json_error_t   error;
    wismo_need_t  *needs;

    level = wmcf->fetcher.enable ? NGX_LOG_EMERG : NGX_LOG_WARN;

    if (ngx_http_wismo_read_file(cf, path, NGX_HTTP_WISMO_ACCOUNT_ADAPTER, 0,
                                 "wismo_carrier", &text)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    adapter = json_loadb((char *) text.data, text.len, JSON_REJECT_DUPLICATES,
                         &error);

    if (adapter == NULL) {
        ngx_log_error(level, cf->log, 0,
                      "%V:%d:%d: %s, used by \"wismo_carrier %V\" in %V:%ui",
                      path, error.line, error.column, error.text,
                      &carrier->name, &carrier->file, carrier->line);

        return level == NGX_LOG_EMERG ? NGX_ERROR : NGX_OK;
    }

    ngx_http_wismo_pool(&wp, cf->pool, NGX_HTTP_WISMO_ACCOUNT_MEMORY);
    wismo_out_init(&out, &wp, 256);

    rc = wismo_account_needs(&wp, adapter, &needs, &n);

    json_decref(adapter);

    if (rc != WISMO_OK) {
        return NGX_ERROR;
    }

    missing = 0;

    for (i = 0; i < n; i++) {
        if (ngx_http_wismo_account_has(carrier, &needs[i])) {
            continue;
        }

        missing++;

        wismo_out_printf(&out, "%s\"%.*s %s;\"", missing > 1 ? " and " : "",
                         (int) needs[i].name.len, (char *) needs[i].name.data,
                         needs[i].secret ? "FILE" : "VALUE");
    }

    if (missing == 0) {
        return NGX_OK;
    }

    if (out.failed) {
        return NGX_ERROR;
    }

    text.data = out.start;
    text.len = out.pos - out.start;

    ngx_log_error(level, cf->log, 0,
                  "\"wismo_carrier %V\" lacks what its adapter \"%V\" asks "
                  "with: expected %V in the block in %V:%ui",
                  &carrier->name, &carrier->adapter, &text, &carrier->file,
                  carrier->line);

    return level == NGX_LOG_EMERG ? NGX_ERROR : NGX_OK;
}


static ngx_uint_t
ngx_http_wismo_account_has(ngx_http_wismo_carrier_t *carrier,
    wismo_need_t *need)
{
    ngx_uint_t     i;
    ngx_array_t   *list;
    ngx_keyval_t  *kv;

    if (need->name.len == sizeof("base_url") - 1
        && ngx_strncmp(need->name.data, "base_url", need->name.len) == 0)
    {
        return carrier->base_url.len != 0;
    }

    list = need->secret ? &carrier->secret_files : &carrier->values;
    kv = list->elts;

    for (i = 0; i < list->nelts; i++) {
        if (kv[i].key.len == need->name.len
            && ngx_strncmp(kv[i].key.data, need->name.data, need->name.len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}
