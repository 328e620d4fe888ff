
/*
 * Copyright (C) The Wismo authors
 *
 * The full view of a document as a tree: from its index, or by reading it all.
 * Called for every page that is made.
 *
 * An index is believed no more than the view.  One that does not fit, or is of
 * another form, is as good as none.
 */


#include "wismo_document_index.h"
#include "wismo_json_plain.h"
#include "wismo_scan.h"


/* bytes that are looked at together */
#define WISMO_INDEX_PLAIN         64


typedef struct {
    const unsigned char      *p;      /* the next word */
    const unsigned char      *last;
    const unsigned char      *pos;
    const unsigned char      *start;  /* of the view */
    const unsigned char      *end;
    uint32_t                  upper;
    wismo_pool_t             *pool;
} wismo_index_reader_t;


static int wismo_index_read(wismo_pool_t *pool, const wismo_document_t *doc,
    unsigned max_nodes, wismo_json_t **json);
static wismo_inline bool wismo_index_place(wismo_index_reader_t *r,
    uint32_t e, wismo_str_t *s);
static wismo_inline int wismo_index_text(wismo_index_reader_t *r,
    unsigned type, wismo_json_t *v);
static int wismo_index_scan(wismo_index_reader_t *r, uint32_t e,
    wismo_scan_t *scan);
wismo_rare static int wismo_index_escaped(wismo_index_reader_t *r,
    wismo_str_t *s);
static bool wismo_index_number(const wismo_str_t *s);
static bool wismo_index_clean(const wismo_str_t *view);


static inline bool
wismo_index_quoted(const wismo_str_t *s)
{
    return s->data[-1] == '"' && s->data[s->len] == '"';
}


int
wismo_document_json(wismo_pool_t *pool, const wismo_document_t *doc,
    unsigned max_nodes, wismo_json_t **json, wismo_error_t *err)
{
    int  rc;

    rc = WISMO_DECLINED;

    if (doc->index.len) {
        rc = wismo_index_read(pool, doc, max_nodes, json);
    }

    if (rc == WISMO_DECLINED) {
        rc = wismo_json_read_lean(pool, &doc->full, max_nodes, json, err);
    }

    return rc;
}


static int
wismo_index_read(wismo_pool_t *pool, const wismo_document_t *doc,
    unsigned max_nodes, wismo_json_t **json)
{
    int                        rc;
    size_t                     n;
    unsigned                   depth, type;
    uint32_t                   e;
    wismo_json_t              *v, *parent, *parents[WISMO_JSON_DEPTH];
    wismo_scan_t              *scan;
    wismo_index_reader_t       r;
    const wismo_index_name_t  *name;

    n = doc->index.len / WISMO_INDEX_WORD;

    if (doc->index.len < WISMO_INDEX_HEAD || n > max_nodes
        || wismo_index_get(doc->index.data) != WISMO_INDEX_FORM
        || !wismo_index_clean(&doc->full))
    {
        return WISMO_DECLINED;
    }

    v = wismo_palloc(pool, n * sizeof(wismo_json_t));
    scan = wismo_palloc(pool, n / WISMO_INDEX_EVENT_WORDS
                              * sizeof(wismo_scan_t) + 1);

    if (v == NULL || scan == NULL) {
        return WISMO_ERROR;
    }

    *json = v;

    r.pool = pool;
    r.start = doc->full.data;
    r.pos = r.start;
    r.end = r.start + doc->full.len;
    r.upper = 0;
    r.p = doc->index.data + WISMO_INDEX_HEAD;
    r.last = doc->index.data + n * WISMO_INDEX_WORD;

    depth = 0;
    parent = NULL;

    while (r.p < r.last) {

        e = wismo_index_get(r.p);
        r.p += WISMO_INDEX_WORD;

        type = wismo_index_bits(e, 0, WISMO_INDEX_TYPE_BITS);

        if (type == WISMO_INDEX_CLOSE) {

            if (depth == 0) {
                return WISMO_DECLINED;
            }

            parent = --depth ? parents[depth - 1] : NULL;
            continue;
        }

        if (type == WISMO_INDEX_WIDE) {
            r.upper = e;
            continue;
        }

        name = wismo_index_names;

        if (type != WISMO_INDEX_EVENT) {
            name += wismo_index_bits(e, WISMO_INDEX_AT_NAME,
                                     WISMO_INDEX_NAME_BITS);

            if (name >= wismo_index_names + WISMO_INDEX_NAMES) {
                return WISMO_DECLINED;
            }
        }

        v->count = 0;
        v->head = wismo_word(name->text);
        v->key.len = name->len;
        v->key.data = (unsigned char *) name->text;
        wismo_str_null(&v->text);
        v->first = NULL;
        v->last = NULL;
        v->next = NULL;

        /* there is nothing around the object that all of it is */

        if (parent) {
            wismo_json_attach(v, parent);

        } else if (type != WISMO_INDEX_OBJECT || v != *json) {
            return WISMO_DECLINED;
        }

        switch (type) {

        case WISMO_INDEX_STRING:
        case WISMO_INDEX_ESCAPED:
        case WISMO_INDEX_FRESH:
        case WISMO_INDEX_NUMBER:
            rc = wismo_index_place(&r, e, &v->text)
                 ? wismo_index_text(&r, type, v) : WISMO_DECLINED;

            if (rc != WISMO_OK) {
                return rc;
            }

            break;

        case WISMO_INDEX_TRUE:
            v->type = WISMO_JSON_TRUE;
            break;

        case WISMO_INDEX_FALSE:
            v->type = WISMO_JSON_FALSE;
            break;

        case WISMO_INDEX_EVENT:
            rc = wismo_index_scan(&r, e, scan);

            if (rc != WISMO_OK) {
                return rc;
            }

            v->type = WISMO_JSON_SCAN;
            v->text.data = (unsigned char *) scan++;
            break;

        case WISMO_INDEX_OBJECT:
        case WISMO_INDEX_ARRAY:

            if (depth == WISMO_JSON_DEPTH) {
                return WISMO_DECLINED;
            }

            v->type = (type == WISMO_INDEX_OBJECT) ? WISMO_JSON_OBJECT
                                                   : WISMO_JSON_ARRAY;
            parents[depth++] = v;
            parent = v;
            break;

        default:
            return WISMO_DECLINED;
        }

        v++;
    }

    return depth == 0 && v != *json ? WISMO_OK : WISMO_DECLINED;
}


