
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo carrier status": what the fetchers have done, carrier by carrier, and
 * what holds them up.  Only reads: what they have written into Redis, and the
 * schedules themselves.
 */


#include "fetch_cmd.h"
#include "fetch_retention.h"
#include "fetch_status.h"

#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>


#define STATUS_POOL          (64 * 1024 * 1024)


typedef struct {
    const char           *config;
    const char           *carriers[FETCH_CARRIERS_MAX];
    unsigned              ncarriers;
    long                  hours;
    long                  sample;         /* 0: none */
    bool                  json;
} status_options_t;


typedef struct {
    status_options_t      options;
    fetch_config_t        conf;
    fetch_redis_t         redis;
    wismo_pool_t          pool;
    int64_t               now;
    fetch_status_t       *carriers;
    unsigned              ncarriers;
    fetch_carrier_t       keeper;         /* stands for wismo_retention */
    fetch_status_t        kept;
} status_t;


static error_t status_option(int key, char *arg, struct argp_state *state);
static void status_untold(void *data, const fetch_carrier_t *carrier,
    const char *text);
static int status_select(status_t *s);
static json_t *status_json(const status_t *s, const fetch_status_t *c);
static void status_table(const status_t *s);
static void status_details(const fetch_status_t *c);
static int64_t status_lag(const status_t *s, const fetch_status_t *c);
static void status_left(const fetch_status_t *c, char *buf, size_t size);
static void status_word(const fetch_status_t *c, char *buf, size_t size);
static void status_span(int64_t seconds, char *buf, size_t size);
static int status_body(const status_t *s);


static const struct argp_option  status_opts[] = {

    { "config", 'c', "FILE", 0,
      "wismo.json, as nginx writes it", 0 },

    { "hours", 'h' + 256, "N", 0,
      "count the last N hours, this one too (24)", 0 },

    { "json", 'j', 0, 0,
      "print JSON", 0 },

    { "sample", 's', "N", OPTION_ARG_OPTIONAL,
      "print the newest (or N-th newest) reply of one CARRIER that could not "
      "be read, as it came", 0 },

    { 0 }
};


static const struct argp  status_argp = {
    status_opts, status_option, "[CARRIER...]",
    "What was done for each carrier, and what holds it up: parcels scheduled, "
    "how late the latest is, calls and their outcomes, what is left of its "
    "limits, pauses, codes no table knows, replies that could not be read.\v"
    "Exit status 1 if Redis can't be reached, or there is no such sample.",
    NULL, NULL, NULL
};


static error_t
status_option(int key, char *arg, struct argp_state *state)
{
    char              *end;
    status_options_t  *o = state->input;

    switch (key) {

    case 'c':
        o->config = arg;
        break;

    case 'h' + 256:
        o->hours = strtol(arg, &end, 10);

        if (*end || end == arg || o->hours < 1
            || o->hours > FETCH_COUNT_HOURS)
        {
            argp_error(state, "invalid number of hours \"%s\": expected 1 to "
                              "%d", arg, FETCH_COUNT_HOURS);
        }

        break;

    case 'j':
        o->json = true;
        break;

    case 's':
        o->sample = fetch_status_option(state, arg);
        break;

    case ARGP_KEY_ARG:

        if (o->ncarriers == FETCH_CARRIERS_MAX) {
            argp_error(state, "too many carriers");
        }

        o->carriers[o->ncarriers++] = arg;
        break;

    case ARGP_KEY_END:

        if (o->sample && o->ncarriers != 1) {
            argp_error(state, "--sample is of one CARRIER");
        }

        break;

    default:
        return ARGP_ERR_UNKNOWN;
    }

    return 0;
}


