
/*
 * Copyright (C) The Wismo authors
 *
 * The shipments of an order's body: parcels, what is in them, and, in an
 * import, what happened to them.  Called by wismo_body.c.
 */


#include "wismo_body_int.h"


#define WISMO_BODY_EVENTS_MAX     1000
#define WISMO_CARRIER_MAX         32
#define WISMO_BODY_QR             4096    /* a code's QR, drawn */


static void wismo_body_shipment(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *v, const wismo_order_t *order, wismo_parcel_t *p);
static bool wismo_body_carrier(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *v, wismo_str_t *carrier);
static void wismo_body_number(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *v, unsigned flags, wismo_str_t *tracking_number);
static void wismo_body_counter(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *v, wismo_parcel_t *p);
static void wismo_body_pickup(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *v, const char *name, wismo_pickup_t *pickup);
static void wismo_body_partner(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *v, wismo_parcel_t *p);
static void wismo_body_unique(wismo_body_t *b, const wismo_body_at_t *at,
    const wismo_parcel_t *parcels, size_t n);
static void wismo_body_parts(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *v, const wismo_order_t *order, wismo_parcel_t *p);
static bool wismo_body_has_item(const wismo_order_t *order,
    const wismo_str_t *id);
static void wismo_body_events(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *v, wismo_parcel_t *p);
static void wismo_body_event(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *v, wismo_event_t *e);
static void wismo_body_event_status(wismo_body_t *b,
    const wismo_body_at_t *at, const json_t *v, wismo_event_t *e);


static const char *const  wismo_body_shipment_names[] = {
    "id", "leg", "carrier", "service", "tracking_number", "tracking_url",
    "shipped_at", "pickup", "drop_off", "partner", "items", NULL
};

static const char *const  wismo_body_shipment_import_names[] = {
    "id", "leg", "carrier", "service", "tracking_number", "tracking_url",
    "shipped_at", "pickup", "drop_off", "partner", "items", "events",
    NULL
};


void
wismo_body_shipments(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *body, wismo_order_t *order)
{
    size_t            i, n;
    const json_t     *shipments, *v;
    wismo_body_at_t   list, one;

    shipments = wismo_body_array(b, at, body, "shipments", WISMO_PARCELS_MAX);

    if (shipments == NULL) {
        return;
    }

    n = json_array_size(shipments);

    order->parcels = wismo_pcalloc(b->pool, n * sizeof(wismo_parcel_t));

    if (order->parcels == NULL) {
        b->failed = true;
        return;
    }

    order->nparcels = (unsigned) n;

    list.in = at;
    list.name = "shipments";
    list.index = 0;

    one.in = &list;
    one.name = NULL;

    for (i = 0; i < n; i++) {

        v = json_array_get(shipments, i);
        one.index = i;

        if (!json_is_object(v)) {
            wismo_body_fault(b, &one, NULL, "expected an object");
            continue;
        }

        wismo_body_shipment(b, &one, v, order, &order->parcels[i]);
        wismo_body_unique(b, &one, order->parcels, i);
    }
}


