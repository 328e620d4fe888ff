
/*
 * Copyright (C) The Wismo authors
 *
 * The parcels of a view model: facts, route, freshness, timeline and items.
 * Called by wismo_view.c only.
 *
 * A time is told by the clock it was printed by and by no other.
 */


#include "wismo_view_make.h"
#include "wismo_scan.h"


/* What the events of a parcel tell besides themselves. */

typedef struct {
    wismo_when_t              scanned;
    wismo_when_t              delivered;
    wismo_str_t               origin;
    wismo_str_t               here;
    int64_t                   steps[WISMO_MILESTONES];
} wismo_view_events_t;


static void wismo_view_parcel_back(wismo_viewer_t *v, wismo_json_t *parcel,
    const wismo_view_card_t *card, wismo_view_events_t *seen);
static void wismo_view_parcel_link(wismo_viewer_t *v,
    wismo_view_card_t *card, const wismo_str_t *id);
static void wismo_view_parcel_facts(wismo_viewer_t *v, wismo_json_t *parcel,
    const wismo_view_card_t *card, const wismo_when_t *delivered,
    const wismo_str_t *headline);
static void wismo_view_parcel_items(wismo_viewer_t *v, wismo_json_t *parcel,
    const wismo_view_card_t *card);
static void wismo_view_parcel_partner(wismo_viewer_t *v,
    wismo_json_t *parcel, const wismo_json_t *json);
static void wismo_view_parcel_route(wismo_viewer_t *v, wismo_json_t *parcel,
    const wismo_view_events_t *seen, const wismo_substatus_t *row, bool back);
static void wismo_view_parcel_fresh(wismo_viewer_t *v, wismo_json_t *parcel,
    const wismo_json_t *json, const wismo_str_t *carrier,
    const wismo_when_t *scanned);
static void wismo_view_events(wismo_viewer_t *v, wismo_json_t *parcel,
    const wismo_view_card_t *card, wismo_view_events_t *seen);
static void wismo_view_events_steps(wismo_viewer_t *v,
    const wismo_view_events_t *seen);
static wismo_json_t *wismo_view_event(wismo_viewer_t *v,
    wismo_json_t *events);
static bool wismo_view_event_day(wismo_viewer_t *v, wismo_json_t *members,
    const wismo_when_t *when, int64_t *day);
static void wismo_view_event_clock(wismo_viewer_t *v, wismo_json_t *members,
    const wismo_scan_t *scan);


