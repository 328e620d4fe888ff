
/*
 * Copyright (C) The Wismo authors
 *
 * A module with faults on purpose, built by t/harness.t with the sanitizers:
 * "planted uaf;" in a location answers out of freed memory, "planted shift;"
 * shifts too far.  A detector that has never detected anything proves
 * nothing.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


static char *ngx_http_planted(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static ngx_int_t ngx_http_planted_uaf(ngx_http_request_t *r);
static ngx_int_t ngx_http_planted_shift(ngx_http_request_t *r);


static ngx_command_t  ngx_http_planted_commands[] = {

    { ngx_string("planted"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_planted,
      0,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_planted_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_planted_module = {
    NGX_MODULE_V1,
    &ngx_http_planted_module_ctx,          /* module context */
    ngx_http_planted_commands,             /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


ngx_module_t *ngx_modules[] = {
    &ngx_http_planted_module,
    NULL
};


char *ngx_module_names[] = {
    "ngx_http_planted_module",
    NULL
};


char *ngx_module_order[] = {
    NULL
};


static ngx_int_t
ngx_http_planted_uaf(ngx_http_request_t *r)
{
    u_char *volatile  p;

    p = malloc(16);
    if (p == NULL) {
        return NGX_ERROR;
    }

    free((void *) p);

    return p[r->uri.len % 16] ? NGX_HTTP_NO_CONTENT : NGX_HTTP_NOT_FOUND;
}


static ngx_int_t
ngx_http_planted_shift(ngx_http_request_t *r)
{
    volatile int  n;

    n = 40 + (int) r->uri.len;

    return (1 << n) ? NGX_HTTP_NO_CONTENT : NGX_HTTP_NOT_FOUND;
}


static char *
ngx_http_planted(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    value = cf->args->elts;
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    clcf->handler = (value[1].data[0] == 'u') ? ngx_http_planted_uaf
                                              : ngx_http_planted_shift;

    return NGX_CONF_OK;
}
