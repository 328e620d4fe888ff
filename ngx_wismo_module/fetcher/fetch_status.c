
/*
 * Copyright (C) The Wismo authors
 *
 * Reads what "wismo carrier status" shows.  Changes nothing; what others have
 * put there is taken only as far as it can be understood.
 */


#include "fetch_status.h"
#include "fetch_args.h"
#include "fetch_envelope.h"

#include <stdio.h>
#include <stdlib.h>


#define FETCH_STATUS_POOL    (64 * 1024 * 1024)
#define FETCH_STATUS_HOUR    3600000
#define FETCH_STATUS_CODES   256


static int fetch_status_schedule(fetch_status_from_t *s, fetch_status_t *c);
static int fetch_status_append(fetch_status_from_t *s,
    const fetch_args_t *args);
static void fetch_status_scheduled(fetch_status_t *c, const redisReply *reply,
    unsigned what);
static int fetch_status_counts(fetch_status_from_t *s, fetch_status_t *c);
static int fetch_status_codes(fetch_status_from_t *s, fetch_status_t *c);
static int fetch_status_samples(fetch_status_from_t *s, fetch_status_t *c);
static bool fetch_status_sample(fetch_status_from_t *s,
    const wismo_str_t *carrier, const redisReply *reply,
    fetch_status_sample_t *sample);
static int fetch_status_compare(const void *one, const void *two);


int
fetch_status_read(fetch_status_from_t *s, fetch_status_t *c)
{
    if (fetch_status_schedule(s, c) != WISMO_OK
        || fetch_status_counts(s, c) != WISMO_OK
        || fetch_status_codes(s, c) != WISMO_OK
        || fetch_status_samples(s, c) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    return fetch_quota_look(&c->quota, s->redis, &c->state) == WISMO_ERROR
           ? WISMO_ERROR : WISMO_OK;
}


int
fetch_status_dates(fetch_status_from_t *s, fetch_status_t *c)
{
    return (fetch_status_schedule(s, c) == WISMO_OK
            && fetch_status_counts(s, c) == WISMO_OK)
           ? WISMO_OK : WISMO_ERROR;
}


/* How many there are, how many of them are due, and the one that waits the
 * longest: those that were pulled to the front have no date. */

static int
fetch_status_schedule(fetch_status_from_t *s, fetch_status_t *c)
{
    int            rc;
    unsigned       i, k;
    redisReply    *reply;
    fetch_args_t   args;
    wismo_pool_t   pool;

    wismo_pool_init(&pool, FETCH_STATUS_POOL, NULL, NULL);
    rc = WISMO_OK;

    for (i = 0; i < WISMO_BUCKETS && rc == WISMO_OK; i++) {

        fetch_args_init(&args, &pool, 2);
        fetch_args_text(&args, "ZCARD");
        fetch_args_due(&args, i, &c->carrier->name);
        rc = fetch_status_append(s, &args);

        fetch_args_init(&args, &pool, 4);
        fetch_args_text(&args, "ZCOUNT");
        fetch_args_due(&args, i, &c->carrier->name);
        fetch_args_text(&args, "-inf");
        fetch_args_number(&args, s->now);
        rc = (rc == WISMO_OK) ? fetch_status_append(s, &args) : rc;

        fetch_args_init(&args, &pool, 8);
        fetch_args_text(&args, "ZRANGEBYSCORE");
        fetch_args_due(&args, i, &c->carrier->name);
        fetch_args_text(&args, "(1");
        fetch_args_text(&args, "+inf");
        fetch_args_text(&args, "WITHSCORES");
        fetch_args_text(&args, "LIMIT");
        fetch_args_text(&args, "0");
        fetch_args_text(&args, "1");
        rc = (rc == WISMO_OK) ? fetch_status_append(s, &args) : rc;
    }

    for (i = 0; i < WISMO_BUCKETS && rc == WISMO_OK; i++) {
        for (k = 0; k < 3; k++) {

            reply = fetch_redis_reply(s->redis);

            if (reply == NULL) {
                rc = WISMO_ERROR;
                break;
            }

            fetch_status_scheduled(c, reply, k);
            freeReplyObject(reply);
        }
    }

    wismo_pool_done(&pool);

    return rc;
}


static int
fetch_status_append(fetch_status_from_t *s, const fetch_args_t *args)
{
    if (args->failed) {
        fetch_redis_lost(s->redis, "there is no memory");
        return WISMO_ERROR;
    }

    return fetch_redis_append(s->redis, (int) args->n, args->argv);
}


static void
fetch_status_scheduled(fetch_status_t *c, const redisReply *reply,
    unsigned what)
{
    double  score;

    if (reply->type == REDIS_REPLY_INTEGER && what == 0) {
        c->scheduled += (uint64_t) reply->integer;

    } else if (reply->type == REDIS_REPLY_INTEGER && what == 1) {
        c->due += (uint64_t) reply->integer;

    } else if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2
               && reply->element[1]->type == REDIS_REPLY_STRING)
    {
        score = strtod(reply->element[1]->str, NULL);

        if (score < (double) c->oldest) {
            c->oldest = (int64_t) score;
        }
    }
}


