
/*
 * Copyright (C) The Wismo authors
 *
 * How a connection to Redis comes about: the host's address, connect(), TLS.
 * It ends in ngx_http_wismo_conn_greet(), or in ngx_http_wismo_conn_fail()
 * and another attempt.  Nothing here blocks: names are asked for with nginx's
 * resolver, or were when the configuration was read.
 */


#include "ngx_http_wismo_conn.h"


static void ngx_http_wismo_conn_resolve(ngx_http_wismo_conn_t *conn);
static void ngx_http_wismo_conn_resolved(ngx_resolver_ctx_t *ctx);
static void ngx_http_wismo_conn_connect(ngx_http_wismo_conn_t *conn,
    struct sockaddr *sockaddr, socklen_t socklen, ngx_str_t *name);
#if (NGX_SSL)
static void ngx_http_wismo_conn_tls(ngx_http_wismo_conn_t *conn);
static void ngx_http_wismo_conn_tls_handler(ngx_connection_t *c);
static ngx_int_t ngx_http_wismo_conn_tls_name(ngx_connection_t *c,
    ngx_str_t *name);
static ngx_uint_t ngx_http_wismo_conn_literal(ngx_str_t *name);
#endif


void
ngx_http_wismo_conn_open(ngx_http_wismo_conn_t *conn)
{
    ngx_addr_t                   *addr;
    ngx_http_wismo_redis_conf_t  *conf;

    conf = conn->conf;

    if (conf->resolve) {
        ngx_http_wismo_conn_resolve(conn);
        return;
    }

    addr = &conf->parsed->addrs[conn->tries++ % conf->parsed->naddrs];

    ngx_http_wismo_conn_connect(conn, addr->sockaddr, addr->socklen,
                                &addr->name);
}


static void
ngx_http_wismo_conn_resolve(ngx_http_wismo_conn_t *conn)
{
    ngx_resolver_ctx_t           *ctx;
    ngx_http_wismo_redis_conf_t  *conf;

    conf = conn->conf;

    conn->state = NGX_HTTP_WISMO_CONN_RESOLVING;

    ctx = ngx_resolve_start(conf->clcf->resolver, NULL);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_RESOLVE, 0, NULL);
        return;
    }

    ctx->name = conf->host;
    ctx->handler = ngx_http_wismo_conn_resolved;
    ctx->data = conn;
    ctx->timeout = conf->clcf->resolver_timeout;
    ctx->cancelable = 1;

    if (ctx->timeout == NGX_CONF_UNSET_MSEC) {
        ctx->timeout = 30000;
    }

    conn->resolving = ctx;

    /* the handler may be called at once; on failure the context is freed */

    if (ngx_resolve_name(ctx) != NGX_OK) {
        conn->resolving = NULL;
        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_RESOLVE, 0, NULL);
    }
}


static void
ngx_http_wismo_conn_resolved(ngx_resolver_ctx_t *ctx)
{
    u_char                 *p;
    socklen_t               socklen;
    ngx_str_t               text;
    ngx_resolver_addr_t    *addr;
    ngx_http_wismo_conn_t  *conn;

    conn = ctx->data;

    conn->resolving = NULL;

    if (ctx->state || ctx->naddrs == 0) {
        p = (u_char *) ngx_resolver_strerror(ctx->state);

        ngx_resolve_name_done(ctx);

        text.data = p;
        text.len = ngx_strlen(p);

        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_RESOLVE, 0, &text);
        return;
    }

    addr = &ctx->addrs[conn->tries++ % ctx->naddrs];
    socklen = addr->socklen;

    ngx_memcpy(&conn->sockaddr, addr->sockaddr, socklen);

    ngx_resolve_name_done(ctx);

    ngx_inet_set_port(&conn->sockaddr.sockaddr, conn->conf->parsed->port);

    conn->peer_name.data = conn->peer_text;
    conn->peer_name.len = ngx_sock_ntop(&conn->sockaddr.sockaddr, socklen,
                                        conn->peer_text, NGX_SOCKADDR_STRLEN,
                                        1);

    ngx_http_wismo_conn_connect(conn, &conn->sockaddr.sockaddr, socklen,
                                &conn->peer_name);
}


static void
ngx_http_wismo_conn_connect(ngx_http_wismo_conn_t *conn,
    struct sockaddr *sockaddr, socklen_t socklen, ngx_str_t *name)
{
    ngx_int_t          rc;
    ngx_err_t          err;
    ngx_connection_t  *c;

    conn->state = NGX_HTTP_WISMO_CONN_CONNECTING;

    /* a fault is logged here, once a minute, not by each connect() */

    conn->quiet = *conn->log;

    if (conn->quiet.log_level > NGX_LOG_ALERT) {
        conn->quiet.log_level = NGX_LOG_ALERT;
    }

    ngx_memzero(&conn->peer, sizeof(ngx_peer_connection_t));

    conn->peer.sockaddr = sockaddr;
    conn->peer.socklen = socklen;
    conn->peer.name = name;
    conn->peer.get = ngx_event_get_peer;
    conn->peer.log = &conn->quiet;
    conn->peer.log_error = NGX_ERROR_INFO;

    ngx_set_errno(0);

    rc = ngx_event_connect_peer(&conn->peer);

    err = ngx_errno;

    c = conn->peer.connection;

