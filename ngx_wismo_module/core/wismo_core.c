
/*
 * Copyright (C) The Wismo authors
 *
 * The ground the core stands on: the bump allocator, the growing output
 * buffer, UTF-8 and the error record.  Every other file of the core calls
 * it, and so do the module and the fetcher.
 *
 * It must never allocate behind a pool's back, exceed a pool's limit, or
 * write JSON that our own reader would refuse.
 */


#include "wismo_core.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>


#define WISMO_ALIGNMENT      16
#define WISMO_CHUNK_MIN      4096
#define WISMO_CHUNK_MAX      65536


/*
 * A pool hides overruns from the address sanitizer, which sees chunks only.
 * In such builds blocks are told apart by a poisoned gap.
 */

#if defined(__SANITIZE_ADDRESS__)

#include <sanitizer/asan_interface.h>

#define WISMO_GAP            WISMO_ALIGNMENT
#define wismo_poison(p, n)   ASAN_POISON_MEMORY_REGION(p, n)
#define wismo_unpoison(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)

#else

#define WISMO_GAP            0
#define wismo_poison(p, n)
#define wismo_unpoison(p, n)

#endif


typedef struct wismo_chunk_s  wismo_chunk_t;

struct wismo_chunk_s {
    wismo_chunk_t        *next;
    unsigned char        *start;
    unsigned char        *end;
    size_t                size;
};


static int wismo_pool_more(wismo_pool_t *pool, size_t size);


/* What a JSON string may not hold as it is: 1 to escape, 2 to decode. */

static const unsigned char  wismo_json_special[256] = {
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    ['"'] = 1, ['\\'] = 1, ['<'] = 1, [127] = 1,
    [128] = 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2
};


void
wismo_error_set(wismo_error_t *err, const char *at, const char *fmt, ...)
{
    va_list  args;

    if (err == NULL) {
        return;
    }

    err->line = 0;
    err->column = 0;

    (void) snprintf(err->at, sizeof(err->at), "%s", at ? at : "");

    va_start(args, fmt);
    (void) vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);
}


void
wismo_pool_init(wismo_pool_t *pool, size_t limit,
    void *(*more)(void *ctx, size_t size), void *ctx)
{
    pool->pos = NULL;
    pool->end = NULL;
    pool->left = limit;
    pool->size = WISMO_CHUNK_MIN;
    pool->more = more;
    pool->ctx = ctx;
    pool->chunks = NULL;
}


void
wismo_pool_reset(wismo_pool_t *pool)
{
    wismo_chunk_t  *chunk, *next;

    chunk = pool->chunks;

    if (chunk == NULL) {
        return;
    }

    next = chunk->next;
    chunk->next = NULL;

    pool->pos = chunk->start;
    pool->end = chunk->end;

    if (pool->more) {
        return;
    }

    wismo_poison(chunk->start, (size_t) (chunk->end - chunk->start));

    while (next) {
        chunk = next;
        next = chunk->next;

        pool->left += chunk->size;
        free(chunk);
    }
}


void
wismo_pool_done(wismo_pool_t *pool)
{
    wismo_chunk_t  *chunk, *next;

    if (pool->more == NULL) {

        for (chunk = pool->chunks; chunk; chunk = next) {
            next = chunk->next;

            pool->left += chunk->size;
            free(chunk);
        }
    }

    pool->pos = NULL;
    pool->end = NULL;
    pool->chunks = NULL;
}


static int
wismo_pool_more(wismo_pool_t *pool, size_t size)
{
    size_t          extra, usual;
    uintptr_t       p;
    wismo_chunk_t  *chunk;

    /* "more" may align less than we promise */
    extra = sizeof(wismo_chunk_t) + 2 * WISMO_ALIGNMENT;

    if (size > SIZE_MAX - extra) {
        return WISMO_ERROR;
    }

    size += extra;

    usual = pool->size < pool->left ? pool->size : pool->left;

    if (size < usual) {
        size = usual;
    }

    if (size > pool->left) {
        return WISMO_ERROR;
    }

    chunk = pool->more ? pool->more(pool->ctx, size) : malloc(size);

    if (chunk == NULL) {
        return WISMO_ERROR;
    }

    p = (uintptr_t) (chunk + 1) + WISMO_ALIGNMENT - 1;
    p &= ~(uintptr_t) (WISMO_ALIGNMENT - 1);

    chunk->start = (unsigned char *) p;
    chunk->end = (unsigned char *) chunk + size;
    chunk->size = size;
    chunk->next = pool->chunks;

    pool->left -= size;
    pool->chunks = chunk;
    pool->pos = chunk->start;
    pool->end = chunk->end;

    if (pool->size < WISMO_CHUNK_MAX) {
        pool->size *= 2;
    }

    if (pool->more == NULL) {
        wismo_poison(chunk->start, (size_t) (chunk->end - chunk->start));
    }

    return WISMO_OK;
}


