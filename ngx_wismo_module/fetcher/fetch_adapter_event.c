
/*
 * Copyright (C) The Wismo authors
 *
 * The events of a piece and the carrier's own headline: when, where and what,
 * by the adapter's paths and code tables.
 *
 * fetch_adapter_report.c calls it for every piece.  Four things here are
 * ours, the same for all carriers: what is delivered on the way back is
 * returned; who has a parcel refines where it was left; an unknown code is
 * listed; a sentence ends before the name of who signed.
 */


#include "fetch_adapter_int.h"

#include <stdio.h>


#define FETCH_EVENTS_MAX     1000


static int fetch_report_event(const fetch_mapping_t *m, fetch_scope_t *scope,
    wismo_report_t *report, fetch_found_t *found);
static void fetch_report_keys(const fetch_mapping_t *m,
    const fetch_scope_t *scope, const fetch_keys_t *keys, fetch_key_t *key);
static int fetch_report_meaning(const fetch_mapping_t *m,
    const fetch_scope_t *scope, const fetch_key_t *key,
    const wismo_str_t *code, wismo_report_t *report, fetch_meaning_t *meaning,
    bool *unknown);
static int fetch_report_unmapped(const fetch_scope_t *scope,
    const wismo_str_t *code, wismo_report_t *report);
static int fetch_report_sort(wismo_pool_t *pool, fetch_piece_report_t *piece);
static void fetch_report_retract(fetch_piece_report_t *piece);
static int fetch_report_headline(const fetch_mapping_t *m,
    fetch_scope_t *scope, wismo_report_t *report, fetch_piece_report_t *piece);
static void fetch_report_leg(fetch_piece_report_t *piece);
static void fetch_report_to(const fetch_mapping_t *m,
    const fetch_scope_t *scope, fetch_piece_report_t *piece);
static const wismo_substatus_t *fetch_status(const char *status,
    const char *sub);


int
fetch_report_piece(const fetch_mapping_t *m, fetch_scope_t *scope,
    wismo_report_t *report, fetch_piece_report_t *piece)
{
    char                 prefix[96];
    unsigned             i, n, at;
    const char          *outer;
    fetch_nodes_t        nodes;
    wismo_event_t       *event;
    const wismo_json_t  *node;

    if (fetch_path_all(scope, m->events, &nodes) != WISMO_OK) {
        return WISMO_ERROR;
    }

    n = nodes.n < FETCH_EVENTS_MAX ? nodes.n : FETCH_EVENTS_MAX;

    piece->found = wismo_pcalloc(scope->pool,
                                 (n + 1) * sizeof(fetch_found_t));
    if (piece->found == NULL) {
        return WISMO_ERROR;
    }

    outer = scope->prefix;
    node = scope->here;

    for (i = 0; i < n; i++) {
        at = m->oldest_first ? nodes.n - 1 - i : i;

        if (nodes.nodes[at]->type != WISMO_JSON_OBJECT) {
            continue;
        }

        scope->here = nodes.nodes[at];
        event = &piece->found[piece->nevents].event;

        if (scope->explain) {
            (void) snprintf(prefix, sizeof(prefix), "%sevents/%u/",
                            outer ? outer : "", at);
            scope->prefix = prefix;
        }

        if (fetch_report_event(m, scope, report,
                               &piece->found[piece->nevents])
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }

        /* a bare place or nothing at all is no event */

        if (event->code.len || event->text.len
            || event->status->status != WISMO_STATUS_NONE)
        {
            piece->nevents++;
        }
    }

    scope->prefix = outer;
    scope->here = node;

    if (fetch_report_sort(scope->pool, piece) != WISMO_OK) {
        return WISMO_ERROR;
    }

    if (fetch_report_headline(m, scope, report, piece) != WISMO_OK) {
        return WISMO_ERROR;
    }

    fetch_report_leg(piece);
    fetch_report_to(m, scope, piece);

    return WISMO_OK;
}


