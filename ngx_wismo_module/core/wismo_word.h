
/*
 * Copyright (C) The Wismo authors
 *
 * Eight bytes of text at a time: names are told apart by their first eight,
 * and pages escaped by looking at as many at once.
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

static inline bool
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


#endif /* _WISMO_WORD_H_INCLUDED_ */
