
/*
 * Copyright (C) The Wismo authors
 *
 * Feedback: what a shopper says after the delivery goes into the inbox, as it
 * was sent, and the shopper back to the page.
 *
 * Only who may see all of an order may speak about it, from a page of ours:
 * besides the cookie, which other sites' forms don't carry, the form holds a
 * key that only that page has.
 *
 * What must never be here: a look at what is said.
 */


#include "ngx_http_wismo_inbox.h"
#include "ngx_http_wismo_throttle.h"
#include "ngx_http_wismo_track.h"

#include "wismo_feedback.h"
#include "wismo_form.h"


#define NGX_HTTP_WISMO_FEEDBACK_LAST  "152"    /* WISMO_DOC_HEADER - 1 */


typedef struct {
    ngx_http_wismo_letter_t      letter;
    ngx_http_wismo_track_t      *track;
} ngx_http_wismo_feedback_t;


static ngx_int_t ngx_http_wismo_feedback_body(ngx_http_request_t *r,
    void *data, ngx_str_t *body);
static ngx_uint_t ngx_http_wismo_feedback_keyed(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, ngx_str_t *body);
static ngx_int_t ngx_http_wismo_feedback_answer(ngx_http_request_t *r,
    void *data, ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value);
static ngx_int_t ngx_http_wismo_feedback_posted(ngx_http_request_t *r,
    ngx_http_wismo_letter_t *letter, ngx_int_t rc);
static ngx_int_t ngx_http_wismo_feedback_thanks(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);


ngx_int_t
ngx_http_wismo_feedback_handler(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t)
{
    if (!wismo_order_number_ok(&t->number)
        || !ngx_http_wismo_feedback_ours(r)
        || ngx_http_wismo_access(r, t) != NGX_OK
        || t->view != WISMO_VIEW_FULL)
    {
        return ngx_http_wismo_track_message(r, t, NGX_HTTP_NOT_FOUND,
                                            NGX_HTTP_WISMO_PAGE_NOT_FOUND);
    }

    return ngx_http_wismo_read_body(r, WISMO_FEEDBACK_BODY,
                                    ngx_http_wismo_feedback_body, t);
}


/* What browsers say of where a form was; older ones say nothing. */

ngx_uint_t
ngx_http_wismo_feedback_ours(ngx_http_request_t *r)
{
    u_char           *p, *last;
    ngx_str_t         host;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    static ngx_str_t  site = ngx_string("sec-fetch-site");
    static ngx_str_t  origin = ngx_string("origin");

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {

            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len == site.len
            && ngx_strncmp(h[i].lowcase_key, site.data, site.len) == 0
            && !(h[i].value.len == sizeof("same-origin") - 1
                 && ngx_strncmp(h[i].value.data, "same-origin",
                                h[i].value.len)
                    == 0))
        {
            return 0;
        }

        if (h[i].key.len != origin.len
            || ngx_strncmp(h[i].lowcase_key, origin.data, origin.len) != 0)
        {
            continue;
        }

        /* which is what forms of a page have that tells nobody where it is */

        if (h[i].value.len == sizeof("null") - 1
            && ngx_strncmp(h[i].value.data, "null", h[i].value.len) == 0)
        {
            continue;
        }

        /* a proxy may have ended TLS: the scheme is not ours to know */

        p = h[i].value.data;
        last = p + h[i].value.len;
        p = ngx_strlcasestrn(p, last, (u_char *) "://", 3 - 1);

        if (p == NULL || r->headers_in.host == NULL) {
            return 0;
        }

        p += 3;
        host = r->headers_in.host->value;

        if ((size_t) (last - p) != host.len
            || ngx_strncasecmp(p, host.data, host.len) != 0)
        {
            return 0;
        }
    }

    return 1;
}


