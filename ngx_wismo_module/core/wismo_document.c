
/*
 * Copyright (C) The Wismo authors
 *
 * The document's bytes, seen from outside (docs/document.md): opening what
 * Redis gave, and patching the times of an unchanged parcel in place.  The
 * module calls the first for every page, the fetcher the second for every
 * poll that brought nothing.
 *
 * Nothing here may parse JSON, or believe a length before it was compared
 * with the bytes there are.
 */


#include "wismo_document_int.h"


#define WISMO_DOC_GAP        384      /* bytes that may be written in vain */


static int wismo_document_header(const wismo_str_t *bytes,
    wismo_document_t *doc, size_t *header, size_t *minimal, size_t *full,
    wismo_error_t *err);
static bool wismo_document_number(const unsigned char *p, size_t width,
    uint64_t *n);
static bool wismo_document_proof(const unsigned char *p, char *proof);
static int64_t wismo_document_time(uint64_t n);
static unsigned char *wismo_document_fresh(unsigned char *p,
    unsigned char *end);
static bool wismo_document_time_ok(const unsigned char *p);
static int64_t wismo_document_time_read(const unsigned char *p);
static int wismo_document_patch(wismo_pool_t *pool, const wismo_str_t *bytes,
    const unsigned char *at, int64_t checked_at, int64_t next_check_at,
    wismo_document_patch_t *patch);
static int wismo_document_join(wismo_pool_t *pool, const wismo_str_t *bytes,
    const wismo_document_patch_t *parts, unsigned n,
    wismo_document_patch_t *patch);


static inline int
wismo_document_wrong(wismo_error_t *err, const char *text)
{
    wismo_error_set(err, "", "%s", text);

    return WISMO_DECLINED;
}


