
/*
 * Copyright (C) The Wismo authors
 *
 * The fetcher's loop: whose turn it is, what is waited for, and the heartbeat.
 * The work is in fetch_inbox.c, fetch_poll.c and the like.  Called by
 * fetch_cmd_fetch.c.
 *
 * It never ends because of what Redis, a carrier or a shop has said.
 */


#include "fetch_run.h"
#include "fetch_args.h"
#include "fetch_attention.h"
#include "fetch_clock.h"
#include "fetch_cmd.h"
#include "fetch_edd.h"
#include "fetch_inbox.h"
#include "fetch_log.h"
#include "fetch_meta.h"
#include "fetch_poll.h"
#include "fetch_retention.h"
#include "fetch_signal.h"
#include "fetch_tell.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>


#define FETCH_RUN_BEAT       1000             /* ms */
#define FETCH_RUN_BEAT_TTL   15               /* seconds */
#define FETCH_RUN_SCAN       18               /* buckets a beat: all in 57 s */
#define FETCH_RUN_CLOCK      60               /* beats */
#define FETCH_RUN_COUNT      5                /* beats */
#define FETCH_RUN_DRAIN      2500             /* ms */
#define FETCH_RUN_WAIT       1000             /* ms, longest */
#define FETCH_RUN_DOWN       100              /* ms, without Redis */


typedef struct {
    fetch_redis_t             redis;
    fetch_redis_t             news;           /* hears of new dates */
    fetch_http_t             *http;
    fetch_lanes_t             lanes;
    fetch_inbox_t             inbox;
    fetch_teller_t            teller;
    fetch_clock_t             clock;
    fetch_retention_t         keeper;
    char                      id[96];
    int                       liveness;       /* stdin, or -1 */
    bool                      known;          /* this Redis was checked */
    bool                      stop;
    int                       status;
    int64_t                   beat_at;        /* ms */
    unsigned                  beats;
} fetch_run_t;


static int fetch_run_init(fetch_run_t *run, fetch_config_t *conf);
static void fetch_run_done(fetch_run_t *run);
static void fetch_run_loop(fetch_run_t *run);
static bool fetch_run_known(fetch_run_t *run);
static void fetch_run_beat(fetch_run_t *run, int64_t now);
static void fetch_run_news(fetch_run_t *run, bool readable);
static void fetch_run_hear(fetch_run_t *run, const char *text, size_t len);
static int fetch_run_scan(fetch_run_t *run, unsigned n);
static int fetch_run_timeout(fetch_run_t *run, int64_t now);
static void fetch_run_drain(fetch_run_t *run);


int
fetch_run(fetch_config_t *conf, int liveness)
{
    fetch_run_t  run;

    memset(&run, 0, sizeof(fetch_run_t));

    run.liveness = liveness;
    run.status = FETCH_EXIT_OK;

    if (fetch_run_init(&run, conf) == WISMO_OK) {
        fetch_run_loop(&run);
        fetch_run_drain(&run);

    } else {
        fetch_log(FETCH_EMERG, "there is no memory to start with");
        run.status = FETCH_EXIT_FAILED;
    }

    fetch_run_done(&run);

    return run.status;
}


bool
fetch_run_orphaned(int liveness)
{
    char     buf[256];
    ssize_t  n;

    n = read(liveness, buf, sizeof(buf));

    return n == 0 || (n == -1 && errno != EINTR && errno != EAGAIN);
}


