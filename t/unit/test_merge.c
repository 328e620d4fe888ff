
/*
 * Copyright (C) The Wismo authors
 *
 * A shopper must see the same parcel whatever order a carrier's pushes and
 * our polls came in: the rules one by one.  test_permutation.c tries them all
 * at once.
 */


#include "test_merge.h"


static void
test_nothing_said(void **state)
{
    fixture_t       f;
    wismo_report_t  r;

    (void) state;

    start(&f);

    r = report(NULL, 0);
    tell(&f, &r);

    assert_status(&f, "unknown.no_info");
    assert_int_equal(f.parcel.milestone, 0);

    happens(&f, T0, "in_transit.departed_facility");
    assert_true(f.changed);

    tell(&f, &r);

    assert_false(f.changed);
    assert_status(&f, "in_transit.departed_facility");
    assert_int_equal(f.parcel.nevents, 1);

    r.status = row("unknown.no_info");
    r.as_of = T0 + DAY;
    tell(&f, &r);

    assert_status(&f, "in_transit.departed_facility");

    wismo_pool_done(&f.pool);
}


static void
test_identity(void **state)
{
    fixture_t       f;
    wismo_event_t   e[6];
    wismo_report_t  r;

    (void) state;

    start(&f);

    e[0] = event(T0, "in_transit", "A");
    e[0].place = str("Louisville");

    /* the place is no part of it, the zone it is told in neither */

    e[1] = e[0];
    e[1].place = str("Louisville, KY");
    wismo_time_local(&e[1].when, T0 - 5 * 3600, -300, WISMO_BASIS_OFFSET);
    assert_int_equal(e[1].when.utc, T0);

    e[2] = e[0];
    e[2].code = str("B");

    /* without a code the text tells them apart */

    e[3] = event(T0, "note", "");
    e[3].text = str("one");
    e[4] = e[3];
    e[4].text = str("two");
    e[5] = e[3];

    r = report(e, 6);
    tell(&f, &r);

    assert_int_equal(f.parcel.nevents, 4);

    assert_str(f.parcel.events[0].code, "B");
    assert_str(f.parcel.events[1].code, "A");
    assert_str(f.parcel.events[1].place, "Louisville, KY");
    assert_int_equal(f.parcel.events[1].when.basis, WISMO_BASIS_OFFSET);

    tell(&f, &r);
    assert_false(f.changed);

    wismo_pool_done(&f.pool);
}


static void
test_final_is_sticky(void **state)
{
    size_t      i;
    fixture_t   f;

    static const struct {
        const char  *final;
        const char  *next;
        const char  *is;
    } cases[] = {
        { "delivered.neighbour", "in_transit.moving", "delivered.neighbour" },
        { "delivered.generic", "out_for_delivery.on_vehicle",
          "delivered.generic" },
        { "delivered.generic", "failed.damaged", "delivered.generic" },
        { "delivered.generic", "expired.no_updates", "delivered.generic" },
        { "delivered.generic", "delivered.signed", "delivered.signed" },
        { "delivered.signed", "delivered.generic", "delivered.signed" },
        { "delivered.generic", "returning.to_sender", "returning.to_sender" },
        { "delivered.generic", "returned.received", "returned.received" },
        { "failed.lost", "in_transit.moving", "failed.lost" },
        { "failed.lost", "delivered.generic", "delivered.generic" },
        { "cancelled.by_merchant", "in_transit.moving",
          "cancelled.by_merchant" },
        { "returned.received", "in_transit.moving", "returned.received" },
        { "returned.received", "delivered.generic", "returned.received" },
        { "delivered.partial", "delivered.generic", "delivered.generic" }
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        start(&f);

        happens(&f, T0, cases[i].final);
        happens(&f, T0 + 3600, cases[i].next);

        if (f.parcel.status != row(cases[i].is)) {
            fail_msg("%s, then %s: %s.%s", cases[i].final, cases[i].next,
                     f.parcel.status->name, f.parcel.status->sub);
        }

        wismo_pool_done(&f.pool);
    }
}


