
/*
 * Copyright (C) The Wismo authors
 *
 * What the code tables were asked about an event is kept with it, so that
 * better tables can be asked again: "type=I|code=DP|text~".  A part is named
 * as the adapter names it; "~" stands for the event's text and "^" for its
 * code, which are there anyway.  "!" in front: a push whose block has codes of
 * its own; ">1" behind: the first of its transforms made it what it is; "<":
 * on its way back not by what the tables say, but by what came before.
 *
 * fetch_adapter_event.c keeps, fetch_replay.c asks again.  No I/O and no
 * clock.  What comes out of a document is hostile.
 */


#include "fetch_adapter_int.h"
#include "wismo_merge.h"


#define FETCH_RAW_MAX        512              /* bytes; what is longer is not
                                                 kept */


typedef struct {
    bool                      was;            /* on its way back: by what is
                                                 stored, */
    bool                      is;             /* and by the tables */
} fetch_raw_leg_t;


static bool fetch_raw_part(wismo_pool_t *pool, wismo_out_t *out,
    const wismo_str_t *value);
static const fetch_mapping_t *fetch_raw_key(const fetch_adapter_t *a,
    wismo_pool_t *pool, const wismo_str_t *raw, const wismo_event_t *event,
    fetch_key_t *key, unsigned *transform);
static bool fetch_raw_find(const fetch_adapter_t *a, wismo_pool_t *pool,
    const wismo_str_t *raw, const wismo_event_t *event,
    fetch_meaning_t *meaning);
static bool fetch_raw_event(const fetch_adapter_t *a, wismo_pool_t *pool,
    wismo_event_t *event, fetch_raw_leg_t *leg);
static bool fetch_raw_headline(const fetch_adapter_t *a, wismo_pool_t *pool,
    wismo_parcel_t *parcel);
static bool fetch_raw_back(const wismo_str_t *raw);


int
fetch_raw(const fetch_mapping_t *m, wismo_pool_t *pool,
    const fetch_key_t *key, const fetch_meaning_t *meaning,
    const wismo_event_t *event, wismo_str_t *raw)
{
    bool         delivered;
    unsigned     i, n;
    wismo_out_t  out;
    wismo_str_t  value;

    delivered = meaning->status->status == WISMO_DELIVERED
                || meaning->status->status == WISMO_RETURNED;

    wismo_str_null(raw);
    wismo_out_init(&out, pool, 64);

    if (m->push_codes) {
        wismo_out_text(&out, "!");
    }

    for (i = 0, n = 0; i < m->codes.nnames; i++) {
        value = key->values[i];

        if (value.len == 0) {
            continue;
        }

        /* who signed is not kept here, either */

        fetch_text_nameless(&value, delivered, true);

        if (n++) {
            wismo_out_text(&out, "|");
        }

        wismo_out_bytes(&out, m->codes.names[i],
                        strlen(m->codes.names[i]));

        if (event && wismo_str_eq(&value, &event->code)) {
            wismo_out_text(&out, "^");

        } else if (event && wismo_str_eq(&value, &event->text)) {
            wismo_out_text(&out, "~");

        } else if (!fetch_raw_part(pool, &out, &value)) {
            return out.failed ? WISMO_ERROR : WISMO_OK;
        }
    }

    if (out.failed) {
        return WISMO_ERROR;
    }

    if (meaning->transform) {
        wismo_out_text(&out, ">");
        wismo_out_int(&out, meaning->transform);
    }

    raw->len = (size_t) (out.pos - out.start);

    if (n == 0 || raw->len > FETCH_RAW_MAX) {
        wismo_str_null(raw);
        return WISMO_OK;
    }

    /* a place for what fetch_raw_returns() may add */

    wismo_out_text(&out, "<");

    if (out.failed) {
        return WISMO_ERROR;
    }

    raw->data = out.start;

    return WISMO_OK;
}


/* What cleaning would change can't be in a document. */

