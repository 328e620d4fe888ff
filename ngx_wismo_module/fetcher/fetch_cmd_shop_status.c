
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo shop status": what became of the webhooks of each shop, topics and
 * codes that its file does not know, and what could not be read.  Only reads
 * what fetchers have counted.  Called by fetch_cmd_shop.c.
 */


#include "fetch_cmd.h"
#include "fetch_status.h"

#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>


#define SHOPS_POOL           (64 * 1024 * 1024)


typedef struct {
    const char           *config;
    const char           *shops[FETCH_SHOPS_MAX];
    unsigned              nshops;
    long                  sample;             /* 0: none */
    bool                  json;
} shops_options_t;


typedef struct {
    shops_options_t       options;
    fetch_config_t        conf;
    fetch_redis_t         redis;
    wismo_pool_t          pool;
    fetch_carrier_t       names[FETCH_SHOPS_MAX];   /* that stand for them */
    fetch_status_t        shops[FETCH_SHOPS_MAX];
    unsigned              nshops;
} shops_t;


static error_t shops_option(int key, char *arg, struct argp_state *state);
static int shops_select(shops_t *s);
static int shops_read(shops_t *s);
static int shops_show(const shops_t *s);
static int shops_json(const shops_t *s);
static json_t *shops_json_one(const fetch_status_t *c);
static int shops_body(const shops_t *s);


static const struct argp_option  shops_opts[] = {

    { "config", 'c', "FILE", 0,
      "wismo.json, as nginx writes it", 0 },

    { "json", 'j', 0, 0,
      "print JSON", 0 },

    { "sample", 's', "N", OPTION_ARG_OPTIONAL,
      "print the newest (or N-th newest) webhook of one SHOP that could not "
      "be read, as it came", 0 },

    { 0 }
};


static const struct argp  shops_argp = {
    shops_opts, shops_option, "[SHOP...]",
    "What became of each shop's webhooks in the last 24 hours, topics and "
    "codes that its file does not know, and what could not be read.\v"
    "SHOP is the name of its hook.  Exit status 1 if Redis can't be reached, "
    "or there is no such sample.",
    NULL, NULL, NULL
};


static error_t
shops_option(int key, char *arg, struct argp_state *state)
{
    shops_options_t  *o = state->input;

    switch (key) {

    case 'c':
        o->config = arg;
        break;

    case 'j':
        o->json = true;
        break;

    case 's':
        o->sample = fetch_status_option(state, arg);
        break;

    case ARGP_KEY_ARG:

        if (o->nshops == FETCH_SHOPS_MAX) {
            argp_error(state, "too many shops");
        }

        o->shops[o->nshops++] = arg;
        break;

    case ARGP_KEY_END:

        if (o->sample && o->nshops != 1) {
            argp_error(state, "--sample is of one SHOP");
        }

        break;

    default:
        return ARGP_ERR_UNKNOWN;
    }

    return 0;
}


int
fetch_cmd_shop_status(int argc, char **argv)
{
    int            rc;
    shops_t       *s;
    wismo_error_t  err;

    s = calloc(1, sizeof(shops_t));

    if (s == NULL) {
        fputs("wismo: there is no memory\n", stderr);
        return FETCH_EXIT_FAILED;
    }

    argp_parse(&shops_argp, argc, argv, 0, NULL, &s->options);

    rc = fetch_cmd_open(s->options.config, &s->conf, &s->redis);

    if (rc != FETCH_EXIT_OK) {
        free(s);
        return rc;
    }

    /* who may not read the keys gets all but the samples */

    (void) fetch_config_contact(&s->conf, &err);

    wismo_pool_init(&s->pool, SHOPS_POOL, NULL, NULL);

    rc = shops_select(s);

    if (rc == FETCH_EXIT_OK) {
        rc = shops_read(s);
    }

    if (rc == FETCH_EXIT_OK) {
        rc = s->options.sample ? shops_body(s)
             : s->options.json ? shops_json(s) : shops_show(s);
    }

    wismo_pool_done(&s->pool);
    rc = fetch_cmd_close(&s->conf, &s->redis, rc);
    free(s);

    return rc;
}


static int
shops_select(shops_t *s)
{
    unsigned             i;
    wismo_str_t          name;
    const fetch_shop_t  *shop;

    s->nshops = s->options.nshops ? s->options.nshops : s->conf.nshops;

    for (i = 0; i < s->nshops; i++) {
        shop = &s->conf.shops[i];

        if (s->options.nshops) {
            name = wismo_str_of(s->options.shops[i]);

            shop = fetch_config_shop(&s->conf, &name);

            if (shop == NULL) {
                fprintf(stderr, "wismo: there is no shop \"%s\": nginx.conf "
                                "has no \"wismo_hook %s\" of one\n",
                        s->options.shops[i], s->options.shops[i]);
                return FETCH_EXIT_USAGE;
            }
        }

        s->names[i].name = shop->name;
        s->shops[i].carrier = &s->names[i];
        s->shops[i].oldest = FETCH_NEVER;
        s->shops[i].quota.carrier = &s->names[i].name;
    }

    return FETCH_EXIT_OK;
}


static int
shops_read(shops_t *s)
{
    unsigned              i;
    fetch_status_from_t   from;

    if (!fetch_redis_up(&s->redis)) {
        return WISMO_ERROR;
    }

    from.redis = &s->redis;
    from.pool = &s->pool;
    from.now = fetch_redis_time(&s->redis);
    from.hours = FETCH_COUNT_HOURS;

    for (i = 0; i < s->nshops; i++) {
        if (fetch_status_read(&from, &s->shops[i]) != WISMO_OK) {
            return WISMO_ERROR;
        }
    }

    return WISMO_OK;
}


