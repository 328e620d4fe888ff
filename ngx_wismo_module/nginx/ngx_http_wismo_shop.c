
/*
 * Copyright (C) The Wismo authors
 *
 * Hooks of shops: "wismo_hook NAME" where NAME is no carrier's.  How a shop
 * signs, and which of its headers the fetcher wants to see, stands in its
 * file (share/shops/, docs/shops.md); what its webhooks mean is the fetcher's
 * business.
 *
 * Called by ngx_http_wismo_hook.c.  What must never happen here: a look into
 * a body, but for the one that a platform sends without a signature to see
 * whether anybody answers.
 */


#include "ngx_http_wismo_inbox.h"

#include <jansson.h>


#define NGX_HTTP_WISMO_SHOP_NAME     32
#define NGX_HTTP_WISMO_SHOP_PREFIX   16
#define NGX_HTTP_WISMO_SHOP_PING     64
#define NGX_HTTP_WISMO_SHOP_HEADER   256


static ngx_uint_t ngx_http_wismo_shop_word(ngx_str_t *word, size_t max);
static ngx_int_t ngx_http_wismo_shop_path(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf, ngx_http_wismo_shop_t *shop);
static ngx_int_t ngx_http_wismo_shop_text(ngx_conf_t *cf, json_t *object,
    const char *name, ngx_str_t *text);
static ngx_int_t ngx_http_wismo_shop_add(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf, ngx_http_wismo_shop_t *shop);


char *
ngx_http_wismo_shop_parse(ngx_conf_t *cf, ngx_http_wismo_loc_conf_t *wlcf)
{
    ngx_str_t              *value, *to;
    ngx_uint_t              i, n;
    ngx_http_wismo_shop_t  *shop;

    static struct {
        ngx_str_t  name;
        size_t     to;
    } params[] = {
        { ngx_string("shop="), offsetof(ngx_http_wismo_shop_t, adapter) },
        { ngx_string("brand="), offsetof(ngx_http_wismo_shop_t, brand) },
        { ngx_string("prefix="), offsetof(ngx_http_wismo_shop_t, prefix) },
        { ngx_string("keep="), offsetof(ngx_http_wismo_shop_t, keep) },
        { ngx_string("channel="), offsetof(ngx_http_wismo_shop_t, channel) },
        { ngx_string("url="), offsetof(ngx_http_wismo_shop_t, url) },
        { ngx_null_string, 0 }
    };

    shop = ngx_pcalloc(cf->pool, sizeof(ngx_http_wismo_shop_t));
    if (shop == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;
    shop->name = value[1];

    for (i = 2; i < cf->args->nelts; i++) {

        for (n = 0; params[n].name.len; n++) {

            if (value[i].len > params[n].name.len
                && ngx_strncmp(value[i].data, params[n].name.data,
                               params[n].name.len)
                   == 0)
            {
                break;
            }
        }

        if (params[n].name.len == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" of \"wismo_hook "
                               "%V\": expected shop=, brand=, prefix=, "
                               "keep=, channel= or url= with a value",
                               &value[i], &value[1]);
            return NGX_CONF_ERROR;
        }

        to = (ngx_str_t *) ((u_char *) shop + params[n].to);
        to->data = value[i].data + params[n].name.len;
        to->len = value[i].len - params[n].name.len;
    }

    if (!ngx_http_wismo_shop_word(&shop->brand, 64)
        || !ngx_http_wismo_shop_word(&shop->prefix,
                                     NGX_HTTP_WISMO_SHOP_PREFIX))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid brand or prefix of \"wismo_hook %V\": "
                           "expected A-Z a-z 0-9 . _ -, at most 64 and %d of "
                           "them", &value[1], NGX_HTTP_WISMO_SHOP_PREFIX);
        return NGX_CONF_ERROR;
    }

    if (shop->keep.len
        && !(shop->keep.len == 2 && ngx_strncmp(shop->keep.data, "on", 2) == 0)
        && !(shop->keep.len == 3 && ngx_strncmp(shop->keep.data, "off", 3)
                                    == 0))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid keep=%V of \"wismo_hook %V\": expected "
                           "keep=on or keep=off", &shop->keep, &value[1]);
        return NGX_CONF_ERROR;
    }

    if (shop->channel.len
        ? shop->adapter.len || shop->brand.len || shop->prefix.len
          || shop->keep.len
        : shop->url.len)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameters of \"wismo_hook %V\": expected "
                           "channel= with nothing but url=, or those of a "
                           "shop", &value[1]);
        return NGX_CONF_ERROR;
    }

    shop->said = (cf->args->nelts > 2);
    wlcf->hook_shop = shop;

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_http_wismo_shop_word(ngx_str_t *word, size_t max)
{
    u_char  ch;
    size_t  i;

    if (word->len > max || (word->len && word->data[0] == '.')) {
        return 0;
    }

    for (i = 0; i < word->len; i++) {
        ch = word->data[i];

        if (!(ch >= '0' && ch <= '9') && !(ch >= 'A' && ch <= 'Z')
            && !(ch >= 'a' && ch <= 'z') && ch != '.' && ch != '_'
            && ch != '-')
        {
            return 0;
        }
    }

    return 1;
}


