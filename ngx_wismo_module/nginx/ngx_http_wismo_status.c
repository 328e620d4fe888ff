
/*
 * Copyright (C) The Wismo authors
 *
 * The status of an order for locations that are not ours: wismo_lookup reads
 * it before the location answers, and variables tell it.  Called by nginx, in
 * the phase after access and limits, and when a variable is evaluated.
 *
 * What is told is in the minimal view, and nothing is told to whom not even
 * that may be shown.  What must never be here: a question to Redis for a
 * variable, or a request that fails because there is no answer.
 */


#include "ngx_http_wismo_track.h"


#define NGX_HTTP_WISMO_STATUS_MEMORY  (1024 * 1024)
#define NGX_HTTP_WISMO_STATUS_NODES   8192

/* no answer is of this kind: documents alone are sought */
#define NGX_HTTP_WISMO_STATUS_TYPE    255


static ngx_int_t ngx_http_wismo_status_phase(ngx_http_request_t *r);
static ngx_int_t ngx_http_wismo_status_kept(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, ngx_uint_t stale);
static ngx_int_t ngx_http_wismo_status_ask(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);
static ngx_int_t ngx_http_wismo_status_answer(ngx_http_request_t *r,
    void *data, ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value);
static void ngx_http_wismo_status_read(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, ngx_http_wismo_value_t *value);
static ngx_uint_t ngx_http_wismo_status_take(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, wismo_document_t *doc);

static ngx_http_wismo_track_t *ngx_http_wismo_status_of(
    ngx_http_request_t *r);
static const wismo_json_t *ngx_http_wismo_status_facts(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);
static void ngx_http_wismo_status_value(ngx_http_variable_value_t *v,
    const u_char *data, size_t len);
