
/*
 * Copyright (C) The Wismo authors
 *
 * Events by their bytes.  Most of a document is events, and a change of an
 * order leaves nearly all of them as they were: they are read without a tree,
 * as wismo_document_write.c writes them, and written again by copying.
 *
 * wismo_document_read.c and wismo_document_write.c call it.  Bytes are kept
 * only if writing the event would give just these, so that what is copied is
 * what a commit would have made of it; anything else is read as a tree.
 */


#include "wismo_document_int.h"
#include "wismo_json_plain.h"


#define WISMO_EVENTS_REST    4096     /* of a view without them, mostly */
#define WISMO_EVENTS_FIRST   16
#define WISMO_EVENT_NODES    32
#define WISMO_EVENT_ROWS     16       /* a power of 2 */


typedef struct {
    const unsigned char      *p;
    const unsigned char      *end;
    const wismo_substatus_t  *rows[WISMO_EVENT_ROWS];
} wismo_events_reader_t;


static const unsigned char *wismo_event_list(wismo_pool_t *pool,
    const unsigned char *p, const unsigned char *end, wismo_event_t **events,
    unsigned *n);
static bool wismo_event_exact(wismo_events_reader_t *r, wismo_event_t *e,
    wismo_document_mark_t *mark);
static bool wismo_event_when(wismo_events_reader_t *r, wismo_when_t *when,
    wismo_document_span_t *iso);
static bool wismo_event_offset(wismo_events_reader_t *r, int16_t *offset);
static bool wismo_event_status(wismo_events_reader_t *r, wismo_event_t *e);
static bool wismo_event_text(wismo_events_reader_t *r, wismo_str_t *s);
static bool wismo_event_keep(wismo_pool_t *pool, wismo_event_t *e,
    const unsigned char *start, const unsigned char *end,
    const wismo_document_mark_t *mark);
static int wismo_event_tree(wismo_pool_t *pool, wismo_events_reader_t *r,
    wismo_event_t *e);


static inline bool
wismo_event_is(wismo_events_reader_t *r, const char *text, size_t len)
{
    if ((size_t) (r->end - r->p) < len || memcmp(r->p, text, len) != 0) {
        return false;
    }

    r->p += len;

    return true;
}


#define wismo_event_next(r, text)                                             \
    wismo_event_is(r, text, sizeof(text) - 1)


static inline size_t
wismo_event_at(const wismo_events_reader_t *r, const unsigned char *start)
{
    return (size_t) (r->p - start);
}


/* In a string its quotes would be escaped: it is a member's name. */

#define WISMO_EVENTS_NAME    "\"events\":["

bool
wismo_document_lists(wismo_pool_t *pool, const wismo_str_t *full,
    wismo_document_lists_t *lists, wismo_str_t *rest)
{
    size_t                len;
    wismo_out_t           out;
    const unsigned char  *p, *end, *copied;

    lists->n = 0;

    p = full->data;
    end = p + full->len;
    copied = p;
    len = sizeof(WISMO_EVENTS_NAME) - 1;

    wismo_out_init(&out, pool, WISMO_EVENTS_REST);

    while ((p = memchr(p, '[', (size_t) (end - p))) != NULL) {

        p++;

        if ((size_t) (p - copied) < len
            || memcmp(p - len, WISMO_EVENTS_NAME, len) != 0)
        {
            continue;
        }

        if (lists->n == WISMO_PARCELS_MAX) {
            return false;
        }

        wismo_out_bytes(&out, copied, (size_t) (p - copied));
        wismo_out_int(&out, lists->n);
        wismo_out_text(&out, "]");

        p = wismo_event_list(pool, p, end, &lists->events[lists->n],
                             &lists->nevents[lists->n]);

        if (p == NULL) {
            return false;
        }

        lists->n++;
        copied = p;
    }

    wismo_out_bytes(&out, copied, (size_t) (end - copied));

    rest->data = out.start;
    rest->len = wismo_document_at(&out);

    return !out.failed;
}


/* "p" is behind the list's "[".  Where it ends, or NULL. */

