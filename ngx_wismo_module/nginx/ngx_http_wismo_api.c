
/*
 * Copyright (C) The Wismo authors
 *
 * The orders API: PUT, GET and DELETE of v1/orders/<number> below a location
 * with wismo_api (docs/api.md, docs/openapi.yaml); v1/estimate has a file of
 * its own.  Reads are the stored bytes, and incidents; writes are checked here
 * in full, so that what is wrong is told at once, and then go to the inbox as
 * they came: the fetcher is the one who changes an order.
 *
 * What must never happen here: a look at the path or the body before the key
 * was checked, or a 202 for something that Redis does not have.
 */


#include "ngx_http_wismo_batch.h"
#include "ngx_http_wismo_estimate.h"
#include "ngx_http_wismo_inbox.h"
#include "ngx_http_wismo_incident.h"
#include "ngx_http_wismo_reply.h"
#include "ngx_http_wismo_wait.h"


#define NGX_HTTP_WISMO_API_BODY      65536
#define NGX_HTTP_WISMO_API_MEMORY    (4 * 1024 * 1024)
#define NGX_HTTP_WISMO_API_ERRORS    32
#define NGX_HTTP_WISMO_API_KEYS      262144
#define NGX_HTTP_WISMO_API_KEY_MAX   512

#define NGX_HTTP_WISMO_API_PATH      "v1/orders/"


static ngx_uint_t ngx_http_wismo_api_allowed(ngx_http_request_t *r,
    ngx_http_wismo_loc_conf_t *wlcf);
static ngx_int_t ngx_http_wismo_api_number(ngx_http_request_t *r,
    wismo_str_t *number);
static ngx_uint_t ngx_http_wismo_api_conditional(ngx_http_request_t *r);
static ngx_int_t ngx_http_wismo_api_put(ngx_http_request_t *r, void *data,
    ngx_str_t *body);
static ngx_int_t ngx_http_wismo_api_check(ngx_http_request_t *r,
    ngx_str_t *body);
static ngx_int_t ngx_http_wismo_api_rewrite(ngx_http_request_t *r,
    json_t *json, ngx_str_t *body);
static bool ngx_http_wismo_api_carrier(void *data, const wismo_str_t *name);
static ngx_int_t ngx_http_wismo_api_delete(ngx_http_request_t *r, void *data,
    ngx_str_t *body);
static ngx_int_t ngx_http_wismo_api_post(ngx_http_request_t *r,
    wismo_str_t *number, ngx_str_t *kind, ngx_str_t *body);
static ngx_int_t ngx_http_wismo_api_get(ngx_http_request_t *r,
    wismo_str_t *number);
static ngx_int_t ngx_http_wismo_api_answer(ngx_http_request_t *r, void *data,
    ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value);


static ngx_str_t  ngx_http_wismo_api_kind_put = ngx_string("put");
static ngx_str_t  ngx_http_wismo_api_kind_delete = ngx_string("delete");