int
fetch_cmd_carrier_status(int argc, char **argv)
{
    int                   rc;
    json_t               *json, *list;
    unsigned              i;
    status_t              s;
    wismo_error_t         err;
    fetch_status_from_t   from;

    memset(&s, 0, sizeof(status_t));
    memset(&err, 0, sizeof(wismo_error_t));
    s.options.hours = FETCH_COUNT_HOURS;

    argp_parse(&status_argp, argc, argv, 0, NULL, &s.options);

    if (fetch_cmd_open(s.options.config, &s.conf, &s.redis)
        != FETCH_EXIT_OK)
    {
        return FETCH_EXIT_FAILED;
    }

    /* what is wrong with an account is the doctor's to say */

    (void) fetch_config_carriers(&s.conf, status_untold, NULL);

    /* who may not read the keys gets all but the samples */

    (void) fetch_config_contact(&s.conf, &err);

    wismo_pool_init(&s.pool, STATUS_POOL, NULL, NULL);

    rc = status_select(&s);

    if (rc != FETCH_EXIT_OK) {
        goto done;
    }

    if (!fetch_redis_up(&s.redis)) {
        goto down;
    }

    s.now = fetch_redis_time(&s.redis);

    from.redis = &s.redis;
    from.pool = &s.pool;
    from.now = s.now;
    from.hours = s.options.hours;

    for (i = 0; i < s.ncarriers; i++) {
        if (fetch_status_read(&from, &s.carriers[i]) != WISMO_OK) {
            goto down;
        }
    }

    s.keeper.name = fetch_retention_name;
    s.kept.carrier = &s.keeper;
    s.kept.oldest = FETCH_NEVER;

    if (fetch_status_dates(&from, &s.kept) != WISMO_OK) {
        goto down;
    }

    if (s.options.sample) {
        rc = status_body(&s);

    } else if (s.options.json) {
        list = json_array();

        for (i = 0; i < s.ncarriers; i++) {
            (void) json_array_append_new(list,
                                         status_json(&s, &s.carriers[i]));
        }

        json = json_pack("{s:i, s:o, s:{s:I, s:I, s:I}}",
                         "hours", (int) s.options.hours, "carriers", list,
                         "retention",
                         "scheduled", (json_int_t) s.kept.scheduled,
                         "due", (json_int_t) s.kept.due,
                         "erased", (json_int_t) s.kept.n[FETCH_COUNT_GONE]);

        (void) json_dumpf(json, stdout, JSON_INDENT(2));
        (void) putchar('\n');
        json_decref(json);

    } else {
        status_table(&s);
    }

    goto done;

down:

    rc = WISMO_ERROR;

done:

    wismo_pool_done(&s.pool);

    return fetch_cmd_close(&s.conf, &s.redis, rc);
}


static void
status_untold(void *data, const fetch_carrier_t *carrier, const char *text)
{
    (void) data;
    (void) carrier;
    (void) text;
}


static int
status_select(status_t *s)
{
    unsigned          i;
    wismo_str_t       name;
    fetch_status_t   *c;
    fetch_carrier_t  *carrier;

    s->ncarriers = s->options.ncarriers ? s->options.ncarriers
                                        : s->conf.ncarriers;
    s->carriers = wismo_pcalloc(&s->pool, (s->ncarriers + 1)
                                          * sizeof(fetch_status_t));

    if (s->carriers == NULL) {
        fputs("wismo: out of memory\n", stderr);
        return FETCH_EXIT_FAILED;
    }

    for (i = 0; i < s->ncarriers; i++) {
        carrier = &s->conf.carriers[i];

        if (s->options.ncarriers) {
            name = wismo_str_of(s->options.carriers[i]);

            carrier = fetch_config_carrier(&s->conf, &name);

            if (carrier == NULL) {
                fprintf(stderr, "wismo: there is no carrier \"%s\": "
                                "nginx.conf has no \"wismo_carrier %s\"\n",
                        s->options.carriers[i], s->options.carriers[i]);
                return FETCH_EXIT_USAGE;
            }
        }

        c = &s->carriers[i];
        c->carrier = carrier;
        c->oldest = FETCH_NEVER;
        c->quota.carrier = &carrier->name;

        if (carrier->adapter) {
            c->asked = fetch_adapter_can_poll(carrier->adapter);
            fetch_quota_init(&c->quota, &carrier->name, carrier->adapter);
        }
    }

    return FETCH_EXIT_OK;
}


static int
status_body(const status_t *s)
{
    const fetch_status_t  *c;

    c = &s->carriers[0];

    if (s->options.sample > (long) c->nsamples) {
        fprintf(stderr, "wismo: of \"%s\" %u repl%s kept that could not be "
                        "read or believed\n", s->options.carriers[0],
                c->nsamples, c->nsamples == 1 ? "y is" : "ies are");
        return FETCH_EXIT_FAILED;
    }

    return fetch_status_print(&c->samples[s->options.sample - 1]);
}