static void
wismo_body_shipment(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *v, const wismo_order_t *order, wismo_parcel_t *p)
{
    bool         day;
    int16_t      offset;
    wismo_str_t  leg;

    wismo_body_known(b, at, v, b->rules->events
                               ? wismo_body_shipment_import_names
                               : wismo_body_shipment_names);

    p->weight_g = -1;
    p->checked_at = WISMO_TIME_NONE;
    p->next_check_at = WISMO_TIME_NONE;

    p->id_default = !wismo_body_string(b, at, v, "id", 64, WISMO_BODY_ID,
                                       &p->id);

    if (wismo_body_word(b, at, v, "leg", 0, &leg)
        && !wismo_leg_of(&leg, &p->leg))
    {
        wismo_body_fault(b, at, "leg", "expected \"outbound\" or \"return\"");
    }

    if (wismo_body_carrier(b, at, v, &p->carrier)
        && b->rules->carrier_ok
        && !b->rules->carrier_ok(b->rules->data, &p->carrier))
    {
        wismo_body_fault(b, at, "carrier", "expected a carrier that is "
                         "configured (wismo_carrier), not \"%.*s\"%s",
                         (int) p->carrier.len, p->carrier.data,
                         b->rules->carrier_hint ? b->rules->carrier_hint
                                                : "");
        wismo_str_null(&p->carrier);
    }

    wismo_body_number(b, at, v, WISMO_BODY_REQUIRED, &p->tracking_number);

    (void) wismo_body_string(b, at, v, "service", 100, 0, &p->service);
    (void) wismo_body_string(b, at, v, "tracking_url", 1024, WISMO_BODY_URL,
                             &p->tracking_url);

    p->shipped_at = wismo_body_time(b, at, v, "shipped_at", &day, &offset);

    wismo_body_counter(b, at, v, p);
    wismo_body_partner(b, at, v, p);
    wismo_body_parts(b, at, v, order, p);

    if (b->rules->events) {
        wismo_body_events(b, at, v, p);
    }
}


static bool
wismo_body_carrier(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *v, wismo_str_t *carrier)
{
    size_t         i;
    wismo_str_t    name;
    unsigned char  c;

    if (!wismo_body_string(b, at, v, "carrier", WISMO_CARRIER_MAX,
                           WISMO_BODY_REQUIRED|WISMO_BODY_ID, &name))
    {
        return false;
    }

    for (i = 0; i < name.len; i++) {
        c = name.data[i];

        if (c >= 'A' && c <= 'Z') {
            name.data[i] = (unsigned char) (c - 'A' + 'a');

        } else if (c == '.') {
            wismo_body_fault(b, at, "carrier", "expected the name of a "
                             "carrier such as \"ups\"");
            return false;
        }
    }

    *carrier = name;

    return true;
}


static void
wismo_body_number(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *v, unsigned flags, wismo_str_t *tracking_number)
{
    int          rc;
    wismo_str_t  text, number;

    if (!wismo_body_word(b, at, v, "tracking_number", flags, &text)) {
        return;
    }

    number = text;
    rc = wismo_clean_number(b->pool, &number);

    if (rc == WISMO_DECLINED) {
        wismo_body_fault(b, at, "tracking_number", "expected 1 to %d letters "
                         "and digits; spaces, dashes and dots between them "
                         "do not count", WISMO_TRACKING_MAX);
        return;
    }

    /* a number in its one form still lies in the body */

    if (rc == WISMO_OK && number.data == text.data) {
        rc = wismo_pstrdup(b->pool, &number, &text);
    }

    if (rc != WISMO_OK) {
        b->failed = true;
        return;
    }

    *tracking_number = number;
    b->bytes += number.len;
}


/*
 * A parcel is collected somewhere, and what is sent back is handed in: with
 * a code, where there is one, and no label.  The leg tells which it is.
 */

static void
wismo_body_counter(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *v, wismo_parcel_t *p)
{
    wismo_body_pickup(b, at, v, "pickup", &p->pickup);

    if (json_is_object(json_object_get(v, "drop_off"))) {

        if (p->leg != WISMO_LEG_RETURN) {
            wismo_body_fault(b, at, "drop_off", "expected in a shipment "
                             "whose \"leg\" is \"return\"");

        } else if (json_is_object(json_object_get(v, "pickup"))) {
            wismo_body_fault(b, at, "drop_off", "expected without "
                             "\"pickup\": a return is handed in");
        }
    }

    wismo_body_pickup(b, at, v, "drop_off", &p->pickup);
}


/* Where, when it is open, and with which code. */

