
/*
 * Copyright (C) The Wismo authors
 *
 * The look-up form: an order's number, and what only its buyer knows.  A
 * proof that holds is traded for the cookie that a signed link gives.
 *
 * Whoever guesses must not learn which half of a guess was right.  So each
 * look-up costs one command of Redis, which reads the same few bytes of any
 * document, and the same MACs, whether the order is known or not; and what
 * fails, fails with the same page at the same moment, counted from when the
 * request came.
 *
 * What must never be here: a way out that is shorter for one of them.
 */


#include "ngx_http_wismo_throttle.h"
#include "ngx_http_wismo_track.h"

#include "wismo_form.h"
#include "wismo_number.h"


#define NGX_HTTP_WISMO_LOOKUP_FLOOR  100       /* ms */
#define NGX_HTTP_WISMO_LOOKUP_LAST   "152"     /* WISMO_DOC_HEADER - 1 */
#define NGX_HTTP_WISMO_LOOKUP_TEXT   320       /* what a field may hold */


typedef struct {
    ngx_http_wismo_track_t      *track;
    ngx_uint_t                   mail;     /* the link, and by mail */
    wismo_str_t                  typed;
    wismo_str_t                  parcel;   /* what looks like its number */
    ngx_http_wismo_throttle_t    throttle;
    u_char                       tracking[WISMO_NUMBER_MAX];
    char                         number[WISMO_LOOKUP_NUMBER_MAX];
    char                         proof[NGX_HTTP_WISMO_LOOKUP_TEXT];
} ngx_http_wismo_claim_t;


static ngx_int_t ngx_http_wismo_lookup_number(ngx_http_request_t *r,
    ngx_http_wismo_claim_t *claim, ngx_str_t *body);
static ngx_int_t ngx_http_wismo_lookup_parcel(ngx_http_request_t *r,
    void *data, ngx_int_t rc);
static ngx_int_t ngx_http_wismo_lookup_bare(ngx_http_request_t *r,
    ngx_http_wismo_claim_t *claim);
static void ngx_http_wismo_lookup_keys(ngx_http_request_t *r,
    ngx_http_wismo_claim_t *claim);
static ngx_int_t ngx_http_wismo_lookup_answer(ngx_http_request_t *r,
    void *data, ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value);
static ngx_int_t ngx_http_wismo_lookup_refuse(ngx_http_request_t *r,
    ngx_http_wismo_claim_t *claim);
static ngx_int_t ngx_http_wismo_lookup_refused(ngx_http_request_t *r,
    void *data);


