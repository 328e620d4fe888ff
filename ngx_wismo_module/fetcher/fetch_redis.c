
/*
 * Copyright (C) The Wismo authors
 *
 * One synchronous connection to Redis, with its life: connect, greet, lose,
 * wait, connect again.  The program may wait on Redis, nginx's workers never
 * do; that is why this is not their client.
 */


#include "fetch_redis_int.h"
#include "fetch_log.h"
#include "fetch_resp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>


#define FETCH_REDIS_PAUSE        50           /* ms, doubling */
#define FETCH_REDIS_PAUSE_MAX    2000
#define FETCH_REDIS_REFUSED      30000        /* ms, wrong password and such */
#define FETCH_REDIS_DEFER        5            /* ms */
#define FETCH_REDIS_DEFERRED     64           /* to begin with */
#define FETCH_REDIS_KEEP         (2 * 1024 * 1024)  /* of what is sent */


static uint64_t fetch_redis_now(void);
static redisReply *fetch_redis_next(fetch_redis_t *r);
static int fetch_redis_append_all(fetch_redis_t *r, const wismo_str_t *first,
    size_t nfirst, const wismo_str_t *argv, size_t n);
static bool fetch_redis_unusable(const redisReply *reply);
static void fetch_redis_deferred_done(fetch_redis_t *r,
    const redisReply *reply);
static bool fetch_redis_defer_room(fetch_redis_t *r);
static void fetch_redis_deferred(fetch_redis_t *r, fetch_redis_done_pt done,
    void *data);


/*
 * Errors that concern the server's state, not the one command: whoever asks
 * now gets nothing done, and asking again at once would not help.
 */

static const char  *const fetch_redis_states[] = {
    "LOADING", "READONLY", "MASTERDOWN", "NOREPLICAS", "CLUSTERDOWN",
    "MISCONF", "OOM", "BUSY ", "NOAUTH", "WRONGPASS", "NOPERM", "TRYAGAIN",
    NULL
};


static const char  *const fetch_redis_scripts[FETCH_SCRIPTS] = {
    wismo_script_commit,
    wismo_script_unchanged,
    wismo_script_claim,
    wismo_script_quota,
    wismo_script_pause,
    wismo_script_sooner,
    wismo_script_count,
    wismo_script_sample,
    wismo_script_model,
    wismo_script_told,
    wismo_script_reseal,
    wismo_script_winnow,
    wismo_script_reletter,
    wismo_script_resample,
    wismo_script_brake,
    wismo_script_incidents,
    wismo_script_reach,
    wismo_script_suppress,
    wismo_script_again,
    wismo_script_link
};


void
fetch_redis_init(fetch_redis_t *r, const fetch_config_t *conf)
{
    uint64_t  random;

    memset(r, 0, sizeof(fetch_redis_t));
    r->conf = conf;

    if (getrandom(&random, sizeof(random), 0) != sizeof(random)) {
        random = (uint64_t) getpid() << 32 ^ fetch_redis_now();
    }

    snprintf(r->writer, sizeof(r->writer), "%016llx",
             (unsigned long long) random);
}


static uint64_t
fetch_redis_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000 + (uint64_t) ts.tv_nsec / 1000000;
}


bool
fetch_redis_up(fetch_redis_t *r)
{
    bool  refused;

    if (r->c) {
        return true;
    }

    if (fetch_redis_now() < r->retry_at) {
        return false;
    }

    refused = false;
    /* it may be another server now, or the same one after a restart */

    memset(r->sha, 0, sizeof(r->sha));

    r->c = fetch_redis_connect(r);

    if (r->c == NULL || fetch_redis_greet(r, &refused) != WISMO_OK) {
        fetch_redis_lost(r, NULL);

        if (refused) {
            r->retry_at = fetch_redis_now() + FETCH_REDIS_REFUSED;
        }

        return false;
    }

    if (r->told && !r->quiet) {
        fetch_log(FETCH_NOTICE, "redis is back");
    }

    r->failures = 0;
    r->told = false;

    return true;
}


