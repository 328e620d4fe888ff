
/*
 * Copyright (C) The Wismo authors
 *
 * A parcel's way.  The steps, in the order of the functions:
 *
 *     claim    as many parcels as the carrier may be asked about now, and what
 *              is stored of them (fetch_poll_claim.c)
 *     token    one for all, if the carrier wants one
 *     send     the question for a batch of numbers; before it, if the carrier
 *              wants to hear of a number first, those that are new to it
 *     reply    each parcel gets its part (fetch_ask.c), or all are put off
 *     again    in the next turn: what may be news is merged and committed, the
 *              rest is told to Redis together
 *
 * A parcel that gets lost between two steps is found again when its lease is
 * over.  Nothing here may wait, but for Redis.
 */


#include "fetch_poll_int.h"
#include "fetch_crash.h"
#include "fetch_log.h"


#define FETCH_POLL_AUTH      300              /* s, then try again */


static void fetch_poll_token(void *data, fetch_outcome_e outcome,
    const wismo_str_t *token, int retry_after, const char *text);
static int fetch_poll_send(fetch_poll_t *poll, const wismo_str_t *token);
static int64_t fetch_poll_lease(const fetch_poll_t *poll);
static void fetch_poll_reply(void *data, const fetch_http_reply_t *http);
static int fetch_poll_registered(fetch_poll_t *poll,
    const fetch_answer_t *answer, fetch_reply_t *reply, int64_t now);
static void fetch_poll_handles(fetch_poll_t *poll, fetch_reply_t *reply,
    int64_t now);
static void fetch_poll_parts(fetch_poll_t *poll, const fetch_reply_t *reply,
    uint64_t hash, int64_t now);
static bool fetch_poll_stop(fetch_poll_t *poll, fetch_outcome_e outcome,
    int retry_after, const char *text, size_t len);
static void fetch_poll_failed(fetch_poll_t *poll, const char *why);
static void fetch_poll_over(fetch_poll_t *poll);
static void fetch_poll_end(fetch_poll_t *poll);
static fetch_ask_t *fetch_poll_ripe(fetch_lanes_t *lanes);
static void fetch_poll_doubt(fetch_poll_t *poll, fetch_ask_t *ask);


int
fetch_poll(fetch_lanes_t *lanes)
{
    int64_t   now;
    unsigned  i;

    now = fetch_redis_time(lanes->redis);

    if (fetch_lanes_ripe(lanes, now)) {
        (void) fetch_poll_again(lanes);
    }

    for (i = 0; i < lanes->n; i++) {
        if (fetch_poll_fill(lanes->lane[i], now) != WISMO_OK) {
            return WISMO_ERROR;
        }
    }

    return WISMO_OK;
}


void
fetch_poll_ask(fetch_poll_t *poll)
{
    fetch_lane_t  *lane;

    lane = poll->lane;

    if (fetch_token_get(&lane->token,
                        fetch_redis_time(lane->lanes->redis) / 1000,
                        fetch_poll_token, poll) != WISMO_OK)
    {
        fetch_poll_failed(poll, "the request for a token could not be sent");
    }
}


static void
fetch_poll_token(void *data, fetch_outcome_e outcome,
    const wismo_str_t *token, int retry_after, const char *text)
{
    fetch_poll_t *poll = data;

    if (outcome != FETCH_OK) {

        if (!fetch_poll_stop(poll, outcome, retry_after, text, strlen(text)))
        {
            fetch_poll_failed(poll, text);
        }

        return;
    }

    if (fetch_poll_send(poll, token) != WISMO_OK) {
        fetch_poll_failed(poll, "the request could not be sent");
    }
}