static void
test_way_back(void **state)
{
    fixture_t      f;
    wismo_event_t  e[2];
    wismo_report_t r;

    (void) state;

    start(&f);

    happens(&f, T0, "in_transit.moving");
    happens(&f, T0 + 1, "attempt_failed.absent");
    happens(&f, T0 + 2, "returning.to_sender");
    assert_int_equal(f.parcel.milestone, 2);

    happens(&f, T0 + 3, "out_for_delivery.on_vehicle");
    assert_status(&f, "returning.to_sender");
    assert_int_equal(f.parcel.milestone, 2);

    happens(&f, T0 + 4, "delivered.signed");
    assert_status(&f, "returned.received");
    assert_false(f.parcel.delivered);
    assert_int_equal(f.parcel.delivered_to, WISMO_TO_RETURNED_TO_SENDER);
    assert_int_equal(f.parcel.milestone, 2);

    wismo_pool_done(&f.pool);

    /* the carrier's flag alone, and the carrier's recipient alone */

    start(&f);

    e[0] = event(T0, "in_transit", "A");
    e[1] = event(T0 + 1, "delivered", "D");
    e[1].return_leg = true;

    r = report(e, 2);
    tell(&f, &r);

    assert_status(&f, "returned.received");
    assert_false(f.parcel.delivered);

    wismo_pool_done(&f.pool);

    start(&f);

    e[1].return_leg = false;
    e[1].delivered_to = WISMO_TO_RETURNED_TO_SENDER;
    tell(&f, &r);

    assert_status(&f, "returned.received");
    assert_false(f.parcel.delivered);

    wismo_pool_done(&f.pool);

    /* delivered first, sent back later: the step taken stays taken */

    start(&f);

    happens(&f, T0, "delivered.generic");
    assert_true(f.parcel.delivered);

    happens(&f, T0 + DAY, "returning.to_sender");
    assert_status(&f, "returning.to_sender");
    assert_false(f.parcel.delivered);
    assert_int_equal(f.parcel.milestone, 4);

    wismo_pool_done(&f.pool);
}


static void
test_milestones(void **state)
{
    size_t      i;
    fixture_t   f;

    static const struct {
        const char  *status;
        int          milestone;
    } life[] = {
        { "label_created.announced", 0 }, { "picked_up.collected", 1 },
        { "delayed.weather", 1 }, { "in_transit.moving", 2 },
        { "picked_up.origin_facility", 2 }, { "on_hold.customs", 2 },
        { "out_for_delivery.on_vehicle", 3 }, { "attempt_failed.absent", 3 },
        { "in_transit.local_facility", 3 }, { "note", 3 },
        { "ready_for_pickup.waiting", 3 }, { "delivered.collected", 4 },
        { "in_transit.moving", 4 }
    };

    (void) state;

    start(&f);

    for (i = 0; i < countof(life); i++) {
        happens(&f, T0 + (int64_t) i * 600, life[i].status);
        assert_int_equal(f.parcel.milestone, life[i].milestone);
    }

    assert_status(&f, "delivered.collected");
    assert_true(f.parcel.delivered);

    wismo_pool_done(&f.pool);
}


static void
test_late_news(void **state)
{
    fixture_t       f;
    wismo_event_t   e[2];
    wismo_report_t  r;

    (void) state;

    start(&f);

    happens(&f, T0, "out_for_delivery.on_vehicle");
    happens(&f, T0 - DAY, "in_transit.moving");

    assert_status(&f, "out_for_delivery.on_vehicle");
    assert_int_equal(f.parcel.nevents, 2);
    assert_true(f.changed);

    /* two scans in one second: the farther one is the later */

    e[0] = event(T0 + 60, "out_for_delivery", "A");
    e[1] = event(T0 + 60, "in_transit", "Z");
    r = report(e, 2);
    tell(&f, &r);

    assert_status(&f, "out_for_delivery.on_vehicle");
    assert_str(f.parcel.events[0].code, "A");

    wismo_pool_done(&f.pool);
}


