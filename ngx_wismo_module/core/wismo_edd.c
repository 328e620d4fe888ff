
/*
 * Copyright (C) The Wismo authors
 *
 * The model of the delivery time: what a parcel's days are made of, and how
 * one more delivery changes it.  Called by the fetcher, which keeps models,
 * and by the replay of history (wismo_edd_replay.c).  The range around the
 * middle is wismo_edd_range.c's.
 *
 * It must never see a clock or a later parcel: "now" is the delivery's own
 * time when it learns, and the stage's moment when it predicts.
 *
 * The logarithm of the days is a sum: weights of what is no lane (weekday,
 * the shop's promise, same region or not), and an effect for each level of
 * the parcel's lane.  An effect is a random walk that returns to zero, that
 * is to what the coarser levels say: with no deliveries of late, or few, a
 * level says little.  Learning is a Kalman filter that keeps the weights'
 * covariance and otherwise only variances, so that a delivery costs a few
 * dozen multiplications however many lanes there are.
 *
 * The numbers below were chosen on 2017 and early 2018 of one shop; the flat
 * neighbourhood they were found in is described in docs/prediction.md.
 */


#include "wismo_edd_int.h"

#include <math.h>
#include <stdlib.h>


#define WISMO_EDD_SHIFT      1.5      /* days: keeps the logarithm tame */
#define WISMO_EDD_NOISE      0.192    /* variance no level explains */
#define WISMO_EDD_CLIP       1.25     /* deviations: more is an accident */
#define WISMO_EDD_WEIGHT_VAR 0.8
#define WISMO_EDD_DRIFT      5e-6     /* of the weights, per delivery */
#define WISMO_EDD_VOLUME     50.0     /* deliveries a day: more are crowded */
#define WISMO_EDD_TYPICAL    3.2      /* logarithm of a promise in days */
#define WISMO_EDD_GAIN       0.003    /* of the share, per delivery */
#define WISMO_EDD_SHARE_MIN  0.60
#define WISMO_EDD_SHARE_MAX  0.88     /* wider ranges are of no use */


enum {
    WISMO_EDD_GLOBAL = 0,
    WISMO_EDD_CARRIER,
    WISMO_EDD_CARRIER_TO,
    WISMO_EDD_TO_REGION,
    WISMO_EDD_TO_REGION_NOW,
    WISMO_EDD_TO_1,
    WISMO_EDD_TO_2,
    WISMO_EDD_TO_3,
    WISMO_EDD_FROM_REGION,
    WISMO_EDD_FROM_3,
    WISMO_EDD_FROM_NOW,
    WISMO_EDD_REGIONS,
    WISMO_EDD_FROM_TO,
    WISMO_EDD_KINDS
};


/*
 * A "now" follows the last weeks: what a region, or a warehouse, is going
 * through.
 */

const wismo_edd_kind_t  wismo_edd_kinds[] = {

    [WISMO_EDD_GLOBAL] = { "all, now", 0.010, 6 },
    [WISMO_EDD_CARRIER] = { "service", 0.010, 3840 },
    [WISMO_EDD_CARRIER_TO] = { "service to region", 0.002, 3840 },
    [WISMO_EDD_TO_REGION] = { "to region", 0.032, 3840 },
    [WISMO_EDD_TO_REGION_NOW] = { "to region, now", 0.010, 20 },
    [WISMO_EDD_TO_1] = { "to postcode, 1", 0.005, 640 },
    [WISMO_EDD_TO_2] = { "to postcode, 2", 0.010, 400 },
    [WISMO_EDD_TO_3] = { "to postcode, 3", 0.010, 640 },
    [WISMO_EDD_FROM_REGION] = { "from region", 0.016, 400 },
    [WISMO_EDD_FROM_3] = { "from postcode, 3", 0.020, 400 },
    [WISMO_EDD_FROM_NOW] = { "from postcode, now", 0.020, 16 },
    [WISMO_EDD_REGIONS] = { "region to region", 0.005, 640 },
    [WISMO_EDD_FROM_TO] = { "postcode to region", 0.010, 640 }
};


static int wismo_edd_see(const wismo_edd_model_t *model,
    const wismo_edd_parcel_t *parcel, wismo_edd_stage_e stage, int64_t now,
    wismo_edd_view_t *view);
static void wismo_edd_sum(const wismo_edd_model_t *model,
    wismo_edd_stage_e stage, wismo_edd_view_t *view);
