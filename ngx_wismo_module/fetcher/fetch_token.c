
/*
 * Copyright (C) The Wismo authors
 *
 * Tokens.  They are never written anywhere, neither to Redis nor to a log,
 * and overwritten in memory when their time is over.
 */


#include "fetch_token.h"

#include <stdlib.h>


#define FETCH_TOKEN_POOL     65536
#define FETCH_TOKEN_ASK      (2 * 1024 * 1024)
#define FETCH_TOKEN_WAITERS  64


static void fetch_token_forget(fetch_token_t *t);
static int fetch_token_ask(fetch_token_t *t);
static void fetch_token_reply(void *data, const fetch_http_reply_t *reply);
static void fetch_token_keep(fetch_token_t *t, const wismo_str_t *token,
    int64_t expires_at, int64_t now);
static void fetch_token_call(fetch_token_t *t, fetch_outcome_e outcome,
    int retry_after, const char *text);


void
fetch_token_init(fetch_token_t *t, const fetch_carrier_t *carrier,
    fetch_http_t *http)
{
    memset(t, 0, sizeof(fetch_token_t));

    t->carrier = carrier;
    t->http = http;

    wismo_pool_init(&t->pool, FETCH_TOKEN_POOL, NULL, NULL);
}


void
fetch_token_done(fetch_token_t *t)
{
    fetch_token_forget(t);
    wismo_pool_done(&t->pool);
    free(t->waiters);
}


static void
fetch_token_forget(fetch_token_t *t)
{
    if (t->token.len) {
        explicit_bzero(t->token.data, t->token.len);
    }

    wismo_str_null(&t->token);
    wismo_pool_reset(&t->pool);
}


int
fetch_token_get(fetch_token_t *t, int64_t now, fetch_token_done_pt done,
    void *data)
{
    unsigned               max;
    fetch_token_waiter_t  *waiters;

    if (!fetch_adapter_has_token(t->carrier->adapter)
        || (t->token.len && now < t->renew_at))
    {
        done(data, FETCH_OK, &t->token, -1, NULL);
        return WISMO_OK;
    }

    if (t->nwaiters == t->max) {
        max = t->max ? 2 * t->max : FETCH_TOKEN_WAITERS;
        waiters = realloc(t->waiters, max * sizeof(fetch_token_waiter_t));

        if (waiters == NULL) {
            return WISMO_ERROR;
        }

        t->waiters = waiters;
        t->max = max;
    }

    t->waiters[t->nwaiters].done = done;
    t->waiters[t->nwaiters].data = data;
    t->nwaiters++;

    if (t->asking) {
        return WISMO_OK;
    }

    t->now = now;

    if (fetch_token_ask(t) != WISMO_OK) {
        t->nwaiters--;
        return WISMO_ERROR;
    }

    return WISMO_OK;
}


void
fetch_token_refused(fetch_token_t *t, unsigned generation)
{
    if (generation == t->generation) {
        fetch_token_forget(t);
    }
}


static int
fetch_token_ask(fetch_token_t *t)
{
    int              rc;
    wismo_pool_t     pool;
    fetch_request_t  req;

    wismo_pool_init(&pool, FETCH_TOKEN_ASK, NULL, NULL);

    rc = fetch_adapter_token_request(t->carrier->adapter, &pool,
                                     &t->carrier->account, &req);

    if (rc == WISMO_OK) {
        rc = fetch_http_send(t->http, &req,
                             t->carrier->account.base_url.len != 0,
                             fetch_token_reply, t);
    }

    wismo_pool_done(&pool);

    if (rc == WISMO_OK) {
        t->asking = true;
    }

    return rc;
}


static void
fetch_token_reply(void *data, const fetch_http_reply_t *reply)
{
    fetch_token_t *t = data;

    int64_t          expires_at;
    wismo_str_t      token;
    wismo_pool_t     pool;
    wismo_error_t    err;
    const char      *text;
    fetch_answer_t   answer;
    fetch_outcome_e  outcome;

    t->asking = false;
    wismo_str_null(&token);

    wismo_pool_init(&pool, FETCH_TOKEN_ASK, NULL, NULL);
    memset(&err, 0, sizeof(wismo_error_t));

    if (reply->status == 0) {
        outcome = FETCH_RETRY;
        text = reply->error;

    } else {
        memset(&answer, 0, sizeof(fetch_answer_t));

        answer.http = reply->status;
        answer.body = reply->body;
        answer.headers = (fetch_header_t *) reply->headers;
        answer.nheaders = reply->nheaders;
        answer.now = t->now;

        outcome = fetch_adapter_token_reply(t->carrier->adapter, &pool,
                                            &answer, &token, &expires_at,
                                            &err);
        text = err.text;
    }

    if (outcome == FETCH_OK) {
        fetch_token_keep(t, &token, expires_at, t->now);

        if (t->token.len == 0) {
            outcome = FETCH_RETRY;
            text = "the token is too long";
        }
    }

    fetch_token_call(t, outcome, -1, text);

    if (token.len) {
        explicit_bzero(token.data, token.len);
    }

    wismo_pool_done(&pool);
}


/* A token is renewed when a tenth of its time, or a minute, is left. */

static void
fetch_token_keep(fetch_token_t *t, const wismo_str_t *token,
    int64_t expires_at, int64_t now)
{
    int64_t  early;

    fetch_token_forget(t);

    if (wismo_pstrdup(&t->pool, &t->token, token) != WISMO_OK) {
        wismo_str_null(&t->token);
        return;
    }

    early = (expires_at - now) / 10;

    if (early > 60) {
        early = 60;
    }

    t->renew_at = expires_at - early;
    t->generation++;

    if (t->renew_at <= now) {
        t->renew_at = now + 1;
    }
}


/* Those called may ask again: the list is taken off before. */

static void
fetch_token_call(fetch_token_t *t, fetch_outcome_e outcome, int retry_after,
    const char *text)
{
    unsigned               i, n;
    fetch_token_waiter_t  *waiters;

    waiters = t->waiters;
    n = t->nwaiters;

    t->waiters = NULL;
    t->nwaiters = 0;
    t->max = 0;

    for (i = 0; i < n; i++) {
        waiters[i].done(waiters[i].data, outcome,
                        (outcome == FETCH_OK) ? &t->token : NULL,
                        retry_after, text);
    }

    free(waiters);
}
