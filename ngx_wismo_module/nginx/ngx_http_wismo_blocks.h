
/*
 * Copyright (C) The Wismo authors
 *
 * A piece of shared memory cut into blocks of one size, which never becomes
 * fragmented, and texts kept in chains of them.  The page cache's store: its
 * lock is held by whoever calls.
 */


#ifndef _NGX_HTTP_WISMO_BLOCKS_H_INCLUDED_
#define _NGX_HTTP_WISMO_BLOCKS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_HTTP_WISMO_BLOCK  4096


typedef struct ngx_http_wismo_block_s  ngx_http_wismo_block_t;

struct ngx_http_wismo_block_s {
    ngx_http_wismo_block_t      *next;
};


/* A header of the caller's, which begins with this, and then the text. */

typedef struct {
    ngx_http_wismo_block_t       first;
    ngx_http_wismo_block_t      *last;
    ngx_uint_t                   n;
    size_t                       len;          /* of the text */
} ngx_http_wismo_chain_t;


typedef struct {
    u_char                      *start;
    ngx_uint_t                   n;
    ngx_uint_t                   nfree;
    ngx_http_wismo_block_t      *free;
    u_char                      *fresh;        /* never used since reset */
} ngx_http_wismo_blocks_t;


/* All blocks are free: "start" and "n" are set, the rest may be torn. */
void ngx_http_wismo_blocks_reset(ngx_http_wismo_blocks_t *blocks);

/* How many a header, smaller than a block, and a text need. */
ngx_uint_t ngx_http_wismo_blocks_needed(size_t head, size_t len);

/* There must be as many; the header's rest and the text are not set. */
void *ngx_http_wismo_blocks_take(ngx_http_wismo_blocks_t *blocks, ngx_uint_t n,
    size_t len);
void ngx_http_wismo_blocks_free(ngx_http_wismo_blocks_t *blocks,
    ngx_http_wismo_chain_t *chain);

/* The text, of the length that the chain was taken for. */
void ngx_http_wismo_blocks_write(ngx_http_wismo_chain_t *chain, size_t head,
    const u_char *src);
void ngx_http_wismo_blocks_read(ngx_http_wismo_chain_t *chain, size_t head,
    u_char *dst);
ngx_uint_t ngx_http_wismo_blocks_same(ngx_http_wismo_chain_t *chain,
    size_t head, const u_char *bytes, size_t len);


#endif /* _NGX_HTTP_WISMO_BLOCKS_H_INCLUDED_ */
