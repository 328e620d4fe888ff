
/*
 * Copyright (C) The Wismo authors
 *
 * The only way a response leaves the module: every handler fills in a
 * response and calls ngx_http_wismo_reply().  The security headers are here
 * and not in add_header directives, because those of an outer level are lost
 * as soon as an inner one has its own.
 *
 * What must never be here: a decision what to answer.  Nothing is computed
 * per request that is the same for all of them.
 */


#include "ngx_http_wismo_reply.h"


#define NGX_HTTP_WISMO_PROBLEM_MAX  16384


typedef struct {
    ngx_uint_t     status;
    ngx_str_t      title;
} ngx_http_wismo_title_t;


static ngx_table_elt_t *ngx_http_wismo_reply_header(ngx_http_request_t *r,
    ngx_str_t *key, ngx_str_t *value);
static ngx_table_elt_t *ngx_http_wismo_reply_number(ngx_http_request_t *r,
    ngx_str_t *key, ngx_int_t n);
static ngx_int_t ngx_http_wismo_reply_policies(ngx_http_request_t *r,
    ngx_http_wismo_response_t *rs);
static ngx_int_t ngx_http_wismo_reply_headers(ngx_http_request_t *r,
    ngx_http_wismo_response_t *rs);
static ngx_int_t ngx_http_wismo_reply_origin(ngx_http_request_t *r,
    ngx_http_wismo_response_t *rs);
static ngx_buf_t *ngx_http_wismo_reply_buf(ngx_pool_t *pool, ngx_str_t *text);
static ngx_str_t *ngx_http_wismo_reply_title(ngx_uint_t status);


/* What goes with every response but a 304. */

static ngx_table_elt_t  ngx_http_wismo_reply_always[] = {
    ngx_http_wismo_header("X-Content-Type-Options", "nosniff"),
    ngx_http_wismo_header("Referrer-Policy", "no-referrer"),
    ngx_http_wismo_header("Cross-Origin-Opener-Policy", "same-origin"),
    ngx_http_wismo_header("X-Robots-Tag", "noindex, nofollow, noarchive"),
    ngx_http_wismo_header("Permissions-Policy",
                          "camera=(), geolocation=(), microphone=(), "
                          "payment=(), usb=()")
};

#define NGX_HTTP_WISMO_REPLY_ALWAYS                                           \
    (sizeof(ngx_http_wismo_reply_always) / sizeof(ngx_table_elt_t))


static ngx_str_t  ngx_http_wismo_reply_types[] = {
    ngx_string("text/html; charset=utf-8"),
    ngx_string("application/json"),
    ngx_string("application/problem+json"),
    ngx_string("text/javascript; charset=utf-8"),
    ngx_string("text/event-stream"),
    ngx_string("text/plain; charset=utf-8"),
    ngx_string("text/calendar; charset=utf-8"),
    ngx_string("application/atom+xml; charset=utf-8"),
    ngx_string("text/html; charset=utf-8"),
    ngx_string("text/javascript; charset=utf-8"),
    ngx_string("text/xml; charset=utf-8")
};


static ngx_http_wismo_title_t  ngx_http_wismo_reply_titles[] = {
    { 400, ngx_string("Bad Request") },
    { 401, ngx_string("Unauthorized") },
    { 404, ngx_string("Not Found") },
    { 405, ngx_string("Method Not Allowed") },
    { 413, ngx_string("Content Too Large") },
    { 415, ngx_string("Unsupported Media Type") },
    { 422, ngx_string("Unprocessable Content") },
    { 500, ngx_string("Internal Server Error") },
    { 503, ngx_string("Service Unavailable") }
};


static ngx_str_t  ngx_http_wismo_cache = ngx_string("Cache-Control");
static ngx_str_t  ngx_http_wismo_cache_types[] = {
    ngx_string("private, no-cache"),
    ngx_string("private, no-cache"),
    ngx_string("private, no-cache"),
    ngx_string("public, max-age=31536000, immutable"),
    ngx_string("no-store"),
    ngx_string("private, no-cache"),
    ngx_string("private, no-cache"),
    ngx_string("private, no-cache"),
    ngx_string("private, no-cache"),
    ngx_string("public, max-age=3600"),
    ngx_string("no-store")
};

