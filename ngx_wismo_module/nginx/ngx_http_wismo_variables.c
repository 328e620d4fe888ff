
/*
 * Copyright (C) The Wismo authors
 *
 * What logs may know of a request: variables in which orders have pseudonyms
 * and links no tokens, and error lines that say no more.  Called by nginx,
 * when a configuration uses them and when it has something to tell.
 *
 * What must never be here: a look into a document, or a word of what a client
 * sent that is not known to be harmless.
 */


#include "ngx_http_wismo_track.h"


#define NGX_HTTP_WISMO_PSEUDONYM     8         /* hexadecimal digits */
#define NGX_HTTP_WISMO_LOG_LABEL     "wismo log 1"


typedef struct {
    ngx_str_t     before;                      /* the order's number */
    ngx_str_t     number;
    ngx_str_t     after;
} ngx_http_wismo_place_t;


static ngx_int_t ngx_http_wismo_variable_order(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wismo_variable_uri(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_wismo_variable_view(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);

static ngx_int_t ngx_http_wismo_log_phase(ngx_http_request_t *r);
static u_char *ngx_http_wismo_log_error(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len);
static ngx_uint_t ngx_http_wismo_place(ngx_http_request_t *r,
    ngx_http_wismo_place_t *place);
static u_char *ngx_http_wismo_pseudonym(ngx_http_request_t *r,
    ngx_str_t *number, u_char *dst);
static ngx_int_t ngx_http_wismo_uri(ngx_http_request_t *r, ngx_str_t *uri);


static ngx_http_variable_t  ngx_http_wismo_variables[] = {

    { ngx_string("wismo_order"), NULL, ngx_http_wismo_variable_order, 0,
      0, 0 },

    { ngx_string("wismo_uri"), NULL, ngx_http_wismo_variable_uri, 0,
      0, 0 },

    { ngx_string("wismo_view"), NULL, ngx_http_wismo_variable_view, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_wismo_variables_add(ngx_conf_t *cf)
{
    if (ngx_http_wismo_variables_table(cf, ngx_http_wismo_variables)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_wismo_status_variables_add(cf);
}


ngx_int_t
ngx_http_wismo_variables_table(ngx_conf_t *cf, ngx_http_variable_t *v)
{
    ngx_http_variable_t  *var;

    for ( /* void */ ; v->name.len; v++) {

        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_wismo_variables_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_REWRITE_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_wismo_log_phase;

    return NGX_OK;
}


ngx_int_t
ngx_http_wismo_log_key(const wismo_keys_t *keys, u_char *key)
{
    wismo_str_t  label = wismo_string(NGX_HTTP_WISMO_LOG_LABEL);

    return wismo_hmac_sha256(&keys->keys[0].secret, &label, key) == WISMO_OK
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_wismo_variable_order(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                  *p;
    ngx_http_wismo_place_t   place;

    if (!ngx_http_wismo_place(r, &place) || place.number.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, NGX_HTTP_WISMO_PSEUDONYM);
    if (p == NULL) {
        return NGX_ERROR;
    }

    v->len = ngx_http_wismo_pseudonym(r, &place.number, p) - p;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->data = p;

    return NGX_OK;
}


static ngx_int_t
ngx_http_wismo_variable_uri(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t  uri;

    if (ngx_http_wismo_uri(r, &uri) != NGX_OK) {
        return NGX_ERROR;
    }

    v->len = uri.len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->data = uri.data;

    return NGX_OK;
}


/* What was shown, not what would have been. */

static ngx_int_t
ngx_http_wismo_variable_view(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t             *name;
    ngx_http_wismo_ctx_t  *ctx;

    static ngx_str_t  none = ngx_string("none");
    static ngx_str_t  views[] = {
        ngx_string("minimal"),
        ngx_string("full")
    };
    static ngx_str_t  parcel = ngx_string("parcel");

    ctx = ngx_http_get_module_ctx(r, ngx_http_wismo_module);

    if (ctx == NULL || ctx->track == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    if (!ctx->track->shown) {
        name = &none;

    } else {
        name = ctx->track->parcel.len ? &parcel
                                      : &views[ctx->track->view];
    }

    v->len = name->len;
    v->valid = 1;
    v->no_cacheable = 1;
    v->not_found = 0;
    v->data = name->data;

    return NGX_OK;
}


/* From here on it is known whose request this is. */

static ngx_int_t
ngx_http_wismo_log_phase(ngx_http_request_t *r)
{
    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    if (wlcf->handler) {
        r->log_handler = ngx_http_wismo_log_error;
    }

    return NGX_DECLINED;
}


/* As nginx's own, without the request's line and where it came from. */

static u_char *
ngx_http_wismo_log_error(ngx_http_request_t *r, ngx_http_request_t *sr,
    u_char *buf, size_t len)
{
    u_char                    *p, name[NGX_HTTP_WISMO_PSEUDONYM];
    ngx_str_t                  order;
    ngx_http_wismo_place_t     place;
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    p = ngx_snprintf(buf, len, ", server: %V", &cscf->server_name);
    len -= p - buf;
    buf = p;

    /* without an allocation: that may be what there is to tell of */

    if (ngx_http_wismo_place(r, &place)) {
        order.data = name;
        order.len = place.number.len
                    ? ngx_http_wismo_pseudonym(r, &place.number, name) - name
                    : 0;

        p = ngx_snprintf(buf, len, ", request: \"%V %V%V%V\"",
                         &r->method_name, &place.before, &order,
                         &place.after);
        len -= p - buf;
        buf = p;
    }

    if (r->headers_in.host) {
        p = ngx_snprintf(buf, len, ", host: \"%V\"",
                         &r->headers_in.host->value);
    }

    return p;
}


/*
 * Where the order's number stands in the path: 0 if this location is none of
 * ours.  What stands there need not be a number; it is not shown either.
 */

static ngx_uint_t
ngx_http_wismo_place(ngx_http_request_t *r, ngx_http_wismo_place_t *place)
{
    size_t                      n;
    u_char                     *p, *last;
    ngx_uint_t                  i;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_wismo_loc_conf_t  *wlcf;

    static ngx_str_t  api = ngx_string("v1/orders/");
    static ngx_str_t  ends[] = {
        ngx_string(".json"),
        ngx_string(".ics"),
        ngx_string(".atom"),
        ngx_string(".txt"),
        ngx_string("/live"),
        ngx_string("/feedback"),
        ngx_null_string
    };

    ngx_memzero(place, sizeof(ngx_http_wismo_place_t));

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    if (wlcf->handler == NULL) {
        return 0;
    }

    p = r->uri.data;
    last = p + r->uri.len;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    place->before = clcf->name;

    if ((wlcf->handler != ngx_http_wismo_track_handler
         && wlcf->handler != ngx_http_wismo_api_handler)
        || r->uri.len < wlcf->base.len
        || ngx_memcmp(p, wlcf->base.data, wlcf->base.len) != 0)
    {
        return 1;
    }

    p += wlcf->base.len;

    if (wlcf->handler == ngx_http_wismo_api_handler) {

        if ((size_t) (last - p) < api.len
            || ngx_memcmp(p, api.data, api.len) != 0)
        {
            return 1;
        }

        p += api.len;
    }

    place->before.data = r->uri.data;
    place->before.len = p - r->uri.data;
    place->number.data = p;
    place->number.len = last - p;

    for (i = 0; ends[i].len; i++) {
        n = ends[i].len;

        if (place->number.len > n
            && ngx_memcmp(last - n, ends[i].data, n) == 0)
        {
            place->number.len -= n;
            place->after = ends[i];
            break;
        }
    }

    return 1;
}


static u_char *
ngx_http_wismo_pseudonym(ngx_http_request_t *r, ngx_str_t *number,
    u_char *dst)
{
    u_char                       mac[32];
    wismo_str_t                  key, data;
    ngx_http_wismo_main_conf_t  *wmcf;

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);

    if (wmcf->secret_file.len == 0) {
        *dst++ = '-';
        return dst;
    }

    key.data = wmcf->log_key;
    key.len = sizeof(wmcf->log_key);
    data.data = number->data;
    data.len = number->len;

    if (wismo_hmac_sha256(&key, &data, mac) != WISMO_OK) {
        *dst++ = '-';
        return dst;
    }

    return ngx_hex_dump(dst, mac, NGX_HTTP_WISMO_PSEUDONYM / 2);
}


static ngx_int_t
ngx_http_wismo_uri(ngx_http_request_t *r, ngx_str_t *uri)
{
    u_char                  *p;
    ngx_http_wismo_place_t   place;

    if (!ngx_http_wismo_place(r, &place)) {
        *uri = r->unparsed_uri;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, 3 * place.before.len + NGX_HTTP_WISMO_PSEUDONYM
                             + place.after.len + sizeof("?..."));
    if (p == NULL) {
        return NGX_ERROR;
    }

    uri->data = p;

    p = (u_char *) ngx_escape_uri(p, place.before.data, place.before.len,
                                  NGX_ESCAPE_URI);

    if (place.number.len) {
        p = ngx_http_wismo_pseudonym(r, &place.number, p);
        p = ngx_cpymem(p, place.after.data, place.after.len);
    }

    if (r->args.len) {
        p = ngx_cpymem(p, "?...", sizeof("?...") - 1);
    }

    uri->len = p - uri->data;

    return NGX_OK;
}
