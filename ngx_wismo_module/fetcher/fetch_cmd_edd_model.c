
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo edd train" makes the stored model of delivery times anew, from a
 * file of delivered parcels and the deliveries Redis remembers; "wismo edd
 * show" prints what it knows.  Called by fetch_cmd_edd.c.
 *
 * Training writes the model and the table of lanes, at once and whole, and
 * nothing else.
 */


#include "fetch_cmd.h"
#include "fetch_edd.h"
#include "fetch_history.h"
#include "fetch_meta.h"
#include "fetch_progress.h"
#include "wismo_edd_days.h"

#include <argp.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>


#define FETCH_EDD_POOL       ((size_t) 4 * 1024 * 1024 * 1024)
#define FETCH_EDD_BATCH      1000


typedef struct {
    const char          *args[2];
    unsigned             nargs;
    unsigned             max;
    const char          *config;
    const char          *carrier;
    const char          *service;
    bool                 json;
    bool                 quiet;
} fetch_edd_options_t;


static error_t fetch_edd_option(int key, char *arg, struct argp_state *state);
static int fetch_edd_open(const char *config, fetch_config_t *conf,
    fetch_redis_t *redis);
static int fetch_edd_train(fetch_redis_t *redis, fetch_history_t *history,
    fetch_edd_options_t *o);
static int fetch_edd_replay_log(fetch_redis_t *redis, wismo_pool_t *pool,
    wismo_edd_model_t *model, fetch_history_t *history, char upto[48],
    uint64_t *logged);
static void fetch_edd_tick(void *data, size_t done);
static int fetch_edd_show(fetch_edd_options_t *o);
static json_t *fetch_edd_show_stage(const wismo_edd_model_t *model,
    const wismo_calendars_t *calendars, const wismo_edd_parcel_t *parcel,
    wismo_edd_stage_e stage);
static void fetch_edd_show_text(json_t *root);


static const struct argp_option  fetch_edd_train_opts[] = {

    { "config", 'c', "FILE", 0, "wismo.json, as nginx writes it", 0 },
    { "json", 'j', 0, 0, "print the summary as a JSON object", 0 },
    { "quiet", 'q', 0, 0, "no progress", 0 },
    { 0 }
};


static const struct argp_option  fetch_edd_show_opts[] = {

    { "carrier", 'r', "NAME", 0, "the lane with this carrier", 0 },
    { "config", 'c', "FILE", 0, "wismo.json, as nginx writes it", 0 },
    { "json", 'j', 0, 0, "print a JSON object", 0 },
    { "service", 's', "NAME", 0, "the lane with this service", 0 },
    { 0 }
};


static const struct argp  fetch_edd_train_argp = {
    fetch_edd_train_opts, fetch_edd_option, "[FILE.csv]",
    "Make the stored model of delivery times anew.\v"
    "It learns FILE.csv (columns as for \"wismo edd backtest\", \"-\" for "
    "standard input), then the deliveries Redis remembers that are later "
    "than all of the file.  Without a file it learns those alone.",
    NULL, NULL, NULL
};


static const struct argp  fetch_edd_show_argp = {
    fetch_edd_show_opts, fetch_edd_option, "[ORIGIN DESTINATION]",
    "Print what the stored model knows, and what it says of a lane.\v"
    "Places are COUNTRY-REGION-POSTCODE, \"\" is anywhere.",
    NULL, NULL, NULL
};


static error_t
fetch_edd_option(int key, char *arg, struct argp_state *state)
{
    fetch_edd_options_t  *o = state->input;

    switch (key) {

    case 'c':
        o->config = arg;
        break;

    case 'j':
        o->json = true;
        break;

    case 'q':
        o->quiet = true;
        break;

    case 'r':
        o->carrier = arg;
        break;

    case 's':
        o->service = arg;
        break;

    case ARGP_KEY_ARG:

        if (o->nargs == o->max) {
            argp_error(state, "\"%s\" is one argument too many", arg);
        }

        o->args[o->nargs++] = arg;
        break;

    default:
        return ARGP_ERR_UNKNOWN;
    }

    return 0;
}