/* a proxy in front must not gather what is meant for now */
static ngx_str_t  ngx_http_wismo_accel = ngx_string("X-Accel-Buffering");
static ngx_str_t  ngx_http_wismo_accel_no = ngx_string("no");

static ngx_str_t  ngx_http_wismo_csp = ngx_string("Content-Security-Policy");
static ngx_str_t  ngx_http_wismo_csp_none =
    ngx_string("default-src 'none'" NGX_HTTP_WISMO_CSP_FRAMES);

static ngx_str_t  ngx_http_wismo_vary = ngx_string("Vary");
static ngx_str_t  ngx_http_wismo_vary_on =
    ngx_string("Accept, Accept-Encoding, Accept-Language, Cookie");

static ngx_str_t  ngx_http_wismo_age = ngx_string("Age");
static ngx_str_t  ngx_http_wismo_warning = ngx_string("Warning");
static ngx_str_t  ngx_http_wismo_warning_stale =
    ngx_string("110 - \"Response is Stale\"");

static ngx_str_t  ngx_http_wismo_vary_encoding =
    ngx_string("Accept-Encoding");

static ngx_str_t  ngx_http_wismo_vary_origin = ngx_string("Origin");
static ngx_str_t  ngx_http_wismo_allow_origin =
    ngx_string("Access-Control-Allow-Origin");

static ngx_str_t  ngx_http_wismo_length = ngx_string("Content-Length");
static ngx_str_t  ngx_http_wismo_encoding = ngx_string("Content-Encoding");
static ngx_str_t  ngx_http_wismo_encoding_gzip = ngx_string("gzip");

static ngx_str_t  ngx_http_wismo_etag_key = ngx_string("ETag");
static ngx_str_t  ngx_http_wismo_location = ngx_string("Location");
static ngx_str_t  ngx_http_wismo_set_cookie = ngx_string("Set-Cookie");
static ngx_str_t  ngx_http_wismo_allow = ngx_string("Allow");
static ngx_str_t  ngx_http_wismo_retry = ngx_string("Retry-After");

static ngx_str_t  ngx_http_wismo_authenticate = ngx_string("WWW-Authenticate");
static ngx_str_t  ngx_http_wismo_bearer = ngx_string("Bearer realm=\"wismo\"");

/* nginx's own table of status lines has a hole here */
static ngx_str_t  ngx_http_wismo_status_422 =
    ngx_string("422 Unprocessable Content");


void
ngx_http_wismo_response_init(ngx_http_wismo_response_t *rs, ngx_uint_t status,
    ngx_http_wismo_type_e type)
{
    ngx_memzero(rs, sizeof(ngx_http_wismo_response_t));

    rs->status = status;
    rs->type = type;
    rs->age = -1;
    rs->retry_after = -1;
}


