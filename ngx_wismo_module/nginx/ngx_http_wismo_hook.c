
/*
 * Copyright (C) The Wismo authors
 *
 * Pushes of carriers and webhooks of shops: a location with wismo_hook takes a
 * POST, checks its size, then its signature over the raw bytes, and puts it
 * into the inbox.  What a push means is the fetcher's business; how it is
 * signed stands in the carrier's adapter, or in the shop's file.
 *
 * What must never happen here: parsing of a body, or a word to an unverified
 * sender about what was wrong with his signature.
 */


#include "ngx_http_wismo_batch.h"
#include "ngx_http_wismo_inbox.h"
#include "ngx_http_wismo_reply.h"
#include "ngx_http_wismo_wait.h"


#define NGX_HTTP_WISMO_HOOK_MEMORY   (1024 * 1024)
#define NGX_HTTP_WISMO_HOOK_ADAPTER  (1024 * 1024)
#define NGX_HTTP_WISMO_HOOK_SECRET   65536

#define NGX_HTTP_WISMO_HOOK_MIN      1024          /* of wismo_hook_body_max */
#define NGX_HTTP_WISMO_HOOK_MAX      4194304
#define NGX_HTTP_WISMO_HOOK_DEFAULT  262144
#define NGX_HTTP_WISMO_HOOK_SHOP     2097152

#define NGX_HTTP_WISMO_HOOK_TELL     10            /* s, a worker and hook */


static ngx_int_t ngx_http_wismo_hook_body(ngx_http_request_t *r, void *data,
    ngx_str_t *body);
static int ngx_http_wismo_hook_verify(ngx_http_request_t *r,
    ngx_http_wismo_loc_conf_t *wlcf, wismo_str_t *body);
static void ngx_http_wismo_hook_refused(ngx_http_request_t *r,
    ngx_http_wismo_loc_conf_t *wlcf);
static ngx_int_t ngx_http_wismo_hook_pong(ngx_http_request_t *r);
static char *ngx_http_wismo_hook_source(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf, ngx_http_wismo_loc_conf_t *conf,
    ngx_str_t *path);
static ngx_int_t ngx_http_wismo_hook_verifier(ngx_conf_t *cf,
    ngx_http_wismo_loc_conf_t *conf, ngx_str_t *path, json_t *adapter);
static ngx_int_t ngx_http_wismo_hook_secret(ngx_conf_t *cf,
    ngx_http_wismo_loc_conf_t *conf);


static ngx_str_t  ngx_http_wismo_hook_kind = ngx_string("hook");


ngx_int_t
ngx_http_wismo_hook_handler(ngx_http_request_t *r)
{
    ngx_uint_t                  get;
    ngx_http_wismo_response_t   rs;
    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    get = wlcf->hook == NULL && wlcf->hook_shop->get;

    if (r->method != NGX_HTTP_POST && !(get && r->method == NGX_HTTP_GET)) {
        ngx_http_wismo_response_init(&rs, NGX_HTTP_NOT_ALLOWED,
                                     NGX_HTTP_WISMO_PROBLEM);

        if (get) {
            ngx_str_set(&rs.allow, "GET, POST");

        } else {
            ngx_str_set(&rs.allow, "POST");
        }

        return ngx_http_wismo_problem(r, &rs, "Pushes are posted.", NULL, 0);
    }

    return ngx_http_wismo_read_body(r, wlcf->hook_body_max,
                                    ngx_http_wismo_hook_body, wlcf);
}


