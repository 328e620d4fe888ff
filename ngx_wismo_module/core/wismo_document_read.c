
/*
 * Copyright (C) The Wismo authors
 *
 * Reading an order back from the full view of its document, for the fetcher
 * to merge into.  What wismo_document_write.c wrote comes back the same:
 * writing it again gives the same bytes.
 *
 * The bytes may be anything.  A member that is missing or of another type is
 * as good as null; what an order cannot be without, or more of anything than
 * an order may have, is refused.
 */


#include "wismo_document_int.h"
#include "wismo_edd.h"


/* an event has 14 values, the largest documents 100 kB of them */
#define WISMO_DOC_NODES      65536


/*
 * Members are asked for in the order they were written, so that each is
 * mostly the one after the last.
 */

typedef struct {
    const wismo_json_t       *object;
    const wismo_json_t       *next;
} wismo_members_t;


typedef struct {
    wismo_pool_t             *pool;
    wismo_error_t            *err;
    wismo_document_lists_t   *lists;      /* of events, if they are read */
} wismo_reading_t;


static int wismo_document_view_read(wismo_reading_t *r,
    const wismo_document_t *doc, const wismo_str_t *view,
    wismo_order_t *order);
static int wismo_document_order_read(wismo_reading_t *r,
    const wismo_json_t *json, wismo_order_t *order);
static int wismo_document_parcels_read(wismo_reading_t *r,
    const wismo_json_t *list, wismo_order_t *order);
static int wismo_document_parcel_read(wismo_reading_t *r,
    const wismo_json_t *json, wismo_parcel_t *p);
static int wismo_document_events_read(wismo_reading_t *r,
    const wismo_json_t *list, wismo_parcel_t *p);
static int wismo_document_items_read(wismo_reading_t *r,
    const wismo_json_t *list, wismo_item_t **items, unsigned *n);
static void wismo_document_owns_read(wismo_members_t *m, wismo_own_t *own,
    wismo_own_t *first);
static const wismo_json_t *wismo_document_member(wismo_members_t *m,
    const char *name, size_t len);
static wismo_severity_e wismo_document_severity(const wismo_json_t *v);
static bool wismo_document_is_array(const wismo_json_t *v, unsigned max);


#define wismo_document_get(m, name)                                           \
    wismo_document_member(m, name, sizeof(name) - 1)


static inline void
wismo_document_members(wismo_members_t *m, const wismo_json_t *object)
{
    m->object = object;
    m->next = object ? object->first : NULL;
}


static inline int
wismo_document_bad(wismo_reading_t *r, const char *at)
{
    wismo_error_set(r->err, at, "the document's full view is damaged");

    return WISMO_DECLINED;
}


int
wismo_document_read(wismo_pool_t *pool, const wismo_document_t *doc,
    wismo_order_t *order, wismo_error_t *err)
{
    int                     rc;
    wismo_str_t             rest;
    wismo_reading_t         r;
    wismo_document_lists_t  lists;

    r.pool = pool;

    if (wismo_document_lists(pool, &doc->full, &lists, &rest)) {
        r.err = NULL;
        r.lists = &lists;

        rc = wismo_document_view_read(&r, doc, &rest, order);

        if (rc != WISMO_DECLINED) {
            return rc;
        }
    }

    /* what is wrong, and where */

    r.err = err;
    r.lists = NULL;

    return wismo_document_view_read(&r, doc, &doc->full, order);
}


static int
wismo_document_view_read(wismo_reading_t *r, const wismo_document_t *doc,
    const wismo_str_t *view, wismo_order_t *order)
{
    int            rc;
    wismo_json_t  *json;

    memset(order, 0, sizeof(wismo_order_t));

    rc = wismo_json_read(r->pool, view, WISMO_DOC_NODES, &json, r->err);

    if (rc != WISMO_OK) {
        return rc;
    }

    if (json->type != WISMO_JSON_OBJECT) {
        return wismo_document_bad(r, "");
    }

    order->version = doc->version;
    order->updated_at = doc->updated_at;
    order->revoked_at = doc->revoked_at;
    order->proofs = doc->proofs;

    return wismo_document_order_read(r, json, order);
}


