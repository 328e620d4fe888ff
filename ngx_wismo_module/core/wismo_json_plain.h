
/*
 * Copyright (C) The Wismo authors
 *
 * What is plain in a JSON string, many bytes at once: for the reader, and for
 * what makes an index of a text that has been written.
 */


#ifndef _WISMO_JSON_PLAIN_H_INCLUDED_
#define _WISMO_JSON_PLAIN_H_INCLUDED_


#include "wismo_word.h"

#if (defined(__SSE2__) && defined(__GNUC__))
#include <emmintrin.h>
#endif


/*
 * Passes over what is plain in a string: not a quote, a backslash, a control
 * character or beyond ASCII.  Many bytes at once where that is known to be
 * possible; the first that is not plain is found by the caller.
 */

static inline const unsigned char *
wismo_json_plain(const unsigned char *p, const unsigned char *end)
{
#if (defined(__SSE2__) && defined(__GNUC__))

    unsigned  special;
    __m128i   bytes;

    while (end - p >= 16) {
        bytes = _mm_loadu_si128((const __m128i *) (const void *) p);

        /* as signed numbers, bytes beyond ASCII are below the space, too */

        special = (unsigned) _mm_movemask_epi8(
                      _mm_or_si128(
                          _mm_or_si128(
                              _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                              _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))),
                          _mm_cmplt_epi8(bytes, _mm_set1_epi8(' '))));

        if (special) {
            return p + __builtin_ctz(special);
        }

        p += 16;
    }

#else

    uint64_t        w, special;

    const uint64_t  ones = WISMO_WORD_ONES;

    while ((size_t) (end - p) >= WISMO_WORD) {
        w = wismo_word(p);

        /* only a special byte sets its top bit or borrows from the next */

        special = (w ^ ones * '"') - ones;
        special |= (w ^ ones * '\\') - ones;
        special |= w - ones * ' ';
        special |= w;
        special &= WISMO_WORD_TOPS;

        if (special) {
            return p + wismo_word_first(special);
        }

        p += WISMO_WORD;
    }

#endif

    return p;
}


#endif /* _WISMO_JSON_PLAIN_H_INCLUDED_ */