static void
test_clocks_without_zone(void **state)
{
    fixture_t       f;
    wismo_event_t   e[4];
    wismo_report_t  r;

    (void) state;

    start(&f);

    /* 10:00 in New York, told as local time, comes before 16:00Z */

    e[0] = event(T0 - 7200, "in_transit.departed_facility", "A");
    wismo_time_local(&e[0].when, T0 - 7200 - 5 * 3600, -300,
                     WISMO_BASIS_OFFSET);

    e[1] = event(0, "out_for_delivery.on_vehicle", "B");
    wismo_time_local(&e[1].when, T0 - 3600 - 5 * 3600, WISMO_OFFSET_NONE,
                     WISMO_BASIS_LOCAL);
    assert_int_equal(e[1].when.utc, WISMO_TIME_NONE);

    r = report(e, 2);
    tell(&f, &r);

    assert_status(&f, "out_for_delivery.on_vehicle");
    assert_str(f.parcel.events[0].code, "B");
    assert_int_equal(f.parcel.events[0].when.utc, WISMO_TIME_NONE);

    /* a day alone is its beginning; no time at all comes first of all */

    e[2] = event(0, "label_created.announced", "C");
    wismo_time_local(&e[2].when, T0, WISMO_OFFSET_NONE, WISMO_BASIS_DATE);

    e[3] = event(0, "label_created.announced", "D");
    wismo_time_local(&e[3].when, WISMO_TIME_NONE, WISMO_OFFSET_NONE,
                     WISMO_BASIS_UNKNOWN);

    r = report(e, 4);
    tell(&f, &r);

    assert_status(&f, "out_for_delivery.on_vehicle");
    assert_int_equal(f.parcel.nevents, 4);
    assert_str(f.parcel.events[2].code, "C");
    assert_str(f.parcel.events[3].code, "D");

    wismo_pool_done(&f.pool);
}


static void
test_headline(void **state)
{
    size_t          i;
    fixture_t       f;
    wismo_event_t   e;
    wismo_report_t  r;

    static const struct {
        const char  *event;
        const char  *headline;
        const char  *is;
    } cases[] = {

        /* it says the same, but less; or more */
        { "in_transit.departed_facility", "in_transit.moving",
          "in_transit.departed_facility" },
        { "delivered.generic", "delivered.neighbour", "delivered.neighbour" },
        { "delivered.neighbour", "delivered.generic", "delivered.neighbour" },

        /* it is farther, or a problem the events do not show */
        { "out_for_delivery.on_vehicle", "delivered.generic",
          "delivered.generic" },
        { "in_transit.moving", "on_hold.customs", "on_hold.customs" },

        /* it is too coarse for the problem that the event tells */
        { "attempt_failed.absent", "unknown.no_info",
          "attempt_failed.absent" },
        { "on_hold.payment_due", "label_created.announced",
          "on_hold.payment_due" },

        /* the events tell nothing, or something else */
        { "note", "in_transit.moving", "in_transit.moving" },
        { "out_for_delivery.on_vehicle", "in_transit.moving",
          "in_transit.moving" },

        /* and it keeps the rules */
        { "delivered.generic", "in_transit.moving", "delivered.generic" },
        { "returning.to_sender", "delivered.generic", "returned.received" },
        { "in_transit.moving", "unknown.no_info", "in_transit.moving" }
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        start(&f);

        e = event(T0, cases[i].event, "X");
        r = report(&e, 1);
        r.status = row(cases[i].headline);

        tell(&f, &r);

        if (f.parcel.status != row(cases[i].is)) {
            fail_msg("%s under %s: %s.%s", cases[i].event, cases[i].headline,
                     f.parcel.status->name, f.parcel.status->sub);
        }

        wismo_pool_done(&f.pool);
    }

    /* a headline is as old as its report */

    start(&f);

    e = event(T0, "picked_up", "X");
    r = report(&e, 1);
    r.status = row("in_transit");
    tell(&f, &r);
    assert_status(&f, "in_transit.moving");

    happens(&f, T0 + 60, "out_for_delivery");
    assert_status(&f, "out_for_delivery.on_vehicle");

    tell(&f, &r);
    assert_false(f.changed);

    wismo_pool_done(&f.pool);

    /* reports without events are told apart by when they were made */

    start(&f);

    r = report(NULL, 0);
    r.status = row("delayed.weather");
    r.as_of = T0;
    tell(&f, &r);
    assert_status(&f, "delayed.weather");

    r.status = row("in_transit.moving");
    r.as_of = T0 + 60;
    tell(&f, &r);
    assert_status(&f, "in_transit.moving");

    r.status = row("delayed.weather");
    r.as_of = T0 + 30;
    tell(&f, &r);
    assert_status(&f, "in_transit.moving");
    assert_false(f.changed);

    wismo_pool_done(&f.pool);
}


