
/*
 * Copyright (C) The Wismo authors
 *
 * The directive wismo_redis: its URL and parameters, and what needs the whole
 * configuration (the resolver, certificates), which comes last.  Runs while
 * the configuration is read and never connects to Redis: that is what
 * "wismo doctor" and the workers do.
 */


#include "ngx_http_wismo_module.h"


#define NGX_HTTP_WISMO_REDIS_PORT      6379
#define NGX_HTTP_WISMO_REDIS_DB_MAX    16383
#define NGX_HTTP_WISMO_REDIS_PASSWORD  1024


static char *ngx_http_wismo_redis_url(ngx_conf_t *cf,
    ngx_http_wismo_redis_conf_t *conf);
static char *ngx_http_wismo_redis_param(ngx_conf_t *cf,
    ngx_http_wismo_redis_conf_t *conf, ngx_str_t *param, ngx_uint_t *tls);
static char *ngx_http_wismo_redis_password(ngx_conf_t *cf,
    ngx_http_wismo_redis_conf_t *conf);
static char *ngx_http_wismo_redis_invalid(ngx_conf_t *cf, ngx_str_t *url,
    const char *why);
#if (NGX_SSL)
static ngx_int_t ngx_http_wismo_redis_ssl(ngx_conf_t *cf,
    ngx_http_wismo_redis_conf_t *conf);
#endif


char *
ngx_http_wismo_redis_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wismo_main_conf_t *wmcf = conf;

    char                         *rv;
    ngx_str_t                    *value;
    ngx_uint_t                    i, tls;
    ngx_http_wismo_redis_conf_t  *rcf;

    rcf = &wmcf->redis;

    if (rcf->url.len) {
        return "is duplicate: one nginx has one Redis";
    }

    value = cf->args->elts;

    rcf->url = value[1];
    rcf->file = cf->conf_file->file.name;
    rcf->line = cf->conf_file->line;

    rcf->db = NGX_CONF_UNSET_UINT;
    rcf->timeout = 100;
    rcf->connect_timeout = 200;
    rcf->tls_verify = 1;

    rv = ngx_http_wismo_redis_url(cf, rcf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    tls = 0;

    for (i = 2; i < cf->args->nelts; i++) {
        rv = ngx_http_wismo_redis_param(cf, rcf, &value[i], &tls);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (tls && !rcf->tls) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "parameters \"ssl_...\" of \"wismo_redis\" need "
                           "TLS: expected a URL that starts with "
                           "\"rediss://\", not \"%V\"", &rcf->url);
        return NGX_CONF_ERROR;
    }

    if (rcf->user.len && rcf->password_file.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "user \"%V\" in \"wismo_redis\" directive has no "
                           "password: add password_file=FILE", &rcf->user);
        return NGX_CONF_ERROR;
    }

    if (rcf->password_file.len) {
        rv = ngx_http_wismo_redis_password(cf, rcf);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (rcf->db == NGX_CONF_UNSET_UINT) {
        rcf->db = 0;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_wismo_redis_url(ngx_conf_t *cf, ngx_http_wismo_redis_conf_t *conf)
{
    u_char     *p, *last, *at, *slash;
    ngx_int_t   n;
    ngx_url_t  *u;

    u = ngx_pcalloc(cf->pool, sizeof(ngx_url_t));
    if (u == NULL) {
        return NGX_CONF_ERROR;
    }

    conf->parsed = u;

    p = conf->url.data;
    last = p + conf->url.len;

    u->default_port = NGX_HTTP_WISMO_REDIS_PORT;
    u->no_resolve = 1;

    if (conf->url.len > 5 && ngx_strncmp(p, "unix:", 5) == 0) {

        if (p[5] != '/') {
            return ngx_http_wismo_redis_invalid(cf, &conf->url,
                                     "the path of a socket starts with \"/\"");
        }

        u->url = conf->url;

        if (ngx_parse_url(cf->pool, u) != NGX_OK) {
            return ngx_http_wismo_redis_invalid(cf, &conf->url, u->err);
        }

        return NGX_CONF_OK;
    }

    if (conf->url.len > 8 && ngx_strncasecmp(p, (u_char *) "redis://", 8) == 0)
    {
        p += 8;

    } else if (conf->url.len > 9
               && ngx_strncasecmp(p, (u_char *) "rediss://", 9) == 0)
    {
#if (NGX_SSL)
        conf->tls = 1;
        p += 9;
#else
        return "has a \"rediss://\" URL, but this nginx has no TLS";
#endif

    } else {
        return ngx_http_wismo_redis_invalid(cf, &conf->url, NULL);
    }

    at = NULL;

    for (slash = p; slash < last && *slash != '/'; slash++) {
        if (*slash == '@') {
            at = slash;
        }
    }

    if (at) {

        if (ngx_strlchr(p, at, ':')) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "password in the URL of \"wismo_redis\" "
                               "directive, where everybody reads it: write "
                               "it to a file of mode 0640 and expect "
                               "password_file=FILE");
            return NGX_CONF_ERROR;
        }

        if (at == p) {
            return ngx_http_wismo_redis_invalid(cf, &conf->url,
                                                "the user is empty");
        }

        conf->user.data = p;
        conf->user.len = at - p;

        p = at + 1;
    }

    if (slash < last) {

        if (slash + 1 < last) {
            n = ngx_atoi(slash + 1, last - slash - 1);

            if (n < 0 || n > NGX_HTTP_WISMO_REDIS_DB_MAX) {
                return ngx_http_wismo_redis_invalid(cf, &conf->url,
                                          "the database is not a number");
            }

            conf->db = n;
        }

        last = slash;
    }

    u->url.data = p;
    u->url.len = last - p;

    if (u->url.len == 0) {
        return ngx_http_wismo_redis_invalid(cf, &conf->url, "no host");
    }

    if (ngx_parse_url(cf->pool, u) != NGX_OK) {
        return ngx_http_wismo_redis_invalid(cf, &conf->url, u->err);
    }

    conf->host = u->host;

    return NGX_CONF_OK;
}


