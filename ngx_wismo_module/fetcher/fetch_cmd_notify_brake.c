
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
#include "fetch_told.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>


#define BRAKE_POOL           (4 * 1024 * 1024)


/* What waits to be told. */

typedef struct {
    int64_t                   waiting;        /* orders, whenever it is */
    int64_t                   due;            /* ... and is now */
    int64_t                   oldest;         /* seconds since the first was */
} brake_queue_t;


typedef struct {
    const char               *call;
    const char               *channel;
    const char               *config;
    bool                      json;
} brake_options_t;


static error_t brake_option(int key, char *arg, struct argp_state *state);
static int brake_status(const fetch_config_t *conf, fetch_redis_t *r,
    bool json);
static int brake_channel(fetch_redis_t *r, const fetch_channel_t *channel,
    int64_t now, bool json, bool *held);
static void brake_counts(const char *name, const int64_t *n, bool json);
static int brake_queue(fetch_redis_t *r, int64_t now, brake_queue_t *queue);
static void brake_queued(brake_queue_t *queue, unsigned what,
    const redisReply *reply, int64_t now);
static int brake_release(const brake_options_t *o,
    const fetch_config_t *conf, fetch_redis_t *r);


static const struct argp_option  brake_opts[] = {
    { "config", 'c', "FILE", 0, "wismo.json, as nginx writes it", 0 },
    { "json", 'j', 0, 0, "print JSON", 0 },
    { 0 }
};


