
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo edd backtest" replays a file of delivered parcels and tells how good
 * the predictions would have been, beside the shop's own promise and the
 * plain median of the lane.  Called by wismo.c.
 *
 * The backtest touches no Redis and learns nothing that stays.
 */


#include "fetch_calendar.h"
#include "fetch_cmd.h"
#include "fetch_history.h"
#include "fetch_progress.h"

#include <argp.h>
#include <csv.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>


#define FETCH_EDD_CALENDARS  32
#define FETCH_EDD_POOL       ((size_t) 4 * 1024 * 1024 * 1024)


typedef struct {
    const char          *file;
    const char          *predictions;
    int64_t              from;
    bool                 json;
    bool                 quiet;
    fetch_calendar_t     calendar[FETCH_EDD_CALENDARS];
    unsigned             ncalendars;
} fetch_edd_options_t;


typedef struct {
    fetch_progress_t     progress;
    FILE                *predictions;
} fetch_edd_run_t;


static error_t fetch_edd_option(int key, char *arg, struct argp_state *state);
static int fetch_edd_backtest(int argc, char **argv);
static int fetch_edd_calendars(wismo_pool_t *pool,
    const fetch_edd_options_t *options, const fetch_history_t *history,
    wismo_calendars_t *calendars);
static void fetch_edd_fault(void *data, unsigned line, const char *text);
static void fetch_edd_tick(void *data, size_t done);
static void fetch_edd_said(void *data, const wismo_edd_parcel_t *parcel,
    wismo_edd_stage_e stage, const wismo_edd_range_t *range);
static void fetch_edd_day(char day[16], int64_t t);
static void fetch_edd_json(const fetch_history_t *history, int64_t from,
    const wismo_edd_scores_t *scores, double seconds);
static json_t *fetch_edd_json_score(uint64_t n,
    const wismo_edd_score_t *score);
static void fetch_edd_table(const fetch_history_t *history,
    const wismo_edd_scores_t *scores, double seconds);
static void fetch_edd_usage(FILE *out);


static const char  *const fetch_edd_stages[] = { "purchase", "handover" };


static const struct argp_option  fetch_edd_opts[] = {

    { "calendar", 'c', "FOR:NAME=FILE", 0,
      "go by this calendar, as destination:BR=br.ics; can be repeated", 0 },

    { "from", 'f', "DATE", 0,
      "score parcels bought on this day or later; all are learnt from", 0 },

    { "json", 'j', 0, 0,
      "print JSON on a terminal too", 0 },

    { "predictions", 'p', "FILE", 0,
      "write each prediction that is scored there, as CSV", 0 },

    { "quiet", 'q', 0, 0,
      "no progress", 0 },

    { 0 }
};


static const struct argp  fetch_edd_argp = {
    fetch_edd_opts, fetch_edd_option, "FILE.csv",
    "Replay delivered parcels in time order, \"-\" for standard input, and "
    "print how far the predictions were off.\v"
    "No prediction knows a parcel that was delivered later.  Columns: "
    "order_id, carrier, service, origin, destination, purchased_at, "
    "shipped_at, delivered_at, promised_at.",
    NULL, NULL, NULL
};


static error_t
fetch_edd_option(int key, char *arg, struct argp_state *state)
{
    wismo_str_t           text;
    wismo_when_t          when;
    fetch_edd_options_t  *o = state->input;

    switch (key) {

    case 'f':
        text = wismo_str_of(arg);

        if (wismo_time_iso(&text, &when) != WISMO_OK) {
            argp_error(state, "--from \"%s\": expected a day as 2018-01-31",
                       arg);
        }

        o->from = when.wall;
        break;

    case 'c':

        if (o->ncalendars == FETCH_EDD_CALENDARS
            || fetch_calendar_of(arg, &o->calendar[o->ncalendars])
               != WISMO_OK)
        {
            argp_error(state, "--calendar \"%s\": expected FOR:NAME=FILE, "
                              "as destination:BR=br.ics", arg);
        }

        o->ncalendars++;
        break;

    case 'j':
        o->json = true;
        break;

    case 'p':
        o->predictions = arg;
        break;

    case 'q':
        o->quiet = true;
        break;

    case ARGP_KEY_ARG:

        if (o->file) {
            argp_error(state, "one FILE.csv at a time");
        }

        o->file = arg;
        break;

    case ARGP_KEY_NO_ARGS:
        argp_error(state, "FILE.csv is missing");
        break;

    default:
        return ARGP_ERR_UNKNOWN;
    }

    return 0;
}


