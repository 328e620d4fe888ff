
/*
 * Copyright (C) The Wismo authors
 *
 * Calendars beside the table of lanes, so that who answers before anybody has
 * ordered goes by them, too.  Written by the fetcher's loop, and with a table
 * that is new.
 *
 * It must never stop the loop: without them an estimate has the model's days.
 */


#include "fetch_args.h"
#include "fetch_edd.h"
#include "wismo_edd_zone.h"


#define FETCH_EDD_DAYS_POOL  (2 * 1024 * 1024)
#define FETCH_EDD_DAYS_EACH  INT64_C(3600000)     /* ms */
#define FETCH_EDD_DAYS_PAST  2


void
fetch_edd_days_turn(fetch_redis_t *r, int64_t now)
{
    static int64_t  at;

    if (now < at && at <= now + FETCH_EDD_DAYS_EACH) {
        return;
    }

    at = now + FETCH_EDD_DAYS_EACH;

    fetch_edd_days(r, now / 1000);
}


void
fetch_edd_days(fetch_redis_t *r, int64_t now)
{
    char                     *field;
    unsigned                  i;
    wismo_out_t               out;
    wismo_pool_t              pool;
    fetch_args_t              args;
    const wismo_calendar_t   *c;
    const wismo_calendars_t  *all;

    all = fetch_calendars(r->conf->calendars, now);

    if (all == NULL || all->n == 0) {
        return;
    }

    wismo_pool_init(&pool, FETCH_EDD_DAYS_POOL, NULL, NULL);

    fetch_args_init(&args, &pool, 2 + 4 * all->n);
    fetch_args_text(&args, "HSET");
    fetch_args_text(&args, WISMO_KEY_EDD_LANES);

    for (i = 0; i < all->n; i++) {
        c = &all->calendars[i];

        field = wismo_palloc(&pool, WISMO_EDD_DAYS_NAME + 3);

        wismo_out_init(&out, &pool, 512);
        wismo_edd_days_write(&out, &c->days,
                             wismo_day(now) - FETCH_EDD_DAYS_PAST);

        if (field == NULL || out.failed) {
            args.failed = true;
            break;
        }

        fetch_args_add(&args, field,
                       wismo_edd_days_field(field, c->kind, &c->name));
        fetch_args_add(&args, out.start, (size_t) (out.pos - out.start));

        if (c->kind == WISMO_DAYS_WAREHOUSE) {
            fetch_edd_zone(&args, all, &c->name, now);
        }
    }

    if (!args.failed) {
        (void) fetch_redis_defer(r, (int) args.n, args.argv);
    }

    wismo_pool_done(&pool);
}


void
fetch_edd_zone(fetch_args_t *args, const wismo_calendars_t *all,
    const wismo_str_t *place, int64_t now)
{
    char                *field;
    wismo_out_t          out;
    const wismo_days_t  *days;

    days = wismo_calendars_at(all, WISMO_DAYS_WAREHOUSE, place, place);

    if (days == NULL || days->n == 0) {
        return;
    }

    field = wismo_palloc(args->pool, WISMO_EDD_DAYS_NAME + 3);

    wismo_out_init(&out, args->pool, 32);
    wismo_edd_zone_write(&out, days, now);

    if (field == NULL || out.failed) {
        args->failed = true;
        return;
    }

    fetch_args_add(args, field, wismo_edd_zone_field(field, place));
    fetch_args_add(args, out.start, (size_t) (out.pos - out.start));
}
