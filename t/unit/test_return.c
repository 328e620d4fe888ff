
/*
 * Copyright (C) The Wismo authors
 *
 * What is sent back is a leg of its own: a shopper whose lamp has arrived must
 * go on reading that it has, and what was delivered to the shop must never be
 * told as delivered to them.
 */


#define _GNU_SOURCE

#include "test_merge.h"

#include "wismo_clock.h"
#include "wismo_notice.h"


typedef struct {
    wismo_pool_t      pool;
    wismo_parcel_t    parcels[3];
    wismo_order_t     order;
} shop_t;


/* Parcels whose ids begin with "r" are returns. */

static void
shop(shop_t *s, const char *ids[], unsigned n)
{
    unsigned  i;

    static const char  *numbers[] = { "1Z1", "1Z2", "1Z3" };

    memset(s, 0, sizeof(shop_t));

    wismo_pool_init(&s->pool, 64 << 20, NULL, NULL);

    s->order.number = str("1001");
    s->order.placed_at = T0;
    s->order.promised_from = WISMO_TIME_NONE;
    s->order.promised_until = WISMO_TIME_NONE;
    s->order.revoked_at = WISMO_TIME_NONE;
    s->order.version = 1;
    s->order.updated_at = T0;
    s->order.parcels = s->parcels;
    s->order.nparcels = n;
    s->order.edd.date = WISMO_TIME_NONE;

    for (i = 0; i < n; i++) {
        s->parcels[i].id = str(ids[i]);
        s->parcels[i].leg = ids[i][0] == 'r' ? WISMO_LEG_RETURN
                                             : WISMO_LEG_OUTBOUND;
        s->parcels[i].carrier = str("ups");
        s->parcels[i].tracking_number = str(numbers[i]);
        s->parcels[i].source = str("poll");
        s->parcels[i].weight_g = -1;
        s->parcels[i].status = row("unknown.no_info");
        s->parcels[i].reported = s->parcels[i].status;
        s->parcels[i].added_at = T0;
        s->parcels[i].shipped_at = WISMO_TIME_NONE;
        s->parcels[i].checked_at = WISMO_TIME_NONE;
        s->parcels[i].next_check_at = WISMO_TIME_NONE;
    }

    wismo_merge_rollup(&s->order);
}


static void
scan(shop_t *s, unsigned i, int64_t at, const char *status)
{
    bool             changed;
    wismo_event_t   *e;
    wismo_report_t   r;

    e = wismo_palloc(&s->pool, sizeof(wismo_event_t));
    assert_non_null(e);

    *e = event(at, status, status);
    r = report(e, 1);
    r.tracking_number = s->parcels[i].tracking_number;

    assert_int_equal(wismo_merge_report(&s->pool, &s->parcels[i], &r,
                                        &changed), WISMO_OK);

    wismo_merge_rollup(&s->order);
}


static bool
find(const wismo_str_t *text, const char *what)
{
    return memmem(text->data, text->len, what, strlen(what)) != NULL;
}


static const char *
news(const shop_t *before, shop_t *s, int64_t now)
{
    size_t           len;
    unsigned         i, n;
    wismo_notice_t  *list;

    static char      text[2048];

    assert_int_equal(wismo_notice_find(&s->pool,
                                       before ? &before->order : NULL,
                                       &s->order, now, &list, &n), WISMO_OK);

    len = 0;

    for (i = 0; i < n; i++) {
        if (i) {
            text[len++] = ' ';
        }

        len += wismo_notice_id(text + len, &list[i]);
    }

    text[len] = '\0';

    return text;
}


static void
test_way_back(void **state)
{
    size_t      i;
    fixture_t   f;

    static const struct {
        const char  *said;
        const char  *is;
        int          milestone;
    } steps[] = {
        { "label_created.announced", "label_created.announced", 0 },
        { "picked_up.dropped_off", "picked_up.dropped_off", 1 },
        { "in_transit.departed_facility", "in_transit.departed_facility", 2 },
        { "on_hold.generic", "on_hold.generic", 2 },
        { "out_for_delivery.on_vehicle", "out_for_delivery.on_vehicle", 2 },
        { "delivered.signed", "returned.received", 3 },
        { "in_transit.moving", "returned.received", 3 },
        { "returning.to_sender", "returned.received", 3 },
        { "delivered.generic", "returned.received", 3 },
        { "returned.refunded", "returned.refunded", 3 },
        { "delivered.generic", "returned.refunded", 3 }
    };

    (void) state;

    start(&f);
    f.parcel.leg = WISMO_LEG_RETURN;

    for (i = 0; i < countof(steps); i++) {
        happens(&f, T0 + (int64_t) i * 3600, steps[i].said);

        assert_status(&f, steps[i].is);
        assert_int_equal(f.parcel.milestone, steps[i].milestone);
        assert_false(f.parcel.delivered);
    }

    assert_int_equal(f.parcel.delivered_to, WISMO_TO_RETURNED_TO_SENDER);

    wismo_pool_done(&f.pool);
}


