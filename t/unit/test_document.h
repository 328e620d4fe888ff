
/*
 * Copyright (C) The Wismo authors
 *
 * An order with everything in it, written and read, for the tests of the
 * stored document.
 */


#ifndef _TEST_DOCUMENT_H_INCLUDED_
#define _TEST_DOCUMENT_H_INCLUDED_


#include "test.h"

#include "wismo_document.h"
#include "wismo_merge.h"

#include <jansson.h>


#define T0    INT64_C(1764000000)         /* 2025-11-24T16:00:00Z */


static inline const wismo_substatus_t *
row(const char *status, const char *substatus)
{
    wismo_str_t  s, t;

    s = str(status);
    t = str(substatus);

    return wismo_substatus(&s, &t);
}


static inline void
parcel(wismo_pool_t *pool, wismo_parcel_t *p, const char *id,
    const char *number, unsigned nevents)
{
    bool             changed;
    unsigned         i;
    wismo_event_t   *e;
    wismo_report_t   r;

    static const char *const  subs[] = {
        "departed_facility", "arrived_facility", "customs", "moving"
    };

    memset(p, 0, sizeof(wismo_parcel_t));

    p->id = str(id);
    p->carrier = str("ups");
    p->tracking_number = str(number);
    p->service = str("UPS Ground");
    p->weight_g = -1;
    p->checked_at = T0 + 7200;
    p->next_check_at = T0 + 4 * 3600;
    p->source = str("poll");

    e = wismo_pcalloc(pool, nevents * sizeof(wismo_event_t));
    assert_non_null(e);

    for (i = 0; i < nevents; i++) {
        wismo_time_local(&e[i].when, T0 - 5 * 3600 - i * 5000, -300,
                         WISMO_BASIS_OFFSET);
        e[i].status = row("in_transit", subs[i % 4]);
        e[i].code = str("I/DP");
        e[i].text = str("Departed from Facility");
        e[i].place = str("Louisville, KY, United States");
    }

    memset(&r, 0, sizeof(wismo_report_t));
    r.events = e;
    r.nevents = nevents;
    r.weight_g = 1200;
    r.pieces_total = 1;
    r.edd.basis = WISMO_BASIS_LOCAL;
    r.edd.from = T0 + 2 * 86400;
    r.edd.to = T0 + 2 * 86400 + 4 * 3600;
    r.edd.date = WISMO_TIME_NONE;
    r.status = row("in_transit", "moving");

    assert_int_equal(wismo_merge_report(pool, p, &r, &changed), WISMO_OK);
}


/* One of everything. */

