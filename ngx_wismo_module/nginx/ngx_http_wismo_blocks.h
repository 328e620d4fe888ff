
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


typedef struct ngx_http_wismo_block_s  ngx_http_wismo_block_t;

struct ngx_http_wismo_block_s {
    ngx_http_wismo_block_t      *next;
};


typedef struct {
    u_char                      *start;
    size_t                       size;         /* of each */
    ngx_uint_t                   n;
    ngx_uint_t                   nfree;
    ngx_http_wismo_block_t      *free;
    u_char                      *fresh;        /* never used since reset */
} ngx_http_wismo_blocks_t;


/* A text in some of them. */

typedef struct {
    ngx_http_wismo_block_t      *first;
    ngx_http_wismo_block_t      *last;
    ngx_uint_t                   n;
    size_t                       len;          /* of the text */
} ngx_http_wismo_chain_t;


/* All are free: "start", "size" and "n" are set, the rest may be torn. */
void ngx_http_wismo_blocks_reset(ngx_http_wismo_blocks_t *blocks);

/* One by itself, of which there must be one; nothing in it is set. */
void *ngx_http_wismo_blocks_take(ngx_http_wismo_blocks_t *blocks);
void ngx_http_wismo_blocks_put(ngx_http_wismo_blocks_t *blocks, void *block);

/* How many a text needs; there must be as many. */
ngx_uint_t ngx_http_wismo_blocks_needed(ngx_http_wismo_blocks_t *blocks,
    size_t len);
void ngx_http_wismo_blocks_chain(ngx_http_wismo_blocks_t *blocks,
    ngx_http_wismo_chain_t *chain, size_t len);
void ngx_http_wismo_blocks_free(ngx_http_wismo_blocks_t *blocks,
    ngx_http_wismo_chain_t *chain);

/* The text, of the length that the chain was made for. */
void ngx_http_wismo_blocks_write(ngx_http_wismo_blocks_t *blocks,
    ngx_http_wismo_chain_t *chain, const u_char *src);
void ngx_http_wismo_blocks_read(ngx_http_wismo_blocks_t *blocks,
    ngx_http_wismo_chain_t *chain, u_char *dst);
ngx_uint_t ngx_http_wismo_blocks_same(ngx_http_wismo_blocks_t *blocks,
    ngx_http_wismo_chain_t *chain, const u_char *bytes, size_t len);


#endif /* _NGX_HTTP_WISMO_BLOCKS_H_INCLUDED_ */
