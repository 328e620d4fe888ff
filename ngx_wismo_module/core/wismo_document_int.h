
/*
 * Copyright (C) The Wismo authors
 *
 * The document's fixed parts, for the files that write, read and patch it.
 */


#ifndef _WISMO_DOCUMENT_INT_H_INCLUDED_
#define _WISMO_DOCUMENT_INT_H_INCLUDED_


#include "wismo_document.h"


#define WISMO_DOC_MAGIC      "WO3"
#define WISMO_DOC_MAGIC_2    "WO2"
#define WISMO_DOC_HEADER_2   150
#define WISMO_DOC_MAGIC_1    "WO1"
#define WISMO_DOC_HEADER_1   70

#define WISMO_DOC_AT_VERSION      4
#define WISMO_DOC_AT_UPDATED      15
#define WISMO_DOC_AT_CHECKED      26
#define WISMO_DOC_AT_NEXT         37
#define WISMO_DOC_AT_STATUS       48
#define WISMO_DOC_AT_FLAGS        51
#define WISMO_DOC_AT_MINIMAL      56
#define WISMO_DOC_AT_FULL         63
#define WISMO_DOC_AT_REVOKED      70
#define WISMO_DOC_AT_PROOFS       81
#define WISMO_DOC_AT_PARCELS      150

#define WISMO_DOC_SUMS            (2 * sizeof(uint64_t))

#define WISMO_DOC_VERSION_MAX     UINT64_C(9999999999)


/*
 * An object's freshness: {"checked_at":TIME,"next_check_at":TIME, where TIME
 * has a fixed width.  The first bytes can stand nowhere else in our JSON: in
 * a string the quote would be escaped.
 */

#define WISMO_DOC_CHECKED    "{\"checked_at\":"
#define WISMO_DOC_NEXT       ",\"next_check_at\":"
#define WISMO_DOC_NULL       "null                  "

#define WISMO_DOC_CHECKED_LEN     (sizeof(WISMO_DOC_CHECKED) - 1)
#define WISMO_DOC_NEXT_LEN        (sizeof(WISMO_DOC_NEXT) - 1)
#define WISMO_DOC_TIME_LEN        (WISMO_TIME_UTC_LEN + 2)

/* both times and what stands between them */
#define WISMO_DOC_TIMES_LEN                                                   \
    (2 * WISMO_DOC_TIME_LEN + WISMO_DOC_NEXT_LEN)


/* The header's line for a parcel: TIME TIME and where the views have them */

#define WISMO_DOC_LINE_NEXT       (WISMO_DOC_TIME_LEN + 1)
#define WISMO_DOC_LINE_MINIMAL    (2 * WISMO_DOC_LINE_NEXT)
#define WISMO_DOC_LINE_FULL       (WISMO_DOC_LINE_MINIMAL + 7)
#define WISMO_DOC_LINE            (WISMO_DOC_LINE_FULL + 7)


/* What ten digits hold; anything else counts as no time at all. */

static inline bool
wismo_document_is_time(int64_t t)
{
    return t > 0 && t <= INT64_C(9999999999);
}


void wismo_document_digits(unsigned char *p, size_t width, uint64_t n);
bool wismo_document_number(const unsigned char *p, size_t width, uint64_t *n);

/* The order's items, without the brackets of their list. */
void wismo_document_items(wismo_out_t *out, const wismo_order_t *order);

/*
 * How many items no parcel holds; 0 where nobody can tell, as when a parcel
 * does not name what is in it.
 */
int64_t wismo_document_unshipped(const wismo_order_t *order);

/*
 * The sums of both views, WISMO_DOC_SUMS bytes, the lowest first; they stand
 * at the end.  False if a line names a place that is none.
 */
bool wismo_document_sums(const wismo_document_t *doc, unsigned char *sums);

/* Appends TIME,"next_check_at":TIME: WISMO_DOC_TIMES_LEN bytes. */
void wismo_document_times(wismo_out_t *out, int64_t checked_at,
    int64_t next_check_at);

/* The same for a line: TIME and TIME. */
void wismo_document_line(wismo_out_t *out, int64_t checked_at,
    int64_t next_check_at);


/*
 * Where the parts of an event stand that views show, quotes included, in the
 * bytes of a document that is being written.  What is no string is not said.
 */

