
/*
 * Copyright (C) The Wismo authors
 *
 * What a shopper is told of, and what not: each step of a parcel's life is
 * news once, while it is new, and the past is none.
 */


#include "test_merge.h"

#include "wismo_notice.h"

#include <stdio.h>


#define HOUR      3600


typedef struct {
    wismo_pool_t      pool;
    wismo_parcel_t    parcels[3];
    wismo_order_t     order;
} shop_t;


static void
shop(shop_t *s, unsigned nparcels)
{
    unsigned  i;

    static const char  *ids[] = { "p1", "p2", "p3" };
    static const char  *numbers[] = { "1Z1", "1Z2", "1Z3" };

    memset(s, 0, sizeof(shop_t));

    wismo_pool_init(&s->pool, 64 << 20, NULL, NULL);

    s->order.number = str("1001");
    s->order.placed_at = T0;
    s->order.parcels = s->parcels;
    s->order.nparcels = nparcels;
    s->order.edd.date = WISMO_TIME_NONE;

    for (i = 0; i < nparcels; i++) {
        s->parcels[i].id = str(ids[i]);
        s->parcels[i].carrier = str("ups");
        s->parcels[i].tracking_number = str(numbers[i]);
        s->parcels[i].source = str("poll");
        s->parcels[i].weight_g = -1;
        s->parcels[i].status = row("unknown.no_info");
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


/* The ids of the notices, one after the other with a space between. */

static const char *
news(shop_t *before, shop_t *s, int64_t now)
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
copy(shop_t *to, const shop_t *from)
{
    *to = *from;
    to->order.parcels = to->parcels;
}


static void
test_life(void **state)
{
    shop_t  s, old;

    (void) state;

    shop(&s, 1);
    assert_string_equal(news(NULL, &s, T0 + 60), "order_confirmed");

    copy(&old, &s);
    assert_string_equal(news(&old, &s, T0 + 60), "");

    scan(&s, 0, T0 + HOUR, "label_created.announced");
    assert_string_equal(news(&old, &s, T0 + 2 * HOUR), "label_created.p1");

    copy(&old, &s);
    scan(&s, 0, T0 + 5 * HOUR, "picked_up.collected");
    assert_string_equal(news(&old, &s, T0 + 6 * HOUR), "shipped");

    copy(&old, &s);
    scan(&s, 0, T0 + 9 * HOUR, "in_transit.departed_facility");
    assert_string_equal(news(&old, &s, T0 + 9 * HOUR), "in_transit.p1");

    copy(&old, &s);
    scan(&s, 0, T0 + 12 * HOUR, "in_transit.arrived_facility");
    assert_string_equal(news(&old, &s, T0 + 12 * HOUR), "");

    copy(&old, &s);
    scan(&s, 0, T0 + DAY, "out_for_delivery.on_vehicle");
    assert_string_equal(news(&old, &s, T0 + DAY + HOUR),
                        "out_for_delivery.p1.20251125");

    /* one parcel: that it is delivered says all */

    copy(&old, &s);
    scan(&s, 0, T0 + DAY + 3 * HOUR, "delivered.neighbour");
    assert_string_equal(news(&old, &s, T0 + DAY + 4 * HOUR), "delivered.p1");

    wismo_pool_done(&s.pool);
}


static void
test_stale(void **state)
{
    shop_t  s, old;

    (void) state;

    shop(&s, 1);
    copy(&old, &s);

    scan(&s, 0, T0, "out_for_delivery.on_vehicle");
    assert_string_equal(news(&old, &s, T0 + 7 * HOUR), "");

    /* a whole life seen at once is told by its end, if that is new */

    scan(&s, 0, T0 + HOUR, "delivered.generic");
    assert_string_equal(news(&old, &s, T0 + DAY), "delivered.p1");
    assert_string_equal(news(&old, &s, T0 + 3 * DAY), "");

    /* what is loaded is the past */

    s.parcels[0].source = str("import");
    s.order.placed_at = T0 - 30 * DAY;
    assert_string_equal(news(NULL, &s, T0 + DAY), "");

    wismo_pool_done(&s.pool);
}


static void
test_attempts(void **state)
{
    shop_t  s, old;

    (void) state;

    shop(&s, 1);
    copy(&old, &s);

    scan(&s, 0, T0, "attempt_failed.absent");
    assert_string_equal(news(&old, &s, T0 + HOUR),
                        "attempt_failed.p1.20251124");

    copy(&old, &s);
    scan(&s, 0, T0 + DAY, "attempt_failed.generic");
    assert_string_equal(news(&old, &s, T0 + DAY),
                        "attempt_failed.p1.20251125");

    /* that it still is late is no news, nor by another word for it */

    scan(&s, 0, T0 + DAY + HOUR, "delayed.weather");
    copy(&old, &s);
    scan(&s, 0, T0 + DAY + 2 * HOUR, "delayed.generic");
    assert_string_equal(news(&old, &s, T0 + DAY + 2 * HOUR), "");

    wismo_pool_done(&s.pool);
}


static void
test_split(void **state)
{
    shop_t  s, old;

    (void) state;

    shop(&s, 3);
    copy(&old, &s);

    scan(&s, 1, T0, "picked_up.collected");
    assert_string_equal(news(&old, &s, T0 + HOUR),
                        "partially_shipped.20251124");

    copy(&old, &s);
    scan(&s, 0, T0 + DAY, "picked_up.collected");
    scan(&s, 2, T0 + DAY, "picked_up.collected");
    assert_string_equal(news(&old, &s, T0 + DAY), "shipped");

    scan(&s, 0, T0 + 2 * DAY, "delivered.generic");
    scan(&s, 1, T0 + 2 * DAY, "delivered.generic");
    copy(&old, &s);
    scan(&s, 2, T0 + 3 * DAY, "delivered.safe_place");
    assert_string_equal(news(&old, &s, T0 + 3 * DAY),
                        "delivered.p3 all_delivered");

    wismo_pool_done(&s.pool);
}


static void
test_estimate(void **state)
{
    shop_t  s, old;

    (void) state;

    shop(&s, 1);
    scan(&s, 0, T0, "in_transit.moving");

    s.order.edd.basis = WISMO_BASIS_DATE;
    s.order.edd.from = WISMO_TIME_NONE;
    s.order.edd.to = WISMO_TIME_NONE;
    s.order.edd.date = T0 + 2 * DAY;

    copy(&old, &s);
    s.order.edd.date += 6 * HOUR;
    assert_string_equal(news(&old, &s, T0 + HOUR), "");

    s.order.edd.date = T0 + 3 * DAY;
    assert_string_equal(news(&old, &s, T0 + HOUR),
                        "estimate_changed.20251124");

    wismo_pool_done(&s.pool);
}


static void
test_cancelled(void **state)
{
    shop_t  s, old;

    (void) state;

    shop(&s, 1);
    copy(&old, &s);
    s.order.cancelled = true;
    assert_string_equal(news(&old, &s, T0 + HOUR), "cancelled");

    copy(&old, &s);
    assert_string_equal(news(&old, &s, T0 + HOUR), "");

    wismo_pool_done(&s.pool);
}


static void
test_table(void **state)
{
    wismo_str_t                 name;
    const wismo_notice_kind_t  *k, *other;

    (void) state;

    for (k = wismo_notice_kinds(); k->name; k++) {
        name = str(k->name);
        assert_ptr_equal(wismo_notice_kind(&name), k);
        assert_true(k->max_age > 0);

        for (other = wismo_notice_kinds(); other != k; other++) {
            assert_string_not_equal(other->name, k->name);
        }
    }

    name = str("nonsense");
    assert_null(wismo_notice_kind(&name));
}


static wismo_notice_entry_t
entry(const char *id, const char *value)
{
    wismo_str_t           i, v;
    wismo_notice_entry_t  e;

    i = str(id);
    v = str(value);

    assert_int_equal(wismo_notice_read(&i, &v, &e), WISMO_OK);

    return e;
}


static void
test_ledger(void **state)
{
    char                   buf[WISMO_NOTICE_VALUE_MAX], big[600];
    size_t                 len;
    unsigned               i;
    wismo_str_t            id, value;
    wismo_notice_entry_t   e;

    static const char  *bad[] = {
        "", "pending", "pending 1", "pending 1 2", "pending 1 2 3",
        "pending 1 2 x ", "pending  1 2 3 ", "nonsense 1 2 3 ",
        "pending 12345678901234567890 1 2 ", "pending -1 2 3 "
    };

    (void) state;

    e = entry("out_for_delivery.p1.20251125", "retry 5 2 77 450 4.2.1 busy");
    assert_string_equal(e.kind->name, "out_for_delivery");
    assert_int_equal(e.parcel.len, 2);
    assert_int_equal(e.state, WISMO_NOTICE_RETRY);
    assert_int_equal(e.at, 5);
    assert_int_equal(e.attempts, 2);
    assert_int_equal(e.when, 77);

    len = wismo_notice_write(buf, &e);
    assert_int_equal(len, strlen("retry 5 2 77 450 4.2.1 busy"));
    assert_memory_equal(buf, "retry 5 2 77 450 4.2.1 busy", len);

    e = entry("delivered.p.1", "sent 1 1 2 ");
    assert_int_equal(e.parcel.len, 3);
    e = entry("partially_shipped.20251125", "sent 1 1 2 ");
    assert_int_equal(e.parcel.len, 0);
    e = entry("delayed.1", "pending 1 0 0 ");
    assert_int_equal(e.parcel.len, 0);
    e = entry("new_in_some_version.p1", "pending 1 0 0 ");
    assert_null(e.kind);

    for (i = 0; i < countof(bad); i++) {
        id = str("delivered.p1");
        value = str(bad[i]);
        assert_int_equal(wismo_notice_read(&id, &value, &e), WISMO_DECLINED);
    }

    memset(big, 'x', sizeof(big));
    e.text.data = (unsigned char *) big;
    e.text.len = sizeof(big);
    assert_int_equal(wismo_notice_write(buf, &e), WISMO_NOTICE_VALUE_MAX);
}


static const char *
verdict(const wismo_notice_entry_t *entries, unsigned n, unsigned i,
    const wismo_notice_rules_t *rules, int64_t now, int64_t *until)
{
    const char  *why;

    why = "";
    *until = 0;

    switch (wismo_notice_judge(entries, n, i, rules, now, until, &why)) {

    case WISMO_NOTICE_SEND:
        return "send";

    default:
        return why;
    }
}


/* What was asked for is no news, and neither is held back by the other. */

static void
test_judge_asked(void **state)
{
    char                  at[64];
    int64_t               until, now;
    wismo_notice_entry_t  e[3];
    wismo_notice_rules_t  rules;

    (void) state;

    now = T0;
    memset(&rules, 0, sizeof(rules));
    rules.people = true;
    rules.quiet_from = 0;
    rules.quiet_until = 1439;

    snprintf(at, sizeof(at), "sent %lld 1 %lld m1", (long long) now,
             (long long) now);
    e[0] = entry("delivered.p1", at);
    snprintf(at, sizeof(at), "pending %lld 0 0 ", (long long) now - 60);
    e[1] = entry("link_requested.1796036913", at);

    assert_true(wismo_notice_asked(e[1].kind));
    assert_false(wismo_notice_asked(e[0].kind));
    assert_int_equal(e[1].parcel.len, 0);
    assert_string_equal(verdict(e, 2, 1, &rules, now, &until), "send");

    /* not for ever, and only the last one */

    assert_string_equal(verdict(e, 2, 1, &rules, now + 7 * HOUR, &until),
                        "stale");

    snprintf(at, sizeof(at), "pending %lld 0 0 ", (long long) now);
    e[2] = entry("link_requested.1796036973", at);
    assert_string_equal(verdict(e, 3, 1, &rules, now, &until), "replaced");
    assert_string_equal(verdict(e, 3, 2, &rules, now, &until), "send");

    /* the other way */

    snprintf(at, sizeof(at), "sent %lld 1 %lld m1", (long long) now,
             (long long) now);
    e[1] = entry("link_requested.1796036913", at);
    snprintf(at, sizeof(at), "pending %lld 0 0 ", (long long) now - 60);
    e[0] = entry("delivered.p1", at);
    rules.quiet_until = 0;
    assert_string_equal(verdict(e, 2, 0, &rules, now, &until), "send");
}


static void
test_judge(void **state)
{
    char                  at[64];
    int64_t               until, now;
    wismo_notice_entry_t  e[3];
    wismo_notice_rules_t  rules, quiet;

    (void) state;

    now = T0;
    memset(&rules, 0, sizeof(rules));
    rules.people = true;

    snprintf(at, sizeof(at), "pending %lld 0 0 ", (long long) now);
    e[0] = entry("shipped", at);
    assert_string_equal(verdict(e, 1, 0, &rules, now, &until), "send");
    assert_string_equal(verdict(e, 1, 0, &rules, now + 25 * HOUR, &until),
                        "stale");

    /* the newer of two, and of equal ones that with more to say */

    snprintf(at, sizeof(at), "pending %lld 0 0 ", (long long) now + 60);
    e[1] = entry("out_for_delivery.p1.20251124", at);
    assert_string_equal(verdict(e, 2, 0, &rules, now + 60, &until),
                        "replaced");
    assert_string_equal(verdict(e, 2, 1, &rules, now + 60, &until), "send");

    e[0] = entry("delivered.p1", at);
    e[1] = entry("delivered.p2", at);
    e[2] = entry("all_delivered", at);
    assert_string_equal(verdict(e, 2, 0, &rules, now + 60, &until), "send");
    assert_string_equal(verdict(e, 3, 0, &rules, now + 60, &until),
                        "replaced");
    assert_string_equal(verdict(e, 3, 2, &rules, now + 60, &until), "send");

    /* programs hear everything */

    rules.people = false;
    assert_string_equal(verdict(e, 3, 0, &rules, now + 60, &until), "send");
    rules.people = true;

    snprintf(at, sizeof(at), "sent %lld 1 %lld m1", (long long) now - HOUR,
             (long long) now - HOUR);
    e[0] = entry("shipped", at);
    snprintf(at, sizeof(at), "pending %lld 0 0 ", (long long) now);
    e[1] = entry("attempt_failed.p1.20251124", at);

    /* quiet hours, across midnight and not; T0 is 16:00 UTC */

    quiet = rules;
    quiet.quiet_from = 20 * 60;
    quiet.quiet_until = 9 * 60;
    assert_string_equal(verdict(e, 2, 1, &quiet, now, &until), "send");

    quiet.offset = 240;
    assert_string_equal(verdict(e, 2, 1, &quiet, now, &until), "quiet");
    assert_int_equal(until, now + 13 * HOUR);
    assert_string_equal(verdict(e, 2, 1, &quiet, now - 1, &until), "send");

    quiet.offset = -480;
    assert_string_equal(verdict(e, 2, 1, &quiet, now + 59, &until), "quiet");
    assert_int_equal(until, now + HOUR);

    quiet.quiet_from = 8 * 60;
    assert_string_equal(verdict(e, 2, 1, &quiet, now, &until), "quiet");
    assert_string_equal(verdict(e, 2, 1, &quiet, now - 1, &until), "send");

    /* a failure waits for its time */

    snprintf(at, sizeof(at), "retry %lld 1 %lld busy", (long long) now,
             (long long) now + 300);
    e[0] = entry("delivered.p1", at);
    assert_string_equal(verdict(e, 1, 0, &rules, now, &until), "retry");
    assert_int_equal(until, now + 300);
    assert_string_equal(verdict(e, 1, 0, &rules, now + 300, &until), "send");
}


/* What waits is outdone by what came later, but not by what says less. */

static void
test_replaced(void **state)
{
    char                  at[2][64];
    int64_t               until;
    unsigned              i;
    wismo_notice_entry_t  e[2];
    wismo_notice_rules_t  rules;

    static const struct {
        const char  *older;
        const char  *newer;
        const char  *verdict;
    } rows[] = {
        { "delayed.p1.20251124", "in_transit.p1", "send" },
        { "customs_hold.p1.20251124", "customs_cleared.p1", "send" },
        { "in_transit.p1", "arrived_in_country.p1", "replaced" },
        { "in_transit.p1", "delayed.p1.20251124", "replaced" },
        { "delayed.p1.20251124", "resumed.p1.20251124", "replaced" },
        { "customs_documents.p1.20251124", "resumed.p1.20251124",
          "replaced" },
        { "attempt_failed.p1.20251124", "out_for_delivery.p1.20251124",
          "replaced" },
        { "out_for_delivery.p1.20251124", "delivered.p1", "replaced" },
        { "delayed.p1.20251124", "delivered.p2", "send" },
        { "ready_for_pickup.p1", "estimate_changed.20251124", "send" },
        { "payment_due.20251124", "estimate_changed.20251124", "send" },
        { "payment_due.20251124", "cancelled", "replaced" },
        { "delayed.p1.20251124", "estimate_changed.20251124", "replaced" },
        { "ready_for_pickup.p1", "all_delivered", "replaced" },
    };

    (void) state;

    memset(&rules, 0, sizeof(rules));
    rules.people = true;

    snprintf(at[0], 64, "pending %lld 0 0 ", (long long) T0);
    snprintf(at[1], 64, "pending %lld 0 0 ", (long long) T0 + 60);

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        e[0] = entry(rows[i].older, at[0]);
        e[1] = entry(rows[i].newer, at[1]);

        assert_non_null(e[0].kind);
        assert_non_null(e[1].kind);
        assert_string_equal(verdict(e, 2, 0, &rules, T0 + 60, &until),
                            rows[i].verdict);
        assert_string_equal(verdict(e, 2, 1, &rules, T0 + 60, &until),
                            "send");
    }
}


/* What the clock raises is told at its threshold, level by level. */

static void
test_clock(void **state)
{
    shop_t  s, old;

    (void) state;

    shop(&s, 1);
    copy(&old, &s);

    s.parcels[0].status = row("label_created.no_first_scan");
    s.parcels[0].raised.level = 1;
    s.parcels[0].raised.since = T0;
    s.parcels[0].raised.at = T0;
    wismo_merge_rollup(&s.order);

    assert_string_equal(news(&old, &s, T0 + HOUR),
                        "no_first_scan.p1.20251124");

    copy(&old, &s);
    assert_string_equal(news(&old, &s, T0 + 2 * HOUR), "");

    s.parcels[0].raised.level = 2;
    s.parcels[0].raised.at = T0 + 3 * DAY;
    assert_string_equal(news(&old, &s, T0 + 3 * DAY),
                        "no_first_scan.p1.20251127");

    /* what was passed long ago is the past, imported or not */

    assert_string_equal(news(&old, &s, T0 + 6 * DAY), "");
    s.parcels[0].source = str("import");
    assert_string_equal(news(&old, &s, T0 + 3 * DAY),
                        "no_first_scan.p1.20251127");

    /* a status that stays is told again */

    wismo_pool_done(&s.pool);
    shop(&s, 1);
    s.parcels[0].status = row("on_hold.payment_due");
    copy(&old, &s);
    s.parcels[0].raised.level = 1;
    s.parcels[0].raised.at = T0;
    assert_string_equal(news(&old, &s, T0),
                        "customs_payment_due.p1.20251124");

    /* orders without parcels, and what is to be expected */

    wismo_pool_done(&s.pool);
    shop(&s, 0);
    copy(&old, &s);
    s.order.status = row("delayed.past_promise");
    s.order.raised.level = 1;
    s.order.raised.at = T0;
    assert_string_equal(news(&old, &s, T0), "past_promise.20251124");

    copy(&old, &s);
    s.order.outlook = WISMO_OUTLOOK_LATE;
    s.order.outlook_since = T0;
    assert_string_equal(news(&old, &s, T0), "predicted_late.20251124");

    copy(&old, &s);
    assert_string_equal(news(&old, &s, T0), "");

    wismo_pool_done(&s.pool);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_life),
        cmocka_unit_test(test_stale),
        cmocka_unit_test(test_attempts),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_estimate),
        cmocka_unit_test(test_cancelled),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_ledger),
        cmocka_unit_test(test_judge),
        cmocka_unit_test(test_replaced),
        cmocka_unit_test(test_judge_asked),
        cmocka_unit_test(test_clock),
    };

    return test_run("notice", tests, countof(tests));
}
