
/*
 * Copyright (C) The Wismo authors
 *
 * What time alone brings about, at a faked time: each threshold is silent
 * until it is passed, says when it will be, raises once, and is cleared by
 * news; weekends don't count where nobody works, and what a carrier says to
 * be wrong is never hidden.
 */


#include "test_merge.h"

#include "wismo_clock.h"


#define HOUR      3600
#define MONDAY    INT64_C(1764547200)     /* 2025-12-01, midnight UTC */


typedef struct {
    wismo_pool_t      pool;
    wismo_clock_t    *clock;
    wismo_parcel_t    parcel;
    wismo_order_t     order;
    json_t           *json;
} shop_t;


static void
shop(shop_t *s, const char *thresholds)
{
    wismo_error_t  err;

    memset(s, 0, sizeof(shop_t));

    wismo_pool_init(&s->pool, 64 << 20, NULL, NULL);

    if (thresholds) {
        s->json = json_loads(thresholds, 0, NULL);
        assert_non_null(s->json);
    }

    assert_int_equal(wismo_clock_create(&s->pool, s->json, &s->clock, &err),
                     WISMO_OK);

    s->order.number = str("1001");
    s->order.placed_at = MONDAY + 9 * HOUR;
    s->order.promised_from = WISMO_TIME_NONE;
    s->order.promised_until = WISMO_TIME_NONE;
    s->order.edd.date = WISMO_TIME_NONE;

    s->parcel.id = str("p1");
    s->parcel.carrier = str("ups");
    s->parcel.tracking_number = str("1Z1");
    s->parcel.source = str("poll");
    s->parcel.weight_g = -1;
    s->parcel.shipped_at = WISMO_TIME_NONE;
    s->parcel.status = row("unknown.no_info");
    s->parcel.reported = s->parcel.status;
    s->parcel.edd.basis = WISMO_BASIS_UNKNOWN;

    wismo_merge_rollup(&s->order);
}


static void
done(shop_t *s)
{
    json_decref(s->json);
    wismo_pool_done(&s->pool);
}


static void
scan(shop_t *s, int64_t at, const char *status)
{
    bool             changed;
    wismo_event_t   *e;
    wismo_report_t   r;

    s->order.parcels = &s->parcel;
    s->order.nparcels = 1;

    e = wismo_palloc(&s->pool, sizeof(wismo_event_t));
    assert_non_null(e);

    *e = event(at, status, status);
    r = report(e, 1);
    r.tracking_number = s->parcel.tracking_number;

    assert_int_equal(wismo_merge_report(&s->pool, &s->parcel, &r, &changed),
                     WISMO_OK);
    assert_true(changed);
}


#define is(row, status, substatus)                                            \
    assert_string_equal((row)->name, status);                                 \
    assert_string_equal((row)->sub, substatus)


/* Walks from threshold to threshold: nothing may change in between. */

static int64_t
until(shop_t *s, int64_t now)
{
    int64_t                   next;
    const wismo_substatus_t  *was;

    next = wismo_clock_order(s->clock, &s->order, now);

    if (next == WISMO_TIME_NONE) {
        return next;
    }

    assert_true(next > now);

    was = s->order.status;
    (void) wismo_clock_order(s->clock, &s->order, next - 1);
    assert_ptr_equal(s->order.status, was);

    return next;
}


static void
test_never_shipped(void **state)
{
    shop_t   s;
    int64_t  next;

    (void) state;

    shop(&s, NULL);

    next = until(&s, MONDAY + 10 * HOUR);
    assert_int_equal(next, MONDAY + 3 * DAY + 9 * HOUR);

    assert_int_equal(wismo_clock_order(s.clock, &s.order, next),
                     WISMO_TIME_NONE);
    is(s.order.status, "ordered", "held_up");
    assert_int_equal(s.order.severity, WISMO_AMBER);
    assert_int_equal(s.order.status->act, WISMO_ACT_MERCHANT);
    assert_int_equal(s.order.raised.level, 1);
    assert_int_equal(s.order.raised.since, next);

    /* whoever looks later finds the same */

    (void) wismo_clock_order(s.clock, &s.order, next + 9 * DAY);
    assert_int_equal(s.order.raised.since, next);

    /* shipped: cleared */

    scan(&s, next + HOUR, "picked_up.collected");
    (void) wismo_clock_order(s.clock, &s.order, next + 2 * HOUR);
    is(s.order.status, "picked_up", "collected");
    assert_int_equal(s.order.raised.level, 0);
    assert_int_equal(s.order.severity, WISMO_GREEN);

    /* on a Friday the weekend does not count */

    done(&s);
    shop(&s, NULL);
    s.order.placed_at = MONDAY + 4 * DAY + 9 * HOUR;
    assert_int_equal(until(&s, s.order.placed_at + 1),
                     MONDAY + 9 * DAY + 9 * HOUR);

    /* an order without a date counts from when we heard of it */

    done(&s);
    shop(&s, NULL);
    s.order.placed_at = WISMO_TIME_NONE;
    assert_int_equal(until(&s, MONDAY + 1), MONDAY + 3 * DAY + 1);
    assert_int_equal(s.order.added_at, MONDAY + 1);

    done(&s);
}