ngx_int_t
ngx_http_wismo_api_handler(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    wismo_str_t                *number;
    ngx_http_wismo_response_t   rs;
    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    if (!ngx_http_wismo_api_allowed(r, wlcf)) {
        ngx_http_wismo_response_init(&rs, NGX_HTTP_UNAUTHORIZED,
                                     NGX_HTTP_WISMO_PROBLEM);
        rs.bearer = 1;

        return ngx_http_wismo_problem(r, &rs, "A valid API key is required: "
                                      "\"Authorization: Bearer KEY\".",
                                      NULL, 0);
    }

    if (ngx_http_wismo_estimate_is(r)) {
        return ngx_http_wismo_estimate(r);
    }

    if (ngx_http_wismo_batch_is(r)) {
        return ngx_http_wismo_batch(r);
    }

    number = ngx_pcalloc(r->pool, sizeof(wismo_str_t));
    if (number == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_wismo_api_number(r, number);

    if (rc == NGX_DECLINED) {
        return ngx_http_wismo_reply_problem(r, NGX_HTTP_NOT_FOUND,
                                            "There are v1/orders/NUMBER, "
                                            "v1/orders:batch and v1/estimate.",
                                            NULL, 0, -1);
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD|NGX_HTTP_PUT
                       |NGX_HTTP_DELETE)))
    {
        ngx_http_wismo_response_init(&rs, NGX_HTTP_NOT_ALLOWED,
                                     NGX_HTTP_WISMO_PROBLEM);
        ngx_str_set(&rs.allow, "GET, HEAD, PUT, DELETE");

        return ngx_http_wismo_problem(r, &rs, "An order can be read, put and "
                                      "deleted.", NULL, 0);
    }

    if (rc != NGX_OK) {
        return ngx_http_wismo_reply_problem(r, NGX_HTTP_BAD_REQUEST,
                                            "An order number has 1 to 64 of "
                                            "A-Z a-z 0-9 . _ - and does not "
                                            "start with a dot or end in "
                                            "\".json\", \".ics\", "
                                            "\".atom\" or \".txt\".",
                                            NULL, 0, -1);
    }

    if (r->args.len) {
        return ngx_http_wismo_reply_problem(r, NGX_HTTP_BAD_REQUEST,
                                            "There are no query parameters "
                                            "here.", NULL, 0, -1);
    }

    if (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)) {
        return ngx_http_wismo_api_get(r, number);
    }

    if (ngx_http_wismo_api_conditional(r)) {
        return ngx_http_wismo_reply_problem(r, NGX_HTTP_BAD_REQUEST,
                                            "Conditional writes are not "
                                            "supported: leave out If-Match "
                                            "and its kin.", NULL, 0, -1);
    }

    if (r->method == NGX_HTTP_DELETE) {
        return ngx_http_wismo_read_body(r, NGX_HTTP_WISMO_API_BODY,
                                        ngx_http_wismo_api_delete, number);
    }

    if (!ngx_http_wismo_api_is_type(r, "application/json")) {
        return ngx_http_wismo_reply_problem(r,
                                            NGX_HTTP_UNSUPPORTED_MEDIA_TYPE,
                                            "The body must be of the type "
                                            "application/json.", NULL, 0, -1);
    }

    return ngx_http_wismo_read_body(r, NGX_HTTP_WISMO_API_BODY,
                                    ngx_http_wismo_api_put, number);
}


static ngx_uint_t
ngx_http_wismo_api_allowed(ngx_http_request_t *r,
    ngx_http_wismo_loc_conf_t *wlcf)
{
    ngx_str_t               value;
    wismo_str_t             key;
    ngx_table_elt_t        *h;
    const wismo_api_key_t  *found;

    h = r->headers_in.authorization;

    if (h == NULL) {
        return 0;
    }

    value = h->value;

    if (value.len <= sizeof("Bearer ") - 1
        || ngx_strncasecmp(value.data, (u_char *) "Bearer ",
                           sizeof("Bearer ") - 1)
           != 0)
    {
        return 0;
    }

    key.data = value.data + sizeof("Bearer ") - 1;
    key.len = value.len - (sizeof("Bearer ") - 1);

    while (key.len && *key.data == ' ') {
        key.data++;
        key.len--;
    }

    if (key.len == 0 || key.len > NGX_HTTP_WISMO_API_KEY_MAX) {
        return 0;
    }

    found = wismo_api_key_find(wlcf->api_keys, wlcf->api_nkeys, &key);

    if (found == NULL) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "wismo: unknown API key");
        return 0;
    }

    return 1;
}


/*
 * NGX_DECLINED: not an order's path; NGX_ERROR: an order's path, but not an
 * order number that could exist.
 */

