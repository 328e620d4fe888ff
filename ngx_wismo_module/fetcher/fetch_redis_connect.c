
/*
 * Copyright (C) The Wismo authors
 *
 * The first words to a Redis: who we are, which database, what time it is.
 * Called by fetch_redis.c alone, which knows when it is time to try again.
 * The password must never get into a message.
 */


#include "fetch_redis_int.h"
#include "fetch_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>


#define FETCH_REDIS_CONNECT  2                /* seconds */
#define FETCH_REDIS_TIMEOUT  2


static int fetch_redis_simple(fetch_redis_t *r, int argc, const char **argv);


redisContext *
fetch_redis_connect(fetch_redis_t *r)
{
    int              port;
    char             host[256];
    size_t           len;
    const char      *url, *p;
    redisContext    *c;
    struct timeval   connect = { FETCH_REDIS_CONNECT, 0 };
    struct timeval   timeout = { FETCH_REDIS_TIMEOUT, 0 };

    url = r->conf->redis_url;

    if (strncmp(url, "unix:", 5) == 0) {
        c = redisConnectUnixWithTimeout(url + 5, connect);

    } else if (strncmp(url, "redis://", 8) == 0) {
        p = strchr(url + 8, '@');
        p = p ? p + 1 : url + 8;

        if (*p == '[') {
            p++;
            len = strcspn(p, "]");
            port = (p[len] == ']' && p[len + 1] == ':')
                   ? atoi(p + len + 2) : 6379;

        } else {
            len = strcspn(p, ":/");
            port = (p[len] == ':') ? atoi(p + len + 1) : 6379;
        }

        if (len == 0 || len >= sizeof(host) || port < 1 || port > 65535) {
            snprintf(r->error, sizeof(r->error),
                     "invalid URL \"%.128s\": expected redis://host:port",
                     url);
            return NULL;
        }

        memcpy(host, p, len);
        host[len] = '\0';

        c = redisConnectWithTimeout(host, port, connect);

    } else {
        snprintf(r->error, sizeof(r->error),
                 "the program itself speaks no TLS: expected unix:/path or "
                 "redis://host:port, for instance of a local stunnel");
        return NULL;
    }

    if (c == NULL) {
        snprintf(r->error, sizeof(r->error), "there is no memory");
        return NULL;
    }

    if (c->err) {
        snprintf(r->error, sizeof(r->error), "%.200s", c->errstr);
        redisFree(c);
        return NULL;
    }

    redisSetTimeout(c, timeout);

    if (url[0] == 'r') {
        redisEnableKeepAlive(c);
    }

    return c;
}


int
fetch_redis_greet(fetch_redis_t *r, bool *refused)
{
    int            rc;
    char           db[16], user[128];
    size_t         len;
    wismo_str_t    password;
    wismo_pool_t   pool;
    wismo_error_t  err;
    const char     *argv[3], *p, *url;

    url = r->conf->redis_url;
    rc = WISMO_OK;

    /* the user may stand in the URL, the password never does */

    snprintf(user, sizeof(user), "%s", r->conf->redis_user);

    if (*user == '\0' && strncmp(url, "redis://", 8) == 0) {
        p = strchr(url + 8, '@');
        len = p ? (size_t) (p - url - 8) : 0;

        if (len && len < sizeof(user)) {
            memcpy(user, url + 8, len);
            user[len] = '\0';
        }
    }

    if (*r->conf->redis_password_file) {
        wismo_pool_init(&pool, 65536, NULL, NULL);

        rc = fetch_read_file(&pool, r->conf->redis_password_file, 4096,
                             &password, &err);

        if (rc == WISMO_OK) {
            password.data[strcspn((char *) password.data, "\r\n")] = '\0';

            argv[0] = "AUTH";
            argv[1] = *user ? user : (char *) password.data;
            argv[2] = (char *) password.data;

            rc = fetch_redis_simple(r, *user ? 3 : 2, argv);
            explicit_bzero(password.data, password.len);

        } else {
            snprintf(r->error, sizeof(r->error), "%.200s", err.text);
        }

        wismo_pool_done(&pool);
    }

    if (rc == WISMO_OK && r->conf->redis_db) {
        snprintf(db, sizeof(db), "%d", r->conf->redis_db);
        argv[0] = "SELECT";
        argv[1] = db;
        rc = fetch_redis_simple(r, 2, argv);
    }

    if (rc == WISMO_OK) {
        argv[0] = "PING";
        rc = fetch_redis_simple(r, 1, argv);
    }

    if (rc == WISMO_OK) {
        rc = fetch_redis_clock(r);
    }

    *refused = (rc == WISMO_DECLINED);

    return rc;
}


int
fetch_redis_clock(fetch_redis_t *r)
{
    int64_t           now, theirs;
    redisReply       *reply;
    struct timespec   ts;

    reply = redisCommand(r->c, "TIME");

    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY
        || reply->elements != 2
        || reply->element[0]->type != REDIS_REPLY_STRING
        || reply->element[1]->type != REDIS_REPLY_STRING)
    {
        snprintf(r->error, sizeof(r->error), "TIME was answered with "
                 "\"%.200s\"", (reply && reply->type == REDIS_REPLY_ERROR)
                               ? reply->str : r->c->errstr);

        if (reply) {
            freeReplyObject(reply);
            return WISMO_DECLINED;
        }

        return WISMO_ERROR;
    }

    clock_gettime(CLOCK_REALTIME, &ts);

    now = (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
    theirs = strtoll(reply->element[0]->str, NULL, 10) * 1000
             + strtoll(reply->element[1]->str, NULL, 10) / 1000;

    r->skew = theirs - now;

    freeReplyObject(reply);

    return WISMO_OK;
}


/* WISMO_DECLINED: Redis answered, and does not want us. */

static int
fetch_redis_simple(fetch_redis_t *r, int argc, const char **argv)
{
    int          rc;
    redisReply  *reply;

    reply = redisCommandArgv(r->c, argc, argv, NULL);

    if (reply == NULL) {
        snprintf(r->error, sizeof(r->error), "%.200s", r->c->errstr);
        return WISMO_ERROR;
    }

    rc = WISMO_OK;

    if (reply->type == REDIS_REPLY_ERROR) {
        snprintf(r->error, sizeof(r->error), "%s was answered with \"%.200s\"",
                 argv[0], reply->str);
        rc = (strncmp(reply->str, "LOADING", 7) == 0) ? WISMO_ERROR
                                                      : WISMO_DECLINED;
    }

    freeReplyObject(reply);

    return rc;
}
