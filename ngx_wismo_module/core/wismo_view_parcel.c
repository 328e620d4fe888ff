
/*
 * Copyright (C) The Wismo authors
 *
 * The parcels of a view model: facts, freshness, timeline, items, and the
 * delivery date, which the order has too.  Called by wismo_view.c only.
 *
 * A time is told by the clock it was printed by and by no other; a date that
 * is not known is explained, never guessed.
 */


#include "wismo_view_make.h"


static void wismo_view_parcel_facts(wismo_viewer_t *v, wismo_json_t *parcel,
    const wismo_json_t *json, const wismo_str_t *carrier);
static void wismo_view_parcel_fresh(wismo_viewer_t *v, wismo_json_t *parcel,
    const wismo_json_t *json, const wismo_str_t *carrier,
    const wismo_when_t *scanned);
static void wismo_view_events(wismo_viewer_t *v, wismo_json_t *parcel,
    const wismo_json_t *json, wismo_when_t *scanned, wismo_when_t *delivered);
static void wismo_view_event_when(wismo_viewer_t *v, wismo_json_t *event,
    const wismo_json_t *json, wismo_when_t *when, int64_t *day);
static bool wismo_view_estimate(wismo_viewer_t *v, const wismo_json_t *json,
    wismo_str_t *text, int64_t *last);
static bool wismo_view_promise(wismo_viewer_t *v, wismo_str_t *text,
    int64_t *last);


void
wismo_view_parcel(wismo_viewer_t *v, wismo_json_t *parcels,
    const wismo_json_t *json, unsigned n)
{
    wismo_str_t           id, carrier, severity, text;
    wismo_when_t          scanned, delivered;
    wismo_json_t         *parcel;
    wismo_view_status_t   status;

    parcel = wismo_view_add(v, parcels, NULL, WISMO_JSON_OBJECT);

    text = *wismo_view_word(v, PARCEL_ONLY);

    if (v->parcels > 1) {
        wismo_say_count(&v->speech, WISMO_SAY_PARCEL, n, v->parcels, &text);
    }

    wismo_view_str(v, parcel, "title", &text);

    id = wismo_json_str(json, "carrier");
    wismo_view_carrier(v, &id, &carrier);
    wismo_view_str(v, parcel, "carrier", &carrier);

    wismo_view_status(v, json, &status);
    wismo_str_null(&severity);

    wismo_view_text(v, parcel, "tone", wismo_view_tone(&severity, status.row));
    wismo_view_str(v, parcel, "headline", &status.words.headline);
    wismo_view_str(v, parcel, "next", &status.words.next);
    wismo_view_to(v, parcel, json, &status.words.headline);

    if (!wismo_view_time(json, "last_event_at", &scanned)) {
        scanned.wall = WISMO_TIME_NONE;
    }

    delivered = scanned;

    wismo_view_parcel_facts(v, parcel, json, &carrier);
    wismo_view_events(v, parcel, json, &scanned, &delivered);

    if (status.row->status != WISMO_DELIVERED) {
        delivered.wall = WISMO_TIME_NONE;
    }

    wismo_view_date(v, parcel, json, status.row, &delivered);
    wismo_view_parcel_fresh(v, parcel, json, &carrier, &scanned);

    if (scanned.wall > v->scanned.wall) {
        v->scanned = scanned;
    }

    if (delivered.wall > v->delivered.wall) {
        v->delivered = delivered;
    }
}


/* What the full view alone tells of a parcel. */

static void
wismo_view_parcel_facts(wismo_viewer_t *v, wismo_json_t *parcel,
    const wismo_json_t *json, const wismo_str_t *carrier)
{
    int64_t              total;
    wismo_str_t          service, number, link, pieces, pickup;
    wismo_when_t         when;
    const wismo_json_t  *items;

    wismo_str_null(&service);
    wismo_str_null(&number);
    wismo_str_null(&link);
    wismo_str_null(&pieces);
    wismo_str_null(&pickup);

    items = NULL;

    if (v->view == WISMO_VIEW_FULL) {
        service = wismo_json_str(json, "service");

        /* "FedEx Home Delivery" stands next to "FedEx" */

        if (carrier->len && service.len > carrier->len + 1
            && service.data[carrier->len] == ' '
            && memcmp(service.data, carrier->data, carrier->len) == 0)
        {
            service.data += carrier->len + 1;
            service.len -= carrier->len + 1;
        }

        number = wismo_json_str(json, "tracking_number");
        link = wismo_view_link(json, "tracking_url");

        total = wismo_json_int(json, "pieces_total", 0);

        if (total > 1) {
            wismo_say_count(&v->speech, WISMO_SAY_PIECES_DELIVERED,
                            wismo_json_int(json, "pieces_delivered", 0),
                            total, &pieces);
        }

        if (wismo_view_time(json, "pickup_by", &when)) {
            wismo_say_when(&v->speech, &when, &pickup);
            wismo_say(&v->speech, WISMO_SAY_PICKUP_BY, &pickup, &pickup);
        }

        /* with one parcel, the order's items are its items */

        if (v->parcels > 1) {
            items = wismo_json_get(json, "items");
        }
    }

    wismo_view_str(v, parcel, "service", &service);
    wismo_view_str(v, parcel, "tracking_number", &number);
    wismo_view_str(v, parcel, "tracking_url", &link);
    wismo_view_str(v, parcel, "pieces_text", &pieces);
    wismo_view_str(v, parcel, "pickup_text", &pickup);
    wismo_view_bool(v, parcel, "signed_for",
                    v->view == WISMO_VIEW_FULL
                    && wismo_json_bool(json, "signed_for"));
    wismo_view_items(v, parcel, items, wismo_json_get(v->order, "items"));
}