static int
fetch_run_init(fetch_run_t *run, fetch_config_t *conf)
{
    char  host[48], consumer[96];

    if (gethostname(host, sizeof(host)) == -1) {
        snprintf(host, sizeof(host), "host");
    }

    host[sizeof(host) - 1] = '\0';

    snprintf(run->id, sizeof(run->id), "%s-%ld", host, (long) getpid());

    /* the same after a restart: it finds its own letters again at once */

    snprintf(consumer, sizeof(consumer), "%s-%llx", host,
             (unsigned long long) wismo_hash64(conf->state,
                                               strlen(conf->state), 0));

    run->http = fetch_http_create();

    if (run->http == NULL) {
        return WISMO_ERROR;
    }

    fetch_redis_init(&run->redis, conf);
    fetch_redis_init(&run->news, conf);
    run->news.quiet = true;

    if (fetch_lanes_init(&run->lanes, conf, &run->redis, run->http)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    fetch_inbox_init(&run->inbox, &run->lanes, consumer);
    fetch_teller_init(&run->teller, conf, &run->redis, run->http);
    fetch_clock_init(&run->clock, &run->redis);
    fetch_retention_init(&run->keeper, &run->redis);

    return WISMO_OK;
}


static void
fetch_run_done(fetch_run_t *run)
{
    if (run->http) {
        fetch_http_destroy(run->http);
    }

    /* while those are there who wait for what Redis says */

    if (run->lanes.lane) {
        fetch_poll_drop(&run->lanes);
    }

    fetch_redis_close(&run->redis);

    if (run->lanes.lane) {
        fetch_inbox_done(&run->inbox);
        fetch_attention_done(&run->lanes);
        fetch_lanes_done(&run->lanes);
    }

    fetch_redis_close(&run->news);
}


static void
fetch_run_loop(fetch_run_t *run)
{
    int       fds[FETCH_HTTP_FDS], timeout, wait;
    bool      inbox, news;
    int64_t   now;
    unsigned  n, ready, at_liveness, at_inbox, at_news;

    inbox = false;
    news = false;

    while (!run->stop) {

        timeout = FETCH_RUN_DOWN;

        if (fetch_redis_up(&run->redis) && fetch_run_known(run)) {

            now = fetch_redis_time(&run->redis);

            fetch_run_beat(run, now);
            fetch_run_news(run, news);
            fetch_inbox_turn(&run->inbox, inbox, now);
            fetch_attention_turn(&run->lanes);
            fetch_edd_turn(&run->redis, now);
            fetch_edd_days_turn(&run->redis, now);

            (void) fetch_clock(&run->clock);
            (void) fetch_poll(&run->lanes);
            (void) fetch_tell(&run->teller);
            fetch_retention_turn(&run->keeper, now);

            /* mostly the next claim takes along what was deferred */

            wait = fetch_redis_settle(&run->redis);

            timeout = fetch_run_timeout(run,
                                        fetch_redis_time(&run->redis));

            if (wait >= 0 && wait < timeout) {
                timeout = wait;
            }
        }

        if (run->redis.c == NULL || run->inbox.gone) {
            run->known = false;
            run->inbox.gone = false;
            timeout = FETCH_RUN_DOWN;
        }

        if (run->stop) {
            return;
        }

        n = 0;
        at_liveness = FETCH_HTTP_FDS;
        at_inbox = FETCH_HTTP_FDS;
        at_news = FETCH_HTTP_FDS;

        fds[n++] = fetch_signals_fd();

        if (run->liveness != -1) {
            at_liveness = n;
            fds[n++] = run->liveness;
        }

        if (run->known && fetch_inbox_fd(&run->inbox) != -1) {
            at_inbox = n;
            fds[n++] = fetch_inbox_fd(&run->inbox);
        }

        if (run->known && run->news.c) {
            at_news = n;
            fds[n++] = fetch_redis_fd(&run->news);
        }

        if (fetch_http_wait(run->http, fds, n, timeout, &ready) != WISMO_OK) {
            fetch_log(FETCH_ALERT, "waiting for carriers failed");
            run->status = FETCH_EXIT_FAILED;
            return;
        }

        inbox = (ready & (1u << at_inbox)) != 0;
        news = (ready & (1u << at_news)) != 0;

        if ((ready & 1)
            || ((ready & (1u << at_liveness))
                && fetch_run_orphaned(run->liveness)))
        {
            run->stop = true;
        }
    }
}


/* After each connect: is it still the Redis we think it is, and what does it
 * have for us? */

static bool
fetch_run_known(fetch_run_t *run)
{
    int  rc;

    if (run->known) {
        return true;
    }

    rc = fetch_meta(&run->redis, true);

    if (rc == WISMO_DECLINED) {
        fetch_log(FETCH_ERR, "redis is refused: %s", run->redis.error);
        run->status = FETCH_EXIT_FAILED;
        run->stop = true;
        return false;
    }

    if (rc != WISMO_OK
        || fetch_meta_writer(&run->redis) != WISMO_OK
        || fetch_run_scan(run, WISMO_BUCKETS) != WISMO_OK)
    {
        return false;
    }

    run->known = true;
    run->beat_at = 0;

    return true;
}


static void
fetch_run_beat(fetch_run_t *run, int64_t now)
{
    char          key[WISMO_KEY_MAX];
    wismo_str_t   id;
    wismo_pool_t  pool;
    fetch_args_t  args;

    if (now < run->beat_at && run->beat_at <= now + FETCH_RUN_BEAT) {
        return;
    }

    run->beat_at = now + FETCH_RUN_BEAT;

    if (++run->beats % FETCH_RUN_CLOCK == 0) {
        fetch_lanes_tell(&run->lanes, now);
        fetch_retention_tell(&run->keeper, now);

        if (fetch_redis_flush(&run->redis) != WISMO_OK
            || fetch_redis_clock(&run->redis) != WISMO_OK)
        {
            fetch_redis_lost(&run->redis, run->redis.error);
            return;
        }
    }

    wismo_pool_init(&pool, 16384, NULL, NULL);

    id = wismo_str_of(run->id);

    fetch_args_init(&args, &pool, 5);
    fetch_args_text(&args, "SET");
    fetch_args_add(&args, key, wismo_key_heartbeat(key, &id));
    fetch_args_number(&args, now / 1000);
    fetch_args_text(&args, "EX");
    fetch_args_number(&args, FETCH_RUN_BEAT_TTL);

    if (!args.failed) {
        (void) fetch_redis_defer(&run->redis, 5, args.argv);
    }

    fetch_args_init(&args, &pool, 3);
    fetch_args_text(&args, "SET");
    fetch_args_text(&args, WISMO_KEY_CANARY);
    fetch_args_number(&args, now);

    if (!args.failed) {
        (void) fetch_redis_defer(&run->redis, 3, args.argv);
    }

    wismo_pool_done(&pool);

    if (run->beats % FETCH_RUN_COUNT == 0) {
        fetch_counts_write(&run->lanes.counts, now);
    }

    /* dates set by somebody whose message got lost */

    (void) fetch_run_scan(run, FETCH_RUN_SCAN);
}


static void
fetch_run_news(fetch_run_t *run, bool readable)
{
    redisReply   *reply;
    wismo_str_t   argv[2];

    if (run->news.c == NULL) {

        if (!fetch_redis_up(&run->news)) {
            return;
        }

        wismo_str_set(&argv[0], "SUBSCRIBE");
        wismo_str_set(&argv[1], WISMO_CHANNEL_DUE);

        /* what was said meanwhile is found by looking */

        if (fetch_redis_append(&run->news, 2, argv) != WISMO_OK
            || fetch_redis_write(&run->news) != WISMO_OK
            || fetch_run_scan(run, WISMO_BUCKETS) != WISMO_OK)
        {
            return;
        }
    }

    if (!readable || fetch_redis_fill(&run->news) != WISMO_OK) {
        return;
    }

    while ((reply = fetch_redis_have(&run->news)) != NULL) {

        if (reply->type == REDIS_REPLY_ERROR) {
            fetch_redis_lost(&run->news, reply->str);

        } else if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 3
                   && reply->element[0]->type == REDIS_REPLY_STRING
                   && strcmp(reply->element[0]->str, "message") == 0
                   && reply->element[2]->type == REDIS_REPLY_STRING)
        {
            fetch_run_hear(run, reply->element[2]->str,
                           (size_t) reply->element[2]->len);
        }

        freeReplyObject(reply);
    }
}