static bool
fetch_raw_part(wismo_pool_t *pool, wismo_out_t *out, const wismo_str_t *value)
{
    size_t       i;
    wismo_str_t  clean;

    if (value->len > FETCH_RAW_MAX) {
        return false;
    }

    for (i = 0; i < value->len; i++) {
        if (value->data[i] < ' ' || value->data[i] > '~') {
            break;
        }
    }

    if (i < value->len) {
        clean = *value;

        if (wismo_clean_text(pool, &clean) != WISMO_OK) {
            out->failed = true;
            return false;
        }

        if (!wismo_str_eq(&clean, value)) {
            return false;
        }
    }

    wismo_out_text(out, "=");

    for (i = 0; i < value->len; i++) {

        if (memchr("|<>\\", value->data[i], 4)) {
            wismo_out_text(out, "\\");
        }

        wismo_out_bytes(out, value->data + i, 1);
    }

    return true;
}


/* The parts again, and the mapping whose tables they are for.  Parts that the
 * adapter no longer has are passed over. */

static const fetch_mapping_t *
fetch_raw_key(const fetch_adapter_t *a, wismo_pool_t *pool,
    const wismo_str_t *raw, const wismo_event_t *event, fetch_key_t *key,
    unsigned *transform)
{
    size_t                  len;
    unsigned                i;
    wismo_str_t             name, value;
    unsigned char          *p, *end, *dst;
    const fetch_mapping_t  *m;

    memset(key, 0, sizeof(fetch_key_t));
    *transform = 0;

    p = raw->data;
    end = p + raw->len;
    m = a->has_mapping ? &a->mapping : &a->push;

    if (p < end && *p == '!') {
        p++;
        m = &a->push;
    }

    while (p < end) {

        name.data = p;

        while (p < end && *p != '=' && *p != '~' && *p != '^') {
            p++;
        }

        name.len = (size_t) (p - name.data);
        len = (size_t) (end - p);

        if (len == 0) {
            break;
        }

        wismo_str_null(&value);

        switch (*p++) {

        case '^':

            if (event) {
                value = event->code;
            }

            break;

        case '~':

            if (event) {
                value = event->text;
            }

            break;

        default:
            value.data = wismo_palloc(pool, len);

            if (value.data == NULL) {
                return NULL;
            }

            dst = value.data;

            while (p < end && memchr("|<>", *p, 3) == NULL) {

                if (*p == '\\' && end - p > 1) {
                    p++;
                }

                *dst++ = *p++;
            }

            value.len = (size_t) (dst - value.data);
            break;
        }

        for (i = 0; i < m->codes.nnames; i++) {
            if (wismo_str_is(&name, m->codes.names[i])) {
                key->values[i] = value;
                break;
            }
        }

        if (p < end && *p == '>') {

            for (p++; p < end && *p >= '0' && *p <= '9'; p++) {
                *transform = (*transform * 10 + (unsigned) (*p - '0')) % 1000;
            }
        }

        if (p == end || *p++ != '|') {
            break;
        }
    }

    return m;
}


static bool
fetch_raw_find(const fetch_adapter_t *a, wismo_pool_t *pool,
    const wismo_str_t *raw, const wismo_event_t *event,
    fetch_meaning_t *meaning)
{
    unsigned                  n, s;
    fetch_key_t               key;
    const fetch_mapping_t    *m;
    const fetch_transform_t  *t;

    if (raw->len == 0) {
        return false;
    }

    m = fetch_raw_key(a, pool, raw, event, &key, &n);

    if (m == NULL || fetch_code_find(&m->codes, &key, meaning) == -1) {
        return false;
    }

    if (n == 0 || n > m->ntransforms) {
        return true;
    }

    t = &m->transforms[n - 1];
    s = meaning->status->status;

    if (t->mapped & (1U << s)) {
        *meaning = t->map[s];
    }

    return true;
}


void
fetch_raw_returns(wismo_str_t *raw)
{
    if (raw->len && !fetch_raw_back(raw)) {
        raw->data[raw->len++] = '<';
    }
}


