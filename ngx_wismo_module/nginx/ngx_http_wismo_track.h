
/*
 * Copyright (C) The Wismo authors
 *
 * A request for a tracking page, as far as it is known: what the files that
 * answer it share.  ngx_http_wismo_track.c is the way, the others are its
 * stations: in which form (ngx_http_wismo_format.c), who may see what
 * (ngx_http_wismo_access.c), a tracking number in the place of an order's
 * (ngx_http_wismo_parcel.c), the look-up form (ngx_http_wismo_lookup.c),
 * a link that is asked for by mail (ngx_http_wismo_link.c), feedback
 * (ngx_http_wismo_feedback.c), what it looks like (ngx_http_wismo_page.c).
 */


#ifndef _NGX_HTTP_WISMO_TRACK_H_INCLUDED_
#define _NGX_HTTP_WISMO_TRACK_H_INCLUDED_


#include "ngx_http_wismo_cache.h"
#include "ngx_http_wismo_page.h"
#include "ngx_http_wismo_reply.h"
#include "ngx_http_wismo_wait.h"


struct ngx_http_wismo_track_s {
    ngx_http_wismo_ctx_t       ctx;
    wismo_str_t                number;
    wismo_str_t                parcel;     /* a tracking number, or empty: */
    wismo_str_t                order;      /* ... the order that has it */
    ngx_uint_t                 asked;      /* Redis was, the first time */
    ngx_str_t                  base;       /* escaped */
    ngx_http_wismo_type_e      type;       /* HTML or another form */
    ngx_uint_t                 live;       /* its changes are asked for */
    wismo_view_e               view;
    ngx_uint_t                 known;      /* brand and language are */
    ngx_uint_t                 brand;
    ngx_uint_t                 lang;       /* of those the brand has */
    ngx_uint_t                 lang_chosen;    /* the order's doesn't count */
    ngx_str_t                  lang_cookie;    /* to be set; or empty */
    ngx_uint_t                 gzip;       /* the client takes it */
    ngx_uint_t                 stale;      /* Redis does not answer */
    ngx_http_wismo_cache_e     cache;      /* what it did for this request */
    ngx_http_wismo_lookup_t    look;       /* ... and what it knows */
    ngx_str_t                  fragment;   /* where to, in the page */
    ngx_uint_t                 shown;      /* the view was answered */
    const wismo_document_t    *head;       /* what variables tell, or NULL */
    wismo_json_t              *facts;      /* ... of its minimal view */
    ngx_uint_t                 waits;      /* for Redis, in another location */
    int64_t                    since;      /* when the link was made that
                                              opened it, or NONE */
};


#if (NGX_HTTP_SSL)
#define ngx_http_wismo_is_tls(r)  ((r)->connection->ssl != NULL)
#else
#define ngx_http_wismo_is_tls(r)  0
#endif


/* The answers without an order in them: a message page, or a problem. */
ngx_int_t ngx_http_wismo_track_message(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, ngx_uint_t status,
    ngx_http_wismo_message_e message);

/* 303 to the order's own address, with a cookie if that is not NULL. */
ngx_int_t ngx_http_wismo_track_redirect(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, ngx_str_t *cookie);


/*
 * In which form the client wants the order, and whether it wants its changes:
 * by what its number ends in, which is cut off, by an argument, or by what it
 * accepts.
 */
void ngx_http_wismo_format(ngx_http_request_t *r, ngx_http_wismo_track_t *t);

/* Whether the client takes an answer that is compressed. */
ngx_uint_t ngx_http_wismo_format_gzip(ngx_http_request_t *r);


/*
 * Which view the client may see, by its cookie and the configuration:
 * NGX_DECLINED for none.
 */
ngx_int_t ngx_http_wismo_access(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);

/*
 * What the client may see when the order's document is known: its link may
 * have been revoked since.  Nothing of a document may be answered before,
 * wherever it came from; "revoked_at" is the document's.
 */
ngx_int_t ngx_http_wismo_access_revoked(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, int64_t revoked_at);

/*
 * Checks a signed link's token; answers with a redirection or a refusal.
 * NGX_DECLINED: it is good, for this answer alone, since who asks for another
 * form than a page, or for a part of one, keeps no cookies.
 */
ngx_int_t ngx_http_wismo_access_link(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, ngx_str_t *text);

/*
 * Finds the order that has a parcel with this tracking number and calls the
 * handler: NGX_OK, and t->parcel and t->order are set; NGX_DECLINED, there is
 * none, or too many were asked for in vain; NGX_ERROR, Redis can't say.
 * Returns NGX_OK if it will be called, NGX_DECLINED if that can't be a
 * tracking number, or NGX_ERROR.
 */
typedef ngx_int_t (*ngx_http_wismo_parcel_pt)(ngx_http_request_t *r,
    void *data, ngx_int_t rc);

ngx_int_t ngx_http_wismo_parcel_find(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, const wismo_str_t *number,
    ngx_http_wismo_parcel_pt handler, void *data);

/* The parcel by itself, of its order's document: NGX_DECLINED, it is not
 * there. */
ngx_int_t ngx_http_wismo_parcel_document(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, const wismo_document_t *doc,
    wismo_document_t *alone);

/* The client has proved its right: a cookie that says so, for a day at most,
 * and a redirection to the page. */
ngx_int_t ngx_http_wismo_access_grant(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, wismo_token_t *token);

/* A form was posted from a page of this site, as far as browsers say. */
ngx_uint_t ngx_http_wismo_feedback_ours(ngx_http_request_t *r);

/* Feedback on the order was posted; the key is what its form must hold, at
 * most WISMO_TOKEN_MAX bytes. */
ngx_int_t ngx_http_wismo_feedback_handler(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);
size_t ngx_http_wismo_feedback_key(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, u_char *buf);

/*
 * The address that ends mails about an order, ORDER/stop: NGX_DECLINED if it
 * is another one.
 */
ngx_int_t ngx_http_wismo_stop_handler(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);

/* The look-up form was posted: for ngx_http_wismo_read_body(). */

#define NGX_HTTP_WISMO_FORM_MAX  2048

ngx_int_t ngx_http_wismo_lookup_form(ngx_http_request_t *r, void *data,
    ngx_str_t *body);

/*
 * The handler is called when an answer that must tell nothing by its time may
 * go out: after 100 ms, or a multiple of them, since the request came.
 */
ngx_int_t ngx_http_wismo_lookup_later(ngx_http_request_t *r,
    ngx_http_wismo_later_pt handler, void *data);

/* The form wants the link to t->number sent by mail. */
ngx_int_t ngx_http_wismo_link_handler(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);


/*
 * Streams the changes of an order to whoever may see it
 * (ngx_http_wismo_live.c).
 */
ngx_int_t ngx_http_wismo_live_handler(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);


#endif /* _NGX_HTTP_WISMO_TRACK_H_INCLUDED_ */