static json_t *
status_json(const status_t *s, const fetch_status_t *c)
{
    char                          at[WISMO_TIME_UTC_LEN + 1];
    json_t                       *json, *list, *item;
    unsigned                      i;
    const fetch_status_sample_t  *sample;

    json = json_pack("{s:s%, s:b, s:I, s:I, s:I}", "carrier",
                     (char *) c->carrier->name.data, c->carrier->name.len,
                     "asked", c->asked,
                     "scheduled", (json_int_t) c->scheduled, "due",
                     (json_int_t) c->due, "lag_s",
                     (json_int_t) status_lag(s, c));

    item = json_object();

    for (i = 0; i < FETCH_COUNTS; i++) {
        (void) json_object_set_new(i <= FETCH_REFUSE ? item : json,
                                   fetch_count_name(i),
                                   json_integer((json_int_t) c->n[i]));
    }

    (void) json_object_set_new(json, "outcomes", item);

    list = json_array();

    for (i = 0; i < c->quota.nlimits && i < FETCH_LIMITS_MAX; i++) {
        (void) json_array_append_new(list,
                   json_pack("{s:I, s:I, s:I}", "n",
                             (json_int_t) c->quota.limits[i].n, "per_s",
                             (json_int_t) c->quota.limits[i].seconds, "left",
                             (json_int_t) c->state.left[i]));
    }

    (void) json_object_set_new(json, "quota", list);

    item = json_null();

    if (c->state.refused > c->state.paused) {
        item = json_pack("{s:I, s:s}", "s",
                         (json_int_t) (c->state.refused + 999) / 1000, "why",
                         "credentials are refused");

    } else if (c->state.paused) {
        item = json_pack("{s:I, s:s}", "s",
                         (json_int_t) (c->state.paused + 999) / 1000, "why",
                         c->state.why);
    }

    (void) json_object_set_new(json, "pause", item);

    (void) json_object_set_new(json, "unmapped", fetch_status_codes_json(c));

    list = json_array();

    for (i = 0; i < c->nsamples; i++) {
        sample = &c->samples[i];
        fetch_status_time(sample->at, at);

        (void) json_array_append_new(list,
                   json_pack("{s:s, s:i, s:I, s:s%}", "at", at, "http",
                             sample->http, "bytes", (json_int_t) sample->size,
                             "why", (char *) sample->why.data,
                             sample->why.len));
    }

    (void) json_object_set_new(json, "samples", list);

    return json;
}


static int64_t
status_lag(const status_t *s, const fetch_status_t *c)
{
    return (c->oldest < s->now) ? (s->now - c->oldest) / 1000 : 0;
}


static void
status_table(const status_t *s)
{
    char                   lag[32], left[32], word[192];
    unsigned               i;
    const fetch_status_t  *c;

    printf("%-16s %9s %7s %6s %9s %9s %9s %9s %10s  %s\n", "CARRIER",
           "SCHEDULED", "DUE", "LAG", "CALLS", "OK", "NOT FOUND", "FAILED",
           "LEFT", "STATE");

    for (i = 0; i < s->ncarriers; i++) {
        c = &s->carriers[i];

        status_span(status_lag(s, c), lag, sizeof(lag));
        status_left(c, left, sizeof(left));
        status_word(c, word, sizeof(word));

        printf("%-16.*s %9llu %7llu %6s %9llu %9llu %9llu %9llu %10s  %s\n",
               (int) c->carrier->name.len, (char *) c->carrier->name.data,
               (unsigned long long) c->scheduled,
               (unsigned long long) c->due, lag,
               (unsigned long long) c->n[FETCH_COUNT_CALLS],
               (unsigned long long) c->n[FETCH_OK],
               (unsigned long long) c->n[FETCH_NOT_FOUND],
               (unsigned long long) (c->n[FETCH_RETRY]
                                     + c->n[FETCH_THROTTLED]
                                     + c->n[FETCH_AUTH]
                                     + c->n[FETCH_REFUSE]), left, word);
    }

    printf("\nCounts are of the last %ld hour%s, this one included.\n",
           s->options.hours, s->options.hours == 1 ? "" : "s");

    printf("Orders: %llu with a date to be erased, %llu overdue, %llu erased."
           "\n", (unsigned long long) s->kept.scheduled,
           (unsigned long long) s->kept.due,
           (unsigned long long) s->kept.n[FETCH_COUNT_GONE]);

    for (i = 0; i < s->ncarriers; i++) {
        status_details(&s->carriers[i]);
    }
}


