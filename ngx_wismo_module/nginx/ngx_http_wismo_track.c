
/*
 * Copyright (C) The Wismo authors
 *
 * A request's way: "where is my order?" is answered here.  The order number
 * comes out of the path, who may see what is known to
 * ngx_http_wismo_access.c, the document comes out of Redis with one command,
 * and the answer is a page, another form of it, the stored JSON, or a 304.
 *
 * Whoever may not see an order, and whoever asks for one that does not exist,
 * get the same answer.  What must never happen here: a second command for the
 * same page, a write, or a byte of a document that was not checked first.
 */


#include "ngx_http_wismo_track.h"
#include "ngx_http_wismo_incident.h"


/* for a view without a sum, which is read before it is given away */
#define NGX_HTTP_WISMO_TRACK_MEMORY  (8 * 1024 * 1024)

#define NGX_HTTP_WISMO_MOMENT  900


static ngx_uint_t ngx_http_wismo_track_feedback(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);
static void ngx_http_wismo_track_look(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);
static ngx_int_t ngx_http_wismo_track_kept(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);
static ngx_uint_t ngx_http_wismo_track_revoked(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, int64_t revoked_at);
static ngx_int_t ngx_http_wismo_track_cached(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);
static ngx_int_t ngx_http_wismo_track_stale(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);
static ngx_int_t ngx_http_wismo_track_parcel(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);
static ngx_int_t ngx_http_wismo_track_found(ngx_http_request_t *r,
    void *data, ngx_int_t rc);
static ngx_int_t ngx_http_wismo_track_ask(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);
static ngx_int_t ngx_http_wismo_track_asked(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);
static ngx_int_t ngx_http_wismo_track_answer(ngx_http_request_t *r,
    void *data, ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value);
static ngx_int_t ngx_http_wismo_track_document(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, wismo_document_t *doc);
static ngx_int_t ngx_http_wismo_track_body(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, wismo_document_t *doc,
    ngx_http_wismo_response_t *rs);
static void ngx_http_wismo_track_response(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, ngx_http_wismo_response_t *rs);
static void ngx_http_wismo_track_result(ngx_http_wismo_track_t *t,
    ngx_http_wismo_cache_e result);
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

    t->ctx.track = t;
    ngx_http_set_ctx(r, &t->ctx, ngx_http_wismo_module);

    t->base = wlcf->escaped;

    n = wlcf->base.len;

    if (r->uri.len == n && r->method == NGX_HTTP_POST) {
        return ngx_http_wismo_read_body(r, NGX_HTTP_WISMO_FORM_MAX,
                                        ngx_http_wismo_lookup_form, t);
    }

    if (r->method == NGX_HTTP_POST && ngx_http_wismo_track_feedback(r, t)) {
        return ngx_http_wismo_feedback_handler(r, t);
    }

    rc = ngx_http_wismo_stop_handler(r, t);

    if (rc != NGX_DECLINED) {
        return rc;
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

    if (t->number.len && t->number.data[0] == NGX_HTTP_WISMO_SCRIPT_FIRST
        && ngx_http_wismo_script(r, &t->number, ngx_http_wismo_format_gzip(r),
                                 &rs)
           == NGX_OK)
    {
        return ngx_http_wismo_reply(r, &rs);
    }

    ngx_http_wismo_format(r, t);

    if (!wismo_order_number_ok(&t->number)) {
        return ngx_http_wismo_track_message(r, t, NGX_HTTP_NOT_FOUND,
                                            NGX_HTTP_WISMO_PAGE_NOT_FOUND);
    }

    if (r->args.len && !t->live
        && ngx_http_arg(r, (u_char *) "t", 1, &token) == NGX_OK)
    {
        rc = ngx_http_wismo_access_link(r, t, &token);

        if (rc != NGX_DECLINED) {
            return rc;
        }

    } else if (ngx_http_wismo_access(r, t) != NGX_OK) {
        return ngx_http_wismo_track_parcel(r, t);
    }

    if (t->live) {
        return ngx_http_wismo_live_handler(r, t);
    }

    t->gzip = ngx_http_wismo_format_gzip(r);

    ngx_http_wismo_track_look(r, t);

    rc = ngx_http_wismo_track_kept(r, t);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    return ngx_http_wismo_track_ask(r, t);
}


/* Cuts off "/feedback", which there is only to be posted to. */