static int
wismo_document_order_read(wismo_reading_t *r, const wismo_json_t *json,
    wismo_order_t *order)
{
    int                  rc;
    wismo_str_t          status, sub;
    const wismo_json_t  *promised, *list;
    wismo_members_t      m;

    wismo_document_members(&m, json);

    wismo_document_text(wismo_document_get(&m, "order"), &order->number);
    wismo_document_text(wismo_document_get(&m, "status"), &status);
    wismo_document_text(wismo_document_get(&m, "substatus"), &sub);

    if (!wismo_order_number_ok(&order->number)) {
        return wismo_document_bad(r, "/order");
    }

    order->status = wismo_substatus(&status, &sub);

    if (order->status == NULL || order->status->status == WISMO_STATUS_NONE) {
        return wismo_document_bad(r, "/status");
    }

    order->severity = wismo_document_severity(
                                         wismo_document_get(&m, "severity"));
    order->milestone = wismo_document_int(wismo_document_get(&m,
                                                             "milestone"));

    if (order->milestone >= WISMO_MILESTONES) {
        return wismo_document_bad(r, "/milestone");
    }

    wismo_document_raised_read(wismo_document_get(&m, "raised"),
                               &order->raised, NULL);

    wismo_document_text(wismo_document_get(&m, "brand"), &order->brand);
    wismo_document_text(wismo_document_get(&m, "locale"), &order->locale);

    order->placed_at = wismo_document_told_read(
                           wismo_document_get(&m, "placed_at"),
                           &order->placed_offset, NULL);

    promised = wismo_document_get(&m, "promised");

    order->promised_from = wismo_document_told_read(
                               wismo_json_get(promised, "from"),
                               &order->from_offset, &order->promised_days);
    order->promised_until = wismo_document_told_read(
                                wismo_json_get(promised, "until"),
                                &order->until_offset, &order->promised_days);

    wismo_document_edd_read(wismo_document_get(&m, "estimate"), &order->edd);
    wismo_document_edd_read(wismo_document_get(&m, "first_estimate"),
                            &order->edd_first);

    if (order->edd.basis == WISMO_BASIS_UNKNOWN
        || order->edd_first.basis == WISMO_BASIS_UNKNOWN)
    {
        order->edd_first = order->edd;
    }

    wismo_document_owns_read(&m, &order->own, &order->own_first);

    wismo_document_text(wismo_document_get(&m, "outlook"), &status);
    order->outlook = wismo_outlook_of(&status);
    order->outlook_since = wismo_document_instant(
                                    wismo_document_get(&m, "outlook_since"));

    order->ndelivered = (unsigned) wismo_document_int(
                                wismo_document_get(&m, "parcels_delivered"));

    list = wismo_document_get(&m, "cancelled");
    order->cancelled = list && list->type == WISMO_JSON_TRUE;

    order->mail_stopped_at = wismo_document_instant(wismo_document_get(&m,
                                                        "mail_stopped_at"));

    if (order->mail_stopped_at < 0) {
        order->mail_stopped_at = 0;
    }

    wismo_document_text(wismo_document_get(&m, "currency"),
                        &order->currency);
    wismo_document_text(wismo_document_get(&m, "city"), &order->city);
    wismo_document_text(wismo_document_get(&m, "country"), &order->country);
    order->added_at = wismo_document_instant(wismo_document_get(&m,
                                                                "added_at"));
    wismo_document_text(wismo_document_get(&m, "ship_from"),
                        &order->lane_from);
    wismo_document_text(wismo_document_get(&m, "ship_to"), &order->lane_to);

    if (!wismo_edd_place_ok(&order->lane_from)
        || !wismo_edd_place_ok(&order->lane_to))
    {
        return wismo_document_bad(r, "/ship_to");
    }

    list = wismo_document_get(&m, "items");

    if (!wismo_document_is_array(list, WISMO_ITEMS_MAX)) {
        return wismo_document_bad(r, "/items");
    }

    rc = wismo_document_items_read(r, list, &order->items, &order->nitems);

    if (rc != WISMO_OK) {
        return rc;
    }

    list = wismo_document_get(&m, "parcels");

    if (!wismo_document_is_array(list, WISMO_PARCELS_MAX)) {
        return wismo_document_bad(r, "/parcels");
    }

    return wismo_document_parcels_read(r, list, order);
}


