
/*
 * Copyright (C) The Wismo authors
 *
 * The values of a document read back: the other half of
 * wismo_document_value.c.  Called by wismo_document_read.c only.
 *
 * What is missing, of another type or not whole is none.
 */


#include "wismo_document_int.h"


static int64_t wismo_document_edd_time_read(const wismo_str_t *s,
    wismo_edd_t *edd);


void
wismo_document_said_read(const wismo_json_t *json, wismo_said_t *said)
{
    int64_t  at, as_of;

    at = wismo_json_int(json, "at", WISMO_TIME_NONE);
    as_of = wismo_json_int(json, "as_of", 0);

    said->at = wismo_document_is_time(at) ? at : WISMO_TIME_NONE;
    said->as_of = wismo_document_is_time(as_of) ? as_of : 0;
    said->instant = wismo_json_bool(json, "instant")
                    && said->at != WISMO_TIME_NONE;
}


/* What is not whole is none. */

void
wismo_document_own_read(const wismo_json_t *json, wismo_own_t *own)
{
    wismo_str_t   text;
    wismo_when_t  from, to;

    memset(own, 0, sizeof(wismo_own_t));

    text = wismo_json_str(json, "reason");

    if (json == NULL || json->type != WISMO_JSON_OBJECT
        || !wismo_document_when_read(wismo_json_get(json, "from"), &from)
        || !wismo_document_when_read(wismo_json_get(json, "to"), &to)
        || from.basis != WISMO_BASIS_DATE || to.basis != WISMO_BASIS_DATE
        || to.wall < from.wall)
    {
        return;
    }

    own->reason = wismo_own_of(&text);
    own->from = from.wall;
    own->to = to.wall;
    own->at = wismo_document_instant(wismo_json_get(json, "at"));
    own->coverage = wismo_document_int(wismo_json_get(json, "coverage"));
}


void
wismo_document_raised_read(const wismo_json_t *json, wismo_raised_t *raised,
    const wismo_substatus_t **reported)
{
    wismo_str_t               text;
    const wismo_substatus_t  *row;

    memset(raised, 0, sizeof(wismo_raised_t));

    if (json == NULL || json->type != WISMO_JSON_OBJECT) {
        return;
    }

    text = wismo_json_str(json, "reported");
    row = wismo_document_headline(&text);

    raised->since = wismo_document_instant(wismo_json_get(json, "since"));
    raised->level = (unsigned) wismo_document_int(wismo_json_get(json,
                                                                 "level"));

    if (reported && row) {
        *reported = row;
    }
}


void
wismo_document_edd_read(const wismo_json_t *json, wismo_edd_t *edd)
{
    wismo_str_t    text;
    wismo_when_t   when;
    wismo_basis_e  basis;

    edd->from = WISMO_TIME_NONE;
    edd->to = WISMO_TIME_NONE;
    edd->date = WISMO_TIME_NONE;
    edd->basis = WISMO_BASIS_UNKNOWN;
    edd->offset = WISMO_OFFSET_NONE;

    text = wismo_json_str(json, "basis");
    basis = wismo_time_basis_of(&text);

    if (basis == WISMO_BASIS_UNKNOWN) {
        return;
    }

    edd->basis = basis;

    text = wismo_json_str(json, "from");
    edd->from = wismo_document_edd_time_read(&text, edd);

    text = wismo_json_str(json, "to");
    edd->to = wismo_document_edd_time_read(&text, edd);

    if (wismo_document_when_read(wismo_json_get(json, "date"), &when)
        && when.basis == WISMO_BASIS_DATE)
    {
        edd->date = when.wall;
    }

    if (edd->from == WISMO_TIME_NONE && edd->to == WISMO_TIME_NONE
        && edd->date == WISMO_TIME_NONE)
    {
        edd->basis = WISMO_BASIS_UNKNOWN;
        edd->offset = WISMO_OFFSET_NONE;
    }
}


static int64_t
wismo_document_edd_time_read(const wismo_str_t *s, wismo_edd_t *edd)
{
    wismo_when_t  when;

    if (s->len == 0 || wismo_time_iso(s, &when) != WISMO_OK) {
        return WISMO_TIME_NONE;
    }

    if (edd->basis == WISMO_BASIS_LOCAL || edd->basis == WISMO_BASIS_DATE) {
        return wismo_document_is_time(when.wall) ? when.wall
                                                 : WISMO_TIME_NONE;
    }

    if (!wismo_document_is_time(when.utc)) {
        return WISMO_TIME_NONE;
    }

    edd->offset = when.offset;

    return when.utc;
}


const wismo_substatus_t *
wismo_document_headline(const wismo_str_t *name)
{
    wismo_str_t               status, sub;
    const unsigned char      *dot;
    const wismo_substatus_t  *row;

    dot = name->len ? memchr(name->data, '.', name->len) : NULL;

    if (dot == NULL) {
        return NULL;
    }

    status.data = name->data;
    status.len = (size_t) (dot - name->data);
    sub.data = (unsigned char *) dot + 1;
    sub.len = name->len - status.len - 1;

    row = wismo_substatus(&status, &sub);

    return row && row->status != WISMO_STATUS_NONE ? row : NULL;
}


void
wismo_document_text(const wismo_json_t *v, wismo_str_t *s)
{
    if (v && v->type == WISMO_JSON_STRING) {
        *s = v->text;

    } else {
        wismo_str_null(s);
    }
}


/* A count: never negative, and small enough to be added to. */

int
wismo_document_int(const wismo_json_t *v)
{
    int     n;
    size_t  i;

    if (v == NULL || v->type != WISMO_JSON_NUMBER || v->text.len > 9) {
        return 0;
    }

    n = 0;

    for (i = 0; i < v->text.len; i++) {

        if (v->text.data[i] < '0' || v->text.data[i] > '9') {
            return 0;
        }

        n = n * 10 + (v->text.data[i] - '0');
    }

    return n;
}


int64_t
wismo_document_instant(const wismo_json_t *v)
{
    int16_t  offset;

    return wismo_document_told_read(v, &offset, NULL);
}


/* As wismo_document_told() writes it. */

int64_t
wismo_document_told_read(const wismo_json_t *v, int16_t *offset, bool *days)
{
    wismo_when_t  when;

    *offset = 0;

    if (!wismo_document_when_read(v, &when)) {
        return WISMO_TIME_NONE;
    }

    if (days) {
        *days = when.basis == WISMO_BASIS_DATE;
    }

    if (when.basis == WISMO_BASIS_DATE && days) {
        return when.wall;
    }

    if (when.basis == WISMO_BASIS_OFFSET) {
        *offset = when.offset;
    }

    return wismo_document_is_time(when.utc) ? when.utc : WISMO_TIME_NONE;
}


/* What could not be written again is no time: unknown. */

bool
wismo_document_when_read(const wismo_json_t *v, wismo_when_t *when)
{
    if (v && v->type == WISMO_JSON_STRING
        && wismo_time_iso(&v->text, when) == WISMO_OK
        && wismo_document_is_time(when->wall)
        && (when->utc == WISMO_TIME_NONE || wismo_document_is_time(when->utc)))
    {
        return true;
    }

    wismo_time_local(when, WISMO_TIME_NONE, WISMO_OFFSET_NONE,
                     WISMO_BASIS_UNKNOWN);

    return false;
}