static ngx_uint_t
ngx_http_wismo_track_feedback(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t)
{
    size_t                      n;
    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    n = sizeof("/feedback") - 1;

    if (!wlcf->feedback || r->uri.len <= wlcf->base.len + n
        || ngx_memcmp(r->uri.data, wlcf->base.data, wlcf->base.len) != 0
        || ngx_memcmp(r->uri.data + r->uri.len - n, "/feedback", n) != 0)
    {
        return 0;
    }

    t->number.data = r->uri.data + wlcf->base.len;
    t->number.len = r->uri.len - wlcf->base.len - n;

    return 1;
}


/* What the answer depends on, besides the order. */

static void
ngx_http_wismo_track_look(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    uint32_t                     incidents;
    ngx_http_wismo_variant_t    *variant;
    ngx_http_wismo_loc_conf_t   *wlcf;
    ngx_http_wismo_main_conf_t  *wmcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);
    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);

    variant = &t->look.variant;

    if (t->parcel.len) {
        t->look.number = t->order;
        variant->base = wismo_hash64(t->parcel.data, t->parcel.len,
                                     wlcf->base_hash);

    } else {
        t->look.number = t->number;
        variant->base = wlcf->base_hash ^ (uint64_t) wlcf->live
                        ^ (uint64_t) (wlcf->form
                                      & (NGX_HTTP_WISMO_FORM_MAIL
                                         |NGX_HTTP_WISMO_FORM_MAIL_BRAND));
    }

    (void) ngx_http_wismo_incidents(&incidents);

    variant->generation = wmcf->generation + incidents;
    variant->type = (uint8_t) t->type;
    variant->view = (uint8_t) t->view;
    variant->gzip = (uint8_t) t->gzip;

    /* midnight is at a quarter of an hour everywhere */

    if (t->type != NGX_HTTP_WISMO_JSON) {
        ngx_http_wismo_brand_choose(r, t);

        variant->brand = (uint16_t) t->brand;
        variant->lang = (uint16_t) (2 * t->lang + t->lang_chosen);
        variant->moment = (uint32_t) (ngx_time() / NGX_HTTP_WISMO_MOMENT);
    }
}


/* Without Redis, if that can be: NGX_DECLINED if not. */

static ngx_int_t
ngx_http_wismo_track_kept(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    ngx_int_t         rc;
    wismo_str_t       bytes;
    wismo_view_e      view;
    wismo_error_t     err;
    wismo_document_t  doc;

    view = t->view;

    rc = ngx_http_wismo_cache_find(&t->look);

    if (rc == NGX_DECLINED) {
        return NGX_DECLINED;
    }

    if (ngx_http_wismo_track_revoked(r, t, t->look.head.revoked_at)) {
        return ngx_http_wismo_track_message(r, t, NGX_HTTP_NOT_FOUND,
                                            NGX_HTTP_WISMO_PAGE_NOT_FOUND);
    }

    if (t->view != view) {
        rc = ngx_http_wismo_cache_find(&t->look);
    }

    if (rc == NGX_OK) {
        return ngx_http_wismo_track_cached(r, t);
    }

    if (rc != NGX_AGAIN) {
        return NGX_DECLINED;
    }

    bytes.len = t->look.size;
    bytes.data = ngx_pnalloc(r->pool, bytes.len);

    if (bytes.data == NULL
        || ngx_http_wismo_cache_document(&t->look, bytes.data) != NGX_OK
        || wismo_document_open(&bytes, &doc, &err) != WISMO_OK)
    {
        return NGX_DECLINED;
    }

    return ngx_http_wismo_track_document(r, t, &doc);
}


/* Nothing may be shown, or less than was thought, to whom a link was given
 * that is no longer good. */

static ngx_uint_t
ngx_http_wismo_track_revoked(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, int64_t revoked_at)
{
    if (ngx_http_wismo_access_revoked(r, t, revoked_at) != NGX_OK) {
        return 1;
    }

    t->look.variant.view = (uint8_t) t->view;

    return 0;
}


/* The answer is in the cache: NGX_DECLINED if it has just left it. */