void
wismo_view_parcel(wismo_viewer_t *v, wismo_json_t *parcels,
    const wismo_json_t *json, unsigned n)
{
    unsigned              i;
    wismo_str_t           id, severity;
    wismo_json_t         *parcel, timeline;
    wismo_view_card_t     card;
    wismo_view_events_t   seen;
    wismo_view_status_t   status;

    memset(&card, 0, sizeof(wismo_view_card_t));
    memset(&seen, 0, sizeof(wismo_view_events_t));

    for (i = 0; i < WISMO_MILESTONES; i++) {
        seen.steps[i] = WISMO_TIME_NONE;
    }

    parcel = wismo_view_add(v, parcels, NULL, WISMO_JSON_OBJECT);

    wismo_view_status(v, json, &status);

    card.json = json;
    card.row = status.row;
    card.back = wismo_view_is_return(json);
    card.title = *wismo_view_word(v, PARCEL_ONLY);

    if (card.back) {
        wismo_view_return_title(v, n, &card.title);
        wismo_view_return_words(v, status.row, &status.words);

    } else if (v->parcels > 1) {
        wismo_say_count(&v->speech, WISMO_SAY_PARCEL, n, v->parcels,
                        &card.title);
    }

    wismo_str_null(&severity);

    wismo_view_text(v, parcel, "tone", card.back
                                       ? wismo_view_return_tone(status.row)
                                       : wismo_view_tone(&severity,
                                                         status.row));
    wismo_view_number(v, parcel, "n", n);
    wismo_view_bool(v, parcel, "has_several", v->parcels > 1);
    wismo_view_str(v, parcel, "title", &card.title);
    wismo_view_str(v, parcel, "headline", &status.words.headline);
    wismo_view_str(v, parcel, "next", &status.words.next);

    id = wismo_json_str(json, "carrier");
    wismo_view_carrier(v, &id, &card.carrier);

    if (v->view == WISMO_VIEW_FULL) {
        wismo_view_parcel_link(v, &card, &id);
    }

    if (!wismo_view_time(json, "last_event_at", &seen.scanned)) {
        seen.scanned.wall = WISMO_TIME_NONE;
    }

    seen.delivered = seen.scanned;

    /* made first, as it tells what comes before it */

    memset(&timeline, 0, sizeof(wismo_json_t));
    wismo_view_events(v, &timeline, &card, &seen);

    if (status.row->status != WISMO_DELIVERED && !card.back) {
        seen.delivered.wall = WISMO_TIME_NONE;
    }

    wismo_view_parcel_facts(v, parcel, &card, &seen.delivered,
                            &status.words.headline);
    wismo_view_parcel_route(v, parcel, &seen, status.row, card.back);
    wismo_view_parcel_items(v, parcel, &card);
    wismo_view_bool(v, parcel, "full", v->view == WISMO_VIEW_FULL);
    wismo_view_bool(v, parcel, "is_open",
                    (card.back || v->parcels == 1) && !status.row->final);
    wismo_view_move(parcel, &timeline);
    wismo_view_parcel_fresh(v, parcel, json, &card.carrier, &seen.scanned);
    wismo_view_data_parcel(v, &card);

    if (seen.scanned.wall > v->scanned.wall) {
        v->scanned = seen.scanned;
    }

    if (card.back) {
        wismo_view_parcel_back(v, parcel, &card, &seen);
        return;
    }

    wismo_view_action(v, &card);
    wismo_view_events_steps(v, &seen);

    if (seen.delivered.wall > v->delivered.wall) {
        v->delivered = seen.delivered;
    }
}


/*
 * A return: its own steps instead of the order's, and where to hand it in,
 * until it has been.
 */

static void
wismo_view_parcel_back(wismo_viewer_t *v, wismo_json_t *parcel,
    const wismo_view_card_t *card, wismo_view_events_t *seen)
{
    if (wismo_json_int(card->json, "milestone", 0) > 0) {
        v->sent_back = true;
    }

    if (!card->row->final) {
        v->open = true;
    }

    seen->steps[3] = card->row->status == WISMO_RETURNED
                     ? seen->delivered.wall : WISMO_TIME_NONE;

    wismo_view_pickup(v, parcel, v->view == WISMO_VIEW_FULL
                                 && !card->row->final
                                 && wismo_json_int(card->json, "milestone", 0)
                                    <= 0
                                 ? wismo_json_get(card->json, "pickup")
                                 : NULL);

    wismo_view_return_steps(v, parcel, card->json, card->row,
                            &seen->steps[1]);
}


/* The shop's own link comes before that of the carrier. */

static void
wismo_view_parcel_link(wismo_viewer_t *v, wismo_view_card_t *card,
    const wismo_str_t *id)
{
    const wismo_carrier_t  *carrier;

    card->number = wismo_json_str(card->json, "tracking_number");
    card->link = wismo_view_link(card->json, "tracking_url");

    if (card->link.len) {
        return;
    }

    carrier = wismo_carriers_find(v->ctx->carriers, id);

    if (carrier
        && wismo_carrier_link(v->pool, carrier, &card->number, &card->link)
           != WISMO_OK)
    {
        v->speech.failed = true;
    }
}


/* What the full view alone tells of a parcel. */

