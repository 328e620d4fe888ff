
/*
 * Copyright (C) The Wismo authors
 *
 * A notice's way, from the ledger to its channel.  An order with notices is
 * claimed like a parcel that is due.  Of its entries one after the other is
 * marked as being sent, sent, and marked with the outcome (fetch_tell_mark.c);
 * each mark is set only on what was read, so of two fetchers that have the
 * same order at hand one sends.  A fetcher that dies in between leaves
 * "sending" behind: whoever finds that later tries again where the receiver
 * knows repetitions by their id, or says that nobody knows.
 *
 * What must never happen: a message that no mark says was begun, or a person's
 * address in the log.
 */


#include "fetch_tell_int.h"

#include "fetch_args.h"
#include "fetch_brake.h"
#include "fetch_crash.h"
#include "fetch_log.h"
#include "fetch_notice.h"
#include "fetch_private.h"

#include <stdio.h>
#include <stdlib.h>


#define FETCH_TELL_POOL      (4 * 1024 * 1024)

/* Seconds after which what was being sent is nobody's any more. */
#ifndef FETCH_TELL_LOST
#define FETCH_TELL_LOST      120
#endif


static fetch_tell_t *fetch_tell_create(fetch_teller_t *teller,
    const fetch_claim_t *claim);
static void fetch_tell_free(fetch_tell_t *tell);
static int fetch_tell_load(fetch_tell_t *tell);
static int fetch_tell_body(fetch_tell_t *tell, const redisReply *reply);
static int fetch_tell_ledger(fetch_tell_t *tell, const redisReply *reply);
static void fetch_tell_go(fetch_tell_t *tell);
static fetch_tell_entry_t *fetch_tell_judge(fetch_tell_t *tell, int64_t now,
    int64_t *next);
static wismo_notice_verdict_e fetch_tell_judge_one(fetch_tell_t *tell,
    unsigned i, int64_t now, int64_t *until, const char **why);
static int fetch_tell_reach(fetch_tell_t *tell, fetch_tell_entry_t *e,
    int64_t now);
static int fetch_tell_name(fetch_tell_t *tell, fetch_tell_entry_t *e);
static bool fetch_tell_send(fetch_tell_t *tell, fetch_tell_entry_t *e,
    int64_t now);
static void fetch_tell_sent(void *data, const fetch_sent_t *sent);


void
fetch_teller_init(fetch_teller_t *teller, fetch_config_t *conf,
    fetch_redis_t *redis, fetch_http_t *http)
{
    memset(teller, 0, sizeof(fetch_teller_t));

    teller->conf = conf;
    teller->redis = redis;
    teller->http = http;

    fetch_schedule_init(&teller->schedule, &fetch_notices);
}


bool
fetch_teller_any(const fetch_teller_t *teller)
{
    return teller->conf->channels.n != 0;
}


int64_t
fetch_tell_next_at(const fetch_teller_t *teller)
{
    if (!fetch_teller_any(teller) || teller->active == FETCH_TELL_ORDERS) {
        return FETCH_NEVER;
    }

    return teller->schedule.earliest;
}


int
fetch_tell(fetch_teller_t *teller)
{
    int            n;
    int64_t        now;
    unsigned       i;
    wismo_pool_t   pool;
    fetch_tell_t  *tell;
    fetch_claim_t  claims[FETCH_TELL_ORDERS];

    now = fetch_redis_time(teller->redis);

    if (fetch_tell_next_at(teller) > now) {
        return WISMO_OK;
    }

    wismo_pool_init(&pool, FETCH_TELL_POOL, NULL, NULL);

    n = fetch_schedule_claim(&teller->schedule, teller->redis, &pool, claims,
                             FETCH_TELL_ORDERS - teller->active, now);

    for (i = 0; n > 0 && i < (unsigned) n; i++) {

        tell = fetch_tell_create(teller, &claims[i]);

        /* left alone it is due again when the lease is over */

        if (tell == NULL) {
            continue;
        }

        if (fetch_tell_load(tell) != WISMO_OK) {
            fetch_tell_free(tell);
            continue;
        }

        fetch_tell_go(tell);
    }

    wismo_pool_done(&pool);

    return n < 0 ? WISMO_ERROR : WISMO_OK;
}


