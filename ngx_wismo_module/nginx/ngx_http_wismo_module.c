
/*
 * Copyright (C) The Wismo authors
 *
 * The module itself: its directives and the life of its configurations, that
 * of its processes is in ngx_http_wismo_process.c.  What the directives of
 * other nouns mean is in
 * ngx_http_wismo_redis_conf.c, ngx_http_wismo_carrier.c and
 * ngx_http_wismo_fetcher_conf.c; what locations answer is in the handlers'
 * files.
 *
 * Loaded without its directives, or without http{}, it must do nothing.
 */


#include "ngx_http_wismo_redis.h"


static char *ngx_http_wismo_track(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_wismo_api(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_wismo_hook(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_wismo_health(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_wismo_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_wismo_handler(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_http_wismo_loc_conf_t *wlcf, ngx_http_handler_pt handler);

static void *ngx_http_wismo_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_wismo_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_wismo_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_wismo_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_http_wismo_check(ngx_conf_t *cf,
    ngx_http_wismo_loc_conf_t *conf);
static char *ngx_http_wismo_missing(ngx_conf_t *cf,
    ngx_http_wismo_loc_conf_t *conf, const char *directive,
    const char *example);

static ngx_int_t ngx_http_wismo_postconfiguration(ngx_conf_t *cf);


static ngx_command_t  ngx_http_wismo_commands[] = {

    { ngx_string("wismo_redis"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_wismo_redis_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_wismo_zone_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_secret_file"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_wismo_secret_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_contact_key_file"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_wismo_contact_key_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_retention"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE123,
      ngx_http_wismo_retention_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_fetcher"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_wismo_fetcher_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_share"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_wismo_share_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_carrier"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_wismo_carrier_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_exceptions"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_wismo_exceptions_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_calendar"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_2MORE,
      ngx_http_wismo_calendar_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_notify"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_wismo_notify_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_track"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_wismo_track,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_brands"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_wismo_brands_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_brand"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_wismo_brand_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wismo_loc_conf_t, brand),
      NULL },

    { ngx_string("wismo_order_only"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_wismo_order_only_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_tracking_number"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wismo_loc_conf_t, tracking),
      NULL },

    { ngx_string("wismo_live"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wismo_loc_conf_t, live),
      NULL },

    { ngx_string("wismo_feedback"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wismo_loc_conf_t, feedback),
      NULL },

    { ngx_string("wismo_live_limit"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_wismo_live_limit,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_lookup_factors"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_wismo_lookup_factors_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_lookup_number"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_wismo_lookup_number_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_lookup_limit"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE123,
      ngx_http_wismo_lookup_limit_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_lookup_mail"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wismo_loc_conf_t, mail),
      NULL },

    { ngx_string("wismo_frame_ancestors"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_wismo_frame_ancestors_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_embed_origins"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_wismo_embed_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_lookup"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_wismo_status_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wismo_loc_conf_t, lookup),
      NULL },

    { ngx_string("wismo_api"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_wismo_api,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_api_keys"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_wismo_file,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wismo_loc_conf_t, api_keys_file),
      NULL },

    { ngx_string("wismo_hook"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1234,
      ngx_http_wismo_hook,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_hook_secret_file"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_wismo_file,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_wismo_loc_conf_t, hook_secret_file),
      NULL },

    { ngx_string("wismo_hook_body_max"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_wismo_hook_body_max,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("wismo_health"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_wismo_health,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_wismo_module_ctx = {
    ngx_http_wismo_variables_add,          /* preconfiguration */
    ngx_http_wismo_postconfiguration,      /* postconfiguration */

    ngx_http_wismo_create_main_conf,       /* create main configuration */
    ngx_http_wismo_init_main_conf,         /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_wismo_create_loc_conf,        /* create location configuration */
    ngx_http_wismo_merge_loc_conf          /* merge location configuration */
};


ngx_module_t  ngx_http_wismo_module = {
    NGX_MODULE_V1,
    &ngx_http_wismo_module_ctx,            /* module context */
    ngx_http_wismo_commands,               /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_wismo_init_module,            /* init module */
    ngx_http_wismo_init_process,           /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_wismo_exit_process,           /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static char *
ngx_http_wismo_track(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wismo_loc_conf_t *wlcf = conf;

    char                        *rv;
    uintptr_t                    escape;
    ngx_uint_t                   regex;
    ngx_http_core_loc_conf_t    *clcf;
    ngx_http_wismo_main_conf_t  *wmcf;

    rv = ngx_http_wismo_handler(cf, cmd, wlcf, ngx_http_wismo_track_handler);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

#if (NGX_PCRE)
    regex = (clcf->regex != NULL);
#else
    regex = 0;
#endif

    if (clcf->exact_match || clcf->named || regex) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"wismo_track\" can't be in %s location \"%V\": "
                           "what follows the prefix is the order's number, "
                           "expected \"location /track/ {\"",
                           clcf->exact_match ? "the exact"
                                             : clcf->named ? "the named"
                                                           : "the regex",
                           &clcf->name);
        return NGX_CONF_ERROR;
    }

    if (clcf->name.len == 0 || clcf->name.data[clcf->name.len - 1] != '/') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "location \"%V\" of \"wismo_track\" doesn't end "
                           "with \"/\": expected \"location %V/ {\"",
                           &clcf->name, &clcf->name);
        return NGX_CONF_ERROR;
    }

    /* "/track" is sent on to "/track/", as nginx does before a proxy */

    clcf->auto_redirect = 1;

    wlcf->base = clcf->name;
    wlcf->base_hash = wismo_hash64(clcf->name.data, clcf->name.len, 0);
    wlcf->escaped = clcf->name;

    escape = ngx_escape_uri(NULL, clcf->name.data, clcf->name.len,
                            NGX_ESCAPE_URI);

    if (escape) {
        wlcf->escaped.len = clcf->name.len + 2 * escape;

        wlcf->escaped.data = ngx_pnalloc(cf->pool, wlcf->escaped.len);
        if (wlcf->escaped.data == NULL) {
            return NGX_CONF_ERROR;
        }

        (void) ngx_escape_uri(wlcf->escaped.data, clcf->name.data,
                              clcf->name.len, NGX_ESCAPE_URI);
    }

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wismo_module);

    if (wmcf->track.len == 0) {
        wmcf->track = clcf->name;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_wismo_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wismo_loc_conf_t *wlcf = conf;

    char                      *rv;
    ngx_http_core_loc_conf_t  *clcf;

    rv = ngx_http_wismo_handler(cf, cmd, wlcf, ngx_http_wismo_api_handler);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    wlcf->base = clcf->name;

    return NGX_CONF_OK;
}


static char *
ngx_http_wismo_hook(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wismo_loc_conf_t *wlcf = conf;

    char       *rv;
    ngx_str_t  *value;

    rv = ngx_http_wismo_handler(cf, cmd, wlcf, ngx_http_wismo_hook_handler);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    value = cf->args->elts;

    wlcf->hook_name = value[1];

    return ngx_http_wismo_shop_parse(cf, wlcf);
}


static char *
ngx_http_wismo_health(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wismo_loc_conf_t *wlcf = conf;

    char       *rv;
    ngx_str_t  *value;

    rv = ngx_http_wismo_handler(cf, cmd, wlcf, ngx_http_wismo_health_handler);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "live") == 0) {
        wlcf->health = NGX_HTTP_WISMO_HEALTH_LIVE;

    } else if (ngx_strcmp(value[1].data, "ready") == 0) {
        wlcf->health = NGX_HTTP_WISMO_HEALTH_READY;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"wismo_health\" "
                           "directive: expected \"live\" or \"ready\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_wismo_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    ngx_str_t  *field, *value;

    field = (ngx_str_t *) (p + cmd->offset);

    if (field->data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    *field = value[1];

    if (ngx_conf_full_name(cf->cycle, field, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_wismo_handler(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_http_wismo_loc_conf_t *wlcf, ngx_http_handler_pt handler)
{
    ngx_http_core_loc_conf_t    *clcf;
    ngx_http_wismo_main_conf_t  *wmcf;

    static ngx_str_t  other = ngx_string("another that answers requests");

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (wlcf->handler == handler) {
        return "is duplicate";
    }

    if (clcf->handler) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" can't share location \"%V\" with \"%V\": "
                           "expected a location of its own",
                           &cmd->name, &clcf->name,
                           wlcf->handler ? &wlcf->directive : &other);
        return NGX_CONF_ERROR;
    }

    clcf->handler = handler;

    wlcf->handler = handler;
    wlcf->directive = cmd->name;
    wlcf->file = cf->conf_file->file.name;
    wlcf->line = cf->conf_file->line;

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wismo_module);

    wmcf->used++;

    return NGX_CONF_OK;
}


static void *
ngx_http_wismo_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_wismo_main_conf_t  *wmcf;

    wmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_wismo_main_conf_t));
    if (wmcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     wmcf->redis.url = { 0, NULL };
     *     wmcf->carriers.elts = NULL;
     *     wmcf->channels.elts = NULL;
     *     wmcf->zone = NULL;
     *     wmcf->share = { 0, NULL };
     *     wmcf->secret_file = { 0, NULL };
     *     wmcf->track = { 0, NULL };
     *     wmcf->pages = NULL;
     *     wmcf->brands = { 0, NULL };
     *     wmcf->branded.elts = NULL;
     *     wmcf->used = 0;
     *     wmcf->fetcher.program = { 0, NULL };
     *     wmcf->fetcher.path = NULL;
     *     wmcf->live = { 0, 0, 0 };
     */

    wmcf->fetcher.enable = NGX_CONF_UNSET;

    return wmcf;
}


static char *
ngx_http_wismo_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_wismo_main_conf_t *wmcf = conf;

    ngx_conf_init_value(wmcf->fetcher.enable, 0);

    if (wmcf->live.order == 0) {
        wmcf->live.order = NGX_HTTP_WISMO_LIVE_ORDER;
    }

    if (wmcf->live.client == 0) {
        wmcf->live.client = NGX_HTTP_WISMO_LIVE_CLIENT;
    }

    if (wmcf->fetcher.enable && wmcf->redis.url.len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"wismo_fetcher on\" without \"wismo_redis\": expected "
                      "it in http{}, as in \"wismo_redis "
                      "unix:/run/redis/redis.sock;\", in %V:%ui",
                      &wmcf->fetcher.file, wmcf->fetcher.line);
        return NGX_CONF_ERROR;
    }

    if (wmcf->used == 0 && wmcf->redis.url.len == 0
        && wmcf->carriers.nelts == 0
        && wmcf->channels.nelts == 0)
    {
        return NGX_CONF_OK;
    }

    if (ngx_http_wismo_share_init(cf, wmcf) != NGX_OK
        || ngx_http_wismo_carriers_init(cf, wmcf) != NGX_OK
        || ngx_http_wismo_notify_init(cf, wmcf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (wmcf->redis.url.len == 0) {
        return NGX_CONF_OK;
    }

    if (ngx_http_wismo_redis_conf_init(cf, &wmcf->redis) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_wismo_zone_init(cf, wmcf) != NGX_OK
        || ngx_http_wismo_fetcher_path(cf, wmcf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static void *
ngx_http_wismo_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_wismo_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_wismo_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->secret_file = { 0, NULL };
     *     conf->keys = NULL;
     *     conf->base = { 0, NULL };
     *     conf->frame_ancestors = { 0, NULL };
     *     conf->factors_full = 0;
     *     conf->form = 0;
     *     conf->lookup_prefix = { 0, NULL };
     *     conf->limits[] = { 0, 0 };
     *     conf->api_keys_file = { 0, NULL };
     *     conf->api_keys = NULL;
     *     conf->hook = NULL;
     *     conf->hook_shop = NULL;
     *     conf->hook_name = { 0, NULL };
     *     conf->hook_secret_file = { 0, NULL };
     *     conf->hook_keys = NULL;
     *     conf->hook_verifier[] = NULL;
     *     conf->hook_nverifiers = 0;
     *     conf->brand = NULL;
     *     conf->brand_index = 0;
     *     conf->lookup = NULL;
     *     conf->health = 0;
     *     conf->handler = NULL;
     */

    conf->embed_origins = NGX_CONF_UNSET_PTR;
    conf->order_only = NGX_CONF_UNSET_UINT;
    conf->tracking = NGX_CONF_UNSET;
    conf->live = NGX_CONF_UNSET;
    conf->feedback = NGX_CONF_UNSET;
    conf->mail = NGX_CONF_UNSET;
    conf->factors = NGX_CONF_UNSET_UINT;
    conf->lookup_case = NGX_CONF_UNSET_UINT;
    conf->hook_body_max = NGX_CONF_UNSET_SIZE;

    return conf;
}


static char *
ngx_http_wismo_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_wismo_loc_conf_t *prev = parent;
    ngx_http_wismo_loc_conf_t *conf = child;

    char             *rv;
    ngx_conf_file_t   here, *file;

    if (conf->secret_file.data == NULL) {
        conf->secret_file = prev->secret_file;
        conf->keys = prev->keys;
    }

    if (conf->brand == NULL) {
        conf->brand = prev->brand;
        conf->brand_file = prev->brand_file;
        conf->brand_line = prev->brand_line;
    }

    ngx_http_wismo_embed_merge(prev, conf);

    if (ngx_http_wismo_status_merge(cf, prev, conf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_conf_merge_uint_value(conf->order_only, prev->order_only,
                              NGX_HTTP_WISMO_ORDER_ONLY_MINIMAL);

    ngx_conf_merge_value(conf->tracking, prev->tracking, 1);
    ngx_conf_merge_value(conf->live, prev->live, 1);
    ngx_conf_merge_value(conf->feedback, prev->feedback, 1);
    ngx_http_wismo_lookup_merge(prev, conf);

    ngx_conf_merge_str_value(conf->api_keys_file, prev->api_keys_file, "");

    ngx_conf_merge_str_value(conf->hook_secret_file, prev->hook_secret_file,
                             "");
    ngx_conf_merge_size_value(conf->hook_body_max, prev->hook_body_max, 0);

    if (conf->handler == NULL) {
        return NGX_CONF_OK;
    }

    /* faults are told where the directive stands, not at the end of http{} */

    file = cf->conf_file;
    here = *file;
    here.file.name = conf->file;
    here.line = conf->line;

    cf->conf_file = &here;
    rv = ngx_http_wismo_check(cf, conf);
    cf->conf_file = file;

    return rv;
}


/* A directive's partners: what it needs to be of any use. */

static char *
ngx_http_wismo_check(ngx_conf_t *cf, ngx_http_wismo_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t    *clcf;
    ngx_http_wismo_main_conf_t  *wmcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler != conf->handler) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" can't share location \"%V\" with a "
                           "directive that also answers requests, as "
                           "\"proxy_pass\" does: expected a location of its "
                           "own", &conf->directive, &clcf->name);
        return NGX_CONF_ERROR;
    }

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wismo_module);

    if (wmcf->redis.url.len == 0
        && conf->health != NGX_HTTP_WISMO_HEALTH_LIVE)
    {
        return ngx_http_wismo_missing(cf, conf, "wismo_redis",
                           "in http{} \"wismo_redis "
                           "unix:/run/redis/redis.sock;\"");
    }

    if (conf->handler == ngx_http_wismo_track_handler
        && ngx_http_wismo_brand_check(cf, wmcf, conf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (conf->handler == ngx_http_wismo_track_handler && conf->keys == NULL) {
        return ngx_http_wismo_missing(cf, conf, "wismo_secret_file",
                           "\"wismo_secret_file /etc/wismo/link.key;\", which "
                           "signs links, filled by \"openssl rand -hex 32\"");
    }

    /* how large a body may be is said by who reads it, and in its own words */

    if (conf->handler == ngx_http_wismo_api_handler
        || conf->handler == ngx_http_wismo_hook_handler)
    {
        clcf->client_max_body_size = 0;
    }

    if (conf->handler == ngx_http_wismo_api_handler) {

        if (conf->api_keys_file.len == 0) {
            return ngx_http_wismo_missing(cf, conf, "wismo_api_keys",
                           "\"wismo_api_keys /etc/wismo/api.keys;\", with "
                           "lines NAME:SHA256-OF-THE-KEY");
        }

        if (wmcf->api_keys_file.len == 0) {
            wmcf->api_keys_file = conf->api_keys_file;
        }

        return ngx_http_wismo_api_load(cf, conf);
    }

    if (conf->handler == ngx_http_wismo_hook_handler) {

        return ngx_http_wismo_hook_load(cf, wmcf, conf);
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_wismo_missing(ngx_conf_t *cf, ngx_http_wismo_loc_conf_t *conf,
    const char *directive, const char *example)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"%V\" without \"%s\": expected %s",
                       &conf->directive, directive, example);

    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_wismo_postconfiguration(ngx_conf_t *cf)
{
    ngx_http_wismo_main_conf_t  *wmcf;

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wismo_module);

    if (wmcf->used
        && (ngx_http_wismo_variables_init(cf) != NGX_OK
            || ngx_http_wismo_status_init(cf, wmcf) != NGX_OK))
    {
        return NGX_ERROR;
    }

    if (wmcf->track.len
        && (ngx_http_wismo_page_load(cf, wmcf) != NGX_CONF_OK
            || ngx_http_wismo_directory_load(cf, wmcf) != NGX_OK))
    {
        return NGX_ERROR;
    }

    if (wmcf->redis.url.len == 0) {
        return NGX_OK;
    }

    return ngx_http_wismo_fetcher_conf_init(cf, wmcf);
}
