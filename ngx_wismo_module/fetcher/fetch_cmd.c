
/*
 * Copyright (C) The Wismo authors
 *
 * What calls of the program have in common: the configuration and Redis, from
 * the arguments to the exit status, and how a time is written.  Called by
 * fetch_cmd_*.c.  Knows nothing of what a call does.
 */


#include "fetch_cmd.h"
#include "wismo_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>


int
fetch_cmd_run(const char *before, int (*run)(int argc, char **argv), int argc,
    char **argv)
{
    char  name[64];

    snprintf(name, sizeof(name), "%s %s", before, argv[0]);
    argv[0] = name;

    return run(argc, argv);
}


const char *
fetch_cmd_word(const char *name)
{
    const char  *p;

    p = strrchr(name, ' ');

    return p ? p + 1 : name;
}


int
fetch_cmd_open(const char *file, fetch_config_t *conf, fetch_redis_t *redis)
{
    wismo_error_t  err;

    memset(&err, 0, sizeof(wismo_error_t));

    if (fetch_config_open(conf, file, &err) != WISMO_OK) {
        fprintf(stderr, "wismo: %s:%s %s\n", conf->file, err.at, err.text);

        if (access(conf->file, F_OK) == -1) {
            fputs("wismo: nginx writes it when it starts with "
                  "\"wismo_fetcher\"; --config or WISMO_CONFIG names it "
                  "where it is elsewhere\n", stderr);
        }

        return FETCH_EXIT_FAILED;
    }

    fetch_redis_init(redis, conf);

    return FETCH_EXIT_OK;
}


int
fetch_cmd_close(fetch_config_t *conf, fetch_redis_t *redis, int rc)
{
    if (rc == WISMO_ERROR) {
        fprintf(stderr, "wismo: redis: %s\n", redis->error);
        rc = FETCH_EXIT_FAILED;
    }

    fetch_redis_close(redis);
    fetch_config_done(conf);

    return rc;
}


bool
fetch_cmd_since(const char *text, int64_t *t)
{
    char          *end;
    long           n;
    wismo_str_t    s;
    wismo_when_t   when;

    s = wismo_str_of(text);

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