static void
test_no_first_scan(void **state)
{
    shop_t   s;
    int64_t  next;

    (void) state;

    shop(&s, NULL);
    scan(&s, MONDAY + 9 * HOUR, "label_created.announced");

    next = until(&s, MONDAY + 10 * HOUR);
    assert_int_equal(next, MONDAY + 2 * DAY + 9 * HOUR);

    next = until(&s, next);
    is(s.order.status, "label_created", "no_first_scan");
    assert_int_equal(s.parcel.raised.level, 1);
    assert_string_equal(s.parcel.reported->sub, "announced");
    assert_int_equal(next, MONDAY + 7 * DAY + 9 * HOUR);

    (void) until(&s, next);
    assert_int_equal(s.parcel.raised.level, 2);
    assert_int_equal(s.parcel.raised.since, MONDAY + 2 * DAY + 9 * HOUR);
    assert_int_equal(s.parcel.raised.at, next);

    /* the shop says when it was handed over */

    s.parcel.shipped_at = MONDAY + 3 * DAY;
    (void) wismo_clock_order(s.clock, &s.order, MONDAY + 4 * DAY);
    is(s.order.status, "label_created", "announced");

    done(&s);
}


static void
test_stalled(void **state)
{
    shop_t   s;
    int64_t  next;

    (void) state;

    shop(&s, NULL);
    scan(&s, MONDAY + 9 * HOUR, "in_transit.departed_facility");

    next = until(&s, MONDAY + 10 * HOUR);
    assert_int_equal(next, MONDAY + 3 * DAY + 9 * HOUR);

    next = until(&s, next);
    is(s.parcel.status, "delayed", "stalled");
    assert_int_equal(s.parcel.milestone, 2);
    assert_int_equal(next, MONDAY + 45 * DAY + 9 * HOUR);

    (void) until(&s, next);
    is(s.parcel.status, "expired", "no_updates");

    scan(&s, next + HOUR, "in_transit.arrived_facility");
    (void) until(&s, next + HOUR);
    is(s.parcel.status, "in_transit", "arrived_facility");

    /* out for delivery and not heard of again */

    scan(&s, next + 3 * HOUR, "out_for_delivery.on_vehicle");
    (void) until(&s, next + 5 * HOUR);
    is(s.parcel.status, "out_for_delivery", "on_vehicle");
    (void) until(&s, next + 5 * DAY);
    is(s.parcel.status, "delayed", "stalled");

    /* across a border it takes longer */

    done(&s);
    shop(&s, NULL);
    s.order.lane_from = str("DE-HE-60311");
    s.order.lane_to = str("FR--750");
    scan(&s, MONDAY + 9 * HOUR, "in_transit.departed_facility");
    assert_int_equal(until(&s, MONDAY + 10 * HOUR),
                     MONDAY + 9 * DAY + 9 * HOUR);

    /* with customs by its own measure */

    scan(&s, MONDAY + DAY, "in_transit.customs");
    next = until(&s, MONDAY + DAY + HOUR);
    assert_int_equal(next, MONDAY + 8 * DAY);
    (void) until(&s, next);
    is(s.parcel.status, "delayed", "customs");

    done(&s);
}