ngx_int_t
ngx_http_wismo_lookup_form(ngx_http_request_t *r, void *data, ngx_str_t *body)
{
    ngx_http_wismo_track_t *t = data;

    char                        key[WISMO_KEY_MAX];
    ngx_str_t                   argv[4];
    ngx_int_t                   rc;
    ngx_http_wismo_claim_t     *claim;
    ngx_http_wismo_redis_rc_e   code;
    ngx_http_wismo_loc_conf_t  *wlcf;

    if (body == NULL) {
        return ngx_http_wismo_track_message(r, t,
                                            NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                            NGX_HTTP_WISMO_PAGE_NOT_FOUND);
    }

    claim = ngx_palloc(r->pool, sizeof(ngx_http_wismo_claim_t));
    if (claim == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    claim->track = t;

    rc = ngx_http_wismo_lookup_number(r, claim, body);

    if (rc != NGX_OK) {
        return ngx_http_wismo_track_message(r, t, rc == NGX_DECLINED
                                                  ? NGX_HTTP_NOT_FOUND : 422,
                                            rc == NGX_DECLINED
                                      ? NGX_HTTP_WISMO_PAGE_NOT_FOUND
                                      : NGX_HTTP_WISMO_PAGE_ORDER_MISSING);
    }

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    if (claim->mail && ngx_http_wismo_brand_mail(r, t)) {
        return ngx_http_wismo_link_handler(r, t);
    }

    if (claim->typed.len == 0
        || (wlcf->form & NGX_HTTP_WISMO_FORM_FACTORS) == 0)
    {
        if (wlcf->tracking && claim->parcel.len
            && ngx_http_wismo_parcel_find(r, t, &claim->parcel,
                                          ngx_http_wismo_lookup_parcel, claim)
               == NGX_OK)
        {
            return NGX_DONE;
        }

        return ngx_http_wismo_lookup_bare(r, claim);
    }

    ngx_http_wismo_lookup_keys(r, claim);

    ngx_str_set(&argv[0], "GETRANGE");
    argv[1].data = (u_char *) key;
    argv[1].len = wismo_key_document(key, &t->number);
    ngx_str_set(&argv[2], "0");
    ngx_str_set(&argv[3], NGX_HTTP_WISMO_LOOKUP_LAST);

    code = ngx_http_wismo_ask(r, 4, argv, ngx_http_wismo_lookup_answer, claim);

    if (code != NGX_HTTP_WISMO_REDIS_OK) {
        return ngx_http_wismo_lookup_answer(r, claim, code, NULL);
    }

    return NGX_DONE;
}


static ngx_int_t
ngx_http_wismo_lookup_parcel(ngx_http_request_t *r, void *data, ngx_int_t rc)
{
    ngx_http_wismo_claim_t *claim = data;

    if (rc == NGX_OK) {
        claim->track->number = claim->track->parcel;

        return ngx_http_wismo_track_redirect(r, claim->track, NULL);
    }

    return ngx_http_wismo_lookup_bare(r, claim);
}


/* A number and nothing else: the page has what that opens. */

static ngx_int_t
ngx_http_wismo_lookup_bare(ngx_http_request_t *r,
    ngx_http_wismo_claim_t *claim)
{
    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    if (wlcf->form & NGX_HTTP_WISMO_FORM_PROOF) {
        return ngx_http_wismo_track_message(r, claim->track, 422,
                                           NGX_HTTP_WISMO_PAGE_PROOF_MISSING);
    }

    return ngx_http_wismo_track_redirect(r, claim->track, NULL);
}


/* NGX_DECLINED for what is no number, NGX_ABORT for none at all. */

static ngx_int_t
ngx_http_wismo_lookup_number(ngx_http_request_t *r,
    ngx_http_wismo_claim_t *claim, ngx_str_t *body)
{
    char                        buf[NGX_HTTP_WISMO_LOOKUP_TEXT];
    size_t                      i;
    wismo_str_t                 form, text;
    wismo_candidate_t           formats[WISMO_NUMBER_CANDIDATES];
    ngx_http_wismo_track_t     *t;
    ngx_http_wismo_loc_conf_t  *wlcf;

    form.len = body->len;
    form.data = body->data;

    claim->mail = (wismo_form_value(&form, "mail", buf, sizeof(buf), &text)
                   == WISMO_OK);

    if (wismo_form_value(&form, "proof", claim->proof, sizeof(claim->proof),
                         &claim->typed)
        != WISMO_OK)
    {
        claim->typed.len = 0;
    }

    /* spaces are nothing */

    for (i = 0; i < claim->typed.len && claim->typed.data[i] == ' '; i++) {
        /* void */
    }

    if (i == claim->typed.len) {
        claim->typed.len = 0;
    }

    if (wismo_form_value(&form, "order", buf, sizeof(buf), &text) != WISMO_OK
        && text.len == 0)
    {
        return NGX_ABORT;
    }

    claim->parcel.data = claim->tracking;
    claim->parcel.len = wismo_number_normalise(&text, claim->tracking);

    if (wismo_number_detect(&claim->parcel, formats) == 0) {
        claim->parcel.len = 0;
    }

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);
    t = claim->track;

    t->number.data = (u_char *) claim->number;
    t->number.len = wismo_lookup_number(&text, wlcf->lookup_case,
                                        &wlcf->lookup_prefix, claim->number);

    if (wismo_order_number_ok(&t->number)) {
        return NGX_OK;
    }

    for (i = 0; i < text.len && text.data[i] == ' '; i++) { /* void */ }

    return (i == text.len) ? NGX_ABORT : NGX_DECLINED;
}


/* What is claimed is counted in one form, however it is written. */