static void
test_who_has_it(void **state)
{
    fixture_t       f;
    wismo_event_t   e;
    wismo_report_t  r;

    (void) state;

    start(&f);
    happens(&f, T0, "delivered.neighbour");
    assert_int_equal(f.parcel.delivered_to, WISMO_TO_NEIGHBOUR);
    wismo_pool_done(&f.pool);

    start(&f);

    e = event(T0, "delivered", "D");
    r = report(&e, 1);
    r.delivered_to = WISMO_TO_LOCKER;
    tell(&f, &r);

    assert_int_equal(f.parcel.delivered_to, WISMO_TO_LOCKER);
    assert_int_equal(e.delivered_to, WISMO_TO_NONE);
    wismo_pool_done(&f.pool);

    start(&f);

    r.status = row("delivered");
    r.delivered_to = WISMO_TO_HOUSEHOLD;
    r.signed_by = str("Mrs. Smith");
    tell(&f, &r);

    assert_int_equal(f.parcel.delivered_to, WISMO_TO_HOUSEHOLD);
    assert_true(f.parcel.signed_for);
    wismo_pool_done(&f.pool);

    /* waiting at a shop is not delivered */

    start(&f);

    e = event(T0, "ready_for_pickup", "D");
    e.delivered_to = WISMO_TO_LOCKER;
    r = report(&e, 1);
    tell(&f, &r);

    assert_false(f.parcel.delivered);
    assert_int_equal(f.parcel.delivered_to, WISMO_TO_NONE);
    wismo_pool_done(&f.pool);
}


static void
test_pieces(void **state)
{
    fixture_t       f;
    wismo_event_t   e;
    wismo_report_t  r;

    (void) state;

    start(&f);

    e = event(T0, "delivered", "D");
    r = report(&e, 1);
    r.pieces_total = 3;
    r.pieces_delivered = 1;
    tell(&f, &r);

    assert_status(&f, "delivered.partial");
    assert_false(f.parcel.delivered);
    assert_int_equal(f.parcel.milestone, 3);

    r.pieces_delivered = 3;
    tell(&f, &r);

    assert_status(&f, "delivered.generic");
    assert_true(f.parcel.delivered);

    r.pieces_total = 0;
    r.pieces_delivered = 0;
    tell(&f, &r);
    assert_false(f.changed);

    wismo_pool_done(&f.pool);
}


static void
test_estimate(void **state)
{
    fixture_t       f;
    wismo_event_t   e;
    wismo_report_t  r;

    (void) state;

    start(&f);

    e = event(T0, "in_transit", "A");
    r = report(&e, 1);
    r.edd.basis = WISMO_BASIS_DATE;
    r.edd.from = WISMO_TIME_NONE;
    r.edd.to = WISMO_TIME_NONE;
    r.edd.date = T0 - T0 % DAY + 3 * DAY;
    r.as_of = T0 + 60;
    tell(&f, &r);

    assert_int_equal(f.parcel.edd.date, T0 - T0 % DAY + 3 * DAY);

    /* the same scan, asked later: sooner after all */

    r.edd.date -= DAY;
    r.as_of = T0 + 120;
    tell(&f, &r);
    assert_true(f.changed);

    r.edd.date += DAY;
    r.as_of = T0 + 90;
    tell(&f, &r);
    assert_false(f.changed);

    /* an older scan's estimate, however late we heard of it */

    e = event(T0 - DAY, "picked_up", "B");
    r.edd.date += 5 * DAY;
    r.as_of = T0 + 500;
    tell(&f, &r);

    assert_int_equal(f.parcel.edd.date, T0 - T0 % DAY + 2 * DAY);

    /* but it was what was expected first, until an older one is heard of */

    assert_int_equal(f.parcel.edd_first.date, T0 - T0 % DAY + 8 * DAY);

    e = event(T0 - 2 * DAY, "picked_up", "B");
    r.edd.date -= 4 * DAY;
    tell(&f, &r);
    assert_int_equal(f.parcel.edd_first.date, T0 - T0 % DAY + 4 * DAY);
    assert_int_equal(f.parcel.edd.date, T0 - T0 % DAY + 2 * DAY);

    /* nothing said takes nothing away */

    e = event(T0 + DAY, "in_transit", "C");
    memset(&r.edd, 0, sizeof(wismo_edd_t));
    tell(&f, &r);

    assert_int_equal(f.parcel.edd.date, T0 - T0 % DAY + 2 * DAY);
    assert_int_equal(f.parcel.edd_first.date, T0 - T0 % DAY + 4 * DAY);

    wismo_pool_done(&f.pool);
}