    if (rc == NGX_ERROR || rc == NGX_BUSY || rc == NGX_DECLINED) {

        if (c) {
            ngx_close_connection(c);
            conn->peer.connection = NULL;
        }

        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_CONNECT, err, name);
        return;
    }

    c->data = conn;
    c->log = conn->log;
    c->read->log = conn->log;
    c->write->log = conn->log;
    c->read->handler = ngx_http_wismo_conn_read_handler;
    c->write->handler = ngx_http_wismo_conn_write_handler;
    c->idle = 1;

    conn->c = c;

    c->pool = ngx_create_pool(512, conn->log);

    if (c->pool == NULL || ngx_http_wismo_codec_init(conn) != NGX_OK) {
        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_MEMORY, 0, NULL);
        return;
    }

    if (conn->scratch == NULL) {
        conn->scratch = ngx_create_pool(1024, conn->log);

        if (conn->scratch == NULL) {
            ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_MEMORY, 0,
                                     NULL);
            return;
        }
    }

    ngx_http_wismo_conn_timer(conn, conn->conf->connect_timeout);

    if (rc == NGX_AGAIN) {
        return;
    }

    ngx_http_wismo_conn_connected(conn);
}


void
ngx_http_wismo_conn_connected(ngx_http_wismo_conn_t *conn)
{
    ngx_connection_t  *c;

    c = conn->c;

    if (conn->peer.sockaddr->sa_family != AF_UNIX
        && ngx_tcp_nodelay(c) != NGX_OK)
    {
        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_CONNECT, 0, NULL);
        return;
    }

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_MEMORY, 0, NULL);
        return;
    }

#if (NGX_SSL)

    if (conn->conf->ssl) {
        ngx_http_wismo_conn_tls(conn);
        return;
    }

#endif

    ngx_http_wismo_conn_greet(conn);
}


#if (NGX_SSL)

static void
ngx_http_wismo_conn_tls(ngx_http_wismo_conn_t *conn)
{
    ngx_int_t                     rc;
    ngx_str_t                    *name;
    ngx_connection_t             *c;
    ngx_http_wismo_redis_conf_t  *conf;

    c = conn->c;
    conf = conn->conf;
    name = &conf->tls_name;

    conn->state = NGX_HTTP_WISMO_CONN_HANDSHAKE;

    if (ngx_ssl_create_connection(conf->ssl, c, NGX_SSL_CLIENT) != NGX_OK) {
        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_TLS, 0, NULL);
        return;
    }

#ifdef SSL_CTRL_SET_TLSEXT_HOSTNAME

    /* RFC 6066 permits no literal address; the string ends with a zero */

    if (!ngx_http_wismo_conn_literal(name)
        && SSL_set_tlsext_host_name(c->ssl->connection,
                                    (char *) name->data) == 0)
    {
        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_TLS, 0, NULL);
        return;
    }

#endif

    c->ssl->no_wait_shutdown = 1;

    rc = ngx_ssl_handshake(c);

    if (rc == NGX_AGAIN) {
        ngx_http_wismo_conn_timer(conn, conf->connect_timeout);
        c->ssl->handler = ngx_http_wismo_conn_tls_handler;
        return;
    }

    ngx_http_wismo_conn_tls_handler(c);
}


static void
ngx_http_wismo_conn_tls_handler(ngx_connection_t *c)
{
    long                          rc;
    ngx_str_t                     text;
    ngx_http_wismo_conn_t        *conn;
    ngx_http_wismo_redis_conf_t  *conf;

    conn = c->data;
    conf = conn->conf;

    if (!c->ssl->handshaked) {
        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_TLS, 0, NULL);
        return;
    }

    if (conf->tls_verify) {
        rc = SSL_get_verify_result(c->ssl->connection);

        if (rc != X509_V_OK) {
            text.data = (u_char *) X509_verify_cert_error_string(rc);
            text.len = ngx_strlen(text.data);

            ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_TLS, 0, &text);
            return;
        }

        if (ngx_http_wismo_conn_tls_name(c, &conf->tls_name) != NGX_OK) {
            ngx_str_set(&text, "its certificate is for another name than "
                               "\"ssl_name\"");

            ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_TLS, 0, &text);
            return;
        }
    }

    c->read->handler = ngx_http_wismo_conn_read_handler;
    c->write->handler = ngx_http_wismo_conn_write_handler;

    ngx_http_wismo_conn_greet(conn);
}


static ngx_int_t
ngx_http_wismo_conn_tls_name(ngx_connection_t *c, ngx_str_t *name)
{
    int    rc;
    X509  *cert;

    if (!ngx_http_wismo_conn_literal(name)) {
        return ngx_ssl_check_host(c, name);
    }

    cert = SSL_get_peer_certificate(c->ssl->connection);
    if (cert == NULL) {
        return NGX_ERROR;
    }

    rc = X509_check_ip_asc(cert, (char *) name->data, 0);

    X509_free(cert);

    return (rc == 1) ? NGX_OK : NGX_ERROR;
}


static ngx_uint_t
ngx_http_wismo_conn_literal(ngx_str_t *name)
{
    return ngx_inet_addr(name->data, name->len) != INADDR_NONE
           || ngx_strlchr(name->data, name->data + name->len, ':') != NULL;
}

#endif


ngx_int_t
ngx_http_wismo_conn_test(ngx_http_wismo_conn_t *conn)
{
    int        err;
    socklen_t  len;

    err = 0;
    len = sizeof(int);

    if (getsockopt(conn->c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len)
        == -1)
    {
        err = ngx_socket_errno;
    }

    if (err) {
        ngx_http_wismo_conn_fail(conn, NGX_HTTP_WISMO_WHY_CONNECT, err,
                                 conn->peer.name);
        return NGX_ERROR;
    }

    return NGX_OK;
}
