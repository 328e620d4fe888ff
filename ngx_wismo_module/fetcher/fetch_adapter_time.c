
/*
 * Copyright (C) The Wismo authors
 *
 * Printed times: a closed list of forms, each with a rule that tells the
 * zone.  Sources are tried in the adapter's order; the first that can be read
 * gives the printed clock, the instant if there is one, and the basis that
 * tells which of them to trust.
 *
 * It must never invent an instant: a clock whose zone is not known stays
 * local, and a day without a clock stays a day.  The C library's own time
 * functions are not used: they depend on the locale and on TZ.
 */


#include "fetch_adapter_int.h"

#include <libical/ical.h>
#include <stdlib.h>
#include <strings.h>


static bool fetch_parts_join(const fetch_scope_t *scope,
    const fetch_paths_t *parts, fetch_form_e form, wismo_str_t *text,
    const wismo_str_t **route);
static bool fetch_time_iso(const fetch_scope_t *scope,
    const wismo_str_t *printed, wismo_when_t *when);
static int16_t fetch_zone_offset(const fetch_scope_t *scope,
    const fetch_zone_t *zone, const wismo_civil_t *civil,
    wismo_basis_e *basis);
static void fetch_time_wall(const fetch_scope_t *scope,
    const fetch_time_t *source, wismo_when_t *when);


bool
fetch_times_read(const fetch_scope_t *scope, const fetch_times_t *times,
    const char *field, wismo_when_t *when)
{
    unsigned      i;
    wismo_when_t  found;

    wismo_time_local(when, WISMO_TIME_NONE, WISMO_OFFSET_NONE,
                     WISMO_BASIS_UNKNOWN);

    for (i = 0; i < times->n; i++) {

        if (!fetch_time_read(scope, &times->sources[i], field, &found)) {
            continue;
        }

        *when = found;

        /* a later source may know the clock, or the day where it was */

        if (found.basis != WISMO_BASIS_DATE
            && found.basis != WISMO_BASIS_UNKNOWN)
        {
            return true;
        }
    }

    return when->basis != WISMO_BASIS_UNKNOWN;
}


bool
fetch_time_read(const fetch_scope_t *scope, const fetch_time_t *source,
    const char *field, wismo_when_t *when)
{
    int64_t             wall;
    wismo_str_t         text;
    wismo_basis_e       basis;
    fetch_printed_t     printed;
    const wismo_str_t  *route;

    if (!fetch_parts_join(scope, &source->parts, source->form, &text,
                          &route))
    {
        return false;
    }

    if (source->form == FETCH_FORM_EPOCH
        || source->form == FETCH_FORM_EPOCH_MS
        || source->form == FETCH_FORM_DOTNET)
    {
        if (!fetch_time_epoch(source->form, &text, when)) {
            return false;
        }

        goto done;
    }

    memset(&printed, 0, sizeof(fetch_printed_t));
    printed.offset = WISMO_OFFSET_NONE;

    if (source->form == FETCH_FORM_ISO) {

        if (!fetch_time_iso(scope, &text, when)) {
            return false;
        }

        if (when->basis != WISMO_BASIS_LOCAL) {

            /*
             * A text that says its own zone is believed, whatever the rule
             * says of those that do not.
             */

            goto done;
        }

        wall = when->wall;
        wismo_time_civil(wall, &printed.civil);
        printed.clock = true;

    } else {

        if (!fetch_time_printed(source->form, &text, &printed)) {
            return false;
        }

        wall = wismo_time_from_civil(&printed.civil);

        if (wall == WISMO_TIME_NONE) {
            return false;
        }

        if (!printed.clock) {
            wismo_time_local(when, wall, WISMO_OFFSET_NONE,
                             WISMO_BASIS_DATE);
            goto done;
        }

        if (printed.offset != WISMO_OFFSET_NONE) {
            wismo_time_local(when, wall, printed.offset, WISMO_BASIS_OFFSET);
            goto done;
        }
    }

    printed.offset = fetch_zone_offset(scope, &source->zone, &printed.civil,
                                       &basis);

    wismo_time_local(when, wall, printed.offset, basis);

done:

    if (when->offset == 0 && (source->wall.n || source->offset)) {
        fetch_time_wall(scope, source, when);
    }

    if (source->midnight && when->basis != WISMO_BASIS_DATE
        && when->wall != WISMO_TIME_NONE)
    {
        wismo_time_civil(when->wall, &printed.civil);

        if ((printed.civil.hour == 0 && printed.civil.minute == 0)
            || (printed.civil.hour == 23 && printed.civil.minute == 59))
        {
            wall = when->wall - (printed.civil.hour * 3600
                                 + printed.civil.minute * 60
                                 + printed.civil.second);

            wismo_time_local(when, wall, WISMO_OFFSET_NONE,
                             WISMO_BASIS_DATE);
        }
    }

    fetch_explain(scope, field, route, &text);
    wismo_time_sane(when, scope->now);

    return true;
}