static const unsigned char *
wismo_event_list(wismo_pool_t *pool, const unsigned char *p,
    const unsigned char *end, wismo_event_t **events, unsigned *n)
{
    unsigned                max;
    wismo_event_t          *e, *list;
    const unsigned char    *start;
    wismo_document_mark_t   mark;
    wismo_events_reader_t   r;

    memset(&r, 0, sizeof(wismo_events_reader_t));

    r.p = p;
    r.end = end;

    list = NULL;
    max = 0;
    *n = 0;

    if (p < end && *p == ']') {
        *events = NULL;
        return p + 1;
    }

    for ( ;; ) {

        if (*n == max) {
            max = max ? 2 * max : WISMO_EVENTS_FIRST;

            if (max > 2 * WISMO_EVENTS_MAX) {
                return NULL;
            }

            e = wismo_palloc(pool, max * sizeof(wismo_event_t));

            if (e == NULL) {
                return NULL;
            }

            if (*n) {
                memcpy(e, list, *n * sizeof(wismo_event_t));
            }

            list = e;
        }

        e = &list[*n];
        start = r.p;

        memset(e, 0, sizeof(wismo_event_t));

        if (wismo_event_exact(&r, e, &mark)) {

            if (!wismo_event_keep(pool, e, start, r.p, &mark)) {
                return NULL;
            }

        } else {
            r.p = start;

            if (wismo_event_tree(pool, &r, e) != WISMO_OK) {
                return NULL;
            }
        }

        if (++*n > WISMO_EVENTS_MAX) {
            return NULL;
        }

        if (r.p < end && *r.p == ',') {
            r.p++;
            continue;
        }

        if (r.p < end && *r.p == ']') {
            *events = list;
            return r.p + 1;
        }

        return NULL;
    }
}


/* Just as wismo_document_event() writes it: what is new there is so here. */

static bool
wismo_event_exact(wismo_events_reader_t *r, wismo_event_t *e,
    wismo_document_mark_t *mark)
{
    wismo_str_t           to;
    const unsigned char  *start;

    start = r->p;

    if (!wismo_event_when(r, &e->when, &mark->iso)
        || !wismo_event_status(r, e)
        || !wismo_event_next(r, ",\"code\":")
        || !wismo_event_text(r, &e->code)
        || !wismo_event_next(r, ",\"description\":"))
    {
        return false;
    }

    mark->text.start = wismo_event_at(r, start);

    if (!wismo_event_text(r, &e->text)) {
        return false;
    }

    mark->text.end = wismo_event_at(r, start);

    if (!wismo_event_next(r, ",\"place\":")) {
        return false;
    }

    mark->place.start = wismo_event_at(r, start);

    if (!wismo_event_text(r, &e->place)) {
        return false;
    }

    mark->place.end = wismo_event_at(r, start);

    if (wismo_event_next(r, ",\"raw\":")
        && (!wismo_event_text(r, &e->raw) || e->raw.len == 0))
    {
        return false;
    }

    if (wismo_event_next(r, ",\"delivered_to\":")) {

        if (!wismo_event_text(r, &to)) {
            return false;
        }

        e->delivered_to = wismo_to_of(&to);

        if (e->delivered_to == WISMO_TO_NONE) {
            return false;
        }
    }

    e->return_leg = wismo_event_next(r, ",\"return\":true");

    if (!wismo_event_next(r, "}")) {
        return false;
    }

    mark->end = wismo_event_at(r, start);
    mark->plain = true;

    /* the writer escapes these, wherever they are */

    return memchr(start, '<', mark->end) == NULL
           && memchr(start, 127, mark->end) == NULL;
}


/*
 * The time in all its forms.  Wall clock and offset tell it, the rest has to
 * follow from them.
 */

