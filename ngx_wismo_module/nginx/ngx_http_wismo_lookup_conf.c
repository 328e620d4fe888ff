
/*
 * Copyright (C) The Wismo authors
 *
 * What the directives of access mean: what an order's number alone shows,
 * what a shopper must know besides it, how shops write their numbers, how many
 * failures are borne, and which sites may show the pages in a frame.
 */


#include "ngx_http_wismo_module.h"


#define NGX_HTTP_WISMO_LIMIT_MAX          1000
#define NGX_HTTP_WISMO_LIMIT_MINUTES_MAX  (30 * 24 * 60)

#define NGX_HTTP_WISMO_FACTORS_DEFAULT                                        \
    (1 << WISMO_FACTOR_EMAIL | 1 << WISMO_FACTOR_POSTCODE                     \
     | 1 << WISMO_FACTOR_PHONE)

/* a postcode is known to many, and guessed: it opens the minimal view */

#define NGX_HTTP_WISMO_FACTORS_FULL                                           \
    (1 << WISMO_FACTOR_EMAIL | 1 << WISMO_FACTOR_PHONE)


static ngx_uint_t ngx_http_wismo_lookup_limit(ngx_str_t *text,
    ngx_http_wismo_limit_t *limit);
static ngx_uint_t ngx_http_wismo_frame_ancestor_ok(ngx_str_t *source);


static ngx_str_t  ngx_http_wismo_limit_names[] = {
    ngx_string("client="),
    ngx_string("order="),
    ngx_string("factor=")
};


static ngx_http_wismo_limit_t  ngx_http_wismo_limits_default[] = {
    { 10, 15 },
    { 5, 24 * 60 },
    { 10, 24 * 60 }
};


char *
ngx_http_wismo_order_only_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_wismo_loc_conf_t *wlcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    static ngx_conf_enum_t  views[] = {
        { ngx_string("none"), NGX_HTTP_WISMO_ORDER_ONLY_NONE },
        { ngx_string("minimal"), NGX_HTTP_WISMO_ORDER_ONLY_MINIMAL },
        { ngx_string("full"), NGX_HTTP_WISMO_ORDER_ONLY_FULL },
        { ngx_null_string, 0 }
    };

    if (wlcf->order_only != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 0; views[i].name.len; i++) {
        if (views[i].name.len == value[1].len
            && ngx_strcmp(views[i].name.data, value[1].data) == 0)
        {
            wlcf->order_only = views[i].value;
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\" in \"wismo_order_only\" "
                       "directive: expected \"none\", \"minimal\" or "
                       "\"full\"", &value[1]);

    return NGX_CONF_ERROR;
}


char *
ngx_http_wismo_lookup_factors_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_wismo_loc_conf_t *wlcf = conf;

    u_char      *p;
    size_t       len;
    ngx_str_t   *value;
    ngx_uint_t   i, k, full;

    if (wlcf->factors != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    wlcf->factors = 0;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        p = ngx_strlchr(value[i].data, value[i].data + value[i].len, '=');
        len = p ? (size_t) (p - value[i].data) : value[i].len;

        for (k = 0; k < WISMO_FACTORS; k++) {
            if (len == ngx_strlen(wismo_factor_name(k))
                && ngx_strncmp(value[i].data, wismo_factor_name(k), len) == 0)
            {
                break;
            }
        }

        if (k == WISMO_FACTORS || (wlcf->factors & (1 << k))) {
            goto invalid;
        }

        if (p == NULL) {
            full = NGX_HTTP_WISMO_FACTORS_FULL & (1 << k);

        } else if (ngx_strcmp(p + 1, "full") == 0) {
            full = 1 << k;

        } else if (ngx_strcmp(p + 1, "minimal") == 0) {
            full = 0;

        } else {
            goto invalid;
        }

        wlcf->factors |= 1 << k;
        wlcf->factors_full |= full;
    }

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid factor \"%V\" in \"wismo_lookup_factors\" "
                       "directive: expected \"off\", or once each \"email\", "
                       "\"postcode\" and \"phone\", which may end in "
                       "\"=full\" or \"=minimal\"", &value[i]);

    return NGX_CONF_ERROR;
}


