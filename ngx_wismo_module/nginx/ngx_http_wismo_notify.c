
/*
 * Copyright (C) The Wismo authors
 *
 * The block wismo_notify NAME { ... }: a channel by which the fetcher tells of
 * what happens to orders.  What an entry may be is a table; whether its value
 * makes sense beyond its form is checked by the fetcher, which alone uses it.
 * Secrets are files: they are looked at and not kept.
 */


#include "ngx_http_wismo_module.h"
#include "wismo_channel.h"


#define NGX_HTTP_WISMO_NOTIFY_NAME     32
#define NGX_HTTP_WISMO_NOTIFY_MAX      16
#define NGX_HTTP_WISMO_NOTIFY_SECRET   16384
#define NGX_HTTP_WISMO_NOTIFY_ZONES    "/usr/share/zoneinfo/"
#define NGX_HTTP_WISMO_NOTIFY_PATH_MAX 128

#define NGX_HTTP_WISMO_NOTIFY_WEBHOOK  0x01
#define NGX_HTTP_WISMO_NOTIFY_MAIL     0x02
#define NGX_HTTP_WISMO_NOTIFY_SMS      0x04
#define NGX_HTTP_WISMO_NOTIFY_HTTP     0x08
#define NGX_HTTP_WISMO_NOTIFY_SINK                                            \
    (NGX_HTTP_WISMO_NOTIFY_SMS|NGX_HTTP_WISMO_NOTIFY_HTTP)
#define NGX_HTTP_WISMO_NOTIFY_ANY      0xff

#define NGX_HTTP_WISMO_NOTIFY_MANY     0x01    /* several values */
#define NGX_HTTP_WISMO_NOTIFY_FILE     0x02    /* a secret's file */
#define NGX_HTTP_WISMO_NOTIFY_PATH     0x04    /* another file */


typedef struct {
    ngx_str_t      name;
    ngx_uint_t     bit;
} ngx_http_wismo_notify_type_t;


typedef struct {
    ngx_str_t      name;
    ngx_uint_t     types;
    ngx_uint_t     needed;                       /* by these of them */
    ngx_uint_t     flags;
    const char    *example;
} ngx_http_wismo_notify_entry_t;


static char *ngx_http_wismo_notify_entry(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);
static char *ngx_http_wismo_notify_type(ngx_conf_t *cf,
    ngx_http_wismo_channel_t *channel, ngx_str_t *value);
static ngx_int_t ngx_http_wismo_notify_join(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n, ngx_str_t *text);
static char *ngx_http_wismo_notify_rule(ngx_conf_t *cf,
    ngx_http_wismo_channel_t *channel, ngx_str_t *name, ngx_str_t *value);
static char *ngx_http_wismo_notify_check(ngx_conf_t *cf,
    ngx_http_wismo_channel_t *channel);
static ngx_keyval_t *ngx_http_wismo_notify_find(ngx_array_t *list,
    ngx_str_t *name);
static ngx_http_wismo_notify_entry_t *ngx_http_wismo_notify_known(
    ngx_str_t *name);


static ngx_http_wismo_notify_type_t  ngx_http_wismo_notify_types[] = {
    { ngx_string("webhook"), NGX_HTTP_WISMO_NOTIFY_WEBHOOK },
    { ngx_string("mail"), NGX_HTTP_WISMO_NOTIFY_MAIL },
    { ngx_string("sms"), NGX_HTTP_WISMO_NOTIFY_SMS },
    { ngx_string("http"), NGX_HTTP_WISMO_NOTIFY_HTTP },
    { ngx_null_string, 0 }
};


