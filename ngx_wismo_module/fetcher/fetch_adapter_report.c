
/*
 * Copyright (C) The Wismo authors
 *
 * One parcel out of a reply: its pieces, the estimate and the other facts.  An
 * item of several pieces is as far as its slowest piece.  A report says only
 * what the carrier said.
 *
 * fetch_adapter_reply.c calls it for every item that is no error.
 */


#include "fetch_adapter_int.h"


static int fetch_report_facts(const fetch_mapping_t *m, fetch_scope_t *scope,
    wismo_report_t *report);
static void fetch_report_edd(const fetch_mapping_t *m,
    const fetch_scope_t *scope, wismo_edd_t *edd);
static bool fetch_edd_set(const fetch_edd_t *source,
    const fetch_scope_t *scope, wismo_edd_t *edd);
static void fetch_report_rank(fetch_piece_report_t *piece);


int
fetch_report(const fetch_mapping_t *m, const fetch_scope_t *from,
    wismo_report_t **result)
{
    unsigned               i, delivered;
    wismo_str_t            text;
    fetch_nodes_t          pieces;
    fetch_scope_t          scope;
    wismo_report_t        *report;
    const wismo_str_t     *route;
    const wismo_json_t    *slowest;
    fetch_piece_report_t   piece, best;

    scope = *from;
    *result = NULL;

    report = wismo_pcalloc(scope.pool, sizeof(wismo_report_t));
    if (report == NULL) {
        return WISMO_ERROR;
    }

    report->weight_g = -1;
    report->as_of = scope.now;

    if (m->pieces) {
        if (fetch_path_all(&scope, m->pieces, &pieces) != WISMO_OK) {
            return WISMO_ERROR;
        }

    } else {
        pieces.nodes = &scope.here;
        pieces.n = 1;
    }

    memset(&best, 0, sizeof(fetch_piece_report_t));
    slowest = NULL;
    delivered = 0;

    for (i = 0; i < pieces.n && i < WISMO_PARCELS_MAX; i++) {
        memset(&piece, 0, sizeof(fetch_piece_report_t));

        scope.here = pieces.nodes[i];

        if (fetch_report_piece(m, &scope, report, &piece) != WISMO_OK) {
            return WISMO_ERROR;
        }

        if (piece.nevents == 0 && piece.headline == NULL) {
            continue;
        }

        fetch_report_rank(&piece);

        if (piece.status && piece.status->status == WISMO_DELIVERED) {
            delivered++;
        }

        if (slowest == NULL || piece.rank < best.rank) {
            best = piece;
            slowest = pieces.nodes[i];
        }
    }

    if (slowest == NULL) {
        return WISMO_DECLINED;
    }

    report->events = best.events;
    report->nevents = best.nevents;
    report->status = best.headline;
    report->status_raw = best.headline_raw;
    report->delivered_to = best.to;

    scope.here = slowest;

    if (fetch_path_text(&scope, m->pieces_total, &text, &route)) {
        fetch_explain(&scope, "pieces_total", route, &text);
        report->pieces_total = (int) fetch_int(&text, 0);

        if (report->pieces_total < 0 || report->pieces_total > 100000) {
            report->pieces_total = 0;
        }
    }

    if (m->pieces && report->pieces_total < (int) pieces.n) {
        report->pieces_total = (int) pieces.n;
    }

    /*
     * Carriers tell how many pieces a shipment has even where they tell of
     * one of them only.  Then nothing is known of the others.
     */

    if (report->pieces_total == (int) pieces.n) {
        report->pieces_delivered = (int) delivered;
    }

    if (fetch_report_facts(m, &scope, report) != WISMO_OK) {
        return WISMO_ERROR;
    }

    *result = report;

    return WISMO_OK;
}


int64_t
fetch_report_newest(const wismo_report_t *report)
{
    int64_t       t, newest;
    unsigned      i;
    const wismo_when_t  *when;

    newest = WISMO_TIME_NONE;

    for (i = 0; i < report->nevents; i++) {
        when = &report->events[i].when;
        t = when->utc != WISMO_TIME_NONE ? when->utc : when->wall;

        if (t > newest) {
            newest = t;
        }
    }

    return newest;
}


/*
 * How far a piece is, to find the slowest.  One that is stopped is slower
 * than one that moves, and stands where it was when it stopped.
 */

static void
fetch_report_rank(fetch_piece_report_t *piece)
{
    int       milestone;
    unsigned  i;

    piece->status = piece->headline;
    milestone = -1;

    for (i = 0; i < piece->nevents; i++) {
        if (piece->events[i].status->status == WISMO_STATUS_NONE) {
            continue;
        }

        if (piece->status == NULL) {
            piece->status = piece->events[i].status;
        }

        if (piece->events[i].status->milestone > milestone) {
            milestone = piece->events[i].status->milestone;
        }
    }

    if (piece->status == NULL) {
        piece->rank = -1;
        return;
    }

    if (piece->status->final) {
        piece->rank = 100;
        return;
    }

    if (piece->status->milestone >= 0) {
        piece->rank = piece->status->milestone * 2;
        return;
    }

    piece->rank = milestone * 2 - 1;
}


