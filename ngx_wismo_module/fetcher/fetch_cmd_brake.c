
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo notify status", "release" and "discard": what holds a channel, and
 * letting it go.
 */


#include "fetch_cmd.h"
#include "fetch_args.h"
#include "fetch_brake.h"
#include "fetch_notice.h"
#include "fetch_reach.h"

#include <argp.h>
#include <stdio.h>


#define BRAKE_POOL           (4 * 1024 * 1024)


typedef struct {
    const char               *call;
    const char               *channel;
    const char               *config;
    bool                      json;
} brake_options_t;


static error_t brake_option(int key, char *arg, struct argp_state *state);
static int brake_status(const fetch_config_t *conf, fetch_redis_t *r,
    bool json);
static int brake_waiting(fetch_redis_t *r, int64_t *n);
static int brake_release(const brake_options_t *o,
    const fetch_config_t *conf, fetch_redis_t *r);


static const struct argp_option  brake_opts[] = {
    { "config", 'c', "FILE", 0, "wismo.json, as nginx writes it", 0 },
    { "json", 'j', 0, 0, "print JSON", 0 },
    { 0 }
};


static const struct argp  brake_argp = {
    brake_opts, brake_option, "[CHANNEL]",
    "status: tell which channels are held by their brake, and how many "
    "addresses and numbers get no messages any more.  release CHANNEL: "
    "let it go on.  discard CHANNEL: let it go on with what happens from now "
    "on; what has happened is not told by it any more.\v"
    "Exit status: status 1 if a channel is held.",
    NULL, NULL, NULL
};


static error_t
brake_option(int key, char *arg, struct argp_state *state)
{
    brake_options_t  *o = state->input;

    switch (key) {

    case 'c':
        o->config = arg;
        return 0;

    case 'j':
        o->json = true;
        return 0;

    case ARGP_KEY_ARG:

        if (o->channel || strcmp(o->call, "status") == 0) {
            argp_error(state, "unexpected argument \"%s\"", arg);
        }

        o->channel = arg;
        return 0;

    case ARGP_KEY_END:

        if (o->channel == NULL && strcmp(o->call, "status") != 0) {
            argp_error(state, "expected the CHANNEL that is to go on");
        }

        return 0;

    default:
        return ARGP_ERR_UNKNOWN;
    }
}


int
fetch_cmd_brake(int argc, char **argv)
{
    int              rc;
    wismo_error_t    err;
    fetch_redis_t    redis;
    fetch_config_t   conf;
    brake_options_t  options;

    memset(&options, 0, sizeof(brake_options_t));
    memset(&err, 0, sizeof(wismo_error_t));
    options.call = argv[0];

    argp_parse(&brake_argp, argc, argv, 0, NULL, &options);

    if (fetch_config_open(&conf, options.config, &err) != WISMO_OK) {
        fprintf(stderr, "wismo: %s:%s %s\n", conf.file, err.at, err.text);
        return FETCH_EXIT_FAILED;
    }

    fetch_redis_init(&redis, &conf);

    if (!fetch_redis_up(&redis)) {
        rc = WISMO_ERROR;

    } else if (options.channel) {
        rc = brake_release(&options, &conf, &redis);

    } else {
        rc = brake_status(&conf, &redis, options.json);
    }

    if (rc == WISMO_ERROR) {
        fprintf(stderr, "wismo: redis: %s\n", redis.error);
        rc = FETCH_EXIT_FAILED;
    }

    fetch_redis_close(&redis);
    fetch_config_done(&conf);

    return rc;
}


static int
brake_status(const fetch_config_t *conf, fetch_redis_t *r, bool json)
{
    int                     rc;
    int64_t                 waiting;
    unsigned                i;
    fetch_brake_t           brake;
    fetch_reach_count_t     none;
    const fetch_channel_t  *channel;

    if (brake_waiting(r, &waiting) != WISMO_OK
        || fetch_reach_count(r, &none) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    rc = FETCH_EXIT_OK;

    if (json) {
        printf("{\"waiting\":%lld,\"channels\":[", (long long) waiting);
    }

    for (i = 0; i < conf->channels.n; i++) {
        channel = &conf->channels.channel[i];

        if (fetch_brake_look(r, channel, &brake) != WISMO_OK) {
            return WISMO_ERROR;
        }

        if (brake.held) {
            rc = FETCH_EXIT_FAILED;
        }

        if (json) {
            printf("%s{\"channel\":\"%.*s\",\"type\":\"%s\",\"held\":%s,"
                   "\"since\":%lld,\"hour\":%lld,\"limit\":%lld,"
                   "\"discarded\":%lld}", i ? "," : "",
                   (int) channel->name.len, (char *) channel->name.data,
                   channel->type->name, brake.held ? "true" : "false",
                   (long long) brake.held, (long long) brake.n,
                   (long long) brake.limit, (long long) brake.discarded);
            continue;
        }

        printf("%-16.*s %-8s %s, %lld notices this hour",
               (int) channel->name.len, (char *) channel->name.data,
               channel->type->name, brake.held ? "held" : "tells",
               (long long) brake.n);

        if (channel->brake < 0) {
            puts(", no brake");

        } else {
            printf(", brake at %lld\n", (long long) brake.limit);
        }
    }

    if (json) {
        printf("],\"suppressed\":{\"email\":%lld,\"phone\":%lld,"
               "\"stopped\":%lld}}\n", (long long) none.email,
               (long long) none.phone, (long long) none.stopped);

    } else {
        printf("%lld address%s and %lld number%s get no messages, %lld said "
               "STOP\n", (long long) none.email, none.email == 1 ? "" : "es",
               (long long) none.phone, none.phone == 1 ? "" : "s",
               (long long) none.stopped);
        printf("%lld orders have something to be told\n",
               (long long) waiting);
    }

    return rc;
}


static int
brake_waiting(fetch_redis_t *r, int64_t *n)
{
    char          key[WISMO_KEY_MAX];
    unsigned      i;
    redisReply   *reply;
    wismo_str_t   argv[2];

    *n = 0;

    wismo_str_set(&argv[0], "ZCARD");
    argv[1].data = (unsigned char *) key;

    for (i = 0; i < WISMO_BUCKETS; i++) {
        argv[1].len = wismo_key_due(key, i, &fetch_notices);

        if (fetch_redis_append(r, 2, argv) != WISMO_OK) {
            return WISMO_ERROR;
        }
    }

    for (i = 0; i < WISMO_BUCKETS; i++) {
        reply = fetch_redis_reply(r);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        if (reply->type == REDIS_REPLY_INTEGER) {
            *n += reply->integer;
        }

        freeReplyObject(reply);
    }

    return WISMO_OK;
}


static int
brake_release(const brake_options_t *o, const fetch_config_t *conf,
    fetch_redis_t *r)
{
    bool      discard;
    unsigned  i;

    discard = (strcmp(o->call, "discard") == 0);

    for (i = 0; i < conf->channels.n; i++) {
        if (wismo_str_is(&conf->channels.channel[i].name, o->channel)) {
            break;
        }
    }

    if (i == conf->channels.n) {
        fprintf(stderr, "wismo: nginx.conf has no \"wismo_notify %s\"\n",
                o->channel);
        return FETCH_EXIT_USAGE;
    }

    if (fetch_brake_release(r, &conf->channels.channel[i], discard)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if (o->json) {
        printf("{\"channel\":\"%s\",\"released\":true,\"discarded\":%s}\n",
               o->channel, discard ? "true" : "false");

    } else {
        printf("channel %s goes on%s\n", o->channel, discard
               ? " with what happens from now on" : "");
    }

    return FETCH_EXIT_OK;
}
