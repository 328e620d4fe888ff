
/*
 * Copyright (C) The Wismo authors
 *
 * The document's bytes, seen from outside (docs/document.md): opening what
 * Redis gave, and patching the times of an unchanged parcel in place.  The
 * module calls the first for every page, the fetcher the second for every
 * poll that brought nothing.
 *
 * Nothing here may parse JSON, or believe a length or a place before it was
 * compared with the bytes there are.
 */


#include "wismo_document_index.h"


static int wismo_document_header(const wismo_str_t *bytes,
    wismo_document_t *doc, size_t *header, size_t *minimal, size_t *full,
    wismo_error_t *err);
static bool wismo_document_proof(const unsigned char *p, char *proof);
static int64_t wismo_document_time(uint64_t n);
static int wismo_document_fresh(wismo_document_t *doc, unsigned char *header,
    wismo_error_t *err);
static bool wismo_document_time_read(const unsigned char *p, int64_t *t);
static unsigned char *wismo_document_place(const wismo_str_t *view,
    size_t offset);
static void wismo_document_place_set(unsigned char *p,
    const unsigned char *checked_at, const unsigned char *next_check_at);


static inline int
wismo_document_wrong(wismo_error_t *err, const char *text)
{
    wismo_error_set(err, "", "%s", text);

    return WISMO_DECLINED;
}


static inline void
wismo_document_closed(wismo_document_t *doc)
{
    wismo_str_null(&doc->minimal);
    wismo_str_null(&doc->full);
    wismo_str_null(&doc->index);
}


int
wismo_document_open(const wismo_str_t *bytes, wismo_document_t *doc,
    wismo_error_t *err)
{
    size_t          header, minimal, full, index, sums;
    unsigned char  *p;

    if (wismo_document_header(bytes, doc, &header, &minimal, &full, err)
        != WISMO_OK)
    {
        return WISMO_DECLINED;
    }

    sums = (doc->flags & WISMO_DOC_FLAG_SUMS) ? WISMO_DOC_SUMS : 0;
    index = bytes->len - (header + minimal + full + sums);

    if (bytes->len > WISMO_DOC_MAX
        || bytes->len < header + minimal + full + sums
        || (index == 0) != !(doc->flags & WISMO_DOC_FLAG_INDEX))
    {
        return wismo_document_wrong(err, "the document's length differs from "
                                    "what its header says");
    }

    p = bytes->data + header;

    if (minimal < 2 || p[0] != '{' || p[minimal - 1] != '}') {
        return wismo_document_wrong(err, "the minimal view is no object");
    }

    if (full < 2 || p[minimal] != '{' || p[minimal + full - 1] != '}') {
        return wismo_document_wrong(err, "the full view is no object");
    }

    doc->minimal.data = p;
    doc->minimal.len = minimal;
    doc->full.data = p + minimal;
    doc->full.len = full;
    doc->index.data = p + minimal + full;
    doc->index.len = index;

    if (index
        && (index < WISMO_INDEX_HEAD
            || (uint64_t) wismo_index_get(doc->index.data + WISMO_INDEX_WORD)
               * WISMO_INDEX_WORD != index))
    {
        wismo_document_closed(doc);
        return wismo_document_wrong(err, "the document's index has another "
                                    "length than it says");
    }

    if (doc->nparcels
        && wismo_document_fresh(doc, bytes->data, err) != WISMO_OK)
    {
        wismo_document_closed(doc);
        return WISMO_DECLINED;
    }

    return WISMO_OK;
}


int
wismo_document_head(const wismo_str_t *bytes, wismo_document_t *doc,
    wismo_error_t *err)
{
    size_t  header, minimal, full;

    return wismo_document_header(bytes, doc, &header, &minimal, &full, err);
}