static int
fetch_edd_open(const char *file, fetch_config_t *conf, fetch_redis_t *redis)
{
    if (fetch_cmd_open(file, conf, redis) != FETCH_EXIT_OK) {
        return WISMO_ERROR;
    }

    if (!fetch_redis_up(redis) || fetch_meta(redis, true) != WISMO_OK) {
        (void) fetch_cmd_close(conf, redis, WISMO_ERROR);
        return WISMO_ERROR;
    }

    return WISMO_OK;
}


int
fetch_cmd_edd_train(int argc, char **argv)
{
    int                  rc;
    wismo_pool_t         pool;
    fetch_redis_t        redis;
    fetch_config_t       conf;
    fetch_history_t      history;
    fetch_edd_options_t  o = { .max = 1 };

    argp_parse(&fetch_edd_train_argp, argc, argv, 0, NULL, &o);

    wismo_pool_init(&pool, FETCH_EDD_POOL, NULL, NULL);
    memset(&history, 0, sizeof(fetch_history_t));
    history.pool = &pool;

    rc = FETCH_EXIT_FAILED;

    if (o.nargs == 1
        && fetch_history_read(&history, &pool, o.args[0]) != WISMO_OK)
    {
        goto done;
    }

    if (o.nargs == 1 && history.n == 0) {
        fprintf(stderr, "%s: there is no delivered parcel in it\n",
                o.args[0]);
        goto done;
    }

    if (fetch_edd_open(o.config, &conf, &redis) != WISMO_OK) {
        goto done;
    }

    if (fetch_edd_train(&redis, &history, &o) == WISMO_OK
        && history.refused == 0)
    {
        rc = FETCH_EXIT_OK;
    }

    rc = fetch_cmd_close(&conf, &redis, rc);

done:

    fetch_history_done(&history);
    wismo_pool_done(&pool);

    return rc;
}


static int
fetch_edd_train(fetch_redis_t *redis, fetch_history_t *history,
    fetch_edd_options_t *o)
{
    int                  rc;
    char                 upto[48];
    double               seconds;
    int64_t              now;
    uint64_t             logged, all;
    fetch_progress_t     progress;
    wismo_edd_model_t   *model;
    wismo_edd_replay_t   replay;
    wismo_edd_scores_t   scores[WISMO_EDD_STAGES];

    model = wismo_edd_create();
    memset(&replay, 0, sizeof(wismo_edd_replay_t));

    replay.model = model;
    replay.calendars = fetch_calendars(redis->conf->calendars,
                                       fetch_redis_time(redis) / 1000);
    replay.tick = fetch_edd_tick;
    replay.data = &progress;

    fetch_progress_begin(&progress, "parcels", history->n, o->quiet);

    if (model == NULL
        || wismo_edd_replay(&replay, history->parcels, history->n, scores)
           != WISMO_OK)
    {
        fputs("wismo: there is no memory\n", stderr);
        wismo_edd_free(model);
        return WISMO_ERROR;
    }

    now = fetch_redis_time(redis);
    snprintf(upto, sizeof(upto), "0-0");

    rc = fetch_edd_replay_log(redis, history->pool, model, history, upto,
                              &logged);
    all = wismo_edd_learnt(model);

    if (rc == WISMO_OK) {
        rc = fetch_edd_replace(redis, model, upto, now);
    }

    if (rc != WISMO_OK) {
        fprintf(stderr, "wismo: redis: %s\n",
                redis->error[0] ? redis->error : "others keep writing the "
                                                 "model, try again");
        wismo_edd_free(model);
        return WISMO_ERROR;
    }

    if (fetch_edd_lanes(redis, model, history->parcels, history->n, true,
                        now) != WISMO_OK)
    {
        fprintf(stderr, "wismo: redis: the table of lanes could not be "
                        "written: %s\n", redis->error);
        return WISMO_ERROR;
    }

    fetch_edd_days(redis, now / 1000);
    (void) fetch_redis_flush(redis);

    seconds = fetch_progress_end(&progress);

    if (o->json) {
        printf("{\"learnt\":%llu,\"remembered\":%llu,\"refused\":%llu,"
               "\"undelivered\":%llu,\"seconds\":%.3f}\n",
               (unsigned long long) all, (unsigned long long) logged,
               (unsigned long long) history->refused,
               (unsigned long long) history->open, seconds);

    } else {
        printf("%llu deliveries learnt, %llu of them remembered by Redis, "
               "%llu refused, %.1f s\n",
               (unsigned long long) all, (unsigned long long) logged,
               (unsigned long long) history->refused, seconds);
    }

    return WISMO_OK;
}