static void wismo_edd_weigh(const wismo_edd_part_t *part,
    const wismo_edd_parcel_t *parcel, wismo_edd_stage_e stage,
    const wismo_edd_place_t *from, const wismo_edd_place_t *to,
    wismo_edd_view_t *view);
static void wismo_edd_lanes(const wismo_edd_parcel_t *parcel,
    const wismo_edd_place_t *from, const wismo_edd_place_t *to,
    wismo_edd_view_t *view);
static void wismo_edd_lane(wismo_edd_view_t *view, unsigned kind,
    const void *a, size_t alen, const void *b, size_t blen);
static void wismo_edd_name(const wismo_edd_model_t *model,
    wismo_edd_stage_e stage, const wismo_edd_view_t *view,
    wismo_edd_range_t *range);
static double wismo_edd_count(double var, unsigned level);
static const wismo_edd_node_t *wismo_edd_find(const wismo_edd_model_t *model,
    uint64_t key);
static wismo_edd_node_t *wismo_edd_node(wismo_edd_model_t *model,
    uint64_t key);
static void wismo_edd_now(const wismo_edd_node_t *node, unsigned kind,
    wismo_edd_stage_e stage, double minute, double *mean, double *var);
static void wismo_edd_adapt(wismo_edd_model_t *model,
    wismo_edd_stage_e stage, const wismo_edd_view_t *view, double error);


wismo_edd_model_t *
wismo_edd_create(void)
{
    wismo_edd_model_t  *model;

    model = malloc(sizeof(wismo_edd_model_t));

    if (model) {
        wismo_edd_reset(model);
    }

    return model;
}


void
wismo_edd_free(wismo_edd_model_t *model)
{
    free(model);
}


size_t
wismo_edd_size(void)
{
    return sizeof(wismo_edd_model_t);
}


uint64_t
wismo_edd_learnt(const wismo_edd_model_t *model)
{
    return model->parts[WISMO_EDD_PURCHASE].learnt
           > model->parts[WISMO_EDD_HANDOVER].learnt
           ? model->parts[WISMO_EDD_PURCHASE].learnt
           : model->parts[WISMO_EDD_HANDOVER].learnt;
}


void
wismo_edd_reset(wismo_edd_model_t *model)
{
    double             z;
    unsigned           i, stage;
    wismo_edd_part_t  *part;

    memset(model, 0, sizeof(wismo_edd_model_t));

    for (i = 0; i < WISMO_EDD_DAYS + 2; i++) {
        model->log_edge[i] = log((double) i - 0.5 + WISMO_EDD_SHIFT);
    }

    for (stage = 0; stage < WISMO_EDD_STAGES; stage++) {
        part = &model->parts[stage];
        part->share = WISMO_EDD_COVERAGE;
        part->weight[0] = (stage == WISMO_EDD_PURCHASE) ? 2.4 : 2.2;

        for (i = 0; i < WISMO_EDD_WEIGHTS; i++) {
            part->cov[i][i] = WISMO_EDD_WEIGHT_VAR;
        }

        /* before there are errors, as many as twenty of a bell */

        for (i = 0; i < WISMO_EDD_BINS; i++) {
            z = -6 + 12 * ((double) i + 0.5) / WISMO_EDD_BINS;
            part->bins[i] = 0.4 * exp(-z * z / 2);
        }
    }
}


int
wismo_edd_predict(const wismo_edd_model_t *model,
    const wismo_edd_parcel_t *parcel, wismo_edd_stage_e stage, int64_t now,
    wismo_edd_range_t *range)
{
    int64_t           gone;
    wismo_edd_view_t  view;

    if (model->parts[stage].learnt < WISMO_EDD_ENOUGH
        || wismo_edd_see(model, parcel, stage, now, &view) != WISMO_OK)
    {
        return WISMO_DECLINED;
    }

    gone = wismo_edd_day(now) - view.day;

    if (gone < 0) {
        gone = 0;
    }

    wismo_edd_sum(model, stage, &view);

    if (gone > WISMO_EDD_DAYS
        || wismo_edd_range_of(model, stage, &view, (int) gone, range)
           != WISMO_OK)
    {
        return WISMO_DECLINED;
    }

    wismo_edd_name(model, stage, &view, range);

    return WISMO_OK;
}