static ngx_int_t
ngx_http_wismo_api_number(ngx_http_request_t *r, wismo_str_t *number)
{
    u_char                    *p;
    size_t                     len, n;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    n = sizeof(NGX_HTTP_WISMO_API_PATH) - 1;

    if (r->uri.len <= clcf->name.len + n
        || ngx_memcmp(r->uri.data, clcf->name.data, clcf->name.len) != 0)
    {
        return NGX_DECLINED;
    }

    p = r->uri.data + clcf->name.len;
    len = r->uri.len - clcf->name.len;

    if (clcf->name.data[clcf->name.len - 1] != '/') {

        if (*p++ != '/' || --len <= n) {
            return NGX_DECLINED;
        }
    }

    if (ngx_memcmp(p, NGX_HTTP_WISMO_API_PATH, n) != 0) {
        return NGX_DECLINED;
    }

    number->data = p + n;
    number->len = len - n;

    if (ngx_strlchr(number->data, number->data + number->len, '/')) {
        return NGX_DECLINED;
    }

    return wismo_order_number_ok(number) ? NGX_OK : NGX_ERROR;
}


static ngx_uint_t
ngx_http_wismo_api_conditional(ngx_http_request_t *r)
{
    return r->headers_in.if_match
           || r->headers_in.if_none_match
           || r->headers_in.if_unmodified_since;
}


ngx_uint_t
ngx_http_wismo_api_is_type(ngx_http_request_t *r, const char *type)
{
    size_t      n;
    ngx_str_t  *value;

    if (r->headers_in.content_type == NULL) {
        return 0;
    }

    value = &r->headers_in.content_type->value;
    n = ngx_strlen(type);

    return value->len >= n
           && ngx_strncasecmp(value->data, (u_char *) type, n) == 0
           && (value->len == n
               || value->data[n] == ';' || value->data[n] == ' ');
}


static ngx_int_t
ngx_http_wismo_api_put(ngx_http_request_t *r, void *data, ngx_str_t *body)
{
    wismo_str_t *number = data;

    ngx_int_t  rc;

    if (body == NULL) {
        return ngx_http_wismo_reply_problem(r,
                                            NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                            "The body of an order has at most "
                                            "64 kB.", NULL, 0, -1);
    }

    rc = ngx_http_wismo_api_check(r, body);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    return ngx_http_wismo_api_post(r, number, &ngx_http_wismo_api_kind_put,
                                   body);
}


/* NGX_DECLINED: there is nothing to object to. */

static ngx_int_t
ngx_http_wismo_api_check(ngx_http_request_t *r, ngx_str_t *body)
{
    int             n;
    json_t         *json;
    ngx_int_t       rc;
    ngx_uint_t      guessed;
    json_error_t    error;
    wismo_pool_t    wp;
    wismo_error_t  *errors;

    errors = ngx_pcalloc(r->pool,
                         NGX_HTTP_WISMO_API_ERRORS * sizeof(wismo_error_t));
    if (errors == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    json = json_loadb((char *) body->data, body->len, JSON_REJECT_DUPLICATES,
                      &error);

    if (json == NULL) {
        wismo_error_set(&errors[0], "", "%s", error.text);

        if (error.line > 0) {
            errors[0].line = error.line;
            errors[0].column = error.column;
        }

        return ngx_http_wismo_reply_problem(r, NGX_HTTP_BAD_REQUEST,
                                            "The body is not JSON.",
                                            errors, 1, -1);
    }

    ngx_http_wismo_pool(&wp, r->pool, NGX_HTTP_WISMO_API_MEMORY);

    n = ngx_http_wismo_api_order(r, &wp, json, errors,
                                 NGX_HTTP_WISMO_API_ERRORS, &guessed);
    rc = NGX_DECLINED;

    if (n < 0) {
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

    } else if (n > 0) {
        rc = ngx_http_wismo_reply_problem(r, 422, "The order cannot be taken "
                                          "as it is.", errors,
                                          ngx_min(n,
                                                  NGX_HTTP_WISMO_API_ERRORS),
                                          -1);

    } else if (guessed) {
        rc = ngx_http_wismo_api_rewrite(r, json, body);
    }

    json_decref(json);

    return rc;
}


int
ngx_http_wismo_api_order(ngx_http_request_t *r, wismo_pool_t *wp,
    json_t *json, wismo_error_t *errors, int max, ngx_uint_t *rewritten)
{
    int                 guessed;
    wismo_body_rules_t  rules;

    ngx_memzero(&rules, sizeof(wismo_body_rules_t));

    rules.carrier_ok = ngx_http_wismo_api_carrier;
    rules.data = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);
    rules.now = ngx_time();

    guessed = wismo_order_carriers(json, &rules);
    *rewritten = (guessed > 0);

    return guessed < 0 ? guessed
                       : wismo_order_body(wp, json, &rules, NULL, errors,
                                          max);
}


