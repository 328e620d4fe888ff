
/*
 * Copyright (C) The Wismo authors
 *
 * The program's connection to Redis: synchronous and pipelined.  Knows how to
 * connect, to greet and to give up; which keys there are is wismo_schema.h's
 * matter, what is written the callers'.
 */


#ifndef _FETCH_REDIS_H_INCLUDED_
#define _FETCH_REDIS_H_INCLUDED_


#include "fetch_config.h"
#include "wismo_schema.h"

#include <hiredis/hiredis.h>


typedef enum {
    FETCH_SCRIPT_COMMIT = 0,
    FETCH_SCRIPT_UNCHANGED,
    FETCH_SCRIPT_CLAIM,
    FETCH_SCRIPT_QUOTA,
    FETCH_SCRIPT_PAUSE,
    FETCH_SCRIPT_SOONER,
    FETCH_SCRIPT_COUNT,
    FETCH_SCRIPT_SAMPLE,
    FETCH_SCRIPT_MODEL,
    FETCH_SCRIPT_TOLD,
    FETCH_SCRIPT_RESEAL,
    FETCH_SCRIPT_WINNOW,
    FETCH_SCRIPT_RELETTER,
    FETCH_SCRIPT_RESAMPLE,
    FETCH_SCRIPT_BRAKE,
    FETCH_SCRIPT_INCIDENTS,
    FETCH_SCRIPT_REACH,
    FETCH_SCRIPT_SUPPRESS,
    FETCH_SCRIPT_AGAIN,
    FETCH_SCRIPT_LINK,
    FETCH_SCRIPTS
} fetch_script_e;


/* Called with the reply, or with NULL when the connection was lost. */
typedef void (*fetch_redis_done_pt)(void *data, const redisReply *reply);


typedef struct {
    fetch_redis_done_pt       done;           /* or NULL: dropped */
    void                     *data;
} fetch_redis_defer_t;


typedef struct {
    redisContext             *c;              /* NULL: not connected */
    const fetch_config_t     *conf;
    uint64_t                  retry_at;       /* ms, monotonic */
    unsigned                  failures;       /* in a row */
    bool                      told;           /* that it is down */
    bool                      quiet;          /* another one tells */
    unsigned                  pending;        /* replies to come */
    unsigned                  deferred;       /* of them, the first ones that
                                                 nobody waits for */
    fetch_redis_defer_t      *defer;          /* a ring of them */
    unsigned                  first;
    unsigned                  room;
    uint64_t                  deferred_at;    /* ms, monotonic: the first */
    int64_t                   skew;           /* ms, Redis's clock to ours */
    char                     *out;            /* commands to be sent */
    size_t                    size;
    size_t                    filled;
    size_t                    sent;
    char                      sha[FETCH_SCRIPTS][41];
    char                      writer[17];     /* names what it stages */
    char                      error[256];     /* why it is down */
} fetch_redis_t;


void fetch_redis_init(fetch_redis_t *r, const fetch_config_t *conf);

/* Connected and greeted; tries to if the pause after a failure is over.
 * r->error says why not.  Logs each change of state once. */
bool fetch_redis_up(fetch_redis_t *r);

/* The socket to poll, or -1. */
int fetch_redis_fd(const fetch_redis_t *r);

/* Drops the connection, with a pause before the next attempt. */
void fetch_redis_lost(fetch_redis_t *r, const char *why);
void fetch_redis_close(fetch_redis_t *r);


/*
 * One command and its reply, which the caller frees; NULL when the connection
 * is lost or Redis can't serve now (LOADING, READONLY, OOM, ...): then
 * r->error tells why.  An error that concerns the command alone is returned.
 */
redisReply *fetch_redis_call(fetch_redis_t *r, int argc,
    const wismo_str_t *argv);

/* What a reply of type STRING says, as long as it is there. */
static inline wismo_str_t
fetch_redis_str(const redisReply *reply)
{
    wismo_str_t  s;

    s.len = (size_t) reply->len;
    s.data = (unsigned char *) reply->str;

    return s;
}

/* Frees a reply of which only counts that it is no error; WISMO_ERROR if it is
 * one, which r->error tells, or NULL. */
int fetch_redis_taken(fetch_redis_t *r, redisReply *reply);

/*
 * A field of a hash, copied into the pool with a NUL behind it; empty, without
 * a NUL, if there is none.  WISMO_ERROR: as NULL above, or memory.
 */
int fetch_redis_field(fetch_redis_t *r, wismo_pool_t *pool, const char *key,
    size_t len, const char *field, wismo_str_t *value);

/* Pipelining: as many appends, as many replies. */
int fetch_redis_append(fetch_redis_t *r, int argc, const wismo_str_t *argv);
redisReply *fetch_redis_reply(fetch_redis_t *r);

/* A script by its hash; if the server has forgotten it, it is loaded and
 * called again.  "argv" holds the keys, then the arguments. */
redisReply *fetch_redis_script(fetch_redis_t *r, fetch_script_e script,
    int nkeys, int argc, const wismo_str_t *argv);
int fetch_redis_append_script(fetch_redis_t *r, fetch_script_e script,
    int nkeys, int argc, const wismo_str_t *argv);
bool fetch_redis_noscript(const redisReply *reply);
int fetch_redis_load(fetch_redis_t *r, fetch_script_e script);

/*
 * Deferred: the command is sent with the next one that is waited for, or by
 * fetch_redis_flush().  Its reply goes to a function, which must not use the
 * connection, or nowhere.  Only when none is pending.
 */
int fetch_redis_defer(fetch_redis_t *r, int argc, const wismo_str_t *argv);
int fetch_redis_defer_script(fetch_redis_t *r, fetch_script_e script,
    int nkeys, int argc, const wismo_str_t *argv);
int fetch_redis_defer_call(fetch_redis_t *r, fetch_script_e script,
    int nkeys, int argc, const wismo_str_t *argv, fetch_redis_done_pt done,
    void *data);
int fetch_redis_flush(fetch_redis_t *r);

/* The same if the first of them has waited for long enough; ms until it will
 * have, or -1 if there is none. */
int fetch_redis_settle(fetch_redis_t *r);

/*
 * For a connection that is polled: sends what was appended; reads what has
 * come, once it is readable; the next whole reply, or NULL.
 */
int fetch_redis_write(fetch_redis_t *r);
int fetch_redis_fill(fetch_redis_t *r);
redisReply *fetch_redis_have(fetch_redis_t *r);

/* Redis's clock in ms, by what it was when last asked; all dates are in it,
 * so that hosts need not agree on the time.  fetch_redis_clock() asks, as
 * connecting does; no reply may be pending. */
int64_t fetch_redis_time(const fetch_redis_t *r);
int fetch_redis_clock(fetch_redis_t *r);


#endif /* _FETCH_REDIS_H_INCLUDED_ */
