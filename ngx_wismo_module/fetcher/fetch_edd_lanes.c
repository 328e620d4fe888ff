
/*
 * Copyright (C) The Wismo authors
 *
 * The table of lanes: ranges ready made, so that nginx answers a product
 * page's question with one read and no arithmetic but adding days to a date
 * (core/wismo_edd_lane.c has the form).  Written by whoever has learnt
 * something, for the lanes he has learnt it of.
 *
 * A lane is in it under each way it may be asked for: to its postal district,
 * its region or its country, without its service or its origin.  Beyond
 * WISMO_EDD_LANES_MAX fields districts get no new ones.
 */


#include "fetch_args.h"
#include "fetch_edd.h"
#include "wismo_edd_lane.h"
#include "wismo_edd_zone.h"

#include <stdlib.h>


#define FETCH_EDD_CHUNK      512      /* fields of one command */
#define FETCH_EDD_HASH       131072   /* a power of two */
#define FETCH_EDD_LANES_POOL (64 * 1024 * 1024)


typedef struct {
    fetch_redis_t            *redis;
    const wismo_edd_model_t  *model;
    wismo_pool_t             *pool;
    int64_t                   now;
    wismo_str_t              *seen;       /* by hash */
    unsigned                  nseen;
    uint64_t                  stored;     /* fields that are there */
    const wismo_calendars_t  *calendars;
    fetch_args_t              args;
} fetch_edd_table_t;


static int fetch_edd_lane(fetch_edd_table_t *t,
    const wismo_edd_parcel_t *parcel);
static int fetch_edd_origin(fetch_edd_table_t *t, const wismo_str_t *place);
static int fetch_edd_field(fetch_edd_table_t *t,
    const wismo_edd_parcel_t *lane, const wismo_str_t *field);
static void fetch_edd_begin(fetch_edd_table_t *t);
static bool fetch_edd_seen(fetch_edd_table_t *t, const wismo_str_t *field);
static int fetch_edd_send(fetch_edd_table_t *t);


int
fetch_edd_lanes(fetch_redis_t *r, const wismo_edd_model_t *model,
    const wismo_edd_parcel_t *parcels, size_t n, bool all, int64_t now)
{
    int                rc;
    size_t             i;
    redisReply        *reply;
    wismo_pool_t       pool;
    fetch_args_t       args;
    fetch_edd_table_t  t;

    wismo_pool_init(&pool, FETCH_EDD_LANES_POOL, NULL, NULL);
    memset(&t, 0, sizeof(fetch_edd_table_t));

    t.redis = r;
    t.model = model;
    t.pool = &pool;
    t.now = now / 1000;
    t.calendars = fetch_calendars(r->conf->calendars, t.now);
    t.seen = calloc(FETCH_EDD_HASH, sizeof(wismo_str_t));

    fetch_args_init(&args, &pool, 2);
    fetch_args_text(&args, all ? "DEL" : "HLEN");
    fetch_args_text(&args, WISMO_KEY_EDD_LANES);

    reply = (t.seen && !args.failed) ? fetch_redis_call(r, 2, args.argv)
                                     : NULL;

    if (reply == NULL) {
        free(t.seen);
        wismo_pool_done(&pool);
        return WISMO_ERROR;
    }

    if (!all && reply->type == REDIS_REPLY_INTEGER && reply->integer > 0) {
        t.stored = (uint64_t) reply->integer;
    }

    freeReplyObject(reply);

    rc = WISMO_OK;

    /* newest first: of too many lanes those are in it */

    for (i = n; i > 0 && rc == WISMO_OK; i--) {
        rc = fetch_edd_lane(&t, &parcels[i - 1]);
    }

    if (rc == WISMO_OK) {
        rc = fetch_edd_send(&t);
    }

    free(t.seen);
    wismo_pool_done(&pool);

    return rc;
}


