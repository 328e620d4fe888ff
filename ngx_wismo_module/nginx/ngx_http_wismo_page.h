
/*
 * Copyright (C) The Wismo authors
 *
 * The pages: templates and words compiled once per configuration, and the
 * messages (form, not found, bad link, unavailable, a look-up that found
 * nothing) rendered once, too, for each kind of look-up form in use.
 */


#ifndef _NGX_HTTP_WISMO_PAGE_H_INCLUDED_
#define _NGX_HTTP_WISMO_PAGE_H_INCLUDED_


#include "ngx_http_wismo_module.h"
#include "ngx_http_wismo_reply.h"


typedef enum {
    NGX_HTTP_WISMO_PAGE_FORM = 0,
    NGX_HTTP_WISMO_PAGE_NOT_FOUND,
    NGX_HTTP_WISMO_PAGE_BAD_LINK,
    NGX_HTTP_WISMO_PAGE_UNAVAILABLE,
    NGX_HTTP_WISMO_PAGE_ORDER_MISSING,
    NGX_HTTP_WISMO_PAGE_PROOF_MISSING,
    NGX_HTTP_WISMO_PAGE_NO_MATCH
} ngx_http_wismo_message_e;

#define NGX_HTTP_WISMO_MESSAGES  7


typedef struct ngx_http_wismo_track_s  ngx_http_wismo_track_t;


/* Fills in the body and the policy of a response; "base" is escaped. */

ngx_int_t ngx_http_wismo_page_message(ngx_http_request_t *r,
    ngx_str_t *base, ngx_http_wismo_message_e message,
    ngx_http_wismo_response_t *rs);

/*
 * NGX_DECLINED if the view's JSON cannot be used.  A document of which only
 * the header is sound has no views: that gives what the header alone can
 * tell.
 */
ngx_int_t ngx_http_wismo_page_order(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, const wismo_document_t *doc,
    ngx_http_wismo_response_t *rs);

/* The policy of the page of an order, which goes with each of them. */
ngx_str_t *ngx_http_wismo_page_policy(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);


#endif /* _NGX_HTTP_WISMO_PAGE_H_INCLUDED_ */