/* Carriers flag it, or call it going back: it is no step further. */

static void
test_flagged(void **state)
{
    fixture_t       f;
    wismo_event_t   e;
    wismo_report_t  r;

    (void) state;

    start(&f);
    f.parcel.leg = WISMO_LEG_RETURN;

    e = event(T0, "picked_up.collected", "A");
    e.return_leg = true;
    r = report(&e, 1);
    tell(&f, &r);

    assert_status(&f, "picked_up.collected");

    happens(&f, T0 + 3600, "returning.to_sender");
    assert_status(&f, "returning.to_sender");

    e = event(T0 + 7200, "in_transit.moving", "B");
    e.return_leg = true;
    tell(&f, &r);

    assert_status(&f, "in_transit.moving");

    wismo_pool_done(&f.pool);
}


/* A headline without a scan. */

static void
test_headline(void **state)
{
    fixture_t       f;
    wismo_report_t  r;

    (void) state;

    start(&f);
    f.parcel.leg = WISMO_LEG_RETURN;

    happens(&f, T0, "in_transit.moving");

    r = report(NULL, 0);
    r.status = row("delivered.generic");
    r.as_of = T0 + DAY;
    tell(&f, &r);

    assert_status(&f, "returned.received");
    assert_false(f.parcel.delivered);

    wismo_pool_done(&f.pool);
}


static void
test_order(void **state)
{
    shop_t       s;

    static const char  *ids[] = { "p1", "r1", "p2" };

    (void) state;

    shop(&s, ids, 3);

    scan(&s, 0, T0 + DAY, "delivered.generic");
    scan(&s, 2, T0 + DAY, "delivered.generic");

    assert_ptr_equal(s.order.status, row("delivered.generic"));
    assert_int_equal(s.order.ndelivered, 2);

    /* bad news of the return are the return's */

    scan(&s, 1, T0 + 2 * DAY, "on_hold.address");

    assert_ptr_equal(s.order.status, row("delivered.generic"));
    assert_int_equal(s.order.severity, WISMO_GREEN);

    scan(&s, 1, T0 + 3 * DAY, "delivered.generic");

    assert_ptr_equal(s.order.status, row("delivered.generic"));
    assert_int_equal(s.order.ndelivered, 2);
    assert_int_equal(s.order.milestone, 4);

    wismo_pool_done(&s.pool);
}


/* What a carrier turns back stays on its leg. */

static void
test_turned_back(void **state)
{
    shop_t       s;

    static const char  *ids[] = { "p1", "r1" };

    (void) state;

    shop(&s, ids, 2);

    scan(&s, 1, T0 + DAY, "in_transit.moving");
    scan(&s, 0, T0 + DAY, "failed.refused");
    scan(&s, 0, T0 + 2 * DAY, "returning.to_sender");

    assert_ptr_equal(s.order.status, row("returning.to_sender"));
    assert_int_equal(s.order.severity, WISMO_RED);

    scan(&s, 0, T0 + 3 * DAY, "delivered.generic");

    assert_ptr_equal(s.order.status, row("returned.received"));
    assert_ptr_equal(s.parcels[1].status, row("in_transit.moving"));

    wismo_pool_done(&s.pool);
}


/* Nothing else is known of the order. */

static void
test_alone(void **state)
{
    shop_t       s;

    static const char  *ids[] = { "r1", "r2" };

    (void) state;

    shop(&s, ids, 2);

    assert_ptr_equal(s.order.status, row("returning.to_sender"));
    assert_int_equal(s.order.severity, WISMO_GREEN);

    scan(&s, 0, T0 + DAY, "delivered.generic");
    assert_ptr_equal(s.order.status, row("returning.to_sender"));

    scan(&s, 1, T0 + DAY, "failed.damaged");
    assert_int_equal(s.order.severity, WISMO_RED);

    scan(&s, 1, T0 + 2 * DAY, "delivered.generic");
    assert_ptr_equal(s.order.status, row("returned.received"));
    assert_int_equal(s.order.severity, WISMO_GREEN);

    wismo_pool_done(&s.pool);
}


