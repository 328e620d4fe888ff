
/*
 * Copyright (C) The Wismo authors
 *
 * History, replayed: predicts each parcel at its purchase and at its handover
 * and learns it at its delivery, all in the order of these moments, and
 * compares the predictions with what happened.  Beside them stand the shop's
 * own promise and what anybody would do first, the median of the lane.
 * Called by "wismo edd".
 *
 * It must never let a moment know a later one: at the same second predictions
 * go first.
 */


#include "wismo_edd_int.h"
#include "wismo_edd_days.h"

#include <math.h>
#include <stdlib.h>


#define WISMO_EDD_LANES      8192     /* of the plain median, the first ones */
#define WISMO_EDD_PLAIN_MIN  30       /* deliveries, or else all lanes */


typedef enum {
    WISMO_EDD_ASK_PURCHASE = 0,
    WISMO_EDD_ASK_HANDOVER,
    WISMO_EDD_ARRIVED
} wismo_edd_moment_e;


typedef struct {
    int64_t                    at;
    const wismo_edd_parcel_t  *parcel;
    uint32_t                   i;
    uint8_t                    what;
} wismo_edd_moment_t;


/* What was said of a parcel when it could not be known yet. */

typedef struct {
    int16_t                    from[WISMO_EDD_STAGES];
    int16_t                    middle[WISMO_EDD_STAGES];
    int16_t                    to[WISMO_EDD_STAGES];
} wismo_edd_said_t;


/* The plain way: how often each number of days was seen. */

typedef struct {
    uint64_t                   key;
    uint32_t                   n[WISMO_EDD_STAGES];
    uint32_t                   days[WISMO_EDD_STAGES][WISMO_EDD_DAYS + 1];
} wismo_edd_plain_t;


typedef struct {
    const wismo_edd_replay_t  *replay;
    wismo_edd_scores_t        *scores;
    wismo_edd_said_t          *said;
    wismo_edd_plain_t         *all;
    wismo_edd_plain_t        **lanes;
    unsigned                   nlanes;
} wismo_edd_run_t;


static int wismo_edd_moments(const void *a, const void *b);
static int wismo_edd_compare(const wismo_str_t *a, const wismo_str_t *b);
static int wismo_edd_ask(wismo_edd_run_t *run,
    const wismo_edd_parcel_t *parcel, uint32_t i, wismo_edd_stage_e stage);
static int wismo_edd_arrived(wismo_edd_run_t *run,
    const wismo_edd_parcel_t *parcel, uint32_t i);
static int wismo_edd_plain(wismo_edd_run_t *run,
    const wismo_edd_parcel_t *parcel, wismo_edd_plain_t **lane);
static double wismo_edd_quantile(const wismo_edd_plain_t *lane,
    wismo_edd_stage_e stage, double share);
static void wismo_edd_count_in(wismo_edd_score_t *score, double days,
    double from, double middle, double to);
static int wismo_edd_days(const wismo_edd_parcel_t *parcel,
    wismo_edd_stage_e stage);


int
wismo_edd_replay(const wismo_edd_replay_t *replay,
    const wismo_edd_parcel_t *parcels, size_t n,
    wismo_edd_scores_t scores[WISMO_EDD_STAGES])
{
    int                  rc;
    size_t               i, k, nmoments;
    unsigned             stage;
    wismo_edd_run_t      run;
    wismo_edd_moment_t  *m, *moments;

    memset(scores, 0, WISMO_EDD_STAGES * sizeof(wismo_edd_scores_t));

    if (n > UINT32_MAX / 3) {
        return WISMO_ERROR;
    }

    run.replay = replay;
    run.scores = scores;
    run.nlanes = 0;
    run.said = malloc((n + 1) * sizeof(wismo_edd_said_t));
    run.all = calloc(1, sizeof(wismo_edd_plain_t));
    run.lanes = calloc(WISMO_EDD_LANES, sizeof(wismo_edd_plain_t *));
    moments = malloc((3 * n + 1) * sizeof(wismo_edd_moment_t));

    rc = WISMO_ERROR;

    if (run.said == NULL || run.all == NULL || run.lanes == NULL
        || moments == NULL)
    {
        goto done;
    }

    nmoments = 0;

    for (i = 0; i < n; i++) {
        const int64_t  at[] = {
            parcels[i].purchased, parcels[i].shipped, parcels[i].delivered
        };

        run.said[i].middle[0] = -1;
        run.said[i].middle[1] = -1;

        for (k = 0; k < 3; k++) {
            if (at[k] != WISMO_TIME_NONE) {
                m = &moments[nmoments++];
                m->at = at[k];
                m->parcel = &parcels[i];
                m->i = (uint32_t) i;
                m->what = (uint8_t) k;
            }
        }
    }

    qsort(moments, nmoments, sizeof(wismo_edd_moment_t), wismo_edd_moments);

    for (i = 0; i < nmoments; i++) {
        m = &moments[i];

        if (m->what == WISMO_EDD_ARRIVED) {
            rc = wismo_edd_arrived(&run, m->parcel, m->i);

        } else {
            rc = wismo_edd_ask(&run, m->parcel, m->i,
                               (wismo_edd_stage_e) m->what);
        }

        if (rc != WISMO_OK) {
            goto done;
        }

        if (replay->tick && i % 4096 == 0) {
            replay->tick(replay->data, n * i / nmoments);
        }
    }

    for (stage = 0; stage < WISMO_EDD_STAGES; stage++) {
        const double  said = (double) scores[stage].n;
        const double  kept = (double) scores[stage].promised;

        scores[stage].own.mae /= said;
        scores[stage].own.coverage /= said;
        scores[stage].own.width /= said;
        scores[stage].median.mae /= said;
        scores[stage].median.coverage /= said;
        scores[stage].median.width /= said;
        scores[stage].promise.mae /= kept;
        scores[stage].promise.coverage /= kept;
        scores[stage].promise.width /= kept;
    }

    rc = WISMO_OK;

done:

    for (i = 0; run.lanes && i < WISMO_EDD_LANES; i++) {
        free(run.lanes[i]);
    }

    free(run.lanes);
    free(run.all);
    free(run.said);
    free(moments);

    return rc;
}