static fetch_tell_t *
fetch_tell_create(fetch_teller_t *teller, const fetch_claim_t *claim)
{
    fetch_tell_t  *tell;

    tell = calloc(1, sizeof(fetch_tell_t));

    if (tell == NULL) {
        return NULL;
    }

    wismo_pool_init(&tell->pool, FETCH_TELL_POOL, NULL, NULL);

    tell->teller = teller;
    teller->active++;

    if (wismo_pstrdup(&tell->pool, &tell->claim.order, &claim->order)
        != WISMO_OK
        || wismo_pstrdup(&tell->pool, &tell->claim.parcel, &claim->parcel)
           != WISMO_OK
        || wismo_pstrdup(&tell->pool, &tell->claim.lease, &claim->lease)
           != WISMO_OK)
    {
        fetch_tell_free(tell);
        return NULL;
    }

    return tell;
}


static void
fetch_tell_free(fetch_tell_t *tell)
{
    tell->teller->active--;

    fetch_rules_done(&tell->rules);
    wismo_pool_done(&tell->pool);
    free(tell);
}


/* The document, the private body and the ledger, in one round trip. */

static int
fetch_tell_load(fetch_tell_t *tell)
{
    int             rc;
    redisReply     *body, *ledger;
    fetch_args_t    args;
    fetch_redis_t  *r;

    r = tell->teller->redis;

    if (fetch_load_append(r, &tell->pool, &tell->claim.order) != WISMO_OK) {
        return WISMO_ERROR;
    }

    fetch_args_init(&args, &tell->pool, 2);
    fetch_args_text(&args, "GET");
    fetch_args_key(&args, wismo_key_private, &tell->claim.order);

    if (args.failed || fetch_redis_append(r, 2, args.argv) != WISMO_OK) {
        return WISMO_ERROR;
    }

    fetch_args_init(&args, &tell->pool, 2);
    fetch_args_text(&args, "HGETALL");
    fetch_args_key(&args, wismo_key_ledger, &tell->claim.order);

    if (args.failed || fetch_redis_append(r, 2, args.argv) != WISMO_OK) {
        return WISMO_ERROR;
    }

    rc = fetch_load_reply(r, &tell->pool, &tell->claim.order, &tell->stored);
    body = fetch_redis_reply(r);
    ledger = fetch_redis_reply(r);

    if (rc == WISMO_ERROR || body == NULL || ledger == NULL) {
        rc = WISMO_ERROR;
        goto done;
    }

    /* an order that was erased, or can't be read, has nothing to tell */

    if (rc != WISMO_OK || !tell->stored.found) {
        tell->n = 0;
        rc = WISMO_OK;
        goto done;
    }

    rc = fetch_tell_body(tell, body);

    if (rc == WISMO_OK) {
        rc = fetch_tell_ledger(tell, ledger);
    }

done:

    if (body) {
        freeReplyObject(body);
    }

    if (ledger) {
        freeReplyObject(ledger);
    }

    return rc;
}


/* A program is told without; people wait for a key that is missing. */

static int
fetch_tell_body(fetch_tell_t *tell, const redisReply *reply)
{
    int            rc;
    wismo_error_t  err;

    rc = fetch_private_read(tell->teller->conf, &tell->pool,
                            &tell->claim.order, reply, &tell->body, &err);

    tell->rules.order = &tell->stored.order;
    tell->rules.body = &tell->body;
    tell->rules.closed = (rc == WISMO_DECLINED);

    if (tell->rules.closed && !tell->teller->closed) {
        tell->teller->closed = true;
        fetch_log(FETCH_ERR, "an order of bucket %u: %s",
                  wismo_bucket(&tell->claim.order), err.text);
    }

    return (rc == WISMO_ERROR) ? WISMO_ERROR : WISMO_OK;
}


