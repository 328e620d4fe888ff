
/*
 * Copyright (C) The Wismo authors
 *
 * Text messages that people send, and reports on what became of ours:
 * "wismo_hook NAME channel=twilio".  How the service signs them, and what it
 * wants to be answered, stands in its file of share/channels/; what a message
 * means is the fetcher's business.  Called by ngx_http_wismo_hook.c.
 *
 * What must never happen here: a look into a message.
 */


#include "ngx_http_wismo_inbox.h"
#include "ngx_http_wismo_reply.h"
#include "wismo_inbound.h"

#include <jansson.h>


#define NGX_HTTP_WISMO_MESSAGE_QUERY  2048


static ngx_int_t ngx_http_wismo_message_query(ngx_http_request_t *r,
    ngx_str_t *headers);
static ngx_int_t ngx_http_wismo_message_posted(ngx_http_request_t *r,
    ngx_http_wismo_letter_t *letter, ngx_int_t rc);


/* All of one service in one inbox: STOP and START keep their order. */

ngx_int_t
ngx_http_wismo_message_post(ngx_http_request_t *r,
    ngx_http_wismo_shop_t *hook, ngx_http_wismo_letter_t *letter,
    ngx_str_t *body)
{
    ngx_str_set(&letter->kind, "message");
    letter->carrier = hook->channel;
    letter->body = (r->method == NGX_HTTP_GET) ? r->args : *body;

    if (r->method == NGX_HTTP_POST
        && ngx_http_wismo_message_query(r, &letter->headers) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    letter->inbox = ngx_crc32_long(hook->channel.data, hook->channel.len)
                    % WISMO_INBOXES;
    letter->answer = ngx_http_wismo_message_posted;

    return ngx_http_wismo_inbox_post(r, letter);
}


/* Beside the body: what our own address had in it when it was handed out. */

static ngx_int_t
ngx_http_wismo_message_query(ngx_http_request_t *r, ngx_str_t *headers)
{
    u_char  *p;
    size_t   len;

    if (r->args.len == 0 || r->args.len > NGX_HTTP_WISMO_MESSAGE_QUERY) {
        return NGX_OK;
    }

    len = sizeof("query: ") - 1 + r->args.len + 1;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    headers->data = p;
    headers->len = len;

    ngx_sprintf(p, "query: %V\n", &r->args);

    return NGX_OK;
}


static ngx_int_t
ngx_http_wismo_message_posted(ngx_http_request_t *r,
    ngx_http_wismo_letter_t *letter, ngx_int_t rc)
{
    ngx_http_wismo_response_t   rs;
    ngx_http_wismo_loc_conf_t  *wlcf;

    if (rc != NGX_OK) {
        return ngx_http_wismo_reply_problem(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                            "The message can't be taken now.",
                                            NULL, 0,
                                            NGX_HTTP_WISMO_RETRY_AFTER);
    }

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    ngx_http_wismo_response_init(&rs, NGX_HTTP_OK,
                                 wlcf->hook_shop->xml ? NGX_HTTP_WISMO_XML
                                                      : NGX_HTTP_WISMO_JSON);
    rs.body = wlcf->hook_shop->answer;

    return ngx_http_wismo_reply(r, &rs);
}


/* The address as the sender has it, who may not know it by what a proxy in
 * front makes of it.  What we have had added to it, to know a report by, is
 * part of it. */

bool
ngx_http_wismo_message_url(ngx_http_request_t *r, wismo_str_t *value)
{
    u_char                     *p;
    ngx_str_t                  *url, host, scheme;
    ngx_uint_t                  query;
    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);
    url = &wlcf->hook_shop->url;

    if (url->len) {
        query = r->args.len
                && ngx_strlchr(url->data, url->data + url->len, '?') == NULL;

        p = url->data;

        if (query) {
            p = ngx_pnalloc(r->pool, url->len + 1 + r->args.len);
            if (p == NULL) {
                return false;
            }

            ngx_sprintf(p, "%V?%V", url, &r->args);
        }

        value->data = p;
        value->len = url->len + (query ? 1 + r->args.len : 0);

        return true;
    }

    if (r->headers_in.host == NULL) {
        return false;
    }

    host = r->headers_in.host->value;

#if (NGX_HTTP_SSL)
    if (r->connection->ssl) {
        ngx_str_set(&scheme, "https://");

    } else
#endif
    {
        ngx_str_set(&scheme, "http://");
    }

    p = ngx_pnalloc(r->pool, scheme.len + host.len + r->unparsed_uri.len);
    if (p == NULL) {
        return false;
    }

    value->data = p;
    p = ngx_cpymem(p, scheme.data, scheme.len);
    p = ngx_cpymem(p, host.data, host.len);
    p = ngx_cpymem(p, r->unparsed_uri.data, r->unparsed_uri.len);
    value->len = p - value->data;

    return true;
}


/* The fetcher counts by its name what it takes; a file that is not one of ours
 * it may read. */

ngx_int_t
ngx_http_wismo_message_file(ngx_conf_t *cf, ngx_http_wismo_main_conf_t *wmcf,
    ngx_http_wismo_shop_t *hook)
{
    ngx_str_t               *file;
    ngx_http_wismo_shop_t  **known;

    if (wmcf->messages.elts == NULL
        && ngx_array_init(&wmcf->messages, cf->pool, 2,
                          sizeof(ngx_http_wismo_shop_t *))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    known = ngx_array_push(&wmcf->messages);
    if (known == NULL) {
        return NGX_ERROR;
    }

    *known = hook;

    if (hook->channel.data[0] != '/') {
        return NGX_OK;
    }

    if (wmcf->inbound.elts == NULL
        && ngx_array_init(&wmcf->inbound, cf->pool, 2, sizeof(ngx_str_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    file = ngx_array_push(&wmcf->inbound);
    if (file == NULL) {
        return NGX_ERROR;
    }

    *file = hook->channel;

    return NGX_OK;
}


/* What of the file is the module's: what to answer. */

ngx_int_t
ngx_http_wismo_message_read(ngx_conf_t *cf, ngx_http_wismo_shop_t *hook,
    json_t *file)
{
    json_t         *answer;
    const char     *xml, *json, *text;
    wismo_error_t   err;

    if (wismo_inbound_check(file, &err) != WISMO_OK) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "%V:%s: %s, used by \"wismo_hook %V\"",
                      &hook->path, err.at, err.text, &hook->name);
        return NGX_ERROR;
    }

    answer = json_object_get(json_object_get(file, "inbound"), "answer");

    xml = json_string_value(json_object_get(answer, "xml"));
    json = json_string_value(json_object_get(answer, "json"));
    text = xml ? xml : json;

    if (text == NULL || (xml && json)) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "%V:/inbound/answer: expected {\"xml\": text} or "
                      "{\"json\": text}, used by \"wismo_hook %V\"",
                      &hook->path, &hook->name);
        return NGX_ERROR;
    }

    hook->xml = (xml != NULL);
    hook->get = json_is_true(json_object_get(
                                 json_object_get(file, "inbound"), "get"));
    hook->answer.len = ngx_strlen(text);

    hook->answer.data = ngx_pnalloc(cf->pool, hook->answer.len + 1);
    if (hook->answer.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(hook->answer.data, text, hook->answer.len + 1);

    return NGX_OK;
}