int
fetch_cmd_edd(int argc, char **argv)
{
    if (argc < 2) {
        fetch_edd_usage(stderr);
        return FETCH_EXIT_USAGE;
    }

    if (strcmp(argv[1], "backtest") == 0) {
        return fetch_cmd_run(argv[0], fetch_edd_backtest, argc - 1, argv + 1);
    }

    if (strcmp(argv[1], "train") == 0) {
        return fetch_cmd_run(argv[0], fetch_cmd_edd_train, argc - 1,
                             argv + 1);
    }

    if (strcmp(argv[1], "show") == 0) {
        return fetch_cmd_run(argv[0], fetch_cmd_edd_show, argc - 1, argv + 1);
    }

    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        fetch_edd_usage(stdout);
        return FETCH_EXIT_OK;
    }

    fprintf(stderr, "wismo edd: unknown call \"%s\"\n", argv[1]);
    fetch_edd_usage(stderr);

    return FETCH_EXIT_USAGE;
}


static int
fetch_edd_backtest(int argc, char **argv)
{
    int                  rc;
    double               seconds;
    wismo_pool_t         pool;
    fetch_history_t      history;
    wismo_calendars_t    calendars;
    fetch_edd_run_t      run;
    wismo_edd_replay_t   replay;
    wismo_edd_scores_t   scores[WISMO_EDD_STAGES];
    fetch_edd_options_t  options = { .from = INT64_MIN };

    argp_parse(&fetch_edd_argp, argc, argv, 0, NULL, &options);

    wismo_pool_init(&pool, FETCH_EDD_POOL, NULL, NULL);
    memset(&replay, 0, sizeof(wismo_edd_replay_t));
    memset(&calendars, 0, sizeof(wismo_calendars_t));

    rc = FETCH_EXIT_FAILED;
    run.predictions = NULL;

    if (fetch_history_read(&history, &pool, options.file) != WISMO_OK) {
        goto done;
    }

    if (history.n == 0) {
        fprintf(stderr, "%s: there is no delivered parcel in it\n",
                options.file);
        goto done;
    }

    if (options.predictions) {
        run.predictions = fopen(options.predictions, "we");

        if (run.predictions == NULL) {
            fprintf(stderr, "wismo: cannot write \"%s\": %s\n",
                    options.predictions, strerror(errno));
            goto done;
        }

        fputs("order_id,stage,from,middle,to,delivered\n", run.predictions);
    }

    fetch_progress_begin(&run.progress, "parcels", history.n, options.quiet);

    if (options.ncalendars
        && fetch_edd_calendars(&pool, &options, &history, &calendars)
           != WISMO_OK)
    {
        goto done;
    }

    replay.model = wismo_edd_create();
    replay.calendars = &calendars;
    replay.from = options.from;
    replay.score = true;
    replay.tick = fetch_edd_tick;
    replay.said = run.predictions ? fetch_edd_said : NULL;
    replay.data = &run;

    if (replay.model == NULL
        || wismo_edd_replay(&replay, history.parcels, history.n, scores)
           != WISMO_OK)
    {
        fputs("wismo: there is no memory\n", stderr);
        goto done;
    }

    seconds = fetch_progress_end(&run.progress);

    if (options.json || !isatty(STDOUT_FILENO)) {
        fetch_edd_json(&history, options.from, scores, seconds);

    } else {
        fetch_edd_table(&history, scores, seconds);
    }

    rc = history.refused ? FETCH_EXIT_FAILED : FETCH_EXIT_OK;

    if (fflush(stdout) != 0) {
        fprintf(stderr, "wismo: cannot write: %s\n", strerror(errno));
        rc = FETCH_EXIT_FAILED;
    }

done:

    if (run.predictions && fclose(run.predictions) != 0) {
        fprintf(stderr, "wismo: cannot write \"%s\": %s\n",
                options.predictions, strerror(errno));
        rc = FETCH_EXIT_FAILED;
    }

    wismo_edd_free(replay.model);
    fetch_history_done(&history);
    wismo_pool_done(&pool);

    return rc;
}


