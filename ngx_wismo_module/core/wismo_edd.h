
/*
 * Copyright (C) The Wismo authors
 *
 * Prediction of delivery dates, learnt from delivered parcels one at a time
 * (docs/prediction.md).  A model knows effects on the logarithm of the days,
 * kept per lane and per coarser lanes it belongs to, and how wrong it has
 * been of late; it answers with a middle day and a range.
 *
 * Times are wall clocks as if they were UTC, each of its own place: of an
 * origin when it leaves, of a destination when it arrives.
 */


#ifndef _WISMO_EDD_H_INCLUDED_
#define _WISMO_EDD_H_INCLUDED_


#include "wismo_days.h"


#define WISMO_EDD_COVERAGE   0.80     /* of the range, as stated */
#define WISMO_EDD_DAYS       365      /* what takes longer counts as this */
#define WISMO_EDD_ENOUGH     20       /* deliveries, before it says anything */
#define WISMO_EDD_PLACE_MAX  32       /* bytes of a place's name */


typedef enum {
    WISMO_EDD_PURCHASE = 0,           /* days from purchase to delivery */
    WISMO_EDD_HANDOVER,               /* days from handover to delivery */
    WISMO_EDD_STAGES
} wismo_edd_stage_e;


/*
 * A place is "country-region-postcode", as "BR-SP-01310" or "DE--10115";
 * what is behind the country may be left out from the right.  Any string may
 * be empty, and any time but those of the stage that is asked for may be
 * WISMO_TIME_NONE.
 */

typedef struct {
    wismo_str_t           id;
    wismo_str_t           carrier;
    wismo_str_t           service;
    wismo_str_t           origin;
    wismo_str_t           destination;
    int64_t               purchased;
    int64_t               shipped;
    int64_t               delivered;
    int64_t               promised;
    int                   rest[2];    /* by stage: days until the delivery on
                                         which nothing moves */
} wismo_edd_parcel_t;


/*
 * Days after the day of the stage's moment, all inclusive.  "lane" names the
 * finest level that has learnt something, "learnt" how much, in deliveries.
 */

typedef struct {
    int                   from;
    int                   middle;
    int                   to;
    const char           *lane;
    double                learnt;
} wismo_edd_range_t;


/* What one level of a lane knows: its effect and how sure it is. */

typedef struct {
    const char           *level;
    double                factor;     /* days are multiplied by it */
    double                learnt;     /* deliveries, old ones fading */
    int64_t               at;         /* the last one */
} wismo_edd_level_t;

#define WISMO_EDD_LEVELS     16


typedef struct wismo_edd_model_s  wismo_edd_model_t;


/* NULL: no memory.  All of a model is one block of wismo_edd_size() bytes. */
wismo_edd_model_t *wismo_edd_create(void);
void wismo_edd_free(wismo_edd_model_t *model);
size_t wismo_edd_size(void);

/* Deliveries learnt since it was made. */
uint64_t wismo_edd_learnt(const wismo_edd_model_t *model);

/*
 * "now" is when it is asked, on the clock of the destination: a parcel that
 * is not there yet won't come yesterday.  WISMO_DECLINED when too little is
 * learnt, the stage's moment is not known, or it took longer already than
 * parcels do.  Never changes the model.
 */
int wismo_edd_predict(const wismo_edd_model_t *model,
    const wismo_edd_parcel_t *parcel, wismo_edd_stage_e stage, int64_t now,
    wismo_edd_range_t *range);

/*
 * "stated" are the ranges that were told at the stages' moments, which the
 * calibration learns from; NULL, or NULL in it, where none was.
 * WISMO_DECLINED if there is nothing to learn: no moment, no delivery, or one
 * before the other.
 */
int wismo_edd_learn(wismo_edd_model_t *model,
    const wismo_edd_parcel_t *parcel,
    const wismo_edd_range_t *stated[WISMO_EDD_STAGES]);

/* The levels of a parcel's lane, coarsest first; returns how many. */
unsigned wismo_edd_levels(const wismo_edd_model_t *model,
    const wismo_edd_parcel_t *parcel, wismo_edd_stage_e stage,
    wismo_edd_level_t levels[WISMO_EDD_LEVELS]);

/*
 * The model as bytes, and back.  What is read may be anything: a model that
 * is not whole, of another version or with numbers that are none is declined
 * with the reason, and "model" is then as if newly made.
 */
void wismo_edd_write(const wismo_edd_model_t *model, wismo_out_t *out);
int wismo_edd_read(wismo_edd_model_t *model, const wismo_str_t *bytes,
    wismo_error_t *err);

/* Whether a place's name can be read. */
bool wismo_edd_place_ok(const wismo_str_t *place);

/* The one way to write a place, "DE-BE-10115" and "DE--10115": in "buf", whose
 * length is returned.  Empty: it is none, or nowhere. */
size_t wismo_edd_place_name(char buf[WISMO_EDD_PLACE_MAX + 2],
    const wismo_str_t *place);

/* A place's name out of an address, with at most "max" of the postcode; empty
 * without a country.  WISMO_ERROR: no memory. */
int wismo_edd_place_make(wismo_pool_t *pool, const wismo_str_t *country,
    const wismo_str_t *region, const wismo_str_t *postcode, size_t max,
    wismo_str_t *place);


/*
 * History in time order.  A parcel is predicted at its purchase and at its
 * handover, and learnt when it is delivered: at a moment only what was
 * delivered before is known.  "from" tells which purchases are scored;
 * "said" hears each prediction of these, "tick" how far it is.  Both may be
 * NULL.
 */

typedef struct {
    double                mae;        /* days */
    double                coverage;
    double                width;      /* days */
} wismo_edd_score_t;


typedef struct {
    uint64_t              n;
    uint64_t              unsaid;     /* too early for a prediction */
    uint64_t              promised;   /* those of n that had a promise */
    wismo_edd_score_t     own;
    wismo_edd_score_t     median;     /* of the lane: the plain way */
    wismo_edd_score_t     promise;    /* coverage: kept; no width */
} wismo_edd_scores_t;


typedef struct {
    wismo_edd_model_t    *model;
    const wismo_calendars_t  *calendars;
    int64_t               from;
    bool                  score;
    void                 (*tick)(void *data, size_t done);
    void                 (*said)(void *data, const wismo_edd_parcel_t *parcel,
                                 wismo_edd_stage_e stage,
                                 const wismo_edd_range_t *range);
    void                 *data;
} wismo_edd_replay_t;


/* WISMO_ERROR: no memory.  The parcels are not changed. */
int wismo_edd_replay(const wismo_edd_replay_t *replay,
    const wismo_edd_parcel_t *parcels, size_t n,
    wismo_edd_scores_t scores[WISMO_EDD_STAGES]);


#endif /* _WISMO_EDD_H_INCLUDED_ */