/* What the file has is not learnt twice: only what is later than all of it.
 * The parcels join the history, for the table of lanes. */

static int
fetch_edd_replay_log(fetch_redis_t *redis, wismo_pool_t *pool,
    wismo_edd_model_t *model, fetch_history_t *history, char upto[48],
    uint64_t *logged)
{
    int                       i, n;
    size_t                    k;
    int64_t                   last;
    fetch_edd_delivery_t     *d;
    const wismo_calendars_t  *calendars;

    *logged = 0;
    last = INT64_MIN;
    calendars = fetch_calendars(redis->conf->calendars,
                                fetch_redis_time(redis) / 1000);

    for (k = 0; k < history->n; k++) {
        if (history->parcels[k].delivered > last) {
            last = history->parcels[k].delivered;
        }
    }

    d = malloc(FETCH_EDD_BATCH * sizeof(fetch_edd_delivery_t));

    if (d == NULL) {
        return WISMO_ERROR;
    }

    do {
        n = fetch_edd_read_log(redis, pool, upto, d, FETCH_EDD_BATCH);

        for (i = 0; i < n; i++) {

            if (d[i].parcel.delivered > last
                && wismo_edd_remember(model, calendars, &d[i].parcel, NULL)
                   == WISMO_OK)
            {
                (*logged)++;
                n = fetch_history_push(history, &d[i].parcel) == WISMO_OK
                    ? n : WISMO_ERROR;
            }
        }

    } while (n == FETCH_EDD_BATCH);

    free(d);

    return (n < 0) ? WISMO_ERROR : WISMO_OK;
}


static void
fetch_edd_tick(void *data, size_t done)
{
    fetch_progress_at(data, done, done, 0);
}


int
fetch_cmd_edd_show(int argc, char **argv)
{
    unsigned             i;
    wismo_str_t          place;
    fetch_edd_options_t  o = { .max = 2 };

    argp_parse(&fetch_edd_show_argp, argc, argv, 0, NULL, &o);

    if (o.nargs == 1) {
        fputs("wismo edd show: expected an origin and a destination, "
              "\"\" for anywhere\n", stderr);
        return FETCH_EXIT_USAGE;
    }

    for (i = 0; i < o.nargs; i++) {
        place = wismo_str_of(o.args[i]);

        if (!wismo_edd_place_ok(&place)) {
            fprintf(stderr, "wismo edd show: \"%s\": expected a place as "
                            "COUNTRY-REGION-POSTCODE\n", o.args[i]);
            return FETCH_EXIT_USAGE;
        }
    }

    return fetch_edd_show(&o);
}


static int
fetch_edd_show(fetch_edd_options_t *o)
{
    json_t                   *root;
    fetch_redis_t             redis;
    fetch_config_t            conf;
    const wismo_calendars_t  *calendars;
    fetch_edd_stored_t        stored;
    wismo_edd_parcel_t        parcel;
    const wismo_edd_model_t  *model;

    if (fetch_edd_open(o->config, &conf, &redis) != WISMO_OK) {
        return FETCH_EXIT_FAILED;
    }

    if (fetch_edd_load(&redis) != WISMO_OK) {
        return fetch_cmd_close(&conf, &redis, WISMO_ERROR);
    }

    model = fetch_edd_model(&stored);
    root = json_object();

    if (stored.spoilt) {
        fputs("wismo: what is stored is no model of delivery times that can "
              "be read: \"wismo edd train\" makes it anew\n", stderr);
    }

    json_object_set_new(root, "learnt",
                        json_integer((json_int_t) wismo_edd_learnt(model)));
    json_object_set_new(root, "version",
                        json_integer((json_int_t) stored.version));
    json_object_set_new(root, "upto", json_string(stored.upto));
    json_object_set_new(root, "bytes",
                        json_integer((json_int_t) wismo_edd_size()));

    if (o->nargs == 2) {
        memset(&parcel, 0, sizeof(wismo_edd_parcel_t));

        parcel.origin = wismo_str_of(o->args[0]);
        parcel.destination = wismo_str_of(o->args[1]);

        if (o->carrier) {
            parcel.carrier = wismo_str_of(o->carrier);
        }

        if (o->service) {
            parcel.service = wismo_str_of(o->service);
        }

        parcel.purchased = fetch_redis_time(&redis) / 1000;
        parcel.shipped = parcel.purchased;
        parcel.delivered = WISMO_TIME_NONE;
        parcel.promised = WISMO_TIME_NONE;

        calendars = fetch_calendars(conf.calendars, parcel.purchased);

        json_object_set_new(root, "purchase",
                            fetch_edd_show_stage(model, calendars, &parcel,
                                                 WISMO_EDD_PURCHASE));
        json_object_set_new(root, "handover",
                            fetch_edd_show_stage(model, calendars, &parcel,
                                                 WISMO_EDD_HANDOVER));
    }

    if (o->json) {
        json_dumpf(root, stdout, JSON_INDENT(1)|JSON_REAL_PRECISION(6));
        putchar('\n');

    } else {
        fetch_edd_show_text(root);
    }

    json_decref(root);
    (void) fetch_cmd_close(&conf, &redis, FETCH_EXIT_OK);

    if (fflush(stdout) != 0) {
        fprintf(stderr, "wismo: cannot write: %s\n", strerror(errno));
        return FETCH_EXIT_FAILED;
    }

    return FETCH_EXIT_OK;
}