/* For the whole time of the history. */

static int
fetch_edd_calendars(wismo_pool_t *pool, const fetch_edd_options_t *options,
    const fetch_history_t *history, wismo_calendars_t *calendars)
{
    int                rc;
    size_t             k;
    int64_t            first, last;
    unsigned           i;
    wismo_calendar_t  *c;

    first = INT64_MAX;
    last = 0;

    for (k = 0; k < history->n; k++) {

        if (history->parcels[k].delivered > last) {
            last = history->parcels[k].delivered;
        }

        if (history->parcels[k].purchased != WISMO_TIME_NONE
            && history->parcels[k].purchased < first)
        {
            first = history->parcels[k].purchased;
        }
    }

    if (first > last) {
        return WISMO_OK;
    }

    calendars->calendars = wismo_pcalloc(pool, options->ncalendars
                                               * sizeof(wismo_calendar_t));

    if (calendars->calendars == NULL) {
        fputs("wismo: there is no memory\n", stderr);
        return WISMO_ERROR;
    }

    for (i = 0; i < options->ncalendars; i++) {
        c = &calendars->calendars[i];

        c->kind = options->calendar[i].kind;
        c->name = options->calendar[i].name;

        rc = fetch_calendar_compile(pool, &options->calendar[i], first, last,
                                    &c->days, NULL, fetch_edd_fault,
                                    (void *) &options->calendar[i]);

        if (rc != WISMO_OK) {
            return rc;
        }

        calendars->n++;
    }

    return WISMO_OK;
}


static void
fetch_edd_fault(void *data, unsigned line, const char *text)
{
    const fetch_calendar_t  *calendar = data;

    if (line) {
        fprintf(stderr, "%s:%u: %s\n", calendar->file, line, text);

    } else {
        fprintf(stderr, "%s: %s\n", calendar->file, text);
    }
}


static void
fetch_edd_tick(void *data, size_t done)
{
    fetch_edd_run_t  *run = data;

    fetch_progress_at(&run->progress, done, done, 0);
}


static void
fetch_edd_said(void *data, const wismo_edd_parcel_t *parcel,
    wismo_edd_stage_e stage, const wismo_edd_range_t *range)
{
    char              from[16], middle[16], to[16], day[16];
    int64_t           at;
    fetch_edd_run_t  *run = data;

    at = (stage == WISMO_EDD_PURCHASE) ? parcel->purchased : parcel->shipped;

    fetch_edd_day(from, at + range->from * INT64_C(86400));
    fetch_edd_day(middle, at + range->middle * INT64_C(86400));
    fetch_edd_day(to, at + range->to * INT64_C(86400));
    fetch_edd_day(day, parcel->delivered);

    (void) csv_fwrite(run->predictions, parcel->id.data ? parcel->id.data
                                                        : (void *) "",
                      parcel->id.len);
    fprintf(run->predictions, ",%s,%s,%s,%s,%s\n", fetch_edd_stages[stage],
            from, middle, to, day);
}


static void
fetch_edd_day(char day[16], int64_t t)
{
    wismo_civil_t  civil;

    wismo_time_civil(t, &civil);
    snprintf(day, 16, "%04u-%02u-%02u", (unsigned) civil.year % 10000,
             (unsigned) civil.month % 100, (unsigned) civil.day % 100);
}


