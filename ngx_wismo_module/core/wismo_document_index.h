
/*
 * Copyright (C) The Wismo authors
 *
 * The index of a document's full view: where the values stand that pages ask
 * for, and what each event says, so that a page is made without looking at
 * every byte.  wismo_document_index.c writes it, wismo_document_json.c reads
 * it, and nothing else knows its bytes.
 */


#ifndef _WISMO_DOCUMENT_INDEX_H_INCLUDED_
#define _WISMO_DOCUMENT_INDEX_H_INCLUDED_


#include "wismo_document_int.h"


/*
 * Words of 32 bits, the lowest byte first.  The first is WISMO_INDEX_FORM, the
 * second how many there are, the others are entries, in the view's order:
 *
 *   type:4 name:7 skip:9 length:12
 *
 * for a text or a number how far its first byte is from where the last one
 * ended.  An entry "wide" comes before one for which that is not enough, and
 * has the upper bits: type:4 skip:12 length:16.  An event is
 *
 *   type:4 row:7 basis:3 returning:1 unused:1 upper:16   wall:32
 *
 * and three texts: the time it is told by, the description and the place.
 */

#define WISMO_INDEX_WORD     4
#define WISMO_INDEX_HEAD     (2 * WISMO_INDEX_WORD)

/* Another one if names or the vocabulary's rows get other numbers. */
#define WISMO_INDEX_FORM     UINT32_C(0x32584957)

#define WISMO_INDEX_TYPE_BITS     4
#define WISMO_INDEX_NAME_BITS     7
#define WISMO_INDEX_SKIP_BITS     9
#define WISMO_INDEX_BASIS_BITS    3
#define WISMO_INDEX_LENGTH_BITS   12
#define WISMO_INDEX_UPPER_BITS    12

#define WISMO_INDEX_AT_NAME       4
#define WISMO_INDEX_AT_SKIP       11
#define WISMO_INDEX_AT_LENGTH     20
#define WISMO_INDEX_AT_UPPER_SKIP 4
#define WISMO_INDEX_AT_UPPER_LENGTH  16
#define WISMO_INDEX_AT_ROW        4
#define WISMO_INDEX_AT_BASIS      11
#define WISMO_INDEX_AT_RETURNING  14
#define WISMO_INDEX_AT_WALL       16

/* words of an event */
#define WISMO_INDEX_EVENT_WORDS   5

#define wismo_index_bits(e, at, n)                                            \
    ((e) >> (at) & ((UINT32_C(1) << (n)) - 1))


typedef enum {
    WISMO_INDEX_STRING = 0,           /* as it stands there */
    WISMO_INDEX_ESCAPED,
    WISMO_INDEX_FRESH,                /* a time that is patched, or null */
    WISMO_INDEX_NUMBER,
    WISMO_INDEX_NONE,                 /* of an event's texts */
    WISMO_INDEX_TRUE,
    WISMO_INDEX_FALSE,
    WISMO_INDEX_OBJECT,
    WISMO_INDEX_ARRAY,
    WISMO_INDEX_EVENT,
    WISMO_INDEX_CLOSE,
    WISMO_INDEX_WIDE
} wismo_index_e;


/* Zeroes behind it, so that a word of it is its head. */

typedef struct {
    char                      text[23];
    unsigned char             len;
} wismo_index_name_t;


/* What a page asks for of an order, a parcel or an item; numbered from 1. */

#define WISMO_INDEX_NAMES    56

/* the first two have a fixed width, so that they can be patched */
#define WISMO_INDEX_FIXED    2

/* the last one */
#define WISMO_INDEX_EVENTS   (WISMO_INDEX_NAMES - 1)

static inline uint32_t
wismo_index_get(const unsigned char *p)
{
    uint32_t  e;

    memcpy(&e, p, sizeof(e));

#if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
    e = __builtin_bswap32(e);
#endif

    return e;
}


static inline void
wismo_index_put(unsigned char *p, uint32_t e)
{
    p[0] = (unsigned char) e;
    p[1] = (unsigned char) (e >> 8);
    p[2] = (unsigned char) (e >> 16);
    p[3] = (unsigned char) (e >> 24);
}


extern const wismo_index_name_t  wismo_index_names[WISMO_INDEX_NAMES];


#endif /* _WISMO_DOCUMENT_INDEX_H_INCLUDED_ */