ngx_int_t
ngx_http_wismo_reply(ngx_http_request_t *r, ngx_http_wismo_response_t *rs)
{
    size_t            size;
    ngx_buf_t        *b;
    ngx_int_t         rc;
    ngx_str_t        *head;
    ngx_chain_t       out[2], *cl;
    ngx_table_elt_t  *h;

    /* a body that nobody asked for must not be invited by a "100 Continue" */

    r->expect_tested = 1;

    if (ngx_http_discard_request_body(r) != NGX_OK) {
        r->keepalive = 0;
    }

    if (rs->status == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE) {
        r->keepalive = 0;
    }

    r->headers_out.status = rs->status;

    if (rs->status == 422) {
        r->headers_out.status_line = ngx_http_wismo_status_422;
    }

    if (ngx_http_wismo_reply_headers(r, rs) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rs->status == NGX_HTTP_NOT_MODIFIED) {
        r->headers_out.content_length_n = -1;

        return ngx_http_send_header(r);
    }

    head = NULL;

    if (rs->head) {
        head = rs->gzipped ? &rs->head->gzipped : &rs->head->text;
    }

    size = rs->body.len + (head ? head->len : 0);

    r->headers_out.content_length_n = size;

    if (rs->type == NGX_HTTP_WISMO_STREAM) {
        r->headers_out.content_length_n = -1;

        /* frames must not wait for others to be compressed with */

        r->gzip_tested = 1;
        r->gzip_ok = 0;

    } else if (size) {

        /* nginx would print it, which takes three times as long */

        h = ngx_http_wismo_reply_number(r, &ngx_http_wismo_length, size);
        if (h == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        r->headers_out.content_length = h;
    }

    if (size) {
        r->headers_out.content_type = ngx_http_wismo_reply_types[rs->type];
        r->headers_out.content_type_len = r->headers_out.content_type.len;

        if (rs->type == NGX_HTTP_WISMO_HTML
            || rs->type == NGX_HTTP_WISMO_FRAGMENT)
        {
            r->headers_out.content_type_len = sizeof("text/html") - 1;
        }
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    if (size == 0) {
        return ngx_http_send_special(r, NGX_HTTP_LAST);
    }

    cl = out;

    if (head && head->len) {
        cl->buf = ngx_http_wismo_reply_buf(r->pool, head);
        if (cl->buf == NULL) {
            return NGX_ERROR;
        }

        cl->next = out + 1;
        cl = cl->next;
    }

    b = ngx_http_wismo_reply_buf(r->pool, &rs->body);
    if (b == NULL) {
        return NGX_ERROR;
    }

    if (rs->type == NGX_HTTP_WISMO_STREAM) {
        return ngx_http_wismo_reply_more(r, b);
    }

    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    cl->buf = b;
    cl->next = NULL;

    return ngx_http_output_filter(r, out);
}


static ngx_buf_t *
ngx_http_wismo_reply_buf(ngx_pool_t *pool, ngx_str_t *text)
{
    ngx_buf_t  *b;

    b = ngx_calloc_buf(pool);
    if (b == NULL) {
        return NULL;
    }

    b->pos = text->data;
    b->last = text->data + text->len;

    /* one that is empty would be taken for a mistake */

    b->memory = (text->len != 0);

    return b;
}


ngx_int_t
ngx_http_wismo_reply_more(ngx_http_request_t *r, ngx_buf_t *b)
{
    ngx_chain_t  out;

    if (b == NULL) {
        return ngx_http_output_filter(r, NULL);
    }

    b->flush = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


ngx_int_t
ngx_http_wismo_reply_end(ngx_http_request_t *r)
{
    return ngx_http_send_special(r, NGX_HTTP_LAST);
}


static ngx_int_t
ngx_http_wismo_reply_headers(ngx_http_request_t *r,
    ngx_http_wismo_response_t *rs)
{
    ngx_table_elt_t            *h;
    ngx_http_wismo_loc_conf_t  *wlcf;

    if (rs->type == NGX_HTTP_WISMO_STREAM
        && ngx_http_wismo_reply_header(r, &ngx_http_wismo_accel,
                                       &ngx_http_wismo_accel_no)
           == NULL)
    {
        return NGX_ERROR;
    }

    if (ngx_http_wismo_reply_header(r, &ngx_http_wismo_cache,
                                    &ngx_http_wismo_cache_types[rs->type])
        == NULL)
    {
        return NGX_ERROR;
    }

    if (rs->status != NGX_HTTP_NOT_MODIFIED
        && ngx_http_wismo_reply_policies(r, rs) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (rs->varies
        && ngx_http_wismo_reply_header(r, &ngx_http_wismo_vary,
                                       &ngx_http_wismo_vary_on)
           == NULL)
    {
        return NGX_ERROR;
    }

    if ((rs->type == NGX_HTTP_WISMO_SCRIPT || rs->type == NGX_HTTP_WISMO_ALIAS)
        && ngx_http_wismo_reply_header(r, &ngx_http_wismo_vary,
                                       &ngx_http_wismo_vary_encoding)
           == NULL)
    {
        return NGX_ERROR;
    }

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    if (wlcf->embed_origins && ngx_http_wismo_reply_origin(r, rs) != NGX_OK) {
        return NGX_ERROR;
    }

    if (rs->cookie.len
        && ngx_http_wismo_reply_header(r, &ngx_http_wismo_set_cookie,
                                       &rs->cookie)
           == NULL)
    {
        return NGX_ERROR;
    }

    if (rs->lang_cookie.len
        && ngx_http_wismo_reply_header(r, &ngx_http_wismo_set_cookie,
                                       &rs->lang_cookie)
           == NULL)
    {
        return NGX_ERROR;
    }

    if (rs->allow.len
        && ngx_http_wismo_reply_header(r, &ngx_http_wismo_allow, &rs->allow)
           == NULL)
    {
        return NGX_ERROR;
    }

    if (rs->bearer
        && ngx_http_wismo_reply_header(r, &ngx_http_wismo_authenticate,
                                       &ngx_http_wismo_bearer)
           == NULL)
    {
        return NGX_ERROR;
    }

    if (rs->retry_after >= 0
        && ngx_http_wismo_reply_number(r, &ngx_http_wismo_retry,
                                       rs->retry_after)
           == NULL)
    {
        return NGX_ERROR;
    }

    if (rs->age >= 0
        && (ngx_http_wismo_reply_number(r, &ngx_http_wismo_age, rs->age)
            == NULL
            || ngx_http_wismo_reply_header(r, &ngx_http_wismo_warning,
                                           &ngx_http_wismo_warning_stale)
               == NULL))
    {
        return NGX_ERROR;
    }

#if (NGX_HTTP_GZIP)

    if (rs->encoded) {
        r->gzip_tested = 1;
        r->gzip_ok = 0;
    }

#endif

    if (rs->gzipped && rs->status != NGX_HTTP_NOT_MODIFIED) {
        h = ngx_http_wismo_reply_header(r, &ngx_http_wismo_encoding,
                                        &ngx_http_wismo_encoding_gzip);
        if (h == NULL) {
            return NGX_ERROR;
        }

        r->headers_out.content_encoding = h;
    }

    if (rs->etag.len) {
        h = ngx_http_wismo_reply_header(r, &ngx_http_wismo_etag_key,
                                        &rs->etag);
        if (h == NULL) {
            return NGX_ERROR;
        }

        r->headers_out.etag = h;
    }

    if (rs->location.len) {
        h = ngx_http_wismo_reply_header(r, &ngx_http_wismo_location,
                                        &rs->location);
        if (h == NULL) {
            return NGX_ERROR;
        }

        r->headers_out.location = h;
    }

    return NGX_OK;
}


/* Scripts of other sites may read what an element of ours shows, no page. */

static ngx_int_t
ngx_http_wismo_reply_origin(ngx_http_request_t *r,
    ngx_http_wismo_response_t *rs)
{
    ngx_str_t  *origin;

    if (rs->type == NGX_HTTP_WISMO_HTML || rs->type == NGX_HTTP_WISMO_STREAM) {
        return NGX_OK;
    }

    if (ngx_http_wismo_reply_header(r, &ngx_http_wismo_vary,
                                    &ngx_http_wismo_vary_origin)
        == NULL)
    {
        return NGX_ERROR;
    }

    origin = ngx_http_wismo_embed_origin(r);

    if (origin == NULL) {
        return NGX_OK;
    }

    return ngx_http_wismo_reply_header(r, &ngx_http_wismo_allow_origin, origin)
           ? NGX_OK : NGX_ERROR;
}


/* What a browser remembers of the body a 304 is about, it need not be told. */

static ngx_int_t
ngx_http_wismo_reply_policies(ngx_http_request_t *r,
    ngx_http_wismo_response_t *rs)
{
    ngx_str_t                   value;
    ngx_uint_t                  i;
    ngx_list_t                 *headers;
    ngx_table_elt_t            *h;
    ngx_http_wismo_loc_conf_t  *wlcf;

    headers = &r->headers_out.headers;

    if (headers->last->nelts + NGX_HTTP_WISMO_REPLY_ALWAYS <= headers->nalloc)
    {
        h = (ngx_table_elt_t *) headers->last->elts + headers->last->nelts;

        ngx_memcpy(h, ngx_http_wismo_reply_always,
                   sizeof(ngx_http_wismo_reply_always));

        headers->last->nelts += NGX_HTTP_WISMO_REPLY_ALWAYS;

    } else {
        for (i = 0; i < NGX_HTTP_WISMO_REPLY_ALWAYS; i++) {
            h = ngx_list_push(headers);
            if (h == NULL) {
                return NGX_ERROR;
            }

            *h = ngx_http_wismo_reply_always[i];
        }
    }

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);
    value = rs->csp.len ? rs->csp : ngx_http_wismo_csp_none;

    /* policies add up: this one is said in a header of its own */

    if (wlcf->frame_ancestors.len) {
        value.len -= sizeof(NGX_HTTP_WISMO_CSP_FRAMES) - 1;

        if (ngx_http_wismo_reply_header(r, &ngx_http_wismo_csp,
                                        &wlcf->frame_ancestors)
            == NULL)
        {
            return NGX_ERROR;
        }
    }

    return ngx_http_wismo_reply_header(r, &ngx_http_wismo_csp, &value)
           ? NGX_OK : NGX_ERROR;
}


static ngx_table_elt_t *
ngx_http_wismo_reply_header(ngx_http_request_t *r, ngx_str_t *key,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NULL;
    }

    h->hash = 1;
    ngx_http_wismo_header_end(h);
    h->key = *key;
    h->value = *value;
    h->lowcase_key = NULL;

    return h;
}


static ngx_table_elt_t *
ngx_http_wismo_reply_number(ngx_http_request_t *r, ngx_str_t *key, ngx_int_t n)
{
    char         *p;
    ngx_str_t     value;
    wismo_str_t   digits;

    p = ngx_pnalloc(r->pool, WISMO_DIGITS);
    if (p == NULL) {
        return NULL;
    }

    wismo_digits(p, n, &digits);

    value.len = digits.len;
    value.data = (u_char *) digits.data;

    return ngx_http_wismo_reply_header(r, key, &value);
}


void
ngx_http_wismo_etag(ngx_str_t *etag, u_char *buf, const wismo_document_t *doc,
    uint64_t variant)
{
    char          digits[WISMO_DIGITS];
    u_char       *p;
    uint64_t      hash;
    wismo_str_t   version;

    uint64_t      parts[3];

    parts[0] = variant;
    parts[1] = (uint64_t) doc->checked_at;
    parts[2] = (uint64_t) doc->next_check_at;

    hash = wismo_hash64(parts, sizeof(parts), 0);

    wismo_digits(digits, doc->version, &version);

    p = buf;

    *p++ = '"';
    p = ngx_cpymem(p, version.data, version.len);
    *p++ = '-';
    p = ngx_hex_dump(p, (u_char *) &hash, sizeof(hash));
    *p++ = '"';

    etag->data = buf;
    etag->len = p - buf;
}


ngx_uint_t
ngx_http_wismo_etag_matches(ngx_http_request_t *r, ngx_str_t *etag)
{
    u_char      *p, *last;
    ngx_str_t   *list;

    if (r->headers_in.if_none_match == NULL || r != r->main) {
        return 0;
    }

    list = &r->headers_in.if_none_match->value;
    p = list->data;
    last = list->data + list->len;

    /* a filter that changes the body makes the ETag weak: W/"..." */

    while (p < last) {

        if (*p == ' ' || *p == '\t' || *p == ',') {
            p++;
            continue;
        }

        if (*p == '*') {
            return 1;
        }

        if (last - p > 2 && p[0] == 'W' && p[1] == '/') {
            p += 2;
        }

        if ((size_t) (last - p) >= etag->len
            && ngx_memcmp(p, etag->data, etag->len) == 0)
        {
            p += etag->len;

            if (p == last || *p == ' ' || *p == '\t' || *p == ',') {
                return 1;
            }
        }

        while (p < last && *p != ',') {
            p++;
        }
    }

    return 0;
}


ngx_int_t
ngx_http_wismo_problem(ngx_http_request_t *r, ngx_http_wismo_response_t *rs,
    const char *detail, const wismo_error_t *errors, ngx_uint_t n)
{
    ngx_str_t    *title;
    wismo_str_t   s;
    wismo_out_t   out;
    wismo_pool_t  wp;

    ngx_http_wismo_pool(&wp, r->pool, 16 * NGX_HTTP_WISMO_PROBLEM_MAX);
    wismo_out_init(&out, &wp, 256 + n * sizeof(wismo_error_t));

    title = ngx_http_wismo_reply_title(rs->status);

    wismo_out_text(&out, "{\"type\":\"about:blank\",\"title\":\"");
    wismo_out_bytes(&out, title->data, title->len);
    wismo_out_text(&out, "\",\"status\":");
    wismo_out_int(&out, rs->status);
    wismo_out_text(&out, ",\"detail\":");

    s.data = (u_char *) detail;
    s.len = ngx_strlen(detail);
    wismo_out_json_str(&out, &s);

    if (n) {
        ngx_http_wismo_problem_errors(&out, errors, n);
    }

    wismo_out_text(&out, "}\n");

    if (out.failed) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rs->type = NGX_HTTP_WISMO_PROBLEM;
    rs->body.data = out.start;
    rs->body.len = out.pos - out.start;

    return ngx_http_wismo_reply(r, rs);
}


void
ngx_http_wismo_problem_errors(wismo_out_t *out, const wismo_error_t *errors,
    ngx_uint_t n)
{
    ngx_uint_t   i;
    wismo_str_t  s;

    wismo_out_text(out, ",\"errors\":[");

    for (i = 0; i < n; i++) {

        if (i) {
            wismo_out_text(out, ",");
        }

        s.data = (u_char *) errors[i].at;
        s.len = ngx_strlen(errors[i].at);

        wismo_out_text(out, "{\"pointer\":");
        wismo_out_json_str(out, &s);

        s.data = (u_char *) errors[i].text;
        s.len = ngx_strlen(errors[i].text);

        wismo_out_text(out, ",\"detail\":");
        wismo_out_json_str(out, &s);

        if (errors[i].line) {
            wismo_out_text(out, ",\"line\":");
            wismo_out_int(out, errors[i].line);
            wismo_out_text(out, ",\"column\":");
            wismo_out_int(out, errors[i].column);
        }

        wismo_out_text(out, "}");
    }

    wismo_out_text(out, "]");
}


ngx_int_t
ngx_http_wismo_reply_problem(ngx_http_request_t *r, ngx_uint_t status,
    const char *detail, const wismo_error_t *errors, ngx_uint_t n,
    ngx_int_t retry_after)
{
    ngx_http_wismo_response_t  rs;

    ngx_http_wismo_response_init(&rs, status, NGX_HTTP_WISMO_PROBLEM);

    rs.retry_after = retry_after;

    return ngx_http_wismo_problem(r, &rs, detail, errors, n);
}


static ngx_str_t *
ngx_http_wismo_reply_title(ngx_uint_t status)
{
    ngx_uint_t  i, n;

    n = sizeof(ngx_http_wismo_reply_titles) / sizeof(ngx_http_wismo_title_t);

    for (i = 0; i < n - 1; i++) {
        if (ngx_http_wismo_reply_titles[i].status == status) {
            break;
        }
    }

    return &ngx_http_wismo_reply_titles[i].title;
}
