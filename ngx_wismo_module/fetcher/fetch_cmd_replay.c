
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo replay": pushes and webhooks that could not be read are kept with the
 * dead letters; after an adapter or a shop's file was mended they go back into
 * the inbox, where they are read anew.
 *
 * Orders and erasures never go back: what came after them would be undone.
 */


#include "fetch_args.h"
#include "fetch_cmd.h"
#include "fetch_progress.h"
#include "fetch_redis.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>


#define REPLAY_COUNT         "100"            /* letters read at once */
#define REPLAY_POOL          (64 * 1024 * 1024)
#define REPLAY_FIELDS        8


typedef struct {
    const char           *config;
    const char           *since;
    const char           *name;
    bool                  dry_run;
    bool                  json;
    bool                  quiet;
} replay_options_t;


typedef struct {
    replay_options_t      options;
    fetch_config_t        conf;
    fetch_redis_t         redis;
    fetch_progress_t      progress;
    int64_t               since;              /* s */
    uint64_t              seen;
    uint64_t              replayed;
    uint64_t              passed;             /* others' */
} replay_t;


static error_t replay_option(int key, char *arg, struct argp_state *state);
static bool replay_time(const char *text, int64_t *t);
static int replay_stream(replay_t *rp, unsigned stream);
static int replay_letter(replay_t *rp, unsigned stream,
    const redisReply *entry);
static const redisReply *replay_field(const redisReply *fields,
    const char *name);
static int replay_call(replay_t *rp, fetch_args_t *args);


static const struct argp_option  replay_opts[] = {

    { "carrier", 'c', "NAME", 0,
      "only this carrier's pushes", 0 },

    { "config", 'C', "FILE", 0,
      "wismo.json, as nginx writes it", 0 },

    { "dry-run", 'n', 0, 0,
      "count them, move nothing", 0 },

    { "json", 'j', 0, 0,
      "print JSON", 0 },

    { "quiet", 'q', 0, 0,
      "no progress", 0 },

    { "shop", 's', "NAME", 0,
      "only this shop's webhooks, by the name of its hook", 0 },

    { "since", 'S', "TIME", 0,
      "those of that time and later: 2026-11-30, 2026-11-30T09:00:00Z, or so "
      "long ago: 90m, 12h, 7d", 0 },

    { 0 }
};


static const struct argp  replay_argp = {
    replay_opts, replay_option, NULL,
    "Reads pushes and webhooks again that could not be read, after an adapter "
    "or a shop's file was mended and nginx reloaded.\v"
    "They come from the dead letters, which are kept for 30 days.  What still "
    "can't be read returns there.  Exit status: 0 done, 1 it could not be "
    "done, 2 unusable arguments.",
    NULL, NULL, NULL
};


static error_t
replay_option(int key, char *arg, struct argp_state *state)
{
    int64_t            t;
    replay_options_t  *o = state->input;

    switch (key) {

    case 'c':
    case 's':

        if (o->name) {
            argp_error(state, "one --carrier or --shop at a time");
        }

        o->name = arg;
        break;

    case 'C':
        o->config = arg;
        break;

    case 'n':
        o->dry_run = true;
        break;

    case 'j':
        o->json = true;
        break;

    case 'q':
        o->quiet = true;
        break;

    case 'S':
        o->since = arg;

        if (!replay_time(arg, &t)) {
            argp_error(state, "invalid time \"%s\": expected 2026-11-30, "
                              "2026-11-30T09:00:00Z, 90m, 12h or 7d", arg);
        }

        break;

    case ARGP_KEY_ARG:
        argp_error(state, "unexpected \"%s\"", arg);
        break;

    case ARGP_KEY_END:

        if (o->since == NULL) {
            argp_error(state, "expected --since TIME");
        }

        break;

    default:
        return ARGP_ERR_UNKNOWN;
    }

    return 0;
}