int
wismo_edd_learn(wismo_edd_model_t *model, const wismo_edd_parcel_t *parcel,
    const wismo_edd_range_t *stated[WISMO_EDD_STAGES])
{
    int                rc;
    double             days, error;
    unsigned           stage;
    wismo_edd_part_t  *part;
    wismo_edd_view_t   view;

    rc = WISMO_DECLINED;

    if (parcel->delivered == WISMO_TIME_NONE) {
        return rc;
    }

    for (stage = 0; stage < WISMO_EDD_STAGES; stage++) {

        if (wismo_edd_see(model, parcel, stage, parcel->delivered, &view)
            != WISMO_OK)
        {
            continue;
        }

        days = (double) (wismo_edd_day(parcel->delivered) - view.day
                         - parcel->rest[stage]);

        if (days < 0) {
            continue;
        }

        if (days > WISMO_EDD_DAYS) {
            days = WISMO_EDD_DAYS;
        }

        part = &model->parts[stage];

        wismo_edd_sum(model, stage, &view);

        error = log(days + WISMO_EDD_SHIFT) - view.mean;

        wismo_edd_range_learn(part, error / sqrt(view.var), view.minute);

        if (stated && stated[stage]) {
            part->share -= WISMO_EDD_GAIN
                           * ((days >= stated[stage]->from
                               && days <= stated[stage]->to)
                              - WISMO_EDD_COVERAGE);
            part->share = fmin(fmax(part->share, WISMO_EDD_SHARE_MIN),
                               WISMO_EDD_SHARE_MAX);
        }

        wismo_edd_adapt(model, stage, &view, error);

        /* what a parcel without a promise is taken to have been promised */

        if (!isnan(view.promise)) {
            part->promises = fmin(part->promises + 1, 1000);
            part->promise += (view.promise - part->promise) / part->promises;
        }

        part->learnt++;
        part->usual = wismo_edd_within(part->usual
                                       + (view.mean - part->usual)
                                         / fmin((double) part->learnt, 1000),
                                       WISMO_EDD_USUAL_MAX);
        rc = WISMO_OK;
    }

    return rc;
}


unsigned
wismo_edd_levels(const wismo_edd_model_t *model,
    const wismo_edd_parcel_t *parcel, wismo_edd_stage_e stage,
    wismo_edd_level_t levels[WISMO_EDD_LEVELS])
{
    double                   mean, var;
    int64_t                  now;
    unsigned                 i, n;
    wismo_edd_view_t         view;
    const wismo_edd_node_t  *node;

    now = (stage == WISMO_EDD_PURCHASE) ? parcel->purchased : parcel->shipped;
    n = 0;

    if (wismo_edd_see(model, parcel, stage, now, &view) != WISMO_OK) {
        return 0;
    }

    for (i = 0; i < view.n; i++) {
        node = wismo_edd_find(model, view.key[i]);

        wismo_edd_now(node, view.level[i], stage, view.minute, &mean, &var);

        levels[n].level = wismo_edd_kinds[view.level[i]].name;
        levels[n].factor = exp(mean);
        levels[n].learnt = wismo_edd_count(var, view.level[i]);
        levels[n].at = (node && node->minute[stage])
                       ? (int64_t) node->minute[stage] * 60
                       : WISMO_TIME_NONE;
        n++;
    }

    return n;
}


/* A range is called after the finest level that had a say in it. */

static void
wismo_edd_name(const wismo_edd_model_t *model, wismo_edd_stage_e stage,
    const wismo_edd_view_t *view, wismo_edd_range_t *range)
{
    double    mean, var, learnt;
    unsigned  i;

    range->lane = wismo_edd_kinds[WISMO_EDD_GLOBAL].name;
    range->learnt = (double) model->parts[stage].learnt;

    for (i = view->n; i-- > 1; /* void */) {
        wismo_edd_now(wismo_edd_find(model, view->key[i]), view->level[i],
                      stage, view->minute, &mean, &var);

        learnt = wismo_edd_count(var, view->level[i]);

        if (learnt >= 1) {
            range->lane = wismo_edd_kinds[view->level[i]].name;
            range->learnt = learnt;
            break;
        }
    }
}


/* As many deliveries as would have made a level so sure, had they been all. */

static double
wismo_edd_count(double var, unsigned level)
{
    double  n;

    n = WISMO_EDD_NOISE * (1 / var - 1 / wismo_edd_kinds[level].var);

    return (n > 0) ? n : 0;
}


/* WISMO_DECLINED: the stage's moment is not known. */