static int
wismo_document_parcels_read(wismo_reading_t *r, const wismo_json_t *list,
    wismo_order_t *order)
{
    int                  rc;
    const wismo_json_t  *json;

    order->parcels = wismo_pcalloc(r->pool,
                                   list->count * sizeof(wismo_parcel_t));

    if (order->parcels == NULL) {
        return WISMO_ERROR;
    }

    for (json = list->first; json; json = json->next) {

        if (json->type != WISMO_JSON_OBJECT) {
            return wismo_document_bad(r, "/parcels");
        }

        rc = wismo_document_parcel_read(r, json,
                                        &order->parcels[order->nparcels]);

        if (rc != WISMO_OK) {
            return rc;
        }

        order->nparcels++;
    }

    if (order->ndelivered > order->nparcels) {
        return wismo_document_bad(r, "/parcels_delivered");
    }

    return WISMO_OK;
}


static int
wismo_document_parcel_read(wismo_reading_t *r, const wismo_json_t *json,
    wismo_parcel_t *p)
{
    int                  rc;
    wismo_str_t          status, sub, text;
    const wismo_json_t  *v;
    wismo_members_t      m, part;

    wismo_document_members(&m, json);

    p->checked_at = wismo_document_instant(wismo_document_get(&m,
                                                              "checked_at"));
    p->next_check_at = wismo_document_instant(
                                    wismo_document_get(&m, "next_check_at"));

    wismo_document_text(wismo_document_get(&m, "carrier"), &p->carrier);
    wismo_document_text(wismo_document_get(&m, "status"), &status);
    wismo_document_text(wismo_document_get(&m, "substatus"), &sub);

    p->status = wismo_substatus(&status, &sub);

    if (p->status == NULL || p->status->status == WISMO_STATUS_NONE) {
        return wismo_document_bad(r, "/parcels/status");
    }

    p->milestone = wismo_document_int(wismo_document_get(&m, "milestone"));

    if (p->milestone >= WISMO_MILESTONES) {
        return wismo_document_bad(r, "/parcels/milestone");
    }

    p->reported = p->status;
    wismo_document_raised_read(wismo_document_get(&m, "raised"), &p->raised,
                               &p->reported);

    wismo_document_text(wismo_document_get(&m, "delivered_to"), &text);
    p->delivered_to = wismo_to_of(&text);

    wismo_document_text(wismo_document_get(&m, "source"), &p->source);

    /* in none that was written before there were legs */

    wismo_document_text(wismo_document_get(&m, "leg"), &text);

    if (!wismo_leg_of(&text, &p->leg)) {
        p->leg = WISMO_LEG_OUTBOUND;
    }

    wismo_document_text(wismo_document_get(&m, "id"), &p->id);
    wismo_document_text(wismo_document_get(&m, "tracking_number"),
                        &p->tracking_number);

    if (p->carrier.len == 0 || p->id.len == 0 || p->tracking_number.len == 0) {
        return wismo_document_bad(r, "/parcels/id");
    }

    wismo_document_text(wismo_document_get(&m, "service"), &p->service);
    wismo_document_text(wismo_document_get(&m, "tracking_url"),
                        &p->tracking_url);

    p->shipped_at = wismo_document_instant(wismo_document_get(&m,
                                                              "shipped_at"));

    p->added_at = wismo_document_instant(wismo_document_get(&m, "added_at"));

    v = wismo_document_get(&m, "delivered");
    p->delivered = v && v->type == WISMO_JSON_TRUE;

    wismo_document_text(wismo_document_get(&m, "carrier_status"), &text);
    p->headline = wismo_document_headline(&text);

    if (p->headline) {
        v = wismo_document_get(&m, "carrier_status_said");
        wismo_document_said_read(v, &p->headline_said);

        text = wismo_json_str(v, "delivered_to");
        p->headline_to = wismo_to_of(&text);
        p->headline_raw = wismo_json_str(v, "raw");
    }

    wismo_document_edd_read(wismo_document_get(&m, "estimate"), &p->edd);

    wismo_document_edd_read(wismo_document_get(&m, "first_estimate"),
                            &p->edd_first);

    if (p->edd.basis != WISMO_BASIS_UNKNOWN) {
        wismo_document_said_read(wismo_document_get(&m, "estimate_said"),
                                 &p->edd_said);
    }

    if (p->edd.basis == WISMO_BASIS_UNKNOWN
        || p->edd_first.basis == WISMO_BASIS_UNKNOWN)
    {
        p->edd_first = p->edd;
        p->edd_first_said = p->edd_said;

    } else {
        wismo_document_said_read(wismo_document_get(&m,
                                                    "first_estimate_said"),
                                 &p->edd_first_said);
    }

    wismo_document_owns_read(&m, &p->own, &p->own_first);

    p->pieces_total = wismo_document_int(wismo_document_get(&m,
                                                           "pieces_total"));
    p->pieces_delivered = wismo_document_int(
                                 wismo_document_get(&m, "pieces_delivered"));

    p->weight_g = wismo_json_int(json, "weight_g", -1);

    if (p->weight_g <= 0) {
        p->weight_g = -1;
    }

    v = wismo_document_get(&m, "signed_for");
    p->signed_for = v && v->type == WISMO_JSON_TRUE;

    (void) wismo_document_when_read(wismo_document_get(&m, "pickup_by"),
                                    &p->pickup_by);

    v = wismo_document_get(&m, "pickup");

    if (v && v->type == WISMO_JSON_OBJECT) {
        wismo_document_members(&part, v);
        wismo_document_text(wismo_document_get(&part, "name"),
                            &p->pickup.name);
        wismo_document_text(wismo_document_get(&part, "address"),
                            &p->pickup.address);
        wismo_document_text(wismo_document_get(&part, "hours"),
                            &p->pickup.hours);
        wismo_document_text(wismo_document_get(&part, "code"),
                            &p->pickup.code);
        wismo_document_text(wismo_document_get(&part, "qr"), &p->pickup.qr);
    }

    v = wismo_document_get(&m, "partner");

    if (v && v->type == WISMO_JSON_OBJECT) {
        p->partner = wismo_json_str(v, "carrier");
        p->partner_number = wismo_json_str(v, "tracking_number");
    }

    v = wismo_document_get(&m, "items");

    if (!wismo_document_is_array(v, WISMO_ITEMS_MAX)) {
        return wismo_document_bad(r, "/parcels/items");
    }

    rc = wismo_document_items_read(r, v, &p->items, &p->nitems);

    if (rc != WISMO_OK) {
        return rc;
    }

    v = wismo_document_get(&m, "events");

    if (!wismo_document_is_array(v, WISMO_EVENTS_MAX)) {
        return wismo_document_bad(r, "/parcels/events");
    }

    return wismo_document_events_read(r, v, p);
}