static void
fetch_edd_json(const fetch_history_t *history, int64_t from,
    const wismo_edd_scores_t *scores, double seconds)
{
    char       day[16];
    json_t    *root, *stage;
    unsigned   i;

    root = json_object();

    if (from != INT64_MIN) {
        fetch_edd_day(day, from);
        json_object_set_new(root, "from", json_string(day));
    }

    json_object_set_new(root, "rows", json_integer((json_int_t)
                                                   history->rows));
    json_object_set_new(root, "refused", json_integer((json_int_t)
                                                      history->refused));
    json_object_set_new(root, "undelivered", json_integer((json_int_t)
                                                          history->open));
    json_object_set_new(root, "handover_ignored",
                        json_integer((json_int_t) history->odd));

    for (i = 0; i < WISMO_EDD_STAGES; i++) {
        stage = fetch_edd_json_score(scores[i].n, &scores[i].own);

        json_object_set_new(stage, "unsaid",
                            json_integer((json_int_t) scores[i].unsaid));
        json_object_set_new(stage, "stated_coverage",
                            json_real(WISMO_EDD_COVERAGE));

        if (scores[i].n && scores[i].median.mae > 0) {
            json_object_set_new(stage, "mae_ratio",
                                json_real(round(scores[i].own.mae
                                                / scores[i].median.mae * 1e4)
                                          / 1e4));
        }

        json_object_set_new(stage, "lane_median",
                            fetch_edd_json_score(scores[i].n,
                                                 &scores[i].median));
        json_object_set_new(stage, "promise",
                            fetch_edd_json_score(scores[i].promised,
                                                 &scores[i].promise));
        json_object_set_new(root, fetch_edd_stages[i], stage);
    }

    json_object_set_new(root, "seconds", json_real(round(seconds * 1e3)
                                                   / 1e3));

    json_dumpf(root, stdout, JSON_INDENT(1)|JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(root);
}


/* What has no width is a day, and its coverage the share not after it. */

static json_t *
fetch_edd_json_score(uint64_t n, const wismo_edd_score_t *score)
{
    json_t  *json;

    json = json_object();

    json_object_set_new(json, "n", json_integer((json_int_t) n));
    json_object_set_new(json, "mae_days",
                        n ? json_real(round(score->mae * 1e3) / 1e3)
                          : json_null());
    json_object_set_new(json, isfinite(score->width) || n == 0
                              ? "coverage80" : "on_time",
                        n ? json_real(round(score->coverage * 1e4) / 1e4)
                          : json_null());

    if (isfinite(score->width) || n == 0) {
        json_object_set_new(json, "mean_width_days",
                            n ? json_real(round(score->width * 1e2) / 1e2)
                              : json_null());
    }

    return json;
}


static void
fetch_edd_table(const fetch_history_t *history,
    const wismo_edd_scores_t *scores, double seconds)
{
    unsigned                   i;
    const wismo_edd_scores_t  *s;

    printf("%llu parcels in %.1f s\n\n",
           (unsigned long long) history->n, seconds);
    puts("                          n   off by    range holds   "
         "and is wide");

    for (i = 0; i < WISMO_EDD_STAGES; i++) {
        s = &scores[i];

        if (s->n == 0) {
            printf("from %-9s      none\n", fetch_edd_stages[i]);
            continue;
        }

        printf("from %-9s    %7llu  %5.2f days     %5.1f %%   "
               "%5.1f days\n", fetch_edd_stages[i],
               (unsigned long long) s->n, s->own.mae,
               s->own.coverage * 100, s->own.width);
        printf("  lane median     %7llu  %5.2f days     %5.1f %%   "
               "%5.1f days\n", (unsigned long long) s->n, s->median.mae,
               s->median.coverage * 100, s->median.width);

        if (s->promised) {
            printf("  shop's promise  %7llu  %5.2f days     %5.1f %% "
                   "on time\n", (unsigned long long) s->promised,
                   s->promise.mae,
                   s->promise.coverage * 100);
        }
    }
}


static void
fetch_edd_usage(FILE *out)
{
    fputs("Usage: wismo edd backtest FILE.csv [--from DATE] [--json]\n"
          "       wismo edd train [FILE.csv] [--json]\n"
          "       wismo edd show [ORIGIN DESTINATION] [--json]\n"
          "\n"
          "  backtest   replay delivered parcels, tell how far the\n"
          "             predictions of their delivery were off\n"
          "  train      make the stored model anew, from history and from\n"
          "             what Redis remembers of deliveries\n"
          "  show       what the stored model knows, of a lane too\n"
          "\n"
          "\"wismo edd CALL --help\" explains a call.\n",
          out);
}
