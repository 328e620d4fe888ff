
/*
 * Copyright (C) The Wismo authors
 *
 * The page cache: what the workers of one nginx keep in the zone of orders
 * that were asked for.  Of each order there is its document, as Redis had
 * it, and the answers that were made of it.  Everything is copied in and out
 * under the zone's lock; what is copied out belongs to the request.
 */


#ifndef _NGX_HTTP_WISMO_CACHE_H_INCLUDED_
#define _NGX_HTTP_WISMO_CACHE_H_INCLUDED_


#include "ngx_http_wismo_module.h"
#include "ngx_http_wismo_reply.h"


/* Which of the answers that a document can become; all bytes are compared. */

typedef struct {
    uint64_t                     base;         /* hash of the prefix */
    uint32_t                     generation;   /* of templates and words */
    uint16_t                     brand;
    uint16_t                     lang;
    uint8_t                      type;
    uint8_t                      view;
    uint8_t                      gzip;         /* the client takes it */
    uint8_t                      stale;        /* Redis does not answer */
    uint32_t                     moment;       /* of what speaks of today, a
                                                  quarter of an hour; or 0 */
} ngx_http_wismo_variant_t;


typedef struct {

    /* what is sought: set by the caller, the rest zero */

    wismo_str_t                  number;
    ngx_http_wismo_variant_t     variant;

    /* what was found */

    uint64_t                     document;     /* 0: none that may be used */
    size_t                       size;         /* of the document */
    wismo_document_t             head;         /* of the document, no views */
    ngx_msec_t                   age;

    uint64_t                     answer;       /* 0: none */
    size_t                       len;          /* of the answer */
    ngx_uint_t                   gzipped;      /* the answer is */
    ngx_uint_t                   theme;        /* of a page: which of the
                                                  brand's it has */
    ngx_str_t                    etag;
    u_char                       buf[NGX_HTTP_WISMO_ETAG_MAX];

    /* when it was sought */

    uint64_t                     hash;
    uint64_t                     change;
    ngx_atomic_uint_t            epoch;
    ngx_msec_t                   asked;
} ngx_http_wismo_lookup_t;


/* Makes the cache of what is left of a new zone, if that is enough. */
ngx_int_t ngx_http_wismo_cache_init(ngx_slab_pool_t *shpool,
    ngx_http_wismo_shm_t *sh);

/* A worker's life with it begins. */
void ngx_http_wismo_cache_open(ngx_slab_pool_t *shpool,
    ngx_http_wismo_shm_t *sh);


/*
 * NGX_OK: there is the answer; NGX_AGAIN: there is the document, still good,
 * but not this answer; NGX_DECLINED: Redis must be asked, and then the lookup
 * is handed on to ngx_http_wismo_cache_keep() or forget().  What is sought
 * with "stale" may be a day old.
 */
ngx_int_t ngx_http_wismo_cache_find(ngx_http_wismo_lookup_t *look);

/* Copies what was found; NGX_DECLINED if it has gone meanwhile. */
ngx_int_t ngx_http_wismo_cache_answer(ngx_http_wismo_lookup_t *look,
    u_char *dst);
ngx_int_t ngx_http_wismo_cache_document(ngx_http_wismo_lookup_t *look,
    u_char *dst);

/*
 * Redis has sent the document.  It is not kept if it may have changed since
 * it was asked for.  If it is the one that was there, its answers are still
 * good: then as ngx_http_wismo_cache_find().
 */
ngx_int_t ngx_http_wismo_cache_keep(ngx_http_wismo_lookup_t *look,
    const wismo_str_t *bytes, const wismo_document_t *doc);

/* Redis has no such order. */
void ngx_http_wismo_cache_forget(ngx_http_wismo_lookup_t *look);

/*
 * Keeps an answer that was made of the document of this lookup, unless that
 * has changed meanwhile: NGX_DECLINED.
 */
ngx_int_t ngx_http_wismo_cache_store(ngx_http_wismo_lookup_t *look,
    ngx_str_t *etag, ngx_str_t *body, ngx_uint_t gzipped);


/*
 * An order has changed: what was read before is good no more, but as a stale
 * answer while Redis does not answer; not even that if it is "gone".
 */
void ngx_http_wismo_cache_drop(const wismo_str_t *order, ngx_uint_t gone);

/* All of them have. */
void ngx_http_wismo_cache_flush(void);


#endif /* _NGX_HTTP_WISMO_CACHE_H_INCLUDED_ */