static int
wismo_document_events_read(wismo_reading_t *r, const wismo_json_t *list,
    wismo_parcel_t *p)
{
    int64_t              i;
    const wismo_json_t  *json;

    if (r->lists) {
        i = wismo_json_integer(list->first, -1);

        if (i < 0 || i >= r->lists->n) {
            return WISMO_DECLINED;
        }

        p->events = r->lists->events[i];
        p->nevents = r->lists->nevents[i];

        return WISMO_OK;
    }

    p->events = wismo_pcalloc(r->pool, list->count * sizeof(wismo_event_t));

    if (p->events == NULL) {
        return WISMO_ERROR;
    }

    for (json = list->first; json; json = json->next) {

        if (json->type != WISMO_JSON_OBJECT
            || wismo_document_event_read(json, &p->events[p->nevents])
               != WISMO_OK)
        {
            return wismo_document_bad(r, "/parcels/events");
        }

        p->nevents++;
    }

    return WISMO_OK;
}


int
wismo_document_event_read(const wismo_json_t *json, wismo_event_t *e)
{
    int64_t              offset;
    wismo_str_t          text, sub;
    wismo_when_t         when;
    wismo_basis_e        basis;
    const wismo_json_t  *wall, *date, *v;
    wismo_members_t      m;

    wismo_document_members(&m, json);

    (void) wismo_document_get(&m, "utc");
    wall = wismo_document_get(&m, "wallclock");
    date = wismo_document_get(&m, "date");

    v = wismo_document_get(&m, "offset");
    offset = v && v->type == WISMO_JSON_NUMBER
             ? wismo_json_int(json, "offset", WISMO_OFFSET_NONE)
             : WISMO_OFFSET_NONE;

    if (offset < -899 || offset > 899) {
        offset = WISMO_OFFSET_NONE;
    }

    wismo_document_text(wismo_document_get(&m, "basis"), &text);
    basis = wismo_time_basis_of(&text);

    if (!wismo_document_when_read(basis == WISMO_BASIS_DATE ? date : wall,
                                  &when))
    {
        basis = WISMO_BASIS_UNKNOWN;
    }

    wismo_time_local(&e->when, when.wall, (int16_t) offset, basis);

    wismo_document_text(wismo_document_get(&m, "status"), &text);
    wismo_document_text(wismo_document_get(&m, "substatus"), &sub);

    e->status = wismo_substatus(&text, &sub);

    if (e->status == NULL) {
        return WISMO_DECLINED;
    }

    wismo_document_text(wismo_document_get(&m, "code"), &e->code);
    wismo_document_text(wismo_document_get(&m, "description"), &e->text);
    wismo_document_text(wismo_document_get(&m, "place"), &e->place);

    /* what need not be there is the last */

    if (m.next) {
        wismo_document_text(wismo_document_get(&m, "raw"), &e->raw);
    }

    if (m.next) {
        wismo_document_text(wismo_document_get(&m, "delivered_to"), &text);
        e->delivered_to = wismo_to_of(&text);

        v = wismo_document_get(&m, "return");
        e->return_leg = v && v->type == WISMO_JSON_TRUE;
    }

    return WISMO_OK;
}


