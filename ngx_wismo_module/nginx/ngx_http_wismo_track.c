
/*
 * Copyright (C) The Wismo authors
 *
 * A request's way: "where is my order?" is answered here.  The order number
 * comes out of the path, who may see what is known to
 * ngx_http_wismo_access.c, the document comes out of Redis with one command,
 * and the answer is a page, the stored JSON, or a 304.
 *
 * Whoever may not see an order, and whoever asks for one that does not exist,
 * get the same answer.  What must never happen here: a second command for the
 * same page, a write, or a byte of a document that was not checked first.
 */


#include "ngx_http_wismo_track.h"

#include "wismo_accept.h"


static ngx_int_t ngx_http_wismo_track_base(ngx_http_request_t *r,
    ngx_http_wismo_loc_conf_t *wlcf, ngx_http_wismo_track_t *t);
static ngx_http_wismo_type_e ngx_http_wismo_track_type(ngx_http_request_t *r);
static ngx_int_t ngx_http_wismo_track_ask(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);
static ngx_int_t ngx_http_wismo_track_answer(ngx_http_request_t *r,
    void *data, ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value);
static ngx_int_t ngx_http_wismo_track_document(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, wismo_document_t *doc);
static ngx_int_t ngx_http_wismo_track_corrupt(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, wismo_document_t *doc, const char *what);