static int
fetch_report_facts(const fetch_mapping_t *m, fetch_scope_t *scope,
    wismo_report_t *report)
{
    wismo_str_t         value, unit;
    const wismo_str_t  *route, *other;

    fetch_report_edd(m, scope, &report->edd);

    if (fetch_path_clean(scope, m->signed_by, "signed_by",
                         &report->signed_by) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if (fetch_path_text(scope, m->weight, &value, &route)) {

        if (!fetch_path_text(scope, m->weight_unit, &unit, &other)) {
            unit = m->weight_unit_name;
        }

        report->weight_g = fetch_weight(&value, &unit);

        if (report->weight_g != -1) {
            fetch_explain(scope, "weight_g", route, &value);
        }
    }

    (void) fetch_times_read(scope, &m->pickup_by, "pickup_by",
                            &report->pickup_by);

    if (fetch_partner(&m->partner, scope, report) != WISMO_OK) {
        return WISMO_ERROR;
    }

    return fetch_place(&m->pickup, scope, &report->pickup);
}


static void
fetch_report_edd(const fetch_mapping_t *m, const fetch_scope_t *scope,
    wismo_edd_t *edd)
{
    unsigned  i;

    for (i = 0; i < m->nedd; i++) {
        if (fetch_edd_set(&m->edd[i], scope, edd)) {
            return;
        }
    }

    edd->from = WISMO_TIME_NONE;
    edd->to = WISMO_TIME_NONE;
    edd->date = WISMO_TIME_NONE;
    edd->basis = WISMO_BASIS_UNKNOWN;
    edd->offset = WISMO_OFFSET_NONE;
}


/*
 * Clocks make a window, or one of its ends; so do two days.  Anything less is
 * a day.
 */

static bool
fetch_edd_set(const fetch_edd_t *source, const fetch_scope_t *scope,
    wismo_edd_t *edd)
{
    bool          from, to, date, instants;
    fetch_time_t  clock;
    wismo_when_t  begins, ends, day;

    from = source->from
           && fetch_time_read(scope, source->from, "edd/from", &begins)
           && begins.basis != WISMO_BASIS_UNKNOWN;
    to = source->to && fetch_time_read(scope, source->to, "edd/to", &ends)
         && ends.basis != WISMO_BASIS_UNKNOWN;
    date = source->date
           && fetch_time_read(scope, source->date, "edd/date", &day)
           && day.basis != WISMO_BASIS_UNKNOWN;

    /* the midnight that a window ends at is a clock: it began with one */

    if (from && to && begins.basis != WISMO_BASIS_DATE
        && ends.basis == WISMO_BASIS_DATE && source->to->midnight)
    {
        clock = *source->to;
        clock.midnight = false;

        (void) fetch_time_read(scope, &clock, "edd/to", &ends);
    }

    edd->from = WISMO_TIME_NONE;
    edd->to = WISMO_TIME_NONE;
    edd->date = WISMO_TIME_NONE;
    edd->offset = WISMO_OFFSET_NONE;

    if (from && to && begins.basis == WISMO_BASIS_DATE
        && ends.basis == WISMO_BASIS_DATE && ends.wall > begins.wall)
    {
        edd->from = begins.wall;
        edd->to = ends.wall;
        edd->basis = WISMO_BASIS_DATE;

        return true;
    }

    if (!date && to && ends.basis == WISMO_BASIS_DATE) {
        day = ends;
        date = true;
    }

    if (!date && from && begins.basis == WISMO_BASIS_DATE) {
        day = begins;
        date = true;
    }

    from = from && begins.basis != WISMO_BASIS_DATE;
    to = to && ends.basis != WISMO_BASIS_DATE;

    if (from && to && ends.wall < begins.wall) {
        to = false;
    }

    if (!from && !to) {

        if (!date) {
            return false;
        }

        edd->date = day.wall - ((day.wall % 86400) + 86400) % 86400;
        edd->basis = WISMO_BASIS_DATE;

        return true;
    }

    instants = (!from || begins.utc != WISMO_TIME_NONE)
               && (!to || ends.utc != WISMO_TIME_NONE);

    if (from) {
        edd->from = instants ? begins.utc : begins.wall;
        edd->basis = instants ? begins.basis : WISMO_BASIS_LOCAL;
        edd->offset = instants ? begins.offset : WISMO_OFFSET_NONE;
    }

    if (to) {
        edd->to = instants ? ends.utc : ends.wall;
        edd->basis = instants ? ends.basis : WISMO_BASIS_LOCAL;
        edd->offset = instants ? ends.offset : WISMO_OFFSET_NONE;
    }

    return true;
}