static bool
replay_time(const char *text, int64_t *t)
{
    char          *end;
    long           n;
    wismo_str_t    s;
    wismo_when_t   when;

    s.data = (unsigned char *) text;
    s.len = strlen(text);

    if (wismo_time_iso(&s, &when) == WISMO_OK) {
        *t = (when.utc == WISMO_TIME_NONE) ? when.wall : when.utc;
        return true;
    }

    n = strtol(text, &end, 10);

    if (end == text || n < 0 || n > 100000 || *end == '\0' || end[1]) {
        return false;
    }

    switch (*end) {

    case 's':
        break;

    case 'm':
        n *= 60;
        break;

    case 'h':
        n *= 3600;
        break;

    case 'd':
        n *= 86400;
        break;

    default:
        return false;
    }

    *t = (int64_t) time(NULL) - n;

    return true;
}


int
fetch_cmd_replay(int argc, char **argv)
{
    int             rc;
    replay_t        rp;
    unsigned        i;
    wismo_str_t     name;
    wismo_error_t   err;

    memset(&rp, 0, sizeof(replay_t));

    argp_parse(&replay_argp, argc, argv, 0, NULL, &rp.options);
    (void) replay_time(rp.options.since, &rp.since);

    if (fetch_config_open(&rp.conf, rp.options.config, &err) != WISMO_OK) {
        fprintf(stderr, "wismo: %s:%s %s\n", rp.conf.file, err.at, err.text);
        return FETCH_EXIT_FAILED;
    }

    if (rp.options.name) {
        name.data = (unsigned char *) rp.options.name;
        name.len = strlen(rp.options.name);

        if (fetch_config_carrier(&rp.conf, &name) == NULL
            && fetch_config_shop(&rp.conf, &name) == NULL)
        {
            fprintf(stderr, "wismo replay: nginx.conf has no carrier and no "
                            "shop \"%s\"\n", rp.options.name);
            fetch_config_done(&rp.conf);
            return FETCH_EXIT_USAGE;
        }
    }

    fetch_redis_init(&rp.redis, &rp.conf);
    rc = WISMO_OK;

    if (!fetch_redis_up(&rp.redis)
        || fetch_redis_meta(&rp.redis, false) != WISMO_OK)
    {
        rc = WISMO_ERROR;
    }

    fetch_progress_begin(&rp.progress, "letters", WISMO_INBOXES,
                         rp.options.quiet);

    for (i = 0; rc == WISMO_OK && i < WISMO_INBOXES; i++) {
        rc = replay_stream(&rp, i);
        fetch_progress_at(&rp.progress, i + 1, rp.replayed, 0);
    }

    (void) fetch_progress_end(&rp.progress);

    if (rc != WISMO_OK) {
        fprintf(stderr, "wismo: redis: %s\n", rp.redis.error);

    } else if (rp.options.json) {
        printf("{\"seen\":%llu,\"replayed\":%llu,\"passed\":%llu,"
               "\"dry_run\":%s}\n", (unsigned long long) rp.seen,
               (unsigned long long) rp.replayed,
               (unsigned long long) rp.passed,
               rp.options.dry_run ? "true" : "false");

    } else {
        printf("%llu of %llu dead letters %s\n",
               (unsigned long long) rp.replayed, (unsigned long long) rp.seen,
               rp.options.dry_run ? "would be read again"
                                  : "go back into the inbox");
    }

    fetch_redis_close(&rp.redis);
    fetch_config_done(&rp.conf);

    return rc == WISMO_OK ? FETCH_EXIT_OK : FETCH_EXIT_FAILED;
}


/* Those that return meanwhile are behind the last one there is now. */