static char *
ngx_http_wismo_redis_param(ngx_conf_t *cf, ngx_http_wismo_redis_conf_t *conf,
    ngx_str_t *param, ngx_uint_t *tls)
{
    ngx_int_t         n;
    ngx_str_t         name, value;
    ngx_msec_t       *msec;
    ngx_file_info_t   fi;

    value.data = ngx_strlchr(param->data, param->data + param->len, '=');

    if (value.data == NULL) {
        goto unknown;
    }

    name.data = param->data;
    name.len = value.data - param->data;

    value.data++;
    value.len = param->len - name.len - 1;

    if (value.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "parameter \"%V\" of \"wismo_redis\" has no value",
                           param);
        return NGX_CONF_ERROR;
    }

#define ngx_http_wismo_param(text)                                            \
    (name.len == sizeof(text) - 1                                             \
     && ngx_strncmp(name.data, text, sizeof(text) - 1) == 0)

    msec = NULL;

    if (ngx_http_wismo_param("timeout")) {
        msec = &conf->timeout;

    } else if (ngx_http_wismo_param("connect_timeout")) {
        msec = &conf->connect_timeout;
    }

    if (msec) {
        n = ngx_parse_time(&value, 0);

        if (n == NGX_ERROR || n == 0 || n > 10000) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" of \"%V\" in "
                               "\"wismo_redis\" directive: expected a time "
                               "from 1ms to 10s, as in %V=100ms",
                               &value, &name, &name);
            return NGX_CONF_ERROR;
        }

        *msec = n;

        return NGX_CONF_OK;
    }

    if (ngx_http_wismo_param("user")) {

        if (conf->user.len) {
            return "has two users: one in the URL, one in \"user=\"";
        }

        conf->user = value;

        return NGX_CONF_OK;
    }

    if (ngx_http_wismo_param("password_file")) {
        conf->password_file = value;

        return NGX_CONF_OK;
    }

    if (ngx_http_wismo_param("db")) {
        n = ngx_atoi(value.data, value.len);

        if (n < 0 || n > NGX_HTTP_WISMO_REDIS_DB_MAX) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid database \"%V\" in \"wismo_redis\" "
                               "directive: expected a number from 0 to %d",
                               &value, NGX_HTTP_WISMO_REDIS_DB_MAX);
            return NGX_CONF_ERROR;
        }

        if (conf->db != NGX_CONF_UNSET_UINT) {
            return "has two databases: expected \"db=\" or \"/N\" in the URL";
        }

        conf->db = n;

        return NGX_CONF_OK;
    }

    if (ngx_http_wismo_param("ssl_verify")) {
        *tls = 1;

        if (ngx_strcmp(value.data, "on") == 0) {
            conf->tls_verify = 1;

        } else if (ngx_strcmp(value.data, "off") == 0) {
            conf->tls_verify = 0;

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" of \"ssl_verify\" in "
                               "\"wismo_redis\" directive: expected \"on\" "
                               "or \"off\"", &value);
            return NGX_CONF_ERROR;
        }

        return NGX_CONF_OK;
    }

    if (ngx_http_wismo_param("ssl_ca")) {
        *tls = 1;
        conf->tls_ca = value;

        if (ngx_conf_full_name(cf->cycle, &conf->tls_ca, 1) != NGX_OK) {
            return NGX_CONF_ERROR;
        }

        if (ngx_file_info(conf->tls_ca.data, &fi) == NGX_FILE_ERROR) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                               "no file \"%V\" of \"ssl_ca\" in "
                               "\"wismo_redis\" directive: expected the "
                               "certificates of trusted authorities, PEM",
                               &conf->tls_ca);
            return NGX_CONF_ERROR;
        }

        return NGX_CONF_OK;
    }

    if (ngx_http_wismo_param("ssl_name")) {
        *tls = 1;
        conf->tls_name = value;

        return NGX_CONF_OK;
    }

