
/*
 * Copyright (C) The Wismo authors
 *
 * What calendars and feeds need of an order besides its texts: names that
 * stay the same, and times that machines read.  Called by the other files of
 * the view, for these forms only.
 *
 * A name never has the order's number in it, since calendars and feeds are
 * shared.  A time without a zone stays without one.
 */


#include "wismo_view_make.h"
#include "wismo_sign.h"


#define WISMO_VIEW_UUID      36
#define WISMO_VIEW_LABEL     "wismo id 1 "


static void wismo_view_calendar(wismo_viewer_t *v, wismo_json_t *calendar,
    const wismo_substatus_t *row);
static bool wismo_view_calendar_span(wismo_viewer_t *v,
    const wismo_substatus_t *row, wismo_view_span_t *span);
static void wismo_view_feed_time(wismo_viewer_t *v, wismo_json_t *parent,
    const char *name, int64_t utc, int64_t wall);
static void wismo_view_feed_basic(wismo_viewer_t *v, wismo_json_t *parent,
    const char *name, int64_t t, const char *clock);
static void wismo_view_feed_urn(wismo_viewer_t *v, wismo_json_t *parent,
    const char *name, const unsigned char *id);
static void wismo_view_feed_text(wismo_viewer_t *v, wismo_json_t *parent,
    const char *name, const wismo_out_t *out);


int
wismo_view_id(wismo_pool_t *pool, const wismo_str_t *secret,
    const wismo_str_t *number, unsigned char *mac)
{
    wismo_out_t  out;
    wismo_str_t  data;

    wismo_out_init(&out, pool, sizeof(WISMO_VIEW_LABEL) + number->len);
    wismo_out_text(&out, WISMO_VIEW_LABEL);
    wismo_out_str(&out, number);

    if (out.failed) {
        return WISMO_ERROR;
    }

    data.data = out.start;
    data.len = (size_t) (out.pos - out.start);

    return wismo_hmac_sha256(secret, &data, mac);
}


void
wismo_view_feed(wismo_viewer_t *v, wismo_json_t *model,
    const wismo_document_t *doc, const wismo_substatus_t *row)
{
    uint64_t        state[2];
    wismo_json_t   *feed, *calendar;

    feed = wismo_view_add(v, model, "feed", WISMO_JSON_OBJECT);

    wismo_view_feed_urn(v, feed, "id", v->ctx->id.data);
    wismo_view_feed_time(v, feed, "updated", doc->updated_at,
                         WISMO_TIME_NONE);
    wismo_view_bool(v, feed, "has_events", v->scans);

    /* a state is news once */

    state[0] = wismo_hash64(row->name, strlen(row->name),
                            wismo_hash64(v->ctx->id.data, WISMO_VIEW_ID, 1));
    state[1] = wismo_hash64(row->sub, strlen(row->sub),
                            wismo_hash64(v->ctx->id.data, WISMO_VIEW_ID, 2));

    wismo_view_feed_urn(v, feed, "state_id", (unsigned char *) state);

    calendar = wismo_view_add(v, model, "calendar", WISMO_JSON_OBJECT);

    wismo_view_feed_urn(v, calendar, "uid", v->ctx->id.data);
    wismo_view_number(v, calendar, "sequence", (int64_t) doc->version);
    wismo_view_feed_basic(v, calendar, "stamp", doc->updated_at, "Z");
    wismo_view_calendar(v, calendar, row);
}


/* The name goes by what the carrier said, not by what we make of it. */

void
wismo_view_feed_event(wismo_viewer_t *v, wismo_json_t *event,
    const wismo_json_t *parcel, const wismo_json_t *json,
    const wismo_when_t *when)
{
    unsigned       i, lane;
    uint64_t       id[2];
    wismo_str_t    text;
    wismo_when_t   utc;

    static const char *const  names[] = {
        "utc", "wallclock", "date", "code", "description", "place"
    };

    v->scans = true;

    for (lane = 0; lane < 2; lane++) {
        text = wismo_json_str(parcel, "id");

        id[lane] = wismo_hash64(v->ctx->id.data, WISMO_VIEW_ID, lane + 1);
        id[lane] = wismo_hash64(text.data, text.len, id[lane]);

        for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            text = wismo_json_str(json, names[i]);
            id[lane] = wismo_hash64(text.data, text.len, id[lane] + i);
        }
    }

    wismo_view_feed_urn(v, event, "id", (unsigned char *) id);

    if (!wismo_view_time(json, "utc", &utc)) {
        utc.utc = WISMO_TIME_NONE;
    }

    if (utc.utc == WISMO_TIME_NONE && when->wall == WISMO_TIME_NONE) {
        utc.utc = v->updated;
    }

    wismo_view_feed_time(v, event, "updated", utc.utc, when->wall);
}