static void
wismo_view_parcel_fresh(wismo_viewer_t *v, wismo_json_t *parcel,
    const wismo_json_t *json, const wismo_str_t *carrier,
    const wismo_when_t *scanned)
{
    wismo_str_t    id, text, source;
    wismo_when_t   when;
    wismo_json_t  *fresh;

    fresh = wismo_view_add(v, parcel, "fresh", WISMO_JSON_OBJECT);

    text = *wismo_view_word(v, NEVER_SCANNED);

    if (scanned->wall != WISMO_TIME_NONE) {
        wismo_say_when(&v->speech, scanned, &text);
    }

    wismo_view_str(v, fresh, "scan_text", &text);

    id = wismo_json_str(json, "source");
    wismo_view_source(v, &id, carrier, &source);

    text = *wismo_view_word(v, NEVER_CHECKED);

    if (wismo_view_time(json, "checked_at", &when)) {
        wismo_say_when(&v->speech, &when, &text);

        if (when.wall > v->checked) {
            v->checked = when.wall;
            v->source = source;
        }
    }

    wismo_view_str(v, fresh, "check_text", &text);

    text = *wismo_view_word(v, NO_NEXT_CHECK);

    if (wismo_view_time(json, "next_check_at", &when)) {
        wismo_say_when(&v->speech, &when, &text);
    }

    wismo_view_str(v, fresh, "next_text", &text);
    wismo_view_str(v, fresh, "source_text", &source);
}


static void
wismo_view_events(wismo_viewer_t *v, wismo_json_t *parcel,
    const wismo_json_t *json, wismo_when_t *scanned, wismo_when_t *delivered)
{
    bool                      known;
    int64_t                   day;
    wismo_str_t               status, sub, label, text, place;
    wismo_when_t              when;
    wismo_json_t             *events, *event;
    const wismo_json_t       *list, *e;
    const wismo_substatus_t  *row;

    list = NULL;

    if (v->view == WISMO_VIEW_FULL) {
        list = wismo_json_get(json, "events");
    }

    known = list && list->type == WISMO_JSON_ARRAY && list->first;

    events = wismo_view_add(v, parcel, "events", WISMO_JSON_ARRAY);
    wismo_view_bool(v, parcel, "has_events", known);

    if (!known) {
        return;
    }

    known = false;
    day = WISMO_TIME_NONE;

    for (e = list->first; e; e = e->next) {
        status = wismo_json_str(e, "status");
        sub = wismo_json_str(e, "substatus");
        text = wismo_json_str(e, "description");
        place = wismo_json_str(e, "place");

        row = status.len ? wismo_substatus(&status, &sub) : NULL;

        if (row && row->status != WISMO_STATUS_NONE) {
            label = v->words->statuses[row - wismo_substatus_table()].scan;

        } else {
            label = text;
            wismo_str_null(&text);

            if (label.len == 0) {
                label = *wismo_view_word(v, CARRIER_UPDATE);
            }
        }

        event = wismo_view_add(v, events, NULL, WISMO_JSON_OBJECT);

        wismo_view_str(v, event, "label", &label);

        if (wismo_str_eq(&text, &label)) {
            wismo_str_null(&text);
        }

        wismo_view_str(v, event, "text", &text);
        wismo_view_str(v, event, "place", &place);
        wismo_view_bool(v, event, "is_latest", e == list->first);
        wismo_view_bool(v, event, "is_return", wismo_json_bool(e, "return"));
        wismo_view_event_when(v, event, e, &when, &day);

        if (when.wall == WISMO_TIME_NONE) {
            continue;
        }

        /* the timeline and the facts tell the time by the same clock */

        if (e == list->first) {
            *scanned = when;
        }

        if (!known && row && row->status == WISMO_DELIVERED) {
            known = true;
            *delivered = when;
        }
    }
}