static ngx_int_t
ngx_http_wismo_feedback_body(ngx_http_request_t *r, void *data,
    ngx_str_t *body)
{
    ngx_http_wismo_track_t *t = data;

    char                        key[WISMO_KEY_MAX];
    ngx_str_t                   argv[4];
    ngx_http_wismo_feedback_t  *feedback;
    ngx_http_wismo_redis_rc_e   rc;

    if (body == NULL) {
        return ngx_http_wismo_track_message(r, t,
                                            NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                            NGX_HTTP_WISMO_PAGE_NOT_FOUND);
    }

    if (!ngx_http_wismo_feedback_keyed(r, t, body)) {
        return ngx_http_wismo_track_message(r, t, NGX_HTTP_NOT_FOUND,
                                            NGX_HTTP_WISMO_PAGE_NOT_FOUND);
    }

    feedback = ngx_pcalloc(r->pool, sizeof(ngx_http_wismo_feedback_t));
    if (feedback == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    feedback->track = t;

    ngx_str_set(&feedback->letter.kind, "feedback");
    feedback->letter.order.len = t->number.len;
    feedback->letter.order.data = t->number.data;
    feedback->letter.body = *body;
    feedback->letter.inbox = wismo_bucket(&t->number) % WISMO_INBOXES;
    feedback->letter.answer = ngx_http_wismo_feedback_posted;

    /* the link may have been revoked */

    ngx_str_set(&argv[0], "GETRANGE");
    argv[1].data = (u_char *) key;
    argv[1].len = wismo_key_document(key, &t->number);
    ngx_str_set(&argv[2], "0");
    ngx_str_set(&argv[3], NGX_HTTP_WISMO_FEEDBACK_LAST);

    rc = ngx_http_wismo_ask(r, 4, argv, ngx_http_wismo_feedback_answer,
                            feedback);

    if (rc != NGX_HTTP_WISMO_REDIS_OK) {
        return ngx_http_wismo_feedback_answer(r, feedback, rc, NULL);
    }

    return NGX_DONE;
}


/* The form's key is a token without an end: pages that hold it are kept. */

size_t
ngx_http_wismo_feedback_key(ngx_http_request_t *r, ngx_http_wismo_track_t *t,
    u_char *buf)
{
    wismo_token_t               token;
    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    token.full = 1;
    token.issued = 0;
    token.expires = INT64_C(9999999999);

    return wismo_token_make(wlcf->keys, WISMO_TOKEN_FEEDBACK, &t->number,
                            &token, (char *) buf);
}


static ngx_uint_t
ngx_http_wismo_feedback_keyed(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, ngx_str_t *body)
{
    char                        buf[WISMO_TOKEN_MAX];
    wismo_str_t                 form, key;
    wismo_token_t               token;
    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    form.len = body->len;
    form.data = body->data;

    return wismo_form_value(&form, "key", buf, sizeof(buf), &key) == WISMO_OK
           && wismo_token_check(wlcf->keys, WISMO_TOKEN_FEEDBACK, &t->number,
                                &key, ngx_time(), &token)
              == WISMO_OK;
}


static ngx_int_t
ngx_http_wismo_feedback_answer(ngx_http_request_t *r, void *data,
    ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value)
{
    ngx_http_wismo_feedback_t *feedback = data;

    wismo_str_t              bytes;
    wismo_error_t            err;
    wismo_document_t         doc;
    ngx_http_wismo_track_t  *t;

    t = feedback->track;

    if (rc != NGX_HTTP_WISMO_REDIS_OK) {
        return ngx_http_wismo_feedback_posted(r, &feedback->letter,
                                              NGX_ERROR);
    }

    if (value->type == NGX_HTTP_WISMO_REDIS_STRING) {
        bytes.len = value->str.len;
        bytes.data = value->str.data;

        if (wismo_document_head(&bytes, &doc, &err) == WISMO_OK
            && ngx_http_wismo_access_revoked(r, t, doc.revoked_at) == NGX_OK
            && t->view == WISMO_VIEW_FULL)
        {

            /* nobody has that much to say about one order */

            if (ngx_http_wismo_throttle_kind(r, "feedback/", &t->number, 0)) {
                return ngx_http_wismo_feedback_thanks(r, t);
            }

            return ngx_http_wismo_inbox_post(r, &feedback->letter);
        }
    }

    return ngx_http_wismo_track_message(r, t, NGX_HTTP_NOT_FOUND,
                                        NGX_HTTP_WISMO_PAGE_NOT_FOUND);
}


static ngx_int_t
ngx_http_wismo_feedback_posted(ngx_http_request_t *r,
    ngx_http_wismo_letter_t *letter, ngx_int_t rc)
{
    ngx_http_wismo_feedback_t  *feedback;

    feedback = (ngx_http_wismo_feedback_t *) letter;

    if (rc != NGX_OK) {
        return ngx_http_wismo_track_message(r, feedback->track,
                                            NGX_HTTP_SERVICE_UNAVAILABLE,
                                            NGX_HTTP_WISMO_PAGE_UNAVAILABLE);
    }

    return ngx_http_wismo_feedback_thanks(r, feedback->track);
}


/* The page has its thanks ready, for who is sent to that place in it. */

static ngx_int_t
ngx_http_wismo_feedback_thanks(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t)
{
    ngx_str_set(&t->fragment, "#thanks");

    return ngx_http_wismo_track_redirect(r, t, NULL);
}
