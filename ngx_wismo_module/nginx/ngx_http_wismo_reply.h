
/*
 * Copyright (C) The Wismo authors
 *
 * The only way a response leaves the module.  Callers say what it is; status
 * line, security headers, caching, ETag and the body's chain are made here.
 */


#ifndef _NGX_HTTP_WISMO_REPLY_H_INCLUDED_
#define _NGX_HTTP_WISMO_REPLY_H_INCLUDED_


#include "ngx_http_wismo_module.h"


typedef enum {
    NGX_HTTP_WISMO_HTML = 0,
    NGX_HTTP_WISMO_JSON,
    NGX_HTTP_WISMO_PROBLEM,
    NGX_HTTP_WISMO_SCRIPT,     /* the same under its name for ever */
    NGX_HTTP_WISMO_STREAM,     /* goes on after its body */
    NGX_HTTP_WISMO_TEXT,       /* from here on as in wismo_form_e */
    NGX_HTTP_WISMO_CALENDAR,
    NGX_HTTP_WISMO_FEED,
    NGX_HTTP_WISMO_FRAGMENT,   /* HTML, to stand in another page */
    NGX_HTTP_WISMO_ALIAS,      /* a script under a name that stays */
    NGX_HTTP_WISMO_XML         /* for a sender of text messages */
} ngx_http_wismo_type_e;


/*
 * What many bodies begin with: made with the configuration, and never copied.
 * Compressed it is a gzip stream that goes on.
 */

typedef struct {
    ngx_str_t                text;
    ngx_str_t                gzipped;
    uint32_t                 crc;
} ngx_http_wismo_head_t;


typedef struct {
    ngx_uint_t               status;
    ngx_http_wismo_type_e    type;
    ngx_http_wismo_head_t   *head;        /* before the body; or NULL */
    ngx_str_t                body;        /* not copied: r->pool or static */
    ngx_str_t                csp;         /* ends in ..._CSP_FRAMES; empty:
                                             the strictest */
    ngx_str_t                etag;        /* with quotes; empty: none */
    ngx_str_t                location;
    ngx_str_t                cookie;      /* whole Set-Cookie value */
    ngx_str_t                lang_cookie; /* another */
    ngx_str_t                allow;       /* of a 405 */
    ngx_uint_t               varies;      /* with what the client accepts, and
                                             with Cookie */
    ngx_uint_t               encoded;     /* no filter has a say in it */
    ngx_uint_t               gzipped;     /* ... and this is how */
    ngx_int_t                age;         /* seconds, of a stale one; or -1 */
    ngx_uint_t               bearer;      /* a 401 that wants a key */
    ngx_int_t                retry_after; /* seconds, -1: none */
} ngx_http_wismo_response_t;


/* ends all policies: wismo_frame_ancestors says otherwise in its place */
#define NGX_HTTP_WISMO_CSP_FRAMES    "; frame-ancestors 'none'"

#define NGX_HTTP_WISMO_RETRY_AFTER   5
#define NGX_HTTP_WISMO_ETAG_MAX      40

/* seconds between two log lines about the same thing */
#define NGX_HTTP_WISMO_LOG_INTERVAL  60


void ngx_http_wismo_response_init(ngx_http_wismo_response_t *rs,
    ngx_uint_t status, ngx_http_wismo_type_e type);

/* Sends headers and body; returns what a content handler returns. */
ngx_int_t ngx_http_wismo_reply(ngx_http_request_t *r,
    ngx_http_wismo_response_t *rs);

/*
 * More of a stream, at once: "b" is not to be touched until it is empty.  NULL
 * to go on with what could not be sent.
 */
ngx_int_t ngx_http_wismo_reply_more(ngx_http_request_t *r, ngx_buf_t *b);

/* The end of a stream. */
ngx_int_t ngx_http_wismo_reply_end(ngx_http_request_t *r);

/*
 * The ETag of a stored document in one of its forms, in a buffer of
 * NGX_HTTP_WISMO_ETAG_MAX bytes: its version, and a hash of when it was
 * checked and of the variant, which tells apart what the same document looks
 * like in different hands.
 */
void ngx_http_wismo_etag(ngx_str_t *etag, u_char *buf,
    const wismo_document_t *doc, uint64_t variant);

/* The client has this very response: send a 304 and spare the body. */
ngx_uint_t ngx_http_wismo_etag_matches(ngx_http_request_t *r,
    ngx_str_t *etag);

/*
 * Compression, in the pool.  A body: NGX_DECLINED if that is no use; "head"
 * is what stands before it, or NULL.  What is compressed but once, "best",
 * may take its time.  A head: called with the configuration, for its text.
 */
ngx_int_t ngx_http_wismo_gzip(ngx_pool_t *pool, ngx_http_wismo_head_t *head,
    ngx_str_t *body, ngx_str_t *gzipped, ngx_uint_t best);
ngx_int_t ngx_http_wismo_gzip_head(ngx_pool_t *pool,
    ngx_http_wismo_head_t *head);

/*
 * Turns a response into a problem document of RFC 9457 and sends it.  The
 * detail is a literal, the errors are optional.
 */
ngx_int_t ngx_http_wismo_problem(ngx_http_request_t *r,
    ngx_http_wismo_response_t *rs, const char *detail,
    const wismo_error_t *errors, ngx_uint_t n);

/* The member "errors" of such a document, behind another one. */
void ngx_http_wismo_problem_errors(wismo_out_t *out,
    const wismo_error_t *errors, ngx_uint_t n);

/* The same for the usual case: nothing but a status and what is wrong. */
ngx_int_t ngx_http_wismo_reply_problem(ngx_http_request_t *r,
    ngx_uint_t status, const char *detail, const wismo_error_t *errors,
    ngx_uint_t n, ngx_int_t retry_after);


#endif /* _NGX_HTTP_WISMO_REPLY_H_INCLUDED_ */