static void
wismo_view_parcel_facts(wismo_viewer_t *v, wismo_json_t *parcel,
    const wismo_view_card_t *card, const wismo_when_t *delivered,
    const wismo_str_t *headline)
{
    int64_t              total;
    wismo_str_t          service, link, pieces, pickup;
    wismo_when_t         when;
    const wismo_str_t   *carrier;
    const wismo_json_t  *json;

    json = card->json;
    carrier = &card->carrier;

    wismo_str_null(&service);
    wismo_str_null(&link);
    wismo_str_null(&pieces);
    wismo_str_null(&pickup);

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

        if (card->link.len) {
            wismo_say(&v->speech, WISMO_SAY_CARRIER_LINK, carrier, &link);
        }

        total = wismo_json_int(json, "pieces_total", 0);

        if (total > 1) {
            wismo_say_count(&v->speech, WISMO_SAY_PIECES_DELIVERED,
                            wismo_json_int(json, "pieces_delivered", 0),
                            total, &pieces);
        }

        if (!card->back && wismo_view_time(json, "pickup_by", &when)) {
            wismo_say_when(&v->speech, &when, &pickup);
            wismo_say(&v->speech, WISMO_SAY_PICKUP_BY, &pickup, &pickup);
        }
    }

    wismo_view_str(v, parcel, "carrier", carrier);
    wismo_view_str(v, parcel, "service", &service);
    wismo_view_str(v, parcel, "tracking_number", &card->number);
    wismo_view_date(v, parcel, json, card->row, delivered, NULL);
    wismo_view_parcel_partner(v, parcel, v->view == WISMO_VIEW_FULL
                                         ? wismo_json_get(json, "partner")
                                         : NULL);
    wismo_view_str(v, parcel, "tracking_url", &card->link);
    wismo_view_str(v, parcel, "link_text", &link);
    wismo_view_to(v, parcel, card->back ? NULL : json, headline);
    wismo_view_str(v, parcel, "pickup_text", &pickup);
    wismo_view_str(v, parcel, "pieces_text", &pieces);
    wismo_view_bool(v, parcel, "signed_for",
                    v->view == WISMO_VIEW_FULL
                    && wismo_json_bool(json, "signed_for"));
}


/* With one parcel, the order's items are its items. */

static void
wismo_view_parcel_items(wismo_viewer_t *v, wismo_json_t *parcel,
    const wismo_view_card_t *card)
{
    const wismo_json_t  *items;

    items = NULL;

    if (v->view == WISMO_VIEW_FULL && (v->parcels > 1 || card->back)) {
        items = wismo_json_get(card->json, "items");
    }

    wismo_view_items(v, parcel, items, wismo_json_get(v->order, "items"));
}


/* Who does the last stretch, if that is another carrier. */

static void
wismo_view_parcel_partner(wismo_viewer_t *v, wismo_json_t *parcel,
    const wismo_json_t *json)
{
    wismo_str_t             id, name, text, number, link, link_text;
    const wismo_carrier_t  *carrier;

    wismo_str_null(&text);
    wismo_str_null(&link);
    wismo_str_null(&link_text);

    id = wismo_json_str(json, "carrier");
    number = wismo_json_str(json, "tracking_number");

    if (id.len) {
        wismo_view_carrier(v, &id, &name);
        wismo_say(&v->speech, WISMO_SAY_PARTNER, &name, &text);

        carrier = wismo_carriers_find(v->ctx->carriers, &id);

        if (carrier
            && wismo_carrier_link(v->pool, carrier, &number, &link)
               != WISMO_OK)
        {
            v->speech.failed = true;
        }

        if (link.len) {
            wismo_say(&v->speech, WISMO_SAY_CARRIER_LINK, &name, &link_text);
        }
    }

    wismo_view_str(v, parcel, "partner_text", &text);
    wismo_view_str(v, parcel, "partner_number", &number);
    wismo_view_str(v, parcel, "partner_url", &link);
    wismo_view_str(v, parcel, "partner_link_text", &link_text);
}