static void
test_room(void **state)
{
    unsigned        i;
    uint64_t        seed;
    fixture_t       f;
    wismo_event_t   e, *kept;
    wismo_report_t  r;

    static char     code[2000][8];

    (void) state;

    start(&f);
    seed = 7;

    happens(&f, T0, "out_for_delivery.on_vehicle");
    happens(&f, T0 + 1, "returning.to_sender");

    /* two years of scans, in any order */

    for (i = 0; i < 2000; i++) {
        (void) snprintf(code[i], sizeof(code[i]), "%u", i);

        e = event(T0 + 60 * (int64_t) (test_random(&seed) % 2000), "note",
                  code[i]);
        r = report(&e, 1);
        tell(&f, &r);
    }

    assert_true(f.parcel.nevents <= WISMO_EVENTS_MAX);
    assert_true(f.parcel.nevents >= WISMO_EVENTS_MAX - 7);
    assert_status(&f, "returning.to_sender");
    assert_int_equal(f.parcel.milestone, 3);

    assert_int_equal(wismo_merge_trim(&f.pool, f.parcel.events,
                                      f.parcel.nevents, 2, &kept, &i),
                     WISMO_OK);
    assert_int_equal(i, 2);
    assert_ptr_equal(kept[0].status, row("returning.to_sender"));
    assert_ptr_equal(kept[1].status, row("out_for_delivery.on_vehicle"));

    wismo_pool_done(&f.pool);
}


/* Orders. */

static void
parcel(wismo_parcel_t *p, const char *id, const char *number)
{
    memset(p, 0, sizeof(wismo_parcel_t));

    p->id = str(id);
    p->carrier = str("ups");
    p->tracking_number = str(number);
    p->weight_g = -1;
    p->checked_at = WISMO_TIME_NONE;
    p->next_check_at = WISMO_TIME_NONE;
}


static void
test_shop_changes_its_mind(void **state)
{
    fixture_t       f;
    wismo_order_t   body, stored;
    wismo_parcel_t  now[3], was[2];

    (void) state;

    start(&f);
    happens(&f, T0, "in_transit.moving");
    f.parcel.checked_at = T0 + 5;
    f.parcel.source = str("poll");
    f.parcel.edd.basis = WISMO_BASIS_DATE;
    f.parcel.edd.date = T0 - T0 % DAY;

    was[0] = f.parcel;
    parcel(&was[1], "p2", "GONE");
    was[1].status = row("unknown");

    memset(&stored, 0, sizeof(wismo_order_t));
    stored.number = str("1001");
    stored.parcels = was;
    stored.nparcels = 2;
    stored.version = 41;

    /* the one that stays is listed last; p2 was another's */

    parcel(&now[0], "p1", "NEW");
    parcel(&now[1], "p2", "NEWER");
    parcel(&now[2], "p3", "1Z999");
    now[0].id_default = now[1].id_default = now[2].id_default = true;

    memset(&body, 0, sizeof(wismo_order_t));
    body.number = str("1001");
    body.parcels = now;
    body.nparcels = 3;

    assert_int_equal(wismo_merge_order(&f.pool, &body, &stored), WISMO_OK);

    assert_int_equal(body.version, 41);
    assert_int_equal(body.nparcels, 3);

    assert_str(now[0].id, "p3");
    assert_str(now[1].id, "p4");
    assert_str(now[2].id, "p1");

    assert_ptr_equal(now[0].status, row("unknown.no_info"));
    assert_ptr_equal(now[2].status, row("in_transit.moving"));
    assert_int_equal(now[2].nevents, 1);
    assert_int_equal(now[2].checked_at, T0 + 5);
    assert_int_equal(now[2].edd.basis, WISMO_BASIS_DATE);
    assert_str(now[2].source, "poll");

    assert_ptr_equal(body.status, row("unknown.no_info"));
    assert_int_equal(body.edd.basis, WISMO_BASIS_DATE);

    /* the shop's own ids are the shop's */

    parcel(&now[0], "box", "1Z999");
    body.nparcels = 1;

    assert_int_equal(wismo_merge_order(&f.pool, &body, &stored), WISMO_OK);
    assert_str(now[0].id, "box");
    assert_int_equal(now[0].nevents, 1);

    /* an order without a past */

    body.nparcels = 0;
    assert_int_equal(wismo_merge_order(&f.pool, &body, NULL), WISMO_OK);
    assert_ptr_equal(body.status, row("ordered.confirmed"));

    wismo_pool_done(&f.pool);
}