char *
ngx_http_wismo_lookup_number_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_wismo_loc_conf_t *wlcf = conf;

    ngx_str_t    *value;
    ngx_uint_t    i;
    wismo_str_t   prefix;

    if (wlcf->lookup_case != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    wlcf->lookup_case = WISMO_LOOKUP_AS_TYPED;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "upper") == 0) {
            wlcf->lookup_case = WISMO_LOOKUP_UPPER;
            continue;
        }

        if (ngx_strcmp(value[i].data, "lower") == 0) {
            wlcf->lookup_case = WISMO_LOOKUP_LOWER;
            continue;
        }

        if (ngx_strncmp(value[i].data, "prefix=", 7) == 0) {
            prefix.data = value[i].data + 7;
            prefix.len = value[i].len - 7;

            if (prefix.len < WISMO_ORDER_NUMBER_MAX
                && wismo_order_number_ok(&prefix))
            {
                wlcf->lookup_prefix = prefix;
                continue;
            }
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" in "
                           "\"wismo_lookup_number\" directive: expected "
                           "\"upper\" or \"lower\", and \"prefix=\" with what "
                           "all order numbers begin with", &value[i]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_wismo_lookup_limit_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_wismo_loc_conf_t *wlcf = conf;

    ngx_str_t   *value, text;
    ngx_uint_t   i, k;

    if (wlcf->limits[0].minutes) {
        return "is duplicate";
    }

    value = cf->args->elts;

    ngx_memcpy(wlcf->limits, ngx_http_wismo_limits_default,
               sizeof(wlcf->limits));

    for (i = 1; i < cf->args->nelts; i++) {

        for (k = 0; k < NGX_HTTP_WISMO_LIMITS; k++) {
            if (ngx_strncmp(value[i].data, ngx_http_wismo_limit_names[k].data,
                            ngx_http_wismo_limit_names[k].len)
                == 0)
            {
                break;
            }
        }

        if (k < NGX_HTTP_WISMO_LIMITS) {
            text.data = value[i].data + ngx_http_wismo_limit_names[k].len;
            text.len = value[i].len - ngx_http_wismo_limit_names[k].len;

            if (ngx_http_wismo_lookup_limit(&text, &wlcf->limits[k])) {
                continue;
            }
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid limit \"%V\" in \"wismo_lookup_limit\" "
                           "directive: expected \"client=\", \"order=\" or "
                           "\"factor=\" with FAILURES/TIME, as in "
                           "\"order=5/1d\", of at most %d in at most 30d; or "
                           "with off, as in \"order=off\"", &value[i],
                           NGX_HTTP_WISMO_LIMIT_MAX);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_http_wismo_lookup_limit(ngx_str_t *text, ngx_http_wismo_limit_t *limit)
{
    u_char     *p;
    ngx_int_t   n, seconds;
    ngx_str_t   time;

    if (text->len == 3 && ngx_strncmp(text->data, "off", 3) == 0) {
        limit->failures = 0;
        return 1;
    }

    p = ngx_strlchr(text->data, text->data + text->len, '/');

    if (p == NULL) {
        return 0;
    }

    n = ngx_atoi(text->data, p - text->data);

    time.data = p + 1;
    time.len = text->data + text->len - time.data;

    seconds = time.len ? ngx_parse_time(&time, 1) : NGX_ERROR;

    if (n < 1 || n > NGX_HTTP_WISMO_LIMIT_MAX || seconds < 60
        || seconds > NGX_HTTP_WISMO_LIMIT_MINUTES_MAX * 60)
    {
        return 0;
    }

    limit->failures = n;
    limit->minutes = (seconds + 59) / 60;

    return 1;
}


char *
ngx_http_wismo_frame_ancestors_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_wismo_loc_conf_t *wlcf = conf;

    u_char      *p;
    size_t       len;
    ngx_str_t   *value;
    ngx_uint_t   i;

    if (wlcf->frame_ancestors.data) {
        return "is duplicate";
    }

    value = cf->args->elts;
    len = sizeof("frame-ancestors") - 1;

    for (i = 1; i < cf->args->nelts; i++) {

        if (!ngx_http_wismo_frame_ancestor_ok(&value[i])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid source \"%V\" in "
                               "\"wismo_frame_ancestors\" directive: expected "
                               "\"none\", \"self\" or a site, as in "
                               "\"https://shop.example\" or "
                               "\"https://*.shop.example\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        len += value[i].len + sizeof(" ''") - 1;
    }

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    wlcf->frame_ancestors.data = p;

    p = ngx_cpymem(p, "frame-ancestors", sizeof("frame-ancestors") - 1);

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "none") == 0
            || ngx_strcmp(value[i].data, "self") == 0)
        {
            p = ngx_sprintf(p, " '%V'", &value[i]);

        } else {
            p = ngx_sprintf(p, " %V", &value[i]);
        }
    }

    wlcf->frame_ancestors.len = p - wlcf->frame_ancestors.data;

    return NGX_CONF_OK;
}