unknown:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown parameter \"%V\" in \"wismo_redis\" "
                       "directive: expected timeout=, connect_timeout=, "
                       "user=, password_file=, db=, ssl_verify=, ssl_ca= or "
                       "ssl_name=", param);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_wismo_redis_password(ngx_conf_t *cf,
    ngx_http_wismo_redis_conf_t *conf)
{
    size_t     i;
    ngx_str_t  text;

    if (ngx_conf_full_name(cf->cycle, &conf->password_file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_wismo_read_file(cf, &conf->password_file,
                                 NGX_HTTP_WISMO_REDIS_PASSWORD, 1,
                                 "wismo_redis", &text)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    while (text.len
           && (text.data[text.len - 1] == LF || text.data[text.len - 1] == CR))
    {
        text.len--;
    }

    for (i = 0; i < text.len; i++) {
        if (text.data[i] < 0x20) {
            break;
        }
    }

    if (text.len == 0 || i < text.len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unusable password file \"%V\" in "
                           "\"wismo_redis\" directive: expected the password "
                           "alone, on one line", &conf->password_file);
        return NGX_CONF_ERROR;
    }

    conf->password = text;

    return NGX_CONF_OK;
}


static char *
ngx_http_wismo_redis_invalid(ngx_conf_t *cf, ngx_str_t *url, const char *why)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid URL \"%V\" in \"wismo_redis\" directive: "
                       "%s%sexpected redis://[user@]host[:port][/db], "
                       "rediss://... or unix:/path",
                       url, why ? why : "", why ? ", " : "");

    return NGX_CONF_ERROR;
}


ngx_int_t
ngx_http_wismo_redis_conf_init(ngx_conf_t *cf,
    ngx_http_wismo_redis_conf_t *conf)
{
    ngx_url_t                 *u;
    ngx_http_core_loc_conf_t  *clcf;

    u = conf->parsed;

    if (u->naddrs == 0) {

        /* the location configuration of http{} itself */

        clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

        if (clcf->resolver && clcf->resolver->connections.nelts) {
            conf->resolve = 1;
            conf->clcf = clcf;

        } else if (ngx_inet_resolve_host(cf->pool, u) != NGX_OK) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "%s in \"wismo_redis\" directive: expected a name "
                          "known to this host, or a \"resolver\" in http{} "
                          "that knows it, in %V:%ui",
                          u->err ? u->err : "host not found", &conf->file,
                          conf->line);
            return NGX_ERROR;
        }
    }

#if (NGX_SSL)

    if (conf->tls) {
        return ngx_http_wismo_redis_ssl(cf, conf);
    }

#endif

    return NGX_OK;
}


#if (NGX_SSL)

static ngx_int_t
ngx_http_wismo_redis_ssl(ngx_conf_t *cf, ngx_http_wismo_redis_conf_t *conf)
{
    u_char              *name;
    ngx_pool_cleanup_t  *cln;

    if (conf->tls_name.len == 0) {

        /* a copy that ends with a zero; the host of [::1] has no brackets */

        conf->tls_name = conf->host;

        if (conf->tls_name.len > 2 && conf->tls_name.data[0] == '[') {
            conf->tls_name.data++;
            conf->tls_name.len -= 2;
        }
    }

    name = ngx_pnalloc(cf->pool, conf->tls_name.len + 1);
    if (name == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_cpystrn(name, conf->tls_name.data, conf->tls_name.len + 1);

    conf->tls_name.data = name;

    conf->ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    if (conf->ssl == NULL) {
        return NGX_ERROR;
    }

    conf->ssl->log = cf->log;

    if (ngx_ssl_create(conf->ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        ngx_ssl_cleanup_ctx(conf->ssl);
        return NGX_ERROR;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = conf->ssl;

    /* the output buffer moves between two attempts to write it */

    SSL_CTX_set_mode(conf->ssl->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE
                                     |SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);

    if (!conf->tls_verify) {
        return NGX_OK;
    }

    if (conf->tls_ca.len) {
        return ngx_ssl_trusted_certificate(cf, conf->ssl, &conf->tls_ca, 3);
    }

    if (SSL_CTX_set_default_verify_paths(conf->ssl->ctx) == 0) {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0,
                      "SSL_CTX_set_default_verify_paths() failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}

#endif