/* "<bucket> <carrier> <ms>", as published by whoever sets a date. */

static void
fetch_run_hear(fetch_run_t *run, const char *text, size_t len)
{
    char          line[160], name[64];
    unsigned      bucket;
    long long     due;
    wismo_str_t   carrier;

    if (len >= sizeof(line)) {
        return;
    }

    memcpy(line, text, len);
    line[len] = '\0';

    if (sscanf(line, "%u %63s %lld", &bucket, name, &due) != 3) {
        return;
    }

    if (strcmp(name, WISMO_DUE_NOTICES) == 0) {
        fetch_schedule_note(&run->teller.schedule, bucket, due);
        return;
    }

    if (strcmp(name, WISMO_DUE_CLOCK) == 0) {
        fetch_schedule_note(&run->clock.schedule, bucket, due);
        return;
    }

    carrier = wismo_str_of(name);

    fetch_lanes_hear(&run->lanes, &carrier, bucket, due);
}


/* Looks for dates in the next "n" buckets of all schedules. */

static int
fetch_run_scan(fetch_run_t *run, unsigned n)
{
    if (fetch_teller_any(&run->teller)
        && fetch_schedule_scan(&run->teller.schedule, &run->redis, n)
           != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if (fetch_schedule_scan(&run->clock.schedule, &run->redis, n)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if (fetch_schedule_scan(&run->keeper.schedule, &run->redis, n)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    return fetch_lanes_scan(&run->lanes, n);
}


static int
fetch_run_timeout(fetch_run_t *run, int64_t now)
{
    int64_t  next, at;

    next = now + FETCH_RUN_WAIT;

    at = fetch_lanes_next(&run->lanes, now);
    next = (at < next) ? at : next;

    at = run->beat_at;
    next = (at < next) ? at : next;

    at = run->inbox.again_at;
    next = (at < next) ? at : next;

    at = fetch_tell_next_at(&run->teller);
    next = (at < next) ? at : next;

    at = fetch_clock_next_at(&run->clock);
    next = (at < next) ? at : next;

    at = fetch_retention_next_at(&run->keeper);
    next = (at < next) ? at : next;

    return (next > now) ? (int) (next - now) : 0;
}


/* What was asked is waited for, a little; the rest is put back. */

static void
fetch_run_drain(fetch_run_t *run)
{
    int64_t   now, end;
    unsigned  ready;

    now = fetch_redis_time(&run->redis);
    end = now + FETCH_RUN_DRAIN;

    while (fetch_http_active(run->http) && now < end && run->redis.c) {

        if (fetch_http_wait(run->http, NULL, 0, (int) (end - now), &ready)
            != WISMO_OK)
        {
            break;
        }

        (void) fetch_poll_again(&run->lanes);
        (void) fetch_redis_flush(&run->redis);

        now = fetch_redis_time(&run->redis);
    }

    run->lanes.ending = true;
    run->teller.ending = true;

    if (run->redis.c) {
        fetch_counts_write(&run->lanes.counts, now);
        fetch_lanes_tell(&run->lanes, now);
        fetch_retention_tell(&run->keeper, now);
    }

    fetch_log(FETCH_NOTICE, "ends");
}