static void
wismo_view_calendar(wismo_viewer_t *v, wismo_json_t *calendar,
    const wismo_substatus_t *row)
{
    bool                known, day;
    int64_t             start, end;
    const char         *clock;
    wismo_view_span_t   span;

    start = WISMO_TIME_NONE;
    end = WISMO_TIME_NONE;
    day = false;
    clock = NULL;

    known = wismo_view_calendar_span(v, row, &span);

    if (known) {
        day = !span.hours || span.first.wall == span.second.wall;
        start = span.first.wall;
        end = span.second.wall;

        if (day) {

            /* the end is the first day that does not belong to it */

            end += 86400;

            if (end < start) {
                end = start + 86400;
            }

        } else if (span.first.utc != WISMO_TIME_NONE
                   && span.second.utc != WISMO_TIME_NONE)
        {
            start = span.first.utc;
            end = span.second.utc;
            clock = "Z";

        } else {
            clock = "";
        }
    }

    wismo_view_bool(v, calendar, "is_event", known);
    wismo_view_bool(v, calendar, "is_day", day);
    wismo_view_feed_basic(v, calendar, "start", start, clock);
    wismo_view_feed_basic(v, calendar, "end", end, clock);
}


/* The day it came, or when it is to be expected, by whoever said so. */

static bool
wismo_view_calendar_span(wismo_viewer_t *v, const wismo_substatus_t *row,
    wismo_view_span_t *span)
{
    const wismo_json_t  *promised;

    memset(span, 0, sizeof(wismo_view_span_t));

    if (v->arrived) {
        span->first = v->delivered;
        span->second = v->delivered;

        return v->delivered.wall != WISMO_TIME_NONE;
    }

    switch (row->status) {

    case WISMO_CANCELLED:
    case WISMO_FAILED:
    case WISMO_RETURNING:
    case WISMO_RETURNED:
    case WISMO_READY_FOR_PICKUP:
        return false;

    default:
        break;
    }

    if (wismo_view_span(wismo_json_get(v->order, "estimate"), span)) {
        return true;
    }

    promised = wismo_json_get(v->order, "promised");

    if (!wismo_view_time(promised, "until", &span->second)) {

        if (!wismo_view_time(promised, "from", &span->second)) {
            return false;
        }
    }

    if (!wismo_view_time(promised, "from", &span->first)) {
        span->first = span->second;
    }

    span->hours = false;

    return true;
}


/* RFC 3339; an offset that is not known is "-00:00". */

static void
wismo_view_feed_time(wismo_viewer_t *v, wismo_json_t *parent,
    const char *name, int64_t utc, int64_t wall)
{
    wismo_out_t  out;

    wismo_out_init(&out, v->pool, WISMO_TIME_UTC_LEN + 8);

    if (utc != WISMO_TIME_NONE) {
        wismo_time_out_utc(&out, utc);

    } else {
        wismo_time_out_wall(&out, wall);
        wismo_out_text(&out, "-00:00");
    }

    wismo_view_feed_text(v, parent, name, &out);
}


/* RFC 5545: a day without a "clock", which is its suffix otherwise. */

static void
wismo_view_feed_basic(wismo_viewer_t *v, wismo_json_t *parent,
    const char *name, int64_t t, const char *clock)
{
    wismo_out_t    out;
    wismo_civil_t  c;

    wismo_out_init(&out, v->pool, 32);

    if (t != WISMO_TIME_NONE) {
        wismo_time_civil(t, &c);
        wismo_out_printf(&out, "%04d%02d%02d", c.year, c.month, c.day);

        if (clock) {
            wismo_out_printf(&out, "T%02d%02d%02d%s", c.hour, c.minute,
                             c.second, clock);
        }
    }

    wismo_view_feed_text(v, parent, name, &out);
}


/* RFC 9562, version 8: what the bits mean is our own business. */

static void
wismo_view_feed_urn(wismo_viewer_t *v, wismo_json_t *parent,
    const char *name, const unsigned char *id)
{
    char           hex[2 * WISMO_VIEW_ID + 1];
    wismo_out_t    out;
    unsigned char  bytes[WISMO_VIEW_ID];

    memcpy(bytes, id, WISMO_VIEW_ID);

    bytes[6] = (unsigned char) (0x80 | (bytes[6] & 0x0f));
    bytes[8] = (unsigned char) (0x80 | (bytes[8] & 0x3f));

    wismo_hex(bytes, WISMO_VIEW_ID, hex);

    wismo_out_init(&out, v->pool, sizeof("urn:uuid:") + WISMO_VIEW_UUID);

    wismo_out_text(&out, "urn:uuid:");
    wismo_out_bytes(&out, hex, 8);
    wismo_out_text(&out, "-");
    wismo_out_bytes(&out, hex + 8, 4);
    wismo_out_text(&out, "-");
    wismo_out_bytes(&out, hex + 12, 4);
    wismo_out_text(&out, "-");
    wismo_out_bytes(&out, hex + 16, 4);
    wismo_out_text(&out, "-");
    wismo_out_bytes(&out, hex + 20, 12);

    wismo_view_feed_text(v, parent, name, &out);
}


static void
wismo_view_feed_text(wismo_viewer_t *v, wismo_json_t *parent,
    const char *name, const wismo_out_t *out)
{
    wismo_str_t  text;

    v->speech.failed |= out->failed;

    text.data = out->start;
    text.len = (size_t) (out->pos - out->start);

    wismo_view_str(v, parent, name, &text);
}