/* NGX_DECLINED: there is no shop of this name, and none was spoken of. */

ngx_int_t
ngx_http_wismo_shop_load(ngx_conf_t *cf, ngx_http_wismo_main_conf_t *wmcf,
    ngx_http_wismo_shop_t *shop)
{
    ngx_file_info_t  fi;

    if (ngx_http_wismo_shop_path(cf, wmcf, shop) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_file_info(shop->path.data, &fi) == NGX_FILE_ERROR
        || !ngx_is_file(&fi))
    {
        if (!shop->said) {
            return NGX_DECLINED;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "there is no \"%V\" for \"wismo_hook %V\": "
                           "expected %s, or the path of a file",
                           &shop->path, &shop->name,
                           shop->channel.len
                           ? "channel=twilio, channel=vonage, channel=bird, "
                             "channel=postmark, channel=sendgrid, "
                             "channel=resend, channel=standard"
                           : "shop=shopify, shop=woocommerce, shop=standard");
        return NGX_ERROR;
    }

    if (shop->channel.len) {
        return ngx_http_wismo_message_file(cf, wmcf, shop);
    }

    if (!ngx_http_wismo_shop_word(&shop->name, NGX_HTTP_WISMO_SHOP_NAME)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid name \"%V\" in \"wismo_hook\" directive: "
                           "expected at most %d of A-Z a-z 0-9 . _ -",
                           &shop->name, NGX_HTTP_WISMO_SHOP_NAME);
        return NGX_ERROR;
    }

    return ngx_http_wismo_shop_add(cf, wmcf, shop);
}


static ngx_int_t
ngx_http_wismo_shop_path(ngx_conf_t *cf, ngx_http_wismo_main_conf_t *wmcf,
    ngx_http_wismo_shop_t *shop)
{
    u_char      *p;
    size_t       len;
    const char  *dir;

    dir = "shops";

    if (shop->channel.len) {
        dir = "channels";
        shop->adapter = shop->channel;

    } else if (shop->adapter.len == 0) {
        shop->adapter = shop->name;
    }

    if (ngx_strlchr(shop->adapter.data,
                    shop->adapter.data + shop->adapter.len, '/')
        || ngx_strlchr(shop->adapter.data,
                       shop->adapter.data + shop->adapter.len, '.'))
    {
        if (ngx_conf_full_name(cf->cycle, &shop->adapter, 1) != NGX_OK) {
            return NGX_ERROR;
        }

        shop->path = shop->adapter;

        if (shop->channel.len) {
            shop->channel = shop->adapter;
        }

        return NGX_OK;
    }

    len = wmcf->share.len + sizeof("/channels/.json") + shop->adapter.len;

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    shop->path.data = p;
    shop->path.len = ngx_sprintf(p, "%V/%s/%V.json%Z", &wmcf->share, dir,
                                 &shop->adapter)
                     - p - 1;

    return NGX_OK;
}


/* Two locations may take the webhooks of one shop, but not of two. */