static int
fetch_tell_ledger(fetch_tell_t *tell, const redisReply *reply)
{
    size_t                i;
    unsigned              k;
    wismo_str_t           field, value, channel;
    fetch_channels_t     *channels;
    fetch_tell_entry_t   *e;
    wismo_notice_entry_t  entry;

    channels = &tell->teller->conf->channels;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 2) {
        return WISMO_OK;
    }

    tell->entries = wismo_palloc(&tell->pool, reply->elements / 2
                                              * sizeof(fetch_tell_entry_t));
    /* one that was lost and one that is begun, of each */

    tell->marks = wismo_palloc(&tell->pool, reply->elements
                                            * sizeof(fetch_tell_mark_t));

    if (tell->entries == NULL || tell->marks == NULL) {
        return WISMO_ERROR;
    }

    for (i = 0; i + 1 < reply->elements; i += 2) {

        field = fetch_redis_str(reply->element[i]);
        value = fetch_redis_str(reply->element[i + 1]);

        if (!fetch_notice_field(&field, &value, &channel, &entry)) {
            continue;
        }

        /* a channel that was taken out of the configuration tells nobody */

        for (k = 0; k < channels->n; k++) {
            if (wismo_str_eq(&channels->channel[k].name, &channel)) {
                break;
            }
        }

        if (k == channels->n) {
            continue;
        }

        e = &tell->entries[tell->n];
        memset(e, 0, sizeof(fetch_tell_entry_t));

        if (wismo_pstrdup(&tell->pool, &e->field, &field) != WISMO_OK
            || wismo_pstrdup(&tell->pool, &e->value, &value) != WISMO_OK
            || !fetch_notice_field(&e->field, &e->value, &channel, &e->entry))
        {
            return WISMO_ERROR;
        }

        e->channel = &channels->channel[k];
        tell->n++;
    }

    return WISMO_OK;
}


/* One entry after the other, until there is none to be sent now. */

static void
fetch_tell_go(fetch_tell_t *tell)
{
    int                  rc;
    char                 text[24];
    int64_t              now, next;
    fetch_tell_entry_t  *e;

    tell->nmarks = 0;

    for ( ;; ) {
        now = fetch_redis_time(tell->teller->redis) / 1000;
        next = FETCH_NEVER;

        e = fetch_tell_judge(tell, now, &next);

        if (e == NULL || tell->teller->ending) {
            break;
        }

        rc = fetch_tell_reach(tell, e, now);

        if (rc == WISMO_DECLINED) {
            continue;
        }

        if (rc != WISMO_OK) {
            fetch_tell_free(tell);
            return;
        }

        if (!fetch_brake_leave(tell->teller->redis,
                               (fetch_channel_t *) e->channel, &e->entry,
                               now))
        {
            if (e->reach.n) {
                fetch_reach_return(tell->teller->redis, &tell->pool,
                                   &e->reach, &e->name);
            }

            continue;
        }

        if (fetch_tell_send(tell, e, now)) {
            return;
        }
    }

    if (tell->teller->ending && e) {
        next = now;
    }

    if (next == FETCH_NEVER) {
        snprintf(text, sizeof(text), "-");

    } else {
        next *= 1000;

        fetch_schedule_note(&tell->teller->schedule,
                            wismo_bucket(&tell->claim.order), next);

        snprintf(text, sizeof(text), "%lld", (long long) next);
    }

    (void) fetch_tell_write(tell, text);

    fetch_tell_free(tell);
}


/* WISMO_DECLINED: whom it is for gets it later, or never. */

