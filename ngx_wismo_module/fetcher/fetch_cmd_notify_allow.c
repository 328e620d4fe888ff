
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo notify allow": whoever got no messages any more, as an address was
 * refused or a number said STOP, gets them again.
 */


#include "fetch_cmd.h"
#include "fetch_private.h"
#include "fetch_reach.h"

#include <argp.h>
#include <stdio.h>


#define ALLOW_POOL           (4 * 1024 * 1024)


typedef struct {
    const char               *who;
    const char               *order;
    const char               *config;
    bool                      json;
} allow_options_t;


static error_t allow_option(int key, char *arg, struct argp_state *state);
static int allow_all(const allow_options_t *o, fetch_redis_t *r,
    wismo_pool_t *pool);
static int allow_order(const allow_options_t *o, fetch_redis_t *r,
    wismo_pool_t *pool, bool *was);
static int allow_one(fetch_redis_t *r, wismo_pool_t *pool,
    wismo_factor_e factor, const wismo_str_t *text, bool *was);


static const struct argp_option  allow_opts[] = {
    { "order", 'o', "NUMBER", 0, "whoever this order is for", 0 },
    { "config", 'c', "FILE", 0, "wismo.json, as nginx writes it", 0 },
    { "json", 'j', 0, 0, "print JSON", 0 },
    { 0 }
};


static const struct argp  allow_argp = {
    allow_opts, allow_option, "ADDRESS|PHONE\n--order NUMBER",
    "Tell somebody again whose address or telephone number was refused for "
    "good, or who has answered STOP.  Only do the latter if they have asked "
    "for it.\v"
    "Exit status: 0 done, also if they were told anyway; 1 not done; 2 "
    "unusable arguments.",
    NULL, NULL, NULL
};


static error_t
allow_option(int key, char *arg, struct argp_state *state)
{
    allow_options_t  *o = state->input;

    switch (key) {

    case 'o':
        o->order = arg;
        return 0;

    case 'c':
        o->config = arg;
        return 0;

    case 'j':
        o->json = true;
        return 0;

    case ARGP_KEY_ARG:

        if (o->who) {
            argp_error(state, "unexpected argument \"%s\"", arg);
        }

        o->who = arg;
        return 0;

    case ARGP_KEY_END:

        if ((o->who != NULL) == (o->order != NULL)) {
            argp_error(state, "expected an e-mail address, a telephone number "
                              "or --order");
        }

        return 0;

    default:
        return ARGP_ERR_UNKNOWN;
    }
}


int
fetch_cmd_notify_allow(int argc, char **argv)
{
    int              rc;
    wismo_pool_t     pool;
    wismo_error_t    err;
    fetch_redis_t    redis;
    fetch_config_t   conf;
    allow_options_t  options;

    memset(&options, 0, sizeof(allow_options_t));
    memset(&err, 0, sizeof(wismo_error_t));

    argp_parse(&allow_argp, argc, argv, 0, NULL, &options);

    if (fetch_cmd_open(options.config, &conf, &redis) != FETCH_EXIT_OK) {
        return FETCH_EXIT_FAILED;
    }

    wismo_pool_init(&pool, ALLOW_POOL, NULL, NULL);

    if (fetch_config_contact(&conf, &err) != WISMO_OK) {
        fprintf(stderr, "wismo: %s:%s %s\n", conf.file, err.at, err.text);
        rc = FETCH_EXIT_FAILED;

    } else {
        rc = fetch_redis_up(&redis) ? allow_all(&options, &redis, &pool)
                                    : WISMO_ERROR;
    }

    wismo_pool_done(&pool);

    return fetch_cmd_close(&conf, &redis, rc);
}


static int
allow_all(const allow_options_t *o, fetch_redis_t *r, wismo_pool_t *pool)
{
    int             rc;
    bool            was;
    wismo_str_t     text;
    wismo_factor_e  factor;

    was = false;

    if (o->order) {
        rc = allow_order(o, r, pool, &was);

    } else {
        text = wismo_str_of(o->who);
        factor = strchr(o->who, '@') ? WISMO_FACTOR_EMAIL
                                     : WISMO_FACTOR_PHONE;

        rc = allow_one(r, pool, factor, &text, &was);

        if (rc == WISMO_DECLINED) {
            fprintf(stderr, "wismo: \"%s\" is no e-mail address, and no "
                            "telephone number with its country's code, as "
                            "+431234567\n", o->who);
            return FETCH_EXIT_USAGE;
        }
    }

    if (rc != WISMO_OK) {
        return rc == WISMO_DECLINED ? FETCH_EXIT_FAILED : rc;
    }

    if (o->json) {
        printf("{\"allowed\":true,\"was\":%s}\n", was ? "true" : "false");

    } else if (was) {
        printf("%s%s%s is told again\n", o->order ? "whoever " : "",
               o->order ? o->order : o->who, o->order ? " is for" : "");

    } else {
        puts("nothing has held messages to them back");
    }

    return FETCH_EXIT_OK;
}


static int
allow_order(const allow_options_t *o, fetch_redis_t *r, wismo_pool_t *pool,
    bool *was)
{
    int             rc;
    json_t         *json;
    unsigned        i;
    wismo_str_t     number, body, text;
    wismo_error_t   err;

    static const wismo_factor_e  factors[] = {
        WISMO_FACTOR_EMAIL, WISMO_FACTOR_PHONE
    };

    number = wismo_str_of(o->order);

    if (!wismo_order_number_ok(&number)) {
        fprintf(stderr, "wismo: \"%s\" is no order's number\n", o->order);
        return WISMO_DECLINED;
    }

    rc = fetch_private_load(r, pool, &number, &body, &err);

    if (rc == WISMO_DECLINED) {
        fprintf(stderr, "wismo: order \"%s\": %s\n", o->order, err.text);
        return rc;
    }

    if (rc != WISMO_OK) {
        return rc;
    }

    if (body.len == 0) {
        fprintf(stderr, "wismo: there is no order \"%s\"\n", o->order);
        return WISMO_DECLINED;
    }

    json = json_loadb((char *) body.data, body.len, 0, NULL);

    for (i = 0; i < 2 && rc != WISMO_ERROR; i++) {
        text = wismo_contact_said(json, factors[i]);
        rc = allow_one(r, pool, factors[i], &text, was);
    }

    json_decref(json);

    return rc == WISMO_ERROR ? rc : WISMO_OK;
}


static int
allow_one(fetch_redis_t *r, wismo_pool_t *pool, wismo_factor_e factor,
    const wismo_str_t *text, bool *was)
{
    bool           one;
    fetch_reach_t  reach;

    if (fetch_reach(r->conf, pool, factor, text, &reach) != WISMO_OK) {
        return WISMO_ERROR;
    }

    if (reach.n == 0) {
        return WISMO_DECLINED;
    }

    if (fetch_reach_allow(r, pool, &reach, fetch_redis_time(r), &one)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    *was = *was || one;

    return WISMO_OK;
}