/* From where, where now, and to where, as far as they differ. */

static void
wismo_view_parcel_route(wismo_viewer_t *v, wismo_json_t *parcel,
    const wismo_view_events_t *seen, const wismo_substatus_t *row, bool back)
{
    bool         to;
    unsigned     n;
    wismo_str_t  origin, here, there;

    origin = seen->origin;
    here = seen->here;
    there = v->destination;

    if (back || row->status == WISMO_RETURNING
        || row->status == WISMO_RETURNED)
    {
        wismo_str_null(&there);
    }

    /* where it was delivered is where it went */

    to = row->status == WISMO_DELIVERED && there.len;

    if (to || wismo_str_eq(&here, &origin)) {
        wismo_str_null(&here);
    }

    n = origin.len != 0 ? 1 : 0;
    n += here.len != 0 ? 1 : 0;
    n += there.len != 0 ? 1 : 0;

    wismo_view_bool(v, parcel, "has_route", n > 1);
    wismo_view_str(v, parcel, "route_from", &origin);
    wismo_view_str(v, parcel, "route_here", &here);
    wismo_view_str(v, parcel, "route_to", &there);
    wismo_view_bool(v, parcel, "route_done", to);
}


static void
wismo_view_parcel_fresh(wismo_viewer_t *v, wismo_json_t *parcel,
    const wismo_json_t *json, const wismo_str_t *carrier,
    const wismo_when_t *scanned)
{
    int64_t        checked;
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

    checked = WISMO_TIME_NONE;
    text = *wismo_view_word(v, NEVER_CHECKED);

    if (wismo_view_time(json, "checked_at", &when)) {
        wismo_say_when(&v->speech, &when, &text);
        checked = when.wall;

        if (when.wall > v->checked) {
            v->checked = when.wall;
            v->source = source;
        }
    }

    wismo_view_str(v, fresh, "check_text", &text);

    text = *wismo_view_word(v, NO_NEXT_CHECK);

    if (wismo_view_time(json, "next_check_at", &when)) {
        wismo_say_when(&v->speech, &when, &text);

        if (checked != WISMO_TIME_NONE && v->silent.len == 0
            && v->ctx->now - WISMO_VIEW_LATE > when.wall)
        {
            v->silent = *carrier;
            v->since = checked;
        }
    }

    wismo_view_str(v, fresh, "next_text", &text);
    wismo_view_str(v, fresh, "source_text", &source);
}