static json_t *
fetch_edd_show_stage(const wismo_edd_model_t *model,
    const wismo_calendars_t *calendars, const wismo_edd_parcel_t *parcel,
    wismo_edd_stage_e stage)
{
    json_t             *json, *list, *one;
    unsigned            i, n;
    wismo_edd_range_t   range;
    wismo_edd_level_t   levels[WISMO_EDD_LEVELS];

    json = json_object();

    if (wismo_edd_expect(model, calendars, parcel, stage, parcel->purchased,
                         &range)
        == WISMO_OK)
    {
        json_object_set_new(json, "from", json_integer(range.from));
        json_object_set_new(json, "middle", json_integer(range.middle));
        json_object_set_new(json, "to", json_integer(range.to));
        json_object_set_new(json, "coverage", json_real(WISMO_EDD_COVERAGE));
        json_object_set_new(json, "lane", json_string(range.lane));
    }

    list = json_array();
    n = wismo_edd_levels(model, parcel, stage, levels);

    for (i = 0; i < n; i++) {
        one = json_object();
        json_object_set_new(one, "level", json_string(levels[i].level));
        json_object_set_new(one, "factor",
                            json_real(round(levels[i].factor * 1e3) / 1e3));
        json_object_set_new(one, "deliveries",
                            json_real(round(levels[i].learnt * 10) / 10));
        json_array_append_new(list, one);
    }

    json_object_set_new(json, "levels", list);

    return json;
}


static void
fetch_edd_show_text(json_t *root)
{
    size_t             i, k;
    json_t            *stage, *level;
    static const char *const  stages[] = { "purchase", "handover" };

    printf("%lld deliveries learnt, version %lld, the log up to %s, "
           "%.1f MB\n",
           (long long) json_integer_value(json_object_get(root, "learnt")),
           (long long) json_integer_value(json_object_get(root, "version")),
           json_string_value(json_object_get(root, "upto")),
           (double) json_integer_value(json_object_get(root, "bytes")) / 1e6);

    for (k = 0; k < 2; k++) {
        stage = json_object_get(root, stages[k]);

        if (stage == NULL) {
            continue;
        }

        if (json_object_get(stage, "to") == NULL) {
            printf("\nfrom %s: too little is learnt\n", stages[k]);
            continue;
        }

        printf("\nfrom %s: %lld to %lld days, middle %lld\n\n"
               "  level                 days times   deliveries\n",
               stages[k],
               (long long) json_integer_value(json_object_get(stage,
                                                              "from")),
               (long long) json_integer_value(json_object_get(stage, "to")),
               (long long) json_integer_value(json_object_get(stage,
                                                              "middle")));

        json_array_foreach(json_object_get(stage, "levels"), i, level) {
            printf("  %-20s  %10.2f   %10.1f\n",
                   json_string_value(json_object_get(level, "level")),
                   json_real_value(json_object_get(level, "factor")),
                   json_real_value(json_object_get(level, "deliveries")));
        }
    }
}