static int
fetch_poll_send(fetch_poll_t *poll, const wismo_str_t *token)
{
    int               rc;
    unsigned          n;
    fetch_lane_t     *lane;
    fetch_request_t   req;
    fetch_carrier_t  *carrier;

    lane = poll->lane;
    carrier = lane->carrier;

    /* after a long wait others have these parcels, and ask themselves */

    if (fetch_redis_time(lane->lanes->redis) >= fetch_poll_lease(poll)) {
        fetch_quota_give(&lane->quota, lane->lanes->redis, 1);
        fetch_poll_over(poll);
        return WISMO_OK;
    }

    poll->generation = lane->token.generation;

    n = poll->nhandles;
    poll->registering = n < poll->nnumbers
                        && fetch_adapter_has_register(carrier->adapter);

    if (poll->registering) {
        rc = fetch_adapter_register_request(carrier->adapter, &poll->pool,
                                            &carrier->account, token,
                                            poll->numbers + n,
                                            poll->nnumbers - n, &req);

    } else if (n) {
        rc = fetch_adapter_read_request(carrier->adapter, &poll->pool,
                                        &carrier->account, token,
                                        poll->numbers, poll->handles,
                                        poll->nnumbers, &req);

    } else {
        rc = fetch_adapter_request(carrier->adapter, &poll->pool,
                                   &carrier->account, token, poll->numbers,
                                   poll->nnumbers, &req);
    }

    if (rc != WISMO_OK) {
        return WISMO_ERROR;
    }

    fetch_count(lane->count, FETCH_COUNT_CALLS);

    return fetch_http_send(lane->lanes->http, &req,
                           carrier->account.base_url.len != 0,
                           fetch_poll_reply, poll);
}


/* They may have been claimed in several buckets: the first that ends. */

static int64_t
fetch_poll_lease(const fetch_poll_t *poll)
{
    int64_t       lease, first;
    unsigned      i, k;
    wismo_str_t  *text;

    first = FETCH_NEVER;

    for (i = 0; i < poll->nasks; i++) {
        text = &poll->asks[i].claim.lease;
        lease = 0;

        for (k = 0; k < text->len && k < 18 && text->data[k] >= '0'
                    && text->data[k] <= '9'; k++)
        {
            lease = lease * 10 + (text->data[k] - '0');
        }

        first = (lease < first) ? lease : first;
    }

    return first;
}


static void
fetch_poll_reply(void *data, const fetch_http_reply_t *http)
{
    fetch_poll_t *poll = data;

    int               rc;
    int64_t           now;
    uint64_t          hash;
    fetch_lane_t     *lane;
    fetch_reply_t     reply;
    fetch_answer_t    answer;
    fetch_adapter_t  *adapter;

    lane = poll->lane;
    adapter = lane->carrier->adapter;

    fetch_crash("replied");

    if (http->status == 0) {
        fetch_poll_failed(poll, http->error);
        return;
    }

    now = fetch_redis_time(lane->lanes->redis);
    hash = 0;

    /* a reply about several is different when any of them is */

    if (poll->nasks == 1 && http->status == 200 && !poll->registering) {
        hash = wismo_hash64(http->body.data, http->body.len,
                            fetch_adapter_hash(adapter));

        if (fetch_ask_same(lane, &poll->pool, &poll->asks[0], hash, now)) {
            fetch_quota_good(&lane->quota, lane->lanes->redis);
            fetch_poll_over(poll);
            return;
        }
    }

    memset(&answer, 0, sizeof(fetch_answer_t));

    /* what is found in it is of use until it is committed */

    if (wismo_pstrdup(&poll->pool, &poll->body, &http->body) != WISMO_OK) {
        fetch_poll_failed(poll, "there is no memory for the reply");
        return;
    }

    poll->status = http->status;

    answer.body = poll->body;
    answer.http = http->status;
    answer.headers = (fetch_header_t *) http->headers;
    answer.nheaders = http->nheaders;
    answer.numbers = poll->numbers;
    answer.nnumbers = poll->nnumbers;
    answer.now = now / 1000;

    if (poll->registering) {
        answer.numbers = poll->numbers + poll->nhandles;
        answer.nnumbers = poll->nnumbers - poll->nhandles;

        rc = fetch_poll_registered(poll, &answer, &reply, now);

        if (rc == WISMO_DECLINED) {
            return;
        }

    } else {
        rc = fetch_adapter_reply(adapter, &poll->pool, &answer, &reply);
    }

    if (rc != WISMO_OK) {
        fetch_poll_failed(poll, "there is no memory for the reply");
        return;
    }

    /* a token may be revoked before its time: once */

    if (reply.outcome == FETCH_AUTH && fetch_adapter_has_token(adapter)
        && !poll->renewed)
    {
        poll->renewed = true;
        fetch_token_refused(&lane->token, poll->generation);
        fetch_poll_ask(poll);
        return;
    }

    if (fetch_poll_stop(poll, reply.outcome, reply.retry_after,
                        (char *) reply.text.data, reply.text.len))
    {
        return;
    }

    if (reply.outcome == FETCH_RETRY && http->status / 100 == 2) {
        fetch_count_reject(&lane->lanes->counts, lane->count,
                           FETCH_COUNT_REJECTS, http->status, &http->body,
                           &reply.text, now);
    }

    fetch_poll_parts(poll, &reply, hash, now);
}