typedef struct {
    size_t                    start;
    size_t                    end;
} wismo_document_span_t;

typedef struct {
    const wismo_event_t      *event;
    wismo_document_span_t     iso;
    wismo_document_span_t     text;
    wismo_document_span_t     place;
    size_t                    end;        /* of the event */
    bool                      plain;      /* nothing of it is escaped */
} wismo_document_mark_t;


/*
 * An event as it stands in the document it was read from, in the very bytes
 * that it would be written with: if it is still the same when the order is
 * written again, they are copied.
 */

struct wismo_written_s {
    wismo_event_t             event;
    const unsigned char      *data;
    size_t                    len;
    wismo_document_mark_t     mark;       /* from the event's first byte on */
};


static inline size_t
wismo_document_at(const wismo_out_t *out)
{
    return (size_t) (out->pos - out->start);
}


/*
 * Appends the index of the full view that is at "start" to "end" of the bytes
 * and has these events.  False if there is none: out of memory (out->failed),
 * or of a form that has none; the document is read as well, only slower.
 */
bool wismo_document_index(const unsigned char *bytes, size_t start,
    size_t end, const wismo_document_mark_t *mark, wismo_out_t *out);


/*
 * Reads the lists of events of a full view, and leaves the rest of it: there
 * the first list's only element is the number 0, the next one's 1.  False if
 * the view can't be read so, which says nothing about it.
 */

typedef struct {
    unsigned                  n;
    wismo_event_t            *events[WISMO_PARCELS_MAX];
    unsigned                  nevents[WISMO_PARCELS_MAX];
} wismo_document_lists_t;

bool wismo_document_lists(wismo_pool_t *pool, const wismo_str_t *full,
    wismo_document_lists_t *lists, wismo_str_t *rest);

/* Of a tree, however it is written.  In wismo_document_read.c. */
int wismo_document_event_read(const wismo_json_t *json, wismo_event_t *e);

/* Appends it as it was written, if it is still the same. */
bool wismo_document_event_same(wismo_out_t *out, const wismo_event_t *e,
    wismo_document_mark_t *mark);


/* Values, in wismo_document_value.c. */

void wismo_document_edds(wismo_out_t *out, const wismo_edd_t *edd,
    const wismo_edd_t *first, bool same);
void wismo_document_owns(wismo_out_t *out, const wismo_own_t *own,
    const wismo_own_t *first);
void wismo_document_raised(wismo_out_t *out, const wismo_raised_t *raised,
    const wismo_substatus_t *reported);
void wismo_document_outlook(wismo_out_t *out, wismo_outlook_e outlook,
    int64_t since);
bool wismo_document_edd_same(const wismo_edd_t *a,
    const wismo_edd_t *b);
bool wismo_document_said_same(const wismo_said_t *a,
    const wismo_said_t *b);
void wismo_document_said(wismo_out_t *out, const wismo_said_t *said);
void wismo_document_when(wismo_out_t *out, const wismo_when_t *when);
void wismo_document_utc(wismo_out_t *out, int64_t t);
void wismo_document_told(wismo_out_t *out, int64_t t, int16_t offset,
    bool day);
void wismo_document_day(wismo_out_t *out, int64_t t, bool day);
void wismo_document_str(wismo_out_t *out, const wismo_str_t *s);
void wismo_document_name(wismo_out_t *out, const char *name);


/* What is read back of them, in wismo_document_value_read.c. */

void wismo_document_text(const wismo_json_t *v, wismo_str_t *s);
int wismo_document_int(const wismo_json_t *v);
int64_t wismo_document_instant(const wismo_json_t *v);
int64_t wismo_document_told_read(const wismo_json_t *v, int16_t *offset,
    bool *days);
bool wismo_document_when_read(const wismo_json_t *v, wismo_when_t *when);
const wismo_substatus_t *wismo_document_headline(const wismo_str_t *name);
void wismo_document_said_read(const wismo_json_t *json, wismo_said_t *said);
void wismo_document_own_read(const wismo_json_t *json, wismo_own_t *own);
void wismo_document_raised_read(const wismo_json_t *json,
    wismo_raised_t *raised, const wismo_substatus_t **reported);
void wismo_document_edd_read(const wismo_json_t *json, wismo_edd_t *edd);


#endif /* _WISMO_DOCUMENT_INT_H_INCLUDED_ */