static const struct argp  brake_argp = {
    brake_opts, brake_option, "[CHANNEL]",
    "status: tell of each channel whether its brake holds it, and what became "
    "of its notices in this hour and in 24 hours; how many addresses and "
    "numbers get no messages any more; and what waits to be told, and for how "
    "long.  release CHANNEL: "
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
fetch_cmd_notify_brake(int argc, char **argv)
{
    int              rc;
    fetch_redis_t    redis;
    fetch_config_t   conf;
    brake_options_t  options;

    memset(&options, 0, sizeof(brake_options_t));
    options.call = fetch_cmd_word(argv[0]);

    argp_parse(&brake_argp, argc, argv, 0, NULL, &options);

    if (fetch_cmd_open(options.config, &conf, &redis) != FETCH_EXIT_OK) {
        return FETCH_EXIT_FAILED;
    }

    if (!fetch_redis_up(&redis)) {
        rc = WISMO_ERROR;

    } else if (options.channel) {
        rc = brake_release(&options, &conf, &redis);

    } else {
        rc = brake_status(&conf, &redis, options.json);
    }

    return fetch_cmd_close(&conf, &redis, rc);
}


static int
brake_status(const fetch_config_t *conf, fetch_redis_t *r, bool json)
{
    int                  rc;
    bool                 held;
    int64_t              now;
    unsigned             i;
    brake_queue_t        queue;
    fetch_reach_count_t  none;

    now = fetch_redis_time(r);

    if (brake_queue(r, now, &queue) != WISMO_OK
        || fetch_reach_count(r, &none) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    rc = FETCH_EXIT_OK;

    if (json) {
        printf("{\"waiting\":%lld,\"due\":%lld,\"oldest_s\":%lld,"
               "\"channels\":[", (long long) queue.waiting,
               (long long) queue.due, (long long) queue.oldest);
    }

    for (i = 0; i < conf->channels.n; i++) {

        if (json && i) {
            printf(",");
        }

        if (brake_channel(r, &conf->channels.channel[i], now, json, &held)
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }

        if (held) {
            rc = FETCH_EXIT_FAILED;
        }
    }

    if (json) {
        printf("],\"suppressed\":{\"email\":%lld,\"phone\":%lld,"
               "\"stopped\":%lld,\"complaints\":%lld}}\n",
               (long long) none.email, (long long) none.phone,
               (long long) none.stopped, (long long) none.complaints);

        return rc;
    }

    printf("%lld address%s and %lld number%s get no messages, %lld said "
           "STOP, %lld complained\n", (long long) none.email,
           none.email == 1 ? "" : "es", (long long) none.phone,
           none.phone == 1 ? "" : "s", (long long) none.stopped,
           (long long) none.complaints);
    printf("%lld orders have something to be told, %lld of them now",
           (long long) queue.waiting, (long long) queue.due);

    if (queue.due) {
        printf("; the first has waited for %lld s", (long long) queue.oldest);
    }

    puts("");

    return rc;
}


static int
brake_channel(fetch_redis_t *r, const fetch_channel_t *channel, int64_t now,
    bool json, bool *held)
{
    int                rc;
    wismo_pool_t       pool;
    fetch_brake_t      brake;
    fetch_told_sum_t   told;

    wismo_pool_init(&pool, BRAKE_POOL, NULL, NULL);

    rc = fetch_brake_look(r, channel, &brake);

    if (rc == WISMO_OK) {
        rc = fetch_told_read(r, &pool, channel, now, &told);
    }

    wismo_pool_done(&pool);

    if (rc != WISMO_OK) {
        return rc;
    }

    *held = (brake.held != 0);

    if (json) {
        printf("{\"channel\":\"%.*s\",\"type\":\"%s\",\"held\":%s,"
               "\"since\":%lld,\"hour\":%lld,\"limit\":%lld,"
               "\"discarded\":%lld,\"links\":%lld,\"links_limit\":%u,"
               "\"counts\":{", (int) channel->name.len,
               (char *) channel->name.data, channel->type->name,
               brake.held ? "true" : "false", (long long) brake.held,
               (long long) brake.n, (long long) brake.limit,
               (long long) brake.discarded, (long long) brake.links,
               channel->links.on ? channel->links.hourly : 0);
        brake_counts("hour", told.hour, true);
        printf(",");
        brake_counts("day", told.day, true);
        printf("}}");

        return WISMO_OK;
    }

    printf("%-16.*s %-8s %s, %lld notices this hour",
           (int) channel->name.len, (char *) channel->name.data,
           channel->type->name, brake.held ? "held" : "tells",
           (long long) brake.n);

    if (channel->brake < 0) {
        printf(", no brake");

    } else {
        printf(", brake at %lld", (long long) brake.limit);
    }

    if (channel->links.on) {
        printf(", %lld of %u links", (long long) brake.links,
               channel->links.hourly);
    }

    puts("");

    brake_counts("this hour", told.hour, false);
    brake_counts("24 hours", told.day, false);

    return WISMO_OK;
}


/* For people what there was none of is left out. */

static void
brake_counts(const char *name, const int64_t *n, bool json)
{
    bool      any;
    unsigned  i;

    any = false;

    if (json) {
        printf("\"%s\":{", name);
    }

    for (i = 0; i < FETCH_TOLDS; i++) {

        if (json) {
            printf("%s\"%s\":%lld", i ? "," : "", fetch_told_name(i),
                   (long long) n[i]);

        } else if (n[i]) {

            if (any) {
                printf(", ");

            } else {
                printf("  %-14s ", name);
            }

            printf("%lld %s", (long long) n[i], fetch_told_name(i));
            any = true;
        }
    }

    if (json) {
        printf("}");

    } else if (any) {
        puts("");
    }
}


static int
brake_queue(fetch_redis_t *r, int64_t now, brake_queue_t *queue)
{
    int            rc;
    unsigned       i, k;
    redisReply    *reply;
    fetch_args_t   args;
    wismo_pool_t   pool;

    memset(queue, 0, sizeof(brake_queue_t));
    wismo_pool_init(&pool, BRAKE_POOL, NULL, NULL);
    rc = WISMO_OK;

    for (i = 0; i < WISMO_BUCKETS && rc == WISMO_OK; i++) {
        fetch_args_init(&args, &pool, 2);
        fetch_args_text(&args, "ZCARD");
        fetch_args_due(&args, i, &fetch_notices);

        if (args.failed || fetch_redis_append(r, 2, args.argv) != WISMO_OK) {
            rc = WISMO_ERROR;
            break;
        }

        fetch_args_init(&args, &pool, 4);
        fetch_args_text(&args, "ZCOUNT");
        fetch_args_due(&args, i, &fetch_notices);
        fetch_args_text(&args, "-inf");
        fetch_args_number(&args, now);

        if (args.failed || fetch_redis_append(r, 4, args.argv) != WISMO_OK) {
            rc = WISMO_ERROR;
            break;
        }

        fetch_args_init(&args, &pool, 5);
        fetch_args_text(&args, "ZRANGE");
        fetch_args_due(&args, i, &fetch_notices);
        fetch_args_text(&args, "0");
        fetch_args_text(&args, "0");
        fetch_args_text(&args, "WITHSCORES");

        if (args.failed || fetch_redis_append(r, 5, args.argv) != WISMO_OK) {
            rc = WISMO_ERROR;
        }
    }

    for (i = 0; i < WISMO_BUCKETS && rc == WISMO_OK; i++) {
        for (k = 0; k < 3; k++) {
            reply = fetch_redis_reply(r);

            if (reply == NULL) {
                rc = WISMO_ERROR;
                break;
            }

            brake_queued(queue, k, reply, now);
            freeReplyObject(reply);
        }
    }

    wismo_pool_done(&pool);

    return rc;
}


static void
brake_queued(brake_queue_t *queue, unsigned what, const redisReply *reply,
    int64_t now)
{
    int64_t  age;

    if (what < 2 && reply->type == REDIS_REPLY_INTEGER) {

        if (what == 0) {
            queue->waiting += reply->integer;

        } else {
            queue->due += reply->integer;
        }

        return;
    }

    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2
        && reply->element[1]->type == REDIS_REPLY_STRING)
    {
        age = (now - strtoll(reply->element[1]->str, NULL, 10)) / 1000;

        queue->oldest = age > queue->oldest ? age : queue->oldest;
    }
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