static void
wismo_view_events(wismo_viewer_t *v, wismo_json_t *parcel,
    const wismo_view_card_t *card, wismo_view_events_t *seen)
{
    bool                      known, plain;
    int64_t                   day;
    wismo_str_t               label, text, none;
    wismo_json_t             *words, *events, *event, *end;
    wismo_scan_t              buf;
    const wismo_scan_t       *scan;
    const wismo_json_t       *list, *e;
    const wismo_substatus_t  *row;

    list = NULL;

    if (v->view == WISMO_VIEW_FULL) {
        list = wismo_json_get(card->json, "events");
    }

    known = list && list->type == WISMO_JSON_ARRAY && list->first;

    wismo_view_bool(v, parcel, "has_events", known);

    wismo_str_null(&none);

    if (!known) {
        (void) wismo_view_add(v, parcel, "events", WISMO_JSON_ARRAY);
        wismo_view_str(v, parcel, "scans_text", &none);
        wismo_view_str(v, parcel, "latest_label", &none);
        wismo_view_str(v, parcel, "latest_place", &none);
        wismo_view_bool(v, parcel, "has_words", false);
        return;
    }

    wismo_say_count(&v->speech, WISMO_SAY_SCANS, list->count, 0, &text);
    wismo_view_str(v, parcel, "scans_text", &text);

    words = wismo_view_add(v, parcel, "has_words", WISMO_JSON_FALSE);
    events = wismo_view_add(v, parcel, "events", WISMO_JSON_ARRAY);

    known = false;
    end = NULL;
    day = WISMO_TIME_NONE;

    for (e = list->first; e; e = e->next) {
        scan = wismo_scan(e, &buf);

        row = scan->row;
        text = scan->description;

        plain = v->words->plain;

        if (row && row->status != WISMO_STATUS_NONE) {
            label = card->back && !wismo_return_scan(row)
                    ? v->words->returns[wismo_return_of(row)].headline
                    : v->words->statuses[row - wismo_substatus_table()].scan;

        } else {
            label = text;
            wismo_str_null(&text);

            if (label.len == 0) {
                label = *wismo_view_word(v, CARRIER_UPDATE);

            } else {
                plain = false;
            }
        }

        if (wismo_str_eq(&text, &label)) {
            wismo_str_null(&text);
        }

        if (text.len && words) {
            words->type = WISMO_JSON_TRUE;
        }

        if (scan->place.len) {
            seen->origin = scan->place;

            if (seen->here.len == 0) {
                seen->here = scan->place;
            }
        }

        if (e == list->first) {
            wismo_view_str(v, parcel, "latest_label", &label);
            wismo_view_str(v, parcel, "latest_place", &scan->place);
        }

        event = wismo_view_event(v, events);

        if (event == NULL) {
            return;
        }

        if (wismo_view_event_day(v, event->first, &scan->when, &day) && end) {
            end->type = WISMO_JSON_TRUE;
        }

        wismo_view_flag(&event->first[WISMO_EVENT_IS_LATEST],
                        e == list->first);
        event->first[WISMO_EVENT_LABEL].text = label;
        event->first[WISMO_EVENT_LABEL].count = plain;
        wismo_view_flag(&event->first[WISMO_EVENT_IS_RETURN],
                        !card->back && scan->returning);
        event->first[WISMO_EVENT_TEXT].text = text;
        wismo_view_event_clock(v, event->first, scan);
        event->first[WISMO_EVENT_PLACE].text = scan->place;

        end = &event->first[WISMO_EVENT_IS_DAY_END];
        wismo_view_flag(end, e->next == NULL);

        if (v->ctx->id.len) {
            wismo_view_feed_event(v, event, card->json, e, &scan->when);
        }

        if (scan->when.wall == WISMO_TIME_NONE) {
            continue;
        }

        /* the timeline and the facts tell the time by the same clock */

        if (e == list->first) {
            seen->scanned = scan->when;
        }

        if (!known && row
            && (row->status == WISMO_DELIVERED
                || (card->back && row->status == WISMO_RETURNED)))
        {
            known = true;
            seen->delivered = scan->when;
        }

        if (row && row->milestone >= 0 && row->status != WISMO_STATUS_NONE
            && (card->back || !scan->returning))
        {
            seen->steps[row->milestone] = scan->when.wall;
        }
    }

}


/* The order took a step when the last of its parcels did. */

static void
wismo_view_events_steps(wismo_viewer_t *v, const wismo_view_events_t *seen)
{
    unsigned  i;

    for (i = 0; i < WISMO_MILESTONES; i++) {

        if (seen->steps[i] == WISMO_TIME_NONE) {
            continue;
        }

        if (v->nsteps[i]++ == 0 || seen->steps[i] > v->steps[i]) {
            v->steps[i] = seen->steps[i];
        }
    }
}


/* The members of events are the same for all, and so are copied. */

static wismo_json_t *
wismo_view_event(wismo_viewer_t *v, wismo_json_t *events)
{
    wismo_json_t  *event, *member;

    event = wismo_view_add(v, events, NULL, WISMO_JSON_OBJECT);
    member = wismo_palloc(v->pool, sizeof(v->words->event));

    if (event == NULL || member == NULL) {
        v->speech.failed = true;
        return NULL;
    }

    memcpy(member, v->words->event, sizeof(v->words->event));

    event->first = member;
    event->last = &member[WISMO_EVENT_MAX - 1];
    event->count = WISMO_EVENT_MAX;

    for ( /* void */ ; member < event->last; member++) {
        member->next = member + 1;
    }

    return event;
}