static ngx_http_wismo_notify_entry_t  ngx_http_wismo_notify_entries[] = {

    { ngx_string("events"), NGX_HTTP_WISMO_NOTIFY_ANY, 0,
      NGX_HTTP_WISMO_NOTIFY_MANY,
      "events out_for_delivery delivered" },

    { ngx_string("brand"), NGX_HTTP_WISMO_NOTIFY_ANY, 0,
      NGX_HTTP_WISMO_NOTIFY_MANY,
      "brand northwind" },

    { ngx_string("gap"), NGX_HTTP_WISMO_NOTIFY_ANY, 0, 0,
      "gap 2h" },

    { ngx_string("daily"), NGX_HTTP_WISMO_NOTIFY_ANY, 0, 0,
      "daily 4" },

    { ngx_string("quiet"), NGX_HTTP_WISMO_NOTIFY_ANY, 0, 0,
      "quiet 20:00-09:00" },

    { ngx_string("brake"), NGX_HTTP_WISMO_NOTIFY_ANY, 0, 0,
      "brake 2000" },

    { ngx_string("zone"), NGX_HTTP_WISMO_NOTIFY_ANY, 0, 0,
      "zone Europe/Berlin" },

    { ngx_string("url"), NGX_HTTP_WISMO_NOTIFY_WEBHOOK,
      NGX_HTTP_WISMO_NOTIFY_WEBHOOK, 0,
      "url https://shop.example/hooks/wismo" },

    { ngx_string("secret_file"), NGX_HTTP_WISMO_NOTIFY_ANY,
      NGX_HTTP_WISMO_NOTIFY_WEBHOOK, NGX_HTTP_WISMO_NOTIFY_FILE,
      "secret_file /etc/wismo/shop.hook" },

    { ngx_string("private"), NGX_HTTP_WISMO_NOTIFY_ANY, 0, 0,
      "private on" },

    { ngx_string("smtp"), NGX_HTTP_WISMO_NOTIFY_MAIL,
      NGX_HTTP_WISMO_NOTIFY_MAIL, 0,
      "smtp smtp://mail.shop.example:587" },

    { ngx_string("tls"), NGX_HTTP_WISMO_NOTIFY_MAIL, 0, 0,
      "tls starttls" },

    { ngx_string("ca_file"), NGX_HTTP_WISMO_NOTIFY_MAIL, 0,
      NGX_HTTP_WISMO_NOTIFY_PATH,
      "ca_file /etc/wismo/relay-ca.pem" },

    { ngx_string("user"), NGX_HTTP_WISMO_NOTIFY_MAIL, 0, 0,
      "user wismo" },

    { ngx_string("from"), NGX_HTTP_WISMO_NOTIFY_MAIL,
      NGX_HTTP_WISMO_NOTIFY_MAIL, 0,
      "from \"Northwind <orders@shop.example>\"" },

    { ngx_string("reply_to"), NGX_HTTP_WISMO_NOTIFY_MAIL, 0, 0,
      "reply_to help@shop.example" },

    { ngx_string("bounces"), NGX_HTTP_WISMO_NOTIFY_MAIL, 0, 0,
      "bounces bounces@shop.example" },

    { ngx_string("site"),
      NGX_HTTP_WISMO_NOTIFY_MAIL|NGX_HTTP_WISMO_NOTIFY_SINK,
      NGX_HTTP_WISMO_NOTIFY_MAIL|NGX_HTTP_WISMO_NOTIFY_SINK, 0,
      "site https://shop.example" },

    { ngx_string("timeout"), NGX_HTTP_WISMO_NOTIFY_MAIL, 0, 0,
      "timeout 60s" },

    { ngx_string("links"), NGX_HTTP_WISMO_NOTIFY_MAIL, 0,
      NGX_HTTP_WISMO_NOTIFY_MANY,
      "links gap=15m daily=3" },

    { ngx_string("preset"), NGX_HTTP_WISMO_NOTIFY_SINK,
      NGX_HTTP_WISMO_NOTIFY_SINK, 0,
      "preset twilio" },

    { ngx_string("account"), NGX_HTTP_WISMO_NOTIFY_SINK, 0, 0,
      "account AC0123456789" },

    { ngx_string("sender"), NGX_HTTP_WISMO_NOTIFY_SINK, 0, 0,
      "sender Northwind" },

    { ngx_string("base_url"), NGX_HTTP_WISMO_NOTIFY_SINK, 0, 0,
      "base_url https://gateway.shop.example" },

    { ngx_string("callback"), NGX_HTTP_WISMO_NOTIFY_SINK, 0, 0,
      "callback https://shop.example/wismo/hooks/sms" },

    { ngx_null_string, 0, 0, 0, NULL }
};