static void
test_promise(void **state)
{
    shop_t   s;
    int64_t  next;

    (void) state;

    shop(&s, NULL);
    s.order.promised_until = MONDAY + DAY;
    s.order.promised_days = true;

    scan(&s, MONDAY + 20 * HOUR, "in_transit.moving");

    /* the promised day is kept until it is over */

    next = until(&s, MONDAY + DAY);
    assert_int_equal(next, MONDAY + 2 * DAY);
    (void) until(&s, next);
    is(s.order.status, "delayed", "past_promise");
    assert_int_equal(s.order.status->act, WISMO_ACT_MERCHANT);

    /* on the van it is about to be there */

    scan(&s, MONDAY + 2 * DAY + 8 * HOUR, "out_for_delivery.on_vehicle");
    (void) until(&s, MONDAY + 2 * DAY + 9 * HOUR);
    is(s.order.status, "out_for_delivery", "on_vehicle");

    /* what the carrier says to be wrong stays */

    scan(&s, MONDAY + 2 * DAY + 12 * HOUR, "attempt_failed.absent");
    (void) until(&s, MONDAY + 3 * DAY);
    is(s.order.status, "attempt_failed", "absent");

    scan(&s, MONDAY + 3 * DAY, "delivered.generic");
    assert_int_equal(wismo_clock_order(s.clock, &s.order, MONDAY + 99 * DAY),
                     WISMO_TIME_NONE);
    is(s.order.status, "delivered", "generic");

    /* nothing is shipped yet, and it is too late already */

    done(&s);
    shop(&s, NULL);
    s.order.promised_until = MONDAY + 12 * HOUR;
    (void) until(&s, MONDAY + 12 * HOUR);
    is(s.order.status, "delayed", "past_promise");

    /* cancelled is cancelled */

    s.order.cancelled = true;
    assert_int_equal(wismo_clock_order(s.clock, &s.order, MONDAY + 99 * DAY),
                     WISMO_TIME_NONE);
    is(s.order.status, "cancelled", "by_merchant");

    done(&s);
}


static void
test_pickup(void **state)
{
    shop_t   s;
    int64_t  next;

    (void) state;

    shop(&s, NULL);
    scan(&s, MONDAY + 15 * HOUR, "ready_for_pickup.waiting");

    /* a week if nobody says how long */

    next = until(&s, MONDAY + 16 * HOUR);
    assert_int_equal(next, MONDAY + 4 * DAY + 15 * HOUR);

    next = until(&s, next);
    is(s.parcel.status, "ready_for_pickup", "reminder");
    assert_int_equal(next, MONDAY + 6 * DAY + 15 * HOUR);

    (void) until(&s, next);
    is(s.parcel.status, "ready_for_pickup", "last_call");

    /* the day the carrier names, to its end */

    wismo_time_local(&s.parcel.pickup_by, MONDAY + 9 * DAY,
                     WISMO_OFFSET_NONE, WISMO_BASIS_DATE);
    next = until(&s, MONDAY + 16 * HOUR);
    assert_int_equal(next, MONDAY + 7 * DAY);
    assert_int_equal(until(&s, next), MONDAY + 9 * DAY);

    /* a day in hand: nobody is reminded at once */

    wismo_time_local(&s.parcel.pickup_by, MONDAY + DAY,
                     WISMO_OFFSET_NONE, WISMO_BASIS_DATE);
    next = until(&s, MONDAY + 16 * HOUR);
    is(s.parcel.status, "ready_for_pickup", "waiting");
    assert_int_equal(next, MONDAY + DAY);
    (void) until(&s, next);
    is(s.parcel.status, "ready_for_pickup", "last_call");

    done(&s);
}


static void
test_awaiting(void **state)
{
    shop_t   s;
    int64_t  next;

    (void) state;

    shop(&s, NULL);
    scan(&s, MONDAY + 9 * HOUR, "on_hold.payment_due");

    next = until(&s, MONDAY + 10 * HOUR);
    assert_int_equal(next, MONDAY + 2 * DAY + 9 * HOUR);
    assert_int_equal(s.parcel.raised.level, 0);

    assert_int_equal(until(&s, next), WISMO_TIME_NONE);
    is(s.parcel.status, "on_hold", "payment_due");
    assert_int_equal(s.parcel.raised.level, 1);

    done(&s);
}