static void
test_act(void **state)
{
    size_t  i;

    static const struct {
        const char        *row;
        wismo_act_e        act;
        wismo_severity_e   severity;
        wismo_return_e     state;
    } cases[] = {
        { "label_created.announced", WISMO_ACT_RECIPIENT, WISMO_GREEN,
          WISMO_RETURN_REGISTERED },
        { "picked_up.collected", WISMO_ACT_NOBODY, WISMO_GREEN,
          WISMO_RETURN_SENT },
        { "attempt_failed.absent", WISMO_ACT_MERCHANT, WISMO_AMBER,
          WISMO_RETURN_MOVING },
        { "ready_for_pickup.waiting", WISMO_ACT_MERCHANT, WISMO_AMBER,
          WISMO_RETURN_MOVING },
        { "returning.to_sender", WISMO_ACT_NOBODY, WISMO_GREEN,
          WISMO_RETURN_MOVING },
        { "returned.received", WISMO_ACT_MERCHANT, WISMO_GREEN,
          WISMO_RETURN_RECEIVED },
        { "returned.refunded", WISMO_ACT_NOBODY, WISMO_GREEN,
          WISMO_RETURN_REFUNDED },
        { "failed.lost", WISMO_ACT_MERCHANT, WISMO_RED,
          WISMO_RETURN_PROBLEM },
        { "cancelled.by_recipient", WISMO_ACT_NOBODY, WISMO_AMBER,
          WISMO_RETURN_CANCELLED }
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        if (wismo_leg_act(WISMO_LEG_RETURN, row(cases[i].row))
            != cases[i].act)
        {
            fail_msg("%s: act", cases[i].row);
        }

        if (wismo_return_of(row(cases[i].row)) != cases[i].state) {
            fail_msg("%s: state", cases[i].row);
        }

        if (strcmp(cases[i].row, "ready_for_pickup.waiting") != 0
            && wismo_leg_severity(WISMO_LEG_RETURN, row(cases[i].row))
               != cases[i].severity)
        {
            fail_msg("%s: severity", cases[i].row);
        }
    }

    assert_int_equal(wismo_leg_severity(WISMO_LEG_OUTBOUND,
                                        row("returned.received")), WISMO_RED);
}


static void
test_notices(void **state)
{
    shop_t   s, was;

    static const char  *ids[] = { "p1", "r1" };

    (void) state;

    shop(&s, ids, 2);
    scan(&s, 0, T0, "delivered.generic");
    was = s;

    scan(&s, 1, T0 + 60, "label_created.announced");
    assert_string_equal(news(&was, &s, T0 + 60), "");
    was.parcels[1].status = row("cancelled.by_merchant");
    was.order.parcels = was.parcels;
    assert_string_equal(news(&was, &s, T0 + 60), "return_registered.r1");

    was = s;
    was.order.parcels = was.parcels;
    scan(&s, 1, T0 + 3600, "picked_up.dropped_off");
    assert_string_equal(news(&was, &s, T0 + 3600), "return_sent.r1");

    was = s;
    was.order.parcels = was.parcels;
    scan(&s, 1, T0 + 7200, "in_transit.moving");
    assert_string_equal(news(&was, &s, T0 + 7200), "");

    was = s;
    was.order.parcels = was.parcels;
    scan(&s, 1, T0 + 7300, "out_for_delivery.on_vehicle");
    assert_string_equal(news(&was, &s, T0 + 7300), "");

    /* nobody is told that it was delivered */

    was = s;
    was.order.parcels = was.parcels;
    scan(&s, 1, T0 + 9000, "delivered.generic");
    assert_string_equal(news(&was, &s, T0 + 9000), "return_received.r1");

    was = s;
    was.order.parcels = was.parcels;
    scan(&s, 1, T0 + 9900, "returned.refunded");
    assert_string_equal(news(&was, &s, T0 + 9900), "refunded.r1");

    wismo_pool_done(&s.pool);
}


/* The last of two parcels arrives: a return is none of "all". */

static void
test_all_delivered(void **state)
{
    shop_t   s, was;

    static const char  *ids[] = { "p1", "r1", "p2" };

    (void) state;

    shop(&s, ids, 3);
    scan(&s, 0, T0, "delivered.generic");
    scan(&s, 2, T0, "out_for_delivery.on_vehicle");
    was = s;
    was.order.parcels = was.parcels;

    scan(&s, 2, T0 + 60, "delivered.generic");
    assert_string_equal(news(&was, &s, T0 + 60), "delivered.p2 all_delivered");

    wismo_pool_done(&s.pool);
}


