
/*
 * Copyright (C) The Wismo authors
 *
 * Who does the last stretch of a parcel, and where it waits: what the merge
 * makes of carriers who say so.
 */


#include "test_merge.h"


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


/* Who delivers: the shop's word stays, and so does what was known first. */

static void
test_partner(void **state)
{
    fixture_t       f;
    wismo_event_t   e;
    wismo_order_t   body, stored;
    wismo_parcel_t  now;
    wismo_report_t  r;

    (void) state;

    start(&f);
    e = event(T0, "in_transit.moving", "a");
    r = report(&e, 1);

    tell(&f, &r);
    assert_str(f.parcel.partner, "");

    r.partner = str("ups");
    tell(&f, &r);
    assert_false(f.changed);
    assert_str(f.parcel.partner, "");

    r.partner = str("usps");
    tell(&f, &r);
    assert_true(f.changed);
    assert_str(f.parcel.partner, "usps");
    assert_str(f.parcel.partner_number, "");

    r.partner_number = str("9200");
    tell(&f, &r);
    assert_true(f.changed);
    assert_str(f.parcel.partner_number, "9200");

    tell(&f, &r);
    assert_false(f.changed);

    r.partner = str("gls");
    r.partner_number = str("77");
    tell(&f, &r);
    assert_false(f.changed);
    assert_str(f.parcel.partner, "usps");
    assert_str(f.parcel.partner_number, "9200");

    wismo_pool_done(&f.pool);


    /* an account of the family is no other carrier */

    start(&f);
    f.parcel.carrier = str("dhl_express");
    r.partner = str("dhl");
    tell(&f, &r);
    assert_str(f.parcel.partner, "");

    r.partner = str("dhl_e");
    tell(&f, &r);
    assert_str(f.parcel.partner, "dhl_e");

    /* the order comes again, and does not know; then it does */

    memset(&stored, 0, sizeof(wismo_order_t));
    stored.number = str("1001");
    stored.parcels = &f.parcel;
    stored.nparcels = 1;

    parcel(&now, "p1", "1Z999");
    now.carrier = str("dhl_express");

    memset(&body, 0, sizeof(wismo_order_t));
    body.number = str("1001");
    body.parcels = &now;
    body.nparcels = 1;

    assert_int_equal(wismo_merge_order(&f.pool, &body, &stored), WISMO_OK);
    assert_str(now.partner, "dhl_e");
    assert_str(now.partner_number, "77");

    parcel(&now, "p1", "1Z999");
    now.carrier = str("dhl_express");
    now.partner = str("postnl");

    assert_int_equal(wismo_merge_order(&f.pool, &body, &stored), WISMO_OK);
    assert_str(now.partner, "postnl");
    assert_str(now.partner_number, "");

    wismo_pool_done(&f.pool);
}


/* Where it waits: the carrier tells what the shop has not. */

static void
test_place(void **state)
{
    fixture_t       f;
    wismo_event_t   e;
    wismo_order_t   body, stored;
    wismo_parcel_t  now;
    wismo_report_t  r;

    (void) state;

    start(&f);
    e = event(T0, "ready_for_pickup.waiting", "a");
    r = report(&e, 1);
    r.pickup.address = str("Nowhere");

    tell(&f, &r);
    assert_str(f.parcel.pickup.address, "");

    f.parcel.pickup.code = str("PK-1");
    r.pickup.name = str("Corner shop");
    tell(&f, &r);
    assert_true(f.changed);
    assert_str(f.parcel.pickup.name, "Corner shop");
    assert_str(f.parcel.pickup.address, "Nowhere");
    assert_str(f.parcel.pickup.code, "PK-1");

    tell(&f, &r);
    assert_false(f.changed);

    /* the order again: with a code of its own, then with a place, too */

    memset(&stored, 0, sizeof(wismo_order_t));
    stored.number = str("1001");
    stored.parcels = &f.parcel;
    stored.nparcels = 1;

    parcel(&now, "p1", "1Z999");
    now.pickup.code = str("PK-2");

    memset(&body, 0, sizeof(wismo_order_t));
    body.number = str("1001");
    body.parcels = &now;
    body.nparcels = 1;

    assert_int_equal(wismo_merge_order(&f.pool, &body, &stored), WISMO_OK);
    assert_str(now.pickup.name, "Corner shop");
    assert_str(now.pickup.code, "PK-2");

    parcel(&now, "p1", "1Z999");
    now.pickup.name = str("Locker 7");

    assert_int_equal(wismo_merge_order(&f.pool, &body, &stored), WISMO_OK);
    assert_str(now.pickup.name, "Locker 7");
    assert_str(now.pickup.address, "");

    wismo_pool_done(&f.pool);


    /* a return is handed in where the shop says */

    start(&f);
    f.parcel.leg = WISMO_LEG_RETURN;
    tell(&f, &r);
    assert_str(f.parcel.pickup.name, "");

    wismo_pool_done(&f.pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_partner),
        cmocka_unit_test(test_place)
    };

    return test_run("partner", tests, countof(tests));
}