static void
test_outlook(void **state)
{
    shop_t   s;
    int64_t  next;

    (void) state;

    shop(&s, NULL);
    scan(&s, MONDAY + 9 * HOUR, "in_transit.moving");
    (void) wismo_clock_order(s.clock, &s.order, MONDAY + 10 * HOUR);

    s.order.edd.basis = WISMO_BASIS_DATE;
    s.order.edd.from = WISMO_TIME_NONE;
    s.order.edd.to = WISMO_TIME_NONE;
    s.order.edd.date = MONDAY + 2 * DAY;

    next = wismo_clock_outlook(s.clock, &s.order, MONDAY + 10 * HOUR);
    assert_int_equal(s.order.outlook, WISMO_OUTLOOK_NONE);
    assert_int_equal(next, MONDAY + DAY + 7 * HOUR);

    next = wismo_clock_outlook(s.clock, &s.order, next);
    assert_int_equal(s.order.outlook, WISMO_OUTLOOK_TOMORROW);
    assert_int_equal(s.order.outlook_since, MONDAY + DAY + 7 * HOUR);
    assert_int_equal(next, MONDAY + 2 * DAY + 7 * HOUR);

    next = wismo_clock_outlook(s.clock, &s.order, next);
    assert_int_equal(s.order.outlook, WISMO_OUTLOOK_TODAY);
    assert_int_equal(next, MONDAY + 3 * DAY);

    next = wismo_clock_outlook(s.clock, &s.order, next);
    assert_int_equal(s.order.outlook, WISMO_OUTLOOK_NONE);

    /* our own range begins after what was promised */

    s.order.edd.basis = WISMO_BASIS_UNKNOWN;
    s.order.promised_until = MONDAY + 5 * DAY;
    s.order.promised_days = true;
    s.order.own.reason = WISMO_OWN_HANDOVER;
    s.order.own.at = MONDAY + 3 * DAY;
    s.order.own.from = MONDAY + 5 * DAY;
    s.order.own.to = MONDAY + 8 * DAY;

    (void) wismo_clock_outlook(s.clock, &s.order, MONDAY + 3 * DAY);
    assert_int_equal(s.order.outlook, WISMO_OUTLOOK_NONE);

    s.order.own.from = MONDAY + 6 * DAY;
    next = wismo_clock_outlook(s.clock, &s.order, MONDAY + 3 * DAY);
    assert_int_equal(s.order.outlook, WISMO_OUTLOOK_LATE);
    assert_in_range(next, MONDAY + 6 * DAY, MONDAY + 6 * DAY + 7 * HOUR);

    /* once it is late it is not predicted any more */

    (void) wismo_clock_order(s.clock, &s.order, MONDAY + 6 * DAY);
    is(s.order.status, "delayed", "past_promise");
    (void) wismo_clock_outlook(s.clock, &s.order, MONDAY + 6 * DAY);
    assert_int_equal(s.order.outlook, WISMO_OUTLOOK_NONE);

    done(&s);
}


static void
test_thresholds(void **state)
{
    shop_t   s;
    int64_t  limits[WISMO_CLOCK_LIMITS];

    (void) state;

    shop(&s, "{\"thresholds\": ["
             "{\"stalled\": \"36h\", \"not_dispatched\": \"off\"},"
             "{\"carrier\": \"ups\", \"stalled\": \"2d\"},"
             "{\"carrier\": \"ups\", \"to\": \"US\", \"stalled\": \"5d\"},"
             "{\"brand\": \"acme\", \"customs\": \"90m\"},"
             "{\"abroad\": false, \"expired\": \"30d\"}]}");

    wismo_clock_limits(s.clock, &s.order, NULL, limits);
    assert_int_equal(limits[WISMO_CLOCK_STALLED], 36 * HOUR);
    assert_int_equal(limits[WISMO_CLOCK_NOT_DISPATCHED], -1);
    assert_int_equal(limits[WISMO_CLOCK_CUSTOMS], 5 * DAY);
    assert_int_equal(limits[WISMO_CLOCK_EXPIRED], 30 * DAY);

    wismo_clock_limits(s.clock, &s.order, &s.parcel, limits);
    assert_int_equal(limits[WISMO_CLOCK_STALLED], 2 * DAY);

    s.order.lane_from = str("DE-BE-10115");
    s.order.lane_to = str("US-NY");
    s.order.brand = str("acme");

    wismo_clock_limits(s.clock, &s.order, &s.parcel, limits);
    assert_int_equal(limits[WISMO_CLOCK_STALLED], 5 * DAY);
    assert_int_equal(limits[WISMO_CLOCK_CUSTOMS], 90 * 60);
    assert_int_equal(limits[WISMO_CLOCK_EXPIRED], 45 * DAY);

    /* "USA" is not in "US" */

    s.order.lane_to = str("USA");
    wismo_clock_limits(s.clock, &s.order, &s.parcel, limits);
    assert_int_equal(limits[WISMO_CLOCK_STALLED], 2 * DAY);

    /* off: nothing is raised, ever */

    (void) until(&s, MONDAY + 40 * DAY);
    is(s.order.status, "ordered", "confirmed");

    assert_int_equal(wismo_clock_order(NULL, &s.order, MONDAY + 99 * DAY),
                     WISMO_TIME_NONE);

    done(&s);
}


