
/*
 * Copyright (C) The Wismo authors
 *
 * Compression of what is kept compressed: a page's bytes become gzip once,
 * and are then sent many times.  What all pages begin with was compressed
 * with the configuration, up to a whole byte, and the rest goes on from
 * there.  Called when an answer is made.  nginx's own filter, which
 * compresses for each request, has nothing to do with it.
 */


#include "ngx_http_wismo_reply.h"

#include <libdeflate.h>
#include <zlib.h>


/* less than a packet's worth of saving is none */
#define NGX_HTTP_WISMO_GZIP_MIN    512

/* level 4 takes twice the time of 1 and saves a hundredth */
#define NGX_HTTP_WISMO_GZIP_FAST   1
#define NGX_HTTP_WISMO_GZIP_BEST   12


/* RFC 1952: no name, no time, the operating system unknown. */

static u_char  ngx_http_wismo_gzip_header[] = {
    0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255
};

#define NGX_HTTP_WISMO_GZIP_HEADER   sizeof(ngx_http_wismo_gzip_header)
#define NGX_HTTP_WISMO_GZIP_TRAILER  8


ngx_int_t
ngx_http_wismo_gzip(ngx_pool_t *pool, ngx_http_wismo_head_t *head,
    ngx_str_t *body, ngx_str_t *gzipped, ngx_uint_t best)
{
    size_t                         len, size;
    u_char                        *p;
    uint32_t                       crc;
    ngx_uint_t                     i;
    struct libdeflate_compressor  *compressor;

    /* its memory is cleared and used again */

    static struct libdeflate_compressor  *fast;

    if (head && head->text.len == 0) {
        head = NULL;
    }

    len = head ? head->text.len : 0;

    if (len + body->len < NGX_HTTP_WISMO_GZIP_MIN) {
        return NGX_DECLINED;
    }

    if (best) {
        compressor = libdeflate_alloc_compressor(NGX_HTTP_WISMO_GZIP_BEST);

    } else {
        if (fast == NULL) {
            fast = libdeflate_alloc_compressor(NGX_HTTP_WISMO_GZIP_FAST);
        }

        compressor = fast;
    }

    if (compressor == NULL) {
        return NGX_DECLINED;
    }

    size = libdeflate_deflate_compress_bound(compressor, body->len);

    p = ngx_pnalloc(pool, NGX_HTTP_WISMO_GZIP_HEADER + size
                          + NGX_HTTP_WISMO_GZIP_TRAILER);

    if (p) {
        gzipped->data = p;

        if (head == NULL) {
            p = ngx_cpymem(p, ngx_http_wismo_gzip_header,
                           NGX_HTTP_WISMO_GZIP_HEADER);
        }

        size = libdeflate_deflate_compress(compressor, body->data, body->len,
                                           p, size);
    }

    if (best) {
        libdeflate_free_compressor(compressor);
    }

    if (p == NULL || size == 0) {
        return NGX_DECLINED;
    }

    p += size;

    crc = libdeflate_crc32(head ? head->crc : 0, body->data, body->len);
    len += body->len;

    for (i = 0; i < 4; i++) {
        p[i] = (u_char) (crc >> 8 * i);
        p[4 + i] = (u_char) (len >> 8 * i);
    }

    gzipped->len = p + NGX_HTTP_WISMO_GZIP_TRAILER - gzipped->data;

    size = gzipped->len + (head ? head->gzipped.len : 0);

    return size < len ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_http_wismo_gzip_head(ngx_pool_t *pool, ngx_http_wismo_head_t *head)
{
    size_t    size;
    u_char   *p;
    z_stream  zs;

    if (head->text.len == 0) {
        return NGX_OK;
    }

    ngx_memzero(&zs, sizeof(z_stream));

    if (deflateInit2(&zs, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS,
                     MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY)
        != Z_OK)
    {
        return NGX_ERROR;
    }

    /* a flush adds an empty block, of five bytes at most */

    size = NGX_HTTP_WISMO_GZIP_HEADER + deflateBound(&zs, head->text.len) + 6;

    p = ngx_pnalloc(pool, size);
    if (p == NULL) {
        (void) deflateEnd(&zs);
        return NGX_ERROR;
    }

    head->gzipped.data = p;

    p = ngx_cpymem(p, ngx_http_wismo_gzip_header, NGX_HTTP_WISMO_GZIP_HEADER);

    zs.next_in = head->text.data;
    zs.avail_in = head->text.len;
    zs.next_out = p;
    zs.avail_out = size - NGX_HTTP_WISMO_GZIP_HEADER;

    if (deflate(&zs, Z_SYNC_FLUSH) != Z_OK || zs.avail_in) {
        (void) deflateEnd(&zs);
        return NGX_ERROR;
    }

    head->gzipped.len = size - zs.avail_out;
    head->crc = libdeflate_crc32(0, head->text.data, head->text.len);

    (void) deflateEnd(&zs);

    return NGX_OK;
}
