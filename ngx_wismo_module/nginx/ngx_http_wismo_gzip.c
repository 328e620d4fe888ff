
/*
 * Copyright (C) The Wismo authors
 *
 * Compression of what is kept compressed: a page's bytes become gzip once,
 * and are then sent many times.  Called when an answer is made.  nginx's own
 * filter, which compresses for each request, has nothing to do with it.
 */


#include "ngx_http_wismo_reply.h"

#include <zlib.h>


/* less than a packet's worth of saving is none */
#define NGX_HTTP_WISMO_GZIP_MIN    512
#define NGX_HTTP_WISMO_GZIP_LEVEL  5


ngx_int_t
ngx_http_wismo_gzip(ngx_pool_t *pool, ngx_str_t *body, ngx_str_t *gzipped)
{
    size_t  size;

    /* its quarter of a megabyte is cleared and used again */

    static z_stream    zs;
    static ngx_uint_t  ready;

    if (body->len < NGX_HTTP_WISMO_GZIP_MIN) {
        return NGX_DECLINED;
    }

    if (ready) {
        if (deflateReset(&zs) != Z_OK) {
            return NGX_DECLINED;
        }

    } else {
        if (deflateInit2(&zs, NGX_HTTP_WISMO_GZIP_LEVEL, Z_DEFLATED,
                         MAX_WBITS + 16, MAX_MEM_LEVEL - 1,
                         Z_DEFAULT_STRATEGY)
            != Z_OK)
        {
            return NGX_DECLINED;
        }

        ready = 1;
    }

    size = deflateBound(&zs, body->len);

    gzipped->data = ngx_pnalloc(pool, size);
    if (gzipped->data == NULL) {
        return NGX_DECLINED;
    }

    zs.next_in = body->data;
    zs.avail_in = body->len;
    zs.next_out = gzipped->data;
    zs.avail_out = size;

    if (deflate(&zs, Z_FINISH) != Z_STREAM_END) {
        return NGX_DECLINED;
    }

    gzipped->len = size - zs.avail_out;

    return gzipped->len < body->len ? NGX_OK : NGX_DECLINED;
}
