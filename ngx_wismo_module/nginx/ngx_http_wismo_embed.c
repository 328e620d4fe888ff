
/*
 * Copyright (C) The Wismo authors
 *
 * Which sites may show the status of an order by the element <wismo-track>:
 * the directive, and whether the site that asks is one of them.  Called when
 * the configuration is read, and by ngx_http_wismo_reply.c.
 *
 * What must never be here: a right to see an order.  No cookie ever serves
 * another site.
 */


#include "ngx_http_wismo_module.h"


static ngx_uint_t ngx_http_wismo_embed_ok(ngx_str_t *origin);


char *
ngx_http_wismo_embed_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_wismo_loc_conf_t *wlcf = conf;

    ngx_str_t   *value, *origin;
    ngx_uint_t   i;

    if (wlcf->embed_origins != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        wlcf->embed_origins = NULL;
        return NGX_CONF_OK;
    }

    wlcf->embed_origins = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                           sizeof(ngx_str_t));
    if (wlcf->embed_origins == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (!ngx_http_wismo_embed_ok(&value[i])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid origin \"%V\" in "
                               "\"wismo_embed_origins\" directive: expected "
                               "\"off\", or sites without a path, as in "
                               "\"https://account.shop.example\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        origin = ngx_array_push(wlcf->embed_origins);
        if (origin == NULL) {
            return NGX_CONF_ERROR;
        }

        *origin = value[i];
    }

    return NGX_CONF_OK;
}


/* As a browser writes it: a scheme, a host in lower case, and maybe a port. */

static ngx_uint_t
ngx_http_wismo_embed_ok(ngx_str_t *origin)
{
    u_char  *p, *last;

    p = origin->data;
    last = p + origin->len;

    if (ngx_strncmp(p, "https://", 8) == 0) {
        p += 8;

    } else if (ngx_strncmp(p, "http://", 7) == 0) {
        p += 7;

    } else {
        return 0;
    }

    if (p == last) {
        return 0;
    }

    for ( /* void */ ; p < last; p++) {

        if ((*p < 'a' || *p > 'z') && (*p < '0' || *p > '9') && *p != '.'
            && *p != '-' && *p != ':' && *p != '[' && *p != ']')
        {
            return 0;
        }
    }

    return 1;
}


void
ngx_http_wismo_embed_merge(ngx_http_wismo_loc_conf_t *prev,
    ngx_http_wismo_loc_conf_t *conf)
{
    ngx_conf_merge_ptr_value(conf->embed_origins, prev->embed_origins, NULL);
}


ngx_str_t *
ngx_http_wismo_embed_origin(ngx_http_request_t *r)
{
    ngx_str_t                  *origin;
    ngx_uint_t                  i, n;
    ngx_list_part_t            *part;
    ngx_table_elt_t            *h;
    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    if (wlcf->handler != ngx_http_wismo_track_handler || r != r->main) {
        return NULL;
    }

    origin = wlcf->embed_origins->elts;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].key.len != sizeof("Origin") - 1
                || ngx_strcasecmp(h[i].key.data, (u_char *) "Origin") != 0)
            {
                continue;
            }

            for (n = 0; n < wlcf->embed_origins->nelts; n++) {

                if (h[i].value.len == origin[n].len
                    && ngx_memcmp(h[i].value.data, origin[n].data,
                                  origin[n].len)
                       == 0)
                {
                    return &origin[n];
                }
            }

            return NULL;
        }
    }

    return NULL;
}
