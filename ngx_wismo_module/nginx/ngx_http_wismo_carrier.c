
/*
 * Copyright (C) The Wismo authors
 *
 * The block wismo_carrier NAME { ... }: an account at a carrier.  Whether it
 * has what its adapter needs is seen in ngx_http_wismo_account.c; here is
 * checked what needs no adapter.  Secrets are files: they are looked at and
 * not kept.
 */


#include "ngx_http_wismo_module.h"


#define NGX_HTTP_WISMO_CARRIER_NAME    32
#define NGX_HTTP_WISMO_CARRIER_SECRET  16384


static char *ngx_http_wismo_carrier_entry(ngx_conf_t *cf,
    ngx_command_t *dummy, void *conf);
static char *ngx_http_wismo_carrier_base_url(ngx_conf_t *cf,
    ngx_http_wismo_carrier_t *carrier, ngx_str_t *url);
static char *ngx_http_wismo_carrier_secret(ngx_conf_t *cf,
    ngx_http_wismo_carrier_t *carrier, ngx_str_t *name, ngx_str_t *path);
static char *ngx_http_wismo_carrier_keyval(ngx_conf_t *cf,
    ngx_http_wismo_carrier_t *carrier, ngx_array_t *list, ngx_str_t *name,
    ngx_str_t *value);
static char *ngx_http_wismo_carrier_duplicate(ngx_conf_t *cf,
    ngx_http_wismo_carrier_t *carrier, ngx_str_t *name);
static ngx_uint_t ngx_http_wismo_carrier_name(ngx_str_t *name);
static void ngx_http_wismo_carrier_known(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf, ngx_str_t *known);
static int ngx_libc_cdecl ngx_http_wismo_carrier_cmp(const void *one,
    const void *two);


char *
ngx_http_wismo_carrier_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_wismo_main_conf_t *wmcf = conf;

    char                      *rv;
    ngx_str_t                 *value;
    ngx_http_wismo_carrier_t  *carrier;

    value = cf->args->elts;

    if (!ngx_http_wismo_carrier_name(&value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid name \"%V\" in \"wismo_carrier\" "
                           "directive: expected at most %d of a-z, 0-9, "
                           "\"-\" and \"_\", as in \"wismo_carrier ups {\"",
                           &value[1], NGX_HTTP_WISMO_CARRIER_NAME);
        return NGX_CONF_ERROR;
    }

    carrier = ngx_http_wismo_carrier_find(wmcf, &value[1]);

    if (carrier) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate \"wismo_carrier %V\", it is also in "
                           "%V:%ui: expected another name, two accounts of "
                           "one carrier share it by \"adapter\"",
                           &value[1], &carrier->file, carrier->line);
        return NGX_CONF_ERROR;
    }

    if (wmcf->carriers.elts == NULL
        && ngx_array_init(&wmcf->carriers, cf->pool, 4,
                          sizeof(ngx_http_wismo_carrier_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    carrier = ngx_array_push(&wmcf->carriers);
    if (carrier == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(carrier, sizeof(ngx_http_wismo_carrier_t));

    carrier->name = value[1];
    carrier->file = cf->conf_file->file.name;
    carrier->line = cf->conf_file->line;

    rv = ngx_http_wismo_block(cf, ngx_http_wismo_carrier_entry, carrier,
                              &carrier->values, &carrier->secret_files);

    if (rv == NGX_CONF_OK && carrier->adapter.len == 0) {
        carrier->adapter = carrier->name;
    }

    return rv;
}


static char *
ngx_http_wismo_carrier_entry(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    ngx_http_wismo_carrier_t *carrier = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (cf->args->nelts != 2) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of values of \"%V\" in "
                           "\"wismo_carrier %V\": expected one, as in "
                           "\"client_id abc;\"", &value[0], &carrier->name);
        return NGX_CONF_ERROR;
    }

    if (ngx_strcmp(value[0].data, "include") == 0) {
        return ngx_conf_include(cf, dummy, conf);
    }

    if (value[1].len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "empty value of \"%V\" in \"wismo_carrier %V\": "
                           "expected one, as in \"client_id abc;\"",
                           &value[0], &carrier->name);
        return NGX_CONF_ERROR;
    }

    if (!ngx_http_wismo_carrier_name(&value[0])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid name \"%V\" in \"wismo_carrier %V\": "
                           "expected a-z, 0-9 and \"_\", as in "
                           "\"client_id abc;\"", &value[0], &carrier->name);
        return NGX_CONF_ERROR;
    }

    if (ngx_strcmp(value[0].data, "adapter") == 0) {

        if (carrier->adapter.len) {
            return ngx_http_wismo_carrier_duplicate(cf, carrier, &value[0]);
        }

        carrier->adapter = value[1];

        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[0].data, "base_url") == 0) {

        if (carrier->base_url.len) {
            return ngx_http_wismo_carrier_duplicate(cf, carrier, &value[0]);
        }

        return ngx_http_wismo_carrier_base_url(cf, carrier, &value[1]);
    }

    if (value[0].len > sizeof("_file") - 1
        && ngx_strcmp(value[0].data + value[0].len - (sizeof("_file") - 1),
                      "_file")
           == 0)
    {
        return ngx_http_wismo_carrier_secret(cf, carrier, &value[0],
                                             &value[1]);
    }

    return ngx_http_wismo_carrier_keyval(cf, carrier, &carrier->values,
                                         &value[0], &value[1]);
}