static int
fetch_edd_lane(fetch_edd_table_t *t, const wismo_edd_parcel_t *parcel)
{
    int                  rc;
    char                 buf[WISMO_EDD_FIELD_MAX];
    unsigned             way;
    wismo_str_t          field, country;
    wismo_edd_parcel_t   lane;

    country = parcel->origin;

    if (country.len > 2) {
        country.len = 2;
    }

    if (fetch_edd_origin(t, &parcel->origin) != WISMO_OK
        || fetch_edd_origin(t, &country) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    for (way = 0; way < WISMO_EDD_LANE_WAYS; way++) {

        if (!wismo_edd_lane(parcel, way, &lane)
            || (way == 0 && t->stored + t->nseen >= WISMO_EDD_LANES_MAX))
        {
            continue;
        }

        if (t->nseen >= FETCH_EDD_HASH / 2) {
            return WISMO_OK;
        }

        field.data = (unsigned char *) buf;
        field.len = wismo_edd_lane_field(buf, &lane);

        if (field.len == 0 || fetch_edd_seen(t, &field)) {
            continue;
        }

        rc = fetch_edd_field(t, &lane, &field);

        if (rc != WISMO_OK) {
            return rc;
        }
    }

    return WISMO_OK;
}


/* What time it is where parcels come from. */

static int
fetch_edd_origin(fetch_edd_table_t *t, const wismo_str_t *place)
{
    char         buf[WISMO_EDD_DAYS_NAME + 3];
    wismo_str_t  field;

    field.data = (unsigned char *) buf;
    field.len = wismo_edd_zone_field(buf, place);

    if (t->calendars == NULL || place->len == 0
        || t->nseen >= FETCH_EDD_HASH / 2 || fetch_edd_seen(t, &field))
    {
        return WISMO_OK;
    }

    fetch_edd_begin(t);
    fetch_edd_zone(&t->args, t->calendars, place, t->now);

    return (t->args.n == t->args.max) ? fetch_edd_send(t) : WISMO_OK;
}


static int
fetch_edd_field(fetch_edd_table_t *t, const wismo_edd_parcel_t *lane,
    const wismo_str_t *field)
{
    char                 *name, *value;
    size_t                len;
    unsigned              day;
    wismo_edd_parcel_t    asked;
    wismo_edd_range_t     range[7];

    asked = *lane;

    /* the next seven days, each under its weekday: 1970 began on a Thursday */

    for (day = 0; day < 7; day++) {
        asked.purchased = t->now + (int64_t) day * 86400;

        if (wismo_edd_predict(t->model, &asked, WISMO_EDD_PURCHASE,
                              asked.purchased,
                              &range[(asked.purchased / 86400 + 4) % 7])
            != WISMO_OK)
        {
            return WISMO_OK;
        }
    }

    name = wismo_palloc(t->pool, field->len);
    value = wismo_palloc(t->pool, WISMO_EDD_LANE_MAX);

    if (name == NULL || value == NULL) {
        return WISMO_ERROR;
    }

    memcpy(name, field->data, field->len);
    len = wismo_edd_lane_write(value, range);

    fetch_edd_begin(t);
    fetch_args_add(&t->args, name, field->len);
    fetch_args_add(&t->args, value, len);

    return (t->args.n == t->args.max) ? fetch_edd_send(t) : WISMO_OK;
}


static void
fetch_edd_begin(fetch_edd_table_t *t)
{
    if (t->args.n == 0) {
        fetch_args_init(&t->args, t->pool, 2 + 2 * FETCH_EDD_CHUNK);
        fetch_args_text(&t->args, "HSET");
        fetch_args_text(&t->args, WISMO_KEY_EDD_LANES);
    }
}


static bool
fetch_edd_seen(fetch_edd_table_t *t, const wismo_str_t *field)
{
    size_t    i;
    uint32_t  hash;

    hash = 2166136261u;

    for (i = 0; i < field->len; i++) {
        hash = (hash ^ field->data[i]) * 16777619u;
    }

    for (i = hash % FETCH_EDD_HASH; t->seen[i].len;
         i = (i + 1) % FETCH_EDD_HASH)
    {
        if (wismo_str_eq(&t->seen[i], field)) {
            return true;
        }
    }

    if (wismo_pstrdup(t->pool, &t->seen[i], field) != WISMO_OK) {
        wismo_str_null(&t->seen[i]);
    }

    t->nseen++;

    return false;
}


static int
fetch_edd_send(fetch_edd_table_t *t)
{
    redisReply  *reply;

    if (t->args.n == 0) {
        return WISMO_OK;
    }

    reply = t->args.failed ? NULL
                           : fetch_redis_call(t->redis, (int) t->args.n,
                                              t->args.argv);
    t->args.n = 0;

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    freeReplyObject(reply);

    return WISMO_OK;
}