/* Of the limit that has the least left, in its own proportion. */

static void
status_left(const fetch_status_t *c, char *buf, size_t size)
{
    double    part, least;
    unsigned  i;

    snprintf(buf, size, "-");
    least = 2;

    for (i = 0; i < c->quota.nlimits && i < FETCH_LIMITS_MAX; i++) {
        part = (double) c->state.left[i] / c->quota.limits[i].n;

        /* a minute or less comes back by itself */

        if (c->quota.limits[i].seconds > 60 && part < least) {
            least = part;
            snprintf(buf, size, "%lld/%u", (long long) c->state.left[i],
                     c->quota.limits[i].n);
        }
    }
}


static void
status_word(const fetch_status_t *c, char *buf, size_t size)
{
    char     span[32];
    int64_t  ms;

    ms = (c->state.refused > c->state.paused) ? c->state.refused
                                              : c->state.paused;

    if (ms) {
        status_span((ms + 999) / 1000, span, sizeof(span));
        snprintf(buf, size, "paused for %s: %s", span,
                 ms == c->state.paused ? c->state.why
                                       : "credentials are refused");

    } else if (c->carrier->adapter == NULL) {
        snprintf(buf, size, "not asked: see \"wismo doctor\"");

    } else {
        snprintf(buf, size, "%s", c->asked ? "asked" : "only told by pushes");
    }
}


static void
status_details(const fetch_status_t *c)
{
    char                          at[WISMO_TIME_UTC_LEN + 1];
    unsigned                      i;
    wismo_str_t                   name;
    const fetch_status_code_t    *code;
    const fetch_status_sample_t  *sample;

    name = c->carrier->name;

    if (c->n[FETCH_COUNT_PUSHES]) {
        printf("%.*s: %llu pushes, %llu of them hints; %llu about numbers "
               "nobody ordered, %llu about no parcel\n", (int) name.len,
               (char *) name.data,
               (unsigned long long) c->n[FETCH_COUNT_PUSHES],
               (unsigned long long) c->n[FETCH_COUNT_HINTS],
               (unsigned long long) c->n[FETCH_COUNT_STRANGERS],
               (unsigned long long) c->n[FETCH_COUNT_PASSED]);
    }

    if (c->n[FETCH_COUNT_UNSIGNED]) {
        printf("%.*s: %llu pushes had a signature that did not match\n",
               (int) name.len, (char *) name.data,
               (unsigned long long) c->n[FETCH_COUNT_UNSIGNED]);
    }

    for (i = 0; i < c->ncodes; i++) {
        code = &c->codes[i];
        fetch_status_time(code->seen / 1000, at);

        printf("%.*s: no table knows the code \"%.*s\": %llu times, last at "
               "%s\n", (int) name.len, (char *) name.data,
               (int) code->text.len, (char *) code->text.data,
               (unsigned long long) code->n, at);
    }

    for (i = 0; i < c->nsamples; i++) {
        sample = &c->samples[i];
        fetch_status_time(sample->at, at);

        printf("%.*s: could not be read, or believed: %zu bytes with status "
               "%d at %s: %.*s; --sample=%u shows it\n", (int) name.len,
               (char *) name.data, sample->size, sample->http, at,
               (int) sample->why.len, (char *) sample->why.data, i + 1);
    }
}


static void
status_span(int64_t seconds, char *buf, size_t size)
{
    if (seconds < 120) {
        snprintf(buf, size, "%llds", (long long) seconds);

    } else if (seconds < 7200) {
        snprintf(buf, size, "%lldm", (long long) seconds / 60);

    } else {
        snprintf(buf, size, "%lldh", (long long) seconds / 3600);
    }
}