static ngx_int_t ngx_http_wismo_variable_status(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wismo_variable_fact(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wismo_variable_age(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wismo_variable_cache(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


typedef enum {
    NGX_HTTP_WISMO_FACT_SUBSTATUS = 0,
    NGX_HTTP_WISMO_FACT_ETA,
    NGX_HTTP_WISMO_FACT_CARRIER
} ngx_http_wismo_fact_e;


static ngx_http_variable_t  ngx_http_wismo_status_variables[] = {

    { ngx_string("wismo_status"), NULL, ngx_http_wismo_variable_status, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("wismo_substatus"), NULL, ngx_http_wismo_variable_fact,
      NGX_HTTP_WISMO_FACT_SUBSTATUS, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("wismo_eta"), NULL, ngx_http_wismo_variable_fact,
      NGX_HTTP_WISMO_FACT_ETA, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("wismo_carrier"), NULL, ngx_http_wismo_variable_fact,
      NGX_HTTP_WISMO_FACT_CARRIER, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("wismo_age"), NULL, ngx_http_wismo_variable_age, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("wismo_cache"), NULL, ngx_http_wismo_variable_cache, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_wismo_status_variables_add(ngx_conf_t *cf)
{
    return ngx_http_wismo_variables_table(cf,
                                          ngx_http_wismo_status_variables);
}


ngx_int_t
ngx_http_wismo_status_init(ngx_conf_t *cf, ngx_http_wismo_main_conf_t *wmcf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    if (wmcf->lookups == 0) {
        return NGX_OK;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_wismo_status_phase;

    return NGX_OK;
}


char *
ngx_http_wismo_status_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_wismo_loc_conf_t *wlcf = conf;

    char                        *rv;
    ngx_http_wismo_main_conf_t  *wmcf;

    rv = ngx_http_set_complex_value_slot(cf, cmd, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    wlcf->lookup_file = cf->conf_file->file.name;
    wlcf->lookup_line = cf->conf_file->line;

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wismo_module);

    wmcf->lookups++;
    wmcf->used++;

    return NGX_CONF_OK;
}


char *
ngx_http_wismo_status_merge(ngx_conf_t *cf, ngx_http_wismo_loc_conf_t *prev,
    ngx_http_wismo_loc_conf_t *conf)
{
    ngx_http_wismo_main_conf_t  *wmcf;

    if (conf->lookup == NULL) {
        conf->lookup = prev->lookup;
        conf->lookup_file = prev->lookup_file;
        conf->lookup_line = prev->lookup_line;

        return NGX_CONF_OK;
    }

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wismo_module);

    if (wmcf->redis.url.len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"wismo_lookup\" without \"wismo_redis\": expected in "
                      "http{} \"wismo_redis unix:/run/redis/redis.sock;\", "
                      "in %V:%ui", &conf->lookup_file, conf->lookup_line);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_wismo_status_phase(ngx_http_request_t *r)
{
    ngx_str_t                   number;
    ngx_http_wismo_ctx_t       *ctx;
    ngx_http_wismo_track_t     *t;
    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    if (wlcf->lookup == NULL || wlcf->handler) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_wismo_module);

    if (ctx && ctx->track) {
        return ctx->track->waits ? NGX_AGAIN : NGX_DECLINED;
    }

    if (ngx_http_complex_value(r, wlcf->lookup, &number) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    t = ngx_pcalloc(r->pool, sizeof(ngx_http_wismo_track_t));
    if (t == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    t->ctx.track = t;
    ngx_http_set_ctx(r, &t->ctx, ngx_http_wismo_module);

    t->number.len = number.len;
    t->number.data = number.data;

    if (!wismo_order_number_ok(&t->number)
        || ngx_http_wismo_access(r, t) != NGX_OK
        || ngx_http_wismo_status_kept(r, t, 0) == NGX_OK)
    {
        return NGX_DECLINED;
    }

    return ngx_http_wismo_status_ask(r, t);
}


/* Without Redis, if that can be; NGX_DECLINED if not. */

static ngx_int_t
ngx_http_wismo_status_kept(ngx_http_request_t *r, ngx_http_wismo_track_t *t,
    ngx_uint_t stale)
{
    wismo_str_t       bytes;
    wismo_error_t     err;
    wismo_document_t  doc;

    t->look.number = t->number;
    t->look.variant.type = NGX_HTTP_WISMO_STATUS_TYPE;
    t->look.variant.stale = (uint8_t) stale;

    if (ngx_http_wismo_cache_find(&t->look) != NGX_AGAIN) {
        return NGX_DECLINED;
    }

    bytes.len = t->look.size;
    bytes.data = ngx_pnalloc(r->pool, bytes.len);

    if (bytes.data == NULL
        || ngx_http_wismo_cache_document(&t->look, bytes.data) != NGX_OK
        || wismo_document_open(&bytes, &doc, &err) != WISMO_OK)
    {
        return NGX_DECLINED;
    }

    if (ngx_http_wismo_status_take(r, t, &doc)) {
        t->stale = stale;
        t->cache = stale ? NGX_HTTP_WISMO_CACHE_STALE
                         : NGX_HTTP_WISMO_CACHE_HIT;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wismo_status_ask(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    char       buf[WISMO_KEY_MAX];
    ngx_str_t  argv[4];

    ngx_str_set(&argv[0], "GETRANGE");
    argv[1].data = (u_char *) buf;
    argv[1].len = wismo_key_document(buf, &t->number);
    ngx_str_set(&argv[2], "0");
    ngx_str_set(&argv[3], "131071");

    if (ngx_http_wismo_ask(r, 4, argv, ngx_http_wismo_status_answer, t)
        != NGX_HTTP_WISMO_REDIS_OK)
    {
        (void) ngx_http_wismo_status_kept(r, t, 1);

        return NGX_DECLINED;
    }

    t->waits = 1;

    return NGX_AGAIN;
}


/* The request goes on where it waited, whatever came of that. */

static ngx_int_t
ngx_http_wismo_status_answer(ngx_http_request_t *r, void *data,
    ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value)
{
    ngx_http_wismo_track_t *t = data;

    t->waits = 0;

    if (rc == NGX_HTTP_WISMO_REDIS_OK) {
        ngx_http_wismo_status_read(r, t, value);

    } else {
        (void) ngx_http_wismo_status_kept(r, t, 1);
    }

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);

    return NGX_DONE;
}


static void
ngx_http_wismo_status_read(ngx_http_request_t *r, ngx_http_wismo_track_t *t,
    ngx_http_wismo_value_t *value)
{
    wismo_str_t       bytes;
    wismo_error_t     err;
    wismo_document_t  doc;

    if (value->type != NGX_HTTP_WISMO_REDIS_STRING) {
        return;
    }

    if (value->str.len == 0) {
        ngx_http_wismo_cache_forget(&t->look);
        return;
    }

    bytes.len = value->str.len;
    bytes.data = value->str.data;

    if (wismo_document_open(&bytes, &doc, &err) != WISMO_OK) {
        return;
    }

    (void) ngx_http_wismo_cache_keep(&t->look, &bytes, &doc);

    if (ngx_http_wismo_status_take(r, t, &doc)) {
        t->cache = NGX_HTTP_WISMO_CACHE_MISS;
    }
}


static ngx_uint_t
ngx_http_wismo_status_take(ngx_http_request_t *r, ngx_http_wismo_track_t *t,
    wismo_document_t *doc)
{
    if (ngx_http_wismo_access_revoked(r, t, doc->revoked_at) != NGX_OK) {
        return 0;
    }

    t->look.head = *doc;
    t->head = &t->look.head;
    t->shown = 1;

    return 1;
}


/* What this request has to do with an order that may be told of. */

static ngx_http_wismo_track_t *
ngx_http_wismo_status_of(ngx_http_request_t *r)
{
    ngx_http_wismo_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_wismo_module);

    if (ctx == NULL || ctx->track == NULL || ctx->track->head == NULL
        || !ctx->track->shown)
    {
        return NULL;
    }

    return ctx->track;
}


/* Read when the first variable needs it; NULL where it isn't at hand. */

static const wismo_json_t *
ngx_http_wismo_status_facts(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    wismo_pool_t   wp;
    wismo_error_t  err;

    if (t->facts || t->head->minimal.len == 0) {
        return t->facts;
    }

    ngx_http_wismo_pool(&wp, r->pool, NGX_HTTP_WISMO_STATUS_MEMORY);

    if (wismo_json_read(&wp, &t->head->minimal, NGX_HTTP_WISMO_STATUS_NODES,
                        &t->facts, &err)
        != WISMO_OK)
    {
        t->facts = NULL;
        t->look.head.minimal.len = 0;
    }

    return t->facts;
}


static void
ngx_http_wismo_status_value(ngx_http_variable_value_t *v, const u_char *data,
    size_t len)
{
    if (len == 0) {
        v->not_found = 1;
        return;
    }

    v->len = len;
    v->valid = 1;
    v->no_cacheable = 1;
    v->not_found = 0;
    v->data = (u_char *) data;
}


static ngx_int_t
ngx_http_wismo_variable_status(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    const char              *name;
    ngx_http_wismo_track_t  *t;

    t = ngx_http_wismo_status_of(r);

    name = t ? wismo_substatus_of(t->head->status)->name : NULL;

    ngx_http_wismo_status_value(v, (u_char *) name,
                                name ? ngx_strlen(name) : 0);

    return NGX_OK;
}


static ngx_int_t
ngx_http_wismo_variable_fact(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_uint_t               i;
    wismo_str_t              text;
    const wismo_json_t      *facts, *estimate, *parcels;
    ngx_http_wismo_track_t  *t;

    /* the last moment that was said, by the carrier or by ourselves */

    static const char *const  estimates[] = { "estimate", "own_estimate" };

    t = ngx_http_wismo_status_of(r);

    facts = t ? ngx_http_wismo_status_facts(r, t) : NULL;

    wismo_str_null(&text);

    if (facts == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    switch (data) {

    case NGX_HTTP_WISMO_FACT_SUBSTATUS:
        text = wismo_json_str(facts, "substatus");
        break;

    case NGX_HTTP_WISMO_FACT_ETA:

        for (i = 0; i < 2 && text.len == 0; i++) {
            estimate = wismo_json_get(facts, estimates[i]);

            text = wismo_json_str(estimate, "to");

            if (text.len == 0) {
                text = wismo_json_str(estimate, "date");
            }

            if (text.len == 0) {
                text = wismo_json_str(estimate, "from");
            }
        }

        break;

    default:
        parcels = wismo_json_get(facts, "parcels");

        if (parcels && parcels->type == WISMO_JSON_ARRAY) {
            text = wismo_json_str(parcels->first, "carrier");
        }
    }

    ngx_http_wismo_status_value(v, text.data, text.len);

    return NGX_OK;
}


/* Seconds since the carrier was asked, or since the order changed. */

static ngx_int_t
ngx_http_wismo_variable_age(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                  *p;
    int64_t                  at;
    ngx_http_wismo_track_t  *t;

    t = ngx_http_wismo_status_of(r);

    if (t == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    at = (t->head->checked_at != WISMO_TIME_NONE) ? t->head->checked_at
                                                  : t->head->updated_at;

    p = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    at = ngx_time() - at;

    ngx_http_wismo_status_value(v, p,
                                ngx_sprintf(p, "%L", ngx_max(at, 0)) - p);

    return NGX_OK;
}


static ngx_int_t
ngx_http_wismo_variable_cache(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t             *name;
    ngx_http_wismo_ctx_t  *ctx;

    static ngx_str_t  names[NGX_HTTP_WISMO_CACHE_RESULTS] = {
        ngx_null_string,
        ngx_string("HIT"),
        ngx_string("MISS"),
        ngx_string("STALE"),
        ngx_string("BYPASS")
    };

    ctx = ngx_http_get_module_ctx(r, ngx_http_wismo_module);

    if (ctx == NULL || ctx->track == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    name = &names[ctx->track->cache];

    ngx_http_wismo_status_value(v, name->data, name->len);

    return NGX_OK;
}