char *
ngx_http_wismo_notify_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_wismo_main_conf_t *wmcf = conf;

    char                      *rv;
    size_t                     i;
    ngx_str_t                 *value;
    ngx_uint_t                 n;
    ngx_http_wismo_channel_t  *channel;

    value = cf->args->elts;

    for (i = 0; i < value[1].len; i++) {
        if ((value[1].data[i] < 'a' || value[1].data[i] > 'z')
            && (value[1].data[i] < '0' || value[1].data[i] > '9')
            && (i == 0 || value[1].data[i] != '-'))
        {
            break;
        }
    }

    if (i < value[1].len || i == 0 || i > NGX_HTTP_WISMO_NOTIFY_NAME) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid name \"%V\" in \"wismo_notify\" "
                           "directive: expected at most %d of a-z, 0-9 and "
                           "\"-\", as in \"wismo_notify shop {\"",
                           &value[1], NGX_HTTP_WISMO_NOTIFY_NAME);
        return NGX_CONF_ERROR;
    }

    if (wmcf->channels.elts == NULL
        && ngx_array_init(&wmcf->channels, cf->pool, 4,
                          sizeof(ngx_http_wismo_channel_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    channel = wmcf->channels.elts;

    for (n = 0; n < wmcf->channels.nelts; n++) {
        if (channel[n].name.len == value[1].len
            && ngx_strcmp(channel[n].name.data, value[1].data) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate \"wismo_notify %V\", it is also in "
                               "%V:%ui: expected another name",
                               &value[1], &channel[n].file, channel[n].line);
            return NGX_CONF_ERROR;
        }
    }

    if (n == NGX_HTTP_WISMO_NOTIFY_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "too many \"wismo_notify\": expected at most %d",
                           NGX_HTTP_WISMO_NOTIFY_MAX);
        return NGX_CONF_ERROR;
    }

    channel = ngx_array_push(&wmcf->channels);
    if (channel == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(channel, sizeof(ngx_http_wismo_channel_t));

    channel->name = value[1];
    channel->file = cf->conf_file->file.name;
    channel->line = cf->conf_file->line;

    rv = ngx_http_wismo_block(cf, ngx_http_wismo_notify_entry, channel,
                              &channel->values, &channel->secret_files);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return ngx_http_wismo_notify_check(cf, channel);
}


static char *
ngx_http_wismo_notify_entry(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    ngx_http_wismo_channel_t *channel = conf;

    ngx_str_t                      *value, text;
    ngx_array_t                    *list;
    ngx_keyval_t                   *kv;
    ngx_http_wismo_notify_entry_t  *e;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[0].data, "include") == 0) {
        return ngx_conf_include(cf, dummy, conf);
    }

    if (cf->args->nelts == 2 && ngx_strcmp(value[0].data, "type") == 0) {
        return ngx_http_wismo_notify_type(cf, channel, &value[1]);
    }

    e = ngx_http_wismo_notify_known(&value[0]);

    if (e == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown \"%V\" in \"wismo_notify %V\": expected "
                           "\"type\" and what its type needs, see "
                           "docs/notices.md", &value[0], &channel->name);
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts < 2
        || (cf->args->nelts > 2 && !(e->flags & NGX_HTTP_WISMO_NOTIFY_MANY)))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of values of \"%V\" in "
                           "\"wismo_notify %V\": expected it as in \"%s;\"",
                           &value[0], &channel->name, e->example);
        return NGX_CONF_ERROR;
    }

    list = (e->flags & NGX_HTTP_WISMO_NOTIFY_FILE) ? &channel->secret_files
                                                   : &channel->values;

    if (ngx_http_wismo_notify_find(list, &value[0])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate \"%V\" in \"wismo_notify %V\": "
                           "expected it once", &value[0], &channel->name);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_wismo_notify_join(cf, &value[1], cf->args->nelts - 1, &text)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (text.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "empty value of \"%V\" in \"wismo_notify %V\": "
                           "expected it as in \"%s;\"",
                           &value[0], &channel->name, e->example);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_wismo_notify_rule(cf, channel, &value[0], &text)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    kv = ngx_array_push(list);
    if (kv == NULL) {
        return NGX_CONF_ERROR;
    }

    kv->key = value[0];
    kv->value = text;

    if (e->flags & NGX_HTTP_WISMO_NOTIFY_PATH) {
        return (ngx_conf_full_name(cf->cycle, &kv->value, 1) == NGX_OK)
               ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    if (!(e->flags & NGX_HTTP_WISMO_NOTIFY_FILE)) {
        return NGX_CONF_OK;
    }

    if (ngx_conf_full_name(cf->cycle, &kv->value, 1) != NGX_OK
        || ngx_http_wismo_read_file(cf, &kv->value,
                                    NGX_HTTP_WISMO_NOTIFY_SECRET, 1,
                                    "wismo_notify", &text)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_explicit_memzero(text.data, text.len);

    return NGX_CONF_OK;
}


static char *
ngx_http_wismo_notify_type(ngx_conf_t *cf, ngx_http_wismo_channel_t *channel,
    ngx_str_t *value)
{
    u_char                        *p, known[128];
    ngx_http_wismo_notify_type_t  *type;

    if (channel->type.len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate \"type\" in \"wismo_notify %V\": "
                           "expected it once", &channel->name);
        return NGX_CONF_ERROR;
    }

    p = known;

    for (type = ngx_http_wismo_notify_types; type->name.len; type++) {

        if (type->name.len == value->len
            && ngx_strcmp(type->name.data, value->data) == 0)
        {
            channel->type = *value;
            channel->types = type->bit;

            return NGX_CONF_OK;
        }

        p = ngx_snprintf(p, known + sizeof(known) - p, "%s\"%V\"",
                         p == known ? "" : ", ", &type->name);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown \"type %V\" in \"wismo_notify %V\": expected "
                       "one of %*s", value, &channel->name,
                       (size_t) (p - known), known);

    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_wismo_notify_join(ngx_conf_t *cf, ngx_str_t *value, ngx_uint_t n,
    ngx_str_t *text)
{
    u_char      *p;
    size_t       len;
    ngx_uint_t   i;

    *text = value[0];

    if (n == 1) {
        return NGX_OK;
    }

    len = 0;

    /* a space or, at last, a zero after each */

    for (i = 0; i < n; i++) {
        len += value[i].len + 1;
    }

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;

    for (i = 0; i < n; i++) {
        p = ngx_sprintf(p, "%s%V", i ? " " : "", &value[i]);
    }

    text->len = p - text->data;
    *p = '\0';

    return NGX_OK;
}


/* What the fetcher would refuse to begin with; the zone is its own matter
 * but for a name that there is not. */

static char *
ngx_http_wismo_notify_rule(ngx_conf_t *cf, ngx_http_wismo_channel_t *channel,
    ngx_str_t *name, ngx_str_t *value)
{
    u_char                  path[NGX_HTTP_WISMO_NOTIFY_PATH_MAX];
    wismo_error_t           err;
    ngx_file_info_t         fi;
    wismo_channel_rules_t   rules;

    if (wismo_channel_rule(&rules, (char *) name->data, (char *) value->data,
                           &err)
        != WISMO_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "in \"wismo_notify %V\": %s", &channel->name,
                           err.text);
        return NGX_CONF_ERROR;
    }

    if (ngx_strcmp(name->data, "zone") != 0
        || ngx_strcmp(value->data, "UTC") == 0)
    {
        return NGX_CONF_OK;
    }

    (void) ngx_snprintf(path, sizeof(path), NGX_HTTP_WISMO_NOTIFY_ZONES
                        "%V%Z", value);

    if (value->len + sizeof(NGX_HTTP_WISMO_NOTIFY_ZONES) > sizeof(path)
        || value->data[0] == '/'
        || ngx_strstr(value->data, "..")
        || ngx_file_info(path, &fi) == NGX_FILE_ERROR || !ngx_is_file(&fi))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "in \"wismo_notify %V\": \"zone %V\": expected the "
                           "name of a time zone such as Europe/Berlin",
                           &channel->name, value);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* Each entry belongs to the type, and what that needs is there. */

