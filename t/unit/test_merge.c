
/*
 * Copyright (C) The Wismo authors
 *
 * A shopper must see the same parcel whatever order a carrier's pushes and
 * our polls came in.  The rules one by one, and then reports at random: put
 * together in every order, repeated, torn apart, with and without a trip
 * through the stored document, they must give the same bytes.
 */


#include "test.h"

#include "wismo_document.h"
#include "wismo_merge.h"


#define DAY       86400
#define T0        INT64_C(1764000000)     /* 2025-11-24T16:00:00Z */

#define WORLDS    4000
#define WAYS      6


typedef struct {
    wismo_pool_t      pool;
    wismo_parcel_t    parcel;
    bool              changed;
} fixture_t;


static void
start(fixture_t *f)
{
    memset(f, 0, sizeof(fixture_t));

    wismo_pool_init(&f->pool, 256 << 20, NULL, NULL);

    f->parcel.id = str("p1");
    f->parcel.carrier = str("ups");
    f->parcel.tracking_number = str("1Z999");
    f->parcel.weight_g = -1;
}


static const wismo_substatus_t *
row(const char *name)
{
    wismo_str_t               status, sub;
    const char               *dot;
    const wismo_substatus_t  *r;

    dot = strchr(name, '.');
    status = str(name);
    sub = str("");

    if (dot) {
        status.len = (size_t) (dot - name);
        sub = str(dot + 1);
    }

    r = wismo_substatus(&status, &sub);

    assert_non_null(r);

    if (dot) {
        assert_string_equal(r->sub, dot + 1);
    }

    return r;
}


static wismo_event_t
event(int64_t utc, const char *status, const char *code)
{
    wismo_event_t  e;

    memset(&e, 0, sizeof(wismo_event_t));

    wismo_time_local(&e.when, utc, 0, WISMO_BASIS_UTC);

    e.status = row(status);
    e.code = str(code);
    e.text = str(status);

    return e;
}


static wismo_report_t
report(wismo_event_t *events, unsigned n)
{
    wismo_report_t  r;

    memset(&r, 0, sizeof(wismo_report_t));

    r.tracking_number = str("1Z999");
    r.events = events;
    r.nevents = n;
    r.weight_g = -1;

    return r;
}


static void
tell(fixture_t *f, const wismo_report_t *r)
{
    assert_int_equal(wismo_merge_report(&f->pool, &f->parcel, r, &f->changed),
                     WISMO_OK);
}


static void
happens(fixture_t *f, int64_t utc, const char *status)
{
    wismo_event_t   *e;
    wismo_report_t   r;

    e = wismo_palloc(&f->pool, sizeof(wismo_event_t));
    assert_non_null(e);

    *e = event(utc, status, status);
    r = report(e, 1);

    tell(f, &r);
}


#define assert_status(f, name)                                                \
    assert_ptr_equal((f)->parcel.status, row(name))


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

    /* nothing said takes nothing away */

    e = event(T0 + DAY, "in_transit", "C");
    memset(&r.edd, 0, sizeof(wismo_edd_t));
    tell(&f, &r);

    assert_int_equal(f.parcel.edd.date, T0 - T0 % DAY + 2 * DAY);

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


/* Worlds: reports at random about one parcel. */

typedef struct {
    wismo_report_t    reports[24];
    unsigned          n;
} world_t;


static const char *const  statuses[] = {
    "note", "note", "label_created.announced", "label_created.dispatched",
    "picked_up.collected", "in_transit.moving",
    "in_transit.departed_facility", "in_transit.arrived_facility",
    "in_transit.customs", "out_for_delivery.on_vehicle",
    "ready_for_pickup.waiting", "attempt_failed.absent", "delayed.weather",
    "on_hold.generic", "failed.lost", "failed.refused",
    "returning.to_sender", "returned.received", "delivered.generic",
    "delivered.neighbour", "delivered.partial", "cancelled.by_merchant",
    "expired.no_updates", "unknown.no_info"
};

