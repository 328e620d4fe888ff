
/*
 * Copyright (C) The Wismo authors
 *
 * What nginx.conf says of time: the directive wismo_exceptions.  Thresholds
 * are checked here, by what the fetcher reads them with, and handed to it as
 * they are.
 *
 * No worker has a use for them: nothing here may be asked for by a request.
 */


#include "ngx_http_wismo_module.h"

#include "wismo_clock.h"


#define NGX_HTTP_WISMO_EXCEPTIONS_MAX  65536


char *
ngx_http_wismo_exceptions_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_wismo_main_conf_t *wmcf = conf;

    char           *rv;
    size_t          i;
    ngx_str_t      *value, path;
    ngx_pool_t     *temp;
    wismo_str_t     text;
    wismo_pool_t    pool;
    wismo_error_t   err;

    if (wmcf->exceptions.len) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        ngx_str_set(&wmcf->exceptions, "false");
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "on") == 0) {
        ngx_str_set(&wmcf->exceptions, "{}");
        return NGX_CONF_OK;
    }

    path = value[1];

    if (ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK
        || ngx_http_wismo_read_file(cf, &path, NGX_HTTP_WISMO_EXCEPTIONS_MAX,
                                    0, "wismo_exceptions", &wmcf->exceptions)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    temp = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, cf->log);
    if (temp == NULL) {
        return NGX_CONF_ERROR;
    }

    text.data = wmcf->exceptions.data;
    text.len = wmcf->exceptions.len;

    ngx_memzero(&err, sizeof(wismo_error_t));
    ngx_http_wismo_pool(&pool, temp, NGX_HTTP_WISMO_EXCEPTIONS_MAX * 16);

    rv = NGX_CONF_OK;

    if (wismo_clock_check(&pool, &text, &err) != WISMO_OK) {

        if (err.line) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid JSON in %V:%ud:%ud of "
                               "\"wismo_exceptions\" directive: %s", &path,
                               err.line, err.column, err.text);

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid thresholds in \"%V\" of "
                               "\"wismo_exceptions\" directive: %s%s%s",
                               &path, err.at, err.at[0] ? ": " : "",
                               err.text);
        }

        rv = NGX_CONF_ERROR;
    }

    ngx_destroy_pool(temp);

    /* the fetcher reads one line; in JSON's strings there are no line ends */

    for (i = 0; i < wmcf->exceptions.len; i++) {
        if (wmcf->exceptions.data[i] < ' ') {
            wmcf->exceptions.data[i] = ' ';
        }
    }

    return rv;
}