void *
wismo_palloc(wismo_pool_t *pool, size_t size)
{
    size_t          need;
    unsigned char  *p;

    if (size > SIZE_MAX - 2 * WISMO_ALIGNMENT) {
        return NULL;
    }

    /* two empty blocks differ */
    need = size ? size : 1;
    need = (need + WISMO_ALIGNMENT - 1) & ~(size_t) (WISMO_ALIGNMENT - 1);
    need += WISMO_GAP;

    if ((size_t) (pool->end - pool->pos) < need) {

        if (wismo_pool_more(pool, need) != WISMO_OK) {
            return NULL;
        }
    }

    p = pool->pos;
    pool->pos += need;

    wismo_unpoison(p, size);

    return p;
}


void *
wismo_pcalloc(wismo_pool_t *pool, size_t size)
{
    void  *p;

    p = wismo_palloc(pool, size);

    if (p) {
        memset(p, 0, size);
    }

    return p;
}


int
wismo_pstrdup(wismo_pool_t *pool, wismo_str_t *dst, const wismo_str_t *src)
{
    unsigned char  *p;

    p = wismo_palloc(pool, src->len);

    if (p == NULL) {
        return WISMO_ERROR;
    }

    if (src->len) {
        memcpy(p, src->data, src->len);
    }

    dst->len = src->len;
    dst->data = p;

    return WISMO_OK;
}


size_t
wismo_utf8(const unsigned char *p, const unsigned char *end)
{
    size_t         n, i;
    unsigned char  low, high;

    if (p == end) {
        return 0;
    }

    if (p[0] < 0x80) {
        return 1;
    }

    /*
     * The second byte's range shuts out overlong forms, surrogates and what
     * lies beyond U+10FFFF.
     */

    low = 0x80;
    high = 0xbf;

    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        n = 2;

    } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
        n = 3;
        low = p[0] == 0xe0 ? 0xa0 : 0x80;
        high = p[0] == 0xed ? 0x9f : 0xbf;

    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        n = 4;
        low = p[0] == 0xf0 ? 0x90 : 0x80;
        high = p[0] == 0xf4 ? 0x8f : 0xbf;

    } else {
        return 0;
    }

    if ((size_t) (end - p) < n || p[1] < low || p[1] > high) {
        return 0;
    }

    for (i = 2; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }

    return n;
}


void
wismo_out_init(wismo_out_t *out, wismo_pool_t *pool, size_t hint)
{
    out->start = NULL;
    out->pos = NULL;
    out->end = NULL;
    out->pool = pool;
    out->failed = false;

    if (hint) {
        wismo_out_grow(out, hint);
    }
}


void
wismo_out_grow(wismo_out_t *out, size_t need)
{
    size_t          used, cap, size;
    wismo_pool_t   *pool;
    unsigned char  *p;

    if (out->failed) {
        return;
    }

    used = (size_t) (out->pos - out->start);
    cap = (size_t) (out->end - out->start);
    pool = out->pool;

    if (need > SIZE_MAX / 2 - used || cap > SIZE_MAX / 4) {
        goto failed;
    }

    size = used + need;

    if (size < 2 * cap) {
        size = 2 * cap;
    }

    size = (size + WISMO_ALIGNMENT - 1) & ~(size_t) (WISMO_ALIGNMENT - 1);

    if (out->start && out->end + WISMO_GAP == pool->pos
        && (size_t) (pool->end - pool->pos) >= size - cap)
    {
        /* the buffer is the pool's last block: it grows where it is */

        wismo_unpoison(out->end, size - cap);

        pool->pos += size - cap;
        out->end += size - cap;

        return;
    }

    p = wismo_palloc(pool, size);

    if (p == NULL) {
        goto failed;
    }

    if (used) {
        memcpy(p, out->start, used);
    }

    out->start = p;
    out->pos = p + used;
    out->end = p + size;

    return;

failed:

    /* no room is left, so that every later append comes back here */

    out->end = out->pos;
    out->failed = true;
}