/* A text's place, with a byte of the view before it and one behind. */

static wismo_inline bool
wismo_index_place(wismo_index_reader_t *r, uint32_t e, wismo_str_t *s)
{
    size_t  skip, len;

    skip = wismo_index_bits(e, WISMO_INDEX_AT_SKIP, WISMO_INDEX_SKIP_BITS);
    len = e >> WISMO_INDEX_AT_LENGTH;

    if (r->upper) {
        skip |= (size_t) wismo_index_bits(r->upper, WISMO_INDEX_AT_UPPER_SKIP,
                                          WISMO_INDEX_UPPER_BITS)
                << WISMO_INDEX_SKIP_BITS;
        len |= (size_t) (r->upper >> WISMO_INDEX_AT_UPPER_LENGTH)
               << WISMO_INDEX_LENGTH_BITS;
        r->upper = 0;
    }

    if ((size_t) (r->end - r->pos) <= skip
        || (size_t) (r->end - r->pos) - skip <= len
        || r->pos + skip == r->start)
    {
        return false;
    }

    s->data = (unsigned char *) r->pos + skip;
    s->len = len;
    r->pos += skip + len;

    return true;
}


/* What the index says that it is must be what stands there. */

static wismo_inline int
wismo_index_text(wismo_index_reader_t *r, unsigned type, wismo_json_t *v)
{
    wismo_str_t  *s;

    s = &v->text;
    v->type = WISMO_JSON_STRING;

    switch (type) {

    case WISMO_INDEX_STRING:
        return wismo_index_quoted(s) ? WISMO_OK : WISMO_DECLINED;

    case WISMO_INDEX_ESCAPED:
        return wismo_index_escaped(r, s);

    case WISMO_INDEX_NUMBER:
        v->type = WISMO_JSON_NUMBER;
        return wismo_index_number(s) ? WISMO_OK : WISMO_DECLINED;

    default:

        if (s->len != WISMO_DOC_TIME_LEN) {
            return WISMO_DECLINED;
        }

        if (s->data[0] == 'n') {
            v->type = WISMO_JSON_NULL;
            return WISMO_OK;
        }

        s->data++;
        s->len -= 2;

        return wismo_index_quoted(s) ? WISMO_OK : WISMO_DECLINED;
    }
}