/*
 * The source gave the instant in UTC, other fields the clock as it was
 * printed: what lies between them is the offset, if it can be one.
 */

static void
fetch_time_wall(const fetch_scope_t *scope, const fetch_time_t *source,
    wismo_when_t *when)
{
    int16_t             said;
    int64_t             wall, apart, offset;
    wismo_str_t         text;
    wismo_when_t        local;
    fetch_printed_t     printed;
    const wismo_str_t  *route;

    if (when->utc == WISMO_TIME_NONE) {
        return;
    }

    if (fetch_parts_join(scope, &source->wall, source->form, &text, &route))
    {
        memset(&printed, 0, sizeof(fetch_printed_t));
        wall = WISMO_TIME_NONE;

        if (source->form == FETCH_FORM_ISO) {

            if (fetch_time_iso(scope, &text, &local)
                && local.basis != WISMO_BASIS_DATE)
            {
                wall = local.wall;

                /* it was printed in UTC, too */

                if (local.basis == WISMO_BASIS_UTC && wall == when->utc) {
                    return;
                }
            }

        } else if (fetch_time_printed(source->form, &text, &printed)
                   && printed.clock)
        {
            wall = wismo_time_from_civil(&printed.civil);
        }

        if (wall != WISMO_TIME_NONE) {
            apart = wall - when->utc;
            offset = (apart + (apart < 0 ? -450 : 450)) / 900 * 15;

            /* seconds may differ where one of the clocks shows none */

            if (offset >= -FETCH_OFFSET_MAX && offset <= FETCH_OFFSET_MAX
                && llabs(apart - offset * 60) < 60)
            {
                when->wall = wall;
                when->offset = (int16_t) offset;
                when->basis = WISMO_BASIS_OFFSET;
                return;
            }
        }
    }

    if (fetch_path_text(scope, source->offset, &text, &route)
        && fetch_offset(&text, &said))
    {
        when->wall = when->utc + said * 60;
        when->offset = said;
        when->basis = WISMO_BASIS_OFFSET;
    }
}


static bool
fetch_parts_join(const fetch_scope_t *scope, const fetch_paths_t *parts,
    fetch_form_e form, wismo_str_t *text, const wismo_str_t **route)
{
    unsigned            i;
    wismo_out_t         out;
    wismo_str_t         part;
    const wismo_str_t  *other;

    if (parts->n == 0
        || !fetch_path_text(scope, &parts->paths[0], text, route))
    {
        return false;
    }

    if (parts->n == 1) {
        return true;
    }

    wismo_out_init(&out, scope->pool, 40);
    wismo_out_str(&out, text);

    for (i = 1; i < parts->n; i++) {
        if (fetch_path_text(scope, &parts->paths[i], &part, &other)) {
            wismo_out_text(&out, " ");
            wismo_out_str(&out, &part);
        }
    }

    if (out.failed) {
        return false;
    }

    text->data = out.start;
    text->len = (size_t) (out.pos - out.start);

    if (form == FETCH_FORM_ISO && text->len > 10 && text->data[10] == ' ') {
        text->data[10] = 'T';
    }

    return true;
}


/*
 * What libraries write beside the standard: a space before the offset, the
 * zone's name behind it in brackets, UTC for Z, and a day with a zone, which
 * stays a day.
 */