int64_t
fetch_redis_time(const fetch_redis_t *r)
{
    struct timespec  ts;

    clock_gettime(CLOCK_REALTIME, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000 + r->skew;
}


int
fetch_redis_fd(const fetch_redis_t *r)
{
    return r->c ? r->c->fd : -1;
}


void
fetch_redis_lost(fetch_redis_t *r, const char *why)
{
    uint64_t  pause;
    uint16_t  jitter;

    if (why) {
        snprintf(r->error, sizeof(r->error), "%.200s", why);
    }

    fetch_redis_close(r);

    pause = FETCH_REDIS_PAUSE << (r->failures < 6 ? r->failures : 6);

    if (pause > FETCH_REDIS_PAUSE_MAX) {
        pause = FETCH_REDIS_PAUSE_MAX;
    }

    if (getrandom(&jitter, sizeof(jitter), GRND_NONBLOCK) != sizeof(jitter)) {
        jitter = 0;
    }

    r->retry_at = fetch_redis_now() + pause / 2 + jitter % (pause / 2 + 1);
    r->failures++;

    if (!r->told) {
        r->told = true;

        if (!r->quiet) {
            fetch_log(FETCH_ERR, "redis is not usable: %s", r->error);
        }
    }
}


void
fetch_redis_close(fetch_redis_t *r)
{
    if (r->c) {
        redisFree(r->c);
        r->c = NULL;
    }

    free(r->out);

    r->out = NULL;
    r->size = 0;
    r->filled = 0;
    r->sent = 0;
    r->pending = 0;

    while (r->deferred) {
        fetch_redis_deferred_done(r, NULL);
    }

    free(r->defer);

    r->defer = NULL;
    r->room = 0;
}


/* As hiredis would, but made in place, in a buffer that is kept. */

int
fetch_redis_append(fetch_redis_t *r, int argc, const wismo_str_t *argv)
{
    return fetch_redis_append_all(r, NULL, 0, argv, (size_t) argc);
}


static int
fetch_redis_append_all(fetch_redis_t *r, const wismo_str_t *first,
    size_t nfirst, const wismo_str_t *argv, size_t n)
{
    char    *p;
    size_t   size;

    if (r->c == NULL || nfirst + n < 1) {
        return WISMO_ERROR;
    }

    size = r->filled + fetch_resp_size(first, nfirst)
           + fetch_resp_size(argv, n);

    if (size > r->size) {
        size += size / 2;
        p = realloc(r->out, size);

        if (p == NULL) {
            fetch_redis_lost(r, "there is no memory");
            return WISMO_ERROR;
        }

        r->out = p;
        r->size = size;
    }

    p = fetch_resp_begin(r->out + r->filled, nfirst + n);
    p = fetch_resp_args(p, first, nfirst);
    p = fetch_resp_args(p, argv, n);

    r->filled = (size_t) (p - r->out);
    r->pending++;

    return WISMO_OK;
}


redisReply *
fetch_redis_reply(fetch_redis_t *r)
{
    if (fetch_redis_flush(r) != WISMO_OK) {
        return NULL;
    }

    return fetch_redis_next(r);
}


static redisReply *
fetch_redis_next(fetch_redis_t *r)
{
    redisReply  *reply;

    if (r->c == NULL) {
        return NULL;
    }

    reply = NULL;

    if (redisReaderGetReply(r->c->reader, (void **) &reply) != REDIS_OK) {
        fetch_redis_lost(r, r->c->reader->errstr);
        return NULL;
    }

    if (reply == NULL) {

        if (fetch_redis_write(r) != WISMO_OK) {
            return NULL;
        }

        if (redisGetReply(r->c, (void **) &reply) != REDIS_OK
            || reply == NULL)
        {
            fetch_redis_lost(r, r->c->errstr);
            return NULL;
        }
    }

    r->pending--;

    if (fetch_redis_unusable(reply)) {
        fetch_redis_lost(r, reply->str);
        freeReplyObject(reply);
        return NULL;
    }

    return reply;
}


static bool
fetch_redis_unusable(const redisReply *reply)
{
    const char  *const *state;

    if (reply->type != REDIS_REPLY_ERROR) {
        return false;
    }

    for (state = fetch_redis_states; *state; state++) {
        if (strncmp(reply->str, *state, strlen(*state)) == 0) {
            return true;
        }
    }

    return false;
}


int
fetch_redis_flush(fetch_redis_t *r)
{
    redisReply  *reply;

    while (r->deferred) {
        reply = fetch_redis_next(r);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        /* after a restart of the server: the next call loads them again */

        if (fetch_redis_noscript(reply)) {
            memset(r->sha, 0, sizeof(r->sha));

        } else if (reply->type == REDIS_REPLY_ERROR
                   && r->defer[r->first].done == NULL)
        {
            fetch_log(FETCH_ERR, "redis refused a command: %s", reply->str);
        }

        fetch_redis_deferred_done(r, reply);
        freeReplyObject(reply);
    }

    return r->c ? WISMO_OK : WISMO_ERROR;
}


static void
fetch_redis_deferred_done(fetch_redis_t *r, const redisReply *reply)
{
    fetch_redis_defer_t  defer;

    defer = r->defer[r->first];

    r->first = (r->first + 1) % r->room;
    r->deferred--;

    if (defer.done) {
        defer.done(defer.data, reply);
    }
}


int
fetch_redis_settle(fetch_redis_t *r)
{
    uint64_t  waited;

    if (r->deferred == 0) {
        return -1;
    }

    waited = fetch_redis_now() - r->deferred_at;

    if (waited < FETCH_REDIS_DEFER) {
        return (int) (FETCH_REDIS_DEFER - waited);
    }

    (void) fetch_redis_flush(r);

    return -1;
}


/* Room for one more; it is taken when its command is appended. */

static bool
fetch_redis_defer_room(fetch_redis_t *r)
{
    unsigned              i, room;
    fetch_redis_defer_t  *defer;

    if (r->deferred < r->room) {
        return true;
    }

    room = r->room ? 2 * r->room : FETCH_REDIS_DEFERRED;
    defer = malloc(room * sizeof(fetch_redis_defer_t));

    if (defer == NULL) {
        fetch_redis_lost(r, "there is no memory");
        return false;
    }

    for (i = 0; i < r->deferred; i++) {
        defer[i] = r->defer[(r->first + i) % r->room];
    }

    free(r->defer);

    r->defer = defer;
    r->first = 0;
    r->room = room;

    return true;
}


static void
fetch_redis_deferred(fetch_redis_t *r, fetch_redis_done_pt done, void *data)
{
    fetch_redis_defer_t  *defer;

    if (r->deferred == 0) {
        r->deferred_at = fetch_redis_now();
    }

    defer = &r->defer[(r->first + r->deferred) % r->room];
    defer->done = done;
    defer->data = data;

    r->deferred++;
}


int
fetch_redis_write(fetch_redis_t *r)
{
    ssize_t  n;

    if (r->c == NULL) {
        return WISMO_ERROR;
    }

    while (r->sent < r->filled) {
        n = send(r->c->fd, r->out + r->sent, r->filled - r->sent,
                 MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR) {
            continue;
        }

        if (n < 0) {
            fetch_redis_lost(r, strerror(errno));
            return WISMO_ERROR;
        }

        r->sent += (size_t) n;
    }

    r->sent = 0;
    r->filled = 0;

    if (r->size > FETCH_REDIS_KEEP) {
        free(r->out);

        r->out = NULL;
        r->size = 0;
    }

    return WISMO_OK;
}


int
fetch_redis_fill(fetch_redis_t *r)
{
    if (r->c == NULL) {
        return WISMO_ERROR;
    }

    if (redisBufferRead(r->c) != REDIS_OK) {
        fetch_redis_lost(r, r->c->errstr);
        return WISMO_ERROR;
    }

    return WISMO_OK;
}


redisReply *
fetch_redis_have(fetch_redis_t *r)
{
    redisReply  *reply;

    if (r->c == NULL) {
        return NULL;
    }

    reply = NULL;

    if (redisReaderGetReply(r->c->reader, (void **) &reply) != REDIS_OK) {
        fetch_redis_lost(r, r->c->reader->errstr);
        return NULL;
    }

    if (reply && r->pending) {
        r->pending--;
    }

    return reply;
}


int
fetch_redis_defer(fetch_redis_t *r, int argc, const wismo_str_t *argv)
{
    if (!fetch_redis_defer_room(r)
        || fetch_redis_append(r, argc, argv) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    fetch_redis_deferred(r, NULL, NULL);

    return WISMO_OK;
}


int
fetch_redis_defer_script(fetch_redis_t *r, fetch_script_e script, int nkeys,
    int argc, const wismo_str_t *argv)
{
    return fetch_redis_defer_call(r, script, nkeys, argc, argv, NULL, NULL);
}


int
fetch_redis_defer_call(fetch_redis_t *r, fetch_script_e script, int nkeys,
    int argc, const wismo_str_t *argv, fetch_redis_done_pt done, void *data)
{
    if (!fetch_redis_defer_room(r)
        || fetch_redis_append_script(r, script, nkeys, argc, argv)
           != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    fetch_redis_deferred(r, done, data);

    return WISMO_OK;
}


redisReply *
fetch_redis_call(fetch_redis_t *r, int argc, const wismo_str_t *argv)
{
    if (fetch_redis_append(r, argc, argv) != WISMO_OK) {
        return NULL;
    }

    return fetch_redis_reply(r);
}


int
fetch_redis_taken(fetch_redis_t *r, redisReply *reply)
{
    int  rc;

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    rc = WISMO_OK;

    if (reply->type == REDIS_REPLY_ERROR) {
        snprintf(r->error, sizeof(r->error), "%.200s", reply->str);
        rc = WISMO_ERROR;
    }

    freeReplyObject(reply);

    return rc;
}


int
fetch_redis_field(fetch_redis_t *r, wismo_pool_t *pool, const char *key,
    size_t len, const char *field, wismo_str_t *value)
{
    redisReply   *reply;
    wismo_str_t   argv[3];

    wismo_str_null(value);

    wismo_str_set(&argv[0], "HGET");
    argv[1].data = (unsigned char *) key;
    argv[1].len = len;
    argv[2] = wismo_str_of(field);

    reply = fetch_redis_call(r, 3, argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    if (reply->type != REDIS_REPLY_STRING) {
        freeReplyObject(reply);
        return WISMO_OK;
    }

    value->data = wismo_palloc(pool, (size_t) reply->len + 1);

    if (value->data) {
        memcpy(value->data, reply->str, (size_t) reply->len + 1);
        value->len = (size_t) reply->len;
    }

    freeReplyObject(reply);

    return value->data ? WISMO_OK : WISMO_ERROR;
}


int
fetch_redis_load(fetch_redis_t *r, fetch_script_e script)
{
    redisReply   *reply;
    wismo_str_t   argv[3];

    wismo_str_set(&argv[0], "SCRIPT");
    wismo_str_set(&argv[1], "LOAD");
    argv[2] = wismo_str_of(fetch_redis_scripts[script]);

    reply = fetch_redis_call(r, 3, argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    if (reply->type != REDIS_REPLY_STRING || reply->len != 40) {
        fetch_redis_lost(r, (reply->type == REDIS_REPLY_ERROR)
                            ? reply->str : "SCRIPT LOAD gave no hash");
        freeReplyObject(reply);
        return WISMO_ERROR;
    }

    memcpy(r->sha[script], reply->str, 41);
    freeReplyObject(reply);

    return WISMO_OK;
}


/* Before the first call of a script no reply may be pending. */

int
fetch_redis_append_script(fetch_redis_t *r, fetch_script_e script, int nkeys,
    int argc, const wismo_str_t *argv)
{
    char          keys[16];
    wismo_str_t   first[3];

    if (r->sha[script][0] == '\0'
        && (r->pending > r->deferred
            || fetch_redis_load(r, script) != WISMO_OK))
    {
        return WISMO_ERROR;
    }

    wismo_str_set(&first[0], "EVALSHA");
    first[1].data = (unsigned char *) r->sha[script];
    first[1].len = 40;
    first[2].data = (unsigned char *) keys;
    first[2].len = (size_t) snprintf(keys, sizeof(keys), "%d", nkeys);

    return fetch_redis_append_all(r, first, 3, argv, (size_t) argc);
}


bool
fetch_redis_noscript(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ERROR
           && strncmp(reply->str, "NOSCRIPT", 8) == 0;
}


redisReply *
fetch_redis_script(fetch_redis_t *r, fetch_script_e script, int nkeys,
    int argc, const wismo_str_t *argv)
{
    int          tries;
    redisReply  *reply;

    for (tries = 0; tries < 2; tries++) {

        if (fetch_redis_append_script(r, script, nkeys, argc, argv)
            != WISMO_OK)
        {
            return NULL;
        }

        reply = fetch_redis_reply(r);

        if (reply == NULL || !fetch_redis_noscript(reply)) {
            return reply;
        }

        /* a restart or a failover has emptied the server's script cache */

        freeReplyObject(reply);

        if (fetch_redis_load(r, script) != WISMO_OK) {
            return NULL;
        }
    }

    fetch_redis_lost(r, "the server forgets its scripts at once");

    return NULL;
}