static bool
wismo_event_when(wismo_events_reader_t *r, wismo_when_t *when,
    wismo_document_span_t *iso)
{
    int16_t               offset;
    int64_t               utc, wall;
    wismo_str_t           name;
    wismo_basis_e         basis;
    const unsigned char  *start, *p, *day;

    start = r->p;
    utc = WISMO_TIME_NONE;
    day = NULL;

    if (!wismo_event_next(r, "{\"utc\":")) {
        return false;
    }

    iso->start = wismo_event_at(r, start);
    iso->end = iso->start;

    if (!wismo_event_next(r, "null")) {
        p = r->p;

        if (r->end - p < (ptrdiff_t) WISMO_DOC_TIME_LEN || p[0] != '"'
            || p[WISMO_DOC_TIME_LEN - 2] != 'Z'
            || p[WISMO_DOC_TIME_LEN - 1] != '"'
            || !wismo_time_wall_of(p + 1, &utc))
        {
            return false;
        }

        r->p += WISMO_DOC_TIME_LEN;
        iso->end = wismo_event_at(r, start);
    }

    if (!wismo_event_next(r, ",\"wallclock\":")) {
        return false;
    }

    p = r->p;

    if (wismo_event_next(r, "null,\"date\":")) {
        p = r->p;
        wall = WISMO_TIME_NONE;
        basis = WISMO_BASIS_UNKNOWN;

        if (!wismo_event_next(r, "null")) {

            if (r->end - p < WISMO_TIME_DATE_LEN + 2 || p[0] != '"'
                || p[WISMO_TIME_DATE_LEN + 1] != '"'
                || !wismo_time_date_of(p + 1, &wall))
            {
                return false;
            }

            r->p += WISMO_TIME_DATE_LEN + 2;
            basis = WISMO_BASIS_DATE;
        }

    } else {

        if (r->end - p < WISMO_TIME_WALL_LEN + 2 || p[0] != '"'
            || p[WISMO_TIME_WALL_LEN + 1] != '"'
            || !wismo_time_wall_of(p + 1, &wall))
        {
            return false;
        }

        r->p += WISMO_TIME_WALL_LEN + 2;
        basis = WISMO_BASIS_LOCAL;
        day = p + 1;
    }

    if (iso->end == iso->start) {
        iso->start = (size_t) (p - start);
        iso->end = wismo_event_at(r, start);
    }

    if (day) {

        if (!wismo_event_next(r, ",\"date\":\"")
            || !wismo_event_is(r, (const char *) day, WISMO_TIME_DATE_LEN)
            || !wismo_event_next(r, "\""))
        {
            return false;
        }
    }

    if (!wismo_event_offset(r, &offset)
        || !wismo_event_next(r, ",\"basis\":")
        || !wismo_event_text(r, &name))
    {
        return false;
    }

    if (basis == WISMO_BASIS_LOCAL) {
        basis = wismo_time_basis_of(&name);

        if (basis == WISMO_BASIS_UNKNOWN || basis == WISMO_BASIS_DATE) {
            return false;
        }

    } else if (!wismo_str_is(&name, wismo_time_basis(basis))) {
        return false;
    }

    wismo_time_local(when, wall, offset, basis);

    return when->utc == utc && when->wall == wall && when->offset == offset
           && when->basis == (uint8_t) basis
           && (utc == WISMO_TIME_NONE || wismo_document_is_time(utc))
           && (wall == WISMO_TIME_NONE || wismo_document_is_time(wall));
}


static bool
wismo_event_offset(wismo_events_reader_t *r, int16_t *offset)
{
    int   n, digits;
    bool  minus;

    if (!wismo_event_next(r, ",\"offset\":")) {
        return false;
    }

    if (wismo_event_next(r, "null")) {
        *offset = WISMO_OFFSET_NONE;
        return true;
    }

    minus = wismo_event_next(r, "-");
    n = 0;

    for (digits = 0; r->p < r->end && *r->p >= '0' && *r->p <= '9'; digits++)
    {
        if (digits == 3 || (digits && n == 0)) {
            return false;
        }

        n = 10 * n + (*r->p++ - '0');
    }

    *offset = (int16_t) (minus ? -n : n);

    return digits && n <= 899 && !(minus && n == 0);
}


/* The same few rows come again and again. */

static bool
wismo_event_status(wismo_events_reader_t *r, wismo_event_t *e)
{
    wismo_str_t                status, sub;
    const wismo_substatus_t  **row;

    if (!wismo_event_next(r, ",\"status\":")
        || !wismo_event_text(r, &status)
        || !wismo_event_next(r, ",\"substatus\":"))
    {
        return false;
    }

    /* a note has none */

    if (wismo_event_next(r, "\"\"")) {
        wismo_str_set(&sub, "");

    } else if (!wismo_event_text(r, &sub) || sub.len == 0) {
        return false;
    }

    if (status.len == 0) {
        return false;
    }

    row = &r->rows[(sub.len + 3 * status.len
                    + (sub.len ? sub.data[sub.len / 2] : 0U))
                   % WISMO_EVENT_ROWS];

    if (*row == NULL || !wismo_str_is(&sub, (*row)->sub)
        || !wismo_str_is(&status, (*row)->name))
    {
        *row = wismo_substatus(&status, &sub);

        if (*row == NULL || !wismo_str_is(&sub, (*row)->sub)) {
            *row = NULL;
            return false;
        }
    }

    e->status = *row;

    return true;
}


