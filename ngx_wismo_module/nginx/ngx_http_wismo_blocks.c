
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


void *
ngx_http_wismo_blocks_take(ngx_http_wismo_blocks_t *blocks)
{
    ngx_http_wismo_block_t  *block;

    blocks->nfree--;

    if (blocks->free) {
        block = blocks->free;
        blocks->free = block->next;

    } else {
        block = (ngx_http_wismo_block_t *) blocks->fresh;
        blocks->fresh += blocks->size;
    }

    return block;
}


void
ngx_http_wismo_blocks_put(ngx_http_wismo_blocks_t *blocks, void *block)
{
    ngx_http_wismo_block_t  *b;

    b = block;

    b->next = blocks->free;
    blocks->free = b;
    blocks->nfree++;
}


ngx_uint_t
ngx_http_wismo_blocks_needed(ngx_http_wismo_blocks_t *blocks, size_t len)
{
    size_t  size;

    size = blocks->size - sizeof(ngx_http_wismo_block_t);

    return (len + size - 1) / size;
}


void
ngx_http_wismo_blocks_chain(ngx_http_wismo_blocks_t *blocks,
    ngx_http_wismo_chain_t *chain, size_t len)
{
    ngx_uint_t                i;
    ngx_http_wismo_block_t  **next;

    chain->n = ngx_http_wismo_blocks_needed(blocks, len);
    chain->len = len;
    chain->last = NULL;

    next = &chain->first;

    for (i = 0; i < chain->n; i++) {
        chain->last = ngx_http_wismo_blocks_take(blocks);

        *next = chain->last;
        next = &chain->last->next;
    }

    *next = NULL;
}


void
ngx_http_wismo_blocks_free(ngx_http_wismo_blocks_t *blocks,
    ngx_http_wismo_chain_t *chain)
{
    if (chain->n == 0) {
        return;
    }

    blocks->nfree += chain->n;

    chain->last->next = blocks->free;
    blocks->free = chain->first;
}


void
ngx_http_wismo_blocks_write(ngx_http_wismo_blocks_t *blocks,
    ngx_http_wismo_chain_t *chain, const u_char *src)
{
    size_t                   n, len;
    ngx_http_wismo_block_t  *block;

    block = chain->first;
    len = chain->len;

    while (len) {
        n = ngx_min(blocks->size - sizeof(ngx_http_wismo_block_t), len);

        ngx_memcpy(block + 1, src, n);

        src += n;
        len -= n;

        block = block->next;
    }
}


void
ngx_http_wismo_blocks_read(ngx_http_wismo_blocks_t *blocks,
    ngx_http_wismo_chain_t *chain, u_char *dst)
{
    size_t                   n, len;
    ngx_http_wismo_block_t  *block;

    block = chain->first;
    len = chain->len;

    while (len) {
        n = ngx_min(blocks->size - sizeof(ngx_http_wismo_block_t), len);

        dst = ngx_cpymem(dst, block + 1, n);
        len -= n;

        block = block->next;
    }
}


ngx_uint_t
ngx_http_wismo_blocks_same(ngx_http_wismo_blocks_t *blocks,
    ngx_http_wismo_chain_t *chain, const u_char *bytes, size_t len)
{
    size_t                   n;
    ngx_http_wismo_block_t  *block;

    if (chain->len != len) {
        return 0;
    }

    block = chain->first;

    while (len) {
        n = ngx_min(blocks->size - sizeof(ngx_http_wismo_block_t), len);

        if (ngx_memcmp(block + 1, bytes, n) != 0) {
            return 0;
        }

        bytes += n;
        len -= n;

        block = block->next;
    }

    return 1;
}