static void
test_faults(void **state)
{
    size_t          i;
    json_t         *json;
    wismo_pool_t    pool;
    wismo_str_t     text;
    wismo_error_t   err;
    wismo_clock_t  *clock;

    static const struct {
        const char  *text;
        const char  *at;
    }  faults[] = {
        { "[]", "" },
        { "{\"limits\": []}", "" },
        { "{\"thresholds\": {}}", "/thresholds" },
        { "{\"thresholds\": [1]}", "/thresholds/0" },
        { "{\"thresholds\": [{}, {\"staled\": \"1d\"}]}", "/thresholds/1" },
        { "{\"thresholds\": [{\"stalled\": 3}]}", "/thresholds/0/stalled" },
        { "{\"thresholds\": [{\"stalled\": \"\"}]}",
          "/thresholds/0/stalled" },
        { "{\"thresholds\": [{\"stalled\": \"d\"}]}",
          "/thresholds/0/stalled" },
        { "{\"thresholds\": [{\"stalled\": \"1d \"}]}",
          "/thresholds/0/stalled" },
        { "{\"thresholds\": [{\"stalled\": \"367d\"}]}",
          "/thresholds/0/stalled" },
        { "{\"thresholds\": [{\"stalled\": \"999999999999d\"}]}",
          "/thresholds/0/stalled" },
        { "{\"thresholds\": [{\"carrier\": \"\"}]}",
          "/thresholds/0/carrier" },
        { "{\"thresholds\": [{\"abroad\": 1}]}", "/thresholds/0/abroad" }
    };

    (void) state;

    for (i = 0; i < countof(faults); i++) {
        wismo_pool_init(&pool, 1 << 20, NULL, NULL);
        memset(&err, 0, sizeof(wismo_error_t));

        json = json_loads(faults[i].text, 0, NULL);
        assert_non_null(json);
        assert_int_equal(wismo_clock_create(&pool, json, &clock, &err),
                         WISMO_DECLINED);
        assert_string_equal(err.at, faults[i].at);
        assert_non_null(strstr(err.text, "expected"));

        json_decref(json);
        wismo_pool_done(&pool);
    }

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);
    memset(&err, 0, sizeof(wismo_error_t));

    text = str("{\n  \"thresholds\": [\n}");
    assert_int_equal(wismo_clock_check(&pool, &text, &err), WISMO_DECLINED);
    assert_int_equal(err.line, 3);

    wismo_pool_done(&pool);
}


/* What is written comes back, and is judged the same. */

static void
test_stored(void **state)
{
    shop_t            s;
    wismo_str_t       bytes, again;
    wismo_order_t     read;
    wismo_error_t     err;
    wismo_document_t  doc;

    (void) state;

    shop(&s, NULL);
    scan(&s, MONDAY + 9 * HOUR, "in_transit.departed_facility");
    (void) wismo_clock_order(s.clock, &s.order, MONDAY + 10 * DAY);
    s.order.outlook = WISMO_OUTLOOK_TODAY;
    s.order.outlook_since = MONDAY + 7 * HOUR;
    s.order.version = 1;
    s.order.updated_at = MONDAY + 10 * DAY;

    assert_int_equal(wismo_document_write(&s.pool, &s.order, &bytes),
                     WISMO_OK);
    assert_int_equal(wismo_document_open(&bytes, &doc, &err), WISMO_OK);
    assert_int_equal(wismo_document_read(&s.pool, &doc, &read, &err),
                     WISMO_OK);

    is(read.status, "delayed", "stalled");
    is(read.parcels[0].status, "delayed", "stalled");
    is(read.parcels[0].reported, "in_transit", "departed_facility");
    assert_int_equal(read.parcels[0].raised.level, 1);
    assert_int_equal(read.raised.since, MONDAY + 3 * DAY + 9 * HOUR);
    assert_int_equal(read.outlook, WISMO_OUTLOOK_TODAY);

    (void) wismo_clock_order(s.clock, &read, MONDAY + 11 * DAY);
    assert_int_equal(wismo_document_write(&s.pool, &read, &again), WISMO_OK);
    assert_true(wismo_str_eq(&bytes, &again));

    done(&s);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_never_shipped),
        cmocka_unit_test(test_no_first_scan),
        cmocka_unit_test(test_stalled),
        cmocka_unit_test(test_promise),
        cmocka_unit_test(test_pickup),
        cmocka_unit_test(test_awaiting),
        cmocka_unit_test(test_outlook),
        cmocka_unit_test(test_thresholds),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_stored),
    };

    return test_run("clock", tests, countof(tests));
}
