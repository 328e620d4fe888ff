
/*
 * Copyright (C) The Wismo authors
 *
 * Reports at random: put together in every order, repeated, torn apart, with
 * and without a trip through the stored document, they must give the same
 * bytes.  WISMO_SEED repeats a run, WISMO_WORLDS makes it longer
 * ("make property").
 */


#include "test_merge.h"


#define WORLDS    4000
#define WAYS      6


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
    f.parcel.leg = (number & 1) ? WISMO_LEG_RETURN : WISMO_LEG_OUTBOUND;
    first = live(&f, seed, world, false);

    for (way = 0; way < WAYS; way++) {
        start(&g);
        g.parcel.leg = (number & 1) ? WISMO_LEG_RETURN : WISMO_LEG_OUTBOUND;
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


static unsigned
test_worlds(void)
{
    const char  *s;

    s = getenv("WISMO_WORLDS");

    return s ? (unsigned) strtoul(s, NULL, 10) : WORLDS;
}


static void
test_order_does_not_show(void **state)
{
    unsigned      i, j, worlds;
    uint64_t      seed;
    world_t       world;
    wismo_pool_t  pool;

    (void) state;

    seed = test_seed();
    worlds = test_worlds();

    print_message("# WISMO_SEED=%llu, %u worlds in %d ways\n",
                  (unsigned long long) seed, worlds, WAYS);

    wismo_pool_init(&pool, 16 << 20, NULL, NULL);

    for (i = 0; i < worlds; i++) {
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


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_order_does_not_show),
        cmocka_unit_test(test_order_does_not_show_when_full),
        cmocka_unit_test(test_steps_never_fall)
    };

    return test_run("permutation", tests, countof(tests));
}