int
fetch_adapter_again(const fetch_adapter_t *a, wismo_pool_t *pool,
    wismo_parcel_t *parcel, fetch_again_pt told, void *data, bool *changed)
{
    size_t                    size;
    unsigned                  i;
    wismo_event_t            *events, *e, was;
    fetch_raw_leg_t           leg;
    const wismo_substatus_t  *headline;

    *changed = false;

    size = parcel->nevents * sizeof(wismo_event_t);
    events = wismo_palloc(pool, size ? size : 1);

    if (events == NULL) {
        return WISMO_ERROR;
    }

    if (size) {
        memcpy(events, parcel->events, size);
    }

    memset(&leg, 0, sizeof(fetch_raw_leg_t));

    for (i = parcel->nevents; i > 0; i--) {
        e = &events[i - 1];
        was = *e;

        if (fetch_raw_event(a, pool, e, &leg)) {
            *changed = true;

            if (told) {
                told(data, parcel, &was.code, was.status, e->status);
            }
        }
    }

    headline = parcel->headline;

    if (fetch_raw_headline(a, pool, parcel)) {
        *changed = true;

        if (told) {
            told(data, parcel, &parcel->headline_raw, headline,
                 parcel->headline);
        }
    }

    if (!*changed) {
        return WISMO_OK;
    }

    parcel->events = events;

    return wismo_merge_again(pool, parcel);
}


/*
 * A return makes returns of what follows, and so does a flag of the carrier's
 * ("<"): what was on its way back only because of a return before it, which is
 * none any more, is so no longer.  Who has it may have refined what tables
 * say, or not: either is their word.
 */

static bool
fetch_raw_event(const fetch_adapter_t *a, wismo_pool_t *pool,
    wismo_event_t *event, fetch_raw_leg_t *leg)
{
    bool                      returns, back;
    wismo_event_t             was;
    fetch_meaning_t           meaning;
    const wismo_substatus_t  *plain;

    was = *event;

    if (!fetch_raw_find(a, pool, &event->raw, event, &meaning)) {
        leg->was |= event->return_leg;
        leg->is |= event->return_leg;
        return false;
    }

    returns = meaning.status->status == WISMO_RETURNING
              || meaning.status->status == WISMO_RETURNED;

    back = fetch_raw_back(&event->raw) && (leg->is || !leg->was);

    if (meaning.to == WISMO_TO_NONE
        && event->delivered_to != WISMO_TO_RETURNED_TO_SENDER)
    {
        meaning.to = event->delivered_to;
    }

    plain = meaning.status;
    meaning.status = fetch_meaning_refine(plain, meaning.to);

    if (back) {
        fetch_meaning_return(&meaning);
        plain = meaning.status;
    }

    event->return_leg = returns || back;

    if (event->status != plain && event->status != meaning.status) {
        event->status = meaning.status;
        event->delivered_to = (meaning.status->status == WISMO_DELIVERED
                               || meaning.status->status == WISMO_RETURNED)
                              ? meaning.to : WISMO_TO_NONE;
    }

    leg->was |= was.return_leg;
    leg->is |= event->return_leg;

    return event->status != was.status;
}


static bool
fetch_raw_headline(const fetch_adapter_t *a, wismo_pool_t *pool,
    wismo_parcel_t *parcel)
{
    fetch_meaning_t           meaning;
    const wismo_substatus_t  *was, *plain;

    was = parcel->headline;

    if (was == NULL
        || !fetch_raw_find(a, pool, &parcel->headline_raw, NULL, &meaning)
        || meaning.status->status == WISMO_STATUS_NONE)
    {
        return false;
    }

    if (meaning.to == WISMO_TO_NONE
        && parcel->headline_to != WISMO_TO_RETURNED_TO_SENDER)
    {
        meaning.to = parcel->headline_to;
    }

    plain = meaning.status;
    meaning.status = fetch_meaning_refine(plain, meaning.to);

    if (fetch_raw_back(&parcel->headline_raw)) {
        fetch_meaning_return(&meaning);
        plain = meaning.status;
    }

    if (was == plain || was == meaning.status) {
        return false;
    }

    parcel->headline = meaning.status;
    parcel->headline_to = meaning.to;

    return true;
}


static bool
fetch_raw_back(const wismo_str_t *raw)
{
    return raw->len && raw->data[raw->len - 1] == '<';
}