/* What may stand in a host source (CSP Level 3, 2.3.1), and no other. */

static ngx_uint_t
ngx_http_wismo_frame_ancestor_ok(ngx_str_t *source)
{
    u_char      ch;
    size_t      i;

    if (ngx_strcmp(source->data, "none") == 0
        || ngx_strcmp(source->data, "self") == 0)
    {
        return 1;
    }

    if (ngx_strncmp(source->data, "https://", 8) != 0
        && ngx_strncmp(source->data, "http://", 7) != 0)
    {
        return 0;
    }

    for (i = 0; i < source->len; i++) {
        ch = source->data[i];

        if (!(ch >= '0' && ch <= '9') && !((ch | 0x20) >= 'a'
            && (ch | 0x20) <= 'z') && !ngx_strchr(":/.*-[]_", ch))
        {
            return 0;
        }
    }

    return source->data[source->len - 1] != '/';
}


void
ngx_http_wismo_lookup_merge(ngx_http_wismo_loc_conf_t *prev,
    ngx_http_wismo_loc_conf_t *conf)
{
    ngx_conf_merge_str_value(conf->frame_ancestors, prev->frame_ancestors, "");

    if (conf->factors == NGX_CONF_UNSET_UINT) {

        if (prev->factors == NGX_CONF_UNSET_UINT) {
            conf->factors = NGX_HTTP_WISMO_FACTORS_DEFAULT;
            conf->factors_full = NGX_HTTP_WISMO_FACTORS_FULL;

        } else {
            conf->factors = prev->factors;
            conf->factors_full = prev->factors_full;
        }
    }

    if (conf->lookup_case == NGX_CONF_UNSET_UINT) {

        if (prev->lookup_case == NGX_CONF_UNSET_UINT) {
            conf->lookup_case = WISMO_LOOKUP_AS_TYPED;

        } else {
            conf->lookup_case = prev->lookup_case;
            conf->lookup_prefix = prev->lookup_prefix;
        }
    }

    if (conf->limits[0].minutes == 0) {
        ngx_memcpy(conf->limits, prev->limits[0].minutes
                                 ? prev->limits
                                 : ngx_http_wismo_limits_default,
                   sizeof(conf->limits));
    }

    conf->form = conf->factors;

    if (conf->factors && conf->order_only == NGX_HTTP_WISMO_ORDER_ONLY_NONE) {
        conf->form |= NGX_HTTP_WISMO_FORM_PROOF;
    }

    /* unsaid: for the brands that somebody would write to */

    if (conf->mail == NGX_CONF_UNSET) {
        conf->mail = prev->mail;
    }

    if (conf->mail) {
        conf->form |= (conf->mail == NGX_CONF_UNSET)
                      ? NGX_HTTP_WISMO_FORM_MAIL_BRAND
                      : NGX_HTTP_WISMO_FORM_MAIL;
    }

    /* with the number alone everything is seen: nothing else is asked for */

    if (conf->order_only == NGX_HTTP_WISMO_ORDER_ONLY_FULL) {
        conf->form = 0;
    }
}
