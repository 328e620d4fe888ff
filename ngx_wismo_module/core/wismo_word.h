
/*
 * Copyright (C) The Wismo authors
 *
 * Eight bytes of text at a time: names are told apart by their first eight,
 * pages escaped by looking at as many at once, and short texts copied.
 */


#ifndef _WISMO_WORD_H_INCLUDED_
#define _WISMO_WORD_H_INCLUDED_


#include "wismo_core.h"


#define WISMO_WORD           sizeof(uint64_t)
#define WISMO_WORD_ONES      UINT64_C(0x0101010101010101)
#define WISMO_WORD_TOPS      UINT64_C(0x8080808080808080)


/* The first byte is the lowest, on any machine. */

static inline uint64_t
wismo_word(const void *p)
{
    uint64_t  w;

    memcpy(&w, p, sizeof(w));

#if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
    w = __builtin_bswap64(w);
#endif

    return w;
}


/* The first bytes of a word, as if the text ended there. */

static inline uint64_t
wismo_word_cut(uint64_t w, size_t len)
{
    return len < WISMO_WORD ? w & ~(~UINT64_C(0) << 8 * len) : w;
}


/* The first word of a text, or all of it with zeroes behind. */

static inline uint64_t
wismo_word_head(const void *text, size_t len)
{
    size_t                i;
    uint64_t              w;
    uint32_t              low, high;
    const unsigned char  *p = text;

    if (len >= WISMO_WORD) {
        return wismo_word(p);
    }

    if (len >= sizeof(low)) {
        memcpy(&low, p, sizeof(low));
        memcpy(&high, p + len - sizeof(high), sizeof(high));

#if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
        low = __builtin_bswap32(low);
        high = __builtin_bswap32(high);
#endif

        return low | (uint64_t) high << 8 * (len - sizeof(high));
    }

    w = 0;

    for (i = len; i; i--) {
        w = w << 8 | p[i - 1];
    }

    return w;
}


/* Two texts with the same first word and more; most have no more than two. */

static wismo_inline bool
wismo_word_same(const unsigned char *a, const unsigned char *b, size_t len)
{
    return wismo_word(a + len - WISMO_WORD) == wismo_word(b + len - WISMO_WORD)
           && (len <= 2 * WISMO_WORD || memcmp(a, b, len) == 0);
}


/* The bytes before the first that has its top bit set; there must be one. */

static inline unsigned
wismo_word_first(uint64_t tops)
{
    return (unsigned) __builtin_ctzll(tops) / 8;
}


/*
 * Copies a text that is mostly short, and returns its end: two pieces that
 * overlap make any length, without the call and the choices of memcpy().
 */

static wismo_inline unsigned char *
wismo_word_copy(unsigned char *p, const unsigned char *data, size_t len)
{
    if (len > 64) {
        memcpy(p, data, len);

    } else if (len > 32) {
        memcpy(p, data, 32);
        memcpy(p + len - 32, data + len - 32, 32);

    } else if (len >= 16) {
        memcpy(p, data, 16);
        memcpy(p + len - 16, data + len - 16, 16);

    } else if (len >= 8) {
        memcpy(p, data, 8);
        memcpy(p + len - 8, data + len - 8, 8);

    } else if (len >= 4) {
        memcpy(p, data, 4);
        memcpy(p + len - 4, data + len - 4, 4);

    } else if (len) {
        p[0] = data[0];
        p[len / 2] = data[len / 2];
        p[len - 1] = data[len - 1];
    }

    return p + len;
}


#endif /* _WISMO_WORD_H_INCLUDED_ */