static int
wismo_document_items_read(wismo_reading_t *r, const wismo_json_t *list,
    wismo_item_t **items, unsigned *n)
{
    wismo_item_t        *item;
    const wismo_json_t  *json;
    wismo_members_t      m;

    *n = 0;
    *items = wismo_pcalloc(r->pool, list->count * sizeof(wismo_item_t));

    if (*items == NULL) {
        return WISMO_ERROR;
    }

    for (json = list->first; json; json = json->next) {

        if (json->type != WISMO_JSON_OBJECT) {
            return wismo_document_bad(r, "/items");
        }

        item = &(*items)[(*n)++];

        wismo_document_members(&m, json);

        wismo_document_text(wismo_document_get(&m, "id"), &item->id);
        wismo_document_text(wismo_document_get(&m, "sku"), &item->sku);
        wismo_document_text(wismo_document_get(&m, "name"), &item->name);
        item->quantity = wismo_document_int(wismo_document_get(&m,
                                                               "quantity"));
        wismo_document_text(wismo_document_get(&m, "image_url"),
                            &item->image_url);
        wismo_document_text(wismo_document_get(&m, "url"), &item->url);
    }

    return WISMO_OK;
}


static void
wismo_document_owns_read(wismo_members_t *m, wismo_own_t *own,
    wismo_own_t *first)
{
    wismo_document_own_read(wismo_document_get(m, "own_estimate"), own);
    wismo_document_own_read(wismo_document_get(m, "first_own_estimate"),
                            first);

    if (own->reason == WISMO_OWN_NONE || first->reason == WISMO_OWN_NONE) {
        *first = *own;
    }
}


static const wismo_json_t *
wismo_document_member(wismo_members_t *m, const char *name, size_t len)
{
    const wismo_json_t  *v;

    v = m->next;

    if (v == NULL || v->key.len != len || memcmp(v->key.data, name, len) != 0)
    {
        v = wismo_json_get(m->object, name);
    }

    if (v) {
        m->next = v->next;
    }

    return v;
}


static wismo_severity_e
wismo_document_severity(const wismo_json_t *v)
{
    int          i;
    wismo_str_t  text;

    wismo_document_text(v, &text);

    for (i = WISMO_GREEN; i < WISMO_RED; i++) {
        if (wismo_str_is(&text, wismo_severity_name((wismo_severity_e) i))) {
            return (wismo_severity_e) i;
        }
    }

    return WISMO_RED;
}


static bool
wismo_document_is_array(const wismo_json_t *v, unsigned max)
{
    return v && v->type == WISMO_JSON_ARRAY && v->count <= max;
}