static ngx_int_t
ngx_http_wismo_track_cached(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    ngx_http_wismo_response_t  rs;

    ngx_http_wismo_track_response(r, t, &rs);

    t->head = &t->look.head;

    rs.etag = t->look.etag;
    rs.gzipped = t->look.gzipped;

    if (ngx_http_wismo_etag_matches(r, &rs.etag)) {
        rs.status = NGX_HTTP_NOT_MODIFIED;

    } else {
        rs.body.len = t->look.len;

        if (t->type == NGX_HTTP_WISMO_HTML) {
            ngx_http_wismo_page_kept(r, t, &rs);
        }

        if (r->method != NGX_HTTP_HEAD) {
            rs.body.data = ngx_pnalloc(r->pool, t->look.len);

            if (rs.body.data == NULL
                || ngx_http_wismo_cache_answer(&t->look, rs.body.data)
                   != NGX_OK)
            {
                return NGX_DECLINED;
            }
        }
    }

    ngx_http_wismo_track_result(t, NGX_HTTP_WISMO_CACHE_HIT);

    ngx_http_wismo_attention(r, &t->look.number, t->look.head.checked_at,
                             t->look.head.next_check_at);

    return ngx_http_wismo_reply(r, &rs);
}


/* Redis does not answer: what it said before, and that it was before. */

static ngx_int_t
ngx_http_wismo_track_stale(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    ngx_int_t  rc;

    t->stale = 1;
    t->look.variant.stale = 1;

    rc = ngx_http_wismo_track_kept(r, t);

    if (rc == NGX_DECLINED) {
        t->stale = 0;
    }

    return rc;
}


/*
 * There is no such order, or it may not be seen; but a parcel may have this
 * number.  That is asked for whatever can be one, whether the order exists or
 * not.
 */

static ngx_int_t
ngx_http_wismo_track_parcel(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    if (!wlcf->tracking || t->live) {
        return ngx_http_wismo_track_found(r, t, NGX_DECLINED);
    }

    switch (ngx_http_wismo_parcel_find(r, t, &t->number,
                                       ngx_http_wismo_track_found, t))
    {

    case NGX_OK:
        return ngx_http_wismo_track_asked(r, t);

    case NGX_DECLINED:
        return ngx_http_wismo_track_found(r, t, NGX_DECLINED);

    default:
        return ngx_http_wismo_track_found(r, t, NGX_ERROR);
    }
}


static ngx_int_t
ngx_http_wismo_track_found(ngx_http_request_t *r, void *data, ngx_int_t rc)
{
    ngx_http_wismo_track_t *t = data;

    if (rc == NGX_ERROR) {
        return ngx_http_wismo_track_message(r, t,
                                            NGX_HTTP_SERVICE_UNAVAILABLE,
                                            NGX_HTTP_WISMO_PAGE_UNAVAILABLE);
    }

    if (rc != NGX_OK) {
        return ngx_http_wismo_track_message(r, t, NGX_HTTP_NOT_FOUND,
                                            NGX_HTTP_WISMO_PAGE_NOT_FOUND);
    }

    t->view = WISMO_VIEW_FULL;
    t->since = WISMO_TIME_NONE;
    t->gzip = ngx_http_wismo_format_gzip(r);

    ngx_memzero(&t->look, sizeof(ngx_http_wismo_lookup_t));

    ngx_http_wismo_track_look(r, t);

    rc = ngx_http_wismo_track_kept(r, t);

    return (rc == NGX_DECLINED) ? ngx_http_wismo_track_ask(r, t) : rc;
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
    argv[1].len = wismo_key_document(buf, &t->look.number);
    ngx_str_set(&argv[2], "0");
    ngx_str_set(&argv[3], "131071");

    rc = ngx_http_wismo_ask(r, 4, argv, ngx_http_wismo_track_answer, t);

    if (rc != NGX_HTTP_WISMO_REDIS_OK) {
        return ngx_http_wismo_track_answer(r, t, rc, NULL);
    }

    return ngx_http_wismo_track_asked(r, t);
}


static ngx_int_t
ngx_http_wismo_track_asked(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    if (!t->asked) {
        t->asked = 1;
        r->main->count++;
    }

    return NGX_DONE;
}