/* null, or a text of which nothing is escaped nor needs to be. */

static bool
wismo_event_text(wismo_events_reader_t *r, wismo_str_t *s)
{
    size_t                n;
    const unsigned char  *p, *end;

    if (wismo_event_next(r, "null")) {
        wismo_str_null(s);
        return true;
    }

    end = r->end;

    if (end - r->p < 2 || *r->p != '"') {
        return false;
    }

    for (p = r->p + 1; /* void */ ; p += n) {

        p = wismo_json_plain(p, end);

        while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
        {
            p++;
        }

        if (p == end || *p < 0x80) {
            break;
        }

        n = wismo_utf8(p, end);

        if (n == 0
            || (n == 3 && p[0] == 0xe2 && p[1] == 0x80
                && (p[2] == 0xa8 || p[2] == 0xa9)))
        {
            return false;
        }
    }

    if (p == end || *p != '"') {
        return false;
    }

    s->data = (unsigned char *) r->p + 1;
    s->len = (size_t) (p - s->data);
    r->p = p + 1;

    return s->len != 0;
}


static bool
wismo_event_keep(wismo_pool_t *pool, wismo_event_t *e,
    const unsigned char *start, const unsigned char *end,
    const wismo_document_mark_t *mark)
{
    wismo_written_t  *written;

    written = wismo_palloc(pool, sizeof(wismo_written_t));

    if (written == NULL) {
        return false;
    }

    written->event = *e;
    written->data = start;
    written->len = (size_t) (end - start);
    written->mark = *mark;

    e->written = written;

    return true;
}


/* No event has members with members of their own. */

static int
wismo_event_tree(wismo_pool_t *pool, wismo_events_reader_t *r,
    wismo_event_t *e)
{
    bool                  text;
    wismo_str_t           in;
    wismo_json_t         *json;
    const unsigned char  *p;

    text = false;

    for (p = r->p; p < r->end && (text || *p != '}'); p++) {

        if (*p == '"') {
            text = !text;

        } else if (*p == '\\') {
            p++;
        }
    }

    if (p >= r->end) {
        return WISMO_DECLINED;
    }

    in.data = (unsigned char *) r->p;
    in.len = (size_t) (p - r->p) + 1;

    if (wismo_json_read(pool, &in, WISMO_EVENT_NODES, &json, NULL)
            != WISMO_OK
        || json->type != WISMO_JSON_OBJECT)
    {
        return WISMO_DECLINED;
    }

    r->p = p + 1;

    return wismo_document_event_read(json, e);
}


static inline bool
wismo_event_str_same(const wismo_str_t *a, const wismo_str_t *b)
{
    return a->len == b->len && (a->data == b->data || a->len == 0);
}


bool
wismo_document_event_same(wismo_out_t *out, const wismo_event_t *e,
    wismo_document_mark_t *mark)
{
    size_t                  at;
    const wismo_event_t    *was;
    const wismo_written_t  *w;

    w = e->written;

    if (w == NULL) {
        return false;
    }

    was = &w->event;

    if (e->when.utc != was->when.utc || e->when.wall != was->when.wall
        || e->when.offset != was->when.offset
        || e->when.basis != was->when.basis
        || e->status != was->status || e->delivered_to != was->delivered_to
        || e->return_leg != was->return_leg
        || !wismo_event_str_same(&e->code, &was->code)
        || !wismo_event_str_same(&e->text, &was->text)
        || !wismo_event_str_same(&e->place, &was->place)
        || !wismo_event_str_same(&e->raw, &was->raw))
    {
        return false;
    }

    at = wismo_document_at(out);

    wismo_out_bytes(out, w->data, w->len);

    *mark = w->mark;

    mark->event = e;
    mark->iso.start += at;
    mark->iso.end += at;
    mark->text.start += at;
    mark->text.end += at;
    mark->place.start += at;
    mark->place.end += at;
    mark->end += at;

    return true;
}
