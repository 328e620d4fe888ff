
/*
 * Copyright (C) The Wismo authors
 *
 * A request's way: "where is my order?" is answered here.  The order number
 * comes out of the path, the right to see more than the minimum out of a
 * signed link or the cookie it was traded for, the document out of Redis with
 * one command, and the answer is a page, the stored JSON, or a 304.
 *
 * Whoever may not see an order, and whoever asks for one that does not exist,
 * get the same answer.  What must never happen here: a second command for the
 * same page, a write, or a byte of a document that was not checked first.
 */


#include "ngx_http_wismo_page.h"
#include "ngx_http_wismo_reply.h"
#include "ngx_http_wismo_wait.h"


#define NGX_HTTP_WISMO_FORM_MAX  1024


typedef struct {
    wismo_str_t                number;
    ngx_str_t                  base;       /* escaped */
    ngx_uint_t                 json;       /* wanted */
    ngx_uint_t                 suffix;     /* ... because of ".json" */
    wismo_view_e               view;
} ngx_http_wismo_track_t;


static ngx_int_t ngx_http_wismo_track_base(ngx_http_request_t *r,
    ngx_http_wismo_loc_conf_t *wlcf, ngx_http_wismo_track_t *t);
static ngx_int_t ngx_http_wismo_track_form(ngx_http_request_t *r, void *data,
    ngx_str_t *body);
static ngx_int_t ngx_http_wismo_track_link(ngx_http_request_t *r,
    ngx_http_wismo_loc_conf_t *wlcf, ngx_http_wismo_track_t *t,
    ngx_str_t *token);
static ngx_int_t ngx_http_wismo_track_redirect(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, ngx_str_t *cookie);
static ngx_uint_t ngx_http_wismo_track_has_cookie(ngx_http_request_t *r,
    ngx_http_wismo_loc_conf_t *wlcf, ngx_http_wismo_track_t *t);
static u_char *ngx_http_wismo_track_cookie_name(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, u_char *buf);
static ngx_uint_t ngx_http_wismo_track_wants_json(ngx_http_request_t *r);
static ngx_int_t ngx_http_wismo_track_quality(u_char *p, u_char *last);
static ngx_int_t ngx_http_wismo_track_ask(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);
static ngx_int_t ngx_http_wismo_track_answer(ngx_http_request_t *r,
    void *data, ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value);
static ngx_int_t ngx_http_wismo_track_document(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, wismo_document_t *doc);
static ngx_int_t ngx_http_wismo_track_corrupt(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, wismo_document_t *doc, const char *what);
static ngx_int_t ngx_http_wismo_track_message(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, ngx_uint_t status,
    ngx_http_wismo_message_e message);