static int
shops_show(const shops_t *s)
{
    char                          at[WISMO_TIME_UTC_LEN + 1];
    unsigned                      i, k;
    wismo_str_t                   name;
    const fetch_status_t         *c;
    const fetch_status_code_t    *code;
    const fetch_status_sample_t  *sample;

    if (s->nshops == 0) {
        fputs("There is no shop: nginx.conf has no \"wismo_hook\" of one.\n",
              stdout);
        return FETCH_EXIT_OK;
    }

    printf("%-16s %9s %9s %9s %9s %10s\n", "SHOP", "WEBHOOKS", "CHANGED",
           "UNCHANGED", "PASSED", "UNREADABLE");

    for (i = 0; i < s->nshops; i++) {
        c = &s->shops[i];
        name = c->carrier->name;

        printf("%-16.*s %9llu %9llu %9llu %9llu %10llu\n", (int) name.len,
               (char *) name.data,
               (unsigned long long) c->n[FETCH_COUNT_PUSHES],
               (unsigned long long) c->n[FETCH_COUNT_CHANGED],
               (unsigned long long) c->n[FETCH_COUNT_UNCHANGED],
               (unsigned long long) c->n[FETCH_COUNT_PASSED],
               (unsigned long long) c->n[FETCH_COUNT_REJECTS]);
    }

    printf("\nCounts are of the last %d hours, this one included.\n",
           FETCH_COUNT_HOURS);

    for (i = 0; i < s->nshops; i++) {
        c = &s->shops[i];
        name = c->carrier->name;

        if (c->n[FETCH_COUNT_UNSIGNED]) {
            printf("%.*s: %llu webhook%s had a signature that did not match\n",
                   (int) name.len, (char *) name.data,
                   (unsigned long long) c->n[FETCH_COUNT_UNSIGNED],
                   c->n[FETCH_COUNT_UNSIGNED] == 1 ? "" : "s");
        }

        for (k = 0; k < c->ncodes; k++) {
            code = &c->codes[k];
            fetch_status_time(code->seen / 1000, at);

            printf("%.*s: its file does not know \"%.*s\": %llu times, last "
                   "at %s\n", (int) name.len, (char *) name.data,
                   (int) code->text.len, (char *) code->text.data,
                   (unsigned long long) code->n, at);
        }

        for (k = 0; k < c->nsamples; k++) {
            sample = &c->samples[k];
            fetch_status_time(sample->at, at);

            printf("%.*s: could not be read: %zu bytes at %s: %.*s; "
                   "--sample=%u shows it\n", (int) name.len,
                   (char *) name.data, sample->size, at,
                   (int) sample->why.len, (char *) sample->why.data, k + 1);
        }
    }

    return FETCH_EXIT_OK;
}


static int
shops_json(const shops_t *s)
{
    int        rc;
    json_t    *json, *list;
    unsigned   i;

    list = json_array();

    for (i = 0; i < s->nshops; i++) {
        (void) json_array_append_new(list, shops_json_one(&s->shops[i]));
    }

    json = json_pack("{s:i, s:o}", "hours", FETCH_COUNT_HOURS, "shops", list);

    rc = json_dumpf(json, stdout, JSON_INDENT(2));
    (void) putchar('\n');
    json_decref(json);

    return rc == 0 ? FETCH_EXIT_OK : FETCH_EXIT_FAILED;
}


static json_t *
shops_json_one(const fetch_status_t *c)
{
    char                          at[WISMO_TIME_UTC_LEN + 1];
    json_t                       *json, *list;
    unsigned                      i;
    const fetch_status_sample_t  *sample;

    json = json_pack("{s:s%, s:I, s:I, s:I, s:I, s:I, s:I}", "shop",
                     (char *) c->carrier->name.data, c->carrier->name.len,
                     "webhooks", (json_int_t) c->n[FETCH_COUNT_PUSHES],
                     "changed", (json_int_t) c->n[FETCH_COUNT_CHANGED],
                     "unchanged", (json_int_t) c->n[FETCH_COUNT_UNCHANGED],
                     "passed", (json_int_t) c->n[FETCH_COUNT_PASSED],
                     "unreadable", (json_int_t) c->n[FETCH_COUNT_REJECTS],
                     "unsigned", (json_int_t) c->n[FETCH_COUNT_UNSIGNED]);

    (void) json_object_set_new(json, "unknown", fetch_status_codes_json(c));

    list = json_array();

    for (i = 0; i < c->nsamples; i++) {
        sample = &c->samples[i];
        fetch_status_time(sample->at, at);

        (void) json_array_append_new(list,
                   json_pack("{s:s, s:I, s:s%}", "at", at, "bytes",
                             (json_int_t) sample->size, "why",
                             (char *) sample->why.data, sample->why.len));
    }

    (void) json_object_set_new(json, "samples", list);

    return json;
}


static int
shops_body(const shops_t *s)
{
    const fetch_status_t  *c;

    c = &s->shops[0];

    if (s->options.sample > (long) c->nsamples) {
        fprintf(stderr, "wismo: of \"%s\" %u webhook%s kept that could not be "
                        "read\n", s->options.shops[0], c->nsamples,
                c->nsamples == 1 ? " is" : "s are");
        return FETCH_EXIT_FAILED;
    }

    return fetch_status_print(&c->samples[s->options.sample - 1]);
}