static const char *const  codes[] = { "", "A", "B", "C/1" };

static const char *const  texts[] = {
    "", "Departed", "Angekommen in K\xc3\xb6ln", "\"quoted\" \\ <b>"
};


static unsigned
pick(uint64_t *seed, unsigned n)
{
    return test_random(seed) % n;
}


static void
random_event(uint64_t *seed, wismo_event_t *e, unsigned span)
{
    int64_t   t;
    unsigned  code;

    memset(e, 0, sizeof(wismo_event_t));

    t = T0 + 1800 * (int64_t) pick(seed, span);
    code = pick(seed, countof(codes));

    switch (pick(seed, 8)) {

    case 0:
        wismo_time_local(&e->when, t, WISMO_OFFSET_NONE, WISMO_BASIS_LOCAL);
        break;

    case 1:
        wismo_time_local(&e->when, t, WISMO_OFFSET_NONE, WISMO_BASIS_DATE);
        break;

    case 2:
        wismo_time_local(&e->when, t, WISMO_OFFSET_NONE,
                         WISMO_BASIS_UNKNOWN);
        break;

    case 3:
    case 4:
        wismo_time_local(&e->when, t - 5 * 3600, -300, WISMO_BASIS_OFFSET);
        break;

    case 5:
        wismo_time_local(&e->when, t + 3600, 60, WISMO_BASIS_ZONE);
        break;

    default:
        wismo_time_local(&e->when, t, 0, WISMO_BASIS_UTC);
    }

    e->code = str(codes[code]);
    e->text = str(texts[pick(seed, countof(texts))]);
    e->place = str(pick(seed, 2) ? "" : "Louisville");
    e->status = row(statuses[pick(seed, countof(statuses))]);
    e->return_leg = pick(seed, 20) == 0;

    if (pick(seed, 6) == 0) {
        e->delivered_to = (wismo_to_e) pick(seed, 9);
    }
}


static void
random_report(wismo_pool_t *pool, uint64_t *seed, wismo_report_t *r)
{
    unsigned  i, n;

    n = pick(seed, 7);

    *r = report(wismo_palloc(pool, n * sizeof(wismo_event_t)), n);

    for (i = 0; i < n; i++) {
        random_event(seed, &r->events[i], 10);
    }

    if (pick(seed, 2)) {
        r->status = row(statuses[2 + pick(seed, countof(statuses) - 2)]);
        r->delivered_to = pick(seed, 3) ? WISMO_TO_NONE
                                        : (wismo_to_e) pick(seed, 9);
    }

    if (pick(seed, 2)) {
        r->edd.basis = (wismo_basis_e) pick(seed, 6);
        r->edd.offset = (int16_t) (pick(seed, 2) ? 60 : WISMO_OFFSET_NONE);
        r->edd.from = pick(seed, 2) ? T0 + pick(seed, 9) * 3600
                                    : WISMO_TIME_NONE;
        r->edd.to = pick(seed, 2) ? T0 + DAY + pick(seed, 9) * 3600
                                  : WISMO_TIME_NONE;
        r->edd.date = pick(seed, 2) ? T0 + pick(seed, 9) * DAY
                                    : WISMO_TIME_NONE;
    }

    if (pick(seed, 3) == 0) {
        r->as_of = T0 + pick(seed, 4);
    }

    if (pick(seed, 4) == 0) {
        r->pieces_total = (int) pick(seed, 3);
        r->pieces_delivered = (int) pick(seed, 3);
        r->weight_g = pick(seed, 3) * 1000;
        wismo_time_local(&r->pickup_by, T0 + pick(seed, 3) * DAY,
                         (int16_t) (pick(seed, 2) ? 60 : WISMO_OFFSET_NONE),
                         (wismo_basis_e) pick(seed, 6));
    }

    if (pick(seed, 5) == 0) {
        r->signed_by = str("somebody");
    }
}