static ngx_int_t
ngx_http_wismo_track_answer(ngx_http_request_t *r, void *data,
    ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value)
{
    ngx_http_wismo_track_t *t = data;

    ngx_int_t         n;
    wismo_str_t       bytes;
    wismo_error_t     err;
    wismo_document_t  doc;

    if (rc != NGX_HTTP_WISMO_REDIS_OK) {
        n = ngx_http_wismo_track_stale(r, t);

        if (n != NGX_DECLINED) {
            return n;
        }

        return ngx_http_wismo_track_message(r, t,
                                            NGX_HTTP_SERVICE_UNAVAILABLE,
                                            NGX_HTTP_WISMO_PAGE_UNAVAILABLE);
    }

    if (value->type != NGX_HTTP_WISMO_REDIS_STRING) {
        return ngx_http_wismo_track_corrupt(r, t, NULL, "not a string");
    }

    if (value->str.len == 0) {
        ngx_http_wismo_cache_forget(&t->look);

        return t->parcel.len ? ngx_http_wismo_track_found(r, t, NGX_DECLINED)
                             : ngx_http_wismo_track_parcel(r, t);
    }

    bytes.len = value->str.len;
    bytes.data = value->str.data;

    ngx_memzero(&doc, sizeof(wismo_document_t));

    if (wismo_document_open(&bytes, &doc, &err) != WISMO_OK) {
        return ngx_http_wismo_track_corrupt(r, t, &doc, err.text);
    }

    if (ngx_http_wismo_track_revoked(r, t, doc.revoked_at)) {
        return ngx_http_wismo_track_message(r, t, NGX_HTTP_NOT_FOUND,
                                            NGX_HTTP_WISMO_PAGE_NOT_FOUND);
    }

    if (ngx_http_wismo_cache_keep(&t->look, &bytes, &doc) == NGX_OK) {
        n = ngx_http_wismo_track_cached(r, t);

        if (n != NGX_DECLINED) {
            return n;
        }
    }

    return ngx_http_wismo_track_document(r, t, &doc);
}