/* Returns whether another day begins. */

static bool
wismo_view_event_day(wismo_viewer_t *v, wismo_json_t *members,
    const wismo_when_t *when, int64_t *day)
{
    bool          begins;
    int64_t       number;
    wismo_str_t  *date, *heading;

    date = &members[WISMO_EVENT_DATE_TEXT].text;
    heading = &members[WISMO_EVENT_DAY_TEXT].text;

    *date = *wismo_view_word(v, TIME_UNKNOWN);
    number = WISMO_TIME_NONE + 1;

    if (when->basis != WISMO_BASIS_UNKNOWN) {
        wismo_say_date(&v->speech, when->wall, date);
        number = when->wall / 86400;
    }

    begins = (number != *day);
    *heading = *date;

    if (begins && when->wall != WISMO_TIME_NONE) {
        wismo_say_date_long(&v->speech, when->wall, heading);
    }

    wismo_view_flag(&members[WISMO_EVENT_IS_NEW_DAY], begins);

    *day = number;

    return begins;
}


static void
wismo_view_event_clock(wismo_viewer_t *v, wismo_json_t *members,
    const wismo_scan_t *scan)
{
    const wismo_when_t  *when;

    when = &scan->when;

    if (when->basis != WISMO_BASIS_UNKNOWN
        && when->basis != WISMO_BASIS_DATE)
    {
        wismo_say_clock(&v->speech, when->wall,
                        &members[WISMO_EVENT_TIME_TEXT].text);

        members[WISMO_EVENT_ZONE_TEXT].text = when->basis == WISMO_BASIS_UTC
                                              ? *wismo_view_word(v, NOTE_UTC)
                                              : *wismo_view_word(v,
                                                                 NOTE_LOCAL);
    }

    members[WISMO_EVENT_ISO].text = scan->iso;
}


/*
 * The items of an order, or those of a parcel, which name only identifiers of
 * "all" the order's items.
 */

void
wismo_view_items(wismo_viewer_t *v, wismo_json_t *parent,
    const wismo_json_t *items, const wismo_json_t *all)
{
    bool                 known, left;
    int64_t              n;
    wismo_str_t          id, other, text;
    wismo_json_t        *list, *item;
    const wismo_json_t  *i, *named;

    known = items && items->type == WISMO_JSON_ARRAY && items->first;

    /* the order's own, some of which are in no parcel yet */

    left = all == NULL && v->parcels;

    wismo_view_bool(v, parent, "has_items", known);
    list = wismo_view_add(v, parent, "items", WISMO_JSON_ARRAY);

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

        n = wismo_json_int(i, "quantity", 1);
        wismo_view_bool(v, item, "is_several", n != 1);
        wismo_say_count(&v->speech, WISMO_SAY_QUANTITY, n, 0, &text);
        wismo_view_str(v, item, "quantity_text", &text);

        text = wismo_view_link(named, "url");
        wismo_view_str(v, item, "url", &text);

        text = wismo_json_str(named, "name");

        if (text.len == 0) {
            text = wismo_json_str(i, "id");
        }

        wismo_view_str(v, item, "name", &text);

        text = wismo_json_str(named, "sku");
        wismo_view_str(v, item, "sku", &text);

        text = wismo_view_link(named, "image_url");
        wismo_view_str(v, item, "image_url", &text);

        wismo_str_null(&text);

        n = left ? wismo_json_int(i, "unshipped", 0) : 0;

        if (n > 0) {
            wismo_say_count(&v->speech, WISMO_SAY_UNSHIPPED, n, 0, &text);
        }

        wismo_view_str(v, item, "unshipped_text", &text);
    }
}
