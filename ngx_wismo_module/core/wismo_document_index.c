
/*
 * Copyright (C) The Wismo authors
 *
 * Writing the index of a document's full view.  Called by
 * wismo_document_write.c for the bytes it has just made.
 *
 * It must never fail a document: what it does not understand has no index.
 */


#include "wismo_document_index.h"
#include "wismo_json_plain.h"


/* Twice as many as names; a power of 2. */
#define WISMO_INDEX_SLOTS    128
#define WISMO_INDEX_SHIFT    57


typedef struct {
    const unsigned char      *p;
    const unsigned char      *end;
    const unsigned char      *pos;    /* the end of the last text */
    unsigned                  name;
    unsigned char             names[WISMO_INDEX_SLOTS];   /* 0: none */
    wismo_out_t              *out;
} wismo_indexer_t;


static void wismo_index_hash(wismo_indexer_t *x);
static bool wismo_index_value(wismo_indexer_t *x, wismo_index_e *type);
static bool wismo_index_named(wismo_indexer_t *x);
static bool wismo_index_skip(wismo_indexer_t *x);
static bool wismo_index_events(wismo_indexer_t *x,
    const unsigned char *bytes, const wismo_document_mark_t **mark);
static void wismo_index_event(wismo_indexer_t *x, const unsigned char *bytes,
    const wismo_document_mark_t *mark);
wismo_rare static const unsigned char *wismo_index_unusual(
    const unsigned char *p, const unsigned char *end, bool *escaped);


#define wismo_index_name(text)                                                \
    { text, sizeof(text) - 1 }

const wismo_index_name_t  wismo_index_names[WISMO_INDEX_NAMES] = {
    wismo_index_name(""),

    wismo_index_name("checked_at"),
    wismo_index_name("next_check_at"),
    wismo_index_name("order"),
    wismo_index_name("status"),
    wismo_index_name("substatus"),
    wismo_index_name("severity"),
    wismo_index_name("milestone"),
    wismo_index_name("locale"),
    wismo_index_name("placed_at"),
    wismo_index_name("promised"),
    wismo_index_name("from"),
    wismo_index_name("until"),
    wismo_index_name("estimate"),
    wismo_index_name("to"),
    wismo_index_name("date"),
    wismo_index_name("basis"),
    wismo_index_name("first_estimate"),
    wismo_index_name("own_estimate"),
    wismo_index_name("first_own_estimate"),
    wismo_index_name("outlook"),
    wismo_index_name("parcels_total"),
    wismo_index_name("parcels_delivered"),
    wismo_index_name("items_unshipped"),
    wismo_index_name("mail_stopped_at"),
    wismo_index_name("city"),
    wismo_index_name("country"),
    wismo_index_name("ship_to"),
    wismo_index_name("items"),
    wismo_index_name("id"),
    wismo_index_name("sku"),
    wismo_index_name("name"),
    wismo_index_name("quantity"),
    wismo_index_name("unshipped"),
    wismo_index_name("image_url"),
    wismo_index_name("url"),
    wismo_index_name("parcels"),
    wismo_index_name("carrier"),
    wismo_index_name("delivered_to"),
    wismo_index_name("last_event_at"),
    wismo_index_name("source"),
    wismo_index_name("leg"),
    wismo_index_name("tracking_number"),
    wismo_index_name("service"),
    wismo_index_name("tracking_url"),
    wismo_index_name("pieces_total"),
    wismo_index_name("pieces_delivered"),
    wismo_index_name("signed_for"),
    wismo_index_name("pickup_by"),
    wismo_index_name("pickup"),
    wismo_index_name("address"),
    wismo_index_name("hours"),
    wismo_index_name("code"),
    wismo_index_name("qr"),
    wismo_index_name("partner"),
    wismo_index_name("events")
};

static inline unsigned
wismo_index_slot(uint64_t head)
{
    return (unsigned) (head * UINT64_C(0x9e3779b97f4a7c15)
                       >> WISMO_INDEX_SHIFT);
}


static inline void
wismo_index_word(wismo_indexer_t *x, uint32_t word)
{
    wismo_out_t  *out = x->out;

    if (out->end - out->pos < WISMO_INDEX_WORD) {
        wismo_out_grow(out, WISMO_INDEX_WORD);

        if (out->failed) {
            return;
        }
    }

    wismo_index_put(out->pos, word);
    out->pos += WISMO_INDEX_WORD;
}


/* "start" is where a text begins, NULL for what has none. */

static inline void
wismo_index_entry(wismo_indexer_t *x, wismo_index_e type,
    const unsigned char *start, size_t len)
{
    size_t    skip;
    uint32_t  upper;

    skip = 0;

    if (start) {
        skip = (size_t) (start - x->pos);
        x->pos = start + len;

        upper = (uint32_t) (skip >> WISMO_INDEX_SKIP_BITS)
                << WISMO_INDEX_AT_UPPER_SKIP
                | (uint32_t) (len >> WISMO_INDEX_LENGTH_BITS)
                  << WISMO_INDEX_AT_UPPER_LENGTH;

        if (upper) {
            wismo_index_word(x, WISMO_INDEX_WIDE | upper);
        }
    }

    wismo_index_word(x, (uint32_t) type
                        | x->name << WISMO_INDEX_AT_NAME
                        | wismo_index_bits((uint32_t) skip, 0,
                                           WISMO_INDEX_SKIP_BITS)
                          << WISMO_INDEX_AT_SKIP
                        | (uint32_t) len << WISMO_INDEX_AT_LENGTH);
}


