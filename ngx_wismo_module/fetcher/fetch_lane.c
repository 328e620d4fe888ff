
/*
 * Copyright (C) The Wismo authors
 *
 * The lanes as a whole: made from the configuration, told of new dates, asked
 * when there is something to do.  What happens in a lane is fetch_poll.c's.
 */


#include "fetch_lane.h"
#include "fetch_log.h"

#include <stdio.h>
#include <stdlib.h>


static void fetch_lane_tell(fetch_lane_t *lane, wismo_out_t *out,
    int64_t now);


int
fetch_lanes_init(fetch_lanes_t *lanes, fetch_config_t *conf,
    fetch_redis_t *redis, fetch_http_t *http)
{
    unsigned          i;
    fetch_lane_t     *lane;
    fetch_carrier_t  *carrier;

    memset(lanes, 0, sizeof(fetch_lanes_t));

    lanes->conf = conf;
    lanes->redis = redis;
    lanes->http = http;
    fetch_touches_init(&lanes->touches, redis);

    lanes->lane = calloc(conf->ncarriers + 1, sizeof(fetch_lane_t *));

    if (lanes->lane == NULL
        || fetch_counts_init(&lanes->counts, conf, redis) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    for (i = 0; i < conf->ncarriers; i++) {
        carrier = &conf->carriers[i];

        if (carrier->adapter == NULL
            || !fetch_adapter_can_poll(carrier->adapter))
        {
            continue;
        }

        lane = calloc(1, sizeof(fetch_lane_t));

        if (lane == NULL) {
            return WISMO_ERROR;
        }

        lane->lanes = lanes;
        lane->carrier = carrier;
        lane->last = &lane->waiting;
        lane->count = fetch_counts_of(&lanes->counts, carrier);
        lane->batch = fetch_adapter_batch(carrier->adapter);

        if (lane->batch == 0) {
            lane->batch = 1;
        }

        fetch_schedule_init(&lane->schedule, &carrier->name);
        fetch_quota_init(&lane->quota, &carrier->name, carrier->adapter);
        fetch_token_init(&lane->token, carrier, http);

        lanes->lane[lanes->n++] = lane;
    }

    return WISMO_OK;
}


void
fetch_lanes_done(fetch_lanes_t *lanes)
{
    unsigned  i;

    for (i = 0; i < lanes->n; i++) {
        fetch_token_done(&lanes->lane[i]->token);
        free(lanes->lane[i]);
    }

    fetch_counts_done(&lanes->counts);
    fetch_touches_done(&lanes->touches);

    free(lanes->lane);
    lanes->lane = NULL;
    lanes->n = 0;
}


fetch_lane_t *
fetch_lane(fetch_lanes_t *lanes, const wismo_str_t *carrier)
{
    unsigned  i;

    for (i = 0; i < lanes->n; i++) {
        if (wismo_str_eq(&lanes->lane[i]->carrier->name, carrier)) {
            return lanes->lane[i];
        }
    }

    return NULL;
}


int
fetch_lanes_scan(fetch_lanes_t *lanes, unsigned n)
{
    unsigned  i;

    for (i = 0; i < lanes->n; i++) {
        if (fetch_schedule_scan(&lanes->lane[i]->schedule, lanes->redis, n)
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    return WISMO_OK;
}


void
fetch_lanes_hear(fetch_lanes_t *lanes, const wismo_str_t *carrier,
    unsigned bucket, int64_t due)
{
    fetch_lane_t  *lane;

    lane = fetch_lane(lanes, carrier);

    if (lane) {
        fetch_schedule_note(&lane->schedule, bucket, due);
    }
}


void
fetch_lanes_gather(fetch_lanes_t *lanes)
{
    int64_t  now;

    now = fetch_redis_time(lanes->redis);

    if (lanes->gathered++ == 0) {
        lanes->gathered_at = now;
    }

    lanes->paced++;

    if (now - lanes->paced_at >= FETCH_LANE_PACE || now < lanes->paced_at) {
        lanes->fast = lanes->paced * 1000LL
                      >= (now - lanes->paced_at) * FETCH_LANE_FAST;
        lanes->paced = 0;
        lanes->paced_at = now;
    }
}


bool
fetch_lanes_ripe(const fetch_lanes_t *lanes, int64_t now)
{
    unsigned  i;

    if (lanes->gathered == 0) {
        return false;
    }

    /* where few come, waiting brings nothing, and costs whoever dies */

    if (!lanes->fast || lanes->gathered >= FETCH_LANE_GATHERED
        || now >= lanes->gathered_at + FETCH_LANE_GATHER
        || now < lanes->gathered_at)
    {
        return true;
    }

    /* no more will come soon */

    for (i = 0; i < lanes->n; i++) {
        if (lanes->lane[i]->flying) {
            return false;
        }
    }

    return true;
}


bool
fetch_lane_full(const fetch_lane_t *lane, int64_t now)
{
    if (lane->flying >= FETCH_LANE_REQUESTS) {
        return true;
    }

    return lane->flying && lane->nwaiting == 0 && now < lane->fill_at
           && lane->fill_at <= now + FETCH_LANE_FILL;
}


int64_t
fetch_lanes_next(const fetch_lanes_t *lanes, int64_t now)
{
    int64_t              next, at, closed;
    unsigned             i;
    const fetch_lane_t  *lane;

    next = FETCH_NEVER;

    if (lanes->gathered) {
        next = fetch_lanes_ripe(lanes, now)
               ? now : lanes->gathered_at + FETCH_LANE_GATHER;
    }

    for (i = 0; i < lanes->n; i++) {
        lane = lanes->lane[i];

        /* a reply will wake us */

        if (lane->flying >= FETCH_LANE_REQUESTS || lane->quota.probing) {
            continue;
        }

        at = lane->nwaiting ? now : lane->schedule.earliest;
        closed = fetch_quota_closed(&lane->quota, now);

        if (closed > at) {
            at = closed;
        }

        if (lane->fill_at > at && fetch_lane_full(lane, now)) {
            at = lane->fill_at;
        }

        if (at < next) {
            next = at;
        }
    }

    return next;
}


void
fetch_lanes_tell(fetch_lanes_t *lanes, int64_t now)
{
    bool            any;
    unsigned        i;
    wismo_out_t     out;
    wismo_pool_t    pool;
    fetch_lane_t   *lane;
    fetch_count_t  *count;

    for (i = 0; i < lanes->counts.n; i++) {
        count = &lanes->counts.carriers[i];
        lane = count->shop ? NULL : fetch_lane(lanes, count->name);

        wismo_pool_init(&pool, 16384, NULL, NULL);
        wismo_out_init(&out, &pool, FETCH_LOG_FIELDS);

        any = fetch_count_tell(count, &out);

        if (lane && (any || fetch_quota_closed(&lane->quota, now))) {
            fetch_lane_tell(lane, &out, now);
            any = true;
        }

        if (any && !out.failed) {
            fetch_log_fields(FETCH_INFO, count->shop ? "shop" : "carrier",
                             out.start,
                             (size_t) (out.pos - out.start));
        }

        wismo_pool_done(&pool);
    }
}


static void
fetch_lane_tell(fetch_lane_t *lane, wismo_out_t *out, int64_t now)
{
    int64_t               due;
    unsigned              i;
    wismo_str_t           why;
    fetch_quota_state_t   state;

    due = fetch_schedule_oldest(&lane->schedule);

    wismo_out_printf(out, ",\"lag_s\":");
    wismo_out_int(out, (due < now) ? (now - due) / 1000 : 0);

    if (fetch_quota_look(&lane->quota, lane->lanes->redis, &state) != WISMO_OK)
    {
        return;
    }

    for (i = 0; i < lane->quota.nlimits && i < FETCH_LIMITS_MAX; i++) {
        wismo_out_printf(out, "%s{\"n\":%u,\"per_s\":%u,\"left\":%lld}",
                         i ? "," : ",\"quota\":[", lane->quota.limits[i].n,
                         lane->quota.limits[i].seconds,
                         (long long) state.left[i]);
    }

    wismo_out_printf(out, "%s", i ? "]" : "");

    if (state.paused || fetch_quota_closed(&lane->quota, now)) {
        why = wismo_str_of(state.why);

        due = fetch_quota_closed(&lane->quota, now) - now;
        due = (due > state.paused) ? due : state.paused;

        wismo_out_text(out, ",\"paused_s\":");
        wismo_out_int(out, (due + 999) / 1000);

        if (state.refused) {
            wismo_str_set(&why, "credentials are refused");
        }

        wismo_out_text(out, ",\"why\":");
        wismo_out_json_str(out, &why);
    }
}