static void
wismo_body_pickup(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *v, const char *name, wismo_pickup_t *pickup)
{
    wismo_body_at_t  here;

    static const char *const  names[] = {
        "name", "address", "hours", "code", NULL
    };

    v = wismo_body_object(b, at, v, name);

    if (v == NULL) {
        return;
    }

    here.in = at;
    here.name = name;
    here.index = 0;

    wismo_body_known(b, &here, v, names);

    (void) wismo_body_string(b, &here, v, "name", 100, 0, &pickup->name);
    (void) wismo_body_string(b, &here, v, "address", 200, 0,
                             &pickup->address);
    (void) wismo_body_string(b, &here, v, "hours", 200, 0, &pickup->hours);

    if (wismo_body_string(b, &here, v, "code", WISMO_PICKUP_CODE_MAX, 0,
                          &pickup->code))
    {
        b->bytes += WISMO_BODY_QR;
    }
}


/* Who does the last stretch, under which number. */

static void
wismo_body_partner(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *v, wismo_parcel_t *p)
{
    wismo_body_at_t  here;

    static const char *const  names[] = {
        "carrier", "tracking_number", NULL
    };

    v = wismo_body_object(b, at, v, "partner");

    if (v == NULL) {
        return;
    }

    here.in = at;
    here.name = "partner";
    here.index = 0;

    wismo_body_known(b, &here, v, names);

    if (wismo_body_carrier(b, &here, v, &p->partner)) {
        wismo_body_number(b, &here, v, 0, &p->partner_number);
    }
}


static void
wismo_body_unique(wismo_body_t *b, const wismo_body_at_t *at,
    const wismo_parcel_t *parcels, size_t n)
{
    size_t                 i;
    const wismo_parcel_t  *p, *other;

    p = &parcels[n];

    for (i = 0; i < n; i++) {
        other = &parcels[i];

        if (p->tracking_number.len && p->carrier.len
            && wismo_str_eq(&p->tracking_number, &other->tracking_number)
            && wismo_str_eq(&p->carrier, &other->carrier))
        {
            wismo_body_fault(b, at, "tracking_number", "expected another "
                             "parcel: /shipments/%zu has this carrier and "
                             "number", i);
        }

        if (p->id.len && wismo_str_eq(&p->id, &other->id)) {
            wismo_body_fault(b, at, "id", "expected an id of its own: "
                             "/shipments/%zu has this one", i);
        }
    }
}


static void
wismo_body_parts(wismo_body_t *b, const wismo_body_at_t *at, const json_t *v,
    const wismo_order_t *order, wismo_parcel_t *p)
{
    size_t            i, j, n;
    wismo_item_t     *item;
    const json_t     *items;
    wismo_body_at_t   list, one;

    static const char *const  names[] = { "id", "quantity", NULL };

    items = wismo_body_array(b, at, v, "items", WISMO_ITEMS_MAX);

    if (items == NULL) {
        return;
    }

    n = json_array_size(items);

    p->items = wismo_pcalloc(b->pool, n * sizeof(wismo_item_t));

    if (p->items == NULL) {
        b->failed = true;
        return;
    }

    p->nitems = (unsigned) n;

    list.in = at;
    list.name = "items";
    list.index = 0;

    one.in = &list;
    one.name = NULL;

    for (i = 0; i < n; i++) {

        v = json_array_get(items, i);
        item = &p->items[i];
        one.index = i;

        if (!json_is_object(v)) {
            wismo_body_fault(b, &one, NULL, "expected an object");
            continue;
        }

        wismo_body_known(b, &one, v, names);

        item->quantity = wismo_body_quantity(b, &one, v);

        /* its name and quantity take more than a short id does */
        b->bytes += 24;

        if (!wismo_body_string(b, &one, v, "id", 64, WISMO_BODY_REQUIRED,
                               &item->id))
        {
            continue;
        }

        if (order->nitems && !wismo_body_has_item(order, &item->id)) {
            wismo_body_fault(b, &one, "id", "expected the id of one of the "
                             "order's items");
        }

        for (j = 0; j < i; j++) {

            if (wismo_str_eq(&item->id, &p->items[j].id)) {
                wismo_body_fault(b, &one, "id", "expected an item once in a "
                                 "shipment, with its quantity");
                break;
            }
        }
    }
}