/* WISMO_DECLINED: the reply is done with, the question follows for all that
 * are registered.  Otherwise there is nothing to ask, or nobody may. */

static int
fetch_poll_registered(fetch_poll_t *poll, const fetch_answer_t *answer,
    fetch_reply_t *reply, int64_t now)
{
    unsigned       i;
    fetch_lane_t  *lane;

    lane = poll->lane;

    if (fetch_adapter_register_reply(lane->carrier->adapter, &poll->pool,
                                     answer, reply,
                                     poll->handles + poll->nhandles)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if (reply->outcome == FETCH_AUTH
        || (reply->outcome != FETCH_OK && poll->nhandles == 0))
    {
        return WISMO_OK;
    }

    fetch_poll_handles(poll, reply, now);

    if (poll->nhandles == 0) {
        return WISMO_OK;
    }

    poll->nnumbers = poll->nhandles;

    if (reply->outcome == FETCH_RETRY) {
        fetch_quota_bad(&lane->quota, lane->lanes->redis, now,
                        "its replies are not usable");

    } else {
        fetch_quota_good(&lane->quota, lane->lanes->redis);
    }

    /* this was the request that there was leave for */

    if (fetch_quota_take(&lane->quota, lane->lanes->redis, 1, now) == 0) {

        for (i = 0; i < poll->nasks; i++) {
            if (poll->asks[i].state == FETCH_ASK_READY) {
                fetch_ask_later(lane, &poll->pool, &poll->asks[i], false, now,
                                now);
            }
        }

        fetch_poll_over(poll);

    } else if (fetch_poll_send(poll, &lane->token.token) != WISMO_OK) {
        fetch_poll_failed(poll, "the request could not be sent");
    }

    return WISMO_DECLINED;
}


/* Numbers that were taken now join those that were before.  The others have
 * their outcome, unless no number is left to ask about. */

static void
fetch_poll_handles(fetch_poll_t *poll, fetch_reply_t *reply, int64_t now)
{
    unsigned       i, k, n, first;
    wismo_str_t   *handle;
    fetch_ask_t   *ask;

    first = poll->nhandles;
    n = first;

    for (k = first; k < poll->nnumbers; k++) {
        handle = &poll->handles[k];

        if (handle->len > FETCH_HANDLE_MAX) {
            wismo_str_null(handle);
            reply->parts[k - first].outcome = FETCH_RETRY;
        }

        n += (handle->len != 0);
    }

    for (i = 0; i < poll->nasks && n; i++) {
        ask = &poll->asks[i];

        for (k = first; k < poll->nnumbers; k++) {
            if (wismo_str_eq(&poll->numbers[k], &ask->number)) {
                break;
            }
        }

        if (ask->state != FETCH_ASK_READY || k == poll->nnumbers) {
            continue;
        }

        if (poll->handles[k].len) {
            fetch_ask_registered(poll->lane, &poll->pool, ask,
                                 &poll->handles[k]);

        } else {
            fetch_ask_answer(poll->lane, &poll->pool, ask,
                             &reply->parts[k - first], 0, now);
        }
    }

    for (k = first; k < poll->nnumbers; k++) {
        if (poll->handles[k].len) {
            poll->numbers[poll->nhandles] = poll->numbers[k];
            poll->handles[poll->nhandles++] = poll->handles[k];
        }
    }
}


static void
fetch_poll_parts(fetch_poll_t *poll, const fetch_reply_t *reply,
    uint64_t hash, int64_t now)
{
    unsigned              i, k;
    fetch_ask_t          *ask;
    fetch_lane_t         *lane;
    fetch_part_t          none;
    const fetch_part_t   *part;

    lane = poll->lane;

    if (reply->outcome == FETCH_RETRY) {
        fetch_quota_bad(&lane->quota, lane->lanes->redis, now,
                        "its replies are not usable");

    } else {
        fetch_quota_good(&lane->quota, lane->lanes->redis);
        lane->refused = false;
    }

    memset(&none, 0, sizeof(fetch_part_t));
    none.outcome = FETCH_RETRY;

    for (i = 0; i < poll->nasks; i++) {
        ask = &poll->asks[i];

        if (ask->state != FETCH_ASK_READY) {
            continue;
        }

        part = &none;

        for (k = 0; k < reply->nparts; k++) {
            if (wismo_str_eq(&reply->parts[k].number, &ask->number)) {
                part = &reply->parts[k];
                break;
            }
        }

        fetch_ask_answer(lane, &poll->pool, ask, part, hash, now);
    }

    fetch_poll_over(poll);
}


/* Outcomes that are the account's and not the parcels': all wait. */

static bool
fetch_poll_stop(fetch_poll_t *poll, fetch_outcome_e outcome, int retry_after,
    const char *text, size_t len)
{
    int64_t        now;
    unsigned       i;
    fetch_lane_t  *lane;

    lane = poll->lane;
    now = fetch_redis_time(lane->lanes->redis);

    if (outcome == FETCH_THROTTLED) {
        fetch_quota_pause(&lane->quota, lane->lanes->redis, now, retry_after,
                          "its quota is used up");

    } else if (outcome == FETCH_AUTH) {

        if (!lane->refused) {
            lane->refused = true;

            fetch_log(FETCH_ERR, "carrier %.*s refuses our credentials "
                      "(%.*s): check the entries and the secret files of "
                      "\"wismo_carrier %.*s\"",
                      (int) lane->carrier->name.len,
                      (char *) lane->carrier->name.data,
                      (int) (len < 200 ? len : 200), text ? text : "",
                      (int) lane->carrier->name.len,
                      (char *) lane->carrier->name.data);
        }

        fetch_quota_refuse(&lane->quota, lane->lanes->redis, now,
                           FETCH_POLL_AUTH);

    } else {
        return false;
    }

    for (i = 0; i < poll->nasks; i++) {

        if (poll->asks[i].state != FETCH_ASK_READY) {
            continue;
        }

        fetch_count(lane->count, outcome);

        fetch_ask_later(lane, &poll->pool, &poll->asks[i], false,
                        lane->quota.closed_until + fetch_poll_spread(lane),
                        now);
    }

    fetch_poll_over(poll);

    return true;
}


static void
fetch_poll_failed(fetch_poll_t *poll, const char *why)
{
    int64_t        now;
    unsigned       i;
    fetch_lane_t  *lane;

    lane = poll->lane;
    now = fetch_redis_time(lane->lanes->redis);

    if (!lane->lanes->ending) {
        fetch_log(FETCH_INFO, "carrier %.*s: %s",
                  (int) lane->carrier->name.len,
                  (char *) lane->carrier->name.data, why);

        fetch_quota_bad(&lane->quota, lane->lanes->redis, now, why);
    }

    for (i = 0; i < poll->nasks; i++) {

        if (poll->asks[i].state != FETCH_ASK_READY) {
            continue;
        }

        /* whoever is active next need not wait for the lease's end */

        if (lane->lanes->ending) {
            fetch_ask_later(lane, &poll->pool, &poll->asks[i], false, now,
                            now);
            continue;
        }

        fetch_count(lane->count, FETCH_RETRY);
        fetch_ask_later(lane, &poll->pool, &poll->asks[i], true, -1, now);
    }

    fetch_poll_over(poll);
}


static void
fetch_poll_over(fetch_poll_t *poll)
{
    fetch_lane_t  *lane;

    lane = poll->lane;
    lane->flying--;

    if (lane->fill_at == 0) {
        lane->fill_at = fetch_redis_time(lane->lanes->redis)
                        + FETCH_LANE_FILL;
    }

    poll->over = true;
    fetch_poll_end(poll);
}


/* Frees it, unless a commit is under way. */

static void
fetch_poll_end(fetch_poll_t *poll)
{
    unsigned  i;

    if (!poll->over) {
        return;
    }

    for (i = 0; i < poll->nasks; i++) {
        if (poll->asks[i].state == FETCH_ASK_SENT
            || poll->asks[i].state == FETCH_ASK_AGAIN)
        {
            return;
        }
    }

    fetch_poll_free(poll);
}


/* Called while replies of Redis are read: nothing new may be asked for. */

void
fetch_poll_settled(fetch_ask_t *ask)
{
    fetch_lanes_t  *lanes;

    lanes = ask->lane->lanes;

    if (ask->state == FETCH_ASK_AGAIN) {
        ask->again = lanes->again;
        lanes->again = ask;
        fetch_lanes_gather(lanes);
        return;
    }

    fetch_poll_end(ask->poll);
}


/*
 * Those that were gathered, but of each order only one: the next one is merged
 * with what comes of it.
 */

static fetch_ask_t *
fetch_poll_ripe(fetch_lanes_t *lanes)
{
    fetch_ask_t  *ask, *next, *list, *other;

    list = NULL;
    next = lanes->again;

    lanes->again = NULL;
    lanes->gathered = 0;

    while (next) {
        ask = next;
        next = ask->again;

        for (other = list; other; other = other->again) {
            if (other->order == ask->order) {
                break;
            }
        }

        if (other) {
            ask->again = lanes->again;
            lanes->again = ask;
            fetch_lanes_gather(lanes);
            continue;
        }

        ask->again = list;
        list = ask;
    }

    return list;
}


/*
 * All that became of replies since the last time: the documents of those that
 * may have news, in one round trip; their commits, and what there is to tell
 * of the others, go with whatever is sent next.
 */

int
fetch_poll_again(fetch_lanes_t *lanes)
{
    int            rc;
    bool           over;
    fetch_ask_t   *list, *ask;
    fetch_poll_t  *poll;

    list = fetch_poll_ripe(lanes);
    rc = WISMO_OK;

    for (ask = list; ask && rc == WISMO_OK; ask = ask->again) {
        poll = ask->poll;
        ask->wanted = fetch_ask_wants(ask);

        if (ask->wanted) {
            rc = fetch_ask_document_append(ask->lane, &poll->pool, ask);
        }
    }

    for (ask = list; ask && rc == WISMO_OK; ask = ask->again) {
        poll = ask->poll;

        if (ask->wanted) {
            rc = fetch_ask_document(ask->lane, &poll->pool, ask);
        }
    }

    while (list) {
        ask = list;
        list = ask->again;
        poll = ask->poll;

        /* what is sent may bring in its own commit's reply */

        over = poll->over;
        poll->over = false;

        if (rc == WISMO_OK) {
            fetch_ask_again(ask->lane, &poll->pool, ask,
                            fetch_redis_time(lanes->redis));
            fetch_poll_doubt(poll, ask);

        } else {
            ask->state = FETCH_ASK_OVER;
        }

        poll->over = over;
        fetch_poll_end(poll);
    }

    /* whoever dies now has asked in vain: nothing waits any longer */

    if (fetch_touches_send(&lanes->touches) != WISMO_OK
        || fetch_redis_write(lanes->redis) != WISMO_OK)
    {
        rc = WISMO_ERROR;
    }

    return rc;
}


/* A sample of what can't be so, once for each reply. */

static void
fetch_poll_doubt(fetch_poll_t *poll, fetch_ask_t *ask)
{
    wismo_str_t    why;
    fetch_lane_t  *lane;

    if (ask->doubt == NULL || ask->tries > 1) {
        return;
    }

    lane = poll->lane;

    why.data = (unsigned char *) ask->doubt;
    why.len = strlen(ask->doubt);

    fetch_count_reject(&lane->lanes->counts, lane->count, FETCH_COUNT_DOUBTS,
                       poll->status, &poll->body, &why,
                       fetch_redis_time(lane->lanes->redis));
}
