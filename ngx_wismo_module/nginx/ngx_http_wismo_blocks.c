
/*
 * Copyright (C) The Wismo authors
 *
 * Chains of blocks.  Called by ngx_http_wismo_cache.c under its lock, so
 * that nothing here may wait, log or take longer than a text is long.
 */


#include "ngx_http_wismo_blocks.h"


void
ngx_http_wismo_blocks_reset(ngx_http_wismo_blocks_t *blocks)
{
    blocks->nfree = blocks->n;
    blocks->free = NULL;
    blocks->fresh = blocks->start;
}


ngx_uint_t
ngx_http_wismo_blocks_needed(size_t head, size_t len)
{
    size_t  size;

    size = NGX_HTTP_WISMO_BLOCK - sizeof(ngx_http_wismo_block_t);

    return (head - sizeof(ngx_http_wismo_block_t) + len + size - 1) / size;
}


void *
ngx_http_wismo_blocks_take(ngx_http_wismo_blocks_t *blocks, ngx_uint_t n,
    size_t len)
{
    ngx_uint_t               i;
    ngx_http_wismo_block_t  *block, *last;
    ngx_http_wismo_chain_t  *chain;

    chain = NULL;
    last = NULL;

    for (i = 0; i < n; i++) {

        if (blocks->free) {
            block = blocks->free;
            blocks->free = block->next;

        } else {
            block = (ngx_http_wismo_block_t *) blocks->fresh;
            blocks->fresh += NGX_HTTP_WISMO_BLOCK;
        }

        block->next = NULL;

        if (last) {
            last->next = block;

        } else {
            chain = (ngx_http_wismo_chain_t *) block;
        }

        last = block;
    }

    blocks->nfree -= n;

    chain->last = last;
    chain->n = n;
    chain->len = len;

    return chain;
}


void
ngx_http_wismo_blocks_free(ngx_http_wismo_blocks_t *blocks,
    ngx_http_wismo_chain_t *chain)
{
    blocks->nfree += chain->n;

    chain->last->next = blocks->free;
    blocks->free = &chain->first;
}


void
ngx_http_wismo_blocks_write(ngx_http_wismo_chain_t *chain, size_t head,
    const u_char *src)
{
    size_t                   n, len;
    ngx_http_wismo_block_t  *block;

    block = &chain->first;
    len = chain->len;

    while (len) {
        n = ngx_min(NGX_HTTP_WISMO_BLOCK - head, len);

        ngx_memcpy((u_char *) block + head, src, n);

        src += n;
        len -= n;

        block = block->next;
        head = sizeof(ngx_http_wismo_block_t);
    }
}


void
ngx_http_wismo_blocks_read(ngx_http_wismo_chain_t *chain, size_t head,
    u_char *dst)
{
    size_t                   n, len;
    ngx_http_wismo_block_t  *block;

    block = &chain->first;
    len = chain->len;

    while (len) {
        n = ngx_min(NGX_HTTP_WISMO_BLOCK - head, len);

        dst = ngx_cpymem(dst, (u_char *) block + head, n);
        len -= n;

        block = block->next;
        head = sizeof(ngx_http_wismo_block_t);
    }
}


ngx_uint_t
ngx_http_wismo_blocks_same(ngx_http_wismo_chain_t *chain, size_t head,
    const u_char *bytes, size_t len)
{
    size_t                   n;
    ngx_http_wismo_block_t  *block;

    if (chain->len != len) {
        return 0;
    }

    block = &chain->first;

    while (len) {
        n = ngx_min(NGX_HTTP_WISMO_BLOCK - head, len);

        if (ngx_memcmp((u_char *) block + head, bytes, n) != 0) {
            return 0;
        }

        bytes += n;
        len -= n;

        block = block->next;
        head = sizeof(ngx_http_wismo_block_t);
    }

    return 1;
}