static char *
ngx_http_wismo_carrier_base_url(ngx_conf_t *cf,
    ngx_http_wismo_carrier_t *carrier, ngx_str_t *url)
{
    u_char     *p, *last, *end;
    size_t      i;
    ngx_str_t   host;

    static ngx_str_t  loopback[] = {
        ngx_string("localhost"),
        ngx_string("[::1]"),
        ngx_null_string
    };

    p = url->data;
    last = p + url->len;

    while (p < last) {
        if (*p <= ' ' || *p >= 0x7f || *p == '?' || *p == '#' || *p == '@') {
            goto invalid;
        }

        p++;
    }

    p = url->data;

    if (url->len > 8 && ngx_strncmp(p, "https://", 8) == 0) {
        p += 8;

        if (*p == '/' || *p == ':') {
            goto invalid;
        }

    } else if (url->len > 7 && ngx_strncmp(p, "http://", 7) == 0) {
        p += 7;

        host.data = p;

        end = ngx_strlchr(p, last, '/');
        host.len = (end ? end : last) - p;

        end = ngx_strlchr(p, p + host.len, ']');
        end = ngx_strlchr(end ? end : p, p + host.len, ':');

        if (end) {
            host.len = end - p;
        }

        for (i = 0; loopback[i].len; i++) {
            if (host.len == loopback[i].len
                && ngx_strncasecmp(host.data, loopback[i].data, host.len) == 0)
            {
                break;
            }
        }

        if (loopback[i].len == 0
            && (host.len < sizeof("127.0.0.1") - 1
                || ngx_strncmp(host.data, "127.", 4) != 0
                || ngx_inet_addr(host.data, host.len) == INADDR_NONE))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"base_url %V\" of \"wismo_carrier %V\" "
                               "would send credentials in the clear: expected "
                               "https://, or http:// to this host alone, as "
                               "in http://127.0.0.1:8080",
                               url, &carrier->name);
            return NGX_CONF_ERROR;
        }

    } else {
        goto invalid;
    }

    carrier->base_url = *url;

    while (carrier->base_url.data[carrier->base_url.len - 1] == '/') {
        carrier->base_url.len--;
    }

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid \"base_url %V\" of \"wismo_carrier %V\": "
                       "expected https://host[:port][/path]",
                       url, &carrier->name);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_wismo_carrier_secret(ngx_conf_t *cf,
    ngx_http_wismo_carrier_t *carrier, ngx_str_t *name, ngx_str_t *path)
{
    ngx_str_t  text;

    if (ngx_conf_full_name(cf->cycle, path, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_wismo_read_file(cf, path, NGX_HTTP_WISMO_CARRIER_SECRET, 1,
                                 "wismo_carrier", &text)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_explicit_memzero(text.data, text.len);

    if (text.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "secret file \"%V\" of \"%V\" in "
                           "\"wismo_carrier %V\" is empty: expected what the "
                           "carrier has issued", path, name, &carrier->name);
        return NGX_CONF_ERROR;
    }

    return ngx_http_wismo_carrier_keyval(cf, carrier, &carrier->secret_files,
                                         name, path);
}


static char *
ngx_http_wismo_carrier_keyval(ngx_conf_t *cf,
    ngx_http_wismo_carrier_t *carrier, ngx_array_t *list, ngx_str_t *name,
    ngx_str_t *value)
{
    ngx_uint_t     i;
    ngx_keyval_t  *kv;

    kv = list->elts;

    for (i = 0; i < list->nelts; i++) {
        if (kv[i].key.len == name->len
            && ngx_strncmp(kv[i].key.data, name->data, name->len) == 0)
        {
            return ngx_http_wismo_carrier_duplicate(cf, carrier, name);
        }
    }

    kv = ngx_array_push(list);
    if (kv == NULL) {
        return NGX_CONF_ERROR;
    }

    kv->key = *name;
    kv->value = *value;

    return NGX_CONF_OK;
}


static char *
ngx_http_wismo_carrier_duplicate(ngx_conf_t *cf,
    ngx_http_wismo_carrier_t *carrier, ngx_str_t *name)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "duplicate \"%V\" in \"wismo_carrier %V\": expected "
                       "it once", name, &carrier->name);

    return NGX_CONF_ERROR;
}