static void
ngx_http_wismo_lookup_keys(ngx_http_request_t *r,
    ngx_http_wismo_claim_t *claim)
{
    char                        buf[WISMO_FACTOR_MAX];
    ngx_uint_t                  i;
    wismo_str_t                 form;
    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    form = claim->typed;

    for (i = 0; i < WISMO_FACTORS; i++) {

        if (!(wlcf->factors & (1 << i))) {
            continue;
        }

        form.len = wismo_factor_form(i, &claim->typed, buf);

        if (form.len) {
            form.data = (u_char *) buf;
            break;
        }
    }

    if (form.len == 0) {
        form = claim->typed;
    }

    ngx_http_wismo_throttle_keys(r, &claim->throttle, &claim->track->number,
                                 &form);
}


static ngx_int_t
ngx_http_wismo_lookup_answer(ngx_http_request_t *r, void *data,
    ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value)
{
    ngx_http_wismo_claim_t *claim = data;

    ngx_uint_t                   proved, throttled;
    wismo_str_t                  bytes;
    wismo_error_t                err;
    wismo_token_t                token;
    wismo_proofs_t              *proofs;
    wismo_document_t             doc;
    ngx_http_wismo_track_t      *t;
    ngx_http_wismo_loc_conf_t   *wlcf;
    ngx_http_wismo_main_conf_t  *wmcf;

    t = claim->track;

    if (rc != NGX_HTTP_WISMO_REDIS_OK) {
        return ngx_http_wismo_track_message(r, t,
                                            NGX_HTTP_SERVICE_UNAVAILABLE,
                                            NGX_HTTP_WISMO_PAGE_UNAVAILABLE);
    }

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);
    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);

    proofs = NULL;

    if (value->type == NGX_HTTP_WISMO_REDIS_STRING) {
        bytes.len = value->str.len;
        bytes.data = value->str.data;

        if (wismo_document_head(&bytes, &doc, &err) == WISMO_OK) {
            proofs = &doc.proofs;
        }
    }

    proved = wismo_proofs_check(&wmcf->peppers, proofs, &t->number,
                                &claim->typed,
                                ngx_http_wismo_brand_factors(r, t));

    throttled = ngx_http_wismo_throttled(r, &claim->throttle);

    if (proved == 0 || throttled) {
        return ngx_http_wismo_lookup_refuse(r, claim);
    }

    token.full = (proved & wlcf->factors_full) != 0;
    token.issued = ngx_time();

    /* what was revoked in this second is void, but not what is proved now */

    if (doc.revoked_at == token.issued + 1) {
        token.issued = doc.revoked_at;
    }

    token.expires = token.issued + WISMO_COOKIE_TTL;

    return ngx_http_wismo_access_grant(r, t, &token);
}


static ngx_int_t
ngx_http_wismo_lookup_refuse(ngx_http_request_t *r,
    ngx_http_wismo_claim_t *claim)
{
    ngx_http_wismo_throttle_failed(r, &claim->throttle);

    return ngx_http_wismo_lookup_later(r, ngx_http_wismo_lookup_refused,
                                       claim);
}


ngx_int_t
ngx_http_wismo_lookup_later(ngx_http_request_t *r,
    ngx_http_wismo_later_pt handler, void *data)
{
    ngx_time_t      *tp;
    ngx_msec_int_t   ms;

    tp = ngx_timeofday();

    ms = (ngx_msec_int_t) ((tp->sec - r->start_sec) * 1000
                           + (tp->msec - r->start_msec));
    ms = ngx_max(ms, 0);

    return ngx_http_wismo_later(r, NGX_HTTP_WISMO_LOOKUP_FLOOR
                                   - ms % NGX_HTTP_WISMO_LOOKUP_FLOOR,
                                handler, data);
}


static ngx_int_t
ngx_http_wismo_lookup_refused(ngx_http_request_t *r, void *data)
{
    ngx_http_wismo_claim_t *claim = data;

    return ngx_http_wismo_track_message(r, claim->track, NGX_HTTP_NOT_FOUND,
                                        NGX_HTTP_WISMO_PAGE_NO_MATCH);
}