static ngx_int_t
ngx_http_wismo_track_document(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, wismo_document_t *doc)
{
    uint64_t                    variant;
    ngx_int_t                   rc;
    wismo_document_t           *shown, alone;
    ngx_http_wismo_response_t   rs;

    shown = doc;

    if (t->parcel.len) {
        rc = ngx_http_wismo_parcel_document(r, t, doc, &alone);

        /* the order has it no longer, or can't be read */

        if (rc == NGX_DECLINED) {
            return ngx_http_wismo_track_found(r, t, NGX_DECLINED);
        }

        if (rc != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        shown = &alone;
    }

    ngx_http_wismo_attention(r, &t->look.number, doc->checked_at,
                             doc->next_check_at);

    ngx_http_wismo_track_response(r, t, &rs);

    t->look.head = *doc;
    wismo_str_null(&t->look.head.minimal);
    t->head = &t->look.head;

    variant = wismo_hash64(&t->look.variant, sizeof(ngx_http_wismo_variant_t),
                           0);

    ngx_http_wismo_etag(&rs.etag, t->look.buf, doc, variant);

    if (ngx_http_wismo_etag_matches(r, &rs.etag)) {
        rs.status = NGX_HTTP_NOT_MODIFIED;

        ngx_http_wismo_track_result(t, NGX_HTTP_WISMO_CACHE_MISS);

        return ngx_http_wismo_reply(r, &rs);
    }

    rc = ngx_http_wismo_track_body(r, t, shown, &rs);

    if (rc == NGX_DECLINED) {
        ngx_http_wismo_cache_forget(&t->look);

        return ngx_http_wismo_track_corrupt(r, t, doc, "a broken view");
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_wismo_cache_store(&t->look, &rs.etag, &rs.body, rs.gzipped);

    ngx_http_wismo_track_result(t, rc == NGX_OK ? NGX_HTTP_WISMO_CACHE_MISS
                                                : NGX_HTTP_WISMO_CACHE_BYPASS);

    return ngx_http_wismo_reply(r, &rs);
}


/* An answer's body, compressed if that is any use. */

static ngx_int_t
ngx_http_wismo_track_body(ngx_http_request_t *r, ngx_http_wismo_track_t *t,
    wismo_document_t *doc, ngx_http_wismo_response_t *rs)
{
    ngx_int_t      rc;
    ngx_str_t      gzipped;
    wismo_str_t   *view;
    wismo_pool_t   wp;
    wismo_error_t  err;

    if (t->type != NGX_HTTP_WISMO_JSON) {

        rc = ngx_http_wismo_page_order(r, t, doc, rs);

        if (rc != NGX_OK) {
            return rc;
        }

    } else {
        view = (t->view == WISMO_VIEW_FULL) ? &doc->full : &doc->minimal;

        ngx_http_wismo_pool(&wp, r->pool, NGX_HTTP_WISMO_TRACK_MEMORY);

        rc = wismo_document_intact(&wp, doc, view, &err);

        if (rc != WISMO_OK) {
            return (rc == WISMO_DECLINED) ? NGX_DECLINED : NGX_ERROR;
        }

        rs->body.data = view->data;
        rs->body.len = view->len;

        if (ngx_http_wismo_incident_json(r->pool, view,
                                         t->view == WISMO_VIEW_FULL, &rs->body)
            == NGX_ERROR)
        {
            return NGX_ERROR;
        }
    }

    if (t->gzip
        && ngx_http_wismo_gzip(r->pool, rs->head, &rs->body, &gzipped, 0)
           == NGX_OK)
    {
        rs->body = gzipped;
        rs->gzipped = 1;
    }

    return NGX_OK;
}


/* What all answers about an order have in common. */

static void
ngx_http_wismo_track_response(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, ngx_http_wismo_response_t *rs)
{
    ngx_http_wismo_response_init(rs, NGX_HTTP_OK, t->type);

    rs->varies = 1;
    rs->encoded = 1;

    /* a choice for this site is not made from within a page of another */

    if (t->type == NGX_HTTP_WISMO_HTML) {
        rs->lang_cookie = t->lang_cookie;
    }

    t->shown = 1;

    if (t->stale) {
        rs->age = t->look.age / 1000;
    }
}


static void
ngx_http_wismo_track_result(ngx_http_wismo_track_t *t,
    ngx_http_wismo_cache_e result)
{
    ngx_http_wismo_shm_t  *sh;

    t->cache = t->stale ? NGX_HTTP_WISMO_CACHE_STALE : result;

    sh = ngx_http_wismo_shm();

    if (sh) {
        (void) ngx_atomic_fetch_add(&sh->cache_results[t->cache], 1);
    }
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
    ngx_int_t                   rc;
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

    if (!t->stale) {
        rc = ngx_http_wismo_track_stale(r, t);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    if (doc && doc->version && t->type == NGX_HTTP_WISMO_HTML
        && t->parcel.len == 0
        && ngx_http_wismo_access_revoked(r, t, doc->revoked_at) == NGX_OK)
    {
        wismo_str_set(&doc->minimal, "{}");
        t->view = WISMO_VIEW_MINIMAL;

        ngx_http_wismo_response_init(&rs, NGX_HTTP_OK, NGX_HTTP_WISMO_HTML);

        rs.varies = 1;

        if (ngx_http_wismo_page_order(r, t, doc, &rs) == NGX_OK) {
            t->shown = 1;

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
        "The order cannot be looked up now.",
        "The form wants an order number.",
        "The form wants something that only the buyer knows.",
        "There is no such order, or it may not be seen.",
        "This ends mails about an order when it is posted to.",
        "There are no more mails about this order.",
        "A link is sent to the address of the order, if there is one."
    };

    ngx_http_wismo_response_init(&rs, status, NGX_HTTP_WISMO_HTML);

    t->shown = 0;
    rs.varies = 1;

    if (status == NGX_HTTP_SERVICE_UNAVAILABLE) {
        rs.retry_after = NGX_HTTP_WISMO_RETRY_AFTER;
    }

    if (t->type == NGX_HTTP_WISMO_FRAGMENT) {
        rs.type = t->type;

    } else if (t->type != NGX_HTTP_WISMO_HTML) {
        return ngx_http_wismo_problem(r, &rs, details[message], NULL, 0);
    }

    ngx_http_wismo_brand_choose(r, t);

    if (t->type == NGX_HTTP_WISMO_HTML) {
        rs.lang_cookie = t->lang_cookie;
    }

    if (ngx_http_wismo_page_message(r, t, message, &rs) != NGX_OK) {
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

    p = ngx_pnalloc(r->pool, t->base.len + t->number.len + t->fragment.len);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rs.location.data = p;

    p = ngx_cpymem(p, t->base.data, t->base.len);
    p = ngx_cpymem(p, t->number.data, t->number.len);

    p = ngx_cpymem(p, t->fragment.data, t->fragment.len);

    rs.location.len = p - rs.location.data;

    if (cookie) {
        rs.cookie = *cookie;
    }

    /* a choice of language goes with the address */

    ngx_http_wismo_brand_choose(r, t);

    rs.lang_cookie = t->lang_cookie;

    return ngx_http_wismo_reply(r, &rs);
}