static int
wismo_document_header(const wismo_str_t *bytes, wismo_document_t *doc,
    size_t *header, size_t *minimal, size_t *full, wismo_error_t *err)
{
    size_t                end;
    unsigned              i, nfields;
    uint64_t              n[10];
    const unsigned char  *p;

    static const struct {
        size_t            at;
        size_t            width;
    } fields[10] = {
        { WISMO_DOC_AT_VERSION, 10 },
        { WISMO_DOC_AT_UPDATED, 10 },
        { WISMO_DOC_AT_CHECKED, 10 },
        { WISMO_DOC_AT_NEXT, 10 },
        { WISMO_DOC_AT_STATUS, 2 },
        { WISMO_DOC_AT_FLAGS, 4 },
        { WISMO_DOC_AT_MINIMAL, 6 },
        { WISMO_DOC_AT_FULL, 6 },
        { WISMO_DOC_AT_REVOKED, 10 },
        { WISMO_DOC_AT_PARCELS, 2 }
    };

    memset(doc, 0, sizeof(wismo_document_t));

    doc->updated_at = WISMO_TIME_NONE;
    doc->checked_at = WISMO_TIME_NONE;
    doc->next_check_at = WISMO_TIME_NONE;
    doc->revoked_at = WISMO_TIME_NONE;

    p = bytes->data;

    doc->schema = 3;
    end = WISMO_DOC_HEADER;
    nfields = 10;

    if (bytes->len >= WISMO_DOC_HEADER_1
        && memcmp(p, WISMO_DOC_MAGIC_1, 3) == 0)
    {
        doc->schema = 1;
        end = WISMO_DOC_HEADER_1;
        nfields = 8;

    } else if (bytes->len >= WISMO_DOC_HEADER_2
               && memcmp(p, WISMO_DOC_MAGIC_2, 3) == 0)
    {
        doc->schema = 2;
        end = WISMO_DOC_HEADER_2;
        nfields = 9;

    } else if (bytes->len < WISMO_DOC_HEADER) {
        return wismo_document_wrong(err, "shorter than a document's header");

    } else if (memcmp(p, WISMO_DOC_MAGIC, 3) != 0) {
        return wismo_document_wrong(err, "not a document of a known schema");
    }

    if (p[end - 1] != '\n') {
        return wismo_document_wrong(err, "the document's header does not end "
                                    "where it should");
    }

    n[8] = 0;
    n[9] = 0;

    for (i = 0; i < nfields; i++) {

        if (p[fields[i].at - 1] != ' '
            || !wismo_document_number(p + fields[i].at, fields[i].width,
                                      &n[i]))
        {
            return wismo_document_wrong(err, "the document's header has "
                                        "something else than its digits");
        }
    }

    if (n[9] > WISMO_PARCELS_MAX) {
        return wismo_document_wrong(err, "the document's header has more "
                                    "parcels than are possible");
    }

    if (n[0] == 0 || n[4] < WISMO_UNKNOWN || n[4] > WISMO_EXPIRED) {
        return wismo_document_wrong(err, "the document's header has a version "
                                    "or status that is not possible");
    }

    for (i = 0; i < WISMO_FACTORS && nfields >= 9; i++) {
        if (!wismo_document_proof(p + WISMO_DOC_AT_PROOFS
                                  + i * (WISMO_PROOF_LEN + 1),
                                  doc->proofs.text[i]))
        {
            return wismo_document_wrong(err, "the document's header has a "
                                        "proof that is none");
        }
    }

    doc->version = n[0];
    doc->updated_at = wismo_document_time(n[1]);
    doc->checked_at = wismo_document_time(n[2]);
    doc->next_check_at = wismo_document_time(n[3]);
    doc->status = (wismo_status_e) n[4];
    doc->flags = (unsigned) n[5];
    doc->revoked_at = wismo_document_time(n[8]);
    doc->nparcels = (unsigned) n[9];

    *header = end + doc->nparcels * WISMO_DOC_LINE;
    *minimal = (size_t) n[6];
    *full = (size_t) n[7];

    return WISMO_OK;
}


bool
wismo_document_number(const unsigned char *p, size_t width, uint64_t *n)
{
    size_t    i;
    uint64_t  w;

    *n = 0;

    /* a word of digits: neighbours make pairs, these fours, and these one */

    for ( /* void */ ; width >= WISMO_WORD; width -= WISMO_WORD) {
        w = wismo_word(p);
        p += WISMO_WORD;

        if ((w & WISMO_WORD_ONES * 0xf0) != WISMO_WORD_ONES * '0'
            || ((w + WISMO_WORD_ONES * 6) & WISMO_WORD_ONES * 0xf0)
               != WISMO_WORD_ONES * '0')
        {
            return false;
        }

        w = (w & WISMO_WORD_ONES * 0x0f) * (10 * 256 + 1) >> 8;
        w = (w & UINT64_C(0x00ff00ff00ff00ff)) * (100 * 65536 + 1) >> 16;
        w = (w & UINT64_C(0x0000ffff0000ffff))
            * ((UINT64_C(10000) << 32) + 1) >> 32;

        *n = *n * 100000000 + w;
    }

    for (i = 0; i < width; i++) {

        if (p[i] < '0' || p[i] > '9') {
            return false;
        }

        *n = *n * 10 + (uint64_t) (p[i] - '0');
    }

    return true;
}