static int64_t
age(const wismo_event_t *e)
{
    if (e->when.utc != WISMO_TIME_NONE) {
        return e->when.utc * 2 + 1;
    }

    return e->when.wall != WISMO_TIME_NONE ? e->when.wall * 2 : 0;
}


/*
 * Tears a report apart; its headline and estimate belong to its newest event
 * and go where that goes.
 */

static unsigned
split(wismo_pool_t *pool, uint64_t *seed, const wismo_report_t *r,
    wismo_report_t *parts)
{
    unsigned        i, newest, side;
    wismo_event_t  *events[2];
    wismo_report_t  part[2];

    events[0] = wismo_palloc(pool, r->nevents * sizeof(wismo_event_t));
    events[1] = wismo_palloc(pool, r->nevents * sizeof(wismo_event_t));

    part[0] = *r;
    part[0].events = events[0];
    part[0].nevents = 0;
    part[1] = report(events[1], 0);

    newest = 0;

    for (i = 1; i < r->nevents; i++) {
        if (age(&r->events[i]) > age(&r->events[newest])) {
            newest = i;
        }
    }

    for (i = 0; i < r->nevents; i++) {
        side = i == newest ? 0 : pick(seed, 2);
        events[side][part[side].nevents++] = r->events[i];

        /* told twice, in both */

        if (side == 0 && i != newest && pick(seed, 4) == 0) {
            events[1][part[1].nevents++] = r->events[i];
        }
    }

    parts[0] = part[0];
    parts[1] = part[1];

    return 2;
}


static wismo_str_t
document(wismo_pool_t *pool, wismo_parcel_t *parcel)
{
    wismo_str_t    bytes;
    wismo_order_t  order;

    memset(&order, 0, sizeof(wismo_order_t));

    order.number = str("1001");
    order.parcels = parcel;
    order.nparcels = 1;
    order.version = 1;
    order.updated_at = T0;

    wismo_merge_rollup(&order);

    assert_int_equal(wismo_document_write(pool, &order, &bytes), WISMO_OK);

    return bytes;
}


static void
through_document(wismo_pool_t *pool, wismo_parcel_t *parcel)
{
    wismo_str_t        bytes;
    wismo_error_t      err;
    wismo_order_t      order;
    wismo_document_t   doc;

    bytes = document(pool, parcel);

    assert_int_equal(wismo_document_open(&bytes, &doc, &err), WISMO_OK);
    assert_int_equal(wismo_document_read(pool, &doc, &order, &err), WISMO_OK);
    assert_int_equal(order.nparcels, 1);

    *parcel = order.parcels[0];
}


static wismo_str_t
live(fixture_t *f, uint64_t *seed, const world_t *world, bool shuffled)
{
    bool             stored;
    unsigned         i, j, n;
    wismo_report_t   all[128], one;

    n = 0;
    stored = shuffled && pick(seed, 2);

    for (i = 0; i < world->n; i++) {

        all[n++] = world->reports[i];

        if (!shuffled) {
            continue;
        }

        if (pick(seed, 3) == 0) {
            all[n++] = world->reports[i];
        }

        if (world->reports[i].nevents > 1 && pick(seed, 2)) {
            n--;
            n += split(&f->pool, seed, &world->reports[i], &all[n]);
        }
    }

    for (i = n; shuffled && i > 1; i--) {
        j = pick(seed, i);
        one = all[i - 1];
        all[i - 1] = all[j];
        all[j] = one;
    }

    for (i = 0; i < n; i++) {
        tell(f, &all[i]);

        if (stored) {
            through_document(&f->pool, &f->parcel);
        }
    }

    return document(&f->pool, &f->parcel);
}


