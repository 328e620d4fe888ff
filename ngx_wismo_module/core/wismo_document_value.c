
/*
 * Copyright (C) The Wismo authors
 *
 * The values of a document: texts, times, days and estimates, in the forms
 * that docs/document.md gives them.  Called by wismo_document_write.c only.
 *
 * A time is written in a form that tells its basis; nothing is made up.
 */


#include "wismo_document_int.h"


static void wismo_document_own(wismo_out_t *out, const wismo_own_t *own);
static void wismo_document_edd(wismo_out_t *out, const wismo_edd_t *edd);
static void wismo_document_edd_time(wismo_out_t *out, int64_t t,
    const wismo_edd_t *edd);
static void wismo_document_offset(wismo_out_t *out, int offset);


/* The latest estimate, and the first one unless that is the "same". */

void
wismo_document_edds(wismo_out_t *out, const wismo_edd_t *edd,
    const wismo_edd_t *first, bool same)
{
    static const wismo_edd_t  none;

    wismo_out_text(out, ",\"estimate\":");
    wismo_document_edd(out, edd);
    wismo_out_text(out, ",\"first_estimate\":");
    wismo_document_edd(out, same ? &none : first);
}


/* Our own estimate, and the first one if that was another. */

void
wismo_document_owns(wismo_out_t *out, const wismo_own_t *own,
    const wismo_own_t *first)
{
    static const wismo_own_t  none;

    wismo_out_text(out, ",\"own_estimate\":");
    wismo_document_own(out, own);
    wismo_out_text(out, ",\"first_own_estimate\":");
    wismo_document_own(out, (own->reason == first->reason
                             && own->from == first->from
                             && own->to == first->to
                             && own->at == first->at) ? &none : first);
}


static void
wismo_document_own(wismo_out_t *out, const wismo_own_t *own)
{
    if (own->reason == WISMO_OWN_NONE) {
        wismo_out_text(out, "null");
        return;
    }

    wismo_out_text(out, "{\"from\":");
    wismo_document_day(out, own->from, true);
    wismo_out_text(out, ",\"to\":");
    wismo_document_day(out, own->to, true);
    wismo_out_text(out, ",\"basis\":\"date\",\"source\":\"predicted\","
                        "\"coverage\":");
    wismo_out_int(out, own->coverage);
    wismo_out_text(out, ",\"reason\":\"");
    wismo_document_name(out, wismo_own_name(own->reason));
    wismo_out_text(out, "\",\"at\":");
    wismo_document_utc(out, own->at);
    wismo_out_text(out, "}");
}


bool
wismo_document_edd_same(const wismo_edd_t *a, const wismo_edd_t *b)
{
    return a->basis == b->basis
           && (a->basis == WISMO_BASIS_UNKNOWN
               || (a->from == b->from && a->to == b->to && a->date == b->date
                   && a->offset == b->offset));
}


bool
wismo_document_said_same(const wismo_said_t *a, const wismo_said_t *b)
{
    return a->at == b->at && a->as_of == b->as_of && a->instant == b->instant;
}


void
wismo_document_said(wismo_out_t *out, const wismo_said_t *said)
{
    wismo_out_text(out, "\"at\":");

    if (said->at == WISMO_TIME_NONE) {
        wismo_out_text(out, "null");

    } else {
        wismo_out_int(out, said->at);
    }

    wismo_out_text(out, ",\"instant\":");
    wismo_document_name(out, said->instant ? "true" : "false");
    wismo_out_text(out, ",\"as_of\":");
    wismo_out_int(out, said->as_of);
}


static void
wismo_document_edd(wismo_out_t *out, const wismo_edd_t *edd)
{
    if (edd->basis == WISMO_BASIS_UNKNOWN) {
        wismo_out_text(out, "null");
        return;
    }

    wismo_out_text(out, "{\"from\":");
    wismo_document_edd_time(out, edd->from, edd);
    wismo_out_text(out, ",\"to\":");
    wismo_document_edd_time(out, edd->to, edd);
    wismo_out_text(out, ",\"date\":");
    wismo_document_day(out, edd->date, true);
    wismo_out_text(out, ",\"basis\":\"");
    wismo_document_name(out, wismo_time_basis(edd->basis));
    wismo_out_text(out, "\"}");
}