static int
fetch_status_counts(fetch_status_from_t *s, fetch_status_t *c)
{
    char           key[WISMO_KEY_MAX];
    long           i;
    size_t         k;
    unsigned       f;
    redisReply    *reply;
    fetch_args_t   args;

    for (i = 0; i < s->hours; i++) {

        fetch_args_init(&args, s->pool, 2);
        fetch_args_text(&args, "HGETALL");
        fetch_args_add(&args, key,
                       wismo_key_counts(key, &c->carrier->name,
                                        s->now / FETCH_STATUS_HOUR - i));

        if (fetch_status_append(s, &args) != WISMO_OK) {
            return WISMO_ERROR;
        }
    }

    for (i = 0; i < s->hours; i++) {

        reply = fetch_redis_reply(s->redis);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        for (k = 0; reply->type == REDIS_REPLY_ARRAY
                    && k + 1 < reply->elements; k += 2)
        {
            for (f = 0; f < FETCH_COUNTS; f++) {
                if (strcmp(reply->element[k]->str, fetch_count_name(f)) == 0) {
                    c->n[f] += strtoull(reply->element[k + 1]->str, NULL, 10);
                }
            }
        }

        freeReplyObject(reply);
    }

    return WISMO_OK;
}


static int
fetch_status_codes(fetch_status_from_t *s, fetch_status_t *c)
{
    int                   rc;
    char                  key[WISMO_KEY_MAX];
    size_t                k;
    long long             seen;
    redisReply           *reply;
    wismo_str_t           text;
    fetch_args_t          args;
    unsigned long         n;
    fetch_status_code_t  *code;

    fetch_args_init(&args, s->pool, 2);
    fetch_args_text(&args, "HGETALL");
    fetch_args_add(&args, key, wismo_key_unmapped(key, &c->carrier->name));

    reply = fetch_redis_call(s->redis, 2, args.argv);
    c->codes = wismo_pcalloc(s->pool, FETCH_STATUS_CODES
                                      * sizeof(fetch_status_code_t));

    if (reply == NULL || c->codes == NULL) {
        return WISMO_ERROR;
    }

    rc = WISMO_OK;

    for (k = 0; reply->type == REDIS_REPLY_ARRAY && k + 1 < reply->elements
                && c->ncodes < FETCH_STATUS_CODES; k += 2)
    {
        if (sscanf(reply->element[k + 1]->str, "%lu %lld", &n, &seen) != 2) {
            continue;
        }

        code = &c->codes[c->ncodes++];
        code->n = n;
        code->seen = seen;

        text = fetch_redis_str(reply->element[k]);

        if (wismo_pstrdup(s->pool, &code->text, &text) != WISMO_OK) {
            rc = WISMO_ERROR;
            break;
        }
    }

    freeReplyObject(reply);

    qsort(c->codes, c->ncodes, sizeof(fetch_status_code_t),
          fetch_status_compare);

    return rc;
}