/* Where the string's last quote is, or the end. */

static inline const unsigned char *
wismo_index_string(const unsigned char *p, const unsigned char *end,
    bool *escaped)
{
    p = wismo_json_plain(p, end);
    *escaped = false;

    return p < end && *p == '"' ? p : wismo_index_unusual(p, end, escaped);
}


static void
wismo_index_hash(wismo_indexer_t *x)
{
    unsigned  i, slot;

    memset(x->names, 0, sizeof(x->names));

    for (i = 1; i < WISMO_INDEX_NAMES; i++) {
        slot = wismo_index_slot(wismo_word(wismo_index_names[i].text));

        while (x->names[slot]) {
            slot = (slot + 1) % WISMO_INDEX_SLOTS;
        }

        x->names[slot] = (unsigned char) i;
    }
}


bool
wismo_document_index(const unsigned char *bytes, size_t start, size_t end,
    const wismo_document_mark_t *mark, wismo_out_t *out)
{
    bool             object, objects[WISMO_JSON_DEPTH];
    unsigned         depth;
    wismo_index_e    type;
    wismo_indexer_t  x;

    x.p = bytes + start;
    x.end = bytes + end;
    x.pos = x.p;
    x.name = 0;
    x.out = out;

    depth = 0;
    object = false;

    wismo_index_hash(&x);
    wismo_index_word(&x, WISMO_INDEX_FORM);
    wismo_index_word(&x, 0);

    while (x.p < x.end) {

        if (*x.p == ',') {
            x.p++;
            continue;
        }

        if (*x.p == '}' || *x.p == ']') {

            if (depth == 0) {
                return false;
            }

            object = objects[--depth];

            wismo_index_entry(&x, WISMO_INDEX_CLOSE, NULL, 0);
            x.p++;
            continue;
        }

        if (object) {

            if (!wismo_index_named(&x)) {
                return false;
            }

            if (x.name == 0 || x.name == WISMO_INDEX_EVENTS) {

                if (x.name ? !wismo_index_events(&x, bytes, &mark)
                           : !wismo_index_skip(&x))
                {
                    return false;
                }

                continue;
            }

        } else {
            x.name = 0;
        }

        if (!wismo_index_value(&x, &type)) {
            return false;
        }

        if (type == WISMO_INDEX_OBJECT || type == WISMO_INDEX_ARRAY) {

            if (depth == WISMO_JSON_DEPTH) {
                return false;
            }

            objects[depth++] = object;
            object = (type == WISMO_INDEX_OBJECT);
        }
    }

    if (depth || out->failed) {
        return false;
    }

    wismo_index_put(out->start + WISMO_INDEX_WORD,
                    (uint32_t) (wismo_document_at(out) / WISMO_INDEX_WORD));

    return true;
}


/* A value begins: its entry, or that of its beginning if it has members. */

static bool
wismo_index_value(wismo_indexer_t *x, wismo_index_e *type)
{
    bool                  escaped;
    const unsigned char  *p, *start;

    start = x->p;
    *type = WISMO_INDEX_NONE;

    if (x->name && x->name <= WISMO_INDEX_FIXED) {

        if (x->end - start < (ptrdiff_t) WISMO_DOC_TIME_LEN) {
            return false;
        }

        wismo_index_entry(x, WISMO_INDEX_FRESH, start, WISMO_DOC_TIME_LEN);
        x->p += WISMO_DOC_TIME_LEN;

        return true;
    }

    switch (*start) {

    case '"':
        p = wismo_index_string(start + 1, x->end, &escaped);

        if (p == x->end) {
            return false;
        }

        wismo_index_entry(x, escaped ? WISMO_INDEX_ESCAPED
                                     : WISMO_INDEX_STRING,
                          start + 1, (size_t) (p - start) - 1);
        x->p = p + 1;
        return true;

    case '{':
    case '[':
        *type = *start == '{' ? WISMO_INDEX_OBJECT : WISMO_INDEX_ARRAY;
        wismo_index_entry(x, *type, NULL, 0);
        x->p++;
        return true;

    case 't':
    case 'f':
        wismo_index_entry(x, *start == 't' ? WISMO_INDEX_TRUE
                                           : WISMO_INDEX_FALSE, NULL, 0);
        return wismo_index_skip(x);

    case 'n':
        return wismo_index_skip(x);

    default:

        if (!wismo_index_skip(x)) {
            return false;
        }

        wismo_index_entry(x, WISMO_INDEX_NUMBER, start,
                          (size_t) (x->p - start));
        return true;
    }
}