static int
wismo_edd_see(const wismo_edd_model_t *model,
    const wismo_edd_parcel_t *parcel, wismo_edd_stage_e stage, int64_t now,
    wismo_edd_view_t *view)
{
    int64_t            moment;
    wismo_edd_place_t  from, to;

    moment = (stage == WISMO_EDD_PURCHASE) ? parcel->purchased
                                           : parcel->shipped;

    if (moment == WISMO_TIME_NONE || now < 0
        || now / 60 > (int64_t) UINT32_MAX)
    {
        return WISMO_DECLINED;
    }

    view->day = wismo_edd_day(moment);
    view->minute = (double) (now / 60);
    view->n = 0;

    if (wismo_edd_place(&parcel->origin, &from) != WISMO_OK
        || wismo_edd_place(&parcel->destination, &to) != WISMO_OK)
    {
        return WISMO_DECLINED;
    }

    wismo_edd_weigh(&model->parts[stage], parcel, stage, &from, &to, view);
    wismo_edd_lanes(parcel, &from, &to, view);

    return WISMO_OK;
}


/* Fills x: the parts of the sum that belong to no lane. */

static void
wismo_edd_weigh(const wismo_edd_part_t *part,
    const wismo_edd_parcel_t *parcel, wismo_edd_stage_e stage,
    const wismo_edd_place_t *from, const wismo_edd_place_t *to,
    wismo_edd_view_t *view)
{
    bool     region;
    size_t   same;
    double   days, promise;
    double  *x;

    x = view->x;

    memset(x, 0, sizeof(view->x));

    region = from->region && from->region == to->region
             && memcmp(from->data, to->data, from->region) == 0;

    same = 0;

    if (region && from->post && from->post == to->post) {

        while (from->post + same < from->len && to->post + same < to->len
               && from->data[from->post + same] == to->data[to->post + same])
        {
            same++;
        }
    }

    view->promise = NAN;

    if (parcel->promised != WISMO_TIME_NONE) {
        days = (double) (wismo_edd_day(parcel->promised) - view->day);
        days += (stage == WISMO_EDD_PURCHASE) ? 1 : 8;
        view->promise = log(fmin(fmax(days, 1), WISMO_EDD_DAYS));
    }

    promise = isnan(view->promise) ? (part->promises ? part->promise
                                                     : WISMO_EDD_TYPICAL)
                                   : view->promise;
    promise -= WISMO_EDD_TYPICAL;

    x[0] = 1;
    x[1] = 0.25 * promise;

    /* 1970 began on a Thursday */

    x[2 + (view->day % 7 + 7 + 4) % 7] = 0.2;

    x[9] = region ? 1.6 : 0;
    x[10] = (same >= 1) ? 1 : 0;
    x[11] = (same >= 2) ? 1.5 : 0;
    x[12] = region ? 0.5 * promise : 0;

    if (stage == WISMO_EDD_HANDOVER && parcel->purchased != WISMO_TIME_NONE) {
        days = (double) (view->day - wismo_edd_day(parcel->purchased));
        x[13] = 0.72 * (log(1 + fmin(fmax(days, 0), WISMO_EDD_DAYS)) - 1);
    }
}