int
wismo_document_open(const wismo_str_t *bytes, wismo_document_t *doc,
    wismo_error_t *err)
{
    size_t          header, minimal, full;
    unsigned char  *p;

    if (wismo_document_header(bytes, doc, &header, &minimal, &full, err)
        != WISMO_OK)
    {
        return WISMO_DECLINED;
    }

    if (bytes->len > WISMO_DOC_MAX || bytes->len - header != minimal + full)
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
    unsigned              i, nfields;
    uint64_t              n[9];
    const unsigned char  *p;

    static const struct {
        size_t            at;
        size_t            width;
    } fields[9] = {
        { WISMO_DOC_AT_VERSION, 10 },
        { WISMO_DOC_AT_UPDATED, 10 },
        { WISMO_DOC_AT_CHECKED, 10 },
        { WISMO_DOC_AT_NEXT, 10 },
        { WISMO_DOC_AT_STATUS, 2 },
        { WISMO_DOC_AT_FLAGS, 4 },
        { WISMO_DOC_AT_MINIMAL, 6 },
        { WISMO_DOC_AT_FULL, 6 },
        { WISMO_DOC_AT_REVOKED, 10 }
    };

    memset(doc, 0, sizeof(wismo_document_t));

    doc->updated_at = WISMO_TIME_NONE;
    doc->checked_at = WISMO_TIME_NONE;
    doc->next_check_at = WISMO_TIME_NONE;
    doc->revoked_at = WISMO_TIME_NONE;

    p = bytes->data;

    *header = WISMO_DOC_HEADER;
    nfields = 9;

    if (bytes->len >= WISMO_DOC_HEADER_1
        && memcmp(p, WISMO_DOC_MAGIC_1, 3) == 0)
    {
        *header = WISMO_DOC_HEADER_1;
        nfields = 8;

    } else if (bytes->len < WISMO_DOC_HEADER) {
        return wismo_document_wrong(err, "shorter than a document's header");

    } else if (memcmp(p, WISMO_DOC_MAGIC, 3) != 0) {
        return wismo_document_wrong(err, "not a document of a known schema");
    }

    if (p[*header - 1] != '\n') {
        return wismo_document_wrong(err, "the document's header does not end "
                                    "where it should");
    }

    n[8] = 0;

    for (i = 0; i < nfields; i++) {

        if (p[fields[i].at - 1] != ' '
            || !wismo_document_number(p + fields[i].at, fields[i].width,
                                      &n[i]))
        {
            return wismo_document_wrong(err, "the document's header has "
                                        "something else than its digits");
        }
    }

    if (n[0] == 0 || n[4] < WISMO_UNKNOWN || n[4] > WISMO_EXPIRED) {
        return wismo_document_wrong(err, "the document's header has a version "
                                    "or status that is not possible");
    }

    for (i = 0; i < WISMO_FACTORS && nfields == 9; i++) {
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

    *minimal = (size_t) n[6];
    *full = (size_t) n[7];

    return WISMO_OK;
}


static bool
wismo_document_number(const unsigned char *p, size_t width, uint64_t *n)
{
    size_t  i;

    *n = 0;

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
    size_t  i, dots;

    dots = 0;

    if (p[-1] != ' ') {
        return false;
    }

    for (i = 0; i < WISMO_PROOF_LEN; i++) {

        if (p[i] == '.') {
            dots++;

        } else if (!(p[i] >= '0' && p[i] <= '9') && p[i] != '-' && p[i] != '_'
                   && !((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z'))
        {
            return false;
        }
    }

    if (dots == WISMO_PROOF_LEN) {
        memset(proof, 0, WISMO_PROOF_LEN);
        return true;
    }

    memcpy(proof, p, WISMO_PROOF_LEN);

    return dots == 0;
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


void
wismo_document_times(wismo_out_t *out, int64_t checked_at,
    int64_t next_check_at)
{
    if (wismo_document_is_time(checked_at)) {
        wismo_out_text(out, "\"");
        wismo_time_out_utc(out, checked_at);
        wismo_out_text(out, "\"");

    } else {
        wismo_out_text(out, WISMO_DOC_NULL);
    }

    wismo_out_text(out, WISMO_DOC_NEXT);

    if (wismo_document_is_time(next_check_at)) {
        wismo_out_text(out, "\"");
        wismo_time_out_utc(out, next_check_at);
        wismo_out_text(out, "\"");

    } else {
        wismo_out_text(out, WISMO_DOC_NULL);
    }
}


int
wismo_document_patches(wismo_pool_t *pool, const wismo_str_t *bytes,
    unsigned index, int64_t checked_at, int64_t next_check_at,
    wismo_document_patch_t *patches, unsigned *n)
{
    size_t                   gap;
    int64_t                  t, checked, next;
    unsigned                 i, k;
    wismo_error_t            err;
    unsigned char           *p, *end, *digits, *places[4];
    wismo_document_t         doc;
    wismo_document_patch_t   parts[5];
    bool                     only[5] = { false, false, true, true, true };

    if (wismo_document_open(bytes, &doc, &err) != WISMO_OK) {
        return WISMO_DECLINED;
    }

    if (!wismo_document_is_time(checked_at)) {
        checked_at = WISMO_TIME_NONE;
    }

    if (!wismo_document_is_time(next_check_at)) {
        next_check_at = WISMO_TIME_NONE;
    }

    checked = checked_at;
    next = next_check_at;

    /* the order's own freshness comes first, then the parcels' in a row */

    end = doc.minimal.data + doc.minimal.len;
    p = wismo_document_fresh(doc.minimal.data, end);

    places[0] = p;
    places[1] = NULL;

    for (i = 0; p; i++) {

        p = wismo_document_fresh(p, end);

        if (p == NULL) {
            break;
        }

        if (i == index) {
            places[1] = p;
            continue;
        }

        /* between these times are those of others, as they were read */

        only[(i < index) ? 2 : 3] = false;
        only[4] = only[2];

        t = wismo_document_time_read(p);

        if (t > checked) {
            checked = t;
        }

        t = wismo_document_time_read(p + WISMO_DOC_TIME_LEN
                                     + WISMO_DOC_NEXT_LEN);

        if (t != WISMO_TIME_NONE && (next == WISMO_TIME_NONE || t < next)) {
            next = t;
        }
    }

    if (places[1] == NULL) {
        return WISMO_DECLINED;
    }

    end = doc.full.data + doc.full.len;
    p = wismo_document_fresh(doc.full.data, end);

    places[2] = p;

    for (i = 0; p && i <= index; i++) {
        p = wismo_document_fresh(p, end);
    }

    places[3] = p;

    if (p == NULL) {
        return WISMO_DECLINED;
    }

    digits = wismo_palloc(pool, 21);

    if (digits == NULL) {
        return WISMO_ERROR;
    }

    wismo_document_digits(digits, 10, checked == WISMO_TIME_NONE
                                      ? 0 : (uint64_t) checked);
    digits[10] = ' ';
    wismo_document_digits(digits + 11, 10, next == WISMO_TIME_NONE
                                           ? 0 : (uint64_t) next);

    parts[0].offset = WISMO_DOC_AT_CHECKED;
    parts[0].bytes.len = 21;
    parts[0].bytes.data = digits;

    for (i = 0; i < 4; i++) {

        if (wismo_document_patch(pool, bytes, places[i],
                                 i % 2 ? checked_at : checked,
                                 i % 2 ? next_check_at : next,
                                 &parts[i + 1])
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    /* few long ones are cheaper than many short ones */

    *n = 0;

    for (i = 0; i < 5; i = k) {

        for (k = i + 1; k < 5 && only[k]; k++) {
            gap = parts[k].offset - parts[k - 1].offset
                  - parts[k - 1].bytes.len;

            if (gap > WISMO_DOC_GAP) {
                break;
            }
        }

        if (wismo_document_join(pool, bytes, parts + i, k - i, &patches[*n])
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }

        (*n)++;
    }

    return WISMO_OK;
}


/* The times of the next object that begins with them, or NULL. */

static unsigned char *
wismo_document_fresh(unsigned char *p, unsigned char *end)
{
    while ((size_t) (end - p) > WISMO_DOC_CHECKED_LEN + WISMO_DOC_TIMES_LEN) {

        p = memchr(p, '{', (size_t) (end - p));

        if (p == NULL
            || (size_t) (end - p)
               <= WISMO_DOC_CHECKED_LEN + WISMO_DOC_TIMES_LEN)
        {
            return NULL;
        }

        if (memcmp(p, WISMO_DOC_CHECKED, WISMO_DOC_CHECKED_LEN) == 0) {

            p += WISMO_DOC_CHECKED_LEN;

            if (wismo_document_time_ok(p)
                && memcmp(p + WISMO_DOC_TIME_LEN, WISMO_DOC_NEXT,
                          WISMO_DOC_NEXT_LEN) == 0
                && wismo_document_time_ok(p + WISMO_DOC_TIME_LEN
                                          + WISMO_DOC_NEXT_LEN))
            {
                return p;
            }

            return NULL;
        }

        p++;
    }

    return NULL;
}


static bool
wismo_document_time_ok(const unsigned char *p)
{
    return (p[0] == '"' && p[WISMO_DOC_TIME_LEN - 1] == '"')
           || memcmp(p, WISMO_DOC_NULL, WISMO_DOC_TIME_LEN) == 0;
}


static int64_t
wismo_document_time_read(const unsigned char *p)
{
    wismo_str_t   s;
    wismo_when_t  when;

    s.len = WISMO_TIME_UTC_LEN;
    s.data = (unsigned char *) p + 1;

    if (p[0] != '"' || wismo_time_iso(&s, &when) != WISMO_OK) {
        return WISMO_TIME_NONE;
    }

    return wismo_document_is_time(when.utc) ? when.utc : WISMO_TIME_NONE;
}


static int
wismo_document_patch(wismo_pool_t *pool, const wismo_str_t *bytes,
    const unsigned char *at, int64_t checked_at, int64_t next_check_at,
    wismo_document_patch_t *patch)
{
    wismo_out_t  out;

    wismo_out_init(&out, pool, WISMO_DOC_TIMES_LEN);
    wismo_document_times(&out, checked_at, next_check_at);

    if (out.failed) {
        return WISMO_ERROR;
    }

    patch->offset = (size_t) (at - bytes->data);
    patch->bytes.len = (size_t) (out.pos - out.start);
    patch->bytes.data = out.start;

    return WISMO_OK;
}


/* One patch of several, with the bytes between them. */

static int
wismo_document_join(wismo_pool_t *pool, const wismo_str_t *bytes,
    const wismo_document_patch_t *parts, unsigned n,
    wismo_document_patch_t *patch)
{
    size_t          offset, len;
    unsigned        i;
    unsigned char  *p;

    *patch = parts[0];

    if (n == 1) {
        return WISMO_OK;
    }

    offset = parts[0].offset;
    len = parts[n - 1].offset + parts[n - 1].bytes.len - offset;
    p = wismo_palloc(pool, len);

    if (p == NULL) {
        return WISMO_ERROR;
    }

    memcpy(p, bytes->data + offset, len);

    for (i = 0; i < n; i++) {
        memcpy(p + parts[i].offset - offset, parts[i].bytes.data,
               parts[i].bytes.len);
    }

    patch->bytes.data = p;
    patch->bytes.len = len;

    return WISMO_OK;
}