ngx_int_t
ngx_http_wismo_track_handler(ngx_http_request_t *r)
{
    size_t                      n;
    ngx_int_t                   rc;
    ngx_str_t                   token;
    ngx_http_wismo_track_t     *t;
    ngx_http_wismo_response_t   rs;
    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    t = ngx_pcalloc(r->pool, sizeof(ngx_http_wismo_track_t));
    if (t == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_wismo_track_base(r, wlcf, t) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    n = wlcf->base.len;

    if (r->uri.len == n && r->method == NGX_HTTP_POST) {
        return ngx_http_wismo_read_body(r, NGX_HTTP_WISMO_FORM_MAX,
                                        ngx_http_wismo_access_form, t);
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        ngx_http_wismo_response_init(&rs, NGX_HTTP_NOT_ALLOWED,
                                     NGX_HTTP_WISMO_PROBLEM);

        if (r->uri.len == n) {
            ngx_str_set(&rs.allow, "GET, HEAD, POST");

        } else {
            ngx_str_set(&rs.allow, "GET, HEAD");
        }

        return ngx_http_wismo_problem(r, &rs, "This page can only be read.",
                                      NULL, 0);
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    if (r->uri.len == n) {
        return ngx_http_wismo_track_message(r, t, NGX_HTTP_OK,
                                            NGX_HTTP_WISMO_PAGE_FORM);
    }

    if (r->uri.len < n
        || ngx_memcmp(r->uri.data, wlcf->base.data, n) != 0)
    {
        return ngx_http_wismo_track_message(r, t, NGX_HTTP_NOT_FOUND,
                                            NGX_HTTP_WISMO_PAGE_NOT_FOUND);
    }

    t->number.data = r->uri.data + n;
    t->number.len = r->uri.len - n;

    n = sizeof(".json") - 1;

    if (t->number.len > n
        && ngx_memcmp(t->number.data + t->number.len - n, ".json", n) == 0)
    {
        t->number.len -= n;
        t->suffix = 1;
        t->type = NGX_HTTP_WISMO_JSON;

    } else {
        t->type = ngx_http_wismo_track_type(r);
    }

    if (!wismo_order_number_ok(&t->number)) {
        return ngx_http_wismo_track_message(r, t, NGX_HTTP_NOT_FOUND,
                                            NGX_HTTP_WISMO_PAGE_NOT_FOUND);
    }

    if (r->args.len
        && ngx_http_arg(r, (u_char *) "t", 1, &token) == NGX_OK)
    {
        return ngx_http_wismo_access_link(r, t, &token);
    }

    if (ngx_http_wismo_access(r, t) != NGX_OK) {
        return ngx_http_wismo_track_message(r, t, NGX_HTTP_NOT_FOUND,
                                            NGX_HTTP_WISMO_PAGE_NOT_FOUND);
    }

    return ngx_http_wismo_track_ask(r, t);
}


static ngx_int_t
ngx_http_wismo_track_base(ngx_http_request_t *r,
    ngx_http_wismo_loc_conf_t *wlcf, ngx_http_wismo_track_t *t)
{
    size_t  escape;

    t->base = wlcf->base;

    escape = ngx_escape_uri(NULL, wlcf->base.data, wlcf->base.len,
                            NGX_ESCAPE_URI);

    if (escape) {
        t->base.len = wlcf->base.len + 2 * escape;

        t->base.data = ngx_pnalloc(r->pool, t->base.len);
        if (t->base.data == NULL) {
            return NGX_ERROR;
        }

        (void) ngx_escape_uri(t->base.data, wlcf->base.data, wlcf->base.len,
                              NGX_ESCAPE_URI);
    }

    return NGX_OK;
}


/* By what the client accepts; HTML if it likes others as well. */

static ngx_http_wismo_type_e
ngx_http_wismo_track_type(ngx_http_request_t *r)
{
    int          rc;
    wismo_str_t  accept;

    static const char *const  names[] = { "text/html", "application/json" };

    if (r->headers_in.accept == NULL) {
        return NGX_HTTP_WISMO_HTML;
    }

    accept.len = r->headers_in.accept->value.len;
    accept.data = r->headers_in.accept->value.data;

    rc = wismo_accept_choose(&accept, names, 2);

    return rc > 0 ? NGX_HTTP_WISMO_JSON : NGX_HTTP_WISMO_HTML;
}


static ngx_int_t
ngx_http_wismo_track_ask(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    char                       buf[WISMO_KEY_MAX];
    ngx_str_t                  argv[4];
    ngx_http_wismo_redis_rc_e  rc;

    /* bounded, whatever somebody has put there; empty if there is no key */

    ngx_str_set(&argv[0], "GETRANGE");
    argv[1].data = (u_char *) buf;
    argv[1].len = wismo_key_document(buf, &t->number);
    ngx_str_set(&argv[2], "0");
    ngx_str_set(&argv[3], "131071");

    rc = ngx_http_wismo_ask(r, 4, argv, ngx_http_wismo_track_answer, t);

    if (rc != NGX_HTTP_WISMO_REDIS_OK) {
        return ngx_http_wismo_track_answer(r, t, rc, NULL);
    }

    r->main->count++;

    return NGX_DONE;
}


static ngx_int_t
ngx_http_wismo_track_answer(ngx_http_request_t *r, void *data,
    ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value)
{
    ngx_http_wismo_track_t *t = data;

    wismo_str_t       bytes;
    wismo_error_t     err;
    wismo_document_t  doc;

    if (rc != NGX_HTTP_WISMO_REDIS_OK) {
        return ngx_http_wismo_track_message(r, t,
                                            NGX_HTTP_SERVICE_UNAVAILABLE,
                                            NGX_HTTP_WISMO_PAGE_UNAVAILABLE);
    }

    if (value->type != NGX_HTTP_WISMO_REDIS_STRING) {
        return ngx_http_wismo_track_corrupt(r, t, NULL, "not a string");
    }

    if (value->str.len == 0) {
        return ngx_http_wismo_track_message(r, t, NGX_HTTP_NOT_FOUND,
                                            NGX_HTTP_WISMO_PAGE_NOT_FOUND);
    }

    bytes.len = value->str.len;
    bytes.data = value->str.data;

    ngx_memzero(&doc, sizeof(wismo_document_t));

    if (wismo_document_open(&bytes, &doc, &err) != WISMO_OK) {
        return ngx_http_wismo_track_corrupt(r, t, &doc, err.text);
    }

    return ngx_http_wismo_track_document(r, t, &doc);
}


static ngx_int_t
ngx_http_wismo_track_document(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, wismo_document_t *doc)
{
    u_char                      *etag;
    ngx_int_t                    rc;
    wismo_str_t                 *view;
    ngx_http_wismo_response_t    rs;
    ngx_http_wismo_main_conf_t  *wmcf;

    static const char  *variants[][2] = {
        { "hm", "hf" },
        { "jm", "jf" }
    };

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);

    ngx_http_wismo_response_init(&rs, NGX_HTTP_OK, t->type);

    rs.varies = 1;

    etag = ngx_pnalloc(r->pool, NGX_HTTP_WISMO_ETAG_MAX);
    if (etag == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_wismo_etag(&rs.etag, etag, doc, wmcf->generation,
                        variants[t->type][t->view],
                        t->type == NGX_HTTP_WISMO_HTML ? ngx_time() : 0);

    if (ngx_http_wismo_etag_matches(r, &rs.etag)) {
        rs.status = NGX_HTTP_NOT_MODIFIED;

    } else if (t->type != NGX_HTTP_WISMO_HTML) {
        view = (t->view == WISMO_VIEW_FULL) ? &doc->full : &doc->minimal;
        rs.body.data = view->data;
        rs.body.len = view->len;

    } else {
        rc = ngx_http_wismo_page_order(r, t, doc, &rs);

        if (rc == NGX_DECLINED) {
            return ngx_http_wismo_track_corrupt(r, t, doc, "a broken view");
        }

        if (rc != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    return ngx_http_wismo_reply(r, &rs);
}


/*
 * What is stored cannot be used.  If its header can, that is an answer: the
 * status and since when.  No other order is concerned.
 */

static ngx_int_t
ngx_http_wismo_track_corrupt(ngx_http_request_t *r, ngx_http_wismo_track_t *t,
    wismo_document_t *doc, const char *what)
{
    uint64_t                    hash;
    ngx_http_wismo_response_t   rs;

    static time_t    logged;
    static uint64_t  last;

    hash = wismo_hash64(t->number.data, t->number.len, 0);

    if (hash != last || ngx_time() - logged >= NGX_HTTP_WISMO_LOG_INTERVAL) {
        last = hash;
        logged = ngx_time();

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "wismo: what is stored of this order is unusable: %s; "
                      "send the order again", what);
    }

    if (doc && doc->version && t->type == NGX_HTTP_WISMO_HTML) {
        wismo_str_set(&doc->minimal, "{}");
        t->view = WISMO_VIEW_MINIMAL;

        ngx_http_wismo_response_init(&rs, NGX_HTTP_OK, NGX_HTTP_WISMO_HTML);

        rs.varies = 1;

        if (ngx_http_wismo_page_order(r, t, doc, &rs) == NGX_OK) {
            return ngx_http_wismo_reply(r, &rs);
        }
    }

    return ngx_http_wismo_track_message(r, t, NGX_HTTP_SERVICE_UNAVAILABLE,
                                        NGX_HTTP_WISMO_PAGE_UNAVAILABLE);
}


ngx_int_t
ngx_http_wismo_track_message(ngx_http_request_t *r, ngx_http_wismo_track_t *t,
    ngx_uint_t status, ngx_http_wismo_message_e message)
{
    ngx_http_wismo_response_t  rs;

    static const char  *details[] = {
        "This is the look-up form.",
        "There is no such order, or it may not be seen.",
        "This link is not valid, or no longer.",
        "The order cannot be looked up now."
    };

    ngx_http_wismo_response_init(&rs, status, NGX_HTTP_WISMO_HTML);

    rs.varies = 1;

    if (status == NGX_HTTP_SERVICE_UNAVAILABLE) {
        rs.retry_after = NGX_HTTP_WISMO_RETRY_AFTER;
    }

    if (t->type != NGX_HTTP_WISMO_HTML) {
        return ngx_http_wismo_problem(r, &rs, details[message], NULL, 0);
    }

    if (ngx_http_wismo_page_message(r, &t->base, message, &rs) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_wismo_reply(r, &rs);
}


ngx_int_t
ngx_http_wismo_track_redirect(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, ngx_str_t *cookie)
{
    u_char                     *p;
    ngx_http_wismo_response_t   rs;

    ngx_http_wismo_response_init(&rs, NGX_HTTP_SEE_OTHER,
                                 NGX_HTTP_WISMO_HTML);

    p = ngx_pnalloc(r->pool, t->base.len + t->number.len
                             + sizeof(".json") - 1);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rs.location.data = p;

    p = ngx_cpymem(p, t->base.data, t->base.len);
    p = ngx_cpymem(p, t->number.data, t->number.len);

    if (t->suffix) {
        p = ngx_cpymem(p, ".json", sizeof(".json") - 1);
    }

    rs.location.len = p - rs.location.data;

    if (cookie) {
        rs.cookie = *cookie;
    }

    return ngx_http_wismo_reply(r, &rs);
}