static int
fetch_status_compare(const void *one, const void *two)
{
    const fetch_status_code_t  *a, *b;

    a = one;
    b = two;

    return (a->n < b->n) - (a->n > b->n);
}


static int
fetch_status_samples(fetch_status_from_t *s, fetch_status_t *c)
{
    char           key[WISMO_KEY_MAX];
    size_t         k;
    redisReply    *reply;
    fetch_args_t   args;

    fetch_args_init(&args, s->pool, 4);
    fetch_args_text(&args, "LRANGE");
    fetch_args_add(&args, key, wismo_key_rejects(key, &c->carrier->name));
    fetch_args_text(&args, "0");
    fetch_args_number(&args, FETCH_SAMPLES - 1);

    reply = fetch_redis_call(s->redis, 4, args.argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    for (k = 0; reply->type == REDIS_REPLY_ARRAY && k < reply->elements
                && c->nsamples < FETCH_SAMPLES; k++)
    {
        if (fetch_status_sample(s, &c->carrier->name, reply->element[k],
                                &c->samples[c->nsamples]))
        {
            c->nsamples++;
        }
    }

    freeReplyObject(reply);

    return WISMO_OK;
}


/* "<when> <status> <bytes> <why>", then the bytes.  One that does not open
 * is told, with why it does not. */

static bool
fetch_status_sample(fetch_status_from_t *s, const wismo_str_t *carrier,
    const redisReply *reply, fetch_status_sample_t *sample)
{
    int             n;
    char           *end, line[64];
    size_t          len;
    long long       at;
    wismo_str_t     record, text, why, body;
    wismo_error_t   err;

    if (reply->type != REDIS_REPLY_STRING) {
        return false;
    }

    record = fetch_redis_str(reply);

    switch (fetch_envelope_sample_open(s->redis->conf, s->pool, carrier,
                                       &record, &text, &err))
    {
    case WISMO_OK:
        break;

    case WISMO_DECLINED:
        memset(sample, 0, sizeof(fetch_status_sample_t));
        why = wismo_str_of(err.text);

        return wismo_pstrdup(s->pool, &sample->why, &why) == WISMO_OK;

    default:
        return false;
    }

    end = text.len ? memchr(text.data, '\n', text.len) : NULL;

    if (end == NULL) {
        return false;
    }

    /* numbers and the beginning of a reason */

    len = (size_t) (end - (char *) text.data);
    snprintf(line, sizeof(line), "%.*s",
             (int) (len < sizeof(line) ? len : sizeof(line) - 1),
             (char *) text.data);

    if (sscanf(line, "%lld %d %zu%n", &at, &sample->http, &sample->size, &n)
        != 3
        || (size_t) n >= len)
    {
        return false;
    }

    n++;

    sample->at = at;

    why.data = text.data + n;
    why.len = len - (size_t) n;
    body.data = (unsigned char *) end + 1;
    body.len = text.len - len - 1;

    return wismo_pstrdup(s->pool, &sample->why, &why) == WISMO_OK
           && wismo_pstrdup(s->pool, &sample->body, &body) == WISMO_OK;
}


void
fetch_status_time(int64_t t, char *buf)
{
    wismo_out_t   out;
    wismo_pool_t  pool;

    wismo_pool_init(&pool, 4096, NULL, NULL);
    wismo_out_init(&out, &pool, WISMO_TIME_UTC_LEN);
    wismo_time_out_utc(&out, t);

    snprintf(buf, WISMO_TIME_UTC_LEN + 1, "%.*s",
             (int) (out.pos - out.start), (char *) out.start);

    wismo_pool_done(&pool);
}