static void
wismo_edd_lanes(const wismo_edd_parcel_t *parcel,
    const wismo_edd_place_t *from, const wismo_edd_place_t *to,
    wismo_edd_view_t *view)
{
    size_t         n, len;
    unsigned       i;
    unsigned char  service[2 * WISMO_EDD_PLACE_MAX + 1];

    wismo_edd_lane(view, WISMO_EDD_GLOBAL, NULL, 0, NULL, 0);

    if (parcel->carrier.len || parcel->service.len) {
        n = parcel->carrier.len < WISMO_EDD_PLACE_MAX ? parcel->carrier.len
                                                      : WISMO_EDD_PLACE_MAX;
        memcpy(service, parcel->carrier.data ? parcel->carrier.data
                                             : (unsigned char *) "", n);
        service[n++] = '/';

        len = parcel->service.len < WISMO_EDD_PLACE_MAX ? parcel->service.len
                                                        : WISMO_EDD_PLACE_MAX;
        memcpy(service + n, parcel->service.data ? parcel->service.data
                                                 : (unsigned char *) "", len);
        n += len;

        wismo_edd_lane(view, WISMO_EDD_CARRIER, service, n, NULL, 0);

        if (to->region) {
            wismo_edd_lane(view, WISMO_EDD_CARRIER_TO, service, n, to->data,
                           to->region);
        }
    }

    if (to->region) {
        wismo_edd_lane(view, WISMO_EDD_TO_REGION, NULL, 0, to->data,
                       to->region);
        wismo_edd_lane(view, WISMO_EDD_TO_REGION_NOW, NULL, 0, to->data,
                       to->region);
    }

    for (i = 1; i <= 3 && to->post && to->post + i <= to->len; i++) {
        wismo_edd_lane(view, WISMO_EDD_TO_1 + i - 1, NULL, 0, to->data,
                       to->post + i);
    }

    if (from->region == 0) {
        return;
    }

    wismo_edd_lane(view, WISMO_EDD_FROM_REGION, from->data, from->region,
                   NULL, 0);

    if (from->post) {
        len = from->post + 3 < from->len ? from->post + 3 : from->len;

        wismo_edd_lane(view, WISMO_EDD_FROM_3, from->data, len, NULL, 0);
        wismo_edd_lane(view, WISMO_EDD_FROM_NOW, from->data, from->len, NULL,
                       0);
    }

    if (to->region) {
        wismo_edd_lane(view, WISMO_EDD_REGIONS, from->data, from->region,
                       to->data, to->region);

        if (from->post) {
            wismo_edd_lane(view, WISMO_EDD_FROM_TO, from->data, from->len,
                           to->data, to->region);
        }
    }
}


uint64_t
wismo_edd_regions(const wismo_edd_parcel_t *parcel)
{
    wismo_edd_view_t   view;
    wismo_edd_place_t  from, to;

    if (wismo_edd_place(&parcel->origin, &from) != WISMO_OK
        || wismo_edd_place(&parcel->destination, &to) != WISMO_OK
        || from.region == 0 || to.region == 0)
    {
        return 0;
    }

    view.n = 0;
    wismo_edd_lane(&view, WISMO_EDD_REGIONS, from.data, from.region, to.data,
                   to.region);

    return view.key[0];
}


/* FNV-1a, and the finish of murmur, for the low bits choose the set. */

static void
wismo_edd_lane(wismo_edd_view_t *view, unsigned kind, const void *a,
    size_t alen, const void *b, size_t blen)
{
    size_t                i;
    uint64_t              h;
    const unsigned char  *p;

    h = (UINT64_C(14695981039346656037) ^ kind) * UINT64_C(1099511628211);

    p = a;

    for (i = 0; i < alen; i++) {
        h = (h ^ p[i]) * UINT64_C(1099511628211);
    }

    h = (h ^ 0x100) * UINT64_C(1099511628211);
    p = b;

    for (i = 0; i < blen; i++) {
        h = (h ^ p[i]) * UINT64_C(1099511628211);
    }

    h ^= h >> 33;
    h *= UINT64_C(0xff51afd7ed558ccd);
    h ^= h >> 33;

    view->key[view->n] = h ? h : 1;
    view->level[view->n++] = (uint8_t) kind;
}


/* The weights' and the lane's share of "mean" and "var". */

static void
wismo_edd_sum(const wismo_edd_model_t *model, wismo_edd_stage_e stage,
    wismo_edd_view_t *view)
{
    double                   c, mean, var;
    unsigned                 i, j;
    const wismo_edd_part_t  *part;

    part = &model->parts[stage];

    view->mean = 0;
    view->var = WISMO_EDD_NOISE;

    for (i = 0; i < WISMO_EDD_WEIGHTS; i++) {

        if (view->x[i] == 0) {
            continue;
        }

        c = 0;

        for (j = 0; j < WISMO_EDD_WEIGHTS; j++) {
            c += part->cov[i][j] * view->x[j];
        }

        view->mean += part->weight[i] * view->x[i];
        view->var += c * view->x[i];
    }

    for (i = 0; i < view->n; i++) {
        wismo_edd_now(wismo_edd_find(model, view->key[i]), view->level[i],
                      stage, view->minute, &mean, &var);

        view->mean += mean;
        view->var += var;
    }

    /* less than that only rounding can make of it */

    view->var = fmax(view->var, WISMO_EDD_NOISE);
}


/* What a level says by now: the longer ago, the less. */