static char *
ngx_http_wismo_notify_check(ngx_conf_t *cf, ngx_http_wismo_channel_t *channel)
{
    ngx_keyval_t                   *kv;
    ngx_http_wismo_notify_entry_t  *e;

    if (channel->type.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no \"type\" in \"wismo_notify %V\": expected "
                           "one, as in \"type webhook;\"", &channel->name);
        return NGX_CONF_ERROR;
    }

    for (e = ngx_http_wismo_notify_entries; e->name.len; e++) {

        kv = ngx_http_wismo_notify_find((e->flags & NGX_HTTP_WISMO_NOTIFY_FILE)
                                        ? &channel->secret_files
                                        : &channel->values,
                                        &e->name);

        if (kv && !(e->types & channel->types)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" in \"wismo_notify %V\" has no meaning "
                               "for \"type %V\"", &e->name, &channel->name,
                               &channel->type);
            return NGX_CONF_ERROR;
        }

        if (kv == NULL && (e->needed & channel->types)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "no \"%V\" in \"wismo_notify %V\": expected "
                               "it, as in \"%s;\"", &e->name, &channel->name,
                               e->example);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_keyval_t *
ngx_http_wismo_notify_find(ngx_array_t *list, ngx_str_t *name)
{
    ngx_uint_t     i;
    ngx_keyval_t  *kv;

    kv = list->elts;

    for (i = 0; i < list->nelts; i++) {
        if (kv[i].key.len == name->len
            && ngx_strncmp(kv[i].key.data, name->data, name->len) == 0)
        {
            return &kv[i];
        }
    }

    return NULL;
}