/*
 * The order in which things happened.  What happened in the same second has
 * one that the parcels give and not their rows, so that a file in another
 * order says the same.
 */

static int
wismo_edd_moments(const void *a, const void *b)
{
    int                        rc;
    const wismo_edd_moment_t  *x, *y;

    x = a;
    y = b;

    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }

    if (x->what != y->what) {
        return (int) x->what - (int) y->what;
    }

    if (x->parcel->purchased != y->parcel->purchased) {
        return x->parcel->purchased < y->parcel->purchased ? -1 : 1;
    }

    rc = wismo_edd_compare(&x->parcel->id, &y->parcel->id);

    if (rc == 0) {
        rc = wismo_edd_compare(&x->parcel->destination,
                               &y->parcel->destination);
    }

    if (rc == 0) {
        rc = wismo_edd_compare(&x->parcel->origin, &y->parcel->origin);
    }

    return rc;
}


static int
wismo_edd_compare(const wismo_str_t *a, const wismo_str_t *b)
{
    int     rc;
    size_t  n;

    n = a->len < b->len ? a->len : b->len;
    rc = n ? memcmp(a->data, b->data, n) : 0;

    return rc ? rc : (a->len > b->len) - (a->len < b->len);
}


static int
wismo_edd_ask(wismo_edd_run_t *run, const wismo_edd_parcel_t *parcel,
    uint32_t i, wismo_edd_stage_e stage)
{
    int                  days, promise;
    double               from, middle, to;
    wismo_edd_said_t    *said;
    wismo_edd_range_t    range;
    wismo_edd_plain_t   *lane;
    wismo_edd_parcel_t   known;
    wismo_edd_scores_t  *scores;

    /* what is not known yet is not even there */

    known = *parcel;
    known.delivered = WISMO_TIME_NONE;

    if (stage == WISMO_EDD_PURCHASE) {
        known.shipped = WISMO_TIME_NONE;
    }

    scores = &run->scores[stage];
    days = wismo_edd_days(parcel, stage);

    if (wismo_edd_expect(run->replay->model, run->replay->calendars, &known,
                         stage,
                         (stage == WISMO_EDD_PURCHASE) ? known.purchased
                                                       : known.shipped,
                         &range)
        != WISMO_OK)
    {
        if (run->replay->score && days >= 0
            && parcel->purchased >= run->replay->from)
        {
            scores->unsaid++;
        }

        return WISMO_OK;
    }

    said = &run->said[i];
    said->from[stage] = (int16_t) range.from;
    said->middle[stage] = (int16_t) range.middle;
    said->to[stage] = (int16_t) range.to;

    if (!run->replay->score || days < 0
        || parcel->purchased < run->replay->from)
    {
        return WISMO_OK;
    }

    if (run->replay->said) {
        run->replay->said(run->replay->data, parcel, stage, &range);
    }

    scores->n++;
    wismo_edd_count_in(&scores->own, days, range.from, range.middle,
                       range.to);

    if (wismo_edd_plain(run, parcel, &lane) != WISMO_OK) {
        return WISMO_ERROR;
    }

    if (lane == NULL || lane->n[stage] < WISMO_EDD_PLAIN_MIN) {
        lane = run->all;
    }

    from = wismo_edd_quantile(lane, stage, 0.1);
    middle = wismo_edd_quantile(lane, stage, 0.5);
    to = wismo_edd_quantile(lane, stage, 0.9);
    wismo_edd_count_in(&scores->median, days, from, middle, to);

    if (parcel->promised != WISMO_TIME_NONE) {
        promise = days + (int) (wismo_edd_day(parcel->promised)
                                - wismo_edd_day(parcel->delivered));
        scores->promised++;
        wismo_edd_count_in(&scores->promise, days, -INFINITY, promise,
                           promise);
    }

    return WISMO_OK;
}