static void
wismo_view_event_when(wismo_viewer_t *v, wismo_json_t *event,
    const wismo_json_t *json, wismo_when_t *when, int64_t *day)
{
    int64_t       number;
    wismo_str_t   iso, date, clock, zone, basis;
    wismo_when_t  printed;

    when->wall = WISMO_TIME_NONE;
    when->basis = WISMO_BASIS_UNKNOWN;

    basis = wismo_json_str(json, "basis");
    iso = wismo_json_str(json, "wallclock");

    date = *wismo_view_word(v, TIME_UNKNOWN);
    wismo_str_null(&clock);
    wismo_str_null(&zone);

    number = WISMO_TIME_NONE + 1;

    if (wismo_view_time(json, "wallclock", &printed)) {
        when->wall = printed.wall;
        when->basis = (uint8_t) wismo_time_basis_of(&basis);

    } else if (wismo_view_time(json, "date", &printed)) {
        iso = wismo_json_str(json, "date");
        when->wall = printed.wall;
        when->basis = WISMO_BASIS_DATE;
    }

    if (when->basis == WISMO_BASIS_UNKNOWN) {
        when->wall = WISMO_TIME_NONE;
        wismo_str_null(&iso);

    } else {
        wismo_say_date(&v->speech, when->wall, &date);
        number = when->wall / 86400;

        if (when->basis != WISMO_BASIS_DATE) {
            wismo_say_clock(&v->speech, when->wall, &clock);

            zone = when->basis == WISMO_BASIS_UTC
                   ? *wismo_view_word(v, NOTE_UTC)
                   : *wismo_view_word(v, NOTE_LOCAL);
        }

        if (wismo_json_str(json, "utc").len) {
            iso = wismo_json_str(json, "utc");
        }
    }

    wismo_view_str(v, event, "iso", &iso);
    wismo_view_str(v, event, "date_text", &date);
    wismo_view_str(v, event, "time_text", &clock);
    wismo_view_str(v, event, "zone_text", &zone);
    wismo_view_bool(v, event, "is_new_day", number != *day);

    *day = number;
}


/*
 * The items of an order, or those of a parcel, which name only identifiers of
 * "all" the order's items.
 */

void
wismo_view_items(wismo_viewer_t *v, wismo_json_t *parent,
    const wismo_json_t *items, const wismo_json_t *all)
{
    bool                 known;
    int64_t              n;
    wismo_str_t          id, other, text;
    wismo_json_t        *list, *item;
    const wismo_json_t  *i, *named;

    known = items && items->type == WISMO_JSON_ARRAY && items->first;

    list = wismo_view_add(v, parent, "items", WISMO_JSON_ARRAY);
    wismo_view_bool(v, parent, "has_items", known);

    if (!known) {
        return;
    }

    for (i = items->first; i; i = i->next) {
        named = i;

        if (all) {
            id = wismo_json_str(i, "id");

            for (named = all->first; named; named = named->next) {
                other = wismo_json_str(named, "id");

                if (wismo_str_eq(&id, &other)) {
                    break;
                }
            }
        }

        item = wismo_view_add(v, list, NULL, WISMO_JSON_OBJECT);

        text = wismo_json_str(named, "name");

        if (text.len == 0) {
            text = wismo_json_str(i, "id");
        }

        wismo_view_str(v, item, "name", &text);

        n = wismo_json_int(i, "quantity", 1);
        wismo_say_count(&v->speech, WISMO_SAY_QUANTITY, n, 0, &text);
        wismo_view_str(v, item, "quantity_text", &text);
        wismo_view_bool(v, item, "is_several", n != 1);

        text = wismo_json_str(named, "sku");
        wismo_view_str(v, item, "sku", &text);

        text = wismo_view_link(named, "url");
        wismo_view_str(v, item, "url", &text);

        text = wismo_view_link(named, "image_url");
        wismo_view_str(v, item, "image_url", &text);
    }
}


/* When it comes or came, and if that is not known, why. */