static ngx_http_wismo_notify_entry_t *
ngx_http_wismo_notify_known(ngx_str_t *name)
{
    ngx_http_wismo_notify_entry_t  *e;

    for (e = ngx_http_wismo_notify_entries; e->name.len; e++) {
        if (e->name.len == name->len
            && ngx_strncmp(e->name.data, name->data, name->len) == 0)
        {
            return e;
        }
    }

    return NULL;
}


ngx_int_t
ngx_http_wismo_notify_init(ngx_conf_t *cf, ngx_http_wismo_main_conf_t *wmcf)
{
    ngx_uint_t                 i, n;
    ngx_keyval_t              *kv;
    ngx_http_wismo_channel_t  *channel;

    if (!wmcf->fetcher.enable) {
        return NGX_OK;
    }

    channel = wmcf->channels.elts;

    for (i = 0; i < wmcf->channels.nelts; i++) {
        kv = channel[i].secret_files.elts;

        for (n = 0; n < channel[i].secret_files.nelts; n++) {
            if (ngx_http_wismo_check_readable(cf, &kv[n].value,
                                              "wismo_notify",
                                              &channel[i].file,
                                              channel[i].line)
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


/* Somebody would send the link to an order of that brand to who asks for it;
 * NULL: of any brand. */

ngx_uint_t
ngx_http_wismo_notify_links(ngx_http_wismo_main_conf_t *wmcf,
    const wismo_str_t *brand)
{
    size_t                     len;
    u_char                    *p;
    ngx_uint_t                 i;
    ngx_keyval_t              *kv;
    ngx_http_wismo_channel_t  *channel;

    static ngx_str_t  links = ngx_string("links");
    static ngx_str_t  brands = ngx_string("brand");

    channel = wmcf->channels.elts;

    for (i = 0; i < wmcf->channels.nelts; i++) {

        if (!(channel[i].types & NGX_HTTP_WISMO_NOTIFY_MAIL)) {
            continue;
        }

        kv = ngx_http_wismo_notify_find(&channel[i].values, &links);

        if (kv && ngx_strcmp(kv->value.data, "off") == 0) {
            continue;
        }

        kv = ngx_http_wismo_notify_find(&channel[i].values, &brands);

        if (kv == NULL || brand == NULL) {
            return 1;
        }

        for (p = kv->value.data; *p; p += len + (p[len] == ' ')) {
            for (len = 0; p[len] && p[len] != ' '; len++) { /* void */ }

            if (len == brand->len && ngx_memcmp(p, brand->data, len) == 0) {
                return 1;
            }
        }
    }

    return 0;
}
