
/*
 * Copyright (C) The Wismo authors
 *
 * The sums of a document's views, by which the module knows, before it gives
 * a view away unread, that the bytes are still those that were written.
 *
 * They are against what memory, disks and hands do to bytes, not against who
 * means it: whoever may write documents may write their sums.  They must not
 * depend on the times that polls patch, nor take longer than the sending.
 */


#include "wismo_document_int.h"
#include "wismo_word.h"

#if (defined(__SSE2__) && defined(__GNUC__))
#include <emmintrin.h>
#endif


#define WISMO_DOC_SUM_LANES  2
#define WISMO_DOC_SUM_NODES  65536


/* Sums of words, and of these sums: which word is where counts, too. */

typedef struct {
    uint64_t                  a[WISMO_DOC_SUM_LANES];
    uint64_t                  b[WISMO_DOC_SUM_LANES];
} wismo_document_sum_t;


static bool wismo_document_sum(const wismo_document_t *doc,
    const wismo_str_t *view, size_t at, uint64_t *sum);
static void wismo_document_sum_part(wismo_document_sum_t *sum,
    const unsigned char *p, const unsigned char *end);
static uint64_t wismo_document_sum_mixed(uint64_t h);


bool
wismo_document_sums(const wismo_document_t *doc, unsigned char *sums)
{
    unsigned  i, k;
    uint64_t  sum;

    for (k = 0; k < 2; k++) {

        if (!wismo_document_sum(doc, k ? &doc->full : &doc->minimal,
                                k ? WISMO_DOC_LINE_FULL
                                  : WISMO_DOC_LINE_MINIMAL, &sum))
        {
            return false;
        }

        for (i = 0; i < sizeof(uint64_t); i++) {
            *sums++ = (unsigned char) (sum >> 8 * i);
        }
    }

    return true;
}


int
wismo_document_intact(wismo_pool_t *pool, const wismo_document_t *doc,
    const wismo_str_t *view, wismo_error_t *err)
{
    bool                  full;
    uint64_t              sum;
    wismo_json_t         *json;
    const unsigned char  *sums;

    if (!(doc->flags & WISMO_DOC_FLAG_SUMS)) {
        return wismo_json_read(pool, view, WISMO_DOC_SUM_NODES, &json, err);
    }

    full = (view == &doc->full);
    sums = doc->index.data + doc->index.len;

    if (!wismo_document_sum(doc, view, full ? WISMO_DOC_LINE_FULL
                                            : WISMO_DOC_LINE_MINIMAL, &sum)
        || sum != wismo_word(sums + (full ? sizeof(uint64_t) : 0)))
    {
        wismo_error_set(err, "", "%s", "a view is not the one that was "
                                       "written");
        return WISMO_DECLINED;
    }

    return WISMO_OK;
}


/*
 * The sum of what stands around the times, which are the order's and those
 * that the parcels' lines name; they stand before the views.
 */

static bool
wismo_document_sum(const wismo_document_t *doc, const wismo_str_t *view,
    size_t at, uint64_t *sum)
{
    size_t                 pos;
    unsigned               i;
    uint64_t               offset, h;
    wismo_document_sum_t   s;
    const unsigned char   *line;

    memset(&s, 0, sizeof(wismo_document_sum_t));

    line = doc->minimal.data - doc->nparcels * WISMO_DOC_LINE;
    offset = WISMO_DOC_CHECKED_LEN;
    pos = 0;

    for (i = 0; i <= doc->nparcels; i++) {

        if (i > 0) {
            if (!wismo_document_number(line + at, 6, &offset)) {
                return false;
            }

            line += WISMO_DOC_LINE;
        }

        if (offset < pos || offset + WISMO_DOC_TIMES_LEN > view->len) {
            return false;
        }

        wismo_document_sum_part(&s, view->data + pos, view->data + offset);

        pos = (size_t) offset + WISMO_DOC_TIMES_LEN;
    }

    wismo_document_sum_part(&s, view->data + pos, view->data + view->len);

    h = view->len;

    for (i = 0; i < WISMO_DOC_SUM_LANES; i++) {
        h = wismo_document_sum_mixed(h ^ s.a[i]);
        h = wismo_document_sum_mixed(h ^ s.b[i]);
    }

    *sum = h;

    return true;
}


static void
wismo_document_sum_part(wismo_document_sum_t *sum, const unsigned char *p,
    const unsigned char *end)
{
    uint64_t  a, b, c, d;

#if (defined(__SSE2__) && defined(__GNUC__))

    __m128i   once, twice;

    once = _mm_loadu_si128((const __m128i *) (const void *) sum->a);
    twice = _mm_loadu_si128((const __m128i *) (const void *) sum->b);

#define wismo_document_sum_words(p)                                           \
    once = _mm_add_epi64(once, _mm_loadu_si128(                               \
                                   (const __m128i *) (const void *) (p)));    \
    twice = _mm_add_epi64(twice, once)

    while (end - p >= 64) {
        wismo_document_sum_words(p);
        wismo_document_sum_words(p + 16);
        wismo_document_sum_words(p + 32);
        wismo_document_sum_words(p + 48);
        p += 64;
    }

    _mm_storeu_si128((__m128i *) (void *) sum->a, once);
    _mm_storeu_si128((__m128i *) (void *) sum->b, twice);

#endif

    a = sum->a[0];
    b = sum->b[0];
    c = sum->a[1];
    d = sum->b[1];

    while ((size_t) (end - p) >= 2 * WISMO_WORD) {
        a += wismo_word(p);
        b += a;
        c += wismo_word(p + WISMO_WORD);
        d += c;
        p += 2 * WISMO_WORD;
    }

    while (p < end) {
        a += wismo_word_head(p, (size_t) (end - p));
        b += a;
        p += (size_t) (end - p) < WISMO_WORD ? (size_t) (end - p) : WISMO_WORD;
    }

    sum->a[0] = a;
    sum->b[0] = b;
    sum->a[1] = c;
    sum->b[1] = d;
}


/* No two give the same: the finalizer of MurmurHash3. */

static uint64_t
wismo_document_sum_mixed(uint64_t h)
{
    h ^= h >> 33;
    h *= UINT64_C(0xff51afd7ed558ccd);
    h ^= h >> 33;
    h *= UINT64_C(0xc4ceb9fe1a85ec53);
    h ^= h >> 33;

    return h;
}