static bool
fetch_time_iso(const fetch_scope_t *scope, const wismo_str_t *printed,
    wismo_when_t *when)
{
    size_t                at;
    wismo_str_t           text;
    const unsigned char  *p;

    text = *printed;

    while (text.len && text.data[text.len - 1] == ' ') {
        text.len--;
    }

    while (text.len && *text.data == ' ') {
        text.data++;
        text.len--;
    }

    if (wismo_time_iso(&text, when) == WISMO_OK) {
        return true;
    }

    if (text.len > 80) {
        return false;
    }

    if (text.len && text.data[text.len - 1] == ']') {
        p = memchr(text.data, '[', text.len);

        if (p) {
            text.len = (size_t) (p - text.data);
        }
    }

    if (text.len < 11) {
        return false;
    }

    if (wismo_pstrdup(scope->pool, &text, &text) != WISMO_OK) {
        return false;
    }

    if (strncasecmp((char *) text.data + text.len - 3, "UTC", 3) == 0
        || strncasecmp((char *) text.data + text.len - 3, "GMT", 3) == 0)
    {
        text.len -= 2;
        text.data[text.len - 1] = 'Z';
    }

    for (at = 11; at + 1 < text.len; at++) {

        if (text.data[at] == ' ' && strchr("+-Z", text.data[at + 1])) {
            memmove(text.data + at, text.data + at + 1, text.len - at - 1);
            text.len--;
            break;
        }
    }

    if (text.len > 10 && strchr("+-Zz", text.data[10])) {
        text.len = 10;
    }

    return wismo_time_iso(&text, when) == WISMO_OK;
}


bool
fetch_zone_find(const wismo_str_t *name, fetch_zone_t *zone)
{
    char  buf[64];

    if (fetch_offset(name, &zone->offset)) {
        zone->kind = FETCH_ZONE_FIXED;
        return true;
    }

    if (name->len >= sizeof(buf)) {
        return false;
    }

    memcpy(buf, name->data, name->len);
    buf[name->len] = '\0';

    zone->kind = FETCH_ZONE_NAMED;
    zone->tz = icaltimezone_get_builtin_timezone(buf);

    return zone->tz != NULL;
}


static int16_t
fetch_zone_offset(const fetch_scope_t *scope, const fetch_zone_t *zone,
    const wismo_civil_t *civil, wismo_basis_e *basis)
{
    int                   seconds, daylight;
    int16_t               offset;
    unsigned              i;
    wismo_str_t           text;
    const wismo_str_t    *route;
    struct icaltimetype   t;

    switch (zone->kind) {

    case FETCH_ZONE_UTC:
        *basis = WISMO_BASIS_UTC;
        return 0;

    case FETCH_ZONE_FIXED:
        *basis = WISMO_BASIS_ZONE;
        return zone->offset;

    case FETCH_ZONE_NAMED:
        t = icaltime_null_time();
        t.year = civil->year;
        t.month = civil->month;
        t.day = civil->day;
        t.hour = civil->hour;
        t.minute = civil->minute;
        t.second = civil->second;

        /* rules beyond these years are anybody's guess */

        if (civil->year < 1990 || civil->year > 2037) {
            break;
        }

        seconds = icaltimezone_get_utc_offset(zone->tz, &t, &daylight);

        *basis = WISMO_BASIS_ZONE;
        return (int16_t) (seconds / 60);

    case FETCH_ZONE_AT:

        if (fetch_path_text(scope, zone->at, &text, &route)) {

            if (fetch_offset(&text, &offset)) {
                *basis = WISMO_BASIS_OFFSET;
                return offset;
            }

            for (i = 0; i < zone->nnames; i++) {
                if (wismo_str_eq(&zone->names[i].name, &text)) {
                    return fetch_zone_offset(scope, zone->names[i].zone,
                                             civil, basis);
                }
            }
        }

        if (zone->otherwise) {
            return fetch_zone_offset(scope, zone->otherwise, civil, basis);
        }

        break;

    default:
        break;
    }

    *basis = WISMO_BASIS_LOCAL;

    return WISMO_OFFSET_NONE;
}
