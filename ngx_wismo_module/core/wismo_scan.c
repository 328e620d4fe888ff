
/*
 * Copyright (C) The Wismo authors
 *
 * Reading an event of a view.  Called by the view model for each of them.
 *
 * No time may come out without the clock that it was printed by.
 */


#include "wismo_scan.h"


/* What an event's object says; empty is not said. */

typedef struct {
    wismo_str_t               utc;
    wismo_str_t               wallclock;
    wismo_str_t               date;
    wismo_str_t               basis;
    wismo_str_t               status;
    wismo_str_t               substatus;
} wismo_scan_words_t;


static void wismo_scan_members(const wismo_json_t *json,
    wismo_scan_words_t *words, wismo_scan_t *scan);
static void wismo_scan_when(const wismo_scan_words_t *words,
    wismo_scan_t *scan);


const wismo_scan_t *
wismo_scan(const wismo_json_t *event, wismo_scan_t *buf)
{
    wismo_scan_words_t  words;

    if (event->type == WISMO_JSON_SCAN) {
        return (const wismo_scan_t *) (const void *) event->text.data;
    }

    memset(&words, 0, sizeof(wismo_scan_words_t));
    memset(buf, 0, sizeof(wismo_scan_t));

    wismo_scan_members(event, &words, buf);
    wismo_scan_when(&words, buf);

    if (words.status.len) {
        buf->row = wismo_substatus(&words.status, &words.substatus);
    }

    return buf;
}


/* All members in one pass; of two with one name the first counts. */

static void
wismo_scan_members(const wismo_json_t *json, wismo_scan_words_t *words,
    wismo_scan_t *scan)
{
    wismo_str_t         *s;
    const wismo_json_t  *m;

    if (json->type != WISMO_JSON_OBJECT) {
        return;
    }

    for (m = json->first; m; m = m->next) {

        if (m->type == WISMO_JSON_TRUE) {
            scan->returning |= wismo_json_named(m, "return");
            continue;
        }

        if (m->type != WISMO_JSON_STRING) {
            continue;
        }

        if (wismo_json_named(m, "utc")) {
            s = &words->utc;

        } else if (wismo_json_named(m, "wallclock")) {
            s = &words->wallclock;

        } else if (wismo_json_named(m, "date")) {
            s = &words->date;

        } else if (wismo_json_named(m, "basis")) {
            s = &words->basis;

        } else if (wismo_json_named(m, "status")) {
            s = &words->status;

        } else if (wismo_json_named(m, "substatus")) {
            s = &words->substatus;

        } else if (wismo_json_named(m, "description")) {
            s = &scan->description;

        } else if (wismo_json_named(m, "place")) {
            s = &scan->place;

        } else {
            continue;
        }

        if (s->data == NULL) {
            *s = m->text;
        }
    }
}


static void
wismo_scan_when(const wismo_scan_words_t *words, wismo_scan_t *scan)
{
    wismo_when_t  printed;

    scan->when.wall = WISMO_TIME_NONE;
    scan->when.basis = WISMO_BASIS_UNKNOWN;

    if (wismo_time_iso(&words->wallclock, &printed) == WISMO_OK) {
        scan->iso = words->wallclock;
        scan->when.wall = printed.wall;
        scan->when.basis = (uint8_t) wismo_time_basis_of(&words->basis);

    } else if (wismo_time_iso(&words->date, &printed) == WISMO_OK) {
        scan->iso = words->date;
        scan->when.wall = printed.wall;
        scan->when.basis = WISMO_BASIS_DATE;
    }

    if (scan->when.basis == WISMO_BASIS_UNKNOWN) {
        scan->when.wall = WISMO_TIME_NONE;
        wismo_str_null(&scan->iso);

    } else if (words->utc.len) {
        scan->iso = words->utc;
    }
}