static void
wismo_edd_now(const wismo_edd_node_t *node, unsigned level,
    wismo_edd_stage_e stage, double minute, double *mean, double *var)
{
    double                   fade, gone;
    const wismo_edd_kind_t  *kind;

    kind = &wismo_edd_kinds[level];

    if (node == NULL || node->minute[stage] == 0) {
        *mean = 0;
        *var = kind->var;
        return;
    }

    gone = minute - (double) node->minute[stage];
    fade = (gone > 0) ? exp(-gone / (kind->days * 1440)) : 1;

    *mean = (double) node->mean[stage] * fade;
    *var = (double) node->var[stage] * fade * fade
           + kind->var * (1 - fade * fade);
}


static void
wismo_edd_adapt(wismo_edd_model_t *model, wismo_edd_stage_e stage,
    const wismo_edd_view_t *view, double error)
{
    double             clip, crowd, gain, mean, var;
    double             cx[WISMO_EDD_WEIGHTS];
    unsigned           i, j;
    wismo_edd_node_t  *node;
    wismo_edd_part_t  *part;

    part = &model->parts[stage];

    /* one lost and found parcel says little of those to come */

    clip = WISMO_EDD_CLIP * sqrt(view->var);
    error = fmin(fmax(error, -clip), clip);

    /*
     * What is delivered on one day was bought on a Monday exactly if it took
     * so and so many days: of many deliveries a day the weights of weekdays
     * would learn today's date.  Together such count as no more than a few.
     */

    if (view->minute > part->rate_at) {
        part->rate *= exp((part->rate_at - view->minute) / 1440);
        part->rate_at = view->minute;
    }

    part->rate = fmin(part->rate + 1, WISMO_EDD_RATE_MAX);
    crowd = fmax(part->rate / WISMO_EDD_VOLUME, 1);
    var = view->var + (crowd - 1) * WISMO_EDD_NOISE;

    for (i = 0; i < WISMO_EDD_WEIGHTS; i++) {
        part->cov[i][i] = fmin(part->cov[i][i] + WISMO_EDD_DRIFT / crowd,
                               WISMO_EDD_COV_MAX);
        cx[i] = 0;
    }

    for (j = 0; j < WISMO_EDD_WEIGHTS; j++) {

        if (view->x[j] == 0) {
            continue;
        }

        for (i = 0; i < WISMO_EDD_WEIGHTS; i++) {
            cx[i] += part->cov[j][i] * view->x[j];
        }
    }

    for (i = 0; i < WISMO_EDD_WEIGHTS; i++) {
        part->weight[i] = wismo_edd_within(part->weight[i]
                                           + cx[i] * error / var,
                                           WISMO_EDD_MEAN_MAX);

        for (j = 0; j < WISMO_EDD_WEIGHTS; j++) {
            part->cov[i][j] -= cx[i] * cx[j] / var;
        }
    }

    for (i = 0; i < view->n; i++) {
        node = wismo_edd_node(model, view->key[i]);

        wismo_edd_now(node, view->level[i], stage, view->minute, &mean, &var);

        gain = var / view->var;

        node->mean[stage] = (float) wismo_edd_within(mean + gain * error,
                                                     WISMO_EDD_MEAN_MAX);
        node->var[stage] = (float) (var - gain * var);

        if (view->minute > (double) node->minute[stage]) {
            node->minute[stage] = (uint32_t) view->minute;
        }
    }
}


static const wismo_edd_node_t *
wismo_edd_find(const wismo_edd_model_t *model, uint64_t key)
{
    unsigned                 i;
    const wismo_edd_node_t  *set;

    set = model->nodes[key % WISMO_EDD_SETS];

    for (i = 0; i < WISMO_EDD_WAYS; i++) {
        if (set[i].key == key) {
            return &set[i];
        }
    }

    return NULL;
}


static wismo_edd_node_t *
wismo_edd_node(wismo_edd_model_t *model, uint64_t key)
{
    unsigned           i;
    uint32_t           at, oldest;
    wismo_edd_node_t  *node, *set;

    set = model->nodes[key % WISMO_EDD_SETS];
    node = NULL;
    oldest = UINT32_MAX;

    for (i = 0; i < WISMO_EDD_WAYS; i++) {

        if (set[i].key == key) {
            return &set[i];
        }

        at = set[i].minute[0] > set[i].minute[1] ? set[i].minute[0]
                                                 : set[i].minute[1];

        if (node == NULL || at < oldest) {
            node = &set[i];
            oldest = at;
        }
    }

    memset(node, 0, sizeof(wismo_edd_node_t));
    node->key = key;

    return node;
}