static ngx_int_t
ngx_http_wismo_shop_add(ngx_conf_t *cf, ngx_http_wismo_main_conf_t *wmcf,
    ngx_http_wismo_shop_t *shop)
{
    ngx_uint_t               i;
    ngx_http_wismo_shop_t  **known;

    if (wmcf->shops.elts == NULL
        && ngx_array_init(&wmcf->shops, cf->pool, 4,
                          sizeof(ngx_http_wismo_shop_t *))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    known = wmcf->shops.elts;

    for (i = 0; i < wmcf->shops.nelts; i++) {

        if (known[i]->name.len != shop->name.len
            || ngx_strncmp(known[i]->name.data, shop->name.data,
                           shop->name.len)
               != 0)
        {
            continue;
        }

        if (known[i]->path.len == shop->path.len
            && ngx_memcmp(known[i]->path.data, shop->path.data,
                          shop->path.len)
               == 0
            && known[i]->brand.len == shop->brand.len
            && ngx_strncmp(known[i]->brand.data, shop->brand.data,
                           shop->brand.len)
               == 0
            && known[i]->prefix.len == shop->prefix.len
            && ngx_strncmp(known[i]->prefix.data, shop->prefix.data,
                           shop->prefix.len)
               == 0
            && known[i]->keep.len == shop->keep.len)
        {
            return NGX_OK;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"wismo_hook %V\" has other parameters elsewhere: "
                           "expected another name for another shop, as in "
                           "\"wismo_hook outlet shop=shopify\"", &shop->name);
        return NGX_ERROR;
    }

    known = ngx_array_push(&wmcf->shops);
    if (known == NULL) {
        return NGX_ERROR;
    }

    *known = shop;

    return NGX_OK;
}


/* What of the file is the module's: the headers to hand on, and the ping. */

ngx_int_t
ngx_http_wismo_shop_read(ngx_conf_t *cf, ngx_http_wismo_shop_t *shop,
    json_t *file)
{
    if (ngx_http_wismo_shop_text(cf, json_object_get(file, "topic"),
                                 "header", &shop->headers[0])
        != NGX_OK
        || ngx_http_wismo_shop_text(cf, json_object_get(file, "sent_at"),
                                    "header", &shop->headers[1])
           != NGX_OK
        || ngx_http_wismo_shop_text(cf, file, "ping", &shop->ping) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wismo_shop_text(ngx_conf_t *cf, json_t *object, const char *name,
    ngx_str_t *text)
{
    json_t  *value;

    value = json_object_get(object, name);

    if (!json_is_string(value)) {
        ngx_str_null(text);
        return NGX_OK;
    }

    text->len = json_string_length(value);

    text->data = ngx_pnalloc(cf->pool, text->len + 1);
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(text->data, json_string_value(value), text->len + 1);

    return NGX_OK;
}


/* The platform's word and a number: it is answered, and that is all. */

ngx_uint_t
ngx_http_wismo_shop_is_ping(ngx_http_wismo_shop_t *shop, ngx_str_t *body)
{
    size_t  i;

    if (shop->ping.len == 0 || body->len <= shop->ping.len
        || body->len > shop->ping.len + NGX_HTTP_WISMO_SHOP_PING
        || ngx_memcmp(body->data, shop->ping.data, shop->ping.len) != 0)
    {
        return 0;
    }

    for (i = shop->ping.len; i < body->len; i++) {

        if (body->data[i] < '0' || body->data[i] > '9') {
            return 0;
        }
    }

    return 1;
}


ngx_int_t
ngx_http_wismo_shop_headers(ngx_http_request_t *r,
    ngx_http_wismo_shop_t *shop, ngx_str_t *lines)
{
    u_char       *p;
    size_t        len;
    ngx_uint_t    i;
    wismo_str_t   value[NGX_HTTP_WISMO_SHOP_HEADERS];

    len = 0;

    for (i = 0; i < NGX_HTTP_WISMO_SHOP_HEADERS; i++) {

        value[i].len = 0;

        if (shop->headers[i].len
            && ngx_http_wismo_hook_header(r, (char *) shop->headers[i].data,
                                          &value[i]))
        {
            value[i].len = ngx_min(value[i].len, NGX_HTTP_WISMO_SHOP_HEADER);
            len += shop->headers[i].len + 2 + value[i].len + 1;
        }
    }

    ngx_str_null(lines);

    if (len == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    lines->data = p;

    for (i = 0; i < NGX_HTTP_WISMO_SHOP_HEADERS; i++) {

        if (value[i].len) {
            p = ngx_cpymem(p, shop->headers[i].data, shop->headers[i].len);
            *p++ = ':';
            *p++ = ' ';
            p = ngx_cpymem(p, value[i].data, value[i].len);
            *p++ = '\n';
        }
    }

    lines->len = p - lines->data;

    return NGX_OK;
}
