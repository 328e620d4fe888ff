
/*
 * Copyright (C) The Wismo authors
 *
 * The pages: brands, templates and words compiled once per configuration;
 * orders and messages (form, not found, bad link, unavailable, a look-up that
 * found nothing) rendered.
 */


#ifndef _NGX_HTTP_WISMO_PAGE_H_INCLUDED_
#define _NGX_HTTP_WISMO_PAGE_H_INCLUDED_


#include "ngx_http_wismo_module.h"
#include "ngx_http_wismo_reply.h"

#include "wismo_brand.h"


typedef enum {
    NGX_HTTP_WISMO_PAGE_FORM = 0,
    NGX_HTTP_WISMO_PAGE_NOT_FOUND,
    NGX_HTTP_WISMO_PAGE_BAD_LINK,
    NGX_HTTP_WISMO_PAGE_UNAVAILABLE,
    NGX_HTTP_WISMO_PAGE_ORDER_MISSING,
    NGX_HTTP_WISMO_PAGE_PROOF_MISSING,
    NGX_HTTP_WISMO_PAGE_NO_MATCH,
    NGX_HTTP_WISMO_PAGE_STOP,
    NGX_HTTP_WISMO_PAGE_STOPPED,
    NGX_HTTP_WISMO_PAGE_MAILED
} ngx_http_wismo_message_e;


/* A brand, and the languages it speaks: arrays of "n" each. */

typedef struct {
    wismo_brand_t                brand;
    ngx_str_t                    path;        /* its file; empty: none */
    wismo_str_t                 *tags;
    wismo_words_t              **words;
    wismo_theme_t               *themes;
    ngx_http_wismo_head_t       *heads;       /* of the pages of orders */
    ngx_uint_t                   n;
    ngx_uint_t                   lang;        /* for who has no wish */
    wismo_blocks_t              *blocks;      /* NULL: none */
    ngx_uint_t                   links;       /* a channel sends them */
    ngx_str_t                    order_csp[2];   /* 1: with live pages */
    ngx_str_t                    message_csp;
} ngx_http_wismo_brand_t;

#define NGX_HTTP_WISMO_BRAND_DEFAULT  "default"


/* The scripts: of live pages, and of the element for other pages. */

#define NGX_HTTP_WISMO_SCRIPT_LIVE    0
#define NGX_HTTP_WISMO_SCRIPT_WIDGET  1
#define NGX_HTTP_WISMO_SCRIPTS        2

typedef struct {
    ngx_str_t                    text;
    ngx_str_t                    gzipped;
    ngx_str_t                    name;        /* with a hash of the text */
    ngx_str_t                    etag;        /* W/"...": however encoded */
} ngx_http_wismo_script_t;


struct ngx_http_wismo_pages_s {
    ngx_array_t                  brands;      /* the default one first */
    ngx_hash_combined_t          hosts;
    ngx_uint_t                   named;       /* how many hosts there are */
    ngx_http_wismo_script_t      scripts[NGX_HTTP_WISMO_SCRIPTS];
};


/* Sets the brand and the language of a request, once. */

void ngx_http_wismo_brand_choose(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);

/* What the look-up form takes: what the location does, or less. */

ngx_uint_t ngx_http_wismo_brand_factors(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);

/* Whether it offers the link by mail: as configured, or to the brand. */

ngx_uint_t ngx_http_wismo_brand_mail(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t);

/*
 * Fills in the body and the policy of a response.  These come after the
 * choice of brand and language.
 */

ngx_int_t ngx_http_wismo_page_message(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, ngx_http_wismo_message_e message,
    ngx_http_wismo_response_t *rs);

/*
 * NGX_DECLINED if the view's JSON cannot be used.  A document of which only
 * the header is sound has no views: that gives what the header alone can
 * tell.
 */
ngx_int_t ngx_http_wismo_page_order(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, const wismo_document_t *doc,
    ngx_http_wismo_response_t *rs);

/*
 * What a page that is kept does not have with it: its beginning, and its
 * policy, which is the same in all languages.
 */
void ngx_http_wismo_page_kept(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, ngx_http_wismo_response_t *rs);

/*
 * A script (ngx_http_wismo_script.c): NGX_DECLINED if that is the name of
 * none.  A name has a hash in it and begins with a character that no order's
 * number has; that of the element goes without a hash, too, as other sites
 * write it into their pages.
 */

#define NGX_HTTP_WISMO_SCRIPT_FIRST  '~'

ngx_int_t ngx_http_wismo_script(ngx_http_request_t *r, wismo_str_t *name,
    ngx_uint_t gzip, ngx_http_wismo_response_t *rs);


#endif /* _NGX_HTTP_WISMO_PAGE_H_INCLUDED_ */
