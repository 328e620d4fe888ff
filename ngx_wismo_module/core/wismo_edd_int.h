
/*
 * Copyright (C) The Wismo authors
 *
 * What the files of the prediction share: the model's layout.
 */


#ifndef _WISMO_EDD_INT_H_INCLUDED_
#define _WISMO_EDD_INT_H_INCLUDED_


#include "wismo_edd.h"


/*
 * Levels of all lanes, in sets of as many as two lines of a cache hold.  A
 * new level in a full set takes the place of the one that has been silent for
 * longest, so that memory is bounded and what is in use stays.
 */

#define WISMO_EDD_SETS       8192
#define WISMO_EDD_WAYS       8

#define WISMO_EDD_WEIGHTS    14
#define WISMO_EDD_BINS       240

/* No model that has learnt from parcels comes near these: what is read must
 * be within them, and what is learnt stays there, so that it can be read. */

#define WISMO_EDD_MEAN_MAX   100.0    /* of logarithms of days */
#define WISMO_EDD_VAR_MAX    100.0
#define WISMO_EDD_COV_MAX    1e6
#define WISMO_EDD_USUAL_MAX  10.0
#define WISMO_EDD_RATE_MAX   1e12
#define WISMO_EDD_BIN_MAX    1e15


/* "minute" is since 1970; 0: nothing is learnt for this stage. */

typedef struct {
    uint64_t              key;        /* 0: empty */
    float                 mean[WISMO_EDD_STAGES];
    float                 var[WISMO_EDD_STAGES];
    uint32_t              minute[WISMO_EDD_STAGES];
} wismo_edd_node_t;


/*
 * Of one stage: weights of what is no lane, with their covariance; errors
 * seen, in standard deviations, as a histogram in which recent ones weigh
 * more (their weight grows with time instead of all others shrinking); and
 * the share of errors a range has to hold for that of the parcels it ought
 * to.
 */

typedef struct {
    double                weight[WISMO_EDD_WEIGHTS];
    double                cov[WISMO_EDD_WEIGHTS][WISMO_EDD_WEIGHTS];
    double                bins[WISMO_EDD_BINS];
    double                bins_from;  /* minute at which a weight is 1 */
    double                share;
    double                usual;      /* mean logarithm of the days */
    double                promise;    /* mean logarithm of the promises */
    double                promises;   /* how many */
    double                rate;       /* deliveries of the last day, fading */
    double                rate_at;    /* minute */
    uint64_t              learnt;
} wismo_edd_part_t;


struct wismo_edd_model_s {
    wismo_edd_part_t      parts[WISMO_EDD_STAGES];
    double                log_edge[WISMO_EDD_DAYS + 2];
    wismo_edd_node_t      nodes[WISMO_EDD_SETS][WISMO_EDD_WAYS];
};


/* One parcel at one stage, as the model sees it. */

typedef struct {
    double                x[WISMO_EDD_WEIGHTS];
    double                promise;    /* its logarithm, NAN: none */
    uint64_t              key[WISMO_EDD_LEVELS];
    uint8_t               level[WISMO_EDD_LEVELS];    /* rows of the table */
    unsigned              n;
    int64_t               day;        /* of the stage's moment */
    double                minute;     /* when it is asked */
    double                mean;
    double                var;
} wismo_edd_view_t;


/* The parts of a place: prefixes of one string, each holds the next. */

typedef struct {
    size_t                region;     /* bytes of it that name the region */
    size_t                post;       /* where the postcode begins, or 0 */
    size_t                len;
    unsigned char         data[WISMO_EDD_PLACE_MAX + 2];
} wismo_edd_place_t;


/* WISMO_DECLINED: it is no place.  An empty one is "nowhere". */
int wismo_edd_place(const wismo_str_t *s, wismo_edd_place_t *place);


/* Of one row of the table of levels. */

typedef struct {
    const char           *name;
    double                var;        /* of a lane nothing is known of */
    double                days;       /* in which what is known fades */
} wismo_edd_kind_t;

extern const wismo_edd_kind_t  wismo_edd_kinds[];


void wismo_edd_reset(wismo_edd_model_t *model);

/* The key of the level "region to region", 0 without regions. */
uint64_t wismo_edd_regions(const wismo_edd_parcel_t *parcel);

/* "gone": days that have passed already.  WISMO_DECLINED: nearly all would
 * have been there by then. */
int wismo_edd_range_of(const wismo_edd_model_t *model,
    wismo_edd_stage_e stage, const wismo_edd_view_t *view, int gone,
    wismo_edd_range_t *range);
void wismo_edd_range_learn(wismo_edd_part_t *part, double error,
    double minute);

static inline double
wismo_edd_within(double d, double max)
{
    return (d > max) ? max : (d < -max) ? -max : d;
}


static inline int64_t
wismo_edd_day(int64_t t)
{
    return (t >= 0) ? t / 86400 : -((86399 - t) / 86400);
}


#endif /* _WISMO_EDD_INT_H_INCLUDED_ */