static bool
wismo_body_has_item(const wismo_order_t *order, const wismo_str_t *id)
{
    unsigned  i;

    for (i = 0; i < order->nitems; i++) {
        if (wismo_str_eq(&order->items[i].id, id)) {
            return true;
        }
    }

    return false;
}


static void
wismo_body_events(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *v, wismo_parcel_t *p)
{
    size_t            i, n;
    const json_t     *events;
    wismo_body_at_t   list, one;

    events = wismo_body_array(b, at, v, "events", WISMO_BODY_EVENTS_MAX);

    if (events == NULL) {
        return;
    }

    n = json_array_size(events);

    p->events = wismo_pcalloc(b->pool, n * sizeof(wismo_event_t));

    if (p->events == NULL) {
        b->failed = true;
        return;
    }

    p->nevents = (unsigned) n;

    list.in = at;
    list.name = "events";
    list.index = 0;

    one.in = &list;
    one.name = NULL;

    for (i = 0; i < n; i++) {

        v = json_array_get(events, i);
        one.index = i;

        if (!json_is_object(v)) {
            wismo_body_fault(b, &one, NULL, "expected an object");
            continue;
        }

        wismo_body_event(b, &one, v, &p->events[i]);
    }
}


static void
wismo_body_event(wismo_body_t *b, const wismo_body_at_t *at, const json_t *v,
    wismo_event_t *e)
{
    size_t       kept;
    wismo_str_t  text;

    static const char *const  names[] = {
        "time", "status", "substatus", "code", "description", "place",
        "delivered_to", NULL
    };

    wismo_body_known(b, at, v, names);

    /* old events make room, so they count for nothing */

    kept = b->bytes;

    (void) wismo_body_when(b, at, v, "time", WISMO_BODY_REQUIRED, &e->when);

    wismo_body_event_status(b, at, v, e);

    (void) wismo_body_string(b, at, v, "code", 100, 0, &e->code);
    (void) wismo_body_string(b, at, v, "description", WISMO_TEXT_MAX, 0,
                             &e->text);
    (void) wismo_body_string(b, at, v, "place", 200, 0, &e->place);

    if (wismo_body_word(b, at, v, "delivered_to", 0, &text)) {

        e->delivered_to = wismo_to_of(&text);

        if (e->delivered_to == WISMO_TO_NONE) {
            wismo_body_fault(b, at, "delivered_to", "expected recipient, "
                             "household, neighbour, safe_place, mailbox, "
                             "locker, reception or returned_to_sender");
        }
    }

    b->bytes = kept;
}


static void
wismo_body_event_status(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *v, wismo_event_t *e)
{
    wismo_str_t  status, sub;

    e->status = wismo_substatus_note();

    if (!wismo_body_word(b, at, v, "status", WISMO_BODY_REQUIRED, &status)) {
        return;
    }

    (void) wismo_body_word(b, at, v, "substatus", 0, &sub);

    e->status = wismo_substatus(&status, &sub);

    if (e->status == NULL) {
        e->status = wismo_substatus_note();
        wismo_body_fault(b, at, "status", "expected a status of the "
                         "vocabulary, such as \"in_transit\"");
        return;
    }

    if (sub.len && !wismo_str_is(&sub, e->status->sub)) {
        wismo_body_fault(b, at, "substatus", "expected a sub-status of "
                         "\"%s\", such as \"%s\"", e->status->name,
                         e->status->sub);
        return;
    }

    if (e->status->calc) {
        wismo_body_fault(b, at, "substatus", "expected what a carrier can "
                         "say: \"%s\" is found by the clock alone",
                         e->status->sub);
    }
}