static ngx_int_t
ngx_http_wismo_hook_body(ngx_http_request_t *r, void *data, ngx_str_t *body)
{
    ngx_http_wismo_loc_conf_t *wlcf = data;

    wismo_str_t               bytes;
    wismo_error_t             err;
    ngx_http_wismo_letter_t  *letter;

    if (body == NULL) {
        return ngx_http_wismo_reply_problem(r,
                                            NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                            "The push has more than "
                                            "wismo_hook_body_max.",
                                            NULL, 0, -1);
    }

    if (wlcf->hook == NULL && wlcf->hook_shop->channel.len == 0) {

        if (ngx_http_wismo_shop_is_ping(wlcf->hook_shop, body)) {
            return ngx_http_wismo_hook_pong(r);
        }

        if (!ngx_http_wismo_api_is_type(r, "application/json")) {
            return ngx_http_wismo_reply_problem(r,
                                            NGX_HTTP_UNSUPPORTED_MEDIA_TYPE,
                                            "The body must be of the type "
                                            "application/json.", NULL, 0, -1);
        }
    }

    /* what came in a query has nothing beside it that could be proven */

    if (r->method == NGX_HTTP_GET) {
        ngx_str_null(body);
    }

    bytes.len = body->len;
    bytes.data = body->data;

    switch (ngx_http_wismo_hook_verify(r, wlcf, &bytes)) {

    case WISMO_OK:
        break;

    case WISMO_DECLINED:
        wismo_verify_why(wlcf->hook_verifier[0], ngx_http_wismo_hook_header,
                         r, ngx_time(), &err);

        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "wismo: push to hook \"%V\" is not signed as it should: "
                      "%s", &wlcf->hook_name, err.text);

        ngx_http_wismo_hook_refused(r, wlcf);

        /* one answer, whatever it is */

        return ngx_http_wismo_reply_problem(r, NGX_HTTP_UNAUTHORIZED,
                                            "The signature does not match. "
                                            "What is wrong with it is in the "
                                            "error log, at level info.",
                                            NULL, 0, -1);

    default:
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    letter = ngx_pcalloc(r->pool, sizeof(ngx_http_wismo_letter_t));
    if (letter == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (wlcf->hook == NULL && wlcf->hook_shop->channel.len) {
        return ngx_http_wismo_message_post(r, wlcf->hook_shop, letter, body);
    }

    letter->kind = ngx_http_wismo_hook_kind;
    letter->carrier = wlcf->hook_name;
    letter->body = *body;
    letter->inbox = ngx_crc32_long(body->data, body->len) % WISMO_INBOXES;

    if (wlcf->hook == NULL
        && ngx_http_wismo_shop_headers(r, wlcf->hook_shop, &letter->headers)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_wismo_inbox_post(r, letter);
}


/* One of the ways that the sender's file knows is enough. */

static int
ngx_http_wismo_hook_verify(ngx_http_request_t *r,
    ngx_http_wismo_loc_conf_t *wlcf, wismo_str_t *body)
{
    int         rc;
    ngx_uint_t  i;

    rc = WISMO_DECLINED;

    for (i = 0; rc == WISMO_DECLINED && i < wlcf->hook_nverifiers; i++) {
        rc = wismo_verify(wlcf->hook_verifier[i], wlcf->hook_keys,
                          ngx_http_wismo_hook_header, r, body, ngx_time());
    }

    return rc;
}


/*
 * That a signature does not match is counted, for whoever looks why nothing
 * comes in.  Who sends none is no sender of ours, and whoever sends many is
 * told of in one letter.
 */

static void
ngx_http_wismo_hook_refused(ngx_http_request_t *r,
    ngx_http_wismo_loc_conf_t *wlcf)
{
    u_char                  *p;
    wismo_str_t              value;
    ngx_uint_t               i;
    const wismo_str_t       *header;
    ngx_http_wismo_letter_t  letter;

    for (i = 0; i < wlcf->hook_nverifiers; i++) {
        header = wismo_verifier_header(wlcf->hook_verifier[i]);

        if (header->len == 0
            || ngx_http_wismo_hook_header(r, (char *) header->data, &value))
        {
            break;
        }
    }

    if (i == wlcf->hook_nverifiers) {
        return;
    }

    wlcf->hook_refused++;

    if (ngx_time() - wlcf->hook_told < NGX_HTTP_WISMO_HOOK_TELL) {
        return;
    }

    p = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
    if (p == NULL) {
        return;
    }

    ngx_memzero(&letter, sizeof(ngx_http_wismo_letter_t));

    ngx_str_set(&letter.kind, "unsigned");
    letter.carrier = wlcf->hook_name;
    letter.body.data = p;
    letter.body.len = ngx_sprintf(p, "%ui", wlcf->hook_refused) - p;
    letter.inbox = ngx_crc32_long(wlcf->hook_name.data, wlcf->hook_name.len)
                   % WISMO_INBOXES;

    ngx_http_wismo_inbox_note(r, &letter);

    wlcf->hook_told = ngx_time();
    wlcf->hook_refused = 0;
}


static ngx_int_t
ngx_http_wismo_hook_pong(ngx_http_request_t *r)
{
    ngx_http_wismo_response_t  rs;

    ngx_http_wismo_response_init(&rs, NGX_HTTP_OK, NGX_HTTP_WISMO_JSON);
    ngx_str_set(&rs.body, "{\"status\":\"ok\"}\n");

    return ngx_http_wismo_reply(r, &rs);
}


bool
ngx_http_wismo_hook_header(void *data, const char *name, wismo_str_t *value)
{
    ngx_http_request_t *r = data;

    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    if (ngx_strcmp(name, WISMO_VERIFY_URL) == 0) {
        return ngx_http_wismo_message_url(r, value);
    }

    if (ngx_strcmp(name, WISMO_VERIFY_QUERY) == 0) {
        value->len = r->args.len;
        value->data = r->args.data;

        return r->method == NGX_HTTP_GET;
    }

    len = ngx_strlen(name);

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {

            if (part->next == NULL) {
                return false;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len == len
            && ngx_strncasecmp(h[i].key.data, (u_char *) name, len) == 0)
        {
            value->len = h[i].value.len;
            value->data = h[i].value.data;

            return true;
        }
    }
}


char *
ngx_http_wismo_hook_load(ngx_conf_t *cf, ngx_http_wismo_main_conf_t *wmcf,
    ngx_http_wismo_loc_conf_t *conf)
{
    json_t        *adapter;
    ngx_int_t      rc;
    ngx_str_t      path, text;
    json_error_t   error;

    if (ngx_http_wismo_hook_source(cf, wmcf, conf, &path) != NGX_CONF_OK
        || ngx_http_wismo_read_file(cf, &path, NGX_HTTP_WISMO_HOOK_ADAPTER, 0,
                                    "wismo_hook", &text)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    adapter = json_loadb((char *) text.data, text.len, JSON_REJECT_DUPLICATES,
                         &error);

    if (adapter == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "%V:%d:%d: %s, used by \"wismo_hook %V\" in %V:%ui",
                      &path, error.line, error.column, error.text,
                      &conf->hook_name, &conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    rc = ngx_http_wismo_hook_verifier(cf, conf, &path, adapter);

    if (rc == NGX_OK && conf->hook == NULL) {
        rc = conf->hook_shop->channel.len
             ? ngx_http_wismo_message_read(cf, conf->hook_shop, adapter)
             : ngx_http_wismo_shop_read(cf, conf->hook_shop, adapter);
    }

    json_decref(adapter);

    if (rc != NGX_OK || ngx_http_wismo_hook_secret(cf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->hook && conf->hook->hook_secret_file.len == 0) {
        conf->hook->hook_secret_file = conf->hook_secret_file;
    }

    return NGX_CONF_OK;
}


/* The file that says how it is signed: the carrier's of this name, or the
 * shop's. */

static char *
ngx_http_wismo_hook_source(ngx_conf_t *cf, ngx_http_wismo_main_conf_t *wmcf,
    ngx_http_wismo_loc_conf_t *conf, ngx_str_t *path)
{
    ngx_int_t  rc;

    if (!conf->hook_shop->said) {
        conf->hook = ngx_http_wismo_carrier_find(wmcf, &conf->hook_name);
    }

    if (conf->hook_body_max == 0) {
        conf->hook_body_max = conf->hook ? NGX_HTTP_WISMO_HOOK_DEFAULT
                                         : NGX_HTTP_WISMO_HOOK_SHOP;
    }

    if (conf->hook) {
        rc = ngx_http_wismo_carrier_adapter(cf, wmcf, conf->hook, path);

        return rc == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    if (ngx_http_wismo_carrier_find(wmcf, &conf->hook_name)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"wismo_hook %V\" of a shop has the name of a "
                           "carrier: expected another one",
                           &conf->hook_name);
        return NGX_CONF_ERROR;
    }

    rc = ngx_http_wismo_shop_load(cf, wmcf, conf->hook_shop);

    if (rc == NGX_DECLINED) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"wismo_hook %V\" without \"wismo_carrier "
                           "%V\": expected in http{} \"wismo_carrier %V "
                           "{ ... }\", or the name of a shop such as "
                           "shopify, woocommerce or standard",
                           &conf->hook_name, &conf->hook_name,
                           &conf->hook_name);
    }

    *path = conf->hook_shop->path;

    return rc == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_wismo_hook_verifier(ngx_conf_t *cf, ngx_http_wismo_loc_conf_t *conf,
    ngx_str_t *path, json_t *adapter)
{
    int            rc;
    json_t        *verify;
    const char    *at;
    ngx_uint_t     i, n;
    wismo_pool_t   wp;
    wismo_error_t  err;

    at = conf->hook ? "push" : conf->hook_shop->channel.len ? "inbound" : "";

    verify = json_object_get(*at ? json_object_get(adapter, at) : adapter,
                             "verify");

    if (verify == NULL && conf->hook == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "there is no %s%s/verify in %V, used by \"wismo_hook "
                      "%V\" in %V:%ui", *at ? "/" : "", at, path,
                      &conf->hook_name, &conf->file, conf->line);
        return NGX_ERROR;
    }

    if (verify == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "carrier \"%V\" has no pushes: there is no "
                      "/push/verify in %V, used by \"wismo_hook %V\" in "
                      "%V:%ui", &conf->hook->name, path, &conf->hook_name,
                      &conf->file, conf->line);
        return NGX_ERROR;
    }

    n = (conf->hook == NULL && json_is_array(verify))
        ? json_array_size(verify) : 1;

    if (n == 0 || n > NGX_HTTP_WISMO_HOOK_VERIFIERS) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "%V:%s%s/verify: expected 1 to %d ways, used by "
                      "\"wismo_hook %V\" in %V:%ui", path, *at ? "/" : "",
                      at, NGX_HTTP_WISMO_HOOK_VERIFIERS, &conf->hook_name,
                      &conf->file, conf->line);
        return NGX_ERROR;
    }

    ngx_http_wismo_pool(&wp, cf->pool, NGX_HTTP_WISMO_HOOK_MEMORY);

    for (i = 0; i < n; i++) {

        ngx_memzero(&err, sizeof(wismo_error_t));

        rc = wismo_verifier_compile(&wp, json_is_array(verify)
                                         ? json_array_get(verify, i) : verify,
                                    &conf->hook_verifier[i], &err);

        if (rc == WISMO_OK) {
            conf->hook_nverifiers++;
            continue;
        }

        if (rc == WISMO_DECLINED) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "%V:%s%s/verify%s: %s, used by \"wismo_hook %V\" "
                          "in %V:%ui", path, *at ? "/" : "", at, err.at,
                          err.text, &conf->hook_name, &conf->file,
                          conf->line);
        }

        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wismo_hook_secret(ngx_conf_t *cf, ngx_http_wismo_loc_conf_t *conf)
{
    int             rc;
    ngx_str_t       text;
    ngx_uint_t      i;
    wismo_str_t     file;
    wismo_pool_t    wp;
    wismo_error_t   err;

    conf->hook_keys = ngx_pcalloc(cf->pool, sizeof(wismo_keys_t));
    if (conf->hook_keys == NULL) {
        return NGX_ERROR;
    }

    if (conf->hook_secret_file.len == 0) {

        if (wismo_verifier_header(conf->hook_verifier[0])->len == 0) {
            return NGX_OK;
        }

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"wismo_hook %V\" without \"wismo_hook_secret_file\": "
                      "its pushes are signed, expected a file with the secret "
                      "that was given to the sender, in %V:%ui",
                      &conf->hook_name, &conf->file, conf->line);
        return NGX_ERROR;
    }

    if (ngx_http_wismo_read_file(cf, &conf->hook_secret_file,
                                 NGX_HTTP_WISMO_HOOK_SECRET,
                                 !wismo_verifier_public(
                                     conf->hook_verifier[0]),
                                 "wismo_hook_secret_file", &text)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    file.len = text.len;
    file.data = text.data;

    ngx_memzero(&err, sizeof(wismo_error_t));
    ngx_http_wismo_pool(&wp, cf->pool, NGX_HTTP_WISMO_HOOK_MEMORY);

    for (i = 0, rc = WISMO_OK; rc == WISMO_OK && i < conf->hook_nverifiers;
         i++)
    {
        rc = wismo_verifier_keys(&wp, conf->hook_verifier[i], &file,
                                 conf->hook_keys, &err);
    }

    if (rc == WISMO_DECLINED) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "%V:%ud: %s, used by \"wismo_hook_secret_file\" of "
                      "\"wismo_hook %V\" in %V:%ui",
                      &conf->hook_secret_file, err.line, err.text,
                      &conf->hook_name, &conf->file, conf->line);
    }

    return rc == WISMO_OK ? NGX_OK : NGX_ERROR;
}


char *
ngx_http_wismo_hook_body_max(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wismo_loc_conf_t *wlcf = conf;

    ssize_t     size;
    ngx_str_t  *value;

    if (wlcf->hook_body_max != NGX_CONF_UNSET_SIZE) {
        return "is duplicate";
    }

    value = cf->args->elts;

    size = ngx_parse_size(&value[1]);

    if (size < NGX_HTTP_WISMO_HOOK_MIN || size > NGX_HTTP_WISMO_HOOK_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size \"%V\" in \"wismo_hook_body_max\" "
                           "directive: expected from 1k to 4m", &value[1]);
        return NGX_CONF_ERROR;
    }

    wlcf->hook_body_max = size;

    return NGX_CONF_OK;
}