static void
test_clock(void **state)
{
    shop_t          s;
    wismo_clock_t  *clock;
    wismo_error_t   err;

    static const char  *ids[] = { "p1", "r1" };

    (void) state;

    shop(&s, ids, 2);

    assert_int_equal(wismo_clock_create(&s.pool, NULL, &clock, &err),
                     WISMO_OK);

    s.order.promised_until = T0 + DAY;

    scan(&s, 0, T0, "delivered.generic");
    scan(&s, 1, T0, "label_created.announced");

    /* whoever sends it has time */

    (void) wismo_clock_order(clock, &s.order, T0 + 30 * DAY);
    assert_ptr_equal(s.parcels[1].status, row("label_created.announced"));

    scan(&s, 1, T0 + 30 * DAY, "in_transit.moving");
    (void) wismo_clock_order(clock, &s.order, T0 + 31 * DAY);
    assert_ptr_equal(s.parcels[1].status, row("in_transit.moving"));

    (void) wismo_clock_order(clock, &s.order, T0 + 45 * DAY);
    assert_ptr_equal(s.parcels[1].status, row("delayed.stalled"));
    assert_ptr_equal(s.order.status, row("delivered.generic"));

    scan(&s, 1, T0 + 46 * DAY, "ready_for_pickup.waiting");
    (void) wismo_clock_order(clock, &s.order, T0 + 60 * DAY);
    assert_ptr_equal(s.parcels[1].status, row("ready_for_pickup.waiting"));

    /* nobody asks for ever */

    (void) wismo_clock_order(clock, &s.order, T0 + 100 * DAY);
    assert_ptr_equal(s.parcels[1].status, row("expired.no_updates"));

    scan(&s, 1, T0 + 101 * DAY, "delivered.generic");
    (void) wismo_clock_order(clock, &s.order, T0 + 300 * DAY);
    assert_ptr_equal(s.parcels[1].status, row("returned.received"));

    wismo_pool_done(&s.pool);
}


/* Its leg is stored; a document from before there were legs is read. */

static void
test_document(void **state)
{
    char               *p;
    shop_t              s;
    unsigned            n;
    wismo_str_t         bytes, again;
    wismo_error_t       err;
    wismo_order_t       order;
    wismo_document_t    doc;

    static const char  *ids[] = { "p1", "r1" };

    (void) state;

    shop(&s, ids, 2);
    scan(&s, 0, T0, "delivered.generic");
    scan(&s, 1, T0, "in_transit.moving");

    assert_int_equal(wismo_document_write(&s.pool, &s.order, &bytes),
                     WISMO_OK);
    assert_int_equal(wismo_document_open(&bytes, &doc, &err), WISMO_OK);
    assert_int_equal(wismo_document_read(&s.pool, &doc, &order, &err),
                     WISMO_OK);

    assert_int_equal(order.parcels[0].leg, WISMO_LEG_OUTBOUND);
    assert_int_equal(order.parcels[1].leg, WISMO_LEG_RETURN);

    assert_int_equal(wismo_document_write(&s.pool, &order, &again), WISMO_OK);
    assert_true(wismo_str_eq(&bytes, &again));

    assert_true(find(&doc.full, "\"parcels_total\":1"));
    assert_true(find(&doc.full, "\"parcels_delivered\":1"));
    assert_true(find(&doc.full, "\"returns_total\":1"));
    assert_true(find(&doc.minimal, "\"leg\":\"return\""));

    /* as it was written then: other names of the same length are none */

    n = 0;

    for (p = (char *) bytes.data;
         (p = memmem(p, (size_t) ((char *) bytes.data + bytes.len - p),
                     "\"leg\"", 5)) != NULL;
         p += 5)
    {
        memcpy(p, "\"gel\"", 5);
        n++;
    }

    assert_int_equal(n, 4);

    assert_int_equal(wismo_document_open(&bytes, &doc, &err), WISMO_OK);
    assert_int_equal(wismo_document_read(&s.pool, &doc, &order, &err),
                     WISMO_OK);

    assert_int_equal(order.nparcels, 2);
    assert_int_equal(order.parcels[0].leg, WISMO_LEG_OUTBOUND);
    assert_int_equal(order.parcels[1].leg, WISMO_LEG_OUTBOUND);
    assert_ptr_equal(order.parcels[1].status, row("in_transit.moving"));

    wismo_pool_done(&s.pool);
}


/* The shop may say later that it is a return. */

static void
test_said_later(void **state)
{
    shop_t  s, body;

    static const char  *ids[] = { "p1", "p2" };
    static const char  *later[] = { "p1", "r1" };

    (void) state;

    shop(&s, ids, 2);
    scan(&s, 0, T0, "delivered.generic");
    scan(&s, 1, T0 + DAY, "delivered.generic");
    assert_int_equal(s.order.ndelivered, 2);

    shop(&body, later, 2);
    assert_int_equal(wismo_merge_order(&s.pool, &body.order, &s.order),
                     WISMO_OK);

    assert_int_equal(body.order.ndelivered, 1);
    assert_ptr_equal(body.parcels[1].status, row("returned.received"));
    assert_ptr_equal(body.order.status, row("delivered.generic"));

    wismo_pool_done(&body.pool);
    wismo_pool_done(&s.pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_way_back),
        cmocka_unit_test(test_flagged),
        cmocka_unit_test(test_headline),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_turned_back),
        cmocka_unit_test(test_alone),
        cmocka_unit_test(test_act),
        cmocka_unit_test(test_notices),
        cmocka_unit_test(test_all_delivered),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_document),
        cmocka_unit_test(test_said_later)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
