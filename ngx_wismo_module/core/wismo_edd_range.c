
/*
 * Copyright (C) The Wismo authors
 *
 * From a middle to a range that holds the delivery as often as it says: the
 * errors of the past, as a histogram, make the distribution of the next one;
 * how much of it a range takes is corrected by how often the ranges that were
 * stated have held.  Called by wismo_edd.c.
 *
 * The range is the shortest run of days that holds enough, not the one with
 * equal tails: delays have a long one, and to wait for the worst tenth would
 * make every range useless.  For the same reason a long way is given a little
 * less and a short one a little more than the share stated, which is kept
 * over all parcels.
 */


#include "wismo_edd_int.h"

#include <math.h>


#define WISMO_EDD_Z          6.0      /* the histogram's ends, deviations */
#define WISMO_EDD_HALF_LIFE  (200.0 * 1440)
#define WISMO_EDD_TILT       0.18
#define WISMO_EDD_REST       0.02     /* of the parcels: they are lost */


static double wismo_edd_below(const double *sum, double z);


int
wismo_edd_range_of(const wismo_edd_model_t *model, wismo_edd_stage_e stage,
    const wismo_edd_view_t *view, int gone, wismo_edd_range_t *range)
{
    int                      a, b, best;
    double                   deviation, held, most, over, share;
    double                   below[WISMO_EDD_DAYS + 2];
    double                   sum[WISMO_EDD_BINS + 1];
    unsigned                 i;
    const wismo_edd_part_t  *part;

    part = &model->parts[stage];
    deviation = sqrt(view->var);

    sum[0] = 0;

    for (i = 0; i < WISMO_EDD_BINS; i++) {
        sum[i + 1] = sum[i] + part->bins[i];
    }

    /* below[d]: the chance of fewer than d days, of which there is no end */

    below[0] = 0;

    for (i = 1; i <= WISMO_EDD_DAYS; i++) {
        below[i] = wismo_edd_below(sum, (model->log_edge[i] - view->mean)
                                        / deviation);

        if (below[i] >= 1) {
            break;
        }
    }

    for ( /* void */ ; i <= WISMO_EDD_DAYS + 1; i++) {
        below[i] = 1;
    }

    /* of those that are not there yet */

    if (gone > 0) {
        over = below[gone];

        if (over > 1 - WISMO_EDD_REST) {
            return WISMO_DECLINED;
        }

        for (i = 0; i <= WISMO_EDD_DAYS + 1; i++) {
            below[i] = (below[i] > over) ? (below[i] - over) / (1 - over) : 0;
        }
    }

    for (range->middle = 0; below[range->middle + 1] < 0.5; range->middle++) {
        /* void */
    }

    share = part->share - WISMO_EDD_TILT * (view->mean - part->usual);
    share = fmin(fmax(share, 0.70), 0.92);

    range->from = gone;
    range->to = WISMO_EDD_DAYS;
    best = WISMO_EDD_DAYS + 1;
    most = 0;
    b = gone;

    for (a = gone; a <= WISMO_EDD_DAYS && 1 - below[a] >= share; a++) {

        while (b < WISMO_EDD_DAYS && below[b + 1] - below[a] < share) {
            b++;
        }

        held = below[b + 1] - below[a];

        if (b - a < best || (b - a == best && held > most)) {
            range->from = a;
            range->to = b;
            best = b - a;
            most = held;
        }
    }

    if (range->middle < range->from) {
        range->from = range->middle;
    }

    if (range->middle > range->to) {
        range->to = range->middle;
    }

    return WISMO_OK;
}


static double
wismo_edd_below(const double *sum, double z)
{
    double  at, part;
    int     bin;

    at = (z + WISMO_EDD_Z) / (2 * WISMO_EDD_Z) * WISMO_EDD_BINS;

    if (!(at > 0)) {
        return 0;
    }

    if (at >= WISMO_EDD_BINS) {
        return 1;
    }

    bin = (int) at;
    part = at - bin;

    return (sum[bin] + part * (sum[bin + 1] - sum[bin]))
           / sum[WISMO_EDD_BINS];
}


void
wismo_edd_range_learn(wismo_edd_part_t *part, double error, double minute)
{
    int       bin;
    double    weight;
    unsigned  i;

    if (part->bins_from == 0) {
        part->bins_from = minute;
    }

    weight = exp2((minute - part->bins_from) / WISMO_EDD_HALF_LIFE);

    if (weight > 1e6) {
        for (i = 0; i < WISMO_EDD_BINS; i++) {
            part->bins[i] /= weight;
        }

        part->bins_from = minute;
        weight = 1;
    }

    bin = (int) floor((error + WISMO_EDD_Z) / (2 * WISMO_EDD_Z)
                      * WISMO_EDD_BINS);

    if (bin < 0) {
        bin = 0;
    }

    if (bin >= WISMO_EDD_BINS) {
        bin = WISMO_EDD_BINS - 1;
    }

    part->bins[bin] = fmin(part->bins[bin] + weight, WISMO_EDD_BIN_MAX);
}