static int
replay_stream(replay_t *rp, unsigned stream)
{
    int           rc;
    char          key[WISMO_KEY_MAX], from[64], to[64];
    size_t        i;
    redisReply   *reply;
    wismo_pool_t  pool;
    fetch_args_t  args;

    snprintf(from, sizeof(from), "%lld", (long long) rp->since * 1000);
    snprintf(to, sizeof(to), "%lld",
             (long long) fetch_redis_time(&rp->redis));

    for ( ;; ) {
        wismo_pool_init(&pool, REPLAY_POOL, NULL, NULL);

        fetch_args_init(&args, &pool, 6);
        fetch_args_text(&args, "XRANGE");
        fetch_args_add(&args, key, wismo_key_dead(key, stream));
        fetch_args_text(&args, from);
        fetch_args_text(&args, to);
        fetch_args_text(&args, "COUNT");
        fetch_args_text(&args, REPLAY_COUNT);

        reply = args.failed ? NULL
                : fetch_redis_call(&rp->redis, 6, args.argv);

        wismo_pool_done(&pool);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        rc = WISMO_OK;

        for (i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements
                    && rc == WISMO_OK; i++)
        {
            rc = replay_letter(rp, stream, reply->element[i]);

            if (reply->element[i]->type == REDIS_REPLY_ARRAY
                && reply->element[i]->elements
                && reply->element[i]->element[0]->type == REDIS_REPLY_STRING)
            {
                snprintf(from, sizeof(from), "(%.60s",
                         reply->element[i]->element[0]->str);
            }
        }

        i = (reply->type == REDIS_REPLY_ARRAY) ? reply->elements : 0;
        freeReplyObject(reply);

        if (rc != WISMO_OK || i == 0) {
            return rc;
        }
    }
}


/* First it is in the inbox, then it is no longer here: in between it is in
 * both, and what comes twice changes nothing. */

static int
replay_letter(replay_t *rp, unsigned stream, const redisReply *entry)
{
    int                 rc;
    char                key[WISMO_KEY_MAX];
    unsigned            i;
    wismo_pool_t        pool;
    fetch_args_t        args;
    const redisReply   *kind, *carrier, *value, *fields;

    static const char *const  names[] = {
        WISMO_INBOX_KIND, WISMO_INBOX_CARRIER, WISMO_INBOX_HEADERS,
        WISMO_INBOX_BODY, NULL
    };

    if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2
        || entry->element[0]->type != REDIS_REPLY_STRING
        || entry->element[1]->type != REDIS_REPLY_ARRAY)
    {
        return WISMO_OK;
    }

    rp->seen++;

    fields = entry->element[1];
    kind = replay_field(fields, WISMO_INBOX_KIND);
    carrier = replay_field(fields, WISMO_INBOX_CARRIER);

    if (kind == NULL || strcmp(kind->str, "hook") != 0 || carrier == NULL
        || (rp->options.name && strcmp(carrier->str, rp->options.name) != 0))
    {
        rp->passed++;
        return WISMO_OK;
    }

    rp->replayed++;

    if (rp->options.dry_run) {
        return WISMO_OK;
    }

    wismo_pool_init(&pool, REPLAY_POOL, NULL, NULL);

    fetch_args_init(&args, &pool, 3 + 2 * REPLAY_FIELDS);
    fetch_args_text(&args, "XADD");
    fetch_args_add(&args, key, wismo_key_inbox(key, stream));
    fetch_args_text(&args, "*");

    for (i = 0; names[i]; i++) {
        value = replay_field(fields, names[i]);

        if (value) {
            fetch_args_text(&args, names[i]);
            fetch_args_add(&args, value->str, (size_t) value->len);
        }
    }

    rc = replay_call(rp, &args);

    if (rc == WISMO_OK) {
        fetch_args_init(&args, &pool, 3);
        fetch_args_text(&args, "XDEL");
        fetch_args_add(&args, key, wismo_key_dead(key, stream));
        fetch_args_add(&args, entry->element[0]->str,
                       (size_t) entry->element[0]->len);

        rc = replay_call(rp, &args);
    }

    wismo_pool_done(&pool);

    return rc;
}


static const redisReply *
replay_field(const redisReply *fields, const char *name)
{
    size_t  i;

    for (i = 0; i + 1 < fields->elements; i += 2) {

        if (fields->element[i]->type == REDIS_REPLY_STRING
            && fields->element[i + 1]->type == REDIS_REPLY_STRING
            && strcmp(fields->element[i]->str, name) == 0)
        {
            return fields->element[i + 1];
        }
    }

    return NULL;
}


static int
replay_call(replay_t *rp, fetch_args_t *args)
{
    redisReply  *reply;

    reply = args->failed ? NULL
            : fetch_redis_call(&rp->redis, (int) args->n, args->argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        snprintf(rp->redis.error, sizeof(rp->redis.error), "%s", reply->str);
        freeReplyObject(reply);
        return WISMO_ERROR;
    }

    freeReplyObject(reply);

    return WISMO_OK;
}