/* The inbox gets what was sent, byte for byte, unless a carrier was added. */

static ngx_int_t
ngx_http_wismo_api_rewrite(ngx_http_request_t *r, json_t *json,
    ngx_str_t *body)
{
    size_t  len;

    len = json_dumpb(json, NULL, 0, JSON_COMPACT);

    body->data = len ? ngx_pnalloc(r->pool, len) : NULL;

    if (body->data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body->len = json_dumpb(json, (char *) body->data, len, JSON_COMPACT);

    return body->len == len ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static bool
ngx_http_wismo_api_carrier(void *data, const wismo_str_t *name)
{
    ngx_http_wismo_main_conf_t *wmcf = data;

    ngx_str_t  carrier;

    carrier.len = name->len;
    carrier.data = name->data;

    return ngx_http_wismo_carrier_find(wmcf, &carrier) != NULL;
}


static ngx_int_t
ngx_http_wismo_api_delete(ngx_http_request_t *r, void *data, ngx_str_t *body)
{
    wismo_str_t *number = data;

    ngx_str_t  none;

    ngx_str_null(&none);

    if (body == NULL || body->len) {
        return ngx_http_wismo_reply_problem(r, NGX_HTTP_BAD_REQUEST,
                                            "A DELETE has no body.",
                                            NULL, 0, -1);
    }

    return ngx_http_wismo_api_post(r, number, &ngx_http_wismo_api_kind_delete,
                                   &none);
}


static ngx_int_t
ngx_http_wismo_api_post(ngx_http_request_t *r, wismo_str_t *number,
    ngx_str_t *kind, ngx_str_t *body)
{
    size_t                    escape;
    ngx_http_wismo_letter_t  *letter;

    letter = ngx_pcalloc(r->pool, sizeof(ngx_http_wismo_letter_t));
    if (letter == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    letter->kind = *kind;
    letter->order.len = number->len;
    letter->order.data = number->data;
    letter->body = *body;
    letter->inbox = wismo_bucket(number) % WISMO_INBOXES;

    letter->location = r->uri;

    escape = ngx_escape_uri(NULL, r->uri.data, r->uri.len, NGX_ESCAPE_URI);

    if (escape) {
        letter->location.len = r->uri.len + 2 * escape;

        letter->location.data = ngx_pnalloc(r->pool, letter->location.len);
        if (letter->location.data == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        (void) ngx_escape_uri(letter->location.data, r->uri.data, r->uri.len,
                              NGX_ESCAPE_URI);
    }

    return ngx_http_wismo_inbox_post(r, letter);
}


static ngx_int_t
ngx_http_wismo_api_get(ngx_http_request_t *r, wismo_str_t *number)
{
    char                       buf[WISMO_KEY_MAX];
    ngx_int_t                  rc;
    ngx_str_t                  argv[4];
    ngx_http_wismo_redis_rc_e  redis;

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    ngx_str_set(&argv[0], "GETRANGE");
    argv[1].data = (u_char *) buf;
    argv[1].len = wismo_key_document(buf, number);
    ngx_str_set(&argv[2], "0");
    ngx_str_set(&argv[3], "131071");

    redis = ngx_http_wismo_ask(r, 4, argv, ngx_http_wismo_api_answer, NULL);

    if (redis != NGX_HTTP_WISMO_REDIS_OK) {
        return ngx_http_wismo_api_answer(r, NULL, redis, NULL);
    }

    r->main->count++;

    return NGX_DONE;
}


static ngx_int_t
ngx_http_wismo_api_answer(ngx_http_request_t *r, void *data,
    ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value)
{
    u_char                      *etag;
    uint32_t                     incidents;
    wismo_str_t                  bytes;
    wismo_pool_t                 wp;
    wismo_error_t                err;
    wismo_document_t             doc;
    ngx_http_wismo_response_t    rs;
    ngx_http_wismo_main_conf_t  *wmcf;

    if (rc != NGX_HTTP_WISMO_REDIS_OK) {
        return ngx_http_wismo_reply_problem(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                            "The store does not answer now.",
                                            NULL, 0,
                                            NGX_HTTP_WISMO_RETRY_AFTER);
    }

    ngx_memzero(&doc, sizeof(wismo_document_t));

    bytes.len = value->str.len;
    bytes.data = value->str.data;

    if (value->type == NGX_HTTP_WISMO_REDIS_STRING && bytes.len == 0) {
        return ngx_http_wismo_reply_problem(r, NGX_HTTP_NOT_FOUND,
                                            "There is no such order.",
                                            NULL, 0, -1);
    }

    ngx_http_wismo_pool(&wp, r->pool, NGX_HTTP_WISMO_API_MEMORY);

    if (value->type != NGX_HTTP_WISMO_REDIS_STRING
        || wismo_document_open(&bytes, &doc, &err) != WISMO_OK
        || wismo_document_intact(&wp, &doc, &doc.full, &err) != WISMO_OK)
    {
        return ngx_http_wismo_reply_problem(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                            "What is stored of this order "
                                            "cannot be used.", NULL, 0,
                                            NGX_HTTP_WISMO_RETRY_AFTER);
    }

    etag = ngx_pnalloc(r->pool, NGX_HTTP_WISMO_ETAG_MAX);
    if (etag == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);

    ngx_http_wismo_response_init(&rs, NGX_HTTP_OK, NGX_HTTP_WISMO_JSON);

    (void) ngx_http_wismo_incidents(&incidents);

    ngx_http_wismo_etag(&rs.etag, etag, &doc, wmcf->generation + incidents);

    if (ngx_http_wismo_etag_matches(r, &rs.etag)) {
        rs.status = NGX_HTTP_NOT_MODIFIED;

    } else {
        rs.body.len = doc.full.len;
        rs.body.data = doc.full.data;

        if (ngx_http_wismo_incident_json(r->pool, &doc.full, 1, &rs.body)
            == NGX_ERROR)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    return ngx_http_wismo_reply(r, &rs);
}


char *
ngx_http_wismo_api_load(ngx_conf_t *cf, ngx_http_wismo_loc_conf_t *conf)
{
    unsigned        n;
    ngx_str_t       text;
    wismo_str_t     file;
    wismo_pool_t    wp;
    wismo_error_t   err;

    if (ngx_http_wismo_read_file(cf, &conf->api_keys_file,
                                 NGX_HTTP_WISMO_API_KEYS, 1,
                                 "wismo_api_keys", &text)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    file.len = text.len;
    file.data = text.data;

    ngx_memzero(&err, sizeof(wismo_error_t));
    ngx_http_wismo_pool(&wp, cf->pool, NGX_HTTP_WISMO_API_MEMORY);

    switch (wismo_api_keys_read(&wp, &file, &conf->api_keys, &n, &err)) {

    case WISMO_OK:
        conf->api_nkeys = n;
        return NGX_CONF_OK;

    case WISMO_DECLINED:
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "%V:%ud: %s, used by \"wismo_api_keys\" in %V:%ui",
                      &conf->api_keys_file, err.line, err.text, &conf->file,
                      conf->line);
        return NGX_CONF_ERROR;

    default:
        return NGX_CONF_ERROR;
    }
}