/* As base64url writes 22 of its digits, or dots: there is none. */

static bool
wismo_document_proof(const unsigned char *p, char *proof)
{
    size_t  i;

    static const char  none[] = "......................";

    if (p[-1] != ' ') {
        return false;
    }

    if (memcmp(p, none, WISMO_PROOF_LEN) == 0) {
        memset(proof, 0, WISMO_PROOF_LEN);
        return true;
    }

    for (i = 0; i < WISMO_PROOF_LEN; i++) {

        if (!(p[i] >= '0' && p[i] <= '9') && p[i] != '-' && p[i] != '_'
            && !((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z'))
        {
            return false;
        }
    }

    memcpy(proof, p, WISMO_PROOF_LEN);

    return true;
}


static int64_t
wismo_document_time(uint64_t n)
{
    return n ? (int64_t) n : WISMO_TIME_NONE;
}


void
wismo_document_digits(unsigned char *p, size_t width, uint64_t n)
{
    while (width) {
        p[--width] = (unsigned char) ('0' + n % 10);
        n /= 10;
    }
}


static void
wismo_document_fixed(wismo_out_t *out, int64_t t)
{
    if (wismo_document_is_time(t)) {
        wismo_out_text(out, "\"");
        wismo_time_out_utc(out, t);
        wismo_out_text(out, "\"");

    } else {
        wismo_out_text(out, WISMO_DOC_NULL);
    }
}


void
wismo_document_times(wismo_out_t *out, int64_t checked_at,
    int64_t next_check_at)
{
    wismo_document_fixed(out, checked_at);
    wismo_out_text(out, WISMO_DOC_NEXT);
    wismo_document_fixed(out, next_check_at);
}


void
wismo_document_line(wismo_out_t *out, int64_t checked_at,
    int64_t next_check_at)
{
    wismo_document_fixed(out, checked_at);
    wismo_out_text(out, " ");
    wismo_document_fixed(out, next_check_at);
}


/*
 * The table's times go to where each view has them, so that the bytes are
 * those of a document that was written now: those of each parcel, and the
 * order's, the latest check and the earliest next one.
 */

static int
wismo_document_fresh(wismo_document_t *doc, unsigned char *header,
    wismo_error_t *err)
{
    int64_t               t, checked_at, next_check_at;
    uint64_t              offset;
    unsigned              i, k;
    unsigned char        *line, *place, *places[2];
    const wismo_str_t    *views[2];
    const unsigned char  *checked, *next;

    views[0] = &doc->minimal;
    views[1] = &doc->full;

    checked_at = WISMO_TIME_NONE;
    next_check_at = WISMO_TIME_NONE;

    line = header + WISMO_DOC_HEADER;
    checked = line;
    next = line + WISMO_DOC_LINE_NEXT;

    for (k = 0; k < 2; k++) {
        places[k] = wismo_document_place(views[k], WISMO_DOC_CHECKED_LEN);

        if (places[k] == NULL) {
            return wismo_document_wrong(err, "a view does not begin with its "
                                        "freshness");
        }
    }

    for (i = 0; i < doc->nparcels; i++) {

        if (line[WISMO_DOC_LINE_NEXT - 1] != ' '
            || line[WISMO_DOC_LINE_MINIMAL - 1] != ' '
            || line[WISMO_DOC_LINE_FULL - 1] != ' '
            || line[WISMO_DOC_LINE - 1] != '\n'
            || !wismo_document_time_read(line, &t))
        {
            return wismo_document_wrong(err, "a parcel's freshness is none");
        }

        if (t != WISMO_TIME_NONE && t > checked_at) {
            checked_at = t;
            checked = line;
        }

        if (!wismo_document_time_read(line + WISMO_DOC_LINE_NEXT, &t)) {
            return wismo_document_wrong(err, "a parcel's freshness is none");
        }

        if (t != WISMO_TIME_NONE
            && (next_check_at == WISMO_TIME_NONE || t < next_check_at))
        {
            next_check_at = t;
            next = line + WISMO_DOC_LINE_NEXT;
        }

        for (k = 0; k < 2; k++) {

            place = NULL;

            if (wismo_document_number(line + (k ? WISMO_DOC_LINE_FULL
                                                : WISMO_DOC_LINE_MINIMAL), 6,
                                      &offset))
            {
                place = wismo_document_place(views[k], (size_t) offset);
            }

            if (place == NULL) {
                return wismo_document_wrong(err, "a parcel's freshness has "
                                            "no place in a view");
            }

            wismo_document_place_set(place, line, line + WISMO_DOC_LINE_NEXT);
        }

        line += WISMO_DOC_LINE;
    }

    for (k = 0; k < 2; k++) {
        wismo_document_place_set(places[k], checked, next);
    }

    doc->checked_at = checked_at;
    doc->next_check_at = next_check_at;

    wismo_document_digits(header + WISMO_DOC_AT_CHECKED, 10,
                          checked_at == WISMO_TIME_NONE
                          ? 0 : (uint64_t) checked_at);
    wismo_document_digits(header + WISMO_DOC_AT_NEXT, 10,
                          next_check_at == WISMO_TIME_NONE
                          ? 0 : (uint64_t) next_check_at);

    return WISMO_OK;
}


static bool
wismo_document_time_read(const unsigned char *p, int64_t *t)
{
    wismo_str_t   s;
    wismo_when_t  when;

    if (p[0] != '"') {
        *t = WISMO_TIME_NONE;
        return memcmp(p, WISMO_DOC_NULL, WISMO_DOC_TIME_LEN) == 0;
    }

    s.len = WISMO_TIME_UTC_LEN;
    s.data = (unsigned char *) p + 1;

    if (p[WISMO_DOC_TIME_LEN - 1] != '"'
        || s.data[10] != 'T' || s.data[WISMO_TIME_UTC_LEN - 1] != 'Z'
        || wismo_time_iso(&s, &when) != WISMO_OK
        || !wismo_document_is_time(when.utc))
    {
        return false;
    }

    *t = when.utc;

    return true;
}


/* Where an object's times are that begin at this offset, or NULL. */

static unsigned char *
wismo_document_place(const wismo_str_t *view, size_t offset)
{
    unsigned char  *p;

    if (offset < WISMO_DOC_CHECKED_LEN
        || view->len < WISMO_DOC_TIMES_LEN
        || offset > view->len - WISMO_DOC_TIMES_LEN)
    {
        return NULL;
    }

    p = view->data + offset;

    if (memcmp(p - WISMO_DOC_CHECKED_LEN, WISMO_DOC_CHECKED,
               WISMO_DOC_CHECKED_LEN) != 0
        || memcmp(p + WISMO_DOC_TIME_LEN, WISMO_DOC_NEXT, WISMO_DOC_NEXT_LEN)
           != 0)
    {
        return NULL;
    }

    return p;
}


static void
wismo_document_place_set(unsigned char *p, const unsigned char *checked_at,
    const unsigned char *next_check_at)
{
    memcpy(p, checked_at, WISMO_DOC_TIME_LEN);
    memcpy(p + WISMO_DOC_TIME_LEN + WISMO_DOC_NEXT_LEN, next_check_at,
           WISMO_DOC_TIME_LEN);
}


int
wismo_document_patch(wismo_pool_t *pool, unsigned index, int64_t checked_at,
    int64_t next_check_at, wismo_document_patch_t *patch)
{
    wismo_out_t  out;

    patch->offset = WISMO_DOC_HEADER + index * WISMO_DOC_LINE;

    wismo_out_init(&out, pool, WISMO_DOC_LINE_MINIMAL);

    if (checked_at == WISMO_TIME_NONE) {
        patch->offset += WISMO_DOC_LINE_NEXT;
        wismo_document_fixed(&out, next_check_at);

    } else {
        wismo_document_line(&out, checked_at, next_check_at);
    }

    if (out.failed) {
        return WISMO_ERROR;
    }

    patch->bytes.len = (size_t) (out.pos - out.start);
    patch->bytes.data = out.start;

    return WISMO_OK;
}