static int
wismo_edd_arrived(wismo_edd_run_t *run, const wismo_edd_parcel_t *parcel,
    uint32_t i)
{
    int                       days;
    unsigned                  stage;
    wismo_edd_plain_t        *lane;
    wismo_edd_range_t         range[WISMO_EDD_STAGES];
    const wismo_edd_range_t  *stated[WISMO_EDD_STAGES];
    const wismo_edd_said_t   *said;

    said = &run->said[i];

    for (stage = 0; stage < WISMO_EDD_STAGES; stage++) {
        stated[stage] = NULL;

        if (said->middle[stage] >= 0) {
            range[stage].from = said->from[stage];
            range[stage].middle = said->middle[stage];
            range[stage].to = said->to[stage];
            stated[stage] = &range[stage];
        }
    }

    (void) wismo_edd_remember(run->replay->model, run->replay->calendars,
                              parcel, stated);

    if (!run->replay->score) {
        return WISMO_OK;
    }

    if (wismo_edd_plain(run, parcel, &lane) != WISMO_OK) {
        return WISMO_ERROR;
    }

    for (stage = 0; stage < WISMO_EDD_STAGES; stage++) {
        days = wismo_edd_days(parcel, stage);

        if (days < 0) {
            continue;
        }

        run->all->n[stage]++;
        run->all->days[stage][days]++;

        if (lane) {
            lane->n[stage]++;
            lane->days[stage][days]++;
        }
    }

    return WISMO_OK;
}


/* -1: not known, or the delivery was before. */

static int
wismo_edd_days(const wismo_edd_parcel_t *parcel, wismo_edd_stage_e stage)
{
    int64_t  moment, days;

    moment = (stage == WISMO_EDD_PURCHASE) ? parcel->purchased
                                           : parcel->shipped;

    if (moment == WISMO_TIME_NONE || parcel->delivered == WISMO_TIME_NONE) {
        return -1;
    }

    days = wismo_edd_day(parcel->delivered) - wismo_edd_day(moment);

    if (days < 0) {
        return -1;
    }

    return (days > WISMO_EDD_DAYS) ? WISMO_EDD_DAYS : (int) days;
}


/* NULL: there are too many lanes already. */

static int
wismo_edd_plain(wismo_edd_run_t *run, const wismo_edd_parcel_t *parcel,
    wismo_edd_plain_t **lane)
{
    unsigned  i;
    uint64_t  key;

    *lane = NULL;

    key = wismo_edd_regions(parcel);

    for (i = (unsigned) (key % WISMO_EDD_LANES); run->lanes[i];
         i = (i + 1) % WISMO_EDD_LANES)
    {
        if (run->lanes[i]->key == key) {
            *lane = run->lanes[i];
            return WISMO_OK;
        }
    }

    if (key == 0 || run->nlanes == WISMO_EDD_LANES / 2) {
        return WISMO_OK;
    }

    run->lanes[i] = calloc(1, sizeof(wismo_edd_plain_t));

    if (run->lanes[i] == NULL) {
        return WISMO_ERROR;
    }

    run->lanes[i]->key = key;
    run->nlanes++;
    *lane = run->lanes[i];

    return WISMO_OK;
}


/* Between two values, as spreadsheets do it. */

static double
wismo_edd_quantile(const wismo_edd_plain_t *lane, wismo_edd_stage_e stage,
    double share)
{
    int              low, high;
    double           at;
    uint32_t         n;
    const uint32_t  *days;

    if (lane->n[stage] == 0) {
        return 0;
    }

    days = lane->days[stage];
    at = share * (lane->n[stage] - 1);
    n = days[0];

    for (low = 0; low < WISMO_EDD_DAYS && n <= (uint32_t) at; low++) {
        n += days[low + 1];
    }

    high = low;

    if (n <= (uint32_t) at + 1) {
        do {
            high++;
        } while (high < WISMO_EDD_DAYS && days[high] == 0);
    }

    if ((uint32_t) at + 1 >= lane->n[stage]) {
        high = low;
    }

    return low + (high - low) * (at - floor(at));
}


static void
wismo_edd_count_in(wismo_edd_score_t *score, double days, double from,
    double middle, double to)
{
    score->mae += fabs(days - middle);
    score->coverage += (days >= from && days <= to);
    score->width += to - from;
}