void
wismo_out_json_str(wismo_out_t *out, const wismo_str_t *s)
{
    size_t                n;
    const unsigned char  *p, *end, *run;

    static const char     hex[] = "0123456789abcdef";

    wismo_out_text(out, "\"");

    p = s->data;
    end = p + s->len;
    run = p;

    while (p < end) {

        switch (wismo_json_special[*p]) {

        case 0:
            p++;
            continue;

        case 2:
            n = wismo_utf8(p, end);

            if (n == 0) {
                wismo_out_bytes(out, run, (size_t) (p - run));
                wismo_out_text(out, "\xef\xbf\xbd");
                run = ++p;
                continue;
            }

            /* line ends in JavaScript, though not in JSON */

            if (n == 3 && p[0] == 0xe2 && p[1] == 0x80
                && (p[2] == 0xa8 || p[2] == 0xa9))
            {
                wismo_out_bytes(out, run, (size_t) (p - run));
                wismo_out_bytes(out, p[2] == 0xa8 ? "\\u2028" : "\\u2029", 6);
                p += n;
                run = p;
                continue;
            }

            p += n;
            continue;
        }

        wismo_out_bytes(out, run, (size_t) (p - run));

        switch (*p) {

        case '"':
            wismo_out_text(out, "\\\"");
            break;

        case '\\':
            wismo_out_text(out, "\\\\");
            break;

        case '\n':
            wismo_out_text(out, "\\n");
            break;

        case '\r':
            wismo_out_text(out, "\\r");
            break;

        case '\t':
            wismo_out_text(out, "\\t");
            break;

        case '\0':
            wismo_out_text(out, "\xef\xbf\xbd");
            break;

        default:
            wismo_out_text(out, "\\u00");
            wismo_out_bytes(out, &hex[*p >> 4], 1);
            wismo_out_bytes(out, &hex[*p & 15], 1);
        }

        run = ++p;
    }

    wismo_out_bytes(out, run, (size_t) (p - run));
    wismo_out_text(out, "\"");
}


void
wismo_out_uri(wismo_out_t *out, const wismo_str_t *s)
{
    char                  escaped[3];
    const unsigned char  *p, *end, *run;

    static const char     hex[] = "0123456789ABCDEF";

    p = s->data;
    end = p + s->len;
    run = p;

    for ( /* void */ ; p < end; p++) {

        if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')
            || (*p >= '0' && *p <= '9')
            || *p == '-' || *p == '.' || *p == '_' || *p == '~')
        {
            continue;
        }

        escaped[0] = '%';
        escaped[1] = hex[*p >> 4];
        escaped[2] = hex[*p & 15];

        wismo_out_bytes(out, run, (size_t) (p - run));
        wismo_out_bytes(out, escaped, 3);

        run = p + 1;
    }

    wismo_out_bytes(out, run, (size_t) (p - run));
}


void
wismo_out_int(wismo_out_t *out, int64_t n)
{
    char         buf[WISMO_DIGITS];
    wismo_str_t  text;

    wismo_digits(buf, n, &text);
    wismo_out_str(out, &text);
}


void
wismo_digits(char *buf, int64_t n, wismo_str_t *text)
{
    char      *p;
    uint64_t   u;

    u = n < 0 ? 0 - (uint64_t) n : (uint64_t) n;
    p = buf + WISMO_DIGITS;

    do {
        *--p = (char) ('0' + u % 10);
        u /= 10;
    } while (u);

    if (n < 0) {
        *--p = '-';
    }

    text->data = (unsigned char *) p;
    text->len = (size_t) (buf + WISMO_DIGITS - p);
}


void
wismo_out_printf(wismo_out_t *out, const char *fmt, ...)
{
    int      n;
    size_t   room;
    va_list  args;

    if (out->failed) {
        return;
    }

    room = (size_t) (out->end - out->pos);

    va_start(args, fmt);
    n = vsnprintf((char *) out->pos, room, fmt, args);
    va_end(args);

    if (n >= 0 && (size_t) n < room) {
        out->pos += n;
        return;
    }

    /* vsnprintf() wants a byte more, for its terminator */

    if (n >= 0) {
        wismo_out_grow(out, (size_t) n + 1);

        if (out->failed) {
            return;
        }

        va_start(args, fmt);
        n = vsnprintf((char *) out->pos, (size_t) (out->end - out->pos), fmt,
                      args);
        va_end(args);
    }

    if (n < 0) {
        out->end = out->pos;
        out->failed = true;
        return;
    }

    out->pos += n;
}