static void
test_rollup(void **state)
{
    size_t          i, j;
    fixture_t       f;
    wismo_order_t   order;
    wismo_parcel_t  p[3];

    static const struct {
        const char  *parcels[3];
        const char  *is;
        int          milestone;
        unsigned     delivered;
        int          severity;
    } cases[] = {
        { { NULL }, "ordered.confirmed", 0, 0, WISMO_GREEN },
        { { "delivered.generic" }, "delivered.generic", 4, 1, WISMO_GREEN },
        { { "delivered.generic", "in_transit.moving" },
          "in_transit.moving", 2, 1, WISMO_GREEN },
        { { "in_transit.moving", "out_for_delivery", "delivered" },
          "in_transit.moving", 2, 1, WISMO_GREEN },
        { { "delivered.generic", "failed.lost" }, "failed.lost", 0, 1,
          WISMO_RED },
        { { "picked_up.collected", "cancelled.by_merchant" },
          "picked_up.collected", 1, 0, WISMO_GREEN },
        { { "cancelled.by_recipient" }, "cancelled.by_recipient", 0, 0,
          WISMO_AMBER },
        { { "cancelled.by_recipient", "cancelled.by_recipient" },
          "cancelled.by_recipient", 0, 0, WISMO_AMBER },
        { { "cancelled.by_recipient", "cancelled.by_merchant" },
          "cancelled.by_merchant", 0, 0, WISMO_AMBER },
        { { "in_transit.moving", "delivered.damaged" },
          "in_transit.moving", 2, 1, WISMO_RED },
        { { "unknown", "label_created.pickup_failed" },
          "label_created.pickup_failed", 0, 0, WISMO_AMBER }
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {

        memset(&order, 0, sizeof(wismo_order_t));
        order.parcels = p;

        for (j = 0; j < 3 && cases[i].parcels[j]; j++) {
            start(&f);
            happens(&f, T0, cases[i].parcels[j]);
            p[j] = f.parcel;
            p[j].events = NULL;
            p[j].nevents = 0;
            order.nparcels++;
            wismo_pool_done(&f.pool);
        }

        wismo_merge_rollup(&order);

        if (order.status != row(cases[i].is)
            || order.milestone != cases[i].milestone
            || order.ndelivered != cases[i].delivered
            || (int) order.severity != cases[i].severity)
        {
            fail_msg("case %zu: %s.%s, milestone %d, %u delivered, severity "
                     "%d", i, order.status->name, order.status->sub,
                     order.milestone, order.ndelivered,
                     (int) order.severity);
        }

        order.cancelled = true;
        wismo_merge_rollup(&order);
        assert_ptr_equal(order.status, row("cancelled.by_merchant"));
    }

    /* the last of the parcels that still come tells when all are there */

    parcel(&p[0], "p1", "A");
    p[0].status = row("in_transit");
    p[0].milestone = 2;
    p[0].edd.basis = WISMO_BASIS_DATE;
    p[0].edd.from = p[0].edd.to = WISMO_TIME_NONE;
    p[0].edd.date = T0 - T0 % DAY;
    p[1] = p[0];
    p[1].edd.date += DAY;
    p[2] = p[0];
    p[2].edd.date += 2 * DAY;
    p[2].status = row("delivered");
    p[2].delivered = true;
    p[2].milestone = 4;

    memset(&order, 0, sizeof(wismo_order_t));
    order.parcels = p;
    order.nparcels = 3;
    wismo_merge_rollup(&order);

    assert_int_equal(order.edd.date, T0 - T0 % DAY + DAY);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_nothing_said),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_final_is_sticky),
        cmocka_unit_test(test_way_back),
        cmocka_unit_test(test_milestones),
        cmocka_unit_test(test_late_news),
        cmocka_unit_test(test_clocks_without_zone),
        cmocka_unit_test(test_headline),
        cmocka_unit_test(test_who_has_it),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_estimate),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_shop_changes_its_mind),
        cmocka_unit_test(test_rollup)
    };

    return test_run("merge", tests, countof(tests));
}