static int
wismo_index_scan(wismo_index_reader_t *r, uint32_t e, wismo_scan_t *scan)
{
    int           rc;
    unsigned      i, type;
    wismo_str_t  *s;

    if (r->last - r->p < (WISMO_INDEX_EVENT_WORDS - 1) * WISMO_INDEX_WORD) {
        return WISMO_DECLINED;
    }

    scan->row = wismo_substatus_row(wismo_index_bits(e, WISMO_INDEX_AT_ROW,
                                                     WISMO_INDEX_NAME_BITS));
    scan->returning = wismo_index_bits(e, WISMO_INDEX_AT_RETURNING, 1);

    scan->when.utc = WISMO_TIME_NONE;
    scan->when.offset = WISMO_OFFSET_NONE;
    scan->when.basis = (uint8_t) wismo_index_bits(e, WISMO_INDEX_AT_BASIS,
                                                  WISMO_INDEX_BASIS_BITS);
    scan->when.wall = (int64_t) ((uint64_t) (e >> WISMO_INDEX_AT_WALL) << 32
                                 | wismo_index_get(r->p));
    r->p += WISMO_INDEX_WORD;

    if (scan->row == NULL || scan->when.basis > WISMO_BASIS_DATE
        || wismo_document_is_time(scan->when.wall)
           != (scan->when.basis != WISMO_BASIS_UNKNOWN))
    {
        return WISMO_DECLINED;
    }

    if (scan->when.basis == WISMO_BASIS_UNKNOWN) {
        scan->when.wall = WISMO_TIME_NONE;
    }

    for (i = 0; i < 3; i++) {
        s = i == 0 ? &scan->iso : i == 1 ? &scan->description : &scan->place;

        do {

            if (r->p == r->last) {
                return WISMO_DECLINED;
            }

            e = wismo_index_get(r->p);
            r->p += WISMO_INDEX_WORD;

            type = wismo_index_bits(e, 0, WISMO_INDEX_TYPE_BITS);

            if (type == WISMO_INDEX_WIDE) {
                r->upper = e;
            }

        } while (type == WISMO_INDEX_WIDE);

        wismo_str_null(s);

        if (type == WISMO_INDEX_NONE) {
            continue;
        }

        if (type > WISMO_INDEX_ESCAPED || !wismo_index_place(r, e, s)) {
            return WISMO_DECLINED;
        }

        rc = type == WISMO_INDEX_ESCAPED ? wismo_index_escaped(r, s)
             : wismo_index_quoted(s) ? WISMO_OK : WISMO_DECLINED;

        if (rc != WISMO_OK) {
            return rc;
        }
    }

    return WISMO_OK;
}


static int
wismo_index_escaped(wismo_index_reader_t *r, wismo_str_t *s)
{
    int            rc;
    wismo_str_t    string;
    wismo_json_t  *v;

    string.data = s->data - 1;
    string.len = s->len + 2;

    rc = wismo_json_read(r->pool, &string, 1, &v, NULL);

    if (rc != WISMO_OK) {
        return rc;
    }

    *s = v->text;

    return v->type == WISMO_JSON_STRING ? WISMO_OK : WISMO_DECLINED;
}


static bool
wismo_index_number(const wismo_str_t *s)
{
    size_t  i;

    for (i = (s->len && s->data[0] == '-'); i < s->len; i++) {
        if (s->data[i] < '0' || s->data[i] > '9') {
            return false;
        }
    }

    return s->len && s->data[s->len - 1] != '-';
}


/*
 * How many bytes of ASCII without control characters these ones begin with,
 * which are many and looked at together.
 */

static wismo_inline size_t
wismo_index_plain(const unsigned char *p)
{
#if (defined(__SSE2__) && defined(__GNUC__))

    __m128i         a, b, c, d;
    uint64_t        odd;
    const __m128i  *bytes = (const __m128i *) (const void *) p;

    const __m128i   space = _mm_set1_epi8(' ');

    /* as signed numbers, bytes beyond ASCII are below the space, too */

    a = _mm_cmplt_epi8(_mm_loadu_si128(bytes), space);
    b = _mm_cmplt_epi8(_mm_loadu_si128(bytes + 1), space);
    c = _mm_cmplt_epi8(_mm_loadu_si128(bytes + 2), space);
    d = _mm_cmplt_epi8(_mm_loadu_si128(bytes + 3), space);

    if (_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(a, b),
                                       _mm_or_si128(c, d))) == 0)
    {
        return WISMO_INDEX_PLAIN;
    }

    odd = (uint64_t) (unsigned) _mm_movemask_epi8(a)
          | (uint64_t) (unsigned) _mm_movemask_epi8(b) << 16
          | (uint64_t) (unsigned) _mm_movemask_epi8(c) << 32
          | (uint64_t) (unsigned) _mm_movemask_epi8(d) << 48;

    return (size_t) __builtin_ctzll(odd);

#else

    unsigned  i;
    uint64_t  w, odd;

    for (i = 0; i < WISMO_INDEX_PLAIN; i += WISMO_WORD) {
        w = wismo_word(p + i);
        odd = (w | (w - WISMO_WORD_ONES * ' ')) & WISMO_WORD_TOPS;

        /* only a byte that is found borrows from those behind it */

        if (odd) {
            return i + wismo_word_first(odd);
        }
    }

    return WISMO_INDEX_PLAIN;

#endif
}


/* Valid UTF-8 without control characters, as strings of JSON are. */

static bool
wismo_index_clean(const wismo_str_t *view)
{
    size_t                n;
    const unsigned char  *p, *end;

    p = view->data;
    end = p + view->len;

    while (p < end) {

        if (end - p >= WISMO_INDEX_PLAIN) {
            n = wismo_index_plain(p);
            p += n;

            if (n == WISMO_INDEX_PLAIN) {
                continue;
            }
        }

        n = *p < 0x20 ? 0 : *p < 0x80 ? 1 : wismo_utf8(p, end);

        if (n == 0) {
            return false;
        }

        p += n;
    }

    return true;
}
