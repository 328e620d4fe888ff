
/*
 * Copyright (C) The Wismo authors
 *
 * The zone: memory that the workers of one nginx share, and that outlives a
 * reload.  It holds counters and what one worker's watch connection has
 * learnt for all, and the page cache (ngx_http_wismo_cache.c).
 */


#include "ngx_http_wismo_cache.h"
#include "ngx_http_wismo_throttle.h"


#define NGX_HTTP_WISMO_ZONE_DEFAULT  1048576
#define NGX_HTTP_WISMO_ZONE_PAGES    33554432


static ngx_int_t ngx_http_wismo_zone_add(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf, ngx_str_t *name, size_t size);
static ngx_int_t ngx_http_wismo_zone_handler(ngx_shm_zone_t *shm_zone,
    void *data);


static ngx_http_wismo_shm_t  *ngx_http_wismo_sh;


char *
ngx_http_wismo_zone_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wismo_main_conf_t *wmcf = conf;

    u_char     *p;
    ssize_t     size;
    ngx_str_t  *value, name, s;

    if (wmcf->zone) {
        return "is duplicate: one nginx has one zone";
    }

    value = cf->args->elts;

    name.data = value[1].data;

    p = ngx_strlchr(name.data, name.data + value[1].len, ':');

    if (p == NULL || p == name.data) {
        goto invalid;
    }

    name.len = p - name.data;

    s.data = p + 1;
    s.len = value[1].data + value[1].len - s.data;

    size = ngx_parse_size(&s);

    if (size == NGX_ERROR) {
        goto invalid;
    }

    if (size < (ssize_t) (8 * ngx_pagesize)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "zone \"%V\" in \"wismo_zone\" directive is too "
                           "small: expected at least %uzk, as in "
                           "\"wismo_zone wismo:32m;\"",
                           &value[1], 8 * ngx_pagesize / 1024);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_wismo_zone_add(cf, wmcf, &name, size) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid zone \"%V\" in \"wismo_zone\" directive: "
                       "expected NAME:SIZE, as in \"wismo_zone wismo:32m;\"",
                       &value[1]);

    return NGX_CONF_ERROR;
}


ngx_int_t
ngx_http_wismo_zone_init(ngx_conf_t *cf, ngx_http_wismo_main_conf_t *wmcf)
{
    static ngx_str_t  name = ngx_string("wismo");

    if (wmcf->zone) {
        return NGX_OK;
    }

    return ngx_http_wismo_zone_add(cf, wmcf, &name,
                                   wmcf->track.len
                                   ? NGX_HTTP_WISMO_ZONE_PAGES
                                   : NGX_HTTP_WISMO_ZONE_DEFAULT);
}


static ngx_int_t
ngx_http_wismo_zone_add(ngx_conf_t *cf, ngx_http_wismo_main_conf_t *wmcf,
    ngx_str_t *name, size_t size)
{
    ngx_http_wismo_zone_t  *zone;

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_http_wismo_zone_t));
    if (zone == NULL) {
        return NGX_ERROR;
    }

    wmcf->zone = ngx_shared_memory_add(cf, name, size,
                                       &ngx_http_wismo_module);
    if (wmcf->zone == NULL) {
        return NGX_ERROR;
    }

    wmcf->zone->init = ngx_http_wismo_zone_handler;
    wmcf->zone->data = zone;

    return NGX_OK;
}


static ngx_int_t
ngx_http_wismo_zone_handler(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_wismo_zone_t *old = data;

    size_t                  len;
    ngx_http_wismo_zone_t  *zone;

    zone = shm_zone->data;

    if (old) {
        zone->sh = old->sh;
        zone->shpool = old->shpool;

        return NGX_OK;
    }

    zone->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (shm_zone->shm.exists) {
        zone->sh = zone->shpool->data;

        return NGX_OK;
    }

    zone->sh = ngx_slab_calloc(zone->shpool, sizeof(ngx_http_wismo_shm_t));
    if (zone->sh == NULL) {
        return NGX_ERROR;
    }

    zone->shpool->data = zone->sh;

    len = sizeof(" in wismo zone \"\"") + shm_zone->shm.name.len;

    zone->shpool->log_ctx = ngx_slab_alloc(zone->shpool, len);
    if (zone->shpool->log_ctx == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(zone->shpool->log_ctx, " in wismo zone \"%V\"%Z",
                &shm_zone->shm.name);

    zone->shpool->log_nomem = 0;

    if (ngx_http_wismo_throttle_init(zone->shpool, zone->sh,
                                     shm_zone->shm.size)
        != NGX_OK
        || ngx_http_wismo_attention_init(zone->shpool, zone->sh,
                                         shm_zone->shm.size)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* the last: it takes what is left */

    return ngx_http_wismo_cache_init(zone->shpool, zone->sh);
}


void
ngx_http_wismo_zone_open(ngx_http_wismo_main_conf_t *wmcf)
{
    ngx_http_wismo_zone_t  *zone;

    zone = wmcf->zone->data;

    ngx_http_wismo_sh = zone->sh;

    ngx_http_wismo_cache_open(zone->shpool, zone->sh);
}


ngx_http_wismo_shm_t *
ngx_http_wismo_shm(void)
{
    return ngx_http_wismo_sh;
}
