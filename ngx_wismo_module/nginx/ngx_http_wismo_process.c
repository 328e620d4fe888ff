
/*
 * Copyright (C) The Wismo authors
 *
 * The life of nginx's processes, as far as it is the module's: what the master
 * leaves for the fetcher, what a worker begins with and lets go at its end.
 * Called by nginx through ngx_http_wismo_module.c.
 *
 * Without "wismo_redis" there must be nothing to begin with.
 */


#include "ngx_http_wismo_redis.h"


ngx_int_t
ngx_http_wismo_init_module(ngx_cycle_t *cycle)
{
    ngx_http_wismo_main_conf_t  *wmcf;

    wmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_wismo_module);

    /* an error here would end a master that is asked to reload */

    if (wmcf && wmcf->redis.url.len && !ngx_test_config) {
        ngx_http_wismo_fetcher_publish(cycle, wmcf);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_wismo_init_process(ngx_cycle_t *cycle)
{
    ngx_http_wismo_main_conf_t  *wmcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    wmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_wismo_module);

    if (wmcf == NULL || wmcf->redis.url.len == 0) {
        return NGX_OK;
    }

    ngx_http_wismo_zone_open(wmcf);

    ngx_time_update();    /* the master's is older than timers are long */

    if (wmcf->used
        && (ngx_http_wismo_redis_init(cycle, wmcf) != NGX_OK
            || ngx_http_wismo_live_init(cycle, wmcf) != NGX_OK
            || ngx_http_wismo_watch_init(cycle, wmcf) != NGX_OK))
    {
        return NGX_ERROR;
    }

    /* without a master there is no helper process that would do it */

    if (ngx_process == NGX_PROCESS_SINGLE) {
        return ngx_http_wismo_fetcher_init(cycle, wmcf);
    }

    return NGX_OK;
}


void
ngx_http_wismo_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_wismo_live_exit(cycle);
    ngx_http_wismo_watch_exit(cycle);
    ngx_http_wismo_redis_exit(cycle);
    ngx_http_wismo_fetcher_exit(cycle);
}