/* A member's name, up to its value; x->name is 0 if no page asks for it. */

static bool
wismo_index_named(wismo_indexer_t *x)
{
    bool                       escaped;
    size_t                     len;
    uint64_t                   head;
    unsigned                   i;
    const unsigned char       *p, *start;
    const wismo_index_name_t  *name;

    if (*x->p != '"') {
        return false;
    }

    start = x->p + 1;
    p = wismo_index_string(start, x->end, &escaped);

    if (x->end - p < 3 || p[1] != ':') {
        return false;
    }

    len = (size_t) (p - start);
    head = wismo_word_head(start, len);

    x->name = 0;
    x->p = p + 2;

    for (i = wismo_index_slot(head); x->names[i];
         i = (i + 1) % WISMO_INDEX_SLOTS)
    {
        name = &wismo_index_names[x->names[i]];

        if (wismo_word(name->text) == head && name->len == len
            && memcmp(name->text, start, len) == 0)
        {
            x->name = x->names[i];
            break;
        }
    }

    return true;
}


/* Passes over a value. */

static bool
wismo_index_skip(wismo_indexer_t *x)
{
    bool                  escaped;
    unsigned              depth;
    const unsigned char  *p;

    switch (*x->p) {

    case '"':
        x->p = wismo_index_string(x->p + 1, x->end, &escaped) + 1;
        return x->p < x->end;

    case 'n':
    case 't':
        x->p += 4;
        return x->p < x->end;

    default:
        break;
    }

    depth = 0;

    for (p = x->p; p < x->end; p++) {

        switch (*p) {

        case '"':
            p = wismo_index_string(p + 1, x->end, &escaped);

            if (p == x->end) {
                return false;
            }

            break;

        case '{':
        case '[':
            depth++;
            break;

        case '}':
        case ']':

            if (depth) {
                depth--;
                break;
            }

            /* fall through */

        case ',':

            if (depth == 0) {
                x->p = p;
                return true;
            }

            break;

        default:
            break;
        }
    }

    return false;
}


static bool
wismo_index_events(wismo_indexer_t *x, const unsigned char *bytes,
    const wismo_document_mark_t **mark)
{
    if (*x->p != '[') {
        return false;
    }

    wismo_index_entry(x, WISMO_INDEX_ARRAY, NULL, 0);
    x->name = 0;
    x->p++;

    while (x->p < x->end && *x->p != ']') {
        wismo_index_event(x, bytes, *mark);
        x->p = bytes + (*mark)->end;
        x->p += x->p < x->end && *x->p == ',';
        ++*mark;
    }

    wismo_index_entry(x, WISMO_INDEX_CLOSE, NULL, 0);
    x->p++;

    return x->p < x->end;
}


static void
wismo_index_event(wismo_indexer_t *x, const unsigned char *bytes,
    const wismo_document_mark_t *mark)
{
    bool                          escaped, known;
    int64_t                       wall;
    unsigned                      i, basis;
    const wismo_event_t          *event;
    const unsigned char          *start, *end;
    const wismo_document_span_t  *span;

    event = mark->event;
    wall = event->when.wall;
    basis = event->when.basis;

    known = basis != WISMO_BASIS_UNKNOWN && wismo_document_is_time(wall);

    if (!known) {
        basis = WISMO_BASIS_UNKNOWN;
        wall = 0;

    } else if (basis == WISMO_BASIS_DATE) {
        wall -= wall % 86400;
    }

    wismo_index_word(x, WISMO_INDEX_EVENT
                     | wismo_substatus_number(event->status)
                       << WISMO_INDEX_AT_ROW
                     | basis << WISMO_INDEX_AT_BASIS
                     | (uint32_t) event->return_leg
                       << WISMO_INDEX_AT_RETURNING
                     | (uint32_t) ((uint64_t) wall >> 32)
                       << WISMO_INDEX_AT_WALL);
    wismo_index_word(x, (uint32_t) wall);

    for (i = 0; i < 3; i++) {
        span = i == 0 ? &mark->iso : i == 1 ? &mark->text : &mark->place;

        start = bytes + span->start;
        end = bytes + span->end;

        if (*start != '"' || (i == 0 && !known)) {
            wismo_index_entry(x, WISMO_INDEX_NONE, NULL, 0);
            continue;
        }

        escaped = false;

        if (!mark->plain) {
            (void) wismo_index_string(start + 1, end, &escaped);
        }

        wismo_index_entry(x, escaped ? WISMO_INDEX_ESCAPED
                                     : WISMO_INDEX_STRING,
                          start + 1, (size_t) (end - start) - 2);
    }
}


static const unsigned char *
wismo_index_unusual(const unsigned char *p, const unsigned char *end,
    bool *escaped)
{
    for ( ;; ) {
        p = wismo_json_plain(p, end);

        if (p == end || *p == '"') {
            return p;
        }

        if (*p == '\\') {
            *escaped = true;

            if (++p == end) {
                return end;
            }
        }

        p++;
    }
}