void
wismo_view_date(wismo_viewer_t *v, wismo_json_t *parent,
    const wismo_json_t *json, const wismo_substatus_t *row,
    const wismo_when_t *delivered)
{
    bool                known, promised;
    int64_t             last;
    wismo_str_t         text, promise, reason;
    wismo_json_t       *date;
    const wismo_str_t  *label;

    wismo_str_null(&text);
    wismo_str_null(&promise);
    wismo_str_null(&reason);

    known = false;
    label = wismo_view_word(v, NO_DATE);

    if (row->status == WISMO_DELIVERED && row->milestone == 4) {
        label = wismo_view_word(v, DELIVERED_ON);
        text = *wismo_view_word(v, TIME_UNKNOWN);
        known = true;

        if (delivered->wall != WISMO_TIME_NONE) {
            wismo_say_when(&v->speech, delivered, &text);
        }

    } else if (row->status == WISMO_CANCELLED || row->status == WISMO_FAILED
               || row->status == WISMO_RETURNING
               || row->status == WISMO_RETURNED)
    {
        label = wismo_view_word(v, NO_DATE_TITLE);
        reason = *wismo_view_word(v, NO_DATE_OVER);

    } else {
        last = WISMO_TIME_NONE;
        known = wismo_view_estimate(v, json, &text, &last);

        if (known) {
            label = wismo_view_word(v, ESTIMATE);
        }

        promised = wismo_view_promise(v, &promise, known ? NULL : &last);

        if (known) {
            if (promised) {
                wismo_say(&v->speech, WISMO_SAY_PROMISE, &promise, &promise);
            }

        } else if (promised) {
            label = wismo_view_word(v, PROMISED);
            text = promise;
            wismo_str_null(&promise);
            known = true;
        }

        /* a day's grace: the clock may be local to anywhere on earth */

        if (known && last < v->ctx->now - 86400) {
            label = wismo_view_word(v, WAS_EXPECTED);
        }

        if (!known) {
            reason = wismo_json_int(json, "milestone", 0) > 0
                     ? *wismo_view_word(v, NO_DATE_CARRIER)
                     : *wismo_view_word(v, NO_DATE_ORDERED);
        }
    }

    date = wismo_view_add(v, parent, "date", WISMO_JSON_OBJECT);
    wismo_view_bool(v, date, "is_known", known);
    wismo_view_str(v, date, "label", label);
    wismo_view_str(v, date, "text", &text);
    wismo_view_str(v, date, "promise_text", &promise);
    wismo_view_str(v, date, "reason", &reason);
}


static bool
wismo_view_estimate(wismo_viewer_t *v, const wismo_json_t *json,
    wismo_str_t *text, int64_t *last)
{
    bool                 from, until;
    wismo_str_t          basis, args[3];
    wismo_when_t         first, second;
    wismo_speech_t      *s;
    const wismo_json_t  *estimate;

    s = &v->speech;

    estimate = wismo_json_get(json, "estimate");
    basis = wismo_json_str(estimate, "basis");

    from = wismo_view_time(estimate, "from", &first);
    until = wismo_view_time(estimate, "to", &second);

    if (!from && !until) {

        if (!wismo_view_time(estimate, "date", &first)) {
            return false;
        }

        wismo_say_date(s, first.wall, text);
        *last = first.wall + 86399;

        return true;
    }

    first.basis = (uint8_t) wismo_time_basis_of(&basis);
    second.basis = first.basis;

    if (!from) {
        first = second;
    }

    if (!until) {
        second = first;
    }

    *last = second.wall;

    wismo_say_date(s, first.wall, &args[0]);

    if (first.wall / 86400 != second.wall / 86400) {
        wismo_say_date(s, second.wall, &args[1]);
        wismo_say(s, WISMO_SAY_DAYS, args, text);

        return true;
    }

    /* midnight, and midnight to midnight, are how systems write a day */

    if (first.basis == WISMO_BASIS_DATE
        || (first.wall % 86400 == 0
            && (first.wall == second.wall
                || second.wall % 86400 >= 86340)))
    {
        *last = first.wall + 86399;
        *text = args[0];

        return true;
    }

    if (first.wall != second.wall) {
        wismo_say_clock(s, first.wall, &args[1]);
        wismo_say_clock(s, second.wall, &args[2]);
        wismo_say(s, WISMO_SAY_HOURS, args, text);

        if (first.basis == WISMO_BASIS_UTC) {
            wismo_say(s, WISMO_SAY_UTC, text, text);
        }

        return true;
    }

    wismo_say_when(s, &first, text);
    wismo_say(s, until ? WISMO_SAY_NOT_AFTER : WISMO_SAY_NOT_BEFORE, text,
              text);

    return true;
}


/*
 * A shop promises days.  The view has them as instants, so the clock of the
 * place they are meant for is not known here and is not told.
 */

static bool
wismo_view_promise(wismo_viewer_t *v, wismo_str_t *text, int64_t *last)
{
    bool                 from, until;
    wismo_str_t          args[2];
    wismo_when_t         first, second;
    const wismo_json_t  *promised;

    promised = wismo_json_get(v->order, "promised");

    from = wismo_view_time(promised, "from", &first);
    until = wismo_view_time(promised, "until", &second);

    if (!from && !until) {
        return false;
    }

    if (!from) {
        first = second;
    }

    if (!until) {
        second = first;
    }

    if (last) {
        *last = second.wall;
    }

    wismo_say_date(&v->speech, first.wall, text);

    if (first.wall / 86400 != second.wall / 86400) {
        args[0] = *text;
        wismo_say_date(&v->speech, second.wall, &args[1]);
        wismo_say(&v->speech, WISMO_SAY_DAYS, args, text);
    }

    return true;
}