static void
wismo_document_edd_time(wismo_out_t *out, int64_t t, const wismo_edd_t *edd)
{
    wismo_when_t  when;

    when.utc = t;
    when.wall = t;
    when.offset = edd->offset;
    when.basis = (uint8_t) edd->basis;

    if (!wismo_document_is_time(t)) {
        when.basis = WISMO_BASIS_UNKNOWN;

    } else if (edd->basis == WISMO_BASIS_OFFSET
               || edd->basis == WISMO_BASIS_ZONE)
    {
        when.wall += (int64_t) edd->offset * 60;
    }

    wismo_document_when(out, &when);
}


/* A time whose form tells its basis: with Z, offset, neither, or a day. */

void
wismo_document_when(wismo_out_t *out, const wismo_when_t *when)
{
    switch (when->basis) {

    case WISMO_BASIS_UTC:
        wismo_document_utc(out, when->utc);
        return;

    case WISMO_BASIS_OFFSET:
    case WISMO_BASIS_ZONE:
        wismo_out_text(out, "\"");
        wismo_time_out_wall(out, when->wall);
        wismo_document_offset(out, when->offset);
        wismo_out_text(out, "\"");
        return;

    case WISMO_BASIS_LOCAL:
        wismo_out_text(out, "\"");
        wismo_time_out_wall(out, when->wall);
        wismo_out_text(out, "\"");
        return;

    case WISMO_BASIS_DATE:
        wismo_document_day(out, when->wall, true);
        return;

    default:
        wismo_out_text(out, "null");
    }
}


static void
wismo_document_offset(wismo_out_t *out, int offset)
{
    unsigned       n;
    unsigned char  buf[6];

    n = (unsigned) (offset < 0 ? -offset : offset);

    buf[0] = offset < 0 ? '-' : '+';
    wismo_document_digits(buf + 1, 2, n / 60);
    buf[3] = ':';
    wismo_document_digits(buf + 4, 2, n % 60);

    wismo_out_bytes(out, buf, 6);
}


void
wismo_document_utc(wismo_out_t *out, int64_t t)
{
    if (!wismo_document_is_time(t)) {
        wismo_out_text(out, "null");
        return;
    }

    wismo_out_text(out, "\"");
    wismo_time_out_utc(out, t);
    wismo_out_text(out, "\"");
}


/* An instant by the clock it is told by, or a day. */

void
wismo_document_told(wismo_out_t *out, int64_t t, int16_t offset, bool day)
{
    wismo_when_t  when;

    if (day || offset == 0 || !wismo_document_is_time(t)) {
        wismo_document_day(out, t, day);
        return;
    }

    when.utc = t;
    when.wall = t + (int64_t) offset * 60;
    when.offset = offset;
    when.basis = WISMO_BASIS_OFFSET;

    wismo_document_when(out, &when);
}


void
wismo_document_day(wismo_out_t *out, int64_t t, bool day)
{
    if (!day || !wismo_document_is_time(t)) {
        wismo_document_utc(out, t);
        return;
    }

    wismo_out_text(out, "\"");
    wismo_time_out_date(out, t);
    wismo_out_text(out, "\"");
}


void
wismo_document_str(wismo_out_t *out, const wismo_str_t *s)
{
    if (s->len) {
        wismo_out_json_str(out, s);

    } else {
        wismo_out_text(out, "null");
    }
}


void
wismo_document_name(wismo_out_t *out, const char *name)
{
    wismo_out_bytes(out, name, strlen(name));
}


/*
 * What a carrier said last stays beside what the clock has made of it.  For
 * whom it is no matter: a status tells nothing about a person.
 */

void
wismo_document_raised(wismo_out_t *out, const wismo_raised_t *raised,
    const wismo_substatus_t *reported)
{
    if (raised->level == 0) {
        wismo_out_text(out, ",\"raised\":null");
        return;
    }

    wismo_out_text(out, ",\"raised\":{\"since\":");
    wismo_document_utc(out, raised->since);
    wismo_out_text(out, ",\"level\":");
    wismo_out_int(out, raised->level);

    if (reported) {
        wismo_out_text(out, ",\"reported\":\"");
        wismo_document_name(out, reported->name);
        wismo_out_text(out, ".");
        wismo_document_name(out, reported->sub);
        wismo_out_text(out, "\"");
    }

    wismo_out_text(out, "}");
}


void
wismo_document_outlook(wismo_out_t *out, wismo_outlook_e outlook,
    int64_t since)
{
    const char  *name;

    name = wismo_outlook_name(outlook);

    if (name == NULL) {
        wismo_out_text(out, ",\"outlook\":null,\"outlook_since\":null");
        return;
    }

    wismo_out_text(out, ",\"outlook\":\"");
    wismo_document_name(out, name);
    wismo_out_text(out, "\",\"outlook_since\":");
    wismo_document_utc(out, since);
}