static int
fetch_report_event(const fetch_mapping_t *m, fetch_scope_t *scope,
    wismo_report_t *report, fetch_found_t *found)
{
    fetch_key_t      key;
    wismo_event_t   *event;
    fetch_meaning_t  meaning;

    memset(found, 0, sizeof(fetch_found_t));
    event = &found->event;

    (void) fetch_times_read(scope, &m->event_time, "time", &event->when);

    if (fetch_paths_join(scope, &m->event_code, "/", "code", &event->code)
            != WISMO_OK
        || fetch_paths_join(scope, &m->event_text, ": ", "description",
                            &event->text) != WISMO_OK
        || fetch_paths_join(scope, &m->event_place, ", ", "place",
                            &event->place) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    fetch_text_nameless(&event->code, false, false);
    fetch_text_nameless(&event->text, false, false);
    fetch_report_keys(m, scope, &m->event_keys, &key);

    /* where there are no codes, the sentence is the code */

    if (fetch_report_meaning(m, scope, &key,
                             event->code.len ? &event->code : &event->text,
                             report, &meaning, &found->unknown)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    found->first = key.values[0];
    found->retract = meaning.retract;

    event->status = meaning.status;
    event->delivered_to = meaning.to;
    event->return_leg = meaning.status->status == WISMO_RETURNING
                        || meaning.status->status == WISMO_RETURNED;

    if (meaning.status->status == WISMO_DELIVERED
        || meaning.status->status == WISMO_RETURNED)
    {
        fetch_text_nameless(&event->text, true, false);
    }

    return fetch_raw(m, scope->pool, &key, &meaning, event, &event->raw);
}


static void
fetch_report_keys(const fetch_mapping_t *m, const fetch_scope_t *scope,
    const fetch_keys_t *keys, fetch_key_t *key)
{
    unsigned            i;
    const wismo_str_t  *route;

    memset(key, 0, sizeof(fetch_key_t));

    for (i = 0; i < m->codes.nnames; i++) {
        if (fetch_path_text(scope, keys->paths[i], &key->values[i], &route)) {
            fetch_explain(scope, m->codes.names[i], route, &key->values[i]);
        }
    }
}


static int
fetch_report_meaning(const fetch_mapping_t *m, const fetch_scope_t *scope,
    const fetch_key_t *key, const wismo_str_t *code, wismo_report_t *report,
    fetch_meaning_t *meaning, bool *unknown)
{
    int                       rc;
    bool                      hit;
    unsigned                  i, j, s;
    wismo_str_t               text;
    const wismo_str_t        *route;
    const fetch_transform_t  *t;

    rc = fetch_code_find(&m->codes, key, meaning);

    if (rc == -1) {
        meaning->status = wismo_substatus_note();
        meaning->to = WISMO_TO_NONE;
        meaning->retract = false;
    }

    if (rc != 1 && fetch_report_unmapped(scope, code, report) != WISMO_OK) {
        return WISMO_ERROR;
    }

    *unknown = rc != 1 && meaning->status->status == WISMO_STATUS_NONE;

    meaning->transform = 0;
    s = meaning->status->status;

    for (i = 0; i < m->ntransforms; i++) {
        t = &m->transforms[i];

        if ((t->mapped & (1U << s)) == 0
            || !fetch_path_text(scope, t->at, &text, &route))
        {
            continue;
        }

        hit = t->nequals == 0;

        for (j = 0; j < t->nequals; j++) {
            hit = hit || fetch_text_is(&text, &t->equals[j]);
        }

        if (hit) {
            *meaning = t->map[s];
            meaning->transform = i + 1;
            break;
        }
    }

    meaning->status = fetch_meaning_refine(meaning->status, meaning->to);

    return WISMO_OK;
}


static int
fetch_report_unmapped(const fetch_scope_t *scope, const wismo_str_t *code,
    wismo_report_t *report)
{
    unsigned     i;
    wismo_str_t  text;

    /* a headline's is as the carrier wrote it */

    text = *code;

    if (wismo_clean_text(scope->pool, &text) != WISMO_OK) {
        return WISMO_ERROR;
    }

    if (text.len == 0) {
        return WISMO_OK;
    }

    for (i = 0; i < report->nunmapped; i++) {
        if (wismo_str_eq(&report->unmapped[i], &text)) {
            return WISMO_OK;
        }
    }

    if (report->nunmapped == FETCH_UNMAPPED_MAX) {
        return WISMO_OK;
    }

    if (report->unmapped == NULL) {
        report->unmapped = wismo_palloc(scope->pool, FETCH_UNMAPPED_MAX
                                                     * sizeof(wismo_str_t));
        if (report->unmapped == NULL) {
            return WISMO_ERROR;
        }
    }

    report->unmapped[report->nunmapped++] = text;

    return WISMO_OK;
}


/*
 * Newest first.  Instants are compared where they are known; a bare local
 * clock is given the offset of the event next to it.  What is equal keeps the
 * carrier's order.
 */

static int
fetch_report_sort(wismo_pool_t *pool, fetch_piece_report_t *piece)
{
    int64_t              offset;
    unsigned             i, j;
    fetch_found_t        one, *found;
    const wismo_when_t  *when;

    piece->events = wismo_palloc(pool, (piece->nevents + 1)
                                       * sizeof(wismo_event_t));
    if (piece->events == NULL) {
        return WISMO_ERROR;
    }

    found = piece->found;
    offset = 0;

    for (i = 0; i < piece->nevents; i++) {
        when = &found[i].event.when;

        if (when->utc != WISMO_TIME_NONE && when->offset != WISMO_OFFSET_NONE)
        {
            offset = when->offset * 60;
            break;
        }
    }

    for (i = 0; i < piece->nevents; i++) {
        one = found[i];
        when = &one.event.when;

        if (when->utc != WISMO_TIME_NONE) {
            one.key = when->utc;

            if (when->offset != WISMO_OFFSET_NONE) {
                offset = when->offset * 60;
            }

        } else if (when->wall != WISMO_TIME_NONE
                   && when->basis != WISMO_BASIS_UNKNOWN)
        {
            one.key = when->wall - offset;

        } else {

            /* it stays where the carrier put it */

            one.key = i ? found[i - 1].key : INT64_MAX;
        }

        for (j = i; j > 0 && found[j - 1].key < one.key; j--) {
            found[j] = found[j - 1];
        }

        found[j] = one;
    }

    fetch_report_retract(piece);

    for (i = 0; i < piece->nevents; i++) {
        piece->events[i] = found[i].event;
    }

    if (piece->nevents) {
        piece->first = found[0].first;
    }

    return WISMO_OK;
}


/* "The last event was a mistake": it stays to be read, and means nothing. */

static void
fetch_report_retract(fetch_piece_report_t *piece)
{
    unsigned        i, j;
    wismo_event_t  *event;

    for (i = piece->nevents; i > 0; i--) {

        if (!piece->found[i - 1].retract) {
            continue;
        }

        for (j = i; j < piece->nevents; j++) {
            event = &piece->found[j].event;

            if (event->status->status != WISMO_STATUS_NONE) {
                event->status = wismo_substatus_note();
                event->delivered_to = WISMO_TO_NONE;
                event->return_leg = false;
                wismo_str_null(&event->raw);
                break;
            }
        }
    }
}


static int
fetch_report_headline(const fetch_mapping_t *m, fetch_scope_t *scope,
    wismo_report_t *report, fetch_piece_report_t *piece)
{
    bool                      unknown;
    unsigned                  i, parts;
    const char               *outer;
    fetch_key_t               key;
    wismo_out_t               out;
    wismo_str_t               code;
    fetch_meaning_t           meaning;
    const wismo_json_t       *here;
    const wismo_substatus_t  *status;

    if (m->policy == FETCH_POLICY_EVENT) {
        return WISMO_OK;
    }

    here = scope->here;
    outer = scope->prefix;
    scope->here = fetch_path_first(scope, m->status_at, NULL);

    if (scope->here == NULL) {
        scope->here = here;
        return WISMO_OK;
    }

    scope->prefix = "status/";
    fetch_report_keys(m, scope, &m->status_keys, &key);
    scope->prefix = outer;

    wismo_out_init(&out, scope->pool, 32);

    for (i = 0, parts = 0; i < m->codes.nnames && parts < 2; i++) {
        if (key.values[i].len) {
            if (parts++) {
                wismo_out_text(&out, "/");
            }

            wismo_out_str(&out, &key.values[i]);
        }
    }

    if (out.failed) {
        return WISMO_ERROR;
    }

    code.data = out.start;
    code.len = (size_t) (out.pos - out.start);

    /* its own code is listed only where no event has it */

    if (piece->nevents) {
        wismo_str_null(&code);
    }

    if (fetch_report_meaning(m, scope, &key, &code, report, &meaning,
                             &unknown)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    scope->here = here;

    /* no table knows the newest event: the headline may be further */

    unknown = piece->nevents && piece->found[0].unknown;

    if (meaning.status->status == WISMO_STATUS_NONE) {
        return WISMO_OK;
    }

    for (i = 0; i < piece->nevents; i++) {
        status = piece->events[i].status;

        if (status->status == WISMO_STATUS_NONE) {
            continue;
        }

        if (m->policy == FETCH_POLICY_FIELD_UNLESS_EVENT
            && (!unknown || meaning.status->milestone <= status->milestone))
        {
            return WISMO_OK;
        }

        /* the same in general words, where the event has particular ones */

        if (status->status == meaning.status->status
            && meaning.status == wismo_substatus_of(meaning.status->status)
            && meaning.to == WISMO_TO_NONE)
        {
            return WISMO_OK;
        }

        break;
    }

    /*
     * A headline that repeats the newest event's code says nothing new: the
     * event knows the details, and often that "delivered" is none.
     */

    if (!unknown && key.values[0].len
        && wismo_str_eq(&key.values[0], &piece->first)
        && (piece->events[0].status->status != meaning.status->status
            || meaning.status == wismo_substatus_of(meaning.status->status)))
    {
        return WISMO_OK;
    }

    piece->headline = meaning.status;
    piece->to = meaning.to;

    return fetch_raw(m, scope->pool, &key, &meaning, NULL,
                     &piece->headline_raw);
}


/*
 * What follows a return is on the way back: a delivery there is no delivery.
 */

static void
fetch_report_leg(fetch_piece_report_t *piece)
{
    bool             back;
    unsigned         i;
    wismo_event_t   *event;
    fetch_meaning_t  meaning;

    back = false;

    for (i = piece->nevents; i > 0; i--) {
        event = &piece->events[i - 1];

        if (event->return_leg) {
            back = true;
            continue;
        }

        if (back && event->status->status != WISMO_STATUS_NONE) {
            meaning.status = event->status;
            meaning.to = event->delivered_to;

            fetch_meaning_return(&meaning);

            event->status = meaning.status;
            event->delivered_to = meaning.to;
            event->return_leg = true;
            fetch_raw_returns(&event->raw);
        }
    }

    /* "returning" sums up a return, also after it has arrived */

    if (piece->headline && piece->headline->status == WISMO_RETURNING) {

        for (i = 0; i < piece->nevents; i++) {
            event = &piece->events[i];

            if (event->status->status == WISMO_RETURNED) {
                piece->headline = NULL;
                return;
            }

            if (event->status->status != WISMO_STATUS_NONE) {
                break;
            }
        }
    }

    if (back && piece->headline) {
        meaning.status = piece->headline;
        meaning.to = piece->to;

        fetch_meaning_return(&meaning);

        piece->headline = meaning.status;
        piece->to = meaning.to;
        fetch_raw_returns(&piece->headline_raw);
    }
}


void
fetch_meaning_return(fetch_meaning_t *meaning)
{
    switch (meaning->status->status) {

    case WISMO_DELIVERED:
        meaning->status = fetch_status("returned", "received");
        meaning->to = WISMO_TO_RETURNED_TO_SENDER;
        break;

    case WISMO_LABEL_CREATED:
    case WISMO_PICKED_UP:
    case WISMO_IN_TRANSIT:
    case WISMO_OUT_FOR_DELIVERY:
        meaning->status = fetch_status("returning", "to_sender");
        break;

    default:
        break;
    }
}


/* Who has the parcel is often said beside the events. */

static void
fetch_report_to(const fetch_mapping_t *m, const fetch_scope_t *scope,
    fetch_piece_report_t *piece)
{
    unsigned            i;
    wismo_str_t         text;
    fetch_key_t         key;
    wismo_event_t      *event;
    fetch_meaning_t     meaning;
    const wismo_str_t  *route;

    event = NULL;

    for (i = 0; i < piece->nevents; i++) {
        if (piece->events[i].status->status == WISMO_DELIVERED) {
            event = &piece->events[i];
            break;
        }
    }

    if (event == NULL
        && (piece->headline == NULL
            || piece->headline->status != WISMO_DELIVERED))
    {
        return;
    }

    meaning.to = WISMO_TO_NONE;

    if (fetch_path_text(scope, m->to_at, &text, &route)) {
        memset(&key, 0, sizeof(fetch_key_t));
        key.values[0] = text;

        if (fetch_table_find(&m->to, &key, &meaning)) {
            fetch_explain(scope, "delivered_to", route, &text);
        }
    }

    if (event) {
        if (event->delivered_to == WISMO_TO_NONE) {
            event->delivered_to = meaning.to;
            event->status = fetch_meaning_refine(event->status, meaning.to);
        }

        meaning.to = event->delivered_to;
    }

    if (piece->headline && piece->headline->status == WISMO_DELIVERED) {
        if (piece->to == WISMO_TO_NONE) {
            piece->to = meaning.to;
        }

        piece->headline = fetch_meaning_refine(piece->headline, piece->to);

    } else if (piece->headline == NULL) {
        piece->to = meaning.to;
    }
}


/* A parcel left with somebody is not just delivered. */

const wismo_substatus_t *
fetch_meaning_refine(const wismo_substatus_t *status, wismo_to_e to)
{
    if (status->status != WISMO_DELIVERED
        || strcmp(status->sub, "generic") != 0)
    {
        return status;
    }

    switch (to) {

    case WISMO_TO_NEIGHBOUR:
        return fetch_status("delivered", "neighbour");

    case WISMO_TO_RECEPTION:
        return fetch_status("delivered", "reception");

    case WISMO_TO_SAFE_PLACE:
    case WISMO_TO_MAILBOX:
    case WISMO_TO_LOCKER:
        return fetch_status("delivered", "safe_place");

    default:
        return status;
    }
}


static const wismo_substatus_t *
fetch_status(const char *status, const char *sub)
{
    wismo_str_t  s, u;

    s = wismo_str_of(status);
    u = wismo_str_of(sub);

    return wismo_substatus(&s, &u);
}