static void
same_whatever_the_order(world_t *world, uint64_t *seed, const char *what,
    unsigned number)
{
    unsigned     way;
    fixture_t    f, g;
    wismo_str_t  first, other;

    start(&f);
    first = live(&f, seed, world, false);

    for (way = 0; way < WAYS; way++) {
        start(&g);
        other = live(&g, seed, world, true);

        if (!wismo_str_eq(&first, &other)) {
            fail_msg("%s %u, way %u:\n%.*s\n%.*s", what, number, way,
                     (int) first.len, first.data, (int) other.len,
                     other.data);
        }

        wismo_pool_done(&g.pool);
    }

    wismo_pool_done(&f.pool);
}


static uint64_t
test_seed(void)
{
    const char  *s;

    s = getenv("WISMO_SEED");

    return s ? strtoull(s, NULL, 10) : 20261124;
}


static void
test_order_does_not_show(void **state)
{
    unsigned      i, j;
    uint64_t      seed;
    world_t       world;
    wismo_pool_t  pool;

    (void) state;

    seed = test_seed();
    print_message("# WISMO_SEED=%llu, %d worlds in %d ways\n",
                  (unsigned long long) seed, WORLDS, WAYS);

    wismo_pool_init(&pool, 16 << 20, NULL, NULL);

    for (i = 0; i < WORLDS; i++) {
        wismo_pool_reset(&pool);

        world.n = 1 + pick(&seed, 6);

        for (j = 0; j < world.n; j++) {
            random_report(&pool, &seed, &world.reports[j]);
        }

        same_whatever_the_order(&world, &seed, "world", i);
    }

    wismo_pool_done(&pool);
}


/* More events than there is room for: which ones stay must not show either. */

static void
test_order_does_not_show_when_full(void **state)
{
    char            *code;
    unsigned         i, j, k, n;
    uint64_t         seed;
    world_t          world;
    wismo_pool_t     pool;
    wismo_event_t   *e;

    (void) state;

    seed = test_seed();

    wismo_pool_init(&pool, 64 << 20, NULL, NULL);

    for (i = 0; i < 30; i++) {
        wismo_pool_reset(&pool);

        world.n = 12;

        for (j = 0; j < world.n; j++) {

            random_report(&pool, &seed, &world.reports[j]);

            n = 10 + pick(&seed, 20);
            e = wismo_palloc(&pool, n * sizeof(wismo_event_t));

            for (k = 0; k < n; k++) {
                random_event(&seed, &e[k], 400);

                /* each its own, or now and then one for several */

                code = wismo_palloc(&pool, 8);
                (void) snprintf(code, 8, "%u", j * 100 + k);
                e[k].code = str(code);
                e[k].status = row(statuses[k % 20 == 0
                                           ? pick(&seed, countof(statuses))
                                           : 0]);
            }

            world.reports[j].events = e;
            world.reports[j].nevents = n;
        }

        same_whatever_the_order(&world, &seed, "full world", i);
    }

    wismo_pool_done(&pool);
}


/* In the order of their times, no step that was shown is ever taken back. */

static void
test_steps_never_fall(void **state)
{
    int        before;
    unsigned   i, j;
    uint64_t   seed;
    fixture_t  f;

    (void) state;

    seed = test_seed();

    for (i = 0; i < 500; i++) {
        start(&f);
        before = 0;

        for (j = 0; j < 12; j++) {
            happens(&f, T0 + j * 600,
                    statuses[pick(&seed, countof(statuses))]);

            assert_true(f.parcel.milestone >= before);
            before = f.parcel.milestone;
        }

        wismo_pool_done(&f.pool);
    }
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
        { { "cancelled.by_recipient" }, "cancelled.by_merchant", 0, 0,
          WISMO_AMBER },
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
        cmocka_unit_test(test_order_does_not_show),
        cmocka_unit_test(test_order_does_not_show_when_full),
        cmocka_unit_test(test_steps_never_fall),
        cmocka_unit_test(test_shop_changes_its_mind),
        cmocka_unit_test(test_rollup)
    };

    return test_run("merge", tests, countof(tests));
}