static inline void
order(wismo_pool_t *pool, wismo_order_t *o)
{
    bool             changed;
    wismo_item_t    *items;
    wismo_event_t   *e;
    wismo_parcel_t  *p;
    wismo_report_t   r;

    memset(o, 0, sizeof(wismo_order_t));

    o->number = str("R-1001");
    o->brand = str("acme");
    o->locale = str("de-DE");
    o->currency = str("EUR");
    o->city = str("K\xc3\xb6ln-Secret");
    o->country = str("DE");
    o->placed_at = T0 - 9 * 86400;
    o->promised_from = T0 - T0 % 86400;
    o->promised_until = T0 - T0 % 86400 + 2 * 86400;
    o->promised_days = true;
    o->version = 7;
    o->updated_at = T0 + 7200;

    items = wismo_pcalloc(pool, 2 * sizeof(wismo_item_t));
    items[0].id = str("i1");
    items[0].sku = str("SKU-Secret");
    items[0].name = str("Mug \"secret\" </script>");
    items[0].quantity = 2;
    items[0].image_url = str("https://cdn.example/secret.jpg");
    items[0].url = str("https://shop.example/secret");
    items[1].name = str("Card");
    items[1].quantity = 1;

    o->items = items;
    o->nitems = 2;

    p = wismo_pcalloc(pool, 3 * sizeof(wismo_parcel_t));
    o->parcels = p;
    o->nparcels = 3;

    parcel(pool, &p[0], "p1", "1ZSECRET1", 12);

    p[0].items = wismo_pcalloc(pool, sizeof(wismo_item_t));
    p[0].items[0].id = str("i1");
    p[0].items[0].quantity = 2;
    p[0].nitems = 1;
    p[0].tracking_url = str("https://ups.example/secret");
    p[0].shipped_at = T0 - 8 * 86400;
    p[0].pickup.name = str("Secret shop");
    p[0].pickup.code = str("SECRET-4711");
    p[0].pickup.qr = str("29 M4 4.5h7");
    p[0].partner = str("usps");
    p[0].partner_number = str("9400SECRET");

    /* delivered, with every kind of time */

    parcel(pool, &p[1], "p2", "1ZSECRET2", 1);

    e = wismo_pcalloc(pool, 6 * sizeof(wismo_event_t));
    wismo_time_local(&e[0].when, T0 + 100, 0, WISMO_BASIS_UTC);
    e[0].status = row("delivered", "neighbour");
    e[0].delivered_to = WISMO_TO_NEIGHBOUR;
    e[0].text = str("Left with Secret at no. 5");
    wismo_time_local(&e[1].when, T0, WISMO_OFFSET_NONE, WISMO_BASIS_LOCAL);
    e[1].status = row("out_for_delivery", "");
    wismo_time_local(&e[2].when, T0, WISMO_OFFSET_NONE, WISMO_BASIS_DATE);
    e[2].status = wismo_substatus_note();
    e[2].code = str("\x7f\"\\");
    wismo_time_local(&e[3].when, WISMO_TIME_NONE, WISMO_OFFSET_NONE,
                     WISMO_BASIS_UNKNOWN);
    e[3].status = row("label_created", "");
    wismo_time_local(&e[4].when, T0 + 3600, 60, WISMO_BASIS_ZONE);
    e[4].status = row("in_transit", "customs");
    wismo_time_local(&e[5].when, T0 - 1800, -30, WISMO_BASIS_OFFSET);
    e[5].status = row("on_hold", "customs");
    e[5].text = str("Zoll \xe2\x80\xa8 \xf0\x9f\x93\xa6");

    memset(&r, 0, sizeof(wismo_report_t));
    r.events = e;
    r.nevents = 6;
    r.weight_g = -1;
    r.as_of = T0 + 200;
    r.status = row("delivered", "generic");
    r.delivered_to = WISMO_TO_HOUSEHOLD;
    r.signed_by = str("Mr. Secret");
    r.pieces_total = 2;
    r.pieces_delivered = 2;
    r.edd.basis = WISMO_BASIS_ZONE;
    r.edd.offset = 60;
    r.edd.from = WISMO_TIME_NONE;
    r.edd.to = T0 + 86400;
    wismo_time_local(&r.pickup_by, T0 + 5 * 86400, 60, WISMO_BASIS_ZONE);

    assert_int_equal(wismo_merge_report(pool, &p[1], &r, &changed), WISMO_OK);

    /* on its way back, never asked */

    parcel(pool, &p[2], "p3", "1ZSECRET3", 2);
    p[2].checked_at = WISMO_TIME_NONE;
    p[2].next_check_at = WISMO_TIME_NONE;
    p[2].source = str("");

    e = wismo_pcalloc(pool, sizeof(wismo_event_t));
    wismo_time_local(&e[0].when, T0 + 1, 0, WISMO_BASIS_UTC);
    e[0].status = row("in_transit", "moving");
    e[0].return_leg = true;

    memset(&r, 0, sizeof(wismo_report_t));
    r.events = e;
    r.nevents = 1;

    assert_int_equal(wismo_merge_report(pool, &p[2], &r, &changed), WISMO_OK);

    wismo_merge_rollup(o);
}


#define NO_PROOF  "......................"


static inline wismo_str_t
write_order(wismo_pool_t *pool, const wismo_order_t *o)
{
    wismo_str_t  bytes;

    assert_int_equal(wismo_document_write(pool, o, &bytes), WISMO_OK);

    return bytes;
}


static inline void
read_order(wismo_pool_t *pool, const wismo_str_t *bytes, wismo_order_t *o)
{
    wismo_error_t     err;
    wismo_document_t  doc;

    err.text[0] = '\0';

    if (wismo_document_open(bytes, &doc, &err) != WISMO_OK
        || wismo_document_read(pool, &doc, o, &err) != WISMO_OK)
    {
        fail_msg("%s: %s", err.at, err.text);
    }
}


#endif /* _TEST_DOCUMENT_H_INCLUDED_ */