static ngx_uint_t
ngx_http_wismo_carrier_name(ngx_str_t *name)
{
    u_char  ch;
    size_t  i;

    if (name->len == 0 || name->len > NGX_HTTP_WISMO_CARRIER_NAME) {
        return 0;
    }

    for (i = 0; i < name->len; i++) {
        ch = name->data[i];

        if ((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9')) {
            continue;
        }

        if (i && (ch == '-' || ch == '_')) {
            continue;
        }

        return 0;
    }

    return 1;
}


ngx_http_wismo_carrier_t *
ngx_http_wismo_carrier_find(ngx_http_wismo_main_conf_t *wmcf,
    ngx_str_t *name)
{
    ngx_uint_t                 i;
    ngx_http_wismo_carrier_t  *carrier;

    carrier = wmcf->carriers.elts;

    for (i = 0; i < wmcf->carriers.nelts; i++) {
        if (carrier[i].name.len == name->len
            && ngx_strncmp(carrier[i].name.data, name->data, name->len) == 0)
        {
            return &carrier[i];
        }
    }

    return NULL;
}


ngx_int_t
ngx_http_wismo_carriers_init(ngx_conf_t *cf, ngx_http_wismo_main_conf_t *wmcf)
{
    ngx_str_t                  path, known;
    ngx_uint_t                 i, n;
    ngx_keyval_t              *kv;
    ngx_file_info_t            fi;
    ngx_http_wismo_carrier_t  *carrier;

    carrier = wmcf->carriers.elts;

    for (i = 0; i < wmcf->carriers.nelts; i++) {

        if (ngx_http_wismo_carrier_adapter(cf, wmcf, &carrier[i], &path)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (ngx_file_info(path.data, &fi) == NGX_FILE_ERROR
            || !ngx_is_file(&fi))
        {
            ngx_http_wismo_carrier_known(cf, wmcf, &known);

            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "unknown adapter \"%V\" of \"wismo_carrier %V\", "
                          "there is no \"%V\": expected \"adapter\" to be "
                          "one of %V, or the path of a file, in %V:%ui",
                          &carrier[i].adapter, &carrier[i].name, &path,
                          &known, &carrier[i].file, carrier[i].line);
            return NGX_ERROR;
        }

        if (ngx_http_wismo_account_check(cf, wmcf, &carrier[i], &path)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (!wmcf->fetcher.enable) {
            continue;
        }

        kv = carrier[i].secret_files.elts;

        for (n = 0; n < carrier[i].secret_files.nelts; n++) {
            if (ngx_http_wismo_check_readable(cf, &kv[n].value,
                                              "wismo_carrier",
                                              &carrier[i].file,
                                              carrier[i].line)
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_wismo_carrier_adapter(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf, ngx_http_wismo_carrier_t *carrier,
    ngx_str_t *path)
{
    size_t   len;
    u_char  *p;

    if (!ngx_http_wismo_carrier_name(&carrier->adapter)) {
        *path = carrier->adapter;
        return ngx_conf_full_name(cf->cycle, path, 1);
    }

    len = wmcf->share.len + sizeof("/carriers/.json") + carrier->adapter.len;

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    path->data = p;
    path->len = ngx_sprintf(p, "%V/carriers/%V.json%Z", &wmcf->share,
                            &carrier->adapter)
                - p - 1;

    return NGX_OK;
}


static void
ngx_http_wismo_carrier_known(ngx_conf_t *cf, ngx_http_wismo_main_conf_t *wmcf,
    ngx_str_t *known)
{
    u_char       *p;
    size_t        len;
    ngx_dir_t     dir;
    ngx_str_t     path, *name;
    ngx_uint_t    i;
    ngx_array_t   names;

    ngx_str_set(known, "none (is \"wismo_share\" right?)");

    path.len = wmcf->share.len + sizeof("/carriers") - 1;

    path.data = ngx_pnalloc(cf->pool, path.len + 1);
    if (path.data == NULL) {
        return;
    }

    (void) ngx_sprintf(path.data, "%V/carriers%Z", &wmcf->share);

    if (ngx_array_init(&names, cf->pool, 32, sizeof(ngx_str_t)) != NGX_OK
        || ngx_open_dir(&path, &dir) == NGX_ERROR)
    {
        return;
    }

    len = 0;

    while (ngx_read_dir(&dir) == NGX_OK) {

        i = ngx_de_namelen(&dir);
        p = ngx_de_name(&dir);

        if (i <= 5 || ngx_strcmp(p + i - 5, ".json") != 0) {
            continue;
        }

        name = ngx_array_push(&names);
        if (name == NULL) {
            break;
        }

        name->len = i - 5;
        name->data = ngx_pnalloc(cf->pool, name->len);

        if (name->data == NULL) {
            names.nelts--;
            break;
        }

        ngx_memcpy(name->data, p, name->len);

        len += name->len + 2;
    }

    (void) ngx_close_dir(&dir);

    p = len ? ngx_pnalloc(cf->pool, len) : NULL;
    if (p == NULL) {
        return;
    }

    ngx_qsort(names.elts, names.nelts, sizeof(ngx_str_t),
              ngx_http_wismo_carrier_cmp);

    known->data = p;
    name = names.elts;

    for (i = 0; i < names.nelts; i++) {
        p = ngx_sprintf(p, "%s%V", i ? ", " : "", &name[i]);
    }

    known->len = p - known->data;
}


static int ngx_libc_cdecl
ngx_http_wismo_carrier_cmp(const void *one, const void *two)
{
    const ngx_str_t  *a, *b;

    a = one;
    b = two;

    return ngx_memn2cmp(a->data, b->data, a->len, b->len);
}