#if (NGX_HTTP_SSL)
#define ngx_http_wismo_is_tls(r)  ((r)->connection->ssl != NULL)
#else
#define ngx_http_wismo_is_tls(r)  0
#endif


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
                                        ngx_http_wismo_track_form, t);
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
        t->json = 1;

    } else {
        t->json = ngx_http_wismo_track_wants_json(r);
    }

    if (!wismo_order_number_ok(&t->number)) {
        return ngx_http_wismo_track_message(r, t, NGX_HTTP_NOT_FOUND,
                                            NGX_HTTP_WISMO_PAGE_NOT_FOUND);
    }

    if (r->args.len
        && ngx_http_arg(r, (u_char *) "t", 1, &token) == NGX_OK)
    {
        return ngx_http_wismo_track_link(r, wlcf, t, &token);
    }

    if (ngx_http_wismo_track_has_cookie(r, wlcf, t)
        || wlcf->order_only == NGX_HTTP_WISMO_ORDER_ONLY_FULL)
    {
        t->view = WISMO_VIEW_FULL;

    } else if (wlcf->order_only == NGX_HTTP_WISMO_ORDER_ONLY_MINIMAL) {
        t->view = WISMO_VIEW_MINIMAL;

    } else {
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


/* The look-up form: its one field becomes the path of the page. */

static ngx_int_t
ngx_http_wismo_track_form(ngx_http_request_t *r, void *data, ngx_str_t *body)
{
    ngx_http_wismo_track_t *t = data;

    u_char       ch, *p, *dst, *src, *last;
    ngx_str_t    args, value;

    if (body == NULL) {
        return ngx_http_wismo_track_message(r, t,
                                            NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                            NGX_HTTP_WISMO_PAGE_NOT_FOUND);
    }

    args = r->args;
    r->args = *body;

    if (ngx_http_arg(r, (u_char *) "order", 5, &value) != NGX_OK) {
        value.len = 0;
    }

    r->args = args;

    if (value.len) {
        p = value.data;
        last = p + value.len;

        for (src = p; src < last; src++) {
            if (*src == '+') {
                *src = ' ';
            }
        }

        dst = p;
        src = p;
        ngx_unescape_uri(&dst, &src, value.len, 0);

        /* people paste a number with what stood around it */

        while (p < dst && (*p == ' ' || *p == '#' || *p == '\t')) {
            p++;
        }

        while (p < dst) {
            ch = dst[-1];

            if (ch != ' ' && ch != '\t' && ch != CR && ch != LF) {
                break;
            }

            dst--;
        }

        t->number.data = p;
        t->number.len = dst - p;

        if (wismo_order_number_ok(&t->number)) {
            return ngx_http_wismo_track_redirect(r, t, NULL);
        }
    }

    return ngx_http_wismo_track_message(r, t, NGX_HTTP_NOT_FOUND,
                                        NGX_HTTP_WISMO_PAGE_NOT_FOUND);
}


/*
 * A signed link is traded for a cookie, so that its token leaves the address
 * bar.  It is checked before Redis is asked anything: garbage costs a MAC.
 */

static ngx_int_t
ngx_http_wismo_track_link(ngx_http_request_t *r,
    ngx_http_wismo_loc_conf_t *wlcf, ngx_http_wismo_track_t *t,
    ngx_str_t *token)
{
    char         value[WISMO_TOKEN_MAX];
    size_t       n;
    time_t       now;
    u_char      *p, name[64];
    ngx_str_t    cookie;
    wismo_str_t  s;

    now = ngx_time();

    s.len = token->len;
    s.data = token->data;

    if (wlcf->keys == NULL
        || wismo_token_check(wlcf->keys, WISMO_TOKEN_LINK, &t->number, &s,
                             now)
           != WISMO_OK)
    {
        return ngx_http_wismo_track_message(r, t, NGX_HTTP_NOT_FOUND,
                                            NGX_HTTP_WISMO_PAGE_BAD_LINK);
    }

    n = wismo_token_make(wlcf->keys, WISMO_TOKEN_COOKIE, &t->number,
                         now + WISMO_COOKIE_TTL, value);

    p = ngx_pnalloc(r->pool, sizeof(name) + n + t->base.len
                    + sizeof("=; Path=; Max-Age=; HttpOnly; SameSite=Lax; "
                             "Secure") + NGX_INT_T_LEN);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cookie.data = p;

    p = ngx_cpymem(p, name,
                   ngx_http_wismo_track_cookie_name(r, t, name) - name);

    *p++ = '=';
    p = ngx_cpymem(p, value, n);
    p = ngx_sprintf(p, "; Max-Age=%d; HttpOnly; SameSite=Lax",
                    WISMO_COOKIE_TTL);

    if (ngx_http_wismo_is_tls(r)) {
        p = ngx_cpymem(p, "; Path=/; Secure", sizeof("; Path=/; Secure") - 1);

    } else {
        p = ngx_sprintf(p, "; Path=%V", &t->base);
    }

    cookie.len = p - cookie.data;

    return ngx_http_wismo_track_redirect(r, t, &cookie);
}


static ngx_int_t
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


/*
 * Each order has a cookie of its own, so that a shopper may look at several;
 * the name's prefix makes browsers refuse one that another host has set.
 */

static u_char *
ngx_http_wismo_track_cookie_name(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, u_char *buf)
{
    uint64_t  hash;

    hash = wismo_hash64(t->number.data, t->number.len, 0);

    return ngx_sprintf(buf, "%swismo_%08xD",
                       ngx_http_wismo_is_tls(r) ? "__Host-" : "",
                       (uint32_t) hash);
}


static ngx_uint_t
ngx_http_wismo_track_has_cookie(ngx_http_request_t *r,
    ngx_http_wismo_loc_conf_t *wlcf, ngx_http_wismo_track_t *t)
{
    u_char       buf[64];
    ngx_str_t    name, value;
    wismo_str_t  s;

    if (wlcf->keys == NULL) {
        return 0;
    }

    name.data = buf;
    name.len = ngx_http_wismo_track_cookie_name(r, t, buf) - buf;

    if (!ngx_http_wismo_cookie(r, &name, &value)) {
        return 0;
    }

    s.len = value.len;
    s.data = value.data;

    return wismo_token_check(wlcf->keys, WISMO_TOKEN_COOKIE, &t->number, &s,
                             ngx_time())
           == WISMO_OK;
}


/*
 * JSON if the client likes it better than HTML, or as well and names it while
 * HTML is only among its "anything".
 */

static ngx_uint_t
ngx_http_wismo_track_wants_json(ngx_http_request_t *r)
{
    size_t      len;
    u_char     *p, *last, *end, *type;
    ngx_int_t   q, html, json, named_html, named_json;
    ngx_str_t  *accept;

    if (r->headers_in.accept == NULL) {
        return 0;
    }

    accept = &r->headers_in.accept->value;

    html = 0;
    json = 0;
    named_html = 0;
    named_json = 0;

    p = accept->data;
    last = accept->data + accept->len;

    while (p < last) {

        while (p < last && (*p == ' ' || *p == '\t' || *p == ',')) {
            p++;
        }

        type = p;

        while (p < last && *p != ',' && *p != ';' && *p != ' ') {
            p++;
        }

        len = p - type;
        end = ngx_strlchr(p, last, ',');

        if (end == NULL) {
            end = last;
        }

        q = ngx_http_wismo_track_quality(p, end);

        if (len == 9 && ngx_strncasecmp(type, (u_char *) "text/html", 9) == 0)
        {
            named_html = 1;
            html = q;

        } else if (len == 16
                   && ngx_strncasecmp(type, (u_char *) "application/json", 16)
                      == 0)
        {
            named_json = 1;
            json = q;

        } else if (len == 3 && ngx_strncmp(type, "*/*", 3) == 0) {
            html = named_html ? html : q;
            json = named_json ? json : q;
        }

        p = end;
    }

    return json > html || (json == html && json && named_json && !named_html);
}


/* The "q" of a media range, in thousandths. */

static ngx_int_t
ngx_http_wismo_track_quality(u_char *p, u_char *last)
{
    ngx_int_t   q;
    ngx_uint_t  i;

    while (p < last) {

        if (*p++ != ';') {
            continue;
        }

        while (p < last && *p == ' ') {
            p++;
        }

        if (last - p < 3 || (p[0] | 0x20) != 'q' || p[1] != '=') {
            continue;
        }

        p += 2;

        if (*p == '1') {
            return 1000;
        }

        if (*p != '0') {
            return 0;
        }

        q = 0;
        p += 2;

        for (i = 0; i < 3; i++) {
            q *= 10;

            if (p < last && *p >= '0' && *p <= '9') {
                q += *p++ - '0';
            }
        }

        return q;
    }

    return 1000;
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

    static const char  *variants[] = { "hm", "hf", "jm", "jf" };

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);

    ngx_http_wismo_response_init(&rs, NGX_HTTP_OK,
                                 t->json ? NGX_HTTP_WISMO_JSON
                                         : NGX_HTTP_WISMO_HTML);

    rs.varies = 1;

    etag = ngx_pnalloc(r->pool, NGX_HTTP_WISMO_ETAG_MAX);
    if (etag == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_wismo_etag(&rs.etag, etag, doc, wmcf->generation,
                        variants[2 * t->json + (t->view == WISMO_VIEW_FULL)],
                        t->json ? 0 : ngx_time());

    if (ngx_http_wismo_etag_matches(r, &rs.etag)) {
        rs.status = NGX_HTTP_NOT_MODIFIED;

    } else if (t->json) {
        view = (t->view == WISMO_VIEW_FULL) ? &doc->full : &doc->minimal;
        rs.body.data = view->data;
        rs.body.len = view->len;

    } else {
        rc = ngx_http_wismo_page_order(r, &t->base, doc, t->view, &rs);

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

    if (doc && doc->version && !t->json) {
        wismo_str_set(&doc->minimal, "{}");

        ngx_http_wismo_response_init(&rs, NGX_HTTP_OK, NGX_HTTP_WISMO_HTML);

        rs.varies = 1;

        if (ngx_http_wismo_page_order(r, &t->base, doc, WISMO_VIEW_MINIMAL,
                                      &rs)
            == NGX_OK)
        {
            return ngx_http_wismo_reply(r, &rs);
        }
    }

    return ngx_http_wismo_track_message(r, t, NGX_HTTP_SERVICE_UNAVAILABLE,
                                        NGX_HTTP_WISMO_PAGE_UNAVAILABLE);
}


static ngx_int_t
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

    if (t->json) {
        return ngx_http_wismo_problem(r, &rs, details[message], NULL, 0);
    }

    if (ngx_http_wismo_page_message(r, &t->base, message, &rs) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_wismo_reply(r, &rs);
}
