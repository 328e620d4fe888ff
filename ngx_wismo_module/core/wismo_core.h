
/*
 * Copyright (C) The Wismo authors
 *
 * What every file of the core shares: counted strings, the bump allocator,
 * the growing output buffer and the error that tells where bad input is.
 *
 * The core knows neither nginx nor Redis, does no I/O and reads no clock:
 * the time is always an argument.  Strings are counted, not terminated, and
 * have the memory layout of nginx's ngx_str_t, so that the module passes its
 * own by address.
 */


#ifndef _WISMO_CORE_H_INCLUDED_
#define _WISMO_CORE_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>


typedef struct {
    size_t                len;
    unsigned char        *data;
} wismo_str_t;


#define wismo_string(s)                                                       \
    { sizeof(s) - 1, (unsigned char *) (s) }
#define wismo_str_set(s, text)                                                \
    (s)->len = sizeof(text) - 1; (s)->data = (unsigned char *) (text)
#define wismo_str_null(s)    (s)->len = 0; (s)->data = NULL


/*
 * For the few functions that a page calls hundreds of times.  What they need
 * seldom is kept apart, so that they save no registers for it; what is rare
 * is also out of the way.
 */

#define wismo_inline         inline __attribute__((always_inline))
#define wismo_apart          __attribute__((noinline))
#define wismo_rare           __attribute__((noinline, cold))


#define WISMO_OK             0
#define WISMO_ERROR          -1       /* out of memory, or a bug */
#define WISMO_DECLINED       -5       /* the input is not acceptable */


/*
 * Where and why an input was refused.  "at" is a JSON pointer, a header
 * name or empty; line and column count from 1 and are 0 when unknown.
 * "text" is a sentence that says what was expected.
 */

typedef struct {
    unsigned              line;
    unsigned              column;
    char                  at[128];
    char                  text[256];
} wismo_error_t;


void wismo_error_set(wismo_error_t *err, const char *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));


/*
 * The bump allocator.  Chunks come from "more" (the module passes a function
 * over ngx_palloc(), so that the request's pool frees them), or from malloc()
 * when "more" is NULL; then wismo_pool_done() frees them.  All memory is
 * aligned for any scalar.  "left" bounds the bytes a pool may ever take:
 * beyond it, as when memory is out, wismo_palloc() returns NULL.
 */

typedef struct wismo_pool_s  wismo_pool_t;

struct wismo_pool_s {
    unsigned char        *pos;
    unsigned char        *end;
    size_t                left;
    size_t                size;       /* of the next chunk, at least */
    void                 *(*more)(void *ctx, size_t size);
    void                 *ctx;
    void                 *chunks;
};


void wismo_pool_init(wismo_pool_t *pool, size_t limit,
    void *(*more)(void *ctx, size_t size), void *ctx);

/* Takes back all blocks; keeps one chunk, frees the rest if malloc()ed. */
void wismo_pool_reset(wismo_pool_t *pool);

void wismo_pool_done(wismo_pool_t *pool);
void *wismo_palloc(wismo_pool_t *pool, size_t size);
void *wismo_pcalloc(wismo_pool_t *pool, size_t size);
int wismo_pstrdup(wismo_pool_t *pool, wismo_str_t *dst,
    const wismo_str_t *src);


/* The bytes of the UTF-8 character at "p", or 0 if there is no valid one. */
size_t wismo_utf8(const unsigned char *p, const unsigned char *end);


/*
 * The growing output buffer.  An append that fails for memory sets "failed"
 * and makes all later ones no-ops: callers check once, at the end.
 */

typedef struct {
    unsigned char        *start;
    unsigned char        *pos;
    unsigned char        *end;
    wismo_pool_t         *pool;
    bool                  failed;
} wismo_out_t;


void wismo_out_init(wismo_out_t *out, wismo_pool_t *pool, size_t hint);
wismo_rare void wismo_out_grow(wismo_out_t *out, size_t need);

/*
 * A JSON string, quotes included: valid whatever the bytes (broken UTF-8 and
 * NUL become U+FFFD) and safe inside HTML and JavaScript.
 */
void wismo_out_json_str(wismo_out_t *out, const wismo_str_t *s);

/* Percent-encoded: all but the unreserved characters of RFC 3986. */
void wismo_out_uri(wismo_out_t *out, const wismo_str_t *s);

void wismo_out_int(wismo_out_t *out, int64_t n);

/* The decimal digits of a number, in "buf", which has room for any. */

#define WISMO_DIGITS         20

void wismo_digits(char *buf, int64_t n, wismo_str_t *text);

void wismo_out_printf(wismo_out_t *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));


static inline void
wismo_out_bytes(wismo_out_t *out, const void *data, size_t len)
{
    if ((size_t) (out->end - out->pos) < len) {
        wismo_out_grow(out, len);

        if (out->failed) {
            return;
        }
    }

    if (len) {
        memcpy(out->pos, data, len);
        out->pos += len;
    }
}


static inline void
wismo_out_str(wismo_out_t *out, const wismo_str_t *s)
{
    wismo_out_bytes(out, s->data, s->len);
}


#define wismo_out_text(out, text)                                             \
    wismo_out_bytes(out, text, sizeof(text) - 1)


static inline bool
wismo_str_eq(const wismo_str_t *a, const wismo_str_t *b)
{
    return a->len == b->len
           && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}


/* A text of C's, where it stands; for literals there is wismo_str_set(). */

static inline wismo_str_t
wismo_str_of(const char *text)
{
    wismo_str_t  s;

    s.len = strlen(text);
    s.data = (unsigned char *) text;

    return s;
}


static inline bool
wismo_str_is(const wismo_str_t *s, const char *text)
{
    size_t  len;

    len = strlen(text);

    return s->len == len && (len == 0 || memcmp(s->data, text, len) == 0);
}


/* The value of a hexadecimal digit, or -1. */

static inline int
wismo_xdigit(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


#endif /* _WISMO_CORE_H_INCLUDED_ */
