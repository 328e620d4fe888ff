
/*
 * Copyright (C) The Wismo authors
 *
 * What nginx.conf says of personal data: wismo_contact_key_file, which is read
 * and checked here, and told to the fetcher by name; wismo_retention, how long
 * orders are kept.
 *
 * No worker may open what is sealed, so these keys must not stay in memory:
 * what is left of them is the public key that letters are sealed to.
 */


#include "ngx_http_wismo_module.h"


#define NGX_HTTP_WISMO_CONTACT_KEYS    65536

#define NGX_HTTP_WISMO_RETENTIONS      64
#define NGX_HTTP_WISMO_RETENTION_MIN   86400
#define NGX_HTTP_WISMO_RETENTION_MAX   (10 * 365 * 86400)
#define NGX_HTTP_WISMO_RETENTION_OPEN  (400 * 86400)


static ngx_int_t ngx_http_wismo_retention_time(ngx_conf_t *cf,
    ngx_str_t *value, size_t skip, time_t *time);


char *
ngx_http_wismo_contact_key_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_wismo_main_conf_t *wmcf = conf;

    char          *rv;
    ngx_str_t     *value, text;
    ngx_pool_t    *temp;
    wismo_str_t    in;
    wismo_keys_t   keys;
    wismo_pool_t   pool;
    wismo_error_t  err;

    if (wmcf->contact_key_file.len) {
        return "is duplicate";
    }

    value = cf->args->elts;

    wmcf->contact_key_file = value[1];

    if (ngx_conf_full_name(cf->cycle, &wmcf->contact_key_file, 1) != NGX_OK
        || ngx_http_wismo_read_file(cf, &wmcf->contact_key_file,
                                    NGX_HTTP_WISMO_CONTACT_KEYS, 1,
                                    "wismo_contact_key_file", &text)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    temp = ngx_create_pool(4096, cf->log);
    if (temp == NULL) {
        ngx_explicit_memzero(text.data, text.len);
        return NGX_CONF_ERROR;
    }

    in.data = text.data;
    in.len = text.len;

    ngx_memzero(&err, sizeof(wismo_error_t));
    ngx_http_wismo_pool(&pool, temp, NGX_HTTP_WISMO_CONTACT_KEYS * 2);

    rv = NGX_CONF_OK;

    if (wismo_keys_read(&pool, &in, &keys, &err) != WISMO_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid secret in line %ud of \"%V\" of "
                           "\"wismo_contact_key_file\" directive: %s, as "
                           "\"openssl rand -hex 32\" prints it",
                           err.line, &wmcf->contact_key_file, err.text);
        rv = NGX_CONF_ERROR;
        keys.n = 0;

    } else if (wismo_box_key(&keys, &wmcf->letters) != WISMO_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no key for letters can be made of \"%V\": "
                           "libcrypto fails", &wmcf->contact_key_file);
        rv = NGX_CONF_ERROR;
    }

    while (keys.n) {
        keys.n--;
        ngx_explicit_memzero(keys.keys[keys.n].secret.data,
                             keys.keys[keys.n].secret.len);
    }

    ngx_explicit_memzero(text.data, text.len);
    ngx_destroy_pool(temp);

    return rv;
}


char *
ngx_http_wismo_retention_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_wismo_main_conf_t *wmcf = conf;

    ngx_str_t                   *value;
    ngx_uint_t                   i;
    ngx_http_wismo_retention_t  *r, *other;

    value = cf->args->elts;

    if (wmcf->retention.elts == NULL
        && ngx_array_init(&wmcf->retention, cf->pool, 2,
                          sizeof(ngx_http_wismo_retention_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (wmcf->retention.nelts == NGX_HTTP_WISMO_RETENTIONS) {
        return "is there too often: expected at most 64 of them";
    }

    r = ngx_array_push(&wmcf->retention);
    if (r == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_str_null(&r->brand);
    r->open = NGX_HTTP_WISMO_RETENTION_OPEN;

    if (ngx_http_wismo_retention_time(cf, &value[1], 0, &r->final) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "open=", 5) == 0) {

            if (ngx_http_wismo_retention_time(cf, &value[i], 5, &r->open)
                != NGX_OK)
            {
                return NGX_CONF_ERROR;
            }

            continue;
        }

        if (ngx_strncmp(value[i].data, "brand=", 6) == 0
            && value[i].len > 6 && value[i].len <= 6 + 64)
        {
            r->brand.data = value[i].data + 6;
            r->brand.len = value[i].len - 6;
            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" in \"wismo_retention\" "
                           "directive: expected \"open=TIME\" or "
                           "\"brand=NAME\", as orders say it", &value[i]);
        return NGX_CONF_ERROR;
    }

    /* what is not delivered is not kept for a shorter time */

    if (r->open < r->final) {
        r->open = r->final;
    }

    other = wmcf->retention.elts;

    for (i = 0; &other[i] != r; i++) {

        if (other[i].brand.len == r->brand.len
            && (r->brand.len == 0
                || ngx_strncmp(other[i].brand.data, r->brand.data,
                               r->brand.len)
                   == 0))
        {
            return "is duplicate: one for each brand, one without a brand for "
                   "all others";
        }
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_wismo_retention_time(ngx_conf_t *cf, ngx_str_t *value, size_t skip,
    time_t *time)
{
    ngx_int_t  n;
    ngx_str_t  s;

    s.data = value->data + skip;
    s.len = value->len - skip;

    n = ngx_parse_time(&s, 1);

    if (n == NGX_ERROR || n < NGX_HTTP_WISMO_RETENTION_MIN
        || n > NGX_HTTP_WISMO_RETENTION_MAX)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid time \"%V\" in \"wismo_retention\" "
                           "directive: expected 1d to 3650d", value);
        return NGX_ERROR;
    }

    *time = n;

    return NGX_OK;
}


void
ngx_http_wismo_retention_out(wismo_out_t *out,
    ngx_http_wismo_main_conf_t *wmcf)
{
    ngx_uint_t                   i;
    wismo_str_t                  brand;
    ngx_http_wismo_retention_t  *r;

    wismo_out_text(out, "[");

    r = wmcf->retention.elts;

    for (i = 0; i < wmcf->retention.nelts; i++) {

        if (i) {
            wismo_out_text(out, ",");
        }

        brand.data = r[i].brand.data;
        brand.len = r[i].brand.len;

        wismo_out_text(out, "{\"brand\":");
        wismo_out_json_str(out, &brand);
        wismo_out_text(out, ",\"final\":");
        wismo_out_int(out, r[i].final);
        wismo_out_text(out, ",\"open\":");
        wismo_out_int(out, r[i].open);
        wismo_out_text(out, "}");
    }

    wismo_out_text(out, "]");
}