static int
fetch_tell_reach(fetch_tell_t *tell, fetch_tell_entry_t *e, int64_t now)
{
    const char     *why;
    fetch_redis_t  *r;

    r = tell->teller->redis;

    if (fetch_tell_name(tell, e) != WISMO_OK) {
        return WISMO_ERROR;
    }

    e->reach.n = 0;

    if (!e->channel->type->people) {
        return WISMO_OK;
    }

    if (fetch_reach_order(tell->teller->conf, &tell->pool, e->channel,
                          &tell->claim.order, tell->rules.json, &e->reach)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    /* that there is no address is found when it is to be used */

    if (e->reach.n == 0) {
        return WISMO_OK;
    }

    switch (fetch_reach_take(r, &tell->pool, &e->reach, e->channel,
                             e->entry.kind, &e->name, &e->held_until))
    {

    case FETCH_REACH_TAKEN:

        if (wismo_notice_asked(e->entry.kind)) {
            fetch_reach_return(r, &tell->pool, &e->reach, &e->name);
        }

        return WISMO_OK;

    case FETCH_REACH_LATER:
        e->held_until = e->held_until > now ? e->held_until : now + 1;
        return WISMO_DECLINED;

    case FETCH_REACH_SUPPRESSED:
        why = "suppressed";
        break;

    case FETCH_REACH_STOPPED:
        why = "stopped";
        break;

    default:
        return WISMO_ERROR;
    }

    e->entry.state = WISMO_NOTICE_SKIPPED;
    e->entry.when = now;
    e->entry.text = wismo_str_of(why);

    fetch_told(e->channel, FETCH_TOLD_SKIPPED);

    return fetch_tell_mark(tell, e) == WISMO_OK ? WISMO_DECLINED
                                                : WISMO_ERROR;
}


/* A notice's own, in whatever leaves the house. */

static int
fetch_tell_name(fetch_tell_t *tell, fetch_tell_entry_t *e)
{
    size_t       i;
    wismo_out_t  out;

    if (e->name.len) {
        return WISMO_OK;
    }

    wismo_out_init(&out, &tell->pool, 160);
    wismo_out_str(&out, &tell->claim.order);
    wismo_out_text(&out, "_");
    wismo_out_str(&out, &e->channel->name);
    wismo_out_text(&out, "_");
    wismo_out_str(&out, &e->entry.id);

    if (out.failed) {
        return WISMO_ERROR;
    }

    e->name.data = out.start;
    e->name.len = (size_t) (out.pos - out.start);

    /* in Standard Webhooks a dot ends the id */

    for (i = 0; i < e->name.len; i++) {
        if (e->name.data[i] == '.') {
            e->name.data[i] = '-';
        }
    }

    return WISMO_OK;
}


static fetch_tell_entry_t *
fetch_tell_judge(fetch_tell_t *tell, int64_t now, int64_t *next)
{
    int64_t               until;
    unsigned              i;
    const char           *why;
    fetch_tell_entry_t   *e, *first;

    first = NULL;

    for (i = 0; i < tell->n; i++) {
        e = &tell->entries[i];

        if (e->entry.state == WISMO_NOTICE_SENDING) {

            until = e->entry.when + FETCH_TELL_LOST;

            if (until > now) {
                *next = until < *next ? until : *next;
                continue;
            }

            /* whoever began it is gone */

            fetch_tell_unsure(e, now);

            if (fetch_tell_mark(tell, e) != WISMO_OK) {
                return NULL;
            }
        }

        if (e->entry.state != WISMO_NOTICE_PENDING
            && e->entry.state != WISMO_NOTICE_RETRY)
        {
            continue;
        }

        switch (fetch_tell_judge_one(tell, i, now, &until, &why)) {

        case WISMO_NOTICE_SEND:

            if (first == NULL) {
                first = e;
            }

            break;

        case WISMO_NOTICE_LATER:
            *next = until < *next ? until : *next;
            break;

        default:
            e->entry.state = WISMO_NOTICE_SKIPPED;
            e->entry.when = now;
            e->entry.text = wismo_str_of(why);

            fetch_told(e->channel, FETCH_TOLD_SKIPPED);

            if (fetch_tell_mark(tell, e) != WISMO_OK) {
                return NULL;
            }
        }
    }

    return first;
}


/* Among the entries of its own channel. */

static wismo_notice_verdict_e
fetch_tell_judge_one(fetch_tell_t *tell, unsigned i, int64_t now,
    int64_t *until, const char **why)
{
    unsigned                k, n, own;
    wismo_notice_entry_t   *list;
    const fetch_channel_t  *channel;

    channel = tell->entries[i].channel;

    if (tell->entries[i].held_until > now) {
        *until = tell->entries[i].held_until;
        *why = "recipient";
        return WISMO_NOTICE_LATER;
    }

    list = wismo_palloc(&tell->pool, tell->n * sizeof(wismo_notice_entry_t));

    if (list == NULL) {
        *until = now + 60;
        *why = "memory";
        return WISMO_NOTICE_LATER;
    }

    n = 0;
    own = 0;

    for (k = 0; k < tell->n; k++) {

        if (tell->entries[k].channel != channel) {
            continue;
        }

        if (k == i) {
            own = n;
        }

        list[n++] = tell->entries[k].entry;
    }

    return fetch_rules_judge(&tell->rules, channel, list, n, own, now, until,
                             why);
}


/*
 * Marks the entry as being sent and begins; false if that came to nothing at
 * once, and the next one may be looked at.
 */

static bool
fetch_tell_send(fetch_tell_t *tell, fetch_tell_entry_t *e, int64_t now)
{
    int           rc;
    fetch_sent_t  sent;

    e->entry.state = WISMO_NOTICE_SENDING;
    e->entry.attempts++;
    e->entry.when = now;

    if (!fetch_tell_doubted(&e->entry)) {
        wismo_str_null(&e->entry.text);
    }

    if (fetch_tell_mark(tell, e) != WISMO_OK) {
        goto lost;
    }

    rc = fetch_tell_write(tell, "");

    if (rc == WISMO_ERROR) {
        goto lost;
    }

    if (rc == WISMO_DECLINED) {

        /* another one has it */

        e->entry.state = WISMO_NOTICE_SENT;
        return false;
    }

    fetch_crash("marked");

    memset(&tell->message, 0, sizeof(fetch_message_t));

    tell->message.id = e->name;
    tell->message.channel = e->channel;
    tell->message.order = &tell->stored.order;
    tell->message.doc = &tell->stored.doc;
    tell->message.body = &tell->body;
    tell->message.entry = &e->entry;
    tell->message.pool = &tell->pool;
    tell->message.now = now;

    tell->sending = e;

    memset(&sent, 0, sizeof(fetch_sent_t));

    rc = e->channel->type->send(&tell->message, tell->teller->http,
                                fetch_tell_sent, tell, &sent);

    if (rc == WISMO_OK) {
        return true;
    }

    if (rc == WISMO_DECLINED) {
        sent.outcome = FETCH_SENT_SKIPPED;

    } else {
        sent.outcome = FETCH_SENT_LATER;
        wismo_str_set(&sent.text, "not begun");
    }

    tell->nmarks = 0;

    if (fetch_tell_outcome(tell, e, &sent, now) == WISMO_OK
        && fetch_tell_write(tell, "") == WISMO_OK)
    {
        return false;
    }

lost:

    fetch_tell_free(tell);

    return true;
}


static void
fetch_tell_sent(void *data, const fetch_sent_t *sent)
{
    fetch_tell_t *tell = data;

    int64_t  now;

    fetch_crash("sent");

    now = fetch_redis_time(tell->teller->redis) / 1000;

    tell->nmarks = 0;

    if (fetch_tell_outcome(tell, tell->sending, sent, now) != WISMO_OK
        || fetch_tell_write(tell, "") == WISMO_ERROR)
    {
        fetch_tell_free(tell);
        return;
    }

    fetch_crash("told");

    fetch_tell_go(tell);
}
